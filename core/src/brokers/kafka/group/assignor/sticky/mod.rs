//! `AbstractStickyAssignor`: balanced first, and then as few moves as possible. [`constrained`] for
//! members that all subscribe to the same topics, [`general`] for the rest.
//!
//! What a member owned counts only if nobody else claims it with a newer generation; two claims of
//! the same generation cancel each other.

mod constrained;
mod general;

use super::{Assignment, GroupMember, TopicPartitions, by_id};
use crate::fact::LaneId;

/// The partitions to assign, numbered in order, and what each is.
struct Partitions {
    /// In the order of the topics given.
    lanes: Vec<LaneId>,
    /// The number of a lane, less the lowest lane; `u32::MAX` where it is no partition.
    numbers: Vec<u32>,
    lowest: u16,
}

impl Partitions {
    fn new(topics: &[TopicPartitions]) -> Partitions {
        let lanes: Vec<LaneId> = topics.iter().flat_map(TopicPartitions::lanes).collect();
        let lowest = lanes.iter().map(|l| l.0).min().unwrap_or(0);
        let highest = lanes.iter().map(|l| l.0).max().unwrap_or(0);
        let mut numbers = vec![u32::MAX; (highest - lowest) as usize + 1];
        for (n, lane) in lanes.iter().enumerate() {
            numbers[(lane.0 - lowest) as usize] = n as u32;
        }
        Partitions { lanes, numbers, lowest }
    }

    fn number(&self, lane: LaneId) -> Option<usize> {
        let at = lane.0.checked_sub(self.lowest)?;
        let number = *self.numbers.get(at as usize)?;
        (number != u32::MAX).then_some(number as usize)
    }
}

/// What members owned before, after conflicting claims have been settled.
struct Previous {
    /// By member in the order of their ids: partitions by number, in the order claimed.
    owned: Vec<Vec<usize>>,
    /// Claimed by two members of the same generation.
    doubly_claimed: Vec<bool>,
    /// By partition: the newest claim of an older generation than the newest of all.
    older: Vec<Option<(usize, i64)>>,
}

/// A member that never had a generation (`DEFAULT_GENERATION`).
const NO_GENERATION: i64 = -1;

fn generation(member: &GroupMember) -> i64 {
    member.subscription.generation.map_or(NO_GENERATION, i64::from)
}

fn previous(partitions: &Partitions, members: &[&GroupMember]) -> Previous {
    let count = partitions.lanes.len();
    let mut owned: Vec<Vec<usize>> = vec![Vec::new(); members.len()];
    let mut owner: Vec<Option<usize>> = vec![None; count];
    let mut doubly_claimed = vec![false; count];
    let mut older: Vec<Option<(usize, i64)>> = vec![None; count];
    let newest = members.iter().map(|m| generation(m)).max().unwrap_or(NO_GENERATION);
    for (m, member) in members.iter().enumerate() {
        let mine = generation(member);
        for &lane in member.subscription.owned.iter() {
            let Some(partition) = partitions.number(lane) else { continue };
            if mine < newest && older[partition].is_none_or(|(_, g)| g < mine) {
                older[partition] = Some((m, mine));
            }
            let Some(other) = owner[partition] else {
                owned[m].push(partition);
                owner[partition] = Some(m);
                continue;
            };
            let theirs = generation(members[other]);
            if mine >= theirs {
                owned[other].retain(|&p| p != partition);
                owner[partition] = Some(m);
            }
            if mine == theirs {
                doubly_claimed[partition] = true;
            } else if mine > theirs {
                owned[m].push(partition);
            }
        }
    }
    for list in &mut owned {
        list.retain(|&p| !doubly_claimed[p]);
    }
    Previous { owned, doubly_claimed, older }
}

/// Returns the assignment and, where it was worked out on the way, which member each partition is
/// taken to from a member that has to give it up first.
pub(super) fn assign(
    topics: &[TopicPartitions],
    members: &[GroupMember],
) -> (Assignment, Option<Vec<(LaneId, usize)>>) {
    let order = by_id(members);
    let sorted: Vec<&GroupMember> = order.iter().map(|&m| &members[m]).collect();
    let subscribed = |t: &&TopicPartitions| sorted.iter().any(|m| super::subscribes(m, t.topic));
    let topics: Vec<TopicPartitions> = topics.iter().filter(subscribed).copied().collect();
    let partitions = Partitions::new(&topics);
    let previous = previous(&partitions, &sorted);
    let equal = sorted.windows(2).all(|w| w[0].subscription.topics == w[1].subscription.topics);
    let (assigned, transferred) = if equal {
        let (assigned, transferred) = constrained::assign(partitions.lanes.len(), previous);
        (assigned, Some(transferred))
    } else {
        (general::assign(&topics, &partitions, &sorted, previous), None)
    };
    let mut assignment = vec![Vec::new(); members.len()];
    for (m, list) in assigned.into_iter().enumerate() {
        assignment[order[m]] = list.into_iter().map(|p| partitions.lanes[p]).collect();
    }
    let transferred =
        transferred.map(|t| t.into_iter().map(|(p, m)| (partitions.lanes[p], order[m])).collect());
    (assignment, transferred)
}

/// `CooperativeStickyAssignor`: the sticky assignment, less what another member still owns: that
/// stays unassigned until its owner has revoked it and the group rebalances again.
pub(super) fn assign_cooperatively(
    topics: &[TopicPartitions],
    members: &[GroupMember],
) -> Assignment {
    let (mut assignment, transferred) = assign(topics, members);
    let transferred = transferred.unwrap_or_else(|| transferring(members, &assignment));
    for (lane, member) in transferred {
        assignment[member].retain(|&l| l != lane);
    }
    assignment
}

/// `computePartitionsTransferringOwnership`: added to one member and revoked from another.
fn transferring(members: &[GroupMember], assignment: &Assignment) -> Vec<(LaneId, usize)> {
    use std::collections::BTreeSet;
    let sets = |lanes: &[LaneId]| lanes.iter().copied().collect::<BTreeSet<LaneId>>();
    let mut added = Vec::new();
    let mut revoked = BTreeSet::new();
    for (m, member) in members.iter().enumerate() {
        let (owned, assigned) = (sets(&member.subscription.owned), sets(&assignment[m]));
        added.extend(assigned.difference(&owned).map(|&lane| (lane, m)));
        revoked.extend(owned.difference(&assigned).copied());
    }
    added.retain(|(lane, _)| revoked.contains(lane));
    added
}
