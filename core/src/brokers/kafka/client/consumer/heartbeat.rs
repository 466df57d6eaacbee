//! The background thread that keeps a member in its group while the application works, and takes
//! it out when the application does not come back (`AbstractCoordinator.HeartbeatThread`,
//! `Heartbeat`; reference §6.5).
//!
//! Simplified: it wakes when something is due, not every `retry.backoff.ms`.

use super::membership::MemberState;
use super::{Asked, Consumer, Fx};
use crate::brokers::kafka::error::Error;
use crate::brokers::kafka::group::GroupIdentity;
use crate::brokers::kafka::timer::{ConsumerTimer, KafkaTimer};
use crate::brokers::kafka::wire::{COORDINATOR_CHANNEL, Request};

/// Why a member leaves that did not poll.
const POLL_TIMEOUT: &str = "max.poll.interval.ms exceeded";

fn heartbeat(generation: u32) -> KafkaTimer {
    KafkaTimer::Consumer(ConsumerTimer::Heartbeat { generation })
}

impl Consumer {
    /// The thread looks what is due.
    pub(super) fn beat(&mut self, fx: &mut Fx<'_>) {
        let now = fx.now();
        let polling = self.is_polling();
        let config = &self.plan.config;
        let Some(membership) = &mut self.membership else { return };
        if !matches!(membership.state, MemberState::CompletingRebalance | MemberState::Stable) {
            return;
        }
        if polling {
            membership.last_poll = now;
        }
        let retry_at = now + config.retry_backoff_ms;
        let Some(node) = self.coordinator.node else {
            self.find_coordinator(fx);
            if let Some(membership) = &mut self.membership {
                membership.alarm.set(retry_at, heartbeat, fx);
            }
            return;
        };
        if now.since(membership.heard) >= config.session_timeout_ms {
            membership.alarm.set(retry_at, heartbeat, fx);
            self.coordinator_unknown();
            return;
        }
        if now.since(membership.last_poll) >= config.max_poll_interval_ms {
            self.leave(POLL_TIMEOUT, fx);
            return;
        }
        let due = now.since(membership.sent) >= config.heartbeat_interval_ms;
        if due && membership.beating.is_none() {
            if !self.network.ready(node, COORDINATOR_CHANNEL, fx) {
                membership.alarm.set(retry_at, heartbeat, fx);
                return;
            }
            self.send_heartbeat(fx);
        }
        self.await_heartbeat(fx);
    }

    fn send_heartbeat(&mut self, fx: &mut Fx<'_>) {
        let (Some(node), Some(member)) = (self.coordinator.node, self.identity()) else { return };
        let request = Request::Heartbeat { group: self.plan.subscription, member };
        let sent = self.network.send(node, COORDINATOR_CHANNEL, request, true, fx);
        let (Some(correlation), Some(membership)) = (sent, &mut self.membership) else { return };
        membership.sent = fx.now();
        membership.beating = Some(correlation);
        self.asked.push((correlation, Asked::Heartbeat { member }));
    }

    /// Sees to being woken for the next heartbeat, and when a deadline passes.
    pub(super) fn await_heartbeat(&mut self, fx: &mut Fx<'_>) {
        let config = &self.plan.config;
        let polling = self.is_polling();
        let Some(membership) = &mut self.membership else { return };
        if membership.state == MemberState::Unjoined {
            return;
        }
        // The alarm is never set later than the next heartbeat is due: setting it earlier than
        // before leaves a timer behind that fires in vain.
        let now = fx.now();
        let mut at = membership.sent + config.heartbeat_interval_ms;
        if at <= now {
            at = now + config.heartbeat_interval_ms;
        }
        let expires = membership.heard + config.session_timeout_ms;
        if expires > now {
            at = at.min(expires);
        }
        if !polling {
            at = at.min(membership.last_poll + config.max_poll_interval_ms);
        }
        membership.alarm.set(at, heartbeat, fx);
    }

    /// A heartbeat was answered, or its connection broke (`HeartbeatResponseHandler`).
    pub(super) fn heartbeat_answered(
        &mut self,
        correlation: u32,
        member: GroupIdentity,
        error: Error,
        fx: &mut Fx<'_>,
    ) {
        let current = self.identity() == Some(member);
        let now = fx.now();
        let (interval, backoff) =
            (self.plan.config.heartbeat_interval_ms, self.plan.config.retry_backoff_ms);
        let Some(membership) = &mut self.membership else { return };
        if membership.beating == Some(correlation) {
            membership.beating = None;
        }
        match error {
            Error::None => membership.heard = now,
            Error::RebalanceInProgress => {
                membership.heard = now;
                if membership.state == MemberState::Stable {
                    membership.request_rejoin();
                }
            }
            Error::UnknownMemberId | Error::IllegalGeneration | Error::FencedInstanceId => {
                if current {
                    self.fenced(error, fx);
                }
                return;
            }
            _ => {
                // Soon again.
                membership.sent = (now + backoff) - interval;
                if Self::moves_coordinator(error) {
                    self.coordinator_unknown();
                    self.beat(fx);
                    return;
                }
            }
        }
        self.await_heartbeat(fx);
    }

    /// `maybeLeaveGroup`: a dynamic member says that it goes; a static one lets its session expire.
    /// Either way it is in the group no more. `true` if an answer is to come.
    pub(super) fn leave(&mut self, reason: &'static str, fx: &mut Fx<'_>) -> bool {
        let is_static = self.plan.membership.as_ref().is_some_and(|m| m.instance.is_some());
        let Some(membership) = &mut self.membership else { return false };
        let joined = membership.state != MemberState::Unjoined;
        let member = membership.member;
        membership.reset(true);
        let (Some(member), Some(node)) = (member, self.coordinator.node) else { return false };
        if is_static || !joined {
            return false;
        }
        let group = self.plan.subscription;
        let request = Request::LeaveGroup { group, member, reason };
        let sent = self.network.send(node, COORDINATOR_CHANNEL, request, true, fx);
        if let Some(correlation) = sent {
            self.asked.push((correlation, Asked::Leave));
        }
        sent.is_some()
    }
}
