//! What was done by hand, written back as a scenario file.
//!
//! The text of the file stays, with its comments. Interventions become steps at the exact
//! nanosecond; `this-run` says what came of it. What spoke of other runs (what-ifs, the matrix,
//! predictions, sentences over seeds) goes, because nobody has looked whether it still holds.

use super::action_text::{action_text, exactly};
use super::branch::BranchId;
use super::input::Intervention;
use super::session::{Lab, Refused};
use crate::cluster::run::{Options, Outcome, Prepared};
use crate::kernel::Span;
use crate::ledger::verdict::Verdict;
use crate::ledger::{Fate, ProducerOutcome, Subset};
use crate::scenario::{Scenario, parse};
use std::sync::Arc;
use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, Value, value};

/// A scenario file made from a session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Export {
    /// The text of the file.
    pub text: String,
    /// Whether the file, read and run again, comes to the same.
    pub faithful: Faithful,
}

/// Whether an exported file does what the session did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Faithful {
    /// Every message meets the same fates, and what the file expects holds.
    Yes,
    /// It does not, and why.
    No(String),
}

/// The most messages whose single fates are written down.
const MOST_SINGLE_FATES: usize = 12;

impl Lab {
    /// Writes a branch as a scenario file and runs that file to see whether it comes to the same.
    pub fn export(&mut self, id: BranchId) -> Result<Export, Refused> {
        self.export_while(id, &mut |_| true)
    }

    /// The same for as long as `go_on` says so: it is asked every so many events that are played.
    pub fn export_while(
        &mut self,
        id: BranchId,
        go_on: &mut dyn FnMut(u64) -> bool,
    ) -> Result<Export, Refused> {
        let outcome = self.outcome_while(id, go_on)?;
        let branch = &self.branches[id.0];
        let (scenario, inputs) = (branch.scenario(), branch.interventions());
        let mut first = None;
        // A step comes before everything else of its instant. Where something was done between two
        // events of one instant, the step comes right after the instant or at its beginning,
        // whichever does the same.
        for later in [0, 1] {
            let text = write(&branch.source, scenario, inputs, later, &outcome);
            let faithful = examine(self.name(), &text, &outcome, go_on)?;
            let export = Export { text, faithful };
            if export.faithful == Faithful::Yes {
                return Ok(export);
            }
            first.get_or_insert(export);
        }
        let nothing = Faithful::No("nothing was written".into());
        Ok(first.unwrap_or(Export { text: String::new(), faithful: nothing }))
    }
}

fn examine(
    name: &str,
    text: &str,
    outcome: &Outcome,
    go_on: &mut dyn FnMut(u64) -> bool,
) -> Result<Faithful, Refused> {
    let parsed = parse(name, text);
    let Some(scenario) = parsed.scenario else {
        let first = parsed.diagnostics.first().map(|d| d.message.clone());
        return Ok(Faithful::No(first.unwrap_or_else(|| "it cannot be read".into())));
    };
    let again =
        Prepared::new(Arc::new(scenario.clone()), false).run_while(Options::default(), go_on);
    let again = again.ok_or(Refused::Stopped)?;
    if !again.judgement.same_fates(&outcome.judgement) {
        return Ok(Faithful::No("some messages meet other fates".into()));
    }
    let wrong = again.verdicts.iter().zip(&scenario.expect.this_run);
    let mut wrong = wrong.filter(|(judged, _)| judged.verdict == Verdict::Failed);
    Ok(match wrong.next() {
        Some((_, sentence)) => Faithful::No(format!("`{}` does not hold", sentence.source)),
        None => Faithful::Yes,
    })
}

fn write(
    source: &str,
    scenario: &Scenario,
    inputs: &[Intervention],
    later: u64,
    outcome: &Outcome,
) -> String {
    // The text was read before, so it is TOML.
    let Ok(mut document) = source.parse::<DocumentMut>() else { return String::new() };
    for gone in ["what-if", "matrix", "predict"] {
        document.remove(gone);
    }
    if let Some(table) = document.get_mut("scenario").and_then(Item::as_table_like_mut) {
        let seed = i64::try_from(outcome.seed).unwrap_or(i64::MAX);
        table.insert("seed", value(seed));
    }
    let steps = inputs.iter().map(|input| step(input, scenario, later));
    add_steps(&mut document, steps.collect());
    expect(&mut document, scenario, outcome);
    document.to_string()
}

fn step(input: &Intervention, scenario: &Scenario, later: u64) -> Table {
    let at = exactly(Span(input.time.0.saturating_add(later)));
    let text = format!("at = \"{at}\"\n{}", action_text(&input.action, scenario));
    let mut table = Table::new();
    for (key, item) in text.parse::<DocumentMut>().iter().flat_map(|d| d.iter()) {
        table.insert(key, item.clone());
    }
    table
}

/// Steps of a file are tables, or a list of inline tables.
fn add_steps(document: &mut DocumentMut, steps: Vec<Table>) {
    match document.get_mut("step") {
        Some(Item::Value(Value::Array(list))) => {
            list.extend(steps.into_iter().map(|step| Value::InlineTable(step.into_inline_table())));
        }
        Some(Item::ArrayOfTables(tables)) => tables.extend(steps),
        _ if steps.is_empty() => {}
        _ => {
            let mut tables = ArrayOfTables::new();
            tables.extend(steps);
            document.insert("step", Item::ArrayOfTables(tables));
        }
    }
}

fn expect(document: &mut DocumentMut, scenario: &Scenario, outcome: &Outcome) {
    let mut sentences = Array::new();
    for sentence in sentences_of(scenario, outcome) {
        sentences.push(sentence);
    }
    if document.get("expect").is_none_or(|e| !e.is_table_like()) {
        document.insert("expect", Item::Table(Table::new()));
    }
    let Some(expect) = document.get_mut("expect").and_then(Item::as_table_like_mut) else { return };
    expect.insert("this-run", value(sentences));
    expect.remove("over-seeds");
    let throughout = outcome.verdicts.iter().skip(scenario.expect.this_run.len());
    if throughout.into_iter().any(|judged| judged.verdict != Verdict::Passed) {
        expect.remove("throughout");
    }
}

/// What came of the run, in the language of expectations.
fn sentences_of(scenario: &Scenario, outcome: &Outcome) -> Vec<String> {
    let judgement = &outcome.judgement;
    let mut sentences = Vec::new();
    for fate in Fate::ALL {
        let count = judgement.count(fate, Subset::All);
        if count > 0 || matches!(fate, Fate::Lost | Fate::Duplicate) {
            sentences.push(format!("{} == {count}", fate.name()));
        }
    }
    let acknowledged = judgement.outcomes(ProducerOutcome::Acknowledged, Subset::All);
    sentences.push(format!("acknowledged == {acknowledged}"));
    if judgement.fates.len() <= MOST_SINGLE_FATES {
        let directory = &scenario.directory;
        sentences.extend(judgement.fates.iter().map(|settled| {
            let message = directory.message(settled.message);
            let group = directory.subscription(settled.subscription);
            format!("fate({message}, {group}) == {}", settled.fate.name())
        }));
    }
    sentences
}
