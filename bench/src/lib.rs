//! mqlab's kernel, measured: three workloads, each in the same shape for every engine.
//!
//! - W1, ping-pong: 1,000 pairs, one message in flight each, one-way delay 0.5 to 1.5 ms.
//! - W2, timers: 100,000 timers over 1,000 actors; each that fires is set again, 0 to 2 s ahead.
//! - W3, a replicated log: see [`replicated`].
//!
//! The reference scenario of the Kafka family is in [`kafka`].
//!
//! `src/main.rs` runs them side by side, [`measure`] times them, [`apart`] gives each run a process of
//! its own. The engines: [`bare`] (a heap and
//! nothing else: the limit), [`on_kernel`], [`on_substrate`] (what users of mqlab run), and
//! [`peers`].

pub mod apart;
pub mod bare;
pub mod kafka;
pub mod measure;
pub mod on_kernel;
pub mod on_substrate;
pub mod peers;
pub mod replicated;

/// Shortest one-way delay of a message, in nanoseconds.
pub const DELAY_LOW: u64 = 500_000;
/// Longest one-way delay of a message, in nanoseconds.
pub const DELAY_HIGH: u64 = 1_500_000;
/// Longest span of a timer of W2, in nanoseconds.
pub const TIMER_HIGH: u64 = 2_000_000_000;
/// Pairs of W1.
pub const PAIRS: usize = 1_000;
/// Actors of W2.
pub const TIMER_ACTORS: usize = 1_000;
/// Timers of each actor of W2.
pub const TIMERS_EACH: u32 = 100;

/// A generator for those who bring none: xorshift, which no engine would beat.
#[derive(Clone, Copy, Debug, serde::Serialize, serde::Deserialize)]
pub struct Xorshift(u64);

impl Xorshift {
    /// A generator; seeds may be small.
    pub fn new(seed: u64) -> Self {
        Xorshift((seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// A number in `low..low + width`.
    #[inline]
    pub fn between(&mut self, low: u64, width: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        low + (((self.0 >> 32) * width) >> 32)
    }

    /// A one-way delay.
    #[inline]
    pub fn delay(&mut self) -> u64 {
        self.between(DELAY_LOW, DELAY_HIGH - DELAY_LOW)
    }
}
