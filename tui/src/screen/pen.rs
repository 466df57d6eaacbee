//! Drawing: text in inks, cut and wrapped by display width, with a note of what can be clicked.

use super::theme::{Glyphs, Ink, Theme};
use mqlab::story::Lang;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use textwrap::{Options, WordSeparator, WrapAlgorithm};
use unicode_width::UnicodeWidthStr;

/// A piece of text in one ink.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Piece {
    pub text: String,
    pub ink: Ink,
}

/// Text in inks on one line.
pub type Pieces = Vec<Piece>;

/// A piece.
pub fn piece(text: impl Into<String>, ink: Ink) -> Piece {
    Piece { text: text.into(), ink }
}

/// How wide pieces are.
pub fn width(pieces: &[Piece]) -> usize {
    pieces.iter().map(|p| p.text.width()).sum()
}

/// The language and the looks, which everything that draws needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Look {
    pub lang: Lang,
    pub theme: Theme,
    pub glyphs: Glyphs,
}

/// A place on the screen that answers to the mouse.
#[derive(Clone, Debug)]
pub struct Spot<T> {
    pub area: Rect,
    pub what: T,
}

/// A pen on the screen.
pub struct Pen<'a, T> {
    pub buffer: &'a mut Buffer,
    pub look: Look,
    pub spots: &'a mut Vec<Spot<T>>,
}

impl<T> Pen<'_, T> {
    /// The style of an ink.
    pub fn style(&self, ink: Ink) -> Style {
        self.look.theme.style(ink)
    }

    /// Writes text from `x` on, at most `room` columns; what does not fit ends in a sign. Returns
    /// the column after it.
    pub fn text(&mut self, x: u16, y: u16, room: u16, text: &str, ink: Ink) -> u16 {
        let style = self.style(ink);
        self.styled(x, y, room, text, style)
    }

    /// The same in a style.
    pub fn styled(&mut self, x: u16, y: u16, room: u16, text: &str, style: Style) -> u16 {
        let area = *self.buffer.area();
        let room = room.min(area.right().saturating_sub(x));
        let in_ascii;
        let text = match self.look.glyphs.ascii {
            true => {
                in_ascii = ascii(text);
                in_ascii.as_str()
            }
            false => text,
        };
        if room == 0 || y >= area.bottom() || x >= area.right() {
            return x;
        }
        if text.width() <= room as usize {
            return self.buffer.set_stringn(x, y, text, room as usize, style).0;
        }
        let more = self.look.glyphs.more();
        let cut = cut(text, (room as usize).saturating_sub(1));
        let x = self.buffer.set_stringn(x, y, cut, room as usize, style).0;
        self.buffer.set_stringn(x, y, more, 1, style).0
    }

    /// One sign of one column.
    pub fn sign(&mut self, x: u16, y: u16, symbol: &str, ink: Ink) {
        let style = self.style(ink);
        if let Some(cell) = self.buffer.cell_mut((x, y)) {
            cell.set_symbol(symbol).set_style(style);
        }
    }

    /// Writes pieces behind each other.
    pub fn pieces(&mut self, x: u16, y: u16, room: u16, pieces: &[Piece]) -> u16 {
        let end = x.saturating_add(room);
        let mut at = x;
        for piece in pieces {
            if at >= end {
                break;
            }
            at = self.text(at, y, end - at, &piece.text, piece.ink);
        }
        at
    }

    /// Writes text that ends at the right edge of the room.
    pub fn right(&mut self, area: Rect, y: u16, pieces: &[Piece]) {
        let wide = (width(pieces) as u16).min(area.width);
        self.pieces(area.right().saturating_sub(wide), y, wide, pieces);
    }

    /// Fills a line.
    pub fn rule(&mut self, x: u16, y: u16, room: u16, ink: Ink) {
        let line = self.look.glyphs.rule();
        let style = self.style(ink);
        let area = *self.buffer.area();
        for x in x..x.saturating_add(room).min(area.right()) {
            if y < area.bottom() {
                self.buffer[(x, y)].set_symbol(line).set_style(style);
            }
        }
    }

    /// Lays a style over an area.
    pub fn wash(&mut self, area: Rect, ink: Ink) {
        let style = self.style(ink);
        let area = area.intersection(*self.buffer.area());
        self.buffer.set_style(area, style);
    }

    /// Empties an area.
    pub fn clear(&mut self, area: Rect) {
        let area = area.intersection(*self.buffer.area());
        for y in area.top()..area.bottom() {
            for x in area.left()..area.right() {
                self.buffer[(x, y)].reset();
            }
            // The half of a wide character that sticks out of what is covered would stay.
            if area.left() > self.buffer.area().left() {
                let left = &mut self.buffer[(area.left() - 1, y)];
                if left.symbol().width() > 1 {
                    left.reset();
                }
            }
        }
    }

    /// Notes that an area answers to the mouse.
    pub fn spot(&mut self, area: Rect, what: T) {
        self.spots.push(Spot { area, what });
    }
}

/// A text with its signs in ASCII; the words of a language stay.
fn ascii(text: &str) -> String {
    let plain = |c: char| match c {
        '→' | '▸' | '▶' | '›' => '>',
        '←' | '◀' => '<',
        '↑' => '^',
        '↓' | '▼' => 'v',
        '·' | '•' => '.',
        '—' | '–' | '─' | '−' => '-',
        '…' => '~',
        '×' | '✗' => 'x',
        '✓' => '+',
        '≤' => '<',
        '≈' => '~',
        '“' | '”' => '"',
        '‘' | '’' => '\'',
        'µ' => 'u',
        c => c,
    };
    text.chars().map(plain).collect()
}

/// The beginning of a text that fits into so many columns.
pub fn cut(text: &str, columns: usize) -> &str {
    let mut used = 0;
    for (at, c) in text.char_indices() {
        used += unicode_width::UnicodeWidthChar::width(c).unwrap_or(0);
        if used > columns {
            return &text[..at];
        }
    }
    text
}

/// A text cut with a sign, as text.
pub fn shortened(text: &str, columns: usize, glyphs: Glyphs) -> String {
    if text.width() <= columns {
        return text.to_string();
    }
    format!("{}{}", cut(text, columns.saturating_sub(1)), glyphs.more())
}

/// Lines of at most so many columns, broken where the language breaks them.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let options = Options::new(columns.max(2))
        .word_separator(WordSeparator::UnicodeBreakProperties)
        .wrap_algorithm(WrapAlgorithm::FirstFit);
    textwrap::wrap(text, options).into_iter().map(|line| line.into_owned()).collect()
}

/// A text filled up with blanks to so many columns.
pub fn padded(text: &str, columns: usize) -> String {
    let gap = columns.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(gap))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wide_character_is_never_halved() {
        assert_eq!(cut("消息m4", 3), "消");
        assert_eq!(cut("消息m4", 4), "消息");
        assert_eq!(shortened("消息m4 丢失", 6, Glyphs { ascii: false }), "消息m…");
    }

    #[test]
    fn chinese_is_broken_between_characters_and_never_before_a_comma() {
        let lines = wrap("生产者已经收到确认，这条消息还会丢吗？", 10);
        assert!(lines.len() > 2, "{lines:?}");
        assert!(lines.iter().all(|l| l.width() <= 10 && !l.starts_with('，')), "{lines:?}");
    }
}
