//! The list of lessons: search, filter by level, progress; recent files.

use super::{badge, faint};
use crate::act::Act;
use crate::catalogue::{Entry, entries};
use crate::text::{Phrase, Say};
use crate::theme::{Sizes, Tokens};
use egui::{Key, RichText, ScrollArea, Ui};
use mqlab::lab::Progress;
use mqlab::scenario::model::Level;

/// How the list is looked at.
#[derive(Default)]
pub struct Look {
    pub filter: String,
    pub level: Option<Level>,
    pub path: String,
}

/// What the list is made of.
pub struct Lessons<'a> {
    pub look: &'a mut Look,
    pub progress: &'a Progress,
    pub recent: &'a [String],
    pub say: Say,
    pub t: &'static Tokens,
    pub sizes: Sizes,
    pub acts: &'a mut Vec<Act>,
}

impl Lessons<'_> {
    pub fn show(&mut self, ui: &mut Ui) {
        let (say, t) = (self.say, self.t);
        let wide = ui.available_width().min(1180.0);
        let side = ((ui.available_width() - wide) / 2.0).max(0.0);
        ui.horizontal_top(|ui| {
            ui.add_space(side);
            ui.vertical(|ui| {
                ui.set_width(wide);
                ui.add_space(8.0);
                self.bar(ui);
                let shown: Vec<&Entry> =
                    entries().iter().filter(|entry| self.matches(entry)).collect();
                faint(ui, t, say.count(shown.len(), entries().len()));
                ui.separator();
                ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                    if shown.is_empty() {
                        ui.label(say.the(Phrase::NoLessonFound));
                    }
                    let mut system = "";
                    for entry in shown {
                        if entry.system() != system {
                            system = entry.system();
                            ui.add_space(6.0);
                            ui.label(RichText::new(system).heading().color(t.strong));
                        }
                        self.entry(ui, entry);
                    }
                    self.recent(ui);
                });
            });
        });
    }

    fn bar(&mut self, ui: &mut Ui) {
        let say = self.say;
        ui.horizontal(|ui| {
            ui.label(RichText::new(say.the(Phrase::Lessons)).heading().color(self.t.strong));
            ui.add_space(12.0);
            let edit = egui::TextEdit::singleline(&mut self.look.filter)
                .hint_text(say.the(Phrase::SearchLessons))
                .desired_width(280.0);
            ui.add(edit).accessible_name(say.the(Phrase::SearchLessons));
            let levels =
                [None, Some(Level::Beginner), Some(Level::Intermediate), Some(Level::Advanced)];
            for level in levels {
                let chosen = self.look.level == level;
                if ui.selectable_label(chosen, level_name(level, say)).clicked() {
                    self.look.level = level;
                }
            }
        });
    }

    fn matches(&self, entry: &Entry) -> bool {
        if self.look.level.is_some_and(|level| level != entry.level) {
            return false;
        }
        let texts = [&entry.title.en, &entry.title.zh, &entry.ask.en, &entry.ask.zh, &entry.name];
        let all = texts.into_iter().chain(&entry.teaches).map(|text| text.to_lowercase());
        let all: Vec<String> = all.collect();
        let words = self.look.filter.to_lowercase();
        words.split_whitespace().all(|word| all.iter().any(|text| text.contains(word)))
    }

    fn entry(&mut self, ui: &mut Ui, entry: &Entry) {
        let (say, t) = (self.say, self.t);
        let progress = self.progress.lesson(&entry.name);
        let frame = egui::Frame::new()
            .fill(t.panel)
            .stroke(egui::Stroke::new(1.0, t.line))
            .corner_radius(6)
            .inner_margin(egui::Margin::symmetric(12, 8));
        let shown = frame.show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal(|ui| {
                let title = RichText::new(say.lang.of(&entry.title)).strong().color(t.strong);
                ui.add(egui::Label::new(title).selectable(false));
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    badge(ui, t, level_colour(entry.level, t), level_name(Some(entry.level), say));
                    let (right, of) = (progress.right(), progress.predicted());
                    if of > 0 {
                        faint(ui, t, say.predicted(right, of));
                    }
                    if progress.finished {
                        badge(ui, t, t.good, &format!("✔ {}", say.the(Phrase::Finished)));
                    } else if progress.seen {
                        badge(ui, t, t.wire, say.the(Phrase::Begun));
                    }
                });
            });
            ui.add(egui::Label::new(say.lang.of(&entry.ask)).selectable(false).wrap());
            faint(ui, t, entry.teaches.join(" · "));
        });
        let response = shown.response.interact(egui::Sense::click());
        let label = say.lang.of(&entry.title).to_string();
        response.widget_info(|| {
            egui::WidgetInfo::labeled(egui::accesskit::Role::Button, true, label.as_str())
        });
        let response = response.on_hover_cursor(egui::CursorIcon::PointingHand);
        if response.hovered() || response.has_focus() {
            let stroke = egui::Stroke::new(1.5, t.wire);
            ui.painter().rect_stroke(response.rect, 6.0, stroke, egui::StrokeKind::Inside);
        }
        let pressed = response.has_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        if response.clicked() || pressed {
            self.acts.push(Act::Open(entry.name.clone()));
        }
    }

    fn recent(&mut self, ui: &mut Ui) {
        let say = self.say;
        ui.add_space(12.0);
        ui.separator();
        ui.horizontal_wrapped(|ui| {
            let edit = egui::TextEdit::singleline(&mut self.look.path)
                .hint_text(say.the(Phrase::OpenPath))
                .desired_width(360.0);
            let edit = ui.add(edit).accessible_name(say.the(Phrase::OpenPath));
            let entered = edit.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            if ui.button(say.the(Phrase::OpenFile)).clicked() || entered {
                self.acts.push(Act::Open(self.look.path.trim().to_string()));
            }
            faint(ui, self.t, say.the(Phrase::DropHere));
        });
        if !self.recent.is_empty() {
            faint(ui, self.t, say.the(Phrase::RecentFiles));
            for path in self.recent {
                if ui.link(path).clicked() {
                    self.acts.push(Act::Open(path.clone()));
                }
            }
        }
        ui.add_space(self.sizes.row);
    }
}

fn level_name(level: Option<Level>, say: Say) -> &'static str {
    say.the(match level {
        None => Phrase::AnyLevel,
        Some(Level::Beginner) => Phrase::Beginner,
        Some(Level::Intermediate) => Phrase::Intermediate,
        Some(Level::Advanced) => Phrase::Advanced,
    })
}

fn level_colour(level: Level, t: &Tokens) -> egui::Color32 {
    match level {
        Level::Beginner => t.good,
        Level::Intermediate => t.change,
        Level::Advanced => t.leader,
    }
}
