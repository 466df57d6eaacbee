//! Scenario files: from TOML text to a checked [`Scenario`], with diagnostics that point.
//!
//! It may use the settings tables of the broker families and the vocabulary of [`crate::fact`].
//! Start with [`model`], which is what the rest of the program sees of a file.

pub mod expression;
pub mod model;

pub use model::Scenario;
