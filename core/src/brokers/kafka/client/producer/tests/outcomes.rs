//! What the application is told, and whether it is the truth.

use super::*;

#[test]
fn delivery_timeout_before_any_attempt_is_a_definite_refusal() {
    let mut plan = plan(1);
    plan.config.delivery_timeout_ms = Span::secs(2);
    let mut lab = lab(plan);
    lab.lead(LANE, None, 0);
    lab.run_to(5_000);
    assert_eq!(failures(&lab), [("refused", 0, "TimeoutException")]);
    assert_eq!(stated(&lab, "refused"), [(2_100, 0)]);
    assert_eq!(lab.producer().buffer_used(), 0);
    assert!(lab.producer().is_done());
}

#[test]
fn delivery_timeout_after_definite_errors_is_a_refusal() {
    let mut plan = plan(1);
    plan.config.delivery_timeout_ms = Span::secs(2);
    let mut lab = lab(plan);
    lab.broker(BROKER_1).moods = vec![Reaction::Fail(Error::NotEnoughReplicas)];
    lab.run_to(5_000);
    assert_eq!(failures(&lab), [("refused", 0, "TimeoutException")]);
}

#[test]
fn delivery_timeout_in_flight_leaves_the_outcome_unknown() {
    let mut plan = plan(1);
    plan.config.delivery_timeout_ms = Span::secs(2);
    let mut lab = lab(plan);
    lab.script(BROKER_1, PRODUCE, Reaction::ApplySilently);
    lab.run_to(5_000);
    assert_eq!(failures(&lab), [("unknown", 0, "TimeoutException")]);
    assert_eq!(lab.log(BROKER_1, LANE), [0]);
    // The request's own time-out changes nothing any more.
    lab.run_to(60_000);
    assert_eq!(failures(&lab).len(), 1);
    assert_eq!(lab.producer().buffer_used(), 0);
    assert!(lab.producer().is_done());
}

#[test]
fn one_doubtful_attempt_makes_the_outcome_unknown_for_good() {
    let mut plan = plan(1);
    plan.config.delivery_timeout_ms = Span::secs(3);
    let mut lab = lab(plan);
    lab.broker(BROKER_1).moods = vec![Reaction::Fail(Error::NotEnoughReplicas)];
    lab.script(BROKER_1, PRODUCE, Reaction::ApplyThenFail(Error::RequestTimedOut));
    lab.run_to(5_000);
    assert_eq!(failures(&lab), [("unknown", 0, "TimeoutException")]);
}

#[test]
fn acks_0_is_acknowledged_when_written() {
    let mut plan = plan(3);
    plan.config.acks = Acks::None;
    let mut lab = lab(plan);
    lab.broker(BROKER_1).moods = vec![Reaction::Ignore];
    lab.run_to(1_000);
    assert_eq!(stated(&lab, "acknowledged"), [(102, 0), (102, 1), (102, 2)]);
    let told_offsets =
        lab.facts().any(|(_, f)| matches!(f, Fact::Acknowledged { offset, .. } if offset >= 0));
    assert!(!told_offsets);
    assert_eq!(lab.log(BROKER_1, LANE), Vec::<u32>::new());
    assert!(lab.producer().is_done());
}

#[test]
fn the_application_sends_a_failed_message_again() {
    let mut plan = plan(2);
    plan.resend = 2;
    plan.config.retries = 0;
    let mut lab = lab(plan);
    lab.script(BROKER_1, PRODUCE, Reaction::Fail(Error::NotEnoughReplicas));
    lab.script(BROKER_1, PRODUCE, Reaction::Apply);
    lab.script(BROKER_1, PRODUCE, Reaction::Fail(Error::NotEnoughReplicas));
    lab.run_to(1_000);
    assert_eq!(messages(&lab, "sent"), [0, 1, 0, 0]);
    assert_eq!(messages(&lab, "refused"), [0, 0]);
    assert_eq!(lab.log(BROKER_1, LANE), [1, 0]);
    assert!(lab.producer().is_done());
}

#[test]
fn a_restarted_producer_goes_on_with_its_next_message_under_a_new_id() {
    let mut lab = lab(idempotent(20));
    lab.run_to(107);
    let before = lab.producer().identity();
    lab.crash(CLIENT);
    lab.run_to(200);
    lab.boot(CLIENT);
    lab.run_to(1_000);
    assert_ne!(lab.producer().identity(), before);
    assert!(lab.producer().is_done());
    assert_eq!(messages(&lab, "sent"), all(0..20));
    // What was on its way at the crash is stored and never acknowledged.
    assert_eq!(lab.log(BROKER_1, LANE), all(0..20));
    let acknowledged = messages(&lab, "acknowledged");
    assert!(acknowledged.len() < 20 && acknowledged.contains(&19), "{acknowledged:?}");
    assert_eq!(failures(&lab), []);
}

#[test]
fn an_application_with_an_outbox_sends_again_what_it_saw_no_acknowledgement_for() {
    let mut plan = idempotent(20);
    plan.resends_after_restart = true;
    let mut lab = lab(plan);
    lab.run_to(107);
    lab.crash(CLIENT);
    let told = messages(&lab, "acknowledged").len() as u32;
    let sent = messages(&lab, "sent").len() as u32;
    assert!(told < sent, "{told} of {sent}");
    lab.run_to(200);
    lab.boot(CLIENT);
    lab.run_to(1_000);
    let expected: Vec<u32> = (0..sent).chain(told..20).collect();
    assert_eq!(messages(&lab, "sent"), expected);
    // Its new producer id makes them new to the broker.
    let mut log = lab.log(BROKER_1, LANE);
    assert!(log.len() > 20, "{log:?}");
    log.sort_unstable();
    log.dedup();
    assert_eq!(log, all(0..20));
    assert_eq!(failures(&lab), []);
}
