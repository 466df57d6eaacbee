//! `[matrix]`: every combination of some settings, each a variant of its own.

use super::{Change, Workshop};
use crate::scenario::diagnostic::{Diagnostic, Report};
use crate::scenario::document::{Node, Table, Value};
use crate::scenario::grammar::ROOT;
use crate::scenario::model::{Axis, Cell, Matrix};
use crate::scenario::names::suggestion;
use crate::scenario::reader::{Reader, problem, shortened, wrong_type};
use std::ops::Range;

/// The most combinations, axes and special cells.
const MOST_CELLS: usize = 1_000;
const MOST_AXES: usize = 10;

/// An axis as the file has it.
struct AxisIn<'t> {
    setting: &'t str,
    setting_at: Range<usize>,
    label: &'t str,
    values: &'t [Node],
}

/// Some combinations with sentences of their own.
struct Special<'t> {
    /// Index of an axis and of a value of it; all must match.
    when: Vec<(usize, usize)>,
    expect: &'t Node,
}

/// Reads the matrix, if there is one.
pub fn matrix(workshop: &mut Workshop<'_>, report: &mut Report) -> Option<Matrix> {
    let file = Reader::unchecked(workshop.root, &ROOT);
    let node = file.table.get("matrix")?;
    let reader = file.inner("matrix", report)?;
    let axes = axes(&reader, workshop, report);
    let specials = specials(&reader, &axes, report);
    let combinations = axes.iter().map(|a| a.values.len()).try_fold(1, usize::checked_mul);
    let combinations = combinations.unwrap_or(usize::MAX);
    if combinations > MOST_CELLS {
        let message = format!("a matrix has at most {MOST_CELLS} combinations");
        report.add(Diagnostic::error("too-large", reader.table.head.clone(), message));
        return None;
    }
    let usual = reader.get("expect", report);
    if usual.is_none() && specials.is_empty() {
        report.add(
            Diagnostic::error(
                "missing-expect",
                reader.table.head.clone(),
                "the matrix expects nothing",
            )
            .help("add `expect = [\"lost == 0\"]`, or cells with sentences of their own"),
        );
    }
    if axes.is_empty() || !workshop.sound {
        return None;
    }
    let mut cells = Vec::with_capacity(combinations);
    for number in 0..combinations {
        let choice = choice(number, &axes);
        let fits = |s: &&Special<'_>| s.when.iter().all(|(axis, value)| choice[*axis] == *value);
        let expect = specials.iter().find(fits).map(|s| s.expect).or(usual);
        cells.extend(cell(&choice, &axes, expect, &node.at, workshop, report));
        if report.count() > 50 {
            break;
        }
    }
    let axes = axes.iter().map(|a| Axis {
        setting: a.setting.into(),
        label: a.label.into(),
        values: a.values.iter().map(Node::shown).collect(),
    });
    Some(Matrix { axes: axes.collect(), cells })
}

/// The index of a value on each axis; the last axis varies fastest.
fn choice(mut number: usize, axes: &[AxisIn<'_>]) -> Vec<usize> {
    let mut choice = vec![0; axes.len()];
    for (axis, chosen) in axes.iter().zip(&mut choice).rev() {
        *chosen = number % axis.values.len();
        number /= axis.values.len();
    }
    choice
}

fn cell(
    choice: &[usize],
    axes: &[AxisIn<'_>],
    expect: Option<&Node>,
    own: &Range<usize>,
    workshop: &mut Workshop<'_>,
    report: &mut Report,
) -> Option<Cell> {
    let changes: Vec<Change<'_>> = axes
        .iter()
        .zip(choice)
        .map(|(axis, value)| Change {
            address: axis.setting,
            address_at: axis.values[*value].at.clone(),
            value: &axis.values[*value],
        })
        .collect();
    let values: Vec<String> = changes.iter().map(|c| c.value.shown()).collect();
    let root = workshop.changed(&changes, &[], expect, report)?;
    let blame = changes.last().map_or_else(|| own.clone(), |c| c.value.at.clone());
    match workshop.build(&root, own, &blame) {
        Ok(scenario) => Some(Cell {
            values,
            expect: scenario.expect.this_run.clone(),
            scenario: Ok(Box::new(scenario)),
        }),
        Err(errors) if errors.iter().all(|e| e.code == "refused") => {
            let reasons: Vec<&str> = errors.iter().map(|e| e.message.as_str()).collect();
            Some(Cell { values, expect: Vec::new(), scenario: Err(reasons.join("; ")) })
        }
        Err(errors) => {
            for error in errors.into_iter().filter(|e| e.code != "refused") {
                report.add(error);
            }
            None
        }
    }
}

fn axes<'t>(reader: &Reader<'t>, workshop: &Workshop<'_>, report: &mut Report) -> Vec<AxisIn<'t>> {
    let form = reader.form_of("axis");
    let mut axes: Vec<AxisIn<'t>> = Vec::new();
    for table in reader.tables("axis", MOST_AXES, report) {
        let axis = Reader::new(table, form, report);
        let Some(setting) = axis.text("setting", report) else { continue };
        let setting_at = table.get("setting").map_or(0..0, |n| n.at.clone());
        if let Err(wrong) = super::address::resolve(workshop.root, setting) {
            report.add(problem(wrong, &setting_at));
            continue;
        }
        if let Some(other) = axes.iter().find(|a| a.setting == setting) {
            let message = format!("`{}` has two axes", shortened(setting));
            report.add(
                Diagnostic::error("set-twice", setting_at.clone(), message)
                    .related(other.setting_at.clone(), "the other axis"),
            );
        }
        let label = axis.text("label", report).unwrap_or(setting);
        let Some(node) = axis.get("values", report) else { continue };
        match &node.value {
            Value::List(values) if !values.is_empty() => {
                axes.push(AxisIn { setting, setting_at, label, values });
            }
            _ => report.add(wrong_type(node, "values", "a list with at least one value")),
        }
    }
    axes
}

fn specials<'t>(reader: &Reader<'t>, axes: &[AxisIn<'_>], report: &mut Report) -> Vec<Special<'t>> {
    let form = reader.form_of("cell");
    let mut specials = Vec::new();
    for table in reader.tables("cell", MOST_CELLS, report) {
        let cell = Reader::new(table, form, report);
        let when = cell.get("when", report).and_then(|node| match node.as_table() {
            Some(when) => Some(conditions(when, axes, report)),
            None => {
                report.add(wrong_type(node, "when", "a table of axes and values"));
                None
            }
        });
        let expect = cell.get("expect", report);
        if let (Some(when), Some(expect)) = (when, expect) {
            specials.push(Special { when, expect });
        }
    }
    specials
}

fn conditions(when: &Table, axes: &[AxisIn<'_>], report: &mut Report) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for entry in when.flattened() {
        let named = |a: &AxisIn<'_>| a.label == entry.name || a.setting == entry.name;
        let Some(axis) = axes.iter().position(named) else {
            let message = format!("there is no axis `{}`", shortened(&entry.name));
            let help = suggestion(&entry.name, axes.iter().map(|a| a.label));
            report.add(
                Diagnostic::error("unknown-axis", entry.name_at.clone(), message).maybe_help(help),
            );
            continue;
        };
        let shown = entry.value.shown();
        let values = axes[axis].values;
        match values.iter().position(|v| v.shown() == shown) {
            Some(value) => found.push((axis, value)),
            None => {
                let known: Vec<String> = values.iter().map(Node::shown).collect();
                let label = axes[axis].label;
                let message = format!("`{label}` is never `{}`", shortened(&shown));
                report.add(
                    Diagnostic::error("unknown-cell", entry.value.at.clone(), message)
                        .help(format!("its values are {}", known.join(", "))),
                );
            }
        }
    }
    found
}
