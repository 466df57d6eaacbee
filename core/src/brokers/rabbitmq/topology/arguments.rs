//! The arguments of `queue.declare`: which a type knows, and what they may be.
//!
//! Source: `rabbit_amqqueue.erl` (`declare_args/0`, `check_declare_arguments/2`) and the
//! `capabilities/0` of the queue types, of v3.10.8, v3.13.7 and v4.0.9.

use super::check::precondition_failed;
use super::queue::QueueType;
use super::term::type_name;
use crate::brokers::rabbitmq::error::AmqpError;
use crate::brokers::rabbitmq::value::{Table, Value, field};
use crate::brokers::rabbitmq::version::RabbitVersion;

/// The longest time to live and the latest expiry: ten years in milliseconds.
pub(super) const LONGEST_TIME: i64 = 315_360_000_000;

/// The largest segment of a stream, in bytes (`MAX_STREAM_MAX_SEGMENT_SIZE`).
pub(super) const MAX_STREAM_SEGMENT_SIZE: i64 = 3_000_000_000;

/// What may be said against a value: Erlang's term, as the error text prints it.
type Verdict = Result<(), String>;

/// Looks at a value, and at all arguments where one depends on another.
type Rule = fn(&Value, &Table) -> Verdict;

/// The arguments with a rule, in the order in which they are checked.
const RULES: [(&str, Rule); 21] = [
    ("x-expires", expires),
    ("x-message-ttl", message_ttl),
    ("x-dead-letter-exchange", |v, _| text(v)),
    ("x-dead-letter-routing-key", dead_letter_routing_key),
    ("x-dead-letter-strategy", |v, _| {
        one_of(v, &["at-most-once", "at-least-once"], "invalid_dlx_strategy")
    }),
    ("x-max-length", |v, _| natural(v).map(|_| ())),
    ("x-max-length-bytes", |v, _| natural(v).map(|_| ())),
    ("x-max-in-memory-length", |v, _| natural(v).map(|_| ())),
    ("x-max-in-memory-bytes", |v, _| natural(v).map(|_| ())),
    ("x-max-priority", max_priority),
    ("x-overflow", |v, _| {
        one_of(v, &["drop-head", "reject-publish", "reject-publish-dlx"], "invalid_overflow")
    }),
    ("x-queue-mode", queue_mode),
    ("x-queue-version", queue_version),
    ("x-single-active-consumer", |v, _| boolean(v)),
    ("x-quorum-initial-group-size", |v, _| positive(v)),
    ("x-delivery-limit", |v, _| integer(v).map(|_| ())),
    ("x-max-age", max_age_argument),
    ("x-stream-max-segment-size-bytes", |v, _| natural(v).map(|_| ())),
    ("x-initial-cluster-size", |v, _| positive(v)),
    ("x-queue-leader-locator", |v, _| {
        let locators = ["client-local", "balanced", "random", "least-leaders"];
        one_of(v, &locators, "invalid_queue_locator_arg")
    }),
    ("x-queue-master-locator", |v, _| {
        one_of(v, &["client-local", "min-masters", "random"], "invalid_queue_locator_arg")
    }),
];

const CLASSIC: [&str; 13] = [
    "x-expires",
    "x-message-ttl",
    "x-dead-letter-exchange",
    "x-dead-letter-routing-key",
    "x-max-length",
    "x-max-length-bytes",
    "x-max-priority",
    "x-overflow",
    "x-queue-mode",
    "x-queue-version",
    "x-single-active-consumer",
    "x-queue-type",
    "x-queue-master-locator",
];

const QUORUM: [&str; 15] = [
    "x-dead-letter-exchange",
    "x-dead-letter-routing-key",
    "x-dead-letter-strategy",
    "x-expires",
    "x-max-length",
    "x-max-length-bytes",
    "x-max-in-memory-length",
    "x-max-in-memory-bytes",
    "x-overflow",
    "x-single-active-consumer",
    "x-queue-type",
    "x-quorum-initial-group-size",
    "x-delivery-limit",
    "x-message-ttl",
    "x-queue-leader-locator",
];

const STREAM: [&str; 6] = [
    "x-max-length-bytes",
    "x-queue-type",
    "x-max-age",
    "x-stream-max-segment-size-bytes",
    "x-initial-cluster-size",
    "x-queue-leader-locator",
];

/// The arguments that a type knows: those are checked, and compared when the queue is declared
/// again.
pub(super) fn known_to(kind: QueueType, version: RabbitVersion) -> Vec<&'static str> {
    match kind {
        QueueType::Classic => {
            let mut known = CLASSIC.to_vec();
            if version >= RabbitVersion::V4 {
                known.push("x-queue-leader-locator");
            }
            known
        }
        QueueType::Quorum => QUORUM.to_vec(),
        QueueType::Stream => STREAM.to_vec(),
    }
}

/// `check_declare_arguments/2`; answers the type.
///
/// Errors: 406.
pub(super) fn check_queue_arguments(
    arguments: &Table,
    version: RabbitVersion,
    described: &str,
) -> Result<QueueType, AmqpError> {
    let invalid = |key: &str, why: String| {
        precondition_failed(format!("invalid arg '{key}' for {described}: {why}"))
    };
    if let Some(value) = field(arguments, "x-queue-type") {
        queue_type(value).map_err(|why| invalid("x-queue-type", why))?;
    }
    let kind = QueueType::of_arguments(arguments).expect("the type was checked");
    let known = known_to(kind, version);
    for (key, rule) in RULES.iter().filter(|(key, _)| known.contains(key)) {
        if let Some(value) = field(arguments, key) {
            rule(value, arguments).map_err(|why| invalid(key, why))?;
        }
    }
    let known_to_another =
        |key: &str| QueueType::ALL.into_iter().any(|other| known_to(other, version).contains(&key));
    for (key, _) in arguments {
        if !known.contains(&&**key) && known_to_another(key) {
            return Err(precondition_failed(format!(
                "invalid arg '{key}' for {described} of queue type {}",
                kind.module()
            )));
        }
    }
    Ok(kind)
}

fn unacceptable(value: &Value) -> String {
    format!("{{unacceptable_type,{}}}", type_name(value))
}

fn integer(value: &Value) -> Result<i64, String> {
    match value {
        Value::Integer(n) => Ok(*n),
        other => Err(format!("\"expected integer, got {}\"", type_name(other))),
    }
}

fn natural(value: &Value) -> Result<i64, String> {
    match integer(value)? {
        n if n < 0 => Err(format!("{{value_negative,{n}}}")),
        n => Ok(n),
    }
}

fn positive(value: &Value) -> Verdict {
    match natural(value)? {
        0 => Err("{value_zero,0}".into()),
        _ => Ok(()),
    }
}

fn boolean(value: &Value) -> Verdict {
    match value {
        Value::Boolean(_) => Ok(()),
        other => Err(unacceptable(other)),
    }
}

fn text(value: &Value) -> Verdict {
    match value {
        Value::Text(_) => Ok(()),
        other => Err(unacceptable(other)),
    }
}

fn one_of(value: &Value, words: &[&str], error: &str) -> Verdict {
    match value {
        Value::Text(word) if words.contains(&&**word) => Ok(()),
        Value::Text(_) => Err(error.into()),
        other => Err(unacceptable(other)),
    }
}

/// `rabbit_misc:check_expiry/1`: 0 to [`LONGEST_TIME`] milliseconds.
pub(super) fn expiry(n: i64) -> Verdict {
    match n {
        n if n < 0 => Err(format!("{{value_negative,{n}}}")),
        n if n > LONGEST_TIME => Err(format!("{{value_too_large,{n}}}")),
        _ => Ok(()),
    }
}

fn expires(value: &Value, _: &Table) -> Verdict {
    match integer(value)? {
        0 => Err("{value_zero,0}".into()),
        n => expiry(n),
    }
}

fn message_ttl(value: &Value, _: &Table) -> Verdict {
    expiry(integer(value)?)
}

fn dead_letter_routing_key(value: &Value, arguments: &Table) -> Verdict {
    text(value)?;
    match field(arguments, "x-dead-letter-exchange") {
        None => Err("routing_key_but_no_dlx_defined".into()),
        Some(_) => Ok(()),
    }
}

fn max_priority(value: &Value, _: &Table) -> Verdict {
    match natural(value)? {
        n if n > 255 => Err(format!("{{max_value_exceeded,{n}}}")),
        _ => Ok(()),
    }
}

fn queue_mode(value: &Value, _: &Table) -> Verdict {
    match value {
        Value::Text(word) if matches!(&**word, "default" | "lazy") => Ok(()),
        Value::Text(word) => Err(format!("\"unsupported queue mode '{word}'\"")),
        other => Err(unacceptable(other)),
    }
}

fn queue_version(value: &Value, _: &Table) -> Verdict {
    match natural(value)? {
        1 | 2 => Ok(()),
        n => Err(format!("\"unsupported queue version '{n}'\"")),
    }
}

fn queue_type(value: &Value) -> Verdict {
    match value {
        Value::Text(word) if QueueType::from_word(word).is_some() => Ok(()),
        Value::Text(word) => Err(format!("\"unsupported queue type '{word}'\"")),
        other => Err(unacceptable(other)),
    }
}

fn max_age_argument(value: &Value, _: &Table) -> Verdict {
    match value {
        Value::Text(word) if max_age(word).is_some() => Ok(()),
        Value::Text(_) => Err("invalid_max_age".into()),
        other => Err(unacceptable(other)),
    }
}

/// How long a stream keeps its segments, in milliseconds: a positive number and one of `Y` (365
/// days), `M` (30 days), `D`, `h`, `m`, `s` (`rabbit_amqqueue:check_max_age/1`).
pub fn max_age(word: &str) -> Option<u64> {
    let digits = word.find(|c: char| !c.is_ascii_digit())?;
    let seconds: u64 = match &word[digits..] {
        "Y" => 365 * 24 * 3600,
        "M" => 30 * 24 * 3600,
        "D" => 24 * 3600,
        "h" => 3600,
        "m" => 60,
        "s" => 1,
        _ => return None,
    };
    let count: u64 = word[..digits].parse().ok().filter(|n| *n > 0)?;
    count.checked_mul(seconds)?.checked_mul(1000)
}
