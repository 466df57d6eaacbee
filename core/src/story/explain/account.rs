//! An explanation being put together: sentences in order of the facts they rest on.

use crate::fact::MessageId;
use crate::kernel::Time;
use crate::scenario::Scenario;
use crate::story::evidence::Evidence;
use crate::story::{Lang, sentence};
use std::collections::BTreeSet;

/// A sentence and the event it rests on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Clause {
    /// When the fact was stated.
    pub time: Time,
    /// The event that stated it.
    pub event: u64,
    /// The sentence, without the full stop.
    pub text: String,
}

/// What makes two accounts the same but for the message they are about.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Shape {
    /// A fact about the message itself, by its name.
    Own(&'static str),
    /// One particular fact about something else.
    Fact(usize),
    /// A remark of the teller.
    Remark(&'static str),
}

#[derive(Clone, Debug)]
struct Draft {
    place: usize,
    /// Remarks follow the fact they rest on.
    rank: u8,
    text: String,
    shape: Shape,
}

/// The sentences found so far.
pub(super) struct Account<'a> {
    pub scenario: &'a Scenario,
    pub evidence: &'a Evidence<'a>,
    pub lang: Lang,
    told: BTreeSet<usize>,
    drafts: Vec<Draft>,
    settings: Vec<Draft>,
}

impl<'a> Account<'a> {
    pub fn new(scenario: &'a Scenario, evidence: &'a Evidence<'a>, lang: Lang) -> Account<'a> {
        Account {
            scenario,
            evidence,
            lang,
            told: BTreeSet::new(),
            drafts: Vec::new(),
            settings: Vec::new(),
        }
    }

    /// The name of a message.
    pub fn message(&self, message: MessageId) -> String {
        self.scenario.directory.message(message)
    }

    /// Names in a row.
    pub fn nodes(&self, nodes: impl IntoIterator<Item = crate::fact::NodeId>) -> String {
        let unique: BTreeSet<_> = nodes.into_iter().collect();
        let names: Vec<String> =
            unique.into_iter().map(|n| self.scenario.directory.node(n).to_string()).collect();
        self.lang.list(&names)
    }

    /// Tells the fact at `place` in its own sentence, once.
    pub fn state(&mut self, place: usize) {
        if !self.told.insert(place) {
            return;
        }
        let fact = &self.evidence.at(place).fact;
        let shape = match fact.message() {
            Some(_) => Shape::Own(fact.name()),
            None => Shape::Fact(place),
        };
        let text = sentence(fact, &self.scenario.directory, self.lang);
        self.drafts.push(Draft { place, rank: 0, text, shape });
    }

    /// Adds what the facts up to `place` show together. `kind` names the remark; equal kinds in
    /// two accounts say the same but for the message.
    pub fn remark(&mut self, place: usize, kind: &'static str, en: String, zh: String) {
        let text = self.choose(en, zh);
        self.drafts.push(Draft { place, rank: 1, text, shape: Shape::Remark(kind) });
    }

    /// Names a setting that allowed what happened at `place`.
    pub fn allowed(&mut self, place: usize, kind: &'static str, en: String, zh: String) {
        if self.settings.iter().any(|d| d.shape == Shape::Remark(kind)) {
            return;
        }
        let text = self.choose(en, zh);
        self.settings.push(Draft { place, rank: 2, text, shape: Shape::Remark(kind) });
    }

    fn choose(&self, en: String, zh: String) -> String {
        match self.lang {
            Lang::En => en,
            Lang::Zh => zh,
        }
    }

    /// Puts the sentences in the order of their facts.
    pub fn sort(&mut self) {
        self.drafts.sort_by_key(|d| (d.place, d.rank));
    }

    /// Whether both tell the same but for the message.
    pub fn same_shape(&self, other: &Account<'_>) -> bool {
        let same = |a: &[Draft], b: &[Draft]| {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.shape == b.shape)
        };
        same(&self.drafts, &other.drafts) && same(&self.settings, &other.settings)
    }

    /// The chain, as it stands.
    pub fn clauses(&self) -> Vec<Clause> {
        self.drafts.iter().map(|d| self.clause(d)).collect()
    }

    /// The settings named.
    pub fn allowed_by(&self) -> Vec<Clause> {
        self.settings.iter().map(|d| self.clause(d)).collect()
    }

    fn clause(&self, draft: &Draft) -> Clause {
        let stated = self.evidence.at(draft.place);
        Clause { time: stated.time, event: stated.event, text: draft.text.clone() }
    }
}
