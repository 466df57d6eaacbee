//! Segment files, and when a log starts a new one (`LogSegment.shouldRoll`; reference §1.8).
//!
//! Simplified: no jitter (`segment.jitter.ms`) and no index that could be full.

use crate::brokers::kafka::record::Batch;
use crate::brokers::kafka::settings::TopicConfig;
use crate::kernel::Span;

/// A segment file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Segment {
    /// The offset of its first record.
    pub base_offset: u64,
    /// Its size in bytes.
    pub bytes: u64,
    /// The timestamp of its first batch, in milliseconds; its age counts from there.
    pub first_timestamp: u64,
    /// The largest timestamp of its records, in milliseconds; retention by time looks at it.
    pub largest_timestamp: u64,
}

/// How large and how old a segment may become.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SegmentLimits {
    /// `segment.bytes`
    pub bytes: u64,
    /// `segment.ms`
    pub age: Span,
}

impl SegmentLimits {
    /// The limits a topic's settings ask for.
    #[inline]
    pub fn of(config: &TopicConfig) -> SegmentLimits {
        SegmentLimits { bytes: config.segment_bytes, age: config.segment_ms }
    }
}

impl Segment {
    /// An empty segment.
    pub fn new(base_offset: u64) -> Segment {
        Segment { base_offset, bytes: 0, first_timestamp: 0, largest_timestamp: 0 }
    }

    /// Whether a new segment must be started before `batch` is appended. Age is told by the clock of
    /// the records: a partition that nobody writes to rolls never.
    #[inline]
    pub(super) fn is_full_for(&self, batch: &Batch, limits: SegmentLimits) -> bool {
        if self.bytes == 0 {
            return false;
        }
        let age = batch.max_timestamp.saturating_sub(self.first_timestamp);
        self.bytes + u64::from(batch.bytes) > limits.bytes || Span::millis(age) > limits.age
    }

    /// Takes in the segment behind it.
    pub(super) fn join(&mut self, next: &Segment) {
        if self.bytes == 0 {
            self.first_timestamp = next.first_timestamp;
        }
        self.bytes += next.bytes;
        self.largest_timestamp = self.largest_timestamp.max(next.largest_timestamp);
    }

    /// Counts a batch in.
    #[inline]
    pub(super) fn add(&mut self, batch: &Batch) {
        if self.bytes == 0 {
            self.first_timestamp = batch.max_timestamp;
        }
        self.bytes += u64::from(batch.bytes);
        self.largest_timestamp = self.largest_timestamp.max(batch.max_timestamp);
    }
}
