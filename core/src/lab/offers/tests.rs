//! Menus tell the truth: what is offered happens, what would not happen says why.

use super::*;
use crate::fact::{MessageId, NodeId};
use crate::lab::tests::{LESSONS, crash_leader, first_lesson, open};
use crate::lab::{BranchId, Refused, Target};
use crate::scenario::apply_set;
use std::collections::BTreeSet;

fn selections(lab: &Lab) -> Vec<Selection> {
    let directory = lab.directory();
    let nodes = || (0..directory.nodes.len() as u16).map(NodeId);
    let lanes = || (0..lab.branches()[0].scenario().directory.lanes.len() as u16).map(LaneId);
    let mut all = vec![Selection::Nothing, Selection::Message(MessageId(0))];
    all.extend(nodes().map(Selection::Node));
    all.extend(nodes().flat_map(|a| nodes().map(move |b| Selection::Link(a, b))));
    all.extend(lanes().map(Selection::Lane));
    all.extend(lanes().map(|lane| Selection::Replica(lane, NodeId(0))));
    all
}

/// A lab at its start, in the middle, after a leader has lost power, and at its end.
fn moments() -> Vec<Lab> {
    let mut lab = first_lesson();
    let mut moments = vec![lab.clone()];
    lab.seek(Target::Event(100));
    moments.push(lab.clone());
    lab.inject(crash_leader()).expect("it runs");
    lab.play(20);
    moments.push(lab.clone());
    lab.seek(Target::End);
    moments.push(lab);
    moments
}

#[test]
fn what_is_offered_happens_and_what_would_not_says_why() {
    for lab in moments() {
        for selection in selections(&lab) {
            let offers = lab.offers(selection);
            for offer in offers.faults.iter().chain(&offers.applications) {
                assert!(!offer.choices.is_empty(), "{offer:?}");
                for choice in &offer.choices {
                    let done = lab.clone().inject(choice.action.clone());
                    match (&choice.no_effect, done) {
                        (None, Ok(_)) | (Some(_), Err(Refused::Over)) => {}
                        (Some(why), Err(Refused::WithoutEffect(said))) => assert_eq!(*why, said),
                        (why, done) => panic!("{:?}: {why:?}, yet {done:?}", choice.action),
                    }
                }
            }
        }
    }
}

#[test]
fn every_action_of_the_scenario_language_is_offered_somewhere() {
    let mut offered = BTreeSet::new();
    let lab = first_lesson();
    for selection in selections(&lab) {
        let offers = lab.offers(selection);
        offered.extend(offers.faults.iter().chain(&offers.applications).map(|o| o.name));
        let now = offers.settings.iter().flat_map(|s| &s.candidates).filter_map(|c| c.now.as_ref());
        offered.extend(now.map(Action::name));
    }
    // Narration is written, not done.
    let all: BTreeSet<&str> = ACTIONS.iter().map(|a| a.name).filter(|n| *n != "say").collect();
    assert_eq!(offered, all);
}

#[test]
fn everything_has_a_name_and_a_line_in_both_languages() {
    for lab in moments() {
        for selection in selections(&lab) {
            let offers = lab.offers(selection);
            let both = |text: &Text| !text.en.is_empty() && !text.zh.is_empty();
            for offer in offers.faults.iter().chain(&offers.applications) {
                assert!(both(&offer.label) && both(&offer.does), "{offer:?}");
                assert!(!offer.label.zh.is_ascii(), "{offer:?}");
                let reasons = offer.choices.iter().filter_map(|c| c.no_effect.as_ref());
                reasons.for_each(|why| assert!(both(why) && !why.zh.is_ascii(), "{why:?}"));
                let several = offer.choices.len() > 1;
                assert!(!several || offer.choices.iter().all(|c| both(&c.label)), "{offer:?}");
            }
            for setting in &offers.settings {
                assert!(both(&setting.does) && both(&setting.takes.text()), "{setting:?}");
            }
        }
    }
}

#[test]
fn a_node_that_is_down_is_explained_and_can_be_started() {
    let mut lab = first_lesson();
    lab.seek(Target::Event(100));
    lab.inject(crash_leader()).expect("it runs");
    let leader = lab.state().model.substrate();
    let off = (0..3).map(NodeId).find(|n| !leader.node(*n).is_up()).expect("one is off");
    let name = lab.directory().node(off).to_string();
    let offers = lab.offers(Selection::Node(off));
    let find = |what: &str| offers.faults.iter().find(|o| o.name == what).expect("it is offered");
    let why = find("power-off").no_effect().expect("it is off");
    assert_eq!(why.en, format!("{name} is without power already"));
    assert_eq!(why.zh, format!("{name} 已经断电"));
    assert_eq!(find("restart").label.en, format!("Start {name}"));
    assert!(find("restart").no_effect().is_none());
    assert!(find("wipe-disk").no_effect().is_none());
}

#[test]
fn settings_have_addresses_that_can_be_set_and_list_their_value() {
    for (name, text) in LESSONS {
        let lab = open(name, text);
        for selection in selections(&lab) {
            for setting in lab.offers(selection).settings {
                let listed = |value: &str| setting.candidates.iter().any(|c| c.value == value);
                assert!(listed(&setting.current), "{setting:?}");
                for candidate in &setting.candidates {
                    let set = std::slice::from_ref(&candidate.set);
                    let changed = apply_set(text, set);
                    assert!(changed.is_ok(), "{candidate:?}: {changed:?}");
                }
                // What a setting is already, it can be set to.
                let same = lab.setting(&setting.address, &setting.current);
                assert!(same.is_ok(), "{}: {same:?}", setting.address);
            }
        }
    }
}

#[test]
fn a_topic_setting_changes_now_a_client_setting_on_a_branch() {
    let mut lab = first_lesson();
    lab.seek(Target::Event(60));
    let typed = lab.setting("topic.orders.min.insync.replicas", "2").expect("a setting");
    let action = typed.now.expect("Kafka takes it while it runs");
    lab.inject(action).expect("it has an effect");
    // A change still has to reach the metadata log.
    lab.play(50);
    let offers = lab.offers(Selection::Lane(LaneId(0)));
    let setting = offers.settings.iter().find(|s| s.name == "min.insync.replicas").expect("listed");
    assert_eq!((setting.current.as_str(), setting.takes), ("2", Takes::AtOnce));

    let acks = lab.setting("producer.checkout.acks", "all").expect("a setting");
    assert!(acks.now.is_none());
    let branch = lab.fork_with_settings(&[acks.set]).expect("a branch");
    assert_eq!(lab.current(), branch);
    let wrong = lab.setting("producer.checkout.acks", "most").expect_err("no such value");
    assert!(matches!(wrong, Refused::Scenario(_)), "{wrong}");
}

#[test]
fn what_ifs_and_seeds_are_branches() {
    let mut lab = first_lesson();
    let variants = lab.offers(Selection::Nothing).variants;
    let what_if = variants.iter().find(|v| v.variant == Variant::WhatIf("acks-all".into()));
    assert_eq!(what_if.expect("it is offered").label.en, "acks=all and min.insync.replicas=2");
    let branch = lab.fork_with(&Variant::WhatIf("acks-all".into())).expect("a branch");
    let outcome = lab.outcome(branch).expect("it exists");
    assert!(outcome.judgement.fates.iter().all(|s| s.fate == crate::ledger::Fate::Once));
    assert!(outcome.verdicts.iter().all(|v| v.verdict == crate::ledger::verdict::Verdict::Passed));
    lab.switch(BranchId(0)).expect("it exists");
    let other = lab.fork_with(&Variant::Seed(99)).expect("a branch");
    assert_eq!(lab.seed(), 99);
    assert_ne!(lab.outcome(other).expect("it exists").digest, outcome.digest);
    let gone = lab.fork_with(&Variant::WhatIf("nothing".into()));
    assert_eq!(gone, Err(Refused::NoWhatIf("nothing".into())));

    let saved = lab.interventions();
    let (name, text) = LESSONS[0];
    let (mut again, dropped) = Lab::restore(name, text, &saved).expect("a scenario");
    assert_eq!(dropped, []);
    assert_eq!(again.interventions(), saved);
    assert_eq!(again.outcome(branch).expect("it exists").digest, outcome.digest);
}

#[test]
fn what_does_not_exist_offers_nothing() {
    let lab = first_lesson();
    let strange = [
        Selection::Node(NodeId(99)),
        Selection::Lane(LaneId(9_999)),
        Selection::Message(MessageId(77)),
        Selection::Link(NodeId(1), NodeId(1)),
    ];
    for selection in strange {
        assert_eq!(lab.offers(selection), Offers::default());
    }
}
