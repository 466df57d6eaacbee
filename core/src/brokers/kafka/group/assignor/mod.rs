//! Who gets which partition (`ConsumerPartitionAssignor` and its four implementations; reference
//! §6.8).
//!
//! Topics are given in the order of their names, members in any order: each assignor sorts them as
//! its original does. The result has one list for each member, in the order given.
//!
//! Simplified: no racks (KIP-881). Where the originals iterate over hash maps, members are taken in
//! the order of their ids.

mod range;
mod round_robin;
mod sticky;
#[cfg(test)]
mod tests;

use super::{Assignor, GroupMember, RebalanceProtocol, TopicPartitions};
use crate::fact::LaneId;

/// The partitions of each member, in the order of the members given.
pub type Assignment = Vec<Vec<LaneId>>;

impl Assignor {
    /// The rebalance protocol it works with.
    pub const fn protocol(self) -> RebalanceProtocol {
        match self {
            Assignor::CooperativeSticky => RebalanceProtocol::Cooperative,
            Assignor::Range | Assignor::RoundRobin | Assignor::Sticky => RebalanceProtocol::Eager,
        }
    }

    /// Hands out all partitions of `topics` that some member subscribes to.
    pub fn assign(self, topics: &[TopicPartitions], members: &[GroupMember]) -> Assignment {
        match self {
            Assignor::Range => range::assign(topics, members),
            Assignor::RoundRobin => round_robin::assign(topics, members),
            Assignor::Sticky => sticky::assign(topics, members).0,
            Assignor::CooperativeSticky => sticky::assign_cooperatively(topics, members),
        }
    }
}

/// Whether a member subscribes to a topic.
fn subscribes(member: &GroupMember, topic: u16) -> bool {
    member.subscription.topics.binary_search(&topic).is_ok()
}

/// Indices of the members in the order of `AbstractPartitionAssignor.MemberInfo`: static members
/// by instance id, then dynamic ones by member id.
fn by_instance_then_id(members: &[GroupMember]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..members.len()).collect();
    order.sort_by(|&a, &b| {
        let (a, b) = (&members[a], &members[b]);
        let dynamic = |m: &GroupMember| m.instance.is_none();
        let ids = || a.client.cmp(&b.client).then(a.id.number.cmp(&b.id.number));
        dynamic(a).cmp(&dynamic(b)).then_with(|| a.instance.cmp(&b.instance)).then_with(ids)
    });
    order
}

/// Indices of the members in the order of their member ids.
fn by_id(members: &[GroupMember]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..members.len()).collect();
    order.sort_by(|&a, &b| {
        let (a, b) = (&members[a], &members[b]);
        a.client.cmp(&b.client).then(a.id.number.cmp(&b.id.number))
    });
    order
}
