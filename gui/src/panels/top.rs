//! The bar at the top: where one is, what can be opened, how it looks.

use crate::act::Act;
use crate::desk::Desk;
use crate::layout::Pane;
use crate::text::{Phrase, Say};
use crate::theme::{Theme, Tokens};
use egui::{RichText, Ui};
use mqlab::lab::command::Command;

/// What the bar is made of.
pub struct Top<'a> {
    pub desk: Option<&'a Desk>,
    pub say: Say,
    pub t: &'static Tokens,
    pub theme: Theme,
    pub presenting: bool,
    pub save_as: &'a mut String,
    pub acts: &'a mut Vec<Act>,
}

impl Top<'_> {
    pub fn show(&mut self, ui: &mut Ui) {
        ui.horizontal(|ui| {
            let name = RichText::new("mqlab").strong().color(self.t.leader);
            ui.label(name);
            if let Some(desk) = self.desk {
                self.scenario(ui, desk);
            }
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                self.looks(ui);
                if let Some(desk) = self.desk {
                    self.menus(ui, desk);
                    self.title(ui, desk);
                }
            });
        });
    }

    fn scenario(&mut self, ui: &mut Ui, _desk: &Desk) {
        let back = format!("‹ {}", self.say.the(Phrase::Lessons));
        let back = ui.button(back).accessible_name(self.say.the(Phrase::BackToLessons));
        if back.on_hover_text(self.say.the(Phrase::BackToLessons)).clicked() {
            self.acts.push(Act::Do(Command::Leave));
        }
    }

    fn title(&self, ui: &mut Ui, desk: &Desk) {
        let scenario = desk.lab.state().model.scenario();
        ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
            let title = RichText::new(self.say.lang.of(&scenario.title)).strong();
            let label = egui::Label::new(title.color(self.t.strong)).truncate();
            ui.add(label).on_hover_text(&desk.name);
        });
    }

    fn looks(&mut self, ui: &mut Ui) {
        let say = self.say;
        let command = |acts: &mut Vec<Act>, command| acts.push(Act::Do(command));
        if ui.button("?").accessible_name(say.the(Phrase::Help)).clicked() {
            command(self.acts, Command::Help);
        }
        if ui.button(say.the(Phrase::Palette)).on_hover_text("Ctrl+P  ·  :").clicked() {
            command(self.acts, Command::Palette);
        }
        let language = ui.button(say.the(Phrase::Language));
        if language.on_hover_text("L").clicked() {
            command(self.acts, Command::Language);
        }
        let other = match self.theme {
            Theme::Dark => Phrase::Light,
            Theme::Light => Phrase::Dark,
        };
        if ui.button(say.the(other)).on_hover_text("D").clicked() {
            command(self.acts, Command::Theme);
        }
        let present = ui.selectable_label(self.presenting, say.the(Phrase::Present));
        if present.on_hover_text(say.the(Phrase::PresentHelp)).clicked() {
            self.acts.push(Act::Present);
        }
    }

    fn menus(&mut self, ui: &mut Ui, desk: &Desk) {
        let say = self.say;
        ui.menu_button(say.the(Phrase::Panels), |ui| {
            for pane in Pane::ALL {
                if ui.button(pane.title(say)).clicked() {
                    self.acts.push(Act::Show(pane));
                    ui.close();
                }
            }
            ui.separator();
            if ui.button(say.the(Phrase::ResetPanels)).clicked() {
                self.acts.push(Act::ResetPanels);
                ui.close();
            }
        });
        ui.menu_button(say.the(Phrase::Export), |ui| {
            ui.label(say.the(Phrase::FileName));
            let edit = egui::TextEdit::singleline(self.save_as).desired_width(300.0);
            ui.add(edit).accessible_name(say.the(Phrase::FileName));
            let stem = self.save_as.trim().to_string();
            let entries = [
                (Phrase::SaveScenario, Act::SaveScenario(format!("{stem}.toml"))),
                (Phrase::ExportPng, Act::SavePng(format!("{stem}.png"))),
                (Phrase::ExportSvg, Act::SaveSvg(format!("{stem}.svg"))),
                (Phrase::CopyCommand, Act::Copy(desk.command())),
            ];
            for (phrase, act) in entries {
                if ui.button(say.the(phrase)).clicked() {
                    self.acts.push(act);
                    ui.close();
                }
            }
        });
    }
}
