//! A vector of small entries that is cheap to clone and cheap to change.
//!
//! Entries lie in leaves, leaves on shelves, each behind a shared pointer: a clone copies the list of
//! shelves by its pointer, the one open shelf and the one open leaf, and the first change after it
//! copies the leaf it touches and the two lists of pointers above. So what a snapshot of a log or
//! ledger costs, in time and in memory, hardly grows with its length, and a change costs three
//! uniqueness checks (a persistent tree would walk several levels for each).

use std::sync::Arc;

/// Leaves on a shelf.
const SHELF: usize = 64;

type Leaf<T> = Arc<Vec<T>>;

/// See the module text. A leaf has `LEAF` entries: few enough that one copied after each snapshot
/// weighs little, so many that pointers to leaves weigh less than their entries.
#[derive(Clone, Debug)]
pub struct Chunked<T, const LEAF: usize = 64> {
    /// Full shelves.
    shelves: Arc<[Arc<Vec<Leaf<T>>>]>,
    /// The shelf that is not full yet: shared as well, so that a copy counts up one reference and not
    /// one a leaf. Whoever fills the next leaf copies it.
    shelf: Arc<Vec<Leaf<T>>>,
    /// What does not fill a leaf yet, unshared: appending asks nobody whether it may.
    tail: Vec<T>,
    len: usize,
    /// How many entries the leaves have room for. More than `len` only in a vector that was filled
    /// with equal entries and has not been appended to beyond its last leaf.
    room: usize,
}

impl<T, const LEAF: usize> Default for Chunked<T, LEAF> {
    fn default() -> Self {
        Chunked {
            shelves: Arc::default(),
            shelf: Arc::default(),
            tail: Vec::new(),
            len: 0,
            room: 0,
        }
    }
}

impl<T: Clone, const LEAF: usize> FromIterator<T> for Chunked<T, LEAF> {
    fn from_iter<I: IntoIterator<Item = T>>(entries: I) -> Self {
        let mut chunked = Chunked::default();
        entries.into_iter().for_each(|entry| chunked.push(entry));
        chunked
    }
}

impl<T: Clone + PartialEq, const LEAF: usize> PartialEq for Chunked<T, LEAF> {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && self.iter().eq(other.iter())
    }
}

impl<T: Clone + Eq, const LEAF: usize> Eq for Chunked<T, LEAF> {}

impl<T: Clone, const LEAF: usize> Chunked<T, LEAF> {
    /// `len` equal entries. All leaves are one and the same until they are changed.
    pub fn filled(len: usize, value: T) -> Self {
        let leaves = len.div_ceil(LEAF);
        let leaf = Arc::new(vec![value; LEAF.min(len)]);
        let shelf = Arc::new(vec![leaf.clone(); if leaves < SHELF { 0 } else { SHELF }]);
        let full = if len < LEAF { 0 } else { leaves };
        if full == 0 {
            return Chunked { tail: leaf.to_vec(), len, ..Chunked::default() };
        }
        Chunked {
            shelves: vec![shelf; leaves / SHELF].into(),
            shelf: Arc::new(vec![leaf; leaves % SHELF]),
            tail: Vec::new(),
            len,
            room: leaves * LEAF,
        }
    }

    /// How many entries there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    #[inline]
    fn leaf(&self, leaf: usize) -> Option<&Leaf<T>> {
        match self.shelves.get(leaf / SHELF) {
            Some(shelf) => shelf.get(leaf % SHELF),
            None => self.shelf.get(leaf - self.shelves.len() * SHELF),
        }
    }

    /// The entry at `index`.
    #[inline]
    pub fn get(&self, index: usize) -> Option<&T> {
        if index >= self.room {
            return self.tail.get(index - self.room);
        }
        // Only a vector that was filled has leaves beyond its end.
        if index >= self.len {
            return None;
        }
        self.leaf(index / LEAF)?.get(index % LEAF)
    }

    /// The entry at `index`, to change.
    #[inline]
    pub fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        if index >= self.room {
            return self.tail.get_mut(index - self.room);
        }
        self.get_mut_in_leaf(index)
    }

    #[inline(never)]
    fn get_mut_in_leaf(&mut self, index: usize) -> Option<&mut T> {
        if index >= self.len {
            return None;
        }
        let leaf = index / LEAF;
        let full = self.shelves.len() * SHELF;
        let leaf = if leaf < full {
            let shelf = Arc::make_mut(&mut self.shelves).get_mut(leaf / SHELF)?;
            Arc::make_mut(shelf).get_mut(leaf % SHELF)?
        } else {
            Arc::make_mut(&mut self.shelf).get_mut(leaf - full)?
        };
        Arc::make_mut(leaf).get_mut(index % LEAF)
    }

    /// The last entry.
    #[inline]
    pub fn last(&self) -> Option<&T> {
        match self.tail.last() {
            Some(last) => Some(last),
            None => self.get(self.len.checked_sub(1)?),
        }
    }

    /// Appends an entry.
    #[inline]
    pub fn push(&mut self, value: T) {
        if self.len < self.room {
            self.len += 1;
            if let Some(entry) = self.get_mut(self.len - 1) {
                *entry = value;
            }
            return;
        }
        self.tail.push(value);
        self.len += 1;
        if self.tail.len() == LEAF {
            self.turn();
        }
    }

    #[cold]
    fn turn(&mut self) {
        let full = std::mem::replace(&mut self.tail, Vec::with_capacity(LEAF));
        self.room += LEAF;
        Arc::make_mut(&mut self.shelf).push(Arc::new(full));
        if self.shelf.len() == SHELF {
            let shelf = std::mem::take(&mut self.shelf);
            self.shelves = self.shelves.iter().cloned().chain([shelf]).collect();
        }
    }

    /// Removes the entries from `at` on and gives them back.
    pub fn split_off(&mut self, at: usize) -> Vec<T> {
        let removed: Vec<T> = (at..self.len).filter_map(|i| self.get(i).cloned()).collect();
        self.truncate(at);
        removed
    }

    /// Removes the entries from `at` on.
    pub fn truncate(&mut self, at: usize) {
        if at >= self.len {
            return;
        }
        self.len = at;
        if at >= self.room {
            self.tail.truncate(at - self.room);
            return;
        }
        let leaves = at / LEAF;
        let rest = self.leaf(leaves).map_or(Vec::new(), |leaf| leaf[..at % LEAF].to_vec());
        let full = leaves / SHELF;
        if full < self.shelves.len() {
            self.shelf = Arc::new(self.shelves[full][..leaves % SHELF].to_vec());
            self.shelves = self.shelves[..full].into();
        } else {
            Arc::make_mut(&mut self.shelf).truncate(leaves - full * SHELF);
        }
        self.tail = rest;
        self.room = leaves * LEAF;
    }

    /// All entries in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        let leaves = 0..self.room / LEAF;
        let filled = leaves.flat_map(|n| {
            let used = (self.len - n * LEAF).min(LEAF);
            self.leaf(n).into_iter().flat_map(move |leaf| &leaf[..used])
        });
        filled.chain(&self.tail)
    }

    /// The first index in `0..len` for which `before` no longer holds; `before` must hold for a
    /// prefix.
    pub fn partition_point(&self, mut before: impl FnMut(&T) -> bool) -> usize {
        let (mut low, mut high) = (0, self.len);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.get(middle) {
                Some(entry) if before(entry) => low = middle + 1,
                _ => high = middle,
            }
        }
        low
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn behaves_as_a_plain_vector_and_never_changes_its_clones(
            steps in proptest::collection::vec((0u8..4, 0usize..12_000, any::<u32>()), 1..60),
        ) {
            let mut plain = vec![7u32; 9_900];
            let mut chunked = Chunked::<u32, 32>::filled(9_900, 7);
            let mut kept = Vec::new();
            for (step, at, value) in steps {
                match step {
                    0 => for n in 0..at as u32 { plain.push(n); chunked.push(n) },
                    1 => if at < plain.len() {
                        let removed = chunked.split_off(at);
                        prop_assert_eq!(removed, plain.split_off(at));
                    },
                    2 => if let Some(entry) = chunked.get_mut(at) {
                        *entry = value;
                        plain[at] = value;
                    },
                    _ => kept.push((plain.clone(), chunked.clone())),
                }
                prop_assert_eq!(chunked.len(), plain.len());
                prop_assert_eq!(chunked.last(), plain.last());
            }
            kept.push((plain, chunked));
            for (plain, chunked) in kept {
                prop_assert!(chunked.iter().eq(plain.iter()));
            }
        }
    }
}
