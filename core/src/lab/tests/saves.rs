//! A session taken up again.

use super::*;
use crate::lab::{BranchId, Saved};

fn session() -> Lab {
    let mut lab = first_lesson();
    lab.seek(Target::Event(100));
    lab.inject(crash(1)).expect("it runs");
    lab.fork();
    lab.bookmark("here it begins");
    lab.inject(crash(2)).expect("it runs");
    lab.seek(Target::Event(160));
    lab.fork_with_action(Action::Restart { node: Role::Node(NodeId(1)) }).expect("it starts");
    let set = ("topic.orders.min.insync.replicas".to_string(), "2".to_string());
    lab.fork_with_settings(&[set]).expect("settings");
    lab.inject(Action::Restart { node: Role::Node(NodeId(0)) }).expect("it starts");
    lab.switch(BranchId(1)).expect("it exists");
    lab.inject(Action::ClockJump { node: Role::Node(NodeId(0)), by: 5 }).expect("an effect");
    lab
}

#[test]
fn what_was_done_comes_back() {
    let mut lab = session();
    let saved = lab.interventions();
    let json = serde_json::to_string(&saved).expect("plain data");
    let read: Saved = serde_json::from_str(&json).expect("plain data");
    assert_eq!(read, saved);
    let (name, text) = LESSONS[0];
    let (mut again, dropped) = Lab::restore(name, text, &read).expect("the same file");
    assert!(dropped.is_empty(), "{dropped:?}");
    assert_eq!(again.current(), lab.current());
    assert_eq!(again.bookmarks(), lab.bookmarks());
    for id in (0..lab.branches().len()).map(BranchId) {
        let both = [&mut lab, &mut again].map(|l| l.outcome(id).expect("a branch").digest);
        assert_eq!(both[0], both[1], "{id:?}");
    }
    assert_eq!(again.interventions(), lab.interventions());
    assert!(again.visit(0).is_some());
    assert_eq!(again.visit(7), None);
}

#[test]
fn a_changed_file_keeps_what_still_makes_sense() {
    let mut lab = open("load", &load(40, "5ms"));
    lab.seek(Target::Event(300));
    lab.inject(crash(1)).expect("it runs");
    let producer = lab.branches()[0].scenario().producers[0].node;
    lab.inject(Action::Burst { producer, count: 3 }).expect("it runs");
    let saved = lab.interventions();
    let changed = load(40, "6ms").replace("checkout", "web-shop");
    let (again, dropped) = Lab::restore("load", &changed, &saved).expect("a scenario");
    assert_eq!(again.branches()[0].interventions().len(), 1);
    assert_eq!(dropped.len(), 1);
    assert!(dropped[0].why.contains("there is no producer `checkout`"), "{dropped:?}");
}
