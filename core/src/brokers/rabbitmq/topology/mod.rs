//! The topology of a broker: vhosts, exchanges, queue records, bindings and policies, and what
//! routing makes of them.
//!
//! [`Topology`] is what one node's metadata store holds. It is plain data without time, network or
//! messages: every operation is a function of it and its arguments. Large parts are shared between
//! copies, so a copy is cheap however many bindings there are.
//!
//! Source: `rabbit_exchange.erl`, `rabbit_binding.erl`, `rabbit_amqqueue.erl`, `rabbit_policy.erl`
//! and the exchange types of rabbitmq/rabbitmq-server; v3.10.8, v3.13.7 and v4.0.9 where releases
//! differ.

mod arguments;
pub mod binding;
mod check;
pub mod definitions;
pub mod effective;
pub mod exchange;
pub mod ids;
mod lifecycle;
pub mod policy;
pub mod publish;
pub mod queue;
pub mod route;
mod small_map;
mod term;
#[cfg(test)]
mod tests;
pub mod vhost;

use self::binding::Binding;
use self::exchange::Exchange;
use self::ids::{ConnectionId, ExchangeId, QueueId};
use self::queue::Queue;
use self::route::Index;
use self::vhost::Vhost;
use super::value::Name;
use super::version::RabbitVersion;
use crate::fact::NodeId;
use std::sync::Arc;

/// A map by numbers that copies share. Only looked up in, never walked through.
type ById<K, V> =
    imbl::GenericHashMap<K, V, rustc_hash::FxBuildHasher, imbl::shared_ptr::DefaultSharedPtr>;

/// What one node's metadata store holds.
#[derive(Clone, Debug)]
pub struct Topology {
    version: RabbitVersion,
    nodes: imbl::OrdMap<NodeId, Name>,
    vhosts: imbl::OrdMap<Name, Arc<Vhost>>,
    exchanges: ById<ExchangeId, Arc<ExchangeEntry>>,
    queues: ById<QueueId, Arc<QueueEntry>>,
    /// Exclusive queues by their owners.
    exclusive: imbl::OrdSet<(ConnectionId, QueueId)>,
    /// Durable queues whose home node is down: records that routing does not see.
    unreachable: imbl::OrdSet<QueueId>,
    next_exchange: u32,
    next_queue: u32,
}

/// An exchange with the bindings it is a source of.
#[derive(Clone, Debug)]
struct ExchangeEntry {
    exchange: Arc<Exchange>,
    bindings: imbl::OrdSet<Arc<Binding>>,
    /// Bindings that lead here.
    incoming: imbl::OrdSet<Arc<Binding>>,
    index: Index,
}

/// A queue with the bindings that lead to it.
#[derive(Clone, Debug)]
struct QueueEntry {
    queue: Arc<Queue>,
    incoming: imbl::OrdSet<Arc<Binding>>,
}

impl Topology {
    /// The store of a new cluster: the vhost `/` with its predeclared exchanges.
    pub fn new(version: RabbitVersion) -> Topology {
        let mut topology = Topology {
            version,
            nodes: imbl::OrdMap::new(),
            vhosts: imbl::OrdMap::new(),
            exchanges: ById::default(),
            queues: ById::default(),
            exclusive: imbl::OrdSet::new(),
            unreachable: imbl::OrdSet::new(),
            next_exchange: 0,
            next_queue: 0,
        };
        topology.add_vhost("/");
        topology
    }

    /// The release whose rules hold.
    pub fn version(&self) -> RabbitVersion {
        self.version
    }

    /// Tells the name of a node, which some error texts give.
    pub fn name_node(&mut self, node: NodeId, name: Name) {
        self.nodes.insert(node, name);
    }

    fn node_name(&self, node: NodeId) -> Name {
        let unnamed = || format!("rabbit@node{}", node.0).into();
        self.nodes.get(&node).cloned().unwrap_or_else(unnamed)
    }

    /// An exchange.
    ///
    /// # Panics
    /// If it has been deleted.
    pub fn exchange(&self, id: ExchangeId) -> &Arc<Exchange> {
        &self.exchanges[&id].exchange
    }

    /// A queue.
    ///
    /// # Panics
    /// If it has been deleted.
    pub fn queue(&self, id: QueueId) -> &Arc<Queue> {
        &self.queues[&id].queue
    }

    /// A queue, unless it has been deleted.
    pub fn find_queue(&self, id: QueueId) -> Option<&Arc<Queue>> {
        self.queues.get(&id).map(|entry| &entry.queue)
    }

    /// An exchange by name.
    pub fn exchange_id(&self, vhost: &str, name: &str) -> Option<ExchangeId> {
        self.vhosts.get(vhost)?.exchanges.get(name).copied()
    }

    /// A queue by name, whether its home node is up or not.
    pub fn queue_id(&self, vhost: &str, name: &str) -> Option<QueueId> {
        self.vhosts.get(vhost)?.queues.get(name).copied()
    }

    /// The exchanges of a vhost, by name, ascending.
    pub fn exchanges<'t>(&'t self, vhost: &str) -> impl Iterator<Item = &'t Arc<Exchange>> {
        let names = self.vhosts.get(vhost).map(|vhost| &vhost.exchanges);
        names.into_iter().flat_map(|names| names.values()).map(|id| self.exchange(*id))
    }

    /// The queues of a vhost, by name, ascending.
    pub fn queues<'t>(&'t self, vhost: &str) -> impl Iterator<Item = &'t Arc<Queue>> {
        let names = self.vhosts.get(vhost).map(|vhost| &vhost.queues);
        names.into_iter().flat_map(|names| names.values()).map(|id| self.queue(*id))
    }

    fn queue_entry(&mut self, id: QueueId) -> &mut QueueEntry {
        Arc::make_mut(self.queues.get_mut(&id).expect("the queue exists"))
    }
}
