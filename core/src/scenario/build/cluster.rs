//! `[kafka]` and `[[topic]]`.

use crate::brokers::kafka::cost;
use crate::brokers::kafka::settings::{
    BrokerConfig, KafkaVersion, Refusal, Scope, Values, means_something, resolve_broker,
    resolve_topic,
};
use crate::fact::{LaneId, NodeId};
use crate::scenario::diagnostic::{Diagnostic, Report};
use crate::scenario::document::{Node, Value};
use crate::scenario::grammar::nearest;
use crate::scenario::model::{KafkaCluster, Topic, Truncation};
use crate::scenario::names::{Names, NodeKind, suggestion};
use crate::scenario::reader::{Given, Reader, pairs, shortened, with_unit, wrong_type};
use crate::scenario::units;
use crate::substrate::Machine;
use std::ops::Range;

/// The most partitions all topics may have together.
const MOST_PARTITIONS: usize = 10_000;
/// The most topics.
const MOST_TOPICS: usize = 100;

/// Reports combinations the real system refuses, at the setting the file gives.
pub fn refused(
    refusals: Vec<Refusal>,
    given: &[Given],
    fallback: &Range<usize>,
    report: &mut Report,
) {
    for refusal in refusals {
        let mut places =
            refusal.settings.iter().filter_map(|s| given.iter().find(|g| g.name == *s));
        let at = places.next().map_or(fallback, |g| &g.at).clone();
        let other = places.next().map(|g| (g.at.clone(), "together with this".to_owned()));
        let mut diagnostic = if refusal.fatal {
            Diagnostic::error("refused", at, format!("Kafka refuses this: {}", refusal.reason))
        } else {
            Diagnostic::warning("risky", at, format!("Kafka warns: {}", refusal.reason))
        };
        diagnostic.related = other;
        report.add(diagnostic.help(refusal.remedy));
    }
}

/// Holds settings that count partitions to what a simulated cluster can have.
fn within_limits(mut config: BrokerConfig, given: &[Given], report: &mut Report) -> BrokerConfig {
    for name in ["num.partitions", "offsets.topic.num.partitions"] {
        let Some(raw) = config.get(name).filter(|raw| *raw > MOST_PARTITIONS as i64) else {
            continue;
        };
        config.set(name, MOST_PARTITIONS as i64);
        let at = given.iter().find(|g| g.name == name).map_or(0..0, |g| g.at.clone());
        let message = format!("`{name}` is at most {MOST_PARTITIONS}, and {raw} is more");
        report.add(
            Diagnostic::error("too-large", at, message)
                .help("a simulated cluster has no room for more; Kafka has"),
        );
    }
    config
}

/// Reads `[kafka]` and names the servers.
pub fn kafka(file: &Reader<'_>, names: &mut Names, report: &mut Report) -> KafkaCluster {
    let mut cluster = KafkaCluster {
        brokers: 3,
        controllers: 1,
        zookeeper: false,
        version: KafkaVersion::default(),
        broker: BrokerConfig::default(),
        truncation: Truncation::default(),
        hw_needs_min_isr: true,
        eligible_leader_replicas: false,
        cost_model: None,
    };
    let table = file.inner("kafka", report);
    if let Some(table) = &table {
        let count = table.whole("brokers", report).and_then(|n| u16::try_from(n).ok());
        cluster.brokers = count.unwrap_or(cluster.brokers);
        cluster.controllers = controllers(table, cluster.brokers, report).unwrap_or(1);
        cluster.version = version(table, report).unwrap_or_default();
        if table.one_of("coordination", report) == Some("zookeeper") {
            zookeeper_mode(table, &mut cluster, report);
        }
    }
    let given =
        table.as_ref().map_or_else(Vec::new, |t| t.settings("broker", Scope::Broker, report));
    let (config, refusals) = resolve_broker(&pairs(&given), cluster.version);
    refused(refusals, &given, &(0..0), report);
    settings_of_the_mode(&cluster, &given, report);
    cluster.broker = within_limits(config, &given, report);
    let by_epoch = cluster.version.truncates_by_leader_epoch();
    cluster.truncation = if by_epoch { Truncation::LeaderEpoch } else { Truncation::HighWatermark };
    cluster.hw_needs_min_isr = cluster.version.high_watermark_needs_min_isr();
    cluster.eligible_leader_replicas = cluster.version.keeps_eligible_leader_replicas();
    if let Some(table) = &table {
        match table.one_of("truncation", report) {
            Some("high-watermark") => cluster.truncation = Truncation::HighWatermark,
            Some(_) => cluster.truncation = Truncation::LeaderEpoch,
            None => {}
        }
        if let Some(needs) = table.flag("hw-needs-min-isr", report) {
            cluster.hw_needs_min_isr = needs;
        }
        cluster.cost_model = cost_model(table, report);
        if let Some(keeps) = table.flag("eligible-leader-replicas", report) {
            cluster.eligible_leader_replicas = keeps;
        }
        if cluster.eligible_leader_replicas && !cluster.hw_needs_min_isr {
            let at = table.table.get("eligible-leader-replicas");
            let at = at.or(table.table.get("hw-needs-min-isr"));
            let message = "eligible leader replicas are complete only because the high watermark \
                           stands still below min.insync.replicas";
            let at = at.map_or(0..0, |n| n.at.clone());
            report
                .add(Diagnostic::error("contradiction", at, message).help(
                    "they need `hw-needs-min-isr = true`, as every release since 3.7 has it",
                ));
        }
    }
    for n in 1..=cluster.brokers {
        names.add_node(&format!("broker-{n}"), NodeKind::Broker);
    }
    for n in 1..=cluster.controllers {
        names.add_node(&format!("controller-{n}"), NodeKind::Controller);
    }
    if cluster.zookeeper {
        names.add_node("zookeeper-1", NodeKind::ZooKeeper);
    }
    cluster
}

/// The machine every node runs on, if a cost model is asked for.
fn cost_model(table: &Reader<'_>, report: &mut Report) -> Option<Machine> {
    let table = table.inner("cost-model", report)?;
    let rate = |key: &str, report: &mut Report| {
        let node = table.get(key, report)?;
        with_unit(node, key, "a bandwidth such as \"600MB/s\"", units::bandwidth_from_text, report)
    };
    Some(Machine {
        sequential: table.one_of("disk", report) != Some("random"),
        page_cache: table.flag("page-cache", report).unwrap_or(true),
        zero_copy: table.flag("zero-copy", report).unwrap_or(true),
        disk_rate: rate("disk-rate", report).unwrap_or(cost::DISK_RATE),
        seek: table.time("seek", report).unwrap_or(cost::SEEK),
        network_rate: rate("network-rate", report).unwrap_or(cost::NETWORK_RATE),
    })
}

/// How many nodes may be brokers or controllers: as many as a set of replicas can tell apart.
const MOST_SERVERS: u16 = 64;

fn controllers(table: &Reader<'_>, brokers: u16, report: &mut Report) -> Option<u16> {
    let node = table.table.get("controllers")?;
    let count = u16::try_from(table.whole("controllers", report)?).ok()?;
    if count.saturating_add(brokers) > MOST_SERVERS {
        let message = format!(
            "{brokers} brokers and {count} controllers are more than {MOST_SERVERS} servers"
        );
        report.add(Diagnostic::error("too-large", node.at.clone(), message));
        return None;
    }
    if count.is_multiple_of(2) {
        let message = format!(
            "{count} controllers survive no more failures than {}: a majority is {}",
            count - 1,
            count / 2 + 1
        );
        report.add(
            Diagnostic::warning("even-quorum", node.at.clone(), message)
                .help("Kafka allows it; 3 or 5 controllers are usual"),
        );
    }
    Some(count)
}

/// In ZooKeeper mode a broker is the controller. Without a release it is the last modelled one whose
/// leaders write the ISR to ZooKeeper themselves.
fn zookeeper_mode(table: &Reader<'_>, cluster: &mut KafkaCluster, report: &mut Report) {
    let place = |key: &str| table.table.get(key).map_or(0..0, |n| n.at.clone());
    (cluster.zookeeper, cluster.controllers) = (true, 0);
    if table.table.get("controllers").is_some() {
        let message = "in ZooKeeper mode one of the brokers is the controller";
        report.add(
            Diagnostic::error("contradiction", place("controllers"), message)
                .help("leave `controllers` out"),
        );
    }
    if table.table.get("version").is_none() {
        cluster.version = KafkaVersion::V2_5;
    } else if !cluster.version.leaders_write_isr_to_zookeeper() {
        let word = cluster.version.word();
        let (kind, message) = if cluster.version >= KafkaVersion::V4_0 {
            ("refused", format!("Kafka {word} has no ZooKeeper mode"))
        } else {
            let why = "since 2.7 leaders ask the controller for ISR changes (KIP-497)";
            let message = format!("ZooKeeper mode of Kafka {word} is not modelled: {why}");
            ("not-modelled", message)
        };
        report.add(
            Diagnostic::error(kind, place("version"), message)
                .help("write `version = \"2.5\"` or an older one"),
        );
    }
    if table.table.get("eligible-leader-replicas").is_some() {
        let message = "eligible leader replicas exist with KRaft only";
        report.add(Diagnostic::error("contradiction", place("eligible-leader-replicas"), message));
    }
}

/// A setting of the other mode would be ignored: that is an error. With one controller there is no
/// quorum for some settings to shape.
fn settings_of_the_mode(cluster: &KafkaCluster, given: &[Given], report: &mut Report) {
    for setting in given.iter().filter(|g| !means_something(g.name, cluster.zookeeper)) {
        let (mode, other) =
            if cluster.zookeeper { ("ZooKeeper", "kraft") } else { ("KRaft", "zookeeper") };
        let message = format!("`{}` means nothing in {mode} mode", setting.name);
        report.add(
            Diagnostic::error("contradiction", setting.at.clone(), message)
                .help(format!("leave it out, or write `coordination = \"{other}\"`")),
        );
    }
    if !cluster.zookeeper {
        quorum_settings(cluster, given, report);
    }
}

fn quorum_settings(cluster: &KafkaCluster, given: &[Given], report: &mut Report) {
    let of_quorum = |g: &&Given| {
        g.name.starts_with("controller.quorum.") || g.name == "metadata.max.idle.interval.ms"
    };
    for setting in given.iter().filter(of_quorum).filter(|_| cluster.controllers == 1) {
        let message = format!("`{}` changes nothing with one controller", setting.name);
        report.add(
            Diagnostic::warning("no-effect", setting.at.clone(), message)
                .help("write `controllers = 3`, or leave the setting out"),
        );
    }
}

fn version(table: &Reader<'_>, report: &mut Report) -> Option<KafkaVersion> {
    let node = table.get("version", report)?;
    let Some(text) = node.as_text() else {
        report.add(
            wrong_type(node, "version", "a text")
                .help(format!("write `version = \"{}\"`", node.shown())),
        );
        return None;
    };
    let version = KafkaVersion::from_word(text);
    if version.is_none() {
        let words: Vec<&str> = KafkaVersion::ALL.iter().map(|v| v.word()).collect();
        let message = format!("Kafka `{}` is not among the modelled releases", shortened(text));
        let help = match nearest(text, words.iter().copied()) {
            Some(near) if near.len() > 3 => format!("did you mean `{near}`?"),
            _ => format!("the releases whose rules differ are {}", words.join(", ")),
        };
        report.add(Diagnostic::error("wrong-value", node.at.clone(), message).help(help));
    }
    version
}

/// Reads the topics and names their partitions.
pub fn topics(
    file: &Reader<'_>,
    cluster: &KafkaCluster,
    names: &mut Names,
    report: &mut Report,
) -> Vec<Topic> {
    let form = file.form_of("topic");
    let mut topics = Vec::new();
    for table in file.tables("topic", MOST_TOPICS, report) {
        let reader = Reader::new(table, form, report);
        let partitions = reader.whole("partitions", report);
        let partitions = partitions.unwrap_or(i64::from(cluster.broker.num_partitions));
        let replicas = replication_factor(&reader, cluster, report);
        let given = reader.settings("config", Scope::Topic, report);
        let (config, refusals) = resolve_topic(&pairs(&given), &cluster.broker);
        refused(refusals, &given, &table.head, report);
        if config.min_insync_replicas > u32::from(replicas) {
            let at = given.iter().find(|g| g.name == "min.insync.replicas");
            let at = at.map_or_else(|| table.head.clone(), |g| g.at.clone());
            let message = format!(
                "min.insync.replicas = {} is more than the {replicas} replicas there are",
                config.min_insync_replicas
            );
            report.add(
                Diagnostic::warning("min-isr-above-replicas", at, message)
                    .help("Kafka allows it, and refuses every write with acks=all"),
            );
        }
        let Some(name) = reader.name("name", report) else { continue };
        let name_at = table.get("name").map_or(0..0, |n| n.at.clone());
        let Ok(partitions) = u16::try_from(partitions) else { continue };
        if names.directory.lanes.len() + usize::from(partitions) > MOST_PARTITIONS {
            let message = format!("all topics together have at most {MOST_PARTITIONS} partitions");
            report.add(Diagnostic::error("too-large", name_at, message));
            continue;
        }
        let Some(first_lane) = names.add_topic(name, partitions, replicas) else {
            let message = format!("there are two topics `{name}`");
            report.add(Diagnostic::error("duplicate-name", name_at, message));
            continue;
        };
        let assignment = assignment(&reader, partitions, replicas, names, report);
        topics.push(Topic {
            name: name.into(),
            partitions,
            first_lane: LaneId(first_lane.0),
            replication_factor: replicas,
            assignment,
            config,
        });
    }
    topics
}

fn replication_factor(topic: &Reader<'_>, cluster: &KafkaCluster, report: &mut Report) -> u16 {
    let by_default = i64::from(cluster.broker.default_replication_factor);
    let given = topic.whole("replication-factor", report);
    let factor = given.unwrap_or(by_default);
    if factor > i64::from(cluster.brokers) {
        let node = topic.table.get("replication-factor");
        let at = node.map_or_else(|| topic.table.head.clone(), |n| n.at.clone());
        let message = format!(
            "The target replication factor of {factor} cannot be reached because only {} \
             broker(s) are registered.",
            cluster.brokers
        );
        report.add(
            Diagnostic::error("refused", at, format!("Kafka refuses this: {message}"))
                .help("a replica needs a broker of its own"),
        );
    }
    u16::try_from(factor).unwrap_or(1).min(cluster.brokers)
}

fn assignment(
    topic: &Reader<'_>,
    partitions: u16,
    replicas: u16,
    names: &Names,
    report: &mut Report,
) -> Vec<Vec<NodeId>> {
    let Some(node) = topic.get("assignment", report) else { return Vec::new() };
    let Value::List(lists) = &node.value else {
        report.add(wrong_type(node, "assignment", "a list with a list of brokers a partition"));
        return Vec::new();
    };
    if lists.len() != usize::from(partitions) {
        let message = format!("{} replica lists do not fit {partitions} partition(s)", lists.len());
        report.add(Diagnostic::error("wrong-assignment", node.at.clone(), message));
        return Vec::new();
    }
    lists.iter().map(|list| replica_list(list, replicas, names, report)).collect()
}

fn replica_list(list: &Node, replicas: u16, names: &Names, report: &mut Report) -> Vec<NodeId> {
    let mut nodes: Vec<NodeId> = Vec::new();
    for item in crate::scenario::reader::texts(list, "assignment", report) {
        let name = item.as_text().unwrap_or_default();
        let node = names.node(name).filter(|n| names.kind(*n) == Some(NodeKind::Broker));
        match node {
            Some(node) if nodes.contains(&node) => {
                let message = format!("`{name}` holds the partition twice");
                report.add(Diagnostic::error("wrong-assignment", item.at.clone(), message));
            }
            Some(node) => nodes.push(node),
            None => {
                let message = format!("there is no broker `{}`", shortened(name));
                let nodes = names.directory.nodes.iter().zip(&names.kinds);
                let brokers = nodes.filter(|(_, k)| **k == NodeKind::Broker);
                let help = suggestion(name, brokers.map(|(n, _)| n.as_str()));
                report.add(
                    Diagnostic::error("unknown-node", item.at.clone(), message).maybe_help(help),
                );
            }
        }
    }
    if nodes.len() != usize::from(replicas) && !report.has_errors() {
        let message = format!("{} brokers for {replicas} replica(s)", nodes.len());
        report.add(
            Diagnostic::error("wrong-assignment", list.at.clone(), message)
                .help("`replication-factor` says how many each list has"),
        );
    }
    nodes
}
