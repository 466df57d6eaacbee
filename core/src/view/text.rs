//! A view in lines of text: for tests, and for people who cannot see the screen.
//!
//! It says everything the picture shows, in sentences that can be listened to: one line a thing, the
//! name first, no column and no sign that would have to be seen to be understood.

use super::picture::{
    Cell, LaneView, LinkView, MemberView, NodeView, PacketView, ReplicaView, Role, Standing, View,
};
use super::{Bucket, Decision, Mark, MarkKind};
use crate::fact::{Directory, NodeId};
use crate::kernel::Span;
use crate::story::{Lang, sentence, words};
use crate::substrate::{DiskHealth, Power};
use std::fmt::Write;

/// Marks shown at most, the last ones.
const MOST_MARKS: usize = 12;
/// Spans of time in which something happened whose rates are told, the last ones.
const MOST_RATES: usize = 6;

impl View {
    /// The view in lines, with headings in a language. Names come from `directory`.
    pub fn text(&self, directory: &Directory, lang: Lang) -> String {
        let mut page = Page { text: String::new(), directory, lang };
        page.moment(self);
        page.heading("Nodes", "节点");
        self.nodes.iter().for_each(|node| page.node(node));
        page.heading("Partitions", "分区");
        self.lanes.iter().for_each(|lane| page.lane(lane));
        page.heading("Links", "链路");
        self.links.iter().for_each(|link| page.link(link));
        page.in_flight(self);
        page.groups(self);
        page.heading("Timers", "定时器");
        for timer in &self.timers {
            let node = directory.node(timer.node);
            page.line(match lang {
                Lang::En => format!("{}: {node}, {}", timer.due, timer.kind),
                Lang::Zh => format!("{}：{node}，{}", timer.due, timer.kind),
            });
        }
        page.heading("Latest facts", "最近的事实");
        for stated in &self.facts {
            let told = sentence(&stated.fact, directory, lang);
            page.line(match lang {
                Lang::En => format!("{}, event {}: {told}", stated.time, stated.event),
                Lang::Zh => format!("{}，事件 {}：{told}", stated.time, stated.event),
            });
        }
        page.messages(self);
        page.timeline(self);
        page.fill_empty_sections();
        page.text
    }
}

struct Page<'a> {
    text: String,
    directory: &'a Directory,
    lang: Lang,
}

impl Page<'_> {
    fn line(&mut self, words: impl std::fmt::Display) {
        // Writing into a `String` does not fail.
        let _ = writeln!(self.text, "  {words}");
    }

    fn heading(&mut self, en: &str, zh: &str) {
        let words = self.lang.pick(en, zh);
        let _ = writeln!(self.text, "{words}");
    }

    /// Silence could be a mistake: under a heading without lines stands that there is nothing.
    fn fill_empty_sections(&mut self) {
        let nothing = self.lang.pick("  nothing\n", "  无\n");
        let mut filled = String::with_capacity(self.text.len());
        let mut lines = self.text.lines().peekable();
        while let Some(line) = lines.next() {
            filled.push_str(line);
            filled.push('\n');
            let heading = !line.starts_with(' ');
            if heading && lines.peek().is_none_or(|next| !next.starts_with(' ')) {
                filled.push_str(nothing);
            }
        }
        self.text = filled;
    }

    /// Clauses in a row.
    fn row(&mut self, name: &str, clauses: &[String]) {
        let text = match self.lang {
            Lang::En => format!("{name}: {}", clauses.join(", ")),
            Lang::Zh => format!("{name}：{}", clauses.join("，")),
        };
        self.line(text);
    }

    fn moment(&mut self, view: &View) {
        self.heading("Moment", "时刻");
        let mut text = match self.lang {
            Lang::En => format!("{}, after event {}", view.time, view.event),
            Lang::Zh => format!("{}，事件 {} 之后", view.time, view.event),
        };
        if view.over {
            text.push_str(self.lang.pick("; the run is over", "；运行已结束"));
        }
        self.line(text);
    }

    fn node(&mut self, node: &NodeView) {
        let lang = self.lang;
        let role = match node.role {
            Role::Broker => "Broker",
            Role::Controller => lang.pick("controller", "控制器"),
            Role::Metadata => lang.pick("keeper of the metadata", "元数据服务"),
            Role::Producer => lang.pick("producer", "生产者"),
            Role::Consumer => lang.pick("consumer", "消费者"),
        };
        let role = if lang == Lang::En { role.to_lowercase() } else { role.into() };
        let power = match node.power {
            Power::On => lang.pick("running", "运行中"),
            Power::Paused => lang.pick("paused, standing still", "停顿中"),
            Power::Down => lang.pick("its process has ended", "进程已停止"),
            Power::Off => lang.pick("without power", "已断电"),
        };
        let mut clauses = vec![role, power.to_string()];
        clauses.extend(match node.standing {
            Standing::Fenced => Some(lang.pick("fenced by the controller", "被控制器隔离").into()),
            Standing::Leaving => {
                Some(lang.pick("handing over to stop", "正在移交、准备退出").into())
            }
            Standing::Active | Standing::Unlisted => None,
        });
        clauses.extend(match node.disk {
            DiskHealth::Healthy => None,
            DiskHealth::Full => Some(lang.pick("its disk is full", "磁盘已满").into()),
            DiskHealth::Failed => Some(lang.pick("its disk has failed", "磁盘失效").into()),
        });
        // What a controller leads is its quorum, and its part says so.
        let leads = if node.epoch.is_some() { 0 } else { u64::from(node.leads) };
        clauses.extend(self.counted(leads, "leads {} partition", "担任 {} 个分区的 Leader"));
        clauses.extend(node.epoch.map(|epoch| format!("epoch {epoch}")));
        if !node.doing.is_empty() {
            clauses.push(self.doing(node.doing));
        }
        clauses.extend(self.counted(
            node.holds,
            "holds {} unsettled message",
            "持有 {} 条未了结的消息",
        ));
        if node.boots > 1 {
            let restarts = u64::from(node.boots) - 1;
            clauses.extend(self.counted(restarts, "restarted {} time", "重启过 {} 次"));
        }
        self.row(self.directory.node(node.node), &clauses);
    }

    /// What an application does, in words. Names of exceptions stay as the real system spells them.
    fn doing(&self, doing: &str) -> String {
        let zh = match doing {
            "blocked" => "send() 被阻塞",
            "done" => "已全部发完",
            "sending" => "正在发送",
            "polling" => "正在 poll",
            "handling" => "正在处理消息",
            "committing" => "正在提交位点",
            "active" => "主控制器",
            "leader" => "仲裁 Leader，尚未就任",
            "voter" => "投票者",
            "candidate" => "正在参选",
            "prospective" => "参选前询问中",
            "unattached" => "不知道 Leader",
            "resigned" => "已辞职",
            other => other,
        };
        let en = match doing {
            "active" => "the active controller",
            "leader" => "elected, not active yet",
            "voter" => "a voter",
            "candidate" => "a candidate",
            "prospective" => "asking whether it would be elected",
            "unattached" => "knows no leader",
            other => other,
        };
        self.lang.pick(en, zh).into()
    }

    /// A clause about so many things; nothing for none. The English one ends with what is counted.
    fn counted(&self, count: u64, en: &str, zh: &str) -> Option<String> {
        if count == 0 {
            return None;
        }
        let number = count.to_string();
        Some(match self.lang {
            Lang::En => en.replace("{}", &number) + if count == 1 { "" } else { "s" },
            Lang::Zh => zh.replace("{}", &number),
        })
    }

    fn lane(&mut self, lane: &LaneView) {
        let lang = self.lang;
        let leader = lane.leader.map(|node| self.directory.node(node));
        let epoch = lane.leader_epoch;
        let isr: Vec<String> =
            lane.isr.iter().map(|n| self.directory.node(n).to_string()).collect();
        let isr = lang.list(&isr);
        let clauses = match (lang, leader) {
            (Lang::En, Some(leader)) => {
                vec![format!("led by {leader} in epoch {epoch}"), format!("in sync: {isr}")]
            }
            (Lang::En, None) => {
                vec![format!("no leader since epoch {epoch}"), format!("in sync: {isr}")]
            }
            (Lang::Zh, Some(leader)) => {
                vec![format!("Leader 为 {leader}（epoch {epoch}）"), format!("ISR：{isr}")]
            }
            (Lang::Zh, None) => {
                vec![format!("没有 Leader（epoch {epoch}）"), format!("ISR：{isr}")]
            }
        };
        self.row(self.directory.lane(lane.lane), &clauses);
        for replica in &lane.replicas {
            self.replica(replica);
        }
        for (group, offset) in &lane.committed {
            let group = self.directory.subscription(*group);
            self.line(match lang {
                Lang::En => format!("  {group} has stored its progress up to offset {offset}"),
                Lang::Zh => format!("  {group} 已提交的位点：{offset}"),
            });
        }
    }

    fn replica(&mut self, replica: &ReplicaView) {
        let lang = self.lang;
        let (start, end, hw) = (replica.start, replica.end, replica.high_watermark);
        let mut clauses = Vec::new();
        if replica.leads {
            clauses.push(lang.pick("leads", "担任 Leader").to_string());
        }
        if !replica.in_sync {
            clauses.push(lang.pick("not in sync", "不在 ISR 中").into());
        }
        clauses.push(match (lang, start == end) {
            (Lang::En, true) => format!("empty, ends at offset {end}"),
            (Lang::Zh, true) => format!("日志为空，末端位点 {end}"),
            (_, false) => self.offsets(start, end - 1),
        });
        clauses.push(match lang {
            Lang::En => format!("high watermark {hw}"),
            Lang::Zh => format!("高水位 {hw}"),
        });
        if replica.stable < hw {
            let stable = replica.stable;
            clauses.push(match lang {
                Lang::En => format!("last stable offset {stable}"),
                Lang::Zh => format!("最后稳定位点 {stable}"),
            });
        }
        if start != end {
            let safe = replica.durable;
            clauses.push(match (lang, safe <= start) {
                (Lang::En, true) => "nothing synced to disk".into(),
                (Lang::Zh, true) => "均未落盘".into(),
                (Lang::En, false) => format!("synced to disk below offset {safe}"),
                (Lang::Zh, false) => format!("位点 {safe} 之前已落盘"),
            });
        }
        let name = format!("  {}", self.directory.node(replica.node));
        self.row(&name, &clauses);
        let committed: Vec<&Cell> = replica.cells.iter().filter(|c| c.committed).collect();
        let open: Vec<&Cell> = replica.cells.iter().filter(|c| !c.committed).collect();
        self.cells(lang.pick("committed", "已提交"), &committed);
        self.cells(lang.pick("not committed", "未提交"), &open);
    }

    fn offsets(&self, from: u64, to: u64) -> String {
        match (self.lang, from == to) {
            (Lang::En, true) => format!("offset {from}"),
            (Lang::En, false) => format!("offsets {from} to {to}"),
            (Lang::Zh, true) => format!("位点 {from}"),
            (Lang::Zh, false) => format!("位点 {from} 至 {to}"),
        }
    }

    /// Cells by name, with what is odd about them; the cluster's own records have none.
    fn cells(&mut self, what: &str, cells: &[&Cell]) {
        let (Some(first), Some(last)) = (cells.first(), cells.last()) else { return };
        let lang = self.lang;
        let own = cells.iter().filter(|cell| cell.message.is_none()).count();
        if own == cells.len() && own > 1 {
            let at = self.offsets(first.offset, last.offset);
            return self.line(match lang {
                Lang::En => format!("    {what}, {at}: records of the cluster's own"),
                Lang::Zh => format!("    {what}，{at}：集群内部记录"),
            });
        }
        let named: Vec<String> = cells
            .iter()
            .map(|cell| {
                let Some(message) = cell.message else {
                    return lang.pick("a record of the cluster's own", "集群内部记录").to_string();
                };
                let mut name = self.directory.message(message);
                let mut remarks = Vec::new();
                match cell.transaction {
                    Some(Decision::Open) => {
                        remarks.push(lang.pick("transaction open", "事务未结束").to_string());
                    }
                    Some(Decision::Aborted) => {
                        remarks.push(lang.pick("aborted", "已中止").to_string());
                    }
                    Some(Decision::Committed) | None => {}
                }
                if let Some(holder) = cell.held_by {
                    let holder = self.directory.node(holder);
                    remarks.push(match lang {
                        Lang::En => format!("in the hands of {holder}"),
                        Lang::Zh => format!("{holder} 正在处理"),
                    });
                }
                let odd =
                    |fate: &crate::ledger::Fate| crate::ledger::AnomalyKind::of(*fate).is_some();
                remarks.extend(cell.fate.filter(odd).map(|fate| words::fate(fate, lang).into()));
                if !remarks.is_empty() {
                    let remarks = remarks.join(lang.pick(", ", "，"));
                    name.push_str(&match lang {
                        Lang::En => format!(" ({remarks})"),
                        Lang::Zh => format!("（{remarks}）"),
                    });
                }
                name
            })
            .collect();
        let named = named.join(lang.pick(", ", "、"));
        let at = self.offsets(first.offset, last.offset);
        self.line(match lang {
            Lang::En => format!("    {what}, {at}: {named}"),
            Lang::Zh => format!("    {what}，{at}：{named}"),
        });
    }

    fn link(&mut self, link: &LinkView) {
        let lang = self.lang;
        let (a, b) = (self.directory.node(link.a), self.directory.node(link.b));
        let mut clauses = Vec::new();
        match (link.cut_forth, link.cut_back) {
            (true, true) => clauses.push(lang.pick("cut in both directions", "双向中断").into()),
            (true, false) => clauses.push(self.one_way(a, b)),
            (false, true) => clauses.push(self.one_way(b, a)),
            (false, false) => {}
        }
        let (open, half) = (u64::from(link.open), u64::from(link.half_open));
        clauses.extend(self.counted(open, "{} open connection", "{} 条已建立的连接"));
        clauses.extend(self.counted(half, "{} half-open connection", "{} 条半开连接"));
        let waiting = link.waiting as u64;
        clauses.extend(self.counted(waiting, "held up: {} packet", "滞留 {} 个包"));
        if clauses.is_empty() {
            clauses.push(lang.pick("no connection", "没有连接").into());
        }
        let name = match lang {
            Lang::En => format!("{a} and {b}"),
            Lang::Zh => format!("{a} 与 {b}"),
        };
        self.row(&name, &clauses);
    }

    fn one_way(&self, from: &str, to: &str) -> String {
        match self.lang {
            Lang::En => format!("nothing gets from {from} to {to}"),
            Lang::Zh => format!("从 {from} 到 {to} 不通"),
        }
    }

    fn in_flight(&mut self, view: &View) {
        self.heading("In flight", "传输中");
        for packet in &view.packets {
            self.packet(packet);
        }
        let more = view.packets_in_all.saturating_sub(view.packets.len()) as u64;
        if let Some(more) = self.counted(more, "and {} more packet", "另有 {} 个包") {
            self.line(more);
        }
    }

    fn packet(&mut self, packet: &PacketView) {
        let node = |n: NodeId| self.directory.node(n);
        let (from, to, kind) = (node(packet.from), node(packet.to), packet.kind);
        let mut text = match self.lang {
            Lang::En => format!("{kind} from {from} to {to}, arrives at {}", packet.arrives),
            Lang::Zh => format!("{kind}：{from} 发往 {to}，{} 到达", packet.arrives),
        };
        if let Some(message) = packet.message {
            let name = self.directory.message(message);
            let more = u64::from(packet.messages.saturating_sub(1));
            text.push_str(&match (self.lang, more) {
                (Lang::En, 0) => format!(", with {name}"),
                (Lang::En, more) => format!(", with {name} and {more} more"),
                (Lang::Zh, 0) => format!("，携带 {name}"),
                (Lang::Zh, more) => format!("，携带 {name} 及另外 {more} 条"),
            });
        }
        self.line(text);
    }

    fn groups(&mut self, view: &View) {
        self.heading("Groups", "消费组");
        for group in &view.groups {
            let name = self.directory.subscription(group.subscription).to_string();
            let (once, twice) = group.handled;
            let mut clauses = match self.lang {
                Lang::En => vec![format!("lag {}", group.lag), format!("handled {once}")],
                Lang::Zh => vec![format!("积压 {}", group.lag), format!("已处理 {once} 条")],
            };
            if twice > 0 {
                clauses.push(match self.lang {
                    Lang::En => format!("{twice} of them more than once"),
                    Lang::Zh => format!("其中 {twice} 条不止一次"),
                });
            }
            if let Some(coordinator) = group.coordinator.filter(|_| !group.state.is_empty()) {
                let (broker, state) = (self.directory.node(coordinator), group.state);
                clauses.push(match self.lang {
                    Lang::En => format!("{state}, generation {}, on {broker}", group.generation),
                    Lang::Zh => format!("{state}，第 {} 代，协调者 {broker}", group.generation),
                });
            }
            self.row(&name, &clauses);
            for member in &group.members {
                self.member(member);
            }
            for at in &group.positions {
                let (who, lane) = (self.directory.node(at.consumer), self.directory.lane(at.lane));
                let mut text = match self.lang {
                    Lang::En => format!("  {who} reads {lane}, next offset {}", at.position),
                    Lang::Zh => format!("  {who} 消费 {lane}，下一个位点 {}", at.position),
                };
                if let Some(stored) = at.committed {
                    text.push_str(&match self.lang {
                        Lang::En => format!(", progress stored up to {stored}"),
                        Lang::Zh => format!("，已提交到 {stored}"),
                    });
                }
                self.line(text);
            }
        }
    }

    /// A consumer that is or wants to be in its group.
    fn member(&mut self, member: &MemberView) {
        if member.doing.is_empty() {
            return;
        }
        let lang = self.lang;
        let zh = match member.doing {
            "outside" => "不在组内",
            "joining" => "正在加入",
            "syncing" => "等待分配结果",
            _ => "在组内",
        };
        let mut text =
            format!("  {}{}", self.directory.node(member.consumer), lang.pick(": ", "："));
        text.push_str(lang.pick(member.doing, zh));
        if member.leads {
            text.push_str(lang.pick(", leads it", "，组长"));
        }
        if !member.counted {
            text.push_str(lang.pick(", the coordinator does not count on it", "，协调者不承认它"));
        }
        let lanes: Vec<&str> = member.lanes.iter().map(|&l| self.directory.lane(l)).collect();
        match lanes.is_empty() {
            true => text.push_str(lang.pick(", no partition", "，没有分区")),
            false => {
                text.push_str(lang.pick(", has ", "，持有 "));
                text.push_str(&lanes.join(lang.pick(", ", "、")));
            }
        }
        self.line(text);
    }

    fn messages(&mut self, view: &View) {
        let lang = self.lang;
        self.heading("Messages", "消息");
        let counts = |counts: Vec<(&'static str, u64)>| -> Vec<String> {
            counts.into_iter().map(|(word, count)| format!("{word} {count}")).collect()
        };
        let told = view.told.iter().map(|(told, count)| (words::told(*told, lang), *count));
        let told = counts(told.collect());
        self.row(lang.pick("told to producers", "生产者得知"), &told);
        let name = lang.pick("fates", "结局");
        match &view.fates {
            None => {
                let many =
                    lang.pick("too many messages to judge one by one", "消息过多，未逐条判定");
                self.row(name, &[many.to_string()]);
            }
            Some(fates) => {
                let fates = fates.iter().map(|(fate, n)| (words::fate(*fate, lang), *n));
                self.row(name, &counts(fates.collect()));
            }
        }
    }

    fn timeline(&mut self, view: &View) {
        let Some(timeline) = &view.timeline else { return };
        let lang = self.lang;
        self.heading("Timeline", "时间线");
        let skipped = timeline.marks.len().saturating_sub(MOST_MARKS);
        if let Some(more) = self.counted(skipped as u64, "{} earlier mark", "更早的标记 {} 个")
        {
            self.line(more);
        }
        for mark in timeline.marks.iter().skip(skipped) {
            self.mark(mark);
        }
        let series = &timeline.series;
        let busy = series.buckets.iter().enumerate().filter(|(_, b)| **b != Bucket::default());
        let busy: Vec<_> = busy.collect();
        for (number, bucket) in busy.iter().skip(busy.len().saturating_sub(MOST_RATES)) {
            let number = *number;
            self.bucket(series.width.times(number as u64), series.width, bucket);
        }
        self.line(match lang {
            Lang::En => format!("played up to {}", timeline.furthest),
            Lang::Zh => format!("已运行至 {}", timeline.furthest),
        });
    }

    fn bucket(&mut self, from: Span, width: Span, bucket: &Bucket) {
        let Bucket { sent, acknowledged, failed, handled, backlog } = *bucket;
        let text = match self.lang {
            Lang::En => format!(
                "{from} to {}: {sent} sent, {acknowledged} acknowledged, {failed} failed, \
                 {handled} handled, at most {backlog} waiting",
                Span(from.0 + width.0)
            ),
            Lang::Zh => format!(
                "{from} 至 {}：发送 {sent}，确认 {acknowledged}，失败 {failed}，处理 {handled}，\
                 积压最多 {backlog}",
                Span(from.0 + width.0)
            ),
        };
        self.line(text);
    }

    fn mark(&mut self, mark: &Mark) {
        let lang = self.lang;
        let what = match (mark.kind, lang) {
            (MarkKind::Step(step), Lang::En) => format!("step {} of the scenario", step + 1),
            (MarkKind::Step(step), Lang::Zh) => format!("场景的第 {} 步", step + 1),
            (kind, _) => kind.word(lang).to_string(),
        };
        let mut text = match lang {
            Lang::En => format!("{}, event {}: {what}", mark.time, mark.event),
            Lang::Zh => format!("{}，事件 {}：{what}", mark.time, mark.event),
        };
        if let Some(message) = mark.message {
            let _ = write!(text, "{}{}", lang.pick(", ", "，"), self.directory.message(message));
            let more = u64::from(mark.count.saturating_sub(1));
            text.push_str(
                &self.counted(more, " and {} more message", " 及另外 {} 条").unwrap_or_default(),
            );
        }
        let stated = mark.stated.filter(|_| mark.message.is_none());
        if let Some(stated) = stated {
            let told = sentence(&stated.fact, self.directory, lang);
            let _ = write!(text, "{}{told}", lang.pick(", ", "，"));
        }
        self.line(text);
    }
}
