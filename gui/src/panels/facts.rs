//! What happened, fact by fact, told from the beginning up to here.

use super::{Cx, faint};
use crate::act::Act;
use crate::text::Phrase;
use crate::theme::Tokens;
use egui::{RichText, Sense, Ui};
use egui_extras::{Column, TableBuilder};
use mqlab::fact::Stated;
use mqlab::story::{Line, Tone};

/// How facts are looked at.
#[derive(Default)]
pub struct Look {
    pub filter: String,
    /// Every single fact, instead of the story that puts like ones together.
    pub single: bool,
}

pub fn show(ui: &mut Ui, cx: &mut Cx<'_>) {
    ui.horizontal(|ui| {
        ui.checkbox(&mut cx.look.facts.single, cx.say.the(Phrase::EveryFact));
        let edit = egui::TextEdit::singleline(&mut cx.look.facts.filter)
            .hint_text(cx.say.the(Phrase::FilterFacts))
            .desired_width(f32::INFINITY);
        ui.add(edit).accessible_name(cx.say.the(Phrase::FilterFacts));
    });
    if cx.look.facts.single || !cx.desk.is_small() {
        every_fact(ui, cx);
    } else {
        cx.wants.telling = true;
        story(ui, cx);
    }
}

/// The story: like facts told once.
fn story(ui: &mut Ui, cx: &mut Cx<'_>) {
    let Some(telling) = &cx.desk.telling else { return };
    let filter = cx.look.facts.filter.to_lowercase();
    let lines = telling.value.lines.iter();
    let lines: Vec<&Line> =
        lines.filter(|line| line.text.to_lowercase().contains(&filter)).collect();
    if lines.is_empty() {
        faint(ui, cx.t, cx.the(Phrase::NothingYet));
    }
    let area = egui::ScrollArea::vertical().auto_shrink(false).stick_to_bottom(true);
    area.show(ui, |ui| {
        for line in lines {
            ui.horizontal_top(|ui| {
                super::moment(ui, cx, line.time, line.event);
                let (colour, glyph) = tone(cx.t, line.tone);
                ui.label(RichText::new(glyph).color(colour));
                ui.add(egui::Label::new(RichText::new(&line.text).color(colour)).wrap());
            });
        }
    });
}

fn tone(t: &Tokens, tone: Tone) -> (egui::Color32, &'static str) {
    match tone {
        Tone::Step => (t.strong, "▼"),
        Tone::Routine => (t.text, "·"),
        Tone::Fault => (t.bad, "⚡"),
        Tone::Recovery => (t.good, "✔"),
        Tone::Change => (t.leader, "★"),
        Tone::Trouble => (t.odd, "!"),
        Tone::Damage => (t.bad, "✖"),
    }
}

fn every_fact(ui: &mut Ui, cx: &mut Cx<'_>) {
    let lang = cx.say.lang;
    let directory = cx.desk.lab.directory();
    // The furthest world played knows all facts; those after this moment are not shown.
    let Some(history) = cx.desk.lab.played().model.kept_facts() else { return };
    let here = cx.desk.view.event;
    let upto = history.count_to(here) as usize;
    let filter = cx.look.facts.filter.to_lowercase();
    let tell = |stated: &Stated| mqlab::story::sentence(&stated.fact, directory, lang);
    // Without a filter no sentence is made that is not seen.
    let chosen: Option<Vec<Stated>> = (!filter.is_empty()).then(|| {
        let matches = |stated: &&Stated| {
            stated.fact.name().contains(&filter) || tell(stated).to_lowercase().contains(&filter)
        };
        history.iter().take(upto).filter(matches).copied().collect()
    });
    let count = chosen.as_ref().map_or(upto, Vec::len);
    if count == 0 {
        faint(ui, cx.t, cx.the(Phrase::NothingYet));
        return;
    }
    TableBuilder::new(ui)
        .id_salt("facts")
        .striped(false)
        .sense(Sense::click())
        .stick_to_bottom(true)
        .auto_shrink(false)
        .column(Column::exact(cx.sizes.small * 6.2))
        .column(Column::exact(cx.sizes.small * 4.6))
        .column(Column::remainder().clip(true))
        .body(|body| {
            body.rows(cx.sizes.row, count, |mut row| {
                let at = row.index();
                let stated = match &chosen {
                    Some(chosen) => chosen.get(at).copied(),
                    None => history.at(at as u64).copied(),
                };
                let Some(stated) = stated else { return };
                row.set_selected(stated.event == here);
                row.col(|ui| faint(ui, cx.t, stated.time.to_string()));
                row.col(|ui| faint(ui, cx.t, format!("#{}", stated.event)));
                let text = tell(&stated);
                row.col(|ui| {
                    let own = stated.fact.message().is_some_and(|m| Some(m) == cx.desk.message);
                    let colour = if own { cx.t.here } else { cx.t.text };
                    let label = egui::Label::new(RichText::new(&text).color(colour)).truncate();
                    ui.add(label);
                });
                let response = row.response();
                if response.clicked() {
                    cx.acts.push(Act::ToEvent(stated.event));
                    if let Some(message) = stated.fact.message() {
                        cx.acts.push(Act::Message(Some(message)));
                    }
                }
                response.on_hover_text(text);
            });
        });
}
