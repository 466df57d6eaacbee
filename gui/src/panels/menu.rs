//! Menus of what can be done with something: the core's offers as entries.

use super::{Cx, faint, heading};
use crate::act::Act;
use crate::text::Phrase;
use egui::Ui;
use mqlab::lab::{Offer, Selection};

/// Everything that can be done with a selection at this moment.
pub fn offers(ui: &mut Ui, cx: &mut Cx<'_>, selection: Selection) {
    ui.set_min_width(220.0);
    let offers = cx.desk.lab.offers(selection);
    if offers.faults.is_empty() && offers.applications.is_empty() {
        faint(ui, cx.t, cx.the(Phrase::NothingToDo));
        return;
    }
    if !offers.faults.is_empty() {
        heading(ui, cx.t, cx.the(Phrase::Faults));
        offers.faults.iter().for_each(|offer| entry(ui, cx, offer));
    }
    if !offers.applications.is_empty() {
        ui.separator();
        heading(ui, cx.t, cx.the(Phrase::Applications));
        offers.applications.iter().for_each(|offer| entry(ui, cx, offer));
    }
}

/// One entry; with several ways to do it, a menu of them.
pub fn entry(ui: &mut Ui, cx: &mut Cx<'_>, offer: &Offer) {
    let lang = cx.say.lang;
    let label = lang.of(&offer.label);
    let does = lang.of(&offer.does);
    if let Some(why) = offer.no_effect() {
        ui.add_enabled(false, egui::Button::new(label)).on_disabled_hover_text(lang.of(why));
        return;
    }
    if let [choice] = offer.choices.as_slice() {
        if ui.button(label).on_hover_text(does).clicked() {
            cx.acts.push(Act::Inject(choice.action.clone()));
            ui.close();
        }
        return;
    }
    ui.menu_button(label, |ui| {
        for choice in &offer.choices {
            let button = egui::Button::new(lang.of(&choice.label));
            let button = ui.add_enabled(choice.no_effect.is_none(), button);
            let why = choice.no_effect.as_ref().map_or("", |why| lang.of(why));
            if button.on_hover_text(does).on_disabled_hover_text(why).clicked() {
                cx.acts.push(Act::Inject(choice.action.clone()));
                ui.close();
            }
        }
    });
}
