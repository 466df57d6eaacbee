//! The world: nodes on the substrate, the script of the scenario, and the ledger that watches.

use super::Node;
use super::anchors::Anchors;
use super::checks::Checks;
use super::history::History;
use super::metadata::CommittedMetadata;
use super::nemesis::Drawn;
use super::run::StepTaken;
use super::slow_cpu::SlowCpu;
use crate::brokers::kafka::client::consumer::{Consumer, Doing};
use crate::brokers::kafka::plan::ClusterPlan;
use crate::brokers::kafka::zookeeper::server::FOUNDING_CONTROLLER;
use crate::brokers::{FamilyPacket, FamilyTimer};
use crate::fact::{Directory, Fact, LaneId, NodeId, Stated};
use crate::kernel::{Kernel, Model, Time};
use crate::ledger::Ledger;
use crate::scenario::model::{Action, Ends, Scenario};
use crate::substrate::{Effects, Event, FaultId, Substrate};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) type WorldEvent = Event<FamilyPacket, FamilyTimer>;

/// Something the scenario does, by its number in [`World`]'s script.
#[derive(Clone, Debug)]
pub(super) enum ScriptItem {
    /// A node is switched on.
    Boot(NodeId),
    /// A step of the scenario.
    Step(usize),
    /// A nemesis begins.
    Nemesis(usize),
    /// A fault it has drawn strikes.
    Drawn(usize),
    /// A slow processor has spent its time on an input.
    CpuDone(NodeId),
    /// A fault ends by itself.
    Undo(Undo),
    /// The run is over.
    End,
}

/// How a fault ends.
#[derive(Clone, Debug)]
pub(super) enum Undo {
    Resume(NodeId),
    /// The end of a cut, as far as no heal has ended it before.
    Heal(FaultId),
    /// The end of a fault that makes links slow or narrow.
    Links(FaultId, Vec<(NodeId, NodeId)>),
    /// The end of a fault that makes a disk slow or full.
    Disk(FaultId, NodeId),
    /// The trouble of a consumer's handler with this number.
    Trouble(NodeId, u64),
    /// The slowness of a node's processor with this number.
    Cpu(NodeId, u64),
}

/// Everything that exists during a run.
#[derive(Clone, Debug)]
pub struct World {
    pub(super) scenario: Arc<Scenario>,
    pub(super) plan: Arc<ClusterPlan>,
    /// The names behind all ids, the offsets topic's included.
    pub directory: Arc<Directory>,
    pub(super) nodes: Vec<Node>,
    pub(super) substrate: Substrate<FamilyPacket, FamilyTimer>,
    /// What became of every message so far.
    pub ledger: Ledger,
    script: imbl::Vector<ScriptItem>,
    pub(super) anchors: Anchors,
    pub(super) checks: Checks,
    /// All facts so far, if they are kept.
    history: Option<History>,
    pub(super) steps_taken: Vec<StepTaken>,
    pub(super) last_leader: Vec<Option<NodeId>>,
    /// What the quorum of several controllers has committed.
    pub(super) committed: Option<CommittedMetadata>,
    /// The controller that was the active one last.
    pub(super) last_controller: NodeId,
    /// The directions each cut still holds.
    pub(super) cuts: BTreeMap<FaultId, Vec<(NodeId, NodeId)>>,
    /// How many faults that may end by themselves there have been.
    faults: u64,
    /// Nodes whose processor is slow.
    pub(super) slow_cpus: BTreeMap<NodeId, SlowCpu>,
    /// Faults drawn by a nemesis, in the order in which they were drawn.
    pub(super) drawn: Vec<Drawn>,
    /// When the last fault ended or will end by itself; `NEVER` if one stays.
    pub(super) last_fault: Time,
    /// Whether the event just handled stated a fact.
    pub(super) stated: bool,
    over: bool,
    quiet: bool,
    /// Events until the next look whether the world has come to rest.
    until_rest_check: u32,
}

/// How often a scenario that ends when it is quiet looks whether it is.
const REST_CHECK_EVENTS: u32 = 64;

impl World {
    pub(super) fn new(
        scenario: Arc<Scenario>,
        plan: Arc<ClusterPlan>,
        directory: Arc<Directory>,
        nodes: Vec<Node>,
        substrate: Substrate<FamilyPacket, FamilyTimer>,
        ledger: Ledger,
        history: Option<History>,
    ) -> Self {
        World {
            anchors: Anchors::new(&scenario),
            checks: Checks::new(&scenario),
            last_leader: vec![None; plan.lanes.len()],
            cuts: BTreeMap::new(),
            committed: (plan.controllers > 1).then(|| CommittedMetadata::new(&plan)),
            last_controller: match plan.zookeeper {
                Some(_) => FOUNDING_CONTROLLER.0,
                None => plan.controller,
            },
            faults: 0,
            slow_cpus: BTreeMap::new(),
            drawn: Vec::new(),
            scenario,
            plan,
            directory,
            nodes,
            substrate,
            ledger,
            script: imbl::Vector::new(),
            history,
            steps_taken: Vec::new(),
            last_fault: Time::ZERO,
            stated: false,
            over: false,
            quiet: false,
            until_rest_check: REST_CHECK_EVENTS,
        }
    }

    /// A node.
    pub fn node(&self, node: NodeId) -> Option<&Node> {
        self.nodes.get(node.0 as usize)
    }

    /// Network, disks, power and clocks.
    pub fn substrate(&self) -> &Substrate<FamilyPacket, FamilyTimer> {
        &self.substrate
    }

    /// The scenario being played.
    pub fn scenario(&self) -> &Arc<Scenario> {
        &self.scenario
    }

    /// All facts so far, if they are kept.
    pub fn history(&self) -> impl Iterator<Item = &Stated> {
        self.history.iter().flat_map(History::iter)
    }

    /// The facts kept, if facts are kept.
    pub fn kept_facts(&self) -> Option<&History> {
        self.history.as_ref()
    }

    /// Faults a nemesis has drawn so far, in the order in which they were drawn.
    pub fn drawn(&self) -> &[Drawn] {
        &self.drawn
    }

    /// Forgets all but the last facts, which changes nothing that happens: for copies that are kept
    /// to go on from.
    pub fn forget_facts(&mut self, all_but: usize) {
        if let Some(history) = &mut self.history {
            history.forget(all_but);
        }
    }

    /// Keeps only so many facts, so that a test need not state millions of them.
    #[cfg(test)]
    pub fn keep_facts(&mut self, most: usize) {
        if let Some(history) = &mut self.history {
            history.keep(most);
        }
    }

    /// Steps of the scenario carried out so far, in order.
    pub fn steps_taken(&self) -> &[StepTaken] {
        &self.steps_taken
    }

    /// Does something to the world from outside, between two events, as a step would. `Err` says
    /// why nothing happened.
    pub fn intervene(
        &mut self,
        action: &Action,
        kernel: &mut Kernel<WorldEvent>,
    ) -> Result<(), String> {
        let done = self.apply(action, kernel);
        self.settle(kernel);
        done
    }

    /// Whether the scenario's end has been reached.
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// Whether it was reached because nothing was left to happen.
    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    pub(super) fn script(&mut self, at: Time, item: ScriptItem, kernel: &mut Kernel<WorldEvent>) {
        let number = self.script_item(item);
        kernel.schedule(at, Event::Script(number));
    }

    /// Adds an item to the script; returns its number.
    pub(super) fn script_item(&mut self, item: ScriptItem) -> u32 {
        self.script.push_back(item);
        (self.script.len() - 1) as u32
    }

    /// A name for a fault, so that it can be ended and no other.
    pub(super) fn new_fault(&mut self) -> FaultId {
        self.faults += 1;
        FaultId(self.faults)
    }

    /// Lets one node do something of itself, outside of its inputs.
    pub(super) fn with_node<R>(
        &mut self,
        node: NodeId,
        kernel: &mut Kernel<WorldEvent>,
        act: impl FnOnce(&mut Node, &mut Effects<'_, FamilyPacket, FamilyTimer>) -> R,
    ) -> R {
        let mut fx = Effects::new(node, &mut self.substrate, kernel);
        let result = act(&mut self.nodes[node.0 as usize], &mut fx);
        self.substrate.let_exit(kernel);
        result
    }

    fn play(&mut self, item: u32, kernel: &mut Kernel<WorldEvent>) {
        match self.script.get(item as usize).cloned() {
            Some(ScriptItem::Boot(node)) => {
                self.substrate.boot(&mut self.nodes, node, kernel);
            }
            Some(ScriptItem::Step(step)) => self.take_step(step, kernel),
            Some(ScriptItem::Nemesis(index)) => self.unleash(index, kernel),
            Some(ScriptItem::Drawn(number)) => self.strike(number, kernel),
            Some(ScriptItem::CpuDone(node)) => self.cpu_done(node, kernel),
            Some(ScriptItem::Undo(undo)) => self.undo(undo, kernel),
            Some(ScriptItem::End) => self.over = true,
            None => {}
        }
    }

    /// Hands the facts of the event that was just handled to everyone who reads facts, and lets
    /// steps that waited for one of them follow.
    pub(super) fn settle(&mut self, kernel: &mut Kernel<WorldEvent>) {
        if self.committed.is_some() {
            self.follow_metadata(kernel);
        }
        self.stated = !self.substrate.facts.is_empty();
        if !self.stated {
            return;
        }
        let facts = std::mem::take(&mut self.substrate.facts);
        for stated in &facts {
            self.ledger.absorb(stated);
            if let Some(history) = &mut self.history {
                history.push(*stated);
            }
            match stated.fact {
                Fact::Stopped { node, .. } => {
                    if let Some(Node::Broker(broker)) = self.nodes.get_mut(node.0 as usize) {
                        broker.ended();
                    }
                }
                Fact::Elected { lane, leader: Some(leader), .. } => {
                    self.last_leader[lane.0 as usize] = Some(leader);
                }
                Fact::ControllerActive { node, .. } => self.last_controller = node,
                _ => {}
            }
        }
        if !self.anchors.is_empty() {
            for stated in &facts {
                self.follow_anchors(stated, kernel);
            }
        }
        // The buffer is used again: facts are stated with almost every event.
        let mut facts = facts;
        facts.clear();
        self.substrate.facts = facts;
    }

    fn follow_anchors(&mut self, stated: &Stated, kernel: &mut Kernel<WorldEvent>) {
        for (step, delay) in self.matching_steps(stated) {
            self.script(kernel.now() + delay, ScriptItem::Step(step), kernel);
        }
    }

    /// Nothing is left to happen: producers are done, consumers have read everything, every step
    /// has been taken, no fault is still to end.
    fn is_at_rest(&self, now: Time) -> bool {
        if !self.anchors.is_empty() || self.steps_taken.len() < self.scenario.steps.len() {
            return false;
        }
        if self.last_fault != Time::NEVER && self.last_fault > now {
            return false;
        }
        self.nodes.iter().enumerate().all(|(n, node)| {
            let up = self.substrate.node(NodeId(n as u16)).is_up();
            match node {
                Node::Producer(producer) => !up || producer.is_done(),
                Node::Consumer(consumer) => {
                    !up || self.has_read_everything(consumer) && consumer.output_is_done()
                }
                _ => true,
            }
        }) && self.all_lanes_are_read()
    }

    fn has_read_everything(&self, consumer: &Consumer) -> bool {
        let waits = consumer.doing() == Doing::Polling
            && consumer.buffered() == 0
            && consumer.in_hand().next().is_none();
        let settled = consumer.membership().is_none_or(|m| m.is_settled());
        let mut partitions = consumer.assigned();
        consumer.stopped().is_some()
            || waits
                && settled
                && partitions.all(|p| self.readable(p.lane).is_none_or(|end| p.position >= end))
    }

    /// Every partition of a group with a live member has a reader: none waits for a rebalance.
    fn all_lanes_are_read(&self) -> bool {
        let lives = |n: NodeId| {
            let consumer = self.nodes.get(n.0 as usize).and_then(Node::consumer);
            self.substrate.node(n).is_up() && consumer.is_some_and(|c| c.stopped().is_none())
        };
        self.scenario.consumers.iter().filter(|c| !c.assign && lives(c.node)).all(|c| {
            let consumer = self.nodes.get(c.node.0 as usize).and_then(Node::consumer);
            consumer.is_none_or(|consumer| {
                let mut partitions = consumer.partitions().iter();
                partitions.all(|p| self.owner(p.lane, c.subscription).is_some())
            })
        })
    }

    /// The end of what consumers may read of a lane, as its leader knows it.
    fn readable(&self, lane: LaneId) -> Option<u64> {
        let leader = self.leader(lane)?;
        let partition = self.nodes.get(leader.0 as usize)?.broker()?.partition(lane)?;
        Some(partition.log.high_watermark())
    }
}

impl Model for World {
    type Event = WorldEvent;

    #[inline(always)]
    fn fetch_ahead(&self, event: &WorldEvent) -> u64 {
        self.substrate.fetch_ahead(event)
    }

    #[inline]
    fn handle(&mut self, event: WorldEvent, kernel: &mut Kernel<WorldEvent>) {
        let watched = self.checks.any().then(|| self.target(&event));
        if !self.slow_cpus.is_empty() && self.is_slowed(&event) {
            self.wait_for_cpu(event, kernel);
            return;
        }
        match event {
            Event::Script(item) => self.play(item, kernel),
            event => self.substrate.dispatch(&mut self.nodes, event, kernel),
        }
        self.settle(kernel);
        if let Some(target) = watched {
            self.check(target, kernel);
        }
        self.until_rest_check -= 1;
        if self.until_rest_check == 0 {
            self.until_rest_check = REST_CHECK_EVENTS;
            if matches!(self.scenario.ends, Ends::Quiet { .. }) && self.is_at_rest(kernel.now()) {
                self.over = true;
                self.quiet = true;
            }
        }
    }
}
