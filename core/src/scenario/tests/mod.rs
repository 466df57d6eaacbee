//! Tests of the whole reader: the published example, every diagnostic as text, hostile input.

mod example;
mod hostile;
mod mistakes;
mod published;
mod sentences;
mod variants;

use crate::scenario::{Scenario, in_chinese, parse, render, render_in_chinese};

/// All diagnostics of a file as text.
fn told(text: &str) -> String {
    let parsed = parse("test", text);
    let told: Vec<String> =
        parsed.diagnostics.iter().map(|d| render(d, text, "test.toml", false)).collect();
    told.join("\n\n")
}

/// The same in Chinese. Every sentence has a Chinese twin, but for what the TOML parser and Kafka
/// itself say.
fn told_in_chinese(text: &str) -> String {
    let parsed = parse("test", text);
    for d in &parsed.diagnostics {
        let related = d.related.iter().map(|r| &r.1);
        let said = [&d.message, &d.label].into_iter().chain(&d.help).chain(related);
        for said in said.filter(|s| !s.is_empty()) {
            let foreign = d.code == "syntax" || said.starts_with("Invalid value");
            assert!(foreign || in_chinese(said).is_some(), "without Chinese: {said}");
        }
    }
    let render = |d| render_in_chinese(d, text, "test.toml", false);
    parsed.diagnostics.iter().map(render).collect::<Vec<_>>().join("\n\n")
}

/// The scenario of a file without mistakes.
fn read(text: &str) -> Scenario {
    let parsed = parse("test", text);
    match parsed.scenario {
        Some(scenario) => scenario,
        None => panic!("{}", told(text)),
    }
}

/// The smallest useful file; `PART` words are replaced to make others.
const SMALL: &str = r#"[scenario]
system = "kafka"
title.en = "One message"
title.zh = "一条消息"

[kafka]
brokers = 3

[[topic]]
name = "orders"
partitions = 2
replication-factor = 3

[[producer]]
name = "checkout"
to = "orders"
sends = { count = 6, every = "20ms", key = "customer-{n%2}" }

[[consumer]]
name = "billing-1"
group = "billing"
from = ["orders"]

[expect]
this-run = ["lost == 0"]
"#;

/// [`SMALL`] with one text replaced by another.
fn small(old: &str, new: &str) -> String {
    assert!(SMALL.contains(old), "{old}");
    SMALL.replace(old, new)
}

/// [`SMALL`] with more at the end.
fn small_with(more: &str) -> String {
    format!("{SMALL}\n{more}\n")
}

/// Compares a text with the snapshot of that name in `scenario/snapshots`.
fn assert_text(name: &str, text: &str) {
    insta::with_settings!({
        snapshot_path => "../snapshots",
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!(name, text);
    });
}
