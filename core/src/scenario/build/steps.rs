//! `[[step]]`: when it happens. What it does stands in [`super::faults`].

use super::faults;
use crate::brokers::kafka::settings::TopicConfig;
use crate::kernel::Span;
use crate::scenario::diagnostic::{Diagnostic, Report};
use crate::scenario::document::{Node, Table};
use crate::scenario::grammar::{ACTIONS, ActionForm, FIELDS, STEP, nearest};
use crate::scenario::language::{Source, anchor};
use crate::scenario::model::{Anchor, Ends, Step, Topic, Trigger};
use crate::scenario::names::Names;
use crate::scenario::reader::{Reader, shortened, time, unknown_key, wrong_type};
use std::collections::BTreeSet;

/// The most steps of a file.
const MOST_STEPS: usize = 10_000;

/// Reads the steps in file order.
pub fn steps(
    file: &Reader<'_>,
    topics: &[Topic],
    ends: &Ends,
    starts: &[usize],
    names: &Names,
    report: &mut Report,
) -> Vec<Step> {
    // Several steps may change one topic; each says only what it changes itself.
    let mut configs: Vec<TopicConfig> = topics.iter().map(|t| t.config.clone()).collect();
    let mut labels: BTreeSet<&str> = BTreeSet::new();
    let mut steps = Vec::new();
    for table in file.tables("step", MOST_STEPS, report) {
        if report.is_full() {
            break;
        }
        let reader = Reader::unchecked(table, &STEP);
        let action = action_form(&reader, report);
        check_keys(table, action, report);
        let trigger = trigger(&reader, names, report);
        let say = reader.bilingual("say", report);
        let label = reader.name("label", report);
        if let Some(label) = label
            && !labels.insert(label)
        {
            let at = table.get("label").map_or(0..0, |n| n.at.clone());
            let message = format!("there are two steps `{label}`");
            report.add(Diagnostic::error("duplicate-name", at, message));
        }
        if let (Some(Trigger::At(at)), Ends::At(end)) = (&trigger, ends)
            && at > end
        {
            let place = table.get("at").map_or(0..0, |n| n.at.clone());
            let message = format!("this step never happens: the run ends at {end}");
            report.add(Diagnostic::warning("after-the-end", place, message));
        }
        let action = action.and_then(|form| {
            faults::action(&reader, form, trigger.as_ref(), &mut configs, names, report)
        });
        let (Some(trigger), Some(action)) = (trigger, action) else { continue };
        let line = starts.partition_point(|s| *s <= table.at.start);
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        let label = label.map(str::to_owned);
        steps.push(Step { trigger, action, say, label, line });
    }
    steps
}

/// The action a step names.
fn action_form(reader: &Reader<'_>, report: &mut Report) -> Option<&'static ActionForm> {
    let word = reader.text("do", report)?;
    let found = ACTIONS.iter().find(|a| a.name == word);
    if found.is_none() {
        let at = reader.table.get("do").map_or(0..0, |n| n.at.clone());
        let message = format!("there is no action `{}`", shortened(word));
        let help = match nearest(word, ACTIONS.iter().map(|a| a.name)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => {
                let all: Vec<&str> = ACTIONS.iter().map(|a| a.name).collect();
                format!("the actions are {}", all.join(", "))
            }
        };
        report.add(Diagnostic::error("unknown-action", at, message).help(help));
    }
    found
}

/// Reports keys that belong to no step, or not to this action, and fields that are missing.
fn check_keys(table: &Table, action: Option<&ActionForm>, report: &mut Report) {
    for entry in &table.entries {
        let name = entry.name.as_str();
        if STEP.key(name).is_some() {
            continue;
        }
        let is_field = FIELDS.iter().any(|f| f.name == name);
        let Some(action) = action.filter(|_| is_field) else {
            if !is_field {
                let fields = FIELDS.iter().map(|f| f.name);
                let known = STEP.keys.iter().map(|k| k.name).chain(fields);
                unknown_key(entry, "step", known, report);
            }
            continue;
        };
        if !action.needs.contains(&name) && !action.takes.contains(&name) {
            let message = format!("`{}` takes no `{name}`", action.name);
            let takes: Vec<&str> = action.needs.iter().chain(action.takes).copied().collect();
            let help = match takes.len() {
                0 => "it takes nothing".to_owned(),
                _ => format!("it takes {}", takes.join(", ")),
            };
            report.add(Diagnostic::error("unknown-key", entry.name_at.clone(), message).help(help));
        }
    }
    for need in action.map_or(&[][..], |a| a.needs) {
        if table.get(need).is_none() {
            let form = FIELDS.iter().find(|f| f.name == *need);
            let what = action.map_or("", |a| a.name);
            let message = format!("`{what}` needs `{need}`");
            report.add(
                Diagnostic::error("missing-key", table.head.clone(), message)
                    .maybe_help(form.map(|f| f.en.to_owned())),
            );
        }
    }
}

fn trigger(reader: &Reader<'_>, names: &Names, report: &mut Report) -> Option<Trigger> {
    let table = reader.table;
    let given: Vec<&str> =
        ["at", "after", "before"].into_iter().filter(|k| table.get(k).is_some()).collect();
    if given.len() != 1 {
        let (code, message) = match given.len() {
            0 => ("missing-key", "when does this step happen?".to_owned()),
            _ => ("contradiction", format!("`{}` are too much", given.join("` and `"))),
        };
        report.add(
            Diagnostic::error(code, table.head.clone(), message)
                .help("a step has exactly one of `at`, `after` and `before`"),
        );
        return None;
    }
    if let Some(delay) = table.entry("delay")
        && given[0] != "after"
    {
        let message = "`delay` only goes with `after`";
        report.add(Diagnostic::error("contradiction", delay.name_at.clone(), message));
    }
    match given[0] {
        "at" => reader.time("at", report).map(Trigger::At),
        "before" => wanted_fact(table.get("before")?, names, report).map(Trigger::Before),
        _ => {
            let delay = reader.time("delay", report).unwrap_or(Span::ZERO);
            let anchor = wanted_fact(table.get("after")?, names, report)?;
            Some(Trigger::After { anchor, delay })
        }
    }
}

/// Reads a text that is a pattern for facts.
pub fn wanted_fact(node: &Node, names: &Names, report: &mut Report) -> Option<Anchor> {
    let Some(source) = Source::of(node) else {
        report.add(wrong_type(node, "after", "a fact such as \"committed m3\""));
        return None;
    };
    match anchor(&source, names) {
        Ok(anchor) => Some(anchor),
        Err(diagnostic) => {
            report.add(*diagnostic);
            None
        }
    }
}

/// Reads a text that is a time or a pattern for facts.
pub fn moment(node: &Node, names: &Names, report: &mut Report) -> Option<Trigger> {
    let is_time = node.as_text().is_none_or(|t| t.trim().starts_with(|c: char| c.is_ascii_digit()));
    if is_time {
        return time(node, "at", report).map(Trigger::At);
    }
    let anchor = wanted_fact(node, names, report)?;
    Some(Trigger::After { anchor, delay: Span::ZERO })
}
