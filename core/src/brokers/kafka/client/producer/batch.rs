//! A batch on its way from `send()` to an outcome
//! (`org.apache.kafka.clients.producer.internals.ProducerBatch`).
//!
//! Simplified: the size of a compressed batch is known while it fills, where the real client
//! estimates it from the batches before (`CompressionRatioEstimator`).

use crate::brokers::kafka::codec::Codec;
use crate::brokers::kafka::record::{
    BATCH_OVERHEAD, Batch, Payload, ProducerStamp, RECORD_OVERHEAD, Record, Records,
};
use crate::fact::MessageId;
use crate::kernel::Time;

/// Records for one partition that are sent and settled together.
#[derive(Clone, Debug)]
pub struct ProducerBatch {
    /// Index of the partition.
    pub(super) partition: u16,
    /// The records.
    pub(super) records: Records,
    /// Size on the wire.
    pub(super) bytes: u32,
    /// How large it may grow (`writeLimit`).
    pub(super) limit: u64,
    /// What it holds of `buffer.memory`.
    pub(super) reserved: u64,
    /// When its first record came: `delivery.timeout.ms` and `linger.ms` count from here.
    pub(super) created: Time,
    /// No record may be added any more.
    pub(super) closed: bool,
    /// How often it failed and was put back.
    pub(super) attempts: u32,
    /// How often it was put on the wire.
    pub(super) sends: u16,
    /// It is not sent again before this moment, unless the leader changed.
    pub(super) backs_off_until: Time,
    /// The leader epoch the client knew when it last sent the batch.
    pub(super) sent_epoch: Option<u32>,
    /// Producer id, epoch and sequence; set when first drained by an idempotent producer.
    pub(super) stamp: Option<ProducerStamp>,
    /// The sequence was rewritten after an epoch bump.
    pub(super) sequence_reset: bool,
    /// Position in the order in which the partition's batches were first drained.
    pub(super) order: u64,
    /// Some attempt that is over may have left the records in a log.
    pub(super) doubtful: bool,
    /// The application has been told; only the answer of a request is still awaited.
    pub(super) settled: bool,
}

impl ProducerBatch {
    pub(super) fn new() -> Self {
        ProducerBatch {
            partition: 0,
            records: Records::new(),
            bytes: BATCH_OVERHEAD,
            limit: 0,
            reserved: 0,
            created: Time::ZERO,
            closed: false,
            attempts: 0,
            sends: 0,
            backs_off_until: Time::ZERO,
            sent_epoch: None,
            stamp: None,
            sequence_reset: false,
            order: 0,
            doubtful: false,
            settled: false,
        }
    }

    /// Makes a used one ready for another life.
    pub(super) fn renew(&mut self, partition: u16, limit: u64, reserved: u64, created: Time) {
        *self = ProducerBatch { partition, limit, reserved, created, ..ProducerBatch::new() };
    }

    /// Whether the message is in it.
    pub(super) fn carries(&self, message: MessageId) -> bool {
        self.records().iter().any(|r| r.payload == Payload::Message(message))
    }

    /// Adds a record; `false` if it does not fit (`tryAppend`). The first always fits.
    #[inline]
    pub(super) fn try_append(&mut self, record: Record, codec: Codec) -> bool {
        let raw = record.size.saturating_add(RECORD_OVERHEAD);
        // Room is needed for the record as it is (`MemoryRecordsBuilder.hasRoomFor`).
        let grown = u64::from(self.bytes) + u64::from(raw);
        if self.closed || !self.records.is_empty() && grown > self.limit {
            self.closed = true;
            return false;
        }
        self.bytes = self.bytes.saturating_add(codec.shrunk(raw));
        self.records.push(record);
        true
    }

    /// Whether no further record is waited for (`isFull`).
    #[inline]
    pub(super) fn is_full(&self) -> bool {
        self.closed || u64::from(self.bytes) >= self.limit
    }

    /// The records.
    #[inline]
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// How many records.
    pub fn len(&self) -> usize {
        self.records().len()
    }

    /// Whether it has no record (never, once it is queued).
    pub fn is_empty(&self) -> bool {
        self.records().is_empty()
    }

    /// Its size on the wire.
    pub fn bytes(&self) -> u32 {
        self.bytes
    }

    /// How often it failed and was put back.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// When its first record came.
    pub fn created(&self) -> Time {
        self.created
    }

    /// Until when it waits after a failure, unless the leader changes.
    pub fn backs_off_until(&self) -> Option<Time> {
        (self.attempts > 0).then_some(self.backs_off_until)
    }

    /// Whether some earlier attempt may have left its records in a log.
    pub fn is_doubtful(&self) -> bool {
        self.doubtful
    }

    /// Producer id, epoch and first sequence, once assigned.
    pub fn stamp(&self) -> Option<ProducerStamp> {
        self.stamp
    }

    /// Closes it and gives what goes on the wire.
    #[inline]
    pub(super) fn seal(&mut self, codec: Codec) -> Batch {
        self.closed = true;
        Batch::of(Records::from_slice(&self.records), self.stamp, self.bytes, codec)
    }
}
