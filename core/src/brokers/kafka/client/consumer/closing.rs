//! `close()`: a last commit with auto-commit, then the group is left (`ConsumerCoordinator.close`,
//! `AbstractCoordinator.close`; reference §6.5).

use super::{Asked, CommitPolicy, Consumer, Fx};
use crate::brokers::kafka::error::Error;
use crate::brokers::kafka::wire::COORDINATOR_CHANNEL;
use crate::fact::Outage;
use crate::kernel::{Span, Time};

/// `CloseOptions`: how long `close()` may take.
const CLOSE_TIMEOUT: Span = Span::secs(30);

/// Where `close()` is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Step {
    /// What was handled is to be committed.
    Commit,
    /// The commit is on its way.
    Committing,
    /// The group is to be left.
    Leave,
    /// LeaveGroup is on its way.
    Leaving,
}

/// A `close()` under way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Closing {
    step: Step,
    deadline: Time,
}

impl Consumer {
    /// Closes the consumer in an orderly way: with auto-commit, what was handled is committed; a
    /// dynamic member leaves its group.
    pub fn shutdown(&mut self, fx: &mut Fx<'_>) {
        if self.closed || self.closing.is_some() {
            return;
        }
        self.close_output(fx);
        let deadline = fx.now() + CLOSE_TIMEOUT;
        self.closing = Some(Closing { step: Step::Commit, deadline });
        self.go_on_closing(fx);
    }

    /// The commit of `close()` was answered, or will never be.
    pub(super) fn close_commit_answered(&mut self, error: Error, fx: &mut Fx<'_>) {
        if Self::moves_coordinator(error) {
            self.coordinator_unknown();
        }
        if let Some(closing) = &mut self.closing {
            let again = error.is_retriable() && fx.now() < closing.deadline;
            closing.step = if again { Step::Commit } else { Step::Leave };
        }
    }

    /// LeaveGroup was answered, or will never be.
    pub(super) fn left(&mut self, fx: &mut Fx<'_>) {
        if self.closing.is_some_and(|c| c.step == Step::Leaving) {
            self.closed_at_last(fx);
        }
    }

    fn closed_at_last(&mut self, fx: &mut Fx<'_>) {
        self.closing = None;
        self.closed = true;
        self.network.close_all(fx);
        fx.exit(Outage::Shutdown);
    }

    /// Does the next step of `close()`, if it can be done.
    pub(super) fn go_on_closing(&mut self, fx: &mut Fx<'_>) {
        let Some(closing) = self.closing else { return };
        if fx.now() >= closing.deadline {
            return self.closed_at_last(fx);
        }
        self.alarm.set(closing.deadline, super::retry, fx);
        if closing.step == Step::Commit {
            let waits = self.plan.commit == CommitPolicy::Auto && self.commit_on_close(fx);
            let next = if waits { Step::Committing } else { Step::Leave };
            self.closing = Some(Closing { step: next, ..closing });
        }
        if self.closing.is_some_and(|c| c.step == Step::Leave) {
            if self.membership.is_some() {
                self.revoke_all(fx);
            }
            if self.leave("it closed", fx) {
                self.closing = Some(Closing { step: Step::Leaving, ..closing });
            } else {
                self.closed_at_last(fx);
            }
        }
    }

    /// Sends the last commit; `false` if there is nothing to wait for.
    fn commit_on_close(&mut self, fx: &mut Fx<'_>) -> bool {
        let mut offsets = self.all_consumed();
        // The application finishes no record any more: those in its hands are not consumed.
        for (lane, offset, epoch) in &mut offsets {
            if let Some(record) = self.application.first_in_hand(*lane) {
                (*offset, *epoch) = (record.offset, Some(record.leader_epoch));
            }
        }
        let Ok(identity) = self.commit_identity() else { return false };
        let Some(node) = self.coordinator.node.filter(|_| !offsets.is_empty()) else {
            return false;
        };
        if !self.network.is_ready(node, COORDINATOR_CHANNEL) {
            return false;
        }
        match self.send_commit(identity, &offsets, fx) {
            Some(correlation) => {
                self.asked.push((correlation, Asked::CommitOnClose));
                true
            }
            None => false,
        }
    }
}
