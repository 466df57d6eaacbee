//! `mqlab doc`: what a setting, a fact or an outcome means.

use crate::cli::Doc;
use crate::failure::Failure;
use crate::print::Page;
use crate::print::style::Ink;
use mqlab::brokers::kafka::settings::{
    self, Kind, Scope, Setting, UNMODELLED, VERSION_DEFAULTS, unmodelled,
};
use mqlab::story::vocabulary::{self, FACTS, OUTCOMES, Word};
use std::io::Write;

/// Explains a word wherever it is known; a word may be a setting of several kinds at once.
pub fn doc(asked: &Doc, page: &Page, out: &mut dyn Write) -> Result<u8, Failure> {
    let name = asked.name.trim();
    let mut found = false;
    for scope in Scope::ALL {
        if let Some(setting) = settings::find(scope, name) {
            explain_setting(setting, page, out)?;
            found = true;
        } else if unmodelled(scope, name).is_some() {
            let what = page.say.unmodelled();
            writeln!(out, "{} ({}) {what}", page.ink.paint(Ink::Title, name), scope.word())?;
            found = true;
        }
    }
    let fact = name.strip_prefix("facts.").unwrap_or(name);
    if let Some(word) = FACTS.iter().find(|w| w.name == fact) {
        explain_word(word, page.say.fact(), page, out)?;
        let usage = format!("after = \"{fact}\"   facts.{fact} == 1");
        writeln!(out, "  {} {usage}", page.say.fact_usage())?;
        found = true;
    }
    if let Some(word) = OUTCOMES.iter().find(|w| w.name == name) {
        explain_word(word, page.say.outcome_word(), page, out)?;
        found = true;
    }
    if found { Ok(0) } else { Err(unknown(name, page)) }
}

fn explain_word(word: &Word, kind: &str, page: &Page, out: &mut dyn Write) -> Result<(), Failure> {
    writeln!(out, "{} ({kind})", page.ink.paint(Ink::Title, word.name))?;
    writeln!(out, "  {}", word.meaning(page.say.lang))?;
    Ok(())
}

fn explain_setting(setting: &Setting, page: &Page, out: &mut dyn Write) -> Result<(), Failure> {
    let say = page.say;
    let scope = format!("({} {})", setting.scope.word(), say.setting_of());
    writeln!(out, "{} {scope}", page.ink.paint(Ink::Title, setting.name))?;
    writeln!(out, "  {}", say.lang.pick(setting.en, setting.zh))?;
    writeln!(out, "  {}: {}", say.default_word(), shown(setting, setting.default))?;
    for other in VERSION_DEFAULTS {
        if other.scope == setting.scope && other.name == setting.name {
            let value = shown(setting, other.default);
            let (since, until) = (other.since.word(), other.until.word());
            writeln!(out, "  {} ({since} – {until}): {value}", say.default_word())?;
        }
    }
    match setting.kind {
        Kind::Choice(words) => writeln!(out, "  {}: {}", say.one_of(), words.join(", "))?,
        Kind::List(words) => writeln!(out, "  {}: {}", say.some_of(), words.join(", "))?,
        Kind::Flag | Kind::Name => {}
        _ => {
            let (low, high) = (shown(setting, setting.low), shown(setting, setting.high));
            writeln!(out, "  {}: {low} – {high}", say.range())?;
        }
    }
    Ok(())
}

/// A raw value with its unit.
fn shown(setting: &Setting, raw: i64) -> String {
    let value = setting.shown(raw);
    match setting.kind {
        Kind::Milliseconds => format!("{value} ms"),
        Kind::Seconds => format!("{value} s"),
        Kind::Bytes => format!("{value} B"),
        Kind::Count | Kind::Ratio | Kind::Flag | Kind::Choice(_) | Kind::List(_) | Kind::Name => {
            value
        }
    }
}

fn unknown(name: &str, page: &Page) -> Failure {
    let mut names: Vec<&str> = Vec::new();
    for scope in Scope::ALL {
        names.extend(settings::table(scope).iter().map(|s| s.name));
        names.extend(settings::nearest(scope, name));
    }
    names.extend(UNMODELLED.iter().map(|u| u.name));
    names.extend(vocabulary::FACTS.iter().chain(OUTCOMES).map(|w| w.name));
    names.sort_unstable();
    names.dedup();
    let near = mqlab_catalogue::nearest_of(name, names.into_iter());
    let failure = Failure::new(page.say.unknown_word(name));
    if near.is_empty() { failure } else { failure.help(page.say.did_you_mean(&near)) }
}
