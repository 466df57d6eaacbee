//! Addresses such as `producer.checkout.acks`: what they mean in a file, and setting the value
//! there.

use crate::brokers::kafka::settings::{self, Problem, Scope};
use crate::scenario::document::{Node, Table, Value};
use crate::scenario::grammar::{FIELDS, ROOT, STEP, Shape, TableForm, nearest};
use crate::scenario::names::suggestion;
use crate::scenario::reader::{shortened, unknown_setting};
use std::ops::Range;

/// One step on the way to a value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Segment {
    /// A key of a table.
    Key(String),
    /// An entry of a list.
    Index(usize),
    /// A setting, whose dots belong to its name.
    Setting(String),
}

/// The tables an address can begin with.
const STARTS: &[&str] =
    &["producer", "consumer", "topic", "kafka", "broker", "network", "disk", "scenario", "step"];

/// Keys of which a table has only one.
const EXCLUSIVE: &[&[&str]] = &[&["every", "rate"], &["heal", "for"], &["at", "after", "before"]];

fn wrong(code: &'static str, message: String, help: Option<String>) -> Problem {
    Problem { code, message, help }
}

/// The way to the value an address means.
pub fn resolve(root: &Table, address: &str) -> Result<Vec<Segment>, Problem> {
    let (start, rest) = address.split_once('.').unwrap_or((address, ""));
    let key = |name: &str| Segment::Key(name.into());
    if rest.is_empty() {
        let help = match nearest(start, STARTS.iter().copied()) {
            Some(near) if near != start => format!("did you mean `{near}.…`?"),
            _ => "an address is a table and a key, such as `producer.checkout.acks`".into(),
        };
        let message = format!("`{}` is no address", shortened(address));
        return Err(wrong("unknown-address", message, Some(help)));
    }
    match start {
        "broker" => {
            known_setting(rest, Scope::Broker)?;
            Ok(vec![key("kafka"), key("broker"), Segment::Setting(rest.into())])
        }
        "kafka" | "network" | "disk" | "scenario" => {
            let Some(Shape::Table(form)) = ROOT.key(start).map(|k| k.shape) else {
                return Err(no_start(start));
            };
            let mut path = vec![key(start)];
            path.extend(inside(form, None, rest)?);
            Ok(path)
        }
        "producer" | "consumer" | "topic" | "step" => {
            let Some(Shape::Tables(form)) = ROOT.key(start).map(|k| k.shape) else {
                return Err(no_start(start));
            };
            let scope = match start {
                "producer" => Some(Scope::Producer),
                "consumer" => Some(Scope::Consumer),
                "topic" => Some(Scope::Topic),
                _ => None,
            };
            let (index, rest) = named(root, start, rest)?;
            let mut path = vec![key(start), Segment::Index(index)];
            path.extend(inside(form, scope, rest)?);
            Ok(path)
        }
        _ => Err(no_start(start)),
    }
}

fn no_start(start: &str) -> Problem {
    let message = format!("no address begins with `{}`", shortened(start));
    let help = match nearest(start, STARTS.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("addresses begin with {}", STARTS.join(", ")),
    };
    wrong("unknown-address", message, Some(help))
}

/// The table of a list whose name begins `rest`, and what follows the name. Names may contain dots;
/// the longest one counts.
fn named<'r>(root: &Table, list: &str, rest: &'r str) -> Result<(usize, &'r str), Problem> {
    let by = if list == "step" { "label" } else { "name" };
    let items: &[Node] = match root.get(list).map(|n| &n.value) {
        Some(Value::List(items)) => items,
        _ => &[],
    };
    let names = items.iter().enumerate().filter_map(|(i, item)| {
        let name = item.as_table()?.get(by)?.as_text()?;
        Some((i, name))
    });
    let mut best: Option<(usize, &str, usize)> = None;
    for (index, name) in names.clone() {
        let Some(key) = rest.strip_prefix(name).and_then(|r| r.strip_prefix('.')) else { continue };
        if best.is_none_or(|(_, _, length)| length < name.len()) {
            best = Some((index, key, name.len()));
        }
    }
    if let Some((index, key, _)) = best {
        return Ok((index, key));
    }
    let name = rest.split('.').next().unwrap_or(rest);
    let known: Vec<&str> = names.map(|(_, n)| n).collect();
    if known.contains(&rest) {
        let message = format!("`{list}.{rest}` is a whole {list}; which of its keys?");
        return Err(wrong("unknown-address", message, None));
    }
    let message = match list {
        "step" => format!("there is no step with the label `{}`", shortened(name)),
        _ => format!("there is no {list} `{}`", shortened(name)),
    };
    Err(wrong("unknown-name", message, suggestion(name, known)))
}

/// The way from a table to a key of it, or to a setting in its `config`.
fn inside(
    form: &'static TableForm,
    scope: Option<Scope>,
    rest: &str,
) -> Result<Vec<Segment>, Problem> {
    let (first, after) = rest.split_once('.').unwrap_or((rest, ""));
    let field =
        (std::ptr::eq(form, &raw const STEP)).then(|| FIELDS.iter().find(|f| f.name == first));
    let found = form.key(first).or_else(|| field.flatten());
    let key = Segment::Key(first.into());
    match (found.map(|k| k.shape), after) {
        (Some(Shape::Settings(inner)), setting) if !setting.is_empty() => {
            known_setting(setting, inner)?;
            return Ok(vec![key, Segment::Setting(setting.into())]);
        }
        (Some(Shape::Table(form)), inner) if !inner.is_empty() => {
            let mut path = vec![key];
            path.extend(inside(form, None, inner)?);
            return Ok(path);
        }
        (Some(Shape::Bilingual), "en" | "zh") => {
            return Ok(vec![key, Segment::Key(after.into())]);
        }
        (Some(_), "") => return Ok(vec![key]),
        _ => {}
    }
    if let Some(scope) = scope {
        let names = form.keys.iter().map(|k| k.name);
        if settings::find(scope, rest).is_none()
            && settings::nearest(scope, rest).is_none()
            && let Some(near) = nearest(first, names)
        {
            let message = format!("`{}` has no key `{}`", form.name, shortened(rest));
            return Err(wrong("unknown-key", message, Some(format!("did you mean `{near}`?"))));
        }
        known_setting(rest, scope)?;
        return Ok(vec![Segment::Key("config".into()), Segment::Setting(rest.into())]);
    }
    let message = format!("`{}` has no key `{}`", form.name, shortened(rest));
    let help = suggestion(rest, form.keys.iter().map(|k| k.name));
    Err(wrong("unknown-key", message, help))
}

fn known_setting(name: &str, scope: Scope) -> Result<(), Problem> {
    if settings::find(scope, name).is_some() {
        return Ok(());
    }
    let d = unknown_setting(name, &(0..0), scope);
    Err(wrong(d.code, d.message, d.help))
}

/// Keys that cannot stand beside `key`.
pub fn excluded(key: &str) -> impl Iterator<Item = &'static str> {
    let group = EXCLUSIVE.iter().find(|g| g.contains(&key)).copied().unwrap_or(&[]);
    group.iter().copied().filter(move |k| *k != key)
}

/// Sets the value at the end of a path. Tables on the way are made where they are missing.
pub fn set(table: &mut Table, path: &[Segment], value: Node, at: &Range<usize>) {
    match path {
        [Segment::Setting(name)] => {
            table.entries = table.flattened();
            table.set(name, value, at);
        }
        [Segment::Key(name)] => {
            for other in excluded(name) {
                table.remove(other);
            }
            table.set(name, value, at);
        }
        [Segment::Key(name), Segment::Index(index), rest @ ..] => {
            if let Some(Node { value: Value::List(items), .. }) = table.get_mut(name)
                && let Some(Node { value: Value::Table(inner), .. }) = items.get_mut(*index)
            {
                set(inner, rest, value, at);
            }
        }
        [Segment::Key(name), rest @ ..] => {
            let is_table = table.get(name).is_some_and(|n| n.as_table().is_some());
            if !is_table {
                let inner = Table { at: at.clone(), head: at.clone(), ..Table::default() };
                let node = Node { value: Value::Table(inner), at: at.clone() };
                table.set(name, node, at);
            }
            if let Some(Node { value: Value::Table(inner), .. }) = table.get_mut(name) {
                set(inner, rest, value, at);
            }
        }
        _ => {}
    }
}
