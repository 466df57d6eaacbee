//! A table with one entry for each message.
//!
//! Producers number their messages in the order in which they send them, so each block of messages
//! has a column of its own that grows at its end: what is written most stands in a column's unshared
//! tail, and messages that were never sent take no memory.

use super::plan::Plan;
use crate::fact::MessageId;
use crate::kernel::Chunked;
use std::sync::Arc;

/// Where a message stands in every [`PerMessage`] of one plan: its block, and its number there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Place {
    pub(super) block: u32,
    pub(super) n: u32,
}

/// The blocks of a plan, as far as finding a message needs them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Blocks {
    /// The first id of each block, ascending from 0 without gaps, and the number of all messages.
    bounds: Arc<[u32]>,
    /// The block of every [`STRIDE`]th message: finding the others begins there.
    signposts: Arc<[u32]>,
}

/// Messages between two signposts.
const STRIDE: usize = 64;

impl Blocks {
    pub(super) fn of(plan: &Plan) -> Blocks {
        let firsts = plan.blocks.iter().map(|b| b.first.0);
        let bounds: Arc<[u32]> = firsts.chain([plan.message_count() as u32]).collect();
        let at = |id: usize| bounds.partition_point(|first| *first as usize <= id) - 1;
        let signposts = (0..plan.message_count()).step_by(STRIDE).map(|id| at(id) as u32);
        Blocks { signposts: signposts.collect(), bounds }
    }

    /// How many messages there are.
    pub(super) fn messages(&self) -> usize {
        self.bounds.last().map_or(0, |count| *count as usize)
    }

    /// Where a message stands; `None` if the plan does not have it.
    #[inline]
    pub(super) fn place(&self, message: MessageId) -> Option<Place> {
        let mut block = *self.signposts.get(message.0 as usize / STRIDE)?;
        // Past the last message there is no bound to stop at.
        while message.0 >= *self.bounds.get(block as usize + 1)? {
            block += 1;
        }
        Some(Place { block, n: message.0 - self.bounds[block as usize] })
    }
}

/// See the module text.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct PerMessage<T: Clone + Eq> {
    columns: Vec<Chunked<T>>,
    untouched: T,
}

impl<T: Clone + Eq> PerMessage<T> {
    /// A table in which every entry is `untouched`.
    pub(super) fn new(blocks: &Blocks, untouched: T) -> Self {
        let count = blocks.bounds.len().saturating_sub(1);
        PerMessage { columns: (0..count).map(|_| Chunked::default()).collect(), untouched }
    }

    /// The entry at a place.
    #[inline]
    pub(super) fn get(&self, place: Place) -> &T {
        let column = self.columns.get(place.block as usize);
        column.and_then(|c| c.get(place.n as usize)).unwrap_or(&self.untouched)
    }

    /// The entry at a place, to change. Eight facts of an ordinary message come here.
    #[inline(always)]
    pub(super) fn get_mut(&mut self, place: Place) -> &mut T {
        let n = place.n as usize;
        if n >= self.columns[place.block as usize].len() {
            self.grow(place);
        }
        self.columns[place.block as usize].get_mut(n).unwrap_or(&mut self.untouched)
    }

    /// Lets a column reach to a place. Mostly that is one entry further.
    #[inline(never)]
    fn grow(&mut self, place: Place) {
        let column = &mut self.columns[place.block as usize];
        while column.len() <= place.n as usize {
            column.push(self.untouched.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::NodeId;
    use crate::ledger::PlannedBlock;

    fn plan(counts: &[u32]) -> Plan {
        let mut first = 0;
        let block = |&count: &u32| {
            let block = PlannedBlock {
                first: MessageId(first),
                count,
                producer: NodeId(0),
                keys: Vec::new(),
                lanes: Vec::new(),
                targets: Vec::new(),
            };
            first += count;
            block
        };
        Plan { blocks: counts.iter().map(block).collect(), ..Plan::default() }
    }

    #[test]
    fn every_message_has_a_place_and_no_other_has() {
        for counts in [&[5][..], &[3, 4], &[1, 0, 2, 300], &[]] {
            let plan = plan(counts);
            let blocks = Blocks::of(&plan);
            for id in 0..plan.message_count() as u32 + 5 {
                let place = blocks.place(MessageId(id));
                let block = plan.block_of(MessageId(id));
                assert_eq!(place.map(|p| p.block as usize), block, "{counts:?} {id}");
                if let (Some(place), Some(block)) = (place, block) {
                    assert_eq!(plan.blocks[block].first.0 + place.n, id);
                }
            }
        }
    }

    #[test]
    fn entries_keep_what_was_written_and_the_others_are_untouched() {
        let blocks = Blocks::of(&plan(&[400, 400]));
        let mut table = PerMessage::new(&blocks, 0u32);
        let place = |id| blocks.place(MessageId(id)).expect("planned");
        let mut copies = Vec::new();
        for id in [0, 700, 3, 399, 400, 2, 799, 0] {
            *table.get_mut(place(id)) += id + 1;
            copies.push(table.clone());
        }
        let written: Vec<_> = (0..800).filter(|id| *table.get(place(*id)) != 0).collect();
        assert_eq!(written, [0, 2, 3, 399, 400, 700, 799]);
        assert_eq!(*table.get(place(0)), 2);
        assert_eq!(*copies[0].get(place(700)), 0, "a copy does not change with the original");
    }
}
