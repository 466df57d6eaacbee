//! SimPy, in a Python of its own that measures its own CPU time.

use crate::measure::{Done, Run, Workload};
use std::process::Command;
use std::time::Duration;

/// The script beside this file.
const SCRIPT: &str = include_str!("simpy_peer.py");

/// The Python to use: `PYTHON`, or `python3`.
fn python() -> Command {
    Command::new(std::env::var_os("PYTHON").unwrap_or_else(|| "python3".into()))
}

/// Whether SimPy can be imported.
pub fn is_installed() -> bool {
    python().args(["-c", "import simpy"]).output().is_ok_and(|output| output.status.success())
}

/// Runs a workload of `size` events (of W3: messages).
pub fn run(workload: Workload, size: u64) -> Run {
    let output = python()
        .args(["-c", SCRIPT, workload.name(), &size.to_string()])
        .output()
        .expect("Python was there a moment ago");
    let said = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<u64> = said.split_whitespace().filter_map(|n| n.parse().ok()).collect();
    let [events, messages, checksum, nanos] = numbers[..] else {
        panic!("SimPy said {said:?} and {}", String::from_utf8_lossy(&output.stderr));
    };
    Run { done: Done { events, messages, checksum }, cpu: Duration::from_nanos(nanos) }
}
