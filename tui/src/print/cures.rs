//! What would have prevented what happened to a message, and at what price.

use super::Page;
use super::account;
use super::style::{self, Ink};
use super::table::{Cell, Table};
use crate::failure::Failure;
use mqlab::explore::counterfactual::Tried;
use mqlab::explore::{Change, FateChange, Measure, Report, Target, Trial};
use mqlab::kernel::Span;
use mqlab::ledger::AnomalyKind;
use mqlab::scenario::Scenario;
use mqlab::story::explain::life::Life;
use mqlab::story::{Lang, words};
use serde_json::{Value, json};
use std::io::Write;
use unicode_width::UnicodeWidthChar;

/// Columns given to the narration of a step.
const NARRATION: usize = 44;
/// At most this many other messages are named in a row.
const MOST_OTHERS: usize = 2;

/// Prints the trials as a table; what made no difference stands below it in one line.
pub fn print(
    page: &Page,
    out: &mut dyn Write,
    scenario: &Scenario,
    life: &Life,
    found: Option<(Target, &Report)>,
) -> Result<(), Failure> {
    let (say, lang) = (page.say, page.say.lang);
    account::heading(page, out, say.cures())?;
    let Some((target, report)) = found else {
        writeln!(out, "  {}", say.nothing_to_prevent())?;
        return Ok(());
    };
    let directory = &scenario.directory;
    let who = format!(
        "{} · {}",
        directory.message(life.message),
        directory.subscription(target.subscription)
    );
    let trials = || report.steps.iter().chain(&report.settings);
    let fresh = trials().any(|t| t.result.as_ref().is_ok_and(|r| r.seeds > 0));
    let mut head = vec!["", say.change(), &who, "p50", "p99", say.unavailable()];
    if fresh {
        head.push(say.fresh_seeds());
    }
    head.push(say.elsewhere());
    let mut table = Table::new(head);
    let was = life.fates.iter().find(|(s, _)| *s == target.subscription).map(|(_, f)| *f);
    // A message handled too late was handled once all the same: its fate does not say it.
    let was = match target.kind {
        AnomalyKind::Inversion => say.out_of_order(),
        kind => was.map_or(kind.name(), |f| words::fate(f, lang)),
    };
    let mut base = vec!["".into(), say.as_it_is().into(), Cell::inked(was, Ink::Bad)];
    base.extend(price(&report.base));
    table.row(base);
    let (mut same, mut refused): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    let mut rows: Vec<(bool, Vec<Cell>)> = Vec::new();
    for trial in trials() {
        let what = described(&trial.change, scenario, page);
        let tried = match &trial.result {
            Ok(tried) if tried.prevented => tried,
            Ok(_) => {
                same.push(what);
                continue;
            }
            Err(why) => {
                refused.push(format!("{what}{}{why}", lang.pick(": ", "：")));
                continue;
            }
        };
        rows.push((!tried.is_cure(), row(tried, what, fresh, scenario, page)));
    }
    // Cures stand before what only changes the damage; within each, in the order tried.
    rows.sort_by_key(|(damaged, _)| *damaged);
    for (_, row) in rows {
        table.row(row);
    }
    write!(out, "{}", table.shown(2, page.ink))?;
    let join = lang.pick(" · ", " · ");
    let untried = report.untried.iter().map(|change| described(change, scenario, page)).collect();
    let rest =
        [(say.no_difference(), same), (say.refused_changes(), refused), (say.not_tried(), untried)];
    for (title, list) in rest {
        if !list.is_empty() {
            let text = format!("{title}{}{}", lang.pick(": ", "："), list.join(join));
            writeln!(out, "  {}", page.ink.paint(Ink::Faint, text))?;
        }
    }
    Ok(())
}

fn row(tried: &Tried, what: String, fresh: bool, scenario: &Scenario, page: &Page) -> Vec<Cell> {
    let lang = page.say.lang;
    let (glyph, ink) = if tried.is_cure() { ("✓", Ink::Good) } else { ("≈", Ink::Odd) };
    let fate = match tried.fate {
        Some(fate) => words::fate(fate, lang),
        None => words::told(tried.told, lang),
    };
    let mut row = vec![Cell::inked(glyph, ink), what.into(), Cell::inked(fate, ink)];
    row.extend(price(&tried.measure));
    if fresh {
        let Tried { seeds, seeds_before, seeds_after, .. } = tried;
        row.push(format!("{seeds_before}/{seeds} → {seeds_after}/{seeds}").into());
    }
    row.push(others(&tried.others, scenario, page).into());
    row
}

/// Latency and the longest outage.
fn price(measure: &Measure) -> Vec<Cell> {
    let text = |span: Option<Span>| span.map_or_else(|| "—".to_string(), |s| s.to_string());
    [measure.p50, measure.p99, measure.unavailable].map(|s| text(s).into()).into()
}

fn others(changes: &[FateChange], scenario: &Scenario, page: &Page) -> String {
    let lang = page.say.lang;
    let word = |f: Option<mqlab::ledger::Fate>| f.map_or("—", |f| words::fate(f, lang));
    let mut texts: Vec<String> = changes
        .iter()
        .take(MOST_OTHERS)
        .map(|c| {
            let name = scenario.directory.message(c.message);
            format!("{name} {} → {}", word(c.before), word(c.after))
        })
        .collect();
    if let Some(more) = changes.len().checked_sub(MOST_OTHERS).filter(|m| *m > 0) {
        texts.push(page.say.and_more(more));
    }
    texts.join(lang.pick(", ", "，"))
}

/// A change in words.
fn described(change: &Change, scenario: &Scenario, page: &Page) -> String {
    match change {
        Change::Set(set) => settings(set),
        Change::Without(step) => {
            let Some(step) = scenario.steps.get(*step) else { return String::new() };
            let what = page.say.without_line(step.line, step.label.as_deref());
            let narration = page.say.lang.of(&step.say);
            if narration.is_empty() {
                return what;
            }
            let quoted = shortened(narration, NARRATION);
            match page.say.lang {
                Lang::En => format!("{what}: {quoted}"),
                Lang::Zh => format!("{what}：{quoted}"),
            }
        }
    }
}

/// Settings as one writes them.
pub fn settings(set: &[(String, String)]) -> String {
    let texts: Vec<String> = set.iter().map(|(key, value)| format!("{key}={value}")).collect();
    texts.join("; ")
}

/// A text cut to a number of columns.
fn shortened(text: &str, columns: usize) -> String {
    let mut short = String::new();
    let mut used = 0;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used > columns {
            short.push('…');
            break;
        }
        short.push(c);
    }
    short
}

/// The trials as JSON.
pub fn json(scenario: &Scenario, target: Target, report: &Report) -> Value {
    let directory = &scenario.directory;
    let trial = |trial: &Trial| {
        let mut object = change_of(scenario, &trial.change);
        match &trial.result {
            Err(why) => {
                object.insert("refused".into(), why.as_str().into());
            }
            Ok(tried) => {
                object.insert("prevented".into(), tried.prevented.into());
                object.insert("cure".into(), tried.is_cure().into());
                object.insert("fate".into(), tried.fate.map(|f| f.name()).into());
                object.insert("producer".into(), tried.told.name().into());
                object.insert("measure".into(), measure(&tried.measure));
                let others = tried.others.iter().map(|c| {
                    json!({
                        "message": directory.message(c.message),
                        "subscription": directory.subscription(c.subscription),
                        "before": c.before.map(|f| f.name()),
                        "after": c.after.map(|f| f.name()),
                    })
                });
                object.insert("others".into(), others.collect());
                if tried.seeds > 0 {
                    object.insert("seeds".into(), tried.seeds.into());
                    object.insert("seeds_before".into(), tried.seeds_before.into());
                    object.insert("seeds_after".into(), tried.seeds_after.into());
                }
            }
        }
        Value::Object(object)
    };
    json!({
        "subscription": directory.subscription(target.subscription),
        "anomaly": target.kind.name(),
        "base": measure(&report.base),
        "steps": report.steps.iter().map(trial).collect::<Vec<_>>(),
        "settings": report.settings.iter().map(trial).collect::<Vec<_>>(),
        "untried": report.untried.iter().map(|c| change_of(scenario, c)).collect::<Vec<_>>(),
        "events": report.events,
    })
}

/// A change as JSON, to which what came of it can be added.
fn change_of(scenario: &Scenario, change: &Change) -> serde_json::Map<String, Value> {
    let mut object = serde_json::Map::new();
    match change {
        Change::Without(step) => {
            let step = scenario.steps.get(*step);
            object.insert("without_step_in_line".into(), step.map(|s| s.line).into());
            object.insert("label".into(), step.and_then(|s| s.label.clone()).into());
        }
        Change::Set(set) => {
            let set: serde_json::Map<String, Value> =
                set.iter().map(|(k, v)| (k.clone(), v.as_str().into())).collect();
            object.insert("set".into(), set.into());
        }
    }
    object
}

/// The numbers of a run as JSON.
pub fn measure(measure: &Measure) -> Value {
    let fates: serde_json::Map<String, Value> =
        measure.fates.iter().map(|(f, n)| (f.name().to_string(), (*n).into())).collect();
    json!({
        "fates": fates,
        "acknowledged": measure.acknowledged,
        "failed": measure.failed,
        "inversions": measure.inversions,
        "latency_p50_ns": measure.p50.map(|s| s.0),
        "latency_p99_ns": measure.p99.map(|s| s.0),
        "unavailable_ns": measure.unavailable.map(|s| s.0),
        "elections": measure.elections,
    })
}

/// The glyph's ink for a fate, for tables of several runs.
pub fn fate_cell(fate: Option<mqlab::ledger::Fate>, lang: Lang) -> Cell {
    match fate {
        Some(fate) => Cell::inked(words::fate(fate, lang), style::fate(fate)),
        None => "—".into(),
    }
}
