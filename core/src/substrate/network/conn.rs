//! Connections: who is at their ends and what is in the way between them.

use super::link::Link;
use crate::fact::NodeId;
use crate::kernel::Time;

/// One connection. Numbers of ended connections are used again with another generation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ConnId {
    pub(in super::super) index: u32,
    pub(super) generation: u32,
}

impl ConnId {
    /// No connection; nothing sent on it arrives anywhere.
    pub const NONE: ConnId = ConnId { index: u32::MAX, generation: 0 };
}

/// What a connection is for, in the words of the actor that opens it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Channel(pub u16);

/// The client's side is 0, the server's side 1; `toward` names a side. What waits on it stands
/// elsewhere, so that a connection is one line of a cache: every packet asks for one.
#[derive(Clone, Debug)]
#[repr(align(64))]
pub(super) struct Conn {
    pub generation: u32,
    pub ends: [NodeId; 2],
    /// A packet that arrives at this side has nothing in its way: [`Conn::is_clear`], noted each
    /// time something has changed, because it is asked of every packet.
    pub clear: [bool; 2],
    /// Broken at both ends at once: what is still in flight never arrives.
    pub broken: bool,
    /// The links toward side 0 and toward side 1.
    pub links: [u32; 2],
    /// When the last segment toward each side arrives.
    pub last: [Time; 2],
    /// From when on a side sends nothing more.
    pub ended: [Time; 2],
    /// Which boot of the process each side belongs to; 0: not connected yet.
    pub boots: [u16; 2],
    pub channel: Channel,
    /// Whether segments toward each side wait for a cut to heal or a machine to come back.
    pub waits: [bool; 2],
}

const _: () = assert!(size_of::<Conn>() == 64);

impl Conn {
    /// Whether a packet that arrives at `side` now can go to the process there: that runs, neither
    /// end has ended, the link is whole, and nothing that was sent before still waits.
    pub fn is_clear(&self, side: usize, links: &[Link], running: &[bool]) -> bool {
        running[self.ends[side].0 as usize]
            && !self.broken
            && self.ended == [Time::NEVER; 2]
            && self.boots[side] != 0
            && !self.waits[side]
            && links[self.links[side] as usize].cuts() == 0
    }

    /// Notes for both sides whether they are clear.
    pub fn look(&mut self, links: &[Link], running: &[bool]) {
        self.clear = [self.is_clear(0, links, running), self.is_clear(1, links, running)];
    }
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
