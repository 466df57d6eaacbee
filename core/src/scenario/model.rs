//! What the rest of the program sees of a scenario file: plain, checked data.
//!
//! Everything here has passed validation: names are resolved to ids of the [`Directory`], settings
//! are typed, units are spans. Nothing here knows TOML.

use crate::brokers::kafka::client::consumer::{CLASSES, ExceptionClass, FailureHabit, OnAbort};
use crate::brokers::kafka::settings::{
    BrokerConfig, ConsumerConfig, KafkaVersion, ProducerConfig, TopicConfig,
};
use crate::brokers::kafka::transaction::TransactionalId;
use crate::fact::{Directory, KeyId, LaneId, MessageId, NodeId, SubscriptionId};
use crate::kernel::Span;
use crate::scenario::expression::{Expectation, PredictionOption};
use crate::substrate::Machine;

impl Scenario {
    /// The name of a class of exceptions.
    pub fn exception_class(&self, class: ExceptionClass) -> &str {
        let at = usize::from(class.0);
        let own = at.checked_sub(CLASSES.len()).and_then(|n| self.exceptions.get(n));
        own.map(String::as_str).or(CLASSES.get(at).copied()).unwrap_or(CLASSES[0])
    }
}

/// A text for people, in both languages.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Text {
    /// English.
    pub en: String,
    /// Simplified Chinese.
    pub zh: String,
}

impl Text {
    /// A text in both languages.
    pub fn new(en: impl Into<String>, zh: impl Into<String>) -> Text {
        Text { en: en.into(), zh: zh.into() }
    }
}

/// A whole scenario, checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Scenario {
    /// The catalogue name, such as `kafka/acks-one-leader-power-off`, or the path as given.
    pub name: String,
    /// One line that says the claim.
    pub title: Text,
    /// The question the lesson puts.
    pub ask: Text,
    /// The moral, in one or two sentences.
    pub answer: Text,
    /// For the teacher.
    pub notes: Text,
    /// The concepts shown, such as `acks`, `isr`.
    pub teaches: Vec<String>,
    /// Curriculum rows and catalogue rows this file shows, such as `K12`, `A01`.
    pub shows: Vec<String>,
    /// How much the learner should know.
    pub level: Level,
    /// The seed the exact expectations hold for.
    pub seed: u64,
    /// When the run is over.
    pub ends: Ends,
    /// The run is stopped, inconclusive, after this many events.
    pub max_events: u64,
    /// One-way latency of every link unless a step changes it.
    pub latency: LatencyModel,
    /// Disk of every broker unless a step changes it.
    pub disk: DiskModel,
    /// The cluster.
    pub kafka: KafkaCluster,
    /// Topics in file order. Their partitions are the first lanes of the directory, in order.
    pub topics: Vec<Topic>,
    /// Producers in file order.
    pub producers: Vec<Producer>,
    /// Consumers in file order.
    pub consumers: Vec<Consumer>,
    /// The messages that consumers write: the blocks of the directory after the producers'.
    pub outputs: Vec<OutputBlock>,
    /// Every `transactional.id`, by its number.
    pub transactional_ids: Vec<String>,
    /// Steps in file order.
    pub steps: Vec<Step>,
    /// What draws faults by the seed, in file order.
    pub nemeses: Vec<Nemesis>,
    /// Predictions in file order.
    pub predictions: Vec<Prediction>,
    /// What must come out.
    pub expect: Expectations,
    /// Named variants.
    pub what_ifs: Vec<WhatIf>,
    /// All combinations of some settings, or none.
    pub matrix: Option<Matrix>,
    /// The classes of exceptions the file names, behind those everybody knows.
    pub exceptions: Vec<String>,
    /// The names behind all ids in this value.
    pub directory: Directory,
}

/// How much a learner should know before a lesson.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
#[allow(missing_docs)]
pub enum Level {
    #[default]
    Beginner,
    Intermediate,
    Advanced,
}

/// When a run is over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ends {
    /// At this time.
    At(Span),
    /// When every message is settled and no step is left, at the latest after `limit`.
    Quiet {
        /// The time at which the run is stopped as inconclusive.
        limit: Span,
    },
}

/// A one-way delay: uniform between two bounds. `low == high` is a fixed delay.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LatencyModel {
    /// The shortest delay.
    pub low: Span,
    /// The longest delay.
    pub high: Span,
}

impl Default for LatencyModel {
    /// Within one availability zone: 0.25 ms ± 20 % (reference §9.5).
    fn default() -> Self {
        LatencyModel { low: Span::micros(200), high: Span::micros(300) }
    }
}

/// What a broker's disk costs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DiskModel {
    /// Time of one write into the page cache.
    pub append: Span,
    /// Time of one fsync.
    pub sync: Span,
}

impl Default for DiskModel {
    /// Page-cache append 5 µs, fsync 2 ms (reference §9.5).
    fn default() -> Self {
        DiskModel { append: Span::micros(5), sync: Span::millis(2) }
    }
}

/// The Kafka cluster of a scenario.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KafkaCluster {
    /// Brokers `broker-1` … `broker-n` are nodes 0 … n-1.
    pub brokers: u16,
    /// Controllers `controller-1` … are the nodes after the brokers.
    pub controllers: u16,
    /// ZooKeeper mode: instead of controllers there is the node `zookeeper-1`, and a broker is the
    /// controller.
    pub zookeeper: bool,
    /// The release whose rules and defaults hold.
    pub version: KafkaVersion,
    /// Broker settings, the same on every broker.
    pub broker: BrokerConfig,
    /// Which truncation rule followers use; a lesson can select the old one.
    pub truncation: Truncation,
    /// Whether the high watermark stands still below `min.insync.replicas` (since 3.7).
    pub hw_needs_min_isr: bool,
    /// Whether the controller keeps eligible leader replicas (since 4.1).
    pub eligible_leader_replicas: bool,
    /// What processors, disks and network cards cost; without it they cost nothing.
    pub cost_model: Option<Machine>,
}

impl KafkaCluster {
    /// How many nodes are brokers, controllers or ZooKeeper; clients come after them.
    pub fn servers(&self) -> u16 {
        self.brokers + self.controllers + u16::from(self.zookeeper)
    }
}

/// How a follower makes its log agree with a new leader's (reference §3.7).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Truncation {
    /// To its own high watermark (up to 0.10).
    HighWatermark,
    /// To where the leader epochs diverge, signalled in the fetch response (since 2.7).
    #[default]
    LeaderEpoch,
}

/// A topic.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Topic {
    /// Its name.
    pub name: String,
    /// Its partitions: lanes `first_lane … first_lane + partitions`.
    pub partitions: u16,
    /// The lane of partition 0.
    pub first_lane: LaneId,
    /// Replicas of each partition.
    pub replication_factor: u16,
    /// Explicit replica lists, one per partition, preferred leader first; empty: spread evenly
    /// (partition p of topic t starts at broker (t + p) mod brokers).
    pub assignment: Vec<Vec<NodeId>>,
    /// Topic settings; where a topic does not set one, the broker's value has been filled in.
    pub config: TopicConfig,
}

/// A producer process.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Producer {
    /// Its name.
    pub name: String,
    /// Its node.
    pub node: NodeId,
    /// The index of its topic in [`Scenario::topics`].
    pub topic: usize,
    /// Client settings.
    pub config: ProducerConfig,
    /// When the process starts.
    pub start: Span,
    /// How it uses transactions, if it does.
    pub transactions: Option<InTransactions>,
    /// What it sends.
    pub sends: Sends,
}

/// The messages that the members of a group write to a topic, one for each they read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OutputBlock {
    /// Whose members write.
    pub subscription: SubscriptionId,
    /// The index of the topic.
    pub topic: usize,
    /// The key of each message, cyclic: that of the message it is made of.
    pub keys: Vec<KeyId>,
    /// The blocks of messages that are read: first, count, and the first message made of them.
    pub made_of: Vec<(MessageId, u32, MessageId)>,
}

/// How a producer uses transactions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct InTransactions {
    /// `transactional.id`
    pub id: TransactionalId,
    /// How many messages a transaction has.
    pub messages: u32,
    /// The application aborts every so manieth transaction; 0: none.
    pub aborts_every: u32,
}

/// What a consumer writes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Writes {
    /// The index of its block in [`Scenario::outputs`].
    pub block: usize,
    /// Settings of its producer.
    pub config: ProducerConfig,
    /// `transactional.id`, if it writes in transactions.
    pub transaction: Option<TransactionalId>,
    /// What follows an abort.
    pub on_abort: OnAbort,
}

/// What a producer sends and when.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sends {
    /// The id of its first message.
    pub first: MessageId,
    /// How many messages.
    pub count: u32,
    /// Time between two calls of `send()`.
    pub every: Span,
    /// When the first call happens.
    pub start: Span,
    /// The key of each message, cyclic: the message with id `first + i` (its name has the number
    /// `i + 1`) has `keys[i % keys.len()]`; empty: no keys.
    pub keys: Vec<KeyId>,
    /// An explicit partition for every message, if given.
    pub partition: Option<u16>,
    /// Bytes of key and value together.
    pub size: u32,
    /// Messages without a value, ascending: on a compacted topic they delete their key.
    pub tombstones: Vec<MessageId>,
    /// After an error (refused or unknown) the application calls `send()` again for the same
    /// message, this many times at most.
    pub resend: u32,
    /// After a restart the application first sends again what it has not seen acknowledged.
    pub resends_after_restart: bool,
}

/// A consumer process.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Consumer {
    /// Its name.
    pub name: String,
    /// Its node.
    pub node: NodeId,
    /// The group whose offsets it reads and commits.
    pub subscription: SubscriptionId,
    /// The indices of its topics in [`Scenario::topics`].
    pub topics: Vec<usize>,
    /// It calls `assign()` for all partitions of its topics and is in no group; it uses the
    /// group for its offsets only.
    pub assign: bool,
    /// `group.instance.id`
    pub instance: Option<String>,
    /// Client settings.
    pub config: ConsumerConfig,
    /// What the application does with a message.
    pub handles: Handles,
    /// When the process starts.
    pub start: Span,
    /// What it writes for what it reads, if it does.
    pub writes: Option<Writes>,
    /// Where records on which its handler fails are sent on to.
    pub forwarding: Option<Forwarding>,
    /// It reads retry topics: a record waits so long after it was put there.
    pub delay: Option<Span>,
    /// It reads the retry topics of this consumer, whose listener it runs.
    pub listener: Option<NodeId>,
}

/// Where an error handler sends records on to. Topics are indices in [`Scenario::topics`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Forwarding {
    /// The settings of the producer in the consumer's process.
    pub config: ProducerConfig,
    /// The dead-letter topic of each topic read.
    pub dead_letters: Vec<(usize, usize)>,
    /// The retry topic of each topic read, for records that fail in this delivery (from 1) or a
    /// later one; ascending, the last that applies counts.
    pub retries: Vec<(u16, Vec<(usize, usize)>)>,
}

/// What a consumer's application does with each message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Handles {
    /// How long one message takes.
    pub takes: Span,
    /// When progress is stored.
    pub commit: CommitMode,
    /// The application hands each batch to another thread and polls on (reference A12).
    pub asynchronous: bool,
    /// What happens when the handler throws.
    pub habit: FailureHabit,
    /// A repeated message changes nothing: its id is stored with its effect.
    pub idempotent: bool,
}

/// When a consumer stores its progress.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CommitMode {
    /// `commitSync` after `poll`, before the batch is handled: at most once.
    Before,
    /// `commitSync` after each batch has been handled: at least once.
    After,
    /// `commitSync` after each single message.
    AfterEach,
    /// The client commits by itself (`enable.auto.commit = true`).
    Auto,
    /// Never.
    Never,
    /// In the transaction that writes what was made of the batch.
    Transaction,
}

/// Something that is done to the world, and when.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// When.
    pub trigger: Trigger,
    /// What.
    pub action: Action,
    /// The narration; may be empty.
    pub say: Text,
    /// The name by which what-ifs leave the step out or change it.
    pub label: Option<String>,
    /// Line of the file, counted from 1.
    pub line: u32,
}

/// When a step happens. A step happens once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Trigger {
    /// At this time.
    At(Span),
    /// `delay` after the fact was stated.
    After {
        /// The fact waited for.
        anchor: Anchor,
        /// Time between the fact and the step.
        delay: Span,
    },
    /// Just before the event that would state the fact.
    Before(Anchor),
}

/// A pattern for facts: `committed m3`, `isr-shrunk orders/0`, `offset-committed billing #2`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Anchor {
    /// The fact's name, one of [`crate::fact::Fact::name`].
    pub fact: String,
    /// Only for this message.
    pub message: Option<MessageId>,
    /// Only on this lane.
    pub lane: Option<LaneId>,
    /// Only on this node (resolved when the fact is stated).
    pub node: Option<Role>,
    /// Only for this subscription.
    pub subscription: Option<SubscriptionId>,
    /// For `isr-shrunk` and `isr-expanded`: only when this many replicas remain.
    pub isr: Option<u32>,
    /// The n-th such fact, counted from 1.
    pub nth: u32,
}

/// Who is meant, resolved at the moment it is needed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// This node.
    Node(NodeId),
    /// The broker that leads the lane by the control plane's state; where there is no leader,
    /// the last one.
    Leader(LaneId),
    /// All replicas of the lane but its leader.
    Followers(LaneId),
    /// The first live follower in replica order.
    AnyFollower(LaneId),
    /// The n-th replica in assignment order, counted from 1: `replica(orders/0, 2)`.
    Replica(LaneId, u16),
    /// The broker that coordinates the group.
    Coordinator(SubscriptionId),
    /// The broker that coordinates the transactional id.
    TransactionCoordinator(TransactionalId),
    /// The member of the group that has the partition, by its own belief.
    Owner(LaneId, SubscriptionId),
    /// The active controller; while there is none, the last one.
    Controller,
    /// All controllers but the active one.
    StandbyControllers,
    /// All brokers.
    Brokers,
    /// All controllers.
    Controllers,
    /// All producers and consumers.
    Clients,
    /// All nodes.
    Everyone,
}

/// When a fault ends by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Until {
    /// It stays.
    Never,
    /// At this absolute time.
    At(Span),
    /// This long after it began.
    For(Span),
}

/// What a power loss leaves of what was not synced.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Survives {
    /// Nothing.
    #[default]
    Nothing,
    /// As many of the first records of each partition as the seed says: the page cache had been
    /// written back so far. The last batch may be torn.
    Prefix,
}

impl Survives {
    /// How files write it, in the order of the variants.
    pub const WORDS: &[&str] = &["nothing", "a prefix"];
}

/// The fault vocabulary, applications and cluster operations included.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs)] // the fields say what they are
pub enum Action {
    /// `crash`: the process dies, the page cache survives.
    Crash { node: Role },
    /// `power-off`: the machine loses power and everything unsynced, or the end of it.
    PowerOff { node: Role, survives: Survives },
    /// `shutdown`: an orderly stop; a broker asks for a controlled shutdown first.
    Shutdown { node: Role },
    /// `restart`: starts a stopped process, or crashes and starts a running one.
    Restart { node: Role },
    /// `pause`: the process stands still.
    Pause { node: Role, until: Until },
    /// `resume`.
    Resume { node: Role },
    /// `cut`: packets are silently lost; `one_way` only those from the first to the second.
    Cut { from: Role, to: Role, one_way: bool, until: Until },
    /// `heal`: ends every cut and slowness between the two, in both directions.
    Heal { from: Role, to: Role },
    /// `isolate`: cut from everyone else.
    Isolate { node: Role, until: Until },
    /// `reset`: connections between the two break, in-flight packets are lost, both ends know.
    Reset { from: Role, to: Role },
    /// `slow-link`: another latency.
    SlowLink { from: Role, to: Role, latency: LatencyModel, one_way: bool, until: Until },
    /// `bandwidth`: bytes a second, one way from the first to the second and back.
    Bandwidth { from: Role, to: Role, bytes_per_second: u64, until: Until },
    /// `lose`: the connection breaks just before the next `count` packets of this kind.
    Lose { packet: String, from: Role, to: Role, count: u32 },
    /// `slow-disk`.
    SlowDisk { node: Role, disk: DiskModel, until: Until },
    /// `full-disk`: writes fail.
    FullDisk { node: Role, until: Until },
    /// `fail-disk`: the log directory fails.
    FailDisk { node: Role },
    /// `wipe-disk`: an empty disk; the node must be down.
    WipeDisk { node: Role },
    /// `corrupt-tail`: the last `records` entries of the lane on the node are unreadable when it
    /// starts; the node must be down.
    CorruptTail { node: Role, lane: LaneId, records: u64 },
    /// `clock-jump`: the node's clock is moved by so many nanoseconds.
    ClockJump { node: Role, by: i64 },
    /// `clock-drift`: the node's clock runs fast by so many parts per million (slow if negative).
    ClockDrift { node: Role, ppm: i32 },
    /// `elect-preferred`: the admin tool asks for the preferred leader.
    ElectPreferred { lane: LaneId },
    /// `elect-unclean`: the admin tool asks for an unclean election.
    ElectUnclean { lane: LaneId },
    /// `reassign`: the partition's replicas move to these brokers, the preferred leader first.
    Reassign { lane: LaneId, to: Vec<NodeId> },
    /// `set`: a dynamic change of a topic setting, validated when the file was read.
    SetTopic { topic: usize, config: TopicConfig },
    /// `burst`: the producer's application calls `send()` for its next `count` messages at once.
    Burst { producer: NodeId, count: u32 },
    /// `fail-handler`: the consumer's handler throws.
    FailHandler { consumer: NodeId, which: HandlerFault, exception: ExceptionClass, until: Until },
    /// `slow-handler`: the consumer's handler takes another time for each message.
    SlowHandler { consumer: NodeId, takes: Span, until: Until },
    /// `slow-cpu`: each input of the node takes so long, and the others wait.
    SlowCpu { node: Role, takes: Span, until: Until },
    /// `say`: nothing happens but the narration.
    Say,
}

/// Which calls of a handler fail.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HandlerFault {
    /// The next so many.
    Next(u32),
    /// A share, in thousandths of a percent.
    Share(u32),
    /// Those of these messages, ascending.
    Messages(Vec<MessageId>),
    /// Those of the messages with this key.
    Key(KeyId),
}

/// Faults drawn by the seed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Nemesis {
    /// How many.
    pub faults: u32,
    /// Of which kinds.
    pub kinds: Vec<NemesisFault>,
    /// Whom they strike.
    pub nodes: Role,
    /// When the first may begin.
    pub from: Span,
    /// When the last may begin.
    pub until: Span,
    /// How long each lasts; a crashed process is started again after that time.
    pub lasts: LatencyModel,
    /// Whether crashed processes are started again.
    pub restarts: bool,
}

/// A kind of fault a nemesis can draw.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs)]
pub enum NemesisFault {
    Crash,
    PowerOff,
    Restart,
    Pause,
    Isolate,
    Cut,
    SlowLink,
    SlowDisk,
    SlowCpu,
    ClockJump,
}

impl NemesisFault {
    /// All kinds with their words, which are those of the actions.
    pub const ALL: [(&'static str, NemesisFault); 10] = [
        ("crash", NemesisFault::Crash),
        ("power-off", NemesisFault::PowerOff),
        ("restart", NemesisFault::Restart),
        ("pause", NemesisFault::Pause),
        ("isolate", NemesisFault::Isolate),
        ("cut", NemesisFault::Cut),
        ("slow-link", NemesisFault::SlowLink),
        ("slow-disk", NemesisFault::SlowDisk),
        ("slow-cpu", NemesisFault::SlowCpu),
        ("clock-jump", NemesisFault::ClockJump),
    ];
}

impl Action {
    /// Whom it is done to, where that is one role.
    pub fn target(&self) -> Option<Role> {
        match self {
            Action::Crash { node }
            | Action::PowerOff { node, .. }
            | Action::Shutdown { node }
            | Action::Restart { node }
            | Action::Pause { node, .. }
            | Action::Resume { node }
            | Action::Isolate { node, .. }
            | Action::SlowDisk { node, .. }
            | Action::FullDisk { node, .. }
            | Action::FailDisk { node }
            | Action::WipeDisk { node }
            | Action::CorruptTail { node, .. }
            | Action::ClockJump { node, .. }
            | Action::ClockDrift { node, .. }
            | Action::SlowCpu { node, .. } => Some(*node),
            Action::Burst { producer: node, .. }
            | Action::FailHandler { consumer: node, .. }
            | Action::SlowHandler { consumer: node, .. } => Some(Role::Node(*node)),
            _ => None,
        }
    }

    /// The word for it in scenario files, such as `power-off`.
    pub fn name(&self) -> &'static str {
        match self {
            Action::Crash { .. } => "crash",
            Action::PowerOff { .. } => "power-off",
            Action::Shutdown { .. } => "shutdown",
            Action::Restart { .. } => "restart",
            Action::Pause { .. } => "pause",
            Action::Resume { .. } => "resume",
            Action::Cut { .. } => "cut",
            Action::Heal { .. } => "heal",
            Action::Isolate { .. } => "isolate",
            Action::Reset { .. } => "reset",
            Action::SlowLink { .. } => "slow-link",
            Action::Bandwidth { .. } => "bandwidth",
            Action::Lose { .. } => "lose",
            Action::SlowDisk { .. } => "slow-disk",
            Action::FullDisk { .. } => "full-disk",
            Action::FailDisk { .. } => "fail-disk",
            Action::WipeDisk { .. } => "wipe-disk",
            Action::CorruptTail { .. } => "corrupt-tail",
            Action::ClockJump { .. } => "clock-jump",
            Action::ClockDrift { .. } => "clock-drift",
            Action::ElectPreferred { .. } => "elect-preferred",
            Action::ElectUnclean { .. } => "elect-unclean",
            Action::Reassign { .. } => "reassign",
            Action::SetTopic { .. } => "set",
            Action::Burst { .. } => "burst",
            Action::SlowCpu { .. } => "slow-cpu",
            Action::FailHandler { .. } => "fail-handler",
            Action::SlowHandler { .. } => "slow-handler",
            Action::Say => "say",
        }
    }
}

/// A question put to the learner before the outcome.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Prediction {
    /// When it is asked.
    pub at: Trigger,
    /// The question.
    pub ask: Text,
    /// The answers on offer; the run decides which of them hold.
    pub options: Vec<PredictionOption>,
    /// Why the right one is right.
    pub because: Text,
}

/// What must come out.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Expectations {
    /// Of the run with the file's own seed, exactly.
    pub this_run: Vec<Expectation>,
    /// After every event.
    pub throughout: Vec<Expectation>,
    /// Over many seeds.
    pub over_seeds: Vec<Expectation>,
}

/// A named variant of the scenario.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WhatIf {
    /// Its name.
    pub name: String,
    /// What it shows.
    pub title: Text,
    /// The changed settings as written: `("producer.checkout.acks", "all")`.
    pub set: Vec<(String, String)>,
    /// The labels of the steps it leaves out.
    pub without: Vec<String>,
    /// What must come out.
    pub expect: Vec<Expectation>,
    /// The whole scenario with the change applied, checked like any other. Its `expect` holds this
    /// what-if's sentences as `this_run`, the file's `throughout`, and no `over_seeds`.
    pub scenario: Box<Scenario>,
}

/// All combinations of some settings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Matrix {
    /// The axes in file order.
    pub axes: Vec<Axis>,
    /// Every combination, the last axis varying fastest.
    pub cells: Vec<Cell>,
}

/// One axis of a matrix.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Axis {
    /// The setting: `producer.checkout.acks`.
    pub setting: String,
    /// What it is called in the table.
    pub label: String,
    /// Its values as written.
    pub values: Vec<String>,
}

/// One combination of a matrix.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cell {
    /// The value of each axis.
    pub values: Vec<String>,
    /// What must come out in this cell.
    pub expect: Vec<Expectation>,
    /// The scenario with the values applied (its `expect` as in [`WhatIf::scenario`]), or why the
    /// real system refuses the combination.
    pub scenario: Result<Box<Scenario>, String>,
}
