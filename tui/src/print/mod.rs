//! Results on the page: tables, colours, and the machine-readable form.

pub mod account;
pub mod cures;
pub mod json;
pub mod life;
pub mod style;
pub mod table;

use crate::cli::{Arguments, Color};
use crate::text::Say;
use std::io::IsTerminal;
use style::Palette;

/// How this invocation prints: language, and colour for each of the two streams.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    /// What the program says, in the language asked for.
    pub say: Say,
    /// Colours for standard output.
    pub ink: Palette,
    /// Colours for standard error.
    pub error_ink: Palette,
}

impl Page {
    /// The page for these arguments.
    pub fn open(arguments: &Arguments) -> Page {
        let ink = |terminal: bool| Palette {
            color: match arguments.color {
                Color::Always | Color::Sixteen => true,
                Color::Never => false,
                Color::Auto => terminal && style::wanted_by_environment(),
            },
        };
        Page {
            say: Say { lang: arguments.lang() },
            ink: ink(std::io::stdout().is_terminal()),
            error_ink: ink(std::io::stderr().is_terminal()),
        }
    }
}
