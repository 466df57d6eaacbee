//! Consumer groups, classic protocol: what members and coordinator share, the assignors, and the
//! coordinator's state machine (reference §6).
//!
//! [`assignor`] hands out partitions, as the group's leader does on the client. [`classic`] is one
//! group on its coordinator. Neither knows connections, clocks or the log: time comes in as an
//! argument and effects go out as values, so both are driven by hand in tests.
//!
//! Simplified: a member id is `client.id` (here the consumer's name) and a number, where the real
//! one has a random UUID: members of one age sort by name, not at random.

pub mod assignor;

pub use super::settings::Assignor;

use crate::fact::{LaneId, NodeId};
use std::fmt;
use std::sync::Arc;

/// The id the coordinator gives to a dynamic member, or to a static one each time it joins.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MemberId {
    /// The consumer process; its name is the `client.id` the id begins with.
    pub client: NodeId,
    /// Which of the ids given to that client, from 1.
    pub number: u32,
}

/// A `group.instance.id`, as its number in [`super::plan::ClusterPlan::instances`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct InstanceId(pub u16);

/// Whether everything is given up at a rebalance, or only what moves
/// (`ConsumerPartitionAssignor.RebalanceProtocol`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum RebalanceProtocol {
    /// Every member revokes all its partitions before it joins.
    Eager,
    /// A member keeps its partitions while it joins and revokes what the assignment takes from it.
    Cooperative,
}

/// What a member says of itself to one assignor
/// (`ConsumerPartitionAssignor.Subscription`, with the user data of the sticky assignors).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Subscription {
    /// The topics it subscribes to, ascending.
    pub topics: Arc<[u16]>,
    /// The partitions it owns, or owned last where the assignor remembers that by itself.
    pub owned: Arc<[LaneId]>,
    /// The generation in which it got them; `None` if it never had one.
    pub generation: Option<u32>,
}

/// A member as the group's leader sees it when it assigns.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GroupMember {
    /// Its id.
    pub id: MemberId,
    /// `client.id`
    pub client: Arc<str>,
    /// `group.instance.id`, if it is a static member.
    pub instance: Option<Arc<str>>,
    /// What it told the chosen assignor.
    pub subscription: Subscription,
}

/// A topic and its partitions, as the leader's metadata has them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TopicPartitions {
    /// The topic's number.
    pub topic: u16,
    /// Its partition 0.
    pub first: LaneId,
    /// How many partitions it has.
    pub count: u16,
}

impl TopicPartitions {
    /// Its partitions in order.
    pub fn lanes(&self) -> impl DoubleEndedIterator<Item = LaneId> + use<> {
        (self.first.0..self.first.0 + self.count).map(LaneId)
    }
}

impl fmt::Display for MemberId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.client.0, self.number)
    }
}
