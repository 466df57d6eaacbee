//! `mqlab compare`: the same run under several settings or what-ifs, side by side.

use crate::cli::{Compare, Format};
use crate::failure::Failure;
use crate::print::style::Ink;
use crate::print::table::{Cell, Table};
use crate::print::{Page, account, cures, json};
use crate::{catalogue, chosen, reading};
use mqlab::cluster::run::{Options, Outcome, run};
use mqlab::explore::{Measure, Parting, fate_changes, parting};
use mqlab::fact::{MessageId, Stated, SubscriptionId};
use mqlab::ledger::Fate;
use mqlab::scenario::Scenario;
use mqlab::story::{sentence, words};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::Write;

/// Rows of the table of fates that are printed.
const MOST_ROWS: usize = 60;

/// One of the runs.
struct Column {
    name: String,
    scenario: Scenario,
    outcome: Outcome,
    measure: Measure,
}

/// Runs every variant with the same seed and prints them side by side.
pub fn compare(asked: &Compare, page: &Page, out: &mut dyn Write) -> Result<u8, Failure> {
    let columns = columns(asked, page)?;
    let Some((base, others)) = columns.split_first() else { return Ok(0) };
    let pairs = differing(base, others);
    if asked.format == Format::Json {
        return json::write(out, &document(base, others, &pairs)).map(|()| 0);
    }
    let say = page.say;
    account::head(page, out, &base.scenario, "")?;
    account::heading(page, out, say.side_by_side())?;
    write!(out, "{}", numbers(&columns, page).shown(2, page.ink))?;
    account::heading(page, out, say.fates_that_differ())?;
    if pairs.is_empty() {
        writeln!(out, "  {}", say.same_fates())?;
    } else {
        write!(out, "{}", fates(&columns, &pairs, page).shown(2, page.ink))?;
        if let Some(more) = pairs.len().checked_sub(MOST_ROWS).filter(|m| *m > 0) {
            writeln!(out, "  {}", page.ink.paint(Ink::Faint, say.more_rows(more)))?;
        }
    }
    account::heading(page, out, say.where_they_part())?;
    for other in others {
        let parted = parting(&base.outcome.facts, &other.outcome.facts);
        parted_at(page, out, base, other, parted)?;
    }
    Ok(0)
}

fn columns(asked: &Compare, page: &Page) -> Result<Vec<Column>, Failure> {
    let source = catalogue::find(&asked.scenario, page.say)?;
    let whole = reading::must_read(&source, &[], page)?;
    let mut what_ifs = asked.what_if.clone();
    if asked.set.is_empty() && what_ifs.is_empty() {
        what_ifs = whole.what_ifs.iter().map(|w| w.name.clone()).collect();
        if what_ifs.is_empty() {
            let help = page.say.compare_needs_set();
            return Err(Failure::new(page.say.no_what_ifs()).help(help));
        }
    }
    let mut variants: Vec<(String, Scenario)> = Vec::new();
    for name in &what_ifs {
        variants.push((name.clone(), chosen::what_if(&whole, name, page)?));
    }
    for set in &asked.set {
        let changed = reading::must_read(&source, &set.0, page)?;
        variants.push((cures::settings(&set.0), changed));
    }
    variants.insert(0, (page.say.as_it_is().to_string(), whole));
    let options = Options { seed: asked.seed, keep_history: true, ..Options::default() };
    // A change of the file's seed must not make two runs differ in what nobody changed.
    let options = Options { seed: options.seed.or(Some(variants[0].1.seed)), ..options };
    Ok(variants
        .into_iter()
        .map(|(name, scenario)| {
            let outcome = run(&scenario, options);
            let measure = Measure::of(&outcome);
            Column { name, scenario, outcome, measure }
        })
        .collect())
}

/// The messages whose fate is not the same in all runs.
fn differing(base: &Column, others: &[Column]) -> Vec<(MessageId, SubscriptionId)> {
    let pairs: BTreeSet<(MessageId, SubscriptionId)> = others
        .iter()
        .flat_map(|o| fate_changes(&base.outcome.judgement, &o.outcome.judgement))
        .map(|c| (c.message, c.subscription))
        .collect();
    pairs.into_iter().collect()
}

/// Counts, latency and availability, one row a run.
fn numbers(columns: &[Column], page: &Page) -> Table {
    let (say, lang) = (page.say, page.say.lang);
    let met: BTreeSet<Fate> =
        columns.iter().flat_map(|c| c.measure.fates.keys().copied()).collect();
    let mut head: Vec<String> = vec![say.run_word().into(), say.acknowledged_word().into()];
    head.extend(met.iter().map(|f| words::fate(*f, lang).to_string()));
    let inverted = columns.iter().any(|c| c.measure.inversions > 0);
    if inverted {
        head.push(say.out_of_order().into());
    }
    head.extend([
        "p50".into(),
        "p99".into(),
        say.unavailable().into(),
        say.elections_word().into(),
    ]);
    let mut table = Table::new(head);
    for column in columns {
        let m = &column.measure;
        let mut row: Vec<Cell> =
            vec![column.name.as_str().into(), m.acknowledged.to_string().into()];
        row.extend(met.iter().map(|f| match m.count(*f) {
            0 => "—".into(),
            n => Cell::inked(n.to_string(), crate::print::style::fate(*f)),
        }));
        if inverted {
            row.push(m.inversions.to_string().into());
        }
        for span in [m.p50, m.p99, m.unavailable] {
            row.push(span.map_or_else(|| "—".to_string(), |s| s.to_string()).into());
        }
        row.push(m.elections.to_string().into());
        table.row(row);
    }
    table
}

/// The fates that differ, one row a message.
fn fates(columns: &[Column], pairs: &[(MessageId, SubscriptionId)], page: &Page) -> Table {
    let lang = page.say.lang;
    let directory = &columns[0].scenario.directory;
    let mut head =
        vec![lang.pick("message", "消息").to_string(), lang.pick("group", "消费组").into()];
    head.extend(columns.iter().map(|c| c.name.clone()));
    let mut table = Table::new(head);
    for &(message, subscription) in pairs.iter().take(MOST_ROWS) {
        let mut row: Vec<Cell> =
            vec![directory.message(message).into(), directory.subscription(subscription).into()];
        row.extend(
            columns
                .iter()
                .map(|c| cures::fate_cell(c.outcome.judgement.fate(message, subscription), lang)),
        );
        table.row(row);
    }
    table
}

fn parted_at(
    page: &Page,
    out: &mut dyn Write,
    base: &Column,
    other: &Column,
    parted: Parting,
) -> Result<(), Failure> {
    let say = page.say;
    writeln!(out, "  {}", page.ink.paint(Ink::Change, &other.name))?;
    if parted.is_none() {
        writeln!(out, "    {}", say.no_parting())?;
        return Ok(());
    }
    for (column, stated) in [(base, parted.first), (other, parted.second)] {
        let Some(Stated { time, event, fact }) = stated else { continue };
        let text = sentence(&fact, &column.scenario.directory, say.lang);
        let only = page.ink.paint(Ink::Faint, say.only_in(&column.name));
        writeln!(out, "    {time} #{event} {text}  {only}")?;
    }
    Ok(())
}

fn document(base: &Column, others: &[Column], pairs: &[(MessageId, SubscriptionId)]) -> Value {
    let directory = &base.scenario.directory;
    let stated =
        |column: &Column, stated: Option<Stated>| stated.map(|s| json::fact(&s, &column.scenario));
    let all = || std::iter::once(base).chain(others);
    // The name of the first run is translated for people; programs get the same in every language.
    let name = |column: &Column| match std::ptr::eq(column, base) {
        true => "as it is".to_string(),
        false => column.name.clone(),
    };
    let runs: Vec<Value> = all()
        .map(|c| {
            let parted = parting(&base.outcome.facts, &c.outcome.facts);
            json!({
                "name": name(c),
                "digest": json::digest(c.outcome.digest),
                "measure": cures::measure(&c.measure),
                "only_in_first": stated(base, parted.first),
                "only_here": stated(c, parted.second),
            })
        })
        .collect();
    let fates: Vec<Value> = pairs
        .iter()
        .map(|&(message, subscription)| {
            let fate = |c: &Column| c.outcome.judgement.fate(message, subscription);
            json!({
                "message": directory.message(message),
                "subscription": directory.subscription(subscription),
                "fates": all().map(|c| fate(c).map(Fate::name)).collect::<Vec<_>>(),
            })
        })
        .collect();
    json!({
        "format": json::COMPARE,
        "scenario": base.scenario.name,
        "title": json::text(&base.scenario.title),
        "seed": base.outcome.seed,
        "runs": runs,
        "fates": fates,
    })
}
