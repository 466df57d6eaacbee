//! The reference scenario of the Kafka family, run as `mqlab` runs it: three brokers, three
//! replicas, `acks=all`, one record a batch. Ten producers send a record a millisecond each, so that
//! about five records are on their way at a time; one consumer commits what it has handled.
//!
//! What users have is on: causes, the trace ring, the digest, keyed choices, connections that keep
//! order, fault hooks, the ledger. Only the story is not kept, as in a sweep over seeds.

use crate::measure::{Done, Run, timed};
use mqlab::cluster::run::{Ended, Options, Prepared, play};
use mqlab::cluster::{Lab, build};
use mqlab::ledger::verdict::Verdict;
use mqlab::scenario::{Scenario, parse};
use std::fmt::Write;
use std::sync::Arc;

/// Producers of the scenario.
const PRODUCERS: u64 = 10;
/// Producers of [`full_world`], which is about logs and may take larger batches.
const FILLING: u64 = 4;

const HEAD: &str = r#"
[scenario]
system     = "kafka"
title.en   = "reference"
title.zh   = "参考"
seed       = 7
ends       = "{ends}ms"
max-events = 1000000000

[kafka]
brokers = 3

[[topic]]
name = "orders"
partitions = 1
replication-factor = 3
"#;

const PRODUCER: &str = r#"
[[producer]]
name   = "{name}"
to     = "orders"
config = { acks = "all", {batches}, "enable.idempotence" = true }
sends  = { count = {count}, every = "{every}", key = "customer-{n%100}" }
"#;

const CONSUMER: &str = r#"
[[consumer]]
name    = "billing-1"
group   = "billing"
from    = ["orders"]
config  = { "auto.offset.reset" = "earliest", "enable.auto.commit" = false }
handles = { takes = "1us", commit = "after" }

[expect]
this-run = ["lost == 0", "once == {messages}"]
"#;

/// The text of a lesson: a few messages and a minute of idle traffic.
pub const LESSON: &str = include_str!("../../scenarios/kafka/acks-one-leader-power-off.toml");

/// The text of the reference scenario with so many messages (rounded up to tens).
pub fn reference(messages: u64) -> String {
    let each = messages.div_ceil(PRODUCERS);
    // A record a millisecond from each producer, which is a little more than requests can carry,
    // and time for the last to be acknowledged, read and committed.
    let mut text = HEAD.replace("{ends}", &(each + each / 10 + 500).to_string());
    for n in 0..PRODUCERS {
        text += &producer(n, each, "1ms", "\"batch.size\" = 0");
    }
    text += &CONSUMER.replace("{messages}", &(each * PRODUCERS).to_string());
    text
}

fn producer(n: u64, count: u64, every: &str, batches: &str) -> String {
    let mut name = String::new();
    let _ = write!(name, "p{n}");
    PRODUCER
        .replace("{name}", &name)
        .replace("{batches}", batches)
        .replace("{count}", &count.to_string())
        .replace("{every}", every)
}

fn checked(name: &str, text: &str) -> Arc<Scenario> {
    let parsed = parse(name, text);
    match parsed.scenario {
        Some(scenario) => Arc::new(scenario),
        None => panic!("{name}: {:?}", parsed.diagnostics),
    }
}

/// A scenario, ready to be run.
pub fn prepared(text: &str) -> Prepared {
    Prepared::new(checked("reference", text), false)
}

/// One run of the reference scenario from the first event to the verdict. Building the world is
/// setting up and not counted, nor is tearing it down.
pub fn run(messages: u64) -> Run {
    timed(
        || {
            let scenario = checked("reference", &reference(messages));
            let prepared = Prepared::new(scenario.clone(), false);
            let world = prepared.lab(scenario.seed);
            (scenario, prepared, world)
        },
        |(scenario, prepared, world)| {
            let ended = play(world, None, scenario.max_events);
            assert_eq!(ended, Ended::AtEnd);
            let outcome = prepared.conclude(world, scenario.seed, ended);
            assert!(
                outcome.verdicts.iter().all(|v| v.verdict == Verdict::Passed),
                "something was lost"
            );
            let messages = messages.div_ceil(PRODUCERS) * PRODUCERS;
            Done { events: outcome.events, messages, checksum: outcome.digest }
        },
    )
}

/// So many seeds of a lesson, as a sweep plays it: a few messages and a minute of idle traffic.
pub fn lesson(runs: u64) -> Run {
    timed(
        || prepared(LESSON),
        |prepared| {
            let (mut events, mut checksum) = (0, 0);
            for seed in 0..runs {
                let outcome = prepared.run(Options { seed: Some(seed), ..Options::default() });
                assert_eq!(outcome.ended, Ended::AtEnd);
                events += outcome.events;
                checksum ^= outcome.digest;
            }
            Done { events, messages: 0, checksum }
        },
    )
}

/// A world in which each of three replicas holds so many records.
pub fn full_world(records: u64) -> Lab {
    let each = records.div_ceil(FILLING);
    let mut text = HEAD.replace("{ends}", &(each / 100 + 2_000).to_string());
    for n in 0..FILLING {
        text += &producer(n, each, "10us", "\"linger.ms\" = 1");
    }
    text += &CONSUMER.replace("{messages}", &(each * FILLING).to_string());
    let scenario = checked("full world", &text);
    let mut lab = build(&scenario, scenario.seed, false);
    while !lab.model.is_over() && lab.step() {}
    lab
}
