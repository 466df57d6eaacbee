//! Members of consumer groups: what a broker does for the groups it coordinates (`GroupCoordinator`,
//! `GroupMetadataManager`; reference §6.1). The rules themselves are in
//! [`crate::brokers::kafka::group::classic`].
//!
//! Simplified: reading a partition of `__consumer_offsets` into memory takes 5 ms and 1 µs a record,
//! whatever the disk; a group is found already formed if its members start with the cluster.

use super::coordinator::{Committed, GroupOffsets, as_coordinator_says};
use super::produce::Delayed;
use super::{Broker, Fx};
use crate::brokers::kafka::error::Error;
use crate::brokers::kafka::group::classic::{Context, Group, GroupEffect, Loader, Waiter};
use crate::brokers::kafka::group::{GroupIdentity, MemberId};
use crate::brokers::kafka::log::SegmentLimits;
use crate::brokers::kafka::plan::Mutant;
use crate::brokers::kafka::record::{Batch, Payload, Record, Records};
use crate::brokers::kafka::timer::{BrokerTimer, GroupTimer, KafkaTimer};
use crate::brokers::kafka::wire::{JoinGroup, JoinedGroup, Response, SyncGroup};
use crate::fact::{LaneId, SubscriptionId};
use crate::kernel::{Span, Time};
use crate::substrate::FileId;
use std::collections::BTreeMap;

/// Time to begin reading a partition of groups and offsets.
const LOADING: Span = Span::millis(5);
/// Time to read one record of it.
const LOADING_A_RECORD: Span = Span::micros(1);
/// Room for the timers of one incarnation of a group.
const TICKETS_A_GROUP: u32 = 1 << 20;
/// Whoever waits in the purgatory for a write that no connection is answered for.
const NOBODY: Waiter = Waiter { slot: u32::MAX, correlation: 0 };

impl Broker {
    /// A group, if this broker coordinates it.
    pub fn group(&self, group: SubscriptionId) -> Option<&Group> {
        let index = self.offsets_index(self.plan.offsets_lane(group)?)?;
        self.offsets[index].as_ref()?.groups.get(&group)
    }

    // ── loading and unloading ────────────────────────────────────────────────────────────────

    /// Writes the groups that are found already formed into the logs of this broker's replicas of
    /// the offsets topic, before it first takes up any role.
    pub(super) fn found_groups(&mut self) {
        for (group, records) in &self.plan.founded {
            let Some(lane) = self.plan.offsets_lane(*group) else { continue };
            let Some(Some(partition)) = self.partitions.get_mut(lane.0 as usize) else { continue };
            let log = &mut partition.log;
            let batch = Batch::new(as_records(records, Time::ZERO), None);
            let limits =
                SegmentLimits::of(&self.plan.topics[self.plan.lane(lane).topic as usize].config);
            if log.append_as_leader(batch, 0, limits).is_ok() {
                log.set_high_watermark(log.end_offset());
                log.close();
            }
        }
    }

    /// What [`Broker::found_groups`] has written is on disk.
    pub(super) fn write_founded_groups(&mut self, fx: &mut Fx<'_>) {
        for (group, _) in &self.plan.founded {
            let Some(lane) = self.plan.offsets_lane(*group) else { continue };
            let Some(partition) = self.partition(lane) else { continue };
            let file = FileId(u32::from(lane.0));
            if fx.append(file, partition.log.end_offset()).is_ok() {
                fx.sync_at_once(file);
            }
        }
    }

    /// This broker leads a partition of the offsets topic: it reads the log into memory. At time
    /// zero that has happened long ago.
    pub(super) fn load_offsets(&mut self, lane: LaneId, epoch: u32, fx: &mut Fx<'_>) {
        let Some(index) = self.offsets_index(lane) else { return };
        self.offsets[index] =
            Some(GroupOffsets { loading: Some(epoch), ..GroupOffsets::default() });
        if fx.now() == Time::ZERO {
            self.groups_loaded(lane, epoch, fx);
            return;
        }
        let end = self.partition(lane).map_or(0, |p| p.log.end_offset());
        let takes = LOADING + LOADING_A_RECORD.times(end);
        fx.timer(takes, KafkaTimer::Broker(BrokerTimer::GroupsLoaded { lane, epoch }));
    }

    /// The log has been read up to its end, records above the high watermark included.
    pub(super) fn groups_loaded(&mut self, lane: LaneId, epoch: u32, fx: &mut Fx<'_>) {
        let Some(index) = self.offsets_index(lane) else { return };
        let reading = self.offsets[index].as_ref().is_some_and(|k| k.loading == Some(epoch));
        if !reading {
            return;
        }
        let mut loaded = GroupOffsets::default();
        let mut groups = Loader::new(self.next_tickets());
        if let Some(Some(partition)) = self.partitions.get(lane.0 as usize) {
            for record in partition.log.batches().flat_map(|b| b.records.iter()) {
                let at = Time::ZERO + Span::millis(record.timestamp);
                match record.payload {
                    Payload::OffsetCommit { group, lane, offset, leader_epoch } => {
                        let committed = Committed { offset, leader_epoch, at };
                        loaded.committed.insert((group, lane), committed);
                    }
                    Payload::OffsetDeletion { group, lane } => {
                        loaded.committed.remove(&(group, lane));
                    }
                    payload => groups.read(&payload, at),
                }
            }
        }
        loaded.groups = groups.finish();
        let ids: Vec<SubscriptionId> = loaded.groups.keys().copied().collect();
        self.offsets[index] = Some(loaded);
        for group in ids {
            self.with_group(group, fx, |group, cx| group.loaded(cx));
        }
    }

    fn next_tickets(&mut self) -> u32 {
        self.group_tickets = self.group_tickets.wrapping_add(TICKETS_A_GROUP);
        self.group_tickets
    }

    pub(super) fn unload_offsets(&mut self, lane: LaneId, fx: &mut Fx<'_>) {
        let Some(index) = self.offsets_index(lane) else { return };
        let Some(kept) = self.offsets[index].take() else { return };
        for (id, mut group) in kept.groups {
            let mut effects = Vec::new();
            let rules = &self.plan.clone().groups;
            let mut cx = Context { now: fx.now(), rules, effects: &mut effects };
            group.unload(Error::NotCoordinator, &mut cx);
            self.carry_out(id, effects, fx);
        }
    }

    /// The connection in this slot is gone.
    pub(super) fn orphan_members(&mut self, slot: u32) {
        for kept in self.offsets.iter_mut().flatten() {
            for group in kept.groups.values_mut() {
                group.orphan(slot);
            }
        }
    }

    // ── what members ask for ─────────────────────────────────────────────────────────────────

    /// The loaded groups of the partition that keeps this one, or why there are none.
    fn groups_of(
        &mut self,
        group: SubscriptionId,
    ) -> Result<&mut BTreeMap<SubscriptionId, Group>, Error> {
        let (_, index) = self.group_offsets(group)?;
        self.offsets[index].as_mut().map(|kept| &mut kept.groups).ok_or(Error::NotCoordinator)
    }

    /// Lets a group do something and carries out what it wants; `None` if it is not here.
    fn with_group<R>(
        &mut self,
        id: SubscriptionId,
        fx: &mut Fx<'_>,
        act: impl FnOnce(&mut Group, &mut Context<'_>) -> R,
    ) -> Option<R> {
        let plan = self.plan.clone();
        let mut effects = Vec::new();
        let group = self.groups_of(id).ok()?.get_mut(&id)?;
        let mut cx = Context { now: fx.now(), rules: &plan.groups, effects: &mut effects };
        let result = act(group, &mut cx);
        self.carry_out(id, effects, fx);
        Some(result)
    }

    fn carry_out(&mut self, id: SubscriptionId, effects: Vec<GroupEffect>, fx: &mut Fx<'_>) {
        for effect in effects {
            match effect {
                GroupEffect::Respond(Waiter { slot, correlation }, response) => {
                    self.respond(slot, correlation, response, fx);
                }
                GroupEffect::Timer(after, timer) => {
                    let timer = BrokerTimer::Group { group: id, timer };
                    fx.timer(after, KafkaTimer::Broker(timer));
                }
                GroupEffect::Store(number) => self.store_group(id, number, fx),
                GroupEffect::State(fact) => fx.state(fact),
            }
        }
    }

    pub(super) fn join_group(
        &mut self,
        slot: u32,
        correlation: u32,
        request: &JoinGroup,
        fx: &mut Fx<'_>,
    ) {
        let id = request.group;
        let refusal = match self.groups_of(id).map(|groups| groups.contains_key(&id)) {
            Err(error) => Some(error),
            Ok(true) => None,
            Ok(false) if request.member.is_some() => Some(Error::UnknownMemberId),
            Ok(false) => {
                let group = Group::new(id, self.next_tickets());
                self.groups_of(id).map(|groups| groups.insert(id, group)).err()
            }
        };
        if let Some(error) = refusal {
            let refused = JoinedGroup {
                error,
                generation: 0,
                protocol: None,
                leader: None,
                member: request.member,
                skip_assignment: false,
                members: Vec::new(),
            };
            return self.respond(slot, correlation, Response::JoinGroup(Box::new(refused)), fx);
        }
        let waiter = Waiter { slot, correlation };
        self.with_group(id, fx, |group, cx| group.join(request, waiter, cx));
    }

    pub(super) fn sync_group(
        &mut self,
        slot: u32,
        correlation: u32,
        request: &SyncGroup,
        fx: &mut Fx<'_>,
    ) {
        let waiter = Waiter { slot, correlation };
        let error = match self.groups_of(request.group) {
            Err(error) => error,
            Ok(_) => {
                let sync = |group: &mut Group, cx: &mut Context<'_>| {
                    group.sync(request, waiter, cx);
                };
                match self.with_group(request.group, fx, sync) {
                    Some(()) => return,
                    None => Error::UnknownMemberId,
                }
            }
        };
        let assignment = [].into();
        self.respond(slot, correlation, Response::SyncGroup { error, assignment }, fx);
    }

    pub(super) fn member_heartbeat(
        &mut self,
        group: SubscriptionId,
        member: &GroupIdentity,
        fx: &mut Fx<'_>,
    ) -> Response {
        let error = match self.groups_of(group) {
            // The group is on its way: nobody need be alarmed.
            Err(Error::CoordinatorLoadInProgress) => Error::None,
            Err(error) => error,
            Ok(_) => self
                .with_group(group, fx, |group, cx| group.heartbeat(member, cx))
                .unwrap_or(Error::UnknownMemberId),
        };
        Response::Heartbeat { error }
    }

    pub(super) fn leave_group(
        &mut self,
        group: SubscriptionId,
        member: MemberId,
        reason: &'static str,
        fx: &mut Fx<'_>,
    ) -> Response {
        let error = match self.groups_of(group) {
            Err(error) => error,
            Ok(_) => self
                .with_group(group, fx, |group, cx| group.leave(member, reason, cx))
                .unwrap_or(Error::UnknownMemberId),
        };
        Response::LeaveGroup { error }
    }

    /// The partition to write the offsets to, or why they are refused.
    pub(super) fn may_commit(
        &mut self,
        group: SubscriptionId,
        member: Option<&GroupIdentity>,
        fx: &mut Fx<'_>,
    ) -> Result<LaneId, Error> {
        let (lane, _) = self.group_offsets(group)?;
        let judged = self.with_group(group, fx, |group, cx| group.may_commit(member, cx));
        match judged {
            Some(Error::None) => Ok(lane),
            _ if self.plan.is(Mutant::IgnoresGenerations) => Ok(lane),
            Some(error) => Err(error),
            None if member.is_none() => Ok(lane),
            None => Err(Error::IllegalGeneration),
        }
    }

    pub(super) fn group_timer(
        &mut self,
        group: SubscriptionId,
        timer: GroupTimer,
        fx: &mut Fx<'_>,
    ) {
        self.with_group(group, fx, |group, cx| group.timer(timer, cx));
    }

    // ── writing groups down ──────────────────────────────────────────────────────────────────

    /// Writes a group with acks=all semantics; [`Broker::group_stored`] follows.
    fn store_group(&mut self, id: SubscriptionId, number: u32, fx: &mut Fx<'_>) {
        let Ok((lane, index)) = self.group_offsets(id) else { return };
        let group = self.offsets[index].as_ref().and_then(|kept| kept.groups.get(&id));
        let Some(records) = group.map(Group::records) else { return };
        let batch = Batch::new(as_records(&records, fx.clock()), None);
        match self.append_as_leader(lane, batch, true, fx) {
            Ok((_, required)) => {
                let timeout = self.plan.broker.offsets_commit_timeout_ms;
                let delayed = Delayed::Group { group: id, lane, number };
                let Waiter { slot, correlation } = NOBODY;
                self.delay(slot, correlation, timeout, delayed, &[(lane, required)], fx);
            }
            Err(error) => self.group_stored(id, number, error, fx),
        }
    }

    /// The write of a group has ended one way or the other.
    pub(super) fn group_stored(
        &mut self,
        id: SubscriptionId,
        number: u32,
        error: Error,
        fx: &mut Fx<'_>,
    ) {
        let error = as_coordinator_says(error);
        self.with_group(id, fx, |group, cx| group.stored(number, error, cx));
    }
}

/// Bytes of key and value, about.
const fn size(record: &Payload) -> u32 {
    match record {
        Payload::GroupMember { .. } => 120,
        Payload::GroupMemberTopic { .. } => 20,
        Payload::GroupMemberLane { .. } => 4,
        _ => 60,
    }
}

fn as_records(records: &[Payload], clock: Time) -> Records {
    let timestamp = clock.as_millis();
    let record = |payload: &Payload| Record {
        payload: *payload,
        key: None,
        size: size(payload),
        is_tombstone: false,
        timestamp,
    };
    records.iter().map(record).collect()
}
