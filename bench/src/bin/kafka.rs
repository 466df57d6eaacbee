//! The Kafka family's reference scenario beside anysystem's W3 and a bare queue, a copy of a full
//! cluster, and a sweep over seeds, each held against its goal.
//!
//! `kafka [reference] [clone] [sweep] [rounds=N]`

use cpu_time::ProcessTime;
use mqlab::cluster::run::{Options, Prepared};
use mqlab_bench::measure::{Run, Workload, median, min};
use mqlab_bench::{bare, kafka};
use std::hint::black_box;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Messages of the reference scenario in each round.
const MESSAGES: u64 = 100_000;
/// Pops and pushes of the bare queue in each round.
const BARE_EVENTS: u64 = 1_000_000;
/// Records in each replica of the world that is copied.
const RECORDS: u64 = 1_000_000;
/// Copies taken of it, each after it has gone on a little.
const COPIES: usize = 101;
/// Messages of a run of the sweep: some 10,000 events.
const SWEEP_MESSAGES: u64 = 1_900;
/// Runs of the sweep.
const SWEEP_RUNS: u64 = 400;

fn nanos_per_message(run: &Run) -> f64 {
    run.cpu.as_secs_f64() * 1e9 / run.done.messages as f64
}

/// Prints how a figure stands to its goal; `true` if it reaches it.
fn verdict(reached: bool, text: &str) -> bool {
    println!("{} {text}", if reached { "PASS " } else { "short" });
    reached
}

fn reference(rounds: usize) -> bool {
    let (mut ours, mut heap) = (Vec::new(), Vec::new());
    #[cfg_attr(not(feature = "anysystem"), allow(unused_mut))]
    let mut anysystem: Vec<f64> = Vec::new();
    let mut events = 0.0;
    for _ in 0..rounds {
        let run = kafka::run(MESSAGES);
        events = run.done.events as f64 / run.done.messages as f64;
        ours.push(nanos_per_message(&run));
        heap.push(bare::run(Workload::Log, BARE_EVENTS).nanos_per_event());
        #[cfg(feature = "anysystem")]
        anysystem
            .push(nanos_per_message(&mqlab_bench::peers::anysystem::run(Workload::Log, 20_000)));
    }
    println!(
        "Kafka reference scenario, {MESSAGES} messages, {events:.2} events each; CPU time, \
         {rounds} interleaved rounds"
    );
    println!("{:<34}{:>12}{:>12}", "ns", "min", "median");
    let line = |name: &str, series: &[f64]| {
        println!("{name:<34}{:>12.1}{:>12.1}", min(series), median(series));
    };
    line("Kafka, an acknowledged message", &ours);
    line("bare BinaryHeap, a pop and push", &heap);
    if !anysystem.is_empty() {
        line("anysystem, a message of W3", &anysystem);
    }
    println!("{:.0} acknowledged messages a second", 1e9 / median(&ours));
    let queue = median(&ours) / median(&heap);
    let mut reached = verdict(
        queue <= 50.0,
        &format!("a message costs {queue:.1} x a bare pop and push; goal at most 50"),
    );
    if anysystem.is_empty() {
        println!("anysystem is left out: build with --features anysystem");
    } else {
        let ratio = median(&anysystem) / median(&ours);
        reached &= verdict(
            ratio >= 10.0,
            &format!("{ratio:.2} x the messages a second of anysystem's W3; goal 10"),
        );
    }
    reached
}

fn clone() -> bool {
    let mut lab = kafka::full_world(RECORDS);
    let (mut copying, mut dropping) = (Vec::new(), Vec::new());
    for _ in 0..COPIES {
        for _ in 0..100 {
            lab.step();
        }
        let start = ProcessTime::now();
        let copy = black_box(lab.clone());
        copying.push(start.elapsed().as_secs_f64() * 1e6);
        let start = ProcessTime::now();
        drop(copy);
        dropping.push(start.elapsed().as_secs_f64() * 1e6);
    }
    println!("\nA copy of a world with three replicas of {RECORDS} records");
    println!("{:<34}{:>12}{:>12}", "microseconds", "min", "median");
    println!("{:<34}{:>12.1}{:>12.1}", "copy", min(&copying), median(&copying));
    println!("{:<34}{:>12.1}{:>12.1}", "drop", min(&dropping), median(&dropping));
    let copy = median(&copying);
    verdict(copy <= 20.0, &format!("a copy takes {copy:.1} microseconds; goal at most 20"))
}

/// Digests of all runs by seed, events in all, wall and CPU seconds.
fn sweep_on(threads: usize, prepared: &Prepared) -> (Vec<u64>, u64, f64, f64) {
    let digests = Mutex::new(vec![0; SWEEP_RUNS as usize]);
    let (next, events) = (AtomicU64::new(0), AtomicU64::new(0));
    let (wall, cpu) = (Instant::now(), ProcessTime::now());
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= SWEEP_RUNS {
                        break;
                    }
                    let run = prepared.run(Options { seed: Some(seed), ..Options::default() });
                    events.fetch_add(run.events, Ordering::Relaxed);
                    if let Ok(mut digests) = digests.lock() {
                        digests[seed as usize] = run.digest;
                    }
                }
            });
        }
    });
    let (wall, cpu) = (wall.elapsed().as_secs_f64(), cpu.elapsed().as_secs_f64());
    (digests.into_inner().unwrap_or_default(), events.into_inner(), wall, cpu)
}

fn sweep(rounds: usize) -> bool {
    let lesson = kafka::prepared(kafka::LESSON);
    let reference = kafka::prepared(&kafka::reference(SWEEP_MESSAGES));
    let lesson = sweep_of("a lesson, runs of 2,467 events", &lesson, rounds);
    sweep_of("the reference scenario", &reference, rounds) && lesson
}

fn sweep_of(name: &str, prepared: &Prepared, rounds: usize) -> bool {
    let (mut by_wall, mut by_cpu, mut efficiency) = (Vec::new(), Vec::new(), Vec::new());
    let mut same = true;
    for _ in 0..rounds {
        let (one, events, _, cpu_one) = sweep_on(1, prepared);
        let (two, _, wall, cpu_two) = sweep_on(2, prepared);
        same &= one == two;
        // The goal speaks of runs of exactly 10,000 events.
        let runs = events as f64 / 10_000.0;
        by_wall.push(runs / wall);
        by_cpu.push(2.0 * runs / cpu_two);
        efficiency.push(cpu_one / cpu_two);
    }
    println!("\nA sweep of {SWEEP_RUNS} seeds of {name}");
    println!("Runs of 10,000 events a second on two threads");
    println!("{:<34}{:>12.0}", "by the wall clock, median", median(&by_wall));
    println!("{:<34}{:>12.0}", "by CPU time, median", median(&by_cpu));
    let (runs, efficiency) = (median(&by_cpu), median(&efficiency));
    let fast = verdict(runs >= 2_000.0, &format!("{runs:.0} runs a second; goal 2000"));
    let efficient = verdict(
        efficiency >= 0.95,
        &format!("one thread needs {efficiency:.3} x the CPU time of two; goal 0.95"),
    );
    verdict(same, "results are the same on one thread and on two") && fast && efficient
}

fn main() -> std::process::ExitCode {
    let mut rounds = 7;
    let mut wanted = Vec::new();
    for argument in std::env::args().skip(1) {
        match argument.strip_prefix("rounds=").map(str::parse) {
            Some(Ok(given)) => rounds = given,
            None if ["reference", "clone", "sweep"].contains(&argument.as_str()) => {
                wanted.push(argument);
            }
            _ => {
                eprintln!("{argument}? I know reference, clone, sweep and rounds=N");
                return 2.into();
            }
        }
    }
    let wants = |name: &str| wanted.is_empty() || wanted.iter().any(|w| w == name);
    let mut all_reached = true;
    if wants("reference") {
        all_reached &= reference(rounds);
    }
    if wants("clone") {
        all_reached &= clone();
    }
    if wants("sweep") {
        all_reached &= sweep(rounds);
    }
    if all_reached { 0.into() } else { 1.into() }
}
