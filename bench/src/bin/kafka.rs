//! The Kafka family's reference scenario beside anysystem's W3 and a bare queue, a copy of a full
//! cluster, and a sweep over seeds, each held against its goal.
//!
//! `kafka [reference] [clone] [sweep] [rounds=N] [together]`
//!
//! Each run of the reference scenario and of what it is compared with has a process of its own, all
//! of whose CPU time counts, as in `mqlab-bench`. With `together` they share this one and only the
//! run counts.

use cpu_time::ProcessTime;
use mqlab::cluster::run::{Options, Prepared};
use mqlab_bench::apart::{self, run_apart};
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

/// What is compared in the reference scenario.
struct Contestant {
    /// Its name on the command line of its own process.
    name: &'static str,
    title: &'static str,
    run: fn() -> Run,
    /// What one unit of its work costs.
    cost: fn(&Run) -> f64,
}

const KAFKA: Contestant = Contestant {
    name: "kafka",
    title: "Kafka, an acknowledged message",
    run: || kafka::run(MESSAGES),
    cost: nanos_per_message,
};

const BARE: Contestant = Contestant {
    name: "bare",
    title: "bare BinaryHeap, a pop and push",
    run: || bare::run(Workload::Log, BARE_EVENTS),
    cost: Run::nanos_per_event,
};

#[cfg(feature = "anysystem")]
const ANYSYSTEM: Contestant = Contestant {
    name: "anysystem",
    title: "anysystem, a message of W3",
    run: || mqlab_bench::peers::anysystem::run(Workload::Log, 20_000),
    cost: nanos_per_message,
};

const CONTESTANTS: &[Contestant] = &[
    KAFKA,
    BARE,
    #[cfg(feature = "anysystem")]
    ANYSYSTEM,
];

fn nanos_per_message(run: &Run) -> f64 {
    run.cpu.as_secs_f64() * 1e9 / run.done.messages as f64
}

/// Prints how a figure stands to its goal; `true` if it reaches it.
fn verdict(reached: bool, text: &str) -> bool {
    println!("{} {text}", if reached { "PASS " } else { "short" });
    reached
}

fn reference(rounds: usize, together: bool) -> bool {
    let mut costs = vec![Vec::new(); CONTESTANTS.len()];
    let mut events = 0.0;
    for _ in 0..rounds {
        for (contestant, costs) in CONTESTANTS.iter().zip(&mut costs) {
            let run = if together {
                (contestant.run)()
            } else {
                run_apart(&[], contestant.name).expect("a process for one run")
            };
            if contestant.name == KAFKA.name {
                events = run.done.events as f64 / run.done.messages as f64;
            }
            costs.push((contestant.cost)(&run));
        }
    }
    println!(
        "Kafka reference scenario, {MESSAGES} messages, {events:.2} events each; CPU time, \
         {rounds} interleaved rounds, {}",
        if together { "all in one process, runs only" } else { "a process for each run" },
    );
    println!("{:<34}{:>12}{:>12}", "ns", "min", "median");
    for (contestant, costs) in CONTESTANTS.iter().zip(&costs) {
        println!("{:<34}{:>12.1}{:>12.1}", contestant.title, min(costs), median(costs));
    }
    println!("{:.0} acknowledged messages a second", 1e9 / median(&costs[0]));
    let queue = median(&costs[0]) / median(&costs[1]);
    let mut reached = verdict(
        queue <= 50.0,
        &format!("a message costs {queue:.1} x a bare pop and push; goal at most 50"),
    );
    match costs.get(2) {
        None => println!("anysystem is left out: build with --features anysystem"),
        Some(anysystem) => {
            let ratio = median(anysystem) / median(&costs[0]);
            reached &= verdict(
                ratio >= 10.0,
                &format!("{ratio:.2} x the messages a second of anysystem's W3; goal 10"),
            );
        }
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
    let (mut rounds, mut together) = (7, false);
    let mut wanted = Vec::new();
    if let Some(name) = apart::wanted_alone() {
        let Some(contestant) = CONTESTANTS.iter().find(|c| c.name == name) else {
            eprintln!("nobody is called {name}");
            return 2.into();
        };
        apart::print_run(&(contestant.run)());
        return 0.into();
    }
    for argument in std::env::args().skip(1) {
        match argument.strip_prefix("rounds=").map(str::parse) {
            Some(Ok(given)) => rounds = given,
            None if argument == "together" => together = true,
            None if ["reference", "clone", "sweep"].contains(&argument.as_str()) => {
                wanted.push(argument);
            }
            _ => {
                eprintln!("{argument}? I know reference, clone, sweep, rounds=N and together");
                return 2.into();
            }
        }
    }
    let wants = |name: &str| wanted.is_empty() || wanted.iter().any(|w| w == name);
    let mut all_reached = true;
    if wants("reference") {
        all_reached &= reference(rounds, together);
    }
    if wants("clone") {
        all_reached &= clone();
    }
    if wants("sweep") {
        all_reached &= sweep(rounds);
    }
    if all_reached { 0.into() } else { 1.into() }
}
