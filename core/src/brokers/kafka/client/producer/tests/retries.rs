//! What is sent again, when, and in which order.

use super::*;

fn not_enough() -> Reaction {
    Reaction::Fail(Error::NotEnoughReplicas)
}

#[test]
fn without_idempotence_a_retry_is_overtaken() {
    // Reference A10: with five requests in flight, the first fails and the others do not.
    let mut plan = plan(5);
    plan.every = Span::ZERO;
    let mut lab = lab(plan);
    lab.script(BROKER_1, PRODUCE, not_enough());
    lab.run_to(1_000);
    assert_eq!(lab.log(BROKER_1, LANE), [1, 2, 3, 4, 0]);
    assert_eq!(messages(&lab, "acknowledged"), [1, 2, 3, 4, 0]);
    assert_eq!(messages(&lab, "retried"), [0]);
}

#[test]
fn one_request_in_flight_cannot_be_overtaken() {
    let mut plan = plan(5);
    plan.every = Span::ZERO;
    plan.config.max_in_flight_requests_per_connection = 1;
    let mut lab = lab(plan);
    lab.script(BROKER_1, PRODUCE, not_enough());
    lab.run_to(1_000);
    assert_eq!(lab.log(BROKER_1, LANE), all(0..5));
}

#[test]
fn back_off_doubles_up_to_its_maximum() {
    let mut lab = lab(plan(1));
    for _ in 0..7 {
        lab.script(BROKER_1, PRODUCE, not_enough());
    }
    lab.run_to(10_000);
    let when: Vec<u64> = batches(&mut lab, BROKER_1).into_iter().map(|b| b.0).collect();
    let pauses: Vec<u64> = when.windows(2).map(|w| w[1] - w[0] - 2).collect();
    for (pause, expected) in pauses.iter().zip([100, 200, 400, 800, 1000, 1000, 1000]) {
        assert!((expected * 8 / 10..=expected * 12 / 10).contains(pause), "{pauses:?}");
        assert!(*pause <= 1000, "{pauses:?}");
    }
    assert_eq!(messages(&lab, "acknowledged"), [0]);
    let attempts = lab.facts().filter_map(|(_, f)| match f {
        Fact::Attempted { attempt, .. } => Some(attempt),
        _ => None,
    });
    assert_eq!(attempts.collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6, 7, 8]);
}

#[test]
fn retries_are_limited() {
    let mut plan = plan(1);
    plan.config.retries = 2;
    let mut lab = lab(plan);
    for _ in 0..9 {
        lab.script(BROKER_1, PRODUCE, not_enough());
    }
    lab.run_to(10_000);
    assert_eq!(batches(&mut lab, BROKER_1).len(), 3);
    assert_eq!(failures(&lab), [("refused", 0, "NOT_ENOUGH_REPLICAS")]);
    assert_eq!(lab.producer().buffer_used(), 0);
}

#[test]
fn a_lost_response_without_idempotence_duplicates() {
    // Reference A11.
    let mut lab = lab(plan(1));
    lab.script(BROKER_1, PRODUCE, Reaction::ApplyThenDisconnect);
    lab.run_to(1_000);
    assert_eq!(lab.log(BROKER_1, LANE), [0, 0]);
    assert_eq!(messages(&lab, "acknowledged"), [0]);
}

#[test]
fn a_reset_connection_is_noticed_at_once() {
    let mut plan = idempotent(3);
    plan.every = Span::ZERO;
    let mut lab = lab(plan);
    lab.run_to(103);
    // Stored; the answers are under way and lost.
    assert_eq!(lab.log(BROKER_1, LANE), all(0..3));
    lab.reset(CLIENT, BROKER_1);
    lab.run_to(103);
    assert_eq!(messages(&lab, "retried"), all(0..3));
    lab.run_to(1_000);
    assert_eq!(messages(&lab, "acknowledged"), all(0..3));
    assert_eq!(lab.log(BROKER_1, LANE), all(0..3));
}

#[test]
fn lost_requests_for_metadata_and_ids_are_asked_again() {
    for kind in ["Metadata request", "InitProducerId request"] {
        for reaction in [Reaction::Disconnect, Reaction::Ignore] {
            let mut plan = idempotent(2);
            plan.config.request_timeout_ms = Span::secs(2);
            let mut lab = lab(plan);
            for broker in [BROKER_1, BROKER_2] {
                lab.script(broker, kind, reaction);
            }
            lab.run_to(20_000);
            assert_eq!(messages(&lab, "acknowledged"), all(0..2), "{kind} {reaction:?}");
        }
    }
}

#[test]
fn a_machine_that_answers_nothing_is_given_up_after_a_while() {
    let mut plan = plan(1);
    plan.config.request_timeout_ms = Span::secs(2);
    let mut lab = lab(plan);
    lab.cut(CLIENT, BROKER_1);
    lab.lead(LANE, Some(BROKER_2), 1);
    lab.run_to(40_000);
    assert_eq!(messages(&lab, "acknowledged"), [0]);
}

#[test]
fn a_silent_request_breaks_the_connection_and_takes_the_others_with_it() {
    let mut plan = plan(3);
    plan.config.request_timeout_ms = Span::secs(2);
    let mut lab = lab(plan);
    lab.script(BROKER_1, PRODUCE, Reaction::Ignore);
    lab.script(BROKER_1, PRODUCE, Reaction::Ignore);
    lab.script(BROKER_1, PRODUCE, Reaction::Ignore);
    lab.run_to(2_099);
    assert_eq!(messages(&lab, "retried"), Vec::<u32>::new());
    lab.run_to(5_000);
    let retried: Vec<&str> = lab
        .facts()
        .filter_map(|(_, f)| match f {
            Fact::Retried { error, .. } => Some(error),
            _ => None,
        })
        .collect();
    assert_eq!(retried, ["REQUEST_TIMED_OUT"; 3]);
    let mut log = lab.log(BROKER_1, LANE);
    log.sort_unstable();
    assert_eq!(log, all(0..3));
}

#[test]
fn a_new_leader_is_found_by_asking_again() {
    let mut lab = lab(plan(1));
    lab.run_to(50);
    lab.lead(LANE, Some(BROKER_2), 1);
    lab.run_to(1_000);
    assert_eq!(lab.log(BROKER_2, LANE), [0]);
    assert_eq!(messages(&lab, "retried"), [0]);
}

#[test]
fn a_hint_at_the_new_leader_skips_the_back_off() {
    // KIP-951: NOT_LEADER_OR_FOLLOWER names the leader.
    let mut lab = lab(plan(1));
    lab.broker(BROKER_1).hints = true;
    lab.run_to(50);
    lab.lead(LANE, Some(BROKER_2), 1);
    lab.run_to(1_000);
    let (when, _) = batches(&mut lab, BROKER_2)[0];
    assert!(when <= 108, "sent to the new leader at {when} ms");
    assert_eq!(lab.log(BROKER_2, LANE), [0]);
}

#[test]
fn old_metadata_is_ignored() {
    let mut lab = lab(plan(20));
    lab.lead(LANE, Some(BROKER_2), 3);
    lab.run_to(110);
    assert_eq!(lab.producer().partitions().next().map(|p| p.leader.epoch), Some(Some(3)));
    // Both brokers now tell what was true before.
    lab.lead(LANE, Some(BROKER_1), 2);
    lab.run_to(1_000);
    assert_eq!(lab.producer().partitions().next().map(|p| p.leader.epoch), Some(Some(3)));
}

#[test]
fn metadata_expires() {
    let mut plan = plan(0);
    plan.config.metadata_max_age_ms = Span::secs(10);
    let mut lab = lab(plan);
    lab.run_to(35_000);
    let both = [BROKER_1, BROKER_2].map(|b| lab.requests(b, "Metadata request").len());
    assert_eq!(both.iter().sum::<usize>(), 4);
}

#[test]
fn a_batch_too_large_for_the_broker_is_split() {
    let mut plan = plan(8);
    plan.every = Span::ZERO;
    plan.config.batch_size = 16_384;
    let mut lab = lab(plan);
    // Room for three records.
    lab.broker(BROKER_1).max_message_bytes = 61 + 3 * 17;
    lab.run_to(1_000);
    assert_eq!(lab.log(BROKER_1, LANE), all(0..8));
    assert_eq!(lab.producer().buffer_used(), 0);
    assert!(lab.producer().is_done());
    assert_eq!(failures(&lab), []);
}

#[test]
fn a_single_record_too_large_for_the_broker_is_refused() {
    let mut lab = lab(plan(1));
    lab.broker(BROKER_1).max_message_bytes = 50;
    lab.run_to(1_000);
    assert_eq!(failures(&lab), [("refused", 0, "MESSAGE_TOO_LARGE")]);
}
