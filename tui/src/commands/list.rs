//! `mqlab list`: the catalogue.

use crate::catalogue;
use crate::cli::{Format, Level, List};
use crate::failure::Failure;
use crate::print::style::Ink;
use crate::print::table::{Cell, Table};
use crate::print::{Page, json};
use crate::reading;
use mqlab::scenario::{Scenario, model};
use std::io::Write;

/// Prints the scenarios that pass the filters.
pub fn list(asked: &List, page: &Page, out: &mut dyn Write) -> Result<u8, Failure> {
    let mut listed: Vec<Scenario> = Vec::new();
    let mut unreadable = Vec::new();
    for source in catalogue::embedded() {
        let reading = reading::read(&source, &[], page.say, page.ink);
        match reading.scenario {
            Some(scenario) if wanted(&scenario, asked) => listed.push(scenario),
            Some(_) => {}
            None => unreadable.push(source.name),
        }
    }
    if asked.format == Some(Format::Json) {
        let entries: Vec<_> = listed.iter().map(json::catalogue_entry).collect();
        return json::write(out, &serde_json::Value::from(entries)).map(|()| 0);
    }
    let say = page.say;
    let mut table = Table::new([say.scenario(), say.level(), say.title()]);
    for scenario in &listed {
        table.row([
            Cell::inked(&scenario.name, Ink::Change),
            say.level_name(scenario.level).into(),
            say.lang.of(&scenario.title).into(),
        ]);
    }
    if table.is_empty() {
        writeln!(out, "{}", say.nothing_listed())?;
    } else {
        write!(out, "{}", table.shown(0, page.ink))?;
    }
    for name in unreadable {
        writeln!(out, "{name}: {}", say.unreadable_file())?;
    }
    Ok(0)
}

/// Whether a scenario passes the filters.
fn wanted(scenario: &Scenario, asked: &List) -> bool {
    let contains = |text: &str, part: &str| text.to_lowercase().contains(&part.to_lowercase());
    let system = asked.system.as_ref().is_none_or(|system| {
        scenario.name.split('/').next().is_some_and(|s| s.eq_ignore_ascii_case(system))
    });
    let topic = asked.topic.as_ref().is_none_or(|topic| {
        scenario.teaches.iter().chain(&scenario.shows).any(|t| contains(t, topic))
    });
    let level = asked.level.is_none_or(|level| {
        scenario.level
            == match level {
                Level::Beginner => model::Level::Beginner,
                Level::Intermediate => model::Level::Intermediate,
                Level::Advanced => model::Level::Advanced,
            }
    });
    let search = asked.search.as_ref().is_none_or(|part| {
        let Scenario { name, title, ask, teaches, .. } = scenario;
        [name, &title.en, &title.zh, &ask.en, &ask.zh]
            .into_iter()
            .chain(teaches)
            .any(|text| contains(text, part))
    });
    system && topic && level && search
}
