//! Who leads, and who is in sync (`PartitionChangeBuilder`; reference §3.9, §3.11, §4.6).

use super::{Controller, Fx};
use crate::brokers::kafka::error::Error;
use crate::brokers::kafka::plan::Mutant;
use crate::brokers::kafka::wire::{MetadataRecord, PartitionState};
use crate::fact::{ElectionKind, Fact, LaneId, NodeId, NodeSet};

/// A partition's next state and how its leader came to lead, if it changed.
type Change = (PartitionState, Option<ElectionKind>);

impl Controller {
    /// Whether a broker may lead and be in sync: registered, unfenced, not shutting down.
    fn is_acceptable(&self, node: NodeId, shunned: NodeSet) -> bool {
        self.image.broker(node).is_active() && !shunned.contains(node)
    }

    /// The state of a partition when its ISR becomes `isr` and the brokers in `shunned` may not
    /// lead. Rules, in order: a valid leader stays; the first acceptable ISR member in assignment
    /// order, or while the ISR is empty the first acceptable eligible leader replica; failing
    /// both lists, the last known leader; if allowed, the first acceptable replica; nobody. Without
    /// eligible leader replicas an ISR never becomes empty: its last member stays although it is
    /// gone.
    pub(super) fn change(
        &self,
        current: &PartitionState,
        isr: NodeSet,
        shunned: NodeSet,
        clean: ElectionKind,
    ) -> Option<Change> {
        self.change_after(current, isr, NodeSet::EMPTY, shunned, clean)
    }

    /// The same when the brokers in `unclean` have lost what they had not written down.
    pub(super) fn change_after(
        &self,
        current: &PartitionState,
        isr: NodeSet,
        unclean: NodeSet,
        shunned: NodeSet,
        clean: ElectionKind,
    ) -> Option<Change> {
        let mut next = current.clone();
        let keeps_elr = self.plan.eligible_leader_replicas;
        next.isr = if isr.is_empty() && !keeps_elr { current.isr } else { isr };
        self.populate_elr(current, &mut next, unclean);
        let (isr, elr) = (next.isr, next.elr);
        let valid = |n: NodeId| {
            (isr.contains(n) || isr.is_empty() && elr.contains(n)) && self.is_acceptable(n, shunned)
        };
        let last_known = next
            .last_known_leader
            .filter(|&n| isr.is_empty() && elr.is_empty() && self.is_acceptable(n, shunned));
        let elected = if current.leader.is_some_and(valid) {
            None
        } else if let Some(&leader) = current.replicas.iter().find(|&&r| valid(r)) {
            next.leader = Some(leader);
            let eligible = !isr.contains(leader);
            if eligible {
                next.isr = NodeSet::of([leader]);
                next.elr = next.elr.without(leader);
            }
            Some(if eligible { ElectionKind::Eligible } else { clean })
        } else if let Some(leader) = last_known {
            next.leader = Some(leader);
            next.isr = NodeSet::of([leader]);
            next.recovering = true;
            Some(ElectionKind::Unclean)
        } else {
            let unclean =
                self.image.topic_config(&self.plan, current.lane).unclean_leader_election_enable
                    || self.plan.is(Mutant::ElectsAnyone);
            let anyone = current.replicas.iter().copied().find(|&r| self.is_acceptable(r, shunned));
            match anyone.filter(|_| unclean) {
                Some(leader) => {
                    next.leader = Some(leader);
                    next.isr = NodeSet::of([leader]);
                    next.recovering = true;
                    Some(ElectionKind::Unclean)
                }
                None if current.leader.is_some() => {
                    next.leader = None;
                    Some(clean)
                }
                None => None,
            }
        };
        if elected.is_some() {
            next.leader_epoch += 1;
        }
        let lists = |p: &PartitionState| (p.isr, p.elr, p.last_known_leader);
        if elected.is_none() && lists(&next) == lists(current) {
            return None;
        }
        next.partition_epoch += 1;
        Some((next, elected))
    }

    /// Who is eligible to lead after a change of the ISR (`maybePopulateTargetElr`): nobody as long
    /// as enough replicas are in sync; below that everybody who was in sync when the high watermark
    /// stopped, but for those who have lost what they had.
    pub(super) fn populate_elr(
        &self,
        current: &PartitionState,
        next: &mut PartitionState,
        unclean: NodeSet,
    ) {
        if !self.plan.eligible_leader_replicas {
            return;
        }
        if next.isr.len() >= self.image.effective_min_isr(&self.plan, current.lane) {
            next.elr = NodeSet::EMPTY;
            next.last_known_leader = None;
            return;
        }
        let candidates = current.elr.0 | current.isr.0;
        next.elr = NodeSet(candidates & !next.isr.0 & !unclean.0);
        if next.isr.is_empty() && current.leader.is_some() {
            next.last_known_leader = current.leader;
        }
    }

    /// A broker has restarted without having closed its logs: it is in sync nowhere and eligible
    /// nowhere before it can be elected (`handleBrokerUncleanShutdown`).
    pub(super) fn after_unclean_shutdown(&self, node: NodeId) -> Vec<Change> {
        if !self.plan.eligible_leader_replicas {
            return Vec::new();
        }
        let unclean = NodeSet::of([node]);
        self.image
            .partitions()
            .filter(|p| p.isr.contains(node) || p.elr.contains(node))
            .filter_map(|p| {
                let isr = p.isr.without(node);
                self.change_after(p, isr, unclean, unclean, ElectionKind::Clean)
            })
            .collect()
    }

    /// States what a change means. The records are committed by the caller.
    pub(super) fn state_change(&mut self, change: &Change, fx: &mut Fx<'_>) {
        let (next, elected) = change;
        let lane = next.lane;
        let Some(old) = self.image.partition(lane).map(|current| current.isr) else { return };
        if let Some(kind) = *elected {
            let (leader, epoch) = (next.leader, next.leader_epoch);
            self.state_fact(lane, Fact::Elected { lane, leader, epoch, kind }, fx);
        }
        self.state_reassigned(next, fx);
        let removed = NodeSet(old.0 & !next.isr.0);
        let added = NodeSet(next.isr.0 & !old.0);
        let isr = next.isr;
        if !removed.is_empty() {
            self.state_fact(lane, Fact::IsrShrunk { lane, isr, removed }, fx);
            let min = self.image.effective_min_isr(&self.plan, lane);
            if isr.len() < min && old.len() >= min {
                self.state_fact(lane, Fact::UnderMinIsr { lane, isr }, fx);
            }
        }
        if !added.is_empty() {
            self.state_fact(lane, Fact::IsrExpanded { lane, isr, added }, fx);
        }
    }

    /// States and commits one change.
    pub(super) fn change_partition(
        &mut self,
        next: PartitionState,
        kind: ElectionKind,
        fx: &mut Fx<'_>,
    ) {
        let change = (next, Some(kind));
        self.state_change(&change, fx);
        self.commit(vec![MetadataRecord::Partition(change.0)], fx);
    }

    /// The changes that take `node` out of every ISR and move its leaderships.
    fn without_broker(&self, node: NodeId, clean: ElectionKind) -> Vec<Change> {
        let shunned = NodeSet::of([node]);
        self.image
            .partitions()
            .filter(|p| p.isr.contains(node) || p.leader == Some(node))
            .filter_map(|p| self.change(p, p.isr.without(node), shunned, clean))
            .collect()
    }

    pub(super) fn commit_changes(
        &mut self,
        changes: Vec<Change>,
        then: Option<MetadataRecord>,
        fx: &mut Fx<'_>,
    ) {
        for change in &changes {
            self.state_change(change, fx);
        }
        let records = changes.into_iter().map(|(next, _)| MetadataRecord::Partition(next));
        let records = records.chain(then).collect();
        self.commit(records, fx);
    }

    /// A broker has been silent too long, or asks to be fenced.
    pub(super) fn fence(&mut self, node: NodeId, fx: &mut Fx<'_>) {
        self.decide(Fact::Fenced { node }, fx);
        let changes = self.without_broker(node, ElectionKind::Clean);
        let record = MetadataRecord::BrokerRegistrationChange {
            node,
            fenced: true,
            in_controlled_shutdown: false,
        };
        self.commit_changes(changes, Some(record), fx);
    }

    /// A broker hands over its leaderships.
    pub(super) fn begin_controlled_shutdown(&mut self, node: NodeId, fx: &mut Fx<'_>) {
        let changes = self.without_broker(node, ElectionKind::ControlledShutdown);
        let record = MetadataRecord::BrokerRegistrationChange {
            node,
            fenced: false,
            in_controlled_shutdown: true,
        };
        self.commit_changes(changes, Some(record), fx);
    }

    /// A broker is counted on again: it may lead what nobody leads.
    pub(super) fn unfence(&mut self, node: NodeId, fx: &mut Fx<'_>) {
        self.decide(Fact::Unfenced { node }, fx);
        let record = MetadataRecord::BrokerRegistrationChange {
            node,
            fenced: false,
            in_controlled_shutdown: false,
        };
        self.commit(vec![record], fx);
        self.elect_where_leaderless(fx);
    }

    /// Looks for a leader for every partition that has none.
    pub(super) fn elect_where_leaderless(&mut self, fx: &mut Fx<'_>) {
        let changes = self
            .image
            .partitions()
            .filter(|p| p.leader.is_none())
            .filter_map(|p| self.change(p, p.isr, NodeSet::EMPTY, ElectionKind::Clean))
            .collect();
        self.commit_changes(changes, None, fx);
    }

    pub(super) fn preferred_election(&self, lane: LaneId) -> Result<PartitionState, Error> {
        let current = self.image.partition(lane).ok_or(Error::UnknownTopicOrPartition)?;
        let preferred = current.replicas.first().copied();
        if preferred == current.leader {
            return Err(Error::ElectionNotNeeded);
        }
        let preferred = preferred
            .filter(|&p| current.isr.contains(p) && self.is_acceptable(p, NodeSet::EMPTY))
            .ok_or(Error::PreferredLeaderNotAvailable)?;
        let mut next = current.clone();
        next.leader = Some(preferred);
        next.leader_epoch += 1;
        next.partition_epoch += 1;
        Ok(next)
    }

    pub(super) fn unclean_election(&self, lane: LaneId) -> Result<PartitionState, Error> {
        let current = self.image.partition(lane).ok_or(Error::UnknownTopicOrPartition)?;
        if current.leader.is_some() {
            return Err(Error::ElectionNotNeeded);
        }
        let leader = current
            .replicas
            .iter()
            .copied()
            .find(|&r| self.is_acceptable(r, NodeSet::EMPTY))
            .ok_or(Error::EligibleLeadersNotAvailable)?;
        let mut next = current.clone();
        next.leader = Some(leader);
        if !next.isr.contains(leader) {
            next.isr = NodeSet::of([leader]);
            next.recovering = true;
        }
        next.leader_epoch += 1;
        next.partition_epoch += 1;
        Ok(next)
    }

    /// Gives leaderships back to preferred replicas that may lead.
    pub(super) fn elect_preferred_where_possible(&mut self, fx: &mut Fx<'_>) {
        let lanes: Vec<LaneId> = self.image.partitions().map(|p| p.lane).collect();
        for lane in lanes {
            if let Ok(next) = self.preferred_election(lane) {
                self.change_partition(next, ElectionKind::Preferred, fx);
            }
        }
    }
}
