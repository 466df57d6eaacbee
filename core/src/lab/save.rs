//! A session as data that can be written down and taken up again.
//!
//! Nothing of the world is saved: only what was done and where. An action is saved as the lines of
//! a step, with names instead of numbers, so it is checked again when it is taken up, also in a
//! file that has changed meanwhile.

use super::action_text::{action_text, read_action};
use super::branch::{BranchId, Change};
use super::input::{Intervention, Position, Target};
use super::session::{Bookmark, Lab};
use crate::kernel::{Digest, Time};
use crate::scenario::Diagnostic;
use serde::{Deserialize, Serialize};

/// A saved session.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Saved {
    /// The name of the scenario.
    pub scenario: String,
    /// A digest of its text, to see whether the file has changed.
    pub text: u64,
    /// The seed.
    pub seed: u64,
    /// Every branch, by its number.
    pub branches: Vec<SavedBranch>,
    /// The branch the person was on.
    pub current: usize,
    /// The bookmarks.
    pub bookmarks: Vec<Bookmark>,
}

/// A saved branch.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SavedBranch {
    /// The branch it left.
    pub parent: Option<usize>,
    /// The event of the parent at which it left.
    pub event: u64,
    /// The moment at which it left, in nanoseconds.
    pub time: u64,
    /// How many interventions its parent had had there.
    pub inherited: usize,
    /// How it differs.
    pub change: Change,
    /// What was done on it after it left.
    pub interventions: Vec<SavedIntervention>,
    /// Where the person was.
    pub here: u64,
}

/// A saved intervention.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SavedIntervention {
    /// The event after which it was done.
    pub event: u64,
    /// The moment, in nanoseconds.
    pub time: u64,
    /// The lines of a step that does the same.
    pub step: String,
}

/// Something saved that could not be taken up again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dropped {
    /// The branch it was on.
    pub branch: usize,
    /// The intervention; `None` if the branch itself could not be made.
    pub intervention: Option<SavedIntervention>,
    /// Why.
    pub why: String,
}

impl Lab {
    /// Everything that was done by hand, to be written down.
    pub fn interventions(&self) -> Saved {
        let branches = self.branches.iter().map(|branch| {
            let own = branch.interventions().iter().skip(branch.inherited());
            let save = |input: &Intervention| SavedIntervention {
                event: input.event,
                time: input.time.0,
                step: action_text(&input.action, branch.scenario()),
            };
            SavedBranch {
                parent: branch.parent.map(|parent| parent.0),
                event: branch.at.event,
                time: branch.at.time.0,
                inherited: branch.at.inputs,
                change: branch.change.clone(),
                interventions: own.map(save).collect(),
                here: branch.position().event,
            }
        });
        Saved {
            scenario: self.name().into(),
            text: digest_of(&self.branches[0].source),
            seed: self.branches[0].course.seed,
            branches: branches.collect(),
            current: self.current().0,
            bookmarks: self.bookmarks().to_vec(),
        }
    }

    /// Opens a scenario and does again what was saved. In a file that has changed, events have other
    /// numbers, so things are done at the same moments instead. What no longer makes sense is left
    /// out and told.
    pub fn restore(
        name: &str,
        text: &str,
        saved: &Saved,
    ) -> Result<(Lab, Vec<Dropped>), Vec<Diagnostic>> {
        let mut lab = Lab::open(name, text)?;
        if lab.seed() != saved.seed {
            lab = lab.with_seed(saved.seed);
        }
        let same = saved.text == digest_of(text);
        let mut dropped = Vec::new();
        // Where each saved branch is now.
        let mut now: Vec<BranchId> = Vec::new();
        for (number, branch) in saved.branches.iter().enumerate() {
            let id = lab.restore_branch(number, branch, same, &now, &mut dropped);
            now.push(id);
        }
        for (id, branch) in now.iter().zip(&saved.branches) {
            if lab.switch(*id).is_ok() && same {
                lab.seek(Target::Event(branch.here));
            }
        }
        let place = |number: usize| now.get(number).copied().unwrap_or(BranchId(0));
        // A branch that was restored exists.
        let _ = lab.switch(place(saved.current));
        let bookmarks = saved.bookmarks.iter();
        let bookmarks = bookmarks.map(|b| Bookmark { branch: place(b.branch.0), ..b.clone() });
        lab.set_bookmarks(bookmarks.collect());
        Ok((lab, dropped))
    }

    fn restore_branch(
        &mut self,
        number: usize,
        saved: &SavedBranch,
        same: bool,
        now: &[BranchId],
        dropped: &mut Vec<Dropped>,
    ) -> BranchId {
        let mut id = BranchId(0);
        if let Some(parent) = saved.parent {
            id = now.get(parent).copied().unwrap_or(BranchId(0));
            // The parent was restored before its children.
            let _ = self.switch(id);
            self.go_to(saved.event, saved.time, same);
            let (event, inputs) = (saved.event, saved.inherited);
            let at = Position { event, inputs, time: Time(saved.time) };
            match &saved.change {
                Change::Settings(_) | Change::WhatIf(_) | Change::Seed(_) => {
                    let at = if same { at } else { self.position() };
                    match self.fork_as(&saved.change, at) {
                        Ok(branch) => id = branch,
                        Err(why) => {
                            let why = why.to_string();
                            dropped.push(Dropped { branch: number, intervention: None, why });
                            id = self.fork();
                        }
                    }
                }
                change if same => {
                    let branch = self.branches[id.0].fork_at(id, at, change.clone());
                    id = self.enter(branch);
                }
                change => {
                    id = self.fork();
                    self.branches[id.0].change = change.clone();
                }
            }
        }
        for intervention in &saved.interventions {
            self.go_to(intervention.event, intervention.time, same);
            let source = self.branches[id.0].source.clone();
            let action = read_action(self.name(), &source, &intervention.step);
            let done = action.and_then(|a| self.inject(a).map_err(|why| why.to_string()));
            if let Err(why) = done {
                let intervention = Some(intervention.clone());
                dropped.push(Dropped { branch: number, intervention, why });
            }
        }
        id
    }

    fn go_to(&mut self, event: u64, time: u64, same: bool) {
        if same {
            self.seek(Target::Event(event));
            self.course_mut().idle(Time(time));
        } else {
            self.seek(Target::Time(Time(time)));
        }
    }
}

fn digest_of(text: &str) -> u64 {
    let mut digest = Digest::default();
    digest.absorb_value(&text);
    digest.value()
}
