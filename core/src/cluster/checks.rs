//! Sentences that are watched while a run goes on: `throughout` and `eventually`.

use super::World;
use super::world::KafkaEvent;
use crate::kernel::{Kernel, Time};
use crate::ledger::verdict::{Eventuality, Judged, Verdict, check};
use crate::scenario::expression::{Claim, Condition, Expectation};
use crate::scenario::model::Scenario;
use std::sync::Arc;

/// The first moment at which a sentence was false.
#[derive(Clone, Copy, Debug)]
struct Violation {
    time: Time,
    event: u64,
}

#[derive(Clone, Debug, Default)]
struct Invariant {
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
        let eventually = expect.this_run.iter().enumerate();
        Checks {
            throughout: vec![Invariant::default(); expect.throughout.len()],
            eventually: eventually
                .filter(|(_, e)| matches!(e.claim, Claim::Eventually { .. }))
                .map(|(i, _)| (i, Eventuality::default()))
                .collect(),
            scenario: scenario.clone(),
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
                    None if condition(sentence).is_none() => {
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
    /// Looks at what is watched, after an event.
    pub(super) fn check(&mut self, kernel: &Kernel<KafkaEvent>) {
        // What was seen is taken out, so that the world can be asked meanwhile. The scenario is not:
        // worlds on other threads share it, and every count of a reference would disturb them.
        let mut throughout = std::mem::take(&mut self.checks.throughout);
        let mut eventually = std::mem::take(&mut self.checks.eventually);
        let scenario = &self.scenario;
        for (sentence, seen) in scenario.expect.throughout.iter().zip(&mut throughout) {
            let Some(condition) = condition(sentence).filter(|_| seen.violation.is_none()) else {
                continue;
            };
            if let Some(holds) = check(condition, self) {
                seen.evaluated = true;
                if !holds {
                    let (time, event) = (kernel.now(), kernel.event());
                    seen.violation = Some(Violation { time, event });
                }
            }
        }
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
                && check(condition, self) == Some(true)
            {
                seen.observed(true, kernel.now());
            }
        }
        if is_calm {
            self.checks.disturbed = healed;
        }
        self.checks.throughout = throughout;
        self.checks.eventually = eventually;
    }
}
