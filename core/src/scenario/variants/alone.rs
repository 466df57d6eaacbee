//! One variant of a file, read without the others: for programs that try many changes of which one
//! must not fail because of a what-if that nobody asked for.

use super::{Change, MOST_VALUES, Workshop, change, what_if_names};
use crate::scenario::build::{self, Origin};
use crate::scenario::diagnostic::{Diagnostic, Report};
use crate::scenario::document::{self, Entry, Node, Table, Value};
use crate::scenario::model::{Expectations, Scenario};

/// Reads a file, or one what-if of it, to be played: without its other variants, its expectations
/// and its predictions.
pub fn parse_alone(
    name: &str,
    text: &str,
    what_if: Option<&str>,
) -> Result<Scenario, Vec<Diagnostic>> {
    let mut report = Report::default();
    if text.len() > crate::scenario::LARGEST_FILE {
        return Err(crate::scenario::parse(name, text).diagnostics);
    }
    let (root, broken) = document::read(text, &mut report);
    if broken {
        return Err(report.finish(text));
    }
    let what_ifs = what_if_names(&root);
    let origin = Origin { name, source: text, what_ifs, variant: true };
    let table = match what_if {
        Some(asked) => match find(&root, asked) {
            Some(table) => Some(table),
            None => {
                let message = format!("there is no what-if `{asked}`");
                report.add(Diagnostic::error("unknown-what-if", 0..0, message));
                return Err(report.finish(text));
            }
        },
        None => None,
    };
    let entries: Vec<Entry> = table
        .and_then(|t| t.get("set"))
        .and_then(Node::as_table)
        .map(Table::flattened)
        .unwrap_or_default();
    let changes: Vec<Change<'_>> = entries.iter().map(change).collect();
    let without: &[Node] = match table.and_then(|t| t.get("without")).map(|n| &n.value) {
        Some(Value::List(labels)) => labels,
        _ => &[],
    };
    let without: Vec<&Node> = without.iter().collect();
    let mut left = MOST_VALUES;
    let workshop = Workshop { root: &root, origin: &origin, left: &mut left, sound: true };
    let changed = workshop.changed(&changes, &without, None, &mut report);
    let built = changed.and_then(|root| build::scenario(&root, &origin, &mut report));
    match built {
        Some(mut scenario) => {
            scenario.expect = Expectations::default();
            scenario.predictions.clear();
            Ok(scenario)
        }
        None => Err(report.finish(text)),
    }
}

fn find<'a>(root: &'a Table, name: &str) -> Option<&'a Table> {
    let Some(Value::List(items)) = root.get("what-if").map(|n| &n.value) else { return None };
    items
        .iter()
        .filter_map(Node::as_table)
        .find(|t| t.get("name").and_then(Node::as_text) == Some(name))
}
