//! `--set KEY=VALUE`: the same addresses as in a what-if, applied to the text of a file, whose
//! comments and layout stay.

use super::address::{Segment, excluded, resolve};
use crate::scenario::diagnostic::{Diagnostic, Report};
use crate::scenario::document::{self, value_from_text};
use crate::scenario::model::WhatIf;
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, TableLike, Value};

/// Changes a scenario file: each pair is an address (`producer.checkout.acks`) and a value. A value
/// that is TOML (`2`, `true`, `["a", "b"]`) is taken as such, anything else as a text. The result
/// is the new text, to be read with [`crate::scenario::parse`].
///
/// The diagnostics of wrong addresses have line 0, because they are not in the file.
pub fn apply_set<K: AsRef<str>, V: AsRef<str>>(
    text: &str,
    changes: &[(K, V)],
) -> Result<String, Vec<Diagnostic>> {
    let mut report = Report::default();
    if text.len() > crate::scenario::LARGEST_FILE {
        return Err(crate::scenario::parse("", text).diagnostics);
    }
    let (root, broken) = document::read(text, &mut report);
    if broken {
        return Err(report.finish(text));
    }
    let Ok(mut document) = text.parse::<DocumentMut>() else {
        report.add(Diagnostic::error("syntax", 0..0, "not valid TOML"));
        return Err(report.finish(text));
    };
    let mut wrong = Vec::new();
    for (address, value) in changes {
        let address = address.as_ref().trim();
        match resolve(&root, address) {
            Ok(path) => set(document.as_table_mut(), &path, value_of(value.as_ref())),
            Err(p) => {
                let message = format!("{address}: {}", p.message);
                wrong.push(Diagnostic::error(p.code, 0..0, message).maybe_help(p.help));
            }
        }
    }
    if wrong.is_empty() { Ok(document.to_string()) } else { Err(wrong) }
}

/// The text of a file with one of its what-ifs applied: a file of its own, without other variants,
/// that expects what the what-if expects.
pub fn apply_what_if(text: &str, what_if: &WhatIf) -> Result<String, Vec<Diagnostic>> {
    let text = apply_set(text, &what_if.set)?;
    // The text was read before, so it is TOML.
    let Ok(mut document) = text.parse::<DocumentMut>() else { return Ok(text) };
    document.remove("what-if");
    document.remove("matrix");
    let left_out = |step: &dyn TableLike| {
        let label = step.get("label").and_then(Item::as_str);
        label.is_some_and(|label| what_if.without.iter().any(|w| w == label))
    };
    match document.get_mut("step") {
        Some(Item::ArrayOfTables(steps)) => steps.retain(|step| !left_out(step)),
        Some(Item::Value(Value::Array(steps))) => {
            steps.retain(|step| !step.as_inline_table().is_some_and(|step| left_out(step)));
        }
        _ => {}
    }
    if document.get("expect").is_none_or(|e| !e.is_table_like()) {
        document.insert("expect", Item::Table(Table::new()));
    }
    if let Some(expect) = document.get_mut("expect").and_then(Item::as_table_like_mut) {
        expect.remove("over-seeds");
        let sentences = what_if.expect.iter().map(|sentence| sentence.source.as_str());
        expect.insert("this-run", toml_edit::value(Array::from_iter(sentences)));
    }
    Ok(document.to_string())
}

/// Numbers with a point and dates are no values of a scenario: `3.9` is the text "3.9".
fn value_of(text: &str) -> Value {
    match value_from_text(text) {
        Some(Value::Float(_) | Value::Datetime(_)) | None => Value::from(text.trim()),
        Some(value) => value,
    }
}

fn set(table: &mut dyn TableLike, path: &[Segment], value: Value) {
    match path {
        [Segment::Setting(name)] => {
            let keys = spelled(table, name);
            put(table, &keys, value);
        }
        [Segment::Key(name)] => {
            for other in excluded(name) {
                table.remove(other);
            }
            put(table, std::slice::from_ref(name), value);
        }
        [Segment::Key(name), Segment::Index(index), rest @ ..] => {
            let Some(item) = table.get_mut(name) else { return };
            if let Some(tables) = item.as_array_of_tables_mut() {
                if let Some(inner) = tables.get_mut(*index) {
                    set(inner, rest, value);
                }
            } else if let Some(Value::InlineTable(inner)) =
                item.as_array_mut().and_then(|a| a.get_mut(*index))
            {
                set(inner, rest, value);
            }
        }
        [Segment::Key(name), rest @ ..] => {
            if !table.get(name).is_some_and(Item::is_table_like) {
                table.insert(name, Item::Value(Value::InlineTable(InlineTable::new())));
            }
            if let Some(inner) = table.get_mut(name).and_then(Item::as_table_like_mut) {
                set(inner, rest, value);
            }
        }
        _ => {}
    }
}

/// The keys by which the file spells a setting: one quoted key, or one a dot.
fn spelled(table: &dyn TableLike, name: &str) -> Vec<String> {
    if table.contains_key(name) {
        return vec![name.into()];
    }
    for (dot, _) in name.match_indices('.') {
        let (first, rest) = (&name[..dot], &name[dot + 1..]);
        if let Some(inner) = table.get(first).and_then(Item::as_table_like) {
            let mut keys = vec![first.to_owned()];
            keys.extend(spelled(inner, rest));
            return keys;
        }
    }
    vec![name.into()]
}

fn put(table: &mut dyn TableLike, keys: &[String], mut value: Value) {
    match keys {
        [key] => {
            if let Some(Item::Value(old)) = table.get(key) {
                *value.decor_mut() = old.decor().clone();
            }
            match table.get_mut(key) {
                Some(item) => *item = Item::Value(value),
                None => {
                    // The space before a closing brace belongs to the last value.
                    if let Some((_, item)) = table.iter_mut().last()
                        && let Some(last) = last_value(item)
                    {
                        let space = last.decor().suffix().cloned().unwrap_or_default();
                        last.decor_mut().set_suffix("");
                        value.decor_mut().set_suffix(space);
                    }
                    table.insert(key, Item::Value(value));
                }
            }
        }
        [key, rest @ ..] => {
            if let Some(inner) = table.get_mut(key).and_then(Item::as_table_like_mut) {
                put(inner, rest, value);
            }
        }
        [] => {}
    }
}

/// The value that is written last in an item.
fn last_value(item: &mut Item) -> Option<&mut Value> {
    let dotted = match item {
        Item::Value(Value::InlineTable(t)) => t.is_dotted(),
        _ => false,
    };
    if dotted {
        let (_, last) = item.as_table_like_mut()?.iter_mut().last()?;
        return last_value(last);
    }
    item.as_value_mut()
}
