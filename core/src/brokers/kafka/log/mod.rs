//! One replica's log: batches, segments, high watermark, leader epochs, producer state.
//!
//! Mirrors `UnifiedLog` and `LocalLog` (reference §1). Durable: batches up to the file's length,
//! the checkpoints, the leader-epoch cache, producer snapshots. Volatile: the high watermark beyond
//! its checkpoint and the producer state, which [`Log::recover`] rebuilds.
//!
//! Simplified: record bodies, CRCs and indexes are not simulated; a batch is never split by a
//! truncation.

mod cleaner;
mod epoch_cache;
mod producer_state;
mod retention;
mod segment;
#[cfg(test)]
mod tests;

pub use cleaner::{Cleanable, Compaction, Superseded};
pub use epoch_cache::EpochCache;
pub use producer_state::ProducerStates;
pub use retention::{Deleted, Retention};
pub use segment::{Segment, SegmentLimits};

use super::error::Error;
use super::record::{Batch, Batches};
use crate::kernel::Chunked;
use producer_state::Sequenced;

/// What an append as leader came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Appended {
    /// The offset of the batch's first record.
    pub base_offset: u64,
    /// The offset after its last record.
    pub end_offset: u64,
    /// The batch was recognised as a retry of one already in the log; nothing was appended.
    pub duplicate: bool,
    /// A new segment was started before the append; the old one ends here and is to be synced.
    pub rolled: bool,
}

/// A batch is larger than what the ledger notes of a record, and copying it counts a reference, so
/// leaves are smaller.
const BATCHES_A_CHUNK: usize = 32;

/// For so many batches a read makes room before it knows how many will fit.
const READ_AT_ONCE: usize = 64;

/// A replica's log.
#[derive(Clone, Debug)]
pub struct Log {
    batches: Chunked<Batch, BATCHES_A_CHUNK>,
    /// Segments that are full.
    rolled: Vec<Segment>,
    /// The segment that is written to.
    active: Segment,
    start_offset: u64,
    end_offset: u64,
    high_watermark: u64,
    /// Everything below has been compacted (`cleaner-offset-checkpoint`).
    first_dirty: u64,
    /// The high watermark as last written to `replication-offset-checkpoint`.
    checkpointed_high_watermark: u64,
    /// Everything below is surely on disk (`recovery-point-offset-checkpoint`).
    pub recovery_point: u64,
    /// Which leader epoch began where.
    pub epochs: EpochCache,
    /// Sequence numbers of idempotent producers.
    pub producers: ProducerStates,
    /// Snapshots of producer state at segment rolls and at an orderly stop: the offset and a state
    /// in which each producer has its newest batch only (reference §2.7.12).
    snapshots: Vec<(u64, ProducerStates)>,
}

impl Default for Log {
    fn default() -> Self {
        Log {
            batches: Chunked::default(),
            rolled: Vec::new(),
            active: Segment::new(0),
            start_offset: 0,
            end_offset: 0,
            high_watermark: 0,
            first_dirty: 0,
            checkpointed_high_watermark: 0,
            recovery_point: 0,
            epochs: EpochCache::default(),
            producers: ProducerStates::default(),
            snapshots: Vec::new(),
        }
    }
}

impl Log {
    /// The offset of the first record that can be read.
    pub fn start_offset(&self) -> u64 {
        self.start_offset
    }

    /// LEO: the offset the next record gets.
    #[inline]
    pub fn end_offset(&self) -> u64 {
        self.end_offset
    }

    /// The end of what consumers may read, exclusive.
    #[inline]
    pub fn high_watermark(&self) -> u64 {
        self.high_watermark
    }

    /// The segments, oldest first; the last is active.
    pub fn segments(&self) -> impl Iterator<Item = &Segment> {
        self.rolled.iter().chain([&self.active])
    }

    /// All batches, oldest first.
    pub fn batches(&self) -> impl DoubleEndedIterator<Item = &Batch> {
        self.batches.iter()
    }

    /// The newest batch.
    pub fn last_batch(&self) -> Option<&Batch> {
        self.batches.last()
    }

    /// The leader epoch of the last record.
    pub fn last_epoch(&self) -> Option<u32> {
        self.epochs.latest()
    }

    /// Sets the high watermark, kept within the log (`UnifiedLog.updateHighWatermark`). A follower
    /// may move it down.
    #[inline]
    pub fn set_high_watermark(&mut self, offset: u64) -> u64 {
        self.high_watermark = offset.clamp(self.start_offset, self.end_offset);
        self.high_watermark
    }

    /// Whether the checkpoint on disk is up to date.
    pub fn is_high_watermark_checkpointed(&self) -> bool {
        self.checkpointed_high_watermark == self.high_watermark
    }

    /// Writes the high watermark down.
    pub fn checkpoint_high_watermark(&mut self) {
        self.checkpointed_high_watermark = self.high_watermark;
    }

    // ── appending ────────────────────────────────────────────────────────────────────────────

    /// Appends a batch as leader of `epoch` (reference §1.3): checks sequence numbers, assigns
    /// offsets, rolls the segment if it is full.
    pub fn append_as_leader(
        &mut self,
        batch: Batch,
        epoch: u32,
        limits: SegmentLimits,
    ) -> Result<Appended, Error> {
        match self.check(&batch, limits.bytes)? {
            Some(duplicate) => Ok(duplicate),
            None => Ok(self.append_checked(batch, epoch, limits)),
        }
    }

    /// Checks a client's batch: its size and its sequence numbers. A retry of a batch that is in
    /// the log already is not an error: it comes to the append that was.
    #[inline]
    pub fn check(&self, batch: &Batch, segment_bytes: u64) -> Result<Option<Appended>, Error> {
        if u64::from(batch.bytes) > segment_bytes {
            return Err(Error::RecordListTooLarge);
        }
        let Some(stamp) = batch.producer else { return Ok(None) };
        Ok(match self.producers.check(stamp, batch)? {
            Sequenced::Next => None,
            Sequenced::Duplicate { base_offset, end_offset } => {
                Some(Appended { base_offset, end_offset, duplicate: true, rolled: false })
            }
        })
    }

    /// Appends a client's batch that [`Log::check`] has let pass.
    #[inline]
    pub fn append_checked(
        &mut self,
        mut batch: Batch,
        epoch: u32,
        limits: SegmentLimits,
    ) -> Appended {
        let rolled = self.roll_if_full(&batch, limits);
        let base_offset = self.end_offset;
        batch.place(base_offset, epoch);
        self.append(batch);
        Appended { base_offset, end_offset: self.end_offset, duplicate: false, rolled }
    }

    /// Appends a batch as follower: offsets and epochs are the leader's (reference §1.4). Returns
    /// whether a segment was rolled; `None` if the batch lies before the end of this log.
    pub fn append_as_follower(&mut self, batch: Batch, limits: SegmentLimits) -> Option<bool> {
        if batch.base_offset < self.end_offset {
            return None;
        }
        let rolled = self.roll_if_full(&batch, limits);
        self.append(batch);
        Some(rolled)
    }

    fn append(&mut self, batch: Batch) {
        self.epochs.assign(batch.leader_epoch, batch.base_offset);
        if let Some(stamp) = batch.producer {
            self.producers.record(stamp, &batch);
        }
        self.active.add(&batch);
        self.end_offset = batch.end_offset();
        self.batches.push(batch);
    }

    #[inline]
    fn roll_if_full(&mut self, batch: &Batch, limits: SegmentLimits) -> bool {
        let full = self.active.is_full_for(batch, limits);
        if full {
            self.roll();
        }
        full
    }

    /// Starts a new segment at the log's end.
    fn roll(&mut self) {
        self.snapshots.push((self.end_offset, self.producers.snapshot()));
        self.rolled.push(self.active);
        self.active = Segment::new(self.end_offset);
    }

    // ── reading ──────────────────────────────────────────────────────────────────────────────

    /// The index of the first batch that ends after `offset`. Reads are mostly near the end, so
    /// the search gallops backwards before it bisects.
    fn index_of(&self, offset: u64) -> usize {
        let ends_after = |index: usize| {
            let batch = self.batches.get(index);
            batch.is_some_and(|batch| batch.end_offset() > offset)
        };
        let mut high = self.batches.len();
        // Where batches have one record each, the distance from the end is the index.
        let guess = (self.end_offset.saturating_sub(offset)).min(high as u64) as usize;
        let guess = high - guess;
        if self.batches.get(guess).is_some_and(|b| b.base_offset == offset) {
            return guess;
        }
        let mut step = 1;
        while high > 0 {
            let low = high.saturating_sub(step);
            if !ends_after(low) {
                return bisect(low + 1, high, ends_after);
            }
            high = low;
            step *= 4;
        }
        0
    }

    /// The batches from `offset` up to `limit` (exclusive), at most `max_bytes` of them but at
    /// least one if there is one (reference §1.13). `OFFSET_OUT_OF_RANGE` outside of the log.
    pub fn read(&self, offset: u64, limit: u64, max_bytes: u64) -> Result<Batches, Error> {
        if offset < self.start_offset || offset > self.end_offset {
            return Err(Error::OffsetOutOfRange);
        }
        if offset >= limit {
            return Ok(Batches::new());
        }
        let mut bytes = 0;
        let mut index = self.index_of(offset);
        let most = (self.batches.len() - index).min((limit - offset) as usize);
        let mut read = Batches::with_capacity(most.min(READ_AT_ONCE));
        while let Some(batch) = self.batches.get(index) {
            if batch.base_offset >= limit {
                break;
            }
            bytes += u64::from(batch.bytes);
            if !read.is_empty() && bytes > max_bytes {
                break;
            }
            read.push(batch.clone());
            index += 1;
        }
        Ok(read)
    }

    /// The batches that overlap `from..to`, oldest first.
    pub fn range(&self, from: u64, to: u64) -> impl Iterator<Item = &Batch> {
        let mut index = if from < to { self.index_of(from) } else { self.batches.len() };
        std::iter::from_fn(move || {
            let batch = self.batches.get(index).filter(|b| b.base_offset < to)?;
            index += 1;
            Some(batch)
        })
    }

    /// Where the log of epoch `epoch` ends, for a follower or consumer that asks (reference §1.7):
    /// the epoch answered for and its end offset, both `None` where nothing is known.
    pub fn end_offset_for_epoch(&self, epoch: Option<u32>) -> (Option<u32>, Option<u64>) {
        self.epochs.end_offset_for(epoch, self.end_offset)
    }

    // ── cutting ──────────────────────────────────────────────────────────────────────────────

    /// Drops every batch that ends after `to`; epochs, producer state and high watermark follow.
    /// Returns the new end.
    pub fn truncate_to(&mut self, to: u64) -> u64 {
        if to >= self.end_offset {
            // A leader that was replaced before it appended anything has its epoch begin at the
            // log's end. The new leader does not know that epoch: it must go all the same.
            self.epochs.truncate_from(self.end_offset);
            return self.end_offset;
        }
        if to < self.start_offset {
            self.restart_at(to);
            return to;
        }
        let keep = self.index_of(to);
        self.batches.truncate(keep);
        self.end_offset = self.batches.last().map_or(self.start_offset, |b| b.end_offset());
        self.epochs.truncate_from(self.end_offset);
        while self.active.base_offset > self.end_offset
            && let Some(previous) = self.rolled.pop()
        {
            self.active = previous;
        }
        self.resize_active_segment();
        self.high_watermark = self.high_watermark.min(self.end_offset);
        self.checkpointed_high_watermark = self.checkpointed_high_watermark.min(self.end_offset);
        self.recovery_point = self.recovery_point.min(self.end_offset);
        self.first_dirty = self.first_dirty.min(self.end_offset);
        self.rebuild_producers();
        self.end_offset
    }

    /// Drops everything and starts anew at `offset` (`truncateFullyAndStartAt`).
    pub fn restart_at(&mut self, offset: u64) {
        *self = Log {
            start_offset: offset,
            end_offset: offset,
            high_watermark: offset,
            first_dirty: offset,
            checkpointed_high_watermark: offset,
            recovery_point: offset,
            active: Segment::new(offset),
            ..Log::default()
        };
    }

    fn resize_active_segment(&mut self) {
        let mut active = Segment::new(self.active.base_offset);
        self.range(active.base_offset, self.end_offset).for_each(|batch| active.add(batch));
        self.active = active;
    }

    /// Newest usable snapshot plus replay of the log after it.
    fn rebuild_producers(&mut self) {
        self.snapshots.retain(|(offset, _)| *offset <= self.end_offset);
        let (from, mut states) = self.snapshots.last().cloned().unwrap_or_default();
        for batch in self.range(from, self.end_offset) {
            if let Some(stamp) = batch.producer {
                states.record(stamp, batch);
            }
        }
        self.producers = states;
    }

    // ── stopping and starting ────────────────────────────────────────────────────────────────

    /// What an orderly stop writes down: checkpoints and a producer snapshot.
    pub fn close(&mut self) {
        self.checkpoint_high_watermark();
        self.recovery_point = self.end_offset;
        self.snapshots.push((self.end_offset, self.producers.snapshot()));
    }

    /// What a starting broker finds (reference §1.2, §1.12): the file is `written` long, the high
    /// watermark is the checkpointed one, producer state is replayed.
    pub fn recover(&mut self, written: u64) {
        if written < self.start_offset {
            // Nothing below the start may come back (`LogLoader`: the log end has become smaller
            // than the log start).
            self.restart_at(self.start_offset);
        } else if written < self.end_offset {
            self.truncate_to(written);
        } else {
            self.epochs.truncate_from(self.end_offset);
            self.rebuild_producers();
        }
        self.high_watermark =
            self.checkpointed_high_watermark.clamp(self.start_offset, self.end_offset);
    }
}

/// The first of `low..high` that `holds`, or `high`; it must hold for all after the first.
fn bisect(mut low: usize, mut high: usize, holds: impl Fn(usize) -> bool) -> usize {
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) { high = middle } else { low = middle + 1 }
    }
    low
}
