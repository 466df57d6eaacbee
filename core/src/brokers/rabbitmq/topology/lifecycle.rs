//! What goes away by itself: with a connection, with a node, in a restart.
//!
//! Source: `rabbit_amqqueue.erl` (`on_node_down`), `rabbit_queue_collector.erl`,
//! `rabbit_vhost.erl` (`recover`).

use super::Topology;
use super::binding::Removed;
use super::ids::{ConnectionId, Destination, ExchangeId, QueueId};
use super::queue::{Queue, QueueType};
use crate::fact::NodeId;
use std::sync::Arc;

impl Topology {
    /// A connection ended: its exclusive queues go.
    pub fn connection_ended(&mut self, connection: ConnectionId) -> Removed {
        let from = (connection, QueueId(0));
        let to = (connection, QueueId(u32::MAX));
        let owned: Vec<QueueId> = self.exclusive.range(from..=to).map(|(_, id)| *id).collect();
        let mut removed = Removed::default();
        for id in owned {
            self.remove_queue_into(id, &mut removed);
        }
        removed
    }

    /// A node went down. Of the queues that were there alone the non-durable ones go, the durable
    /// ones stay as records that nobody can use until [`node_up`](Topology::node_up). `replicated`
    /// tells which classic queues have mirrors elsewhere; quorum queues and streams always have.
    ///
    /// An auto-delete exchange stays if a binding to a durable queue was its last.
    pub fn node_down(&mut self, node: NodeId, replicated: impl Fn(&Queue) -> bool) -> Removed {
        let mut removed = Removed::default();
        for id in self.ids_of_queues() {
            let queue = self.queue(id).clone();
            if queue.home != node || queue.kind != QueueType::Classic || replicated(&queue) {
                continue;
            }
            if queue.durable {
                self.unreachable.insert(id);
            } else {
                self.remove_queue_into(id, &mut removed);
            }
        }
        removed
    }

    /// A node is back: its durable queues can be used again.
    pub fn node_up(&mut self, node: NodeId) {
        let back: Vec<QueueId> =
            self.unreachable.iter().copied().filter(|id| self.queue(*id).home == node).collect();
        for id in back {
            self.unreachable.remove(&id);
        }
    }

    /// A queue has another home: its mirror was promoted, its group elected another leader.
    pub fn set_home(&mut self, id: QueueId, node: NodeId) {
        let entry = self.queue_entry(id);
        Arc::make_mut(&mut entry.queue).home = node;
        self.unreachable.remove(&id);
    }

    /// The last running node stopped and the store is read from disk again: exchanges and queues
    /// that are not durable are gone, and so are bindings with an end that is not. Nothing is
    /// deleted automatically thereby. The buckets of `x-consistent-hash` are laid out anew.
    pub fn recover(&mut self) -> Removed {
        let mut removed = Removed::default();
        for exchange in self.ids_of_exchanges() {
            let bindings: Vec<_> = self.bindings_of(exchange).cloned().collect();
            for binding in bindings {
                let ends = self.exchange(exchange).durable
                    && match binding.destination {
                        Destination::Exchange(id) => self.exchange(id).durable,
                        Destination::Queue(id) => self.queue(id).durable,
                    };
                if !ends {
                    self.remove_binding(&binding, &mut removed);
                }
            }
        }
        for id in self.ids_of_queues() {
            if !self.queue(id).durable {
                self.remove_queue_into(id, &mut removed);
            }
        }
        for id in self.ids_of_exchanges() {
            if !self.exchange(id).durable {
                self.remove_exchange(id, &mut removed);
            }
        }
        for id in self.ids_of_exchanges() {
            let entry = &self.exchanges[&id];
            let index = entry.index.rebuilt(&entry.exchange, entry.bindings.iter());
            Arc::make_mut(self.exchanges.get_mut(&id).expect("it is listed")).index = index;
        }
        removed
    }

    pub(super) fn ids_of_queues(&self) -> Vec<QueueId> {
        self.vhosts.values().flat_map(|vhost| vhost.queues.values()).copied().collect()
    }

    pub(super) fn ids_of_exchanges(&self) -> Vec<ExchangeId> {
        self.vhosts.values().flat_map(|vhost| vhost.exchanges.values()).copied().collect()
    }
}
