//! What a scenario file may contain, as data: tables, keys, actions, facts and outcome words.
//!
//! The reader takes unknown-key checks and suggestions from here, the JSON Schema and the reference
//! page are printed from here, so the three cannot disagree.

mod actions;
mod facts;
mod tables;
mod words;

pub use actions::{ACTIONS, ActionForm, FIELDS};
pub use facts::{FACTS, FactForm};
pub use tables::{ROOT, STEP};
pub use words::{PACKETS, WORDS, Word, WordKind};

use crate::brokers::kafka::settings::Scope;

/// A table of the file.
#[derive(Debug)]
pub struct TableForm {
    /// Its name, such as `producer`.
    pub name: &'static str,
    /// What it is for, in English.
    pub en: &'static str,
    /// What it is for, in Chinese.
    pub zh: &'static str,
    /// Its keys, in the order they are usually written.
    pub keys: &'static [Key],
}

impl TableForm {
    /// The key of that name.
    pub fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|k| k.name == name)
    }
}

/// A key of a table.
#[derive(Debug)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What it takes.
    pub shape: Shape,
    /// What holds where it is absent; `None` if it must be there.
    pub default: Option<&'static str>,
    /// What it says, in English.
    pub en: &'static str,
    /// What it says, in Chinese.
    pub zh: &'static str,
}

/// What a key takes.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// A text.
    Text,
    /// A text in English and Chinese: `title.en`, `title.zh`.
    Bilingual,
    /// A whole number between two bounds.
    Whole(i64, i64),
    /// `true` or `false`.
    Flag,
    /// A time with a unit.
    Time,
    /// A time with a sign: `-5s`.
    SignedTime,
    /// A time, or a range of times.
    TimeRange,
    /// So many a second.
    Rate,
    /// Bytes a second.
    Bandwidth,
    /// A size with a unit.
    Size,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// A list of texts, or one text.
    Texts,
    /// Settings of the real system.
    Settings(Scope),
    /// A table.
    Table(&'static TableForm),
    /// Any number of tables.
    Tables(&'static TableForm),
    /// Sentences about the outcome.
    Sentences,
    /// A sentence about the outcome.
    Sentence,
    /// A node or a role.
    Role,
    /// Two nodes or roles.
    Link,
    /// A fact to wait for.
    Anchor,
    /// A time or a fact.
    Moment,
    /// A time or `"never"`.
    Heal,
    /// A key template, or a list of keys.
    Keys,
    /// Replica lists, one for each partition.
    Assignment,
    /// Addresses of settings with new values.
    Changes,
    /// A list of values of any type.
    Values,
}

/// The word that was most likely meant, for "did you mean".
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > 100 {
        return None;
    }
    let lower = word.to_lowercase().replace('_', "-");
    known
        .into_iter()
        .map(|k| (strsim::damerau_levenshtein(&k.to_lowercase(), &lower), k))
        .min_by_key(|(distance, _)| *distance)
        .filter(|(distance, k)| *distance <= k.len().max(3) / 3 && *distance < k.len())
        .map(|(_, k)| k)
}
