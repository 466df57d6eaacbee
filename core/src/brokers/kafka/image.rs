//! The metadata image: the fold of the metadata log up to some offset (`MetadataImage`; the
//! controller's `ReplicationControlManager` and `ClusterControlManager` replay the same records).

use super::plan::ClusterPlan;
use super::settings::TopicConfig;
use super::wire::{MetadataRecord, PartitionMetadata, PartitionState};
use crate::brokers::kafka::error::Error;
use crate::fact::{LaneId, NodeId, NodeSet};
use crate::kernel::Shared;
use std::sync::Arc;

/// What is recorded of a broker.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct BrokerImage {
    /// It has registered at some time.
    pub registered: bool,
    /// The offset of its newest registration record.
    pub epoch: u64,
    /// Which boot of the broker is registered.
    pub incarnation: u16,
    /// It is not counted on.
    pub fenced: bool,
    /// It is handing over its leaderships.
    pub in_controlled_shutdown: bool,
}

impl BrokerImage {
    /// Whether it may lead and be in an ISR.
    pub fn is_active(&self) -> bool {
        self.registered && !self.fenced && !self.in_controlled_shutdown
    }
}

/// The state of the cluster after the first `offset` records of the metadata log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MetadataImage {
    /// How many records have been applied.
    pub offset: u64,
    brokers: Vec<BrokerImage>,
    /// Seldom changed: copies of a world share it.
    partitions: Shared<Vec<Option<PartitionState>>>,
    config_versions: Vec<u32>,
}

impl MetadataImage {
    /// The image of an empty log.
    pub fn new(plan: &ClusterPlan) -> Self {
        MetadataImage {
            offset: 0,
            brokers: vec![BrokerImage::default(); plan.brokers as usize],
            partitions: Shared::new(vec![None; plan.lanes.len()]),
            config_versions: vec![0; plan.topics.len()],
        }
    }

    /// Applies the next record.
    pub fn apply(&mut self, record: &MetadataRecord) {
        match record {
            MetadataRecord::RegisterBroker { node, broker_epoch, incarnation } => {
                if let Some(broker) = self.brokers.get_mut(node.0 as usize) {
                    *broker = BrokerImage {
                        registered: true,
                        epoch: *broker_epoch,
                        incarnation: *incarnation,
                        fenced: true,
                        in_controlled_shutdown: false,
                    };
                }
            }
            MetadataRecord::BrokerRegistrationChange { node, fenced, in_controlled_shutdown } => {
                if let Some(broker) = self.brokers.get_mut(node.0 as usize) {
                    broker.fenced = *fenced;
                    broker.in_controlled_shutdown = *in_controlled_shutdown;
                }
            }
            MetadataRecord::Partition(state) => {
                let lane = state.lane.0 as usize;
                if let Some(partition) = self.partitions.get_mut(lane) {
                    *partition = Some(state.clone());
                }
            }
            MetadataRecord::TopicConfig { topic, version } => {
                if let Some(current) = self.config_versions.get_mut(*topic as usize) {
                    *current = *version;
                }
            }
            MetadataRecord::NoOp | MetadataRecord::LeaderChange { .. } => {}
        }
        self.offset += 1;
    }

    /// Takes in what an UpdateMetadata request says: who is alive, with which epoch, and the state of
    /// some partitions (ZooKeeper mode).
    pub fn update(&mut self, live: &[(NodeId, u64)], partitions: &[PartitionState]) {
        for (n, broker) in self.brokers.iter_mut().enumerate() {
            let alive = live.iter().find(|(node, _)| usize::from(node.0) == n);
            broker.registered = alive.is_some();
            broker.fenced = alive.is_none();
            broker.epoch = alive.map_or(broker.epoch, |(_, epoch)| *epoch);
        }
        for state in partitions {
            if let Some(partition) = self.partitions.get_mut(state.lane.0 as usize) {
                *partition = Some(state.clone());
            }
        }
        self.offset += 1;
    }

    /// A broker.
    #[inline]
    pub fn broker(&self, node: NodeId) -> BrokerImage {
        self.brokers.get(node.0 as usize).copied().unwrap_or_default()
    }

    /// The brokers by number.
    pub fn brokers(&self) -> impl Iterator<Item = (NodeId, BrokerImage)> + '_ {
        self.brokers.iter().enumerate().map(|(n, b)| (NodeId(n as u16), *b))
    }

    /// A partition, if it has been created.
    #[inline]
    pub fn partition(&self, lane: LaneId) -> Option<&PartitionState> {
        self.partitions.get(lane.0 as usize)?.as_ref()
    }

    /// All partitions that have been created.
    pub fn partitions(&self) -> impl Iterator<Item = &PartitionState> {
        self.partitions.iter().flatten()
    }

    /// The settings in force for a partition's topic.
    #[inline]
    pub fn topic_config<'a>(&self, plan: &'a ClusterPlan, lane: LaneId) -> &'a TopicConfig {
        let topic = plan.lane(lane).topic as usize;
        match self.config_versions[topic].checked_sub(1) {
            Some(version) => &plan.later_configs[version as usize],
            None => &plan.topics[topic].config,
        }
    }

    /// How many replicas must be in sync for an acks=all write: `min.insync.replicas`, but not more
    /// than there are replicas.
    #[inline]
    pub fn effective_min_isr(&self, plan: &ClusterPlan, lane: LaneId) -> u32 {
        let replicas = self.partition(lane).map_or(0, |p| p.replicas.len() as u32);
        self.topic_config(plan, lane).min_insync_replicas.min(replicas)
    }

    /// What a client is told: a leader that is fenced is no leader.
    pub fn for_clients(&self, plan: &ClusterPlan) -> (NodeSet, Arc<[PartitionMetadata]>) {
        let alive = self.brokers().filter(|(_, b)| b.registered && !b.fenced).map(|(n, _)| n);
        let alive = NodeSet::of(alive);
        let partitions = self
            .partitions()
            .filter(|p| !plan.lane(p.lane).internal)
            .map(|p| {
                let leader = p.leader.filter(|&l| alive.contains(l));
                PartitionMetadata {
                    lane: p.lane,
                    error: if leader.is_some() { Error::None } else { Error::LeaderNotAvailable },
                    leader,
                    leader_epoch: p.leader_epoch,
                    isr: p.isr,
                }
            })
            .collect();
        (alive, partitions)
    }
}
