//! `mqlab` without a subcommand: what this is, what there is, what to type next.

use super::list;
use crate::cli::List;
use crate::failure::Failure;
use crate::print::Page;
use crate::print::style::Ink;
use std::io::Write;
use unicode_width::UnicodeWidthStr;

/// Prints the overview.
pub fn overview(page: &Page, out: &mut dyn Write) -> Result<u8, Failure> {
    writeln!(out, "{}\n", page.say.welcome())?;
    let hints = page.say.overview_hints();
    let widest = hints.iter().map(|(command, _)| command.width()).max().unwrap_or(0);
    for (command, meaning) in hints {
        let gap = widest - command.width() + 3;
        writeln!(out, "  {}{:gap$}{meaning}", page.ink.paint(Ink::Title, command), "")?;
    }
    writeln!(out)?;
    list::list(&List::default(), page, out)?;
    Ok(0)
}
