//! One file for each subcommand.

mod check;
mod compare;
mod completions;
mod doc;
mod explain;
mod export;
mod list;
mod open;
mod overview;
mod run;
mod schema;
mod test;

use crate::cli::{Arguments, Command};
use crate::failure::Failure;
use crate::print::Page;
use std::io::Write;

/// Does what the arguments ask; the result is the exit status.
pub fn dispatch(arguments: &Arguments, page: &Page, out: &mut dyn Write) -> Result<u8, Failure> {
    match &arguments.command {
        None if open::is_on_a_terminal() => open::lessons(arguments, page),
        None => overview::overview(page, out),
        Some(Command::Open(asked)) => open::open(asked, arguments, page),
        Some(Command::Run(asked)) => run::run(asked, page, out),
        Some(Command::Explain(asked)) => explain::explain(asked, page, out),
        Some(Command::Compare(asked)) => compare::compare(asked, page, out),
        Some(Command::Export(asked)) => export::export(asked, page, out),
        Some(Command::Test(asked)) => test::test(asked, page, out),
        Some(Command::Check(asked)) => check::check(asked, page, out),
        Some(Command::List(asked)) => list::list(asked, page, out),
        Some(Command::Schema) => schema::schema(out),
        Some(Command::Doc(asked)) => doc::doc(asked, page, out),
        Some(Command::Completions(asked)) => completions::completions(asked, page, out),
    }
}
