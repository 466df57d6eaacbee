//! The terminal lab: the list of lessons, and one scenario on four regions.
//!
//! [`app`] is the program as a value and [`draw`] its picture, both without files, clocks and
//! threads. [`shell`] owns the terminal, the runtime, the workers and the disk, feeds the first and
//! shows the second. Everything a person can do is a [`mqlab::lab::command::Command`].
//!
//! | file | about |
//! |---|---|
//! | `app.rs`, `app/` | actions in, effects out |
//! | `bench.rs` | an open scenario |
//! | `work.rs` | what may take long, on a copy of the lab |
//! | `draw.rs`, `panel/` | the regions, one file each |
//! | `menus.rs`, `pages.rs` | what popups hold |
//! | `theme.rs` | every colour and glyph, by its meaning |
//! | `shell.rs`, `terminal.rs`, `store.rs`, `watched.rs` | the outside |

pub mod app;
mod bench;
mod draw;
mod keys;
pub mod lessons;
mod lines;
mod menus;
pub mod open;
mod pages;
mod panel;
mod pen;
mod picker;
mod prompt;
mod reader;
mod shell;
mod spot;
mod store;
mod terminal;
#[cfg(test)]
mod tests;
mod theme;
mod watched;
pub mod work;

pub use pen::Look;
pub use shell::{Opening, Start, run};
pub use theme::{Glyphs, Theme};
