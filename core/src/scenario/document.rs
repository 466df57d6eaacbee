//! A TOML document as a plain tree in which every value knows its place in the file.
//!
//! Variants (`what-if`, `matrix`) are made by editing a copy of the tree; a changed value keeps the
//! place where the change is written, so mistakes point there.

use super::diagnostic::{Diagnostic, Report};
use std::ops::Range;
use toml_edit::{Document, Item, TableLike, Value as TomlValue};

/// A value and its place.
#[derive(Clone, Debug)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Byte range in the file.
    pub at: Range<usize>,
}

/// What a TOML document can contain.
#[derive(Clone, Debug)]
pub enum Value {
    /// A string; `start` is where its first character stands in the file, unless it contains
    /// escapes.
    Text { text: String, start: Option<usize> },
    /// A whole number.
    Integer(i64),
    /// `true` or `false`.
    Flag(bool),
    /// A number with a point, as written.
    Decimal(String),
    /// A date or time.
    Date,
    /// An array, or an array of tables.
    List(Vec<Node>),
    /// A table of any spelling.
    Table(Table),
}

impl Node {
    /// What it is, for messages.
    pub fn type_name(&self) -> &'static str {
        match &self.value {
            Value::Text { .. } => "a text",
            Value::Integer(_) => "a number",
            Value::Flag(_) => "true or false",
            Value::Decimal(_) => "a decimal number",
            Value::Date => "a date",
            Value::List(_) => "a list",
            Value::Table(_) => "a table",
        }
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text { text, .. } => Some(text),
            _ => None,
        }
    }

    /// The table, if it is one.
    pub fn as_table(&self) -> Option<&Table> {
        match &self.value {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The value as a person would write it, for tables and for what-ifs.
    pub fn shown(&self) -> String {
        match &self.value {
            Value::Text { text, .. } => text.clone(),
            Value::Integer(n) => n.to_string(),
            Value::Flag(b) => b.to_string(),
            Value::Decimal(text) => text.clone(),
            Value::Date => "a date".into(),
            Value::List(items) => {
                let items: Vec<String> = items.iter().map(Node::shown).collect();
                format!("[{}]", items.join(", "))
            }
            Value::Table(t) => {
                let entries = t.entries.iter();
                let shown: Vec<String> =
                    entries.map(|e| format!("{} = {}", e.name, e.value.shown())).collect();
                format!("{{ {} }}", shown.join(", "))
            }
        }
    }

    /// How many values the tree below has, itself included.
    pub fn size(&self) -> usize {
        match &self.value {
            Value::List(items) => 1 + items.iter().map(Node::size).sum::<usize>(),
            Value::Table(t) => 1 + t.size(),
            _ => 1,
        }
    }
}

/// Keys and values in file order.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// The entries in file order.
    pub entries: Vec<Entry>,
    /// Byte range in the file: the header or the braces, and what is inside.
    pub at: Range<usize>,
    /// The first line of that range, to point at when something is missing.
    pub head: Range<usize>,
}

/// One key of a table.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key.
    pub name: String,
    /// Where the key is written.
    pub name_at: Range<usize>,
    /// Its value.
    pub value: Node,
}

impl Table {
    /// How many values the table has, at any depth.
    pub fn size(&self) -> usize {
        self.entries.iter().map(|e| e.value.size()).sum()
    }

    /// The entry of that key.
    pub fn entry(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|e| e.name == name)
    }

    /// The value of that key.
    pub fn get(&self, name: &str) -> Option<&Node> {
        self.entry(name).map(|e| &e.value)
    }

    /// The value of that key, for editing.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Node> {
        self.entries.iter_mut().find(|e| e.name == name).map(|e| &mut e.value)
    }

    /// Sets a key, which then stands at `at`.
    pub fn set(&mut self, name: &str, value: Node, at: &Range<usize>) {
        match self.entries.iter_mut().find(|e| e.name == name) {
            Some(entry) => {
                entry.name_at = at.clone();
                entry.value = value;
            }
            None => {
                self.entries.push(Entry { name: name.into(), name_at: at.clone(), value });
            }
        }
    }

    /// Removes a key.
    pub fn remove(&mut self, name: &str) -> Option<Node> {
        let index = self.entries.iter().position(|e| e.name == name)?;
        Some(self.entries.remove(index).value)
    }

    /// Settings are written with their dots, quoted or not: `a.b = 1` is a table to TOML and the
    /// setting `a.b` to us. Returns full names with values.
    pub fn flattened(&self) -> Vec<Entry> {
        let mut flat = Vec::new();
        for entry in &self.entries {
            match &entry.value.value {
                Value::Table(inner) => flat.extend(inner.flattened().into_iter().map(|e| Entry {
                    name: format!("{}.{}", entry.name, e.name),
                    name_at: entry.name_at.start.min(e.name_at.start)..e.name_at.end,
                    value: e.value,
                })),
                _ => flat.push(entry.clone()),
            }
        }
        flat
    }
}

/// Syntax errors after which reading goes on with the next line.
const MOST_SYNTAX_ERRORS: usize = 10;
/// Larger files with a syntax error get only the first one.
const RECOVER_BELOW: usize = 64 << 10;

/// Reads TOML. On syntax errors the offending lines count as blank, so that the rest of the file
/// can still be checked; the second value says whether that happened.
pub fn read(source: &str, report: &mut Report) -> (Table, bool) {
    let mut text = source.to_owned();
    let mut broken = false;
    for _ in 0..MOST_SYNTAX_ERRORS {
        match Document::parse(text.as_str()) {
            Ok(document) => {
                let table = document.as_table();
                let root = table_of(table, Some(0..source.len()), source);
                return (root, broken);
            }
            Err(error) => {
                broken = true;
                let span = error.span().unwrap_or(0..source.len());
                let span = on_char_boundaries(source, span);
                let what = error.message().lines().next().unwrap_or("syntax error");
                let message = format!("not valid TOML: {what}");
                let diagnostic = Diagnostic::error("syntax", span.clone(), message);
                report.add(diagnostic.maybe_help(advice(what).map(str::to_owned)));
                if source.len() > RECOVER_BELOW || !blank_line(&mut text, &span) {
                    break;
                }
            }
        }
    }
    (Table::default(), true)
}

/// What to do about a syntax error, where the parser does not say what it expected.
fn advice(what: &str) -> Option<&'static str> {
    Some(match what {
        "duplicate key" => {
            "a key stands once in its table; of tables that may be repeated, each \
                            begins with two brackets, as in `[[step]]`"
        }
        "integer number overflowed" => "write at most 9223372036854775807",
        what if what.starts_with("string values must be quoted") => {
            "a text stands in quotes, a number, `true` and `false` without"
        }
        what if what.starts_with("invalid basic string") => {
            "a text ends on its line, with a quote; a backslash in it is written twice"
        }
        _ => return None,
    })
}

/// Replaces the lines of a range with spaces of the same length; `false` if nothing changed.
fn blank_line(text: &mut String, span: &Range<usize>) -> bool {
    let begin = text.get(..span.start).and_then(|t| t.rfind('\n')).map_or(0, |i| i + 1);
    let from = span.end.max(span.start);
    let end = text.get(from..).and_then(|t| t.find('\n')).map_or(text.len(), |i| from + i);
    let Some(old) = text.get(begin..end) else { return false };
    if old.trim().is_empty() {
        return false;
    }
    let blank: String = old.bytes().map(|b| if b == b'\n' { '\n' } else { ' ' }).collect();
    text.replace_range(begin..end, &blank);
    true
}

fn on_char_boundaries(source: &str, span: Range<usize>) -> Range<usize> {
    let mut start = span.start.min(source.len());
    while !source.is_char_boundary(start) {
        start -= 1;
    }
    let mut end = span.end.clamp(start, source.len());
    while !source.is_char_boundary(end) {
        end += 1;
    }
    start..end
}

fn table_of(table: &dyn TableLike, span: Option<Range<usize>>, source: &str) -> Table {
    let mut entries = Vec::with_capacity(table.len());
    for (name, item) in table.iter() {
        let key_span = table.key(name).and_then(toml_edit::Key::span);
        let Some(value) = node_of(item, source) else { continue };
        let name_at = key_span.unwrap_or_else(|| value.at.clone());
        entries.push(Entry { name: name.to_owned(), name_at, value });
    }
    let hull = entries
        .iter()
        .map(|e| e.name_at.start.min(e.value.at.start)..e.value.at.end)
        .reduce(|a, b| a.start.min(b.start)..a.end.max(b.end));
    let at = match (span, hull) {
        (Some(a), Some(b)) => a.start.min(b.start)..a.end.max(b.end),
        (Some(a), None) | (None, Some(a)) => a,
        (None, None) => 0..0,
    };
    let first_line = source.get(at.clone()).and_then(|t| t.find('\n'));
    let head = at.start..first_line.map_or(at.end, |length| at.start + length);
    Table { entries, at, head }
}

fn node_of(item: &Item, source: &str) -> Option<Node> {
    Some(match item {
        Item::None => return None,
        Item::Value(value) => value_of(value, source),
        Item::Table(table) => {
            let table = table_of(table, item.span(), source);
            Node { at: table.at.clone(), value: Value::Table(table) }
        }
        Item::ArrayOfTables(tables) => {
            let nodes: Vec<Node> = tables
                .iter()
                .map(|t| {
                    let table = table_of(t, t.span(), source);
                    Node { at: table.at.clone(), value: Value::Table(table) }
                })
                .collect();
            let at = match (nodes.first(), nodes.last()) {
                (Some(a), Some(b)) => a.at.start..b.at.end,
                _ => 0..0,
            };
            Node { value: Value::List(nodes), at }
        }
    })
}

fn value_of(value: &TomlValue, source: &str) -> Node {
    let at = value.span().unwrap_or(0..0);
    let raw = source.get(at.clone()).unwrap_or("");
    let value = match value {
        TomlValue::String(s) => {
            let text = s.value().clone();
            let start = raw.find(text.as_str()).map(|i| at.start + i);
            Value::Text { text, start }
        }
        TomlValue::Integer(n) => Value::Integer(*n.value()),
        TomlValue::Boolean(b) => Value::Flag(*b.value()),
        TomlValue::Float(_) => Value::Decimal(raw.trim().to_owned()),
        TomlValue::Datetime(_) => Value::Date,
        TomlValue::Array(items) => {
            Value::List(items.iter().map(|item| value_of(item, source)).collect())
        }
        TomlValue::InlineTable(table) => Value::Table(table_of(table, Some(at.clone()), source)),
    };
    Node { value, at }
}

/// Reads a single TOML value such as `2`, `"all"` or `["a", "b"]`; `None` if it is none.
pub fn value_from_text(text: &str) -> Option<TomlValue> {
    if text.len() > 4096 {
        return None;
    }
    text.trim().parse::<TomlValue>().ok()
}
