//! Transactions as their coordinator sees them (KIP-98, KIP-360, KIP-890; reference §7).
//!
//! A transactional id belongs to one partition of `__transaction_state`, and the broker that leads
//! it coordinates the id: it gives out the producer id and its epochs, knows which partitions the
//! open transaction has written to, decides commit or abort by writing that decision down, and
//! carries it to every partition as a marker. The rules stand in [`coordinator`], what is written
//! down in [`stored`], the requests in [`wire`].
//!
//! Simplified: transactional ids do not expire (`transactional.id.expiration.ms`), and the epochs
//! of a producer id are only exhausted between transactions.

pub mod coordinator;
pub mod stored;
#[cfg(test)]
mod tests;
pub mod wire;

pub use coordinator::{Context, TransactionEffect, TransactionMetadata};
pub use stored::Loader;

/// A `transactional.id`, numbered in the order in which the scenario names them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TransactionalId(pub u16);

/// A producer id and its epoch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ProducerEpoch {
    /// The producer id.
    pub id: u64,
    /// Its epoch; an instance with an older one is fenced.
    pub epoch: i16,
}

/// What a coordinator knows about the newest transaction of an id (`TransactionState`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum TransactionState {
    /// None has begun in this epoch.
    #[default]
    Empty,
    /// It is open.
    Ongoing,
    /// It is decided that it commits; markers are on their way.
    PrepareCommit,
    /// It is decided that it aborts; markers are on their way.
    PrepareAbort,
    /// It has been committed and every partition has its marker.
    CompleteCommit,
    /// It has been aborted and every partition has its marker.
    CompleteAbort,
}

impl TransactionState {
    /// The state a decided transaction has when its markers are written.
    pub fn is_decided(self) -> bool {
        matches!(self, TransactionState::PrepareCommit | TransactionState::PrepareAbort)
    }

    /// The name, as the real system spells it.
    pub fn name(self) -> &'static str {
        match self {
            TransactionState::Empty => "Empty",
            TransactionState::Ongoing => "Ongoing",
            TransactionState::PrepareCommit => "PrepareCommit",
            TransactionState::PrepareAbort => "PrepareAbort",
            TransactionState::CompleteCommit => "CompleteCommit",
            TransactionState::CompleteAbort => "CompleteAbort",
        }
    }
}
