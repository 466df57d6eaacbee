//! What the mouse does.

use super::{App, Popup};
use crate::screen::bench::{Region, Tab};
use crate::screen::panel;
use crate::screen::spot::Spot;
use crate::screen::work::Move;
use mqlab::lab::command::Command;
use mqlab::lab::{Selection, Target};

impl App {
    pub(super) fn click(&mut self, x: u16, y: u16) {
        if let Some(spot) = self.spots_at(x, y).into_iter().next() {
            self.press(spot);
        }
    }

    pub(super) fn wheel(&mut self, x: u16, y: u16, down: bool) {
        let region = self.spots_at(x, y).into_iter().find(|spot| {
            matches!(spot, Spot::Cluster | Spot::Side | Spot::Timeline(_) | Spot::Popup)
        });
        match region {
            Some(Spot::Timeline(_)) if down => self.run(Command::StepForward),
            Some(Spot::Timeline(_)) => self.run(Command::StepBack),
            Some(Spot::Cluster) => {
                if let Some(bench) = &mut self.bench {
                    bench.region = crate::screen::bench::Region::Cluster;
                }
                self.scroll(if down { 1 } else { -1 });
            }
            Some(Spot::Side) => {
                if let Some(bench) = &mut self.bench {
                    bench.region = crate::screen::bench::Region::Side;
                }
                self.scroll(if down { 3 } else { -3 });
            }
            _ => self.scroll(if down { 3 } else { -3 }),
        }
    }

    pub(super) fn press(&mut self, spot: Spot) {
        match spot {
            Spot::Command(command) => self.run(command),
            Spot::Outside => {
                self.popups.pop();
            }
            Spot::Item(at) => match self.popups.last_mut() {
                Some(Popup::Picker(picker)) => {
                    picker.cursor = at;
                    self.choose();
                }
                Some(Popup::Reader(reader)) => {
                    // A second click follows.
                    if reader.cursor == at
                        && let Some(link) = reader.link().cloned()
                    {
                        self.follow_link(&link);
                    } else {
                        reader.cursor = at;
                    }
                }
                Some(Popup::Question { number, .. }) => {
                    let number = *number;
                    let options = self.bench.as_ref().map_or(0, |b| {
                        b.lesson.questions(&b.lab).get(number).map_or(0, |q| q.options.len())
                    });
                    self.answer(number, (at < options).then_some(at));
                }
                _ => {}
            },
            Spot::Lesson(at) => {
                if self.lessons.cursor == at {
                    self.run(Command::Open);
                } else {
                    self.lessons.cursor = at;
                }
            }
            other => self.press_in_lab(other),
        }
    }

    fn press_in_lab(&mut self, spot: Spot) {
        let Some(bench) = &mut self.bench else { return };
        match spot {
            Spot::Cluster => bench.region = Region::Cluster,
            Spot::Side => bench.region = Region::Side,
            Spot::Select(selection) => {
                bench.region = Region::Cluster;
                bench.packet = None;
                let again = bench.selected == selection;
                bench.selected = selection;
                bench.message = None;
                if again {
                    bench.tab = Tab::Message;
                }
            }
            Spot::Message(message) => {
                let again = bench.message == Some(message);
                bench.select_message(message);
                if again {
                    bench.tab = Tab::Message;
                }
            }
            Spot::Packet(number) => {
                bench.region = Region::Cluster;
                bench.selected = Selection::Nothing;
                bench.packet = Some(number);
            }
            Spot::Tab(tab) => {
                bench.tab = tab;
                bench.region = Region::Side;
            }
            Spot::Line(at, link) => {
                bench.region = Region::Side;
                let cursor = &mut bench.cursors[bench.tab as usize];
                let again = *cursor == at;
                *cursor = at;
                if let Some(link) = link.filter(|_| again) {
                    self.follow_link(&link);
                }
            }
            Spot::Timeline(thousandths) => {
                let event = panel::timeline::event_at(bench, thousandths);
                bench.playing = None;
                self.go(Move::To(Target::Event(event)));
            }
            _ => {}
        }
    }
}
