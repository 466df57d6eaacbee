//! Facts, ledger and settings, line by line.

use crate::screen::bench::{Bench, Tab};
use crate::screen::lines::{Line, Link};
use crate::screen::pen::{Look, Pieces, padded, piece};
use crate::screen::theme::Ink;
use crate::text::Say;
use mqlab::fact::MessageId;
use mqlab::ledger::{Judgement, ProducerOutcome};
use mqlab::story::{sentence, words};
use unicode_width::UnicodeWidthStr;

/// How many facts are kept up to here.
pub fn fact_count(bench: &Bench) -> usize {
    bench.lab.state().model.kept_facts().map_or(0, |history| history.iter().len())
}

/// A fact: its event, its moment where that is another than before, and its sentence.
pub fn fact(bench: &Bench, at: usize, look: Look) -> Line {
    let Some(history) = bench.lab.state().model.kept_facts() else { return Line::empty() };
    let Some(stated) = history.at(at as u64) else { return Line::empty() };
    let before = at.checked_sub(1).and_then(|before| history.at(before as u64));
    let here = stated.event == bench.lab.position().event;
    let about = bench.message.is_some() && stated.fact.message() == bench.message;
    let time = match before {
        Some(before) if before.time == stated.time => " ".repeat(8),
        _ => format!("{:>8}", stated.time.to_string()),
    };
    let ink = match (here, about) {
        (_, true) => Ink::Change,
        (true, false) => Ink::Title,
        (false, false) => Ink::Text,
    };
    let mark = if here { look.glyphs.pick("▸", ">") } else { " " };
    let lead = vec![piece(time, Ink::Faint), piece(mark, Ink::Here)];
    let text = sentence(&stated.fact, bench.lab.directory(), look.lang);
    Line::led(lead, text, ink).to(Link::Event(stated.event))
}

/// How many rows the ledger has.
pub fn ledger_count(bench: &Bench) -> usize {
    bench.messages() as usize
}

/// What stands above the rows: counts by fate.
pub fn ledger_head(bench: &Bench, look: Look) -> Vec<Line> {
    let say = Say { lang: look.lang };
    let mut lines = Vec::new();
    match &bench.view.fates {
        None => lines.push(Line::text(say.too_many(), Ink::Faint)),
        Some(fates) => {
            let mut lead: Pieces = Vec::new();
            for (fate, count) in fates {
                let (glyph, ink) = look.glyphs.fate(Some(*fate));
                lead.push(piece(
                    format!("{glyph} {} {count}  ", words::fate(*fate, look.lang)),
                    ink,
                ));
            }
            // Each pair stays together where the line breaks.
            for pair in lead.chunks(2) {
                lines.push(Line { lead: pair.to_vec(), ..Line::default() });
            }
        }
    }
    let ledger = &bench.lab.state().model.ledger;
    for group in &bench.view.groups {
        let name = bench.lab.directory().subscription(group.subscription);
        let (once, twice) = ledger.handled(group.subscription);
        let text = match look.lang {
            mqlab::story::Lang::En => {
                format!("{name}: handled {once}, twice {twice}, lag {}", group.lag)
            }
            mqlab::story::Lang::Zh => {
                format!("{name}：已处理 {once}，重复 {twice}，积压 {}", group.lag)
            }
        };
        lines.push(Line::text(text, Ink::Faint));
    }
    lines
}

/// What became of the messages that may be in sight.
pub fn around(bench: &Bench) -> Judgement {
    const MOST_ROWS: u32 = 120;
    let count = bench.messages();
    let cursor = bench.cursors[Tab::Ledger as usize].min(count.saturating_sub(1) as usize) as u32;
    let shown = cursor.saturating_sub(MOST_ROWS)..cursor.saturating_add(MOST_ROWS).min(count);
    let ledger = &bench.lab.state().model.ledger;
    ledger.judge_some(bench.lab.position().time, shown.map(MessageId))
}

/// A message: what its producer was told, and its fate for each subscription.
pub fn ledger_row(bench: &Bench, judgement: &Judgement, at: usize, look: Look) -> Line {
    let message = MessageId(at as u32);
    let directory = bench.lab.directory();
    let told = judgement.producer_outcome(message);
    let name = directory.message(message);
    let wide = name.width().max(4) + 1;
    let ink = if bench.message == Some(message) { Ink::Change } else { Ink::Title };
    let mut lead = vec![piece(padded(&name, wide), ink)];
    let told_ink = match told {
        ProducerOutcome::Acknowledged => Ink::Good,
        ProducerOutcome::Refused | ProducerOutcome::Unknown => Ink::Odd,
        ProducerOutcome::Unsent | ProducerOutcome::Outstanding => Ink::Faint,
    };
    lead.push(piece(padded(words::told(told, look.lang), 13), told_ink));
    for settled in judgement.fates_of(message) {
        let (glyph, ink) = look.glyphs.fate(Some(settled.fate));
        lead.push(piece(format!("{glyph} {}  ", words::fate(settled.fate, look.lang)), ink));
    }
    Line { lead, link: Some(Link::Message(message)), ..Line::default() }
}

/// Every setting with its value; those that are not the default stand out.
pub fn settings(bench: &Bench, look: Look) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut scope = String::new();
    for setting in bench.settings() {
        let (head, name) = match setting.address.rfind(setting.name) {
            Some(at) if at > 0 => (&setting.address[..at - 1], setting.name),
            _ => ("", setting.address.as_str()),
        };
        if head != scope {
            if !lines.is_empty() {
                lines.push(Line::empty());
            }
            lines.push(Line::heading(head));
            scope = head.to_string();
        }
        let changed = setting.current != setting.default && !setting.default.is_empty();
        let ink = if changed { Ink::Change } else { Ink::Text };
        let tail = match changed {
            true => vec![piece(format!("  ({})", setting.default), Ink::Faint)],
            false => Vec::new(),
        };
        let lead = vec![piece(format!("{name} "), Ink::Faint)];
        let line = Line::led(lead, setting.current.clone(), ink).and(tail);
        lines.push(line.to(Link::Setting(setting.address.clone())));
    }
    if lines.is_empty() {
        lines.push(Line::text(Say { lang: look.lang }.nothing_on_offer(), Ink::Faint));
    }
    lines
}
