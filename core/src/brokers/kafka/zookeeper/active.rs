//! What the controller knows and how it decides (`ControllerContext`, `PartitionStateMachine`,
//! `Election`, `ReplicaStateMachine`, `ControllerBrokerRequestBatch`; reference §4.3).
//!
//! Nothing here waits for anything: reading and writing znodes is `broker/zookeeper_controller.rs`.

use super::wire::{Control, Data, Op, Path, Transaction};
use crate::brokers::kafka::image::MetadataImage;
use crate::brokers::kafka::plan::{ClusterPlan, Mutant};
use crate::brokers::kafka::wire::PartitionState;
use crate::fact::{ElectionKind, Fact, LaneId, NodeId, NodeSet};
use smallvec::SmallVec;
use std::collections::{BTreeMap, VecDeque};

/// Why leaders are looked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Strategy {
    /// Brokers are gone, or have come: leaders must be alive, members of an ISR too.
    Offline,
    /// The preferred replica is to lead again.
    Preferred,
    /// A person wants any live replica to lead.
    Unclean,
    /// A broker is about to stop.
    ControlledShutdown(NodeId),
}

/// Something the controller has to deal with, one at a time (`ControllerEventManager`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// `/brokers/ids` has changed.
    Brokers,
    /// There are new ISR change notifications.
    IsrChanges,
    /// Brokers have come that are to be told everything.
    Joined(Vec<(NodeId, u64)>),
    /// A broker wants to stop; whom to answer, if it is not this one.
    ControlledShutdown(NodeId, Option<(u32, u32)>),
    /// Leaders are to be looked for.
    Elect(Vec<LaneId>, Strategy),
}

/// The requests to one broker, in order, one under way (`RequestSendThread`).
#[derive(Clone, Debug, Default)]
pub struct Outbox {
    /// Not answered yet, the oldest first.
    pub queue: VecDeque<Control>,
    /// The oldest is under way.
    pub in_flight: bool,
}

/// A controller in office.
#[derive(Clone, Debug)]
pub struct Active {
    /// The number in `/controller_epoch`.
    pub epoch: u32,
    /// The version of that znode: every write checks it.
    pub epoch_version: u32,
    /// It has read everything and decides.
    pub ready: bool,
    /// The brokers it counts on, with their epochs.
    pub live: BTreeMap<NodeId, u64>,
    /// Those of them that want to stop.
    pub shutting_down: NodeSet,
    /// Every partition as it was last read or written.
    pub partitions: Vec<Option<PartitionState>>,
    /// What it deals with next.
    pub events: VecDeque<Event>,
    /// It waits for ZooKeeper.
    pub busy: bool,
    /// The controlled shutdown it deals with, and whom to answer, if it is not this broker.
    pub shutdown: Option<(NodeId, Option<(u32, u32)>)>,
    /// By broker.
    pub outboxes: Vec<Outbox>,
}

/// A partition's next state and how its leader came to lead, if that changed.
pub type Change = (PartitionState, Option<ElectionKind>);

impl Active {
    /// A broker has just won `/controller`.
    pub fn new(plan: &ClusterPlan, epoch: u32, epoch_version: u32) -> Self {
        Active {
            epoch,
            epoch_version,
            ready: false,
            live: BTreeMap::new(),
            shutting_down: NodeSet::EMPTY,
            partitions: vec![None; plan.lanes.len()],
            events: VecDeque::new(),
            busy: true,
            shutdown: None,
            outboxes: vec![Outbox::default(); plan.brokers as usize],
        }
    }

    /// The controller of a cluster that is found formed.
    pub fn found(plan: &ClusterPlan, epoch: u32, image: &MetadataImage) -> Self {
        let mut active = Active::new(plan, epoch, 0);
        active.live =
            (0..plan.brokers).map(NodeId).map(|node| (node, image.broker(node).epoch)).collect();
        for state in image.partitions() {
            active.partitions[state.lane.0 as usize] = Some(state.clone());
        }
        (active.ready, active.busy) = (true, false);
        active
    }

    /// Takes in a partition as it stands in its znode.
    pub fn learn(&mut self, state: PartitionState) {
        let lane = state.lane.0 as usize;
        if let Some(slot) = self.partitions.get_mut(lane) {
            *slot = Some(state);
        }
    }

    /// A partition.
    pub fn partition(&self, lane: LaneId) -> Option<&PartitionState> {
        self.partitions.get(lane.0 as usize)?.as_ref()
    }

    /// An event, unless the same is waiting already.
    pub fn post(&mut self, event: Event) {
        if !self.events.contains(&event) {
            self.events.push_back(event);
        }
    }

    fn is_live(&self, node: NodeId) -> bool {
        self.live.contains_key(&node)
    }

    fn live_set(&self) -> NodeSet {
        NodeSet::of(self.live.keys().copied())
    }

    // ── decisions ────────────────────────────────────────────────────────────────────────────

    /// The partitions that want a look after brokers have come or gone: without a live leader, or
    /// with a dead replica. Whether that is in sync only the znode knows: leaders change ISRs.
    pub fn disturbed(&self) -> Vec<LaneId> {
        let live = self.live_set();
        let disturbed = |p: &&PartitionState| {
            p.leader.is_none_or(|l| !live.contains(l))
                || p.replicas.iter().any(|&r| !live.contains(r))
        };
        self.partitions.iter().flatten().filter(disturbed).map(|p| p.lane).collect()
    }

    /// The partitions of which a broker has a replica, and another one has, too.
    pub fn shared_by(&self, node: NodeId) -> Vec<LaneId> {
        let has = |p: &&PartitionState| p.replicas.len() > 1 && p.replicas.contains(&node);
        self.partitions.iter().flatten().filter(has).map(|p| p.lane).collect()
    }

    /// The partitions that a broker leads and another replica could.
    pub fn still_led_by(&self, node: NodeId) -> Vec<LaneId> {
        let led = |p: &&PartitionState| p.leader == Some(node) && p.replicas.len() > 1;
        self.partitions.iter().flatten().filter(led).map(|p| p.lane).collect()
    }

    /// The partitions whose preferred replica could lead and does not.
    pub fn imbalanced(&self) -> Vec<LaneId> {
        let could = |p: &&PartitionState| {
            let preferred = p.replicas.first().copied();
            preferred != p.leader && preferred.is_some_and(|r| self.is_live(r) && p.isr.contains(r))
        };
        self.partitions.iter().flatten().filter(could).map(|p| p.lane).collect()
    }

    /// What becomes of a partition; nothing where nothing is to change or can. Every change has an
    /// epoch of its own, also one that only shrinks the ISR (`LeaderAndIsr.newLeaderAndIsr`).
    pub fn decide(
        &self,
        current: &PartitionState,
        strategy: Strategy,
        unclean_allowed: bool,
    ) -> Option<Change> {
        let mut next = current.clone();
        let live = self.live_set();
        let first =
            |fits: &dyn Fn(NodeId) -> bool| current.replicas.iter().copied().find(|&r| fits(r));
        let kind = match strategy {
            Strategy::Offline if current.leader.is_some_and(|l| live.contains(l)) => {
                // The leader stays; a dead member of the ISR goes, unless it is the last.
                let alive = NodeSet(current.isr.0 & live.0);
                next.isr = if alive.is_empty() { current.isr } else { alive };
                None
            }
            Strategy::Offline => {
                let clean = first(&|r| live.contains(r) && current.isr.contains(r));
                let anyone = || first(&|r| live.contains(r)).filter(|_| unclean_allowed);
                if let Some(leader) = clean {
                    next.leader = Some(leader);
                    next.isr = NodeSet(current.isr.0 & live.0);
                    Some(ElectionKind::Clean)
                } else if let Some(leader) = anyone() {
                    next.leader = Some(leader);
                    next.isr = NodeSet::of([leader]);
                    Some(ElectionKind::Unclean)
                } else {
                    next.leader = None;
                    next.isr = last_members(current, live);
                    Some(ElectionKind::Clean)
                }
            }
            Strategy::Preferred => {
                let preferred = current.replicas.first().copied()?;
                if !live.contains(preferred) || !current.isr.contains(preferred) {
                    return None;
                }
                next.leader = Some(preferred);
                Some(ElectionKind::Preferred)
            }
            Strategy::Unclean => {
                if current.leader.is_some_and(|l| live.contains(l)) {
                    return None;
                }
                let leader = first(&|r| live.contains(r))?;
                let in_sync = current.isr.contains(leader);
                next.leader = Some(leader);
                next.isr =
                    if in_sync { NodeSet(current.isr.0 & live.0) } else { NodeSet::of([leader]) };
                Some(ElectionKind::Unclean)
            }
            Strategy::ControlledShutdown(node) => {
                let stays = |r: NodeId| {
                    live.contains(r) && current.isr.contains(r) && !self.shutting_down.contains(r)
                };
                if current.leader == Some(node) {
                    next.leader = Some(first(&stays)?);
                    next.isr = NodeSet(current.isr.0 & !self.shutting_down.0);
                    Some(ElectionKind::ControlledShutdown)
                } else {
                    let left = current.isr.without(node);
                    next.isr = if left.is_empty() { current.isr } else { left };
                    None
                }
            }
        };
        if next.leader == current.leader && next.isr == current.isr {
            return None;
        }
        next.leader_epoch += 1;
        let kind = kind.filter(|_| next.leader != current.leader);
        Some((next, kind))
    }

    /// Whether an unclean election is allowed where nobody in sync is alive.
    pub fn allows_unclean(plan: &ClusterPlan, image: &MetadataImage, lane: LaneId) -> bool {
        image.topic_config(plan, lane).unclean_leader_election_enable
            || plan.is(Mutant::ElectsAnyone)
    }

    /// The write of a change: only of the version it was decided on, and only while this controller
    /// is in office.
    pub fn write(&self, plan: &ClusterPlan, image: &MetadataImage, change: &Change) -> Transaction {
        let (next, kind) = change;
        let check = Op::Check { path: Path::ControllerEpoch, version: self.epoch_version };
        let set = Op::SetData {
            path: Path::Partition(next.lane),
            data: Data::Partition(next.clone(), self.epoch),
            version: next.partition_epoch,
        };
        let old = self.partition(next.lane).map_or(next.isr, |p| p.isr);
        Transaction {
            ops: SmallVec::from_vec(vec![check, set]),
            means: meaning(plan, image, old, next, *kind),
        }
    }

    // ── what brokers are told ────────────────────────────────────────────────────────────────

    /// Tells the replicas of partitions who leads, all but the broker `except`, and everybody what
    /// clients are to know.
    pub fn announce(&mut self, lanes: &[LaneId], except: Option<NodeId>) {
        let states = |active: &Active, fits: &dyn Fn(&PartitionState) -> bool| {
            let known = lanes.iter().filter_map(|&lane| active.partition(lane));
            known.filter(|p| fits(p)).cloned().collect::<Vec<_>>()
        };
        let nodes: Vec<NodeId> = self.live.keys().copied().collect();
        for node in nodes.into_iter().filter(|n| Some(*n) != except) {
            let own = states(self, &|p| p.replicas.contains(&node));
            if !own.is_empty() {
                self.tell(node, Control::LeaderAndIsr(own));
            }
        }
        self.update_metadata(lanes);
    }

    /// Tells all brokers who is alive, and of these partitions who leads.
    pub fn update_metadata(&mut self, lanes: &[LaneId]) {
        let partitions: Vec<PartitionState> =
            lanes.iter().filter_map(|&lane| self.partition(lane)).cloned().collect();
        let live: Vec<(NodeId, u64)> = self.live.iter().map(|(n, e)| (*n, *e)).collect();
        let nodes: Vec<NodeId> = self.live.keys().copied().collect();
        for node in nodes {
            let (live, partitions) = (live.clone(), partitions.clone());
            self.tell(node, Control::UpdateMetadata { live, partitions });
        }
    }

    /// Puts a request at the end of a broker's queue.
    pub fn tell(&mut self, node: NodeId, control: Control) {
        if let Some(outbox) = self.outboxes.get_mut(node.0 as usize) {
            outbox.queue.push_back(control);
        }
    }

    /// All partitions there are.
    pub fn lanes(&self) -> Vec<LaneId> {
        self.partitions.iter().flatten().map(|p| p.lane).collect()
    }
}

/// What is left of an ISR whose dead members are taken out one after the other: the last stays.
fn last_members(current: &PartitionState, live: NodeSet) -> NodeSet {
    let dead = NodeSet(current.isr.0 & !live.0);
    dead.iter().fold(current.isr, |isr, node| if isr.len() > 1 { isr.without(node) } else { isr })
}

/// What a change of a partition's state means.
pub fn meaning(
    plan: &ClusterPlan,
    image: &MetadataImage,
    old: NodeSet,
    next: &PartitionState,
    kind: Option<ElectionKind>,
) -> Vec<Fact> {
    let (lane, isr) = (next.lane, next.isr);
    let mut facts = Vec::new();
    if plan.lane(lane).internal {
        return facts;
    }
    if let Some(kind) = kind {
        let (leader, epoch) = (next.leader, next.leader_epoch);
        facts.push(Fact::Elected { lane, leader, epoch, kind });
    }
    let removed = NodeSet(old.0 & !isr.0);
    let added = NodeSet(isr.0 & !old.0);
    if !removed.is_empty() {
        facts.push(Fact::IsrShrunk { lane, isr, removed });
        let min = image.effective_min_isr(plan, lane);
        if isr.len() < min && old.len() >= min {
            facts.push(Fact::UnderMinIsr { lane, isr });
        }
    }
    if !added.is_empty() {
        facts.push(Fact::IsrExpanded { lane, isr, added });
    }
    facts
}
