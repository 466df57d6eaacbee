//! The application's handler: how long it takes, when it throws, and what the poll loop around it
//! makes of the exception.
//!
//! Kafka's client has no opinion about a failed record; the habit is the application's. The four
//! habits here are the usual ones (reference §8.4): log the exception and go on, let it end the
//! process, try again on the spot, or seek back and poll again as spring-kafka's
//! `DefaultErrorHandler` does (reference §8.1).
//!
//! Simplified: which exception it was plays no role; retries on the spot keep the poll loop waiting.

use super::application::Doing;
use super::fetcher::ConsumerRecord;
use super::{CommitPolicy, Consumer};
use crate::brokers::kafka::timer::{ConsumerTimer, KafkaTimer};
use crate::brokers::kafka::wire::KafkaPacket;
use crate::fact::{Fact, KeyId, LaneId, MessageId, Outage};
use crate::kernel::Span;
use crate::sites;
use crate::substrate::Effects;
use std::collections::BTreeMap;
use std::sync::Arc;

type Fx<'a> = Effects<'a, KafkaPacket, KafkaTimer>;

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
}

/// The habit with its numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FailureHabit {
    /// What happens after a failure.
    pub on_failure: OnFailure,
    /// How long the application sleeps before it tries again.
    pub back_off: Span,
    /// How often a record is tried before it is logged and skipped; at least 1.
    pub attempts: u32,
}

impl Default for FailureHabit {
    fn default() -> Self {
        FailureHabit { on_failure: OnFailure::Stop, back_off: Span::ZERO, attempts: u32::MAX }
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
    failing: Vec<(u64, Failing)>,
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
    /// From now on these handlings fail, until [`Consumer::trouble_ends`] with the same number.
    pub fn handler_fails(&mut self, number: u64, failing: Failing) {
        self.trouble.get_or_insert_default().failing.push((number, failing));
    }

    /// From now on the handler takes so long for a record, until the trouble ends.
    pub fn handler_slows(&mut self, number: u64, takes: Span) {
        self.trouble.get_or_insert_default().slow.push((number, takes));
    }

    /// A trouble of the handler ends.
    pub fn trouble_ends(&mut self, number: u64) {
        let Some(trouble) = &mut self.trouble else { return };
        trouble.failing.retain(|(n, _)| *n != number);
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

    /// Whether the handler throws at the end of its work on this record.
    pub(super) fn throws(&mut self, record: ConsumerRecord, fx: &Fx<'_>) -> bool {
        let Some(trouble) = &mut self.trouble else { return false };
        let mut throws = false;
        for (_, failing) in &mut trouble.failing {
            throws |= match failing {
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
        }
        throws
    }

    /// The handler threw on the first record in hand. Returns the record if the application has
    /// done with it all the same.
    pub(super) fn handler_threw(
        &mut self,
        record: ConsumerRecord,
        fx: &mut Fx<'_>,
    ) -> Option<ConsumerRecord> {
        let FailureHabit { on_failure, back_off, attempts } = self.plan.habit;
        let place = (record.lane, record.offset);
        // Counted in memory, and only while the same record goes on failing (`FailedRecordTracker`).
        let tries = match self.application.tries {
            Some((at, n)) if at == place => n + 1,
            _ => 1,
        };
        let gives_up = tries >= attempts;
        let keeps = on_failure == OnFailure::Retry && !gives_up;
        self.state_failure(record, keeps, fx);
        match on_failure {
            OnFailure::Stop => {
                self.stopped = Some("the handler threw an exception");
                fx.exit(Outage::Crash);
                return None;
            }
            OnFailure::Retry if !gives_up => self.back_off(back_off, fx),
            OnFailure::SeekBack if !gives_up => self.seek_back(back_off, fx),
            _ => {
                self.application.tries = None;
                return self.application.in_hand.pop_front();
            }
        }
        self.application.tries = Some((place, tries));
        None
    }

    fn state_failure(&self, record: ConsumerRecord, again: bool, fx: &mut Fx<'_>) {
        let ConsumerRecord { message, lane, offset, .. } = record;
        let (subscription, consumer) = (self.plan.subscription, self.plan.node);
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
            let app = &mut self.application;
            app.doing = if app.in_hand.is_empty() { Doing::Polling } else { Doing::Handling };
        }
    }

    /// Gives back everything in hand: each partition is read again from its first record that is
    /// not handled. What was handled is committed first, if the application commits a batch when
    /// it is done.
    fn seek_back(&mut self, back_off: Span, fx: &mut Fx<'_>) {
        if self.plan.commit == CommitPolicy::Transaction {
            // The abort comes first; the partitions are read again from their committed offsets.
            self.application.sleeps_after_commit = Some(back_off);
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
            self.application.sleeps_after_commit = Some(back_off);
            self.commit_sync(self.all_consumed(), fx);
        } else {
            self.back_off(back_off, fx);
        }
    }

    /// `commitSync()` returned: a sleep that was to follow it begins.
    pub(super) fn sleep_after_commit(&mut self, fx: &mut Fx<'_>) -> bool {
        let Some(span) = self.application.sleeps_after_commit.take() else { return false };
        self.back_off(span, fx);
        true
    }
}

/// A record and how often it has failed in a row.
pub(super) type Tries = Option<((LaneId, u64), u32)>;
