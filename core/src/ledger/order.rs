//! Order: whether messages of one producer and one key kept it.
//!
//! Ids of a block ascend in the order of sending, so that "later" is "greater".

use super::per_message::Place;
use super::plan::Chains;
use crate::fact::{LaneId, MessageId, Stated, SubscriptionId};
use crate::kernel::Chunked;

/// A message that came when a later one of its key had already been there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OrderBreak {
    /// The message that came late, or again.
    pub message: MessageId,
    /// The later message that had been there before.
    pub behind: MessageId,
    /// For which subscription; `None` for the order in the log.
    pub subscription: Option<SubscriptionId>,
    /// In which lane it was appended or handled.
    pub lane: LaneId,
    /// The fact that broke the order.
    pub stated: Stated,
}

/// What is kept of one chain: the greatest id so far and the last one, plus one (0: none yet).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Seen {
    greatest: u32,
    last: u32,
}

/// Order in the logs and at the subscriptions.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Order {
    chains: Chains,
    appended: Chunked<Seen>,
    handled: Vec<Chunked<Seen>>,
    /// First handled after a later message of the key was.
    pub(super) inversions: imbl::Vector<OrderBreak>,
    /// Handled again after a later message of the key was.
    pub(super) regressions: imbl::Vector<OrderBreak>,
    /// First appended after a later message of the key was.
    pub(super) log_inversions: imbl::Vector<OrderBreak>,
}

impl Order {
    pub(super) fn new(chains: Chains, subscriptions: usize) -> Order {
        let seen = Chunked::filled(chains.count(), Seen::default());
        Order {
            appended: seen.clone(),
            handled: vec![seen; subscriptions],
            chains,
            ..Order::default()
        }
    }

    /// The chain of the message at a place; a message without a key is in none.
    pub(super) fn chain(&self, place: Place) -> Option<usize> {
        self.chains.at(place)
    }

    /// A leader appended the message for the first time.
    #[inline]
    pub(super) fn appended(
        &mut self,
        message: MessageId,
        place: Place,
        lane: LaneId,
        stated: &Stated,
    ) {
        let Some(chain) = self.chains.at(place) else { return };
        let Some(seen) = self.appended.get_mut(chain) else { return };
        if message.0 + 1 < seen.greatest {
            let behind = MessageId(seen.greatest - 1);
            let broken = OrderBreak { message, behind, subscription: None, lane, stated: *stated };
            self.log_inversions.push_back(broken);
        } else {
            seen.greatest = message.0 + 1;
        }
    }

    /// The subscription handled the message, `times` times by now.
    #[inline]
    pub(super) fn handled(
        &mut self,
        message: MessageId,
        place: Place,
        subscription: SubscriptionId,
        lane: LaneId,
        times: u16,
        stated: &Stated,
    ) {
        let Some(chain) = self.chains.at(place) else { return };
        let Some(seen) =
            self.handled.get_mut(subscription.0 as usize).and_then(|s| s.get_mut(chain))
        else {
            return;
        };
        let before = *seen;
        seen.last = message.0 + 1;
        seen.greatest = before.greatest.max(seen.last);
        let broken = |behind: u32| OrderBreak {
            message,
            behind: MessageId(behind - 1),
            subscription: Some(subscription),
            lane,
            stated: *stated,
        };
        if times == 1 && message.0 + 1 < before.greatest {
            self.inversions.push_back(broken(before.greatest));
        } else if times > 1 && message.0 + 1 < before.last {
            self.regressions.push_back(broken(before.last));
        }
    }
}
