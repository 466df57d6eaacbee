//! The machine-readable form. Keys stand in a fixed order, so that two outputs can be compared as
//! text; the shape is described in `docs/json-output.md` and named in the key `format`.

use crate::failure::Failure;
use crate::reading::Reading;
use crate::text::Say;
use mqlab::cluster::run::{Ended, Outcome};
use mqlab::fact::{Fact, MessageId, Stated};
use mqlab::ledger::verdict::Judged;
use mqlab::scenario::model::{Level, Text};
use mqlab::scenario::{Diagnostic, Scenario, Severity};
use mqlab::story::explain::Clause;
use mqlab::story::{Explanation, Lang, Story, fate_table, sentence};
use serde_json::{Map, Value, json};
use std::io::Write;

/// The shape of `mqlab run --format json`.
pub const RUN: &str = "mqlab-run/1";
/// The format of `mqlab check`.
const CHECK: &str = "mqlab-check/1";
/// The shape of `mqlab explain --format json`.
pub const EXPLAIN: &str = "mqlab-explain/1";
/// The shape of `mqlab compare --format json`.
pub const COMPARE: &str = "mqlab-compare/1";
/// The shape of `mqlab test --format json`.
pub const TEST: &str = "mqlab-test/1";

/// Prints a document.
pub fn write(out: &mut dyn Write, document: &Value) -> Result<(), Failure> {
    let text = serde_json::to_string_pretty(document).map_err(|e| Failure::new(e.to_string()))?;
    writeln!(out, "{text}")?;
    Ok(())
}

/// A text in both languages.
pub fn text(text: &Text) -> Value {
    json!({ "en": text.en, "zh": text.zh })
}

/// A digest as it is printed everywhere.
pub fn digest(digest: u64) -> String {
    format!("{digest:016x}")
}

fn level(level: Level) -> &'static str {
    Say { lang: Lang::En }.level_name(level)
}

/// One scenario in the catalogue.
pub fn catalogue_entry(scenario: &Scenario) -> Value {
    json!({
        "name": scenario.name,
        "title": text(&scenario.title),
        "ask": text(&scenario.ask),
        "level": level(scenario.level),
        "teaches": scenario.teaches,
        "shows": scenario.shows,
        "what_ifs": scenario.what_ifs.iter().map(|w| w.name.as_str()).collect::<Vec<_>>(),
        "cells": scenario.matrix.as_ref().map_or(0, |m| m.cells.len()),
    })
}

/// Judged expectations.
pub fn expectations(judged: &[Judged]) -> Value {
    judged
        .iter()
        .map(|j| {
            json!({
                "expectation": j.expectation,
                "verdict": j.verdict.name(),
                "actual": j.actual,
            })
        })
        .collect()
}

/// The whole result of a run.
pub fn run(scenario: &Scenario, variant: &str, outcome: &Outcome, facts: bool) -> Value {
    let story = Story::of(scenario, outcome, Lang::En);
    let mut document = json!({
        "format": RUN,
        "scenario": scenario.name,
        "variant": variant,
        "title": text(&scenario.title),
        "seed": outcome.seed,
        "ended": ended(outcome.ended),
        "time_ns": outcome.time.0,
        "events": outcome.events,
        "digest": digest(outcome.digest),
        "fates": fates(scenario, outcome),
        "explanations": explanations(scenario, &story.explanations),
        "predictions": predictions(scenario, outcome),
        "expectations": expectations(&outcome.verdicts),
        "drawn": mqlab::lab::drawn_steps(&outcome.drawn, scenario),
        "steps_not_taken": outcome
            .steps_not_taken
            .iter()
            .filter_map(|&s| scenario.steps.get(s).map(|s| s.line))
            .collect::<Vec<_>>(),
    });
    let unsent = unsent_left_out(scenario, outcome);
    if !unsent.is_empty()
        && let Some(object) = document.as_object_mut()
    {
        object.insert("unsent_left_out".into(), unsent.into());
    }
    if facts && let Some(object) = document.as_object_mut() {
        let facts = outcome.facts.iter().map(|s| fact(s, scenario)).collect();
        object.insert("facts".into(), facts);
    }
    document
}

fn ended(ended: Ended) -> &'static str {
    match ended {
        Ended::AtEnd => "at-end",
        Ended::Quiet => "quiet",
        Ended::Until => "until",
        Ended::Budget => "budget",
    }
}

/// The first and the last of many messages that a producer never came to send.
fn unsent_left_out(scenario: &Scenario, outcome: &Outcome) -> Vec<Value> {
    let name = |m: &MessageId| scenario.directory.message(*m);
    let left_out = fate_table::listed(scenario, outcome).1;
    left_out.iter().map(|r| json!([name(r.start()), name(r.end())])).collect()
}

fn fates(scenario: &Scenario, outcome: &Outcome) -> Value {
    let directory = &scenario.directory;
    fate_table::listed(scenario, outcome)
        .0
        .iter()
        .map(|entry| {
            let mut fates = Map::new();
            for (name, fate) in directory.subscriptions.iter().zip(&entry.fates) {
                if let Some(fate) = fate {
                    fates.insert(name.clone(), fate.name().into());
                }
            }
            json!({
                "message": directory.message(entry.message),
                "producer": entry.told.name(),
                "lane": entry.place.map(|(lane, _)| directory.lane(lane)),
                "offset": entry.place.map(|(_, offset)| offset),
                "fates": fates,
                "decided_by": entry.decided.map(|s| json!({
                    "fact": s.fact.name(),
                    "event": s.event,
                    "time_ns": s.time.0,
                })),
            })
        })
        .collect()
}

/// Explanations with their chains.
pub fn explanations(scenario: &Scenario, found: &[Explanation]) -> Value {
    let clause = |c: &Clause| json!({ "time_ns": c.time.0, "event": c.event, "text": c.text });
    found
        .iter()
        .map(|e| {
            let names = e.messages.iter().map(|&m| scenario.directory.message(m));
            json!({
                "anomaly": e.anomaly.word(),
                "subscription": scenario.directory.subscription(e.subscription),
                "messages": names.collect::<Vec<_>>(),
                "clauses": e.clauses.iter().map(clause).collect::<Vec<_>>(),
                "allowed_by": e.allowed_by.iter().map(clause).collect::<Vec<_>>(),
            })
        })
        .collect()
}

fn predictions(scenario: &Scenario, outcome: &Outcome) -> Value {
    scenario
        .predictions
        .iter()
        .zip(&outcome.predictions)
        .map(|(prediction, verdicts)| {
            let options = prediction.options.iter().zip(verdicts);
            json!({
                "ask": text(&prediction.ask),
                "options": options.map(|(option, verdict)| json!({
                    "text": text(&option.text),
                    "verdict": verdict.name(),
                })).collect::<Vec<_>>(),
            })
        })
        .collect()
}

/// A fact with its names, flat, and its sentence in English.
pub fn fact(stated: &Stated, scenario: &Scenario) -> Value {
    let Stated { time, event, fact } = stated;
    let directory = &scenario.directory;
    let mut object = Map::new();
    object.insert("time_ns".into(), time.0.into());
    object.insert("event".into(), (*event).into());
    object.insert("fact".into(), fact.name().into());
    if let Some(message) = fact.message() {
        object.insert("message".into(), directory.message(message).into());
    }
    if let Some(node) = fact.node() {
        object.insert("node".into(), directory.node(node).into());
    }
    if let Fact::Cut { to, .. } | Fact::Healed { to, .. } | Fact::Disconnected { to, .. } = fact {
        object.insert("to".into(), directory.node(*to).into());
    }
    if let Some(lane) = fact.lane() {
        object.insert("lane".into(), directory.lane(lane).into());
    }
    if let Some(subscription) = fact.subscription() {
        object.insert("subscription".into(), directory.subscription(subscription).into());
    }
    object.insert("text".into(), sentence(fact, directory, Lang::En).into());
    Value::Object(object)
}

/// What is wrong with files, in the order in which they were given.
pub fn check(files: &[&str], readings: &[Reading]) -> Value {
    let mistake = |d: &Diagnostic| {
        json!({
            "severity": match d.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            },
            "code": d.code,
            "message": d.message,
            "line": d.line,
            "column": d.column,
            "label": d.label,
            "help": d.help,
        })
    };
    let file = |(path, reading): (&&str, &Reading)| {
        let mut mistakes: Vec<Value> = reading.diagnostics.iter().map(mistake).collect();
        if let (true, Some((line, message))) = (mistakes.is_empty(), &reading.first) {
            mistakes.push(json!({
                "severity": "error",
                "code": "unreadable",
                "message": message,
                "line": line,
                "column": 0,
                "label": "",
                "help": null,
            }));
        }
        json!({ "file": path, "mistakes": mistakes })
    };
    json!({
        "format": CHECK,
        "files": files.iter().zip(readings).map(file).collect::<Vec<_>>(),
        "errors": readings.iter().map(|r| r.errors).sum::<usize>(),
        "warnings": readings.iter().map(|r| r.warnings).sum::<usize>(),
    })
}
