//! Tables whose columns line up, also where cells hold Chinese.

use super::style::{Ink, Palette};
use std::fmt::Write;
use unicode_width::UnicodeWidthStr;

/// A cell and the ink it is written in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cell {
    text: String,
    ink: Ink,
}

impl Cell {
    /// A cell in a colour of its own.
    pub fn inked(text: impl Into<String>, ink: Ink) -> Cell {
        Cell { text: text.into(), ink }
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Cell {
        Cell::inked(text, Ink::Plain)
    }
}

/// A table being put together.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Table {
    head: Vec<String>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// A table with these headings.
    pub fn new<T: Into<String>>(head: impl IntoIterator<Item = T>) -> Table {
        Table { head: head.into_iter().map(Into::into).collect(), rows: Vec::new() }
    }

    /// Adds a row.
    pub fn row<T: Into<Cell>>(&mut self, cells: impl IntoIterator<Item = T>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table as text, each line indented by `indent` columns and ended by a line feed. No line
    /// ends in spaces.
    pub fn shown(&self, indent: usize, palette: Palette) -> String {
        let columns = self.rows.iter().map(Vec::len).chain([self.head.len()]).max().unwrap_or(0);
        let mut widths = vec![0; columns];
        let head = self.head.iter().map(String::as_str).enumerate();
        let body = self.rows.iter().flat_map(|r| r.iter().map(|c| c.text.as_str()).enumerate());
        for (column, text) in head.chain(body) {
            widths[column] = widths[column].max(text.width());
        }
        let mut text = String::new();
        let head: Vec<Cell> =
            self.head.iter().map(|h| Cell::inked(h.clone(), Ink::Title)).collect();
        line(&mut text, &head, &widths, indent, palette);
        let rule: usize = widths.iter().sum::<usize>() + 2 * columns.saturating_sub(1);
        let _ = writeln!(text, "{:indent$}{}", "", palette.paint(Ink::Faint, "─".repeat(rule)));
        for row in &self.rows {
            line(&mut text, row, &widths, indent, palette);
        }
        text
    }
}

fn line(text: &mut String, cells: &[Cell], widths: &[usize], indent: usize, palette: Palette) {
    let last = cells.iter().rposition(|c| !c.text.is_empty());
    let _ = write!(text, "{:indent$}", "");
    for (column, cell) in cells.iter().enumerate().take(last.map_or(0, |l| l + 1)) {
        let _ = write!(text, "{}", palette.paint(cell.ink, &cell.text));
        if Some(column) != last {
            let gap = widths[column].saturating_sub(cell.text.width()) + 2;
            let _ = write!(text, "{:gap$}", "");
        }
    }
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_with_chinese_cells() {
        let mut table = Table::new(["消息", "生产者", "billing"]);
        table.row(["m1 – m3", "已确认", "恰好一次"]);
        table.row(["m4", "未知", "丢失"]);
        let text = table.shown(2, Palette { color: false });
        assert_eq!(
            text,
            "  消息     生产者  billing\n  \
             ─────────────────────────\n  \
             m1 – m3  已确认  恰好一次\n  \
             m4       未知    丢失\n"
        );
        let starts: Vec<usize> = text
            .lines()
            .filter(|l| !l.contains('─'))
            .filter_map(|l| {
                ["billing", "恰好", "丢失"].iter().find_map(|w| Some(l[..l.find(w)?].width()))
            })
            .collect();
        assert_eq!(starts, [19, 19, 19]);
    }

    #[test]
    fn a_short_row_and_an_empty_last_cell_leave_no_spaces_behind() {
        let mut table = Table::new(["a", "b"]);
        table.row(["one", ""]);
        table.row(["two"]);
        let text = table.shown(0, Palette { color: false });
        assert!(text.lines().all(|l| l.trim_end() == l), "{text:?}");
    }
}
