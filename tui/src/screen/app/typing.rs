//! What becomes of a line that was typed.

use super::{App, Popup, Weight};
use crate::screen::prompt::For;
use crate::screen::work::{Look, Move};

/// More seeds than that are a matter for `mqlab test`.
const MOST_SEEDS: u64 = 1_000_000;

impl App {
    /// The list of lessons narrows while one types.
    pub(super) fn typed_on(&mut self) {
        if let Some(Popup::Prompt(prompt)) = self.popups.last()
            && prompt.purpose == For::Lessons
        {
            self.lessons.search = prompt.typed.clone();
            self.lessons.cursor = 0;
        }
    }

    /// Enter in a line that was typed into.
    pub(super) fn typed(&mut self) {
        let say = self.say();
        let Some(Popup::Prompt(prompt)) = self.popups.last() else { return };
        let (typed, purpose) = (prompt.typed.trim().to_string(), prompt.purpose.clone());
        if purpose == For::Lessons {
            self.popups.pop();
            return;
        }
        if typed.is_empty() {
            self.popups.pop();
            return;
        }
        let Some(bench) = &mut self.bench else { return };
        let wrong = match &purpose {
            For::Place => match bench.place(&typed) {
                Some(place) => {
                    self.popups.pop();
                    self.go_to(place);
                    return;
                }
                None => Some(say.no_such_place(&typed)),
            },
            For::Search => {
                self.popups.pop();
                self.search(&typed);
                return;
            }
            For::Bookmark => {
                self.popups.pop();
                self.go(Move::Bookmark(typed));
                return;
            }
            For::Path(_) => {
                self.popups.pop();
                let branch = bench.lab.current();
                bench.writing = Some(typed);
                self.find(Look::Export(branch));
                self.tell(say.writing(), Weight::Plain);
                return;
            }
            For::Seeds => match typed.parse() {
                Ok(seeds @ 1..=MOST_SEEDS) => {
                    self.popups.pop();
                    let branch = bench.lab.current();
                    self.find(Look::Sweep(branch, seeds));
                    return;
                }
                _ => Some(say.not_a_count().to_string()),
            },
            For::Setting(address) => match bench.lab.setting(address, &typed) {
                Ok(candidate) => {
                    self.popups.clear();
                    self.go(Move::Set(vec![candidate.set]));
                    return;
                }
                Err(why) => Some(self.look.lang.of(&why.text()).to_string()),
            },
            For::Lessons => None,
        };
        if let Some(Popup::Prompt(prompt)) = self.popups.last_mut() {
            prompt.wrong = wrong;
        }
    }
}
