//! What a channel checks of a message before it routes it.
//!
//! Source: `rabbit_channel.erl` (`basic.publish`), `rabbit_basic.erl`.

use super::arguments::expiry;
use super::check::precondition_failed;
use super::term::type_name;
use crate::brokers::rabbitmq::error::AmqpError;
use crate::brokers::rabbitmq::message::Properties;
use crate::brokers::rabbitmq::value::{Name, Table, Value, field};

/// The further routing keys of a message.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FurtherKeys {
    /// The texts of `CC`.
    pub cc: Vec<Name>,
    /// The texts of `BCC`.
    pub bcc: Vec<Name>,
}

/// Checks the properties of a message that `user` publishes, takes `BCC` out of its headers and
/// answers the further keys. Elements of `CC` and `BCC` that are no texts are ignored; a table that
/// only had `BCC` is left empty.
///
/// Errors: 406, in the order in which the broker looks: `user-id` of somebody else, `expiration`
/// that is no time to live, `CC` or `BCC` that is no array, an unknown delivery mode.
pub fn check_properties(properties: &mut Properties, user: &str) -> Result<FurtherKeys, AmqpError> {
    if let Some(claimed) = &properties.user_id
        && &**claimed != user
    {
        return Err(precondition_failed(format!(
            "user_id property set to '{claimed}' but authenticated user was '{user}'"
        )));
    }
    if let Some(expiration) = &properties.expiration {
        time_to_live(expiration).map_err(|why| {
            precondition_failed(format!("invalid expiration '{expiration}': {why}"))
        })?;
    }
    let invalid = |why: String| precondition_failed(format!("invalid message: {why}"));
    let mut keys = FurtherKeys::default();
    if let Some(headers) = &mut properties.headers {
        keys.cc = texts(headers, "CC").map_err(invalid)?;
        keys.bcc = texts(headers, "BCC").map_err(invalid)?;
        headers.retain(|(name, _)| &**name != "BCC");
    }
    match properties.delivery_mode {
        None | Some(1 | 2) => Ok(keys),
        Some(other) => Err(invalid(format!("{{delivery_mode_unknown,{other}}}"))),
    }
}

fn texts(headers: &Table, key: &str) -> Result<Vec<Name>, String> {
    match field(headers, key) {
        None => Ok(Vec::new()),
        Some(Value::Array(items)) => Ok(items
            .iter()
            .filter_map(|item| match item {
                Value::Text(text) => Some(text.clone()),
                _ => None,
            })
            .collect()),
        Some(other) => {
            Err(format!("{{unacceptable_type_in_header,\"{key}\",{}}}", type_name(other)))
        }
    }
}

/// The time to live that the property `expiration` asks for, in milliseconds: an optional sign and
/// digits (`rabbit_basic:parse_expiration/1`).
///
/// Errors: Erlang's term, as the broker's text has it.
pub fn time_to_live(expiration: &str) -> Result<u64, String> {
    let unsigned = expiration.strip_prefix(['+', '-']).unwrap_or(expiration);
    let end = unsigned.find(|c: char| !c.is_ascii_digit()).unwrap_or(unsigned.len());
    if end == 0 {
        return Err("no_integer".into());
    }
    if end < unsigned.len() {
        return Err(format!("{{leftover_string,\"{}\"}}", &unsigned[end..]));
    }
    let negative = expiration.starts_with('-');
    let digits = unsigned.trim_start_matches('0');
    match unsigned.parse::<i64>() {
        Ok(n) => {
            let n = if negative { -n } else { n };
            expiry(n)?;
            Ok(n.unsigned_abs())
        }
        Err(_) if negative => Err(format!("{{value_negative,-{digits}}}")),
        Err(_) => Err(format!("{{value_too_large,{digits}}}")),
    }
}
