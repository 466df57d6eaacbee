//! The pictures of the documentation: screens, drawn as SVG from the cells themselves.
//! `MQLAB_UPDATE_DOCS=1 cargo test -p mqlab-tui drawings` writes them anew.

use super::Driver;
use crate::screen::Theme;
use mqlab::story::Lang;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use std::fmt::Write;
use std::path::Path;
use unicode_width::UnicodeWidthStr;

const WIDE: f64 = 8.0;
const HIGH: f64 = 18.0;
const MARGIN: f64 = 10.0;
const GROUND: &str = "#161a24";
const TEXT: &str = "#d6dae4";

fn colour(colour: Color, otherwise: &str) -> String {
    match colour {
        Color::Rgb(r, g, b) => format!("#{r:02x}{g:02x}{b:02x}"),
        _ => otherwise.to_string(),
    }
}

/// What makes cells one run.
fn looks(cell: &Cell) -> (String, String, Modifier) {
    (colour(cell.fg, TEXT), colour(cell.bg, GROUND), cell.modifier)
}

/// A screen as SVG: one rectangle for each run of a ground, one text for each run of an ink.
fn svg(buffer: &Buffer, title: &str) -> String {
    let (columns, rows) = (f64::from(buffer.area.width), f64::from(buffer.area.height));
    let (width, height) = (columns * WIDE + 2.0 * MARGIN, rows * HIGH + 2.0 * MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         width=\"{width}\" height=\"{height}\" role=\"img\" aria-label=\"{title}\">\n<style>text {{ \
         font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, \"DejaVu Sans Mono\", \
         \"Noto Sans Mono CJK SC\", monospace; white-space: pre; }}</style>\n\
         <rect width=\"{width}\" height=\"{height}\" rx=\"8\" fill=\"{GROUND}\"/>\n"
    );
    for y in 0..buffer.area.height {
        let mut x = 0;
        while x < buffer.area.width {
            let start = x;
            let look = looks(&buffer[(x, y)]);
            let mut text = String::new();
            while x < buffer.area.width && looks(&buffer[(x, y)]) == look {
                let symbol = buffer[(x, y)].symbol();
                // A wide sign or one that fonts draw differently has a run of its own.
                let plain = symbol.is_ascii();
                if !plain && !text.is_empty() {
                    break;
                }
                text.push_str(symbol);
                x += symbol.width().max(1) as u16;
                if !plain {
                    break;
                }
            }
            run(&mut svg, &text, &look, (start, y), x - start);
        }
    }
    svg.push_str("</svg>\n");
    svg
}

fn run(
    svg: &mut String,
    text: &str,
    (fg, bg, modifier): &(String, String, Modifier),
    (column, row): (u16, u16),
    wide: u16,
) {
    let (x, y) = (MARGIN + f64::from(column) * WIDE, MARGIN + f64::from(row) * HIGH);
    if bg != GROUND {
        let wide = f64::from(wide) * WIDE;
        let _ = writeln!(
            svg,
            "<rect x=\"{x}\" y=\"{y}\" width=\"{wide}\" height=\"{HIGH}\" fill=\"{bg}\"/>"
        );
    }
    let shown = text.trim_end();
    let lead = shown.len() - shown.trim_start().len();
    let shown = shown.trim_start();
    if shown.is_empty() {
        return;
    }
    let x = x + lead as f64 * WIDE;
    let mut style = String::new();
    if modifier.contains(Modifier::BOLD) {
        style.push_str(" font-weight=\"700\"");
    }
    if modifier.contains(Modifier::UNDERLINED) {
        style.push_str(" text-decoration=\"underline\"");
    }
    if modifier.contains(Modifier::DIM) {
        style.push_str(" opacity=\"0.8\"");
    }
    let length = shown.width() as f64 * WIDE;
    let shown = shown.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let y = y + 13.0;
    let _ = writeln!(
        svg,
        "<text x=\"{x}\" y=\"{y}\" fill=\"{fg}\" textLength=\"{length}\"{style}>{shown}</text>"
    );
}

fn made(path: &str, now: &str) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    if std::env::var_os("MQLAB_UPDATE_DOCS").is_some_and(|v| !v.is_empty() && v != "0") {
        std::fs::write(&file, now).expect("the picture can be written");
        return;
    }
    let there = std::fs::read_to_string(&file).unwrap_or_default().replace("\r\n", "\n");
    assert!(
        there == now,
        "{path} is out of date; write it anew with \
         MQLAB_UPDATE_DOCS=1 cargo test -p mqlab-tui drawings"
    );
}

fn picture(path: &str, title: &str, lang: Lang, keys: &str) {
    let mut driver = Driver::open(lang, (110, 30));
    driver.app.look.theme = Theme::Dark;
    driver.press(keys);
    made(path, &svg(&driver.buffer(), title));
}

#[test]
fn the_moment_of_a_loss() {
    picture("docs/assets/lab.svg", "The terminal lab", Lang::En, "p 1 ] ← → . . .");
    picture("docs/assets/lab.zh.svg", "终端实验室", Lang::Zh, "p 1 ] ← → . . .");
}

#[test]
fn two_branches_compared() {
    let title = "Two branches beside each other";
    picture("docs/assets/lab-compared.svg", title, Lang::En, "p 1 Home c 1 G v 1");
}
