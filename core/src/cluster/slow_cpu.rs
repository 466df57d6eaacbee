//! A slow processor: every input of a node takes time, and those that come meanwhile wait in line.
//!
//! The node does nothing with an input until its time has been spent, so answers, heartbeats and
//! timers are late by the length of the queue.

use super::World;
use super::world::{KafkaEvent, ScriptItem};
use crate::fact::NodeId;
use crate::kernel::{Kernel, Span};
use std::collections::VecDeque;

/// The processor of a node while it is slow.
#[derive(Clone, Debug, Default)]
pub(super) struct SlowCpu {
    /// The faults that hold, by number; the last one counts.
    takes: Vec<(u64, Span)>,
    /// Inputs that wait; the first one is being worked on.
    queue: VecDeque<KafkaEvent>,
    /// The script item that tells that the first one is done.
    item: u32,
}

impl World {
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
        kernel: &mut Kernel<KafkaEvent>,
    ) {
        let Some(cpu) = self.slow_cpus.get_mut(&node) else { return };
        cpu.takes.retain(|(n, _)| *n != number);
        if cpu.takes.is_empty()
            && let Some(cpu) = self.slow_cpus.remove(&node)
        {
            for event in cpu.queue {
                self.substrate.dispatch(&mut self.nodes, event, kernel);
            }
        }
    }

    /// Takes an event that has to wait for the processor of its node; gives back any other.
    #[cold]
    pub(super) fn wait_for_cpu(
        &mut self,
        event: KafkaEvent,
        kernel: &mut Kernel<KafkaEvent>,
    ) -> Option<KafkaEvent> {
        let target = self.target(&event);
        let Some(cpu) = target.and_then(|node| self.slow_cpus.get_mut(&node)) else {
            return Some(event);
        };
        cpu.queue.push_back(event);
        if cpu.queue.len() == 1 {
            cpu.begin(kernel);
        }
        None
    }

    /// The processor has spent its time on the first input that waits.
    pub(super) fn cpu_done(&mut self, node: NodeId, kernel: &mut Kernel<KafkaEvent>) {
        let Some(cpu) = self.slow_cpus.get_mut(&node) else { return };
        let Some(event) = cpu.queue.pop_front() else { return };
        if !cpu.queue.is_empty() {
            cpu.begin(kernel);
        }
        self.substrate.dispatch(&mut self.nodes, event, kernel);
    }
}

impl SlowCpu {
    fn begin(&self, kernel: &mut Kernel<KafkaEvent>) {
        let takes = self.takes.last().map_or(Span::ZERO, |t| t.1);
        kernel.schedule_after(takes, KafkaEvent::Script(self.item));
    }
}
