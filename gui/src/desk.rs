//! An open scenario: the lab, what is selected in it, and how time runs.

use crate::going::{Arrived, Goal, Going, forth};
use crate::work::{Ask, At, Moment, Telling, Told, Works};
use mqlab::fact::MessageId;
use mqlab::kernel::Time;
use mqlab::lab::command::Situation;
use mqlab::lab::{
    BranchId, Comparison, Cures, Feedback, Lab, Lesson, LessonProgress, Selection, Swept, Target,
};
use mqlab::ledger::verdict::Judged;
use mqlab::scenario::model::Text;
use mqlab::story::Lang;
use mqlab::story::explain::life::Life;
use mqlab::view::{Options, View};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Simulated nanoseconds a second.
pub const SPEEDS: [u64; 14] = [
    100_000,
    200_000,
    500_000,
    1_000_000,
    2_000_000,
    5_000_000,
    10_000_000,
    20_000_000,
    50_000_000,
    100_000_000,
    500_000_000,
    1_000_000_000,
    10_000_000_000,
    60_000_000_000,
];
/// A packet between two machines of one zone is seen for a quarter of a second.
const COMFORTABLE: usize = 3;
/// After so many seconds without a fact, time runs faster.
const PATIENCE: f64 = 0.6;
/// By how much at most.
const FASTEST: f64 = 100_000.0;
/// Messages and facts up to which the whole story is told at every moment.
const FEW: u64 = 20_000;

/// Time that runs.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Playing {
    /// Seconds since the last fact.
    quiet: f64,
    /// How many times faster than asked for.
    pub boost: f64,
    /// Events that fit into a frame.
    portion: u64,
    /// Nanoseconds that were too few to pass.
    rest: f64,
}

/// Two branches beside each other.
pub struct Compared {
    /// The first branch.
    pub left: BranchId,
    /// The second branch.
    pub right: BranchId,
    /// What they have in common and what not.
    pub found: Box<Comparison>,
}

/// An open scenario.
pub struct Desk {
    /// How it was asked for: the catalogue name or the path.
    pub name: String,
    /// Whether it is a file on the disk.
    pub file: bool,
    /// The session.
    pub lab: Lab,
    /// What a screen shows of this moment.
    pub view: View,
    viewed: Option<(Moment, Options)>,
    /// The person's way through the questions.
    pub lesson: Lesson,
    /// What they were told after their answers, by question.
    pub feedback: BTreeMap<usize, Feedback>,
    /// The moral, once they have seen the end.
    pub moral: Option<Text>,
    /// The end was seen, and noted.
    concluded: bool,
    /// What is selected.
    pub selected: Selection,
    /// The message that every panel follows.
    pub message: Option<MessageId>,
    /// Whether lanes the cluster keeps for itself are shown.
    pub internal: bool,
    /// The offset the lanes are scrolled to; `None`: they follow their ends.
    pub around: Option<u64>,
    /// How many cells of a lane fit.
    pub cells: u64,
    /// Time that runs.
    pub playing: Option<Playing>,
    /// How fast, as a place in [`SPEEDS`].
    pub speed: usize,
    /// A range that is played again and again.
    pub looping: Option<(Time, Time)>,
    going: Option<Going>,
    works: Works,
    pub(crate) telling: Option<At<Box<Telling>>>,
    pub(crate) life: Option<At<Box<Life>>>,
    /// The fates are listed although there are many.
    pub(crate) list_many: bool,
    pub(crate) cure: Option<(MessageId, Cures)>,
    /// Two branches beside each other.
    pub compared: Option<Compared>,
    pub(crate) beside: Option<Beside>,
    pub(crate) judged: Option<(BranchId, Vec<Judged>)>,
    pub(crate) swept: Option<Swept>,
}

/// Two branches at one moment.
pub(crate) struct Beside {
    of: (Moment, BranchId, BranchId),
    pub left: View,
    pub right: View,
}

/// What happened at a desk that the program should say or do.
#[derive(Clone, PartialEq, Debug)]
pub enum Happened {
    /// Something was refused or failed.
    Problem(Text),
    /// A question waits.
    Asked,
    /// The run is over.
    Over,
    /// There is no more of what was looked for.
    NoMore,
    /// A scenario file is ready to be written.
    Exported(String, String),
    /// A comparison is there to be looked at.
    Compared,
    /// Progress or session changed.
    Changed,
}

impl Desk {
    /// A desk with this lab on it. With `inline`, nothing is done on other threads.
    pub fn new(mut lab: Lab, file: bool, progress: LessonProgress, inline: bool) -> Desk {
        let lesson = Lesson::begin(&mut lab, progress);
        let options = Options::default();
        Desk {
            name: lab.name().into(),
            file,
            view: lab.view(&options),
            viewed: None,
            lesson,
            feedback: BTreeMap::new(),
            moral: None,
            concluded: false,
            selected: Selection::Nothing,
            message: None,
            internal: false,
            around: None,
            cells: 64,
            playing: None,
            speed: COMFORTABLE,
            looping: None,
            going: None,
            works: if inline { Works::inline() } else { Works::default() },
            telling: None,
            life: None,
            list_many: false,
            cure: None,
            compared: None,
            beside: None,
            judged: None,
            swept: None,
            lab,
        }
    }

    /// Where the lab stands.
    pub(crate) fn moment(&self) -> Moment {
        Moment::of(&self.lab)
    }

    /// Whether a frame must follow this one.
    pub fn is_moving(&self) -> bool {
        self.playing.is_some() || self.going.is_some()
    }

    /// Whether something is being found out.
    pub fn is_working(&self) -> bool {
        self.works.any()
    }

    /// Whether something of this kind is being found out.
    pub(crate) fn finds(&self, like: impl Fn(&Ask) -> bool) -> bool {
        self.works.is(like)
    }

    /// Begins to find something out.
    pub(crate) fn ask(&mut self, ask: Ask, ctx: &egui::Context) {
        self.works.ask(ask, &self.lab, ctx);
    }

    /// Stops what is being found out.
    pub(crate) fn stop(&mut self, like: impl Fn(&Ask) -> bool) {
        self.works.stop(like);
        self.going = None;
    }

    /// Goes somewhere, from this frame on.
    pub(crate) fn go(&mut self, goal: Goal) {
        self.playing = None;
        self.going = Some(Going::new(goal));
    }

    /// Goes somewhere that was played before, at once.
    pub fn seek(&mut self, target: Target) {
        let furthest = self.lab.furthest();
        let near = match target {
            Target::Event(event) => event <= furthest.event,
            Target::Time(time) => time <= furthest.time,
            Target::End => false,
        };
        match near {
            true => drop(self.lab.seek(target)),
            false => self.go(Goal::To(target)),
        }
    }

    /// Goes on until the journey under way is over.
    pub(crate) fn arrive(&mut self) {
        if let Some(mut going) = self.going.take() {
            while going.on(&mut self.lab).is_none() {}
        }
    }

    /// Lets time run, or stops it.
    pub fn play(&mut self, on: bool) {
        self.going = None;
        let begun = Playing { quiet: 0.0, boost: 1.0, portion: 4_096, rest: 0.0 };
        self.playing = on.then_some(begun);
    }

    /// One frame: time passes, journeys go on, answers arrive.
    pub fn advance(&mut self, seconds: f64) -> Vec<Happened> {
        let mut happened = Vec::new();
        if let Some(mut going) = self.going.take() {
            match going.on(&mut self.lab) {
                None => self.going = Some(going),
                Some(Arrived::There) => {}
                Some(Arrived::Edge) => happened.push(match self.lab.ended() {
                    Some(_) => Happened::Over,
                    None => Happened::NoMore,
                }),
                Some(Arrived::Asked) => happened.push(Happened::Asked),
            }
        }
        if self.playing.is_some() {
            self.run(seconds, &mut happened);
        }
        for told in self.works.news() {
            self.hear(told, &mut happened);
        }
        if self.lab.ended().is_some() && !self.concluded {
            self.concluded = true;
            self.moral = self.lesson.moral(&self.lab);
            happened.push(Happened::Changed);
        }
        happened
    }

    fn run(&mut self, seconds: f64, happened: &mut Vec<Happened>) {
        let Some(mut playing) = self.playing else { return };
        let before = self.lab.position();
        let rate = SPEEDS.get(self.speed).copied().unwrap_or(SPEEDS[COMFORTABLE]) as f64;
        // A window that was hidden does not make up for it.
        let seconds = seconds.min(0.1);
        let nanos = seconds * rate * playing.boost + playing.rest;
        playing.rest = nanos.fract();
        let mut to = Time(before.time.0.saturating_add(nanos as u64));
        if let Some((from, until)) = self.looping
            && (before.time >= until || before.time < from)
        {
            self.lab.seek(Target::Time(from));
            to = from;
        }
        let begun = Instant::now();
        let arrived = match to <= self.lab.furthest().time {
            true => {
                self.lab.seek(Target::Time(to));
                Some(Arrived::There)
            }
            false => forth(&mut self.lab, playing.portion, u64::MAX, Some(to)),
        };
        if begun.elapsed() > Duration::from_millis(8) {
            playing.portion = (playing.portion / 2).max(64);
        }
        let history = self.lab.played().model.kept_facts();
        let fact = history.and_then(|history| history.after(before.event)).copied();
        let fact = fact.filter(|stated| stated.event <= self.lab.position().event);
        match fact {
            Some(stated) => {
                if playing.boost > 1.0 && stated.time < self.lab.position().time {
                    self.lab.seek(Target::Time(stated.time));
                }
                (playing.quiet, playing.boost) = (0.0, 1.0);
            }
            None => {
                playing.quiet += seconds;
                if playing.quiet > PATIENCE {
                    playing.boost = (playing.boost * 1.0_f64.max(1.0 + 4.0 * seconds)).min(FASTEST);
                }
            }
        }
        self.playing = Some(playing);
        if self.waiting().is_some() && arrived == Some(Arrived::Asked) {
            self.playing = None;
            happened.push(Happened::Asked);
        } else if self.lab.ended().is_some() && self.looping.is_none() {
            self.playing = None;
            happened.push(Happened::Over);
        }
    }

    fn hear(&mut self, told: Told, happened: &mut Vec<Happened>) {
        match told {
            Told::Tell(told) => self.telling = Some(told),
            Told::Life(told) => self.life = Some(told),
            Told::Cure(message, found) => self.cure = Some((message, found)),
            Told::Compared(left, right, found) => {
                self.compared = Some(Compared { left, right, found });
                happened.push(Happened::Compared);
            }
            Told::Decided(number, decision) => {
                let feedback = self.lesson.learn(&self.lab, number, &decision);
                self.feedback.extend(feedback.map(|feedback| (number, feedback)));
                happened.push(Happened::Changed);
            }
            Told::Judged(branch, verdicts) => self.judged = Some((branch, verdicts)),
            Told::Exported(path, export) => {
                if let mqlab::lab::Faithful::No(why) = &export.faithful {
                    happened.push(Happened::Problem(Text::new(
                        format!("The file does not do exactly what was done here: {why}"),
                        format!("写出的文件与这里的操作不完全一致：{why}"),
                    )));
                }
                happened.push(Happened::Exported(path, export.text));
            }
            Told::Branched(lab) => {
                self.lab = *lab;
                self.cure = None;
                happened.push(Happened::Changed);
            }
            Told::Swept(swept) => self.swept = Some(swept),
            Told::Refused(why) => happened.push(Happened::Problem(why.text())),
            Told::Failed(why) => happened.push(Happened::Problem(Text::new(why.clone(), why))),
        }
    }

    /// Looks at the lab again if it, or how it is looked at, has changed.
    pub fn refresh(&mut self) {
        let options = Options {
            cells: self.cells,
            around: self.around,
            packets: 400,
            timers: 64,
            facts: 0,
            internal: self.internal,
            ..Options::default()
        };
        let key = (self.moment(), options);
        if self.viewed != Some(key) {
            self.view = self.lab.view(&options);
            self.viewed = Some(key);
        }
    }

    /// Whether there is so little that the whole story is told at every moment.
    pub fn is_small(&self) -> bool {
        let facts = self.lab.played().model.kept_facts().map_or(0, |history| history.total());
        u64::from(self.lab.directory().message_count()).max(facts) <= FEW
    }

    /// Has the story up to here told, unless that would take long and nobody asked for it.
    pub(crate) fn want_telling(&mut self, lang: Lang, ctx: &egui::Context) {
        let fresh = self.telling.as_ref().is_some_and(|t| t.is_for(self.moment(), lang));
        let wanted = self.is_small() || self.list_many && !self.is_moving();
        if !fresh && wanted && !self.finds(|ask| matches!(ask, Ask::Tell(_))) {
            self.ask(Ask::Tell(lang), ctx);
        }
    }

    /// Has the life of the message told that is followed.
    pub(crate) fn want_life(&mut self, lang: Lang, ctx: &egui::Context) {
        let Some(message) = self.message else { return };
        let fresh = self
            .life
            .as_ref()
            .is_some_and(|l| l.is_for(self.moment(), lang) && l.value.message == message);
        let wanted = self.is_small() || !self.is_moving();
        if !fresh && wanted && !self.finds(|ask| matches!(ask, Ask::Life(..))) {
            self.ask(Ask::Life(message, lang), ctx);
        }
    }

    /// Looks at both compared branches at the moment shown.
    pub(crate) fn want_beside(&mut self) -> bool {
        let Some(compared) = &self.compared else { return false };
        let of = (self.moment(), compared.left, compared.right);
        if self.beside.as_ref().is_some_and(|beside| beside.of == of) {
            return false;
        }
        let options = Options { packets: 0, timers: 0, facts: 0, ..Options::default() };
        let time = self.lab.position().time;
        let look = |branch: BranchId| {
            // A copy of a lab is cheap, and the person stays where they are.
            let mut other = self.lab.clone();
            if branch != other.current() {
                other.switch(branch).ok()?;
                other.seek(Target::Time(time));
            }
            Some(other.view(&options))
        };
        let (left, right) = (look(of.1), look(of.2));
        self.beside = left.zip(right).map(|(left, right)| Beside { of, left, right });
        true
    }

    /// Whether a branch is being made: what would be done meanwhile would be lost.
    pub(crate) fn is_branching(&self) -> bool {
        self.finds(|ask| matches!(ask, Ask::Set(_) | Ask::Vary(_)))
    }

    /// What decides which commands apply.
    pub fn situation(&self) -> Situation {
        let branch = self.lab.branch(self.lab.current());
        let waiting = self.waiting();
        Situation {
            over: self.lab.ended().is_some(),
            at_start: self.lab.position().event == 0,
            message: self.message.is_some(),
            undo: branch.is_some_and(|b| b.interventions().len() > b.inherited()),
            redo: branch.is_some_and(|b| b.redoable() > 0),
            branches: self.lab.branches().len(),
            bookmarks: self.lab.bookmarks().len(),
            asked: waiting.is_some(),
            questions: self.lesson.questions(&self.lab).iter().any(|q| q.answer.is_none()),
            notes: *self.notes() != Text::default(),
            searched: false,
            changed_on_disk: false,
            working: self.is_working() || self.going.is_some(),
        }
    }

    /// The question that waits for an answer where the person is.
    pub fn waiting(&self) -> Option<usize> {
        let number = self.lesson.waiting(&self.lab)?;
        let place = self.lesson.questions(&self.lab).get(number)?.at?;
        (place.event <= self.lab.position().event).then_some(number)
    }

    /// The teacher's notes.
    pub fn notes(&self) -> &Text {
        &self.lab.state().model.scenario().notes
    }

    /// Follows a message in every panel; lanes scroll to it if none of its cells is in sight.
    pub fn follow(&mut self, message: Option<MessageId>) {
        self.message = message;
        let Some(message) = message else { return };
        let cells = self.view.lanes.iter().flat_map(|lane| &lane.replicas).flat_map(|r| &r.cells);
        if cells.into_iter().any(|cell| cell.message == Some(message)) {
            return;
        }
        let told = self.telling.as_ref();
        let entry = told.and_then(|told| told.value.entries.get(message.0 as usize));
        if let Some((_, offset)) = entry.and_then(|entry| entry.place) {
            self.around = Some(offset);
        }
    }

    /// The message next to the one that is followed, `by` places away.
    pub fn message_beside(&self, by: i64) -> Option<MessageId> {
        let count = i64::from(self.lab.directory().message_count());
        let at = self.message.map_or(if by > 0 { -1 } else { count }, |m| i64::from(m.0)) + by;
        (0..count).contains(&at).then_some(MessageId(at as u32))
    }

    /// The command that opens this moment in the window again.
    pub fn command(&self) -> String {
        let event = self.lab.position().event;
        format!("mqlab-gui --open {} --at '#{event}'", self.name)
    }
}
