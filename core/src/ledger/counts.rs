//! How often each fact was stated, in all and by lane, node, subscription and message.

use super::plan::CountedMessages;
use crate::fact::{Fact, LaneId, MessageId, NodeId, SubscriptionId};
use crate::kernel::Chunked;

/// What a count or a statistic is restricted to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Subset {
    /// Everything, summed.
    #[default]
    All,
    /// One producer, consumer or broker.
    Node(NodeId),
    /// One subscription.
    Subscription(SubscriptionId),
    /// One topic partition or queue.
    Lane(LaneId),
    /// One business key.
    Key(crate::fact::KeyId),
    /// One message.
    Message(MessageId),
}

/// How many kinds of facts there are.
const KINDS: usize = 83;

/// The names of the kinds, by index. The first twenty-seven are about one message.
const NAMES: [&str; KINDS] = [
    "sent",
    "attempted",
    "retried",
    "acknowledged",
    "refused",
    "unknown",
    "appended",
    "replicated",
    "deduplicated",
    "committed",
    "rejected",
    "delivered",
    "handled",
    "failed",
    "dead-lettered",
    "dropped",
    "compacted",
    "forwarding",
    "forwarded",
    "forward-failed",
    "aborted",
    "processed",
    "unroutable",
    "returned",
    "settled",
    "requeued",
    "not-recovered",
    "blocked",
    "unblocked",
    "truncated",
    "rolled-back",
    "wiped",
    "expired",
    "elected",
    "took-over",
    "stepped-down",
    "isr-shrunk",
    "isr-expanded",
    "under-min-isr",
    "registered",
    "fenced",
    "unfenced",
    "stopped",
    "started",
    "paused",
    "resumed",
    "cut",
    "healed",
    "disconnected",
    "disk-state",
    "storage-failed",
    "positioned",
    "offset-committed",
    "commit-failed",
    "joined",
    "member-left",
    "rebalancing",
    "rebalanced",
    "assigned",
    "revoked",
    "partitions-lost",
    "member-fenced",
    "controller-candidate",
    "controller-elected",
    "controller-active",
    "controller-resigned",
    "metadata-truncated",
    "offset-expired",
    "reassigned",
    "session-expired",
    "registration-refused",
    "controller-refused",
    "transaction-begun",
    "transaction-committed",
    "transaction-aborted",
    "transaction-completed",
    "marker-written",
    "producer-fenced",
    "consuming",
    "consumer-cancelled",
    "channel-closed",
    "connection-blocked",
    "connection-unblocked",
];

/// Kinds of facts that are about one message.
const MESSAGE_KINDS: usize = 27;

fn kind(fact: &Fact) -> usize {
    match fact {
        Fact::Sent { .. } => 0,
        Fact::Attempted { .. } => 1,
        Fact::Retried { .. } => 2,
        Fact::Acknowledged { .. } => 3,
        Fact::Refused { .. } => 4,
        Fact::Unknown { .. } => 5,
        Fact::Appended { .. } => 6,
        Fact::Replicated { .. } => 7,
        Fact::Deduplicated { .. } => 8,
        Fact::Committed { .. } => 9,
        Fact::Rejected { .. } => 10,
        Fact::Delivered { .. } => 11,
        Fact::Handled { .. } => 12,
        Fact::Failed { .. } => 13,
        Fact::DeadLettered { .. } => 14,
        Fact::Dropped { .. } => 15,
        Fact::Compacted { .. } => 16,
        Fact::Forwarding { .. } => 17,
        Fact::Forwarded { .. } => 18,
        Fact::ForwardFailed { .. } => 19,
        Fact::Aborted { .. } => 20,
        Fact::Processed { .. } => 21,
        Fact::Unroutable { .. } => 22,
        Fact::Returned { .. } => 23,
        Fact::Settled { .. } => 24,
        Fact::Requeued { .. } => 25,
        Fact::NotRecovered { .. } => 26,
        Fact::Blocked { .. } => 27,
        Fact::Unblocked { .. } => 28,
        Fact::Truncated { .. } => 29,
        Fact::RolledBack { .. } => 30,
        Fact::Wiped { .. } => 31,
        Fact::Expired { .. } => 32,
        Fact::Elected { .. } => 33,
        Fact::TookOver { .. } => 34,
        Fact::SteppedDown { .. } => 35,
        Fact::IsrShrunk { .. } => 36,
        Fact::IsrExpanded { .. } => 37,
        Fact::UnderMinIsr { .. } => 38,
        Fact::Registered { .. } => 39,
        Fact::Fenced { .. } => 40,
        Fact::Unfenced { .. } => 41,
        Fact::Stopped { .. } => 42,
        Fact::Started { .. } => 43,
        Fact::Paused { .. } => 44,
        Fact::Resumed { .. } => 45,
        Fact::Cut { .. } => 46,
        Fact::Healed { .. } => 47,
        Fact::Disconnected { .. } => 48,
        Fact::DiskState { .. } => 49,
        Fact::StorageFailed { .. } => 50,
        Fact::Positioned { .. } => 51,
        Fact::OffsetCommitted { .. } => 52,
        Fact::CommitFailed { .. } => 53,
        Fact::Joined { .. } => 54,
        Fact::MemberLeft { .. } => 55,
        Fact::Rebalancing { .. } => 56,
        Fact::Rebalanced { .. } => 57,
        Fact::Assigned { .. } => 58,
        Fact::Revoked { .. } => 59,
        Fact::PartitionsLost { .. } => 60,
        Fact::MemberFenced { .. } => 61,
        Fact::ControllerCandidate { .. } => 62,
        Fact::ControllerElected { .. } => 63,
        Fact::ControllerActive { .. } => 64,
        Fact::ControllerResigned { .. } => 65,
        Fact::MetadataTruncated { .. } => 66,
        Fact::OffsetExpired { .. } => 67,
        Fact::Reassigned { .. } => 68,
        Fact::SessionExpired { .. } => 69,
        Fact::RegistrationRefused { .. } => 70,
        Fact::ControllerRefused { .. } => 71,
        Fact::TransactionBegun { .. } => 72,
        Fact::TransactionCommitted { .. } => 73,
        Fact::TransactionAborted { .. } => 74,
        Fact::TransactionCompleted { .. } => 75,
        Fact::MarkerWritten { .. } => 76,
        Fact::ProducerFenced { .. } => 77,
        Fact::Consuming { .. } => 78,
        Fact::ConsumerCancelled { .. } => 79,
        Fact::ChannelClosed { .. } => 80,
        Fact::ConnectionBlocked { .. } => 81,
        Fact::ConnectionUnblocked { .. } => 82,
    }
}

/// Counters in a row: one for each kind, and some more so that a row is found by shifting.
const ROW: usize = KINDS.next_power_of_two();

/// A table of counters, a row for each lane, node or subscription.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
struct Rows(Vec<u64>);

impl Rows {
    fn new(rows: usize) -> Rows {
        Rows(vec![0; rows * ROW])
    }

    /// Counts a fact in a row, which is made if it is not there yet.
    #[inline]
    fn count(&mut self, row: u16, kind: usize) {
        match self.0.get_mut(usize::from(row) * ROW + kind) {
            Some(counter) => *counter += 1,
            None => self.count_in_new_row(row, kind),
        }
    }

    #[cold]
    fn count_in_new_row(&mut self, row: u16, kind: usize) {
        self.0.resize((usize::from(row) + 1) * ROW, 0);
        self.0[usize::from(row) * ROW + kind] += 1;
    }

    fn get(&self, row: u16, kind: usize) -> u64 {
        self.0.get(usize::from(row) * ROW + kind).copied().unwrap_or(0)
    }

    /// The sum over all rows.
    fn sum(&self, kind: usize) -> u64 {
        self.0.iter().skip(kind).step_by(ROW).sum()
    }
}

/// Counters of facts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FactCounts {
    lanes: Rows,
    nodes: Rows,
    /// Facts that are about no node: with the rows of all nodes they are all facts there were.
    of_no_node: Rows,
    subscriptions: Rows,
    messages: Chunked<[u8; MESSAGE_KINDS]>,
    counted: CountedMessages,
    /// What did not fit into a message's small counters: a poison message can be delivered
    /// thousands of times.
    overflow: imbl::OrdMap<(u32, u8), u64>,
    /// Leaders put in place of others, by lane: what `elections` counts.
    elections: Vec<u64>,
}

impl FactCounts {
    pub(super) fn new(
        lanes: usize,
        subscriptions: usize,
        messages: usize,
        counted: CountedMessages,
    ) -> FactCounts {
        let rows = match &counted {
            CountedMessages::All => messages,
            CountedMessages::Only(only) => only.len(),
        };
        FactCounts {
            lanes: Rows::new(lanes),
            subscriptions: Rows::new(subscriptions),
            messages: Chunked::filled(rows, [0; MESSAGE_KINDS]),
            counted,
            ..FactCounts::default()
        }
    }

    /// Counts a fact. Those that are stated of every ordinary message are counted without asking
    /// each of them four times what it is about.
    #[inline]
    pub(super) fn absorb(&mut self, fact: &Fact) {
        match *fact {
            Fact::Sent { message, producer } => {
                self.about_message(kind(fact), message, producer, None, None);
            }
            Fact::Attempted { message, producer, lane, .. }
            | Fact::Acknowledged { message, producer, lane, .. } => {
                self.about_message(kind(fact), message, producer, Some(lane), None);
            }
            Fact::Appended { message, lane, node, .. }
            | Fact::Replicated { message, lane, node, .. }
            | Fact::Committed { message, lane, node, .. } => {
                self.about_message(kind(fact), message, node, Some(lane), None);
            }
            Fact::Delivered { message, subscription, consumer, lane, .. }
            | Fact::Handled { message, subscription, consumer, lane, .. } => {
                self.about_message(kind(fact), message, consumer, Some(lane), Some(subscription));
            }
            _ => self.absorb_other(fact),
        }
    }

    #[inline]
    fn about_message(
        &mut self,
        kind: usize,
        message: MessageId,
        node: NodeId,
        lane: Option<LaneId>,
        subscription: Option<SubscriptionId>,
    ) {
        if let Some(lane) = lane {
            self.lanes.count(lane.0, kind);
        }
        self.nodes.count(node.0, kind);
        if let Some(subscription) = subscription {
            self.subscriptions.count(subscription.0, kind);
        }
        self.count_message(message, kind);
    }

    fn absorb_other(&mut self, fact: &Fact) {
        let kind = kind(fact);
        if let Some(lane) = fact.lane() {
            self.lanes.count(lane.0, kind);
        }
        match fact.node() {
            Some(node) => self.nodes.count(node.0, kind),
            None => self.of_no_node.count(0, kind),
        }
        if let Some(subscription) = fact.subscription() {
            self.subscriptions.count(subscription.0, kind);
        }
        if let Some(message) = fact.message() {
            self.count_message(message, kind);
        }
        if let Fact::Elected { lane, leader: Some(_), kind, .. } = fact
            && *kind != crate::fact::ElectionKind::First
        {
            let lane = lane.0 as usize;
            if lane >= self.elections.len() {
                self.elections.resize(lane + 1, 0);
            }
            self.elections[lane] += 1;
        }
    }

    /// The row of a message that is counted.
    #[inline]
    fn row_of(&self, message: MessageId) -> Option<usize> {
        match &self.counted {
            CountedMessages::All => Some(message.0 as usize),
            CountedMessages::Only(only) if only.is_empty() => None,
            CountedMessages::Only(only) => only.binary_search(&message).ok(),
        }
    }

    #[inline]
    fn count_message(&mut self, message: MessageId, kind: usize) {
        let Some(row) = self.row_of(message) else { return };
        self.count_in_row(row, message, kind);
    }

    fn count_in_row(&mut self, row: usize, message: MessageId, kind: usize) {
        let Some(counter) = self.messages.get_mut(row).and_then(|row| row.get_mut(kind)) else {
            return;
        };
        if *counter < u8::MAX {
            *counter += 1;
        } else {
            *self.overflow.entry((message.0, kind as u8)).or_insert(0) += 1;
        }
    }

    /// How often a kind of fact was stated.
    fn all(&self, kind: usize) -> u64 {
        self.nodes.sum(kind) + self.of_no_node.sum(kind)
    }

    /// How often the fact named `name` was stated. `elections` counts the leaders put in place of
    /// others (not the first of a lane, and not that there is none); `isr-shrinks` and
    /// `isr-expansions` are the counts of `isr-shrunk` and `isr-expanded`. `None`: no such fact, or
    /// it is never about such a thing.
    pub fn count(&self, name: &str, of: Subset) -> Option<u64> {
        if name == "elections" {
            return match of {
                Subset::All => Some(self.elections.iter().sum()),
                Subset::Lane(lane) => {
                    Some(self.elections.get(lane.0 as usize).copied().unwrap_or(0))
                }
                _ => None,
            };
        }
        let name = match name {
            "isr-shrinks" => "isr-shrunk",
            "isr-expansions" => "isr-expanded",
            other => other,
        };
        let kind = NAMES.iter().position(|n| *n == name)?;
        match of {
            Subset::All => Some(self.all(kind)),
            Subset::Lane(lane) => Some(self.lanes.get(lane.0, kind)),
            Subset::Node(node) => Some(self.nodes.get(node.0, kind)),
            Subset::Subscription(s) => Some(self.subscriptions.get(s.0, kind)),
            Subset::Message(message) if kind < MESSAGE_KINDS => {
                let row = self.row_of(message)?;
                let small = self.messages.get(row).map_or(0, |row| row[kind]);
                let more = self.overflow.get(&(message.0, kind as u8)).copied().unwrap_or(0);
                Some(u64::from(small) + more)
            }
            Subset::Message(_) | Subset::Key(_) => None,
        }
    }

    /// Name and count of every fact that was stated at least once.
    pub fn stated(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let counted = (0..KINDS).map(|kind| (NAMES[kind], self.all(kind)));
        counted.filter(|(_, n)| *n > 0)
    }
}
