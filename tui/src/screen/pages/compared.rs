//! Two branches beside each other: where they part, whose fates differ, and the numbers.

use crate::screen::app::App;
use crate::screen::bench::{Bench, branch_name};
use crate::screen::lines::{Line, Link};
use crate::screen::pen::{padded, piece};
use crate::screen::theme::Ink;
use mqlab::explore::Measure;
use mqlab::fact::Stated;
use mqlab::lab::{BranchId, Comparison, Parting};
use mqlab::ledger::Fate;
use mqlab::story::{sentence, words};
use unicode_width::UnicodeWidthStr;

/// Messages that are listed one by one.
const MOST_FATES: usize = 200;

/// The page.
pub fn page(
    app: &App,
    bench: &Bench,
    left: BranchId,
    right: BranchId,
    comparison: &Comparison,
) -> (String, Vec<Line>) {
    let (say, lang, glyphs) = (app.say(), app.look.lang, app.look.glyphs);
    let name = |id| branch_name(&bench.lab, id, say);
    let (left_name, right_name) = (name(left), name(right));
    let mut lines = vec![
        Line::led(
            vec![piece(format!("{} ", say.left_word()), Ink::Faint)],
            &*left_name,
            Ink::Title,
        ),
        Line::led(
            vec![piece(format!("{} ", say.right_word()), Ink::Faint)],
            &*right_name,
            Ink::Title,
        ),
        Line::empty(),
    ];
    lines.push(Line::heading(say.fates_that_differ()));
    if comparison.fates.is_empty() {
        lines.push(Line::text(say.same_fates(), Ink::Text));
    }
    let directory = bench.lab.directory();
    let fate = |fate: Option<Fate>| match fate {
        Some(fate) => {
            let (glyph, ink) = glyphs.fate(Some(fate));
            (format!("{glyph} {}", words::fate(fate, lang)), ink)
        }
        None => ("—".to_string(), Ink::Faint),
    };
    let wide = comparison.fates.iter().take(MOST_FATES);
    let wide = wide.map(|c| fate(c.left).0.width()).max().unwrap_or(0) + 2;
    for change in comparison.fates.iter().take(MOST_FATES) {
        let (before, after) = (fate(change.left), fate(change.right));
        let name = directory.message(change.message);
        let lead = vec![
            piece(padded(&name, 8), Ink::Title),
            piece(padded(directory.subscription(change.subscription), 12), Ink::Faint),
            piece(padded(&before.0, wide), before.1),
            piece(format!("{} ", glyphs.arrow()), Ink::Faint),
            piece(after.0, after.1),
        ];
        let line = Line { lead, link: Some(Link::Message(change.message)), ..Line::default() };
        lines.push(line);
    }
    if let Some(more) = comparison.fates.len().checked_sub(MOST_FATES).filter(|m| *m > 0) {
        lines.push(Line::text(say.and_more(more), Ink::Faint));
    }
    lines.push(Line::empty());
    lines.push(Line::heading(say.where_they_part()));
    parting(app, bench, (left, right), comparison, &mut lines);
    lines.push(Line::empty());
    lines.push(Line::heading(say.side_by_side()));
    lines.extend(numbers(app, comparison));
    (say.compared_title(left.0, right.0), lines)
}

fn parting(
    app: &App,
    bench: &Bench,
    (left, right): (BranchId, BranchId),
    comparison: &Comparison,
    lines: &mut Vec<Line>,
) {
    let say = app.say();
    let line = |stated: &Stated, branch: BranchId, side: &str| {
        let lead = vec![
            piece(format!("{side} "), Ink::Change),
            piece(format!("{:>9} ", stated.time.to_string()), Ink::Faint),
            piece(format!("#{:<6} ", stated.event), Ink::Faint),
        ];
        let text = sentence(&stated.fact, bench.lab.directory(), app.look.lang);
        Line::led(lead, text, Ink::Text).to(Link::EventOf(branch, stated.event))
    };
    match &comparison.parting {
        None if comparison.shift.is_none() => {
            lines.push(Line::text(say.all_the_same(), Ink::Text));
        }
        None => {}
        Some(parting) => {
            lines.push(Line::text(say.first_difference(), Ink::Faint));
            lines.push(match parting {
                Parting::OnlyLeft(stated) => line(stated, left, say.left_word()),
                Parting::OnlyRight(stated) => line(stated, right, say.right_word()),
            });
            let (only_left, only_right) = comparison.only;
            lines.push(Line::text(say.only_facts(only_left, only_right), Ink::Faint));
        }
    }
    if let Some(shift) = &comparison.shift {
        lines.push(Line::text(say.first_shift(), Ink::Faint));
        lines.push(line(&shift.left, left, say.left_word()));
        lines.push(line(&shift.right, right, say.right_word()));
    }
    if comparison.incomplete {
        lines.push(Line::text(say.incomplete(), Ink::Odd));
    }
}

/// Counts, latency and outage of both.
fn numbers(app: &App, comparison: &Comparison) -> Vec<Line> {
    let (say, lang) = (app.say(), app.look.lang);
    let measures = [Measure::of(&comparison.left), Measure::of(&comparison.right)];
    let mut rows: Vec<(String, [String; 2], bool)> = Vec::new();
    let mut row = |title: &str, values: [String; 2]| {
        let differs = values[0] != values[1];
        rows.push((title.to_string(), values, differs));
    };
    row(say.acknowledged_word(), measures.each_ref().map(|m| m.acknowledged.to_string()));
    for fate in Fate::ALL {
        let counts = measures.each_ref().map(|m| m.count(fate));
        if counts != [0, 0] {
            row(words::fate(fate, lang), counts.map(|c| c.to_string()));
        }
    }
    let span =
        |span: Option<mqlab::kernel::Span>| span.map_or("—".to_string(), |s| s.to_string());
    row("p50", measures.each_ref().map(|m| span(m.p50)));
    row("p99", measures.each_ref().map(|m| span(m.p99)));
    row(say.unavailable(), measures.each_ref().map(|m| span(m.unavailable)));
    row(say.elections_word(), measures.each_ref().map(|m| m.elections.to_string()));
    let wide = rows.iter().map(|(title, ..)| title.width()).max().unwrap_or(0) + 2;
    let mut lines = vec![Line {
        lead: vec![
            piece(padded("", wide), Ink::Faint),
            piece(padded(say.left_word(), 14), Ink::Faint),
            piece(say.right_word(), Ink::Faint),
        ],
        ..Line::default()
    }];
    lines.extend(rows.into_iter().map(|(title, [left, right], differs)| {
        let ink = if differs { Ink::Change } else { Ink::Text };
        let lead = vec![
            piece(padded(&title, wide), Ink::Faint),
            piece(padded(&left, 14), ink),
            piece(right, ink),
        ];
        Line { lead, ..Line::default() }
    }));
    lines
}
