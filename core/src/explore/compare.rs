//! Two runs beside each other: whose fates differ, and where the runs part.

use crate::fact::{Fact, MessageId, Stated, SubscriptionId};
use crate::ledger::{Fate, Judgement};
use rustc_hash::FxHashMap;

/// A message whose fate is not the same in two runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FateChange {
    /// The message.
    pub message: MessageId,
    /// The subscription.
    pub subscription: SubscriptionId,
    /// Its fate in the first run, if it had one.
    pub before: Option<Fate>,
    /// Its fate in the second run, if it had one.
    pub after: Option<Fate>,
}

/// The messages whose fates differ, by message, then by subscription.
pub fn fate_changes(first: &Judgement, second: &Judgement) -> Vec<FateChange> {
    let keys = |j: &Judgement| -> Vec<(MessageId, SubscriptionId)> {
        j.fates.iter().map(|s| (s.message, s.subscription)).collect()
    };
    let mut all = keys(first);
    all.extend(keys(second));
    all.sort_unstable();
    all.dedup();
    all.into_iter()
        .map(|(message, subscription)| FateChange {
            message,
            subscription,
            before: first.fate(message, subscription),
            after: second.fate(message, subscription),
        })
        .filter(|c| c.before != c.after)
        .collect()
}

/// Where two runs part: the first fact of each that the other does not have. Facts are the same if
/// they say the same, whenever and at whatever event they were stated; of facts stated several
/// times, as many are the same as both runs have.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Parting {
    /// The first fact that only the first run has.
    pub first: Option<Stated>,
    /// The first fact that only the second run has.
    pub second: Option<Stated>,
}

impl Parting {
    /// Whether both runs state the same facts.
    pub fn is_none(&self) -> bool {
        self.first.is_none() && self.second.is_none()
    }
}

/// Where two runs part.
pub fn parting(first: &[Stated], second: &[Stated]) -> Parting {
    Parting { first: missing(first, second), second: missing(second, first) }
}

/// The first fact of `here` that `there` lacks.
fn missing(here: &[Stated], there: &[Stated]) -> Option<Stated> {
    let mut left: FxHashMap<Fact, u64> = FxHashMap::default();
    for stated in there {
        *left.entry(stated.fact).or_insert(0) += 1;
    }
    here.iter().copied().find(|stated| match left.get_mut(&stated.fact) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    })
}
