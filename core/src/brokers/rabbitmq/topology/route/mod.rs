//! Where a message goes.
//!
//! Source: `rabbit_exchange.erl` (`route/2`), `rabbit_exchange_type_delayed_message.erl`.

mod explain;
pub(super) mod hash_ring;
pub(super) mod headers;
mod index;
mod topic;

pub use self::explain::{Explanation, Step, Why};
pub(super) use self::index::Index;

use super::Topology;
use super::exchange::ExchangeType;
use super::ids::{Destination, ExchangeId, QueueId};
use super::queue::DIRECT_REPLY;
use crate::brokers::rabbitmq::message::{Envelope, Properties};
use crate::brokers::rabbitmq::value::{Name, Table, Value, field};
use crate::fact::NodeId;
use smallvec::SmallVec;

/// What routing looks at in a message.
#[derive(Clone, Copy, Debug)]
pub struct Publish<'m> {
    /// The routing key.
    pub routing_key: &'m Name,
    /// Further routing keys, of `CC`.
    pub cc: &'m [Name],
    /// Further routing keys, of `BCC`.
    pub bcc: &'m [Name],
    /// Its properties; of them headers and what `hash-property` names.
    pub properties: &'m Properties,
    /// The node that routes: of the publishing connection, or of the queue that dead-letters.
    pub node: NodeId,
}

impl<'m> Publish<'m> {
    /// A message that is published or dead-lettered, on a node.
    pub fn of(envelope: &'m Envelope, node: NodeId) -> Publish<'m> {
        Publish {
            routing_key: &envelope.routing_key,
            cc: &envelope.cc,
            bcc: &envelope.bcc,
            properties: &envelope.properties,
            node,
        }
    }

    fn keys(&self) -> impl Iterator<Item = &'m Name> + use<'m> {
        std::iter::once(self.routing_key).chain(self.cc).chain(self.bcc)
    }

    fn headers(&self) -> Option<&'m Table> {
        self.properties.headers.as_ref()
    }
}

/// An exchange asks for a random number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Choice {
    /// Which exchange. Each asks at most once for a message.
    pub exchange: ExchangeId,
    /// How many bindings it chooses among, at least 2.
    pub of: usize,
}

/// Where a message goes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Routed {
    /// The queues that get it, each once, by ascending names. Queues whose home node is down are
    /// not among them.
    pub queues: SmallVec<[QueueId; 8]>,
    /// Keys of the default exchange that are names of direct reply-to: the channels they name get
    /// it. They do not count as routed.
    pub direct_replies: SmallVec<[Name; 1]>,
    /// Delayed exchanges that keep it for so many milliseconds. Then the message, its header
    /// `x-delay` [negated](negate_delay), is routed again from that exchange.
    pub delayed: SmallVec<[(ExchangeId, u64); 1]>,
}

impl Routed {
    /// Whether no queue gets it: with `mandatory` it is returned (312).
    pub fn is_unroutable(&self) -> bool {
        self.queues.is_empty()
    }
}

impl Topology {
    /// The queues that a message published to an exchange goes to. `choose` answers a number below
    /// [`Choice::of`]; exchanges that choose at random ask it.
    pub fn route(
        &self,
        exchange: ExchangeId,
        publish: &Publish<'_>,
        mut choose: impl FnMut(Choice) -> usize,
    ) -> Routed {
        let mut routed = Routed::default();
        // Each exchange once: those before `next` are done, the others wait.
        let mut seen: SmallVec<[ExchangeId; 8]> = SmallVec::new();
        seen.push(exchange);
        let mut next = 0;
        while let Some(&id) = seen.get(next) {
            next += 1;
            let Some(entry) = self.exchanges.get(&id) else { continue };
            let exchange = &entry.exchange;
            if exchange.is_default() {
                let replies = publish.keys().filter(|key| is_direct_reply(key));
                routed.direct_replies.extend(replies.cloned());
            }
            let mut matched = false;
            let delay = match exchange.kind {
                ExchangeType::Delayed => publish.headers().and_then(delay),
                _ => None,
            };
            if let Some(delay) = delay {
                routed.delayed.push((id, delay));
            } else {
                let found = &mut |destination| match destination {
                    Destination::Queue(queue) if !self.is_reachable(queue) => {}
                    Destination::Queue(queue) => {
                        matched = true;
                        routed.queues.push(queue);
                    }
                    Destination::Exchange(to) => {
                        matched = true;
                        if !seen.contains(&to) {
                            seen.push(to);
                        }
                    }
                };
                entry.index.matches(self, exchange, publish, &mut choose, found);
            }
            if !matched
                && let Some(alternate) = &exchange.alternate
                && let Some(to) = self.exchange_id(&exchange.vhost, alternate)
                && !seen.contains(&to)
            {
                seen.push(to);
            }
        }
        self.sort_by_name(&mut routed.queues);
        routed.direct_replies.sort_unstable();
        routed.direct_replies.dedup();
        routed
    }

    /// Whether routing sees a queue: its home node is not down.
    pub fn is_reachable(&self, queue: QueueId) -> bool {
        self.unreachable.is_empty() || !self.unreachable.contains(&queue)
    }

    fn sort_by_name(&self, queues: &mut SmallVec<[QueueId; 8]>) {
        if queues.len() < 2 {
            return;
        }
        let mut named: SmallVec<[(&Name, QueueId); 8]> =
            queues.iter().map(|id| (&self.queue(*id).name, *id)).collect();
        named.sort_unstable();
        named.dedup_by_key(|(_, id)| *id);
        queues.clear();
        queues.extend(named.into_iter().map(|(_, id)| id));
    }
}

fn is_direct_reply(key: &str) -> bool {
    key.strip_prefix(DIRECT_REPLY).is_some_and(|rest| rest.starts_with('.'))
}

/// The header of delays.
const DELAY: &str = "x-delay";

/// The longest delay: the longest timer of Erlang, in milliseconds.
const LONGEST_DELAY: i64 = 4_294_967_295;

/// For how many milliseconds a delayed exchange keeps a message with these headers: the header
/// `x-delay`, a number or its digits, without its fraction. `None` if it is not above 0 or too
/// large: then the message is routed at once.
pub fn delay(headers: &Table) -> Option<u64> {
    let delay = whole(field(headers, DELAY)?)?;
    (0 < delay && delay <= LONGEST_DELAY).then_some(delay as u64)
}

/// The header `x-delay` as a consumer finds it: negative, so that the message is not kept again.
pub fn negate_delay(headers: &mut Table) {
    let Some((_, value)) = headers.iter_mut().find(|(name, _)| &**name == DELAY) else { return };
    if let Some(delay) = whole(value) {
        *value = Value::Integer(delay.saturating_neg());
    }
}

fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Integer(n) => Some(*n),
        Value::Decimal { unscaled, scale } => {
            Some(10i64.checked_pow(u32::from(*scale)).map_or(0, |factor| unscaled / factor))
        }
        Value::Text(text) => text.parse().ok(),
        _ => None,
    }
}
