//! What is said about a scenario file, in Chinese.
//!
//! Diagnostics are written in English where a mistake is found. This table has each of those
//! sentences a second time, written for Chinese readers; `{}` stands for what differs from case to
//! case. What Kafka itself says (its reasons for refusing a setting) stays as Kafka says it, so that
//! it can be searched for.

mod syntax;

use super::diagnostic::Diagnostic;
use super::grammar::{FIELDS, ROOT, Shape, TableForm};

/// English and Chinese. `{}` in the English is a hole; `{1}`, `{2}` in the Chinese are what filled
/// the first and the second one. Of several entries that fit, the most literal one counts.
#[rustfmt::skip]
const SENTENCES: &[(&str, &str)] = &[
    // What something is, as it stands inside other sentences.
    ("a text", "文本"),
    ("a number", "数字"),
    ("a word", "单词"),
    ("a whole number", "整数"),
    ("a decimal number", "小数"),
    ("a fraction", "比例"),
    ("true or false", "true 或 false"),
    ("a date", "日期"),
    ("a list", "列表"),
    ("a table", "表"),
    ("a time", "时间"),
    ("a size", "大小"),
    ("a message", "消息"),
    ("a partition", "分区"),
    ("a node", "节点"),
    ("a consumer group", "消费组"),
    ("a group", "消费组"),
    ("a name", "名称"),
    ("a key", "key"),
    ("a fate", "结局"),
    ("the message", "消息"),
    ("the partition", "分区"),
    ("the node", "节点"),
    ("the group", "消费组"),
    ("the name", "名称"),
    ("the condition", "条件"),
    ("the end of the text", "文本结束"),
    ("a quantity", "一个数量"),
    ("a comparison", "比较符号"),
    ("milliseconds", "毫秒"),
    ("seconds", "秒"),
    ("a list of texts", "文本列表"),
    ("a list of tables", "表的列表"),
    ("a list of two nodes", "两个节点的列表"),
    ("a list with a list of brokers a partition", "列表，每个分区一个 Broker 列表"),
    ("a list with at least one value", "至少含一个值的列表"),
    ("a text or a list of texts", "文本或文本列表"),
    ("a text in `en` and `zh`", "分 `en` 和 `zh` 的文本"),
    ("a table of settings", "由设置组成的表"),
    ("a table of axes and values", "由轴和取值组成的表"),
    ("a table of addresses and values", "由地址和取值组成的表"),
    ("the name of a topic", "topic 的名称"),
    ("the name of a fact", "事实的名称"),
    ("the name of a what-if", "what-if 的名称"),
    ("the number of a replica", "副本的序号"),
    ("a number of replicas", "副本数"),
    ("one of {}", "{1} 之一"),
    ("a time such as {}, or two bounds such as {}", "时间（如 {1}），或上下界（如 {2}）"),
    ("a time such as {}", "时间，如 {1}"),
    ("a size such as {}", "大小，如 {1}"),
    ("a rate such as {}", "速率，如 {1}"),
    ("a bandwidth such as {}", "带宽，如 {1}"),
    ("a share such as {}", "比例，如 {1}"),
    ("a node such as {}", "节点，如 {1}"),
    ("a fact such as {}", "事实，如 {1}"),
    ("a text such as {}", "文本，如 {1}"),
    ("a sentence such as {}", "句子，如 {1}"),
    ("expected {}", "应为{1}"),

    // Files.
    ("the file is empty", "文件是空的"),
    ("copy one of those that `mqlab list` shows, from the folder scenarios", "可以从 scenarios 目录复制一个 `mqlab list` 列出的场景"),
    ("byte {} is not UTF-8 text", "第 {1} 字节不是 UTF-8 文本"),
    ("save the file with the encoding UTF-8", "请以 UTF-8 编码保存文件"),
    ("a scenario file has at most 1 MiB, and this has {} bytes", "场景文件最大 1 MiB，而这个文件有 {1} 字节"),
    ("a scenario says what happens in a few dozen lines; is this the right file?", "场景文件通常只有几十行，是不是选错了文件？"),
    ("not valid TOML: {}", "不是合法的 TOML：{1}"),
    ("not valid TOML", "不是合法的 TOML"),
    ("a key stands once in its table; of tables that may be repeated, each begins with two brackets, as in `[[step]]`", "同一个表里一个键只能写一次；可以重复的表，每个都以两层方括号开头，如 `[[step]]`"),
    ("write at most 9223372036854775807", "最大可写 9223372036854775807"),
    ("a text stands in quotes, a number, `true` and `false` without", "文本要加引号；数字、`true` 和 `false` 不加"),
    ("a text ends on its line, with a quote; a backslash in it is written twice", "文本要在同一行内以引号结束；其中的反斜杠要写两个"),
    ("and {} more mistakes like these", "另有 {1} 处类似的错误"),

    // Tables, keys, values.
    ("`{}` is missing in `{}`", "`{2}` 缺少 `{1}`"),
    ("a scenario file has no `{}`", "场景文件没有 `{1}` 这一项"),
    ("`{}` has no key `{}`", "`{1}` 没有 `{2}` 这个键"),
    ("`{}` has no {} text", "`{1}` 没有{2}文本"),
    ("`{}` is no possible name", "`{1}` 不能作名称"),
    ("a name has 1 to 249 letters, digits, dots, dashes and underscores", "名称由 1 到 249 个字母、数字、点、短横线或下划线组成"),
    ("write `[[{}]]` with two brackets", "请写成两层方括号：`[[{1}]]`"),
    ("{} times `{}` is too much", "`{2}` 有 {1} 个，太多了"),
    ("a file has at most {}", "一个文件最多 {1} 个"),
    ("`{}` is not modelled yet", "尚未模拟 `{1}`"),
    ("only Kafka scenarios can be run for now", "目前只能运行 Kafka 场景"),
    ("only `kafka` can be simulated for now", "目前只能模拟 `kafka`"),
    ("`{}` is at most {}, and {} is more", "`{1}` 最大为 {2}，{3} 超出了"),
    ("`{}` is at least {}, and {} is less", "`{1}` 最小为 {2}，{3} 不够"),
    ("`{}` has no unit", "`{1}` 没有写单位"),
    ("`{}` cannot be `{}`", "`{1}` 不能是 `{2}`"),
    ("it is one of {}", "可以是 {1}"),
    ("`{}` is set twice", "`{1}` 设置了两次"),
    ("the first one", "第一处"),
    ("`{}` is a real {} setting, but not modelled yet", "`{1}` 确实是 Kafka 的 {2} 设置，但尚未模拟"),
    ("leave it out; it would have no effect here", "请去掉；它在这里不起作用"),
    ("Kafka has no {} setting `{}`", "Kafka 没有名为 `{2}` 的 {1} 设置"),
    ("it is a {} setting", "它是 {1} 设置"),
    ("did you mean the node `{}`?", "是不是指节点 `{1}`？"),
    ("did you mean `{}`?", "是不是 `{1}`？"),
    ("write {} as a number and a unit, such as {}", "请把{1}写成数字加单位，如 {2}"),
    ("{} cannot be negative", "{1}不能为负"),
    ("`{}` is not a unit of {}", "`{1}` 不是{2}的单位"),
    ("time", "时间"),
    ("size", "大小"),
    ("the units are {}", "单位有 {1}"),
    ("`{}` is too large or too precise", "`{1}` 过大或过于精确"),
    ("`{}` is too long", "`{1}` 太长了"),
    ("write at most {}", "最大可写 {1}"),
    ("the default is {}", "默认值是 {1}"),
    ("`{}` counts whole {}, and `{}` is none", "`{1}` 以整{2}计，`{3}` 不是整数"),
    ("write a whole number of {}", "请写整数，单位为{1}"),
    ("write a plain number", "请直接写数字"),
    ("write true or false without quotes", "请写 true 或 false，不加引号"),
    ("write a rate such as {}", "请写速率，如 {1}"),
    ("write a bandwidth such as {}", "请写带宽，如 {1}"),
    ("write a share such as {}", "请写比例，如 {1}"),
    ("write a time such as {}, or {}", "请写时间，如 {1}，或者 {2}"),
    ("`/{}` is not a rate", "`/{1}` 不是速率"),
    ("`{}` is not a rate", "`{1}` 不是速率"),
    ("`{}` is not a possible rate", "`{1}` 不可能作为速率"),
    ("`{}` is not a bandwidth", "`{1}` 不是带宽"),
    ("a bandwidth of 0 never moves anything", "带宽为 0 则什么也传不动"),
    ("`{}` is not a share", "`{1}` 不是比例"),
    ("`{}` is not between 0% and 100%", "`{1}` 不在 0% 到 100% 之间"),
    ("the range from {} to {} is empty", "从 {1} 到 {2} 的范围是空的"),
    ("write the smaller bound first", "请把较小的写在前面"),
    ("`{}` takes a fraction in thousandths, not {}", "`{1}` 的比例最多三位小数，不能是 {2}"),
    ("write a number from 0 to 1 with at most three places, such as 0.5", "请写 0 到 1 之间、最多三位小数的数，例如 0.5"),
    ("write a number such as 0.5", "请写一个数，例如 0.5"),
    ("a partition needs a broker", "分区至少需要一个 Broker"),
    ("a tombstone deletes a key, and these messages have none", "墓碑用来删除 key，而这些消息没有 key"),
    ("give them a `key`", "请为它们写上 `key`"),
    ("`{}` takes {}, not {}", "`{1}` 应为{2}，而不是{3}"),
    ("`{}` is {}, not {}", "`{1}` 应为{2}，而不是{3}"),

    // The cluster.
    ("in ZooKeeper mode one of the brokers is the controller", "ZooKeeper 模式下，控制器由某个 Broker 担任"),
    ("leave `controllers` out", "请去掉 `controllers`"),
    ("Kafka {} has no ZooKeeper mode", "Kafka {1} 已没有 ZooKeeper 模式"),
    ("ZooKeeper mode of Kafka {} is not modelled: since 2.7 leaders ask the controller for ISR changes (KIP-497)", "未模拟 Kafka {1} 的 ZooKeeper 模式：从 2.7 起，Leader 改为向控制器申请 ISR 变更（KIP-497）"),
    ("write `version = \"2.5\"` or an older one", "请写 `version = \"2.5\"` 或更旧的版本"),
    ("eligible leader replicas exist with KRaft only", "只有 KRaft 才有 eligible leader replicas"),
    ("`{}` means nothing in {} mode", "`{1}` 在 {2} 模式下没有意义"),
    ("leave it out, or write `coordination = \"{}\"`", "请去掉它，或写 `coordination = \"{1}\"`"),
    ("topic settings do not change during a run in ZooKeeper mode", "ZooKeeper 模式下，topic 设置在运行期间不能更改"),
    ("write `{}`, or leave it out", "请写 `{1}`，或者不写"),
    ("{} brokers and {} controllers are more than {} servers", "{1} 个 Broker 加 {2} 个控制器，超过了 {3} 台服务器的上限"),
    ("{} controllers survive no more failures than {}: a majority is {}", "{1} 个控制器能承受的故障数并不比 {2} 个多：多数派需要 {3} 个"),
    ("Kafka allows it; 3 or 5 controllers are usual", "Kafka 允许这样设置；通常用 3 个或 5 个控制器"),
    ("`{}` changes nothing with one controller", "只有一个控制器时，`{1}` 不起任何作用"),
    ("write `controllers = 3`, or leave the setting out", "请写 `controllers = 3`，或去掉这个设置"),
    ("Kafka `{}` is not among the modelled releases", "所模拟的版本中没有 Kafka `{1}`"),
    ("the releases whose rules differ are {}", "规则有别的版本是 {1}"),
    ("min.insync.replicas = {} is more than the {} replicas there are", "min.insync.replicas = {1}，超过了仅有的 {2} 个副本"),
    ("Kafka allows it, and refuses every write with acks=all", "Kafka 允许这样设置，但会拒绝所有 acks=all 的写入"),
    ("all topics together have at most {} partitions", "所有 topic 的分区总数最多 {1} 个"),
    ("a replica needs a broker of its own", "每个副本要放在不同的 Broker 上"),
    ("{} replica lists do not fit {} partition(s)", "{1} 个副本列表对不上 {2} 个分区"),
    ("`{}` holds the partition twice", "`{1}` 上放了两次同一个分区"),
    ("there is no broker `{}`", "没有名为 `{1}` 的 Broker"),
    ("{} brokers for {} replica(s)", "{2} 个副本却列了 {1} 个 Broker"),
    ("`replication-factor` says how many each list has", "每个列表的长度由 `replication-factor` 决定"),
    ("eligible leader replicas are complete only because the high watermark stands still below min.insync.replicas", "ELR 中的副本之所以完整，是因为 ISR 低于 min.insync.replicas 时高水位停止前进"),
    ("they need `hw-needs-min-isr = true`, as every release since 3.7 has it", "需要 `hw-needs-min-isr = true`，3.7 以来的版本都是如此"),
    ("Kafka refuses this: {}", "Kafka 会拒绝：{1}"),
    ("choose among {}", "可选：{1}"),
    ("`{}` stands in {} twice", "`{1}` 在 {2} 中出现了两次"),
    ("`{}` has no effect with assign = true", "assign = true 时 `{1}` 不起作用"),
    ("a consumer with partitions assigned by hand is in no group", "手工分配分区的消费者不属于任何消费组"),
    ("`{}` ({}) is real, but not modelled yet", "`{1}`（{2}）确实存在，但尚未模拟"),
    ("use classic", "请用 classic"),
    ("a simulated cluster has no room for more; Kafka has", "模拟的集群放不下更多；真实的 Kafka 可以"),
    ("Kafka warns: {}", "Kafka 会警告：{1}"),
    ("together with this", "与这一项冲突"),
    ("leave `retries` out, or write {} = false", "请去掉 `retries`，或写 {1} = false"),
    ("write acks = {}, or {} = false", "请写 acks = {1}，或 {2} = false"),
    ("write 5 or less, or {} = false", "请写 5 或更小，或 {1} = false"),
    ("lengthen it, or shorten {} ({} by default)", "请加长，或缩短 {1}（默认 {2}）"),
    ("lengthen {} ({} by default), or shorten {} ({} by default)", "请加长 {1}（默认 {2}），或缩短 {3}（默认 {4}）"),
    ("write a third of {} or less", "请写 {1} 的三分之一或更小"),

    // Clients.
    ("there are two topics `{}`", "有两个名为 `{1}` 的 topic"),
    ("there are two nodes `{}`", "有两个名为 `{1}` 的节点"),
    ("all producers together send at most {} messages", "所有生产者合计最多发送 {1} 条消息"),
    ("`rate` and `every` say the same thing", "`rate` 和 `every` 说的是同一件事"),
    ("keep one of them", "请只留一个"),
    ("a message has at most 1GiB", "一条消息最大 1GiB"),
    ("an empty list gives no keys", "空列表给不出 key"),
    ("write \"{}\" for three keys in turn", "轮流使用三个 key 可写 \"{1}\""),
    ("there are at most {} different keys", "不同的 key 最多 {1} 个"),
    ("a key has at most 1000 bytes", "key 最长 1000 字节"),
    ("`{` is not closed", "`{` 没有闭合"),
    ("`{}` divides by no possible number", "`{1}` 中的除数不合法"),
    ("`{}` means nothing in a key", "`{1}` 在 key 中没有意义"),
    ("a consumer reads at least one topic", "消费者至少要读一个 topic"),
    ("`{}` stands here twice", "`{1}` 写了两遍"),
    ("a second member of group `{}` is not modelled yet", "尚未模拟消费组 `{1}` 的第二个成员"),
    ("give each consumer a group of its own", "请给每个消费者一个单独的消费组"),
    ("with enable.auto.commit = false the application has to commit", "enable.auto.commit = false 时必须由应用提交"),
    ("say when: {}, or {}", "请写明何时提交：{1}，或 {2}"),
    ("`commit = \"auto\"` needs enable.auto.commit = true", "`commit = \"auto\"` 要求 enable.auto.commit = true"),
    ("switched off here", "在这里关闭"),
    ("switched on here", "在这里开启"),
    ("the client commits by itself, so the application cannot say when", "客户端会自动提交，应用无法再决定何时提交"),
    ("leave out `commit`, or set enable.auto.commit = false", "请去掉 `commit`，或设 enable.auto.commit = false"),
    ("an exception on another thread does not reach the thread that polls", "别的线程抛出的异常传不到 poll 线程"),
    ("write on-failure = \"skip\" or \"retry\", or leave out `asynchronous`", "请写 on-failure = \"skip\" 或 \"retry\"，或去掉 `asynchronous`"),
    ("`{}` is about trying again, and this application does not", "`{1}` 只在重试时有用，而这个应用不重试"),
    ("write on-failure = \"retry\" or \"seek-back\"", "请写 on-failure = \"retry\" 或 \"seek-back\""),
    ("a recoverer runs on the thread that polls, and the handler does not", "recoverer 在 poll 线程上运行，而处理函数不在"),
    ("leave out `asynchronous` or `recoverer`", "请去掉 `asynchronous` 或 `recoverer`"),
    ("`{}` is about records that are sent on, and none is", "`{1}` 只在转发失败消息时有用，而这里不转发"),
    ("write recoverer = \"dead-letter\"", "请写 recoverer = \"dead-letter\""),
    ("failed records go to the topic `{}`, and there is none", "失败的消息要进 topic `{1}`，但没有这个 topic"),
    ("add `[[topic]]` with name = \"{}\"", "请添加 `[[topic]]`，name = \"{1}\""),
    ("{} or more retry topics are more than {}", "{1} 个或更多的重试 topic 超过了上限 {2}"),
    ("lower `attempts`, or set `back-off-max`: equal pauses share a topic", "请减小 `attempts`，或设置 `back-off-max`：停顿相同的共用一个 topic"),
    ("a bandwidth such as \"600MB/s\"", "带宽，例如 \"600MB/s\""),
    ("`{}` of which node?", "`{1}`：哪个节点？"),
    ("write the node in parentheses: `{}(broker-1)`", "请把节点写在括号里：`{1}(broker-1)`"),
    ("no consumer knows the exception `{}`", "没有消费者认识异常 `{1}`"),
    ("name it in some consumer's `not-retryable`, or leave `exception` out", "请把它写进某个消费者的 `not-retryable`，或去掉 `exception`"),
    ("`{}` is about transactions, and this producer has none", "`{1}` 与事务有关，而这个生产者没有事务"),
    ("`on-abort` is about transactions, and this application has none", "`on-abort` 与事务有关，而这个应用没有事务"),
    ("write commit = \"transaction\"", "请写 commit = \"transaction\""),
    ("give it a name: `{}`", "请为它设置事务 ID：`{1}`"),
    ("`commit = \"transaction\"` needs a topic to write to", "`commit = \"transaction\"` 需要一个写出的 topic"),
    ("say where to: `to = \"invoices\"`", "请写明写到哪里：`to = \"invoices\"`"),
    ("settings of a producer, and nothing is written", "这里是生产者的设置，但没有写出任何消息"),
    ("a consumer that writes to a topic it reads never comes to an end", "消费者写入自己读取的 topic，将永无止境"),
    ("write to another topic", "请写到另一个 topic"),
    ("an application that writes commits once for all messages of a poll", "写出消息的应用，每次 poll 的一批消息只提交一次"),
    ("write commit = \"after\" or \"transaction\", without asynchronous", "请写 commit = \"after\" 或 \"transaction\"，并去掉 asynchronous"),
    ("transactions need a `transactional.id`", "事务需要 `transactional.id`"),
    ("add `{}`", "请加上 `{1}`"),
    ("an application that writes cannot also send failed records on here", "这里写出消息的应用不能同时转发失败的消息"),
    ("leave out `to`, or write recoverer = \"log\"", "请去掉 `to`，或写 recoverer = \"log\""),
    ("`{}` does nothing where a transaction is aborted", "事务中止时 `{1}` 不起作用"),
    ("leave it out: what is aborted is read again every time", "请去掉它：中止的消息每次都会重新读取"),
    ("a producer with a `transactional.id` writes in transactions only", "设置了 `transactional.id` 的生产者只能在事务中写入"),
    ("write handles = { commit = \"transaction\" }", "请写 handles = { commit = \"transaction\" }"),
    ("leave it out, or take a later version", "请去掉它，或换用较新的版本"),
    ("leave `{}` out", "请去掉 `{1}`"),
    ("no client has the transactional.id `{}`", "没有客户端使用 transactional.id `{1}`"),
    ("there are no transactions before Kafka 0.11", "Kafka 0.11 之前没有事务"),

    // Steps.
    ("there are two steps `{}`", "有两个名为 `{1}` 的步骤"),
    ("this step never happens: the run ends at {}", "这一步永远不会执行：运行在 {1} 结束"),
    ("some of these faults never happen: the run ends at {}", "其中有些故障不会发生：运行在 {1} 结束"),
    ("there is no action `{}`", "没有名为 `{1}` 的动作"),
    ("the actions are {}", "可用的动作有 {1}"),
    ("`{}` is no fault that can be drawn", "`{1}` 不是可以随机选取的故障"),
    ("an empty list gives nothing to draw from", "空列表中没有可选的故障"),
    ("it takes nothing", "它不带参数"),
    ("it takes {}", "它可以带 {1}"),
    ("`{}` takes no `{}`", "`{1}` 不带 `{2}`"),
    ("`slow-disk` needs `append` or `sync`, or both", "`slow-disk` 需要 `append` 或 `sync`，也可以都写"),
    ("`{}` needs `{}`", "`{1}` 需要 `{2}`"),
    ("when does this step happen?", "这一步何时执行？"),
    ("`{}` are too much", "同时写 `{1}` 太多了"),
    ("a step has exactly one of `at`, `after` and `before`", "每个步骤要写 `at`、`after`、`before` 之一"),
    ("`delay` only goes with `after`", "`delay` 只能与 `after` 连用"),
    ("the action `{}` is not modelled yet", "尚未模拟动作 `{1}`"),
    ("`{}` is about disks, and clients have none", "`{1}` 针对磁盘，而客户端没有磁盘"),
    ("a node has no link to itself", "节点与自己之间没有链路"),
    ("write `link = {}`", "请写 `link = {1}`"),
    ("`heal` and `for` both say when it ends", "`heal` 和 `for` 都在说何时结束"),
    ("said here already", "这里已经写过"),
    ("how long does `{}` last?", "`{1}` 持续多久？"),
    ("add `for = \"3s\"`, `heal = \"12s\"` (a time of the run), or `heal = \"never\"`", "请加上 `for = \"3s\"`、`heal = \"12s\"`（运行中的时刻），或 `heal = \"never\"`"),
    ("a fault lasts longer than no time at all", "故障的持续时间不能为零"),
    ("it ends at {}, and does not begin before {}", "它在 {1} 结束，却不早于 {2} 开始"),
    ("it begins here", "从这里开始"),
    ("`heal` is a time of the run; for a length write `for`", "`heal` 是运行中的时刻；持续时间请用 `for`"),
    ("a slow processor takes some time for each input", "CPU 变慢时，处理每个输入总要花些时间"),
    ("which calls of the handler fail?", "处理函数的哪些调用会失败？"),
    ("{} say different things", "{1} 说的不是一回事"),
    ("write one of {}", "请写其中之一：{1}"),
    ("an empty list names no messages", "空列表没有指明任何消息"),
    ("a prediction needs at least two options", "预测题至少要有两个选项"),
    ("a run takes some time", "运行时间不能为零"),

    // Names.
    ("there is no producer `{}`", "没有名为 `{1}` 的生产者"),
    ("there is no consumer group `{}`", "没有名为 `{1}` 的消费组"),
    ("there is no consumer `{}`", "没有名为 `{1}` 的消费者"),
    ("there is no node `{}`", "没有名为 `{1}` 的节点"),
    ("there is no topic `{}`", "没有名为 `{1}` 的 topic"),
    ("there is no partition `{}`", "没有分区 `{1}`"),
    ("there is no `{}` here", "这里没有 `{1}`"),
    ("no message has the key `{}`", "没有消息使用 key `{1}`"),
    ("`{}` is never sent", "`{1}` 从未发送"),
    ("{} sends {} to {}", "{1} 发送 {2} 到 {3}"),
    ("no producer sends anything", "没有生产者发送消息"),
    ("its only partition is `{}`", "它只有一个分区 `{1}`"),
    ("its partitions are `{}` to `{}`", "它的分区是 `{1}` 到 `{2}`"),
    ("`{}` is a topic, and here stands a partition", "`{1}` 是 topic，这里应写分区"),
    ("there is only `{}`", "只有 `{1}`"),
    ("there are `{}` to `{}`", "有 `{1}` 到 `{2}`"),
    ("there is none in this file", "这个文件里一个也没有"),
    ("there is {}", "有 {1}"),
    ("there are {}", "有 {1}"),

    // Facts and roles.
    ("`{}` is part of the vocabulary, but not modelled yet", "`{1}` 属于词汇表，但尚未模拟"),
    ("there is no fact `{}`", "没有名为 `{1}` 的事实"),
    ("the scenario reference lists all facts", "场景参考手册列出了全部事实"),
    ("`{}` is not about {}", "`{1}` 与{2}无关"),
    ("it can be narrowed down by {}", "可以用来限定它的有：{1}"),
    ("{} is given twice", "{1}给了两次"),
    ("`#{}` counts nothing", "`#{1}` 数不出什么"),
    ("count from 1: `#2` is the second", "从 1 数起：`#2` 是第二次"),
    ("`{}` has no size", "`{1}` 没有大小"),
    ("only `isr-shrunk` and `isr-expanded` take `to`", "只有 `isr-shrunk` 和 `isr-expanded` 可以带 `to`"),
    ("`{}` is no number of replicas", "`{1}` 不是副本数"),
    ("`{}` of which?", "哪一个的 `{1}`？"),
    ("write {} in parentheses: `{}`", "请在括号中写明{1}：`{2}`"),
    ("{} has no replica number `{}`", "{1} 没有第 `{2}` 个副本"),
    ("its replicas are numbered 1 to {}", "它的副本编号为 1 到 {1}"),
    ("`{}` is not a role", "`{1}` 不是角色"),
    ("the roles are {}", "角色有 {1}"),

    // Sentences.
    ("the file expects nothing", "文件没有写任何预期"),
    ("add `[expect]` with `{}`: what must come out?", "请加上 `[expect]` 和 `{1}`：应该得到什么结果？"),
    ("add `{}`: what must come out?", "请加上 `{1}`：应该得到什么结果？"),
    ("`{}` has at most {} sentences", "`{1}` 最多 {2} 个句子"),
    ("`{}` speaks about many runs", "`{1}` 说的是多次运行"),
    ("such sentences stand in `{}`", "这样的句子写在 `{1}` 中"),
    ("`{}` cannot hold after every event", "`{1}` 不可能在每个事件之后都成立"),
    ("a word or a number is missing here", "这里缺少一个词或数字"),
    ("this number is too large", "数字太大"),
    ("a share is no count", "比例不是计数"),
    ("shares are asked of many runs: `{}`", "比例针对多次运行：`{1}`"),
    ("`{}` can only stand at the start of a sentence", "`{1}` 只能放在句首"),
    ("`{}` is not an outcome", "`{1}` 不是结果词"),
    ("to count facts, write `{}`", "要数事实，请写 `{1}`"),
    ("the scenario reference lists all outcomes", "场景参考手册列出了全部结果词"),
    ("`{}` is what producers are told, and this is a consumer group", "`{1}` 说的是生产者得知的结果，而这里是消费组"),
    ("`{}` of which partition?", "哪个分区的 `{1}`？"),
    ("write the partition in parentheses: `{}`", "请在括号中写明分区：`{1}`"),
    ("which partition on `{}`?", "`{1}` 上的哪个分区？"),
    ("which partition?", "哪个分区？"),
    ("write the partition first: `{}`", "请先写分区：`{1}`"),
    ("{} is no broker and holds no log", "{1} 不是 Broker，没有日志"),
    ("here stands one node, and this may be several", "这里只能写一个节点，而它可能是好几个"),
    ("`{}` has several partitions, and sums over a topic are not modelled yet", "`{1}` 有多个分区，尚不支持对整个 topic 求和"),
    ("name a partition, such as `{}`", "请指明分区，如 `{1}`"),
    ("the sentence is empty", "句子是空的"),
    ("write a sentence such as `{}`", "请写一个句子，如 `{1}`"),
    ("within which time?", "在多长时间之内？"),
    ("end the sentence with `within 5s`", "请在句末加上 `within 5s`"),
    ("this sentence is not complete", "句子不完整"),
    ("there is no what-if `{}`", "没有名为 `{1}` 的 what-if"),
    ("`{}` is written `{}`", "`{1}` 应写作 `{2}`"),
    ("too many parentheses", "括号太多"),
    ("there is no `not`", "没有 `not`"),
    ("turn the comparison round: `!=` for `==`", "请把比较反过来：用 `!=` 代替 `==`"),
    ("compared with what?", "与什么比较？"),
    ("a range is written `1..=3`", "范围写作 `1..=3`"),
    ("a range stands between two numbers", "范围要写在两个数字之间"),
    ("a range needs `==`", "范围要与 `==` 连用"),
    ("this range is empty", "范围是空的"),
    ("a node is compared with a node", "节点只能与节点比较"),
    ("a time needs a unit", "时间要写单位"),
    ("write `5s` or `250ms`", "请写 `5s` 或 `250ms`"),
    ("a time is compared with a count", "时间不能与计数比较"),
    ("this says nothing about the run", "这句话与运行无关"),
    ("a fate is or is not: `==`, `!=`", "结局只能用 `==` 或 `!=` 比较"),
    ("`{}` is not a fate", "`{1}` 不是结局"),
    ("the fates are {}", "结局有 {1}"),
    ("equality is written `==`", "相等写作 `==`"),
    ("a comparison is missing here", "这里缺少比较符号"),
    ("write a time, such as `{}`", "请写时间，如 `{1}`"),
    ("write a number, such as `{}`", "请写数字，如 `{1}`"),
    ("a sentence has at most {} bytes", "句子最长 {1} 字节"),
    ("the quote is not closed", "引号没有闭合"),
    ("`{}` means nothing here", "`{1}` 在这里没有意义"),
    ("`{}` is missing after {}", "{2}之后缺少 `{1}`"),
    ("{} is missing", "缺少{1}"),
    ("this is too much", "这部分是多余的"),

    // Variants.
    ("`{}` is no address", "`{1}` 不是地址"),
    ("an address is a table and a key, such as `{}`", "地址由表和键组成，如 `{1}`"),
    ("no address begins with `{}`", "没有以 `{1}` 开头的地址"),
    ("addresses begin with {}", "地址以 {1} 开头"),
    ("`{}` is a whole {}; which of its keys?", "`{1}` 是整个 {2}，要改其中哪个键？"),
    ("there is no step with the label `{}`", "没有 label 为 `{1}` 的步骤"),
    ("no step has a `label` yet", "还没有步骤写过 `label`"),
    ("a matrix has at most {} combinations", "矩阵最多 {1} 种组合"),
    ("the matrix expects nothing", "矩阵没有写任何预期"),
    ("add `{}`, or cells with sentences of their own", "请加上 `{1}`，或者为格子单独写句子"),
    ("`{}` has two axes", "`{1}` 有两个轴"),
    ("the other axis", "另一个轴"),
    ("there is no axis `{}`", "没有名为 `{1}` 的轴"),
    ("`{}` is never `{}`", "`{1}` 从不为 `{2}`"),
    ("its values are {}", "它的取值有 {1}"),
    ("all variants together are too much for one file", "所有变体加起来太多，一个文件放不下"),
    ("with this change: {}", "改成这样之后：{1}"),
    ("this line no longer fits", "这一行不再成立"),
    ("there are two what-ifs `{}`", "有两个名为 `{1}` 的 what-if"),
    ("this what-if changes nothing", "这个 what-if 什么也没改"),
    ("say what is different: `{}`", "请写明有何不同：`{1}`"),
    // What many runs came to, from the outside in.
    ("held in {}; first with seed {}", "{1}；最先出现于种子 {2}"),
    ("held in {}", "{1}"),
    ("{} of {} seeds ({}, 95% interval {} to {})", "{2} 个种子中有 {1} 个成立（{3}，95% 区间 {4} 至 {5}）"),
    ("{} of {} seeds, {} vacuous", "{2} 个种子中有 {1} 个成立，{3} 个空成立"),
    ("{} of {} seeds, {} inconclusive", "{2} 个种子中有 {1} 个成立，{3} 个无法判定"),
    ("{} of {} seeds, {} in error", "{2} 个种子中有 {1} 个成立，{3} 个出错"),
    ("{} of {} seeds", "{2} 个种子中有 {1} 个成立"),
    ("{} of {} seed", "{2} 个种子中有 {1} 个成立"),

    // What runs came to, and why a step had no effect.
    ("the last fault has not healed", "最后一个故障还没有恢复"),
    ("not within {}, when the run ended", "到运行结束时仍未在 {1} 之内成立"),
    ("not within {}", "没有在 {1} 之内成立"),
    ("not watched during the run", "运行中没有观察"),
    ("a share needs many seeds", "比例需要用许多种子运行"),
    ("what-if {} was not run", "没有运行 what-if {1}"),
    ("no message was sent in either", "两边都没有发送消息"),
    ("all {} fates equal", "{1} 个结局全部相同"),
    ("{} for {}: {} here, {} there", "{1} 对 {2}：这边 {3}，那边 {4}"),
    ("{} was read by no such subscription", "这个订阅没有读取 {1}"),
    ("{} was never sent", "{1} 从未发送"),
    ("its scope is not something that facts tell", "事实无法按这个范围统计"),
    ("false at {}, after event {}", "在 {1}、事件 {2} 之后不成立"),
    ("only plain conditions can hold throughout", "只有简单条件才能全程成立"),
    ("never had a value", "从来没有值"),
    ("true until the run was stopped", "到运行中止为止一直成立"),
    ("true after every event", "每个事件之后都成立"),
    ("the step in line {} happens", "第 {1} 行的步骤得到执行"),
    ("what it waits for was never stated, or the run ended before", "它等待的事实没有出现，或运行已先结束"),
    ("no connection between them", "两者之间没有连接"),
    ("nobody is meant at this moment", "此刻没有符合的节点"),
    ("no link is meant at this moment", "此刻没有符合的链路"),
    ("{} is not running", "{1} 没有在运行"),
    ("{} is not paused", "{1} 没有停顿"),
    ("{} is not down", "{1} 没有停机"),
    ("{} has no value", "{1} 没有值"),

    ("`{}` is not {}", "`{1}` 不是{2}"),
    ("there is no {} `{}`", "没有名为 `{2}` 的 {1}"),
    ("add `{}`", "请加上 `{1}`"),
    ("{} is not modelled yet", "尚未模拟 {1}"),
    ("write `{}`", "请写 `{1}`"),
    ("write {}", "请写{1}"),
];

/// The sentence in Chinese, if it is one of those that are said about scenario files and runs.
pub fn in_chinese(text: &str) -> Option<String> {
    // What a missing key is for stands in the grammar, in both languages.
    let of_action = FIELDS.iter().find(|f| f.en == text).map(|f| f.zh);
    if let Some(said) = of_action.or_else(|| of_grammar(&ROOT, text)) {
        return Some(said.to_owned());
    }
    if let Some(said) = syntax::in_chinese(text) {
        return Some(said);
    }
    let fitting = SENTENCES.iter().filter_map(|(en, zh)| Some((filled(en, text)?, *zh, en)));
    let literal = |en: &str| en.len() - 2 * en.matches("{}").count();
    let (holes, chinese, _) = fitting.max_by_key(|(.., en)| literal(en))?;
    // What fills a hole may itself look like one: keys are written `{n}`.
    let mut said = String::with_capacity(chinese.len());
    let mut rest = chinese;
    while let Some(at) = rest.find('{') {
        let number = rest[at + 1..].find('}').map(|end| &rest[at + 1..at + 1 + end]);
        let hole = number.and_then(|n| holes.get(n.parse::<usize>().ok()?.checked_sub(1)?));
        let (Some(number), Some(hole)) = (number, hole) else {
            said.push_str(&rest[..=at]);
            rest = &rest[at + 1..];
            continue;
        };
        said.push_str(&rest[..at]);
        said.push_str(&in_chinese(hole).unwrap_or_else(|| (*hole).to_owned()));
        rest = &rest[at + number.len() + 2..];
    }
    said.push_str(rest);
    Some(said)
}

/// What the grammar says of a key.
fn of_grammar(table: &TableForm, text: &str) -> Option<&'static str> {
    table.keys.iter().find_map(|key| {
        if key.en == text {
            return Some(key.zh);
        }
        match key.shape {
            Shape::Table(inner) | Shape::Tables(inner) => of_grammar(inner, text),
            _ => None,
        }
    })
}

/// What fills the holes of a sentence, if `text` is that sentence.
fn filled<'t>(sentence: &str, text: &'t str) -> Option<Vec<&'t str>> {
    let mut pieces = sentence.split("{}");
    let mut rest = text.strip_prefix(pieces.next()?)?;
    let pieces: Vec<&str> = pieces.collect();
    let mut holes = Vec::with_capacity(pieces.len());
    for (n, piece) in pieces.iter().enumerate() {
        let last = n + 1 == pieces.len();
        let end = match (last, piece.is_empty()) {
            (true, true) => rest.len(),
            (true, false) => {
                rest.len().checked_sub(piece.len()).filter(|_| rest.ends_with(piece))?
            }
            _ => rest.find(piece)?,
        };
        holes.push(&rest[..end]);
        rest = &rest[end + piece.len()..];
    }
    (rest.is_empty() && holes.iter().all(|h| !h.is_empty())).then_some(holes)
}

/// The diagnostic with everything that is said for people in Chinese. Where a sentence has no
/// Chinese (what Kafka says, rare words of the TOML parser), it stays as it is.
pub fn diagnostic(diagnostic: &Diagnostic) -> Diagnostic {
    let said = |text: &str| in_chinese(text).unwrap_or_else(|| text.to_owned());
    Diagnostic {
        message: said(&diagnostic.message),
        label: said(&diagnostic.label),
        help: diagnostic.help.as_deref().map(said),
        related: diagnostic.related.as_ref().map(|(at, why)| (at.clone(), said(why))),
        ..diagnostic.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sentence with its holes filled by words that are no sentences.
    fn example(sentence: &str, hole: impl Fn(usize) -> String) -> String {
        let mut pieces = sentence.split("{}");
        let first = pieces.next().unwrap_or_default().to_owned();
        pieces.enumerate().fold(first, |text, (n, piece)| text + &hole(n + 1) + piece)
    }

    #[test]
    fn every_entry_can_be_reached() {
        for (en, zh) in SENTENCES {
            let said = in_chinese(&example(en, |n| format!("<{n}>")));
            let holes = en.matches("{}").count();
            let wanted = (1..=holes)
                .fold((*zh).to_owned(), |zh, n| zh.replace(&format!("{{{n}}}"), &format!("<{n}>")));
            assert_eq!(said.as_ref(), Some(&wanted), "{en}");
        }
    }

    #[test]
    fn every_hole_is_filled_in_chinese_too() {
        for (en, zh) in SENTENCES {
            let holes = en.matches("{}").count();
            for n in 1..=holes {
                assert!(zh.contains(&format!("{{{n}}}")), "{en}: {zh}");
            }
            assert!(!zh.contains(&format!("{{{}}}", holes + 1)), "{en}: {zh}");
        }
    }

    #[test]
    fn what_fills_a_hole_is_said_in_chinese_where_it_can_be() {
        let said = in_chinese("`brokers` is a whole number, not a text");
        assert_eq!(said.as_deref(), Some("`brokers` 应为整数，而不是文本"));
    }

    #[test]
    fn what_looks_like_a_hole_is_none_where_a_person_wrote_it() {
        let said = in_chinese("`{2}` has no key `{1}`");
        assert_eq!(said.as_deref(), Some("`{2}` 没有 `{1}` 这个键"));
    }

    /// The usual slips in a TOML file, as the parser words them now: its next version may word them
    /// otherwise, and then the table has to follow.
    #[test]
    fn the_usual_syntax_errors_are_said_in_chinese() {
        let slips = [
            "a = \"open",
            "a = 'open",
            "a = \"\"\"open",
            "a = open",
            "a = open text",
            "a = \"x\" \"y\"",
            "a = ",
            "a",
            "= 1",
            "a = = 1",
            "a == 1",
            "a = 1 2",
            "a 1",
            "a = 1\na = 2",
            "[a]\n[a]",
            "[a",
            "[[a]",
            "[]",
            "[a]]",
            "a = [1, 2",
            "a = [1 2]",
            "a = [1,, 2]",
            "a = [b = 1]",
            "a = { b = 1",
            "a = { b = 1 c = 2 }",
            "a = { b = 1,, c = 2 }",
            "a = { = 1 }",
            "a = { b }",
            "a = True",
            "a = tru",
            "a = 1_",
            "a = 01",
            "a = 99999999999999999999",
            "a = 0xzz",
            "a = +-1",
            "a = 1.2.3",
            "a = \"\\q\"",
            "a = \"\\u12\"",
            "a.b = 1\na = 2",
            "a = 1\na.b = 2",
            "k\u{e9}y = 1",
            "a = 1 # x\u{1}",
            "a = [1]]",
            "a = {}}",
            "a = 1,",
        ];
        for slip in slips {
            let parsed = super::super::parse("slip.toml", slip);
            let errors: Vec<_> = parsed.diagnostics.iter().filter(|d| d.code == "syntax").collect();
            assert!(!errors.is_empty(), "{slip}");
            for error in errors {
                let said = diagnostic(error).message;
                let (_, why) = said.split_once('：').expect("the reason follows a colon");
                let unquoted: String = why.split('`').step_by(2).collect();
                let words = unquoted.split(|c: char| !c.is_ascii_alphabetic());
                let known = ["", "true", "false", "Unicode", "integer"];
                let english: Vec<&str> = words.filter(|w| !known.contains(w)).collect();
                assert!(english.is_empty(), "{slip}: {said}");
            }
        }
    }
}
