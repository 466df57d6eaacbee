//! The ledger: from facts to the fate of every message.
//!
//! It is a pure fold: [`Ledger::new`] with a [`Plan`], [`Ledger::absorb`] for every fact, and at any
//! moment [`Ledger::judge`]. It may use [`crate::fact`], [`crate::kernel`]'s time and, for verdicts
//! only, the sentences of [`crate::scenario::expression`]; it knows no broker family, no setting and
//! no configuration language. Start with [`Fate`], then `fates.rs`, which decides it.
//!
//! | file | what it follows |
//! |---|---|
//! | `plan.rs` | what there will be: messages, lanes, subscriptions |
//! | `messages.rs` | what each producer knows of its messages, and where they were put |
//! | `lanes.rs`, `mirror.rs` | who holds which records, who rules, who may |
//! | `subscriptions.rs` | what was delivered, handled, stored as progress |
//! | `order.rs`, `availability.rs`, `counts.rs` | order, outages, how often each fact was stated |
//! | `fates.rs`, `judgement.rs` | the fate of each message, and the whole result |
//! | `jepsen.rs`, `legality.rs` | the Jepsen names; under which settings an anomaly is legal |
//! | `verdict.rs`, `evaluate.rs`, `tally.rs` | expectations against one run and against many |

mod anomalies;
mod availability;
mod counts;
mod evaluate;
mod fates;
mod jepsen;
mod json;
mod judgement;
mod lanes;
mod legality;
mod messages;
mod mirror;
mod order;
mod plan;
mod subscriptions;
pub mod tally;
#[cfg(test)]
mod tests;
pub mod verdict;

pub use anomalies::{Anomaly, AnomalyKind};
pub use counts::{FactCounts, Subset};
pub use jepsen::{JepsenAnomaly, JepsenName};
pub use judgement::{Copy, Judgement, MessageReport, Settled};
pub use legality::{Acks, Guarantees, Legality, Reason, StoresProgress, legal_under};
pub use messages::ProducerOutcome;
pub use order::OrderBreak;
pub use plan::{CountedMessages, Plan, PlannedBlock};

use crate::fact::{Fact, LaneId, MessageId, NodeId, Stated, SubscriptionId};
use crate::kernel::{Span, Time};
use availability::ProducerSpans;
use jepsen::Observed;
use lanes::Lanes;
use messages::{Mark, Messages, Placement};
use order::Order;
use plan::Chains;
use subscriptions::Subscription;

/// What became of a message for one subscription.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Fate {
    /// Handled once, delivered once.
    Once,
    /// Its effect was applied more than once.
    Duplicate,
    /// Delivered more than once, effect applied once.
    Redelivered,
    /// Acknowledged, never handled here, and no longer able to reach this subscription.
    Lost,
    /// Never acknowledged, never handled: the producer knows or should assume so.
    LostUnacknowledged,
    /// Refused to its producer, yet handled.
    Phantom,
    /// Set aside for people to look at.
    DeadLettered,
    /// Deleted by a time limit.
    Expired,
    /// Discarded by a rule the cluster was configured with.
    Dropped,
    /// No destination accepted it.
    Unroutable,
    /// Acknowledged; its only copies are on nodes that are down or may not lead.
    Stranded,
    /// Still deliverable.
    Pending,
}

impl Fate {
    /// All fates, in the order of the vocabulary.
    pub const ALL: [Fate; 12] = [
        Fate::Once,
        Fate::Duplicate,
        Fate::Redelivered,
        Fate::Lost,
        Fate::LostUnacknowledged,
        Fate::Phantom,
        Fate::DeadLettered,
        Fate::Expired,
        Fate::Dropped,
        Fate::Unroutable,
        Fate::Stranded,
        Fate::Pending,
    ];

    /// The word of the outcome vocabulary.
    pub fn name(self) -> &'static str {
        match self {
            Fate::Once => "once",
            Fate::Duplicate => "duplicate",
            Fate::Redelivered => "redelivered",
            Fate::Lost => "lost",
            Fate::LostUnacknowledged => "lost-unacknowledged",
            Fate::Phantom => "phantom",
            Fate::DeadLettered => "dead-lettered",
            Fate::Expired => "expired",
            Fate::Dropped => "dropped",
            Fate::Unroutable => "unroutable",
            Fate::Stranded => "stranded",
            Fate::Pending => "pending",
        }
    }
}

/// A node as the ledger sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Process {
    down: bool,
    /// How often the process has ended.
    life: u16,
    spans: ProducerSpans,
}

/// See the module text. Cloning it costs microseconds, whatever it has absorbed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Ledger {
    plan: std::sync::Arc<Plan>,
    messages: Messages,
    lanes: Lanes,
    /// Per lane, the indices of the subscriptions that read it.
    readers: Vec<Vec<u16>>,
    subscriptions: Vec<Subscription>,
    nodes: Vec<Process>,
    order: Order,
    counts: FactCounts,
    observed: Observed,
    /// The last refusal by a broker, of messages that met one.
    rejected: imbl::OrdMap<u32, Stated>,
    /// Every drop of a message, in order.
    dropped: imbl::OrdMap<u32, Vec<Stated>>,
    /// Broken connections, in order.
    breaks: imbl::Vector<Stated>,
}

impl Ledger {
    /// A ledger that has seen nothing yet.
    pub fn new(plan: Plan) -> Ledger {
        let messages = plan.message_count();
        let id = |i: usize| SubscriptionId(i as u16);
        let subscriptions: Vec<Subscription> = plan
            .subscriptions
            .iter()
            .enumerate()
            .map(|(i, lanes)| Subscription::new(id(i), lanes, messages))
            .collect();
        let readers = (0..plan.replicas.len())
            .map(|lane| {
                let reads = |i: &usize| plan.reads(id(*i), LaneId(lane as u16));
                (0..subscriptions.len()).filter(reads).map(|i| i as u16).collect()
            })
            .collect();
        Ledger {
            messages: Messages::new(messages),
            lanes: Lanes::new(&plan.replicas),
            readers,
            nodes: Vec::new(),
            order: Order::new(Chains::of(&plan), subscriptions.len()),
            counts: FactCounts::new(
                plan.replicas.len(),
                subscriptions.len(),
                messages,
                plan.counted.clone(),
            ),
            observed: Observed::default(),
            subscriptions,
            plan: std::sync::Arc::new(plan),
            ..Ledger::default()
        }
    }

    /// Takes in the next fact. Facts come in the order in which they were stated.
    pub fn absorb(&mut self, stated: &Stated) {
        self.counts.absorb(&stated.fact);
        match stated.fact {
            Fact::Sent { message, producer } => self.sent(message, producer, stated),
            Fact::Attempted { message, producer, lane, .. } => {
                let life = self.life(producer);
                self.messages.must_have_been_sent(message, life, stated);
                self.messages.attempted(message, lane);
            }
            Fact::Acknowledged { message, producer, lane, offset } => {
                let outcome = ProducerOutcome::Acknowledged;
                let before = self.decided(message, producer, outcome, None, stated);
                if before.is_some_and(|b| b != ProducerOutcome::Acknowledged) {
                    self.messages.acknowledged_at(message, lane, offset);
                }
                if let Ok(offset) = u64::try_from(offset) {
                    self.observed.value(message, lane, offset);
                    self.messages.seen(message, lane, offset);
                }
            }
            Fact::Refused { message, producer, error } => {
                self.decided(message, producer, ProducerOutcome::Refused, Some(error), stated);
            }
            Fact::Unknown { message, producer, error } => {
                self.decided(message, producer, ProducerOutcome::Unknown, Some(error), stated);
            }
            Fact::Appended { message, lane, node, offset, epoch } => {
                self.appended(message, lane, node, offset, epoch, true, stated);
            }
            Fact::Replicated { message, lane, node, offset, epoch } => {
                self.appended(message, lane, node, offset, epoch, false, stated);
            }
            Fact::Committed { message, lane, offset, .. } => {
                self.committed(message, lane, offset, stated.time);
            }
            Fact::Rejected { message, .. } => {
                self.rejected.insert(message.0, *stated);
            }
            Fact::Dropped { message, .. } => {
                self.dropped.entry(message.0).or_default().push(*stated);
            }
            Fact::Disconnected { .. } => self.breaks.push_back(*stated),
            Fact::Truncated { .. }
            | Fact::RolledBack { .. }
            | Fact::Wiped { .. }
            | Fact::Expired { .. }
            | Fact::Elected { .. }
            | Fact::IsrShrunk { .. }
            | Fact::IsrExpanded { .. }
            | Fact::Fenced { .. }
            | Fact::Unfenced { .. }
            | Fact::StorageFailed { .. } => self.chronicle(stated),
            Fact::Stopped { node, .. } => {
                self.chronicle(stated);
                let process = self.process(node);
                process.down = true;
                process.life = process.life.wrapping_add(1);
                process.spans.stopped(stated.time);
                self.observed.forget(node);
            }
            Fact::Started { node, .. } => {
                self.chronicle(stated);
                self.process(node).down = false;
            }
            Fact::Delivered { .. }
            | Fact::Handled { .. }
            | Fact::Failed { .. }
            | Fact::DeadLettered { .. }
            | Fact::Positioned { .. }
            | Fact::OffsetCommitted { .. } => self.read(stated),
            _ => {}
        }
    }

    fn process(&mut self, node: NodeId) -> &mut Process {
        let at = node.0 as usize;
        if at >= self.nodes.len() {
            self.nodes.resize(at + 1, Process::default());
        }
        &mut self.nodes[at]
    }

    /// The life a node is in; 0 if nothing was said about it.
    fn life(&self, node: NodeId) -> u16 {
        self.nodes.get(node.0 as usize).map_or(0, |p| p.life)
    }

    /// The life of a node that is up.
    fn lives(&self, node: u16) -> Option<u16> {
        match self.nodes.get(node as usize) {
            None => Some(0),
            Some(process) => (!process.down).then_some(process.life),
        }
    }

    fn sent(&mut self, message: MessageId, producer: NodeId, stated: &Stated) {
        let life = self.life(producer);
        if let Some((before, life_before)) = self.messages.sent(message, life, stated) {
            let counted = before == ProducerOutcome::Outstanding && life_before == life;
            if before != ProducerOutcome::Acknowledged && !counted {
                self.process(producer).spans.sent(stated.time);
            }
        }
    }

    fn decided(
        &mut self,
        message: MessageId,
        producer: NodeId,
        outcome: ProducerOutcome,
        error: Option<&'static str>,
        stated: &Stated,
    ) -> Option<ProducerOutcome> {
        let (before, life) = self.messages.decided(message, outcome, error, stated)?;
        let process = self.process(producer);
        let counted = before == ProducerOutcome::Outstanding && life == process.life;
        process.spans.told(outcome, counted, stated.time);
        Some(before)
    }

    #[allow(clippy::too_many_arguments)] // the fields of one fact
    fn appended(
        &mut self,
        message: MessageId,
        lane: LaneId,
        node: NodeId,
        offset: u64,
        epoch: u32,
        by_leader: bool,
        stated: &Stated,
    ) {
        let after = self.lanes.push(message, lane, node, offset, epoch, by_leader);
        let mark = Mark::of(stated);
        let place = Placement { offset, mark, epoch, after, lane: lane.0, node: node.0 };
        if self.messages.placed(message, place) {
            let life = self.plan.producer_of(message).map_or(0, |p| self.life(p));
            self.messages.must_have_been_sent(message, life, stated);
            self.order.appended(message, lane, stated);
        }
    }

    fn committed(&mut self, message: MessageId, lane: LaneId, offset: u64, now: Time) {
        self.messages.committed(message);
        let state = self.lanes.get_mut(lane);
        if offset < state.committed {
            return;
        }
        state.committed = offset + 1;
        for reader in self.readers.get(lane.0 as usize).into_iter().flatten() {
            if let Some(subscription) = self.subscriptions.get_mut(*reader as usize) {
                subscription.lane_committed(lane, offset + 1, now);
            }
        }
    }

    fn chronicle(&mut self, stated: &Stated) {
        let Some(lane) = self.lanes.chronicle(stated) else { return };
        let committed = self.lanes.get(lane).map_or(0, |l| l.committed);
        for reader in self.readers.get(lane.0 as usize).into_iter().flatten() {
            if let Some(subscription) = self.subscriptions.get_mut(*reader as usize) {
                subscription.lane_committed(lane, committed, stated.time);
            }
        }
    }

    /// A fact about a subscription.
    fn read(&mut self, stated: &Stated) {
        let fact = stated.fact;
        let committed =
            fact.lane().and_then(|lane| self.lanes.get(lane)).map_or(0, |l| l.committed);
        let life = fact.node().map_or(0, |n| self.life(n));
        let Some(subscription) =
            fact.subscription().and_then(|s| self.subscriptions.get_mut(s.0 as usize))
        else {
            return;
        };
        match fact {
            Fact::Delivered { message, consumer, lane, offset, .. } => {
                subscription.delivered(message, consumer, life, lane, offset, stated);
                self.observed.value(message, lane, offset);
                self.observed.polled(consumer, lane, offset, message, stated);
                self.messages.seen(message, lane, offset);
            }
            Fact::Handled { message, subscription: id, consumer, lane, offset } => {
                let times =
                    subscription.handled(message, consumer, lane, offset, committed, stated);
                self.order.handled(message, id, lane, times, stated);
            }
            Fact::Failed { message, .. } => subscription.failed(message),
            Fact::DeadLettered { message, .. } => subscription.dead_lettered(message, stated),
            Fact::Positioned { lane, consumer, offset, .. } => {
                subscription.positioned(lane, consumer, life, offset, committed, stated);
            }
            Fact::OffsetCommitted { lane, offset, .. } => {
                subscription.offset_committed(lane, offset, committed, stated);
            }
            _ => {}
        }
    }

    /// What became of every message, as of `now`.
    pub fn judge(&self, now: Time) -> Judgement {
        Judgement::of(self, now)
    }

    /// What became of some messages, given in ascending order, as of `now`. Whatever is asked of
    /// others of such a judgement counts them as not sent.
    pub fn judge_some(
        &self,
        now: Time,
        messages: impl IntoIterator<Item = MessageId>,
    ) -> Judgement {
        Judgement::of_some(self, now, messages.into_iter())
    }

    /// What the ledger was told before the run.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// How often facts were stated.
    pub fn counts(&self) -> &FactCounts {
        &self.counts
    }

    /// How many messages have this outcome to their producers now.
    pub fn outcomes(&self, outcome: ProducerOutcome) -> u64 {
        self.messages.total(outcome)
    }

    /// Events at which something happened to a message: handed over, appended, decided, handled or
    /// delivered for the decisive time. Others may lie between.
    pub fn events_of(&self, message: MessageId) -> Vec<u64> {
        let mut events = self.messages.events(message);
        let pairs = self.subscriptions.iter().filter_map(|s| s.pair(message));
        events.extend(pairs.filter_map(subscriptions::Pair::decided_at));
        events
    }

    /// The lane a message belongs to, as far as its producer has chosen one.
    pub fn lane_of(&self, message: MessageId) -> Option<LaneId> {
        self.messages.lane(message)
    }

    /// How many messages the subscription has handled at least once, and at least twice.
    pub fn handled(&self, subscription: SubscriptionId) -> (u64, u64) {
        self.subscriptions
            .get(subscription.0 as usize)
            .map_or((0, 0), |s| (s.handled, s.duplicates))
    }

    /// Committed messages that wait for the subscription now.
    pub fn lag(&self, subscription: SubscriptionId) -> u64 {
        self.subscriptions.get(subscription.0 as usize).map_or(0, Subscription::waiting)
    }

    /// How many breaks of order there have been, in subscriptions and in logs.
    pub fn order_breaks(&self) -> usize {
        let order = &self.order;
        order.inversions.len() + order.regressions.len() + order.log_inversions.len()
    }

    /// Longest span in which the producer got nothing acknowledged though it asked.
    fn producer_unavailable(&self, producer: NodeId, now: Time) -> Span {
        let process = self.nodes.get(producer.0 as usize);
        process.map_or(Span::ZERO, |p| p.spans.longest_until(now))
    }
}
