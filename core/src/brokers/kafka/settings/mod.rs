//! Kafka's settings by their real names, with the real defaults.
//!
//! One table a kind of client or server ([`PRODUCER`], [`CONSUMER`], [`BROKER`], [`TOPIC`]) drives
//! everything that is known about a setting: the typed field, its default, its range, how a value
//! is read, its explanation in two languages, the JSON Schema and the reference page. A second list
//! ([`UNMODELLED`]) names settings that exist in the real system and are not modelled yet, so that
//! nobody mistakes them for typing errors. Start with [`Setting`].
//!
//! It may use [`crate::kernel`] for spans and nothing else of this crate.

mod broker;
mod choices;
mod consumer;
mod producer;
mod read;
mod refusal;
mod table;
mod topic;
mod unmodelled;
mod version;

pub use broker::{BROKER, BrokerConfig, means_something};
pub use choices::{
    Acks, Assignor, AutoOffsetReset, CleanupPolicy, Codec, GroupProtocol, IsolationLevel,
    TopicCodec,
};
pub use consumer::{CONSUMER, ConsumerConfig};
pub use producer::{PRODUCER, ProducerConfig};
pub use read::{Problem, Raw, read, size_from_text, span_from_text};
pub use refusal::{Refusal, resolve_broker, resolve_consumer, resolve_producer, resolve_topic};
pub use table::{Kind, Scope, Selection, Setting, Values, find, nearest, table};
pub use topic::{TOPIC, TopicConfig};
pub use unmodelled::{UNMODELLED, Unmodelled, unmodelled};
pub use version::{KafkaVersion, VERSION_DEFAULTS, VersionDefault, default_in};

#[cfg(test)]
mod tests;
