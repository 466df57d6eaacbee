//! What is known about one setting, and the macro that turns a table into a typed struct.

use super::{BROKER, CONSUMER, PRODUCER, TOPIC, UNMODELLED};
use crate::kernel::Span;

/// Who a setting belongs to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Scope {
    /// The producer client.
    Producer,
    /// The consumer client.
    Consumer,
    /// A broker or controller.
    Broker,
    /// A topic; where it sets nothing, the broker's setting counts.
    Topic,
}

impl Scope {
    /// All scopes.
    pub const ALL: [Scope; 4] = [Scope::Producer, Scope::Consumer, Scope::Broker, Scope::Topic];

    /// The word for it in scenario files.
    pub fn word(self) -> &'static str {
        match self {
            Scope::Producer => "producer",
            Scope::Consumer => "consumer",
            Scope::Broker => "broker",
            Scope::Topic => "topic",
        }
    }
}

/// What kind of value a setting takes. Every value has a number (the *raw* value): milliseconds,
/// seconds, bytes, a count, 0 or 1, or the index of a word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A time. A bare number means milliseconds, as in Kafka itself.
    Milliseconds,
    /// A time. A bare number means seconds, as in Kafka itself.
    Seconds,
    /// A size. A bare number means bytes, as in Kafka itself.
    Bytes,
    /// A plain number.
    Count,
    /// A fraction from 0 to 1. The raw value counts thousandths.
    Ratio,
    /// `true` or `false`.
    Flag,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Some of these words in an order, without repetition: a list, or one text with commas. The raw
    /// value is the number of the ordered selection, see [`Selection`].
    List(&'static [&'static str]),
    /// A name, or nothing. The raw value is 1 if there is one; the name is read beside it.
    Name,
}

/// One modelled setting.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Setting {
    /// The real name, such as `linger.ms`.
    pub name: &'static str,
    /// Who it belongs to.
    pub scope: Scope,
    /// What it takes.
    pub kind: Kind,
    /// The smallest raw value the real system accepts.
    pub low: i64,
    /// The largest raw value the real system accepts.
    pub high: i64,
    /// The raw default in Kafka 3.9.
    pub default: i64,
    /// What it does, in one English sentence.
    pub en: &'static str,
    /// What it does, in one Chinese sentence.
    pub zh: &'static str,
}

impl Setting {
    /// A raw value as Kafka's documentation writes it: `30000`, `all`, `true`.
    pub fn shown(&self, raw: i64) -> String {
        match self.kind {
            Kind::Flag => (raw != 0).to_string(),
            Kind::Choice(words) => {
                let index = usize::try_from(raw).unwrap_or(usize::MAX);
                words.get(index).map_or_else(|| raw.to_string(), ToString::to_string)
            }
            Kind::List(words) => {
                let chosen = Selection::of_raw(raw).indices(words.len());
                let chosen: Vec<&str> =
                    chosen.iter().filter_map(|&i| words.get(i)).copied().collect();
                chosen.join(", ")
            }
            Kind::Ratio => {
                let text = format!("{}.{:03}", raw / 1000, raw % 1000);
                text.trim_end_matches('0').trim_end_matches('.').to_owned()
            }
            Kind::Name => (if raw == 0 { "null" } else { "a name" }).to_owned(),
            _ => raw.to_string(),
        }
    }
}

/// A struct whose fields are the settings of one scope.
pub trait Values: Clone + Default {
    /// The table behind the struct, in the order of its fields.
    fn table() -> &'static [Setting];
    /// Sets a field by the setting's real name; `false` if there is no such setting.
    fn set(&mut self, name: &str, raw: i64) -> bool;
    /// The raw value of a field by the setting's real name.
    fn get(&self, name: &str) -> Option<i64>;
}

/// A field type and its raw value.
pub(super) trait Field: Sized {
    fn from_raw(raw: i64, kind: Kind) -> Self;
    fn to_raw(self, kind: Kind) -> i64;
}

impl Field for Span {
    fn from_raw(raw: i64, kind: Kind) -> Span {
        let raw = u64::try_from(raw).unwrap_or(0);
        if kind == Kind::Seconds { Span::secs(raw) } else { Span::millis(raw) }
    }
    fn to_raw(self, kind: Kind) -> i64 {
        if self == Span::FOREVER {
            return i64::MAX;
        }
        let per = if kind == Kind::Seconds { 1_000_000_000 } else { 1_000_000 };
        i64::try_from(self.0 / per).unwrap_or(i64::MAX)
    }
}

impl Field for u32 {
    fn from_raw(raw: i64, _: Kind) -> u32 {
        u32::try_from(raw.max(0)).unwrap_or(u32::MAX)
    }
    fn to_raw(self, _: Kind) -> i64 {
        i64::from(self)
    }
}

impl Field for u64 {
    fn from_raw(raw: i64, _: Kind) -> u64 {
        u64::try_from(raw).unwrap_or(0)
    }
    fn to_raw(self, _: Kind) -> i64 {
        i64::try_from(self).unwrap_or(i64::MAX)
    }
}

impl Field for i64 {
    fn from_raw(raw: i64, _: Kind) -> i64 {
        raw
    }
    fn to_raw(self, _: Kind) -> i64 {
        self
    }
}

impl Field for bool {
    fn from_raw(raw: i64, _: Kind) -> bool {
        raw != 0
    }
    fn to_raw(self, _: Kind) -> i64 {
        i64::from(self)
    }
}

/// Some of a few words in an order, such as `partition.assignment.strategy`: the number of the
/// selection among all, shorter ones first, those of one length in the order of the words.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Selection(u16);

impl Selection {
    /// The selection with this raw value.
    pub(super) fn of_raw(raw: i64) -> Selection {
        Selection(u16::try_from(raw).unwrap_or(0))
    }

    /// How many selections of `words` words there are.
    pub(super) const fn count(words: usize) -> i64 {
        let (mut all, mut of_length, mut length) = (0, 1, 0);
        while length < words {
            of_length *= (words - length) as i64;
            all += of_length;
            length += 1;
        }
        all
    }

    /// The chosen words, as indices.
    pub fn indices(self, words: usize) -> Vec<usize> {
        let (mut rest, mut of_length) = (self.0 as usize, 1);
        for length in 1..=words {
            of_length *= words + 1 - length;
            if rest >= of_length {
                rest -= of_length;
                continue;
            }
            let mut left: Vec<usize> = (0..words).collect();
            let (mut chosen, mut below) = (Vec::with_capacity(length), of_length);
            for _ in 0..length {
                below /= left.len();
                chosen.push(left.remove(rest / below));
                rest %= below;
            }
            return chosen;
        }
        Vec::new()
    }

    /// The raw value of the selection of these indices of `words` words.
    pub(super) fn raw(indices: &[usize], words: usize) -> Option<i64> {
        (0..Selection::count(words)).find(|&raw| Selection::of_raw(raw).indices(words) == indices)
    }
}

impl Field for Selection {
    fn from_raw(raw: i64, _: Kind) -> Selection {
        Selection::of_raw(raw)
    }
    fn to_raw(self, _: Kind) -> i64 {
        i64::from(self.0)
    }
}

/// Kafka's `Integer.MAX_VALUE`.
pub(super) const INT: i64 = i32::MAX as i64;
/// Kafka's `Long.MAX_VALUE`.
pub(super) const LONG: i64 = i64::MAX;

/// Declares the settings of one scope: a struct with a typed field each, the defaults, access by
/// real name, and the table that parsing, schema and reference page are made from.
macro_rules! settings {
    (
        $(#[$meta:meta])*
        struct $config:ident, table $table:ident, scope $scope:expr;
        $( $field:ident: $type:ty, $name:literal, $kind:expr, $low:expr, $high:expr, $default:expr,
           $en:literal, $zh:literal; )*
    ) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, Debug)]
        pub struct $config {
            $( #[doc = concat!("`", $name, "`: ", $en)] pub $field: $type, )*
        }

        #[doc = concat!("The settings behind [`", stringify!($config), "`], in the order of its fields.")]
        pub const $table: &[super::Setting] = &[$(
            super::Setting {
                name: $name,
                scope: $scope,
                kind: $kind,
                low: $low,
                high: $high,
                default: ($default) as i64,
                en: $en,
                zh: $zh,
            },
        )*];

        impl Default for $config {
            /// The defaults of Kafka 3.9.
            fn default() -> $config {
                $config { $( $field: super::table::Field::from_raw(($default) as i64, $kind), )* }
            }
        }

        impl super::Values for $config {
            fn table() -> &'static [super::Setting] {
                $table
            }
            fn set(&mut self, name: &str, raw: i64) -> bool {
                match name {
                    $( $name => self.$field = super::table::Field::from_raw(raw, $kind), )*
                    _ => return false,
                }
                true
            }
            fn get(&self, name: &str) -> Option<i64> {
                match name {
                    $( $name => Some(super::table::Field::to_raw(self.$field, $kind)), )*
                    _ => None,
                }
            }
        }
    };
}
pub(super) use settings;

/// The table of a scope.
pub fn table(scope: Scope) -> &'static [Setting] {
    match scope {
        Scope::Producer => PRODUCER,
        Scope::Consumer => CONSUMER,
        Scope::Broker => BROKER,
        Scope::Topic => TOPIC,
    }
}

/// The modelled setting of that name.
pub fn find(scope: Scope, name: &str) -> Option<&'static Setting> {
    table(scope).iter().find(|s| s.name == name)
}

/// The name in this scope, modelled or not, that `name` most likely was meant to be.
pub fn nearest(scope: Scope, name: &str) -> Option<&'static str> {
    // `minInsyncReplicas` and `min-insync-replicas` are the usual slips of people who know the
    // setting from another tool.
    let mut plain = String::new();
    for c in name.chars().take(200) {
        match c {
            '-' | '_' => plain.push('.'),
            c if c.is_ascii_uppercase() => plain.extend(['.', c.to_ascii_lowercase()]),
            c => plain.push(c),
        }
    }
    let modelled = table(scope).iter().map(|s| s.name);
    let others = UNMODELLED.iter().filter(|u| u.scope == scope).map(|u| u.name);
    modelled
        .chain(others)
        .map(|known| (strsim::damerau_levenshtein(known, &plain), known))
        .min()
        .filter(|(distance, known)| *distance <= known.len().max(6) / 3)
        .map(|(_, known)| known)
}
