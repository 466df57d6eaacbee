//! `definitions.json`: what a broker exports of its topology, read, checked and imported.
//!
//! Reading ([`parse`]) knows the form and nothing of any broker: the parts are plain data, for an
//! import into a [`Topology`](super::Topology) or for writing a scenario. Importing
//! ([`Definitions::import`]) follows the broker, which changes little of what is there and skips
//! what it finds reserved or missing.
//!
//! Source: `rabbit_definitions.erl` of 3.10.8, and what 3.10.8 did when asked.

mod import;
mod parse;
#[cfg(test)]
mod tests;

pub use self::import::{Imported, Skipped};
pub use self::parse::parse;

use super::binding::Bind;
use super::exchange::ExchangeDeclare;
use super::policy::PolicyKind;
use super::queue::QueueType;
use crate::brokers::rabbitmq::value::{Name, Table};
use std::fmt;

/// A place in the file: `queues[3].arguments.x-expires`.
pub type Place = String;

/// What is wrong with definitions, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DefinitionsError {
    /// Where; empty for the file as a whole.
    pub place: Place,
    /// What is wrong.
    pub text: String,
}

impl fmt::Display for DefinitionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place.is_empty() {
            true => f.write_str(&self.text),
            false => write!(f, "{}: {}", self.place, self.text),
        }
    }
}

impl std::error::Error for DefinitionsError {}

/// Something of a vhost, with where it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Defined<T> {
    /// Where it stands.
    pub place: Place,
    /// The vhost. Files of one vhost do not name it; then it is the one imported into.
    pub vhost: Option<Name>,
    /// What it is.
    pub what: T,
}

/// All that definitions say. Users and their permissions are left out: nothing asks for them here.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Definitions {
    /// `rabbitmq_version`, else `rabbit_version`: the release that wrote them.
    pub rabbitmq_version: Option<Name>,
    /// `vhosts`
    pub vhosts: Vec<VhostDefinition>,
    /// `exchanges`
    pub exchanges: Vec<Defined<ExchangeDeclare>>,
    /// `policies`, and the operator policies of `parameters`.
    pub policies: Vec<Defined<WrittenPolicy>>,
    /// The vhost limits of `parameters`.
    pub limits: Vec<Defined<Limits>>,
    /// `queues`
    pub queues: Vec<Defined<QueueDefinition>>,
    /// `bindings`
    pub bindings: Vec<Defined<Bind>>,
    /// Parts that were read over because nothing here is like them: places with a reason.
    pub not_modelled: Vec<DefinitionsError>,
}

/// A vhost.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VhostDefinition {
    /// Where it stands.
    pub place: Place,
    /// `name`
    pub name: Name,
    /// `default_queue_type` of its metadata.
    pub default_queue_type: Option<QueueType>,
    /// Its limits.
    pub limits: Limits,
}

/// Limits of a vhost. Negative ones in the file mean none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Limits {
    /// `max-queues`
    pub max_queues: Option<u64>,
    /// `max-connections`
    pub max_connections: Option<u64>,
}

/// A queue. Its type is in its arguments: the field `type` decides nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct QueueDefinition {
    /// `name`
    pub name: Name,
    /// `durable`
    pub durable: bool,
    /// `auto_delete`
    pub auto_delete: bool,
    /// `arguments`
    pub arguments: Table,
}

/// A policy, as it is written. What `apply-to` means depends on the release.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WrittenPolicy {
    /// Whose.
    pub kind: PolicyKind,
    /// `name`
    pub name: Name,
    /// `pattern`
    pub pattern: Name,
    /// `apply-to`; `all` if it is absent.
    pub apply_to: Name,
    /// `priority`; 0 if it is absent.
    pub priority: i64,
    /// `definition`
    pub definition: Table,
}
