//! Branches of the run, what was done by hand on each, and bookmarks.

use super::{Cx, faint, heading};
use crate::act::Act;
use crate::text::Phrase;
use egui::{RichText, ScrollArea, Ui};
use mqlab::lab::BranchId;
use mqlab::lab::command::Command;

pub fn show(ui: &mut Ui, cx: &mut Cx<'_>) {
    let lang = cx.say.lang;
    let situation = cx.desk.situation();
    ui.horizontal_wrapped(|ui| {
        let entries = [
            (Command::Branch, Phrase::BranchHere),
            (Command::Undo, Phrase::Undo),
            (Command::Redo, Phrase::Redo),
            (Command::Bookmark, Phrase::AddBookmark),
        ];
        for (command, phrase) in entries {
            let able = command.applies(&situation, lang);
            let button = ui.add_enabled(able.is_ok(), egui::Button::new(cx.the(phrase)));
            let button = button.on_disabled_hover_text(able.err().unwrap_or_default());
            if button.on_hover_text(command.help(lang)).clicked() {
                cx.acts.push(Act::Do(command));
            }
        }
    });
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        tree(ui, cx, None, 0);
        bookmarks(ui, cx);
    });
}

/// The branches that left `parent`, each with those that left it.
fn tree(ui: &mut Ui, cx: &mut Cx<'_>, parent: Option<BranchId>, depth: usize) {
    for number in 0..cx.desk.lab.branches().len() {
        let id = BranchId(number);
        let Some(branch) = cx.desk.lab.branch(id) else { continue };
        if branch.parent != parent {
            continue;
        }
        let current = id == cx.desk.lab.current();
        let name = cx.say.branch(&cx.desk.lab, id);
        let at = branch.at.time;
        let own: Vec<_> = branch.interventions().iter().skip(branch.inherited()).cloned().collect();
        let scenario = branch.scenario().clone();
        ui.horizontal(|ui| {
            ui.add_space(depth as f32 * 16.0);
            let glyph = if current { "●" } else { "○" };
            let text = RichText::new(format!("{glyph} {name}"));
            let text = if current { text.strong().color(cx.t.here) } else { text };
            if ui.selectable_label(current, text).clicked() && !current {
                cx.acts.push(Act::Switch(id));
            }
            if parent.is_some() {
                faint(ui, cx.t, format!("@ {at}"));
            }
            if !current && ui.small_button(cx.the(Phrase::Compare)).clicked() {
                cx.acts.push(Act::Compare(id, cx.desk.lab.current()));
            }
        });
        for input in own {
            ui.horizontal(|ui| {
                ui.add_space(depth as f32 * 16.0 + 22.0);
                let link = ui.link(RichText::new(input.time.to_string()).small());
                if current && link.clicked() {
                    cx.acts.push(Act::ToEvent(input.event));
                }
                let text = mqlab::lab::action_text(&input.action, &scenario);
                faint(ui, cx.t, text.trim().replace('\n', ", "));
            });
        }
        tree(ui, cx, Some(id), depth + 1);
    }
}

fn bookmarks(ui: &mut Ui, cx: &mut Cx<'_>) {
    if cx.desk.lab.bookmarks().is_empty() {
        return;
    }
    ui.add_space(6.0);
    heading(ui, cx.t, cx.the(Phrase::Bookmarks));
    for (number, bookmark) in cx.desk.lab.bookmarks().iter().enumerate() {
        ui.horizontal(|ui| {
            let text = format!("♦ {}", bookmark.text);
            if ui.link(text).clicked() {
                cx.acts.push(Act::Visit(number));
            }
            let forget = ui.small_button("✖").accessible_name(format!(
                "{} {}",
                cx.the(Phrase::Forget),
                bookmark.text
            ));
            if forget.on_hover_text(cx.the(Phrase::Forget)).clicked() {
                cx.acts.push(Act::Forget(number));
            }
        });
    }
}
