//! Scenario files: from TOML text to a checked [`Scenario`], with diagnostics that point.
//!
//! It may use the settings tables of the broker families and the vocabulary of [`crate::fact`].
//! Start with [`model`], which is what the rest of the program sees of a file, then [`parse`].
//! `grammar` lists as data what a file may contain; `document` is the file as a tree; `build` turns
//! the tree into a scenario; `language` reads roles, facts and sentences; `variants` edits the tree
//! for what-ifs, matrices and `--set`.

mod build;
mod chinese;
pub mod diagnostic;
mod document;
pub mod expression;
pub mod grammar;
mod language;
pub mod model;
mod names;
mod reader;
mod reference;
mod schema;
mod units;
mod variants;

pub use crate::brokers::kafka::settings::span_from_text;
pub use chinese::in_chinese;
pub use diagnostic::{Diagnostic, Severity, render, render_in_chinese};
pub use model::Scenario;
pub use reference::reference_markdown;
pub use schema::json_schema;
pub use variants::{apply_set, apply_what_if, parse_alone};

use build::Origin;
use diagnostic::Report;
use document::Table;

/// The largest file that is read, in bytes.
pub const LARGEST_FILE: usize = 1 << 20;

/// What came of reading a file.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The scenario, if there was no error.
    pub scenario: Option<Scenario>,
    /// All mistakes and warnings, in the order of the file.
    pub diagnostics: Vec<Diagnostic>,
}

/// Reads a scenario file. `name` is its catalogue name or path.
pub fn parse(name: &str, text: &str) -> Parsed {
    if text.len() > LARGEST_FILE {
        return too_large(text.len());
    }
    let mut report = Report::default();
    let (root, broken) = document::read(text, &mut report);
    let scenario = if broken {
        check_the_rest(&root, name, text, &mut report);
        None
    } else if root.entries.is_empty() {
        report.add(
            Diagnostic::error("empty-file", 0..0, "the file is empty")
                .help("copy one of those that `mqlab list` shows, from the folder scenarios"),
        );
        None
    } else {
        whole(&root, name, text, &mut report)
    };
    Parsed { scenario, diagnostics: report.finish(text) }
}

/// Reads a scenario file that may not even be text.
pub fn parse_bytes(name: &str, bytes: &[u8]) -> Parsed {
    if bytes.len() > LARGEST_FILE {
        return too_large(bytes.len());
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => parse(name, text),
        Err(error) => {
            let good = error.valid_up_to();
            let text = std::str::from_utf8(&bytes[..good]).unwrap_or("");
            let message = format!("byte {good} is not UTF-8 text");
            let mut report = Report::default();
            report.add(
                Diagnostic::error("not-utf8", good..good, message)
                    .help("save the file with the encoding UTF-8"),
            );
            Parsed { scenario: None, diagnostics: report.finish(text) }
        }
    }
}

/// Says that a file is too large, without looking at it.
fn too_large(length: usize) -> Parsed {
    let mut report = Report::default();
    let message = format!("a scenario file has at most 1 MiB, and this has {length} bytes");
    report.add(
        Diagnostic::error("file-too-large", 0..0, message)
            .help("a scenario says what happens in a few dozen lines; is this the right file?"),
    );
    Parsed { scenario: None, diagnostics: report.finish("") }
}

/// Reads the scenario and its variants.
fn whole(root: &Table, name: &str, text: &str, report: &mut Report) -> Option<Scenario> {
    let origin =
        Origin { name, source: text, what_ifs: variants::what_if_names(root), variant: false };
    let scenario = build::scenario(root, &origin, report);
    variants::variants(scenario, root, &origin, report)
}

/// Checks what is left of a file with syntax errors. What is missing or unknown there may only be
/// missing because its line could not be read.
fn check_the_rest(root: &Table, name: &str, text: &str, report: &mut Report) {
    let mut rest = Report::default();
    let what_ifs = variants::what_if_names(root);
    let origin = Origin { name, source: text, what_ifs, variant: true };
    build::scenario(root, &origin, &mut rest);
    let surely = |d: &Diagnostic| {
        matches!(
            d.code,
            "unknown-key"
                | "unknown-setting"
                | "unknown-action"
                | "unknown-word"
                | "unknown-fact"
                | "missing-unit"
                | "unknown-unit"
                | "wrong-type"
                | "wrong-value"
                | "not-modelled"
        )
    };
    for diagnostic in rest.into_found().into_iter().filter(surely) {
        report.add(diagnostic);
    }
}

#[cfg(test)]
mod tests;
