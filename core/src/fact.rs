//! Facts: the one vocabulary in which every broker family, client and fault states what happened.
//!
//! Ledger, story, view, step anchors and expectations read facts; nothing parses log text. A fact
//! is small and `Copy`: it names things by the dense ids of this module, and a [`Directory`] turns
//! ids into the names a person wrote. The name of a fact (`acknowledged`, `isr-shrunk`) is the word
//! used in scenario files (`after = "acknowledged m3"`, `facts.truncated`), so it never changes.

use crate::kernel::{Digest, Time};
use std::fmt;

/// A machine or client process of the world, numbered in the order the scenario names them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct NodeId(pub u16);

/// Anything that keeps messages in positions: a topic partition, a queue, a commit log.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LaneId(pub u16);

/// One stream of deliveries that owes every message a fate: a consumer group, a queue's consumers,
/// a named subscription.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SubscriptionId(pub u16);

/// An application message with the identity its business gave it; it survives retries and copies.
/// `MessageId(0)` is the first message of the first producer, named `m1`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MessageId(pub u32);

/// A business key (customer, account) whose messages should keep their order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct KeyId(pub u32);

/// A set of nodes, as a bit mask over the replicas' numbers (at most 64 nodes hold replicas).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct NodeSet(pub u64);

impl NodeSet {
    /// The empty set.
    pub const EMPTY: NodeSet = NodeSet(0);

    /// The set of the given nodes. Nodes numbered 64 or higher are not representable and panic.
    pub fn of(nodes: impl IntoIterator<Item = NodeId>) -> NodeSet {
        nodes.into_iter().fold(NodeSet::EMPTY, NodeSet::with)
    }

    /// This set and `node`.
    pub fn with(self, node: NodeId) -> NodeSet {
        assert!(node.0 < 64, "replicas live on nodes 0 to 63");
        NodeSet(self.0 | 1 << node.0)
    }

    /// This set without `node`.
    pub fn without(self, node: NodeId) -> NodeSet {
        if node.0 < 64 { NodeSet(self.0 & !(1 << node.0)) } else { self }
    }

    /// The nodes of both sets.
    pub fn union(self, other: NodeSet) -> NodeSet {
        NodeSet(self.0 | other.0)
    }

    /// Whether `node` is a member.
    pub fn contains(self, node: NodeId) -> bool {
        node.0 < 64 && self.0 >> node.0 & 1 == 1
    }

    /// How many members there are.
    pub fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether there is no member.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The members, in ascending order.
    pub fn iter(self) -> impl Iterator<Item = NodeId> {
        (0..64).filter(move |n| self.0 >> n & 1 == 1).map(NodeId)
    }
}

impl fmt::Debug for NodeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(|n| n.0)).finish()
    }
}

/// How a leader came to lead.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ElectionKind {
    /// The first leader of a new lane.
    First,
    /// A replica known to hold everything committed.
    Clean,
    /// From the eligible leader replicas while nobody is in sync (KIP-966).
    Eligible,
    /// A replica that may lack acknowledged messages.
    Unclean,
    /// Back to the preferred replica.
    Preferred,
    /// The old leader announced that it is about to stop.
    ControlledShutdown,
}

/// Why a replica cut off the end of its log.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TruncationRule {
    /// Kafka up to 0.10: everything above the replica's own high watermark.
    HighWatermark,
    /// Kafka since 0.11: everything after the point where leader epochs diverge.
    LeaderEpoch,
    /// The leader's log ends before ours (`OFFSET_OUT_OF_RANGE`).
    LeaderLogEnd,
}

/// How the end of a log was lost on its disk.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DiskLoss {
    /// A power loss took records that had not been synced.
    PowerLoss,
    /// Recovery found the last batch incomplete and cut it off.
    TornBatch,
    /// The records could not be read any more.
    Corruption,
}

/// Why a message was not there any more when its queue's node started again.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RecoveryLoss {
    /// It was transient, in a durable queue.
    Transient,
    /// It was to be kept, and had not reached the disk.
    NotOnDisk,
    /// The queue itself is not durable.
    QueueNotDurable,
    /// The node discarded its copy: another node's is the queue's now.
    Discarded,
}

/// Why a replica deleted the oldest part of its log.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ExpiryRule {
    /// Older than `retention.ms`.
    Time,
    /// The log was larger than `retention.bytes`.
    Size,
    /// The leader's log starts there.
    Leader,
}

/// Why a subscription's next position was set to something other than the last delivery + 1.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PositionRule {
    /// The committed offset was found.
    Committed,
    /// Nothing was committed, or it is out of range: `auto.offset.reset` decided.
    Reset,
    /// The log was truncated below the position (KIP-320).
    Truncated,
    /// The application asked for it.
    Seek,
}

/// What a fault did to a node, as facts tell it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Outage {
    /// The process died; the operating system and its page cache live on.
    Crash,
    /// The machine lost power; what was not synced is gone.
    PowerOff,
    /// The process stopped in an orderly way.
    Shutdown,
}

/// One thing that happened. See the module text for naming; [`Fact::name`] gives the word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(missing_docs)] // the fields say what they are
pub enum Fact {
    // ── producers ────────────────────────────────────────────────────────────────────────────
    /// The application handed the message to its client library.
    Sent { message: MessageId, producer: NodeId },
    /// The client put the message on the wire (again); `attempt` counts from 1.
    Attempted { message: MessageId, producer: NodeId, lane: LaneId, attempt: u16 },
    /// The client met `error` and will send the message again.
    Retried { message: MessageId, producer: NodeId, error: &'static str },
    /// The application was told that the message is stored (`offset` is -1 where the broker does
    /// not say, as with acks=0).
    Acknowledged { message: MessageId, producer: NodeId, lane: LaneId, offset: i64 },
    /// The application got a definite error: the message was certainly not stored by the attempt
    /// that failed last, and no earlier attempt has an unknown fate.
    Refused { message: MessageId, producer: NodeId, error: &'static str },
    /// The application got an error that leaves open whether the message is stored.
    Unknown { message: MessageId, producer: NodeId, error: &'static str },
    /// The client library is out of buffer and blocks its caller.
    Blocked { producer: NodeId },
    /// The caller goes on.
    Unblocked { producer: NodeId },

    // ── brokers: messages ────────────────────────────────────────────────────────────────────
    /// The leader of the lane appended the message to its log.
    Appended { message: MessageId, lane: LaneId, node: NodeId, offset: u64, epoch: u32 },
    /// A follower appended the message to its copy of the log.
    Replicated { message: MessageId, lane: LaneId, node: NodeId, offset: u64, epoch: u32 },
    /// The broker recognised a retry and appended nothing; `offset` is where the original stands.
    Deduplicated { message: MessageId, lane: LaneId, node: NodeId, offset: u64 },
    /// The high watermark of the leader passed the message: consumers may read it.
    Committed { message: MessageId, lane: LaneId, node: NodeId, offset: u64 },
    /// The broker refused to append the message.
    Rejected { message: MessageId, lane: LaneId, node: NodeId, error: &'static str },
    /// A replica cut its log from `from` (its old end, exclusive) back to `to`.
    Truncated { lane: LaneId, node: NodeId, from: u64, to: u64, rule: TruncationRule },
    /// The end of a replica's log was lost on its disk, from `from` back to `to`.
    RolledBack { lane: LaneId, node: NodeId, from: u64, to: u64, loss: DiskLoss },
    /// A node's copy of the lane is gone: its disk was replaced by an empty one, or the lane has
    /// moved to other nodes.
    Wiped { lane: LaneId, node: NodeId },
    /// Compaction removed the message from a replica's log: a newer one has its key, or it was a
    /// tombstone whose time was over.
    Compacted { message: MessageId, lane: LaneId, node: NodeId, offset: u64 },
    /// Messages below `below` were deleted by a rule the cluster was configured with.
    Expired { lane: LaneId, node: NodeId, below: u64, rule: ExpiryRule },

    // ── brokers: lanes ───────────────────────────────────────────────────────────────────────
    /// The control plane decided who leads (or, with `None`, that nobody can).
    Elected { lane: LaneId, leader: Option<NodeId>, epoch: u32, kind: ElectionKind },
    /// The broker learned that it leads and serves from now on; its log ends at `end`.
    TookOver { lane: LaneId, node: NodeId, epoch: u32, end: u64 },
    /// The broker learned that it no longer leads.
    SteppedDown { lane: LaneId, node: NodeId, epoch: u32 },
    /// The control plane recorded a smaller in-sync replica set.
    IsrShrunk { lane: LaneId, isr: NodeSet, removed: NodeSet },
    /// The control plane recorded a larger in-sync replica set.
    IsrExpanded { lane: LaneId, isr: NodeSet, added: NodeSet },
    /// The replicas of the lane have moved: it has these, and all of them are in sync.
    Reassigned { lane: LaneId, replicas: NodeSet },
    /// The in-sync replica set is below `min.insync.replicas` and acks=all writes are refused.
    UnderMinIsr { lane: LaneId, isr: NodeSet },

    // ── control plane and nodes ──────────────────────────────────────────────────────────────
    /// The broker is known to the control plane (again).
    Registered { node: NodeId, epoch: u64 },
    /// The control plane no longer counts on the broker.
    Fenced { node: NodeId },
    /// The control plane counts on the broker again.
    Unfenced { node: NodeId },
    /// A process ended.
    Stopped { node: NodeId, how: Outage },
    /// A process started (again).
    Started { node: NodeId, boots: u16 },
    /// A process stands still (a long garbage collection, a suspended machine).
    Paused { node: NodeId },
    /// A process goes on.
    Resumed { node: NodeId },
    /// Packets from `from` to `to` no longer arrive.
    Cut { from: NodeId, to: NodeId },
    /// Packets from `from` to `to` arrive again.
    Healed { from: NodeId, to: NodeId },
    /// A connection broke; both ends know or will find out.
    Disconnected { from: NodeId, to: NodeId, why: &'static str },
    /// A node's disk changed its behaviour: `slow`, `full`, `failing`, `healthy`.
    DiskState { node: NodeId, state: &'static str },
    /// A broker's log directory went offline (`KAFKA_STORAGE_ERROR`).
    StorageFailed { lane: LaneId, node: NodeId },

    // ── subscriptions ────────────────────────────────────────────────────────────────────────
    /// The consumer's application was handed the message.
    Delivered {
        message: MessageId,
        subscription: SubscriptionId,
        consumer: NodeId,
        lane: LaneId,
        offset: u64,
    },
    /// The application finished with the message: its effect on the world has happened.
    Handled {
        message: MessageId,
        subscription: SubscriptionId,
        consumer: NodeId,
        lane: LaneId,
        offset: u64,
    },
    /// The application failed on the message; no effect happened.
    Failed {
        message: MessageId,
        subscription: SubscriptionId,
        consumer: NodeId,
        lane: LaneId,
        offset: u64,
        /// The application keeps the message in hand and tries again by itself.
        again: bool,
    },
    /// The consumer's next read was placed at `offset` by `rule`.
    Positioned {
        subscription: SubscriptionId,
        lane: LaneId,
        consumer: NodeId,
        offset: u64,
        rule: PositionRule,
    },
    /// The subscription's progress up to `offset` (exclusive) is stored.
    OffsetCommitted { subscription: SubscriptionId, lane: LaneId, offset: u64 },
    /// The subscription's progress was forgotten: it had no members for too long.
    OffsetExpired { subscription: SubscriptionId, lane: LaneId },
    /// Storing the progress failed.
    CommitFailed {
        subscription: SubscriptionId,
        lane: LaneId,
        consumer: NodeId,
        error: &'static str,
    },

    // ── members of a subscription ────────────────────────────────────────────────────────────
    /// The coordinator took a consumer in.
    Joined { subscription: SubscriptionId, consumer: NodeId },
    /// The coordinator no longer counts on a consumer.
    MemberLeft { subscription: SubscriptionId, consumer: NodeId, why: &'static str },
    /// The coordinator asks all members to join again, because of `why`.
    Rebalancing { subscription: SubscriptionId, generation: u32, why: &'static str },
    /// Every member knows what it has in the new generation; without members the group is empty.
    Rebalanced { subscription: SubscriptionId, generation: u32, members: u16 },
    /// A consumer got the lane.
    Assigned { subscription: SubscriptionId, lane: LaneId, consumer: NodeId },
    /// A consumer gave the lane up in an orderly way.
    Revoked { subscription: SubscriptionId, lane: LaneId, consumer: NodeId },
    /// A consumer learned that the lane may long be somebody else's.
    PartitionsLost { subscription: SubscriptionId, lane: LaneId, consumer: NodeId },
    /// A consumer learned that the group does not count on it any more.
    MemberFenced { subscription: SubscriptionId, consumer: NodeId, error: &'static str },
    /// A message was set aside for people to look at.
    DeadLettered { message: MessageId, subscription: SubscriptionId },
    /// A message was discarded by a rule: one the cluster was configured with, or one by which a
    /// subscription's own application gives a message up.
    Dropped {
        message: MessageId,
        lane: LaneId,
        rule: &'static str,
        subscription: Option<SubscriptionId>,
    },
    /// A consumer hands a message it could not handle to a producer of its own, to put it into
    /// another lane.
    Forwarding { message: MessageId, subscription: SubscriptionId, consumer: NodeId, lane: LaneId },
    /// The message stands in the other lane, and the consumer knows it. The offset is -1 where it
    /// did not ask for an acknowledgement.
    Forwarded {
        message: MessageId,
        subscription: SubscriptionId,
        consumer: NodeId,
        lane: LaneId,
        offset: i64,
    },
    /// The consumer was told that the message is not in the other lane, or cannot know it.
    ForwardFailed {
        message: MessageId,
        subscription: SubscriptionId,
        consumer: NodeId,
        lane: LaneId,
        error: &'static str,
    },

    // ── the controllers' quorum ──────────────────────────────────────────────────────────────
    /// A controller stands for election as leader of the quorum.
    ControllerCandidate { node: NodeId, epoch: u32 },
    /// A majority of the controllers gave it their votes: it leads the quorum in this epoch.
    ControllerElected { node: NodeId, epoch: u32 },
    /// The leader of the quorum has replayed all committed metadata and acts as the controller.
    ControllerActive { node: NodeId, epoch: u32 },
    /// The leader of this epoch of the quorum leads no longer.
    ControllerResigned { node: NodeId, epoch: u32 },
    /// A controller cut metadata records that were never committed, from `from` back to `to`.
    MetadataTruncated { node: NodeId, from: u64, to: u64 },

    // ── ZooKeeper ────────────────────────────────────────────────────────────────────────────
    /// ZooKeeper has not heard of a broker for a session and ended it; its ephemeral znodes are gone.
    SessionExpired { node: NodeId },
    /// A broker could not register: an earlier session of it has not ended yet.
    RegistrationRefused { node: NodeId },
    /// A broker refused what `controller` of `epoch` asked: it knows a newer controller.
    ControllerRefused { node: NodeId, controller: NodeId, epoch: u32 },

    // ── transactions ─────────────────────────────────────────────────────────────────────────
    /// The coordinator knows of an open transaction of this client.
    TransactionBegun { producer: NodeId },
    /// It is decided, once and for all partitions, that the client's transaction commits.
    TransactionCommitted { producer: NodeId },
    /// It is decided that the client's transaction is aborted.
    TransactionAborted { producer: NodeId, why: &'static str },
    /// Every partition has been told of the decision.
    TransactionCompleted { producer: NodeId },
    /// The leader of the lane wrote down how a transaction ended.
    MarkerWritten { lane: LaneId, node: NodeId, offset: u64, commit: bool },
    /// The message stands in the log and is void: its transaction was aborted.
    Aborted { message: MessageId, lane: LaneId, node: NodeId, offset: u64 },
    /// The application finished with the message inside a transaction: the effect happens if the
    /// transaction commits.
    Processed {
        message: MessageId,
        subscription: SubscriptionId,
        consumer: NodeId,
        lane: LaneId,
        offset: u64,
        /// Which of the process's transactions, counted from 0.
        transaction: u16,
    },
    /// A client learned that its transactions are another's by now.
    ProducerFenced { producer: NodeId, error: &'static str },

    // ── queues ───────────────────────────────────────────────────────────────────────────────
    /// No queue matched what the message was published with: nobody keeps it.
    Unroutable { message: MessageId, node: NodeId },
    /// The producer got the message back (`basic.return`).
    Returned { message: MessageId, producer: NodeId },
    /// The queue let go of a message because a consumer has it, by its own word or because it need
    /// not give one (`auto`).
    Settled { message: MessageId, lane: LaneId, node: NodeId, consumer: NodeId, auto: bool },
    /// A message that had been handed out is back in its queue.
    Requeued { message: MessageId, lane: LaneId, node: NodeId, offset: u64 },
    /// A node started and does not have a message that stood in its queue.
    NotRecovered { message: MessageId, lane: LaneId, node: NodeId, offset: u64, why: RecoveryLoss },
    /// The broker registered a consumer at a queue.
    Consuming { subscription: SubscriptionId, lane: LaneId, consumer: NodeId },
    /// A consumer is registered no longer.
    ConsumerCancelled {
        subscription: SubscriptionId,
        lane: LaneId,
        consumer: NodeId,
        why: &'static str,
    },
    /// The broker closed a client's channel with an error.
    ChannelClosed { client: NodeId, node: NodeId, error: &'static str },
    /// The broker told a client that it will not read what it publishes for want of memory or disk.
    ConnectionBlocked { client: NodeId, node: NodeId, why: &'static str },
    /// It reads again.
    ConnectionUnblocked { client: NodeId, node: NodeId },
}

impl Fact {
    /// The word for this fact in scenario files, in `facts.<name>` and in exports.
    pub fn name(&self) -> &'static str {
        match self {
            Fact::TransactionBegun { .. } => "transaction-begun",
            Fact::TransactionCommitted { .. } => "transaction-committed",
            Fact::TransactionAborted { .. } => "transaction-aborted",
            Fact::TransactionCompleted { .. } => "transaction-completed",
            Fact::MarkerWritten { .. } => "marker-written",
            Fact::Aborted { .. } => "aborted",
            Fact::Processed { .. } => "processed",
            Fact::ProducerFenced { .. } => "producer-fenced",
            Fact::Sent { .. } => "sent",
            Fact::Attempted { .. } => "attempted",
            Fact::Retried { .. } => "retried",
            Fact::Acknowledged { .. } => "acknowledged",
            Fact::Refused { .. } => "refused",
            Fact::Unknown { .. } => "unknown",
            Fact::Blocked { .. } => "blocked",
            Fact::Unblocked { .. } => "unblocked",
            Fact::Appended { .. } => "appended",
            Fact::Replicated { .. } => "replicated",
            Fact::Deduplicated { .. } => "deduplicated",
            Fact::Committed { .. } => "committed",
            Fact::Rejected { .. } => "rejected",
            Fact::Truncated { .. } => "truncated",
            Fact::RolledBack { .. } => "rolled-back",
            Fact::Wiped { .. } => "wiped",
            Fact::Compacted { .. } => "compacted",
            Fact::Expired { .. } => "expired",
            Fact::Elected { .. } => "elected",
            Fact::TookOver { .. } => "took-over",
            Fact::SteppedDown { .. } => "stepped-down",
            Fact::IsrShrunk { .. } => "isr-shrunk",
            Fact::IsrExpanded { .. } => "isr-expanded",
            Fact::Reassigned { .. } => "reassigned",
            Fact::UnderMinIsr { .. } => "under-min-isr",
            Fact::Registered { .. } => "registered",
            Fact::Fenced { .. } => "fenced",
            Fact::Unfenced { .. } => "unfenced",
            Fact::Stopped { .. } => "stopped",
            Fact::Started { .. } => "started",
            Fact::Paused { .. } => "paused",
            Fact::Resumed { .. } => "resumed",
            Fact::Cut { .. } => "cut",
            Fact::Healed { .. } => "healed",
            Fact::Disconnected { .. } => "disconnected",
            Fact::DiskState { .. } => "disk-state",
            Fact::StorageFailed { .. } => "storage-failed",
            Fact::Delivered { .. } => "delivered",
            Fact::Handled { .. } => "handled",
            Fact::Failed { .. } => "failed",
            Fact::Positioned { .. } => "positioned",
            Fact::OffsetCommitted { .. } => "offset-committed",
            Fact::OffsetExpired { .. } => "offset-expired",
            Fact::CommitFailed { .. } => "commit-failed",
            Fact::Joined { .. } => "joined",
            Fact::MemberLeft { .. } => "member-left",
            Fact::Rebalancing { .. } => "rebalancing",
            Fact::Rebalanced { .. } => "rebalanced",
            Fact::Assigned { .. } => "assigned",
            Fact::Revoked { .. } => "revoked",
            Fact::PartitionsLost { .. } => "partitions-lost",
            Fact::MemberFenced { .. } => "member-fenced",
            Fact::DeadLettered { .. } => "dead-lettered",
            Fact::Dropped { .. } => "dropped",
            Fact::Forwarding { .. } => "forwarding",
            Fact::Forwarded { .. } => "forwarded",
            Fact::ForwardFailed { .. } => "forward-failed",
            Fact::ControllerCandidate { .. } => "controller-candidate",
            Fact::ControllerElected { .. } => "controller-elected",
            Fact::ControllerActive { .. } => "controller-active",
            Fact::ControllerResigned { .. } => "controller-resigned",
            Fact::MetadataTruncated { .. } => "metadata-truncated",
            Fact::SessionExpired { .. } => "session-expired",
            Fact::RegistrationRefused { .. } => "registration-refused",
            Fact::ControllerRefused { .. } => "controller-refused",
            Fact::Unroutable { .. } => "unroutable",
            Fact::Returned { .. } => "returned",
            Fact::Settled { .. } => "settled",
            Fact::Requeued { .. } => "requeued",
            Fact::NotRecovered { .. } => "not-recovered",
            Fact::Consuming { .. } => "consuming",
            Fact::ConsumerCancelled { .. } => "consumer-cancelled",
            Fact::ChannelClosed { .. } => "channel-closed",
            Fact::ConnectionBlocked { .. } => "connection-blocked",
            Fact::ConnectionUnblocked { .. } => "connection-unblocked",
        }
    }

    /// Takes the fact into a digest. Those stated of every message are packed into two or three
    /// words, whose first is larger than what any other fact begins with. Inlined, because whoever
    /// states a fact knows which one it is.
    #[inline(always)]
    pub fn absorb_into(&self, digest: &mut Digest) {
        let word = |tag: u64, message: MessageId, node: NodeId| {
            (0x80 | tag) << 48 | u64::from(message.0) << 16 | u64::from(node.0)
        };
        let pair = |high: u32, low: u16| u64::from(high) << 16 | u64::from(low);
        match *self {
            Fact::Sent { message, producer } => digest.absorb(word(1, message, producer)),
            Fact::Attempted { message, producer, lane, attempt } => {
                digest.absorb(word(2, message, producer));
                digest.absorb(pair(attempt.into(), lane.0));
            }
            Fact::Acknowledged { message, producer, lane, offset } => {
                digest.absorb(word(3, message, producer));
                digest.absorb(u64::from(lane.0).rotate_right(16) ^ offset as u64);
            }
            Fact::Appended { message, lane, node, offset, epoch } => {
                digest.absorb(word(4, message, node));
                digest.absorb(pair(epoch, lane.0));
                digest.absorb(offset);
            }
            Fact::Replicated { message, lane, node, offset, epoch } => {
                digest.absorb(word(5, message, node));
                digest.absorb(pair(epoch, lane.0));
                digest.absorb(offset);
            }
            Fact::Committed { message, lane, node, offset } => {
                digest.absorb(word(6, message, node));
                digest.absorb(u64::from(lane.0).rotate_right(16) ^ offset);
            }
            Fact::Delivered { message, subscription, consumer, lane, offset } => {
                digest.absorb(word(7, message, consumer));
                digest.absorb(pair(subscription.0.into(), lane.0));
                digest.absorb(offset);
            }
            Fact::Handled { message, subscription, consumer, lane, offset } => {
                digest.absorb(word(8, message, consumer));
                digest.absorb(pair(subscription.0.into(), lane.0));
                digest.absorb(offset);
            }
            Fact::OffsetCommitted { subscription, lane, offset } => {
                digest.absorb(0x89 << 48 | pair(subscription.0.into(), lane.0));
                digest.absorb(offset);
            }
            _ => self.absorb_as_value(digest),
        }
    }

    #[inline(never)]
    fn absorb_as_value(&self, digest: &mut Digest) {
        digest.absorb_value(self);
    }

    /// The application message this fact is about, if it is about one.
    pub fn message(&self) -> Option<MessageId> {
        match *self {
            Fact::Sent { message, .. }
            | Fact::Attempted { message, .. }
            | Fact::Retried { message, .. }
            | Fact::Acknowledged { message, .. }
            | Fact::Refused { message, .. }
            | Fact::Unknown { message, .. }
            | Fact::Appended { message, .. }
            | Fact::Replicated { message, .. }
            | Fact::Deduplicated { message, .. }
            | Fact::Committed { message, .. }
            | Fact::Rejected { message, .. }
            | Fact::Compacted { message, .. }
            | Fact::Delivered { message, .. }
            | Fact::Handled { message, .. }
            | Fact::Failed { message, .. }
            | Fact::Aborted { message, .. }
            | Fact::Processed { message, .. }
            | Fact::DeadLettered { message, .. }
            | Fact::Dropped { message, .. }
            | Fact::Forwarding { message, .. }
            | Fact::Forwarded { message, .. }
            | Fact::ForwardFailed { message, .. }
            | Fact::Unroutable { message, .. }
            | Fact::Returned { message, .. }
            | Fact::Settled { message, .. }
            | Fact::Requeued { message, .. }
            | Fact::NotRecovered { message, .. } => Some(message),
            _ => None,
        }
    }

    /// The lane this fact is about, if it is about one.
    pub fn lane(&self) -> Option<LaneId> {
        match *self {
            Fact::Attempted { lane, .. }
            | Fact::Acknowledged { lane, .. }
            | Fact::Appended { lane, .. }
            | Fact::Replicated { lane, .. }
            | Fact::Deduplicated { lane, .. }
            | Fact::Committed { lane, .. }
            | Fact::Rejected { lane, .. }
            | Fact::Truncated { lane, .. }
            | Fact::RolledBack { lane, .. }
            | Fact::Wiped { lane, .. }
            | Fact::Expired { lane, .. }
            | Fact::Compacted { lane, .. }
            | Fact::Elected { lane, .. }
            | Fact::TookOver { lane, .. }
            | Fact::SteppedDown { lane, .. }
            | Fact::IsrShrunk { lane, .. }
            | Fact::IsrExpanded { lane, .. }
            | Fact::UnderMinIsr { lane, .. }
            | Fact::Reassigned { lane, .. }
            | Fact::StorageFailed { lane, .. }
            | Fact::Delivered { lane, .. }
            | Fact::Handled { lane, .. }
            | Fact::Failed { lane, .. }
            | Fact::MarkerWritten { lane, .. }
            | Fact::Aborted { lane, .. }
            | Fact::Processed { lane, .. }
            | Fact::Positioned { lane, .. }
            | Fact::OffsetCommitted { lane, .. }
            | Fact::OffsetExpired { lane, .. }
            | Fact::CommitFailed { lane, .. }
            | Fact::Assigned { lane, .. }
            | Fact::Revoked { lane, .. }
            | Fact::PartitionsLost { lane, .. }
            | Fact::Dropped { lane, .. }
            | Fact::Forwarding { lane, .. }
            | Fact::Forwarded { lane, .. }
            | Fact::ForwardFailed { lane, .. }
            | Fact::Settled { lane, .. }
            | Fact::Requeued { lane, .. }
            | Fact::NotRecovered { lane, .. }
            | Fact::Consuming { lane, .. }
            | Fact::ConsumerCancelled { lane, .. } => Some(lane),
            _ => None,
        }
    }

    /// The node this fact happened on or is about, if it is about one.
    pub fn node(&self) -> Option<NodeId> {
        match *self {
            Fact::Sent { producer, .. }
            | Fact::Attempted { producer, .. }
            | Fact::Retried { producer, .. }
            | Fact::Acknowledged { producer, .. }
            | Fact::Refused { producer, .. }
            | Fact::Unknown { producer, .. }
            | Fact::Blocked { producer }
            | Fact::Unblocked { producer }
            | Fact::TransactionBegun { producer }
            | Fact::TransactionCommitted { producer }
            | Fact::TransactionAborted { producer, .. }
            | Fact::TransactionCompleted { producer }
            | Fact::Returned { producer, .. }
            | Fact::ProducerFenced { producer, .. } => Some(producer),
            Fact::ChannelClosed { client, .. }
            | Fact::ConnectionBlocked { client, .. }
            | Fact::ConnectionUnblocked { client, .. } => Some(client),
            Fact::Appended { node, .. }
            | Fact::Replicated { node, .. }
            | Fact::Deduplicated { node, .. }
            | Fact::Committed { node, .. }
            | Fact::Rejected { node, .. }
            | Fact::Truncated { node, .. }
            | Fact::RolledBack { node, .. }
            | Fact::Wiped { node, .. }
            | Fact::Expired { node, .. }
            | Fact::Compacted { node, .. }
            | Fact::TookOver { node, .. }
            | Fact::SteppedDown { node, .. }
            | Fact::Registered { node, .. }
            | Fact::Fenced { node }
            | Fact::Unfenced { node }
            | Fact::Stopped { node, .. }
            | Fact::Started { node, .. }
            | Fact::Paused { node }
            | Fact::Resumed { node }
            | Fact::DiskState { node, .. }
            | Fact::StorageFailed { node, .. }
            | Fact::ControllerCandidate { node, .. }
            | Fact::ControllerElected { node, .. }
            | Fact::ControllerActive { node, .. }
            | Fact::ControllerResigned { node, .. }
            | Fact::MarkerWritten { node, .. }
            | Fact::Aborted { node, .. }
            | Fact::MetadataTruncated { node, .. }
            | Fact::SessionExpired { node }
            | Fact::RegistrationRefused { node }
            | Fact::Unroutable { node, .. }
            | Fact::Settled { node, .. }
            | Fact::Requeued { node, .. }
            | Fact::NotRecovered { node, .. }
            | Fact::ControllerRefused { node, .. } => Some(node),
            Fact::Elected { leader, .. } => leader,
            Fact::Cut { from, .. }
            | Fact::Healed { from, .. }
            | Fact::Disconnected { from, .. } => Some(from),
            Fact::Delivered { consumer, .. }
            | Fact::Handled { consumer, .. }
            | Fact::Failed { consumer, .. }
            | Fact::Forwarding { consumer, .. }
            | Fact::Forwarded { consumer, .. }
            | Fact::ForwardFailed { consumer, .. }
            | Fact::Processed { consumer, .. }
            | Fact::Positioned { consumer, .. }
            | Fact::CommitFailed { consumer, .. }
            | Fact::Joined { consumer, .. }
            | Fact::MemberLeft { consumer, .. }
            | Fact::Assigned { consumer, .. }
            | Fact::Revoked { consumer, .. }
            | Fact::PartitionsLost { consumer, .. }
            | Fact::Consuming { consumer, .. }
            | Fact::ConsumerCancelled { consumer, .. }
            | Fact::MemberFenced { consumer, .. } => Some(consumer),
            Fact::IsrShrunk { .. }
            | Fact::IsrExpanded { .. }
            | Fact::UnderMinIsr { .. }
            | Fact::Reassigned { .. }
            | Fact::OffsetCommitted { .. }
            | Fact::OffsetExpired { .. }
            | Fact::Rebalancing { .. }
            | Fact::Rebalanced { .. }
            | Fact::DeadLettered { .. }
            | Fact::Dropped { .. } => None,
        }
    }

    /// The subscription this fact is about, if it is about one.
    pub fn subscription(&self) -> Option<SubscriptionId> {
        match *self {
            Fact::Delivered { subscription, .. }
            | Fact::Handled { subscription, .. }
            | Fact::Failed { subscription, .. }
            | Fact::Forwarding { subscription, .. }
            | Fact::Forwarded { subscription, .. }
            | Fact::ForwardFailed { subscription, .. }
            | Fact::Processed { subscription, .. }
            | Fact::Positioned { subscription, .. }
            | Fact::OffsetCommitted { subscription, .. }
            | Fact::OffsetExpired { subscription, .. }
            | Fact::CommitFailed { subscription, .. }
            | Fact::Joined { subscription, .. }
            | Fact::MemberLeft { subscription, .. }
            | Fact::Rebalancing { subscription, .. }
            | Fact::Rebalanced { subscription, .. }
            | Fact::Assigned { subscription, .. }
            | Fact::Revoked { subscription, .. }
            | Fact::PartitionsLost { subscription, .. }
            | Fact::MemberFenced { subscription, .. }
            | Fact::Consuming { subscription, .. }
            | Fact::ConsumerCancelled { subscription, .. }
            | Fact::DeadLettered { subscription, .. } => Some(subscription),
            Fact::Dropped { subscription, .. } => subscription,
            _ => None,
        }
    }
}

/// A fact with the place in the run at which it was stated.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Stated {
    /// The moment.
    pub time: Time,
    /// The event during whose handling the fact was stated; its cause stands in the trace.
    pub event: u64,
    /// What happened.
    pub fact: Fact,
}

/// A block of messages of one producer: ids `first .. first + count`, named `{prefix}{n}` with n
/// counting from 1.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MessageBlock {
    /// The first id of the block.
    pub first: MessageId,
    /// How many messages the block has.
    pub count: u32,
    /// `m` for a single producer, `checkout.m` where several producers send.
    pub prefix: String,
    /// The producer that sends the block.
    pub producer: NodeId,
}

/// The names behind the ids: who is node 3, which lane is `orders/0`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Directory {
    /// Node names by [`NodeId`].
    pub nodes: Vec<String>,
    /// Lane names by [`LaneId`], such as `orders/0`.
    pub lanes: Vec<String>,
    /// Subscription names by [`SubscriptionId`], such as the consumer group `billing`.
    pub subscriptions: Vec<String>,
    /// Names under which transactions go on over restarts, by their number.
    pub transactional_ids: Vec<String>,
    /// Business keys by [`KeyId`].
    pub keys: Vec<String>,
    /// The blocks of messages, ascending by first id and without gaps.
    pub messages: Vec<MessageBlock>,
}

impl Directory {
    /// The name of a node.
    pub fn node(&self, id: NodeId) -> &str {
        self.nodes.get(id.0 as usize).map_or("?", String::as_str)
    }

    /// The name of a lane.
    pub fn lane(&self, id: LaneId) -> &str {
        self.lanes.get(id.0 as usize).map_or("?", String::as_str)
    }

    /// The name of a subscription.
    pub fn subscription(&self, id: SubscriptionId) -> &str {
        self.subscriptions.get(id.0 as usize).map_or("?", String::as_str)
    }

    /// The name of a key.
    pub fn key(&self, id: KeyId) -> &str {
        self.keys.get(id.0 as usize).map_or("?", String::as_str)
    }

    /// The name of a message, such as `m3`.
    pub fn message(&self, id: MessageId) -> String {
        let at = self.messages.partition_point(|b| b.first <= id);
        match at.checked_sub(1).map(|i| &self.messages[i]) {
            Some(b) if id.0 - b.first.0 < b.count => {
                format!("{}{}", b.prefix, id.0 - b.first.0 + 1)
            }
            _ => format!("message {}", id.0),
        }
    }

    /// The message of that name, if there is one.
    pub fn find_message(&self, name: &str) -> Option<MessageId> {
        self.messages.iter().find_map(|b| {
            let n: u32 = name.strip_prefix(b.prefix.as_str())?.parse().ok()?;
            (1..=b.count).contains(&n).then(|| MessageId(b.first.0 + n - 1))
        })
    }

    /// The node of that name, if there is one.
    pub fn find_node(&self, name: &str) -> Option<NodeId> {
        self.nodes.iter().position(|n| n == name).map(|i| NodeId(i as u16))
    }

    /// The lane of that name, if there is one.
    pub fn find_lane(&self, name: &str) -> Option<LaneId> {
        self.lanes.iter().position(|n| n == name).map(|i| LaneId(i as u16))
    }

    /// The subscription of that name, if there is one.
    pub fn find_subscription(&self, name: &str) -> Option<SubscriptionId> {
        self.subscriptions.iter().position(|n| n == name).map(|i| SubscriptionId(i as u16))
    }

    /// How many messages the scenario plans to send.
    pub fn message_count(&self) -> u32 {
        self.messages.iter().map(|b| b.count).sum()
    }

    /// A node set as text: `broker-1, broker-3`.
    pub fn node_set(&self, set: NodeSet) -> String {
        let names: Vec<&str> = set.iter().map(|n| self.node(n)).collect();
        names.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts_that_differ_in_one_field_have_different_digests() {
        let (lane, node, subscription) = (LaneId, NodeId, SubscriptionId);
        let appended = |m, l, n, offset, epoch| Fact::Appended {
            message: MessageId(m),
            lane: lane(l),
            node: node(n),
            offset,
            epoch,
        };
        let handled = |m, s, n, l, offset| Fact::Handled {
            message: MessageId(m),
            subscription: subscription(s),
            consumer: node(n),
            lane: lane(l),
            offset,
        };
        let acknowledged = |m, n, l, offset| Fact::Acknowledged {
            message: MessageId(m),
            producer: node(n),
            lane: lane(l),
            offset,
        };
        let facts = [
            appended(0, 0, 0, 0, 0),
            appended(1, 0, 0, 0, 0),
            appended(0, 1, 0, 0, 0),
            appended(0, 0, 1, 0, 0),
            appended(0, 0, 0, 1, 0),
            appended(0, 0, 0, 0, 1),
            handled(0, 0, 0, 0, 0),
            handled(1, 0, 0, 0, 0),
            handled(0, 1, 0, 0, 0),
            handled(0, 0, 1, 0, 0),
            handled(0, 0, 0, 1, 0),
            handled(0, 0, 0, 0, 1),
            acknowledged(0, 0, 0, 0),
            acknowledged(1, 0, 0, 0),
            acknowledged(0, 1, 0, 0),
            acknowledged(0, 0, 1, 0),
            acknowledged(0, 0, 0, 1),
            acknowledged(0, 0, 0, -1),
            Fact::Sent { message: MessageId(0), producer: node(0) },
            Fact::Blocked { producer: node(0) },
            Fact::OffsetCommitted { subscription: subscription(0), lane: lane(0), offset: 0 },
            Fact::OffsetCommitted { subscription: subscription(1), lane: lane(0), offset: 0 },
        ];
        let digests = facts.iter().map(|fact| {
            let mut digest = Digest::default();
            fact.absorb_into(&mut digest);
            digest.value()
        });
        let different: std::collections::BTreeSet<u64> = digests.collect();
        assert_eq!(different.len(), facts.len());
    }

    #[test]
    fn a_fact_is_small_enough_for_a_ring() {
        assert!(size_of::<Fact>() <= 32, "{}", size_of::<Fact>());
        assert!(size_of::<Stated>() <= 48);
    }

    #[test]
    fn messages_are_found_by_the_names_they_print() {
        let block = |first, count, prefix: &str| MessageBlock {
            first: MessageId(first),
            count,
            prefix: prefix.into(),
            producer: NodeId(0),
        };
        let directory = Directory {
            messages: vec![block(0, 3, "checkout.m"), block(3, 2, "audit.m")],
            ..Directory::default()
        };
        assert_eq!(directory.message(MessageId(4)), "audit.m2");
        assert_eq!(directory.find_message("audit.m2"), Some(MessageId(4)));
        assert_eq!(directory.find_message("audit.m3"), None);
        assert_eq!(directory.message(MessageId(9)), "message 9");
        assert_eq!(directory.message_count(), 5);
    }
}
