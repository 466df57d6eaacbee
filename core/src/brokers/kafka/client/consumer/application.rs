//! The application around the consumer: its poll loop, what it does with records, and when it
//! commits (`KafkaConsumer.poll`; reference §5.2, §5.5, §5.9).
//!
//! Simplified: an application whose commit failed goes on as if nothing had happened, as one that
//! only logs the exception does.

use super::error_handler::FailedRecordTracker;
use super::fetcher::ConsumerRecord;
use super::handler::{AfterSeeking, SendingOn};
use super::{CommitPolicy, Consumer};
use crate::brokers::kafka::Fx;
use crate::brokers::kafka::timer::{ConsumerTimer, KafkaTimer};
use crate::fact::{Fact, LaneId};
use crate::kernel::Span;
use std::collections::VecDeque;

/// What the application's thread does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Doing {
    /// It is inside `poll()`.
    Polling,
    /// It works on the records of the last `poll()`.
    Handling,
    /// It is inside `commitSync()`.
    Committing,
    /// It sleeps after a failure, before it tries again.
    BackingOff,
    /// It waits until a record it sends on to another topic is acknowledged there.
    Publishing,
}

/// The application.
#[derive(Clone, Debug)]
pub(super) struct Application {
    pub(super) doing: Doing,
    /// Records handed over and not handled; with a worker thread, the worker's queue.
    pub(super) in_hand: VecDeque<ConsumerRecord>,
    /// A record is being handled: a timer says when it is done.
    pub(super) busy: bool,
    /// How often the records have failed that are tried again.
    pub(super) failed: FailedRecordTracker,
    /// Some record of this poll has been dealt with.
    pub(super) any_finished: bool,
    /// What an error handler does once `commitSync()` has returned.
    pub(super) after_commit: Option<AfterSeeking>,
    /// The record that is being sent on to another topic.
    pub(super) sending_on: Option<SendingOn>,
    /// The list `poll()` fills, to be used again.
    polled: Vec<ConsumerRecord>,
}

impl Application {
    pub(super) fn new() -> Self {
        Application {
            doing: Doing::Polling,
            in_hand: VecDeque::new(),
            busy: false,
            failed: FailedRecordTracker::default(),
            any_finished: false,
            after_commit: None,
            sending_on: None,
            polled: Vec::new(),
        }
    }

    /// The first record of a partition that was handed over and not handled.
    pub(super) fn first_in_hand(&self, lane: LaneId) -> Option<&ConsumerRecord> {
        self.in_hand.iter().find(|r| r.lane == lane)
    }
}

impl Consumer {
    /// Lets the application's thread run until it has to wait.
    pub(super) fn run_application(&mut self, fx: &mut Fx<'_>) {
        while self.stopped.is_none() {
            let goes_on = match self.application.doing {
                Doing::Polling => self.poll(fx),
                Doing::Handling => self.handle(fx),
                Doing::Committing => self.commit_returns(fx),
                Doing::BackingOff | Doing::Publishing => false,
            };
            if !goes_on {
                return;
            }
        }
    }

    /// `poll()`: `false` while it waits for records.
    fn poll(&mut self, fx: &mut Fx<'_>) -> bool {
        if self.exception.is_some() {
            // Nobody catches it: the application is over.
            self.stopped = self.exception;
            return false;
        }
        if self.output.is_some() && !self.output_is_ready(fx) {
            return false;
        }
        let hands_out = self.poll_group(fx);
        if self.exception.is_some() {
            self.stopped = self.exception;
            return false;
        }
        self.maybe_auto_commit(fx);
        let mut records = std::mem::take(&mut self.application.polled);
        records.clear();
        if hands_out {
            self.collect(&mut records, fx);
        }
        let any = !records.is_empty();
        let (subscription, consumer) = (self.plan.told_as, self.plan.node);
        for record in &records {
            let ConsumerRecord { message, lane, offset, .. } = *record;
            fx.state(Fact::Delivered { message, subscription, consumer, lane, offset });
        }
        // The worker gets records only once a commit before handling has returned.
        let hold = self.plan.asynchronous && self.plan.commit == CommitPolicy::Before;
        if !hold {
            self.application.in_hand.extend(records.drain(..));
        }
        self.application.polled = records;
        // The next fetch is on its way while the application works.
        self.send_fetches(fx);
        if !any {
            self.await_auto_commit(fx);
            return false;
        }
        self.application.any_finished = false;
        self.begin_output();
        if self.plan.asynchronous {
            self.work(fx);
            // The poll loop takes a batch it has handed to the worker for done.
            let commits = !matches!(self.plan.commit, CommitPolicy::Auto | CommitPolicy::Never);
            self.application.doing = Doing::Polling;
            if commits {
                self.application.doing = Doing::Committing;
                self.commit_sync(self.all_consumed(), fx);
            }
        } else if self.plan.commit == CommitPolicy::Before {
            self.application.doing = Doing::Committing;
            self.commit_sync(self.all_consumed(), fx);
        } else {
            self.application.doing = Doing::Handling;
        }
        true
    }

    /// Works on the records in hand, one after the other; `false` while one takes its time.
    fn handle(&mut self, fx: &mut Fx<'_>) -> bool {
        if self.application.busy {
            return false;
        }
        if self.output.is_some() && self.output_failed(fx) {
            return true;
        }
        if self.application.in_hand.is_empty() {
            if self.output.is_some() && self.finish_output(fx) {
                return true;
            }
            self.application.doing = Doing::Polling;
            if self.plan.commit == CommitPolicy::After {
                self.application.doing = Doing::Committing;
                self.commit_sync(self.all_consumed(), fx);
            }
            return true;
        }
        let takes = self.takes();
        if takes == Span::ZERO {
            self.handled(fx);
            return true;
        }
        self.application.busy = true;
        fx.timer(takes, KafkaTimer::Consumer(ConsumerTimer::Handled));
        false
    }

    /// The application's thread has finished with the first record in hand.
    pub(super) fn handled(&mut self, fx: &mut Fx<'_>) {
        self.application.busy = false;
        if let Some(record) = self.finish_record(fx) {
            self.commit_each(record, fx);
        }
    }

    /// The application has done with a record: it commits, if it does so after each.
    pub(super) fn commit_each(&mut self, record: ConsumerRecord, fx: &mut Fx<'_>) {
        if self.plan.commit == CommitPolicy::AfterEach {
            self.application.doing = Doing::Committing;
            let ConsumerRecord { lane, offset, leader_epoch, .. } = record;
            self.commit_sync(vec![(lane, offset + 1, Some(leader_epoch))], fx);
        }
    }

    /// The handler returns or throws. `None` if the application is not done with the record.
    fn finish_record(&mut self, fx: &mut Fx<'_>) -> Option<ConsumerRecord> {
        let record = *self.application.in_hand.front()?;
        if self.trouble.is_some()
            && let Some(exception) = self.throws(record, fx)
        {
            return self.handler_threw(record, exception, fx);
        }
        self.application.in_hand.pop_front();
        self.application.any_finished = true;
        if self.plan.idempotent && self.applied.insert(record.message).is_some() {
            return Some(record);
        }
        if self.output.is_some() {
            let processed = self.processed(record, fx);
            self.write_output(record, fx);
            if processed {
                return Some(record);
            }
        }
        let (subscription, consumer) = (self.plan.told_as, self.plan.node);
        let ConsumerRecord { message, lane, offset, .. } = record;
        fx.state(Fact::Handled { message, subscription, consumer, lane, offset });
        Some(record)
    }

    /// `commitSync()` returned, or has not.
    fn commit_returns(&mut self, fx: &mut Fx<'_>) -> bool {
        if self.output_is_ending() && !self.output_returns(fx) {
            return false;
        }
        if self.coordinator.is_committing() {
            return false;
        }
        if self.goes_on_after_commit(fx) {
            return true;
        }
        let app = &mut self.application;
        let more = !self.plan.asynchronous && !app.in_hand.is_empty();
        app.doing = if more { Doing::Handling } else { Doing::Polling };
        if self.plan.asynchronous {
            app.in_hand.extend(app.polled.drain(..));
            self.work(fx);
        }
        true
    }

    /// Lets the worker thread take the next record.
    pub(super) fn work(&mut self, fx: &mut Fx<'_>) {
        while !self.application.busy && !self.application.in_hand.is_empty() {
            let takes = self.takes();
            if takes == Span::ZERO {
                self.finish_record(fx);
            } else {
                self.application.busy = true;
                fx.timer(takes, KafkaTimer::Consumer(ConsumerTimer::WorkerDone));
            }
        }
    }

    /// The worker thread has finished with a record.
    pub(super) fn worker_done(&mut self, fx: &mut Fx<'_>) {
        self.application.busy = false;
        self.finish_record(fx);
        self.work(fx);
    }
}
