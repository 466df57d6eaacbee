//! The trace: the last events of a run and what caused each, in bounded memory.

use super::Time;
use std::collections::VecDeque;
use std::sync::Arc;

/// A compromise: a copy of a world copies half a chunk, and the first chunk filled after it counts
/// up one reference a chunk.
const CHUNK: usize = 256;

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

/// A ring of the last handled events. Full chunks are shared between copies of a world, and so is
/// the list of them until one copy goes on; the chunk being filled is not shared, so that an event
/// costs no atomic operation.
///
/// Copies that are kept along a run hold on to every chunk there was when they were made: together
/// they keep the events of the whole run. A copy that is only there to go on from does without:
/// [`Trace::forget`].
#[derive(Clone, Debug)]
pub struct Trace<L> {
    full: Arc<VecDeque<Arc<Vec<Traced<L>>>>>,
    filling: Vec<Traced<L>>,
    /// Number of the first event still kept; events count from 1.
    first: u64,
    /// How many full chunks are kept.
    limit: usize,
}

impl<L: Copy> Trace<L> {
    /// A ring of at least the last `events` events.
    pub fn new(events: usize) -> Self {
        Trace { full: Arc::default(), filling: Vec::new(), first: 1, limit: events.div_ceil(CHUNK) }
    }

    /// Appends the next event.
    #[inline]
    pub fn push(&mut self, traced: Traced<L>) {
        if self.filling.len() == self.filling.capacity() {
            self.turn();
        }
        self.filling.push(traced);
    }

    /// Makes room for the next event: shares the chunk if it has been filled and begins the next,
    /// in the memory of the oldest if nobody else needs it.
    #[cold]
    #[inline(never)]
    fn turn(&mut self) {
        // A copy has the events of a chunk that is being filled, but not the room for the others.
        if self.filling.len() >= CHUNK {
            let filled = std::mem::take(&mut self.filling);
            let full = Arc::make_mut(&mut self.full);
            full.push_back(Arc::new(filled));
            if full.len() > self.limit {
                self.first += CHUNK as u64;
                let oldest = full.pop_front().map(Arc::try_unwrap);
                if let Some(Ok(mut chunk)) = oldest {
                    chunk.clear();
                    self.filling = chunk;
                }
            }
        }
        self.filling.reserve_exact(CHUNK - self.filling.len());
        debug_assert_eq!(self.filling.capacity(), CHUNK);
    }

    /// Forgets the past but for the event handled last. What happens from here on is kept as before.
    pub fn forget(&mut self) {
        let last = match self.filling.last().or_else(|| self.full.back()?.last()) {
            Some(last) => vec![*last],
            None => Vec::new(),
        };
        let kept = self.full.len() * CHUNK + self.filling.len();
        self.first += (kept - last.len()) as u64;
        self.full = Arc::default();
        self.filling = last;
    }

    /// The event of that number, if it is still kept.
    #[inline]
    pub fn get(&self, event: u64) -> Option<Traced<L>> {
        let index = usize::try_from(event.checked_sub(self.first)?).ok()?;
        let chunk = match self.full.get(index / CHUNK) {
            Some(chunk) => chunk.as_slice(),
            None if index / CHUNK == self.full.len() => &self.filling,
            None => return None,
        };
        chunk.get(index % CHUNK).copied()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn traced(event: u64) -> Traced<u64> {
        Traced { time: Time(event * 10), cause: event.saturating_sub(7), label: event }
    }

    fn filled(keep: usize, events: u64) -> Trace<u64> {
        let mut trace = Trace::new(keep);
        (1..=events).for_each(|event| trace.push(traced(event)));
        trace
    }

    #[test]
    fn the_last_events_are_kept_and_older_ones_go() {
        for events in [1, 100, 2_999, 3_000, 3_001, 10_000, 12_345] {
            let trace = filled(3_000, events);
            let kept = events.min(3_000);
            for event in events - kept + 1..=events {
                assert_eq!(trace.get(event), Some(traced(event)));
            }
            assert_eq!(trace.get(0), None);
            assert_eq!(trace.get(events + 1), None);
            assert_eq!(trace.get(events.saturating_sub(3_000 + 2 * CHUNK as u64)), None);
        }
    }

    #[test]
    fn a_chain_of_causes_ends_at_the_beginning_or_at_the_oldest_event_kept() {
        let whole = filled(3_000, 700);
        let chain: Vec<u64> = whole.causes(700).map(|(event, _)| event).collect();
        assert_eq!(chain, (1..=100).rev().map(|n| n * 7).collect::<Vec<_>>());

        let wrapped = filled(3_000, 10_000);
        let (oldest, traced) = wrapped.causes(10_000).last().expect("the last event is kept");
        assert!(oldest <= 7_007 && wrapped.get(traced.cause).is_none());
    }

    #[test]
    fn copies_share_the_past_and_part_in_the_present() {
        let mut trace = filled(3_000, 5_000);
        let copy = trace.clone();
        for event in 5_001..=20_000 {
            trace.push(Traced { label: 0, ..traced(event) });
        }
        assert_eq!(copy.get(5_000), Some(traced(5_000)));
        assert_eq!(copy.get(5_001), None);
        assert_eq!(trace.get(20_000).map(|traced| traced.label), Some(0));
    }

    #[test]
    fn forgetting_leaves_the_present_and_what_comes_and_no_other_copy_notices() {
        for events in [0, 1, CHUNK as u64 - 1, CHUNK as u64, CHUNK as u64 + 1, 5_000] {
            let mut trace = filled(3_000, events);
            let copy = trace.clone();
            trace.forget();
            assert_eq!(trace.get(events), copy.get(events));
            assert_eq!(trace.get(events.saturating_sub(1)), None);
            for event in events + 1..=events + 10_000 {
                trace.push(traced(event));
                assert_eq!(trace.get(event), Some(traced(event)));
            }
            for event in events + 7_001..=events + 10_000 {
                assert_eq!(trace.get(event), Some(traced(event)));
            }
            assert_eq!(copy.get(events + 1), None);
            assert_eq!(copy.get(events / 2 + 1).is_some(), events > 0 && events < 6_000);
        }
    }

    #[test]
    fn a_trace_of_no_length_still_knows_the_present() {
        let trace = filled(0, 5_000);
        assert_eq!(trace.get(5_000), Some(traced(5_000)));
    }
}
