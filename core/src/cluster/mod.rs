//! The cluster: one world made of brokers, controllers, clients and the substrate under them.
//!
//! It may use brokers, ledger, substrate and kernel, and the plain data of a checked scenario
//! ([`crate::scenario::model`]); it knows neither TOML nor a screen. Start with [`run::run`], then
//! [`World`].

mod actions;
mod anchors;
mod build;
mod checks;
mod groups;
mod history;
mod metadata;
pub mod nemesis;
mod node;
mod probe;
mod roles;
pub mod run;
mod slow_cpu;
#[cfg(test)]
mod tests;
mod world;

pub use build::{build, build_for_lab};
pub use history::History;
pub use node::Node;
pub use world::World;

use crate::kernel::Engine;

/// A world with its time, agenda and choices.
pub type Lab = Engine<World>;
