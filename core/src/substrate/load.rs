//! What machines spend, where a cost model is on: processor time, disk and network card, each a
//! thing that does one piece of work after the other, and how much of each was used.
//!
//! A packet has a price ([`super::Packet::price`]) when it is received and when it is sent. What is
//! received waits for the processor in a queue; what is sent leaves when processor, disk and card
//! have done their part. The prices are the family's.

use crate::fact::NodeId;
use crate::kernel::{Span, Time};

/// The machine every node runs on, as a scenario chooses it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Machine {
    /// Writes and reads go to neighbouring places of the disk; otherwise each needs a seek.
    pub sequential: bool,
    /// Writes end in the page cache, and what was written lately is read from there.
    pub page_cache: bool,
    /// What is read goes from the page cache to the network card without a copy by the processor.
    pub zero_copy: bool,
    /// Bytes a second of the disk.
    pub disk_rate: u64,
    /// A seek of the disk.
    pub seek: Span,
    /// Bytes a second of the network card.
    pub network_rate: u64,
}

/// Whether a packet comes or goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// It was received.
    Received,
    /// It is about to be sent.
    Sent,
}

/// What a piece of work costs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Price {
    /// Processor time.
    pub cpu: Span,
    /// Time of the disk that is waited for.
    pub disk: Span,
    /// Calls of the operating system.
    pub system_calls: u64,
    /// Bytes the processor copies from one place in memory to another.
    pub copied: u64,
    /// Bytes written to or read from the disk.
    pub disk_bytes: u64,
}

impl Price {
    /// Both together.
    pub fn and(self, other: Price) -> Price {
        Price {
            cpu: self.cpu + other.cpu,
            disk: self.disk + other.disk,
            system_calls: self.system_calls + other.system_calls,
            copied: self.copied + other.copied,
            disk_bytes: self.disk_bytes + other.disk_bytes,
        }
    }
}

/// What a machine has spent since the start of the run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Spent {
    /// Everything with a price.
    pub price: Price,
    /// Bytes sent.
    pub sent: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Busy {
    processor: Time,
    disk: Time,
    card: Time,
    spent: Spent,
}

/// All machines.
#[derive(Clone, Debug)]
pub struct Load {
    machine: Machine,
    /// The first so many nodes are servers, the others clients.
    servers: u16,
    nodes: Vec<Busy>,
}

/// How long `bytes` take at `rate` bytes a second.
pub fn transfer(bytes: u64, rate: u64) -> Span {
    Span(
        u64::try_from(u128::from(bytes) * 1_000_000_000 / u128::from(rate.max(1)))
            .unwrap_or(u64::MAX),
    )
}

impl Load {
    /// So many idle machines, the first of which are servers.
    pub fn new(machine: Machine, servers: u16, nodes: usize) -> Load {
        Load { machine, servers, nodes: vec![Busy::default(); nodes] }
    }

    /// Whether the node is a server.
    pub fn is_server(&self, node: NodeId) -> bool {
        node.0 < self.servers
    }

    /// The kind of machine.
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// What a node has spent.
    pub fn spent(&self, node: NodeId) -> Spent {
        self.nodes.get(usize::from(node.0)).map_or_else(Spent::default, |n| n.spent)
    }

    /// The node does this from `now` on, as soon as processor and disk are free for it. Returns when
    /// it is done.
    pub fn spend(&mut self, node: NodeId, price: Price, now: Time) -> Time {
        let Some(busy) = self.nodes.get_mut(usize::from(node.0)) else { return now };
        busy.spent.price = busy.spent.price.and(price);
        let mut done = now;
        if price.cpu > Span::ZERO {
            busy.processor = busy.processor.max(done) + price.cpu;
            done = busy.processor;
        }
        if price.disk > Span::ZERO {
            busy.disk = busy.disk.max(done) + price.disk;
            done = busy.disk;
        }
        done
    }

    /// A packet of so many bytes is handed to the network card at `ready`. Returns when it has left.
    pub fn leave(&mut self, node: NodeId, bytes: u32, ready: Time) -> Time {
        let rate = self.machine.network_rate;
        let Some(busy) = self.nodes.get_mut(usize::from(node.0)) else { return ready };
        busy.spent.sent += u64::from(bytes);
        busy.card = busy.card.max(ready) + transfer(bytes.into(), rate);
        busy.card
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NODE: NodeId = NodeId(0);

    fn load() -> Load {
        let machine = Machine {
            sequential: true,
            page_cache: true,
            zero_copy: true,
            disk_rate: 1_000_000,
            seek: Span::millis(10),
            network_rate: 1_000_000,
        };
        Load::new(machine, 1, 1)
    }

    #[test]
    fn work_queues_for_the_processor_and_then_for_the_disk() {
        let mut load = load();
        let price = Price { cpu: Span::micros(10), disk: Span::micros(100), ..Price::default() };
        assert_eq!(load.spend(NODE, price, Time(0)), Time(110_000));
        // The processor is free again at 10 µs, the disk at 110 µs.
        assert_eq!(load.spend(NODE, price, Time(0)), Time(210_000));
        assert_eq!(load.spent(NODE).price.cpu, Span::micros(20));
    }

    #[test]
    fn packets_leave_one_after_the_other_at_the_cards_rate() {
        let mut load = load();
        assert_eq!(load.leave(NODE, 1_000, Time(0)), Time(1_000_000));
        assert_eq!(load.leave(NODE, 1_000, Time(0)), Time(2_000_000));
        assert_eq!(load.spent(NODE).sent, 2_000);
    }

    #[test]
    fn an_idle_machine_does_nothing_that_costs_nothing() {
        assert_eq!(load().spend(NODE, Price::default(), Time(5)), Time(5));
    }
}
