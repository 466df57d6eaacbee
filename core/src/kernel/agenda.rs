//! The agenda: what is going to happen, in order of time, ties in the order of scheduling.
//!
//! When things happen is the business of the [`Wheel`]; what happens stands apart from it, so that
//! sorting touches little memory, and is moved only twice: in and out.

use super::Time;
use super::wheel::Wheel;

/// The right to cancel one scheduled entry. A ticket of an entry that has happened, or has been
/// cancelled, cancels nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Ticket {
    index: u32,
    generation: u32,
}

/// What happens, and how often this node of the wheel has been used before.
#[derive(Clone)]
struct Content<T> {
    generation: u32,
    item: Option<T>,
}

/// A priority queue of `T` by time, first scheduled first among equals.
#[derive(Clone)]
pub struct Agenda<T> {
    wheel: Wheel,
    /// By node of the wheel.
    contents: Vec<Content<T>>,
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
        Agenda { wheel: Wheel::new(), contents: Vec::new(), len: 0 }
    }

    /// How many entries are going to happen.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing is going to happen.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Schedules `item` at a time not before the last popped one.
    // Always inlined, so that the item is written where it is to stand and not copied on the way.
    #[inline(always)]
    pub fn push(&mut self, time: Time, item: T) -> Ticket {
        let index = self.wheel.put(time);
        self.place(index, item)
    }

    /// Schedules `item` before everything else of its time.
    pub fn push_first(&mut self, time: Time, item: T) -> Ticket {
        let index = self.wheel.put_first(time);
        self.place(index, item)
    }

    #[inline(always)]
    fn place(&mut self, index: u32, item: T) -> Ticket {
        self.len += 1;
        let Some(content) = self.contents.get_mut(index as usize) else {
            return self.place_new(index, item);
        };
        let nothing = content.item.replace(item);
        debug_assert!(nothing.is_none());
        // Nothing needs to be dropped; said, because the compiler would prepare for it.
        std::mem::forget(nothing);
        Ticket { index, generation: content.generation }
    }

    /// The same on a node that has not been used before.
    #[cold]
    #[inline(never)]
    fn place_new(&mut self, index: u32, item: T) -> Ticket {
        debug_assert_eq!(index as usize, self.contents.len());
        self.contents.push(Content { generation: 0, item: Some(item) });
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
        let index = self.wheel.pop_until(limit)?;
        let item = self.take(index)?;
        Some((self.wheel.now(), item))
    }

    /// The entry that is likely to be the next, see [`Wheel::glance`]; `None` if there is none.
    #[inline(always)]
    pub fn glance(&self) -> Option<&T> {
        self.contents.get(self.wheel.glance()? as usize)?.item.as_ref()
    }

    /// When the next entry happens. Looking changes nothing, so something may still be scheduled
    /// before that time.
    pub fn next_time(&self) -> Option<Time> {
        self.wheel.next_time()
    }

    /// Everything that is going to happen, not in order of time; entries of equal time come in the
    /// order in which they will happen.
    pub fn iter(&self) -> impl Iterator<Item = (Time, &T)> {
        self.wheel.iter().filter_map(|(time, index)| {
            let item = self.contents.get(index as usize)?.item.as_ref()?;
            Some((time, item))
        })
    }

    /// Cancels an entry and returns it, or `None` if it has happened or was cancelled before.
    #[inline]
    pub fn cancel(&mut self, ticket: Ticket) -> Option<T> {
        let content = self.contents.get(ticket.index as usize)?;
        if content.generation != ticket.generation {
            return None;
        }
        self.wheel.remove(ticket.index);
        self.take(ticket.index)
    }

    /// The item of an entry that has left the wheel.
    #[inline]
    fn take(&mut self, index: u32) -> Option<T> {
        self.len -= 1;
        let content = &mut self.contents[index as usize];
        content.generation = content.generation.wrapping_add(1);
        content.item.take()
    }

    /// Bytes held, for tests about memory.
    #[cfg(test)]
    fn footprint(&self) -> usize {
        self.wheel.footprint() + self.contents.capacity() * size_of::<Content<T>>()
    }
}

#[cfg(test)]
mod tests;
