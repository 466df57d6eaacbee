//! What workers and the outside tell, and what becomes of it on the screen.

use super::{App, Effect, Opened, Popup, Weight};
use crate::screen::bench::{Bench, branch_name};
use crate::screen::menus;
use crate::screen::reader::Topic;
use crate::screen::work::{Found, Move, News, Told};
use mqlab::lab::{Export, Faithful, Refused};

impl App {
    pub(super) fn told(&mut self, id: u64, told: Told) {
        let Some(bench) = &mut self.bench else { return };
        match told {
            Told::Going(lab, far) => {
                if let Some(moving) = bench.moving.as_mut().filter(|m| m.id == id) {
                    (moving.long, moving.far) = (true, far);
                    bench.adopt(*lab);
                }
            }
            Told::Arrived(lab, news) => {
                if bench.moving.as_ref().is_some_and(|m| m.id == id) {
                    bench.moving = None;
                    bench.adopt(*lab);
                    self.arrived(news);
                    self.next_in_queue();
                }
            }
            Told::Part(found) if self.waits_for(id) => self.found(found),
            Told::Answer(found) if self.waits_for(id) => {
                if let Some(bench) = &mut self.bench {
                    bench.looking = None;
                }
                self.found(found);
            }
            Told::Part(_) | Told::Answer(_) => {}
            Told::Broken(why) => self.broken(id, &why),
        }
    }

    /// Work that failed is over; everything is as it was before.
    fn broken(&mut self, id: u64, why: &str) {
        let Some(bench) = &mut self.bench else { return };
        if bench.moving.as_ref().is_some_and(|moving| moving.id == id) {
            bench.moving = None;
            bench.playing = None;
            bench.queue.clear();
        } else if bench.looking.as_ref().is_some_and(|looking| looking.id == id) {
            bench.looking = None;
        } else {
            return;
        }
        self.warn(self.say().broken(why));
    }

    fn waits_for(&self, id: u64) -> bool {
        let looking = self.bench.as_ref().and_then(|b| b.looking.as_ref());
        looking.is_some_and(|looking| looking.id == id)
    }

    fn next_in_queue(&mut self) {
        let next = self.bench.as_mut().and_then(|b| b.queue.pop_front());
        if let Some(next) = next {
            self.go(next);
        }
    }

    fn arrived(&mut self, news: News) {
        let say = self.say();
        let lang = self.look.lang;
        let Some(bench) = &mut self.bench else { return };
        let directory = bench.lab.directory().clone();
        let name = |id| branch_name(&bench.lab, id, say);
        let mut touched = true;
        match news {
            News::Quiet => touched = false,
            News::NoMore => {
                touched = false;
                self.tell(say.no_more(), Weight::Plain);
            }
            News::Anomaly(message) => {
                touched = false;
                bench.select_message(message);
                self.tell(say.at_anomaly(&directory.message(message)), Weight::Warning);
            }
            News::Over => {
                touched = false;
                bench.playing = None;
                bench.queue.clear();
                self.over();
            }
            News::Asked(_) => {
                touched = false;
                bench.playing = None;
                bench.queue.clear();
                self.ask();
            }
            News::NotFound(words) => {
                touched = false;
                self.warn(say.not_found(&words));
            }
            News::Done(done) => {
                let text = say.done(&done.action, &directory);
                self.tell(text, Weight::Good);
            }
            News::DoneOnBranch(done, branch) => {
                let text = say.done_on_branch(&done.action, &directory, branch.0);
                self.tell(text, Weight::Good);
            }
            News::Undone(done) => {
                let text = say.undone(&done.action, &directory);
                self.tell(text, Weight::Good);
            }
            News::Redone(done) => {
                let text = say.done(&done.action, &directory);
                self.tell(text, Weight::Good);
            }
            News::Branched(branch) => {
                let text = say.branched(&name(branch));
                bench.concluded = false;
                self.tell(text, Weight::Good);
            }
            News::Switched(branch) => {
                let text = say.on_branch(&name(branch));
                self.tell(text, Weight::Plain);
            }
            News::Bookmarked(text) => self.tell(say.bookmarked(&text), Weight::Good),
            News::Refused(why) => {
                touched = false;
                let text = why.text();
                self.warn(lang.of(&text).to_string());
            }
            News::Restored(dropped) => {
                // The lesson belongs to the lab, and this is another one.
                let progress = bench.lesson.progress().clone();
                bench.lesson = mqlab::lab::Lesson::begin(&mut bench.lab, progress);
                if let Some(text) = bench.changed.take() {
                    bench.file = text;
                }
                bench.refresh();
                if dropped.is_empty() {
                    self.tell(say.restored(), Weight::Good);
                } else {
                    let lines = dropped.iter().map(|d| say.dropped(d)).collect();
                    self.read(Topic::Dropped(lines));
                }
            }
            News::Mistakes(mistakes) => {
                touched = false;
                let first = mistakes.into_iter().next();
                let first = first.map(|d| format!("{}: {}", d.line, d.message));
                self.warn(say.file_is_wrong(&first.unwrap_or_default()));
            }
        }
        if touched {
            if let Some(bench) = &mut self.bench {
                bench.touched = true;
            }
            self.keep();
        }
        if self.bench.as_ref().is_some_and(|b| b.lesson.waiting(&b.lab).is_some()) {
            if let Some(bench) = &mut self.bench {
                bench.playing = None;
            }
            self.ask();
        }
    }

    /// The run is over: the moral, and what was said to predictions.
    fn over(&mut self) {
        let say = self.say();
        let Some(bench) = &mut self.bench else { return };
        let _ = bench.lesson.moral(&bench.lab);
        if bench.concluded {
            self.tell(say.over(), Weight::Plain);
        } else {
            bench.concluded = true;
            bench.tab = crate::screen::bench::Tab::Lesson;
            bench.cursors[0] = usize::MAX;
            self.keep_progress();
            self.tell(say.over_first(), Weight::Good);
        }
    }

    fn found(&mut self, found: Found) {
        let say = self.say();
        match found {
            Found::Life(life) => {
                self.said = None;
                let open = self.popups.iter().position(
                    |p| matches!(p, Popup::Reader(r) if matches!(r.topic, Topic::Explained(..))),
                );
                if let Some(open) = open {
                    self.popups.remove(open);
                }
                self.read(Topic::Explained(life, None));
            }
            found @ Found::Cures(..) => {
                self.page_takes(&found);
            }
            found @ Found::Swept(_) => {
                if !self.page_takes(&found)
                    && let Found::Swept(swept) = found
                {
                    self.said = None;
                    self.read(Topic::Swept(swept));
                }
            }
            Found::Compared(left, right, comparison) => {
                self.said = None;
                self.read(Topic::Compared(left, right, comparison));
            }
            Found::Outcome(outcome) => self.read(Topic::Outcome(outcome)),
            Found::Exported(export) => self.exported(*export),
            Found::Decided(number, decision) => {
                if let Some(bench) = &mut self.bench
                    && let Some(feedback) = bench.lesson.learn(&bench.lab, number, &decision)
                {
                    bench.feedback.insert(number, (bench.lab.current(), feedback));
                    self.keep_progress();
                }
            }
            // Whoever stopped something knows it.
            Found::Refused(Refused::Stopped) => {}
            Found::Refused(why) => {
                let why = self.look.lang.of(&why.text()).to_string();
                self.warn(why);
            }
            Found::Failed(why) => self.warn(say.failed(&why)),
        }
    }

    /// Gives what was found out to the page that waits for it; whether one does.
    fn page_takes(&mut self, found: &Found) -> bool {
        let mut taken = false;
        let mut popups = std::mem::take(&mut self.popups);
        for popup in &mut popups {
            if let Popup::Reader(reader) = popup
                && reader.takes(found)
            {
                let (title, lines) = crate::screen::pages::write(self, &reader.topic);
                (reader.title, reader.lines) = (title, lines);
                if reader.cursor == 0 && matches!(reader.topic, Topic::Swept(_)) {
                    // The first outcome that can be opened.
                    let first = reader.lines.iter().position(|line| line.link.is_some());
                    reader.cursor = first.unwrap_or(0);
                }
                reader.scroll(0);
                taken = true;
            }
        }
        self.popups = popups;
        taken
    }

    fn exported(&mut self, export: Export) {
        let say = self.say();
        let Some(path) = self.bench.as_mut().and_then(|b| b.writing.take()) else { return };
        match export.faithful {
            Faithful::Yes => {
                self.effects.push(Effect::Write { path, text: export.text });
            }
            Faithful::No(why) => self.warn(say.not_faithful(&why)),
        }
    }

    pub(super) fn opened(&mut self, opened: Opened) {
        let Opened { name, path, file, lab, set, what_if, at, progress, saved } = opened;
        let mut bench = Bench::new(&name, path, file, lab, progress);
        (bench.set, bench.what_if) = (set, what_if);
        self.popups.clear();
        self.said = None;
        self.bench = Some(Box::new(bench));
        self.fit();
        self.keep_progress();
        if let Some(saved) = saved {
            let menu = menus::take_up(self, &saved);
            self.kept = Some(Box::new(saved));
            self.offer(menu);
        }
        if let Some(at) = at {
            match self.bench.as_ref().and_then(|b| b.place(&at)) {
                Some(place) => self.go_to(place),
                None => self.warn(self.say().no_such_place(&at)),
            }
        }
    }

    /// Does again what was kept of the scenario.
    pub(super) fn take_up(&mut self) {
        let Some(saved) = self.kept.take() else { return };
        let Some(bench) = &self.bench else { return };
        let source = bench.lab.branches().first().map(|b| b.source.to_string());
        self.go(Move::Restore(source.unwrap_or_default(), saved));
    }

    /// The file on the disk holds this.
    pub(super) fn file_is(&mut self, text: String) {
        let Some(bench) = &mut self.bench else { return };
        if text == bench.file {
            bench.changed = None;
            return;
        }
        if bench.changed.as_ref() == Some(&text) {
            return;
        }
        bench.changed = Some(text);
        bench.playing = None;
        let menu = menus::reload(self);
        self.offer(menu);
    }
}
