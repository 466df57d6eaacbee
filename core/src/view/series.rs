//! What happened over time, in a bounded number of buckets.

use crate::fact::{Fact, Stated};
use crate::kernel::{Span, Time};

/// Buckets at most; with more time each becomes twice as wide.
const MOST: u64 = 256;
/// The width of a bucket at first.
const NARROWEST: Span = Span::millis(1);

/// What was counted in one span of time.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Bucket {
    /// Messages handed over by applications.
    pub sent: u32,
    /// Messages acknowledged to their producers.
    pub acknowledged: u32,
    /// Messages refused, or of unknown outcome.
    pub failed: u32,
    /// Messages handled by subscriptions.
    pub handled: u32,
    /// The most committed messages seen waiting for subscriptions.
    pub backlog: u64,
}

impl Bucket {
    fn and(self, other: Bucket) -> Bucket {
        Bucket {
            sent: self.sent.saturating_add(other.sent),
            acknowledged: self.acknowledged.saturating_add(other.acknowledged),
            failed: self.failed.saturating_add(other.failed),
            handled: self.handled.saturating_add(other.handled),
            backlog: self.backlog.max(other.backlog),
        }
    }
}

/// Buckets of equal width from the start of the run on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Series {
    /// The width of each bucket.
    pub width: Span,
    /// The buckets; what comes after the last one is empty.
    pub buckets: imbl::Vector<Bucket>,
}

impl Default for Series {
    fn default() -> Self {
        Series { width: NARROWEST, buckets: imbl::Vector::new() }
    }
}

impl Series {
    /// Counts a fact; `backlog` is asked for where it may have changed most.
    pub(crate) fn count(&mut self, stated: &Stated, backlog: impl FnOnce() -> u64) {
        let Some(counted) = counted(&stated.fact) else { return };
        let fresh = self.make_room(stated.time);
        let at = (stated.time.0 / self.width.0) as usize;
        let backlog = if fresh { backlog() } else { 0 };
        if let Some(bucket) = self.buckets.get_mut(at) {
            *bucket = bucket.and(Bucket { backlog, ..counted });
        }
    }

    /// Makes sure there is a bucket for a moment; `true` if there was none.
    fn make_room(&mut self, time: Time) -> bool {
        while time.0 / self.width.0 >= MOST {
            self.width = self.width.times(2);
            let pairs = self.buckets.len().div_ceil(2);
            let get = |at: usize| self.buckets.get(at).copied().unwrap_or_default();
            self.buckets = (0..pairs).map(|p| get(2 * p).and(get(2 * p + 1))).collect();
        }
        let needed = (time.0 / self.width.0) as usize + 1;
        let fresh = needed > self.buckets.len();
        while self.buckets.len() < needed {
            self.buckets.push_back(Bucket::default());
        }
        fresh
    }
}

fn counted(fact: &Fact) -> Option<Bucket> {
    let none = Bucket::default();
    Some(match fact {
        Fact::Sent { .. } => Bucket { sent: 1, ..none },
        Fact::Acknowledged { .. } => Bucket { acknowledged: 1, ..none },
        Fact::Refused { .. } | Fact::Unknown { .. } => Bucket { failed: 1, ..none },
        Fact::Handled { .. } => Bucket { handled: 1, ..none },
        _ => return None,
    })
}
