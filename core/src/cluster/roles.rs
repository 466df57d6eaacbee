//! Who is meant by a role, now.

use super::World;
use crate::brokers::kafka::image::MetadataImage;
use crate::fact::{LaneId, NodeId};
use crate::scenario::model::Role;

impl World {
    /// The controller's committed state of the cluster.
    pub fn metadata(&self) -> Option<&MetadataImage> {
        self.nodes.iter().find_map(|n| n.controller()).map(|c| c.image())
    }

    /// Who leads a lane by the controller's state.
    pub fn leader(&self, lane: LaneId) -> Option<NodeId> {
        self.metadata()?.partition(lane)?.leader
    }

    /// Who leads a lane, or led it last.
    fn known_leader(&self, lane: LaneId) -> Option<NodeId> {
        self.leader(lane).or(self.last_leader.get(lane.0 as usize).copied().flatten())
    }

    /// The first of the nodes a role means at this moment. Conditions that are watched ask it after
    /// every event, so that the roles they name must not cost a list.
    pub(super) fn resolve_first(&self, role: Role) -> Option<NodeId> {
        match role {
            Role::Node(node) => Some(node),
            Role::Leader(lane) => self.known_leader(lane),
            Role::Replica(lane, n) => {
                self.plan.lane(lane).replicas.get((n as usize).wrapping_sub(1)).copied()
            }
            Role::Coordinator(group) => {
                self.plan.offsets_lane(group).and_then(|lane| self.known_leader(lane))
            }
            Role::Controller => Some(self.plan.controller),
            several => self.resolve(several).first().copied(),
        }
    }

    /// The nodes a role means at this moment, possibly none.
    pub fn resolve(&self, role: Role) -> Vec<NodeId> {
        let brokers = self.scenario.kafka.brokers;
        let controllers = brokers + self.scenario.kafka.controllers;
        let all = self.nodes.len() as u16;
        let followers = |lane: LaneId| {
            let leader = self.known_leader(lane);
            let replicas = self.plan.lane(lane).replicas.iter().copied();
            replicas.filter(|&r| Some(r) != leader).collect::<Vec<_>>()
        };
        match role {
            Role::Node(_)
            | Role::Leader(_)
            | Role::Replica(..)
            | Role::Coordinator(_)
            | Role::Controller => self.resolve_first(role).into_iter().collect(),
            Role::Followers(lane) => followers(lane),
            Role::AnyFollower(lane) => {
                let followers = followers(lane);
                let live = followers.iter().find(|f| self.substrate.node(**f).is_up());
                live.or(followers.first()).copied().into_iter().collect()
            }
            Role::Brokers => (0..brokers).map(NodeId).collect(),
            Role::Controllers => (brokers..controllers).map(NodeId).collect(),
            Role::Clients => (controllers..all).map(NodeId).collect(),
            Role::Everyone => (0..all).map(NodeId).collect(),
        }
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
