//! `mqlab completions`: a script that teaches a shell the command line.

use crate::cli::{self, Completions};
use crate::failure::Failure;
use crate::print::Page;
use std::io::Write;

/// Prints the script.
pub fn completions(asked: &Completions, page: &Page, out: &mut dyn Write) -> Result<u8, Failure> {
    // The generator panics where it cannot write, so it writes to memory.
    let mut script = Vec::new();
    let mut command = cli::command(page.say.lang);
    clap_complete::generate(asked.shell, &mut command, "mqlab", &mut script);
    out.write_all(&script)?;
    Ok(0)
}
