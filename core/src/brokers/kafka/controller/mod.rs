//! The KRaft controller: the metadata log, broker sessions, elections
//! (`QuorumController`, `ReplicationControlManager`, `ClusterControlManager`,
//! `BrokerHeartbeatManager`; reference §4.6).
//!
//! `requests` answers brokers, `election` chooses leaders and ISRs.
//!
//! Simplified: a quorum of one. Its log is synced with every write, so a record is committed as
//! soon as it is written; there are no snapshots and no no-op records.

mod election;
mod requests;
#[cfg(test)]
mod tests;

use super::error::Error;
use super::image::MetadataImage;
use super::plan::ClusterPlan;
use super::timer::{ControllerTimer, KafkaTimer};
use super::wire::{KafkaPacket, MetadataRecord, Response};
use crate::fact::{ElectionKind, Fact, LaneId, NodeId};
use crate::kernel::{Span, Ticket, Time};
use crate::substrate::{ConnId, Effects, Input};
use std::sync::Arc;

type Fx<'a> = Effects<'a, KafkaPacket, KafkaTimer>;

/// How often sessions are looked at. The real controller schedules the check for the moment the
/// oldest session ends; so does this one, this is only the upper bound.
const SESSION_CHECK: Span = Span::millis(500);
/// How long a broker's fetch of the metadata log is parked (`MAX_FETCH_WAIT_MS` of the raft client).
const METADATA_WAIT: Span = Span::millis(500);

/// What the active controller remembers of a broker; lost when it restarts.
#[derive(Clone, Copy, Debug, Default)]
struct Session {
    last_contact: Time,
    /// Which boot of the broker is registered.
    incarnation: u16,
    /// How far the broker has applied the metadata log.
    metadata_offset: u64,
    /// The end of the metadata log when its controlled shutdown began.
    shutdown_offset: Option<u64>,
}

/// A broker's fetch of the metadata log that waits for news.
#[derive(Clone, Copy, Debug)]
struct ParkedFetch {
    conn: ConnId,
    correlation: u32,
    offset: u64,
    timer: Ticket,
}

/// The controller.
#[derive(Clone, Debug)]
pub struct Controller {
    plan: Arc<ClusterPlan>,
    // Durable.
    log: imbl::Vector<MetadataRecord>,
    image: MetadataImage,
    // Volatile.
    sessions: Vec<Session>,
    parked: Vec<Option<ParkedFetch>>,
}

impl Controller {
    /// The controller of a cluster that is switched off.
    pub fn new(plan: Arc<ClusterPlan>) -> Self {
        let brokers = plan.brokers as usize;
        Controller {
            log: imbl::Vector::new(),
            image: MetadataImage::new(&plan),
            sessions: vec![Session::default(); brokers],
            parked: vec![None; brokers],
            plan,
        }
    }

    /// Takes a plan that knows more topic settings; everything else in it is the same.
    pub fn replan(&mut self, plan: Arc<ClusterPlan>) {
        self.plan = plan;
    }

    /// The committed state of the cluster.
    pub fn image(&self) -> &MetadataImage {
        &self.image
    }

    /// Receives one input.
    pub fn on(&mut self, input: Input<KafkaPacket, KafkaTimer>, fx: &mut Fx<'_>) {
        match input {
            Input::Boot { boots } => self.boot(boots, fx),
            Input::Packet {
                conn, packet: KafkaPacket::Request { correlation, request }, ..
            } => {
                self.handle(conn, correlation, request, fx);
            }
            Input::Timer(KafkaTimer::Controller(timer)) => self.on_timer(timer, fx),
            Input::Disconnected { conn, .. } => {
                for parked in &mut self.parked {
                    if parked.is_some_and(|p| p.conn == conn)
                        && let Some(gone) = parked.take()
                    {
                        fx.cancel(gone.timer);
                    }
                }
            }
            _ => {}
        }
    }

    fn boot(&mut self, boots: u16, fx: &mut Fx<'_>) {
        let config = &self.plan.broker;
        let (balance, unclean) = (
            config.leader_imbalance_check_interval_seconds,
            config.unclean_leader_election_interval_ms,
        );
        if boots == 1 {
            for record in self.plan.initial_records() {
                self.image.apply(&record);
                self.log.push_back(record);
            }
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
        // A controller that takes over gives every broker a full session from now on.
        for session in &mut self.sessions {
            session.last_contact = fx.now();
            session.shutdown_offset = None;
            if boots == 1 {
                session.incarnation = 1;
            }
        }
        self.parked.fill(None);
        fx.timer(SESSION_CHECK, KafkaTimer::Controller(ControllerTimer::SessionCheck));
        fx.timer(balance, KafkaTimer::Controller(ControllerTimer::PreferredBalance));
        fx.timer(unclean, KafkaTimer::Controller(ControllerTimer::UncleanScan));
    }

    fn on_timer(&mut self, timer: ControllerTimer, fx: &mut Fx<'_>) {
        match timer {
            ControllerTimer::SessionCheck => self.check_sessions(fx),
            ControllerTimer::PreferredBalance => {
                if self.plan.broker.auto_leader_rebalance_enable {
                    self.elect_preferred_where_possible(fx);
                }
                let every = self.plan.broker.leader_imbalance_check_interval_seconds;
                fx.timer(every, KafkaTimer::Controller(ControllerTimer::PreferredBalance));
            }
            ControllerTimer::UncleanScan => {
                self.elect_where_leaderless(fx);
                let every = self.plan.broker.unclean_leader_election_interval_ms;
                fx.timer(every, KafkaTimer::Controller(ControllerTimer::UncleanScan));
            }
            ControllerTimer::MetadataWait { node } => {
                if let Some(parked) = self.parked[node.0 as usize].take() {
                    self.send_metadata(parked.conn, parked.correlation, parked.offset, fx);
                }
            }
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
        fx.timer(next, KafkaTimer::Controller(ControllerTimer::SessionCheck));
    }

    // ── the metadata log ─────────────────────────────────────────────────────────────────────

    /// Appends records, which commits them, and tells every broker that waits.
    fn commit(&mut self, records: Vec<MetadataRecord>, fx: &mut Fx<'_>) {
        if records.is_empty() {
            return;
        }
        for record in records {
            self.image.apply(&record);
            self.log.push_back(record);
        }
        for node in 0..self.parked.len() {
            if let Some(parked) = self.parked[node].take() {
                fx.cancel(parked.timer);
                self.send_metadata(parked.conn, parked.correlation, parked.offset, fx);
            }
        }
    }

    fn send_metadata(&self, conn: ConnId, correlation: u32, first: u64, fx: &mut Fx<'_>) {
        let records: Arc<[MetadataRecord]> = match usize::try_from(first) {
            Ok(from) if from < self.log.len() => self.log.iter().skip(from).cloned().collect(),
            _ => Arc::from([]),
        };
        let response = Response::FetchMetadata { first, records };
        fx.send(conn, KafkaPacket::Response { correlation, response });
    }

    /// What partition states of these lanes are now, as answers carry them.
    fn state_fact(&self, lane: LaneId, fact: Fact, fx: &mut Fx<'_>) {
        if !self.plan.lane(lane).internal {
            fx.state(fact);
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
