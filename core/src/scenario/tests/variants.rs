//! What-ifs, matrices and `--set`.

use super::{SMALL, assert_text, read, small, small_with};
use crate::brokers::kafka::settings::Acks;
use crate::kernel::Span;
use crate::scenario::model::CommitMode;
use crate::scenario::{apply_set, parse, render};

#[test]
fn a_what_if_changes_what_it_names() {
    let s = read(&small_with(
        r#"[[what-if]]
name = "many"
[what-if.set]
"producer.checkout.acks" = 1
"producer.checkout.sends.rate" = "10/s"
"topic.orders.min.insync.replicas" = 2
"topic.orders.partitions" = 4
"kafka.brokers" = 5
"kafka.truncation" = "high-watermark"
"broker.replica.lag.time.max.ms" = "7s"
"consumer.billing-1.handles.commit" = "before"
"network.latency" = "1ms"
"scenario.seed" = 9"#,
    ));
    let v = &s.what_ifs[0].scenario;
    assert_eq!(v.producers[0].config.acks, Acks::Leader);
    assert_eq!(v.producers[0].sends.every, Span::millis(100));
    assert_eq!(v.topics[0].config.min_insync_replicas, 2);
    assert_eq!((v.topics[0].partitions, v.kafka.brokers, v.seed), (4, 5, 9));
    assert_eq!(v.kafka.broker.replica_lag_time_max_ms, Span::secs(7));
    assert_eq!(v.consumers[0].handles.commit, CommitMode::Before);
    assert_eq!(v.latency.high, Span::millis(1));
    assert_eq!(s.what_ifs[0].set.len(), 10);
    assert_eq!(s.producers[0].config.acks, Acks::All, "the file itself is as before");
}

#[test]
fn a_what_if_can_leave_out_a_step() {
    let s = read(&small_with(
        "[[step]]\nat = \"1s\"\ndo = \"crash\"\nnode = \"broker-1\"\nlabel = \"the-crash\"\n\
         [[what-if]]\nname = \"calm\"\nwithout = [\"the-crash\"]\nexpect = [\"lost == 0\"]",
    ));
    assert_eq!((s.steps.len(), s.what_ifs[0].scenario.steps.len()), (1, 0));
}

#[test]
fn a_what_if_can_change_a_step() {
    let s = read(&small_with(
        "[[step]]\nat = \"1s\"\ndo = \"crash\"\nnode = \"broker-1\"\nlabel = \"the-crash\"\n\
         [[what-if]]\nname = \"later\"\nset = { \"step.the-crash.after\" = \"committed m2\" }",
    ));
    assert_ne!(s.steps[0].trigger, s.what_ifs[0].scenario.steps[0].trigger);
}

#[test]
fn a_matrix_has_every_combination_and_tells_refused_ones() {
    let s = read(&small("sends =", "config = { \"enable.idempotence\" = true }\nsends =").replace(
        "[expect]",
        r#"[matrix]
expect = ["lost == 0"]
[[matrix.axis]]
setting = "producer.checkout.acks"
label = "acks"
values = [1, "all"]
[[matrix.axis]]
setting = "topic.orders.min.insync.replicas"
label = "min ISR"
values = [1, 2, 3]
[[matrix.cell]]
when = { acks = "all", "min ISR" = 3 }
expect = ["lost == 0", "acknowledged == 6"]

[expect]"#,
    ));
    let matrix = s.matrix.expect("a matrix");
    let values: Vec<String> = matrix.cells.iter().map(|c| c.values.join(" ")).collect();
    assert_eq!(values, ["1 1", "1 2", "1 3", "all 1", "all 2", "all 3"]);
    let expected: Vec<usize> = matrix.cells.iter().map(|c| c.expect.len()).collect();
    assert_eq!(expected, [0, 0, 0, 1, 1, 2]);
    let refused = matrix.cells[0].scenario.as_ref().expect_err("idempotence needs acks=all");
    assert!(refused.contains("Must set acks to all"), "{refused}");
    let last = matrix.cells[5].scenario.as_ref().expect("a scenario");
    assert_eq!(last.topics[0].config.min_insync_replicas, 3);
}

#[test]
fn set_keeps_comments_and_layout() {
    let text = small("sends =", "config = { acks = 1, linger.ms = 3 } # the old way\nsends =");
    let changes = [
        ("producer.checkout.acks", "all"),
        ("producer.checkout.linger.ms", "5ms"),
        ("producer.checkout.retries", "0"),
        ("topic.orders.min.insync.replicas", "2"),
        ("kafka.version", "3.7"),
        ("network.latency", "[\"1ms\", \"2ms\"]"),
        ("consumer.billing-1.handles.commit", "after"),
    ];
    let changed = apply_set(&text, &changes).expect("all addresses are right");
    assert_text("set", &changed);
    let s = read(&changed);
    assert_eq!(s.producers[0].config.acks, Acks::All);
    assert_eq!(s.producers[0].config.linger_ms, Span::millis(5));
    assert_eq!(s.topics[0].config.min_insync_replicas, 2);
}

#[test]
fn set_tells_wrong_addresses() {
    let wrong = apply_set(SMALL, &[("producer.chekout.acks", "1"), ("linger.ms", "5"), ("x", "1")])
        .expect_err("no such addresses");
    let told: Vec<String> = wrong.iter().map(|d| render(d, SMALL, "--set", false)).collect();
    assert_text("set_wrong", &told.join("\n\n"));
}

#[test]
fn set_and_what_if_agree() {
    for (address, value) in [
        ("producer.checkout.acks", "1"),
        ("kafka.brokers", "4"),
        ("consumer.billing-1.fetch.max.wait.ms", "10"),
        ("disk.sync", "\"9ms\""),
    ] {
        let by_set = apply_set(SMALL, &[(address, value)]).map(|t| read(&t)).expect("right");
        let text =
            small_with(&format!("[[what-if]]\nname = \"a\"\nset = {{ \"{address}\" = {value} }}"));
        let by_what_if = read(&text).what_ifs.remove(0).scenario;
        assert_eq!(by_set.kafka, by_what_if.kafka);
        assert_eq!(by_set.producers, by_what_if.producers);
        assert_eq!(by_set.consumers, by_what_if.consumers);
        assert_eq!(by_set.disk, by_what_if.disk);
    }
}

#[test]
fn variants_cannot_exhaust_memory() {
    let values: Vec<String> = (1..=1000).map(|n| n.to_string()).collect();
    let text = small("partitions = 2", "partitions = 9000")
        + &format!(
            "[matrix]\nexpect = [\"lost == 0\"]\n[[matrix.axis]]\n\
             setting = \"producer.checkout.linger.ms\"\nvalues = [{}]\n",
            values.join(", ")
        );
    let parsed = parse("test", &text);
    assert!(parsed.diagnostics.iter().any(|d| d.code == "too-large"));
}
