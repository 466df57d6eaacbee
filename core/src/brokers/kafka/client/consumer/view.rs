//! What screens and tests may see of a consumer.
//!
//! Simplified: nothing; these are views, not metrics as JMX has them.

use super::{Consumer, ConsumerRecord, Doing, FetchState, Membership, TopicPartitionState};
use crate::fact::NodeId;

impl Consumer {
    /// The partitions it subscribes to, and where it stands in those it has.
    pub fn partitions(&self) -> &[TopicPartitionState] {
        &self.partitions
    }

    /// The partitions it has, and where it stands in them.
    pub fn assigned(&self) -> impl Iterator<Item = &TopicPartitionState> {
        self.partitions.iter().filter(|p| p.state != FetchState::Unassigned)
    }

    /// Its membership in the group; `None` for one with partitions assigned by hand.
    pub fn membership(&self) -> Option<&Membership> {
        self.membership.as_ref()
    }

    /// How many records have been fetched and not handed over.
    pub fn buffered(&self) -> usize {
        self.fetcher.buffered()
    }

    /// Records handed over and not handled, the one being handled first.
    pub fn in_hand(&self) -> impl Iterator<Item = &ConsumerRecord> + '_ {
        self.application.in_hand.iter()
    }

    /// What the application's thread does.
    pub fn doing(&self) -> Doing {
        self.application.doing
    }

    /// The exception that ended the application, if one did: `NoOffsetForPartitionException`,
    /// `OffsetOutOfRangeException`, `LogTruncationException`.
    pub fn stopped(&self) -> Option<&'static str> {
        self.stopped
    }

    /// The group coordinator, as far as known.
    pub fn coordinator(&self) -> Option<NodeId> {
        self.coordinator.node
    }
}
