use super::*;
use crate::cluster::run::StepTaken;
use crate::fact::{Outage, Stated};
use crate::story::fixture::*;
use std::fmt::Write;

fn told(outcome: &Outcome, lang: Lang) -> String {
    let mut text = String::new();
    for line in narrate(&scenario(), outcome, lang) {
        let _ = writeln!(text, "{} #{} {:?} {}", line.time, line.event, line.tone, line.text);
    }
    text
}

#[test]
fn routine_is_folded_and_faults_are_not() {
    let mut outcome = outcome(&leader_loses_power());
    // The pairs of one cut come from one event.
    let first_cut = outcome.facts.iter().position(|s| matches!(s.fact, Fact::Cut { .. }));
    let event = first_cut.map(|i| outcome.facts[i].event).unwrap_or_default();
    for stated in &mut outcome.facts {
        if matches!(stated.fact, Fact::Cut { .. }) {
            stated.event = event;
        }
    }
    outcome.steps =
        vec![StepTaken { time: Time(50_000_000), event, step: 0, without_effect: None }];
    insta::assert_snapshot!("folded_en", told(&outcome, Lang::En));
    insta::assert_snapshot!("folded_zh", told(&outcome, Lang::Zh));
}

#[test]
fn a_step_without_effect_and_a_step_not_taken_are_told() {
    let mut outcome = outcome(&[sent(1, 0)]);
    outcome.steps = vec![StepTaken {
        time: Time(9),
        event: 9,
        step: 0,
        without_effect: Some("broker-1 is already down".into()),
    }];
    outcome.steps_not_taken = vec![0];
    let text = told(&outcome, Lang::En);
    assert!(text.contains("[without effect: broker-1 is already down]"), "{text}");
    assert!(text.contains("the step in line 12 was due at 50ms; the run ended before"), "{text}");
}

#[test]
fn runs_of_messages_read_like_ranges() {
    let scenario = scenario();
    let of = |ids: &[u32]| {
        let ids: Vec<MessageId> = ids.iter().map(|&i| MessageId(i)).collect();
        messages(&ids, &scenario.directory, Lang::En)
    };
    assert_eq!(of(&[0]), "m1");
    assert_eq!(of(&[1, 0]), "m1 and m2");
    assert_eq!(of(&[0, 1, 2, 5]), "m1 – m3 and m6");
}

#[test]
fn a_second_delivery_is_news_and_the_first_is_not() {
    let delivered = |ms| {
        let (message, lane) = (MessageId(0), LANE);
        let fact =
            Fact::Delivered { message, subscription: BILLING, consumer: CONSUMER, lane, offset: 0 };
        (ms, fact)
    };
    let text = told(&outcome(&[delivered(1), delivered(2)]), Lang::En);
    assert_eq!(text, "2ms #2 Trouble billing-1 of billing received m1 from orders/0 at offset 0\n");
}

#[test]
fn facts_of_several_lanes_become_one_line() {
    let elected = |lane| Fact::Elected {
        lane: LaneId(lane),
        leader: Some(B2),
        epoch: 1,
        kind: ElectionKind::Clean,
    };
    let stopped = Fact::Stopped { node: B1, how: Outage::Crash };
    let outcome = outcome(&[(1, stopped), (2, elected(0)), (2, elected(1))]);
    let lines = narrate(&scenario(), &outcome, Lang::En);
    assert_eq!(lines.len(), 2);
    assert!(lines[1].text.contains("orders/0 and orders/1"), "{}", lines[1].text);
    let Stated { time, .. } = outcome.facts[2];
    assert_eq!(lines[1].until, time);
}
