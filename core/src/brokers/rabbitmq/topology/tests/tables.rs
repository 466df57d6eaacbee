//! The truth tables of topic and headers exchanges.

use super::*;

/// Keys of messages, and for each binding key which of them match.
const KEYS: [&str; 9] = ["", "a", "a.b", "a.", ".", "a..b", "a.x.b", "a.x.y.b", "#"];
const TOPIC: [(&str, &str); 18] = [
    ("", "100000000"),
    ("#", "111111111"),
    ("#.#", "111111111"),
    ("*", "010000001"),
    ("*.*", "001110000"),
    ("#.*", "011111111"),
    ("*.#", "011111111"),
    ("a.#", "011101110"),
    ("a.*", "001100000"),
    ("a.#.b", "001001110"),
    ("a.#.#.b", "001001110"),
    ("a.*.b", "000001100"),
    ("a.#.*.b", "000001110"),
    ("a..b", "000001000"),
    (".", "000010000"),
    ("*.#.*", "001111110"),
    ("#.a.#", "011101110"),
    ("a", "010000000"),
];

#[test]
fn topic_keys_match_as_in_the_table() {
    for (binding, row) in TOPIC {
        let mut topology = old();
        topology.bound("amq.topic", "q", binding);
        for (key, expected) in KEYS.into_iter().zip(row.chars()) {
            let matches = !topology.sent("amq.topic", &super::key(key)).is_empty();
            assert_eq!(matches, expected == '1', "binding {binding:?}, message {key:?}");
        }
    }
}

#[test]
fn all_rows_of_the_topic_table_at_once() {
    let mut topology = old();
    for (n, (binding, _)) in TOPIC.into_iter().enumerate() {
        topology.bound("amq.topic", &format!("q{n:02}"), binding);
    }
    for (column, key) in KEYS.into_iter().enumerate() {
        let expected: Vec<String> = TOPIC
            .iter()
            .enumerate()
            .filter(|(_, (_, row))| row.as_bytes()[column] == b'1')
            .map(|(n, _)| format!("q{n:02}"))
            .collect();
        assert_eq!(topology.sent("amq.topic", &super::key(key)), expected, "message {key:?}");
    }
}

/// Whether a message with these headers passes a binding with these arguments, by release.
fn passes(version: RabbitVersion, arguments: &[(&str, Value)], sent: &[(&str, Value)]) -> bool {
    let mut topology = Topology::new(version);
    topology.add_queue("q");
    topology.add_binding(Bind::queue("amq.headers", "q", "ignored").with(table(arguments)));
    !topology.sent("amq.headers", &headers(sent)).is_empty()
}

#[test]
fn headers_match_as_in_the_table() {
    let any = ("x-match", text("any"));
    let all = ("x-match", text("all"));
    let any_x = ("x-match", text("any-with-x"));
    let all_x = ("x-match", text("all-with-x"));
    let (a1, b2) = (("a", int(1)), ("b", int(2)));
    let x1 = ("x-foo", int(1));
    type Fields = Vec<(&'static str, Value)>;
    let rows: Vec<(Fields, Fields, bool)> = vec![
        (vec![], vec![], true),
        (vec![all.clone()], vec![], true),
        (vec![any.clone()], vec![a1.clone()], false),
        (vec![a1.clone(), b2.clone()], vec![a1.clone()], false),
        (vec![a1.clone()], vec![a1.clone(), ("b", int(9))], true),
        (vec![("a", Value::Void)], vec![("a", int(5))], true),
        (vec![("a", Value::Void)], vec![("b", int(5))], false),
        (vec![a1.clone()], vec![("a", text("1"))], false),
        (vec![a1.clone()], vec![("a", Value::Boolean(true))], false),
        (vec![any.clone(), a1.clone(), b2.clone()], vec![a1.clone()], true),
        (vec![any.clone(), a1.clone(), b2.clone()], vec![("a", int(2)), ("b", int(1))], false),
        (vec![all.clone(), x1.clone()], vec![], true),
        (vec![all.clone(), x1.clone()], vec![("x-foo", int(2))], true),
        (vec![any, x1.clone()], vec![x1.clone()], false),
        (vec![all_x.clone(), x1.clone()], vec![("x-foo", int(2))], false),
        (vec![any_x.clone(), x1.clone()], vec![x1], true),
        (vec![any_x], vec![b2.clone()], false),
        (vec![all_x], vec![b2], true),
        // M8: only a lower-case `x-` is set apart.
        (vec![("X-foo", int(1))], vec![], false),
        (vec![("x", int(1))], vec![], false),
        // M10: arrays in their order; only void stands for anything.
        (
            vec![("a", Value::Array(vec![int(1), int(2)]))],
            vec![("a", Value::Array(vec![int(2), int(1)]))],
            false,
        ),
        (vec![("a", text(""))], vec![("a", text("z"))], false),
        (vec![("a", text("z"))], vec![("a", text("Z"))], false),
    ];
    for (arguments, sent, expected) in rows {
        for version in RabbitVersion::ALL {
            let found = passes(version, &arguments, &sent);
            assert_eq!(found, expected, "{version:?}: {arguments:?} and {sent:?}");
        }
    }
}

#[test]
fn numbers_are_equal_by_the_release() {
    let (one, one_point, stamp) = (int(1), decimal(1, 0), Value::Timestamp(1));
    for (asked, sent, old, new) in [
        (one.clone(), one_point.clone(), true, false),
        (one_point.clone(), one.clone(), true, false),
        (one.clone(), decimal(15, 1), false, false),
        (one.clone(), stamp.clone(), true, false),
        // Since 3.13 a message's timestamp counts in milliseconds, a binding's does not.
        (int(1000), stamp.clone(), false, true),
        (stamp, one, true, true),
        (one_point.clone(), one_point, true, true),
    ] {
        let check = |version, expected| {
            let found = passes(version, &[("a", asked.clone())], &[("a", sent.clone())]);
            assert_eq!(found, expected, "{version:?}: {asked:?} and {sent:?}");
        };
        check(RabbitVersion::V3_10, old);
        check(RabbitVersion::V3_13, new);
        check(RabbitVersion::V4, new);
    }
}
