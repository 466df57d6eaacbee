//! The list of lessons, and beside or below it what the chosen one asks.

use crate::screen::app::App;
use crate::screen::lessons::{Entry, Stand};
use crate::screen::lines::Line;
use crate::screen::pen::{Pen, Pieces, padded, piece, width};
use crate::screen::spot::Spot;
use crate::screen::theme::Ink;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

/// Rows for the chosen lesson.
const ABOUT: u16 = 7;

/// Draws bar, list and the chosen lesson.
pub fn draw(app: &App, area: Rect, pen: &mut Pen<'_, Spot>) {
    let say = app.say();
    let shown = app.lessons.shown(|name| app.stand(name));
    bar(app, shown.len(), Rect { height: 1, ..area }, pen);
    let body = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
    let about = ABOUT.min(body.height / 2);
    let list = Rect { height: body.height - about, ..body };
    if shown.is_empty() {
        pen.text(list.x + 1, list.y + 1, list.width, say.no_lesson(), Ink::Faint);
        return;
    }
    let cursor = app.lessons.cursor.min(shown.len() - 1);
    let height = list.height as usize;
    let first = match shown.len() <= height {
        true => 0,
        false => cursor.saturating_sub(height / 2).min(shown.len() - height),
    };
    for (y, (at, entry)) in (list.top()..list.bottom()).zip(shown.iter().enumerate().skip(first)) {
        let place = Rect { y, height: 1, ..list };
        if at == cursor {
            pen.wash(place, Ink::Selected);
        }
        let pieces = row(app, entry, place.width, pen);
        pen.pieces(place.x, y, place.width, &pieces);
        pen.spot(place, Spot::Lesson(at));
    }
    if let Some(entry) = shown.get(cursor) {
        draw_about(app, entry, Rect { y: list.bottom(), height: about, ..body }, pen);
    }
}

/// The name without the system, which has a column of its own.
fn short(entry: &Entry) -> &str {
    entry.name.split_once('/').map_or(entry.name.as_str(), |(_, name)| name)
}

fn row(app: &App, entry: &Entry, columns: u16, pen: &Pen<'_, Spot>) -> Pieces {
    let say = app.say();
    let glyphs = pen.look.glyphs;
    let (glyph, ink) = match app.stand(&entry.name) {
        Stand::Fresh => (glyphs.pick("○", "."), Ink::Faint),
        Stand::Begun => (glyphs.pick("◐", "-"), Ink::Odd),
        Stand::Finished => (glyphs.pick("●", "*"), Ink::Good),
    };
    let level = entry.level.map(|l| say.level_name(l)).unwrap_or_default();
    let title = pen.look.lang.of(&entry.title);
    let title = if title.is_empty() { short(entry) } else { title };
    let mut pieces = vec![
        piece(format!(" {glyph} "), ink),
        piece(format!("{:<9}", entry.system()), Ink::Faint),
        piece(padded(level, 13), Ink::Faint),
        piece(title, Ink::Text),
    ];
    // The name, which one types, where there is room for all of it.
    let name = short(entry);
    if width(&pieces) + name.width() + 3 <= columns as usize {
        let gap = columns as usize - width(&pieces) - name.width() - 1;
        pieces.push(piece(format!("{}{name}", " ".repeat(gap)), Ink::Faint));
    }
    pieces
}

fn bar(app: &App, count: usize, area: Rect, pen: &mut Pen<'_, Spot>) {
    let say = app.say();
    pen.wash(area, Ink::Bar);
    let lessons = &app.lessons;
    let mut filters: Vec<String> = Vec::new();
    filters.extend(lessons.system.clone());
    filters.extend(lessons.topic.clone());
    filters.extend(lessons.level.map(|l| say.level_name(l).to_string()));
    filters.extend(lessons.stand.map(|s| say.stand(s).to_string()));
    if !lessons.search.is_empty() {
        filters.push(format!("/{}", lessons.search));
    }
    let style = pen.style(Ink::Bar);
    let left = match filters.is_empty() {
        true => format!(" mqlab · {}", say.lessons_title()),
        false => format!(" mqlab · {} · {}", say.lessons_title(), filters.join(" · ")),
    };
    pen.styled(area.x, area.y, area.width, &left, style);
    let all = lessons.entries.len();
    let finished = lessons.entries.iter();
    let finished = finished.filter(|e| app.stand(&e.name) == Stand::Finished).count();
    let right = format!("{count}/{all} · {} {finished}  ", say.stand(Stand::Finished));
    let wide = right.width() as u16;
    pen.styled(area.right().saturating_sub(wide), area.y, wide, &right, style);
}

fn draw_about(app: &App, entry: &Entry, area: Rect, pen: &mut Pen<'_, Spot>) {
    let say = app.say();
    pen.rule(area.x, area.y, area.width, Ink::Frame);
    pen.text(area.x, area.y, area.width, &format!("{} ", entry.name), Ink::Title);
    let mut lines = vec![
        Line::text(pen.look.lang.of(&entry.title), Ink::Title),
        Line::text(pen.look.lang.of(&entry.ask), Ink::Change),
    ];
    if !entry.teaches.is_empty() {
        let lead = vec![piece(format!("{}{}", say.teaches(), say.colon()), Ink::Faint)];
        let comma = pen.look.lang.pick(", ", "、");
        lines.push(Line::led(lead, entry.teaches.join(comma), Ink::Text));
    }
    let progress = app.progress.lesson(&entry.name);
    let mut standing = say.stand(app.stand(&entry.name)).to_string();
    if progress.predicted() > 0 {
        standing.push_str(&say.score(progress.right(), progress.predicted()));
    }
    lines.push(Line::led(
        vec![piece(format!("{}{}", say.progress(), say.colon()), Ink::Faint)],
        standing,
        Ink::Text,
    ));
    let columns = area.width.saturating_sub(2) as usize;
    let rows = lines.iter().flat_map(|line| line.rows(columns));
    for (y, row) in (area.y + 1..area.bottom()).zip(rows) {
        pen.pieces(area.x + 1, y, area.width - 1, &row);
    }
}
