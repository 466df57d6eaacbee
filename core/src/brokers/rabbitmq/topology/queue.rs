//! Queue records: how queues are declared, looked up and deleted. What is in a queue is not here.
//!
//! Source: `rabbit_channel.erl` (`queue.declare`, `queue.delete`), `rabbit_amqqueue.erl`,
//! `rabbit_queue_type_util.erl`.

use super::arguments::check_queue_arguments;
use super::check::{self, precondition_failed};
use super::ids::{ConnectionId, QueueId};
use super::policy::Applied;
use super::{QueueEntry, Topology};
use crate::brokers::rabbitmq::error::{AmqpError, ReplyCode};
use crate::brokers::rabbitmq::value::{Name, Table, Value, field};
use crate::fact::NodeId;
use std::sync::Arc;

/// The types of queues.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum QueueType {
    /// One process on one node.
    Classic,
    /// A Raft group.
    Quorum,
    /// A replicated log that consumers read without removing.
    Stream,
}

impl QueueType {
    /// All of them.
    pub const ALL: [QueueType; 3] = [QueueType::Classic, QueueType::Quorum, QueueType::Stream];

    /// The word of `x-queue-type`.
    pub fn word(self) -> &'static str {
        match self {
            QueueType::Classic => "classic",
            QueueType::Quorum => "quorum",
            QueueType::Stream => "stream",
        }
    }

    /// The type a word means.
    pub fn from_word(word: &str) -> Option<QueueType> {
        QueueType::ALL.into_iter().find(|t| t.word() == word)
    }

    /// The module's name, as error texts give it.
    pub fn module(self) -> &'static str {
        match self {
            QueueType::Classic => "rabbit_classic_queue",
            QueueType::Quorum => "rabbit_quorum_queue",
            QueueType::Stream => "rabbit_stream_queue",
        }
    }

    /// The type that the arguments ask for; `None` for one that does not exist.
    pub fn of_arguments(arguments: &Table) -> Option<QueueType> {
        match field(arguments, "x-queue-type") {
            None => Some(QueueType::Classic),
            Some(Value::Text(word)) => QueueType::from_word(word),
            Some(_) => None,
        }
    }
}

/// A queue, as the store has it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Queue {
    /// Its number.
    pub id: QueueId,
    /// The vhost it is in.
    pub vhost: Name,
    /// Its name.
    pub name: Name,
    /// Its type.
    pub kind: QueueType,
    /// Whether the record survives a restart. Never set on exclusive queues.
    pub durable: bool,
    /// Whether it is deleted with its last consumer.
    pub auto_delete: bool,
    /// The only connection that may use it, and with which it goes.
    pub exclusive_owner: Option<ConnectionId>,
    /// What it was declared with, and the vhost's default queue type if that decided.
    pub arguments: Table,
    /// The node of its process or leader.
    pub home: NodeId,
    /// The policies that apply to it.
    pub policies: Applied,
}

impl Queue {
    /// As error texts call it: `queue 'q' in vhost '/'`.
    pub fn described(&self) -> String {
        check::described("queue", &self.name, &self.vhost)
    }

    /// An exclusive queue is its owner's alone (`check_exclusive_access/2`). Publishing does not
    /// ask.
    ///
    /// Errors: 405 for another connection.
    pub fn check_access(&self, connection: ConnectionId) -> Result<(), AmqpError> {
        match self.exclusive_owner {
            Some(owner) if owner != connection => Err(self.locked()),
            _ => Ok(()),
        }
    }

    fn locked(&self) -> AmqpError {
        AmqpError::new(
            ReplyCode::ResourceLocked,
            format!(
                "cannot obtain exclusive access to locked {}. It could be originally declared on \
                 another connection or the exclusive property value does not match that of the \
                 original declaration.",
                self.described()
            ),
        )
    }

    /// `queue.delete` with `if_unused` or `if_empty`, before the queue is asked.
    ///
    /// A stream ignores both.
    ///
    /// Errors: 540 from a quorum queue, for which there is neither.
    pub fn check_delete_flags(&self, if_unused: bool, if_empty: bool) -> Result<(), AmqpError> {
        let flag = match (self.kind, if_unused, if_empty) {
            (QueueType::Quorum, true, _) => "if-unused",
            (QueueType::Quorum, _, true) => "if-empty",
            _ => return Ok(()),
        };
        Err(AmqpError::new(
            ReplyCode::NotImplemented,
            format!(
                "cannot delete {}. queue.delete operations with {flag} flag set are not supported \
                 by quorum queues",
                self.described()
            ),
        ))
    }

    /// The error of `queue.delete` with `if_unused` on a queue with consumers.
    pub fn in_use(&self) -> AmqpError {
        precondition_failed(format!("{} in use", self.described()))
    }

    /// The error of `queue.delete` with `if_empty` on a queue with ready messages.
    pub fn not_empty(&self) -> AmqpError {
        precondition_failed(format!("{} not empty", self.described()))
    }
}

/// `queue.declare`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct QueueDeclare {
    /// `queue`; empty: the server makes a name.
    pub name: Name,
    /// Only ask whether it exists.
    pub passive: bool,
    /// See [`Queue::durable`].
    pub durable: bool,
    /// Whether only the declaring connection may use it.
    pub exclusive: bool,
    /// See [`Queue::auto_delete`].
    pub auto_delete: bool,
    /// `arguments`
    pub arguments: Table,
}

impl QueueDeclare {
    /// A durable queue.
    pub fn durable(name: &str, arguments: Table) -> QueueDeclare {
        QueueDeclare {
            name: name.into(),
            passive: false,
            durable: true,
            exclusive: false,
            auto_delete: false,
            arguments,
        }
    }

    /// A passive declaration.
    pub fn passive(name: &str) -> QueueDeclare {
        QueueDeclare { passive: true, ..QueueDeclare::durable(name, Table::new()) }
    }
}

/// Who declares, and where a new queue will be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Declarer {
    /// The connection.
    pub connection: ConnectionId,
    /// The home of a new queue (§9.2): the node of the connection, or another one by its leader
    /// locator.
    pub node: NodeId,
    /// The bits of a name that the server makes.
    pub unique: u128,
}

/// What a declaration of a queue led to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum QueueDeclared {
    /// Its record was created.
    Created(QueueId),
    /// It was there, and is equivalent.
    Existing(QueueId),
    /// The name is one of direct reply-to: whether it exists, the channel it names knows.
    DirectReply(Name),
}

/// The prefix of names for direct reply-to (§10.4).
pub const DIRECT_REPLY: &str = "amq.rabbitmq.reply-to";

/// A name made by the server: `amq.gen-` and 22 characters of the URL-safe base-64 alphabet
/// (`rabbit_guid:binary/2`).
pub fn server_named(unique: u128) -> Name {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut name = String::from("amq.gen-");
    for n in 0..22u32 {
        let shift = 122i32 - 6 * n as i32;
        let six = if shift >= 0 { unique >> shift } else { unique << -shift } & 63;
        name.push(ALPHABET[six as usize] as char);
    }
    name.into()
}

impl Topology {
    /// `queue.declare`.
    ///
    /// Errors: 404 if a passive one does not exist or its home node is down; 403 for reserved
    /// names; 405 if the queue is exclusive to another connection or not exclusive as asked for;
    /// 406 if the declaration is not equivalent, an argument is refused, the type does not allow
    /// the properties, or the vhost has as many queues as it may.
    pub fn declare_queue(
        &mut self,
        vhost: &str,
        declare: &QueueDeclare,
        declarer: &Declarer,
    ) -> Result<QueueDeclared, AmqpError> {
        self.vhost_or_refuse(vhost)?;
        if declare.name.starts_with(DIRECT_REPLY) {
            return Ok(QueueDeclared::DirectReply(check::stripped(&declare.name)?));
        }
        let name = check::stripped(&declare.name)?;
        if declare.passive {
            let id = self.queue_or_missing(vhost, &name)?;
            self.queue(id).check_access(declarer.connection)?;
            return Ok(QueueDeclared::Existing(id));
        }
        // An exclusive queue is never durable, whatever is asked for.
        let durable = declare.durable && !declare.exclusive;
        let arguments = self.with_default_type(vhost, declare);
        let name = if name.is_empty() {
            match QueueType::of_arguments(&arguments) {
                Some(kind) if kind != QueueType::Classic => {
                    return Err(precondition_failed(format!(
                        "Cannot declare a server-named queue for type {}",
                        kind.module()
                    )));
                }
                _ => server_named(declarer.unique),
            }
        } else {
            check::not_reserved("queue", &name)?;
            name
        };
        let owner = declare.exclusive.then_some(declarer.connection);
        if let Some(id) = self.queue_id(vhost, &name) {
            self.check_home(id)?;
            self.check_same_queue(id, durable, declare.auto_delete, &arguments, owner)?;
            return Ok(QueueDeclared::Existing(id));
        }
        self.check_queue_limit(vhost, &name)?;
        let described = check::described("queue", &name, vhost);
        check::is_exchange_name(&arguments, "x-dead-letter-exchange", &described)?;
        self.create_queue(
            vhost,
            name,
            durable,
            declare.auto_delete,
            owner,
            arguments,
            declarer.node,
        )
        .map(QueueDeclared::Created)
    }

    /// `rabbit_amqqueue:declare/6`: the arguments, the properties the type allows, the record.
    #[allow(clippy::too_many_arguments)] // they are the original's
    pub(super) fn create_queue(
        &mut self,
        vhost: &str,
        name: Name,
        durable: bool,
        auto_delete: bool,
        owner: Option<ConnectionId>,
        arguments: Table,
        home: NodeId,
    ) -> Result<QueueId, AmqpError> {
        let described = check::described("queue", &name, vhost);
        let kind = check_queue_arguments(&arguments, self.version, &described)?;
        if kind != QueueType::Classic {
            for (property, wrong) in [
                ("auto-delete", auto_delete),
                ("exclusive-owner", owner.is_some()),
                ("non-durable", !durable),
            ] {
                if wrong {
                    return Err(precondition_failed(format!(
                        "invalid property '{property}' for {described}"
                    )));
                }
            }
        }
        if kind == QueueType::Stream
            && let Some(Value::Integer(bytes)) =
                field(&arguments, "x-stream-max-segment-size-bytes")
            && *bytes > super::arguments::MAX_STREAM_SEGMENT_SIZE
        {
            return Err(precondition_failed(
                "Exceeded max value for x-stream-max-segment-size-bytes",
            ));
        }
        let id = QueueId(self.next_queue);
        self.next_queue += 1;
        let vhost = Arc::make_mut(self.vhosts.get_mut(vhost).expect("the vhost was checked"));
        vhost.queues.insert(name.clone(), id);
        let queue = Queue {
            id,
            vhost: vhost.name.clone(),
            policies: vhost.policies_of_queue(&name, kind, self.version),
            name,
            kind,
            durable,
            auto_delete,
            exclusive_owner: owner,
            arguments,
            home,
        };
        if let Some(owner) = owner {
            self.exclusive.insert((owner, id));
        }
        let entry = QueueEntry { queue: Arc::new(queue), incoming: imbl::OrdSet::new() };
        self.queues.insert(id, Arc::new(entry));
        Ok(id)
    }

    /// `augment_declare_args/5`: the vhost's default queue type decides if no argument does and
    /// the type allows the properties.
    fn with_default_type(&self, vhost: &str, declare: &QueueDeclare) -> Table {
        let mut arguments = declare.arguments.clone();
        if field(&arguments, "x-queue-type").is_none()
            && let Some(kind) = self.vhosts[vhost].default_queue_type
            && (kind == QueueType::Classic
                || declare.durable && !declare.exclusive && !declare.auto_delete)
        {
            arguments.push(("x-queue-type".into(), Value::Text(kind.word().into())));
        }
        arguments
    }

    /// `rabbit_amqqueue:assert_equivalence/5`.
    fn check_same_queue(
        &self,
        id: QueueId,
        durable: bool,
        auto_delete: bool,
        arguments: &Table,
        owner: Option<ConnectionId>,
    ) -> Result<(), AmqpError> {
        let queue = self.queue(id);
        if queue.exclusive_owner != owner {
            return Err(queue.locked());
        }
        let described = queue.described();
        check::same_flag("durable", &described, durable, queue.durable)?;
        check::same_flag("auto_delete", &described, auto_delete, queue.auto_delete)?;
        let known = super::arguments::known_to(queue.kind, self.version);
        check::same_arguments(&known, &queue.arguments, arguments, &described)
    }

    fn check_queue_limit(&self, vhost: &str, name: &str) -> Result<(), AmqpError> {
        let of = &self.vhosts[vhost];
        match of.max_queues {
            Some(most) if of.queues.len() as u64 >= most => Err(precondition_failed(format!(
                "cannot declare queue '{name}': queue limit in vhost '{vhost}' ({most}) is reached"
            ))),
            _ => Ok(()),
        }
    }

    /// The queue that a channel wants to consume from, get from, purge or bind
    /// (`with_exclusive_access_or_die/3`).
    ///
    /// Errors: 404 if it does not exist or its home node is down, 405 if it is exclusive to
    /// another connection.
    pub fn queue_to_use(
        &self,
        vhost: &str,
        name: &str,
        connection: ConnectionId,
    ) -> Result<QueueId, AmqpError> {
        self.vhost_or_refuse(vhost)?;
        let id = self.queue_or_missing(vhost, &check::stripped(name)?)?;
        self.queue(id).check_access(connection)?;
        Ok(id)
    }

    /// The queue that `queue.delete` names. `None` if there is none: that is no error. Whether it
    /// is used or empty, the queue itself must be asked; then
    /// [`remove_queue`](Topology::remove_queue).
    ///
    /// Errors: 404 if its home node is down, 405 if it is exclusive to another connection, 540 for
    /// flags its type does not support.
    pub fn queue_to_delete(
        &self,
        vhost: &str,
        name: &str,
        connection: ConnectionId,
        if_unused: bool,
        if_empty: bool,
    ) -> Result<Option<QueueId>, AmqpError> {
        self.vhost_or_refuse(vhost)?;
        let Some(id) = self.queue_id(vhost, &check::stripped(name)?) else { return Ok(None) };
        self.check_home(id)?;
        let queue = self.queue(id);
        queue.check_access(connection)?;
        queue.check_delete_flags(if_unused, if_empty)?;
        Ok(Some(id))
    }

    pub(super) fn queue_or_missing(&self, vhost: &str, name: &str) -> Result<QueueId, AmqpError> {
        let id = self.queue_id(vhost, name).ok_or_else(|| check::missing("queue", name, vhost))?;
        self.check_home(id)?;
        Ok(id)
    }

    /// A durable queue whose home node is down is there, but for nobody
    /// (`rabbit_amqqueue:absent/2`).
    ///
    /// Errors: 404.
    pub fn check_home(&self, id: QueueId) -> Result<(), AmqpError> {
        if !self.unreachable.contains(&id) {
            return Ok(());
        }
        let queue = self.queue(id);
        Err(AmqpError::new(
            ReplyCode::NotFound,
            format!(
                "home node '{}' of durable {} is down or inaccessible",
                self.node_name(queue.home),
                queue.described()
            ),
        ))
    }
}
