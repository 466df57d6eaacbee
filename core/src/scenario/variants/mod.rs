//! Variants of a scenario: what-ifs, the cells of a matrix, and `--set` on the command line.
//!
//! All three change the file at addresses such as `producer.checkout.acks` and read the result like
//! any other file. In the tree a changed value keeps the place where the change is written, so a
//! mistake points at the what-if and not at the innocent line it changes.

mod address;
mod alone;
mod apply;
mod matrix;

pub use alone::parse_alone;
pub use apply::{apply_set, apply_what_if};

use super::build::{self, Origin};
use super::diagnostic::{Diagnostic, Report, Severity};
use super::document::{Entry, Node, Table, Value};
use super::grammar::ROOT;
use super::model::{Scenario, Text, WhatIf};
use super::reader::{Reader, problem, wrong_type};
use std::ops::Range;

/// The most what-ifs of a file.
const MOST_WHAT_IFS: usize = 100;
/// All variants of a file together may have this many values and names. It bounds memory and the
/// time it takes to open a file.
const MOST_VALUES: usize = 500_000;

/// The names of all what-ifs of a file.
pub fn what_if_names(root: &Table) -> Vec<String> {
    match root.get("what-if").map(|n| &n.value) {
        Some(Value::List(items)) => items
            .iter()
            .take(MOST_WHAT_IFS)
            .filter_map(|i| Some(i.as_table()?.get("name")?.as_text()?.to_owned()))
            .collect(),
        _ => Vec::new(),
    }
}

/// Adds what-ifs and matrix to a scenario.
pub fn variants(
    scenario: Option<Scenario>,
    root: &Table,
    origin: &Origin<'_>,
    report: &mut Report,
) -> Option<Scenario> {
    let mut left = MOST_VALUES;
    let mut workshop = Workshop { root, origin, left: &mut left, sound: scenario.is_some() };
    let what_ifs = what_ifs(&mut workshop, report);
    let matrix = matrix::matrix(&mut workshop, report);
    let mut scenario = scenario?;
    scenario.what_ifs = what_ifs;
    scenario.matrix = matrix;
    (!report.has_errors()).then_some(scenario)
}

/// Where variants are made.
pub(super) struct Workshop<'a> {
    /// The file.
    pub root: &'a Table,
    /// What is known of it.
    pub origin: &'a Origin<'a>,
    /// How many values may still be made.
    left: &'a mut usize,
    /// Whether the file itself is without errors; otherwise variants are not built.
    pub sound: bool,
}

/// A change of the file.
pub(super) struct Change<'a> {
    /// The address, as written.
    pub address: &'a str,
    /// Where the address is written.
    pub address_at: Range<usize>,
    /// The new value.
    pub value: &'a Node,
}

impl Workshop<'_> {
    /// The file with some changes, without some steps, and with other expectations. Wrong addresses
    /// are reported.
    pub fn changed(
        &self,
        changes: &[Change<'_>],
        without: &[&Node],
        expect: Option<&Node>,
        report: &mut Report,
    ) -> Option<Table> {
        if self.root.size() > *self.left {
            let at = changes.first().map(|c| c.address_at.clone());
            let at = at.or_else(|| without.first().map(|n| n.at.clone())).unwrap_or(0..0);
            let message = "all variants together are too much for one file";
            report.add(Diagnostic::error("too-large", at, message));
            return None;
        }
        let mut root = self.root.clone();
        root.remove("what-if");
        root.remove("matrix");
        let mut good = true;
        for change in changes {
            match address::resolve(self.root, change.address) {
                Ok(path) => {
                    let at = change.address_at.start.min(change.value.at.start)
                        ..change.value.at.end.max(change.address_at.end);
                    address::set(&mut root, &path, change.value.clone(), &at);
                }
                Err(wrong) => {
                    good = false;
                    report.add(problem(wrong, &change.address_at));
                }
            }
        }
        for label in without {
            good &= leave_out(&mut root, label, report);
        }
        if let Some(expect_table) = root.get_mut("expect")
            && let Value::Table(table) = &mut expect_table.value
        {
            table.remove("over-seeds");
            table.remove("this-run");
        }
        if let Some(sentences) = expect {
            if root.get("expect").is_none() {
                let empty = Table { at: sentences.at.clone(), ..Table::default() };
                let node = Node { value: Value::Table(empty), at: sentences.at.clone() };
                root.set("expect", node, &sentences.at);
            }
            if let Some(Node { value: Value::Table(table), .. }) = root.get_mut("expect") {
                table.set("this-run", sentences.clone(), &sentences.at);
            }
        }
        good.then_some(root)
    }

    /// Builds a changed file. Its errors are returned, those elsewhere in the file moved to
    /// `blame`, the place of the change; `own` is the range of the variant's table.
    pub fn build(
        &mut self,
        root: &Table,
        own: &Range<usize>,
        blame: &Range<usize>,
    ) -> Result<Scenario, Vec<Diagnostic>> {
        let mut report = Report::default();
        let origin = Origin {
            name: self.origin.name,
            source: self.origin.source,
            what_ifs: self.origin.what_ifs.clone(),
            variant: true,
        };
        let weight = root.size();
        if weight > *self.left {
            let message = "all variants together are too much for one file";
            return Err(vec![Diagnostic::error("too-large", blame.clone(), message)]);
        }
        let scenario = build::scenario(root, &origin, &mut report);
        let inside = |d: &Diagnostic| own.start <= d.span.start && d.span.end <= own.end;
        let mut found: Vec<Diagnostic> = report.into_found();
        found.retain(|d| d.severity == Severity::Error || inside(d));
        for d in &mut found {
            if !inside(d) {
                d.message = format!("with this change: {}", d.message);
                d.related = Some((d.span.clone(), "this line no longer fits".into()));
                d.span = blame.clone();
            }
        }
        match scenario {
            Some(scenario) => {
                let d = &scenario.directory;
                let names = d.nodes.len() + d.lanes.len() + d.keys.len() + d.messages.len();
                *self.left = self.left.saturating_sub(weight + names);
                Ok(scenario)
            }
            None => Err(found),
        }
    }
}

/// Removes the step of a label.
fn leave_out(root: &mut Table, label: &Node, report: &mut Report) -> bool {
    let name = label.as_text().unwrap_or_default();
    let has = |step: &Node| {
        step.as_table().and_then(|t| t.get("label")).and_then(Node::as_text) == Some(name)
    };
    let mut labels = Vec::new();
    if let Some(Node { value: Value::List(steps), .. }) = root.get_mut("step") {
        let before = steps.len();
        steps.retain(|step| !has(step));
        if steps.len() < before {
            return true;
        }
        labels = steps
            .iter()
            .filter_map(|s| Some(s.as_table()?.get("label")?.as_text()?.to_owned()))
            .collect();
    }
    let message = format!("there is no step with the label `{}`", super::reader::shortened(name));
    let help = match labels.len() {
        0 => Some("no step has a `label` yet".to_owned()),
        _ => super::names::suggestion(name, labels.iter().map(String::as_str)),
    };
    report.add(Diagnostic::error("unknown-step", label.at.clone(), message).maybe_help(help));
    false
}

fn what_ifs(workshop: &mut Workshop<'_>, report: &mut Report) -> Vec<WhatIf> {
    // Unknown keys of the file were reported when the file itself was read.
    let file = Reader::unchecked(workshop.root, &ROOT);
    let form = file.form_of("what-if");
    let mut made: Vec<WhatIf> = Vec::new();
    let mut names: Vec<&str> = Vec::new();
    for table in file.tables("what-if", MOST_WHAT_IFS, report) {
        if report.is_full() {
            break;
        }
        let reader = Reader::new(table, form, report);
        let name = reader.name("name", report);
        if let Some(name) = name {
            if names.contains(&name) {
                let at = table.get("name").map_or(0..0, |n| n.at.clone());
                let message = format!("there are two what-ifs `{name}`");
                report.add(Diagnostic::error("duplicate-name", at, message));
            }
            names.push(name);
        }
        made.extend(what_if(&reader, name.unwrap_or_default(), workshop, report));
    }
    made
}

fn what_if(
    reader: &Reader<'_>,
    name: &str,
    workshop: &mut Workshop<'_>,
    report: &mut Report,
) -> Option<WhatIf> {
    let title = match reader.table.get("title") {
        Some(_) => reader.bilingual("title", report),
        None => Text::default(),
    };
    let entries = changes_of(reader, "set", report);
    let without = reader.texts("without", report);
    if entries.is_empty() && without.is_empty() {
        let message = "this what-if changes nothing";
        report.add(
            Diagnostic::error("changes-nothing", reader.table.head.clone(), message)
                .help("say what is different: `set = { \"producer.checkout.acks\" = \"all\" }`"),
        );
    }
    let changes: Vec<Change<'_>> = entries.iter().map(change).collect();
    let root = workshop.changed(&changes, &without, reader.table.get("expect"), report)?;
    if !workshop.sound {
        return None;
    }
    let first = changes.first().map(|c| c.address_at.start..c.value.at.end);
    let blame = first.or_else(|| without.first().map(|n| n.at.clone()));
    let blame = blame.unwrap_or_else(|| reader.table.head.clone());
    match workshop.build(&root, &reader.table.at, &blame) {
        Ok(scenario) => Some(WhatIf {
            name: name.into(),
            title,
            set: entries.iter().map(|e| (e.name.clone(), e.value.shown())).collect(),
            without: without.iter().map(|n| n.shown()).collect(),
            expect: scenario.expect.this_run.clone(),
            scenario: Box::new(scenario),
        }),
        Err(errors) => {
            for error in errors {
                report.add(error);
            }
            None
        }
    }
}

/// The entries of a table of changes, with full addresses.
fn changes_of(reader: &Reader<'_>, key: &str, report: &mut Report) -> Vec<Entry> {
    let Some(node) = reader.get(key, report) else { return Vec::new() };
    match node.as_table() {
        Some(table) => table.flattened(),
        None => {
            report.add(wrong_type(node, key, "a table of addresses and values"));
            Vec::new()
        }
    }
}

fn change(entry: &Entry) -> Change<'_> {
    Change { address: &entry.name, address_at: entry.name_at.clone(), value: &entry.value }
}
