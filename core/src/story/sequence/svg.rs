//! A sequence diagram as an SVG picture: time on the left, lifelines in the middle, sentences on the
//! right, so that no text covers an arrow. It follows the reader's choice of light or dark.

use super::{Row, Sequence};
use std::fmt::Write;

const MARGIN: usize = 16;
const TIME_COLUMN: usize = 150;
const LIFELINE: usize = 148;
const NOTES: usize = 660;
const ROW: usize = 30;
const HEAD: usize = 84;
/// Columns of text that fit beside the lifelines; a Chinese character takes two.
const NOTE_COLUMNS: usize = 92;
/// The same in bold.
const STEP_COLUMNS: usize = 78;
/// Columns of text that fit over a lifeline.
const NAME_COLUMNS: usize = 16;

const STYLE: &str = "\
.mq{font:13px system-ui,sans-serif;fill:#1c2733}.mq .bg{fill:#fff}.mq .t{font-size:16px;\
font-weight:600}.mq .n{font-weight:600;text-anchor:middle}.mq .l{stroke:#b6c2cf;stroke-width:1}\
.mq .a{stroke:#1769aa;stroke-width:1.5;fill:none}.mq .h{fill:#1769aa}.mq .k{font-size:11px;\
fill:#1769aa;text-anchor:middle}.mq .m{fill:#5b6b7b;font-size:11px}.mq .d{fill:#b3400f}\
.mq .s{font-weight:600}.mq .c{stroke:#b3400f;stroke-dasharray:4 4}\
@media(prefers-color-scheme:dark){.mq{fill:#dde6ee}.mq .bg{fill:#10161c}.mq .l{stroke:#3b4855}\
.mq .a{stroke:#6cb8f0}.mq .h,.mq .k{fill:#6cb8f0}.mq .m{fill:#93a3b3}.mq .d{fill:#ff9a6b}\
.mq .c{stroke:#ff9a6b}}";

/// The diagram as a picture.
pub fn picture(sequence: &Sequence) -> String {
    let lanes = sequence.lifelines.len();
    let notes_at = MARGIN + TIME_COLUMN + lanes * LIFELINE;
    let width = notes_at + NOTES + MARGIN;
    let height = HEAD + (sequence.rows.len() + 1) * ROW + MARGIN;
    let mut svg = String::new();
    let title = escaped(&sequence.title);
    let _ = writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"mq\" role=\"img\" width=\"{width}\" \
         height=\"{height}\" viewBox=\"0 0 {width} {height}\">"
    );
    let _ = writeln!(svg, "<title>{title}</title><style>{STYLE}</style>");
    let _ = writeln!(svg, "<rect class=\"bg\" width=\"100%\" height=\"100%\"/>");
    let _ = writeln!(svg, "<text class=\"t\" x=\"{MARGIN}\" y=\"28\">{title}</text>");
    let bottom = height - MARGIN;
    for (at, name) in sequence.lifelines.iter().enumerate() {
        let x = lifeline(at);
        let name = escaped(&shortened(name, NAME_COLUMNS));
        let _ = writeln!(svg, "<text class=\"n\" x=\"{x}\" y=\"60\">{name}</text>");
        let _ = writeln!(svg, "<path class=\"l\" d=\"M{x} 70V{bottom}\"/>");
    }
    for (at, row) in sequence.rows.iter().enumerate() {
        draw(&mut svg, row, HEAD + (at + 1) * ROW, notes_at);
    }
    svg.push_str("</svg>\n");
    svg
}

fn lifeline(at: usize) -> usize {
    MARGIN + TIME_COLUMN + at * LIFELINE + LIFELINE / 2
}

fn draw(svg: &mut String, row: &Row, y: usize, notes_at: usize) {
    let text = y + 4;
    let _ = writeln!(
        svg,
        "<text class=\"m\" x=\"{MARGIN}\" y=\"{text}\">{} #{}</text>",
        row.time, row.event
    );
    if let Some((from, to, kind)) = &row.packet {
        let (x1, x2) = (lifeline(*from), lifeline(*to));
        let back = if x2 > x1 { x2 - 8 } else { x2 + 8 };
        let (top, low) = (y - 4, y + 4);
        let _ = writeln!(svg, "<path class=\"a\" d=\"M{x1} {y}H{x2}\"/>");
        let _ = writeln!(svg, "<path class=\"h\" d=\"M{x2} {y}L{back} {top}V{low}Z\"/>");
        let (middle, over) = (x1.midpoint(x2), y - 6);
        let kind = escaped(kind);
        let _ = writeln!(svg, "<text class=\"k\" x=\"{middle}\" y=\"{over}\">{kind}</text>");
    }
    let Some(note) = &row.note else { return };
    let class = match note.at {
        Some(at) => {
            let x = lifeline(at);
            let _ = writeln!(svg, "<circle class=\"d\" cx=\"{x}\" cy=\"{y}\" r=\"4\"/>");
            ""
        }
        None => {
            let from = MARGIN + TIME_COLUMN;
            let to = notes_at - 8;
            let _ = writeln!(svg, "<path class=\"c\" d=\"M{from} {y}H{to}\"/>");
            " class=\"s\""
        }
    };
    let columns = if note.at.is_some() { NOTE_COLUMNS } else { STEP_COLUMNS };
    let shown = escaped(&shortened(&note.text, columns));
    let whole = escaped(&note.text);
    let _ = writeln!(
        svg,
        "<text{class} x=\"{notes_at}\" y=\"{text}\">{shown}<title>{whole}</title></text>"
    );
}

/// A text cut to a number of columns, counting wide characters twice.
fn shortened(text: &str, columns: usize) -> String {
    let mut used = 0;
    let mut short = String::new();
    for c in text.chars() {
        // Everything from the CJK radicals on is wide, or near enough for a picture.
        used += if c >= '\u{2e80}' { 2 } else { 1 };
        if used > columns {
            short.push('…');
            break;
        }
        short.push(c);
    }
    short
}

/// A text as it may stand in XML and HTML, in an attribute, too.
pub fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // Not allowed in XML at all.
            c if c.is_control() && c != '\n' && c != '\t' => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}
