//! The running digest: two runs are the same run iff their digests are equal.

use std::hash::{Hash, Hasher};

/// A 64-bit digest of everything that happened, in order. Values do not depend on pointer width,
/// byte order or build profile, with one exception: `std` hashes a slice of integers as the bytes
/// it has in memory, so slices of `usize` must be absorbed one element at a time.
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

#[cfg(test)]
mod tests {
    use super::*;

    fn digest(value: &impl Hash) -> u64 {
        let mut digest = Digest::default();
        digest.absorb_value(value);
        digest.value()
    }

    #[derive(Hash)]
    enum Shape {
        Point,
        Line { from: u64, to: i32 },
        Named(&'static str),
    }

    /// Golden values: the same on every platform, in every build profile, for ever.
    #[test]
    fn digests_are_golden_on_every_platform() {
        let digests = [
            Digest::default().value(),
            digest(&0u8),
            digest(&u64::MAX),
            digest(&-1i64),
            digest(&"orders"),
            digest(&(7u16, 7u32, true, 'q', None::<u64>, Some(3usize))),
            digest(&vec![1u64, 2, 3]),
            digest(&Shape::Point),
            digest(&Shape::Line { from: 1, to: -1 }),
            digest(&Shape::Named("broker-1")),
        ];
        assert_eq!(digests, GOLDEN_DIGESTS, "{digests:#x?}");
    }

    const GOLDEN_DIGESTS: [u64; 10] = [
        0x3f2c_2c14_21ad_b54b,
        0x9faa_7042_4c31_e07d,
        0xe2a6_62e6_7120_c370,
        0xe2a6_62e6_7120_c370,
        0x5093_2256_9517_94b7,
        0xac76_8aa3_b7e4_15bf,
        0x9eb6_5dea_963b_65c0,
        0x9faa_7042_4c31_e07d,
        0x4a92_6442_4f9d_4d52,
        0x6cfd_8ddf_52e0_f6d5,
    ];

    #[test]
    fn order_and_length_count() {
        let absorbed = |values: &[u64]| {
            let mut digest = Digest::default();
            values.iter().for_each(|&value| digest.absorb(value));
            digest.value()
        };
        assert_ne!(absorbed(&[1, 2]), absorbed(&[2, 1]));
        assert_ne!(absorbed(&[0]), absorbed(&[0, 0]));
        assert_ne!(digest(&["ab", "c"]), digest(&["a", "bc"]));
    }

    /// Each bit of the input reaches about half of the bits of a digest two steps later.
    #[test]
    fn one_bit_changes_half_of_the_digest() {
        let after = |value: u64| {
            let mut digest = Digest::default();
            digest.absorb(value);
            digest.absorb(1);
            digest.value()
        };
        for bit in 0..64 {
            let changed: u32 = (0..64)
                .map(|n| (after(n * 977) ^ after((n * 977) ^ (1 << bit))).count_ones())
                .sum();
            let mean = changed / 64;
            assert!((24..=40).contains(&mean), "bit {bit} changes {mean} bits");
        }
    }
}
