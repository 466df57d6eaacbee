//! What commands do.

use super::{App, Effect, Popup, Weight};
use crate::screen::bench::{Region, SPEEDS, Tab};
use crate::screen::prompt::{For, Prompt};
use crate::screen::reader::Topic;
use crate::screen::work::{Look, Move, Way};
use crate::screen::{menus, panel};
use mqlab::fact::MessageId;
use mqlab::lab::command::{Command, Screen};
use mqlab::lab::{Selection, Target};
use mqlab::story::Lang;

impl App {
    /// Does a command, or says why it does nothing.
    pub fn run(&mut self, command: Command) {
        self.said = None;
        let situation = self.bench.as_ref().map(|b| b.situation()).unwrap_or_default();
        if self.bench.is_some()
            && let Err(why) = command.applies(&situation, self.look.lang)
            && command != Command::Stop
        {
            self.warn(why);
            return;
        }
        match self.screen() {
            Screen::Lessons => self.run_in_list(command),
            _ => self.run_in_lab(command),
        }
    }

    /// What is the same on both screens; whether it was that.
    fn run_anywhere(&mut self, command: Command) -> bool {
        match command {
            Command::Help => self.read(Topic::Help),
            Command::Palette => {
                let palette = menus::palette(self);
                self.popups.push(Popup::Picker(palette));
            }
            Command::Language => {
                self.look.lang = match self.look.lang {
                    Lang::En => Lang::Zh,
                    Lang::Zh => Lang::En,
                };
                self.reread();
            }
            Command::Theme => self.look.theme = self.look.theme.next(),
            Command::Suspend => {
                self.keep();
                self.effects.push(Effect::Suspend);
            }
            Command::Stop => {
                if !self.stop() {
                    self.leave_for_good();
                } else {
                    // A page that waited for what was stopped says so.
                    self.rewrite();
                    self.tell(self.say().stopped(), Weight::Plain);
                }
            }
            _ => return false,
        }
        true
    }

    fn run_in_list(&mut self, command: Command) {
        if self.run_anywhere(command) {
            return;
        }
        match command {
            Command::Up => self.scroll(-1),
            Command::Down => self.scroll(1),
            Command::PageUp => self.scroll(-10),
            Command::PageDown => self.scroll(10),
            Command::ToStart => self.lessons.cursor = 0,
            Command::ToEnd => self.scroll(isize::MAX),
            Command::Open => {
                let shown = self.lessons.shown(|name| self.stand(name));
                if let Some(entry) = shown.get(self.lessons.cursor) {
                    let name = entry.name.clone();
                    self.effects.push(Effect::Open(name));
                }
            }
            Command::Filter => {
                let say = self.say();
                let prompt =
                    Prompt::new(say.search_lessons(), say.search_lessons_hint(), For::Lessons);
                self.popups.push(Popup::Prompt(prompt.with(self.lessons.search.clone())));
            }
            Command::BySystem | Command::ByTopic | Command::ByLevel | Command::ByProgress => {
                let menu = menus::filter(self, command);
                self.popups.push(Popup::Picker(menu));
            }
            Command::Back if self.lessons.is_narrowed() => {
                let entries = std::mem::take(&mut self.lessons.entries);
                self.lessons = crate::screen::lessons::Lessons::new(entries);
            }
            Command::Leave => self.leave_for_good(),
            _ => {}
        }
    }

    fn run_in_lab(&mut self, command: Command) {
        if self.run_anywhere(command) || self.run_going(command) {
            return;
        }
        let say = self.say();
        let Some(bench) = &mut self.bench else { return };
        match command {
            Command::Faults
            | Command::Applications
            | Command::Settings
            | Command::Compare
            | Command::Branches
            | Command::Bookmarks => {
                bench.playing = None;
                let menu = menus::of(self, command);
                match menu {
                    Some(menu) => self.popups.push(Popup::Picker(menu)),
                    None => self.warn(say.nothing_on_offer()),
                }
            }
            Command::Sweep => {
                bench.playing = None;
                let prompt = Prompt::new(say.sweep_title(), say.sweep_hint(), For::Seeds);
                self.popups.push(Popup::Prompt(prompt.with("200")));
            }
            Command::Undo => self.go(Move::Undo),
            Command::Redo => self.go(Move::Redo),
            Command::Branch => self.go(Move::Fork),
            Command::Bookmark => {
                let name = format!("{}", bench.lab.position().time);
                let prompt = Prompt::new(say.bookmark_title(), say.bookmark_hint(), For::Bookmark);
                self.popups.push(Popup::Prompt(prompt.with(name)));
            }
            Command::Up => self.scroll(-1),
            Command::Down => self.scroll(1),
            Command::PageUp => self.scroll(-10),
            Command::PageDown => self.scroll(10),
            Command::LastMessage => self.message_by(-1),
            Command::NextMessage => self.message_by(1),
            Command::Follow => self.follow(),
            Command::Explain => self.explain(),
            Command::Search => {
                bench.playing = None;
                let prompt = Prompt::new(say.search_facts(), say.search_facts_hint(), For::Search);
                self.popups.push(Popup::Prompt(prompt));
            }
            Command::NextHit | Command::LastHit => {
                let way = if command == Command::NextHit { Way::Forth } else { Way::Back };
                if let Some(words) = bench.search.clone() {
                    self.go(Move::Search(way, words));
                }
            }
            Command::NextPanel | Command::LastPanel => {
                bench.region = match bench.region {
                    Region::Cluster => Region::Side,
                    Region::Side => Region::Cluster,
                };
            }
            Command::TabLesson => self.tab(Tab::Lesson),
            Command::TabFacts => self.tab(Tab::Facts),
            Command::TabLedger => self.tab(Tab::Ledger),
            Command::TabMessage => self.tab(Tab::Message),
            Command::TabSettings => self.tab(Tab::Settings),
            Command::Answer => self.ask(),
            Command::Notes => self.read(Topic::Notes),
            Command::Judge => {
                let branch = bench.lab.current();
                self.find(Look::Outcome(branch));
            }
            Command::Aloud => self.read(Topic::Aloud),
            Command::Internal => {
                bench.internal = !bench.internal;
                bench.refresh();
            }
            Command::Copy => self.copy(),
            Command::Write => {
                let path = menus::path_to_write(&bench.name);
                let prompt =
                    Prompt::new(say.write_title(), say.write_hint(), For::Path(path.clone()));
                self.popups.push(Popup::Prompt(prompt.with(path)));
            }
            Command::Reload => self.reload(),
            Command::Back => self.back(),
            Command::Leave => self.leave(),
            _ => {}
        }
    }

    /// Commands that only go somewhere; whether it was one.
    fn run_going(&mut self, command: Command) -> bool {
        let Some(bench) = &mut self.bench else { return false };
        let what = match command {
            Command::Play => {
                bench.playing = match bench.playing {
                    Some(_) => None,
                    None => Some(1000),
                };
                return true;
            }
            Command::Faster | Command::Slower => {
                let by = if command == Command::Faster { 1 } else { -1 };
                bench.speed = bench.speed.saturating_add_signed(by).min(SPEEDS.len() - 1);
                let speed = SPEEDS[bench.speed];
                self.tell(self.say().speed(speed), Weight::Plain);
                return true;
            }
            Command::GoTo => {
                bench.playing = None;
                let say = self.say();
                let prompt = Prompt::new(say.go_to_title(), say.go_to_hint(), For::Place);
                self.popups.push(Popup::Prompt(prompt));
                return true;
            }
            Command::StepForward => Move::Facts(Way::Forth, 1),
            Command::StepBack => Move::Facts(Way::Back, 1),
            Command::TenForward => Move::Facts(Way::Forth, 10),
            Command::TenBack => Move::Facts(Way::Back, 10),
            Command::NextMark => Move::Mark(Way::Forth),
            Command::LastMark => Move::Mark(Way::Back),
            Command::NextAnomaly => Move::Anomaly(Way::Forth),
            Command::LastAnomaly => Move::Anomaly(Way::Back),
            Command::NextEvent => Move::Events(Way::Forth, 1),
            Command::LastEvent => Move::Events(Way::Back, 1),
            Command::ToQuestion => Move::Question,
            Command::ToStart => Move::To(Target::Event(0)),
            Command::ToEnd => Move::To(Target::End),
            _ => return false,
        };
        bench.playing = None;
        self.go(what);
        true
    }

    pub(super) fn tab(&mut self, tab: Tab) {
        if let Some(bench) = &mut self.bench {
            bench.tab = tab;
            bench.region = Region::Side;
        }
    }

    /// Moves the cursor of whatever has the keys.
    pub(super) fn scroll(&mut self, by: isize) {
        match self.popups.last_mut() {
            Some(Popup::Picker(picker)) => return picker.scroll(by),
            Some(Popup::Reader(reader)) => return reader.scroll(by),
            Some(Popup::Question { number, cursor }) => {
                let Some(bench) = &self.bench else { return };
                let questions = bench.lesson.questions(&bench.lab);
                let options = questions.get(*number).map_or(0, |q| q.options.len());
                // Behind the options stands "skip".
                *cursor = cursor.saturating_add_signed(by).min(options);
                return;
            }
            Some(Popup::Prompt(_)) => return,
            None => {}
        }
        let Some(bench) = &mut self.bench else {
            let count = self.lessons.shown(|name| self.stand(name)).len();
            let cursor = self.lessons.cursor.saturating_add_signed(by);
            self.lessons.cursor = cursor.min(count.saturating_sub(1));
            return;
        };
        match bench.region {
            Region::Cluster => panel::cluster::select_by(bench, by),
            Region::Side => {
                let count = panel::side::count(bench, self.look);
                let at = bench.tab as usize;
                let cursor = bench.cursors[at].min(count.saturating_sub(1));
                bench.cursors[at] = cursor.saturating_add_signed(by).min(count.saturating_sub(1));
                // The facts go on at the end unless one looks at earlier ones.
                if bench.tab == Tab::Facts && bench.cursors[at] + 1 >= count {
                    bench.cursors[at] = usize::MAX;
                }
            }
        }
    }

    fn message_by(&mut self, by: i64) {
        let Some(bench) = &mut self.bench else { return };
        let count = i64::from(bench.messages());
        let next = match bench.message {
            Some(message) => i64::from(message.0) + by,
            None if by > 0 => 0,
            None => count - 1,
        };
        if count > 0 {
            let next = u32::try_from(next.clamp(0, count - 1)).unwrap_or(0);
            bench.select_message(MessageId(next));
        }
    }

    fn explain(&mut self) {
        let lang = self.look.lang;
        let Some(bench) = &mut self.bench else { return };
        bench.playing = None;
        let worst = || {
            let ledger = &bench.lab.state().model.ledger;
            let few = bench.messages() <= 20_000;
            let judgement = few.then(|| ledger.judge(bench.lab.position().time))?;
            mqlab::explore::worst(&judgement).first().map(|target| target.message)
        };
        match bench.message.or_else(worst) {
            Some(message) => {
                bench.select_message(message);
                self.find(Look::Explain(message, lang));
                self.tell(self.say().explaining(), Weight::Plain);
            }
            None => self.warn(self.say().select_a_message()),
        }
    }

    fn copy(&mut self) {
        let Some(bench) = &self.bench else { return };
        let command = bench.command();
        let by_hand = bench.by_hand();
        self.effects.push(Effect::Clipboard(command.clone()));
        if by_hand {
            self.warn(self.say().copied_without(&command));
        } else {
            self.tell(self.say().copied(&command), Weight::Good);
        }
    }

    pub(super) fn reload(&mut self) {
        let Some(bench) = &mut self.bench else { return };
        let Some(text) = bench.changed.clone() else { return };
        let saved = Box::new(bench.lab.interventions());
        match bench.variant_of(&text) {
            Ok(source) => self.go(Move::Restore(source, saved)),
            Err(why) => self.warn(self.say().file_is_wrong(&why)),
        }
    }

    /// Escape: closes, stops, or goes up one level, the nearest first.
    fn back(&mut self) {
        if self.stop() {
            self.tell(self.say().stopped(), Weight::Plain);
            return;
        }
        let Some(bench) = &mut self.bench else { return };
        if bench.region == Region::Side {
            bench.region = Region::Cluster;
        } else if bench.message.is_some() || bench.selected != Selection::Nothing {
            bench.message = None;
            bench.packet = None;
            bench.selected = Selection::Nothing;
        } else {
            self.tell(self.say().q_leaves(), Weight::Plain);
        }
    }

    pub(super) fn leave(&mut self) {
        self.leave_bench();
        if !self.has_list {
            self.over = true;
        }
    }

    pub(super) fn leave_bench(&mut self) {
        self.stop();
        self.keep();
        self.bench = None;
        self.popups.clear();
        self.kept = None;
    }
}
