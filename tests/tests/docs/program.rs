//! The program as a person runs it.

use crate::pages::root;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::sync::OnceLock;

/// The binary, built as `cargo run` builds it.
fn binary() -> &'static PathBuf {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let built = Command::new(cargo)
            .args(["build", "--quiet", "--message-format=json", "--package", "mqlab-tui"])
            .current_dir(root())
            .output()
            .expect("cargo can be run");
        let said = String::from_utf8_lossy(&built.stdout).into_owned();
        assert!(built.status.success(), "{said}{}", String::from_utf8_lossy(&built.stderr));
        let mut made = said.lines().filter_map(|line| {
            let message: serde_json::Value = serde_json::from_str(line).ok()?;
            message["executable"].as_str().map(PathBuf::from)
        });
        made.next_back().expect("cargo names the binary it built")
    })
}

/// Runs `mqlab` in the folder of the workspace, in English unless the arguments say otherwise.
pub fn mqlab(arguments: &[&str]) -> Output {
    Command::new(binary())
        .args(arguments)
        .current_dir(root())
        .env_remove("NO_COLOR")
        .env_remove("LC_ALL")
        .env_remove("LC_MESSAGES")
        .env("LANG", "C")
        .env("TERM", "xterm")
        .output()
        .expect("mqlab can be run")
}
