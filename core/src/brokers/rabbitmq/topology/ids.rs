//! What a node's metadata store numbers. The numbers are the store's own: two nodes whose stores
//! went apart may number the same queue differently, so nothing but names travels between nodes.

/// A queue of one [`Topology`](super::Topology). Never given a second time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct QueueId(pub u32);

/// An exchange of one [`Topology`](super::Topology). Never given a second time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ExchangeId(pub u32);

/// What a binding leads to. Exchanges come first, as Erlang orders the atoms `exchange` and
/// `queue`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Destination {
    /// Another exchange (`exchange.bind`).
    Exchange(ExchangeId),
    /// A queue (`queue.bind`).
    Queue(QueueId),
}

/// A connection, unique in the whole cluster: the owner of exclusive queues.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ConnectionId(pub u64);
