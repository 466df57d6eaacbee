//! A page to read: help, notes, an explanation, a comparison.

use super::lines::{Line, Link};
use super::work::Found;
use mqlab::cluster::run::Outcome;
use mqlab::lab::{BranchId, Comparison, Cures, Swept};
use mqlab::story::explain::life::Life;

/// What a page is about; it is written anew when the language changes.
#[derive(Clone, Debug)]
pub enum Topic {
    /// All keys.
    Help,
    /// The teacher's notes.
    Notes,
    /// The moment in lines of text.
    Aloud,
    /// A message explained, as far as that has come.
    Explained(Box<Life>, Option<Cures>),
    /// Two branches.
    Compared(BranchId, BranchId, Box<Comparison>),
    /// The branch under many seeds, as far as that has come.
    Swept(Box<Swept>),
    /// What came of the run.
    Outcome(Box<Outcome>),
    /// Things that could not be kept.
    Dropped(Vec<String>),
}

/// A page.
#[derive(Clone, Debug)]
pub struct Reader {
    pub topic: Topic,
    pub title: String,
    pub lines: Vec<Line>,
    /// The line in sight that Enter follows.
    pub cursor: usize,
}

impl Reader {
    /// The link of the line that has the cursor.
    pub fn link(&self) -> Option<&Link> {
        self.lines.get(self.cursor)?.link.as_ref()
    }

    /// Moves the cursor.
    pub fn scroll(&mut self, by: isize) {
        let last = self.lines.len().saturating_sub(1);
        self.cursor = self.cursor.saturating_add_signed(by).min(last);
    }

    /// Takes up more of what the page waits for; whether it was waited for.
    pub fn takes(&mut self, found: &Found) -> bool {
        match (&mut self.topic, found) {
            (Topic::Explained(life, cured), Found::Cures(message, cures))
                if life.message == *message =>
            {
                *cured = Some(cures.clone());
                true
            }
            (Topic::Swept(before), Found::Swept(swept)) => {
                before.clone_from(swept);
                true
            }
            _ => false,
        }
    }
}
