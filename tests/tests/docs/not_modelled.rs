//! The page on Kafka says everything that the code says it simplifies.

use crate::pages::{made_part, read, root};
use std::fmt::Write;
use std::fs;

/// The Rust files below a folder, sorted, without those that only tests use.
fn sources(folder: &str, found: &mut Vec<String>) {
    let entries = fs::read_dir(root().join(folder)).unwrap_or_else(|e| panic!("{folder}: {e}"));
    let mut names: Vec<String> =
        entries.filter_map(|e| e.ok()?.file_name().into_string().ok()).collect();
    names.sort();
    for name in names {
        let path = format!("{folder}/{name}");
        if root().join(&path).is_dir() {
            if name != "tests" && name != "testing" {
                sources(&path, found);
            }
        } else if name.ends_with(".rs") && name != "tests.rs" {
            found.push(path);
        }
    }
}

/// What a file's header says after `Simplified:`, in one line.
fn simplified(text: &str) -> Option<String> {
    let header = text.lines().take_while(|line| line.starts_with("//!"));
    let mut words = header
        .map(|line| line.trim_start_matches("//!").trim())
        .skip_while(|line| !line.starts_with("Simplified:"))
        .take_while(|line| !line.is_empty())
        .flat_map(str::split_whitespace);
    words.next()?;
    let sentence = words.collect::<Vec<_>>().join(" ");
    (!sentence.starts_with("nothing")).then_some(sentence)
}

#[test]
fn every_simplification_stands_on_the_page() {
    let mut files = Vec::new();
    sources("core/src/brokers/kafka", &mut files);
    sources("core/src/substrate", &mut files);
    let mut table = String::from("| file | simplified |\n|---|---|\n");
    for file in files {
        let Some(sentence) = simplified(&read(&file)) else { continue };
        let _ = writeln!(table, "| `{file}` | {} |", sentence.replace('|', "\\|"));
    }
    made_part("docs/kafka.md", "made from the `Simplified:` lines of the code", &table);
}
