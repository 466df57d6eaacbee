//! The broker as an observer of the controllers' quorum: it fetches the metadata log, applies what
//! is committed, and thereby learns who the active controller is (`KafkaRaftClient` as observer,
//! `MetadataLoader`, `NodeToControllerChannelManager`).

use super::{Broker, Fx, Lifecycle};
use crate::brokers::kafka::error::Error;
use crate::brokers::kafka::plan::ClusterPlan;
use crate::brokers::kafka::raft::{Entry, RaftAnswer, RaftRequest};
use crate::brokers::kafka::timer::{BrokerTimer, KafkaTimer};
use crate::brokers::kafka::wire::{
    LIFECYCLE_CHANNEL, METADATA_CHANNEL, MetadataRecord, Request, Response,
};
use crate::fact::NodeId;
use crate::kernel::{Time, subject};
use crate::raft::LogEnd;
use crate::sites;
use crate::substrate::Channel;
use std::collections::VecDeque;

/// What a broker knows of the quorum.
#[derive(Clone, Debug)]
pub(super) struct Observer {
    /// The newest epoch heard of, and who leads it.
    epoch: u32,
    leader: Option<NodeId>,
    /// The epoch of the last record applied.
    applied_epoch: u32,
    /// Records after those applied, not known to be committed.
    pending: VecDeque<(u32, MetadataRecord)>,
    high_watermark: u64,
    /// To whom the fetch under way went.
    asked: Option<NodeId>,
    /// When a leader last answered.
    last_answer: Time,
    /// Which controller is asked next when the leader is not known or does not answer.
    next: u64,
    /// A timer to ask again is set.
    retrying: bool,
    /// The controller that heartbeats go to, and the one that everything else goes to.
    heartbeats_to: Option<NodeId>,
    changes_to: Option<NodeId>,
    /// Random first controllers drawn so far.
    draws: u64,
}

impl Observer {
    /// Of a cluster that is found formed.
    pub fn new(plan: &ClusterPlan) -> Self {
        Observer {
            epoch: 1,
            leader: Some(plan.controller),
            applied_epoch: 1,
            pending: VecDeque::new(),
            high_watermark: 0,
            asked: None,
            last_answer: Time::ZERO,
            next: 0,
            retrying: false,
            heartbeats_to: None,
            changes_to: None,
            draws: 0,
        }
    }

    fn log_end(&self, applied: u64) -> LogEnd {
        match self.pending.back() {
            Some((epoch, _)) => {
                LogEnd { epoch: *epoch, offset: applied + self.pending.len() as u64 }
            }
            None => LogEnd { epoch: self.applied_epoch, offset: applied },
        }
    }
}

impl Broker {
    /// The process starts again and knows no more than its settings.
    pub(super) fn forget_quorum(&mut self, fx: &mut Fx<'_>) {
        let draws = self.observer.draws;
        self.observer =
            Observer { draws: draws + 1, applied_epoch: 0, ..Observer::new(&self.plan) };
        self.observer.last_answer = fx.now();
        if self.plan.controllers > 1 {
            self.observer.epoch = 0;
            self.observer.leader = None;
            let name = self.plan.names.get(self.node.0 as usize).map_or("", String::as_str);
            let (of, n) = (subject(["observer", name]), u64::from(self.plan.controllers));
            self.observer.next = fx.choose(sites::BOOTSTRAP_CONTROLLER, of, draws, n);
        }
    }

    /// How many records of the metadata log this broker has applied, and how many it has fetched.
    pub fn metadata_offsets(&self) -> (u64, u64) {
        let applied = self.image.offset;
        (applied, self.observer.log_end(applied).offset)
    }

    // ── which controller ─────────────────────────────────────────────────────────────────────

    /// The controller that requests on a channel go to: the one they went to before, or the leader
    /// of the quorum if that one failed; nobody while no leader is known.
    pub(super) fn controller_of(&mut self, channel: Channel) -> Option<NodeId> {
        let leader = self.observer.leader;
        let slot = match channel {
            LIFECYCLE_CHANNEL => &mut self.observer.heartbeats_to,
            _ => &mut self.observer.changes_to,
        };
        if slot.is_none() {
            *slot = leader;
        }
        *slot
    }

    /// The controller on a channel does not answer, or is not the active one. Whether another is
    /// known.
    pub(super) fn leave_controller(&mut self, channel: Channel) -> bool {
        let slot = match channel {
            LIFECYCLE_CHANNEL => &mut self.observer.heartbeats_to,
            _ => &mut self.observer.changes_to,
        };
        let left = slot.take();
        self.observer.leader.is_some() && self.observer.leader != left
    }

    /// A leader of the quorum is known that was not before: who waited for one goes on.
    fn controller_found(&mut self, fx: &mut Fx<'_>) {
        if self.observer.heartbeats_to.is_none() {
            self.heartbeat_or_register(fx);
        }
        if self.observer.changes_to.is_none() {
            self.send_isr_changes(fx);
        }
    }

    // ── fetching ─────────────────────────────────────────────────────────────────────────────

    /// Fetches the metadata log, unless a fetch is under way. With several controllers a broker
    /// that is not registered yet must do so to learn where to register.
    pub(super) fn fetch_metadata(&mut self, fx: &mut Fx<'_>) {
        let waits = matches!(self.lifecycle, Lifecycle::Registering { .. });
        if self.lifecycle == Lifecycle::Off
            || waits && self.plan.controllers == 1
            || self.observer.asked.is_some()
        {
            return;
        }
        let Some(source) = self.metadata_source(fx) else {
            let backoff = self.plan.broker.controller_quorum_retry_backoff_ms;
            return self.fetch_metadata_later(backoff, fx);
        };
        if !self.network.ready(source, METADATA_CHANNEL, fx) {
            if self.plan.controllers > 1 {
                let timeout = self.plan.broker.controller_quorum_request_timeout_ms;
                self.fetch_metadata_later(timeout, fx);
            }
            return;
        }
        let request = RaftRequest::Fetch {
            replica: self.node,
            epoch: self.observer.epoch,
            log_end: self.observer.log_end(self.image.offset),
        };
        self.observer.asked = Some(source);
        self.network.send(source, METADATA_CHANNEL, Request::Raft(request), true, fx);
    }

    /// The leader, as long as it answers; otherwise one controller after the other
    /// (`maybeSendFetchToBestNode`).
    fn metadata_source(&mut self, fx: &Fx<'_>) -> Option<NodeId> {
        let first = self.plan.controller;
        if self.plan.controllers == 1 {
            return Some(first);
        }
        let usable = |broker: &Broker, node| {
            broker.network.is_ready(node, METADATA_CHANNEL)
                || broker.network.can_connect(node, METADATA_CHANNEL)
        };
        let timeout = self.plan.broker.controller_quorum_fetch_timeout_ms;
        let answers = fx.now().since(self.observer.last_answer) < timeout;
        if let Some(leader) = self.observer.leader.filter(|&l| answers && usable(self, l)) {
            return Some(leader);
        }
        let count = u64::from(self.plan.controllers);
        for _ in 0..count {
            let node = NodeId(first.0 + (self.observer.next % count) as u16);
            self.observer.next += 1;
            if usable(self, node) {
                return Some(node);
            }
        }
        None
    }

    fn fetch_metadata_later(&mut self, after: crate::kernel::Span, fx: &mut Fx<'_>) {
        if !std::mem::replace(&mut self.observer.retrying, true) {
            fx.timer(after, KafkaTimer::Broker(BrokerTimer::MetadataRetry));
        }
    }

    /// The time to ask again has come.
    pub(super) fn metadata_retry(&mut self, fx: &mut Fx<'_>) {
        self.observer.retrying = false;
        self.fetch_metadata(fx);
    }

    /// The connection to a controller broke.
    pub(super) fn metadata_disconnected(&mut self, peer: NodeId, fx: &mut Fx<'_>) {
        if self.observer.asked == Some(peer) {
            self.observer.asked = None;
        }
        if self.plan.controllers > 1 {
            let backoff = self.plan.broker.controller_quorum_retry_backoff_ms;
            self.fetch_metadata_later(backoff, fx);
        }
    }

    /// A controller has answered: with records if it leads, otherwise with who does.
    pub(super) fn metadata_answer(&mut self, peer: NodeId, response: Response, fx: &mut Fx<'_>) {
        let Response::Raft(response) = response else { return };
        let observer = &mut self.observer;
        observer.asked = None;
        let newer = response.epoch > observer.epoch;
        let found = response.leader.is_some() && (newer || observer.leader.is_none());
        if newer || found && response.epoch == observer.epoch {
            observer.epoch = response.epoch;
            observer.leader = response.leader;
        }
        let leads = response.error == Error::None && response.leader == Some(peer);
        let current = response.epoch == observer.epoch;
        if leads
            && current
            && let RaftAnswer::Fetch { high_watermark, diverging, first, entries } = &response.body
        {
            observer.last_answer = fx.now();
            self.take_metadata(*high_watermark, *diverging, *first, entries, fx);
            self.fetch_metadata(fx);
        } else if self.observer.leader.is_some_and(|l| l != peer) {
            self.observer.last_answer = fx.now();
            self.fetch_metadata(fx);
        } else {
            let backoff = self.plan.broker.controller_quorum_retry_backoff_ms;
            self.fetch_metadata_later(backoff, fx);
        }
        if found && current {
            self.controller_found(fx);
        }
    }

    fn take_metadata(
        &mut self,
        high_watermark: Option<u64>,
        diverging: Option<LogEnd>,
        first: u64,
        entries: &[(u32, Entry)],
        fx: &mut Fx<'_>,
    ) {
        let applied = self.image.offset;
        let observer = &mut self.observer;
        if let Some(theirs) = diverging {
            // Only what was never committed can part from the leader's log.
            let keep = |&(epoch, _): &(u32, MetadataRecord)| epoch <= theirs.epoch;
            let own = observer.pending.iter().take_while(|e| keep(e)).count();
            let shared = theirs.offset.saturating_sub(applied) as usize;
            observer.pending.truncate(own.min(shared));
        } else if first == observer.log_end(applied).offset {
            let records = entries.iter().map(|(epoch, entry)| (*epoch, entry.record.clone()));
            observer.pending.extend(records);
        }
        if let Some(high_watermark) = high_watermark {
            observer.high_watermark = observer.high_watermark.max(high_watermark);
        }
        if high_watermark.is_some() {
            self.apply_committed(fx);
        }
    }

    /// Applies what is known to be committed. A broker that is not registered yet keeps it, and one
    /// that starts keeps it until its own registration is among it: what stands before that still
    /// names it as leader of what it led in its former life (`BrokerServer.startup` installs the
    /// publishers after `initialCatchUpFuture`).
    pub(super) fn apply_committed(&mut self, fx: &mut Fx<'_>) {
        if matches!(self.lifecycle, Lifecycle::Off | Lifecycle::Registering { .. }) {
            return;
        }
        let observer = &mut self.observer;
        let committed = observer.high_watermark.saturating_sub(self.image.offset) as usize;
        let committed = committed.min(observer.pending.len());
        let known = self.image.offset + committed as u64;
        if self.lifecycle == Lifecycle::Starting && known <= self.broker_epoch {
            return;
        }
        if committed > 0 {
            let drained = observer.pending.drain(..committed);
            let mut last = observer.applied_epoch;
            let records: Vec<MetadataRecord> = drained
                .map(|(epoch, record)| {
                    last = epoch;
                    record
                })
                .collect();
            observer.applied_epoch = last;
            self.apply_metadata(&records, fx);
        }
        // Until a leader has said what is committed, the broker cannot know that it has caught up.
        let committed = self.observer.high_watermark;
        if !self.processes_requests && committed > 0 && self.image.offset >= committed {
            self.processes_requests = true;
            self.connections.run_all();
        }
    }
}
