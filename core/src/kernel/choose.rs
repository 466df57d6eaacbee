//! Keyed choice: one function decides everything uncertain.
//!
//! An answer is addressed by identity (site, subject, ordinal), never by position in a stream, so
//! one more draw somewhere changes no other draw. The answer 0 always means the ordinary thing.

use rand_core::{Infallible, TryRng};
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

/// The decisions of one kind about one subject. Where they are asked for again and again it pays
/// to [prepare](Chooser::prepare) it: half of the work of a draw is then done once.
#[derive(Clone, Copy, Debug)]
pub struct Stream {
    site: Site,
    subject: u64,
    /// The seed for which it is prepared, and what came of it.
    seed: u64,
    hash: u64,
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
    /// A tape over the random source for events before `before`, a fresh seed from there on.
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

    /// `seed` and `tape` for decisions of events before `before`, only `fresh` from there on.
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

    /// Prepares the draws of a stream from this chooser.
    pub fn prepare(&self, stream: &mut Stream) {
        let hash = Stream::hash(self.seed, stream.site, stream.subject);
        *stream = Stream { seed: self.seed, hash, ..*stream };
    }

    /// Sixty-four random bits for a key, whatever the tape says.
    #[inline]
    fn bits(&self, key: Key, seed: u64) -> u64 {
        Stream::bits(Stream::hash(seed, key.site, key.subject), key.ordinal)
    }

    /// What the tape says, or random bits.
    #[inline]
    fn answer(&self, key: Key) -> Result<u64, u64> {
        match &self.source {
            Source::Random => Err(self.bits(key, self.seed)),
            _ => self.answer_of_tape(key),
        }
    }

    #[inline(never)]
    fn answer_of_tape(&self, key: Key) -> Result<u64, u64> {
        match &self.source {
            Source::Random => Err(self.bits(key, self.seed)),
            Source::Reseed { before, seed, .. } if self.event >= *before => {
                Err(self.bits(key, *seed))
            }
            Source::Tape(tape) | Source::Reseed { tape, .. } => {
                tape.get(&key).copied().ok_or_else(|| self.bits(key, self.seed))
            }
        }
    }

    /// Any 64-bit number, each equally likely under the random source.
    #[inline]
    pub fn number(&self, key: Key) -> u64 {
        let (Ok(number) | Err(number)) = self.answer(key);
        number
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
        match self.answer(key) {
            Err(bits) => low + scaled(bits, high - low),
            Ok(value) => taped(value, low, high),
        }
    }

    /// The same for a decision of a stream. A stream that is prepared for another seed is no
    /// mistake, only slower.
    #[inline]
    pub fn between_in(&self, stream: &Stream, ordinal: u64, low: u64, high: u64) -> u64 {
        match &self.source {
            Source::Random if stream.seed == self.seed => {
                low + scaled(Stream::bits(stream.hash, ordinal), high - low)
            }
            _ => self.between_of_tape(stream, ordinal, low, high),
        }
    }

    #[cold]
    #[inline(never)]
    fn between_of_tape(&self, stream: &Stream, ordinal: u64, low: u64, high: u64) -> u64 {
        self.between(stream.key(ordinal), low, high)
    }
}

/// Random bits as a number in `0..=most`.
#[inline]
fn scaled(bits: u64, most: u64) -> u64 {
    match most.checked_add(1) {
        Some(width) => ((u128::from(bits) * u128::from(width)) >> 64) as u64,
        None => bits,
    }
}

/// What a tape's value means in `low..=high`: so much above the middle, wrapping around.
fn taped(value: u64, low: u64, high: u64) -> u64 {
    match (high - low).checked_add(1) {
        Some(width) => low + (width / 2 + value % width) % width,
        None => value,
    }
}

impl Stream {
    /// The decisions of `site` about `subject`.
    pub fn new(site: Site, subject: u64) -> Self {
        Stream { site, subject, seed: 0, hash: Stream::hash(0, site, subject) }
    }

    #[inline]
    fn hash(seed: u64, site: Site, subject: u64) -> u64 {
        mix(seed ^ subject ^ (u64::from(site.0) << 48).wrapping_mul(GOLDEN))
    }

    #[inline]
    fn bits(hash: u64, ordinal: u64) -> u64 {
        mix(hash.wrapping_add(ordinal.wrapping_mul(GOLDEN)))
    }

    fn key(&self, ordinal: u64) -> Key {
        Key { site: self.site, subject: self.subject, ordinal }
    }
}

/// The answers to the keys of one site and subject, one ordinal after the other, as a generator
/// for code that wants one of `rand_core`'s.
#[derive(Clone, Debug)]
pub struct Draws<'a> {
    chooser: &'a Chooser,
    next: Key,
}

impl<'a> Draws<'a> {
    /// Draws from `ordinal` on.
    pub fn new(chooser: &'a Chooser, site: Site, subject: u64, ordinal: u64) -> Self {
        Draws { chooser, next: Key { site, subject, ordinal } }
    }

    /// The ordinal of the next draw: where to go on another time.
    pub fn ordinal(&self) -> u64 {
        self.next.ordinal
    }
}

impl TryRng for Draws<'_> {
    type Error = Infallible;

    /// The upper half of the next draw.
    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|number| (number >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let number = self.chooser.number(self.next);
        self.next.ordinal += 1;
        Ok(number)
    }

    /// One draw for each eight bytes or rest of them, little end first.
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(8) {
            let number = self.try_next_u64()?.to_le_bytes();
            chunk.copy_from_slice(&number[..chunk.len()]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_core::Rng;
    use std::collections::BTreeSet;

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

    /// The first draws of a thousand streams that differ in site or name only.
    #[test]
    fn streams_do_not_repeat_each_other() {
        let chooser = Chooser::new(7);
        let mut drawn = BTreeSet::new();
        for node in 0..500 {
            let subject = subject(["link", &format!("broker-{node}"), "client"]);
            for site in 0..2 {
                let mut draws = Draws::new(&chooser, Site(site), subject, 0);
                drawn.extend((0..8).map(|_| draws.next_u64()));
            }
        }
        assert_eq!(drawn.len(), 500 * 2 * 8);
    }

    #[test]
    fn each_bit_of_a_key_changes_half_of_the_answer() {
        let plain = Key { site: Site(5), subject: 0x1234_5678, ordinal: 99 };
        let bits = |seed, key: Key| Chooser::new(seed).number(key);
        let far = |other: u64, what: &str| {
            let changed = (other ^ bits(7, plain)).count_ones();
            assert!((12..=52).contains(&changed), "{what}: {changed} bits");
        };
        for bit in 0..64 {
            far(bits(7 ^ 1 << bit, plain), "seed");
            far(bits(7, Key { subject: plain.subject ^ 1 << bit, ..plain }), "subject");
            far(bits(7, Key { ordinal: plain.ordinal ^ 1 << bit, ..plain }), "ordinal");
        }
        for bit in 0..16 {
            far(bits(7, Key { site: Site(plain.site.0 ^ 1 << bit), ..plain }), "site");
        }
    }

    #[test]
    fn choices_are_even() {
        let chooser = Chooser::new(3);
        let mut counts = [0u32; 10];
        for n in 0..100_000 {
            counts[chooser.choose(key(n), 10) as usize] += 1;
        }
        assert!(counts.iter().all(|count| (9_500..10_500).contains(count)), "{counts:?}");
    }

    #[test]
    fn the_ordinary_answer_of_between_is_the_middle() {
        let taped = |value| Chooser::with_tape(1, Tape::from([(key(0), value)]));
        assert_eq!(taped(0).between(key(0), 500, 1_500), 1_000);
        assert_eq!(taped(1).between(key(0), 500, 1_500), 1_001);
        assert_eq!(taped(501).between(key(0), 500, 1_500), 500);
        assert_eq!(taped(0).between(key(0), 7, 7), 7);
        let chooser = Chooser::new(1);
        assert!((0..1_000).all(|n| (5..=6).contains(&chooser.between(key(n), 5, 6))));
        assert_eq!(chooser.between(key(0), 0, u64::MAX), chooser.number(key(0)));
    }

    #[test]
    fn what_a_tape_says_is_kept_within_what_was_asked() {
        let taped = Chooser::with_tape(1, Tape::from([(key(0), 77)]));
        assert_eq!(taped.choose(key(0), 10), 9);
        assert_eq!(taped.choose(key(0), 0), 0);
        assert!(taped.chance(key(0), 0));
        assert!(!Chooser::with_tape(1, Tape::from([(key(0), 0)])).chance(key(0), 1_000_000));
    }

    #[test]
    fn a_reseeded_chooser_keeps_seed_and_tape_before_and_neither_after() {
        let tape = Tape::from([(key(1), 5), (key(2), 6)]);
        let old = Chooser::with_tape(7, tape.clone());
        let fresh = Chooser::new(8);
        let mut reseeded = Chooser::reseeded(7, tape, 100, 8);
        for (event, same_as) in [(0, &old), (99, &old), (100, &fresh), (5_000, &fresh)] {
            reseeded.set_event(event);
            for n in 0..50 {
                assert_eq!(reseeded.choose(key(n), 1_000), same_as.choose(key(n), 1_000));
            }
        }
    }

    #[test]
    fn a_stream_says_what_its_keys_say_whoever_prepared_it() {
        let taped = Chooser::with_tape(7, Tape::from([(key(2), 5)]));
        let reseeded = Chooser::reseeded(7, Tape::new(), 0, 8);
        let fresh = Stream::new(key(0).site, key(0).subject);
        let mut prepared = fresh;
        Chooser::new(7).prepare(&mut prepared);
        for chooser in [Chooser::new(0), Chooser::new(7), Chooser::new(8), taped, reseeded] {
            for (n, stream) in (0..100).flat_map(|n| [(n, fresh), (n, prepared)]) {
                let expected = chooser.between(key(n), 500, 1_500);
                assert_eq!(chooser.between_in(&stream, n, 500, 1_500), expected);
                let all = chooser.between_in(&stream, n, 0, u64::MAX);
                assert_eq!(all, chooser.number(key(n)));
            }
        }
    }

    #[test]
    fn draws_are_the_numbers_of_their_keys_in_order() {
        let chooser = Chooser::with_tape(7, Tape::from([(key(12), 42)]));
        let mut draws = Draws::new(&chooser, key(0).site, key(0).subject, 10);
        assert_eq!(draws.next_u64(), chooser.number(key(10)));
        assert_eq!(draws.next_u32(), (chooser.number(key(11)) >> 32) as u32);
        assert_eq!(draws.next_u64(), 42);
        assert_eq!(draws.ordinal(), 13);
        let mut bytes = [0; 11];
        draws.fill_bytes(&mut bytes);
        assert_eq!(bytes[..8], chooser.number(key(13)).to_le_bytes());
        assert_eq!(bytes[8..], chooser.number(key(14)).to_le_bytes()[..3]);
        assert_eq!(draws.ordinal(), 15);
    }
}
