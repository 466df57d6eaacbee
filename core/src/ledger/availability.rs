//! How long a producer could not get anything acknowledged.
//!
//! A span runs from a send to the next acknowledgement while something is outstanding. Errors do
//! not end it: a send that is refused at once and followed by another that fails is one outage. If
//! the next send succeeds, the outage ended with the last error: nobody tried in between.

use super::messages::ProducerOutcome;
use crate::kernel::{Span, Time};

/// One producer process.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct ProducerSpans {
    outstanding: u32,
    /// How often the process has ended.
    pub(super) life: u16,
    /// Since when nothing was acknowledged although something was asked for.
    since: Option<Time>,
    /// The last error after which nothing was outstanding.
    failed_at: Option<Time>,
    /// The first send after `failed_at`.
    resumed_at: Option<Time>,
    longest: Span,
}

impl ProducerSpans {
    #[inline]
    fn close(&mut self, from: Option<Time>, to: Time) {
        let span = from.map_or(Span::ZERO, |from| to.since(from));
        if span.0 > self.longest.0 {
            self.longest = span;
        }
    }

    /// A message was handed over that was not outstanding in this life of the process.
    #[inline]
    pub(super) fn sent(&mut self, now: Time) {
        self.outstanding += 1;
        if self.since.is_none() {
            self.since = Some(now);
        } else if self.failed_at.is_some() && self.resumed_at.is_none() {
            self.resumed_at = Some(now);
        }
    }

    /// The producer was told about a message; `counted` says whether it was outstanding.
    #[inline]
    pub(super) fn told(&mut self, outcome: ProducerOutcome, counted: bool, now: Time) {
        if counted {
            self.outstanding = self.outstanding.saturating_sub(1);
        }
        if outcome == ProducerOutcome::Acknowledged {
            match (self.failed_at, self.resumed_at) {
                (Some(failed), Some(resumed)) => {
                    self.close(self.since, failed);
                    self.close(Some(resumed), now);
                }
                _ => self.close(self.since, now),
            }
            self.since = (self.outstanding > 0).then_some(now);
            self.failed_at = None;
            self.resumed_at = None;
        } else if self.outstanding == 0 {
            self.failed_at = Some(now);
            self.resumed_at = None;
        }
    }

    /// The process ended: what it had asked for is nobody's wish any more.
    pub(super) fn stopped(&mut self, now: Time) {
        self.longest = self.longest_until(now);
        *self = ProducerSpans {
            life: self.life.wrapping_add(1),
            longest: self.longest,
            ..ProducerSpans::default()
        };
    }

    /// The longest span up to now.
    pub(super) fn longest_until(&self, now: Time) -> Span {
        let mut spans = *self;
        match (self.failed_at, self.resumed_at) {
            (Some(failed), None) => spans.close(self.since, failed),
            _ if self.outstanding > 0 => spans.close(self.since, now),
            _ => {}
        }
        spans.longest
    }
}
