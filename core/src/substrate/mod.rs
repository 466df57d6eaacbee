//! The substrate: what actors stand on. Networks of TCP-like connections, disks with a page cache,
//! node power, node clocks, and the faults of all four.
//!
//! It may use the kernel and the vocabulary of facts; it knows no message queue. An [`Actor`] is a
//! state machine that receives an [`Input`] and answers through [`Effects`]; it never sees another
//! actor. Start with [`Effects`], then [`Substrate::dispatch`].

mod clock;
mod disk;
mod effects;
mod load;
mod network;
mod node;
#[cfg(test)]
mod tests;

pub use clock::Clock;
pub use disk::{Disk, DiskCost, DiskHealth, FileId, FileState};
pub use effects::Effects;
pub use load::{Load, Machine, Price, Spent, Way, transfer};
pub use network::{Channel, ConnId, Connection, Latency, Network, Segment};
pub use node::{Node, Power};

use crate::fact::{Fact, NodeId, Outage, Stated};
use crate::kernel::{self, Kernel, Span, Time};

/// One fault among those that may hold at the same time, so that each can end by itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FaultId(pub u64);

/// What travels on a connection.
pub trait Packet: Clone {
    /// Its kind as scenario files name it: `Produce request`.
    fn kind(&self) -> &'static str;

    /// Its size on the wire, in bytes.
    fn size(&self) -> u32;

    /// What receiving or sending it costs a server or a client, where a cost model is on.
    fn price(&self, way: Way, server: bool, machine: &Machine) -> Price {
        let _ = (way, server, machine);
        Price::default()
    }

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
    Synced { node: NodeId, boots: u16, file: FileId, upto: u64, sync: u32 },
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
        // Nearly all events are packets.
        if let Event::Arrive { from, to, segment: Segment::Data(packet), .. } = self {
            return Label { kind: packet.kind(), from: *from, to: *to };
        }
        let (kind, from, to) = match self {
            Event::Arrive { from, to, segment, .. } => (segment.kind(), *from, *to),
            Event::Timer { node, timer, .. } => (timer.kind(), *node, *node),
            Event::Synced { node, .. } => ("fsync finished", *node, *node),
            Event::Script(_) => ("step", NodeId(u16::MAX), NodeId(u16::MAX)),
        };
        Label { kind, from, to }
    }

    #[inline]
    fn fingerprint(&self) -> u64 {
        if let Event::Arrive { from, to, segment: Segment::Data(packet), .. } = self {
            return packet.fingerprint() ^ u64::from(from.0) << 40 ^ u64::from(to.0) << 52;
        }
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
    /// The process that handles an input wants to end as soon as it has handled it.
    exiting: Option<(NodeId, Outage)>,
    /// What machines spend, where a cost model is on.
    pub load: Option<Box<Load>>,
}

impl<P: Packet, T: TimerToken> Substrate<P, T> {
    /// Machines of these names, all switched off, on links of the given latency.
    pub fn new(names: &[String], latency: Latency, disk: DiskCost) -> Self {
        Substrate {
            network: Network::new(names, latency),
            nodes: names.iter().map(|_| Node::new(disk)).collect(),
            facts: Vec::new(),
            exiting: None,
            load: None,
        }
    }

    /// When a packet leaves its node, which has to do what its price says first.
    #[cold]
    fn departs(&mut self, node: NodeId, at: Time, packet: &P) -> Time {
        let Some(load) = &mut self.load else { return at };
        let price = packet.price(Way::Sent, load.is_server(node), load.machine());
        let ready = load.spend(node, price, at);
        load.leave(node, packet.size(), ready)
    }

    /// How long a node is busy from now on with a packet it receives.
    #[cold]
    pub fn receiving(&mut self, node: NodeId, packet: &P, now: Time) -> Span {
        let Some(load) = &mut self.load else { return Span::ZERO };
        let price = packet.price(Way::Received, load.is_server(node), load.machine());
        load.spend(node, price, now).since(now)
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
        match event {
            // Nearly all events are packets and timers that nothing keeps from their process.
            Event::Arrive { conn, toward, from, to, segment: Segment::Data(packet), .. }
                if self.network.is_clear(conn, toward) =>
            {
                let mut fx = Effects::new(to, self, kernel);
                actors[to.0 as usize].on(Input::Packet { conn, peer: from, packet }, &mut fx);
            }
            Event::Timer { node, boots, timer }
                if self.nodes[node.0 as usize].is_running(boots) =>
            {
                let mut fx = Effects::new(node, self, kernel);
                actors[node.0 as usize].on(Input::Timer(timer), &mut fx);
            }
            event => self.dispatch_other(actors, event, kernel),
        }
        self.let_exit(kernel);
    }

    /// Reads what a packet or timer needs first, see [`kernel::Model::fetch_ahead`].
    #[inline(always)]
    pub fn fetch_ahead(&self, event: &Event<P, T>) -> u64 {
        match event {
            Event::Arrive { conn, toward, .. } => self.network.fetch_ahead(*conn, *toward),
            Event::Timer { node, .. } => u64::from(self.nodes[node.0 as usize].boots),
            _ => 0,
        }
    }

    /// The same for signals, for syncs, and for everything that may have something in its way.
    #[inline(never)]
    fn dispatch_other<A>(
        &mut self,
        actors: &mut [A],
        event: Event<P, T>,
        kernel: &mut Kernel<Event<P, T>>,
    ) where
        A: Actor<Packet = P, Timer = T>,
    {
        match event {
            Event::Arrive { conn, toward, departed, segment, .. } => {
                self.arrive(actors, conn, toward, departed, segment, kernel);
            }
            // This one belongs to a process that is gone or stands still.
            Event::Timer { node, boots, timer } => {
                let at = &mut self.nodes[node.0 as usize];
                if at.boots == boots && at.power == Power::Paused {
                    at.held_back.push((kernel.cause(), Event::Timer { node, boots, timer }));
                }
            }
            Event::Synced { node, boots, file, upto, sync } => {
                let at = &mut self.nodes[node.0 as usize];
                // The system finishes a sync whatever becomes of the process; only a power loss
                // ends it.
                let upto = at.disk.finish_sync(sync, file, upto);
                if at.is_running(boots) {
                    let mut fx = Effects::new(node, self, kernel);
                    actors[node.0 as usize].on(Input::Synced { file, upto }, &mut fx);
                } else if at.boots == boots && at.power == Power::Paused {
                    let event = Event::Synced { node, boots, file, upto, sync };
                    at.held_back.push((kernel.cause(), event));
                }
            }
            Event::Script(_) => {}
        }
    }

    /// Ends the process of a node that asked for it while it handled an input.
    #[inline]
    pub fn let_exit(&mut self, kernel: &mut Kernel<Event<P, T>>) {
        if self.exiting.is_some() {
            self.exit(kernel);
        }
    }

    #[cold]
    fn exit(&mut self, kernel: &mut Kernel<Event<P, T>>) {
        if let Some((node, how)) = self.exiting.take() {
            self.stop(node, how, kernel);
        }
    }

    /// A segment at the end of its link that may be a signal, or may have something in its way.
    fn arrive<A>(
        &mut self,
        actors: &mut [A],
        conn: ConnId,
        toward: u8,
        departed: Time,
        segment: Segment<P>,
        kernel: &mut Kernel<Event<P, T>>,
    ) where
        A: Actor<Packet = P, Timer = T>,
    {
        let Some(segment) = self.network.pass(conn, toward, departed, segment) else { return };
        let node = self.network.end(conn, toward);
        let at = &mut self.nodes[node.0 as usize];
        match at.power {
            Power::On => {
                let boots = at.boots;
                let input = self.network.receive(conn, toward, boots, segment, kernel);
                let Some(input) = input else { return };
                let mut fx = Effects::new(node, self, kernel);
                actors[node.0 as usize].on(input, &mut fx);
            }
            Power::Paused => {
                let from = self.network.end(conn, 1 - toward);
                let event = Event::Arrive { conn, toward, from, to: node, departed, segment };
                at.held_back.push((kernel.cause(), event));
            }
            Power::Off => self.network.unanswered(conn, toward, segment),
            Power::Down => self.network.refuse(conn, toward, kernel),
        }
    }

    // ── power ────────────────────────────────────────────────────────────────────────────────

    fn set_power(&mut self, node: NodeId, power: Power) {
        self.nodes[node.0 as usize].power = power;
        self.network.set_running(node, power == Power::On);
    }

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
        at.boots += 1;
        let boots = at.boots;
        self.set_power(node, Power::On);
        self.state(Fact::Started { node, boots }, kernel);
        self.network.answer_again(node, kernel);
        let mut fx = Effects::new(node, self, kernel);
        actors[node.0 as usize].on(Input::Boot { boots }, &mut fx);
        self.let_exit(kernel);
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
        self.stop_leaving(node, how, |_, _| 0, kernel)
    }

    /// The same for a power loss after the system had written back by itself some of what was not
    /// synced: `survives` says how much, of a file with so much.
    pub fn stop_leaving(
        &mut self,
        node: NodeId,
        how: Outage,
        survives: impl FnMut(FileId, u64) -> u64,
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
        let mut fell_back = Vec::new();
        match how {
            Outage::PowerOff => {
                fell_back = at.disk.lose_power(kernel.now(), survives);
            }
            Outage::Crash => {}
            Outage::Shutdown => at.disk.sync_all(),
        }
        let power = if how == Outage::PowerOff { Power::Off } else { Power::Down };
        self.set_power(node, power);
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
        self.set_power(node, Power::Paused);
        self.state(Fact::Paused { node }, kernel);
        true
    }

    /// Lets a paused process go on; everything that reached it meanwhile happens now, in order and
    /// before anything that reaches it from here on.
    pub fn resume(&mut self, node: NodeId, kernel: &mut Kernel<Event<P, T>>) -> bool {
        let at = &mut self.nodes[node.0 as usize];
        if at.power != Power::Paused {
            return false;
        }
        for (cause, event) in std::mem::take(&mut at.held_back).into_iter().rev() {
            kernel.put_back(cause, event);
        }
        self.set_power(node, Power::On);
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

    /// Ends one cut of each of these directions; what was held up is sent again, in their order.
    pub fn heal(&mut self, directions: &[(NodeId, NodeId)], kernel: &mut Kernel<Event<P, T>>) {
        let mut healed = Vec::new();
        for &(from, to) in directions {
            if let Some(link) = self.network.heal(from, to) {
                self.state(Fact::Healed { from, to }, kernel);
                healed.push(link);
            }
        }
        for link in healed.into_iter().rev() {
            self.network.flush_link(link, kernel);
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
