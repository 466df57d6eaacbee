//! The command palette: every command by name, and panels.

use crate::act::Act;
use crate::layout::Pane;
use crate::text::{Phrase, Say};
use crate::theme::Tokens;
use egui::{Id, Key, Modal, RichText, ScrollArea, Ui};
use mqlab::lab::command::{Command, Screen, Situation};
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// How the palette stands.
#[derive(Default)]
pub struct Look {
    pub text: String,
    chosen: usize,
}

struct Entry {
    title: String,
    help: String,
    keys: String,
    act: Result<Act, &'static str>,
}

/// Shows it; `false` once it is to be closed.
pub fn show(
    ui: &Ui,
    look: &mut Look,
    say: Say,
    t: &Tokens,
    screen: Screen,
    situation: &Situation,
    acts: &mut Vec<Act>,
) -> bool {
    let mut open = true;
    let modal = Modal::new(Id::unique("palette")).show(ui.ctx(), |ui| {
        ui.set_width(560.0);
        let edit = egui::TextEdit::singleline(&mut look.text)
            .hint_text(say.the(Phrase::FindCommand))
            .desired_width(f32::INFINITY);
        let edit = ui.add(edit).accessible_name(say.the(Phrase::FindCommand));
        edit.request_focus();
        if edit.changed() {
            look.chosen = 0;
        }
        let entries = found(entries(say, screen, situation), &look.text);
        let (up, down, enter) = ui.input(|input| {
            let pressed = |key| input.key_pressed(key);
            (pressed(Key::ArrowUp), pressed(Key::ArrowDown), pressed(Key::Enter))
        });
        let last = entries.len().saturating_sub(1);
        look.chosen = match (up, down) {
            (true, _) => look.chosen.saturating_sub(1),
            (_, true) => (look.chosen + 1).min(last),
            _ => look.chosen.min(last),
        };
        if entries.is_empty() {
            ui.label(say.the(Phrase::NoCommand));
        }
        ScrollArea::vertical().max_height(380.0).show(ui, |ui| {
            for (at, entry) in entries.iter().enumerate() {
                let response = line(ui, t, entry, at == look.chosen);
                if at == look.chosen && (up || down) {
                    response.scroll_to_me(None);
                }
                if let Ok(act) = &entry.act
                    && (response.clicked() || enter && at == look.chosen)
                {
                    acts.push(act.clone());
                    open = false;
                }
            }
        });
    });
    open && !modal.should_close()
}

fn line(ui: &mut Ui, t: &Tokens, entry: &Entry, chosen: bool) -> egui::Response {
    let colour = match (&entry.act, chosen) {
        (Err(_), _) => t.faint,
        (Ok(_), true) => t.on_chosen,
        (Ok(_), false) => t.text,
    };
    let text = RichText::new(format!("{}    {}", entry.title, entry.keys)).color(colour);
    let button = egui::Button::selectable(chosen, text).min_size(egui::vec2(540.0, 0.0));
    let response =
        ui.add_enabled(entry.act.is_ok(), button.wrap_mode(egui::TextWrapMode::Truncate));
    let why = entry.act.as_ref().err().copied().unwrap_or_default();
    response.on_hover_text(&entry.help).on_disabled_hover_text(why)
}

fn entries(say: Say, screen: Screen, situation: &Situation) -> Vec<Entry> {
    let commands = Command::ALL.iter().filter(|c| c.screen().shares(screen));
    let mut entries: Vec<Entry> = commands
        .filter(|command| crate::app::has(**command))
        .map(|command| {
            let keys: Vec<String> = command.keys().iter().map(|key| key.text()).collect();
            Entry {
                title: command.help(say.lang).to_string(),
                help: command.name().to_string(),
                keys: keys.join("  "),
                act: command.applies(situation, say.lang).map(|()| Act::Do(*command)),
            }
        })
        .collect();
    if screen == Screen::Lab {
        entries.extend(Pane::ALL.map(|pane| Entry {
            title: format!("{} › {}", say.the(Phrase::Panels), pane.title(say)),
            help: String::new(),
            keys: String::new(),
            act: Ok(Act::Show(pane)),
        }));
    }
    entries
}

/// The entries that match, the best first; all of them without a text.
fn found(entries: Vec<Entry>, text: &str) -> Vec<Entry> {
    if text.trim().is_empty() {
        return entries;
    }
    let pattern = Pattern::parse(text, CaseMatching::Ignore, Normalization::Smart);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut scored: Vec<(u32, Entry)> = entries
        .into_iter()
        .filter_map(|entry| {
            let all = format!("{} {}", entry.title, entry.help);
            let mut buffer = Vec::new();
            let score = pattern.score(Utf32Str::new(&all, &mut buffer), &mut matcher)?;
            Some((score, entry))
        })
        .collect();
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    scored.into_iter().map(|(_, entry)| entry).collect()
}
