//! What producers were told, how long it took, and in which order things came.

use super::*;

fn outcome(tale: &Tale, m: u32) -> (ProducerOutcome, &'static str) {
    let report = tale.judged().message(MessageId(m)).expect("planned");
    (report.outcome, report.decided_by.map_or("-", |s| s.fact.name()))
}

#[test]
fn every_outcome_has_its_deciding_fact() {
    let mut tale = Tale::begun();
    assert_eq!(outcome(&tale, 0), (ProducerOutcome::Unsent, "-"));
    tale.sent(0).attempted(0, 1);
    assert_eq!(outcome(&tale, 0), (ProducerOutcome::Outstanding, "sent"));
    let refused = tale.but(|t| {
        t.refused(0);
    });
    assert_eq!(outcome(&refused, 0), (ProducerOutcome::Refused, "refused"));
    let unknown = tale.but(|t| {
        t.unknown(0);
    });
    assert_eq!(outcome(&unknown, 0), (ProducerOutcome::Unknown, "unknown"));
    tale.appended(0, 0, 0, 0).acked(0, 0);
    assert_eq!(outcome(&tale, 0), (ProducerOutcome::Acknowledged, "acknowledged"));
}

#[test]
fn an_acknowledgement_is_never_taken_back() {
    let mut tale = Tale::begun();
    tale.on_leader(0, 0);
    let first = tale.facts.last().copied();
    tale.sent(0).unknown(0).refused(0).acked(0, 0);
    let report = tale.judged().message(MessageId(0)).expect("planned");
    assert_eq!(report.outcome, ProducerOutcome::Acknowledged);
    assert_eq!(report.decided_by, first);
}

#[test]
fn a_refusal_does_not_settle_what_an_earlier_attempt_left_open() {
    let mut tale = Tale::begun();
    tale.sent(0).unknown(0).sent(0).refused(0);
    assert_eq!(outcome(&tale, 0).0, ProducerOutcome::Unknown);
    let twin = Tale::begun().but(|t| {
        t.sent(0).refused(0).sent(0).refused(0);
    });
    assert_eq!(outcome(&twin, 0).0, ProducerOutcome::Refused);
}

#[test]
fn latency_is_from_the_first_send_to_the_first_acknowledgement() {
    let mut tale = Tale::default();
    tale.sent(0).unknown(0).sent(0).acked(0, 0).acked(0, 0);
    tale.sent(1).acked(1, 1).sent(2).unknown(2);
    let judged = tale.judged();
    assert_eq!(judged.latency(1000, Subset::All), Some(Span::millis(3)));
    assert_eq!(judged.latency(500, Subset::All), Some(Span::millis(1)));
    assert_eq!(judged.latency(501, Subset::All), Some(Span::millis(3)), "nearest rank");
    assert_eq!(judged.latency(500, Subset::Message(MessageId(2))), None);
    assert_eq!(judged.message(MessageId(0)).map(|r| r.attempts), Some(0));
}

#[test]
fn an_inversion_is_a_first_handling_after_a_later_message_of_the_key() {
    // Messages 0, 2, 4 … have one key, 1, 3, 5 … the other.
    let mut tale = Tale::begun();
    tale.read(2, 4, 0).read(0, 4, 1);
    let judged = tale.judged();
    let found: Vec<_> = judged.inversions(Subset::All).map(|b| (b.message.0, b.behind.0)).collect();
    assert_eq!(found, [(0, 2)]);
    assert_eq!(judged.inversions(Subset::Key(KeyId(1))).count(), 0);
    let twin = Tale::begun().but(|t| {
        t.read(3, 4, 0).read(0, 4, 1).read(11, 4, 2).read(10, 4, 3);
    });
    assert_eq!(twin.judged().inversions(Subset::All).count(), 0, "another key, and no key");
}

#[test]
fn a_regression_is_a_replay_and_not_a_new_message() {
    let mut tale = Tale::begun();
    tale.read(0, 4, 0).read(2, 4, 1).read(4, 4, 2);
    let twin = tale.but(|t| {
        t.read(4, 5, 2);
    });
    assert_eq!(twin.judged().regressions(Subset::All).count(), 0, "the last one again");
    tale.read(0, 5, 0).read(2, 5, 1).read(4, 5, 2);
    let judged = tale.judged();
    let found: Vec<_> =
        judged.regressions(Subset::All).map(|b| (b.message.0, b.behind.0)).collect();
    assert_eq!(found, [(0, 4)], "one step back; from there it goes forward");
    assert_eq!(judged.inversions(Subset::All).count(), 0);
}

#[test]
fn the_log_keeps_or_breaks_the_order_of_a_key() {
    // A10: a retry is overtaken.
    let mut tale = Tale::begun();
    tale.sent(0).sent(2).appended(2, 0, 0, 0).appended(0, 0, 1, 0);
    assert_eq!(tale.judged().log_inversions(Subset::Lane(LANE)).count(), 1);
    let twin = Tale::begun().but(|t| {
        // Appended again after it was cut off: the same message, not a new order.
        t.sent(0).sent(2).appended(0, 0, 0, 0).appended(2, 0, 1, 0).appended(0, 0, 2, 0);
    });
    assert_eq!(twin.judged().log_inversions(Subset::All).count(), 0);
}

#[test]
fn facts_are_counted_by_name_and_scope() {
    let mut tale = Tale::begun();
    tale.stored(0, 0).stored(1, 1).elected(Some(1), 1).elected(None, 2).elected(Some(0), 3);
    for _ in 0..300 {
        tale.delivered(0, 4, 0);
    }
    let judged = tale.judged();
    assert_eq!(judged.facts("replicated", Subset::All), Some(4));
    assert_eq!(judged.facts("replicated", Subset::Node(NodeId(1))), Some(2));
    assert_eq!(judged.facts("replicated", Subset::Message(MessageId(0))), Some(2));
    assert_eq!(judged.facts("replicated", Subset::Lane(LaneId(1))), Some(0));
    assert_eq!(judged.facts("delivered", Subset::Subscription(SUBSCRIPTION)), Some(300));
    assert_eq!(judged.facts("delivered", Subset::Message(MessageId(0))), Some(300));
    assert_eq!(judged.facts("elected", Subset::All), Some(4));
    assert_eq!(judged.facts("elections", Subset::All), Some(2), "not the first, not none");
    assert_eq!(judged.facts("exploded", Subset::All), None);
}

#[test]
fn every_fact_is_counted_under_its_own_name() {
    for stated in properties::one_of_each() {
        let mut ledger = Ledger::new(plan());
        ledger.absorb(&stated);
        let counted: Vec<_> = ledger.counts().stated().collect();
        assert_eq!(counted, [(stated.fact.name(), 1)]);
    }
}
