//! The trace: the last events of a run and what caused each, in bounded memory.

use super::Time;
use std::collections::VecDeque;
use std::sync::Arc;

const CHUNK: usize = 1024;

/// One handled event.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Traced<L> {
    /// When it was handled.
    pub time: Time,
    /// The event that caused it, 0 for the world's beginning.
    pub cause: u64,
    /// What it was.
    pub label: L,
}

/// A ring of the last handled events, in chunks shared between copies of a world.
#[derive(Clone, Debug)]
pub struct Trace<L> {
    chunks: VecDeque<Arc<Vec<Traced<L>>>>,
    /// Number of the first event still kept; events count from 1.
    first: u64,
    /// How many chunks are kept.
    limit: usize,
}

impl<L: Copy> Trace<L> {
    /// A ring of at least the last `events` events.
    pub fn new(events: usize) -> Self {
        Trace { chunks: VecDeque::new(), first: 1, limit: events.div_ceil(CHUNK) + 1 }
    }

    /// Appends the next event.
    #[inline]
    pub fn push(&mut self, traced: Traced<L>) {
        if let Some(chunk) = self.chunks.back_mut() {
            if chunk.len() < CHUNK {
                match Arc::get_mut(chunk) {
                    Some(chunk) => chunk.push(traced),
                    None => {
                        let mut copy = Vec::with_capacity(CHUNK);
                        copy.extend_from_slice(chunk);
                        copy.push(traced);
                        *chunk = Arc::new(copy);
                    }
                }
                return;
            }
        }
        self.push_chunk(traced);
    }

    #[cold]
    fn push_chunk(&mut self, traced: Traced<L>) {
        let recycled = if self.chunks.len() >= self.limit {
            self.first += CHUNK as u64;
            self.chunks.pop_front()
        } else {
            None
        };
        let mut chunk = match recycled.map(Arc::try_unwrap) {
            Some(Ok(mut chunk)) => {
                chunk.clear();
                chunk
            }
            _ => Vec::with_capacity(CHUNK),
        };
        chunk.push(traced);
        self.chunks.push_back(Arc::new(chunk));
    }

    /// The event of that number, if it is still kept.
    pub fn get(&self, event: u64) -> Option<Traced<L>> {
        let index = usize::try_from(event.checked_sub(self.first)?).ok()?;
        self.chunks.get(index / CHUNK)?.get(index % CHUNK).copied()
    }

    /// The chain of causes of an event, itself first, back to the oldest one still kept.
    pub fn causes(&self, event: u64) -> impl Iterator<Item = (u64, Traced<L>)> + '_ {
        let mut next = event;
        std::iter::from_fn(move || {
            let traced = self.get(next)?;
            let number = next;
            next = traced.cause;
            Some((number, traced))
        })
    }
}
