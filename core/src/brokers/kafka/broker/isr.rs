//! The in-sync replica set: shrinking, expanding, and asking the controller
//! (`Partition.maybeShrinkIsr`, `AlterPartitionManager`; KIP-497; reference §3.3-§3.5).

use super::{Broker, Fx, PendingIsr, Role};
use crate::brokers::kafka::error::Error;
use crate::brokers::kafka::timer::{BrokerTimer, KafkaTimer};
use crate::brokers::kafka::wire::{
    AlterPartition, PartitionState, Request, Response, TO_CONTROLLER_CHANNEL,
};
use crate::fact::{LaneId, NodeId, NodeSet};
use crate::kernel::Span;

/// How long after a failed request the next is sent (`DefaultAlterPartitionManager`).
const RETRY: Span = Span::millis(50);

/// ISR changes to be asked for; one request is under way at a time.
#[derive(Clone, Debug, Default)]
pub(super) struct IsrChanges {
    queued: Vec<LaneId>,
    asked: Vec<LaneId>,
    in_flight: bool,
    /// A group asked for an offsets topic that does not exist yet.
    pub create_offsets_topic: bool,
}

impl IsrChanges {
    /// The connection broke: what was asked is asked again.
    pub fn lost(&mut self) {
        self.in_flight = false;
        for lane in std::mem::take(&mut self.asked) {
            self.queue(lane);
        }
    }

    /// The changes to be asked for now.
    pub fn take_queued(&mut self) -> Vec<LaneId> {
        std::mem::take(&mut self.queued)
    }

    fn queue(&mut self, lane: LaneId) {
        if !self.queued.contains(&lane) {
            self.queued.push(lane);
        }
    }
}

impl Broker {
    /// Every half `replica.lag.time.max.ms`: followers that have fallen behind are to leave.
    pub(super) fn check_isr(&mut self, fx: &mut Fx<'_>) {
        let lag_max = self.plan.broker.replica_lag_time_max_ms;
        // Kafka measures lag with the wall clock, which somebody may move.
        let now = fx.clock();
        for partition in self.partitions.iter_mut().flatten() {
            if !partition.leads() {
                continue;
            }
            partition.note_idle_fetches(&self.last_fetch_of);
            let out = partition.out_of_sync(now, lag_max);
            if out.is_empty() {
                continue;
            }
            if let Role::Leader(leadership) = &mut partition.role {
                leadership.pending = PendingIsr::Shrink(out);
                self.isr_changes.queue(partition.state.lane);
            }
        }
        self.send_isr_changes(fx);
        super::again_after(Span(lag_max.0 / 2), BrokerTimer::IsrCheck, fx);
    }

    /// A follower has fetched: it may join the ISR.
    pub(super) fn maybe_expand_isr(&mut self, lane: LaneId, follower: NodeId, fx: &mut Fx<'_>) {
        let Some(Some(partition)) = self.partitions.get_mut(lane.0 as usize) else { return };
        if !partition.may_expand(follower, &self.plan, &self.image) {
            return;
        }
        if let Role::Leader(leadership) = &mut partition.role {
            leadership.pending = PendingIsr::Expand(follower);
            self.isr_changes.queue(lane);
            self.send_isr_changes(fx);
        }
    }

    /// Sends the queued changes, if no request is under way.
    pub(super) fn send_isr_changes(&mut self, fx: &mut Fx<'_>) {
        if self.zookeeper.is_some() {
            return self.write_isr_changes(fx);
        }
        let changes = &mut self.isr_changes;
        if changes.in_flight || (changes.queued.is_empty() && !changes.create_offsets_topic) {
            return;
        }
        // While no active controller is known, the next one to be found is asked.
        let Some(controller) = self.controller_of(TO_CONTROLLER_CHANNEL) else { return };
        if !self.network.ready(controller, TO_CONTROLLER_CHANNEL, fx) {
            return;
        }
        let changes = &mut self.isr_changes;
        let mut partitions = Vec::new();
        changes.asked.clear();
        for lane in std::mem::take(&mut changes.queued) {
            let Some(Some(partition)) = self.partitions.get(lane.0 as usize) else { continue };
            let Some(leadership) = partition.leadership() else { continue };
            let isr = match leadership.pending {
                PendingIsr::None => continue,
                PendingIsr::Expand(node) => partition.state.isr.with(node),
                PendingIsr::Shrink(out) => {
                    out.iter().fold(partition.state.isr, |isr, node| isr.without(node))
                }
            };
            let epoch_of = |node: NodeId| match node == self.node {
                true => Some(self.broker_epoch),
                false => leadership.followers.iter().find(|f| f.node == node)?.broker_epoch,
            };
            changes.asked.push(lane);
            partitions.push(AlterPartition {
                lane,
                leader_epoch: partition.state.leader_epoch,
                partition_epoch: partition.state.partition_epoch,
                new_isr: isr.iter().map(|node| (node, epoch_of(node))).collect(),
            });
        }
        let request = if !partitions.is_empty() {
            Request::AlterPartition { node: self.node, broker_epoch: self.broker_epoch, partitions }
        } else if changes.create_offsets_topic {
            changes.create_offsets_topic = false;
            Request::CreateOffsetsTopic
        } else {
            return;
        };
        changes.in_flight = true;
        self.network.send(controller, TO_CONTROLLER_CHANNEL, request, true, fx);
    }

    /// The controller answered on the channel of AlterPartition and topic creation.
    pub(super) fn controller_answer(&mut self, response: Response, fx: &mut Fx<'_>) {
        self.isr_changes.in_flight = false;
        if let Response::AlterPartition { error: Error::NotController, .. }
        | Response::CreateOffsetsTopic { error: Error::NotController } = response
        {
            self.leave_controller(TO_CONTROLLER_CHANNEL);
        }
        if let Response::CreateOffsetsTopic { error: Error::NotController } = response {
            self.isr_changes.create_offsets_topic = true;
            fx.timer(RETRY, KafkaTimer::Broker(BrokerTimer::AlterPartitionRetry));
            return;
        }
        if let Response::AlterPartition { error, partitions } = response {
            if error != Error::None {
                self.isr_changes.lost();
                fx.timer(RETRY, KafkaTimer::Broker(BrokerTimer::AlterPartitionRetry));
                return;
            }
            self.isr_changes.asked.clear();
            for (lane, error, state) in partitions {
                self.isr_changed(lane, error, state, fx);
            }
        }
        self.send_isr_changes(fx);
    }

    pub(super) fn isr_changed(
        &mut self,
        lane: LaneId,
        error: Error,
        state: Option<PartitionState>,
        fx: &mut Fx<'_>,
    ) {
        let Some(Some(partition)) = self.partitions.get_mut(lane.0 as usize) else { return };
        match (error, state) {
            (Error::None, Some(state))
                if state.leader_epoch == partition.state.leader_epoch
                    && state.partition_epoch > partition.state.partition_epoch =>
            {
                partition.adopt(state);
                self.note_under_replication(lane);
                self.advance(lane, fx);
            }
            (Error::None, _) => {}
            // Back to the committed state; the normal triggers will try again.
            (Error::IneligibleReplica, _) => {
                if let Role::Leader(leadership) = &mut partition.role {
                    leadership.pending = PendingIsr::None;
                }
            }
            // The controller knows something newer: it will arrive as metadata.
            (
                Error::UnknownTopicOrPartition
                | Error::FencedLeaderEpoch
                | Error::InvalidUpdateVersion
                | Error::InvalidRequest
                | Error::NewLeaderElected,
                _,
            ) => {}
            _ => self.isr_changes.queue(lane),
        }
    }

    /// Keeps the list of partitions led here that lack replicas in their ISR.
    pub(super) fn note_under_replication(&mut self, lane: LaneId) {
        let missing = self.partition(lane).filter(|p| p.leads()).map_or(NodeSet::EMPTY, |p| {
            NodeSet::of(p.state.replicas.iter().copied().filter(|&r| !p.state.isr.contains(r)))
        });
        self.under_replicated.retain(|&(l, _)| l != lane);
        if !missing.is_empty() {
            self.under_replicated.push((lane, missing));
        }
        let missing = self.under_replicated.iter().map(|(_, missing)| *missing);
        self.missing_anywhere = missing.fold(NodeSet::EMPTY, NodeSet::union);
    }
}
