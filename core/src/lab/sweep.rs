//! The story of a branch under many seeds.
//!
//! What was done by hand is done again with every seed, as on a branch with that seed, so opening a
//! seed shows what was counted.

use super::branch::{BranchId, Change};
use super::session::{Lab, Refused};
use crate::cluster::run::{Options, Outcome, Prepared};
use crate::explore::Measure;
use crate::ledger::Fate;
use crate::ledger::tally::{Observation, SeedTally};
use crate::ledger::verdict::{Judged, Verdict};
use crate::scenario::expression::{Claim, Expectation};
use std::collections::BTreeMap;

/// How many messages met each fate in a run.
pub type Fates = Vec<(Fate, u64)>;

/// What runs came to.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Swept {
    /// How many seeds have been played: the first of them is 1.
    pub done: u64,
    /// How many are asked for.
    pub of: u64,
    /// For each outcome, how many seeds had it, and the first of them.
    pub outcomes: BTreeMap<Fates, (u64, u64)>,
    /// With so many seeds something that was done by hand made no sense.
    pub refused: u64,
    /// What the file says of many seeds, and invariants, with what they came to so far.
    pub sentences: Vec<(Expectation, SeedTally)>,
}

/// A sentence that does not hold over the seeds played.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Against {
    /// The sentence and what it came to.
    pub judged: Judged,
    /// The first seed whose run speaks against it; `None` where no single run does.
    pub seed: Option<u64>,
}

impl Swept {
    /// Sentences against which a single run speaks, with the first seed that shows it. That
    /// something happened too rarely cannot be said before all seeds were played.
    pub fn against(&self) -> Vec<Against> {
        let all = self.done == self.of;
        let of_many = |claim: &Claim| matches!(claim, Claim::Sometimes(_) | Claim::Share { .. });
        let sentences = self.sentences.iter().filter(|(s, _)| all || !of_many(&s.claim));
        let judged = sentences.map(|(sentence, tally)| {
            let seed = tally.seed_to_reproduce(&sentence.claim);
            let seed = seed.filter(|_| !of_many(&sentence.claim));
            Against { judged: tally.judged(sentence), seed }
        });
        judged.filter(|against| against.judged.verdict == Verdict::Failed).collect()
    }

    fn count(&mut self, seed: u64, outcome: &Outcome, this_run: usize) {
        let fates = Measure::of(outcome).fates.into_iter().collect();
        self.outcomes.entry(fates).or_insert((0, seed)).0 += 1;
        let invariants = outcome.verdicts.iter().skip(this_run);
        let invariants = invariants.map(|judged| Observation::of(judged.verdict));
        let observed = outcome.over_seeds.iter().copied().chain(invariants);
        for ((_, tally), observation) in self.sentences.iter_mut().zip(observed) {
            tally.absorb(seed, observation);
        }
    }
}

impl Lab {
    /// Plays a branch with the seeds from 1 on, for as long as `go_on` says so: it is asked after
    /// every seed and every so many events of one, and sees what has come out so far.
    pub fn sweep_while(
        &self,
        id: BranchId,
        seeds: u64,
        go_on: &mut dyn FnMut(&Swept) -> bool,
    ) -> Result<Swept, Refused> {
        let branch = self.branch(id).ok_or(Refused::NoBranch(id))?;
        let expect = &branch.scenario().expect;
        let sentences = expect.over_seeds.iter().chain(&expect.throughout);
        let sentences = sentences.map(|s| (s.clone(), SeedTally::new())).collect();
        let mut swept = Swept { of: seeds, sentences, ..Swept::default() };
        let prepared = Prepared::new(branch.scenario().clone(), false);
        let by_hand = !branch.interventions().is_empty();
        for seed in 1..=seeds {
            let mut playing = |_| go_on(&swept);
            let outcome = if by_hand {
                self.with_other_seed(id, seed, &mut playing)
            } else {
                prepared.run_while(Options::seeded(seed), &mut playing).ok_or(Refused::Stopped)
            };
            match outcome {
                Ok(outcome) => swept.count(seed, &outcome, expect.this_run.len()),
                Err(Refused::Stopped) => return Ok(swept),
                Err(_) => swept.refused += 1,
            }
            swept.done = seed;
        }
        go_on(&swept);
        Ok(swept)
    }

    /// What the branch comes to with another seed, what was done by hand included.
    fn with_other_seed(
        &self,
        id: BranchId,
        seed: u64,
        go_on: &mut dyn FnMut(u64) -> bool,
    ) -> Result<Outcome, Refused> {
        let mut lab = self.clone();
        lab.hold_at(&[]);
        lab.current = id;
        let mut everything = lab.position();
        everything.inputs = lab.course().inputs.len();
        let branch = lab.fork_as(&Change::Seed(seed), everything)?;
        lab.outcome_while(branch, go_on)
    }
}
