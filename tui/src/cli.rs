//! What can be asked on the command line.

mod inquiry;
mod screen;

use crate::text::help;
use clap::builder::ValueParser;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use mqlab::brokers::kafka::settings::span_from_text;
use mqlab::kernel::{Span, Time};
use mqlab::story::Lang;
use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::process::ExitCode;

/// A deterministic simulator and teaching laboratory for message queues
#[derive(Parser, Debug)]
#[command(name = "mqlab", version, after_help = help::MQLAB_EXAMPLES)]
pub struct Arguments {
    /// Language of everything printed [default: from LC_ALL, LC_MESSAGES and LANG]
    #[arg(long, global = true, value_enum, value_name = "LANG")]
    lang: Option<Language>,
    /// When to write colours; `auto` honours NO_COLOR and pipes
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub color: Color,
    /// How the terminal lab looks.
    #[command(flatten)]
    pub looks: Looks,
    /// What to do; without it, the terminal lab at the list of lessons
    #[command(subcommand)]
    pub command: Option<Command>,
}

impl Arguments {
    /// The language to speak.
    pub fn lang(&self) -> Lang {
        self.lang.map_or_else(from_environment, Language::lang)
    }
}

/// The languages on offer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Language {
    /// English
    En,
    /// Simplified Chinese
    Zh,
}

impl Language {
    fn lang(self) -> Lang {
        match self {
            Language::En => Lang::En,
            Language::Zh => Lang::Zh,
        }
    }
}

/// When to write colours.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Only the sixteen colours of the terminal's own theme
    #[value(name = "16")]
    Sixteen,
    /// Never
    Never,
}

pub use inquiry::{Compare, Explain, Export, Form, Which};
pub use screen::{Looks, Open, ThemeChoice};

/// The subcommands.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Open a scenario in the terminal lab: step, break, go back, branch, compare
    #[command(after_help = help::OPEN_EXAMPLES)]
    Open(Open),
    /// Play a scenario to its end and tell what happened, and why
    #[command(after_help = help::RUN_EXAMPLES)]
    Run(Run),
    /// Tell the life of one message, why it met its fate, and what would have prevented it
    #[command(after_help = help::EXPLAIN_EXAMPLES)]
    Explain(Explain),
    /// Put the same run under several settings or what-ifs side by side
    #[command(after_help = help::COMPARE_EXAMPLES)]
    Compare(Compare),
    /// Write a run as facts, a sequence diagram or a report
    #[command(after_help = help::EXPORT_EXAMPLES)]
    Export(Export),
    /// Run scenarios as regression tests
    #[command(after_help = help::TEST_EXAMPLES)]
    Test(Test),
    /// Read scenario files and print everything that is wrong with them
    #[command(after_help = help::CHECK_EXAMPLES)]
    Check(Check),
    /// List the scenarios that come with mqlab
    #[command(after_help = help::LIST_EXAMPLES)]
    List(List),
    /// Print the JSON Schema of scenario files, for editors
    #[command(after_help = help::SCHEMA_EXAMPLES)]
    Schema,
    /// Explain a setting, a fact or an outcome
    #[command(after_help = help::DOC_EXAMPLES)]
    Doc(Doc),
    /// Print completions for a shell
    #[command(after_help = help::COMPLETIONS_EXAMPLES)]
    Completions(Completions),
}

/// Text for people or JSON for programs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Format {
    /// Text for people
    Text,
    /// JSON; its shape is described in docs/json-output.md
    Json,
}

/// Arguments of `mqlab run`.
#[derive(Args, Debug)]
pub struct Run {
    /// A name from `mqlab list`, or the path of a scenario file
    #[arg(value_name = "SCENARIO")]
    pub scenario: String,
    /// Another seed than the file's own
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Another value for a setting, such as producer.checkout.acks=all; may be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = ValueParser::new(setting))]
    pub set: Vec<(String, String)>,
    /// Run this what-if of the file instead
    #[arg(long, value_name = "NAME", conflicts_with = "cell")]
    pub what_if: Option<String>,
    /// Run this cell of the file's matrix: one value for each axis, separated by commas
    #[arg(long, value_name = "VALUES")]
    pub cell: Option<String>,
    /// Stop at this time, such as 1500ms
    #[arg(long, value_name = "TIME", value_parser = ValueParser::new(time))]
    pub until: Option<Time>,
    /// Print every fact, not only those that matter
    #[arg(long)]
    pub facts: bool,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    pub format: Format,
}

/// More seeds than this would take years.
const MOST_SEEDS: u64 = 100_000_000;

/// How `mqlab test` reports.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Report {
    /// One line a scenario, failures in full, a summary
    Text,
    /// One JSON document
    Json,
    /// Text with annotations for GitHub Actions
    Github,
}

/// Arguments of `mqlab test`.
#[derive(Args, Debug)]
pub struct Test {
    /// Names, scenario files or folders of them [default: all scenarios that come with mqlab]
    #[arg(value_name = "PATH")]
    pub paths: Vec<String>,
    /// Also run this many seeds of each scenario and judge what it says of many seeds
    #[arg(long, value_name = "N", default_value_t = 0)]
    #[arg(value_parser = clap::value_parser!(u64).range(0..=MOST_SEEDS))]
    pub seeds: u64,
    /// How many runs at a time [default: one for each core]
    #[arg(long, value_name = "N")]
    pub jobs: Option<NonZeroUsize>,
    /// Only the K-th of N equal parts of the scenarios, such as 1/4
    #[arg(long, value_name = "K/N", value_parser = ValueParser::new(shard))]
    pub shard: Option<Shard>,
    /// Leave out the what-ifs and the matrix
    #[arg(long)]
    pub base_only: bool,
    /// Also write a JUnit report
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// How to report
    #[arg(long, value_enum, default_value_t = Report::Text, value_name = "FORMAT")]
    pub format: Report,
}

/// The K-th of N parts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shard {
    /// Which part, counted from 0.
    pub index: usize,
    /// How many parts.
    pub of: usize,
}

/// Arguments of `mqlab check`.
#[derive(Args, Debug)]
pub struct Check {
    /// Names, scenario files or folders of them [default: all scenarios that come with mqlab]
    #[arg(value_name = "PATH")]
    pub paths: Vec<String>,
    /// How to print what is wrong
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    pub format: Format,
}

/// Arguments of `mqlab list`.
#[derive(Args, Debug, Default)]
pub struct List {
    /// Only scenarios of this system, such as kafka
    #[arg(long, value_name = "NAME")]
    pub system: Option<String>,
    /// Only scenarios that teach this, such as isr
    #[arg(long, value_name = "WORD")]
    pub topic: Option<String>,
    /// Only scenarios of this level
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub level: Option<Level>,
    /// Only scenarios whose name, title, question or topics contain this
    #[arg(long, value_name = "TEXT")]
    pub search: Option<String>,
    /// How to print the list
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub format: Option<Format>,
}

/// How much a learner should know.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Level {
    /// No knowledge needed
    Beginner,
    /// Some knowledge needed
    Intermediate,
    /// Much knowledge needed
    Advanced,
}

/// Arguments of `mqlab doc`.
#[derive(Args, Debug)]
pub struct Doc {
    /// A setting, a fact or an outcome, such as min.insync.replicas, truncated or lost
    #[arg(value_name = "NAME")]
    pub name: String,
}

/// Arguments of `mqlab completions`.
#[derive(Args, Debug)]
pub struct Completions {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    pub shell: Shell,
}

fn setting(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => {
            Ok((key.trim().to_string(), value.trim().to_string()))
        }
        _ => Err("expected KEY=VALUE, such as producer.checkout.acks=all".to_string()),
    }
}

fn time(text: &str) -> Result<Time, String> {
    match span_from_text(text) {
        Ok(Span(nanos)) => Ok(Time(nanos)),
        Err(problem) => Err(problem.message),
    }
}

fn shard(text: &str) -> Result<Shard, String> {
    let parts = text.split_once('/').and_then(|(k, n)| Some((k.parse().ok()?, n.parse().ok()?)));
    match parts {
        Some((k, of)) if (1..=of).contains(&k) => Ok(Shard { index: k - 1, of }),
        _ => Err("expected K/N with 1 ≤ K ≤ N, such as 2/4".to_string()),
    }
}

/// The command line in a language.
pub fn command(lang: Lang) -> clap::Command {
    help::localise(Arguments::command(), lang)
}

/// Reads the command line.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Arguments, clap::Error> {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let matches = command(asked_for(&arguments)).try_get_matches_from(arguments)?;
    Arguments::from_arg_matches(&matches)
}

/// Prints what clap has to say (a mistake, or the help that was asked for).
pub fn complain(error: &clap::Error) -> ExitCode {
    // A closed pipe is no reason to complain about a complaint.
    let _ = error.print();
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

/// The language of the help itself, which must be known before the arguments are read.
fn asked_for(arguments: &[OsString]) -> Lang {
    let mut words = arguments.iter().map(|a| a.to_string_lossy());
    let mut asked = None;
    while let Some(word) = words.next() {
        let value = match word.strip_prefix("--lang") {
            Some("") => words.next().map(|v| v.to_string()),
            Some(rest) => rest.strip_prefix('=').map(str::to_string),
            None => None,
        };
        asked = value.or(asked);
    }
    match asked.as_deref() {
        Some("zh") => Lang::Zh,
        Some(_) => Lang::En,
        None => from_environment(),
    }
}

/// The language of the environment, by the precedence POSIX gives these variables.
fn from_environment() -> Lang {
    let set = |name| std::env::var(name).ok().filter(|v| !v.is_empty());
    let locale = set("LC_ALL").or_else(|| set("LC_MESSAGES")).or_else(|| set("LANG"));
    match locale {
        Some(locale) if locale.starts_with("zh") => Lang::Zh,
        _ => Lang::En,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_formed_in_both_languages() {
        command(Lang::En).debug_assert();
        command(Lang::Zh).debug_assert();
    }

    #[test]
    fn the_language_of_help_is_found_before_parsing() {
        let words = |w: &[&str]| w.iter().map(OsString::from).collect::<Vec<_>>();
        assert_eq!(asked_for(&words(&["mqlab", "--lang", "zh"])), Lang::Zh);
        assert_eq!(asked_for(&words(&["mqlab", "run", "--lang=en"])), Lang::En);
    }

    #[test]
    fn shards_are_counted_from_one() {
        assert_eq!(shard("2/4"), Ok(Shard { index: 1, of: 4 }));
        for wrong in ["0/4", "5/4", "1/0", "x", "1/", "-1/2"] {
            assert!(shard(wrong).is_err(), "{wrong}");
        }
    }
}
