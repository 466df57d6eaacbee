//! One scenario over many seeds.
//!
//! Each run says what every sentence over seeds came to in it, and the tally draws the conclusion.
//! Invariants (`throughout`) must hold with every seed as well.

use crate::variant::{self, Variant};
use mqlab::cluster::run::{Options, Prepared};
use mqlab::ledger::tally::{Observation, SeedTally};
use mqlab::ledger::verdict::{Judged, Verdict};
use mqlab::scenario::Scenario;
use mqlab::scenario::expression::{Claim, Expectation};
use std::ops::Range;
use std::sync::Arc;

/// What some seeds of one scenario came to: a tally for each sentence.
pub struct SeedsRun {
    seeds: u64,
    tallies: Vec<SeedTally>,
}

/// Runs the seeds, as long as they are `wanted`. The world is built once and copied for each.
pub fn run(scenario: &Scenario, seeds: Range<u64>, wanted: impl Fn() -> bool) -> Option<SeedsRun> {
    let expect = &scenario.expect;
    let prepared = Prepared::new(Arc::new(scenario.clone()), false);
    let mut tallies = vec![SeedTally::new(); expect.over_seeds.len() + expect.throughout.len()];
    let mut count = 0;
    for seed in seeds {
        let outcome = prepared.run_while(Options::seeded(seed), &mut |_| wanted())?;
        let invariants = outcome.verdicts.iter().skip(expect.this_run.len());
        let observations = outcome
            .over_seeds
            .iter()
            .copied()
            .chain(invariants.map(|judged| Observation::of(judged.verdict)));
        for (tally, observation) in tallies.iter_mut().zip(observations) {
            tally.absorb(seed, observation);
        }
        count += 1;
    }
    Some(SeedsRun { seeds: count, tallies })
}

/// What the seeds of one scenario have shown so far.
pub struct Sweep {
    sentences: Vec<Expectation>,
    run: SeedsRun,
    /// The simulator stopped with an internal error at or after this seed.
    pub broken: Option<(u64, String)>,
    /// The seed of the file, to show what a failure looks like where no seed is to blame.
    own_seed: u64,
}

/// A sentence that did not hold over the seeds, and the run that shows it.
pub struct SweepFault {
    /// The sentence and what it came to.
    pub judged: Judged,
    /// The command that shows a run that speaks against it.
    pub command: String,
}

impl Sweep {
    /// Nothing run yet.
    pub fn new(scenario: &Scenario) -> Sweep {
        let expect = &scenario.expect;
        let sentences: Vec<Expectation> =
            expect.over_seeds.iter().chain(&expect.throughout).cloned().collect();
        let tallies = vec![SeedTally::new(); sentences.len()];
        let run = SeedsRun { seeds: 0, tallies };
        Sweep { sentences, run, broken: None, own_seed: scenario.seed }
    }

    /// Adds what more seeds showed.
    pub fn add(&mut self, more: SeedsRun) {
        self.run.seeds += more.seeds;
        for (tally, more) in self.run.tallies.iter_mut().zip(&more.tallies) {
            tally.merge(more);
        }
    }

    /// How many seeds were run.
    pub fn seeds(&self) -> u64 {
        self.run.seeds
    }

    /// The sentences and what they came to.
    pub fn judged(&self) -> Vec<Judged> {
        self.sentences.iter().zip(&self.run.tallies).map(|(s, t)| t.judged(s)).collect()
    }

    /// The verdict over all seeds; a file that says nothing of many seeds has nothing to fail.
    pub fn verdict(&self) -> Verdict {
        match &self.broken {
            Some(_) => Verdict::Error,
            None if self.sentences.is_empty() => Verdict::Passed,
            None => Verdict::worst(self.judged().iter().map(|j| j.verdict)),
        }
    }

    /// What did not hold. Where seeds are missing, only what one run alone refutes: that a thing
    /// happened too rarely cannot be said yet.
    pub fn faults(&self, name: &str, complete: bool) -> Vec<SweepFault> {
        let sentences = self.sentences.iter().zip(&self.run.tallies);
        let settled = sentences.filter(|(sentence, _)| {
            complete || !matches!(sentence.claim, Claim::Sometimes(_) | Claim::Share { .. })
        });
        let judged = settled.map(|(s, t)| {
            let seed = t.seed_to_reproduce(&s.claim).unwrap_or(self.own_seed);
            SweepFault {
                judged: t.judged(s),
                command: variant::command(name, seed, &[], &Variant::Base),
            }
        });
        judged
            .filter(|f| match f.judged.verdict {
                Verdict::Passed => false,
                Verdict::Failed => true,
                Verdict::Vacuous | Verdict::Inconclusive | Verdict::Error => complete,
            })
            .collect()
    }
}
