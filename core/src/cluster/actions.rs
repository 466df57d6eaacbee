//! What steps do: the fault vocabulary applied to the world.

use super::run::StepTaken;
use super::world::{ScriptItem, Undo, WorldEvent};
use super::{Node, World};
use crate::brokers::kafka::client::consumer::{Consumer, Failing, KeyedMessages};
use crate::brokers::kafka::error::Error;
use crate::brokers::kafka::settings::TopicConfig;
use crate::fact::{DiskLoss, Fact, LaneId, NodeId, Outage};
use crate::kernel::{Kernel, Key, Time, subject};
use crate::scenario::model::{Action, DiskModel, HandlerFault, Role, Survives, Until};
use crate::sites;
use crate::substrate::{Disk, DiskCost, DiskHealth, FileId, Latency};
use std::sync::Arc;

impl World {
    /// Carries out a step and notes it.
    pub(super) fn take_step(&mut self, step: usize, kernel: &mut Kernel<WorldEvent>) {
        let action = self.scenario.steps[step].action.clone();
        let nodes = action.target().map(|role| self.resolve(role)).unwrap_or_default();
        let without_effect = self.apply(&action, kernel).err();
        let (time, event) = (kernel.now(), kernel.event());
        self.steps_taken.push(StepTaken { time, event, step, nodes, without_effect });
    }

    /// Does something to the world; `Err` says why nothing happened.
    pub fn apply(
        &mut self,
        action: &Action,
        kernel: &mut Kernel<WorldEvent>,
    ) -> Result<(), String> {
        match *action {
            Action::Crash { node } => self.each(node, |w, n| w.crash(n, kernel)),
            Action::PowerOff { node, survives } => {
                self.each(node, |w, n| w.power_off(n, survives, kernel))
            }
            Action::Shutdown { node } => self.each(node, |w, n| w.shut_down(n, kernel)),
            Action::Restart { node } => self.each(node, |w, n| {
                if w.substrate.node(n).is_up() {
                    w.crash(n, kernel)?;
                    w.settle(kernel);
                }
                w.substrate.boot(&mut w.nodes, n, kernel);
                Ok(())
            }),
            Action::Pause { node, until } => self.each(node, |w, n| {
                if !w.substrate.pause(n, kernel) {
                    return Err(w.is_not(n, "running"));
                }
                w.undo_later(until, Undo::Resume(n), kernel);
                Ok(())
            }),
            Action::Resume { node } => {
                self.each(node, |w, n| match w.substrate.resume(n, kernel) {
                    true => Ok(()),
                    false => Err(w.is_not(n, "paused")),
                })
            }
            Action::Cut { from, to, one_way, until } => {
                let pairs = self.links(from, to, one_way)?;
                self.cut(pairs, until, kernel)
            }
            Action::Isolate { node, until } => {
                let pairs = self.links(node, Role::Everyone, false)?;
                self.cut(pairs, until, kernel)
            }
            Action::Heal { from, to } => {
                let pairs = self.links(from, to, false)?;
                for held in self.cuts.values_mut() {
                    held.retain(|pair| !pairs.contains(pair));
                }
                let mut cuts = Vec::new();
                for &(a, b) in &pairs {
                    let count = self.substrate.network.cuts(a, b) as usize;
                    cuts.extend(std::iter::repeat_n((a, b), count));
                    self.substrate.network.relieve(None, a, b);
                }
                self.substrate.heal(&cuts, kernel);
                Ok(())
            }
            Action::Reset { from, to } => {
                let mut broken = 0;
                for (a, b) in self.pairs(from, to) {
                    broken += self.substrate.reset(a, b, kernel);
                }
                if broken == 0 { Err("no connection between them".into()) } else { Ok(()) }
            }
            Action::SlowLink { from, to, latency, one_way, until } => {
                let pairs = self.links(from, to, one_way)?;
                let fault = self.new_fault();
                let slow = Latency { low: latency.low, high: latency.high };
                for &(a, b) in &pairs {
                    self.substrate.network.slow(fault, a, b, slow);
                }
                self.undo_later(until, Undo::Links(fault, pairs), kernel);
                Ok(())
            }
            Action::Bandwidth { from, to, bytes_per_second, until } => {
                let pairs = self.links(from, to, false)?;
                let fault = self.new_fault();
                for &(a, b) in &pairs {
                    self.substrate.network.narrow(fault, a, b, bytes_per_second);
                }
                self.undo_later(until, Undo::Links(fault, pairs), kernel);
                Ok(())
            }
            Action::Lose { ref packet, from, to, count } => {
                let pairs = self.links(from, to, true)?;
                for (a, b) in pairs {
                    self.substrate.network.doom(a, b, packet, count);
                }
                Ok(())
            }
            Action::SlowDisk { node, disk, until } => self.each(node, |w, n| {
                let fault = w.new_fault();
                let DiskModel { append, sync } = disk;
                w.substrate.node_mut(n).disk.slow(fault, DiskCost { append, sync });
                w.disk_state(n, "slow", kernel);
                w.undo_later(until, Undo::Disk(fault, n), kernel);
                Ok(())
            }),
            Action::FullDisk { node, until } => self.each(node, |w, n| {
                let fault = w.new_fault();
                w.substrate.node_mut(n).disk.fill(fault);
                w.disk_state(n, "full", kernel);
                w.undo_later(until, Undo::Disk(fault, n), kernel);
                Ok(())
            }),
            Action::FailDisk { node } => self.each(node, |w, n| {
                w.substrate.node_mut(n).disk.fail();
                w.disk_state(n, "failing", kernel);
                w.last_fault = Time::NEVER;
                Ok(())
            }),
            Action::WipeDisk { node } => self.each(node, |w, n| w.wipe_disk(n, kernel)),
            Action::CorruptTail { node, lane, records } => {
                self.each(node, |w, n| w.corrupt_tail(n, lane, records, kernel))
            }
            Action::ClockJump { node, by } => self.each(node, |w, n| {
                w.substrate.node_mut(n).clock.jump(kernel.now(), by);
                Ok(())
            }),
            Action::ClockDrift { node, ppm } => self.each(node, |w, n| {
                w.substrate.node_mut(n).clock.drift(kernel.now(), ppm);
                Ok(())
            }),
            Action::ElectPreferred { lane } => self.elect(lane, false, kernel),
            Action::ElectUnclean { lane } => self.elect(lane, true, kernel),
            Action::Reassign { .. } if self.plan.zookeeper.is_some() => {
                Err("partitions are not reassigned in ZooKeeper mode".into())
            }
            Action::Reassign { lane, ref to } => {
                let controller = self.acting_controller()?;
                let result = self.with_node(controller, kernel, |node, fx| match node {
                    Node::Controller(controller) => controller.reassign(lane, to, fx),
                    _ => Err(Error::NotController),
                });
                result.map_err(|error| error.name().to_string())
            }
            Action::SetTopic { .. } if self.plan.zookeeper.is_some() => {
                Err("topic settings do not change during a run in ZooKeeper mode".into())
            }
            Action::SetTopic { topic, ref config } => {
                let version = self.config_version(config);
                let controller = self.acting_controller()?;
                self.with_node(controller, kernel, |node, fx| {
                    if let Node::Controller(controller) = node {
                        controller.alter_config(topic as u16, version, fx);
                    }
                });
                Ok(())
            }
            Action::Burst { producer, count } => {
                self.must_run(producer)?;
                self.with_node(producer, kernel, |node, fx| {
                    if let Node::Producer(producer) = node {
                        producer.burst(count, fx);
                    }
                });
                Ok(())
            }
            Action::FailHandler { consumer, ref which, exception, until } => {
                let failing = self.failing(which);
                // A number of calls is spent by the consumer itself, not once more by each of the
                // containers that read its retry topics.
                let alone = matches!(failing, Failing::Next(_));
                self.trouble(consumer, alone, until, kernel, |c, number| {
                    c.handler_fails(number, failing.clone(), exception);
                });
                Ok(())
            }
            Action::SlowHandler { consumer, takes, until } => {
                self.trouble(consumer, false, until, kernel, |c, number| {
                    c.handler_slows(number, takes);
                });
                Ok(())
            }
            Action::SlowCpu { node, takes, until } => self.each(node, |w, n| {
                let number = w.new_fault().0;
                w.slow_cpu(n, number, takes);
                w.undo_later(until, Undo::Cpu(n, number), kernel);
                Ok(())
            }),
            Action::Say => Ok(()),
        }
    }

    /// The number by which the cluster knows these topic settings. Those of the scenario's steps are
    /// known from the start; others, which only a person sets, become known here.
    fn config_version(&mut self, config: &TopicConfig) -> u32 {
        let known = self.plan.later_configs.iter().position(|c| c == config);
        let at = known.unwrap_or_else(|| {
            let mut plan = (*self.plan).clone();
            plan.later_configs.push(config.clone());
            self.plan = Arc::new(plan);
            for node in &mut self.nodes {
                match node {
                    Node::Broker(broker) => broker.replan(self.plan.clone()),
                    Node::Controller(controller) => controller.replan(self.plan.clone()),
                    Node::ZooKeeper(server) => server.replan(self.plan.clone()),
                    Node::Producer(_) | Node::Consumer(_) => {}
                }
            }
            self.plan.later_configs.len() - 1
        });
        at as u32 + 1
    }

    /// Does the same to every node a role means; fails if it fails for all of them.
    fn each(
        &mut self,
        role: Role,
        mut act: impl FnMut(&mut World, NodeId) -> Result<(), String>,
    ) -> Result<(), String> {
        let nodes = self.resolve(role);
        let mut problem = Some("nobody is meant at this moment".to_string());
        let mut done = false;
        for node in nodes {
            match act(self, node) {
                Ok(()) => done = true,
                Err(why) => problem = Some(why),
            }
        }
        match problem {
            Some(why) if !done => Err(why),
            _ => Ok(()),
        }
    }

    fn is_not(&self, node: NodeId, what: &str) -> String {
        format!("{} is not {what}", self.directory.node(node))
    }

    /// What needs a process that answers has no effect on one that is down or stands still.
    fn must_run(&self, node: NodeId) -> Result<(), String> {
        match self.substrate.node(node).goes_on() {
            true => Ok(()),
            false => Err(self.is_not(node, "running")),
        }
    }

    /// The directions of links that an action between two roles means now, first to second; the
    /// other direction, too, unless it is `one_way`.
    pub fn link_directions(&self, from: Role, to: Role, one_way: bool) -> Vec<(NodeId, NodeId)> {
        let mut pairs = self.pairs(from, to);
        if !one_way {
            for (a, b) in self.pairs(from, to) {
                if !pairs.contains(&(b, a)) {
                    pairs.push((b, a));
                }
            }
        }
        pairs
    }

    fn links(&self, from: Role, to: Role, one_way: bool) -> Result<Vec<(NodeId, NodeId)>, String> {
        let pairs = self.link_directions(from, to, one_way);
        if pairs.is_empty() { Err("no link is meant at this moment".into()) } else { Ok(pairs) }
    }

    fn cut(
        &mut self,
        pairs: Vec<(NodeId, NodeId)>,
        until: Until,
        kernel: &mut Kernel<WorldEvent>,
    ) -> Result<(), String> {
        for &(a, b) in &pairs {
            self.substrate.cut(a, b, kernel);
        }
        let fault = self.new_fault();
        self.cuts.insert(fault, pairs);
        self.undo_later(until, Undo::Heal(fault), kernel);
        Ok(())
    }

    fn disk_state(&mut self, node: NodeId, state: &'static str, kernel: &mut Kernel<WorldEvent>) {
        self.substrate.state(Fact::DiskState { node, state }, kernel);
    }

    fn crash(&mut self, node: NodeId, kernel: &mut Kernel<WorldEvent>) -> Result<(), String> {
        match self.substrate.stop(node, Outage::Crash, kernel) {
            Some(_) => Ok(()),
            None => Err(self.is_not(node, "running")),
        }
    }

    fn power_off(
        &mut self,
        node: NodeId,
        survives: Survives,
        kernel: &mut Kernel<WorldEvent>,
    ) -> Result<(), String> {
        let (directory, chooser) = (self.directory.clone(), kernel.chooser.clone());
        let ordinal = u64::from(self.substrate.node(node).boots);
        let left = |file: FileId, unsynced: u64| match survives {
            Survives::Nothing => 0,
            Survives::Prefix => {
                let lane = directory.lane(LaneId(file.0 as u16));
                let subject = subject(["disk", directory.node(node), lane]);
                chooser.choose(Key { site: sites::POWER_LOSS, subject, ordinal }, unsynced + 1)
            }
        };
        let stopped = self.substrate.stop_leaving(node, Outage::PowerOff, left, kernel);
        let Some(fell_back) = stopped else {
            return Err(self.is_not(node, "running"));
        };
        // Files of other nodes are no lanes.
        let is_broker = node.0 < self.plan.brokers;
        for (file, from, to) in fell_back.into_iter().filter(|_| is_broker) {
            let lane = LaneId(file.0 as u16);
            if !self.plan.lane(lane).internal {
                self.substrate.state(
                    Fact::RolledBack { lane, node, from, to, loss: DiskLoss::PowerLoss },
                    kernel,
                );
            }
        }
        Ok(())
    }

    fn shut_down(&mut self, node: NodeId, kernel: &mut Kernel<WorldEvent>) -> Result<(), String> {
        self.must_run(node)?;
        self.with_node(node, kernel, |node, fx| match node {
            Node::Broker(broker) => broker.shut_down(fx),
            Node::Consumer(consumer) => consumer.shutdown(fx),
            Node::Controller(controller) => controller.shut_down(fx),
            Node::ZooKeeper(server) => server.shut_down(fx),
            Node::Producer(_) => fx.exit(Outage::Shutdown),
        });
        Ok(())
    }

    fn wipe_disk(&mut self, node: NodeId, kernel: &mut Kernel<WorldEvent>) -> Result<(), String> {
        if self.substrate.node(node).is_up() {
            return Err(self.is_not(node, "down"));
        }
        if node.0 >= self.plan.brokers {
            // An unformatted metadata log directory: "run kafka-storage format first".
            return Err(format!(
                "{} would not start from an empty disk",
                self.directory.node(node)
            ));
        }
        for (file, _) in self.substrate.node_mut(node).disk.wipe() {
            let lane = LaneId(file.0 as u16);
            if !self.plan.lane(lane).internal {
                self.substrate.state(Fact::Wiped { lane, node }, kernel);
            }
        }
        if let Some(Node::Broker(broker)) = self.nodes.get_mut(node.0 as usize) {
            broker.wiped();
        }
        Ok(())
    }

    fn corrupt_tail(
        &mut self,
        node: NodeId,
        lane: LaneId,
        records: u64,
        kernel: &mut Kernel<WorldEvent>,
    ) -> Result<(), String> {
        if self.substrate.node(node).is_up() {
            return Err(self.is_not(node, "down"));
        }
        if node.0 >= self.plan.brokers {
            return Err(self.is_not(node, "a broker"));
        }
        let disk = &mut self.substrate.node_mut(node).disk;
        let file = FileId(u32::from(lane.0));
        let from = disk.file(file).written;
        let to = from.saturating_sub(records);
        disk.tear(file, to);
        if to < from {
            self.substrate.state(
                Fact::RolledBack { lane, node, from, to, loss: DiskLoss::Corruption },
                kernel,
            );
        }
        Ok(())
    }

    /// The controller that administration goes to, or why there is none.
    fn acting_controller(&self) -> Result<NodeId, String> {
        let active = self.active_controller().ok_or("no controller is active")?;
        self.must_run(active)?;
        Ok(active)
    }

    /// What an election asked for now would answer.
    pub fn would_elect(&self, lane: LaneId, unclean: bool) -> Result<(), Error> {
        let active = self.active_controller().ok_or(Error::NotController)?;
        match self.nodes.get(active.0 as usize) {
            Some(Node::Controller(controller)) => controller.would_elect(lane, unclean),
            Some(Node::Broker(broker)) => broker.would_elect(lane, unclean),
            _ => Err(Error::NotController),
        }
    }

    fn elect(
        &mut self,
        lane: LaneId,
        unclean: bool,
        kernel: &mut Kernel<WorldEvent>,
    ) -> Result<(), String> {
        let controller = self.acting_controller()?;
        let result = self.with_node(controller, kernel, |node, fx| match node {
            Node::Controller(controller) if unclean => controller.elect_unclean(lane, fx),
            Node::Controller(controller) => controller.elect_preferred(lane, fx),
            Node::Broker(broker) => broker.elect_on_demand(lane, unclean, fx),
            _ => Err(Error::NotController),
        });
        result.map_err(|error| error.name().to_string())
    }

    fn failing(&self, which: &HandlerFault) -> Failing {
        match which {
            HandlerFault::Next(count) => Failing::Next(*count),
            HandlerFault::Share(share) => Failing::Share(*share),
            HandlerFault::Messages(messages) => Failing::Messages(messages.as_slice().into()),
            HandlerFault::Key(key) => {
                let keyed = self.scenario.producers.iter().map(|p| KeyedMessages {
                    first: p.sends.first,
                    count: p.sends.count,
                    keys: p.sends.keys.clone(),
                });
                Failing::Key(*key, keyed.collect())
            }
        }
    }

    /// Something goes wrong in a consumer's handler for a while, and unless it is meant `alone`
    /// also where the same listener reads its retry topics.
    fn trouble(
        &mut self,
        consumer: NodeId,
        alone: bool,
        until: Until,
        kernel: &mut Kernel<WorldEvent>,
        begins: impl Fn(&mut Consumer, u64),
    ) {
        let of_listener = self.scenario.consumers.iter().filter(|c| c.listener == Some(consumer));
        let others: Vec<NodeId> = of_listener.map(|c| c.node).collect();
        for node in std::iter::once(consumer).chain(others.into_iter().filter(|_| !alone)) {
            let number = self.new_fault().0;
            if let Some(Node::Consumer(at)) = self.nodes.get_mut(node.0 as usize) {
                begins(at, number);
            }
            self.undo_later(until, Undo::Trouble(node, number), kernel);
        }
    }

    // ── the ends of faults ───────────────────────────────────────────────────────────────────

    fn undo_later(&mut self, until: Until, undo: Undo, kernel: &mut Kernel<WorldEvent>) {
        let at = match until {
            Until::Never => {
                self.last_fault = Time::NEVER;
                return;
            }
            Until::At(at) => Time::ZERO + at,
            Until::For(span) => kernel.now() + span,
        };
        if self.last_fault != Time::NEVER {
            self.last_fault = self.last_fault.max(at);
        }
        self.script(at, ScriptItem::Undo(undo), kernel);
    }

    pub(super) fn undo(&mut self, undo: Undo, kernel: &mut Kernel<WorldEvent>) {
        match undo {
            Undo::Resume(node) => {
                self.substrate.resume(node, kernel);
            }
            Undo::Heal(fault) => {
                let held = self.cuts.remove(&fault).unwrap_or_default();
                self.substrate.heal(&held, kernel);
            }
            Undo::Links(fault, pairs) => {
                for (a, b) in pairs {
                    self.substrate.network.relieve(Some(fault), a, b);
                }
            }
            Undo::Trouble(consumer, number) => {
                if let Some(Node::Consumer(at)) = self.nodes.get_mut(consumer.0 as usize) {
                    at.trouble_ends(number);
                }
            }
            Undo::Cpu(node, number) => self.cpu_recovers(node, number, kernel),
            Undo::Disk(fault, node) => {
                let disk = &mut self.substrate.node_mut(node).disk;
                let before = disk_state(disk);
                disk.relieve(fault);
                let now = disk_state(disk);
                if now != before {
                    self.disk_state(node, now, kernel);
                }
            }
        }
    }
}

/// The state of a disk in the words of [`Fact::DiskState`]; of several the worst.
fn disk_state(disk: &Disk) -> &'static str {
    match disk.health() {
        DiskHealth::Failed => "failing",
        DiskHealth::Full => "full",
        DiskHealth::Healthy if disk.is_slow() => "slow",
        DiskHealth::Healthy => "healthy",
    }
}
