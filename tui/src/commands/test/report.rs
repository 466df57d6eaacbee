//! Results of tests as text, as annotations and as JSON.

use super::plan::{CaseEnd, Plan, Tested};
use crate::cli::Report;
use crate::failure::Failure;
use crate::print::style::{self, Ink};
use crate::print::{Page, json};
use crate::text::Say;
use mqlab::ledger::verdict::{Judged, Verdict};
use mqlab::story::words;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use unicode_width::UnicodeWidthStr;

/// Prints what is about to be done.
pub fn head(page: &Page, out: &mut dyn Write, plans: &[Plan]) -> Result<(), Failure> {
    if plans.is_empty() {
        writeln!(out, "{}", page.say.empty_shard())?;
    }
    Ok(())
}

/// Prints the line of one scenario, and in full what went wrong in it.
pub fn one(
    page: &Page,
    out: &mut dyn Write,
    tested: &Tested,
    format: Report,
) -> Result<(), Failure> {
    let say = page.say;
    let verdict = tested.verdict();
    let (glyph, ink) = style::verdict(verdict);
    let word = words::verdict(verdict, say.lang);
    let gap = 12usize.saturating_sub(word.width());
    let counts = page.ink.paint(Ink::Faint, say.counts(tested.ran(), tested.expectations()));
    let (glyph, word) = (page.ink.paint(ink, glyph), page.ink.paint(ink, word));
    writeln!(out, "{glyph} {word}{:gap$} {}  {counts}", "", tested.plan.name)?;
    if tested.plan.scenario.is_none() {
        indented(out, tested.plan.mistakes.trim_end())?;
    }
    for (index, end) in tested.ends.iter().enumerate() {
        let case = tested.plan.cases.get(index);
        let label = case.map(|c| c.variant.label()).unwrap_or_default();
        match end {
            Some(CaseEnd::Judged { judged, .. }) => {
                faults(page, out, judged, &label, &tested.command(index))?;
            }
            Some(CaseEnd::Broken(why)) => {
                writeln!(out, "    {label} {why}")?;
                writeln!(out, "      {}: {}", say.reproduce(), tested.command(index))?;
            }
            Some(CaseEnd::Refused(_)) => {}
            None if tested.plan.scenario.is_some() => {
                writeln!(out, "    {label} {}", page.ink.paint(Ink::Odd, say.not_run()))?;
            }
            None => {}
        }
    }
    if let Some(sweep) = &tested.sweep {
        for fault in sweep.faults(&tested.plan.name, tested.is_complete()) {
            faults(page, out, &[fault.judged], &say.seeds_run(sweep.seeds()), &fault.command)?;
        }
        if let Some((seed, why)) = &sweep.broken {
            writeln!(out, "    seed {seed}: {why}")?;
        }
    }
    if format == Report::Github {
        annotate(out, tested, say)?;
    }
    Ok(())
}

/// What did not hold, with what was found and how to see it again.
fn faults(
    page: &Page,
    out: &mut dyn Write,
    judged: &[Judged],
    label: &str,
    command: &str,
) -> Result<(), Failure> {
    let say = page.say;
    let width = [say.expected(), say.actual(), say.reproduce()]
        .iter()
        .map(|w| w.width())
        .max()
        .unwrap_or(0);
    for one in judged.iter().filter(|j| j.verdict != Verdict::Passed) {
        let (glyph, ink) = style::verdict(one.verdict);
        let word = words::verdict(one.verdict, say.lang);
        let mark = page.ink.paint(ink, format!("{glyph} {word}"));
        let gap = if label.is_empty() { "" } else { "  " };
        writeln!(out, "    {mark}{gap}{label}")?;
        let (expectation, actual) = (say.told(&one.expectation), say.told(&one.actual));
        let rows = [
            (say.expected(), expectation.as_str()),
            (say.actual(), actual.as_str()),
            (say.reproduce(), command),
        ];
        for (name, text) in rows.into_iter().filter(|(_, text)| !text.is_empty()) {
            let gap = width - name.width() + 2;
            writeln!(out, "      {}{:gap$}{text}", page.ink.paint(Ink::Faint, name), "")?;
        }
    }
    Ok(())
}

fn indented(out: &mut dyn Write, text: &str) -> Result<(), Failure> {
    for line in text.lines() {
        writeln!(out, "    {line}")?;
    }
    Ok(())
}

/// One expectation that did not hold, in one line.
pub fn fault(judged: &Judged, say: Say) -> String {
    let Judged { expectation, verdict, actual, .. } = judged;
    let word = words::verdict(*verdict, say.lang);
    match actual.as_str() {
        "" => format!("{word}: {expectation}"),
        actual => {
            let (expectation, actual) = (say.told(expectation), say.told(actual));
            format!("{word}: {} {expectation}; {} {actual}", say.expected(), say.actual())
        }
    }
}

/// Annotations for GitHub Actions.
fn annotate(out: &mut dyn Write, tested: &Tested, say: Say) -> Result<(), Failure> {
    let path = property(&tested.plan.path);
    if let Some((line, message)) = &tested.plan.first_mistake
        && tested.plan.scenario.is_none()
    {
        let line = (*line).max(1);
        writeln!(out, "::error file={path},line={line}::{}", escaped(message))?;
    }
    for (index, end) in tested.ends.iter().enumerate() {
        let Some(end) = end else { continue };
        let label = tested.plan.cases.get(index).map(|c| c.variant.label()).unwrap_or_default();
        let title = property(format!("{} {label}", tested.plan.name).trim());
        let mut message = |level: &str, text: String| {
            let text = format!("{text}\n{}: {}", say.reproduce(), tested.command(index));
            writeln!(out, "::{level} file={path},title={title}::{}", escaped(&text))
        };
        match end {
            CaseEnd::Judged { judged, .. } => {
                for one in judged.iter().filter(|j| j.verdict != Verdict::Passed) {
                    message("error", fault(one, say))?;
                }
            }
            CaseEnd::Broken(why) => message("error", why.clone())?,
            CaseEnd::Refused(_) => {}
        }
    }
    for fault in tested.sweep.iter().flat_map(|s| s.faults(&tested.plan.name, tested.is_complete()))
    {
        let title = property(&tested.plan.name);
        let text =
            format!("{}\n{}: {}", self::fault(&fault.judged, say), say.reproduce(), fault.command);
        writeln!(out, "::error file={path},title={title}::{}", escaped(&text))?;
    }
    Ok(())
}

/// The text of a workflow command.
fn escaped(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a workflow command.
fn property(text: &str) -> String {
    escaped(text).replace(':', "%3A").replace(',', "%2C")
}

/// How many scenarios came to which verdict.
fn totals(tested: &[Tested]) -> BTreeMap<Verdict, usize> {
    let mut totals = BTreeMap::new();
    for one in tested {
        *totals.entry(one.verdict()).or_insert(0) += 1;
    }
    totals
}

/// Prints the last line.
pub fn summary(
    page: &Page,
    out: &mut dyn Write,
    tested: &[Tested],
    interrupted: bool,
) -> Result<(), Failure> {
    let say = page.say;
    let cases: usize = tested.iter().map(Tested::ran).sum();
    let planned: usize = tested.iter().map(|t| t.plan.cases.len()).sum();
    let parts: Vec<String> = totals(tested)
        .into_iter()
        .map(|(verdict, count)| {
            let text = format!("{count} {}", words::verdict(verdict, say.lang));
            page.ink.paint(style::verdict(verdict).1, text).to_string()
        })
        .collect();
    let parts = parts.join(say.lang.pick(", ", "，"));
    writeln!(out, "\n{}{parts}", say.summary(tested.len(), cases, planned))?;
    if interrupted {
        writeln!(out, "{}", page.ink.paint(Ink::Odd, say.interrupted()))?;
    }
    Ok(())
}

/// Prints everything as one document.
pub fn json(out: &mut dyn Write, tested: &[Tested], interrupted: bool) -> Result<(), Failure> {
    let counts: serde_json::Map<String, Value> =
        totals(tested).into_iter().map(|(v, n)| (v.name().to_string(), n.into())).collect();
    let document = json!({
        "format": json::TEST,
        "interrupted": interrupted,
        "totals": counts,
        "scenarios": tested.iter().map(scenario_json).collect::<Vec<_>>(),
    });
    json::write(out, &document)
}

fn scenario_json(tested: &Tested) -> Value {
    let cases: Vec<Value> = tested
        .plan
        .cases
        .iter()
        .zip(&tested.ends)
        .enumerate()
        .map(|(index, (case, end))| {
            let mut object = json!({ "variant": case.variant.label() });
            let more = match end {
                None => json!({ "ran": false }),
                Some(CaseEnd::Refused(why)) => json!({ "refused": why }),
                Some(CaseEnd::Broken(why)) => json!({ "verdict": "error", "broken": why }),
                Some(end @ CaseEnd::Judged { seed, digest, judged }) => json!({
                    "verdict": end.verdict().map(Verdict::name),
                    "seed": seed,
                    "digest": json::digest(*digest),
                    "expectations": json::expectations(judged),
                    "reproduce": tested.command(index),
                }),
            };
            if let (Some(object), Value::Object(more)) = (object.as_object_mut(), more) {
                object.extend(more);
            }
            object
        })
        .collect();
    let sweep = tested.sweep.as_ref().map(|sweep| {
        json!({
            "seeds": sweep.seeds(),
            "verdict": sweep.verdict().name(),
            "expectations": json::expectations(&sweep.judged()),
        })
    });
    json!({
        "name": tested.plan.name,
        "path": tested.plan.path,
        "verdict": tested.verdict().name(),
        "mistakes": tested.plan.mistakes,
        "cases": cases,
        "sweep": sweep,
    })
}
