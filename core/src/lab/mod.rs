//! The lab: a session of a person with a run.
//!
//! It plays, steps and goes back; it takes interventions, undoes them and does them again; it
//! branches the past, compares branches, and writes what was done by hand back as a scenario. It
//! may use everything below the frontends and does no I/O; saving is data that somebody else
//! writes down. A run is not recorded: copies of the world are kept every so many events
//! (`snapshots`), and every place between is played again. Start with [`Lab`], then `course`.

mod account;
mod action_text;
mod branch;
pub mod command;
mod compare;
mod course;
mod cures;
mod cursor;
mod effect;
mod export;
mod input;
mod lesson;
mod offers;
mod save;
mod session;
mod snapshots;
mod step;
mod sweep;
#[cfg(test)]
mod tests;
mod watch;

pub use crate::view::{Bucket, Mark, MarkKind, Series};
pub use action_text::{action_text, drawn_steps};
pub use branch::{Branch, BranchId, Change};
pub use compare::{Comparison, FateChange, Parting, Shift};
pub use cures::Cures;
pub use export::{Export, Faithful};
pub use input::{Intervention, Position, Target};
pub use lesson::{
    Answer, Decision, Feedback, Lesson, LessonProgress, Narrated, Place, Progress, Question,
    Unanswerable, UnreadableProgress,
};
pub use offers::{
    Candidate, Choice, Offer, Offers, Selection, SettingOffer, Takes, Variant, VariantOffer,
};
pub use save::{Dropped, Saved, SavedBranch, SavedIntervention};
pub use session::{Bookmark, Injected, Lab, Refused};
pub use snapshots::{COARSE_EVENTS, FINE_EVENTS};
pub use step::Stopped;
pub use sweep::{Against, Fates, Swept};
