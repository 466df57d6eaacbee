//! Every command a page prints runs, and prints what the page shows.
//!
//! A fenced block marked `console` holds commands (`$ cargo run -- ARGUMENTS`) and the lines they
//! print. A line `…` stands for lines left out, `…` at the end of a line for the rest of it;
//! `# status N` says the exit status if it is not 0.

use crate::pages::{pages, read};
use crate::program::mqlab;

/// A command of a page and what the page says it prints.
struct Shown<'a> {
    line: usize,
    arguments: &'a str,
    status: i32,
    lines: Vec<&'a str>,
}

fn shown(text: &str) -> Vec<Shown<'_>> {
    let mut found: Vec<Shown<'_>> = Vec::new();
    let mut inside = false;
    for (n, line) in text.lines().enumerate() {
        if line.starts_with("```") {
            inside = line == "```console";
        } else if inside {
            match line.strip_prefix("$ ") {
                Some(command) => {
                    let arguments = command
                        .strip_prefix("cargo run -- ")
                        .unwrap_or_else(|| panic!("line {}: {command}", n + 1));
                    let (arguments, status) = match arguments.split_once("  # status ") {
                        Some((arguments, status)) => (arguments, status.parse().unwrap_or(-1)),
                        None => (arguments, 0),
                    };
                    found.push(Shown { line: n + 1, arguments, status, lines: Vec::new() });
                }
                None => match found.last_mut() {
                    Some(shown) => shown.lines.push(line),
                    None => panic!("line {}: output before any command", n + 1),
                },
            }
        }
    }
    found
}

/// Whether a line is printed as it is shown.
fn is_shown(shown: &str, printed: &str) -> bool {
    match shown.strip_suffix('…') {
        Some(beginning) => printed.starts_with(beginning),
        None => shown.trim_end() == printed.trim_end(),
    }
}

/// Whether the lines stand in the output, in order and, but for `…`, one after the other.
fn first_difference<'a>(shown: &[&'a str], printed: &[&str]) -> Option<&'a str> {
    let mut at = 0;
    let mut anywhere = false;
    for &line in shown {
        if line.trim() == "…" {
            anywhere = true;
            continue;
        }
        let here = match anywhere {
            true => printed[at..].iter().position(|p| is_shown(line, p)),
            false => printed.get(at).filter(|p| is_shown(line, p)).map(|_| 0),
        };
        match here {
            Some(after) => at += after + 1,
            None => return Some(line),
        }
        anywhere = false;
    }
    None
}

#[test]
fn every_command_prints_what_the_page_shows() {
    let mut count = 0;
    for page in pages() {
        for shown in shown(&read(&page)) {
            let arguments: Vec<&str> = shown.arguments.split_whitespace().collect();
            let output = mqlab(&arguments);
            let printed = String::from_utf8_lossy(&output.stdout).into_owned();
            let lines: Vec<&str> = printed.lines().collect();
            let place = format!("{page}:{}: mqlab {}", shown.line, shown.arguments);
            assert_eq!(
                output.status.code(),
                Some(shown.status),
                "{place}\n{printed}{}",
                String::from_utf8_lossy(&output.stderr)
            );
            if let Some(line) = first_difference(&shown.lines, &lines) {
                panic!("{place}\nthe page shows:  {line}\nthe program printed:\n{printed}");
            }
            count += 1;
        }
    }
    assert!(count >= 4, "the pages show {count} commands");
}

#[test]
fn lines_left_out_are_found_and_others_are_not() {
    let printed = ["a", "b", "c", "d"];
    assert_eq!(first_difference(&["a", "…", "d"], &printed), None);
    assert_eq!(first_difference(&["…", "b", "c"], &printed), None);
    assert_eq!(first_difference(&["…", "long be…"], &["a", "long beginning"]), None);
    assert_eq!(first_difference(&["a", "c"], &printed), Some("c"));
    assert_eq!(first_difference(&["…", "e"], &printed), Some("e"));
}
