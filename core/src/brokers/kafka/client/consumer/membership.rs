//! Membership in the group: joining, what happens to partitions on the way, and staying in
//! (`AbstractCoordinator`, `ConsumerCoordinator.onJoinPrepare`, `onJoinComplete`; reference §6.7).
//! [`super::heartbeat`] is the background thread.
//!
//! A member joins from inside `poll()` only. What it asks is answered whenever it is answered, but
//! an answer takes effect in the next `poll()`.

use super::application::Doing;
use super::coordinator::Offsets;
use super::subscription::{FetchState, TopicPartitionState};
use super::{Asked, CommitPolicy, Consumer, Fx};
use crate::brokers::kafka::client::alarm::Alarm;
use crate::brokers::kafka::error::Error;
use crate::brokers::kafka::group::{
    Assignor, GroupIdentity, GroupMember, InstanceId, MemberId, RebalanceProtocol, Subscription,
    TopicPartitions,
};
use crate::brokers::kafka::wire::{
    COORDINATOR_CHANNEL, JoinGroup, JoinedGroup, Request, Response, SyncGroup,
};
use crate::fact::{Fact, LaneId};
use crate::kernel::{Span, Time};
use std::sync::Arc;

/// How a consumer takes part in its group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MembershipPlan {
    /// `group.instance.id`
    pub instance: Option<InstanceId>,
    /// The topics it subscribes to, by number, ascending.
    pub subscribed: Arc<[u16]>,
    /// Every topic that some member of the group may subscribe to, in the order of their names.
    pub topics: Arc<[TopicPartitions]>,
    /// Its place in a group that was formed before the run.
    pub founder: Option<FounderPlan>,
}

/// A place in the first generation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FounderPlan {
    /// The assignor.
    pub protocol: Assignor,
    /// It assigns.
    pub leads: bool,
    /// Its partitions.
    pub assigned: Arc<[LaneId]>,
}

/// Where a member stands (`AbstractCoordinator.MemberState`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MemberState {
    /// In no generation.
    Unjoined,
    /// JoinGroup is on its way.
    PreparingRebalance,
    /// SyncGroup is on its way.
    CompletingRebalance,
    /// In the group.
    Stable,
}

/// An answer that takes effect in the next `poll()`.
#[derive(Clone, Debug)]
enum Answer {
    Joined(Box<JoinedGroup>),
    Assigned(Arc<[LaneId]>),
}

/// The commit before a rebalance (`onJoinPrepare`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct PrepareCommit {
    in_flight: Option<u32>,
    /// It is waited for until then.
    deadline: Time,
}

/// The membership of one consumer.
#[derive(Clone, Debug)]
pub struct Membership {
    pub(super) state: MemberState,
    pub(super) generation: Option<u32>,
    pub(super) member: Option<MemberId>,
    protocol: Option<Assignor>,
    leads: bool,
    rejoin_needed: bool,
    needs_join_prepare: bool,
    preparing: Option<PrepareCommit>,
    /// JoinGroup or SyncGroup is on its way.
    joining: Option<u32>,
    answer: Option<Answer>,
    not_before: Time,
    failures: u32,
    /// What `StickyAssignor` remembers: what it last handed to this member, and when.
    remembered: (Arc<[LaneId]>, Option<u32>),
    /// The leader's view of the topics when it assigned: how many partitions each had.
    snapshot: Option<Vec<u16>>,
    pub(super) last_poll: Time,
    /// When the last heartbeat was sent, and when one was last answered.
    pub(super) sent: Time,
    pub(super) heard: Time,
    pub(super) beating: Option<u32>,
    pub(super) alarm: Alarm,
}

impl Membership {
    pub(super) fn new(now: Time) -> Membership {
        Membership {
            state: MemberState::Unjoined,
            generation: None,
            member: None,
            protocol: None,
            leads: false,
            rejoin_needed: true,
            needs_join_prepare: true,
            preparing: None,
            joining: None,
            answer: None,
            not_before: Time::ZERO,
            failures: 0,
            remembered: ([].into(), None),
            snapshot: None,
            last_poll: now,
            sent: now,
            heard: now,
            beating: None,
            alarm: Alarm::OFF,
        }
    }

    /// Where it stands.
    pub fn state(&self) -> MemberState {
        self.state
    }

    /// The generation it is in.
    pub fn generation(&self) -> Option<u32> {
        self.generation
    }

    /// Whether it assigns for the group.
    pub fn leads(&self) -> bool {
        self.leads
    }

    /// Whether it is in the group and nothing about that is about to change.
    pub fn is_settled(&self) -> bool {
        self.state == MemberState::Stable && !self.rejoin_needed && self.joining.is_none()
    }

    /// `resetStateAndGeneration`
    pub(super) fn reset(&mut self, forget_member: bool) {
        (self.state, self.generation) = (MemberState::Unjoined, None);
        if forget_member {
            self.member = None;
        }
        (self.rejoin_needed, self.needs_join_prepare) = (true, true);
    }

    /// `requestRejoin`
    pub(super) fn request_rejoin(&mut self) {
        self.rejoin_needed = true;
    }
}

/// A JoinGroup may take as long as the slowest member, and this much more
/// (`JOIN_GROUP_TIMEOUT_LAPSE`).
const JOIN_GROUP_LAPSE: Span = Span::secs(5);

impl Consumer {
    /// EAGER or COOPERATIVE: what all its assignors have in common.
    fn rebalance_protocol(&self) -> RebalanceProtocol {
        let strategies = Assignor::of(self.plan.config.partition_assignment_strategy);
        strategies.into_iter().map(Assignor::protocol).min().unwrap_or(RebalanceProtocol::Eager)
    }

    /// A member of the first generation, or one that has yet to join.
    pub(super) fn enter_group(&mut self, boots: u16, fx: &mut Fx<'_>) {
        let Some(plan) = &self.plan.membership else { return };
        let mut membership = Membership::new(fx.now());
        let founder = plan.founder.as_ref().filter(|_| boots <= 1);
        let mut assigned: Arc<[LaneId]> = [].into();
        if let Some(founder) = founder {
            membership.state = MemberState::Stable;
            membership.generation = Some(1);
            membership.member = Some(MemberId::first(self.plan.node));
            membership.protocol = Some(founder.protocol);
            membership.leads = founder.leads;
            membership.rejoin_needed = false;
            membership.remembered = (founder.assigned.clone(), Some(1));
            assigned = founder.assigned.clone();
        }
        self.membership = Some(membership);
        self.assign(&assigned);
        self.await_heartbeat(fx);
    }

    /// `assignFromSubscribed`: what it keeps it reads on, what is new starts at the committed
    /// offset.
    fn assign(&mut self, lanes: &[LaneId]) {
        let mut has = vec![false; self.partitions.len()];
        for &lane in lanes {
            if let Some(n) = self.metadata.index(lane) {
                has[n] = true;
            }
        }
        for (n, has) in has.into_iter().enumerate() {
            let partition = &mut self.partitions[n];
            let had = partition.state != FetchState::Unassigned;
            if has && !had {
                *partition = TopicPartitionState::new(partition.lane);
            } else if had && !has {
                *partition = TopicPartitionState::unassigned(partition.lane);
                self.fetcher.drop_buffered(n);
            }
        }
        self.coordinator.fetch_committed();
    }

    /// The partitions it has.
    pub(super) fn owned(&self) -> Vec<LaneId> {
        let has = |p: &&TopicPartitionState| p.state != FetchState::Unassigned;
        self.partitions.iter().filter(has).map(|p| p.lane).collect()
    }

    /// Who it is to the coordinator, or why it cannot commit now. `None`: it is in no group.
    pub(super) fn commit_identity(&self) -> Result<Option<GroupIdentity>, Error> {
        let Some(membership) = &self.membership else { return Ok(None) };
        match membership.state {
            MemberState::Stable => self.identity().map(Some).ok_or(Error::CommitFailed),
            MemberState::Unjoined => Err(Error::CommitFailed),
            _ => Err(Error::Rebalancing),
        }
    }

    pub(super) fn identity(&self) -> Option<GroupIdentity> {
        let membership = self.membership.as_ref()?;
        let (generation, member) = (membership.generation?, membership.member?);
        Some(GroupIdentity {
            generation,
            number: member.number,
            client: member.client,
            instance: self.plan.membership.as_ref()?.instance,
        })
    }

    /// The coordinator no longer counts on this generation of ours, or on us.
    pub(super) fn fenced(&mut self, error: Error, fx: &mut Fx<'_>) {
        if error == Error::FencedInstanceId {
            self.exception = Some("FencedInstanceIdException");
        }
        let (subscription, consumer) = (self.plan.subscription, self.plan.node);
        if let Some(membership) = &mut self.membership {
            membership.reset(error != Error::IllegalGeneration);
            fx.state(Fact::MemberFenced { subscription, consumer, error: error.name() });
        }
    }

    // ── in poll() ────────────────────────────────────────────────────────────────────────────

    /// The group's part of `poll()`: `false` while fetched records are held back because their
    /// partitions are about to be revoked.
    pub(super) fn poll_group(&mut self, fx: &mut Fx<'_>) -> bool {
        let Some(membership) = &mut self.membership else { return true };
        membership.last_poll = fx.now();
        if membership.rejoin_needed || membership.joining.is_some() || membership.answer.is_some() {
            self.join_if_needed(fx);
        }
        let commits_first = self.membership.as_ref().is_some_and(|m| m.preparing.is_some());
        !(commits_first && self.rebalance_protocol() == RebalanceProtocol::Eager)
    }

    fn join_if_needed(&mut self, fx: &mut Fx<'_>) {
        loop {
            let now = fx.now();
            let Some(membership) = &mut self.membership else { return };
            match membership.answer.take() {
                Some(Answer::Joined(joined)) => {
                    self.joined(*joined, fx);
                    continue;
                }
                Some(Answer::Assigned(lanes)) => {
                    self.join_completed(&lanes, fx);
                    continue;
                }
                None => {}
            }
            if membership.joining.is_some() || !membership.rejoin_needed || self.exception.is_some()
            {
                return;
            }
            if now < membership.not_before {
                self.alarm.set(membership.not_before, super::retry, fx);
                return;
            }
            let prepare = membership.needs_join_prepare;
            let Some(node) = self.coordinator.node else {
                self.find_coordinator(fx);
                return;
            };
            if !self.network.ready(node, COORDINATOR_CHANNEL, fx) {
                return;
            }
            if prepare && !self.prepare_to_join(fx) {
                return;
            }
            let request = Request::JoinGroup(Box::new(self.join_request()));
            let config = &self.plan.config;
            let patience = config.max_poll_interval_ms + JOIN_GROUP_LAPSE;
            let longer = patience - config.request_timeout_ms;
            let sent = self.network.send_patiently(node, COORDINATOR_CHANNEL, request, longer, fx);
            let (Some(correlation), Some(membership)) = (sent, &mut self.membership) else {
                return;
            };
            membership.state = MemberState::PreparingRebalance;
            membership.needs_join_prepare = false;
            membership.joining = Some(correlation);
            self.asked.push((correlation, Asked::Join));
            return;
        }
    }

    /// What it would say to each assignor (`ConsumerCoordinator.metadata`).
    fn join_request(&self) -> JoinGroup {
        let (owned, membership) = (self.owned(), self.membership.as_ref());
        let generation = membership.and_then(|m| m.generation);
        let remembered = membership.map(|m| m.remembered.clone()).unwrap_or_default();
        join_request(&self.plan, membership.and_then(|m| m.member), |assignor| match assignor {
            Assignor::Sticky => remembered.clone(),
            _ => (owned.as_slice().into(), generation),
        })
    }

    /// `onJoinPrepare`: commits, then gives up what the protocol says; `false` while the commit is
    /// waited for.
    fn prepare_to_join(&mut self, fx: &mut Fx<'_>) -> bool {
        let now = fx.now();
        let Some(membership) = &mut self.membership else { return true };
        let preparing = membership.preparing;
        if preparing.is_some_and(|p| p.in_flight.is_some() && now < p.deadline) {
            if let Some(p) = preparing {
                self.alarm.set(p.deadline, super::retry, fx);
            }
            return false;
        }
        let retries = preparing.is_none_or(|p| p.in_flight.is_none() && now < p.deadline);
        if self.plan.commit == CommitPolicy::Auto && retries && self.commit_before_joining(fx) {
            return false;
        }
        let protocol = self.rebalance_protocol();
        let Some(membership) = &mut self.membership else { return true };
        membership.preparing = None;
        membership.leads = false;
        membership.snapshot = None;
        let lost = membership.generation.is_none() || membership.member.is_none();
        self.coordinator.restart_auto_commit(now + self.plan.config.auto_commit_interval_ms);
        let owned = self.owned();
        if lost {
            self.tell_each(&owned, fx, |subscription, lane, consumer| Fact::PartitionsLost {
                subscription,
                lane,
                consumer,
            });
            self.assign(&[]);
        } else if protocol == RebalanceProtocol::Eager {
            self.revoke(&owned, fx);
            self.assign(&[]);
        }
        true
    }

    /// Sends the auto-commit before a rebalance; `false` if there is nothing to wait for.
    fn commit_before_joining(&mut self, fx: &mut Fx<'_>) -> bool {
        let offsets = self.all_consumed();
        if offsets.is_empty() {
            return false;
        }
        let identity = match self.commit_identity() {
            Ok(identity) => identity,
            Err(error) => {
                self.commit_failed(&offsets, error, fx);
                return false;
            }
        };
        let deadline = fx.now() + self.plan.config.max_poll_interval_ms;
        let Some(correlation) = self.send_commit(identity, &offsets, fx) else { return false };
        if let Some(membership) = &mut self.membership {
            let deadline = membership.preparing.map_or(deadline, |p| p.deadline);
            membership.preparing = Some(PrepareCommit { in_flight: Some(correlation), deadline });
        }
        self.asked.push((correlation, Asked::CommitBeforeJoin { identity, offsets }));
        true
    }

    /// The answer to the commit before a rebalance: tried again while that can help.
    pub(super) fn commit_before_join_answered(
        &mut self,
        identity: Option<GroupIdentity>,
        offsets: &Offsets,
        error: Error,
        fx: &mut Fx<'_>,
    ) {
        let error = self.commit_error(identity, error, fx);
        let backoff = self.plan.config.retry_backoff_ms;
        let Some(membership) = &mut self.membership else { return };
        let Some(preparing) = &mut membership.preparing else { return };
        preparing.in_flight = None;
        if error.is_retriable() {
            membership.not_before = fx.now() + backoff;
        } else {
            // No more of it: the rebalance goes on.
            preparing.deadline = Time::ZERO;
        }
        if error != Error::None {
            self.commit_failed(offsets, error, fx);
        }
    }

    fn revoke(&mut self, lanes: &[LaneId], fx: &mut Fx<'_>) {
        self.tell_each(lanes, fx, |subscription, lane, consumer| Fact::Revoked {
            subscription,
            lane,
            consumer,
        });
    }

    pub(super) fn revoke_all(&mut self, fx: &mut Fx<'_>) {
        let owned = self.owned();
        self.revoke(&owned, fx);
        self.assign(&[]);
    }

    fn tell_each(
        &self,
        lanes: &[LaneId],
        fx: &mut Fx<'_>,
        fact: impl Fn(crate::fact::SubscriptionId, LaneId, crate::fact::NodeId) -> Fact,
    ) {
        for &lane in lanes {
            fx.state(fact(self.plan.subscription, lane, self.plan.node));
        }
    }

    // ── answers ──────────────────────────────────────────────────────────────────────────────

    /// JoinGroup was answered, or its connection broke.
    pub(super) fn join_answered(
        &mut self,
        correlation: u32,
        response: Option<Response>,
        fx: &mut Fx<'_>,
    ) {
        let Some(membership) = &mut self.membership else { return };
        if membership.joining != Some(correlation) {
            return;
        }
        membership.joining = None;
        let joined = match response {
            Some(Response::JoinGroup(joined)) => joined,
            _ => return self.join_failed(Error::NetworkException, fx),
        };
        match joined.error {
            Error::None => membership.answer = Some(Answer::Joined(joined)),
            Error::MemberIdRequired => {
                membership.member = joined.member;
                membership.state = MemberState::Unjoined;
            }
            error => self.join_failed(error, fx),
        }
    }

    /// Everybody is here: the leader assigns, all ask for their partitions.
    fn joined(&mut self, joined: JoinedGroup, fx: &mut Fx<'_>) {
        let now = fx.now();
        let (Some(membership), Some(protocol)) = (&mut self.membership, joined.protocol) else {
            return;
        };
        if membership.state != MemberState::PreparingRebalance {
            return;
        }
        membership.state = MemberState::CompletingRebalance;
        membership.generation = Some(joined.generation);
        membership.member = joined.member;
        membership.protocol = Some(protocol);
        membership.leads = joined.leader == joined.member;
        (membership.sent, membership.heard, membership.beating) = (now, now, None);
        let leads = membership.leads;
        let mut assignments = Vec::new();
        if leads {
            let topics = self.known_topics();
            if !joined.skip_assignment {
                assignments = assign(protocol, &topics, &joined.members);
            }
            let counts = topics.iter().map(|t| t.count).collect();
            if let Some(membership) = &mut self.membership {
                membership.snapshot = Some(counts);
            }
        }
        self.await_heartbeat(fx);
        let (Some(node), Some(member)) = (self.coordinator.node, self.identity()) else {
            return self.join_failed(Error::NetworkException, fx);
        };
        let group = self.plan.subscription;
        let sync = SyncGroup { group, member, protocol, assignments };
        let request = Request::SyncGroup(Box::new(sync));
        let sent = self.network.send(node, COORDINATOR_CHANNEL, request, true, fx);
        let Some(correlation) = sent else {
            return self.join_failed(Error::NetworkException, fx);
        };
        if let Some(membership) = &mut self.membership {
            membership.joining = Some(correlation);
        }
        self.asked.push((correlation, Asked::Sync));
    }

    /// SyncGroup was answered, or its connection broke.
    pub(super) fn sync_answered(
        &mut self,
        correlation: u32,
        response: Option<Response>,
        fx: &mut Fx<'_>,
    ) {
        let Some(membership) = &mut self.membership else { return };
        if membership.joining != Some(correlation) {
            return;
        }
        membership.joining = None;
        let (error, assignment) = match response {
            Some(Response::SyncGroup { error, assignment }) => (error, assignment),
            _ => (Error::NetworkException, [].into()),
        };
        if error != Error::None {
            return self.join_failed(error, fx);
        }
        if membership.state != MemberState::CompletingRebalance || membership.generation.is_none() {
            // The heartbeat thread learned meanwhile that this generation is not ours any more.
            return membership.request_rejoin();
        }
        membership.state = MemberState::Stable;
        membership.rejoin_needed = false;
        membership.failures = 0;
        membership.answer = Some(Answer::Assigned(assignment));
    }

    /// `onJoinComplete`
    fn join_completed(&mut self, lanes: &[LaneId], fx: &mut Fx<'_>) {
        let cooperative = self.rebalance_protocol() == RebalanceProtocol::Cooperative;
        let owned = self.owned();
        let Some(membership) = &mut self.membership else { return };
        if membership.state != MemberState::Stable {
            // The generation was lost between the answer and this poll().
            return membership.reset(true);
        }
        membership.needs_join_prepare = true;
        membership.remembered = (lanes.into(), membership.generation);
        let kept: std::collections::BTreeSet<LaneId> = lanes.iter().copied().collect();
        let gone: Vec<LaneId> = owned.iter().copied().filter(|l| !kept.contains(l)).collect();
        if cooperative && !gone.is_empty() {
            // What moves can go to its new owner only once everybody knows that it was given up.
            membership.request_rejoin();
            self.revoke(&gone, fx);
        }
        let interval = self.plan.config.auto_commit_interval_ms;
        self.coordinator.restart_auto_commit(fx.now() + interval);
        self.assign(lanes);
        let had: std::collections::BTreeSet<LaneId> = owned.into_iter().collect();
        let added: Vec<LaneId> = lanes.iter().copied().filter(|l| !had.contains(l)).collect();
        self.tell_each(&added, fx, |subscription, lane, consumer| Fact::Assigned {
            subscription,
            lane,
            consumer,
        });
        self.run_coordinator(fx);
    }

    /// JoinGroup or SyncGroup failed (`JoinGroupResponseHandler`, `SyncGroupResponseHandler`).
    fn join_failed(&mut self, error: Error, fx: &mut Fx<'_>) {
        if Self::moves_coordinator(error) {
            self.coordinator_unknown();
        }
        match error {
            Error::UnknownMemberId | Error::IllegalGeneration | Error::FencedInstanceId => {
                self.fenced(error, fx);
            }
            Error::InconsistentGroupProtocol => {
                self.exception = Some("InconsistentGroupProtocolException");
            }
            Error::InvalidSessionTimeout => {
                self.exception = Some("InvalidSessionTimeoutException");
            }
            Error::GroupMaxSizeReached => self.exception = Some("GroupMaxSizeReachedException"),
            _ => {}
        }
        let now = fx.now();
        let (subject, ordinal) = (self.subject, self.backoffs);
        let Some(membership) = &mut self.membership else { return };
        membership.request_rejoin();
        if error.is_retriable() {
            let span = self.backoff.after(membership.failures, subject, ordinal, fx);
            membership.failures += 1;
            membership.not_before = now + span;
            self.backoffs += 1;
        }
    }

    // ── the leader's part ────────────────────────────────────────────────────────────────────

    /// The topics of the group with as many partitions as the metadata has; of a topic it does not
    /// subscribe to itself the leader knows all.
    fn known_topics(&self) -> Vec<TopicPartitions> {
        let Some(plan) = &self.plan.membership else { return Vec::new() };
        let known = |topic: &TopicPartitions| {
            let exists = |lane: &LaneId| match self.metadata.index(*lane) {
                Some(n) => self.metadata.leader(n).epoch.is_some(),
                None => true,
            };
            let count = topic.lanes().take_while(exists).count() as u16;
            TopicPartitions { count, ..*topic }
        };
        plan.topics.iter().map(known).collect()
    }

    /// The metadata changed: the leader sees to it that new partitions are handed out.
    pub(super) fn watch_topics(&mut self) {
        let Some(membership) = &self.membership else { return };
        if !membership.leads {
            return;
        }
        let counts: Vec<u16> = self.known_topics().iter().map(|t| t.count).collect();
        let Some(membership) = &mut self.membership else { return };
        match &membership.snapshot {
            Some(snapshot) if *snapshot != counts => membership.request_rejoin(),
            Some(_) => {}
            // A founder takes its first look.
            None => membership.snapshot = Some(counts),
        }
    }

    /// Whether the application is inside `poll()`.
    pub(super) fn is_polling(&self) -> bool {
        self.application.doing == Doing::Polling
    }
}

fn assign(
    assignor: Assignor,
    topics: &[TopicPartitions],
    members: &[GroupMember],
) -> Vec<(MemberId, Arc<[LaneId]>)> {
    let assignment = assignor.assign(topics, members);
    members.iter().zip(assignment).map(|(m, lanes)| (m.id, lanes.into())).collect()
}

/// A JoinGroup of a consumer with this plan; `claims` says what it owns, and since when, to each
/// assignor.
pub fn join_request(
    plan: &super::ConsumerPlan,
    member: Option<MemberId>,
    claims: impl Fn(Assignor) -> (Arc<[LaneId]>, Option<u32>),
) -> JoinGroup {
    let membership = plan.membership.as_ref();
    let topics: Arc<[u16]> = membership.map_or_else(|| [].into(), |m| m.subscribed.clone());
    let strategies = Assignor::of(plan.config.partition_assignment_strategy);
    let said = |assignor: Assignor| {
        let (owned, generation) = claims(assignor);
        (assignor, Subscription { topics: topics.clone(), owned, generation })
    };
    JoinGroup {
        group: plan.subscription,
        session_timeout: plan.config.session_timeout_ms,
        rebalance_timeout: plan.config.max_poll_interval_ms,
        client: plan.node,
        member,
        instance: membership.and_then(|m| m.instance),
        protocols: strategies.into_iter().map(said).collect(),
    }
}
