//! What a run came to, in few numbers: for putting runs side by side.

use crate::cluster::run::Outcome;
use crate::kernel::Span;
use crate::ledger::{Fate, ProducerOutcome, Subset};
use std::collections::BTreeMap;

/// The numbers of one run.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Measure {
    /// How many messages met each fate, over all subscriptions.
    pub fates: BTreeMap<Fate, u64>,
    /// How many messages were acknowledged.
    pub acknowledged: u64,
    /// How many were refused, or left unknown to their producer.
    pub failed: u64,
    /// Messages handled after a later one of their key.
    pub inversions: u64,
    /// Median time from sending to acknowledgement.
    pub p50: Option<Span>,
    /// The same for 99 of 100.
    pub p99: Option<Span>,
    /// The longest span without progress of a producer or a subscription.
    pub unavailable: Option<Span>,
    /// Elections after the first leaders.
    pub elections: u64,
}

impl Measure {
    /// The numbers of a run.
    pub fn of(outcome: &Outcome) -> Measure {
        let judgement = &outcome.judgement;
        let mut fates = BTreeMap::new();
        for settled in &judgement.fates {
            *fates.entry(settled.fate).or_insert(0) += 1;
        }
        let told = |outcome| judgement.outcomes(outcome, Subset::All);
        Measure {
            fates,
            acknowledged: told(ProducerOutcome::Acknowledged),
            failed: told(ProducerOutcome::Refused) + told(ProducerOutcome::Unknown),
            inversions: judgement.inversions(Subset::All).count() as u64,
            p50: judgement.latency(500, Subset::All),
            p99: judgement.latency(990, Subset::All),
            unavailable: judgement.unavailable(Subset::All),
            elections: judgement.facts("elections", Subset::All).unwrap_or(0),
        }
    }

    /// How many messages met a fate.
    pub fn count(&self, fate: Fate) -> u64 {
        self.fates.get(&fate).copied().unwrap_or(0)
    }
}
