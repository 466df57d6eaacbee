//! Many runs: what would have come out if something had been different.
//!
//! It may use everything below it (stories, scenarios, clusters, ledgers) and no frontend; it does
//! no I/O. Every run is repeated with the same seed, and because a choice is addressed by what it
//! is about, only what the change reaches differs. Start with [`counterfactual`].
//!
//! | file | question |
//! |---|---|
//! | `measure.rs` | what did a run come to, in few numbers? |
//! | `candidates.rs` | which settings could have mattered for a message? |
//! | `counterfactual.rs` | which single step or setting would have prevented it, at what price? |
//! | `compare.rs` | where do two runs part, and whose fates differ? |

mod candidates;
pub mod compare;
pub mod counterfactual;
mod measure;
#[cfg(test)]
mod tests;

pub use candidates::{Candidate, candidates};
pub use compare::{FateChange, Parting, fate_changes, parting};
pub use counterfactual::{CURE_EVENTS, Change, Inquiry, Progress, Report, Target, Trial, worst};
pub use measure::Measure;
