//! A run from the first event to the verdict.

use crate::fact::Stated;
use crate::kernel::Time;
use crate::ledger::Judgement;
use crate::scenario::Scenario;

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
    /// What it was, in technical words: `packet Fetch broker-2 -> broker-1`.
    pub what: String,
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
    /// Steps that never happened, because the fact they waited for was never stated.
    pub steps_not_taken: Vec<usize>,
    /// What became of every message.
    pub judgement: Judgement,
    /// What the expectations came to, in the order `this-run`, `throughout`.
    pub verdicts: Vec<crate::ledger::verdict::Judged>,
    /// For each prediction, for each option, whether it held.
    pub predictions: Vec<Vec<crate::ledger::verdict::Verdict>>,
    /// Causes of events, if history was kept: the event with number `n` at index `n - 1`.
    pub happenings: Vec<Happening>,
}

/// Plays the scenario to its end and judges it.
pub fn run(_scenario: &Scenario, _options: Options) -> Outcome {
    unreachable!("replaced by the cluster")
}
