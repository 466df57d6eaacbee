//! What steps do: the fault vocabulary applied to the world.

use super::run::StepTaken;
use super::world::{KafkaEvent, ScriptItem, Undo};
use super::{Node, World};
use crate::brokers::kafka::error::Error;
use crate::fact::{Fact, LaneId, NodeId, Outage};
use crate::kernel::{Kernel, Time};
use crate::scenario::model::{Action, DiskModel, Role, Until};
use crate::substrate::{DiskCost, DiskHealth, FileId, Latency};

impl World {
    /// Carries out a step and notes it.
    pub(super) fn take_step(&mut self, step: usize, kernel: &mut Kernel<KafkaEvent>) {
        let action = self.scenario.steps[step].action.clone();
        let without_effect = self.apply(&action, kernel).err();
        let (time, event) = (kernel.now(), kernel.event());
        self.steps_taken.push(StepTaken { time, event, step, without_effect });
    }

    /// Does something to the world; `Err` says why nothing happened.
    pub fn apply(
        &mut self,
        action: &Action,
        kernel: &mut Kernel<KafkaEvent>,
    ) -> Result<(), String> {
        match *action {
            Action::Crash { node } => self.each(node, |w, n| w.stop(n, Outage::Crash, kernel)),
            Action::PowerOff { node } => {
                self.each(node, |w, n| w.stop(n, Outage::PowerOff, kernel))
            }
            Action::Shutdown { node } => self.each(node, |w, n| w.shut_down(n, kernel)),
            Action::Restart { node } => self.each(node, |w, n| {
                if w.substrate.node(n).is_up() {
                    w.stop(n, Outage::Crash, kernel)?;
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
                for (a, b) in self.links(from, to, false)? {
                    for held in self.cuts.values_mut() {
                        held.retain(|pair| *pair != (a, b));
                    }
                    while self.substrate.network.is_cut(a, b) {
                        self.substrate.heal(a, b, kernel);
                    }
                    let latency = self.substrate.network.default_latency();
                    self.substrate.network.set_latency(a, b, latency);
                    self.substrate.network.set_bandwidth(a, b, 0);
                }
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
                let before = self.substrate.network.default_latency();
                let slow = Latency { low: latency.low, high: latency.high };
                for &(a, b) in &pairs {
                    self.substrate.network.set_latency(a, b, slow);
                }
                self.undo_later(until, Undo::Latency(pairs, before), kernel);
                Ok(())
            }
            Action::Bandwidth { from, to, bytes_per_second, until } => {
                let pairs = self.links(from, to, false)?;
                for &(a, b) in &pairs {
                    self.substrate.network.set_bandwidth(a, b, bytes_per_second);
                }
                self.undo_later(until, Undo::Bandwidth(pairs), kernel);
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
                let at = w.substrate.node_mut(n);
                at.disk.cost = DiskCost { append: disk.append, sync: disk.sync };
                w.disk_state(n, "slow", kernel);
                // What the file says of disks, also if the disk was slow already: overlapping faults
                // must not leave it slow for ever.
                let DiskModel { append, sync } = w.scenario.disk;
                w.undo_later(until, Undo::Disk(n, DiskCost { append, sync }), kernel);
                Ok(())
            }),
            Action::FullDisk { node, until } => self.each(node, |w, n| {
                w.substrate.node_mut(n).disk.health = DiskHealth::Full;
                w.disk_state(n, "full", kernel);
                w.undo_later(until, Undo::Space(n), kernel);
                Ok(())
            }),
            Action::FailDisk { node } => self.each(node, |w, n| {
                w.substrate.node_mut(n).disk.health = DiskHealth::Failed;
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
            Action::SetTopic { topic, ref config } => {
                let version = self.plan.later_configs.iter().position(|c| c == config);
                let version = version.map_or(0, |v| v as u32 + 1);
                let controller = self.acting_controller()?;
                self.with_node(controller, kernel, |node, fx| {
                    if let Node::Controller(controller) = node {
                        controller.alter_config(topic as u16, version, fx);
                    }
                });
                Ok(())
            }
            Action::Burst { producer, count } => {
                if !self.substrate.node(producer).is_up() {
                    return Err(self.is_not(producer, "running"));
                }
                self.with_node(producer, kernel, |node, fx| {
                    if let Node::Producer(producer) = node {
                        producer.burst(count, fx);
                    }
                });
                Ok(())
            }
            Action::Say => Ok(()),
        }
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

    fn links(&self, from: Role, to: Role, one_way: bool) -> Result<Vec<(NodeId, NodeId)>, String> {
        let mut pairs = self.pairs(from, to);
        if !one_way {
            for (a, b) in self.pairs(from, to) {
                if !pairs.contains(&(b, a)) {
                    pairs.push((b, a));
                }
            }
        }
        if pairs.is_empty() { Err("no link is meant at this moment".into()) } else { Ok(pairs) }
    }

    fn cut(
        &mut self,
        pairs: Vec<(NodeId, NodeId)>,
        until: Until,
        kernel: &mut Kernel<KafkaEvent>,
    ) -> Result<(), String> {
        for &(a, b) in &pairs {
            self.substrate.cut(a, b, kernel);
        }
        let number = self.cuts.last_key_value().map_or(0, |(n, _)| n + 1);
        self.cuts.insert(number, pairs);
        self.undo_later(until, Undo::Heal(number), kernel);
        Ok(())
    }

    fn disk_state(&mut self, node: NodeId, state: &'static str, kernel: &mut Kernel<KafkaEvent>) {
        self.substrate.state(Fact::DiskState { node, state }, kernel);
    }

    fn stop(
        &mut self,
        node: NodeId,
        how: Outage,
        kernel: &mut Kernel<KafkaEvent>,
    ) -> Result<(), String> {
        let Some(fell_back) = self.substrate.stop(node, how, kernel) else {
            return Err(self.is_not(node, "running"));
        };
        // Files of other nodes are no lanes.
        let is_broker = node.0 < self.plan.brokers;
        for (file, from, to) in fell_back.into_iter().filter(|_| is_broker) {
            let lane = LaneId(file.0 as u16);
            if !self.plan.lane(lane).internal {
                self.substrate.state(Fact::RolledBack { lane, node, from, to }, kernel);
            }
        }
        Ok(())
    }

    fn shut_down(&mut self, node: NodeId, kernel: &mut Kernel<KafkaEvent>) -> Result<(), String> {
        if !self.substrate.node(node).is_up() {
            return Err(self.is_not(node, "running"));
        }
        self.with_node(node, kernel, |node, fx| match node {
            Node::Broker(broker) => broker.shut_down(fx),
            Node::Consumer(consumer) => consumer.shutdown(fx),
            Node::Controller(controller) => controller.shut_down(fx),
            Node::Producer(_) => fx.exit(Outage::Shutdown),
        });
        Ok(())
    }

    fn wipe_disk(&mut self, node: NodeId, kernel: &mut Kernel<KafkaEvent>) -> Result<(), String> {
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
        kernel: &mut Kernel<KafkaEvent>,
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
            self.substrate.state(Fact::RolledBack { lane, node, from, to }, kernel);
        }
        Ok(())
    }

    /// The controller that administration goes to, or why there is none.
    fn acting_controller(&self) -> Result<NodeId, String> {
        let active = self.active_controller().ok_or("no controller is active")?;
        match self.substrate.node(active).is_up() {
            true => Ok(active),
            false => Err(self.is_not(active, "running")),
        }
    }

    fn elect(
        &mut self,
        lane: LaneId,
        unclean: bool,
        kernel: &mut Kernel<KafkaEvent>,
    ) -> Result<(), String> {
        let controller = self.acting_controller()?;
        let result = self.with_node(controller, kernel, |node, fx| match node {
            Node::Controller(controller) if unclean => controller.elect_unclean(lane, fx),
            Node::Controller(controller) => controller.elect_preferred(lane, fx),
            _ => Err(Error::NotController),
        });
        result.map_err(|error| error.name().to_string())
    }

    // ── the ends of faults ───────────────────────────────────────────────────────────────────

    fn undo_later(&mut self, until: Until, undo: Undo, kernel: &mut Kernel<KafkaEvent>) {
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

    pub(super) fn undo(&mut self, undo: Undo, kernel: &mut Kernel<KafkaEvent>) {
        match undo {
            Undo::Resume(node) => {
                self.substrate.resume(node, kernel);
            }
            Undo::Heal(number) => {
                // The number stays in use: a later cut must not get it.
                let pairs = self.cuts.get_mut(&number).map(std::mem::take);
                for (a, b) in pairs.unwrap_or_default() {
                    self.substrate.heal(a, b, kernel);
                }
            }
            Undo::Latency(pairs, latency) => {
                for (a, b) in pairs {
                    self.substrate.network.set_latency(a, b, latency);
                }
            }
            Undo::Bandwidth(pairs) => {
                for (a, b) in pairs {
                    self.substrate.network.set_bandwidth(a, b, 0);
                }
            }
            Undo::Disk(node, cost) => {
                self.substrate.node_mut(node).disk.cost = cost;
                self.disk_state(node, "healthy", kernel);
            }
            Undo::Space(node) => {
                let disk = &mut self.substrate.node_mut(node).disk;
                if disk.health == DiskHealth::Full {
                    disk.health = DiskHealth::Healthy;
                    self.disk_state(node, "healthy", kernel);
                }
            }
        }
    }
}
