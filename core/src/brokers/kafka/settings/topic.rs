//! A topic's settings (`TopicConfig`, reference §1 and §2.1), and the broker settings behind them.

use super::BrokerConfig;
use super::choices::TopicCodec;
use super::table::{INT, Kind, LONG, Scope, Values, settings};
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
