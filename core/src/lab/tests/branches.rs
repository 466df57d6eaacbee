//! Branches, and branches of branches.

use super::*;
use crate::lab::{BranchId, Change, Refused};
use crate::ledger::Fate;

#[test]
fn a_fork_leaves_its_parent_alone() {
    let mut lab = first_lesson();
    last_event(&mut lab);
    let end = lab.digest();
    lab.seek(Target::Event(150));
    let here = lab.position();
    let child = lab.fork_with_action(crash(2)).expect("it runs");
    last_event(&mut lab);
    assert_ne!(lab.digest(), end);
    let branch = lab.branch(child).expect("it exists");
    assert_eq!((branch.parent, &branch.change), (Some(BranchId(0)), &Change::Action));
    assert_eq!(lab.switch(BranchId(0)), Ok(here));
    assert!(lab.branches()[0].interventions().is_empty());
    last_event(&mut lab);
    assert_eq!(lab.digest(), end);
    assert_eq!(lab.switch(BranchId(9)), Err(Refused::NoBranch(BranchId(9))));
}

#[test]
fn an_inherited_intervention_cannot_be_undone_in_the_child() {
    let mut lab = first_lesson();
    lab.seek(Target::Event(100));
    lab.inject(crash(1)).expect("it runs");
    lab.fork();
    assert_eq!(lab.undo(), None);
    lab.switch(BranchId(0)).expect("it exists");
    assert!(lab.undo().is_some());
    assert_eq!(lab.branches()[1].interventions().len(), 1);
}

#[test]
fn other_settings_make_a_branch_at_the_same_moment() {
    let mut lab = first_lesson();
    lab.seek(Target::Event(400));
    let now = lab.position().time;
    let set = |k: &str, v: &str| (k.to_string(), v.to_string());
    let changes =
        [set("producer.checkout.acks", "all"), set("producer.checkout.retries", "2147483647")];
    let all = lab.fork_with_settings(&changes).expect("settings");
    assert_eq!(lab.position().time, now);
    let comparison = lab.compare(BranchId(0), all).expect("branches");
    let lost = |j: &crate::ledger::Judgement| j.messages_with(Fate::Lost, None).len();
    assert_eq!(lost(&comparison.left.judgement), 2);
    assert_eq!(lost(&comparison.right.judgement), 0);
    let names: Vec<String> =
        comparison.fates.iter().map(|c| lab.directory().message(c.message)).collect();
    assert_eq!(names, ["m4", "m5"]);
    assert!(comparison.parting.is_some() && comparison.shift.is_some());
    let wrong = lab.fork_with_settings(&[set("producer.checkout.ackz", "all")]);
    assert!(matches!(wrong, Err(Refused::Scenario(_))));
}

#[test]
fn the_first_difference_is_the_change_itself() {
    let mut lab = first_lesson();
    lab.seek(Target::Event(150));
    let forked = lab.position().time;
    let child = lab.fork_with_action(crash(2)).expect("it runs");
    let comparison = lab.compare(BranchId(0), child).expect("branches");
    let parting = comparison.parting.expect("they differ");
    assert_eq!(parting.stated().fact.name(), "stopped");
    assert!(parting.stated().time >= forked);
    assert!(comparison.shift.is_none_or(|s| s.left.time >= forked));
    let same = lab.compare(child, child).expect("branches");
    assert!(same.parting.is_none() && same.shift.is_none() && same.fates.is_empty());
    assert_eq!(same.only, (0, 0));
}

#[test]
fn a_branch_of_a_branch_a_hundred_deep() {
    let mut lab = first_lesson();
    let mut digests = Vec::new();
    for depth in 0..120u64 {
        lab.seek(Target::Event(60 + depth * 5));
        let node = Role::Node(NodeId((depth % 3) as u16));
        let action = if depth % 2 == 0 {
            Action::Restart { node }
        } else {
            Action::ClockJump { node, by: 1_000 }
        };
        lab.fork_with_action(action).expect("it has an effect");
        digests.push((lab.position(), lab.digest()));
    }
    assert_eq!(lab.branches().len(), 121);
    last_event(&mut lab);
    assert_eq!(lab.branch(lab.current()).expect("it exists").interventions().len(), 120);
    for (number, (position, digest)) in digests.iter().enumerate().rev().step_by(10) {
        lab.switch(BranchId(number + 1)).expect("it exists");
        lab.seek(Target::Event(0));
        lab.seek(Target::Event(position.event));
        assert_eq!(lab.digest(), *digest, "depth {number}");
    }
}
