//! The ledger: from facts to the fate of every message.
//!
//! It reads facts and nothing else: it knows no broker family and no configuration language.

pub mod verdict;

use crate::fact::{MessageId, SubscriptionId};

/// What became of a message for one subscription.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Fate {
    /// Handled once, delivered once.
    Once,
    /// Its effect was applied more than once.
    Duplicate,
    /// Delivered more than once, effect applied once.
    Redelivered,
    /// Acknowledged, never handled here, and no longer able to reach this subscription.
    Lost,
    /// Never acknowledged, never handled: the producer knows or should assume so.
    LostUnacknowledged,
    /// Refused to its producer, yet handled.
    Phantom,
    /// Set aside for people to look at.
    DeadLettered,
    /// Deleted by a time limit.
    Expired,
    /// Discarded by a rule the cluster was configured with.
    Dropped,
    /// No destination accepted it.
    Unroutable,
    /// Acknowledged; its only copies are on nodes that are down or may not lead.
    Stranded,
    /// Still deliverable.
    Pending,
}

/// What became of all messages.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Judgement {
    /// The fate of each message for each subscription that reads its lane.
    pub fates: Vec<(MessageId, SubscriptionId, Fate)>,
}
