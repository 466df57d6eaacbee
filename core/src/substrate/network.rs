//! Connections: FIFO and reliable until they break, like TCP.
//!
//! A cut is silent: segments that meet it wait (TCP retransmits them) and go on when it heals. A
//! reset loses what is in flight and tells both ends. A process that dies makes its operating
//! system reset its connections; a machine without power answers nothing until it is back.

use super::{Event, Input, Packet, TimerToken};
use crate::fact::NodeId;
use crate::kernel::{Kernel, Key, Span, Time, subject};
use crate::sites;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// One connection. Numbers of ended connections are used again with another generation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ConnId {
    pub(super) index: u32,
    generation: u32,
}

impl ConnId {
    /// No connection; nothing sent on it arrives anywhere.
    pub const NONE: ConnId = ConnId { index: u32::MAX, generation: 0 };
}

/// What a connection is for, in the words of the actor that opens it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Channel(pub u16);

/// A one-way delay, uniform between two bounds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Latency {
    /// The shortest delay.
    pub low: Span,
    /// The longest delay.
    pub high: Span,
}

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

/// Marks the side of a segment that has waited at the end of its link and now goes on.
pub(super) const RESENT: u8 = 2;

/// One direction between two nodes.
#[derive(Clone, Debug)]
struct Link {
    from: NodeId,
    to: NodeId,
    subject: u64,
    /// How many segments have been sent: the ordinal of the next delay.
    sent: u64,
    latency: Latency,
    cuts: u32,
    /// Bytes a second; 0: as many as you like.
    bandwidth: u64,
    /// When the last byte handed to a link of limited bandwidth has left.
    busy_until: Time,
    /// Packets of these kinds break their connection: how many more of each.
    doomed: Vec<(Arc<str>, u32)>,
}

/// The client's side is 0, the server's side 1; `toward` names a side.
#[derive(Clone, Debug)]
struct Conn<P> {
    generation: u32,
    ends: [NodeId; 2],
    channel: Channel,
    /// The links toward side 0 and toward side 1.
    links: [u32; 2],
    /// When the last segment toward each side arrives.
    last: [Time; 2],
    /// Which boot of the process each side belongs to; 0: not connected yet.
    boots: [u16; 2],
    /// From when on a side sends nothing more.
    ended: [Time; 2],
    /// Segments waiting for a cut to heal or a machine to come back, per side they go to.
    waiting: [Vec<Segment<P>>; 2],
    /// How many that waited are arriving at this moment: whatever else arrives comes after them.
    resent: [u32; 2],
    /// Broken at both ends at once: what is still in flight never arrives.
    broken: bool,
}

/// A connection as it can be seen from outside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Connection {
    /// Who opened it.
    pub client: NodeId,
    /// Who was asked.
    pub server: NodeId,
    /// What it is for.
    pub channel: Channel,
    /// Both sides can send.
    pub open: bool,
    /// Segments held up by a cut or a machine without power.
    pub waiting: usize,
}

/// All links and connections.
#[derive(Clone, Debug)]
pub struct Network<P> {
    names: Arc<[String]>,
    latency: Latency,
    links: Vec<Link>,
    link_index: FxHashMap<(NodeId, NodeId), u32>,
    conns: Vec<Conn<P>>,
    free: Vec<u32>,
}

impl<P: Packet> Network<P> {
    pub(super) fn new(names: &[String], latency: Latency) -> Self {
        Network {
            names: names.into(),
            latency,
            links: Vec::new(),
            link_index: FxHashMap::default(),
            conns: Vec::new(),
            free: Vec::new(),
        }
    }

    fn link(&mut self, from: NodeId, to: NodeId) -> u32 {
        if let Some(&index) = self.link_index.get(&(from, to)) {
            return index;
        }
        let name = |node: NodeId| self.names[node.0 as usize].as_str();
        self.links.push(Link {
            from,
            to,
            subject: subject(["link", name(from), name(to)]),
            sent: 0,
            latency: self.latency,
            cuts: 0,
            bandwidth: 0,
            busy_until: Time::ZERO,
            doomed: Vec::new(),
        });
        let index = (self.links.len() - 1) as u32;
        self.link_index.insert((from, to), index);
        index
    }

    #[inline]
    fn get(&mut self, conn: ConnId) -> Option<&mut Conn<P>> {
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
            c.waiting = [Vec::new(), Vec::new()];
            self.free.push(conn.index);
        }
    }

    // ── sending ──────────────────────────────────────────────────────────────────────────────

    /// Puts a segment on the wire toward `side`, to leave at `departs`.
    #[inline]
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
        let key = Key { site: sites::LINK_LATENCY, subject: link.subject, ordinal: link.sent };
        link.sent += 1;
        let delay = kernel.chooser.between(key, link.latency.low.0, link.latency.high.0);
        let mut leaves = departs.max(kernel.now());
        if link.bandwidth > 0 {
            let bytes = match &segment {
                Segment::Data(packet) => u64::from(packet.size()),
                _ => 60,
            };
            let taken = u128::from(bytes) * 1_000_000_000 / u128::from(link.bandwidth);
            leaves = leaves.max(link.busy_until) + Span(taken.min(u128::from(u64::MAX)) as u64);
            link.busy_until = leaves;
        }
        let arrives = (leaves + Span(delay)).max(c.last[side]);
        c.last[side] = arrives;
        let (from, to) = (link.from, link.to);
        let toward = side as u8;
        kernel.schedule(
            arrives,
            Event::Arrive { conn, toward, from, to, departed: departs, segment },
        );
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
        let generation = self.free.last().map_or(0, |&index| self.conns[index as usize].generation);
        let fresh = Conn {
            generation,
            ends: [client, server],
            channel,
            links,
            last: [Time::ZERO; 2],
            boots: [boots, 0],
            ended: [Time::NEVER; 2],
            waiting: [Vec::new(), Vec::new()],
            resent: [0; 2],
            broken: false,
        };
        let index = match self.free.pop() {
            Some(index) => {
                self.conns[index as usize] = fresh;
                index
            }
            None => {
                self.conns.push(fresh);
                (self.conns.len() - 1) as u32
            }
        };
        let conn = ConnId { index, generation };
        self.transmit(conn, 1, kernel.now(), Segment::Open, kernel);
        conn
    }

    /// Sends a packet; returns the ends of the connection if this packet is the one that breaks it.
    #[inline]
    pub(super) fn send<T: TimerToken>(
        &mut self,
        conn: ConnId,
        from: NodeId,
        departs: Time,
        packet: P,
        kernel: &mut Kernel<Event<P, T>>,
    ) -> Option<(NodeId, NodeId)> {
        let c = self.get(conn)?;
        let side = usize::from(c.ends[0] == from);
        if c.ended[1 - side] != Time::NEVER || c.broken {
            return None;
        }
        let link = c.links[side] as usize;
        if !self.links[link].doomed.is_empty() && self.is_doomed(link, packet.kind()) {
            let ends = (self.links[link].from, self.links[link].to);
            self.break_connection(conn, "connection reset", kernel);
            return Some(ends);
        }
        self.transmit(conn, side, departs, Segment::Data(packet), kernel);
        None
    }

    fn is_doomed(&mut self, link: usize, kind: &str) -> bool {
        let doomed = &mut self.links[link].doomed;
        let Some(at) = doomed.iter().position(|(k, _)| k.eq_ignore_ascii_case(kind)) else {
            return false;
        };
        doomed[at].1 -= 1;
        if doomed[at].1 == 0 {
            doomed.remove(at);
        }
        true
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
        c.waiting = [Vec::new(), Vec::new()];
        let c = &self.conns[conn.index as usize];
        for side in (0..2).filter(|&s| c.ended[s] == Time::NEVER) {
            let (from, to) = (c.ends[1 - side], c.ends[side]);
            let (toward, departed, segment) = (side as u8, Time::NEVER, Segment::Reset(why));
            let event = Event::Arrive { conn, toward, from, to, departed, segment };
            kernel.schedule(now, event);
        }
    }

    // ── arriving ─────────────────────────────────────────────────────────────────────────────

    /// Whether a packet at the end of its link can be handed to the process that booted for the
    /// `boots`-th time: what [`Network::pass`] and [`Network::receive`] would do, had they nothing
    /// to hold back and nobody to tell.
    #[inline]
    pub(super) fn is_open(&self, conn: ConnId, toward: u8, departed: Time, boots: u16) -> bool {
        let side = usize::from(toward & 1);
        self.conns.get(conn.index as usize).is_some_and(|c| {
            c.generation == conn.generation
                && !c.broken
                && departed <= c.ended[1 - side]
                && c.ended[side] == Time::NEVER
                && c.boots[side] == boots
                && c.resent[side] == 0
                && c.waiting[side].is_empty()
                && self.links[c.links[side] as usize].cuts == 0
        })
    }

    /// A segment at the end of its link: `None` if it may not pass (now).
    #[inline]
    pub(super) fn pass(
        &mut self,
        conn: ConnId,
        toward: u8,
        departed: Time,
        segment: Segment<P>,
    ) -> Option<Segment<P>> {
        let side = usize::from(toward & !RESENT);
        let resent = toward & RESENT != 0;
        let links = &self.links;
        let c =
            self.conns.get_mut(conn.index as usize).filter(|c| c.generation == conn.generation)?;
        if resent {
            c.resent[side] = c.resent[side].saturating_sub(1);
        }
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
        let behind = !resent && (c.resent[side] > 0 || !c.waiting[side].is_empty());
        if behind || links[c.links[side] as usize].cuts > 0 {
            c.waiting[side].push(segment);
            return None;
        }
        Some(segment)
    }

    /// A segment for a machine without power: its sender's system keeps trying.
    pub(super) fn unanswered(&mut self, conn: ConnId, toward: u8, segment: Segment<P>) {
        if let Some(c) = self.get(conn) {
            c.waiting[toward as usize].push(segment);
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
                // After a break the other side has its own reset on the way.
                if c.ended[1 - side] != Time::NEVER {
                    self.release(conn);
                }
                was_open.then_some(Input::Disconnected { conn, peer, channel, why })
            }
        }
    }

    // ── power ────────────────────────────────────────────────────────────────────────────────

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
                // What a cut held up stood in the dead side's send buffer: nobody sends it again.
                c.waiting[1 - side].clear();
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
        for index in 0..self.conns.len() {
            for side in 0..2 {
                let c = &self.conns[index];
                if c.ends[side] == node
                    && !c.waiting[side].is_empty()
                    && self.links[c.links[side] as usize].cuts == 0
                {
                    self.flush(index, side, kernel);
                }
            }
        }
    }

    // ── faults ───────────────────────────────────────────────────────────────────────────────

    /// Whether one direction is cut.
    pub fn is_cut(&self, from: NodeId, to: NodeId) -> bool {
        self.link_index.get(&(from, to)).is_some_and(|&l| self.links[l as usize].cuts > 0)
    }

    /// The latency of one direction now.
    pub fn latency(&self, from: NodeId, to: NodeId) -> Latency {
        let link = self.link_index.get(&(from, to));
        link.map_or(self.latency, |&l| self.links[l as usize].latency)
    }

    /// The bandwidth of one direction now, in bytes a second; 0: without limit.
    pub fn bandwidth(&self, from: NodeId, to: NodeId) -> u64 {
        self.link_index.get(&(from, to)).map_or(0, |&l| self.links[l as usize].bandwidth)
    }

    /// Every connection that at least one side still uses.
    pub fn connections(&self) -> impl Iterator<Item = Connection> {
        let used = self.conns.iter().filter(|c| !c.broken && c.ended.contains(&Time::NEVER));
        used.filter(|c| c.ends[0] != c.ends[1]).map(|c| Connection {
            client: c.ends[0],
            server: c.ends[1],
            channel: c.channel,
            open: c.boots[1] != 0 && c.ended == [Time::NEVER; 2],
            waiting: c.waiting[0].len() + c.waiting[1].len(),
        })
    }

    /// Cuts one direction; `true` if it was whole.
    pub(super) fn cut(&mut self, from: NodeId, to: NodeId) -> bool {
        let link = self.link(from, to) as usize;
        self.links[link].cuts += 1;
        self.links[link].cuts == 1
    }

    /// Ends one cut of one direction; `true` if it is whole again.
    pub(super) fn heal<T: TimerToken>(
        &mut self,
        from: NodeId,
        to: NodeId,
        kernel: &mut Kernel<Event<P, T>>,
    ) -> bool {
        let link = self.link(from, to);
        let cuts = &mut self.links[link as usize].cuts;
        if *cuts == 0 {
            return false;
        }
        *cuts -= 1;
        if *cuts > 0 {
            return false;
        }
        for index in 0..self.conns.len() {
            for side in 0..2 {
                let c = &self.conns[index];
                if c.links[side] == link && !c.waiting[side].is_empty() {
                    self.flush(index, side, kernel);
                }
            }
        }
        true
    }

    /// What waits toward `side` arrives now, before anything that is still on its way.
    fn flush<T: TimerToken>(
        &mut self,
        index: usize,
        side: usize,
        kernel: &mut Kernel<Event<P, T>>,
    ) {
        let conn = self.id(index);
        let now = kernel.now();
        let c = &mut self.conns[index];
        let waiting = std::mem::take(&mut c.waiting[side]);
        let departed = now.min(c.ended[1 - side]);
        let (from, to, toward) = (c.ends[1 - side], c.ends[side], side as u8 | RESENT);
        c.resent[side] += waiting.len() as u32;
        for segment in waiting {
            kernel.schedule(now, Event::Arrive { conn, toward, from, to, departed, segment });
        }
    }

    /// The last segment that had waited has arrived: what arrived at the same moment follows.
    pub(super) fn follow_resent<T: TimerToken>(
        &mut self,
        conn: ConnId,
        side: u8,
        kernel: &mut Kernel<Event<P, T>>,
    ) {
        let side = usize::from(side);
        let Some(c) = self.get(conn) else { return };
        if c.resent[side] > 0 || c.waiting[side].is_empty() {
            return;
        }
        let link = c.links[side] as usize;
        if self.links[link].cuts == 0 {
            self.flush(conn.index as usize, side, kernel);
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

    /// Another latency for one direction.
    pub fn set_latency(&mut self, from: NodeId, to: NodeId, latency: Latency) {
        let link = self.link(from, to) as usize;
        self.links[link].latency = latency;
    }

    /// The latency every link starts with.
    pub fn default_latency(&self) -> Latency {
        self.latency
    }

    /// Another bandwidth for one direction, in bytes a second; 0 lifts the limit.
    pub fn set_bandwidth(&mut self, from: NodeId, to: NodeId, bytes_per_second: u64) {
        let link = self.link(from, to) as usize;
        self.links[link].bandwidth = bytes_per_second;
    }

    /// The next `count` packets of this kind in one direction break their connection.
    pub fn doom(&mut self, from: NodeId, to: NodeId, kind: &str, count: u32) {
        let link = self.link(from, to) as usize;
        if count > 0 {
            self.links[link].doomed.push((kind.into(), count));
        }
    }
}
