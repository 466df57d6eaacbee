//! One run of one workload, and nothing else, for counting its instructions: see
//! `instructions.sh`.
//!
//! `icount WORKLOAD SIZE` prints how many events were handled.

use mqlab_bench::measure::{Run, Workload};
use mqlab_bench::{kafka, on_kernel, on_substrate};

/// Runs so many events (of W3 and Kafka: messages; of the lesson: runs).
type Counted = fn(u64) -> Run;

/// The runs that are counted, by name. A scenario of a broker family is one line here, a function
/// from a size to what was done, and one line in `instructions.sh`.
const RUNS: [(&str, Counted); 8] = [
    ("kernel-w1", |size| on_kernel::run(Workload::PingPong, size)),
    ("kernel-w2", |size| on_kernel::run(Workload::Timers, size)),
    ("kernel-w3", |size| on_kernel::run(Workload::Log, size)),
    ("substrate-w1", |size| on_substrate::run(Workload::PingPong, size)),
    ("substrate-w2", |size| on_substrate::run(Workload::Timers, size)),
    ("substrate-w3", |size| on_substrate::run(Workload::Log, size)),
    ("kafka", kafka::run),
    ("kafka-lesson", kafka::lesson),
];

fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (Some(name), Some(size)) = (arguments.first(), arguments.get(1)) else {
        eprintln!("usage: icount WORKLOAD SIZE");
        return 2.into();
    };
    let run = RUNS.iter().find(|(known, _)| known == name);
    let (Some((_, run)), Ok(size)) = (run, size.parse()) else {
        let known: Vec<_> = RUNS.iter().map(|(name, _)| *name).collect();
        eprintln!("workloads are {}; sizes are numbers", known.join(", "));
        return 2.into();
    };
    println!("{}", run(size).done.events);
    0.into()
}
