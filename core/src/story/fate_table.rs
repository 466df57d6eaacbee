//! What became of every message, as a table of cells; frontends give it widths and colours.

use crate::cluster::run::Outcome;
use crate::fact::{Fact, LaneId, MessageId, Stated};
use crate::ledger::{AnomalyKind, Fate, ProducerOutcome};
use crate::scenario::Scenario;
use crate::story::words;
use crate::story::{Lang, narration};
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// The fates of all messages; messages with the same outcome share a row.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FateTable {
    /// The headings.
    pub head: Vec<String>,
    /// The rows, in the order of the messages.
    pub rows: Vec<Row>,
}

/// One row of the table.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Row {
    /// The messages of the row, ascending; of many that were never sent, the first and the last.
    pub messages: Vec<MessageId>,
    /// What their producer was told.
    pub told: ProducerOutcome,
    /// Their fate for each subscription of the scenario, `None` where it does not read their lane.
    pub fates: Vec<Option<Fate>>,
    /// The texts, one for each heading.
    pub cells: Vec<String>,
}

/// What became of one message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The message.
    pub message: MessageId,
    /// What its producer was told.
    pub told: ProducerOutcome,
    /// Where it stands, or stood: as acknowledged, else as first appended.
    pub place: Option<(LaneId, u64)>,
    /// Its fate for each subscription of the scenario, `None` where it does not read its lane.
    pub fates: Vec<Option<Fate>>,
    /// The fact that decided its worst fate, if the ledger names one.
    pub decided: Option<Stated>,
}

impl FateTable {
    /// The table of a run's messages.
    pub fn of(scenario: &Scenario, outcome: &Outcome, lang: Lang) -> FateTable {
        let directory = &scenario.directory;
        let mut head: Vec<String> = vec![
            lang.pick("message", "消息").into(),
            lang.pick("producer", "生产者").into(),
            lang.pick("offset", "offset").into(),
        ];
        head.extend(directory.subscriptions.iter().cloned());
        head.push(lang.pick("decided by", "决定性事实").into());
        let (entries, left_out) = listed(scenario, outcome);
        let mut groups: Vec<Vec<&Entry>> =
            entries.chunk_by(continues).map(|run| run.iter().collect()).collect();
        if groups.len() > MOST_RUNS {
            groups = by_outcome(&entries);
        }
        let mut rows: Vec<Row> = groups.iter().map(|group| row(group, scenario, lang)).collect();
        rows.extend(left_out.iter().map(|range| unsent(range, scenario, lang)));
        FateTable { head, rows }
    }
}

/// More runs than this are hard to read: where outcomes alternate, messages with the same outcome
/// share a row wherever they stand.
const MOST_RUNS: usize = 24;

/// The messages by outcome, in the order of the first message of each.
fn by_outcome(entries: &[Entry]) -> Vec<Vec<&Entry>> {
    let mut groups: Vec<Vec<&Entry>> = Vec::new();
    for entry in entries {
        match groups.iter_mut().find(|g| same_outcome(g[0], entry)) {
            Some(group) => group.push(entry),
            None => groups.push(vec![entry]),
        }
    }
    groups
}

/// Whether two neighbours have the same outcome for the same kind of reason, one behind the other
/// in the same log.
fn continues(last: &Entry, next: &Entry) -> bool {
    let in_order = match (last.place, next.place) {
        (Some(a), Some(b)) => a.0 == b.0 && a.1 < b.1,
        _ => true,
    };
    last.message.0 + 1 == next.message.0 && in_order && same_outcome(last, next)
}

fn same_outcome(last: &Entry, next: &Entry) -> bool {
    last.told == next.told
        && last.fates == next.fates
        && last.place.is_some() == next.place.is_some()
        && same_cause(last.decided, next.decided)
}

/// Whether two fates were decided by the same fact, or by facts of the same kind about each.
fn same_cause(a: Option<Stated>, b: Option<Stated>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => {
            let own = a.fact.message().is_some() && b.fact.message().is_some();
            a == b || (own && a.fact.name() == b.fact.name())
        }
        (a, b) => a == b,
    }
}

/// The deciding facts of a row in a few words: name, where (if in one place), and the events.
fn decided(entries: &[&Entry], scenario: &Scenario) -> String {
    let facts: Vec<Stated> = entries.iter().filter_map(|e| e.decided).collect();
    let (Some(first), Some(last)) = (facts.first(), facts.last()) else { return "—".into() };
    let node = first.fact.node().filter(|n| facts.iter().all(|f| f.fact.node() == Some(*n)));
    let node = node.map(|n| format!(" {}", scenario.directory.node(n))).unwrap_or_default();
    let (low, high) = (first.event.min(last.event), first.event.max(last.event));
    let name = first.fact.name();
    if low == high {
        format!("{name}{node} #{low}")
    } else {
        format!("{name}{node} #{low} – #{high}")
    }
}

/// Where the messages of a row stand: offsets by lane.
fn places(entries: &[&Entry], scenario: &Scenario) -> String {
    const MOST_LANES: usize = 3;
    let mut lanes: BTreeMap<LaneId, Vec<u64>> = BTreeMap::new();
    for (lane, offset) in entries.iter().filter_map(|e| e.place) {
        lanes.entry(lane).or_default().push(offset);
    }
    let mut texts: Vec<String> = lanes
        .iter()
        .take(MOST_LANES)
        .map(|(&lane, offsets)| {
            let offsets = narration::offsets(offsets);
            format!("{}@{offsets}", scenario.directory.lane(lane))
        })
        .collect();
    if lanes.is_empty() {
        return "—".into();
    }
    if lanes.len() > MOST_LANES {
        texts.push("…".into());
    }
    texts.join("; ")
}

fn row(entries: &[&Entry], scenario: &Scenario, lang: Lang) -> Row {
    let messages: Vec<MessageId> = entries.iter().map(|e| e.message).collect();
    let first = entries[0];
    let mut cells = vec![
        narration::messages(&messages, &scenario.directory, lang),
        words::told(first.told, lang).to_string(),
        places(entries, scenario),
    ];
    for fate in &first.fates {
        cells.push(fate.map_or("—", |f| words::fate(f, lang)).to_string());
    }
    cells.push(decided(entries, scenario));
    Row { messages, told: first.told, fates: first.fates.clone(), cells }
}

/// The row of messages that were never sent, too many to be listed.
fn unsent(range: &RangeInclusive<MessageId>, scenario: &Scenario, lang: Lang) -> Row {
    let (first, last) = (*range.start(), *range.end());
    let name = |m| scenario.directory.message(m);
    let none = vec![None; scenario.directory.subscriptions.len()];
    let entry = Entry {
        message: first,
        told: ProducerOutcome::Unsent,
        place: None,
        fates: none,
        decided: None,
    };
    let mut row = row(&[&entry], scenario, lang);
    row.cells[0] = format!("{} – {}", name(first), name(last));
    row.messages = vec![first, last];
    row
}

/// Where a producer never came to send more messages than this, they are not listed one by one.
const MOST_UNSENT: u32 = 10_000;

/// One entry a message, from the judgement and, for its place, from the facts.
pub fn entries(scenario: &Scenario, outcome: &Outcome) -> Vec<Entry> {
    entries_of(scenario, outcome, &[])
}

/// The same without the messages that a producer never came to send, where there are very many:
/// the second value says which those are, in order.
pub fn listed(
    scenario: &Scenario,
    outcome: &Outcome,
) -> (Vec<Entry>, Vec<RangeInclusive<MessageId>>) {
    let unsent =
        |m: u32| outcome.judgement.producer_outcome(MessageId(m)) == ProducerOutcome::Unsent;
    let left_out = outcome.judgement.ledger().plan().blocks.iter().filter_map(|block| {
        // Messages are sent in their order, so those that were not stand at the end.
        let (first, end) = (block.first.0, block.first.0 + block.count);
        let (mut low, mut high) = (first, end);
        while low < high {
            let middle = low + (high - low) / 2;
            if unsent(middle) { high = middle } else { low = middle + 1 }
        }
        (end - low > MOST_UNSENT).then(|| MessageId(low)..=MessageId(end - 1))
    });
    let left_out: Vec<_> = left_out.collect();
    (entries_of(scenario, outcome, &left_out), left_out)
}

fn entries_of(
    scenario: &Scenario,
    outcome: &Outcome,
    left_out: &[RangeInclusive<MessageId>],
) -> Vec<Entry> {
    let directory = &scenario.directory;
    let judgement = &outcome.judgement;
    let mut kept = Vec::new();
    let mut from = 0;
    for range in left_out {
        kept.extend((from..range.start().0).map(MessageId));
        from = range.end().0 + 1;
    }
    kept.extend((from..directory.message_count()).map(MessageId));
    let mut entries: Vec<Entry> = kept
        .into_iter()
        .map(|message| Entry {
            message,
            told: judgement.producer_outcome(message),
            place: None,
            fates: vec![None; directory.subscriptions.len()],
            decided: judgement.message(message).and_then(|m| m.decided_by),
        })
        .collect();
    // Without gaps a message's number is its place.
    let place_of = |entries: &[Entry], message: MessageId| match left_out.is_empty() {
        true => Some(message.0 as usize),
        false => entries.binary_search_by_key(&message, |e| e.message).ok(),
    };
    for stated in &outcome.facts {
        let Some(message) = stated.fact.message() else { continue };
        let at = place_of(&entries, message);
        let Some(entry) = at.and_then(|at| entries.get_mut(at)) else { continue };
        match stated.fact {
            Fact::Acknowledged { lane, offset, .. } => {
                if let Ok(offset) = u64::try_from(offset) {
                    entry.place = Some((lane, offset));
                }
            }
            Fact::Appended { lane, offset, .. } if entry.place.is_none() => {
                entry.place = Some((lane, offset));
            }
            _ => {}
        }
    }
    for settled in &judgement.fates {
        let at = place_of(&entries, settled.message);
        let Some(entry) = at.and_then(|at| entries.get_mut(at)) else { continue };
        let anomalies =
            |fates: &[Option<Fate>]| fates.iter().flatten().any(|f| AnomalyKind::of(*f).is_some());
        // The first anomaly decides; without one, the last subscription to be satisfied.
        if !anomalies(&entry.fates)
            && let Some(decided) = judgement.decided_by(settled)
        {
            entry.decided = Some(decided);
        }
        if let Some(slot) = entry.fates.get_mut(settled.subscription.0 as usize) {
            *slot = Some(settled.fate);
        }
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::story::fixture::*;

    #[test]
    fn messages_with_the_same_outcome_share_a_row() {
        let outcome = outcome(&leader_loses_power());
        let shown = |lang| -> Vec<String> {
            let table = FateTable::of(&scenario(), &outcome, lang);
            let rows = table.rows.iter().map(|r| r.cells.join(" | "));
            std::iter::once(table.head.join(" | ")).chain(rows).collect()
        };
        insta::assert_debug_snapshot!([shown(Lang::En), shown(Lang::Zh)]);
    }

    /// A file may plan millions of messages and end after a few: those never sent share one row and
    /// no memory.
    #[test]
    fn messages_that_were_never_sent_share_a_row_however_many_they_are() {
        let text = r#"
[scenario]
system = "kafka"
title = "many"
ends = "1s"
[kafka]
brokers = 1
broker = { "offsets.topic.replication.factor" = 1 }
[[topic]]
name = "orders"
[[producer]]
name = "a"
to = "orders"
sends = { count = 20000000, every = "100ms" }
[[producer]]
name = "b"
to = "orders"
sends = { count = 3, every = "100ms" }
[[consumer]]
name = "c"
from = ["orders"]
[expect]
this-run = ["lost == 0"]
"#;
        let scenario = crate::scenario::parse("many.toml", text).scenario.expect("a valid file");
        let options = crate::cluster::run::Options { keep_history: true, ..Default::default() };
        let outcome = crate::cluster::run::run(&scenario, options);
        let (entries, left_out) = listed(&scenario, &outcome);
        assert!(entries.len() < 20, "{}", entries.len());
        assert_eq!(left_out.len(), 1);
        assert_eq!(*left_out[0].end(), MessageId(19_999_999));
        let told = |n: u32| entries.iter().find(|e| e.message == MessageId(n)).map(|e| e.told);
        assert_eq!(told(20_000_002), Some(ProducerOutcome::Acknowledged));
        let table = FateTable::of(&scenario, &outcome, Lang::En);
        let last = table.rows.last().expect("rows");
        assert_eq!(last.told, ProducerOutcome::Unsent);
        assert!(last.cells[0].ends_with("– a.m20000000"), "{:?}", last.cells);
    }
}
