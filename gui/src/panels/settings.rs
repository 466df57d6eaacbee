//! Settings of what is selected, what they could be instead, and how a change takes effect.

use super::{Cx, badge, faint, heading};
use crate::act::Act;
use crate::text::Phrase;
use crate::work::Moment;
use egui::{RichText, ScrollArea, Ui};
use mqlab::lab::{Offers, Selection, SettingOffer, Takes};
use std::collections::BTreeMap;
use std::rc::Rc;

/// How settings are looked at.
#[derive(Default)]
pub struct Look {
    /// What is being typed, by address.
    typed: BTreeMap<String, String>,
    /// What was offered here; asking every frame takes long.
    offered: Option<(Moment, Selection, Rc<Offers>)>,
}

pub fn show(ui: &mut Ui, cx: &mut Cx<'_>) {
    let selection = cx.desk.selected;
    let here = cx.desk.moment();
    let kept = cx.look.settings.offered.take();
    let kept = kept.filter(|(moment, of, _)| (*moment, *of) == (here, selection));
    let offers =
        kept.map_or_else(|| Rc::new(cx.desk.lab.offers(selection)), |(_, _, offers)| offers);
    cx.look.settings.offered = Some((here, selection, offers.clone()));
    ui.horizontal(|ui| {
        let of = match selection {
            Selection::Nothing => cx.the(Phrase::WholeScenario).to_string(),
            Selection::Node(node) | Selection::Replica(_, node) => {
                cx.desk.lab.directory().node(node).to_string()
            }
            Selection::Link(a, b) => {
                let directory = cx.desk.lab.directory();
                format!("{} – {}", directory.node(a), directory.node(b))
            }
            Selection::Lane(lane) => cx.desk.lab.directory().lane(lane).to_string(),
            Selection::Message(message) => cx.desk.lab.directory().message(message),
        };
        ui.label(RichText::new(format!("{} {of}", cx.the(Phrase::SettingsOf))).strong());
        if selection != Selection::Nothing && ui.button(cx.the(Phrase::Clear)).clicked() {
            cx.acts.push(Act::Select(Selection::Nothing));
        }
    });
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        if !offers.variants.is_empty() {
            heading(ui, cx.t, cx.the(Phrase::WhatIfs));
            for offer in &offers.variants {
                let text = cx.say.lang.of(&offer.label);
                let button = egui::Button::new(format!("→ {text}")).wrap();
                if ui.add(button).on_hover_text(cx.say.lang.of(&offer.does)).clicked() {
                    cx.acts.push(Act::Vary(offer.variant.clone()));
                }
            }
            ui.separator();
        }
        for offer in &offers.settings {
            setting(ui, cx, offer);
        }
    });
}

fn setting(ui: &mut Ui, cx: &mut Cx<'_>, offer: &SettingOffer) {
    let lang = cx.say.lang;
    ui.push_id(&offer.address, |ui| {
        ui.horizontal_wrapped(|ui| {
            let name = RichText::new(offer.name).strong().color(cx.t.change);
            ui.label(name).on_hover_text(&offer.address);
            ui.label(RichText::new(format!("= {}", offer.current)).color(cx.t.strong));
            if offer.current != offer.default && !offer.default.is_empty() {
                faint(ui, cx.t, format!("{} {}", cx.the(Phrase::Default), offer.default));
            }
            let (word, colour) = takes(cx, offer.takes);
            badge(ui, cx.t, colour, word);
        });
        let does = RichText::new(lang.of(&offer.does)).color(cx.t.faint).small();
        ui.add(egui::Label::new(does).wrap());
        ui.horizontal_wrapped(|ui| {
            for candidate in offer.candidates.iter().filter(|c| c.value != offer.current) {
                let name = format!("{} = {}", offer.name, candidate.value);
                match &candidate.now {
                    None => {
                        let button = ui.button(&candidate.value).accessible_name(name);
                        if button.on_hover_text(cx.the(Phrase::OnBranch)).clicked() {
                            cx.acts.push(Act::Set(vec![candidate.set.clone()]));
                        }
                    }
                    Some(action) => {
                        ui.menu_button(&candidate.value, |ui| {
                            if ui.button(cx.the(Phrase::Now)).clicked() {
                                cx.acts.push(Act::Inject(action.clone()));
                                ui.close();
                            }
                            if ui.button(cx.the(Phrase::OnBranch)).clicked() {
                                cx.acts.push(Act::Set(vec![candidate.set.clone()]));
                                ui.close();
                            }
                        });
                    }
                }
            }
            typed(ui, cx, offer);
        });
        ui.add_space(2.0);
        ui.separator();
    });
}

fn typed(ui: &mut Ui, cx: &mut Cx<'_>, offer: &SettingOffer) {
    let text = cx.look.settings.typed.entry(offer.address.clone()).or_default();
    let edit = egui::TextEdit::singleline(text)
        .hint_text(cx.say.the(Phrase::TryValue))
        .desired_width(96.0);
    let edit =
        ui.add(edit).accessible_name(format!("{} {}", offer.name, cx.say.the(Phrase::TryValue)));
    let entered = edit.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
    if entered && !text.trim().is_empty() {
        let (address, value) = (offer.address.clone(), text.trim().to_string());
        cx.acts.push(Act::Typed { address, value });
    }
}

/// How a change takes effect, in a word.
fn takes<'a>(cx: &Cx<'a>, takes: Takes) -> (&'static str, egui::Color32) {
    match takes {
        Takes::AtOnce => (cx.say.the(Phrase::TakesAtOnce), cx.t.good),
        Takes::Restart => (cx.say.the(Phrase::TakesRestart), cx.t.odd),
        Takes::Dynamic => (cx.say.the(Phrase::TakesDynamic), cx.t.change),
        Takes::Fixed => (cx.say.the(Phrase::TakesFixed), cx.t.faint),
    }
}
