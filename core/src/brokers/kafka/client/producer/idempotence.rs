//! Producer id, epoch and sequence numbers of an idempotent producer
//! (`TransactionManager`, `TxnPartitionEntry`; KIP-98, KIP-360; reference §2.8).
//!
//! Simplified: no transactions, so no transactional id and no error that ends the producer.

use super::accumulator::{BatchId, RecordAccumulator};
use crate::brokers::kafka::record::{ProducerStamp, sequence_after};
use crate::kernel::Time;
use std::collections::VecDeque;

/// Who the producer is to the brokers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ProducerIdAndEpoch {
    /// The producer id a broker gave out.
    pub id: u64,
    /// Grows whenever the client must number its batches afresh.
    pub epoch: i16,
}

/// The numbering of one partition.
#[derive(Clone, Debug, Default)]
pub(super) struct PartitionEntry {
    /// Under which id and epoch the partition's batches are numbered.
    pub(super) identity: Option<ProducerIdAndEpoch>,
    /// The sequence number of the next new record.
    pub(super) next_sequence: i32,
    /// The last sequence number a broker acknowledged.
    pub(super) last_acked: Option<i32>,
    /// Batches that have a number and no outcome, in the order of their numbers.
    pub(super) in_flight: VecDeque<BatchId>,
    /// A batch that had been retried expired: whether its numbers are in the log is unknown, and
    /// no new batch may be numbered until all others are settled.
    pub(super) unresolved: bool,
    /// The batches in flight get new numbers with the next epoch.
    rewrite: bool,
    /// Order of the next batch that is numbered.
    drained: u64,
}

impl PartitionEntry {
    /// Whether `sequence` follows the last acknowledged one (`isNextSequence`).
    fn is_next(&self, sequence: i32) -> bool {
        self.last_acked.map_or(0, |last| sequence_after(last, 1)) == sequence
    }
}

/// Numbers batches and decides what a sequence error means.
#[derive(Clone, Debug)]
pub(super) struct TransactionManager {
    /// `enable.idempotence`.
    pub(super) enabled: bool,
    /// The current id, once a broker has given one out.
    pub(super) identity: Option<ProducerIdAndEpoch>,
    pub(super) entries: Vec<PartitionEntry>,
    /// The request for an id that is on its way.
    pub(super) pending: Option<u32>,
    /// The next request for an id must wait until then.
    pub(super) not_before: Time,
    pub(super) failures: u32,
    bump_required: bool,
    any_unresolved: bool,
}

impl TransactionManager {
    pub(super) fn new(enabled: bool, partitions: usize) -> Self {
        TransactionManager {
            enabled,
            identity: None,
            entries: vec![PartitionEntry::default(); partitions],
            pending: None,
            not_before: Time::ZERO,
            failures: 0,
            bump_required: false,
            any_unresolved: false,
        }
    }

    /// Whether an id must be asked for.
    #[inline]
    pub(super) fn needs_identity(&self) -> bool {
        self.enabled && self.identity.is_none() && self.pending.is_none()
    }

    /// Whether the first waiting batch must stay where it is
    /// (`shouldStopDrainBatchesForPartition`).
    #[inline]
    pub(super) fn should_stop(&self, id: BatchId, accumulator: &RecordAccumulator) -> bool {
        if !self.enabled {
            return false;
        }
        if self.identity.is_none() {
            return true;
        }
        let batch = accumulator.batch(id);
        let entry = &self.entries[batch.partition as usize];
        if batch.stamp.is_none() {
            let stale = entry.identity != self.identity;
            return entry.unresolved || stale && !entry.in_flight.is_empty();
        }
        // While a batch is retried, only the first of those without outcome may be sent.
        entry.in_flight.front().is_some_and(|&first| first != id)
    }

    /// Numbers a batch that is drained for the first time.
    #[inline]
    pub(super) fn stamp(&mut self, id: BatchId, accumulator: &mut RecordAccumulator) {
        let batch = accumulator.batch_mut(id);
        let Some(identity) = self.identity.filter(|_| batch.stamp.is_none()) else { return };
        let entry = &mut self.entries[batch.partition as usize];
        if entry.identity != self.identity && entry.in_flight.is_empty() {
            entry.identity = self.identity;
            (entry.next_sequence, entry.last_acked) = (0, None);
        }
        let base_sequence = entry.next_sequence;
        batch.stamp = Some(ProducerStamp { id: identity.id, epoch: identity.epoch, base_sequence });
        batch.order = entry.drained;
        entry.drained += 1;
        entry.next_sequence = sequence_after(base_sequence, batch.len() as u64);
        entry.in_flight.push_back(id);
    }

    /// A broker acknowledged a batch.
    #[inline]
    pub(super) fn completed(&mut self, id: BatchId, accumulator: &RecordAccumulator) {
        let batch = accumulator.batch(id);
        let Some(stamp) = batch.stamp else { return };
        let entry = &mut self.entries[batch.partition as usize];
        if entry.identity == Some(ProducerIdAndEpoch { id: stamp.id, epoch: stamp.epoch }) {
            let last = sequence_after(stamp.base_sequence, batch.len() as u64 - 1);
            // An answer after the batch expired may be older than one that came meanwhile.
            let ahead = |l: i32| (last.wrapping_sub(l) & i32::MAX) < i32::MAX / 2;
            if entry.last_acked.is_none_or(ahead) {
                entry.last_acked = Some(last);
            }
        }
        self.forget(id, batch.partition);
    }

    /// Takes a batch out of those without outcome.
    #[inline]
    pub(super) fn forget(&mut self, id: BatchId, partition: u16) {
        let in_flight = &mut self.entries[partition as usize].in_flight;
        if let Some(at) = in_flight.iter().position(|&b| b == id) {
            in_flight.remove(at);
        }
    }

    /// Puts the parts of a split batch in its place; they share out its numbers.
    pub(super) fn replace(
        &mut self,
        id: BatchId,
        parts: &[BatchId],
        accumulator: &mut RecordAccumulator,
    ) {
        let (partition, stamp) = (accumulator.batch(id).partition, accumulator.batch(id).stamp);
        let Some(mut stamp) = stamp else { return };
        let order = accumulator.batch(id).order;
        let in_flight = &mut self.entries[partition as usize].in_flight;
        let at = in_flight.iter().position(|&b| b == id);
        for (n, &part) in parts.iter().enumerate() {
            let batch = accumulator.batch_mut(part);
            (batch.stamp, batch.order) = (Some(stamp), order);
            stamp.base_sequence = sequence_after(stamp.base_sequence, batch.len() as u64);
            if let Some(at) = at {
                in_flight.insert(at + n, part);
            }
        }
        self.forget(id, partition);
    }

    /// The next epoch will renumber this partition (`requestIdempotentEpochBumpForPartition`).
    pub(super) fn request_bump(&mut self, partition: u16) {
        self.bump_required = true;
        self.entries[partition as usize].rewrite = true;
    }

    /// Whether `OUT_OF_ORDER_SEQUENCE_NUMBER` is answered by sending the batch again (`canRetry`).
    /// It always is here; if the gap cannot be an earlier batch of ours that is still to come, the
    /// epoch is bumped first.
    pub(super) fn out_of_order(&mut self, id: BatchId, accumulator: &RecordAccumulator) {
        let batch = accumulator.batch(id);
        let entry = &self.entries[batch.partition as usize];
        let Some(stamp) = batch.stamp else { return };
        let waits = batch.sequence_reset || !entry.is_next(stamp.base_sequence);
        if entry.unresolved || !waits {
            self.request_bump(batch.partition);
        }
    }

    /// A batch that had been put back has expired (`markSequenceUnresolved`).
    pub(super) fn mark_unresolved(&mut self, partition: u16) {
        self.entries[partition as usize].unresolved = true;
        self.any_unresolved = true;
    }

    /// Looks whether the fate of expired batches has become clear, then bumps the epoch if that is
    /// needed (`maybeResolveSequences`, `bumpIdempotentEpochAndResetIdIfNeeded`).
    #[inline]
    pub(super) fn settle(&mut self, accumulator: &mut RecordAccumulator) {
        if self.any_unresolved {
            self.resolve();
        }
        if self.bump_required {
            self.bump(accumulator);
        }
    }

    fn resolve(&mut self) {
        self.any_unresolved = false;
        for entry in &mut self.entries {
            if !entry.unresolved {
                continue;
            }
            if !entry.in_flight.is_empty() {
                self.any_unresolved = true;
                continue;
            }
            entry.unresolved = false;
            if !entry.is_next(entry.next_sequence) {
                entry.rewrite = true;
                self.bump_required = true;
            }
        }
    }

    fn bump(&mut self, accumulator: &mut RecordAccumulator) {
        let Some(old) = self.identity else { return };
        self.bump_required = false;
        let epoch = old.epoch.checked_add(1);
        self.identity = epoch.map(|epoch| ProducerIdAndEpoch { id: old.id, epoch });
        // After the last epoch a new id is asked for; the renumbering waits for it.
        let Some(identity) = self.identity else {
            self.bump_required = true;
            return;
        };
        self.renumber(identity, accumulator);
    }

    fn renumber(&mut self, identity: ProducerIdAndEpoch, accumulator: &mut RecordAccumulator) {
        for entry in self.entries.iter_mut().filter(|e| e.rewrite) {
            (entry.rewrite, entry.unresolved) = (false, false);
            (entry.identity, entry.last_acked) = (Some(identity), None);
            let mut base_sequence = 0;
            for &id in &entry.in_flight {
                let batch = accumulator.batch_mut(id);
                let (id, epoch) = (identity.id, identity.epoch);
                batch.stamp = Some(ProducerStamp { id, epoch, base_sequence });
                batch.sequence_reset = true;
                base_sequence = sequence_after(base_sequence, batch.len() as u64);
            }
            entry.next_sequence = base_sequence;
        }
    }

    /// A broker gave out an id.
    pub(super) fn initialized(
        &mut self,
        identity: ProducerIdAndEpoch,
        accumulator: &mut RecordAccumulator,
    ) {
        (self.identity, self.pending, self.failures) = (Some(identity), None, 0);
        if std::mem::take(&mut self.bump_required) {
            self.renumber(identity, accumulator);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::brokers::kafka::record::{Payload, Record};
    use crate::fact::MessageId;

    fn setup(epoch: i16, batches: u32) -> (TransactionManager, RecordAccumulator, Vec<BatchId>) {
        let mut transactions = TransactionManager::new(true, 1);
        use crate::brokers::kafka::codec::Codec;
        let mut accumulator = RecordAccumulator::new(1, 1, 1 << 20, Codec::None);
        transactions.initialized(ProducerIdAndEpoch { id: 7, epoch }, &mut accumulator);
        let mut ids = Vec::new();
        for n in 0..batches {
            let payload = Payload::Message(MessageId(n));
            accumulator.append(
                0,
                Record { payload, key: None, size: 1, is_tombstone: false, timestamp: 0 },
                Time::ZERO,
            );
            let id = accumulator.pop_front(0).expect("just appended");
            transactions.stamp(id, &mut accumulator);
            ids.push(id);
        }
        (transactions, accumulator, ids)
    }

    #[test]
    fn after_the_last_epoch_a_new_id_is_asked_for() {
        let (mut transactions, mut accumulator, ids) = setup(i16::MAX, 2);
        transactions.request_bump(0);
        transactions.settle(&mut accumulator);
        assert!(transactions.needs_identity());
        let fresh = ProducerIdAndEpoch { id: 8, epoch: 0 };
        transactions.initialized(fresh, &mut accumulator);
        let stamps: Vec<_> = ids.iter().filter_map(|&id| accumulator.batch(id).stamp).collect();
        let expected = |base_sequence| ProducerStamp { id: 8, epoch: 0, base_sequence };
        assert_eq!(stamps, [expected(0), expected(1)]);
    }

    #[test]
    fn an_old_answer_does_not_take_the_last_acknowledged_sequence_back() {
        let (mut transactions, accumulator, ids) = setup(0, 3);
        for id in [ids[0], ids[2], ids[1]] {
            transactions.completed(id, &accumulator);
        }
        assert_eq!(transactions.entries[0].last_acked, Some(2));
        assert!(transactions.entries[0].in_flight.is_empty());
    }

    #[test]
    fn sequences_go_on_after_the_largest_number() {
        let (mut transactions, mut accumulator, _) = setup(0, 0);
        let entry = &mut transactions.entries[0];
        entry.identity = transactions.identity;
        (entry.next_sequence, entry.last_acked) = (i32::MAX, Some(i32::MAX - 1));
        let mut stamp = |n| {
            let payload = Payload::Message(MessageId(n));
            accumulator.append(
                0,
                Record { payload, key: None, size: 1, is_tombstone: false, timestamp: 0 },
                Time::ZERO,
            );
            let id = accumulator.pop_front(0).expect("just appended");
            transactions.stamp(id, &mut accumulator);
            transactions.completed(id, &accumulator);
            accumulator.batch(id).stamp.map(|s| s.base_sequence)
        };
        assert_eq!((stamp(0), stamp(1)), (Some(i32::MAX), Some(0)));
        assert_eq!(transactions.entries[0].last_acked, Some(0));
        assert!(transactions.entries[0].is_next(1));
    }

    #[test]
    fn a_gap_that_is_not_ours_bumps_the_epoch() {
        let (mut transactions, mut accumulator, ids) = setup(0, 2);
        // The second is out of order because the first is still to come: nothing to do.
        transactions.out_of_order(ids[1], &accumulator);
        transactions.settle(&mut accumulator);
        assert_eq!(transactions.identity.map(|i| i.epoch), Some(0));
        // The first is the next expected one: the broker has lost its memory.
        transactions.out_of_order(ids[0], &accumulator);
        transactions.settle(&mut accumulator);
        assert_eq!(transactions.identity.map(|i| i.epoch), Some(1));
    }
}
