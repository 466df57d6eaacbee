//! The requests and responses of the wire protocol, as far as modelled (reference §13.1).
//!
//! A topic partition travels as its [`LaneId`]. Fields that no modelled rule reads are left out.

use super::error::Error;
use super::group::{Assignor, GroupIdentity, GroupMember, InstanceId, MemberId, Subscription};
use super::raft::{RaftRequest, RaftResponse};
use super::record::{Batch, Batches};
use super::transaction::TransactionalId;
use super::transaction::wire::{TransactionRequest, TransactionResponse};
use super::zookeeper::wire::{ControlRequest, ControlledShutdownAnswer, ZkRequest, ZkResponse};
use crate::fact::{LaneId, NodeId, NodeSet, SubscriptionId};
use crate::kernel::Span;
use crate::substrate::{Channel, Machine, Packet, Price, Way};
use smallvec::SmallVec;
use std::sync::Arc;

/// A client's connection for produce, fetch and metadata requests.
pub const CLIENT_CHANNEL: Channel = Channel(0);
/// A consumer's connection to its group coordinator.
pub const COORDINATOR_CHANNEL: Channel = Channel(1);
/// A follower's connection to a leader (`ReplicaFetcherThread`).
pub const REPLICA_CHANNEL: Channel = Channel(2);
/// A broker's connection to the controller for registration and heartbeats.
pub const LIFECYCLE_CHANNEL: Channel = Channel(3);
/// A broker's connection to the controller for `AlterPartition` and topic creation.
pub const TO_CONTROLLER_CHANNEL: Channel = Channel(4);
/// A broker's connection to the controller for the metadata log.
pub const METADATA_CHANNEL: Channel = Channel(5);
/// A controller's connection to another for votes and the metadata log.
pub const QUORUM_CHANNEL: Channel = Channel(6);
/// A broker's connection to ZooKeeper.
pub const ZOOKEEPER_CHANNEL: Channel = Channel(7);
/// A broker's connection, as the controller in ZooKeeper mode, to another.
pub const CONTROL_CHANNEL: Channel = Channel(8);

/// A connection of the producer inside a consumer's process, which sends records on.
pub const FORWARD_CHANNEL: Channel = Channel(12);
/// A client's connection to its transaction coordinator.
pub const TRANSACTION_CHANNEL: Channel = Channel(9);
/// A transaction coordinator's connection to a partition leader, for markers.
pub const MARKER_CHANNEL: Channel = Channel(10);
/// A partition leader's connection to a transaction coordinator (`AddPartitionsToTxnManager`).
pub const VERIFICATION_CHANNEL: Channel = Channel(11);

/// What travels between Kafka nodes: a request and the response that answers it carry the same
/// correlation number.
#[derive(Clone, Debug)]
#[allow(missing_docs)] // the fields are the protocol's own
pub enum KafkaPacket {
    /// A request.
    Request { correlation: u32, request: Request },
    /// A response.
    Response { correlation: u32, response: Response },
}

/// The partition of a produce request.
#[derive(Clone, Debug)]
pub struct ProducePartition {
    /// Which partition.
    pub lane: LaneId,
    /// Exactly one batch (produce v3 and later).
    pub batch: Batch,
}

/// One partition's part of a fetch request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FetchPartition {
    /// Which partition.
    pub lane: LaneId,
    /// The leader epoch the fetcher knows (KIP-320); `None` from old clients.
    pub current_leader_epoch: Option<u32>,
    /// The next offset wanted; for a follower, the acknowledgement of everything below.
    pub fetch_offset: u64,
    /// The epoch of the follower's last record (KIP-595); consumers send `None`.
    pub last_fetched_epoch: Option<u32>,
    /// Where the fetcher's own log starts; 0 from consumers.
    pub log_start_offset: u64,
    /// How many bytes at most, beyond the first batch.
    pub max_bytes: u32,
}

/// One partition's part of a fetch response.
#[derive(Clone, Debug)]
pub struct FetchedPartition {
    /// Which partition.
    pub lane: LaneId,
    /// What went wrong, if anything.
    pub error: Error,
    /// The leader's high watermark, read before this fetch counted.
    pub high_watermark: u64,
    /// Where the leader's log starts.
    pub log_start_offset: u64,
    /// Where the follower's log leaves the leader's: (epoch, end offset of that epoch); the end
    /// offset is `None` where the leader does not know.
    pub diverging: Option<(Option<u32>, Option<u64>)>,
    /// The records.
    pub batches: Batches,
    /// With `read_committed`: what the reader must know of transactions.
    pub stable: Option<Box<StableRead>>,
}

/// What a `read_committed` consumer is told of a partition's transactions.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StableRead {
    /// The last stable offset: nothing at or above it is handed out.
    pub last_stable_offset: u64,
    /// Aborted transactions that overlap the records: producer id and first offset.
    pub aborted: Vec<(u64, u64)>,
}

/// What a client learns about one partition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PartitionMetadata {
    /// Which partition.
    pub lane: LaneId,
    /// `LEADER_NOT_AVAILABLE` where nobody leads.
    pub error: Error,
    /// Who leads.
    pub leader: Option<NodeId>,
    /// Of which epoch.
    pub leader_epoch: u32,
    /// In-sync replicas as that broker knows them.
    pub isr: NodeSet,
}

/// The committed state of a partition, as metadata records and AlterPartition answers carry it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PartitionState {
    /// Which partition.
    pub lane: LaneId,
    /// The replicas in order, preferred leader first.
    pub replicas: Arc<[NodeId]>,
    /// The in-sync replicas.
    pub isr: NodeSet,
    /// The eligible leader replicas (KIP-966): not in sync, but with everything that is committed.
    pub elr: NodeSet,
    /// Who led when the ISR became empty (`LastKnownElr`).
    pub last_known_leader: Option<NodeId>,
    /// Who leads, if anyone.
    pub leader: Option<NodeId>,
    /// Replicas that a reassignment is adding; they are among `replicas`.
    pub adding: NodeSet,
    /// Replicas that leave when the reassignment is complete; they are among `replicas`.
    pub removing: NodeSet,
    /// Grows at every election.
    pub leader_epoch: u32,
    /// Grows at every change.
    pub partition_epoch: u32,
    /// Set after an unclean election until the leader first changes the ISR
    /// (`LeaderRecoveryState.RECOVERING`).
    pub recovering: bool,
}

/// A record of the metadata log.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)] // the fields are the protocol's own
pub enum MetadataRecord {
    /// A broker registered; its broker epoch is the offset of this record.
    RegisterBroker { node: NodeId, broker_epoch: u64, incarnation: u16 },
    /// A broker is fenced or not, in controlled shutdown or not.
    BrokerRegistrationChange { node: NodeId, fenced: bool, in_controlled_shutdown: bool },
    /// A partition was created or changed; the record carries the whole new state.
    Partition(PartitionState),
    /// A topic's dynamic settings changed; the settings stand in the cluster's plan under this
    /// version.
    TopicConfig { topic: u16, version: u32 },
    /// Nothing: keeps the metadata offset moving.
    NoOp,
    /// The first record of an epoch of the quorum: who leads it (`LeaderChangeMessage`).
    LeaderChange { leader: NodeId },
}

/// One partition of an AlterPartition request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AlterPartition {
    /// Which partition.
    pub lane: LaneId,
    /// The epoch the sender leads.
    pub leader_epoch: u32,
    /// The version the change is based on.
    pub partition_epoch: u32,
    /// The wanted ISR with each member's broker epoch as the leader knows it (KIP-903).
    pub new_isr: Vec<(NodeId, Option<u64>)>,
}

/// A request.
#[derive(Clone, Debug)]
#[allow(missing_docs)] // the fields are the protocol's own
pub enum Request {
    Produce {
        acks: i16,
        timeout: Span,
        partitions: SmallVec<[ProducePartition; 1]>,
        /// `transactional.id`, if the batches are part of a transaction.
        transaction: Option<TransactionalId>,
    },
    /// Shared with its sender: a fetcher that has nothing new to say sends the same request again.
    Fetch(Arc<FetchRequest>),
    Metadata,
    FindCoordinator {
        group: SubscriptionId,
    },
    OffsetFetch {
        group: SubscriptionId,
        lanes: Arc<[LaneId]>,
        /// Offsets of open transactions are to be waited for (KIP-447).
        require_stable: bool,
    },
    OffsetCommit {
        group: SubscriptionId,
        /// `None` from a consumer that is in no group (generation -1).
        member: Option<GroupIdentity>,
        offsets: Vec<(LaneId, u64, Option<u32>)>,
    },
    JoinGroup(Box<JoinGroup>),
    SyncGroup(Box<SyncGroup>),
    Heartbeat {
        group: SubscriptionId,
        member: GroupIdentity,
    },
    LeaveGroup {
        group: SubscriptionId,
        member: MemberId,
        reason: &'static str,
    },
    ListOffsets {
        lane: LaneId,
        current_leader_epoch: Option<u32>,
        position: ListPosition,
        /// `isolation.level`
        read_committed: bool,
    },
    OffsetsForLeaderEpoch {
        lane: LaneId,
        current_leader_epoch: Option<u32>,
        leader_epoch: u32,
    },
    InitProducerId,
    BrokerRegistration {
        node: NodeId,
        incarnation: u16,
        previous_broker_epoch: Option<u64>,
    },
    BrokerHeartbeat(BrokerHeartbeat),
    Raft(RaftRequest),
    AlterPartition {
        node: NodeId,
        broker_epoch: u64,
        partitions: Vec<AlterPartition>,
    },
    CreateOffsetsTopic,
    Transaction(Box<TransactionRequest>),
    ZooKeeper(Box<ZkRequest>),
    /// LeaderAndIsr, UpdateMetadata, StopReplica.
    Control(Arc<ControlRequest>),
    ControlledShutdown {
        node: NodeId,
    },
}

/// A consumer asks to be in a group, or to stay in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JoinGroup {
    /// Which group.
    pub group: SubscriptionId,
    /// `session.timeout.ms`
    pub session_timeout: Span,
    /// `max.poll.interval.ms`
    pub rebalance_timeout: Span,
    /// `client.id`, the consumer's name.
    pub client: NodeId,
    /// Its member id, once it has one.
    pub member: Option<MemberId>,
    /// `group.instance.id`
    pub instance: Option<InstanceId>,
    /// What it says to each assignor it knows, the preferred one first.
    pub protocols: Vec<(Assignor, Subscription)>,
}

/// A member asks for its partitions; the leader says who gets what.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SyncGroup {
    /// Which group.
    pub group: SubscriptionId,
    /// Who asks.
    pub member: GroupIdentity,
    /// The assignor, as the answer to its JoinGroup said.
    pub protocol: Assignor,
    /// From the leader: the partitions of each member.
    pub assignments: Vec<(MemberId, Arc<[LaneId]>)>,
}

/// The answer to JoinGroup.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JoinedGroup {
    /// What went wrong, if anything.
    pub error: Error,
    /// The new generation.
    pub generation: u32,
    /// The assignor chosen.
    pub protocol: Option<Assignor>,
    /// The member that assigns.
    pub leader: Option<MemberId>,
    /// The asker's member id.
    pub member: Option<MemberId>,
    /// The leader is to assign nothing: the group is stable (KIP-814).
    pub skip_assignment: bool,
    /// To the leader: everybody.
    pub members: Vec<GroupMember>,
}

/// A fetch by a consumer or a follower. In a session (KIP-227) `partitions` holds only those whose
/// wishes changed since the last request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FetchRequest {
    /// The follower and its broker epoch; `None` for consumers.
    pub replica: Option<(NodeId, u64)>,
    /// How long to wait for `min_bytes`.
    pub max_wait: Span,
    /// How many bytes to wait for.
    pub min_bytes: u32,
    /// How many bytes at most, beyond the first batch.
    pub max_bytes: u32,
    /// `isolation.level` is `read_committed`.
    pub read_committed: bool,
    /// Starts a new session: forget what earlier requests on this connection said.
    pub full: bool,
    /// Partitions added or changed.
    pub partitions: SmallVec<[FetchPartition; 1]>,
    /// Partitions no longer wanted.
    pub forgotten: Vec<LaneId>,
}

/// A broker's sign of life.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BrokerHeartbeat {
    /// Who.
    pub node: NodeId,
    /// The epoch its registration got.
    pub broker_epoch: u64,
    /// How far it has applied the metadata log.
    pub metadata_offset: u64,
    /// It asks to be fenced.
    pub want_fence: bool,
    /// It asks to shut down.
    pub want_shut_down: bool,
}

/// Which offset is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ListPosition {
    /// The log start offset (timestamp -2).
    Earliest,
    /// The high watermark (timestamp -1).
    Latest,
}

/// One partition's part of a produce response.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ProducedPartition {
    /// Which partition.
    pub lane: LaneId,
    /// What went wrong, if anything.
    pub error: Error,
    /// The offset of the batch's first record, -1 where unknown.
    pub base_offset: i64,
    /// With `NOT_LEADER_OR_FOLLOWER` (v10 and later): who leads, of which epoch.
    pub current_leader: Option<(NodeId, u32)>,
}

/// A committed offset and the leader epoch of the last record before it, if known.
pub type OffsetAndEpoch = (u64, Option<u32>);

/// A response.
#[derive(Clone, Debug)]
#[allow(missing_docs)] // the fields are the protocol's own
pub enum Response {
    Produce {
        partitions: SmallVec<[ProducedPartition; 1]>,
    },
    Fetch {
        partitions: Vec<FetchedPartition>,
    },
    Metadata {
        brokers: NodeSet,
        partitions: Arc<[PartitionMetadata]>,
    },
    FindCoordinator {
        error: Error,
        coordinator: Option<NodeId>,
    },
    OffsetFetch {
        error: Error,
        offsets: Vec<(LaneId, Option<OffsetAndEpoch>)>,
    },
    OffsetCommit {
        results: Vec<(LaneId, Error)>,
    },
    JoinGroup(Box<JoinedGroup>),
    SyncGroup {
        error: Error,
        assignment: Arc<[LaneId]>,
    },
    Heartbeat {
        error: Error,
    },
    LeaveGroup {
        error: Error,
    },
    ListOffsets {
        lane: LaneId,
        error: Error,
        offset: u64,
        leader_epoch: Option<u32>,
    },
    OffsetsForLeaderEpoch {
        lane: LaneId,
        error: Error,
        leader_epoch: Option<u32>,
        end_offset: Option<u64>,
    },
    InitProducerId {
        error: Error,
        producer_id: u64,
        epoch: i16,
    },
    BrokerRegistration {
        error: Error,
        broker_epoch: u64,
    },
    BrokerHeartbeat {
        error: Error,
        is_fenced: bool,
        should_shut_down: bool,
    },
    /// Shared by those who are told the same: a fetch that brought nothing is answered to all.
    Raft(Arc<RaftResponse>),
    AlterPartition {
        error: Error,
        partitions: Vec<(LaneId, Error, Option<PartitionState>)>,
    },
    CreateOffsetsTopic {
        error: Error,
    },
    Transaction(Box<TransactionResponse>),
    ZooKeeper(Box<ZkResponse>),
    Control {
        error: Error,
        to: &'static str,
    },
    ControlledShutdown(Box<ControlledShutdownAnswer>),
}

impl Request {
    /// The name with which scenario files mean this packet.
    pub fn kind(&self) -> &'static str {
        match self {
            Request::Produce { .. } => "Produce request",
            Request::Fetch(_) => "Fetch request",
            Request::Metadata => "Metadata request",
            Request::FindCoordinator { .. } => "FindCoordinator request",
            Request::OffsetFetch { .. } => "OffsetFetch request",
            Request::OffsetCommit { .. } => "OffsetCommit request",
            Request::JoinGroup(_) => "JoinGroup request",
            Request::SyncGroup(_) => "SyncGroup request",
            Request::Heartbeat { .. } => "Heartbeat request",
            Request::LeaveGroup { .. } => "LeaveGroup request",
            Request::ListOffsets { .. } => "ListOffsets request",
            Request::OffsetsForLeaderEpoch { .. } => "OffsetsForLeaderEpoch request",
            Request::InitProducerId => "InitProducerId request",
            Request::BrokerRegistration { .. } => "BrokerRegistration request",
            Request::BrokerHeartbeat(_) => "BrokerHeartbeat request",
            Request::Raft(request) => request.kind(),
            Request::AlterPartition { .. } => "AlterPartition request",
            Request::CreateOffsetsTopic => "CreateTopics request",
            Request::Transaction(request) => request.kind(),
            Request::ZooKeeper(request) => request.kind(),
            Request::Control(request) => request.body.request_kind(),
            Request::ControlledShutdown { .. } => "ControlledShutdown request",
        }
    }
}

impl Response {
    /// The name with which scenario files mean this packet.
    pub fn kind(&self) -> &'static str {
        match self {
            Response::Produce { .. } => "Produce response",
            Response::Fetch { .. } => "Fetch response",
            Response::Metadata { .. } => "Metadata response",
            Response::FindCoordinator { .. } => "FindCoordinator response",
            Response::OffsetFetch { .. } => "OffsetFetch response",
            Response::OffsetCommit { .. } => "OffsetCommit response",
            Response::JoinGroup(_) => "JoinGroup response",
            Response::SyncGroup { .. } => "SyncGroup response",
            Response::Heartbeat { .. } => "Heartbeat response",
            Response::LeaveGroup { .. } => "LeaveGroup response",
            Response::ListOffsets { .. } => "ListOffsets response",
            Response::OffsetsForLeaderEpoch { .. } => "OffsetsForLeaderEpoch response",
            Response::InitProducerId { .. } => "InitProducerId response",
            Response::BrokerRegistration { .. } => "BrokerRegistration response",
            Response::BrokerHeartbeat { .. } => "BrokerHeartbeat response",
            Response::Raft(response) => response.body.kind(),
            Response::AlterPartition { .. } => "AlterPartition response",
            Response::CreateOffsetsTopic { .. } => "CreateTopics response",
            Response::Transaction(response) => response.kind(),
            Response::ZooKeeper(response) => response.kind(),
            Response::Control { to, .. } => to,
            Response::ControlledShutdown(_) => "ControlledShutdown response",
        }
    }
}

/// Every packet kind a scenario can name in `lose`.
pub const PACKET_KINDS: [&str; 68] = [
    "Produce request",
    "Produce response",
    "Fetch request",
    "Fetch response",
    "Metadata request",
    "Metadata response",
    "FindCoordinator request",
    "FindCoordinator response",
    "OffsetFetch request",
    "OffsetFetch response",
    "OffsetCommit request",
    "OffsetCommit response",
    "JoinGroup request",
    "JoinGroup response",
    "SyncGroup request",
    "SyncGroup response",
    "Heartbeat request",
    "Heartbeat response",
    "LeaveGroup request",
    "LeaveGroup response",
    "ListOffsets request",
    "ListOffsets response",
    "OffsetsForLeaderEpoch request",
    "OffsetsForLeaderEpoch response",
    "InitProducerId request",
    "InitProducerId response",
    "AlterPartition request",
    "AlterPartition response",
    "BrokerRegistration request",
    "BrokerRegistration response",
    "BrokerHeartbeat request",
    "BrokerHeartbeat response",
    "Vote request",
    "Vote response",
    "BeginQuorumEpoch request",
    "BeginQuorumEpoch response",
    "EndQuorumEpoch request",
    "EndQuorumEpoch response",
    "FetchMetadata request",
    "FetchMetadata response",
    "CreateTopics request",
    "CreateTopics response",
    "AddPartitionsToTxn request",
    "AddPartitionsToTxn response",
    "AddOffsetsToTxn request",
    "AddOffsetsToTxn response",
    "TxnOffsetCommit request",
    "TxnOffsetCommit response",
    "EndTxn request",
    "EndTxn response",
    "WriteTxnMarkers request",
    "WriteTxnMarkers response",
    "LeaderAndIsr request",
    "LeaderAndIsr response",
    "UpdateMetadata request",
    "UpdateMetadata response",
    "StopReplica request",
    "StopReplica response",
    "ControlledShutdown request",
    "ControlledShutdown response",
    "ZooKeeper request",
    "ZooKeeper response",
    "ZooKeeper connect request",
    "ZooKeeper connect response",
    "ZooKeeper ping request",
    "ZooKeeper ping response",
    "ZooKeeper close request",
    "ZooKeeper watch event response",
];

impl Packet for KafkaPacket {
    #[inline]
    fn kind(&self) -> &'static str {
        match self {
            KafkaPacket::Request { request, .. } => request.kind(),
            KafkaPacket::Response { response, .. } => response.kind(),
        }
    }

    fn size(&self) -> u32 {
        const HEADER: u32 = 40;
        const PARTITION: u32 = 40;
        match self {
            KafkaPacket::Request { request: Request::Produce { partitions, .. }, .. } => partitions
                .iter()
                .fold(HEADER, |sum, p| sum.saturating_add(p.batch.bytes + PARTITION)),
            KafkaPacket::Request { request: Request::Fetch(fetch), .. } => {
                HEADER + PARTITION * fetch.partitions.len() as u32
            }
            KafkaPacket::Response { response: Response::Fetch { partitions }, .. } => partitions
                .iter()
                .flat_map(|p| &p.batches)
                .fold(HEADER + PARTITION * partitions.len() as u32, |sum, b| {
                    sum.saturating_add(b.bytes)
                }),
            _ => HEADER + PARTITION,
        }
    }

    fn price(&self, way: Way, server: bool, machine: &Machine) -> Price {
        super::cost::price(self, way, server, machine)
    }

    #[inline]
    fn fingerprint(&self) -> u64 {
        let (correlation, side, detail) = match self {
            KafkaPacket::Request { correlation, request } => {
                let detail = match request {
                    Request::Produce { partitions, .. } => partitions.len() as u64,
                    Request::Fetch(fetch) => fetch.partitions.iter().fold(0, |h: u64, p| {
                        h.rotate_left(9) ^ p.fetch_offset ^ u64::from(p.lane.0)
                    }),
                    _ => 0,
                };
                (correlation, 1u64 << 62, detail)
            }
            KafkaPacket::Response { correlation, response } => {
                let detail = match response {
                    Response::Fetch { partitions } => partitions
                        .iter()
                        .fold(0, |h: u64, p| h.rotate_left(9) ^ p.high_watermark ^ p.error as u64),
                    Response::Produce { partitions } => partitions.iter().fold(0, |h: u64, p| {
                        h.rotate_left(9) ^ p.base_offset as u64 ^ p.error as u64
                    }),
                    _ => 0,
                };
                (correlation, 1u64 << 61, detail)
            }
        };
        let kind = self.kind().as_bytes();
        let kind = u64::from(kind[0]) << 8 ^ u64::from(kind[kind.len() / 2]);
        u64::from(*correlation) ^ side ^ kind << 44 ^ detail.rotate_left(32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A scenario can only lose packets whose names it can spell.
    #[test]
    fn every_packet_names_a_kind_that_is_listed() {
        let requests = [
            Request::Metadata.kind(),
            Request::InitProducerId.kind(),
            Request::CreateOffsetsTopic.kind(),
        ];
        let response = Response::CreateOffsetsTopic { error: Error::None }.kind();
        for kind in requests.into_iter().chain([response]) {
            assert!(PACKET_KINDS.contains(&kind), "{kind}");
        }
        for kind in PACKET_KINDS {
            assert!(kind.ends_with(" request") || kind.ends_with(" response"), "{kind}");
        }
    }
}
