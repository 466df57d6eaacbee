//! Controllers alone on the substrate, with faults and the invariants of Raft watched after every
//! event.

use super::{Entry, METADATA_LOG, Raft, Role};
use crate::brokers::kafka::controller::Controller;
use crate::brokers::kafka::plan::{ClusterPlan, Mutant, TopicPlan, Truncation};
use crate::brokers::kafka::settings::{BrokerConfig, TopicConfig};
use crate::brokers::{FamilyPacket, FamilyTimer};
use crate::fact::{Fact, LaneId, NodeId, Outage, Stated};
use crate::kernel::{Chooser, Engine, Kernel, Model, Span, Time};
use crate::raft::majority;
use crate::substrate::{Actor, DiskCost, Effects, Event, FaultId, Input, Latency, Substrate};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The fault that makes a disk slow.
const SLOW: FaultId = FaultId(1);

/// What is tried.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    pub controllers: u16,
    pub seed: u64,
    pub pre_vote: bool,
    pub linger: Span,
    pub mutant: Option<Mutant>,
}

impl Setup {
    pub fn of(controllers: u16) -> Self {
        let (pre_vote, mutant) = (false, None);
        Setup { controllers, seed: 1, pre_vote, linger: Span::millis(25), mutant }
    }
}

fn plan(setup: Setup) -> ClusterPlan {
    let broker = BrokerConfig {
        controller_quorum_append_linger_ms: setup.linger,
        ..BrokerConfig::default()
    };
    let config = TopicConfig::default();
    ClusterPlan {
        brokers: 0,
        controller: NodeId(0),
        controllers: setup.controllers,
        zookeeper: None,
        quorum_pre_vote: setup.pre_vote,
        names: (1..=setup.controllers).map(|n| format!("controller-{n}")).collect(),
        lanes: Vec::new(),
        topics: vec![TopicPlan { config, first_lane: LaneId(0), partitions: 0, created: true }],
        group_hashes: Vec::new(),
        transaction_topic: None,
        transaction_hashes: Vec::new(),
        groups: Default::default(),
        founded: Vec::new(),
        broker,
        truncation: Truncation::LeaderEpoch,
        high_watermark_needs_min_isr: true,
        eligible_leader_replicas: false,
        later_configs: Vec::new(),
        mutant: setup.mutant,
    }
}

impl Actor for Controller {
    type Packet = FamilyPacket;
    type Timer = FamilyTimer;

    fn on(
        &mut self,
        input: Input<FamilyPacket, FamilyTimer>,
        fx: &mut Effects<'_, FamilyPacket, FamilyTimer>,
    ) {
        if let Some(input) = input.kafka() {
            Controller::on(self, input, fx);
        }
    }
}

/// A record that counts as committed, and the epoch in which it first did.
#[derive(Clone, Debug)]
struct Committed {
    epoch: u32,
    entry: Entry,
    known_in: u32,
}

/// The controllers and what was seen of them.
pub struct World {
    controllers: Vec<Controller>,
    substrate: Substrate<FamilyPacket, FamilyTimer>,
    pub facts: Vec<Stated>,
    leaders: BTreeMap<u32, NodeId>,
    committed: Vec<Committed>,
    ends: Vec<(u64, u64)>,
    /// What was broken, first.
    pub broken: Option<String>,
}

impl Model for World {
    type Event = Event<FamilyPacket, FamilyTimer>;

    fn handle(&mut self, event: Self::Event, kernel: &mut Kernel<Self::Event>) {
        self.substrate.dispatch(&mut self.controllers, event, kernel);
        self.look(kernel.now());
    }
}

impl World {
    fn voters(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.controllers.len() as u16).map(NodeId)
    }

    fn raft(&self, node: NodeId) -> &Raft {
        self.controllers[node.0 as usize].raft()
    }

    fn look(&mut self, now: Time) {
        self.facts.append(&mut self.substrate.facts);
        let formed = self.voters().all(|n| self.substrate.node(n).boots > 0);
        if formed
            && self.broken.is_none()
            && let Err(why) = self.invariants()
        {
            self.broken = Some(format!("at {now}: {why}"));
        }
    }

    fn invariants(&mut self) -> Result<(), String> {
        for node in self.voters() {
            if !self.substrate.node(node).is_up() {
                continue;
            }
            let raft = self.raft(node);
            let (epoch, high) = (raft.ballot().epoch, raft.high_watermark());
            if let Role::Leader(_) = raft.role() {
                let leader = *self.leaders.entry(epoch).or_insert(node);
                if leader != node {
                    return Err(format!("{leader:?} and {node:?} lead epoch {epoch}"));
                }
            }
            self.commit(node, epoch, high)?;
        }
        let ends: Vec<(u64, u64)> = self.voters().map(|n| self.end(n)).collect();
        if ends != self.ends {
            self.ends = ends;
            self.logs()?;
        }
        Ok(())
    }

    fn end(&self, node: NodeId) -> (u64, u64) {
        let raft = self.raft(node);
        (raft.log().end_offset(), u64::from(raft.ballot().epoch))
    }

    /// State machine safety: an offset is committed once, with one record.
    fn commit(&mut self, node: NodeId, epoch: u32, high: u64) -> Result<(), String> {
        let known = self.committed.len() as u64;
        if high <= known {
            return Ok(());
        }
        let new: Vec<(u32, Entry)> = self.raft(node).log().range(known, high).cloned().collect();
        for (offset, (of, entry)) in (known..).zip(new) {
            let holders = self.voters().filter(|&n| self.has_on_disk(n, offset, of));
            if holders.count() < majority(self.controllers.len()) {
                return Err(format!("{node:?} commits {offset}, which no majority has on disk"));
            }
            self.committed.push(Committed { epoch: of, entry, known_in: epoch });
        }
        Ok(())
    }

    /// Whether a record would be there after a power loss.
    fn has_on_disk(&self, node: NodeId, offset: u64, epoch: u32) -> bool {
        let synced = self.substrate.node(node).disk.file(METADATA_LOG).synced;
        self.raft(node).log().epoch_at(offset) == Some(epoch) && offset < synced
    }

    /// Log matching, leader completeness, and what is committed stays.
    fn logs(&self) -> Result<(), String> {
        // Of a machine without power counts what its disk kept.
        let log = |node: NodeId| {
            let at = self.substrate.node(node);
            let end = if at.is_up() { u64::MAX } else { at.disk.file(METADATA_LOG).written };
            self.raft(node).log().range(0, end).collect()
        };
        let logs: Vec<Vec<&(u32, Entry)>> = self.voters().map(log).collect();
        for (a, mine) in logs.iter().enumerate() {
            for (b, theirs) in logs.iter().enumerate().skip(a + 1) {
                let both = mine.iter().zip(theirs);
                let last = both.clone().rposition(|(x, y)| x.0 == y.0);
                let same = both.take(last.map_or(0, |l| l + 1)).all(|(x, y)| x == y);
                if !same {
                    return Err(format!("controllers {a} and {b} disagree below a common record"));
                }
            }
        }
        for node in self.voters().filter(|&n| self.substrate.node(n).is_up()) {
            let raft = self.raft(node);
            if !matches!(raft.role(), Role::Leader(_)) {
                continue;
            }
            let epoch = raft.ballot().epoch;
            for (offset, known) in self.committed.iter().enumerate() {
                let has = logs[node.0 as usize].get(offset);
                let same = has.is_some_and(|h| h.0 == known.epoch && h.1 == known.entry);
                if known.known_in < epoch && !same {
                    return Err(format!("{node:?} leads epoch {epoch} without offset {offset}"));
                }
            }
        }
        for (offset, known) in self.committed.iter().enumerate() {
            let holders =
                logs.iter().filter(|log| log.get(offset).is_some_and(|h| h.0 == known.epoch));
            if holders.count() < majority(self.controllers.len()) {
                return Err(format!("offset {offset} is committed and no majority has it"));
            }
        }
        Ok(())
    }
}

/// The controllers with their time.
pub struct Quorum {
    lab: Engine<World>,
    appended: u32,
}

impl Quorum {
    /// A quorum that is found formed.
    pub fn new(setup: Setup) -> Self {
        let plan = Arc::new(plan(setup));
        let latency = Latency { low: Span::micros(200), high: Span::micros(300) };
        let disk = DiskCost { append: Span::micros(5), sync: Span::millis(2) };
        let voters: Vec<NodeId> = plan.voters().collect();
        let world = World {
            controllers: voters.iter().map(|&n| Controller::new(n, plan.clone())).collect(),
            substrate: Substrate::new(&plan.names, latency, disk),
            facts: Vec::new(),
            leaders: BTreeMap::new(),
            committed: Vec::new(),
            ends: Vec::new(),
            broken: None,
        };
        let lab = Engine::new(world, Kernel::new(Chooser::new(setup.seed), 1024));
        let mut quorum = Quorum { lab, appended: 0 };
        for node in voters {
            quorum.boot(node);
        }
        quorum
    }

    pub fn world(&self) -> &World {
        &self.lab.model
    }

    pub fn now(&self) -> Time {
        self.lab.kernel.now()
    }

    pub fn raft(&self, node: NodeId) -> &Raft {
        self.lab.model.raft(node)
    }

    pub fn controller(&self, node: NodeId) -> &Controller {
        &self.lab.model.controllers[node.0 as usize]
    }

    pub fn run(&mut self, span: Span) {
        let until = self.now() + span;
        while self.lab.kernel.next_time().is_some_and(|at| at <= until) {
            self.lab.step();
        }
        self.lab.kernel.idle_until(until);
    }

    pub fn boot(&mut self, node: NodeId) {
        let World { controllers, substrate, .. } = &mut self.lab.model;
        substrate.boot(controllers, node, &mut self.lab.kernel);
        self.look();
    }

    pub fn stop(&mut self, node: NodeId, how: Outage) {
        self.lab.model.substrate.stop(node, how, &mut self.lab.kernel);
        self.look();
    }

    pub fn pause(&mut self, node: NodeId) {
        self.lab.model.substrate.pause(node, &mut self.lab.kernel);
    }

    pub fn resume(&mut self, node: NodeId) {
        self.lab.model.substrate.resume(node, &mut self.lab.kernel);
    }

    pub fn cut(&mut self, from: NodeId, to: NodeId) {
        self.lab.model.substrate.cut(from, to, &mut self.lab.kernel);
    }

    pub fn isolate(&mut self, node: NodeId) {
        for other in self.lab.model.voters().filter(|&n| n != node) {
            self.cut(node, other);
            self.cut(other, node);
        }
    }

    /// Ends every cut between two of them.
    pub fn heal(&mut self, a: NodeId, b: NodeId) {
        for (from, to) in [(a, b), (b, a)] {
            while self.lab.model.substrate.network.is_cut(from, to) {
                self.lab.model.substrate.heal(&[(from, to)], &mut self.lab.kernel);
            }
        }
    }

    pub fn heal_all(&mut self) {
        for a in self.lab.model.voters() {
            for b in self.lab.model.voters() {
                self.heal(a, b);
            }
        }
    }

    pub fn slow_disk(&mut self, node: NodeId, sync: Span) {
        let cost = DiskCost { append: Span::micros(5), sync };
        let disk = &mut self.lab.model.substrate.node_mut(node).disk;
        disk.relieve(SLOW);
        disk.slow(SLOW, cost);
    }

    /// Everyone who believes to be the active controller writes a record of its own.
    pub fn append(&mut self) {
        for node in self.lab.model.voters() {
            if !self.lab.model.substrate.node(node).is_up()
                || self.controller(node).active_epoch().is_none()
            {
                continue;
            }
            self.appended += 1;
            let World { controllers, substrate, .. } = &mut self.lab.model;
            let mut fx = Effects::new(node, substrate, &mut self.lab.kernel);
            controllers[node.0 as usize].alter_config(0, self.appended, &mut fx);
            self.look();
        }
    }

    /// An orderly stop of a controller.
    pub fn shut_down(&mut self, node: NodeId) {
        let World { controllers, substrate, .. } = &mut self.lab.model;
        let mut fx = Effects::new(node, substrate, &mut self.lab.kernel);
        controllers[node.0 as usize].shut_down(&mut fx);
        substrate.let_exit(&mut self.lab.kernel);
        self.look();
    }

    fn look(&mut self) {
        let now = self.now();
        self.lab.model.look(now);
    }

    pub fn is_up(&self, node: NodeId) -> bool {
        self.lab.model.substrate.node(node).is_up()
    }

    /// Who believes to be the active controller.
    pub fn active(&self) -> Vec<NodeId> {
        let world = &self.lab.model;
        let acts = |n: &NodeId| self.is_up(*n) && self.controller(*n).active_epoch().is_some();
        world.voters().filter(acts).collect()
    }

    /// A voter that has given its vote to another and knows no leader yet.
    pub fn voter_without_leader(&self) -> Option<NodeId> {
        self.lab.model.voters().find(|&node| {
            let ballot = self.raft(node).ballot();
            let given = ballot.voted.is_some_and(|to| to != node);
            self.is_up(node) && given && ballot.leader.is_none()
        })
    }

    /// How often a fact of that name was stated.
    pub fn stated(&self, name: &str) -> usize {
        self.world().facts.iter().filter(|s| s.fact.name() == name).count()
    }

    /// When a fact of that name was first stated at or after a moment, and on which node.
    pub fn first(&self, name: &str, from: Time) -> Option<(Time, Fact)> {
        let facts = &self.world().facts;
        let found = facts.iter().find(|s| s.fact.name() == name && s.time >= from);
        found.map(|s| (s.time, s.fact))
    }

    /// How many records are committed.
    pub fn committed(&self) -> u64 {
        self.world().committed.len() as u64
    }
}
