//! From the tree of a file to a checked [`Scenario`]: one file for each part of a scenario file.
//!
//! Every function takes what is there, reports what is wrong, and goes on with what it has, so that
//! one pass finds all mistakes.

mod clients;
mod cluster;
mod expectations;
mod failures;
mod faults;
mod lesson;
mod nemeses;
mod steps;

use super::diagnostic::{Diagnostic, Report, line_starts};
use super::document::Table;
use super::grammar::ROOT;
use super::model::{DiskModel, Ends, LatencyModel, Level, Scenario, Text};
use super::names::Names;
use super::reader::Reader;
use crate::kernel::Span;

/// What is known of a file before its tables are read.
pub struct Origin<'a> {
    /// The catalogue name of the scenario.
    pub name: &'a str,
    /// The text of the file.
    pub source: &'a str,
    /// The names of all what-ifs of the file.
    pub what_ifs: Vec<String>,
    /// Whether this is a variant, which may come without expectations.
    pub variant: bool,
}

/// The longest a run that ends when all is quiet may take, unless the file says otherwise.
const QUIET_LIMIT: Span = Span::secs(600);

/// Reads everything but variants. `None` if there were errors.
pub fn scenario(root: &Table, origin: &Origin<'_>, report: &mut Report) -> Option<Scenario> {
    let file = Reader::new(root, &ROOT, report);
    let mut names = Names::default();
    names.what_ifs.clone_from(&origin.what_ifs);
    let head = head(&file, report);
    let (latency, disk) = substrate(&file, report);
    let cluster = cluster::kafka(&file, &mut names, report);
    let topics = cluster::topics(&file, &cluster, &mut names, report);
    let (producers, consumers) = clients::clients(&file, &cluster, &topics, &mut names, report);
    names.index_messages();
    let starts = line_starts(origin.source);
    let steps = steps::steps(&file, &topics, &head.ends, &starts, &names, report);
    let nemeses = nemeses::nemeses(&file, &head.ends, &names, report);
    let predictions = lesson::predictions(&file, &names, report);
    let expect = expectations::expectations(&file, origin.variant, &names, report);
    if report.has_errors() {
        return None;
    }
    Some(Scenario {
        name: origin.name.into(),
        title: head.title,
        ask: head.ask,
        answer: head.answer,
        notes: head.notes,
        teaches: head.teaches,
        shows: head.shows,
        level: head.level,
        seed: head.seed,
        ends: head.ends,
        max_events: head.max_events,
        latency,
        disk,
        kafka: cluster,
        topics,
        producers,
        consumers,
        steps,
        nemeses,
        predictions,
        expect,
        what_ifs: Vec::new(),
        matrix: None,
        exceptions: names.exceptions,
        directory: names.directory,
    })
}

/// What `[scenario]` says.
struct Head {
    title: Text,
    ask: Text,
    answer: Text,
    notes: Text,
    teaches: Vec<String>,
    shows: Vec<String>,
    level: Level,
    seed: u64,
    ends: Ends,
    max_events: u64,
}

const OTHER_SYSTEMS: &[&str] = &["rabbitmq", "rocketmq", "pulsar", "redis"];

fn head(file: &Reader<'_>, report: &mut Report) -> Head {
    let mut head = Head {
        title: Text::default(),
        ask: Text::default(),
        answer: Text::default(),
        notes: Text::default(),
        teaches: Vec::new(),
        shows: Vec::new(),
        level: Level::Beginner,
        seed: 1,
        ends: Ends::Quiet { limit: QUIET_LIMIT },
        max_events: 2_000_000,
    };
    let Some(table) = file.inner("scenario", report) else { return head };
    match table.table.get("system") {
        Some(node) if node.as_text().is_some_and(|s| OTHER_SYSTEMS.contains(&s)) => {
            let message = format!("{} is not modelled yet", node.shown());
            report.add(
                Diagnostic::error("not-modelled", node.at.clone(), message)
                    .help("only `kafka` can be simulated for now"),
            );
        }
        _ => {
            table.one_of("system", report);
        }
    }
    head.title = table.bilingual("title", report);
    head.ask = table.bilingual("ask", report);
    head.answer = table.bilingual("answer", report);
    head.notes = table.bilingual("notes", report);
    let own = |nodes: Vec<&super::document::Node>| nodes.into_iter().map(|n| n.shown()).collect();
    head.teaches = own(table.texts("teaches", report));
    head.shows = own(table.texts("shows", report));
    head.level = match table.one_of("level", report) {
        Some("intermediate") => Level::Intermediate,
        Some("advanced") => Level::Advanced,
        _ => Level::Beginner,
    };
    if let Some(seed) = table.whole("seed", report) {
        head.seed = u64::try_from(seed).unwrap_or(1);
    }
    if let Some(most) = table.whole("max-events", report) {
        head.max_events = u64::try_from(most).unwrap_or(1);
    }
    if let Some(ends) = ends(&table, report) {
        head.ends = ends;
    }
    head
}

fn ends(table: &Reader<'_>, report: &mut Report) -> Option<Ends> {
    let node = table.get("ends", report)?;
    let text = node.as_text().map(str::trim).unwrap_or_default();
    let time = |text: &str, report: &mut Report| {
        let read = |_: &str| {
            crate::brokers::kafka::settings::span_from_text(text).map_err(|mut problem| {
                problem.help = Some("write a time such as \"20s\", or \"quiet\"".into());
                problem
            })
        };
        let wanted = "a time such as \"20s\", or \"quiet\"";
        let span = super::reader::with_unit(node, "ends", wanted, read, report)?;
        if span == Span::ZERO {
            let message = "a run takes some time";
            report.add(Diagnostic::error("out-of-range", node.at.clone(), message));
            return None;
        }
        Some(span)
    };
    if text == "quiet" {
        return Some(Ends::Quiet { limit: QUIET_LIMIT });
    }
    match text.strip_prefix("quiet within ") {
        Some(limit) => Some(Ends::Quiet { limit: time(limit, report)? }),
        None => Some(Ends::At(time(text, report)?)),
    }
}

fn substrate(file: &Reader<'_>, report: &mut Report) -> (LatencyModel, DiskModel) {
    let mut latency = LatencyModel::default();
    let mut disk = DiskModel::default();
    if let Some(network) = file.inner("network", report)
        && let Some(times) = network.times("latency", report)
    {
        latency = times;
    }
    if let Some(table) = file.inner("disk", report) {
        disk.append = table.time("append", report).unwrap_or(disk.append);
        disk.sync = table.time("sync", report).unwrap_or(disk.sync);
    }
    (latency, disk)
}
