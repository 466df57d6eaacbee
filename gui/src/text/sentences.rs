//! Words with something in them.

use super::Phrase;
use mqlab::fact::Directory;
use mqlab::kernel::Time;
use mqlab::lab::{BranchId, Change, Lab};
use mqlab::story::Lang;
use mqlab::substrate::{DiskHealth, Power};
use mqlab::view::MarkKind;
use mqlab::view::picture::{LinkView, NodeView, PacketView, Role, Standing};

/// Says things in a language.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Say {
    /// The language.
    pub lang: Lang,
}

impl Say {
    /// A fixed phrase.
    pub fn the(self, phrase: Phrase) -> &'static str {
        phrase.text(self.lang)
    }

    /// One of two texts.
    pub fn pick<'a>(self, en: &'a str, zh: &'a str) -> &'a str {
        self.lang.pick(en, zh)
    }

    /// What a node is for.
    pub fn role(self, role: Role) -> &'static str {
        match role {
            Role::Broker => "broker",
            Role::Controller => "controller",
            Role::Metadata => self.pick("keeper of the metadata", "元数据服务"),
            Role::Producer => self.pick("producer", "生产者"),
            Role::Consumer => self.pick("consumer", "消费者"),
        }
    }

    /// How a node is, in the words of a tooltip and a screen reader.
    pub fn node(self, node: &NodeView, directory: &Directory) -> String {
        let mut words = vec![self.role(node.role).to_string(), self.power(node.power).to_string()];
        match node.standing {
            Standing::Fenced => words.push("fenced".into()),
            Standing::Leaving => words.push(self.pick("leaving", "正在退出").into()),
            Standing::Active | Standing::Unlisted => {}
        }
        match node.disk {
            DiskHealth::Healthy => {}
            DiskHealth::Full => words.push(self.pick("disk full", "磁盘已满").into()),
            DiskHealth::Failed => words.push(self.pick("disk failed", "磁盘失效").into()),
        }
        if node.leads > 0 {
            words.push(match self.lang {
                Lang::En => format!("leads {}", node.leads),
                Lang::Zh => format!("Leader ×{}", node.leads),
            });
        }
        if !node.doing.is_empty() {
            words.push(self.doing(node.doing).into());
        }
        if node.holds > 0 {
            words.push(match self.lang {
                Lang::En => format!("holds {}", node.holds),
                Lang::Zh => format!("持有 {} 条", node.holds),
            });
        }
        let comma = self.pick(", ", "，");
        let colon = self.pick(": ", "：");
        format!("{}{colon}{}", directory.node(node.node), words.join(comma))
    }

    /// Whether machine and process run.
    pub fn power(self, power: Power) -> &'static str {
        match power {
            Power::On => self.pick("running", "运行中"),
            Power::Paused => self.pick("paused", "停顿"),
            Power::Down => self.pick("process down", "进程已停"),
            Power::Off => self.pick("no power", "断电"),
        }
    }

    /// What an application does; words the core may add later stay as they are.
    pub fn doing(self, doing: &'static str) -> &'static str {
        let zh = match doing {
            "sending" => "发送中",
            "blocked" => "被阻塞",
            "done" => "已发完",
            "polling" => "拉取中",
            "handling" => "处理中",
            "committing" => "提交中",
            other => other,
        };
        self.pick(doing, zh)
    }

    /// A link in the words of a tooltip.
    pub fn link(self, link: &LinkView, directory: &Directory) -> String {
        let (a, b) = (directory.node(link.a), directory.node(link.b));
        let state = match (link.cut_forth, link.cut_back) {
            (true, true) => self.pick("cut", "已切断").to_string(),
            (true, false) => match self.lang {
                Lang::En => format!("nothing gets from {a} to {b}"),
                Lang::Zh => format!("{a} 到 {b} 不通"),
            },
            (false, true) => match self.lang {
                Lang::En => format!("nothing gets from {b} to {a}"),
                Lang::Zh => format!("{b} 到 {a} 不通"),
            },
            (false, false) => match self.lang {
                Lang::En => format!("{} open connections", link.open),
                Lang::Zh => format!("{} 条连接", link.open),
            },
        };
        let waiting = match (link.waiting, self.lang) {
            (0, _) => String::new(),
            (n, Lang::En) => format!(", {n} packets held up"),
            (n, Lang::Zh) => format!("，{n} 个数据包被扣住"),
        };
        format!("{a} – {b}{}{state}{waiting}", self.pick(": ", "："))
    }

    /// A packet in the words of a tooltip.
    pub fn packet(self, packet: &PacketView, directory: &Directory) -> String {
        let (from, to) = (directory.node(packet.from), directory.node(packet.to));
        let cargo = match (packet.message, packet.messages) {
            (Some(first), 1) => format!(" · {}", directory.message(first)),
            (Some(first), n) => format!(" · {} +{}", directory.message(first), n - 1),
            (None, _) => String::new(),
        };
        format!("{}{cargo}\n{from} → {to}\n{} → {}", packet.kind, packet.departed, packet.arrives)
    }

    /// The word for a mark.
    pub fn mark(self, kind: MarkKind) -> &'static str {
        let zh = match kind {
            MarkKind::Fault => "故障",
            MarkKind::Repair => "恢复",
            MarkKind::Election => "选举",
            MarkKind::Isr => "ISR 变化",
            MarkKind::Rebalance => "再均衡",
            MarkKind::Truncation => "截断",
            MarkKind::Step(_) => "步骤",
            MarkKind::Anomaly(_) => "异常",
        };
        self.pick(kind.name(), zh)
    }

    /// Where the person is.
    pub fn here(self, time: Time, event: u64) -> String {
        match self.lang {
            Lang::En => format!("{time} · event {event}"),
            Lang::Zh => format!("{time} · 事件 {event}"),
        }
    }

    /// How much simulated time passes in a second.
    pub fn speed(self, nanos: u64) -> String {
        let span = mqlab::kernel::Span(nanos);
        match self.lang {
            Lang::En => format!("{span} a second"),
            Lang::Zh => format!("每秒 {span}"),
        }
    }

    /// What a branch is called.
    pub fn branch(self, lab: &Lab, id: BranchId) -> String {
        let Some(branch) = lab.branch(id) else { return String::new() };
        let what = match &branch.change {
            Change::Nothing if branch.parent.is_none() => {
                self.pick("the scenario as it is", "原样运行").to_string()
            }
            Change::Nothing | Change::Action => {
                match branch.interventions().get(branch.inherited()) {
                    Some(input) => self.action(input.action.name()).to_string(),
                    None => self.pick("the same, to be changed", "原样，待修改").to_string(),
                }
            }
            Change::Settings(changes) => {
                let texts: Vec<String> = changes.iter().map(|(k, v)| format!("{k}={v}")).collect();
                texts.join(", ")
            }
            Change::WhatIf(name) => {
                let what_ifs = &lab.branches()[0].scenario().what_ifs;
                let what_if = what_ifs.iter().find(|w| w.name == *name);
                let title = what_if.map(|w| self.lang.of(&w.title)).filter(|t| !t.is_empty());
                title.unwrap_or(name).to_string()
            }
            Change::Seed(seed) => match self.lang {
                Lang::En => format!("seed {seed}"),
                Lang::Zh => format!("种子 {seed}"),
            },
        };
        format!("{} · {what}", id.0)
    }

    /// An action by its name in scenario files, which are English in both languages.
    pub fn action(self, name: &'static str) -> &'static str {
        name
    }

    /// How many lessons are shown of how many.
    pub fn count(self, shown: usize, all: usize) -> String {
        match self.lang {
            Lang::En => format!("{shown} of {all}"),
            Lang::Zh => format!("{shown} / {all}"),
        }
    }

    /// Predictions that were right.
    pub fn predicted(self, right: usize, of: usize) -> String {
        match self.lang {
            Lang::En => format!("{right} of {of} predicted"),
            Lang::Zh => format!("预测 {of} 次，对 {right} 次"),
        }
    }

    /// A file was written.
    pub fn written(self, path: &str) -> String {
        match self.lang {
            Lang::En => format!("Written: {path}"),
            Lang::Zh => format!("已写入：{path}"),
        }
    }

    /// A file could not be written.
    pub fn not_written(self, path: &str, why: &str) -> String {
        match self.lang {
            Lang::En => format!("{path} could not be written: {why}. Choose another place."),
            Lang::Zh => format!("无法写入 {path}：{why}。请换一个位置。"),
        }
    }

    /// A file could not be read.
    pub fn not_read(self, path: &str, why: &str) -> String {
        match self.lang {
            Lang::En => format!("{path} cannot be read: {why}"),
            Lang::Zh => format!("无法读取 {path}：{why}"),
        }
    }

    /// There is no such scenario.
    pub fn unknown_scenario(self, name: &str, near: &[String]) -> String {
        let near = near.join(", ");
        match (self.lang, near.is_empty()) {
            (Lang::En, true) => format!("There is no scenario `{name}`."),
            (Lang::En, false) => format!("There is no scenario `{name}`. Did you mean {near}?"),
            (Lang::Zh, true) => format!("没有名为 {name} 的场景。"),
            (Lang::Zh, false) => format!("没有名为 {name} 的场景。是不是想打开 {near}？"),
        }
    }

    /// A seed sweep under way or done.
    pub fn swept(self, done: u64, of: u64) -> String {
        match self.lang {
            Lang::En => format!("{done} of {of} seeds"),
            Lang::Zh => format!("{done} / {of} 个种子"),
        }
    }

    /// Messages found in a fate table.
    pub fn rows(self, shown: usize, all: usize) -> String {
        match self.lang {
            Lang::En => format!("{shown} of {all} messages"),
            Lang::Zh => format!("{shown} / {all} 条消息"),
        }
    }

    /// What `count` fates differ.
    pub fn differing(self, fates: usize, left: u64, right: u64) -> String {
        match self.lang {
            Lang::En => format!(
                "{fates} fates differ · {left} facts only on the left, {right} only on the right"
            ),
            Lang::Zh => format!("{fates} 个结局不同 · 左侧独有 {left} 个事实，右侧独有 {right} 个"),
        }
    }

    /// A lane for a screen reader.
    pub fn lane(self, name: &str, leader: &str, epoch: u32, isr: &str) -> String {
        match self.lang {
            Lang::En => format!("{name} · leader {leader} · epoch {epoch} · ISR {{{isr}}}"),
            Lang::Zh => format!("{name} · Leader {leader} · 纪元 {epoch} · ISR {{{isr}}}"),
        }
    }

    /// A loop range.
    pub fn range(self, from: Time, to: Time) -> String {
        format!("{from} – {to}")
    }
}
