//! The produce path and its purgatory (`KafkaApis.handleProduceRequest`, `ReplicaManager
//! .appendRecords`, `DelayedProduce`; reference §1.3, §2.1-§2.3).

use super::{Broker, Fx, Waiter};
use crate::brokers::kafka::error::Error;
use crate::brokers::kafka::plan::Mutant;
use crate::brokers::kafka::record::Batch;
use crate::brokers::kafka::timer::{BrokerTimer, KafkaTimer};
use crate::brokers::kafka::wire::{ProducePartition, ProducedPartition, Response};
use crate::fact::{Fact, LaneId, SubscriptionId};
use crate::kernel::{Span, Ticket};
use std::collections::BTreeMap;

/// What waits for the high watermark.
#[derive(Clone, Debug)]
pub(super) enum Delayed {
    /// A client's acks=all produce request.
    Produce { partitions: Vec<(ProducedPartition, Option<u64>)> },
    /// A coordinator's write of committed offsets.
    OffsetCommit {
        group: SubscriptionId,
        lane: LaneId,
        offsets: Vec<(LaneId, u64, Option<u32>)>,
        required: u64,
    },
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

/// Requests that wait for the high watermark, by number.
#[derive(Clone, Debug, Default)]
pub(super) struct Purgatory {
    requests: BTreeMap<u64, DelayedRequest>,
    next: u64,
}

impl Purgatory {
    pub fn clear(&mut self) {
        self.requests.clear();
    }

    /// The connection in this slot is gone: its requests are answered to nobody.
    pub fn orphan(&mut self, slot: u32) {
        for request in self.requests.values_mut().filter(|r| r.slot == slot) {
            request.slot = u32::MAX;
        }
    }
}

impl Broker {
    pub(super) fn produce(
        &mut self,
        slot: u32,
        correlation: u32,
        acks: i16,
        timeout: Span,
        partitions: Vec<ProducePartition>,
        fx: &mut Fx<'_>,
    ) {
        let mut results = Vec::with_capacity(partitions.len());
        for ProducePartition { lane, batch } in partitions {
            let result = self.append_as_leader(lane, batch, acks == -1, fx);
            let (error, base_offset, required) = match result {
                Ok((base, end)) => (Error::None, base as i64, Some(end)),
                Err(error) => (error, -1, None),
            };
            let current_leader = (error == Error::NotLeaderOrFollower)
                .then(|| self.image.partition(lane))
                .flatten()
                .and_then(|p| Some((p.leader?, p.leader_epoch)));
            results
                .push((ProducedPartition { lane, error, base_offset, current_leader }, required));
        }
        match acks {
            0 => {
                if results.iter().any(|(r, _)| r.error != Error::None) {
                    self.hang_up(slot, fx);
                } else {
                    self.finish_unanswered(slot);
                }
            }
            -1 if results.iter().any(|(_, required)| required.is_some())
                && !self.plan.is(Mutant::AcknowledgesBeforeReplication) =>
            {
                self.delay(
                    slot,
                    correlation,
                    timeout,
                    Delayed::Produce { partitions: results },
                    fx,
                );
            }
            _ => {
                let partitions = results.into_iter().map(|(r, _)| r).collect();
                self.respond(slot, correlation, Response::Produce { partitions }, fx);
            }
        }
    }

    /// Appends a client's batch, in the order of checks of `Partition.appendRecordsToLeader`.
    /// Returns the offsets it stands at.
    pub(super) fn append_as_leader(
        &mut self,
        lane: LaneId,
        batch: Batch,
        all: bool,
        fx: &mut Fx<'_>,
    ) -> Result<(u64, u64), Error> {
        let internal = self.plan.lane(lane).internal;
        let result = self.try_append(lane, &batch, all, fx);
        match result {
            Err(error) if !internal => {
                for (_, message) in batch.messages() {
                    let error = error.name();
                    fx.state(Fact::Rejected { message, lane, node: self.node, error });
                }
            }
            _ => {}
        }
        result
    }

    fn try_append(
        &mut self,
        lane: LaneId,
        batch: &Batch,
        all: bool,
        fx: &mut Fx<'_>,
    ) -> Result<(u64, u64), Error> {
        let config = self.image.topic_config(&self.plan, lane);
        let min_isr = self.image.effective_min_isr(&self.plan, lane);
        let partition = match self.partitions.get_mut(lane.0 as usize) {
            Some(Some(partition)) => partition,
            _ if self.image.partition(lane).is_some() => return Err(Error::NotLeaderOrFollower),
            _ => return Err(Error::UnknownTopicOrPartition),
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
        partition.note_idle_fetches(&self.last_fetch_of);
        let epoch = partition.state.leader_epoch;
        let mut stored = batch.clone();
        if self.plan.is(Mutant::ForgetsSequences) {
            stored.producer = None;
        }
        let appended =
            partition.log.append_as_leader(stored, epoch, config.segment_bytes, fx.now())?;
        if !appended.duplicate {
            self.write(lane, fx)?;
        }
        let node = self.node;
        if !self.plan.lane(lane).internal {
            for (n, (_, message)) in batch.messages().enumerate() {
                let offset = appended.base_offset + n as u64;
                fx.state(if appended.duplicate {
                    Fact::Deduplicated { message, lane, node, offset }
                } else {
                    Fact::Appended { message, lane, node, offset, epoch }
                });
            }
        }
        if appended.duplicate {
            return Ok((appended.base_offset, appended.end_offset));
        }
        self.flush_if_due(lane, appended.rolled, fx);
        self.mark_watchers(lane, true);
        self.advance(lane, fx);
        Ok((appended.base_offset, appended.end_offset))
    }

    // ── purgatory ────────────────────────────────────────────────────────────────────────────

    /// Parks a request until the high watermark covers it or its time is up; answers at once if
    /// there is nothing to wait for.
    pub(super) fn delay(
        &mut self,
        slot: u32,
        correlation: u32,
        timeout: Span,
        delayed: Delayed,
        fx: &mut Fx<'_>,
    ) {
        let request = self.purgatory.next;
        self.purgatory.next += 1;
        let mut open = 0;
        let waits: &mut dyn FnMut(LaneId, u64) = &mut |lane, required| {
            let Some(Some(partition)) = self.partitions.get_mut(lane.0 as usize) else { return };
            open += 1;
            let waiter = Waiter { required, request };
            let at = partition.waiters.partition_point(|w| w.required <= required);
            partition.waiters.insert(at, waiter);
        };
        let mut lanes = Vec::with_capacity(1);
        match &delayed {
            Delayed::Produce { partitions } => {
                for (produced, required) in partitions {
                    if let Some(required) = required {
                        waits(produced.lane, *required);
                        lanes.push(produced.lane);
                    }
                }
            }
            Delayed::OffsetCommit { lane, required, .. } => {
                waits(*lane, *required);
                lanes.push(*lane);
            }
        }
        let timer = fx.timer(timeout, KafkaTimer::Broker(BrokerTimer::ProduceTimeout { request }));
        self.purgatory
            .requests
            .insert(request, DelayedRequest { slot, correlation, timer, open, delayed });
        for lane in lanes {
            self.complete_produces(lane, fx);
        }
    }

    /// Completes what the high watermark of a partition now covers.
    #[inline]
    pub(super) fn complete_produces(&mut self, lane: LaneId, fx: &mut Fx<'_>) {
        loop {
            let Some(Some(partition)) = self.partitions.get_mut(lane.0 as usize) else { return };
            let high_watermark = partition.log.high_watermark();
            let Some(&Waiter { required, request }) = partition.waiters.front() else { return };
            if required > high_watermark {
                return;
            }
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
        let Some(waiting) = self.purgatory.requests.get_mut(&request) else { return };
        if let Delayed::Produce { partitions } = &mut waiting.delayed {
            for (produced, required) in partitions.iter_mut().filter(|(p, _)| p.lane == lane) {
                *required = None;
                set_error(produced, error);
            }
        }
        waiting.open = waiting.open.saturating_sub(1);
        if waiting.open == 0
            && let Some(done) = self.purgatory.requests.remove(&request)
        {
            fx.cancel(done.timer);
            self.complete(done, error, fx);
        }
    }

    /// The time of a parked request is up: what is still open gets `REQUEST_TIMED_OUT`. The records
    /// stay in the log and may be committed later.
    pub(super) fn produce_expired(&mut self, request: u64, fx: &mut Fx<'_>) {
        let Some(mut expired) = self.purgatory.requests.remove(&request) else { return };
        let mut lanes = Vec::new();
        match &mut expired.delayed {
            Delayed::Produce { partitions } => {
                for (produced, required) in partitions {
                    if required.take().is_some() {
                        set_error(produced, Error::RequestTimedOut);
                        lanes.push(produced.lane);
                    }
                }
            }
            Delayed::OffsetCommit { lane, .. } => lanes.push(*lane),
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
            Delayed::Produce { partitions } => {
                Response::Produce { partitions: partitions.into_iter().map(|(p, _)| p).collect() }
            }
            Delayed::OffsetCommit { group, lane, offsets, .. } => {
                self.offsets_stored(group, lane, offsets, error, fx)
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
