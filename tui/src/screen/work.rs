//! Work that may take long, done on a copy of the lab: going somewhere, changing the past, and
//! finding things out. It runs on a thread of its own; the screen adopts what it reports.

use mqlab::cluster::run::Outcome;
use mqlab::explore::CURE_EVENTS;
use mqlab::fact::MessageId;
use mqlab::kernel::Time;
use mqlab::lab::{
    BranchId, Comparison, Cures, Decision, Dropped, Export, Intervention, Lab, Lesson, Mark,
    MarkKind, Refused, Saved, Stopped, Swept, Target, Variant,
};
use mqlab::scenario::Diagnostic;
use mqlab::scenario::model::{Action, Ends};
use mqlab::story::explain::life::{Life, life};
use mqlab::story::{Lang, sentence};
use std::time::{Duration, Instant};

/// Forwards or backwards.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    Forth,
    Back,
}

/// Something that changes where the person is, or what they did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Move {
    Facts(Way, u64),
    Events(Way, u64),
    Mark(Way),
    Anomaly(Way),
    To(Target),
    /// On to the next question, or to the end.
    Question,
    /// To a fact whose sentence or name holds these words.
    Search(Way, String),
    Inject(Action),
    Undo,
    Redo,
    Fork,
    Set(Vec<(String, String)>),
    Variant(Variant),
    /// Opens another text and does again what was saved.
    Restore(String, Box<Saved>),
    Switch(BranchId),
    Visit(usize),
    Bookmark(String),
}

/// What came of a move.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum News {
    /// Nothing worth a word.
    Quiet,
    /// There is no more of what was looked for.
    NoMore,
    /// At an anomaly of this message.
    Anomaly(MessageId),
    /// The run is over.
    Over,
    /// The lesson asks.
    Asked(usize),
    /// Nothing with these words was found.
    NotFound(String),
    /// Done by hand.
    Done(Box<Intervention>),
    /// Done by hand in the past: a branch began.
    DoneOnBranch(Box<Intervention>, BranchId),
    /// Taken back.
    Undone(Box<Intervention>),
    /// Done again.
    Redone(Box<Intervention>),
    /// A branch began.
    Branched(BranchId),
    /// On another branch.
    Switched(BranchId),
    /// Remembered.
    Bookmarked(String),
    /// Refused, and why.
    Refused(Refused),
    /// Another text is open; what could not be done again in it.
    Restored(Vec<Dropped>),
    /// The other text has mistakes; nothing has changed.
    Mistakes(Vec<Diagnostic>),
}

/// Something to find out; the lab stays as it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Look {
    /// The life of a message up to now, what caused its fate, and what would have prevented it.
    Explain(MessageId, Lang),
    /// Two branches beside each other.
    Compare(BranchId, BranchId),
    /// The branch as a scenario file.
    Export(BranchId),
    /// The outcome of the branch, for expectations.
    Outcome(BranchId),
    /// Which answers to a question hold.
    Decide(usize),
    /// A branch under so many seeds.
    Sweep(BranchId, u64),
}

/// What was found out.
#[derive(Clone, Debug)]
pub enum Found {
    /// The first half of an explanation; the cures follow.
    Life(Box<Life>),
    /// The second half: what would have prevented it, if something went wrong.
    Cures(MessageId, Cures),
    Compared(BranchId, BranchId, Box<Comparison>),
    Exported(Box<Export>),
    Outcome(Box<Outcome>),
    Decided(usize, Decision),
    Swept(Box<Swept>),
    /// It could not be found out, and why.
    Refused(Refused),
    /// The question cannot be decided.
    Failed(String),
}

/// What a worker tells the screen.
#[derive(Clone)]
pub enum Told {
    /// Still going; how far, in thousandths, where that is known.
    Going(Box<Lab>, Option<u32>),
    /// Arrived.
    Arrived(Box<Lab>, News),
    /// A part of what was asked.
    Part(Found),
    /// All of it.
    Answer(Found),
    /// It failed because of a mistake in this program, and what that says of itself.
    Broken(String),
}

/// How long to play before telling how far one is.
const PORTION: Duration = Duration::from_millis(16);
/// Events played without looking at the clock.
const FEW: u64 = 256;

/// A worker's surroundings.
pub struct Worker<'a> {
    /// Tells the screen.
    pub tell: &'a mut dyn FnMut(Told),
    /// Whether to give up.
    pub stopped: &'a dyn Fn() -> bool,
}

/// Does a move. It tells how far it is and, at last, that it has arrived; if it is stopped on the
/// way it arrives where it is.
pub fn go(mut lab: Lab, what: &Move, worker: &mut Worker<'_>) {
    let news = Going { lab: &mut lab, worker, portion: FEW, told: Instant::now() }.go(what);
    (worker.tell)(Told::Arrived(Box::new(lab), news));
}

struct Going<'a, 'b> {
    lab: &'a mut Lab,
    worker: &'a mut Worker<'b>,
    portion: u64,
    told: Instant,
}

impl Going<'_, '_> {
    fn go(&mut self, what: &Move) -> News {
        match what {
            Move::Facts(Way::Back, n) => {
                let mut last = Stopped::Found;
                for _ in 0..*n {
                    last = self.lab.last_fact();
                }
                edge(last)
            }
            Move::Facts(Way::Forth, n) => self.facts(*n),
            Move::Events(Way::Back, n) => {
                self.lab.play_back(*n);
                News::Quiet
            }
            Move::Events(Way::Forth, n) => {
                let to = self.lab.position().event.saturating_add(*n);
                self.forth(Some(to), None)
            }
            Move::Mark(Way::Forth) => self.search(|lab, most| lab.next_mark(most, |_| true)),
            Move::Mark(Way::Back) => self.back_to(|_| true),
            Move::Anomaly(way) => {
                let news = match way {
                    Way::Forth => {
                        self.search(|lab, most| lab.next_mark(most, |mark| is_anomaly(mark.kind)))
                    }
                    Way::Back => self.back_to(|mark| is_anomaly(mark.kind)),
                };
                let here = self.lab.position().event;
                let mut marks = self.lab.marks().rev().filter(|mark| mark.event == here);
                let mark = marks.find(|mark| is_anomaly(mark.kind));
                match (news, mark.and_then(|mark| mark.message)) {
                    (News::Quiet, Some(message)) => News::Anomaly(message),
                    (news, _) => news,
                }
            }
            Move::To(target) => self.to(*target),
            Move::Question => self.forth(None, None),
            Move::Search(way, words) => self.words(*way, words),
            Move::Inject(action) => self.inject(action),
            Move::Undo => match self.lab.undo() {
                Some(input) => News::Undone(Box::new(input)),
                None => News::NoMore,
            },
            Move::Redo => match self.lab.redo() {
                Some(input) => News::Redone(Box::new(input)),
                None => News::NoMore,
            },
            Move::Fork => News::Branched(self.lab.fork()),
            Move::Set(changes) => branched(self.lab.fork_with_settings(changes)),
            Move::Variant(variant) => branched(self.lab.fork_with(variant)),
            Move::Restore(text, saved) => self.restore(text, saved),
            Move::Switch(to) => match self.lab.switch(*to) {
                Ok(_) => News::Switched(*to),
                Err(why) => News::Refused(why),
            },
            Move::Visit(number) => match self.lab.visit(*number) {
                Some(_) => News::Switched(self.lab.current()),
                None => News::NoMore,
            },
            Move::Bookmark(text) => {
                self.lab.bookmark(text);
                News::Bookmarked(text.clone())
            }
        }
    }

    /// Tells how far it is; whether to give up.
    fn pause(&mut self, far: Option<u32>) -> bool {
        let since = self.told.elapsed();
        // Portions of about the length in which the screen is drawn again.
        if since < PORTION / 2 {
            self.portion = self.portion.saturating_mul(2);
        } else {
            if since > PORTION * 2 {
                self.portion = (self.portion / 2).max(FEW);
            }
            (self.worker.tell)(Told::Going(Box::new(self.lab.clone()), far));
            self.told = Instant::now();
        }
        (self.worker.stopped)()
    }

    /// To the last mark of a kind; where there is none, it stays.
    fn back_to(&mut self, wanted: impl Fn(&Mark) -> bool) -> News {
        let here = self.lab.position().event;
        if self.lab.marks().rev().any(|mark| mark.event < here && wanted(mark)) {
            edge(self.lab.last_mark(wanted))
        } else {
            News::NoMore
        }
    }

    fn facts(&mut self, n: u64) -> News {
        for _ in 0..n {
            match self.search(|lab, most| lab.next_fact(most)) {
                News::Quiet => {}
                other => return other,
            }
            if (self.worker.stopped)() {
                break;
            }
        }
        News::Quiet
    }

    /// Plays on until something is found.
    fn search(&mut self, find: impl Fn(&mut Lab, u64) -> Stopped) -> News {
        loop {
            match find(self.lab, self.portion) {
                Stopped::Found => return News::Quiet,
                Stopped::AtTheEdge => return News::Over,
                Stopped::Asked => return self.asked(),
                Stopped::Paused => {}
            }
            if self.pause(self.far(None)) {
                return News::Quiet;
            }
        }
    }

    fn to(&mut self, target: Target) -> News {
        let (here, branch) = (self.lab.position(), self.lab.current());
        let furthest = self.lab.branch(branch).map_or(here, |b| b.furthest());
        match target {
            Target::Event(event) if event > furthest.event => self.forth(Some(event), None),
            Target::Time(time) if time > furthest.time => self.forth(None, Some(time)),
            Target::End => self.forth(None, None),
            target => {
                self.lab.seek(target);
                News::Quiet
            }
        }
    }

    /// Plays on to an event, a time or the end, whichever comes first.
    fn forth(&mut self, event: Option<u64>, time: Option<Time>) -> News {
        let goal = event.unwrap_or(u64::MAX);
        loop {
            let from = self.lab.position();
            self.lab.seek(Target::Event(from.event.saturating_add(self.portion).min(goal)));
            let late = time.is_some_and(|time| self.lab.position().time > time);
            if late && let Some(time) = time {
                self.lab.seek(Target::Time(time));
            }
            let here = self.lab.position();
            if self.lab.held().is_some() && (late || here.event < goal) {
                return self.asked();
            }
            if late || here.event >= goal {
                return News::Quiet;
            }
            if self.lab.ended().is_some() || here.event == from.event {
                self.lab.seek(time.map_or(Target::End, Target::Time));
                return if event.is_none() && time.is_none() { News::Over } else { News::Quiet };
            }
            if self.pause(self.far(event)) {
                return News::Quiet;
            }
        }
    }

    /// The run waits for an answer.
    fn asked(&self) -> News {
        self.lab.held().map_or(News::Over, News::Asked)
    }

    /// How far the run is, in thousandths.
    fn far(&self, event: Option<u64>) -> Option<u32> {
        let here = self.lab.position();
        let share = |part: u64, whole: u64| {
            (whole > 0).then(|| (u128::from(part) * 1000 / u128::from(whole)).min(1000) as u32)
        };
        let scenario = self.lab.state().model.scenario();
        match (event, scenario.ends) {
            (Some(event), _) => share(here.event, event),
            (None, Ends::At(end)) => share(here.time.0, end.0),
            (None, _) => None,
        }
    }

    fn words(&mut self, way: Way, words: &str) -> News {
        let start = self.lab.position();
        let needle = words.to_lowercase();
        loop {
            let last = self.lab.position().event;
            let stopped = match way {
                Way::Forth => self.lab.next_fact(self.portion),
                Way::Back => self.lab.last_fact(),
            };
            if stopped == Stopped::Asked {
                return self.asked();
            }
            let here = self.lab.position().event;
            let hit = here != last
                && self.lab.facts_here().any(|stated| {
                    let directory = self.lab.directory();
                    stated.fact.name().contains(&needle)
                        || [Lang::En, Lang::Zh].iter().any(|lang| {
                            let told = sentence(&stated.fact, directory, *lang);
                            told.to_lowercase().contains(&needle)
                        })
                });
            if hit {
                return News::Quiet;
            }
            if stopped == Stopped::AtTheEdge {
                self.lab.seek(Target::Event(start.event));
                return News::NotFound(words.to_string());
            }
            if self.told.elapsed() > PORTION && self.pause(self.far(None)) {
                return News::Quiet;
            }
        }
    }

    fn restore(&mut self, text: &str, saved: &Saved) -> News {
        let name = self.lab.name().to_string();
        match Lab::restore(&name, text, saved) {
            Ok((lab, dropped)) => {
                *self.lab = lab;
                News::Restored(dropped)
            }
            Err(mistakes) => News::Mistakes(mistakes),
        }
    }

    fn inject(&mut self, action: &Action) -> News {
        let branch = self.lab.current();
        match self.lab.inject(action.clone()) {
            Ok(done) if done.branch == branch => News::Done(Box::new(done.intervention)),
            Ok(done) => News::DoneOnBranch(Box::new(done.intervention), done.branch),
            Err(why) => News::Refused(why),
        }
    }
}

fn is_anomaly(kind: MarkKind) -> bool {
    matches!(kind, MarkKind::Anomaly(_))
}

fn edge(stopped: Stopped) -> News {
    if stopped == Stopped::Found { News::Quiet } else { News::NoMore }
}

fn branched(result: Result<BranchId, Refused>) -> News {
    match result {
        Ok(branch) => News::Branched(branch),
        Err(why) => News::Refused(why),
    }
}

/// Finds something out.
pub fn look(mut lab: Lab, what: &Look, worker: &mut Worker<'_>) {
    let stopped = worker.stopped;
    let mut go_on = |_| !stopped();
    let found = match what {
        Look::Explain(message, lang) => explain(&mut lab, *message, *lang, worker),
        Look::Compare(left, right) => match lab.compare_while(*left, *right, &mut go_on) {
            Ok(found) => Found::Compared(*left, *right, Box::new(found)),
            Err(why) => Found::Refused(why),
        },
        Look::Export(branch) => match lab.export_while(*branch, &mut go_on) {
            Ok(export) => Found::Exported(Box::new(export)),
            Err(why) => Found::Refused(why),
        },
        Look::Outcome(branch) => match lab.outcome_while(*branch, &mut go_on) {
            Ok(outcome) => Found::Outcome(Box::new(outcome)),
            Err(why) => Found::Refused(why),
        },
        Look::Sweep(branch, seeds) => sweep(&lab, *branch, *seeds, worker),
        Look::Decide(question) => match Lesson::decide(&lab, *question) {
            Ok(decision) => Found::Decided(*question, decision),
            Err(why) => Found::Failed(why.to_string()),
        },
    };
    (worker.tell)(Told::Answer(found));
}

fn explain(lab: &mut Lab, message: MessageId, lang: Lang, worker: &mut Worker<'_>) -> Found {
    let outcome = lab.account_of(message);
    let scenario = lab.state().model.scenario().clone();
    let told = life(&scenario, &outcome, message, lang);
    (worker.tell)(Told::Part(Found::Life(Box::new(told))));
    let stopped = worker.stopped;
    match lab.cures_while(message, CURE_EVENTS, &mut |_| !stopped()) {
        Ok(cures) => Found::Cures(message, cures),
        Err(why) => Found::Refused(why),
    }
}

/// How often a sweep tells how far it is.
const TELLS: Duration = Duration::from_millis(50);

fn sweep(lab: &Lab, branch: BranchId, seeds: u64, worker: &mut Worker<'_>) -> Found {
    let mut told = None;
    let Worker { tell, stopped } = worker;
    let swept = lab.sweep_while(branch, seeds, &mut |swept| {
        if told.is_none_or(|told: Instant| told.elapsed() >= TELLS) {
            told = Some(Instant::now());
            tell(Told::Part(Found::Swept(Box::new(swept.clone()))));
        }
        !stopped()
    });
    match swept {
        Ok(swept) => Found::Swept(Box::new(swept)),
        Err(why) => Found::Refused(why),
    }
}
