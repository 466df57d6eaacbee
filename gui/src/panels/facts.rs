//! What happened, fact by fact, told from the beginning up to here.

use super::{Cx, faint};
use crate::act::Act;
use crate::text::Phrase;
use egui::{RichText, Sense, Ui};
use egui_extras::{Column, TableBuilder};
use mqlab::fact::Stated;

/// How facts are looked at.
#[derive(Default)]
pub struct Look {
    pub filter: String,
}

pub fn show(ui: &mut Ui, cx: &mut Cx<'_>) {
    let edit = egui::TextEdit::singleline(&mut cx.look.facts.filter)
        .hint_text(cx.say.the(Phrase::FilterFacts))
        .desired_width(f32::INFINITY);
    ui.add(edit).accessible_name(cx.say.the(Phrase::FilterFacts));
    let lang = cx.say.lang;
    let directory = cx.desk.lab.directory();
    let Some(history) = cx.desk.lab.state().model.kept_facts() else { return };
    let filter = cx.look.facts.filter.to_lowercase();
    let tell = |stated: &Stated| mqlab::story::sentence(&stated.fact, directory, lang);
    // Without a filter no sentence is made that is not seen.
    let chosen: Option<Vec<Stated>> = (!filter.is_empty()).then(|| {
        let matches = |stated: &&Stated| {
            stated.fact.name().contains(&filter) || tell(stated).to_lowercase().contains(&filter)
        };
        history.iter().filter(matches).copied().collect()
    });
    let count = chosen.as_ref().map_or(history.iter().len(), Vec::len);
    if count == 0 {
        faint(ui, cx.t, cx.the(Phrase::NothingYet));
        return;
    }
    let gone = history.total() - history.iter().len() as u64;
    let here = cx.desk.view.event;
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
                    None => history.since(gone + at as u64).next().copied(),
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
