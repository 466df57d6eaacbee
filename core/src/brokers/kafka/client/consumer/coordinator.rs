//! The group coordinator, and the offsets it keeps (`ConsumerCoordinator`,
//! `AbstractCoordinator`; reference §5.5). Membership is in [`super::membership`].

use super::membership::MemberState;
use super::subscription::{FetchState, TopicPartitionState};
use super::{Asked, CommitPolicy, Consumer};
use crate::brokers::kafka::Fx;
use crate::brokers::kafka::error::Error;
use crate::brokers::kafka::group::GroupIdentity;
use crate::brokers::kafka::timer::{ConsumerTimer, KafkaTimer};
use crate::brokers::kafka::wire::{CLIENT_CHANNEL, COORDINATOR_CHANNEL, Request};
use crate::fact::{Fact, LaneId, NodeId};
use crate::kernel::Time;
use std::sync::Arc;

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
    /// As whom it was sent.
    identity: Option<GroupIdentity>,
}

/// What the consumer knows about its coordinator.
#[derive(Clone, Debug)]
pub(super) struct Coordinator {
    pub(super) node: Option<NodeId>,
    /// `FindCoordinator` is on its way.
    finding: bool,
    /// `OffsetFetch` is on its way.
    fetching: Option<u32>,
    /// Some partition waits for its committed offset.
    initializing: bool,
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
            fetching: None,
            initializing: true,
            not_before: Time::ZERO,
            failures: 0,
            commit: None,
            auto_at,
        }
    }

    /// The assignment changed: committed offsets are asked for anew, and an answer under way is
    /// about another assignment.
    pub(super) fn fetch_committed(&mut self) {
        (self.fetching, self.initializing) = (None, true);
    }

    /// The next auto-commit is due then.
    pub(super) fn restart_auto_commit(&mut self, at: Time) {
        self.auto_at = at;
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
        let commit = CommitSync { offsets, deadline, in_flight: None, identity: None };
        self.coordinator.commit = Some(commit);
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
        let identity = match self.commit_identity() {
            Ok(identity) => identity,
            Err(error) => return self.commit_failed(&offsets, error, fx),
        };
        match self.send_commit(identity, &offsets, fx) {
            Some(correlation) => {
                self.asked.push((correlation, Asked::CommitAsync { identity, offsets }));
            }
            None => {
                // The coordinator is not known or not connected: soon again.
                self.coordinator.auto_at = now + self.plan.config.retry_backoff_ms;
                self.find_coordinator(fx);
            }
        }
    }

    pub(super) fn send_commit(
        &mut self,
        member: Option<GroupIdentity>,
        offsets: &Offsets,
        fx: &mut Fx<'_>,
    ) -> Option<u32> {
        let node = self.coordinator.node?;
        if !self.network.ready(node, COORDINATOR_CHANNEL, fx) {
            return None;
        }
        let group = self.plan.subscription;
        let request = Request::OffsetCommit { group, member, offsets: offsets.clone() };
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
        let wants_offsets = self.coordinator.initializing && self.coordinator.fetching.is_none();
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
            self.fetch_committed_offsets(node, fx);
        }
        if wants_commit {
            self.send_commit_sync(fx);
        }
    }

    fn fetch_committed_offsets(&mut self, node: NodeId, fx: &mut Fx<'_>) {
        let waits = |p: &&TopicPartitionState| p.state == FetchState::Initializing;
        let lanes: Arc<[LaneId]> = self.partitions.iter().filter(waits).map(|p| p.lane).collect();
        if lanes.is_empty() {
            self.coordinator.initializing = false;
            return;
        }
        let (group, require_stable) = (self.plan.subscription, self.reads_committed());
        let request = Request::OffsetFetch { group, lanes, require_stable };
        self.coordinator.fetching = self.network.send(node, COORDINATOR_CHANNEL, request, true, fx);
        if let Some(correlation) = self.coordinator.fetching {
            self.asked.push((correlation, Asked::OffsetFetch));
        }
    }

    fn send_commit_sync(&mut self, fx: &mut Fx<'_>) {
        let identity = match self.commit_identity() {
            Ok(identity) => identity,
            Err(error) => return self.commit_finished(error, fx),
        };
        let Some(mut commit) = self.coordinator.commit.take() else { return };
        commit.identity = identity;
        commit.in_flight = self.send_commit(identity, &commit.offsets, fx);
        if let Some(correlation) = commit.in_flight {
            self.asked.push((correlation, Asked::CommitSync));
        }
        self.coordinator.commit = Some(commit);
    }

    /// What an answer to a commit means to this member (`OffsetCommitResponseHandler`).
    pub(super) fn commit_error(
        &mut self,
        identity: Option<GroupIdentity>,
        error: Error,
        fx: &mut Fx<'_>,
    ) -> Error {
        let Some(membership) = &mut self.membership else { return error };
        let rejoins = membership.state == MemberState::PreparingRebalance;
        match error {
            Error::RebalanceInProgress => {
                membership.request_rejoin();
                Error::Rebalancing
            }
            Error::UnknownMemberId | Error::IllegalGeneration | Error::FencedInstanceId => {
                let current = self.identity() == identity;
                if current {
                    self.fenced(error, fx);
                }
                if !current && rejoins { Error::Rebalancing } else { Error::CommitFailed }
            }
            other => other,
        }
    }

    pub(super) fn find_coordinator(&mut self, fx: &mut Fx<'_>) {
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
        match (node, &mut self.membership) {
            (None, _) => self.coordinator_backs_off(fx),
            (Some(_), Some(membership)) => membership.heard = fx.now(),
            (Some(_), None) => {}
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
    pub(super) fn moves_coordinator(error: Error) -> bool {
        matches!(
            error,
            Error::NotCoordinator
                | Error::CoordinatorNotAvailable
                | Error::RequestTimedOut
                | Error::NetworkException
        )
    }

    /// The answer to `OffsetFetch`.
    pub(super) fn offsets_fetched(
        &mut self,
        correlation: u32,
        error: Error,
        offsets: &Committed,
        fx: &mut Fx<'_>,
    ) {
        if self.coordinator.fetching != Some(correlation) {
            return;
        }
        self.coordinator.fetching = None;
        if error != Error::None {
            if Self::moves_coordinator(error) {
                self.coordinator_unknown();
            }
            self.coordinator_backs_off(fx);
            return;
        }
        (self.coordinator.failures, self.coordinator.initializing) = (0, false);
        for &(lane, committed) in offsets {
            if let Some(n) = self.metadata.index(lane) {
                self.committed_offset(n, committed, fx);
            }
        }
    }

    /// The answer to a `commitSync()`: retriable errors are retried until the call's time is up.
    pub(super) fn commit_sync_answered(&mut self, correlation: u32, error: Error, fx: &mut Fx<'_>) {
        let commit = self.coordinator.commit.as_mut();
        let Some(commit) = commit.filter(|c| c.in_flight == Some(correlation)) else { return };
        let identity = commit.identity;
        let error = self.commit_error(identity, error, fx);
        let Some(commit) = self.coordinator.commit.as_mut() else { return };
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
        identity: Option<GroupIdentity>,
        offsets: &Offsets,
        error: Error,
        fx: &mut Fx<'_>,
    ) {
        if error == Error::None {
            return;
        }
        let error = self.commit_error(identity, error, fx);
        if Self::moves_coordinator(error) {
            self.coordinator_unknown();
        }
        if error.is_retriable() {
            self.coordinator.auto_at = fx.now() + self.plan.config.retry_backoff_ms;
        }
        self.commit_failed(offsets, error, fx);
    }

    pub(super) fn commit_failed(&mut self, offsets: &Offsets, error: Error, fx: &mut Fx<'_>) {
        let (subscription, consumer) = (self.plan.subscription, self.plan.node);
        let error = error.name();
        for &(lane, ..) in offsets {
            fx.state(Fact::CommitFailed { subscription, lane, consumer, error });
        }
    }
}
