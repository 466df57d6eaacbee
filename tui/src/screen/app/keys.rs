//! What keys and clicks do.

use super::{App, Does, Effect, Popup, Weight};
use crate::screen::bench::{Bench, Place, Region, SPEEDS, Tab, branch_name};
use crate::screen::lines::Link;
use crate::screen::picker::Picker;
use crate::screen::prompt::{For, Prompt};
use crate::screen::reader::{Reader, Topic};
use crate::screen::spot::Spot;
use crate::screen::work::{Look, Move, Way};
use crate::screen::{menus, pages, panel};
use mqlab::fact::MessageId;
use mqlab::lab::command::{Command, Key, KeyCode, Screen};
use mqlab::lab::{Selection, Target, Variant};
use mqlab::story::Lang;

impl App {
    pub(super) fn key(&mut self, key: Key) {
        let taken = match self.popups.last() {
            Some(Popup::Prompt(_)) => self.key_in_prompt(key),
            Some(Popup::Picker(_)) => self.key_in_picker(key),
            Some(Popup::Reader(_)) => self.key_in_reader(key),
            Some(Popup::Question { .. }) => self.key_in_question(key),
            None => false,
        };
        if taken {
            return;
        }
        if let Some(command) = Command::by_key(key, self.screen()) {
            self.run(command);
        }
    }

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

    /// Enter.
    fn follow(&mut self) {
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
                self.popups.clear();
                self.go(Move::To(Target::Event(*event)));
            }
            Link::EventOf(branch, event) => {
                self.popups.clear();
                self.go(Move::Switch(*branch));
                self.go(Move::To(Target::Event(*event)));
            }
            Link::Message(message) => {
                bench.select_message(*message);
                self.popups.clear();
                self.tab(Tab::Message);
            }
            Link::Setting(address) => {
                if let Some(menu) = menus::values(self, address) {
                    self.popups.push(Popup::Picker(menu));
                }
            }
            Link::Question => self.ask(),
            Link::WhatIf(name) => {
                self.popups.clear();
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

    fn leave(&mut self) {
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

    // ── popups ───────────────────────────────────────────────────────────────────────────────

    /// Shows a page.
    pub(super) fn read(&mut self, topic: Topic) {
        if let Some(bench) = &mut self.bench {
            bench.playing = None;
        }
        let (title, lines) = pages::write(self, &topic);
        self.popups.push(Popup::Reader(Reader { topic, title, lines, cursor: 0 }));
    }

    /// Writes the pages that are open anew, in another language.
    fn reread(&mut self) {
        let mut popups = std::mem::take(&mut self.popups);
        let mut again = None;
        for popup in &mut popups {
            if let Popup::Reader(reader) = popup {
                let (title, lines) = pages::write(self, &reader.topic);
                (reader.title, reader.lines) = (title, lines);
                if let Topic::Explained(life, _) = &reader.topic {
                    again = Some(life.message);
                }
            }
        }
        // Menus are made of text in the other language.
        popups.retain(|popup| !matches!(popup, Popup::Picker(_) | Popup::Prompt(_)));
        self.popups = popups;
        if let Some(message) = again {
            let lang = self.look.lang;
            self.find(Look::Explain(message, lang));
        }
    }

    fn key_in_reader(&mut self, key: Key) -> bool {
        let Some(Popup::Reader(reader)) = self.popups.last_mut() else { return false };
        let last = reader.lines.len();
        match Command::by_key(key, Screen::Lab) {
            Some(Command::Up) => reader.scroll(-1),
            Some(Command::Down) => reader.scroll(1),
            Some(Command::PageUp | Command::TenBack) => reader.scroll(-15),
            Some(Command::PageDown | Command::TenForward | Command::Play) => reader.scroll(15),
            Some(Command::ToStart) => reader.cursor = 0,
            Some(Command::ToEnd) => reader.cursor = last.saturating_sub(1),
            Some(Command::Follow) => {
                let link = reader.link().cloned();
                match link {
                    Some(link) => self.follow_link(&link),
                    None => {
                        self.popups.pop();
                    }
                }
            }
            Some(Command::Back | Command::Leave) => {
                self.popups.pop();
                // What the page still waits for is no longer wanted.
                if let Some(bench) = &mut self.bench
                    && let Some(looking) = bench.looking.take()
                {
                    self.effects.push(Effect::Cancel(looking.id));
                }
            }
            Some(Command::Help) => {}
            Some(
                command @ (Command::Language
                | Command::Theme
                | Command::Suspend
                | Command::Stop
                | Command::Palette
                | Command::Copy),
            ) => self.run(command),
            _ => {}
        }
        true
    }

    fn key_in_question(&mut self, key: Key) -> bool {
        let Some(Popup::Question { number, cursor }) = self.popups.last() else { return false };
        let (number, cursor) = (*number, *cursor);
        let Some(bench) = &self.bench else { return false };
        let questions = bench.lesson.questions(&bench.lab);
        let options = questions.get(number).map_or(0, |q| q.options.len());
        if let KeyCode::Char(c) = key.code
            && let Some(digit) = c.to_digit(10)
            && (1..=options as u32).contains(&digit)
        {
            self.answer(number, Some(digit as usize - 1));
            return true;
        }
        match Command::by_key(key, Screen::Lab) {
            Some(Command::Up) => self.scroll(-1),
            Some(Command::Down) => self.scroll(1),
            Some(Command::Follow | Command::Play) => {
                let option = (cursor < options).then_some(cursor);
                self.answer(number, option);
            }
            Some(Command::Back) => {
                self.popups.pop();
                self.tell(self.say().question_put_off(), Weight::Plain);
            }
            Some(
                command @ (Command::Language
                | Command::Theme
                | Command::Suspend
                | Command::Stop
                | Command::Help),
            ) => self.run(command),
            Some(Command::Leave) => self.leave(),
            _ => {}
        }
        true
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

    fn key_in_prompt(&mut self, key: Key) -> bool {
        let Some(Popup::Prompt(prompt)) = self.popups.last_mut() else { return false };
        match key.code {
            KeyCode::Char('c' | 'z') if key.ctrl => {
                if let Some(command) = Command::by_key(key, Screen::Lab) {
                    self.popups.pop();
                    if command == Command::Suspend {
                        self.run(command);
                    }
                }
            }
            KeyCode::Char('u' | 'w') if key.ctrl => prompt.typed.clear(),
            KeyCode::Char('h') if key.ctrl => {
                prompt.typed.pop();
            }
            KeyCode::Char(c) if !key.ctrl => {
                prompt.typed.push(c);
                prompt.wrong = None;
                self.typed_on();
            }
            KeyCode::Backspace => {
                prompt.typed.pop();
                prompt.wrong = None;
                self.typed_on();
            }
            KeyCode::Esc => {
                if prompt.purpose == For::Lessons {
                    self.lessons.search.clear();
                }
                self.popups.pop();
            }
            KeyCode::Enter => self.typed(),
            _ => {}
        }
        true
    }

    /// The list of lessons narrows while one types.
    fn typed_on(&mut self) {
        if let Some(Popup::Prompt(prompt)) = self.popups.last()
            && prompt.purpose == For::Lessons
        {
            self.lessons.search = prompt.typed.clone();
            self.lessons.cursor = 0;
        }
    }

    /// Enter in a line that was typed into.
    fn typed(&mut self) {
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

    fn search(&mut self, typed: &str) {
        let Some(bench) = &mut self.bench else { return };
        bench.search = Some(typed.to_string());
        match bench.place(typed) {
            Some(place @ (Place::Message(_) | Place::Node(_))) => self.go_to(place),
            _ => self.go(Move::Search(Way::Forth, typed.to_string())),
        }
    }

    fn key_in_picker(&mut self, key: Key) -> bool {
        let Some(Popup::Picker(picker)) = self.popups.last_mut() else { return false };
        match key.code {
            KeyCode::Esc => {
                let narrowed = picker.typed.as_ref().is_some_and(|typed| !typed.is_empty());
                if narrowed && !picker.palette {
                    picker.typed = None;
                } else {
                    self.popups.pop();
                }
            }
            KeyCode::Enter => self.choose(),
            KeyCode::Up => picker.scroll(-1),
            KeyCode::Down => picker.scroll(1),
            KeyCode::PageUp => picker.scroll(-10),
            KeyCode::PageDown => picker.scroll(10),
            KeyCode::Char('p') if key.ctrl => picker.scroll(-1),
            KeyCode::Char('n') if key.ctrl => picker.scroll(1),
            KeyCode::Char('c') if key.ctrl => {
                self.popups.pop();
            }
            KeyCode::Char('z') if key.ctrl => self.run(Command::Suspend),
            KeyCode::Backspace => {
                if let Some(typed) = &mut picker.typed {
                    typed.pop();
                    picker.cursor = 0;
                }
            }
            KeyCode::Char(c) if !key.ctrl => match (&mut picker.typed, c) {
                (Some(typed), c) => {
                    typed.push(c);
                    picker.cursor = 0;
                }
                (None, 'j') => picker.scroll(1),
                (None, 'k') => picker.scroll(-1),
                (None, 'l' | ' ') => self.choose(),
                (None, 'h' | 'q') => {
                    self.popups.pop();
                }
                (None, '/') => picker.typed = Some(String::new()),
                (None, c) => {
                    if let Some(digit) = c.to_digit(10).filter(|d| *d > 0) {
                        let at = digit as usize - 1;
                        if at < picker.items.len() {
                            picker.cursor = at;
                            self.choose();
                        }
                    }
                }
            },
            _ => {}
        }
        true
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

    // ── the mouse ────────────────────────────────────────────────────────────────────────────

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

    /// How far the person is in a lesson.
    pub fn stand(&self, name: &str) -> crate::screen::lessons::Stand {
        crate::screen::lessons::Stand::of(&self.progress.lesson(name))
    }

    /// What the branch that is open is called.
    pub fn branch_name(&self, bench: &Bench) -> String {
        branch_name(&bench.lab, bench.lab.current(), self.say())
    }

    /// Shows a menu that nobody asked for.
    pub(super) fn offer(&mut self, menu: Picker<Does>) {
        self.popups.push(Popup::Picker(menu));
    }
}
