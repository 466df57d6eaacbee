//! The words of facts, outcomes and verdicts explained, for `mqlab doc` and for hovering.

use crate::story::Lang;

/// A word of the lab and what it means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Word {
    /// The word as scenario files spell it.
    pub name: &'static str,
    /// What it means, in English.
    pub en: &'static str,
    /// What it means, in Chinese.
    pub zh: &'static str,
}

impl Word {
    /// What it means, in a language.
    pub fn meaning(&self, lang: Lang) -> &'static str {
        lang.pick(self.en, self.zh)
    }
}

const fn word(name: &'static str, en: &'static str, zh: &'static str) -> Word {
    Word { name, en, zh }
}

/// Every fact by its name.
pub const FACTS: &[Word] = &[
    word(
        "sent",
        "The application handed the message to its client library.",
        "应用把消息交给了客户端库。",
    ),
    word(
        "attempted",
        "The client put the message on the wire, for the n-th time.",
        "客户端第 n 次把消息发上网络。",
    ),
    word(
        "retried",
        "The client met an error and will send the message again by itself.",
        "客户端遇到错误，将自行重发该消息。",
    ),
    word(
        "acknowledged",
        "The application was told that the message is stored.",
        "应用得知消息已写入。",
    ),
    word(
        "refused",
        "The application got a definite error for the message.",
        "应用得知消息发送失败，结果明确。",
    ),
    word(
        "unknown",
        "The application got an error that leaves open whether the message is stored.",
        "应用收到错误，但无法判断消息是否已写入。",
    ),
    word(
        "blocked",
        "The client library is out of buffer memory and send() blocks.",
        "客户端发送缓冲区已满，send() 阻塞。",
    ),
    word(
        "unblocked",
        "The call of send() no longer blocks: there is buffer memory again, or its time was up.",
        "客户端发送缓冲区有了空间，send() 继续。",
    ),
    word(
        "appended",
        "The leader appended the message to its log.",
        "Leader 把消息追加到自己的日志。",
    ),
    word(
        "replicated",
        "A follower appended the message to its copy of the log.",
        "Follower 把消息追加到自己的日志副本。",
    ),
    word(
        "deduplicated",
        "The broker recognised a retry by producer id and sequence and appended nothing.",
        "Broker 凭 producer id 和序列号识别出重试，没有再次追加。",
    ),
    word(
        "committed",
        "The high watermark passed the message: every in-sync replica has it and consumers may read it.",
        "高水位越过了该消息：ISR 中的副本都已写入，消费者可以读取。",
    ),
    word("rejected", "The broker refused to append the message.", "Broker 拒绝追加该消息。"),
    word(
        "truncated",
        "A replica cut off the end of its log to agree with the leader.",
        "副本为与 Leader 一致，截断了自己日志的尾部。",
    ),
    word(
        "rolled-back",
        "A power loss took unsynced records off the end of a replica's log, or a disk damaged it.",
        "断电使副本日志丢失了尾部尚未落盘的记录，或磁盘损坏了日志的末尾。",
    ),
    word(
        "wiped",
        "A node's copy is gone: its disk was replaced, or the partition moved away.",
        "节点上的副本不复存在：换了空盘，或分区已迁走。",
    ),
    word("expired", "A replica deleted the oldest part of its log.", "副本删除了日志最旧的部分。"),
    word(
        "compacted",
        "Compaction removed a message from a replica's log.",
        "日志压缩从一份副本中移除了消息。",
    ),
    word(
        "elected",
        "The control plane decided who leads, or that nobody can.",
        "控制面决定由谁担任 Leader，或者无人能担任。",
    ),
    word(
        "took-over",
        "A broker learned that it leads and serves from now on.",
        "Broker 得知自己成为 Leader，开始提供服务。",
    ),
    word(
        "stepped-down",
        "A broker learned that it no longer leads.",
        "Broker 得知自己不再是 Leader。",
    ),
    word(
        "isr-shrunk",
        "A replica left the in-sync replica set (ISR).",
        "有副本被移出同步副本集合（ISR）。",
    ),
    word(
        "isr-expanded",
        "A replica joined the in-sync replica set (ISR).",
        "有副本加入同步副本集合（ISR）。",
    ),
    word(
        "reassigned",
        "A partition's replicas have moved to other brokers.",
        "分区的副本已迁移到其他 Broker。",
    ),
    word(
        "under-min-isr",
        "The ISR is smaller than min.insync.replicas; acks=all writes are refused.",
        "ISR 少于 min.insync.replicas，acks=all 的写入会被拒绝。",
    ),
    word(
        "registered",
        "A broker is known to the controller (again).",
        "Broker（重新）向控制器注册。",
    ),
    word(
        "fenced",
        "The controller no longer counts on the broker.",
        "控制器隔离（fence）了该 Broker，不再将其视为可用。",
    ),
    word(
        "unfenced",
        "The controller counts on the broker again.",
        "控制器重新将该 Broker 视为可用。",
    ),
    word(
        "controller-candidate",
        "A controller stands for election as leader of the controllers' quorum.",
        "一个控制器参选，竞争控制器仲裁的 Leader。",
    ),
    word(
        "controller-elected",
        "A majority of the controllers voted for this one: it leads the quorum in a new epoch.",
        "某个控制器获得多数选票，在新的 epoch 中领导仲裁。",
    ),
    word(
        "controller-active",
        "The leader of the quorum has replayed all committed metadata and acts as the controller; in ZooKeeper mode, a broker has won the znode /controller.",
        "仲裁的 Leader 已重放全部已提交的元数据，开始担任主控制器；在 ZooKeeper 模式下，则是某个 Broker 抢到了 /controller 节点。",
    ),
    word(
        "controller-resigned",
        "The leader of the quorum leads no longer: it was replaced, lost its majority, or stops. In ZooKeeper mode, the controller has learned that its session is over.",
        "仲裁的 Leader 不再担任：被取代、失去多数派，或即将停止。在 ZooKeeper 模式下，是控制器得知自己的会话已经结束。",
    ),
    word(
        "metadata-truncated",
        "A controller cut metadata records that were never committed.",
        "控制器截掉了从未提交的元数据记录。",
    ),
    word(
        "transaction-begun",
        "The transaction coordinator knows of an open transaction of a client.",
        "事务协调者登记了某个客户端的事务。",
    ),
    word(
        "transaction-committed",
        "It is decided for all partitions that a client's transaction commits; the decision is in the coordinator's log.",
        "某个客户端的事务已决定提交，对所有分区有效；决定已写入协调者的日志。",
    ),
    word(
        "transaction-aborted",
        "It is decided for all partitions that a client's transaction is aborted.",
        "某个客户端的事务已决定中止，对所有分区有效。",
    ),
    word(
        "transaction-completed",
        "Every partition of a transaction has its marker.",
        "事务涉及的分区都已写入标记。",
    ),
    word(
        "marker-written",
        "The leader of a partition wrote down how a transaction ended.",
        "分区 Leader 写入了事务结束的标记。",
    ),
    word(
        "aborted",
        "The message stands in the log and is void: its transaction was aborted.",
        "消息还在日志中，但已作废：所属事务被中止。",
    ),
    word(
        "processed",
        "The application finished with the message inside a transaction; the effect happens if the transaction commits.",
        "应用在事务内处理完消息；事务提交，结果才生效。",
    ),
    word(
        "producer-fenced",
        "A client learned that another has taken its transactional.id over.",
        "客户端得知自己的 transactional.id 已被他人接管。",
    ),
    word(
        "session-expired",
        "ZooKeeper ended a broker's session; its ephemeral znodes are gone.",
        "ZooKeeper 结束了 Broker 的会话，它的临时节点随之消失。",
    ),
    word(
        "registration-refused",
        "A broker could not register, because an earlier session of it has not ended; it stops.",
        "Broker 的旧会话尚未结束，注册失败，进程退出。",
    ),
    word(
        "controller-refused",
        "A broker refused a request of a controller that has been replaced (STALE_CONTROLLER_EPOCH).",
        "Broker 拒绝了已被取代的控制器的请求（STALE_CONTROLLER_EPOCH）。",
    ),
    word(
        "stopped",
        "A process ended: by a crash, a power loss or an orderly shutdown.",
        "进程停止：崩溃、断电或正常关闭。",
    ),
    word("started", "A process started (again).", "进程（重新）启动。"),
    word(
        "paused",
        "A process stands still, as in a long garbage collection.",
        "进程停顿，例如长时间的垃圾回收。",
    ),
    word("resumed", "A process goes on after standing still.", "停顿的进程恢复运行。"),
    word(
        "cut",
        "Packets from one node to another no longer arrive; nobody is told.",
        "一个节点发往另一个节点的数据包不再送达，双方都不会得到通知。",
    ),
    word(
        "healed",
        "Packets from one node to another arrive again.",
        "一个节点发往另一个节点的数据包恢复送达。",
    ),
    word(
        "disconnected",
        "A connection broke and both ends know or find out.",
        "连接断开，两端已知或随后得知。",
    ),
    word(
        "disk-state",
        "A disk became slow, full, failing or healthy.",
        "磁盘变慢、写满、出现故障或恢复正常。",
    ),
    word(
        "storage-failed",
        "A log directory went offline (KAFKA_STORAGE_ERROR).",
        "日志目录下线（KAFKA_STORAGE_ERROR）。",
    ),
    word(
        "delivered",
        "The consumer's application was handed the message.",
        "消息交到了消费者应用手中。",
    ),
    word(
        "handled",
        "The application finished with the message; its effect has happened.",
        "应用处理完消息，业务效果已经发生。",
    ),
    word(
        "failed",
        "The handler failed on the message; no effect happened.",
        "处理失败，没有产生业务效果。",
    ),
    word(
        "positioned",
        "A consumer's next read was placed by a rule: the committed offset, auto.offset.reset, a truncation or a seek.",
        "消费者的下一次读取位置被设定：依据已提交位点、auto.offset.reset、日志截断或应用指定。",
    ),
    word("offset-committed", "A group's progress is stored.", "消费组的位点已提交。"),
    word(
        "offset-expired",
        "A group's progress was deleted: it had no members for too long.",
        "消费组太久没有成员，已提交的位点被删除。",
    ),
    word("commit-failed", "Storing a group's progress failed.", "消费组提交位点失败。"),
    word("joined", "A group's coordinator took a consumer in.", "协调者接纳消费者加入消费组。"),
    word(
        "member-left",
        "A group's coordinator no longer counts on a consumer: it left, or was not heard of in time.",
        "协调者不再承认某个消费者：它主动退出，或太久没有音讯。",
    ),
    word(
        "rebalancing",
        "A group's coordinator asks all members to join again.",
        "协调者要求所有成员重新加入，再均衡开始。",
    ),
    word(
        "rebalanced",
        "A group's new assignment is known to its coordinator: the rebalance is over.",
        "协调者拿到新的分配结果，再均衡完成。",
    ),
    word(
        "assigned",
        "A consumer got a partition (onPartitionsAssigned).",
        "消费者分到一个分区（onPartitionsAssigned）。",
    ),
    word(
        "revoked",
        "A consumer gave a partition up in an orderly way (onPartitionsRevoked).",
        "消费者正常交出一个分区（onPartitionsRevoked）。",
    ),
    word(
        "partitions-lost",
        "A consumer learned that a partition may long be somebody else's (onPartitionsLost).",
        "消费者得知某个分区可能早已归别人（onPartitionsLost）。",
    ),
    word(
        "member-fenced",
        "A consumer learned that its group no longer counts on it.",
        "消费者得知消费组已不再承认它。",
    ),
    word(
        "dead-lettered",
        "A message was set aside for people to look at.",
        "消息被移入死信，等待人工处理。",
    ),
    word(
        "dropped",
        "A message was discarded by a rule: the cluster's, or the one by which an error handler gives it up.",
        "消息按规则被丢弃：集群的规则，或错误处理器放弃消息的规则。",
    ),
    word(
        "forwarding",
        "A consumer hands a message it could not handle to a producer of its own, for a dead-letter or retry topic.",
        "消费者处理失败，用自己的生产者把消息转发到死信 topic 或重试 topic。",
    ),
    word(
        "forwarded",
        "The message stands in the dead-letter or retry topic, and the consumer knows it.",
        "消息已写入死信 topic 或重试 topic，消费者也已得知。",
    ),
    word(
        "forward-failed",
        "Putting the message into a dead-letter or retry topic failed.",
        "向死信 topic 或重试 topic 转发失败。",
    ),
    word(
        "unroutable",
        "No queue matched what the message was published with.",
        "消息发布时没有任何队列与之匹配。",
    ),
    word(
        "returned",
        "The producer got the message back (basic.return): it was mandatory and no queue matched.",
        "消息带有 mandatory 标志而没有队列匹配，被退回给生产者（basic.return）。",
    ),
    word(
        "settled",
        "A queue let go of a message because a consumer has it: acknowledged, or automatically on delivery.",
        "队列删除消息：消费者已确认，或自动确认模式下投递即视为确认。",
    ),
    word(
        "requeued",
        "A message that had been handed out is back in its queue.",
        "已投递而未确认的消息回到队列。",
    ),
    word(
        "not-recovered",
        "A node started and does not have a message that stood in its queue.",
        "节点重启后，原先在队列中的消息没有恢复。",
    ),
    word(
        "consuming",
        "The broker registered a consumer at a queue.",
        "Broker 在队列上登记了消费者。",
    ),
    word(
        "consumer-cancelled",
        "A consumer is no longer registered at its queue.",
        "消费者不再登记在队列上。",
    ),
    word(
        "channel-closed",
        "The broker closed a client's channel with an error; what was not acknowledged goes back to the queues.",
        "Broker 因错误关闭客户端的信道，信道上未确认的消息回到队列。",
    ),
    word(
        "connection-blocked",
        "The broker stopped reading what a client publishes: memory or disk is short.",
        "内存或磁盘告警，Broker 停止读取该客户端发布的内容。",
    ),
    word(
        "connection-unblocked",
        "The broker reads from the client again.",
        "Broker 恢复读取该客户端。",
    ),
];

/// What can become of a message, and what can be counted.
pub const OUTCOMES: &[Word] = &[
    word("once", "Handled once, delivered once.", "投递一次，处理一次。"),
    word("duplicate", "The message took effect more than once.", "消息的业务效果发生了不止一次。"),
    word(
        "redelivered",
        "Delivered more than once, took effect once.",
        "投递不止一次，业务效果只发生一次。",
    ),
    word(
        "lost",
        "Acknowledged to its producer, never handled, and no longer able to reach the subscription.",
        "生产者已收到确认，但从未被处理，也再不可能到达该订阅。",
    ),
    word(
        "lost-unacknowledged",
        "Never acknowledged and never handled: the producer knows or should assume so.",
        "未获确认也未被处理：生产者知道，或应当这样假定。",
    ),
    word(
        "phantom",
        "Refused to its producer, yet handled.",
        "生产者得知发送失败，消息却被处理了。",
    ),
    word(
        "stranded",
        "Acknowledged, but its only copies are on nodes that are down or may not lead.",
        "已确认，但仅存的副本位于停机或不得担任 Leader 的节点上。",
    ),
    word("pending", "Still deliverable when the run ended.", "运行结束时仍可投递。"),
    word(
        "unsent",
        "Planned, but never handed to the client library.",
        "计划发送，但从未交给客户端库。",
    ),
    word(
        "inversions",
        "Messages first handled after a later message of the same key.",
        "在同一个键的后续消息之后才首次被处理的消息数。",
    ),
    word(
        "regressions",
        "Replays of earlier messages after later ones were handled.",
        "处理了后面的消息之后，又重放前面消息的次数。",
    ),
    word(
        "unavailable",
        "The longest span in which no progress was possible.",
        "最长的一段无法推进的时间。",
    ),
    word(
        "lag",
        "Committed messages a subscription has not handled: at the end, or at most (lag.max).",
        "订阅尚未处理的已提交消息数：结束时的值，或最大值（lag.max）。",
    ),
    word(
        "latency",
        "Time from sending to acknowledgement: latency.p50, latency.p99, latency.max.",
        "从发送到确认的时间：latency.p50、latency.p99、latency.max。",
    ),
    word(
        "elections",
        "How many times a new leader was elected after the first.",
        "首任之后又选举 Leader 的次数。",
    ),
    word(
        "vacuous",
        "A verdict: what the expectation speaks of never happened, so nothing was tested.",
        "一种判定：期望所说的事从未发生，因此什么也没有验证。",
    ),
    word(
        "inconclusive",
        "A verdict: the run was stopped by a budget before it could be judged.",
        "一种判定：运行因预算耗尽而中止，无法下结论。",
    ),
];

/// The word, be it a fact or an outcome; `dead-lettered` and the like are both and explained once.
pub fn find(name: &str) -> Option<&'static Word> {
    FACTS.iter().chain(OUTCOMES).find(|w| w.name == name)
}
