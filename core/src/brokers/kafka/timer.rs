//! What the timers of Kafka's actors mean.

use super::group::MemberId;
use crate::fact::{LaneId, NodeId, SubscriptionId};
use crate::substrate::{ConnId, TimerToken};

/// A timer of any Kafka actor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KafkaTimer {
    /// A connection attempt or request takes too long, or a reconnect back-off is over; see
    /// [`super::client::NetworkClient`].
    Network(NetworkTimer),
    /// A broker's own.
    Broker(BrokerTimer),
    /// The controller's own.
    Controller(ControllerTimer),
    /// A producer's own.
    Producer(ProducerTimer),
    /// A consumer's own.
    Consumer(ConsumerTimer),
    /// ZooKeeper looks which sessions have ended.
    ZooKeeperTick,
}

/// Timers of connections.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum NetworkTimer {
    ConnectTimeout { conn: ConnId },
    RequestTimeout { conn: ConnId, correlation: u32 },
    ReconnectBackoff { peer: NodeId, channel: u16 },
}

/// Timers of a broker.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum BrokerTimer {
    Heartbeat,
    MetadataRetry,
    /// A controlled shutdown has been waiting too long for the controller.
    ControlledShutdownLimit,
    AlterPartitionRetry,
    IsrCheck,
    HighWatermarkCheckpoint,
    ReplicaFetchRetry {
        leader: NodeId,
    },
    PartitionFetchBackoff {
        lane: LaneId,
    },
    ProduceTimeout {
        request: u64,
    },
    FetchWait {
        conn: ConnId,
        correlation: u32,
    },
    Flush {
        lane: LaneId,
    },
    ProducerExpiration,
    /// Segments to delete are looked for.
    RetentionCheck,
    /// The cleaner looks for logs to compact.
    CleanerWakes,
    /// Committed offsets to delete are looked for.
    OffsetExpiry,
    /// A timer of one of the groups coordinated here.
    Group {
        group: SubscriptionId,
        timer: GroupTimer,
    },
    /// A partition of `__consumer_offsets` has been read into memory.
    GroupsLoaded {
        lane: LaneId,
        epoch: u32,
    },
    /// A partition of `__transaction_state` has been read into memory.
    TransactionsLoaded {
        lane: LaneId,
        epoch: u32,
    },
    /// Transactions may have been open for too long.
    TransactionScan,
    /// Markers that no leader took are sent again.
    MarkerRetry,
    /// In ZooKeeper mode.
    ZooKeeper(ZooKeeperTimer),
}

/// Timers of a broker in ZooKeeper mode.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum ZooKeeperTimer {
    /// A third of the session.
    Ping,
    /// The leader looks whether it has ISR changes to announce.
    Propagation,
    /// The controller of this epoch looks for leaderships to give back.
    Balance { epoch: u32 },
    /// A broker that wants to stop asks the controller again.
    ShutdownRetry,
    /// `zookeeper.connection.timeout.ms`
    ConnectLimit,
}

/// Timers of a group on its coordinator. Each carries the ticket it was set with, so that one that
/// no longer counts is recognised.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum GroupTimer {
    /// `session.timeout.ms` may be over for a member, or for one that was given an id and has not
    /// come back with it.
    Session { member: MemberId, ticket: u32 },
    /// The time to join is over: `group.initial.rebalance.delay.ms` or the rebalance time-out.
    Join { ticket: u32 },
    /// The time to sync is over.
    Sync { ticket: u32 },
}

/// Timers of a controller.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum ControllerTimer {
    SessionCheck,
    PreferredBalance,
    UncleanScan,
    MetadataWait { node: NodeId },
    FetchTimeout { generation: u32 },
    ElectionTimeout { generation: u32 },
    ElectionBackoff { generation: u32 },
    CheckQuorum { generation: u32 },
    BeginQuorumEpoch,
    AppendLinger,
    QuorumRetry { peer: NodeId },
    ShutdownTimeout,
    IdleInterval,
}

/// Timers of a producer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum ProducerTimer {
    /// The application calls `send()` for its next message.
    NextSend,
    /// Something in the accumulator may have become sendable: linger, back-off, expiry.
    Wakeup {
        generation: u32,
    },
    /// A blocked `send()` has waited `max.block.ms`.
    MaxBlock {
        generation: u32,
    },
    MetadataRefresh {
        generation: u32,
    },
    /// `delivery.timeout.ms` may be over for the oldest batch.
    DeliveryTimeout {
        generation: u32,
    },
}

/// Timers of a consumer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum ConsumerTimer {
    /// The application has finished with a message.
    Handled,
    /// The client tries again after a back-off.
    Retry {
        generation: u32,
    },
    AutoCommit {
        generation: u32,
    },
    MetadataRefresh {
        generation: u32,
    },
    /// A worker thread has finished with a message (asynchronous handling).
    WorkerDone,
    /// The application has slept long enough after a failure of its handler.
    BackOff,
    /// The heartbeat thread looks what is due.
    Heartbeat {
        generation: u32,
    },
}

impl TimerToken for KafkaTimer {
    #[inline]
    fn kind(&self) -> &'static str {
        match self {
            KafkaTimer::Network(timer) => match timer {
                NetworkTimer::ConnectTimeout { .. } => "connect timeout",
                NetworkTimer::RequestTimeout { .. } => "request timeout",
                NetworkTimer::ReconnectBackoff { .. } => "reconnect back-off",
            },
            KafkaTimer::Broker(timer) => match timer {
                BrokerTimer::Heartbeat => "heartbeat interval",
                BrokerTimer::ControlledShutdownLimit => "controlled shutdown limit",
                BrokerTimer::MetadataRetry => "metadata fetch retry",
                BrokerTimer::AlterPartitionRetry => "AlterPartition retry",
                BrokerTimer::IsrCheck => "ISR check",
                BrokerTimer::HighWatermarkCheckpoint => "high watermark checkpoint",
                BrokerTimer::ReplicaFetchRetry { .. } => "replica fetch retry",
                BrokerTimer::PartitionFetchBackoff { .. } => "replica fetch back-off",
                BrokerTimer::ProduceTimeout { .. } => "produce timeout",
                BrokerTimer::FetchWait { .. } => "fetch max wait",
                BrokerTimer::Flush { .. } => "log flush interval",
                BrokerTimer::ProducerExpiration => "producer id expiration",
                BrokerTimer::RetentionCheck => "retention check",
                BrokerTimer::CleanerWakes => "log cleaner wakes",
                BrokerTimer::OffsetExpiry => "offset expiry check",
                BrokerTimer::Group { timer: GroupTimer::Session { .. }, .. } => {
                    "session.timeout.ms"
                }
                BrokerTimer::Group { timer: GroupTimer::Join { .. }, .. } => "rebalance time-out",
                BrokerTimer::Group { timer: GroupTimer::Sync { .. }, .. } => "sync time-out",
                BrokerTimer::GroupsLoaded { .. } => "groups loaded",
                BrokerTimer::TransactionsLoaded { .. } => "transactions loaded",
                BrokerTimer::TransactionScan => "transaction time-out scan",
                BrokerTimer::MarkerRetry => "transaction markers again",
                BrokerTimer::ZooKeeper(timer) => match timer {
                    ZooKeeperTimer::Ping => "ZooKeeper ping interval",
                    ZooKeeperTimer::Propagation => "ISR change propagation",
                    ZooKeeperTimer::Balance { .. } => "leader imbalance check",
                    ZooKeeperTimer::ShutdownRetry => "controlled shutdown retry",
                    ZooKeeperTimer::ConnectLimit => "zookeeper.connection.timeout.ms",
                },
            },
            KafkaTimer::ZooKeeperTick => "ZooKeeper tick",
            KafkaTimer::Controller(timer) => match timer {
                ControllerTimer::SessionCheck => "broker session check",
                ControllerTimer::PreferredBalance => "leader imbalance check",
                ControllerTimer::UncleanScan => "unclean election scan",
                ControllerTimer::MetadataWait { .. } => "metadata fetch wait",
                ControllerTimer::FetchTimeout { .. } => "quorum fetch timeout",
                ControllerTimer::ElectionTimeout { .. } => "quorum election timeout",
                ControllerTimer::ElectionBackoff { .. } => "quorum election back-off",
                ControllerTimer::CheckQuorum { .. } => "check quorum",
                ControllerTimer::BeginQuorumEpoch => "begin quorum epoch again",
                ControllerTimer::AppendLinger => "metadata append linger",
                ControllerTimer::QuorumRetry { .. } => "quorum retry back-off",
                ControllerTimer::ShutdownTimeout => "controller shutdown timeout",
                ControllerTimer::IdleInterval => "metadata.max.idle.interval.ms",
            },
            KafkaTimer::Producer(timer) => match timer {
                ProducerTimer::NextSend => "application sends",
                ProducerTimer::Wakeup { .. } => "sender wakes up",
                ProducerTimer::MaxBlock { .. } => "max.block.ms",
                ProducerTimer::MetadataRefresh { .. } => "metadata refresh",
                ProducerTimer::DeliveryTimeout { .. } => "delivery.timeout.ms",
            },
            KafkaTimer::Consumer(timer) => match timer {
                ConsumerTimer::Handled => "application handled a message",
                ConsumerTimer::Retry { .. } => "consumer tries again",
                ConsumerTimer::AutoCommit { .. } => "auto-commit interval",
                ConsumerTimer::MetadataRefresh { .. } => "metadata refresh",
                ConsumerTimer::WorkerDone => "worker handled a message",
                ConsumerTimer::BackOff => "application tries again",
                ConsumerTimer::Heartbeat { .. } => "heartbeat.interval.ms",
            },
        }
    }

    #[inline]
    fn fingerprint(&self) -> u64 {
        let kind = self.kind().as_bytes();
        let first = u64::from(kind[0]) << 16;
        first ^ u64::from(kind[kind.len() - 1]) << 8 ^ kind.len() as u64 ^ 1 << 60
    }
}
