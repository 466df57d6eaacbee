//! What is only true if a transaction commits, and what is void because one did not.
//!
//! An application that handles inside a transaction has had no effect until the transaction is
//! decided. A message of an aborted transaction stands in the log, but not for a subscription that
//! hands out nothing aborted.

use super::messages::Placement;
use crate::fact::{Fact, LaneId, MessageId, NodeId, Stated, SubscriptionId};
use crate::kernel::Time;

/// A message that was handled inside an open transaction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Processed {
    pub(super) message: MessageId,
    pub(super) subscription: SubscriptionId,
    pub(super) consumer: NodeId,
    pub(super) lane: LaneId,
    pub(super) offset: u64,
    /// The life of the process and its transaction.
    pub(super) within: (u16, u16),
}

impl Processed {
    /// The handling as a fact of the moment at which the transaction was decided.
    pub(super) fn handled(self, decided: &Stated) -> Stated {
        let Processed { message, subscription, consumer, lane, offset, .. } = self;
        let fact = Fact::Handled { message, subscription, consumer, lane, offset };
        Stated { fact, ..*decided }
    }
}

/// Open and aborted transactions.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Transactions {
    /// By client: what it handled in its open transaction.
    open: imbl::OrdMap<u16, Vec<Processed>>,
    /// By message: where it stands and is void, and when that was stated.
    aborted: imbl::OrdMap<u32, Vec<(LaneId, u64, Time)>>,
}

impl Transactions {
    pub(super) fn processed(&mut self, processed: Processed) {
        let open = self.open.entry(processed.consumer.0).or_default();
        // A transaction that was not decided when the next began never came about.
        open.retain(|earlier| earlier.within == processed.within);
        open.push(processed);
    }

    /// The client's transaction is decided; what was handled in it.
    pub(super) fn decided(&mut self, client: NodeId) -> Vec<Processed> {
        self.open.remove(&client.0).unwrap_or_default()
    }

    pub(super) fn aborted(&mut self, message: MessageId, lane: LaneId, offset: u64, at: Time) {
        let places = self.aborted.entry(message.0).or_default();
        if !places.iter().any(|p| (p.0, p.1) == (lane, offset)) {
            places.push((lane, offset, at));
        }
    }

    /// Whether the message is void at this place.
    pub(super) fn is_aborted(&self, message: MessageId, place: &Placement) -> bool {
        self.aborted.get(&message.0).is_some_and(|places| {
            let here = |p: &(LaneId, u64, Time)| {
                (p.0.0, p.1) == (place.lane, place.offset) && p.2 >= place.mark.time()
            };
            places.iter().any(here)
        })
    }
}
