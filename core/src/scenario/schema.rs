//! The JSON Schema of scenario files, for editors: made from the same tables the reader uses.

use super::grammar::{ACTIONS, FIELDS, Key, ROOT, STEP, Shape, TableForm};
use crate::brokers::kafka::settings::{self, Kind, Scope, Setting};
use serde_json::{Map, Value, json};

/// A time with a unit, as a pattern.
const TIME: &str = r"^\s*[0-9]+(\.[0-9]+)?\s*(ns|us|µs|μs|ms|s|min|m|h|d)\s*$";
/// A size with a unit, as a pattern.
const SIZE: &str = r"^\s*[0-9]+(\.[0-9]+)?\s*(B|kB|KB|KiB|MB|MiB|GB|GiB)\s*$";

/// The JSON Schema (draft 2020-12) of scenario files.
pub fn json_schema() -> Value {
    let mut definitions = Map::new();
    let mut root = table(&ROOT, &mut definitions);
    for scope in Scope::ALL {
        definitions.insert(settings_name(scope), settings_of(scope));
    }
    if let Some(root) = root.as_object_mut() {
        root.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
        root.insert("title".into(), json!("mqlab scenario"));
        root.insert("$defs".into(), Value::Object(definitions));
    }
    root
}

fn settings_name(scope: Scope) -> String {
    format!("{}-settings", scope.word())
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

/// The schema of a table; the tables inside it become definitions.
fn table(form: &'static TableForm, definitions: &mut Map<String, Value>) -> Value {
    let mut properties = Map::new();
    let is_step = std::ptr::eq(form, &raw const STEP);
    let fields: &[Key] = if is_step { FIELDS } else { &[] };
    for key in form.keys.iter().chain(fields) {
        properties.insert(key.name.into(), described(key, definitions));
    }
    let needed = form.keys.iter().filter(|k| k.default.is_none()).map(|k| k.name);
    let required: Vec<&str> = needed.collect();
    let mut schema = json!({
        "type": "object",
        "description": format!("{}\n{}", form.en, form.zh),
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    });
    if let (true, Some(step)) = (is_step, schema.as_object_mut()) {
        complete_step(step);
    }
    schema
}

/// What each action needs, and that a step has one time.
fn complete_step(step: &mut Map<String, Value>) {
    let names: Vec<&str> = ACTIONS.iter().map(|a| a.name).collect();
    if let Some(Value::Object(properties)) = step.get_mut("properties") {
        properties.insert("do".into(), json!({ "enum": names, "description": "The action." }));
    }
    let when = ["at", "after", "before"].map(|key| json!({ "required": [key] }));
    let mut rules = vec![json!({ "oneOf": when })];
    for action in ACTIONS {
        let mut then = json!({ "required": action.needs });
        if let (true, Some(then)) = (action.lasts, then.as_object_mut()) {
            let ends = [json!({ "required": ["heal"] }), json!({ "required": ["for"] })];
            then.insert("oneOf".into(), json!(ends));
        }
        rules.push(json!({
            "if": { "properties": { "do": { "const": action.name } } },
            "then": then,
        }));
    }
    step.insert("allOf".into(), json!(rules));
}

fn described(key: &Key, definitions: &mut Map<String, Value>) -> Value {
    let mut schema = shape(key.shape, definitions);
    let mut text = format!("{}\n{}", key.en, key.zh);
    if let Some(default) = key.default {
        text.push_str(&format!("\nDefault: {default}"));
    }
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("description".into(), json!(text));
    }
    schema
}

fn shape(shape: Shape, definitions: &mut Map<String, Value>) -> Value {
    let text = json!({ "type": "string" });
    let time = json!({ "type": "string", "pattern": TIME });
    match shape {
        Shape::Text | Shape::Sentence | Shape::Role | Shape::Anchor | Shape::Moment => text,
        Shape::Bilingual => json!({ "anyOf": [text, {
            "type": "object",
            "properties": { "en": { "type": "string" }, "zh": { "type": "string" } },
            "additionalProperties": false,
        }] }),
        Shape::Whole(low, high) => json!({ "type": "integer", "minimum": low, "maximum": high }),
        Shape::Flag => json!({ "type": "boolean" }),
        Shape::Time => time,
        Shape::SignedTime | Shape::Heal | Shape::Rate | Shape::Bandwidth => text,
        Shape::TimeRange => {
            json!({ "anyOf": [text, { "type": "array", "items": time, "minItems": 2, "maxItems": 2 }] })
        }
        Shape::Size => json!({ "type": "string", "pattern": SIZE }),
        Shape::OneOf(words) => json!({ "enum": words }),
        Shape::Texts | Shape::Sentences | Shape::Keys => {
            json!({ "anyOf": [text, { "type": "array", "items": { "type": "string" } }] })
        }
        Shape::Settings(scope) => reference(&settings_name(scope)),
        Shape::Table(form) => {
            define(form, definitions);
            reference(form.name)
        }
        Shape::Tables(form) => {
            define(form, definitions);
            json!({ "type": "array", "items": reference(form.name) })
        }
        Shape::Link => {
            json!({ "type": "array", "items": text, "minItems": 2, "maxItems": 2 })
        }
        Shape::Assignment => {
            json!({ "type": "array", "items": { "type": "array", "items": text } })
        }
        Shape::Changes => json!({ "type": "object" }),
        Shape::Values => json!({ "type": "array", "minItems": 1 }),
    }
}

fn define(form: &'static TableForm, definitions: &mut Map<String, Value>) {
    if definitions.contains_key(form.name) {
        return;
    }
    definitions.insert(form.name.into(), Value::Null);
    let schema = table(form, definitions);
    definitions.insert(form.name.into(), schema);
}

fn settings_of(scope: Scope) -> Value {
    let mut properties = Map::new();
    for setting in settings::table(scope) {
        properties.insert(setting.name.into(), setting_schema(setting));
        // Unquoted, `linger.ms = 5` is a table `linger` to TOML.
        if let Some((first, _)) = setting.name.split_once('.') {
            properties.entry(first).or_insert_with(|| json!({ "type": "object" }));
        }
    }
    json!({
        "type": "object",
        "description": format!("Kafka's own {} settings, by their real names.", scope.word()),
        "properties": properties,
        "additionalProperties": false,
    })
}

fn setting_schema(setting: &Setting) -> Value {
    let number = json!({ "type": "integer", "minimum": setting.low, "maximum": setting.high });
    let mut schema = match setting.kind {
        Kind::Milliseconds | Kind::Seconds => {
            json!({ "anyOf": [number, { "type": "string", "pattern": TIME }] })
        }
        Kind::Bytes => json!({ "anyOf": [number, { "type": "string", "pattern": SIZE }] }),
        Kind::Count => number,
        Kind::Ratio => json!({ "type": "number", "minimum": 0, "maximum": 1 }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Choice(words) => {
            let mut all: Vec<Value> = words.iter().map(|w| json!(w)).collect();
            all.extend(words.iter().filter_map(|w| w.parse::<i64>().ok()).map(|n| json!(n)));
            if setting.name == "acks" {
                all.extend([json!("-1"), json!(-1)]);
            }
            json!({ "enum": all })
        }
        Kind::List(words) => json!({
            "anyOf": [
                { "type": "string" },
                { "type": "array", "items": { "enum": words }, "minItems": 1, "uniqueItems": true },
            ]
        }),
        Kind::Name => json!({ "type": "string", "minLength": 1 }),
    };
    let text =
        format!("{}\n{}\nDefault: {}", setting.en, setting.zh, setting.shown(setting.default));
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("description".into(), json!(text));
    }
    schema
}
