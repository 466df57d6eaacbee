//! Properties over arbitrary histories, sensible or not, and naive recomputations as oracles.

use super::*;
use crate::fact::ExpiryRule;
use proptest::prelude::*;
use std::collections::BTreeMap;

const WHY: &str = "why";

fn facts_of(m: u32, lane: u16, node: u16, offset: u64, epoch: u32) -> Vec<Fact> {
    let (message, lane, broker) = (MessageId(m), LaneId(lane), NodeId(node % 3));
    let producer = NodeId(if m < 10 { 3 } else { 6 });
    let consumer = NodeId(4 + node % 2);
    let (subscription, error) = (SUBSCRIPTION, WHY);
    let isr = NodeSet::of([broker]);
    let process = NodeId(node);
    vec![
        Fact::Sent { message, producer },
        Fact::Attempted { message, producer, lane, attempt: 1 },
        Fact::Retried { message, producer, error },
        Fact::Acknowledged { message, producer, lane, offset: offset as i64 - 1 },
        Fact::Refused { message, producer, error },
        Fact::Unknown { message, producer, error },
        Fact::Blocked { producer },
        Fact::Unblocked { producer },
        Fact::Appended { message, lane, node: broker, offset, epoch },
        Fact::Replicated { message, lane, node: broker, offset, epoch },
        Fact::Deduplicated { message, lane, node: broker, offset },
        Fact::Committed { message, lane, node: broker, offset },
        Fact::Rejected { message, lane, node: broker, error },
        Fact::Truncated {
            lane,
            node: broker,
            from: offset + 2,
            to: offset,
            rule: TruncationRule::LeaderEpoch,
        },
        Fact::RolledBack {
            lane,
            node: broker,
            from: offset + 2,
            to: offset,
            loss: DiskLoss::PowerLoss,
        },
        Fact::Wiped { lane, node: broker },
        Fact::Compacted { message, lane, node: broker, offset },
        Fact::OffsetExpired { subscription, lane },
        Fact::Expired { lane, node: broker, below: offset, rule: ExpiryRule::Time },
        Fact::Elected {
            lane,
            leader: (!offset.is_multiple_of(4)).then_some(broker),
            epoch,
            kind: ElectionKind::Clean,
        },
        Fact::TookOver { lane, node: broker, epoch, end: offset },
        Fact::SteppedDown { lane, node: broker, epoch },
        Fact::IsrShrunk { lane, isr, removed: NodeSet::EMPTY },
        Fact::IsrExpanded { lane, isr: NodeSet::of([0, 1, 2].map(NodeId)), added: isr },
        Fact::UnderMinIsr { lane, isr },
        Fact::Registered { node: broker, epoch: 1 },
        Fact::Fenced { node: broker },
        Fact::Unfenced { node: broker },
        Fact::Stopped { node: process, how: Outage::PowerOff },
        Fact::Started { node: process, boots: 1 },
        Fact::Paused { node: process },
        Fact::Resumed { node: process },
        Fact::Cut { from: producer, to: broker },
        Fact::Healed { from: producer, to: broker },
        Fact::Disconnected { from: producer, to: broker, why: WHY },
        Fact::DiskState { node: broker, state: "slow" },
        Fact::StorageFailed { lane, node: broker },
        Fact::Delivered { message, subscription, consumer, lane, offset },
        Fact::Handled { message, subscription, consumer, lane, offset },
        Fact::Failed { message, subscription, consumer, lane, offset, again: false },
        Fact::Positioned { subscription, lane, consumer, offset, rule: PositionRule::Seek },
        Fact::OffsetCommitted { subscription, lane, offset },
        Fact::CommitFailed { subscription, lane, consumer, error },
        Fact::Joined { subscription, consumer },
        Fact::MemberLeft { subscription, consumer, why: WHY },
        Fact::Rebalancing { subscription, generation: 1, why: WHY },
        Fact::Rebalanced { subscription, generation: 2, members: 2 },
        Fact::Assigned { subscription, lane, consumer },
        Fact::Revoked { subscription, lane, consumer },
        Fact::PartitionsLost { subscription, lane, consumer },
        Fact::MemberFenced { subscription, consumer, error },
        Fact::DeadLettered { message, subscription },
        Fact::Dropped { message, lane, rule: "overflow", subscription: None },
        Fact::Forwarding { message, subscription, consumer, lane },
        Fact::Forwarded { message, subscription, consumer, lane, offset: 1 },
        Fact::ForwardFailed { message, subscription, consumer, lane, error },
    ]
}

/// One fact of each kind.
pub(super) fn one_of_each() -> Vec<Stated> {
    let state = |fact| Stated { time: Time(1), event: 1, fact };
    facts_of(1, 0, 1, 1, 1).into_iter().map(state).collect()
}

fn a_fact() -> impl Strategy<Value = Fact> {
    // Facts about messages are the rule, changes of power the exception.
    let kind = prop_oneof![
        4 => 0usize..6,
        6 => 8usize..12,
        2 => 12usize..23,
        1 => 23usize..35,
        6 => 35usize..51,
    ];
    (kind, 0u32..12, 0u16..2, 0u16..7, 0u64..9, 0u32..3).prop_map(
        |(kind, m, lane, node, offset, epoch)| facts_of(m, lane, node, offset, epoch)[kind],
    )
}

fn a_history() -> impl Strategy<Value = Vec<Stated>> {
    proptest::collection::vec((a_fact(), 0u64..3), 0..160).prop_map(|facts| {
        let mut time = 0;
        let state = |(n, (fact, gap)): (usize, (Fact, u64))| {
            time += gap;
            Stated { time: Time(time), event: n as u64 + 1, fact }
        };
        facts.into_iter().enumerate().map(state).collect()
    })
}

fn absorbed(facts: &[Stated]) -> Ledger {
    let mut ledger = Ledger::new(plan());
    facts.iter().for_each(|s| ledger.absorb(s));
    ledger
}

/// A replica's log from the whole list of facts: (offset, message, epoch).
fn naive_log(facts: &[Stated], lane: LaneId, node: NodeId) -> Vec<(u64, MessageId, u32)> {
    let mut log: BTreeMap<u64, (MessageId, u32)> = BTreeMap::new();
    let mut start = 0;
    let mut compacted = std::collections::BTreeSet::new();
    for stated in facts {
        let fact = stated.fact;
        if (fact.lane(), fact.node()) != (Some(lane), Some(node)) {
            continue;
        }
        match fact {
            Fact::Appended { message, offset, epoch, .. }
            | Fact::Replicated { message, offset, epoch, .. } => {
                if log.keys().next_back().is_some_and(|last| *last >= offset) {
                    start = start.min(offset);
                }
                log.retain(|o, _| *o < offset);
                compacted.retain(|o| *o < offset);
                log.insert(offset, (message, epoch));
            }
            Fact::Truncated { to, .. } | Fact::RolledBack { to, .. } => {
                log.retain(|o, _| *o < to);
                compacted.retain(|o| *o < to);
                start = start.min(to);
            }
            Fact::Wiped { .. } => {
                log.clear();
                compacted.clear();
                start = 0;
            }
            Fact::Compacted { message, offset, .. }
                if log.get(&offset).is_some_and(|(m, _)| *m == message) =>
            {
                compacted.insert(offset);
            }
            Fact::Expired { below, .. } => start = start.max(below),
            _ => {}
        }
    }
    let kept = log.into_iter().filter(|(o, _)| !compacted.contains(o));
    kept.filter(|(o, _)| *o >= start).map(|(o, (m, e))| (o, m, e)).collect()
}

/// Inversions by comparing every first handling with every earlier one.
fn naive_inversions(facts: &[Stated]) -> usize {
    let mut firsts: Vec<u32> = Vec::new();
    let mut inversions = 0;
    for stated in facts {
        if let Fact::Handled { message, .. } = stated.fact
            && !firsts.contains(&message.0)
        {
            let keyed = |m: u32| m < 10;
            let overtaken = |m: &u32| keyed(*m) && m % 2 == message.0 % 2 && *m > message.0;
            inversions += usize::from(keyed(message.0) && firsts.iter().any(overtaken));
            firsts.push(message.0);
        }
    }
    inversions
}

/// The outcome of a message from all that was stated about it; what is on the wire or in a log was
/// handed over.
fn naive_outcome(facts: &[Stated], m: u32) -> ProducerOutcome {
    let told: Vec<&str> = facts
        .iter()
        .filter(|s| s.fact.message() == Some(MessageId(m)))
        .map(|s| s.fact.name())
        .filter(|n| ["sent", "acknowledged", "refused", "unknown"].contains(n))
        .collect();
    match told.last() {
        None if facts.iter().any(|s| s.fact.message() == Some(MessageId(m)) && implies_sent(s)) => {
            ProducerOutcome::Outstanding
        }
        None => ProducerOutcome::Unsent,
        _ if told.contains(&"acknowledged") => ProducerOutcome::Acknowledged,
        Some(&"sent") => ProducerOutcome::Outstanding,
        _ if told.contains(&"unknown") => ProducerOutcome::Unknown,
        _ => ProducerOutcome::Refused,
    }
}

fn implies_sent(stated: &Stated) -> bool {
    ["attempted", "appended", "replicated"].contains(&stated.fact.name())
}

proptest! {
    #[test]
    fn every_pair_owed_has_exactly_one_fate_and_sums_agree(facts in a_history()) {
        let judgement = absorbed(&facts).judge(Time(1000));
        let mut pairs: Vec<_> =
            judgement.fates.iter().map(|s| (s.message, s.subscription)).collect();
        let all = pairs.len();
        pairs.dedup();
        prop_assert_eq!(pairs.len(), all);
        let by_fate: u64 = Fate::ALL.iter().map(|f| judgement.count(*f, Subset::All)).sum();
        prop_assert_eq!(by_fate, all as u64);
        let by_message: u64 = judgement
            .ids(Subset::All)
            .map(|m| Fate::ALL.iter().map(|f| judgement.count(*f, Subset::Message(m))).sum::<u64>())
            .sum();
        prop_assert_eq!(by_message, all as u64);
        let outcomes: u64 =
            ProducerOutcome::ALL.iter().map(|o| judgement.outcomes(*o, Subset::All)).sum();
        prop_assert_eq!(outcomes, 12);
        let sent = 12 - judgement.outcomes(ProducerOutcome::Unsent, Subset::All);
        prop_assert_eq!(judgement.sent(Subset::All), sent);
        for m in judgement.ids(Subset::All) {
            prop_assert_eq!(judgement.producer_outcome(m), naive_outcome(&facts, m.0));
            if judgement.producer_outcome(m) != ProducerOutcome::Unsent {
                prop_assert_eq!(judgement.fates_of(m).len(), 1, "a sent message has its fate");
            }
        }
    }

    #[test]
    fn fates_agree_with_what_was_handled_and_told(facts in a_history()) {
        let judgement = absorbed(&facts).judge(Time(1000));
        for s in &judgement.fates {
            let (delivered, handled) = judgement.deliveries(s.message, s.subscription);
            let outcome = judgement.producer_outcome(s.message);
            let acknowledged = outcome == ProducerOutcome::Acknowledged;
            let fits = match s.fate {
                Fate::Once => handled == 1 && delivered <= 1,
                Fate::Redelivered => handled == 1 && delivered > 1,
                Fate::Duplicate => handled > 1,
                Fate::Phantom => handled > 0 && outcome == ProducerOutcome::Refused,
                Fate::Lost | Fate::Stranded => handled == 0 && acknowledged,
                Fate::LostUnacknowledged => handled == 0 && !acknowledged,
                Fate::DeadLettered | Fate::Expired | Fate::Dropped | Fate::Unroutable => {
                    handled == 0
                }
                Fate::Pending => handled == 0,
            };
            prop_assert!(fits, "{s:?}");
            let settled = !matches!(s.fate, Fate::Pending | Fate::Stranded);
            let decided_by = judgement.decided_by(s);
            prop_assert!(decided_by.is_some() || !settled, "{s:?} has no deciding fact");
            if let Some(by) = decided_by {
                // What decides was really stated, at that place. An append may be told by the
                // follower's fact.
                let stated = facts.iter().any(|f| {
                    (f.time, f.event) == (by.time, by.event)
                        && (f.fact == by.fact
                            || (by.fact.name() == "appended" && f.fact.name() == "replicated")
                            || by.fact.name() == f.fact.name())
                });
                prop_assert!(stated, "{by:?} was never stated");
            }
            if matches!(s.fate, Fate::Stranded) {
                prop_assert!(!judgement.copies(s.message).is_empty());
            }
        }
    }

    #[test]
    fn a_prefix_and_the_rest_make_the_whole_and_clones_are_independent(
        facts in a_history(), at in 0usize..160,
    ) {
        let (prefix, rest) = facts.split_at(at.min(facts.len()));
        let mut ledger = absorbed(prefix);
        let kept = ledger.clone();
        rest.iter().for_each(|s| ledger.absorb(s));
        prop_assert_eq!(&ledger, &absorbed(&facts));
        prop_assert_eq!(ledger.judge(Time(1000)), absorbed(&facts).judge(Time(1000)));
        prop_assert_eq!(kept, absorbed(prefix));
    }

    #[test]
    fn mirrors_and_order_equal_a_naive_recomputation(facts in a_history()) {
        let ledger = absorbed(&facts);
        for lane in [0, 1].map(LaneId) {
            for node in [0, 1, 2].map(NodeId) {
                let mirror: Vec<_> = ledger.replica(lane, node).collect();
                let naive = naive_log(&facts, lane, node);
                for (offset, message, epoch) in &naive {
                    let copy = Copy { lane, node, offset: *offset, epoch: *epoch };
                    prop_assert!(ledger.copies(*message).contains(&copy), "{copy:?}");
                }
                prop_assert_eq!(mirror, naive);
            }
        }
        let judgement = ledger.judge(Time(1000));
        prop_assert_eq!(judgement.inversions(Subset::All).count(), naive_inversions(&facts));
        // Neither may panic on any history.
        let _ = serde_json::to_value(&judgement).map(|v| v.to_string());
    }
}
