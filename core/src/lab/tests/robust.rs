//! What a stranger would try: branches of branches, the first and the last moment, the same moment
//! twice, files that changed meanwhile, and anything at all in any order.

use super::*;
use crate::lab::{BranchId, Refused, Selection};
use proptest::prelude::*;

#[test]
fn a_branch_of_a_branch_a_hundred_deep() {
    let mut lab = open("load", &load(400, "5ms"));
    lab.seek(Target::Event(9_000));
    let mut expected = vec![lab.digest()];
    for depth in 1..=100_u64 {
        lab.seek(Target::Event(depth * 50));
        let node = (depth % 2) as u16;
        let action = match depth / 2 % 2 {
            0 => {
                Action::Pause { node: Role::Node(NodeId(node)), until: Until::For(Span::millis(3)) }
            }
            _ => Action::ClockJump { node: Role::Node(NodeId(node)), by: 1 + depth as i64 },
        };
        let branch = lab.fork_with_action(action).unwrap_or_else(|why| panic!("{depth}: {why}"));
        assert_eq!(branch, BranchId(depth as usize));
        assert_eq!(lab.branch(branch).expect("it exists").parent, Some(BranchId(branch.0 - 1)));
        lab.seek(Target::Event(9_000));
        expected.push(lab.digest());
    }
    assert_eq!(lab.branches()[100].interventions().len(), 100);
    for (branch, digest) in expected.iter().enumerate().rev().step_by(9) {
        lab.switch(BranchId(branch)).expect("it exists");
        lab.seek(Target::Event(40));
        lab.seek(Target::Event(9_000));
        assert_eq!(lab.digest(), *digest, "branch {branch}");
    }
    let saved = lab.interventions();
    let (mut again, dropped) = Lab::restore("load", &load(400, "5ms"), &saved).expect("a file");
    assert_eq!(dropped, []);
    again.switch(BranchId(100)).expect("it exists");
    again.seek(Target::Event(9_000));
    assert_eq!(again.digest(), expected[100]);
}

#[test]
fn the_first_and_the_last_moment_can_be_changed() {
    let mut lab = first_lesson();
    let plain = last_event(&mut lab);
    lab.seek(Target::Event(0));
    let first = lab.inject(Action::ClockJump { node: Role::Node(NodeId(0)), by: 5 });
    assert_eq!(first.expect("it has an effect").intervention.event, 0);
    let last = last_event(&mut lab);
    lab.seek(Target::Event(last - 1));
    lab.inject(crash(1)).expect("something can still happen");
    let end = last_event(&mut lab);
    assert!(end >= last - 1 && plain > 0);
    assert_eq!(lab.inject(crash(2)), Err(Refused::Over));
    let export = lab.export(lab.current()).expect("a branch");
    assert_eq!(export.faithful, crate::lab::Faithful::Yes, "{}", export.text);
    assert!(lab.undo().is_some() && lab.undo().is_some() && lab.undo().is_none());
    assert_eq!(last_event(&mut lab), plain);
}

#[test]
fn two_interventions_at_one_event_keep_their_order() {
    let mut lab = first_lesson();
    lab.seek(Target::Event(100));
    lab.inject(crash(1)).expect("it runs");
    lab.inject(Action::WipeDisk { node: Role::Node(NodeId(1)) }).expect("it is down");
    lab.inject(Action::Restart { node: Role::Node(NodeId(1)) }).expect("it can start");
    let there = lab.digest();
    let end = {
        last_event(&mut lab);
        lab.digest()
    };
    lab.seek(Target::Event(3));
    lab.seek(Target::Event(100));
    assert_eq!(lab.digest(), there);
    let (name, text) = LESSONS[0];
    let (mut again, dropped) = Lab::restore(name, text, &lab.interventions()).expect("a file");
    assert_eq!(dropped, []);
    last_event(&mut again);
    assert_eq!(again.digest(), end);
    let words: Vec<&str> =
        again.branches()[0].interventions().iter().map(|i| i.action.name()).collect();
    assert_eq!(words, ["crash", "wipe-disk", "restart"]);
}

#[test]
fn what_a_changed_file_no_longer_has_is_told_and_the_rest_is_kept() {
    let mut lab = open("load", &load(40, "5ms"));
    lab.seek(Target::Event(200));
    lab.inject(crash(2)).expect("it runs");
    lab.inject(Action::Pause { node: Role::Node(NodeId(0)), until: Until::Never })
        .expect("it runs");
    lab.fork_with_settings(&[("topic.orders.replication-factor".into(), "2".into())])
        .expect("a branch");
    // Two brokers are left, and another name for the topic.
    let smaller = load(40, "5ms")
        .replace("brokers = 3", "brokers = 2")
        .replace("replication-factor = 3", "replication-factor = 2")
        .replace("\"orders\"", "\"sales\"");
    let (again, dropped) = Lab::restore("load", &smaller, &lab.interventions()).expect("a file");
    let told: Vec<&str> = dropped.iter().map(|d| d.why.as_str()).collect();
    assert_eq!(dropped.len(), 2, "{told:?}");
    assert!(told[0].contains("broker-3"), "{told:?}");
    assert!(told[1].contains("orders"), "{told:?}");
    assert_eq!(again.branches().len(), 2);
    assert_eq!(again.branches()[0].interventions().len(), 1);
}

/// Something a person does.
#[derive(Clone, Copy, Debug)]
enum Deed {
    Play(u64),
    Seek(u64),
    SeekTime(u64),
    Back(u64),
    NextFact,
    LastMark,
    Offer(usize, usize),
    Undo,
    Redo,
    Fork,
    Switch(usize),
    Settings(usize),
    Seed(u64),
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        (1_u64..400).prop_map(Deed::Play),
        (0_u64..2_500).prop_map(Deed::Seek),
        (0_u64..400_000_000).prop_map(Deed::SeekTime),
        (1_u64..300).prop_map(Deed::Back),
        Just(Deed::NextFact),
        Just(Deed::LastMark),
        (any::<usize>(), any::<usize>()).prop_map(|(a, b)| Deed::Offer(a, b)),
        (any::<usize>(), any::<usize>()).prop_map(|(a, b)| Deed::Offer(a, b)),
        Just(Deed::Undo),
        Just(Deed::Redo),
        Just(Deed::Fork),
        any::<usize>().prop_map(Deed::Switch),
        any::<usize>().prop_map(Deed::Settings),
        (0_u64..5).prop_map(Deed::Seed),
    ]
}

fn do_it(lab: &mut Lab, deed: Deed) {
    let nodes = lab.directory().nodes.len();
    match deed {
        Deed::Play(events) => drop(lab.play(events)),
        Deed::Seek(event) => drop(lab.seek(Target::Event(event))),
        Deed::SeekTime(nanos) => drop(lab.seek(Target::Time(crate::kernel::Time(nanos)))),
        Deed::Back(events) => drop(lab.play_back(events)),
        Deed::NextFact => drop(lab.next_fact(500)),
        Deed::LastMark => drop(lab.last_mark(|_| true)),
        Deed::Offer(which, choice) => {
            let at = |n: usize| NodeId((which / 7 % (nodes + n)) as u16);
            let selection = match which % 5 {
                0 => Selection::Node(at(0)),
                1 => Selection::Link(at(0), at(1)),
                2 => Selection::Lane(LaneId(0)),
                3 => Selection::Replica(LaneId(0), at(0)),
                _ => Selection::Nothing,
            };
            let offers = lab.offers(selection);
            let choices: Vec<_> = offers
                .faults
                .iter()
                .chain(&offers.applications)
                .flat_map(|offer| &offer.choices)
                .collect();
            if let Some(choice) = choices.get(choice % choices.len().max(1)) {
                let done = lab.inject(choice.action.clone());
                assert_eq!(done.is_ok(), choice.no_effect.is_none(), "{choice:?} {done:?}");
            }
        }
        Deed::Undo => drop(lab.undo()),
        Deed::Redo => drop(lab.redo()),
        Deed::Fork => drop(lab.fork()),
        Deed::Switch(to) => {
            let to = BranchId(to % (lab.branches().len() + 1));
            let there = to.0 < lab.branches().len();
            assert_eq!(lab.switch(to).is_ok(), there);
        }
        Deed::Settings(which) => {
            let node = NodeId((which % nodes) as u16);
            let settings = lab.offers(Selection::Node(node)).settings;
            let candidates: Vec<_> = settings.iter().flat_map(|s| &s.candidates).collect();
            if let Some(candidate) = candidates.get(which / 11 % candidates.len().max(1)) {
                // The real system refuses some values beside others.
                let _ = lab.fork_with_settings(std::slice::from_ref(&candidate.set));
            }
        }
        Deed::Seed(seed) => drop(lab.fork_with(&crate::lab::Variant::Seed(seed))),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn anything_in_any_order_comes_to_what_a_straight_replay_comes_to(
        deeds in prop::collection::vec(deed(), 1..25),
        probes in prop::collection::vec(0_u64..2_500, 4),
    ) {
        let (name, text) = LESSONS[0];
        let mut lab = open(name, text);
        for deed in deeds {
            do_it(&mut lab, deed);
        }
        let saved = lab.interventions();
        let (mut again, dropped) = Lab::restore(name, text, &saved).expect("the same file");
        prop_assert_eq!(&dropped, &[]);
        prop_assert_eq!(again.interventions(), saved);
        for branch in 0..lab.branches().len() {
            lab.switch(BranchId(branch)).expect("it exists");
            again.switch(BranchId(branch)).expect("it exists");
            let mut straight = again.clone();
            straight.seek(Target::Event(0));
            let mut sorted = probes.clone();
            sorted.sort_unstable();
            let expected: Vec<(u64, u64)> = sorted
                .iter()
                .map(|event| {
                    while straight.position().event < *event {
                        let before = straight.position().event;
                        if straight.play(97.min(*event - before)).event == before {
                            break;
                        }
                    }
                    (straight.position().event, straight.digest())
                })
                .collect();
            for (probe, (event, digest)) in sorted.iter().zip(&expected).rev() {
                lab.seek(Target::Event(*probe));
                prop_assert_eq!((lab.position().event, lab.digest()), (*event, *digest));
            }
        }
    }
}
