//! What the ledger is told before a run: which messages, lanes and subscriptions there will be.

use super::per_message::Place;
use crate::fact::{Directory, KeyId, LaneId, MessageId, NodeId, NodeSet, SubscriptionId};

/// The neutral outline of a run; it names no broker family and no setting.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Plan {
    /// The blocks of messages, ascending by first id and without gaps.
    pub blocks: Vec<PlannedBlock>,
    /// The nodes that hold a copy of each lane at the start, by [`LaneId`].
    pub replicas: Vec<NodeSet>,
    /// The lanes each subscription reads, by [`SubscriptionId`].
    pub subscriptions: Vec<Vec<LaneId>>,
    /// The subscription for which another one works, such as the readers of a listener's retry
    /// topics: what they do is done for that listener. Those not listed work for themselves.
    pub works_for: Vec<(SubscriptionId, SubscriptionId)>,
    /// Whether a subscription hands out nothing of aborted transactions, by [`SubscriptionId`].
    pub skips_aborted: Vec<bool>,
    /// Subscriptions nobody reads for, by [`SubscriptionId`]: they are owed nothing.
    pub unread: Vec<bool>,
    /// Lanes are queues: a message leaves one when it is settled, not when a reader has passed it.
    pub queues: bool,
    /// For which messages facts are counted one by one.
    pub counted: CountedMessages,
}

/// Counting facts for each single message costs time in long runs; few sentences ask for it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum CountedMessages {
    /// For every message.
    #[default]
    All,
    /// For these only, ascending; asked for others, there is no number.
    Only(Vec<MessageId>),
}

/// The messages of one producer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlannedBlock {
    /// The first id of the block.
    pub first: MessageId,
    /// How many messages the block has.
    pub count: u32,
    /// The producer that sends them, in ascending order of ids.
    pub producer: NodeId,
    /// Message n of the block (from 0) has the key `keys[n % keys.len()]`; empty: no keys.
    pub keys: Vec<KeyId>,
    /// The lanes the block's messages may be put into.
    pub lanes: Vec<LaneId>,
    /// Where each message belongs is known beforehand: message n of the block is owed to whoever
    /// reads `targets[n % targets.len()]`. Empty: it belongs into the one lane its producer chooses.
    pub targets: Vec<Vec<LaneId>>,
}

impl Plan {
    /// A plan for the messages of a directory; keys and target lanes per block come from the
    /// caller.
    pub fn of(
        directory: &Directory,
        keys: impl Fn(usize) -> Vec<KeyId>,
        lanes: impl Fn(usize) -> Vec<LaneId>,
        replicas: Vec<NodeSet>,
        subscriptions: Vec<Vec<LaneId>>,
    ) -> Plan {
        let block = |(i, b): (usize, &crate::fact::MessageBlock)| PlannedBlock {
            first: b.first,
            count: b.count,
            producer: b.producer,
            keys: keys(i),
            lanes: lanes(i),
            targets: Vec::new(),
        };
        let blocks = directory.messages.iter().enumerate().map(block).collect();
        Plan { blocks, replicas, subscriptions, ..Plan::default() }
    }

    /// Whether a message whose transaction was aborted is none to the subscription.
    pub fn skips_aborted(&self, subscription: SubscriptionId) -> bool {
        self.skips_aborted.get(subscription.0 as usize).copied().unwrap_or(false)
    }

    /// How many messages there are.
    pub fn message_count(&self) -> usize {
        self.blocks.last().map_or(0, |b| (b.first.0 + b.count) as usize)
    }

    /// The block a message belongs to, by index.
    pub fn block_of(&self, message: MessageId) -> Option<usize> {
        let at = self.blocks.partition_point(|b| b.first <= message).checked_sub(1)?;
        (message.0 - self.blocks[at].first.0 < self.blocks[at].count).then_some(at)
    }

    /// The business key of a message.
    pub fn key_of(&self, message: MessageId) -> Option<KeyId> {
        let block = &self.blocks[self.block_of(message)?];
        let n = (message.0 - block.first.0) as usize;
        block.keys.get(n % block.keys.len().max(1)).copied()
    }

    /// The producer of a message.
    pub fn producer_of(&self, message: MessageId) -> Option<NodeId> {
        self.block_of(message).map(|b| self.blocks[b].producer)
    }

    /// The subscription that what this one does is done for.
    pub fn told_as(&self, subscription: SubscriptionId) -> SubscriptionId {
        let found = self.works_for.iter().find(|(from, _)| *from == subscription);
        found.map_or(subscription, |(_, to)| *to)
    }

    /// Whether nobody reads for the subscription.
    pub fn is_unread(&self, subscription: SubscriptionId) -> bool {
        self.unread.get(subscription.0 as usize).copied().unwrap_or(false)
    }

    /// The lanes a message belongs into, where that is known beforehand.
    pub fn targets_of(&self, message: MessageId) -> Option<&[LaneId]> {
        let block = &self.blocks[self.block_of(message)?];
        let n = (message.0 - block.first.0) as usize;
        block.targets.get(n % block.targets.len().max(1)).map(Vec::as_slice)
    }

    /// Whether the subscription reads the lane.
    pub fn reads(&self, subscription: SubscriptionId, lane: LaneId) -> bool {
        self.subscriptions.get(subscription.0 as usize).is_some_and(|lanes| lanes.contains(&lane))
    }
}

/// Where the messages that must keep their order with each other are counted: one chain for each
/// (block, key).
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Chains {
    /// Per block: the chain at each place of its key cycle.
    blocks: Vec<Vec<u32>>,
    count: u32,
}

impl Chains {
    pub(super) fn of(plan: &Plan) -> Chains {
        let mut chains = Chains::default();
        for block in &plan.blocks {
            let mut known = std::collections::BTreeMap::new();
            let mut places = Vec::with_capacity(block.keys.len());
            for key in &block.keys {
                let chain = *known.entry(*key).or_insert_with(|| {
                    chains.count += 1;
                    chains.count - 1
                });
                places.push(chain);
            }
            chains.blocks.push(places);
        }
        chains
    }

    pub(super) fn count(&self) -> usize {
        self.count as usize
    }

    /// The chain of the message at a place; messages without a key are in none.
    #[inline]
    pub(super) fn at(&self, place: Place) -> Option<usize> {
        let cycle = self.blocks.get(place.block as usize)?;
        // Dividing 32 bits is much cheaper than dividing 64.
        let at = place.n.checked_rem(cycle.len() as u32)?;
        cycle.get(at as usize).map(|chain| *chain as usize)
    }
}
