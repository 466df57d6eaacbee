//! `[[nemesis]]`: faults that the seed draws.

use crate::kernel::Span;
use crate::scenario::diagnostic::{Diagnostic, Report};
use crate::scenario::grammar::nearest;
use crate::scenario::language::{Source, role};
use crate::scenario::model::{Ends, LatencyModel, Nemesis, NemesisFault, Role};
use crate::scenario::names::{Names, NodeKind};
use crate::scenario::reader::{Reader, shortened, wrong_type};

/// The most of them in a file.
const MOST: usize = 100;
/// How long a fault lasts unless the file says otherwise.
const LASTS: LatencyModel = LatencyModel { low: Span::secs(1), high: Span::secs(5) };

/// Reads them in file order.
pub fn nemeses(file: &Reader<'_>, ends: &Ends, names: &Names, report: &mut Report) -> Vec<Nemesis> {
    let form = file.form_of("nemesis");
    let mut nemeses = Vec::new();
    for table in file.tables("nemesis", MOST, report) {
        let reader = Reader::new(table, form, report);
        nemeses.extend(nemesis(&reader, ends, names, report));
    }
    nemeses
}

fn nemesis(
    reader: &Reader<'_>,
    ends: &Ends,
    names: &Names,
    report: &mut Report,
) -> Option<Nemesis> {
    let faults = reader.whole("faults", report).and_then(|n| u32::try_from(n).ok());
    let nodes = match reader.table.get("node") {
        Some(node) => match Source::of(node) {
            Some(source) => role(&source, names).map_err(|d| report.add(*d)).ok(),
            None => {
                report.add(wrong_type(node, "node", "a node such as \"broker-1\" or \"brokers\""));
                None
            }
        },
        None => Some(Role::Brokers),
    };
    let kinds = kinds(reader, nodes, names, report);
    let from = reader.time("from", report).unwrap_or(Span::ZERO);
    let until = reader.time("until", report);
    let lasts = match reader.table.get("lasts") {
        Some(_) => reader.times("lasts", report),
        None => Some(LASTS),
    };
    let restarts = reader.flag("restarts", report).unwrap_or(true);
    let until = until?;
    let at = reader.table.get("until").map_or(0..0, |n| n.at.clone());
    if until < from {
        let message = format!("it ends at {until}, and does not begin before {from}");
        report.add(Diagnostic::error("out-of-range", at, message));
        return None;
    }
    if let Ends::At(end) = *ends
        && until > end
    {
        let message = format!("some of these faults never happen: the run ends at {end}");
        report.add(Diagnostic::warning("after-the-end", at, message));
    }
    Some(Nemesis {
        faults: faults?,
        kinds: kinds?,
        nodes: nodes?,
        from,
        until,
        lasts: lasts?,
        restarts,
    })
}

fn kinds(
    reader: &Reader<'_>,
    nodes: Option<Role>,
    names: &Names,
    report: &mut Report,
) -> Option<Vec<NemesisFault>> {
    if reader.table.get("kinds").is_none() {
        return Some(vec![NemesisFault::Crash, NemesisFault::Pause, NemesisFault::Isolate]);
    }
    let known = || NemesisFault::ALL.iter().map(|k| k.0);
    let given = reader.texts("kinds", report);
    let wanted = given.len();
    let mut kinds = Vec::new();
    for node in given {
        let word = node.as_text().unwrap_or_default();
        let Some((_, kind)) = NemesisFault::ALL.iter().find(|k| k.0 == word) else {
            let message = format!("`{}` is no fault that can be drawn", shortened(word));
            let help = match nearest(word, known()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are {}", known().collect::<Vec<_>>().join(", ")),
            };
            report.add(Diagnostic::error("unknown-action", node.at.clone(), message).help(help));
            continue;
        };
        if *kind == NemesisFault::SlowDisk && has_no_disk(nodes, names) {
            let message = "`slow-disk` is about disks, and clients have none";
            report.add(Diagnostic::error("wrong-node", node.at.clone(), message));
        }
        kinds.push(*kind);
    }
    if wanted == 0 {
        let at = reader.table.get("kinds").map_or(0..0, |n| n.at.clone());
        report.add(Diagnostic::error(
            "wrong-value",
            at,
            "an empty list gives nothing to draw from",
        ));
    }
    (!kinds.is_empty()).then_some(kinds)
}

fn has_no_disk(nodes: Option<Role>, names: &Names) -> bool {
    match nodes {
        Some(Role::Node(node)) => {
            matches!(names.kind(node), Some(NodeKind::Producer | NodeKind::Consumer))
        }
        Some(role) => role == Role::Clients,
        None => false,
    }
}
