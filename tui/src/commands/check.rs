//! `mqlab check`: all mistakes of all files, without running them.

use crate::catalogue;
use crate::cli::Check;
use crate::failure::{Failure, UNREADABLE};
use crate::print::Page;
use crate::reading;
use std::io::Write;

/// Checks the files; the status says whether there was an error.
pub fn check(asked: &Check, page: &Page, out: &mut dyn Write) -> Result<u8, Failure> {
    let sources = catalogue::gather(&asked.paths, page.say)?;
    let (mut errors, mut warnings) = (0, 0);
    for source in &sources {
        let reading = reading::read(source, &[], page.say, page.ink);
        if !reading.mistakes.is_empty() {
            writeln!(out, "{}", reading.mistakes.trim_end())?;
            writeln!(out)?;
        }
        errors += reading.errors;
        warnings += reading.warnings;
    }
    writeln!(out, "{}", page.say.checked(sources.len(), errors, warnings))?;
    Ok(if errors == 0 { 0 } else { UNREADABLE })
}
