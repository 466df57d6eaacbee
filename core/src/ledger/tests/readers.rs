//! Messages that a reader passes: what is skipped for good and what will be read.

use super::*;

#[test]
fn a_reader_that_died_after_storing_progress_skips() {
    // A14: progress is stored, then the process dies with the message in hand.
    let mut tale = Tale::begun();
    tale.stored(0, 0).delivered(0, 4, 0).stored_progress(1);
    assert_eq!(tale.fate(0), (Fate::Pending, "-"), "in the hands of a living process");
    tale.stopped(4, Outage::Crash);
    assert_eq!(tale.fate(0), (Fate::Lost, "offset-committed"));
    tale.started(4).positioned(4, 1, PositionRule::Committed);
    assert_eq!(tale.fate(0), (Fate::Lost, "offset-committed"));
}

#[test]
fn a_reader_that_died_before_storing_progress_leaves_it_pending() {
    let mut tale = Tale::begun();
    tale.stored(0, 0).delivered(0, 4, 0).stopped(4, Outage::Crash);
    assert_eq!(tale.fate(0), (Fate::Pending, "-"));
    tale.positioned(5, 0, PositionRule::Committed);
    assert_eq!(tale.fate(0), (Fate::Pending, "-"));
    tale.read(0, 5, 0);
    assert_eq!(tale.fate(0), (Fate::Redelivered, "handled"));
}

#[test]
fn starting_at_the_end_skips_what_was_there() {
    // A28, and its twin that starts at the beginning.
    let mut tale = Tale::default();
    tale.elected(Some(0), 0).stored(0, 0);
    assert_eq!(tale.fate(0), (Fate::Pending, "-"), "nobody has decided where to begin");
    let twin = tale.but(|t| {
        t.positioned(4, 0, PositionRule::Reset);
    });
    assert_eq!(twin.fate(0), (Fate::Pending, "-"));
    tale.positioned(4, 1, PositionRule::Reset);
    assert_eq!(tale.fate(0), (Fate::Lost, "positioned"));
    let back = tale.but(|t| {
        t.positioned(4, 0, PositionRule::Seek);
    });
    assert_eq!(back.fate(0), (Fate::Pending, "-"), "it came back for it");
}

#[test]
fn failing_on_a_message_is_final_once_progress_passes_it() {
    let mut tale = Tale::begun();
    tale.stored(0, 0).stored(1, 1).delivered(0, 4, 0).delivered(1, 4, 1).failed(0, 4, 0);
    tale.handled(1, 4, 1);
    assert_eq!(tale.fate(0), (Fate::Pending, "-"), "a restart would read it again");
    tale.stored_progress(2);
    assert_eq!(tale.fate(0), (Fate::Lost, "offset-committed"));
    assert_eq!(tale.fate(1), (Fate::Once, "handled"));
}

#[test]
fn progress_that_goes_back_takes_the_skip_back() {
    // A53: an old commit arrives late.
    let mut tale = Tale::begun();
    tale.stored(0, 0).delivered(0, 4, 0).stored_progress(1).stopped(4, Outage::Crash);
    assert_eq!(tale.fate(0).0, Fate::Lost);
    tale.stored_progress(0);
    assert_eq!(tale.fate(0), (Fate::Pending, "-"));
}

#[test]
fn appended_below_a_reader_that_did_not_go_back() {
    // A58: the log was cut below the reader's position and grows again.
    let mut tale = Tale::begun();
    tale.stored(0, 0).read(0, 4, 0).stored(1, 1).read(1, 4, 1);
    tale.elected(Some(1), 1).truncated(1, 2, 0);
    tale.sent(2).appended(2, 1, 0, 1).acked(2, 0);
    assert_eq!(tale.fate(2), (Fate::Lost, "appended"));
    tale.positioned(4, 0, PositionRule::Truncated);
    assert_eq!(tale.fate(2), (Fate::Pending, "-"));
}

#[test]
fn stored_progress_beyond_the_log_decides_nothing_yet() {
    let mut tale = Tale::begun();
    tale.stored(0, 0).read(0, 4, 0).stored_progress(9).stopped(4, Outage::Crash);
    tale.stored(1, 1);
    assert_eq!(tale.fate(1), (Fate::Pending, "-"), "out of range: a reset will decide");
    for m in 2..10 {
        tale.stored(m, u64::from(m));
    }
    assert_eq!(tale.fate(1), (Fate::Lost, "appended"), "now the next reader starts after it");
    assert_eq!(tale.fate(9), (Fate::Pending, "-"));
}

#[test]
fn a_second_copy_that_will_be_read_keeps_a_message_pending() {
    let mut tale = Tale::default();
    tale.elected(Some(0), 0).stored(0, 0).positioned(4, 1, PositionRule::Reset);
    assert_eq!(tale.fate(0).0, Fate::Lost);
    tale.appended(0, 0, 1, 0);
    assert_eq!(tale.fate(0), (Fate::Pending, "-"));
}

#[test]
fn lag_and_stalls_count_what_waits() {
    let mut tale = Tale::begun();
    tale.stored(0, 0).stored(1, 1);
    let ledger = tale.ledger();
    assert_eq!(ledger.lag(SUBSCRIPTION), 2);
    tale.read(0, 4, 0);
    let judged = tale.judged();
    assert_eq!(judged.lag(false, Subset::Subscription(SUBSCRIPTION)), Some(1));
    assert_eq!(judged.lag(true, Subset::Lane(LANE)), Some(2));
    // From the first commitment (fact 8) to the handling (fact 18): ten milliseconds.
    let stall = |tale: &Tale| tale.judged().unavailable(Subset::Subscription(SUBSCRIPTION));
    assert_eq!(stall(&tale), Some(Span::millis(10)));
    let calm = Tale::begun().but(|t| {
        t.on_leader(0, 0).on_leader(1, 1);
    });
    assert_eq!(stall(&calm), Some(Span::ZERO), "nothing was committed: nothing waited");
}

#[test]
fn a_tail_that_an_election_cut_off_does_not_wait() {
    let mut tale = Tale::begun();
    tale.stored(0, 0).on_leader(1, 1).committed(1, 1);
    assert_eq!(tale.ledger().lag(SUBSCRIPTION), 2);
    tale.elected(Some(1), 1);
    assert_eq!(tale.ledger().lag(SUBSCRIPTION), 1);
}
