//! Exchanges: their types, and how they are declared and deleted.
//!
//! Source: `rabbit_exchange.erl`, `rabbit_channel.erl` (`exchange.declare`, `exchange.delete`),
//! the `validate` callbacks of the exchange types.

use super::binding::Removed;
use super::check::{self, precondition_failed, refused};
use super::ids::ExchangeId;
use super::policy::Applied;
use super::route::Index;
use super::term::{atom, quoted, term, type_name};
use super::{ExchangeEntry, Topology};
use crate::brokers::rabbitmq::error::{AmqpError, ReplyCode};
use crate::brokers::rabbitmq::value::{Name, Table, Value, field};
use crate::brokers::rabbitmq::version::RabbitVersion;
use std::sync::Arc;

/// How an exchange chooses among its bindings.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ExchangeType {
    /// The binding key is one of the message's keys.
    Direct,
    /// Every binding.
    Fanout,
    /// The binding key is a pattern of words.
    Topic,
    /// The binding's arguments are compared with the message's headers.
    Headers,
    /// `x-consistent-hash`: one destination, by jump consistent hash.
    ConsistentHash,
    /// `x-random`: one binding at random.
    Random,
    /// `x-local-random` (4.0): a random queue among those on the publisher's node.
    LocalRandom,
    /// `x-modulus-hash`: one binding, by hash modulo their number.
    ModulusHash,
    /// `x-recent-history`: every binding; the last messages are given to whoever binds later.
    RecentHistory,
    /// `x-delayed-message`: as [`Exchange::routes_as`] says, after the delay of the header
    /// `x-delay`.
    Delayed,
}

impl ExchangeType {
    /// All of them.
    pub const ALL: [ExchangeType; 10] = [
        ExchangeType::Direct,
        ExchangeType::Fanout,
        ExchangeType::Topic,
        ExchangeType::Headers,
        ExchangeType::ConsistentHash,
        ExchangeType::Random,
        ExchangeType::LocalRandom,
        ExchangeType::ModulusHash,
        ExchangeType::RecentHistory,
        ExchangeType::Delayed,
    ];

    /// The word of `exchange.declare`.
    pub fn word(self) -> &'static str {
        match self {
            ExchangeType::Direct => "direct",
            ExchangeType::Fanout => "fanout",
            ExchangeType::Topic => "topic",
            ExchangeType::Headers => "headers",
            ExchangeType::ConsistentHash => "x-consistent-hash",
            ExchangeType::Random => "x-random",
            ExchangeType::LocalRandom => "x-local-random",
            ExchangeType::ModulusHash => "x-modulus-hash",
            ExchangeType::RecentHistory => "x-recent-history",
            ExchangeType::Delayed => "x-delayed-message",
        }
    }

    /// The type a word means in a release. All plugins count as enabled.
    pub fn from_word(word: &str, version: RabbitVersion) -> Option<ExchangeType> {
        let found = ExchangeType::ALL.into_iter().find(|t| t.word() == word)?;
        (found != ExchangeType::LocalRandom || version >= RabbitVersion::V4).then_some(found)
    }
}

/// An exchange, as the store has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Exchange {
    /// Its number.
    pub id: ExchangeId,
    /// The vhost it is in.
    pub vhost: Name,
    /// Its name; empty for the default exchange.
    pub name: Name,
    /// Its declared type.
    pub kind: ExchangeType,
    /// The type that chooses the destinations: for `x-delayed-message` that of `x-delayed-type`,
    /// otherwise the declared one.
    pub routes_as: ExchangeType,
    /// Whether it survives a restart.
    pub durable: bool,
    /// Whether it is deleted with its last binding.
    pub auto_delete: bool,
    /// Whether clients may not publish to it.
    pub internal: bool,
    /// What it was declared with.
    pub arguments: Table,
    /// The policies that apply to it.
    pub policies: Applied,
    /// The alternate exchange: of the argument, else of the policy (§3.6).
    pub alternate: Option<Name>,
}

impl Exchange {
    /// As error texts call it: `exchange 'x' in vhost '/'`.
    pub fn described(&self) -> String {
        check::described("exchange", &self.name, &self.vhost)
    }

    /// Whether it is the default exchange.
    pub fn is_default(&self) -> bool {
        self.name.is_empty()
    }
}

/// `exchange.declare`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExchangeDeclare {
    /// `exchange`
    pub name: Name,
    /// `type`, as the client wrote it.
    pub kind: Name,
    /// Only ask whether it exists.
    pub passive: bool,
    /// See [`Exchange::durable`].
    pub durable: bool,
    /// See [`Exchange::auto_delete`].
    pub auto_delete: bool,
    /// See [`Exchange::internal`].
    pub internal: bool,
    /// `arguments`
    pub arguments: Table,
}

impl ExchangeDeclare {
    /// A durable exchange without arguments.
    pub fn durable(name: &str, kind: ExchangeType) -> ExchangeDeclare {
        ExchangeDeclare {
            name: name.into(),
            kind: kind.word().into(),
            passive: false,
            durable: true,
            auto_delete: false,
            internal: false,
            arguments: Table::new(),
        }
    }
}

/// What a declaration of an exchange led to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExchangeDeclared {
    /// It was created.
    Created(ExchangeId),
    /// It was there, and is equivalent.
    Existing(ExchangeId),
}

impl ExchangeDeclared {
    /// The exchange.
    pub fn id(self) -> ExchangeId {
        match self {
            ExchangeDeclared::Created(id) | ExchangeDeclared::Existing(id) => id,
        }
    }
}

/// The exchanges every vhost has (`rabbit_vhost.erl`).
const PREDECLARED: [(&str, ExchangeType, bool); 7] = [
    ("", ExchangeType::Direct, false),
    ("amq.direct", ExchangeType::Direct, false),
    ("amq.fanout", ExchangeType::Fanout, false),
    ("amq.headers", ExchangeType::Headers, false),
    ("amq.match", ExchangeType::Headers, false),
    ("amq.rabbitmq.trace", ExchangeType::Topic, true),
    ("amq.topic", ExchangeType::Topic, false),
];

/// The argument and policy key of the alternate exchange.
const ALTERNATE: &str = "alternate-exchange";

impl Topology {
    pub(super) fn predeclare(&mut self, vhost: &str) {
        for (name, kind, internal) in PREDECLARED {
            let declare = ExchangeDeclare { internal, ..ExchangeDeclare::durable(name, kind) };
            self.insert_exchange(vhost, name.into(), kind, kind, &declare);
        }
    }

    /// `exchange.declare`.
    ///
    /// Errors: 503 for a type that does not exist, 403 for the default exchange and for reserved
    /// names, 406 for arguments that are refused and for a declaration that is not equivalent, 404
    /// for a passive one of an exchange that does not exist.
    pub fn declare_exchange(
        &mut self,
        vhost: &str,
        declare: &ExchangeDeclare,
    ) -> Result<ExchangeDeclared, AmqpError> {
        self.vhost_or_refuse(vhost)?;
        let name = check::stripped(&declare.name)?;
        if declare.passive {
            check::not_default_exchange(&name)?;
            let id = self.exchange_or_missing(vhost, &name)?;
            return Ok(ExchangeDeclared::Existing(id));
        }
        let kind = self.exchange_type(&declare.kind)?;
        check::not_default_exchange(&name)?;
        if let Some(id) = self.exchange_id(vhost, &name) {
            self.check_equivalent(id, kind, declare)?;
            return Ok(ExchangeDeclared::Existing(id));
        }
        check::not_reserved("exchange", &name)?;
        let described = check::described("exchange", &name, vhost);
        check::is_exchange_name(&declare.arguments, ALTERNATE, &described)?;
        let routes_as = self.check_declaration(kind, &declare.arguments)?;
        let id = self.insert_exchange(vhost, name, kind, routes_as, declare);
        Ok(ExchangeDeclared::Created(id))
    }

    fn exchange_type(&self, word: &str) -> Result<ExchangeType, AmqpError> {
        ExchangeType::from_word(word, self.version).ok_or_else(|| {
            let text = format!("unknown exchange type '{word}'");
            AmqpError::new(ReplyCode::CommandInvalid, text)
        })
    }

    /// The `validate` callbacks; answers the type that will route.
    fn check_declaration(
        &self,
        kind: ExchangeType,
        arguments: &Table,
    ) -> Result<ExchangeType, AmqpError> {
        match kind {
            ExchangeType::ConsistentHash => check_hash_arguments(arguments)?,
            ExchangeType::RecentHistory => check_history_length(arguments)?,
            ExchangeType::Delayed => {
                let inner = match field(arguments, "x-delayed-type") {
                    Some(Value::Text(word)) if &**word == ExchangeType::Delayed.word() => {
                        return Err(precondition_failed(
                            "Invalid argument, 'x-delayed-message' can't be used for \
                             'x-delayed-type'",
                        ));
                    }
                    Some(Value::Text(word)) => self.exchange_type(word)?,
                    _ => {
                        return Err(precondition_failed(
                            "Invalid argument, 'x-delayed-type' must be an existing exchange type",
                        ));
                    }
                };
                return self.check_declaration(inner, arguments);
            }
            _ => {}
        }
        Ok(kind)
    }

    /// `rabbit_exchange:assert_equivalence/6`.
    fn check_equivalent(
        &self,
        id: ExchangeId,
        kind: ExchangeType,
        declare: &ExchangeDeclare,
    ) -> Result<(), AmqpError> {
        let current = &self.exchanges[&id].exchange;
        let described = current.described();
        let word = |t: ExchangeType| format!("'{}'", atom(t.word()));
        if current.kind != kind {
            return Err(check::inequivalent("type", &described, &word(kind), &word(current.kind)));
        }
        for (key, asked, is) in [
            ("durable", declare.durable, current.durable),
            ("auto_delete", declare.auto_delete, current.auto_delete),
            ("internal", declare.internal, current.internal),
        ] {
            check::same_flag(key, &described, asked, is)?;
        }
        check::same_arguments(&[ALTERNATE], &current.arguments, &declare.arguments, &described)
    }

    fn insert_exchange(
        &mut self,
        vhost: &str,
        name: Name,
        kind: ExchangeType,
        routes_as: ExchangeType,
        declare: &ExchangeDeclare,
    ) -> ExchangeId {
        let id = ExchangeId(self.next_exchange);
        self.next_exchange += 1;
        let vhost = self.vhosts.get_mut(vhost).expect("the vhost was checked");
        let vhost = Arc::make_mut(vhost);
        vhost.exchanges.insert(name.clone(), id);
        let policies = vhost.policies_of_exchange(&name);
        let exchange = Exchange {
            id,
            vhost: vhost.name.clone(),
            name,
            kind,
            routes_as,
            durable: declare.durable,
            auto_delete: declare.auto_delete,
            internal: declare.internal,
            arguments: declare.arguments.clone(),
            alternate: alternate(&declare.arguments, &policies),
            policies,
        };
        let index = Index::new(&exchange);
        let entry = ExchangeEntry {
            exchange: Arc::new(exchange),
            bindings: imbl::OrdSet::new(),
            incoming: imbl::OrdSet::new(),
            index,
        };
        self.exchanges.insert(id, Arc::new(entry));
        id
    }

    /// `exchange.delete`. `None` if there was none: that is no error.
    ///
    /// Errors: 403 for the default exchange and for `amq.*`, 406 if it has bindings as a source
    /// and `if_unused` is set.
    pub fn delete_exchange(
        &mut self,
        vhost: &str,
        name: &str,
        if_unused: bool,
    ) -> Result<Option<Removed>, AmqpError> {
        self.vhost_or_refuse(vhost)?;
        let name = check::stripped(name)?;
        check::not_default_exchange(&name)?;
        if name.starts_with("amq.") {
            let described = check::described("exchange", &name, vhost);
            return Err(refused(format!("deletion of system {described} not allowed")));
        }
        let Some(id) = self.exchange_id(vhost, &name) else { return Ok(None) };
        let entry = &self.exchanges[&id];
        if if_unused && !entry.bindings.is_empty() {
            return Err(precondition_failed(format!("{} in use", entry.exchange.described())));
        }
        let mut removed = Removed::default();
        self.remove_exchange(id, &mut removed);
        Ok(Some(removed))
    }

    /// The exchange a client publishes to (`basic.publish`).
    ///
    /// Errors: 404 if there is none, 403 if it is internal. Both end the channel.
    pub fn exchange_to_publish(&self, vhost: &str, name: &str) -> Result<ExchangeId, AmqpError> {
        self.vhost_or_refuse(vhost)?;
        let id = self.exchange_or_missing(vhost, &check::stripped(name)?)?;
        let exchange = &self.exchanges[&id].exchange;
        if exchange.internal {
            return Err(refused(format!("cannot publish to internal {}", exchange.described())));
        }
        Ok(id)
    }

    pub(super) fn exchange_or_missing(
        &self,
        vhost: &str,
        name: &str,
    ) -> Result<ExchangeId, AmqpError> {
        self.exchange_id(vhost, name).ok_or_else(|| check::missing("exchange", name, vhost))
    }
}

/// The argument wins over the policy (`rabbit_policy:get_arg/3`).
pub(super) fn alternate(arguments: &Table, policies: &Applied) -> Option<Name> {
    let value = field(arguments, ALTERNATE).cloned().or_else(|| policies.get(ALTERNATE));
    match value {
        Some(Value::Text(name)) => Some(name),
        _ => None,
    }
}

/// `rabbit_exchange_type_consistent_hash:validate/1`.
fn check_hash_arguments(arguments: &Table) -> Result<(), AmqpError> {
    let property = field(arguments, "hash-property");
    match (field(arguments, "hash-header"), property) {
        (Some(_), Some(_)) => {
            Err(precondition_failed("hash-header and hash-property are mutually exclusive"))
        }
        (None, Some(Value::Text(word)))
            if matches!(&**word, "correlation_id" | "message_id" | "timestamp") =>
        {
            Ok(())
        }
        (None, Some(other)) => {
            let word = match other {
                Value::Text(word) => word.to_string(),
                other => term(other),
            };
            Err(precondition_failed(format!("Unsupported property: {word}")))
        }
        (Some(Value::Text(_)) | None, None) => Ok(()),
        (Some(other), None) => Err(precondition_failed(format!(
            "invalid type '{}' for arg 'hash-header': a header's name is a longstr",
            type_name(other)
        ))),
    }
}

/// `rabbit_exchange_type_recent_history:validate/1`.
fn check_history_length(arguments: &Table) -> Result<(), AmqpError> {
    match field(arguments, "x-recent-history-length") {
        None => Ok(()),
        Some(Value::Integer(n)) if *n > 0 => Ok(()),
        Some(other) => Err(precondition_failed(format!(
            "Invalid argument {}, 'x-recent-history-length' must be a positive integer",
            quoted(other).trim_matches('\'')
        ))),
    }
}
