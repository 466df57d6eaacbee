//! Going where something leads: links, places, questions.

use super::{App, Popup, Weight};
use crate::screen::bench::{Bench, Place, Region, Tab, branch_name};
use crate::screen::lines::Link;
use crate::screen::work::{Look, Move, Way};
use crate::screen::{menus, panel};
use mqlab::lab::{Selection, Target, Variant};

impl App {
    /// Enter.
    pub(super) fn follow(&mut self) {
        let Some(bench) = &self.bench else { return };
        match bench.region {
            Region::Side => {
                let link = panel::side::link(bench, self.look);
                if let Some(link) = link {
                    self.follow_link(&link);
                }
            }
            Region::Cluster => {
                if let Some(arrives) = bench.packet.and_then(|p| bench.view.packets.get(p)) {
                    let time = arrives.arrives;
                    self.go(Move::To(Target::Time(time)));
                } else if bench.selected != Selection::Nothing || bench.message.is_some() {
                    self.tab(Tab::Message);
                }
            }
        }
    }

    /// Goes where a link leads.
    pub(super) fn follow_link(&mut self, link: &Link) {
        let Some(bench) = &mut self.bench else { return };
        bench.playing = None;
        match link {
            Link::Event(event) => {
                self.close_all();
                self.go(Move::To(Target::Event(*event)));
            }
            Link::EventOf(branch, event) => {
                self.close_all();
                self.go(Move::Switch(*branch));
                self.go(Move::To(Target::Event(*event)));
            }
            Link::Message(message) => {
                bench.select_message(*message);
                self.close_all();
                self.tab(Tab::Message);
            }
            Link::Setting(address) => {
                if let Some(menu) = menus::values(self, address) {
                    self.popups.push(Popup::Picker(menu));
                }
            }
            Link::Question => self.ask(),
            Link::Seed(seed) => {
                self.close_all();
                self.go(Move::Variant(Variant::Seed(*seed)));
            }
            Link::WhatIf(name) => {
                self.close_all();
                self.go(Move::Variant(Variant::WhatIf(name.clone())));
            }
        }
    }

    /// Opens the question that waits here.
    pub(super) fn ask(&mut self) {
        let Some(bench) = &self.bench else { return };
        if let Some(number) = bench.lesson.waiting(&bench.lab)
            && !self.popups.iter().any(|p| matches!(p, Popup::Question { .. }))
        {
            self.popups.push(Popup::Question { number, cursor: 0 });
        }
    }

    /// Takes the answer to a question; the run decides about it meanwhile.
    pub(super) fn answer(&mut self, number: usize, option: Option<usize>) {
        self.popups.retain(|p| !matches!(p, Popup::Question { .. }));
        let Some(bench) = &mut self.bench else { return };
        match bench.lesson.answer(&mut bench.lab, number, option) {
            Ok(()) => {
                self.keep_progress();
                self.find(Look::Decide(number));
                self.tell(self.say().answered(option.is_some()), Weight::Good);
            }
            Err(why) => {
                let text = why.text();
                self.warn(self.look.lang.of(&text).to_string());
            }
        }
    }

    /// Goes to a place that was named.
    pub(super) fn go_to(&mut self, place: Place) {
        let Some(bench) = &mut self.bench else { return };
        match place {
            Place::Event(event) => self.go(Move::To(Target::Event(event))),
            Place::Time(time) => self.go(Move::To(Target::Time(time))),
            Place::End => self.go(Move::To(Target::End)),
            Place::Bookmark(number) => self.go(Move::Visit(number)),
            Place::Message(message) => {
                bench.select_message(message);
                bench.tab = Tab::Message;
            }
            Place::Node(node) => {
                bench.selected = Selection::Node(node);
                bench.message = None;
            }
        }
    }

    pub(super) fn search(&mut self, typed: &str) {
        let Some(bench) = &mut self.bench else { return };
        bench.search = Some(typed.to_string());
        match bench.place(typed) {
            Some(place @ (Place::Message(_) | Place::Node(_))) => self.go_to(place),
            _ => self.go(Move::Search(Way::Forth, typed.to_string())),
        }
    }

    /// How far the person is in a lesson.
    pub fn stand(&self, name: &str) -> crate::screen::lessons::Stand {
        crate::screen::lessons::Stand::of(&self.progress.lesson(name))
    }

    /// What the branch that is open is called.
    pub fn branch_name(&self, bench: &Bench) -> String {
        branch_name(&bench.lab, bench.lab.current(), self.say())
    }
}
