//! Where the consumer stands in each of its partitions
//! (`SubscriptionState`, `TopicPartitionState`, `FetchPosition`; reference §5.1).
//!
//! Simplified: an application cannot pause partitions, only the wait for a retry topic does; no preferred read replica.

use crate::brokers::kafka::client::LeaderAndEpoch;
use crate::fact::LaneId;
use crate::kernel::Time;

/// What a partition needs before it can be fetched (`FetchStates`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FetchState {
    /// It is another member's, or nobody's.
    Unassigned,
    /// The committed offset is not known yet.
    Initializing,
    /// There is no valid position: `auto.offset.reset` decides.
    AwaitReset,
    /// The leader changed: the position must be checked against its log (KIP-320).
    AwaitValidation,
    /// The position is valid.
    Fetching,
}

/// One partition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TopicPartitionState {
    /// Which partition.
    pub lane: LaneId,
    /// What it needs.
    pub state: FetchState,
    /// The offset of the next record to hand to the application.
    pub position: u64,
    /// The leader epoch of the last record before the position, if known.
    pub position_epoch: Option<u32>,
    /// The leader for which the position was last found valid.
    pub leader: LeaderAndEpoch,
    /// The high watermark of the last fetch.
    pub high_watermark: Option<u64>,
    /// Fetched records wait to be polled.
    pub buffered: bool,
    /// A request about the position (not a fetch) is on its way.
    pub(super) asked: Option<u32>,
    /// Nothing is asked before this moment.
    pub(super) not_before: Time,
}

impl TopicPartitionState {
    pub(super) fn new(lane: LaneId) -> Self {
        TopicPartitionState {
            lane,
            state: FetchState::Initializing,
            position: 0,
            position_epoch: None,
            leader: LeaderAndEpoch::default(),
            high_watermark: None,
            buffered: false,
            asked: None,
            not_before: Time::ZERO,
        }
    }

    /// A partition the consumer subscribes to and does not have.
    pub(super) fn unassigned(lane: LaneId) -> Self {
        TopicPartitionState { state: FetchState::Unassigned, ..TopicPartitionState::new(lane) }
    }

    /// Takes a position; one with an epoch must be validated first (`seekUnvalidated`).
    pub(super) fn seek(&mut self, offset: u64, epoch: Option<u32>, leader: LeaderAndEpoch) {
        (self.position, self.position_epoch, self.leader) = (offset, epoch, leader);
        self.buffered = false;
        let validate = epoch.is_some() && leader.epoch.is_some();
        self.state = if validate { FetchState::AwaitValidation } else { FetchState::Fetching };
    }

    /// The leader changed: what is known about the position must be checked again
    /// (`maybeValidatePositionForCurrentLeader`). `true` if buffered records are void.
    pub(super) fn leader_changed(&mut self, leader: LeaderAndEpoch) -> bool {
        if self.leader == leader {
            return false;
        }
        self.leader = leader;
        self.not_before = Time::ZERO;
        let positioned = matches!(self.state, FetchState::Fetching | FetchState::AwaitValidation);
        if !positioned || self.position_epoch.is_none() || leader.epoch.is_none() {
            return false;
        }
        self.state = FetchState::AwaitValidation;
        self.asked = None;
        std::mem::take(&mut self.buffered)
    }
}
