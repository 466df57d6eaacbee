//! Two branches beside each other: where they part, and what it came to.
//!
//! Facts are matched by what they say, not by the event that stated them: the n-th fact of one
//! content on one side is the n-th of the same content on the other, whatever happened between.

use super::branch::BranchId;
use super::course::Course;
use super::session::{Lab, Refused};
use crate::cluster;
use crate::cluster::run::Outcome;
use crate::fact::{MessageId, Stated, SubscriptionId};
use crate::kernel::Digest;
use crate::ledger::{Fate, Judgement};

/// The first fact that only one of two branches knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Parting {
    /// Only the first branch states it.
    OnlyLeft(Stated),
    /// Only the second branch states it.
    OnlyRight(Stated),
}

impl Parting {
    /// The fact.
    pub fn stated(&self) -> &Stated {
        match self {
            Parting::OnlyLeft(stated) | Parting::OnlyRight(stated) => stated,
        }
    }
}

/// A fact that both branches state, at different moments.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shift {
    /// In the first branch.
    pub left: Stated,
    /// In the second branch.
    pub right: Stated,
}

/// A message that fared differently.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FateChange {
    /// The message.
    pub message: MessageId,
    /// For whom.
    pub subscription: SubscriptionId,
    /// Its fate in the first branch; `None` if it is owed none there.
    pub left: Option<Fate>,
    /// Its fate in the second branch.
    pub right: Option<Fate>,
}

/// What two branches have in common and what not.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The earliest fact that only one of them states.
    pub parting: Option<Parting>,
    /// The earliest fact that both state at different moments.
    pub shift: Option<Shift>,
    /// How many facts only the first, and only the second, states.
    pub only: (u64, u64),
    /// Messages whose fates differ.
    pub fates: Vec<FateChange>,
    /// Older facts were no longer kept on one side, so a still earlier difference is possible.
    pub incomplete: bool,
    /// What came of the first branch.
    pub left: Outcome,
    /// What came of the second branch.
    pub right: Outcome,
}

impl Lab {
    /// Plays both branches to their ends and compares them. The person stays where they are.
    pub fn compare(&mut self, left: BranchId, right: BranchId) -> Result<Comparison, Refused> {
        self.compare_while(left, right, &mut |_| true)
    }

    /// The same for as long as `go_on` says so: it is asked every so many events of what was not
    /// played yet, with the number of the last one.
    pub fn compare_while(
        &mut self,
        left: BranchId,
        right: BranchId,
        go_on: &mut dyn FnMut(u64) -> bool,
    ) -> Result<Comparison, Refused> {
        let left_outcome = self.outcome_while(left, go_on)?;
        let right_outcome = self.outcome_while(right, go_on)?;
        let (left, right) = (self.finished(left, go_on)?, self.finished(right, go_on)?);
        let head = |course: &Course| course.head().state.clone();
        let (left, right) = (head(&left), head(&right));
        let facts = (facts_of(&left), facts_of(&right));
        let gone = |state: &cluster::Lab| state.model.kept_facts().is_none_or(|h| h.gone() > 0);
        let aligned = align(&facts.0, &facts.1);
        Ok(Comparison {
            parting: aligned.parting,
            shift: aligned.shift,
            only: aligned.only,
            fates: fates(&left_outcome.judgement, &right_outcome.judgement),
            incomplete: gone(&left) || gone(&right),
            left: left_outcome,
            right: right_outcome,
        })
    }
}

fn facts_of(state: &cluster::Lab) -> Vec<Stated> {
    state.model.history().copied().collect()
}

#[derive(Default)]
struct Aligned {
    parting: Option<Parting>,
    shift: Option<Shift>,
    only: (u64, u64),
}

impl Aligned {
    fn alone(&mut self, parting: Parting) {
        match parting {
            Parting::OnlyLeft(_) => self.only.0 += 1,
            Parting::OnlyRight(_) => self.only.1 += 1,
        }
        let key = |p: &Parting| (p.stated().time, p.stated().event);
        if self.parting.as_ref().is_none_or(|first| key(&parting) < key(first)) {
            self.parting = Some(parting);
        }
    }

    fn both(&mut self, left: Stated, right: Stated) {
        let at = |shift: &Shift| shift.left.time.min(shift.right.time);
        let shift = Shift { left, right };
        let earlier = self.shift.as_ref().is_none_or(|first| at(&shift) < at(first));
        if left.time != right.time && earlier {
            self.shift = Some(shift);
        }
    }
}

/// Facts in the order of their contents; those that say the same stay in the order of time.
fn by_content(facts: &[Stated]) -> Vec<(u64, usize)> {
    let hashed = facts.iter().enumerate().map(|(at, stated)| {
        let mut digest = Digest::default();
        digest.absorb_value(&stated.fact);
        (digest.value(), at)
    });
    let mut sorted: Vec<(u64, usize)> = hashed.collect();
    sorted.sort_unstable();
    sorted
}

fn align(left: &[Stated], right: &[Stated]) -> Aligned {
    let (sorted_left, sorted_right) = (by_content(left), by_content(right));
    let mut aligned = Aligned::default();
    let (mut i, mut j) = (0, 0);
    loop {
        match (sorted_left.get(i), sorted_right.get(j)) {
            (Some(l), Some(r)) if l.0 == r.0 => {
                aligned.both(left[l.1], right[r.1]);
                (i, j) = (i + 1, j + 1);
            }
            (Some(l), other) if other.is_none_or(|r| l.0 < r.0) => {
                aligned.alone(Parting::OnlyLeft(left[l.1]));
                i += 1;
            }
            (_, Some(r)) => {
                aligned.alone(Parting::OnlyRight(right[r.1]));
                j += 1;
            }
            _ => return aligned,
        }
    }
}

/// Both lists are ordered by message, then by subscription.
fn fates(left: &Judgement, right: &Judgement) -> Vec<FateChange> {
    let (mut i, mut j) = (0, 0);
    let mut changes = Vec::new();
    loop {
        let (l, r) = (left.fates.get(i), right.fates.get(j));
        let key = |s: &crate::ledger::Settled| (s.message, s.subscription);
        let Some((message, subscription)) = l.map(key).into_iter().chain(r.map(key)).min() else {
            return changes;
        };
        let here = |s: &&crate::ledger::Settled| key(s) == (message, subscription);
        let (l, r) = (l.filter(here).map(|s| s.fate), r.filter(here).map(|s| s.fate));
        i += usize::from(l.is_some());
        j += usize::from(r.is_some());
        if l != r {
            changes.push(FateChange { message, subscription, left: l, right: r });
        }
    }
}
