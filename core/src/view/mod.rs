//! The view: what a screen shows of a moment, as plain data; no pixels, no widgets.
//!
//! Nothing in it is invented: every cell, packet and number is read from the world at that instant.
//! It may use everything up to the cluster, and words of the story; it knows neither a session nor a
//! screen. [`picture`] says what can be shown, of any broker family; `moment` reads what all
//! families share; `kafka` reads what only Kafka has; `text` writes a view for tests and for people
//! who cannot see the screen. Start with [`View`].

mod kafka;
mod marks;
mod moment;
pub mod picture;
mod quorum;
mod series;
#[cfg(test)]
mod tests;
mod text;

pub use marks::{Mark, MarkKind};
pub use picture::{Decision, Options, Timeline, View};
pub use series::{Bucket, Series};
