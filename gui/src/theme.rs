//! What things look like: every colour, size and glyph of the desktop lab, by what it means.
//!
//! Nothing is told by colour alone: whatever has a colour of its own has a glyph, a shape or a word
//! as well. Well is blue-green, ill is vermilion, odd is amber: kept apart by eyes that do not tell
//! red from green.

use egui::{Color32, CornerRadius, Stroke, Style, Visuals, style::WidgetVisuals};
use mqlab::ledger::Fate;
use mqlab::substrate::{DiskHealth, Power};
use mqlab::view::MarkKind;
use serde::{Deserialize, Serialize};

/// On what ground the lab is drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Theme {
    /// Light on dark.
    #[default]
    Dark,
    /// Dark on light, for projectors and bright rooms.
    Light,
}

impl Theme {
    /// The other one.
    pub fn other(self) -> Theme {
        match self {
            Theme::Dark => Theme::Light,
            Theme::Light => Theme::Dark,
        }
    }

    /// Its colours.
    pub fn tokens(self) -> &'static Tokens {
        match self {
            Theme::Dark => &DARK,
            Theme::Light => &LIGHT,
        }
    }
}

/// Colours by meaning.
#[derive(Clone, Copy, PartialEq, Debug)]
#[allow(missing_docs)] // the names say it
pub struct Tokens {
    pub dark: bool,
    /// Behind everything.
    pub ground: Color32,
    /// Behind a panel.
    pub panel: Color32,
    /// Behind a card, a text field, a lane.
    pub raised: Color32,
    /// Behind what the pointer is over.
    pub hover: Color32,
    pub line: Color32,
    pub text: Color32,
    pub faint: Color32,
    pub strong: Color32,
    pub good: Color32,
    pub bad: Color32,
    pub odd: Color32,
    pub change: Color32,
    pub leader: Color32,
    pub wire: Color32,
    pub here: Color32,
    /// Behind what is selected.
    pub chosen: Color32,
    pub on_chosen: Color32,
    /// Letters on a filled cell.
    pub on_fill: Color32,
}

const fn rgb(r: u8, g: u8, b: u8) -> Color32 {
    Color32::from_rgb(r, g, b)
}

const DARK: Tokens = Tokens {
    dark: true,
    ground: rgb(16, 19, 26),
    panel: rgb(22, 26, 35),
    raised: rgb(30, 35, 47),
    hover: rgb(41, 48, 64),
    line: rgb(56, 64, 82),
    text: rgb(214, 220, 232),
    faint: rgb(147, 157, 176),
    strong: rgb(246, 248, 252),
    good: rgb(86, 196, 168),
    bad: rgb(248, 120, 98),
    odd: rgb(236, 186, 84),
    change: rgb(112, 200, 232),
    leader: rgb(190, 166, 252),
    wire: rgb(128, 168, 250),
    here: rgb(250, 206, 104),
    chosen: rgb(48, 74, 128),
    on_chosen: rgb(244, 247, 255),
    on_fill: rgb(12, 16, 24),
};

const LIGHT: Tokens = Tokens {
    dark: false,
    ground: rgb(238, 241, 246),
    panel: rgb(250, 251, 253),
    raised: rgb(240, 243, 248),
    hover: rgb(226, 232, 242),
    line: rgb(202, 209, 221),
    text: rgb(36, 42, 56),
    faint: rgb(92, 101, 120),
    strong: rgb(12, 16, 26),
    good: rgb(0, 116, 94),
    bad: rgb(190, 42, 20),
    odd: rgb(146, 92, 0),
    change: rgb(0, 104, 140),
    leader: rgb(102, 62, 182),
    wire: rgb(32, 88, 198),
    here: rgb(166, 102, 0),
    chosen: rgb(202, 219, 250),
    on_chosen: rgb(14, 34, 84),
    on_fill: rgb(255, 255, 255),
};

/// How large things are.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Sizes {
    /// Ordinary letters.
    pub text: f32,
    /// Letters in cells and on the canvas.
    pub small: f32,
    /// Headings.
    pub heading: f32,
    /// One cell of a lane.
    pub cell: egui::Vec2,
    /// One row of a table.
    pub row: f32,
}

/// Ordinary sizes, or those of a projector.
pub fn sizes(presenting: bool) -> Sizes {
    match presenting {
        false => Sizes {
            text: 14.0,
            small: 12.0,
            heading: 18.0,
            cell: egui::vec2(40.0, 25.0),
            row: 22.0,
        },
        true => Sizes {
            text: 20.0,
            small: 17.0,
            heading: 27.0,
            cell: egui::vec2(56.0, 35.0),
            row: 31.0,
        },
    }
}

impl Tokens {
    /// The colour and the glyph of a fate.
    pub fn fate(&self, fate: Option<Fate>) -> (Color32, &'static str) {
        match fate {
            None => (self.faint, ""),
            Some(Fate::Once) => (self.good, "✔"),
            Some(Fate::Pending) => (self.wire, "…"),
            Some(Fate::Redelivered) => (self.change, "↻"),
            Some(Fate::Duplicate) => (self.odd, "2"),
            Some(Fate::Stranded) => (self.odd, "!"),
            Some(Fate::Lost) => (self.bad, "✖"),
            Some(Fate::LostUnacknowledged) => (self.odd, "✖"),
            Some(Fate::Phantom) => (self.bad, "?"),
            Some(Fate::DeadLettered) => (self.odd, "⬇"),
            Some(Fate::Expired) => (self.odd, "⌛"),
            Some(Fate::Dropped | Fate::Unroutable) => (self.odd, "–"),
        }
    }

    /// The colour and the glyph of a machine.
    pub fn power(&self, power: Power) -> (Color32, &'static str) {
        match power {
            Power::On => (self.good, "●"),
            Power::Paused => (self.odd, "Ⅱ"),
            Power::Down => (self.bad, "○"),
            Power::Off => (self.bad, "✖"),
        }
    }

    /// The colour and the glyph of a disk that is not well.
    pub fn disk(&self, disk: DiskHealth) -> Option<(Color32, &'static str)> {
        match disk {
            DiskHealth::Healthy => None,
            DiskHealth::Full => Some((self.odd, "■")),
            DiskHealth::Failed => Some((self.bad, "✖")),
        }
    }

    /// The colour and the glyph of a mark.
    pub fn mark(&self, kind: MarkKind) -> (Color32, &'static str) {
        match kind {
            MarkKind::Fault => (self.bad, "⚡"),
            MarkKind::Repair => (self.good, "✔"),
            MarkKind::Election => (self.leader, "★"),
            MarkKind::Isr => (self.change, "◆"),
            MarkKind::Rebalance => (self.change, "○"),
            MarkKind::Truncation => (self.odd, "✂"),
            MarkKind::Step(_) => (self.faint, "▼"),
            MarkKind::Anomaly(_) => (self.bad, "!"),
        }
    }

    /// Puts the colours on egui's own widgets.
    fn visuals(&self) -> Visuals {
        let mut v = if self.dark { Visuals::dark() } else { Visuals::light() };
        let widget = |fill: Color32, stroke: Color32, letters: Color32| WidgetVisuals {
            bg_fill: fill,
            weak_bg_fill: fill,
            bg_stroke: Stroke::new(1.0, stroke),
            fg_stroke: Stroke::new(1.0, letters),
            corner_radius: CornerRadius::same(5),
            expansion: 0.0,
        };
        v.widgets.noninteractive = widget(self.panel, self.line, self.text);
        v.widgets.inactive = widget(self.raised, self.line, self.text);
        v.widgets.hovered = widget(self.hover, self.faint, self.strong);
        v.widgets.active = widget(self.chosen, self.wire, self.on_chosen);
        v.widgets.open = widget(self.hover, self.line, self.strong);
        v.selection.bg_fill = self.chosen;
        v.selection.stroke = Stroke::new(1.0, self.on_chosen);
        v.hyperlink_color = self.wire;
        v.faint_bg_color = self.raised;
        v.extreme_bg_color = self.raised;
        v.code_bg_color = self.raised;
        v.warn_fg_color = self.odd;
        v.error_fg_color = self.bad;
        v.window_fill = self.panel;
        v.window_stroke = Stroke::new(1.0, self.line);
        v.panel_fill = self.panel;
        v.weak_text_color = Some(self.faint);
        v.striped = false;
        v
    }
}

/// Puts theme and sizes on a context.
pub fn apply(ctx: &egui::Context, theme: Theme, presenting: bool) {
    use egui::{FontFamily, FontId, TextStyle};
    let (tokens, sizes) = (theme.tokens(), sizes(presenting));
    let set = |style: &mut Style| {
        style.visuals = tokens.visuals();
        style.spacing.item_spacing = egui::vec2(8.0, 6.0);
        style.spacing.button_padding = egui::vec2(8.0, 4.0);
        style.spacing.interact_size.y = sizes.row;
        // Chinese needs a little more air between lines.
        style.spacing.extra_text_line_spacing = 3.0;
        style.spacing.scroll = egui::style::ScrollStyle::solid();
        style.interaction.selectable_labels = false;
        let font = |size, family| FontId::new(size, family);
        let (text, mono) = (FontFamily::Proportional, FontFamily::Monospace);
        style.text_styles = [
            (TextStyle::Small, font(sizes.small, text.clone())),
            (TextStyle::Body, font(sizes.text, text.clone())),
            (TextStyle::Button, font(sizes.text, text.clone())),
            (TextStyle::Heading, font(sizes.heading, text)),
            (TextStyle::Monospace, font(sizes.text - 1.0, mono)),
        ]
        .into();
    };
    ctx.set_theme(if tokens.dark { egui::Theme::Dark } else { egui::Theme::Light });
    ctx.all_styles_mut(set);
}
