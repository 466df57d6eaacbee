//! The thread that turns waiting batches into produce requests
//! (`Sender.sendProducerData`, `RecordAccumulator.ready` and `drain`; reference §2.5).
//!
//! Simplified: it runs as soon as something may have become sendable; there is no selector loop.

use super::Producer;
use super::accumulator::{BatchId, NO_DESTINATION};
use crate::brokers::kafka::Fx;
use crate::brokers::kafka::client::alarm::Alarm;
use crate::brokers::kafka::record::Payload;
use crate::brokers::kafka::settings::Acks;
use crate::brokers::kafka::timer::{KafkaTimer, ProducerTimer};
use crate::brokers::kafka::wire::{ProducePartition, Request};
use crate::fact::{Fact, NodeId};
use crate::kernel::{Span, Time};
use smallvec::SmallVec;

/// A broker that leads some of the partitions.
#[derive(Clone, Debug)]
pub(super) struct Destination {
    pub(super) node: NodeId,
    /// The partitions it leads.
    partitions: Vec<u16>,
    /// The partition the last drain ended with and the next begins with, so that none starves
    /// (`nodesDrainIndex`).
    next: usize,
}

/// A produce request without answer.
#[derive(Clone, Debug)]
pub(super) struct InFlightRequest {
    pub(super) correlation: u32,
    pub(super) batches: Vec<BatchId>,
}

/// The sender's state.
#[derive(Clone, Debug)]
pub(super) struct Sender {
    pub(super) destinations: Vec<Destination>,
    /// Destinations for which something may have become sendable, as bits.
    marked: u64,
    pub(super) requests: Vec<InFlightRequest>,
    /// Lists of batches of answered requests, to be used again.
    pub(super) spare: Vec<Vec<BatchId>>,
    /// Linger and back-off.
    pub(super) wakeup: Alarm,
    /// `delivery.timeout.ms`
    pub(super) expiry: Alarm,
}

impl Sender {
    pub(super) fn new() -> Self {
        Sender {
            destinations: Vec::new(),
            marked: 0,
            requests: Vec::new(),
            spare: Vec::new(),
            wakeup: Alarm::OFF,
            expiry: Alarm::OFF,
        }
    }

    /// Looks at every destination in this turn.
    #[inline]
    pub(super) fn mark_all(&mut self) {
        self.marked = u64::MAX;
    }

    #[inline]
    fn mark(&mut self, destination: u16) {
        if destination != NO_DESTINATION {
            self.marked |= 1 << (destination & 63);
        }
    }

    /// Looks at one broker in this turn.
    #[inline]
    pub(super) fn mark_node(&mut self, node: NodeId) {
        if let Some(at) = self.destinations.iter().position(|d| d.node == node) {
            self.mark(at as u16);
        }
    }
}

fn wakeup(generation: u32) -> KafkaTimer {
    KafkaTimer::Producer(ProducerTimer::Wakeup { generation })
}

fn expiry(generation: u32) -> KafkaTimer {
    KafkaTimer::Producer(ProducerTimer::DeliveryTimeout { generation })
}

impl Producer {
    /// A record was appended to a partition.
    #[inline]
    pub(super) fn appended(&mut self, partition: usize) {
        let destination = self.accumulator.queues[partition].destination;
        if destination == NO_DESTINATION {
            self.metadata.request_update();
        }
        self.sender.mark(destination);
    }

    /// A batch was opened: its time runs.
    #[inline]
    pub(super) fn opened(&mut self, fx: &mut Fx<'_>) {
        self.sender.expiry.set(fx.now() + self.plan.config.delivery_timeout_ms, expiry, fx);
    }

    /// Looks at one partition's leader in this turn.
    #[inline]
    pub(super) fn mark_partition(&mut self, partition: u16) {
        self.sender.mark(self.accumulator.queues[partition as usize].destination);
    }

    /// Sorts the partitions by leader again.
    pub(super) fn leaders_changed(&mut self) {
        for destination in &mut self.sender.destinations {
            destination.partitions.clear();
        }
        for (partition, queue) in self.accumulator.queues.iter_mut().enumerate() {
            queue.destination = NO_DESTINATION;
            let Some(node) = self.metadata.leader(partition).leader else { continue };
            let destinations = &mut self.sender.destinations;
            let at = destinations.iter().position(|d| d.node == node).unwrap_or_else(|| {
                destinations.push(Destination { node, partitions: Vec::new(), next: 0 });
                destinations.len() - 1
            });
            destinations[at].partitions.push(partition as u16);
            queue.destination = at as u16;
        }
        self.sender.mark_all();
    }

    /// Sends what can be sent to the marked brokers.
    #[inline]
    pub(super) fn run_sender(&mut self, fx: &mut Fx<'_>) {
        self.transactions.settle(&mut self.accumulator);
        if self.transactions.needs_identity() {
            self.ask_for_identity(fx);
        }
        if self.transaction.is_some() {
            self.run_transaction(fx);
        }
        let mut marked = std::mem::take(&mut self.sender.marked);
        while marked != 0 && self.accumulator.queued() > 0 {
            let at = marked.trailing_zeros() as usize;
            marked &= marked - 1;
            // More than 64 brokers share bits.
            let mut slot = at;
            while slot < self.sender.destinations.len() {
                self.drain(slot, fx);
                slot += 64;
            }
        }
        if self.metadata.is_wanted() {
            self.metadata.maybe_update(&mut self.network, fx);
        }
    }

    /// Whether the first batch of a partition may be sent (`RecordAccumulator.batchReady`); if
    /// not, when that may change without anything else happening.
    #[inline]
    fn readiness(&self, partition: usize, now: Time) -> Result<(), Time> {
        let queue = &self.accumulator.queues[partition];
        let Some(&first) = queue.batches.front() else { return Err(Time::NEVER) };
        if queue.muted {
            return Err(Time::NEVER);
        }
        if let Some(until) = self.backs_off(first, now) {
            return Err(until);
        }
        let batch = self.accumulator.batch(first);
        let linger = self.plan.config.linger_ms;
        let lingered = linger == Span::ZERO || now >= batch.created + linger;
        if lingered || queue.batches.len() > 1 || batch.is_full() || self.is_exhausted() {
            Ok(())
        } else {
            Err(batch.created + linger)
        }
    }

    fn is_exhausted(&self) -> bool {
        self.application.waiting.is_some_and(|w| w.why == super::Blocked::Memory)
            || self.transaction.as_ref().is_some_and(|t| t.is_flushing())
    }

    /// Until when a failed batch waits. It does not if the leader has changed since it was sent
    /// (`ProducerBatch.hasLeaderChangedForTheOngoingRetry`; KIP-951).
    #[inline]
    fn backs_off(&self, id: BatchId, now: Time) -> Option<Time> {
        let batch = self.accumulator.batch(id);
        if batch.attempts == 0 || now >= batch.backs_off_until {
            return None;
        }
        let epoch = self.metadata.leader(batch.partition as usize).epoch;
        (epoch <= batch.sent_epoch).then_some(batch.backs_off_until)
    }

    /// Sends requests to one broker as long as it may have more in flight.
    #[inline]
    fn drain(&mut self, slot: usize, fx: &mut Fx<'_>) {
        let max = self.plan.config.max_in_flight_requests_per_connection as usize;
        let node = self.sender.destinations[slot].node;
        let now = fx.now();
        loop {
            if self.accumulator.queued() == 0
                || self.network.in_flight(node, self.plan.channel) >= max
            {
                return;
            }
            let (mut ready, mut wake) = (false, Time::NEVER);
            for &partition in &self.sender.destinations[slot].partitions {
                match self.readiness(partition as usize, now) {
                    Ok(()) => ready = true,
                    Err(when) => wake = wake.min(when),
                }
            }
            if wake != Time::NEVER {
                self.sender.wakeup.set(wake, wakeup, fx);
            }
            if !ready
                || !self.network.ready(node, self.plan.channel, fx)
                || !self.send_produce_request(slot, fx)
            {
                return;
            }
        }
    }

    /// One request with the first batch of each partition the broker leads; `false` if there was
    /// nothing to put into it.
    #[inline]
    fn send_produce_request(&mut self, slot: usize, fx: &mut Fx<'_>) -> bool {
        let now = fx.now();
        let mut batches = self.sender.spare.pop().unwrap_or_default();
        let count = self.sender.destinations[slot].partitions.len();
        let mut partitions = SmallVec::new();
        let from = self.sender.destinations[slot].next;
        let mut size = 0u64;
        for n in 0..count {
            let at = if from + n < count { from + n } else { (from + n) % count };
            let partition = self.sender.destinations[slot].partitions[at];
            self.sender.destinations[slot].next = at;
            let queue = &self.accumulator.queues[partition as usize];
            let Some(&first) = queue.batches.front() else { continue };
            let held = self.transaction.as_ref().is_some_and(|t| t.holds(partition));
            if held || queue.muted || self.backs_off(first, now).is_some() {
                continue;
            }
            let bytes = u64::from(self.accumulator.batch(first).bytes);
            if size + bytes > self.plan.config.max_request_size && !batches.is_empty() {
                break;
            }
            // The real loop ends here and goes on with the next partition a moment later.
            if self.transactions.should_stop(first, &self.accumulator) {
                continue;
            }
            size += bytes;
            self.accumulator.pop_front(partition as usize);
            partitions.push(self.prepare(first, fx));
            batches.push(first);
        }
        if batches.is_empty() {
            self.sender.spare.push(batches);
            return false;
        }
        self.transmit(slot, batches, partitions, fx);
        true
    }

    /// Numbers and closes a batch that has been drained, and states the attempt.
    #[inline]
    fn prepare(&mut self, id: BatchId, fx: &mut Fx<'_>) -> ProducePartition {
        self.transactions.stamp(id, &mut self.accumulator);
        let partition = self.accumulator.batch(id).partition as usize;
        let queue = &mut self.accumulator.queues[partition];
        queue.in_flight += 1;
        queue.muted = self.plan.config.max_in_flight_requests_per_connection == 1;
        let lane = self.plan.partitions[partition];
        let batch = self.accumulator.batch_mut(id);
        batch.sends = batch.sends.saturating_add(1);
        batch.sent_epoch = self.metadata.leader(partition).epoch;
        let (attempt, producer) = (batch.sends, self.plan.node);
        for record in batch.records() {
            if let Payload::Message(message) = record.payload {
                fx.state(Fact::Attempted { message, producer, lane, attempt });
            }
        }
        ProducePartition { lane, batch: batch.seal(self.plan.config.compression_type) }
    }

    #[inline]
    fn transmit(
        &mut self,
        slot: usize,
        batches: Vec<BatchId>,
        partitions: SmallVec<[ProducePartition; 1]>,
        fx: &mut Fx<'_>,
    ) {
        let config = &self.plan.config;
        let acks = match config.acks {
            Acks::None => 0,
            Acks::Leader => 1,
            Acks::All => -1,
        };
        let timeout = config.request_timeout_ms;
        let transaction = self.transaction.as_ref().map(|t| t.id());
        let request = Request::Produce { acks, timeout, partitions, transaction };
        let node = self.sender.destinations[slot].node;
        let answered = acks != 0;
        let sent = self.network.send(node, self.plan.channel, request, answered, fx);
        match sent {
            Some(correlation) if answered => {
                self.sender.requests.push(InFlightRequest { correlation, batches });
            }
            _ => self.written(batches, fx),
        }
    }
}
