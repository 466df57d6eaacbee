//! What brokers ask of the controller: registration, heartbeats, metadata, AlterPartition, topics.

use super::{Controller, Fx, Session};
use crate::brokers::kafka::error::Error;
use crate::brokers::kafka::wire::{
    AlterPartition, BrokerHeartbeat, KafkaPacket, MetadataRecord, PartitionState, Request, Response,
};
use crate::fact::{Fact, LaneId, NodeId, NodeSet};
use crate::substrate::ConnId;

impl Controller {
    pub(super) fn handle(
        &mut self,
        conn: ConnId,
        correlation: u32,
        request: Request,
        fx: &mut Fx<'_>,
    ) {
        if self.active.is_none() {
            return refuse(conn, correlation, &request, fx);
        }
        let response = match request {
            Request::BrokerRegistration { node, incarnation, previous_broker_epoch } => {
                self.register(node, incarnation, previous_broker_epoch, fx)
            }
            Request::BrokerHeartbeat(heartbeat) => self.heartbeat(&heartbeat, fx),
            Request::AlterPartition { node, broker_epoch, partitions } => {
                self.alter_partitions(node, broker_epoch, &partitions, fx)
            }
            Request::CreateOffsetsTopic => self.create_offsets_topic(fx),
            // Clients never talk to the controller.
            _ => return,
        };
        self.respond(conn, correlation, response, fx);
    }

    fn is_known(&self, node: NodeId) -> bool {
        node.0 < self.plan.brokers
    }

    /// A broker (re)starts. While an earlier incarnation's session lives, the new one must wait.
    /// One that cannot name the epoch of its last registration has not closed its logs.
    fn register(
        &mut self,
        node: NodeId,
        incarnation: u16,
        previous_broker_epoch: Option<u64>,
        fx: &mut Fx<'_>,
    ) -> Response {
        let refuse = |error| Response::BrokerRegistration { error, broker_epoch: 0 };
        if !self.is_known(node) {
            return refuse(Error::BrokerIdNotRegistered);
        }
        let broker = self.image.broker(node);
        let session = self.sessions[node.0 as usize];
        let timeout = self.plan.broker.broker_session_timeout_ms;
        let live =
            broker.registered && !broker.fenced && fx.now().since(session.last_contact) <= timeout;
        if live && broker.incarnation != incarnation {
            return refuse(Error::DuplicateBrokerRegistration);
        }
        if broker.registered && !broker.fenced && broker.incarnation != incarnation {
            self.fence(node, fx);
        }
        let clean = !broker.registered || previous_broker_epoch == Some(broker.epoch);
        if !clean && broker.incarnation != incarnation {
            let changes = self.after_unclean_shutdown(node);
            self.commit_changes(changes, None, fx);
        }
        let broker_epoch = self.image.offset;
        self.sessions[node.0 as usize] =
            Session { last_contact: fx.now(), metadata_offset: 0, shutdown_offset: None };
        self.decide(Fact::Registered { node, epoch: broker_epoch }, fx);
        self.commit(vec![MetadataRecord::RegisterBroker { node, broker_epoch, incarnation }], fx);
        Response::BrokerRegistration { error: Error::None, broker_epoch }
    }

    /// The transitions of `BrokerHeartbeatManager.calculateNextBrokerState`.
    fn heartbeat(&mut self, heartbeat: &BrokerHeartbeat, fx: &mut Fx<'_>) -> Response {
        let node = heartbeat.node;
        let answer = |error, is_fenced, should_shut_down| Response::BrokerHeartbeat {
            error,
            is_fenced,
            should_shut_down,
        };
        let broker = self.image.broker(node);
        if !self.is_known(node) || !broker.registered {
            return answer(Error::BrokerIdNotRegistered, true, false);
        }
        if broker.epoch != heartbeat.broker_epoch {
            return answer(Error::StaleBrokerEpoch, true, false);
        }
        let session = &mut self.sessions[node.0 as usize];
        session.last_contact = fx.now();
        session.metadata_offset = heartbeat.metadata_offset;
        if broker.fenced {
            if heartbeat.want_shut_down {
                return answer(Error::None, true, true);
            }
            if heartbeat.want_fence || heartbeat.metadata_offset <= broker.epoch {
                return answer(Error::None, true, false);
            }
            self.unfence(node, fx);
            return answer(Error::None, false, false);
        }
        if heartbeat.want_fence {
            self.fence(node, fx);
            return answer(Error::None, true, heartbeat.want_shut_down);
        }
        if heartbeat.want_shut_down {
            let done = self.controlled_shutdown(node, fx);
            return answer(Error::None, false, done);
        }
        answer(Error::None, false, false)
    }

    /// Whether a broker that wants to shut down may: it leads nothing, and every active broker has
    /// heard of it.
    fn controlled_shutdown(&mut self, node: NodeId, fx: &mut Fx<'_>) -> bool {
        if !self.image.broker(node).in_controlled_shutdown {
            self.begin_controlled_shutdown(node, fx);
            self.sessions[node.0 as usize].shutdown_offset = Some(self.image.offset);
        }
        let leads = self.image.partitions().any(|p| p.leader == Some(node));
        let from = self.sessions[node.0 as usize].shutdown_offset.unwrap_or(0);
        let lowest = self
            .image
            .brokers()
            .filter(|(n, b)| *n != node && b.registered && !b.fenced)
            .map(|(n, _)| self.sessions[n.0 as usize].metadata_offset)
            .min();
        let done = !leads && lowest.is_none_or(|lowest| from <= lowest);
        if done {
            // Its heartbeats end: the controller does not wait for its session to.
            self.fence(node, fx);
        }
        done
    }

    // ── AlterPartition ───────────────────────────────────────────────────────────────────────

    fn alter_partitions(
        &mut self,
        node: NodeId,
        broker_epoch: u64,
        changes: &[AlterPartition],
        fx: &mut Fx<'_>,
    ) -> Response {
        let mut partitions = Vec::with_capacity(changes.len());
        if self.image.broker(node).epoch != broker_epoch {
            return Response::AlterPartition { error: Error::StaleBrokerEpoch, partitions };
        }
        let mut records = Vec::new();
        for change in changes {
            let result = self.validate(node, change);
            partitions.push(match result {
                Ok(next) => {
                    let change = self.completed(next);
                    self.state_change(&change, fx);
                    let next = change.0;
                    records.push(MetadataRecord::Partition(next.clone()));
                    let same_epoch = self
                        .image
                        .partition(next.lane)
                        .is_some_and(|old| old.leader_epoch == next.leader_epoch);
                    match same_epoch {
                        true => (next.lane, Error::None, Some(next)),
                        // A reassignment is over: the leader of the new epoch learns it from the
                        // metadata, as everybody does.
                        false => (next.lane, Error::NewLeaderElected, None),
                    }
                }
                Err(error) => (change.lane, error, None),
            });
        }
        self.commit(records, fx);
        Response::AlterPartition { error: Error::None, partitions }
    }

    /// The checks of `ReplicationControlManager.validateAlterPartitionData`, in their order.
    pub(super) fn validate(
        &self,
        node: NodeId,
        change: &AlterPartition,
    ) -> Result<PartitionState, Error> {
        let current = self.image.partition(change.lane).ok_or(Error::UnknownTopicOrPartition)?;
        if change.leader_epoch > current.leader_epoch
            || change.partition_epoch > current.partition_epoch
        {
            return Err(Error::NotController);
        }
        if change.leader_epoch < current.leader_epoch {
            return Err(Error::FencedLeaderEpoch);
        }
        if current.leader != Some(node) {
            return Err(Error::InvalidRequest);
        }
        if change.partition_epoch < current.partition_epoch {
            return Err(Error::InvalidUpdateVersion);
        }
        let isr = NodeSet::of(change.new_isr.iter().map(|m| m.0));
        if !change.new_isr.iter().all(|m| current.replicas.contains(&m.0)) || !isr.contains(node) {
            return Err(Error::InvalidRequest);
        }
        let eligible = change.new_isr.iter().all(|&(member, epoch)| {
            let broker = self.image.broker(member);
            broker.is_active() && epoch.is_none_or(|e| e == broker.epoch)
        });
        if !eligible {
            return Err(Error::IneligibleReplica);
        }
        let mut next = current.clone();
        next.isr = isr;
        self.populate_elr(current, &mut next, NodeSet::EMPTY);
        next.partition_epoch += 1;
        next.recovering = false;
        Ok(next)
    }

    // ── topics ───────────────────────────────────────────────────────────────────────────────

    /// Creates `__consumer_offsets`, if there are enough live brokers for its replicas.
    fn create_offsets_topic(&mut self, fx: &mut Fx<'_>) -> Response {
        let answer = |error| Response::CreateOffsetsTopic { error };
        let Some(topic) = self.plan.topics.last() else { return answer(Error::None) };
        let first = topic.first_lane.0;
        if self.image.partition(LaneId(first)).is_some() {
            return answer(Error::None);
        }
        let live = self.image.brokers().filter(|(_, b)| b.is_active()).count();
        if live < self.plan.broker.offsets_topic_replication_factor as usize {
            // INVALID_REPLICATION_FACTOR: the topic stays missing and groups find no coordinator.
            return answer(Error::InvalidRequest);
        }
        let records = (first..first + topic.partitions)
            .map(|lane| {
                let mut state = self.plan.new_partition(LaneId(lane));
                state.isr = NodeSet::of(
                    state.replicas.iter().copied().filter(|&r| self.image.broker(r).is_active()),
                );
                state.leader = state.replicas.iter().copied().find(|&r| state.isr.contains(r));
                MetadataRecord::Partition(state)
            })
            .collect();
        self.commit(records, fx);
        answer(Error::None)
    }
}

/// What a controller answers that is not the active one.
fn refuse(conn: ConnId, correlation: u32, request: &Request, fx: &mut Fx<'_>) {
    let error = Error::NotController;
    let response = match request {
        Request::BrokerRegistration { .. } => {
            Response::BrokerRegistration { error, broker_epoch: 0 }
        }
        Request::BrokerHeartbeat(_) => {
            Response::BrokerHeartbeat { error, is_fenced: true, should_shut_down: false }
        }
        Request::AlterPartition { .. } => {
            Response::AlterPartition { error, partitions: Vec::new() }
        }
        Request::CreateOffsetsTopic => Response::CreateOffsetsTopic { error },
        _ => return,
    };
    fx.send(conn, KafkaPacket::Response { correlation, response });
}
