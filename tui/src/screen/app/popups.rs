//! Pages and menus over the screen.

use super::{App, Does, Effect, Popup, Weight};
use crate::screen::pages;
use crate::screen::picker::Picker;
use crate::screen::reader::{Reader, Topic};
use crate::screen::work::Look;

impl App {
    /// Shows a page.
    pub(super) fn read(&mut self, topic: Topic) {
        if let Some(bench) = &mut self.bench {
            bench.playing = None;
        }
        let (title, lines) = pages::write(self, &topic);
        self.popups.push(Popup::Reader(Reader { topic, title, lines, cursor: 0 }));
    }

    /// Writes the pages that are open anew, in another language.
    pub(super) fn reread(&mut self) {
        self.rewrite();
        let explained = self.popups.iter().find_map(|popup| match popup {
            Popup::Reader(Reader { topic: Topic::Explained(life, _), .. }) => Some(life.message),
            _ => None,
        });
        // Menus are made of text in the other language.
        self.popups.retain(|popup| !matches!(popup, Popup::Picker(_) | Popup::Prompt(_)));
        if let Some(message) = explained {
            let lang = self.look.lang;
            self.find(Look::Explain(message, lang));
        }
    }

    /// Writes the pages that are open anew.
    pub(super) fn rewrite(&mut self) {
        let mut popups = std::mem::take(&mut self.popups);
        for popup in &mut popups {
            if let Popup::Reader(reader) = popup {
                let (title, lines) = pages::write(self, &reader.topic);
                (reader.title, reader.lines) = (title, lines);
            }
        }
        self.popups = popups;
    }

    /// Gives up what a page was waiting for that is no longer read.
    pub(super) fn want_no_more(&mut self) {
        let Some(bench) = &mut self.bench else { return };
        let for_a_page = |what: &Look| matches!(what, Look::Explain(..) | Look::Sweep(..));
        if let Some(looking) = bench.looking.take_if(|looking| for_a_page(&looking.what)) {
            self.effects.push(Effect::Cancel(looking.id));
        }
    }

    /// Closes everything that lies over the screen.
    pub(super) fn close_all(&mut self) {
        self.popups.clear();
        self.want_no_more();
    }

    /// Does what the entry under the cursor does.
    pub(super) fn choose(&mut self) {
        let Some(Popup::Picker(picker)) = self.popups.last() else { return };
        let Some(item) = picker.chosen() else {
            // The palette takes places, too.
            let typed = picker.typed.clone().unwrap_or_default();
            if picker.palette
                && let Some(place) = self.bench.as_ref().and_then(|b| b.place(&typed))
            {
                self.popups.pop();
                self.go_to(place);
            }
            return;
        };
        if !item.live {
            let detail = item.detail.clone();
            self.warn(detail);
            return;
        }
        let does = item.does.clone();
        self.does(does);
    }

    pub(super) fn does(&mut self, does: Does) {
        match does {
            Does::Pick(menu) => return self.popups.push(Popup::Picker(*menu)),
            Does::Type(prompt) => return self.popups.push(Popup::Prompt(prompt)),
            _ => self.popups.clear(),
        }
        match does {
            Does::Command(command) => self.run(command),
            Does::Move(what) => self.go(what),
            Does::Compare(other) => {
                let Some(bench) = &self.bench else { return };
                let here = bench.lab.current();
                let (left, right) = (here.min(other), here.max(other));
                self.find(Look::Compare(left, right));
                self.tell(self.say().comparing(), Weight::Plain);
            }
            Does::Place(place) => self.go_to(place),
            Does::Reload => self.reload(),
            Does::TakeUp => self.take_up(),
            Does::StartAfresh => {
                self.kept = None;
                if let Some(bench) = &self.bench {
                    self.effects.push(Effect::Forget(bench.name.clone()));
                }
            }
            Does::Only(filter) => self.lessons.only(filter),
            Does::Nothing | Does::Pick(_) | Does::Type(_) => {}
        }
    }

    /// Shows a menu that nobody asked for.
    pub(super) fn offer(&mut self, menu: Picker<Does>) {
        self.popups.push(Popup::Picker(menu));
    }
}
