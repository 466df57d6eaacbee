//! The terminal taken over and given back, whatever happens.

use crossterm::event::{
    DisableBracketedPaste, DisableFocusChange, DisableMouseCapture, EnableBracketedPaste,
    EnableFocusChange, EnableMouseCapture,
};
use crossterm::terminal::{
    Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use crossterm::{cursor, execute};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use std::io::{self, Stdout};
use std::sync::Once;

/// The name of threads whose panics are somebody's to catch.
pub const WORKER: &str = "mqlab worker";

/// The terminal while it is ours; it is given back when this is dropped.
pub struct Screen {
    pub terminal: Terminal<CrosstermBackend<Stdout>>,
}

impl Screen {
    /// Takes the terminal over. From now on a panic gives it back before it is reported, but for one
    /// on a thread called [`WORKER`]: the program goes on without what that thread was to find out.
    pub fn take() -> io::Result<Screen> {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                if std::thread::current().name() != Some(WORKER) {
                    give_back();
                    before(panic);
                }
            }));
        });
        seize()?;
        let terminal = Terminal::new(CrosstermBackend::new(io::stdout()))?;
        Ok(Screen { terminal })
    }

    /// Gives the terminal to the shell, and takes it again when the person comes back.
    pub fn suspend(&mut self) -> io::Result<()> {
        give_back();
        stop_ourselves();
        seize()?;
        // Nothing of what was drawn is there any more. Clearing the old one would ask the terminal
        // where its cursor is, and the answer would come to whoever reads keys.
        execute!(io::stdout(), Clear(ClearType::All))?;
        self.terminal = Terminal::new(CrosstermBackend::new(io::stdout()))?;
        Ok(())
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

fn seize() -> io::Result<()> {
    enable_raw_mode()?;
    execute!(
        io::stdout(),
        EnterAlternateScreen,
        EnableMouseCapture,
        EnableBracketedPaste,
        EnableFocusChange,
        cursor::Hide
    )
}

fn give_back() {
    // A terminal that is gone cannot be given back; there is nobody to tell.
    let _ = execute!(
        io::stdout(),
        DisableFocusChange,
        DisableBracketedPaste,
        DisableMouseCapture,
        LeaveAlternateScreen,
        cursor::Show
    );
    let _ = disable_raw_mode();
}

/// Stops the whole job, as Ctrl+Z does where the terminal is not raw.
#[cfg(unix)]
fn stop_ourselves() {
    let _ = rustix::process::kill_current_process_group(rustix::process::Signal::TSTP);
}

#[cfg(not(unix))]
fn stop_ourselves() {}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use portable_pty::{CommandBuilder, PtySize, native_pty_system};
    use std::io::Read;

    /// Run by the test below in a terminal of its own.
    #[test]
    #[ignore = "needs a terminal, and panics"]
    fn takes_the_terminal_and_panics() {
        let mut screen = Screen::take().expect("there is a terminal");
        screen.terminal.draw(|frame| frame.render_widget("drawn", frame.area())).expect("drawn");
        panic!("on purpose");
    }

    #[test]
    fn a_panic_gives_the_terminal_back_before_it_is_reported() {
        let size = PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).expect("a pseudo-terminal can be opened");
        let mut command = CommandBuilder::new(std::env::current_exe().expect("this program"));
        let name = "screen::terminal::tests::takes_the_terminal_and_panics";
        command.args(["--exact", name, "--ignored", "--nocapture", "--test-threads", "1"]);
        let mut child = pair.slave.spawn_command(command).expect("it starts");
        let mut output = pair.master.try_clone_reader().expect("the terminal can be read");
        let reader = std::thread::spawn(move || {
            let (mut written, mut bytes) = (Vec::new(), [0; 4096]);
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                written.extend_from_slice(&bytes[..count]);
            }
            String::from_utf8_lossy(&written).into_owned()
        });
        let status = child.wait().expect("it ends");
        drop(pair.slave);
        drop(pair.master);
        let written = reader.join().expect("the terminal was read");
        assert!(!status.success());
        let place =
            |text: &str| written.find(text).unwrap_or_else(|| panic!("no {text:?}: {written:?}"));
        // Into the alternate screen, out of it with mouse and cursor as before, then the report.
        assert!(place("\x1b[?1049h") < place("drawn"));
        assert!(place("drawn") < place("\x1b[?1049l"));
        assert!(place("\x1b[?1049l") < place("on purpose"), "{written:?}");
        assert!(
            place("\x1b[?1000l") < place("on purpose") && place("\x1b[?25h") < place("on purpose")
        );
        // Lines end as in a terminal that is not raw.
        assert!(written[place("on purpose")..].contains("\r\n"), "{written:?}");
    }
}
