//! The KRaft controller: broker sessions, elections, and the metadata log through which everyone
//! learns of them (`QuorumController`, `ReplicationControlManager`, `ClusterControlManager`,
//! `BrokerHeartbeatManager`; reference §4.6).
//!
//! `requests` answers brokers, `election` chooses leaders and ISRs, `reassignment` moves replicas, `activation` makes a controller
//! the active one and takes that back. Who leads the quorum and what is committed is decided in
//! [`super::raft`].
//!
//! The active controller works on a state that is ahead of what is committed: it decides on top of
//! its own decisions. An answer waits until everything it rests on is committed, and a decision is
//! stated as a fact then.
//!
//! Simplified: with one controller the log is synced with every write, so a record is committed as
//! soon as it is written, and there are no no-op records.

mod activation;
mod election;
mod reassignment;
mod requests;
#[cfg(test)]
mod tests;

use super::client::NetworkEvent;
use super::error::Error;
use super::image::MetadataImage;
use super::plan::ClusterPlan;
use super::raft::{Entry, Raft};
use super::timer::{ControllerTimer, KafkaTimer};
use super::wire::{KafkaPacket, MetadataRecord, Request};
use crate::brokers::kafka::Fx;
use crate::fact::{ElectionKind, Fact, LaneId, NodeId};
use crate::kernel::{Span, Ticket, Time};
use crate::substrate::Input;
use activation::Deferred;
use std::collections::VecDeque;
use std::sync::Arc;

/// How often sessions are looked at. The real controller schedules the check for the moment the
/// oldest session ends; so does this one, this is only the upper bound.
const SESSION_CHECK: Span = Span::millis(500);

/// What the active controller remembers of a broker; lost when it restarts or another takes over.
#[derive(Clone, Copy, Debug, Default)]
struct Session {
    last_contact: Time,
    /// How far the broker has applied the metadata log.
    metadata_offset: u64,
    /// The end of the metadata log when its controlled shutdown began.
    shutdown_offset: Option<u64>,
}

/// A controller.
#[derive(Clone, Debug)]
pub struct Controller {
    plan: Arc<ClusterPlan>,
    raft: Raft,
    /// What this controller makes of the metadata log: of all of it if it is active, of what it
    /// knows to be committed if not.
    image: MetadataImage,
    /// Beside it, while it is active, the state that is committed.
    committed: Option<Box<MetadataImage>>,
    /// The epoch in which it is the active controller.
    active: Option<u32>,
    sessions: Vec<Session>,
    deferred: VecDeque<Deferred>,
    /// Decided with the records that are about to be written.
    decided: Vec<Fact>,
    /// The periodic tasks of an active controller.
    tasks: [Option<Ticket>; 4],
}

impl Controller {
    /// A controller of a cluster that is switched off.
    pub fn new(node: NodeId, plan: Arc<ClusterPlan>) -> Self {
        Controller {
            raft: Raft::new(node, plan.clone()),
            image: MetadataImage::new(&plan),
            committed: None,
            active: None,
            sessions: vec![Session::default(); plan.brokers as usize],
            deferred: VecDeque::new(),
            decided: Vec::new(),
            tasks: [None; 4],
            plan,
        }
    }

    /// Takes a plan that knows more topic settings; everything else in it is the same.
    pub fn replan(&mut self, plan: Arc<ClusterPlan>) {
        self.raft.replan(plan.clone());
        self.plan = plan;
    }

    /// The state of the cluster as far as this controller knows it to be committed.
    pub fn image(&self) -> &MetadataImage {
        self.committed.as_deref().unwrap_or(&self.image)
    }

    /// Its part in the quorum.
    pub fn raft(&self) -> &Raft {
        &self.raft
    }

    /// The epoch in which it is the active controller, by its own belief.
    pub fn active_epoch(&self) -> Option<u32> {
        self.active
    }

    /// Receives one input.
    pub fn on(&mut self, input: Input<KafkaPacket, KafkaTimer>, fx: &mut Fx<'_>) {
        match input {
            Input::Boot { boots } => self.boot(boots, fx),
            Input::Packet {
                conn, packet: KafkaPacket::Request { correlation, request }, ..
            } => match request {
                Request::Raft(request) => self.raft.request(conn, correlation, request, fx),
                request => self.handle(conn, correlation, request, fx),
            },
            Input::Packet {
                conn, packet: KafkaPacket::Response { correlation, response }, ..
            } => {
                let event = self.raft.network().received(conn, correlation, response);
                self.on_network(event, fx);
            }
            Input::Timer(KafkaTimer::Controller(timer)) => self.on_timer(timer, fx),
            Input::Timer(KafkaTimer::Network(timer)) => {
                let event = self.raft.network().timer(timer, fx);
                self.on_network(event, fx);
            }
            Input::Timer(_) => {}
            Input::Connected { conn, .. } => {
                let event = self.raft.network().connected(conn, fx);
                self.on_network(event, fx);
            }
            Input::Disconnected { conn, why, .. } => {
                self.raft.disconnected(conn, fx);
                let event = self.raft.network().disconnected(conn, why, fx);
                self.on_network(event, fx);
            }
            Input::Synced { file, upto } => self.raft.synced(file, upto, fx),
        }
        self.follow_quorum(fx);
    }

    fn on_network(&mut self, event: NetworkEvent, fx: &mut Fx<'_>) {
        self.raft.on_network(event, fx);
    }

    fn boot(&mut self, boots: u16, fx: &mut Fx<'_>) {
        self.raft.boot(boots, fx);
        self.deferred.clear();
        self.decided.clear();
        self.tasks = [None; 4];
        self.active = None;
        if self.plan.controllers > 1 {
            self.image = MetadataImage::new(&self.plan);
            self.committed = None;
        }
        self.replay(fx);
        if boots == 1 && self.raft.active_epoch().is_some() {
            for partition in self.image.partitions() {
                if !self.plan.lane(partition.lane).internal {
                    fx.state(Fact::Elected {
                        lane: partition.lane,
                        leader: partition.leader,
                        epoch: partition.leader_epoch,
                        kind: ElectionKind::First,
                    });
                }
            }
        }
        if let Some(epoch) = self.raft.active_epoch() {
            self.begin(epoch, fx);
        }
    }

    /// An orderly stop.
    pub fn shut_down(&mut self, fx: &mut Fx<'_>) {
        self.raft.shut_down(fx);
        self.follow_quorum(fx);
    }

    fn on_timer(&mut self, timer: ControllerTimer, fx: &mut Fx<'_>) {
        match timer {
            // A process that stood still may be given the turn of a task it no longer has.
            ControllerTimer::SessionCheck
            | ControllerTimer::PreferredBalance
            | ControllerTimer::UncleanScan
            | ControllerTimer::IdleInterval
                if self.active.is_none() => {}
            ControllerTimer::SessionCheck => self.check_sessions(fx),
            ControllerTimer::PreferredBalance => {
                if self.plan.broker.auto_leader_rebalance_enable {
                    self.elect_preferred_where_possible(fx);
                }
                let every = self.plan.broker.leader_imbalance_check_interval_seconds;
                self.again(every, ControllerTimer::PreferredBalance, fx);
            }
            ControllerTimer::UncleanScan => {
                self.elect_where_leaderless(fx);
                let every = self.plan.broker.unclean_leader_election_interval_ms;
                self.again(every, ControllerTimer::UncleanScan, fx);
            }
            ControllerTimer::IdleInterval => {
                self.commit(vec![MetadataRecord::NoOp], fx);
                let every = self.plan.broker.metadata_max_idle_interval_ms;
                self.again(every, ControllerTimer::IdleInterval, fx);
            }
            timer => self.raft.on_timer(timer, fx),
        }
    }

    /// Fences brokers whose session has ended, the longest silent first, one at a time.
    fn check_sessions(&mut self, fx: &mut Fx<'_>) {
        let timeout = self.plan.broker.broker_session_timeout_ms;
        let now = fx.now();
        let mut next = SESSION_CHECK;
        loop {
            let live = (0..self.plan.brokers).map(NodeId).filter(|&n| {
                let broker = self.image.broker(n);
                broker.registered && !broker.fenced
            });
            let stalest = live.min_by_key(|n| self.sessions[n.0 as usize].last_contact);
            let Some(node) = stalest else { break };
            let silent = now.since(self.sessions[node.0 as usize].last_contact);
            if silent <= timeout {
                next = next.min(timeout - silent + Span::millis(1));
                break;
            }
            self.fence(node, fx);
        }
        self.again(next, ControllerTimer::SessionCheck, fx);
    }

    // ── the metadata log ─────────────────────────────────────────────────────────────────────

    /// Appends records: they take effect here at once, and everywhere else when they are committed.
    fn commit(&mut self, records: Vec<MetadataRecord>, fx: &mut Fx<'_>) {
        if records.is_empty() {
            return;
        }
        let mut entries: Vec<Entry> = records.into_iter().map(Entry::from).collect();
        for entry in &entries {
            self.image.apply(&entry.record);
        }
        if !self.decided.is_empty() {
            entries[0].decided = Some(std::mem::take(&mut self.decided).into());
        }
        self.raft.append(entries, fx);
    }

    /// A decision of this controller. It is a fact once the records that say so are committed:
    /// with one controller that is now.
    fn decide(&mut self, fact: Fact, fx: &mut Fx<'_>) {
        if self.plan.controllers == 1 {
            fx.state(fact);
        } else {
            self.decided.push(fact);
        }
    }

    /// The same about a partition, unless the cluster keeps it for itself.
    fn state_fact(&mut self, lane: LaneId, fact: Fact, fx: &mut Fx<'_>) {
        if !self.plan.lane(lane).internal {
            self.decide(fact, fx);
        }
    }

    // ── administration ───────────────────────────────────────────────────────────────────────

    /// `kafka-leader-election --election-type preferred`.
    pub fn elect_preferred(&mut self, lane: LaneId, fx: &mut Fx<'_>) -> Result<(), Error> {
        let change = self.preferred_election(lane)?;
        self.change_partition(change, ElectionKind::Preferred, fx);
        Ok(())
    }

    /// `kafka-leader-election --election-type unclean`.
    pub fn elect_unclean(&mut self, lane: LaneId, fx: &mut Fx<'_>) -> Result<(), Error> {
        let change = self.unclean_election(lane)?;
        self.change_partition(change, ElectionKind::Unclean, fx);
        Ok(())
    }

    /// What an election asked for by the admin tool would answer now.
    pub fn would_elect(&self, lane: LaneId, unclean: bool) -> Result<(), Error> {
        let change =
            if unclean { self.unclean_election(lane) } else { self.preferred_election(lane) };
        change.map(|_| ())
    }

    /// `kafka-configs --alter`: puts one of the plan's later topic settings in force.
    pub fn alter_config(&mut self, topic: u16, version: u32, fx: &mut Fx<'_>) {
        self.commit(vec![MetadataRecord::TopicConfig { topic, version }], fx);
        // Switching unclean election on elects at once where nobody leads.
        self.elect_where_leaderless(fx);
    }
}
