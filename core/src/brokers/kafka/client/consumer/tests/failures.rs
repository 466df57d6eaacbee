//! What becomes of records on which the application's handler throws (reference §8).

use super::*;
use crate::brokers::kafka::client::testing::Member;

/// A plan with this habit; the handler takes 10 ms.
fn habit(on_failure: OnFailure, back_off: u64, attempts: u32) -> ConsumerPlan {
    let habit = FailureHabit { on_failure, back_off: Span::millis(back_off), attempts };
    ConsumerPlan { habit, ..plan(CommitPolicy::After) }
}

/// Message 2 of six is poison from the start.
fn poisoned(plan: ConsumerPlan) -> Lab {
    let mut lab = started(plan, 0..6);
    trouble(&mut lab, Failing::Messages([MessageId(2)].into()));
    lab
}

fn trouble(lab: &mut Lab, failing: Failing) {
    lab.client(|member, _| {
        if let Member::Consumer(consumer) = member {
            consumer.handler_fails(0, failing);
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
    // Once for the two records before it, then for the batch in which it is given up.
    assert_eq!(committed_offsets(&mut lab), [2, 6]);
    let seeks = positioned(&lab).into_iter().filter(|p| p.1 == PositionRule::Seek);
    assert_eq!(seeks.collect::<Vec<_>>(), [(2, PositionRule::Seek), (2, PositionRule::Seek)]);
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
