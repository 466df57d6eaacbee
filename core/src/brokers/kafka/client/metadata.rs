//! What a client knows about who leads what, and how it keeps that fresh
//! (`org.apache.kafka.clients.Metadata`, `NetworkClient.DefaultMetadataUpdater`; reference §4.8).
//!
//! Simplified: a request always asks for everything the cluster has, starting when the client
//! starts; there is no re-bootstrap (KIP-1102).

use super::NetworkClient;
use super::alarm::{Alarm, ExponentialBackoff};
use crate::brokers::kafka::Fx;
use crate::brokers::kafka::timer::KafkaTimer;
use crate::brokers::kafka::wire::{PartitionMetadata, Request};
use crate::fact::{LaneId, NodeId, NodeSet};
use crate::kernel::{Span, Time};
use crate::sites;
use crate::substrate::Channel;
use std::sync::Arc;

/// Who leads a partition, as far as the client knows (`Metadata.LeaderAndEpoch`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LeaderAndEpoch {
    /// The leader; `None` while nobody leads.
    pub leader: Option<NodeId>,
    /// The highest epoch seen; `None` until the first answer.
    pub epoch: Option<u32>,
}

/// A client's view of the cluster for the partitions it uses.
#[derive(Clone, Debug)]
pub struct Metadata {
    lanes: Arc<[LaneId]>,
    /// Index into `lanes` by lane number; `u16::MAX` for strangers.
    index: Arc<[u16]>,
    leaders: Vec<LeaderAndEpoch>,
    /// The brokers to ask; the bootstrap list until an answer names others.
    brokers: Vec<NodeId>,
    bootstrap: Arc<[NodeId]>,
    subject: u64,
    backoff: ExponentialBackoff,
    max_age: Span,
    /// `max.in.flight.requests.per.connection` holds for these requests too.
    max_in_flight: usize,
    timer: fn(u32) -> KafkaTimer,
    /// The connections requests go over.
    channel: Channel,
    alarm: Alarm,
    requested: bool,
    in_flight: Option<u32>,
    /// Not before this moment, because of the refresh back-off.
    allowed: Time,
    /// When the last good answer came.
    refreshed: Option<Time>,
    failures: u32,
    /// Good answers in a row that told nothing new (KIP-876): they back off too.
    equivalent: u32,
    /// Ordinal of the next choice of a broker to ask.
    asked: u64,
    /// Ordinal of the next back-off.
    backoffs: u64,
}

/// What a client's metadata needs from its settings.
#[derive(Clone, Debug)]
pub(super) struct MetadataSettings {
    pub(super) bootstrap: Arc<[NodeId]>,
    pub(super) lanes: Arc<[LaneId]>,
    pub(super) subject: u64,
    pub(super) backoff: ExponentialBackoff,
    pub(super) max_age: Span,
    pub(super) max_in_flight: usize,
    pub(super) timer: fn(u32) -> KafkaTimer,
    pub(super) channel: Channel,
}

impl Metadata {
    pub(super) fn new(settings: MetadataSettings) -> Self {
        let MetadataSettings { bootstrap, lanes, subject, backoff, .. } = settings;
        let MetadataSettings { max_age, max_in_flight, timer, channel, .. } = settings;
        let size = lanes.iter().map(|l| l.0 as usize + 1).max().unwrap_or(0);
        let mut index = vec![u16::MAX; size];
        for (n, lane) in lanes.iter().enumerate() {
            index[lane.0 as usize] = n as u16;
        }
        Metadata {
            leaders: vec![LeaderAndEpoch::default(); lanes.len()],
            index: index.into(),
            brokers: bootstrap.to_vec(),
            bootstrap,
            lanes,
            subject,
            backoff,
            max_age,
            max_in_flight,
            timer,
            channel,
            alarm: Alarm::OFF,
            requested: true,
            in_flight: None,
            allowed: Time::ZERO,
            refreshed: None,
            failures: 0,
            equivalent: 0,
            asked: 0,
            backoffs: 0,
        }
    }

    /// Forgets everything, as a process that starts does.
    pub(super) fn reset(&mut self) {
        self.leaders.fill(LeaderAndEpoch::default());
        self.brokers = self.bootstrap.to_vec();
        self.alarm.off();
        (self.requested, self.in_flight, self.refreshed) = (true, None, None);
        (self.allowed, self.failures, self.equivalent) = (Time::ZERO, 0, 0);
    }

    /// The position of a lane among the client's own.
    #[inline]
    pub(super) fn index(&self, lane: LaneId) -> Option<usize> {
        let index = *self.index.get(lane.0 as usize)?;
        (index != u16::MAX).then_some(index as usize)
    }

    /// Who leads the partition with this index.
    #[inline]
    pub fn leader(&self, index: usize) -> LeaderAndEpoch {
        self.leaders.get(index).copied().unwrap_or_default()
    }

    /// Whether any answer has come.
    #[inline]
    pub fn is_known(&self) -> bool {
        self.refreshed.is_some()
    }

    /// Asks for an update as soon as the back-off allows.
    #[inline]
    pub(super) fn request_update(&mut self) {
        self.requested = true;
    }

    /// Whether there is a request to be sent.
    #[inline]
    pub(super) fn is_wanted(&self) -> bool {
        self.requested && self.in_flight.is_none()
    }

    /// A broker for a request that any broker can answer (`NetworkClient.leastLoadedNode`): one
    /// that is connected and has least in flight. If there is none, a connection is made.
    pub(super) fn least_loaded_node(
        &mut self,
        network: &mut NetworkClient,
        fx: &mut Fx<'_>,
    ) -> Option<NodeId> {
        let count = self.brokers.len();
        if count == 0 {
            return None;
        }
        let from = if count == 1 {
            0
        } else {
            let drawn = fx.choose(sites::BOOTSTRAP_BROKER, self.subject, self.asked, count as u64);
            drawn as usize
        };
        let in_turn = |n: usize| self.brokers[(from + n) % count];
        let best = (0..count)
            .map(in_turn)
            .filter(|&b| network.is_ready(b, self.channel))
            .map(|b| (network.in_flight(b, self.channel), b))
            .filter(|&(load, _)| load < self.max_in_flight)
            .min_by_key(|&(load, _)| load);
        if let Some((_, broker)) = best {
            self.asked += 1;
            return Some(broker);
        }
        // While one connection is being made, no second is tried.
        if (0..count).map(in_turn).any(|b| network.is_connecting(b, self.channel)) {
            return None;
        }
        let broker = (0..count).map(in_turn).find(|&b| network.can_connect(b, self.channel))?;
        self.asked += 1;
        network.ready(broker, self.channel, fx);
        None
    }

    /// Sends a request if one is wanted and allowed, else sees to being woken when it is.
    pub(super) fn maybe_update(&mut self, network: &mut NetworkClient, fx: &mut Fx<'_>) {
        let now = fx.now();
        if let Some(refreshed) = self.refreshed {
            let expires = refreshed + self.max_age;
            if now >= expires {
                self.requested = true;
                self.equivalent = 0;
            } else if !self.requested {
                self.alarm.set(expires, self.timer, fx);
            }
        }
        if !self.is_wanted() {
            return;
        }
        if now < self.allowed {
            self.alarm.set(self.allowed, self.timer, fx);
            return;
        }
        if let Some(broker) = self.least_loaded_node(network, fx) {
            self.in_flight = network.send(broker, self.channel, Request::Metadata, true, fx);
            // Whoever asks from here on wants to know more than this answer can tell.
            self.requested = self.in_flight.is_none();
        }
    }

    /// A `MetadataRefresh` timer fired; [`Metadata::maybe_update`] should follow.
    pub(super) fn fired(&mut self, generation: u32) -> bool {
        self.alarm.fired(generation)
    }

    fn back_off(&mut self, fx: &Fx<'_>) {
        let failures = self.failures.max(self.equivalent).saturating_sub(1);
        let span = self.backoff.after(failures, self.subject ^ 1, self.backoffs, fx);
        self.backoffs += 1;
        self.allowed = fx.now() + span;
    }

    /// These requests got no answer: if the one for metadata is among them, it has failed.
    pub(super) fn lost(&mut self, requests: &[u32], fx: &Fx<'_>) {
        if self.in_flight.is_some_and(|c| requests.contains(&c)) {
            (self.in_flight, self.requested) = (None, true);
            self.failures += 1;
            self.back_off(fx);
        }
    }

    /// An answer came; `true` if it told something new. What is older than what is known about a
    /// partition is ignored (`Metadata.updateLatestMetadata`).
    pub(super) fn received(
        &mut self,
        correlation: u32,
        brokers: NodeSet,
        partitions: &[PartitionMetadata],
        fx: &Fx<'_>,
    ) -> bool {
        if self.in_flight != Some(correlation) {
            return false;
        }
        self.in_flight = None;
        self.failures = 0;
        let first = self.refreshed.replace(fx.now()).is_none();
        if !brokers.is_empty() {
            self.brokers.clear();
            self.brokers.extend(brokers.iter());
        }
        let mut changed = first;
        for partition in partitions {
            let Some(index) = self.index(partition.lane) else { continue };
            changed |= self.learn(index, partition.leader, partition.leader_epoch);
        }
        // A partition without a leader, or one the broker has not heard of, is asked for again.
        self.requested |= self.leaders.iter().any(|l| l.leader.is_none());
        self.equivalent = if changed { 0 } else { self.equivalent + 1 };
        self.back_off(fx);
        changed
    }

    /// Takes over newer knowledge; `true` if it was news.
    pub(super) fn learn(&mut self, index: usize, leader: Option<NodeId>, epoch: u32) -> bool {
        let known = &mut self.leaders[index];
        let new = LeaderAndEpoch { leader, epoch: Some(epoch) };
        if known.epoch.is_some_and(|e| epoch < e) || *known == new {
            return false;
        }
        *known = new;
        true
    }

    /// The lanes, in the order of their indices.
    pub fn lanes(&self) -> &[LaneId] {
        &self.lanes
    }
}
