//! How long producers got nothing acknowledged.

use super::*;

fn longest(tale: &Tale, end: u64) -> Span {
    let judged = tale.ledger().judge(Time(end * 1_000_000));
    judged.unavailable(Subset::Node(PRODUCER)).unwrap_or_default()
}

/// Adds one fact to a history.
type Adds<'a> = &'a dyn Fn(&mut Tale);

/// A history with facts at given milliseconds.
fn at(facts: &[(u64, Adds<'_>)]) -> Tale {
    let mut tale = Tale::default();
    for (millis, add) in facts {
        add(&mut tale);
        if let Some(last) = tale.facts.last_mut() {
            last.time = Time(millis * 1_000_000);
        }
    }
    tale
}

#[test]
fn an_outage_spans_failing_sends() {
    // Each send is refused at once; the outage is from the first send to the acknowledgement of a
    // message that was outstanding when the last error came.
    let failing = at(&[
        (10, &|t| {
            t.sent(0);
        }),
        (11, &|t| {
            t.refused(0);
        }),
        (30, &|t| {
            t.sent(1);
        }),
        (31, &|t| {
            t.refused(1);
        }),
    ]);
    assert_eq!(longest(&failing, 500), Span::millis(21), "nobody asks after the last error");
    let healed = failing.but(|t| {
        t.sent(2);
        if let Some(last) = t.facts.last_mut() {
            last.time = Time(400_000_000);
        }
        t.acked(2, 0);
        if let Some(last) = t.facts.last_mut() {
            last.time = Time(402_000_000);
        }
    });
    assert_eq!(longest(&healed, 500), Span::millis(21), "the pause before 400 ms is no outage");
}

#[test]
fn an_open_outage_lasts_until_now_and_acknowledgements_end_it() {
    let open = at(&[(10, &|t| {
        t.sent(0);
    })]);
    assert_eq!(longest(&open, 90), Span::millis(80));
    let busy = at(&[
        (10, &|t| {
            t.sent(0);
        }),
        (11, &|t| {
            t.sent(1);
        }),
        (12, &|t| {
            t.sent(2);
        }),
        (20, &|t| {
            t.acked(0, 0);
        }),
        (29, &|t| {
            t.acked(1, 1);
        }),
        (37, &|t| {
            t.acked(2, 2);
        }),
    ]);
    assert_eq!(longest(&busy, 90), Span::millis(10), "idle afterwards");
}

#[test]
fn a_producer_that_died_asks_for_nothing() {
    let died = at(&[
        (10, &|t| {
            t.sent(0);
        }),
        (30, &|t| {
            t.stopped(3, Outage::Crash);
        }),
        (900, &|t| {
            t.started(3);
        }),
    ]);
    assert_eq!(longest(&died, 990), Span::millis(20));
    let resent = died.but(|t| {
        t.sent(0);
        if let Some(last) = t.facts.last_mut() {
            last.time = Time(950_000_000);
        }
    });
    assert_eq!(longest(&resent, 990), Span::millis(40));
}
