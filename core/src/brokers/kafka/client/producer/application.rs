//! The application's side of the producer: when it calls `send()`, and what `send()` does before
//! the record is in the accumulator (`KafkaProducer.doSend`; reference §2.5).
//!
//! Simplified: one thread calls `send()`; it never calls `flush()`.

use super::accumulator::Appended;
use super::partitioner::partition_for_key;
use super::{Blocked, Producer};
use crate::brokers::kafka::Fx;
use crate::brokers::kafka::client::alarm::Alarm;
use crate::brokers::kafka::error::Error;
use crate::brokers::kafka::record::{BATCH_OVERHEAD, Payload, RECORD_OVERHEAD, Record};
use crate::brokers::kafka::timer::{KafkaTimer, ProducerTimer};
use crate::fact::{Fact, KeyId, MessageId};
use crate::kernel::Time;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The thread that calls `send()`.
#[derive(Clone, Debug)]
pub(super) struct Application {
    /// How many messages of the plan have been handed to `send()`; outlives a restart.
    pub(super) next: u32,
    /// When the next one is.
    next_at: Time,
    /// Whether a timer for that moment is under way.
    timed: bool,
    /// Calls that are due whatever the schedule says.
    burst: u32,
    /// Messages whose `send()` failed and is to be called again.
    resends: VecDeque<MessageId>,
    /// How often each such message has been sent again.
    resent: BTreeMap<MessageId, u32>,
    /// Messages whose failure the application was told of, while it means to send everything again
    /// after a restart that it has not seen acknowledged. Outlives a restart, as an outbox does.
    pub(super) failed: BTreeSet<MessageId>,
    /// The call that does not return.
    pub(super) waiting: Option<Waiting>,
    /// Fires at the end of `max.block.ms`.
    alarm: Alarm,
}

/// A `send()` that has not returned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Waiting {
    pub(super) message: MessageId,
    pub(super) why: Blocked,
    /// When `max.block.ms` is over.
    deadline: Time,
}

impl Application {
    pub(super) fn new(start: Time) -> Self {
        Application {
            next: 0,
            next_at: start,
            timed: false,
            burst: 0,
            resends: VecDeque::new(),
            resent: BTreeMap::new(),
            failed: BTreeSet::new(),
            waiting: None,
            alarm: Alarm::OFF,
        }
    }

    /// Starts again: first with these messages, then with the one after the last one sent.
    pub(super) fn restart(&mut self, again: BTreeSet<MessageId>, now: Time) {
        let resends = again.into_iter().collect();
        let start = self.next_at.max(now);
        *self = Application { next: self.next, resends, ..Application::new(start) };
    }

    /// Whether no call is under way and none will follow, as far as can be known now.
    pub(super) fn is_done(&self, count: u32) -> bool {
        self.next >= count && self.waiting.is_none() && self.resends.is_empty()
    }

    /// The application calls `send()` for its next `count` messages at once.
    pub(super) fn burst(&mut self, count: u32) {
        self.burst = self.burst.saturating_add(count);
    }

    /// `send()` is called for this message.
    pub(super) fn hand_over(&mut self, message: MessageId) {
        self.resends.push_back(message);
    }

    pub(super) fn next_send_fired(&mut self) {
        self.timed = false;
    }

    pub(super) fn max_block_fired(&mut self, generation: u32) {
        self.alarm.fired(generation);
    }
}

impl Producer {
    /// Whether the application can call `send()` or have it return at this moment.
    #[inline]
    pub(super) fn application_can_go_on(&self, now: Time) -> bool {
        let app = &self.application;
        match app.waiting {
            Some(waiting) => now >= waiting.deadline || self.is_unblocked(waiting.why),
            None if self.transaction.is_some() => {
                self.transaction_can_go_on(!app.resends.is_empty() || self.is_due(now))
            }
            None => !app.resends.is_empty() || self.is_due(now),
        }
    }

    #[inline]
    fn is_due(&self, now: Time) -> bool {
        let app = &self.application;
        app.next < self.plan.count && (app.burst > 0 || app.next_at <= now)
    }

    #[inline]
    fn is_unblocked(&self, why: Blocked) -> bool {
        match why {
            Blocked::Metadata => self.metadata.is_known(),
            Blocked::Memory => {
                self.accumulator.has_memory(self.accumulator.memory_for(self.plan.size))
            }
        }
    }

    /// Lets the application's thread run until it has to wait.
    #[inline]
    pub(super) fn run_application(&mut self, fx: &mut Fx<'_>) {
        let now = fx.now();
        loop {
            if let Some(waiting) = self.application.waiting {
                if !self.application_can_go_on(now) {
                    return;
                }
                self.resume(waiting, fx);
                continue;
            }
            if self.transaction.is_some() {
                let pending = !self.application.resends.is_empty() || self.is_due(now);
                if !self.tend_transaction(pending) {
                    break;
                }
            }
            let message = match self.application.resends.pop_front() {
                Some(message) => message,
                None if self.is_due(now) => self.next_message_of_plan(),
                None => break,
            };
            fx.state(Fact::Sent { message, producer: self.plan.node });
            self.send(message, fx);
        }
        let app = &mut self.application;
        // A transaction that is under way comes to this point again when it has ended.
        let busy = app.next_at <= now && self.transaction.is_some();
        if !busy && !app.timed && app.next < self.plan.count && app.next_at != Time::NEVER {
            app.timed = true;
            fx.timer(app.next_at.since(now), KafkaTimer::Producer(ProducerTimer::NextSend));
        }
    }

    #[inline]
    fn next_message_of_plan(&mut self) -> MessageId {
        let app = &mut self.application;
        let message = MessageId(self.plan.first.0 + app.next);
        app.next += 1;
        // A burst takes messages from the schedule, not turns.
        if app.burst > 0 {
            app.burst -= 1;
        } else {
            app.next_at += self.plan.every;
        }
        message
    }

    /// A blocked `send()` goes on, or gives up.
    fn resume(&mut self, waiting: Waiting, fx: &mut Fx<'_>) {
        self.application.waiting = None;
        self.application.alarm.off();
        let unblocked = self.is_unblocked(waiting.why);
        if waiting.why == Blocked::Memory {
            fx.state(Fact::Unblocked { producer: self.plan.node });
        }
        if unblocked {
            self.enqueue(waiting.message, waiting.deadline, fx);
        } else {
            self.refuse(waiting.message, Error::Timeout, fx);
        }
    }

    #[inline]
    pub(super) fn send(&mut self, message: MessageId, fx: &mut Fx<'_>) {
        let bytes =
            u64::from(BATCH_OVERHEAD) + u64::from(self.plan.size) + u64::from(RECORD_OVERHEAD);
        let config = &self.plan.config;
        if bytes > config.max_request_size || bytes > config.buffer_memory {
            self.refuse(message, Error::RecordTooLarge, fx);
            return;
        }
        let deadline = fx.now() + config.max_block_ms;
        if self.metadata.is_known() {
            self.enqueue(message, deadline, fx);
        } else {
            self.block(message, Blocked::Metadata, deadline, fx);
        }
    }

    fn block(&mut self, message: MessageId, why: Blocked, deadline: Time, fx: &mut Fx<'_>) {
        if why == Blocked::Memory {
            fx.state(Fact::Blocked { producer: self.plan.node });
            // Someone waits for memory: every batch counts as ready.
            self.sender.mark_all();
        }
        self.application.waiting = Some(Waiting { message, why, deadline });
        let token = |generation| KafkaTimer::Producer(ProducerTimer::MaxBlock { generation });
        self.application.alarm.set(deadline, token, fx);
    }

    fn refuse(&mut self, message: MessageId, error: Error, fx: &mut Fx<'_>) {
        if self.plan.forwards.is_some() {
            self.published = Some(Err(error));
            return;
        }
        fx.state(Fact::Refused { message, producer: self.plan.node, error: error.name() });
        self.batch_failed();
        self.after_failure(message);
    }

    /// The messages the process has handed to `send()` without seeing them acknowledged.
    pub(super) fn unacknowledged(&self) -> BTreeSet<MessageId> {
        let app = &self.application;
        let mut messages = app.failed.clone();
        messages.extend(app.resends.iter().copied());
        messages.extend(app.waiting.map(|w| w.message));
        messages.extend(self.in_transaction());
        let queued = self.accumulator.queues.iter().flat_map(|q| q.batches.iter());
        let in_flight = self.sender.requests.iter().flat_map(|r| r.batches.iter());
        for &id in queued.chain(in_flight) {
            let batch = self.accumulator.batch(id);
            let records = batch.records().iter().filter(|_| !batch.settled);
            messages.extend(records.filter_map(|r| match r.payload {
                Payload::Message(message) => Some(message),
                _ => None,
            }));
        }
        messages
    }

    /// The application was told of a failure; it may try the whole thing again.
    pub(super) fn after_failure(&mut self, message: MessageId) {
        if self.plan.resends_after_restart {
            self.application.failed.insert(message);
        }
        if self.plan.resend == 0 {
            return;
        }
        let app = &mut self.application;
        let resent = app.resent.entry(message).or_insert(0);
        if *resent < self.plan.resend {
            *resent += 1;
            app.resends.push_back(message);
        }
    }

    #[inline]
    fn key_of(&self, message: MessageId) -> Option<(KeyId, i32)> {
        let keys = &self.plan.keys;
        if keys.is_empty() {
            return None;
        }
        let n = (message.0 - self.plan.first.0) as usize;
        // A single division is dear on the hot path; most plans have few keys or none.
        Some(if keys.len() == 1 { keys[0] } else { keys[n % keys.len()] })
    }

    #[inline]
    fn is_tombstone(&self, message: MessageId) -> bool {
        let tombstones = &self.plan.tombstones;
        !tombstones.is_empty() && tombstones.binary_search(&message).is_ok()
    }

    /// Chooses the partition and puts the record into the accumulator, or blocks.
    #[inline]
    fn enqueue(&mut self, message: MessageId, deadline: Time, fx: &mut Fx<'_>) {
        let key = self.key_of(message);
        let keyed = key.filter(|_| !self.plan.config.partitioner_ignore_keys);
        let count = self.plan.partitions.len();
        let (partition, sticky) = match (self.plan.partition, keyed) {
            (Some(partition), _) => ((partition as usize).min(count.saturating_sub(1)), false),
            (None, Some((_, hash))) => (partition_for_key(hash, count), false),
            (None, None) => {
                let queues = &self.accumulator.queues;
                (self.partitioner.partition(queues, &self.metadata, fx), true)
            }
        };
        let record = Record {
            payload: match self.plan.forwards {
                None => Payload::Message(message),
                Some(attempt) => Payload::Forwarded { message, attempt },
            },
            key: key.map(|(key, _)| key),
            size: self.plan.size,
            is_tombstone: self.is_tombstone(message),
            timestamp: fx.clock().as_millis(),
        };
        match self.accumulator.append(partition, record, fx.now()) {
            Appended::Exhausted => {
                self.block(message, Blocked::Memory, deadline, fx);
                return;
            }
            Appended::Opened => self.opened(fx),
            Appended::Joined => {}
        }
        self.appended(partition);
        if self.transaction.is_some() {
            self.joins_transaction(partition, message);
        }
        if sticky {
            let bytes = u64::from(record.size) + u64::from(RECORD_OVERHEAD);
            self.partitioner.update(bytes, &self.accumulator, &self.metadata, fx);
        }
    }
}
