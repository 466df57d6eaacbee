//! Running again: cures of what is wrong here, and many seeds.

use super::*;
use crate::cluster::run::{Options, run};
use crate::explore::{CURE_EVENTS, Change, Measure};
use crate::fact::MessageId;
use crate::lab::{Cures, Refused, Variant};
use crate::ledger::AnomalyKind;

/// The first message that is lost at the end of the first lesson.
fn lost(lab: &mut Lab) -> MessageId {
    lab.seek(Target::End);
    let state = lab.state();
    let judgement = state.model.ledger.judge(state.kernel.now());
    crate::explore::worst(&judgement)[0].message
}

fn cures(lab: &mut Lab, message: MessageId, events: u64) -> Cures {
    lab.cures_while(message, events, &mut |_| true).expect("it can be run again")
}

#[test]
fn what_would_have_prevented_a_loss_is_found_from_the_session() {
    let mut lab = first_lesson();
    let message = lost(&mut lab);
    let Cures::Tried(target, report) = cures(&mut lab, message, CURE_EVENTS) else {
        panic!("nothing was tried");
    };
    assert_eq!((target.message, target.kind), (message, AnomalyKind::Lost));
    assert!(report.is_complete());
    let cured = |change: &Change| {
        let mut trials = report.steps.iter().chain(&report.settings);
        trials.any(|t| t.change == *change && t.result.as_ref().is_ok_and(|r| r.is_cure()))
    };
    assert!(cured(&Change::Without(1)), "{report:?}");
    // Where nothing may be played, everything is named as not tried.
    let Cures::Tried(_, nothing) = cures(&mut lab, message, 0) else { panic!("it is lost") };
    assert_eq!((nothing.events, nothing.steps.len()), (0, 0));
    assert!(nothing.untried.contains(&Change::Without(1)));
    // Before the loss nothing is wrong; whoever gives up hears nothing.
    assert_eq!(lab.cures_while(message, CURE_EVENTS, &mut |_| false).map(|_| ()), Ok(()));
    lab.seek(Target::Event(1));
    assert_eq!(cures(&mut lab, message, CURE_EVENTS), Cures::Nothing);
}

#[test]
fn what_was_done_by_hand_is_tried_without_it_too_and_what_passes_is_said_to_pass() {
    let mut lab = open("load", &load(40, "5ms"));
    lab.seek(Target::Time(crate::kernel::Time(61_000_000)));
    lab.inject(crash_leader()).expect("it runs");
    let judge = |lab: &Lab| {
        let state = lab.state();
        state.model.ledger.judge(state.kernel.now())
    };
    // While no other leader is there, some message is out of reach, and later it is handled.
    let mut passing = None;
    for _ in 0..400 {
        lab.play(1);
        let stranded = crate::explore::worst(&judge(&lab));
        let stranded = stranded.iter().find(|t| t.kind == AnomalyKind::Stranded);
        if let Some(target) = stranded {
            passing = Some(target.message);
            break;
        }
    }
    if let Some(message) = passing {
        assert!(matches!(cures(&mut lab, message, CURE_EVENTS), Cures::Passes(_)));
    }
    let stopped = lab.compare_while(lab.current(), lab.current(), &mut |_| false);
    assert!(matches!(stopped, Err(Refused::Stopped)), "{stopped:?}");
}

#[test]
fn many_seeds_come_to_what_each_of_them_comes_to() {
    let (_, text) = LESSONS[0];
    let lab = first_lesson();
    let mut asked = 0;
    let swept = lab.sweep_while(lab.current(), 12, &mut |_| {
        asked += 1;
        true
    });
    let swept = swept.expect("the branch is there");
    assert!(asked > 12);
    assert_eq!((swept.done, swept.of, swept.refused), (12, 12, 0));
    assert_eq!(swept.outcomes.values().map(|(count, _)| count).sum::<u64>(), 12);
    let scenario = crate::scenario::parse("lesson", text).scenario.expect("a lesson");
    for (fates, (_, seed)) in &swept.outcomes {
        let whole = run(&scenario, Options { seed: Some(*seed), ..Options::default() });
        assert_eq!(&Measure::of(&whole).fates.into_iter().collect::<Vec<_>>(), fates);
    }
    assert!(swept.against().is_empty(), "{:?}", swept.against());
    // Stopped in the middle, it tells what it has.
    let mut left = 5;
    let few = lab.sweep_while(lab.current(), 1_000_000, &mut |_| {
        left -= 1;
        left > 0
    });
    let few = few.expect("the branch is there");
    assert!(few.done < 10 && few.done + 1 >= few.outcomes.len() as u64);
}

#[test]
fn a_seed_of_a_branch_with_something_done_by_hand_is_what_opening_it_shows() {
    let mut lab = first_lesson();
    let last = last_event(&mut lab);
    lab.seek(Target::Event(last / 2));
    lab.inject(crash(2)).expect("it runs");
    let swept = lab.sweep_while(lab.current(), 6, &mut |_| true).expect("the branch is there");
    assert_eq!(swept.done, 6);
    for (fates, (_, seed)) in &swept.outcomes {
        let mut opened = lab.clone();
        let branch = opened.fork_with(&Variant::Seed(*seed)).expect("another seed");
        let outcome = opened.outcome(branch).expect("a branch");
        assert_eq!(&Measure::of(&outcome).fates.into_iter().collect::<Vec<_>>(), fates);
    }
}
