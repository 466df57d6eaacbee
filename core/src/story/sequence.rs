//! A sequence diagram of the decisive moments in the life of one message: who sent what to whom,
//! and what it led to. This file chooses what is shown; `mermaid` and `svg` draw it.
//!
//! A run has thousands of packets; a diagram of all of them shows nothing. Shown are the events that
//! stated a fact about the message or about what decided its fate, the steps, and the packets that
//! led to each.

pub mod mermaid;
pub mod svg;
#[cfg(test)]
mod tests;

use crate::cluster::run::Outcome;
use crate::fact::{MessageId, NodeId};
use crate::kernel::Time;
use crate::scenario::Scenario;
use crate::story::explain::causes::{happening, stated_by};
use crate::story::explain::explain_message;
use crate::story::{Lang, sentence};
use std::collections::BTreeSet;

/// At most this many events are shown.
const MOST_EVENTS: usize = 60;
/// How many packets are shown that led to a decisive event.
const PACKETS_BEFORE: usize = 2;

/// A row of the diagram, from top to bottom.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// When.
    pub time: Time,
    /// The event.
    pub event: u64,
    /// A packet that arrived: from which lifeline to which, and of what kind.
    pub packet: Option<(usize, usize, String)>,
    /// What happened.
    pub note: Option<Note>,
}

/// A sentence in the diagram.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Note {
    /// The lifeline it belongs to; `None` for a step of the scenario.
    pub at: Option<usize>,
    /// The sentence.
    pub text: String,
}

/// A sequence diagram.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Sequence {
    /// What it shows, in one line.
    pub title: String,
    /// The names of the lifelines, from left to right: producers, brokers, controllers, consumers.
    pub lifelines: Vec<String>,
    /// The rows.
    pub rows: Vec<Row>,
    /// How many decisive events were left out because there were too many.
    pub left_out: usize,
}

impl Sequence {
    /// The decisive moments of a message. The outcome must have kept its history.
    pub fn of(scenario: &Scenario, outcome: &Outcome, message: MessageId, lang: Lang) -> Sequence {
        let name = scenario.directory.message(message);
        let title = match lang {
            Lang::En => format!("{}: the decisive moments of {name}", lang.of(&scenario.title)),
            Lang::Zh => format!("{}：{name} 的关键时刻", lang.of(&scenario.title)),
        };
        let told = sentences(scenario, outcome, message, lang);
        let mut decisive: BTreeSet<u64> = told.iter().map(|t| t.event).collect();
        decisive.extend(outcome.steps.iter().map(|s| s.event));
        let left_out = decisive.len().saturating_sub(MOST_EVENTS);
        let decisive: Vec<u64> = decisive.into_iter().take(MOST_EVENTS).collect();
        let events = with_packets(outcome, &decisive);
        let nodes = lifelines(scenario, outcome, &events, &told);
        let column = |node: NodeId| nodes.iter().position(|n| *n == node);
        let mut rows = Vec::new();
        for &event in &events {
            rows.extend(rows_of(scenario, outcome, event, &told, &column, lang));
        }
        let lifelines = nodes.iter().map(|n| scenario.directory.node(*n).to_string()).collect();
        Sequence { title, lifelines, rows, left_out }
    }
}

/// A sentence to be shown at an event.
struct Told {
    event: u64,
    node: Option<NodeId>,
    text: String,
}

/// The facts about the message and those that decided its fate, by event.
fn sentences(scenario: &Scenario, outcome: &Outcome, message: MessageId, lang: Lang) -> Vec<Told> {
    let explanations = explain_message(scenario, outcome, message, lang);
    let clauses: BTreeSet<(u64, &str)> =
        explanations.iter().flat_map(|e| &e.clauses).map(|c| (c.event, c.text.as_str())).collect();
    let mut told = Vec::new();
    for stated in &outcome.facts {
        let text = sentence(&stated.fact, &scenario.directory, lang);
        let own = stated.fact.message() == Some(message);
        if own || clauses.contains(&(stated.event, text.as_str())) {
            told.push(Told { event: stated.event, node: stated.fact.node(), text });
        }
    }
    told
}

/// The decisive events and the packets that led to each, in order.
fn with_packets(outcome: &Outcome, decisive: &[u64]) -> Vec<u64> {
    let mut events: BTreeSet<u64> = decisive.iter().copied().collect();
    for &event in decisive {
        let (mut next, mut packets) = (event, 0);
        while packets < PACKETS_BEFORE {
            let Some(found) = happening(outcome, next) else { break };
            if found.from != found.to && next != event {
                events.insert(next);
                packets += 1;
            }
            // What a node did by itself began something new.
            if found.from == found.to || found.cause >= next {
                break;
            }
            next = found.cause;
        }
    }
    events.into_iter().collect()
}

/// The nodes that take part, in the order in which a message passes them.
fn lifelines(scenario: &Scenario, outcome: &Outcome, events: &[u64], told: &[Told]) -> Vec<NodeId> {
    let mut nodes: BTreeSet<NodeId> = told.iter().filter_map(|t| t.node).collect();
    for found in events.iter().filter_map(|e| happening(outcome, *e)) {
        if found.from != found.to {
            nodes.extend(found.from.iter().chain(&found.to));
        }
    }
    let rank = |node: NodeId| {
        if scenario.producers.iter().any(|p| p.node == node) {
            0
        } else if scenario.consumers.iter().any(|c| c.node == node) {
            3
        } else if node.0 < scenario.kafka.brokers {
            1
        } else {
            2
        }
    };
    let mut nodes: Vec<NodeId> = nodes.into_iter().collect();
    nodes.sort_by_key(|n| (rank(*n), *n));
    nodes
}

fn rows_of(
    scenario: &Scenario,
    outcome: &Outcome,
    event: u64,
    told: &[Told],
    column: &impl Fn(NodeId) -> Option<usize>,
    lang: Lang,
) -> Vec<Row> {
    let Some(found) = happening(outcome, event) else { return Vec::new() };
    let packet = match (found.from.and_then(column), found.to.and_then(column)) {
        (Some(from), Some(to)) if from != to => Some((from, to, found.kind.to_string())),
        _ => None,
    };
    let mut notes: Vec<(Time, Note)> = Vec::new();
    let mut narrations: Vec<(Time, Note)> = Vec::new();
    for taken in outcome.steps.iter().filter(|s| s.event == event) {
        let say = scenario.steps.get(taken.step).map(|s| lang.of(&s.say)).unwrap_or_default();
        if !say.is_empty() {
            narrations.push((taken.time, Note { at: None, text: say.to_string() }));
        }
    }
    let from = told.partition_point(|t| t.event < event);
    let facts = stated_by(outcome, event);
    for told in told[from..].iter().take_while(|t| t.event == event) {
        let time = facts.iter().map(|s| s.time).max().unwrap_or(found.time);
        let at = told.node.and_then(column);
        let time = if at.is_some() && narrations.is_empty() { found.time } else { time };
        notes.push((time, Note { at, text: told.text.clone() }));
    }
    // A step's own event does nothing else; before a fact, the narration follows the event.
    let is_step = found.to.is_none();
    let all = if is_step { [narrations, notes].concat() } else { [notes, narrations].concat() };
    let mut rows: Vec<Row> = all
        .into_iter()
        .map(|(time, note)| Row { time, event, packet: None, note: Some(note) })
        .collect();
    if packet.is_some() {
        match rows.first_mut().filter(|r| r.note.as_ref().is_some_and(|n| n.at.is_some())) {
            Some(first) => first.packet = packet,
            None => rows.insert(0, Row { time: found.time, event, packet, note: None }),
        }
    }
    rows
}
