//! The session: branches, where the person is, and what they do.

use super::branch::{Branch, BranchId, Change};
use super::course::Course;
use super::input::{Intervention, Position, Target};
use crate::cluster;
use crate::cluster::run::{Ended, Outcome, Prepared};
use crate::fact::Directory;
use crate::scenario::model::Action;
use crate::scenario::{Diagnostic, Scenario, apply_set, parse};
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
    #[error("nothing happened: {0}")]
    WithoutEffect(String),
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
}

impl Lab {
    /// Opens a scenario. `name` is its catalogue name or path, `text` the file.
    pub fn open(name: &str, text: &str) -> Result<Lab, Vec<Diagnostic>> {
        let parsed = parse(name, text);
        let scenario = parsed.scenario.ok_or(parsed.diagnostics)?;
        let seed = scenario.seed;
        let root = Branch::root(Arc::new(scenario), seed, text.into());
        let branches = vec![root];
        Ok(Lab { name: name.into(), branches, current: BranchId(0), bookmarks: Vec::new() })
    }

    /// The same with another seed.
    pub fn with_seed(mut self, seed: u64) -> Lab {
        let root = &self.branches[0];
        self.branches = vec![Branch::root(root.scenario().clone(), seed, root.source.clone())];
        self.current = BranchId(0);
        self
    }

    // ── what is ──────────────────────────────────────────────────────────────────────────────

    /// The name it was opened with.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The seed of every branch.
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
        if self.course().here().inputs < self.course().inputs.len() {
            let from = self.current;
            let mut branch = self.branches[from.0].fork(from, Change::Action);
            let done = branch.course.inject(action).map_err(Refused::WithoutEffect)?;
            self.branches.push(branch);
            self.current = BranchId(self.branches.len() - 1);
            return Ok(Injected { intervention: done, branch: self.current });
        }
        let done = self.course_mut().inject(action).map_err(Refused::WithoutEffect)?;
        self.branches[self.current.0].undone.clear();
        Ok(Injected { intervention: done, branch: self.current })
    }

    /// Takes back the last intervention of this branch and goes to where it was done. `None`:
    /// nothing was done on it.
    pub fn undo(&mut self) -> Option<Intervention> {
        let branch = &mut self.branches[self.current.0];
        if branch.course.inputs.len() <= branch.inherited {
            return None;
        }
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
        branch.course.inject(action).map_err(Refused::WithoutEffect)?;
        Ok(self.enter(branch))
    }

    /// Begins a branch in which settings of the scenario are others from the start of the run, as
    /// with `--set`. What was done by hand is done again at the same moments; the person is at the
    /// same moment.
    pub fn fork_with_settings(
        &mut self,
        changes: &[(String, String)],
    ) -> Result<BranchId, Refused> {
        let from = &self.branches[self.current.0];
        let source = apply_set(&from.source, changes).map_err(Refused::Scenario)?;
        let parsed = parse(&self.name, &source);
        let scenario: Scenario = parsed.scenario.ok_or(Refused::Scenario(parsed.diagnostics))?;
        let mut course = Course::new(Arc::new(scenario), from.course.seed);
        let now = from.course.here().now();
        for input in &from.course.inputs[..from.course.here().inputs] {
            course.seek(Target::Time(input.time));
            course.inject(input.action.clone()).map_err(Refused::Intervention)?;
        }
        if now > course.here().now() {
            course.seek(Target::Time(now));
        }
        let branch = Branch {
            parent: Some(self.current),
            at: from.course.here().position(),
            change: Change::Settings(changes.to_vec()),
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

    /// Plays a branch to its end and says what came of it; the person stays where they are.
    pub fn outcome(&mut self, id: BranchId) -> Result<Outcome, Refused> {
        let branch = self.branches.get_mut(id.0).ok_or(Refused::NoBranch(id))?;
        branch.course.finish();
        let course = &branch.course;
        let ended = course.head().ended().unwrap_or(Ended::Quiet);
        let prepared = Prepared::new(course.scenario.clone(), false);
        Ok(prepared.conclude(&course.head().state, course.seed, ended))
    }
}
