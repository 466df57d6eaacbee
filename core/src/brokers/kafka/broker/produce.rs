//! The produce path and its purgatory (`KafkaApis.handleProduceRequest`, `ReplicaManager
//! .appendRecords`, `DelayedProduce`; reference §1.3, §2.1-§2.3).

use super::partition::partition_mut;
use super::{Broker, Fx, Waiter};
use crate::brokers::kafka::cost;
use crate::brokers::kafka::error::Error;
use crate::brokers::kafka::log::{Appended, SegmentLimits};
use crate::brokers::kafka::plan::Mutant;
use crate::brokers::kafka::record::Batch;
use crate::brokers::kafka::settings::TopicCodec;
use crate::brokers::kafka::timer::{BrokerTimer, KafkaTimer};
use crate::brokers::kafka::wire::{ProducePartition, ProducedPartition, Response};
use crate::fact::{Fact, LaneId, SubscriptionId};
use crate::kernel::{Span, Ticket};
use smallvec::SmallVec;
use std::collections::VecDeque;

/// What waits for the high watermark.
#[derive(Clone, Debug)]
pub(super) enum Delayed {
    /// A client's acks=all produce request. What is still waited for says `REQUEST_TIMED_OUT`
    /// until it is known better.
    Produce { partitions: SmallVec<[ProducedPartition; 1]> },
    /// A coordinator's write of committed offsets.
    OffsetCommit { group: SubscriptionId, lane: LaneId, offsets: Vec<(LaneId, u64, Option<u32>)> },
    /// A coordinator's write of a group; `number` is the group's own for it.
    Group { group: SubscriptionId, lane: LaneId, number: u32 },
}

#[derive(Clone, Debug)]
pub(super) struct DelayedRequest {
    pub slot: u32,
    pub correlation: u32,
    timer: Ticket,
    /// How many partitions are still waited for.
    open: u32,
    pub delayed: Delayed,
}

/// Requests that wait for the high watermark, by number. They end about in the order in which they
/// came, so they stand in a queue with gaps.
#[derive(Clone, Debug, Default)]
pub(super) struct Purgatory {
    requests: VecDeque<Option<DelayedRequest>>,
    /// The number of the first in the queue.
    first: u64,
    /// The list of what a request waits for, to be used again.
    waits: Vec<(LaneId, u64)>,
}

impl Purgatory {
    pub fn clear(&mut self) {
        self.first = self.next();
        self.requests.clear();
    }

    /// The connection in this slot is gone: its requests are answered to nobody.
    pub fn orphan(&mut self, slot: u32) {
        for request in self.requests.iter_mut().flatten().filter(|r| r.slot == slot) {
            request.slot = u32::MAX;
        }
    }

    /// The number of the next request.
    fn next(&self) -> u64 {
        self.first + self.requests.len() as u64
    }

    fn get_mut(&mut self, request: u64) -> Option<&mut DelayedRequest> {
        let at = request.checked_sub(self.first)?;
        self.requests.get_mut(at as usize)?.as_mut()
    }

    fn remove(&mut self, request: u64) -> Option<DelayedRequest> {
        let at = request.checked_sub(self.first)?;
        let removed = self.requests.get_mut(at as usize)?.take();
        while let Some(None) = self.requests.front() {
            self.requests.pop_front();
            self.first += 1;
        }
        removed
    }
}

impl Broker {
    pub(super) fn produce(
        &mut self,
        slot: u32,
        correlation: u32,
        acks: i16,
        timeout: Span,
        partitions: SmallVec<[ProducePartition; 1]>,
        fx: &mut Fx<'_>,
    ) {
        let all = acks == -1;
        let waits_for_replicas = all && !self.plan.is(Mutant::AcknowledgesBeforeReplication);
        let mut produced = SmallVec::with_capacity(partitions.len());
        let mut waits = std::mem::take(&mut self.purgatory.waits);
        for ProducePartition { lane, batch } in partitions {
            let result = self.append_as_leader(lane, batch, all, fx);
            let (error, base_offset) = match result {
                Ok((base, end)) if waits_for_replicas => {
                    waits.push((lane, end));
                    (Error::RequestTimedOut, base as i64)
                }
                Ok((base, _)) => (Error::None, base as i64),
                Err(error) => (error, -1),
            };
            let current_leader = (error == Error::NotLeaderOrFollower)
                .then(|| self.image.partition(lane))
                .flatten()
                .and_then(|p| Some((p.leader?, p.leader_epoch)));
            produced.push(ProducedPartition { lane, error, base_offset, current_leader });
        }
        if !waits.is_empty() {
            let delayed = Delayed::Produce { partitions: produced };
            self.delay(slot, correlation, timeout, delayed, &waits, fx);
        } else if acks != 0 {
            self.respond(slot, correlation, Response::Produce { partitions: produced }, fx);
        } else if produced.iter().any(|p| p.error != Error::None) {
            self.hang_up(slot, fx);
        } else {
            self.finish_unanswered(slot);
        }
        waits.clear();
        self.purgatory.waits = waits;
    }

    /// Appends a client's batch, in the order of checks of `Partition.appendRecordsToLeader`.
    /// Returns the offsets it stands at.
    pub(super) fn append_as_leader(
        &mut self,
        lane: LaneId,
        mut batch: Batch,
        all: bool,
        fx: &mut Fx<'_>,
    ) -> Result<(u64, u64), Error> {
        if self.plan.is(Mutant::ForgetsSequences) {
            batch.forget_producer();
        }
        match self.check_append(lane, &batch, all) {
            Ok(None) => {
                let topic = self.image.topic_config(&self.plan, lane).compression_type;
                if topic != TopicCodec::Producer {
                    self.store_as(&mut batch, topic, fx);
                }
                self.append_checked(lane, batch, fx)
            }
            Ok(Some(duplicate)) => {
                for (n, (_, message)) in batch.messages().enumerate() {
                    let offset = duplicate.base_offset + n as u64;
                    let node = self.node;
                    self.state_of(lane, Fact::Deduplicated { message, lane, node, offset }, fx);
                }
                Ok((duplicate.base_offset, duplicate.end_offset))
            }
            Err(error) => {
                self.rejected(lane, &batch, error, fx);
                Err(error)
            }
        }
    }

    /// Packs a batch as the topic wants it stored (`LogValidator.validateMessagesAndAssignOffsets`).
    #[cold]
    fn store_as(&self, batch: &mut Batch, topic: TopicCodec, fx: &mut Fx<'_>) {
        let codec = topic.stored(batch.codec);
        if codec != batch.codec {
            fx.spend(cost::recompress(batch, codec));
            batch.recompress(codec);
        }
    }

    fn rejected(&self, lane: LaneId, batch: &Batch, error: Error, fx: &mut Fx<'_>) {
        for (_, message) in batch.messages() {
            let (node, error) = (self.node, error.name());
            self.state_of(lane, Fact::Rejected { message, lane, node, error }, fx);
        }
    }

    /// Whether a batch may be appended; what its first append came to if it already was.
    #[inline]
    fn check_append(
        &self,
        lane: LaneId,
        batch: &Batch,
        all: bool,
    ) -> Result<Option<Appended>, Error> {
        let config = self.image.topic_config(&self.plan, lane);
        let min_isr = self.image.effective_min_isr(&self.plan, lane);
        let partition = match self.partition(lane) {
            Some(partition) => partition,
            None if self.image.partition(lane).is_some() => return Err(Error::NotLeaderOrFollower),
            None => return Err(Error::UnknownTopicOrPartition),
        };
        if !partition.leads() {
            return Err(Error::NotLeaderOrFollower);
        }
        let ignores = self.plan.is(Mutant::IgnoresMinInsyncReplicas);
        if all && partition.state.isr.len() < min_isr && !ignores {
            return Err(Error::NotEnoughReplicas);
        }
        if u64::from(batch.bytes) > config.max_message_bytes {
            return Err(Error::MessageTooLarge);
        }
        let internal = self.plan.lane(lane).internal;
        if config.cleanup_policy.compacts()
            && !internal
            && batch.records.iter().any(|r| r.key.is_none())
        {
            return Err(Error::InvalidRecord);
        }
        partition.log.check(batch, config.segment_bytes)
    }

    #[inline]
    fn append_checked(
        &mut self,
        lane: LaneId,
        batch: Batch,
        fx: &mut Fx<'_>,
    ) -> Result<(u64, u64), Error> {
        let limits = SegmentLimits::of(self.image.topic_config(&self.plan, lane));
        let Some(partition) = partition_mut(&mut self.partitions, lane) else {
            return Err(Error::UnknownTopicOrPartition);
        };
        if let Some(machine) = fx.machine() {
            fx.spend(cost::append(&batch, &machine));
        }
        self.changed = true;
        partition.note_idle_fetches(&self.last_fetch_of);
        let epoch = partition.state.leader_epoch;
        let appended = partition.log.append_checked(batch, epoch, limits);
        let written = self.write(lane, fx);
        let Some(batch) = self.partition(lane).and_then(|p| p.log.last_batch()) else {
            return Err(Error::UnknownTopicOrPartition);
        };
        if let Err(error) = written {
            self.rejected(lane, batch, error, fx);
            return Err(error);
        }
        if !self.plan.lane(lane).internal {
            let node = self.node;
            for (offset, message) in batch.messages() {
                fx.state(Fact::Appended { message, lane, node, offset, epoch });
            }
        }
        self.flush_if_due(lane, appended.rolled, fx);
        self.mark_watchers(lane, true);
        self.advance(lane, fx);
        Ok((appended.base_offset, appended.end_offset))
    }

    // ── purgatory ────────────────────────────────────────────────────────────────────────────

    /// Parks a request until the high watermarks of `waits` cover these offsets or its time is up;
    /// answers at once if they do already.
    pub(super) fn delay(
        &mut self,
        slot: u32,
        correlation: u32,
        timeout: Span,
        delayed: Delayed,
        waits: &[(LaneId, u64)],
        fx: &mut Fx<'_>,
    ) {
        let request = self.purgatory.next();
        let mut open = 0;
        for &(lane, required) in waits {
            let Some(Some(partition)) = self.partitions.get_mut(lane.0 as usize) else { continue };
            open += 1;
            partition.wait(Waiter { required, request });
        }
        let timer = fx.timer(timeout, KafkaTimer::Broker(BrokerTimer::ProduceTimeout { request }));
        self.purgatory.requests.push_back(Some(DelayedRequest {
            slot,
            correlation,
            timer,
            open,
            delayed,
        }));
        for &(lane, _) in waits {
            self.complete_produces(lane, fx);
        }
    }

    /// Completes what the high watermark of a partition now covers.
    #[inline]
    pub(super) fn complete_produces(&mut self, lane: LaneId, fx: &mut Fx<'_>) {
        loop {
            let Some(partition) = self.partition(lane) else { return };
            let high_watermark = partition.log.high_watermark();
            let Some(&Waiter { required, request }) = partition.waiters.front() else { return };
            if required > high_watermark {
                return;
            }
            let Some(partition) = partition_mut(&mut self.partitions, lane) else { return };
            partition.waiters.pop_front();
            let enough =
                partition.maximal_isr().len() >= self.image.effective_min_isr(&self.plan, lane);
            let error = if enough { Error::None } else { Error::NotEnoughReplicasAfterAppend };
            self.settle_partition(request, lane, error, fx);
        }
    }

    /// Fails everything that waits on a partition this broker no longer leads
    /// (`completeDelayedOperationsWhenNotPartitionLeader`).
    pub(super) fn fail_waiters(&mut self, lane: LaneId, fx: &mut Fx<'_>) {
        let Some(Some(partition)) = self.partitions.get_mut(lane.0 as usize) else { return };
        for waiter in std::mem::take(&mut partition.waiters) {
            self.settle_partition(waiter.request, lane, Error::NotLeaderOrFollower, fx);
        }
    }

    fn settle_partition(&mut self, request: u64, lane: LaneId, error: Error, fx: &mut Fx<'_>) {
        let Some(waiting) = self.purgatory.get_mut(request) else { return };
        if let Delayed::Produce { partitions } = &mut waiting.delayed {
            for produced in partitions.iter_mut().filter(|p| p.lane == lane) {
                set_error(produced, error);
            }
        }
        waiting.open = waiting.open.saturating_sub(1);
        if waiting.open == 0
            && let Some(done) = self.purgatory.remove(request)
        {
            fx.cancel(done.timer);
            self.complete(done, error, fx);
        }
    }

    /// The time of a parked request is up: what is still open gets `REQUEST_TIMED_OUT`. The records
    /// stay in the log and may be committed later.
    pub(super) fn produce_expired(&mut self, request: u64, fx: &mut Fx<'_>) {
        let Some(mut expired) = self.purgatory.remove(request) else { return };
        let mut lanes = Vec::new();
        match &mut expired.delayed {
            Delayed::Produce { partitions } => {
                for produced in partitions.iter_mut() {
                    if produced.error == Error::RequestTimedOut {
                        set_error(produced, Error::RequestTimedOut);
                        lanes.push(produced.lane);
                    }
                }
            }
            Delayed::OffsetCommit { lane, .. } | Delayed::Group { lane, .. } => lanes.push(*lane),
        }
        for lane in lanes {
            if let Some(Some(partition)) = self.partitions.get_mut(lane.0 as usize) {
                partition.waiters.retain(|w| w.request != request);
            }
        }
        self.complete(expired, Error::RequestTimedOut, fx);
    }

    fn complete(&mut self, done: DelayedRequest, error: Error, fx: &mut Fx<'_>) {
        let DelayedRequest { slot, correlation, delayed, .. } = done;
        let response = match delayed {
            Delayed::Produce { partitions } => Response::Produce { partitions },
            Delayed::OffsetCommit { group, lane, offsets, .. } => {
                self.offsets_stored(group, lane, offsets, error, fx)
            }
            Delayed::Group { group, number, .. } => {
                return self.group_stored(group, number, error, fx);
            }
        };
        self.respond(slot, correlation, response, fx);
    }
}

fn set_error(produced: &mut ProducedPartition, error: Error) {
    produced.error = error;
    if error != Error::None {
        produced.base_offset = -1;
    }
}
