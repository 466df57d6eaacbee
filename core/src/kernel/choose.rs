//! Keyed choice: one function decides everything uncertain.
//!
//! An answer is addressed by identity (site, subject, ordinal), never by position in a stream, so
//! one more draw somewhere changes no other draw. The answer 0 always means the ordinary thing.

use std::collections::BTreeMap;
use std::sync::Arc;

/// A kind of decision, such as "the delay of a packet". All sites of a program stand in one list.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Site(pub u16);

/// The identity of one decision.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Key {
    /// What kind of decision it is.
    pub site: Site,
    /// Whom it is about: a hash of stable names, see [`subject`].
    pub subject: u64,
    /// The how-manieth decision of this kind about this subject.
    pub ordinal: u64,
}

/// Decisions laid down in advance; every other key is answered by the source underneath.
pub type Tape = BTreeMap<Key, u64>;

/// Where answers come from.
#[derive(Clone, Debug, Default)]
enum Source {
    /// A stateless hash of seed and key.
    #[default]
    Random,
    /// A tape laid over the random source.
    Tape(Arc<Tape>),
    /// The first source before `from` (by ordinal of the run's events), a fresh seed after it.
    Reseed { before: u64, seed: u64, tape: Arc<Tape> },
}

/// Answers every uncertain question of a run.
#[derive(Clone, Debug, Default)]
pub struct Chooser {
    seed: u64,
    source: Source,
    /// The event being handled, for [`Source::Reseed`].
    event: u64,
}

/// SplitMix64's finaliser: a bijection on 64 bits with full avalanche.
#[inline]
const fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// A subject from stable names (`["link", "broker-1", "broker-2"]`), never from numbers of
/// registration: adding a node renames nothing.
pub fn subject<'a>(names: impl IntoIterator<Item = &'a str>) -> u64 {
    let mut hash = GOLDEN;
    for name in names {
        for &byte in name.as_bytes() {
            hash = mix(hash ^ u64::from(byte)).wrapping_add(GOLDEN);
        }
        hash = mix(hash ^ 0x100);
    }
    hash
}

impl Chooser {
    /// A purely random source.
    pub fn new(seed: u64) -> Self {
        Chooser { seed, source: Source::Random, event: 0 }
    }

    /// `tape` where it has an answer, the random source of `seed` elsewhere.
    pub fn with_tape(seed: u64, tape: Tape) -> Self {
        Chooser { seed, source: Source::Tape(Arc::new(tape)), event: 0 }
    }

    /// `seed` and `tape` for decisions of events before `before`, `fresh` after it.
    pub fn reseeded(seed: u64, tape: Tape, before: u64, fresh: u64) -> Self {
        Chooser {
            seed,
            source: Source::Reseed { before, seed: fresh, tape: Arc::new(tape) },
            event: 0,
        }
    }

    /// The seed of the random source.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    pub(super) fn set_event(&mut self, event: u64) {
        self.event = event;
    }

    /// Sixty-four random bits for a key, whatever the tape says.
    #[inline]
    fn bits(&self, key: Key, seed: u64) -> u64 {
        let stream = mix(seed ^ key.subject ^ (u64::from(key.site.0) << 48).wrapping_mul(GOLDEN));
        mix(stream.wrapping_add(key.ordinal.wrapping_mul(GOLDEN)))
    }

    #[inline]
    fn answer(&self, key: Key) -> Result<u64, u64> {
        match &self.source {
            Source::Random => Err(self.bits(key, self.seed)),
            Source::Tape(tape) => tape.get(&key).copied().ok_or_else(|| self.bits(key, self.seed)),
            Source::Reseed { before, .. } if self.event < *before => Err(self.bits(key, self.seed)),
            Source::Reseed { seed, tape, .. } => {
                tape.get(&key).copied().ok_or_else(|| self.bits(key, *seed))
            }
        }
    }

    /// A number in `0..n`, each equally likely under the random source; 0 where `n` is 0.
    #[inline]
    pub fn choose(&self, key: Key, n: u64) -> u64 {
        match self.answer(key) {
            Err(bits) => ((u128::from(bits) * u128::from(n)) >> 64) as u64,
            Ok(value) => value.min(n.saturating_sub(1)),
        }
    }

    /// Whether something happens that has a chance of `ppm` in a million; "no" is 0.
    #[inline]
    pub fn chance(&self, key: Key, ppm: u32) -> bool {
        match self.answer(key) {
            Err(bits) => {
                ((u128::from(bits) * 1_000_000) >> 64) as u32 >= 1_000_000 - ppm.min(1_000_000)
            }
            Ok(value) => value != 0,
        }
    }

    /// A number in `low..=high`. The ordinary answer, 0 on a tape, is the middle; a tape's value
    /// `v` is `v` above it, wrapping around to `low`.
    #[inline]
    pub fn between(&self, key: Key, low: u64, high: u64) -> u64 {
        let width = (high - low).wrapping_add(1);
        if width <= 1 {
            return low;
        }
        match self.answer(key) {
            Err(bits) => low + ((u128::from(bits) * u128::from(width)) >> 64) as u64,
            Ok(value) => low + (width / 2 + value % width) % width,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(ordinal: u64) -> Key {
        Key { site: Site(1), subject: subject(["link", "a", "b"]), ordinal }
    }

    #[test]
    fn answers_are_golden_on_every_platform() {
        let chooser = Chooser::new(7);
        let drawn: Vec<u64> = (0..4).map(|n| chooser.choose(key(n), 1000)).collect();
        assert_eq!(drawn, GOLDEN_DRAWS);
    }

    const GOLDEN_DRAWS: [u64; 4] = [26, 106, 774, 34];

    #[test]
    fn a_tape_changes_one_answer_and_no_other() {
        let plain = Chooser::new(7);
        let taped = Chooser::with_tape(7, Tape::from([(key(2), 5)]));
        for n in 0..100 {
            let expected = if n == 2 { 5 } else { plain.choose(key(n), 1000) };
            assert_eq!(taped.choose(key(n), 1000), expected);
        }
    }

    #[test]
    fn chances_come_out_about_as_often_as_they_say() {
        let chooser = Chooser::new(1);
        let hits = (0..100_000).filter(|&n| chooser.chance(key(n), 50_000)).count();
        assert!((4_700..5_300).contains(&hits), "{hits}");
        assert!(!(0..1000).any(|n| chooser.chance(key(n), 0)));
        assert!((0..1000).all(|n| chooser.chance(key(n), 1_000_000)));
    }
}
