//! The promises of Raft under random faults: at most one leader an epoch, logs that agree below a
//! common record, leaders that have everything committed, commits that a majority has on disk and
//! that stay. Broken controllers are found out by the same search.

use super::fixture::{Quorum, Setup};
use crate::brokers::kafka::plan::Mutant;
use crate::fact::{NodeId, Outage};
use crate::kernel::Span;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};

/// What goes wrong next.
#[derive(Clone, Copy, Debug)]
enum Fault {
    Crash(u16),
    PowerOff(u16),
    /// The process is back within milliseconds.
    Bounce(u16, bool),
    Boot(u16),
    Pause(u16),
    Resume(u16),
    Cut(u16, u16),
    Isolate(u16),
    Heal,
    /// Two of them reach each other again.
    Mend(u16, u16),
    SlowDisk(u16, u64),
    ShutDown(u16),
    /// The active controller crashes.
    CrashLeader,
    /// The next voter that gives its vote away is restarted so many milliseconds later.
    BounceVoter(u64),
    Append,
}

fn fault() -> impl Strategy<Value = Fault> {
    let node = 0u16..5;
    prop_oneof![
        2 => node.clone().prop_map(Fault::Crash),
        2 => node.clone().prop_map(Fault::PowerOff),
        3 => (node.clone(), any::<bool>()).prop_map(|(n, power)| Fault::Bounce(n, power)),
        4 => node.clone().prop_map(Fault::Boot),
        2 => node.clone().prop_map(Fault::Pause),
        3 => node.clone().prop_map(Fault::Resume),
        3 => (node.clone(), node.clone()).prop_map(|(a, b)| Fault::Cut(a, b)),
        2 => node.clone().prop_map(Fault::Isolate),
        2 => Just(Fault::Heal),
        2 => (node.clone(), node.clone()).prop_map(|(a, b)| Fault::Mend(a, b)),
        1 => (node.clone(), 1u64..900).prop_map(|(n, ms)| Fault::SlowDisk(n, ms)),
        1 => node.prop_map(Fault::ShutDown),
        3 => Just(Fault::CrashLeader),
        1 => (0u64..9).prop_map(Fault::BounceVoter),
        6 => Just(Fault::Append),
    ]
}

/// A fault and how long after the one before, in milliseconds; short waits hit elections.
fn schedule(length: usize) -> impl Strategy<Value = Vec<(u64, Fault)>> {
    let wait = prop_oneof![3 => 0u64..6, 2 => 0u64..400, 1 => 0u64..4_000];
    prop::collection::vec((wait, fault()), 0..length)
}

fn setup(mutant: Option<Mutant>) -> impl Strategy<Value = Setup> {
    let controllers = prop_oneof![3 => Just(3u16), 1 => Just(5u16)];
    let linger = prop_oneof![Just(Span::ZERO), Just(Span::millis(25))];
    (controllers, any::<u64>(), any::<bool>(), linger).prop_map(
        move |(controllers, seed, pre_vote, linger)| Setup {
            controllers,
            seed,
            pre_vote,
            linger,
            mutant,
        },
    )
}

fn apply(quorum: &mut Quorum, setup: Setup, fault: Fault) {
    let node = |n: u16| NodeId(n % setup.controllers);
    match fault {
        Fault::Crash(n) => quorum.stop(node(n), Outage::Crash),
        Fault::PowerOff(n) => quorum.stop(node(n), Outage::PowerOff),
        Fault::Bounce(n, power) => {
            quorum.stop(node(n), if power { Outage::PowerOff } else { Outage::Crash });
            quorum.run(Span::millis(1));
            quorum.boot(node(n));
        }
        Fault::Boot(n) => quorum.boot(node(n)),
        Fault::Pause(n) => quorum.pause(node(n)),
        Fault::Resume(n) => quorum.resume(node(n)),
        Fault::Cut(a, b) if node(a) != node(b) => quorum.cut(node(a), node(b)),
        Fault::Cut(..) => {}
        Fault::Isolate(n) => quorum.isolate(node(n)),
        Fault::Heal => quorum.heal_all(),
        Fault::Mend(a, b) => quorum.heal(node(a), node(b)),
        Fault::SlowDisk(n, ms) => quorum.slow_disk(node(n), Span::millis(ms)),
        Fault::ShutDown(n) if quorum.is_up(node(n)) => quorum.shut_down(node(n)),
        Fault::ShutDown(_) => {}
        Fault::CrashLeader => {
            if let Some(&leader) = quorum.active().first() {
                quorum.stop(leader, Outage::Crash);
            }
        }
        Fault::BounceVoter(after) => {
            for _ in 0..3_000 {
                if let Some(voter) = quorum.voter_without_leader() {
                    quorum.run(Span::millis(after));
                    apply(quorum, setup, Fault::Bounce(voter.0, false));
                    break;
                }
                quorum.run(Span::millis(1));
            }
        }
        Fault::Append => quorum.append(),
    }
}

fn play(setup: Setup, faults: &[(u64, Fault)]) -> Result<Quorum, String> {
    let mut quorum = Quorum::new(setup);
    quorum.run(Span::millis(100));
    for &(wait, fault) in faults {
        quorum.run(Span::millis(wait));
        apply(&mut quorum, setup, fault);
        if let Some(broken) = &quorum.world().broken {
            return Err(format!("after {fault:?}: {broken}"));
        }
    }
    Ok(quorum)
}

/// After everything is repaired there is one leader and one log, and it goes on.
fn recovers(setup: Setup, mut quorum: Quorum) -> Result<(), String> {
    for n in (0..setup.controllers).map(NodeId) {
        quorum.resume(n);
        quorum.slow_disk(n, Span::millis(2));
        quorum.boot(n);
    }
    quorum.heal_all();
    quorum.run(Span::secs(40));
    // A controller that shuts down in these seconds stays down: switch everyone on once more.
    for n in (0..setup.controllers).map(NodeId) {
        quorum.boot(n);
    }
    quorum.run(Span::secs(20));
    let before = quorum.committed();
    quorum.append();
    quorum.run(Span::secs(2));
    if let Some(broken) = &quorum.world().broken {
        return Err(broken.clone());
    }
    let active = quorum.active();
    if active.len() != 1 {
        return Err(format!("active controllers after repair: {active:?}"));
    }
    if quorum.committed() <= before {
        return Err("nothing is committed after repair".into());
    }
    let end = quorum.raft(active[0]).log().end_offset();
    for n in (0..setup.controllers).map(NodeId) {
        if quorum.raft(n).log().end_offset() + 2 < end {
            return Err(format!("{n:?} has not caught up after repair"));
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(Config { cases: 96, ..Config::default() })]
    #[test]
    fn a_quorum_keeps_its_promises_under_random_faults(
        setup in setup(None),
        faults in schedule(40),
    ) {
        let quorum = play(setup, &faults).map_err(TestCaseError::fail)?;
        recovers(setup, quorum).map_err(TestCaseError::fail)?;
    }
}

/// The leader dies, comes back while others stand for election, and restarts once more right after
/// it has voted, and then the request of the other candidate reaches it: the moment at which a vote that is not on disk is given twice.
fn around_an_election() -> impl Strategy<Value = Vec<(u64, Fault)>> {
    let comes_back = 1_900u64..3_200;
    (comes_back, 3u64..9, schedule(6)).prop_map(|(back, after, rest)| {
        let mut faults = vec![
            (0, Fault::CrashLeader),
            (0, Fault::Isolate(2)),
            (back, Fault::Boot(0)),
            (0, Fault::BounceVoter(after)),
            (0, Fault::Mend(0, 2)),
            (500, Fault::Append),
        ];
        faults.extend(rest);
        faults
    })
}

/// The shortest schedule found that a broken controller does not survive.
fn found_out(mutant: Mutant, faults: impl Strategy<Value = Vec<(u64, Fault)>>) -> Option<String> {
    let config = Config { cases: 4_000, failure_persistence: None, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let found = runner.run(&(setup(Some(mutant)), faults), |(setup, faults)| {
        play(setup, &faults).map(drop).map_err(TestCaseError::fail)
    });
    match found {
        Err(TestError::Fail(why, (setup, faults))) => Some(format!("{why}: {setup:?} {faults:?}")),
        _ => None,
    }
}

#[test]
fn a_leader_that_commits_without_a_majority_is_found_out() {
    let why =
        found_out(Mutant::CommitsWithoutMajority, schedule(40)).expect("a schedule that shows it");
    assert!(why.contains("no majority has"), "{why}");
}

#[test]
fn a_controller_that_forgets_its_vote_is_found_out() {
    let why =
        found_out(Mutant::ForgetsItsVote, around_an_election()).expect("a schedule that shows it");
    assert!(why.contains("lead epoch"), "{why}");
}
