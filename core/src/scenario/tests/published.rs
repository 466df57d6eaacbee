//! What is published about scenario files agrees with what is read: the schema, the reference page,
//! and the lists of facts.

use super::SMALL;
use super::example::EXAMPLE;
use crate::fact::*;
use crate::scenario::grammar::FACTS;
use crate::scenario::{json_schema, parse, reference_markdown};
use serde_json::{Value, json};

/// Tests read and write the published page; nothing else in this crate touches files.
#[test]
#[allow(clippy::disallowed_methods)]
fn the_reference_page_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/scenario-reference.md");
    let page = reference_markdown();
    if std::env::var("MQLAB_UPDATE_DOCS").is_ok() {
        std::fs::write(path, &page).expect("docs/scenario-reference.md can be written");
    }
    let on_disk = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        on_disk == page,
        "docs/scenario-reference.md is out of date: MQLAB_UPDATE_DOCS=1 cargo test -p mqlab reference"
    );
}

#[test]
fn the_example_of_the_reference_page_is_right() {
    let page = reference_markdown();
    let example = page.split("```toml\n").nth(1).and_then(|t| t.split("```").next());
    let parsed = parse("reference", example.expect("an example"));
    assert_eq!(parsed.diagnostics, []);
}

/// The part of JSON Schema that [`json_schema`] uses. Returns the path of the first mistake.
fn check(value: &Value, schema: &Value, root: &Value, path: &str) -> Result<(), String> {
    let wrong = |what: &str| Err(format!("{path}: {what}: {value}"));
    if let Some(name) = schema["$ref"].as_str() {
        let target = root.pointer(&name[1..]).expect("a definition");
        check(value, target, root, path)?;
    }
    let fits = match schema["type"].as_str() {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("integer") => value.is_i64(),
        Some("boolean") => value.is_boolean(),
        _ => true,
    };
    if !fits {
        return wrong("type");
    }
    if schema["enum"].as_array().is_some_and(|all| !all.contains(value)) {
        return wrong("enum");
    }
    let bound = |key: &str| schema[key].as_i64().zip(value.as_i64());
    if bound("minimum").is_some_and(|(b, v)| v < b) || bound("maximum").is_some_and(|(b, v)| v > b)
    {
        return wrong("range");
    }
    for (any, least) in [("anyOf", 1), ("oneOf", 1)] {
        if let Some(all) = schema[any].as_array() {
            let fit = all.iter().filter(|s| check(value, s, root, path).is_ok()).count();
            if fit < least || (any == "oneOf" && fit > 1) {
                return wrong(any);
            }
        }
    }
    for rule in schema["allOf"].as_array().into_iter().flatten() {
        let applies =
            rule["if"].is_null() || value["do"] == rule["if"]["properties"]["do"]["const"];
        if applies {
            let then = if rule["if"].is_null() { rule } else { &rule["then"] };
            check(value, then, root, path)?;
        }
    }
    for key in schema["required"].as_array().into_iter().flatten() {
        if value.get(key.as_str().unwrap_or_default()).is_none() {
            return wrong(&format!("missing {key}"));
        }
    }
    if let (Some(object), Some(properties)) = (value.as_object(), schema["properties"].as_object())
    {
        for (key, inner) in object {
            match properties.get(key) {
                Some(schema) => check(inner, schema, root, &format!("{path}.{key}"))?,
                None if schema["additionalProperties"] == json!(false) => {
                    return wrong(&format!("unknown {key}"));
                }
                None => {}
            }
        }
    }
    if schema["items"].is_object() {
        for (i, item) in value.as_array().into_iter().flatten().enumerate() {
            check(item, &schema["items"], root, &format!("{path}[{i}]"))?;
        }
    }
    Ok(())
}

fn to_json(item: &toml_edit::Item) -> Value {
    use toml_edit::{Item, Value as Toml};
    fn value(v: &Toml) -> Value {
        match v {
            Toml::String(s) => json!(s.value()),
            Toml::Integer(n) => json!(n.value()),
            Toml::Boolean(b) => json!(b.value()),
            Toml::Array(a) => a.iter().map(value).collect(),
            Toml::InlineTable(t) => t.iter().map(|(k, v)| (k.to_owned(), value(v))).collect(),
            other => json!(other.to_string()),
        }
    }
    match item {
        Item::Value(v) => value(v),
        Item::Table(t) => t.iter().map(|(k, v)| (k.to_owned(), to_json(v))).collect(),
        Item::ArrayOfTables(a) => a.iter().map(|t| to_json(&Item::Table(t.clone()))).collect(),
        Item::None => Value::Null,
    }
}

fn validate(text: &str) -> Result<(), String> {
    let document = text.parse::<toml_edit::DocumentMut>().map_err(|e| e.to_string())?;
    let schema = json_schema();
    check(&to_json(document.as_item()), &schema, &schema, "")
}

#[test]
fn the_schema_accepts_what_the_reader_accepts() {
    assert_eq!(validate(EXAMPLE), Ok(()));
    assert_eq!(validate(SMALL), Ok(()));
    assert_eq!(validate(&SMALL.replace("sends =", "config = { linger.ms = 5 }\nsends =")), Ok(()));
}

#[test]
fn the_schema_refuses_common_mistakes() {
    for (old, new) in [
        ("brokers = 3", "brokrs = 3"),
        ("brokers = 3", "brokers = 61"),
        ("brokers = 3", "brokers = \"3\""),
        ("name = \"orders\"\n", ""),
        ("system = \"kafka\"", "system = \"rabbitmq\""),
        ("sends =", "config = { \"linger.sm\" = 5 }\nsends ="),
        ("sends =", "config = { acks = \"al\" }\nsends ="),
        ("[expect]", "[[step]]\nat = \"1s\"\ndo = \"crash\"\n[expect]"),
        ("[expect]", "[[step]]\ndo = \"say\"\n[expect]"),
        ("[expect]", "[[step]]\nat = \"1s\"\ndo = \"pause\"\nnode = \"broker-1\"\n[expect]"),
    ] {
        assert!(validate(&SMALL.replace(old, new)).is_err(), "{new}");
    }
}

/// One fact of each kind: the list cannot be made from the enum, so it is compared with it.
fn one_of_each() -> Vec<Fact> {
    let (message, lane, node, subscription) =
        (MessageId(0), LaneId(0), NodeId(0), SubscriptionId(0));
    let (producer, consumer, error, why, state, rule) = (node, node, "", "", "", "");
    let (offset, epoch, from, to, from_node) = (0, 0, 0, 0, node);
    let isr = NodeSet::EMPTY;
    vec![
        Fact::Sent { message, producer },
        Fact::Attempted { message, producer, lane, attempt: 1 },
        Fact::Retried { message, producer, error },
        Fact::Acknowledged { message, producer, lane, offset: 0 },
        Fact::Refused { message, producer, error },
        Fact::Unknown { message, producer, error },
        Fact::Blocked { producer },
        Fact::Unblocked { producer },
        Fact::Appended { message, lane, node, offset, epoch },
        Fact::Replicated { message, lane, node, offset, epoch },
        Fact::Deduplicated { message, lane, node, offset },
        Fact::Committed { message, lane, node, offset },
        Fact::Rejected { message, lane, node, error },
        Fact::Truncated { lane, node, from, to, rule: TruncationRule::LeaderEpoch },
        Fact::RolledBack { lane, node, from, to, loss: DiskLoss::PowerLoss },
        Fact::Wiped { lane, node },
        Fact::Expired { lane, node, below: 0, rule: ExpiryRule::Time },
        Fact::Compacted { message, lane, node, offset },
        Fact::Elected { lane, leader: Some(node), epoch, kind: ElectionKind::First },
        Fact::TookOver { lane, node, epoch, end: 0 },
        Fact::SteppedDown { lane, node, epoch },
        Fact::IsrShrunk { lane, isr, removed: isr },
        Fact::IsrExpanded { lane, isr, added: isr },
        Fact::Reassigned { lane, replicas: isr },
        Fact::UnderMinIsr { lane, isr },
        Fact::Registered { node, epoch: 0 },
        Fact::Fenced { node },
        Fact::Unfenced { node },
        Fact::ControllerCandidate { node, epoch },
        Fact::ControllerElected { node, epoch },
        Fact::ControllerActive { node, epoch },
        Fact::ControllerResigned { node, epoch },
        Fact::MetadataTruncated { node, from, to },
        Fact::TransactionBegun { producer },
        Fact::TransactionCommitted { producer },
        Fact::TransactionAborted { producer, why },
        Fact::TransactionCompleted { producer },
        Fact::MarkerWritten { lane, node, offset, commit: true },
        Fact::Aborted { message, lane, node, offset },
        Fact::Processed { message, subscription, consumer, lane, offset, transaction: 0 },
        Fact::ProducerFenced { producer, error },
        Fact::SessionExpired { node },
        Fact::RegistrationRefused { node },
        Fact::ControllerRefused { node, controller: from_node, epoch },
        Fact::Stopped { node, how: Outage::Crash },
        Fact::Started { node, boots: 1 },
        Fact::Paused { node },
        Fact::Resumed { node },
        Fact::Cut { from: from_node, to: node },
        Fact::Healed { from: from_node, to: node },
        Fact::Disconnected { from: from_node, to: node, why },
        Fact::DiskState { node, state },
        Fact::StorageFailed { lane, node },
        Fact::Delivered { message, subscription, consumer, lane, offset },
        Fact::Handled { message, subscription, consumer, lane, offset },
        Fact::Failed { message, subscription, consumer, lane, offset, again: false },
        Fact::Positioned { subscription, lane, consumer, offset, rule: PositionRule::Reset },
        Fact::OffsetCommitted { subscription, lane, offset },
        Fact::OffsetExpired { subscription, lane },
        Fact::CommitFailed { subscription, lane, consumer, error },
        Fact::Joined { subscription, consumer },
        Fact::MemberLeft { subscription, consumer, why },
        Fact::Rebalancing { subscription, generation: 1, why },
        Fact::Rebalanced { subscription, generation: 2, members: 2 },
        Fact::Assigned { subscription, lane, consumer },
        Fact::Revoked { subscription, lane, consumer },
        Fact::PartitionsLost { subscription, lane, consumer },
        Fact::MemberFenced { subscription, consumer, error },
        Fact::DeadLettered { message, subscription },
        Fact::Dropped { message, lane, rule, subscription: Some(subscription) },
        Fact::Forwarding { message, subscription, consumer, lane },
        Fact::Forwarded { message, subscription, consumer, lane, offset: 0 },
        Fact::ForwardFailed { message, subscription, consumer, lane, error },
        Fact::Unroutable { message, node },
        Fact::Returned { message, producer },
        Fact::Settled { message, lane, node, consumer, auto: false },
        Fact::Requeued { message, lane, node, offset },
        Fact::NotRecovered { message, lane, node, offset, why: RecoveryLoss::Transient },
        Fact::Consuming { subscription, lane, consumer },
        Fact::ConsumerCancelled { subscription, lane, consumer, why },
        Fact::ChannelClosed { client: consumer, node, error },
        Fact::ConnectionBlocked { client: producer, node, why },
        Fact::ConnectionUnblocked { client: producer, node },
    ]
}

#[test]
fn the_list_of_facts_is_complete_and_right() {
    let facts = one_of_each();
    let names: Vec<&str> = facts.iter().map(Fact::name).collect();
    let listed: Vec<&str> = FACTS.iter().map(|f| f.name).collect();
    assert_eq!(names, listed);
    for (fact, form) in facts.iter().zip(FACTS) {
        assert_eq!(fact.message().is_some(), form.message, "{}", form.name);
        assert_eq!(fact.lane().is_some(), form.lane, "{}", form.name);
        assert_eq!(fact.node().is_some(), form.node, "{}", form.name);
        assert_eq!(fact.subscription().is_some(), form.subscription, "{}", form.name);
    }
}
