//! Mistakes in a scenario file, each with the place it points at.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use std::ops::Range;

/// How bad a mistake is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Severity {
    /// The file cannot be run.
    Error,
    /// The file can be run, but probably does not say what its author meant.
    Warning,
}

/// One mistake.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// A stable word such as `unknown-key`.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one sentence.
    pub message: String,
    /// The byte range of the offending text.
    pub span: Range<usize>,
    /// The line of its start, counted from 1; 0 where the mistake is not in the file (an argument
    /// of the command line).
    pub line: u32,
    /// The column of its start in characters, counted from 1.
    pub column: u32,
    /// What to write at the underline; may be empty.
    pub label: String,
    /// What to do about it.
    pub help: Option<String>,
    /// A second place that belongs to the mistake, and what it has to do with it.
    pub related: Option<(Range<usize>, String)>,
}

impl Diagnostic {
    /// An error at a place; line and column are filled in by [`Report::finish`].
    pub fn error(code: &'static str, span: Range<usize>, message: impl Into<String>) -> Diagnostic {
        Diagnostic {
            code,
            severity: Severity::Error,
            message: message.into(),
            span,
            line: 0,
            column: 0,
            label: String::new(),
            help: None,
            related: None,
        }
    }

    /// A warning at a place.
    pub fn warning(code: &'static str, at: Range<usize>, message: impl Into<String>) -> Diagnostic {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(code, at, message) }
    }

    /// The same with a text at the underline.
    pub fn label(mut self, label: impl Into<String>) -> Diagnostic {
        self.label = label.into();
        self
    }

    /// The same with advice.
    pub fn help(mut self, help: impl Into<String>) -> Diagnostic {
        self.help = Some(help.into());
        self
    }

    /// The same with advice, if there is some.
    pub fn maybe_help(mut self, help: Option<String>) -> Diagnostic {
        self.help = help.or(self.help);
        self
    }

    /// The same with a second place.
    pub fn related(mut self, at: Range<usize>, why: impl Into<String>) -> Diagnostic {
        self.related = Some((at, why.into()));
        self
    }
}

/// No file needs more mistakes shown at a time.
const MOST: usize = 100;

/// The mistakes found so far.
#[derive(Default)]
pub struct Report {
    found: Vec<Diagnostic>,
    untold: usize,
}

impl Report {
    /// Adds a mistake.
    pub fn add(&mut self, diagnostic: Diagnostic) {
        if self.found.contains(&diagnostic) {
            return;
        }
        if self.found.len() < MOST {
            self.found.push(diagnostic);
        } else if diagnostic.severity == Severity::Error {
            self.untold += 1;
        }
    }

    /// How many mistakes were added.
    pub fn count(&self) -> usize {
        self.found.len() + self.untold
    }

    /// Whether so much is wrong that looking further helps nobody.
    pub fn is_full(&self) -> bool {
        self.found.len() >= MOST
    }

    /// Whether the file cannot be run.
    pub fn has_errors(&self) -> bool {
        self.untold > 0 || self.found.iter().any(|d| d.severity == Severity::Error)
    }

    /// The mistakes in the order of the file, each with line and column.
    pub fn finish(mut self, source: &str) -> Vec<Diagnostic> {
        if self.untold > 0 {
            let message = format!("and {} more mistakes like these", self.untold);
            let end = source.len();
            self.found.push(Diagnostic::error("too-many-mistakes", end..end, message));
        }
        let starts = line_starts(source);
        for d in &mut self.found {
            (d.line, d.column) = position(source, &starts, d.span.start);
        }
        self.found.sort_by_key(|d| (d.span.start, d.span.end));
        self.found.dedup();
        self.found
    }

    /// The mistakes as they were added.
    pub fn into_found(self) -> Vec<Diagnostic> {
        self.found
    }
}

/// The byte offsets at which the lines of a text start.
pub(super) fn line_starts(source: &str) -> Vec<usize> {
    let after = source.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i + 1);
    std::iter::once(0).chain(after).collect()
}

/// Line and column of a byte offset, both counted from 1.
pub(super) fn position(source: &str, starts: &[usize], offset: usize) -> (u32, u32) {
    let line = starts.partition_point(|s| *s <= offset).max(1);
    let start = starts.get(line - 1).copied().unwrap_or(0);
    let before = source.get(start..offset.min(source.len())).unwrap_or("");
    let column = before.chars().count() + 1;
    (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
}

/// Longer lines are not printed.
const LONGEST_LINE: usize = 2_000;

/// The diagnostic as text for people: the message, the place with the offending text underlined,
/// and what to do.
pub fn render(diagnostic: &Diagnostic, source: &str, path: &str, color: bool) -> String {
    let levels = [Level::ERROR, Level::WARNING, Level::HELP];
    rendered(diagnostic, source, path, color, levels)
}

/// The same in Chinese.
pub fn render_in_chinese(diagnostic: &Diagnostic, source: &str, path: &str, color: bool) -> String {
    let levels = [
        Level::ERROR.with_name("错误"),
        Level::WARNING.with_name("警告"),
        Level::HELP.with_name("建议"),
    ];
    rendered(&super::chinese::diagnostic(diagnostic), source, path, color, levels)
}

fn rendered(
    d: &Diagnostic,
    source: &str,
    path: &str,
    color: bool,
    [error, warning, help]: [Level<'static>; 3],
) -> String {
    let level = match d.severity {
        Severity::Error => error,
        Severity::Warning => warning,
    };
    let (start, end) = (d.span.start, d.span.end.max(d.span.start));
    let place = if d.line == 0 { None } else { lines_around(source, start..end) };
    let message = match (&place, d.line) {
        (None, 1..) => format!("{path}:{}:{}: {}", d.line, d.column, d.message),
        _ => d.message.clone(),
    };
    let mut group = level
        .primary_title(message)
        .id(d.code)
        .elements(Vec::<annotate_snippets::Element<'_>>::new());
    if let Some((text, offset, line)) = place {
        let mut main = AnnotationKind::Primary.span(start - offset..end - offset);
        if !d.label.is_empty() {
            main = main.label(d.label.as_str());
        }
        group = group.element(Snippet::source(text).path(path).line_start(line).annotation(main));
    }
    if let Some((span, why)) = &d.related
        && let Some((text, offset, line)) = lines_around(source, span.clone())
    {
        let other = AnnotationKind::Context
            .span(span.start - offset..span.end.max(span.start) - offset)
            .label(why.as_str());
        group = group.element(Snippet::source(text).path(path).line_start(line).annotation(other));
    }
    if let Some(advice) = &d.help {
        group = group.element(help.message(advice.as_str()));
    }
    let renderer = if color { Renderer::styled() } else { Renderer::plain() };
    renderer.render(&[group])
}

/// The whole lines around a range: their text, where it begins, and the number of the first line.
/// A range over several lines shows its first line only.
fn lines_around(source: &str, range: Range<usize>) -> Option<(&str, usize, usize)> {
    // The text may be another one than was read: a file that is not UTF-8 has none.
    let before = source.get(..range.start)?;
    let begin = before.rfind('\n').map_or(0, |i| i + 1);
    let rest = source.get(range.end.max(range.start)..)?;
    let end = source.len() - rest.len() + rest.find('\n').unwrap_or(rest.len());
    let text = source.get(begin..end)?;
    (text.len() <= LONGEST_LINE).then(|| (text, begin, before.matches('\n').count() + 1))
}
