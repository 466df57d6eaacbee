//! From boot to shutdown: registration, heartbeats, the metadata log
//! (`BrokerLifecycleManager`, `BrokerMetadataPublisher`; reference §4.4, §4.6).
//!
//! Simplified: a broker's first boot finds the cluster already formed, itself registered and
//! unfenced, as the initial metadata records say.

use super::{Broker, Fx, Partition, Role};
use crate::brokers::kafka::error::Error;
use crate::brokers::kafka::plan::Truncation;
use crate::brokers::kafka::timer::{BrokerTimer, KafkaTimer};
use crate::brokers::kafka::wire::{
    BrokerHeartbeat, LIFECYCLE_CHANNEL, MetadataRecord, PartitionState, Request, Response,
};
use crate::fact::{DiskLoss, Fact, LaneId, NodeSet, Outage};
use crate::kernel::{Shared, Span, Time};
use crate::substrate::FileId;
use smallvec::SmallVec;

/// Pacing of heartbeats while a broker waits to be unfenced.
const STARTING_PACE: Span = Span::millis(10);
/// The first back-off after a failed registration or heartbeat; each further failure doubles it, up
/// to `broker.session.timeout.ms` (`resendExponentialBackoff`).
const RETRY_MIN: Span = Span::millis(100);
/// How long a broker that knows no active controller waits before it looks again
/// (`NodeToControllerRequestThread`).
const NO_CONTROLLER: Span = Span::millis(100);
/// The pause before a controller is connected again that was not the active one.
const NOT_CONTROLLER: Span = Span::millis(50);
/// How long a broker that wants to stop waits for the controller's leave before it stops without
/// (`BrokerServer.shutdown`).
const CONTROLLED_SHUTDOWN_LIMIT: Span = Span::secs(300);

/// Where a broker is between starting and stopping (`BrokerState`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lifecycle {
    /// The process does not run.
    Off,
    /// It asks the controller to be registered, since the given time.
    Registering {
        /// When it began to ask.
        since: Time,
    },
    /// It is registered and catches up with the metadata log.
    Starting,
    /// It serves.
    Running,
    /// It has asked to stop and hands over its leaderships.
    PendingControlledShutdown,
}

impl Broker {
    /// The process starts: everything volatile is forgotten, logs are recovered.
    pub(super) fn boot(&mut self, boots: u16, fx: &mut Fx<'_>) {
        self.changed = true;
        self.boots = boots;
        if boots > 1 {
            self.forget_and_recover(fx);
        }
        let config = &self.plan.broker;
        let checkpoint = config.replica_high_watermark_checkpoint_interval_ms;
        fx.timer(checkpoint, KafkaTimer::Broker(BrokerTimer::HighWatermarkCheckpoint));
        let expiration = config.producer_id_expiration_check_interval_ms;
        fx.timer(expiration, KafkaTimer::Broker(BrokerTimer::ProducerExpiration));
        let retention = config.log_initial_task_delay_ms;
        fx.timer(retention, KafkaTimer::Broker(BrokerTimer::RetentionCheck));
        let cleaner = config.log_cleaner_backoff_ms;
        fx.timer(cleaner, KafkaTimer::Broker(BrokerTimer::CleanerWakes));
        let expiry = config.offsets_retention_check_interval_ms;
        fx.timer(expiry, KafkaTimer::Broker(BrokerTimer::OffsetExpiry));
        let isr_check = Span(config.replica_lag_time_max_ms.0 / 2);
        fx.timer(isr_check, KafkaTimer::Broker(BrokerTimer::IsrCheck));
        self.begin_transaction_scans(fx);
        if self.plan.zookeeper.is_some() {
            return self.boot_with_zookeeper(boots, fx);
        }
        if boots == 1 {
            self.lifecycle = Lifecycle::Running;
            self.take_up_roles(fx);
            self.processes_requests = true;
            self.fetch_metadata(fx);
        } else {
            self.lifecycle = Lifecycle::Registering { since: fx.now() };
            self.fetch_metadata(fx);
        }
        self.heartbeat_or_register(fx);
    }

    /// Everything volatile is forgotten; what the disk holds is recovered.
    fn forget_and_recover(&mut self, fx: &mut Fx<'_>) {
        let plan = self.plan.clone();
        self.network.reset();
        self.connections.clear();
        self.watchers.fill(SmallVec::new());
        self.purgatory.clear();
        self.reset_fetchers();
        self.last_fetch_of.fill(Time::ZERO);
        self.under_replicated.clear();
        self.missing_anywhere = NodeSet::EMPTY;
        self.isr_changes = super::isr::IsrChanges::default();
        self.next_heartbeat = None;
        self.lifecycle_failures = 0;
        self.processes_requests = false;
        self.offsets.fill(None);
        self.image = super::MetadataImage::new(&plan);
        self.forget_quorum(fx);
        self.forget_transactions();
        for lane in 0..self.partitions.len() {
            let written = fx.file(FileId(lane as u32)).written;
            if let Some(partition) = &mut self.partitions[lane] {
                partition.role = Role::Follower;
                partition.waiters.clear();
                partition.flush_timer_set = false;
                partition.log.recover(written);
                let end = partition.log.end_offset();
                if end < written {
                    // The file ends within a batch: recovery cuts the torn batch off (reference
                    // §1.12).
                    fx.truncate(FileId(lane as u32), end);
                    let id = LaneId(lane as u16);
                    if !plan.lane(id).internal {
                        fx.state(Fact::RolledBack {
                            lane: id,
                            node: self.node,
                            from: written,
                            to: end,
                            loss: DiskLoss::TornBatch,
                        });
                    }
                }
                // What the image says of it is learnt anew; an old epoch must not fence it.
                partition.state.leader_epoch = 0;
                partition.state.partition_epoch = 0;
                partition.state.leader = None;
            }
        }
    }

    /// Whether the broker answers clients and follows leaders: it has caught up with the metadata.
    fn serves(&self) -> bool {
        matches!(self.lifecycle, Lifecycle::Running | Lifecycle::PendingControlledShutdown)
    }

    // ── registration and heartbeats ──────────────────────────────────────────────────────────

    pub(super) fn heartbeat_or_register(&mut self, fx: &mut Fx<'_>) {
        if self.lifecycle == Lifecycle::Off {
            return;
        }
        if let Lifecycle::Registering { since } = self.lifecycle
            && fx.now().since(since) > self.plan.broker.initial_broker_registration_timeout_ms
        {
            fx.exit(Outage::Crash);
            return;
        }
        let Some(controller) = self.controller_of(LIFECYCLE_CHANNEL) else {
            return self.again_after(NO_CONTROLLER, fx);
        };
        if !self.network.ready(controller, LIFECYCLE_CHANNEL, fx)
            || self.network.in_flight(controller, LIFECYCLE_CHANNEL) > 0
        {
            return;
        }
        let request = match self.lifecycle {
            Lifecycle::Registering { .. } => Request::BrokerRegistration {
                node: self.node,
                incarnation: self.boots,
                previous_broker_epoch: self.clean_shutdown,
            },
            _ => Request::BrokerHeartbeat(BrokerHeartbeat {
                node: self.node,
                broker_epoch: self.broker_epoch,
                metadata_offset: self.image.offset,
                want_fence: false,
                want_shut_down: self.lifecycle == Lifecycle::PendingControlledShutdown,
            }),
        };
        self.network.send(controller, LIFECYCLE_CHANNEL, request, true, fx);
    }

    /// The next heartbeat; there is only ever one timer for it.
    fn again_after(&mut self, span: Span, fx: &mut Fx<'_>) {
        let timer = fx.timer(span, KafkaTimer::Broker(BrokerTimer::Heartbeat));
        if let Some(old) = self.next_heartbeat.replace(timer) {
            fx.cancel(old);
        }
    }

    pub(super) fn lifecycle_answer(&mut self, response: Response, fx: &mut Fx<'_>) {
        match response {
            Response::BrokerRegistration { error: Error::NotController, .. }
            | Response::BrokerHeartbeat { error: Error::NotController, .. } => {
                self.leave_controller(LIFECYCLE_CHANNEL);
                self.again_after(NOT_CONTROLLER, fx);
            }
            Response::BrokerRegistration { error: Error::None, broker_epoch } => {
                self.lifecycle_failures = 0;
                self.broker_epoch = broker_epoch;
                self.clean_shutdown = None;
                self.lifecycle = Lifecycle::Starting;
                self.apply_committed(fx);
                self.fetch_metadata(fx);
                self.heartbeat_or_register(fx);
            }
            Response::BrokerRegistration { .. } => self.retry_lifecycle(fx),
            Response::BrokerHeartbeat { error: Error::None, is_fenced, should_shut_down } => {
                self.lifecycle_failures = 0;
                if should_shut_down {
                    self.stop_orderly(fx);
                } else if is_fenced && self.lifecycle == Lifecycle::Starting {
                    self.again_after(STARTING_PACE, fx);
                } else {
                    if self.lifecycle == Lifecycle::Starting {
                        self.lifecycle = Lifecycle::Running;
                    }
                    let every = self.plan.broker.broker_heartbeat_interval_ms;
                    self.again_after(every, fx);
                }
            }
            // A broker whose epoch is stale has been replaced by a newer incarnation of itself.
            Response::BrokerHeartbeat { error: Error::BrokerIdNotRegistered, .. } => {
                self.lifecycle = Lifecycle::Registering { since: fx.now() };
                self.heartbeat_or_register(fx);
            }
            Response::BrokerHeartbeat { .. } => self.retry_lifecycle(fx),
            _ => {}
        }
    }

    fn retry_lifecycle(&mut self, fx: &mut Fx<'_>) {
        let span = RETRY_MIN.times(1 << self.lifecycle_failures.min(16));
        self.lifecycle_failures += 1;
        self.again_after(span.min(self.plan.broker.broker_session_timeout_ms), fx);
    }

    /// The connection broke. If another controller is known it is asked at once; otherwise the next
    /// attempt comes with the end of the reconnect back-off.
    pub(super) fn lifecycle_disconnected(&mut self, fx: &mut Fx<'_>) {
        self.lifecycle_failures += 1;
        if self.leave_controller(LIFECYCLE_CHANNEL) {
            self.heartbeat_or_register(fx);
        }
    }

    // ── what the metadata log says ───────────────────────────────────────────────────────────

    /// Replays committed records and changes roles accordingly: leaders first, then followers. A
    /// partition that changed several times takes its newest state only.
    pub(super) fn apply_metadata(&mut self, records: &[MetadataRecord], fx: &mut Fx<'_>) {
        let mut changed: Vec<LaneId> = Vec::with_capacity(records.len());
        let mut brokers_changed = false;
        for record in records {
            self.image.apply(record);
            match record {
                MetadataRecord::Partition(state) => changed.push(state.lane),
                MetadataRecord::RegisterBroker { .. }
                | MetadataRecord::BrokerRegistrationChange { .. } => brokers_changed = true,
                _ => {}
            }
        }
        if changed.is_empty() && !brokers_changed {
            return;
        }
        self.changed = true;
        keep_last(&mut changed, self.partitions.len());
        self.for_clients = self.image.for_clients(&self.plan);
        for leading in [true, false] {
            for &lane in &changed {
                let state = self.image.partition(lane).filter(|state| {
                    state.replicas.contains(&self.node)
                        && (state.leader == Some(self.node)) == leading
                });
                match state.cloned() {
                    Some(state) if leading => self.make_leader(state, fx),
                    Some(state) => self.make_follower(state, fx),
                    None => {}
                }
            }
        }
        for &lane in &changed {
            let state = self.image.partition(lane);
            if state.is_some_and(|state| !state.replicas.contains(&self.node)) {
                self.drop_replica(lane, fx);
            }
        }
    }

    /// The partition has moved away: its replica here is deleted (`ReplicaManager.stopReplicas`).
    fn drop_replica(&mut self, lane: LaneId, fx: &mut Fx<'_>) {
        let Some(Some(partition)) = self.partitions.get_mut(lane.0 as usize) else { return };
        let (led, node) = (partition.leads(), self.node);
        let epoch = partition.state.leader_epoch;
        partition.role = Role::Follower;
        if led {
            self.state_of(lane, Fact::SteppedDown { lane, node, epoch }, fx);
            self.unload_offsets(lane, fx);
            self.fail_waiters(lane, fx);
            self.note_under_replication(lane);
        }
        self.unfollow(lane, None);
        self.wake_watchers(lane);
        self.partitions[lane.0 as usize] = None;
        fx.truncate(FileId(u32::from(lane.0)), 0);
        self.state_of(lane, Fact::Wiped { lane, node }, fx);
    }

    /// Creates the replica of a partition heard of for the first time. Followers may already have
    /// asked for it.
    pub(super) fn know(&mut self, state: &PartitionState) {
        let slot = &mut self.partitions[state.lane.0 as usize];
        if slot.is_none() {
            let unknown = PartitionState { leader: None, ..state.clone() };
            *slot = Some(Shared::new(Partition::new(unknown)));
            self.watch_new(state.lane);
        }
    }

    pub(super) fn make_leader(&mut self, state: PartitionState, fx: &mut Fx<'_>) {
        let lane = state.lane;
        let node = self.node;
        self.know(&state);
        let Some(partition) = &mut self.partitions[lane.0 as usize] else { return };
        let new_epoch = !partition.leads() || state.leader_epoch > partition.state.leader_epoch;
        if !new_epoch {
            if state.partition_epoch > partition.state.partition_epoch {
                partition.adopt(state);
                self.note_under_replication(lane);
                self.advance(lane, fx);
            }
            return;
        }
        let epoch = state.leader_epoch;
        partition.become_leader(node, state, fx.clock());
        if self.zookeeper.is_some() {
            partition.forget_outsiders();
        }
        let end = partition.log.end_offset();
        self.unfollow(lane, None);
        self.state_of(lane, Fact::TookOver { lane, node, epoch, end }, fx);
        self.load_offsets(lane, epoch, fx);
        self.load_transactions(lane, epoch, fx);
        self.note_under_replication(lane);
        self.wake_watchers(lane);
        self.advance(lane, fx);
    }

    pub(super) fn make_follower(&mut self, state: PartitionState, fx: &mut Fx<'_>) {
        let lane = state.lane;
        let leader = state.leader;
        self.know(&state);
        let Some(partition) = &mut self.partitions[lane.0 as usize] else { return };
        let led = partition.leads();
        let old = (partition.state.leader, partition.state.leader_epoch);
        let epoch = state.leader_epoch;
        partition.role = Role::Follower;
        partition.state = state;
        if led {
            self.state_of(lane, Fact::SteppedDown { lane, node: self.node, epoch }, fx);
            self.unload_offsets(lane, fx);
            self.unload_transactions(lane, fx);
            self.fail_waiters(lane, fx);
            self.note_under_replication(lane);
        }
        self.wake_watchers(lane);
        if old == (leader, epoch) && !led {
            return;
        }
        match leader {
            Some(leader) => {
                if self.plan.truncation == Truncation::HighWatermark {
                    self.truncate_to_high_watermark(lane, fx);
                }
                self.follow(lane, leader, fx);
            }
            None => self.unfollow(lane, None),
        }
    }

    // ── stopping ─────────────────────────────────────────────────────────────────────────────

    /// An orderly stop is asked for: with `controlled.shutdown.enable` leaderships are handed over
    /// first.
    pub fn shut_down(&mut self, fx: &mut Fx<'_>) {
        if self.serves() && self.plan.broker.controlled_shutdown_enable {
            self.lifecycle = Lifecycle::PendingControlledShutdown;
            let limit = KafkaTimer::Broker(BrokerTimer::ControlledShutdownLimit);
            fx.timer(CONTROLLED_SHUTDOWN_LIMIT, limit);
            if self.zookeeper.is_some() {
                return self.ask_to_shut_down(fx);
            }
            self.heartbeat_or_register(fx);
        } else if self.zookeeper.is_some() {
            self.leave_zookeeper(fx);
        } else {
            self.stop_orderly(fx);
        }
    }

    /// The controller has not given leave in time: the broker stops all the same.
    pub(super) fn controlled_shutdown_expired(&mut self, fx: &mut Fx<'_>) {
        if self.lifecycle == Lifecycle::PendingControlledShutdown {
            self.stop_orderly(fx);
        }
    }

    /// Logs are flushed, checkpoints written, the clean-shutdown marker left.
    pub(super) fn stop_orderly(&mut self, fx: &mut Fx<'_>) {
        for partition in self.partitions.iter_mut().flatten() {
            partition.log.close();
        }
        self.clean_shutdown = Some(self.broker_epoch);
        self.lifecycle = Lifecycle::Off;
        fx.exit(Outage::Shutdown);
    }

    /// The process has ended without a chance to write anything down.
    pub fn ended(&mut self) {
        self.lifecycle = Lifecycle::Off;
    }

    /// The disk was replaced by an empty one while the broker was down.
    pub fn wiped(&mut self) {
        self.changed = true;
        self.partitions.fill(None);
        self.clean_shutdown = None;
    }
}

/// Of each lane only its last mention; all are below `lanes`.
fn keep_last(mentioned: &mut Vec<LaneId>, lanes: usize) {
    let mut seen = vec![false; lanes];
    mentioned.reverse();
    mentioned.retain(|lane| !std::mem::replace(&mut seen[lane.0 as usize], true));
    mentioned.reverse();
}
