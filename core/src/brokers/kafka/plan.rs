//! What every node of a cluster is started with: topics, replicas, settings, release rules.

use super::group::GroupRules;
use super::record::Payload;
use super::settings::{BrokerConfig, TopicConfig};
use super::transaction::TransactionalId;
use super::wire::{MetadataRecord, PartitionState};
use crate::fact::{LaneId, NodeId, NodeSet, SubscriptionId};
use std::sync::Arc;

/// How a follower makes its log agree with a new leader's (reference §3.7).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Truncation {
    /// To its own high watermark, without asking and without epochs (up to 0.10).
    HighWatermark,
    /// To where leader epochs diverge, told in the fetch response (KIP-595, since 2.7).
    #[default]
    LeaderEpoch,
}

/// A deliberate mistake in the broker, the controller or a client. Scenarios must catch each of them: they are
/// how the tests show that an expectation can fail.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Mutant {
    /// acks=all is answered after the leader's own append.
    AcknowledgesBeforeReplication,
    /// The high watermark is the leader's log end.
    HighWatermarkIgnoresFollowers,
    /// acks=all writes are taken although too few replicas are in sync.
    IgnoresMinInsyncReplicas,
    /// Retries of idempotent producers are appended again.
    ForgetsSequences,
    /// A follower keeps records that its leader does not have.
    NeverTruncates,
    /// Any live replica may lead at any time.
    ElectsAnyone,
    /// The last committed offset is stored one too high.
    CommitsOneTooMany,
    /// Offsets are stored for whoever commits them, member or not, of whatever generation.
    IgnoresGenerations,
    /// The active controller counts as committed what only it has.
    CommitsWithoutMajority,
    /// A controller that restarts has forgotten whom it voted for.
    ForgetsItsVote,
    /// Retention by time deletes after half of `retention.ms`.
    DeletesTooEarly,
    /// Compaction keeps the oldest record of a key and drops the newest.
    CompactsTheNewest,
    /// An error handler takes a record for published whatever its producer was told
    /// (`failIfSendResultIsError = false`).
    IgnoresPublishErrors,
    /// A broker obeys a controller that has been replaced (ZooKeeper mode).
    IgnoresControllerEpoch,
    /// A transaction coordinator decides and tells no partition.
    SkipsMarkers,
    /// A leader takes batches of any epoch of a producer.
    IgnoresProducerEpochs,
    /// A leader shows `read_committed` consumers everything below the high watermark.
    IgnoresOpenTransactions,
}

impl Mutant {
    /// All of them.
    pub const ALL: [Mutant; 17] = [
        Mutant::AcknowledgesBeforeReplication,
        Mutant::HighWatermarkIgnoresFollowers,
        Mutant::IgnoresMinInsyncReplicas,
        Mutant::ForgetsSequences,
        Mutant::NeverTruncates,
        Mutant::ElectsAnyone,
        Mutant::CommitsOneTooMany,
        Mutant::IgnoresGenerations,
        Mutant::CommitsWithoutMajority,
        Mutant::ForgetsItsVote,
        Mutant::DeletesTooEarly,
        Mutant::CompactsTheNewest,
        Mutant::IgnoresPublishErrors,
        Mutant::IgnoresControllerEpoch,
        Mutant::SkipsMarkers,
        Mutant::IgnoresProducerEpochs,
        Mutant::IgnoresOpenTransactions,
    ];
}

/// One partition.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LanePlan {
    /// Index into [`ClusterPlan::topics`].
    pub topic: u16,
    /// Its replicas, preferred leader first.
    pub replicas: Arc<[NodeId]>,
    /// Part of `__consumer_offsets` or `__transaction_state`: its elections and ISR changes are not stated as facts.
    pub internal: bool,
}

/// One topic.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TopicPlan {
    /// Its settings at the start.
    pub config: TopicConfig,
    /// The lane of its partition 0.
    pub first_lane: LaneId,
    /// How many partitions.
    pub partitions: u16,
    /// It exists when the scenario begins.
    pub created: bool,
}

/// The whole cluster.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClusterPlan {
    /// Nodes `0 .. brokers` are brokers.
    pub brokers: u16,
    /// The first controller's node; it leads the quorum at the start.
    pub controller: NodeId,
    /// How many controllers there are, numbered from [`ClusterPlan::controller`] on; none in
    /// ZooKeeper mode.
    pub controllers: u16,
    /// In ZooKeeper mode the node that is it.
    pub zookeeper: Option<NodeId>,
    /// A controller asks whether it would be elected before it disturbs a leader (KIP-996, since
    /// 4.0).
    pub quorum_pre_vote: bool,
    /// Names of all nodes, for stable subjects of random draws.
    pub names: Vec<String>,
    /// Partitions by [`LaneId`]; those of `__consumer_offsets` are the last.
    pub lanes: Vec<LanePlan>,
    /// Topics; the last is `__consumer_offsets`.
    pub topics: Vec<TopicPlan>,
    /// `String.hashCode` of each group's name, by [`SubscriptionId`].
    pub group_hashes: Vec<i32>,
    /// The index of `__transaction_state` among the topics, if some client is transactional.
    pub transaction_topic: Option<u16>,
    /// `String.hashCode` of each `transactional.id`, by [`TransactionalId`].
    pub transaction_hashes: Vec<i32>,
    /// What groups are held to.
    pub groups: GroupRules,
    /// The groups that are found already formed, as the offsets topic keeps them.
    pub founded: Vec<(SubscriptionId, Vec<Payload>)>,
    /// Broker settings.
    pub broker: BrokerConfig,
    /// How followers truncate.
    pub truncation: Truncation,
    /// The high watermark stands still below `min.insync.replicas` (KIP-966, since 3.7).
    pub high_watermark_needs_min_isr: bool,
    /// The controller keeps eligible leader replicas (KIP-966, `eligible.leader.replicas.version`).
    pub eligible_leader_replicas: bool,
    /// Topic settings that a later step may put in force, by version (from 1).
    pub later_configs: Vec<TopicConfig>,
    /// The mistake to make, in tests.
    pub mutant: Option<Mutant>,
}

impl ClusterPlan {
    /// Whether this mistake is to be made.
    #[inline]
    pub fn is(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    /// The controllers.
    pub fn voters(&self) -> impl Iterator<Item = NodeId> + use<> {
        (self.controller.0..self.controller.0 + self.controllers).map(NodeId)
    }

    /// A partition.
    pub fn lane(&self, lane: LaneId) -> &LanePlan {
        &self.lanes[lane.0 as usize]
    }

    /// The lane of `__consumer_offsets` that keeps a group's offsets: `abs(hash) % partitions`.
    pub fn offsets_lane(&self, group: SubscriptionId) -> Option<LaneId> {
        let topic = self.topics.last()?;
        Some(home(topic, *self.group_hashes.get(group.0 as usize)?))
    }

    /// The lane of `__transaction_state` that keeps a transactional id.
    pub fn transaction_lane(&self, id: TransactionalId) -> Option<LaneId> {
        let topic = self.topics.get(usize::from(self.transaction_topic?))?;
        Some(home(topic, *self.transaction_hashes.get(id.0 as usize)?))
    }

    /// How many replicas an internal topic is to have.
    pub fn internal_replicas(&self, topic: &TopicPlan) -> usize {
        let factor = match self.keeps_transactions(topic.first_lane) {
            true => self.broker.transaction_state_log_replication_factor,
            false => self.broker.offsets_topic_replication_factor,
        };
        factor as usize
    }

    /// Whether a lane belongs to `__transaction_state`.
    pub fn keeps_transactions(&self, lane: LaneId) -> bool {
        self.transaction_topic.is_some_and(|topic| self.lane(lane).topic == topic)
    }

    /// Transactions V2: every transaction has an epoch of its own (KIP-890).
    pub fn transactions_v2(&self) -> bool {
        self.broker.transaction_version >= 2
    }

    /// The metadata log of a cluster that has been running for a while: every broker registered
    /// and unfenced, every topic created, every preferred replica leading, all replicas in sync.
    pub fn initial_records(&self) -> Vec<MetadataRecord> {
        let registrations = (0..self.brokers).map(|n| MetadataRecord::RegisterBroker {
            node: NodeId(n),
            broker_epoch: u64::from(n),
            incarnation: 1,
        });
        let unfenced = (0..self.brokers).map(|n| MetadataRecord::BrokerRegistrationChange {
            node: NodeId(n),
            fenced: false,
            in_controlled_shutdown: false,
        });
        let partitions = (0..self.lanes.len())
            .filter(|&n| self.topics[self.lanes[n].topic as usize].created)
            .map(|n| MetadataRecord::Partition(self.new_partition(LaneId(n as u16))));
        // A quorum of one elects nobody.
        let led = MetadataRecord::LeaderChange { leader: self.controller };
        let led = (self.controllers > 1).then_some(led);
        registrations.chain(unfenced).chain(partitions).chain(led).collect()
    }

    /// The first state of a partition: led by its preferred replica, all replicas in sync.
    pub fn new_partition(&self, lane: LaneId) -> PartitionState {
        let replicas = self.lane(lane).replicas.clone();
        PartitionState {
            lane,
            isr: NodeSet::of(replicas.iter().copied()),
            elr: NodeSet::EMPTY,
            last_known_leader: None,
            adding: NodeSet::EMPTY,
            removing: NodeSet::EMPTY,
            leader: replicas.first().copied(),
            replicas,
            leader_epoch: 0,
            partition_epoch: 0,
            recovering: false,
        }
    }
}

/// The lane of an internal topic for a hash: `abs(hash) % partitions`.
fn home(topic: &TopicPlan, hash: i32) -> LaneId {
    // Utils.abs: the one negative number without a positive twin becomes 0.
    let hash = if hash == i32::MIN { 0 } else { hash.unsigned_abs() };
    LaneId(topic.first_lane.0 + (hash % u32::from(topic.partitions.max(1))) as u16)
}

/// Java's `String.hashCode`, over UTF-16 code units.
pub fn java_hash(text: &str) -> i32 {
    text.encode_utf16().fold(0i32, |h, unit| h.wrapping_mul(31).wrapping_add(i32::from(unit)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn group_names_hash_as_in_java() {
        assert_eq!(java_hash(""), 0);
        assert_eq!(java_hash("abc"), 96354);
        assert_eq!(java_hash("polygenelubricants"), i32::MIN);
    }
}
