//! Running the built program.

#![allow(dead_code)] // each test file uses a part

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// What a run of the program told.
pub struct Program {
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub error: String,
    /// The exit status; -1 if a signal ended it.
    pub status: i32,
}

impl Program {
    /// Runs it in English and without colours.
    pub fn run(arguments: &[&str]) -> Program {
        Program::run_in(arguments, &[])
    }

    /// Runs it with more variables in its environment.
    pub fn run_in(arguments: &[&str], environment: &[(&str, &str)]) -> Program {
        let output = command(arguments)
            .envs(environment.iter().copied())
            .output()
            .expect("the program can be started");
        Program::told(&output)
    }

    /// Runs it with a standard output that nobody reads.
    pub fn run_into_closed_pipe(arguments: &[&str]) -> Program {
        let mut child = command(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program can be started");
        drop(child.stdout.take());
        Program::told(&child.wait_with_output().expect("the program ends"))
    }

    /// Runs it and presses Ctrl-C once it is at work.
    #[cfg(unix)]
    pub fn run_and_interrupt(arguments: &[&str]) -> Program {
        let child = command(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program can be started");
        // Long enough for a slow machine to have set its handler; the work takes far longer.
        std::thread::sleep(std::time::Duration::from_secs(2));
        let id = child.id().to_string();
        Command::new("kill").args(["-INT", &id]).status().expect("kill can be started");
        Program::told(&child.wait_with_output().expect("the program ends"))
    }

    fn told(output: &Output) -> Program {
        Program {
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            error: String::from_utf8_lossy(&output.stderr).into_owned(),
            status: output.status.code().unwrap_or(-1),
        }
    }
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mqlab"));
    command.args(arguments).stdin(Stdio::null());
    for name in ["LC_ALL", "LC_MESSAGES", "NO_COLOR", "TERM"] {
        command.env_remove(name);
    }
    command.env("LANG", "C");
    command
}

/// A folder for the files of one test.
pub fn folder(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    fs::create_dir_all(&folder).expect("the folder can be made");
    folder
}

/// A file for one test.
pub fn file(test: &str, name: &str, text: &str) -> PathBuf {
    let path = folder(test).join(name);
    fs::write(&path, text).expect("the file can be written");
    path
}

/// A scenario in which nothing goes wrong, with a what-if that expects the impossible.
pub fn steady() -> String {
    r#"
[scenario]
system = "kafka"
title = { en = "Nothing goes wrong", zh = "一切正常" }
ask = { en = "Does every message arrive once?", zh = "每条消息都恰好到达一次吗？" }
teaches = ["acks"]
level = "beginner"
seed = 7
ends = "20s"

[kafka]
brokers = 3

[[topic]]
name = "orders"
partitions = 1
replication-factor = 3

[[producer]]
name = "checkout"
to = "orders"
config = { acks = "all" }
sends = { count = 6, every = "20ms" }

[[consumer]]
name = "billing-1"
group = "billing"
from = ["orders"]
config = { "auto.offset.reset" = "earliest", "enable.auto.commit" = false }
handles = { takes = "2ms", commit = "after" }

[expect]
this-run = ["acknowledged == 6", "lost == 0", "once == 6"]
over-seeds = ["always once == 6", "never lost > 0"]

[[what-if]]
name = "one-broker"
set = { "topic.orders.replication-factor" = 1 }
expect = ["once == 6"]
"#
    .to_string()
}

/// The same with an expectation that does not hold.
pub fn disappointed() -> String {
    steady().replace("\"lost == 0\"", "\"lost == 2\"")
}
