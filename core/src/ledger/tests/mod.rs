//! Tests of the ledger: hand-made histories, each with a twin that differs in one fact and must
//! come out differently, and properties over arbitrary histories.
//!
//! The world of all histories: brokers 0, 1, 2 hold lanes 0 and 1; producer 3 sends messages 0 to 9
//! (keys 0 and 1 in turn) and producer 6 sends 10 and 11 (no key); consumers 4 and 5 read for
//! subscription 0 from both lanes.

mod clients;
mod fates;
mod jepsen;
mod outages;
mod properties;
mod queues;
mod readers;
mod verdicts;

use super::*;
use crate::fact::{
    Directory, DiskLoss, ElectionKind, ExpiryRule, KeyId, MessageBlock, NodeSet, Outage,
    PositionRule, TruncationRule,
};

pub(super) const SUBSCRIPTION: SubscriptionId = SubscriptionId(0);
pub(super) const LANE: LaneId = LaneId(0);
pub(super) const PRODUCER: NodeId = NodeId(3);

pub(super) fn plan() -> Plan {
    let lanes = vec![LaneId(0), LaneId(1)];
    let block = |first, count, producer, keys: &[u32]| PlannedBlock {
        first: MessageId(first),
        count,
        producer: NodeId(producer),
        keys: keys.iter().map(|k| KeyId(*k)).collect(),
        lanes: lanes.clone(),
        targets: Vec::new(),
    };
    Plan {
        blocks: vec![block(0, 10, 3, &[0, 1]), block(10, 2, 6, &[])],
        replicas: vec![NodeSet::of([0, 1, 2].map(NodeId)); 2],
        subscriptions: vec![lanes.clone()],
        ..Plan::default()
    }
}

pub(super) fn directory() -> Directory {
    let words = |words: &[&str]| words.iter().map(|w| w.to_string()).collect();
    let block = |first, count, prefix: &str, producer| MessageBlock {
        first: MessageId(first),
        count,
        prefix: prefix.into(),
        producer: NodeId(producer),
    };
    Directory {
        transactional_ids: Vec::new(),
        nodes: words(&["b1", "b2", "b3", "checkout", "billing-1", "billing-2", "audit"]),
        lanes: words(&["orders/0", "orders/1"]),
        subscriptions: words(&["billing"]),
        keys: words(&["ann", "bob"]),
        messages: vec![block(0, 10, "m", 3), block(10, 2, "audit.m", 6)],
    }
}

/// A history under construction: each fact is one event, a millisecond after the last.
#[derive(Clone, Default)]
pub(super) struct Tale {
    pub(super) facts: Vec<Stated>,
}

impl Tale {
    /// A led lane and a reader placed at its beginning.
    pub(super) fn begun() -> Tale {
        let mut tale = Tale::default();
        tale.elected(Some(0), 0);
        tale.positioned(4, 0, PositionRule::Reset);
        tale
    }

    pub(super) fn add(&mut self, fact: Fact) -> &mut Self {
        let n = self.facts.len() as u64 + 1;
        self.facts.push(Stated { time: Time(n * 1_000_000), event: n, fact });
        self
    }

    /// Lets time pass before the next fact.
    pub(super) fn same_event(&mut self) -> &mut Self {
        let n = self.facts.len();
        let (time, event) = (self.facts[n - 2].time, self.facts[n - 2].event);
        self.facts[n - 1].time = time;
        self.facts[n - 1].event = event;
        self
    }

    pub(super) fn sent(&mut self, m: u32) -> &mut Self {
        self.add(Fact::Sent { message: MessageId(m), producer: PRODUCER })
    }

    pub(super) fn attempted(&mut self, m: u32, attempt: u16) -> &mut Self {
        let (message, producer) = (MessageId(m), PRODUCER);
        self.add(Fact::Attempted { message, producer, lane: LANE, attempt })
    }

    pub(super) fn acked(&mut self, m: u32, offset: i64) -> &mut Self {
        let (message, producer) = (MessageId(m), PRODUCER);
        self.add(Fact::Acknowledged { message, producer, lane: LANE, offset })
    }

    pub(super) fn refused(&mut self, m: u32) -> &mut Self {
        let (message, producer) = (MessageId(m), PRODUCER);
        self.add(Fact::Refused { message, producer, error: "NOT_ENOUGH_REPLICAS" })
    }

    pub(super) fn unknown(&mut self, m: u32) -> &mut Self {
        let (message, producer) = (MessageId(m), PRODUCER);
        self.add(Fact::Unknown { message, producer, error: "REQUEST_TIMED_OUT" })
    }

    pub(super) fn appended(&mut self, m: u32, node: u16, offset: u64, epoch: u32) -> &mut Self {
        let (message, node) = (MessageId(m), NodeId(node));
        self.add(Fact::Appended { message, lane: LANE, node, offset, epoch })
    }

    pub(super) fn replicated(&mut self, m: u32, node: u16, offset: u64, epoch: u32) -> &mut Self {
        let (message, node) = (MessageId(m), NodeId(node));
        self.add(Fact::Replicated { message, lane: LANE, node, offset, epoch })
    }

    pub(super) fn committed(&mut self, m: u32, offset: u64) -> &mut Self {
        self.add(Fact::Committed { message: MessageId(m), lane: LANE, node: NodeId(0), offset })
    }

    /// Sent, appended by broker 0 alone, acknowledged.
    pub(super) fn on_leader(&mut self, m: u32, offset: u64) -> &mut Self {
        self.sent(m).attempted(m, 1).appended(m, 0, offset, 0).acked(m, offset as i64)
    }

    /// Sent, on all three brokers, committed, acknowledged.
    pub(super) fn stored(&mut self, m: u32, offset: u64) -> &mut Self {
        self.sent(m).attempted(m, 1).appended(m, 0, offset, 0);
        self.replicated(m, 1, offset, 0).replicated(m, 2, offset, 0);
        self.committed(m, offset).acked(m, offset as i64)
    }

    pub(super) fn elected(&mut self, leader: Option<u16>, epoch: u32) -> &mut Self {
        let kind = if epoch == 0 { ElectionKind::First } else { ElectionKind::Clean };
        self.add(Fact::Elected { lane: LANE, leader: leader.map(NodeId), epoch, kind })
    }

    pub(super) fn isr(&mut self, nodes: &[u16]) -> &mut Self {
        let isr = NodeSet::of(nodes.iter().map(|n| NodeId(*n)));
        self.add(Fact::IsrShrunk { lane: LANE, isr, removed: NodeSet::EMPTY })
    }

    pub(super) fn stopped(&mut self, node: u16, how: Outage) -> &mut Self {
        self.add(Fact::Stopped { node: NodeId(node), how })
    }

    pub(super) fn started(&mut self, node: u16) -> &mut Self {
        self.add(Fact::Started { node: NodeId(node), boots: 2 })
    }

    pub(super) fn truncated(&mut self, node: u16, from: u64, to: u64) -> &mut Self {
        let rule = TruncationRule::LeaderEpoch;
        self.add(Fact::Truncated { lane: LANE, node: NodeId(node), from, to, rule })
    }

    pub(super) fn rolled_back(&mut self, node: u16, from: u64, to: u64) -> &mut Self {
        self.add(Fact::RolledBack {
            lane: LANE,
            node: NodeId(node),
            from,
            to,
            loss: DiskLoss::PowerLoss,
        })
    }

    pub(super) fn wiped(&mut self, node: u16) -> &mut Self {
        self.add(Fact::Wiped { lane: LANE, node: NodeId(node) })
    }

    pub(super) fn compacted(&mut self, message: u32, node: u16, offset: u64) -> &mut Self {
        let message = MessageId(message);
        self.add(Fact::Compacted { message, lane: LANE, node: NodeId(node), offset })
    }

    pub(super) fn expired(&mut self, node: u16, below: u64) -> &mut Self {
        self.add(Fact::Expired { lane: LANE, node: NodeId(node), below, rule: ExpiryRule::Time })
    }

    pub(super) fn delivered(&mut self, m: u32, consumer: u16, offset: u64) -> &mut Self {
        let (message, consumer) = (MessageId(m), NodeId(consumer));
        let subscription = SUBSCRIPTION;
        self.add(Fact::Delivered { message, subscription, consumer, lane: LANE, offset })
    }

    pub(super) fn handled(&mut self, m: u32, consumer: u16, offset: u64) -> &mut Self {
        let (message, consumer) = (MessageId(m), NodeId(consumer));
        let subscription = SUBSCRIPTION;
        self.add(Fact::Handled { message, subscription, consumer, lane: LANE, offset })
    }

    pub(super) fn failed(&mut self, m: u32, consumer: u16, offset: u64) -> &mut Self {
        let (message, consumer) = (MessageId(m), NodeId(consumer));
        let subscription = SUBSCRIPTION;
        self.add(Fact::Failed { message, subscription, consumer, lane: LANE, offset, again: false })
    }

    pub(super) fn read(&mut self, m: u32, consumer: u16, offset: u64) -> &mut Self {
        self.delivered(m, consumer, offset).handled(m, consumer, offset)
    }

    pub(super) fn positioned(
        &mut self,
        consumer: u16,
        offset: u64,
        rule: PositionRule,
    ) -> &mut Self {
        let (subscription, consumer) = (SUBSCRIPTION, NodeId(consumer));
        self.add(Fact::Positioned { subscription, lane: LANE, consumer, offset, rule })
    }

    pub(super) fn stored_progress(&mut self, offset: u64) -> &mut Self {
        let subscription = SUBSCRIPTION;
        self.add(Fact::OffsetCommitted { subscription, lane: LANE, offset })
    }

    pub(super) fn dead_lettered(&mut self, m: u32) -> &mut Self {
        self.add(Fact::DeadLettered { message: MessageId(m), subscription: SUBSCRIPTION })
    }

    pub(super) fn dropped(&mut self, m: u32, rule: &'static str) -> &mut Self {
        self.add(Fact::Dropped { message: MessageId(m), lane: LANE, rule, subscription: None })
    }

    pub(super) fn disconnected(&mut self, from: u16, to: u16) -> &mut Self {
        let (from, to) = (NodeId(from), NodeId(to));
        self.add(Fact::Disconnected { from, to, why: "reset" })
    }

    pub(super) fn ledger(&self) -> Ledger {
        let mut ledger = Ledger::new(plan());
        for stated in &self.facts {
            ledger.absorb(stated);
        }
        ledger
    }

    pub(super) fn judged(&self) -> Judgement {
        let end = self.facts.last().map_or(Time::ZERO, |s| s.time);
        self.ledger().judge(end)
    }

    /// The fate of a message and the name of the fact that decided it (`-` for none).
    pub(super) fn fate(&self, m: u32) -> (Fate, &'static str) {
        let judgement = self.judged();
        let fates = judgement.fates_of(MessageId(m));
        assert_eq!(fates.len(), 1, "message {m} has one fate");
        (fates[0].fate, judgement.decided_by(&fates[0]).map_or("-", |s| s.fact.name()))
    }

    /// The fact that decided the one fate of a message.
    pub(super) fn decided(&self, m: u32) -> Option<Stated> {
        let judgement = self.judged();
        judgement.decided_by(&judgement.fates_of(MessageId(m))[0])
    }

    /// A copy that goes on differently.
    pub(super) fn but(&self, further: impl FnOnce(&mut Tale)) -> Tale {
        let mut twin = self.clone();
        further(&mut twin);
        twin
    }
}
