//! Play, pause, steps, speed.

use super::{Cx, faint};
use crate::act::Act;
use crate::desk::SPEEDS;
use crate::text::Phrase;
use egui::{RichText, Ui};
use mqlab::lab::command::Command;

pub fn show(ui: &mut Ui, cx: &mut Cx<'_>) {
    let lang = cx.say.lang;
    let situation = cx.desk.situation();
    let button = |ui: &mut Ui, cx: &mut Cx<'_>, command: Command, glyph: &str| {
        let key = command.keys().first().map(|key| key.text()).unwrap_or_default();
        let able = command.applies(&situation, lang);
        let button = egui::Button::new(RichText::new(glyph)).min_size(egui::vec2(30.0, 0.0));
        let name = command.title(lang);
        let response = ui.add_enabled(able.is_ok(), button).accessible_name(name);
        let help = format!("{}  [{key}]", command.help(lang));
        let response = response.on_hover_text(help);
        if response.on_disabled_hover_text(able.err().unwrap_or_default()).clicked() {
            cx.acts.push(Act::Do(command));
        }
    };
    button(ui, cx, Command::ToStart, "⏮");
    button(ui, cx, Command::LastAnomaly, "«!");
    button(ui, cx, Command::LastMark, "«");
    button(ui, cx, Command::StepBack, "‹");
    let playing = cx.desk.playing.is_some();
    let (glyph, phrase) = match playing {
        true => ("⏸", Phrase::Pause),
        false => ("▶", Phrase::Play),
    };
    let able = playing || Command::Play.applies(&situation, lang).is_ok();
    let play = egui::Button::new(RichText::new(format!("{glyph} {}", cx.the(phrase))).strong())
        .min_size(egui::vec2(88.0, 0.0));
    let play = ui.add_enabled(able, play).accessible_name(cx.the(phrase));
    if play.on_hover_text(Command::Play.help(lang)).clicked() {
        cx.acts.push(Act::Do(Command::Play));
    }
    button(ui, cx, Command::StepForward, "›");
    button(ui, cx, Command::NextMark, "»");
    button(ui, cx, Command::NextAnomaly, "!»");
    button(ui, cx, Command::ToEnd, "⏭");
    ui.separator();
    speed(ui, cx);
    if cx.desk.waiting().is_some() {
        let text = RichText::new(format!("? {}", cx.the(Phrase::YourPrediction))).strong();
        let text = text.color(cx.t.here);
        if ui.add(egui::Button::new(text)).clicked() {
            cx.acts.push(Act::Show(crate::layout::Pane::Lesson));
        }
    }
    if cx.desk.is_working() {
        ui.spinner();
        faint(ui, cx.t, cx.the(Phrase::Working));
    }
    ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
        let here = cx.say.here(cx.desk.view.time, cx.desk.view.event);
        ui.label(RichText::new(here).monospace().color(cx.t.strong));
        if cx.desk.lab.ended().is_some() {
            faint(ui, cx.t, cx.the(Phrase::RunIsOver));
        }
        if cx.desk.playing.is_some_and(|playing| playing.boost > 1.0) {
            let fast = RichText::new("≫").color(cx.t.odd).strong();
            ui.label(fast).on_hover_text(cx.the(Phrase::FastForward));
        }
    });
}

fn speed(ui: &mut Ui, cx: &mut Cx<'_>) {
    let say = cx.say;
    let now = SPEEDS.get(cx.desk.speed).copied().unwrap_or_default();
    let combo = egui::ComboBox::from_id_salt("speed").width(132.0).selected_text(say.speed(now));
    let response = combo.show_ui(ui, |ui| {
        for (at, nanos) in SPEEDS.iter().enumerate() {
            if ui.selectable_label(at == cx.desk.speed, say.speed(*nanos)).clicked() {
                cx.acts.push(Act::Speed(at));
            }
        }
    });
    let name = say.the(Phrase::Speed);
    response.response.accessible_name(name).on_hover_text(say.the(Phrase::Speed));
    let looping = match cx.desk.looping {
        Some((from, to)) => format!("{} {}", say.the(Phrase::LoopRange), say.range(from, to)),
        None => say.the(Phrase::LoopRange).to_string(),
    };
    let response = ui.selectable_label(cx.desk.looping.is_some(), looping);
    if response.on_hover_text(say.the(Phrase::LoopHelp)).clicked() {
        cx.acts.push(Act::Loop(None));
    }
}
