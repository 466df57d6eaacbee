//! What a step does: the fields of each action.

use crate::brokers::kafka::client::consumer::{CLASSES, ExceptionClass};
use crate::brokers::kafka::settings::{Scope, TopicConfig, Values, span_from_text};
use crate::fact::{KeyId, LaneId, MessageId, NodeId};
use crate::kernel::Span;
use crate::scenario::diagnostic::{Diagnostic, Report};
use crate::scenario::document::{Node, Value};
use crate::scenario::grammar::nearest;
use crate::scenario::grammar::{ActionForm, FIELDS, PACKETS, Shape};
use crate::scenario::language::{Source, role};
use crate::scenario::model::{Action, DiskModel, HandlerFault, Role, Survives, Trigger, Until};
use crate::scenario::names::{Names, NodeKind};
use crate::scenario::reader::{
    Reader, given, one_of, shortened, time, whole, with_unit, wrong_type,
};
use crate::scenario::units;

/// The fields of one step.
struct Fields<'a, 't> {
    reader: &'a Reader<'t>,
    form: &'static ActionForm,
    names: &'a Names,
}

/// Reads the action of a step. `None` if something about it is wrong.
pub fn action(
    reader: &Reader<'_>,
    form: &'static ActionForm,
    trigger: Option<&Trigger>,
    configs: &mut [TopicConfig],
    names: &Names,
    report: &mut Report,
) -> Option<Action> {
    let fields = Fields { reader, form, names };
    let until = if form.lasts { fields.until(trigger, report) } else { Some(Until::Never) };
    if let Some(action) = fields.of_process(until, report) {
        return action;
    }
    if let Some(action) = fields.of_network(until, report) {
        return action;
    }
    if let Some(action) = fields.of_disk(until, report) {
        return action;
    }
    match form.name {
        "clock-jump" => {
            let node = fields.node(report);
            let by = fields.signed_time("by", report)?;
            Some(Action::ClockJump { node: node?, by })
        }
        "clock-drift" => {
            let node = fields.node(report);
            let ppm = fields.whole("ppm", report).and_then(|n| i32::try_from(n).ok())?;
            Some(Action::ClockDrift { node: node?, ppm })
        }
        "elect-preferred" => Some(Action::ElectPreferred { lane: fields.lane(report)? }),
        "elect-unclean" => Some(Action::ElectUnclean { lane: fields.lane(report)? }),
        "reassign" => {
            let lane = fields.lane(report);
            let to = fields.brokers("to", report);
            let (lane, to) = (lane?, to?);
            Some(Action::Reassign { lane, to })
        }
        "set" => fields.set_topic(configs, report),
        "burst" => fields.burst(report),
        "slow-cpu" => {
            let node = fields.node(report);
            let takes = fields.takes_some_time(report);
            let (node, takes, until) = (node?, takes?, until?);
            Some(Action::SlowCpu { node, takes, until })
        }
        "fail-handler" => fields.fail_handler(trigger, report),
        "slow-handler" => {
            let consumer = fields.consumer(report);
            let takes = fields.time("takes", report);
            let (consumer, takes, until) = (consumer?, takes?, until?);
            Some(Action::SlowHandler { consumer, takes, until })
        }
        "say" => Some(Action::Say),
        // The grammar lists an action that is not read here: better an error than no effect.
        other => {
            let at = fields.reader.table.at.clone();
            let message = format!("the action `{other}` is not modelled yet");
            report.add(Diagnostic::error("not-modelled", at, message));
            None
        }
    }
}

impl Fields<'_, '_> {
    fn get(&self, key: &str) -> Option<&Node> {
        self.reader.table.get(key)
    }

    fn whole(&self, key: &str, report: &mut Report) -> Option<i64> {
        let node = self.get(key)?;
        match FIELDS.iter().find(|f| f.name == key).map(|f| f.shape) {
            Some(Shape::Whole(low, high)) => whole(node, key, low, high, report),
            _ => None,
        }
    }

    fn time(&self, key: &str, report: &mut Report) -> Option<Span> {
        time(self.get(key)?, key, report)
    }

    fn flag(&self, key: &str, report: &mut Report) -> bool {
        match self.get(key) {
            Some(Node { value: Value::Flag(flag), .. }) => *flag,
            Some(node) => {
                report.add(wrong_type(node, key, "true or false"));
                false
            }
            None => false,
        }
    }

    fn signed_time(&self, key: &str, report: &mut Report) -> Option<i64> {
        let node = self.get(key)?;
        with_unit(
            node,
            key,
            "a time such as \"5s\" or \"-5s\"",
            |text| {
                let (sign, rest) = match text.trim().strip_prefix('-') {
                    Some(rest) => (-1, rest),
                    None => (1, text.trim().trim_start_matches('+')),
                };
                span_from_text(rest).map(|s| sign * i64::try_from(s.0).unwrap_or(i64::MAX))
            },
            report,
        )
    }

    fn role_of(&self, node: &Node, report: &mut Report) -> Option<Role> {
        let Some(source) = Source::of(node) else {
            report.add(wrong_type(node, "node", "a node such as \"broker-1\""));
            return None;
        };
        role(&source, self.names).map_err(|d| report.add(*d)).ok()
    }

    fn node(&self, report: &mut Report) -> Option<Role> {
        self.role_of(self.get("node")?, report)
    }

    /// A node that has a disk in this world.
    fn server(&self, report: &mut Report) -> Option<Role> {
        let role = self.node(report)?;
        let client = match role {
            Role::Node(node) => {
                matches!(self.names.kind(node), Some(NodeKind::Producer | NodeKind::Consumer))
            }
            Role::Clients => true,
            _ => false,
        };
        if client {
            let at = self.get("node").map_or(0..0, |n| n.at.clone());
            let message = format!("`{}` is about disks, and clients have none", self.form.name);
            report.add(Diagnostic::error("wrong-node", at, message));
            return None;
        }
        Some(role)
    }

    fn link(&self, report: &mut Report) -> Option<(Role, Role)> {
        let node = self.get("link")?;
        match &node.value {
            Value::List(ends) if ends.len() == 2 => {
                let from = self.role_of(&ends[0], report);
                let to = self.role_of(&ends[1], report);
                let (from, to) = (from?, to?);
                if from == to && matches!(from, Role::Node(_) | Role::Leader(_)) {
                    let message = "a node has no link to itself";
                    report.add(Diagnostic::error("wrong-node", node.at.clone(), message));
                    return None;
                }
                Some((from, to))
            }
            _ => {
                report.add(
                    wrong_type(node, "link", "a list of two nodes")
                        .help("write `link = [\"broker-1\", \"broker-2\"]`"),
                );
                None
            }
        }
    }

    /// A list of brokers, each of them once.
    fn brokers(&self, key: &str, report: &mut Report) -> Option<Vec<NodeId>> {
        let node = self.get(key)?;
        let mut brokers: Vec<NodeId> = Vec::new();
        let texts = crate::scenario::reader::texts(node, key, report);
        let wanted = texts.len();
        for text in texts {
            let name = text.as_text().unwrap_or_default();
            let broker = self.names.node(name);
            match broker.filter(|n| self.names.kind(*n) == Some(NodeKind::Broker)) {
                Some(broker) if brokers.contains(&broker) => {
                    let message = format!("`{name}` holds the partition twice");
                    report.add(Diagnostic::error("wrong-assignment", text.at.clone(), message));
                }
                Some(broker) => brokers.push(broker),
                None => {
                    let message = format!("there is no broker `{}`", shortened(name));
                    report.add(Diagnostic::error("unknown-node", text.at.clone(), message));
                }
            }
        }
        if wanted == 0 {
            let message = "a partition needs a broker";
            report.add(Diagnostic::error("wrong-assignment", node.at.clone(), message));
        }
        (!brokers.is_empty() && brokers.len() == wanted).then_some(brokers)
    }

    fn lane(&self, report: &mut Report) -> Option<LaneId> {
        let node = self.get("partition")?;
        let Some(name) = node.as_text() else {
            report.add(wrong_type(node, "partition", "a text such as \"orders/0\""));
            return None;
        };
        let lane = self.names.lane(name);
        if lane.is_none() {
            let (message, help) = self.names.no_lane(name);
            report.add(
                Diagnostic::error("unknown-partition", node.at.clone(), message).maybe_help(help),
            );
        }
        lane
    }

    /// How long the fault lasts. A file always says it.
    fn until(&self, trigger: Option<&Trigger>, report: &mut Report) -> Option<Until> {
        let table = self.reader.table;
        match (table.entry("heal"), table.entry("for")) {
            (Some(heal), Some(span)) => {
                let message = "`heal` and `for` both say when it ends";
                report.add(
                    Diagnostic::error("contradiction", span.name_at.clone(), message)
                        .related(heal.name_at.clone(), "said here already"),
                );
                None
            }
            (None, None) => {
                let message = format!("how long does `{}` last?", self.form.name);
                report.add(
                    Diagnostic::error("missing-duration", table.head.clone(), message).help(
                        "add `for = \"3s\"`, `heal = \"12s\"` (a time of the run), or `heal = \"never\"`",
                    ),
                );
                None
            }
            (None, Some(span)) => match time(&span.value, "for", report)? {
                Span::ZERO => {
                    let message = "a fault lasts longer than no time at all";
                    report.add(Diagnostic::error("out-of-range", span.value.at.clone(), message));
                    None
                }
                length => Some(Until::For(length)),
            },
            (Some(heal), None) if heal.value.as_text() == Some("never") => Some(Until::Never),
            (Some(heal), None) => {
                let end = time(&heal.value, "heal", report)?;
                if let Some(Trigger::At(start)) = trigger
                    && end <= *start
                {
                    let at = table.get("at").map_or(0..0, |n| n.at.clone());
                    let message = format!("it ends at {end}, and does not begin before {start}");
                    report.add(
                        Diagnostic::error("heals-before-start", heal.value.at.clone(), message)
                            .related(at, "it begins here")
                            .help("`heal` is a time of the run; for a length write `for`"),
                    );
                    return None;
                }
                Some(Until::At(end))
            }
        }
    }

    // The outer `Option` says whether the action belongs to the group, the inner one whether it
    // could be read.
    #[allow(clippy::option_option)]
    fn of_process(&self, until: Option<Until>, report: &mut Report) -> Option<Option<Action>> {
        if self.form.name == "power-off" {
            return Some(self.power_off(report));
        }
        let make: fn(Role, Until) -> Action = match self.form.name {
            "crash" => |node, _| Action::Crash { node },
            "shutdown" => |node, _| Action::Shutdown { node },
            "restart" => |node, _| Action::Restart { node },
            "pause" => |node, until| Action::Pause { node, until },
            "resume" => |node, _| Action::Resume { node },
            "isolate" => |node, until| Action::Isolate { node, until },
            _ => return None,
        };
        let node = self.node(report);
        Some(node.zip(until).map(|(node, until)| make(node, until)))
    }

    fn power_off(&self, report: &mut Report) -> Option<Action> {
        let node = self.node(report);
        let survives = match self.get("survives") {
            None => Some(Survives::Nothing),
            Some(given) => one_of(given, "survives", Survives::WORDS, report)
                .map(|word| if word == "a prefix" { Survives::Prefix } else { Survives::Nothing }),
        };
        let (node, survives) = node.zip(survives)?;
        Some(Action::PowerOff { node, survives })
    }

    #[allow(clippy::option_option)]
    fn of_network(&self, until: Option<Until>, report: &mut Report) -> Option<Option<Action>> {
        let name = self.form.name;
        if name == "lose" {
            return Some(self.lose(report));
        }
        if !["cut", "heal", "reset", "slow-link", "bandwidth"].contains(&name) {
            return None;
        }
        let link = self.link(report);
        let one_way = self.flag("one-way", report);
        let latency = self.get("latency").and_then(|_| self.reader.times("latency", report));
        let rate = self.get("rate").and_then(|node| {
            let wanted = "a bandwidth such as \"1MiB/s\"";
            with_unit(node, "rate", wanted, units::bandwidth_from_text, report)
        });
        let action = || {
            let (from, to) = link?;
            Some(match name {
                "cut" => Action::Cut { from, to, one_way, until: until? },
                "heal" => Action::Heal { from, to },
                "reset" => Action::Reset { from, to },
                "slow-link" => {
                    Action::SlowLink { from, to, latency: latency?, one_way, until: until? }
                }
                _ => Action::Bandwidth { from, to, bytes_per_second: rate?, until: until? },
            })
        };
        Some(action())
    }

    fn lose(&self, report: &mut Report) -> Option<Action> {
        let packet = one_of(self.get("packet")?, "packet", PACKETS, report);
        let link = match self.get("link") {
            Some(_) => self.link(report),
            None => Some((Role::Everyone, Role::Everyone)),
        };
        let count = match self.get("count") {
            Some(_) => self.whole("count", report).and_then(|n| u32::try_from(n).ok()),
            None => Some(1),
        };
        let (from, to) = link?;
        Some(Action::Lose { packet: packet?.into(), from, to, count: count? })
    }

    #[allow(clippy::option_option)]
    fn of_disk(&self, until: Option<Until>, report: &mut Report) -> Option<Option<Action>> {
        let name = self.form.name;
        if !["slow-disk", "full-disk", "fail-disk", "wipe-disk", "corrupt-tail"].contains(&name) {
            return None;
        }
        let node = self.server(report);
        Some(match name {
            "slow-disk" => {
                if self.get("append").is_none() && self.get("sync").is_none() {
                    let message = "`slow-disk` needs `append` or `sync`, or both";
                    let head = self.reader.table.head.clone();
                    report.add(Diagnostic::error("missing-key", head, message));
                }
                let usual = DiskModel::default();
                let append = self.time("append", report).unwrap_or(usual.append);
                let sync = self.time("sync", report).unwrap_or(usual.sync);
                let disk = DiskModel { append, sync };
                node.zip(until).map(|(node, until)| Action::SlowDisk { node, disk, until })
            }
            "full-disk" => node.zip(until).map(|(node, until)| Action::FullDisk { node, until }),
            "fail-disk" => node.map(|node| Action::FailDisk { node }),
            "wipe-disk" => node.map(|node| Action::WipeDisk { node }),
            _ => {
                let lane = self.lane(report);
                let records = self.whole("records", report).and_then(|n| u64::try_from(n).ok());
                let tail = node.zip(lane).zip(records);
                tail.map(|((node, lane), records)| Action::CorruptTail { node, lane, records })
            }
        })
    }

    fn set_topic(&self, configs: &mut [TopicConfig], report: &mut Report) -> Option<Action> {
        let changes = given(self.get("config")?, "config", Scope::Topic, report);
        let node = self.get("topic")?;
        let Some(name) = node.as_text() else {
            report.add(wrong_type(node, "topic", "a text"));
            return None;
        };
        let Some(topic) = self.names.topic(name) else {
            let (message, help) = self.names.no_topic(name);
            let wrong = Diagnostic::error("unknown-topic", node.at.clone(), message);
            report.add(wrong.maybe_help(help));
            return None;
        };
        let config = configs.get_mut(topic)?;
        for change in changes {
            config.set(change.name, change.raw);
        }
        Some(Action::SetTopic { topic, config: config.clone() })
    }

    fn burst(&self, report: &mut Report) -> Option<Action> {
        let count = self.whole("count", report).and_then(|n| u32::try_from(n).ok());
        let node = self.get("producer")?;
        let Some(name) = node.as_text() else {
            report.add(wrong_type(node, "producer", "a text"));
            return None;
        };
        let is_producer = |n: &NodeId| self.names.kind(*n) == Some(NodeKind::Producer);
        let Some(producer) = self.names.node(name).filter(is_producer) else {
            let message = format!("there is no producer `{name}`");
            let producers = self.names.directory.messages.iter();
            let producers = producers.map(|b| self.names.directory.node(b.producer));
            let help = crate::scenario::names::suggestion(name, producers);
            let wrong = Diagnostic::error("unknown-producer", node.at.clone(), message);
            report.add(wrong.maybe_help(help));
            return None;
        };
        Some(Action::Burst { producer, count: count? })
    }

    /// `takes` of a slow processor, which takes some time for everything.
    fn takes_some_time(&self, report: &mut Report) -> Option<Span> {
        let takes = self.time("takes", report)?;
        if takes == Span::ZERO {
            let at = self.get("takes").map_or(0..0, |n| n.at.clone());
            let message = "a slow processor takes some time for each input";
            report.add(Diagnostic::error("out-of-range", at, message));
            return None;
        }
        Some(takes)
    }

    fn consumer(&self, report: &mut Report) -> Option<NodeId> {
        let node = self.get("consumer")?;
        let Some(name) = node.as_text() else {
            report.add(wrong_type(node, "consumer", "a text"));
            return None;
        };
        let is_consumer = |n: &NodeId| self.names.kind(*n) == Some(NodeKind::Consumer);
        let found = self.names.node(name).filter(is_consumer);
        if found.is_none() {
            let message = format!("there is no consumer `{}`", shortened(name));
            let nodes = self.names.directory.nodes.iter().map(String::as_str);
            let consumers = nodes.filter(|n| self.names.node(n).is_some_and(|id| is_consumer(&id)));
            let help = crate::scenario::names::suggestion(name, consumers);
            let wrong = Diagnostic::error("unknown-consumer", node.at.clone(), message);
            report.add(wrong.maybe_help(help));
        }
        found
    }

    fn fail_handler(&self, trigger: Option<&Trigger>, report: &mut Report) -> Option<Action> {
        let table = self.reader.table;
        let consumer = self.consumer(report);
        let given: Vec<&str> = ["count", "share", "messages", "key"]
            .into_iter()
            .filter(|key| table.get(key).is_some())
            .collect();
        let [which] = given[..] else {
            let message = match given.len() {
                0 => "which calls of the handler fail?".to_owned(),
                _ => format!("{} say different things", given.join(" and ")),
            };
            let help =
                "write one of `count = 3`, `share = \"20%\"`, `messages = \"m3\"`, `key = \"…\"`";
            report.add(Diagnostic::error("contradiction", table.head.clone(), message).help(help));
            return None;
        };
        // So many calls are an end of their own.
        let ends = table.get("heal").is_some() || table.get("for").is_some();
        let until = match which {
            "count" if !ends => Some(Until::Never),
            _ => self.until(trigger, report),
        };
        let node = self.get(which)?;
        let fault = match which {
            "count" => HandlerFault::Next(u32::try_from(self.whole("count", report)?).ok()?),
            "share" => {
                let wanted = "a share such as \"20%\"";
                let share = with_unit(node, "share", wanted, units::share_from_text, report)?;
                HandlerFault::Share(share)
            }
            "key" => HandlerFault::Key(self.key(node, report)?),
            _ => HandlerFault::Messages(self.messages(node, report)?),
        };
        let exception = self.exception(report)?;
        Some(Action::FailHandler { consumer: consumer?, which: fault, exception, until: until? })
    }

    fn exception(&self, report: &mut Report) -> Option<ExceptionClass> {
        let Some(node) = self.reader.table.get("exception") else {
            return Some(ExceptionClass::default());
        };
        let Some(name) = node.as_text() else {
            report.add(wrong_type(node, "exception", "a text"));
            return None;
        };
        let found = self.names.known_exception_class(name);
        if found.is_none() {
            let message = format!("no consumer knows the exception `{}`", shortened(name));
            let known = CLASSES.into_iter().chain(self.names.exceptions.iter().map(String::as_str));
            let help = nearest(name, known).map_or_else(
                || {
                    "name it in some consumer's `not-retryable`, or leave `exception` out"
                        .to_owned()
                },
                |near| format!("did you mean `{near}`?"),
            );
            report.add(Diagnostic::error("unknown-exception", node.at.clone(), message).help(help));
        }
        found
    }

    fn key(&self, node: &Node, report: &mut Report) -> Option<KeyId> {
        let Some(name) = node.as_text() else {
            report.add(wrong_type(node, "key", "a text"));
            return None;
        };
        let found = self.names.key(name);
        if found.is_none() {
            let message = format!("no message has the key `{}`", shortened(name));
            let keys = self.names.directory.keys.iter().take(100).map(String::as_str);
            let help = crate::scenario::names::suggestion(name, keys);
            let wrong = Diagnostic::error("unknown-key-of-messages", node.at.clone(), message);
            report.add(wrong.maybe_help(help));
        }
        found
    }

    fn messages(&self, node: &Node, report: &mut Report) -> Option<Vec<MessageId>> {
        let mut messages = Vec::new();
        let texts = crate::scenario::reader::texts(node, "messages", report);
        let wanted = texts.len();
        for text in texts {
            let name = text.as_text().unwrap_or_default();
            match self.names.message(name) {
                Some(message) => messages.push(message),
                None => {
                    let (message, help) = self.names.no_message(name);
                    let wrong = Diagnostic::error("unknown-message", text.at.clone(), message);
                    report.add(wrong.maybe_help(help));
                }
            }
        }
        messages.sort_unstable();
        messages.dedup();
        if wanted == 0 {
            let message = "an empty list names no messages";
            report.add(Diagnostic::error("wrong-value", node.at.clone(), message));
        }
        (!messages.is_empty()).then_some(messages)
    }
}
