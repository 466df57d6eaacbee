//! Timing: CPU time of the process, so that an engine with helper threads pays for them, and a
//! busy machine costs less than it would by the wall clock.

use cpu_time::ProcessTime;
use std::time::Duration;

/// What is run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Workload {
    /// W1.
    PingPong,
    /// W2.
    Timers,
    /// W3.
    Log,
}

impl Workload {
    /// All of them.
    pub const ALL: [Workload; 3] = [Workload::PingPong, Workload::Timers, Workload::Log];

    /// Its short name.
    pub fn name(self) -> &'static str {
        match self {
            Workload::PingPong => "w1",
            Workload::Timers => "w2",
            Workload::Log => "w3",
        }
    }

    /// What it is.
    pub fn title(self) -> &'static str {
        match self {
            Workload::PingPong => "ping-pong, 1,000 pairs",
            Workload::Timers => "timers, 100,000 outstanding",
            Workload::Log => "replicated log, acks=all, 3 replicas",
        }
    }
}

/// What a run did.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Done {
    /// Events handled.
    pub events: u64,
    /// Messages that reached the consumer of W3.
    pub messages: u64,
    /// The consumer's sum over them: equal in all engines for equal numbers of messages.
    pub checksum: u64,
}

/// A run and what it cost.
#[derive(Clone, Copy, Debug)]
pub struct Run {
    /// What it did.
    pub done: Done,
    /// CPU time, without setting up.
    pub cpu: Duration,
}

impl Run {
    /// CPU time an event.
    pub fn nanos_per_event(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e9 / self.done.events as f64
    }
}

/// Times `run` on what `set_up` made. Tearing down is not counted.
pub fn timed<S>(set_up: impl FnOnce() -> S, run: impl FnOnce(&mut S) -> Done) -> Run {
    let mut state = set_up();
    let start = ProcessTime::now();
    let done = run(&mut state);
    Run { done, cpu: start.elapsed() }
}

/// The smallest of a series.
pub fn min(series: &[f64]) -> f64 {
    series.iter().copied().fold(f64::INFINITY, f64::min)
}

/// The middle of a series.
pub fn median(series: &[f64]) -> f64 {
    let mut sorted = series.to_vec();
    sorted.sort_by(f64::total_cmp);
    let half = sorted.len() / 2;
    match sorted.len() % 2 {
        1 => sorted[half],
        _ => (sorted[half - 1] + sorted[half]) / 2.0,
    }
}
