//! Expectations against what happened.
//!
//! A sentence comes to one of five verdicts, and none is ever folded into another: a sentence about
//! something that never happened has not passed, and a run that was cut short has not failed.

use super::evaluate::Evaluation;
use super::tally::SeedTally;
use super::{Fate, Judgement};
use crate::fact::Directory;
use crate::kernel::{Span, Time};
use crate::scenario::expression::{Claim, Expectation, Quantity};

pub use super::evaluate::{Truth, check, evaluate};

/// What an expectation came to. None is ever folded into another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Verdict {
    /// It held.
    Passed,
    /// It did not hold.
    Failed,
    /// What it speaks of never happened.
    Vacuous,
    /// The run was stopped by a budget.
    Inconclusive,
    /// It could not be evaluated.
    Error,
}

impl Verdict {
    /// All verdicts.
    pub const ALL: [Verdict; 5] =
        [Verdict::Passed, Verdict::Failed, Verdict::Vacuous, Verdict::Inconclusive, Verdict::Error];

    /// The exit status of a command whose worst verdict is this one. 2 is left to wrong
    /// invocations, as is usual.
    pub const fn exit_status(self) -> u8 {
        match self {
            Verdict::Passed => 0,
            Verdict::Failed => 1,
            Verdict::Vacuous => 3,
            Verdict::Inconclusive => 4,
            Verdict::Error => 5,
        }
    }

    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Verdict::Passed => "passed",
            Verdict::Failed => "failed",
            Verdict::Vacuous => "vacuous",
            Verdict::Inconclusive => "inconclusive",
            Verdict::Error => "error",
        }
    }

    /// The verdict that decides the exit status where there are several: error, failed,
    /// inconclusive, vacuous, passed, in this order. With none there is nothing that passed.
    pub fn worst(verdicts: impl IntoIterator<Item = Verdict>) -> Verdict {
        let rank = |v: &Verdict| match v {
            Verdict::Passed => 0,
            Verdict::Vacuous => 1,
            Verdict::Inconclusive => 2,
            Verdict::Failed => 3,
            Verdict::Error => 4,
        };
        verdicts.into_iter().max_by_key(rank).unwrap_or(Verdict::Vacuous)
    }
}

/// One expectation judged.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Judged {
    /// The sentence as written.
    pub expectation: String,
    /// What it came to.
    pub verdict: Verdict,
    /// The numbers behind it: `lost = 1`.
    pub actual: String,
}

/// What the ledger cannot know from facts: the state of the world now.
pub trait Probe {
    /// The number of a world-state quantity (high watermark, log end, in-sync replicas, leader,
    /// epoch, stored progress, …), `None` if there is no such thing. Quantities of the ledger need
    /// not be answered, but may be: [`check`] asks the probe alone.
    fn number(&self, quantity: &Quantity) -> Option<i64>;
}

/// A world without state, for tests and for sentences about fates only.
pub struct NoProbe;

impl Probe for NoProbe {
    fn number(&self, _: &Quantity) -> Option<i64> {
        None
    }
}

/// What a sentence is judged by.
#[derive(Clone, Copy)]
pub struct Evidence<'a> {
    /// What became of every message.
    pub judgement: &'a Judgement,
    /// The state of the world at that moment.
    pub probe: &'a dyn Probe,
    /// The names of ids and of business keys.
    pub directory: &'a Directory,
    /// Whether the run was stopped by a budget.
    pub inconclusive: bool,
    /// What many runs came to, for this sentence.
    pub seeds: Option<&'a SeedTally>,
    /// What was watched for an `eventually` sentence.
    pub eventually: Option<&'a Eventuality>,
    /// The judgements of the what-ifs, by name.
    pub what_ifs: &'a [(String, &'a Judgement)],
}

impl<'a> Evidence<'a> {
    /// The evidence of one finished run.
    pub fn of_run(
        judgement: &'a Judgement,
        probe: &'a dyn Probe,
        directory: &'a Directory,
        inconclusive: bool,
    ) -> Evidence<'a> {
        Evidence {
            judgement,
            probe,
            directory,
            inconclusive,
            seeds: None,
            eventually: None,
            what_ifs: &[],
        }
    }
}

/// Watches for a condition to become true within a span after the last fault has healed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Eventuality {
    healed: Option<Time>,
    held: Option<Time>,
}

impl Eventuality {
    /// The last fault so far has healed (or there is none); it begins anew.
    pub fn healed(&mut self, now: Time) {
        *self = Eventuality { healed: Some(now), held: None };
    }

    /// A fault began: nothing is owed until it has healed.
    pub fn disturbed(&mut self) {
        *self = Eventuality::default();
    }

    /// The condition was looked at. Cheap when there is nothing to watch: ask [`Self::watches`]
    /// before evaluating the condition.
    pub fn observed(&mut self, holds: bool, now: Time) {
        if holds && self.watches() {
            self.held = Some(now);
        }
    }

    /// Whether the last fault has healed.
    pub fn has_begun(&self) -> bool {
        self.healed.is_some()
    }

    /// Whether it still matters what the condition is.
    pub fn watches(&self) -> bool {
        self.healed.is_some() && self.held.is_none()
    }

    /// The verdict at the end of a run, and its numbers.
    fn verdict(&self, within: Span, end: Time) -> (Verdict, String) {
        let Some(healed) = self.healed else {
            return (Verdict::Vacuous, "the last fault has not healed".into());
        };
        match self.held.map(|held| held.since(healed)) {
            Some(took) if took <= within => (Verdict::Passed, format!("after {took}")),
            Some(took) => (Verdict::Failed, format!("after {took}")),
            None if end.since(healed) < within => {
                let watched = end.since(healed);
                (Verdict::Inconclusive, format!("not within {watched}, when the run ended"))
            }
            None => (Verdict::Failed, format!("not within {within}")),
        }
    }
}

/// Judges one sentence.
pub fn judge_expectation(expectation: &Expectation, evidence: &Evidence<'_>) -> Judged {
    if let Some(seeds) = evidence.seeds {
        return seeds.judged(expectation);
    }
    let (verdict, actual) = of_run(&expectation.claim, evidence);
    let cut_short = evidence.inconclusive && verdict != Verdict::Error;
    Judged {
        expectation: expectation.source.clone(),
        verdict: if cut_short { Verdict::Inconclusive } else { verdict },
        actual,
    }
}

fn of_run(claim: &Claim, evidence: &Evidence<'_>) -> (Verdict, String) {
    match claim {
        Claim::Holds(condition) | Claim::Always(condition) | Claim::Sometimes(condition) => {
            of_truth(evaluate(condition, evidence), true)
        }
        Claim::Never(condition) => of_truth(evaluate(condition, evidence), false),
        Claim::Eventually { condition, within } => match evidence.eventually {
            Some(watched) => {
                let (verdict, when) = watched.verdict(*within, evidence.judgement.at);
                let now = evaluate(condition, evidence);
                (verdict, format!("{when}; at the end {}", now.actual))
            }
            None => (Verdict::Error, "not watched during the run".into()),
        },
        Claim::Share { .. } => (Verdict::Error, "a share needs many seeds".into()),
        Claim::SameFates { what_if } => {
            match evidence.what_ifs.iter().find(|(name, _)| name == what_if) {
                Some((_, other)) => same_fates(evidence, other),
                None => (Verdict::Error, format!("what-if {what_if} was not run")),
            }
        }
    }
}

pub(super) fn of_truth(evaluation: Evaluation, wanted: bool) -> (Verdict, String) {
    let verdict = match evaluation.truth {
        Truth::Holds if wanted => Verdict::Passed,
        Truth::Fails if !wanted => Verdict::Passed,
        Truth::Holds | Truth::Fails => Verdict::Failed,
        Truth::Vacuous => Verdict::Vacuous,
        Truth::Unknown => Verdict::Error,
    };
    (verdict, evaluation.actual)
}

fn same_fates(evidence: &Evidence<'_>, other: &Judgement) -> (Verdict, String) {
    let mine = evidence.judgement;
    if mine.fates.is_empty() && other.fates.is_empty() {
        return (Verdict::Vacuous, "no message was sent in either".into());
    }
    if mine.same_fates(other) {
        return (Verdict::Passed, format!("all {} fates equal", mine.fates.len()));
    }
    let word = |fate: Option<Fate>| fate.map_or("unsent", Fate::name);
    let pairs = mine.fates.iter().chain(&other.fates).map(|s| (s.message, s.subscription));
    let differs = pairs
        .map(|(m, s)| (m, s, mine.fate(m, s), other.fate(m, s)))
        .filter(|(_, _, here, there)| here != there)
        .min_by_key(|(m, s, ..)| (*m, *s));
    let first = differs.map_or(String::new(), |(message, subscription, here, there)| {
        format!(
            "{} for {}: {} here, {} there",
            evidence.directory.message(message),
            evidence.directory.subscription(subscription),
            word(here),
            word(there)
        )
    });
    (Verdict::Failed, first)
}
