//! What things look like: every colour and every glyph of the terminal lab, by what it means.
//!
//! Nothing is told by colour alone: whatever has an ink of its own has a glyph or a word as well.

use mqlab::ledger::Fate;
use mqlab::substrate::Power;
use mqlab::view::MarkKind;
use ratatui::style::{Color, Modifier, Style};

/// What a piece of the screen is, not what it looks like.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Ink {
    /// Ordinary text.
    #[default]
    Text,
    /// What one may skip.
    Faint,
    /// Headings.
    Title,
    /// Lines between regions.
    Frame,
    /// The heading of the region that has the keys.
    Focus,
    /// What is selected.
    Selected,
    /// As it should be.
    Good,
    /// Not as it should be.
    Bad,
    /// Worth a look.
    Odd,
    /// Something changed; names of settings.
    Change,
    /// A leader.
    Leader,
    /// Packets and connections.
    Wire,
    /// A key one can press.
    Key,
    /// Where one is in time.
    Here,
    /// The bar at the top.
    Bar,
}

/// How many colours there are, and on what ground.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Theme {
    /// Full colour on a dark ground.
    Dark,
    /// Full colour on a light ground.
    Light,
    /// The sixteen colours that a terminal's own theme defines; they suit both grounds.
    Sixteen,
    /// No colour.
    Plain,
}

impl Theme {
    /// The next one, for switching by key.
    pub fn next(self) -> Theme {
        match self {
            Theme::Dark => Theme::Light,
            Theme::Light => Theme::Sixteen,
            Theme::Sixteen => Theme::Plain,
            Theme::Plain => Theme::Dark,
        }
    }

    /// How an ink looks.
    pub fn style(self, ink: Ink) -> Style {
        let (plain, colour) = (emphasis(ink), self.colour(ink));
        let mut style = plain;
        if let Some(colour) = colour {
            style = style.fg(colour);
        }
        match (self, ink) {
            (Theme::Dark, Ink::Selected) => Style::new().bg(Color::Rgb(52, 66, 97)).bold(),
            (Theme::Light, Ink::Selected) => Style::new().bg(Color::Rgb(200, 217, 247)).bold(),
            (_, Ink::Selected) => Style::new().add_modifier(Modifier::REVERSED),
            (Theme::Dark, Ink::Bar) => {
                Style::new().fg(Color::Rgb(220, 226, 240)).bg(Color::Rgb(38, 44, 60))
            }
            (Theme::Light, Ink::Bar) => {
                Style::new().fg(Color::Rgb(30, 36, 52)).bg(Color::Rgb(222, 228, 240))
            }
            (_, Ink::Bar) => Style::new().add_modifier(Modifier::REVERSED),
            _ => style,
        }
    }

    fn colour(self, ink: Ink) -> Option<Color> {
        let (dark, light, sixteen) = match ink {
            Ink::Text | Ink::Title | Ink::Selected | Ink::Bar => return None,
            Ink::Faint => ((128, 136, 152), (112, 118, 132), Color::DarkGray),
            Ink::Frame => ((82, 90, 108), (176, 182, 194), Color::DarkGray),
            Ink::Focus => ((122, 162, 247), (30, 84, 190), Color::Blue),
            // Blue for well and orange for ill are told apart by most eyes.
            Ink::Good => ((98, 190, 160), (10, 118, 92), Color::Green),
            Ink::Bad => ((244, 112, 96), (190, 40, 24), Color::Red),
            Ink::Odd => ((230, 180, 80), (150, 92, 0), Color::Yellow),
            Ink::Change => ((110, 196, 224), (0, 106, 140), Color::Cyan),
            Ink::Leader => ((190, 160, 250), (104, 60, 180), Color::Magenta),
            Ink::Wire => ((122, 162, 247), (30, 84, 190), Color::Blue),
            Ink::Key => ((110, 196, 224), (0, 106, 140), Color::Cyan),
            Ink::Here => ((230, 180, 80), (150, 92, 0), Color::Yellow),
        };
        match self {
            Theme::Dark => Some(Color::Rgb(dark.0, dark.1, dark.2)),
            Theme::Light => Some(Color::Rgb(light.0, light.1, light.2)),
            Theme::Sixteen => Some(sixteen),
            Theme::Plain => None,
        }
    }
}

/// What an ink has beside its colour; without colour it is all there is.
fn emphasis(ink: Ink) -> Style {
    let style = Style::new();
    match ink {
        Ink::Title | Ink::Focus | Ink::Leader | Ink::Here | Ink::Bad | Ink::Key => style.bold(),
        Ink::Faint | Ink::Frame => style.add_modifier(Modifier::DIM),
        _ => style,
    }
}

/// The glyphs, drawn or in ASCII.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Glyphs {
    /// Only characters of ASCII.
    pub ascii: bool,
}

impl Glyphs {
    /// The drawn one, or the one of ASCII.
    pub fn pick(self, drawn: &'static str, ascii: &'static str) -> &'static str {
        if self.ascii { ascii } else { drawn }
    }

    /// How a node is.
    pub fn power(self, power: Power) -> (&'static str, Ink) {
        match power {
            Power::On => (self.pick("●", "*"), Ink::Good),
            Power::Paused => (self.pick("◌", "="), Ink::Odd),
            Power::Down => (self.pick("○", "o"), Ink::Bad),
            Power::Off => (self.pick("✗", "x"), Ink::Bad),
        }
    }

    /// What has become of a message; `None` for a record of the cluster's own.
    pub fn fate(self, fate: Option<Fate>) -> (&'static str, Ink) {
        match fate {
            None => (self.pick("·", "."), Ink::Faint),
            Some(Fate::Once) => (self.pick("✓", "+"), Ink::Good),
            Some(Fate::Redelivered) => (self.pick("↻", "r"), Ink::Good),
            Some(Fate::Duplicate) => (self.pick("≡", "2"), Ink::Bad),
            Some(Fate::Lost) => (self.pick("✗", "x"), Ink::Bad),
            Some(Fate::LostUnacknowledged) => (self.pick("▽", "v"), Ink::Odd),
            Some(Fate::Phantom) => (self.pick("¿", "?"), Ink::Bad),
            Some(Fate::Stranded) => (self.pick("◇", "^"), Ink::Odd),
            Some(Fate::DeadLettered | Fate::Expired | Fate::Dropped | Fate::Unroutable) => {
                (self.pick("↓", "d"), Ink::Odd)
            }
            Some(Fate::Pending) => (self.pick("•", "-"), Ink::Text),
        }
    }

    /// A mark of the timeline; those further down in the list hide those further up.
    pub fn mark(self, kind: MarkKind) -> (&'static str, Ink, u8) {
        match kind {
            MarkKind::Step(_) => (self.pick("▸", ">"), Ink::Title, 3),
            MarkKind::Isr => (self.pick("◇", "i"), Ink::Change, 1),
            MarkKind::Rebalance => (self.pick("○", "r"), Ink::Change, 1),
            MarkKind::Repair => (self.pick("✓", "+"), Ink::Good, 2),
            MarkKind::Truncation => (self.pick("▼", "v"), Ink::Odd, 4),
            MarkKind::Election => (self.pick("◆", "E"), Ink::Leader, 5),
            MarkKind::Fault => (self.pick("✗", "x"), Ink::Bad, 6),
            MarkKind::Anomaly(_) => (self.pick("■", "!"), Ink::Bad, 7),
        }
    }

    /// A horizontal line.
    pub fn rule(self) -> &'static str {
        self.pick("─", "-")
    }

    /// A vertical line.
    pub fn wall(self) -> &'static str {
        self.pick("│", "|")
    }

    /// The high watermark between two cells.
    pub fn watermark(self) -> &'static str {
        self.pick("┃", "|")
    }

    /// From one to another.
    pub fn arrow(self) -> &'static str {
        self.pick("→", "->")
    }

    /// What stands where something was cut off.
    pub fn more(self) -> &'static str {
        self.pick("…", "~")
    }

    /// A bar of a height from 0 to 8.
    pub fn bar(self, height: u64) -> &'static str {
        const DRAWN: [&str; 9] = [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
        const ASCII: [&str; 9] = [" ", "_", "_", ".", ".", "-", "=", "#", "#"];
        let at = height.min(8) as usize;
        if self.ascii { ASCII[at] } else { DRAWN[at] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INKS: [Ink; 15] = [
        Ink::Text,
        Ink::Faint,
        Ink::Title,
        Ink::Frame,
        Ink::Focus,
        Ink::Selected,
        Ink::Good,
        Ink::Bad,
        Ink::Odd,
        Ink::Change,
        Ink::Leader,
        Ink::Wire,
        Ink::Key,
        Ink::Here,
        Ink::Bar,
    ];

    #[test]
    fn without_colour_there_is_none() {
        for ink in INKS {
            let style = Theme::Plain.style(ink);
            assert_eq!((style.fg, style.bg), (None, None), "{ink:?}");
        }
    }

    #[test]
    fn sixteen_colours_are_the_terminals_own() {
        for ink in INKS {
            let style = Theme::Sixteen.style(ink);
            assert!(!matches!(style.fg, Some(Color::Rgb(..))), "{ink:?}");
        }
    }

    #[test]
    fn fates_are_told_apart_without_colour() {
        for ascii in [false, true] {
            let glyphs = Glyphs { ascii };
            let bad = [Fate::Lost, Fate::Duplicate, Fate::Once, Fate::Pending, Fate::Stranded];
            for (i, a) in bad.iter().enumerate() {
                for b in &bad[i + 1..] {
                    assert_ne!(glyphs.fate(Some(*a)).0, glyphs.fate(Some(*b)).0);
                }
            }
        }
    }
}
