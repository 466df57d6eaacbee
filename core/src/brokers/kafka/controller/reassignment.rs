//! Moving partitions to other brokers (KIP-455; `changePartitionReassignment`,
//! `PartitionReassignmentReplicas`; reference §3.12).
//!
//! While a partition moves it has all its replicas, old and new. When the new ones are in sync the
//! old ones go, and with them a leader among them.

use super::{Controller, Fx};
use crate::brokers::kafka::error::Error;
use crate::brokers::kafka::wire::PartitionState;
use crate::fact::{ElectionKind, Fact, LaneId, NodeId, NodeSet};

impl Controller {
    /// `kafka-reassign-partitions --execute`: the partition is to have its replicas on `target`, the
    /// preferred leader first. A reassignment under way is replaced.
    pub fn reassign(
        &mut self,
        lane: LaneId,
        target: &[NodeId],
        fx: &mut Fx<'_>,
    ) -> Result<(), Error> {
        let next = self.reassignment(lane, target)?;
        let change = self.completed(next);
        self.commit_changes(vec![change], None, fx);
        Ok(())
    }

    /// What a reassignment to `target` would make of the partition at first.
    pub fn reassignment(&self, lane: LaneId, target: &[NodeId]) -> Result<PartitionState, Error> {
        let current = self.image.partition(lane).ok_or(Error::UnknownTopicOrPartition)?;
        let wanted = NodeSet::of(target.iter().copied());
        let known = target.iter().all(|n| self.image.broker(*n).registered);
        if target.is_empty() || wanted.len() as usize != target.len() || !known {
            return Err(Error::InvalidReplicaAssignment);
        }
        let old = NodeSet::of(current.replicas.iter().copied());
        let removing = NodeSet(old.0 & !wanted.0);
        let leaving = current.replicas.iter().copied().filter(|n| removing.contains(*n));
        let mut next = current.clone();
        next.replicas = target.iter().copied().chain(leaving).collect();
        next.adding = NodeSet(wanted.0 & !old.0);
        next.removing = removing;
        if next == *current {
            return Err(Error::NoReassignmentInProgress);
        }
        next.partition_epoch += 1;
        Ok(next)
    }

    /// The state after an ISR change: if all replicas that are to stay are in sync, the reassignment
    /// is over. A leader that goes hands over to the first replica in sync; the epoch grows whenever
    /// a replica goes, so that what it still sends is fenced.
    pub(super) fn completed(
        &self,
        mut next: PartitionState,
    ) -> (PartitionState, Option<ElectionKind>) {
        let (adding, removing) = (next.adding, next.removing);
        let staying: Vec<NodeId> =
            next.replicas.iter().copied().filter(|n| !removing.contains(*n)).collect();
        let isr = NodeSet(next.isr.0 & !removing.0);
        let under_way = !adding.is_empty() || !removing.is_empty();
        if !under_way || !staying.iter().all(|n| isr.contains(*n)) {
            return (next, None);
        }
        next.replicas = staying.as_slice().into();
        next.isr = isr;
        next.elr = NodeSet(next.elr.0 & !removing.0);
        (next.adding, next.removing) = (NodeSet::EMPTY, NodeSet::EMPTY);
        let leader_goes = next.leader.is_some_and(|leader| removing.contains(leader));
        if !removing.is_empty() {
            next.leader_epoch += 1;
        }
        if leader_goes {
            next.leader = staying.iter().copied().find(|n| self.image.broker(*n).is_active());
        }
        (next, leader_goes.then_some(ElectionKind::Clean))
    }

    /// States that a reassignment is over, if `next` ends the one that is under way.
    pub(super) fn state_reassigned(&mut self, next: &PartitionState, fx: &mut Fx<'_>) {
        let lane = next.lane;
        let moves = |p: &PartitionState| !p.adding.is_empty() || !p.removing.is_empty();
        let Some(old) = self.image.partition(lane) else { return };
        if old.replicas != next.replicas && !moves(next) {
            let replicas = NodeSet::of(next.replicas.iter().copied());
            self.state_fact(lane, Fact::Reassigned { lane, replicas }, fx);
        }
    }
}
