//! The life of one message told to a person.

use super::Page;
use super::account::{self, EVENT, TIME};
use super::style::{self, Ink};
use crate::failure::Failure;
use mqlab::scenario::Scenario;
use mqlab::story::explain::Anomaly;
use mqlab::story::explain::life::Life;
use mqlab::story::words;
use std::io::Write;

/// Prints what happened to the message, why, and the chains of causes.
pub fn life(
    page: &Page,
    out: &mut dyn Write,
    scenario: &Scenario,
    life: &Life,
) -> Result<(), Failure> {
    let (say, lang) = (page.say, page.say.lang);
    let directory = &scenario.directory;
    let name = directory.message(life.message);
    let told = words::told(life.told, lang);
    let mut fates: Vec<String> = Vec::new();
    for (subscription, fate) in &life.fates {
        let word = page.ink.paint(style::fate(*fate), words::fate(*fate, lang));
        fates.push(format!("{} {word}", directory.subscription(*subscription)));
    }
    let name = page.ink.paint(Ink::Title, name);
    let fates = fates.join(lang.pick(", ", "，"));
    let gap = if fates.is_empty() { "" } else { " · " };
    writeln!(out, "\n{name}{}{told}{gap}{fates}", lang.pick(": ", "："))?;
    // A message handled too late was handled once all the same: its fate does not say it.
    for explanation in life.explanations.iter().filter(|e| e.anomaly == Anomaly::Inverted) {
        writeln!(out, "{}", page.ink.paint(Ink::Bad, &explanation.title))?;
    }
    account::heading(page, out, say.life())?;
    let middle = life.moments.len() / 2;
    for (at, moment) in life.moments.iter().enumerate() {
        if at == middle && life.left_out > 0 {
            writeln!(out, "{:>TIME$}  {}", "…", say.and_more(life.left_out))?;
        }
        let ink = if moment.own { Ink::Plain } else { Ink::Change };
        line(page, out, &moment.time.to_string(), moment.event, ink, &moment.text)?;
    }
    let mut allowed = life.explanations.iter().flat_map(|e| &e.allowed_by).peekable();
    if allowed.peek().is_some() {
        account::heading(page, out, say.why())?;
        for clause in allowed {
            line(page, out, "", clause.event, Ink::Odd, &format!("→ {}", clause.text))?;
        }
    }
    for chain in &life.chains {
        account::heading(page, out, &say.causes_of(&chain.title))?;
        for link in &chain.links {
            let ink = if link.events > 1 { Ink::Faint } else { Ink::Plain };
            line(page, out, &link.time.to_string(), link.event, ink, &link.text)?;
        }
    }
    Ok(())
}

fn line(
    page: &Page,
    out: &mut dyn Write,
    time: &str,
    event: u64,
    ink: Ink,
    text: &str,
) -> Result<(), Failure> {
    let event = page.ink.paint(Ink::Faint, format!("{:<EVENT$}", format!("#{event}")));
    writeln!(out, "{time:>TIME$}  {event} {}", page.ink.paint(ink, text))?;
    Ok(())
}
