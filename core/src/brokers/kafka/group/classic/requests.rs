//! SyncGroup, Heartbeat, LeaveGroup, and who may commit (`doSyncGroup`, `handleHeartbeat`,
//! `handleLeaveGroup`, `validateOffsetCommit`; reference §6.4-§6.6).

use super::{Context, Group, GroupState, Store, Waiter, join, synced};
use crate::brokers::kafka::error::Error;
use crate::brokers::kafka::group::{GroupIdentity, MemberId};
use crate::brokers::kafka::wire::SyncGroup;
use std::collections::BTreeMap;

impl Group {
    /// A member asks for its partitions; the leader's request carries everybody's.
    pub fn sync(&mut self, request: &SyncGroup, waiter: Waiter, cx: &mut Context<'_>) {
        let id = request.member.member();
        let refusal = self.check(&request.member).or_else(|| {
            (self.protocol != Some(request.protocol)).then_some(Error::InconsistentGroupProtocol)
        });
        let refusal = refusal.or(match self.state {
            GroupState::Empty => Some(Error::UnknownMemberId),
            GroupState::PreparingRebalance => Some(Error::RebalanceInProgress),
            GroupState::CompletingRebalance | GroupState::Stable => None,
        });
        if let Some(error) = refusal {
            return cx.respond(waiter, synced(error, &[].into()));
        }
        self.unsynced.remove(&id);
        let leads = self.leader == Some(id);
        let Some(member) = self.members.get_mut(&id) else { return };
        if self.state == GroupState::Stable {
            let answer = synced(Error::None, &member.assignment);
            cx.respond(waiter, answer);
            self.heard_of(id, cx);
            return;
        }
        member.syncing = Some(waiter);
        if leads {
            let assignments: BTreeMap<_, _> = request.assignments.iter().cloned().collect();
            for (id, member) in &mut self.members {
                member.assignment = assignments.get(id).cloned().unwrap_or_else(|| [].into());
            }
            let generation = self.generation;
            self.store(Store::Sync { generation }, cx);
        }
    }

    /// Writes the group down.
    pub(super) fn store(&mut self, store: Store, cx: &mut Context<'_>) {
        let number = self.ticket();
        self.stores.insert(number, store);
        cx.effects.push(super::GroupEffect::Store(number));
    }

    /// A write of the group has ended one way or the other; `error` as the members are told it.
    pub fn stored(&mut self, number: u32, error: Error, cx: &mut Context<'_>) {
        match self.stores.remove(&number) {
            // Another rebalance has begun meanwhile: this assignment is nobody's concern any more.
            Some(Store::Sync { generation })
                if self.state != GroupState::CompletingRebalance
                    || generation != self.generation => {}
            Some(Store::Sync { .. }) if error != Error::None => {
                self.reset_assignment(error, cx);
                self.prepare_rebalance("the assignment could not be stored", cx);
            }
            Some(Store::Sync { .. }) => {
                self.state = GroupState::Stable;
                let ids: Vec<MemberId> = self.members.keys().copied().collect();
                for id in ids {
                    let Some(member) = self.members.get_mut(&id) else { continue };
                    if let Some(waiter) = member.syncing.take() {
                        cx.respond(waiter, synced(Error::None, &member.assignment));
                        self.heard_of(id, cx);
                    }
                }
                self.rebalanced(cx);
            }
            Some(Store::Replaced { member: id, old }) => {
                let waiter = self.members.get_mut(&id).and_then(|m| m.joining.take());
                let Some(waiter) = waiter else { return };
                if error == Error::None {
                    let answer = self.joined(id, true, cx);
                    cx.respond(waiter, answer);
                } else {
                    self.rename(id, old, cx);
                    cx.respond(waiter, join::refused(error, None));
                }
            }
            Some(Store::Empty) | None => {}
        }
    }

    /// A member says that it lives.
    pub fn heartbeat(&mut self, member: &GroupIdentity, cx: &mut Context<'_>) -> Error {
        if let Some(error) = self.check(member) {
            return error;
        }
        match self.state {
            GroupState::Empty => Error::UnknownMemberId,
            GroupState::PreparingRebalance => {
                self.heard_of(member.member(), cx);
                Error::RebalanceInProgress
            }
            GroupState::CompletingRebalance | GroupState::Stable => {
                self.heard_of(member.member(), cx);
                Error::None
            }
        }
    }

    /// A dynamic member leaves, for this reason (KIP-800).
    pub fn leave(&mut self, id: MemberId, reason: &'static str, cx: &mut Context<'_>) -> Error {
        if self.pending.remove(&id).is_some() {
            self.complete_join_if_all_are_here(cx);
            return Error::None;
        }
        if !self.members.contains_key(&id) {
            return Error::UnknownMemberId;
        }
        self.remove(id, reason, cx);
        self.after_removal("a member left", cx);
        Error::None
    }

    /// Whether these offsets may be stored. `None` stands for a consumer that is in no group.
    pub fn may_commit(&mut self, member: Option<&GroupIdentity>, cx: &mut Context<'_>) -> Error {
        let Some(member) = member else {
            return match self.state {
                GroupState::Empty => Error::None,
                _ => Error::UnknownMemberId,
            };
        };
        if let Some(error) = self.check(member) {
            return error;
        }
        match self.state {
            GroupState::Empty => Error::UnknownMemberId,
            GroupState::CompletingRebalance => Error::RebalanceInProgress,
            GroupState::Stable | GroupState::PreparingRebalance => {
                self.heard_of(member.member(), cx);
                Error::None
            }
        }
    }

    /// Whether a member is who it says, and of the current generation.
    fn check(&self, member: &GroupIdentity) -> Option<Error> {
        let stale = || (member.generation != self.generation).then_some(Error::IllegalGeneration);
        self.validate(member.member(), member.instance).or_else(stale)
    }
}
