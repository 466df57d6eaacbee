use super::*;
use crate::cluster::run::{Options, Outcome, run};
use crate::fact::{Fact, MessageId, NodeId, Stated};
use crate::kernel::Time;
use crate::ledger::{AnomalyKind, Fate};

const TEXT: &str = include_str!("../../../scenarios/kafka/acks-one-leader-power-off.toml");

fn inquiry(what_if: Option<&'static str>) -> Inquiry<'static> {
    Inquiry { name: "acks-one", text: TEXT, what_if, set: &[], seeds: 0, events: CURE_EVENTS }
}

fn outcome(inquiry: &Inquiry<'_>) -> Outcome {
    let scenario = inquiry.scenario(&[]).expect("the file is right");
    run(&scenario, Options { keep_history: true, ..Options::default() })
}

#[test]
fn leaving_out_the_power_loss_or_waiting_for_all_replicas_saves_the_message() {
    let inquiry = Inquiry { seeds: 2, ..inquiry(None) };
    let outcome = outcome(&inquiry);
    let target = worst(&outcome.judgement)[0];
    assert_eq!(target.kind, AnomalyKind::Lost);
    let report = inquiry.report(&outcome, target).expect("the file is right");
    assert_eq!(report.steps.len(), 2);
    let power = report.steps[1].result.as_ref().expect("a step can be left out");
    assert!(power.is_cure(), "{power:?}");
    assert_eq!((power.seeds, power.seeds_after), (2, 0));
    let wanted = [("producer.checkout.acks".to_string(), "all".to_string())];
    let acks = report.settings.iter().find(|t| t.change == Change::Set(wanted.to_vec()));
    let acks = acks.and_then(|t| t.result.as_ref().ok()).expect("acks=all is tried");
    assert!(acks.prevented, "{acks:?}");
    assert!(acks.measure.count(Fate::Lost) < report.base.count(Fate::Lost));
}

#[test]
fn a_what_if_is_read_without_the_others() {
    let inquiry = inquiry(Some("acks-all"));
    let outcome = outcome(&inquiry);
    assert_eq!(Measure::of(&outcome).count(Fate::Lost), 0);
    assert!(worst(&outcome.judgement).iter().all(|t| t.kind != AnomalyKind::Lost));
    assert!(super::tests::inquiry(Some("nothing")).scenario(&[]).is_err());
}

#[test]
fn runs_part_at_the_first_fact_that_one_of_them_lacks() {
    let at = |ms: u64, event, fact| Stated { time: Time(ms), event, fact };
    let sent = |m| Fact::Sent { message: MessageId(m), producer: NodeId(4) };
    let paused = Fact::Paused { node: NodeId(1) };
    // The same facts at other times and events do not part two runs.
    let one = [at(1, 1, sent(0)), at(2, 2, sent(1))];
    assert!(parting(&one, &[at(3, 7, sent(0)), at(9, 8, sent(1))]).is_none());
    let two = [at(1, 1, sent(0)), at(2, 2, paused), at(3, 3, sent(1))];
    let parted = parting(&one, &two);
    assert_eq!((parted.first, parted.second), (None, Some(two[1])));
    // A fact stated twice is missing once.
    let twice = [at(1, 1, sent(0)), at(5, 5, sent(0)), at(6, 6, sent(1))];
    assert_eq!(parting(&twice, &one).first, Some(twice[1]));
}

#[test]
fn a_search_for_cures_can_be_stopped_and_tells_how_far_it_has_come() {
    let inquiry = inquiry(None);
    let outcome = outcome(&inquiry);
    let target = worst(&outcome.judgement)[0];
    let mut seen = Vec::new();
    let report = inquiry.report_while(&outcome, target, &mut |progress| {
        seen.push(progress);
        progress.tried < 2
    });
    let report = report.expect("the file is right");
    assert!(!report.is_complete());
    let settings = report.untried.iter().filter(|c| matches!(c, Change::Set(_)));
    assert_eq!(settings.count(), report.untried.len());
    assert_eq!((report.steps.len(), report.settings.len()), (2, 0));
    assert!(seen.iter().all(|p| p.of >= 6), "{seen:?}");
    assert!(inquiry.report(&outcome, target).expect("the file is right").is_complete());
}

#[test]
fn a_search_for_cures_plays_no_more_events_than_it_may_and_names_what_it_did_not_try() {
    let whole = inquiry(None);
    let outcome = outcome(&whole);
    let target = worst(&outcome.judgement)[0];
    let everything = whole.report(&outcome, target).expect("the file is right");
    // For two trials and a bit.
    let few = Inquiry { events: outcome.events * 5 / 2, ..whole };
    let report = few.report(&outcome, target).expect("the file is right");
    assert!(report.events <= few.events, "{} {}", report.events, few.events);
    assert_eq!(report.steps, everything.steps[..report.steps.len()]);
    let made = report.steps.len() + report.settings.len();
    assert!(made > 0 && !report.untried.is_empty());
    let more = Inquiry { events: report.events_for_all(outcome.events), ..whole };
    assert!(more.report(&outcome, target).expect("the file is right").is_complete());
    // Where not even one run is allowed, none is begun.
    let none = Inquiry { events: outcome.events - 1, ..whole };
    let report = none.report(&outcome, target).expect("the file is right");
    assert_eq!((report.steps.len(), report.settings.len(), report.events), (0, 0, 0));
}
