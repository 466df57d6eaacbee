//! Whatever the brokers do, and wherever the consumer crashes, some things hold.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn reactions() -> impl Strategy<Value = Reaction> {
    prop_oneof![
        6 => Just(Reaction::Apply),
        1 => Just(Reaction::Fail(Error::NotLeaderOrFollower)),
        1 => Just(Reaction::Fail(Error::UnknownLeaderEpoch)),
        1 => Just(Reaction::Fail(Error::CoordinatorNotAvailable)),
        1 => Just(Reaction::ApplyThenFail(Error::NotCoordinator)),
        1 => Just(Reaction::ApplySilently),
        1 => Just(Reaction::Ignore),
        1 => Just(Reaction::Disconnect),
        1 => Just(Reaction::ApplyThenDisconnect),
    ]
}

fn policies() -> impl Strategy<Value = CommitPolicy> {
    prop_oneof![
        Just(CommitPolicy::Before),
        Just(CommitPolicy::After),
        Just(CommitPolicy::AfterEach),
        Just(CommitPolicy::Auto),
        Just(CommitPolicy::Never),
    ]
}

const LANES: [LaneId; 2] = [LaneId(0), LaneId(1)];
const COUNT: u32 = 40;

/// Troubled brokers for a while, crashes at these moments, then peace.
fn trial(
    commit: CommitPolicy,
    asynchronous: bool,
    moods: Vec<Reaction>,
    crashes: Vec<u64>,
    seed: u64,
) -> Lab {
    let mut plan = plan(commit);
    plan.lanes = LANES.into();
    plan.asynchronous = asynchronous;
    plan.config.max_poll_records = 7;
    plan.config.request_timeout_ms = Span::millis(700);
    plan.config.auto_commit_interval_ms = Span::millis(90);
    let mut lab = Lab::new(Member::Consumer(Consumer::new(plan)), &LANES, seed);
    for message in 0..COUNT {
        lab.append(BROKER_1, LANES[message as usize % 2], &[message]);
    }
    for broker in [BROKER_1, BROKER_2] {
        lab.broker(broker).moods = moods.clone();
        lab.broker(broker).moody = |request| !matches!(request, Request::Metadata);
    }
    lab.boot(CLIENT);
    let mut crashes = crashes;
    crashes.sort_unstable();
    for when in crashes {
        lab.run_to(when);
        lab.crash(CLIENT);
        lab.boot(CLIENT);
    }
    lab.run_to(20_000);
    for broker in [BROKER_1, BROKER_2] {
        lab.broker(broker).moods.clear();
    }
    lab.run_to(40_000);
    lab
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn deliveries_follow_the_log_and_commits_keep_their_promise(
        commit in policies(),
        asynchronous: bool,
        moods in prop::collection::vec(reactions(), 1..12),
        crashes in prop::collection::vec(10u64..3_000, 0..3),
        seed in 0u64..1000,
    ) {
        let lab = trial(commit, asynchronous, moods, crashes, seed);
        let mut next: BTreeMap<LaneId, u64> = BTreeMap::new();
        let mut handled = [0u32; COUNT as usize];
        let mut commit_failed = false;
        for (_, fact) in lab.facts() {
            match fact {
                Fact::Positioned { lane, offset, .. } => {
                    next.insert(lane, offset);
                }
                Fact::Delivered { lane, offset, .. } => {
                    prop_assert_eq!(next.get(&lane), Some(&offset), "{:?}", lane);
                    next.insert(lane, offset + 1);
                }
                Fact::Handled { message, .. } => handled[message.0 as usize] += 1,
                Fact::CommitFailed { .. } => commit_failed = true,
                _ => {}
            }
        }
        for lane in LANES {
            prop_assert_eq!(next.get(&lane), Some(&u64::from(COUNT / 2)), "read to the end");
        }
        // A worker thread breaks every promise (reference A12).
        let at_least_once = commit != CommitPolicy::Before && !asynchronous;
        if at_least_once {
            prop_assert!(handled.iter().all(|&n| n >= 1), "{handled:?}");
        }
        if commit == CommitPolicy::Before && !commit_failed {
            prop_assert!(handled.iter().all(|&n| n <= 1), "{handled:?}");
        }
    }
}
