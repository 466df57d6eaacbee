//! What is known of one message up to here, for its explanation.
//!
//! A short run keeps all its facts, and so everything is known. Of a long one only the rare facts
//! are kept (elections, outages, truncations); what concerns the message is stated again, by playing
//! the stretch of its life once more from a snapshot. So an explanation costs as much as that
//! stretch, not as much as the run.

use super::course::Course;
use super::session::Lab;
use crate::cluster;
use crate::cluster::run::{Ended, Happenings, Outcome};
use crate::fact::{MessageId, Stated};
use crate::ledger::{Judgement, Subset};
use std::collections::{BTreeMap, BTreeSet};

/// The longest stretch of a life that is played again, in events. Of a longer one the beginning and
/// the end are told.
const LONGEST_STRETCH: u64 = 400_000;
/// So many events before a decisive one its causes are followed.
const CAUSES: u64 = 32_768;

impl Lab {
    /// The run up to here as far as it concerns a message: its facts and fates, the facts about no
    /// message, and the causes of what decided. Sentences of the scenario are not judged.
    pub fn account_of(&self, message: MessageId) -> Outcome {
        let (course, state) = (self.course(), self.state());
        let (world, now) = (&state.model, state.kernel.now());
        let mut about = BTreeSet::from([message]);
        let breaks = world.ledger.judge_some(now, []);
        about.extend(breaks.inversions(Subset::Message(message)).map(|b| b.behind));
        let judgement = world.ledger.judge_some(now, about.iter().copied());
        let mut found = Found::default();
        let whole = world.kept_facts().is_some_and(|history| history.gone() == 0);
        found.take(state, &about);
        if !whole {
            let upto = state.kernel.event();
            let rare = course.watch().chronicle.iter().filter(|(_, stated)| stated.event <= upto);
            found.facts.extend(rare.copied());
            for (from, to) in stretches(&judgement, message, upto) {
                if let Some(there) = course.world_at(to, to - from) {
                    found.take(&there, &about);
                }
            }
        }
        for event in deciding(&judgement, message) {
            found.follow(course, state, event, &about);
        }
        let taken: Vec<usize> = world.steps_taken().iter().map(|s| s.step).collect();
        let steps = 0..world.scenario().steps.len();
        Outcome {
            seed: self.seed(),
            ended: self.ended().unwrap_or(Ended::Until),
            time: now,
            events: state.kernel.event(),
            digest: state.kernel.digest(),
            facts: found.facts.into_values().collect(),
            drawn: world.drawn().to_vec(),
            steps: world.steps_taken().to_vec(),
            steps_not_taken: steps.filter(|step| !taken.contains(step)).collect(),
            verdicts: Vec::new(),
            over_seeds: Vec::new(),
            judgement,
            predictions: Vec::new(),
            happenings: found.happenings,
        }
    }
}

#[derive(Default)]
struct Found {
    /// By their numbers.
    facts: BTreeMap<u64, Stated>,
    happenings: Happenings,
}

impl Found {
    /// Takes what a world knows of these messages and of none.
    fn take(&mut self, state: &cluster::Lab, about: &BTreeSet<MessageId>) {
        let history = state.model.kept_facts().into_iter().flat_map(|h| h.numbered());
        let concerning =
            history.filter(|(_, stated)| stated.fact.message().is_none_or(|m| about.contains(&m)));
        self.facts.extend(concerning.map(|(number, stated)| (number, *stated)));
    }

    /// Follows the causes of an event.
    fn follow(
        &mut self,
        course: &Course,
        here: &cluster::Lab,
        event: u64,
        about: &BTreeSet<MessageId>,
    ) {
        let known = |state: &cluster::Lab| {
            let oldest = event.saturating_sub(CAUSES).max(1);
            state.kernel.trace().get(oldest).is_some() && state.kernel.event() >= event
        };
        if known(here) {
            self.happenings.add_causes(here, event, |_| ());
        } else if let Some(there) = course.world_at(event, CAUSES) {
            self.happenings.add_causes(&there, event, |_| ());
            self.take(&there, about);
        }
    }
}

/// The events that decided what became of a message.
fn deciding(judgement: &Judgement, message: MessageId) -> BTreeSet<u64> {
    let told = judgement.message(message).and_then(|m| m.decided_by);
    let fates =
        judgement.fates_of(message).iter().filter_map(|settled| judgement.decided_by(settled));
    told.into_iter().chain(fates).map(|stated| stated.event).collect()
}

/// The stretches of the run in which something happened to a message, as far as the ledger knows.
fn stretches(judgement: &Judgement, message: MessageId, upto: u64) -> Vec<(u64, u64)> {
    let ledger = judgement.ledger();
    let known = ledger.events_of(message);
    let decided = deciding(judgement, message);
    let events = known.into_iter().chain(decided).filter(|event| *event <= upto);
    let (mut first, mut last) = (u64::MAX, 0);
    for event in events {
        (first, last) = (first.min(event), last.max(event));
    }
    if first > last {
        return Vec::new();
    }
    // What follows close behind, such as progress stored, belongs to the life.
    let last = (last + CAUSES / 4).min(upto);
    if last - first <= 2 * LONGEST_STRETCH {
        return vec![(first, last)];
    }
    vec![(first, first + LONGEST_STRETCH), (last - LONGEST_STRETCH, last)]
}
