//! The consumer's settings (`ConsumerConfig`, reference §5).

use super::choices::{Assignor, AutoOffsetReset, GroupProtocol, IsolationLevel};
use super::table::{INT, Kind, LONG, Scope, Selection, settings};
use crate::kernel::Span;

/// How many lists of assignors there are.
const STRATEGIES: i64 = Selection::count(Assignor::ALL.len());
/// `[RangeAssignor, CooperativeStickyAssignor]`
const RANGE_AND_COOPERATIVE: i64 = 6;

settings! {
    /// Consumer settings. Spans are whole milliseconds, sizes are bytes.
    struct ConsumerConfig, table CONSUMER, scope Scope::Consumer;

    auto_offset_reset: AutoOffsetReset, "auto.offset.reset", Kind::Choice(AutoOffsetReset::WORDS), 0, 2, AutoOffsetReset::Latest,
        "Where to start when the group has no valid committed offset: at the end, at the start, or with an error.",
        "消费组没有有效的已提交位点时从哪里开始：末尾、开头，或者报错。";
    enable_auto_commit: bool, "enable.auto.commit", Kind::Flag, 0, 1, true,
        "The client commits by itself, from inside poll(), what earlier polls returned.",
        "客户端在 poll() 内自动提交之前各次 poll 返回过的位点。";
    auto_commit_interval_ms: Span, "auto.commit.interval.ms", Kind::Milliseconds, 0, INT, 5_000,
        "Time between two automatic commits.",
        "两次自动提交之间的间隔。";
    isolation_level: IsolationLevel, "isolation.level", Kind::Choice(IsolationLevel::WORDS), 0, 1, IsolationLevel::ReadUncommitted,
        "Whether records of unfinished and aborted transactions are handed out.",
        "是否返回未完成或已中止事务中的消息。";
    fetch_min_bytes: u64, "fetch.min.bytes", Kind::Bytes, 0, INT, 1,
        "The broker holds a fetch until this much has gathered or fetch.max.wait.ms has passed.",
        "Broker 攒够这么多字节，或等满 fetch.max.wait.ms，才应答拉取请求。";
    fetch_max_wait_ms: Span, "fetch.max.wait.ms", Kind::Milliseconds, 0, INT, 500,
        "How long the broker may hold a fetch that does not fill fetch.min.bytes.",
        "数据不足 fetch.min.bytes 时，Broker 最多把拉取请求挂多久。";
    fetch_max_bytes: u64, "fetch.max.bytes", Kind::Bytes, 0, INT, 52_428_800,
        "The most one fetch brings, over all partitions.",
        "一次拉取最多取回的字节数（所有分区合计）。";
    max_partition_fetch_bytes: u64, "max.partition.fetch.bytes", Kind::Bytes, 0, INT, 1_048_576,
        "The most one fetch brings from one partition.",
        "一次拉取从单个分区最多取回的字节数。";
    group_protocol: GroupProtocol, "group.protocol", Kind::Choice(GroupProtocol::WORDS), 0, 0, GroupProtocol::Classic,
        "Who decides in the group: its members among themselves (classic), or the coordinator (consumer).",
        "消费组由谁决定：成员自己协商（classic），还是由协调者决定（consumer）。";
    group_instance_id: bool, "group.instance.id", Kind::Name, 0, 1, 0,
        "The name of a static member: a restart within session.timeout.ms keeps its partitions and moves nobody else's.",
        "静态成员的名称：在 session.timeout.ms 之内重启，分区不变，也不触发再均衡。";
    session_timeout_ms: Span, "session.timeout.ms", Kind::Milliseconds, 0, INT, 45_000,
        "After this long without a heartbeat the coordinator takes a member for dead.",
        "协调者这么久收不到心跳，就认为成员已死。";
    heartbeat_interval_ms: Span, "heartbeat.interval.ms", Kind::Milliseconds, 0, INT, 3_000,
        "Time between two heartbeats to the coordinator; also how soon a member learns of a rebalance.",
        "向协调者发送心跳的间隔；成员也靠心跳得知再均衡。";
    max_poll_interval_ms: Span, "max.poll.interval.ms", Kind::Milliseconds, 1, INT, 300_000,
        "An application that does not call poll() for this long leaves the group; a rebalance waits this long for a member.",
        "应用这么久不调用 poll()，就退出消费组；再均衡最多等一个成员这么久。";
    partition_assignment_strategy: Selection, "partition.assignment.strategy", Kind::List(Assignor::WORDS), 0, STRATEGIES - 1, RANGE_AND_COOPERATIVE,
        "How partitions are handed out; the first that all members know is used.",
        "分区分配策略；采用所有成员都支持的第一个。";
    max_poll_records: u32, "max.poll.records", Kind::Count, 1, INT, 500,
        "The most records one poll() hands to the application.",
        "一次 poll() 最多交给应用多少条消息。";
    request_timeout_ms: Span, "request.timeout.ms", Kind::Milliseconds, 0, INT, 30_000,
        "How long the client waits for an answer before it drops the connection and tries again.",
        "客户端等待应答的时间，超时就断开连接并重试。";
    default_api_timeout_ms: Span, "default.api.timeout.ms", Kind::Milliseconds, 0, INT, 60_000,
        "How long a blocking call such as commitSync() may take.",
        "commitSync() 之类阻塞调用的时限。";
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
    metadata_max_age_ms: Span, "metadata.max.age.ms", Kind::Milliseconds, 0, LONG, 300_000,
        "After this time the client asks again who leads what, even without an error.",
        "即使没有出错，过了这么久也要重新查询各分区的 Leader。";
}
