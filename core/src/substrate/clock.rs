//! Node clocks: an offset and a drift against simulated time.

use crate::kernel::{Span, Time};

/// A node's own clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock {
    /// What the clock showed ahead of simulated time at `since`, in nanoseconds.
    offset: i64,
    /// How many parts per million the clock runs fast.
    ppm: i32,
    /// When offset and drift were last changed.
    since: Time,
}

impl Clock {
    /// What the clock shows at `now`.
    #[inline]
    pub fn read(&self, now: Time) -> Time {
        if self.offset == 0 && self.ppm == 0 {
            return now;
        }
        Time((now.0 as i64).saturating_add(self.ahead(now)).max(0) as u64)
    }

    /// How long a timer of `span` on this clock takes in simulated time.
    #[inline]
    pub fn simulated(&self, span: Span) -> Span {
        if self.ppm == 0 || span == Span::FOREVER {
            return span;
        }
        let rate = (1_000_000 + i64::from(self.ppm)).max(1) as u128;
        Span((u128::from(span.0) * 1_000_000 / rate).min(u128::from(u64::MAX)) as u64)
    }

    /// How many parts per million the clock runs fast.
    pub fn ppm(&self) -> i32 {
        self.ppm
    }

    /// Moves the clock by so many nanoseconds.
    pub fn jump(&mut self, now: Time, by: i64) {
        self.offset = self.ahead(now).saturating_add(by);
        self.since = now;
    }

    /// Lets the clock run fast by so many parts per million.
    pub fn drift(&mut self, now: Time, ppm: i32) {
        self.offset = self.ahead(now);
        self.since = now;
        self.ppm = ppm;
    }

    fn ahead(&self, now: Time) -> i64 {
        let elapsed = i128::from(now.since(self.since).0);
        let drifted = elapsed * i128::from(self.ppm) / 1_000_000;
        self.offset.saturating_add(drifted as i64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_jumps_and_drifts() {
        let mut clock = Clock::default();
        clock.jump(Time(0), 5_000);
        assert_eq!(clock.read(Time(100)), Time(5_100));
        clock.drift(Time(1_000_000), 1_000);
        assert_eq!(clock.read(Time(3_000_000)), Time(3_007_000));
        assert_eq!(clock.simulated(Span(1_001_000)), Span(1_000_000));
    }
}
