//! Pages to read, written line by line in the language of the screen.

mod compared;
mod explained;
mod swept;

use super::app::App;
use super::bench::Bench;
use super::lines::Line;
use super::pen::{padded, piece};
use super::reader::Topic;
use super::theme::Ink;
use mqlab::lab::command::{self, Command};
use mqlab::ledger::{Fate, verdict::Verdict};
use mqlab::story::words;
use mqlab::substrate::Power;
use mqlab::view::{MarkKind, Options};
use unicode_width::UnicodeWidthStr;

/// The title and the lines of a page.
pub fn write(app: &App, topic: &Topic) -> (String, Vec<Line>) {
    let say = app.say();
    let lang = app.look.lang;
    let bench = app.bench.as_deref();
    match (topic, bench) {
        (Topic::Help, _) => (say.help_title().into(), help(app)),
        (Topic::Notes, Some(bench)) => {
            let notes = lang.of(&bench.scenario().notes);
            (say.notes_title().into(), vec![Line::text(notes, Ink::Text)])
        }
        (Topic::Aloud, Some(bench)) => (say.aloud_title().into(), aloud(bench, app)),
        (Topic::Explained(life, cured), Some(bench)) => {
            explained::page(app, bench, life, cured.as_ref())
        }
        (Topic::Compared(left, right, comparison), Some(bench)) => {
            compared::page(app, bench, *left, *right, comparison)
        }
        (Topic::Swept(swept), Some(bench)) => swept::page(app, bench, swept),
        (Topic::Outcome(outcome), Some(_)) => {
            let lines = outcome.verdicts.iter().map(|judged| {
                let (glyph, ink) = match judged.verdict {
                    Verdict::Passed => (app.look.glyphs.pick("✓ ", "+ "), Ink::Good),
                    Verdict::Failed | Verdict::Error => {
                        (app.look.glyphs.pick("✗ ", "x "), Ink::Bad)
                    }
                    Verdict::Vacuous | Verdict::Inconclusive => ("? ", Ink::Odd),
                };
                let tail = vec![piece(format!("  {}", judged.actual), Ink::Faint)];
                Line::led(vec![piece(glyph, ink)], judged.expectation.clone(), Ink::Text).and(tail)
            });
            (say.expectations().into(), lines.collect())
        }
        (Topic::Dropped(lines), _) => {
            let lines = lines.iter().map(|text| Line::text(text.clone(), Ink::Odd));
            (say.dropped_title().into(), lines.collect())
        }
        _ => (String::new(), Vec::new()),
    }
}

/// All commands under their headings, then what glyphs mean.
fn help(app: &App) -> Vec<Line> {
    let lang = app.look.lang;
    let mut lines = Vec::new();
    let keys_of = |command: &Command| -> String {
        let keys: Vec<String> = command.keys().iter().map(|key| key.text()).collect();
        keys.join(" ")
    };
    let here = |c: &&Command| c.screen().shares(app.screen());
    let wide = Command::ALL.iter().filter(here).map(|c| keys_of(c).width()).max().unwrap_or(0);
    for topic in command::Topic::ALL {
        let mut commands = Command::ALL.iter().filter(|c| c.topic() == topic && here(c)).peekable();
        if commands.peek().is_none() {
            continue;
        }
        if !lines.is_empty() {
            lines.push(Line::empty());
        }
        lines.push(Line::heading(topic.title(lang)));
        for command in commands {
            let lead = vec![piece(format!("{}  ", padded(&keys_of(command), wide)), Ink::Key)];
            lines.push(Line::led(lead, command.help(lang), Ink::Text));
        }
    }
    if app.bench.is_some() {
        lines.extend(legend(app));
    }
    lines
}

/// What the glyphs mean.
fn legend(app: &App) -> Vec<Line> {
    let (lang, say, glyphs) = (app.look.lang, app.say(), app.look.glyphs);
    let mut lines = vec![Line::empty(), Line::heading(lang.pick("Signs", "符号"))];
    let mut sign = |glyph: &str, ink: Ink, text: &str| {
        lines.push(Line::led(vec![piece(format!("{glyph}  "), ink)], text, Ink::Text));
    };
    for power in [Power::On, Power::Paused, Power::Down, Power::Off] {
        let (glyph, ink) = glyphs.power(power);
        let word = match say.power(power) {
            "" => lang.pick("a node that runs", "正在运行的节点"),
            word => word,
        };
        sign(glyph, ink, word);
    }
    sign(glyphs.pick("◆", "L"), Ink::Leader, lang.pick("the leader's copy", "Leader 的副本"));
    sign(glyphs.pick("◇", "i"), Ink::Good, lang.pick("a copy in sync", "ISR 中的副本"));
    sign(
        glyphs.pick("◈", "l"),
        Ink::Odd,
        lang.pick("a node that believes it leads", "自认为是 Leader 的节点"),
    );
    sign(glyphs.pick("·", "."), Ink::Faint, lang.pick("a copy out of sync", "不在 ISR 的副本"));
    sign(
        glyphs.watermark(),
        Ink::Change,
        lang.pick("the high watermark of that copy", "该副本的高水位"),
    );
    sign(
        glyphs.pick("○", "o"),
        Ink::Odd,
        lang.pick("a message above the high watermark", "高于高水位的消息"),
    );
    for fate in Fate::ALL {
        let (glyph, ink) = glyphs.fate(Some(fate));
        sign(glyph, ink, words::fate(fate, lang));
    }
    let marks = [
        (MarkKind::Fault, lang.pick("on the timeline: a fault", "时间线上：故障")),
        (MarkKind::Repair, lang.pick("something works again", "恢复")),
        (MarkKind::Election, lang.pick("an election", "选举")),
        (MarkKind::Isr, lang.pick("a change of the ISR", "ISR 变化")),
        (MarkKind::Truncation, lang.pick("a log lost its end", "日志尾部丢失")),
        (MarkKind::Step(0), lang.pick("a step of the scenario", "场景的步骤")),
        (MarkKind::Anomaly(mqlab::ledger::AnomalyKind::Lost), lang.pick("an anomaly", "异常")),
    ];
    for (kind, text) in marks {
        let (glyph, ink, _) = glyphs.mark(kind);
        sign(glyph, ink, text);
    }
    sign(glyphs.pick("▾", "B"), Ink::Here, lang.pick("a bookmark", "书签"));
    sign(glyphs.pick("┴", "Y"), Ink::Change, lang.pick("a branch left here", "分支从这里分出"));
    lines
}

fn aloud(bench: &Bench, app: &App) -> Vec<Line> {
    let view = bench.lab.view(&Options::default());
    let text = view.text(bench.lab.directory(), app.look.lang);
    let line = |line: &str| match line.strip_prefix("  ") {
        Some(line) => Line::led(vec![piece("  ", Ink::Text)], line, Ink::Text),
        None => Line::heading(line),
    };
    text.lines().map(line).collect()
}
