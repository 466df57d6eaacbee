//! `mqlab run`: one scenario played to its end and told.

use crate::catalogue;
use crate::cli::{Format, Run};
use crate::failure::Failure;
use crate::judging;
use crate::print::style::{self, Ink};
use crate::print::table::{Cell, Table};
use crate::print::{Page, account, json};
use crate::reading;
use crate::variant::{self, Case, Variant};
use mqlab::cluster::run::{Options, Outcome};
use mqlab::ledger::verdict::Verdict;
use mqlab::scenario::Scenario;
use mqlab::scenario::model::Matrix;
use mqlab::story::words;
use rayon::prelude::*;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Write;

/// Runs the scenario; the status follows the verdicts of its expectations.
pub fn run(asked: &Run, page: &Page, out: &mut dyn Write) -> Result<u8, Failure> {
    let source = catalogue::find(&asked.scenario, page.say)?;
    let scenario = reading::must_read(&source, &asked.set, page)?;
    let case = choose(asked, &scenario, page)?;
    let chosen = match case.scenario {
        Ok(scenario) => scenario,
        Err(why) => {
            return Err(Failure::new(page.say.refused_cell(&case.variant.label(), &why)));
        }
    };
    let options =
        Options { seed: asked.seed, until: asked.until, keep_history: true, ..Options::default() };
    let outcome = judging::run(&chosen, &scenario, options);
    let matrix = match (&scenario.matrix, &case.variant) {
        (Some(matrix), Variant::Base) => cells(matrix, &scenario, options),
        _ => Vec::new(),
    };
    let label = case.variant.label();
    let verdicts = outcome.verdicts.iter().map(|j| j.verdict);
    let status =
        Verdict::worst(verdicts.chain(matrix.iter().flat_map(CellRun::verdict))).exit_status();
    if asked.format == Format::Json {
        let mut document = json::run(&chosen, &label, &outcome, asked.facts);
        if let (Some(object), Some(axes)) = (document.as_object_mut(), &scenario.matrix) {
            object.insert("matrix".into(), matrix_json(axes, &matrix));
        }
        return json::write(out, &document).map(|()| status);
    }
    account::head(page, out, &chosen, &label)?;
    let as_written = case.variant == Variant::Base && asked.set.is_empty();
    account::body(page, out, &chosen, &outcome, asked.facts, as_written)?;
    if let (Some(axes), Variant::Base) = (&scenario.matrix, &case.variant) {
        writeln!(out, "\n{}", page.ink.paint(Ink::Title, page.say.matrix()))?;
        write!(out, "{}", matrix_table(axes, &matrix, page))?;
    }
    if case.variant == Variant::Base {
        what_ifs(page, out, &scenario)?;
    }
    let unchecked = chosen.expect.over_seeds.len();
    if unchecked > 0 {
        let note = page.say.over_seeds_unchecked(unchecked);
        writeln!(out, "\n{}", page.ink.paint(Ink::Faint, note))?;
    }
    let mut command = variant::command(&source.name, outcome.seed, &asked.set, &case.variant);
    if let Some(until) = asked.until {
        command.push_str(&format!(" --until {}ns", until.0));
    }
    account::foot(page, out, &outcome, &command)?;
    Ok(status)
}

/// The variant that the arguments ask for.
fn choose(asked: &Run, scenario: &Scenario, page: &Page) -> Result<Case, Failure> {
    let say = page.say;
    let cases = variant::cases(scenario);
    let wanted = |variant: &Variant| match (variant, &asked.what_if, &asked.cell) {
        (Variant::WhatIf(name), Some(asked), _) => name == asked,
        (Variant::Cell(values), _, Some(asked)) => same_cell(values, asked, scenario),
        (Variant::Base, None, None) => true,
        _ => false,
    };
    let labels: Vec<String> = cases
        .iter()
        .filter_map(|c| match (&c.variant, &asked.what_if) {
            (Variant::WhatIf(name), Some(_)) => Some(name.clone()),
            (Variant::Cell(values), None) => Some(values.join(",")),
            _ => None,
        })
        .collect();
    if let Some(case) = cases.into_iter().find(|c| wanted(&c.variant)) {
        return Ok(case);
    }
    let (message, none) = match (&asked.what_if, &asked.cell) {
        (Some(name), _) => (say.unknown_what_if(name), say.no_what_ifs()),
        (None, cell) => (say.unknown_cell(cell.as_deref().unwrap_or_default()), say.no_matrix()),
    };
    let help = if labels.is_empty() { none.to_string() } else { say.there_are(&labels) };
    Err(Failure::new(message).help(help))
}

/// Whether a text names a cell: `1,2`, `acks=1,min.insync.replicas=2`.
fn same_cell(values: &[String], asked: &str, scenario: &Scenario) -> bool {
    let axes = scenario.matrix.as_ref().map_or(&[][..], |m| &m.axes);
    let parts: Vec<&str> = asked.split(',').map(str::trim).collect();
    parts.len() == values.len()
        && parts.iter().zip(values).zip(axes).all(|((part, value), axis)| {
            let (name, given) = part.split_once('=').map_or((None, *part), |(n, v)| (Some(n), v));
            given == value && name.is_none_or(|n| n == axis.label || n == axis.setting)
        })
}

/// A cell of the matrix after its run.
struct CellRun {
    values: Vec<String>,
    result: Result<Outcome, String>,
}

impl CellRun {
    fn verdict(&self) -> Option<Verdict> {
        let outcome = self.result.as_ref().ok()?;
        let verdicts = outcome.verdicts.iter().map(|j| j.verdict);
        (!outcome.verdicts.is_empty()).then(|| Verdict::worst(verdicts))
    }
}

/// Runs every cell, as many at a time as there are processors.
fn cells(matrix: &Matrix, base: &Scenario, options: Options) -> Vec<CellRun> {
    // Histories of all cells at once could be large, and the table needs none.
    let options = Options { keep_history: false, ..options };
    matrix
        .cells
        .par_iter()
        .map(|cell| {
            let run = |scenario: &Scenario| judging::run(scenario, base, options);
            let result = cell.scenario.as_deref().map(run).map_err(String::clone);
            CellRun { values: cell.values.clone(), result }
        })
        .collect()
}

/// How many messages met each fate, in words: `once 4, lost 2`.
fn tally(outcome: &Outcome, page: &Page) -> String {
    let counts = fate_counts(outcome);
    let texts: Vec<String> =
        counts.iter().map(|(f, n)| format!("{} {n}", words::fate(*f, page.say.lang))).collect();
    texts.join(page.say.lang.pick(", ", "，"))
}

fn fate_counts(outcome: &Outcome) -> BTreeMap<mqlab::ledger::Fate, usize> {
    let mut counts = BTreeMap::new();
    for settled in &outcome.judgement.fates {
        *counts.entry(settled.fate).or_insert(0) += 1;
    }
    counts
}

/// Axes, outcome and verdict, one row a cell.
fn matrix_table(matrix: &Matrix, cells: &[CellRun], page: &Page) -> String {
    let say = page.say;
    let axes = matrix.axes.iter().map(|a| a.label.as_str());
    let mut table = Table::new(axes.chain([say.outcome(), say.verdict()]));
    let mut notes: Vec<String> = Vec::new();
    for cell in cells {
        let mut row: Vec<Cell> = cell.values.iter().map(|v| say.value(v).into()).collect();
        match &cell.result {
            Ok(outcome) => {
                row.push(tally(outcome, page).into());
                row.push(match cell.verdict() {
                    Some(verdict) => {
                        let (glyph, ink) = style::verdict(verdict);
                        let word = words::verdict(verdict, say.lang);
                        Cell::inked(format!("{glyph} {word}"), ink)
                    }
                    None => "—".into(),
                });
            }
            Err(why) => {
                // Reasons are long and few; they stand below the table.
                let note = notes.iter().position(|n| n == why).unwrap_or_else(|| {
                    notes.push(why.clone());
                    notes.len() - 1
                });
                let text = format!("{} [{}]", say.refused_combination(), note + 1);
                row.push(Cell::inked(text, Ink::Faint));
            }
        }
        table.row(row);
    }
    let mut text = table.shown(2, page.ink);
    for (number, note) in notes.iter().enumerate() {
        text.push_str(&format!("  [{}] {note}\n", number + 1));
    }
    text
}

fn matrix_json(matrix: &Matrix, cells: &[CellRun]) -> Value {
    let axes: Vec<Value> = matrix
        .axes
        .iter()
        .map(|a| serde_json::json!({ "setting": a.setting, "label": a.label }))
        .collect();
    let cells: Vec<Value> = cells
        .iter()
        .map(|cell| match &cell.result {
            Ok(outcome) => {
                let counts: serde_json::Map<String, Value> = fate_counts(outcome)
                    .into_iter()
                    .map(|(fate, n)| (fate.name().to_string(), n.into()))
                    .collect();
                serde_json::json!({
                    "values": cell.values,
                    "fates": counts,
                    "digest": json::digest(outcome.digest),
                    "expectations": json::expectations(&outcome.verdicts),
                })
            }
            Err(why) => serde_json::json!({ "values": cell.values, "refused": why }),
        })
        .collect();
    serde_json::json!({ "axes": axes, "cells": cells })
}

/// The variants a reader may try next.
fn what_ifs(page: &Page, out: &mut dyn Write, scenario: &Scenario) -> Result<(), Failure> {
    if scenario.what_ifs.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", page.ink.paint(Ink::Title, page.say.what_ifs()))?;
    for what_if in &scenario.what_ifs {
        let changes: Vec<String> =
            what_if.set.iter().map(|(key, value)| format!("{key} = {value}")).collect();
        let title = page.say.lang.of(&what_if.title);
        let name = page.ink.paint(Ink::Change, format!("--what-if {}", what_if.name));
        let changes = page.ink.paint(Ink::Faint, changes.join(", "));
        let gap = if title.is_empty() { "" } else { "  " };
        writeln!(out, "  {name}{gap}{title}  {changes}")?;
    }
    Ok(())
}
