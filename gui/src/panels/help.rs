//! All keys, under the headings of the core's command list.

use super::faint;
use crate::text::{Phrase, Say};
use crate::theme::Tokens;
use egui::{Grid, Id, Modal, RichText, ScrollArea, Ui};
use mqlab::lab::command::{Command, Screen, Topic};

/// Shows them; `false` once they are to be closed.
pub fn show(ui: &Ui, say: Say, t: &Tokens, screen: Screen) -> bool {
    let mut open = true;
    let modal = Modal::new(Id::unique("help")).show(ui.ctx(), |ui| {
        ui.set_width(680.0);
        ui.horizontal(|ui| {
            ui.label(RichText::new(say.the(Phrase::Help)).heading().color(t.strong));
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                open = !ui.button(say.the(Phrase::Close)).clicked();
            });
        });
        ScrollArea::vertical().max_height(520.0).show(ui, |ui| {
            for topic in Topic::ALL {
                let listed = |c: &&&Command| {
                    c.topic() == topic && c.screen().shares(screen) && crate::app::has(***c)
                };
                let commands: Vec<&Command> = Command::ALL.iter().filter(|c| listed(&c)).collect();
                if commands.is_empty() {
                    continue;
                }
                ui.add_space(6.0);
                ui.label(RichText::new(topic.title(say.lang)).strong().color(t.strong));
                Grid::new(topic.title(say.lang)).num_columns(2).spacing([18.0, 3.0]).show(
                    ui,
                    |ui| {
                        for command in commands {
                            let keys: Vec<String> =
                                command.keys().iter().map(|k| k.text()).collect();
                            ui.label(RichText::new(keys.join("  ")).monospace().color(t.change));
                            faint(ui, t, command.help(say.lang));
                            ui.end_row();
                        }
                    },
                );
            }
        });
    });
    open && !modal.should_close()
}
