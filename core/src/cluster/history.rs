//! The facts a world keeps of its past: all of them, or the last ones.

use crate::fact::Stated;

/// Facts in the order in which they were stated. A copy shares them with the original.
#[derive(Clone, Debug)]
pub struct History {
    facts: imbl::Vector<Stated>,
    /// How many older facts are no longer kept.
    gone: u64,
    most: usize,
}

impl History {
    pub(super) fn new(most: usize) -> Self {
        History { facts: imbl::Vector::new(), gone: 0, most }
    }

    pub(super) fn push(&mut self, stated: Stated) {
        self.facts.push_back(stated);
        if self.facts.len() > self.most {
            self.facts.pop_front();
            self.gone += 1;
        }
    }

    #[cfg(test)]
    pub(super) fn keep(&mut self, most: usize) {
        self.most = most;
    }

    /// Forgets all but the last facts.
    pub(super) fn forget(&mut self, all_but: usize) {
        let older = self.facts.len().saturating_sub(all_but);
        self.facts = self.facts.split_off(older);
        self.gone += older as u64;
    }

    /// The first event of which every fact is kept.
    pub fn covers_from(&self) -> u64 {
        match self.facts.front() {
            Some(first) if self.gone > 0 => first.event + 1,
            _ => 0,
        }
    }

    /// How many facts have been stated, those no longer kept included.
    pub fn total(&self) -> u64 {
        self.gone + self.facts.len() as u64
    }

    /// How many of the oldest facts are no longer kept.
    pub fn gone(&self) -> u64 {
        self.gone
    }

    /// The facts kept.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Stated> + ExactSizeIterator {
        self.facts.iter()
    }

    /// The facts stated since there were `total` of them.
    pub fn since(&self, total: u64) -> impl Iterator<Item = &Stated> {
        let from = total.saturating_sub(self.gone).min(self.facts.len() as u64) as usize;
        (from..self.facts.len()).filter_map(|at| self.facts.get(at))
    }

    /// The kept fact at a place, counted from 0.
    pub fn at(&self, place: u64) -> Option<&Stated> {
        self.facts.get(usize::try_from(place).ok()?)
    }

    /// How many kept facts were stated up to this event, it included.
    pub fn count_to(&self, event: u64) -> u64 {
        self.place(event.saturating_add(1)) as u64
    }

    /// The facts kept, each with its number: how many were stated before it.
    pub fn numbered(&self) -> impl Iterator<Item = (u64, &Stated)> {
        (self.gone..).zip(&self.facts)
    }

    /// The first kept fact of a later event.
    pub fn after(&self, event: u64) -> Option<&Stated> {
        self.facts.get(self.place(event + 1))
    }

    /// The last kept fact of an earlier event.
    pub fn before(&self, event: u64) -> Option<&Stated> {
        self.facts.get(self.place(event).checked_sub(1)?)
    }

    /// How many kept facts were stated by events before this one.
    fn place(&self, event: u64) -> usize {
        let (mut low, mut high) = (0, self.facts.len());
        while low < high {
            let middle = low.midpoint(high);
            match self.facts.get(middle) {
                Some(stated) if stated.event < event => low = middle + 1,
                _ => high = middle,
            }
        }
        low
    }
}
