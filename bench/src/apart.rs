//! Runs in processes of their own: what a run finds does not depend on what ran before it, and its
//! start, its setting up, its page faults and its tearing down count.

use crate::measure::{Done, Run};
use cpu_time::ProcessTime;
use std::time::Duration;

/// The argument that says which engine a process is for.
const ALONE: &str = "alone=";

/// Starts this program anew for one run of the engine of this name; the CPU time is that of the
/// whole process, tearing down included. `arguments` say what the engine is to do.
pub fn run_apart(arguments: &[&str], name: &str) -> std::io::Result<Run> {
    let output = std::process::Command::new(std::env::current_exe()?)
        .args(arguments)
        .arg(format!("{ALONE}{name}"))
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let numbers: Vec<u64> = text.split_whitespace().filter_map(|n| n.parse().ok()).collect();
    let &[events, messages, checksum, nanos] = numbers.as_slice() else {
        let message = format!("{name}: {text}{}", String::from_utf8_lossy(&output.stderr));
        return Err(std::io::Error::other(message));
    };
    let done = Done { events, messages, checksum };
    Ok(Run { done, cpu: Duration::from_nanos(nanos) })
}

/// The engine this process was started for, if it is the other end of [`run_apart`].
pub fn wanted_alone() -> Option<String> {
    std::env::args().skip(1).find_map(|a| a.strip_prefix(ALONE).map(str::to_string))
}

/// Whether an argument is [`run_apart`]'s own.
pub fn is_for_apart(argument: &str) -> bool {
    argument.starts_with(ALONE)
}

/// Tells [`run_apart`] what came of the run.
pub fn print_run(run: &Run) {
    let nanos = ProcessTime::now().as_duration().as_nanos();
    let Done { events, messages, checksum } = run.done;
    println!("{events} {messages} {checksum} {nanos}");
}
