//! Where records wait to be sent: a queue of batches for each partition, inside `buffer.memory`
//! (`RecordAccumulator`, `BufferPool`; reference §2.5).
//!
//! Simplified: one application thread, so at most one caller waits for memory.

use super::batch::ProducerBatch;
use crate::brokers::kafka::codec::Codec;
use crate::brokers::kafka::record::{BATCH_OVERHEAD, RECORD_OVERHEAD, Record};
use crate::kernel::Time;
use std::collections::VecDeque;

/// Index of a batch in the accumulator.
pub(super) type BatchId = u32;

/// A partition without a known leader.
pub(super) const NO_DESTINATION: u16 = u16::MAX;

/// One partition's queue.
#[derive(Clone, Debug)]
pub(super) struct PartitionQueue {
    /// Waiting batches, the next to be sent first.
    pub(super) batches: VecDeque<BatchId>,
    /// A batch is in flight and `max.in.flight.requests.per.connection` is 1, so that nothing
    /// may overtake it (`guaranteeMessageOrder`).
    pub(super) muted: bool,
    /// Index of the leader among the sender's destinations.
    pub(super) destination: u16,
    /// Batches on the wire.
    pub(super) in_flight: u32,
}

/// What became of an append.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Appended {
    /// The record joined an open batch.
    Joined,
    /// The record opened a batch.
    Opened,
    /// There is no memory for another batch.
    Exhausted,
}

/// All batches that have no outcome yet.
#[derive(Clone, Debug)]
pub(super) struct RecordAccumulator {
    pub(super) queues: Vec<PartitionQueue>,
    batches: Vec<ProducerBatch>,
    free: Vec<BatchId>,
    batch_size: u64,
    /// `compression.type`
    pub(super) codec: Codec,
    /// Bytes of `buffer.memory` nobody holds.
    available: u64,
    memory: u64,
    /// How many batches wait in queues.
    queued: u32,
    /// How many batches wait or are in flight.
    incomplete: u32,
}

impl RecordAccumulator {
    pub(super) fn new(partitions: usize, batch_size: u64, memory: u64, codec: Codec) -> Self {
        let queue = PartitionQueue {
            batches: VecDeque::new(),
            muted: false,
            destination: NO_DESTINATION,
            in_flight: 0,
        };
        RecordAccumulator {
            queues: vec![queue; partitions],
            batches: Vec::new(),
            free: Vec::new(),
            batch_size: batch_size.max(1),
            codec,
            available: memory,
            memory,
            queued: 0,
            incomplete: 0,
        }
    }

    #[inline]
    pub(super) fn batch(&self, id: BatchId) -> &ProducerBatch {
        &self.batches[id as usize]
    }

    #[inline]
    pub(super) fn batch_mut(&mut self, id: BatchId) -> &mut ProducerBatch {
        &mut self.batches[id as usize]
    }

    /// Memory a batch opened by a record of this size takes.
    #[inline]
    pub(super) fn memory_for(&self, record_size: u32) -> u64 {
        let alone = u64::from(BATCH_OVERHEAD) + u64::from(record_size) + u64::from(RECORD_OVERHEAD);
        self.batch_size.max(alone)
    }

    /// Puts a record into the last batch of a partition or into a new one.
    #[inline]
    pub(super) fn append(&mut self, partition: usize, record: Record, now: Time) -> Appended {
        let last = self.queues[partition].batches.back();
        if last.is_some_and(|&last| self.batches[last as usize].try_append(record, self.codec)) {
            return Appended::Joined;
        }
        let reserved = self.memory_for(record.size);
        if reserved > self.available {
            return Appended::Exhausted;
        }
        self.available -= reserved;
        let id = self.open(partition, reserved, reserved, now);
        self.batches[id as usize].try_append(record, self.codec);
        self.push_back(partition, id);
        Appended::Opened
    }

    /// A batch outside of every queue.
    #[inline]
    pub(super) fn open(
        &mut self,
        partition: usize,
        limit: u64,
        reserved: u64,
        created: Time,
    ) -> BatchId {
        let id = match self.free.pop() {
            Some(id) => id,
            None => {
                self.batches.push(ProducerBatch::new());
                (self.batches.len() - 1) as BatchId
            }
        };
        self.incomplete += 1;
        self.batches[id as usize].renew(partition as u16, limit, reserved, created);
        id
    }

    fn push_back(&mut self, partition: usize, id: BatchId) {
        self.queues[partition].batches.push_back(id);
        self.queued += 1;
    }

    /// Puts a batch back at the front: with several requests in flight, this is what reorders.
    pub(super) fn push_front(&mut self, partition: usize, id: BatchId) {
        self.queues[partition].batches.push_front(id);
        self.queued += 1;
    }

    /// Puts a batch back behind those that were first drained before it
    /// (`insertInSequenceOrder`).
    pub(super) fn insert_in_order(&mut self, partition: usize, id: BatchId) {
        let order = self.batches[id as usize].order;
        let batches = &self.batches;
        let queue = &mut self.queues[partition].batches;
        let earlier = queue
            .iter()
            .take_while(|&&b| {
                batches[b as usize].stamp.is_some() && batches[b as usize].order < order
            })
            .count();
        queue.insert(earlier, id);
        self.queued += 1;
    }

    #[inline]
    pub(super) fn pop_front(&mut self, partition: usize) -> Option<BatchId> {
        let id = self.queues[partition].batches.pop_front()?;
        self.queued -= 1;
        Some(id)
    }

    /// Takes every waiting batch created at or before `limit` out of the queues.
    pub(super) fn take_expired(&mut self, limit: Time) -> Vec<BatchId> {
        let batches = &self.batches;
        let mut expired = Vec::new();
        for queue in &mut self.queues {
            queue.batches.retain(|&id| {
                let stays = batches[id as usize].created > limit;
                if !stays {
                    expired.push(id);
                }
                stays
            });
        }
        self.queued -= expired.len() as u32;
        expired
    }

    /// When the oldest waiting batch was created.
    pub(super) fn oldest_waiting(&self) -> Option<Time> {
        let waiting = self.queues.iter().flat_map(|q| &q.batches);
        waiting.map(|&id| self.batches[id as usize].created).min()
    }

    /// Gives a batch's memory back.
    #[inline]
    pub(super) fn deallocate(&mut self, id: BatchId) {
        let batch = &mut self.batches[id as usize];
        self.available += std::mem::take(&mut batch.reserved);
    }

    /// Forgets a batch that is in no queue and in no request.
    #[inline]
    pub(super) fn release(&mut self, id: BatchId) {
        self.deallocate(id);
        self.batches[id as usize].records.clear();
        self.incomplete -= 1;
        self.free.push(id);
    }

    #[inline]
    pub(super) fn has_memory(&self, needed: u64) -> bool {
        needed <= self.available
    }

    /// Bytes of `buffer.memory` in use.
    pub(super) fn used(&self) -> u64 {
        self.memory - self.available
    }

    /// How many batches wait in queues.
    #[inline]
    pub(super) fn queued(&self) -> u32 {
        self.queued
    }

    /// Whether every batch has an outcome.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.incomplete == 0
    }
}
