//! The producer's settings (`ProducerConfig`, reference §2.5-2.9).

use super::choices::{Acks, Codec};
use super::table::{INT, Kind, LONG, Scope, settings};
use crate::kernel::Span;

settings! {
    /// Producer settings. Spans are whole milliseconds, sizes are bytes.
    struct ProducerConfig, table PRODUCER, scope Scope::Producer;

    acks: Acks, "acks", Kind::Choice(Acks::WORDS), 0, 2, Acks::All,
        "Who must have a record before the broker acknowledges it: nobody (0), the leader (1), every in-sync replica (all).",
        "Broker 确认一条消息之前，谁必须已经写入：无人（0）、仅 Leader（1）、全部 ISR 副本（all）。";
    enable_idempotence: bool, "enable.idempotence", Kind::Flag, 0, 1, true,
        "Numbers the batches so that a broker recognises a retry and stores it only once.",
        "给批次编号，使 Broker 能识别重试并只存一次。";
    retries: u32, "retries", Kind::Count, 0, INT, INT,
        "How often a batch is sent again after a retriable error, within delivery.timeout.ms.",
        "遇到可重试错误时，一个批次最多重发多少次（总时长受 delivery.timeout.ms 限制）。";
    max_in_flight_requests_per_connection: u32, "max.in.flight.requests.per.connection", Kind::Count, 1, INT, 5,
        "How many unanswered requests one connection may carry; above 1, retries can reorder without idempotence.",
        "一条连接上最多有多少个未应答的请求；大于 1 且未开启幂等时，重试可能打乱顺序。";
    batch_size: u64, "batch.size", Kind::Bytes, 0, INT, 16_384,
        "The size at which a batch counts as full.",
        "批次达到这个大小就视为已满。";
    compression_type: Codec, "compression.type", Kind::Choice(Codec::WORDS), 0, 4, Codec::None,
        "How batches are compressed: smaller on the wire and on disk, at the price of processor time.",
        "批次的压缩方式：网络和磁盘上更小，代价是 CPU 时间。";
    linger_ms: Span, "linger.ms", Kind::Milliseconds, 0, LONG, 0,
        "How long an unfilled batch waits for more records.",
        "未满的批次最多等多久，好再攒一些消息。";
    buffer_memory: u64, "buffer.memory", Kind::Bytes, 0, LONG, 33_554_432,
        "Memory for records not yet sent; when it is used up, send() blocks.",
        "未发送消息可用的内存；用完后 send() 会阻塞。";
    max_block_ms: Span, "max.block.ms", Kind::Milliseconds, 0, LONG, 60_000,
        "How long send() blocks for metadata or memory before it fails.",
        "send() 等待元数据或内存的最长时间，超时即失败。";
    delivery_timeout_ms: Span, "delivery.timeout.ms", Kind::Milliseconds, 0, INT, 120_000,
        "The whole time a record has, from send() to success or failure.",
        "一条消息从 send() 到成功或失败的总时限。";
    request_timeout_ms: Span, "request.timeout.ms", Kind::Milliseconds, 0, INT, 30_000,
        "How long the client waits for an answer before it drops the connection and tries again.",
        "客户端等待应答的时间，超时就断开连接并重试。";
    retry_backoff_ms: Span, "retry.backoff.ms", Kind::Milliseconds, 0, LONG, 100,
        "The pause before the first retry; it doubles with every further one.",
        "首次重试前的停顿，之后每次翻倍。";
    retry_backoff_max_ms: Span, "retry.backoff.max.ms", Kind::Milliseconds, 0, LONG, 1_000,
        "The longest pause between two retries.",
        "两次重试之间停顿的上限。";
    reconnect_backoff_ms: Span, "reconnect.backoff.ms", Kind::Milliseconds, 0, LONG, 50,
        "The pause before connecting again to a broker that did not answer.",
        "重新连接一个连不上的 Broker 之前的停顿。";
    reconnect_backoff_max_ms: Span, "reconnect.backoff.max.ms", Kind::Milliseconds, 0, LONG, 1_000,
        "The longest pause between two attempts to connect.",
        "两次连接尝试之间停顿的上限。";
    max_request_size: u64, "max.request.size", Kind::Bytes, 0, INT, 1_048_576,
        "The largest request, and so the largest record, the client sends.",
        "客户端发送的最大请求，也就是单条消息的上限。";
    metadata_max_age_ms: Span, "metadata.max.age.ms", Kind::Milliseconds, 0, LONG, 300_000,
        "After this time the client asks again who leads what, even without an error.",
        "即使没有出错，过了这么久也要重新查询各分区的 Leader。";
    partitioner_ignore_keys: bool, "partitioner.ignore.keys", Kind::Flag, 0, 1, false,
        "Spreads records as if they had no key, which gives up order by key.",
        "忽略消息的 key 来分配分区，因而放弃按 key 有序。";
    partitioner_adaptive_partitioning_enable: bool, "partitioner.adaptive.partitioning.enable", Kind::Flag, 0, 1, true,
        "Sends fewer keyless records to partitions whose queue in the client is long.",
        "客户端积压越长的分区，分到的无 key 消息越少。";
}
