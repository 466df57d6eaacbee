//! What holds for any bindings, in any order.

use super::*;
use proptest::prelude::*;

/// Words that make collisions: wildcards, empty words, words that look like wildcards.
fn word() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["a", "b", "c", "", "*", "#", "**"])
}

fn topic_key() -> impl Strategy<Value = String> {
    prop::collection::vec(word(), 0..5).prop_map(|words| words.join("."))
}

/// The definition, word by word (§2.5.4).
fn defined(pattern: &[&str], key: &[&str]) -> bool {
    match (pattern, key) {
        ([], []) => true,
        (["#", rest @ ..], key) => {
            defined(rest, key) || matches!(key, [_, tail @ ..] if defined(pattern, tail))
        }
        (["*", rest @ ..], [_, tail @ ..]) => defined(rest, tail),
        ([literal, rest @ ..], [word, tail @ ..]) => literal == word && defined(rest, tail),
        _ => false,
    }
}

fn split(key: &str) -> Vec<&str> {
    if key.is_empty() { Vec::new() } else { key.split('.').collect() }
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Void),
        (0i64..3).prop_map(Value::Integer),
        (0i64..3).prop_map(Value::Timestamp),
        (0i64..30).prop_map(|n| if n % 10 == 0 { decimal(n / 10, 0) } else { decimal(n, 1) }),
        any::<bool>().prop_map(Value::Boolean),
        prop::sample::select(vec!["", "1", "x"]).prop_map(text),
    ]
}

fn fields() -> impl Strategy<Value = Vec<(&'static str, Value)>> {
    let name = prop::sample::select(vec!["a", "b", "x-c", "X-d"]);
    prop::collection::btree_map(name, value(), 0..4).prop_map(|map| map.into_iter().collect())
}

fn route(topology: &Topology, exchange: &str, key: &str, properties: &Properties) -> Vec<String> {
    let routing_key: Name = key.into();
    let publish =
        Publish { routing_key: &routing_key, cc: &[], bcc: &[], properties, node: NodeId(0) };
    let exchange = topology.exchange_id("/", exchange).expect("it is there");
    let routed = topology.route(exchange, &publish, |_| 0);
    routed.queues.iter().map(|id| topology.queue(*id).name.to_string()).collect()
}

/// Four queues, `q0` to `q3`, declared in this order.
fn with_queues(version: RabbitVersion) -> Topology {
    let mut topology = Topology::new(version);
    for n in 0..4 {
        topology.add_queue(&format!("q{n}"));
    }
    topology
}

fn queue(n: usize) -> String {
    format!("q{}", n % 4)
}

/// One change of the bindings of a topic exchange: bound if true, else unbound.
type Change = (bool, String, usize, i64);

proptest! {
    #[test]
    fn the_trie_is_the_recursive_definition(
        bindings in prop::collection::vec(topic_key(), 1..12),
        keys in prop::collection::vec(topic_key(), 1..6),
    ) {
        let mut topology = with_queues(RabbitVersion::V4);
        for (n, binding) in bindings.iter().enumerate() {
            topology.add_binding(Bind::queue("amq.topic", &queue(n), binding));
        }
        for key in keys {
            let mut expected: Vec<String> = bindings
                .iter()
                .enumerate()
                .filter(|(_, binding)| defined(&split(binding), &split(&key)))
                .map(|(n, _)| queue(n))
                .collect();
            expected.sort();
            expected.dedup();
            prop_assert_eq!(route(&topology, "amq.topic", &key, &Properties::default()), expected);
        }
    }

    #[test]
    fn direct_is_a_scan_for_the_key(
        bindings in prop::collection::vec(topic_key(), 0..12),
        key in topic_key(),
    ) {
        let mut topology = with_queues(RabbitVersion::V4);
        for (n, binding) in bindings.iter().enumerate() {
            topology.add_binding(Bind::queue("amq.direct", &queue(n), binding));
        }
        let mut expected: Vec<String> = (0..bindings.len())
            .filter(|n| bindings[*n] == key)
            .map(queue)
            .collect();
        expected.sort();
        expected.dedup();
        prop_assert_eq!(route(&topology, "amq.direct", &key, &Properties::default()), expected);
    }

    /// The other form of the rule: 3.10 merges two sorted lists, later releases look each argument
    /// up; both are one scan by the definition.
    #[test]
    fn headers_are_a_scan_of_the_arguments(
        bindings in prop::collection::vec((fields(), 0usize..5), 0..8),
        sent in fields(),
        version in prop::sample::select(RabbitVersion::ALL.to_vec()),
    ) {
        let words = ["all", "any", "all-with-x", "any-with-x"];
        let mut topology = with_queues(version);
        let mut expected = Vec::new();
        for (n, (arguments, mode)) in bindings.iter().enumerate() {
            let mut all = arguments.clone();
            if let Some(word) = words.get(*mode) {
                all.push(("x-match", text(word)));
            }
            topology.add_binding(Bind::queue("amq.headers", &queue(n), "").with(table(&all)));
            let with_x = *mode == 2 || *mode == 3;
            let mut verdicts = arguments
                .iter()
                .filter(|(name, _)| with_x || !name.starts_with("x-"))
                .map(|(name, asked)| {
                    let found = sent.iter().find(|(n, _)| n == name).map(|(_, v)| v);
                    found.is_some_and(|f| *asked == Value::Void || same(asked, f, version))
                });
            let passes = match mode % 2 {
                1 => verdicts.any(|v| v),
                _ => verdicts.all(|v| v),
            };
            if passes {
                expected.push(queue(n));
            }
        }
        expected.sort();
        expected.dedup();
        let properties = headers(&sent).properties;
        prop_assert_eq!(route(&topology, "amq.headers", "", &properties), expected);
    }

    /// Whatever was bound and unbound before, only the bindings that are left count; and nothing
    /// is left of what was unbound.
    #[test]
    fn unbinding_undoes_binding_in_any_order(
        changes in prop::collection::vec(
            (any::<bool>(), topic_key(), 0usize..4, 0i64..2), 0..60),
        keys in prop::collection::vec(topic_key(), 4),
    ) {
        let mut topology = with_queues(RabbitVersion::V4);
        let mut left: Vec<Change> = Vec::new();
        for (bound, key, n, argument) in changes {
            let bind = Bind::queue("amq.topic", &queue(n), &key)
                .with(table(&[("n", int(argument))]));
            let change = (true, key, n, argument);
            let was = left.iter().position(|c| *c == change);
            if bound {
                prop_assert_eq!(topology.bind("/", &bind, MINE), Ok(was.is_none()));
                if was.is_none() {
                    left.push(change);
                }
            } else {
                let removed = topology.unbind("/", &bind, MINE).expect("never an error");
                prop_assert_eq!(removed.bindings.len(), usize::from(was.is_some()));
                if let Some(at) = was {
                    left.remove(at);
                }
            }
        }
        // The same bindings, made in the opposite order in a store that saw nothing else.
        let mut fresh = with_queues(RabbitVersion::V4);
        for (_, key, n, argument) in left.iter().rev() {
            fresh.add_binding(Bind::queue("amq.topic", &queue(*n), key)
                .with(table(&[("n", int(*argument))])));
        }
        for key in &keys {
            let none = Properties::default();
            prop_assert_eq!(
                route(&topology, "amq.topic", key, &none),
                route(&fresh, "amq.topic", key, &none)
            );
        }
        for (_, key, n, argument) in left {
            let bind = Bind::queue("amq.topic", &queue(n), &key)
                .with(table(&[("n", int(argument))]));
            topology.unbind("/", &bind, MINE).expect("never an error");
        }
        let exchange = topology.exchange_id("/", "amq.topic").expect("there");
        prop_assert!(topology.bindings_of(exchange).next().is_none());
        let shape = |t: &Topology| format!("{:?}", t.exchanges[&exchange].index);
        let words = |shape: String| shape.split("next").next().map(str::to_string);
        let untouched = words(shape(&with_queues(RabbitVersion::V4)));
        prop_assert_eq!(words(shape(&topology)), untouched);
    }

    /// A network of exchanges of all kinds: index and explanation agree, and the order of
    /// bindings does not matter.
    #[test]
    fn a_network_routes_alike_however_it_was_built(
        bindings in prop::collection::vec((0usize..6, 0usize..10, topic_key()), 0..24),
        alternates in prop::collection::vec(prop::option::of(0usize..6), 6),
        key in topic_key(),
        start in 0usize..6,
    ) {
        let kinds = [
            ExchangeType::Direct,
            ExchangeType::Fanout,
            ExchangeType::Topic,
            ExchangeType::Random,
            ExchangeType::ModulusHash,
            ExchangeType::Topic,
        ];
        let build = |bindings: &[(usize, usize, String)]| {
            let mut topology = with_queues(RabbitVersion::V4);
            for (n, kind) in kinds.into_iter().enumerate() {
                let arguments = match alternates[n] {
                    Some(to) => table(&[("alternate-exchange", text(&format!("x{to}")))]),
                    None => Table::new(),
                };
                let declare =
                    ExchangeDeclare { arguments, ..ExchangeDeclare::durable(&format!("x{n}"), kind) };
                topology.declare_exchange("/", &declare).expect("new");
            }
            for (from, to, key) in bindings {
                let from = format!("x{from}");
                topology.add_binding(match to {
                    0..=3 => Bind::queue(&from, &queue(*to), key),
                    to => Bind::exchange(&from, &format!("x{}", to - 4), key),
                });
            }
            topology
        };
        let mut backwards = bindings.clone();
        backwards.reverse();
        let (one, two) = (build(&bindings), build(&backwards));
        let none = Properties::default();
        let from = format!("x{start}");
        let routed = route(&one, &from, &key, &none);
        prop_assert_eq!(&routed, &route(&two, &from, &key, &none));
        let routing_key: Name = key.as_str().into();
        let publish = Publish {
            routing_key: &routing_key,
            cc: &[],
            bcc: &[],
            properties: &none,
            node: NodeId(0),
        };
        let exchange = one.exchange_id("/", &from).expect("there");
        let explanation = one.explain(exchange, &publish, |_| 0);
        let reached = explanation.queues();
        let mut names: Vec<String> =
            reached.iter().map(|id| one.queue(*id).name.to_string()).collect();
        names.sort();
        prop_assert_eq!(names, routed);
        for id in reached {
            let way = explanation.way_to(id);
            prop_assert_eq!(way.first().expect("a way").from, exchange);
            for pair in way.windows(2) {
                prop_assert_eq!(
                    pair[0].to,
                    crate::brokers::rabbitmq::topology::ids::Destination::Exchange(pair[1].from)
                );
            }
        }
    }
}

/// Equality of a binding's value and a header's, spelt out by kinds.
fn same(asked: &Value, found: &Value, version: RabbitVersion) -> bool {
    let tenths = |value: &Value, of_message: bool| match value {
        Value::Integer(n) => Some(n * 10),
        Value::Timestamp(n) if of_message && version >= RabbitVersion::V3_13 => Some(n * 10_000),
        Value::Timestamp(n) => Some(n * 10),
        Value::Decimal { unscaled, scale } => {
            Some(if *scale == 0 { unscaled * 10 } else { *unscaled })
        }
        _ => None,
    };
    let fraction = |value: &Value| matches!(value, Value::Decimal { .. });
    match (tenths(asked, false), tenths(found, true)) {
        (Some(a), Some(b)) => {
            a == b && (version < RabbitVersion::V3_13 || fraction(asked) == fraction(found))
        }
        _ => asked == found,
    }
}
