//! Many runs: counting over seeds what a condition came to in each.

use super::evaluate::{Truth, evaluate};
use super::verdict::{Evidence, Judged, Verdict, judge_expectation};
use crate::scenario::expression::{Claim, Comparison, Expectation};

/// What a condition came to in one run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Observation {
    /// It held.
    Held,
    /// It did not hold.
    DidNotHold,
    /// What it speaks of never happened.
    Vacuous,
    /// The run was stopped by a budget.
    Inconclusive,
    /// It could not be evaluated.
    Error,
}

impl Observation {
    /// What an invariant came to in one run.
    pub fn of(verdict: Verdict) -> Observation {
        match verdict {
            Verdict::Passed => Observation::Held,
            Verdict::Failed => Observation::DidNotHold,
            Verdict::Vacuous => Observation::Vacuous,
            Verdict::Inconclusive => Observation::Inconclusive,
            Verdict::Error => Observation::Error,
        }
    }
}

/// What a condition came to over many seeds. The order in which seeds are absorbed (or tallies of
/// parts of them merged) does not matter.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SeedTally {
    held: u64,
    did_not_hold: u64,
    vacuous: u64,
    inconclusive: u64,
    errors: u64,
    /// The smallest seed of each kind, for reproduction.
    first_held: Option<u64>,
    first_not: Option<u64>,
    first_inconclusive: Option<u64>,
    first_error: Option<u64>,
}

fn smaller(a: Option<u64>, b: Option<u64>) -> Option<u64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

impl SeedTally {
    /// Nothing counted yet.
    pub fn new() -> SeedTally {
        SeedTally::default()
    }

    /// Counts one run.
    pub fn absorb(&mut self, seed: u64, observation: Observation) {
        let (count, first) = match observation {
            Observation::Held => (&mut self.held, Some(&mut self.first_held)),
            Observation::DidNotHold => (&mut self.did_not_hold, Some(&mut self.first_not)),
            Observation::Vacuous => (&mut self.vacuous, None),
            Observation::Inconclusive => {
                (&mut self.inconclusive, Some(&mut self.first_inconclusive))
            }
            Observation::Error => (&mut self.errors, Some(&mut self.first_error)),
        };
        *count += 1;
        if let Some(first) = first {
            *first = smaller(*first, Some(seed));
        }
    }

    /// Counts one run of a sentence.
    pub fn absorb_run(&mut self, seed: u64, expectation: &Expectation, evidence: &Evidence<'_>) {
        self.absorb(seed, observe_sentence(expectation, evidence));
    }

    /// Adds what was counted elsewhere.
    pub fn merge(&mut self, other: &SeedTally) {
        self.held += other.held;
        self.did_not_hold += other.did_not_hold;
        self.vacuous += other.vacuous;
        self.inconclusive += other.inconclusive;
        self.errors += other.errors;
        self.first_held = smaller(self.first_held, other.first_held);
        self.first_not = smaller(self.first_not, other.first_not);
        self.first_inconclusive = smaller(self.first_inconclusive, other.first_inconclusive);
        self.first_error = smaller(self.first_error, other.first_error);
    }

    /// How many runs came to this.
    pub fn count(&self, observation: Observation) -> u64 {
        match observation {
            Observation::Held => self.held,
            Observation::DidNotHold => self.did_not_hold,
            Observation::Vacuous => self.vacuous,
            Observation::Inconclusive => self.inconclusive,
            Observation::Error => self.errors,
        }
    }

    /// How many runs there were.
    pub fn runs(&self) -> u64 {
        self.conclusive() + self.vacuous + self.inconclusive + self.errors
    }

    fn conclusive(&self) -> u64 {
        self.held + self.did_not_hold
    }

    /// The smallest seed whose run speaks against the claim (for `sometimes`: for it).
    pub fn seed_to_reproduce(&self, claim: &Claim) -> Option<u64> {
        match claim {
            Claim::Never(_) | Claim::Sometimes(_) => self.first_held,
            Claim::Holds(_)
            | Claim::Always(_)
            | Claim::Eventually { .. }
            | Claim::Share { .. }
            | Claim::SameFates { .. } => self.first_not,
        }
    }

    /// The verdict over all runs.
    pub fn judged(&self, expectation: &Expectation) -> Judged {
        let verdict = match &expectation.claim {
            Claim::Never(_) => self.universal(self.held),
            Claim::Sometimes(_) => self.existential(),
            Claim::Share { comparison, share, .. } => self.share(*comparison, *share),
            Claim::Holds(_)
            | Claim::Always(_)
            | Claim::Eventually { .. }
            | Claim::SameFates { .. } => self.universal(self.did_not_hold),
        };
        Judged {
            expectation: expectation.source.clone(),
            verdict,
            actual: self.actual(&expectation.claim, verdict),
        }
    }

    /// For claims about every run: one counterexample settles it, and without one every run must
    /// have come to an end.
    fn universal(&self, counterexamples: u64) -> Verdict {
        match self {
            _ if counterexamples > 0 => Verdict::Failed,
            _ => self.unsettled().unwrap_or(Verdict::Passed),
        }
    }

    /// For claims about some run: one example settles it.
    fn existential(&self) -> Verdict {
        match self.held {
            0 => self.unsettled().unwrap_or(Verdict::Failed),
            _ => Verdict::Passed,
        }
    }

    /// Why nothing can be said about all runs, if so.
    fn unsettled(&self) -> Option<Verdict> {
        if self.errors > 0 {
            return Some(Verdict::Error);
        }
        if self.inconclusive > 0 {
            return Some(Verdict::Inconclusive);
        }
        (self.conclusive() == 0).then_some(Verdict::Vacuous)
    }

    /// The share of runs in which the condition held, in thousandths of a percent, compared
    /// exactly (by cross-multiplication, not by the rounded share).
    fn share(&self, comparison: Comparison, share: u32) -> Verdict {
        if let Some(verdict) = self.unsettled() {
            return verdict;
        }
        let left = u128::from(self.held) * 100_000;
        let right = u128::from(self.conclusive()) * u128::from(share);
        let (left, right) = match left.cmp(&right) {
            std::cmp::Ordering::Less => (0, 1),
            std::cmp::Ordering::Equal => (0, 0),
            std::cmp::Ordering::Greater => (1, 0),
        };
        if comparison.holds(left, right) { Verdict::Passed } else { Verdict::Failed }
    }

    fn actual(&self, claim: &Claim, verdict: Verdict) -> String {
        let seeds = |n: u64| if n == 1 { "seed" } else { "seeds" };
        let n = self.conclusive();
        let mut text = format!("held in {} of {n} {}", self.held, seeds(n));
        if let Claim::Share { .. } = claim {
            let (low, high) = self.wilson();
            let point = (u128::from(self.held) * 100_000).checked_div(u128::from(n)).unwrap_or(0);
            let percent = |p: u64| format!("{}.{:03}%", p / 1000, p % 1000);
            text += &format!(
                " ({}, 95% interval {} to {})",
                percent(point as u64),
                percent(low),
                percent(high)
            );
        }
        let rest = [
            (self.vacuous, "vacuous"),
            (self.inconclusive, "inconclusive"),
            (self.errors, "in error"),
        ];
        for (count, word) in rest.into_iter().filter(|(count, _)| *count > 0) {
            text += &format!(", {count} {word}");
        }
        let seed = match verdict {
            Verdict::Error => self.first_error,
            Verdict::Inconclusive => self.first_inconclusive,
            Verdict::Failed => self.seed_to_reproduce(claim),
            Verdict::Passed if matches!(claim, Claim::Sometimes(_)) => self.first_held,
            Verdict::Passed | Verdict::Vacuous => None,
        };
        if let Some(seed) = seed {
            text += &format!("; first with seed {seed}");
        }
        text
    }

    /// The 95 % Wilson interval of the share of conclusive runs in which the condition held, in
    /// thousandths of a percent, rounded outwards. Without such runs nothing is known: 0 to 100 %.
    pub fn wilson(&self) -> (u64, u64) {
        wilson(self.held, self.conclusive())
    }
}

/// The quantile of the normal distribution that belongs to 95 %, and its square, in millionths.
const Z: u128 = 1_959_964;
const Z_SQUARED: u128 = 3_841_459;

/// The interval is (k + z²/2 ± z·√(k(n−k)/n + z²/4)) / (n + z²); numerator and denominator are
/// computed in millionths.
fn wilson(k: u64, n: u64) -> (u64, u64) {
    if n == 0 {
        return (0, 100_000);
    }
    const MILLION: u128 = 1_000_000;
    let (k, n) = (u128::from(k), u128::from(n));
    let radicand = k * (n - k) * MILLION * MILLION / n + Z_SQUARED * MILLION / 4;
    // Rounded up, so that the interval never comes out too narrow.
    let half = (Z * (radicand.isqrt() + 1)).div_ceil(MILLION);
    let centre = k * MILLION + Z_SQUARED / 2;
    let below = n * MILLION + Z_SQUARED;
    let low = centre.saturating_sub(half) * 100_000 / below;
    let high = ((centre + half) * 100_000).div_ceil(below).min(100_000);
    // At the ends the bound is exact; rounding must not move it.
    (if k == 0 { 0 } else { low as u64 }, if k == n { 100_000 } else { high as u64 })
}

/// What a sentence came to in one run, for a [`SeedTally`]: whether its condition held, whichever
/// way the claim over all runs wants it.
pub fn observe_sentence(expectation: &Expectation, evidence: &Evidence<'_>) -> Observation {
    let condition = match &expectation.claim {
        Claim::Holds(c)
        | Claim::Never(c)
        | Claim::Sometimes(c)
        | Claim::Always(c)
        | Claim::Share { condition: c, .. } => c,
        Claim::Eventually { .. } | Claim::SameFates { .. } => {
            let alone = Evidence { seeds: None, ..*evidence };
            return match judge_expectation(expectation, &alone).verdict {
                Verdict::Passed => Observation::Held,
                Verdict::Failed => Observation::DidNotHold,
                Verdict::Vacuous => Observation::Vacuous,
                Verdict::Inconclusive => Observation::Inconclusive,
                Verdict::Error => Observation::Error,
            };
        }
    };
    let evaluation = evaluate(condition, evidence);
    if evidence.inconclusive && evaluation.truth != Truth::Unknown {
        return Observation::Inconclusive;
    }
    match evaluation.truth {
        Truth::Holds => Observation::Held,
        Truth::Fails => Observation::DidNotHold,
        Truth::Vacuous => Observation::Vacuous,
        Truth::Unknown => Observation::Error,
    }
}
