//! What becomes of batches: acknowledged, sent again, split, expired, failed
//! (`Sender.handleProduceResponse`, `completeBatch`, `canRetry`, `reenqueueBatch`, `failBatch`;
//! reference §2.4, §2.6).
//!
//! Simplified: a batch too large for the broker but not for `batch.size` is halved; the real client
//! splits by `batch.size` only and runs in circles until the batch expires (KAFKA-8350).

use super::Producer;
use super::accumulator::BatchId;
use crate::brokers::kafka::Fx;
use crate::brokers::kafka::error::Error;
use crate::brokers::kafka::record::{Payload, RECORD_OVERHEAD, Record};
use crate::brokers::kafka::timer::{KafkaTimer, ProducerTimer};
use crate::brokers::kafka::wire::ProducedPartition;
use crate::fact::{Fact, LaneId, NodeId};
use crate::kernel::Time;

/// An answer for every batch of a request that got none.
fn no_answer(error: Error, lane: LaneId) -> ProducedPartition {
    ProducedPartition { lane, error, base_offset: -1, current_leader: None }
}

impl Producer {
    /// A produce response came.
    #[inline]
    pub(super) fn produced(
        &mut self,
        peer: NodeId,
        correlation: u32,
        partitions: &[ProducedPartition],
        fx: &mut Fx<'_>,
    ) {
        let requests = &mut self.sender.requests;
        let Some(at) = requests.iter().position(|r| r.correlation == correlation) else { return };
        let mut batches = requests.remove(at).batches;
        for (n, &id) in batches.iter().enumerate() {
            let lane = self.plan.partitions[self.accumulator.batch(id).partition as usize];
            let answer = match partitions.get(n) {
                Some(answer) if answer.lane == lane => *answer,
                _ => match partitions.iter().find(|p| p.lane == lane) {
                    Some(answer) => *answer,
                    // A broker that forgets a partition has not said what it did with it.
                    None => no_answer(Error::NetworkException, lane),
                },
            };
            self.complete_batch(id, answer, fx);
        }
        batches.clear();
        self.sender.spare.push(batches);
        self.sender.mark_node(peer);
    }

    /// Requests got no answer, because their connection broke.
    pub(super) fn requests_lost(&mut self, lost: &[u32], error: Error, fx: &mut Fx<'_>) {
        for &correlation in lost {
            let requests = &mut self.sender.requests;
            let at = requests.iter().position(|r| r.correlation == correlation);
            let Some(at) = at else { continue };
            for id in requests.remove(at).batches {
                let lane = self.plan.partitions[self.accumulator.batch(id).partition as usize];
                self.complete_batch(id, no_answer(error, lane), fx);
            }
        }
        self.sender.mark_all();
    }

    /// A request that is not answered (`acks=0`) was handed to the socket.
    pub(super) fn written(&mut self, mut batches: Vec<BatchId>, fx: &mut Fx<'_>) {
        for &id in &batches {
            let lane = self.plan.partitions[self.accumulator.batch(id).partition as usize];
            self.complete_batch(id, no_answer(Error::None, lane), fx);
        }
        batches.clear();
        self.sender.spare.push(batches);
    }

    #[inline]
    fn complete_batch(&mut self, id: BatchId, answer: ProducedPartition, fx: &mut Fx<'_>) {
        let partition = self.accumulator.batch(id).partition;
        let queue = &mut self.accumulator.queues[partition as usize];
        queue.in_flight -= 1;
        queue.muted = false;
        self.mark_partition(partition);
        if answer.error == Error::None {
            self.succeed(id, answer.base_offset, fx);
            return;
        }
        let error = answer.error;
        if let Some((leader, epoch)) = answer.current_leader
            && self.metadata.learn(partition as usize, Some(leader), epoch)
        {
            self.leaders_changed();
        }
        let batch = self.accumulator.batch_mut(id);
        batch.doubtful |= error.may_have_appended();
        if batch.settled {
            self.accumulator.release(id);
        } else if error == Error::MessageTooLarge && batch.len() > 1 {
            self.split(id, fx);
        } else if self.can_retry(id, error, fx.now()) {
            self.reenqueue(id, error, fx);
        } else {
            // After the last retry nobody knows whether the sequence number was used.
            let adjust = self.accumulator.batch(id).attempts < self.plan.config.retries;
            self.fail(id, error, adjust, fx);
            self.accumulator.release(id);
        }
        if error.refreshes_metadata() {
            self.metadata.request_update();
        }
    }

    #[inline]
    fn succeed(&mut self, id: BatchId, base_offset: i64, fx: &mut Fx<'_>) {
        if self.transactions.enabled {
            self.transactions.completed(id, &self.accumulator);
        }
        let batch = self.accumulator.batch(id);
        if !batch.settled {
            if !self.application.failed.is_empty() {
                self.application.failed.retain(|m| !batch.carries(*m));
            }
            let (producer, lane) = (self.plan.node, self.plan.partitions[batch.partition as usize]);
            if self.transaction.is_some() {
                return self.succeed_in_transaction(id, base_offset, lane);
            }
            for (n, record) in batch.records().iter().enumerate() {
                let offset = if base_offset < 0 { -1 } else { base_offset + n as i64 };
                match record.payload {
                    Payload::Message(message) => {
                        fx.state(Fact::Acknowledged { message, producer, lane, offset });
                    }
                    _ => self.published = Some(Ok(offset)),
                }
            }
        }
        self.accumulator.release(id);
    }

    fn succeed_in_transaction(&mut self, id: BatchId, base_offset: i64, lane: LaneId) {
        for n in 0..self.accumulator.batch(id).len() {
            let record = self.accumulator.batch(id).records()[n];
            let offset = if base_offset < 0 { -1 } else { base_offset + n as i64 };
            if let Payload::Message(message) = record.payload {
                self.stored_in_transaction(message, lane, offset);
            }
        }
        self.accumulator.release(id);
    }

    /// `Sender.canRetry`, `TransactionManager.canRetry`.
    fn can_retry(&mut self, id: BatchId, error: Error, now: Time) -> bool {
        let config = &self.plan.config;
        let batch = self.accumulator.batch(id);
        if now >= batch.created + config.delivery_timeout_ms || batch.attempts >= config.retries {
            return false;
        }
        if error == Error::OutOfOrderSequenceNumber && self.transaction.is_some() {
            return self.transactions.waits_for_earlier(id, &self.accumulator);
        }
        if error == Error::OutOfOrderSequenceNumber && batch.stamp.is_some() {
            self.transactions.out_of_order(id, &self.accumulator);
            return true;
        }
        error.is_retriable()
    }

    /// Puts a batch back to be sent again after a back-off.
    fn reenqueue(&mut self, id: BatchId, error: Error, fx: &mut Fx<'_>) {
        let now = fx.now();
        let failures = self.accumulator.batch(id).attempts;
        let partition = self.accumulator.batch(id).partition;
        let subject = self.subject ^ u64::from(partition + 1) << 32;
        let span = self.backoff.after(failures, subject, self.retries, fx);
        self.retries += 1;
        let batch = self.accumulator.batch_mut(id);
        batch.attempts += 1;
        batch.backs_off_until = now + span;
        let stamped = batch.stamp.is_some();
        self.state_retried(id, error, fx);
        if stamped {
            self.accumulator.insert_in_order(partition as usize, id);
        } else {
            self.accumulator.push_front(partition as usize, id);
        }
    }

    fn state_retried(&self, id: BatchId, error: Error, fx: &mut Fx<'_>) {
        let (producer, error) = (self.plan.node, error.name());
        for record in self.accumulator.batch(id).records() {
            if let Payload::Message(message) = record.payload {
                fx.state(Fact::Retried { message, producer, error });
            }
        }
    }

    /// Tells the application that a batch failed. The caller releases it, or keeps it until its
    /// request is answered.
    fn fail(&mut self, id: BatchId, error: Error, adjust_sequences: bool, fx: &mut Fx<'_>) {
        let batch = self.accumulator.batch_mut(id);
        batch.settled = true;
        let (partition, doubtful) = (batch.partition, batch.doubtful);
        let (producer, name) = (self.plan.node, error.name());
        // What a failure in a transaction comes to is known when the transaction ends.
        self.batch_failed();
        let told = if self.transaction.is_none() { self.accumulator.batch(id).len() } else { 0 };
        for n in 0..told {
            let Payload::Message(message) = self.accumulator.batch(id).records()[n].payload else {
                self.published = Some(Err(error));
                continue;
            };
            fx.state(if doubtful {
                Fact::Unknown { message, producer, error: name }
            } else {
                Fact::Refused { message, producer, error: name }
            });
            self.after_failure(message);
        }
        if self.accumulator.batch(id).stamp.is_some() {
            self.transactions.forget(id, partition);
            if adjust_sequences || error == Error::OutOfOrderSequenceNumber {
                self.transactions.request_bump(partition);
            }
        }
    }

    /// Splits a batch the broker found too large; the parts count as never tried
    /// (`RecordAccumulator.splitAndReenqueue`).
    fn split(&mut self, id: BatchId, fx: &mut Fx<'_>) {
        let batch = self.accumulator.batch(id);
        let (partition, created, sends) = (batch.partition as usize, batch.created, batch.sends);
        let (doubtful, stamped) = (batch.doubtful, batch.stamp.is_some());
        let records: Vec<Record> = batch.records().to_vec();
        let whole = u64::from(batch.bytes);
        let size = self.plan.config.batch_size.max(1);
        let limit = if whole > size { size } else { whole / 2 };
        let codec = self.accumulator.codec;
        let mut parts: Vec<BatchId> = Vec::new();
        for record in records {
            let fits = parts
                .last()
                .is_some_and(|&p| self.accumulator.batch_mut(p).try_append(record, codec));
            if !fits {
                let alone = u64::from(record.size) + u64::from(RECORD_OVERHEAD);
                let part = self.accumulator.open(partition, limit.max(alone), 0, created);
                let fresh = self.accumulator.batch_mut(part);
                (fresh.sends, fresh.doubtful) = (sends, doubtful);
                fresh.try_append(record, codec);
                parts.push(part);
            }
        }
        for &part in &parts {
            self.accumulator.batch_mut(part).closed = true;
            self.state_retried(part, Error::MessageTooLarge, fx);
        }
        self.transactions.replace(id, &parts, &mut self.accumulator);
        for &part in parts.iter().rev() {
            if stamped {
                self.accumulator.insert_in_order(partition, part);
            } else {
                self.accumulator.push_front(partition, part);
            }
        }
        self.accumulator.release(id);
        self.opened(fx);
    }

    /// `delivery.timeout.ms` may be over for some batches, waiting or on the wire.
    pub(super) fn expire_batches(&mut self, fx: &mut Fx<'_>) {
        let (now, timeout) = (fx.now(), self.plan.config.delivery_timeout_ms);
        let due = |created: Time| created + timeout <= now;
        let mut expired: Vec<(BatchId, bool)> = Vec::new();
        let mut oldest = Time::NEVER;
        for request in &self.sender.requests {
            for &id in &request.batches {
                let batch = self.accumulator.batch(id);
                if batch.settled {
                    continue;
                }
                if due(batch.created) {
                    expired.push((id, true));
                } else {
                    oldest = oldest.min(batch.created);
                }
            }
        }
        if timeout.0 <= now.0 {
            let waiting = self.accumulator.take_expired(Time(now.0 - timeout.0));
            expired.extend(waiting.into_iter().map(|id| (id, false)));
        }
        for (id, on_the_wire) in expired {
            self.expire(id, on_the_wire, fx);
        }
        oldest = oldest.min(self.accumulator.oldest_waiting().unwrap_or(Time::NEVER));
        if oldest != Time::NEVER {
            let token =
                |generation| KafkaTimer::Producer(ProducerTimer::DeliveryTimeout { generation });
            self.sender.expiry.set(oldest + timeout, token, fx);
        }
        self.sender.mark_all();
    }

    fn expire(&mut self, id: BatchId, on_the_wire: bool, fx: &mut Fx<'_>) {
        let batch = self.accumulator.batch_mut(id);
        batch.doubtful |= on_the_wire;
        let (partition, in_retry) = (batch.partition, batch.attempts > 0);
        self.fail(id, Error::Timeout, false, fx);
        if self.transactions.enabled && in_retry {
            self.transactions.mark_unresolved(partition);
        }
        if on_the_wire {
            self.accumulator.deallocate(id);
        } else {
            self.accumulator.release(id);
        }
    }
}
