//! `AbstractStickyAssignor.GeneralAssignmentBuilder`: members subscribe to different topics. What
//! they own is kept, the rest goes to whoever has least, and then partitions move one by one as
//! long as that improves the balance.

use super::{GroupMember, Partitions, Previous, TopicPartitions};
use std::collections::{BTreeMap, BTreeSet};

/// The work in progress. Members and partitions are numbers.
struct Builder {
    /// Partitions by member.
    current: Vec<Vec<usize>>,
    /// Member by partition.
    owner: Vec<Option<usize>>,
    /// Older claims by partition.
    older: Vec<Option<(usize, i64)>>,
    /// Topic (index) by partition.
    topic: Vec<usize>,
    /// Partitions by topic.
    partitions: Vec<Vec<usize>>,
    /// Members that may have a topic, by topic.
    potential: Vec<Vec<usize>>,
    /// Topics a member may have, by member.
    subscribed: Vec<Vec<usize>>,
    /// Members that take part, by load and number (`SubscriptionComparator`).
    sorted: BTreeSet<(usize, usize)>,
    movements: Movements,
}

pub(super) fn assign(
    topics: &[TopicPartitions],
    partitions: &Partitions,
    members: &[&GroupMember],
    previous: Previous,
) -> Vec<Vec<usize>> {
    let mut builder = Builder::new(topics, partitions, members, previous);
    let mut revocation_required = false;
    for m in 0..members.len() {
        // No longer subscribed to: given up.
        let (kept, gone): (Vec<usize>, Vec<usize>) = std::mem::take(&mut builder.current[m])
            .into_iter()
            .partition(|&p| builder.subscribed[m].contains(&builder.topic[p]));
        revocation_required |= !gone.is_empty();
        for p in gone {
            builder.owner[p] = None;
        }
        builder.current[m] = kept;
    }
    builder.sorted = builder.current.iter().enumerate().map(|(m, c)| (c.len(), m)).collect();
    builder.balance(revocation_required);
    builder.current
}

impl Builder {
    fn new(
        topics: &[TopicPartitions],
        partitions: &Partitions,
        members: &[&GroupMember],
        previous: Previous,
    ) -> Builder {
        let mut owner = vec![None; partitions.lanes.len()];
        for (m, owned) in previous.owned.iter().enumerate() {
            for &p in owned {
                owner[p] = Some(m);
            }
        }
        let mut topic = Vec::with_capacity(partitions.lanes.len());
        let mut of_topic = Vec::with_capacity(topics.len());
        for (t, partitions_of) in topics.iter().enumerate() {
            let first = topic.len();
            topic.extend((0..partitions_of.count).map(|_| t));
            of_topic.push((first..topic.len()).collect());
        }
        let all = |t: &TopicPartitions| {
            let may = |m: &usize| super::super::subscribes(members[*m], t.topic);
            (0..members.len()).filter(may).collect::<Vec<usize>>()
        };
        let potential: Vec<Vec<usize>> = topics.iter().map(all).collect();
        let mut subscribed = vec![Vec::new(); members.len()];
        for (t, members) in potential.iter().enumerate() {
            for &m in members {
                subscribed[m].push(t);
            }
        }
        Builder {
            current: previous.owned,
            owner,
            older: previous.older,
            topic,
            partitions: of_topic,
            potential,
            subscribed,
            sorted: BTreeSet::new(),
            movements: Movements::default(),
        }
    }

    /// All partitions, those of the topics with fewest potential members first
    /// (`TopicComparator`, then the topic's name, which is the order given).
    fn in_order(&self) -> Vec<usize> {
        let mut topics: Vec<usize> = (0..self.partitions.len()).collect();
        topics.sort_by_key(|&t| (self.potential[t].len(), t));
        topics.into_iter().flat_map(|t| self.partitions[t].iter().copied()).collect()
    }

    fn balance(&mut self, revocation_required: bool) {
        let initializing = self.sorted.last().is_none_or(|&(load, _)| load == 0);
        let mut all = self.in_order();
        let mut unassigned: Vec<usize> =
            all.iter().copied().filter(|&p| self.owner[p].is_none()).collect();
        for &partition in &unassigned {
            self.give_to_least_loaded(partition);
        }
        // Only what several members could have can be moved, and only by those who take part.
        let movable = |p: &usize| self.potential[self.topic[*p]].len() >= 2;
        all.retain(movable);
        unassigned.retain(movable);
        let fixed: Vec<usize> =
            (0..self.current.len()).filter(|&m| !self.can_take_part(m)).collect();
        for &m in &fixed {
            self.sorted.remove(&(self.current[m].len(), m));
        }
        let before = (self.current.clone(), self.owner.clone());
        // Newly assigned partitions move before any that somebody has had for long.
        if !revocation_required {
            self.reassign(&unassigned);
        }
        let moved = self.reassign(&all);
        if !initializing && moved {
            let taking_part = |m: &usize| !fixed.contains(m);
            let members: Vec<usize> = (0..self.current.len()).filter(taking_part).collect();
            if score(&self.current, &members) >= score(&before.0, &members) {
                (self.current, self.owner) = before;
            }
        }
    }

    fn give_to_least_loaded(&mut self, partition: usize) {
        let topic = self.topic[partition];
        let may = |&&(_, m): &&(usize, usize)| self.subscribed[m].contains(&topic);
        let Some(&(load, member)) = self.sorted.iter().find(may) else { return };
        self.sorted.remove(&(load, member));
        self.current[member].push(partition);
        self.owner[partition] = Some(member);
        self.sorted.insert((load + 1, member));
    }

    /// `canConsumerParticipateInReassignment`
    fn can_take_part(&self, member: usize) -> bool {
        let most: usize = self.subscribed[member].iter().map(|&t| self.partitions[t].len()).sum();
        let shared = |&p: &usize| self.potential[self.topic[p]].len() >= 2;
        self.current[member].len() < most || self.current[member].iter().any(shared)
    }

    /// `isBalanced`
    fn is_balanced(&self) -> bool {
        let (Some(&(min, _)), Some(&(max, _))) = (self.sorted.first(), self.sorted.last()) else {
            return true;
        };
        if min + 1 >= max {
            return true;
        }
        // Nobody could take a partition from a member that has more.
        self.sorted.iter().all(|&(load, member)| {
            let lanes = self.subscribed[member].iter().flat_map(|&t| &self.partitions[t]);
            lanes.into_iter().all(|&p| match self.owner[p] {
                Some(other) if other != member => load >= self.current[other].len(),
                _ => true,
            })
        })
    }

    /// `performReassignments`: moves partitions as long as one can go to a member that has at
    /// least two fewer.
    fn reassign(&mut self, partitions: &[usize]) -> bool {
        let mut moved = false;
        loop {
            let mut modified = false;
            for &partition in partitions {
                if self.is_balanced() {
                    break;
                }
                let Some(owner) = self.owner[partition] else { continue };
                let load = self.current[owner].len();
                let topic = self.topic[partition];
                if let Some((previous, _)) = self.older[partition]
                    && self.subscribed[previous].contains(&topic)
                    && load > self.current[previous].len() + 1
                {
                    self.move_towards(partition, previous);
                    modified = true;
                } else if self.potential[topic].iter().any(|&m| load > self.current[m].len() + 1) {
                    let may = |&&(_, m): &&(usize, usize)| self.subscribed[m].contains(&topic);
                    let Some(&(_, least)) = self.sorted.iter().find(may) else { continue };
                    self.move_towards(partition, least);
                    modified = true;
                }
            }
            moved |= modified;
            if !modified {
                return moved;
            }
        }
    }

    /// `reassignPartition`: moves this partition, or one of the same topic that came the other way
    /// and can go back instead.
    fn move_towards(&mut self, partition: usize, to: usize) {
        let Some(owner) = self.owner[partition] else { return };
        let topic = self.topic[partition];
        let partition = self.movements.better(topic, partition, owner, to);
        let Some(from) = self.owner[partition] else { return };
        self.movements.note(topic, partition, from, to);
        for (member, change) in [(from, false), (to, true)] {
            self.sorted.remove(&(self.current[member].len(), member));
            match change {
                true => self.current[member].push(partition),
                false => self.current[member].retain(|&p| p != partition),
            }
            self.sorted.insert((self.current[member].len(), member));
        }
        self.owner[partition] = Some(to);
    }
}

/// `getBalanceScore`: the sum of all differences in load.
fn score(current: &[Vec<usize>], members: &[usize]) -> usize {
    let loads = members.iter().map(|&m| current[m].len());
    let pairs = loads.clone().enumerate();
    pairs.map(|(n, a)| loads.clone().skip(n + 1).map(|b| a.abs_diff(b)).sum::<usize>()).sum()
}

/// Which partitions moved from whom to whom (`PartitionMovements`).
#[derive(Default)]
struct Movements {
    /// By partition: from, to.
    moved: BTreeMap<usize, (usize, usize)>,
    /// By topic, from, to.
    by_pair: BTreeMap<(usize, usize, usize), BTreeSet<usize>>,
}

impl Movements {
    fn better(&self, topic: usize, partition: usize, owner: usize, to: usize) -> usize {
        let from = self.moved.get(&partition).map_or(owner, |m| m.0);
        let back = self.by_pair.get(&(topic, to, from)).and_then(BTreeSet::first);
        back.copied().unwrap_or(partition)
    }

    fn note(&mut self, topic: usize, partition: usize, from: usize, to: usize) {
        let mut origin = from;
        if let Some((first, last)) = self.moved.remove(&partition) {
            if let Some(set) = self.by_pair.get_mut(&(topic, first, last)) {
                set.remove(&partition);
                if set.is_empty() {
                    self.by_pair.remove(&(topic, first, last));
                }
            }
            if first == to {
                // It is back where it came from.
                return;
            }
            origin = first;
        }
        self.moved.insert(partition, (origin, to));
        self.by_pair.entry((topic, origin, to)).or_default().insert(partition);
    }
}
