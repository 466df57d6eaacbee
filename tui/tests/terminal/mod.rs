//! A terminal for the real binary: a pseudo-terminal, and the screen it shows.

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Longer than this nothing takes, on a busy machine neither.
const PATIENCE: Duration = Duration::from_secs(60);

/// The binary in a terminal of its own.
pub struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    input: Box<dyn Write + Send>,
    seen: Arc<Mutex<Seen>>,
}

struct Seen {
    parser: vt100::Parser,
    /// Everything the program wrote.
    raw: Vec<u8>,
}

/// A folder that is gone when the test is over.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Folder {
        let path = std::env::temp_dir().join(format!("mqlab-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("a folder for the test can be made");
        Folder(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Terminal {
    /// Starts `mqlab` with arguments in a terminal of a size; data and files go to `folder`.
    pub fn start(arguments: &[&str], size: (u16, u16), folder: &Path) -> Terminal {
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_mqlab"));
        command.args(arguments);
        Terminal::with(command, size, folder)
    }

    /// Starts a shell that can stop and continue jobs, in which `$MQLAB` is the program.
    pub fn shell(size: (u16, u16), folder: &Path) -> Terminal {
        let mut command = CommandBuilder::new("/bin/sh");
        command.arg("-i");
        command.env("MQLAB", env!("CARGO_BIN_EXE_mqlab"));
        command.env("PS1", "shell> ");
        command.env_remove("ENV");
        Terminal::with(command, size, folder)
    }

    fn with(mut command: CommandBuilder, (columns, rows): (u16, u16), folder: &Path) -> Terminal {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pseudo-terminal can be opened");
        command.cwd(folder);
        command.env("XDG_DATA_HOME", folder.join("data"));
        command.env("HOME", folder);
        command.env("TERM", "xterm-256color");
        command.env("COLORTERM", "truecolor");
        // This terminal answers no questions about its colours.
        command.env("COLORFGBG", "15;0");
        command.env("LC_ALL", "C.UTF-8");
        command.env_remove("NO_COLOR");
        let child = pair.slave.spawn_command(command).expect("mqlab starts");
        drop(pair.slave);
        let parser = vt100::Parser::new(rows, columns, 0);
        let seen = Arc::new(Mutex::new(Seen { parser, raw: Vec::new() }));
        let mut output = pair.master.try_clone_reader().expect("the terminal can be read");
        let input = pair.master.take_writer().expect("the terminal can be written");
        let shared = seen.clone();
        std::thread::spawn(move || {
            let mut bytes = [0; 8192];
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                let mut seen = shared.lock().expect("nobody panicked with the screen");
                seen.parser.process(&bytes[..count]);
                seen.raw.extend_from_slice(&bytes[..count]);
            }
        });
        Terminal { child, master: pair.master, input, seen }
    }

    /// The screen as text.
    pub fn screen(&self) -> String {
        self.seen.lock().expect("nobody panicked with the screen").parser.screen().contents()
    }

    /// Everything that was written to the terminal.
    pub fn raw(&self) -> String {
        let seen = self.seen.lock().expect("nobody panicked with the screen");
        String::from_utf8_lossy(&seen.raw).into_owned()
    }

    /// Whether the program has the terminal for itself: the alternate screen.
    pub fn is_taken_over(&self) -> bool {
        let seen = self.seen.lock().expect("nobody panicked with the screen");
        seen.parser.screen().alternate_screen()
    }

    /// Whether the program asks for the mouse, or hides the cursor.
    pub fn holds_mouse_or_cursor(&self) -> bool {
        let seen = self.seen.lock().expect("nobody panicked with the screen");
        let screen = seen.parser.screen();
        screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None || screen.hide_cursor()
    }

    /// Presses keys, as text or escape sequences.
    pub fn press(&mut self, keys: &str) {
        self.input.write_all(keys.as_bytes()).expect("the terminal takes keys");
        self.input.flush().expect("the terminal takes keys");
    }

    /// Waits until the screen shows a text.
    pub fn sees(&self, text: &str) {
        self.waits_for(text, |screen| screen.contains(text));
    }

    /// Waits until the screen no longer shows a text.
    pub fn no_longer_sees(&self, text: &str) {
        self.waits_for(&format!("no {text}"), |screen| !screen.contains(text));
    }

    fn waits_for(&self, what: &str, wanted: impl Fn(&str) -> bool) {
        let since = Instant::now();
        while !wanted(&self.screen()) {
            assert!(since.elapsed() < PATIENCE, "never saw {what:?} in:\n{}", self.screen());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Presses keys and waits for a text.
    pub fn press_and_see(&mut self, keys: &str, text: &str) {
        self.press(keys);
        self.sees(text);
    }

    /// Gives the terminal another size.
    pub fn resize(&self, columns: u16, rows: u16) {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        self.seen
            .lock()
            .expect("nobody panicked with the screen")
            .parser
            .screen_mut()
            .set_size(rows, columns);
        self.master.resize(size).expect("the terminal can be resized");
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.process_id().expect("it runs")
    }

    /// Waits until the program has ended; its exit status.
    pub fn ends(&mut self) -> u32 {
        let since = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("the child can be waited for") {
                // What it wrote last may still be on its way.
                std::thread::sleep(Duration::from_millis(50));
                return status.exit_code();
            }
            assert!(since.elapsed() < PATIENCE, "it does not end:\n{}", self.screen());
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
