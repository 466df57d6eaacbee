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
pub mod classic;

pub use super::settings::Assignor;

use super::settings::BrokerConfig;
use crate::fact::{LaneId, NodeId};
use crate::kernel::Span;
use std::num::{NonZeroU16, NonZeroU32};
use std::sync::Arc;

/// The id the coordinator gives to a dynamic member, or to a static one each time it joins.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MemberId {
    /// The consumer process; its name is the `client.id` the id begins with.
    pub client: NodeId,
    /// Which of the ids given to that client.
    pub number: NonZeroU32,
}

impl MemberId {
    /// The first id a client gets.
    pub const fn first(client: NodeId) -> MemberId {
        MemberId { client, number: NonZeroU32::MIN }
    }
}

/// A `group.instance.id`, as its number (from 1) in [`GroupRules::instances`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct InstanceId(pub NonZeroU16);

/// Who a member says it is: member id, generation and, for static members, the instance id.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct GroupIdentity {
    /// The generation it knows.
    pub generation: u32,
    /// Number and client of its member id.
    pub number: NonZeroU32,
    /// The client of its member id.
    pub client: NodeId,
    /// `group.instance.id`
    pub instance: Option<InstanceId>,
}

impl GroupIdentity {
    /// The member id.
    pub fn member(&self) -> MemberId {
        MemberId { client: self.client, number: self.number }
    }
}

/// What a coordinator holds its groups to, and the names behind their ids.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct GroupRules {
    /// `group.initial.rebalance.delay.ms`
    pub initial_rebalance_delay: Span,
    /// `group.min.session.timeout.ms`
    pub min_session_timeout: Span,
    /// `group.max.session.timeout.ms`
    pub max_session_timeout: Span,
    /// `group.max.size`
    pub max_size: u32,
    /// `client.id` by node.
    pub clients: Vec<Arc<str>>,
    /// `group.instance.id` by number.
    pub instances: Vec<Arc<str>>,
}

impl GroupRules {
    /// The rules of these settings, with the names of all nodes and of all static members.
    pub fn new(config: &BrokerConfig, names: &[String], instances: &[String]) -> GroupRules {
        let shared = |names: &[String]| names.iter().map(|n| n.as_str().into()).collect();
        GroupRules {
            initial_rebalance_delay: config.group_initial_rebalance_delay_ms,
            min_session_timeout: config.group_min_session_timeout_ms,
            max_session_timeout: config.group_max_session_timeout_ms,
            max_size: config.group_max_size,
            clients: shared(names),
            instances: shared(instances),
        }
    }

    fn client(&self, node: NodeId) -> Arc<str> {
        self.clients.get(node.0 as usize).cloned().unwrap_or_else(|| "".into())
    }

    fn instance(&self, instance: InstanceId) -> Option<Arc<str>> {
        self.instances.get(instance.0.get() as usize - 1).cloned()
    }
}

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
