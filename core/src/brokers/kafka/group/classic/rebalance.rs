//! What a group does by itself: rebalances, expiry of members, choice of leader and assignor
//! (`prepareRebalance`, `onCompleteJoin`, `schedulePendingSync`, `onExpireHeartbeat`; reference
//! §6.4, §6.5).

use super::{Context, DelayedJoin, Group, GroupState, Store, join, synced};
use crate::brokers::kafka::error::Error;
use crate::brokers::kafka::group::{Assignor, MemberId};
use crate::brokers::kafka::timer::GroupTimer;
use crate::fact::Fact;
use crate::kernel::Span;

impl Group {
    /// The longest of the members' rebalance time-outs.
    fn rebalance_timeout(&self) -> Span {
        self.members.values().map(|m| m.rebalance_timeout).max().unwrap_or(Span::ZERO)
    }

    /// Asks all members to join again, unless that is under way already.
    pub(super) fn prepare_rebalance(&mut self, why: &'static str, cx: &mut Context<'_>) {
        let was = self.state;
        if was == GroupState::PreparingRebalance {
            return;
        }
        if was == GroupState::CompletingRebalance {
            self.reset_assignment(Error::RebalanceInProgress, cx);
        }
        self.sync_ticket = None;
        self.unsynced.clear();
        self.state = GroupState::PreparingRebalance;
        let (subscription, generation) = (self.id, self.generation);
        cx.state(Fact::Rebalancing { subscription, generation, why });
        let timeout = self.rebalance_timeout();
        if was == GroupState::Empty {
            let delay = cx.rules.initial_rebalance_delay;
            self.delay_join(delay, Some(less(timeout, delay)), cx);
        } else {
            self.delay_join(timeout, None, cx);
            self.complete_join_if_all_are_here(cx);
        }
    }

    fn delay_join(&mut self, delay: Span, initial: Option<Span>, cx: &mut Context<'_>) {
        let ticket = self.ticket();
        self.join = Some(DelayedJoin { ticket, initial });
        cx.timer(delay.max(super::SHORTEST), GroupTimer::Join { ticket });
    }

    /// `DelayedJoin.tryComplete`; the initial delay is never cut short.
    pub(super) fn complete_join_if_all_are_here(&mut self, cx: &mut Context<'_>) {
        let waits = self.state == GroupState::PreparingRebalance
            && self.join.is_some_and(|j| j.initial.is_none());
        let all = self.pending.is_empty() && self.members.values().all(|m| m.joining.is_some());
        if waits && all {
            self.complete_join(cx);
        }
    }

    /// A timer of the group fired.
    pub fn timer(&mut self, timer: GroupTimer, cx: &mut Context<'_>) {
        match timer {
            GroupTimer::Join { ticket } => {
                let Some(join) = self.join.filter(|j| j.ticket == ticket) else { return };
                match join.initial {
                    Some(left) if self.new_member_added && left > Span::ZERO => {
                        self.new_member_added = false;
                        let delay = cx.rules.initial_rebalance_delay.min(left);
                        self.delay_join(delay, Some(less(left, delay)), cx);
                    }
                    _ => self.complete_join(cx),
                }
            }
            GroupTimer::Sync { ticket } if self.sync_ticket == Some(ticket) => {
                self.sync_ticket = None;
                self.sync_expired(cx);
            }
            GroupTimer::Sync { .. } => {}
            GroupTimer::Session { member, ticket } => self.session_timer(member, ticket, cx),
        }
    }

    /// Everybody is here, or the time is up (`onCompleteJoin`).
    fn complete_join(&mut self, cx: &mut Context<'_>) {
        let missing: Vec<MemberId> = self
            .members
            .iter()
            .filter(|(_, m)| m.joining.is_none() && m.instance.is_none())
            .map(|(id, _)| *id)
            .collect();
        for id in missing {
            self.remove(id, "did not join again in time", cx);
        }
        if !self.leader_is_here() && !self.members.is_empty() {
            // Only static members that are away: their sessions decide.
            let timeout = self.rebalance_timeout();
            self.delay_join(timeout, None, cx);
            return;
        }
        self.join = None;
        self.new_member_added = false;
        self.generation += 1;
        self.unsynced.clear();
        if self.members.is_empty() {
            self.protocol = None;
            self.leader = None;
            self.state = GroupState::Empty;
            self.empty_since = cx.now;
            self.rebalanced(cx);
            self.store(Store::Empty, cx);
            return;
        }
        self.protocol = self.select_protocol();
        self.state = GroupState::CompletingRebalance;
        let ids: Vec<MemberId> = self.members.keys().copied().collect();
        for id in ids {
            let answer = self.joined(id, false, cx);
            let Some(member) = self.members.get_mut(&id) else { continue };
            if std::mem::take(&mut member.is_new) {
                // Its timer was set for the time a newcomer may wait.
                member.ticket = 0;
            }
            if let Some(waiter) = member.joining.take() {
                cx.respond(waiter, answer);
            }
            self.heard_of(id, cx);
            self.unsynced.insert(id);
        }
        let ticket = self.ticket();
        self.sync_ticket = Some(ticket);
        let timeout = self.rebalance_timeout().max(super::SHORTEST);
        cx.timer(timeout, GroupTimer::Sync { ticket });
    }

    pub(super) fn rebalanced(&mut self, cx: &mut Context<'_>) {
        let members = u16::try_from(self.members.len()).unwrap_or(u16::MAX);
        let (subscription, generation) = (self.id, self.generation);
        cx.state(Fact::Rebalanced { subscription, generation, members });
    }

    /// `maybeElectNewJoinedLeader`
    fn leader_is_here(&mut self) -> bool {
        let joined = |m: &super::Member| m.joining.is_some();
        if self.leader.and_then(|id| self.members.get(&id)).is_some_and(joined) {
            return true;
        }
        let here = self.members.iter().find(|(_, m)| joined(m)).map(|(id, _)| *id);
        if here.is_some() {
            self.leader = here;
        }
        here.is_some()
    }

    /// The assignor every member knows that most members prefer (`selectProtocol`).
    pub(super) fn select_protocol(&self) -> Option<Assignor> {
        let common = |a: Assignor| self.members.values().all(|m| m.knows(a));
        let vote = |m: &super::Member| m.protocols.iter().map(|(a, _)| *a).find(|a| common(*a));
        let votes: Vec<Assignor> = self.members.values().filter_map(vote).collect();
        let count = |a: &Assignor| votes.iter().filter(|v| *v == a).count();
        Assignor::ALL.iter().rev().max_by_key(|a| count(a)).copied().filter(|a| count(a) > 0)
    }

    /// Nobody has anything, and whoever waits for his partitions is told (`resetAndPropagate…`).
    pub(super) fn reset_assignment(&mut self, error: Error, cx: &mut Context<'_>) {
        for member in self.members.values_mut() {
            member.assignment = [].into();
            if let Some(waiter) = member.syncing.take() {
                cx.respond(waiter, synced(error, &member.assignment));
            }
        }
    }

    /// Not everybody asked for his partitions in time (`onExpirePendingSync`).
    fn sync_expired(&mut self, cx: &mut Context<'_>) {
        let settled = matches!(self.state, GroupState::CompletingRebalance | GroupState::Stable);
        if !settled || self.unsynced.is_empty() {
            return;
        }
        for id in std::mem::take(&mut self.unsynced) {
            self.remove(id, "did not ask for its partitions in time", cx);
        }
        self.prepare_rebalance("a member did not sync", cx);
    }

    fn session_timer(&mut self, id: MemberId, ticket: u32, cx: &mut Context<'_>) {
        if let Some(pending) = self.pending.get(&id).filter(|p| p.ticket == ticket) {
            if pending.expires <= cx.now {
                self.pending.remove(&id);
                self.complete_join_if_all_are_here(cx);
            } else {
                let left = pending.expires.since(cx.now).max(super::SHORTEST);
                cx.timer(left, GroupTimer::Session { member: id, ticket });
            }
            return;
        }
        let Some(member) = self.members.get_mut(&id).filter(|m| m.ticket == ticket) else { return };
        if member.is_parked() && !member.is_new {
            member.expires = cx.now + member.session_timeout;
        }
        if member.expires > cx.now {
            self.watch(id, cx);
            return;
        }
        self.remove(id, "session expired", cx);
        self.after_removal("a member's session expired", cx);
    }

    /// Takes a member out; what it waits for is answered.
    pub(super) fn remove(&mut self, id: MemberId, why: &'static str, cx: &mut Context<'_>) {
        let Some(member) = self.members.remove(&id) else { return };
        if let Some(waiter) = member.joining {
            cx.respond(waiter, join::refused(Error::UnknownMemberId, Some(id)));
        }
        if let Some(waiter) = member.syncing {
            cx.respond(waiter, synced(Error::UnknownMemberId, &[].into()));
        }
        if let Some(instance) = member.instance {
            self.statics.remove(&instance);
        }
        self.unsynced.remove(&id);
        if self.leader == Some(id) {
            self.leader = self.members.keys().next().copied();
        }
        cx.state(Fact::MemberLeft { subscription: self.id, consumer: id.client, why });
    }

    /// A member is gone: the others share what it had, or a rebalance under way need not wait for
    /// it any more.
    pub(super) fn after_removal(&mut self, why: &'static str, cx: &mut Context<'_>) {
        match self.state {
            GroupState::Stable | GroupState::CompletingRebalance => self.prepare_rebalance(why, cx),
            GroupState::PreparingRebalance => self.complete_join_if_all_are_here(cx),
            GroupState::Empty => {}
        }
    }
}

fn less(a: Span, b: Span) -> Span {
    Span(a.0.saturating_sub(b.0))
}
