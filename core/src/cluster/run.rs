//! A run from the first event to the verdict.

use super::build::build_with;
use super::nemesis::Drawn;
use super::{Lab, World, build};
use crate::brokers::kafka::plan::Mutant;
use crate::fact::{Directory, NodeId, Stated};
use crate::kernel::{Chooser, Time, Traced};
use crate::ledger::Judgement;
use crate::ledger::tally::{Observation, observe_sentence};
use crate::ledger::verdict::{Evidence, Judged, Verdict, judge_expectation};
use crate::scenario::Scenario;
use crate::scenario::expression::Claim;
use crate::substrate::Label;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a run is asked to do beyond what the scenario says.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Another seed than the file's own.
    pub seed: Option<u64>,
    /// Stop at this time.
    pub until: Option<Time>,
    /// Stop, inconclusive, after this many events instead of the file's `max-events`.
    pub max_events: Option<u64>,
    /// Keep every fact and cause for the story (sweeps do without).
    pub keep_history: bool,
}

impl Options {
    /// Another seed, and nothing else.
    pub fn seeded(seed: u64) -> Self {
        Options { seed: Some(seed), ..Options::default() }
    }
}

/// Why a run ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// The scenario's end was reached.
    AtEnd,
    /// Nothing was left to happen.
    Quiet,
    /// The caller's `until` was reached.
    Until,
    /// The event budget was used up: nothing can be concluded.
    Budget,
}

/// A step that was carried out (or could not be), for the narration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StepTaken {
    /// When.
    pub time: Time,
    /// The event that carried it out.
    pub event: u64,
    /// Index into [`Scenario::steps`].
    pub step: usize,
    /// Whom it was done to, as far as it is done to somebody: who its role meant at that moment.
    pub nodes: Vec<NodeId>,
    /// Why nothing happened, if nothing did (a crash of a node that is already down).
    pub without_effect: Option<String>,
}

/// An event as the trace keeps it: what caused it and what it was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Happening {
    /// When.
    pub time: Time,
    /// The event that caused it; 0 for the scenario itself.
    pub cause: u64,
    /// What it was, in technical words: `Fetch request broker-2 -> broker-1`.
    pub what: String,
    /// The kind of packet or timer: `Fetch request`; `step` for a step of the scenario.
    pub kind: &'static str,
    /// Where the packet came from; the same as `to` for what a node did by itself.
    pub from: Option<NodeId>,
    /// Where it happened; `None` for a step.
    pub to: Option<NodeId>,
}

/// Events by their numbers, as far as they are kept.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Happenings(BTreeMap<u64, Happening>);

impl Happenings {
    /// The event of that number, if it is kept.
    pub fn get(&self, event: u64) -> Option<&Happening> {
        self.0.get(&event)
    }

    /// The events kept, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Happening> {
        self.0.values()
    }

    /// Whether none is kept.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds the chain of causes that led to an event of this world, as far as its trace knows it,
    /// and calls `each` with the number of every event on it, the youngest first.
    pub fn add_causes(&mut self, lab: &Lab, event: u64, mut each: impl FnMut(u64)) {
        for (number, traced) in lab.kernel.trace().causes(event) {
            each(number);
            self.0.insert(number, Happening::of(&traced, &lab.model.directory));
        }
    }
}

impl Happening {
    fn of(traced: &Traced<Label>, directory: &Directory) -> Happening {
        let (from, to) = (traced.label.from, traced.label.to);
        let what = match traced.label.kind {
            "step" => "step".to_string(),
            kind if from == to => format!("{kind} on {}", directory.node(to)),
            kind => format!("{kind} {} -> {}", directory.node(from), directory.node(to)),
        };
        let known = |n: NodeId| (usize::from(n.0) < directory.nodes.len()).then_some(n);
        let (from, to) = (known(from), known(to));
        Happening {
            time: traced.time,
            cause: traced.cause,
            what,
            kind: traced.label.kind,
            from,
            to,
        }
    }
}

/// Everything a finished run has to say.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The seed used.
    pub seed: u64,
    /// Why it ended.
    pub ended: Ended,
    /// When it ended.
    pub time: Time,
    /// How many events were handled.
    pub events: u64,
    /// The running digest over all events and facts: equal runs have equal digests.
    pub digest: u64,
    /// All facts in order, if history was kept.
    pub facts: Vec<Stated>,
    /// Steps in the order they were carried out.
    pub steps: Vec<StepTaken>,
    /// Faults a nemesis drew, in the order in which they were drawn.
    pub drawn: Vec<Drawn>,
    /// Steps that never happened, because the fact they waited for was never stated.
    pub steps_not_taken: Vec<usize>,
    /// What became of every message.
    pub judgement: Judgement,
    /// What the expectations came to, in the order `this-run`, `throughout`.
    pub verdicts: Vec<Judged>,
    /// What each sentence of `over-seeds` came to in this run, for a tally over many.
    pub over_seeds: Vec<Observation>,
    /// For each prediction, for each option, whether it held.
    pub predictions: Vec<Vec<Verdict>>,
    /// Causes of events, if history was kept: the event with number `n` at index `n - 1`.
    pub happenings: Happenings,
}

/// A scenario ready to be run with many seeds: the world is built once and copied for each.
pub struct Prepared {
    scenario: Arc<Scenario>,
    lab: Lab,
    keep_history: bool,
}

impl Prepared {
    /// Builds the world of a scenario.
    pub fn new(scenario: Arc<Scenario>, keep_history: bool) -> Self {
        let lab = build(&scenario, scenario.seed, keep_history);
        Prepared { scenario, lab, keep_history }
    }

    /// The same with a deliberate mistake in the cluster, for tests that must catch it.
    pub fn with_mutant(scenario: Arc<Scenario>, mutant: Mutant) -> Self {
        let lab = build_with(&scenario, scenario.seed, false, Some(mutant));
        Prepared { scenario, lab, keep_history: false }
    }

    /// Plays it to its end and judges it.
    pub fn run(&self, options: Options) -> Outcome {
        let (mut lab, seed, budget) = self.begin(options);
        let ended = play(&mut lab, options.until, budget);
        self.outcome(&lab, seed, ended)
    }

    /// The same for as long as `go_on` says so: it is asked before the first event and every so
    /// many events, with the number of the event handled last. `None` if it said no.
    pub fn run_while(
        &self,
        options: Options,
        go_on: &mut dyn FnMut(u64) -> bool,
    ) -> Option<Outcome> {
        let (mut lab, seed, budget) = self.begin(options);
        let ended = play_while(&mut lab, options.until, budget, go_on)?;
        Some(self.outcome(&lab, seed, ended))
    }

    /// The world before the first event, the seed and the budget of a run.
    fn begin(&self, options: Options) -> (Lab, u64, u64) {
        let seed = options.seed.unwrap_or(self.scenario.seed);
        (self.lab(seed), seed, options.max_events.unwrap_or(self.scenario.max_events))
    }

    /// The world before anything has happened, to be played elsewhere.
    pub fn lab(&self, seed: u64) -> Lab {
        let mut lab = self.lab.clone();
        lab.kernel.chooser = Chooser::new(seed);
        lab
    }

    /// What a run of this scenario that was played elsewhere has to say.
    pub fn conclude(&self, lab: &Lab, seed: u64, ended: Ended) -> Outcome {
        self.outcome(lab, seed, ended)
    }

    fn outcome(&self, lab: &Lab, seed: u64, ended: Ended) -> Outcome {
        let world = &lab.model;
        let judgement = world.ledger.judge(lab.kernel.now());
        let inconclusive = ended == Ended::Budget
            || (ended == Ended::AtEnd
                && matches!(self.scenario.ends, crate::scenario::model::Ends::Quiet { .. }));
        let compared = self.compared(seed);
        let compared: Vec<(String, &Judgement)> =
            compared.iter().map(|(name, j)| (name.clone(), j)).collect();
        let evidence = Evidence {
            what_ifs: &compared,
            ..Evidence::of_run(&judgement, world, &world.directory, inconclusive)
        };
        let this_run = self.scenario.expect.this_run.iter().enumerate().map(|(i, sentence)| {
            let eventually = world.checks.eventuality(i);
            judge_expectation(sentence, &Evidence { eventually, ..evidence_again(&evidence) })
        });
        let mut verdicts: Vec<Judged> = this_run.collect();
        verdicts.extend(world.checks.judged(inconclusive));
        let taken: Vec<usize> = world.steps_taken.iter().map(|s| s.step).collect();
        let steps_not_taken: Vec<usize> =
            (0..self.scenario.steps.len()).filter(|s| !taken.contains(s)).collect();
        if matches!(ended, Ended::AtEnd | Ended::Quiet) {
            verdicts.extend(steps_not_taken.iter().map(|&s| self.never_happened(s)));
        }
        let over_seeds = self.scenario.expect.over_seeds.iter();
        let predictions = self.scenario.predictions.iter().map(|p| {
            let options = p.options.iter();
            options.map(|o| judge_expectation(&o.holds, &evidence).verdict).collect()
        });
        Outcome {
            seed,
            ended,
            time: lab.kernel.now(),
            events: lab.kernel.event(),
            digest: lab.kernel.digest(),
            facts: world.history().copied().collect(),
            steps: world.steps_taken.clone(),
            drawn: world.drawn.clone(),
            steps_not_taken: (0..self.scenario.steps.len())
                .filter(|s| !taken.contains(s))
                .collect(),
            verdicts,
            over_seeds: over_seeds.map(|sentence| observe_sentence(sentence, &evidence)).collect(),
            predictions: predictions.collect(),
            happenings: if self.keep_history { happenings(lab) } else { Happenings::default() },
            judgement,
        }
    }

    /// A run in which a step did not happen does not show what its file speaks of.
    fn never_happened(&self, step: usize) -> Judged {
        Judged {
            expectation: format!("the step in line {} happens", self.scenario.steps[step].line),
            verdict: Verdict::Vacuous,
            actual: "what it waits for was never stated, or the run ended before".into(),
        }
    }

    /// The what-ifs whose fates a sentence compares with, run with the same seed.
    fn compared(&self, seed: u64) -> Vec<(String, Judgement)> {
        let named = self.scenario.expect.this_run.iter().filter_map(|e| match &e.claim {
            Claim::SameFates { what_if } => Some(what_if),
            _ => None,
        });
        let mut compared = Vec::new();
        for name in named {
            let what_if = self.scenario.what_ifs.iter().find(|w| w.name == *name);
            if let Some(what_if) = what_if {
                let scenario = Arc::new((*what_if.scenario).clone());
                let options = Options { seed: Some(seed), ..Options::default() };
                compared
                    .push((name.clone(), Prepared::new(scenario, false).run(options).judgement));
            }
        }
        compared
    }
}

fn evidence_again<'a>(e: &Evidence<'a>) -> Evidence<'a> {
    Evidence {
        what_ifs: e.what_ifs,
        ..Evidence::of_run(e.judgement, e.probe, e.directory, e.inconclusive)
    }
}

/// Plays the scenario to its end and judges it.
pub fn run(scenario: &Scenario, options: Options) -> Outcome {
    Prepared::new(Arc::new(scenario.clone()), options.keep_history).run(options)
}

/// Events between two looks whether to go on.
const LOOK_EVENTS: u64 = 50_000;

/// The same for as long as `go_on` says so: it is asked before the first event and every so many
/// events, with the number of the event handled last. `None` if it said no.
pub fn play_while(
    lab: &mut Lab,
    until: Option<Time>,
    budget: u64,
    go_on: &mut dyn FnMut(u64) -> bool,
) -> Option<Ended> {
    loop {
        let event = lab.kernel.event();
        if !go_on(event) {
            return None;
        }
        let portion = event.saturating_add(LOOK_EVENTS).min(budget);
        let ended = play(lab, until, portion);
        if ended != Ended::Budget || portion == budget {
            return Some(ended);
        }
    }
}

/// How far a rehearsal looks ahead for the fact that a `before` step must precede.
const REHEARSAL_EVENTS: u64 = 256;

/// Plays on until the scenario is over, until `until`, or until the event numbered `budget` has been
/// handled ([`Ended::Budget`]). Playing in portions comes to the same as playing at once.
pub fn play(lab: &mut Lab, until: Option<Time>, budget: u64) -> Ended {
    loop {
        if lab.model.is_over() {
            return if lab.model.is_quiet() { Ended::Quiet } else { Ended::AtEnd };
        }
        if lab.kernel.event() >= budget {
            return Ended::Budget;
        }
        if let Some(until) = until
            && lab.kernel.next_time().is_none_or(|next| next > until)
        {
            lab.kernel.idle_until(until);
            return Ended::Until;
        }
        if lab.model.anchors.looks_ahead() {
            rehearse(lab, until, budget);
        } else if !lab.step() {
            return Ended::Quiet;
        }
    }
}

/// Plays on a copy to see whether a fact comes that a `before` step waits for. If so, the world
/// stops just before that event and the step is taken; otherwise the copy is the world.
fn rehearse(lab: &mut Lab, until: Option<Time>, budget: u64) {
    let mut copy = lab.clone();
    for _ in 0..REHEARSAL_EVENTS {
        let beyond = until.is_some_and(|u| copy.kernel.next_time().is_none_or(|next| next > u));
        if copy.model.is_over() || copy.kernel.event() >= budget || beyond || !copy.step() {
            break;
        }
        let Some(step) = copy.model.anchors.hit else { continue };
        while lab.kernel.event() + 1 < copy.kernel.event() {
            lab.step();
        }
        if let Some(next) = lab.kernel.next_time() {
            lab.kernel.idle_until(next);
        }
        let World { .. } = lab.model;
        lab.model.anchors.forget(step);
        lab.model.take_step(step, &mut lab.kernel);
        lab.model.settle(&mut lab.kernel);
        return;
    }
    *lab = copy;
}

fn happenings(lab: &Lab) -> Happenings {
    let directory = &lab.model.directory;
    let traced = (1..=lab.kernel.event()).filter_map(|event| {
        Some((event, Happening::of(&lab.kernel.trace().get(event)?, directory)))
    });
    Happenings(traced.collect())
}
