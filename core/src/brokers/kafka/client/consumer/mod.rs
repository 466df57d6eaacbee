//! The consumer client, in a group or with partitions assigned by hand
//! (`org.apache.kafka.clients.consumer.KafkaConsumer`, classic protocol; reference §5, §6).
//!
//! [`subscription`] says where it stands, [`offsets`] finds valid positions, [`fetcher`] brings
//! records, [`application`] polls and handles them, [`output`] writes what it makes of them, [`handler`] fails on them, [`coordinator`] keeps
//! committed offsets, [`membership`] and [`heartbeat`] keep it in its group. Start with
//! [`Consumer::on`].
//!
//! Simplified: responses about records and positions are looked at when they arrive, not inside
//! `poll()`.

mod application;
mod closing;
mod coordinator;
mod error_handler;
mod fetcher;
mod forwarder;
mod handler;
mod heartbeat;
mod membership;
mod offsets;
mod output;
mod subscription;
mod view;

pub use application::Doing;
pub use error_handler::{BackOff, CLASSES, ExceptionClass, Recoverer, RetryRules};
pub use fetcher::ConsumerRecord;
pub use forwarder::{ForwardingPlan, MessageShapes, Route};
pub use handler::{Failing, FailureHabit, KeyedMessages, OnFailure};
pub use membership::{FounderPlan, MemberState, Membership, MembershipPlan, join_request};
pub use output::{OnAbort, OutputPlan};
pub use subscription::{FetchState, TopicPartitionState};

use super::alarm::{Alarm, ExponentialBackoff};
use super::metadata::MetadataSettings;
use super::{ConnectionConfig, Metadata, NetworkClient, NetworkEvent};
use crate::brokers::kafka::Fx;
use crate::brokers::kafka::error::Error;
use crate::brokers::kafka::group::GroupIdentity;
use crate::brokers::kafka::settings::ConsumerConfig;
use crate::brokers::kafka::timer::{ConsumerTimer, KafkaTimer};
use crate::brokers::kafka::wire::{CLIENT_CHANNEL, KafkaPacket, Response};
use crate::fact::{LaneId, MessageId, NodeId, SubscriptionId};
use crate::kernel::{Span, Time, subject};
use crate::substrate::{Channel, Input};
use application::Application;
use closing::Closing;
use coordinator::{Coordinator, Offsets};
use fetcher::Fetcher;
use forwarder::Forwarder;
use output::Output;
use smallvec::SmallVec;
use std::sync::Arc;

/// When the application stores its progress.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CommitPolicy {
    /// `commitSync` after `poll`, before the records are handled: at most once.
    Before,
    /// `commitSync` after all records of a `poll` have been handled: at least once.
    After,
    /// `commitSync` after each record.
    AfterEach,
    /// `enable.auto.commit`
    Auto,
    /// Never.
    Never,
    /// With the transaction that writes what was made of the records.
    Transaction,
}

/// What a consumer is to do.
#[derive(Clone, Debug)]
pub struct ConsumerPlan {
    /// Its name: what its random choices hang on.
    pub name: String,
    /// Its node.
    pub node: NodeId,
    /// `bootstrap.servers`
    pub bootstrap: Vec<NodeId>,
    /// `group.id`
    pub subscription: SubscriptionId,
    /// The partitions it reads.
    pub lanes: Arc<[LaneId]>,
    /// Its settings.
    pub config: ConsumerConfig,
    /// How long the application takes for one record.
    pub takes: Span,
    /// When progress is stored.
    pub commit: CommitPolicy,
    /// A worker thread handles the records while the poll loop goes on (reference A12).
    pub asynchronous: bool,
    /// What happens when the handler throws.
    pub habit: FailureHabit,
    /// Where its error handler sends records on to, if it does.
    pub forwarding: Option<Arc<ForwardingPlan>>,
    /// It reads a retry topic: a record is handed over so long after it was put there.
    pub delay: Option<Span>,
    /// The subscription of the listener it belongs to: its own, unless it reads a retry topic.
    pub told_as: SubscriptionId,
    /// The handler stores the id of each message in the transaction that applies its effect, and
    /// does nothing for an id that is there already.
    pub idempotent: bool,
    /// How it takes part in its group; `None` for one that calls `assign()` and uses the group for
    /// its offsets only.
    pub membership: Option<MembershipPlan>,
    /// What the application writes, if it does.
    pub output: Option<OutputPlan>,
}

/// A request on its way, and what it was for.
#[derive(Clone, Debug)]
enum Asked {
    Fetch { node: NodeId, positions: SmallVec<[(u16, u64); 1]> },
    Reset { partition: usize },
    Validation { partition: usize },
    FindCoordinator,
    OffsetFetch,
    CommitSync,
    CommitAsync { identity: Option<GroupIdentity>, offsets: Offsets },
    CommitBeforeJoin { identity: Option<GroupIdentity>, offsets: Offsets },
    CommitOnClose,
    Join,
    Sync,
    Heartbeat { member: GroupIdentity },
    Leave,
}

/// A consumer process.
#[derive(Clone, Debug)]
pub struct Consumer {
    plan: Arc<ConsumerPlan>,
    /// Hash of its name.
    subject: u64,
    backoff: ExponentialBackoff,
    /// Ordinal of the next back-off.
    backoffs: u64,
    network: NetworkClient,
    metadata: Metadata,
    partitions: Vec<TopicPartitionState>,
    /// Some partition has no valid position.
    unsettled: bool,
    fetcher: Fetcher,
    coordinator: Coordinator,
    membership: Option<Membership>,
    application: Application,
    asked: Vec<(u32, Asked)>,
    /// Back-offs and deadlines.
    alarm: Alarm,
    auto_alarm: Alarm,
    /// What the next `poll()` will throw.
    exception: Option<&'static str>,
    /// What is wrong with the handler, if anything.
    trouble: Option<Box<handler::Trouble>>,
    /// The producer with which records are sent on.
    forwarder: Option<Box<Forwarder>>,
    /// The messages whose effects are in an idempotent handler's database; outlives the process.
    applied: imbl::OrdSet<MessageId>,
    /// The exception that ended the application, if one did.
    stopped: Option<&'static str>,
    /// `close()` is under way.
    closing: Option<Closing>,
    /// It was closed.
    closed: bool,
    /// The producer beside it, if the application writes.
    output: Option<Box<Output>>,
}

/// `socket.connection.setup.timeout.ms`
const SETUP_TIMEOUT: Span = Span::secs(10);
/// The consumer's network client does not limit requests in flight.
const UNLIMITED: usize = usize::MAX;

fn metadata_refresh(generation: u32) -> KafkaTimer {
    KafkaTimer::Consumer(ConsumerTimer::MetadataRefresh { generation })
}

fn retry(generation: u32) -> KafkaTimer {
    KafkaTimer::Consumer(ConsumerTimer::Retry { generation })
}

impl Consumer {
    /// A consumer that has not started.
    pub fn new(plan: ConsumerPlan) -> Self {
        let subject = subject(["consumer", plan.name.as_str()]);
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
            lanes: plan.lanes.clone(),
            subject,
            backoff,
            max_age: config.metadata_max_age_ms,
            max_in_flight: UNLIMITED,
            timer: metadata_refresh,
            channel: CLIENT_CHANNEL,
        });
        Consumer {
            subject,
            backoff,
            backoffs: 0,
            network: NetworkClient::new(connections, subject),
            metadata,
            partitions: plan.lanes.iter().map(|&l| TopicPartitionState::new(l)).collect(),
            unsettled: false,
            fetcher: Fetcher::default(),
            coordinator: Coordinator::new(Time::NEVER),
            application: Application::new(),
            asked: Vec::new(),
            alarm: Alarm::OFF,
            auto_alarm: Alarm::OFF,
            exception: None,
            trouble: None,
            forwarder: plan
                .forwarding
                .as_ref()
                .map(|f| Box::new(Forwarder::new(f, &plan.name, plan.node, &plan.bootstrap))),
            applied: imbl::OrdSet::new(),
            stopped: None,
            closing: None,
            closed: false,
            membership: None,
            output: plan.output.clone().map(|plan| Box::new(Output::new(plan))),
            plan: Arc::new(plan),
        }
    }

    /// Receives one input.
    pub fn on(&mut self, input: Input<KafkaPacket, KafkaTimer>, fx: &mut Fx<'_>) {
        let Some(input) = self.route(input, fx) else {
            if !self.closed {
                self.turn(fx);
            }
            return;
        };
        if self.forwarder.as_ref().is_some_and(|f| f.is_addressed(&input)) {
            return self.forwarder_input(input, fx);
        }
        match input {
            Input::Boot { boots } => self.boot(boots, fx),
            _ if self.closed => return,
            Input::Packet { conn, packet, .. } => {
                if let KafkaPacket::Response { correlation, response } = packet {
                    let event = self.network.received(conn, correlation, response);
                    self.network_event(event, fx);
                }
            }
            Input::Timer(KafkaTimer::Consumer(timer)) => {
                self.timer(timer, fx);
                if matches!(timer, ConsumerTimer::Handled | ConsumerTimer::WorkerDone) {
                    // Between two records only the application has something to do.
                    self.run_application(fx);
                    self.maybe_update_metadata(fx);
                    return;
                }
            }
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
            Input::Timer(_) | Input::Synced { .. } => {}
        }
        self.turn(fx);
    }

    /// The producer with which records are sent on receives an input.
    fn forwarder_input(&mut self, input: Input<KafkaPacket, KafkaTimer>, fx: &mut Fx<'_>) {
        let published = self.forwarder.as_mut().and_then(|f| f.on(input, fx));
        if let Some(published) = published
            && self.closing.is_none()
            && self.stopped.is_none()
        {
            self.published(published, fx);
            self.turn(fx);
        }
    }

    /// The process starts: nothing is remembered, the committed offsets say where to go on.
    fn boot(&mut self, boots: u16, fx: &mut Fx<'_>) {
        self.network.reset();
        self.metadata.reset();
        self.partitions = self.plan.lanes.iter().map(|&l| TopicPartitionState::new(l)).collect();
        self.fetcher = Fetcher::default();
        let auto_at = fx.now() + self.plan.config.auto_commit_interval_ms;
        self.coordinator = Coordinator::new(auto_at);
        self.application = Application::new();
        self.asked.clear();
        (self.alarm, self.auto_alarm) = (Alarm::OFF, Alarm::OFF);
        (self.exception, self.stopped) = (None, None);
        (self.closed, self.unsettled) = (false, false);
        self.closing = None;
        self.boot_output(boots, fx);
        if let Some(forwarder) = &mut self.forwarder {
            forwarder.on(Input::Boot { boots }, fx);
        }
        self.enter_group(boots, fx);
    }

    fn timer(&mut self, timer: ConsumerTimer, fx: &mut Fx<'_>) {
        match timer {
            // Who closes finishes no record any more.
            ConsumerTimer::Handled | ConsumerTimer::WorkerDone if self.closing.is_some() => {}
            ConsumerTimer::Handled => self.handled(fx),
            ConsumerTimer::WorkerDone => self.worker_done(fx),
            ConsumerTimer::BackOff => self.backed_off(fx),
            ConsumerTimer::Retry { generation } => {
                self.alarm.fired(generation);
            }
            ConsumerTimer::AutoCommit { generation } => {
                self.auto_alarm.fired(generation);
            }
            ConsumerTimer::Heartbeat { generation } => {
                let fired = self.membership.as_mut().is_some_and(|m| m.alarm.fired(generation));
                if fired && self.stopped.is_none() && self.closing.is_none() {
                    self.beat(fx);
                }
            }
            ConsumerTimer::MetadataRefresh { generation } => {
                if self.metadata.fired(generation) {
                    self.metadata.maybe_update(&mut self.network, fx);
                }
            }
        }
    }

    /// Does what can be done now.
    fn turn(&mut self, fx: &mut Fx<'_>) {
        if self.closing.is_some() {
            return self.go_on_closing(fx);
        }
        if self.stopped.is_some() {
            return;
        }
        self.run_coordinator(fx);
        if self.unsettled {
            self.settle_positions(fx);
        }
        self.run_application(fx);
        self.send_fetches(fx);
        self.maybe_update_metadata(fx);
    }

    fn maybe_update_metadata(&mut self, fx: &mut Fx<'_>) {
        if self.metadata.is_wanted() {
            self.metadata.maybe_update(&mut self.network, fx);
        }
    }

    fn network_event(&mut self, event: NetworkEvent, fx: &mut Fx<'_>) {
        match event {
            NetworkEvent::Response { correlation, response, .. } => {
                if let Response::Metadata { brokers, partitions } = &response {
                    if self.metadata.received(correlation, *brokers, partitions, fx) {
                        self.leaders_changed();
                    }
                    self.metadata.maybe_update(&mut self.network, fx);
                    return;
                }
                let at = self.asked.iter().position(|(c, _)| *c == correlation);
                let Some(at) = at else { return };
                let (_, asked) = self.asked.remove(at);
                self.answered(correlation, asked, response, fx);
            }
            NetworkEvent::Broken { peer, channel, lost, .. } => {
                self.broken(peer, channel, &lost, fx);
            }
            NetworkEvent::Ready { .. }
            | NetworkEvent::MayConnect { .. }
            | NetworkEvent::Nothing => {}
        }
    }

    fn answered(&mut self, correlation: u32, asked: Asked, response: Response, fx: &mut Fx<'_>) {
        match (asked, response) {
            (Asked::Fetch { node, positions }, Response::Fetch { partitions }) => {
                self.fetched(node, &positions, partitions, fx);
            }
            (Asked::Reset { partition }, Response::ListOffsets { error, offset, .. }) => {
                self.reset_answered(partition, correlation, error, offset, fx);
            }
            (
                Asked::Validation { partition },
                Response::OffsetsForLeaderEpoch { error, leader_epoch, end_offset, .. },
            ) => {
                let answer = leader_epoch.zip(end_offset);
                self.validation_answered(partition, correlation, error, answer, fx);
            }
            (Asked::FindCoordinator, Response::FindCoordinator { error, coordinator }) => {
                self.coordinator_found(coordinator.filter(|_| error == Error::None), fx);
            }
            (Asked::OffsetFetch, Response::OffsetFetch { error, offsets }) => {
                self.offsets_fetched(correlation, error, &offsets, fx);
            }
            (Asked::CommitSync, Response::OffsetCommit { results }) => {
                self.commit_sync_answered(correlation, first_error(&results), fx);
            }
            (Asked::CommitAsync { identity, offsets }, Response::OffsetCommit { results }) => {
                self.commit_async_answered(identity, &offsets, first_error(&results), fx);
            }
            (Asked::CommitBeforeJoin { identity, offsets }, Response::OffsetCommit { results }) => {
                self.commit_before_join_answered(identity, &offsets, first_error(&results), fx);
            }
            (Asked::CommitOnClose, Response::OffsetCommit { results }) => {
                self.close_commit_answered(first_error(&results), fx);
            }
            (Asked::Join, response) => self.join_answered(correlation, Some(response), fx),
            (Asked::Sync, response) => self.sync_answered(correlation, Some(response), fx),
            (Asked::Heartbeat { member }, Response::Heartbeat { error }) => {
                self.heartbeat_answered(correlation, member, error, fx);
            }
            (Asked::Leave, _) => self.left(fx),
            (asked, _) => self.unanswered(correlation, asked, fx),
        }
    }

    fn broken(&mut self, peer: NodeId, channel: Channel, lost: &[u32], fx: &mut Fx<'_>) {
        self.metadata.lost(lost, fx);
        if channel == CLIENT_CHANNEL {
            self.metadata.request_update();
            self.fetcher.broken(peer);
        } else if self.coordinator.node == Some(peer) {
            self.coordinator_unknown();
        }
        for correlation in lost {
            let at = self.asked.iter().position(|(c, _)| c == correlation);
            let Some(at) = at else { continue };
            let (_, asked) = self.asked.remove(at);
            self.unanswered(*correlation, asked, fx);
        }
    }

    /// A request got no usable answer.
    fn unanswered(&mut self, correlation: u32, asked: Asked, fx: &mut Fx<'_>) {
        let error = Error::NetworkException;
        match asked {
            Asked::Fetch { node, .. } => self.fetcher.broken(node),
            Asked::Reset { partition } | Asked::Validation { partition } => {
                if self.partitions[partition].asked == Some(correlation) {
                    self.position_request_failed(partition, error, fx);
                }
            }
            Asked::FindCoordinator => self.coordinator_found(None, fx),
            Asked::OffsetFetch => self.offsets_fetched(correlation, error, &[], fx),
            Asked::CommitSync => self.commit_sync_answered(correlation, error, fx),
            Asked::CommitAsync { identity, offsets } => {
                self.commit_async_answered(identity, &offsets, error, fx);
            }
            Asked::CommitBeforeJoin { identity, offsets } => {
                self.commit_before_join_answered(identity, &offsets, error, fx);
            }
            Asked::CommitOnClose => self.close_commit_answered(error, fx),
            Asked::Join => self.join_answered(correlation, None, fx),
            Asked::Sync => self.sync_answered(correlation, None, fx),
            Asked::Heartbeat { member } => self.heartbeat_answered(correlation, member, error, fx),
            Asked::Leave => self.left(fx),
        }
    }
}

/// What a commit came to: the first error of any partition.
fn first_error(results: &[(LaneId, Error)]) -> Error {
    results.iter().map(|r| r.1).find(|&e| e != Error::None).unwrap_or(Error::None)
}

#[cfg(test)]
mod tests;
