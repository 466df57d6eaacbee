//! Lists of lines that wrap: what the side, readers and menus are made of.

use super::pen::{Pen, Piece, Pieces, piece, width, wrap};
use super::theme::Ink;
use mqlab::fact::MessageId;
use mqlab::lab::BranchId;
use ratatui::layout::Rect;
use std::collections::VecDeque;

/// Where a line leads.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Link {
    /// To an event of the branch that is open.
    Event(u64),
    /// To an event of a branch.
    EventOf(BranchId, u64),
    /// To a message.
    Message(MessageId),
    /// To the values of a setting.
    Setting(String),
    /// To the question that is open.
    Question,
    /// To a what-if of the scenario.
    WhatIf(String),
    /// To another seed, on a branch of its own.
    Seed(u64),
}

/// A line: a lead that stands still and text that wraps beside it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Line {
    pub lead: Pieces,
    pub text: String,
    pub ink: Ink,
    /// Pieces behind the text, where it has no more than one line.
    pub tail: Pieces,
    pub link: Option<Link>,
}

impl Line {
    /// Text.
    pub fn text(text: impl Into<String>, ink: Ink) -> Line {
        Line { text: text.into(), ink, ..Line::default() }
    }

    /// Nothing.
    pub fn empty() -> Line {
        Line::default()
    }

    /// A heading.
    pub fn heading(text: impl Into<String>) -> Line {
        Line::text(text, Ink::Title)
    }

    /// Text beside a lead.
    pub fn led(lead: Pieces, text: impl Into<String>, ink: Ink) -> Line {
        Line { lead, text: text.into(), ink, ..Line::default() }
    }

    /// The same line with a link.
    pub fn to(self, link: Link) -> Line {
        Line { link: Some(link), ..self }
    }

    /// The same line with something behind it.
    pub fn and(self, tail: Pieces) -> Line {
        Line { tail, ..self }
    }

    /// How it looks in so many columns.
    pub fn rows(&self, columns: usize) -> Vec<Pieces> {
        let lead = width(&self.lead);
        if self.text.is_empty() && self.tail.is_empty() {
            return vec![self.lead.clone()];
        }
        // Where the lead takes most of the room, the text stands below it.
        let (beside, indent) = if lead + 8 <= columns {
            (columns - lead, lead)
        } else {
            (columns - 2.min(columns), 2)
        };
        let mut rows: Vec<Pieces> = Vec::new();
        if indent != lead {
            rows.push(self.lead.clone());
        }
        for text in self.text.split('\n').flat_map(|part| wrap(part, beside)) {
            let mut row: Pieces = match rows.is_empty() {
                true => self.lead.clone(),
                false => vec![Piece { text: " ".repeat(indent), ink: Ink::Text }],
            };
            row.push(piece(text, self.ink));
            rows.push(row);
        }
        if rows.is_empty() {
            rows.push(self.lead.clone());
        }
        if let Some(last) = rows.last_mut()
            && !self.tail.is_empty()
        {
            if width(last) + width(&self.tail) <= columns {
                last.extend(self.tail.iter().cloned());
            } else {
                let mut row = vec![Piece { text: " ".repeat(indent), ink: Ink::Text }];
                row.extend(self.tail.iter().cloned());
                rows.push(row);
            }
        }
        rows
    }
}

/// A list of lines that is made as far as it is seen.
pub struct List<'a> {
    pub count: usize,
    pub line: &'a dyn Fn(usize) -> Line,
}

impl<'a> List<'a> {
    /// A list of lines that are there.
    pub fn line_of(lines: &'a [Line]) -> impl Fn(usize) -> Line + 'a {
        |at| lines.get(at).cloned().unwrap_or_default()
    }
}

/// Draws a list so that the line with the cursor is in sight; `chosen` says whether it is shown as
/// selected. Calls `spot` with the place of every line.
pub fn draw<T>(
    pen: &mut Pen<'_, T>,
    area: Rect,
    list: &List<'_>,
    cursor: usize,
    chosen: bool,
    mut spot: impl FnMut(&mut Pen<'_, T>, Rect, usize, Option<Link>),
) {
    if area.is_empty() || list.count == 0 {
        return;
    }
    let height = area.height as usize;
    let cursor = cursor.min(list.count - 1);
    let (shown, mut skip) = in_sight(list, cursor, area.width as usize, height);
    let mut y = area.y;
    for Shown { at, rows, link } in shown {
        let top = y;
        for row in &rows {
            if skip > 0 {
                skip -= 1;
                continue;
            }
            if y >= area.bottom() {
                break;
            }
            pen.pieces(area.x, y, area.width, row);
            y += 1;
        }
        if y > top {
            let place = Rect { y: top, height: y - top, ..area };
            if chosen && at == cursor {
                pen.wash(place, Ink::Selected);
            }
            spot(pen, place, at, link);
        }
    }
}

/// A line that is in sight.
struct Shown {
    at: usize,
    rows: Vec<Pieces>,
    link: Option<Link>,
}

/// The lines in sight, and how many rows of the first are above the edge.
fn in_sight(
    list: &List<'_>,
    cursor: usize,
    columns: usize,
    height: usize,
) -> (VecDeque<Shown>, usize) {
    let make = |at: usize| {
        let line = (list.line)(at);
        Shown { at, rows: line.rows(columns), link: line.link }
    };
    // What is above the cursor takes two thirds of the room, or all that is left by what is below.
    let mut shown = VecDeque::from([make(cursor)]);
    let mut used = shown[0].rows.len();
    let own = used;
    let (mut first, mut last) = (cursor, cursor);
    let mut before = 0;
    while first > 0 && used < height * 2 / 3 {
        first -= 1;
        shown.push_front(make(first));
        before += shown[0].rows.len();
        used += shown[0].rows.len();
    }
    while last + 1 < list.count && used < height {
        last += 1;
        let line = make(last);
        used += line.rows.len();
        shown.push_back(line);
    }
    while first > 0 && used < height {
        first -= 1;
        shown.push_front(make(first));
        before += shown[0].rows.len();
        used += shown[0].rows.len();
    }
    let mut skip = (before + own).saturating_sub(height);
    if last + 1 == list.count {
        // Nothing comes after: the end stands at the bottom.
        skip = skip.max(used.saturating_sub(height));
    }
    (shown, skip.min(before))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visible(count: usize, cursor: usize, height: usize) -> Vec<usize> {
        let line = |at: usize| Line::text(at.to_string(), Ink::Text);
        let list = List { count, line: &line };
        let (shown, skip) = in_sight(&list, cursor, 10, height);
        shown.iter().map(|s| s.at).skip(skip).take(height).collect()
    }

    #[test]
    fn the_cursor_is_always_in_sight_and_no_row_is_wasted() {
        for count in 1..30 {
            for cursor in 0..count {
                for height in 1..12 {
                    let seen = visible(count, cursor, height);
                    assert!(seen.contains(&cursor), "{cursor} of {count} in {height}: {seen:?}");
                    assert_eq!(seen.len(), height.min(count), "{cursor} of {count}: {seen:?}");
                }
            }
        }
    }

    #[test]
    fn text_hangs_beside_its_lead_or_stands_below_a_long_one() {
        let text = |rows: Vec<Pieces>| -> Vec<String> {
            rows.iter().map(|r| r.iter().map(|p| p.text.as_str()).collect()).collect()
        };
        let line = Line::led(vec![piece("12ms ", Ink::Faint)], "one two three", Ink::Text);
        assert_eq!(text(line.rows(14)), ["12ms one two", "     three"]);
        let line = Line::led(vec![piece("a.long.name ", Ink::Faint)], "value", Ink::Text);
        assert_eq!(text(line.rows(14)), ["a.long.name ", "  value"]);
    }
}
