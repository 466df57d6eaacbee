//! The agenda: what is going to happen, in order of time, ties in the order of scheduling.
//!
//! A radix wheel with 64 slots a level: an entry for time `t` stands at the level of the highest
//! base-64 digit in which `t` differs from the wheel's base, in the slot of that digit. Popping
//! takes the first slot of the lowest occupied level and deals its entries to lower levels. Entries
//! of equal time always share a slot and never overtake each other, so the order is stable without
//! a sequence number. A slot is a linked list through one vector of nodes: entries move without
//! being copied, a cancelled one is taken out at once, and a copy of an agenda is a copy of three
//! vectors. What happens stands apart from when, so that dealing touches little memory.

use super::Time;

const BITS: u32 = 6;
const SLOTS: usize = 1 << BITS;
const LEVELS: usize = 11;
/// No node.
const NIL: u32 = u32::MAX;

/// The right to cancel one scheduled entry. A ticket of an entry that has happened, or has been
/// cancelled, cancels nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Ticket {
    index: u32,
    generation: u32,
}

/// When an entry happens and its neighbours in its slot; or a link of the list of free nodes. The
/// slot itself follows from the time, see [`Agenda::place`].
#[derive(Clone, Copy)]
struct Node {
    time: Time,
    next: u32,
    previous: u32,
}

/// What happens, and how often this node has been used before.
#[derive(Clone)]
struct Content<T> {
    generation: u32,
    item: Option<T>,
}

/// A list of nodes; meaningless while the slot is not marked as occupied.
#[derive(Clone, Copy)]
struct Slot {
    first: u32,
    last: u32,
}

/// A priority queue of `T` by time, first scheduled first among equals.
#[derive(Clone)]
pub struct Agenda<T> {
    /// Never later than any entry; nothing may be scheduled before it.
    base: Time,
    /// Which levels have entries, and which slots of each level.
    levels: u32,
    occupied: [u64; LEVELS],
    slots: Vec<Slot>,
    nodes: Vec<Node>,
    /// By node.
    contents: Vec<Content<T>>,
    /// First of the free nodes.
    free: u32,
    len: usize,
}

impl<T> Default for Agenda<T> {
    fn default() -> Self {
        Agenda::new()
    }
}

impl<T> Agenda<T> {
    /// An empty agenda at time zero.
    pub fn new() -> Self {
        Agenda {
            base: Time::ZERO,
            levels: 0,
            occupied: [0; LEVELS],
            slots: vec![Slot { first: NIL, last: NIL }; LEVELS * SLOTS],
            nodes: Vec::new(),
            contents: Vec::new(),
            free: NIL,
            len: 0,
        }
    }

    /// How many entries are going to happen.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing is going to happen.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Schedules `item`. A time before the last popped one counts as that time.
    #[inline]
    pub fn push(&mut self, time: Time, item: T) -> Ticket {
        debug_assert!(time >= self.base, "scheduled in the past: {time} < {}", self.base);
        let time = time.max(self.base);
        self.len += 1;
        let index = self.free;
        let Some(node) = self.nodes.get_mut(index as usize) else {
            return self.push_new(time, item);
        };
        self.free = node.next;
        node.time = time;
        let content = &mut self.contents[index as usize];
        content.item = Some(item);
        let generation = content.generation;
        self.link(index, time);
        Ticket { index, generation }
    }

    /// Schedules `item` on a node that has not been used before.
    #[cold]
    #[inline(never)]
    fn push_new(&mut self, time: Time, item: T) -> Ticket {
        let index = self.nodes.len() as u32;
        assert!(index < NIL, "more entries than an agenda can hold");
        self.nodes.push(Node { time, next: NIL, previous: NIL });
        self.contents.push(Content { generation: 0, item: Some(item) });
        self.link(index, time);
        Ticket { index, generation: 0 }
    }

    /// Takes the next entry, or `None` if nothing is going to happen.
    #[inline]
    pub fn pop(&mut self) -> Option<(Time, T)> {
        self.pop_until(Time::NEVER)
    }

    /// Takes the next entry if it happens at `limit` or before. In any case something may still
    /// be scheduled at `limit`.
    #[inline]
    pub fn pop_until(&mut self, limit: Time) -> Option<(Time, T)> {
        loop {
            if self.levels == 0 {
                return None;
            }
            let level = self.levels.trailing_zeros() as usize;
            let digit = self.occupied[level].trailing_zeros() as usize;
            let index = self.slots[level * SLOTS + digit].first;
            let Node { time, next, .. } = self.nodes[index as usize];
            if next == NIL {
                if time > limit {
                    return None;
                }
                self.vacate(level, digit);
            } else if level == 0 {
                if time > limit {
                    return None;
                }
                self.slots[digit].first = next;
                self.nodes[next as usize].previous = NIL;
            } else {
                match self.deal(level, digit, limit) {
                    true => continue,
                    false => return None,
                }
            }
            self.base = time;
            return self.release(index).map(|item| (time, item));
        }
    }

    /// When the next entry happens. Looking changes nothing, so something may still be scheduled
    /// before that time.
    pub fn next_time(&self) -> Option<Time> {
        if self.levels == 0 {
            return None;
        }
        let level = self.levels.trailing_zeros() as usize;
        let digit = self.occupied[level].trailing_zeros() as usize;
        let mut index = self.slots[level * SLOTS + digit].first;
        let mut earliest = Time::NEVER;
        while let Some(node) = self.nodes.get(index as usize) {
            earliest = earliest.min(node.time);
            index = node.next;
        }
        Some(earliest)
    }

    /// Everything that is going to happen, not in order of time; entries of equal time come in the
    /// order in which they will happen.
    pub fn iter(&self) -> impl Iterator<Item = (Time, &T)> {
        let occupied = (0..LEVELS * SLOTS)
            .filter(move |place| self.occupied[place / SLOTS] >> (place % SLOTS) & 1 == 1);
        occupied.flat_map(move |place| {
            let mut index = self.slots[place].first;
            std::iter::from_fn(move || {
                let node = self.nodes.get(index as usize)?;
                let item = self.contents.get(index as usize)?.item.as_ref()?;
                index = node.next;
                Some((node.time, item))
            })
        })
    }

    /// Cancels an entry and returns it, or `None` if it has happened or was cancelled before.
    #[inline]
    pub fn cancel(&mut self, ticket: Ticket) -> Option<T> {
        let content = self.contents.get(ticket.index as usize)?;
        if content.generation != ticket.generation {
            return None;
        }
        self.unlink(ticket.index);
        self.release(ticket.index)
    }

    /// Where an entry for `time` stands. This does not change while it waits: it shares all digits
    /// above that level with the base, and its own digit of that level comes after the base's
    /// until its slot is dealt out.
    #[inline]
    fn place(&self, time: Time) -> (usize, usize) {
        let differs = time.0 ^ self.base.0;
        let level = (63 - (differs | 1).leading_zeros()) / BITS;
        let digit = (time.0 >> (BITS * level)) as usize % SLOTS;
        (level as usize, digit)
    }

    /// Appends a node to the slot of its time.
    #[inline]
    fn link(&mut self, index: u32, time: Time) {
        let (level, digit) = self.place(time);
        let slot = &mut self.slots[level * SLOTS + digit];
        let previous = if self.occupied[level] >> digit & 1 == 0 {
            self.occupied[level] |= 1 << digit;
            self.levels |= 1 << level;
            slot.first = index;
            NIL
        } else {
            self.nodes[slot.last as usize].next = index;
            slot.last
        };
        slot.last = index;
        let node = &mut self.nodes[index as usize];
        node.next = NIL;
        node.previous = previous;
    }

    /// Takes a node out of its slot.
    #[inline]
    fn unlink(&mut self, index: u32) {
        let Node { time, next, previous } = self.nodes[index as usize];
        let (level, digit) = self.place(time);
        let slot = &mut self.slots[level * SLOTS + digit];
        match self.nodes.get_mut(next as usize) {
            Some(node) => node.previous = previous,
            None => slot.last = previous,
        }
        match self.nodes.get_mut(previous as usize) {
            Some(node) => node.next = next,
            None => slot.first = next,
        }
        if next == previous {
            self.vacate(level, digit);
        }
    }

    /// Frees a node that stands in no slot any more.
    #[inline]
    fn release(&mut self, index: u32) -> Option<T> {
        self.nodes[index as usize].next = self.free;
        self.free = index;
        self.len -= 1;
        let content = &mut self.contents[index as usize];
        content.generation = content.generation.wrapping_add(1);
        content.item.take()
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
    #[inline]
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
        let mut index = self.slots[level * SLOTS + digit].first;
        while let Some(&Node { time, next, .. }) = self.nodes.get(index as usize) {
            self.link(index, time);
            index = next;
        }
        true
    }

    /// Bytes held, for tests about memory.
    #[cfg(test)]
    fn footprint(&self) -> usize {
        self.nodes.capacity() * size_of::<Node>()
            + self.contents.capacity() * size_of::<Content<T>>()
    }
}

#[cfg(test)]
mod tests;
