//! The other half of an application that reads, transforms and writes: the producer in the same
//! process, and the transaction around both (reference §7.12).
//!
//! Each message read becomes one message written. Without transactions the writes are flushed
//! before the offsets are committed: at least once. With them the offsets are part of the
//! transaction, and after an abort every partition is read again from its committed offset.

use super::application::Doing;
use super::fetcher::ConsumerRecord;
use super::subscription::FetchState;
use super::{CommitPolicy, Consumer};
use crate::brokers::kafka::Fx;
use crate::brokers::kafka::client::producer::{
    OffsetsToSend, Producer, ProducerPlan, TransactionStage,
};
use crate::brokers::kafka::timer::KafkaTimer;
use crate::brokers::kafka::wire::KafkaPacket;
use crate::fact::{Fact, MessageId, Outage};
use crate::substrate::{Channel, Input};
use std::sync::Arc;

/// Channels from here on belong to the producer in the process of a consumer.
const FIRST_CHANNEL: u16 = 32;

/// What the application does with its partitions after an abort.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum OnAbort {
    /// It seeks every partition back to its committed offset.
    #[default]
    SeekBack,
    /// It goes on polling, and skips what was in the transaction.
    GoOn,
}

/// What an application writes for what it reads.
#[derive(Clone, Debug)]
pub struct OutputPlan {
    /// Its producer, without a schedule of its own.
    pub producer: ProducerPlan,
    /// The blocks of messages it may read: first, count, and the first message made of them.
    pub made_of: Arc<[(MessageId, u32, MessageId)]>,
    /// What follows an abort.
    pub on_abort: OnAbort,
}

impl OutputPlan {
    /// The message that is made of this one.
    fn made_of(&self, message: MessageId) -> Option<MessageId> {
        let within = |(first, count, _): &&(MessageId, u32, MessageId)| {
            message.0.wrapping_sub(first.0) < *count
        };
        let (first, _, made) = self.made_of.iter().find(within)?;
        Some(MessageId(made.0 + (message.0 - first.0)))
    }
}

/// The producer beside the consumer.
#[derive(Clone, Debug)]
pub(super) struct Output {
    plan: Arc<OutputPlan>,
    producer: Producer,
    /// `commitTransaction()`, `abortTransaction()` or `flush()` has been called.
    ending: bool,
}

impl Output {
    pub(super) fn new(plan: OutputPlan) -> Self {
        let producer = Producer::new(plan.producer.clone()).beside_another(FIRST_CHANNEL);
        Output { producer, plan: Arc::new(plan), ending: false }
    }
}

/// Whether a channel belongs to the producer.
fn is_ours(channel: Channel) -> bool {
    channel.0 >= FIRST_CHANNEL
}

impl Consumer {
    /// The producer in the same process, if the application writes.
    pub fn output(&self) -> Option<&Producer> {
        self.output.as_ref().map(|o| &o.producer)
    }

    /// Whether the application writes in transactions.
    fn is_transactional(&self) -> bool {
        self.plan.commit == CommitPolicy::Transaction
    }

    /// Hands an input to the producer if it is meant for it; gives it back if not. `None` says
    /// that the producer has had it.
    pub(super) fn route(
        &mut self,
        input: Input<KafkaPacket, KafkaTimer>,
        fx: &mut Fx<'_>,
    ) -> Option<Input<KafkaPacket, KafkaTimer>> {
        let Some(output) = &mut self.output else { return Some(input) };
        let own = match &input {
            Input::Packet { conn, .. } => output.producer.has_connection(*conn),
            Input::Connected { channel, .. } | Input::Disconnected { channel, .. } => {
                is_ours(*channel)
            }
            Input::Timer(KafkaTimer::Producer(_)) => true,
            Input::Timer(KafkaTimer::Network(timer)) => output.producer.has_timer(timer),
            Input::Boot { .. } | Input::Timer(_) | Input::Synced { .. } => false,
        };
        if !own {
            return Some(input);
        }
        output.producer.on(input, fx);
        None
    }

    /// The process starts.
    pub(super) fn boot_output(&mut self, boots: u16, fx: &mut Fx<'_>) {
        if let Some(output) = &mut self.output {
            output.ending = false;
            output.producer.on(Input::Boot { boots }, fx);
        }
    }

    /// Whether the application may poll: `initTransactions()` comes first.
    pub(super) fn output_is_ready(&mut self, fx: &mut Fx<'_>) -> bool {
        let Some(stage) = self.output.as_ref().and_then(|o| o.producer.transaction_stage()) else {
            return true;
        };
        match stage {
            TransactionStage::FatalError => {
                self.producer_is_fenced(fx);
                false
            }
            TransactionStage::Ready => true,
            _ => false,
        }
    }

    /// The first record of a poll is about to be handled.
    pub(super) fn begin_output(&mut self) {
        if let Some(output) = &mut self.output {
            output.producer.begin_transaction();
        }
    }

    /// The handler has finished with a record: what it made of it is sent. Inside a transaction
    /// the effect is not there before the commit.
    pub(super) fn write_output(&mut self, record: ConsumerRecord, fx: &mut Fx<'_>) {
        let Some(output) = &mut self.output else { return };
        if let Some(message) = output.plan.made_of(record.message) {
            output.producer.hand_over(message, fx);
        }
    }

    /// Whether handling is only an effect with the commit of a transaction; states it if so.
    pub(super) fn processed(&mut self, record: ConsumerRecord, fx: &mut Fx<'_>) -> bool {
        if !self.is_transactional() {
            return false;
        }
        let (subscription, consumer) = (self.plan.subscription, self.plan.node);
        let ConsumerRecord { message, lane, offset, .. } = record;
        let ended = self.output.as_ref().map_or(0, |o| o.producer.transactions_ended());
        let transaction = ended as u16;
        fx.state(Fact::Processed { message, subscription, consumer, lane, offset, transaction });
        true
    }

    /// All records of a poll are handled: the transaction is to be committed, or the writes are to
    /// be flushed before the offsets are. `false` if there is nothing of the kind.
    pub(super) fn finish_output(&mut self, fx: &mut Fx<'_>) -> bool {
        let offsets = self.all_consumed();
        let (group, member) = (self.plan.subscription, self.identity());
        let transactional = self.is_transactional();
        let commits = self.plan.commit == CommitPolicy::After;
        let Some(output) = self.output.as_mut().filter(|_| transactional || commits) else {
            return false;
        };
        if transactional {
            output.producer.send_offsets(OffsetsToSend { group, member, offsets });
            output.producer.commit_transaction();
        }
        output.ending = true;
        output.producer.go_on(fx);
        self.application.doing = Doing::Committing;
        true
    }

    /// Gives the open transaction up; what was in hand will be read again.
    pub(super) fn abort_output(&mut self, fx: &mut Fx<'_>) {
        if let Some(output) = &mut self.output {
            output.ending = true;
            output.producer.abort_transaction();
            output.producer.go_on(fx);
            self.application.in_hand.clear();
            self.application.doing = Doing::Committing;
        }
    }

    /// The application closes its producer: an open transaction is aborted, and not waited for.
    pub(super) fn close_output(&mut self, fx: &mut Fx<'_>) {
        if let Some(output) = &mut self.output {
            output.producer.abort_transaction();
            output.producer.go_on(fx);
        }
    }

    /// Whether the application's thread is inside a call of its producer.
    pub(super) fn output_is_ending(&self) -> bool {
        self.output.as_ref().is_some_and(|o| o.ending)
    }

    /// The producer may have come to an end of what the application waits for: `true` if the
    /// thread goes on.
    pub(super) fn output_returns(&mut self, fx: &mut Fx<'_>) -> bool {
        let transactional = self.is_transactional();
        let Some(output) = self.output.as_mut() else { return false };
        let producer = &mut output.producer;
        match producer.transaction_stage().filter(|_| transactional) {
            None if producer.is_done() => {
                output.ending = false;
                self.commit_sync(self.all_consumed(), fx);
                true
            }
            Some(TransactionStage::Ready | TransactionStage::Initializing) => {
                output.ending = false;
                let (committed, on_abort) = (producer.has_committed(), output.plan.on_abort);
                if !committed && on_abort == OnAbort::SeekBack {
                    self.seek_to_committed();
                }
                true
            }
            Some(TransactionStage::AbortableError) => {
                producer.abort_transaction();
                producer.go_on(fx);
                self.application.in_hand.clear();
                false
            }
            Some(TransactionStage::FatalError) => {
                self.producer_is_fenced(fx);
                false
            }
            _ => false,
        }
    }

    /// While records are handled something may have failed: there is no use in going on.
    pub(super) fn output_failed(&mut self, fx: &mut Fx<'_>) -> bool {
        let stage = self.output.as_ref().and_then(|o| o.producer.transaction_stage());
        match stage {
            Some(TransactionStage::AbortableError) => {
                self.abort_output(fx);
                true
            }
            Some(TransactionStage::FatalError) => {
                self.producer_is_fenced(fx);
                true
            }
            _ => false,
        }
    }

    /// `ProducerFencedException`: the application closes and ends.
    fn producer_is_fenced(&mut self, fx: &mut Fx<'_>) {
        if self.stopped.is_none() {
            self.stopped = Some("ProducerFencedException");
            fx.exit(Outage::Crash);
        }
    }

    /// Every partition is read again from its committed offset.
    fn seek_to_committed(&mut self) {
        for n in 0..self.partitions.len() {
            if matches!(self.partitions[n].state, FetchState::Unassigned) {
                continue;
            }
            self.fetcher.drop_buffered(n);
            let partition = &mut self.partitions[n];
            (partition.state, partition.buffered, partition.asked) =
                (FetchState::Initializing, false, None);
        }
        self.coordinator.fetch_committed();
        self.unsettled = true;
    }

    /// Whether everything that was written has an outcome.
    pub fn output_is_done(&self) -> bool {
        self.output.as_ref().is_none_or(|o| !o.ending && o.producer.is_done())
    }
}
