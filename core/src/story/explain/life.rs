//! The life of one message: every fact about it, and those that decided its fate.

use super::causes::{self, Link};
use super::{Explanation, explain_message, told};
use crate::cluster::run::Outcome;
use crate::fact::{Fact, MessageId, Stated, SubscriptionId};
use crate::kernel::Time;
use crate::ledger::{AnomalyKind, Fate, ProducerOutcome};
use crate::scenario::Scenario;
use crate::story::{Lang, sentence};
use std::collections::BTreeSet;

/// At most this many lines of a life are told, half from its beginning and half from its end.
const MOST_LINES: usize = 120;

/// One moment in the life of a message.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Moment {
    /// When.
    pub time: Time,
    /// The event that stated it.
    pub event: u64,
    /// The sentence, without the full stop.
    pub text: String,
    /// Whether it is about the message itself, and not about what decided its fate.
    pub own: bool,
}

/// A fact and the chain of causes that led to it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Chain {
    /// The fact, as a sentence.
    pub title: String,
    /// Where it was stated.
    pub event: u64,
    /// The chain, the oldest cause first.
    pub links: Vec<Link>,
}

/// The life of one message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Life {
    /// The message.
    pub message: MessageId,
    /// What its producer was told last.
    pub told: ProducerOutcome,
    /// Its fates.
    pub fates: Vec<(SubscriptionId, Fate)>,
    /// What happened, in order.
    pub moments: Vec<Moment>,
    /// How many moments were left out in the middle.
    pub left_out: usize,
    /// Why it went wrong, if it did.
    pub explanations: Vec<Explanation>,
    /// What led to its acknowledgement and to what decided its fates.
    pub chains: Vec<Chain>,
}

/// Tells the life of a message. The outcome must have kept its history.
pub fn life(scenario: &Scenario, outcome: &Outcome, message: MessageId, lang: Lang) -> Life {
    let directory = &scenario.directory;
    let explanations = explain_message(scenario, outcome, message, lang);
    let mut moments: Vec<Moment> = outcome
        .facts
        .iter()
        .filter(|s| s.fact.message() == Some(message))
        .map(|s| moment(s, sentence(&s.fact, directory, lang), true))
        .collect();
    remarks(scenario, outcome, message, lang, &mut moments);
    let told: BTreeSet<(u64, String)> = moments.iter().map(|m| (m.event, m.text.clone())).collect();
    let clauses = explanations.iter().flat_map(|e| &e.clauses);
    for clause in clauses.filter(|c| !told.contains(&(c.event, c.text.clone()))) {
        let text = clause.text.clone();
        moments.push(Moment { time: clause.time, event: clause.event, text, own: false });
    }
    // Equal events keep the order in which they were found: facts first, then remarks on them.
    moments.sort_by_key(|m| (m.time, m.event));
    moments.dedup();
    let left_out = moments.len().saturating_sub(MOST_LINES);
    if left_out > 0 {
        moments.drain(MOST_LINES / 2..MOST_LINES / 2 + left_out);
    }
    let judgement = &outcome.judgement;
    let fates = judgement.fates_of(message);
    Life {
        message,
        told: judgement.producer_outcome(message),
        fates: fates.iter().map(|s| (s.subscription, s.fate)).collect(),
        moments,
        left_out,
        explanations,
        chains: chains(scenario, outcome, message, lang),
    }
}

/// What the bare facts do not say: that the application itself sends again, and what an error meant.
fn remarks(
    scenario: &Scenario,
    outcome: &Outcome,
    message: MessageId,
    lang: Lang,
    moments: &mut Vec<Moment>,
) {
    let (mut sent, mut attempts) = (0, 0);
    for stated in outcome.facts.iter().filter(|s| s.fact.message() == Some(message)) {
        let remark = match stated.fact {
            Fact::Sent { .. } => {
                sent += 1;
                let again = lang.pick(
                    "this is the application calling send() for it once more",
                    "这是应用自己对它再次调用 send()",
                );
                (sent > 1).then(|| again.to_string())
            }
            Fact::Attempted { .. } => {
                attempts += 1;
                None
            }
            _ => told::meaning(stated, attempts, scenario, lang),
        };
        moments.extend(remark.map(|text| moment(stated, text, false)));
    }
}

fn moment(stated: &Stated, text: String, own: bool) -> Moment {
    Moment { time: stated.time, event: stated.event, text, own }
}

/// What led to what the producer was told and to each fate that is an anomaly, or, where none is,
/// to the last fate.
fn chains(scenario: &Scenario, outcome: &Outcome, message: MessageId, lang: Lang) -> Vec<Chain> {
    let judgement = &outcome.judgement;
    let mut deciding: Vec<Stated> = Vec::new();
    deciding.extend(judgement.message(message).and_then(|m| m.decided_by));
    let fates = judgement.fates_of(message);
    let odd = fates.iter().filter(|s| AnomalyKind::of(s.fate).is_some());
    let mut decided: Vec<Stated> = odd.filter_map(|s| judgement.decided_by(s)).collect();
    if decided.is_empty() {
        decided.extend(fates.last().and_then(|s| judgement.decided_by(s)));
    }
    deciding.extend(decided);
    deciding.dedup();
    let mut found: Vec<Chain> = Vec::new();
    for stated in deciding {
        let mut links = causes::chain(scenario, outcome, stated.event, message, lang);
        let shared = found.iter().map(|c| shared(&c.links, &links)).max().unwrap_or(0);
        if shared == links.len() {
            // It lies on a chain that has been told.
            continue;
        }
        if shared > 1 {
            let same: Vec<Link> = links.drain(..shared).collect();
            let events = same.iter().map(|l| l.events).sum();
            if let Some(last) = same.last() {
                let text = match lang {
                    Lang::En => format!("… as above, up to #{}", last.event),
                    Lang::Zh => format!("……同上，直到 #{}", last.event),
                };
                links.insert(0, Link { time: last.time, event: last.event, events, text });
            }
        }
        let title = sentence(&stated.fact, &scenario.directory, lang);
        found.push(Chain { title, event: stated.event, links });
    }
    found
}

/// How many links two chains have in common from the beginning.
fn shared(one: &[Link], other: &[Link]) -> usize {
    one.iter().zip(other).take_while(|(a, b)| a == b).count()
}
