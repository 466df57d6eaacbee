//! The running digest: two runs are the same run iff their digests are equal.

use std::hash::{Hash, Hasher};

/// A 64-bit digest of everything that happened, in order. Values do not depend on pointer width,
/// byte order or build profile.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Digest(u64);

impl Default for Digest {
    fn default() -> Self {
        Digest(0xcbf2_9ce4_8422_2325)
    }
}

impl Digest {
    /// Takes one number into the digest.
    #[inline]
    pub fn absorb(&mut self, value: u64) {
        self.0 = (self.0 ^ value).wrapping_mul(0x9fb2_1c65_1e98_df25).rotate_left(29);
    }

    /// Takes any hashable value into the digest.
    #[inline]
    pub fn absorb_value(&mut self, value: &impl Hash) {
        value.hash(self);
    }

    /// The digest so far.
    pub fn value(&self) -> u64 {
        let z = self.0;
        let z = (z ^ (z >> 32)).wrapping_mul(0x9fb2_1c65_1e98_df25);
        z ^ (z >> 29)
    }
}

/// Fixed-width writes only: `usize` and `isize` (enum discriminants) count as 64 bits everywhere.
impl Hasher for Digest {
    fn finish(&self) -> u64 {
        self.value()
    }

    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.absorb(u64::from_le_bytes(word));
        }
        self.absorb(bytes.len() as u64);
    }

    fn write_u8(&mut self, n: u8) {
        self.absorb(u64::from(n));
    }

    fn write_u16(&mut self, n: u16) {
        self.absorb(u64::from(n));
    }

    fn write_u32(&mut self, n: u32) {
        self.absorb(u64::from(n));
    }

    fn write_u64(&mut self, n: u64) {
        self.absorb(n);
    }

    fn write_usize(&mut self, n: usize) {
        self.absorb(n as u64);
    }

    fn write_isize(&mut self, n: isize) {
        self.absorb(n as i64 as u64);
    }

    fn write_i64(&mut self, n: i64) {
        self.absorb(n as u64);
    }

    fn write_i32(&mut self, n: i32) {
        self.absorb(i64::from(n) as u64);
    }
}
