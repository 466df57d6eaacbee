//! Steps that wait for a fact.

use super::World;
use crate::fact::{Fact, Stated};
use crate::kernel::Span;
use crate::scenario::model::{Anchor, Scenario, Trigger};
use std::sync::Arc;

/// The anchors still waited for.
#[derive(Clone, Debug)]
pub(super) struct Anchors {
    scenario: Arc<Scenario>,
    /// Step and how many more matching facts it needs.
    after: Vec<(usize, u32)>,
    before: Vec<(usize, u32)>,
    /// A `before` step whose fact was stated in the event just handled.
    pub hit: Option<usize>,
}

impl Anchors {
    pub fn new(scenario: &Arc<Scenario>) -> Self {
        let (mut after, mut before) = (Vec::new(), Vec::new());
        for (step, s) in scenario.steps.iter().enumerate() {
            match &s.trigger {
                Trigger::At(_) => {}
                Trigger::After { anchor, .. } => after.push((step, anchor.nth.max(1))),
                Trigger::Before(anchor) => before.push((step, anchor.nth.max(1))),
            }
        }
        Anchors { scenario: scenario.clone(), after, before, hit: None }
    }

    pub fn is_empty(&self) -> bool {
        self.after.is_empty() && self.before.is_empty()
    }

    /// Whether some step wants to happen before a fact.
    pub fn looks_ahead(&self) -> bool {
        !self.before.is_empty()
    }

    /// A `before` step has been taken.
    pub fn forget(&mut self, step: usize) {
        self.before.retain(|(s, _)| *s != step);
    }

    fn anchor(&self, step: usize) -> Option<(&Anchor, Span)> {
        match &self.scenario.steps[step].trigger {
            Trigger::After { anchor, delay } => Some((anchor, *delay)),
            Trigger::Before(anchor) => Some((anchor, Span::ZERO)),
            Trigger::At(_) => None,
        }
    }
}

impl World {
    /// The steps that follow this fact, with their delays. A `before` step is noted in
    /// [`Anchors::hit`] instead.
    pub(super) fn matching_steps(&mut self, stated: &Stated) -> Vec<(usize, Span)> {
        let hits = |world: &World, step: usize| {
            world
                .anchors
                .anchor(step)
                .is_some_and(|(anchor, _)| world.matches(anchor, &stated.fact))
        };
        let mut follow = Vec::new();
        for at in (0..self.anchors.after.len()).rev() {
            let step = self.anchors.after[at].0;
            if !hits(self, step) {
                continue;
            }
            self.anchors.after[at].1 -= 1;
            if self.anchors.after[at].1 == 0 {
                self.anchors.after.remove(at);
                let delay = self.anchors.anchor(step).map_or(Span::ZERO, |a| a.1);
                follow.push((step, delay));
            }
        }
        follow.reverse();
        for at in 0..self.anchors.before.len() {
            let step = self.anchors.before[at].0;
            if self.anchors.before[at].1 > 0 && hits(self, step) {
                self.anchors.before[at].1 -= 1;
                if self.anchors.before[at].1 == 0 && self.anchors.hit.is_none() {
                    self.anchors.hit = Some(step);
                }
            }
        }
        follow
    }

    /// Whether a fact fits a pattern.
    pub fn matches(&self, anchor: &Anchor, fact: &Fact) -> bool {
        if fact.name() != anchor.fact {
            return false;
        }
        let isr = match fact {
            Fact::IsrShrunk { isr, .. }
            | Fact::IsrExpanded { isr, .. }
            | Fact::UnderMinIsr { isr, .. } => Some(isr.len()),
            _ => None,
        };
        anchor.message.is_none_or(|m| fact.message() == Some(m))
            && anchor.lane.is_none_or(|l| fact.lane() == Some(l))
            && anchor
                .subscription
                .is_none_or(|s| fact.subscription() == Some(s) || offset_of(fact) == Some(s))
            && anchor.isr.is_none_or(|n| isr == Some(n))
            && anchor.node.is_none_or(|role| {
                fact.node().is_some_and(|node| self.resolve(role).contains(&node))
            })
    }
}

fn offset_of(fact: &Fact) -> Option<crate::fact::SubscriptionId> {
    match fact {
        Fact::OffsetCommitted { subscription, .. } => Some(*subscription),
        _ => None,
    }
}
