//! The words of expectations.

use crate::ledger::Fate;
use crate::scenario::expression::{OrderCount, ProducerCount, SpentOn};

/// A word that has a number.
#[derive(Debug)]
pub struct Word {
    /// The word.
    pub name: &'static str,
    /// What it means to the parser.
    pub kind: WordKind,
    /// What it counts or measures, in English.
    pub en: &'static str,
    /// What it counts or measures, in Chinese.
    pub zh: &'static str,
}

/// What a word means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WordKind {
    /// A count of messages by what their producer was told.
    Producer(ProducerCount),
    /// A count of messages by their fate.
    Fate(Fate),
    /// A count of order anomalies.
    Order(OrderCount),
    /// A count of this fact.
    Fact(&'static str),
    /// The longest span without progress.
    Unavailable,
    /// Messages not yet handled: the largest number, or the number at the end.
    Lag {
        /// The largest number.
        largest: bool,
    },
    /// Time from sending to acknowledgement, by permille of the messages.
    Latency(u32),
    /// Messages a second.
    Throughput,
    /// What a node has spent: takes a node.
    Spent(SpentOn),
    /// A place in a partition: takes a partition and possibly a node.
    Place(&'static str),
    /// The active controller.
    Controller,
    /// The epoch of the controllers' quorum.
    ControllerEpoch,
    /// Part of the vocabulary, but not modelled yet.
    NotYet,
}

macro_rules! words {
    ($($name:literal $kind:expr, $en:literal, $zh:literal;)*) => {
        /// All words.
        pub static WORDS: &[Word] = &[$(Word { name: $name, kind: $kind, en: $en, zh: $zh }),*];
    };
}

words! {
    "sent" WordKind::Producer(ProducerCount::Sent), "messages handed to the client library", "交给客户端库的消息";
    "acknowledged" WordKind::Producer(ProducerCount::Acknowledged), "messages reported as stored", "报告已写入的消息";
    "refused" WordKind::Producer(ProducerCount::Refused), "messages that failed for certain", "明确失败的消息";
    "unknown" WordKind::Producer(ProducerCount::Unknown), "messages whose producer does not know", "生产者不知结果的消息";
    "unsent" WordKind::Producer(ProducerCount::Unsent), "planned messages never handed to the client", "计划发送而从未交给客户端的消息";
    "once" WordKind::Fate(Fate::Once), "handled once", "只处理一次";
    "duplicate" WordKind::Fate(Fate::Duplicate), "handled more than once", "处理了不止一次";
    "redelivered" WordKind::Fate(Fate::Redelivered), "delivered again, handled once", "重复投递但只处理一次";
    "lost" WordKind::Fate(Fate::Lost), "acknowledged and gone", "已确认却丢失";
    "lost-unacknowledged" WordKind::Fate(Fate::LostUnacknowledged), "never acknowledged, never handled", "从未确认也从未处理";
    "phantom" WordKind::Fate(Fate::Phantom), "refused, yet handled", "报告失败却被处理";
    "dead-lettered" WordKind::Fate(Fate::DeadLettered), "set aside for people to look at", "进入死信";
    "expired" WordKind::Fate(Fate::Expired), "deleted by age or size before it was handled", "未处理就因超时或超量被删除";
    "dropped" WordKind::Fate(Fate::Dropped), "given up by a rule, such as compaction", "按规则丢弃，例如日志压缩";
    "unroutable" WordKind::NotYet, "accepted by no destination", "没有目的地接收";
    "stranded" WordKind::Fate(Fate::Stranded), "its only copies are on nodes that are down or may not lead", "仅存的副本所在节点已停机或不得担任 Leader";
    "pending" WordKind::Fate(Fate::Pending), "still deliverable", "仍可投递";
    "handled" WordKind::Fact("handled"), "how often a message was handled", "处理消息的次数";
    "inversions" WordKind::Order(OrderCount::Inversions), "messages first handled after a later one of their key", "晚于同 key 后续消息才首次处理的消息";
    "regressions" WordKind::Order(OrderCount::Regressions), "replays of earlier messages after later ones", "处理过后面的消息又回放前面的";
    "unavailable" WordKind::Unavailable, "the longest span without progress (a time)", "没有进展的最长时间";
    "lag" WordKind::Lag { largest: false }, "messages not yet handled at the end", "结束时尚未处理的消息";
    "lag.max" WordKind::Lag { largest: true }, "the largest lag", "最大积压";
    "latency.p50" WordKind::Latency(500), "median time from send to acknowledgement", "从发送到确认的时延中位数";
    "latency.p90" WordKind::Latency(900), "the same, 90 of 100", "同上，第 90 百分位";
    "latency.p95" WordKind::Latency(950), "the same, 95 of 100", "同上，第 95 百分位";
    "latency.p99" WordKind::Latency(990), "the same, 99 of 100", "同上，第 99 百分位";
    "latency.p999" WordKind::Latency(999), "the same, 999 of 1000", "同上，第 99.9 百分位";
    "latency.max" WordKind::Latency(1000), "the longest of these times", "最长时延";
    "throughput" WordKind::Throughput, "acknowledged messages a second; of a group, handled ones: throughput(billing)", "每秒确认的消息数；对消费组则是每秒处理的消息数：throughput(billing)";
    "cpu" WordKind::Spent(SpentOn::Cpu), "processor time a node has spent, with a cost model: cpu(broker-1)", "节点用掉的 CPU 时间（需打开开销模型）：cpu(broker-1)";
    "system-calls" WordKind::Spent(SpentOn::SystemCalls), "its calls of the operating system: system-calls(broker-1)", "节点的系统调用次数：system-calls(broker-1)";
    "copied" WordKind::Spent(SpentOn::Copied), "bytes its processor copied in memory: copied(broker-1)", "节点的 CPU 在内存里拷贝的字节数：copied(broker-1)";
    "disk-bytes" WordKind::Spent(SpentOn::DiskBytes), "bytes it wrote to or read from its disk: disk-bytes(broker-1)", "节点读写磁盘的字节数：disk-bytes(broker-1)";
    "sent-bytes" WordKind::Spent(SpentOn::SentBytes), "bytes it sent over the network: sent-bytes(broker-1)", "节点经网络发出的字节数：sent-bytes(broker-1)";
    "elections" WordKind::Fact("elections"), "elections after the first leaders", "最初的 Leader 之后的选举次数";
    "isr-shrinks" WordKind::Fact("isr-shrunk"), "how often the in-sync replica set became smaller", "ISR 缩小的次数";
    "isr-expansions" WordKind::Fact("isr-expanded"), "how often it became larger again", "ISR 扩大的次数";
    "truncations" WordKind::Fact("truncated"), "how often a log was cut", "日志被截断的次数";
    "rebalances" WordKind::Fact("rebalanced"), "how often a consumer group rebalanced", "消费组完成再均衡的次数";
    "hw" WordKind::Place("hw"), "the high watermark: hw(orders/0), hw(orders/0, broker-2)", "高水位：hw(orders/0)、hw(orders/0, broker-2)";
    "leo" WordKind::Place("leo"), "a log end offset: leo(leader(orders/0)), leo(orders/0, broker-2)", "日志末端位点：leo(leader(orders/0))、leo(orders/0, broker-2)";
    "log-start" WordKind::Place("log-start"), "a log start offset: log-start(orders/0)", "日志起始位点：log-start(orders/0)";
    "epoch" WordKind::Place("epoch"), "the leader epoch: epoch(orders/0)", "Leader epoch：epoch(orders/0)";
    "isr" WordKind::Place("isr"), "how many replicas are in sync: isr(orders/0)", "ISR 副本数：isr(orders/0)";
    "messages" WordKind::Place("messages"), "messages the leader holds: messages(orders/0)", "Leader 持有的消息数：messages(orders/0)";
    "leader" WordKind::Place("leader"), "who leads: leader(orders/0) == broker-2, or none", "谁是 Leader：leader(orders/0) == broker-2，或 none";
    "controller" WordKind::Controller, "the active controller: controller == controller-2, or none", "主控制器：controller == controller-2，或 none";
    "controller-epoch" WordKind::ControllerEpoch, "the epoch of the newest committed metadata record", "最新已提交元数据记录的 epoch";
    "committed-offset" WordKind::Place("committed-offset"), "a group's progress: committed-offset(billing, orders/0)", "消费组进度：committed-offset(billing, orders/0)";
    "owner" WordKind::Place("owner"), "who has a partition: owner(orders/0, billing) == billing-2, or none", "谁持有分区：owner(orders/0, billing) == billing-2，或 none";
    "coordinator" WordKind::Place("coordinator"), "who coordinates a group: coordinator(billing) == broker-2, or none", "谁是消费组的协调者：coordinator(billing) == broker-2，或 none";
    "generation" WordKind::Place("generation"), "a group's generation: generation(billing)", "消费组的代数：generation(billing)";
    "members" WordKind::Place("members"), "how many members a group has: members(billing)", "消费组的成员数：members(billing)";
    "partitions" WordKind::Place("partitions"), "how many partitions a consumer has: partitions(billing-1)", "消费者持有的分区数：partitions(billing-1)";
    "late" WordKind::NotYet, "how late delayed messages were", "延迟消息晚了多久";
    "balanced" WordKind::NotYet, "whether effects equal the expected state", "业务结果是否与预期一致";
}

/// The packets that can be lost on purpose: those of the wire protocol.
pub const PACKETS: &[&str] = &crate::brokers::kafka::wire::PACKET_KINDS;
