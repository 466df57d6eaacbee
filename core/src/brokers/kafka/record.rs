//! Records and batches, format v2 (`DefaultRecordBatch`; reference §1.1).

use super::codec::Codec;
use super::group::{Assignor, InstanceId, MemberId};
use crate::fact::{KeyId, LaneId, MessageId, SubscriptionId};
use smallvec::SmallVec;
use std::ops::Deref;
use std::sync::Arc;

/// Bytes of a batch before its records (`RECORD_BATCH_OVERHEAD`).
pub const BATCH_OVERHEAD: u32 = 61;
/// Bytes of a record beside key and value, about.
pub const RECORD_OVERHEAD: u32 = 7;

/// What a record carries. Bodies are not simulated: an application message is its identity.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Payload {
    /// An application message.
    Message(MessageId),
    /// What compaction left of a record: an offset that stays unused.
    Hole,
    /// An application message that a consumer's own producer has sent on: to a dead-letter or a
    /// retry topic.
    Forwarded {
        /// Which message.
        message: MessageId,
        /// The delivery it is waiting for (`retry_topic-attempts`): 2 after the first failure.
        attempt: u16,
    },
    /// A committed offset in `__consumer_offsets`.
    OffsetCommit {
        /// The consumer group.
        group: SubscriptionId,
        /// The partition whose progress it is.
        lane: LaneId,
        /// The next offset to read.
        offset: u64,
        /// The leader epoch of the last record read, if known.
        leader_epoch: Option<u32>,
    },
    /// The tombstone of a committed offset.
    OffsetDeletion {
        /// The consumer group.
        group: SubscriptionId,
        /// The partition whose progress is forgotten.
        lane: LaneId,
    },
    /// A consumer group; its members follow in the same batch.
    GroupMetadata {
        /// Which group.
        group: SubscriptionId,
        /// Its generation.
        generation: u32,
        /// The assignor; none while the group is empty.
        protocol: Option<Assignor>,
        /// The member that assigns.
        leader: Option<MemberId>,
    },
    /// A member of the group; its topics and lanes follow.
    GroupMember {
        /// Which group.
        group: SubscriptionId,
        /// Its id.
        member: MemberId,
        /// `group.instance.id`
        instance: Option<InstanceId>,
        /// `session.timeout.ms`
        session_timeout_ms: u32,
        /// `max.poll.interval.ms`
        rebalance_timeout_ms: u32,
    },
    /// A topic the member before subscribes to.
    GroupMemberTopic {
        /// Which group.
        group: SubscriptionId,
        /// The topic's number.
        topic: u16,
    },
    /// A partition the member before has.
    GroupMemberLane {
        /// Which group.
        group: SubscriptionId,
        /// Which partition.
        lane: LaneId,
    },
}

/// One record.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Record {
    /// What it carries.
    pub payload: Payload,
    /// Its business key.
    pub key: Option<KeyId>,
    /// Bytes of key and value.
    pub size: u32,
    /// It has no value: on a compacted topic it deletes its key.
    pub is_tombstone: bool,
    /// The producer's clock when the record was made (CreateTime), in milliseconds.
    pub timestamp: u64,
}

/// Who produced a batch, for idempotence.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ProducerStamp {
    /// The producer id.
    pub id: u64,
    /// The producer's epoch.
    pub epoch: i16,
    /// The sequence number of the first record.
    pub base_sequence: i32,
}

/// The records of a batch. The one record of an unbatched message needs no memory of its own.
pub type Records = SmallVec<[Record; 1]>;

/// Batches that are read together: what one partition contributes to a fetch response.
pub type Batches = SmallVec<[Batch; 6]>;

/// The unit that is appended, replicated, and deduplicated as a whole.
///
/// This is a handle. All replicas hold, and packets carry, the same bytes once a leader has given
/// the batch its place, so they share one [`BatchContent`].
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Batch(Arc<BatchContent>);

/// What a [`Batch`] consists of.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct BatchContent {
    /// Offset of the first record; 0 until a leader assigns it.
    pub base_offset: u64,
    /// Epoch of the leader that appended it.
    pub leader_epoch: u32,
    /// Set when the producer is idempotent.
    pub producer: Option<ProducerStamp>,
    /// The records, at least one.
    pub records: Records,
    /// Size on the wire and on disk, in bytes.
    pub bytes: u32,
    /// The largest timestamp of the records, in milliseconds.
    pub max_timestamp: u64,
    /// From when on, in milliseconds, its tombstones may go; set by the first cleaning that met
    /// them.
    pub delete_horizon: Option<u64>,
    /// How the records are compressed.
    pub codec: Codec,
}

impl Deref for Batch {
    type Target = BatchContent;

    #[inline]
    fn deref(&self) -> &BatchContent {
        &self.0
    }
}

/// The size of a batch of these records without compression.
#[inline]
fn raw_bytes(records: &[Record]) -> u32 {
    records.iter().fold(BATCH_OVERHEAD, |sum, record| {
        sum.saturating_add(record.size.saturating_add(RECORD_OVERHEAD))
    })
}

impl Batch {
    /// A batch as a producer makes it.
    #[inline]
    pub fn new(records: Records, producer: Option<ProducerStamp>) -> Batch {
        let bytes = raw_bytes(&records);
        Batch::of(records, producer, bytes, Codec::None)
    }

    /// A batch whose size is known, with its records compressed.
    #[inline]
    pub(super) fn of(
        records: Records,
        producer: Option<ProducerStamp>,
        bytes: u32,
        codec: Codec,
    ) -> Batch {
        let max_timestamp = records.iter().map(|r| r.timestamp).max().unwrap_or(0);
        Batch(Arc::new(BatchContent {
            base_offset: 0,
            leader_epoch: 0,
            producer,
            records,
            bytes,
            max_timestamp,
            delete_horizon: None,
            codec,
        }))
    }

    /// Packs the records anew.
    pub(super) fn recompress(&mut self, codec: Codec) {
        let raw = self.raw_bytes();
        let content = Arc::make_mut(&mut self.0);
        content.codec = codec;
        content.bytes = packed(raw, codec);
    }

    /// Gives the batch its place in a log: the leader does, before anybody else has it.
    #[inline]
    pub(super) fn place(&mut self, base_offset: u64, leader_epoch: u32) {
        let content = Arc::make_mut(&mut self.0);
        (content.base_offset, content.leader_epoch) = (base_offset, leader_epoch);
    }

    /// The batch after a cleaning that lets `stays` decide. Messages that go are added to `gone`;
    /// tombstones that stay for the first time get `horizon`.
    pub(super) fn without(
        &self,
        stays: impl Fn(u64, &Record) -> bool,
        horizon: u64,
        gone: &mut Vec<(u64, MessageId)>,
    ) -> Batch {
        let goes = |n: usize, record: &Record| {
            record.payload != Payload::Hole && !stays(self.base_offset + n as u64, record)
        };
        let has_tombstone = self.records.iter().any(|r| r.is_tombstone);
        let dated = !has_tombstone || self.delete_horizon.is_some();
        if dated && !self.records.iter().enumerate().any(|(n, r)| goes(n, r)) {
            return self.clone();
        }
        let mut content = BatchContent::clone(&self.0);
        for (n, record) in self.records.iter().enumerate().filter(|(n, r)| goes(*n, r)) {
            let hole = Record {
                payload: Payload::Hole,
                key: None,
                size: 0,
                is_tombstone: false,
                ..*record
            };
            content.records[n] = hole;
            if let Payload::Message(message) | Payload::Forwarded { message, .. } = record.payload {
                gone.push((self.base_offset + n as u64, message));
            }
        }
        let kept = content.records.iter().filter(|r| r.payload != Payload::Hole);
        let raw = kept.fold(BATCH_OVERHEAD, |sum, r| {
            sum.saturating_add(r.size.saturating_add(RECORD_OVERHEAD))
        });
        content.bytes = packed(raw, content.codec);
        if content.records.iter().any(|r| r.is_tombstone) {
            content.delete_horizon = content.delete_horizon.or(Some(horizon));
        }
        Batch(Arc::new(content))
    }

    /// Takes the sequence numbers off, so that no log recognises a retry.
    pub(super) fn forget_producer(&mut self) {
        Arc::make_mut(&mut self.0).producer = None;
    }
}

impl BatchContent {
    /// How many records.
    #[inline]
    pub fn len(&self) -> u64 {
        self.records.len() as u64
    }

    /// Its size without compression.
    #[inline]
    pub fn raw_bytes(&self) -> u32 {
        raw_bytes(&self.records)
    }

    /// Whether there is no record (never, outside of compaction).
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Whether compaction has left no record.
    pub fn is_hollow(&self) -> bool {
        self.records.iter().all(|r| r.payload == Payload::Hole)
    }

    /// The offset after the last record.
    #[inline]
    pub fn end_offset(&self) -> u64 {
        self.base_offset + self.len()
    }

    /// The sequence number of the last record, if the producer is idempotent. Sequence numbers
    /// wrap from 2147483647 to 0.
    pub fn last_sequence(&self) -> Option<i32> {
        let stamp = self.producer?;
        Some(sequence_after(stamp.base_sequence, self.len().saturating_sub(1)))
    }

    /// The application messages with their offsets.
    pub fn messages(&self) -> impl Iterator<Item = (u64, MessageId)> + '_ {
        self.records.iter().enumerate().filter_map(|(n, r)| match r.payload {
            Payload::Message(message) | Payload::Forwarded { message, .. } => {
                Some((self.base_offset + n as u64, message))
            }
            _ => None,
        })
    }
}

/// The size of a batch of so many bytes once its records are compressed.
fn packed(raw: u32, codec: Codec) -> u32 {
    match codec {
        Codec::None => raw,
        codec => BATCH_OVERHEAD + codec.shrunk(raw - BATCH_OVERHEAD),
    }
}

/// `sequence + n`, wrapping from 2147483647 to 0 (`DefaultRecordBatch.incrementSequence`).
pub fn sequence_after(sequence: i32, n: u64) -> i32 {
    ((sequence as u64 + n) & 0x7fff_ffff) as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Millions of records stand in logs.
    #[test]
    fn a_record_is_small() {
        assert!(size_of::<Payload>() <= 24, "{}", size_of::<Payload>());
    }

    #[test]
    fn sequences_wrap_to_zero() {
        assert_eq!(sequence_after(i32::MAX, 1), 0);
        assert_eq!(sequence_after(i32::MAX - 1, 3), 1);
        assert_eq!(sequence_after(0, 5), 5);
    }
}
