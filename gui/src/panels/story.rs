//! The message that is followed: its life, its fate, the causes behind it and what would have helped.

use super::{Cx, badge, card, faint, heading};
use crate::act::Act;
use crate::text::Phrase;
use crate::work::Ask;
use egui::{RichText, ScrollArea, Ui};
use mqlab::explore::counterfactual::{Change, Trial};
use mqlab::fact::MessageId;
use mqlab::kernel::Time;
use mqlab::lab::Cures;
use mqlab::lab::Selection;
use mqlab::ledger::AnomalyKind;
use mqlab::story::explain::life::Life;
use mqlab::story::words;

pub fn show(ui: &mut Ui, cx: &mut Cx<'_>) {
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        selected(ui, cx);
        let Some(message) = cx.desk.message else {
            faint(ui, cx.t, cx.the(Phrase::NoMessage));
            return;
        };
        cx.wants.life = true;
        let name = cx.desk.lab.directory().message(message);
        ui.horizontal(|ui| {
            ui.label(RichText::new(name).heading().color(cx.t.here));
            let life = cx.desk.life.as_ref().map(|at| &at.value);
            if let Some(life) = life.filter(|life| life.message == message) {
                fates(ui, cx, life);
            }
            if ui.button(cx.the(Phrase::Clear)).clicked() {
                cx.acts.push(Act::Message(None));
            }
        });
        let Some(at) = &cx.desk.life else { return };
        let life = at.value.clone();
        if life.message != message {
            return;
        }
        explanations(ui, cx, &life);
        heading(ui, cx.t, cx.the(Phrase::Moments));
        for moment in &life.moments {
            let colour = if moment.own { cx.t.text } else { cx.t.change };
            line(ui, cx, moment.time, moment.event, &moment.text, colour);
        }
        if life.left_out > 0 {
            faint(ui, cx.t, format!("… +{}", life.left_out));
        }
        for chain in &life.chains {
            ui.add_space(4.0);
            let title =
                format!("{}{}{}", cx.the(Phrase::Causes), cx.say.pick(": ", "："), chain.title);
            egui::CollapsingHeader::new(title).id_salt(chain.event).show(ui, |ui| {
                for link in &chain.links {
                    line(ui, cx, link.time, link.event, &link.text, cx.t.text);
                }
            });
        }
    });
}

/// What is selected beside the message: a node, a link, a lane.
fn selected(ui: &mut Ui, cx: &mut Cx<'_>) {
    let view = &cx.desk.view;
    let directory = cx.desk.lab.directory();
    let text = match cx.desk.selected {
        Selection::Nothing | Selection::Message(_) => return,
        Selection::Node(id) => {
            let node = view.nodes.iter().find(|node| node.node == id);
            node.map(|node| cx.say.node(node, directory)).unwrap_or_default()
        }
        Selection::Link(a, b) => {
            let link = view.links.iter().find(|link| (link.a, link.b) == (a, b));
            link.map(|link| cx.say.link(link, directory)).unwrap_or_default()
        }
        Selection::Lane(lane) => directory.lane(lane).to_string(),
        Selection::Replica(lane, node) => {
            format!("{} · {}", directory.lane(lane), directory.node(node))
        }
    };
    let timers: Vec<String> = match cx.desk.selected {
        Selection::Node(id) => {
            let timers = view.timers.iter().filter(|timer| timer.node == id);
            timers.take(6).map(|timer| format!("{}  {}", timer.due, timer.kind)).collect()
        }
        _ => Vec::new(),
    };
    card(ui, cx.t, cx.t.wire, |ui| {
        ui.add(egui::Label::new(RichText::new(text).strong()).wrap());
        for timer in timers {
            faint(ui, cx.t, timer);
        }
        let selection = cx.desk.selected;
        ui.horizontal(|ui| {
            ui.menu_button(cx.the(Phrase::Faults), |ui| super::menu::offers(ui, cx, selection));
            if ui.button(cx.the(Phrase::Settings)).clicked() {
                cx.acts.push(Act::Show(crate::layout::Pane::Settings));
            }
        });
    });
    ui.add_space(4.0);
}

fn fates(ui: &mut Ui, cx: &Cx<'_>, life: &Life) {
    faint(ui, cx.t, words::told(life.told, cx.say.lang));
    for (subscription, fate) in &life.fates {
        let (colour, glyph) = cx.t.fate(Some(*fate));
        let name = cx.desk.lab.directory().subscription(*subscription);
        let text = format!("{name}: {glyph} {}", words::fate(*fate, cx.say.lang));
        badge(ui, cx.t, colour, &text);
    }
}

fn explanations(ui: &mut Ui, cx: &mut Cx<'_>, life: &Life) {
    for explanation in &life.explanations {
        card(ui, cx.t, cx.t.bad, |ui| {
            let title = RichText::new(&explanation.title).strong().color(cx.t.bad);
            ui.add(egui::Label::new(title).wrap());
            for clause in &explanation.clauses {
                line(ui, cx, clause.time, clause.event, &clause.text, cx.t.text);
            }
            if !explanation.allowed_by.is_empty() {
                heading(ui, cx.t, cx.the(Phrase::AllowedBy));
                for clause in &explanation.allowed_by {
                    line(ui, cx, clause.time, clause.event, &clause.text, cx.t.change);
                }
            }
            cures(ui, cx, life.message);
        });
    }
    let odd = life.fates.iter().any(|(_, fate)| AnomalyKind::of(*fate).is_some());
    if odd && life.explanations.is_empty() {
        cures(ui, cx, life.message);
    }
}

/// What would have prevented it, each cure with a way to try it.
fn cures(ui: &mut Ui, cx: &mut Cx<'_>, message: MessageId) {
    ui.add_space(4.0);
    let Some((_, found)) = cx.desk.cure.as_ref().filter(|(about, _)| *about == message) else {
        let asked = cx.desk.finds(|ask| *ask == Ask::Cure(message));
        let button = egui::Button::new(cx.the(Phrase::WhatWouldHelp));
        if ui.add_enabled(!asked, button).clicked() {
            cx.acts.push(Act::Cure(message));
        }
        return;
    };
    heading(ui, cx.t, cx.the(Phrase::WhatWouldHelp));
    let report = match found {
        Cures::Nothing => return,
        Cures::Passes(_) => return faint(ui, cx.t, cx.the(Phrase::PassesByItself)),
        Cures::Tried(_, report) => report,
    };
    let trials = report.settings.iter().chain(&report.steps);
    let cured = |trial: &&Trial| trial.result.as_ref().is_ok_and(|tried| tried.is_cure());
    let mut any = false;
    for trial in trials.filter(cured) {
        any = true;
        let Ok(tried) = &trial.result else { continue };
        ui.horizontal_wrapped(|ui| {
            let (text, set) = change(cx, &trial.change);
            ui.label(RichText::new("✔").color(cx.t.good));
            match set {
                Some(changes) => {
                    if ui.button(text).on_hover_text(cx.the(Phrase::OnBranch)).clicked() {
                        cx.acts.push(Act::Set(changes));
                    }
                }
                None => {
                    ui.label(text);
                }
            }
            if let Some(p99) = tried.measure.p99 {
                faint(ui, cx.t, format!("p99 {p99}"));
            }
        });
    }
    if !report.is_complete() {
        faint(ui, cx.t, cx.the(Phrase::NotAllTried));
    } else if !any {
        faint(ui, cx.t, cx.the(Phrase::NotPrevented));
    }
}

fn change(cx: &Cx<'_>, change: &Change) -> (String, Option<Vec<(String, String)>>) {
    match change {
        Change::Set(changes) => {
            let texts: Vec<String> = changes.iter().map(|(k, v)| format!("{k}={v}")).collect();
            (texts.join(", "), Some(changes.clone()))
        }
        Change::Without(number) => {
            let steps = &cx.desk.lab.state().model.scenario().steps;
            let name = steps.get(*number).map_or("", |step| step.action.name());
            (format!("{} {name}", cx.say.pick("without", "没有")), None)
        }
    }
}

/// A moment in one line; a click goes there.
fn line(ui: &mut Ui, cx: &mut Cx<'_>, time: Time, event: u64, text: &str, colour: egui::Color32) {
    ui.horizontal_top(|ui| {
        super::moment(ui, cx, time, event);
        ui.add(egui::Label::new(RichText::new(text).color(colour)).wrap());
    });
}
