//! Numbers of the world's state that expectations speak of.

use super::World;
use crate::brokers::kafka::broker::Partition;
use crate::fact::{LaneId, NodeId};
use crate::ledger::verdict::Probe;
use crate::scenario::expression::{Quantity, SpentOn};
use crate::scenario::model::Role;

impl World {
    fn replica(&self, lane: LaneId, node: NodeId) -> Option<&Partition> {
        self.nodes.get(node.0 as usize)?.broker()?.partition(lane)
    }

    /// The replica a role means, the leader's if none is named.
    fn replica_of(&self, lane: LaneId, role: Option<Role>) -> Option<&Partition> {
        let node = self.resolve_one(role.unwrap_or(Role::Leader(lane)))?;
        self.replica(lane, node)
    }

    fn number_of_state(&self, quantity: &Quantity) -> Option<u64> {
        match *quantity {
            Quantity::HighWatermark { lane, on } => {
                Some(self.replica_of(lane, on)?.log.high_watermark())
            }
            Quantity::LogEnd { lane, on } => {
                Some(self.replica_of(lane, Some(on))?.log.end_offset())
            }
            Quantity::LogStart { lane, on } => Some(self.replica_of(lane, on)?.log.start_offset()),
            Quantity::LeaderEpoch { lane } => {
                Some(u64::from(self.metadata()?.partition(lane)?.leader_epoch))
            }
            Quantity::ControllerEpoch => Some(u64::from(self.controller_epoch())),
            Quantity::Isr { lane } => Some(u64::from(self.metadata()?.partition(lane)?.isr.len())),
            Quantity::CommittedOffset { subscription, lane } => {
                let coordinator = self.resolve_one(Role::Coordinator(subscription))?;
                let broker = self.nodes.get(coordinator.0 as usize)?.broker()?;
                broker.committed_offset(subscription, lane)
            }
            Quantity::Generation { subscription } => {
                Some(u64::from(self.group(subscription)?.generation()))
            }
            Quantity::Members { subscription } => {
                Some(self.group(subscription).map_or(0, |g| g.members().count() as u64))
            }
            Quantity::Partitions { consumer } => {
                let node = self.resolve_one(consumer)?;
                let consumer = self.nodes.get(node.0 as usize)?.consumer()?;
                let up = self.substrate.node(node).is_up();
                Some(if up { consumer.assigned().count() as u64 } else { 0 })
            }
            Quantity::Spent { what, node } => {
                let spent = self.substrate.load.as_ref()?.spent(self.resolve_one(node)?);
                Some(match what {
                    SpentOn::Cpu => spent.price.cpu.0,
                    SpentOn::SystemCalls => spent.price.system_calls,
                    SpentOn::Copied => spent.price.copied,
                    SpentOn::DiskBytes => spent.price.disk_bytes,
                    SpentOn::SentBytes => spent.sent,
                })
            }
            Quantity::Messages { lane } => {
                let log = &self.replica_of(lane, None)?.log;
                let start = log.start_offset();
                let held = log.batches().flat_map(|b| b.messages());
                Some(held.filter(|(offset, _)| *offset >= start).count() as u64)
            }
            _ => None,
        }
    }
}

impl Probe for World {
    fn number(&self, quantity: &Quantity) -> Option<i64> {
        match *quantity {
            Quantity::Leader { lane } => {
                let state = self.metadata()?.partition(lane)?;
                Some(state.leader.map_or(-1, |n| i64::from(n.0)))
            }
            Quantity::Owner { lane, subscription } => {
                Some(self.owner(lane, subscription).map_or(-1, |n| i64::from(n.0)))
            }
            Quantity::Coordinator { subscription } => {
                let lane = self.plan.offsets_lane(subscription)?;
                let leader = self.metadata()?.partition(lane).and_then(|state| state.leader);
                Some(leader.map_or(-1, |n| i64::from(n.0)))
            }
            Quantity::Controller => {
                let active = self.active_controller();
                let up = active.filter(|&n| self.substrate.node(n).is_up());
                Some(up.map_or(-1, |n| i64::from(n.0)))
            }
            Quantity::Node { node } => self.resolve_one(node).map(|n| i64::from(n.0)),
            _ => i64::try_from(self.number_of_state(quantity)?).ok(),
        }
    }
}
