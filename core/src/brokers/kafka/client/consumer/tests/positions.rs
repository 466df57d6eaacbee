//! Where reading starts, and what happens when the log is not what it was (reference §5.6, §5.7).

use super::*;

/// The consumer has read messages 0 to 4 from broker 1, which led with epoch 0.
fn read_five(plan: ConsumerPlan) -> Lab {
    let mut lab = started(plan, 0..5);
    lab.run_to(1_000);
    assert_eq!(messages(&lab, "delivered"), all(0..5));
    lab
}

/// Broker 2 takes over with epoch 1 and only the first `kept` messages.
fn take_over(lab: &mut Lab, kept: u64) {
    let log = lab.broker(BROKER_1).log(LANE).batches.clone();
    lab.broker(BROKER_2).log(LANE).batches = log;
    lab.broker(BROKER_2).truncate(LANE, kept);
    lab.lead(LANE, Some(BROKER_2), 1);
}

#[test]
fn earliest_starts_at_the_start_and_latest_at_the_end() {
    for (reset, position, delivered) in
        [(AutoOffsetReset::Earliest, 0, all(0..5)), (AutoOffsetReset::Latest, 3, all(3..5))]
    {
        let mut plan = plan(CommitPolicy::Never);
        plan.config.auto_offset_reset = reset;
        let mut lab = started(plan, 0..3);
        lab.run_to(1_000);
        lab.append(BROKER_1, LANE, &[3, 4]);
        lab.run_to(2_000);
        assert_eq!(positioned(&lab), [(position, PositionRule::Reset)]);
        assert_eq!(messages(&lab, "delivered"), delivered);
    }
}

#[test]
fn without_a_reset_policy_the_application_stops() {
    let mut plan = plan(CommitPolicy::After);
    plan.config.auto_offset_reset = AutoOffsetReset::None;
    let mut lab = started(plan, 0..3);
    lab.run_to(1_000);
    assert_eq!(lab.consumer().stopped(), Some("NoOffsetForPartitionException"));
    assert_eq!(messages(&lab, "delivered"), Vec::<u32>::new());
}

#[test]
fn the_committed_offset_is_gone_on_from() {
    let mut lab = lab(plan(CommitPolicy::Never));
    lab.append(BROKER_1, LANE, &[0, 1, 2]);
    lab.broker(BROKER_1).commit(LANE, 2, None);
    lab.boot(CLIENT);
    lab.run_to(1_000);
    assert_eq!(positioned(&lab), [(2, PositionRule::Committed)]);
    assert_eq!(messages(&lab, "delivered"), [2]);
}

#[test]
fn a_committed_offset_with_an_epoch_is_validated_first() {
    let mut lab = lab(plan(CommitPolicy::Never));
    lab.append(BROKER_1, LANE, &[0, 1, 2]);
    lab.broker(BROKER_1).commit(LANE, 2, Some(0));
    lab.boot(CLIENT);
    lab.run_to(1_000);
    assert_eq!(lab.requests(BROKER_1, "OffsetsForLeaderEpoch request").len(), 1);
    assert_eq!(messages(&lab, "delivered"), [2]);
}

#[test]
fn an_offset_out_of_range_is_reset() {
    let mut lab = lab(plan(CommitPolicy::Never));
    lab.append(BROKER_1, LANE, &[0, 1, 2]);
    lab.broker(BROKER_1).commit(LANE, 100, None);
    lab.boot(CLIENT);
    lab.run_to(1_000);
    assert_eq!(positioned(&lab), [(100, PositionRule::Committed), (0, PositionRule::Reset)]);
    assert_eq!(messages(&lab, "delivered"), all(0..3));
}

#[test]
fn an_offset_out_of_range_stops_a_consumer_without_policy() {
    let mut plan = plan(CommitPolicy::Never);
    plan.config.auto_offset_reset = AutoOffsetReset::None;
    let mut lab = lab(plan);
    lab.append(BROKER_1, LANE, &[0, 1, 2]);
    lab.broker(BROKER_1).commit(LANE, 100, None);
    lab.boot(CLIENT);
    lab.run_to(1_000);
    assert_eq!(lab.consumer().stopped(), Some("OffsetOutOfRangeException"));
}

#[test]
fn a_truncated_log_is_noticed_after_a_leader_change() {
    let mut lab = read_five(plan(CommitPolicy::Never));
    take_over(&mut lab, 3);
    lab.append(BROKER_2, LANE, &[30, 31, 32]);
    lab.run_to(4_000);
    assert_eq!(positioned(&lab), [(0, PositionRule::Reset), (3, PositionRule::Truncated)]);
    assert_eq!(messages(&lab, "delivered"), [0, 1, 2, 3, 4, 30, 31, 32]);
}

#[test]
fn a_truncated_log_stops_a_consumer_without_policy() {
    let mut plan = plan(CommitPolicy::Never);
    plan.config.auto_offset_reset = AutoOffsetReset::None;
    let mut lab = lab(plan);
    lab.append(BROKER_1, LANE, &[0, 1, 2, 3, 4]);
    lab.broker(BROKER_1).commit(LANE, 0, None);
    lab.boot(CLIENT);
    lab.run_to(1_000);
    take_over(&mut lab, 3);
    lab.run_to(4_000);
    assert_eq!(lab.consumer().stopped(), Some("LogTruncationException"));
}

#[test]
fn what_a_deposed_leader_still_sends_is_dropped() {
    let mut plan = plan(CommitPolicy::Never);
    plan.config.metadata_max_age_ms = Span::millis(300);
    plan.config.fetch_max_wait_ms = Span::secs(5);
    let mut lab = read_five(plan);
    // The consumer learns of the new leader while its fetch waits at the old one.
    take_over(&mut lab, 3);
    lab.run_to(3_000);
    assert_eq!(positioned(&lab).last(), Some(&(3, PositionRule::Truncated)));
    lab.broker(BROKER_1).lead(LANE, Some(BROKER_1), 0);
    lab.append(BROKER_1, LANE, &[99]);
    lab.append(BROKER_2, LANE, &[30]);
    lab.run_to(20_000);
    assert_eq!(messages(&lab, "delivered"), [0, 1, 2, 3, 4, 30]);
}

#[test]
fn an_untouched_log_is_read_on_after_a_leader_change() {
    let mut lab = read_five(plan(CommitPolicy::Never));
    take_over(&mut lab, 5);
    lab.append(BROKER_2, LANE, &[5]);
    lab.run_to(4_000);
    assert_eq!(positioned(&lab).len(), 1);
    assert_eq!(messages(&lab, "delivered"), all(0..6));
}

#[test]
fn finding_the_coordinator_is_tried_again() {
    let mut lab = lab(plan(CommitPolicy::Never));
    lab.append(BROKER_1, LANE, &[0]);
    for broker in [BROKER_1, BROKER_2] {
        let reaction = Reaction::Fail(Error::CoordinatorNotAvailable);
        lab.script(broker, "FindCoordinator request", reaction);
    }
    lab.script(BROKER_1, "OffsetFetch request", Reaction::Fail(Error::CoordinatorLoadInProgress));
    lab.script(BROKER_1, "OffsetFetch request", Reaction::Fail(Error::NotCoordinator));
    lab.script(BROKER_1, "ListOffsets request", Reaction::Fail(Error::NotLeaderOrFollower));
    lab.boot(CLIENT);
    lab.run_to(5_000);
    assert_eq!(messages(&lab, "delivered"), [0]);
}

#[test]
fn lost_requests_are_asked_again() {
    for kind in [
        "FindCoordinator request",
        "OffsetFetch request",
        "ListOffsets request",
        "Fetch request",
        "Metadata request",
    ] {
        let mut lab = lab(plan(CommitPolicy::After));
        lab.append(BROKER_1, LANE, &[0]);
        for broker in [BROKER_1, BROKER_2] {
            lab.script(broker, kind, Reaction::Disconnect);
        }
        lab.boot(CLIENT);
        lab.run_to(5_000);
        assert_eq!(messages(&lab, "handled"), [0], "{kind}");
    }
}

#[test]
fn silent_requests_time_out_and_are_asked_again() {
    for kind in [
        "FindCoordinator request",
        "OffsetFetch request",
        "ListOffsets request",
        "Fetch request",
        "Metadata request",
    ] {
        let mut lab = lab(plan(CommitPolicy::After));
        lab.append(BROKER_1, LANE, &[0]);
        for broker in [BROKER_1, BROKER_2] {
            lab.script(broker, kind, Reaction::Ignore);
        }
        lab.boot(CLIENT);
        lab.run_to(120_000);
        assert_eq!(messages(&lab, "handled"), [0], "{kind}");
    }
}
