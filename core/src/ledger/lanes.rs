//! The cluster's side: who holds a copy of each lane, who rules it, who may.
//!
//! The facts that change this (elections, outages, cuts, in-sync sets) are few and are all kept in
//! the *chronicle*, so that it can be said afterwards from when on a message was out of reach.

use super::messages::Placement;
use super::mirror::{Mirror, Presence};
use crate::fact::{Fact, LaneId, MessageId, NodeId, NodeSet, Stated};
use crate::kernel::Time;

/// One lane now.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Lane {
    /// Every node that was ever said to hold a copy.
    pub(super) copies: Vec<(NodeId, Mirror)>,
    pub(super) authority: Option<NodeId>,
    /// Whether an election was ever stated; until then the node that appends rules.
    elected: bool,
    /// Up to where consumers may read, as far as was stated.
    pub(super) committed: u64,
}

impl Lane {
    pub(super) fn mirror(&self, node: NodeId) -> Option<&Mirror> {
        self.copies.iter().find(|(n, _)| *n == node).map(|(_, m)| m)
    }

    #[inline]
    fn mirror_mut(&mut self, node: NodeId) -> &mut Mirror {
        let at = match self.copies.iter().position(|(n, _)| *n == node) {
            Some(at) => at,
            None => {
                self.copies.push((node, Mirror::default()));
                self.copies.len() - 1
            }
        };
        &mut self.copies[at].1
    }
}

/// Who is up and who may lead at some place of the chronicle, for one lane.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Rule {
    authority: Option<NodeId>,
    isr: NodeSet,
    down: NodeSet,
    fenced: NodeSet,
    offline: NodeSet,
}

/// A set with `node` in it, if it can hold a replica at all.
fn with(set: NodeSet, node: NodeId) -> NodeSet {
    if node.0 < 64 { set.with(node) } else { set }
}

impl Rule {
    fn serves(&self, node: NodeId) -> bool {
        !self.down.contains(node) && !self.offline.contains(node)
    }

    /// Applies a fact; `false` if it does not concern the lane.
    fn apply(&mut self, lane: LaneId, fact: &Fact) -> bool {
        if fact.lane().is_some_and(|l| l != lane) {
            return false;
        }
        match *fact {
            Fact::Elected { leader, .. } => self.authority = leader,
            Fact::IsrShrunk { isr, .. } | Fact::IsrExpanded { isr, .. } => self.isr = isr,
            Fact::Stopped { node, .. } => self.down = with(self.down, node),
            Fact::Started { node, .. } => {
                self.down = self.down.without(node);
                self.offline = self.offline.without(node);
            }
            Fact::Fenced { node } => self.fenced = with(self.fenced, node),
            Fact::Unfenced { node } => self.fenced = self.fenced.without(node),
            Fact::StorageFailed { node, .. } => self.offline = with(self.offline, node),
            // Cuts change who holds what, which the caller knows.
            _ => {}
        }
        true
    }
}

/// How near a placement of a message is to being read.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Reach {
    /// No copy is left, or the lane's authority has overruled those that are.
    Gone,
    /// Retention deleted it.
    Expired,
    /// Compaction removed it.
    Compacted,
    /// The only copies are where nobody can read them for now.
    Stranded,
    /// The authority has it, or a node that may become the authority.
    Readable,
}

/// All lanes and the chronicle.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Lanes {
    pub(super) lanes: Vec<Lane>,
    chronicle: imbl::Vector<Stated>,
    initial: Vec<NodeSet>,
}

impl Lanes {
    pub(super) fn new(replicas: &[NodeSet]) -> Lanes {
        let lane = |set: &NodeSet| Lane {
            copies: set.iter().map(|n| (n, Mirror::default())).collect(),
            ..Lane::default()
        };
        Lanes {
            lanes: replicas.iter().map(lane).collect(),
            chronicle: imbl::Vector::new(),
            initial: replicas.to_vec(),
        }
    }

    #[inline]
    pub(super) fn get(&self, lane: LaneId) -> Option<&Lane> {
        self.lanes.get(lane.0 as usize)
    }

    #[inline]
    pub(super) fn get_mut(&mut self, lane: LaneId) -> &mut Lane {
        let at = lane.0 as usize;
        if at >= self.lanes.len() {
            self.add_lanes(at + 1);
        }
        &mut self.lanes[at]
    }

    #[cold]
    fn add_lanes(&mut self, count: usize) {
        self.lanes.resize(count, Lane::default());
    }

    pub(super) fn entry(&self, place: u32) -> Option<Stated> {
        self.chronicle.get(place as usize).copied()
    }

    #[inline]
    fn now(&self) -> u32 {
        self.chronicle.len() as u32
    }

    /// A message arrived in a replica's log. Returns how long the chronicle is.
    #[inline]
    pub(super) fn push(
        &mut self,
        message: MessageId,
        lane: LaneId,
        node: NodeId,
        offset: u64,
        epoch: u32,
        by_leader: bool,
    ) -> u32 {
        let now = self.now();
        let lane = self.get_mut(lane);
        if by_leader && !lane.elected {
            lane.authority = Some(node);
        }
        lane.mirror_mut(node).push(offset, message, epoch);
        now
    }

    /// A fact about who holds, rules or serves. Returns the lane whose committed end may have
    /// moved back.
    pub(super) fn chronicle(&mut self, stated: &Stated) -> Option<LaneId> {
        let now = self.now();
        let fact = &stated.fact;
        let mut touched = None;
        match *fact {
            Fact::Truncated { lane, node, to, .. } | Fact::RolledBack { lane, node, to, .. } => {
                let state = self.get_mut(lane);
                state.mirror_mut(node).cut(to, now);
                if state.authority == Some(node) && state.committed > to {
                    state.committed = to;
                    touched = Some(lane);
                }
            }
            Fact::Wiped { lane, node } => self.get_mut(lane).mirror_mut(node).wipe(now),
            Fact::Expired { lane, node, below, .. } => {
                self.get_mut(lane).mirror_mut(node).expire(below, now);
            }
            Fact::Compacted { message, lane, node, offset }
            | Fact::NotRecovered { message, lane, node, offset, .. } => {
                self.get_mut(lane).mirror_mut(node).compact(offset, message, now);
            }
            Fact::Elected { lane, leader, .. } => {
                let state = self.get_mut(lane);
                state.elected = true;
                state.authority = leader;
                let end = leader.and_then(|n| state.mirror(n)).map(Mirror::end);
                if let Some(end) = end.filter(|end| *end < state.committed) {
                    state.committed = end;
                    touched = Some(lane);
                }
            }
            _ => {}
        }
        self.chronicle.push_back(*stated);
        touched
    }

    /// The state of the rules before anything was stated.
    fn initial_rule(&self, lane: LaneId) -> Rule {
        let state = self.get(lane);
        Rule {
            authority: state.filter(|l| !l.elected).and_then(|l| l.authority),
            isr: self.initial.get(lane.0 as usize).copied().unwrap_or_default(),
            down: NodeSet::EMPTY,
            fenced: NodeSet::EMPTY,
            offline: NodeSet::EMPTY,
        }
    }

    /// The rules now.
    fn rule(&self, lane: LaneId) -> Rule {
        let mut rule = self.initial_rule(lane);
        for stated in &self.chronicle {
            rule.apply(lane, &stated.fact);
        }
        rule
    }

    /// The lane's authority, if it is up and its disk works.
    pub(super) fn live_authority(&self, lane: LaneId) -> Option<NodeId> {
        let rule = self.rule(lane);
        rule.authority.filter(|n| rule.serves(*n))
    }

    /// How near the message at this placement is to being read, and the fact since which it is so
    /// (`None`: since its append).
    pub(super) fn reach(&self, message: MessageId, place: &Placement) -> (Reach, Option<u32>) {
        let lane = LaneId(place.lane);
        let Some(state) = self.get(lane) else { return (Reach::Gone, None) };
        let mut holders = NodeSet::EMPTY;
        let mut removed: Vec<(NodeId, u32)> = Vec::new();
        let mut by_rule: Vec<(NodeId, u32, Reach)> = Vec::new();
        for (node, mirror) in &state.copies {
            let presence = mirror.presence(place.offset, message);
            match presence {
                Presence::Never => continue,
                Presence::Here(_) => {}
                // Cut off before this append: that was an earlier stay at the same offset.
                Presence::Removed(by) if by < place.after => continue,
                Presence::Removed(by) => removed.push((*node, by)),
                Presence::Expired(by) | Presence::Compacted(by) => {
                    let compacted = matches!(presence, Presence::Compacted(_));
                    let reach = if compacted { Reach::Compacted } else { Reach::Expired };
                    by_rule.push((*node, by, reach));
                    if by < place.after {
                        continue;
                    }
                }
            }
            holders = with(holders, *node);
        }
        let walk = Walk { lane, holders, removed, by_rule, overruled: None };
        walk.through(self.initial_rule(lane), &self.chronicle, place.after)
    }
}

/// A walk through the chronicle with one placement of one message in hand.
struct Walk {
    lane: LaneId,
    /// Who held it at some time and has not lost it up to here.
    holders: NodeSet,
    removed: Vec<(NodeId, u32)>,
    /// Who let go of it by a rule, and what that makes of it.
    by_rule: Vec<(NodeId, u32, Reach)>,
    /// Set while the last authority that served did not have the message: what that makes of it.
    overruled: Option<Reach>,
}

impl Walk {
    fn through(
        mut self,
        mut rule: Rule,
        chronicle: &imbl::Vector<Stated>,
        after: u32,
    ) -> (Reach, Option<u32>) {
        let mut current = None;
        let mut since = None;
        for (at, stated) in chronicle.iter().enumerate() {
            let at = at as u32;
            if at >= after && current.is_none() {
                current = Some(self.reach(&rule));
            }
            if !rule.apply(self.lane, &stated.fact) || at < after {
                continue;
            }
            self.lose(at);
            let reach = self.reach(&rule);
            if current != Some(reach) {
                current = Some(reach);
                since = Some(at);
            }
        }
        (current.unwrap_or_else(|| self.reach(&rule)), since)
    }

    /// Takes the copies that went with the entry at `at`.
    fn lose(&mut self, at: u32) {
        let by_rule = self.by_rule.iter().map(|(node, by, _)| (node, by));
        for (node, by) in self.removed.iter().map(|(node, by)| (node, by)).chain(by_rule) {
            if *by == at {
                self.holders = self.holders.without(*node);
            }
        }
    }

    /// What the node made of the message by a rule, if it once had it and has let go of it by now.
    fn let_go(&self, node: NodeId) -> Option<Reach> {
        let here = self.holders.contains(node);
        self.by_rule.iter().find(|(n, ..)| *n == node && !here).map(|(.., reach)| *reach)
    }

    fn reach(&mut self, rule: &Rule) -> Reach {
        let serving = rule.authority.filter(|n| rule.serves(*n));
        if let Some(authority) = serving {
            // A node that took over without the message overrules every other copy, also after
            // it is gone itself; only the election of a node with the message brings it back.
            let lacks = !self.holders.contains(authority);
            self.overruled = lacks.then(|| self.let_go(authority).unwrap_or(Reach::Gone));
        }
        match (self.overruled, serving) {
            (Some(by_rule), _) if by_rule != Reach::Gone => by_rule,
            // A replica that joined after the deletion never had it.
            _ if self.holders.is_empty() => {
                self.by_rule.first().map_or(Reach::Gone, |(.., reach)| *reach)
            }
            (Some(_), _) => Reach::Gone,
            (None, Some(_)) => Reach::Readable,
            (None, None) => {
                let may_lead = |n: &NodeId| {
                    rule.serves(*n) && rule.isr.contains(*n) && !rule.fenced.contains(*n)
                };
                if self.holders.iter().any(|n| may_lead(&n)) {
                    Reach::Readable
                } else {
                    Reach::Stranded
                }
            }
        }
    }
}

impl Lanes {
    /// The last end of a process.
    pub(super) fn last_stop(&self, process: NodeId) -> Option<Stated> {
        let stops = |s: &&Stated| matches!(s.fact, Fact::Stopped { node, .. } if node == process);
        self.chronicle.iter().rev().find(stops).copied()
    }

    /// The first end of the process that ruled the lane, at `since` or later.
    pub(super) fn authority_stopped(&self, lane: LaneId, since: Time) -> Option<Stated> {
        let mut rule = self.initial_rule(lane);
        for stated in &self.chronicle {
            let Fact::Stopped { node, .. } = stated.fact else {
                rule.apply(lane, &stated.fact);
                continue;
            };
            if stated.time >= since && rule.authority == Some(node) {
                return Some(*stated);
            }
            rule.apply(lane, &stated.fact);
        }
        None
    }
}

impl Lanes {
    /// The facts that took copies of the message at this place.
    pub(super) fn losses(&self, message: MessageId, offset: u64, lane: LaneId) -> Vec<Stated> {
        let mirrors = self.get(lane).into_iter().flat_map(|l| &l.copies);
        mirrors
            .filter_map(|(_, mirror)| match mirror.presence(offset, message) {
                Presence::Removed(by) | Presence::Expired(by) | Presence::Compacted(by) => {
                    self.entry(by)
                }
                Presence::Here(_) | Presence::Never => None,
            })
            .collect()
    }
}
