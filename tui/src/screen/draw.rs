//! The whole screen: where the regions are, and what lies over them.

use super::app::App;
use super::bench::Bench;
use super::panel::{bar, cluster, lessons, popup, prompt, side, timeline};
use super::pen::{self, Pen};
use super::spot::Spot;
use super::theme::Ink;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use unicode_width::UnicodeWidthStr;

/// The smallest screen on which something can be shown.
pub const SMALLEST: (u16, u16) = (60, 16);

/// Draws everything; the place of the cursor where one types.
pub fn draw(app: &App, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    let mut spots = Vec::new();
    draw_with(app, area, buffer, &mut spots)
}

/// What answers to the mouse, the lowest first.
pub fn spots(app: &App, area: Rect) -> Vec<pen::Spot<Spot>> {
    let mut spots = Vec::new();
    draw_with(app, area, &mut Buffer::empty(area), &mut spots);
    spots
}

fn draw_with(
    app: &App,
    area: Rect,
    buffer: &mut Buffer,
    spots: &mut Vec<pen::Spot<Spot>>,
) -> Option<Position> {
    let mut pen = Pen { buffer, look: app.look, spots };
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        let text = app.say().too_small(area.width, area.height);
        let rows = pen::wrap(&text, area.width.max(1) as usize);
        for (y, row) in (area.top()..area.bottom()).zip(rows) {
            pen.text(area.x, y, area.width, &row, Ink::Text);
        }
        return None;
    }
    let foot = Rect { y: area.bottom() - 2, height: 2, ..area };
    let body = Rect { height: area.height - 2, ..area };
    match app.bench.as_deref() {
        Some(bench) => draw_bench(app, bench, body, &mut pen),
        None => lessons::draw(app, body, &mut pen),
    }
    prompt::draw(app, foot, &mut pen);
    // Popups lie over the body; the bar at the top stays in sight.
    let over = Rect { y: body.y + 1, height: body.height - 1, ..body };
    let mut cursor = None;
    if let Some(top) = app.popups.last() {
        cursor = popup::draw(app, top, over, &mut pen);
    }
    cursor
}

fn draw_bench(app: &App, bench: &Bench, area: Rect, pen: &mut Pen<'_, Spot>) {
    bar::draw(app, bench, Rect { height: 1, ..area }, pen);
    let timeline_height = match area.height {
        0..=20 => 3,
        21..=30 => 3,
        _ => 4,
    };
    let timeline = Rect { y: area.bottom() - timeline_height, height: timeline_height, ..area };
    let middle = Rect { y: area.y + 1, height: area.height - 1 - timeline_height, ..area };
    // The side gets what reads well; the cluster the rest.
    let side_width = (area.width * 2 / 5).clamp(37, 72);
    let left = Rect { width: middle.width - side_width - 1, ..middle };
    let right = Rect { x: left.right() + 1, width: side_width, ..middle };
    let focus = bench.region == super::bench::Region::Cluster;
    pen.rule(left.x, left.y, left.width, Ink::Frame);
    let title = app.say().cluster();
    let ink = if focus { Ink::Focus } else { Ink::Title };
    pen.text(left.x, left.y, left.width, &format!("{title} "), ink);
    if focus {
        let place = Rect { width: title.width() as u16, height: 1, ..left };
        let style = pen.style(ink).add_modifier(ratatui::style::Modifier::UNDERLINED);
        pen.buffer.set_style(place, style);
    }
    let inner = Rect { y: left.y + 1, height: left.height - 1, ..left };
    cluster::draw(app, bench, inner, pen);
    for y in middle.top()..middle.bottom() {
        pen.text(left.right(), y, 1, pen.look.glyphs.wall(), Ink::Frame);
    }
    side::draw(app, bench, right, pen);
    timeline::draw(app, bench, timeline, pen);
}
