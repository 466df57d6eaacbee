//! The broker's settings (`KafkaConfig`, reference §1-§4), of KRaft and of ZooKeeper mode.

use super::CleanupPolicy;
use super::choices::TopicCodec;
use super::table::{INT, Kind, LONG, Scope, settings};
use crate::kernel::Span;

settings! {
    /// Broker and controller settings. Spans are whole milliseconds (or seconds where the name says
    /// so), sizes are bytes.
    struct BrokerConfig, table BROKER, scope Scope::Broker;

    replica_lag_time_max_ms: Span, "replica.lag.time.max.ms", Kind::Milliseconds, 0, LONG, 30_000,
        "A follower that has not caught up for this long leaves the in-sync replica set.",
        "Follower 超过这么久没有追上 Leader，就被移出 ISR。";
    replica_fetch_wait_max_ms: Span, "replica.fetch.wait.max.ms", Kind::Milliseconds, 0, INT, 500,
        "How long the leader may hold a follower's fetch that brings nothing new.",
        "没有新数据时，Leader 最多把 Follower 的拉取请求挂多久。";
    replica_fetch_min_bytes: u64, "replica.fetch.min.bytes", Kind::Bytes, 0, INT, 1,
        "The leader holds a follower's fetch until this much has gathered.",
        "Leader 攒够这么多字节才应答 Follower 的拉取。";
    replica_fetch_max_bytes: u64, "replica.fetch.max.bytes", Kind::Bytes, 0, INT, 1_048_576,
        "The most a follower fetches from one partition at a time.",
        "Follower 一次从单个分区拉取的上限。";
    replica_fetch_response_max_bytes: u64, "replica.fetch.response.max.bytes", Kind::Bytes, 0, INT, 10_485_760,
        "The most a follower fetches at a time, over all partitions.",
        "Follower 一次拉取的上限（所有分区合计）。";
    replica_fetch_backoff_ms: Span, "replica.fetch.backoff.ms", Kind::Milliseconds, 0, INT, 1_000,
        "The pause of a follower after a failed fetch.",
        "Follower 拉取失败后的停顿。";
    replica_socket_timeout_ms: Span, "replica.socket.timeout.ms", Kind::Milliseconds, 0, INT, 30_000,
        "How long a follower waits for the answer to a fetch before it drops the connection.",
        "Follower 等待拉取应答的时间，超时就断开连接。";
    replica_high_watermark_checkpoint_interval_ms: Span, "replica.high.watermark.checkpoint.interval.ms", Kind::Milliseconds, 0, LONG, 5_000,
        "How often a broker writes its high watermarks to disk.",
        "Broker 每隔多久把高水位写入磁盘。";
    broker_heartbeat_interval_ms: Span, "broker.heartbeat.interval.ms", Kind::Milliseconds, 0, INT, 2_000,
        "Time between two heartbeats of a broker to the controller.",
        "Broker 向控制器发送心跳的间隔。";
    broker_session_timeout_ms: Span, "broker.session.timeout.ms", Kind::Milliseconds, 0, INT, 9_000,
        "After this long without a heartbeat the controller fences the broker and moves its leaderships.",
        "这么久没有心跳，控制器就隔离该 Broker，并转移它的 Leader 角色。";
    initial_broker_registration_timeout_ms: Span, "initial.broker.registration.timeout.ms", Kind::Milliseconds, 0, INT, 60_000,
        "How long a starting broker tries to register before it gives up.",
        "Broker 启动时注册的时限，超时即放弃。";
    controlled_shutdown_enable: bool, "controlled.shutdown.enable", Kind::Flag, 0, 1, true,
        "A broker that is asked to stop hands over its leaderships first.",
        "Broker 正常停止前先移交 Leader 角色。";
    auto_leader_rebalance_enable: bool, "auto.leader.rebalance.enable", Kind::Flag, 0, 1, true,
        "The controller gives leadership back to preferred replicas from time to time.",
        "控制器定期把 Leader 角色还给首选副本。";
    leader_imbalance_check_interval_seconds: Span, "leader.imbalance.check.interval.seconds", Kind::Seconds, 1, INT, 300,
        "How often the controller looks for leaderships to give back.",
        "控制器每隔多久检查一次 Leader 是否需要归还首选副本。";
    unclean_leader_election_interval_ms: Span, "unclean.leader.election.interval.ms", Kind::Milliseconds, 1, LONG, 300_000,
        "How often the controller looks for leaderless partitions that may elect an unclean leader.",
        "控制器每隔多久检查一次无 Leader 且允许不干净选举的分区。";
    offsets_topic_num_partitions: u32, "offsets.topic.num.partitions", Kind::Count, 1, INT, 50,
        "Partitions of the topic that keeps committed offsets.",
        "存放已提交位点的内部 topic 有多少个分区。";
    offsets_topic_replication_factor: u32, "offsets.topic.replication.factor", Kind::Count, 1, 32_767, 3,
        "Replicas of the topic that keeps committed offsets.",
        "存放已提交位点的内部 topic 有多少个副本。";
    offsets_commit_timeout_ms: Span, "offsets.commit.timeout.ms", Kind::Milliseconds, 1, INT, 5_000,
        "How long a commit may wait for the replicas of the offsets topic.",
        "提交位点时等待内部 topic 副本的时限。";
    transaction_state_log_num_partitions: u32, "transaction.state.log.num.partitions", Kind::Count, 1, INT, 50,
        "Partitions of the topic that keeps transactional ids.",
        "保存事务状态的内部 topic 有多少个分区。";
    transaction_state_log_replication_factor: u32, "transaction.state.log.replication.factor", Kind::Count, 1, 32_767, 3,
        "Replicas of the topic that keeps transactional ids.",
        "保存事务状态的内部 topic 有多少个副本。";
    transaction_state_log_min_isr: u32, "transaction.state.log.min.isr", Kind::Count, 1, INT, 2,
        "min.insync.replicas of the topic that keeps transactional ids.",
        "保存事务状态的内部 topic 所用的 min.insync.replicas。";
    transaction_max_timeout_ms: Span, "transaction.max.timeout.ms", Kind::Milliseconds, 1, INT, 900_000,
        "The longest transaction.timeout.ms a producer may ask for.",
        "生产者可以设置的 transaction.timeout.ms 上限。";
    transaction_abort_timed_out_transaction_cleanup_interval_ms: Span, "transaction.abort.timed.out.transaction.cleanup.interval.ms", Kind::Milliseconds, 1, INT, 10_000,
        "How often a coordinator looks for transactions that have been open for too long.",
        "协调者每隔多久检查一次是否有事务超时。";
    transaction_partition_verification_enable: bool, "transaction.partition.verification.enable", Kind::Flag, 0, 1, true,
        "A leader asks the transaction coordinator before it lets a transaction begin in its partition (KIP-890, since 3.6).",
        "分区 Leader 在本分区开启事务之前，先向事务协调者核实（KIP-890，自 3.6 起）。";
    transaction_version: u32, "transaction.version", Kind::Count, 0, 2, 0,
        "The level of the cluster feature of this name: 2 gives every transaction an epoch of its own (KIP-890, the default since 4.0); 0 and 1 behave alike.",
        "同名集群 feature 的级别：2 表示每个事务使用各自的 epoch（KIP-890，4.0 起的默认值）；0 与 1 行为相同。";
    group_initial_rebalance_delay_ms: Span, "group.initial.rebalance.delay.ms", Kind::Milliseconds, 0, INT, 3_000,
        "How long the coordinator waits for more members before the first rebalance of an empty group.",
        "空的消费组第一次再均衡前，协调者等待更多成员加入的时间。";
    group_min_session_timeout_ms: Span, "group.min.session.timeout.ms", Kind::Milliseconds, 0, INT, 6_000,
        "The shortest session.timeout.ms a consumer may ask for.",
        "消费者可以设置的 session.timeout.ms 下限。";
    group_max_session_timeout_ms: Span, "group.max.session.timeout.ms", Kind::Milliseconds, 0, INT, 1_800_000,
        "The longest session.timeout.ms a consumer may ask for.",
        "消费者可以设置的 session.timeout.ms 上限。";
    group_max_size: u32, "group.max.size", Kind::Count, 1, INT, INT,
        "The most members of a group; one more is refused.",
        "消费组成员数的上限，超出者被拒绝。";
    fetch_max_bytes: u64, "fetch.max.bytes", Kind::Bytes, 1_024, INT, 57_671_680,
        "The most one fetch response of the broker carries, whatever the client asks for.",
        "无论客户端要多少，Broker 一次拉取应答的上限。";
    producer_id_expiration_ms: Span, "producer.id.expiration.ms", Kind::Milliseconds, 1, INT, 86_400_000,
        "After this long without a write the broker forgets an idempotent producer's sequence numbers.",
        "幂等生产者这么久没有写入，Broker 就忘掉它的序号。";
    producer_id_expiration_check_interval_ms: Span, "producer.id.expiration.check.interval.ms", Kind::Milliseconds, 1, INT, 600_000,
        "How often a broker looks for idempotent producers to forget.",
        "Broker 每隔多久检查一次有没有该忘掉的幂等生产者。";
    default_replication_factor: u32, "default.replication.factor", Kind::Count, 1, INT, 1,
        "Replicas of a topic that does not say how many it wants.",
        "未指定副本数的 topic 有多少个副本。";
    num_partitions: u32, "num.partitions", Kind::Count, 1, INT, 1,
        "Partitions of a topic that does not say how many it wants.",
        "未指定分区数的 topic 有多少个分区。";
    min_insync_replicas: u32, "min.insync.replicas", Kind::Count, 1, INT, 1,
        "min.insync.replicas of topics that do not set it.",
        "未自行设置的 topic 所用的 min.insync.replicas。";
    unclean_leader_election_enable: bool, "unclean.leader.election.enable", Kind::Flag, 0, 1, false,
        "unclean.leader.election.enable of topics that do not set it.",
        "未自行设置的 topic 所用的 unclean.leader.election.enable。";
    log_segment_bytes: u64, "log.segment.bytes", Kind::Bytes, 14, INT, 1_073_741_824,
        "segment.bytes of topics that do not set it.",
        "未自行设置的 topic 所用的 segment.bytes。";
    log_flush_interval_messages: u64, "log.flush.interval.messages", Kind::Count, 1, LONG, LONG,
        "flush.messages of topics that do not set it.",
        "未自行设置的 topic 所用的 flush.messages。";
    log_flush_interval_ms: Span, "log.flush.interval.ms", Kind::Milliseconds, 0, LONG, LONG,
        "flush.ms of topics that do not set it.",
        "未自行设置的 topic 所用的 flush.ms。";
    message_max_bytes: u64, "message.max.bytes", Kind::Bytes, 0, INT, 1_048_588,
        "max.message.bytes of topics that do not set it.",
        "未自行设置的 topic 所用的 max.message.bytes。";
    log_roll_ms: Span, "log.roll.ms", Kind::Milliseconds, 1, LONG, 604_800_000,
        "segment.ms of topics that do not set it; by default log.roll.hours = 168.",
        "未自行设置的 topic 所用的 segment.ms；默认即 log.roll.hours = 168。";
    log_retention_ms: i64, "log.retention.ms", Kind::Milliseconds, -1, LONG, 604_800_000,
        "retention.ms of topics that do not set it; by default log.retention.hours = 168.",
        "未自行设置的 topic 所用的 retention.ms；默认即 log.retention.hours = 168。";
    log_retention_bytes: i64, "log.retention.bytes", Kind::Bytes, -1, LONG, -1,
        "retention.bytes of topics that do not set it.",
        "未自行设置的 topic 所用的 retention.bytes。";
    log_retention_check_interval_ms: Span, "log.retention.check.interval.ms", Kind::Milliseconds, 1, LONG, 300_000,
        "How often a broker looks for segments to delete.",
        "Broker 每隔多久检查一次可删除的段。";
    log_cleanup_policy: CleanupPolicy, "log.cleanup.policy", Kind::List(CleanupPolicy::PARTS), 0, 3, 0,
        "cleanup.policy of topics that do not set it.",
        "未自行设置的 topic 所用的 cleanup.policy。";
    log_cleaner_min_cleanable_ratio: u64, "log.cleaner.min.cleanable.ratio", Kind::Ratio, 0, 1_000, 500,
        "min.cleanable.dirty.ratio of topics that do not set it.",
        "未自行设置的 topic 所用的 min.cleanable.dirty.ratio。";
    log_cleaner_min_compaction_lag_ms: Span, "log.cleaner.min.compaction.lag.ms", Kind::Milliseconds, 0, LONG, 0,
        "min.compaction.lag.ms of topics that do not set it.",
        "未自行设置的 topic 所用的 min.compaction.lag.ms。";
    log_cleaner_max_compaction_lag_ms: Span, "log.cleaner.max.compaction.lag.ms", Kind::Milliseconds, 1, LONG, LONG,
        "max.compaction.lag.ms of topics that do not set it.",
        "未自行设置的 topic 所用的 max.compaction.lag.ms。";
    log_cleaner_delete_retention_ms: Span, "log.cleaner.delete.retention.ms", Kind::Milliseconds, 0, LONG, 86_400_000,
        "delete.retention.ms of topics that do not set it.",
        "未自行设置的 topic 所用的 delete.retention.ms。";
    log_cleaner_backoff_ms: Span, "log.cleaner.backoff.ms", Kind::Milliseconds, 0, LONG, 15_000,
        "How long the cleaner sleeps when no log needs compaction.",
        "没有日志需要压缩时，清理线程休眠多久。";
    offsets_retention_minutes: u32, "offsets.retention.minutes", Kind::Count, 1, INT, 10_080,
        "Committed offsets of a group without members are deleted after this many minutes.",
        "消费组没有成员之后，已提交的 offset 过这么多分钟被删除。";
    offsets_retention_check_interval_ms: Span, "offsets.retention.check.interval.ms", Kind::Milliseconds, 1, LONG, 600_000,
        "How often a coordinator looks for committed offsets to delete.",
        "协调者每隔多久检查一次过期的 offset。";
    log_initial_task_delay_ms: Span, "log.initial.task.delay.ms", Kind::Milliseconds, 0, LONG, 30_000,
        "How long after its start a broker first looks for segments to delete.",
        "Broker 启动多久后第一次检查可删除的段。";
    compression_type: TopicCodec, "compression.type", Kind::Choice(TopicCodec::WORDS), 0, 5, TopicCodec::Producer,
        "compression.type of topics that do not set it.",
        "未自行设置的 topic 所用的 compression.type。";
    controller_quorum_election_timeout_ms: Span, "controller.quorum.election.timeout.ms", Kind::Milliseconds, 1, INT, 1_000,
        "A controller that knows no leader stands for election after one to two times this long, at random.",
        "控制器不知道 Leader 时，等待一到两倍这么久（随机）后参选。";
    controller_quorum_fetch_timeout_ms: Span, "controller.quorum.fetch.timeout.ms", Kind::Milliseconds, 1, INT, 2_000,
        "A controller stands for election when the leader of the quorum has not answered its fetches for this long; a leader resigns after one and a half times this long without fetches from a majority.",
        "仲裁 Leader 这么久没有应答拉取，控制器就参选；Leader 在 1.5 倍时间内没有得到多数派的拉取就辞职。";
    controller_quorum_election_backoff_max_ms: Span, "controller.quorum.election.backoff.max.ms", Kind::Milliseconds, 0, INT, 1_000,
        "The longest random pause of a controller between two elections that nobody won.",
        "选举无人胜出时，控制器再次参选前随机停顿的上限。";
    controller_quorum_request_timeout_ms: Span, "controller.quorum.request.timeout.ms", Kind::Milliseconds, 1, INT, 2_000,
        "How long controllers and brokers wait for an answer of the quorum before they drop the connection.",
        "控制器和 Broker 等待仲裁应答的时间，超时就断开连接。";
    controller_quorum_retry_backoff_ms: Span, "controller.quorum.retry.backoff.ms", Kind::Milliseconds, 0, INT, 20,
        "The pause after a request to the quorum that was refused.",
        "发往仲裁的请求被拒绝后的停顿。";
    controller_quorum_append_linger_ms: Span, "controller.quorum.append.linger.ms", Kind::Milliseconds, 0, INT, 25,
        "How long the active controller gathers metadata records before it writes them.",
        "主控制器把元数据记录攒多久才写入日志。";
    metadata_max_idle_interval_ms: Span, "metadata.max.idle.interval.ms", Kind::Milliseconds, 0, INT, 500,
        "How often the active controller writes an empty metadata record; 0: never.",
        "主控制器每隔多久写入一条空的元数据记录；0 表示从不写。";
    zookeeper_session_timeout_ms: Span, "zookeeper.session.timeout.ms", Kind::Milliseconds, 0, INT, 18_000,
        "ZooKeeper ends a broker's session, and with it its registration, when it has not heard of it for this long; the server allows 4 to 40 s.",
        "ZooKeeper 这么久没有收到 Broker 的任何消息，就结束它的会话，注册也随之消失；服务端允许 4 到 40 秒。";
    zookeeper_connection_timeout_ms: Span, "zookeeper.connection.timeout.ms", Kind::Milliseconds, 0, INT, 18_000,
        "A broker that starts gives up when it has no session with ZooKeeper after this long.",
        "Broker 启动时，这么久还没有建立 ZooKeeper 会话就放弃。";
}

/// Whether a broker setting means something in ZooKeeper mode, or in KRaft mode.
pub fn means_something(name: &str, zookeeper: bool) -> bool {
    const KRAFT_ONLY: [&str; 5] = [
        "broker.heartbeat.interval.ms",
        "broker.session.timeout.ms",
        "initial.broker.registration.timeout.ms",
        "metadata.max.idle.interval.ms",
        "unclean.leader.election.interval.ms",
    ];
    match zookeeper {
        true => !name.starts_with("controller.quorum.") && !KRAFT_ONLY.contains(&name),
        false => !name.starts_with("zookeeper."),
    }
}
