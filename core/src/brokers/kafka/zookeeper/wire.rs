//! What travels between a broker and ZooKeeper, and between the controller and brokers in ZooKeeper
//! mode.

use crate::brokers::kafka::error::Error;
use crate::brokers::kafka::wire::PartitionState;
use crate::fact::{Fact, LaneId, NodeId};
use crate::kernel::Span;
use smallvec::SmallVec;

/// A session's number.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SessionId(pub u64);

/// The number of a change: every transaction gets the next one.
pub type Zxid = u64;

/// The znodes of a Kafka cluster.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Path {
    /// `/brokers/ids`
    Brokers,
    /// `/brokers/ids/<id>`, ephemeral
    Broker(NodeId),
    /// `/controller`, ephemeral
    Controller,
    /// `/controller_epoch`
    ControllerEpoch,
    /// `/brokers/topics/<t>/partitions/<p>/state`
    Partition(LaneId),
    /// `/isr_change_notification`
    IsrChanges,
    /// `/isr_change_notification/isr_change_<n>`
    IsrChange(u64),
}

impl Path {
    /// The znode above, where that can be watched for children.
    pub fn parent(self) -> Option<Path> {
        match self {
            Path::Broker(_) => Some(Path::Brokers),
            Path::IsrChange(_) => Some(Path::IsrChanges),
            _ => None,
        }
    }
}

/// What stands in a znode.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Data {
    /// Nothing that matters.
    Empty,
    /// In `/controller`: a broker's number.
    Node(NodeId),
    /// In `/controller_epoch`.
    Epoch(u32),
    /// In a partition's `state`: the state, and the epoch of the controller that last elected.
    /// `partition_epoch` is the znode's version.
    Partition(PartitionState, u32),
    /// In an ISR change notification.
    Lanes(Vec<LaneId>),
}

/// One operation.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)] // the fields are ZooKeeper's own
pub enum Op {
    Create { path: Path, data: Data, ephemeral: bool },
    CreateSequential { parent: Path, data: Data },
    SetData { path: Path, data: Data, version: u32 },
    Delete { path: Path },
    Check { path: Path, version: u32 },
    Exists { path: Path, watch: bool },
    GetData { path: Path },
    GetChildren { path: Path, watch: bool },
}

/// Operations that happen together or not at all (`multi`), one for most requests.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Transaction {
    /// In order.
    pub ops: SmallVec<[Op; 2]>,
    /// What they mean; stated as facts at the moment they take effect.
    pub means: Vec<Fact>,
}

impl From<Op> for Transaction {
    fn from(op: Op) -> Self {
        Transaction { ops: SmallVec::from_iter([op]), means: Vec::new() }
    }
}

/// Why a transaction had no effect (`KeeperException.Code`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum ZkError {
    NoNode,
    NodeExists,
    BadVersion,
}

/// The answer to one operation.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Answer {
    /// Done; the znode's version, and the zxid of its creation.
    Done {
        version: u32,
        czxid: Zxid,
    },
    Data {
        data: Data,
        version: u32,
        czxid: Zxid,
        owner: Option<SessionId>,
    },
    Children(Vec<Path>),
    /// To `Exists`.
    Missing,
}

/// The answers to a transaction, or the number of the operation that failed and why.
pub type Answered = Result<SmallVec<[Answer; 2]>, (usize, ZkError)>;

/// What a watch waits for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum WatchKind {
    /// The znode is created, changed or deleted.
    Exists,
    /// A child is created or deleted.
    Children,
}

/// A request to ZooKeeper.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum ZkRequest {
    /// The first on a connection: a new session or one to go on with.
    Connect {
        client: NodeId,
        session: Option<SessionId>,
        timeout: Span,
    },
    Ping,
    /// Watches of before, each of which fires at once if it missed something since `zxid`.
    SetWatches {
        zxid: Zxid,
        watches: Vec<(WatchKind, Path)>,
    },
    /// Transactions sent one after the other without waiting.
    Transactions(Vec<Transaction>),
    CloseSession,
}

/// What ZooKeeper sends.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum ZkResponse {
    /// To `Connect`; `None`: that session has expired.
    Connected {
        session: Option<SessionId>,
    },
    Pong,
    WatchesSet,
    Transactions {
        zxid: Zxid,
        answers: Vec<Answered>,
    },
    /// A watch fires. This answers no request.
    Event {
        zxid: Zxid,
        kind: WatchKind,
        path: Path,
    },
}

impl ZkRequest {
    /// The name with which scenario files mean this packet.
    pub fn kind(&self) -> &'static str {
        match self {
            ZkRequest::Connect { .. } => "ZooKeeper connect request",
            ZkRequest::Ping => "ZooKeeper ping request",
            ZkRequest::CloseSession => "ZooKeeper close request",
            ZkRequest::SetWatches { .. } | ZkRequest::Transactions(_) => "ZooKeeper request",
        }
    }
}

impl ZkResponse {
    /// The name with which scenario files mean this packet.
    pub fn kind(&self) -> &'static str {
        match self {
            ZkResponse::Connected { .. } => "ZooKeeper connect response",
            ZkResponse::Pong => "ZooKeeper ping response",
            ZkResponse::WatchesSet | ZkResponse::Transactions { .. } => "ZooKeeper response",
            ZkResponse::Event { .. } => "ZooKeeper watch event response",
        }
    }
}

/// What the controller tells a broker.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)] // the fields are the protocol's own
pub struct ControlRequest {
    pub controller: NodeId,
    pub controller_epoch: u32,
    /// The registration of the broker that is meant.
    pub broker_epoch: u64,
    pub body: Control,
}

/// The three kinds of it.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Control {
    LeaderAndIsr(Vec<PartitionState>),
    /// The live brokers with their epochs, and partitions that are new or have changed.
    UpdateMetadata {
        live: Vec<(NodeId, u64)>,
        partitions: Vec<PartitionState>,
    },
    StopReplica(Vec<LaneId>),
}

impl Control {
    /// The name with which scenario files mean the request.
    pub fn request_kind(&self) -> &'static str {
        match self {
            Control::LeaderAndIsr(_) => "LeaderAndIsr request",
            Control::UpdateMetadata { .. } => "UpdateMetadata request",
            Control::StopReplica(_) => "StopReplica request",
        }
    }

    /// The name of the answer.
    pub fn response_kind(&self) -> &'static str {
        match self {
            Control::LeaderAndIsr(_) => "LeaderAndIsr response",
            Control::UpdateMetadata { .. } => "UpdateMetadata response",
            Control::StopReplica(_) => "StopReplica response",
        }
    }
}

/// A broker that wants to stop asks the controller to move what it leads.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub struct ControlledShutdownAnswer {
    pub error: Error,
    /// What it still leads.
    pub remaining: Vec<LaneId>,
}
