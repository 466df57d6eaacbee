//! What screens and tests may see of a consumer.
//!
//! Simplified: nothing; these are views, not metrics as JMX has them.

use super::{Consumer, ConsumerRecord, Doing, TopicPartitionState};
use crate::fact::NodeId;

impl Consumer {
    /// Its partitions and where it stands in them.
    pub fn partitions(&self) -> &[TopicPartitionState] {
        &self.partitions
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
