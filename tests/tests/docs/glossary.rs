//! Every word of the program's vocabulary has an entry in the glossary.

use crate::pages::read;
use mqlab::ledger::verdict::Verdict;
use mqlab::ledger::{AnomalyKind, Fate, ProducerOutcome};
use mqlab::scenario::grammar::{ACTIONS, FACTS};

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
fn the_words_of_facts_explained_are_the_words_of_scenario_files() {
    let explained: Vec<&str> = mqlab::story::vocabulary::FACTS.iter().map(|w| w.name).collect();
    let read: Vec<&str> = FACTS.iter().map(|f| f.name).collect();
    assert_eq!(explained, read);
}
