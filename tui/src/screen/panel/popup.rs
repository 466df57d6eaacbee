//! What lies over the screen: menus, prompts, pages, questions.

use crate::screen::app::{App, Does, Popup};
use crate::screen::lines::{self, List};
use crate::screen::pen::{Pen, cut, piece, shortened, width, wrap};
use crate::screen::picker::Picker;
use crate::screen::prompt::Prompt;
use crate::screen::reader::Reader;
use crate::screen::spot::Spot;
use crate::screen::theme::Ink;
use ratatui::layout::{Position, Rect};
use unicode_width::UnicodeWidthStr;

/// Draws a popup; the place of the cursor where one types.
pub fn draw(app: &App, popup: &Popup, area: Rect, pen: &mut Pen<'_, Spot>) -> Option<Position> {
    pen.spot(area, Spot::Outside);
    match popup {
        Popup::Picker(picker) => draw_picker(picker, area, pen),
        Popup::Prompt(prompt) => draw_prompt(prompt, area, pen),
        Popup::Reader(reader) => {
            draw_reader(reader, area, pen);
            None
        }
        Popup::Question { number, cursor } => {
            draw_question(app, *number, *cursor, area, pen);
            None
        }
    }
}

/// A box with a title; the room inside.
fn frame(area: Rect, title: &str, pen: &mut Pen<'_, Spot>) -> Rect {
    pen.clear(area);
    pen.spot(area, Spot::Popup);
    let glyphs = pen.look.glyphs;
    let corner = |x, y, drawn, ascii, pen: &mut Pen<'_, Spot>| {
        pen.text(x, y, 1, glyphs.pick(drawn, ascii), Ink::Focus);
    };
    if area.width < 4 || area.height < 3 {
        return Rect { width: 0, height: 0, ..area };
    }
    pen.rule(area.x, area.y, area.width, Ink::Focus);
    pen.rule(area.x, area.bottom() - 1, area.width, Ink::Focus);
    for y in area.top() + 1..area.bottom() - 1 {
        pen.text(area.x, y, 1, glyphs.wall(), Ink::Focus);
        pen.text(area.right() - 1, y, 1, glyphs.wall(), Ink::Focus);
    }
    corner(area.x, area.y, "╭", "+", pen);
    corner(area.right() - 1, area.y, "╮", "+", pen);
    corner(area.x, area.bottom() - 1, "╰", "+", pen);
    corner(area.right() - 1, area.bottom() - 1, "╯", "+", pen);
    let title = format!(" {title} ");
    pen.text(area.x + 2, area.y, area.width - 4, &title, Ink::Title);
    Rect { x: area.x + 2, y: area.y + 1, width: area.width - 4, height: area.height - 2 }
}

/// A box of a size in the middle.
fn centred(area: Rect, wide: u16, high: u16) -> Rect {
    let (width, height) = (wide.min(area.width), high.min(area.height));
    Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    }
}

fn draw_picker(picker: &Picker<Does>, area: Rect, pen: &mut Pen<'_, Spot>) -> Option<Position> {
    let shown = picker.shown();
    let wide = (area.width * 9 / 10).clamp(40, 90);
    // The detail of the chosen entry stands below the list, in full.
    let inner_wide = wide.saturating_sub(4) as usize;
    let detail = picker.chosen().map(|item| wrap(&item.detail, inner_wide)).unwrap_or_default();
    let detail: Vec<String> = detail.into_iter().filter(|l| !l.is_empty()).take(3).collect();
    let filter = u16::from(picker.typed.is_some());
    let below = if detail.is_empty() { 0 } else { detail.len() as u16 + 1 };
    let list = picker.items.len().max(1) as u16;
    let most = area.height.saturating_sub(2);
    let high = (list + filter + below + 2).min(most.max(6));
    let inner = frame(centred(area, wide, high), &picker.title, pen);
    let mut y = inner.y;
    let mut cursor = None;
    if let Some(typed) = &picker.typed {
        let x = pen.text(inner.x, y, inner.width, "> ", Ink::Key);
        let x = pen.text(x, y, inner.right().saturating_sub(x), typed, Ink::Text);
        cursor = Some(Position { x: x.min(inner.right().saturating_sub(1)), y });
        y += 1;
    }
    let below = below.min(inner.height.saturating_sub(2));
    let rows = inner.bottom().saturating_sub(below).saturating_sub(y) as usize;
    let at = picker.cursor.min(shown.len().saturating_sub(1));
    let first = match shown.len() <= rows {
        true => 0,
        false => at.saturating_sub(rows / 2).min(shown.len() - rows),
    };
    for (number, item) in shown.iter().enumerate().skip(first).take(rows) {
        let place = Rect { x: inner.x, y, width: inner.width, height: 1 };
        let ink = if item.live { Ink::Text } else { Ink::Faint };
        if number == at {
            pen.wash(place, Ink::Selected);
        }
        let digit = match (picker.palette, number) {
            (false, 0..9) if picker.typed.is_none() => format!("{} ", number + 1),
            (false, _) if picker.typed.is_none() => "  ".to_string(),
            _ => String::new(),
        };
        let aside = width(&item.aside) as u16;
        let x = pen.text(place.x, y, place.width, &digit, Ink::Key);
        let room = place.right().saturating_sub(x).saturating_sub(aside + 1);
        pen.text(x, y, room, &item.label, ink);
        pen.right(place, y, &item.aside);
        pen.spot(place, Spot::Item(number));
        y += 1;
    }
    if below > 0 {
        let mut y = inner.bottom() - below;
        pen.rule(inner.x, y, inner.width, Ink::Frame);
        let live = picker.chosen().is_some_and(|item| item.live);
        for line in detail {
            y += 1;
            let ink = if live { Ink::Faint } else { Ink::Odd };
            pen.text(inner.x, y, inner.width, &line, ink);
        }
    }
    cursor
}

fn draw_prompt(prompt: &Prompt, area: Rect, pen: &mut Pen<'_, Spot>) -> Option<Position> {
    let wide = (area.width * 9 / 10).clamp(30, 76);
    let below = prompt.wrong.as_deref().unwrap_or(&prompt.hint);
    let below: Vec<String> = wrap(below, wide.saturating_sub(4) as usize);
    let high = below.len() as u16 + 3;
    // Low on the screen, so that what one types about stays in sight.
    let mut place = centred(area, wide, high);
    place.y = area.bottom().saturating_sub(place.height).max(area.y);
    let inner = frame(place, &prompt.title, pen);
    if inner.is_empty() {
        return None;
    }
    let x = pen.text(inner.x, inner.y, inner.width, "> ", Ink::Key);
    // The end of a long text is what one is typing.
    let room = inner.right().saturating_sub(x).saturating_sub(1) as usize;
    let mut shown = prompt.typed.as_str();
    while shown.width() > room {
        let first = shown.chars().next().map_or(1, char::len_utf8);
        shown = &shown[first..];
    }
    let x = pen.text(x, inner.y, inner.right().saturating_sub(x), shown, Ink::Text);
    let ink = if prompt.wrong.is_some() { Ink::Bad } else { Ink::Faint };
    for (y, line) in (inner.y + 1..inner.bottom()).zip(&below) {
        pen.text(inner.x, y, inner.width, line, ink);
    }
    Some(Position { x: x.min(inner.right().saturating_sub(1)), y: inner.y })
}

fn draw_reader(reader: &Reader, area: Rect, pen: &mut Pen<'_, Spot>) {
    let wide = area.width.saturating_sub(2).min(110);
    let columns = wide.saturating_sub(4) as usize;
    let rows: usize = reader.lines.iter().map(|line| line.rows(columns).len()).sum();
    let high = (rows as u16).saturating_add(2).min(area.height);
    let inner = frame(centred(area, wide, high), &reader.title, pen);
    let make = List::line_of(&reader.lines);
    let list = List { count: reader.lines.len(), line: &make };
    let fits = rows <= inner.height as usize;
    let chosen = reader.link().is_some();
    // A page that fits stays where it is.
    let cursor = reader.cursor;
    lines::draw(pen, inner, &list, cursor, chosen || !fits, |pen, place, at, _| {
        pen.spot(place, Spot::Item(at));
    });
    if !fits && inner.height > 0 {
        let far = (cursor + 1) * 100 / reader.lines.len().max(1);
        let text = format!(" {far}% ");
        let frame = Rect { y: inner.bottom(), height: 1, ..inner };
        pen.right(frame, frame.y, &[piece(text, Ink::Faint)]);
    }
}

fn draw_question(app: &App, number: usize, cursor: usize, area: Rect, pen: &mut Pen<'_, Spot>) {
    let Some(bench) = app.bench.as_deref() else { return };
    let say = app.say();
    let lang = pen.look.lang;
    let questions = bench.lesson.questions(&bench.lab);
    let Some(question) = questions.get(number) else { return };
    let wide = (area.width * 9 / 10).clamp(40, 72);
    let columns = wide.saturating_sub(4) as usize;
    let ask = wrap(lang.of(&question.ask), columns);
    let options: Vec<Vec<String>> =
        question.options.iter().map(|o| wrap(lang.of(o), columns.saturating_sub(3))).collect();
    let rows: usize = options.iter().map(Vec::len).sum();
    let high = (ask.len() + rows + 5) as u16;
    // Low on the screen, so that the cluster stays in sight.
    let mut place = centred(area, wide, high);
    place.y = area.bottom().saturating_sub(place.height + 1).max(area.y);
    let title = say.question(number + 1, questions.len());
    let inner = frame(place, &title, pen);
    let mut y = inner.y;
    for line in &ask {
        if y < inner.bottom() {
            pen.text(inner.x, y, inner.width, line, Ink::Title);
            y += 1;
        }
    }
    y += 1;
    for (at, option) in options.iter().enumerate() {
        let top = y;
        for (row, line) in option.iter().enumerate() {
            if y >= inner.bottom() {
                return;
            }
            let lead = if row == 0 { format!("{}  ", at + 1) } else { "   ".into() };
            let x = pen.text(inner.x, y, 3, &lead, Ink::Key);
            pen.text(x, y, inner.right().saturating_sub(x), line, Ink::Text);
            y += 1;
        }
        let area = Rect { x: inner.x, y: top, width: inner.width, height: y - top };
        if cursor == at {
            pen.wash(area, Ink::Selected);
        }
        pen.spot(area, Spot::Item(at));
    }
    y += 1;
    if y < inner.bottom() {
        let skip = shortened(say.skip(), columns, pen.look.glyphs);
        let area = Rect { x: inner.x, y, width: inner.width, height: 1 };
        pen.text(inner.x, y, inner.width, cut(&skip, columns), Ink::Faint);
        if cursor >= options.len() {
            pen.wash(area, Ink::Selected);
        }
        pen.spot(area, Spot::Item(options.len()));
    }
}
