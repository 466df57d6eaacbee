//! The timeline: marks, where one is, bookmarks and where branches left, over the facts of the run.
//!
//! Its scale is the number of facts, not time: a run that idles for a minute after a second full of
//! events would else show one column of everything and a wide nothing. Where a long run no longer
//! keeps its first facts, the scale is the number of events.

use crate::screen::app::App;
use crate::screen::bench::Bench;
use crate::screen::pen::{Pen, piece};
use crate::screen::spot::Spot;
use crate::screen::theme::Ink;
use mqlab::cluster::History;
use mqlab::kernel::Time;
use mqlab::lab::Lab;
use ratatui::layout::Rect;

/// Marks looked at in one column; with more, one of these stands for all.
const MOST_IN_A_COLUMN: usize = 32;

/// What a column stands for, over the branch as far as it was played.
struct Scale<'a> {
    history: Option<&'a History>,
    /// How many facts, or events, there are.
    count: u64,
}

impl<'a> Scale<'a> {
    fn of(lab: &'a Lab) -> Scale<'a> {
        let history = lab.played().model.kept_facts().filter(|history| history.gone() == 0);
        let count = match history {
            Some(history) => history.iter().len() as u64,
            None => lab.furthest().event,
        };
        Scale { history, count: count.max(1) }
    }

    /// The event at a place.
    fn event(&self, place: u64) -> u64 {
        match self.history {
            Some(history) => history.at(place).map_or(u64::MAX, |stated| stated.event),
            None if place < self.count => place,
            None => u64::MAX,
        }
    }

    /// The place of an event.
    fn place(&self, event: u64) -> u64 {
        match self.history {
            Some(history) => history.count_to(event).saturating_sub(1),
            None => event,
        }
    }
}

/// The event at a place of the timeline, in thousandths.
pub fn event_at(bench: &Bench, thousandths: u32) -> u64 {
    let scale = Scale::of(&bench.lab);
    match scale.count * u64::from(thousandths) / 1000 {
        0 => 0,
        place => scale.event(place.min(scale.count - 1)),
    }
}

/// Draws the region.
pub fn draw(app: &App, bench: &Bench, area: Rect, pen: &mut Pen<'_, Spot>) {
    if area.is_empty() {
        return;
    }
    let glyphs = pen.look.glyphs;
    let lab = &bench.lab;
    pen.rule(area.x, area.y, area.width, Ink::Frame);
    pen.text(area.x, area.y, area.width, &format!("{} ", app.say().timeline()), Ink::Title);
    let furthest = lab.furthest();
    let played = format!(" {} {} ", app.say().played_to(), furthest.time);
    pen.right(area, area.y, &[piece(played, Ink::Faint)]);
    let scale = Scale::of(lab);
    let count = scale.count;
    let columns = area.width.max(1);
    let track = Rect { y: area.y + 1, height: 1.min(area.height - 1), ..area };
    if track.is_empty() {
        return;
    }
    // The event before which each column begins.
    let bounds: Vec<u64> = (0..=columns)
        .map(|column| scale.event(count * u64::from(column) / u64::from(columns)))
        .collect();
    let column_of = |event: u64| -> u16 {
        let column = scale.place(event) * u64::from(columns) / count;
        column.min(u64::from(columns) - 1) as u16
    };
    let here = column_of(lab.position().event.max(1));
    for column in 0..columns {
        let (symbol, ink) = if column <= here {
            (glyphs.pick("━", "="), Ink::Frame)
        } else {
            (glyphs.pick("┈", "."), Ink::Frame)
        };
        pen.sign(track.x + column, track.y, symbol, ink);
        let share = u32::from(column) * 1000 / u32::from(columns);
        pen.spot(Rect { x: track.x + column, width: 1, ..track }, Spot::Timeline(share));
    }
    draw_marks(bench, &bounds, track, pen);
    let marker = |pen: &mut Pen<'_, Spot>, event: u64, symbol: &str, ink: Ink| {
        pen.sign(track.x + column_of(event.max(1)), track.y, symbol, ink);
    };
    for branch in lab.branches().iter().filter(|b| b.parent == Some(lab.current())) {
        marker(pen, branch.at.event, glyphs.pick("┴", "Y"), Ink::Change);
    }
    for bookmark in lab.bookmarks().iter().filter(|b| b.branch == lab.current()) {
        marker(pen, bookmark.event, glyphs.pick("▾", "B"), Ink::Here);
    }
    let spot = Rect { x: track.x + here, width: 1, ..track };
    pen.wash(spot, Ink::Selected);
    if area.height >= 4 {
        draw_backlog(bench, scale.history, count, area, pen);
    }
    if area.height >= 3 {
        draw_scale(bench, here, area, pen);
    }
}

fn draw_marks(bench: &Bench, bounds: &[u64], track: Rect, pen: &mut Pen<'_, Spot>) {
    let Some(timeline) = &bench.view.timeline else { return };
    let marks = &timeline.marks;
    let first_of = |event: u64| -> usize {
        let (mut low, mut high) = (0, marks.len());
        while low < high {
            let middle = low.midpoint(high);
            match marks.get(middle) {
                Some(mark) if mark.event < event => low = middle + 1,
                _ => high = middle,
            }
        }
        low
    };
    for (column, pair) in bounds.windows(2).enumerate() {
        let from = if column == 0 { 0 } else { first_of(pair[0]) };
        let last = column + 2 == bounds.len();
        let to = if last { marks.len() } else { first_of(pair[1]) };
        let shown = (from..to.min(from + MOST_IN_A_COLUMN)).filter_map(|at| marks.get(at));
        let most = shown.map(|mark| pen.look.glyphs.mark(mark.kind)).max_by_key(|m| m.2);
        if let Some((symbol, ink, _)) = most {
            pen.sign(track.x + column as u16, track.y, symbol, ink);
        }
    }
}

/// Backlog over the run, each column at the moment of its first fact.
fn draw_backlog(
    bench: &Bench,
    history: Option<&History>,
    count: u64,
    area: Rect,
    pen: &mut Pen<'_, Spot>,
) {
    let Some(timeline) = &bench.view.timeline else { return };
    let series = &timeline.series;
    let columns = u64::from(area.width.max(1));
    let whole = bench.lab.furthest().time.0;
    let at = |place: u64| match history {
        Some(history) => history.at(place).map_or(Time::ZERO, |stated| stated.time),
        // The moments of events are not kept; they come about as often at all times.
        None => Time((u128::from(whole) * u128::from(place) / u128::from(count)) as u64),
    };
    let value = |column: u64| {
        let from = at(count * column / columns).0 / series.width.0;
        let to = at((count * (column + 1) / columns).min(count - 1)).0 / series.width.0;
        let buckets = from..=to.min(from + 8);
        buckets.filter_map(|b| series.buckets.get(b as usize)).map(|b| b.backlog).max().unwrap_or(0)
    };
    let values: Vec<u64> = (0..columns).map(value).collect();
    let most = values.iter().copied().max().unwrap_or(0);
    if most == 0 {
        return;
    }
    let y = area.y + 2;
    for (column, value) in values.into_iter().enumerate() {
        let bar = pen.look.glyphs.bar((value * 8).div_ceil(most));
        pen.sign(area.x + column as u16, y, bar, Ink::Wire);
    }
    let word = format!("{} ≤ {most}", pen.look.lang.pick("backlog", "积压"));
    pen.right(area, y, &[piece(word, Ink::Faint)]);
}

/// The last row: the moment under the marker, and the mark that is there.
fn draw_scale(bench: &Bench, here: u16, area: Rect, pen: &mut Pen<'_, Spot>) {
    let y = area.bottom() - 1;
    let position = bench.lab.position();
    let mut text = format!("#{} {}", position.event, position.time);
    let at = bench.lab.marks().find(|mark| mark.event == position.event);
    if let Some(mark) = at {
        text.push_str(&format!(" · {}", super::side::mark_name(bench, mark, pen.look)));
    }
    let wide = unicode_width::UnicodeWidthStr::width(text.as_str()) as u16;
    let x = here.min(area.width.saturating_sub(wide));
    pen.text(area.x + x, y, area.width - x, &text, Ink::Here);
}
