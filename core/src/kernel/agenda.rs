//! The agenda: what is going to happen, in order of time, ties in the order of scheduling.
//!
//! A radix wheel with 64 slots a level: an entry for time `t` stands at the level of the highest
//! base-64 digit in which `t` differs from the wheel's own time, in the slot of that digit. Popping
//! takes the first slot of the lowest occupied level and deals its entries to lower levels. Entries
//! of equal time always share a slot and never overtake each other, so the order is stable without
//! a sequence number. Payloads stay in a slab and do not move. Cancelled entries are dropped when
//! the wheel meets them; their payloads are freed at once.

use super::Time;

const BITS: u32 = 6;
const SLOTS: usize = 1 << BITS;
const LEVELS: usize = 11;
/// Drained slots larger than this give their memory back instead of keeping it for the next use.
const POOLED_CAPACITY: usize = 256;
/// Cancelled entries are swept out when they outnumber live ones by this many.
const DEAD_SLACK: usize = 4096;

/// The right to cancel one scheduled entry. A ticket of an entry that has happened, or has been
/// cancelled, cancels nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Ticket {
    index: u32,
    generation: u32,
}

#[derive(Clone, Copy)]
struct Entry {
    time: Time,
    ticket: Ticket,
}

#[derive(Clone)]
struct Slot<T> {
    generation: u32,
    item: Option<T>,
}

/// A priority queue of `T` by time, first scheduled first among equals.
pub struct Agenda<T> {
    /// Never later than any live entry; entries may not be scheduled before it.
    now: Time,
    slots: Vec<Vec<Entry>>,
    /// How far the slot of level 0 that is being emptied has been read.
    read: usize,
    occupied: [u64; LEVELS],
    levels: u32,
    slab: Vec<Slot<T>>,
    free: Vec<u32>,
    pool: Vec<Vec<Entry>>,
    live: usize,
    entries: usize,
}

impl<T> Default for Agenda<T> {
    fn default() -> Self {
        Agenda::new()
    }
}

impl<T> Agenda<T> {
    /// An empty agenda at time zero.
    pub fn new() -> Self {
        let mut slots = Vec::new();
        slots.resize_with(LEVELS * SLOTS, Vec::new);
        Agenda {
            now: Time::ZERO,
            slots,
            read: 0,
            occupied: [0; LEVELS],
            levels: 0,
            slab: Vec::new(),
            free: Vec::new(),
            pool: Vec::new(),
            live: 0,
            entries: 0,
        }
    }

    /// How many entries are going to happen.
    pub fn len(&self) -> usize {
        self.live
    }

    /// Whether nothing is going to happen.
    pub fn is_empty(&self) -> bool {
        self.live == 0
    }

    /// Schedules `item`. A time before the last popped one counts as that time.
    #[inline]
    pub fn push(&mut self, time: Time, item: T) -> Ticket {
        debug_assert!(time >= self.now, "scheduled in the past: {time} < {}", self.now);
        self.live += 1;
        let ticket = match self.free.pop() {
            Some(index) => {
                let slot = &mut self.slab[index as usize];
                slot.item = Some(item);
                Ticket { index, generation: slot.generation }
            }
            None => {
                self.slab.push(Slot { generation: 0, item: Some(item) });
                Ticket { index: (self.slab.len() - 1) as u32, generation: 0 }
            }
        };
        self.link(Entry { time: time.max(self.now), ticket });
        ticket
    }

    /// Takes the next entry, or `None` if nothing is going to happen.
    #[inline]
    pub fn pop(&mut self) -> Option<(Time, T)> {
        if self.live == 0 {
            if self.entries > 0 {
                self.sweep();
            }
            return None;
        }
        loop {
            if self.levels & 1 == 0 {
                if let Some(found) = self.descend() {
                    return Some(found);
                }
                continue;
            }
            let index = self.occupied[0].trailing_zeros() as usize;
            let slot = &mut self.slots[index];
            let entry = slot[self.read];
            self.read += 1;
            self.entries -= 1;
            if self.read == slot.len() {
                let drained = std::mem::take(slot);
                self.recycle(drained);
                self.read = 0;
                self.vacate(0, index);
            }
            if let Some(item) = self.take(entry.ticket) {
                self.now = entry.time;
                return Some((entry.time, item));
            }
        }
    }

    /// When the next entry happens. Looking changes nothing, so something may still be scheduled
    /// before that time.
    pub fn next_time(&self) -> Option<Time> {
        for level in 0..LEVELS {
            let mut slots = self.occupied[level];
            while slots != 0 {
                let index = level * SLOTS + slots.trailing_zeros() as usize;
                slots &= slots - 1;
                let skip = if level == 0 { self.skipped(index) } else { 0 };
                let entries = self.slots[index][skip..].iter();
                let earliest = entries.filter(|e| self.is_live(e.ticket)).map(|e| e.time).min();
                if earliest.is_some() {
                    return earliest;
                }
            }
        }
        None
    }

    /// Cancels an entry and returns it, or `None` if it has happened or was cancelled before.
    #[inline]
    pub fn cancel(&mut self, ticket: Ticket) -> Option<T> {
        let item = self.take(ticket)?;
        if self.entries > 2 * self.live + DEAD_SLACK {
            self.sweep();
        }
        Some(item)
    }

    /// Bytes held, for tests about memory.
    #[cfg(test)]
    fn footprint(&self) -> usize {
        let slots = self.slots.iter().chain(&self.pool);
        let entries: usize = slots.map(|slot| slot.capacity()).sum();
        entries * size_of::<Entry>()
            + self.slab.capacity() * size_of::<Slot<T>>()
            + self.free.capacity() * size_of::<u32>()
    }

    fn skipped(&self, index: usize) -> usize {
        if self.occupied[0].trailing_zeros() as usize == index { self.read } else { 0 }
    }

    fn is_live(&self, ticket: Ticket) -> bool {
        let slot = &self.slab[ticket.index as usize];
        slot.generation == ticket.generation && slot.item.is_some()
    }

    #[inline]
    fn link(&mut self, entry: Entry) {
        let differs = entry.time.0 ^ self.now.0;
        let level = ((63 - (differs | 1).leading_zeros()) / BITS) as usize;
        let digit = (entry.time.0 >> (BITS * level as u32)) as usize & (SLOTS - 1);
        self.occupied[level] |= 1 << digit;
        self.levels |= 1 << level;
        let slot = &mut self.slots[level * SLOTS + digit];
        if slot.capacity() == 0
            && let Some(pooled) = self.pool.pop()
        {
            *slot = pooled;
        }
        slot.push(entry);
        self.entries += 1;
    }

    #[inline]
    fn take(&mut self, ticket: Ticket) -> Option<T> {
        let slot = &mut self.slab[ticket.index as usize];
        if slot.generation != ticket.generation {
            return None;
        }
        let item = slot.item.take()?;
        slot.generation = slot.generation.wrapping_add(1);
        self.free.push(ticket.index);
        self.live -= 1;
        Some(item)
    }

    #[inline]
    fn vacate(&mut self, level: usize, digit: usize) {
        self.occupied[level] &= !(1 << digit);
        if self.occupied[level] == 0 {
            self.levels &= !(1 << level);
        }
    }

    /// Opens the first slot of the lowest occupied level. A slot with a single entry gives it at
    /// once; otherwise its entries move to lower levels.
    fn descend(&mut self) -> Option<(Time, T)> {
        let level = self.levels.trailing_zeros() as usize;
        let digit = self.occupied[level].trailing_zeros() as usize;
        self.vacate(level, digit);
        let slot = std::mem::take(&mut self.slots[level * SLOTS + digit]);
        self.entries -= slot.len();
        let mut found = None;
        if let [entry] = slot[..] {
            if let Some(item) = self.take(entry.ticket) {
                self.now = entry.time;
                found = Some((entry.time, item));
            }
        } else {
            let shift = BITS * level as u32;
            let above = self.now.0.checked_shr(shift + BITS).unwrap_or(0);
            let above = above.checked_shl(shift + BITS).unwrap_or(0);
            self.now = Time(above | (digit as u64) << shift);
            for &entry in &slot {
                if self.is_live(entry.ticket) {
                    self.link(entry);
                }
            }
        }
        self.recycle(slot);
        found
    }

    /// Keeps the memory of a drained slot for the next use, unless it is a lot.
    #[inline]
    fn recycle(&mut self, mut slot: Vec<Entry>) {
        slot.clear();
        if slot.capacity() <= POOLED_CAPACITY {
            self.pool.push(slot);
        }
    }

    /// Throws out all cancelled entries, keeping the order of the others.
    fn sweep(&mut self) {
        self.entries = 0;
        for level in 0..LEVELS {
            let mut slots = self.occupied[level];
            while slots != 0 {
                let digit = slots.trailing_zeros() as usize;
                slots &= slots - 1;
                let index = level * SLOTS + digit;
                let mut slot = std::mem::take(&mut self.slots[index]);
                if level == 0 && self.skipped(index) > 0 {
                    slot.drain(..self.read);
                    self.read = 0;
                }
                slot.retain(|entry| self.is_live(entry.ticket));
                self.entries += slot.len();
                if slot.is_empty() {
                    self.vacate(level, digit);
                    self.recycle(slot);
                } else {
                    slot.shrink_to(2 * slot.len());
                    self.slots[index] = slot;
                }
            }
        }
    }
}

impl<T: Clone> Clone for Agenda<T> {
    /// Copies occupied slots only: most of the 704 slots of a small agenda are empty.
    fn clone(&self) -> Self {
        let mut copy = Agenda {
            now: self.now,
            read: self.read,
            occupied: self.occupied,
            levels: self.levels,
            slab: self.slab.clone(),
            free: self.free.clone(),
            live: self.live,
            entries: self.entries,
            ..Agenda::new()
        };
        for level in 0..LEVELS {
            let mut slots = self.occupied[level];
            while slots != 0 {
                let index = level * SLOTS + slots.trailing_zeros() as usize;
                slots &= slots - 1;
                copy.slots[index] = self.slots[index].clone();
            }
        }
        copy
    }
}

#[cfg(test)]
mod tests;
