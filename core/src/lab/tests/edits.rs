//! Interventions: done, undone, done again.

use super::*;
use crate::fact::Fact;
use crate::lab::{BranchId, Refused};

#[test]
fn an_intervention_is_done_again_at_the_same_event() {
    let mut lab = first_lesson();
    lab.seek(Target::Event(100));
    let before = lab.digest();
    let done = lab.inject(crash(1)).expect("it runs").intervention;
    assert_eq!(done.event, 100);
    assert!(lab.facts_here().any(|s| matches!(s.fact, Fact::Stopped { .. })));
    let after = lab.digest();
    assert_ne!(before, after);
    let last = last_event(&mut lab);
    let end = lab.digest();
    for event in [0, 99, last / 2, 100] {
        lab.seek(Target::Event(event));
    }
    assert_eq!(lab.digest(), after);
    lab.seek(Target::Event(u64::MAX));
    assert_eq!(lab.digest(), end);
}

#[test]
fn undo_and_redo_come_back_to_the_same_worlds() {
    let mut lab = first_lesson();
    let mut digests = Vec::new();
    for (event, node) in [(80, 1), (90, 2), (90, 4), (110, 0)] {
        lab.seek(Target::Event(event));
        digests.push(lab.digest());
        let action =
            if node == 4 { Action::Restart { node: Role::Node(NodeId(2)) } } else { crash(node) };
        lab.inject(action).expect("it has an effect");
    }
    last_event(&mut lab);
    let end = lab.digest();
    let mut after = Vec::new();
    while let Some(undone) = lab.undo() {
        assert_eq!(lab.position().event, undone.event);
        assert_eq!(Some(lab.digest()), digests.pop());
        after.push(undone);
    }
    assert_eq!(after.len(), 4);
    last_event(&mut lab);
    assert_eq!(lab.digest(), plainly(&lab, u64::MAX).kernel.digest());
    while let Some(input) = after.pop() {
        assert_eq!(lab.redo(), Some(input));
    }
    assert_eq!(lab.redo(), None);
    last_event(&mut lab);
    assert_eq!(lab.digest(), end);
}

#[test]
fn what_has_no_effect_is_explained_and_changes_nothing() {
    let mut lab = first_lesson();
    lab.seek(Target::Event(100));
    lab.inject(crash(1)).expect("it runs");
    let digest = lab.digest();
    let refused = lab.inject(crash(1)).expect_err("it is down");
    assert_eq!(
        refused.to_string(),
        "nothing happened: broker-2 is down already: its process has ended"
    );
    assert_eq!(lab.digest(), digest);
    assert_eq!(lab.branches()[0].interventions().len(), 1);
    last_event(&mut lab);
    assert_eq!(lab.inject(crash(0)), Err(Refused::Over));
}

#[test]
fn changing_the_past_makes_a_branch() {
    let mut lab = first_lesson();
    lab.seek(Target::Event(200));
    lab.inject(crash(1)).expect("it runs");
    last_event(&mut lab);
    let end = lab.digest();
    lab.seek(Target::Event(100));
    let done = lab.inject(crash(2)).expect("it runs");
    assert_eq!(done.branch, BranchId(1));
    assert_eq!(lab.current(), BranchId(1));
    assert_eq!(lab.branches()[1].interventions().len(), 1);
    lab.switch(BranchId(0)).expect("it exists");
    last_event(&mut lab);
    assert_eq!(lab.digest(), end);
    assert_eq!(lab.branches()[0].interventions().len(), 1);
}

#[test]
fn a_topic_setting_that_no_step_sets_can_be_set() {
    let mut lab = open("load", &load(50, "5ms"));
    lab.seek(Target::Event(1_000));
    let before = lab.digest();
    let mut config = lab.branches()[0].scenario().topics[0].config.clone();
    config.min_insync_replicas = 3;
    lab.inject(Action::SetTopic { topic: 0, config }).expect("it is known");
    lab.inject(crash(2)).expect("it runs");
    let outcome = lab.outcome(lab.current()).expect("a branch");
    assert!(outcome.facts.iter().any(|s| matches!(s.fact, Fact::UnderMinIsr { .. })));
    lab.undo();
    lab.undo();
    assert_eq!(lab.digest(), before);
}
