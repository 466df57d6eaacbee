//! What can be asked about one run: explain, compare, export.

use super::{Format, setting};
use clap::builder::ValueParser;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Which run of a scenario is meant.
#[derive(Args, Debug)]
pub struct Which {
    /// A name from `mqlab list`, or the path of a scenario file
    #[arg(value_name = "SCENARIO")]
    pub scenario: String,
    /// Another seed than the file's own
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Another value for a setting, such as producer.checkout.acks=all; may be repeated
    #[arg(long, value_name = "KEY=VALUE", value_parser = ValueParser::new(setting))]
    pub set: Vec<(String, String)>,
    /// This what-if of the file instead
    #[arg(long, value_name = "NAME")]
    pub what_if: Option<String>,
}

/// Arguments of `mqlab explain`.
#[derive(Args, Debug)]
pub struct Explain {
    #[command(flatten)]
    pub which: Which,
    /// The message, such as m4 [default: the one with the worst fate]
    #[arg(value_name = "MESSAGE")]
    pub message: Option<String>,
    /// Also try each cure with this many fresh seeds
    #[arg(long, value_name = "N", default_value_t = 0)]
    #[arg(value_parser = clap::value_parser!(u64).range(0..=MOST_FRESH_SEEDS))]
    pub seeds: u64,
    /// Play at most this many events to look for cures, 0 for none
    #[arg(long, value_name = "N", default_value_t = mqlab::explore::CURE_EVENTS)]
    pub cure_events: u64,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    pub format: Format,
}

/// More fresh seeds than this are a matter for `mqlab test`.
const MOST_FRESH_SEEDS: u64 = 10_000;

/// Arguments of `mqlab compare`.
#[derive(Args, Debug)]
pub struct Compare {
    /// A name from `mqlab list`, or the path of a scenario file
    #[arg(value_name = "SCENARIO")]
    pub scenario: String,
    /// One more run with this setting; several in one run are separated by semicolons
    #[arg(long, value_name = "KEY=VALUE", value_parser = ValueParser::new(settings))]
    pub set: Vec<Settings>,
    /// One more run: this what-if of the file; may be repeated [default: all of them]
    #[arg(long, value_name = "NAME")]
    pub what_if: Vec<String>,
    /// Another seed than the file's own
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    pub format: Format,
}

/// Settings changed together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settings(pub Vec<(String, String)>);

/// What to write a run as.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub enum Form {
    /// Every fact as one line of JSON
    Facts,
    /// A sequence diagram as Mermaid text
    Mermaid,
    /// A sequence diagram as an SVG picture
    Svg,
    /// A report in one file, in both languages, that needs no network
    Html,
}

/// Arguments of `mqlab export`.
#[derive(Args, Debug)]
pub struct Export {
    #[command(flatten)]
    pub which: Which,
    /// What to write
    #[arg(long = "as", value_enum, value_name = "FORM")]
    pub form: Form,
    /// The message whose decisive moments the diagram shows [default: the one with the worst fate]
    #[arg(long, value_name = "NAME")]
    pub message: Option<String>,
    /// The file to write [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

fn settings(text: &str) -> Result<Settings, String> {
    let parts = text.split(';').map(str::trim).filter(|part| !part.is_empty());
    let parts: Vec<(String, String)> = parts.map(setting).collect::<Result<_, _>>()?;
    if parts.is_empty() {
        setting(text).map(|one| Settings(vec![one]))
    } else {
        Ok(Settings(parts))
    }
}
