//! A vector of small entries that is cheap to clone and cheap to change.
//!
//! Entries live in chunks behind two levels of shared pointers: a clone copies one pointer, and the
//! first change after it copies the table of chunks and the chunk it touches. That makes a
//! snapshot of a log or ledger with millions of records cost next to nothing, and keeps a change at two
//! uniqueness checks (a persistent tree would walk several levels for each).

use std::sync::Arc;

/// See the module text. A chunk has `CHUNK` entries: few enough that copying one after a snapshot
/// takes a few microseconds, so many that the table of a million entries has only some thousand
/// pointers to copy.
#[derive(Clone, Debug)]
pub struct Chunked<T, const CHUNK: usize = 1024> {
    /// Full chunks.
    chunks: Arc<Vec<Arc<Vec<T>>>>,
    /// What does not fill a chunk yet, unshared: appending asks nobody whether it may.
    tail: Vec<T>,
    len: usize,
}

impl<T, const CHUNK: usize> Default for Chunked<T, CHUNK> {
    fn default() -> Self {
        Chunked { chunks: Arc::default(), tail: Vec::new(), len: 0 }
    }
}

impl<T: Clone + PartialEq, const CHUNK: usize> PartialEq for Chunked<T, CHUNK> {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && self.iter().eq(other.iter())
    }
}

impl<T: Clone + Eq, const CHUNK: usize> Eq for Chunked<T, CHUNK> {}

impl<T: Clone, const CHUNK: usize> Chunked<T, CHUNK> {
    /// `len` equal entries. All chunks are one and the same until they are changed.
    pub fn filled(len: usize, value: T) -> Self {
        let chunk = Arc::new(vec![value.clone(); CHUNK]);
        let chunks = Arc::new(vec![chunk; len / CHUNK]);
        Chunked { chunks, tail: vec![value; len % CHUNK], len }
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

    /// The entry at `index`.
    #[inline]
    pub fn get(&self, index: usize) -> Option<&T> {
        match index.checked_sub(self.len - self.tail.len()) {
            Some(in_tail) => self.tail.get(in_tail),
            None => self.chunks.get(index / CHUNK)?.get(index % CHUNK),
        }
    }

    /// The entry at `index`, to change.
    #[inline]
    pub fn get_mut(&mut self, index: usize) -> Option<&mut T> {
        match index.checked_sub(self.len - self.tail.len()) {
            Some(in_tail) => self.tail.get_mut(in_tail),
            None => self.full_mut(index),
        }
    }

    #[inline(never)]
    fn full_mut(&mut self, index: usize) -> Option<&mut T> {
        let chunk = Arc::make_mut(&mut self.chunks).get_mut(index / CHUNK)?;
        Arc::make_mut(chunk).get_mut(index % CHUNK)
    }

    /// The last entry.
    #[inline]
    pub fn last(&self) -> Option<&T> {
        match self.tail.last() {
            Some(last) => Some(last),
            None => self.chunks.last()?.last(),
        }
    }

    /// Appends an entry.
    #[inline]
    pub fn push(&mut self, value: T) {
        self.tail.push(value);
        self.len += 1;
        if self.tail.len() == CHUNK {
            self.turn();
        }
    }

    #[cold]
    fn turn(&mut self) {
        let full = std::mem::replace(&mut self.tail, Vec::with_capacity(CHUNK));
        Arc::make_mut(&mut self.chunks).push(Arc::new(full));
    }

    /// Removes the entries from `at` on and gives them back.
    pub fn split_off(&mut self, at: usize) -> Vec<T> {
        let removed: Vec<T> = (at..self.len).filter_map(|i| self.get(i).cloned()).collect();
        self.truncate(at);
        removed
    }

    /// Removes the entries from `at` on.
    pub fn truncate(&mut self, at: usize) {
        if at < self.len {
            self.len = at;
            let full = at / CHUNK;
            if full < self.chunks.len() {
                let chunks = Arc::make_mut(&mut self.chunks);
                self.tail = chunks[full][..at % CHUNK].to_vec();
                chunks.truncate(full);
            } else {
                self.tail.truncate(at % CHUNK);
            }
        }
    }

    /// All entries in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.chunks.iter().flat_map(|chunk| chunk.iter()).chain(&self.tail)
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
            steps in proptest::collection::vec((0u8..4, 0usize..2000, any::<u32>()), 1..60),
        ) {
            let mut plain = vec![7u32; 3000];
            let mut chunked = Chunked::<u32>::filled(3000, 7);
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
