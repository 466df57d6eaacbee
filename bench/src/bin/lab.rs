//! What the lab costs on a long run, held against its goals: seeking to a random moment, one step
//! back, explaining a message, snapshots in memory and time, and the picture of a moment.
//!
//! `lab [events=N] [every=N] [seeks=N]`; `every` is the distance of snapshots in events. Goals are
//! held against CPU time, which another process on the machine changes little; the time on the clock
//! stands beside it.

use cpu_time::ProcessTime;
use mqlab::cluster::build_for_lab;
use mqlab::cluster::run::play;
use mqlab::fact::MessageId;
use mqlab::lab::{Lab, Target};
use mqlab::story::Lang;
use mqlab::story::explain::life::life;
use mqlab::view::{Options, View};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use std::alloc::System;
use std::time::{Duration, Instant};

#[global_allocator]
static MEMORY: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Bytes in use, without what the allocator adds of its own.
fn live() -> u64 {
    let stats = MEMORY.stats();
    (stats.bytes_allocated - stats.bytes_deallocated) as u64
}

/// Three brokers under load: three partitions of three replicas, `acks=all`, a consumer that commits
/// what it has handled, and no faults.
fn load(messages: u64) -> String {
    format!(
        r#"
[scenario]
system = "kafka"
title.en = "load"
title.zh = "负载"
ends = "{seconds}s"
seed = 3
max-events = 1000000000
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
sends = {{ count = {messages}, every = "2ms", key = "customer-{{n%7}}" }}
[[consumer]]
name = "billing-1"
group = "billing"
from = ["orders"]
config = {{ "auto.offset.reset" = "earliest", "enable.auto.commit" = false }}
handles = {{ takes = "1us", commit = "after" }}
[expect]
this-run = ["lost == 0"]
"#,
        seconds = messages / 500 + 2
    )
}

fn opened(text: &str, every: Option<u64>) -> Lab {
    let lab = Lab::open("load", text).unwrap_or_else(|problems| panic!("{problems:?}"));
    match every {
        Some(events) => lab.with_snapshots_every(events),
        None => lab,
    }
}

/// Numbers that look random and are the same every time.
fn random(n: u64) -> u64 {
    let z = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (z ^ (z >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 11
}

/// Prints how a figure stands to its goal; `true` if it reaches it.
fn verdict(reached: bool, text: &str) -> bool {
    println!("{} {text}", if reached { "PASS " } else { "short" });
    reached
}

/// How long something took, many times: on the clock, and of the processor.
#[derive(Default)]
struct Times {
    clock: Vec<Duration>,
    processor: Vec<Duration>,
}

impl Times {
    fn take<R>(&mut self, work: impl FnOnce() -> R) -> R {
        let (start, working) = (Instant::now(), ProcessTime::now());
        let result = work();
        self.processor.push(working.elapsed());
        self.clock.push(start.elapsed());
        result
    }

    /// Prints median, p99 and largest; the p99 of the processor's time, in milliseconds.
    fn spread(mut self, name: &str) -> f64 {
        let mut p99 = 0.0;
        for (which, times) in [("clock", &mut self.clock), ("CPU", &mut self.processor)] {
            times.sort_unstable();
            let at = |permille: usize| times[(times.len() * permille / 1000).min(times.len() - 1)];
            let [median, high, largest] = [at(500), at(990), at(1000)];
            println!("{name:<28}{which:>6}{median:>12.2?}{high:>12.2?}{largest:>12.2?}");
            p99 = high.as_secs_f64() * 1e3;
        }
        p99
    }
}

struct Wanted {
    events: u64,
    every: Option<u64>,
    seeks: u64,
}

/// What a run of so many events costs without a lab: CPU time and memory of the world.
fn plainly(text: &str, events: u64) -> (Duration, u64) {
    let lab = opened(text, None);
    let scenario = lab.branches()[0].scenario().clone();
    drop(lab);
    let before = live();
    let mut state = build_for_lab(&scenario, scenario.seed);
    let start = ProcessTime::now();
    play(&mut state, None, events);
    let taken = start.elapsed();
    assert_eq!(state.kernel.event(), events, "the scenario is too short");
    (taken, live() - before)
}

fn measure(wanted: &Wanted) -> bool {
    let Wanted { events, every, seeks } = *wanted;
    let text = load(events / 13);
    let (plain, world) = plainly(&text, events);
    println!(
        "{events} events without a lab: {:.0} ns an event, {:.2} bytes an event",
        plain.as_nanos() as f64 / events as f64,
        world as f64 / events as f64
    );

    let mut targets: Vec<u64> = (0..seeks).map(|n| random(n) % events).collect();
    targets.sort_unstable();
    let mut lab = opened(&text, every);
    let start = ProcessTime::now();
    let mut expected = Vec::new();
    for &target in &targets {
        lab.seek(Target::Event(target));
        expected.push((target, lab.digest()));
    }
    lab.seek(Target::Event(events));
    let first = start.elapsed();
    println!(
        "first pass of the lab: {:.0} ns an event, snapshots {:?}",
        first.as_nanos() as f64 / events as f64,
        lab.snapshots()
    );

    let mut without = opened(&text, Some(u64::MAX));
    let start = ProcessTime::now();
    for &target in &targets {
        without.seek(Target::Event(target));
    }
    without.seek(Target::Event(events));
    let bare = start.elapsed();
    drop(without);

    println!("{:<34}{:>12}{:>12}{:>12}", "", "median", "p99", "largest");
    // In an order that has nothing to do with where they are.
    let mut order: Vec<usize> = (0..expected.len()).collect();
    order.sort_by_key(|&at| random(at as u64 + 77));
    let (mut seeking, mut back, mut views) = <(Times, Times, Times)>::default();
    let mut wrong = 0;
    for at in order {
        let (event, digest) = expected[at];
        seeking.take(|| lab.seek(Target::Event(event)));
        wrong += u64::from(lab.digest() != digest);
        for _ in 0..5 {
            back.take(|| lab.step_back());
        }
        views.take(|| std::hint::black_box(View::of(lab.state(), &Options::default())));
    }
    for _ in 0..10_000 {
        back.take(|| lab.step_back());
    }
    let seek = seeking.spread("seek to a random moment");
    let back = back.spread("one step back");
    let view = views.spread("the picture of a moment");
    lab.seek(Target::Event(events));
    // One message is sent every two milliseconds; the last ones may still be on their way.
    let explain = explained(&lab, lab.position().time.0 / 2_000_000 - 10);
    lab.seek(Target::Event(events));
    let kept = lab.state().clone();
    let full = live();
    drop(lab);
    let snapshots = full - live();
    drop(kept);

    let each = snapshots as f64 / events as f64;
    let share = 100.0 * (first.as_secs_f64() - bare.as_secs_f64()) / bare.as_secs_f64();
    verdict(seek <= 8.0, &format!("seek p99 {seek:.2} ms; goal at most 8"))
        & verdict(back <= 1.0, &format!("step back p99 {back:.3} ms; goal at most 1"))
        & verdict(explain <= 1e3, &format!("explaining p99 {explain:.1} ms; goal at most 1000"))
        & verdict(wrong == 0, &format!("{wrong} of {seeks} seeks differ from the first pass"))
        & verdict(each <= 2.0, &format!("snapshots take {each:.2} bytes an event; goal at most 2"))
        & verdict(share <= 2.0, &format!("snapshots take {share:.2} % of the time; goal at most 2"))
        & verdict(view <= 1.0, &format!("a picture takes {view:.3} ms; goal at most 1"))
}

/// Explains messages of a run that has been played to its end; the p99 in milliseconds.
fn explained(lab: &Lab, messages: u64) -> f64 {
    let scenario = lab.branches()[0].scenario().clone();
    let mut times = Times::default();
    for n in 0..100 {
        let message = MessageId((random(n + 5) % messages) as u32);
        let told = times.take(|| life(&scenario, &lab.account_of(message), message, Lang::En));
        assert!(told.moments.len() > 5, "{told:?}");
    }
    times.spread("explaining a message")
}

fn main() -> std::process::ExitCode {
    let mut wanted = Wanted { events: 10_000_000, every: None, seeks: 1_000 };
    for argument in std::env::args().skip(1) {
        let (key, value) = argument.split_once('=').unwrap_or((&argument, ""));
        match (key, value.replace('_', "").parse()) {
            ("events", Ok(events)) => wanted.events = events,
            ("every", Ok(events)) => wanted.every = Some(events),
            ("seeks", Ok(seeks)) => wanted.seeks = seeks,
            _ => {
                eprintln!("{argument}? I know events=N, every=N and seeks=N");
                return 2.into();
            }
        }
    }
    if measure(&wanted) { 0.into() } else { 1.into() }
}
