//! Copies of the world along a course: coarse ones for the whole run, fine ones where a person is.
//!
//! Both are placed by counts of events, never by a clock, so they lie at the same places on every
//! machine. A copy taken at an event is the world right after it, before interventions done there.

use super::cursor::{Cursor, LAST_FACTS};
use super::watch::Watch;
use crate::kernel::Time;
use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Unbounded};
use std::sync::Arc;

/// Events between two coarse snapshots: as many as can be played again within a few milliseconds.
pub const COARSE_EVENTS: u64 = 14_336;
/// Events between two fine snapshots close behind the place that was asked for.
pub const FINE_EVENTS: u64 = 1_024;
/// Fine snapshots lie that close this many events back, and further back `FAR_EVENTS` apart.
const NEAR_EVENTS: u64 = 2 * FINE_EVENTS;
/// Events between two fine snapshots further back.
const FAR_EVENTS: u64 = 4 * FINE_EVENTS;
/// So many windows keep fine snapshots, those used last.
const FINE_WINDOWS: usize = 4;
/// More coarse snapshots than these are thinned.
const MOST_COARSE: usize = 4_096;

/// Where to leave the next fine snapshot on the way from `event` to `target`: whoever has come
/// somewhere goes back from there in small steps, so snapshots lie close before the target and
/// further apart before that. Each costs as much as some hundred events.
pub(super) fn next_fine(event: u64, target: u64) -> u64 {
    let near = target.saturating_sub(NEAR_EVENTS);
    let far = (event / FAR_EVENTS + 1) * FAR_EVENTS;
    if far <= near { far } else { (event.max(near) / FINE_EVENTS + 1) * FINE_EVENTS }
}

/// A coarse snapshot: the world, and what had been noted about the run up to there.
#[derive(Clone)]
pub(super) struct Snapshot {
    pub cursor: Cursor,
    pub watch: Watch,
}

/// The snapshots of one course. Branches share them.
#[derive(Clone, Default)]
pub(super) struct Snapshots {
    coarse: BTreeMap<u64, Arc<Snapshot>>,
    /// Old facts were taken out of the snapshots, because the run outgrew what is kept of them.
    sparse: bool,
    /// By the number of a window of `COARSE_EVENTS` events; the window used last comes last.
    fine: Vec<(u64, BTreeMap<u64, Arc<Cursor>>)>,
}

impl Snapshots {
    pub fn keep(&mut self, cursor: &Cursor, watch: &Watch) {
        let snapshot = Snapshot { cursor: cursor.light(), watch: watch.clone() };
        self.coarse.insert(cursor.event(), Arc::new(snapshot));
        if !self.sparse && cursor.forgets_facts() {
            self.sparse = true;
            for snapshot in self.coarse.values_mut() {
                Arc::make_mut(snapshot).cursor.state.model.forget_facts(LAST_FACTS);
            }
        }
        if self.coarse.len() > MOST_COARSE {
            self.thin();
        }
    }

    /// Keeps a fine snapshot; the window used longest ago goes.
    pub fn keep_fine(&mut self, cursor: &Cursor) {
        let event = cursor.event();
        let window = self.fine_window(event / COARSE_EVENTS);
        window.entry(event).or_insert_with(|| Arc::new(cursor.light()));
    }

    fn fine_window(&mut self, number: u64) -> &mut BTreeMap<u64, Arc<Cursor>> {
        let found = self.fine.iter().position(|(n, _)| *n == number);
        let window = match found {
            Some(at) => self.fine.remove(at),
            None => (number, BTreeMap::new()),
        };
        self.fine.push(window);
        if self.fine.len() > FINE_WINDOWS {
            self.fine.remove(0);
        }
        let last = self.fine.len() - 1;
        &mut self.fine[last].1
    }

    /// Drops every second snapshot of the older half: distances double with age.
    fn thin(&mut self) {
        let half = self.coarse.len() / 2;
        let old: Vec<u64> = self.coarse.keys().copied().take(half).collect();
        for event in old.iter().skip(1).step_by(2) {
            self.coarse.remove(event);
        }
    }

    /// The nearest world at or before an event.
    pub fn nearest(&self, event: u64) -> Option<&Cursor> {
        let coarse = self.coarse_at(event).map(|s| &s.cursor);
        let fine = self.fine.iter().filter_map(|(_, w)| w.range(..=event).next_back());
        fine.map(|(_, c)| c.as_ref()).chain(coarse).max_by_key(|c| c.event())
    }

    /// The nearest world at or before a moment.
    pub fn nearest_time(&self, time: Time) -> Option<&Cursor> {
        let not_after = |cursor: &&Cursor| cursor.now() <= time;
        let coarse = self.coarse.values().map(|s| &s.cursor);
        let fine = self.fine.iter().flat_map(|(_, w)| w.values().map(Arc::as_ref));
        coarse.chain(fine).filter(not_after).max_by_key(|c| c.event())
    }

    /// The nearest coarse snapshot at or before an event.
    pub fn coarse_at(&self, event: u64) -> Option<&Snapshot> {
        self.coarse.range(..=event).next_back().map(|(_, s)| s.as_ref())
    }

    /// Forgets what lies after an event: the past has changed there.
    pub fn forget_after(&mut self, event: u64) {
        let later: Vec<u64> =
            self.coarse.range((Excluded(event), Unbounded)).map(|(e, _)| *e).collect();
        for event in later {
            self.coarse.remove(&event);
        }
        for (_, window) in &mut self.fine {
            window.retain(|at, _| *at <= event);
        }
        self.fine.retain(|(_, window)| !window.is_empty());
    }

    /// How many coarse and fine snapshots there are.
    pub fn count(&self) -> (usize, usize) {
        (self.coarse.len(), self.fine.iter().map(|(_, w)| w.len()).sum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fine_snapshots_lie_close_before_the_target_and_further_apart_before_that() {
        let left = |from: u64, target: u64| -> Vec<u64> {
            let stops = std::iter::successors(Some(next_fine(from, target)), |event| {
                Some(next_fine(*event, target))
            });
            stops.take_while(|event| *event <= target).collect()
        };
        assert_eq!(left(0, 15_000), [4_096, 8_192, 12_288, 13_312, 14_336]);
        assert_eq!(left(16_384, 17_000), [] as [u64; 0]);
        assert_eq!(left(16_384, 18_432), [17_408, 18_432]);
    }
}
