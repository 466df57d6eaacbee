//! The facts that steps can wait for and expectations can count.

/// A fact, by its name in [`crate::fact::Fact::name`], and what it can be narrowed down to.
#[derive(Debug)]
pub struct FactForm {
    /// Its name.
    pub name: &'static str,
    /// Whether it is about a message.
    pub message: bool,
    /// Whether it is about a partition.
    pub lane: bool,
    /// Whether it is about a node.
    pub node: bool,
    /// Whether it is about a subscription.
    pub subscription: bool,
    /// No system that can be simulated states it yet.
    pub not_yet: bool,
    /// What it states, in English.
    pub en: &'static str,
    /// What it states, in Chinese.
    pub zh: &'static str,
}

macro_rules! facts {
    ($($name:literal $of:literal $en:literal $zh:literal;)*) => {
        /// All facts.
        pub static FACTS: &[FactForm] = &[$(FactForm {
            name: $name,
            message: of($of, b'm'),
            lane: of($of, b'l'),
            node: of($of, b'n'),
            subscription: of($of, b's'),
            not_yet: of($of, b'!'),
            en: $en,
            zh: $zh,
        }),*];
    };
}

const fn of(letters: &str, letter: u8) -> bool {
    let letters = letters.as_bytes();
    let mut i = 0;
    while i < letters.len() {
        if letters[i] == letter {
            return true;
        }
        i += 1;
    }
    false
}

facts! {
    "sent" "mn" "the application called send()" "应用调用了 send()";
    "attempted" "mln" "the client put the message on the wire" "客户端把消息发了出去";
    "retried" "mn" "the client met an error and will send again" "客户端遇到错误，将重发";
    "acknowledged" "mln" "the application was told that the message is stored" "应用得知消息已写入";
    "refused" "mn" "the application got a definite error" "应用收到明确的失败";
    "unknown" "mn" "the application got an error that leaves the fate open" "应用收到结果不明的错误";
    "blocked" "n" "send() blocks for lack of memory" "内存不足，send() 阻塞";
    "unblocked" "n" "send() goes on" "send() 恢复";
    "appended" "mln" "the leader appended the message" "Leader 写入了消息";
    "replicated" "mln" "a follower appended the message" "Follower 写入了消息";
    "deduplicated" "mln" "the broker recognised a retry" "Broker 识别出重试";
    "committed" "mln" "the high watermark passed the message" "高水位越过了消息";
    "rejected" "mln" "the broker refused the message" "Broker 拒绝了消息";
    "truncated" "ln" "a replica cut off the end of its log" "副本截断了日志末尾";
    "rolled-back" "ln" "a power loss or a damaged disk took the end of a log" "断电或磁盘损坏使日志的末尾丢失";
    "wiped" "ln" "a copy is gone with its disk, or because the partition moved away" "一份副本随磁盘消失，或因分区迁走而删除";
    "expired" "ln" "a replica deleted the oldest part of its log" "副本删除了日志最旧的部分";
    "compacted" "mln" "compaction removed the message from a replica's log" "压缩从副本的日志中移除了消息";
    "elected" "ln" "the controller decided who leads" "控制器决定了 Leader";
    "took-over" "ln" "a broker began to lead" "Broker 开始担任 Leader";
    "stepped-down" "ln" "a broker learned that it no longer leads" "Broker 得知自己不再是 Leader";
    "isr-shrunk" "l" "the in-sync replica set became smaller" "ISR 缩小";
    "isr-expanded" "l" "the in-sync replica set became larger" "ISR 扩大";
    "reassigned" "l" "the replicas of a partition have moved" "分区的副本迁移完成";
    "under-min-isr" "l" "acks=all writes are refused for want of replicas" "ISR 不足，acks=all 的写入被拒绝";
    "registered" "n" "the controller knows the broker" "Broker 已向控制器注册";
    "fenced" "n" "the controller no longer counts on the broker" "控制器隔离了 Broker";
    "unfenced" "n" "the controller counts on the broker again" "控制器解除了隔离";
    "controller-candidate" "n" "a controller stands for election" "控制器参选";
    "controller-elected" "n" "a majority of the controllers elected one" "控制器选出了 Leader";
    "controller-active" "n" "a node took over as the controller" "节点开始担任主控制器";
    "controller-resigned" "n" "a controller holds its office no longer" "控制器不再在任";
    "metadata-truncated" "n" "a controller cut uncommitted metadata records" "控制器截断了未提交的元数据";
    "transaction-begun" "n" "the coordinator knows of a client's open transaction" "协调者登记了客户端的事务";
    "transaction-committed" "n" "a client's transaction is decided: commit" "客户端的事务决定提交";
    "transaction-aborted" "n" "a client's transaction is decided: abort" "客户端的事务决定中止";
    "transaction-completed" "n" "every partition of a transaction has its marker" "事务涉及的分区都有了标记";
    "marker-written" "ln" "a leader wrote down how a transaction ended" "Leader 写入了事务结束的标记";
    "aborted" "mln" "the message is void: its transaction was aborted" "消息作废：所属事务被中止";
    "processed" "mlns" "the application finished with the message inside its transaction" "应用在事务内处理完消息";
    "producer-fenced" "n" "a client learned that another has its transactional.id" "客户端得知 transactional.id 已被他人接管";
    "session-expired" "n" "ZooKeeper ended a broker's session" "ZooKeeper 结束了 Broker 的会话";
    "registration-refused" "n" "a broker could not register while its earlier session lasts" "Broker 因旧会话尚在而注册失败";
    "controller-refused" "n" "a broker refused a request of a replaced controller" "Broker 拒绝了已被取代的控制器的请求";
    "stopped" "n" "a process ended" "进程结束";
    "started" "n" "a process started" "进程启动";
    "paused" "n" "a process stands still" "进程停顿";
    "resumed" "n" "a process goes on" "进程恢复";
    "cut" "n" "packets no longer arrive" "包不再送达";
    "healed" "n" "packets arrive again" "包重新送达";
    "disconnected" "n" "a connection broke" "连接断开";
    "disk-state" "n" "a disk changed its behaviour" "磁盘状态改变";
    "storage-failed" "ln" "a log directory went offline" "日志目录离线";
    "delivered" "mlns" "the consumer's application got the message" "消费者的应用拿到了消息";
    "handled" "mlns" "the application finished with the message" "应用处理完了消息";
    "failed" "mlns" "the application failed on the message" "应用处理消息失败";
    "positioned" "lns" "the consumer's next read was placed" "确定了下一次读取的位置";
    "offset-committed" "ls" "progress was stored" "进度已提交";
    "offset-expired" "ls" "a group's progress was deleted: it had no members for too long" "消费组太久没有成员，进度被删除";
    "commit-failed" "lns" "storing the progress failed" "提交进度失败";
    "joined" "ns" "the coordinator took a consumer into the group" "协调者接纳消费者入组";
    "member-left" "ns" "the coordinator no longer counts on a member" "协调者不再承认某个成员";
    "rebalancing" "s" "a rebalance began" "再均衡开始";
    "rebalanced" "s" "a rebalance is over" "再均衡完成";
    "assigned" "lns" "a consumer got a partition" "消费者分到分区";
    "revoked" "lns" "a consumer gave a partition up" "消费者交出分区";
    "partitions-lost" "lns" "a consumer learned that a partition is no longer its own" "消费者得知分区已不归自己";
    "member-fenced" "ns" "a consumer learned that its group no longer counts on it" "消费者得知消费组不再承认它";
    "dead-lettered" "ms" "the message was set aside" "消息进入死信";
    "dropped" "mls" "the message was discarded by a rule" "消息按规则被丢弃";
    "forwarding" "mlns" "a consumer publishes the message to a dead-letter or retry topic" "消费者把消息转发到死信 topic 或重试 topic";
    "forwarded" "mlns" "the message stands in that topic" "消息已写入该 topic";
    "forward-failed" "mlns" "publishing it there failed" "转发失败";
    "unroutable" "mn!" "no queue matched the message" "没有队列匹配这条消息";
    "returned" "mn!" "the producer got the message back (basic.return)" "消息被退回给生产者（basic.return）";
    "settled" "mln!" "the queue let go of the message: a consumer has it" "消费者已确认，队列删除消息";
    "requeued" "mln!" "a message that was handed out is back in its queue" "已投递的消息回到队列";
    "not-recovered" "mln!" "a node started and does not have the message any more" "节点重启后没有恢复这条消息";
    "consuming" "lns!" "the broker registered a consumer at a queue" "Broker 在队列上登记了消费者";
    "consumer-cancelled" "lns!" "a consumer is registered no longer" "消费者不再登记在队列上";
    "channel-closed" "n!" "the broker closed a client's channel with an error" "Broker 因错误关闭了客户端的信道";
    "connection-blocked" "n!" "the broker reads nothing more of what a client publishes" "Broker 停止读取客户端发布的内容";
    "connection-unblocked" "n!" "it reads again" "Broker 恢复读取";
}
