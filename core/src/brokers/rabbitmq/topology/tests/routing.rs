//! M1 to M21: routing.

use super::*;
use crate::brokers::rabbitmq::topology::ids::Destination;
use crate::brokers::rabbitmq::topology::route::{Why, delay, negate_delay};

/// Which of these binding keys match a key, in a topic exchange.
fn topics(bindings: &[&str], message: &'static str) -> Vec<String> {
    let mut topology = old();
    for binding in bindings {
        topology.bound("amq.topic", &format!("<{binding}>"), binding);
    }
    topology.sent("amq.topic", &key(message))
}

#[test]
fn m1_to_m6_topic_keys() {
    assert_eq!(topics(&["#", "*", ""], ""), ["<#>", "<>"]);
    assert!(topics(&[""], "a").is_empty());
    assert_eq!(topics(&["*.*"], "."), ["<*.*>"]);
    assert_eq!(topics(&["a.*"], "a."), ["<a.*>"]);
    assert_eq!(topics(&["a.#"], "a"), ["<a.#>"]);
    assert_eq!(topics(&["a.#.b", "a.#.*.b"], "a.b"), ["<a.#.b>"]);
    assert_eq!(topics(&["a.#.b"], "a..b"), ["<a.#.b>"]);
    assert_eq!(topics(&["a.#.*.b"], "a.x.b"), ["<a.#.*.b>"]);
    assert!(topics(&["#.b.#.b"], "b").is_empty());
    assert_eq!(topics(&["#.b.#.b"], "b.b").len(), 1);
    assert_eq!(topics(&["#.b.#.b"], "x.b.y.b").len(), 1);
    assert_eq!(topics(&["*.."], ".."), ["<*..>"]);
    assert!(topics(&["*.."], ".").is_empty());
    assert!(topics(&["a*", "**", "#a"], "ab").is_empty());
    assert!(topics(&["a"], "A").is_empty());
    assert_eq!(topics(&["a.#"], "a.#"), ["<a.#>"]);
    assert_eq!(topics(&["#.*", "*.#"], "a").len(), 2);
    assert!(topics(&["#.*", "*.#"], "").is_empty());
}

#[test]
fn m9_x_match_has_four_words() {
    let mut topology = old();
    topology.add_queue("q");
    let mut bind = |value: Value| {
        let bind = Bind::queue("amq.match", "q", "").with(table(&[("x-match", value)]));
        topology.bind("/", &bind, MINE)
    };
    assert_eq!(
        refused(bind(text("some"))),
        "406 PRECONDITION_FAILED - Invalid x-match field value <<\"some\">>; expected all, any, \
         all-with-x, or any-with-x"
    );
    assert!(refused(bind(text("ALL"))).starts_with("406"));
    assert_eq!(
        refused(bind(int(1))),
        "406 PRECONDITION_FAILED - Invalid x-match field type signedint (value 1); expected \
         longstr"
    );
    assert_eq!(bind(text("any-with-x")), Ok(true));
}

#[test]
fn m11_and_m12_fanout_and_the_default_exchange() {
    let mut topology = old();
    topology.bound("amq.fanout", "q", "whatever");
    assert_eq!(topology.sent("amq.fanout", &key("else")), ["q"]);
    let twice = Sent { cc: vec!["q".into()], ..key("q") };
    assert_eq!(topology.sent("", &twice), ["q"]);
    assert!(topology.sent("", &key("nobody")).is_empty());
}

#[test]
fn m13_bindings_that_differ_in_arguments_only() {
    let mut topology = old();
    topology.bound("amq.direct", "q", "k");
    let second = Bind::queue("amq.direct", "q", "k").with(table(&[("n", int(2))]));
    assert_eq!(topology.bind("/", &second, MINE), Ok(true));
    assert_eq!(topology.sent("amq.direct", &key("k")), ["q"]);
    topology.unbind("/", &second, MINE).expect("it is bound");
    assert_eq!(topology.sent("amq.direct", &key("k")), ["q"]);
    let first = Bind::queue("amq.direct", "q", "k");
    assert_eq!(topology.bind("/", &first, MINE), Ok(false), "the same binding again is none");
    topology.unbind("/", &first, MINE).expect("it is bound");
    assert!(topology.sent("amq.direct", &key("k")).is_empty());
}

#[test]
fn m14_and_m15_exchanges_bound_to_exchanges() {
    let mut topology = old();
    for name in ["X", "A", "B"] {
        topology.add_exchange(name, ExchangeType::Fanout);
    }
    for name in ["A", "B"] {
        topology.add_binding(Bind::exchange("X", name, ""));
        topology.bound(name, "q", "");
    }
    assert_eq!(topology.sent("X", &key("k")), ["q"], "a diamond");
    topology.add_binding(Bind::exchange("A", "X", ""));
    topology.add_binding(Bind::exchange("A", "A", ""));
    assert_eq!(topology.sent("X", &key("k")), ["q"], "and a cycle");
}

#[test]
fn m16_the_alternate_exchange() {
    let mut topology = old();
    topology.add_exchange("F", ExchangeType::Fanout);
    topology.bound("F", "strays", "");
    let with = |name: &str, alternate: &str| ExchangeDeclare {
        arguments: table(&[("alternate-exchange", text(alternate))]),
        ..ExchangeDeclare::durable(name, ExchangeType::Direct)
    };
    topology.declare_exchange("/", &with("X", "F")).expect("new");
    topology.bound("X", "q", "k");
    assert_eq!(topology.sent("X", &key("k")), ["q"]);
    assert_eq!(topology.sent("X", &key("other")), ["strays"]);
    // An exchange that leads nowhere is a match all the same.
    topology.add_exchange("dead end", ExchangeType::Direct);
    topology.add_binding(Bind::exchange("X", "dead end", "other"));
    assert!(topology.sent("X", &key("other")).is_empty());
    // Chains, cycles, and one that does not exist.
    topology.declare_exchange("/", &with("Y", "Z")).expect("new");
    assert!(topology.sent("Y", &key("k")).is_empty());
    topology.declare_exchange("/", &with("Z", "Y")).expect("new");
    assert!(topology.sent("Y", &key("k")).is_empty());
    topology.bound("Z", "at the end", "k");
    assert_eq!(topology.sent("Y", &key("k")), ["at the end"]);
}

#[test]
fn m17_keys_of_cc_and_bcc() {
    let mut topology = old();
    for name in ["a", "b", "c", "d"] {
        topology.bound("amq.direct", name, name);
    }
    let sent = Sent { cc: vec!["c".into()], bcc: vec!["b".into()], ..key("a") };
    assert_eq!(topology.sent("amq.direct", &sent), ["a", "b", "c"]);
    assert_eq!(topology.sent("", &sent), ["a", "b", "c"]);
}

#[test]
fn m19_internal_and_default_exchanges() {
    let mut topology = old();
    topology.add_queue("q");
    let internal =
        ExchangeDeclare { internal: true, ..ExchangeDeclare::durable("in", ExchangeType::Fanout) };
    topology.declare_exchange("/", &internal).expect("new");
    assert_eq!(
        refused(topology.exchange_to_publish("/", "in")),
        "403 ACCESS_REFUSED - cannot publish to internal exchange 'in' in vhost '/'"
    );
    assert_eq!(
        refused(topology.exchange_to_publish("/", "nope")),
        "404 NOT_FOUND - no exchange 'nope' in vhost '/'"
    );
    let bind = Bind::queue("", "q", "k");
    let text = "403 ACCESS_REFUSED - operation not permitted on the default exchange";
    assert_eq!(refused(topology.bind("/", &bind, MINE)), text);
    assert_eq!(refused(topology.unbind("/", &bind, MINE)), text);
    assert_eq!(refused(topology.delete_exchange("/", "", false)), text);
    let default = ExchangeDeclare::durable("", ExchangeType::Direct);
    assert_eq!(refused(topology.declare_exchange("/", &default)), text);
    let passive = ExchangeDeclare { passive: true, ..default };
    assert_eq!(refused(topology.declare_exchange("/", &passive)), text);
}

#[test]
fn m20_exchanges_that_delete_themselves() {
    let mut topology = old();
    topology.add_exchange("up", ExchangeType::Fanout);
    let auto = ExchangeDeclare {
        auto_delete: true,
        ..ExchangeDeclare::durable("auto", ExchangeType::Fanout)
    };
    topology.declare_exchange("/", &auto).expect("new");
    topology.add_binding(Bind::exchange("up", "auto", ""));
    let up = Bind::exchange("up", "auto", "");
    topology.unbind("/", &up, MINE).expect("it is bound");
    assert!(topology.exchange_id("/", "auto").is_some(), "as a destination it stays");
    topology.add_binding(up);
    topology.bound("auto", "q", "");
    let gone = topology.unbind("/", &Bind::queue("auto", "q", ""), MINE).expect("it is bound");
    assert_eq!(gone.exchanges.len(), 1);
    assert_eq!(gone.bindings.len(), 2, "its last binding, and the one that led to it");
    assert!(topology.exchange_id("/", "auto").is_none());
    assert!(topology.sent("up", &key("")).is_empty());
    // Also when the destination goes.
    topology.declare_exchange("/", &auto).expect("new");
    topology.bound("auto", "q", "");
    let queue = topology.queue_id("/", "q").expect("it is there");
    assert_eq!(topology.remove_queue(queue).exchanges[0].name, "auto".into());
}

#[test]
fn m21_and_equivalence_of_exchanges() {
    let mut topology = old();
    topology.add_exchange("X", ExchangeType::Topic);
    let again = ExchangeDeclare::durable("X", ExchangeType::Topic);
    let mut declare = |declare: ExchangeDeclare| topology.declare_exchange("/", &declare);
    let extra = table(&[("colour", text("red"))]);
    assert!(declare(ExchangeDeclare { arguments: extra, ..again.clone() }).is_ok());
    let other = table(&[("alternate-exchange", text("ae"))]);
    assert_eq!(
        refused(declare(ExchangeDeclare { arguments: other, ..again.clone() })),
        "406 PRECONDITION_FAILED - inequivalent arg 'alternate-exchange' for exchange 'X' in \
         vhost '/': received the value 'ae' of type 'longstr' but current is none"
    );
    assert_eq!(
        refused(declare(ExchangeDeclare { durable: false, ..again.clone() })),
        "406 PRECONDITION_FAILED - inequivalent arg 'durable' for exchange 'X' in vhost '/': \
         received 'false' but current is 'true'"
    );
    assert_eq!(
        refused(declare(ExchangeDeclare::durable("X", ExchangeType::Direct))),
        "406 PRECONDITION_FAILED - inequivalent arg 'type' for exchange 'X' in vhost '/': \
         received 'direct' but current is 'topic'"
    );
    let passive =
        ExchangeDeclare { passive: true, ..ExchangeDeclare::durable("X", ExchangeType::Direct) };
    assert!(declare(passive).is_ok(), "a passive declaration compares nothing");
}

#[test]
fn a_consistent_hash_exchange_sends_each_key_to_one_queue() {
    let mut topology = old();
    topology.add_exchange("hash", ExchangeType::ConsistentHash);
    for (queue, weight) in [("a", "1"), ("b", "3")] {
        topology.bound("hash", queue, weight);
    }
    // A second binding of a destination is ignored.
    topology.bound("hash", "a", "100");
    let (mut a, mut b) = (0, 0);
    let exchange = topology.exchange_id("/", "hash").expect("there");
    let properties = Properties::default();
    for n in 0..4000 {
        let routing_key: Name = format!("customer-{n}").into();
        let publish = Publish {
            routing_key: &routing_key,
            cc: &[],
            bcc: &[],
            properties: &properties,
            node: NodeId(0),
        };
        let routed = topology.route(exchange, &publish, |_| panic!("nothing is left to chance"));
        assert_eq!(routed.queues.len(), 1);
        match &*topology.queue(routed.queues[0]).name {
            "a" => a += 1,
            _ => b += 1,
        }
    }
    assert!((900..1100).contains(&a) && (2900..3100).contains(&b), "{a} and {b}, not 1 to 3");
    for (key, text) in [
        ("x", "The binding key must be an integer: <<\"x\">>"),
        ("0", "The binding key must be greater than 0"),
    ] {
        let refused = refused(topology.bind("/", &Bind::queue("hash", "a", key), MINE));
        assert_eq!(refused, format!("406 PRECONDITION_FAILED - {text}"));
    }
    // Unbinding takes all buckets of the destination, whichever of its bindings goes.
    topology.unbind("/", &Bind::queue("hash", "a", "100"), MINE).expect("bound");
    for n in ["1", "2", "3", "4", "5", "6", "7", "8"] {
        assert_eq!(topology.sent("hash", &key(n)), ["b"]);
    }
}

#[test]
fn a_consistent_hash_exchange_can_hash_a_header_or_a_property() {
    let by = |key: &str, value: &str| {
        let mut topology = old();
        let declare = ExchangeDeclare {
            arguments: table(&[(key, text(value))]),
            ..ExchangeDeclare::durable("hash", ExchangeType::ConsistentHash)
        };
        topology.declare_exchange("/", &declare).map(|_| {
            ["a", "b", "c"].into_iter().for_each(|queue| topology.bound("hash", queue, "10"));
            topology
        })
    };
    let topology = by("hash-header", "customer").expect("fine");
    let to = |n: i64| topology.sent("hash", &headers(&[("customer", int(n))]));
    assert_eq!(to(1), to(1));
    assert!((0..20).any(|n| to(n) != to(0)), "customers are spread");
    assert_eq!(topology.sent("hash", &key("x")), topology.sent("hash", &key("y")));
    let topology = by("hash-property", "correlation_id").expect("fine");
    let to = |id: &str| {
        let properties = Properties { correlation_id: Some(id.into()), ..Properties::default() };
        topology.sent("hash", &Sent { properties, ..Sent::default() })
    };
    assert!(["1", "2", "3", "4", "5"].into_iter().any(|id| to(id) != to("0")));
    assert_eq!(
        refused(by("hash-property", "priority").map(|_| ())),
        "406 PRECONDITION_FAILED - Unsupported property: priority"
    );
}

#[test]
fn exchanges_that_pick_ask_for_a_number_once() {
    let mut topology = Topology::new(RabbitVersion::V4);
    topology.add_exchange("random", ExchangeType::Random);
    topology.add_exchange("local", ExchangeType::LocalRandom);
    topology.add_exchange("modulus", ExchangeType::ModulusHash);
    for queue in ["a", "b", "c"] {
        topology.bound("random", queue, "");
        topology.bound("local", queue, "");
        topology.bound("modulus", queue, "");
    }
    assert_eq!(topology.sent("random", &key("k")), ["c"], "tests choose the last");
    let c = topology.queue_id("/", "c").expect("there");
    topology.set_home(c, NodeId(1));
    assert_eq!(topology.sent("local", &key("k")), ["b"], "c is on another node");
    assert_eq!(topology.sent("modulus", &key("k")).len(), 1);
    assert_eq!(
        refused(topology.bind("/", &Bind::queue("local", "a", "k"), MINE)),
        "406 PRECONDITION_FAILED - Non empty binding 'k' key not permitted"
    );
    let mut older = Topology::new(RabbitVersion::V3_13);
    assert_eq!(
        refused(
            older.declare_exchange("/", &ExchangeDeclare::durable("l", ExchangeType::LocalRandom))
        ),
        "503 COMMAND_INVALID - unknown exchange type 'x-local-random'"
    );
}

#[test]
fn a_delayed_exchange_keeps_what_asks_for_it() {
    let mut topology = old();
    let declare = |inner: Value| ExchangeDeclare {
        arguments: table(&[("x-delayed-type", inner)]),
        ..ExchangeDeclare::durable("later", ExchangeType::Delayed)
    };
    for (inner, code) in
        [(text("x-delayed-message"), "406"), (int(1), "406"), (text("nope"), "503")]
    {
        let refused = refused(topology.declare_exchange("/", &declare(inner)));
        assert!(refused.starts_with(code), "{refused}");
    }
    let later = topology.declare_exchange("/", &declare(text("topic"))).expect("new").id();
    topology.bound("later", "q", "a.*");
    let mut properties =
        Properties { headers: Some(table(&[("x-delay", int(5000))])), ..Properties::default() };
    let route = |properties: &Properties| {
        let key: Name = "a.b".into();
        let publish = Publish { routing_key: &key, cc: &[], bcc: &[], properties, node: NodeId(0) };
        topology.route(later, &publish, |_| 0)
    };
    let routed = route(&properties);
    assert!(routed.is_unroutable());
    assert_eq!(routed.delayed.to_vec(), [(later, 5000)]);
    negate_delay(properties.headers.as_mut().expect("it has one"));
    assert_eq!(route(&properties).queues.len(), 1, "at the deadline it is routed");
    for (value, expected) in [
        (text("20"), Some(20)),
        (decimal(205, 1), Some(20)),
        (int(0), None),
        (int(-5), None),
        (int(4_294_967_296), None),
        (text("soon"), None),
    ] {
        assert_eq!(delay(&table(&[("x-delay", value)])), expected);
    }
}

#[test]
fn an_explanation_names_the_binding_and_the_key() {
    let mut topology = old();
    topology.add_exchange("events", ExchangeType::Topic);
    topology.add_binding(Bind::exchange("events", "amq.fanout", "order.#"));
    topology.bound("amq.fanout", "audit", "");
    topology.bound("events", "audit", "*.paid");
    let events = topology.exchange_id("/", "events").expect("there");
    let audit = topology.queue_id("/", "audit").expect("there");
    let (routing_key, cc): (Name, [Name; 1]) = ("noise".into(), ["order.paid".into()]);
    let properties = Properties::default();
    let publish = Publish {
        routing_key: &routing_key,
        cc: &cc,
        bcc: &[],
        properties: &properties,
        node: NodeId(0),
    };
    let explanation = topology.explain(events, &publish, |_| 0);
    let [step] = explanation.way_to(audit)[..] else { panic!("the short way is one step") };
    let Why::Binding(binding, Some(by)) = &step.why else { panic!("a binding by a key") };
    assert_eq!((&*binding.key, &**by), ("*.paid", "order.paid"));
    assert_eq!(explanation.last_steps_to(audit).count(), 2, "there is a longer way too");
    assert!(explanation.way_to(QueueId(99)).is_empty());
    let through: Vec<_> = explanation.steps.iter().map(|step| step.to).collect();
    let fanout = topology.exchange_id("/", "amq.fanout").expect("there");
    assert!(through.contains(&Destination::Exchange(fanout)));
}

#[test]
fn direct_replies_are_no_queues() {
    let mut topology = old();
    topology.add_queue("q");
    let default = topology.exchange_id("/", "").expect("there");
    let reply: Name = "amq.rabbitmq.reply-to.g2dkAB.5".into();
    let (cc, properties) = (["q".into()], Properties::default());
    let publish = Publish {
        routing_key: &reply,
        cc: &cc,
        bcc: &[],
        properties: &properties,
        node: NodeId(0),
    };
    let routed = topology.route(default, &publish, |_| 0);
    assert_eq!(routed.direct_replies.to_vec(), [reply]);
    assert_eq!(routed.queues.len(), 1);
}
