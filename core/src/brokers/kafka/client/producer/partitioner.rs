//! Which partition a record goes to (`KafkaProducer.partition`, `BuiltInPartitioner`,
//! `Utils.murmur2`; KIP-480, KIP-794; reference §2.9).
//!
//! Simplified: no custom `partitioner.class`, no `partitioner.availability.timeout.ms`.

use super::accumulator::{PartitionQueue, RecordAccumulator};
use crate::brokers::kafka::Fx;
use crate::brokers::kafka::client::Metadata;
use crate::sites;

/// 32-bit murmur2 as `org.apache.kafka.common.utils.Utils` has it, of a record's key.
pub fn murmur2(data: &[u8]) -> i32 {
    const M: u32 = 0x5bd1_e995;
    let mut h = 0x9747_b28c_u32 ^ data.len() as u32;
    let mut words = data.chunks_exact(4);
    for word in &mut words {
        let mut k = word.iter().rev().fold(0, |k: u32, &byte| k << 8 | u32::from(byte));
        k = k.wrapping_mul(M);
        k ^= k >> 24;
        h = h.wrapping_mul(M) ^ k.wrapping_mul(M);
    }
    let tail = words.remainder();
    if !tail.is_empty() {
        h ^= tail.iter().rev().fold(0, |k: u32, &byte| k << 8 | u32::from(byte));
        h = h.wrapping_mul(M);
    }
    h ^= h >> 13;
    h = h.wrapping_mul(M);
    (h ^ h >> 15) as i32
}

/// The partition of a key (`BuiltInPartitioner.partitionForKey`): over all partitions, whether
/// they have a leader or not. The sign bit is masked off, which is not the absolute value.
#[inline]
pub fn partition_for_key(hash: i32, partitions: usize) -> usize {
    (hash & i32::MAX) as usize % partitions.max(1)
}

/// Chooses for records without a key: stay on one partition until a batch is full, then move on
/// (`BuiltInPartitioner`).
#[derive(Clone, Debug)]
pub(super) struct StickyPartitioner {
    subject: u64,
    sticky_batch_size: u64,
    adaptive: bool,
    current: Option<usize>,
    produced_bytes: u64,
    /// Ordinal of the next choice.
    switches: u64,
}

impl StickyPartitioner {
    pub(super) fn new(subject: u64, batch_size: u64, adaptive: bool) -> Self {
        StickyPartitioner {
            subject,
            sticky_batch_size: batch_size.max(1),
            adaptive,
            current: None,
            produced_bytes: 0,
            switches: 0,
        }
    }

    /// Forgets the choice, as a process that starts does.
    pub(super) fn reset(&mut self) {
        self.current = None;
        self.produced_bytes = 0;
    }

    /// The partition records go to now.
    #[inline]
    pub(super) fn partition(
        &mut self,
        queues: &[PartitionQueue],
        metadata: &Metadata,
        fx: &Fx<'_>,
    ) -> usize {
        match self.current {
            Some(partition) => partition,
            None => {
                let partition = self.next(queues, metadata, fx);
                self.current = Some(partition);
                partition
            }
        }
    }

    /// Counts appended bytes and moves on after `batch.size` of them, if no half-filled batch
    /// would be left behind, and in any case after twice as many.
    #[inline]
    pub(super) fn update(
        &mut self,
        appended: u64,
        accumulator: &RecordAccumulator,
        metadata: &Metadata,
        fx: &Fx<'_>,
    ) {
        let Some(current) = self.current else { return };
        self.produced_bytes += appended;
        if self.produced_bytes < self.sticky_batch_size {
            return;
        }
        let last = accumulator.queues[current].batches.back();
        let all_full = last.is_none_or(|&id| accumulator.batch(id).is_full());
        if all_full || self.produced_bytes >= 2 * self.sticky_batch_size {
            self.current = Some(self.next(&accumulator.queues, metadata, fx));
            self.produced_bytes = 0;
        }
    }

    /// A random partition that has a leader: each as likely as the other, or, where queues are of
    /// different length, the likelier the shorter its queue.
    fn next(&mut self, queues: &[PartitionQueue], metadata: &Metadata, fx: &Fx<'_>) -> usize {
        if queues.len() < 2 {
            return 0;
        }
        let queued = |p: usize| queues[p].batches.len() as u64;
        let candidates = || (0..queues.len()).filter(|&p| metadata.leader(p).leader.is_some());
        let (mut available, mut sum, mut longest) = (0, 0, 0);
        for partition in candidates() {
            let length = queued(partition);
            (available, sum, longest) = (available + 1, sum + length, longest.max(length));
        }
        let ordinal = self.switches;
        self.switches += 1;
        let draw = |n: u64| fx.choose(sites::STICKY_PARTITION, self.subject, ordinal, n);
        if available == 0 {
            return draw(queues.len() as u64) as usize;
        }
        let uniform = !self.adaptive || sum == longest * available;
        let weight = |p: usize| if uniform { 1 } else { longest + 1 - queued(p) };
        let weights = if uniform { available } else { (longest + 1) * available - sum };
        let mut rest = draw(weights);
        for partition in candidates() {
            match rest.checked_sub(weight(partition)) {
                Some(less) => rest = less,
                None => return partition,
            }
        }
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn murmur2_is_kafkas() {
        let vectors: [(&str, i32); 5] = [
            ("21", -973_932_308),
            ("foobar", -790_332_482),
            ("a-little-bit-long-string", -985_981_536),
            ("a-little-bit-longer-string", -1_486_304_829),
            ("abc", 479_470_107),
        ];
        for (text, hash) in vectors {
            assert_eq!(murmur2(text.as_bytes()), hash, "{text}");
        }
    }

    #[test]
    fn a_negative_hash_is_masked_not_negated() {
        assert_eq!(
            partition_for_key(-973_932_308, 3),
            (-973_932_308_i32 & 0x7fff_ffff) as usize % 3
        );
        assert_eq!(partition_for_key(i32::MIN, 7), 0);
    }
}
