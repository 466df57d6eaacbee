//! What controllers say to each other, and brokers to them, about the metadata log
//! (`VoteRequest.json`, `BeginQuorumEpochRequest.json`, `EndQuorumEpochRequest.json`,
//! `FetchRequest.json`; reference §4.7).

use crate::brokers::kafka::error::Error;
use crate::brokers::kafka::wire::MetadataRecord;
use crate::fact::{Fact, NodeId};
use crate::raft::LogEnd;
use std::sync::Arc;

/// A record of the metadata log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The record.
    pub record: MetadataRecord,
    /// What the active controller decided with it, to be stated once it is committed. No rule reads
    /// it and it has no size: it is there so that a decision is told exactly once, when it counts.
    pub decided: Option<Arc<[Fact]>>,
}

impl From<MetadataRecord> for Entry {
    fn from(record: MetadataRecord) -> Self {
        Entry { record, decided: None }
    }
}

/// A request between controllers, or (only `Fetch`) from a broker.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)] // the fields are the protocol's own
pub enum RaftRequest {
    /// A candidate asks for a vote. With `pre_vote` (KIP-996) it asks whether it would get one, and
    /// nothing is remembered.
    Vote { epoch: u32, candidate: NodeId, log_end: LogEnd, pre_vote: bool },
    /// A new leader makes itself known.
    BeginQuorumEpoch { epoch: u32, leader: NodeId },
    /// A leader resigns; the first of its preferred successors stands for election at once.
    EndQuorumEpoch { epoch: u32, leader: NodeId, preferred_successors: Arc<[NodeId]> },
    /// `replica` wants the records after `log_end`, and has everything before it on disk.
    Fetch { replica: NodeId, epoch: u32, log_end: LogEnd },
}

impl RaftRequest {
    /// The name with which scenario files mean this packet.
    pub fn kind(&self) -> &'static str {
        match self {
            RaftRequest::Vote { .. } => "Vote request",
            RaftRequest::BeginQuorumEpoch { .. } => "BeginQuorumEpoch request",
            RaftRequest::EndQuorumEpoch { .. } => "EndQuorumEpoch request",
            RaftRequest::Fetch { .. } => "FetchMetadata request",
        }
    }
}

/// A response: what every one of them says, and what the request asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RaftResponse {
    /// What went wrong, if anything.
    pub error: Error,
    /// The epoch the answering node is in.
    pub epoch: u32,
    /// The leader of that epoch, if the answering node knows it.
    pub leader: Option<NodeId>,
    /// The answer proper.
    pub body: RaftAnswer,
}

/// The answer proper.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)] // the fields are the protocol's own
pub enum RaftAnswer {
    Vote {
        granted: bool,
        pre_vote: bool,
    },
    BeginQuorumEpoch,
    EndQuorumEpoch,
    Fetch {
        /// What a majority holds, as far as this leader knows yet.
        high_watermark: Option<u64>,
        /// The fetcher's log parts from the leader's: it must truncate to here first.
        diverging: Option<LogEnd>,
        /// The offset of the first record.
        first: u64,
        /// The records, each with the epoch of the leader that wrote it.
        entries: Arc<[(u32, Entry)]>,
    },
}

impl RaftAnswer {
    /// The name with which scenario files mean this packet.
    pub fn kind(&self) -> &'static str {
        match self {
            RaftAnswer::Vote { .. } => "Vote response",
            RaftAnswer::BeginQuorumEpoch => "BeginQuorumEpoch response",
            RaftAnswer::EndQuorumEpoch => "EndQuorumEpoch response",
            RaftAnswer::Fetch { .. } => "FetchMetadata response",
        }
    }
}
