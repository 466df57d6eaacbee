//! Typed access to a table of the file, with a diagnostic for everything that is not as its
//! [`TableForm`] says.

use super::diagnostic::{Diagnostic, Report};
use super::document::{Entry, Node, Table, Value};
use super::grammar::{Shape, TableForm};
use super::model::{LatencyModel, Text};
use super::names::suggestion;
use super::units;
use crate::brokers::kafka::settings::{
    self, Kind, Problem, Raw, Scope, size_from_text, span_from_text,
};
use crate::kernel::Span;
use std::ops::Range;

/// A table and what it may contain.
pub struct Reader<'t> {
    /// The table.
    pub table: &'t Table,
    form: &'static TableForm,
}

/// A problem with a value as a diagnostic.
pub fn problem(problem: Problem, at: &Range<usize>) -> Diagnostic {
    Diagnostic::error(problem.code, at.clone(), problem.message).maybe_help(problem.help)
}

/// Says that a value has the wrong type.
pub fn wrong_type(node: &Node, name: &str, wanted: &str) -> Diagnostic {
    let message = format!("`{name}` is {wanted}, not {}", node.type_name());
    Diagnostic::error("wrong-type", node.at.clone(), message).label(format!("expected {wanted}"))
}

/// Names that belong to systems or features that are not modelled yet.
const NOT_YET: &[&str] = &[
    "exchange",
    "queue",
    "binding",
    "policy",
    "service",
    "database",
    "call",
    "cluster",
    "rabbitmq",
    "rocketmq",
    "pulsar",
    "redis",
    "tenant",
    "subscription",
    "stream",
];

/// A name as a person would write it, however long it is.
pub fn shortened(name: &str) -> String {
    let mut shown: String = name.chars().take(60).collect();
    if shown.len() < name.len() {
        shown.push('…');
    }
    shown
}

impl<'t> Reader<'t> {
    /// A reader for a table; keys that do not belong there are reported.
    pub fn new(table: &'t Table, form: &'static TableForm, report: &mut Report) -> Reader<'t> {
        for entry in &table.entries {
            if form.key(&entry.name).is_none() && !report.is_full() {
                unknown_key(entry, form.name, form.keys.iter().map(|k| k.name), report);
            }
        }
        Reader { table, form }
    }

    /// A reader for a table whose keys are checked by the caller.
    pub fn unchecked(table: &'t Table, form: &'static TableForm) -> Reader<'t> {
        Reader { table, form }
    }

    /// The value of a key. A missing one is reported if it must be there.
    pub fn get(&self, key: &str, report: &mut Report) -> Option<&'t Node> {
        let found = self.table.get(key);
        if found.is_none() && self.form.key(key).is_some_and(|k| k.default.is_none()) {
            let what = self.form.name;
            let message = format!("`{key}` is missing in `{what}`");
            let help = self.form.key(key).map(|k| k.en.to_owned());
            report.add(
                Diagnostic::error("missing-key", self.table.head.clone(), message).maybe_help(help),
            );
        }
        found
    }

    /// A text.
    pub fn text(&self, key: &str, report: &mut Report) -> Option<&'t str> {
        let node = self.get(key, report)?;
        match node.as_text() {
            Some(text) => Some(text),
            None => {
                report.add(wrong_type(node, key, "a text"));
                None
            }
        }
    }

    /// A name: a text that can stand in addresses and sentences.
    pub fn name(&self, key: &str, report: &mut Report) -> Option<&'t str> {
        let text = self.text(key, report)?;
        let fits = |c: char| c.is_alphanumeric() || "._-".contains(c);
        if (1..=249).contains(&text.len()) && text.chars().all(fits) {
            return Some(text);
        }
        let at = self.table.get(key).map_or(0..0, |n| n.at.clone());
        let message = format!("`{}` is no possible name", shortened(text));
        report.add(
            Diagnostic::error("wrong-name", at, message)
                .help("a name has 1 to 249 letters, digits, dots, dashes and underscores"),
        );
        None
    }

    /// A text in both languages. A missing language is a warning, and the other one stands in.
    pub fn bilingual(&self, key: &str, report: &mut Report) -> Text {
        let Some(node) = self.get(key, report) else { return Text::default() };
        let mut text = Text::default();
        let mut has = (false, false);
        match &node.value {
            Value::Text { text: en, .. } => {
                text.en.clone_from(en);
                has.0 = true;
            }
            Value::Table(languages) => {
                for entry in &languages.entries {
                    let slot = match entry.name.as_str() {
                        "en" => (&mut text.en, &mut has.0),
                        "zh" => (&mut text.zh, &mut has.1),
                        _ => {
                            unknown_key(entry, key, ["en", "zh"].into_iter(), report);
                            continue;
                        }
                    };
                    *slot.1 = true;
                    match entry.value.as_text() {
                        Some(words) => words.clone_into(slot.0),
                        None => report.add(wrong_type(&entry.value, &entry.name, "a text")),
                    }
                }
            }
            _ => {
                report.add(wrong_type(node, key, "a text in `en` and `zh`"));
                return text;
            }
        }
        for (there, language, name) in [(has.0, "en", "English"), (has.1, "zh", "Chinese")] {
            if !there {
                let message = format!("`{key}` has no {name} text");
                report.add(
                    Diagnostic::warning("missing-translation", node.at.clone(), message)
                        .help(format!("add `{key}.{language}`")),
                );
            }
        }
        if !has.0 {
            text.en.clone_from(&text.zh);
        } else if !has.1 {
            text.zh.clone_from(&text.en);
        }
        text
    }

    /// A whole number in the range of its form.
    pub fn whole(&self, key: &str, report: &mut Report) -> Option<i64> {
        let node = self.get(key, report)?;
        let (low, high) = match self.form.key(key).map(|k| k.shape) {
            Some(Shape::Whole(low, high)) => (low, high),
            _ => (i64::MIN, i64::MAX),
        };
        whole(node, key, low, high, report)
    }

    /// `true` or `false`.
    pub fn flag(&self, key: &str, report: &mut Report) -> Option<bool> {
        let node = self.get(key, report)?;
        match node.value {
            Value::Flag(flag) => Some(flag),
            _ => {
                report.add(wrong_type(node, key, "true or false"));
                None
            }
        }
    }

    /// A time with a unit.
    pub fn time(&self, key: &str, report: &mut Report) -> Option<Span> {
        time(self.get(key, report)?, key, report)
    }

    /// A size with a unit, in bytes.
    pub fn size(&self, key: &str, report: &mut Report) -> Option<u64> {
        let node = self.get(key, report)?;
        with_unit(node, key, "a size such as \"1KiB\"", size_from_text, report)
    }

    /// A time, or two of them as bounds.
    pub fn times(&self, key: &str, report: &mut Report) -> Option<LatencyModel> {
        let node = self.get(key, report)?;
        match &node.value {
            Value::List(bounds) if bounds.len() == 2 => {
                let low = time(&bounds[0], key, report);
                let high = time(&bounds[1], key, report);
                match units::ordered(low?, high?) {
                    Ok(times) => Some(times),
                    Err(p) => {
                        report.add(problem(p, &node.at));
                        None
                    }
                }
            }
            _ => {
                let wanted = "a time such as \"1ms\", or two bounds such as [\"1ms\", \"2ms\"]";
                with_unit(node, key, wanted, units::times_from_text, report)
            }
        }
    }

    /// One of the words of its form.
    pub fn one_of(&self, key: &str, report: &mut Report) -> Option<&'static str> {
        let node = self.get(key, report)?;
        let Some(Shape::OneOf(words)) = self.form.key(key).map(|k| k.shape) else { return None };
        one_of(node, key, words, report)
    }

    /// A list of texts, or one text.
    pub fn texts(&self, key: &str, report: &mut Report) -> Vec<&'t Node> {
        self.get(key, report).map_or_else(Vec::new, |node| texts(node, key, report))
    }

    /// A table of its own.
    pub fn inner(&self, key: &str, report: &mut Report) -> Option<Reader<'t>> {
        let node = self.get(key, report)?;
        let Some(Shape::Table(form)) = self.form.key(key).map(|k| k.shape) else { return None };
        match node.as_table() {
            Some(table) => Some(Reader::new(table, form, report)),
            None => {
                report.add(wrong_type(node, key, "a table"));
                None
            }
        }
    }

    /// Any number of tables, at most `most`.
    pub fn tables(&self, key: &str, most: usize, report: &mut Report) -> Vec<&'t Table> {
        let Some(node) = self.get(key, report) else { return Vec::new() };
        let Value::List(items) = &node.value else {
            let wrong = wrong_type(node, key, "a list of tables");
            let Value::Table(table) = &node.value else {
                report.add(wrong);
                return Vec::new();
            };
            let wrong = Diagnostic { span: table.head.clone(), ..wrong };
            report.add(wrong.help(format!("write `[[{key}]]` with two brackets")));
            return vec![table];
        };
        if items.len() > most {
            let message = format!("{} times `{key}` is too much", items.len());
            report.add(
                Diagnostic::error("too-large", items[most].at.start..items[most].at.start, message)
                    .help(format!("a file has at most {most}")),
            );
        }
        let mut tables = Vec::new();
        for item in items.iter().take(most) {
            match item.as_table() {
                Some(table) => tables.push(table),
                None => report.add(wrong_type(item, key, "a table")),
            }
        }
        tables
    }

    /// The form's table of a key of shape [`Shape::Tables`].
    pub fn form_of(&self, key: &str) -> &'static TableForm {
        match self.form.key(key).map(|k| k.shape) {
            Some(Shape::Tables(form) | Shape::Table(form)) => form,
            _ => self.form,
        }
    }

    /// The settings of a key of shape [`Shape::Settings`].
    pub fn settings(&self, key: &str, scope: Scope, report: &mut Report) -> Vec<Given> {
        self.get(key, report).map_or_else(Vec::new, |node| given(node, key, scope, report))
    }
}

/// Reports a key that does not belong where it stands.
pub fn unknown_key<'k>(
    entry: &Entry,
    table: &str,
    known: impl Iterator<Item = &'k str>,
    report: &mut Report,
) {
    let name = shortened(&entry.name);
    if table == "file" && NOT_YET.contains(&entry.name.as_str()) {
        let message = format!("`{name}` is not modelled yet");
        report.add(
            Diagnostic::error("not-modelled", entry.name_at.clone(), message)
                .help("only Kafka scenarios can be run for now"),
        );
        return;
    }
    let message = if table == "file" {
        format!("a scenario file has no `{name}`")
    } else {
        format!("`{table}` has no key `{name}`")
    };
    let help = suggestion(&entry.name, known);
    report.add(Diagnostic::error("unknown-key", entry.name_at.clone(), message).maybe_help(help));
}

/// A whole number between two bounds.
pub fn whole(node: &Node, key: &str, low: i64, high: i64, report: &mut Report) -> Option<i64> {
    let Value::Integer(n) = node.value else {
        report.add(wrong_type(node, key, "a whole number"));
        return None;
    };
    if (low..=high).contains(&n) {
        return Some(n);
    }
    let (code, message) = if n > high {
        ("too-large", format!("`{key}` is at most {high}, and {n} is more"))
    } else {
        ("out-of-range", format!("`{key}` is at least {low}, and {n} is less"))
    };
    report.add(Diagnostic::error(code, node.at.clone(), message));
    None
}

/// A time with a unit.
pub fn time(node: &Node, key: &str, report: &mut Report) -> Option<Span> {
    with_unit(node, key, "a time such as \"250ms\"", span_from_text, report)
}

/// A text that is read by `read`; numbers are told that a unit is missing.
pub fn with_unit<T>(
    node: &Node,
    key: &str,
    wanted: &str,
    read: impl Fn(&str) -> Result<T, Problem>,
    report: &mut Report,
) -> Option<T> {
    let Some(text) = node.as_text() else {
        report.add(match node.value {
            Value::Integer(_) | Value::Decimal(_) => {
                let message = format!("`{key}` has no unit");
                Diagnostic::error("missing-unit", node.at.clone(), message)
                    .help(format!("write {wanted}"))
            }
            _ => wrong_type(node, key, wanted),
        });
        return None;
    };
    match read(text) {
        Ok(value) => Some(value),
        Err(p) => {
            report.add(problem(p, &node.at));
            None
        }
    }
}

/// One of some words.
pub fn one_of(
    node: &Node,
    key: &str,
    words: &'static [&'static str],
    report: &mut Report,
) -> Option<&'static str> {
    let Some(text) = node.as_text() else {
        report.add(wrong_type(node, key, "a text"));
        return None;
    };
    let found = words.iter().find(|w| w.eq_ignore_ascii_case(text));
    if found.is_none() {
        let message = format!("`{key}` cannot be `{}`", shortened(text));
        let help = suggestion(text, words.iter().copied())
            .unwrap_or_else(|| format!("it is one of {}", words.join(", ")));
        report.add(Diagnostic::error("wrong-value", node.at.clone(), message).help(help));
    }
    found.copied()
}

/// A list of texts, or one text.
pub fn texts<'t>(node: &'t Node, key: &str, report: &mut Report) -> Vec<&'t Node> {
    match &node.value {
        Value::Text { .. } => vec![node],
        Value::List(items) => {
            let (texts, others): (Vec<&Node>, Vec<&Node>) =
                items.iter().partition(|i| i.as_text().is_some());
            for other in others {
                report.add(wrong_type(other, key, "a list of texts"));
            }
            texts
        }
        _ => {
            report.add(wrong_type(node, key, "a list of texts"));
            Vec::new()
        }
    }
}

/// A setting as the file gives it.
#[derive(Clone, Debug)]
pub struct Given {
    /// Its real name.
    pub name: &'static str,
    /// Its raw value.
    pub raw: i64,
    /// The name it gives, if it is a setting that takes one.
    pub text: Option<String>,
    /// Where name and value stand.
    pub at: Range<usize>,
}

/// The settings as the resolving functions of the settings module want them.
pub fn pairs(given: &[Given]) -> Vec<(&'static str, i64)> {
    given.iter().map(|g| (g.name, g.raw)).collect()
}

/// A list of texts as one text with commas; `None` if it holds anything else.
fn list_as_text(value: &Value) -> Option<String> {
    let Value::List(items) = value else { return None };
    let texts: Option<Vec<&str>> = items.iter().map(Node::as_text).collect();
    texts.map(|texts| texts.join(","))
}

/// Reads a table of settings.
pub fn given(node: &Node, key: &str, scope: Scope, report: &mut Report) -> Vec<Given> {
    let Some(table) = node.as_table() else {
        report.add(wrong_type(node, key, "a table of settings"));
        return Vec::new();
    };
    let mut given: Vec<Given> = Vec::new();
    for entry in table.flattened() {
        let Some(setting) = settings::find(scope, &entry.name) else {
            report.add(unknown_setting(&entry.name, &entry.name_at, scope));
            continue;
        };
        let listed = matches!(setting.kind, Kind::List(_))
            .then(|| list_as_text(&entry.value.value))
            .flatten();
        let raw = match &entry.value.value {
            Value::List(_) if listed.is_some() => Raw::Text(listed.as_deref().unwrap_or_default()),
            Value::Text { text, .. } => Raw::Text(text),
            Value::Integer(n) => Raw::Integer(*n),
            Value::Flag(b) => Raw::Flag(*b),
            Value::Decimal(text) => Raw::Decimal(text),
            _ => Raw::Other(entry.value.type_name()),
        };
        match settings::read(setting, raw) {
            Ok(_) if given.iter().any(|g| g.name == setting.name) => {
                let message = format!("`{}` is set twice", setting.name);
                report.add(Diagnostic::error("set-twice", entry.name_at.clone(), message));
            }
            Ok(raw) => {
                let at = entry.name_at.start.min(entry.value.at.start)..entry.value.at.end;
                let text = entry.value.as_text().filter(|_| setting.kind == Kind::Name);
                given.push(Given { name: setting.name, raw, text: text.map(Into::into), at });
            }
            Err(p) => report.add(problem(p, &entry.value.at)),
        }
    }
    given
}

/// Says that a setting does not exist, belongs elsewhere, or is not modelled yet.
pub fn unknown_setting(name: &str, at: &Range<usize>, scope: Scope) -> Diagnostic {
    let shown = shortened(name);
    let who = scope.word();
    if settings::unmodelled(scope, name).is_some() {
        let message = format!("`{shown}` is a real {who} setting, but not modelled yet");
        return Diagnostic::error("not-modelled", at.clone(), message)
            .help("leave it out; it would have no effect here");
    }
    let message = format!("Kafka has no {who} setting `{shown}`");
    let diagnostic = Diagnostic::error("unknown-setting", at.clone(), message);
    let elsewhere: Vec<&str> = Scope::ALL
        .into_iter()
        .filter(|s| settings::find(*s, name).is_some() || settings::unmodelled(*s, name).is_some())
        .map(Scope::word)
        .collect();
    if !elsewhere.is_empty() {
        return diagnostic.help(format!("it is a {} setting", elsewhere.join(" and ")));
    }
    match settings::nearest(scope, name) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => diagnostic,
    }
}
