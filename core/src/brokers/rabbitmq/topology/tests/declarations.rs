//! M22 to M37 and M43: declaring, deleting, and their errors.

use super::*;
use crate::brokers::rabbitmq::topology::queue::{DIRECT_REPLY, QueueType, server_named};

fn classic(arguments: &[(&str, Value)]) -> QueueDeclare {
    QueueDeclare::durable("q", table(arguments))
}

fn of_type(kind: &str, arguments: &[(&str, Value)]) -> QueueDeclare {
    let mut arguments = table(arguments);
    arguments.push(("x-queue-type".into(), text(kind)));
    QueueDeclare::durable("q", arguments)
}

#[test]
fn m22_to_m26_equivalence() {
    let mut topology = old();
    topology.declare(&classic(&[("x-message-ttl", int(60_000)), ("colour", text("red"))])).unwrap();
    let same = classic(&[("x-message-ttl", int(60_000))]);
    assert!(topology.declare(&same).is_ok(), "unknown arguments are not compared");
    assert_eq!(
        refused(topology.declare(&QueueDeclare { durable: false, ..same.clone() })),
        "406 PRECONDITION_FAILED - inequivalent arg 'durable' for queue 'q' in vhost '/': \
         received 'false' but current is 'true'"
    );
    assert_eq!(
        refused(topology.declare(&QueueDeclare { auto_delete: true, ..same.clone() })),
        "406 PRECONDITION_FAILED - inequivalent arg 'auto_delete' for queue 'q' in vhost '/': \
         received 'true' but current is 'false'"
    );
    assert_eq!(
        refused(topology.declare(&classic(&[]))),
        "406 PRECONDITION_FAILED - inequivalent arg 'x-message-ttl' for queue 'q' in vhost '/': \
         received none but current is the value '60000' of type 'signedint'"
    );
    assert_eq!(
        refused(topology.declare(&classic(&[("x-message-ttl", int(1))]))),
        "406 PRECONDITION_FAILED - inequivalent arg 'x-message-ttl' for queue 'q' in vhost '/': \
         received '1' but current is '60000'"
    );
    let typed = |kind| of_type(kind, &[("x-message-ttl", int(60_000))]);
    assert!(topology.declare(&typed("classic")).is_ok());
    assert!(refused(topology.declare(&typed("quorum"))).starts_with("406"));
    let passive = QueueDeclare { durable: false, auto_delete: true, ..QueueDeclare::passive("q") };
    assert!(topology.declare(&passive).is_ok());
}

#[test]
fn m27_to_m29_exclusive_queues() {
    let mut topology = old();
    let mine = QueueDeclare { exclusive: true, durable: false, ..classic(&[]) };
    let id = topology.declare(&mine).unwrap();
    assert!(!topology.queue(id).durable);
    let locked = "405 RESOURCE_LOCKED - cannot obtain exclusive access to locked queue 'q' in \
                  vhost '/'. It could be originally declared on another connection or the \
                  exclusive property value does not match that of the original declaration.";
    assert_eq!(refused(topology.declare_by(&mine, OTHER)), locked);
    assert_eq!(refused(topology.declare_by(&QueueDeclare::passive("q"), OTHER)), locked);
    assert_eq!(refused(topology.queue_to_use("/", "q", OTHER)), locked);
    assert_eq!(refused(topology.queue_to_delete("/", "q", OTHER, false, false)), locked);
    assert_eq!(refused(topology.bind("/", &Bind::queue("amq.fanout", "q", ""), OTHER)), locked);
    topology.add_binding(Bind::queue("amq.fanout", "q", ""));
    assert_eq!(refused(topology.unbind("/", &Bind::queue("amq.fanout", "q", ""), OTHER)), locked);
    assert_eq!(topology.sent("", &key("q")), ["q"], "publishing does not ask");
    assert!(topology.declare(&QueueDeclare { durable: true, ..mine.clone() }).is_ok());
    let not_exclusive = QueueDeclare { exclusive: false, ..mine };
    assert_eq!(refused(topology.declare(&not_exclusive)), locked, "also to the owner");
}

#[test]
fn m30_reserved_and_server_made_names() {
    let mut topology = old();
    assert_eq!(
        refused(topology.declare(&QueueDeclare::durable("amq.foo", Table::new()))),
        "403 ACCESS_REFUSED - queue name 'amq.foo' contains reserved prefix 'amq.*'"
    );
    let id = topology.declare(&QueueDeclare::durable("", Table::new())).unwrap();
    let name = topology.queue(id).name.clone();
    assert!(name.starts_with("amq.gen-") && name.len() == "amq.gen-".len() + 22, "{name}");
    assert_ne!(server_named(7), server_named(8));
    assert!(
        refused(topology.declare(&QueueDeclare::durable(&name, Table::new()))).starts_with("403")
    );
    assert!(topology.declare(&QueueDeclare::passive(&name)).is_ok());
    let exchange = ExchangeDeclare::durable("amq.foo", ExchangeType::Direct);
    assert_eq!(
        refused(topology.declare_exchange("/", &exchange)),
        "403 ACCESS_REFUSED - exchange name 'amq.foo' contains reserved prefix 'amq.*'"
    );
    let existing = ExchangeDeclare::durable("amq.direct", ExchangeType::Direct);
    assert!(topology.declare_exchange("/", &existing).is_ok());
    assert_eq!(
        refused(topology.delete_exchange("/", "amq.direct", false)),
        "403 ACCESS_REFUSED - deletion of system exchange 'amq.direct' in vhost '/' not allowed"
    );
    let reply = QueueDeclare::durable(DIRECT_REPLY, Table::new());
    let declared = topology.declare_queue("/", &reply, &DECLARER).unwrap();
    assert_eq!(declared, QueueDeclared::DirectReply(DIRECT_REPLY.into()));
}

#[test]
fn names_lose_line_breaks_and_have_255_bytes_at_most() {
    let mut topology = old();
    topology.declare(&QueueDeclare::durable("a\r\nb", Table::new())).unwrap();
    assert!(topology.queue_id("/", "ab").is_some());
    assert!(topology.declare(&QueueDeclare::durable(&"x".repeat(255), Table::new())).is_ok());
    let long = refused(topology.declare(&QueueDeclare::durable(&"x".repeat(256), Table::new())));
    assert!(long.starts_with("502"), "{long}");
}

#[test]
fn m31_what_is_missing() {
    let mut topology = old();
    assert_eq!(topology.queue_to_delete("/", "q", MINE, false, false), Ok(None));
    assert_eq!(topology.delete_exchange("/", "x", true), Ok(None));
    let missing = "404 NOT_FOUND - no queue 'q' in vhost '/'";
    assert_eq!(refused(topology.queue_to_use("/", "q", MINE)), missing);
    assert_eq!(refused(topology.declare(&QueueDeclare::passive("q"))), missing);
    assert_eq!(refused(topology.bind("/", &Bind::queue("amq.direct", "q", ""), MINE)), missing);
    assert_eq!(
        refused(topology.bind("/", &Bind::queue("x", "q", ""), MINE)),
        "404 NOT_FOUND - no exchange 'x' in vhost '/'",
        "the source is looked up first"
    );
    let removed = topology.unbind("/", &Bind::queue("x", "q", ""), MINE).unwrap();
    assert!(removed.is_empty());
}

#[test]
fn m32_to_m35_arguments() {
    let refuses = |declare: QueueDeclare, text: &str| {
        for version in RabbitVersion::ALL {
            let refused = refused(Topology::new(version).declare(&declare));
            let text = text.replace("{q}", "queue 'q' in vhost '/'");
            assert_eq!(refused, format!("406 PRECONDITION_FAILED - {text}"));
        }
    };
    for (argument, value, why) in [
        ("x-message-ttl", int(-1), "{value_negative,-1}"),
        ("x-message-ttl", text("5"), "\"expected integer, got longstr\""),
        ("x-message-ttl", decimal(15, 1), "\"expected integer, got double\""),
        ("x-message-ttl", int(315_360_000_001), "{value_too_large,315360000001}"),
        ("x-expires", int(0), "{value_zero,0}"),
        ("x-max-priority", int(256), "{max_value_exceeded,256}"),
        ("x-max-length", int(-1), "{value_negative,-1}"),
        ("x-overflow", text("drop-tail"), "invalid_overflow"),
        ("x-overflow", int(1), "{unacceptable_type,signedint}"),
        ("x-dead-letter-routing-key", text("k"), "routing_key_but_no_dlx_defined"),
        ("x-single-active-consumer", int(1), "{unacceptable_type,signedint}"),
        ("x-queue-mode", text("eager"), "\"unsupported queue mode 'eager'\""),
        ("x-queue-version", int(3), "\"unsupported queue version '3'\""),
        ("x-queue-type", text("best"), "\"unsupported queue type 'best'\""),
    ] {
        let text = format!("invalid arg '{argument}' for {{q}}: {why}");
        refuses(classic(&[(argument, value)]), &text);
    }
    refuses(
        classic(&[("x-dead-letter-exchange", int(1))]),
        "invalid type 'signedint' for arg 'x-dead-letter-exchange' in {q}",
    );
    let quorum = |arguments: &[(&str, Value)]| of_type("quorum", arguments);
    for (declare, key, module) in [
        (quorum(&[("x-max-priority", int(5))]), "x-max-priority", "quorum"),
        (quorum(&[("x-queue-mode", text("lazy"))]), "x-queue-mode", "quorum"),
        (classic(&[("x-delivery-limit", int(5))]), "x-delivery-limit", "classic"),
        (of_type("stream", &[("x-message-ttl", int(5))]), "x-message-ttl", "stream"),
    ] {
        let text = format!("invalid arg '{key}' for {{q}} of queue type rabbit_{module}_queue");
        refuses(declare, &text);
    }
    for kind in ["quorum", "stream"] {
        let declare = of_type(kind, &[]);
        for (wrong, property) in [
            (QueueDeclare { durable: false, ..declare.clone() }, "non-durable"),
            (QueueDeclare { exclusive: true, ..declare.clone() }, "exclusive-owner"),
            (QueueDeclare { auto_delete: true, ..declare.clone() }, "auto-delete"),
        ] {
            refuses(wrong, &format!("invalid property '{property}' for {{q}}"));
        }
        let text = format!("Cannot declare a server-named queue for type rabbit_{kind}_queue");
        refuses(QueueDeclare { name: "".into(), ..declare }, &text);
    }
    refuses(
        of_type("stream", &[("x-max-age", text("5x"))]),
        "invalid arg 'x-max-age' for {q}: invalid_max_age",
    );
    let fine = [("x-dead-letter-exchange", text("nobody")), ("x-expires", int(1))];
    assert!(old().declare(&classic(&fine)).is_ok(), "a missing DLX is no error");
}

#[test]
fn a_classic_queue_has_a_leader_locator_since_4() {
    let declare = classic(&[("x-queue-leader-locator", text("balanced"))]);
    assert!(Topology::new(RabbitVersion::V4).declare(&declare).is_ok());
    assert!(refused(Topology::new(RabbitVersion::V3_13).declare(&declare)).starts_with("406"));
}

#[test]
fn m36_and_m37_conditional_deletion() {
    let mut topology = old();
    topology.add_queue("c");
    topology.declare(&of_type("quorum", &[])).unwrap();
    let id = topology.queue_to_delete("/", "c", MINE, true, true).unwrap().unwrap();
    let queue = topology.queue(id);
    assert_eq!(queue.in_use().to_string(), "PRECONDITION_FAILED - queue 'c' in vhost '/' in use");
    assert_eq!(
        queue.not_empty().to_string(),
        "PRECONDITION_FAILED - queue 'c' in vhost '/' not empty"
    );
    let refused = refused(topology.queue_to_delete("/", "q", MINE, true, false));
    assert!(refused.starts_with("540 NOT_IMPLEMENTED - cannot delete queue 'q'"), "{refused}");
    topology.bound("amq.fanout", "c", "");
    topology.add_exchange("x", ExchangeType::Fanout);
    topology.add_binding(Bind::queue("x", "c", ""));
    assert_eq!(
        super::refused(topology.delete_exchange("/", "x", true)),
        "406 PRECONDITION_FAILED - exchange 'x' in vhost '/' in use"
    );
    let removed = topology.delete_exchange("/", "x", false).unwrap().unwrap();
    assert_eq!(removed.bindings.len(), 1);
    topology.add_exchange("x", ExchangeType::Fanout);
    assert!(topology.sent("x", &key("")).is_empty(), "a new one starts without bindings");
}

#[test]
fn m43_unknown_types_and_vhosts() {
    let mut topology = old();
    let declare = ExchangeDeclare {
        kind: "ring".into(),
        ..ExchangeDeclare::durable("x", ExchangeType::Direct)
    };
    assert_eq!(
        refused(topology.declare_exchange("/", &declare)),
        "503 COMMAND_INVALID - unknown exchange type 'ring'"
    );
    assert_eq!(refused(topology.vhost_or_refuse("v")), "530 NOT_ALLOWED - vhost v not found");
}

#[test]
fn a_vhost_limits_its_queues_and_may_have_a_default_type() {
    let mut topology = Topology::new(RabbitVersion::V4);
    topology.configure_vhost("/", |vhost| {
        vhost.max_queues = Some(2);
        vhost.default_queue_type = Some(QueueType::Quorum);
    });
    let id = topology.add_queue("a");
    assert_eq!(topology.queue(id).kind, QueueType::Quorum);
    let transient = QueueDeclare { exclusive: true, ..QueueDeclare::durable("b", Table::new()) };
    let id = topology.declare(&transient).unwrap();
    assert_eq!(topology.queue(id).kind, QueueType::Classic, "a quorum queue cannot be exclusive");
    assert_eq!(
        refused(topology.declare(&QueueDeclare::durable("c", Table::new()))),
        "406 PRECONDITION_FAILED - cannot declare queue 'c': queue limit in vhost '/' (2) is \
         reached"
    );
    assert!(topology.declare(&QueueDeclare::durable("a", Table::new())).is_ok());
}
