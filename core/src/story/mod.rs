//! The story: facts turned into sentences, English and Chinese, each written for its readers.
//!
//! It may use facts, outcomes and scenarios, never a frontend; it does no I/O and gives cells and
//! lines, not widths and colours. Start with [`Story::of`]; [`sentence`] tells one fact,
//! [`narration`] merges the facts that matter with the steps, [`explain`] says why a message was
//! lost, duplicated or reordered, and [`fate_table`] lists what became of every message.
//!
//! [`explain::life`] follows one message, [`explain::causes`] walks back from an event, [`sequence`]
//! draws the decisive moments, and [`report`] puts all of it on one page.
//!
//! Nothing is told that no fact states: every sentence keeps the event it rests on.

pub mod evidence;
pub mod explain;
pub mod fate_table;
#[cfg(test)]
mod fixture;
pub mod lang;
pub mod narration;
pub mod report;
pub mod sentence;
pub mod sequence;
pub mod vocabulary;
pub mod words;

pub use explain::Explanation;
pub use fate_table::FateTable;
pub use lang::Lang;
pub use narration::{Line, Tone};
pub use sentence::sentence;

use crate::cluster::run::Outcome;
use crate::scenario::Scenario;

/// A run told from beginning to end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Story {
    /// What happened, in order, runs of like facts told once.
    pub lines: Vec<Line>,
    /// What became of every message.
    pub table: FateTable,
    /// Why messages were lost, duplicated, reordered or stranded.
    pub explanations: Vec<Explanation>,
}

impl Story {
    /// Tells the outcome of a run of `scenario`. The outcome must have kept its history; without
    /// it the story has a fate table and nothing else.
    pub fn of(scenario: &Scenario, outcome: &Outcome, lang: Lang) -> Story {
        Story {
            lines: narration::narrate(scenario, outcome, lang),
            table: FateTable::of(scenario, outcome, lang),
            explanations: explain::explain(scenario, outcome, lang),
        }
    }
}
