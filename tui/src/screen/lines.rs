//! Lists of lines that wrap: what the side, readers and menus are made of.

use super::pen::{Pen, Piece, Pieces, piece, width, wrap};
use super::theme::Ink;
use mqlab::fact::MessageId;
use mqlab::lab::BranchId;
use ratatui::layout::Rect;

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
    /// To another lesson.
    Lesson(String),
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

impl Default for Ink {
    fn default() -> Self {
        Ink::Text
    }
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
        // Where the lead takes most of the room, the text stands below it.
        let (beside, indent) =
            if lead + 8 <= columns { (columns - lead, lead) } else { (columns - 2.min(columns), 2) };
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
/// selected. Calls `spot` with the rows of every line.
pub fn draw<T>(
    pen: &mut Pen<'_, T>,
    area: Rect,
    list: &List<'_>,
    cursor: usize,
    chosen: bool,
    mut spot: impl FnMut(&mut Pen<'_, T>, Rect, usize),
) {
    if area.is_empty() || list.count == 0 {
        return;
    }
    let columns = area.width as usize;
    let height = area.height as usize;
    let cursor = cursor.min(list.count - 1);
    let rows = |at: usize| (list.line)(at).rows(columns);
    // What is above the cursor takes two thirds of the room, or all that is left by what is below.
    let mut shown: std::collections::VecDeque<(usize, Vec<Pieces>)> =
        std::collections::VecDeque::from([(cursor, rows(cursor))]);
    let mut used = shown[0].1.len();
    let (mut first, mut last) = (cursor, cursor);
    let above = height * 2 / 3;
    while first > 0 && used < above {
        first -= 1;
        let row = rows(first);
        used += row.len();
        shown.push_front((first, row));
    }
    while last + 1 < list.count && used < height {
        last += 1;
        let row = rows(last);
        used += row.len();
        shown.push_back((last, row));
    }
    while first > 0 && used < height {
        first -= 1;
        let row = rows(first);
        used += row.len();
        shown.push_front((first, row));
    }
    // If that is more than the room, the rows nearest the cursor's line stay.
    let before: usize = shown.iter().take_while(|(at, _)| *at < cursor).map(|(_, r)| r.len()).sum();
    let own = shown.iter().find(|(at, _)| *at == cursor).map_or(1, |(_, r)| r.len());
    let mut skip = if before + own > height { before + own - height } else { 0 };
    if last + 1 == list.count && used > height && first == 0 {
        skip = skip.max(0);
    }
    skip = skip.min(before);
    if last + 1 == list.count {
        // Nothing comes after: the end stands at the bottom.
        skip = skip.max((used.saturating_sub(height)).min(before));
    }
    let mut y = area.y;
    for (at, rows) in &shown {
        let top = y;
        for row in rows {
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
            if chosen && *at == cursor {
                pen.wash(place, Ink::Selected);
            }
            spot(pen, place, *at);
        }
    }
}
