//! Settings of what is selected: what they are now, what else they could be, and how a change
//! takes effect.

use super::{Selected, Selection};
use crate::brokers::kafka::client::consumer::OnFailure;
use crate::brokers::kafka::settings::{
    BROKER, CONSUMER, KafkaVersion, Kind, PRODUCER, Raw, Scope, Setting, TOPIC, TopicConfig,
    Values, default_in, find, means_something, read,
};
use crate::cluster::Node;
use crate::fact::{LaneId, NodeId};
use crate::lab::session::{Lab, Refused};
use crate::scenario::grammar::{Key, ROOT, Shape, TableForm};
use crate::scenario::model::{Action, CommitMode, Consumer, Producer, Scenario, Text, Topic};
use crate::scenario::{Diagnostic, apply_set, parse_alone};

/// How a change of a setting takes effect in the real system. Here, what is not taken at once holds
/// from the start of the run, on a branch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Takes {
    /// The system takes it while it runs; so does this world, at the present moment.
    AtOnce,
    /// The process reads it when it starts.
    Restart,
    /// Brokers take it while they run (`kafka-configs --alter`); here it needs a branch all the same.
    Dynamic,
    /// It is laid down when the thing is made, or is no setting of the system but of the scenario.
    Fixed,
}

impl Takes {
    /// That in one line.
    pub fn text(self) -> Text {
        match self {
            Takes::AtOnce => Text::new(
                "Kafka takes it while it runs: it can change now, or on a branch from the start",
                "Kafka 可在线修改：可以现在就改，也可以开一个从头生效的分支",
            ),
            Takes::Restart => Text::new(
                "read when the process starts: a change holds from the start, on a branch",
                "进程启动时读取：修改会开一个从头生效的分支",
            ),
            Takes::Dynamic => Text::new(
                "brokers could take it while they run; here a change holds from the start, on a branch",
                "真实的 Broker 可在线修改；这里的修改会开一个从头生效的分支",
            ),
            Takes::Fixed => Text::new(
                "laid down from the start: a change begins a branch",
                "从一开始就定下：修改会开一个分支",
            ),
        }
    }
}

/// A setting.
#[derive(Clone, PartialEq, Debug)]
pub struct SettingOffer {
    /// Its address, as for `--set`: `producer.checkout.acks`.
    pub address: String,
    /// Its name in the real system, or the key of the scenario file.
    pub name: &'static str,
    /// What it does, in one line.
    pub does: Text,
    /// Its value now, as the real system writes it.
    pub current: String,
    /// The default of the release; empty where there is none.
    pub default: String,
    /// How a change takes effect.
    pub takes: Takes,
    /// Values to try, in ascending order, the current one and the default among them. A person may
    /// also type another one; see [`Lab::setting`].
    pub candidates: Vec<Candidate>,
}

/// A value of a setting.
#[derive(Clone, PartialEq, Debug)]
pub struct Candidate {
    /// The value, as `--set` takes it.
    pub value: String,
    /// Address and value for [`Lab::fork_with_settings`].
    pub set: (String, String),
    /// What changes it at the present moment, where that is possible.
    pub now: Option<Action>,
}

impl Lab {
    /// A value that a person typed for a setting, ready to be done: now if the system takes it while
    /// it runs, and on a branch. What the real system or the file would not take is refused.
    pub fn setting(&self, address: &str, value: &str) -> Result<Candidate, Refused> {
        let set = (address.to_string(), value.to_string());
        let changes = std::slice::from_ref(&set);
        let source = &self.branches()[self.current().0].source;
        let text = apply_set(source, changes).map_err(Refused::Scenario)?;
        let changed = parse_alone(self.name(), &text, None).map_err(Refused::Scenario)?;
        let scenario = &self.state().model.scenario().clone();
        let now = scenario.topics.iter().zip(&changed.topics).enumerate().find_map(
            |(number, (topic, other))| {
                let name = address.strip_prefix("topic.")?.strip_prefix(topic.name.as_str())?;
                let raw = other.config.get(name.strip_prefix('.')?)?;
                self.topic_change(number, name.strip_prefix('.')?, raw)
            },
        );
        Ok(Candidate { value: value.into(), set, now })
    }

    /// The action that changes one setting of a topic now and leaves its others as they are.
    fn topic_change(&self, topic: usize, name: &str, raw: i64) -> Option<Action> {
        let world = &self.state().model;
        let lane = world.scenario().topics.get(topic)?.first_lane;
        let mut config: TopicConfig = world.topic_config(lane)?.clone();
        config.set(name, raw).then_some(Action::SetTopic { topic, config })
    }
}

/// Why a change of settings cannot be made, in one line.
pub fn first_problem(diagnostics: &[Diagnostic]) -> String {
    let first = diagnostics.first();
    first.map_or_else(|| "the scenario has mistakes".into(), |d| d.message.clone())
}

/// Settings of brokers that `kafka-configs --alter` changes while they run: those whose update mode
/// is `cluster-wide` in Kafka's documentation of broker configs (3.9). All others are read-only.
const DYNAMIC: &[&str] = &[
    "producer.id.expiration.ms",
    "min.insync.replicas",
    "unclean.leader.election.enable",
    "log.segment.bytes",
    "log.flush.interval.messages",
    "log.flush.interval.ms",
    "message.max.bytes",
];

pub(super) fn settings(selected: &Selected<'_>) -> Vec<SettingOffer> {
    let world = &selected.state.model;
    let scenario = world.scenario();
    let menu = Menu { selected, scenario };
    let topic_of = |lane: LaneId| {
        let holds = |t: &&Topic| (t.first_lane.0..t.first_lane.0 + t.partitions).contains(&lane.0);
        scenario.topics.iter().find(holds)
    };
    let producer_of = |node: NodeId| scenario.producers.iter().find(|p| p.node == node);
    match selected.selection {
        Selection::Nothing => menu.of_cluster(),
        Selection::Node(node) => match world.node(node) {
            Some(Node::Broker(_) | Node::Controller(_) | Node::ZooKeeper(_)) => menu.of_brokers(),
            Some(Node::Producer(_)) => {
                producer_of(node).map(|p| menu.of_producer(p)).unwrap_or_default()
            }
            Some(Node::Consumer(_)) => {
                let consumer = scenario.consumers.iter().find(|c| c.node == node);
                consumer.map(|c| menu.of_consumer(c)).unwrap_or_default()
            }
            None => Vec::new(),
        },
        Selection::Lane(lane) | Selection::Replica(lane, _) => {
            topic_of(lane).map(|t| menu.of_topic(t)).unwrap_or_default()
        }
        Selection::Link(..) => menu.of_network(),
        Selection::Message(message) => {
            let (producer, lane) = selected.route(message);
            let mut offers =
                producer.and_then(producer_of).map(|p| menu.of_producer(p)).unwrap_or_default();
            let topic = lane.and_then(topic_of);
            offers.extend(topic.map(|t| menu.of_topic(t)).unwrap_or_default());
            let reads = |c: &&Consumer| {
                topic.is_none_or(|t| c.topics.iter().any(|n| scenario.topics[*n].name == t.name))
            };
            offers
                .extend(scenario.consumers.iter().filter(reads).flat_map(|c| menu.of_consumer(c)));
            offers
        }
    }
}

struct Menu<'a> {
    selected: &'a Selected<'a>,
    scenario: &'a Scenario,
}

impl Menu<'_> {
    fn of_producer(&self, producer: &Producer) -> Vec<SettingOffer> {
        let at = format!("producer.{}", producer.name);
        let config = &producer.config;
        let mut offers = self.of_table(&at, PRODUCER, |name| config.get(name));
        // Without transactions it would change nothing.
        let transactional = producer.transactions.is_some();
        offers.retain(|o| transactional || o.name != "transaction.timeout.ms");
        let sends = &producer.sends;
        offers.push(key(
            &at,
            &["producer", "sends", "resend"],
            &sends.resend.to_string(),
            &["0", "1", "5"],
        ));
        let every = sends.every.to_string();
        offers.push(key(
            &at,
            &["producer", "sends", "every"],
            &every,
            &["1ms", "10ms", "100ms", "1s"],
        ));
        offers
    }

    fn of_consumer(&self, consumer: &Consumer) -> Vec<SettingOffer> {
        if consumer.listener.is_some() {
            // A reader of retry topics has no table of its own in the file.
            return Vec::new();
        }
        let at = format!("consumer.{}", consumer.name);
        let config = &consumer.config;
        let handles = &consumer.handles;
        let commit = match handles.commit {
            CommitMode::Before => "before",
            CommitMode::After => "after",
            CommitMode::AfterEach => "each",
            CommitMode::Auto => "auto",
            CommitMode::Never => "never",
            CommitMode::Transaction => "transaction",
        };
        // In transactions can commit only who has a transactional.id, and then nothing else fits.
        let words = match handles.commit {
            CommitMode::Transaction => &["transaction"][..],
            _ => &["before", "after", "each", "auto", "never"],
        };
        let flags = ["false", "true"];
        let own = |name| ["consumer", "handles", name];
        let mut offers = vec![
            key(&at, &own("commit"), commit, words),
            key(&at, &own("asynchronous"), &handles.asynchronous.to_string(), &flags),
            key(&at, &own("takes"), &handles.takes.to_string(), &["1ms", "20ms", "500ms", "5s"]),
        ];
        let habit = &handles.habit;
        let on_failure = match habit.on_failure {
            OnFailure::Stop => "stop",
            OnFailure::Skip => "skip",
            OnFailure::Retry => "retry",
            OnFailure::SeekBack => "seek-back",
            OnFailure::RetryTopics => "retry-topics",
        };
        let words = ["stop", "skip", "retry", "seek-back"];
        offers.push(key(&at, &own("on-failure"), on_failure, &words));
        if !matches!(habit.on_failure, OnFailure::Stop | OnFailure::Skip) {
            let (attempts, pause) = (habit.rules.attempts, habit.rules.back_off.initial);
            let shown = if attempts == u32::MAX { "no limit".into() } else { attempts.to_string() };
            offers.push(key(&at, &own("attempts"), &shown, &["1", "3", "10"]));
            let pauses = ["0s", "100ms", "1s", "10s"];
            offers.push(key(&at, &own("back-off"), &pause.to_string(), &pauses));
        }
        offers.extend(self.of_table(&at, CONSUMER, |name| config.get(name)));
        offers
    }

    fn of_topic(&self, topic: &Topic) -> Vec<SettingOffer> {
        let at = format!("topic.{}", topic.name);
        let number = self.scenario.topics.iter().position(|t| t.name == topic.name);
        let world = &self.selected.state.model;
        let in_force = world.topic_config(topic.first_lane).unwrap_or(&topic.config);
        let mut offers = self.of_table(&at, TOPIC, |name| in_force.get(name));
        for offer in &mut offers {
            offer.takes = Takes::AtOnce;
            for candidate in &mut offer.candidates {
                let raw = find(Scope::Topic, offer.name).and_then(|s| parsed(s, &candidate.value));
                let change = number.zip(raw);
                candidate.now =
                    change.and_then(|(n, raw)| self.selected.lab.topic_change(n, offer.name, raw));
            }
        }
        let brokers: Vec<String> =
            (1..=self.scenario.kafka.brokers.min(5)).map(|n| n.to_string()).collect();
        let brokers: Vec<&str> = brokers.iter().map(String::as_str).collect();
        if topic.assignment.is_empty() {
            let factor = topic.replication_factor.to_string();
            offers.push(key(&at, &["topic", "replication-factor"], &factor, &brokers));
            let partitions = topic.partitions.to_string();
            offers.push(key(&at, &["topic", "partitions"], &partitions, &["1", "3", "12"]));
        }
        offers
    }

    fn of_brokers(&self) -> Vec<SettingOffer> {
        let config = &self.scenario.kafka.broker;
        let mut offers = self.of_table("broker", BROKER, |name| config.get(name));
        let zookeeper = self.scenario.kafka.zookeeper;
        offers.retain(|offer| means_something(offer.name, zookeeper));
        for offer in &mut offers {
            if DYNAMIC.contains(&offer.name) {
                offer.takes = Takes::Dynamic;
            }
        }
        offers
    }

    fn of_network(&self) -> Vec<SettingOffer> {
        let latency = self.scenario.latency;
        let latency = match latency.low == latency.high {
            true => latency.low.to_string(),
            false => format!("[\"{}\", \"{}\"]", latency.low, latency.high),
        };
        let values = ["250us", "5ms", "50ms"];
        vec![key("network", &["network", "latency"], &latency, &values)]
    }

    fn of_cluster(&self) -> Vec<SettingOffer> {
        let kafka = &self.scenario.kafka;
        let mut offers = vec![
            key("kafka", &["kafka", "brokers"], &kafka.brokers.to_string(), &["1", "3", "5"]),
            key("kafka", &["kafka", "version"], kafka.version.word(), &versions()),
        ];
        offers.extend(self.of_network());
        let disk = &self.scenario.disk;
        let (append, sync) = (disk.append.to_string(), disk.sync.to_string());
        offers.push(key("disk", &["disk", "append"], &append, &["5us", "1ms"]));
        offers.push(key("disk", &["disk", "sync"], &sync, &["2ms", "50ms"]));
        offers.extend(self.of_brokers());
        offers
    }

    /// The settings of one table of the real system.
    fn of_table(
        &self,
        at: &str,
        table: &'static [Setting],
        current: impl Fn(&str) -> Option<i64>,
    ) -> Vec<SettingOffer> {
        let version = self.scenario.kafka.version;
        let offered = table.iter().filter(|setting| setting.kind != Kind::Name);
        let offers = offered.map(|setting| {
            let default = default_in(version, setting);
            let now = current(setting.name).unwrap_or(default);
            let address = format!("{at}.{}", setting.name);
            let values = values(setting, now, default, &self.scenario.kafka);
            SettingOffer {
                name: setting.name,
                does: Text::new(setting.en, setting.zh),
                current: setting.shown(now),
                default: setting.shown(default),
                takes: Takes::Restart,
                candidates: values
                    .iter()
                    .map(|v| candidate(&address, &setting.shown(*v)))
                    .collect(),
                address,
            }
        });
        offers.collect()
    }
}

fn versions() -> Vec<&'static str> {
    KafkaVersion::ALL.iter().map(|version| version.word()).collect()
}

fn candidate(address: &str, value: &str) -> Candidate {
    Candidate { value: value.into(), set: (address.into(), value.into()), now: None }
}

/// The raw value behind a value as it is shown.
fn parsed(setting: &Setting, value: &str) -> Option<i64> {
    let raw = match (setting.kind, value.parse()) {
        (Kind::Flag, _) => Raw::Flag(value == "true"),
        (Kind::Ratio, Err(_)) => Raw::Decimal(value),
        (Kind::Choice(_), _) | (_, Err(_)) => Raw::Text(value),
        (_, Ok(number)) => Raw::Integer(number),
    };
    read(setting, raw).ok()
}

/// Values worth trying, ascending.
fn values(
    setting: &Setting,
    now: i64,
    default: i64,
    kafka: &crate::scenario::model::KafkaCluster,
) -> Vec<i64> {
    const INT: i64 = i32::MAX as i64;
    let named: Option<&[i64]> = match setting.name {
        "retries" => Some(&[0, 1, INT]),
        "max.in.flight.requests.per.connection" => Some(&[1, 5]),
        "linger.ms" => Some(&[0, 5, 50, 1_000]),
        "min.insync.replicas" => Some(&[1, 2, 3]),
        "delivery.timeout.ms" => Some(&[30_000, 120_000, 600_000]),
        "flush.messages" | "log.flush.interval.messages" => Some(&[1, 100, i64::MAX]),
        "flush.ms" | "log.flush.interval.ms" => Some(&[1_000, i64::MAX]),
        "max.poll.records" => Some(&[1, 500]),
        "max.poll.interval.ms" => Some(&[10_000, 300_000, 600_000]),
        "session.timeout.ms" => Some(&[6_000, 10_000, 45_000]),
        "heartbeat.interval.ms" => Some(&[1_000, 3_000]),
        "group.initial.rebalance.delay.ms" => Some(&[0, 3_000]),
        "group.max.size" => Some(&[1, 2, INT]),
        "auto.commit.interval.ms" => Some(&[100, 1_000, 5_000]),
        "offsets.topic.num.partitions" => Some(&[1, 50]),
        "offsets.topic.replication.factor" => Some(&[1, 3]),
        "default.replication.factor" => Some(&[1, 3]),
        "retention.ms" | "log.retention.ms" => Some(&[10_000, 60_000, -1]),
        "retention.bytes" | "log.retention.bytes" => Some(&[1_000, 10_000, -1]),
        "segment.ms" | "log.roll.ms" => Some(&[5_000, 60_000]),
        "segment.bytes" | "log.segment.bytes" => Some(&[500, 1_000, 10_000]),
        "cleanup.policy" | "log.cleanup.policy" => Some(&[0, 1, 3]),
        "max.compaction.lag.ms" | "log.cleaner.max.compaction.lag.ms" => Some(&[10_000]),
        "delete.retention.ms" | "log.cleaner.delete.retention.ms" => Some(&[1_000, 60_000]),
        "offsets.retention.minutes" => Some(&[1, 10]),
        _ => None,
    };
    let mut values: Vec<i64> = match (named, setting.kind) {
        (Some(values), _) => values.to_vec(),
        (None, Kind::Flag) => vec![0, 1],
        (None, Kind::Choice(words)) => (0..words.len() as i64).collect(),
        (None, Kind::Bytes) => vec![default / 16, default.saturating_mul(16)],
        (None, Kind::Milliseconds | Kind::Seconds) => {
            vec![default / 10, default.saturating_mul(10)]
        }
        // One word alone; a name is nobody's to invent.
        (None, Kind::List(words)) => (0..words.len() as i64).collect(),
        (None, Kind::Name) => Vec::new(),
        (None, Kind::Count) => vec![1, default.saturating_mul(10)],
        (None, Kind::Ratio) => vec![10, 500, 900],
    };
    if setting.name.ends_with("replication.factor") {
        values.retain(|v| *v <= i64::from(kafka.brokers));
    }
    values.extend([now, default]);
    values.retain(|v| (setting.low..=setting.high).contains(v));
    values.sort_unstable();
    values.dedup();
    values
}

/// A key of the scenario file: the way to it through the tables, its value now, values to try.
fn key(at: &str, way: &[&'static str], current: &str, values: &[&str]) -> SettingOffer {
    let form = form(way);
    let name = way.last().copied().unwrap_or_default();
    let address = format!("{at}.{}", way[1..].join("."));
    let mut listed: Vec<String> = values.iter().map(ToString::to_string).collect();
    if !listed.iter().any(|v| v == current) {
        listed.insert(0, current.to_string());
    }
    SettingOffer {
        name,
        does: form.map_or_else(Text::default, |key| Text::new(key.en, key.zh)),
        current: current.into(),
        default: form.and_then(|key| key.default).unwrap_or_default().trim_matches('"').into(),
        takes: Takes::Fixed,
        candidates: listed.iter().map(|value| candidate(&address, value)).collect(),
        address,
    }
}

/// The key at the end of a way through the tables of the grammar.
fn form(way: &[&str]) -> Option<&'static Key> {
    let mut table: &'static TableForm = &ROOT;
    let mut found = None;
    for name in way {
        let key = table.key(name)?;
        if let Shape::Table(inner) | Shape::Tables(inner) = key.shape {
            table = inner;
        }
        found = Some(key);
    }
    found
}
