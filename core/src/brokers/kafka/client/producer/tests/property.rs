//! Whatever the brokers do, some things hold. Brokers answer with random errors, stay silent or
//! hang up; connections break; the leader moves.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn reactions() -> impl Strategy<Value = Reaction> {
    prop_oneof![
        6 => Just(Reaction::Apply),
        1 => Just(Reaction::Fail(Error::NotEnoughReplicas)),
        1 => Just(Reaction::ApplyThenFail(Error::RequestTimedOut)),
        1 => Just(Reaction::ApplyThenFail(Error::NotEnoughReplicasAfterAppend)),
        1 => Just(Reaction::Fail(Error::InvalidRequest)),
        1 => Just(Reaction::ApplySilently),
        1 => Just(Reaction::Ignore),
        1 => Just(Reaction::Disconnect),
        1 => Just(Reaction::ApplyThenDisconnect),
    ]
}

#[derive(Clone, Debug)]
enum Blow {
    Reset,
    Leader(NodeId),
    Leaderless,
}

fn blows() -> impl Strategy<Value = Vec<(u64, Blow)>> {
    let blow = prop_oneof![
        Just(Blow::Reset),
        Just(Blow::Leader(BROKER_1)),
        Just(Blow::Leader(BROKER_2)),
        Just(Blow::Leaderless),
    ];
    prop::collection::vec((50u64..2_000, blow), 0..4)
}

fn trial(
    idempotence: bool,
    in_flight: u32,
    moods: Vec<Reaction>,
    blows: Vec<(u64, Blow)>,
    seed: u64,
) -> Lab {
    let mut plan = plan(60);
    plan.partitions = vec![LaneId(0), LaneId(1)];
    plan.every = Span::micros(700);
    plan.resend = 1;
    let config = &mut plan.config;
    config.enable_idempotence = idempotence;
    config.max_in_flight_requests_per_connection = in_flight;
    config.batch_size = 100;
    config.buffer_memory = 1_500;
    config.max_block_ms = Span::millis(400);
    config.request_timeout_ms = Span::millis(300);
    config.delivery_timeout_ms = Span::millis(2_000);
    let lanes = plan.partitions.clone();
    let mut lab = Lab::new(Member::Producer(Producer::new(plan)), &lanes, seed);
    for broker in [BROKER_1, BROKER_2] {
        lab.broker(broker).moods = moods.clone();
        lab.broker(broker).hints = seed.is_multiple_of(2);
    }
    lab.boot(CLIENT);
    let mut blows = blows;
    blows.sort_by_key(|b| b.0);
    for (n, (when, blow)) in blows.into_iter().enumerate() {
        lab.run_to(when);
        match blow {
            Blow::Reset => lab.reset(CLIENT, BROKER_1),
            Blow::Leader(node) => lab.lead(LaneId(0), Some(node), n as u32 + 1),
            Blow::Leaderless => lab.lead(LaneId(0), None, n as u32 + 1),
        }
    }
    lab.run_to(120_000);
    lab
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn outcomes_are_few_and_true(
        idempotence: bool,
        in_flight in 1u32..=5,
        moods in prop::collection::vec(reactions(), 1..12),
        blows in blows(),
        seed in 0u64..1000,
    ) {
        let mut lab = trial(idempotence, in_flight, moods, blows, seed);
        prop_assert!(lab.producer().is_done());
        prop_assert_eq!(lab.producer().buffer_used(), 0);
        prop_assert_eq!(lab.producer().in_flight().count(), 0);
        let mut logs: Vec<u32> = Vec::new();
        for lane in [LaneId(0), LaneId(1)] {
            logs.extend(lab.log(BROKER_1, lane));
            logs.extend(lab.log(BROKER_2, lane));
        }
        // One outcome for each call of send(), and none before the call.
        let mut calls: BTreeMap<u32, (u32, u32)> = BTreeMap::new();
        for (_, fact) in lab.facts() {
            let Some(message) = fact.message() else { continue };
            let (sent, told) = calls.entry(message.0).or_default();
            match fact {
                Fact::Sent { .. } => *sent += 1,
                Fact::Acknowledged { .. } | Fact::Refused { .. } | Fact::Unknown { .. } => {
                    *told += 1;
                }
                _ => {}
            }
            prop_assert!(*told <= *sent, "{fact:?}");
        }
        for (message, (sent, told)) in &calls {
            prop_assert_eq!(sent, told, "message {}", message);
        }
        // An acknowledged message is in a log; one that was only ever refused is in none.
        let was = |name: &str, m: u32| lab.facts().any(|(_, f)| {
            f.name() == name && f.message() == Some(MessageId(m))
        });
        for message in 0..60 {
            let stored = logs.contains(&message);
            if was("acknowledged", message) {
                prop_assert!(stored, "{} was acknowledged", message);
            } else if !was("unknown", message) {
                prop_assert!(!stored, "{} was refused", message);
            }
        }
    }

    #[test]
    fn idempotent_batches_reach_a_log_once_and_in_order(
        in_flight in 1u32..=5,
        moods in prop::collection::vec(reactions(), 1..12),
        seed in 0u64..1000,
    ) {
        let mut lab = trial(true, in_flight, moods, Vec::new(), seed);
        // Without the application's own second calls nothing is stored twice in one epoch.
        for lane in [LaneId(0), LaneId(1)] {
            let log = lab.broker(BROKER_1).log(lane).batches.clone();
            let mut next: BTreeMap<(u64, i16), i32> = BTreeMap::new();
            for batch in &log {
                let Some(stamp) = batch.producer else { continue };
                // A log that does not know the producer yet takes any first number.
                let known = next.range((stamp.id, 0)..=(stamp.id, i16::MAX)).next().is_some();
                let first = if known { 0 } else { stamp.base_sequence };
                let expected = next.entry((stamp.id, stamp.epoch)).or_insert(first);
                prop_assert_eq!(stamp.base_sequence, *expected);
                *expected += batch.len() as i32;
            }
        }
    }

    #[test]
    fn idempotent_first_attempts_keep_the_order_of_send(
        in_flight in 1u32..=5,
        moods in prop::collection::vec(reactions(), 1..12),
        blows in blows(),
        seed in 0u64..1000,
    ) {
        let lab = trial(true, in_flight, moods, blows, seed);
        let mut again = [false; 60];
        let mut last = [None, None];
        for (_, fact) in lab.facts() {
            match fact {
                Fact::Refused { message, .. } | Fact::Unknown { message, .. } => {
                    again[message.0 as usize] = true;
                }
                Fact::Attempted { message, lane, attempt: 1, .. }
                    if !again[message.0 as usize] =>
                {
                    let last = &mut last[lane.0 as usize];
                    prop_assert!(*last < Some(message), "{message:?} after {last:?}");
                    *last = Some(message);
                }
                _ => {}
            }
        }
    }
}
