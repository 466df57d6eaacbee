//! What a quorum of controllers has committed, as one who sees all of them knows it.
//!
//! No single controller owns it: the leader knows first, a restarted one knows nothing until it has
//! replayed. What a decision means is stated as a fact here, once, at the moment at which the first
//! controller knows its records to be committed; a decision that is lost with its controller is
//! never stated.

use super::World;
use super::world::WorldEvent;
use crate::brokers::kafka::image::MetadataImage;
use crate::brokers::kafka::plan::ClusterPlan;
use crate::brokers::kafka::zookeeper::Server;
use crate::fact::NodeId;
use crate::kernel::Kernel;

/// The committed part of the metadata log and what it amounts to.
#[derive(Clone, Debug)]
pub(super) struct CommittedMetadata {
    image: MetadataImage,
    /// The epoch of the newest record.
    epoch: u32,
}

impl CommittedMetadata {
    pub fn new(plan: &ClusterPlan) -> Self {
        CommittedMetadata { image: MetadataImage::new(plan), epoch: 0 }
    }
}

impl World {
    /// Takes in what has been committed since the last look.
    pub(super) fn follow_metadata(&mut self, kernel: &mut Kernel<WorldEvent>) {
        let Some(committed) = &mut self.committed else { return };
        for node in self.plan.voters() {
            let controller = self.nodes.get(node.0 as usize).and_then(super::Node::controller);
            let Some(raft) = controller.map(|c| c.raft()) else { continue };
            if raft.high_watermark() <= committed.image.offset {
                continue;
            }
            for (epoch, entry) in raft.log().range(committed.image.offset, raft.high_watermark()) {
                committed.image.apply(&entry.record);
                committed.epoch = *epoch;
                for &fact in entry.decided.iter().flat_map(|facts| facts.iter()) {
                    self.substrate.state(fact, kernel);
                }
            }
        }
    }

    /// The committed state of the cluster.
    pub fn metadata(&self) -> Option<&MetadataImage> {
        if let Some(committed) = &self.committed {
            return Some(&committed.image);
        }
        if self.plan.zookeeper.is_some() {
            return Some(self.zookeeper()?.image());
        }
        Some(self.nodes.get(self.plan.controller.0 as usize)?.controller()?.image())
    }

    /// The ZooKeeper, in ZooKeeper mode.
    pub fn zookeeper(&self) -> Option<&Server> {
        self.nodes.get(self.plan.zookeeper?.0 as usize)?.zookeeper()
    }

    /// The epoch of the newest committed metadata record, or what stands in `/controller_epoch`; with
    /// one controller always 1.
    pub fn controller_epoch(&self) -> u32 {
        if let Some(zookeeper) = self.zookeeper() {
            return zookeeper.controller_epoch();
        }
        self.committed.as_ref().map_or(1, |committed| committed.epoch)
    }

    /// The controllers.
    pub fn voters(&self) -> Vec<NodeId> {
        self.plan.voters().collect()
    }

    /// How many lanes brokers keep, the offsets topic's included.
    pub fn lane_count(&self) -> usize {
        self.plan.lanes.len()
    }

    /// The active controller: a running one that leads the newest epoch in which anyone acts. With
    /// one controller it is that one, whether it runs or not; in ZooKeeper mode the running broker
    /// that stands in `/controller`.
    pub fn active_controller(&self) -> Option<NodeId> {
        if let Some(zookeeper) = self.zookeeper() {
            let controller = zookeeper.controller();
            return controller.filter(|&n| self.substrate.node(n).is_up());
        }
        if self.committed.is_none() {
            return Some(self.plan.controller);
        }
        let active = |node: NodeId| {
            let epoch = self.nodes.get(node.0 as usize)?.controller()?.active_epoch()?;
            self.substrate.node(node).is_up().then_some(epoch)
        };
        self.plan.voters().filter(|&n| active(n).is_some()).max_by_key(|&n| active(n))
    }
}
