//! Lanes that are queues: two of them, on one node, each with readers of its own.

use crate::fact::{
    Fact, KeyId, LaneId, MessageId, NodeId, NodeSet, Outage, RecoveryLoss, Stated, SubscriptionId,
};
use crate::kernel::Time;
use crate::ledger::{Fate, Judgement, Ledger, Plan, PlannedBlock, Subset};

const NODE: NodeId = NodeId(0);
const PRODUCER: NodeId = NodeId(1);
const WORKER: NodeId = NodeId(2);
const WORK: LaneId = LaneId(0);
const PARKED: LaneId = LaneId(1);

/// Even messages belong into the first queue, odd ones nowhere. Nobody reads the second queue.
fn plan() -> Plan {
    let block = PlannedBlock {
        first: MessageId(0),
        count: 10,
        producer: PRODUCER,
        keys: vec![KeyId(0)],
        lanes: vec![WORK],
        targets: vec![vec![WORK], Vec::new()],
    };
    Plan {
        blocks: vec![block],
        replicas: vec![NodeSet::of([NODE]); 2],
        subscriptions: vec![vec![WORK], vec![PARKED]],
        unread: vec![false, true],
        queues: true,
        ..Plan::default()
    }
}

fn judged(facts: &[Fact]) -> Judgement {
    let mut ledger = Ledger::new(plan());
    let mut time = Time::ZERO;
    for (n, fact) in facts.iter().enumerate() {
        time = Time(1_000_000 * (n as u64 + 1));
        ledger.absorb(&Stated { time, event: n as u64 + 1, fact: *fact });
    }
    ledger.judge(time)
}

fn fate(m: u32, facts: &[Fact]) -> Option<(Fate, &'static str)> {
    let judgement = judged(facts);
    let fates = judgement.fates_of(MessageId(m));
    assert!(fates.len() <= 1);
    let settled = fates.first()?;
    Some((settled.fate, judgement.decided_by(settled).map_or("-", |s| s.fact.name())))
}

fn stored(m: u32, offset: u64) -> [Fact; 3] {
    let (message, producer) = (MessageId(m), PRODUCER);
    [
        Fact::Sent { message, producer },
        Fact::Appended { message, lane: WORK, node: NODE, offset, epoch: 0 },
        Fact::Acknowledged { message, producer, lane: WORK, offset: -1 },
    ]
}

fn delivered(m: u32, offset: u64) -> Fact {
    let subscription = SubscriptionId(0);
    let message = MessageId(m);
    Fact::Delivered { message, subscription, consumer: WORKER, lane: WORK, offset }
}

fn handled(m: u32, offset: u64) -> Fact {
    let subscription = SubscriptionId(0);
    let message = MessageId(m);
    Fact::Handled { message, subscription, consumer: WORKER, lane: WORK, offset }
}

fn settled(m: u32, auto: bool) -> Fact {
    Fact::Settled { message: MessageId(m), lane: WORK, node: NODE, consumer: WORKER, auto }
}

fn all(parts: &[&[Fact]]) -> Vec<Fact> {
    parts.concat()
}

#[test]
fn what_is_acknowledged_after_it_was_handled_is_handled_once() {
    let tale = all(&[&stored(0, 0), &[delivered(0, 0), handled(0, 0), settled(0, false)]]);
    assert_eq!(fate(0, &tale), Some((Fate::Once, "handled")));
}

#[test]
fn what_was_settled_on_delivery_is_lost_with_its_consumer() {
    let taken = all(&[&stored(0, 0), &[settled(0, true), delivered(0, 0)]]);
    assert_eq!(fate(0, &taken), Some((Fate::Pending, "-")), "a living consumer has it");
    let crash = Fact::Stopped { node: WORKER, how: Outage::Crash };
    let lost = all(&[&taken, &[crash]]);
    assert_eq!(fate(0, &lost), Some((Fate::Lost, "settled")));
    let in_time = all(&[&taken, &[handled(0, 0), crash]]);
    assert_eq!(fate(0, &in_time), Some((Fate::Once, "handled")));
    let published_again = all(&[&lost, &stored(0, 1)]);
    assert_eq!(fate(0, &published_again), Some((Fate::Pending, "-")));
}

#[test]
fn what_went_back_is_deliverable_again() {
    let back = Fact::Requeued { message: MessageId(0), lane: WORK, node: NODE, offset: 0 };
    let crash = Fact::Stopped { node: WORKER, how: Outage::Crash };
    let tale = all(&[&stored(0, 0), &[delivered(0, 0), crash, back]]);
    assert_eq!(fate(0, &tale), Some((Fate::Pending, "-")));
    let again = all(&[&tale, &[delivered(0, 0), handled(0, 0), settled(0, false)]]);
    assert_eq!(fate(0, &again), Some((Fate::Redelivered, "handled")));
}

#[test]
fn a_node_that_starts_without_a_message_has_lost_it() {
    let down = Fact::Stopped { node: NODE, how: Outage::Crash };
    let up = Fact::Started { node: NODE, boots: 2 };
    let gone = Fact::NotRecovered {
        message: MessageId(0),
        lane: WORK,
        node: NODE,
        offset: 0,
        why: RecoveryLoss::Transient,
    };
    let away = all(&[&stored(0, 0), &[down]]);
    assert_eq!(fate(0, &away), Some((Fate::Stranded, "stopped")));
    assert_eq!(fate(0, &all(&[&away, &[up]])), Some((Fate::Pending, "-")), "it came back");
    assert_eq!(fate(0, &all(&[&away, &[up, gone]])), Some((Fate::Lost, "not-recovered")));
}

#[test]
fn a_rule_of_the_queue_takes_it_from_whoever_was_handed_it_last() {
    let drop = |rule| Fact::Dropped { message: MessageId(0), lane: WORK, rule, subscription: None };
    let back = Fact::Requeued { message: MessageId(0), lane: WORK, node: NODE, offset: 0 };
    let held = all(&[&stored(0, 0), &[delivered(0, 0), back]]);
    assert_eq!(fate(0, &all(&[&held, &[drop("maxlen")]])), Some((Fate::Dropped, "dropped")));
    assert_eq!(fate(0, &all(&[&held, &[drop("expired")]])), Some((Fate::Expired, "dropped")));
    let subscription = SubscriptionId(0);
    let dead = Fact::DeadLettered { message: MessageId(0), subscription };
    assert_eq!(fate(0, &all(&[&held, &[dead]])), Some((Fate::DeadLettered, "dead-lettered")));
}

#[test]
fn confirmed_and_kept_by_no_queue() {
    let (message, producer) = (MessageId(0), PRODUCER);
    let sent = Fact::Sent { message, producer };
    let unroutable = Fact::Unroutable { message, node: NODE };
    let confirmed = Fact::Acknowledged { message, producer, lane: WORK, offset: -1 };
    let tale = [sent, unroutable, confirmed];
    assert_eq!(fate(0, &tale), Some((Fate::Unroutable, "unroutable")));
    assert_eq!(fate(0, &[sent, confirmed]), Some((Fate::Lost, "acknowledged")));
}

#[test]
fn what_belongs_nowhere_is_owed_to_nobody_until_a_queue_has_it() {
    let sent = Fact::Sent { message: MessageId(1), producer: PRODUCER };
    assert_eq!(fate(1, &[sent]), None);
    let placed =
        Fact::Appended { message: MessageId(1), lane: WORK, node: NODE, offset: 0, epoch: 0 };
    assert_eq!(fate(1, &[sent, placed]), Some((Fate::Pending, "-")));
    let parked =
        Fact::Appended { message: MessageId(1), lane: PARKED, node: NODE, offset: 0, epoch: 0 };
    assert_eq!(fate(1, &[sent, parked]), None, "nobody reads that queue");
}

#[test]
fn the_backlog_is_what_the_queue_holds() {
    let tale = all(&[&stored(0, 0), &stored(2, 1), &stored(4, 2), &[delivered(0, 0)]]);
    let lag = |facts: &[Fact]| judged(facts).lag(false, Subset::Subscription(SubscriptionId(0)));
    assert_eq!(lag(&tale), Some(3), "what is handed out is still the queue's");
    let done = all(&[&tale, &[handled(0, 0), settled(0, false)]]);
    assert_eq!(lag(&done), Some(2));
    assert_eq!(judged(&done).lag(true, Subset::All), Some(3));
}
