//! A processor that takes time: every input of a node whose processor is slow, or of any node where
//! a cost model is on. Those that come meanwhile wait in line.
//!
//! The node does nothing with an input until its time has been spent, so answers, heartbeats and
//! timers are late by the length of the queue.

use super::World;
use super::world::{ScriptItem, WorldEvent};
use crate::fact::NodeId;
use crate::kernel::{Kernel, Span};
use crate::substrate::Segment;
use std::collections::VecDeque;

/// The processor of a node while it is slow.
#[derive(Clone, Debug, Default)]
pub(super) struct SlowCpu {
    /// The faults that hold, by number; the last one counts.
    takes: Vec<(u64, Span)>,
    /// Inputs that wait; the first one is being worked on.
    queue: VecDeque<WorldEvent>,
    /// The script item that tells that the first one is done.
    item: u32,
    /// A cost model is on: it takes time, slow or not.
    priced: bool,
}

impl World {
    /// Where a cost model is on, inputs of all nodes have a price.
    pub(super) fn price_inputs(&mut self) {
        let nodes = if self.substrate.load.is_some() { self.nodes.len() as u16 } else { 0 };
        for node in (0..nodes).map(NodeId) {
            let item = self.script_item(ScriptItem::CpuDone(node));
            self.slow_cpus.insert(node, SlowCpu { item, priced: true, ..SlowCpu::default() });
        }
    }

    /// From now on each input of the node takes so long, until [`World::cpu_recovers`].
    pub(super) fn slow_cpu(&mut self, node: NodeId, number: u64, takes: Span) {
        if !self.slow_cpus.contains_key(&node) {
            let item = self.script_item(ScriptItem::CpuDone(node));
            self.slow_cpus.insert(node, SlowCpu { item, ..SlowCpu::default() });
        }
        if let Some(cpu) = self.slow_cpus.get_mut(&node) {
            cpu.takes.push((number, takes));
        }
    }

    /// One of the faults ends; with the last one everything that waits is done at once.
    pub(super) fn cpu_recovers(
        &mut self,
        node: NodeId,
        number: u64,
        kernel: &mut Kernel<WorldEvent>,
    ) {
        let Some(cpu) = self.slow_cpus.get_mut(&node) else { return };
        cpu.takes.retain(|(n, _)| *n != number);
        if cpu.takes.is_empty()
            && !cpu.priced
            && let Some(cpu) = self.slow_cpus.remove(&node)
        {
            for event in cpu.queue {
                self.substrate.dispatch(&mut self.nodes, event, kernel);
            }
        }
    }

    /// Whether the event is for a node whose processor is slow.
    #[cold]
    pub(super) fn is_slowed(&self, event: &WorldEvent) -> bool {
        self.target(event).is_some_and(|node| self.slow_cpus.contains_key(&node))
    }

    /// Lets an event wait for the slow processor of its node.
    #[cold]
    pub(super) fn wait_for_cpu(&mut self, event: WorldEvent, kernel: &mut Kernel<WorldEvent>) {
        let target = self.target(&event);
        let Some(node) = target else { return };
        let Some(cpu) = self.slow_cpus.get_mut(&node) else { return };
        cpu.queue.push_back(event);
        if cpu.queue.len() == 1 {
            self.cpu_begins(node, kernel);
        }
    }

    /// The processor begins with the first input that waits.
    fn cpu_begins(&mut self, node: NodeId, kernel: &mut Kernel<WorldEvent>) {
        let Some(cpu) = self.slow_cpus.get(&node) else { return };
        let mut takes = cpu.takes.last().map_or(Span::ZERO, |t| t.1);
        if let Some(WorldEvent::Arrive { segment: Segment::Data(packet), .. }) = cpu.queue.front() {
            takes = takes + self.substrate.receiving(node, packet, kernel.now());
        }
        kernel.schedule_after(takes, WorldEvent::Script(cpu.item));
    }

    /// The processor has spent its time on the first input that waits.
    pub(super) fn cpu_done(&mut self, node: NodeId, kernel: &mut Kernel<WorldEvent>) {
        let Some(cpu) = self.slow_cpus.get_mut(&node) else { return };
        let Some(event) = cpu.queue.pop_front() else { return };
        let more = !cpu.queue.is_empty();
        self.substrate.dispatch(&mut self.nodes, event, kernel);
        if more {
            self.cpu_begins(node, kernel);
        }
    }
}
