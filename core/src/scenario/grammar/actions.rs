//! What a step can do, and the fields each action takes.

use super::{Key, PACKETS, Shape};
use crate::brokers::kafka::settings::Scope;
use crate::scenario::model::Survives;

/// An action.
#[derive(Debug)]
pub struct ActionForm {
    /// The word after `do`.
    pub name: &'static str,
    /// The fields it must have.
    pub needs: &'static [&'static str],
    /// The fields it may have.
    pub takes: &'static [&'static str],
    /// Whether it lasts, so that the file must say how long: `heal` or `for`.
    pub lasts: bool,
    /// What it does, in English.
    pub en: &'static str,
    /// What it does, in Chinese.
    pub zh: &'static str,
}

macro_rules! actions {
    ($($name:literal, [$($needs:literal),*], [$($takes:literal),*], $lasts:literal, $en:literal, $zh:literal;)*) => {
        /// All actions.
        pub static ACTIONS: &[ActionForm] = &[$(ActionForm {
            name: $name,
            needs: &[$($needs),*],
            takes: &[$($takes),*],
            lasts: $lasts,
            en: $en,
            zh: $zh,
        }),*];
    };
}

actions! {
    "crash", ["node"], [], false,
        "The process dies; the page cache survives.", "进程崩溃，页缓存仍在。";
    "power-off", ["node"], ["survives"], false,
        "The machine loses power and everything that was not synced.", "机器断电，未落盘的数据全部丢失。";
    "shutdown", ["node"], [], false,
        "An orderly stop; a broker hands over its leaderships first.", "正常停止；Broker 先移交 Leader 角色。";
    "restart", ["node"], [], false,
        "Starts a stopped process; crashes and starts a running one.", "启动已停止的进程；运行中的则先崩溃再启动。";
    "pause", ["node"], ["heal", "for"], true,
        "The process stands still, as in a long garbage collection.", "进程停顿，如同一次漫长的 GC。";
    "resume", ["node"], [], false,
        "The process goes on.", "进程恢复运行。";
    "cut", ["link"], ["one-way", "heal", "for"], true,
        "Packets between the two are silently lost.", "两者之间的包被静默丢弃。";
    "heal", ["link"], [], false,
        "Ends every cut and slowness between the two.", "结束两者之间的一切中断和变慢。";
    "isolate", ["node"], ["heal", "for"], true,
        "Cuts the node off from everyone else.", "把该节点与其他所有节点隔开。";
    "reset", ["link"], [], false,
        "Connections between the two break; both ends know.", "两者之间的连接断开，双方都知道。";
    "slow-link", ["link", "latency"], ["one-way", "heal", "for"], true,
        "Another latency between the two.", "改变两者之间的时延。";
    "bandwidth", ["link", "rate"], ["heal", "for"], true,
        "Limits the bytes a second between the two.", "限制两者之间每秒的字节数。";
    "lose", ["packet"], ["link", "count"], false,
        "The connection breaks just before the next packets of this kind.", "在下一个该类包送达之前，连接断开。";
    "slow-cpu", ["node", "takes"], ["heal", "for"], true,
        "A slow processor: each packet, timer or finished fsync takes so long, and the rest waits in line.",
        "CPU 变慢：处理每个包、定时器或 fsync 完成都要这么久，其余的排队等待。";
    "slow-disk", ["node"], ["append", "sync", "heal", "for"], true,
        "A slower disk.", "磁盘变慢。";
    "full-disk", ["node"], ["heal", "for"], true,
        "Writes fail for lack of space.", "磁盘写满，写入失败。";
    "fail-disk", ["node"], [], false,
        "The log directory fails.", "日志目录失效。";
    "wipe-disk", ["node"], [], false,
        "The disk is replaced by an empty one; the node must be down.", "换上一块空盘；节点必须已停机。";
    "corrupt-tail", ["node", "partition", "records"], [], false,
        "The last records of the partition are unreadable when the node starts; it must be down.", "节点启动时，该分区末尾若干条消息已损坏；节点必须已停机。";
    "clock-jump", ["node", "by"], [], false,
        "Moves the node's clock.", "拨动节点的时钟。";
    "clock-drift", ["node", "ppm"], [], false,
        "Lets the node's clock run fast (slow if negative).", "让节点的时钟走快（负数为走慢）。";
    "elect-preferred", ["partition"], [], false,
        "The admin tool asks for the preferred leader.", "用管理工具选举首选 Leader。";
    "elect-unclean", ["partition"], [], false,
        "The admin tool asks for an unclean election.", "用管理工具发起不干净选举。";
    "reassign", ["partition", "to"], [], false,
        "The admin tool moves the replicas of a partition to other brokers.", "用管理工具把分区的副本迁移到其他 Broker。";
    "set", ["topic", "config"], [], false,
        "Changes settings of a topic while it is in use.", "在线修改 topic 的设置。";
    "burst", ["producer", "count"], [], false,
        "The producer's application sends its next messages at once.", "生产者的应用一次性发出接下来的若干条消息。";
    "fail-handler", ["consumer"], ["count", "share", "messages", "key", "exception", "heal", "for"], false,
        "The consumer's handler throws: for the next calls (count), for a share of them, or for poison messages (by name or key).",
        "消费者的处理函数抛出异常：接下来的若干次（count）、一定比例（share），或遇到毒消息（messages、key）时。";
    "slow-handler", ["consumer", "takes"], ["heal", "for"], true,
        "The consumer's handler takes another time for each message.", "消费者处理每条消息的耗时改变。";
    "say", [], [], false,
        "Nothing happens but the narration.", "什么也不做，只有旁白。";
}

macro_rules! fields {
    ($($name:literal: $shape:expr, $default:expr, $en:literal, $zh:literal;)*) => {
        /// The fields of actions; which action takes which stands in [`ACTIONS`].
        pub static FIELDS: &[Key] = &[$(Key {
            name: $name,
            shape: $shape,
            default: $default,
            en: $en,
            zh: $zh,
        }),*];
    };
}

fields! {
    "node": Shape::Role, None,
        "Who: broker-1, leader(orders/0), any follower(orders/0), checkout …",
        "对谁：broker-1、leader(orders/0)、any follower(orders/0)、checkout 等。";
    "survives": Shape::OneOf(Survives::WORDS), Some("nothing"),
        "What a power loss leaves of what was not synced: \"a prefix\" means that of each partition the first records, a random number of them, had already been written back; the last batch may be torn.",
        "断电后未落盘的数据还剩什么：\"a prefix\" 表示各分区开头的若干条（条数随机）此前已由操作系统写回磁盘，最后一个批次可能残缺。";
    "link": Shape::Link, Some("everyone"),
        "Between whom: [\"leader(orders/0)\", \"followers(orders/0)\"].",
        "在谁与谁之间：[\"leader(orders/0)\", \"followers(orders/0)\"]。";
    "one-way": Shape::Flag, Some("false"),
        "Only from the first to the second.", "只影响从前者到后者的方向。";
    "heal": Shape::Heal, Some("for"),
        "When it ends: an absolute time, or \"never\".", "何时结束：绝对时间，或 \"never\"。";
    "for": Shape::Time, Some("heal"),
        "How long it lasts.", "持续多久。";
    "latency": Shape::TimeRange, None,
        "The one-way delay.", "单向时延。";
    "rate": Shape::Bandwidth, None,
        "The bandwidth, such as \"1MiB/s\".", "带宽，如 \"1MiB/s\"。";
    "packet": Shape::OneOf(PACKETS), None,
        "The kind of packet, such as \"Produce response\".", "包的种类，如 \"Produce response\"。";
    "count": Shape::Whole(1, 50_000_000), Some("1"),
        "How many packets or messages.", "多少个包或多少条消息。";
    "append": Shape::Time, Some("as before"),
        "Time of one write into the page cache.", "写入一次页缓存所需的时间。";
    "sync": Shape::Time, Some("as before"),
        "Time of one fsync.", "一次 fsync 所需的时间。";
    "partition": Shape::Text, None,
        "A partition, such as \"orders/0\".", "分区，如 \"orders/0\"。";
    "to": Shape::Texts, None,
        "The brokers that are to have the replicas, the preferred leader first.", "副本要放在哪些 Broker 上，首选 Leader 在前。";
    "records": Shape::Whole(1, 50_000_000), None,
        "How many records.", "多少条消息。";
    "by": Shape::SignedTime, None,
        "How far, such as \"-5s\".", "拨动多少，如 \"-5s\"。";
    "ppm": Shape::Whole(-500_000, 500_000), None,
        "Parts per million.", "百万分之几。";
    "topic": Shape::Text, None,
        "The topic.", "哪个 topic。";
    "config": Shape::Settings(Scope::Topic), None,
        "The settings that change.", "要修改的设置。";
    "producer": Shape::Text, None,
        "The producer.", "哪个生产者。";
    "consumer": Shape::Text, None,
        "The consumer.", "哪个消费者。";
    "share": Shape::Text, None,
        "How many of the calls, such as \"20%\"; drawn by the seed.", "失败的比例，如 \"20%\"；由随机种子决定。";
    "messages": Shape::Texts, None,
        "Messages by name: \"m3\", or [\"m3\", \"m7\"].", "消息名：\"m3\" 或 [\"m3\", \"m7\"]。";
    "key": Shape::Text, None,
        "All messages with this key.", "带有这个 key 的所有消息。";
    "exception": Shape::Text, Some("RuntimeException"),
        "The class of the exception that is thrown: one of spring-kafka's never retried (such as DeserializationException), or one that a consumer names in not-retryable.",
        "抛出的异常类：spring-kafka 从不重试的类（如 DeserializationException），或某个消费者在 not-retryable 中列出的类。";
    "takes": Shape::Time, None,
        "How long one message, or one input of a slow processor, takes.",
        "处理一条消息，或变慢的 CPU 处理一个输入所需的时间。";
}
