//! Numbers with units that are not settings: rates, shares, ranges of times.

use crate::brokers::kafka::settings::{Problem, size_from_text, span_from_text};
use crate::kernel::Span;
use crate::scenario::model::LatencyModel;

fn problem(code: &'static str, message: String, help: &str) -> Problem {
    Problem { code, message, help: Some(help.into()) }
}

/// `"10/s"` as the time between two. Units: `/s`, `/min`, `/h`.
pub fn every_from_rate(text: &str) -> Result<Span, Problem> {
    let help = "write a rate such as \"10/s\" or \"30/min\"";
    let (number, unit) = text
        .split_once('/')
        .ok_or_else(|| problem("missing-unit", format!("`{text}` is not a rate"), help))?;
    let per: u64 = match unit.trim() {
        "s" => 1_000_000_000,
        "min" | "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        other => return Err(problem("unknown-unit", format!("`/{other}` is not a rate"), help)),
    };
    match number.trim().parse::<u64>() {
        Ok(n) if (1..=per).contains(&n) => Ok(Span(per / n)),
        _ => Err(problem("out-of-range", format!("`{text}` is not a possible rate"), help)),
    }
}

/// `"1MiB/s"` as bytes a second, at least 1.
pub fn bandwidth_from_text(text: &str) -> Result<u64, Problem> {
    let help = "write a bandwidth such as \"1MiB/s\"";
    let Some(size) = text.trim().strip_suffix("/s") else {
        return Err(problem("missing-unit", format!("`{text}` is not a bandwidth"), help));
    };
    match size_from_text(size)? {
        0 => Err(problem("out-of-range", "a bandwidth of 0 never moves anything".into(), help)),
        n => Ok(n),
    }
}

/// `"95%"` or `"99.9%"` in thousandths of a percent; at most 100%.
pub fn share_from_text(text: &str) -> Result<u32, Problem> {
    let help = "write a share such as \"95%\"";
    let Some(number) = text.trim().strip_suffix('%') else {
        return Err(problem("missing-unit", format!("`{text}` is not a share"), help));
    };
    let bad = || problem("out-of-range", format!("`{text}` is not between 0% and 100%"), help);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) || fraction.len() > 3 {
        return Err(bad());
    }
    let thousandths = format!("{fraction:0<3}").parse::<u32>().map_err(|_| bad())?;
    match whole.parse::<u32>() {
        Ok(w) if w < 100 || (w == 100 && thousandths == 0) => Ok(w * 1000 + thousandths),
        _ => Err(bad()),
    }
}

/// `"0.25ms"` or `"200us..300us"` as bounds.
pub fn times_from_text(text: &str) -> Result<LatencyModel, Problem> {
    let (low, high) = text.split_once("..").unwrap_or((text, text));
    ordered(span_from_text(low)?, span_from_text(high.trim_start_matches('='))?)
}

/// Two bounds, the smaller one first.
pub fn ordered(low: Span, high: Span) -> Result<LatencyModel, Problem> {
    if low > high {
        let message = format!("the range from {low} to {high} is empty");
        return Err(problem("out-of-range", message, "write the smaller bound first"));
    }
    Ok(LatencyModel { low, high })
}
