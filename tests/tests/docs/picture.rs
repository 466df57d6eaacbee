//! The picture of the README: what `mqlab run` really prints, drawn as SVG.
//!
//! The colours are classes, with one set for light pages and one for dark ones. Every run of text
//! has its own place, so that columns hold whatever font the reader's system has.

use crate::pages::made;
use crate::program::mqlab;
use std::fmt::Write;

const SCENARIO: &str = "kafka/acks-one-leader-power-off";
const PICTURE: &str = "docs/assets/run.svg";

/// Columns of the picture; longer lines go on below, as in a terminal that wraps at words.
const COLUMNS: usize = 112;
/// Where the text of a line of the story begins, behind time, event and glyph.
const HANGING: usize = 20;
const WIDTH: f64 = 7.8;
const HEIGHT: usize = 19;
const MARGIN: usize = 20;

/// A run of text in one colour.
type Piece = (&'static str, String);

/// The classes of the colours the program uses, by their SGR codes.
fn class(code: &str) -> &'static str {
    match code {
        "" | "0" => "",
        "1" => "title",
        "2" => "faint",
        "31" => "bad",
        "32" => "good",
        "33" => "odd",
        "36" => "change",
        other => panic!("a colour the picture does not know: {other:?}"),
    }
}

/// A line as it came from the program, cut where its colour changes.
fn pieces(line: &str) -> Vec<Piece> {
    let mut parts = line.split("\x1b[");
    let mut pieces = vec![("", parts.next().unwrap_or("").to_string())];
    for part in parts {
        let (code, text) = part.split_once('m').expect("a colour ends with m");
        pieces.push((class(code), text.to_string()));
    }
    pieces
}

/// The characters of a line with their classes, over as many rows as they need.
fn rows(line: &str) -> Vec<Vec<(char, &'static str)>> {
    let all: Vec<(char, &'static str)> = pieces(line)
        .iter()
        .flat_map(|(class, text)| text.chars().map(move |c| (c, *class)))
        .collect();
    let story = all.get(12).is_some_and(|c| c.0 == '#');
    let glyph = all.get(20).is_some_and(|c| !c.0.is_whitespace())
        && all.get(21).is_some_and(|c| c.0 == ' ');
    let indent = if story { HANGING + if glyph { 2 } else { 0 } } else { 2 };
    let mut rows = Vec::new();
    let mut rest = all;
    while rest.len() > COLUMNS {
        let at = (indent + 1..=COLUMNS).rev().find(|&at| rest[at].0 == ' ').unwrap_or(COLUMNS);
        let tail = rest.split_off(at);
        rows.push(rest);
        rest = vec![(' ', ""); indent];
        rest.extend(tail.into_iter().skip_while(|c| c.0 == ' '));
    }
    rows.push(rest);
    rows
}

/// The parts of a row that are drawn, each with the column it begins at: cut where the colour
/// changes, at gaps, and around characters that a font may lack.
fn runs(row: &[(char, &'static str)]) -> Vec<(usize, &'static str, String)> {
    let mut runs: Vec<(usize, &'static str, String)> = Vec::new();
    let mut open = false;
    for (at, &(c, class)) in row.iter().enumerate() {
        let gap = c == ' ' && row.get(at + 1).is_none_or(|next| next.0 == ' ');
        let rare = !c.is_ascii() && !matches!(c, '–' | '·');
        match runs.last_mut() {
            Some(last) if open && !gap && !rare && last.1 == class => last.2.push(c),
            _ if gap => open = false,
            // A space at the beginning of a run would be lost; the place says it.
            _ if c == ' ' => open = false,
            _ => {
                runs.push((at, class, c.to_string()));
                open = !rare;
            }
        }
    }
    runs
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn draw(command: &str, printed: &str) -> String {
    let mut lines = vec![vec![('$', "faint"), (' ', "")]];
    lines[0].extend(command.chars().map(|c| (c, "title")));
    lines.push(Vec::new());
    for line in printed.lines() {
        lines.extend(rows(line));
    }
    let width = (COLUMNS as f64 * WIDTH) as usize + 2 * MARGIN;
    let height = lines.len() * HEIGHT + 2 * MARGIN;
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" aria-label="What {command} prints">
<style>
text {{ font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; fill: #24292f; white-space: pre; }}
.frame {{ fill: #ffffff; stroke: #d0d7de; }}
.title {{ font-weight: 700; }}
.faint {{ fill: #636c76; }}
.bad {{ fill: #b32424; }}
.good {{ fill: #1a6e34; }}
.odd {{ fill: #8a5a00; }}
.change {{ fill: #0b6a78; }}
@media (prefers-color-scheme: dark) {{
text {{ fill: #d1d7e0; }}
.frame {{ fill: #151b23; stroke: #3d444d; }}
.faint {{ fill: #9198a1; }}
.bad {{ fill: #ff8080; }}
.good {{ fill: #6bd68a; }}
.odd {{ fill: #e3b341; }}
.change {{ fill: #5fc9d8; }}
}}
</style>
<rect class="frame" x="0.5" y="0.5" width="{}" height="{}" rx="8"/>
"#,
        width - 1,
        height - 1
    );
    for (n, row) in lines.iter().enumerate() {
        let y = MARGIN + n * HEIGHT + 14;
        for (column, class, text) in runs(row) {
            let x = MARGIN as f64 + column as f64 * WIDTH;
            let class =
                if class.is_empty() { String::new() } else { format!(r#" class="{class}""#) };
            let _ = writeln!(svg, r#"<text{class} x="{x:.1}" y="{y}">{}</text>"#, escaped(&text));
        }
    }
    svg.push_str("</svg>\n");
    svg
}

#[test]
fn the_picture_shows_what_the_program_prints() {
    let output = mqlab(&["--color", "always", "--lang", "en", "run", SCENARIO]);
    let printed = String::from_utf8(output.stdout).expect("the program prints UTF-8");
    assert!(output.status.success(), "{printed}");
    // The story, the fates and the reasons; predictions and expectations are for the text.
    let end = printed.find("\x1b[1mPredictions").expect("the lesson asks a question");
    made(PICTURE, &draw(&format!("mqlab run {SCENARIO}"), printed[..end].trim_end()));
}
