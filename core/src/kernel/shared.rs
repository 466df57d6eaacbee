//! A value that copies of a world share until one of them changes it.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// Reads like the value itself. The first change after a copy was made copies the value: so of
/// things that a world has many of, a copy of the world copies only those that go on changing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shared<T>(Arc<T>);

impl<T> Shared<T> {
    /// A value nobody shares yet.
    pub fn new(value: T) -> Self {
        Shared(Arc::new(value))
    }
}

impl<T> Deref for Shared<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Clone> DerefMut for Shared<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        Arc::make_mut(&mut self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_seen_by_nobody_else_and_reading_copies_nothing() {
        let mut one = Shared::new(vec![1, 2]);
        let other = one.clone();
        assert!(std::ptr::eq(&*one, &*other));
        assert_eq!(one.first(), Some(&1));
        assert!(std::ptr::eq(&*one, &*other));
        one.push(3);
        assert_eq!((one.len(), other.len()), (3, 2));
    }
}
