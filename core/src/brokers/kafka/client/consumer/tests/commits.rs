//! When progress is stored, and what a crash does with that (reference §5.5, §5.9).

use super::*;

fn commit_failures(lab: &Lab) -> Vec<&'static str> {
    let failure = |(_, fact): (u64, Fact)| match fact {
        Fact::CommitFailed { error, .. } => Some(error),
        _ => None,
    };
    lab.facts().filter_map(failure).collect()
}

/// Crashes the consumer in the middle of the fourth record, restarts it, and says what was handled.
fn crash_in_the_middle(plan: ConsumerPlan) -> Vec<u32> {
    let mut lab = started(plan, 0..6);
    while messages(&lab, "handled").len() < 3 {
        let next = lab.now_ms() + 1;
        lab.run_to(next);
    }
    let now = lab.now_ms();
    lab.run_to(now + 5);
    lab.crash(CLIENT);
    lab.run_to(now + 100);
    lab.boot(CLIENT);
    lab.run_to(now + 5_000);
    messages(&lab, "handled")
}

#[test]
fn after_a_batch_the_offset_behind_it_is_committed() {
    let mut lab = started(plan(CommitPolicy::After), 0..3);
    lab.run_to(1_000);
    assert_eq!(messages(&lab, "delivered"), all(0..3));
    assert_eq!(messages(&lab, "handled"), all(0..3));
    assert_eq!(committed_offsets(&mut lab), [3]);
    lab.append(BROKER_1, LANE, &[3, 4]);
    lab.run_to(3_000);
    assert_eq!(committed_offsets(&mut lab), [3, 5]);
}

#[test]
fn commit_after_handles_again_what_was_not_committed() {
    assert_eq!(crash_in_the_middle(plan(CommitPolicy::After)), [0, 1, 2, 0, 1, 2, 3, 4, 5]);
}

#[test]
fn commit_before_never_handles_what_the_crash_interrupted() {
    assert_eq!(crash_in_the_middle(plan(CommitPolicy::Before)), [0, 1, 2]);
}

#[test]
fn commit_after_each_handles_only_the_interrupted_record_again() {
    assert_eq!(crash_in_the_middle(plan(CommitPolicy::AfterEach)), [0, 1, 2, 3, 4, 5]);
}

#[test]
fn never_committing_starts_over() {
    assert_eq!(crash_in_the_middle(plan(CommitPolicy::Never)), [0, 1, 2, 0, 1, 2, 3, 4, 5]);
}

#[test]
fn auto_commit_replays_less_than_an_interval() {
    // Reference A13.
    assert_eq!(crash_in_the_middle(plan(CommitPolicy::Auto)), [0, 1, 2, 0, 1, 2, 3, 4, 5]);
}

#[test]
fn auto_commit_with_a_worker_thread_skips() {
    // Reference A12: the commit covers records the worker has not finished.
    let mut plan = plan(CommitPolicy::Auto);
    plan.asynchronous = true;
    plan.takes = Span::secs(1);
    plan.config.auto_commit_interval_ms = Span::millis(1_500);
    let handled = crash_in_the_middle(plan);
    assert_eq!(handled, [0, 1, 2]);
}

#[test]
fn auto_commit_looks_at_its_timer_inside_poll_only() {
    let mut plan = plan(CommitPolicy::Auto);
    plan.takes = Span::secs(2);
    plan.config.auto_commit_interval_ms = Span::secs(5);
    plan.config.max_poll_records = 4;
    let mut lab = started(plan, 0..8);
    lab.run_to(20_000);
    let when = commits(&mut lab);
    // Due at 5 s, but poll() is called again when the fourth record is done, at about 8 s.
    assert!((8_000..8_100).contains(&when[0].0), "{when:?}");
    assert_eq!(when[0].1, 4);
    assert!((16_000..16_100).contains(&when[1].0), "{when:?}");
    assert_eq!(when[1].1, 8);
}

#[test]
fn auto_commit_goes_on_while_poll_waits() {
    let mut lab = started(plan(CommitPolicy::Auto), 0..2);
    lab.run_to(11_000);
    assert_eq!(commits(&mut lab), [(5_001, 2), (10_001, 2)]);
}

#[test]
fn commit_sync_retries_until_it_is_stored() {
    let mut lab = lab(plan(CommitPolicy::After));
    lab.append(BROKER_1, LANE, &[0]);
    let commit = "OffsetCommit request";
    lab.script(BROKER_1, commit, Reaction::Fail(Error::CoordinatorLoadInProgress));
    lab.script(BROKER_1, commit, Reaction::ApplyThenDisconnect);
    lab.boot(CLIENT);
    lab.run_to(5_000);
    assert_eq!(committed_offsets(&mut lab), [1, 1, 1]);
    assert_eq!(commit_failures(&lab), Vec::<&str>::new());
    assert_eq!(lab.consumer().doing(), Doing::Polling);
}

#[test]
fn commit_sync_gives_up_after_the_api_timeout() {
    let mut plan = plan(CommitPolicy::After);
    plan.config.default_api_timeout_ms = Span::secs(3);
    let mut lab = started(plan, 0..1);
    for _ in 0..100 {
        let reaction = Reaction::Fail(Error::CoordinatorNotAvailable);
        lab.script(BROKER_1, "OffsetCommit request", reaction);
    }
    lab.run_to(3_000);
    assert_eq!(lab.consumer().doing(), Doing::Committing);
    lab.run_to(4_000);
    assert_eq!(commit_failures(&lab), ["TimeoutException"]);
    assert_eq!(lab.consumer().doing(), Doing::Polling);
}

#[test]
fn a_fatal_commit_error_is_not_retried() {
    let mut lab = lab(plan(CommitPolicy::After));
    lab.append(BROKER_1, LANE, &[0]);
    lab.script(BROKER_1, "OffsetCommit request", Reaction::Fail(Error::InvalidRequest));
    lab.boot(CLIENT);
    lab.run_to(1_000);
    assert_eq!(committed_offsets(&mut lab), [1]);
    assert_eq!(commit_failures(&lab), ["INVALID_REQUEST"]);
}

#[test]
fn a_moved_coordinator_is_looked_for() {
    let mut lab = started(plan(CommitPolicy::After), 0..1);
    lab.script(BROKER_1, "OffsetCommit request", Reaction::Fail(Error::NotCoordinator));
    for broker in [BROKER_1, BROKER_2] {
        lab.run_to(8);
        lab.broker(broker).coordinator = BROKER_2;
    }
    lab.run_to(2_000);
    assert_eq!(lab.consumer().coordinator(), Some(BROKER_2));
    assert_eq!(lab.broker(BROKER_2).committed(LANE), Some(1));
}

#[test]
fn an_orderly_close_commits_what_was_handled() {
    let mut lab = started(plan(CommitPolicy::Auto), 0..6);
    while messages(&lab, "handled").len() < 3 {
        let next = lab.now_ms() + 1;
        lab.run_to(next);
    }
    lab.client(|client, fx| match client {
        Member::Consumer(consumer) => consumer.shutdown(fx),
        _ => unreachable!(),
    });
    lab.run_to(1_000);
    assert_eq!(lab.broker(BROKER_1).committed(LANE), Some(3));
    assert_eq!(messages(&lab, "handled"), all(0..3));
}
