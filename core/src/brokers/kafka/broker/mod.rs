//! A broker: the replica manager, the request handler, the fetchers, the group coordinator.
//!
//! Read [`Broker::on`] first; it hands each input to one file of this folder:
//! `requests` (connections and their queues), `produce`, `fetch` (sessions and their purgatory),
//! `replication` (this broker as follower), `isr` (AlterPartition), `lifecycle` (registration,
//! heartbeats, roles, shutdown), `formation` (before the first boot), `observer` (the metadata log,
//! who the controller is), `coordinator` (committed offsets), `groups` (members), `transactions`
//! (transactional ids), `markers` (how transactions end), `verification` (how they begin at a
//! leader), `retention` (deleting old segments), `compaction`, `zookeeper` and
//! `zookeeper_controller` (ZooKeeper mode).
//!
//! Simplified: one log directory; no quotas; requests take no CPU time unless a cost model is on;
//! the metadata log is read again from its beginning when a broker starts.

mod compaction;
mod coordinator;
mod fetch;
mod formation;
mod groups;
mod isr;
mod lifecycle;
mod markers;
mod observer;
mod partition;
mod produce;
mod replication;
mod requests;
mod retention;
#[cfg(test)]
mod tests;
mod transactions;
mod verification;
mod zookeeper;
mod zookeeper_controller;

pub use lifecycle::Lifecycle;
pub use partition::{FollowerState, Leadership, Partition, PendingIsr, Role, Waiter};
pub use zookeeper::ZooKeeperSide;

use super::client::{ConnectionConfig, NetworkClient, NetworkEvent};
use super::error::Error;
use super::image::MetadataImage;
use super::plan::ClusterPlan;
use super::producer_ids::ProducerIds;
use super::timer::{BrokerTimer, KafkaTimer};
use super::transaction::wire::TransactionResponse;
use super::wire::{
    CONTROL_CHANNEL, KafkaPacket, LIFECYCLE_CHANNEL, MARKER_CHANNEL, METADATA_CHANNEL,
    PartitionMetadata, REPLICA_CHANNEL, Response, TO_CONTROLLER_CHANNEL, VERIFICATION_CHANNEL,
    ZOOKEEPER_CHANNEL,
};
use crate::brokers::kafka::Fx;
use crate::fact::{Fact, LaneId, NodeId, NodeSet};
use crate::kernel::{Shared, Span, Ticket, Time, subject};
use crate::substrate::{FileId, Input};
use coordinator::GroupOffsets;
use observer::Observer;
use partition::{Watcher, partition_mut};
use produce::Purgatory;
use replication::Fetcher;
use requests::Connections;
use smallvec::SmallVec;
use std::sync::Arc;
use transactions::TransactionWork;

/// A Kafka broker.
#[derive(Clone, Debug)]
pub struct Broker {
    node: NodeId,
    plan: Arc<ClusterPlan>,

    // Durable: what the disk holds.
    partitions: Vec<Option<Shared<Partition>>>,
    /// The broker epoch that an orderly stop left in `.kafka_cleanshutdown`.
    clean_shutdown: Option<u64>,

    // Volatile: forgotten at boot.
    lifecycle: Lifecycle,
    boots: u16,
    /// The broker has caught up with the metadata and answers requests; until then they wait
    /// (`SocketServer.enableRequestProcessing`).
    processes_requests: bool,
    broker_epoch: u64,
    next_heartbeat: Option<Ticket>,
    /// Registrations and heartbeats that failed in a row.
    lifecycle_failures: u32,
    image: MetadataImage,
    observer: Observer,
    /// In ZooKeeper mode.
    zookeeper: Option<Box<ZooKeeperSide>>,
    /// What metadata responses carry, made anew when the image changes.
    for_clients: (NodeSet, Arc<[PartitionMetadata]>),
    network: NetworkClient,
    connections: Connections,
    /// The fetch sessions that look at each partition, by lane.
    watchers: Vec<SmallVec<[Watcher; 4]>>,
    purgatory: Purgatory,
    /// One per broker this one follows, by broker.
    fetchers: Vec<Fetcher>,
    /// When each other broker last fetched from this one, by broker.
    last_fetch_of: Vec<Time>,
    /// Partitions led here whose ISR lacks replicas, and which.
    under_replicated: Vec<(LaneId, NodeSet)>,
    /// The replicas that are missing in one of them.
    missing_anywhere: NodeSet,
    isr_changes: isr::IsrChanges,
    offsets: Vec<Option<GroupOffsets>>,
    /// Above the timer tickets of all groups so far.
    group_tickets: u32,
    producer_ids: ProducerIds,
    /// Batches appended as leader so far.
    appends: u64,
    transactions: TransactionWork,
    /// Something that can be seen from outside has changed, see [`Broker::take_changed`].
    changed: bool,
}

impl Broker {
    /// A broker of a cluster that is switched off.
    pub fn new(node: NodeId, plan: Arc<ClusterPlan>) -> Self {
        let connections = ConnectionConfig {
            reconnect_backoff: Span::millis(50),
            reconnect_backoff_max: Span::millis(1000),
            setup_timeout: Span::secs(10),
            request_timeout: plan.broker.replica_socket_timeout_ms,
        };
        let name = plan.names.get(node.0 as usize).map_or("", String::as_str);
        let image = MetadataImage::new(&plan);
        let mut network = NetworkClient::new(connections, subject(["network", name]));
        if plan.zookeeper.is_some() {
            let third = Span(super::zookeeper::session_timeout(&plan.broker).0 / 3);
            network = network.with_request_timeout(ZOOKEEPER_CHANNEL, third);
        }
        if plan.controllers > 1 {
            let config = &plan.broker;
            let heartbeat = config.broker_session_timeout_ms.min(config.replica_socket_timeout_ms);
            network =
                network.with_request_timeout(LIFECYCLE_CHANNEL, heartbeat).with_request_timeout(
                    METADATA_CHANNEL,
                    config.controller_quorum_request_timeout_ms,
                );
        }
        let mut broker = Broker {
            node,
            partitions: vec![None; plan.lanes.len()],
            clean_shutdown: None,
            lifecycle: Lifecycle::Off,
            boots: 0,
            processes_requests: false,
            broker_epoch: u64::from(node.0),
            next_heartbeat: None,
            lifecycle_failures: 0,
            for_clients: (NodeSet::EMPTY, Arc::from([])),
            image,
            observer: Observer::new(&plan),
            zookeeper: None,
            network,
            connections: Connections::default(),
            purgatory: Purgatory::default(),
            fetchers: (0..plan.brokers).map(|n| Fetcher::new(NodeId(n))).collect(),
            last_fetch_of: vec![Time::ZERO; plan.brokers as usize],
            under_replicated: Vec::new(),
            missing_anywhere: NodeSet::EMPTY,
            isr_changes: isr::IsrChanges::default(),
            offsets: vec![None; plan.topics.last().map_or(0, |t| t.partitions as usize)],
            group_tickets: 0,
            producer_ids: ProducerIds::new(node, u64::from(plan.brokers)),
            appends: 0,
            transactions: TransactionWork::default(),
            changed: true,
            watchers: vec![SmallVec::new(); plan.lanes.len()],
            plan,
        };
        broker.form();
        broker
    }

    /// Takes a plan that knows more topic settings; everything else in it is the same.
    pub fn replan(&mut self, plan: Arc<ClusterPlan>) {
        self.plan = plan;
    }

    // ── what screens and probes may see ──────────────────────────────────────────────────────

    /// A partition this broker holds a replica of.
    #[inline]
    pub fn partition(&self, lane: LaneId) -> Option<&Partition> {
        self.partitions.get(lane.0 as usize)?.as_deref()
    }

    /// Where the broker is between starting and stopping.
    pub fn lifecycle(&self) -> &Lifecycle {
        &self.lifecycle
    }

    /// The metadata as this broker knows it.
    pub fn image(&self) -> &MetadataImage {
        &self.image
    }

    /// Whether a log, a high watermark, a partition's role or a committed offset may have changed
    /// since this was last asked: most of what a broker does is to say that it is still there.
    pub fn take_changed(&mut self) -> bool {
        std::mem::take(&mut self.changed)
    }

    // ── inputs ───────────────────────────────────────────────────────────────────────────────

    /// Receives one input.
    #[inline]
    pub fn on(&mut self, input: Input<KafkaPacket, KafkaTimer>, fx: &mut Fx<'_>) {
        match input {
            Input::Packet {
                conn, packet: KafkaPacket::Request { correlation, request }, ..
            } => {
                self.receive(conn, correlation, request, fx);
            }
            Input::Packet {
                conn, packet: KafkaPacket::Response { correlation, response }, ..
            } => {
                let event = self.network.received(conn, correlation, response);
                self.on_network(event, fx);
            }
            Input::Timer(KafkaTimer::Broker(timer)) => self.on_timer(timer, fx),
            Input::Timer(KafkaTimer::Network(timer)) => {
                let event = self.network.timer(timer, fx);
                self.on_network(event, fx);
            }
            Input::Timer(_) => {}
            Input::Connected { conn, .. } => {
                let event = self.network.connected(conn, fx);
                self.on_network(event, fx);
            }
            Input::Disconnected { conn, why, .. } => {
                self.connection_lost(conn, fx);
                let event = self.network.disconnected(conn, why, fx);
                self.on_network(event, fx);
            }
            Input::Synced { file, upto } => {
                if let Some(Some(partition)) = self.partitions.get_mut(file.0 as usize) {
                    let log = &mut partition.log;
                    log.recovery_point = log.recovery_point.max(upto.min(log.end_offset()));
                }
            }
            Input::Boot { boots } => self.boot(boots, fx),
        }
        self.settle(fx);
    }

    fn on_network(&mut self, event: NetworkEvent, fx: &mut Fx<'_>) {
        match event {
            NetworkEvent::Nothing => {}
            NetworkEvent::Ready { peer, channel } | NetworkEvent::MayConnect { peer, channel } => {
                match channel {
                    REPLICA_CHANNEL => self.send_fetch(peer, fx),
                    LIFECYCLE_CHANNEL => self.heartbeat_or_register(fx),
                    METADATA_CHANNEL => self.fetch_metadata(fx),
                    MARKER_CHANNEL => self.send_markers(fx),
                    VERIFICATION_CHANNEL => self.send_verifications(fx),
                    ZOOKEEPER_CHANNEL if self.network.is_ready(peer, channel) => {
                        self.zookeeper_ready(fx)
                    }
                    ZOOKEEPER_CHANNEL => self.connect_to_zookeeper(fx),
                    CONTROL_CHANNEL => self.send_control(fx),
                    _ if self.zookeeper.is_some() => self.send_shutdown_request(peer, fx),
                    _ => self.send_isr_changes(fx),
                }
            }
            NetworkEvent::Response { peer, channel, response, correlation } => match channel {
                REPLICA_CHANNEL => self.fetched(peer, response, fx),
                LIFECYCLE_CHANNEL => self.lifecycle_answer(response, fx),
                METADATA_CHANNEL => self.metadata_answer(peer, response, fx),
                MARKER_CHANNEL | VERIFICATION_CHANNEL => {
                    self.transaction_answer(peer, correlation, response, fx);
                }
                ZOOKEEPER_CHANNEL => self.zookeeper_answer(response, fx),
                CONTROL_CHANNEL => self.control_answered(peer, fx),
                _ if self.zookeeper.is_some() => {
                    if let Response::ControlledShutdown(answer) = response {
                        self.shutdown_answer(answer.error, &answer.remaining, fx);
                    }
                }
                _ => self.controller_answer(response, fx),
            },
            NetworkEvent::Broken { peer, channel, .. } => match channel {
                REPLICA_CHANNEL => self.fetcher_disconnected(peer),
                LIFECYCLE_CHANNEL => self.lifecycle_disconnected(fx),
                METADATA_CHANNEL => self.metadata_disconnected(peer, fx),
                MARKER_CHANNEL => self.markers_lost(peer, fx),
                VERIFICATION_CHANNEL => self.verifications_lost(peer, fx),
                ZOOKEEPER_CHANNEL => self.zookeeper_disconnected(),
                CONTROL_CHANNEL => self.control_broken(peer),
                TO_CONTROLLER_CHANNEL if self.zookeeper.is_none() => {
                    self.isr_changes.lost();
                    if self.leave_controller(TO_CONTROLLER_CHANNEL) {
                        self.send_isr_changes(fx);
                    }
                }
                _ => {}
            },
        }
    }

    /// Another broker has answered a request about a transaction.
    fn transaction_answer(
        &mut self,
        peer: NodeId,
        correlation: u32,
        response: Response,
        fx: &mut Fx<'_>,
    ) {
        let Response::Transaction(response) = response else { return };
        match *response {
            TransactionResponse::WriteTxnMarkers { results } => {
                self.markers_answered(peer, &results, fx);
            }
            response => self.coordinator_says(peer, correlation, &response, fx),
        }
    }

    fn on_timer(&mut self, timer: BrokerTimer, fx: &mut Fx<'_>) {
        match timer {
            BrokerTimer::Heartbeat => {
                self.heartbeat_or_register(fx);
            }
            BrokerTimer::ControlledShutdownLimit => self.controlled_shutdown_expired(fx),
            BrokerTimer::MetadataRetry => self.metadata_retry(fx),
            BrokerTimer::AlterPartitionRetry => self.send_isr_changes(fx),
            BrokerTimer::IsrCheck => self.check_isr(fx),
            BrokerTimer::HighWatermarkCheckpoint => self.checkpoint_high_watermarks(fx),
            BrokerTimer::ProducerExpiration => self.expire_producers(fx),
            BrokerTimer::RetentionCheck => self.check_retention(fx),
            BrokerTimer::CleanerWakes => self.clean_logs(fx),
            BrokerTimer::OffsetExpiry => self.expire_offsets(fx),
            BrokerTimer::ReplicaFetchRetry { leader } => self.send_fetch(leader, fx),
            BrokerTimer::PartitionFetchBackoff { lane } => self.resume_fetching(lane, fx),
            BrokerTimer::ProduceTimeout { request } => self.produce_expired(request, fx),
            BrokerTimer::FetchWait { conn, correlation } => {
                self.fetch_waited(conn, correlation, fx)
            }
            BrokerTimer::Flush { lane } => self.flush_interval(lane, fx),
            BrokerTimer::Group { group, timer } => self.group_timer(group, timer, fx),
            BrokerTimer::GroupsLoaded { lane, epoch } => self.groups_loaded(lane, epoch, fx),
            BrokerTimer::TransactionsLoaded { lane, epoch } => {
                self.transactions_loaded(lane, epoch, fx);
            }
            BrokerTimer::TransactionScan => self.scan_transactions(fx),
            BrokerTimer::MarkerRetry => self.markers_due(fx),
            BrokerTimer::ZooKeeper(timer) => self.zookeeper_timer(timer, fx),
        }
    }

    // ── shared by the files of this folder ───────────────────────────────────────────────────

    /// States a fact about a lane, unless the lane is internal: a lesson's story and counts are
    /// about its own topics.
    #[inline]
    fn state_of(&self, lane: LaneId, fact: Fact, fx: &mut Fx<'_>) {
        if !self.plan.lane(lane).internal {
            fx.state(fact);
        }
    }

    /// Makes an append reach the disk as `flush.messages` and a segment roll demand. The write
    /// itself is [`Broker::write`].
    fn flush_if_due(&mut self, lane: LaneId, rolled: bool, fx: &mut Fx<'_>) {
        let config = self.image.topic_config(&self.plan, lane);
        let file = FileId(u32::from(lane.0));
        if rolled {
            fx.sync(file);
        }
        let Some(partition) = self.partition(lane) else { return };
        let (end, synced) = (partition.log.end_offset(), partition.log.recovery_point);
        let by_count = end - synced >= config.flush_messages;
        let by_time = config.flush_ms != FLUSH_NEVER && !partition.flush_timer_set;
        // By default neither: the system writes back when it likes.
        if !by_count && !by_time {
            return;
        }
        let Some(partition) = partition_mut(&mut self.partitions, lane) else { return };
        if by_count {
            fx.sync_and_wait(file);
            partition.log.recovery_point = end;
        } else {
            partition.flush_timer_set = true;
            fx.timer(config.flush_ms, KafkaTimer::Broker(BrokerTimer::Flush { lane }));
        }
    }

    fn flush_interval(&mut self, lane: LaneId, fx: &mut Fx<'_>) {
        if let Some(Some(partition)) = self.partitions.get_mut(lane.0 as usize) {
            partition.flush_timer_set = false;
            fx.sync(FileId(u32::from(lane.0)));
        }
    }

    /// Writes the log's new end to the page cache. A failing disk takes the only log directory
    /// offline and the broker with it (`LogDirFailureHandler` halts when no directory is left).
    fn write(&mut self, lane: LaneId, fx: &mut Fx<'_>) -> Result<(), Error> {
        let Some(Some(partition)) = self.partitions.get(lane.0 as usize) else { return Ok(()) };
        let end = partition.log.end_offset();
        if fx.append(FileId(u32::from(lane.0)), end).is_ok() {
            return Ok(());
        }
        if self.lifecycle != Lifecycle::Off {
            // Every partition of the directory goes offline with it, once.
            self.lifecycle = Lifecycle::Off;
            let lanes: Vec<LaneId> =
                self.partitions.iter().flatten().map(|p| p.state.lane).collect();
            for lane in lanes {
                self.state_of(lane, Fact::StorageFailed { lane, node: self.node }, fx);
            }
            fx.exit(crate::fact::Outage::Crash);
        }
        Err(Error::KafkaStorageError)
    }

    fn checkpoint_high_watermarks(&mut self, fx: &mut Fx<'_>) {
        for partition in self.partitions.iter_mut().flatten() {
            // What is unchanged stays shared with other copies of the world.
            if !partition.log.is_high_watermark_checkpointed() {
                partition.log.checkpoint_high_watermark();
            }
        }
        let every = self.plan.broker.replica_high_watermark_checkpoint_interval_ms;
        again_after(every, BrokerTimer::HighWatermarkCheckpoint, fx);
    }

    /// Forgets producers that have not written for long (`PeriodicProducerExpirationCheck`). The dates
    /// of their batches are compared with this machine's clock.
    fn expire_producers(&mut self, fx: &mut Fx<'_>) {
        let (now, expiry) = (fx.clock(), self.plan.broker.producer_id_expiration_ms);
        for partition in self.partitions.iter_mut().flatten() {
            // What is unchanged stays shared with other copies of the world.
            if partition.log.any_producer_expired(now, expiry) {
                partition.log.expire_producers(now, expiry);
            }
        }
        let every = self.plan.broker.producer_id_expiration_check_interval_ms;
        again_after(every, BrokerTimer::ProducerExpiration, fx);
    }

    /// Lets the high watermark of a partition led here advance and completes what waited for it.
    fn advance(&mut self, lane: LaneId, fx: &mut Fx<'_>) {
        let Some(partition) = self.partition(lane) else { return };
        let Some(new) = partition.next_high_watermark(&self.plan, &self.image, fx.clock()) else {
            return;
        };
        let Some(partition) = partition_mut(&mut self.partitions, lane) else { return };
        self.changed = true;
        let old = partition.log.high_watermark();
        partition.log.set_high_watermark(new);
        if !self.plan.lane(lane).internal {
            for batch in partition.log.range(old, new) {
                for (offset, message) in batch.messages() {
                    if (old..new).contains(&offset) {
                        fx.state(Fact::Committed { message, lane, node: self.node, offset });
                    }
                }
            }
        }
        self.complete_produces(lane, fx);
        self.mark_watchers(lane, false);
    }

    /// The sessions that watch a partition have something new to look at: its log end moved
    /// (`log_end`) or its high watermark did. A moved high watermark alone wakes consumers only.
    fn mark_watchers(&mut self, lane: LaneId, log_end: bool) {
        for watcher in &self.watchers[lane.0 as usize] {
            let wakes = if watcher.follower { log_end } else { !log_end };
            self.connections.mark(watcher, wakes);
        }
    }
}

/// The next turn of a periodic task. With an interval of 0 a task of Kafka's runs once
/// (`KafkaScheduler.schedule`).
fn again_after(every: Span, timer: BrokerTimer, fx: &mut Fx<'_>) {
    if every != Span::ZERO {
        fx.timer(every, KafkaTimer::Broker(timer));
    }
}

/// `flush.ms` unset: `log.flush.scheduler.interval.ms` = Long.MAX.
const FLUSH_NEVER: Span = Span::millis(i64::MAX as u64);
