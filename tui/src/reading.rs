//! Scenario files read: the scenario, and what is wrong with the file.

use crate::catalogue::Source;
use crate::failure::Failure;
use crate::print::Page;
use crate::print::style::{Ink, Palette};
use crate::text::Say;
use mqlab::scenario::{self, Diagnostic, Parsed, Scenario, Severity, render, render_in_chinese};
use mqlab::story::Lang;
use std::io::{self, Write};

/// A file as it was read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reading {
    /// The scenario, if the file has no errors.
    pub scenario: Option<Scenario>,
    /// How many errors there are.
    pub errors: usize,
    /// How many warnings there are.
    pub warnings: usize,
    /// Errors and warnings as text for people.
    pub mistakes: String,
    /// The same one by one, in the order of the file; none where the file cannot be read at all.
    pub diagnostics: Vec<Diagnostic>,
    /// The first error: its line (0 for none) and message, for annotations.
    pub first: Option<(u32, String)>,
}

/// Reads a source, with settings changed.
pub fn read(source: &Source, set: &[(String, String)], say: Say, palette: Palette) -> Reading {
    let text = match &source.text {
        Ok(text) => text,
        Err(why) => return unreadable(source, why, say, palette),
    };
    if set.is_empty() {
        return parsed(&source.name, text, &source.path, say, palette);
    }
    match scenario::apply_set(text, set) {
        Ok(changed) => parsed(&source.name, &changed, &source.path, say, palette),
        Err(mistakes) => told(None, &mistakes, text, &source.path, say, palette),
    }
}

fn parsed(name: &str, text: &str, path: &str, say: Say, palette: Palette) -> Reading {
    let Parsed { scenario, diagnostics } = scenario::parse(name, text);
    told(scenario, &diagnostics, text, path, say, palette)
}

fn told(
    scenario: Option<Scenario>,
    diagnostics: &[Diagnostic],
    text: &str,
    path: &str,
    say: Say,
    palette: Palette,
) -> Reading {
    let render = match say.lang {
        Lang::En => render,
        Lang::Zh => render_in_chinese,
    };
    let errors = diagnostics.iter().filter(|d| d.severity == Severity::Error).count();
    let mut mistakes = String::new();
    for diagnostic in diagnostics {
        mistakes.push_str(&render(diagnostic, text, path, palette.color));
        mistakes.push('\n');
    }
    let first = diagnostics.iter().find(|d| d.severity == Severity::Error);
    Reading {
        scenario: scenario.filter(|_| errors == 0),
        errors,
        warnings: diagnostics.len() - errors,
        mistakes,
        diagnostics: diagnostics.to_vec(),
        first: first.map(|d| (d.line, d.message.clone())),
    }
}

fn unreadable(source: &Source, why: &str, say: Say, palette: Palette) -> Reading {
    let message = if why.contains(&source.path) {
        why.to_string()
    } else {
        say.cannot_read(&source.path, why)
    };
    Reading {
        scenario: None,
        errors: 1,
        warnings: 0,
        mistakes: format!("{}: {message}\n", palette.paint(Ink::Bad, say.error())),
        diagnostics: Vec::new(),
        first: Some((0, message)),
    }
}

/// Reads a source that must be right, and prints its mistakes to standard error.
pub fn must_read(
    source: &Source,
    set: &[(String, String)],
    page: &Page,
) -> Result<Scenario, Failure> {
    let reading = read(source, set, page.say, page.error_ink);
    io::stderr().write_all(reading.mistakes.as_bytes())?;
    match reading.scenario {
        Some(scenario) if reading.errors == 0 => Ok(scenario),
        _ => Err(Failure::new(page.say.file_has_mistakes(&source.name, reading.errors))),
    }
}
