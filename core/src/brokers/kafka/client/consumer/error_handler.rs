//! What an error handler decides about a failed record: again, after which pause, or not any more
//! (spring-kafka's `DefaultErrorHandler`, `FailedRecordTracker`, `BackOff`; reference §8.1).
//!
//! Pure rules over plain data; [`super::handler`] carries out what they say.
//!
//! Simplified: an exception is its class. `maxElapsedTime` and jitter of back-offs are not there.

use crate::fact::LaneId;
use crate::kernel::Span;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The class of an exception a handler throws, by its number in [`CLASSES`]; further ones are those
/// the scenario names.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct ExceptionClass(pub u16);

/// The classes every scenario knows: the ordinary one, then those spring-kafka never retries
/// (`ExceptionClassifier.defaultFatalExceptionsList`).
pub const CLASSES: [&str; 7] = [
    "RuntimeException",
    "DeserializationException",
    "MessageConversionException",
    "ConversionException",
    "MethodArgumentResolutionException",
    "NoSuchMethodException",
    "ClassCastException",
];

/// The pauses between the deliveries of a record that fails.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BackOff {
    /// The first pause.
    pub initial: Span,
    /// Each further pause is so many times the one before it; 1 for a `FixedBackOff`.
    pub multiplier: u32,
    /// No pause is longer (`ExponentialBackOff.maxInterval`).
    pub max: Span,
}

impl BackOff {
    /// No pause at all, as `DefaultErrorHandler` has it by default.
    pub const NONE: BackOff = BackOff::fixed(Span::ZERO);

    /// The same pause every time.
    pub const fn fixed(pause: Span) -> BackOff {
        BackOff { initial: pause, multiplier: 1, max: Span(u64::MAX) }
    }

    /// The pause after the record has failed for the `failures`-th time in a row, from 1.
    pub fn after(self, failures: u32) -> Span {
        let factor = u64::from(self.multiplier).saturating_pow(failures.saturating_sub(1));
        Span(self.initial.0.saturating_mul(factor)).min(self.max)
    }
}

/// What becomes of a record that is not to be tried again (`ConsumerRecordRecoverer`).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Recoverer {
    /// It is logged and skipped.
    #[default]
    Log,
    /// It is published to the dead-letter topic (`DeadLetterPublishingRecoverer`).
    DeadLetter,
}

/// What happens next to a record that has failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Decision {
    /// It is delivered again after this pause.
    Again(Span),
    /// The recoverer takes it, for this reason.
    Recover(&'static str),
}

/// The reason for which a record is recovered after its last attempt.
pub const EXHAUSTED: &str = "attempts exhausted";
/// The reason for which a record is recovered at once.
pub const NOT_RETRYABLE: &str = "not retryable";

/// When a failed record is tried again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RetryRules {
    /// The pauses.
    pub back_off: BackOff,
    /// How often a record is delivered before it is recovered; at least 1.
    pub attempts: u32,
    /// Classes that are recovered at once, ascending.
    pub not_retryable: Arc<[ExceptionClass]>,
}

impl RetryRules {
    /// After the `failures`-th failure in a row, from 1.
    pub fn decide(&self, failures: u32, exception: ExceptionClass) -> Decision {
        if self.not_retryable.binary_search(&exception).is_ok() {
            Decision::Recover(NOT_RETRYABLE)
        } else if failures >= self.attempts {
            Decision::Recover(EXHAUSTED)
        } else {
            Decision::Again(self.back_off.after(failures))
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct FailedRecord {
    offset: u64,
    exception: ExceptionClass,
    failures: u32,
}

/// How often the record at the head of each partition has failed. It is in memory only: a restart
/// counts from the beginning.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct FailedRecordTracker(BTreeMap<LaneId, FailedRecord>);

impl FailedRecordTracker {
    /// The record failed. Returns how often it has by now: a partition counts from 1 again when
    /// another record fails, or with an exception of another class
    /// (`resetStateOnExceptionChange`).
    pub(super) fn failed(&mut self, lane: LaneId, offset: u64, exception: ExceptionClass) -> u32 {
        let fresh = FailedRecord { offset, exception, failures: 0 };
        let record = self.0.entry(lane).or_insert(fresh);
        if (record.offset, record.exception) != (offset, exception) {
            *record = fresh;
        }
        record.failures = record.failures.saturating_add(1);
        record.failures
    }

    /// The partition's record was recovered, or its recovery failed
    /// (`resetStateOnRecoveryFailure`).
    pub(super) fn forget(&mut self, lane: LaneId) {
        self.0.remove(&lane);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LANE: LaneId = LaneId(0);
    const PLAIN: ExceptionClass = ExceptionClass(0);
    const CAST: ExceptionClass = ExceptionClass(6);

    fn rules(attempts: u32) -> RetryRules {
        RetryRules { back_off: BackOff::NONE, attempts, not_retryable: [CAST].into() }
    }

    #[test]
    fn ten_deliveries_then_the_recoverer() {
        let mut tracker = FailedRecordTracker::default();
        let decisions: Vec<Decision> =
            (0..10).map(|_| rules(10).decide(tracker.failed(LANE, 5, PLAIN), PLAIN)).collect();
        assert_eq!(decisions[..9], [Decision::Again(Span::ZERO); 9]);
        assert_eq!(decisions[9], Decision::Recover(EXHAUSTED));
    }

    #[test]
    fn a_class_that_is_not_retryable_is_recovered_at_once() {
        assert_eq!(rules(10).decide(1, CAST), Decision::Recover(NOT_RETRYABLE));
    }

    #[test]
    fn another_exception_starts_the_count_again() {
        let mut tracker = FailedRecordTracker::default();
        assert_eq!([1, 2], [(); 2].map(|()| tracker.failed(LANE, 5, PLAIN)));
        assert_eq!(tracker.failed(LANE, 5, CAST), 1);
        assert_eq!(tracker.failed(LANE, 6, CAST), 1);
    }

    #[test]
    fn partitions_are_counted_apart() {
        let mut tracker = FailedRecordTracker::default();
        let other = LaneId(1);
        let counts = [(LANE, 5), (other, 9), (LANE, 5), (other, 9)]
            .map(|(lane, offset)| tracker.failed(lane, offset, PLAIN));
        assert_eq!(counts, [1, 1, 2, 2]);
        tracker.forget(LANE);
        assert_eq!(tracker.failed(LANE, 5, PLAIN), 1);
        assert_eq!(tracker.failed(other, 9, PLAIN), 3);
    }

    #[test]
    fn an_exponential_back_off_doubles_up_to_its_maximum() {
        let back_off =
            BackOff { initial: Span::millis(100), multiplier: 2, max: Span::millis(500) };
        let pauses: Vec<u64> = (1..=5).map(|n| back_off.after(n).as_millis()).collect();
        assert_eq!(pauses, [100, 200, 400, 500, 500]);
    }

    proptest! {
        /// Whatever the numbers, pauses never shrink and never exceed the maximum.
        #[test]
        fn pauses_never_shrink(initial: u64, multiplier in 1u32.., max: u64, n in 1u32..1000) {
            let back_off = BackOff { initial: Span(initial), multiplier, max: Span(max) };
            prop_assert!(back_off.after(n) <= back_off.after(n + 1));
            prop_assert!(back_off.after(n) <= Span(max));
        }

        /// A record is recovered exactly at its last attempt, in whatever order records of several
        /// partitions fail.
        #[test]
        fn each_record_gets_its_attempts(
            lanes in prop::collection::vec(0u16..4, 0..200),
            attempts in 1u32..12,
        ) {
            let rules = rules(attempts);
            let mut tracker = FailedRecordTracker::default();
            let mut at = [(0u64, 0u32); 4];
            for lane in lanes {
                let (offset, failed) = &mut at[usize::from(lane)];
                *failed += 1;
                let failures = tracker.failed(LaneId(lane), *offset, PLAIN);
                let recovers = rules.decide(failures, PLAIN) == Decision::Recover(EXHAUSTED);
                prop_assert_eq!(recovers, *failed == attempts);
                if recovers {
                    tracker.forget(LaneId(lane));
                    (*offset, *failed) = (*offset + 1, 0);
                }
            }
        }
    }
}
