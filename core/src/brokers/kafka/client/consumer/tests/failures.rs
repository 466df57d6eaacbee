//! What becomes of records on which the application's handler throws (reference §8).

use super::*;
use crate::brokers::kafka::client::testing::Member;

/// A plan with this habit; the handler takes 10 ms.
fn habit(on_failure: OnFailure, back_off: u64, attempts: u32) -> ConsumerPlan {
    let back_off = BackOff::fixed(Span::millis(back_off));
    let rules = RetryRules { back_off, attempts, not_retryable: [ExceptionClass(6)].into() };
    let habit = FailureHabit { on_failure, rules, recoverer: Recoverer::Log };
    ConsumerPlan { habit, ..plan(CommitPolicy::After) }
}

/// Message 2 of six is poison from the start.
fn poisoned(plan: ConsumerPlan) -> Lab {
    let mut lab = started(plan, 0..6);
    trouble(&mut lab, Failing::Messages([MessageId(2)].into()));
    lab
}

fn trouble(lab: &mut Lab, failing: Failing) {
    trouble_of(lab, failing, ExceptionClass(0));
}

fn trouble_of(lab: &mut Lab, failing: Failing, exception: ExceptionClass) {
    lab.client(|member, _| {
        if let Member::Consumer(consumer) = member {
            consumer.handler_fails(0, failing.clone(), exception);
        }
    });
}

fn no_trouble(lab: &mut Lab) {
    lab.client(|member, _| {
        if let Member::Consumer(consumer) = member {
            consumer.trouble_ends(0);
        }
    });
}

#[test]
fn an_application_that_logs_and_goes_on_passes_the_poison_message() {
    let mut lab = poisoned(habit(OnFailure::Skip, 0, u32::MAX));
    lab.run_to(1_000);
    assert_eq!(messages(&lab, "handled"), [0, 1, 3, 4, 5]);
    assert_eq!(messages(&lab, "failed"), [2]);
    assert_eq!(committed_offsets(&mut lab), [6]);
}

#[test]
fn without_a_catch_the_process_ends_and_a_restart_meets_the_same_message() {
    let mut lab = poisoned(habit(OnFailure::Stop, 0, u32::MAX));
    // Only the first few were there at the first poll, whose batch was never committed.
    for _ in 0..3 {
        lab.run_to(lab.now_ms() + 1_000);
        lab.boot(CLIENT);
    }
    lab.run_to(lab.now_ms() + 1_000);
    assert_eq!(messages(&lab, "handled"), [0, 1, 0, 1, 0, 1, 0, 1]);
    assert_eq!(messages(&lab, "failed"), [2, 2, 2, 2]);
    assert_eq!(committed_offsets(&mut lab), Vec::<u64>::new());
}

#[test]
fn retrying_on_the_spot_keeps_everything_behind_waiting() {
    let mut lab = poisoned(habit(OnFailure::Retry, 100, u32::MAX));
    lab.run_to(2_000);
    assert_eq!(messages(&lab, "handled"), [0, 1]);
    let failures = stated(&lab, "failed");
    assert!(failures.len() > 10, "{failures:?}");
    assert!(failures.windows(2).all(|w| w[1].0 - w[0].0 == 110), "{failures:?}");
    no_trouble(&mut lab);
    lab.run_to(3_000);
    assert_eq!(messages(&lab, "handled"), all(0..6));
}

#[test]
fn after_the_last_attempt_the_message_is_logged_and_skipped() {
    let mut lab = poisoned(habit(OnFailure::Retry, 100, 3));
    lab.run_to(2_000);
    assert_eq!(messages(&lab, "failed"), [2, 2, 2]);
    assert_eq!(messages(&lab, "handled"), [0, 1, 3, 4, 5]);
}

#[test]
fn seeking_back_commits_what_is_done_and_delivers_the_rest_again() {
    let mut lab = poisoned(habit(OnFailure::SeekBack, 50, 3));
    lab.run_to(3_000);
    assert_eq!(messages(&lab, "failed"), [2, 2, 2]);
    assert_eq!(messages(&lab, "handled"), [0, 1, 3, 4, 5]);
    let delivered = messages(&lab, "delivered");
    assert_eq!(delivered.iter().filter(|&&m| m == 2).count(), 3, "{delivered:?}");
    assert_eq!(delivered.iter().filter(|&&m| m == 0).count(), 1, "{delivered:?}");
    // Once for the two records before it, then behind it as soon as it is given up.
    assert_eq!(committed_offsets(&mut lab)[..2], [2, 3]);
    assert_eq!(committed_offsets(&mut lab).last(), Some(&6));
    let seeks = positioned(&lab).into_iter().filter(|p| p.1 == PositionRule::Seek);
    assert_eq!(seeks.collect::<Vec<_>>(), [2, 2, 2, 3].map(|o| (o, PositionRule::Seek)));
}

#[test]
fn the_next_two_calls_fail_and_no_more() {
    let mut lab = started(habit(OnFailure::Skip, 0, u32::MAX), 0..6);
    trouble(&mut lab, Failing::Next(2));
    lab.run_to(1_000);
    assert_eq!(messages(&lab, "failed"), [0, 1]);
    assert_eq!(messages(&lab, "handled"), [2, 3, 4, 5]);
}

#[test]
fn a_share_of_all_fails_all_and_a_share_of_none_fails_none() {
    for (share, failed) in [(100_000, 6), (0, 0)] {
        let mut lab = started(habit(OnFailure::Skip, 0, u32::MAX), 0..6);
        trouble(&mut lab, Failing::Share(share));
        lab.run_to(1_000);
        assert_eq!(messages(&lab, "failed").len(), failed);
    }
}

#[test]
fn a_key_means_its_messages_in_every_turn() {
    let keys = [KeyId(0), KeyId(1)].into();
    let all = [KeyedMessages { first: MessageId(0), count: 6, keys }];
    let mut lab = started(habit(OnFailure::Skip, 0, u32::MAX), 0..6);
    trouble(&mut lab, Failing::Key(KeyId(1), all.into()));
    lab.run_to(1_000);
    assert_eq!(messages(&lab, "failed"), [1, 3, 5]);
}

#[test]
fn on_another_thread_the_poll_loop_goes_on() {
    let mut plan = habit(OnFailure::Retry, 100, 2);
    plan.asynchronous = true;
    let mut lab = poisoned(plan);
    lab.run_to(2_000);
    assert_eq!(messages(&lab, "failed"), [2, 2]);
    assert_eq!(messages(&lab, "handled"), [0, 1, 3, 4, 5]);
    assert_eq!(committed_offsets(&mut lab).last(), Some(&6));
}

#[test]
fn a_slow_handler_takes_its_new_time_until_the_trouble_ends() {
    let mut lab = started(habit(OnFailure::Stop, 0, u32::MAX), 0..4);
    lab.client(|member, _| {
        if let Member::Consumer(consumer) = member {
            consumer.handler_slows(7, Span::millis(300));
        }
    });
    lab.run_to(700);
    assert_eq!(messages(&lab, "handled").len(), 2);
    lab.client(|member, _| {
        if let Member::Consumer(consumer) = member {
            consumer.trouble_ends(7);
        }
    });
    lab.run_to(1_000);
    assert_eq!(messages(&lab, "handled"), all(0..4));
}

#[test]
fn an_idempotent_handler_applies_a_repeated_message_once() {
    let mut plan = plan(CommitPolicy::Never);
    plan.idempotent = true;
    let mut lab = started(plan, 0..4);
    lab.run_to(1_000);
    lab.crash(CLIENT);
    lab.boot(CLIENT);
    lab.run_to(2_000);
    assert_eq!(messages(&lab, "handled"), all(0..4));
    assert_eq!(messages(&lab, "delivered").len(), 8);
}

/// The dead-letter topic of the one partition that is read.
const DEAD: LaneId = LaneId(1);
/// Its retry topic.
const AGAIN: LaneId = LaneId(2);

/// A plan that sends records on; their publisher gives up after 300 ms.
fn sends_on(on_failure: OnFailure, attempts: u32) -> ConsumerPlan {
    use crate::brokers::kafka::settings::ProducerConfig;
    let plan = habit(on_failure, 0, attempts);
    let route = |to| Route { from: LANE, from_count: 1, to, to_count: 1 };
    let shape = MessageShapes { first: MessageId(0), count: 100, size: 10, keys: Vec::new() };
    ConsumerPlan {
        habit: FailureHabit { recoverer: Recoverer::DeadLetter, ..plan.habit },
        forwarding: Some(Arc::new(ForwardingPlan {
            config: ProducerConfig {
                delivery_timeout_ms: Span::millis(300),
                request_timeout_ms: Span::millis(200),
                ..ProducerConfig::default()
            },
            dead_letters: vec![route(DEAD)],
            retries: vec![(1, vec![route(AGAIN)])],
            messages: [shape].into(),
            ignores_errors: false,
        })),
        ..plan
    }
}

/// Message 2 of six is poison; brokers keep the dead-letter and the retry topic, too.
fn poisoned_with_topics(plan: ConsumerPlan) -> Lab {
    let mut lab = Lab::new(Member::Consumer(Consumer::new(plan)), &[LANE, DEAD, AGAIN], 5);
    lab.append(BROKER_1, LANE, &[0, 1, 2, 3, 4, 5]);
    lab.boot(CLIENT);
    trouble(&mut lab, Failing::Messages([MessageId(2)].into()));
    lab
}

#[test]
fn after_the_last_attempt_the_record_stands_in_the_dead_letter_topic() {
    for on_failure in [OnFailure::SeekBack, OnFailure::Retry] {
        let mut lab = poisoned_with_topics(sends_on(on_failure, 3));
        lab.run_to(3_000);
        assert_eq!(messages(&lab, "failed"), [2, 2, 2]);
        assert_eq!(messages(&lab, "forwarding"), [2]);
        assert_eq!(messages(&lab, "dead-lettered"), [2]);
        assert_eq!(lab.log(BROKER_1, DEAD), [2]);
        assert_eq!(messages(&lab, "handled"), [0, 1, 3, 4, 5]);
        assert_eq!(committed_offsets(&mut lab).last(), Some(&6));
        // Nothing is said of the message's own producer.
        assert!(stated(&lab, "acknowledged").is_empty() && stated(&lab, "sent").is_empty());
    }
}

#[test]
fn what_is_behind_a_record_is_committed_only_once_the_dead_letter_topic_has_it() {
    let mut lab = poisoned_with_topics(sends_on(OnFailure::SeekBack, 1));
    lab.run_to(3_000);
    let parked = stated(&lab, "dead-lettered")[0].0;
    for (at, offset) in commits(&mut lab) {
        assert!(offset <= 2 || at >= parked, "offset {offset} committed at {at}");
    }
}

#[test]
fn a_class_that_is_not_retryable_goes_to_the_dead_letter_topic_at_once() {
    let mut lab = poisoned_with_topics(sends_on(OnFailure::SeekBack, 10));
    no_trouble(&mut lab);
    trouble_of(&mut lab, Failing::Messages([MessageId(2)].into()), ExceptionClass(6));
    lab.run_to(3_000);
    assert_eq!(messages(&lab, "failed"), [2]);
    assert_eq!(lab.log(BROKER_1, DEAD), [2]);
}

#[test]
fn a_publish_that_fails_starts_the_attempts_again() {
    let mut lab = poisoned_with_topics(sends_on(OnFailure::SeekBack, 3));
    lab.lead(DEAD, None, 0);
    lab.run_to(4_000);
    let of_two = lab.facts().filter(|(_, f)| f.message() == Some(MessageId(2)));
    let story: Vec<&str> = of_two.map(|(_, f)| f.name()).filter(|n| *n != "delivered").collect();
    let round = ["failed", "failed", "failed", "forwarding", "forward-failed"];
    assert_eq!(story[..10], [round, round].concat());
    assert_eq!(messages(&lab, "handled"), [0, 1]);
    assert_eq!(committed_offsets(&mut lab).last(), Some(&2));
    lab.lead(DEAD, Some(BROKER_1), 1);
    lab.run_to(9_000);
    assert_eq!(lab.log(BROKER_1, DEAD), [2]);
    assert_eq!(messages(&lab, "handled"), [0, 1, 3, 4, 5]);
}

#[test]
fn a_crash_between_publish_and_commit_repeats_the_publish() {
    let mut lab = poisoned_with_topics(sends_on(OnFailure::SeekBack, 1));
    while lab.log(BROKER_1, DEAD).is_empty() {
        lab.run_to(lab.now_ms() + 1);
    }
    assert!(stated(&lab, "forwarded").is_empty(), "the answer is on its way");
    lab.crash(CLIENT);
    lab.boot(CLIENT);
    lab.run_to(lab.now_ms() + 3_000);
    assert_eq!(lab.log(BROKER_1, DEAD), [2, 2]);
}

#[test]
fn a_retry_topic_gets_the_record_after_the_first_failure_and_the_rest_goes_on() {
    let mut lab = poisoned_with_topics(sends_on(OnFailure::RetryTopics, 3));
    lab.run_to(3_000);
    assert_eq!(messages(&lab, "failed"), [2]);
    assert_eq!(lab.log(BROKER_1, AGAIN), [2]);
    assert!(lab.log(BROKER_1, DEAD).is_empty());
    assert_eq!(messages(&lab, "handled"), [0, 1, 3, 4, 5]);
}

#[test]
fn a_record_of_a_retry_topic_is_not_handed_over_before_its_time() {
    let plan = ConsumerPlan { delay: Some(Span::millis(800)), ..plan(CommitPolicy::After) };
    let mut lab = started(plan, 0..3);
    lab.run_to(799);
    assert!(messages(&lab, "delivered").is_empty());
    lab.run_to(2_500);
    assert_eq!(messages(&lab, "handled"), [0, 1, 2]);
    assert!(stated(&lab, "delivered").iter().all(|(at, _)| *at >= 800));
}
