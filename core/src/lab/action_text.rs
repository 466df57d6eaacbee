//! An action as the lines of a `[[step]]`: how it is exported, saved and read back.

use crate::brokers::kafka::client::consumer::ExceptionClass;
use crate::brokers::kafka::settings::{Kind, TOPIC, TopicConfig, Values};
use crate::cluster::nemesis::Drawn;
use crate::fact::NodeId;
use crate::kernel::{Span, Time};
use crate::scenario::Scenario;
use crate::scenario::model::{Action, HandlerFault, Role, Survives, Until};
use std::fmt::Write;

/// The lines after `at = …` of a step that does this.
pub fn action_text(action: &Action, scenario: &Scenario) -> String {
    let mut lines = Lines { text: String::new(), scenario };
    lines.action(action);
    lines.text
}

/// Faults that were drawn as `[[step]]` tables, in the order of their times. In the place of the
/// `[[nemesis]]` that drew them they make the same run.
pub fn drawn_steps(drawn: &[Drawn], scenario: &Scenario) -> String {
    let mut sorted: Vec<&Drawn> = drawn.iter().collect();
    sorted.sort_by_key(|d| d.time);
    let step = |d: &&Drawn| {
        let at = d.time.since(Time::ZERO);
        format!("[[step]]\nat = \"{}\"\n{}", exactly(at), action_text(&d.action, scenario))
    };
    sorted.iter().map(step).collect::<Vec<_>>().join("\n")
}

/// A span as a file says it exactly.
pub(super) fn exactly(span: Span) -> String {
    format!("{}ns", span.0)
}

struct Lines<'a> {
    text: String,
    scenario: &'a Scenario,
}

impl Lines<'_> {
    fn raw(&mut self, key: &str, value: impl std::fmt::Display) {
        // Writing into a `String` does not fail.
        let _ = writeln!(self.text, "{key} = {value}");
    }

    fn text(&mut self, key: &str, value: &str) {
        let value = toml_edit::Value::from(value);
        self.raw(key, value);
    }

    fn action(&mut self, action: &Action) {
        match action {
            Action::Crash { node } => self.on_node("crash", *node),
            Action::PowerOff { node, survives } => {
                self.on_node("power-off", *node);
                if *survives != Survives::Nothing {
                    self.text("survives", Survives::WORDS[*survives as usize]);
                }
            }
            Action::Shutdown { node } => self.on_node("shutdown", *node),
            Action::Restart { node } => self.on_node("restart", *node),
            Action::Resume { node } => self.on_node("resume", *node),
            Action::FailDisk { node } => self.on_node("fail-disk", *node),
            Action::WipeDisk { node } => self.on_node("wipe-disk", *node),
            Action::Pause { node, until } => {
                self.on_node("pause", *node);
                self.until(*until);
            }
            Action::Isolate { node, until } => {
                self.on_node("isolate", *node);
                self.until(*until);
            }
            Action::FullDisk { node, until } => {
                self.on_node("full-disk", *node);
                self.until(*until);
            }
            Action::SlowDisk { node, disk, until } => {
                self.on_node("slow-disk", *node);
                self.text("append", &exactly(disk.append));
                self.text("sync", &exactly(disk.sync));
                self.until(*until);
            }
            Action::Cut { from, to, one_way, until } => {
                self.on_link("cut", *from, *to, *one_way);
                self.until(*until);
            }
            Action::Heal { from, to } => self.on_link("heal", *from, *to, false),
            Action::Reset { from, to } => self.on_link("reset", *from, *to, false),
            Action::SlowLink { from, to, latency, one_way, until } => {
                self.on_link("slow-link", *from, *to, *one_way);
                let bounds = format!("{}..{}", exactly(latency.low), exactly(latency.high));
                self.text("latency", &bounds);
                self.until(*until);
            }
            Action::Bandwidth { from, to, bytes_per_second, until } => {
                self.on_link("bandwidth", *from, *to, false);
                self.text("rate", &format!("{bytes_per_second}B/s"));
                self.until(*until);
            }
            Action::Lose { packet, from, to, count } => {
                self.on_link("lose", *from, *to, false);
                self.text("packet", packet);
                self.raw("count", count);
            }
            other => self.rest(other),
        }
    }

    fn rest(&mut self, action: &Action) {
        match action {
            Action::CorruptTail { node, lane, records } => {
                self.on_node("corrupt-tail", *node);
                let lane = self.scenario.directory.lane(*lane);
                self.text("partition", lane);
                self.raw("records", records);
            }
            Action::ClockJump { node, by } => {
                self.on_node("clock-jump", *node);
                self.text("by", &format!("{by}ns"));
            }
            Action::ClockDrift { node, ppm } => {
                self.on_node("clock-drift", *node);
                self.raw("ppm", ppm);
            }
            Action::ElectPreferred { lane } => {
                self.text("do", "elect-preferred");
                self.text("partition", self.scenario.directory.lane(*lane));
            }
            Action::ElectUnclean { lane } => {
                self.text("do", "elect-unclean");
                self.text("partition", self.scenario.directory.lane(*lane));
            }
            Action::Reassign { lane, to } => {
                self.text("do", "reassign");
                self.text("partition", self.scenario.directory.lane(*lane));
                let names = to.iter().map(|n| self.scenario.directory.node(*n));
                self.raw("to", toml_edit::Value::from_iter(names));
            }
            Action::SetTopic { topic, config } => self.set_topic(*topic, config),
            Action::Burst { producer, count } => {
                self.text("do", "burst");
                self.text("producer", self.scenario.directory.node(*producer));
                self.raw("count", count);
            }
            Action::SlowCpu { node, takes, until } => {
                self.on_node("slow-cpu", *node);
                self.text("takes", &exactly(*takes));
                self.until(*until);
            }
            Action::FailHandler { consumer, which, exception, until } => {
                self.text("do", "fail-handler");
                self.text("consumer", self.scenario.directory.node(*consumer));
                self.handler_fault(which);
                if *exception != ExceptionClass::default() {
                    self.text("exception", self.scenario.exception_class(*exception));
                }
                if !matches!((which, until), (HandlerFault::Next(_), Until::Never)) {
                    self.until(*until);
                }
            }
            Action::SlowHandler { consumer, takes, until } => {
                self.text("do", "slow-handler");
                self.text("consumer", self.scenario.directory.node(*consumer));
                self.text("takes", &exactly(*takes));
                self.until(*until);
            }
            _ => self.text("do", "say"),
        }
    }

    fn handler_fault(&mut self, which: &HandlerFault) {
        let directory = &self.scenario.directory;
        match which {
            HandlerFault::Next(count) => self.raw("count", count),
            HandlerFault::Share(share) => {
                self.text("share", &format!("{}.{:03}%", share / 1000, share % 1000));
            }
            HandlerFault::Key(key) => self.text("key", directory.key(*key)),
            HandlerFault::Messages(messages) => {
                let names: Vec<String> = messages
                    .iter()
                    .map(|m| toml_edit::Value::from(directory.message(*m)).to_string())
                    .collect();
                self.raw("messages", format_args!("[{}]", names.join(", ")));
            }
        }
    }

    fn on_node(&mut self, name: &str, node: Role) {
        self.text("do", name);
        let role = self.role(node);
        self.text("node", &role);
    }

    fn on_link(&mut self, name: &str, from: Role, to: Role, one_way: bool) {
        self.text("do", name);
        let ends = [from, to].map(|role| toml_edit::Value::from(self.role(role)).to_string());
        self.raw("link", format_args!("[{}]", ends.join(", ")));
        if one_way {
            self.raw("one-way", true);
        }
    }

    fn until(&mut self, until: Until) {
        match until {
            Until::Never => self.text("heal", "never"),
            Until::At(at) => self.text("heal", &exactly(at)),
            Until::For(span) => self.text("for", &exactly(span)),
        }
    }

    /// Steps of a file change what earlier ones set, so everything that some step changes is said.
    fn set_topic(&mut self, topic: usize, config: &TopicConfig) {
        self.text("do", "set");
        let Some(before) = self.scenario.topics.get(topic) else { return };
        self.text("topic", &before.name);
        let changed = self.scenario.steps.iter().filter_map(|step| match &step.action {
            Action::SetTopic { topic: other, config } if *other == topic => Some(config),
            _ => None,
        });
        let others: Vec<&TopicConfig> = changed.chain([&before.config]).collect();
        let mut settings = Vec::new();
        for setting in TOPIC {
            let Some(raw) = config.get(setting.name) else { continue };
            if others.iter().all(|other| other.get(setting.name) == Some(raw)) {
                continue;
            }
            let value = match setting.kind {
                Kind::Choice(_) | Kind::List(_) => {
                    toml_edit::Value::from(setting.shown(raw)).to_string()
                }
                _ => setting.shown(raw),
            };
            settings.push(format!("\"{}\" = {value}", setting.name));
        }
        self.raw("config", format_args!("{{ {} }}", settings.join(", ")));
    }

    fn role(&self, role: Role) -> String {
        let directory = &self.scenario.directory;
        let node = |node: NodeId| directory.node(node).to_string();
        match role {
            Role::Node(n) => node(n),
            Role::Leader(lane) => format!("leader({})", directory.lane(lane)),
            Role::Followers(lane) => format!("followers({})", directory.lane(lane)),
            Role::AnyFollower(lane) => format!("any follower({})", directory.lane(lane)),
            Role::Replica(lane, n) => format!("replica({}, {n})", directory.lane(lane)),
            Role::Coordinator(group) => format!("coordinator({})", directory.subscription(group)),
            Role::Owner(lane, group) => {
                format!("owner({}, {})", directory.lane(lane), directory.subscription(group))
            }
            Role::Controller => "controller".into(),
            Role::Brokers => "brokers".into(),
            Role::Controllers => "controllers".into(),
            Role::StandbyControllers => "standby-controllers".into(),
            Role::Clients => "clients".into(),
            Role::Everyone => "everyone".into(),
        }
    }
}

/// Reads such lines back, by the rules of the scenario whose text is given.
pub(super) fn read_action(name: &str, source: &str, lines: &str) -> Result<Action, String> {
    let text = format!("{}\n[[step]]\nat = \"0ns\"\n{lines}", source.trim_end());
    let parsed = crate::scenario::parse(name, &text);
    let wrong = || {
        let first =
            parsed.diagnostics.iter().find(|d| d.severity == crate::scenario::Severity::Error);
        first.map_or_else(|| "it cannot be read".to_string(), |d| d.message.clone())
    };
    match &parsed.scenario {
        Some(scenario) => scenario.steps.last().map(|s| s.action.clone()).ok_or_else(wrong),
        None => Err(wrong()),
    }
}
