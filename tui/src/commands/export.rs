//! `mqlab export`: a run as facts, a sequence diagram or a report.

use crate::chosen;
use crate::cli::{Export, Form};
use crate::failure::Failure;
use crate::print::{Page, json};
use mqlab::story::report;
use mqlab::story::sequence::{Sequence, mermaid, svg};
use std::fmt::Write as _;
use std::io::Write;

/// Writes the run in the form asked for, to a file or to standard output.
pub fn export(asked: &Export, page: &Page, out: &mut dyn Write) -> Result<u8, Failure> {
    let chosen = chosen::choose(&asked.which, page)?;
    let outcome = chosen.play(&asked.which);
    let (message, _) = chosen.message(asked.message.as_deref(), &outcome, page)?;
    let scenario = &chosen.scenario;
    let lang = page.say.lang;
    let text = match asked.form {
        Form::Facts => {
            let mut lines = String::new();
            for stated in &outcome.facts {
                let _ = writeln!(lines, "{}", json::fact(stated, scenario));
            }
            lines
        }
        Form::Mermaid => mermaid::text(&Sequence::of(scenario, &outcome, message, lang)),
        Form::Svg => svg::picture(&Sequence::of(scenario, &outcome, message, lang)),
        Form::Html => {
            let command = chosen.command("run", &asked.which, &outcome);
            report::html(scenario, &outcome, message, &command)
        }
    };
    match &asked.output {
        None => out.write_all(text.as_bytes())?,
        Some(path) => std::fs::write(path, text).map_err(|e| {
            Failure::new(page.say.cannot_write(&path.display().to_string(), &e.to_string()))
        })?,
    }
    Ok(0)
}
