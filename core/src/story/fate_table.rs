//! What became of every message, as a table of cells; frontends give it widths and colours.

use crate::cluster::run::Outcome;
use crate::fact::{Fact, LaneId, MessageId, Stated};
use crate::ledger::{AnomalyKind, Fate, ProducerOutcome};
use crate::scenario::Scenario;
use crate::story::words;
use crate::story::{Lang, narration};

/// The fates of all messages; runs of messages with the same outcome are one row.
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
    /// The messages of the row, ascending.
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
        let entries = entries(scenario, outcome);
        let mut rows: Vec<Row> = Vec::new();
        let mut open: Vec<&Entry> = Vec::new();
        for entry in &entries {
            if open.last().is_some_and(|last| !continues(last, entry)) {
                rows.push(row(&open, scenario, lang));
                open.clear();
            }
            open.push(entry);
        }
        if !open.is_empty() {
            rows.push(row(&open, scenario, lang));
        }
        FateTable { head, rows }
    }
}

/// Whether two neighbours have the same outcome and stand next to each other in the same lane.
fn continues(last: &Entry, next: &Entry) -> bool {
    let adjacent = match (last.place, next.place) {
        (None, None) => true,
        (Some((a, x)), Some((b, y))) => a == b && x.checked_add(1) == Some(y),
        _ => false,
    };
    adjacent
        && last.message.0 + 1 == next.message.0
        && last.told == next.told
        && last.fates == next.fates
        && same_cause(last.decided, next.decided)
}

/// Whether two fates were decided by the same fact, or by facts of the same kind about each.
fn same_cause(a: Option<Stated>, b: Option<Stated>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => {
            let own = a.fact.message().is_some() && b.fact.message().is_some();
            a == b || (own && a.fact.name() == b.fact.name() && a.fact.node() == b.fact.node())
        }
        (a, b) => a == b,
    }
}

/// The deciding facts of a row in a few words: name, where, and the events.
fn decided(first: &Entry, last: &Entry, scenario: &Scenario) -> String {
    let Some(stated) = first.decided else { return "—".into() };
    let node = stated.fact.node().map(|n| format!(" {}", scenario.directory.node(n)));
    let mut text = format!("{}{} #{}", stated.fact.name(), node.unwrap_or_default(), stated.event);
    if let Some(end) = last.decided.filter(|s| s.event != stated.event) {
        text.push_str(&format!(" – #{}", end.event));
    }
    text
}

fn row(entries: &[&Entry], scenario: &Scenario, lang: Lang) -> Row {
    let messages: Vec<MessageId> = entries.iter().map(|e| e.message).collect();
    let (first, last) = (entries[0], entries[entries.len() - 1]);
    let lane = |lane| scenario.directory.lane(lane);
    let offset = match (first.place, last.place) {
        (Some((at, low)), Some((_, high))) if low == high => format!("{}@{low}", lane(at)),
        (Some((at, low)), Some((_, high))) => format!("{}@{low}–{high}", lane(at)),
        _ => "—".into(),
    };
    let mut cells = vec![
        narration::messages(&messages, &scenario.directory, lang),
        words::told(first.told, lang).to_string(),
        offset,
    ];
    for fate in &first.fates {
        cells.push(fate.map_or("—", |f| words::fate(f, lang)).to_string());
    }
    cells.push(decided(first, last, scenario));
    Row { messages, told: first.told, fates: first.fates.clone(), cells }
}

/// One entry a message, from the judgement and, for its place, from the facts.
pub fn entries(scenario: &Scenario, outcome: &Outcome) -> Vec<Entry> {
    let directory = &scenario.directory;
    let judgement = &outcome.judgement;
    let mut entries: Vec<Entry> = (0..directory.message_count())
        .map(MessageId)
        .map(|message| Entry {
            message,
            told: judgement.producer_outcome(message),
            place: None,
            fates: vec![None; directory.subscriptions.len()],
            decided: judgement.message(message).and_then(|m| m.decided_by),
        })
        .collect();
    for stated in &outcome.facts {
        let Some(message) = stated.fact.message() else { continue };
        let Some(entry) = entries.get_mut(message.0 as usize) else { continue };
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
        let Some(entry) = entries.get_mut(settled.message.0 as usize) else { continue };
        let anomalies =
            |fates: &[Option<Fate>]| fates.iter().flatten().any(|f| AnomalyKind::of(*f).is_some());
        // The first anomaly decides; without one, the last subscription to be satisfied.
        if !anomalies(&entry.fates) && settled.decided_by.is_some() {
            entry.decided = settled.decided_by;
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
}
