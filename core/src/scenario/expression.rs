//! The language of expectations: short sentences over the outcome vocabulary.
//!
//! `lost == 2` · `fate(m4) == lost` · `lost == 1..=3` · `never duplicate > 0` ·
//! `sometimes lost > 0` · `share(lost > 0) >= 95%` · `eventually isr(orders/0) == 3 within 5s` ·
//! `same fates as what-if acks-all` · `hw(orders/0) <= leo(leader(orders/0))`

use crate::fact::{LaneId, MessageId, SubscriptionId};
use crate::kernel::Span;
use crate::ledger::Fate;
use crate::scenario::model::{Role, Text};

/// A sentence that a run, or many runs, can be judged by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Expectation {
    /// The sentence as written in the file.
    pub source: String,
    /// Byte range in the file, for diagnostics.
    pub at: std::ops::Range<usize>,
    /// What it means.
    pub claim: Claim,
}

impl Expectation {
    /// Shows every quantity the sentence speaks of.
    pub fn each_quantity(&self, show: &mut dyn FnMut(&Quantity)) {
        match &self.claim {
            Claim::Holds(c)
            | Claim::Never(c)
            | Claim::Sometimes(c)
            | Claim::Always(c)
            | Claim::Eventually { condition: c, .. }
            | Claim::Share { condition: c, .. } => c.each_quantity(show),
            Claim::SameFates { .. } => {}
        }
    }
}

impl Condition {
    /// Whether it speaks of what became of messages, not of the world's state alone.
    pub fn asks_ledger(&self) -> bool {
        let asks = |quantity: &Quantity| {
            matches!(
                quantity,
                Quantity::Producer { .. }
                    | Quantity::Fate { .. }
                    | Quantity::Order { .. }
                    | Quantity::Facts { .. }
                    | Quantity::Unavailable { .. }
                    | Quantity::Lag { .. }
                    | Quantity::Latency { .. }
                    | Quantity::Throughput { .. }
            )
        };
        match self {
            Condition::Compare { left, right, .. } => asks(left) || asks(right),
            Condition::Within { quantity, .. } => asks(quantity),
            Condition::Fate { .. } => true,
            Condition::All(parts) | Condition::Any(parts) => {
                parts.iter().any(Condition::asks_ledger)
            }
        }
    }

    fn each_quantity(&self, show: &mut dyn FnMut(&Quantity)) {
        match self {
            Condition::Compare { left, right, .. } => {
                show(left);
                show(right);
            }
            Condition::Within { quantity, .. } => show(quantity),
            Condition::Fate { .. } => {}
            Condition::All(parts) | Condition::Any(parts) => {
                parts.iter().for_each(|part| part.each_quantity(show));
            }
        }
    }
}

/// What a sentence claims, and over which runs.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)] // the fields say what they are
pub enum Claim {
    /// Holds in this run (in `over-seeds`: in each).
    Holds(Condition),
    /// Holds in no run.
    Never(Condition),
    /// Holds in at least one run.
    Sometimes(Condition),
    /// Holds in every run.
    Always(Condition),
    /// Becomes true within `within` after the last fault has healed.
    Eventually { condition: Condition, within: Span },
    /// The share of runs in which `condition` holds compares with `permille_of_percent` (95% is
    /// 95_000: thousandths of a percent).
    Share { condition: Condition, comparison: Comparison, share: u32 },
    /// The fates of all messages equal those under the named what-if.
    SameFates { what_if: String },
}

/// A comparison of quantities, or several of them joined.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)] // the fields say what they are
pub enum Condition {
    /// `left <comparison> right`.
    Compare { left: Quantity, comparison: Comparison, right: Quantity },
    /// `quantity == low..=high`.
    Within { quantity: Quantity, low: i64, high: i64 },
    /// `fate(m4) == lost`, for one subscription or (if `None`) for every subscription.
    Fate { message: MessageId, subscription: Option<SubscriptionId>, fate: Fate, equal: bool },
    /// All of them hold (`and`).
    All(Vec<Condition>),
    /// At least one of them holds (`or`).
    Any(Vec<Condition>),
}

/// `==`, `!=`, `<`, `<=`, `>`, `>=`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    /// Whether `left <comparison> right`.
    pub fn holds(self, left: i64, right: i64) -> bool {
        match self {
            Comparison::Equal => left == right,
            Comparison::NotEqual => left != right,
            Comparison::Less => left < right,
            Comparison::LessOrEqual => left <= right,
            Comparison::Greater => left > right,
            Comparison::GreaterOrEqual => left >= right,
        }
    }
}

/// Something that has a number.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)] // the fields say what they are
pub enum Quantity {
    /// A literal; spans are nanoseconds.
    Number(i64),
    /// How many messages met this producer-side outcome: `acknowledged`, `acknowledged(checkout)`.
    Producer { outcome: ProducerCount, of: Scope },
    /// How many (message, subscription) pairs met this fate: `lost`, `lost(billing)`.
    Fate { fate: Fate, of: Scope },
    /// `inversions`, `regressions`.
    Order { kind: OrderCount, of: Scope },
    /// How often a fact was stated: `facts.truncated`, `facts.truncated(orders/0)`. `elections` has
    /// the name `elections` and counts `elected` except for the first leaders of new lanes
    /// ([`crate::fact::ElectionKind::First`]).
    Facts { name: String, of: Scope },
    /// The longest span without progress, in nanoseconds: `unavailable`, `unavailable(billing)`.
    Unavailable { of: Scope },
    /// Messages committed to the lanes of a subscription but not yet handled, at the end or at
    /// most: `lag`, `lag.max`.
    Lag { largest: bool, of: Scope },
    /// Nanoseconds from sending to acknowledgement: `latency.p50`, `latency.p99`, `latency.max`.
    Latency { permille: u32, of: Scope },
    /// Messages a second: acknowledged ones from the first call of `send()` to the last
    /// acknowledgement (`throughput`, `throughput(checkout)`), for a group handled ones to the last
    /// handling (`throughput(billing)`).
    Throughput { of: Scope },
    /// What a node has spent, where a cost model is on: `cpu(broker-1)`, `copied(broker-1)`.
    Spent { what: SpentOn, node: Role },
    /// The high watermark of the lane as its leader knows it: `hw(orders/0)`,
    /// `hw(orders/0, broker-2)`.
    HighWatermark { lane: LaneId, on: Option<Role> },
    /// A replica's log end offset: `leo(leader(orders/0))`, `leo(orders/0, broker-2)`.
    LogEnd { lane: LaneId, on: Role },
    /// A replica's log start offset: `log-start(orders/0)`.
    LogStart { lane: LaneId, on: Option<Role> },
    /// The leader epoch of the lane: `epoch(orders/0)`.
    LeaderEpoch { lane: LaneId },
    /// How many replicas are in sync: `isr(orders/0)`.
    Isr { lane: LaneId },
    /// The committed offset of a group: `committed-offset(billing, orders/0)`.
    CommittedOffset { subscription: SubscriptionId, lane: LaneId },
    /// How many messages the lane's leader holds: `messages(orders/0)`.
    Messages { lane: LaneId },
    /// The number of the node that leads, -1 for none: `leader(orders/0) == broker-2`.
    Leader { lane: LaneId },
    /// The number of the group's member that has the partition, -1 for none:
    /// `owner(orders/0, billing) == billing-2`.
    Owner { lane: LaneId, subscription: SubscriptionId },
    /// The number of the broker that coordinates the group, -1 for none: `coordinator(billing)`.
    Coordinator { subscription: SubscriptionId },
    /// The generation of a group, as its coordinator knows it: `generation(billing)`.
    Generation { subscription: SubscriptionId },
    /// How many members a group has, as its coordinator knows it: `members(billing)`.
    Members { subscription: SubscriptionId },
    /// How many partitions a consumer has, by its own belief: `partitions(billing-1)`.
    Partitions { consumer: Role },
    /// The number of the active controller, -1 for none: `controller == controller-2`.
    Controller,
    /// The epoch of the newest committed metadata record: `controller-epoch`.
    ControllerEpoch,
    /// A node's number, to compare `leader(…)` and `controller` with.
    Node { node: Role },
}

/// What a count is restricted to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Scope {
    /// Everything, summed.
    #[default]
    All,
    /// One node: a producer, consumer or broker.
    Node(Role),
    /// One subscription.
    Subscription(SubscriptionId),
    /// One topic partition or queue.
    Lane(LaneId),
    /// One business key, by its text.
    Key(String),
    /// One message.
    Message(MessageId),
}

/// What a node's cost model counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SpentOn {
    /// Processor time, in nanoseconds.
    Cpu,
    /// Calls of the operating system.
    SystemCalls,
    /// Bytes the processor copied.
    Copied,
    /// Bytes written to or read from the disk.
    DiskBytes,
    /// Bytes sent over the network.
    SentBytes,
}

impl SpentOn {
    /// All of them, with their words.
    pub const WORDS: [(&'static str, SpentOn); 5] = [
        ("cpu", SpentOn::Cpu),
        ("system-calls", SpentOn::SystemCalls),
        ("copied", SpentOn::Copied),
        ("disk-bytes", SpentOn::DiskBytes),
        ("sent-bytes", SpentOn::SentBytes),
    ];

    /// The word for it.
    pub fn word(self) -> &'static str {
        SpentOn::WORDS.iter().find(|(_, what)| *what == self).map_or("cpu", |w| w.0)
    }
}

/// Producer-side outcomes that can be counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum ProducerCount {
    Sent,
    Acknowledged,
    Refused,
    Unknown,
    Unsent,
}

/// Order anomalies that can be counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum OrderCount {
    Inversions,
    Regressions,
}

/// One option of a prediction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PredictionOption {
    /// What the learner reads.
    pub text: Text,
    /// The run decides: the option is right iff this holds at the end.
    pub holds: Expectation,
    /// The belief behind the option, named in feedback when it is wrong.
    pub belief: Text,
}
