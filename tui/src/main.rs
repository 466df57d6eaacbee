//! The terminal face of mqlab: run, test, check and read scenario files.
//!
//! [`cli`] says what can be asked, [`commands`] does it, [`catalogue`] finds the files, [`print`]
//! puts results on the page and [`text`] holds everything this program says in its own voice.
//! Nothing here decides what happens in a run: that is the library's business.

mod catalogue;
mod chosen;
mod cli;
mod commands;
mod failure;
mod judging;
mod print;
mod reading;
mod screen;
mod text;
mod variant;
mod waiting;

use std::io::{self, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments = match cli::parse(std::env::args_os()) {
        Ok(arguments) => arguments,
        Err(error) => return cli::complain(&error),
    };
    let page = print::Page::open(&arguments);
    let mut out = io::stdout().lock();
    let result = commands::dispatch(&arguments, &page, &mut out)
        .and_then(|status| out.flush().map(|()| status).map_err(Into::into));
    match result {
        Ok(status) => ExitCode::from(status),
        // The reader of a pipe has seen enough; that is no failure.
        Err(failure) if failure.is_broken_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            // Nothing can be done for a person whose standard error is closed as well.
            let _ = writeln!(io::stderr(), "{}", failure.shown(&page));
            ExitCode::from(failure.status())
        }
    }
}
