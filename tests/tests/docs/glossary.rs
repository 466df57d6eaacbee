//! Every word of the program's vocabulary has an entry in the glossary.

use crate::pages::{made_part, read};
use mqlab::ledger::verdict::Verdict;
use mqlab::ledger::{AnomalyKind, Fate, ProducerOutcome};
use mqlab::scenario::grammar::{ACTIONS, FACTS};
use mqlab::story::{Lang, words};
use std::fmt::Write;

/// The section of that heading.
fn section<'a>(text: &'a str, heading: &str) -> &'a str {
    let from = text.find(&format!("\n## {heading}\n"));
    let from = from.unwrap_or_else(|| panic!("docs/glossary.md has no section {heading:?}"));
    let section = &text[from + 4..];
    section.find("\n## ").map_or(section, |to| &section[..to])
}

/// The words in code spans at the head of a table's rows, in order.
fn entries(section: &str) -> Vec<&str> {
    section
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` |"))
        .map(|(word, _)| word)
        .collect()
}

/// A table of words with their meanings.
fn table(rows: impl Iterator<Item = (&'static str, &'static str, &'static str)>) -> String {
    let mut table = String::from("| word | 中文 | what it means |\n|---|---|---|\n");
    for (word, en, zh) in rows {
        let _ = writeln!(table, "| `{word}` | {zh} | {en} |");
    }
    table
}

#[test]
fn facts_and_actions_stand_as_the_program_explains_them() {
    let facts = mqlab::story::vocabulary::FACTS.iter().map(|w| (w.name, w.en, w.zh));
    made_part("docs/glossary.md", "facts", &table(facts));
    let actions = ACTIONS.iter().map(|a| (a.name, a.en, a.zh));
    made_part("docs/glossary.md", "actions", &table(actions));
}

#[test]
fn every_word_of_the_program_has_an_entry_and_no_other() {
    let glossary = read("docs/glossary.md");
    let lists: [(&str, Vec<&str>); 6] = [
        ("Fates", Fate::ALL.iter().map(|f| f.name()).collect()),
        ("What a producer knows", ProducerOutcome::ALL.iter().map(|o| o.name()).collect()),
        ("Verdicts", Verdict::ALL.iter().map(|v| v.name()).collect()),
        ("Anomalies", AnomalyKind::ALL.iter().map(|a| a.name()).collect()),
        ("Facts", FACTS.iter().map(|f| f.name).collect()),
        ("Actions", ACTIONS.iter().map(|a| a.name).collect()),
    ];
    for (heading, words) in lists {
        assert_eq!(entries(section(&glossary, heading)), words, "docs/glossary.md, {heading}");
    }
}

#[test]
fn the_chinese_of_outcomes_is_what_the_program_prints() {
    let glossary = read("docs/glossary.md");
    let fates = Fate::ALL.iter().map(|&f| (f.name(), words::fate(f, Lang::Zh)));
    let told = ProducerOutcome::ALL.iter().map(|&o| (o.name(), words::told(o, Lang::Zh)));
    let verdicts = Verdict::ALL.iter().map(|&v| (v.name(), words::verdict(v, Lang::Zh)));
    for (word, zh) in fates.chain(told).chain(verdicts) {
        let row = format!("| `{word}` | {zh} | ");
        assert!(glossary.contains(&row), "docs/glossary.md says otherwise than {row}");
    }
}

#[test]
fn the_words_of_facts_explained_are_the_words_of_scenario_files() {
    let explained: Vec<&str> = mqlab::story::vocabulary::FACTS.iter().map(|w| w.name).collect();
    let read: Vec<&str> = FACTS.iter().map(|f| f.name).collect();
    assert_eq!(explained, read);
}
