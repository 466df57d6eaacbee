//! A run told to a person.

use super::Page;
use super::style::{self, Ink};
use super::table::{Cell, Table};
use crate::failure::Failure;
use crate::print::json;
use mqlab::cluster::run::{Ended, Outcome};
use mqlab::ledger::verdict::{Judged, Verdict};
use mqlab::scenario::Scenario;
use mqlab::story::explain::Clause;
use mqlab::story::{Explanation, FateTable, Line, Story, sentence, words};
use std::io::Write;

/// Columns given to the time of a line.
pub const TIME: usize = 10;
/// Columns given to the event number of a line.
pub const EVENT: usize = 7;

/// Rows of the fate table that are printed; nobody reads more.
const MOST_ROWS: usize = 100;

/// Prints title and question.
pub fn head(
    page: &Page,
    out: &mut dyn Write,
    scenario: &Scenario,
    variant: &str,
) -> Result<(), Failure> {
    let lang = page.say.lang;
    let title = lang.of(&scenario.title);
    writeln!(out, "{}", page.ink.paint(Ink::Title, title))?;
    let name = match variant {
        "" => scenario.name.clone(),
        _ => format!("{} · {variant}", scenario.name),
    };
    writeln!(out, "{}", page.ink.paint(Ink::Faint, name))?;
    let ask = lang.of(&scenario.ask);
    if !ask.is_empty() {
        writeln!(out, "\n{ask}")?;
    }
    Ok(())
}

/// Prints everything a run has to say after its title. The lesson around it, predictions and moral,
/// speaks of the file as it is written: it is left out where something was changed.
pub fn body(
    page: &Page,
    out: &mut dyn Write,
    scenario: &Scenario,
    outcome: &Outcome,
    every_fact: bool,
    as_written: bool,
) -> Result<(), Failure> {
    let say = page.say;
    let story = Story::of(scenario, outcome, say.lang);
    if every_fact {
        heading(page, out, say.every_fact())?;
        facts(page, out, scenario, outcome)?;
    } else {
        heading(page, out, say.what_happened())?;
        lines(page, out, &story.lines)?;
    }
    heading(page, out, say.what_became())?;
    fates(page, out, &story.table)?;
    if !story.explanations.is_empty() {
        heading(page, out, say.why())?;
        for explanation in &story.explanations {
            explain(page, out, explanation)?;
        }
    }
    if as_written {
        predictions(page, out, scenario, outcome)?;
    }
    expectations(page, out, &outcome.verdicts)?;
    drawn(page, out, scenario, outcome)?;
    let answer = say.lang.of(&scenario.answer);
    if as_written && !answer.is_empty() {
        heading(page, out, say.answer())?;
        writeln!(out, "  {answer}")?;
    }
    Ok(())
}

/// Prints the faults a nemesis drew as steps, which a file can have in its place.
fn drawn(
    page: &Page,
    out: &mut dyn Write,
    scenario: &Scenario,
    outcome: &Outcome,
) -> Result<(), Failure> {
    if outcome.drawn.is_empty() {
        return Ok(());
    }
    heading(page, out, page.say.drawn())?;
    for line in mqlab::lab::drawn_steps(&outcome.drawn, scenario).lines() {
        if line.is_empty() {
            writeln!(out)?;
        } else {
            writeln!(out, "  {line}")?;
        }
    }
    Ok(())
}

/// Prints how the run ended and how to repeat it.
pub fn foot(
    page: &Page,
    out: &mut dyn Write,
    outcome: &Outcome,
    command: &str,
) -> Result<(), Failure> {
    let say = page.say;
    writeln!(out)?;
    let ended = say.ended(outcome.ended, outcome.time);
    let events = format!("{} {}", outcome.events, say.events());
    let digest = json::digest(outcome.digest);
    let facts = format!("{ended} · {events} · {} {digest}", say.digest());
    writeln!(out, "{}", page.ink.paint(Ink::Faint, facts))?;
    if matches!(outcome.ended, Ended::Until | Ended::Budget) {
        writeln!(out, "{}", page.ink.paint(Ink::Odd, say.stopped_early()))?;
    }
    writeln!(out, "{}{}{command}", say.again(), say.lang.pick(": ", "："))?;
    Ok(())
}

/// Prints a heading.
pub fn heading(page: &Page, out: &mut dyn Write, text: &str) -> Result<(), Failure> {
    writeln!(out, "\n{}", page.ink.paint(Ink::Title, text))?;
    Ok(())
}

fn lines(page: &Page, out: &mut dyn Write, lines: &[Line]) -> Result<(), Failure> {
    for line in lines {
        let (glyph, ink) = style::tone(line.tone);
        let time = line.time.to_string();
        let event = page.ink.paint(Ink::Faint, format!("{:<EVENT$}", format!("#{}", line.event)));
        let text = match ink {
            Ink::Faint => page.ink.paint(Ink::Plain, &line.text),
            ink => page.ink.paint(ink, &line.text),
        };
        let glyph = page.ink.paint(ink, glyph);
        write!(out, "{time:>TIME$}  {event} {glyph} {text}")?;
        if line.until > line.time {
            write!(out, "{}", page.ink.paint(Ink::Faint, page.say.until(line.until)))?;
        }
        writeln!(out)?;
    }
    Ok(())
}

fn facts(
    page: &Page,
    out: &mut dyn Write,
    scenario: &Scenario,
    outcome: &Outcome,
) -> Result<(), Failure> {
    for stated in &outcome.facts {
        let time = stated.time.to_string();
        let event = page.ink.paint(Ink::Faint, format!("{:<EVENT$}", format!("#{}", stated.event)));
        let name = page.ink.paint(Ink::Change, format!("{:<16}", stated.fact.name()));
        let text = sentence(&stated.fact, &scenario.directory, page.say.lang);
        writeln!(out, "{time:>TIME$}  {event} {name} {text}")?;
    }
    Ok(())
}

fn fates(page: &Page, out: &mut dyn Write, fates: &FateTable) -> Result<(), Failure> {
    if fates.rows.is_empty() {
        writeln!(out, "  {}", page.say.no_messages())?;
        return Ok(());
    }
    let mut table = Table::new(fates.head.iter().cloned());
    // The cells of the fates stand between message, producer and offset, and the deciding fact.
    const BEFORE: usize = 3;
    for row in fates.rows.iter().take(MOST_ROWS) {
        table.row(row.cells.iter().enumerate().map(|(column, text)| {
            let fate = column.checked_sub(BEFORE).and_then(|c| row.fates.get(c).copied().flatten());
            Cell::inked(text, fate.map_or(Ink::Plain, style::fate))
        }));
    }
    write!(out, "{}", table.shown(2, page.ink))?;
    if let Some(more) = fates.rows.len().checked_sub(MOST_ROWS).filter(|m| *m > 0) {
        writeln!(out, "  {}", page.ink.paint(Ink::Faint, page.say.more_rows(more)))?;
    }
    Ok(())
}

/// Prints one explanation.
pub fn explain(page: &Page, out: &mut dyn Write, explanation: &Explanation) -> Result<(), Failure> {
    writeln!(out, "  {}", page.ink.paint(Ink::Bad, &explanation.title))?;
    for clause in &explanation.clauses {
        let time = clause.time.to_string();
        let event = page.ink.paint(Ink::Faint, format!("{:<EVENT$}", format!("#{}", clause.event)));
        writeln!(out, "{time:>TIME$}  {event} {}", clause.text)?;
    }
    for Clause { event, text, .. } in &explanation.allowed_by {
        let event = page.ink.paint(Ink::Faint, format!("{:<EVENT$}", format!("#{event}")));
        let blank = "";
        writeln!(out, "{blank:>TIME$}  {event} {}", page.ink.paint(Ink::Odd, format!("→ {text}")))?;
    }
    Ok(())
}

fn predictions(
    page: &Page,
    out: &mut dyn Write,
    scenario: &Scenario,
    outcome: &Outcome,
) -> Result<(), Failure> {
    if scenario.predictions.is_empty() {
        return Ok(());
    }
    let (say, lang) = (page.say, page.say.lang);
    heading(page, out, say.predictions())?;
    for (prediction, verdicts) in scenario.predictions.iter().zip(&outcome.predictions) {
        writeln!(out, "  {}", lang.of(&prediction.ask))?;
        for (option, verdict) in prediction.options.iter().zip(verdicts) {
            let (glyph, ink) = style::verdict(*verdict);
            let glyph = page.ink.paint(ink, glyph);
            let word = match verdict {
                Verdict::Passed => say.right(),
                Verdict::Failed => say.wrong(),
                other => words::verdict(*other, lang),
            };
            let word = page.ink.paint(Ink::Faint, word);
            writeln!(out, "    {glyph} {}  {word}", lang.of(&option.text))?;
            let belief = lang.of(&option.belief);
            if *verdict == Verdict::Failed && !belief.is_empty() {
                writeln!(out, "      {}{}{belief}", say.belief(), lang.pick(": ", "："))?;
            }
        }
        let because = lang.of(&prediction.because);
        if !because.is_empty() {
            writeln!(out, "    {because}")?;
        }
    }
    Ok(())
}

/// Prints expectations with their verdicts; what was found is shown where they did not hold.
pub fn expectations(page: &Page, out: &mut dyn Write, judged: &[Judged]) -> Result<(), Failure> {
    if judged.is_empty() {
        return Ok(());
    }
    heading(page, out, page.say.expectations())?;
    let lang = page.say.lang;
    for Judged { expectation, verdict, actual, .. } in judged {
        let (glyph, ink) = style::verdict(*verdict);
        let word = page.ink.paint(ink, words::verdict(*verdict, lang));
        let glyph = page.ink.paint(ink, glyph);
        let actual = match actual.as_str() {
            "" => String::new(),
            actual => {
                let actual = page.say.told(actual);
                page.ink.paint(Ink::Faint, format!("  ({actual})")).to_string()
            }
        };
        let expectation = page.say.told(expectation);
        writeln!(out, "  {glyph} {expectation}  {word}{actual}")?;
    }
    Ok(())
}
