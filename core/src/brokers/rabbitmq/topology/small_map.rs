//! A map that is copied cheaply: a sorted list while it is small, a shared tree when it has grown.
//!
//! A topic exchange has a node for every word of every binding. Most have one child; the one below
//! the root may have a hundred thousand. Neither may cost much when a store is copied.

use smallvec::SmallVec;
use std::borrow::Borrow;

/// More entries than this make it a tree.
const FEW: usize = 8;

#[derive(Clone, Debug)]
pub(super) enum SmallMap<K: Ord + Clone, V: Clone> {
    Few(SmallVec<[(K, V); 1]>),
    Many(imbl::OrdMap<K, V>),
}

impl<K: Ord + Clone, V: Clone> Default for SmallMap<K, V> {
    fn default() -> Self {
        SmallMap::Few(SmallVec::new())
    }
}

impl<K: Ord + Clone, V: Clone> SmallMap<K, V> {
    pub(super) fn is_empty(&self) -> bool {
        match self {
            SmallMap::Few(entries) => entries.is_empty(),
            SmallMap::Many(tree) => tree.is_empty(),
        }
    }

    pub(super) fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        match self {
            SmallMap::Few(entries) => {
                entries.iter().find(|(k, _)| k.borrow() == key).map(|(_, value)| value)
            }
            SmallMap::Many(tree) => tree.get(key),
        }
    }

    pub(super) fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        match self {
            SmallMap::Few(entries) => {
                entries.iter_mut().find(|(k, _)| k == key).map(|(_, value)| value)
            }
            SmallMap::Many(tree) => tree.get_mut(key),
        }
    }

    /// The value of a key, made if there was none.
    pub(super) fn entry(&mut self, key: K) -> &mut V
    where
        V: Default,
    {
        if let SmallMap::Few(entries) = self
            && entries.len() == FEW
            && entries.iter().all(|(k, _)| *k != key)
        {
            *self = SmallMap::Many(entries.drain(..).collect());
        }
        match self {
            SmallMap::Few(entries) => {
                let at = entries.partition_point(|(k, _)| *k < key);
                if entries.get(at).is_none_or(|(k, _)| *k != key) {
                    entries.insert(at, (key, V::default()));
                }
                &mut entries[at].1
            }
            SmallMap::Many(tree) => tree.entry(key).or_default(),
        }
    }

    pub(super) fn remove(&mut self, key: &K) {
        match self {
            SmallMap::Few(entries) => entries.retain(|(k, _)| k != key),
            SmallMap::Many(tree) => {
                tree.remove(key);
                if tree.len() <= FEW / 2 {
                    *self =
                        SmallMap::Few(tree.iter().map(|(k, v)| (k.clone(), v.clone())).collect());
                }
            }
        }
    }

    /// All keys, ascending.
    pub(super) fn for_each_key(&self, mut found: impl FnMut(&K)) {
        match self {
            SmallMap::Few(entries) => entries.iter().for_each(|(key, _)| found(key)),
            SmallMap::Many(tree) => tree.keys().for_each(found),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        /// It is a map, whichever form it has, and its keys come in order.
        #[test]
        fn behaves_as_a_map(steps in prop::collection::vec((0u8..24, any::<bool>()), 0..120)) {
            let mut small: SmallMap<u8, u32> = SmallMap::default();
            let mut model: BTreeMap<u8, u32> = BTreeMap::new();
            for (key, insert) in steps {
                if insert {
                    *small.entry(key) += 1;
                    *model.entry(key).or_default() += 1;
                } else {
                    small.remove(&key);
                    model.remove(&key);
                }
                prop_assert_eq!(small.is_empty(), model.is_empty());
                prop_assert_eq!(small.get(&key), model.get(&key));
                let mut keys = Vec::new();
                small.for_each_key(|k| keys.push(*k));
                prop_assert_eq!(keys, model.keys().copied().collect::<Vec<_>>());
            }
        }
    }
}
