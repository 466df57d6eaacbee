//! When records become batches and batches become requests.

use super::*;

#[test]
fn messages_are_sent_and_acknowledged_in_order() {
    let mut lab = lab(plan(10));
    lab.run_to(1000);
    assert_eq!(lab.log(BROKER_1, LANE), all(0..10));
    assert_eq!(messages(&lab, "acknowledged"), all(0..10));
    // The first waits for a connection to the leader, the third only for its answer.
    assert_eq!(stated(&lab, "acknowledged")[..3], [(104, 0), (104, 1), (104, 2)]);
    assert!(lab.producer().is_done());
    assert_eq!(lab.producer().buffer_used(), 0);
}

#[test]
fn linger_gathers_records_until_its_time_is_over() {
    let mut plan = plan(10);
    plan.config.batch_size = 16_384;
    plan.config.linger_ms = Span::millis(5);
    let mut lab = lab(plan);
    lab.run_to(1000);
    // The first batch also waits for the connection; the second is opened at 106 ms.
    assert_eq!(batches(&mut lab, BROKER_1), [(108, vec![8]), (114, vec![2])]);
}

#[test]
fn a_full_batch_does_not_linger() {
    let mut plan = plan(6);
    // A batch of three records has 61 + 3 * 17 bytes.
    plan.config.batch_size = 112;
    plan.config.linger_ms = Span::secs(10);
    plan.every = Span::millis(10);
    let mut lab = lab(plan);
    lab.run_to(1000);
    assert_eq!(batches(&mut lab, BROKER_1), [(123, vec![3]), (151, vec![3])]);
}

#[test]
fn without_linger_batches_build_while_requests_are_in_flight() {
    let mut plan = plan(10);
    plan.config.batch_size = 16_384;
    plan.config.max_in_flight_requests_per_connection = 1;
    plan.start = Span::millis(10);
    plan.every = Span::micros(500);
    let mut lab = lab(plan);
    lab.run_to(1000);
    let sizes: Vec<u64> = batches(&mut lab, BROKER_1).into_iter().flat_map(|b| b.1).collect();
    assert_eq!(sizes, [5, 4, 1]);
}

#[test]
fn a_burst_goes_into_one_batch_and_takes_from_the_schedule() {
    let mut plan = plan(6);
    plan.config.batch_size = 16_384;
    plan.every = Span::FOREVER;
    plan.start = Span::FOREVER;
    let mut lab = lab(plan);
    lab.run_to(50);
    lab.client(|client, fx| match client {
        Member::Producer(producer) => producer.burst(5, fx),
        _ => unreachable!(),
    });
    lab.run_to(100);
    assert_eq!(batches(&mut lab, BROKER_1), [(53, vec![5])]);
    assert_eq!(lab.producer().next_message(), Some(MessageId(5)));
    assert!(!lab.producer().is_done());
}

#[test]
fn one_request_has_one_batch_of_each_partition() {
    let mut plan = plan(6);
    plan.partitions = vec![LaneId(0), LaneId(1), LaneId(2)];
    plan.keys = vec![(KeyId(0), 0), (KeyId(1), 1), (KeyId(2), 2)];
    plan.every = Span::ZERO;
    let mut lab = lab(plan);
    lab.run_to(1000);
    let sent = batches(&mut lab, BROKER_1);
    assert_eq!(sent, [(103, vec![1, 1, 1]), (103, vec![1, 1, 1])]);
    assert_eq!(lab.log(BROKER_1, LaneId(1)), [1, 4]);
}

#[test]
fn max_in_flight_holds_for_each_connection() {
    let mut plan = plan(8);
    plan.every = Span::ZERO;
    plan.config.max_in_flight_requests_per_connection = 3;
    let mut lab = lab(plan);
    lab.run_to(1000);
    let when: Vec<u64> = batches(&mut lab, BROKER_1).into_iter().map(|b| b.0).collect();
    assert_eq!(when, [103, 103, 103, 105, 105, 105, 107, 107]);
}

#[test]
fn a_sticky_partition_changes_after_batch_size_bytes() {
    let mut plan = plan(400);
    plan.partitions = vec![LaneId(0), LaneId(1), LaneId(2)];
    plan.every = Span::ZERO;
    plan.config.batch_size = 500;
    let mut lab = lab(plan);
    lab.run_to(1000);
    assert_eq!(messages(&lab, "acknowledged").len(), 400);
    for lane in [LaneId(0), LaneId(1), LaneId(2)] {
        let log = lab.log(BROKER_1, lane);
        assert!(log.len() > 50, "{} in {lane:?}", log.len());
        // Neighbours stay together: a run ends where a batch was full.
        let runs = log.windows(2).filter(|w| w[1] != w[0] + 1).count() + 1;
        assert!(runs <= log.len() / 20, "{runs} runs in {} messages", log.len());
    }
}

#[test]
fn an_exhausted_buffer_blocks_send_and_makes_every_batch_ready() {
    let mut plan = plan(5);
    plan.config.batch_size = 1000;
    plan.config.buffer_memory = 1000;
    plan.config.linger_ms = Span::secs(3);
    plan.size = 600;
    let mut lab = lab(plan);
    lab.run_to(102);
    assert_eq!(lab.producer().blocked(), Some(Blocked::Memory));
    assert_eq!(lab.producer().buffer_used(), 1000);
    lab.run_to(10_000);
    assert_eq!(messages(&lab, "acknowledged"), all(0..5));
    let turns: Vec<(u64, &str)> = lab
        .facts()
        .filter(|(_, f)| matches!(f, Fact::Blocked { .. } | Fact::Unblocked { .. }))
        .map(|(t, f)| (t, f.name()))
        .collect();
    assert_eq!(
        turns[..4],
        [(101, "blocked"), (105, "unblocked"), (105, "blocked"), (107, "unblocked")]
    );
    assert_eq!(lab.producer().buffer_used(), 0);
}

#[test]
fn while_someone_waits_for_memory_nothing_lingers() {
    let mut plan = plan(2);
    plan.partitions = vec![LaneId(0), LaneId(1)];
    plan.keys = vec![(KeyId(0), 0), (KeyId(1), 1)];
    plan.config.batch_size = 1000;
    plan.config.buffer_memory = 1000;
    plan.config.linger_ms = Span::secs(3);
    let mut lab = lab(plan);
    lab.run_to(2_000);
    // The first batch has room and would linger until 3100 ms.
    assert_eq!(messages(&lab, "acknowledged"), [0]);
    assert_eq!(lab.producer().blocked(), None);
    lab.run_to(5_000);
    assert_eq!(messages(&lab, "acknowledged"), [0, 1]);
}

#[test]
fn the_buffer_is_only_awaited_for_max_block() {
    let mut plan = plan(4);
    plan.config.batch_size = 1000;
    plan.config.buffer_memory = 1000;
    plan.config.max_block_ms = Span::millis(1_500);
    plan.size = 600;
    plan.every = Span::millis(100);
    let mut lab = lab(plan);
    lab.lead(LANE, None, 0);
    lab.run_to(1_750);
    // The first record has the buffer; the second gives up at 1700 ms, then the third is blocked.
    assert_eq!(failures(&lab), [("refused", 1, "TimeoutException")]);
    assert_eq!(stated(&lab, "refused"), [(1_700, 1)]);
    assert_eq!(stated(&lab, "sent"), [(100, 0), (200, 1), (1_700, 2)]);
    lab.lead(LANE, Some(BROKER_1), 1);
    lab.run_to(5_000);
    assert_eq!(messages(&lab, "acknowledged"), [0, 2, 3]);
}

#[test]
fn a_record_larger_than_a_request_is_refused_locally() {
    let mut plan = plan(1);
    plan.size = 2_000_000;
    let mut lab = lab(plan);
    lab.run_to(1_000);
    assert_eq!(failures(&lab), [("refused", 0, "RecordTooLargeException")]);
    assert!(lab.producer().is_done());
}

#[test]
fn without_metadata_send_blocks_and_times_out() {
    let mut plan = plan(1);
    plan.config.max_block_ms = Span::secs(1);
    let mut lab = lab(plan);
    lab.crash(BROKER_1);
    lab.crash(BROKER_2);
    lab.run_to(500);
    assert_eq!(lab.producer().blocked(), Some(Blocked::Metadata));
    lab.run_to(3_000);
    assert_eq!(failures(&lab), [("refused", 0, "TimeoutException")]);
}
