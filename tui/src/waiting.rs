//! What a person sees and can do while a command works: a line on standard error, and Ctrl-C.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// The exit status after Ctrl-C, as shells have it.
pub const INTERRUPTED: u8 = 130;

/// A flag that Ctrl-C sets. A second Ctrl-C does not wait for the runs under way.
pub fn stop_on_ctrl_c() -> Arc<AtomicBool> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    // Where no handler can be set, Ctrl-C ends the program as it always does.
    let _ = ctrlc::set_handler(move || {
        if flag.swap(true, Ordering::SeqCst) {
            std::process::exit(i32::from(INTERRUPTED));
        }
    });
    stop
}

/// A bar over so many pieces of work on standard error, if a person is looking at it.
pub fn bar(works: u64, template: &str) -> ProgressBar {
    if !std::io::stderr().is_terminal() {
        return ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
    }
    let bar = ProgressBar::new(works);
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar
}

/// A line on standard error that says what is going on, shown only where that takes a while.
pub struct Waiting {
    bar: ProgressBar,
    since: Instant,
    told: Instant,
}

/// Work that takes less is not worth a line.
const A_WHILE: Duration = Duration::from_millis(400);
/// How often the line changes.
const EVERY: Duration = Duration::from_millis(100);

impl Waiting {
    /// Begins to wait.
    pub fn new() -> Waiting {
        let now = Instant::now();
        Waiting { bar: bar(0, "{msg}"), since: now, told: now }
    }

    /// Says how far it is.
    pub fn tell(&mut self, text: impl FnOnce() -> String) {
        if self.since.elapsed() >= A_WHILE && self.told.elapsed() >= EVERY {
            self.told = Instant::now();
            self.bar.set_message(text());
            self.bar.tick();
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
