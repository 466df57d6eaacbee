//! The names of a scenario and what they stand for, with suggestions for wrong ones.

use crate::brokers::kafka::client::consumer::{CLASSES, ExceptionClass};
use crate::brokers::kafka::transaction::TransactionalId;
use crate::fact::{Directory, KeyId, LaneId, MessageId, NodeId, SubscriptionId};
use crate::scenario::grammar::nearest;
use std::collections::BTreeMap;

/// What kind of process a node is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NodeKind {
    /// A broker.
    Broker,
    /// A controller.
    Controller,
    /// The ZooKeeper.
    ZooKeeper,
    /// A producer.
    Producer,
    /// A consumer.
    Consumer,
}

/// All names of a scenario, indexed.
#[derive(Default)]
pub struct Names {
    /// The directory of the scenario.
    pub directory: Directory,
    /// What each node is, by node number.
    pub kinds: Vec<NodeKind>,
    /// For each topic: name, first lane, partitions.
    pub topics: Vec<(String, LaneId, u16)>,
    /// For each lane: how many replicas.
    pub replicas: Vec<u16>,
    /// Every `transactional.id`.
    pub transactional_ids: Vec<String>,
    /// The names of all what-ifs.
    pub what_ifs: Vec<String>,
    /// The classes of exceptions that are named, behind those everybody knows.
    pub exceptions: Vec<String>,
    nodes: BTreeMap<String, NodeId>,
    lanes: BTreeMap<String, LaneId>,
    subscriptions: BTreeMap<String, SubscriptionId>,
    keys: BTreeMap<String, KeyId>,
    blocks: BTreeMap<String, usize>,
}

impl Names {
    /// Adds a node; `None` if the name is taken.
    pub fn add_node(&mut self, name: &str, kind: NodeKind) -> Option<NodeId> {
        if self.nodes.contains_key(name) {
            return None;
        }
        let id = NodeId(u16::try_from(self.directory.nodes.len()).ok()?);
        self.directory.nodes.push(name.into());
        self.kinds.push(kind);
        self.nodes.insert(name.into(), id);
        Some(id)
    }

    /// Adds a topic with its partitions; `None` if the name is taken or there are too many.
    pub fn add_topic(&mut self, name: &str, partitions: u16, replicas: u16) -> Option<LaneId> {
        if self.topic(name).is_some() {
            return None;
        }
        let first = LaneId(u16::try_from(self.directory.lanes.len()).ok()?);
        first.0.checked_add(partitions)?;
        for p in 0..partitions {
            let lane = format!("{name}/{p}");
            self.lanes.insert(lane.clone(), LaneId(first.0 + p));
            self.directory.lanes.push(lane);
            self.replicas.push(replicas);
        }
        self.topics.push((name.into(), first, partitions));
        Some(first)
    }

    /// The subscription of that name, new or known.
    pub fn add_subscription(&mut self, name: &str) -> SubscriptionId {
        if let Some(id) = self.subscriptions.get(name) {
            return *id;
        }
        let id = u16::try_from(self.directory.subscriptions.len()).unwrap_or(u16::MAX);
        let id = SubscriptionId(id);
        self.directory.subscriptions.push(name.into());
        self.subscriptions.insert(name.into(), id);
        id
    }

    /// The number of a class of exceptions, new or known. A name with its package is the same class.
    pub fn exception_class(&mut self, name: &str) -> ExceptionClass {
        if let Some(known) = self.known_exception_class(name) {
            return known;
        }
        let name = name.rsplit('.').next().unwrap_or(name);
        self.exceptions.push(name.into());
        let at = CLASSES.len() + self.exceptions.len() - 1;
        ExceptionClass(u16::try_from(at).unwrap_or(u16::MAX))
    }

    /// The number of a class of exceptions that some consumer or nobody knows.
    pub fn known_exception_class(&self, name: &str) -> Option<ExceptionClass> {
        let name = name.rsplit('.').next().unwrap_or(name);
        let mut known = CLASSES.into_iter().chain(self.exceptions.iter().map(String::as_str));
        known.position(|n| n == name).and_then(|at| Some(ExceptionClass(u16::try_from(at).ok()?)))
    }

    /// The number of a `transactional.id`, new or known.
    pub fn transactional_id(&mut self, name: &str) -> TransactionalId {
        let known = self.transactional_ids.iter().position(|n| n == name);
        let at = known.unwrap_or_else(|| {
            self.transactional_ids.push(name.into());
            self.transactional_ids.len() - 1
        });
        TransactionalId(u16::try_from(at).unwrap_or(u16::MAX))
    }

    /// The id of a business key, new or known.
    pub fn key_id(&mut self, key: String) -> KeyId {
        if let Some(id) = self.keys.get(&key) {
            return *id;
        }
        let id = KeyId(u32::try_from(self.directory.keys.len()).unwrap_or(u32::MAX));
        self.directory.keys.push(key.clone());
        self.keys.insert(key, id);
        id
    }

    /// Indexes the message blocks once they are all in the directory.
    pub fn index_messages(&mut self) {
        let blocks = self.directory.messages.iter().enumerate();
        self.blocks = blocks.map(|(i, b)| (b.prefix.clone(), i)).collect();
    }

    /// The number of a topic in file order.
    pub fn topic(&self, name: &str) -> Option<usize> {
        self.topics.iter().position(|(n, _, _)| n == name)
    }

    /// The node of that name.
    pub fn node(&self, name: &str) -> Option<NodeId> {
        self.nodes.get(name).copied()
    }

    /// The lane of that name.
    pub fn lane(&self, name: &str) -> Option<LaneId> {
        self.lanes.get(name).copied()
    }

    /// The subscription of that name.
    pub fn subscription(&self, name: &str) -> Option<SubscriptionId> {
        self.subscriptions.get(name).copied()
    }

    /// The key of that text.
    pub fn key(&self, name: &str) -> Option<KeyId> {
        self.keys.get(name).copied()
    }

    /// The message of that name.
    pub fn message(&self, name: &str) -> Option<MessageId> {
        let digits = name.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        let (prefix, number) = name.split_at(digits);
        if number.starts_with('0') {
            return None;
        }
        let block = self.directory.messages.get(*self.blocks.get(prefix)?)?;
        let n: u32 = number.parse().ok()?;
        (1..=block.count).contains(&n).then(|| MessageId(block.first.0 + n - 1))
    }

    /// What kind of process a node is.
    pub fn kind(&self, node: NodeId) -> Option<NodeKind> {
        self.kinds.get(usize::from(node.0)).copied()
    }

    /// Whether a word looks like the name of a message.
    pub fn looks_like_message(&self, word: &str) -> bool {
        let prefix = word.trim_end_matches(|c: char| c.is_ascii_digit());
        prefix.len() < word.len() && (prefix == "m" || self.blocks.contains_key(prefix))
    }

    /// Why there is no such message, and which there are.
    pub fn no_message(&self, name: &str) -> (String, Option<String>) {
        let blocks = &self.directory.messages;
        let sent: Vec<String> = blocks
            .iter()
            .filter(|b| b.count > 0)
            .take(5)
            .map(|b| {
                let who = self.directory.node(b.producer);
                format!("{who} sends {0}1 to {0}{1}", b.prefix, b.count)
            })
            .collect();
        let help =
            if sent.is_empty() { "no producer sends anything".into() } else { sent.join("; ") };
        (format!("`{name}` is never sent"), Some(help))
    }

    /// Why there is no such node, and which there are.
    pub fn no_node(&self, name: &str) -> (String, Option<String>) {
        let message = format!("there is no node `{name}`");
        (message, suggestion(name, self.directory.nodes.iter().map(String::as_str)))
    }

    /// Why there is no such partition, and which there are.
    pub fn no_lane(&self, name: &str) -> (String, Option<String>) {
        let (topic, number) = name.split_once('/').unwrap_or((name, ""));
        if let Some(index) = self.topic(topic) {
            let (_, _, partitions) = self.topics[index];
            let help = match (number, partitions) {
                (_, 1) => format!("its only partition is `{topic}/0`"),
                _ => format!("its partitions are `{topic}/0` to `{topic}/{}`", partitions - 1),
            };
            let what = if number.is_empty() {
                format!("`{name}` is a topic, and here stands a partition")
            } else {
                format!("there is no partition `{name}`")
            };
            return (what, Some(help));
        }
        let message = format!("there is no partition `{name}`");
        (message, suggestion(name, self.directory.lanes.iter().map(String::as_str)))
    }

    /// Why there is no such group, and which there are.
    pub fn no_subscription(&self, name: &str) -> (String, Option<String>) {
        let message = format!("there is no consumer group `{name}`");
        (message, suggestion(name, self.directory.subscriptions.iter().map(String::as_str)))
    }

    /// Why there is no such topic, and which there are.
    pub fn no_topic(&self, name: &str) -> (String, Option<String>) {
        let message = format!("there is no topic `{name}`");
        (message, suggestion(name, self.topics.iter().map(|(n, _, _)| n.as_str())))
    }
}

/// Comparing a word with every name of a huge scenario would take longer than reading it.
const MOST_COMPARED: usize = 300;

/// "did you mean", or the list of what there is if it is short.
pub fn suggestion<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let known: Vec<&str> = known.into_iter().take(MOST_COMPARED).collect();
    // `broker-9` for `broker-3` is no slip of the fingers: tell which numbers there are.
    let stem = |name: &str| name.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
    let family: Vec<&str> = known.iter().copied().filter(|k| stem(k) == stem(word)).collect();
    match family.as_slice() {
        [] => {}
        [first] if stem(word) != word => return Some(format!("there is only `{first}`")),
        [first, .., last] if stem(word) != word => {
            return Some(format!("there are `{first}` to `{last}`"));
        }
        _ => {}
    }
    if let Some(near) = nearest(word, known.iter().copied()) {
        return Some(format!("did you mean `{near}`?"));
    }
    match known.len() {
        0 => Some("there is none in this file".into()),
        1..=12 => Some(format!("there is {}", known.join(", "))),
        _ => None,
    }
}
