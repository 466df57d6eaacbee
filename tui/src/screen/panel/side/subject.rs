//! What is selected, looked at closely: a message's story, a node, a copy of a lane, a packet.

use crate::screen::bench::Bench;
use crate::screen::lines::{Line, Link};
use crate::screen::panel::cluster;
use crate::screen::pen::{Look, piece};
use crate::screen::theme::Ink;
use crate::text::Say;
use mqlab::fact::{LaneId, MessageId, NodeId};
use mqlab::lab::Selection;
use mqlab::story::{sentence, words};

/// Facts looked at for a story; of longer runs the story is told from the newest of them.
const MOST_FACTS: usize = 20_000;

/// The lines.
pub fn lines(bench: &Bench, look: Look) -> Vec<Line> {
    let say = Say { lang: look.lang };
    if let Some(packet) = bench.packet.and_then(|p| bench.view.packets.get(p)) {
        return self::packet(bench, packet, look);
    }
    match (bench.message, bench.selected) {
        (Some(message), _) => self::message(bench, message, look),
        (None, Selection::Node(node)) => self::node(bench, node, look),
        (None, Selection::Replica(lane, node)) => replica(bench, lane, node, look),
        (None, Selection::Link(a, b)) => link(bench, a, b, look),
        _ => vec![Line::text(say.select_something(), Ink::Faint)],
    }
}

fn message(bench: &Bench, message: MessageId, look: Look) -> Vec<Line> {
    let say = Say { lang: look.lang };
    let lang = look.lang;
    let state = bench.lab.state();
    let directory = bench.lab.directory();
    let judgement = state.model.ledger.judge_some(bench.lab.position().time, [message]);
    let report = judgement.message(message);
    let told = judgement.producer_outcome(message);
    let mut lines = vec![Line::heading(directory.message(message))];
    let mut facts = Vec::new();
    if let Some(report) = report {
        facts.push(directory.node(report.producer).to_string());
        if let Some(lane) = report.lane {
            facts.push(format!("{} {}", look.glyphs.arrow(), directory.lane(lane)));
        }
        if let Some(key) = report.key {
            facts.push(format!("key={}", directory.key(key)));
        }
        lines.push(Line::text(facts.join("  "), Ink::Faint));
    }
    if told == mqlab::ledger::ProducerOutcome::Unsent {
        lines.push(Line::text(say.not_sent_yet(), Ink::Faint));
        return lines;
    }
    lines.push(Line::text(words::told(told, lang), Ink::Text));
    for settled in judgement.fates_of(message) {
        let (glyph, ink) = look.glyphs.fate(Some(settled.fate));
        let name = directory.subscription(settled.subscription);
        let lead = vec![piece(format!("{glyph} "), ink)];
        lines.push(Line::led(lead, format!("{name}: {}", words::fate(settled.fate, lang)), ink));
    }
    let copies = judgement.copies(message);
    let places: Vec<String> =
        copies.iter().map(|c| format!("{}@{}", directory.node(c.node), c.offset)).collect();
    let places = if places.is_empty() { say.no_copies().to_string() } else { places.join(", ") };
    let lead = vec![piece(format!("{}{}", say.copies(), say.colon()), Ink::Faint)];
    lines.push(Line::led(lead, places, Ink::Text));
    lines.push(Line::text(say.e_explains(), Ink::Key));
    lines.push(Line::empty());
    lines.push(Line::heading(say.its_story()));
    lines.extend(story(bench, look, |fact| fact.message() == Some(message)));
    lines
}

/// The facts that are about something, the newest last.
fn story(bench: &Bench, look: Look, about: impl Fn(&mqlab::fact::Fact) -> bool) -> Vec<Line> {
    const MOST_LINES: usize = 200;
    let Some(history) = bench.lab.state().model.kept_facts() else { return Vec::new() };
    let here = bench.lab.position().event;
    let newest = history.iter().rev().take(MOST_FACTS).filter(|s| about(&s.fact));
    let mut lines: Vec<Line> = newest
        .take(MOST_LINES)
        .map(|stated| {
            let ink = if stated.event == here { Ink::Title } else { Ink::Text };
            let lead = vec![piece(format!("{:>8} ", stated.time.to_string()), Ink::Faint)];
            let text = sentence(&stated.fact, bench.lab.directory(), look.lang);
            Line::led(lead, text, ink).to(Link::Event(stated.event))
        })
        .collect();
    lines.reverse();
    lines
}

fn node(bench: &Bench, node: NodeId, look: Look) -> Vec<Line> {
    let say = Say { lang: look.lang };
    let directory = bench.lab.directory();
    let mut lines = vec![Line::heading(directory.node(node))];
    let Some(seen) = bench.view.nodes.iter().find(|n| n.node == node) else { return lines };
    let (glyph, ink) = look.glyphs.power(seen.power);
    let word = match say.power(seen.power) {
        "" => look.lang.pick("running", "运行中"),
        word => word,
    };
    let lead = vec![piece(format!("{glyph} "), ink)];
    let starts = match look.lang {
        mqlab::story::Lang::En => format!("{word}, started {}×", seen.boots),
        mqlab::story::Lang::Zh => format!("{word}，启动过 {} 次", seen.boots),
    };
    lines.push(Line::led(lead, starts, Ink::Text));
    let disk = say.disk(seen.disk);
    if !disk.is_empty() {
        lines.push(Line::text(disk, Ink::Bad));
    }
    for timer in bench.view.timers.iter().filter(|t| t.node == node) {
        let due = mqlab::kernel::Span(timer.due.0.saturating_sub(bench.view.time.0));
        lines.push(Line::text(format!("{} +{due}", timer.kind), Ink::Faint));
    }
    lines.push(Line::empty());
    lines.push(Line::heading(say.its_story()));
    lines.extend(story(bench, look, |fact| fact.node() == Some(node)));
    lines
}

fn replica(bench: &Bench, lane: LaneId, node: NodeId, look: Look) -> Vec<Line> {
    let say = Say { lang: look.lang };
    let directory = bench.lab.directory();
    let mut lines =
        vec![Line::heading(format!("{} @ {}", directory.lane(lane), directory.node(node)))];
    let seen = bench.view.lanes.iter().find(|l| l.lane == lane);
    if let Some(seen) = seen {
        let leader = seen.leader.map_or("—", |n| directory.node(n));
        let epoch = seen.leader_epoch;
        lines.push(Line::text(format!("leader {leader}, epoch {epoch}"), Ink::Text));
        lines.push(Line::text(format!("ISR {{{}}}", directory.node_set(seen.isr)), Ink::Text));
        for (group, offset) in &seen.committed {
            let name = directory.subscription(*group);
            let word = look.lang.pick("committed offset", "已提交位移");
            lines.push(Line::text(format!("{name}: {word} {offset}"), Ink::Faint));
        }
    }
    if let Some(copy) = cluster::replica_of(&bench.view, lane, node) {
        let on_disk = look.lang.pick("on disk", "已落盘");
        lines.push(Line::text(
            format!(
                "[{}..{})  HW {}  LEO {}  {on_disk} {}",
                copy.start, copy.end, copy.high_watermark, copy.end, copy.durable
            ),
            Ink::Text,
        ));
        for cell in &copy.cells {
            let (glyph, ink) = look.glyphs.fate(cell.message.and(cell.fate));
            let name =
                cell.message.map_or_else(|| say.own_record().to_string(), |m| directory.message(m));
            let mut notes = vec![format!("epoch {}", cell.epoch)];
            notes.push(match cell.committed {
                true => look.lang.pick("committed", "已提交").into(),
                false => look.lang.pick("above the high watermark", "高于高水位").into(),
            });
            if !cell.durable {
                notes.push(look.lang.pick("page cache only", "仅在页缓存").into());
            }
            let lead = vec![piece(format!("{:>4} {glyph} ", cell.offset), ink)];
            let tail = vec![piece(format!("  {}", notes.join(" · ")), Ink::Faint)];
            let line = Line::led(lead, name, Ink::Text).and(tail);
            lines.push(match cell.message {
                Some(message) => line.to(Link::Message(message)),
                None => line,
            });
        }
    }
    lines.push(Line::empty());
    lines.push(Line::heading(say.its_story()));
    let about = |fact: &mqlab::fact::Fact| fact.lane() == Some(lane) && fact.message().is_none();
    lines.extend(story(bench, look, about));
    lines
}

fn link(bench: &Bench, a: NodeId, b: NodeId, look: Look) -> Vec<Line> {
    let directory = bench.lab.directory();
    let mut lines = vec![Line::heading(format!("{} – {}", directory.node(a), directory.node(b)))];
    let Some(seen) = bench.view.links.iter().find(|l| (l.a, l.b) == (a, b)) else { return lines };
    let say = Say { lang: look.lang };
    let one = |cut: bool, from: NodeId, to: NodeId| {
        cut.then(|| {
            let text = format!(
                "{} {} {}: {}",
                directory.node(from),
                look.glyphs.arrow(),
                directory.node(to),
                say.cut_word()
            );
            Line::text(text, Ink::Bad)
        })
    };
    lines.extend(one(seen.cut_forth, a, b));
    lines.extend(one(seen.cut_back, b, a));
    let (open, opening, held) = match look.lang {
        mqlab::story::Lang::En => ("connections", "opening", "packets held up"),
        mqlab::story::Lang::Zh => ("连接", "正在建立", "滞留的数据包"),
    };
    lines
        .push(Line::text(format!("{open} {}, {opening} {}", seen.open, seen.half_open), Ink::Text));
    lines.push(Line::text(format!("{held} {}", seen.waiting), Ink::Text));
    lines
}

fn packet(bench: &Bench, packet: &mqlab::view::picture::PacketView, look: Look) -> Vec<Line> {
    let directory = bench.lab.directory();
    let name = |n| directory.node(n).to_string();
    let arrow = look.glyphs.arrow();
    let mut lines = vec![
        Line::heading(packet.kind),
        Line::text(format!("{} {arrow} {}", name(packet.from), name(packet.to)), Ink::Text),
    ];
    if let Some(message) = packet.message {
        let more = match packet.messages {
            0 | 1 => String::new(),
            n => format!(" +{}", n - 1),
        };
        let text = format!("{}{more}", directory.message(message));
        lines.push(Line::text(text, Ink::Change).to(Link::Message(message)));
    }
    let (left, due, cause) = match look.lang {
        mqlab::story::Lang::En => ("left at", "arrives at", "caused by event"),
        mqlab::story::Lang::Zh => ("发出于", "到达于", "起因事件"),
    };
    lines.push(Line::text(format!("{left} {}", packet.departed), Ink::Faint));
    lines.push(Line::text(format!("{due} {} (Enter)", packet.arrives), Ink::Faint));
    if packet.cause > 0 {
        let line = Line::text(format!("{cause} #{}", packet.cause), Ink::Faint);
        lines.push(line.to(Link::Event(packet.cause)));
    }
    lines
}
