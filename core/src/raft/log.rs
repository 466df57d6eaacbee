//! A log of entries, each with the epoch of the leader that wrote it.

use super::LogEnd;
use std::cmp::Ordering;

/// Entries from offset 0 on. A copy is cheap and shares what it holds.
#[derive(Clone, Debug)]
pub struct ReplicatedLog<E: Clone> {
    entries: imbl::Vector<(u32, E)>,
}

impl<E: Clone> Default for ReplicatedLog<E> {
    fn default() -> Self {
        ReplicatedLog { entries: imbl::Vector::new() }
    }
}

impl<E: Clone> ReplicatedLog<E> {
    /// The offset after the last entry.
    pub fn end_offset(&self) -> u64 {
        self.entries.len() as u64
    }

    /// The epoch of the last entry and the offset after it.
    pub fn end(&self) -> LogEnd {
        let epoch = self.entries.last().map_or(0, |(epoch, _)| *epoch);
        LogEnd { epoch, offset: self.end_offset() }
    }

    /// The epoch of the entry at `offset`.
    pub fn epoch_at(&self, offset: u64) -> Option<u32> {
        Some(self.entries.get(usize::try_from(offset).ok()?)?.0)
    }

    /// Adds an entry. Epochs never fall along a log.
    pub fn append(&mut self, epoch: u32, entry: E) {
        debug_assert!(epoch >= self.end().epoch);
        self.entries.push_back((epoch, entry));
    }

    /// Cuts everything from `to` on.
    pub fn truncate(&mut self, to: u64) {
        if let Ok(to) = usize::try_from(to)
            && to < self.entries.len()
        {
            self.entries.truncate(to);
        }
    }

    /// The entries from `from` up to `to` (exclusive), as far as there are any.
    pub fn range(&self, from: u64, to: u64) -> impl Iterator<Item = &(u32, E)> {
        let to = to.min(self.end_offset()) as usize;
        let from = (from as usize).min(to);
        self.entries.focus().narrow(from..to).into_iter()
    }

    /// Whether this log holds the entry another log ends with; then both are the same up to there
    /// (the log matching property, §5.3).
    pub fn holds(&self, other: LogEnd) -> bool {
        match other.offset.checked_sub(1) {
            None => true,
            Some(last) => self.epoch_at(last) == Some(other.epoch),
        }
    }

    /// Where a log that ends at `other` certainly parts from this one, as a reader must be told
    /// that truncates before it reads on: the latest epoch here that is not later than the other's
    /// last, and the end of that epoch. `None` if nothing parts them.
    pub fn parts_from(&self, other: LogEnd) -> Option<LogEnd> {
        if self.holds(other) {
            return None;
        }
        // Epochs never fall along the log: the end of an epoch is found by bisection.
        let side = |(epoch, _): &(u32, E)| match *epoch <= other.epoch {
            true => Ordering::Less,
            false => Ordering::Greater,
        };
        let offset = self.entries.binary_search_by(side).unwrap_or_else(|end| end);
        let epoch = offset.checked_sub(1).map_or(0, |last| self.entries[last].0);
        Some(LogEnd { epoch, offset: offset as u64 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn log(epochs: &[u32]) -> ReplicatedLog<u64> {
        let mut log = ReplicatedLog::default();
        for (offset, &epoch) in (0..).zip(epochs) {
            // An entry is identified by epoch and offset.
            log.append(epoch, u64::from(epoch) * 100 + offset);
        }
        log
    }

    #[test]
    fn a_log_parts_at_the_end_of_the_last_epoch_both_may_share() {
        let leader = log(&[1, 1, 1, 3, 3]);
        assert_eq!(leader.parts_from(log(&[1, 1, 1]).end()), None);
        assert_eq!(leader.parts_from(LogEnd::default()), None);
        let part = |epoch, offset| Some(LogEnd { epoch, offset });
        assert_eq!(leader.parts_from(log(&[1, 1, 1, 1, 1]).end()), part(1, 3));
        assert_eq!(leader.parts_from(log(&[1, 1, 2]).end()), part(1, 3));
        assert_eq!(leader.parts_from(log(&[1, 1, 1, 3, 3, 3, 3]).end()), part(3, 5));
    }

    #[test]
    fn a_truncated_log_ends_with_the_epoch_that_is_left() {
        let mut log = log(&[1, 1, 2, 2]);
        log.truncate(2);
        assert_eq!(log.end(), LogEnd { epoch: 1, offset: 2 });
        log.truncate(9);
        assert_eq!(log.end_offset(), 2);
        assert_eq!(log.range(1, 9).map(|(_, e)| *e).collect::<Vec<_>>(), [101]);
    }

    proptest! {
        /// A reader that follows `parts_from` until it is silent is a prefix of the log it reads,
        /// and has given up nothing that it shared.
        #[test]
        fn truncating_where_logs_part_leaves_what_they_share(
            shared in prop::collection::vec(1u32..4, 0..6),
            mine in prop::collection::vec(4u32..8, 0..6),
            theirs in prop::collection::vec(4u32..8, 0..6),
        ) {
            let mut shared = shared;
            shared.sort_unstable();
            let whole = |rest: &[u32], odd: u32| {
                let mut rest: Vec<u32> = rest.iter().map(|e| e * 2 + odd).collect();
                rest.sort_unstable();
                let all: Vec<u32> = shared.iter().copied().chain(rest).collect();
                log(&all)
            };
            // Two leaders never lead the same epoch, so the tails have epochs of their own.
            let (leader, mut follower) = (whole(&mine, 0), whole(&theirs, 1));
            let mut rounds = 0;
            while let Some(part) = leader.parts_from(follower.end()) {
                let own = follower.parts_from(part);
                follower.truncate(part.offset.min(own.map_or(part.offset, |o| o.offset)));
                rounds += 1;
                prop_assert!(rounds < 20);
            }
            prop_assert!(leader.holds(follower.end()));
            let both = |l: &ReplicatedLog<u64>| l.range(0, 99).map(|(_, e)| *e).collect::<Vec<_>>();
            prop_assert!(both(&leader).starts_with(&both(&follower)));
            let kept = follower.end_offset() as usize;
            let could = both(&leader).iter().zip(&both(&whole(&theirs, 1))).take_while(|(a, b)| a == b).count();
            prop_assert_eq!(kept, could);
        }
    }
}
