//! What a copy of a running world costs: the engine with agenda, trace and model. Copies are how
//! time travel works, one in 50,000 events, so a copy must cost little beside that many events.

use mqlab::kernel::{Engine, Model};
use mqlab_bench::measure::{median, min};
use mqlab_bench::on_kernel::{self, steps};
use mqlab_bench::on_substrate;
use std::hint::black_box;

/// Copies taken, each of a world that has gone on a little since the last.
const COPIES: usize = 101;
/// Events between two snapshots of the lab.
const SPACING: f64 = 50_000.0;

fn measure<M: Model + Clone>(name: &str, mut engine: Engine<M>)
where
    M::Event: Clone,
{
    let start = cpu_time::ProcessTime::now();
    let warm_up = 200_000;
    steps(&mut engine, warm_up);
    let event = start.elapsed().as_secs_f64() * 1e6 / warm_up as f64;
    let (mut copying, mut dropping) = (Vec::new(), Vec::new());
    for _ in 0..COPIES {
        steps(&mut engine, 100);
        let start = cpu_time::ProcessTime::now();
        let copy = black_box(engine.clone());
        copying.push(start.elapsed().as_secs_f64() * 1e6);
        let start = cpu_time::ProcessTime::now();
        drop(copy);
        dropping.push(start.elapsed().as_secs_f64() * 1e6);
    }
    println!(
        "{name:<34}{:>10}{:>10.1}{:>10.1}{:>10.1}{:>11.2} %",
        engine.kernel.scheduled(),
        min(&copying),
        median(&copying),
        median(&dropping),
        100.0 * median(&copying) / (event * SPACING),
    );
}

fn main() {
    println!(
        "{:<34}{:>10}{:>10}{:>10}{:>10}{:>13}",
        "microseconds", "agenda", "copy min", "median", "drop", "of 50k events"
    );
    measure("kernel, ping-pong", on_kernel::ping_pong());
    measure("kernel, timers", on_kernel::timers());
    measure("kernel, 1,000,000 timers", on_kernel::timers_of(1_000_000));
    measure("substrate, ping-pong, 2,000 nodes", on_substrate::ping_pong());
    measure("substrate, timers, 1,000 nodes", on_substrate::timers());
}
