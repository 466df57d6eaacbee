//! The producer client (`org.apache.kafka.clients.producer.KafkaProducer`; reference §2.5-2.9).
//!
//! An application calls `send()` on a schedule; records gather in the [`accumulator`]; the
//! [`sender`] drains them into requests; [`completion`] decides what an answer means;
//! [`idempotence`] numbers batches; [`transaction`] is about transactions. Start with [`Producer::on`].
//!
//! Simplified: application thread and sender thread take turns within one event.

mod accumulator;
mod application;
mod batch;
mod completion;
mod forwarding;
mod idempotence;
mod partitioner;
mod sender;
mod transaction;
mod view;

pub use batch::ProducerBatch;
pub use forwarding::{Forward, Published, destination_partition};
pub use idempotence::ProducerIdAndEpoch;
pub use partitioner::{murmur2, partition_for_key};
pub use transaction::{OffsetsToSend, TransactionPlan, TransactionStage};
pub use view::PartitionView;

use super::alarm::ExponentialBackoff;
use super::metadata::MetadataSettings;
use super::{ConnectionConfig, Metadata, NetworkClient, NetworkEvent};
use crate::brokers::kafka::Fx;
use crate::brokers::kafka::error::Error;
use crate::brokers::kafka::settings::ProducerConfig;
use crate::brokers::kafka::timer::{KafkaTimer, NetworkTimer, ProducerTimer};
use crate::brokers::kafka::wire::{KafkaPacket, Request, Response};
use crate::fact::{KeyId, LaneId, MessageId, NodeId};
use crate::kernel::{Span, Time, subject};
use crate::substrate::{Channel, ConnId, Input};
use accumulator::RecordAccumulator;
use application::Application;
use idempotence::TransactionManager;
use partitioner::StickyPartitioner;
use sender::Sender;
use std::sync::Arc;
use transaction::Transaction;

/// What a producer is to do.
#[derive(Clone, Debug)]
pub struct ProducerPlan {
    /// Its name: what its random choices hang on.
    pub name: String,
    /// Its node.
    pub node: NodeId,
    /// `bootstrap.servers`
    pub bootstrap: Vec<NodeId>,
    /// The partitions of its topic, in order.
    pub partitions: Vec<LaneId>,
    /// Its settings.
    pub config: ProducerConfig,
    /// The id of its first message.
    pub first: MessageId,
    /// How many messages it sends.
    pub count: u32,
    /// Time between two calls of `send()`.
    pub every: Span,
    /// When the first call happens, counted from the start of the run.
    pub start: Span,
    /// The key of each message with its [`murmur2`] hash, cyclic; empty: no keys.
    pub keys: Vec<(KeyId, i32)>,
    /// An explicit partition for every message.
    pub partition: Option<u16>,
    /// Bytes of key and value together.
    pub size: u32,
    /// Messages without a value, ascending.
    pub tombstones: Vec<MessageId>,
    /// How often the application calls `send()` again for a message that failed.
    pub resend: u32,
    /// After a restart the application sends everything again that it has not seen acknowledged, as
    /// from an outbox table; otherwise it goes on with its next message.
    pub resends_after_restart: bool,
    /// How it uses transactions, if it does.
    pub transaction: Option<TransactionPlan>,
    /// The connections it uses: those of the process's own, or beside a consumer's.
    pub channel: Channel,
    /// The message at hand is sent on for a consumer, as its delivery of this number.
    pub forwards: Option<u16>,
}

/// Why `send()` does not return. Only a lack of memory is stated as a fact: every producer waits
/// for its first metadata.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Blocked {
    /// Nothing is known about the topic yet.
    Metadata,
    /// `buffer.memory` is used up.
    Memory,
}

/// A producer process.
#[derive(Clone, Debug)]
pub struct Producer {
    plan: Arc<ProducerPlan>,
    /// Hash of its name.
    subject: u64,
    backoff: ExponentialBackoff,
    network: NetworkClient,
    metadata: Metadata,
    accumulator: RecordAccumulator,
    transactions: TransactionManager,
    transaction: Option<Box<Transaction>>,
    partitioner: StickyPartitioner,
    application: Application,
    sender: Sender,
    /// Ordinal of the next retry.
    retries: u64,
    /// What became of the message that was sent on, until somebody asks.
    published: Option<Published>,
}

/// The numbering of a producer that starts.
fn numbering(plan: &ProducerPlan) -> TransactionManager {
    let mut numbering =
        TransactionManager::new(plan.config.enable_idempotence, plan.partitions.len());
    numbering.transactional = plan.transaction.is_some();
    numbering
}

/// `socket.connection.setup.timeout.ms`
const SETUP_TIMEOUT: Span = Span::secs(10);

fn metadata_refresh(generation: u32) -> KafkaTimer {
    KafkaTimer::Producer(ProducerTimer::MetadataRefresh { generation })
}

impl Producer {
    /// A producer that has not started.
    pub fn new(plan: ProducerPlan) -> Self {
        let subject = subject(["producer", plan.name.as_str()]);
        let config = &plan.config;
        let backoff = ExponentialBackoff {
            initial: config.retry_backoff_ms,
            max: config.retry_backoff_max_ms,
        };
        let connections = ConnectionConfig {
            reconnect_backoff: config.reconnect_backoff_ms,
            reconnect_backoff_max: config.reconnect_backoff_max_ms,
            setup_timeout: SETUP_TIMEOUT,
            request_timeout: config.request_timeout_ms,
        };
        let metadata = Metadata::new(MetadataSettings {
            bootstrap: plan.bootstrap.as_slice().into(),
            lanes: plan.partitions.as_slice().into(),
            subject,
            backoff,
            max_age: config.metadata_max_age_ms,
            max_in_flight: config.max_in_flight_requests_per_connection as usize,
            timer: metadata_refresh,
            channel: plan.channel,
        });
        let count = plan.partitions.len();
        let (adaptive, batch_size) =
            (config.partitioner_adaptive_partitioning_enable, config.batch_size);
        Producer {
            subject,
            backoff,
            network: NetworkClient::new(connections, subject),
            metadata,
            accumulator: RecordAccumulator::new(
                count,
                batch_size,
                config.buffer_memory,
                config.compression_type,
            ),
            transactions: numbering(&plan),
            transaction: plan.transaction.map(|plan| Box::new(Transaction::new(plan))),
            partitioner: StickyPartitioner::new(subject, batch_size, adaptive),
            application: Application::new(Time::ZERO + plan.start),
            sender: Sender::new(),
            retries: 0,
            published: None,
            plan: Arc::new(plan),
        }
    }

    /// The same on channels from `first` on: it runs in a process that has another client.
    pub fn beside_another(mut self, first: u16) -> Self {
        self.network = self.network.from_channel(first);
        self
    }

    /// Whether a connection is this producer's.
    pub fn has_connection(&self, conn: ConnId) -> bool {
        self.network.has(conn)
    }

    /// Whether a timer of connections is this producer's.
    pub fn has_timer(&self, timer: &NetworkTimer) -> bool {
        self.network.has_timer(timer)
    }

    /// The application calls `send()` for a message of its choice.
    pub fn hand_over(&mut self, message: MessageId, fx: &mut Fx<'_>) {
        self.application.hand_over(message);
        self.turn(fx);
    }

    /// Lets application and sender go on after a call that changed what they are to do.
    pub fn go_on(&mut self, fx: &mut Fx<'_>) {
        self.turn(fx);
    }

    /// Receives one input.
    #[inline]
    pub fn on(&mut self, input: Input<KafkaPacket, KafkaTimer>, fx: &mut Fx<'_>) {
        match input {
            Input::Packet { conn, packet, .. } => {
                if let KafkaPacket::Response { correlation, response } = packet {
                    let event = self.network.received(conn, correlation, response);
                    self.network_event(event, fx);
                }
            }
            Input::Timer(KafkaTimer::Producer(timer)) => self.timer(timer, fx),
            Input::Timer(KafkaTimer::Network(timer)) => {
                let event = self.network.timer(timer, fx);
                self.network_event(event, fx);
            }
            Input::Connected { conn, .. } => {
                let event = self.network.connected(conn, fx);
                self.network_event(event, fx);
            }
            Input::Disconnected { peer, channel, why, .. } => {
                let event = self.network.disconnected_from(peer, channel, why, fx);
                self.network_event(event, fx);
            }
            Input::Boot { .. } => self.boot(fx),
            Input::Timer(_) | Input::Synced { .. } => {}
        }
        self.turn(fx);
    }

    /// The application calls `send()` for its next `count` messages at once.
    pub fn burst(&mut self, count: u32, fx: &mut Fx<'_>) {
        self.application.burst(count);
        self.turn(fx);
    }

    /// The process starts. Nothing is remembered but which messages the application has sent, and
    /// where it keeps an outbox, which of them it has not seen acknowledged; otherwise those
    /// without outcome never get one.
    fn boot(&mut self, fx: &mut Fx<'_>) {
        let (count, config) = (self.plan.partitions.len(), &self.plan.config);
        let again = match self.plan.resends_after_restart {
            true => self.unacknowledged(),
            false => std::collections::BTreeSet::new(),
        };
        self.network.reset();
        self.metadata.reset();
        self.accumulator = RecordAccumulator::new(
            count,
            config.batch_size,
            config.buffer_memory,
            config.compression_type,
        );
        self.transactions = numbering(&self.plan);
        self.transaction = self.plan.transaction.map(|plan| Box::new(Transaction::new(plan)));
        self.partitioner.reset();
        self.application.restart(again, fx.now());
        self.sender = Sender::new();
        self.published = None;
    }

    fn timer(&mut self, timer: ProducerTimer, fx: &mut Fx<'_>) {
        match timer {
            ProducerTimer::NextSend => self.application.next_send_fired(),
            ProducerTimer::Wakeup { generation } => {
                if self.sender.wakeup.fired(generation) {
                    self.sender.mark_all();
                }
            }
            ProducerTimer::DeliveryTimeout { generation } => {
                if self.sender.expiry.fired(generation) {
                    self.expire_batches(fx);
                }
            }
            ProducerTimer::MaxBlock { generation } => self.application.max_block_fired(generation),
            ProducerTimer::MetadataRefresh { generation } => {
                if self.metadata.fired(generation) {
                    self.metadata.maybe_update(&mut self.network, fx);
                }
            }
        }
    }

    #[inline]
    fn network_event(&mut self, event: NetworkEvent, fx: &mut Fx<'_>) {
        match event {
            NetworkEvent::Response { peer, correlation, response, .. } => match response {
                Response::Produce { partitions } => {
                    self.produced(peer, correlation, &partitions, fx);
                }
                Response::Metadata { brokers, partitions } => {
                    if self.metadata.received(correlation, brokers, &partitions, fx) {
                        self.leaders_changed();
                    }
                    self.metadata.maybe_update(&mut self.network, fx);
                    self.sender.mark_node(peer);
                }
                Response::InitProducerId { error, producer_id, epoch } => {
                    self.identity_received(correlation, error, producer_id, epoch, fx);
                }
                Response::FindCoordinator { coordinator, error } => {
                    let found = coordinator.filter(|_| error == Error::None);
                    self.group_coordinator_found(correlation, found, fx);
                }
                Response::Transaction(response) => {
                    self.transaction_answered(correlation, *response, fx);
                }
                _ => {}
            },
            NetworkEvent::Ready { peer, .. } => self.sender.mark_node(peer),
            NetworkEvent::MayConnect { peer, .. } => self.sender.mark_node(peer),
            NetworkEvent::Broken { peer, channel, lost, why } => {
                // A broken connection may be the first sign of a new leader.
                self.metadata.lost(&lost, fx);
                self.metadata.request_update();
                if self.transactions.pending.is_some_and(|c| lost.contains(&c)) {
                    self.identity_failed(fx);
                }
                if self.transaction.is_some() {
                    self.transaction_request_lost(peer, channel, &lost, fx);
                }
                let timed_out = why == "request timed out";
                let error =
                    if timed_out { Error::RequestTimedOut } else { Error::NetworkException };
                self.requests_lost(&lost, error, fx);
            }
            NetworkEvent::Nothing => {}
        }
    }

    /// Lets application and sender run until both have to wait.
    #[inline]
    fn turn(&mut self, fx: &mut Fx<'_>) {
        loop {
            self.run_application(fx);
            self.run_sender(fx);
            if !self.application_can_go_on(fx.now()) {
                return;
            }
        }
    }

    /// Asks any broker for a producer id.
    fn ask_for_identity(&mut self, fx: &mut Fx<'_>) {
        if fx.now() < self.transactions.not_before {
            return;
        }
        if let Some(node) = self.metadata.least_loaded_node(&mut self.network, fx) {
            let request = Request::InitProducerId;
            self.transactions.pending =
                self.network.send(node, self.plan.channel, request, true, fx);
        }
    }

    fn identity_received(
        &mut self,
        correlation: u32,
        error: Error,
        id: u64,
        epoch: i16,
        fx: &mut Fx<'_>,
    ) {
        if self.transactions.pending != Some(correlation) {
            return;
        }
        if error == Error::None {
            let identity = ProducerIdAndEpoch { id, epoch };
            self.transactions.initialized(identity, &mut self.accumulator);
            self.sender.mark_all();
        } else {
            self.identity_failed(fx);
        }
    }

    fn identity_failed(&mut self, fx: &mut Fx<'_>) {
        let failures = self.transactions.failures;
        let span = self.backoff.after(failures, self.subject, self.retries, fx);
        self.retries += 1;
        self.transactions.pending = None;
        self.transactions.failures += 1;
        self.transactions.not_before = fx.now() + span;
        let token = |generation| KafkaTimer::Producer(ProducerTimer::Wakeup { generation });
        self.sender.wakeup.set(self.transactions.not_before, token, fx);
    }
}

#[cfg(test)]
mod tests;
