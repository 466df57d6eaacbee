//! The tree of branches.

use super::course::Course;
use super::input::{Intervention, Position};
use crate::scenario::Scenario;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A branch, numbered in the order in which branches were made; 0 is the scenario as it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct BranchId(pub usize);

/// The one change a branch begins with.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub enum Change {
    /// None: the same run, to be changed later.
    #[default]
    Nothing,
    /// An action done at the place where the branch begins.
    Action,
    /// Settings of the scenario, as for `--set`: they hold from the start of the run.
    Settings(Vec<(String, String)>),
    /// A what-if of the scenario, by its name: it holds from the start of the run.
    WhatIf(String),
    /// Another seed, from the start of the run.
    Seed(u64),
}

/// A branch and where it came from.
#[derive(Clone)]
pub struct Branch {
    /// The branch it left.
    pub parent: Option<BranchId>,
    /// Where it left its parent, in the parent's events.
    pub at: Position,
    /// How it differs there.
    pub change: Change,
    /// The text of its scenario, settings changed by hand included.
    pub source: Arc<str>,
    pub(super) course: Course,
    /// Interventions it has from its parent; they cannot be undone here.
    pub(super) inherited: usize,
    /// Interventions taken back, the last one last.
    pub(super) undone: Vec<Intervention>,
}

impl Branch {
    pub(super) fn root(scenario: Arc<Scenario>, seed: u64, source: Arc<str>) -> Branch {
        let course = Course::new(scenario, seed);
        let at = course.here().position();
        Branch {
            parent: None,
            at,
            change: Change::Nothing,
            source,
            course,
            inherited: 0,
            undone: Vec::new(),
        }
    }

    /// A branch that leaves this one, which is `id`, where the person is.
    pub(super) fn fork(&self, id: BranchId, change: Change) -> Branch {
        self.with_course(id, self.course.branch(), change)
    }

    /// A branch that leaves this one, which is `id`, at another place.
    pub(super) fn fork_at(&self, id: BranchId, at: Position, change: Change) -> Branch {
        self.with_course(id, self.course.branch_at(at.event, at.inputs, at.time), change)
    }

    fn with_course(&self, id: BranchId, course: Course, change: Change) -> Branch {
        Branch {
            parent: Some(id),
            at: course.here().position(),
            change,
            source: self.source.clone(),
            inherited: course.inputs.len(),
            course,
            undone: Vec::new(),
        }
    }

    /// The scenario it plays.
    pub fn scenario(&self) -> &Arc<Scenario> {
        &self.course.scenario
    }

    /// Where the person is in it.
    pub fn position(&self) -> Position {
        self.course.here().position()
    }

    /// The furthest place played.
    pub fn furthest(&self) -> Position {
        self.course.head().position()
    }

    /// All interventions, those from before it left its parent included.
    pub fn interventions(&self) -> &[Intervention] {
        &self.course.inputs
    }

    /// How many of them it has from its parent.
    pub fn inherited(&self) -> usize {
        self.inherited
    }

    /// How many interventions can be done again.
    pub fn redoable(&self) -> usize {
        self.undone.len()
    }
}
