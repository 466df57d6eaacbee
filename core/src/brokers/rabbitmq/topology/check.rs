//! Checks that several operations share, with the texts of the broker.
//!
//! Source: `rabbit_channel.erl`, `rabbit_misc.erl` of 3.10.8.

use super::term::{quoted, type_name};
use crate::brokers::rabbitmq::error::{AmqpError, ReplyCode};
use crate::brokers::rabbitmq::value::{Name, Table, Value, field};
use std::fmt::Display;

pub(super) fn precondition_failed(text: impl Into<String>) -> AmqpError {
    AmqpError::new(ReplyCode::PreconditionFailed, text)
}

pub(super) fn refused(text: impl Into<String>) -> AmqpError {
    AmqpError::new(ReplyCode::AccessRefused, text)
}

/// `rabbit_misc:rs/1`: `queue 'q' in vhost '/'`.
pub(super) fn described(kind: &str, name: &str, vhost: &str) -> String {
    format!("{kind} '{name}' in vhost '{vhost}'")
}

pub(super) fn missing(kind: &str, name: &str, vhost: &str) -> AmqpError {
    AmqpError::new(ReplyCode::NotFound, format!("no {}", described(kind, name, vhost)))
}

/// The longest name the protocol can carry: a short string (AMQP 0-9-1 §4.2.5.3).
pub const LONGEST_NAME: usize = 255;

/// A name without carriage returns and line feeds. Longer than [`LONGEST_NAME`] bytes no frame
/// can carry it.
pub(super) fn stripped(name: &str) -> Result<Name, AmqpError> {
    let name: Name = match name.contains(['\r', '\n']) {
        true => name.replace(['\r', '\n'], "").into(),
        false => name.into(),
    };
    fits("name", &name)?;
    Ok(name)
}

pub(super) fn fits(what: &str, text: &str) -> Result<(), AmqpError> {
    if text.len() <= LONGEST_NAME {
        return Ok(());
    }
    let text = format!(
        "a {what} of {} bytes does not fit into a short string: at most {LONGEST_NAME}",
        text.len()
    );
    Err(AmqpError::new(ReplyCode::SyntaxError, text))
}

/// `check_name/2`.
pub(super) fn not_reserved(kind: &str, name: &str) -> Result<(), AmqpError> {
    if name.starts_with("amq.") {
        return Err(refused(format!("{kind} name '{name}' contains reserved prefix 'amq.*'")));
    }
    Ok(())
}

/// `check_not_default_exchange/1`.
pub(super) fn not_default_exchange(name: &str) -> Result<(), AmqpError> {
    if name.is_empty() {
        return Err(refused("operation not permitted on the default exchange"));
    }
    Ok(())
}

/// An argument that names an exchange is a text (`rabbit_misc:r_arg/4`).
pub(super) fn is_exchange_name(
    arguments: &Table,
    key: &str,
    described: &str,
) -> Result<(), AmqpError> {
    match field(arguments, key) {
        None | Some(Value::Text(_)) => Ok(()),
        Some(other) => Err(precondition_failed(format!(
            "invalid type '{}' for arg '{key}' in {described}",
            type_name(other)
        ))),
    }
}

pub(super) fn inequivalent(
    key: &str,
    described: &str,
    received: &dyn Display,
    current: &dyn Display,
) -> AmqpError {
    precondition_failed(format!(
        "inequivalent arg '{key}' for {described}: received {received} but current is {current}"
    ))
}

pub(super) fn same_flag(
    key: &str,
    described: &str,
    received: bool,
    current: bool,
) -> Result<(), AmqpError> {
    if received == current {
        return Ok(());
    }
    Err(inequivalent(key, described, &format!("'{received}'"), &format!("'{current}'")))
}

/// `rabbit_misc:assert_args_equivalence/4`: of these arguments each is absent in both or equal in
/// both.
pub(super) fn same_arguments(
    keys: &[&str],
    current: &Table,
    received: &Table,
    described: &str,
) -> Result<(), AmqpError> {
    for key in keys {
        let (is, asked) = (field(current, key), field(received, key));
        let same = match (is, asked) {
            (None, None) => true,
            (Some(is), Some(asked)) => equivalent(is, asked),
            // A classic queue is one with or without saying so.
            (Some(only), None) | (None, Some(only)) => {
                *key == "x-queue-type" && *only == Value::Text("classic".into())
            }
        };
        if !same {
            let (received, current) = match (asked, is) {
                (Some(asked), Some(is)) => (quoted(asked), quoted(is)),
                (asked, is) => (with_type(asked), with_type(is)),
            };
            return Err(inequivalent(key, described, &received, &current));
        }
    }
    Ok(())
}

/// Equal values are equivalent whatever their types; types matter only between a number with and
/// one without a fraction.
fn equivalent(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Integer(a), Value::Timestamp(b)) | (Value::Timestamp(a), Value::Integer(b)) => {
            a == b
        }
        _ => a == b,
    }
}

fn with_type(value: Option<&Value>) -> String {
    match value {
        None => "none".into(),
        Some(value) => format!("the value {} of type '{}'", quoted(value), type_name(value)),
    }
}
