//! The group coordinator, and the offsets it keeps (`ConsumerCoordinator`,
//! `AbstractCoordinator`; reference §5.5).
//!
//! Simplified: the group is used for its offsets only (generation -1): no membership, no
//! rebalance, no heartbeat.

use super::subscription::FetchState;
use super::{Asked, CommitPolicy, Consumer};
use crate::brokers::kafka::error::Error;
use crate::brokers::kafka::timer::{ConsumerTimer, KafkaTimer};
use crate::brokers::kafka::wire::{CLIENT_CHANNEL, COORDINATOR_CHANNEL, KafkaPacket, Request};
use crate::fact::{Fact, LaneId, NodeId};
use crate::kernel::Time;
use crate::substrate::Effects;

type Fx<'a> = Effects<'a, KafkaPacket, KafkaTimer>;

/// What is committed: partition, next offset to read, epoch of the record before it.
pub(super) type Offsets = Vec<(LaneId, u64, Option<u32>)>;

/// What `OffsetFetch` brings: partition, and committed offset with epoch if there is one.
type Committed = [(LaneId, Option<(u64, Option<u32>)>)];

/// A `commitSync()` that has not returned.
#[derive(Clone, Debug)]
pub(super) struct CommitSync {
    offsets: Offsets,
    /// When `default.api.timeout.ms` is over.
    deadline: Time,
    in_flight: Option<u32>,
}

/// What the consumer knows about its coordinator.
#[derive(Clone, Debug)]
pub(super) struct Coordinator {
    pub(super) node: Option<NodeId>,
    /// `FindCoordinator` is on its way.
    finding: bool,
    /// `OffsetFetch` is on its way.
    fetching: bool,
    /// `OffsetFetch` has been answered.
    fetched: bool,
    /// No request before this moment.
    not_before: Time,
    failures: u32,
    commit: Option<CommitSync>,
    /// When the next auto-commit is due.
    auto_at: Time,
}

impl Coordinator {
    pub(super) fn new(auto_at: Time) -> Self {
        Coordinator {
            node: None,
            finding: false,
            fetching: false,
            fetched: false,
            not_before: Time::ZERO,
            failures: 0,
            commit: None,
            auto_at,
        }
    }

    /// Whether a `commitSync()` is under way.
    pub(super) fn is_committing(&self) -> bool {
        self.commit.is_some()
    }
}

fn auto_commit(generation: u32) -> KafkaTimer {
    KafkaTimer::Consumer(ConsumerTimer::AutoCommit { generation })
}

impl Consumer {
    /// Everything handed to the application so far (`SubscriptionState.allConsumed`).
    pub(super) fn all_consumed(&self) -> Offsets {
        let valid = self.partitions.iter().filter(|p| p.state == FetchState::Fetching);
        valid.map(|p| (p.lane, p.position, p.position_epoch)).collect()
    }

    /// Starts a `commitSync()`.
    pub(super) fn commit_sync(&mut self, offsets: Offsets, fx: &mut Fx<'_>) {
        if offsets.is_empty() {
            return;
        }
        let deadline = fx.now() + self.plan.config.default_api_timeout_ms;
        self.coordinator.commit = Some(CommitSync { offsets, deadline, in_flight: None });
        self.alarm.set(deadline, super::retry, fx);
        self.run_coordinator(fx);
    }

    /// Auto-commit, looked at inside `poll()` only (`maybeAutoCommitOffsetsAsync`).
    pub(super) fn maybe_auto_commit(&mut self, fx: &mut Fx<'_>) {
        if self.plan.commit != CommitPolicy::Auto {
            return;
        }
        let now = fx.now();
        if now < self.coordinator.auto_at {
            return;
        }
        self.coordinator.auto_at = now + self.plan.config.auto_commit_interval_ms;
        let offsets = self.all_consumed();
        if offsets.is_empty() {
            return;
        }
        if !self.send_commit_async(offsets, fx) {
            // The coordinator is not known or not connected: soon again.
            self.coordinator.auto_at = now + self.plan.config.retry_backoff_ms;
            self.find_coordinator(fx);
        }
    }

    fn send_commit_async(&mut self, offsets: Offsets, fx: &mut Fx<'_>) -> bool {
        match self.send_commit(&offsets, fx) {
            Some(correlation) => {
                self.asked.push((correlation, Asked::CommitAsync { offsets }));
                true
            }
            None => false,
        }
    }

    fn send_commit(&mut self, offsets: &Offsets, fx: &mut Fx<'_>) -> Option<u32> {
        let node = self.coordinator.node?;
        if !self.network.ready(node, COORDINATOR_CHANNEL, fx) {
            return None;
        }
        let group = self.plan.subscription;
        let request = Request::OffsetCommit { group, offsets: offsets.clone() };
        self.network.send(node, COORDINATOR_CHANNEL, request, true, fx)
    }

    /// Sees to being woken for the next auto-commit while `poll()` waits.
    pub(super) fn await_auto_commit(&mut self, fx: &mut Fx<'_>) {
        if self.plan.commit == CommitPolicy::Auto {
            let at = self.coordinator.auto_at;
            self.auto_alarm.set(at, auto_commit, fx);
        }
    }

    /// Does what waits for the coordinator: the committed offsets, a `commitSync()`.
    pub(super) fn run_coordinator(&mut self, fx: &mut Fx<'_>) {
        let now = fx.now();
        let late = self.coordinator.commit.as_ref().is_some_and(|c| now >= c.deadline);
        if late {
            self.commit_finished(Error::Timeout, fx);
        }
        let wants_offsets = !self.coordinator.fetching && !self.coordinator.fetched;
        let commit = self.coordinator.commit.as_ref();
        let wants_commit = commit.is_some_and(|c| c.in_flight.is_none());
        if !wants_offsets && !wants_commit {
            return;
        }
        if now < self.coordinator.not_before {
            self.alarm.set(self.coordinator.not_before, super::retry, fx);
            return;
        }
        let Some(node) = self.coordinator.node else {
            self.find_coordinator(fx);
            return;
        };
        if !self.network.ready(node, COORDINATOR_CHANNEL, fx) {
            return;
        }
        if wants_offsets {
            let (group, lanes) = (self.plan.subscription, self.plan.lanes.clone());
            let request = Request::OffsetFetch { group, lanes };
            let sent = self.network.send(node, COORDINATOR_CHANNEL, request, true, fx);
            if let Some(correlation) = sent {
                self.coordinator.fetching = true;
                self.asked.push((correlation, Asked::OffsetFetch));
            }
        }
        if let Some(mut commit) = self.coordinator.commit.take() {
            if commit.in_flight.is_none() {
                commit.in_flight = self.send_commit(&commit.offsets, fx);
                if let Some(correlation) = commit.in_flight {
                    self.asked.push((correlation, Asked::CommitSync));
                }
            }
            self.coordinator.commit = Some(commit);
        }
    }

    fn find_coordinator(&mut self, fx: &mut Fx<'_>) {
        if self.coordinator.finding
            || self.coordinator.node.is_some()
            || fx.now() < self.coordinator.not_before
        {
            return;
        }
        let Some(node) = self.metadata.least_loaded_node(&mut self.network, fx) else { return };
        let request = Request::FindCoordinator { group: self.plan.subscription };
        if let Some(correlation) = self.network.send(node, CLIENT_CHANNEL, request, true, fx) {
            self.coordinator.finding = true;
            self.asked.push((correlation, Asked::FindCoordinator));
        }
    }

    /// The answer to `FindCoordinator`; none if its connection broke.
    pub(super) fn coordinator_found(&mut self, node: Option<NodeId>, fx: &mut Fx<'_>) {
        self.coordinator.finding = false;
        self.coordinator.node = node;
        if node.is_none() {
            self.coordinator_backs_off(fx);
        }
        self.run_coordinator(fx);
    }

    fn coordinator_backs_off(&mut self, fx: &mut Fx<'_>) {
        let failures = self.coordinator.failures;
        let span = self.backoff.after(failures, self.subject, self.backoffs, fx);
        self.backoffs += 1;
        self.coordinator.failures += 1;
        self.coordinator.not_before = fx.now() + span;
        self.alarm.set(self.coordinator.not_before, super::retry, fx);
    }

    /// The coordinator is elsewhere, or gone (`markCoordinatorUnknown`).
    pub(super) fn coordinator_unknown(&mut self) {
        self.coordinator.node = None;
    }

    /// Whether the error says that the coordinator must be looked for again.
    fn moves_coordinator(error: Error) -> bool {
        matches!(
            error,
            Error::NotCoordinator
                | Error::CoordinatorNotAvailable
                | Error::RequestTimedOut
                | Error::NetworkException
        )
    }

    /// The answer to `OffsetFetch`.
    pub(super) fn offsets_fetched(&mut self, error: Error, offsets: &Committed, fx: &mut Fx<'_>) {
        self.coordinator.fetching = false;
        if error != Error::None {
            if Self::moves_coordinator(error) {
                self.coordinator_unknown();
            }
            self.coordinator_backs_off(fx);
            return;
        }
        (self.coordinator.failures, self.coordinator.fetched) = (0, true);
        for &(lane, committed) in offsets {
            if let Some(n) = self.metadata.index(lane) {
                self.committed_offset(n, committed, fx);
            }
        }
        // A partition the answer does not name has no committed offset.
        for n in 0..self.partitions.len() {
            self.committed_offset(n, None, fx);
        }
    }

    /// The answer to a `commitSync()`: retriable errors are retried until the call's time is up.
    pub(super) fn commit_sync_answered(&mut self, correlation: u32, error: Error, fx: &mut Fx<'_>) {
        let commit = self.coordinator.commit.as_mut();
        let Some(commit) = commit.filter(|c| c.in_flight == Some(correlation)) else { return };
        if !error.is_retriable() {
            self.commit_finished(error, fx);
            return;
        }
        commit.in_flight = None;
        if Self::moves_coordinator(error) {
            self.coordinator_unknown();
        }
        self.coordinator_backs_off(fx);
    }

    fn commit_finished(&mut self, error: Error, fx: &mut Fx<'_>) {
        let Some(commit) = self.coordinator.commit.take() else { return };
        if error == Error::None {
            self.coordinator.failures = 0;
        } else {
            self.commit_failed(&commit.offsets, error, fx);
        }
    }

    /// The answer to an auto-commit: never retried, but the next comes soon.
    pub(super) fn commit_async_answered(
        &mut self,
        offsets: &Offsets,
        error: Error,
        fx: &mut Fx<'_>,
    ) {
        if error == Error::None {
            return;
        }
        if Self::moves_coordinator(error) {
            self.coordinator_unknown();
        }
        if error.is_retriable() {
            self.coordinator.auto_at = fx.now() + self.plan.config.retry_backoff_ms;
        }
        self.commit_failed(offsets, error, fx);
    }

    fn commit_failed(&mut self, offsets: &Offsets, error: Error, fx: &mut Fx<'_>) {
        let (subscription, error) = (self.plan.subscription, error.name());
        for &(lane, ..) in offsets {
            fx.state(Fact::CommitFailed { subscription, lane, error });
        }
    }

    /// The last commit of a consumer that closes.
    pub(super) fn commit_on_close(&mut self, fx: &mut Fx<'_>) {
        if self.plan.commit != CommitPolicy::Auto {
            return;
        }
        let mut offsets = self.all_consumed();
        // The application finishes no record any more: those in its hands are not consumed.
        for (lane, offset, epoch) in &mut offsets {
            if let Some(record) = self.application.first_in_hand(*lane) {
                (*offset, *epoch) = (record.offset, Some(record.leader_epoch));
            }
        }
        if !offsets.is_empty() {
            self.send_commit(&offsets, fx);
        }
    }
}
