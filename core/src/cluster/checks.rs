//! Sentences that are watched while a run goes on: `throughout` and `eventually`.

use super::world::WorldEvent;
use super::{Node, World};
use crate::fact::NodeId;
use crate::kernel::{Kernel, Time};
use crate::ledger::verdict::{Eventuality, Evidence, Judged, Truth, Verdict, check, evaluate};
use crate::scenario::expression::{Claim, Condition, Expectation};
use crate::scenario::model::Scenario;
use crate::substrate::Event;
use std::sync::Arc;

/// With more messages than this the ledger is asked only every so many events.
const JUDGED_AT_EVERY_FACT: u32 = 1_000;
const JUDGED_EVERY: u64 = 4_096;

/// The first moment at which a sentence was false.
#[derive(Clone, Copy, Debug)]
struct Violation {
    time: Time,
    event: u64,
}

#[derive(Clone, Debug)]
struct Invariant {
    /// What must hold; `None` for a sentence that is no plain condition.
    condition: Option<Condition>,
    /// It has had a truth value at least once.
    evaluated: bool,
    violation: Option<Violation>,
}

/// What is watched.
#[derive(Clone, Debug)]
pub(super) struct Checks {
    scenario: Arc<Scenario>,
    throughout: Vec<Invariant>,
    /// Index into `this-run` and what was seen of it.
    eventually: Vec<(usize, Eventuality)>,
    /// Whether a sentence speaks of more than the world's state.
    asks_ledger: bool,
    /// How far the controller's metadata log went when sentences were last looked at.
    metadata_offset: u64,
    /// The moment of the last step or fault's end.
    disturbed: Time,
}

fn condition(expectation: &Expectation) -> Option<&Condition> {
    match &expectation.claim {
        Claim::Holds(c) | Claim::Always(c) => Some(c),
        _ => None,
    }
}

impl Checks {
    pub fn new(scenario: &Arc<Scenario>) -> Self {
        let expect = &scenario.expect;
        let watched = expect.this_run.iter().filter_map(|e| match &e.claim {
            Claim::Eventually { condition, .. } => Some(condition),
            _ => None,
        });
        let asks_ledger = watched
            .chain(expect.throughout.iter().filter_map(condition))
            .any(Condition::asks_ledger);
        let eventually = expect.this_run.iter().enumerate();
        Checks {
            throughout: expect
                .throughout
                .iter()
                .map(|sentence| Invariant {
                    condition: condition(sentence).cloned(),
                    evaluated: false,
                    violation: None,
                })
                .collect(),
            eventually: eventually
                .filter(|(_, e)| matches!(e.claim, Claim::Eventually { .. }))
                .map(|(i, _)| (i, Eventuality::default()))
                .collect(),
            scenario: scenario.clone(),
            asks_ledger,
            metadata_offset: 0,
            disturbed: Time::ZERO,
        }
    }

    /// Whether anything is watched at all.
    #[inline]
    pub fn any(&self) -> bool {
        !self.throughout.is_empty() || !self.eventually.is_empty()
    }

    /// What was seen of an `eventually` sentence of `this-run`.
    pub fn eventuality(&self, index: usize) -> Option<&Eventuality> {
        self.eventually.iter().find(|(i, _)| *i == index).map(|(_, e)| e)
    }

    /// What the `throughout` sentences came to.
    pub fn judged(&self, inconclusive: bool) -> Vec<Judged> {
        let sentences = self.scenario.expect.throughout.iter().zip(&self.throughout);
        sentences
            .map(|(sentence, seen)| {
                let (verdict, actual) = match seen.violation {
                    Some(Violation { time, event }) => {
                        (Verdict::Failed, format!("false at {time}, after event {event}"))
                    }
                    None if seen.condition.is_none() => {
                        (Verdict::Error, "only plain conditions can hold throughout".into())
                    }
                    None if !seen.evaluated => (Verdict::Vacuous, "never had a value".to_string()),
                    None if inconclusive => {
                        (Verdict::Inconclusive, "true until the run was stopped".into())
                    }
                    None => (Verdict::Passed, "true after every event".into()),
                };
                Judged { expectation: sentence.source.clone(), verdict, actual }
            })
            .collect()
    }
}

impl World {
    /// The node an event happens on; `None` for a step of the scenario.
    pub(super) fn target(&self, event: &WorldEvent) -> Option<NodeId> {
        match event {
            Event::Arrive { to, .. } => Some(*to),
            Event::Timer { node, .. } | Event::Synced { node, .. } => Some(*node),
            Event::Script(_) => None,
        }
    }

    /// Whether an event on `target` may have changed the state that sentences speak of. That is
    /// what brokers hold and the controller has decided, see `probe.rs`: nothing that happens
    /// elsewhere changes it.
    fn state_changed(&mut self, target: Option<NodeId>) -> bool {
        let Some(target) = target else { return true };
        match self.nodes.get_mut(target.0 as usize) {
            Some(Node::Broker(broker)) => broker.take_changed() || self.checks.asks_ledger,
            Some(Node::ZooKeeper(server)) => server.take_changed(),
            // Of several, who is active and what all of them have committed count as well.
            Some(Node::Controller(_)) if self.committed.is_some() => true,
            Some(Node::Controller(controller)) => {
                let before = self.checks.metadata_offset;
                self.checks.metadata_offset = controller.image().offset;
                self.checks.metadata_offset != before
            }
            _ => false,
        }
    }

    /// Looks at what is watched, after an event on `target`.
    pub(super) fn check(&mut self, target: Option<NodeId>, kernel: &Kernel<WorldEvent>) {
        let changed = self.state_changed(target);
        if changed || self.stated && self.checks.asks_ledger {
            self.check_throughout(kernel);
        } else {
            debug_assert!(!self.is_violated_unseen(), "a change of state went unnoticed");
        }
        if !self.checks.eventually.is_empty() {
            self.check_eventualities(kernel);
        }
    }

    /// Whether a condition holds now; `None` if it has no value. What the world's state cannot say
    /// the ledger is asked for. It judges every message each time, so it is asked only when a fact
    /// was stated, and in large runs only now and then.
    fn holds(&self, condition: &Condition, kernel: &Kernel<WorldEvent>) -> Option<bool> {
        let by_state = check(condition, self);
        if by_state.is_some() || !self.checks.asks_ledger {
            return by_state;
        }
        let is_small = self.directory.message_count() <= JUDGED_AT_EVERY_FACT;
        if !(self.stated && is_small || kernel.event().is_multiple_of(JUDGED_EVERY)) {
            return None;
        }
        let judgement = self.ledger.judge(kernel.now());
        let evidence = Evidence::of_run(&judgement, self, &self.directory, false);
        match evaluate(condition, &evidence).truth {
            Truth::Holds => Some(true),
            Truth::Fails => Some(false),
            Truth::Vacuous | Truth::Unknown => None,
        }
    }

    /// Whether a sentence about the world's state is false of which that was not seen.
    fn is_violated_unseen(&self) -> bool {
        let open = self.checks.throughout.iter().filter(|s| s.violation.is_none());
        open.filter_map(|s| s.condition.as_ref()).any(|c| check(c, self) == Some(false))
    }

    fn check_throughout(&mut self, kernel: &Kernel<WorldEvent>) {
        // Taken out, so that the conditions can ask the world.
        let mut throughout = std::mem::take(&mut self.checks.throughout);
        for seen in throughout.iter_mut().filter(|s| s.violation.is_none()) {
            let Some(holds) = seen.condition.as_ref().and_then(|c| self.holds(c, kernel)) else {
                continue;
            };
            seen.evaluated = true;
            if !holds {
                let (time, event) = (kernel.now(), kernel.event());
                seen.violation = Some(Violation { time, event });
            }
        }
        self.checks.throughout = throughout;
    }

    fn check_eventualities(&mut self, kernel: &Kernel<WorldEvent>) {
        // Not cloned: worlds on other threads share it, and counting its references after every
        // event would disturb them.
        let scenario = &self.scenario;
        let mut eventually = std::mem::take(&mut self.checks.eventually);
        let last_step = self.steps_taken.last().map_or(Time::ZERO, |s| s.time);
        let all_taken = self.steps_taken.len() == scenario.steps.len();
        let last_fault = if self.last_fault == Time::NEVER { last_step } else { self.last_fault };
        let healed = last_step.max(last_fault);
        let is_calm = all_taken && healed <= kernel.now();
        for (index, seen) in &mut eventually {
            if is_calm && (healed != self.checks.disturbed || !seen.has_begun()) {
                seen.healed(healed);
            }
            if !seen.watches() {
                continue;
            }
            if let Claim::Eventually { condition, .. } = &scenario.expect.this_run[*index].claim
                && self.holds(condition, kernel) == Some(true)
            {
                seen.observed(true, kernel.now());
            }
        }
        if is_calm {
            self.checks.disturbed = healed;
        }
        self.checks.eventually = eventually;
    }
}
