//! Which single step, and which single setting, would have prevented what happened to a message,
//! found by running again; and what each cure costs.
//!
//! An [`Inquiry`] holds the file as text, because a changed setting must pass the same checks as one
//! that somebody writes: what the real system refuses is no cure.

use super::candidates::{Candidate, candidates};
use super::compare::{FateChange, fate_changes};
use super::measure::Measure;
use crate::cluster::run::{Options, Outcome, Prepared};
use crate::fact::{MessageId, SubscriptionId};
use crate::ledger::{AnomalyKind, Fate, Judgement, ProducerOutcome, Subset};
use crate::scenario::model::Action;
use crate::scenario::{self, Diagnostic, Scenario};
use std::sync::Arc;

/// What happened to whom.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Target {
    /// The message.
    pub message: MessageId,
    /// The subscription for which it went wrong.
    pub subscription: SubscriptionId,
    /// What went wrong.
    pub kind: AnomalyKind,
}

impl Target {
    /// Whether it happens in another run, too.
    pub fn occurs(&self, judgement: &Judgement) -> bool {
        match self.kind {
            AnomalyKind::Inversion => judgement
                .inversions(Subset::Message(self.message))
                .any(|b| b.subscription == Some(self.subscription)),
            kind => {
                let fate = judgement.fate(self.message, self.subscription);
                fate.and_then(AnomalyKind::of) == Some(kind)
            }
        }
    }
}

/// What was different in another run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Change {
    /// This step of the scenario was left out.
    Without(usize),
    /// These settings had these values.
    Set(Vec<(String, String)>),
}

/// Another run and what came of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trial {
    /// What was different.
    pub change: Change,
    /// What came of it, or why the real system refuses the change.
    pub result: Result<Tried, String>,
}

/// What came of another run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tried {
    /// Whether what happened to the message did not happen.
    pub prevented: bool,
    /// What happened to it instead.
    pub fate: Option<Fate>,
    /// What its producer was told.
    pub told: ProducerOutcome,
    /// The numbers of the run.
    pub measure: Measure,
    /// The other messages whose fates differ from the run as it was.
    pub others: Vec<FateChange>,
    /// Over how many fresh seeds it was tried as well.
    pub seeds: u64,
    /// In how many of them it happened as the scenario stands.
    pub seeds_before: u64,
    /// In how many of them it happened with the change.
    pub seeds_after: u64,
}

impl Tried {
    /// Whether the message was handled as it should be.
    pub fn is_cure(&self) -> bool {
        self.prevented && matches!(self.fate, Some(Fate::Once | Fate::Redelivered))
    }
}

/// What was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    /// The numbers of the run as it was.
    pub base: Measure,
    /// Each step left out in turn, in file order.
    pub steps: Vec<Trial>,
    /// Each setting changed in turn.
    pub settings: Vec<Trial>,
    /// What was not tried, because somebody stopped the search or its events were used up: any of
    /// it may help.
    pub untried: Vec<Change>,
    /// How many events were played for it.
    pub events: u64,
}

impl Report {
    /// Whether everything was tried.
    pub fn is_complete(&self) -> bool {
        self.untried.is_empty()
    }

    /// About as many events as it takes to try everything, if a run with a change is about as long
    /// as the run as it was, which has `run` events.
    pub fn events_for_all(&self, run: u64) -> u64 {
        let more = run.saturating_mul(self.untried.len() as u64 + 1);
        // Two digits are as exact as that can be.
        let about = self.events.saturating_add(more.saturating_add(more / 4));
        let unit = 10_u64.pow(about.max(10).ilog10() - 1);
        about.div_ceil(unit).saturating_mul(unit)
    }
}

/// How far a search for cures has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// Changes tried so far.
    pub tried: usize,
    /// Changes to try in all.
    pub of: usize,
    /// Events played so far.
    pub events: u64,
}

/// Events that a search for cures plays in all unless it is told otherwise: a few seconds.
pub const CURE_EVENTS: u64 = 5_000_000;

/// A file, and which variant of it is asked about.
#[derive(Clone, Copy, Debug)]
pub struct Inquiry<'a> {
    /// The scenario's name.
    pub name: &'a str,
    /// The text of the file.
    pub text: &'a str,
    /// The what-if, or the file as it stands.
    pub what_if: Option<&'a str>,
    /// Settings changed before anything else.
    pub set: &'a [(String, String)],
    /// Over how many fresh seeds each cure is tried as well.
    pub seeds: u64,
    /// At most so many events are played in all; a trial that would go beyond is not begun.
    pub events: u64,
}

impl Inquiry<'_> {
    /// The scenario with more settings changed, without its expectations.
    pub fn scenario(&self, more: &[(String, String)]) -> Result<Scenario, Vec<Diagnostic>> {
        let set: Vec<(&str, &str)> =
            self.set.iter().chain(more).map(|(k, v)| (k.as_str(), v.as_str())).collect();
        if set.is_empty() {
            return scenario::parse_alone(self.name, self.text, self.what_if);
        }
        let text = scenario::apply_set(self.text, &set)?;
        scenario::parse_alone(self.name, &text, self.what_if)
    }

    /// Runs again with each change in turn. `outcome` is the run as it was.
    pub fn report(&self, outcome: &Outcome, target: Target) -> Result<Report, Vec<Diagnostic>> {
        self.report_while(outcome, target, &mut |_| true)
    }

    /// The same for as long as `go_on` says so: it is asked before every trial and every so many
    /// events of one. What was found until then is told.
    pub fn report_while(
        &self,
        outcome: &Outcome,
        target: Target,
        go_on: &mut dyn FnMut(Progress) -> bool,
    ) -> Result<Report, Vec<Diagnostic>> {
        let base = self.scenario(&[])?;
        let lane = outcome.judgement.message(target.message).and_then(|m| m.lane);
        let steps = (0..base.steps.len())
            .filter(|&s| outcome.steps.iter().any(|t| t.step == s && t.without_effect.is_none()))
            .filter(|&s| breaks(&base.steps[s].action));
        let steps: Vec<usize> = steps.collect();
        let all = candidates(&base, target, lane);
        let (spare, single): (Vec<Candidate>, Vec<Candidate>) =
            all.into_iter().partition(|c| c.fallback);
        let progress = Progress { tried: 0, of: steps.len() + single.len(), events: 0 };
        let mut bench =
            Bench { inquiry: self, base: &base, outcome, target, progress, stopped: false, go_on };
        let mut untried = Vec::new();
        let mut keep = |attempt: Attempt, list: &mut Vec<Trial>| match attempt {
            Attempt::Made(trial) => list.push(*trial),
            Attempt::ChangesNothing => {}
            Attempt::Stopped(change) => untried.push(change),
        };
        let (mut without, mut settings) = (Vec::new(), Vec::new());
        for step in steps {
            keep(bench.without(step), &mut without);
        }
        for candidate in single {
            keep(bench.with(candidate), &mut settings);
        }
        let cured = |t: &Trial| t.result.as_ref().is_ok_and(Tried::is_cure);
        for candidate in spare {
            if settings.iter().any(cured) {
                break;
            }
            keep(bench.with(candidate), &mut settings);
        }
        let events = bench.progress.events;
        Ok(Report { base: Measure::of(outcome), steps: without, settings, untried, events })
    }

    /// Plays the scenario as it stands to its end, for as long as `go_on` says so.
    pub fn whole_while(
        &self,
        seed: u64,
        go_on: &mut dyn FnMut(Progress) -> bool,
    ) -> Result<Option<Outcome>, Vec<Diagnostic>> {
        let scenario = self.scenario(&[])?;
        let mut asked = |events| go_on(Progress { tried: 0, of: 0, events });
        Ok(Prepared::new(Arc::new(scenario), false).run_while(Options::seeded(seed), &mut asked))
    }
}

/// What came of an attempt to run with a change.
enum Attempt {
    Made(Box<Trial>),
    /// The what-if sets the same.
    ChangesNothing,
    Stopped(Change),
}

/// Whether leaving out the action says something: narration does nothing, and without the load
/// itself nothing could go wrong.
fn breaks(action: &Action) -> bool {
    !matches!(action, Action::Say | Action::Burst { .. })
}

/// The run as it was, and the means to run again.
struct Bench<'a> {
    inquiry: &'a Inquiry<'a>,
    base: &'a Scenario,
    outcome: &'a Outcome,
    target: Target,
    progress: Progress,
    stopped: bool,
    go_on: &'a mut dyn FnMut(Progress) -> bool,
}

impl Bench<'_> {
    fn without(&mut self, step: usize) -> Attempt {
        let mut scenario = self.base.clone();
        scenario.steps.remove(step);
        let change = Change::Without(step);
        match self.tried(&scenario) {
            Some(tried) => Attempt::Made(Box::new(Trial { change, result: Ok(tried) })),
            None => Attempt::Stopped(change),
        }
    }

    fn with(&mut self, candidate: Candidate) -> Attempt {
        let read = self.inquiry.scenario(&candidate.set);
        let change = Change::Set(candidate.set);
        let result = match read {
            Ok(scenario) if scenario == *self.base => {
                self.progress.tried += 1;
                return Attempt::ChangesNothing;
            }
            Ok(scenario) => match self.tried(&scenario) {
                Some(tried) => Ok(tried),
                None => return Attempt::Stopped(change),
            },
            Err(diagnostics) => {
                let first = diagnostics.into_iter().next();
                Err(first.map(|d| d.message).unwrap_or_default())
            }
        };
        Attempt::Made(Box::new(Trial { change, result }))
    }

    /// `None` if the search was stopped.
    fn tried(&mut self, scenario: &Scenario) -> Option<Tried> {
        let Target { message, subscription, .. } = self.target;
        let again = self.play(scenario, self.outcome.seed)?;
        let prevented = !self.target.occurs(&again.judgement);
        let mut tried = Tried {
            prevented,
            fate: again.judgement.fate(message, subscription),
            told: again.judgement.producer_outcome(message),
            measure: Measure::of(&again),
            others: fate_changes(&self.outcome.judgement, &again.judgement)
                .into_iter()
                .filter(|c| (c.message, c.subscription) != (message, subscription))
                .collect(),
            seeds: 0,
            seeds_before: 0,
            seeds_after: 0,
        };
        if prevented {
            for n in 1..=self.inquiry.seeds {
                let seed = self.outcome.seed.wrapping_add(n);
                let before = self.play(self.base, seed)?;
                let after = self.play(scenario, seed)?;
                tried.seeds += 1;
                tried.seeds_before += u64::from(self.target.occurs(&before.judgement));
                tried.seeds_after += u64::from(self.target.occurs(&after.judgement));
            }
        }
        self.progress.tried += 1;
        Some(tried)
    }

    /// Plays a scenario to its end; `None` if the search is to stop.
    fn play(&mut self, scenario: &Scenario, seed: u64) -> Option<Outcome> {
        let (before, most) = (self.progress.events, self.inquiry.events);
        // About as long as the run as it was; if it would not come to its end, why begin?
        if self.stopped || before.saturating_add(self.outcome.events) > most {
            self.stopped = true;
            return None;
        }
        let (progress, go_on) = (&mut self.progress, &mut self.go_on);
        let mut asked = |event| {
            progress.events = before + event;
            progress.events < most && go_on(*progress)
        };
        let again = Prepared::new(Arc::new(scenario.clone()), false)
            .run_while(Options::seeded(seed), &mut asked);
        self.stopped = again.is_none();
        self.progress.events = before + again.as_ref().map_or(0, |outcome| outcome.events);
        again
    }
}

/// The anomalies of a run, the worst first: what an acknowledgement promised and was not kept comes
/// before what was done twice, and that before what waits.
pub fn worst(judgement: &Judgement) -> Vec<Target> {
    let rank = |kind: AnomalyKind| match kind {
        AnomalyKind::Lost => 0,
        AnomalyKind::Phantom => 1,
        AnomalyKind::Duplicate => 2,
        AnomalyKind::Inversion => 3,
        AnomalyKind::Stranded => 4,
        AnomalyKind::Dropped | AnomalyKind::Expired | AnomalyKind::Unroutable => 5,
        AnomalyKind::DeadLettered => 6,
        AnomalyKind::LostUnacknowledged => 7,
        AnomalyKind::Redelivered => 8,
        _ => 9,
    };
    let fates = judgement.fates.iter().filter_map(|s| {
        let kind = AnomalyKind::of(s.fate)?;
        Some(Target { message: s.message, subscription: s.subscription, kind })
    });
    let inversions = judgement.inversions(Subset::All).filter_map(|b| {
        let (message, subscription) = (b.message, b.subscription?);
        Some(Target { message, subscription, kind: AnomalyKind::Inversion })
    });
    let mut found: Vec<Target> = fates.chain(inversions).collect();
    found.sort_by_key(|t| (rank(t.kind), t.message, t.subscription));
    found
}
