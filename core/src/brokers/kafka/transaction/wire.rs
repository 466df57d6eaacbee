//! The requests and responses of transactions (reference §7).

use super::{ProducerEpoch, TransactionalId};
use crate::brokers::kafka::error::Error;
use crate::brokers::kafka::group::GroupIdentity;
use crate::fact::{LaneId, NodeId, SubscriptionId};
use crate::kernel::Span;

/// A request about a transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)] // the fields are the protocol's own
pub enum TransactionRequest {
    /// Any broker is asked who coordinates the id.
    FindCoordinator {
        id: TransactionalId,
    },
    InitProducerId(InitProducerId),
    AddPartitionsToTxn(AddPartitionsToTxn),
    AddOffsetsToTxn {
        id: TransactionalId,
        producer: ProducerEpoch,
        group: SubscriptionId,
    },
    /// Goes to the coordinator of the group.
    TxnOffsetCommit {
        id: TransactionalId,
        producer: ProducerEpoch,
        group: SubscriptionId,
        /// Who commits (KIP-447); `None` from a consumer that is in no group.
        member: Option<GroupIdentity>,
        offsets: Vec<(LaneId, u64, Option<u32>)>,
    },
    EndTxn {
        id: TransactionalId,
        producer: ProducerEpoch,
        commit: bool,
    },
    /// From a transaction coordinator to a partition leader.
    WriteTxnMarkers {
        markers: Vec<TxnMarker>,
    },
}

/// A producer asks for its id and epoch, and thereby ends what earlier instances left open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InitProducerId {
    /// `transactional.id`
    pub id: TransactionalId,
    /// `transaction.timeout.ms`
    pub timeout: Span,
    /// What the producer has, if it wants a new epoch of the same id (KIP-360).
    pub expected: Option<ProducerEpoch>,
    /// `client.id`
    pub client: NodeId,
}

/// Partitions join a transaction, or are looked for in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AddPartitionsToTxn {
    /// `transactional.id`
    pub id: TransactionalId,
    /// The producer, as it knows itself.
    pub producer: ProducerEpoch,
    /// The partitions.
    pub lanes: Vec<LaneId>,
    /// From a partition leader that wants to know whether they are in it already (KIP-890).
    pub verify_only: bool,
}

/// How a transaction ended, for the partitions of one leader.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TxnMarker {
    /// Whose transaction; only the coordinator that asks reads it.
    pub id: TransactionalId,
    /// The producer id and the epoch that is in force from the marker on.
    pub producer: ProducerEpoch,
    /// The leader epoch of the coordinator's partition; an older coordinator is fenced.
    pub coordinator_epoch: u32,
    /// Commit or abort.
    pub commit: bool,
    /// Where to write it.
    pub lanes: Vec<LaneId>,
}

/// A response about a transaction.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)] // the fields are the protocol's own
pub enum TransactionResponse {
    FindCoordinator {
        error: Error,
        coordinator: Option<NodeId>,
    },
    InitProducerId {
        error: Error,
        producer: ProducerEpoch,
    },
    AddPartitionsToTxn {
        results: Vec<(LaneId, Error)>,
    },
    AddOffsetsToTxn {
        error: Error,
    },
    TxnOffsetCommit {
        error: Error,
    },
    /// With transactions V2 the producer goes on with another epoch.
    EndTxn {
        error: Error,
        producer: ProducerEpoch,
    },
    WriteTxnMarkers {
        results: Vec<(TransactionalId, LaneId, Error)>,
    },
}

impl TransactionRequest {
    /// The name with which scenario files mean this packet.
    pub fn kind(&self) -> &'static str {
        match self {
            TransactionRequest::FindCoordinator { .. } => "FindCoordinator request",
            TransactionRequest::InitProducerId(_) => "InitProducerId request",
            TransactionRequest::AddPartitionsToTxn(_) => "AddPartitionsToTxn request",
            TransactionRequest::AddOffsetsToTxn { .. } => "AddOffsetsToTxn request",
            TransactionRequest::TxnOffsetCommit { .. } => "TxnOffsetCommit request",
            TransactionRequest::EndTxn { .. } => "EndTxn request",
            TransactionRequest::WriteTxnMarkers { .. } => "WriteTxnMarkers request",
        }
    }
}

impl TransactionResponse {
    /// The name with which scenario files mean this packet.
    pub fn kind(&self) -> &'static str {
        match self {
            TransactionResponse::FindCoordinator { .. } => "FindCoordinator response",
            TransactionResponse::InitProducerId { .. } => "InitProducerId response",
            TransactionResponse::AddPartitionsToTxn { .. } => "AddPartitionsToTxn response",
            TransactionResponse::AddOffsetsToTxn { .. } => "AddOffsetsToTxn response",
            TransactionResponse::TxnOffsetCommit { .. } => "TxnOffsetCommit response",
            TransactionResponse::EndTxn { .. } => "EndTxn response",
            TransactionResponse::WriteTxnMarkers { .. } => "WriteTxnMarkers response",
        }
    }

    /// What went wrong, if anything.
    pub fn error(&self) -> Error {
        match self {
            TransactionResponse::FindCoordinator { error, .. }
            | TransactionResponse::InitProducerId { error, .. }
            | TransactionResponse::AddOffsetsToTxn { error }
            | TransactionResponse::TxnOffsetCommit { error }
            | TransactionResponse::EndTxn { error, .. } => *error,
            TransactionResponse::AddPartitionsToTxn { results } => {
                results.iter().map(|r| r.1).find(|e| *e != Error::None).unwrap_or_default()
            }
            TransactionResponse::WriteTxnMarkers { results } => {
                results.iter().map(|r| r.2).find(|e| *e != Error::None).unwrap_or_default()
            }
        }
    }
}
