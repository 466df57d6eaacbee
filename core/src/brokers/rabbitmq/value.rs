//! Field values: arguments of declarations and headers of messages (AMQP 0-9-1 §4.2.5).

use std::sync::Arc;

/// A name: of an exchange, a queue, a routing key, a consumer tag, a header.
pub type Name = Arc<str>;

/// A field table. Names are unique; the order is the one in which fields were written and carries
/// no meaning.
pub type Table = Vec<(Name, Value)>;

/// A field value. Widths of integers carry no meaning for any rule and are not kept.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Value {
    /// No value (`V`).
    Void,
    /// A truth value (`t`).
    Boolean(bool),
    /// Any integer (`b`, `B`, `s`, `u`, `I`, `i`, `l`).
    Integer(i64),
    /// A number with a fraction (`f`, `d`, `D`): `unscaled / 10^scale`, without trailing zeros in
    /// the fraction, so that equal numbers are equal values. No floating-point number decides
    /// anything.
    Decimal {
        /// All digits.
        unscaled: i64,
        /// How many of them stand behind the point.
        scale: u8,
    },
    /// A text (`S`).
    Text(Name),
    /// Seconds since the epoch (`T`).
    Timestamp(i64),
    /// A list (`A`).
    Array(Vec<Value>),
    /// A table (`F`).
    Table(Table),
}

/// The field of that name.
pub fn field<'t>(table: &'t Table, name: &str) -> Option<&'t Value> {
    table.iter().find(|(n, _)| &**n == name).map(|(_, value)| value)
}
