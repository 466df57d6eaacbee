//! The facts of a run arranged for looking up: what happened to a message, to a lane, to a node.

use crate::fact::{Fact, LaneId, MessageId, NodeId, NodeSet, Stated};
use std::collections::{BTreeMap, BTreeSet};

/// A copy of a message in one replica's log.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Replica {
    /// The node whose log holds it.
    pub node: NodeId,
    /// The lane.
    pub lane: LaneId,
    /// Where it stands.
    pub offset: u64,
}

/// The facts of a run, indexed. Places are indices into the run's facts.
pub struct Evidence<'a> {
    facts: &'a [Stated],
    messages: BTreeMap<MessageId, Vec<usize>>,
    lanes: BTreeMap<LaneId, Vec<usize>>,
    /// The facts that take messages out of a log: few, although offsets are committed often.
    cuts: BTreeMap<LaneId, Vec<usize>>,
    others: Vec<usize>,
}

impl<'a> Evidence<'a> {
    /// Indexes the facts about `wanted` messages and all facts that are about no message.
    pub fn of(facts: &'a [Stated], wanted: &BTreeSet<MessageId>) -> Evidence<'a> {
        let mut evidence = Evidence {
            facts,
            messages: BTreeMap::new(),
            lanes: BTreeMap::new(),
            cuts: BTreeMap::new(),
            others: Vec::new(),
        };
        for (place, stated) in facts.iter().enumerate() {
            if let Some(message) = stated.fact.message() {
                if wanted.contains(&message) {
                    evidence.messages.entry(message).or_default().push(place);
                }
            } else if let Some(lane) = stated.fact.lane() {
                evidence.lanes.entry(lane).or_default().push(place);
                if let Fact::Truncated { .. }
                | Fact::RolledBack { .. }
                | Fact::Wiped { .. }
                | Fact::Expired { .. } = stated.fact
                {
                    evidence.cuts.entry(lane).or_default().push(place);
                }
            } else {
                evidence.others.push(place);
            }
        }
        evidence
    }

    /// The fact at a place.
    pub fn at(&self, place: usize) -> &'a Stated {
        &self.facts[place]
    }

    /// The place after the last fact.
    pub fn end(&self) -> usize {
        self.facts.len()
    }

    /// The facts about a message, in order.
    pub fn about(&self, message: MessageId) -> impl Iterator<Item = (usize, &'a Stated)> {
        let places = self.messages.get(&message).map_or(&[][..], Vec::as_slice);
        places.iter().map(|&p| (p, &self.facts[p]))
    }

    /// The facts about a lane as a whole, in order.
    pub fn on_lane(&self, lane: LaneId) -> impl DoubleEndedIterator<Item = (usize, &'a Stated)> {
        let places = self.lanes.get(&lane).map_or(&[][..], Vec::as_slice);
        places.iter().map(|&p| (p, &self.facts[p]))
    }

    /// The facts about nodes and links, in order.
    pub fn on_nodes(&self) -> impl DoubleEndedIterator<Item = (usize, &'a Stated)> {
        self.others.iter().map(|&p| (p, &self.facts[p]))
    }

    /// Which replicas held the message just before `place`.
    pub fn copies(&self, message: MessageId, place: usize) -> BTreeSet<Replica> {
        let mut held = BTreeSet::new();
        self.replay(message, place, |copies, _, _| held = copies.clone());
        held
    }

    /// The facts that removed a copy of the message, with the copies they removed.
    pub fn removals(&self, message: MessageId) -> Vec<(usize, Vec<Replica>)> {
        let mut removals = Vec::new();
        self.replay(message, self.end(), |_, place, removed| {
            if !removed.is_empty() {
                removals.push((place, removed.to_vec()));
            }
        });
        removals
    }

    /// Replays what adds and removes copies of a message before `end`; `seen` gets the copies
    /// after each such fact, its place, and what it removed.
    fn replay(
        &self,
        message: MessageId,
        end: usize,
        mut seen: impl FnMut(&BTreeSet<Replica>, usize, &[Replica]),
    ) {
        let mut places: Vec<usize> = self.about(message).map(|(p, _)| p).collect();
        let lanes: BTreeSet<LaneId> =
            self.about(message).filter_map(|(_, s)| s.fact.lane()).collect();
        for lane in lanes {
            places.extend(self.cuts.get(&lane).into_iter().flatten());
        }
        places.sort_unstable();
        let mut copies: BTreeSet<Replica> = BTreeSet::new();
        for place in places.into_iter().take_while(|&p| p < end) {
            let gone: Vec<Replica> = match self.facts[place].fact {
                Fact::Appended { node, lane, offset, .. }
                | Fact::Replicated { node, lane, offset, .. } => {
                    copies.insert(Replica { node, lane, offset });
                    Vec::new()
                }
                Fact::Truncated { lane, node, to, .. }
                | Fact::RolledBack { lane, node, to, .. } => {
                    let cut = |r: &&Replica| r.lane == lane && r.node == node && r.offset >= to;
                    copies.iter().filter(cut).copied().collect()
                }
                Fact::Wiped { lane, node } => {
                    copies.iter().filter(|r| r.lane == lane && r.node == node).copied().collect()
                }
                Fact::Compacted { lane, node, offset, .. }
                | Fact::NotRecovered { lane, node, offset, .. } => {
                    let gone = Replica { node, lane, offset };
                    copies.get(&gone).copied().into_iter().collect()
                }
                Fact::Expired { lane, node, below, .. } => {
                    let cut = |r: &&Replica| r.lane == lane && r.node == node && r.offset < below;
                    copies.iter().filter(cut).copied().collect()
                }
                _ => continue,
            };
            for replica in &gone {
                copies.remove(replica);
            }
            seen(&copies, place, &gone);
        }
    }

    /// The fact that last set the in-sync replicas of a lane before `place`, and the set.
    pub fn isr(&self, lane: LaneId, place: usize) -> Option<(usize, NodeSet)> {
        self.on_lane(lane).rev().filter(|&(p, _)| p < place).find_map(|(p, s)| match s.fact {
            Fact::IsrShrunk { isr, .. } | Fact::IsrExpanded { isr, .. } => Some((p, isr)),
            _ => None,
        })
    }

    /// The leader of a lane just before `place`, as the control plane decided.
    pub fn leader(&self, lane: LaneId, place: usize) -> Option<NodeId> {
        self.on_lane(lane)
            .rev()
            .filter(|&(p, _)| p < place)
            .find_map(|(_, s)| match s.fact {
                Fact::Elected { leader, .. } => Some(leader),
                _ => None,
            })
            .flatten()
    }

    /// The place where a node stopped, if it was down just before `place`.
    pub fn down_since(&self, node: NodeId, place: usize) -> Option<usize> {
        let last = self.on_nodes().rev().filter(|&(p, _)| p < place).find(|(_, s)| {
            matches!(s.fact, Fact::Stopped { node: n, .. } | Fact::Started { node: n, .. } if n == node)
        });
        last.and_then(|(p, s)| matches!(s.fact, Fact::Stopped { .. }).then_some(p))
    }
}
