//! A line to be typed, and a text to be read.

use crate::text::{Phrase, Say};
use egui::{Id, Key, Modal, ScrollArea, Ui};
use mqlab::lab::command::Command;

/// What became of a line to be typed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// It is being typed.
    Open,
    /// It was given.
    Given,
    /// It was not.
    Closed,
}

/// Asks for a line.
pub fn show(ui: &Ui, say: Say, command: Command, text: &mut String) -> Answer {
    let mut answer = Answer::Open;
    let modal = Modal::new(Id::unique("prompt")).show(ui.ctx(), |ui| {
        ui.set_width(420.0);
        ui.label(command.help(say.lang));
        let edit = egui::TextEdit::singleline(text).desired_width(f32::INFINITY);
        let edit = ui.add(edit).accessible_name(command.title(say.lang));
        edit.request_focus();
        if ui.input(|input| input.key_pressed(Key::Enter)) {
            answer = Answer::Given;
        }
    });
    if modal.should_close() { Answer::Closed } else { answer }
}

/// Shows a text; `false` once it is to be closed.
pub fn read(ui: &Ui, say: Say, text: &str) -> bool {
    let mut open = true;
    let modal = Modal::new(Id::unique("text")).show(ui.ctx(), |ui| {
        ui.set_width(720.0);
        ScrollArea::vertical().max_height(560.0).show(ui, |ui| {
            let mut shown = text;
            let edit = egui::TextEdit::multiline(&mut shown)
                .font(egui::TextStyle::Monospace)
                .desired_width(f32::INFINITY);
            ui.add(edit).accessible_name(Command::Aloud.title(say.lang));
        });
        open = !ui.button(say.the(Phrase::Close)).clicked();
    });
    open && !modal.should_close()
}
