//! A sequence diagram as Mermaid text, for pages that draw it themselves.

use super::Sequence;
use std::fmt::Write;

/// The diagram as text.
pub fn text(sequence: &Sequence) -> String {
    let mut text = String::from("sequenceDiagram\n");
    let _ = writeln!(text, "    %% {}", one_line(&sequence.title));
    for (at, name) in sequence.lifelines.iter().enumerate() {
        let _ = writeln!(text, "    participant n{at} as {}", escaped(name));
    }
    let last = sequence.lifelines.len().saturating_sub(1);
    for row in &sequence.rows {
        if let Some((from, to, kind)) = &row.packet {
            let _ = writeln!(text, "    n{from}->>n{to}: {} · {}", escaped(kind), row.time);
        }
        let Some(note) = &row.note else { continue };
        let over = match note.at {
            Some(at) => format!("n{at}"),
            // A note needs somebody to stand over.
            None if sequence.lifelines.is_empty() => continue,
            None if last == 0 => "n0".to_string(),
            None => format!("n0,n{last}"),
        };
        let _ = writeln!(text, "    Note over {over}: {} · {}", row.time, escaped(&note.text));
    }
    text
}

fn one_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

/// A text without the characters that mean something to Mermaid.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '#' => safe.push_str("#35;"),
            ';' => safe.push_str("#59;"),
            '<' => safe.push_str("#lt;"),
            '>' => safe.push_str("#gt;"),
            '\n' | '\r' => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}
