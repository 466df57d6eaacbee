//! The session: branches, where the person is, and what they do.

use super::branch::{Branch, BranchId, Change};
use super::course::Course;
use super::effect::without_effect;
use super::input::{Intervention, Position, Target};
use super::lesson::Place;
use super::offers::{Variant, first_problem};
use crate::cluster;
use crate::cluster::run::{Ended, Outcome, Prepared};
use crate::fact::Directory;
use crate::kernel::Time;
use crate::scenario::model::{Action, Expectations, Prediction, Text};
use crate::scenario::{Diagnostic, Scenario, apply_set, apply_what_if, parse};
use crate::view::{Mark, Options as ViewOptions, Series, Timeline, View};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A session over one scenario. A copy costs little and shares snapshots and logs, so long work can
/// be given a copy of its own.
#[derive(Clone)]
pub struct Lab {
    name: String,
    pub(super) branches: Vec<Branch>,
    pub(super) current: BranchId,
    bookmarks: Vec<Bookmark>,
}

/// A place a person wants to find again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Bookmark {
    /// The branch.
    pub branch: BranchId,
    /// The event.
    pub event: u64,
    /// What they wrote.
    pub text: String,
}

/// What came of an action done by hand.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Injected {
    /// The action with its place.
    pub intervention: Intervention,
    /// The branch it was done on; a new one if something had been done later on the old one.
    pub branch: BranchId,
}

/// Why something was not done. Nothing has changed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refused {
    /// The action has no effect on the world as it is.
    #[error("nothing happened: {}", .0.en)]
    WithoutEffect(Text),
    /// The run is over.
    #[error("the run is over; go back to a moment at which something can still happen")]
    Over,
    /// There is no such branch.
    #[error("there is no branch {}", .0.0)]
    NoBranch(BranchId),
    /// The changed scenario is wrong.
    #[error("{}", .0.first().map_or("the scenario has mistakes", |d| d.message.as_str()))]
    Scenario(Vec<Diagnostic>),
    /// An action that made sense before does not make sense in the changed scenario.
    #[error("an earlier intervention does not fit: {0}")]
    Intervention(String),
    /// The scenario has no such what-if.
    #[error("there is no what-if `{0}`")]
    NoWhatIf(String),
    /// What was done by hand cannot be written as a file that comes to the same.
    #[error("what was done by hand cannot be run again as a file: {0}")]
    NotFaithful(String),
    /// Whoever asked gave up before the end of a run was reached.
    #[error("stopped before the end of the run")]
    Stopped,
}

impl Refused {
    /// The reason in both languages.
    pub fn text(&self) -> Text {
        let zh = match self {
            Refused::WithoutEffect(why) => format!("什么也没有发生：{}", why.zh),
            Refused::Over => "运行已经结束，请回到还会有事发生的时刻".into(),
            Refused::NoBranch(id) => format!("没有分支 {}", id.0),
            // Diagnostics are written in English.
            Refused::Scenario(diagnostics) => first_problem(diagnostics),
            Refused::Intervention(why) => format!("之前的某次操作在这里做不了：{why}"),
            Refused::NoWhatIf(name) => format!("没有名为 {name} 的 what-if"),
            Refused::NotFaithful(why) => format!("手动操作无法写成结果相同的文件来重新运行：{why}"),
            Refused::Stopped => "运行尚未结束就被停止".into(),
        };
        Text::new(self.to_string(), zh)
    }

    fn nothing(why: String) -> Refused {
        let zh = crate::scenario::in_chinese(&why).unwrap_or_else(|| why.clone());
        Refused::WithoutEffect(Text::new(why, zh))
    }
}

impl Lab {
    /// Opens a scenario. `name` is its catalogue name or path, `text` the file.
    pub fn open(name: &str, text: &str) -> Result<Lab, Vec<Diagnostic>> {
        let parsed = parse(name, text);
        let scenario = parsed.scenario.ok_or(parsed.diagnostics)?;
        Ok(Lab::of(name, Arc::new(scenario), text))
    }

    /// Opens a scenario that has been read already; `text` is what it was read from.
    pub fn of(name: &str, scenario: Arc<Scenario>, text: &str) -> Lab {
        let seed = scenario.seed;
        let branches = vec![Branch::root(scenario, seed, text.into())];
        Lab { name: name.into(), branches, current: BranchId(0), bookmarks: Vec::new() }
    }

    /// The same with another seed.
    pub fn with_seed(mut self, seed: u64) -> Lab {
        let root = &self.branches[0];
        self.branches = vec![Branch::root(root.scenario().clone(), seed, root.source.clone())];
        self.current = BranchId(0);
        self
    }

    /// The same with snapshots so many events apart; it changes what seeking costs, nothing else.
    /// To be asked for before anything is played.
    pub fn with_snapshots_every(mut self, events: u64) -> Lab {
        self.course_mut().space_snapshots(events);
        self
    }

    // ── what is ──────────────────────────────────────────────────────────────────────────────

    /// The name it was opened with.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The seed of the current branch.
    pub fn seed(&self) -> u64 {
        self.course().seed
    }

    /// All branches, by their numbers.
    pub fn branches(&self) -> &[Branch] {
        &self.branches
    }

    /// A branch.
    pub fn branch(&self, id: BranchId) -> Option<&Branch> {
        self.branches.get(id.0)
    }

    /// The branch the person is on.
    pub fn current(&self) -> BranchId {
        self.current
    }

    /// Where the person is.
    pub fn position(&self) -> Position {
        self.course().here().position()
    }

    /// The world there, with its time and agenda.
    pub fn state(&self) -> &cluster::Lab {
        &self.course().here().state
    }

    /// The world at the furthest place of the branch that was played.
    pub fn played(&self) -> &cluster::Lab {
        &self.course().head().state
    }

    /// The digest of everything that happened up to there.
    pub fn digest(&self) -> u64 {
        self.state().kernel.digest()
    }

    /// The names behind ids.
    pub fn directory(&self) -> &Directory {
        &self.state().model.directory
    }

    /// Why the run is over here, if it is.
    pub fn ended(&self) -> Option<Ended> {
        self.course().here().ended()
    }

    /// Marks of the current branch, as far as it was played.
    pub fn marks(&self) -> impl DoubleEndedIterator<Item = &Mark> + ExactSizeIterator {
        self.course().watch().marks.iter()
    }

    /// Counts over time of the current branch, as far as it was played.
    pub fn series(&self) -> &Series {
        &self.course().watch().series
    }

    /// What a screen shows of this moment, the timeline of the branch included.
    pub fn view(&self, options: &ViewOptions) -> View {
        let mut view = View::of(self.state(), options);
        let watch = self.course().watch();
        view.timeline = Some(Timeline {
            marks: watch.marks.clone(),
            series: watch.series.clone(),
            furthest: self.course().head().now(),
        });
        view
    }

    /// How many coarse and fine snapshots the current branch keeps.
    pub fn snapshots(&self) -> (usize, usize) {
        self.course().snapshots().count()
    }

    pub(super) fn course(&self) -> &Course {
        &self.branches[self.current.0].course
    }

    pub(super) fn course_mut(&mut self) -> &mut Course {
        &mut self.branches[self.current.0].course
    }

    // ── going ────────────────────────────────────────────────────────────────────────────────

    /// Goes to a place of the current branch; past the end it goes to the end.
    pub fn seek(&mut self, target: Target) -> Position {
        self.course_mut().seek(target);
        self.position()
    }

    /// Plays on for `events` events at most.
    pub fn play(&mut self, events: u64) -> Position {
        let event = self.position().event.saturating_add(events);
        // `u64::MAX` would mean the end, and so would anything near it.
        self.seek(Target::Event(event))
    }

    // ── breaking things ──────────────────────────────────────────────────────────────────────

    /// Does something at the present moment. Where something was done later on this branch, the
    /// past changes, and a new branch begins here.
    pub fn inject(&mut self, action: Action) -> Result<Injected, Refused> {
        if self.ended().is_some() {
            return Err(Refused::Over);
        }
        if let Some(why) = without_effect(self.state(), &action) {
            return Err(Refused::WithoutEffect(why));
        }
        if self.course().here().inputs < self.course().inputs.len() {
            let from = self.current;
            let mut branch = self.branches[from.0].fork(from, Change::Action);
            let done = branch.course.inject(action).map_err(Refused::nothing)?;
            self.branches.push(branch);
            self.current = BranchId(self.branches.len() - 1);
            return Ok(Injected { intervention: done, branch: self.current });
        }
        let done = self.course_mut().inject(action).map_err(Refused::nothing)?;
        self.branches[self.current.0].undone.clear();
        Ok(Injected { intervention: done, branch: self.current })
    }

    /// Takes back the last intervention of this branch and goes to where it was done. Where another
    /// branch has grown out of what followed it, this branch keeps it, and a new one without it
    /// begins there. `None`: nothing was done on it.
    pub fn undo(&mut self) -> Option<Intervention> {
        let current = self.current;
        let branch = &self.branches[current.0];
        let done = branch.course.inputs.len();
        if done <= branch.inherited {
            return None;
        }
        let mut others = self.branches.iter();
        if others.any(|other| other.parent == Some(current) && other.at.inputs >= done) {
            let input = branch.course.inputs[done - 1].clone();
            let before = Position { event: input.event, inputs: done - 1, time: Time::ZERO };
            let mut without = branch.fork_at(current, before, Change::Nothing);
            without.undone.push(input.clone());
            self.enter(without);
            return Some(input);
        }
        let branch = &mut self.branches[current.0];
        let input = branch.course.retract()?;
        branch.undone.push(input.clone());
        Some(input)
    }

    /// Does the intervention again that was taken back last. `None`: none was.
    pub fn redo(&mut self) -> Option<Intervention> {
        let branch = &mut self.branches[self.current.0];
        let input = branch.undone.pop()?;
        branch.course.repeat(&input).ok()
    }

    // ── branches ─────────────────────────────────────────────────────────────────────────────

    /// Begins a branch here and goes there. The branch left stays as it is.
    pub fn fork(&mut self) -> BranchId {
        let branch = self.branches[self.current.0].fork(self.current, Change::Nothing);
        self.enter(branch)
    }

    /// Begins a branch here with an action.
    pub fn fork_with_action(&mut self, action: Action) -> Result<BranchId, Refused> {
        if self.ended().is_some() {
            return Err(Refused::Over);
        }
        let mut branch = self.branches[self.current.0].fork(self.current, Change::Action);
        branch.course.inject(action).map_err(Refused::nothing)?;
        Ok(self.enter(branch))
    }

    /// Begins a branch in which settings of the scenario are others from the start of the run, as
    /// with `--set`. What was done by hand is done again at the same moments; the person is at the
    /// same moment.
    pub fn fork_with_settings(
        &mut self,
        changes: &[(String, String)],
    ) -> Result<BranchId, Refused> {
        self.fork_as(&Change::Settings(changes.to_vec()), self.position())
    }

    /// Begins a branch with a what-if of the scenario, or with another seed. As with settings, what
    /// was done by hand is done again.
    pub fn fork_with(&mut self, variant: &Variant) -> Result<BranchId, Refused> {
        let change = match variant {
            Variant::Seed(seed) => Change::Seed(*seed),
            Variant::WhatIf(name) => Change::WhatIf(name.clone()),
        };
        self.fork_as(&change, self.position())
    }

    /// Begins a branch with a change that holds from the start, as if the person were at a place of
    /// the current branch.
    pub(super) fn fork_as(&mut self, change: &Change, at: Position) -> Result<BranchId, Refused> {
        let from = &self.branches[self.current.0];
        let (source, seed) = match change {
            Change::Settings(changes) => {
                let source = apply_set(&from.source, changes).map_err(Refused::Scenario)?;
                (source, from.course.seed)
            }
            Change::WhatIf(name) => {
                let root = &self.branches[0];
                let mut what_ifs = root.scenario().what_ifs.iter();
                let what_if = what_ifs.find(|w| w.name == *name);
                let what_if = what_if.ok_or_else(|| Refused::NoWhatIf(name.clone()))?;
                let source = apply_what_if(&root.source, what_if).map_err(Refused::Scenario)?;
                (source, from.course.seed)
            }
            Change::Seed(seed) => (from.source.to_string(), *seed),
            Change::Nothing | Change::Action => return Ok(self.fork()),
        };
        self.fork_again(source, seed, change.clone(), at)
    }

    /// Begins a branch that plays another text or another seed from the start.
    fn fork_again(
        &mut self,
        source: String,
        seed: u64,
        change: Change,
        at: Position,
    ) -> Result<BranchId, Refused> {
        let from = &self.branches[self.current.0];
        let parsed = parse(&self.name, &source);
        let scenario: Scenario = parsed.scenario.ok_or(Refused::Scenario(parsed.diagnostics))?;
        let mut course = Course::new(Arc::new(scenario), seed);
        for input in from.course.inputs.iter().take(at.inputs) {
            course.seek(Target::Time(input.time));
            course.inject(input.action.clone()).map_err(Refused::Intervention)?;
        }
        if at.time > course.here().now() {
            course.seek(Target::Time(at.time));
        }
        course.open.clone_from(&from.course.open);
        let branch = Branch {
            parent: Some(self.current),
            at,
            change,
            source: source.into(),
            inherited: course.inputs.len(),
            course,
            undone: Vec::new(),
        };
        Ok(self.enter(branch))
    }

    pub(super) fn enter(&mut self, branch: Branch) -> BranchId {
        self.branches.push(branch);
        self.current = BranchId(self.branches.len() - 1);
        self.current
    }

    /// Goes to another branch, where the person was there last.
    pub fn switch(&mut self, to: BranchId) -> Result<Position, Refused> {
        if to.0 >= self.branches.len() {
            return Err(Refused::NoBranch(to));
        }
        self.current = to;
        Ok(self.position())
    }

    /// The course of a branch, played to its end for as long as `go_on` says so. Where questions are
    /// open, that is done on a copy, so that nothing is given away.
    pub(super) fn finished(
        &mut self,
        id: BranchId,
        go_on: &mut dyn FnMut(u64) -> bool,
    ) -> Result<Course, Refused> {
        let branch = self.branches.get_mut(id.0).ok_or(Refused::NoBranch(id))?;
        if branch.course.open.is_empty() {
            let done = branch.course.finish_while(go_on);
            return if done { Ok(branch.course.clone()) } else { Err(Refused::Stopped) };
        }
        let mut course = branch.course.clone();
        course.open.clear();
        if course.finish_while(go_on) { Ok(course) } else { Err(Refused::Stopped) }
    }

    // ── lessons ──────────────────────────────────────────────────────────────────────────────

    /// The questions of the scenario.
    pub(super) fn predictions(&self) -> &[Prediction] {
        &self.course().scenario.predictions
    }

    /// Lets no branch be played past these questions.
    pub(super) fn hold_at(&mut self, questions: &[usize]) {
        for branch in &mut self.branches {
            branch.course.open = questions.to_vec();
        }
    }

    /// The question of the current branch that waits for an answer.
    pub fn held(&self) -> Option<usize> {
        self.course().held()
    }

    /// Where a question is asked, as far as the current branch was played.
    pub(super) fn asked_at(&self, question: usize) -> Option<Place> {
        self.course().watch().asked.place(question)
    }

    /// The furthest place to which the current branch was played.
    pub fn furthest(&self) -> Position {
        self.course().head().position()
    }

    // ── bookmarks and outcomes ───────────────────────────────────────────────────────────────

    /// Remembers this place under a text.
    pub fn bookmark(&mut self, text: &str) {
        let (branch, event) = (self.current, self.position().event);
        self.bookmarks.push(Bookmark { branch, event, text: text.into() });
    }

    pub(super) fn set_bookmarks(&mut self, bookmarks: Vec<Bookmark>) {
        self.bookmarks = bookmarks;
        let branches = self.branches.len();
        self.bookmarks.retain(|b| b.branch.0 < branches);
    }

    /// All bookmarks, in the order they were made.
    pub fn bookmarks(&self) -> &[Bookmark] {
        &self.bookmarks
    }

    /// Forgets a bookmark.
    pub fn forget_bookmark(&mut self, number: usize) {
        if number < self.bookmarks.len() {
            self.bookmarks.remove(number);
        }
    }

    /// Goes to a bookmark, on whatever branch it is.
    pub fn visit(&mut self, number: usize) -> Option<Position> {
        let Bookmark { branch, event, .. } = *self.bookmarks.get(number)?;
        self.switch(branch).ok()?;
        Some(self.seek(Target::Event(event)))
    }

    /// Plays a branch to its end and says what came of it; the person stays where they are, and open
    /// questions stay open.
    pub fn outcome(&mut self, id: BranchId) -> Result<Outcome, Refused> {
        self.outcome_while(id, &mut |_| true)
    }

    /// The same for as long as `go_on` says so: it is asked every so many events of what was not
    /// played yet, with the number of the last one.
    pub fn outcome_while(
        &mut self,
        id: BranchId,
        go_on: &mut dyn FnMut(u64) -> bool,
    ) -> Result<Outcome, Refused> {
        let course = self.finished(id, go_on)?;
        let scenario = course.scenario.clone();
        Ok(conclude(&course, scenario))
    }

    /// What became of the messages of a branch in the end, without judging the sentences of the
    /// file, which may take further runs.
    pub fn fates_while(
        &mut self,
        id: BranchId,
        go_on: &mut dyn FnMut(u64) -> bool,
    ) -> Result<Outcome, Refused> {
        let course = self.finished(id, go_on)?;
        let silent = Scenario {
            expect: Expectations::default(),
            predictions: Vec::new(),
            ..(*course.scenario).clone()
        };
        Ok(conclude(&course, Arc::new(silent)))
    }
}

/// What came of a course that was played to its end, judged by the sentences of a scenario.
fn conclude(course: &Course, scenario: Arc<Scenario>) -> Outcome {
    let ended = course.head().ended().unwrap_or(Ended::Quiet);
    Prepared::new(scenario, false).conclude(&course.head().state, course.seed, ended)
}
