//! Compaction: of the records with one key only the newest stays (`LogCleanerManager`, `Cleaner`;
//! reference §1.10).
//!
//! A record that goes leaves a [`Payload::Hole`](crate::brokers::kafka::record::Payload::Hole): its batch keeps its span of offsets, as the base
//! offset and `lastOffsetDelta` of a real one do.
//!
//! Simplified: cleaning takes no time and its map of keys has room for all
//! (`log.cleaner.dedupe.buffer.size`).

use super::{Log, Segment, SegmentLimits};
use crate::brokers::kafka::record::{Batch, Record};
use crate::brokers::kafka::settings::TopicConfig;
use crate::fact::{KeyId, MessageId};
use crate::kernel::{Span, Time};
use std::collections::BTreeMap;

/// When and how a log is compacted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Compaction {
    /// `min.cleanable.dirty.ratio`, in thousandths.
    pub min_dirty_permille: u64,
    /// `min.compaction.lag.ms`: younger records are left alone.
    pub min_lag: Span,
    /// `max.compaction.lag.ms`: older ones are cleaned whatever the ratio.
    pub max_lag: Span,
    /// `delete.retention.ms`: how long a tombstone stays after the first cleaning that met it.
    pub tombstones_stay: Span,
    /// How large and old a segment may become; small ones are merged.
    pub segments: SegmentLimits,
    /// Keeps the oldest record of each key: a mistake for tests to find.
    pub keeps_oldest: bool,
}

impl Compaction {
    /// What a topic's settings ask for, if it is compacted.
    pub fn of(config: &TopicConfig) -> Option<Compaction> {
        config.cleanup_policy.compacts().then(|| Compaction {
            min_dirty_permille: config.min_cleanable_dirty_ratio,
            min_lag: config.min_compaction_lag_ms,
            max_lag: config.max_compaction_lag_ms,
            tombstones_stay: config.delete_retention_ms,
            segments: SegmentLimits::of(config),
            keeps_oldest: false,
        })
    }
}

/// What there is to clean in a log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cleanable {
    /// The end of what may be cleaned, exclusive.
    pub end: u64,
    /// Dirty bytes of a thousand bytes cleaned or dirty.
    pub dirty_permille: u64,
}

/// A message that compaction took out of a log, and where it stood.
pub type Superseded = (u64, MessageId);

impl Log {
    /// What may be cleaned now, if that is enough to begin. The active segment, what is not
    /// committed and what is too young never is.
    pub fn cleanable(&self, rules: Compaction, now: Time) -> Option<Cleanable> {
        let first_dirty = self.first_dirty.max(self.start_offset);
        let bytes = |clean: bool| -> u64 {
            let side = self.rolled.iter().filter(|s| (s.base_offset < first_dirty) == clean);
            side.map(|s| s.bytes).sum()
        };
        let too_young = |s: &&Segment| {
            rules.min_lag > Span::ZERO && age(now, s.largest_timestamp) < rules.min_lag
        };
        let dirty = self.rolled.iter().filter(|s| s.base_offset >= first_dirty);
        let young = dirty.clone().find(too_young).map_or(u64::MAX, |s| s.base_offset);
        let end = young.min(self.active.base_offset);
        // A segment that is not committed to its end is left alone.
        let ends = self.rolled.iter().skip(1).chain([&self.active]).map(|s| s.base_offset);
        let end = ends.take_while(|&e| e <= end && e <= self.high_watermark).last()?;
        let within: u64 = dirty.clone().filter(|s| s.base_offset < end).map(|s| s.bytes).sum();
        if end <= first_dirty || within == 0 {
            return None;
        }
        let dirty_permille = within * 1000 / (bytes(true) + within);
        let oldest = dirty.clone().next().map_or(Span::ZERO, |s| age(now, s.first_timestamp));
        let due = oldest > rules.max_lag || dirty_permille > rules.min_dirty_permille;
        due.then_some(Cleanable { end, dirty_permille })
    }

    /// Cleans everything below `end`, which [`Log::cleanable`] gave. Returns the messages that are
    /// gone.
    pub fn compact(&mut self, end: u64, rules: Compaction, now: Time) -> Vec<Superseded> {
        let survivors = self.survivors(end, rules.keeps_oldest);
        let mut superseded = Vec::new();
        let mut kept: Vec<Batch> = Vec::new();
        for batch in self.batches.iter() {
            if batch.base_offset >= end {
                kept.push(batch.clone());
                continue;
            }
            let expired = batch.delete_horizon.is_some_and(|horizon| now.as_millis() >= horizon);
            let stays = |offset: u64, record: &Record| {
                let Some(key) = record.key else { return false };
                let survivor = survivors.get(&key).copied();
                let newest = match rules.keeps_oldest {
                    false => survivor.is_none_or(|newest| offset >= newest),
                    true => survivor.is_none_or(|oldest| offset <= oldest),
                };
                newest && !(record.is_tombstone && expired)
            };
            let horizon = (now + rules.tombstones_stay).as_millis();
            let cleaned = batch.without(stays, horizon, &mut superseded);
            // The end of the log's history and what a producer sent last stay known by an empty
            // batch.
            let holds_a_place = batch.end_offset() >= end || self.producers.ends_with(batch);
            if holds_a_place || !cleaned.is_hollow() {
                kept.push(cleaned);
            }
        }
        self.batches = kept.into_iter().collect();
        self.first_dirty = end;
        self.replace_segments(end, rules.segments);
        superseded
    }

    /// Of each key the offset that stays.
    fn survivors(&self, end: u64, oldest: bool) -> BTreeMap<KeyId, u64> {
        let mut survivors = BTreeMap::new();
        for batch in self.range(self.first_dirty.max(self.start_offset), end) {
            for (offset, record) in (batch.base_offset..).zip(&batch.records) {
                let Some(key) = record.key else { continue };
                if oldest {
                    survivors.entry(key).or_insert(offset);
                } else {
                    survivors.insert(key, offset);
                }
            }
        }
        survivors
    }

    /// Segments below `end` have shrunk: counts them anew, and joins neighbours as long as they fit
    /// into one.
    fn replace_segments(&mut self, end: u64, limits: SegmentLimits) {
        let mut cleaned: Vec<Segment> = Vec::new();
        let at = self.rolled.partition_point(|s| s.base_offset < end);
        for n in 0..at {
            let (base, next) = (self.rolled[n].base_offset, self.segment_end(n));
            let mut segment = Segment::new(base);
            self.range(base, next).for_each(|batch| segment.add(batch));
            match cleaned.last_mut().filter(|last| last.bytes + segment.bytes <= limits.bytes) {
                Some(last) => last.join(&segment),
                None => cleaned.push(segment),
            }
        }
        self.rolled.splice(..at, cleaned);
    }

    /// Where a full segment ends: at the base of the next one.
    fn segment_end(&self, n: usize) -> u64 {
        self.rolled.get(n + 1).unwrap_or(&self.active).base_offset
    }
}

fn age(now: Time, timestamp: u64) -> Span {
    Span::millis(now.as_millis().saturating_sub(timestamp))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::brokers::kafka::record::{Payload, ProducerStamp, Records};
    use proptest::prelude::*;

    const RULES: Compaction = Compaction {
        min_dirty_permille: 0,
        min_lag: Span::ZERO,
        max_lag: Span::FOREVER,
        tombstones_stay: Span::millis(100),
        segments: SegmentLimits { bytes: 250, age: Span::FOREVER },
        keeps_oldest: false,
    };

    fn at(millis: u64) -> Time {
        Time::ZERO + Span::millis(millis)
    }

    /// A batch of records (key, tombstone); each record's message is its number in the log.
    fn batch(first: u64, records: &[(u32, bool)], timestamp: u64) -> Batch {
        let record = |(n, &(key, is_tombstone)): (u64, &(u32, bool))| Record {
            payload: Payload::Message(MessageId(n as u32)),
            key: Some(KeyId(key)),
            size: 30,
            is_tombstone,
            timestamp,
        };
        Batch::new((first..).zip(records).map(record).collect::<Records>(), None)
    }

    /// One record a batch, two a segment.
    fn log(keys: &[u32]) -> Log {
        let mut log = Log::default();
        for (n, &key) in (0..).zip(keys) {
            let batch = batch(n, &[(key, false)], n);
            log.append_as_leader(batch, 0, RULES.segments).unwrap();
        }
        log.set_high_watermark(log.end_offset());
        log
    }

    fn clean(log: &mut Log, now: Time) -> Vec<u64> {
        let Some(cleanable) = log.cleanable(RULES, now) else { return Vec::new() };
        log.compact(cleanable.end, RULES, now).into_iter().map(|(offset, _)| offset).collect()
    }

    fn offsets(log: &Log) -> Vec<u64> {
        log.batches().flat_map(|b| b.messages().map(|(offset, _)| offset)).collect()
    }

    #[test]
    fn of_each_key_the_newest_stays_and_the_active_segment_is_left_alone() {
        let mut log = log(&[1, 2, 1, 2, 3, 1, 1]);
        assert_eq!(clean(&mut log, at(10)), [0, 1, 2]);
        assert_eq!(offsets(&log), [3, 4, 5, 6], "offset 5 is beaten by 6 alone, which is active");
        assert_eq!(log.read(0, 7, 1 << 20).unwrap().first().unwrap().base_offset, 3);
        assert_eq!((log.start_offset(), log.end_offset()), (0, 7));
        assert_eq!(log.cleanable(RULES, at(10)), None, "nothing new");
    }

    #[test]
    fn what_is_not_committed_or_too_young_is_not_cleaned() {
        let mut open = log(&[1, 1, 1, 1, 1]);
        open.set_high_watermark(3);
        assert_eq!(open.cleanable(RULES, at(10)).unwrap().end, 2);
        let young = Compaction { min_lag: Span::millis(8), ..RULES };
        assert_eq!(log(&[1, 1, 1, 1, 1]).cleanable(young, at(10)).unwrap().end, 2);
    }

    #[test]
    fn a_log_waits_until_it_is_dirty_enough_or_old_enough() {
        let mut log = log(&[1, 2, 3, 4, 5]);
        clean(&mut log, at(10));
        for n in 5..8 {
            log.append_as_leader(batch(n, &[(9, false)], n), 0, RULES.segments).unwrap();
        }
        log.set_high_watermark(8);
        let half = Compaction { min_dirty_permille: 500, ..RULES };
        assert_eq!(log.cleanable(half, at(10)), None, "a third is dirty");
        let hurried = Compaction { max_lag: Span::millis(20), ..half };
        assert_eq!(log.cleanable(hurried, at(24)), None);
        assert!(log.cleanable(hurried, at(25)).is_some(), "the record of 4 ms is 21 ms old");
    }

    #[test]
    fn a_tombstone_outlives_the_cleaning_that_meets_it_first() {
        let mut log = log(&[1, 2]);
        log.append_as_leader(batch(2, &[(1, true)], 2), 0, RULES.segments).unwrap();
        let more = |log: &mut Log, n: u64| {
            for n in n..n + 2 {
                let next = batch(n, &[(100 + n as u32, false)], n);
                log.append_as_leader(next, 0, RULES.segments).unwrap();
            }
            log.set_high_watermark(log.end_offset());
        };
        more(&mut log, 3);
        assert_eq!(clean(&mut log, at(10)), [0]);
        more(&mut log, 5);
        assert!(clean(&mut log, at(109)).is_empty(), "delete.retention.ms is not over");
        more(&mut log, 7);
        assert_eq!(clean(&mut log, at(110)), [2]);
        assert!(!offsets(&log).contains(&2));
    }

    #[test]
    fn the_last_batch_of_a_producer_stays_known_by_an_empty_one() {
        let mut log = Log::default();
        let stamp = ProducerStamp { id: 7, epoch: 0, base_sequence: 0 };
        let sent = Batch::new(batch(0, &[(1, false)], 0).records.clone(), Some(stamp));
        log.append_as_leader(sent.clone(), 0, RULES.segments).unwrap();
        for n in 1..4 {
            log.append_as_leader(batch(n, &[(1, false)], n), 0, RULES.segments).unwrap();
        }
        log.set_high_watermark(4);
        assert_eq!(clean(&mut log, at(10)), [0]);
        log.recover(4);
        let again = log.append_as_leader(sent, 0, RULES.segments).unwrap();
        assert!(again.duplicate, "its sequence number is still known after a restart");
    }

    proptest! {
        #[test]
        fn the_last_value_of_each_key_and_the_order_of_offsets_survive(
            steps in proptest::collection::vec((0u8..5, 0u32..6, 1usize..4, 0u64..40), 1..150),
        ) {
            let mut log = Log::default();
            let mut plain: Vec<(u32, bool)> = Vec::new();
            let mut now = 0;
            for (step, key, count, wait) in steps {
                now += wait;
                match step {
                    0..=2 => {
                        let records: Vec<(u32, bool)> =
                            (0..count).map(|n| ((key + n as u32) % 6, (key + wait as u32).is_multiple_of(5))).collect();
                        let next = batch(log.end_offset(), &records, now);
                        log.append_as_leader(next, 0, RULES.segments).unwrap();
                        plain.extend(records);
                    }
                    3 => { log.set_high_watermark(log.end_offset().saturating_sub(wait / 10).max(log.high_watermark())); }
                    _ => {
                        let (start, high, end) = (log.start_offset(), log.high_watermark(), log.end_offset());
                        clean(&mut log, at(now));
                        prop_assert_eq!((start, high, end), (log.start_offset(), log.high_watermark(), log.end_offset()));
                    }
                }
                let kept = offsets(&log);
                prop_assert!(kept.is_sorted_by(|a, b| a < b));
                for key in 0..6 {
                    let last = plain.iter().rposition(|r| r.0 == key);
                    let Some(last) = last else { continue };
                    let stays = kept.contains(&(last as u64));
                    prop_assert!(stays || plain[last].1, "the value of key {key} at {last} is gone");
                }
                let total: u64 = log.batches().map(|b| u64::from(b.bytes)).sum();
                prop_assert_eq!(log.bytes(), total, "segments and batches agree");
                for batch in log.batches() {
                    for (offset, message) in batch.messages() {
                        prop_assert_eq!(offset, u64::from(message.0), "offsets never change");
                    }
                }
            }
        }
    }
}
