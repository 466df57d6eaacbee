//! What is noted while a run is played for the first time: marks, and counts over time.
//!
//! It is a function of the run up to its place like the world itself, so it is kept in snapshots
//! and needs no undoing when the past changes.

use super::lesson::Asked;
use crate::cluster;
use crate::fact::{Fact, MessageId, Stated, SubscriptionId};
use crate::ledger::{AnomalyKind, Fate, Ledger};
use crate::scenario::Scenario;
use crate::view::{Mark, MarkKind, Series};

/// No more marks than these are kept.
const MOST_MARKS: usize = 65_536;
/// No more facts about no message than these are kept.
const MOST_CHRONICLE: usize = 65_536;
/// Of so many messages the fates are looked at whenever a fact may have decided one; of more, only
/// when a log or a leader was lost.
const FEW_MESSAGES: u32 = 1_000;

/// See the module text.
#[derive(Clone, Default)]
pub(super) struct Watch {
    pub marks: imbl::Vector<Mark>,
    pub series: Series,
    /// Facts about no single message, each with its number, but for stored progress, which is stated
    /// all the time: elections, outages, truncations and the like.
    pub chronicle: imbl::Vector<(u64, Stated)>,
    /// Where the questions of the lesson are asked.
    pub asked: Asked,
    /// Facts seen so far.
    facts: u64,
    steps: usize,
    duplicates: u64,
    order_breaks: usize,
    /// Anomalous fates that have a mark.
    known: imbl::OrdSet<(AnomalyKind, SubscriptionId, MessageId)>,
}

impl Watch {
    pub fn new(scenario: &Scenario) -> Watch {
        Watch { asked: Asked::new(scenario), ..Watch::default() }
    }

    /// Notes what the last event, or the last intervention, did.
    pub fn look(&mut self, state: &cluster::Lab) {
        let world = &state.model;
        let Some(history) = world.kept_facts() else { return };
        for taken in world.steps_taken().get(self.steps..).unwrap_or_default() {
            self.steps += 1;
            self.mark(Mark {
                event: taken.event,
                time: taken.time,
                kind: MarkKind::Step(taken.step),
                stated: None,
                message: None,
                count: 0,
            });
        }
        if history.total() == self.facts {
            self.asked.pass(state.kernel.event(), state.kernel.next_time());
            return;
        }
        if self.asked.waits() {
            for stated in history.since(self.facts) {
                self.asked.hear(stated, world);
            }
        }
        self.asked.pass(state.kernel.event(), state.kernel.next_time());
        let (mut small, mut large) = (false, false);
        let mut handled = None;
        for (number, stated) in (self.facts..).zip(history.since(self.facts)) {
            self.note(number, stated);
            self.series.count(stated, || backlog(&world.ledger));
            if let Some(kind) = MarkKind::of(&stated.fact) {
                self.mark(of_fact(kind, stated, None));
            }
            large |= overrules(&stated.fact);
            small |= decides(&stated.fact);
            if matches!(stated.fact, Fact::Handled { .. } | Fact::Appended { .. }) {
                handled = Some(*stated);
            }
        }
        self.facts = history.total();
        if let Some(stated) = handled {
            self.look_at_handling(&world.ledger, &stated);
        }
        let few = world.scenario().directory.message_count() <= FEW_MESSAGES;
        if large || small && few {
            self.look_at_fates(state);
        }
    }

    fn note(&mut self, number: u64, stated: &Stated) {
        let often = matches!(stated.fact, Fact::OffsetCommitted { .. });
        if stated.fact.message().is_none() && !often && self.chronicle.len() < MOST_CHRONICLE {
            self.chronicle.push_back((number, *stated));
        }
    }

    fn mark(&mut self, mark: Mark) {
        if self.marks.len() < MOST_MARKS {
            self.marks.push_back(mark);
        }
    }

    /// Duplicates and breaks of order come to be when a message is handled or appended.
    fn look_at_handling(&mut self, ledger: &Ledger, stated: &Stated) {
        let subscriptions = ledger.plan().subscriptions.len() as u16;
        let duplicates = (0..subscriptions).map(|s| ledger.handled(SubscriptionId(s)).1).sum();
        if duplicates > self.duplicates {
            let kind = MarkKind::Anomaly(AnomalyKind::Duplicate);
            self.mark(of_fact(kind, stated, stated.fact.message()));
        }
        let breaks = ledger.order_breaks();
        if breaks > self.order_breaks {
            let kind = match stated.fact {
                Fact::Appended { .. } => AnomalyKind::LogInversion,
                _ => AnomalyKind::Inversion,
            };
            self.mark(of_fact(MarkKind::Anomaly(kind), stated, stated.fact.message()));
        }
        (self.duplicates, self.order_breaks) = (duplicates, breaks);
    }

    /// Marks messages whose fate has become an anomaly, together where they share it.
    fn look_at_fates(&mut self, state: &cluster::Lab) {
        let (now, event) = (state.kernel.now(), state.kernel.event());
        let judgement = state.model.ledger.judge(now);
        let mut fresh: Vec<Mark> = Vec::new();
        for settled in &judgement.fates {
            let told = matches!(settled.fate, Fate::Duplicate | Fate::Redelivered);
            let Some(kind) = AnomalyKind::of(settled.fate).filter(|_| !told) else { continue };
            let key = (kind, settled.subscription, settled.message);
            if self.known.insert(key).is_some() {
                continue;
            }
            let kind = MarkKind::Anomaly(kind);
            match fresh.iter_mut().find(|mark| mark.kind == kind) {
                Some(mark) => mark.count += 1,
                None => fresh.push(Mark {
                    event,
                    time: now,
                    kind,
                    stated: judgement.decided_by(settled),
                    message: Some(settled.message),
                    count: 1,
                }),
            }
        }
        for mark in fresh {
            self.mark(mark);
        }
    }
}

fn of_fact(kind: MarkKind, stated: &Stated, message: Option<MessageId>) -> Mark {
    Mark {
        event: stated.event,
        time: stated.time,
        kind,
        stated: Some(*stated),
        count: u32::from(message.is_some()),
        message,
    }
}

/// Committed messages that wait for subscriptions now.
pub(super) fn backlog(ledger: &Ledger) -> u64 {
    let subscriptions = ledger.plan().subscriptions.len() as u16;
    (0..subscriptions).map(|s| ledger.lag(SubscriptionId(s))).sum()
}

/// Facts that can take messages out of reach.
fn overrules(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::Truncated { .. }
            | Fact::RolledBack { .. }
            | Fact::Wiped { .. }
            | Fact::StorageFailed { .. }
    ) || matches!(MarkKind::of(fact), Some(MarkKind::Election))
}

/// Facts that can decide the fate of single messages.
fn decides(fact: &Fact) -> bool {
    matches!(
        fact,
        Fact::Refused { .. }
            | Fact::Unknown { .. }
            | Fact::Stopped { .. }
            | Fact::OffsetCommitted { .. }
            | Fact::Revoked { .. }
            | Fact::PartitionsLost { .. }
            | Fact::Positioned { .. }
            | Fact::DeadLettered { .. }
            | Fact::Dropped { .. }
            | Fact::Expired { .. }
            | Fact::Compacted { .. }
            | Fact::OffsetExpired { .. }
            | Fact::Unroutable { .. }
            | Fact::Settled { .. }
            | Fact::NotRecovered { .. }
    )
}
