//! Who is meant by a role, now.

use super::World;
use crate::brokers::kafka::group::classic::Group;
use crate::brokers::kafka::settings::TopicConfig;
use crate::fact::{LaneId, NodeId, SubscriptionId};
use crate::scenario::model::Role;

impl World {
    /// Who leads a lane by the controller's state.
    pub fn leader(&self, lane: LaneId) -> Option<NodeId> {
        self.metadata()?.partition(lane)?.leader
    }

    /// The live member of a group that has a lane, by its own belief. Of several the one with the
    /// newest generation: the others have not heard yet that they are out.
    pub fn owner(&self, lane: LaneId, group: SubscriptionId) -> Option<NodeId> {
        let members = self.scenario.consumers.iter().filter(|c| c.subscription == group);
        let has = |node: NodeId| {
            let consumer = self.nodes.get(node.0 as usize)?.consumer()?;
            let up = self.substrate.node(node).is_up() && consumer.stopped().is_none();
            let owns = up && consumer.assigned().any(|p| p.lane == lane);
            let generation = consumer.membership().and_then(|m| m.generation());
            owns.then_some((generation, std::cmp::Reverse(node)))
        };
        members.filter_map(|c| has(c.node)).max().map(|(_, node)| node.0)
    }

    /// A group as its coordinator knows it.
    pub fn group(&self, group: SubscriptionId) -> Option<&Group> {
        let coordinator = self.resolve_one(Role::Coordinator(group))?;
        self.nodes.get(coordinator.0 as usize)?.broker()?.group(group)
    }

    /// The settings of a lane's topic that are in force by the controller's state.
    pub fn topic_config(&self, lane: LaneId) -> Option<&TopicConfig> {
        Some(self.metadata()?.topic_config(&self.plan, lane))
    }

    /// The replica that leads a lane when all is well: the first of its replicas.
    pub fn preferred_leader(&self, lane: LaneId) -> Option<NodeId> {
        self.replicas(lane).first().copied()
    }

    /// The replicas of a lane in the order of assignment.
    pub fn replicas(&self, lane: LaneId) -> &[NodeId] {
        let moved = self.metadata().and_then(|image| image.partition(lane));
        moved.map_or(&self.plan.lane(lane).replicas, |state| &state.replicas)
    }

    /// The nodes a role means at this moment, possibly none.
    pub fn resolve(&self, role: Role) -> Vec<NodeId> {
        let brokers = self.scenario.kafka.brokers;
        let servers = self.scenario.kafka.servers();
        // In ZooKeeper mode every broker may come to be the controller.
        let candidates = match self.scenario.kafka.zookeeper {
            true => 0..brokers,
            false => brokers..servers,
        };
        let all = self.nodes.len() as u16;
        let leader = |lane: LaneId| {
            self.leader(lane).or(self.last_leader.get(lane.0 as usize).copied().flatten())
        };
        let replicas = |lane: LaneId| self.replicas(lane).to_vec();
        let followers = |lane: LaneId| {
            let leader = leader(lane);
            replicas(lane).iter().copied().filter(|&r| Some(r) != leader).collect::<Vec<_>>()
        };
        match role {
            Role::Node(node) => vec![node],
            Role::Leader(lane) => leader(lane).into_iter().collect(),
            Role::Followers(lane) => followers(lane),
            Role::AnyFollower(lane) => {
                let followers = followers(lane);
                let live = followers.iter().find(|f| self.substrate.node(**f).is_up());
                live.or(followers.first()).copied().into_iter().collect()
            }
            Role::Replica(lane, n) => {
                replicas(lane).get((n as usize).wrapping_sub(1)).copied().into_iter().collect()
            }
            Role::Coordinator(group) => {
                self.plan.offsets_lane(group).and_then(leader).into_iter().collect()
            }
            Role::TransactionCoordinator(id) => {
                self.plan.transaction_lane(id).and_then(leader).into_iter().collect()
            }
            Role::Owner(lane, group) => self.owner(lane, group).into_iter().collect(),
            Role::Controller => vec![self.controller_or_last()],
            Role::StandbyControllers => {
                let active = self.controller_or_last();
                candidates.map(NodeId).filter(|&n| n != active).collect()
            }
            Role::Brokers => (0..brokers).map(NodeId).collect(),
            Role::Controllers => candidates.map(NodeId).collect(),
            Role::Clients => (servers..all).map(NodeId).collect(),
            Role::Everyone => (0..all).map(NodeId).collect(),
        }
    }

    /// The first node a role means.
    #[inline]
    pub fn resolve_one(&self, role: Role) -> Option<NodeId> {
        match role {
            Role::Node(node) => Some(node),
            Role::Leader(lane) => {
                self.leader(lane).or(self.last_leader.get(lane.0 as usize).copied().flatten())
            }
            Role::Controller => Some(self.controller_or_last()),
            other => self.resolve(other).first().copied(),
        }
    }

    /// The active controller, or while there is none the one that was it last.
    fn controller_or_last(&self) -> NodeId {
        self.active_controller().unwrap_or(self.last_controller)
    }

    /// Every ordered pair of different nodes between two roles, first to second.
    pub(super) fn pairs(&self, from: Role, to: Role) -> Vec<(NodeId, NodeId)> {
        let to = self.resolve(to);
        let mut pairs = Vec::new();
        for from in self.resolve(from) {
            for &to in &to {
                if from != to && !pairs.contains(&(from, to)) {
                    pairs.push((from, to));
                }
            }
        }
        pairs
    }
}
