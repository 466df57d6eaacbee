//! A timer that is moved without being cancelled, and exponential back-off
//! (`org.apache.kafka.common.utils.ExponentialBackoff`).
//!
//! Simplified: jitter comes from the run's keyed choices instead of a thread-local generator.

use crate::brokers::kafka::Fx;
use crate::brokers::kafka::timer::KafkaTimer;
use crate::kernel::{Span, Time};
use crate::sites;

/// One moment at which a client wants to look again. Setting it earlier starts a new timer and
/// makes the old one fire in vain; setting it later does nothing, because whoever is woken too
/// early simply sets it again. So the hot path neither cancels nor re-arms timers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Alarm {
    at: Time,
    generation: u32,
}

/// Clocks that drift could turn a rest of a nanosecond into no time at all, for ever.
const SHORTEST: Span = Span::micros(1);

impl Alarm {
    /// Not set.
    pub(super) const OFF: Alarm = Alarm { at: Time::NEVER, generation: 0 };

    /// Wakes its owner at `at` or earlier.
    #[inline]
    pub(super) fn set(&mut self, at: Time, token: impl Fn(u32) -> KafkaTimer, fx: &mut Fx<'_>) {
        if at >= self.at {
            return;
        }
        self.at = at;
        self.generation = self.generation.wrapping_add(1);
        let span = at.since(fx.now()).max(SHORTEST);
        fx.timer(span, token(self.generation));
    }

    /// Whether the timer that fired is the one that counts; it is off afterwards.
    #[inline]
    pub(super) fn fired(&mut self, generation: u32) -> bool {
        let counts = generation == self.generation && self.at != Time::NEVER;
        if counts {
            self.at = Time::NEVER;
        }
        counts
    }

    /// Lets a timer that is under way fire in vain.
    pub(super) fn off(&mut self) {
        self.at = Time::NEVER;
    }
}

/// `retry.backoff.ms` doubling up to `retry.backoff.max.ms`, with 20 % jitter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct ExponentialBackoff {
    /// The first back-off.
    pub(super) initial: Span,
    /// The longest.
    pub(super) max: Span,
}

impl ExponentialBackoff {
    /// The back-off after `failures` earlier ones; the jitter is the `ordinal`-th of `subject`.
    pub(super) fn after(&self, failures: u32, subject: u64, ordinal: u64, fx: &Fx<'_>) -> Span {
        let term = self.initial.times(1 << failures.min(20)).min(self.max);
        let percent = fx.between(sites::RETRY_JITTER, subject, ordinal, 80, 120);
        Span(term.0 / 100 * percent).min(self.max)
    }
}
