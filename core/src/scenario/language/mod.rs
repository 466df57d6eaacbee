//! The small languages inside texts: roles, facts to wait for, and sentences about the outcome.
//!
//! Each parser reads one text and knows where in the file the text stands, so that a mistake points
//! at the wrong word. All of them check meaning: names are resolved here.

mod anchors;
mod quantities;
mod roles;
mod sentences;
mod tokens;

pub use anchors::anchor;
pub use roles::role;
pub use sentences::sentence;

use super::diagnostic::Diagnostic;
use super::document::{Node, Value};
use std::ops::Range;

/// A text of the file.
pub struct Source<'a> {
    /// The text.
    pub text: &'a str,
    /// The byte range of the value.
    pub at: Range<usize>,
    /// Where the first character of the text stands, if the text is written without escapes.
    start: Option<usize>,
}

impl<'a> Source<'a> {
    /// The text of a value, if it is one.
    pub fn of(node: &'a Node) -> Option<Source<'a>> {
        match &node.value {
            Value::Text { text, start } => {
                Some(Source { text, at: node.at.clone(), start: *start })
            }
            _ => None,
        }
    }

    /// The place in the file of a byte range of the text.
    fn place(&self, range: &Range<usize>) -> Range<usize> {
        match self.start {
            Some(start) => start + range.start..start + range.end,
            None => self.at.clone(),
        }
    }

    /// A mistake as a diagnostic of the file.
    fn diagnostic(&self, mistake: Mistake) -> Diagnostic {
        Diagnostic::error(mistake.code, self.place(&mistake.at), mistake.message)
            .label(mistake.label)
            .maybe_help(mistake.help)
    }
}

/// A mistake in a text.
#[derive(Debug)]
struct Mistake {
    at: Range<usize>,
    code: &'static str,
    message: String,
    label: String,
    help: Option<String>,
}

impl Mistake {
    fn new(code: &'static str, at: Range<usize>, message: impl Into<String>) -> Mistake {
        Mistake { at, code, message: message.into(), label: String::new(), help: None }
    }

    fn label(mut self, label: impl Into<String>) -> Mistake {
        self.label = label.into();
        self
    }

    fn help(mut self, help: impl Into<String>) -> Mistake {
        self.help = Some(help.into());
        self
    }

    fn told(code: &'static str, at: Range<usize>, told: (String, Option<String>)) -> Mistake {
        Mistake { at, code, message: told.0, label: String::new(), help: told.1 }
    }
}

/// What a parser of this folder returns.
type Parsed<T> = Result<T, Mistake>;
