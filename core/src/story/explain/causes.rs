//! The chain of causes of an event, packet by packet, from the beginning of the run.
//!
//! A run is full of rounds that lead to the next round (a follower fetches because it has fetched);
//! those are told in one link. What did not happen, a heartbeat that never came, is no event and
//! stands in no chain: the timer that noticed does.

use crate::cluster::run::{Happening, Outcome};
use crate::fact::{Fact, MessageId, Stated};
use crate::kernel::Time;
use crate::scenario::Scenario;
use crate::story::{Lang, sentence};

/// Rounds shorter than this are told event by event.
const SHORT: usize = 3;
/// At most this many links are told; the ones nearest the end count most.
const MOST_LINKS: usize = 40;
/// At most this many facts of one event are told.
const MOST_FACTS: usize = 3;

/// One link of a chain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Link {
    /// When it happened; for several events, the first.
    pub time: Time,
    /// The event; for several events, the first.
    pub event: u64,
    /// How many events it stands for.
    pub events: usize,
    /// What it was, without the full stop.
    pub text: String,
}

/// The chain that led to an event: the oldest cause first, the event itself last. Empty if the run
/// kept no history. Of the facts on the way only those are told that are about `message` or about no
/// message at all.
pub fn chain(
    scenario: &Scenario,
    outcome: &Outcome,
    event: u64,
    message: MessageId,
    lang: Lang,
) -> Vec<Link> {
    let mut events = Vec::new();
    let mut next = event;
    while let Some(happening) = happening(outcome, next) {
        events.push(next);
        // A cause is older than its effect; anything else would lead in a circle.
        if happening.cause >= next {
            break;
        }
        next = happening.cause;
    }
    events.reverse();
    let teller = Teller { scenario, outcome, message, lang };
    let mut links = Vec::new();
    let runs = events.chunk_by(|&a, &b| !teller.matters(a) && !teller.matters(b));
    for run in runs {
        if run.len() < SHORT {
            links.extend(run.iter().map(|&e| teller.link(e)));
        } else {
            links.push(teller.round(run));
        }
    }
    if let Some(more) = links.len().checked_sub(MOST_LINKS).filter(|m| *m > 0) {
        let cut: Vec<Link> = links.drain(..=more).collect();
        let count = cut.iter().map(|l| l.events).sum();
        if let Some(first) = cut.first() {
            let text = match lang {
                Lang::En => format!("… {count} earlier events"),
                Lang::Zh => format!("……更早的 {count} 个事件"),
            };
            let Link { time, event, .. } = *first;
            links.insert(0, Link { time, event, events: count, text });
        }
    }
    links
}

/// The event of that number, if the run kept it.
pub fn happening(outcome: &Outcome, event: u64) -> Option<&Happening> {
    outcome.happenings.get(event)
}

/// The facts that an event stated.
pub fn stated_by(outcome: &Outcome, event: u64) -> &[Stated] {
    let from = outcome.facts.partition_point(|s| s.event < event);
    let to = outcome.facts.partition_point(|s| s.event <= event);
    &outcome.facts[from..to]
}

struct Teller<'a> {
    scenario: &'a Scenario,
    outcome: &'a Outcome,
    message: MessageId,
    lang: Lang,
}

impl Teller<'_> {
    /// Whether the event did more than lead to the next one.
    fn matters(&self, event: u64) -> bool {
        self.is_step(event) || self.facts(event).next().is_some()
    }

    fn is_step(&self, event: u64) -> bool {
        let scripted = happening(self.outcome, event).is_some_and(|h| h.to.is_none());
        scripted && self.outcome.steps.iter().any(|s| s.event == event)
    }

    fn facts(&self, event: u64) -> impl Iterator<Item = &Stated> {
        stated_by(self.outcome, event)
            .iter()
            .filter(|s| !matches!(s.fact, Fact::Attempted { .. } | Fact::Registered { .. }))
            .filter(|s| s.fact.message().is_none_or(|m| m == self.message))
    }

    fn link(&self, event: u64) -> Link {
        let (lang, directory) = (self.lang, &self.scenario.directory);
        let found = happening(self.outcome, event);
        let mut text = found.map(|h| self.what(h, event)).unwrap_or_default();
        let facts: Vec<String> =
            self.facts(event).map(|s| sentence(&s.fact, directory, lang)).collect();
        if !facts.is_empty() {
            text.push_str(lang.pick(": ", "："));
            text.push_str(&facts[..facts.len().min(MOST_FACTS)].join(lang.pick("; ", "；")));
            if let Some(more) = facts.len().checked_sub(MOST_FACTS).filter(|m| *m > 0) {
                text.push_str(&match lang {
                    Lang::En => format!("; and {more} more"),
                    Lang::Zh => format!("；另有 {more} 项"),
                });
            }
        }
        Link { time: found.map_or(Time::ZERO, |h| h.time), event, events: 1, text }
    }

    /// An event in words.
    fn what(&self, happening: &Happening, event: u64) -> String {
        let name = |n| self.scenario.directory.node(n);
        match (happening.from, happening.to, self.lang) {
            (_, None, lang) if self.is_step(event) => {
                lang.pick("a step of the scenario", "场景的步骤").into()
            }
            (_, None, lang) => lang.pick("as planned from the start", "按计划").into(),
            (Some(from), Some(to), Lang::En) if from != to => {
                format!("{} reached {} from {}", happening.kind, name(to), name(from))
            }
            (Some(from), Some(to), Lang::Zh) if from != to => {
                format!("{} 从 {} 到达 {}", happening.kind, name(from), name(to))
            }
            (_, Some(to), Lang::En) => format!("{} on {}", happening.kind, name(to)),
            (_, Some(to), Lang::Zh) => format!("{} 上的 {}", name(to), happening.kind),
        }
    }

    /// Many events of a round in one link.
    fn round(&self, events: &[u64]) -> Link {
        const MOST_KINDS: usize = 4;
        let mut kinds: Vec<String> = Vec::new();
        let mut nodes: Vec<String> = Vec::new();
        for found in events.iter().filter_map(|&e| happening(self.outcome, e)) {
            let kind = found.kind.to_string();
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
            for node in found.from.iter().chain(&found.to) {
                let name = self.scenario.directory.node(*node).to_string();
                if !nodes.contains(&name) {
                    nodes.push(name);
                }
            }
        }
        let count = events.len();
        let kinds = self.lang.list_at_most(&kinds, MOST_KINDS);
        let nodes = self.lang.list_at_most(&nodes, MOST_KINDS);
        let text = match self.lang {
            Lang::En => format!("… {count} events on {nodes}: {kinds}"),
            Lang::Zh => format!("……{nodes} 上的 {count} 个事件：{kinds}"),
        };
        let event = events.first().copied().unwrap_or_default();
        let time = happening(self.outcome, event).map_or(Time::ZERO, |h| h.time);
        Link { time, event, events: count, text }
    }
}
