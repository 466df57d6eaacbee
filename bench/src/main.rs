//! Runs the workloads side by side and holds the ratios against their goals.
//!
//! `mqlab-bench [w1] [w2] [w3] [rounds=N] [only=NAME,NAME] [together]`
//!
//! Each run has a process of its own, which this program starts from itself, and all CPU time of
//! that process counts: start, setting up, page faults, the run. With `together` all runs share one
//! process and only the run counts; later rounds then find memory that earlier ones gave back.

use mqlab_bench::apart::{self, run_apart};
use mqlab_bench::measure::{Run, Workload, median, min};
use mqlab_bench::{bare, on_kernel, on_substrate, peers};

/// An engine, and how much of each workload it is given: slow ones get less, so that a round is
/// over in seconds. Cost an event does not depend on it.
struct Contestant {
    name: &'static str,
    sizes: [u64; 3],
    run: fn(Workload, u64) -> Run,
}

const BARE: &str = "bare BinaryHeap";
const KERNEL: &str = "mqlab kernel";
const SUBSTRATE: &str = "mqlab substrate";
/// Has a process of its own anyway; what it says of itself is its run alone.
const SIMPY: &str = "SimPy";

/// A ratio asked of what users run: its speed over another engine's, at least.
struct Goal {
    workload: Workload,
    against: &'static str,
    at_least: f64,
}

const GOALS: [Goal; 11] = [
    goal(Workload::PingPong, BARE, 0.65),
    goal(Workload::PingPong, "simcore", 1.25),
    goal(Workload::Timers, BARE, 1.5),
    goal(Workload::Timers, "simcore", 3.5),
    goal(Workload::Timers, "anysystem", 30.0),
    goal(Workload::Timers, SIMPY, 75.0),
    goal(Workload::Log, BARE, 0.3),
    goal(Workload::Log, "simcore", 1.3),
    goal(Workload::Log, "nexosim", 5.0),
    goal(Workload::Log, "anysystem", 28.0),
    goal(Workload::Log, SIMPY, 60.0),
];

const fn goal(workload: Workload, against: &'static str, at_least: f64) -> Goal {
    Goal { workload, against, at_least }
}

/// Events a message of W3 may cost, in every engine: otherwise they do not do the same work. It is
/// 5.17 where messages overtake each other and 5.23 where connections keep them in order.
const EVENTS_A_MESSAGE: std::ops::Range<f64> = 5.1..5.3;

fn contestants() -> Vec<Contestant> {
    let full = [2_000_000, 5_000_000, 200_000];
    let mut all = vec![
        Contestant { name: BARE, sizes: [full[0], full[1], 1_035_000], run: bare::run },
        Contestant { name: KERNEL, sizes: full, run: on_kernel::run },
        Contestant { name: SUBSTRATE, sizes: full, run: on_substrate::run },
    ];
    #[cfg(feature = "simcore")]
    all.push(Contestant { name: "simcore", sizes: full, run: peers::simcore::run });
    #[cfg(feature = "nexosim")]
    all.push(Contestant {
        name: "nexosim",
        sizes: [500_000, 1_000_000, 200_000],
        run: peers::nexosim::run,
    });
    #[cfg(feature = "anysystem")]
    all.push(Contestant {
        name: "anysystem",
        sizes: [300_000, 500_000, 20_000],
        run: peers::anysystem::run,
    });
    all.push(Contestant { name: SIMPY, sizes: [200_000, 500_000, 20_000], run: peers::simpy::run });
    all
}

fn leave_out_what_is_missing(contestants: &mut Vec<Contestant>) {
    if !peers::simpy::is_installed() {
        contestants.retain(|contestant| contestant.name != SIMPY);
        println!("SimPy is left out: python3 (or $PYTHON) cannot import simpy");
    }
    for (name, there) in [
        ("simcore", cfg!(feature = "simcore")),
        ("nexosim", cfg!(feature = "nexosim")),
        ("anysystem", cfg!(feature = "anysystem")),
    ] {
        if !there {
            println!("{name} is left out: build with --features {name}");
        }
    }
}

struct Arguments {
    workloads: Vec<Workload>,
    rounds: usize,
    only: Vec<String>,
    together: bool,
}

fn arguments() -> Result<Arguments, String> {
    let mut parsed =
        Arguments { workloads: Vec::new(), rounds: 7, only: Vec::new(), together: false };
    for argument in std::env::args().skip(1).filter(|a| !apart::is_for_apart(a)) {
        if let Some(workload) = Workload::ALL.into_iter().find(|w| w.name() == argument) {
            parsed.workloads.push(workload);
        } else if let Some(rounds) = argument.strip_prefix("rounds=") {
            parsed.rounds = rounds.parse().map_err(|_| format!("not a number: {rounds}"))?;
        } else if let Some(names) = argument.strip_prefix("only=") {
            parsed.only = names.split(',').map(str::to_lowercase).collect();
        } else if argument == "together" {
            parsed.together = true;
        } else {
            let known = "w1, w2, w3, rounds=N, only=NAME,NAME and together";
            return Err(format!("{argument}? I know {known}"));
        }
    }
    if parsed.workloads.is_empty() {
        parsed.workloads = Workload::ALL.to_vec();
    }
    Ok(parsed)
}

/// Nanoseconds an event, by contestant and round. Rounds go through all contestants, so that a
/// slow minute of the machine slows all of them.
fn series(
    workload: Workload,
    contestants: &[Contestant],
    rounds: usize,
    together: bool,
) -> Vec<Vec<f64>> {
    let mut series = vec![Vec::new(); contestants.len()];
    let mut checksums: Vec<(u64, u64)> = Vec::new();
    for _ in 0..rounds {
        for (contestant, series) in contestants.iter().zip(&mut series) {
            let run = if together || contestant.name == SIMPY {
                (contestant.run)(workload, contestant.sizes[workload as usize])
            } else {
                run_apart(&[workload.name()], contestant.name).expect("a process for one run")
            };
            series.push(run.nanos_per_event());
            let done = run.done;
            if done.messages > 0 {
                let events = done.events as f64 / done.messages as f64;
                let name = contestant.name;
                assert!(EVENTS_A_MESSAGE.contains(&events), "{name}: {events} events a message");
                let known = checksums.iter().find(|(messages, _)| *messages == done.messages);
                let expected = known.map_or(done.checksum, |known| known.1);
                assert_eq!(done.checksum, expected, "{name} delivered something else");
                checksums.push((done.messages, done.checksum));
            }
        }
    }
    series
}

fn report(
    workload: Workload,
    contestants: &[Contestant],
    series: &[Vec<f64>],
    together: bool,
) -> bool {
    let rounds = series.first().map_or(0, Vec::len);
    println!(
        "\n{}: {}; CPU time, {rounds} interleaved rounds, {}",
        workload.name().to_uppercase(),
        workload.title(),
        if together { "all in one process, runs only" } else { "a process for each run" },
    );
    println!("{:<18}{:>12}{:>12}{:>14}", "ns/event", "min", "median", "x substrate");
    let of = |name: &str| {
        contestants.iter().position(|contestant| contestant.name == name).map(|n| &series[n][..])
    };
    let ours = of(SUBSTRATE).map(median);
    for (contestant, series) in contestants.iter().zip(series) {
        let ratio = ours.map_or(String::new(), |ours| format!("{:.2}", median(series) / ours));
        println!("{:<18}{:>12.1}{:>12.1}{ratio:>14}", contestant.name, min(series), median(series));
    }
    let Some(ours) = of(SUBSTRATE) else { return true };
    let mut all_reached = true;
    for goal in GOALS.iter().filter(|goal| goal.workload == workload) {
        let Some(theirs) = of(goal.against) else { continue };
        let (by_median, by_min) = (median(theirs) / median(ours), min(theirs) / min(ours));
        let reached = by_median >= goal.at_least;
        all_reached &= reached;
        println!(
            "{} substrate is {by_median:.2} x {} (by minima {by_min:.2}); goal {}",
            if reached { "PASS " } else { "short" },
            goal.against,
            goal.at_least,
        );
    }
    all_reached
}

fn main() -> std::process::ExitCode {
    let arguments = match arguments() {
        Ok(arguments) => arguments,
        Err(message) => {
            eprintln!("{message}");
            return 2.into();
        }
    };
    if let Some(name) = apart::wanted_alone() {
        let all = contestants();
        let found = all.iter().find(|contestant| contestant.name == name);
        let (Some(contestant), &[workload, ..]) = (found, arguments.workloads.as_slice()) else {
            eprintln!("nobody is called {name}");
            return 2.into();
        };
        apart::print_run(&(contestant.run)(workload, contestant.sizes[workload as usize]));
        return 0.into();
    }
    let mut contestants = contestants();
    leave_out_what_is_missing(&mut contestants);
    if !arguments.only.is_empty() {
        let wanted = |name: &str| arguments.only.iter().any(|w| name.to_lowercase().contains(w));
        contestants.retain(|contestant| wanted(contestant.name));
    }
    let mut all_reached = true;
    for workload in arguments.workloads {
        let series = series(workload, &contestants, arguments.rounds, arguments.together);
        all_reached &= report(workload, &contestants, &series, arguments.together);
    }
    if all_reached { 0.into() } else { 1.into() }
}
