//! JoinGroup (`doNewMemberJoinGroup`, `doCurrentMemberJoinGroup`, `updateStaticMemberAndRebalance`;
//! reference §6.3, §6.9).

use super::{Context, Group, GroupState, Member, PendingMember, Store, Waiter, synced};
use crate::brokers::kafka::error::Error;
use crate::brokers::kafka::group::MemberId;
use crate::brokers::kafka::timer::GroupTimer;
use crate::brokers::kafka::wire::{JoinGroup, JoinedGroup, Response};
use crate::fact::Fact;
use crate::kernel::{Span, Time};

/// A new member that waits this long for its first generation is taken for dead
/// (`NewMemberJoinTimeoutMs`): its connection is muted, so nobody sees it break.
const NEW_MEMBER_JOIN_TIMEOUT: Span = Span::secs(300);

/// The answer to a JoinGroup that failed.
pub(super) fn refused(error: Error, member: Option<MemberId>) -> Response {
    Response::JoinGroup(Box::new(JoinedGroup {
        error,
        generation: 0,
        protocol: None,
        leader: None,
        member,
        skip_assignment: false,
        members: Vec::new(),
    }))
}

impl Group {
    /// A consumer asks to join.
    pub fn join(&mut self, request: &JoinGroup, waiter: Waiter, cx: &mut Context<'_>) {
        let sessions = cx.rules.min_session_timeout..=cx.rules.max_session_timeout;
        let refusal = if !sessions.contains(&request.session_timeout) {
            Some(Error::InvalidSessionTimeout)
        } else if !self.has_room_for(request.member, cx.rules.max_size) {
            Some(Error::GroupMaxSizeReached)
        } else if !self.supports(request) {
            Some(Error::InconsistentGroupProtocol)
        } else {
            None
        };
        if let Some(error) = refusal {
            return cx.respond(waiter, refused(error, request.member));
        }
        match (request.member, request.instance) {
            (None, None) => self.give_id(request, waiter, cx),
            (None, Some(instance)) => match self.statics.get(&instance).copied() {
                Some(old) => self.replace_static(old, request, waiter, cx),
                None => {
                    let id = self.next_id(request.client);
                    self.add(id, request, waiter, cx);
                }
            },
            (Some(id), None) if self.pending.remove(&id).is_some() => {
                self.add(id, request, waiter, cx);
            }
            (Some(id), _) => match self.validate(id, request.instance) {
                Some(error) => cx.respond(waiter, refused(error, Some(id))),
                None => self.rejoin(id, request, waiter, cx),
            },
        }
        self.complete_join_if_all_are_here(cx);
    }

    /// `acceptJoiningMember`
    fn has_room_for(&self, member: Option<MemberId>, most: u32) -> bool {
        let known = member.and_then(|id| self.members.get(&id));
        let most = most as usize;
        match self.state {
            GroupState::Empty => true,
            GroupState::PreparingRebalance => {
                let joining = self.members.values().filter(|m| m.joining.is_some()).count();
                known.is_some_and(|m| m.joining.is_some()) || joining < most
            }
            _ => known.is_some() || self.members.len() < most,
        }
    }

    /// `supportsProtocols`: some assignor of the request is known to every member.
    fn supports(&self, request: &JoinGroup) -> bool {
        let mut offered = request.protocols.iter();
        match self.state {
            GroupState::Empty => offered.next().is_some(),
            _ => offered.any(|(a, _)| self.members.values().all(|m| m.knows(*a))),
        }
    }

    /// Whether the member is who it says (`validateCurrentMember`).
    pub(super) fn validate(
        &self,
        id: MemberId,
        instance: Option<super::InstanceId>,
    ) -> Option<Error> {
        if let Some(instance) = instance {
            match self.statics.get(&instance) {
                None => return Some(Error::UnknownMemberId),
                Some(known) if *known != id => return Some(Error::FencedInstanceId),
                Some(_) => {}
            }
        }
        (!self.members.contains_key(&id)).then_some(Error::UnknownMemberId)
    }

    /// A dynamic member must come back with the id it is given (KIP-394), so that a lost answer
    /// leaves no member behind that nobody knows of.
    fn give_id(&mut self, request: &JoinGroup, waiter: Waiter, cx: &mut Context<'_>) {
        let id = self.next_id(request.client);
        let ticket = self.ticket();
        let expires = cx.now + request.session_timeout;
        self.pending.insert(id, PendingMember { expires, ticket });
        cx.timer(request.session_timeout, GroupTimer::Session { member: id, ticket });
        cx.respond(waiter, refused(Error::MemberIdRequired, Some(id)));
    }

    /// `addMemberAndRebalance`
    fn add(&mut self, id: MemberId, request: &JoinGroup, waiter: Waiter, cx: &mut Context<'_>) {
        if self.state == GroupState::PreparingRebalance && self.generation == 0 {
            self.new_member_added = true;
        }
        let member = Member {
            instance: request.instance,
            session_timeout: request.session_timeout,
            rebalance_timeout: request.rebalance_timeout,
            protocols: request.protocols.clone(),
            assignment: [].into(),
            joining: Some(waiter),
            syncing: None,
            is_new: true,
            expires: cx.now + NEW_MEMBER_JOIN_TIMEOUT,
            ticket: 0,
        };
        self.members.insert(id, member);
        if let Some(instance) = request.instance {
            self.statics.insert(instance, id);
        }
        self.leader.get_or_insert(id);
        cx.state(Fact::Joined { subscription: self.id, consumer: id.client });
        self.watch(id, cx);
        self.prepare_rebalance("a member joined", cx);
    }

    /// A member joins again (`doCurrentMemberJoinGroup`).
    fn rejoin(&mut self, id: MemberId, request: &JoinGroup, waiter: Waiter, cx: &mut Context<'_>) {
        let same = self.members.get(&id).is_some_and(|m| m.protocols == request.protocols);
        let leads = self.leader == Some(id);
        match self.state {
            GroupState::PreparingRebalance => self.update(id, request, waiter, cx),
            // It did not get the first answer.
            GroupState::CompletingRebalance if same => {
                let answer = self.joined(id, false, cx);
                cx.respond(waiter, answer);
            }
            GroupState::Stable if same && !leads => {
                let answer = self.joined(id, false, cx);
                cx.respond(waiter, answer);
            }
            GroupState::Empty => cx.respond(waiter, refused(Error::UnknownMemberId, Some(id))),
            _ => {
                self.update(id, request, waiter, cx);
                let why = if same { "the leader joined again" } else { "a member joined again" };
                self.prepare_rebalance(why, cx);
            }
        }
    }

    fn update(&mut self, id: MemberId, request: &JoinGroup, waiter: Waiter, cx: &mut Context<'_>) {
        let Some(member) = self.members.get_mut(&id) else { return };
        member.protocols.clone_from(&request.protocols);
        if request.session_timeout < member.session_timeout {
            member.ticket = 0;
        }
        member.session_timeout = request.session_timeout;
        member.rebalance_timeout = request.rebalance_timeout;
        member.joining = Some(waiter);
        self.heard_of(id, cx);
    }

    /// The answer to a member's JoinGroup in the current generation.
    pub(super) fn joined(&self, id: MemberId, skip_assignment: bool, cx: &Context<'_>) -> Response {
        let leads = self.leader == Some(id);
        Response::JoinGroup(Box::new(JoinedGroup {
            error: Error::None,
            generation: self.generation,
            protocol: self.protocol,
            leader: self.leader,
            member: Some(id),
            skip_assignment: skip_assignment && leads,
            members: if leads { self.for_leader(cx.rules) } else { Vec::new() },
        }))
    }

    /// A static member came back under a new id; the old id is fenced. A stable group goes on
    /// without a rebalance.
    fn replace_static(
        &mut self,
        old: MemberId,
        request: &JoinGroup,
        waiter: Waiter,
        cx: &mut Context<'_>,
    ) {
        let id = self.next_id(request.client);
        self.rename(old, id, cx);
        let chosen_before = self.protocol;
        if let Some(member) = self.members.get_mut(&id) {
            member.protocols.clone_from(&request.protocols);
            member.session_timeout = request.session_timeout;
            member.rebalance_timeout = request.rebalance_timeout;
            member.joining = Some(waiter);
            member.expires = Time::ZERO;
            member.ticket = 0;
        }
        self.heard_of(id, cx);
        match self.state {
            GroupState::Stable if self.select_protocol() == chosen_before => {
                self.store(Store::Replaced { member: id, old }, cx);
            }
            GroupState::Stable | GroupState::CompletingRebalance => {
                self.prepare_rebalance("a static member came back", cx);
            }
            GroupState::PreparingRebalance | GroupState::Empty => {}
        }
    }

    /// Gives a member another id (`replaceStaticMember`).
    pub(super) fn rename(&mut self, old: MemberId, id: MemberId, cx: &mut Context<'_>) {
        let Some(mut member) = self.members.remove(&old) else { return };
        if let Some(waiter) = member.joining.take() {
            cx.respond(waiter, refused(Error::FencedInstanceId, Some(old)));
        }
        if let Some(waiter) = member.syncing.take() {
            cx.respond(waiter, synced(Error::FencedInstanceId, &[].into()));
        }
        if let Some(instance) = member.instance {
            self.statics.insert(instance, id);
        }
        if self.leader == Some(old) {
            self.leader = Some(id);
        }
        if self.unsynced.remove(&old) {
            self.unsynced.insert(id);
        }
        self.members.insert(id, member);
    }
}
