//! `[[producer]]` and `[[consumer]]`.

use super::cluster::refused;
use super::failures::{forwarding, habit};
use crate::brokers::kafka::client::consumer::FailureHabit;
use crate::brokers::kafka::settings::{Scope, resolve_consumer, resolve_producer};
use crate::fact::{KeyId, MessageBlock, MessageId, NodeId, SubscriptionId};
use crate::kernel::Span;
use crate::scenario::diagnostic::{Diagnostic, Report};
use crate::scenario::document::{Node, Table, Value};
use crate::scenario::model::{CommitMode, Consumer, Handles, KafkaCluster, Producer, Sends, Topic};
use crate::scenario::names::{Names, NodeKind};
use crate::scenario::reader::{Given, Reader, pairs, with_unit, wrong_type};
use crate::scenario::units;

/// The most producers, and the most consumers.
const MOST_CLIENTS: usize = 1_000;
/// The most messages of all producers together.
const MOST_MESSAGES: u32 = 50_000_000;
/// The most distinct business keys.
const MOST_KEYS: u64 = 100_000;

/// Reads producers and consumers. All producers get their node numbers before the consumers.
pub fn clients(
    file: &Reader<'_>,
    cluster: &KafkaCluster,
    topics: &[Topic],
    names: &mut Names,
    report: &mut Report,
) -> (Vec<Producer>, Vec<Consumer>) {
    let tables = file.tables("producer", MOST_CLIENTS, report);
    let alone = tables.len() == 1;
    let form = file.form_of("producer");
    let mut producers = Vec::new();
    for table in tables {
        let reader = Reader::new(table, form, report);
        producers.extend(producer(&reader, alone, cluster, topics, names, report));
    }
    let form = file.form_of("consumer");
    let mut consumers = Vec::new();
    for table in file.tables("consumer", MOST_CLIENTS, report) {
        let reader = Reader::new(table, form, report);
        consumers.extend(consumer(&reader, cluster, topics, names, report));
    }
    (producers, consumers)
}

/// The node of a new client. Where the name is missing or taken, that is reported.
fn node(
    reader: &Reader<'_>,
    kind: NodeKind,
    names: &mut Names,
    report: &mut Report,
) -> Option<(String, NodeId)> {
    let name = reader.name("name", report)?;
    let node = names.add_node(name, kind);
    if node.is_none() {
        let at = reader.table.get("name").map_or(0..0, |n| n.at.clone());
        let message = format!("there are two nodes `{name}`");
        report.add(Diagnostic::error("duplicate-name", at, message));
    }
    Some((name.into(), node?))
}

fn topic(node: &Node, names: &Names, report: &mut Report) -> Option<usize> {
    let name = node.as_text()?;
    let found = names.topic(name);
    // Without any topic, what went wrong was told where the topics should be.
    let told = names.topics.is_empty() && report.has_errors();
    if found.is_none() && !told {
        let (message, help) = names.no_topic(name);
        report.add(Diagnostic::error("unknown-topic", node.at.clone(), message).maybe_help(help));
    }
    found
}

fn producer(
    reader: &Reader<'_>,
    alone: bool,
    cluster: &KafkaCluster,
    topics: &[Topic],
    names: &mut Names,
    report: &mut Report,
) -> Option<Producer> {
    let to = match reader.get("to", report) {
        Some(node) if node.as_text().is_some() => topic(node, names, report),
        Some(node) => {
            report.add(wrong_type(node, "to", "the name of a topic"));
            None
        }
        None => None,
    };
    let given = reader.settings("config", Scope::Producer, report);
    let (config, refusals) = resolve_producer(&pairs(&given), cluster.version);
    refused(refusals, &given, &reader.table.head, report);
    let named = node(reader, NodeKind::Producer, names, report);
    let table = reader.inner("sends", report);
    let sends = table.and_then(|t| sends(&t, to.and_then(|i| topics.get(i)), names, report));
    let ((name, node), mut sends) = (named?, sends?);
    let sent = names.directory.message_count();
    if u64::from(sent) + u64::from(sends.count) > u64::from(MOST_MESSAGES) {
        let at = reader.table.get("sends").map_or(0..0, |n| n.at.clone());
        let message = format!("all producers together send at most {MOST_MESSAGES} messages");
        report.add(Diagnostic::error("too-large", at, message));
        return None;
    }
    sends.first = MessageId(sent);
    let prefix = if alone { "m".to_owned() } else { format!("{name}.m") };
    names.directory.messages.push(MessageBlock {
        first: sends.first,
        count: sends.count,
        prefix,
        producer: node,
    });
    sends.tombstones = tombstones(reader, &sends, names, report);
    Some(Producer { name, node, topic: to?, config, sends })
}

fn sends(
    table: &Reader<'_>,
    topic: Option<&Topic>,
    names: &mut Names,
    report: &mut Report,
) -> Option<Sends> {
    let count = table.whole("count", report).and_then(|n| u32::try_from(n).ok());
    let mut every = table.time("every", report);
    if let Some(node) = table.get("rate", report) {
        if table.table.get("every").is_some() {
            let message = "`rate` and `every` say the same thing";
            report.add(
                Diagnostic::error("contradiction", node.at.clone(), message)
                    .help("keep one of them"),
            );
        }
        let wanted = "a rate such as \"10/s\"";
        every = with_unit(node, "rate", wanted, units::every_from_rate, report);
    }
    let start = table.time("start", report).unwrap_or(Span::ZERO);
    let keys = keys(table, count.unwrap_or(0), names, report);
    let partition = table.whole("partition", report).and_then(|p| u16::try_from(p).ok());
    if let (Some(p), Some(topic)) = (partition, topic)
        && p >= topic.partitions
    {
        let at = table.table.get("partition").map_or(0..0, |n| n.at.clone());
        let (message, help) = names.no_lane(&format!("{}/{p}", topic.name));
        report.add(Diagnostic::error("unknown-partition", at, message).maybe_help(help));
    }
    let size = match table.size("size", report) {
        Some(size) if size > 1 << 30 => {
            let at = table.table.get("size").map_or(0..0, |n| n.at.clone());
            let message = "a message has at most 1GiB";
            report.add(Diagnostic::error("too-large", at, message));
            100
        }
        Some(size) => u32::try_from(size).unwrap_or(100),
        None => 100,
    };
    let resend = table.whole("resend", report).and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
    Some(Sends {
        first: MessageId(0),
        count: count?,
        every: every.unwrap_or(Span::millis(10)),
        start,
        keys,
        partition,
        size,
        tombstones: Vec::new(),
        resend,
        resends_after_restart: table.one_of("on-restart", report) == Some("resend"),
    })
}

/// The messages without a value. They are named, so this is read when the names are known.
fn tombstones(
    producer: &Reader<'_>,
    sends: &Sends,
    names: &Names,
    report: &mut Report,
) -> Vec<MessageId> {
    let table = producer.table.get("sends").and_then(Node::as_table);
    let Some(node) = table.and_then(|t| t.get("tombstones")) else { return Vec::new() };
    let mut found = Vec::new();
    for text in crate::scenario::reader::texts(node, "tombstones", report) {
        let name = text.as_text().unwrap_or_default();
        let own = |m: &MessageId| m.0.checked_sub(sends.first.0).is_some_and(|n| n < sends.count);
        match names.directory.find_message(name).filter(own) {
            Some(message) => found.push(message),
            None => {
                let (message, help) = names.no_message(name);
                let wrong = Diagnostic::error("unknown-message", text.at.clone(), message);
                report.add(wrong.maybe_help(help));
            }
        }
    }
    if sends.keys.is_empty() && !found.is_empty() {
        let message = "a tombstone deletes a key, and these messages have none";
        report.add(
            Diagnostic::error("contradiction", node.at.clone(), message).help("give them a `key`"),
        );
    }
    found.sort_unstable();
    found.dedup();
    found
}

fn keys(table: &Reader<'_>, count: u32, names: &mut Names, report: &mut Report) -> Vec<KeyId> {
    let Some(node) = table.get("key", report) else { return Vec::new() };
    let keys = match &node.value {
        Value::Text { text, .. } => from_template(text, count),
        Value::List(items) if items.is_empty() => Err("an empty list gives no keys".into()),
        Value::List(_) => {
            let texts = crate::scenario::reader::texts(node, "key", report);
            Ok(texts.iter().map(|n| n.shown()).collect())
        }
        _ => {
            report.add(wrong_type(node, "key", "a text or a list of texts"));
            return Vec::new();
        }
    };
    let keys = keys.and_then(|keys| {
        let all = names.directory.keys.len() + keys.len();
        if u64::try_from(all).is_ok_and(|n| n <= MOST_KEYS) { Ok(keys) } else { too_many() }
    });
    match keys {
        Ok(keys) => keys.into_iter().map(|k| names.key_id(k)).collect(),
        Err(message) => {
            report.add(
                Diagnostic::error("wrong-key", node.at.clone(), message)
                    .help("write \"customer-{n%3}\" for three keys in turn"),
            );
            Vec::new()
        }
    }
}

fn too_many<T>() -> Result<T, String> {
    Err(format!("there are at most {MOST_KEYS} different keys"))
}

/// A piece of a key template: text, then the number of the message, whole or as a remainder.
struct Piece<'a> {
    text: &'a str,
    /// `None` at the end, `Some(0)` for `{n}`, `Some(k)` for `{n%k}`.
    number: Option<u64>,
}

/// The keys of messages 1, 2, … until they repeat.
fn from_template(template: &str, count: u32) -> Result<Vec<String>, String> {
    if template.len() > 1_000 {
        return Err("a key has at most 1000 bytes".into());
    }
    let mut pieces = Vec::new();
    let mut period: u64 = 1;
    let mut rest = template;
    while let Some((text, after)) = rest.split_once('{') {
        let Some((inside, tail)) = after.split_once('}') else {
            return Err("`{` is not closed".into());
        };
        let number = match inside.split_once('%') {
            None if inside.trim() == "n" => {
                period = u64::from(count.max(1));
                0
            }
            Some((n, k)) if n.trim() == "n" => match k.trim().parse::<u64>() {
                Ok(k) if (1..=MOST_KEYS).contains(&k) => {
                    period = least_common_multiple(period, k);
                    k
                }
                _ => return Err(format!("`{{{inside}}}` divides by no possible number")),
            },
            _ => return Err(format!("`{{{inside}}}` means nothing in a key")),
        };
        pieces.push(Piece { text, number: Some(number) });
        rest = tail;
    }
    pieces.push(Piece { text: rest, number: None });
    let period = period.min(u64::from(count.max(1)));
    if period > MOST_KEYS {
        return too_many();
    }
    Ok((1..=period).map(|n| pieces.iter().map(|p| shown(p, n)).collect()).collect())
}

fn shown(piece: &Piece<'_>, n: u64) -> String {
    match piece.number {
        None => piece.text.to_owned(),
        Some(0) => format!("{}{n}", piece.text),
        Some(k) => format!("{}{}", piece.text, n % k),
    }
}

fn least_common_multiple(a: u64, b: u64) -> u64 {
    let (mut x, mut y) = (a, b);
    while y != 0 {
        (x, y) = (y, x % y);
    }
    (a / x).saturating_mul(b)
}

fn consumer(
    reader: &Reader<'_>,
    cluster: &KafkaCluster,
    all: &[Topic],
    names: &mut Names,
    report: &mut Report,
) -> Vec<Consumer> {
    let given = reader.settings("config", Scope::Consumer, report);
    let (mut config, refusals) = resolve_consumer(&pairs(&given), cluster.version);
    refused(refusals, &given, &reader.table.head, report);
    let auto = given.iter().find(|g| g.name == "enable.auto.commit");
    let table = reader.inner("handles", report);
    let auto = auto.map(|g| (g.raw != 0, g.at.clone()));
    let handles = handles(reader, table.as_ref(), auto, names, report);
    config.enable_auto_commit = handles.commit == CommitMode::Auto;
    let from = reader.texts("from", report);
    if from.is_empty() && reader.table.get("from").is_some() {
        let at = reader.table.get("from").map_or(0..0, |n| n.at.clone());
        report.add(Diagnostic::error("wrong-value", at, "a consumer reads at least one topic"));
    }
    let mut topics = Vec::new();
    for node in from {
        match topic(node, names, report) {
            Some(index) if topics.contains(&index) => {
                let message = format!("`{}` stands here twice", node.shown());
                report.add(Diagnostic::error("set-twice", node.at.clone(), message));
            }
            Some(index) => topics.push(index),
            None => {}
        }
    }
    let start = reader.time("start", report).unwrap_or(Span::ZERO);
    let Some((name, node)) = node(reader, NodeKind::Consumer, names, report) else {
        return Vec::new();
    };
    let Some(subscription) = subscription(reader, &name, names, report) else {
        return Vec::new();
    };
    let assign = reader.flag("assign", report).unwrap_or(false);
    let instance = instance(&given, assign, report);
    let mut consumer = Consumer {
        name,
        node,
        subscription,
        topics,
        assign,
        instance,
        config,
        handles,
        start,
        forwarding: None,
        delay: None,
        listener: None,
    };
    let (table, version) = (table.as_ref(), cluster.version);
    let readers = forwarding(table, &mut consumer, version, all, names, report);
    std::iter::once(consumer).chain(readers).collect()
}

/// Settings that have no effect on a consumer that is in no group.
const FOR_MEMBERS: &[&str] = &[
    "group.instance.id",
    "group.protocol",
    "heartbeat.interval.ms",
    "max.poll.interval.ms",
    "partition.assignment.strategy",
    "session.timeout.ms",
];

fn instance(given: &[Given], assign: bool, report: &mut Report) -> Option<String> {
    for given in given.iter().filter(|g| assign && FOR_MEMBERS.contains(&g.name)) {
        let message = format!("`{}` has no effect with assign = true", given.name);
        report.add(
            Diagnostic::error("contradiction", given.at.clone(), message)
                .help("a consumer with partitions assigned by hand is in no group"),
        );
    }
    given.iter().find(|g| g.name == "group.instance.id")?.text.clone()
}

fn subscription(
    reader: &Reader<'_>,
    name: &str,
    names: &mut Names,
    report: &mut Report,
) -> Option<SubscriptionId> {
    let group = match reader.table.get("group") {
        Some(_) => reader.name("group", report)?,
        None => name,
    };
    Some(names.add_subscription(group))
}

fn handles(
    reader: &Reader<'_>,
    table: Option<&Reader<'_>>,
    auto: Option<(bool, std::ops::Range<usize>)>,
    names: &mut Names,
    report: &mut Report,
) -> Handles {
    let mut handles = Handles {
        takes: Span::millis(1),
        commit: CommitMode::Auto,
        asynchronous: false,
        habit: FailureHabit::default(),
        idempotent: false,
    };
    let mut said = None;
    if let Some(table) = table {
        handles.takes = table.time("takes", report).unwrap_or(handles.takes);
        handles.asynchronous = table.flag("asynchronous", report).unwrap_or(false);
        handles.idempotent = table.flag("idempotent", report).unwrap_or(false);
        handles.habit = habit(table, handles.asynchronous, names, report);
        said = commit_mode(table, report);
    }
    handles.commit = said.unwrap_or(CommitMode::Auto);
    let place = |t: &Table| t.get("commit").map_or(t.head.clone(), |n| n.at.clone());
    let at = table.map_or_else(|| reader.table.head.clone(), |t| place(t.table));
    match (&auto, said) {
        (Some((false, auto_at)), None) => {
            let message = "with enable.auto.commit = false the application has to commit";
            report.add(Diagnostic::error("contradiction", auto_at.clone(), message).help(
                "say when: `handles = { commit = \"after\" }`, or \"before\", \"each\", \"never\"",
            ));
        }
        (Some((false, auto_at)), Some(CommitMode::Auto)) => {
            let message = "`commit = \"auto\"` needs enable.auto.commit = true";
            report.add(
                Diagnostic::error("contradiction", at, message)
                    .related(auto_at.clone(), "switched off here"),
            );
        }
        (Some((true, auto_at)), Some(mode)) if mode != CommitMode::Auto => {
            let message = "the client commits by itself, so the application cannot say when";
            report.add(
                Diagnostic::error("contradiction", at, message)
                    .related(auto_at.clone(), "switched on here")
                    .help("leave out `commit`, or set enable.auto.commit = false"),
            );
        }
        _ => {}
    }
    handles
}

fn commit_mode(table: &Reader<'_>, report: &mut Report) -> Option<CommitMode> {
    if let Some(node) = table.table.get("commit")
        && node.as_text() == Some("transaction")
    {
        let message = "commits inside a transaction are not modelled yet";
        report.add(Diagnostic::error("not-modelled", node.at.clone(), message));
        return None;
    }
    Some(match table.one_of("commit", report)? {
        "before" => CommitMode::Before,
        "after" => CommitMode::After,
        "each" => CommitMode::AfterEach,
        "never" => CommitMode::Never,
        _ => CommitMode::Auto,
    })
}
