//! The terminal lab as a value: what is on the screen, and what an action makes of it.
//!
//! Pure: no file, no clock, no thread. What has to happen outside is handed back as effects.

mod commands;
mod following;
mod keys;
mod mouse;
mod news;
mod popups;
mod typing;

use super::bench::Bench;
use super::draw;
use super::lessons::{Entry, Lessons};
use super::pen::Look;
use super::picker::Picker;
use super::prompt::Prompt;
use super::reader::Reader;
use super::spot::Spot;
use super::work::{self, Told};
use crate::text::Say;
use mqlab::lab::command::{Command, Key, Screen};
use mqlab::lab::{Lab, LessonProgress, Progress, Saved};
use ratatui::layout::Rect;

/// Something that happened to the program.
pub enum Action {
    Key(Key),
    Paste(String),
    Click {
        x: u16,
        y: u16,
    },
    Wheel {
        x: u16,
        y: u16,
        down: bool,
    },
    Resize {
        width: u16,
        height: u16,
    },
    /// Time has passed while playing.
    Tick,
    /// A worker tells something.
    Told(u64, Told),
    /// A scenario was opened, or why not.
    Opened(Result<Box<Opened>, String>),
    /// What the list of lessons knows.
    Catalogue(Vec<Entry>),
    /// The file of the open scenario holds this now.
    FileIs(String),
    /// A file was written, or why not.
    Written(Result<String, String>),
    /// Something could not be saved.
    NotSaved(String),
    /// The program is asked to end.
    End,
}

/// A scenario that was opened.
pub struct Opened {
    pub name: String,
    pub path: Option<String>,
    pub file: String,
    pub lab: Lab,
    pub set: Vec<(String, String)>,
    pub what_if: Option<String>,
    pub at: Option<String>,
    pub progress: LessonProgress,
    pub saved: Option<Saved>,
}

/// Something the program has to do.
pub enum Effect {
    /// Do a move on a copy.
    Go(u64, Box<Lab>, work::Move),
    /// Find something out on a copy.
    Look(u64, Box<Lab>, work::Look),
    /// Give up work.
    Cancel(u64),
    /// Put text on the clipboard of the terminal.
    Clipboard(String),
    /// Write a scenario file.
    Write { path: String, text: String },
    /// Keep a session.
    Keep(Box<Saved>),
    /// Forget the session that was kept of a scenario.
    Forget(String),
    /// Keep what the person knows.
    KeepProgress(Box<Progress>),
    /// Open a scenario.
    Open(String),
    /// Read the catalogue.
    ReadCatalogue,
    /// To the shell and back.
    Suspend,
}

/// What choosing something does.
#[derive(Clone, Debug)]
pub enum Does {
    Nothing,
    Command(Command),
    Move(work::Move),
    Pick(Box<Picker<Does>>),
    Compare(mqlab::lab::BranchId),
    Type(Prompt),
    Place(super::bench::Place),
    Reload,
    TakeUp,
    StartAfresh,
    Only(super::lessons::Filter),
}

/// What lies over the screen.
pub enum Popup {
    Picker(Picker<Does>),
    Prompt(Prompt),
    Reader(Reader),
    /// The question of that number.
    Question {
        number: usize,
        cursor: usize,
    },
}

/// How serious something that was said is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Weight {
    Plain,
    Good,
    Warning,
}

/// The program.
pub struct App {
    pub look: Look,
    pub lessons: Lessons,
    /// There is a list of lessons to go back to.
    pub has_list: bool,
    pub bench: Option<Box<Bench>>,
    pub popups: Vec<Popup>,
    pub said: Option<(String, Weight)>,
    pub progress: Progress,
    pub width: u16,
    pub height: u16,
    pub over: bool,
    /// A session that was kept of the scenario that was just opened.
    pub kept: Option<Box<Saved>>,
    pub(super) jobs: u64,
    pub(super) effects: Vec<Effect>,
}

impl App {
    /// The program at the list of lessons.
    pub fn new(look: Look, entries: Vec<Entry>, progress: Progress) -> App {
        App {
            look,
            lessons: Lessons::new(entries),
            has_list: true,
            bench: None,
            popups: Vec::new(),
            said: None,
            progress,
            width: 80,
            height: 24,
            over: false,
            kept: None,
            jobs: 0,
            effects: vec![Effect::ReadCatalogue],
        }
    }

    /// What the program says, in the language of the screen.
    pub fn say(&self) -> Say {
        Say { lang: self.look.lang }
    }

    /// The screen that is under whatever lies over it.
    pub fn screen(&self) -> Screen {
        if self.bench.is_some() { Screen::Lab } else { Screen::Lessons }
    }

    /// Whether time must pass for it: playing.
    pub fn wants_ticks(&self) -> bool {
        self.popups.is_empty() && self.bench.as_ref().is_some_and(|b| b.wants_ticks())
    }

    /// What an action makes of it; what has to be done outside is handed back.
    pub fn update(&mut self, action: Action) -> Vec<Effect> {
        match action {
            Action::Key(key) => self.key(key),
            Action::Paste(text) => self.paste(&text),
            Action::Click { x, y } => self.click(x, y),
            Action::Wheel { x, y, down } => self.wheel(x, y, down),
            Action::Resize { width, height } => {
                (self.width, self.height) = (width, height);
                self.fit();
            }
            Action::Tick => self.tick(),
            Action::Told(id, told) => self.told(id, told),
            Action::Opened(Ok(opened)) => self.opened(*opened),
            Action::Opened(Err(why)) => self.warn(why),
            Action::Catalogue(entries) => self.lessons.fill(entries),
            Action::FileIs(text) => self.file_is(text),
            Action::Written(Ok(path)) => self.tell(self.say().written(&path), Weight::Good),
            Action::Written(Err(why)) | Action::NotSaved(why) => self.warn(why),
            Action::End => self.leave_for_good(),
        }
        std::mem::take(&mut self.effects)
    }

    /// Says something on the line at the bottom.
    pub(super) fn tell(&mut self, text: impl Into<String>, weight: Weight) {
        self.said = Some((text.into(), weight));
    }

    pub(super) fn warn(&mut self, text: impl Into<String>) {
        self.tell(text, Weight::Warning);
    }

    /// The view is asked for as many cells as the screen can show.
    pub(super) fn fit(&mut self) {
        let cells = u64::from(self.width).max(32);
        if let Some(bench) = &mut self.bench
            && bench.cells != cells
        {
            bench.cells = cells;
            bench.refresh();
        }
    }

    /// What lies at a place of the screen, the topmost first.
    fn spots_at(&self, x: u16, y: u16) -> Vec<Spot> {
        let area = Rect::new(0, 0, self.width, self.height);
        let mut spots = draw::spots(self, area);
        spots.retain(|spot| spot.area.contains((x, y).into()));
        spots.reverse();
        spots.into_iter().map(|spot| spot.what).collect()
    }

    fn paste(&mut self, text: &str) {
        let text: String = text.chars().filter(|c| !c.is_control()).collect();
        match self.popups.last_mut() {
            Some(Popup::Prompt(prompt)) => prompt.typed.push_str(&text),
            Some(Popup::Picker(picker)) => {
                if let Some(typed) = &mut picker.typed {
                    typed.push_str(&text);
                }
            }
            _ => {}
        }
    }

    fn tick(&mut self) {
        let Some(bench) = &mut self.bench else { return };
        let Some(saved) = &mut bench.playing else { return };
        // A move that is still going on has not used up what is saved.
        if bench.moving.is_some() {
            return;
        }
        let rate = super::bench::SPEEDS[bench.speed] * 1000 / super::bench::TICKS;
        *saved += rate;
        let facts = *saved / 1000;
        if facts > 0 {
            *saved %= 1000;
            self.go(work::Move::Facts(work::Way::Forth, u64::from(facts)));
        }
    }

    /// Starts a move, or puts it behind the one that is being done.
    pub(super) fn go(&mut self, what: work::Move) {
        const MOST_QUEUED: usize = 16;
        let Some(bench) = &mut self.bench else { return };
        match &bench.moving {
            Some(moving) if moving.long => {
                // What takes long gives way to what the person wants now.
                self.effects.push(Effect::Cancel(moving.id));
                bench.moving = None;
                bench.queue.clear();
            }
            Some(_) => {
                if bench.queue.len() < MOST_QUEUED {
                    bench.queue.push_back(what);
                }
                return;
            }
            None => {}
        }
        self.jobs += 1;
        bench.moving = Some(super::bench::Moving { id: self.jobs, long: false, far: None });
        self.effects.push(Effect::Go(self.jobs, Box::new(bench.lab.clone()), what));
    }

    /// Starts finding something out; what was being found out before is given up.
    pub(super) fn find(&mut self, what: work::Look) {
        let Some(bench) = &mut self.bench else { return };
        if let Some(looking) = bench.looking.take() {
            self.effects.push(Effect::Cancel(looking.id));
        }
        self.jobs += 1;
        bench.looking = Some(super::bench::Looking { id: self.jobs, what: what.clone() });
        self.effects.push(Effect::Look(self.jobs, Box::new(bench.lab.clone()), what));
    }

    /// Gives up all work; whether there was any.
    pub(super) fn stop(&mut self) -> bool {
        let Some(bench) = &mut self.bench else { return false };
        let mut any = bench.playing.take().is_some();
        bench.queue.clear();
        if let Some(moving) = bench.moving.take() {
            self.effects.push(Effect::Cancel(moving.id));
            any |= moving.long;
        }
        if let Some(looking) = bench.looking.take() {
            self.effects.push(Effect::Cancel(looking.id));
            any = true;
        }
        any
    }

    /// Keeps what was done, if anything was.
    pub(super) fn keep(&mut self) {
        let Some(bench) = &self.bench else { return };
        if bench.touched {
            self.effects.push(Effect::Keep(Box::new(bench.lab.interventions())));
        }
        self.keep_progress();
    }

    pub(super) fn keep_progress(&mut self) {
        let Some(bench) = &self.bench else { return };
        let lesson = bench.lesson.progress();
        if self.progress.lesson(&bench.name) != *lesson {
            self.progress.keep(&bench.name, lesson.clone());
            self.effects.push(Effect::KeepProgress(Box::new(self.progress.clone())));
        }
    }

    fn leave_for_good(&mut self) {
        self.stop();
        self.keep();
        self.over = true;
    }
}
