//! The leader-epoch cache: which epoch began at which offset (`LeaderEpochFileCache`; KIP-101,
//! KIP-279; reference §1.7).

use smallvec::SmallVec;

/// Entries (epoch, start offset), strictly increasing in both.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct EpochCache {
    /// Most logs know one epoch.
    entries: SmallVec<[(u32, u64); 1]>,
}

impl EpochCache {
    /// The entries, oldest first.
    pub fn entries(&self) -> &[(u32, u64)] {
        &self.entries
    }

    /// The newest epoch.
    #[inline]
    pub fn latest(&self) -> Option<u32> {
        self.entries.last().map(|e| e.0)
    }

    /// Notes that `epoch` begins at `start`. Entries it contradicts are removed.
    #[inline]
    pub fn assign(&mut self, epoch: u32, start: u64) {
        if let Some(&(latest, latest_start)) = self.entries.last() {
            if epoch == latest && start >= latest_start {
                return;
            }
            self.entries.retain(|&mut (e, s)| e < epoch && s < start);
        }
        self.entries.push((epoch, start));
    }

    /// Forgets every epoch that begins at or after `end`.
    pub fn truncate_from(&mut self, end: u64) {
        self.entries.retain(|&mut (_, start)| start < end);
    }

    /// Forgets the epochs that ended before `start`; the one it lies in begins there now
    /// (`truncateFromStart`).
    pub fn truncate_below(&mut self, start: u64) {
        let Some(at) = self.entries.partition_point(|&(_, s)| s <= start).checked_sub(1) else {
            return;
        };
        self.entries.drain(..at);
        self.entries[0].1 = start;
    }

    /// The answer to "where does the log of `epoch` end": the largest epoch not above the one asked
    /// for, and the offset at which the next one begins.
    pub fn end_offset_for(&self, epoch: Option<u32>, log_end: u64) -> (Option<u32>, Option<u64>) {
        let (Some(epoch), Some(latest)) = (epoch, self.latest()) else { return (None, None) };
        if epoch == latest {
            return (Some(epoch), Some(log_end));
        }
        let above = self.entries.partition_point(|&(e, _)| e <= epoch);
        let Some(&(_, next_start)) = self.entries.get(above) else {
            // Whoever asks is ahead of us.
            return (None, None);
        };
        match above.checked_sub(1) {
            Some(below) => (Some(self.entries[below].0), Some(next_start)),
            None => (Some(epoch), Some(next_start)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(entries: &[(u32, u64)]) -> EpochCache {
        EpochCache { entries: SmallVec::from_slice(entries) }
    }

    #[test]
    fn answers_follow_the_table() {
        let c = cache(&[(1, 8), (3, 20)]);
        let ask = |epoch| c.end_offset_for(epoch, 25);
        assert_eq!(ask(None), (None, None));
        assert_eq!(ask(Some(3)), (Some(3), Some(25)));
        assert_eq!(ask(Some(4)), (None, None), "the asker is ahead of us");
        assert_eq!(
            ask(Some(0)),
            (Some(0), Some(8)),
            "no epoch at or below: start of the lowest above"
        );
        assert_eq!(ask(Some(2)), (Some(1), Some(20)), "KIP-279: the epoch answered for is named");
        assert_eq!(cache(&[]).end_offset_for(Some(1), 5), (None, None));
    }

    #[test]
    fn a_new_assignment_removes_what_contradicts_it() {
        let mut c = cache(&[(0, 0), (1, 5), (2, 9)]);
        c.assign(2, 12);
        assert_eq!(c.entries(), [(0, 0), (1, 5), (2, 9)]);
        c.assign(3, 7);
        assert_eq!(c.entries(), [(0, 0), (1, 5), (3, 7)]);
        c.truncate_from(7);
        assert_eq!(c.entries(), [(0, 0), (1, 5)]);
    }

    #[test]
    fn an_epoch_begins_no_earlier_than_the_log() {
        let mut c = cache(&[(0, 0), (1, 5), (2, 9)]);
        c.truncate_below(7);
        assert_eq!(c.entries(), [(1, 7), (2, 9)]);
        c.truncate_below(20);
        assert_eq!(c.entries(), [(2, 20)]);
        c.truncate_below(3);
        assert_eq!(c.entries(), [(2, 20)]);
    }
}
