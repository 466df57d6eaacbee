//! What an actor can do: the only way from a state machine to the world.

use super::load::{Machine, Price};
use super::network::{Channel, ConnId};
use super::{DiskHealth, Event, FileId, FileState, Packet, Substrate, TimerToken};
use crate::fact::{Fact, NodeId, Outage};
use crate::kernel::{Kernel, Key, Site, Span, Ticket, Time};

/// The effects of one input on one node. They reach the substrate at once, but nothing an actor
/// does comes back to it before its next input.
pub struct Effects<'a, P: Packet, T: TimerToken> {
    node: NodeId,
    substrate: &'a mut Substrate<P, T>,
    kernel: &'a mut Kernel<Event<P, T>>,
    /// How much later than now everything sent from here on leaves, because the disk was waited
    /// for.
    delay: Span,
}

impl<'a, P: Packet, T: TimerToken> Effects<'a, P, T> {
    /// Effects of `node`.
    #[inline]
    pub fn new(
        node: NodeId,
        substrate: &'a mut Substrate<P, T>,
        kernel: &'a mut Kernel<Event<P, T>>,
    ) -> Self {
        Effects { node, substrate, kernel, delay: Span::ZERO }
    }

    /// The node the actor runs on.
    #[inline]
    pub fn node(&self) -> NodeId {
        self.node
    }

    /// Simulated time. An actor may use it for measuring spans; what it writes down as a date is
    /// [`Effects::clock`].
    #[inline]
    pub fn now(&self) -> Time {
        self.kernel.now()
    }

    /// What the node's own clock shows.
    #[inline]
    pub fn clock(&self) -> Time {
        self.substrate.node(self.node).clock.read(self.kernel.now())
    }

    /// The event being handled.
    pub fn event(&self) -> u64 {
        self.kernel.event()
    }

    /// States a fact.
    #[inline(always)]
    pub fn state(&mut self, fact: Fact) {
        self.substrate.state(fact, self.kernel);
    }

    /// A keyed choice in `0..n`.
    #[inline]
    pub fn choose(&self, site: Site, subject: u64, ordinal: u64, n: u64) -> u64 {
        self.kernel.chooser.choose(Key { site, subject, ordinal }, n)
    }

    /// A keyed choice in `low..=high`.
    #[inline]
    pub fn between(&self, site: Site, subject: u64, ordinal: u64, low: u64, high: u64) -> u64 {
        self.kernel.chooser.between(Key { site, subject, ordinal }, low, high)
    }

    /// Opens a connection; the answer is [`super::Input::Connected`] or
    /// [`super::Input::Disconnected`], or nothing at all while packets are lost.
    pub fn connect(&mut self, peer: NodeId, channel: Channel) -> ConnId {
        let boots = self.substrate.node(self.node).boots;
        self.substrate.network.open(self.node, boots, peer, channel, self.kernel)
    }

    /// Closes a connection from this side; the other side is told. Nothing more is heard of it.
    pub fn close(&mut self, conn: ConnId) {
        self.substrate.network.close(conn, self.node, self.kernel);
    }

    /// Sends a packet. On a connection that is broken or closed it is silently lost; the actor has
    /// been or will be told of the break.
    #[inline]
    pub fn send(&mut self, conn: ConnId, packet: impl Into<P>) {
        let packet = packet.into();
        let mut departs = self.kernel.now() + self.delay;
        if self.substrate.load.is_some() {
            departs = self.substrate.departs(self.node, departs, &packet);
        }
        if let Some((from, to)) =
            self.substrate.network.send(conn, self.node, departs, packet, self.kernel)
        {
            self.state(Fact::Disconnected { from, to, why: "packet lost" });
        }
    }

    /// The kind of machine the node runs on, where a cost model is on.
    #[inline]
    pub fn machine(&self) -> Option<Machine> {
        self.substrate.load.as_ref().map(|load| *load.machine())
    }

    /// Does work with a price, where a cost model is on: everything sent from here on leaves after
    /// it.
    pub fn spend(&mut self, price: Price) {
        let now = self.kernel.now();
        if let Some(load) = &mut self.substrate.load {
            let done = load.spend(self.node, price, now + self.delay);
            self.delay = done.since(now);
        }
    }

    /// Sets a timer on the node's own clock.
    #[inline]
    pub fn timer(&mut self, after: Span, timer: impl Into<T>) -> Ticket {
        let timer = timer.into();
        let node = self.substrate.node(self.node);
        let (boots, after) = (node.boots, node.clock.simulated(after));
        self.kernel.schedule_after(after, Event::Timer { node: self.node, boots, timer })
    }

    /// Cancels a timer; one that has fired or was cancelled is left alone.
    #[inline]
    pub fn cancel(&mut self, timer: Ticket) {
        self.kernel.cancel(timer);
    }

    /// Writes to the page cache: the file is now `to` long. Everything sent from here on leaves
    /// after the write.
    #[inline]
    pub fn append(&mut self, file: FileId, to: u64) -> Result<(), DiskHealth> {
        let cost = self.substrate.node_mut(self.node).disk.append(file, to)?;
        self.delay = self.delay + cost;
        Ok(())
    }

    /// Cuts a file.
    pub fn truncate(&mut self, file: FileId, to: u64) {
        self.substrate.node_mut(self.node).disk.truncate(file, to);
    }

    /// How long a file is.
    pub fn file(&self, file: FileId) -> FileState {
        self.substrate.node(self.node).disk.file(file)
    }

    /// Whether writes succeed.
    pub fn disk_health(&self) -> DiskHealth {
        self.substrate.node(self.node).disk.health()
    }

    /// Starts a sync of all that is written; [`super::Input::Synced`] follows.
    pub fn sync(&mut self, file: FileId) {
        let node = self.substrate.node_mut(self.node);
        let (boots, cost) = (node.boots, node.disk.cost().sync);
        let (sync, upto) = node.disk.start_sync(file);
        let event = Event::Synced { node: self.node, boots, file, upto, sync };
        self.kernel.schedule(self.kernel.now() + self.delay + cost, event);
    }

    /// Syncs a file and waits for it: everything sent from here on leaves after the sync, and a
    /// power loss before that moment finds nothing synced.
    pub fn sync_and_wait(&mut self, file: FileId) {
        let now = self.kernel.now();
        let disk = &mut self.substrate.node_mut(self.node).disk;
        disk.settle(file, now);
        self.delay = self.delay + disk.cost().sync;
        disk.sync_blocking(file, now + self.delay);
    }

    /// Ends the process once this input has been handled.
    pub fn exit(&mut self, how: Outage) {
        self.substrate.exiting = Some((self.node, how));
    }

    /// Syncs a file at no cost: for files whose sync time does not matter to any lesson.
    pub fn sync_at_once(&mut self, file: FileId) {
        let disk = &mut self.substrate.node_mut(self.node).disk;
        let written = disk.file(file).written;
        disk.synced(file, written);
    }
}
