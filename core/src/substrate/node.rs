//! A machine: its power, its disk, its clock.

use super::{Clock, Disk, DiskCost, Event};

/// Whether a machine and its process run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Power {
    /// The process runs.
    On,
    /// The process stands still; its connections stay open.
    Paused,
    /// The machine runs, the process does not: connections are refused.
    Down,
    /// The machine is off: nothing answers.
    Off,
}

/// A machine of the world. What every timer asks for comes first and stands in one line of a cache.
#[derive(Clone, Debug)]
#[repr(C, align(64))]
pub struct Node<P, T> {
    /// Whether it runs.
    pub power: Power,
    /// How many times its process has started.
    pub boots: u16,
    /// Its clock.
    pub clock: Clock,
    /// Its disk.
    pub disk: Disk,
    /// What reached a paused process, with its cause.
    pub(super) held_back: Vec<(u64, Event<P, T>)>,
}

impl<P, T> Node<P, T> {
    pub(super) fn new(disk: DiskCost) -> Self {
        Node {
            power: Power::Off,
            boots: 0,
            disk: Disk::new(disk),
            clock: Clock::default(),
            held_back: Vec::new(),
        }
    }

    /// Whether a process runs here, and does not stand still.
    pub fn goes_on(&self) -> bool {
        self.power == Power::On
    }

    /// Whether the process that booted for the `boots`-th time runs here.
    #[inline]
    pub fn is_running(&self, boots: u16) -> bool {
        self.power == Power::On && self.boots == boots
    }

    /// Whether a process runs or stands still here, as opposed to being down.
    pub fn is_up(&self) -> bool {
        matches!(self.power, Power::On | Power::Paused)
    }
}
