use super::*;
use crate::brokers::rabbitmq::topology::Topology;
use crate::brokers::rabbitmq::topology::policy::PolicyKind;
use crate::brokers::rabbitmq::value::Value;
use crate::brokers::rabbitmq::version::RabbitVersion;
use crate::fact::NodeId;

/// What a 3.10.8 broker exports, in short.
const EXPORT: &str = r#"{
  "rabbit_version": "3.10.8", "rabbitmq_version": "3.10.8",
  "users": [{"name": "guest", "tags": ["administrator"], "limits": {}}],
  "vhosts": [{"name": "/", "limits": [], "metadata": {"description": "d", "tags": []}},
             {"name": "v2"}],
  "permissions": [], "topic_permissions": [], "global_parameters": [],
  "parameters": [
    {"component": "operator_policy", "vhost": "/", "name": "op1",
     "value": {"pattern": "^q", "apply-to": "queues", "priority": 1,
               "definition": [["max-length", 50]]}},
    {"component": "vhost-limits", "vhost": "v2", "name": "limits", "value": {"max-queues": 10}}],
  "policies": [{"vhost": "/", "name": "p1", "pattern": "^q", "apply-to": "queues", "priority": 3,
                "definition": {"max-length": 100, "dead-letter-exchange": "dlx"}}],
  "queues": [
    {"name": "q1", "vhost": "/", "durable": true, "auto_delete": false, "type": "quorum",
     "arguments": {"x-message-ttl": 60000}},
    {"name": "amq.gen-x", "vhost": "/", "durable": false, "auto_delete": false, "arguments": {}}],
  "exchanges": [
    {"name": "e1", "vhost": "/", "type": "topic", "durable": true, "auto_delete": false,
     "arguments": {"alternate-exchange": "ae"}},
    {"name": "amq.direct", "vhost": "/", "type": "direct", "durable": true,
     "auto_delete": false, "internal": false, "arguments": {}}],
  "bindings": [
    {"source": "e1", "vhost": "/", "destination": "q1", "destination_type": "queue",
     "routing_key": "a.\#", "arguments": {"n": null, "f": 1.50}},
    {"source": "e1", "vhost": "/", "destination": "nowhere", "destination_type": "queue",
     "routing_key": "", "arguments": {}}]
}"#;

fn export() -> String {
    EXPORT.replace("\\#", "#")
}

fn imported(text: &str) -> Result<(Topology, Imported), String> {
    let mut topology = Topology::new(RabbitVersion::V3_10);
    let definitions = parse(text).map_err(|e| e.to_string())?;
    match definitions.import(&mut topology, "/", NodeId(0)) {
        Ok(imported) => Ok((topology, imported)),
        Err(error) => Err(error.to_string()),
    }
}

#[test]
fn an_export_is_imported() {
    let (topology, imported) = imported(&export()).expect("a broker wrote it");
    assert_eq!((imported.exchanges, imported.queues, imported.bindings), (1, 1, 1));
    assert_eq!(imported.policies, 2);
    let skipped: Vec<_> = imported.skipped.iter().map(|(p, why)| (p.as_str(), *why)).collect();
    assert_eq!(
        skipped,
        [
            ("exchanges[1]", Skipped::Reserved),
            ("queues[1]", Skipped::Reserved),
            ("bindings[1]", Skipped::NoSuchEnd)
        ]
    );
    let id = topology.queue_id("/", "q1").expect("imported");
    assert_eq!(topology.queue(id).kind, QueueType::Classic, "the field `type` decides nothing");
    let effective = topology.effective(id);
    assert_eq!((effective.message_ttl, effective.max_length), (Some(60_000), Some(50)));
    assert_eq!(effective.dead_letter_exchange.as_deref(), Some("dlx"));
    assert_eq!(topology.policies("/", PolicyKind::Operator).count(), 1);
    assert_eq!(topology.vhost("v2").expect("imported").max_queues, Some(10));
    let e1 = topology.exchange_id("/", "e1").expect("imported");
    let binding = topology.bindings_of(e1).next().expect("imported");
    let f = Value::Decimal { unscaled: 15, scale: 1 };
    assert_eq!(binding.arguments, [("f".into(), f), ("n".into(), Value::Void)]);
}

#[test]
fn a_second_import_changes_nothing() {
    let (mut topology, _) = imported(&export()).expect("a broker wrote it");
    let changed = export().replace("60000", "1").replace("\"topic\"", "\"direct\"");
    let again = parse(&changed).expect("fine").import(&mut topology, "/", NodeId(0)).expect("fine");
    assert_eq!((again.exchanges, again.queues, again.bindings), (0, 0, 0));
    let id = topology.queue_id("/", "q1").expect("still there");
    assert_eq!(topology.effective(id).message_ttl, Some(60_000), "kept as it was");
}

#[test]
fn users_are_read_over_and_said_to_be() {
    let definitions = parse(&export()).expect("fine");
    let texts: Vec<String> = definitions.not_modelled.iter().map(|e| e.to_string()).collect();
    assert_eq!(texts, ["users: users and permissions are not modelled"]);
}

#[test]
fn the_export_of_one_vhost_names_none() {
    let text = r#"{"queues": [{"name": "q", "durable": true, "auto_delete": false}]}"#;
    let definitions = parse(text).expect("fine");
    let mut topology = Topology::new(RabbitVersion::V4);
    topology.add_vhost("mine");
    definitions.import(&mut topology, "mine", NodeId(0)).expect("fine");
    assert!(topology.queue_id("mine", "q").is_some());
}

#[test]
fn errors_point_at_their_place() {
    let queue = |fields: &str| format!(r#"{{"queues": [{{"name": "q", {fields}}}]}}"#);
    let whole = r#""durable": true, "auto_delete": false"#;
    for (text, error) in [
        ("[]".into(), "definitions are one JSON object, such as {\"queues\": [...]}"),
        ("{".into(), "this is not JSON: EOF while parsing an object at line 1 column 1"),
        (r#"{"queues": {}}"#.into(), "queues: a list is needed, not {}"),
        (r#"{"queuez": []}"#.into(), "queuez: definitions have no such part"),
        (queue(r#""durable": 1"#), "queues[0].durable: true or false is needed, not 1"),
        (queue(r#""durable": true"#), "queues[0]: the field \"auto_delete\" is missing"),
        (
            queue(&format!(r#"{whole}, "arguments": {{"x-message-ttl": -1}}"#)),
            "queues[0]: invalid arg 'x-message-ttl' for queue 'q' in vhost '/': \
             {value_negative,-1}",
        ),
        (
            queue(&format!(r#"{whole}, "arguments": {{"n": 1e400}}"#)),
            "this is not JSON: number out of range at line 1 column 89",
        ),
        (
            queue(&format!(r#"{whole}, "arguments": {{"n": [18446744073709551615]}}"#)),
            "queues[0].arguments.n[0]: the number 18446744073709551615 does not fit into 64 bits",
        ),
        (
            queue(&format!(r#"{whole}, "vhost": "nope""#)),
            "queues[0].vhost: the virtual host \"nope\" does not exist",
        ),
        (
            r#"{"policies": [{"name": "p", "pattern": ".", "definition": {"colour": 1}}]}"#.into(),
            "policies[0]: [{<<\"colour\">>,1}] are not recognised policy settings",
        ),
        (
            r#"{"exchanges": [{"name": "e", "type": "ring", "durable": true,
                "auto_delete": false}]}"#
                .into(),
            "exchanges[0]: unknown exchange type 'ring'",
        ),
        (
            r#"{"vhosts": [{"name": "/", "limits": {"max-queues": 0}}], "queues": [
                {"name": "q", "durable": true, "auto_delete": false}]}"#
                .into(),
            "queues: Adding 1 queue(s) to virtual host \"/\" would exceed the limit of 0 \
             queue(s). This virtual host currently has 0 queue(s) defined. Import aborted!",
        ),
    ] {
        assert_eq!(imported(&text).expect_err("it is wrong"), error, "{text}");
    }
}

#[test]
fn what_came_before_an_error_stays() {
    let text = export().replace("60000", "-1");
    let mut topology = Topology::new(RabbitVersion::V3_10);
    let definitions = parse(&text).expect("the form is fine");
    assert!(definitions.import(&mut topology, "/", NodeId(0)).is_err());
    assert!(topology.exchange_id("/", "e1").is_some(), "exchanges come before queues");
    assert!(topology.queue_id("/", "q1").is_none());
}
