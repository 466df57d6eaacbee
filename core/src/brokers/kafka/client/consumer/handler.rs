//! The application's handler: how long it takes, when it throws, and what the poll loop around it
//! makes of the exception.
//!
//! Kafka's client has no opinion about a failed record; the habit is the application's. The habits
//! here are the usual ones (reference §8): log the exception and go on, let it end the process, try
//! again on the spot, seek back and poll again as spring-kafka's `DefaultErrorHandler` does, or send
//! the record on to a retry topic as its `@RetryableTopic` does. [`super::error_handler`] decides
//! between another try and the recoverer.
//!
//! Simplified: retries on the spot keep the poll loop waiting.

use super::application::Doing;
use super::error_handler::{BackOff, Decision, ExceptionClass, Recoverer, RetryRules};
use super::fetcher::ConsumerRecord;
use super::forwarder::Destination;
use super::{CommitPolicy, Consumer};
use crate::brokers::kafka::Fx;
use crate::brokers::kafka::client::producer::Published;
use crate::brokers::kafka::timer::{ConsumerTimer, KafkaTimer};
use crate::fact::{Fact, KeyId, LaneId, MessageId, Outage};
use crate::kernel::Span;
use crate::sites;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the application does when its handler throws.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum OnFailure {
    /// Nobody catches the exception: the process ends without closing its consumer.
    #[default]
    Stop,
    /// It logs the exception and goes on with the next record.
    Skip,
    /// It sleeps and calls the handler again, on the thread that polls.
    Retry,
    /// It seeks every partition back to its first record that is not handled, sleeps, and polls
    /// again (`DefaultErrorHandler` with `seekAfterError`).
    SeekBack,
    /// It sends the record on to a retry topic and goes on with the next (`@RetryableTopic`).
    RetryTopics,
}

/// The habit with its numbers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FailureHabit {
    /// What happens after a failure.
    pub on_failure: OnFailure,
    /// When a record is tried again.
    pub rules: RetryRules,
    /// What becomes of one that is not.
    pub recoverer: Recoverer,
}

impl Default for FailureHabit {
    fn default() -> Self {
        FailureHabit {
            on_failure: OnFailure::Stop,
            rules: RetryRules {
                back_off: BackOff::NONE,
                attempts: u32::MAX,
                not_retryable: [].into(),
            },
            recoverer: Recoverer::Log,
        }
    }
}

/// The keys of one producer's messages: `first + i` has `keys[i % keys.len()]`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyedMessages {
    /// The first message.
    pub first: MessageId,
    /// How many there are.
    pub count: u32,
    /// Their keys in turn; empty: they have none.
    pub keys: Vec<KeyId>,
}

/// Which handlings fail.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Failing {
    /// The next so many.
    Next(u32),
    /// A share of them, in thousandths of a percent.
    Share(u32),
    /// Those of these messages, ascending.
    Messages(Arc<[MessageId]>),
    /// Those of the messages with this key.
    Key(KeyId, Arc<[KeyedMessages]>),
}

/// All of them, in thousandths of a percent.
const WHOLE: u64 = 100_000;

impl Failing {
    fn has_key(key: KeyId, all: &[KeyedMessages], message: MessageId) -> bool {
        all.iter().any(|block| {
            let n = message.0.wrapping_sub(block.first.0);
            let len = block.keys.len();
            n < block.count && len > 0 && block.keys[n as usize % len] == key
        })
    }
}

/// What is wrong with the handler at the moment. It lies in the code or in what the handler calls,
/// so a restart of the process changes nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct Trouble {
    failing: Vec<(u64, Failing, ExceptionClass)>,
    slow: Vec<(u64, Span)>,
    /// How often a message was tried while a share of the handlings fails: what the draw hangs on.
    tries: BTreeMap<MessageId, u64>,
}

impl Trouble {
    fn is_over(&self) -> bool {
        self.failing.is_empty() && self.slow.is_empty()
    }
}

impl Consumer {
    /// From now on these handlings fail with this exception, until [`Consumer::trouble_ends`] with
    /// the same number.
    pub fn handler_fails(&mut self, number: u64, failing: Failing, exception: ExceptionClass) {
        self.trouble.get_or_insert_default().failing.push((number, failing, exception));
    }

    /// From now on the handler takes so long for a record, until the trouble ends.
    pub fn handler_slows(&mut self, number: u64, takes: Span) {
        self.trouble.get_or_insert_default().slow.push((number, takes));
    }

    /// A trouble of the handler ends.
    pub fn trouble_ends(&mut self, number: u64) {
        let Some(trouble) = &mut self.trouble else { return };
        trouble.failing.retain(|(n, ..)| *n != number);
        trouble.slow.retain(|(n, _)| *n != number);
        if trouble.is_over() {
            self.trouble = None;
        }
    }

    /// How long the handler takes for a record now.
    #[inline]
    pub(super) fn takes(&self) -> Span {
        let slow = self.trouble.as_ref().and_then(|t| t.slow.last());
        slow.map_or(self.plan.takes, |s| s.1)
    }

    /// The exception the handler throws at the end of its work on this record, if it throws.
    pub(super) fn throws(&mut self, record: ConsumerRecord, fx: &Fx<'_>) -> Option<ExceptionClass> {
        let trouble = self.trouble.as_mut()?;
        let mut thrown = None;
        for (_, failing, exception) in &mut trouble.failing {
            let throws = match failing {
                Failing::Next(0) => false,
                Failing::Next(left) => {
                    *left -= 1;
                    true
                }
                Failing::Share(share) => {
                    let tries = trouble.tries.entry(record.message).or_insert(0);
                    *tries += 1;
                    let ordinal = u64::from(record.message.0) << 32 | *tries;
                    // 0 is the ordinary answer: the handler succeeds.
                    let drawn = fx.choose(sites::HANDLER_FAILS, self.subject, ordinal, WHOLE);
                    drawn >= WHOLE - u64::from(*share)
                }
                Failing::Messages(messages) => messages.binary_search(&record.message).is_ok(),
                Failing::Key(key, all) => Failing::has_key(*key, all, record.message),
            };
            thrown = thrown.or(throws.then_some(*exception));
        }
        thrown
    }

    /// The handler threw on the first record in hand. Returns the record if the application has
    /// done with it all the same.
    pub(super) fn handler_threw(
        &mut self,
        record: ConsumerRecord,
        exception: ExceptionClass,
        fx: &mut Fx<'_>,
    ) -> Option<ConsumerRecord> {
        let plan = self.plan.clone();
        let habit = &plan.habit;
        match habit.on_failure {
            OnFailure::Stop => {
                self.state_failure(record, false, fx);
                self.stopped = Some("the handler threw an exception");
                fx.exit(Outage::Crash);
                None
            }
            OnFailure::Skip => {
                self.state_failure(record, false, fx);
                self.application.in_hand.pop_front()
            }
            OnFailure::Retry => {
                let failures =
                    self.application.failed.failed(record.lane, record.offset, exception);
                match habit.rules.decide(failures, exception) {
                    Decision::Again(pause) => {
                        self.state_failure(record, true, fx);
                        self.back_off(pause, fx);
                        None
                    }
                    Decision::Recover(why) => {
                        self.state_failure(record, false, fx);
                        self.recover(record, why, fx)
                    }
                }
            }
            OnFailure::SeekBack => {
                let failures =
                    self.application.failed.failed(record.lane, record.offset, exception);
                let next = match habit.rules.decide(failures, exception) {
                    // The abort gives back everything that was polled: no single record can be
                    // recovered (`DefaultAfterRollbackProcessor`, `recoverable` is false).
                    _ if self.plan.commit == CommitPolicy::Transaction => {
                        AfterSeeking::Sleep(habit.rules.back_off.after(failures))
                    }
                    Decision::Again(pause) => AfterSeeking::Sleep(pause),
                    Decision::Recover(why) => AfterSeeking::Recover(record, why),
                };
                self.state_failure(record, false, fx);
                self.seek_back(next, fx);
                None
            }
            OnFailure::RetryTopics => {
                let next = match habit.rules.decide(u32::from(record.attempt), exception) {
                    Decision::Again(_) => AfterSeeking::SendOn(record),
                    Decision::Recover(why) => AfterSeeking::Recover(record, why),
                };
                self.state_failure(record, false, fx);
                self.seek_back(next, fx);
                None
            }
        }
    }

    fn state_failure(&self, record: ConsumerRecord, again: bool, fx: &mut Fx<'_>) {
        let ConsumerRecord { message, lane, offset, .. } = record;
        let (subscription, consumer) = (self.plan.told_as, self.plan.node);
        fx.state(Fact::Failed { message, subscription, consumer, lane, offset, again });
    }

    /// The thread that handles sleeps.
    fn back_off(&mut self, span: Span, fx: &mut Fx<'_>) {
        if self.plan.asynchronous {
            self.application.busy = true;
        } else {
            self.application.doing = Doing::BackingOff;
        }
        fx.timer(span, KafkaTimer::Consumer(ConsumerTimer::BackOff));
    }

    /// The sleep is over.
    pub(super) fn backed_off(&mut self, fx: &mut Fx<'_>) {
        if self.plan.asynchronous {
            self.application.busy = false;
            self.work(fx);
        } else if self.application.doing == Doing::BackingOff {
            self.go_on_handling();
        }
    }

    fn go_on_handling(&mut self) {
        let app = &mut self.application;
        app.doing = if app.in_hand.is_empty() { Doing::Polling } else { Doing::Handling };
    }

    /// Gives back everything in hand: each partition is read again from its first record that is
    /// not handled. What was handled is committed first, if the application commits a batch when
    /// it is done.
    fn seek_back(&mut self, next: AfterSeeking, fx: &mut Fx<'_>) {
        if self.plan.commit == CommitPolicy::Transaction {
            // The abort comes first; the partitions are read again from their committed offsets.
            self.application.after_commit = Some(next);
            return self.abort_output(fx);
        }
        let hand = std::mem::take(&mut self.application.in_hand);
        for n in 0..self.partitions.len() {
            let lane = self.partitions[n].lane;
            if let Some(first) = hand.iter().find(|r| r.lane == lane) {
                self.seek(n, first.offset, fx);
            }
        }
        let commits = self.plan.commit == CommitPolicy::After && self.application.any_finished;
        self.application.any_finished = false;
        if commits {
            self.application.doing = Doing::Committing;
            self.application.after_commit = Some(next);
            self.commit_sync(self.all_consumed(), fx);
        } else {
            self.after_seeking(next, fx);
        }
    }

    fn after_seeking(&mut self, next: AfterSeeking, fx: &mut Fx<'_>) {
        match next {
            AfterSeeking::Sleep(pause) => self.back_off(pause, fx),
            AfterSeeking::Recover(record, why) => {
                self.recover(record, why, fx);
            }
            AfterSeeking::SendOn(record) => self.send_on(record, Destination::Retry, fx),
        }
    }

    /// `commitSync()` returned: what was to follow it follows.
    pub(super) fn goes_on_after_commit(&mut self, fx: &mut Fx<'_>) -> bool {
        let Some(next) = self.application.after_commit.take() else { return false };
        self.after_seeking(next, fx);
        true
    }

    /// The recoverer takes the record. Returns it if the application has done with it and goes on
    /// with what it has in hand.
    fn recover(
        &mut self,
        record: ConsumerRecord,
        why: &'static str,
        fx: &mut Fx<'_>,
    ) -> Option<ConsumerRecord> {
        match self.plan.habit.recoverer {
            Recoverer::Log => {
                let ConsumerRecord { message, lane, .. } = record;
                let subscription = Some(self.plan.told_as);
                fx.state(Fact::Dropped { message, lane, rule: why, subscription });
                self.recovered(record, fx)
            }
            Recoverer::DeadLetter => {
                self.send_on(record, Destination::DeadLetter, fx);
                None
            }
        }
    }

    /// The thread publishes the record to another topic and waits for the result.
    fn send_on(&mut self, record: ConsumerRecord, to: Destination, fx: &mut Fx<'_>) {
        let Some(mut forwarder) = self.forwarder.take() else { return };
        let lane = forwarder.destination(record, to).unwrap_or(record.lane);
        let (subscription, consumer) = (self.plan.told_as, self.plan.node);
        fx.state(Fact::Forwarding { message: record.message, subscription, consumer, lane });
        self.application.doing = Doing::Publishing;
        self.application.sending_on = Some(SendingOn { record, lane, to });
        let published = forwarder.publish(record, lane, fx);
        self.forwarder = Some(forwarder);
        if let Some(published) = published {
            self.published(published, fx);
        }
    }

    /// The result of publishing a record to another topic is there.
    pub(super) fn published(&mut self, published: Published, fx: &mut Fx<'_>) {
        let Some(SendingOn { record, lane, to }) = self.application.sending_on.take() else {
            return;
        };
        let message = record.message;
        let (subscription, consumer) = (self.plan.told_as, self.plan.node);
        match published {
            Ok(offset) => {
                fx.state(Fact::Forwarded { message, subscription, consumer, lane, offset });
                if to == Destination::DeadLetter {
                    fx.state(Fact::DeadLettered { message, subscription });
                }
                if let Some(record) = self.recovered(record, fx) {
                    self.go_on_handling();
                    self.commit_each(record, fx);
                }
            }
            Err(error) => {
                let error = error.name();
                fx.state(Fact::ForwardFailed { message, subscription, consumer, lane, error });
                // The recoverer threw: the record is where it was, and its attempts begin anew
                // (`resetStateOnRecoveryFailure`).
                self.application.failed.forget(record.lane);
                self.go_on_handling();
            }
        }
    }

    /// The record is out of the way. Returns it if the rest of the poll is still in hand; where it
    /// was given back, the partition goes on behind the record, which is committed.
    fn recovered(&mut self, record: ConsumerRecord, fx: &mut Fx<'_>) -> Option<ConsumerRecord> {
        self.application.failed.forget(record.lane);
        if self.plan.habit.on_failure == OnFailure::Retry {
            self.application.any_finished = true;
            return self.application.in_hand.pop_front();
        }
        let n = self.partitions.iter().position(|p| p.lane == record.lane);
        // The partition may have been taken away meanwhile.
        let here = |n: &usize| self.partitions[*n].position == record.offset;
        if let Some(n) = n.filter(here) {
            self.seek(n, record.offset + 1, fx);
        }
        self.go_on_handling();
        match self.plan.commit {
            CommitPolicy::After => {
                self.application.doing = Doing::Committing;
                self.commit_sync(self.all_consumed(), fx);
            }
            CommitPolicy::AfterEach => self.commit_each(record, fx),
            CommitPolicy::Before
            | CommitPolicy::Auto
            | CommitPolicy::Never
            | CommitPolicy::Transaction => {}
        }
        None
    }
}

/// What follows once everything in hand has been given back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum AfterSeeking {
    /// The thread sleeps, then polls.
    Sleep(Span),
    /// The recoverer takes the record, for this reason.
    Recover(ConsumerRecord, &'static str),
    /// The record goes to the next retry topic.
    SendOn(ConsumerRecord),
}

/// A record that is being published to another topic.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct SendingOn {
    record: ConsumerRecord,
    /// The partition it goes to.
    lane: LaneId,
    to: Destination,
}
