//! The panels: each a function of what is open and how it is looked at. They change nothing but how
//! they look; what the person wants done they return as [`Act`]s.

pub mod branches;
pub mod canvas;
pub mod comparison;
pub mod facts;
pub mod fates;
pub mod help;
pub mod lanes;
pub mod lesson;
pub mod lessons;
pub mod menu;
pub mod palette;
pub mod plots;
pub mod prompt;
pub mod settings;
pub mod story;
pub mod sweep;
pub mod timeline;
pub mod top;
pub mod transport;

use crate::act::Act;
use crate::desk::Desk;
use crate::text::{Phrase, Say};
use crate::theme::{Sizes, Tokens};
use egui::{Color32, RichText, Ui};

/// How panels are looked at: filters, scrolling, zoom. Nothing of the simulation.
#[derive(Default)]
pub struct Look {
    pub canvas: canvas::Look,
    pub fates: fates::Look,
    pub facts: facts::Look,
    pub settings: settings::Look,
    pub comparison: comparison::Look,
    pub sweep: sweep::Look,
    pub timeline: timeline::Look,
}

/// What a panel needs to be found out before it can be drawn in full.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Wants {
    /// The story up to here.
    pub telling: bool,
    /// The life of the message that is followed.
    pub life: bool,
    /// Both compared branches at the moment shown.
    pub beside: bool,
    /// As many cells of each lane.
    pub cells: Option<u64>,
}

/// What a panel draws from and answers with.
pub struct Cx<'a> {
    pub desk: &'a Desk,
    pub look: &'a mut Look,
    pub say: Say,
    pub t: &'static Tokens,
    pub sizes: Sizes,
    pub acts: &'a mut Vec<Act>,
    pub wants: &'a mut Wants,
}

impl Cx<'_> {
    /// A fixed phrase.
    pub fn the(&self, phrase: Phrase) -> &'static str {
        self.say.the(phrase)
    }
}

/// A small heading inside a panel.
pub fn heading(ui: &mut Ui, t: &Tokens, text: &str) {
    ui.add_space(4.0);
    ui.label(RichText::new(text).strong().color(t.strong));
}

/// Text one may skip.
pub fn faint(ui: &mut Ui, t: &Tokens, text: impl Into<String>) {
    ui.label(RichText::new(text).color(t.faint));
}

/// A moment that can be gone to, as wide as the widest, so that what follows stands in a column.
pub fn moment(ui: &mut Ui, cx: &mut Cx<'_>, time: mqlab::kernel::Time, event: u64) {
    let size = egui::vec2(cx.sizes.small * 5.6, ui.text_style_height(&egui::TextStyle::Body));
    let layout = egui::Layout::left_to_right(egui::Align::Center);
    ui.allocate_ui_with_layout(size, layout, |ui| {
        ui.set_min_width(size.x);
        let link = ui.link(RichText::new(time.to_string()).small());
        if link.on_hover_text(format!("#{event}")).clicked() {
            cx.acts.push(Act::ToEvent(event));
        }
    });
}

/// A filled label: a word in a colour of its own.
pub fn badge(ui: &mut Ui, t: &Tokens, colour: Color32, text: &str) {
    egui::Frame::new()
        .stroke(egui::Stroke::new(1.0, colour))
        .fill(t.raised)
        .corner_radius(4)
        .inner_margin(egui::Margin::symmetric(6, 1))
        .show(ui, |ui| ui.label(RichText::new(text).small().color(colour)));
}

/// A card: something set apart from the rest of a panel.
pub fn card<R>(ui: &mut Ui, t: &Tokens, edge: Color32, add: impl FnOnce(&mut Ui) -> R) -> R {
    egui::Frame::new()
        .fill(t.raised)
        .stroke(egui::Stroke::new(1.0, edge))
        .corner_radius(6)
        .inner_margin(10)
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            add(ui)
        })
        .inner
}
