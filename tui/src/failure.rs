//! Why a command could not do what it was asked.

use crate::print::Page;
use crate::print::style::Ink;
use std::io;

/// The exit status of whatever cannot be read, written or understood.
pub const UNREADABLE: u8 = 2;

/// A command that came to nothing, with what to do about it.
#[derive(Debug)]
pub struct Failure {
    message: String,
    help: Option<String>,
    broken_pipe: bool,
}

impl Failure {
    /// A failure with this message.
    pub fn new(message: impl Into<String>) -> Failure {
        Failure { message: message.into(), help: None, broken_pipe: false }
    }

    /// The same with advice.
    pub fn help(mut self, help: impl Into<String>) -> Failure {
        self.help = Some(help.into());
        self
    }

    /// What went wrong, without advice.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Whether the reader of our output has gone away.
    pub fn is_broken_pipe(&self) -> bool {
        self.broken_pipe
    }

    /// The exit status.
    pub fn status(&self) -> u8 {
        UNREADABLE
    }

    /// The failure as text for people.
    pub fn shown(&self, page: &Page) -> String {
        let mut text = page.error_ink.paint(Ink::Bad, page.say.error()).to_string();
        text.push_str(": ");
        text.push_str(&self.message);
        if let Some(help) = &self.help {
            text.push('\n');
            text.push_str(help);
        }
        text
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        let broken_pipe = error.kind() == io::ErrorKind::BrokenPipe;
        Failure { message: error.to_string(), help: None, broken_pipe }
    }
}
