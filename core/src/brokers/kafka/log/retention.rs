//! Deleting the oldest segments: retention by time and size, and a log start that is moved up
//! (`UnifiedLog.deleteOldSegments`, `maybeIncrementLogStartOffset`; reference §1.9).
//!
//! Simplified: a deleted file is gone at once (`file.delete.delay.ms`).

use super::{Log, Segment};
use crate::brokers::kafka::settings::TopicConfig;
use crate::fact::ExpiryRule;
use crate::kernel::{Span, Time};
use smallvec::SmallVec;

/// How long and how much a log keeps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Retention {
    /// `retention.ms`; [`Span::FOREVER`] keeps.
    pub age: Span,
    /// `retention.bytes`, if there is a limit.
    pub bytes: Option<u64>,
}

impl Retention {
    /// Deletes nothing.
    pub const NONE: Retention = Retention { age: Span::FOREVER, bytes: None };

    /// What a topic's settings ask for.
    pub fn of(config: &TopicConfig) -> Retention {
        let limit = |raw: i64| u64::try_from(raw).ok();
        let age = limit(config.retention_ms).map_or(Span::FOREVER, Span::millis);
        Retention { age, bytes: limit(config.retention_bytes) }
    }
}

/// What a look for old segments came to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Deleted {
    /// New log starts, and the rule that moved the start there.
    pub starts: SmallVec<[(u64, ExpiryRule); 2]>,
    /// The active segment went too, and a new one was started for it.
    pub rolled: bool,
}

impl Log {
    /// Whether there is anything to delete.
    pub fn may_delete(&self, retention: Retention, now: Time) -> bool {
        self.below_start() + self.over_size(retention) + self.too_old(retention, now) > 0
    }

    /// Deletes what `retention` lets go of, oldest segments first: those below the log start, then
    /// by size, then by time. `now` is the broker's clock.
    pub fn delete_old_segments(&mut self, retention: Retention, now: Time) -> Deleted {
        let mut deleted = Deleted::default();
        deleted.rolled |= self.delete_segments(self.below_start());
        self.delete_by(ExpiryRule::Size, self.over_size(retention), &mut deleted);
        self.delete_by(ExpiryRule::Time, self.too_old(retention, now), &mut deleted);
        deleted
    }

    fn below_start(&self) -> usize {
        self.deletable(|_, next| next.is_some_and(|base| base <= self.start_offset))
    }

    /// The log keeps at least its limit: a segment goes only if the rest is large enough.
    fn over_size(&self, retention: Retention) -> usize {
        let Some(limit) = retention.bytes else { return 0 };
        let mut over = self.bytes().checked_sub(limit);
        self.deletable(|segment, _| {
            over = over.and_then(|o| o.checked_sub(segment.bytes));
            over.is_some()
        })
    }

    fn too_old(&self, retention: Retention, now: Time) -> usize {
        self.deletable(|segment, _| {
            let age = now.as_millis().saturating_sub(segment.largest_timestamp);
            Span::millis(age) > retention.age
        })
    }

    fn delete_by(&mut self, rule: ExpiryRule, count: usize, deleted: &mut Deleted) {
        let before = self.start_offset;
        deleted.rolled |= self.delete_segments(count);
        if self.start_offset > before {
            deleted.starts.push((self.start_offset, rule));
        }
    }

    /// Moves the log start up to `to`, which is at most the high watermark. Whether it moved.
    pub fn advance_start(&mut self, to: u64) -> bool {
        if to <= self.start_offset || to > self.high_watermark {
            return false;
        }
        self.start_offset = to;
        self.epochs.truncate_below(to);
        true
    }

    /// Bytes of all segments.
    pub fn bytes(&self) -> u64 {
        self.segments().map(|s| s.bytes).sum()
    }

    /// How many of the oldest segments may go by a rule, which is told a segment and where the next
    /// one begins. Nothing above the high watermark goes.
    fn deletable(&self, mut rule: impl FnMut(&Segment, Option<u64>) -> bool) -> usize {
        let mut count = 0;
        let mut segments = self.segments().peekable();
        while let Some(segment) = segments.next() {
            let next = segments.peek().map(|s| s.base_offset);
            let is_empty_tail = next.is_none() && segment.bytes == 0;
            let committed = next.unwrap_or(self.end_offset) <= self.high_watermark;
            if is_empty_tail || !committed || !rule(segment, next) {
                break;
            }
            count += 1;
        }
        count
    }

    /// Deletes the `count` oldest segments. A log always has a segment to write to: if the last one
    /// goes a new one is started first, so that the log end stays; returns whether that was done.
    fn delete_segments(&mut self, count: usize) -> bool {
        if count == 0 {
            return false;
        }
        let rolled = count > self.rolled.len();
        if rolled {
            self.roll();
        }
        self.rolled.drain(..count);
        let base = self.segments().next().map_or(self.end_offset, |s| s.base_offset);
        // A batch lies in one segment.
        let kept = self.range(base, self.end_offset).cloned().collect();
        self.batches = kept;
        self.snapshots.retain(|(offset, _)| *offset >= base);
        self.start_offset = self.start_offset.max(base);
        self.epochs.truncate_below(self.start_offset);
        self.recovery_point = self.recovery_point.max(self.start_offset);
        rolled
    }
}

#[cfg(test)]
mod tests {
    use super::super::SegmentLimits;
    use super::*;
    use crate::brokers::kafka::record::{Batch, Payload, Record, Records};
    use crate::fact::MessageId;
    use proptest::prelude::*;

    fn at(millis: u64) -> Time {
        Time::ZERO + Span::millis(millis)
    }

    fn batch(timestamp: u64, size: u32) -> Batch {
        let payload = Payload::Message(MessageId(0));
        Batch::new(
            Records::from([Record { payload, key: None, size, is_tombstone: false, timestamp }]),
            None,
        )
    }

    /// One record a segment, written at these moments; the high watermark at the end.
    fn log(moments: &[u64]) -> Log {
        let mut log = Log::default();
        for &moment in moments {
            let one = SegmentLimits { bytes: 100, age: Span::FOREVER };
            log.append_as_leader(batch(moment, 30), 0, one).unwrap();
        }
        log.set_high_watermark(moments.len() as u64);
        log
    }

    const MINUTE: Retention = Retention { age: Span::secs(60), bytes: None };

    #[test]
    fn old_segments_go_and_the_log_end_stays() {
        let mut log = log(&[1_000, 2_000, 70_000]);
        assert!(!log.may_delete(MINUTE, at(61_000)), "just as old as allowed");
        let deleted = log.delete_old_segments(MINUTE, at(61_001));
        assert_eq!(deleted.starts[..], [(1, ExpiryRule::Time)]);
        assert_eq!((log.start_offset(), log.end_offset()), (1, 3));
        let deleted = log.delete_old_segments(MINUTE, at(200_000));
        assert!(deleted.rolled, "the active segment is old as well");
        assert_eq!((log.start_offset(), log.end_offset()), (3, 3));
        assert!(log.batches().next().is_none());
        assert!(!log.may_delete(MINUTE, at(900_000)), "an empty log has nothing to lose");
    }

    #[test]
    fn one_young_record_keeps_its_segment_and_all_after_it() {
        let mut log = log(&[1_000, 500_000, 2_000]);
        assert_eq!(
            log.delete_old_segments(MINUTE, at(100_000)).starts[..],
            [(1, ExpiryRule::Time)]
        );
        assert_eq!(log.start_offset(), 1, "the segment behind is old, but not at the front");
    }

    #[test]
    fn nothing_above_the_high_watermark_goes() {
        let mut log = log(&[1, 2, 3]);
        log.set_high_watermark(1);
        log.delete_old_segments(MINUTE, at(500_000));
        assert_eq!(log.start_offset(), 1);
    }

    #[test]
    fn size_keeps_at_least_its_limit() {
        let mut log = log(&[1, 2, 3, 4]);
        let size = log.bytes() / 4;
        let keep = |bytes| Retention { age: Span::FOREVER, bytes: Some(bytes) };
        assert!(!log.may_delete(keep(3 * size + 1), at(9)));
        let deleted = log.delete_old_segments(keep(2 * size - 1), at(9));
        assert_eq!(deleted.starts[..], [(2, ExpiryRule::Size)]);
        assert_eq!(log.bytes(), 2 * size);
    }

    #[test]
    fn segments_below_a_start_that_was_moved_go_with_the_next_look() {
        let mut log = log(&[1, 2, 3]);
        assert!(!log.advance_start(4), "beyond the high watermark");
        assert!(log.advance_start(2));
        assert_eq!(log.batches().count(), 3);
        assert!(log.delete_old_segments(Retention::NONE, at(9)).starts.is_empty());
        assert_eq!(log.batches().count(), 1);
    }

    proptest! {
        #[test]
        fn what_is_deleted_is_old_or_too_much_and_committed(
            steps in proptest::collection::vec((0u8..6, 0u64..100), 1..120),
            age in 1u64..200, bytes in proptest::option::of(0u64..800), segment in 100u64..400,
        ) {
            let retention = Retention { age: Span::millis(age), bytes };
            let limits = SegmentLimits { bytes: segment, age: Span::millis(40) };
            let mut log = Log::default();
            let mut now = 100;
            for (step, n) in steps {
                match step {
                    0..=2 => {
                        now += n / 4;
                        log.append_as_leader(batch(now.saturating_sub(n % 7), 30), 0, limits).unwrap();
                    }
                    3 => { log.set_high_watermark(log.high_watermark() + n / 8); }
                    4 => { log.truncate_to(log.high_watermark().max(log.end_offset().saturating_sub(n / 16))); }
                    _ => {
                        now += n;
                        let before: Vec<Batch> = log.batches().cloned().collect();
                        let (end, high) = (log.end_offset(), log.high_watermark());
                        let may = log.may_delete(retention, at(now));
                        let deleted = log.delete_old_segments(retention, at(now));
                        prop_assert_eq!(may, before.len() != log.batches().count());
                        prop_assert_eq!(log.end_offset(), end);
                        prop_assert_eq!(log.high_watermark(), high);
                        let gone: Vec<&Batch> = before.iter().filter(|b| b.base_offset < log.start_offset()).collect();
                        let by_size = deleted.starts.iter().find(|s| s.1 == ExpiryRule::Size).map_or(0, |s| s.0);
                        for batch in gone {
                            let old = now - batch.max_timestamp > age;
                            prop_assert!(old || batch.base_offset < by_size);
                        }
                        let kept: Vec<Batch> = log.batches().cloned().collect();
                        prop_assert_eq!(&before[before.len() - kept.len()..], &kept[..]);
                    }
                }
                prop_assert!(log.start_offset() <= log.high_watermark());
                prop_assert!(log.high_watermark() <= log.end_offset());
                let total: u64 = log.batches().map(|b| u64::from(b.bytes)).sum();
                prop_assert_eq!(log.bytes(), total, "segments and batches agree");
            }
        }
    }
}
