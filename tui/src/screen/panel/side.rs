//! The side: the tabs and the lines of the one that is open.

mod lesson;
mod subject;
mod tables;

use crate::screen::app::App;
use crate::screen::bench::{Bench, Region, Tab};
use crate::screen::lines::{self, Line, Link, List};
use crate::screen::pen::{Look, Pen};
use crate::screen::spot::Spot;
use crate::screen::theme::Ink;
use crate::text::Say;
use mqlab::lab::{Mark, MarkKind};
use mqlab::ledger::Judgement;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

/// The lines of a tab, made as far as they are seen.
enum Lines<'a> {
    Made(Vec<Line>),
    Facts(&'a Bench),
    /// With what became of the messages around the cursor.
    Ledger(&'a Bench, Box<Judgement>),
}

impl Lines<'_> {
    fn of(bench: &Bench, look: Look) -> Lines<'_> {
        match bench.tab {
            Tab::Lesson => Lines::Made(lesson::lines(bench, look)),
            Tab::Facts => Lines::Facts(bench),
            Tab::Ledger => Lines::Ledger(bench, Box::new(tables::around(bench))),
            Tab::Message => Lines::Made(subject::lines(bench, look)),
            Tab::Settings => Lines::Made(tables::settings(bench, look)),
        }
    }

    fn count(&self) -> usize {
        match self {
            Lines::Made(lines) => lines.len(),
            Lines::Facts(bench) => tables::fact_count(bench),
            Lines::Ledger(bench, _) => tables::ledger_count(bench),
        }
    }

    fn line(&self, at: usize, look: Look) -> Line {
        match self {
            Lines::Made(lines) => lines.get(at).cloned().unwrap_or_default(),
            Lines::Facts(bench) => tables::fact(bench, at, look),
            Lines::Ledger(bench, judgement) => tables::ledger_row(bench, judgement, at, look),
        }
    }
}

/// How many lines the tab that is open has.
pub fn count(bench: &Bench, look: Look) -> usize {
    Lines::of(bench, look).count()
}

/// Where the line with the cursor leads.
pub fn link(bench: &Bench, look: Look) -> Option<Link> {
    let lines = Lines::of(bench, look);
    let at = bench.cursors[bench.tab as usize].min(lines.count().saturating_sub(1));
    lines.line(at, look).link
}

/// Draws tabs and lines.
pub fn draw(app: &App, bench: &Bench, area: Rect, pen: &mut Pen<'_, Spot>) {
    pen.spot(area, Spot::Side);
    if area.is_empty() {
        return;
    }
    draw_tabs(app.say(), bench, Rect { height: 1, ..area }, pen);
    let area = Rect { y: area.y + 1, height: area.height - 1, ..area };
    let mut list_area = area;
    if bench.tab == Tab::Ledger {
        let head = tables::ledger_head(bench, pen.look);
        for row in head.iter().flat_map(|line| line.rows(area.width as usize)) {
            if list_area.height <= 2 {
                break;
            }
            pen.pieces(list_area.x, list_area.y, list_area.width, &row);
            list_area.y += 1;
            list_area.height -= 1;
        }
    }
    let lines = Lines::of(bench, pen.look);
    let look = pen.look;
    let cursor = bench.cursors[bench.tab as usize];
    let make = |at: usize| lines.line(at, look);
    let list = List { count: lines.count(), line: &make };
    let here = cursor.min(lines.count().saturating_sub(1));
    let chosen = bench.region == Region::Side && lines.line(here, look).link.is_some();
    lines::draw(pen, list_area, &list, cursor, chosen, |pen, place, at, link| {
        pen.spot(place, Spot::Line(at, link));
    });
}

fn draw_tabs(say: Say, bench: &Bench, area: Rect, pen: &mut Pen<'_, Spot>) {
    pen.rule(area.x, area.y, area.width, Ink::Frame);
    let name = |tab: Tab| match tab {
        Tab::Lesson => say.tab_lesson(),
        Tab::Facts => say.tab_facts(),
        Tab::Ledger => say.tab_ledger(),
        Tab::Message => say.tab_message(),
        Tab::Settings => say.tab_settings(),
    };
    let whole: usize = Tab::ALL.iter().map(|t| name(*t).width() + 1).sum();
    let room = area.width as usize;
    // Where not all names fit, those that are not open shrink to their numbers.
    let narrow = whole - 1 > room;
    let mut x = area.x;
    for (number, tab) in Tab::ALL.into_iter().enumerate() {
        let open = tab == bench.tab;
        let text = match (narrow, open) {
            (true, false) => format!("{}", number + 1),
            (true, true) => format!("{} {}", number + 1, name(tab)),
            (false, _) => name(tab).to_string(),
        };
        let ink = match (open, bench.region == Region::Side) {
            (true, true) => Ink::Focus,
            (true, false) => Ink::Title,
            (false, _) => Ink::Faint,
        };
        let wide = (text.width() as u16).min(area.right().saturating_sub(x));
        let place = Rect { x, y: area.y, width: wide, height: 1 };
        pen.text(x, area.y, wide, &text, ink);
        if open {
            let style = pen.style(ink).add_modifier(ratatui::style::Modifier::UNDERLINED);
            pen.buffer.set_style(place, style);
        }
        pen.spot(place, Spot::Tab(tab));
        x = x.saturating_add(wide + 1);
    }
}

/// What a mark is called.
pub fn mark_name(bench: &Bench, mark: &Mark, look: Look) -> String {
    let say = Say { lang: look.lang };
    let directory = bench.lab.directory();
    let who = mark.message.map(|m| format!(" {}", directory.message(m))).unwrap_or_default();
    let more = if mark.count > 1 { format!(" +{}", mark.count - 1) } else { String::new() };
    match mark.kind {
        MarkKind::Step(number) => {
            let step = bench.scenario().steps.get(number);
            step.map(|s| say.action(&s.action, directory)).unwrap_or_default()
        }
        MarkKind::Anomaly(kind) => format!("{}{who}{more}", say.anomaly(kind)),
        kind => match &mark.stated {
            Some(stated) => mqlab::story::sentence(&stated.fact, directory, look.lang),
            None => kind.name().to_string(),
        },
    }
}
