//! One group on its coordinator, as a state machine (`GroupCoordinator`, `GroupMetadata`,
//! `MemberMetadata`, `DelayedJoin`; reference §6.2-§6.6).
//!
//! Requests come in with a [`Waiter`] to be answered now or later; what is to be done goes out as
//! [`GroupEffect`]s. [`join`] is JoinGroup and static membership, [`rebalance`] what follows from
//! it, [`requests`] everything else a member sends, [`stored`] what the log keeps of a group.
//!
//! Simplified: ties between assignors with equally many votes go to the one that comes first in
//! Kafka's documentation; the real coordinator takes any.

mod join;
mod rebalance;
mod requests;
mod stored;
#[cfg(test)]
mod tests;

pub use stored::{Founder, Loader};

use super::{Assignor, GroupMember, GroupRules, InstanceId, MemberId, Subscription};
use crate::brokers::kafka::error::Error;
use crate::brokers::kafka::timer::GroupTimer;
use crate::brokers::kafka::wire::Response;
use crate::fact::{Fact, LaneId, NodeId, SubscriptionId};
use crate::kernel::{Span, Time};
use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;
use std::sync::Arc;

/// Where a group stands (`GroupState`). There is no Dead: a group that is unloaded is gone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GroupState {
    /// No members.
    Empty,
    /// Members are asked to join again.
    PreparingRebalance,
    /// The generation is fixed; its leader has not told the assignment yet.
    CompletingRebalance,
    /// Everybody can know what he has.
    Stable,
}

/// A request that waits for its answer: the slot of its connection and its number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Waiter {
    /// The connection's slot; `u32::MAX` once the connection is gone.
    pub slot: u32,
    /// The request's number.
    pub correlation: u32,
}

/// Something the broker has to do for a group.
#[derive(Clone, Debug)]
pub enum GroupEffect {
    /// Answer a request.
    Respond(Waiter, Response),
    /// Set a timer.
    Timer(Span, GroupTimer),
    /// Write the group to its log; [`Group::stored`] follows with this number.
    Store(u32),
    /// State a fact.
    State(Fact),
}

/// What a group needs from outside while it handles something.
#[derive(Debug)]
pub struct Context<'a> {
    /// The moment.
    pub now: Time,
    /// The coordinator's settings and the names behind ids.
    pub rules: &'a GroupRules,
    /// What is to be done.
    pub effects: &'a mut Vec<GroupEffect>,
}

/// A member.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Member {
    /// `group.instance.id`
    pub instance: Option<InstanceId>,
    /// `session.timeout.ms`
    pub session_timeout: Span,
    /// `max.poll.interval.ms`
    pub rebalance_timeout: Span,
    /// What it said to each assignor it knows, the preferred one first.
    pub protocols: Vec<(Assignor, Subscription)>,
    /// Its partitions.
    pub assignment: Arc<[LaneId]>,
    /// Its JoinGroup, if it waits for the others.
    joining: Option<Waiter>,
    /// Its SyncGroup, if it waits for the leader's.
    syncing: Option<Waiter>,
    /// It has never been in a generation.
    is_new: bool,
    /// When it counts as dead.
    expires: Time,
    /// The session timer that counts.
    ticket: u32,
}

impl Member {
    /// Whether it is parked in a request: such a member does not expire.
    fn is_parked(&self) -> bool {
        self.joining.is_some() || self.syncing.is_some()
    }

    fn knows(&self, assignor: Assignor) -> bool {
        self.protocols.iter().any(|(a, _)| *a == assignor)
    }

    fn subscription(&self, assignor: Assignor) -> Option<&Subscription> {
        self.protocols.iter().find(|(a, _)| *a == assignor).map(|(_, s)| s)
    }
}

/// A member that was given an id and has not come back with it (KIP-394).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct PendingMember {
    expires: Time,
    ticket: u32,
}

/// A rebalance that waits for members (`DelayedJoin`, `InitialDelayedJoin`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct DelayedJoin {
    ticket: u32,
    /// For a group that was empty: how much the wait may still be extended.
    initial: Option<Span>,
}

/// What waits for a write of the group.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Store {
    /// The leader's assignment for this generation.
    Sync { generation: u32 },
    /// Nothing.
    Empty,
    /// A static member that came back in the place of another of its ids.
    Replaced { member: MemberId, old: MemberId },
}

/// A group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    id: SubscriptionId,
    state: GroupState,
    generation: u32,
    protocol: Option<Assignor>,
    leader: Option<MemberId>,
    members: BTreeMap<MemberId, Member>,
    statics: BTreeMap<InstanceId, MemberId>,
    pending: BTreeMap<MemberId, PendingMember>,
    /// Members of this generation that have not asked for their partitions.
    unsynced: BTreeSet<MemberId>,
    join: Option<DelayedJoin>,
    /// The timer that ends the time to sync, if it counts.
    sync_ticket: Option<u32>,
    /// A member came while the initial delay was running.
    new_member_added: bool,
    /// How many ids each client has been given.
    numbers: BTreeMap<NodeId, u32>,
    stores: BTreeMap<u32, Store>,
    /// Since when it has no members, if it has none.
    empty_since: Time,
    /// The number of the next timer and of the next write.
    tickets: u32,
}

impl Group {
    /// A group without members. `ticket` is a number above all timers of earlier incarnations of
    /// this group on this broker.
    pub fn new(id: SubscriptionId, ticket: u32) -> Group {
        Group {
            id,
            state: GroupState::Empty,
            generation: 0,
            protocol: None,
            leader: None,
            members: BTreeMap::new(),
            statics: BTreeMap::new(),
            pending: BTreeMap::new(),
            unsynced: BTreeSet::new(),
            join: None,
            sync_ticket: None,
            new_member_added: false,
            numbers: BTreeMap::new(),
            stores: BTreeMap::new(),
            empty_since: Time::ZERO,
            tickets: ticket,
        }
    }

    /// Which group.
    pub fn id(&self) -> SubscriptionId {
        self.id
    }

    /// Since when it has no members, if it has none.
    pub fn empty_since(&self) -> Option<Time> {
        (self.state == GroupState::Empty).then_some(self.empty_since)
    }

    /// Where it stands.
    pub fn state(&self) -> GroupState {
        self.state
    }

    /// The generation; 0 before the first.
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// The assignor of the generation.
    pub fn protocol(&self) -> Option<Assignor> {
        self.protocol
    }

    /// The member that assigns.
    pub fn leader(&self) -> Option<MemberId> {
        self.leader
    }

    /// The members by id.
    pub fn members(&self) -> impl Iterator<Item = (MemberId, &Member)> {
        self.members.iter().map(|(id, member)| (*id, member))
    }

    fn ticket(&mut self) -> u32 {
        self.tickets += 1;
        self.tickets
    }

    /// The connection in this slot is gone: what it waits for is answered to nobody.
    pub fn orphan(&mut self, slot: u32) {
        for member in self.members.values_mut() {
            for waiter in [&mut member.joining, &mut member.syncing].into_iter().flatten() {
                if waiter.slot == slot {
                    waiter.slot = u32::MAX;
                }
            }
        }
    }

    /// Answers everything that waits: this broker no longer coordinates the group.
    pub fn unload(&mut self, error: Error, cx: &mut Context<'_>) {
        for member in self.members.values_mut() {
            if let Some(waiter) = member.joining.take() {
                cx.respond(waiter, join::refused(error, None));
            }
            if let Some(waiter) = member.syncing.take() {
                cx.respond(waiter, synced(error, &[].into()));
            }
        }
    }

    /// Restarts a member's session (`completeAndScheduleNextHeartbeatExpiration`).
    fn heard_of(&mut self, id: MemberId, cx: &mut Context<'_>) {
        if let Some(member) = self.members.get_mut(&id) {
            member.expires = cx.now + member.session_timeout;
            if member.ticket == 0 {
                self.watch(id, cx);
            }
        }
    }

    /// Sets the timer that looks whether a member still lives. It is not moved with every sign of
    /// life: when it fires too early it is set again.
    fn watch(&mut self, id: MemberId, cx: &mut Context<'_>) {
        let ticket = self.ticket();
        let Some(member) = self.members.get_mut(&id) else { return };
        member.ticket = ticket;
        let left = member.expires.since(cx.now).max(SHORTEST);
        cx.timer(left, GroupTimer::Session { member: id, ticket });
    }

    /// Everybody as the leader sees them (`currentMemberMetadata`).
    fn for_leader(&self, rules: &GroupRules) -> Vec<GroupMember> {
        let Some(protocol) = self.protocol else { return Vec::new() };
        let seen = |(id, member): (&MemberId, &Member)| {
            Some(GroupMember {
                id: *id,
                client: rules.client(id.client),
                instance: member.instance.and_then(|i| rules.instance(i)),
                subscription: member.subscription(protocol)?.clone(),
            })
        };
        self.members.iter().filter_map(seen).collect()
    }

    fn next_id(&mut self, client: NodeId) -> MemberId {
        let known = self.members.keys().chain(self.pending.keys());
        let highest = known.filter(|m| m.client == client).map(|m| m.number.get()).max();
        let number = self.numbers.entry(client).or_default();
        *number = highest.unwrap_or(0).max(*number) + 1;
        MemberId { client, number: NonZeroU32::new(*number).unwrap_or(NonZeroU32::MIN) }
    }
}

/// Clocks that drift could turn a rest of a nanosecond into no time at all, for ever.
const SHORTEST: Span = Span::micros(1);

impl Context<'_> {
    fn respond(&mut self, waiter: Waiter, response: Response) {
        self.effects.push(GroupEffect::Respond(waiter, response));
    }

    fn timer(&mut self, after: Span, timer: GroupTimer) {
        self.effects.push(GroupEffect::Timer(after, timer));
    }

    fn state(&mut self, fact: Fact) {
        self.effects.push(GroupEffect::State(fact));
    }
}

fn synced(error: Error, assignment: &Arc<[LaneId]>) -> Response {
    Response::SyncGroup { error, assignment: assignment.clone() }
}
