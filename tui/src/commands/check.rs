//! `mqlab check`: all mistakes of all files, without running them.

use crate::catalogue;
use crate::cli::{Check, Format};
use crate::failure::{Failure, UNREADABLE};
use crate::print::{Page, json};
use crate::reading::{self, Reading};
use std::io::Write;

/// Checks the files; the status says whether there was an error.
pub fn check(asked: &Check, page: &Page, out: &mut dyn Write) -> Result<u8, Failure> {
    let sources = catalogue::gather(&asked.paths, page.say)?;
    let (mut errors, mut warnings) = (0, 0);
    if asked.format == Format::Json {
        let readings: Vec<Reading> =
            sources.iter().map(|s| reading::read(s, &[], page.say, page.ink)).collect();
        let files: Vec<&str> = sources.iter().map(|s| s.path.as_str()).collect();
        let document = json::check(&files, &readings);
        json::write(out, &document)?;
        let right = readings.iter().all(|r| r.errors == 0);
        return Ok(if right { 0 } else { UNREADABLE });
    }
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
