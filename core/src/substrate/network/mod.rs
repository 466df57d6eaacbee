//! Connections: FIFO and reliable until they break, like TCP.
//!
//! A cut is silent: segments that meet it wait (TCP retransmits them) and go on when it heals. A
//! reset loses what is in flight and tells both ends. A process that dies makes its operating
//! system reset its connections; a machine without power answers nothing until it is back.

mod conn;
mod link;

pub use conn::{Channel, ConnId, Connection};
pub use link::Latency;

use super::{Event, FaultId, Input, Packet, TimerToken};
use crate::fact::NodeId;
use crate::kernel::{Kernel, Time, subject};
use conn::Conn;
use link::Link;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// What travels: packets and the signals of connections.
#[derive(Clone, Debug)]
pub enum Segment<P> {
    /// A request to open.
    Open,
    /// The answer to it.
    Accept,
    /// A packet.
    Data(P),
    /// The sender closed its side.
    Close,
    /// The connection is broken.
    Reset(&'static str),
}

impl<P: Packet> Segment<P> {
    /// Its kind: a packet's, or the signal's.
    pub fn kind(&self) -> &'static str {
        match self {
            Segment::Open => "connection open",
            Segment::Accept => "connection accept",
            Segment::Data(packet) => packet.kind(),
            Segment::Close => "connection close",
            Segment::Reset(_) => "connection reset",
        }
    }

    pub(super) fn fingerprint(&self) -> u64 {
        match self {
            Segment::Open => 1,
            Segment::Accept => 2,
            Segment::Data(packet) => packet.fingerprint(),
            Segment::Close => 3,
            Segment::Reset(_) => 4,
        }
    }
}

/// The size of a signal on the wire, in bytes.
const SIGNAL: u32 = 60;

/// All links and connections.
#[derive(Clone, Debug)]
pub struct Network<P> {
    names: Arc<[String]>,
    /// By node, whether its process runs.
    running: Vec<bool>,
    latency: Latency,
    links: Vec<Link>,
    link_index: FxHashMap<(NodeId, NodeId), u32>,
    conns: Vec<Conn>,
    /// By connection, the segments that wait for a cut to heal or a machine to come back, per side
    /// they go to.
    waiting: Vec<[Vec<Segment<P>>; 2]>,
    free: Vec<u32>,
}

impl<P: Packet> Network<P> {
    pub(super) fn new(names: &[String], latency: Latency) -> Self {
        Network {
            names: names.into(),
            running: vec![false; names.len()],
            latency,
            links: Vec::new(),
            link_index: FxHashMap::default(),
            conns: Vec::new(),
            waiting: Vec::new(),
            free: Vec::new(),
        }
    }

    fn link(&mut self, from: NodeId, to: NodeId) -> u32 {
        if let Some(&index) = self.link_index.get(&(from, to)) {
            return index;
        }
        let name = |node: NodeId| self.names[node.0 as usize].as_str();
        let subject = subject(["link", name(from), name(to)]);
        self.links.push(Link::new(self.latency, subject));
        let index = (self.links.len() - 1) as u32;
        self.link_index.insert((from, to), index);
        index
    }

    #[inline]
    fn get(&mut self, conn: ConnId) -> Option<&mut Conn> {
        self.conns.get_mut(conn.index as usize).filter(|c| c.generation == conn.generation)
    }

    #[inline]
    pub(super) fn end(&self, conn: ConnId, side: u8) -> NodeId {
        self.conns[conn.index as usize].ends[side as usize]
    }

    fn id(&self, index: usize) -> ConnId {
        ConnId { index: index as u32, generation: self.conns[index].generation }
    }

    /// Forgets a connection once neither side uses it and nothing waits on it.
    fn release(&mut self, conn: ConnId) {
        if let Some(c) = self.get(conn) {
            c.generation = c.generation.wrapping_add(1);
            self.forget_waiting(conn.index);
            self.free.push(conn.index);
        }
    }

    /// What waits on a connection is lost.
    fn forget_waiting(&mut self, index: u32) {
        self.conns[index as usize].waits = [false; 2];
        self.waiting[index as usize] = [Vec::new(), Vec::new()];
    }

    /// Lets a segment toward `side` wait.
    fn hold(&mut self, index: u32, side: usize, segment: Segment<P>) {
        self.waiting[index as usize][side].push(segment);
        let c = &mut self.conns[index as usize];
        c.waits[side] = true;
        c.clear[side] = false;
    }

    // ── sending ──────────────────────────────────────────────────────────────────────────────

    /// Sends a packet that leaves at `departs`, now or later; returns the ends of the connection if
    /// this packet is the one that breaks it.
    // Always inlined into the one place that sends, so that the packet is not copied on its way.
    #[inline(always)]
    pub(super) fn send<T: TimerToken>(
        &mut self,
        conn: ConnId,
        from: NodeId,
        departs: Time,
        packet: P,
        kernel: &mut Kernel<Event<P, T>>,
    ) -> Option<(NodeId, NodeId)> {
        let c = self.conns.get_mut(conn.index as usize)?;
        let side = usize::from(c.ends[0] == from);
        if c.generation != conn.generation || c.ended[1 - side] != Time::NEVER || c.broken {
            return None;
        }
        let link = &mut self.links[c.links[side] as usize];
        if link.has_faults() {
            return self.send_with_faults(conn, side, departs, packet, kernel);
        }
        let arrives = (departs + link.delay(&kernel.chooser)).max(c.last[side]);
        c.last[side] = arrives;
        let (to, toward, segment) = (c.ends[side], side as u8, Segment::Data(packet));
        let event = Event::Arrive { conn, toward, from, to, departed: departs, segment };
        kernel.schedule(arrives, event);
        None
    }

    #[cold]
    #[inline(never)]
    fn send_with_faults<T: TimerToken>(
        &mut self,
        conn: ConnId,
        side: usize,
        departs: Time,
        packet: P,
        kernel: &mut Kernel<Event<P, T>>,
    ) -> Option<(NodeId, NodeId)> {
        let link = &mut self.links[self.conns[conn.index as usize].links[side] as usize];
        if link.is_doomed(packet.kind()) {
            let ends = &self.conns[conn.index as usize].ends;
            let ends = (ends[1 - side], ends[side]);
            self.break_connection(conn, "connection reset", kernel);
            return Some(ends);
        }
        self.transmit(conn, side, departs, Segment::Data(packet), kernel);
        None
    }

    /// Puts a segment on the wire toward `side`, to leave at `departs`.
    fn transmit<T: TimerToken>(
        &mut self,
        conn: ConnId,
        side: usize,
        departs: Time,
        segment: Segment<P>,
        kernel: &mut Kernel<Event<P, T>>,
    ) {
        let c = &mut self.conns[conn.index as usize];
        let link = &mut self.links[c.links[side] as usize];
        let bytes = match &segment {
            Segment::Data(packet) => packet.size(),
            _ => SIGNAL,
        };
        let arrives = link.arrival(departs, bytes, &kernel.chooser).max(c.last[side]);
        c.last[side] = arrives;
        let (from, to, toward) = (c.ends[1 - side], c.ends[side], side as u8);
        let event = Event::Arrive { conn, toward, from, to, departed: departs, segment };
        kernel.schedule(arrives, event);
    }

    pub(super) fn open<T: TimerToken>(
        &mut self,
        client: NodeId,
        boots: u16,
        server: NodeId,
        channel: Channel,
        kernel: &mut Kernel<Event<P, T>>,
    ) -> ConnId {
        let links = [self.link(server, client), self.link(client, server)];
        for link in links {
            self.links[link as usize].prepare(&kernel.chooser);
        }
        let generation = self.free.last().map_or(0, |&index| self.conns[index as usize].generation);
        let fresh = Conn {
            generation,
            ends: [client, server],
            clear: [false; 2],
            broken: false,
            links,
            last: [Time::ZERO; 2],
            ended: [Time::NEVER; 2],
            boots: [boots, 0],
            channel,
            waits: [false; 2],
        };
        let index = match self.free.pop() {
            Some(index) => {
                self.conns[index as usize] = fresh;
                index
            }
            None => {
                self.conns.push(fresh);
                self.waiting.push([Vec::new(), Vec::new()]);
                (self.conns.len() - 1) as u32
            }
        };
        let conn = ConnId { index, generation };
        self.look(conn);
        self.transmit(conn, 1, kernel.now(), Segment::Open, kernel);
        conn
    }

    /// Closes one side; the other learns of it after everything sent before.
    pub(super) fn close<T: TimerToken>(
        &mut self,
        conn: ConnId,
        from: NodeId,
        kernel: &mut Kernel<Event<P, T>>,
    ) {
        let now = kernel.now();
        let Some(c) = self.get(conn) else { return };
        let side = usize::from(c.ends[0] != from);
        if c.ended[side] != Time::NEVER {
            return;
        }
        c.ended[side] = now;
        self.look(conn);
        self.transmit(conn, 1 - side, now, Segment::Close, kernel);
    }

    /// Loses everything in flight and tells both ends.
    fn break_connection<T: TimerToken>(
        &mut self,
        conn: ConnId,
        why: &'static str,
        kernel: &mut Kernel<Event<P, T>>,
    ) {
        let now = kernel.now();
        let Some(c) = self.get(conn) else { return };
        if c.broken {
            return;
        }
        // Both ends know the connection by its generation, so that one stays as it is.
        c.broken = true;
        c.clear = [false; 2];
        self.forget_waiting(conn.index);
        let c = &self.conns[conn.index as usize];
        for side in (0..2).filter(|&s| c.ended[s] == Time::NEVER) {
            let (from, to) = (c.ends[1 - side], c.ends[side]);
            let (toward, departed, segment) = (side as u8, Time::NEVER, Segment::Reset(why));
            let event = Event::Arrive { conn, toward, from, to, departed, segment };
            kernel.schedule(now, event);
        }
    }

    // ── arriving ─────────────────────────────────────────────────────────────────────────────

    /// Whether nothing at all is in the way of a packet at the end of its link, so that
    /// [`Network::pass`] and [`Network::receive`] would have nothing to hold back and nobody to
    /// tell.
    #[inline]
    pub(super) fn is_clear(&self, conn: ConnId, toward: u8) -> bool {
        let side = usize::from(toward & 1);
        self.conns.get(conn.index as usize).is_some_and(|c| {
            debug_assert_eq!(c.clear[side], c.is_clear(side, &self.links, &self.running));
            c.generation == conn.generation && c.clear[side]
        })
    }

    /// Reads what a packet that arrives at this side, and an answer to it, need first.
    #[inline(always)]
    pub(super) fn fetch_ahead(&self, conn: ConnId, toward: u8) -> u64 {
        let Some(c) = self.conns.get(conn.index as usize) else { return 0 };
        let answers = c.links[1 - usize::from(toward & 1)];
        self.links.get(answers as usize).map_or(0, Link::sent)
    }

    /// Notes what is in the way on a connection after something has changed.
    fn look(&mut self, conn: ConnId) {
        self.conns[conn.index as usize].look(&self.links, &self.running);
    }

    /// A segment at the end of its link: `None` if it may not pass (now).
    pub(super) fn pass(
        &mut self,
        conn: ConnId,
        toward: u8,
        departed: Time,
        segment: Segment<P>,
    ) -> Option<Segment<P>> {
        let side = usize::from(toward);
        let links = &self.links;
        let c =
            self.conns.get_mut(conn.index as usize).filter(|c| c.generation == conn.generation)?;
        // A break that both ends are told of at once does not travel.
        if departed == Time::NEVER {
            return Some(segment);
        }
        if c.broken {
            return None;
        }
        // Nothing leaves a process after its death; resets and closes come from its system.
        if departed > c.ended[1 - side] && matches!(segment, Segment::Data(_)) {
            return None;
        }
        if c.waits[side] || links[c.links[side] as usize].cuts() > 0 {
            self.hold(conn.index, side, segment);
            return None;
        }
        Some(segment)
    }

    /// A segment for a machine without power: its sender's system keeps trying.
    pub(super) fn unanswered(&mut self, conn: ConnId, toward: u8, segment: Segment<P>) {
        if self.get(conn).is_some() {
            self.hold(conn.index, usize::from(toward), segment);
        }
    }

    /// A segment for a process that is not there: the machine answers with a reset.
    pub(super) fn refuse<T: TimerToken>(
        &mut self,
        conn: ConnId,
        toward: u8,
        kernel: &mut Kernel<Event<P, T>>,
    ) {
        let now = kernel.now();
        let side = toward as usize;
        let Some(c) = self.get(conn) else { return };
        c.ended[side] = c.ended[side].min(now);
        c.clear = [false; 2];
        if c.ended[1 - side] == Time::NEVER {
            self.transmit(conn, 1 - side, now, Segment::Reset("connection refused"), kernel);
        } else {
            self.release(conn);
        }
    }

    /// A segment for a running process.
    #[inline]
    pub(super) fn receive<T: TimerToken>(
        &mut self,
        conn: ConnId,
        toward: u8,
        boots: u16,
        segment: Segment<P>,
        kernel: &mut Kernel<Event<P, T>>,
    ) -> Option<Input<P, T>> {
        let side = toward as usize;
        let c = self.get(conn)?;
        let peer = c.ends[1 - side];
        let channel = c.channel;
        match segment {
            Segment::Data(packet) => {
                if c.boots[side] != boots {
                    self.refuse(conn, toward, kernel);
                    return None;
                }
                if c.ended[side] != Time::NEVER {
                    return None;
                }
                Some(Input::Packet { conn, peer, packet })
            }
            Segment::Open => {
                c.boots[1] = boots;
                c.ended[1] = Time::NEVER;
                self.look(conn);
                self.transmit(conn, 0, kernel.now(), Segment::Accept, kernel);
                None
            }
            Segment::Accept => {
                if c.ended[0] != Time::NEVER || c.boots[0] != boots {
                    return None;
                }
                Some(Input::Connected { conn, peer, channel })
            }
            Segment::Close | Segment::Reset(_) => {
                let was_open = c.ended[side] == Time::NEVER && c.boots[side] == boots;
                let why = match segment {
                    Segment::Reset(why) => why,
                    _ => "closed by peer",
                };
                c.ended[side] = c.ended[side].min(kernel.now());
                c.clear = [false; 2];
                // After a break the other side has its own reset on the way.
                if c.ended[1 - side] != Time::NEVER {
                    self.release(conn);
                }
                was_open.then_some(Input::Disconnected { conn, peer, channel, why })
            }
        }
    }

    // ── power ────────────────────────────────────────────────────────────────────────────────

    /// The process of a node runs from now on, or no longer.
    pub(super) fn set_running(&mut self, node: NodeId, running: bool) {
        self.running[node.0 as usize] = running;
        for c in self.conns.iter_mut().filter(|c| c.ends.contains(&node)) {
            c.look(&self.links, &self.running);
        }
    }

    /// The process of a node is gone. With `tell` its system resets every connection.
    pub(super) fn abandon<T: TimerToken>(
        &mut self,
        node: NodeId,
        tell: bool,
        kernel: &mut Kernel<Event<P, T>>,
    ) {
        let now = kernel.now();
        for index in 0..self.conns.len() {
            let c = &mut self.conns[index];
            for side in 0..2 {
                if c.ends[side] != node || c.ended[side] != Time::NEVER {
                    continue;
                }
                c.ended[side] = now;
                c.clear = [false; 2];
                // What a cut held up stood in the dead side's send buffer: nobody sends it again.
                c.waits[1 - side] = false;
                self.waiting[index][1 - side].clear();
                let c = &self.conns[index];
                let alone = c.ended[1 - side] == Time::NEVER;
                let conn = self.id(index);
                if tell && alone {
                    self.transmit(conn, 1 - side, now, Segment::Reset("connection reset"), kernel);
                } else if tell {
                    self.release(conn);
                }
                break;
            }
        }
    }

    /// A machine is back: what waited for it is answered with resets.
    pub(super) fn answer_again<T: TimerToken>(
        &mut self,
        node: NodeId,
        kernel: &mut Kernel<Event<P, T>>,
    ) {
        for index in (0..self.conns.len()).rev() {
            for side in [1, 0] {
                let c = &self.conns[index];
                if c.ends[side] == node
                    && c.waits[side]
                    && self.links[c.links[side] as usize].cuts() == 0
                {
                    self.flush(index, side, kernel);
                }
            }
        }
    }

    // ── faults ───────────────────────────────────────────────────────────────────────────────

    /// Whether one direction is cut.
    pub fn is_cut(&self, from: NodeId, to: NodeId) -> bool {
        self.cuts(from, to) > 0
    }

    /// How many cuts of one direction hold.
    pub fn cuts(&self, from: NodeId, to: NodeId) -> u32 {
        self.link_index.get(&(from, to)).map_or(0, |&l| self.links[l as usize].cuts())
    }

    /// The latency of one direction now.
    pub fn latency(&self, from: NodeId, to: NodeId) -> Latency {
        let link = self.link_index.get(&(from, to));
        link.map_or(self.latency, |&l| self.links[l as usize].latency())
    }

    /// The bandwidth of one direction now, in bytes a second; 0: without limit.
    pub fn bandwidth(&self, from: NodeId, to: NodeId) -> u64 {
        let link = self.link_index.get(&(from, to));
        link.and_then(|&l| self.links[l as usize].bandwidth()).unwrap_or(0)
    }

    /// Whether one direction is neither cut nor slowed down nor narrowed.
    pub fn is_ordinary(&self, from: NodeId, to: NodeId) -> bool {
        let link = self.link_index.get(&(from, to)).map(|&l| &self.links[l as usize]);
        link.is_none_or(|link| link.cuts() == 0 && link.is_ordinary())
    }

    /// Every connection that at least one side still uses.
    pub fn connections(&self) -> impl Iterator<Item = Connection> {
        let conns = self.conns.iter().zip(&self.waiting);
        let used = conns.filter(|(c, _)| !c.broken && c.ended.contains(&Time::NEVER));
        used.filter(|(c, _)| c.ends[0] != c.ends[1]).map(|(c, waiting)| Connection {
            client: c.ends[0],
            server: c.ends[1],
            channel: c.channel,
            open: c.boots[1] != 0 && c.ended == [Time::NEVER; 2],
            waiting: waiting[0].len() + waiting[1].len(),
        })
    }

    /// Cuts one direction; `true` if it was whole.
    pub(super) fn cut(&mut self, from: NodeId, to: NodeId) -> bool {
        let link = self.link(from, to);
        let cut = self.links[link as usize].cut();
        for c in &mut self.conns {
            c.look(&self.links, &self.running);
        }
        cut
    }

    /// Ends one cut of one direction; the link, if it is whole again. What waits for it is then to
    /// be [flushed](Network::flush_link).
    pub(super) fn heal(&mut self, from: NodeId, to: NodeId) -> Option<u32> {
        let link = self.link(from, to);
        let healed = self.links[link as usize].heal();
        if healed {
            for c in &mut self.conns {
                c.look(&self.links, &self.running);
            }
        }
        healed.then_some(link)
    }

    /// What waits for a link that has been healed arrives now, before anything else. Of several
    /// links the one that is to be first is flushed last.
    pub(super) fn flush_link<T: TimerToken>(
        &mut self,
        link: u32,
        kernel: &mut Kernel<Event<P, T>>,
    ) {
        for index in (0..self.conns.len()).rev() {
            for side in [1, 0] {
                if self.conns[index].links[side] == link {
                    self.flush(index, side, kernel);
                }
            }
        }
    }

    /// What waits toward `side` arrives now, before anything that is still on its way.
    fn flush<T: TimerToken>(
        &mut self,
        index: usize,
        side: usize,
        kernel: &mut Kernel<Event<P, T>>,
    ) {
        let conn = self.id(index);
        let c = &mut self.conns[index];
        let waiting = std::mem::take(&mut self.waiting[index][side]);
        c.waits[side] = false;
        c.look(&self.links, &self.running);
        let departed = kernel.now().min(c.ended[1 - side]);
        let (from, to, toward) = (c.ends[1 - side], c.ends[side], side as u8);
        for segment in waiting.into_iter().rev() {
            let event = Event::Arrive { conn, toward, from, to, departed, segment };
            kernel.put_back(kernel.event(), event);
        }
    }

    pub(super) fn reset_between<T: TimerToken>(
        &mut self,
        a: NodeId,
        b: NodeId,
        kernel: &mut Kernel<Event<P, T>>,
    ) -> u32 {
        let mut broken = 0;
        for index in 0..self.conns.len() {
            let c = &self.conns[index];
            let between = c.ends == [a, b] || c.ends == [b, a];
            if between && c.ended.contains(&Time::NEVER) {
                self.break_connection(self.id(index), "connection reset", kernel);
                broken += 1;
            }
        }
        broken
    }

    /// Makes one direction slow until this fault is [relieved](Network::relieve). Of several
    /// faults the one with the longest delay counts.
    pub fn slow(&mut self, fault: FaultId, from: NodeId, to: NodeId, latency: Latency) {
        self.link_mut(from, to).slow(fault, latency);
    }

    /// Limits one direction to so many bytes a second until this fault is
    /// [relieved](Network::relieve). Of several faults the tightest counts.
    pub fn narrow(&mut self, fault: FaultId, from: NodeId, to: NodeId, bytes_per_second: u64) {
        self.link_mut(from, to).narrow(fault, bytes_per_second);
    }

    /// Ends one fault that made a direction slow or narrow, or with `None` all of them.
    pub fn relieve(&mut self, fault: Option<FaultId>, from: NodeId, to: NodeId) {
        if let Some(&link) = self.link_index.get(&(from, to)) {
            self.links[link as usize].relieve(fault);
        }
    }

    /// The next `count` packets of this kind in one direction break their connection.
    pub fn doom(&mut self, from: NodeId, to: NodeId, kind: &str, count: u32) {
        self.link_mut(from, to).doom(kind, count);
    }

    fn link_mut(&mut self, from: NodeId, to: NodeId) -> &mut Link {
        let link = self.link(from, to);
        &mut self.links[link as usize]
    }
}
