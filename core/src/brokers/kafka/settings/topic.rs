//! A topic's settings (`TopicConfig`, reference §1 and §2.1), and the broker settings behind them.

use super::choices::TopicCodec;
use super::table::{INT, Kind, LONG, Scope, Values, settings};
use super::{BrokerConfig, CleanupPolicy};
use crate::kernel::Span;

settings! {
    /// Topic settings. Spans are whole milliseconds, sizes are bytes.
    struct TopicConfig, table TOPIC, scope Scope::Topic;

    min_insync_replicas: u32, "min.insync.replicas", Kind::Count, 1, INT, 1,
        "With acks=all, a write is refused while fewer replicas than this are in sync.",
        "acks=all 时，ISR 副本数低于该值就拒绝写入。";
    unclean_leader_election_enable: bool, "unclean.leader.election.enable", Kind::Flag, 0, 1, false,
        "Lets a replica lead that may lack acknowledged records, when no in-sync replica is left.",
        "没有 ISR 副本可用时，允许可能缺少已确认消息的副本当选 Leader。";
    segment_bytes: u64, "segment.bytes", Kind::Bytes, 14, INT, 1_073_741_824,
        "The size at which the log starts a new segment file.",
        "日志写到这么大就新开一个段文件。";
    flush_messages: u64, "flush.messages", Kind::Count, 1, LONG, LONG,
        "Forces the log to disk after this many records; by default that is left to the system.",
        "每写入这么多条消息就强制刷盘一次；默认交给操作系统。";
    flush_ms: Span, "flush.ms", Kind::Milliseconds, 0, LONG, LONG,
        "Forces the log to disk when its oldest unsynced record is this old; never by default.",
        "最早一条未落盘的消息达到这个时长就强制刷盘；默认从不。";
    max_message_bytes: u64, "max.message.bytes", Kind::Bytes, 0, INT, 1_048_588,
        "The largest batch of records the topic accepts.",
        "该 topic 接受的最大批次。";
    segment_ms: Span, "segment.ms", Kind::Milliseconds, 1, LONG, 604_800_000,
        "A segment file whose first record is this much older than the next one is closed, full or not.",
        "段文件首条消息比新消息早这么久，即使没写满也换新段。";
    retention_ms: i64, "retention.ms", Kind::Milliseconds, -1, LONG, 604_800_000,
        "A segment whose newest record is older than this is deleted; -1: never.",
        "段中最新的消息超过这个时长，整段删除；-1 表示从不。";
    retention_bytes: i64, "retention.bytes", Kind::Bytes, -1, LONG, -1,
        "The oldest segments are deleted as long as the partition keeps at least this much; -1: no limit.",
        "只要分区剩余数据不少于该值，就删除最旧的段；-1 表示不限。";
    cleanup_policy: CleanupPolicy, "cleanup.policy", Kind::List(CleanupPolicy::PARTS), 0, 3, 0,
        "What becomes of old segments: deleted by age and size, or compacted to the newest record of each key, or both.",
        "旧段如何处理：按时间和大小删除（delete），压缩到每个 key 只留最新一条（compact），或两者兼用。";
    min_cleanable_dirty_ratio: u64, "min.cleanable.dirty.ratio", Kind::Ratio, 0, 1_000, 500,
        "A log is compacted when more than this part of it was written since the last compaction.",
        "上次压缩之后新写的部分超过这个比例，就再次压缩。";
    min_compaction_lag_ms: Span, "min.compaction.lag.ms", Kind::Milliseconds, 0, LONG, 0,
        "Segments with a younger record are not compacted.",
        "段中有比这更新的消息就不压缩。";
    max_compaction_lag_ms: Span, "max.compaction.lag.ms", Kind::Milliseconds, 1, LONG, LONG,
        "A record that is older is compacted whatever the dirty ratio.",
        "消息超过这个时长，不论脏比例多少都压缩。";
    delete_retention_ms: Span, "delete.retention.ms", Kind::Milliseconds, 0, LONG, 86_400_000,
        "How long a tombstone stays after the first compaction that met it.",
        "墓碑在首次压缩之后还保留多久。";
    compression_type: TopicCodec, "compression.type", Kind::Choice(TopicCodec::WORDS), 0, 5, TopicCodec::Producer,
        "How the broker stores batches: as the producer compressed them, or packed anew with this codec.",
        "Broker 如何存储批次：保持生产者的压缩方式，或用该算法重新压缩。";
}

/// Which broker setting fills in for each topic setting: (topic's name, broker's name).
pub const BROKER_NAMES: &[(&str, &str)] = &[
    ("min.insync.replicas", "min.insync.replicas"),
    ("unclean.leader.election.enable", "unclean.leader.election.enable"),
    ("segment.bytes", "log.segment.bytes"),
    ("flush.messages", "log.flush.interval.messages"),
    ("flush.ms", "log.flush.interval.ms"),
    ("max.message.bytes", "message.max.bytes"),
    ("segment.ms", "log.roll.ms"),
    ("retention.ms", "log.retention.ms"),
    ("retention.bytes", "log.retention.bytes"),
    ("cleanup.policy", "log.cleanup.policy"),
    ("min.cleanable.dirty.ratio", "log.cleaner.min.cleanable.ratio"),
    ("min.compaction.lag.ms", "log.cleaner.min.compaction.lag.ms"),
    ("max.compaction.lag.ms", "log.cleaner.max.compaction.lag.ms"),
    ("delete.retention.ms", "log.cleaner.delete.retention.ms"),
    ("compression.type", "compression.type"),
];

impl TopicConfig {
    /// The settings of a topic that sets nothing itself, on brokers with these settings.
    pub fn of_broker(broker: &BrokerConfig) -> TopicConfig {
        let mut topic = TopicConfig::default();
        for (own, brokers) in BROKER_NAMES {
            if let Some(raw) = broker.get(brokers) {
                topic.set(own, raw);
            }
        }
        topic
    }
}
