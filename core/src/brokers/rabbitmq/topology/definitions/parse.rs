//! Reading `definitions.json`.

use super::{
    Defined, Definitions, DefinitionsError, Limits, QueueDefinition, VhostDefinition, WrittenPolicy,
};
use crate::brokers::rabbitmq::topology::binding::{Bind, DestinationName};
use crate::brokers::rabbitmq::topology::exchange::ExchangeDeclare;
use crate::brokers::rabbitmq::topology::policy::PolicyKind;
use crate::brokers::rabbitmq::topology::queue::QueueType;
use crate::brokers::rabbitmq::value::{Name, Table, Value};
use serde_json::{Map, Value as Json};

type Read<T> = Result<T, DefinitionsError>;

/// Reads definitions.
///
/// Errors: no JSON, a part of the wrong kind, a field that is missing; with the place.
pub fn parse(text: &str) -> Read<Definitions> {
    let json: Json = serde_json::from_str(text).map_err(|error| DefinitionsError {
        place: String::new(),
        text: format!("this is not JSON: {error}"),
    })?;
    let Json::Object(top) = &json else {
        return fail("", "definitions are one JSON object, such as {\"queues\": [...]}");
    };
    let top = Fields { place: String::new(), map: top };
    let mut definitions = Definitions {
        rabbitmq_version: match top.text_or_none("rabbitmq_version")? {
            Some(version) => Some(version),
            None => top.text_or_none("rabbit_version")?,
        },
        ..Definitions::default()
    };
    definitions.vhosts = top.each("vhosts", vhost)?;
    definitions.exchanges = top.each("exchanges", |f| f.defined(exchange(f)?))?;
    definitions.policies = top.each("policies", |f| f.defined(policy(f, PolicyKind::User)?))?;
    definitions.queues = top.each("queues", |f| f.defined(queue(f)?))?;
    definitions.bindings = top.each("bindings", |f| f.defined(bind(f)?))?;
    top.each("parameters", |f| parameter(f, &mut definitions))?;
    for (key, value) in top.map {
        let why = match key.as_str() {
            "users" | "permissions" | "topic_permissions" => {
                "users and permissions are not modelled"
            }
            "global_parameters" => "global parameters are not modelled",
            "rabbit_version" | "rabbitmq_version" | "vhosts" | "exchanges" | "policies"
            | "queues" | "bindings" | "parameters" => continue,
            // What exports carry besides.
            "product_name"
            | "product_version"
            | "rabbitmq_definition_format"
            | "explanation"
            | "original_vhost_name"
            | "original_cluster_name"
            | "metadata"
            | "description"
            | "default_queue_type"
            | "limits"
            | "name"
            | "tags" => continue,
            _ => return fail(key, "definitions have no such part"),
        };
        if value.as_array().is_none_or(|items| !items.is_empty()) {
            definitions.not_modelled.push(at(key, why));
        }
    }
    Ok(definitions)
}

fn at(place: &str, text: impl Into<String>) -> DefinitionsError {
    DefinitionsError { place: place.into(), text: text.into() }
}

fn fail<T>(place: &str, text: impl Into<String>) -> Read<T> {
    Err(at(place, text))
}

/// An object with its place.
struct Fields<'j> {
    place: String,
    map: &'j Map<String, Json>,
}

impl<'j> Fields<'j> {
    fn place_of(&self, key: &str) -> String {
        match self.place.is_empty() {
            true => key.to_string(),
            false => format!("{}.{key}", self.place),
        }
    }

    /// A field that says something: null is as good as none.
    fn get(&self, key: &str) -> Option<&'j Json> {
        self.map.get(key).filter(|value| !value.is_null())
    }

    fn missing<T>(&self, key: &str) -> Read<T> {
        fail(&self.place, format!("the field \"{key}\" is missing"))
    }

    fn text_or_none(&self, key: &str) -> Read<Option<Name>> {
        match self.get(key) {
            None => Ok(None),
            Some(Json::String(text)) => Ok(Some(text.as_str().into())),
            Some(other) => fail(&self.place_of(key), format!("a text is needed, not {other}")),
        }
    }

    fn text(&self, key: &str) -> Read<Name> {
        match self.text_or_none(key)? {
            Some(text) => Ok(text),
            None => self.missing(key),
        }
    }

    fn flag_or_none(&self, key: &str) -> Read<Option<bool>> {
        match self.get(key) {
            None => Ok(None),
            Some(Json::Bool(flag)) => Ok(Some(*flag)),
            Some(other) => {
                fail(&self.place_of(key), format!("true or false is needed, not {other}"))
            }
        }
    }

    fn flag(&self, key: &str) -> Read<bool> {
        match self.flag_or_none(key)? {
            Some(flag) => Ok(flag),
            None => self.missing(key),
        }
    }

    fn integer_or_none(&self, key: &str) -> Read<Option<i64>> {
        match self.get(key) {
            None => Ok(None),
            Some(value) => match value.as_i64() {
                Some(n) => Ok(Some(n)),
                None => fail(&self.place_of(key), format!("a whole number is needed, not {value}")),
            },
        }
    }

    fn table(&self, key: &str) -> Read<Table> {
        let place = self.place_of(key);
        match self.get(key) {
            None => Ok(Table::new()),
            Some(Json::Object(map)) => table(map, &place),
            // An empty table of Erlang may be written as an empty list; a definition as pairs.
            Some(Json::Array(pairs)) => pairs
                .iter()
                .enumerate()
                .map(|(n, pair)| match pair.as_array().map(Vec::as_slice) {
                    Some([Json::String(name), v]) => {
                        Ok((name.as_str().into(), value(v, &format!("{place}[{n}]"))?))
                    }
                    _ => fail(&format!("{place}[{n}]"), "a pair of a name and a value is needed"),
                })
                .collect(),
            Some(other) => fail(&place, format!("an object is needed, not {other}")),
        }
    }

    fn object(&self, key: &str) -> Read<Option<Fields<'j>>> {
        match self.get(key) {
            None => Ok(None),
            Some(Json::Object(map)) => Ok(Some(Fields { place: self.place_of(key), map })),
            // Empty objects of Erlang are written as empty lists.
            Some(Json::Array(items)) if items.is_empty() => Ok(None),
            Some(other) => fail(&self.place_of(key), format!("an object is needed, not {other}")),
        }
    }

    fn each<T>(&self, key: &str, mut read: impl FnMut(&Fields<'j>) -> Read<T>) -> Read<Vec<T>> {
        let place = self.place_of(key);
        let Some(value) = self.get(key) else { return Ok(Vec::new()) };
        let Json::Array(items) = value else {
            return fail(&place, format!("a list is needed, not {value}"));
        };
        let item = |(n, item): (usize, &'j Json)| {
            let place = format!("{place}[{n}]");
            match item {
                Json::Object(map) => read(&Fields { place, map }),
                other => fail(&place, format!("an object is needed, not {other}")),
            }
        };
        items.iter().enumerate().map(item).collect()
    }

    fn defined<T>(&self, what: T) -> Read<Defined<T>> {
        Ok(Defined { place: self.place.clone(), vhost: self.text_or_none("vhost")?, what })
    }
}

fn table(map: &Map<String, Json>, place: &str) -> Read<Table> {
    map.iter()
        .map(|(name, v)| Ok((name.as_str().into(), value(v, &format!("{place}.{name}"))?)))
        .collect()
}

/// A JSON value as a field of a table: null is void, a number with a fraction a decimal.
fn value(json: &Json, place: &str) -> Read<Value> {
    Ok(match json {
        Json::Null => Value::Void,
        Json::Bool(flag) => Value::Boolean(*flag),
        Json::Number(number) => match number.as_i64() {
            Some(n) => Value::Integer(n),
            None => decimal(&number.to_string()).ok_or_else(|| {
                at(place, format!("the number {number} does not fit into 64 bits"))
            })?,
        },
        Json::String(text) => Value::Text(text.as_str().into()),
        Json::Array(items) => Value::Array(
            items
                .iter()
                .enumerate()
                .map(|(n, item)| value(item, &format!("{place}[{n}]")))
                .collect::<Read<_>>()?,
        ),
        Json::Object(map) => Value::Table(table(map, place)?),
    })
}

/// The number that digits say, with a point and a power of ten if there are any.
fn decimal(text: &str) -> Option<Value> {
    let (digits, power) = match text.split_once(['e', 'E']) {
        Some((digits, power)) => (digits, power.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction = fraction.trim_end_matches('0');
    let mut unscaled: i64 = format!("{whole}{fraction}").parse().ok()?;
    let mut scale = i32::try_from(fraction.len()).ok()? - power;
    while scale < 0 {
        unscaled = unscaled.checked_mul(10)?;
        scale += 1;
    }
    while scale > 0 && unscaled % 10 == 0 {
        unscaled /= 10;
        scale -= 1;
    }
    Some(Value::Decimal { unscaled, scale: u8::try_from(scale).ok()? })
}

fn vhost(fields: &Fields<'_>) -> Read<VhostDefinition> {
    let metadata = fields.object("metadata")?;
    let default_queue_type = match &metadata {
        None => None,
        Some(metadata) => match metadata.text_or_none("default_queue_type")?.as_deref() {
            None | Some("undefined") => None,
            Some(word) => match QueueType::from_word(word) {
                Some(kind) => Some(kind),
                None => {
                    let place = metadata.place_of("default_queue_type");
                    return fail(
                        &place,
                        format!("no queue type \"{word}\": classic, quorum or stream is needed"),
                    );
                }
            },
        },
    };
    let limits = match fields.object("limits")? {
        Some(limits) => read_limits(&limits)?,
        None => Limits::default(),
    };
    let name = fields.text("name")?;
    Ok(VhostDefinition { place: fields.place.clone(), name, default_queue_type, limits })
}

fn read_limits(fields: &Fields<'_>) -> Read<Limits> {
    // A negative limit is none.
    let limit = |key| Ok(fields.integer_or_none(key)?.and_then(|n| u64::try_from(n).ok()));
    Ok(Limits { max_queues: limit("max-queues")?, max_connections: limit("max-connections")? })
}

fn exchange(fields: &Fields<'_>) -> Read<ExchangeDeclare> {
    Ok(ExchangeDeclare {
        name: fields.text("name")?,
        kind: fields.text("type")?,
        passive: false,
        durable: fields.flag("durable")?,
        auto_delete: fields.flag("auto_delete")?,
        internal: fields.flag_or_none("internal")?.unwrap_or(false),
        arguments: fields.table("arguments")?,
    })
}

fn queue(fields: &Fields<'_>) -> Read<QueueDefinition> {
    Ok(QueueDefinition {
        name: fields.text("name")?,
        durable: fields.flag("durable")?,
        auto_delete: fields.flag("auto_delete")?,
        arguments: fields.table("arguments")?,
    })
}

fn bind(fields: &Fields<'_>) -> Read<Bind> {
    let destination = fields.text("destination")?;
    let destination = match &*fields.text("destination_type")? {
        "queue" => DestinationName::Queue(destination),
        "exchange" => DestinationName::Exchange(destination),
        other => {
            let text = format!("no destination \"{other}\": queue or exchange is needed");
            return fail(&fields.place_of("destination_type"), text);
        }
    };
    Ok(Bind {
        source: fields.text("source")?,
        destination,
        key: fields.text("routing_key")?,
        arguments: fields.table("arguments")?,
    })
}

fn policy(fields: &Fields<'_>, kind: PolicyKind) -> Read<WrittenPolicy> {
    written_policy(kind, fields.text("name")?, fields)
}

fn written_policy(kind: PolicyKind, name: Name, fields: &Fields<'_>) -> Read<WrittenPolicy> {
    Ok(WrittenPolicy {
        kind,
        name,
        pattern: fields.text("pattern")?,
        apply_to: fields.text_or_none("apply-to")?.unwrap_or_else(|| "all".into()),
        priority: fields.integer_or_none("priority")?.unwrap_or(0),
        definition: fields.table("definition")?,
    })
}

fn parameter(fields: &Fields<'_>, definitions: &mut Definitions) -> Read<()> {
    let component = fields.text("component")?;
    let name = fields.text("name")?;
    let inside = || match fields.object("value")? {
        Some(value) => Ok(value),
        None => fields.missing("value"),
    };
    match &*component {
        "operator_policy" | "policy" => {
            let kind = match &*component {
                "policy" => PolicyKind::User,
                _ => PolicyKind::Operator,
            };
            let policy = written_policy(kind, name, &inside()?)?;
            definitions.policies.push(fields.defined(policy)?);
        }
        "vhost-limits" => {
            if let Some(value) = fields.object("value")? {
                definitions.limits.push(fields.defined(read_limits(&value)?)?);
            }
        }
        other => definitions
            .not_modelled
            .push(at(&fields.place, format!("parameters of \"{other}\" are not modelled"))),
    }
    Ok(())
}
