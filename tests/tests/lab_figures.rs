//! What the lab costs on a long run:
//! `cargo test --release -p mqlab-tests --test lab_figures -- --ignored --nocapture`, with the number
//! of events in `MQLAB_EVENTS`. Figures depend on the machine, so nothing is asserted about time.

use mqlab::cluster::build_for_lab;
use mqlab::cluster::run::play;
use mqlab::lab::{Lab, Target};
use std::time::{Duration, Instant};

/// A cluster of three under load, with no faults of its own.
fn load(messages: u32, every: &str) -> String {
    format!(
        r#"# A comment that stays.
[scenario]
system = "kafka"
title.en = "load"
title.zh = "load"
ends = "2000s"
seed = 3
max-events = 50_000_000
[kafka]
brokers = 3
[[topic]]
name = "orders"
partitions = 3
replication-factor = 3
config = {{ "min.insync.replicas" = 2 }}
[[producer]]
name = "checkout"
to = "orders"
config = {{ acks = "all" }}
sends = {{ count = {messages}, every = "{every}", key = "customer-{{n%7}}" }}
[[consumer]]
name = "billing-1"
group = "billing"
from = ["orders"]
config = {{ "auto.offset.reset" = "earliest", "enable.auto.commit" = false }}
handles = {{ takes = "1us", commit = "after" }}
[expect]
this-run = ["lost == 0"] # so far
"#
    )
}

fn at(sorted: &[Duration], permille: usize) -> Duration {
    sorted[(sorted.len() * permille / 1000).min(sorted.len() - 1)]
}

fn opened(text: &str) -> Lab {
    Lab::open("load", text).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// Numbers that look random and are the same every time.
fn random(n: u64) -> u64 {
    let z = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (z ^ z >> 29).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 11
}

fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    text.split_whitespace().nth(1).and_then(|n| n.parse().ok()).unwrap_or(0) * 4096
}

#[test]
#[ignore = "takes long; see the module text"]
fn seeking_in_ten_million_events() {
    let wanted: u64 =
        std::env::var("MQLAB_EVENTS").ok().and_then(|n| n.parse().ok()).unwrap_or(10_000_000);
    let text = load((wanted / 15) as u32, "5ms");
    let mut plain = build_for_lab(opened(&text).branches()[0].scenario(), 3);
    let empty = resident();
    let begun = Instant::now();
    play(&mut plain, None, wanted);
    let plain_time = begun.elapsed();
    let per_event = plain_time.as_nanos() / u128::from(plain.kernel.event().max(1));
    println!("plain run: {} events, {per_event} ns an event", plain.kernel.event());
    println!(
        "the world itself: {}/100 bytes an event",
        (resident() - empty) * 100 / plain.kernel.event()
    );

    let mut lab = opened(&text);
    let before = resident();
    let begun = Instant::now();
    lab.seek(Target::Event(wanted));
    let last = lab.position().event;
    println!("first pass: {last} events in {:?}, snapshots {:?}", begun.elapsed(), lab.snapshots());
    // In hundredths, because snapshots are to cost less than two bytes an event.
    println!("with snapshots: {}/100 bytes an event", (resident() - before) * 100 / last);

    let copies: Vec<_> = (0..200)
        .map(|_| {
            let begun = Instant::now();
            let copy = lab.state().clone();
            let taken = begun.elapsed();
            drop(copy);
            taken
        })
        .collect();
    println!("copy of the world: {:?}", copies.iter().min());

    let (mut seeks, mut backs) = (Vec::new(), Vec::new());
    for n in 0..300 {
        let event = random(n) % last;
        let begun = Instant::now();
        lab.seek(Target::Event(event));
        seeks.push(begun.elapsed());
        assert_eq!(lab.position().event, event);
        for _ in 0..5 {
            let begun = Instant::now();
            lab.step_back();
            backs.push(begun.elapsed());
        }
    }
    seeks.sort_unstable();
    backs.sort_unstable();
    for (name, sorted) in [("seek", &seeks), ("one step back", &backs)] {
        let (p50, p99, most) = (at(sorted, 500), at(sorted, 990), at(sorted, 1000));
        println!("{name}: p50 {p50:?} p99 {p99:?} max {most:?}");
    }
}
