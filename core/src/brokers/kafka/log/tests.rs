use super::*;
use crate::brokers::kafka::record::{Payload, ProducerStamp, Record};
use crate::fact::MessageId;
use crate::kernel::{Span, Time};

const BIG: SegmentLimits = SegmentLimits { bytes: 1 << 30, age: Span::FOREVER };
const SMALL: SegmentLimits = SegmentLimits { bytes: 400, age: Span::FOREVER };

fn batch(first: u32, count: u32, producer: Option<ProducerStamp>) -> Batch {
    let records = (first..first + count)
        .map(|n| Record {
            payload: Payload::Message(MessageId(n)),
            key: None,
            size: 100,
            is_tombstone: false,
            timestamp: 0,
        })
        .collect();
    Batch::new(records, producer)
}

fn stamp(epoch: i16, base_sequence: i32) -> Option<ProducerStamp> {
    Some(ProducerStamp { id: 9, epoch, base_sequence })
}

fn append(log: &mut Log, epoch: u32, batch: Batch) -> Result<Appended, Error> {
    log.append_as_leader(batch, epoch, BIG)
}

fn messages(log: &Log) -> Vec<(u64, u32)> {
    log.batches().flat_map(|b| b.messages().map(|(o, m)| (o, m.0)).collect::<Vec<_>>()).collect()
}

#[test]
fn a_follower_holds_what_its_leader_holds() {
    let (mut leader, mut follower) = (Log::default(), Log::default());
    for n in 0..5 {
        append(&mut leader, 0, batch(n * 2, 2, None)).unwrap();
    }
    for batch in leader.read(0, leader.end_offset(), 10_000).unwrap() {
        assert_eq!(follower.append_as_follower(batch, BIG), Some(false));
    }
    assert_eq!(messages(&leader), messages(&follower));
    assert_eq!(follower.append_as_follower(leader.batches().next().unwrap().clone(), BIG), None);
}

#[test]
fn a_read_is_bounded_but_never_empty_handed() {
    let mut log = Log::default();
    for n in 0..10 {
        append(&mut log, 0, batch(n * 3, 3, None)).unwrap();
    }
    let bases = |read: Batches| read.iter().map(|b| b.base_offset).collect::<Vec<_>>();
    assert_eq!(bases(log.read(4, 12, u64::MAX).unwrap()), [3, 6, 9]);
    assert_eq!(bases(log.read(4, 12, 1).unwrap()), [3]);
    assert_eq!(bases(log.read(30, 30, 1).unwrap()), [0; 0]);
    assert_eq!(bases(log.read(0, 30, u64::MAX).unwrap()).len(), 10);
    assert_eq!(log.read(31, 31, 1), Err(Error::OffsetOutOfRange));
}

#[test]
fn truncation_cuts_records_epochs_and_high_watermark_alike() {
    let mut log = Log::default();
    append(&mut log, 0, batch(0, 1, None)).unwrap();
    append(&mut log, 1, batch(1, 1, None)).unwrap();
    append(&mut log, 2, batch(2, 1, None)).unwrap();
    log.set_high_watermark(3);
    assert_eq!(log.truncate_to(1), 1);
    assert_eq!(messages(&log), [(0, 0)]);
    assert_eq!(log.epochs.entries(), [(0, 0)]);
    assert_eq!(log.high_watermark(), 1);
    assert_eq!(log.truncate_to(5), 1);
}

#[test]
fn after_a_crash_the_high_watermark_is_the_checkpointed_one() {
    let mut log = Log::default();
    for n in 0..4 {
        append(&mut log, 0, batch(n, 1, None)).unwrap();
    }
    log.set_high_watermark(2);
    log.checkpoint_high_watermark();
    log.set_high_watermark(4);
    let mut crashed = log.clone();
    crashed.recover(4);
    assert_eq!((crashed.end_offset(), crashed.high_watermark()), (4, 2));
    log.recover(1);
    assert_eq!((log.end_offset(), log.high_watermark()), (1, 1));
}

#[test]
fn a_retry_of_one_of_the_last_five_batches_is_recognised_and_older_ones_are_refused() {
    let mut log = Log::default();
    for n in 0..6 {
        append(&mut log, 0, batch(n, 1, stamp(0, n as i32))).unwrap();
    }
    let again = append(&mut log, 0, batch(1, 1, stamp(0, 1))).unwrap();
    assert_eq!((again.base_offset, again.duplicate), (1, true));
    assert_eq!(log.end_offset(), 6);
    let too_old = append(&mut log, 0, batch(0, 1, stamp(0, 0)));
    assert_eq!(too_old, Err(Error::OutOfOrderSequenceNumber));
    let gap = append(&mut log, 0, batch(7, 1, stamp(0, 7)));
    assert_eq!(gap, Err(Error::OutOfOrderSequenceNumber));
}

#[test]
fn epochs_of_a_producer_fence_and_restart_its_sequence() {
    let mut log = Log::default();
    append(&mut log, 0, batch(0, 1, stamp(1, 0))).unwrap();
    assert_eq!(append(&mut log, 0, batch(1, 1, stamp(0, 1))), Err(Error::InvalidProducerEpoch));
    assert_eq!(append(&mut log, 0, batch(1, 1, stamp(2, 1))), Err(Error::OutOfOrderSequenceNumber));
    assert!(append(&mut log, 0, batch(1, 1, stamp(2, 0))).is_ok());
}

#[test]
fn a_clean_restart_remembers_only_the_newest_batch_of_a_producer() {
    let mut log = Log::default();
    for n in 0..5 {
        append(&mut log, 0, batch(n, 1, stamp(0, n as i32))).unwrap();
    }
    let mut crashed = log.clone();
    log.close();
    log.recover(5);
    assert_eq!(
        append(&mut log, 0, batch(0, 1, stamp(0, 0))),
        Err(Error::OutOfOrderSequenceNumber),
        "the dedup window shrank to one batch (A33)"
    );
    assert!(append(&mut log, 0, batch(4, 1, stamp(0, 4))).unwrap().duplicate);
    crashed.recover(5);
    assert!(append(&mut crashed, 0, batch(0, 1, stamp(0, 0))).unwrap().duplicate);
}

#[test]
fn segments_roll_when_full_and_forget_nothing() {
    let mut log = Log::default();
    let rolled: Vec<bool> =
        (0..6).map(|n| log.append_as_leader(batch(n, 1, None), 0, SMALL).unwrap().rolled).collect();
    assert_eq!(rolled, [false, false, true, false, true, false]);
    let bases: Vec<u64> = log.segments().map(|s| s.base_offset).collect();
    assert_eq!(bases, [0, 2, 4]);
    log.truncate_to(3);
    assert_eq!(log.segments().count(), 2);
    assert_eq!(log.segments().nth(1).unwrap().bytes, u64::from(batch(0, 1, None).bytes));
    assert_eq!(log.append_as_leader(batch(0, 9, None), 0, SMALL), Err(Error::RecordListTooLarge));
}

#[test]
fn producers_expire() {
    let mut log = Log::default();
    append(&mut log, 0, batch(0, 1, stamp(0, 0))).unwrap();
    log.producers.expire(Time::ZERO + Span::secs(10), Span::secs(20));
    assert_eq!(log.producers.len(), 1);
    log.producers.expire(Time::ZERO + Span::secs(30), Span::secs(20));
    assert!(log.producers.is_empty());
}

#[test]
fn an_epoch_without_records_goes_with_a_start() {
    let mut log = Log::default();
    append(&mut log, 0, batch(0, 2, None)).unwrap();
    log.epochs.assign(1, 2);
    log.recover(2);
    assert_eq!(log.last_epoch(), Some(0));
}

#[test]
fn an_epoch_without_records_goes_with_a_truncation_that_cuts_nothing() {
    let mut log = Log::default();
    append(&mut log, 0, batch(0, 1, None)).unwrap();
    log.epochs.assign(3, log.end_offset());
    assert_eq!(log.last_epoch(), Some(3));
    assert_eq!(log.truncate_to(1), 1);
    assert_eq!(log.last_epoch(), Some(0));
}

#[test]
fn after_a_restart_producers_expire_when_they_would_have_before() {
    let hour = Span::secs(3600);
    let written = Time::ZERO + hour;
    let mut log = Log::default();
    let ordinary = batch(0, 1, stamp(0, 0));
    let record = Record { timestamp: written.as_millis(), ..ordinary.records[0] };
    let late = Batch::new([record].into_iter().collect(), ordinary.producer);
    log.append_as_leader(late, 0, BIG).unwrap();
    log.recover(log.end_offset());
    log.producers.expire(written + hour, Span::secs(86_400));
    assert_eq!(log.producers.len(), 1, "it wrote an hour ago");
    log.producers.expire(written + Span::secs(86_400), Span::secs(86_400));
    assert_eq!(log.producers.len(), 0);
}
