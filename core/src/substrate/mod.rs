//! The substrate: what actors stand on. Networks of TCP-like connections, disks with a page cache,
//! node power, node clocks, and the faults of all four.
//!
//! It may use the kernel and the vocabulary of facts; it knows no message queue. An [`Actor`] is a
//! state machine that receives an [`Input`] and answers through [`Effects`]; it never sees another
//! actor. Start with [`Effects`], then [`Substrate::dispatch`].

mod clock;
mod disk;
mod effects;
mod network;
mod node;
#[cfg(test)]
mod tests;

pub use clock::Clock;
pub use disk::{Disk, DiskCost, DiskHealth, FileId, FileState};
pub use effects::Effects;
pub use network::{Channel, ConnId, Connection, Latency, Network, Segment};
pub use node::{Node, Power};

use crate::fact::{Fact, NodeId, Outage, Stated};
use crate::kernel::{self, Kernel, Time};

/// What travels on a connection.
pub trait Packet: Clone {
    /// Its kind as scenario files name it: `Produce request`.
    fn kind(&self) -> &'static str;

    /// Its size on the wire, in bytes.
    fn size(&self) -> u32;

    /// A number that differs between different packets, for the digest.
    fn fingerprint(&self) -> u64;
}

/// A timer's meaning to the actor that set it.
pub trait TimerToken: Copy {
    /// What it is for: `linger`, `replica fetch wait`.
    fn kind(&self) -> &'static str;

    /// A number that differs between different tokens, for the digest.
    fn fingerprint(&self) -> u64;
}

/// What an actor is told.
#[derive(Clone, Debug)]
#[allow(missing_docs)] // the fields say what they are
pub enum Input<P, T> {
    /// The process starts, for the `boots`-th time (the first is 1). Files kept what the disk kept;
    /// everything else must be forgotten.
    Boot { boots: u16 },
    /// A connection this actor opened is ready.
    Connected { conn: ConnId, peer: NodeId, channel: Channel },
    /// A connection broke, was refused, or was closed by the other side. It is not heard of again.
    Disconnected { conn: ConnId, peer: NodeId, channel: Channel, why: &'static str },
    /// A packet arrived.
    Packet { conn: ConnId, peer: NodeId, packet: P },
    /// A timer fired.
    Timer(T),
    /// A sync that was asked for has finished: `upto` is durable.
    Synced { file: FileId, upto: u64 },
}

/// A state machine on a node.
pub trait Actor {
    /// What it sends and receives.
    type Packet: Packet;
    /// What its timers mean.
    type Timer: TimerToken;

    /// Receives one input and answers through `fx`.
    fn on(
        &mut self,
        input: Input<Self::Packet, Self::Timer>,
        fx: &mut Effects<'_, Self::Packet, Self::Timer>,
    );
}

/// What happens in the substrate.
#[derive(Clone, Debug)]
#[allow(missing_docs)] // the fields say what they are
pub enum Event<P, T> {
    /// A segment reaches the end of its link; `toward` is the side it goes to.
    Arrive {
        conn: ConnId,
        toward: u8,
        from: NodeId,
        to: NodeId,
        departed: Time,
        segment: Segment<P>,
    },
    /// A timer of a process that booted for the `boots`-th time.
    Timer { node: NodeId, boots: u16, timer: T },
    /// A sync has finished.
    Synced { node: NodeId, boots: u16, file: FileId, upto: u64 },
    /// Something the level above scheduled: a step of the scenario, a fault's end.
    Script(u32),
}

/// What the trace keeps of an event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Label {
    /// What it was: a packet's or timer's kind.
    pub kind: &'static str,
    /// Where it came from.
    pub from: NodeId,
    /// Where it happened.
    pub to: NodeId,
}

impl<P: Packet, T: TimerToken> kernel::Event for Event<P, T> {
    type Label = Label;

    #[inline]
    fn label(&self) -> Label {
        match self {
            Event::Arrive { from, to, segment, .. } => {
                Label { kind: segment.kind(), from: *from, to: *to }
            }
            Event::Timer { node, timer, .. } => {
                Label { kind: timer.kind(), from: *node, to: *node }
            }
            Event::Synced { node, .. } => Label { kind: "fsync finished", from: *node, to: *node },
            Event::Script(_) => {
                Label { kind: "step", from: NodeId(u16::MAX), to: NodeId(u16::MAX) }
            }
        }
    }

    #[inline]
    fn fingerprint(&self) -> u64 {
        match self {
            Event::Arrive { from, to, segment, .. } => {
                segment.fingerprint() ^ u64::from(from.0) << 40 ^ u64::from(to.0) << 52
            }
            Event::Timer { node, timer, .. } => timer.fingerprint() ^ u64::from(node.0) << 40,
            Event::Synced { node, file, upto, .. } => {
                upto ^ u64::from(file.0) << 20 ^ u64::from(node.0) << 40
            }
            Event::Script(n) => u64::from(*n) ^ 1 << 63,
        }
    }
}

/// The state of network, disks, power and clocks.
#[derive(Clone, Debug)]
pub struct Substrate<P, T> {
    /// The connections.
    pub network: Network<P>,
    /// The machines.
    nodes: Vec<Node<P, T>>,
    /// Facts stated since they were last drained.
    pub facts: Vec<Stated>,
}

impl<P: Packet, T: TimerToken> Substrate<P, T> {
    /// Machines of these names, all switched off, on links of the given latency.
    pub fn new(names: &[String], latency: Latency, disk: DiskCost) -> Self {
        Substrate {
            network: Network::new(names, latency),
            nodes: names.iter().map(|_| Node::new(disk)).collect(),
            facts: Vec::new(),
        }
    }

    /// A machine.
    pub fn node(&self, node: NodeId) -> &Node<P, T> {
        &self.nodes[node.0 as usize]
    }

    /// A machine, to change.
    pub fn node_mut(&mut self, node: NodeId) -> &mut Node<P, T> {
        &mut self.nodes[node.0 as usize]
    }

    /// How many machines there are.
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// States a fact at the present moment.
    #[inline(always)]
    pub fn state(&mut self, fact: Fact, kernel: &mut Kernel<Event<P, T>>) {
        fact.absorb_into(kernel.digest_mut());
        self.facts.push(Stated { time: kernel.now(), event: kernel.event(), fact });
    }

    /// Gives an event to the actor it is for, unless power, a pause or a broken connection is in
    /// the way. [`Event::Script`] is not the substrate's and is ignored.
    #[inline]
    pub fn dispatch<A>(
        &mut self,
        actors: &mut [A],
        event: Event<P, T>,
        kernel: &mut Kernel<Event<P, T>>,
    ) where
        A: Actor<Packet = P, Timer = T>,
    {
        let (node, input) = match event {
            // Nearly all events are packets that nothing keeps from their process.
            Event::Arrive { conn, toward, departed, from, to, segment: Segment::Data(packet) }
                if self.passes(conn, toward, departed, to) =>
            {
                (to, Input::Packet { conn, peer: from, packet })
            }
            Event::Arrive { conn, toward, departed, segment, .. } => {
                match self.arrive(conn, toward, departed, segment, kernel) {
                    Some(arrived) => arrived,
                    None => return,
                }
            }
            Event::Timer { node, boots, timer } => {
                match self.admit(node, boots, Event::Timer { node, boots, timer }, kernel) {
                    true => (node, Input::Timer(timer)),
                    false => return,
                }
            }
            Event::Synced { node, boots, file, upto } => {
                let at = &mut self.nodes[node.0 as usize];
                if at.boots == boots && at.power != Power::Off {
                    at.disk.synced(file, upto);
                }
                match self.admit(node, boots, Event::Synced { node, boots, file, upto }, kernel) {
                    true => (node, Input::Synced { file, upto }),
                    false => return,
                }
            }
            Event::Script(_) => return,
        };
        let mut fx = Effects::new(node, self, kernel);
        actors[node.0 as usize].on(input, &mut fx);
        self.let_exit(node, kernel);
    }

    /// Ends the process of a node that asked for it while it handled an input.
    #[inline]
    pub fn let_exit(&mut self, node: NodeId, kernel: &mut Kernel<Event<P, T>>) {
        if self.nodes[node.0 as usize].exiting.is_some() {
            self.exit(node, kernel);
        }
    }

    #[cold]
    fn exit(&mut self, node: NodeId, kernel: &mut Kernel<Event<P, T>>) {
        if let Some(how) = self.nodes[node.0 as usize].exiting.take() {
            self.stop(node, how, kernel);
        }
    }

    /// Whether a running process of this boot is there to receive `event`. A paused one receives
    /// it when it resumes.
    #[inline]
    fn admit(
        &mut self,
        node: NodeId,
        boots: u16,
        event: Event<P, T>,
        kernel: &Kernel<Event<P, T>>,
    ) -> bool {
        let at = &mut self.nodes[node.0 as usize];
        if at.boots != boots {
            return false;
        }
        match at.power {
            Power::On => true,
            Power::Paused => {
                at.held_back.push((kernel.cause(), event));
                false
            }
            Power::Down | Power::Off => false,
        }
    }

    /// Whether nothing at all is in the way of a packet: neither its link nor its connection nor
    /// the node. Otherwise [`Substrate::arrive`] finds out what is to be done.
    #[inline]
    fn passes(&self, conn: ConnId, toward: u8, departed: Time, to: NodeId) -> bool {
        let at = &self.nodes[to.0 as usize];
        at.power == Power::On && self.network.is_open(conn, toward, departed, at.boots)
    }

    #[inline(never)]
    fn arrive(
        &mut self,
        conn: ConnId,
        toward: u8,
        departed: Time,
        segment: Segment<P>,
        kernel: &mut Kernel<Event<P, T>>,
    ) -> Option<(NodeId, Input<P, T>)> {
        let segment = self.network.pass(conn, toward, departed, segment)?;
        let resent = toward & network::RESENT != 0;
        let toward = toward & !network::RESENT;
        let node = self.network.end(conn, toward);
        let at = &mut self.nodes[node.0 as usize];
        if resent && at.is_up() {
            self.network.follow_resent(conn, toward, kernel);
        }
        match at.power {
            Power::On => {}
            Power::Paused => {
                let from = self.network.end(conn, 1 - toward);
                let event = Event::Arrive { conn, toward, from, to: node, departed, segment };
                at.held_back.push((kernel.cause(), event));
                return None;
            }
            Power::Off => {
                self.network.unanswered(conn, toward, segment);
                return None;
            }
            Power::Down => {
                self.network.refuse(conn, toward, kernel);
                return None;
            }
        }
        let boots = at.boots;
        let input = self.network.receive(conn, toward, boots, segment, kernel)?;
        Some((node, input))
    }

    // ── power ────────────────────────────────────────────────────────────────────────────────

    /// Starts the process of a node that is down or off. `false` if it is already running.
    pub fn boot<A>(
        &mut self,
        actors: &mut [A],
        node: NodeId,
        kernel: &mut Kernel<Event<P, T>>,
    ) -> bool
    where
        A: Actor<Packet = P, Timer = T>,
    {
        let at = &mut self.nodes[node.0 as usize];
        if matches!(at.power, Power::On | Power::Paused) {
            return false;
        }
        at.power = Power::On;
        at.boots += 1;
        let boots = at.boots;
        self.state(Fact::Started { node, boots }, kernel);
        self.network.answer_again(node, kernel);
        let mut fx = Effects::new(node, self, kernel);
        actors[node.0 as usize].on(Input::Boot { boots }, &mut fx);
        self.let_exit(node, kernel);
        true
    }

    /// Ends the process of a node. After a crash or shutdown the operating system tells every peer;
    /// after a power loss nobody is told, and every file falls back to what was synced. Returns the
    /// files that fell back, with their old and new lengths; `None` if the node was not running
    /// (for a power loss: already off).
    pub fn stop(
        &mut self,
        node: NodeId,
        how: Outage,
        kernel: &mut Kernel<Event<P, T>>,
    ) -> Option<Vec<(FileId, u64, u64)>> {
        let at = &mut self.nodes[node.0 as usize];
        let can_stop = match at.power {
            Power::On | Power::Paused => true,
            // A machine whose process is already dead can still lose its power.
            Power::Down => how == Outage::PowerOff,
            Power::Off => false,
        };
        if !can_stop {
            return None;
        }
        at.held_back.clear();
        let now = kernel.now();
        let mut fell_back = Vec::new();
        match how {
            Outage::PowerOff => {
                at.power = Power::Off;
                fell_back = at.disk.lose_power(now);
            }
            Outage::Crash => at.power = Power::Down,
            Outage::Shutdown => {
                at.power = Power::Down;
                at.disk.sync_all();
            }
        }
        self.state(Fact::Stopped { node, how }, kernel);
        self.network.abandon(node, how != Outage::PowerOff, kernel);
        Some(fell_back)
    }

    /// Stops a process without ending it. `false` if it is not running.
    pub fn pause(&mut self, node: NodeId, kernel: &mut Kernel<Event<P, T>>) -> bool {
        let at = &mut self.nodes[node.0 as usize];
        if at.power != Power::On {
            return false;
        }
        at.power = Power::Paused;
        self.state(Fact::Paused { node }, kernel);
        true
    }

    /// Lets a paused process go on; everything that reached it meanwhile happens now, in order.
    pub fn resume(&mut self, node: NodeId, kernel: &mut Kernel<Event<P, T>>) -> bool {
        let at = &mut self.nodes[node.0 as usize];
        if at.power != Power::Paused {
            return false;
        }
        at.power = Power::On;
        for (cause, event) in std::mem::take(&mut at.held_back) {
            kernel.reschedule(kernel.now(), cause, event);
        }
        self.state(Fact::Resumed { node }, kernel);
        true
    }

    // ── network ──────────────────────────────────────────────────────────────────────────────

    /// Cuts one direction. Cuts nest: each needs its own heal.
    pub fn cut(&mut self, from: NodeId, to: NodeId, kernel: &mut Kernel<Event<P, T>>) {
        if self.network.cut(from, to) {
            self.state(Fact::Cut { from, to }, kernel);
        }
    }

    /// Ends one cut of one direction; what was held up is sent again.
    pub fn heal(&mut self, from: NodeId, to: NodeId, kernel: &mut Kernel<Event<P, T>>) {
        if self.network.heal(from, to, kernel) {
            self.state(Fact::Healed { from, to }, kernel);
        }
    }

    /// Breaks every connection between two nodes; in-flight packets are lost, both ends are told.
    pub fn reset(&mut self, a: NodeId, b: NodeId, kernel: &mut Kernel<Event<P, T>>) -> u32 {
        let broken = self.network.reset_between(a, b, kernel);
        if broken > 0 {
            self.state(Fact::Disconnected { from: a, to: b, why: "connection reset" }, kernel);
        }
        broken
    }
}
