//! Values as the broker's error texts print them: Erlang's `~p` of the decoded term.

use crate::brokers::rabbitmq::value::Value;
use std::fmt::Write;

/// The name of a field's type in error texts (`rabbit_binary_parser.erl`). Widths of integers are
/// not kept, so an integer has the type that common clients give it: `signedint` if 32 bits hold
/// it, else `long`.
pub(super) fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Void => "void",
        Value::Boolean(_) => "bool",
        Value::Integer(n) if i32::try_from(*n).is_ok() => "signedint",
        Value::Integer(_) => "long",
        Value::Decimal { .. } => "double",
        Value::Text(_) => "longstr",
        Value::Timestamp(_) => "timestamp",
        Value::Array(_) => "array",
        Value::Table(_) => "table",
    }
}

/// A value as `~p` prints it: texts are binaries, `<<"orders">>`.
pub(super) fn term(value: &Value) -> String {
    match value {
        Value::Void => "undefined".into(),
        Value::Boolean(flag) => flag.to_string(),
        Value::Integer(n) | Value::Timestamp(n) => n.to_string(),
        Value::Decimal { unscaled, scale } => decimal(*unscaled, *scale),
        Value::Text(text) => format!("<<\"{text}\">>"),
        Value::Array(items) => {
            let items: Vec<String> =
                items.iter().map(|v| format!("{{{},{}}}", type_name(v), term(v))).collect();
            format!("[{}]", items.join(","))
        }
        Value::Table(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .map(|(n, v)| format!("{{<<\"{n}\">>,{},{}}}", type_name(v), term(v)))
                .collect();
            format!("[{}]", fields.join(","))
        }
    }
}

/// A value between quotes, as `rabbit_misc:val/1` prints it.
pub(super) fn quoted(value: &Value) -> String {
    match value {
        Value::Text(text) => format!("'{text}'"),
        other => format!("'{}'", term(other)),
    }
}

/// An atom as `~p` prints it: with quotes of its own if it is no plain word.
pub(super) fn atom(word: &str) -> String {
    let plain = word.starts_with(|c: char| c.is_ascii_lowercase())
        && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '@');
    if plain { word.to_string() } else { format!("'{word}'") }
}

fn decimal(unscaled: i64, scale: u8) -> String {
    let digits = unscaled.unsigned_abs().to_string();
    let mut text = String::new();
    if unscaled < 0 {
        text.push('-');
    }
    let scale = usize::from(scale);
    let whole = digits.len().saturating_sub(scale);
    text.push_str(if whole == 0 { "0" } else { &digits[..whole] });
    if scale == 0 {
        text.push_str(".0");
    } else {
        let _ = write!(text, ".{:0>scale$}", &digits[whole..]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_look_as_erlang_prints_them() {
        let table = Value::Table(vec![("a".into(), Value::Integer(1))]);
        for (value, text) in [
            (Value::Text("x".into()), "<<\"x\">>"),
            (Value::Decimal { unscaled: 15, scale: 1 }, "1.5"),
            (Value::Decimal { unscaled: -5, scale: 2 }, "-0.05"),
            (Value::Decimal { unscaled: 7, scale: 0 }, "7.0"),
            (Value::Void, "undefined"),
            (table, "[{<<\"a\">>,signedint,1}]"),
        ] {
            assert_eq!(term(&value), text);
        }
        assert_eq!(type_name(&Value::Integer(1 << 40)), "long");
        assert_eq!(atom("direct"), "direct");
        assert_eq!(atom("x-consistent-hash"), "'x-consistent-hash'");
    }
}
