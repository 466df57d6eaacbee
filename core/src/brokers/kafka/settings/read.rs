//! From what a person wrote to a raw value: numbers with units, words, `true` and `false`.

use super::{Kind, Selection, Setting};
use crate::kernel::Span;

/// A value as a file gives it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Raw<'a> {
    /// A whole number.
    Integer(i64),
    /// `true` or `false`.
    Flag(bool),
    /// A text.
    Text(&'a str),
    /// A number with a fraction, as it is written.
    Decimal(&'a str),
    /// Something else, by the name of its type.
    Other(&'static str),
}

impl Raw<'_> {
    /// The value's type, for messages.
    pub fn type_name(&self) -> &'static str {
        match self {
            Raw::Integer(_) => "a number",
            Raw::Flag(_) => "true or false",
            Raw::Text(_) => "a text",
            Raw::Decimal(_) => "a decimal number",
            Raw::Other(name) => name,
        }
    }
}

/// Why a value cannot be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// The stable code of the diagnostic.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to write instead, if there is one answer.
    pub help: Option<String>,
}

impl Problem {
    fn new(code: &'static str, message: impl Into<String>, help: impl Into<String>) -> Problem {
        Problem { code, message: message.into(), help: Some(help.into()) }
    }
}

const TIME_UNITS: &[(&str, u64)] = &[
    ("ns", 1),
    ("us", 1_000),
    ("µs", 1_000),
    ("μs", 1_000),
    ("ms", 1_000_000),
    ("s", 1_000_000_000),
    ("min", 60_000_000_000),
    ("m", 60_000_000_000),
    ("h", 3_600_000_000_000),
    ("d", 86_400_000_000_000),
];

const SIZE_UNITS: &[(&str, u64)] = &[
    ("B", 1),
    ("kB", 1_000),
    ("KB", 1_000),
    ("KiB", 1 << 10),
    ("MB", 1_000_000),
    ("MiB", 1 << 20),
    ("GB", 1_000_000_000),
    ("GiB", 1 << 30),
];

/// A decimal number with a unit, in units of 1: `1.5` with 1000 is 1500. Whole result only.
fn scaled(number: &str, unit: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) || number.ends_with('.') {
        return None;
    }
    let mut value = u128::from(whole.parse::<u64>().ok()?) * u128::from(unit);
    let mut place = u128::from(unit);
    for digit in fraction.trim_end_matches('0').bytes() {
        if place % 10 != 0 {
            return None;
        }
        place /= 10;
        value += place * u128::from(digit - b'0');
    }
    u64::try_from(value).ok()
}

/// Splits `1.5ms` into number and unit.
fn number_and_unit(text: &str) -> (&str, &str) {
    let text = text.trim();
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    (&text[..end], text[end..].trim_start())
}

fn with_units(
    text: &str,
    units: &[(&str, u64)],
    what: &str,
    example: &str,
) -> Result<u64, Problem> {
    let help = || format!("write {what} as a number and a unit, such as {example}");
    if text.trim_start().starts_with('-') {
        return Err(Problem::new("out-of-range", format!("{what} cannot be negative"), help()));
    }
    let (number, unit) = number_and_unit(text);
    if number.is_empty() {
        return Err(Problem::new("wrong-value", format!("`{text}` is not {what}"), help()));
    }
    if unit.is_empty() {
        return Err(Problem::new("missing-unit", format!("`{text}` has no unit"), help()));
    }
    let Some((_, factor)) = units.iter().find(|(name, _)| *name == unit) else {
        let known: Vec<&str> = units.iter().map(|(n, _)| *n).filter(|n| n.is_ascii()).collect();
        return Err(Problem::new(
            "unknown-unit",
            format!("`{unit}` is not a unit of {}", what.trim_start_matches("a ")),
            format!("the units are {}", known.join(", ")),
        ));
    };
    scaled(number, *factor).ok_or_else(|| {
        Problem::new("out-of-range", format!("`{text}` is too large or too precise"), help())
    })
}

/// `"250ms"` as a span. The unit is mandatory.
pub fn span_from_text(text: &str) -> Result<Span, Problem> {
    // Beyond 292 years the sum of two times would no longer fit.
    with_units(text, TIME_UNITS, "a time", "\"250ms\" or \"1.5s\"").and_then(|n| {
        i64::try_from(n).map(|_| Span(n)).map_err(|_| {
            Problem::new(
                "out-of-range",
                format!("`{text}` is too long"),
                "write at most \"106000d\"",
            )
        })
    })
}

/// `"64KiB"` as bytes. The unit is mandatory.
pub fn size_from_text(text: &str) -> Result<u64, Problem> {
    with_units(text, SIZE_UNITS, "a size", "\"512B\" or \"64KiB\"")
}

/// Reads the value of a setting into its raw value.
pub fn read(setting: &Setting, value: Raw<'_>) -> Result<i64, Problem> {
    let raw = match setting.kind {
        Kind::Flag => return flag(setting, value),
        Kind::Choice(words) => return choice(setting, words, value),
        Kind::List(words) => return list(setting, words, value),
        Kind::Name => {
            return match value {
                Raw::Text(name) if !name.trim().is_empty() => Ok(1),
                Raw::Text(_) => Err(Problem::new(
                    "wrong-value",
                    format!(
                        "Invalid value for configuration {}: String must be non-empty",
                        setting.name
                    ),
                    "write a name, or leave the setting out",
                )),
                _ => Err(wrong_type(setting, value, "a name", "write it in quotes")),
            };
        }
        Kind::Count => match value {
            Raw::Integer(n) => n,
            Raw::Text(t) if t.trim().parse::<i64>().is_ok() => {
                return Err(wrong_type(setting, value, "a number", &format!("write {}", t.trim())));
            }
            _ => return Err(wrong_type(setting, value, "a number", "write a plain number")),
        },
        Kind::Ratio => ratio(setting, value)?,
        Kind::Bytes => match value {
            Raw::Integer(n) => n,
            Raw::Text(t) => i64::try_from(size_from_text(t)?).unwrap_or(i64::MAX),
            _ => return Err(wrong_type(setting, value, "a size", "write \"64KiB\", or bytes")),
        },
        Kind::Milliseconds | Kind::Seconds => time(setting, value)?,
    };
    if (setting.low..=setting.high).contains(&raw) {
        return Ok(raw);
    }
    let bound = if raw < setting.low {
        format!("at least {}", setting.shown(setting.low))
    } else {
        format!("no more than {}", setting.shown(setting.high))
    };
    Err(Problem {
        code: "out-of-range",
        message: format!(
            "Invalid value {} for configuration {}: Value must be {bound}",
            setting.shown(raw),
            setting.name
        ),
        help: Some(format!("the default is {}", setting.shown(setting.default))),
    })
}

/// A fraction in thousandths.
fn ratio(setting: &Setting, value: Raw<'_>) -> Result<i64, Problem> {
    let (Raw::Decimal(text) | Raw::Text(text)) = value else {
        return match value {
            Raw::Integer(n) => Ok(n.saturating_mul(1000)),
            _ => Err(wrong_type(setting, value, "a fraction", "write a number such as 0.5")),
        };
    };
    match scaled(text.trim(), 1000).and_then(|n| i64::try_from(n).ok()) {
        Some(thousandths) => Ok(thousandths),
        None if matches!(value, Raw::Text(_)) => {
            Err(wrong_type(setting, value, "a fraction", "write a number such as 0.5"))
        }
        None => Err(Problem::new(
            "wrong-value",
            format!("`{}` takes a fraction in thousandths, not {text}", setting.name),
            "write a number from 0 to 1 with at most three places, such as 0.5",
        )),
    }
}

fn time(setting: &Setting, value: Raw<'_>) -> Result<i64, Problem> {
    let (per, unit) = match setting.kind {
        Kind::Seconds => (1_000_000_000, "seconds"),
        _ => (1_000_000, "milliseconds"),
    };
    match value {
        Raw::Integer(n) => Ok(n),
        Raw::Text(t) => {
            let span = span_from_text(t)?;
            if span.0 % per != 0 {
                return Err(Problem::new(
                    "wrong-value",
                    format!("`{}` counts whole {unit}, and `{t}` is none", setting.name),
                    format!("write a whole number of {unit}"),
                ));
            }
            Ok(i64::try_from(span.0 / per).unwrap_or(i64::MAX))
        }
        _ => Err(wrong_type(setting, value, "a time", &format!("write \"250ms\", or {unit}"))),
    }
}

fn flag(setting: &Setting, value: Raw<'_>) -> Result<i64, Problem> {
    match value {
        Raw::Flag(b) => Ok(i64::from(b)),
        _ => Err(wrong_type(setting, value, "true or false", "write true or false without quotes")),
    }
}

fn choice(setting: &Setting, words: &[&str], value: Raw<'_>) -> Result<i64, Problem> {
    let number;
    let word = match value {
        Raw::Text(t) => t.trim(),
        Raw::Integer(n) => {
            number = n.to_string();
            number.as_str()
        }
        _ => {
            return Err(wrong_type(
                setting,
                value,
                "a word",
                &format!("one of {}", words.join(", ")),
            ));
        }
    };
    let word = if setting.name == "acks" && word == "-1" { "all" } else { word };
    if setting.name == "group.protocol" && word.eq_ignore_ascii_case("consumer") {
        return Err(Problem {
            code: "not-modelled",
            message: "`group.protocol = consumer` (KIP-848) is real, but not modelled yet".into(),
            help: Some("use classic".into()),
        });
    }
    if setting.name == "isolation.level" && word.eq_ignore_ascii_case("read_committed") {
        return Err(Problem {
            code: "not-modelled",
            message: "`isolation.level = read_committed` is real, but not modelled yet".into(),
            help: Some("transactions are not simulated yet; use read_uncommitted".into()),
        });
    }
    words.iter().position(|w| *w == word).and_then(|i| i64::try_from(i).ok()).ok_or_else(|| {
        Problem {
            code: "wrong-value",
            message: format!(
                "Invalid value {word} for configuration {}: String must be one of: {}",
                setting.name,
                words.join(", ")
            ),
            help: words
                .iter()
                .map(|w| (strsim::damerau_levenshtein(w, word), w))
                .min()
                .filter(|(distance, w)| *distance <= 2 && *distance < w.len())
                .map(|(_, w)| format!("did you mean `{w}`?")),
        }
    })
}

/// The package of Kafka's own assignors; class names with and without it are understood.
const ASSIGNOR_PACKAGE: &str = "org.apache.kafka.clients.consumer.";

/// Words in an order, separated by commas.
fn list(setting: &Setting, words: &[&str], value: Raw<'_>) -> Result<i64, Problem> {
    let Raw::Text(text) = value else {
        return Err(wrong_type(
            setting,
            value,
            "a list of words",
            &format!("some of {}", words.join(", ")),
        ));
    };
    let mut chosen = Vec::new();
    for word in text.split(',').map(str::trim) {
        let class = word.strip_prefix(ASSIGNOR_PACKAGE).unwrap_or(word);
        let plain = |w: &str| w.replace('-', "").to_ascii_lowercase();
        let is_meant =
            |w: &&str| **w == *word || plain(w) + "assignor" == class.to_ascii_lowercase();
        let Some(index) = words.iter().position(is_meant) else {
            return Err(Problem::new(
                "wrong-value",
                format!("Invalid value {word} for configuration {}", setting.name),
                format!("choose among {}", words.join(", ")),
            ));
        };
        if chosen.contains(&index) {
            return Err(Problem::new(
                "set-twice",
                format!("`{}` stands in {} twice", words[index], setting.name),
                "keep one of them",
            ));
        }
        chosen.push(index);
    }
    Selection::raw(&chosen, words.len()).ok_or_else(|| {
        Problem::new("wrong-value", format!("{} needs at least one word", setting.name), "name one")
    })
}

fn wrong_type(setting: &Setting, value: Raw<'_>, wanted: &str, help: &str) -> Problem {
    Problem::new(
        "wrong-type",
        format!("`{}` takes {wanted}, not {}", setting.name, value.type_name()),
        help,
    )
}
