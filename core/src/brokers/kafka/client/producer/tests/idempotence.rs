//! Sequence numbers, epochs, and what they protect from.

use super::*;

#[test]
fn sequences_start_at_zero_and_count_records() {
    let mut plan = idempotent(6);
    plan.every = Span::ZERO;
    plan.config.batch_size = 61 + 3 * 17;
    let mut lab = lab(plan);
    lab.run_to(1_000);
    assert_eq!(sequences(&mut lab, BROKER_1), [(0, 0), (0, 3)]);
    assert_eq!(lab.producer().partitions().next().and_then(|p| p.next_sequence), Some(6));
}

#[test]
fn a_retry_is_not_overtaken() {
    let mut plan = idempotent(8);
    plan.every = Span::ZERO;
    let mut lab = lab(plan);
    lab.script(BROKER_1, PRODUCE, Reaction::Apply);
    lab.script(BROKER_1, PRODUCE, Reaction::Fail(Error::NotEnoughReplicas));
    lab.run_to(3_000);
    assert_eq!(lab.log(BROKER_1, LANE), all(0..8));
    assert_eq!(messages(&lab, "acknowledged"), all(0..8));
    // The epoch stayed: the batches behind the failed one were refused as out of order and waited.
    assert!(sequences(&mut lab, BROKER_1).iter().all(|s| s.0 == 0));
}

#[test]
fn the_first_batch_of_all_is_overtaken_for_good() {
    // A broker that has never heard of a producer id takes any sequence (reference §2.7, rule 5),
    // so the second batch is accepted before the first, which then is out of order for ever.
    let mut plan = idempotent(3);
    plan.every = Span::ZERO;
    plan.config.delivery_timeout_ms = Span::secs(5);
    plan.config.request_timeout_ms = Span::secs(5);
    let mut lab = lab(plan);
    lab.script(BROKER_1, PRODUCE, Reaction::Fail(Error::NotEnoughReplicas));
    lab.run_to(10_000);
    assert_eq!(lab.log(BROKER_1, LANE), [1, 2]);
    assert_eq!(failures(&lab), [("refused", 0, "TimeoutException")]);
}

#[test]
fn a_lost_response_is_retried_under_the_same_sequence() {
    let mut lab = lab(idempotent(3));
    lab.script(BROKER_1, PRODUCE, Reaction::ApplyThenDisconnect);
    lab.run_to(3_000);
    assert_eq!(lab.log(BROKER_1, LANE), all(0..3));
    assert_eq!(messages(&lab, "acknowledged"), all(0..3));
}

#[test]
fn retries_of_a_partition_go_one_at_a_time() {
    let mut plan = idempotent(4);
    plan.every = Span::ZERO;
    let mut lab = lab(plan);
    lab.run_to(103);
    lab.reset(CLIENT, BROKER_1);
    lab.run_to(2_000);
    let when: Vec<u64> = batches(&mut lab, BROKER_1).into_iter().map(|b| b.0).collect();
    assert_eq!(when[..4], [103; 4]);
    let pauses: Vec<u64> = when[4..].windows(2).map(|w| w[1] - w[0]).collect();
    assert!(pauses.len() == 3 && pauses.iter().all(|&p| p >= 2), "{when:?}");
}

#[test]
fn nothing_is_sent_before_there_is_an_id() {
    let mut lab = lab(idempotent(1));
    for broker in [BROKER_1, BROKER_2] {
        lab.script(
            broker,
            "InitProducerId request",
            Reaction::Fail(Error::CoordinatorLoadInProgress),
        );
    }
    lab.run_to(90);
    assert_eq!(lab.producer().identity(), None);
    lab.run_to(3_000);
    assert!(lab.producer().identity().is_some());
    assert_eq!(lab.log(BROKER_1, LANE), [0]);
}

#[test]
fn a_refused_batch_bumps_the_epoch_and_renumbers_those_behind_it() {
    let mut plan = idempotent(4);
    plan.every = Span::ZERO;
    let mut lab = lab(plan);
    lab.script(BROKER_1, PRODUCE, Reaction::Fail(Error::InvalidRequest));
    lab.run_to(5_000);
    assert_eq!(failures(&lab), [("refused", 0, "INVALID_REQUEST")]);
    assert_eq!(lab.log(BROKER_1, LANE), [1, 2, 3]);
    let identity = lab.producer().identity();
    assert_eq!(identity.map(|i| i.epoch), Some(1));
}

#[test]
fn an_unresolved_sequence_holds_new_batches_until_the_rest_is_settled() {
    let mut plan = idempotent(2);
    plan.config.delivery_timeout_ms = Span::secs(2);
    plan.every = Span::millis(2_500);
    let mut lab = lab(plan);
    // The first batch is retried, so that nobody knows whether its number is used, and expires.
    lab.broker(BROKER_1).moods = vec![Reaction::Fail(Error::RequestTimedOut)];
    lab.run_to(2_200);
    assert_eq!(failures(&lab), [("unknown", 0, "TimeoutException")]);
    lab.broker(BROKER_1).moods = Vec::new();
    lab.run_to(5_000);
    assert_eq!(messages(&lab, "acknowledged"), [1]);
    let last = sequences(&mut lab, BROKER_1).pop();
    assert_eq!(last, Some((1, 0)), "numbered afresh under the next epoch");
}

#[test]
fn a_forgetful_broker_makes_the_client_bump_its_epoch() {
    // Reference §2.8: the batch is the next expected one, so the gap is not ours.
    let mut lab = lab(idempotent(3));
    lab.run_to(101);
    lab.script(BROKER_1, PRODUCE, Reaction::Apply);
    lab.script(BROKER_1, PRODUCE, Reaction::Fail(Error::OutOfOrderSequenceNumber));
    lab.run_to(3_000);
    assert_eq!(messages(&lab, "acknowledged").len(), 3);
    assert_eq!(lab.producer().identity().map(|i| i.epoch), Some(1));
}

#[test]
fn split_batches_share_the_sequences_of_the_whole() {
    let mut plan = idempotent(8);
    plan.every = Span::ZERO;
    plan.config.batch_size = 16_384;
    let mut lab = lab(plan);
    lab.broker(BROKER_1).max_message_bytes = 61 + 3 * 17;
    lab.run_to(1_000);
    assert_eq!(lab.log(BROKER_1, LANE), all(0..8));
    assert_eq!(messages(&lab, "acknowledged"), all(0..8));
    assert_eq!(lab.producer().buffer_used(), 0);
}

#[test]
fn a_leader_change_keeps_the_order() {
    let mut plan = idempotent(30);
    plan.config.request_timeout_ms = Span::secs(1);
    let mut lab = lab(plan);
    lab.run_to(110);
    lab.cut(CLIENT, BROKER_1);
    lab.run_to(115);
    let log: Vec<_> = lab.broker(BROKER_1).log(LANE).batches.clone();
    lab.broker(BROKER_2).log(LANE).batches = log;
    lab.lead(LANE, Some(BROKER_2), 1);
    lab.run_to(20_000);
    lab.heal(CLIENT, BROKER_1);
    lab.run_to(30_000);
    assert_eq!(lab.log(BROKER_2, LANE), all(0..30));
    assert_eq!(messages(&lab, "acknowledged"), all(0..30));
}
