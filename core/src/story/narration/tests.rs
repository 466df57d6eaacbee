use super::*;
use crate::cluster::run::StepTaken;
use crate::fact::{NodeSet, Outage, Stated};
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
    outcome.steps = vec![StepTaken {
        time: Time(50_000_000),
        event,
        step: 0,
        nodes: Vec::new(),
        without_effect: None,
    }];
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
        nodes: Vec::new(),
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

#[test]
fn an_unclean_election_changes_the_isr_once() {
    let lane = LANE;
    let (leader, epoch, kind) = (Some(B2), 1, ElectionKind::Unclean);
    let (b1, b2) = (NodeSet::of([B1]), NodeSet::of([B2]));
    let mut outcome = outcome(&[
        (5, Fact::Elected { lane, leader, epoch, kind }),
        (5, Fact::IsrShrunk { lane, isr: b2, removed: b1 }),
        (5, Fact::IsrExpanded { lane, isr: b2, added: b2 }),
    ]);
    for stated in &mut outcome.facts {
        stated.event = 1;
    }
    let text = told(&outcome, Lang::En);
    let line = "the ISR of orders/0 is now broker-2: broker-1 left it, broker-2 joined it";
    assert_eq!(text.matches("ISR of").count(), 1, "{text}");
    assert!(text.contains(line), "{text}");
    assert!(told(&outcome, Lang::Zh).contains("broker-1 被移出，broker-2 加入"));
}

#[test]
fn no_line_tells_an_effect_before_its_cause() {
    let committed = |ms, m: u32| {
        let (message, offset) = (MessageId(m), u64::from(m));
        (ms, Fact::Committed { message, lane: LANE, node: B1, offset })
    };
    let (isr, removed) = (NodeSet::of([B1]), NodeSet::of([B2, B3]));
    // The first message is committed late, when the second has not even been sent.
    let text = told(
        &outcome(&[
            sent(1, 0),
            appended(2, 0),
            (499, Fact::IsrShrunk { lane: LANE, isr, removed }),
            committed(500, 0),
            sent(600, 1),
            appended(601, 1),
            committed(602, 1),
        ]),
        Lang::En,
    );
    let place = |part: &str| text.find(part).unwrap_or_else(|| panic!("no {part} in {text}"));
    assert!(place("broker-1 passed m1") < place("sent m2"), "{text}");
    assert!(place("sent m2") < place("broker-1 passed m2"), "{text}");
}

#[test]
fn a_pause_ends_a_line() {
    let text = told(&outcome(&[sent(0, 0), sent(900, 1), sent(2_000, 2)]), Lang::En);
    assert!(text.contains("sent m1 and m2\n") && text.contains("sent m3\n"), "{text}");
}

#[test]
fn progress_is_told_as_a_range() {
    let lane = LANE;
    let stored = |ms, offset| (ms, Fact::OffsetCommitted { subscription: BILLING, lane, offset });
    let text = told(&outcome(&[stored(1, 1), stored(2, 2), stored(3, 4)]), Lang::En);
    assert_eq!(text, "1ms #1 Routine billing committed offset 1–2, 4 of orders/0\n");
}

#[test]
fn a_step_before_a_fact_stands_behind_what_was_stated_earlier() {
    let stopped = Fact::Stopped { node: B1, how: Outage::Crash };
    let mut outcome = outcome(&[sent(10, 0), (40, stopped)]);
    // The step is taken at 40 ms, when the event handled last is the first.
    outcome.facts[1].event = 1;
    outcome.steps = vec![StepTaken {
        time: Time(40_000_000),
        event: 1,
        step: 0,
        nodes: Vec::new(),
        without_effect: None,
    }];
    let text = told(&outcome, Lang::En);
    let tones: Vec<&str> = text.lines().filter_map(|l| l.split(' ').nth(2)).collect();
    assert_eq!(tones, ["Routine", "Step", "Fault"], "{text}");
}
