//! `[expect]`: lists of sentences, and which kind of sentence may stand where.

use crate::scenario::diagnostic::{Diagnostic, Report};
use crate::scenario::document::Node;
use crate::scenario::expression::{Claim, Expectation};
use crate::scenario::language::{Source, sentence};
use crate::scenario::model::Expectations;
use crate::scenario::names::Names;
use crate::scenario::reader::{Reader, texts, wrong_type};

/// The most sentences of one list.
const MOST_SENTENCES: usize = 1_000;

/// Reads `[expect]`. A file that is no variant must expect something.
pub fn expectations(
    file: &Reader<'_>,
    variant: bool,
    names: &Names,
    report: &mut Report,
) -> Expectations {
    let mut expect = Expectations::default();
    if variant && file.table.get("expect").is_none() {
        return expect;
    }
    let Some(node) = file.table.get("expect") else {
        report.add(
            Diagnostic::error(
                "missing-expect",
                file.table.head.clone(),
                "the file expects nothing",
            )
            .help("add `[expect]` with `this-run = [\"lost == 0\"]`: what must come out?"),
        );
        return expect;
    };
    let Some(table) = file.inner("expect", report) else { return expect };
    expect.this_run = list(&table, "this-run", names, report);
    expect.throughout = list(&table, "throughout", names, report);
    expect.over_seeds = list(&table, "over-seeds", names, report);
    let written = ["this-run", "throughout", "over-seeds"].iter().any(|key| {
        table.table.get(key).is_some_and(|n| !texts(n, key, &mut Report::default()).is_empty())
    });
    if !written && !variant {
        report.add(
            Diagnostic::error("missing-expect", node.at.clone(), "the file expects nothing")
                .help("add `this-run = [\"lost == 0\"]`: what must come out?"),
        );
    }
    expect
}

fn list(table: &Reader<'_>, key: &str, names: &Names, report: &mut Report) -> Vec<Expectation> {
    table.get(key, report).map_or_else(Vec::new, |node| sentences(node, key, names, report))
}

/// Reads a list of sentences.
fn sentences(node: &Node, key: &str, names: &Names, report: &mut Report) -> Vec<Expectation> {
    let texts = texts(node, key, report);
    if texts.len() > MOST_SENTENCES {
        let message = format!("`{key}` has at most {MOST_SENTENCES} sentences");
        report.add(Diagnostic::error("too-large", node.at.clone(), message));
    }
    let mut sentences = Vec::new();
    for text in texts.iter().take(MOST_SENTENCES) {
        if report.is_full() {
            break;
        }
        sentences.extend(read(text, key, names, report));
    }
    sentences
}

/// Reads one sentence of the list `key`.
pub fn read(node: &Node, key: &str, names: &Names, report: &mut Report) -> Option<Expectation> {
    let Some(source) = Source::of(node) else {
        report.add(wrong_type(node, key, "a sentence such as \"lost == 0\""));
        return None;
    };
    let expectation = sentence(&source, names).map_err(|d| report.add(*d)).ok()?;
    let over_runs = match expectation.claim {
        Claim::Sometimes(_) => Some("sometimes"),
        Claim::Always(_) => Some("always"),
        Claim::Share { .. } => Some("share"),
        _ => None,
    };
    if let (Some(word), true) = (over_runs, key != "over-seeds") {
        let message = format!("`{word}` speaks about many runs");
        report.add(
            Diagnostic::error("wrong-claim", node.at.clone(), message)
                .help("such sentences stand in `over-seeds`"),
        );
        return None;
    }
    let at_the_end = match expectation.claim {
        Claim::Eventually { .. } => Some("eventually"),
        Claim::SameFates { .. } => Some("same fates"),
        _ => None,
    };
    if let (Some(word), "throughout") = (at_the_end, key) {
        let message = format!("`{word}` cannot hold after every event");
        report.add(
            Diagnostic::error("wrong-claim", node.at.clone(), message)
                .help("such sentences stand in `this-run`"),
        );
        return None;
    }
    Some(expectation)
}
