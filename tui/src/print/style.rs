//! Colours and the glyphs that say the same without colour.

use mqlab::ledger::Fate;
use mqlab::ledger::verdict::Verdict;
use mqlab::story::Tone;
use std::fmt;

/// What a piece of text is, not what it looks like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ink {
    /// Headings.
    Title,
    /// What one may skip.
    Faint,
    /// As it should be.
    Good,
    /// Not as it should be.
    Bad,
    /// Worth a look.
    Odd,
    /// Something changed.
    Change,
    /// Ordinary text.
    Plain,
}

/// Whether there are colours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Palette {
    /// Whether to write colours at all.
    pub color: bool,
}

impl Palette {
    /// The text in the colour of its meaning.
    pub fn paint<T: fmt::Display>(self, ink: Ink, text: T) -> Painted<T> {
        Painted { code: if self.color { code(ink) } else { "" }, text }
    }
}

/// A text with the colour it is printed in.
#[derive(Clone, Copy, Debug)]
pub struct Painted<T> {
    code: &'static str,
    text: T,
}

impl<T: fmt::Display> fmt::Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.code.is_empty() {
            self.text.fmt(f)
        } else {
            write!(f, "\x1b[{}m{}\x1b[0m", self.code, self.text)
        }
    }
}

/// SGR codes from the basic palette: every terminal theme keeps these legible.
fn code(ink: Ink) -> &'static str {
    match ink {
        Ink::Title => "1",
        Ink::Faint => "2",
        Ink::Good => "32",
        Ink::Bad => "31",
        Ink::Odd => "33",
        Ink::Change => "36",
        Ink::Plain => "",
    }
}

/// Whether the environment leaves room for colour (<https://no-color.org>).
pub fn wanted_by_environment() -> bool {
    let set = |name| std::env::var_os(name).is_some_and(|v| !v.is_empty());
    !set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Glyph and ink of a line of the story.
pub fn tone(tone: Tone) -> (&'static str, Ink) {
    match tone {
        Tone::Step => ("▸", Ink::Title),
        Tone::Routine => ("·", Ink::Faint),
        Tone::Fault => ("✗", Ink::Bad),
        Tone::Recovery => ("✓", Ink::Good),
        Tone::Change => ("◆", Ink::Change),
        Tone::Trouble => ("!", Ink::Odd),
        Tone::Damage => ("▼", Ink::Bad),
    }
}

/// Glyph and ink of a verdict.
pub fn verdict(verdict: Verdict) -> (&'static str, Ink) {
    match verdict {
        Verdict::Passed => ("✓", Ink::Good),
        Verdict::Failed => ("✗", Ink::Bad),
        Verdict::Vacuous => ("∅", Ink::Odd),
        Verdict::Inconclusive => ("?", Ink::Odd),
        Verdict::Error => ("‼", Ink::Bad),
    }
}

/// Ink of a fate.
pub fn fate(fate: Fate) -> Ink {
    match fate {
        Fate::Once | Fate::Redelivered => Ink::Good,
        Fate::Lost | Fate::Duplicate | Fate::Phantom => Ink::Bad,
        Fate::Stranded | Fate::Unroutable | Fate::Dropped | Fate::Expired => Ink::Odd,
        Fate::LostUnacknowledged | Fate::DeadLettered => Ink::Odd,
        Fate::Pending => Ink::Plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colour_nothing_is_added() {
        let plain = Palette { color: false };
        assert_eq!(plain.paint(Ink::Bad, "lost").to_string(), "lost");
        let bright = Palette { color: true };
        assert_eq!(bright.paint(Ink::Bad, "lost").to_string(), "\x1b[31mlost\x1b[0m");
    }
}
