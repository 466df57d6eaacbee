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
const KINDS: usize = 59;

/// The names of the kinds, by index. The first sixteen are about one message.
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
    "session-expired",
    "registration-refused",
    "controller-refused",
];

/// Kinds of facts that are about one message.
const MESSAGE_KINDS: usize = 16;

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
        Fact::Blocked { .. } => 16,
        Fact::Unblocked { .. } => 17,
        Fact::Truncated { .. } => 18,
        Fact::RolledBack { .. } => 19,
        Fact::Wiped { .. } => 20,
        Fact::Expired { .. } => 21,
        Fact::Elected { .. } => 22,
        Fact::TookOver { .. } => 23,
        Fact::SteppedDown { .. } => 24,
        Fact::IsrShrunk { .. } => 25,
        Fact::IsrExpanded { .. } => 26,
        Fact::UnderMinIsr { .. } => 27,
        Fact::Registered { .. } => 28,
        Fact::Fenced { .. } => 29,
        Fact::Unfenced { .. } => 30,
        Fact::Stopped { .. } => 31,
        Fact::Started { .. } => 32,
        Fact::Paused { .. } => 33,
        Fact::Resumed { .. } => 34,
        Fact::Cut { .. } => 35,
        Fact::Healed { .. } => 36,
        Fact::Disconnected { .. } => 37,
        Fact::DiskState { .. } => 38,
        Fact::StorageFailed { .. } => 39,
        Fact::Positioned { .. } => 40,
        Fact::OffsetCommitted { .. } => 41,
        Fact::CommitFailed { .. } => 42,
        Fact::Joined { .. } => 43,
        Fact::MemberLeft { .. } => 44,
        Fact::Rebalancing { .. } => 45,
        Fact::Rebalanced { .. } => 46,
        Fact::Assigned { .. } => 47,
        Fact::Revoked { .. } => 48,
        Fact::PartitionsLost { .. } => 49,
        Fact::MemberFenced { .. } => 50,
        Fact::ControllerCandidate { .. } => 51,
        Fact::ControllerElected { .. } => 52,
        Fact::ControllerActive { .. } => 53,
        Fact::ControllerResigned { .. } => 54,
        Fact::MetadataTruncated { .. } => 55,
        Fact::SessionExpired { .. } => 56,
        Fact::RegistrationRefused { .. } => 57,
        Fact::ControllerRefused { .. } => 58,
    }
}

/// A row of counters, one for each kind.
type Row = [u64; KINDS];

/// Counters of facts.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FactCounts {
    lanes: Vec<Row>,
    nodes: Vec<Row>,
    /// Facts that are about no node: with the rows of all nodes they are all facts there were.
    of_no_node: Vec<Row>,
    subscriptions: Vec<Row>,
    messages: Chunked<[u8; MESSAGE_KINDS]>,
    counted: CountedMessages,
    /// What did not fit into a message's small counters: a poison message can be delivered
    /// thousands of times.
    overflow: imbl::OrdMap<(u32, u8), u64>,
    /// Leaders put in place of others, by lane: what `elections` counts.
    elections: Vec<u64>,
}

/// Counts a fact in the row at `index`, which is made if it is not there yet.
#[inline]
fn count(rows: &mut Vec<Row>, index: u16, kind: usize) {
    match rows.get_mut(usize::from(index)) {
        Some(row) => row[kind] += 1,
        None => count_in_new_row(rows, index, kind),
    }
}

#[cold]
fn count_in_new_row(rows: &mut Vec<Row>, index: u16, kind: usize) {
    rows.resize(usize::from(index) + 1, [0; KINDS]);
    rows[usize::from(index)][kind] += 1;
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
            lanes: vec![[0; KINDS]; lanes],
            subscriptions: vec![[0; KINDS]; subscriptions],
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
            count(&mut self.lanes, lane.0, kind);
        }
        count(&mut self.nodes, node.0, kind);
        if let Some(subscription) = subscription {
            count(&mut self.subscriptions, subscription.0, kind);
        }
        self.count_message(message, kind);
    }

    fn absorb_other(&mut self, fact: &Fact) {
        let kind = kind(fact);
        if let Some(lane) = fact.lane() {
            count(&mut self.lanes, lane.0, kind);
        }
        match fact.node() {
            Some(node) => count(&mut self.nodes, node.0, kind),
            None => count(&mut self.of_no_node, 0, kind),
        }
        if let Some(subscription) = fact.subscription() {
            count(&mut self.subscriptions, subscription.0, kind);
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
        self.nodes.iter().chain(&self.of_no_node).map(|row| row[kind]).sum()
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
        let row = |rows: &[Row], i: u16| rows.get(i as usize).map_or(0, |row| row[kind]);
        match of {
            Subset::All => Some(self.all(kind)),
            Subset::Lane(lane) => Some(row(&self.lanes, lane.0)),
            Subset::Node(node) => Some(row(&self.nodes, node.0)),
            Subset::Subscription(s) => Some(row(&self.subscriptions, s.0)),
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
