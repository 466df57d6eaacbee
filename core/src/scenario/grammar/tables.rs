//! The tables of a scenario file and their keys.

use super::{Key, Shape, TableForm};
use crate::brokers::kafka::settings::Scope;

const COUNT: i64 = 50_000_000;

/// Declares a table.
macro_rules! table {
    ($(#[$meta:meta])* $table:ident = $name:literal, $en:literal, $zh:literal;
     $($key:literal: $shape:expr, $default:expr, $key_en:literal, $key_zh:literal;)*) => {
        $(#[$meta])*
        pub static $table: TableForm = TableForm {
            name: $name,
            en: $en,
            zh: $zh,
            keys: &[$(Key {
                name: $key,
                shape: $shape,
                default: $default,
                en: $key_en,
                zh: $key_zh,
            }),*],
        };
    };
}

table! {
    /// The whole file.
    ROOT = "file", "A scenario file.", "一个场景文件。";
    "scenario": Shape::Table(&SCENARIO), None,
        "What the file is about and how a run ends.", "文件讲什么，一次运行何时结束。";
    "network": Shape::Table(&NETWORK), Some("0.2 to 0.3 ms each way"),
        "The network between all nodes.", "所有节点之间的网络。";
    "disk": Shape::Table(&DISK), Some("5us and 2ms"),
        "The disk of every broker.", "每个 Broker 的磁盘。";
    "kafka": Shape::Table(&KAFKA), Some("three brokers"),
        "The Kafka cluster.", "Kafka 集群。";
    "topic": Shape::Tables(&TOPIC), Some("none"),
        "A topic.", "一个 topic。";
    "producer": Shape::Tables(&PRODUCER), Some("none"),
        "A producer process.", "一个生产者进程。";
    "consumer": Shape::Tables(&CONSUMER), Some("none"),
        "A consumer process.", "一个消费者进程。";
    "step": Shape::Tables(&STEP), Some("none"),
        "Something that is done to the world, once.", "对系统做的一件事，只做一次。";
    "nemesis": Shape::Tables(&NEMESIS), Some("none"),
        "Faults that the seed draws.", "由随机种子决定的故障。";
    "predict": Shape::Tables(&PREDICT), Some("none"),
        "A question put to the learner before the outcome.", "在结果出现之前向学习者提的问题。";
    "expect": Shape::Table(&EXPECT), None,
        "What must come out. A file that expects nothing proves nothing.",
        "必须得到的结果。没有预期的文件什么也证明不了。";
    "what-if": Shape::Tables(&WHAT_IF), Some("none"),
        "A variant that is run beside the file and compared with it.",
        "与原场景并排运行、互相比较的变体。";
    "matrix": Shape::Table(&MATRIX), Some("none"),
        "All combinations of some settings.", "若干设置的所有组合。";
}

table! {
    /// `[scenario]`
    SCENARIO = "scenario", "What the file is about and how a run ends.", "文件讲什么，一次运行何时结束。";
    "system": Shape::OneOf(&["kafka"]), None,
        "The system that is simulated.", "所模拟的系统。";
    "title": Shape::Bilingual, None,
        "One line that says the claim.", "一句话说出结论。";
    "ask": Shape::Bilingual, Some("nothing"),
        "The question the lesson puts.", "本课提出的问题。";
    "answer": Shape::Bilingual, Some("nothing"),
        "The moral, in one or two sentences.", "结论，一两句话。";
    "notes": Shape::Bilingual, Some("nothing"),
        "Notes for the teacher.", "给教师的说明。";
    "teaches": Shape::Texts, Some("none"),
        "The concepts shown, such as acks or isr.", "涉及的概念，如 acks、isr。";
    "shows": Shape::Texts, Some("none"),
        "Rows of the curriculum and of the anomaly catalogue this file shows.",
        "对应课程大纲和异常目录中的条目。";
    "level": Shape::OneOf(&["beginner", "intermediate", "advanced"]), Some("beginner"),
        "How much a learner should know before.", "学习者应有的基础。";
    "seed": Shape::Whole(0, i64::MAX), Some("1"),
        "The seed for which the exact expectations hold.", "精确预期所对应的随机种子。";
    "ends": Shape::Text, Some("\"quiet\""),
        "A time; or \"quiet\", when nothing is left to happen (\"quiet within 60s\" sets the latest time, otherwise 10 minutes).",
        "结束时间；或 \"quiet\"，即再无事情发生（\"quiet within 60s\" 设定最晚时间，默认 10 分钟）。";
    "max-events": Shape::Whole(1, 1_000_000_000), Some("2000000"),
        "The run is stopped, inconclusive, after this many events.",
        "超过这么多事件就停止，结果记为无法判定。";
}

table! {
    /// `[network]`
    NETWORK = "network", "The network between all nodes.", "所有节点之间的网络。";
    "latency": Shape::TimeRange, Some("[\"200us\", \"300us\"]"),
        "The one-way delay of every link: fixed, or drawn between two bounds.",
        "每条链路的单向时延：固定值，或在两个界限之间取值。";
}

table! {
    /// `[disk]`
    DISK = "disk", "The disk of every broker.", "每个 Broker 的磁盘。";
    "append": Shape::Time, Some("5us"),
        "Time of one write into the page cache.", "写入一次页缓存所需的时间。";
    "sync": Shape::Time, Some("2ms"),
        "Time of one fsync.", "一次 fsync 所需的时间。";
}

table! {
    /// `cost-model = {…}`
    COST_MODEL = "cost-model", "The machine every node runs on, where processors, disks and network cards cost time. The constants stand in `core/src/brokers/kafka/cost.rs`.", "每个节点所在的机器：CPU、磁盘和网卡都要花时间。常数见 `core/src/brokers/kafka/cost.rs`。";
    "disk": Shape::OneOf(&["sequential", "random"]), Some("sequential"),
        "Whether the log's writes and reads are next to each other on the disk, or each needs a seek.",
        "日志的读写在磁盘上是连续的，还是每次都要寻道。";
    "page-cache": Shape::Flag, Some("true"),
        "Whether writes end in the page cache and reads come from it; otherwise the disk is waited for.",
        "写入是否止于页缓存、读取是否来自页缓存；否则每次都要等磁盘。";
    "zero-copy": Shape::Flag, Some("true"),
        "Whether the broker sends from the page cache with sendfile(), or reads into its memory and writes to the socket (as with TLS).",
        "Broker 是否用 sendfile() 直接从页缓存发送；否则先读进内存、再写进 socket（如启用 TLS 时）。";
    "disk-rate": Shape::Bandwidth, Some("600MB/s"), "Bytes a second of the disk.", "磁盘每秒的字节数。";
    "seek": Shape::Time, Some("10ms"), "One seek of the disk.", "磁盘寻道一次的时间。";
    "network-rate": Shape::Bandwidth, Some("1250MB/s"), "Bytes a second of each network card.", "每块网卡每秒的字节数。";
}

table! {
    /// `[kafka]`
    KAFKA = "kafka", "The Kafka cluster.", "Kafka 集群。";
    "brokers": Shape::Whole(1, 60), Some("3"),
        "Brokers broker-1, broker-2, …", "Broker 的数量，依次名为 broker-1、broker-2……";
    "controllers": Shape::Whole(1, 5), Some("1"),
        "Controllers controller-1, …; of three or five a majority must agree on every change.",
        "控制器的数量，依次名为 controller-1……；有三个或五个时，每次变更都要多数派同意。";
    "version": Shape::Text, Some("\"3.9\""),
        "The release whose rules and defaults hold.", "采用哪个版本的规则和默认值。";
    "coordination": Shape::OneOf(&["kraft", "zookeeper"]), Some("kraft"),
        "Who keeps the cluster's metadata. With zookeeper there is the node zookeeper-1 and no controller node: one of the brokers is the controller. It is modelled up to 2.6, so version is 2.5 unless the file names an older one.",
        "由谁保存集群元数据。用 zookeeper 时没有单独的控制器节点，而有节点 zookeeper-1，由某个 Broker 担任控制器。模拟到 2.6 为止，因此 version 默认为 2.5，也可写更旧的版本。";
    "broker": Shape::Settings(Scope::Broker), Some("the real defaults"),
        "Broker settings, the same on every broker.", "Broker 设置，所有 Broker 相同。";
    "truncation": Shape::OneOf(&["high-watermark", "leader-epoch"]), Some("as in the release"),
        "How a follower makes its log agree with a new leader's.",
        "Follower 如何让日志与新 Leader 保持一致。";
    "hw-needs-min-isr": Shape::Flag, Some("as in the release: since 3.7"),
        "Whether the high watermark stands still below min.insync.replicas.",
        "ISR 低于 min.insync.replicas 时高水位是否停止前进。";
    "cost-model": Shape::Table(&COST_MODEL), Some("everything but links and disks costs nothing"),
        "Switches the cost model on: processor time of requests, batches and bytes, copies, system calls, disk and network card; `cost-model = {}` with the usual machine.",
        "打开开销模型：请求、批次和字节的 CPU 时间，内存拷贝、系统调用、磁盘与网卡；`cost-model = {}` 即采用常见的机器。";
    "eligible-leader-replicas": Shape::Flag, Some("as in the release: since 4.1"),
        "Whether the controller remembers replicas that left the ISR below min.insync.replicas and still have everything committed (KIP-966), and takes a replica that restarts uncleanly out of both lists. The real switch is the feature eligible.leader.replicas.version.",
        "控制器是否记住 ISR 低于 min.insync.replicas 之后退出、但仍拥有全部已提交消息的副本（KIP-966），并把非正常重启的副本从两份名单中除去。真实系统中由 feature eligible.leader.replicas.version 控制。";
}

table! {
    /// `[[topic]]`
    TOPIC = "topic", "A topic.", "一个 topic。";
    "name": Shape::Text, None, "Its name.", "名称。";
    "partitions": Shape::Whole(1, 10_000), Some("num.partitions of the brokers"),
        "How many partitions it has.", "分区数。";
    "replication-factor": Shape::Whole(1, 60), Some("default.replication.factor of the brokers"),
        "Replicas of each partition.", "每个分区的副本数。";
    "assignment": Shape::Assignment, Some("spread evenly"),
        "The brokers of each partition, the preferred leader first.",
        "每个分区放在哪些 Broker 上，首选 Leader 在前。";
    "config": Shape::Settings(Scope::Topic), Some("the brokers' values"),
        "Topic settings.", "topic 级设置。";
}

table! {
    /// `[[producer]]`
    PRODUCER = "producer", "A producer process.", "一个生产者进程。";
    "name": Shape::Text, None, "Its name.", "名称。";
    "to": Shape::Text, None, "The topic it sends to.", "发送到哪个 topic。";
    "config": Shape::Settings(Scope::Producer), Some("the real defaults"),
        "Client settings.", "客户端设置。";
    "sends": Shape::Table(&SENDS), None, "What it sends.", "发送什么。";
    "start": Shape::Time, Some("0s"), "When the process starts.", "进程启动的时间。";
}

table! {
    /// `sends = {…}`
    SENDS = "sends", "What a producer's application sends, and when.", "生产者的应用发送什么、何时发送。";
    "count": Shape::Whole(0, COUNT), None,
        "How many messages: m1, m2, … (checkout.m1, … where several producers send).",
        "消息条数：m1、m2……（有多个生产者时为 checkout.m1……）。";
    "every": Shape::Time, Some("10ms"),
        "Time between two calls of send().", "两次 send() 之间的间隔。";
    "rate": Shape::Rate, Some("every"),
        "The same as a rate, such as \"10/s\".", "同上，用速率表示，如 \"10/s\"。";
    "start": Shape::Time, Some("0s"),
        "When the first call happens.", "第一次调用的时间。";
    "key": Shape::Keys, Some("no key"),
        "The key of message n: a text in which {n} is n and {n%3} its remainder, or a list used in turn.",
        "第 n 条消息的 key：文本中的 {n} 代表 n，{n%3} 代表余数；也可以是轮流使用的列表。";
    "partition": Shape::Whole(0, 9_999), Some("by key"),
        "Sends every message to this partition.", "所有消息都发到这个分区。";
    "size": Shape::Size, Some("100B"),
        "Size of key and value together.", "key 和 value 的总大小。";
    "tombstones": Shape::Texts, Some("none"),
        "Messages without a value: on a compacted topic they delete their key.",
        "没有 value 的消息（墓碑）：在压缩 topic 中删除对应的 key。";
    "resend": Shape::Whole(0, 1_000_000), Some("0"),
        "How often the application itself calls send() again for a message after an error.",
        "出错后应用自己对同一条消息再次调用 send() 的次数上限。";
    "transaction": Shape::Whole(1, COUNT), Some("1, with a transactional.id"),
        "How many messages one transaction has. The producer needs a transactional.id; its messages count as acknowledged when commitTransaction() returns.",
        "一个事务包含多少条消息。生产者须设置 transactional.id；commitTransaction() 返回后消息才算得到确认。";
    "abort-every": Shape::Whole(1, COUNT), Some("none"),
        "The application aborts every n-th transaction of its own will.",
        "应用每隔 n 个事务就主动中止一个。";
    "on-restart": Shape::OneOf(&["continue", "resend"]), Some("continue"),
        "What the application does when its process starts again: go on with the next message, or first send everything again that it has not seen acknowledged, as from an outbox.",
        "进程重新启动后应用怎么办：接着发下一条（continue），或先把没有见到确认的消息全部重发一遍（resend），如同读取 outbox 表。";
}

table! {
    /// `[[consumer]]`
    CONSUMER = "consumer", "A consumer process.", "一个消费者进程。";
    "name": Shape::Text, None, "Its name.", "名称。";
    "group": Shape::Text, Some("its name"),
        "The group it joins: its members share the partitions. A group whose members start with the cluster is found already formed.",
        "所属消费组，组内成员分担各分区。成员随集群一起启动的消费组，一开始就已成形。";
    "assign": Shape::Flag, Some("false"),
        "It takes all partitions of its topics by hand (assign()), is in no group, and uses the group for its offsets only.",
        "用 assign() 手动取得 topic 的所有分区，不加入消费组，只用组名保存位点。";
    "from": Shape::Texts, None, "The topics it reads.", "消费哪些 topic。";
    "to": Shape::Text, Some("nothing is written"),
        "The topic to which it writes one message for each that it handles: billing.m3 of group billing is made of m3.",
        "每处理一条消息就向这个 topic 写出一条：消费组 billing 由 m3 生成的消息名为 billing.m3。";
    "producer": Shape::Settings(Scope::Producer), Some("the real defaults"),
        "With to: settings of the producer it writes with.", "与 to 连用：所用生产者的设置。";
    "config": Shape::Settings(Scope::Consumer), Some("the real defaults"),
        "Client settings.", "客户端设置。";
    "handles": Shape::Table(&HANDLES), Some("1ms, automatic commits"),
        "What its application does with a message.", "应用如何处理消息。";
    "start": Shape::Time, Some("0s"), "When the process starts.", "进程启动的时间。";
}

table! {
    /// `handles = {…}`
    HANDLES = "handles", "What a consumer's application does with a message.", "消费者的应用如何处理消息。";
    "takes": Shape::Time, Some("1ms"),
        "How long one message takes.", "处理一条消息所需的时间。";
    "commit": Shape::OneOf(&["before", "after", "each", "auto", "never", "transaction"]), Some("auto"),
        "When progress is stored: before the batch is handled, after it, after each message, by the client itself, never, or in the transaction that writes what was made of the batch. Anything but auto means enable.auto.commit = false.",
        "何时保存进度：处理一批之前、之后、每条之后、由客户端自动提交、从不，或在写出结果的同一个事务中（transaction）。除 auto 外都意味着 enable.auto.commit = false。";
    "on-abort": Shape::OneOf(&["seek-back", "go-on"]), Some("seek-back"),
        "With commit = \"transaction\": after an abort the application seeks every partition back to its committed offset, or forgets to and polls on.",
        "用于 commit = \"transaction\"：事务中止后，应用把各分区 seek 回已提交的位点（seek-back），或忘了这一步、继续 poll（go-on）。";
    "asynchronous": Shape::Flag, Some("false"),
        "The application hands each batch to another thread and polls on.",
        "应用把每批消息交给别的线程，自己继续 poll。";
    "on-failure": Shape::OneOf(&["stop", "skip", "retry", "seek-back", "retry-topics"]),
        Some("stop; with asynchronous handling skip, as an executor does"),
        "What the application does when its handler throws: end the process, log it and go on, try again on the spot, seek back to the first unhandled message and poll again as spring-kafka's DefaultErrorHandler does, or send the record on to a retry topic as its @RetryableTopic does.",
        "处理函数抛出异常时应用怎么办：进程退出（stop）、记日志后继续（skip）、原地重试（retry）、像 spring-kafka 的 DefaultErrorHandler 那样 seek 回第一条未处理的消息重新拉取（seek-back），或像 @RetryableTopic 那样把消息转发到重试 topic（retry-topics）。";
    "back-off": Shape::Time, Some("0s; retry-topics: 1s"),
        "How long the application sleeps before it tries again; with retry-topics, how long a record waits in the first retry topic.",
        "重试之前等多久；retry-topics 下指消息在第一个重试 topic 里等多久。";
    "back-off-multiplier": Shape::Whole(1, 1_000), Some("1"),
        "Each further pause is so many times the one before it (ExponentialBackOff).",
        "之后每次停顿是上一次的多少倍（ExponentialBackOff）。";
    "back-off-max": Shape::Time, Some("no limit"),
        "The longest pause.", "停顿的上限。";
    "attempts": Shape::Whole(1, 1_000_000), Some("retry: no limit; seek-back: 10; retry-topics: 3"),
        "After so many failures of a message the recoverer takes it. Counted in memory, except with retry-topics.",
        "同一条消息失败这么多次之后交给 recoverer。次数只记在内存里，retry-topics 除外。";
    "not-retryable": Shape::Texts, Some("those of spring-kafka"),
        "Classes of exceptions with which a message goes to the recoverer at once, besides spring-kafka's own (DeserializationException, ClassCastException …).",
        "抛出这些类的异常时，消息直接交给 recoverer；spring-kafka 自带的几类（DeserializationException、ClassCastException 等）总在其中。";
    "recoverer": Shape::OneOf(&["log", "dead-letter"]), Some("log; retry-topics: dead-letter"),
        "What becomes of a message that is not tried again: logged and skipped (its fate is dropped), or published to a dead-letter topic by a producer in the same process.",
        "不再重试的消息怎么办：记日志后跳过（结局为 dropped），或由同一进程里的生产者发布到死信 topic。";
    "dead-letter-topic": Shape::Text, Some("the topic's name with -dlt"),
        "The dead-letter topic. A record goes to the partition with the number it came from, if there is one.",
        "死信 topic。消息进入与原分区编号相同的分区（如果有）。";
    "publisher": Shape::Settings(Scope::Producer), Some("the real defaults"),
        "Settings of the producer that sends failed records on.",
        "转发失败消息的那个生产者的设置。";
    "idempotent": Shape::Flag, Some("false"),
        "The effect and the message's id are stored in one database transaction; a message whose id is there already changes nothing.",
        "业务结果与消息 ID 写在同一个数据库事务中；ID 已存在的消息不再产生任何作用。";
}

table! {
    /// `[[step]]`; the fields of actions stand in [`super::FIELDS`].
    STEP = "step", "Something that is done to the world, once.", "对系统做的一件事，只做一次。";
    "at": Shape::Time, Some("after or before"),
        "The time of the step.", "执行的时间。";
    "after": Shape::Anchor, Some("at or before"),
        "The fact after which it happens.", "在哪个事实发生之后执行。";
    "before": Shape::Anchor, Some("at or after"),
        "The fact just before which it happens.", "在哪个事实发生之前一刻执行。";
    "delay": Shape::Time, Some("0s"),
        "With after: the time between the fact and the step.", "与 after 连用：事实发生后再等多久。";
    "do": Shape::Text, None, "The action.", "做什么。";
    "say": Shape::Bilingual, Some("nothing"),
        "The narration.", "旁白。";
    "label": Shape::Text, Some("none"),
        "A name by which what-ifs leave the step out or change it.",
        "名称，供 what-if 去掉或修改这一步。";
}

table! {
    /// `[[nemesis]]`
    NEMESIS = "nemesis",
        "Faults that the seed draws, for runs with many seeds. What was drawn is printed as steps.",
        "由随机种子决定的故障，适合用许多种子运行。所选故障会以步骤的形式打印出来。";
    "faults": Shape::Whole(1, 1_000), None,
        "How many.", "故障的个数。";
    "kinds": Shape::Texts, Some("crash, pause and isolate"),
        "Actions to draw from: crash, power-off, restart, pause, isolate, cut, slow-link, slow-disk, slow-cpu, clock-jump.",
        "从哪些动作中选取：crash、power-off、restart、pause、isolate、cut、slow-link、slow-disk、slow-cpu、clock-jump。";
    "node": Shape::Role, Some("brokers"),
        "Whom they strike.", "作用于哪些节点。";
    "from": Shape::Time, Some("0s"),
        "When the first may begin.", "最早何时开始。";
    "until": Shape::Time, None,
        "When the last may begin.", "最晚何时开始。";
    "lasts": Shape::TimeRange, Some("1s..5s"),
        "How long each lasts; a crashed process starts again after that time.",
        "每个故障持续多久；崩溃的进程过这么久再启动。";
    "restarts": Shape::Flag, Some("true"),
        "Whether crashed processes are started again.", "崩溃的进程是否重新启动。";
}

table! {
    /// `[[predict]]`
    PREDICT = "predict", "A question put to the learner before the outcome.", "在结果出现之前向学习者提的问题。";
    "at": Shape::Moment, None,
        "When it is asked: a time, or a fact.", "何时提问：一个时间，或一个事实。";
    "ask": Shape::Bilingual, None, "The question.", "问题。";
    "options": Shape::Tables(&OPTION), None,
        "The answers on offer.", "备选答案。";
    "because": Shape::Bilingual, Some("nothing"),
        "Why the right one is right.", "正确答案为何正确。";
}

table! {
    /// An entry of `options`.
    OPTION = "options", "An answer on offer.", "一个备选答案。";
    "en": Shape::Text, None, "The answer in English.", "英文答案。";
    "zh": Shape::Text, None, "The answer in Chinese.", "中文答案。";
    "holds": Shape::Sentence, None,
        "The answer is right if this holds at the end of the run.",
        "运行结束时此句成立，则该答案正确。";
    "belief": Shape::Bilingual, Some("nothing"),
        "The belief behind the answer, named when it is wrong.",
        "选择该答案背后的想法，答错时指出。";
}

table! {
    /// `[expect]`
    EXPECT = "expect", "What must come out.", "必须得到的结果。";
    "this-run": Shape::Sentences, Some("none"),
        "Sentences that hold at the end of the run with the file's own seed.",
        "以文件自带的种子运行，结束时成立的句子。";
    "throughout": Shape::Sentences, Some("none"),
        "Sentences that hold after every event.", "每个事件之后都成立的句子。";
    "over-seeds": Shape::Sentences, Some("none"),
        "Sentences about runs with many seeds.", "针对许多种子运行结果的句子。";
}

table! {
    /// `[[what-if]]`
    WHAT_IF = "what-if", "A variant that is run beside the file.", "与原场景并排运行的变体。";
    "name": Shape::Text, None, "Its name.", "名称。";
    "title": Shape::Bilingual, Some("nothing"), "What it shows.", "说明什么。";
    "set": Shape::Changes, Some("nothing"),
        "Settings by address, such as \"producer.checkout.acks\" = \"all\".",
        "按地址修改设置，如 \"producer.checkout.acks\" = \"all\"。";
    "without": Shape::Texts, Some("none"),
        "Labels of steps that are left out.", "去掉哪些步骤（写步骤的 label）。";
    "expect": Shape::Sentences, Some("none"),
        "Sentences that hold at the end of the variant's run.", "该变体运行结束时成立的句子。";
}

table! {
    /// `[matrix]`
    MATRIX = "matrix", "All combinations of some settings.", "若干设置的所有组合。";
    "axis": Shape::Tables(&AXIS), None, "A setting and its values.", "一个设置及其取值。";
    "expect": Shape::Sentences, Some("none"),
        "What comes out of combinations without sentences of their own.",
        "没有单独预期的组合应得到的结果。";
    "cell": Shape::Tables(&CELL), Some("none"),
        "Some combinations with sentences of their own.", "有单独预期的组合。";
}

table! {
    /// `[[matrix.axis]]`
    AXIS = "axis", "A setting and its values.", "一个设置及其取值。";
    "setting": Shape::Text, None,
        "The address, as in set of a what-if.", "地址，写法同 what-if 的 set。";
    "values": Shape::Values, None, "The values.", "取值。";
    "label": Shape::Text, Some("the address"),
        "What it is called in the table.", "在表格中的名称。";
}

table! {
    /// `[[matrix.cell]]`
    CELL = "cell", "Combinations with sentences of their own.", "有单独预期的组合。";
    "when": Shape::Changes, None,
        "Values of some axes by their labels; axes not named may have any value.",
        "按名称指定某些轴的取值；未指定的轴可取任意值。";
    "expect": Shape::Sentences, None,
        "What comes out of these combinations.", "这些组合应得到的结果。";
}
