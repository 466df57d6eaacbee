//! Every place is the place of the first pass, however it is reached.

use super::*;
use crate::kernel::Time;
use crate::lab::{COARSE_EVENTS, MarkKind, Stopped};
use proptest::prelude::*;
use std::sync::OnceLock;

/// Digests of a plain run of more than 100,000 events, at every 997th event.
fn long_run() -> &'static (Lab, Vec<u64>) {
    static RUN: OnceLock<(Lab, Vec<u64>)> = OnceLock::new();
    RUN.get_or_init(|| {
        let mut lab = open("load", &load(3_000, "5ms"));
        let mut state = plainly(&lab, 0);
        let mut digests = vec![state.kernel.digest()];
        for n in 1..=150 {
            play(&mut state, None, n * 997);
            digests.push(state.kernel.digest());
        }
        assert!(state.kernel.event() >= 149_000, "{}", state.kernel.event());
        lab.seek(Target::Event(149_550));
        (lab, digests)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn a_seek_comes_to_the_world_of_the_first_pass(
        targets in prop::collection::vec(0usize..=150, 1..6),
        back in 0u64..3,
    ) {
        let (lab, digests) = long_run();
        let mut lab = lab.clone();
        for target in targets {
            let event = target as u64 * 997;
            lab.seek(Target::Event(event + back));
            lab.play_back(back);
            prop_assert_eq!(lab.position().event, event);
            prop_assert_eq!(lab.digest(), digests[target]);
        }
    }
}

#[test]
fn every_event_of_every_lesson_can_be_reached_both_ways() {
    for (name, text) in LESSONS {
        let mut lab = open(name, text);
        let last = last_event(&mut lab);
        let outcome = lab.outcome(lab.current()).expect("a branch");
        let parsed = crate::scenario::parse(name, text).scenario.expect("a lesson");
        let plain = cluster::run::run(&parsed, cluster::run::Options::default());
        assert_eq!((outcome.digest, outcome.events), (plain.digest, plain.events), "{name}");
        let mut digests = Vec::new();
        let mut state = plainly(&lab, 0);
        for event in 0..=last.min(1_500) {
            play(&mut state, None, event);
            digests.push(state.kernel.digest());
        }
        let mut stepped = open(name, text);
        for (event, digest) in digests.iter().enumerate() {
            assert_eq!(stepped.digest(), *digest, "{name}: step to {event}");
            stepped.step();
        }
        for (event, digest) in digests.iter().enumerate().rev().step_by(7) {
            lab.seek(Target::Event(event as u64));
            assert_eq!(lab.digest(), *digest, "{name}: seek to {event}");
        }
    }
}

#[test]
fn a_seek_to_a_time_is_after_everything_that_happens_at_it() {
    let mut lab = first_lesson();
    last_event(&mut lab);
    for nanos in [0, 1, 900_000, 20_000_000, 87_654_321, 5_000_000_000] {
        lab.seek(Target::Time(Time(nanos)));
        let kernel = &lab.state().kernel;
        assert_eq!(kernel.now(), Time(nanos));
        assert!(kernel.next_time().is_none_or(|next| next > Time(nanos)));
        let event = lab.position().event;
        let digest = lab.digest();
        assert_eq!(digest, plainly(&lab, event).kernel.digest());
    }
}

#[test]
fn past_the_end_is_the_end() {
    let mut lab = first_lesson();
    let last = last_event(&mut lab);
    assert_eq!(lab.seek(Target::Event(u64::MAX - 1)).event, last);
    assert_eq!(lab.seek(Target::Time(Time::NEVER)).event, last);
    assert_eq!(lab.step().event, last);
    assert_eq!(lab.ended(), Some(Ended::AtEnd));
    assert_eq!(lab.next_fact(10), Stopped::AtTheEdge);
    lab.seek(Target::Event(0));
    assert_eq!(lab.step_back().event, 0);
    assert_eq!(lab.last_fact(), Stopped::AtTheEdge);
}

#[test]
fn facts_and_marks_are_found_in_both_directions() {
    let mut lab = first_lesson();
    let mut forth = Vec::new();
    while lab.next_mark(1_000_000, |_| true) == Stopped::Found {
        forth.push(lab.position().event);
    }
    let mut back = Vec::new();
    while lab.last_mark(|_| true) == Stopped::Found {
        back.push(lab.position().event);
    }
    back.reverse();
    assert_eq!(forth, back);
    assert!(forth.len() >= 3, "{forth:?} {:?}", lab.marks().collect::<Vec<_>>());
    let kinds: Vec<&str> = lab.marks().map(|mark| mark.kind.name()).collect();
    for kind in ["step", "fault", "isr", "election", "lost"] {
        assert!(kinds.contains(&kind), "{kind} in {kinds:?}");
    }
    lab.seek(Target::Event(0));
    let fault = |mark: &super::super::Mark| mark.kind == MarkKind::Fault;
    assert_eq!(lab.next_mark(3, fault), Stopped::Paused);
    assert_eq!(lab.position().event, 3);
    assert_eq!(lab.next_fact(1_000), Stopped::Found);
    let there = lab.position().event;
    assert!(lab.facts_here().count() > 0);
    assert_eq!(lab.next_fact(1_000), Stopped::Found);
    assert_eq!(lab.last_fact(), Stopped::Found);
    assert_eq!(lab.position().event, there);
}

#[test]
fn snapshots_lie_at_counts_of_events() {
    let (lab, _) = long_run();
    let (coarse, fine) = lab.snapshots();
    assert_eq!(coarse as u64, 1 + lab.position().event / COARSE_EVENTS);
    assert!((1..=60).contains(&fine), "{fine}");
}
