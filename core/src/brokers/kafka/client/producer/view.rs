//! What screens and tests may see of a producer.
//!
//! Simplified: nothing; these are views, not metrics as JMX has them.

use super::{Blocked, Producer, ProducerBatch, ProducerIdAndEpoch, TransactionStage};
use crate::brokers::kafka::client::LeaderAndEpoch;
use crate::fact::{LaneId, MessageId};

/// One partition as the producer sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PartitionView {
    /// Which partition.
    pub lane: LaneId,
    /// Who leads it, as far as the producer knows.
    pub leader: LeaderAndEpoch,
    /// Batches that wait.
    pub queued: usize,
    /// Batches on the wire.
    pub in_flight: u32,
    /// Nothing is sent until the batch on the wire is answered.
    pub muted: bool,
    /// The sequence number of the next new record; `None` without idempotence.
    pub next_sequence: Option<i32>,
    /// An expired batch leaves open which sequence numbers the broker has seen.
    pub unresolved: bool,
}

impl Producer {
    /// Whether nothing is left to send or to settle.
    pub fn is_done(&self) -> bool {
        let useless = self.transaction_stage() == Some(TransactionStage::FatalError);
        useless
            || self.application.is_done(self.plan.count)
                && self.accumulator.is_empty()
                && self.transaction_is_idle()
    }

    /// Why the application's `send()` does not return, if it does not.
    pub fn blocked(&self) -> Option<Blocked> {
        self.application.waiting.map(|w| w.why)
    }

    /// The next message of the plan, if there is one.
    pub fn next_message(&self) -> Option<MessageId> {
        let next = self.application.next;
        (next < self.plan.count).then_some(MessageId(self.plan.first.0 + next))
    }

    /// Bytes of `buffer.memory` in use.
    pub fn buffer_used(&self) -> u64 {
        self.accumulator.used()
    }

    /// Produce requests without answer.
    pub fn requests_in_flight(&self) -> usize {
        self.sender.requests.len()
    }

    /// Id and epoch of an idempotent producer, once it has them.
    pub fn identity(&self) -> Option<ProducerIdAndEpoch> {
        self.transactions.identity
    }

    /// Its partitions, in order.
    pub fn partitions(&self) -> impl Iterator<Item = PartitionView> + '_ {
        let queues = self.accumulator.queues.iter().zip(&self.transactions.entries);
        queues.enumerate().map(|(n, (queue, entry))| PartitionView {
            lane: self.plan.partitions[n],
            leader: self.metadata.leader(n),
            queued: queue.batches.len(),
            in_flight: queue.in_flight,
            muted: queue.muted,
            next_sequence: self.transactions.enabled.then_some(entry.next_sequence),
            unresolved: entry.unresolved,
        })
    }

    /// The batches of a partition that wait, the next to be sent first.
    pub fn queued(&self, partition: usize) -> impl Iterator<Item = &ProducerBatch> + '_ {
        let queue = self.accumulator.queues.get(partition);
        queue.into_iter().flat_map(|q| &q.batches).map(|&id| self.accumulator.batch(id))
    }

    /// The batches on the wire, request by request.
    pub fn in_flight(&self) -> impl Iterator<Item = &ProducerBatch> + '_ {
        let ids = self.sender.requests.iter().flat_map(|r| &r.batches);
        ids.map(|&id| self.accumulator.batch(id))
    }

    /// Messages that wait or are on the wire.
    pub fn unsettled(&self) -> u64 {
        let waiting = (0..self.accumulator.queues.len()).flat_map(|p| self.queued(p));
        let batches = waiting.chain(self.in_flight());
        batches.map(|b| b.records.len() as u64).sum()
    }
}
