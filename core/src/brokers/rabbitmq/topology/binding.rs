//! Bindings: how they are made and unmade, and what goes with them.
//!
//! Source: `rabbit_binding.erl`, `rabbit_channel.erl` (`binding_action/10`).

use super::check::{self, precondition_failed};
use super::exchange::{Exchange, ExchangeType};
use super::ids::{ConnectionId, Destination, ExchangeId, QueueId};
use super::queue::{Queue, QueueType};
use super::route::{hash_ring, headers};
use super::term::term;
use super::{ExchangeEntry, Topology};
use crate::brokers::rabbitmq::error::AmqpError;
use crate::brokers::rabbitmq::value::{Name, Table, Value};
use std::cmp::Ordering;
use std::sync::Arc;

/// A binding. Source, destination, key and arguments are its identity.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Binding {
    /// The exchange it belongs to.
    pub source: ExchangeId,
    /// That exchange's name.
    pub source_name: Name,
    /// Where it leads.
    pub destination: Destination,
    /// That destination's name.
    pub destination_name: Name,
    /// `routing_key`: what it means, the exchange's type says.
    pub key: Name,
    /// Its arguments, sorted by name.
    pub arguments: Table,
}

impl Binding {
    fn rank(&self) -> (ExchangeId, &str, bool, &str, &Table) {
        let queue = matches!(self.destination, Destination::Queue(_));
        (self.source, &self.key, queue, &self.destination_name, &self.arguments)
    }
}

/// The order of the broker's table of routes: by source, key, destination and arguments. Exchanges
/// that choose by position count in it.
impl Ord for Binding {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank())
    }
}

impl PartialOrd for Binding {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// A destination by its name, as a client gives it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DestinationName {
    /// Of `queue.bind`.
    Queue(Name),
    /// Of `exchange.bind`.
    Exchange(Name),
}

/// `queue.bind`, `queue.unbind`, `exchange.bind`, `exchange.unbind`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bind {
    /// `exchange` or `source`
    pub source: Name,
    /// `queue` or `destination`
    pub destination: DestinationName,
    /// `routing_key`
    pub key: Name,
    /// `arguments`
    pub arguments: Table,
}

impl Bind {
    /// A binding of a queue without arguments.
    pub fn queue(source: &str, queue: &str, key: &str) -> Bind {
        let destination = DestinationName::Queue(queue.into());
        Bind { source: source.into(), destination, key: key.into(), arguments: Table::new() }
    }

    /// A binding of an exchange without arguments.
    pub fn exchange(source: &str, destination: &str, key: &str) -> Bind {
        let destination = DestinationName::Exchange(destination.into());
        Bind { source: source.into(), destination, key: key.into(), arguments: Table::new() }
    }

    /// The same with arguments.
    pub fn with(self, arguments: Table) -> Bind {
        Bind { arguments, ..self }
    }

    /// The binding between these ends.
    fn between(
        &self,
        (source, source_name): (ExchangeId, Name),
        (destination, destination_name): (Destination, Name),
    ) -> Binding {
        Binding {
            source,
            source_name,
            destination,
            destination_name,
            key: self.key.clone(),
            arguments: sorted(&self.arguments),
        }
    }
}

/// What went away in one operation, in the order in which it went.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Removed {
    /// Queues.
    pub queues: Vec<Arc<Queue>>,
    /// Exchanges: deleted ones, and auto-delete ones whose last binding went.
    pub exchanges: Vec<Arc<Exchange>>,
    /// Bindings.
    pub bindings: Vec<Arc<Binding>>,
}

impl Removed {
    /// Whether nothing went.
    pub fn is_empty(&self) -> bool {
        self.queues.is_empty() && self.exchanges.is_empty() && self.bindings.is_empty()
    }
}

impl Topology {
    /// `queue.bind` and `exchange.bind`. `true` if the binding is new, `false` if it was there.
    ///
    /// Errors: 403 if either end is the default exchange, 404 if either does not exist or the
    /// queue's home node is down, 406 if the exchange's type refuses the binding, 405 if the queue
    /// is exclusive to another connection.
    pub fn bind(
        &mut self,
        vhost: &str,
        bind: &Bind,
        connection: ConnectionId,
    ) -> Result<bool, AmqpError> {
        let (source_name, destination_name) = self.ends(vhost, bind)?;
        let source = self.exchange_or_missing(vhost, &source_name)?;
        let destination = match &bind.destination {
            DestinationName::Queue(_) => {
                Destination::Queue(self.queue_or_missing(vhost, &destination_name)?)
            }
            DestinationName::Exchange(_) => {
                Destination::Exchange(self.exchange_or_missing(vhost, &destination_name)?)
            }
        };
        self.check_binding(source, destination, bind)?;
        if let Destination::Queue(queue) = destination {
            self.queue(queue).check_access(connection)?;
        }
        let binding = bind.between((source, source_name), (destination, destination_name));
        if self.exchanges[&source].bindings.contains(&binding) {
            return Ok(false);
        }
        self.insert_binding(Arc::new(binding));
        Ok(true)
    }

    /// `queue.unbind` and `exchange.unbind`. Unbinding what is not bound, or does not exist, is no
    /// error. An auto-delete exchange goes with its last binding.
    ///
    /// Errors: 403 if either end is the default exchange, 404 if the queue's home node is down,
    /// 405 if the queue is exclusive to another connection.
    pub fn unbind(
        &mut self,
        vhost: &str,
        bind: &Bind,
        connection: ConnectionId,
    ) -> Result<Removed, AmqpError> {
        let (source_name, destination_name) = self.ends(vhost, bind)?;
        let source = self.exchange_id(vhost, &source_name);
        let destination = match &bind.destination {
            DestinationName::Queue(_) => {
                let queue = self.queue_id(vhost, &destination_name);
                if let Some(queue) = queue {
                    self.check_home(queue)?;
                }
                queue.map(Destination::Queue)
            }
            DestinationName::Exchange(_) => {
                self.exchange_id(vhost, &destination_name).map(Destination::Exchange)
            }
        };
        let mut removed = Removed::default();
        let (Some(source), Some(destination)) = (source, destination) else { return Ok(removed) };
        let binding = bind.between((source, source_name), (destination, destination_name));
        let Some(binding) = self.exchanges[&source].bindings.get(&binding).cloned() else {
            return Ok(removed);
        };
        if let Destination::Queue(queue) = destination {
            self.queue(queue).check_access(connection)?;
        }
        self.remove_binding(&binding, &mut removed);
        self.auto_delete(source, &mut removed);
        Ok(removed)
    }

    /// The names of both ends, checked as `binding_action/10` does before it looks anything up.
    fn ends(&self, vhost: &str, bind: &Bind) -> Result<(Name, Name), AmqpError> {
        self.vhost_or_refuse(vhost)?;
        check::fits("routing key", &bind.key)?;
        let source = check::stripped(&bind.source)?;
        let destination = match &bind.destination {
            DestinationName::Queue(name) => check::stripped(name)?,
            DestinationName::Exchange(name) => {
                let name = check::stripped(name)?;
                check::not_default_exchange(&name)?;
                name
            }
        };
        check::not_default_exchange(&source)?;
        Ok((source, destination))
    }

    /// The `validate_binding` callbacks.
    fn check_binding(
        &self,
        source: ExchangeId,
        destination: Destination,
        bind: &Bind,
    ) -> Result<(), AmqpError> {
        match self.exchanges[&source].exchange.routes_as {
            ExchangeType::Headers => headers::check(&bind.arguments),
            ExchangeType::ConsistentHash => hash_ring::weight(&bind.key).map(|_| ()),
            ExchangeType::LocalRandom if !bind.key.is_empty() => Err(precondition_failed(format!(
                "Non empty binding '{}' key not permitted",
                bind.key
            ))),
            ExchangeType::LocalRandom => match destination {
                Destination::Exchange(_) => Err(precondition_failed("Destination not found")),
                Destination::Queue(queue) => match self.queue(queue).kind {
                    QueueType::Classic => Ok(()),
                    other => Err(precondition_failed(format!(
                        "Queue type {} not valid for this exchange type",
                        other.module()
                    ))),
                },
            },
            _ => Ok(()),
        }
    }

    fn insert_binding(&mut self, binding: Arc<Binding>) {
        let entry = self.exchange_entry(binding.source);
        entry.bindings.insert(binding.clone());
        entry.index.insert(&binding);
        match binding.destination {
            Destination::Exchange(id) => {
                self.exchange_entry(id).incoming.insert(binding);
            }
            Destination::Queue(id) => {
                self.queue_entry(id).incoming.insert(binding);
            }
        }
    }

    /// Removes a binding, without deleting anything automatically.
    pub(super) fn remove_binding(&mut self, binding: &Arc<Binding>, removed: &mut Removed) {
        let entry = self.exchange_entry(binding.source);
        entry.bindings.remove(binding);
        entry.index.remove(binding);
        match binding.destination {
            Destination::Exchange(id) => {
                self.exchange_entry(id).incoming.remove(binding);
            }
            Destination::Queue(id) => {
                self.queue_entry(id).incoming.remove(binding);
            }
        }
        removed.bindings.push(binding.clone());
    }

    /// Removes an exchange and all bindings in which it is source or destination; and what is
    /// deleted automatically with those.
    pub(super) fn remove_exchange(&mut self, id: ExchangeId, removed: &mut Removed) {
        let entry = &self.exchanges[&id];
        let exchange = entry.exchange.clone();
        let outgoing: Vec<_> = entry.bindings.iter().cloned().collect();
        for binding in &outgoing {
            self.remove_binding(binding, removed);
        }
        let incoming: Vec<_> = self.exchanges[&id].incoming.iter().cloned().collect();
        self.remove_incoming(&incoming, removed);
        self.exchanges.remove(&id);
        let vhost = self.vhosts.get_mut(&exchange.vhost).expect("exchanges are in a vhost");
        Arc::make_mut(vhost).exchanges.remove(&exchange.name);
        removed.exchanges.push(exchange);
    }

    /// Removes the record of a queue and its bindings (`rabbit_amqqueue:internal_delete/2`): for
    /// `queue.delete`, auto-delete, expiry. What was in it is its process's concern.
    pub fn remove_queue(&mut self, id: QueueId) -> Removed {
        let mut removed = Removed::default();
        self.remove_queue_into(id, &mut removed);
        removed
    }

    pub(super) fn remove_queue_into(&mut self, id: QueueId, removed: &mut Removed) {
        let Some(entry) = self.queues.get(&id) else { return };
        let queue = entry.queue.clone();
        let incoming: Vec<_> = entry.incoming.iter().cloned().collect();
        self.remove_incoming(&incoming, removed);
        self.queues.remove(&id);
        self.unreachable.remove(&id);
        if let Some(owner) = queue.exclusive_owner {
            self.exclusive.remove(&(owner, id));
        }
        let vhost = self.vhosts.get_mut(&queue.vhost).expect("queues are in a vhost");
        Arc::make_mut(vhost).queues.remove(&queue.name);
        removed.queues.push(queue);
    }

    /// Bindings of one destination, and the auto-delete exchanges that thereby have none left
    /// (`remove_for_destination/3`).
    fn remove_incoming(&mut self, incoming: &[Arc<Binding>], removed: &mut Removed) {
        for binding in incoming {
            self.remove_binding(binding, removed);
        }
        for binding in incoming {
            self.auto_delete(binding.source, removed);
        }
    }

    /// `rabbit_exchange:maybe_auto_delete/2`: to be asked after a binding of it has gone.
    fn auto_delete(&mut self, id: ExchangeId, removed: &mut Removed) {
        let Some(entry) = self.exchanges.get(&id) else { return };
        if entry.exchange.auto_delete && entry.bindings.is_empty() {
            self.remove_exchange(id, removed);
        }
    }

    fn exchange_entry(&mut self, id: ExchangeId) -> &mut ExchangeEntry {
        Arc::make_mut(self.exchanges.get_mut(&id).expect("bindings have both ends"))
    }

    /// The bindings of an exchange as a source, in the order of [`Binding`]. The default exchange
    /// lists none: its bindings are implied.
    pub fn bindings_of(&self, source: ExchangeId) -> impl Iterator<Item = &Arc<Binding>> {
        self.exchanges.get(&source).into_iter().flat_map(|entry| entry.bindings.iter())
    }

    /// The bindings that lead to a destination.
    pub fn bindings_to(&self, destination: Destination) -> impl Iterator<Item = &Arc<Binding>> {
        let incoming = match destination {
            Destination::Exchange(id) => self.exchanges.get(&id).map(|entry| &entry.incoming),
            Destination::Queue(id) => self.queues.get(&id).map(|entry| &entry.incoming),
        };
        incoming.into_iter().flat_map(|set| set.iter())
    }
}

/// Arguments in the order of their names (`rabbit_misc:sort_field_table/1`).
fn sorted(arguments: &Table) -> Table {
    let mut arguments = arguments.clone();
    arguments.sort_by(|(a, _), (b, _)| a.cmp(b));
    arguments
}

/// A binding key as error texts show it.
pub(super) fn key_term(key: &str) -> String {
    term(&Value::Text(key.into()))
}
