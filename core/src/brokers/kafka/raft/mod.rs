//! The controllers' quorum: elections and the replicated metadata log (`KafkaRaftClient`,
//! `QuorumState`, `LeaderState`, `FollowerState`, `CandidateState`; KIP-595, KIP-996; reference
//! §4.7).
//!
//! [`Raft`] is the part of a controller that speaks to the other controllers. `election` has votes
//! and timers, `replication` fetches, truncation and the high watermark. The rules that any Raft
//! has stand in [`crate::raft`].
//!
//! A quorum of one has nobody to ask: it leads from the start, and what it writes is committed.
//!
//! Simplified: voters are those of the file (`controller.quorum.voters`), there is no
//! reconfiguration (KIP-853) and no snapshot; a response carries everything that is asked for;
//! appending takes no processor time.

mod election;
#[cfg(test)]
mod fixture;
mod replication;
#[cfg(test)]
mod sweep;
#[cfg(test)]
mod tests;
mod wire;

pub use wire::{Entry, RaftAnswer, RaftRequest, RaftResponse};

use super::client::{ConnectionConfig, NetworkClient, NetworkEvent};
use super::error::Error;
use super::plan::{ClusterPlan, Mutant};
use super::timer::{ControllerTimer, KafkaTimer};
use super::wire::{KafkaPacket, QUORUM_CHANNEL, Request, Response};
use crate::brokers::kafka::Fx;
use crate::fact::{NodeId, NodeSet, Outage};
use crate::kernel::{Span, Ticket, Time, subject};
use crate::raft::{Ballot, ReplicatedLog, Tally};
use crate::substrate::{ConnId, FileId};
use std::sync::Arc;

/// The metadata log (`__cluster_metadata-0`), in records.
pub const METADATA_LOG: FileId = FileId(0);
/// The file `quorum-state`, in versions.
const QUORUM_STATE: FileId = FileId(1);
/// How long a fetch of the metadata log is parked (`MAX_FETCH_WAIT_MS`).
const FETCH_WAIT: Span = Span::millis(500);
/// How long a leader that shuts down waits for a successor.
const SHUTDOWN_WAIT: Span = Span::secs(5);

/// What a controller is to its quorum (`EpochState`).
#[derive(Clone, Debug)]
pub enum Role {
    /// It knows the epoch and no leader of it; it may have voted.
    Unattached,
    /// It asks whether it would be elected, before it disturbs anybody (KIP-996).
    Prospective {
        /// What it was told.
        tally: Tally,
    },
    /// It stands for election.
    Candidate {
        /// The votes so far.
        tally: Tally,
        /// How many elections in a row it has stood for.
        retries: u32,
        /// It has lost this one and waits before the next.
        backing_off: bool,
    },
    /// It fetches from the leader.
    Follower {
        /// The leader has answered a fetch since.
        has_fetched: bool,
    },
    /// It leads.
    Leader(Leadership),
    /// It led this epoch, and never will again.
    Resigned {
        /// Who should follow, the best first.
        successors: Arc<[NodeId]>,
        /// Who has been told.
        told: NodeSet,
    },
}

impl Role {
    /// A word for it.
    pub fn word(&self) -> &'static str {
        match self {
            Role::Unattached => "unattached",
            Role::Prospective { .. } => "prospective",
            Role::Candidate { .. } => "candidate",
            Role::Follower { .. } => "voter",
            Role::Leader(_) => "leader",
            Role::Resigned { .. } => "resigned",
        }
    }
}

/// What a leader knows of the quorum (`LeaderState`).
#[derive(Clone, Debug)]
pub struct Leadership {
    /// The offset of this epoch's first record, its LeaderChange.
    pub epoch_start: u64,
    /// Every other voter.
    followers: Vec<Follower>,
    /// Who has fetched since check-quorum last counted.
    fetched: NodeSet,
    /// Whether the high watermark has been found in this epoch.
    knows_high_watermark: bool,
}

/// What a leader knows of another voter.
#[derive(Clone, Copy, Debug)]
struct Follower {
    node: NodeId,
    /// The end of its log, as its last fetch said.
    end: u64,
    last_fetch: Option<Time>,
    /// It is to be told who leads.
    needs_begin: bool,
}

/// A fetch that waits for news.
#[derive(Clone, Copy, Debug)]
struct ParkedFetch {
    conn: ConnId,
    correlation: u32,
    offset: u64,
    timer: Ticket,
}

/// A voter.
#[derive(Clone, Debug)]
pub struct Raft {
    node: NodeId,
    plan: Arc<ClusterPlan>,
    /// Stable hash of this node's name, for random time-outs.
    subject: u64,

    // Durable: what the disk holds.
    log: ReplicatedLog<Entry>,
    stored: Ballot,
    versions: u64,

    // Volatile: forgotten at boot.
    ballot: Ballot,
    role: Role,
    high_watermark: u64,
    /// Everything before it is on disk.
    flushed: u64,
    /// Records that wait for `controller.quorum.append.linger.ms`.
    accumulator: Vec<Entry>,
    network: NetworkClient,
    parked: Vec<Option<ParkedFetch>>,
    /// The last answer to a fetch that brought no records: most fetches of an idle cluster get it.
    nothing_new: Option<Arc<RaftResponse>>,
    /// The one timer of the present role: until it stands for election, or resigns.
    state_timer: Option<Ticket>,
    /// How often that timer was set.
    generation: u32,
    /// When the election timer fires or would have fired; a later epoch inherits it.
    election_deadline: Time,
    begin_timer: Option<Ticket>,
    linger_timer: Option<Ticket>,
    stopping: bool,
    /// Random time-outs drawn so far.
    draws: u64,
}

impl Raft {
    /// A voter that is switched off.
    pub fn new(node: NodeId, plan: Arc<ClusterPlan>) -> Self {
        let connections = ConnectionConfig {
            reconnect_backoff: Span::millis(50),
            reconnect_backoff_max: Span::millis(500),
            setup_timeout: Span::secs(10),
            request_timeout: plan.broker.controller_quorum_request_timeout_ms,
        };
        let name = plan.names.get(node.0 as usize).map_or("", String::as_str);
        Raft {
            node,
            subject: subject(["quorum", name]),
            log: ReplicatedLog::default(),
            stored: Ballot::default(),
            versions: 0,
            ballot: Ballot::default(),
            role: Role::Unattached,
            high_watermark: 0,
            flushed: 0,
            accumulator: Vec::new(),
            network: NetworkClient::new(connections, subject(["quorum network", name])),
            parked: vec![None; (plan.brokers + plan.controllers) as usize],
            nothing_new: None,
            state_timer: None,
            generation: 0,
            election_deadline: Time::ZERO,
            begin_timer: None,
            linger_timer: None,
            stopping: false,
            draws: 0,
            plan,
        }
    }

    /// Takes a plan that knows more topic settings; everything else in it is the same.
    pub fn replan(&mut self, plan: Arc<ClusterPlan>) {
        self.plan = plan;
    }

    // ── what the controller, screens and probes may see ──────────────────────────────────────

    /// What this controller is to its quorum.
    pub fn role(&self) -> &Role {
        &self.role
    }

    /// The newest epoch it has heard of, its vote, the leader it knows.
    pub fn ballot(&self) -> Ballot {
        self.ballot
    }

    /// The metadata log.
    pub fn log(&self) -> &ReplicatedLog<Entry> {
        &self.log
    }

    /// The offset up to which it knows records to be committed.
    pub fn high_watermark(&self) -> u64 {
        self.high_watermark
    }

    /// The offset the next record will get.
    pub fn next_offset(&self) -> u64 {
        self.log.end_offset() + self.accumulator.len() as u64
    }

    /// The epoch it leads, once everything that came before is known to be committed: from then on
    /// its state is complete and it may act.
    pub fn active_epoch(&self) -> Option<u32> {
        match &self.role {
            Role::Leader(leading) if self.high_watermark > leading.epoch_start => {
                Some(self.ballot.epoch)
            }
            Role::Leader(_) if self.is_alone() => Some(self.ballot.epoch),
            _ => None,
        }
    }

    fn is_alone(&self) -> bool {
        self.plan.controllers == 1
    }

    fn others(&self) -> impl Iterator<Item = NodeId> + use<> {
        let node = self.node;
        self.plan.voters().filter(move |&n| n != node)
    }

    fn voter_count(&self) -> usize {
        self.plan.controllers as usize
    }

    // ── boot ─────────────────────────────────────────────────────────────────────────────────

    /// The process starts. The first boot finds the quorum formed: the first controller leads
    /// epoch 1, and everyone has what was written so far.
    pub fn boot(&mut self, boots: u16, fx: &mut Fx<'_>) {
        self.network.reset();
        self.parked.fill(None);
        self.accumulator.clear();
        self.state_timer = None;
        self.begin_timer = None;
        self.linger_timer = None;
        self.stopping = false;
        if boots == 1 {
            self.form(fx);
        } else if !self.is_alone() {
            self.initialize(fx);
        }
    }

    fn form(&mut self, fx: &mut Fx<'_>) {
        let first = self.plan.controller;
        for record in self.plan.initial_records() {
            self.log.append(1, record.into());
        }
        self.ballot = Ballot { epoch: 1, voted: None, leader: Some(first) };
        self.stored = self.ballot;
        self.high_watermark = self.log.end_offset();
        self.flushed = self.log.end_offset();
        if self.is_alone() {
            self.role = Role::Leader(Leadership::new(0, self.others(), None));
            return;
        }
        if fx.append(METADATA_LOG, self.log.end_offset()).is_err() {
            return fx.exit(Outage::Crash);
        }
        fx.sync_at_once(METADATA_LOG);
        if self.node == first {
            // The last of the initial records is the LeaderChange of epoch 1.
            let start = self.log.end_offset() - 1;
            let leading = Leadership::new(start, self.others(), Some(self.log.end_offset()));
            self.role = Role::Leader(leading);
            self.watch_quorum(fx);
        } else {
            self.role = Role::Follower { has_fetched: false };
            self.await_leader(fx);
            self.drive(first, fx);
        }
    }

    /// What the disk says decides where to begin (`QuorumState.initialize`).
    fn initialize(&mut self, fx: &mut Fx<'_>) {
        self.log.truncate(fx.file(METADATA_LOG).written);
        // Recovery leaves nothing of the log in the page cache alone.
        fx.sync_at_once(METADATA_LOG);
        self.flushed = self.log.end_offset();
        self.high_watermark = 0;
        self.ballot = self.stored;
        self.role = Role::Unattached;
        let newest = self.log.end().epoch;
        if self.ballot.epoch < newest {
            self.ballot = Ballot { epoch: newest, voted: None, leader: None };
            self.await_election(fx);
        } else if self.ballot.leader == Some(self.node) {
            // It must not lead this epoch again: unflushed records of it may be gone, and an
            // offset of an epoch may only ever stand for one record.
            self.role = Role::Resigned { successors: Arc::from([]), told: NodeSet::EMPTY };
            self.await_election(fx);
        } else if self.ballot.leader.is_some() {
            self.role = Role::Follower { has_fetched: false };
            self.await_leader(fx);
        } else if self.ballot.voted == Some(self.node) {
            let mut tally = Tally::default();
            tally.record(self.node, true);
            self.role = Role::Candidate { tally, retries: 1, backing_off: false };
            self.await_election(fx);
        } else {
            self.await_election(fx);
        }
        self.drive_all(fx);
    }

    // ── inputs ───────────────────────────────────────────────────────────────────────────────

    /// Another node asks something.
    pub fn request(
        &mut self,
        conn: ConnId,
        correlation: u32,
        request: RaftRequest,
        fx: &mut Fx<'_>,
    ) {
        let (error, body) = match request {
            RaftRequest::Vote { epoch, candidate, log_end, pre_vote } => {
                self.vote(epoch, candidate, log_end, pre_vote, fx)
            }
            RaftRequest::BeginQuorumEpoch { epoch, leader } => {
                (self.begin_quorum_epoch(epoch, leader, fx), RaftAnswer::BeginQuorumEpoch)
            }
            RaftRequest::EndQuorumEpoch { epoch, leader, preferred_successors } => {
                let error = self.end_quorum_epoch(epoch, leader, &preferred_successors, fx);
                (error, RaftAnswer::EndQuorumEpoch)
            }
            RaftRequest::Fetch { replica, epoch, log_end } => {
                return self.fetch(conn, correlation, replica, epoch, log_end, fx);
            }
        };
        self.respond(conn, correlation, error, body, fx);
    }

    fn respond(
        &self,
        conn: ConnId,
        correlation: u32,
        error: Error,
        body: RaftAnswer,
        fx: &mut Fx<'_>,
    ) {
        let (epoch, leader) = (self.ballot.epoch, self.ballot.leader);
        let response = Response::Raft(Arc::new(RaftResponse { error, epoch, leader, body }));
        fx.send(conn, KafkaPacket::Response { correlation, response });
    }

    /// A connection this controller opened has news.
    pub fn on_network(&mut self, event: NetworkEvent, fx: &mut Fx<'_>) {
        match event {
            NetworkEvent::Ready { peer, .. } | NetworkEvent::MayConnect { peer, .. } => {
                self.drive(peer, fx);
            }
            NetworkEvent::Response { peer, response: Response::Raft(response), .. } => {
                self.answered(peer, &response, fx);
            }
            // The next attempt comes with the end of the reconnect back-off.
            _ => {}
        }
    }

    /// The connections this controller opens.
    pub fn network(&mut self) -> &mut NetworkClient {
        &mut self.network
    }

    /// A connection somebody else opened broke: what was asked on it needs no answer.
    pub fn disconnected(&mut self, conn: ConnId, fx: &mut Fx<'_>) {
        for parked in &mut self.parked {
            if parked.is_some_and(|p| p.conn == conn)
                && let Some(gone) = parked.take()
            {
                fx.cancel(gone.timer);
            }
        }
    }

    fn answered(&mut self, peer: NodeId, response: &RaftResponse, fx: &mut Fx<'_>) {
        self.heed(response.epoch, response.leader, fx);
        if response.epoch == self.ballot.epoch {
            match &response.body {
                RaftAnswer::Vote { granted, pre_vote } => {
                    self.voted(peer, *granted, *pre_vote, fx);
                }
                RaftAnswer::BeginQuorumEpoch => {
                    if let Role::Leader(leading) = &mut self.role {
                        leading.has_heard(peer);
                    }
                }
                RaftAnswer::EndQuorumEpoch => {
                    if let Role::Resigned { told, .. } = &mut self.role {
                        *told = told.with(peer);
                    }
                }
                RaftAnswer::Fetch { high_watermark, diverging, first, entries } => {
                    let ok = response.error == Error::None;
                    if ok && self.ballot.leader == Some(peer) {
                        self.fetched(*high_watermark, *diverging, *first, entries, fx);
                    }
                }
            }
        }
        if response.error == Error::None {
            self.drive(peer, fx);
        } else {
            let backoff = self.plan.broker.controller_quorum_retry_backoff_ms;
            let retry = ControllerTimer::QuorumRetry { peer };
            fx.timer(backoff, KafkaTimer::Controller(retry));
        }
    }

    /// One of the quorum's timers fired. A process that stood still may be given one that was set
    /// anew meanwhile; it counts no longer.
    pub fn on_timer(&mut self, timer: ControllerTimer, fx: &mut Fx<'_>) {
        match timer {
            ControllerTimer::MetadataWait { node } => self.fetch_waited(node, fx),
            ControllerTimer::FetchTimeout { generation }
            | ControllerTimer::ElectionTimeout { generation }
            | ControllerTimer::ElectionBackoff { generation }
            | ControllerTimer::CheckQuorum { generation }
                if generation != self.generation => {}
            ControllerTimer::FetchTimeout { .. } | ControllerTimer::ElectionTimeout { .. } => {
                self.stand_or_wait(fx);
            }
            ControllerTimer::ElectionBackoff { .. } => self.stand(fx),
            ControllerTimer::CheckQuorum { .. } => self.resign(fx),
            ControllerTimer::BeginQuorumEpoch => self.begin_again(fx),
            ControllerTimer::AppendLinger => {
                self.linger_timer = None;
                self.drain(fx);
            }
            ControllerTimer::QuorumRetry { peer } => self.drive(peer, fx),
            ControllerTimer::ShutdownTimeout => fx.exit(Outage::Shutdown),
            _ => {}
        }
    }

    // ── sending ──────────────────────────────────────────────────────────────────────────────

    fn drive_all(&mut self, fx: &mut Fx<'_>) {
        for peer in self.others() {
            self.drive(peer, fx);
        }
    }

    /// Sends a peer what this node wants of it now. One request is under way at a time.
    fn drive(&mut self, peer: NodeId, fx: &mut Fx<'_>) {
        let Some(request) = self.wanted_of(peer) else { return };
        if self.network.ready(peer, QUORUM_CHANNEL, fx)
            && self.network.in_flight(peer, QUORUM_CHANNEL) == 0
        {
            self.network.send(peer, QUORUM_CHANNEL, Request::Raft(request), true, fx);
        }
    }

    fn wanted_of(&self, peer: NodeId) -> Option<RaftRequest> {
        let (epoch, log_end) = (self.ballot.epoch, self.log.end());
        let ask = |pre_vote| RaftRequest::Vote { epoch, candidate: self.node, log_end, pre_vote };
        match &self.role {
            Role::Unattached => None,
            Role::Prospective { tally } => (!tally.has_answered(peer)).then(|| ask(true)),
            Role::Candidate { tally, backing_off, .. } => {
                (!backing_off && !tally.has_answered(peer)).then(|| ask(false))
            }
            // A fetch acknowledges what is on disk.
            Role::Follower { .. } => (self.ballot.leader == Some(peer)
                && self.flushed == log_end.offset)
                .then_some(RaftRequest::Fetch { replica: self.node, epoch, log_end }),
            Role::Leader(leading) => {
                let needs_begin = leading.followers.iter().any(|f| f.node == peer && f.needs_begin);
                let leader = self.node;
                needs_begin.then_some(RaftRequest::BeginQuorumEpoch { epoch, leader })
            }
            Role::Resigned { successors, told } => {
                let to_tell = successors.contains(&peer) && !told.contains(peer);
                to_tell.then(|| RaftRequest::EndQuorumEpoch {
                    epoch,
                    leader: self.node,
                    preferred_successors: successors.clone(),
                })
            }
        }
    }

    // ── the disk ─────────────────────────────────────────────────────────────────────────────

    /// Writes `quorum-state` and waits for the disk. It is durable from here on: that a power loss
    /// during the sync may still lose it is the same as one just before.
    fn persist(&mut self, fx: &mut Fx<'_>) {
        self.stored = self.ballot;
        if self.plan.is(Mutant::ForgetsItsVote) {
            self.stored.voted = None;
        }
        self.versions += 1;
        if fx.append(QUORUM_STATE, self.versions).is_err() {
            return fx.exit(Outage::Crash);
        }
        fx.sync_and_wait(QUORUM_STATE);
        fx.sync_at_once(QUORUM_STATE);
    }

    /// Writes the log's new end and begins to flush it; [`Raft::synced`] follows. A controller
    /// whose metadata log fails halts.
    fn write(&mut self, fx: &mut Fx<'_>) {
        if fx.append(METADATA_LOG, self.log.end_offset()).is_err() {
            fx.exit(Outage::Crash);
        }
    }

    /// The disk has everything up to `upto`.
    pub fn synced(&mut self, file: FileId, upto: u64, fx: &mut Fx<'_>) {
        if file != METADATA_LOG {
            return;
        }
        self.flushed = self.flushed.max(upto.min(self.log.end_offset()));
        match (&self.role, self.ballot.leader) {
            (Role::Leader(_), _) => self.maybe_commit(),
            (Role::Follower { .. }, Some(leader)) => self.drive(leader, fx),
            _ => {}
        }
    }

    // ── stopping ─────────────────────────────────────────────────────────────────────────────

    /// An orderly stop. A leader resigns and waits until somebody else leads.
    pub fn shut_down(&mut self, fx: &mut Fx<'_>) {
        if matches!(self.role, Role::Follower { .. }) || self.is_alone() {
            return fx.exit(Outage::Shutdown);
        }
        self.stopping = true;
        fx.timer(SHUTDOWN_WAIT, KafkaTimer::Controller(ControllerTimer::ShutdownTimeout));
        self.resign(fx);
    }
}

impl Leadership {
    fn new(start: u64, others: impl Iterator<Item = NodeId>, formed_at: Option<u64>) -> Self {
        let follower = |node| Follower {
            node,
            end: formed_at.unwrap_or(0),
            last_fetch: None,
            needs_begin: formed_at.is_none(),
        };
        Leadership {
            epoch_start: start,
            followers: others.map(follower).collect(),
            fetched: NodeSet::EMPTY,
            knows_high_watermark: formed_at.is_some(),
        }
    }

    /// A voter knows who leads.
    fn has_heard(&mut self, node: NodeId) {
        if let Some(follower) = self.followers.iter_mut().find(|f| f.node == node) {
            follower.needs_begin = false;
        }
    }
}
