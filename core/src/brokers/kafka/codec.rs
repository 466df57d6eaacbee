//! Compression of batches: how much smaller each codec makes them, and what that takes
//! (`CompressionType`; reference §2.10, §9.3).
//!
//! Ratios and speeds are those of the benchmark in zstd's README (lzbench on a Core i7-9700K, one
//! thread, Silesia corpus): zstd 1.5.6 -1, zlib 1.3.1 -1, lz4 1.9.4, snappy 1.1.9. Records that
//! repeat their keys shrink more, and larger batches more than small ones.
//!
//! Simplified: the ratio is the same whatever a batch holds and however large it is; levels
//! (`compression.zstd.level` and the like) are not there.

pub use super::settings::Codec;
use crate::kernel::Span;
use crate::substrate::transfer;

impl Codec {
    /// How many thousandths of its size uncompressed data has, and bytes a second of packing and
    /// unpacking (counted in uncompressed bytes); `None` without compression.
    const fn figures(self) -> Option<(u64, u64, u64)> {
        match self {
            Codec::None => None,
            Codec::Gzip => Some((2_743, 95_000_000, 400_000_000)),
            Codec::Snappy => Some((2_073, 530_000_000, 1_660_000_000)),
            Codec::Lz4 => Some((2_101, 700_000_000, 4_000_000_000)),
            Codec::Zstd => Some((2_887, 510_000_000, 1_580_000_000)),
        }
    }

    /// The size of so many bytes of records after compression.
    #[inline]
    pub fn shrunk(self, bytes: u32) -> u32 {
        match self {
            Codec::None => bytes,
            codec => codec.divided(bytes),
        }
    }

    #[cold]
    fn divided(self, bytes: u32) -> u32 {
        let (ratio, ..) = self.figures().unwrap_or((1_000, 1, 1));
        u32::try_from((u64::from(bytes) * 1_000).div_ceil(ratio)).unwrap_or(u32::MAX)
    }

    /// Processor time of compressing so many bytes.
    pub fn pack_time(self, bytes: u64) -> Span {
        self.figures().map_or(Span::ZERO, |(_, pack, _)| transfer(bytes, pack))
    }

    /// Processor time of decompressing to so many bytes.
    pub fn unpack_time(self, bytes: u64) -> Span {
        self.figures().map_or(Span::ZERO, |(.., unpack)| transfer(bytes, unpack))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zstd_is_the_tightest_and_lz4_the_quickest() {
        let codecs = [Codec::Gzip, Codec::Snappy, Codec::Lz4, Codec::Zstd];
        let tightest = codecs.into_iter().min_by_key(|c| c.shrunk(1_000_000));
        let quickest = codecs.into_iter().min_by_key(|c| c.pack_time(1_000_000));
        assert_eq!((tightest, quickest), (Some(Codec::Zstd), Some(Codec::Lz4)));
    }

    #[test]
    fn without_a_codec_nothing_changes_and_nothing_is_spent() {
        assert_eq!(Codec::None.shrunk(12_345), 12_345);
        assert_eq!(Codec::None.pack_time(12_345), Span::ZERO);
    }

    #[test]
    fn a_thousand_bytes_of_zstd_are_three_hundred_and_forty_seven() {
        assert_eq!(Codec::Zstd.shrunk(1_000), 347);
    }
}
