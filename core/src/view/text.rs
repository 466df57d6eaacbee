//! A view in lines of text: for tests, and for people who cannot see the screen.

use super::picture::{LaneView, LinkView, NodeView, ReplicaView, Role, Standing, View};
use super::{Mark, MarkKind};
use crate::fact::Directory;
use crate::story::Lang;
use crate::substrate::{DiskHealth, Power};
use std::fmt::Write;

/// Marks shown at most, the last ones.
const MOST_MARKS: usize = 12;

impl View {
    /// The view in lines, with headings in a language. Names come from `directory`.
    pub fn text(&self, directory: &Directory, lang: Lang) -> String {
        let mut page = Page { text: String::new(), directory, lang };
        page.moment(self);
        page.heading("Nodes", "节点");
        self.nodes.iter().for_each(|node| page.node(node));
        page.heading("Lanes", "分区");
        self.lanes.iter().for_each(|lane| page.lane(lane));
        page.heading("Links", "连接");
        self.links.iter().for_each(|link| page.link(link));
        page.in_flight(self);
        page.groups(self);
        page.heading("Timers", "定时器");
        for timer in &self.timers {
            let node = directory.node(timer.node);
            page.line(format_args!("{} {node} {}", timer.due, timer.kind));
        }
        page.heading("Facts", "事实");
        for stated in &self.facts {
            page.line(format_args!("#{} {} {:?}", stated.event, stated.time, stated.fact));
        }
        page.fates(self);
        page.timeline(self);
        page.text
    }
}

struct Page<'a> {
    text: String,
    directory: &'a Directory,
    lang: Lang,
}

impl Page<'_> {
    fn line(&mut self, words: std::fmt::Arguments<'_>) {
        // Writing into a `String` does not fail.
        let _ = writeln!(self.text, "  {words}");
    }

    fn heading(&mut self, en: &str, zh: &str) {
        let words = self.lang.pick(en, zh);
        let _ = writeln!(self.text, "{words}");
    }

    fn moment(&mut self, view: &View) {
        self.heading("Moment", "时刻");
        let over =
            if view.over { self.lang.pick(", the run is over", "，运行已结束") } else { "" };
        let event = self.lang.pick("event", "事件");
        self.line(format_args!("{event} {}, {}{over}", view.event, view.time));
    }

    fn node(&mut self, node: &NodeView) {
        let lang = self.lang;
        let role = match node.role {
            Role::Broker => "broker",
            Role::Controller => "controller",
            Role::Producer => lang.pick("producer", "生产者"),
            Role::Consumer => lang.pick("consumer", "消费者"),
        };
        let power = match node.power {
            Power::On => lang.pick("running", "运行中"),
            Power::Paused => lang.pick("paused", "已暂停"),
            Power::Down => lang.pick("down", "已停止"),
            Power::Off => lang.pick("off", "已断电"),
        };
        let mut words = format!("{} {role}: {power}", self.directory.node(node.node));
        let standing = match node.standing {
            Standing::Fenced => ", fenced",
            Standing::Leaving => lang.pick(", leaving", "，正在退出"),
            Standing::Active | Standing::Unlisted => "",
        };
        words.push_str(standing);
        words.push_str(match node.disk {
            DiskHealth::Healthy => "",
            DiskHealth::Full => lang.pick(", disk full", "，磁盘已满"),
            DiskHealth::Failed => lang.pick(", disk failed", "，磁盘失效"),
        });
        if let Some(epoch) = node.epoch {
            let _ = write!(words, ", epoch {epoch}");
        }
        if node.leads > 0 {
            let _ = write!(words, ", {} {}", lang.pick("leads", "Leader ×"), node.leads);
        }
        if !node.doing.is_empty() {
            let _ = write!(words, ", {}", node.doing);
        }
        if node.holds > 0 {
            let _ = write!(words, ", {} {}", lang.pick("holds", "持有消息"), node.holds);
        }
        self.line(format_args!("{words}"));
    }

    fn lane(&mut self, lane: &LaneView) {
        let name = self.directory.lane(lane.lane);
        let none = self.lang.pick("nobody", "无");
        let leader = lane.leader.map_or(none, |node| self.directory.node(node));
        let isr = self.directory.node_set(lane.isr);
        let epoch = lane.leader_epoch;
        self.line(format_args!("{name}: leader {leader}, epoch {epoch}, ISR {{{isr}}}"));
        for replica in &lane.replicas {
            self.replica(replica);
        }
        for (group, offset) in &lane.committed {
            let group = self.directory.subscription(*group);
            let stored = self.lang.pick("committed offset", "已提交位移");
            self.line(format_args!("  {group} {stored} {offset}"));
        }
    }

    /// Cells as `m3` where a power loss would leave them and `m3~` where it would not; `|` is the
    /// high watermark.
    fn replica(&mut self, replica: &ReplicaView) {
        let mut cells = String::new();
        let mut committed = true;
        for cell in &replica.cells {
            if committed && !cell.committed {
                cells.push_str(" |");
                committed = false;
            }
            let name = cell.message.map_or_else(|| "·".into(), |m| self.directory.message(m));
            let _ = write!(cells, " {name}{}", if cell.durable { "" } else { "~" });
        }
        let node = self.directory.node(replica.node);
        let leads = if replica.leads { "*" } else { "" };
        let out = if replica.in_sync { "" } else { self.lang.pick(" not in sync", " 不在 ISR") };
        let (start, end, hw) = (replica.start, replica.end, replica.high_watermark);
        self.line(format_args!("  {node}{leads} [{start}..{end}) HW {hw}{out}:{cells}"));
    }

    fn link(&mut self, link: &LinkView) {
        let (a, b) = (self.directory.node(link.a), self.directory.node(link.b));
        let cut = self.lang.pick(", cut", "，已断");
        let sign = match (link.cut_forth, link.cut_back) {
            (true, true) => format!("{cut} <->"),
            (true, false) => format!("{cut} ->"),
            (false, true) => format!("{cut} <-"),
            (false, false) => String::new(),
        };
        let (open, half_open, waiting) = (link.open, link.half_open, link.waiting);
        let held = match waiting {
            0 => String::new(),
            n => format!(", {} {n}", self.lang.pick("held up", "滞留")),
        };
        self.line(format_args!("{a} - {b}: {open}+{half_open}{sign}{held}"));
    }

    fn in_flight(&mut self, view: &View) {
        self.heading("In flight", "传输中");
        for packet in &view.packets {
            let (from, to) = (self.directory.node(packet.from), self.directory.node(packet.to));
            let (kind, due) = (packet.kind, packet.arrives);
            self.line(format_args!("{due} {from} -> {to} {kind}"));
        }
        let more = view.packets_in_all - view.packets.len();
        if more > 0 {
            self.line(format_args!("… {more}"));
        }
    }

    fn groups(&mut self, view: &View) {
        self.heading("Groups", "消费组");
        for group in &view.groups {
            let name = self.directory.subscription(group.subscription);
            let (once, twice) = group.handled;
            let words = self.lang.pick("lag, handled, twice", "积压、已处理、重复");
            self.line(format_args!("{name} ({words}): {}, {once}, {twice}", group.lag));
            for at in &group.positions {
                let (who, lane) = (self.directory.node(at.consumer), self.directory.lane(at.lane));
                self.line(format_args!("  {who} {lane} @ {}", at.position));
            }
        }
    }

    fn fates(&mut self, view: &View) {
        self.heading("Fates", "消息去向");
        match &view.fates {
            None => self.line(format_args!("{}", self.lang.pick("too many to count", "消息过多"))),
            Some(fates) => {
                for (fate, count) in fates {
                    self.line(format_args!("{} {count}", fate.name()));
                }
            }
        }
    }

    fn timeline(&mut self, view: &View) {
        let Some(timeline) = &view.timeline else { return };
        self.heading("Timeline", "时间线");
        let skipped = timeline.marks.len().saturating_sub(MOST_MARKS);
        for mark in timeline.marks.iter().skip(skipped) {
            self.mark(mark);
        }
        let peak = timeline.series.buckets.iter().map(|b| b.backlog).max().unwrap_or(0);
        let words = self.lang.pick("played to, largest backlog", "已运行至、最大积压");
        self.line(format_args!("({words}): {}, {peak}", timeline.furthest));
    }

    fn mark(&mut self, mark: &Mark) {
        let what = match mark.kind {
            MarkKind::Step(step) => format!("step {}", step + 1),
            kind => kind.name().to_string(),
        };
        let who = mark.message.map(|m| format!(" {}", self.directory.message(m)));
        let who = who.unwrap_or_default();
        let more = match mark.count {
            0 | 1 => String::new(),
            n => format!(" +{}", n - 1),
        };
        self.line(format_args!("#{} {} {what}{who}{more}", mark.event, mark.time));
    }
}
