//! Becoming the active controller and ceasing to be it (`QuorumController.claim`, `renounce`).

use super::{Controller, Fx, SESSION_CHECK};
use crate::brokers::kafka::error::Error;
use crate::brokers::kafka::timer::{ControllerTimer, KafkaTimer};
use crate::brokers::kafka::wire::{KafkaPacket, Response};
use crate::fact::Fact;
use crate::kernel::Span;
use crate::substrate::ConnId;

/// An answer that waits until what it rests on is committed.
#[derive(Clone, Debug)]
pub(super) struct Deferred {
    /// The log must be committed up to here.
    offset: u64,
    conn: ConnId,
    correlation: u32,
    response: Response,
}

impl Controller {
    /// Draws the conclusions of what the quorum has decided while an input was handled.
    pub(super) fn follow_quorum(&mut self, fx: &mut Fx<'_>) {
        if self.plan.controllers == 1 {
            return;
        }
        if self.active.is_some() && self.raft.active_epoch() != self.active {
            self.renounce(fx);
        }
        self.replay(fx);
        if let Some(epoch) = self.raft.active_epoch().filter(|_| self.active.is_none()) {
            fx.state(Fact::ControllerActive { node: fx.node(), epoch });
            self.begin(epoch, fx);
        }
    }

    /// Applies what has been committed since, and sends the answers that waited for it.
    pub(super) fn replay(&mut self, fx: &mut Fx<'_>) {
        let committed = self.raft.high_watermark();
        let image = self.committed.as_deref_mut().unwrap_or(&mut self.image);
        if image.offset < committed {
            for (_, entry) in self.raft.log().range(image.offset, committed) {
                image.apply(&entry.record);
            }
        }
        while let Some(answer) = self.deferred.pop_front_if(|a| a.offset <= committed) {
            let Deferred { conn, correlation, response, .. } = answer;
            fx.send(conn, KafkaPacket::Response { correlation, response });
        }
    }

    /// This controller is the active one from now on. It has applied everything there is; of the
    /// brokers it knows only what the log says, so every session starts anew.
    pub(super) fn begin(&mut self, epoch: u32, fx: &mut Fx<'_>) {
        self.active = Some(epoch);
        if self.plan.controllers > 1 {
            self.committed = Some(Box::new(self.image.clone()));
        }
        for session in &mut self.sessions {
            session.last_contact = fx.now();
            session.shutdown_offset = None;
            if self.plan.controllers > 1 {
                session.metadata_offset = 0;
            }
        }
        let config = &self.plan.broker;
        let (balance, unclean, idle) = (
            config.leader_imbalance_check_interval_seconds,
            config.unclean_leader_election_interval_ms,
            config.metadata_max_idle_interval_ms,
        );
        self.again(SESSION_CHECK, ControllerTimer::SessionCheck, fx);
        self.again(balance, ControllerTimer::PreferredBalance, fx);
        self.again(unclean, ControllerTimer::UncleanScan, fx);
        if self.plan.controllers > 1 && idle != Span::ZERO {
            self.again(idle, ControllerTimer::IdleInterval, fx);
        }
    }

    /// Sets the next turn of a periodic task.
    pub(super) fn again(&mut self, after: Span, task: ControllerTimer, fx: &mut Fx<'_>) {
        let ticket = fx.timer(after, KafkaTimer::Controller(task));
        if self.plan.controllers > 1 {
            let slot = match task {
                ControllerTimer::SessionCheck => 0,
                ControllerTimer::PreferredBalance => 1,
                ControllerTimer::UncleanScan => 2,
                _ => 3,
            };
            self.tasks[slot] = Some(ticket);
        }
    }

    /// Another leads, or nobody: what was decided and not committed is void, and whoever waits for
    /// it must ask again, elsewhere.
    fn renounce(&mut self, fx: &mut Fx<'_>) {
        self.active = None;
        for ticket in self.tasks.iter_mut().filter_map(Option::take) {
            fx.cancel(ticket);
        }
        if let Some(committed) = self.committed.take() {
            self.image = *committed;
        }
        self.decided.clear();
        for answer in std::mem::take(&mut self.deferred) {
            let response = not_controller(answer.response);
            let correlation = answer.correlation;
            fx.send(answer.conn, KafkaPacket::Response { correlation, response });
        }
    }

    /// Answers when everything that is written so far is committed: an answer may rest on any of
    /// it.
    pub(super) fn respond(
        &mut self,
        conn: ConnId,
        correlation: u32,
        response: Response,
        fx: &mut Fx<'_>,
    ) {
        let offset = self.raft.next_offset();
        if offset <= self.raft.high_watermark() {
            fx.send(conn, KafkaPacket::Response { correlation, response });
        } else {
            self.deferred.push_back(Deferred { offset, conn, correlation, response });
        }
    }
}

/// The answer of the same kind from a controller that is not the active one.
fn not_controller(response: Response) -> Response {
    let error = Error::NotController;
    match response {
        Response::BrokerRegistration { .. } => {
            Response::BrokerRegistration { error, broker_epoch: 0 }
        }
        Response::BrokerHeartbeat { .. } => {
            Response::BrokerHeartbeat { error, is_fenced: true, should_shut_down: false }
        }
        Response::AlterPartition { .. } => {
            Response::AlterPartition { error, partitions: Vec::new() }
        }
        Response::CreateOffsetsTopic { .. } => Response::CreateOffsetsTopic { error },
        other => other,
    }
}
