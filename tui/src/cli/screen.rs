//! What can be asked of the terminal lab.

use super::Which;
use clap::{Args, ValueEnum};

/// How the terminal lab looks.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct Looks {
    /// The ground the colours of the terminal lab are made for [default: auto]
    #[arg(long, value_enum, value_name = "THEME")]
    pub theme: Option<ThemeChoice>,
    /// Draw the terminal lab with ASCII characters only
    #[arg(long)]
    pub ascii: bool,
}

/// The themes on offer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum ThemeChoice {
    /// As the terminal says, dark if it says nothing
    Auto,
    /// For a dark ground
    Dark,
    /// For a light ground
    Light,
}

/// Arguments of `mqlab open`.
#[derive(Args, Debug)]
pub struct Open {
    #[command(flatten)]
    pub which: Which,
    /// Where to begin: a time (60ms), an event (#310) or `end`
    #[arg(long, value_name = "MOMENT")]
    pub at: Option<String>,
    #[command(flatten)]
    pub looks: Looks,
}
