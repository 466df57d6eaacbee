//! Applications that read, transform and write, under random faults: once every fault is over, each
//! message read has become exactly one message that a `read_committed` consumer has handled.
//!
//! The rules have the numbers of the Kafka reference, §12.3: I33 to I37.

use mqlab::brokers::kafka::log::Decision;
use mqlab::brokers::kafka::plan::Mutant;
use mqlab::cluster::run::Prepared;
use mqlab::cluster::{World, build};
use mqlab::fact::{LaneId, NodeId};
use mqlab_tests::{Dice, checked};
use std::fmt::Write as _;

/// Faults strike between 1 s and 20 s; at 40 s the last one is over.
const HEALED: u64 = 40_000;
const END: u64 = 150_000;
/// The lanes of `orders` and of `invoices`.
const LANES: u16 = 4;

fn schedule(number: u64) -> String {
    let mut dice = Dice(number);
    let mut text = format!(
        r#"
[scenario]
system = "kafka"
title.en = "random"
title.zh = "random"
ends = "{END}ms"
seed = {number}
[kafka]
version = "{version}"
broker = {{ "offsets.topic.num.partitions" = 2, "transaction.state.log.num.partitions" = 2, "transaction.abort.timed.out.transaction.cleanup.interval.ms" = 2000 }}
"#,
        version = dice.of(&["3.3", "3.9", "4.0"]),
    );
    for topic in ["orders", "invoices"] {
        let _ = write!(
            text,
            "[[topic]]\nname = \"{topic}\"\npartitions = 2\nreplication-factor = 3\n\
             config = {{ \"min.insync.replicas\" = 2 }}\n"
        );
    }
    let _ = write!(
        text,
        r#"
[[producer]]
name = "p"
to = "orders"
config = {{ "delivery.timeout.ms" = 200000 }}
sends = {{ count = 60, every = "300ms" }}
"#
    );
    for n in 1..=2 {
        let _ = write!(
            text,
            r#"
[[consumer]]
name = "c{n}"
group = "g"
from = ["orders"]
to = "invoices"
config = {{ "auto.offset.reset" = "earliest", "isolation.level" = "read_committed", "session.timeout.ms" = 6000, "max.poll.records" = {records} }}
producer = {{ "transactional.id" = "t{n}", "transaction.timeout.ms" = {timeout} }}
handles = {{ takes = "{takes}", commit = "transaction" }}
"#,
            records = dice.of(&["1", "5", "500"]),
            timeout = dice.of(&["4000", "10000", "60000"]),
            takes = dice.of(&["1ms", "30ms", "200ms"]),
        );
    }
    text.push_str(
        r#"
[[consumer]]
name = "audit"
from = ["invoices"]
config = { "auto.offset.reset" = "earliest", "isolation.level" = "read_committed" }
handles = { takes = "1ms", commit = "after" }
"#,
    );
    let mut at = 1_000;
    for _ in 0..1 + dice.roll(7) {
        at = (at + dice.roll(5_000)).min(20_000);
        fault(&mut text, &mut dice, at);
    }
    let _ = writeln!(
        text,
        "[[step]]\nat = \"{HEALED}ms\"\ndo = \"heal\"\nlink = [\"everyone\", \"everyone\"]"
    );
    // Who was fenced has ended, and is started again by whoever watches over it.
    for n in 1..=2 {
        let _ = writeln!(text, "[[step]]\nat = \"{HEALED}ms\"\ndo = \"restart\"\nnode = \"c{n}\"");
    }
    text.push_str("[expect]\nthis-run = [\"duplicate == 0\", \"lost == 0\", \"phantom == 0\", \"pending == 0\", \"unsent == 0\", \"lost-unacknowledged == 0\"]\n");
    text
}

fn fault(text: &mut String, dice: &mut Dice, at: u64) {
    let client = dice.of(&["c1", "c2"]).to_string();
    let broker = dice.of(&["broker-1", "broker-2", "broker-3"]).to_string();
    let lasts = dice.of(&["200ms", "2s", "8s", "15s"]);
    let back = at + [50, 1_000, 4_000][dice.roll(3) as usize];
    let mut step = |what: &str, more: &str, at: u64| {
        let _ = writeln!(text, "[[step]]\nat = \"{at}ms\"\ndo = \"{what}\"\n{more}");
    };
    let id = dice.of(&["t1", "t2"]);
    match dice.roll(7) {
        0 | 1 => {
            step("crash", &format!("node = \"{client}\""), at);
            step("restart", &format!("node = \"{client}\""), back);
        }
        2 => step("restart", &format!("node = \"{broker}\""), at),
        3 => step("restart", &format!("node = \"transaction-coordinator({id})\""), at),
        4 => step("pause", &format!("node = \"{client}\"\nfor = \"{lasts}\""), at),
        5 => step("cut", &format!("link = [\"{client}\", \"{broker}\"]\nfor = \"{lasts}\""), at),
        _ => step("reset", &format!("link = [\"{client}\", \"brokers\"]"), at),
    }
}

/// What must hold at any time.
fn check(world: &World, number: u64) {
    for lane in (0..LANES).map(LaneId) {
        for node in (0..3).map(NodeId) {
            let broker = world.node(node).and_then(|n| n.broker());
            let Some(partition) = broker.and_then(|b| b.partition(lane)) else { continue };
            let log = &partition.log;
            // I01, I35: the stable end is below the high watermark and below all that is open.
            let stable = log.last_stable_offset();
            assert!(stable <= log.high_watermark(), "{number}: {lane:?} on {node:?}");
            let open = log.transactions().into_iter().flat_map(|t| t.ongoing());
            for (producer, first) in open {
                assert!(stable <= first, "{number}: {producer} open at {first}, stable {stable}");
            }
        }
    }
}

fn run(number: u64) {
    let scenario = std::sync::Arc::new(checked("random", &schedule(number)));
    let mut lab = build(&scenario, number, true);
    let mut looked = 0;
    while lab.step() {
        looked += 1;
        if looked % 64 == 0 {
            check(&lab.model, number);
        }
        if lab.model.is_over() {
            break;
        }
    }
    check(&lab.model, number);
    // Every transaction has come to an end at every leader.
    for lane in (0..LANES).map(LaneId) {
        let broker = world_leader(&lab.model, lane);
        let Some(log) =
            broker.and_then(|n| lab.model.node(n)?.broker()?.partition(lane)).map(|p| &p.log)
        else {
            continue;
        };
        let open = log.transactions().map_or(0, |t| t.ongoing().count());
        assert_eq!(open, 0, "{number}: a transaction of {lane:?} never ended");
        let known = log.transactions();
        for batch in log.batches() {
            let Some(stamp) = batch.producer.filter(|s| s.transactional) else { continue };
            let decision = known.map(|t| t.decision(stamp.id, batch.base_offset));
            assert_ne!(decision, Some(Decision::Open), "{number}");
        }
    }
}

fn world_leader(world: &World, lane: LaneId) -> Option<NodeId> {
    world.resolve_one(mqlab::scenario::model::Role::Leader(lane))
}

fn failures(number: u64, mutant: Option<Mutant>) -> Vec<String> {
    let scenario = checked("random", &schedule(number));
    let prepared = match mutant {
        None => Prepared::new(scenario, false),
        Some(mutant) => Prepared::with_mutant(scenario, mutant),
    };
    let outcome = prepared.run(Default::default());
    let failed =
        |v: &&mqlab::ledger::verdict::Judged| v.verdict != mqlab::ledger::verdict::Verdict::Passed;
    outcome.verdicts.iter().filter(failed).map(|v| format!("{v:?}")).collect()
}

#[test]
fn every_input_becomes_exactly_one_committed_output() {
    for number in 0..40 {
        let failed = failures(number, None);
        assert!(failed.is_empty(), "{number}: {failed:#?}\n{}", schedule(number));
    }
}

#[test]
fn transactions_end_and_the_stable_end_waits_for_them() {
    (0..12).for_each(run);
}

#[test]
fn a_coordinator_without_markers_is_found_out() {
    let found = (0..10).any(|n| !failures(n, Some(Mutant::SkipsMarkers)).is_empty());
    assert!(found);
}
