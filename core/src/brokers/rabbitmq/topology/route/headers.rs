//! Headers exchanges: a binding's arguments against a message's headers.
//!
//! Source: `rabbit_exchange_type_headers.erl` of 3.10.8 and 3.13.7, `mc_amqpl.erl`
//! (`routing_headers/2`).

use crate::brokers::rabbitmq::error::AmqpError;
use crate::brokers::rabbitmq::topology::check::precondition_failed;
use crate::brokers::rabbitmq::topology::term::{atom, term, type_name};
use crate::brokers::rabbitmq::value::{Name, Table, Value, field};
use crate::brokers::rabbitmq::version::RabbitVersion;
use std::cmp::Ordering;

/// A binding's arguments, read once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in super::super) struct HeadersMatch {
    /// `any` or `any-with-x`: one of them is enough.
    any: bool,
    /// The arguments that are compared.
    considered: Vec<(Name, Value)>,
}

/// `validate_binding/2`.
///
/// Errors: 406 if `x-match` is none of its four words.
pub(in super::super) fn check(arguments: &Table) -> Result<(), AmqpError> {
    match field(arguments, "x-match") {
        None => Ok(()),
        Some(Value::Text(word))
            if matches!(&**word, "all" | "any" | "all-with-x" | "any-with-x") =>
        {
            Ok(())
        }
        Some(value @ Value::Text(_)) => Err(precondition_failed(format!(
            "Invalid x-match field value {}; expected all, any, all-with-x, or any-with-x",
            term(value)
        ))),
        Some(other) => Err(precondition_failed(format!(
            "Invalid x-match field type {} (value {}); expected longstr",
            atom(type_name(other)),
            term(other)
        ))),
    }
}

impl HeadersMatch {
    pub(super) fn of(arguments: &Table) -> HeadersMatch {
        let word = match field(arguments, "x-match") {
            Some(Value::Text(word)) => &**word,
            _ => "all",
        };
        let with_x = word.ends_with("-with-x");
        let considers = |name: &str| name != "x-match" && (with_x || !name.starts_with("x-"));
        let considered = arguments.iter().filter(|(name, _)| considers(name)).cloned().collect();
        HeadersMatch { any: word.starts_with("any"), considered }
    }

    /// Whether a message with these headers matches. Without any argument to compare, `all` does
    /// and `any` does not.
    pub(super) fn matches(&self, headers: Option<&Table>, version: RabbitVersion) -> bool {
        let holds = |(name, expected): &(Name, Value)| {
            let value = headers.and_then(|headers| field(headers, name));
            value.is_some_and(|value| *expected == Value::Void || equal(expected, value, version))
        };
        match self.any {
            true => self.considered.iter().any(holds),
            false => self.considered.iter().all(holds),
        }
    }
}

/// Whether a header has the value that a binding asks for. Types of numbers carry no meaning, with
/// two exceptions: until 3.10 `1` equals `1.0`, later it does not; and since 3.13 the header of a
/// message that is a timestamp counts as milliseconds, the binding's as it is. Inside arrays and
/// tables everything must be the same.
fn equal(expected: &Value, header: &Value, version: RabbitVersion) -> bool {
    let exact = version >= RabbitVersion::V3_13;
    let number = |value: &Value, factor: i64| match value {
        Value::Integer(n) => Some(*n),
        Value::Timestamp(seconds) => seconds.checked_mul(factor),
        _ => None,
    };
    let of_header = number(header, if exact { 1000 } else { 1 });
    match (number(expected, 1), of_header, expected, header) {
        (Some(a), Some(b), _, _) => a == b,
        (Some(whole), None, _, Value::Decimal { unscaled, scale })
        | (None, Some(whole), Value::Decimal { unscaled, scale }, _) => {
            !exact && whole_equals(whole, *unscaled, *scale)
        }
        _ => expected == header,
    }
}

fn whole_equals(whole: i64, unscaled: i64, scale: u8) -> bool {
    let factor = 10i128.checked_pow(u32::from(scale));
    factor.is_some_and(|f| (i128::from(whole) * f).cmp(&i128::from(unscaled)) == Ordering::Equal)
}
