//! What can be shown of a moment.

use super::{Mark, Series};
use crate::fact::{LaneId, MessageId, NodeId, NodeSet, Stated, SubscriptionId};
use crate::kernel::Time;
use crate::ledger::{Fate, ProducerOutcome};
use crate::substrate::{DiskHealth, Power};

/// How much is shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// Cells of each replica.
    pub cells: u64,
    /// The offset the cells are around; `None`: the newest ones.
    pub around: Option<u64>,
    /// Packets in flight, the next to arrive first.
    pub packets: usize,
    /// Timers, the next one due first.
    pub timers: usize,
    /// Facts, the newest ones.
    pub facts: usize,
    /// Whether lanes the cluster keeps for itself are shown.
    pub internal: bool,
    /// Messages up to which fates are counted; judging many takes long.
    pub judge: u32,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            cells: 32,
            around: None,
            packets: 64,
            timers: 32,
            facts: 16,
            internal: false,
            judge: 20_000,
        }
    }
}

/// A moment.
#[derive(Clone, PartialEq, Debug)]
pub struct View {
    /// The last event handled.
    pub event: u64,
    /// The simulated moment.
    pub time: Time,
    /// Whether the run is over.
    pub over: bool,
    /// Machines and processes, by their numbers.
    pub nodes: Vec<NodeView>,
    /// Partitions, queues, commit logs.
    pub lanes: Vec<LaneView>,
    /// Pairs of nodes with connections or a broken link between them.
    pub links: Vec<LinkView>,
    /// What is on the wire, the next to arrive first; as many as were asked for.
    pub packets: Vec<PacketView>,
    /// How many packets are on the wire.
    pub packets_in_all: usize,
    /// Consumer groups, queue consumers, named subscriptions.
    pub groups: Vec<GroupView>,
    /// What nodes wait for, the next one due first; as many as were asked for.
    pub timers: Vec<TimerView>,
    /// The newest facts, oldest first.
    pub facts: Vec<Stated>,
    /// Pairs of message and subscription by fate, without those that do not occur; `None` if there
    /// are too many to count.
    pub fates: Option<Vec<(Fate, u64)>>,
    /// How many messages their producers know what of: always counted, however many there are.
    pub told: Vec<(ProducerOutcome, u64)>,
    /// Marks and counts over time of the run, where a session provides them.
    pub timeline: Option<Timeline>,
}

/// What a node is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// It keeps messages.
    Broker,
    /// It decides who leads.
    Controller,
    /// It keeps what was decided (ZooKeeper).
    Metadata,
    /// It sends messages.
    Producer,
    /// It handles messages.
    Consumer,
}

/// How a node stands in the eyes of the control plane.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// It may serve.
    Active,
    /// The control plane does not count on it.
    Fenced,
    /// It is handing over what it leads.
    Leaving,
    /// The control plane keeps no book on such nodes.
    Unlisted,
}

/// A node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NodeView {
    /// Its number.
    pub node: NodeId,
    /// What it is for.
    pub role: Role,
    /// Whether machine and process run.
    pub power: Power,
    /// Whether its disk takes writes.
    pub disk: DiskHealth,
    /// How often its process has started.
    pub boots: u16,
    /// What the control plane holds of it.
    pub standing: Standing,
    /// The newest epoch of the controllers' quorum it knows, or the one it holds office in as the
    /// controller in ZooKeeper mode; `None` outside of both.
    pub epoch: Option<u32>,
    /// How many lanes it leads, by its own belief.
    pub leads: u32,
    /// What its application does, in one or two words; empty for servers.
    pub doing: &'static str,
    /// Messages it holds that are not settled: waiting to be sent, or fetched and not handled.
    pub holds: u64,
}

/// How the transaction of a record stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Decision {
    /// It has not ended.
    Open,
    /// It was committed.
    Committed,
    /// It was aborted.
    Aborted,
}

/// One position of a log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cell {
    /// Where.
    pub offset: u64,
    /// The application message there; `None`: the cluster's own record.
    pub message: Option<MessageId>,
    /// The leader epoch it was written under.
    pub epoch: u32,
    /// Below the high watermark of this replica.
    pub committed: bool,
    /// How its transaction stands; `None`: it is in none.
    pub transaction: Option<Decision>,
    /// A power loss would not take it.
    pub durable: bool,
    /// The consumer that was handed it and has not settled it: it works on it, or has it in hand.
    pub held_by: Option<NodeId>,
    /// What has become of its message so far: the worst of its fates; `None` if it is owed none.
    pub fate: Option<Fate>,
}

/// One copy of a lane.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReplicaView {
    /// Whose copy.
    pub node: NodeId,
    /// It believes that it leads.
    pub leads: bool,
    /// It is in sync, by the control plane's state.
    pub in_sync: bool,
    /// The first offset.
    pub start: u64,
    /// The offset after the last record (LEO).
    pub end: u64,
    /// The high watermark it knows.
    pub high_watermark: u64,
    /// Everything below it is decided (LSO): the high watermark, or the first record of the oldest
    /// open transaction.
    pub stable: u64,
    /// What a power loss would leave.
    pub durable: u64,
    /// The epoch of its last record.
    pub epoch: Option<u32>,
    /// A window of its records.
    pub cells: Vec<Cell>,
}

/// A lane with all its copies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LaneView {
    /// Its number.
    pub lane: LaneId,
    /// The cluster keeps it for itself.
    pub internal: bool,
    /// Who leads, by the control plane's state.
    pub leader: Option<NodeId>,
    /// The epoch of that leader.
    pub leader_epoch: u32,
    /// The in-sync replicas.
    pub isr: NodeSet,
    /// Its copies, in the order of assignment.
    pub replicas: Vec<ReplicaView>,
    /// How far each subscription's progress is stored.
    pub committed: Vec<(SubscriptionId, u64)>,
}

/// Two nodes and what connects them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LinkView {
    /// The one with the smaller number.
    pub a: NodeId,
    /// The other one.
    pub b: NodeId,
    /// Open connections between them.
    pub open: u32,
    /// Connections being opened or closed.
    pub half_open: u32,
    /// Nothing gets from `a` to `b`.
    pub cut_forth: bool,
    /// Nothing gets from `b` to `a`.
    pub cut_back: bool,
    /// Packets held up by a cut or a machine without power.
    pub waiting: usize,
}

/// A packet on the wire.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PacketView {
    /// From where.
    pub from: NodeId,
    /// To where.
    pub to: NodeId,
    /// What it is.
    pub kind: &'static str,
    /// When it left.
    pub departed: Time,
    /// When it arrives.
    pub arrives: Time,
    /// The event that caused it.
    pub cause: u64,
    /// The first application message it carries, if it carries any.
    pub message: Option<MessageId>,
    /// How many application messages it carries.
    pub messages: u32,
}

/// A timer of a running process.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TimerView {
    /// Whose.
    pub node: NodeId,
    /// What for.
    pub kind: &'static str,
    /// When it is due.
    pub due: Time,
}

/// Where a consumer stands in a lane.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PositionView {
    /// Who.
    pub consumer: NodeId,
    /// In which lane.
    pub lane: LaneId,
    /// The offset of the next record it hands over.
    pub position: u64,
    /// How far its group's progress is stored.
    pub committed: Option<u64>,
}

/// A subscription.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GroupView {
    /// Its number.
    pub subscription: SubscriptionId,
    /// Who coordinates it, if anybody does.
    pub coordinator: Option<NodeId>,
    /// Where it stands, in one word: `Stable`, `PreparingRebalance`; empty where nobody knows.
    pub state: &'static str,
    /// How often its members were counted anew.
    pub generation: u32,
    /// The consumers that are or want to be in it.
    pub members: Vec<MemberView>,
    /// Where its consumers stand.
    pub positions: Vec<PositionView>,
    /// Committed messages that wait for it.
    pub lag: u64,
    /// Messages it has handled at least once, and at least twice.
    pub handled: (u64, u64),
}

/// A consumer of a group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MemberView {
    /// The consumer.
    pub consumer: NodeId,
    /// The group counts on it.
    pub counted: bool,
    /// It hands out the lanes for all.
    pub leads: bool,
    /// What it does about its membership, in one or two words; empty for one that is in no group.
    pub doing: &'static str,
    /// The lanes it has, by its own belief.
    pub lanes: Vec<LaneId>,
}

/// The run around the moment, as far as it was played.
#[derive(Clone, PartialEq, Debug)]
pub struct Timeline {
    /// Faults, elections, anomalies …, in order.
    pub marks: imbl::Vector<Mark>,
    /// Rates and backlog over time.
    pub series: Series,
    /// How far the run was played.
    pub furthest: Time,
}
