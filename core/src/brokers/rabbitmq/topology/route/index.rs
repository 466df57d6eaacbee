//! Each exchange's bindings in the form its type looks them up in.

use super::hash_ring::{KeyHash, Ring};
use super::headers::HeadersMatch;
use super::topic::Trie;
use super::{Choice, Publish};
use crate::brokers::rabbitmq::topology::binding::Binding;
use crate::brokers::rabbitmq::topology::exchange::{Exchange, ExchangeType};
use crate::brokers::rabbitmq::topology::ids::{Destination, ExchangeId};
use crate::brokers::rabbitmq::topology::small_map::SmallMap;
use crate::brokers::rabbitmq::topology::{ById, Topology};
use crate::brokers::rabbitmq::value::{Name, Value, field};
use smallvec::SmallVec;
use std::sync::Arc;

/// Destinations with how many bindings lead to each.
type Counts = SmallMap<Destination, u32>;

/// The bindings of an exchange, as its type wants them.
#[derive(Clone, Debug)]
pub(in super::super) enum Index {
    /// The default exchange: its bindings are the queues' names.
    Names,
    /// By key.
    Direct(ById<Name, Counts>),
    /// Also of `x-recent-history`.
    Fanout(Counts),
    Topic(Trie),
    Headers(imbl::OrdMap<Arc<Binding>, Arc<HeadersMatch>>),
    ConsistentHash(Ring),
    /// In the order of [`Binding`], to choose one by its position: `x-random`, `x-local-random`,
    /// `x-modulus-hash`.
    Listed(imbl::Vector<Arc<Binding>>),
}

impl Index {
    pub(in super::super) fn new(exchange: &Exchange) -> Index {
        match exchange.routes_as {
            _ if exchange.is_default() => Index::Names,
            ExchangeType::Direct => Index::Direct(ById::default()),
            ExchangeType::Fanout | ExchangeType::RecentHistory => Index::Fanout(Counts::default()),
            ExchangeType::Topic => Index::Topic(Trie::default()),
            ExchangeType::Headers => Index::Headers(imbl::OrdMap::new()),
            ExchangeType::ConsistentHash => Index::ConsistentHash(Ring::default()),
            ExchangeType::Random | ExchangeType::LocalRandom | ExchangeType::ModulusHash => {
                Index::Listed(imbl::Vector::new())
            }
            ExchangeType::Delayed => unreachable!("a delayed exchange routes as another type"),
        }
    }

    /// The same bindings, added one after the other in their order.
    pub(in super::super) fn rebuilt<'b>(
        &self,
        exchange: &Exchange,
        bindings: impl Iterator<Item = &'b Arc<Binding>>,
    ) -> Index {
        // Only the ring depends on the order in which bindings came.
        if !matches!(self, Index::ConsistentHash(_)) {
            return self.clone();
        }
        let mut index = Index::new(exchange);
        bindings.for_each(|binding| index.insert(binding));
        index
    }

    /// A binding that was not there.
    pub(in super::super) fn insert(&mut self, binding: &Arc<Binding>) {
        let to = binding.destination;
        match self {
            Index::Names => {}
            Index::Direct(keys) => {
                *keys.entry(binding.key.clone()).or_default().entry(to) += 1;
            }
            Index::Fanout(all) => *all.entry(to) += 1,
            Index::Topic(trie) => trie.insert(&binding.key, to),
            Index::Headers(matches) => {
                let compared = Arc::new(HeadersMatch::of(&binding.arguments));
                matches.insert(binding.clone(), compared);
            }
            Index::ConsistentHash(ring) => ring.insert(binding),
            Index::Listed(list) => {
                if let Err(at) = list.binary_search(binding) {
                    list.insert(at, binding.clone());
                }
            }
        }
    }

    /// A binding that was there.
    pub(in super::super) fn remove(&mut self, binding: &Arc<Binding>) {
        let to = binding.destination;
        match self {
            Index::Names => {}
            Index::Direct(keys) => {
                if let Some(counts) = keys.get_mut(&binding.key) {
                    count_down(counts, to);
                    if counts.is_empty() {
                        keys.remove(&binding.key);
                    }
                }
            }
            Index::Fanout(all) => count_down(all, to),
            Index::Topic(trie) => trie.remove(&binding.key, to),
            Index::Headers(matches) => {
                matches.remove(binding);
            }
            Index::ConsistentHash(ring) => ring.remove(binding),
            Index::Listed(list) => {
                if let Ok(at) = list.binary_search(binding) {
                    list.remove(at);
                }
            }
        }
    }

    /// The destinations of a message; some more than once, and also queues whose home node is
    /// down where that decides nothing.
    pub(super) fn matches(
        &self,
        topology: &Topology,
        exchange: &Exchange,
        publish: &Publish<'_>,
        choose: &mut impl FnMut(Choice) -> usize,
        found: &mut impl FnMut(Destination),
    ) {
        match self {
            Index::Names => {
                let names = &topology.vhosts[&exchange.vhost].queues;
                for key in publish.keys() {
                    if let Some(id) = names.get(key) {
                        found(Destination::Queue(*id));
                    }
                }
            }
            Index::Direct(keys) => {
                for key in publish.keys() {
                    if let Some(counts) = keys.get(key) {
                        counts.for_each_key(|to| found(*to));
                    }
                }
            }
            Index::Fanout(all) => all.for_each_key(|to| found(*to)),
            Index::Topic(trie) => {
                for key in publish.keys() {
                    trie.matches(key, found);
                }
            }
            Index::Headers(bindings) => {
                for (binding, compared) in bindings {
                    if compared.matches(publish.headers(), topology.version) {
                        found(binding.destination);
                    }
                }
            }
            Index::ConsistentHash(ring) => {
                if let Some(to) = ring.choose(hash_of(exchange, publish)) {
                    found(to);
                }
            }
            Index::Listed(list) => {
                if let Some(binding) = pick(list, topology, exchange, publish, choose) {
                    found(binding.destination);
                }
            }
        }
    }
}

fn count_down(counts: &mut Counts, to: Destination) {
    if let Some(count) = counts.get_mut(&to) {
        *count -= 1;
        if *count == 0 {
            counts.remove(&to);
        }
    }
}

/// The one binding that an exchange which picks by position picks.
pub(super) fn pick<'l>(
    list: &'l imbl::Vector<Arc<Binding>>,
    topology: &Topology,
    exchange: &Exchange,
    publish: &Publish<'_>,
    choose: &mut impl FnMut(Choice) -> usize,
) -> Option<&'l Arc<Binding>> {
    let local = exchange.routes_as == ExchangeType::LocalRandom;
    let counts = |to: Destination| match to {
        Destination::Queue(id) if local => {
            topology.is_reachable(id) && topology.queue(id).home == publish.node
        }
        Destination::Queue(id) => topology.is_reachable(id),
        Destination::Exchange(_) => !local,
    };
    let at = |of: usize, choose: &mut dyn FnMut(Choice) -> usize| match of {
        0 | 1 => 0,
        _ if exchange.routes_as == ExchangeType::ModulusHash => {
            let keys = publish.keys();
            let hash =
                keys.fold(KeyHash::new(), |hash, key| hash.bytes(key.as_bytes()).bytes(&[0]));
            (hash.finish() % of as u64) as usize
        }
        _ => choose(Choice { exchange: exchange.id, of }).min(of - 1),
    };
    if !local && topology.unreachable.is_empty() {
        return list.get(at(list.len(), choose));
    }
    let usable: SmallVec<[&Arc<Binding>; 8]> =
        list.iter().filter(|binding| counts(binding.destination)).collect();
    let at = at(usable.len(), choose);
    usable.get(at).copied()
}

/// What `x-consistent-hash` hashes: the routing key, or a header or property by its arguments. A
/// message that lacks it hashes as all others that do.
fn hash_of(exchange: &Exchange, publish: &Publish<'_>) -> u64 {
    let hash = KeyHash::new();
    let text = |name: &Option<Name>| match name {
        Some(name) => hash.bytes(name.as_bytes()),
        None => hash,
    };
    let arguments = &exchange.arguments;
    if let Some(Value::Text(header)) = field(arguments, "hash-header") {
        let value = publish.headers().and_then(|headers| field(headers, header));
        return value.map_or(hash, |value| hash.value(value)).finish();
    }
    let hashed = match field(arguments, "hash-property") {
        Some(Value::Text(property)) => match &**property {
            "correlation_id" => text(&publish.properties.correlation_id),
            "message_id" => text(&publish.properties.message_id),
            _ => match publish.properties.timestamp {
                Some(seconds) => hash.value(&Value::Timestamp(seconds)),
                None => hash,
            },
        },
        _ => hash.bytes(publish.routing_key.as_bytes()),
    };
    hashed.finish()
}

impl Topology {
    /// The positions of an exchange that picks by them; of another, nothing.
    pub(super) fn picked(
        &self,
        id: ExchangeId,
        publish: &Publish<'_>,
        choose: &mut impl FnMut(Choice) -> usize,
    ) -> Option<Arc<Binding>> {
        let entry = &self.exchanges[&id];
        match &entry.index {
            Index::Listed(list) => pick(list, self, &entry.exchange, publish, choose).cloned(),
            _ => None,
        }
    }
}
