//! The wheel: when things happen, and in what order; what they are stands in the agenda.
//!
//! A radix wheel with 64 slots a level: an entry for time `t` stands at the level of the highest
//! base-64 digit in which `t` differs from the wheel's base, in the slot of that digit. The next
//! entry is in the first slot of the lowest occupied level. A slot is kept in order as long as few
//! entries stand in it; one in disorder is dealt out to lower levels when its turn comes. Entries
//! of equal time always share a slot and never overtake each other, so the order is stable without
//! a sequence number. A slot is a linked list through one vector of nodes: entries move without
//! being copied, a cancelled one is taken out at once, and a copy of a wheel is a copy of two
//! vectors.

use super::Time;

const BITS: u32 = 6;
const SLOTS: usize = 1 << BITS;
const LEVELS: usize = 11;
/// A new entry that would have to go before so many others of its slot goes to the end instead and
/// leaves the slot in disorder: to look at an entry costs much less than to move it later, but only
/// as long as there are few.
const FEW: u32 = 8;
/// No node.
const NIL: u32 = u32::MAX;

/// When an entry happens and its neighbours in its slot; or a link of the list of free nodes. The
/// slot itself follows from the time, see [`Wheel::place`].
#[derive(Clone, Copy)]
struct Node {
    time: Time,
    next: u32,
    previous: u32,
}

/// A list of nodes; meaningless while the slot is not marked as occupied.
#[derive(Clone, Copy)]
struct Slot {
    first: u32,
    last: u32,
}

/// Entries by time, first come first among equals. An entry is known by the number of its node,
/// which is used again after it has gone.
#[derive(Clone)]
pub(super) struct Wheel {
    /// Never later than any entry or the last popped one.
    base: Time,
    /// The time of the last popped entry; nothing may be put before it.
    now: Time,
    /// Which levels have entries, which slots of each level, and which of these are in disorder;
    /// others are not marked.
    levels: u32,
    occupied: [u64; LEVELS],
    disorder: [u64; LEVELS],
    slots: Box<[[Slot; SLOTS]; LEVELS]>,
    nodes: Vec<Node>,
    /// First of the free nodes.
    free: u32,
}

impl Wheel {
    pub fn new() -> Self {
        Wheel {
            base: Time::ZERO,
            now: Time::ZERO,
            levels: 0,
            occupied: [0; LEVELS],
            disorder: [0; LEVELS],
            slots: Box::new([[Slot { first: NIL, last: NIL }; SLOTS]; LEVELS]),
            nodes: Vec::new(),
            free: NIL,
        }
    }

    /// The time of the last popped entry.
    #[inline]
    pub fn now(&self) -> Time {
        self.now
    }

    /// Puts an entry behind those of its time, which may not be before the last popped one.
    #[inline(always)]
    pub fn put(&mut self, time: Time) -> u32 {
        debug_assert!(time >= self.now, "scheduled in the past: {time} < {}", self.now);
        let index = self.free;
        let Some(node) = self.nodes.get(index as usize) else {
            return self.put_new(time);
        };
        self.free = node.next;
        self.link(index, time);
        index
    }

    /// Puts an entry before those of its time.
    pub fn put_first(&mut self, time: Time) -> u32 {
        let index = self.put(time);
        let (level, digit) = self.place(time);
        let others = self.list(self.slots[level][digit].first);
        let equal = others.filter(|(other, _)| *other == time).map(|(_, index)| index).next();
        if let Some(first) = equal.filter(|first| *first != index) {
            let Node { next, previous, .. } = self.nodes[index as usize];
            self.join(previous, next, level, digit);
            let before = self.nodes[first as usize].previous;
            self.join(before, index, level, digit);
            self.join(index, first, level, digit);
        }
        index
    }

    /// Puts an entry on a node that has not been used before.
    #[cold]
    #[inline(never)]
    fn put_new(&mut self, time: Time) -> u32 {
        let index = self.nodes.len() as u32;
        assert!(index < NIL, "more entries than an agenda can hold");
        self.nodes.push(Node { time, next: NIL, previous: NIL });
        self.link(index, time);
        index
    }

    /// Takes the next entry if it happens at `limit` or before; its time is then
    /// [`Wheel::now`]. In any case something may still be put at `limit`.
    #[inline(always)]
    pub fn pop_until(&mut self, limit: Time) -> Option<u32> {
        loop {
            if self.levels == 0 {
                return None;
            }
            let level = self.levels.trailing_zeros() as usize;
            let digit = self.occupied[level].trailing_zeros() as usize % SLOTS;
            if self.disorder[level] >> digit & 1 == 1 {
                match self.deal(level, digit, limit) {
                    true => continue,
                    false => return None,
                }
            }
            let slot = &mut self.slots[level][digit];
            let index = slot.first;
            let node = &mut self.nodes[index as usize];
            let Node { time, next, .. } = *node;
            if time > limit {
                return None;
            }
            self.now = time;
            node.next = self.free;
            self.free = index;
            match self.nodes.get_mut(next as usize) {
                Some(node) => {
                    node.previous = NIL;
                    slot.first = next;
                }
                None => self.vacate(level, digit),
            }
            return Some(index);
        }
    }

    /// An entry that is likely to be the next: the first of the next slot, which may be in
    /// disorder. `None` if there is none.
    #[inline(always)]
    pub fn glance(&self) -> Option<u32> {
        if self.levels == 0 {
            return None;
        }
        let level = self.levels.trailing_zeros() as usize;
        let digit = self.occupied[level].trailing_zeros() as usize % SLOTS;
        Some(self.slots[level][digit].first)
    }

    /// Takes out an entry that is still to happen.
    #[inline]
    pub fn remove(&mut self, index: u32) {
        let Node { time, next, previous } = self.nodes[index as usize];
        let (level, digit) = self.place(time);
        if next == NIL && previous == NIL {
            self.vacate(level, digit);
            self.disorder[level] &= !(1 << digit);
        } else {
            self.join(previous, next, level, digit);
        }
        self.nodes[index as usize].next = self.free;
        self.free = index;
    }

    /// When the next entry happens. Looking changes nothing, so something may still be put before
    /// that time.
    pub fn next_time(&self) -> Option<Time> {
        if self.levels == 0 {
            return None;
        }
        let level = self.levels.trailing_zeros() as usize;
        let digit = self.occupied[level].trailing_zeros() as usize;
        self.list(self.slots[level][digit].first).map(|(time, _)| time).min()
    }

    /// All entries, not in order of time; those of equal time come in their order.
    pub fn iter(&self) -> impl Iterator<Item = (Time, u32)> {
        let places = (0..LEVELS).flat_map(|level| (0..SLOTS).map(move |digit| (level, digit)));
        let occupied = places.filter(|&(level, digit)| self.occupied[level] >> digit & 1 == 1);
        occupied.flat_map(|(level, digit)| self.list(self.slots[level][digit].first))
    }

    /// The entries of a slot from a node on.
    fn list(&self, first: u32) -> impl Iterator<Item = (Time, u32)> {
        let mut next = first;
        std::iter::from_fn(move || {
            let index = next;
            let node = self.nodes.get(index as usize)?;
            next = node.next;
            Some((node.time, index))
        })
    }

    /// Where an entry for `time` stands. This does not change while it waits: it shares all digits
    /// above that level with the base, and its own digit of that level comes after the base's
    /// until its slot is dealt out.
    #[inline]
    fn place(&self, time: Time) -> (usize, usize) {
        let differs = time.0 ^ self.base.0;
        let level = (differs | 1).ilog2() / BITS;
        let digit = (time.0 >> (BITS * level)) as usize % SLOTS;
        (level as usize, digit)
    }

    /// Puts a node into the slot of its time, behind those of its time.
    #[inline(always)]
    fn link(&mut self, index: u32, time: Time) {
        let (level, digit) = self.place(time);
        let slot = &mut self.slots[level][digit];
        let node = &mut self.nodes[index as usize];
        if self.occupied[level] >> digit & 1 == 0 {
            *node = Node { time, next: NIL, previous: NIL };
            *slot = Slot { first: index, last: index };
            self.occupied[level] |= 1 << digit;
            self.levels |= 1 << level;
            return;
        }
        let last = slot.last;
        *node = Node { time, next: NIL, previous: last };
        let before = &mut self.nodes[last as usize];
        if before.time > time && self.disorder[level] >> digit & 1 == 0 {
            return self.link_in_order(index, time, level, digit);
        }
        before.next = index;
        slot.last = index;
    }

    /// Puts a node where it belongs in a slot whose last entry comes after it.
    fn link_in_order(&mut self, index: u32, time: Time, level: usize, digit: usize) {
        let mut next = self.slots[level][digit].last;
        for _ in 1..FEW {
            let previous = self.nodes[next as usize].previous;
            if self.nodes.get(previous as usize).is_none_or(|node| node.time <= time) {
                self.join(previous, index, level, digit);
                self.join(index, next, level, digit);
                return;
            }
            next = previous;
        }
        self.disorder[level] |= 1 << digit;
        self.join(self.slots[level][digit].last, index, level, digit);
        self.join(index, NIL, level, digit);
    }

    /// Makes two nodes neighbours; with `NIL` one of them becomes the first or last of its slot.
    #[inline]
    fn join(&mut self, before: u32, after: u32, level: usize, digit: usize) {
        let slot = &mut self.slots[level][digit];
        match self.nodes.get_mut(before as usize) {
            Some(node) => node.next = after,
            None => slot.first = after,
        }
        match self.nodes.get_mut(after as usize) {
            Some(node) => node.previous = before,
            None => slot.last = before,
        }
    }

    #[inline]
    fn vacate(&mut self, level: usize, digit: usize) {
        self.occupied[level] &= !(1 << digit);
        if self.occupied[level] == 0 {
            self.levels &= !(1 << level);
        }
    }

    /// Deals the entries of a slot to lower levels, unless all of them are after `limit`: then the
    /// base must stay where it is.
    #[inline(never)]
    fn deal(&mut self, level: usize, digit: usize, limit: Time) -> bool {
        let shift = BITS * level as u32;
        let above = self.base.0.checked_shr(shift + BITS).unwrap_or(0);
        let above = above.checked_shl(shift + BITS).unwrap_or(0);
        let start = Time(above | (digit as u64) << shift);
        if start > limit {
            return false;
        }
        self.base = start;
        self.vacate(level, digit);
        self.disorder[level] &= !(1 << digit);
        let mut index = self.slots[level][digit].first;
        while let Some(&Node { time, next, .. }) = self.nodes.get(index as usize) {
            self.link(index, time);
            index = next;
        }
        true
    }

    /// Bytes held, for tests about memory.
    #[cfg(test)]
    pub fn footprint(&self) -> usize {
        self.nodes.capacity() * size_of::<Node>()
    }
}
