//! Sentences: what they mean, and what is wrong with wrong ones.

use super::{assert_text, read, small, told, told_in_chinese};
use crate::fact::{LaneId, MessageId, NodeId, SubscriptionId};
use crate::kernel::Span;
use crate::ledger::Fate;
use crate::scenario::expression::{
    Claim, Comparison, Condition, OrderCount, ProducerCount, Quantity, Scope,
};
use crate::scenario::model::Role;

/// The claim of one sentence of `over-seeds`, where all kinds are allowed.
fn claim(sentence: &str) -> Claim {
    let text = small("this-run = [\"lost == 0\"]", &format!("over-seeds = [\"{sentence}\"]"));
    read(&text).expect.over_seeds.remove(0).claim
}

fn compare(left: Quantity, comparison: Comparison, right: Quantity) -> Condition {
    Condition::Compare { left, comparison, right }
}

fn lost(of: Scope) -> Quantity {
    Quantity::Fate { fate: Fate::Lost, of }
}

#[test]
fn counts_and_their_scopes() {
    use Comparison::{Equal, Greater, LessOrEqual};
    let number = Quantity::Number;
    let cases = [
        ("lost == 0", compare(lost(Scope::All), Equal, number(0))),
        (
            "lost(billing) > 1",
            compare(lost(Scope::Subscription(SubscriptionId(0))), Greater, number(1)),
        ),
        ("lost(orders/1) > 1", compare(lost(Scope::Lane(LaneId(1))), Greater, number(1))),
        ("lost(m3) == 1", compare(lost(Scope::Message(MessageId(2))), Equal, number(1))),
        ("lost(customer-1) == 1", compare(lost(Scope::Key("customer-1".into())), Equal, number(1))),
        (
            "lost(key customer-1) == 1",
            compare(lost(Scope::Key("customer-1".into())), Equal, number(1)),
        ),
        (
            "acknowledged(checkout) <= 6",
            compare(
                Quantity::Producer {
                    outcome: ProducerCount::Acknowledged,
                    of: Scope::Node(Role::Node(NodeId(4))),
                },
                LessOrEqual,
                number(6),
            ),
        ),
        (
            "inversions == 0",
            compare(
                Quantity::Order { kind: OrderCount::Inversions, of: Scope::All },
                Equal,
                number(0),
            ),
        ),
        (
            "facts.truncated(orders/0) == 1",
            compare(
                Quantity::Facts { name: "truncated".into(), of: Scope::Lane(LaneId(0)) },
                Equal,
                number(1),
            ),
        ),
        (
            "isr-shrinks == 1",
            compare(
                Quantity::Facts { name: "isr-shrunk".into(), of: Scope::All },
                Equal,
                number(1),
            ),
        ),
        (
            "unavailable(billing) <= 1.5s",
            compare(
                Quantity::Unavailable { of: Scope::Subscription(SubscriptionId(0)) },
                LessOrEqual,
                number(1_500_000_000),
            ),
        ),
        (
            "latency.p99 <= 250ms",
            compare(
                Quantity::Latency { permille: 990, of: Scope::All },
                LessOrEqual,
                number(250_000_000),
            ),
        ),
        (
            "lag.max <= 3",
            compare(Quantity::Lag { largest: true, of: Scope::All }, LessOrEqual, number(3)),
        ),
    ];
    for (sentence, condition) in cases {
        assert_eq!(claim(sentence), Claim::Holds(condition), "{sentence}");
    }
}

#[test]
fn places_in_partitions() {
    use Comparison::{Equal, LessOrEqual};
    let lane = LaneId(0);
    let node = |n| Some(Role::Node(NodeId(n)));
    let cases = [
        (
            "hw(orders/0) <= leo(leader(orders/0))",
            compare(
                Quantity::HighWatermark { lane, on: None },
                LessOrEqual,
                Quantity::LogEnd { lane, on: Role::Leader(lane) },
            ),
        ),
        (
            "hw(orders/0, broker-2) == log-start(orders/0, broker-3)",
            compare(
                Quantity::HighWatermark { lane, on: node(1) },
                Equal,
                Quantity::LogStart { lane, on: node(2) },
            ),
        ),
        (
            "leader(orders/0) == broker-2",
            compare(
                Quantity::Leader { lane },
                Equal,
                Quantity::Node { node: Role::Node(NodeId(1)) },
            ),
        ),
        (
            "leader(orders/0) == none",
            compare(Quantity::Leader { lane }, Equal, Quantity::Number(-1)),
        ),
        (
            "committed-offset(billing, orders/0) == 3",
            compare(
                Quantity::CommittedOffset { subscription: SubscriptionId(0), lane },
                Equal,
                Quantity::Number(3),
            ),
        ),
        ("isr(orders/0) == 3", compare(Quantity::Isr { lane }, Equal, Quantity::Number(3))),
    ];
    for (sentence, condition) in cases {
        assert_eq!(claim(sentence), Claim::Holds(condition), "{sentence}");
    }
}

#[test]
fn kinds_of_claims() {
    let some_lost = || compare(lost(Scope::All), Comparison::Greater, Quantity::Number(0));
    assert_eq!(claim("never lost > 0"), Claim::Never(some_lost()));
    assert_eq!(claim("sometimes lost > 0"), Claim::Sometimes(some_lost()));
    assert_eq!(claim("always lost > 0"), Claim::Always(some_lost()));
    assert_eq!(
        claim("eventually lost > 0 within 5s"),
        Claim::Eventually { condition: some_lost(), within: Span::secs(5) }
    );
    assert_eq!(
        claim("share(lost > 0) >= 99.5%"),
        Claim::Share {
            condition: some_lost(),
            comparison: Comparison::GreaterOrEqual,
            share: 99_500
        }
    );
    assert_eq!(
        claim("lost == 1..=3"),
        Claim::Holds(Condition::Within { quantity: lost(Scope::All), low: 1, high: 3 })
    );
    assert_eq!(
        claim("fate(m4, billing) != pending"),
        Claim::Holds(Condition::Fate {
            message: MessageId(3),
            subscription: Some(SubscriptionId(0)),
            fate: Fate::Pending,
            equal: false
        })
    );
}

#[test]
fn and_binds_closer_than_or() {
    let is = |n| compare(lost(Scope::All), Comparison::Equal, Quantity::Number(n));
    assert_eq!(
        claim("lost == 1 or lost == 2 and lost == 3"),
        Claim::Holds(Condition::Any(vec![is(1), Condition::All(vec![is(2), is(3)])]))
    );
    assert_eq!(
        claim("(lost == 1 or lost == 2) and lost == 3"),
        Claim::Holds(Condition::All(vec![Condition::Any(vec![is(1), is(2)]), is(3)]))
    );
}

/// Wrong sentences and the place each diagnostic points at.
#[test]
fn wrong_sentences() {
    let sentences = [
        "",
        "lost",
        "lost =",
        "lost = 0",
        "lost == ",
        "lost == 0 0",
        "losst == 0",
        "lost == many",
        "lost(biling) == 0",
        "lost(m9) == 0",
        "lost(orders/7) == 0",
        "lost(orders) == 0",
        "lost == 3..=1",
        "lost == 1..3",
        "lost < 1..=3",
        "lost == 0 && duplicate == 0",
        "not lost == 0",
        "lost == 0 or never duplicate > 0",
        "fate(m9) == lost",
        "fate(m4) == gone",
        "fate(m4) < lost",
        "fate(m4",
        "unavailable <= 5",
        "unavailable <= 5 parsecs",
        "lost <= 5s",
        "1 == 1",
        "hw == 3",
        "hw(orders) == 3",
        "leo(broker-2) == 3",
        "leo(followers(orders/0)) == 3",
        "leo(orders/0, checkout) == 3",
        "leader(orders/0) == 2",
        "leader(orders/0) > broker-1",
        "leader(orders/0) == broker-9",
        "facts.elect == 1",
        "elected == 1",
        "balanced == 0",
        "eventually lost == 0",
        "eventually lost == 0 within 5",
        "share(lost > 0) >= 95",
        "share(lost > 0) >= 101%",
        "same fates as what-if nothing",
        "same fates",
        "acknowledged(billing) == 3",
        "lost == 99999999999999999999",
        "lost § 0",
        "((((((((((((((((((((((lost == 0))))))))))))))))))))))",
    ];
    let mut all = String::new();
    for sentence in sentences {
        let text = small("this-run = [\"lost == 0\"]", &format!("over-seeds = [\"{sentence}\"]"));
        all.push_str(&told(&text));
        // Every sentence has a Chinese twin.
        let _ = told_in_chinese(&text);
        all.push_str("\n\n");
    }
    assert_text("wrong_sentences", &all);
}

#[test]
fn claims_stand_where_they_make_sense() {
    let text = small(
        "this-run = [\"lost == 0\"]",
        "this-run = [\"sometimes lost > 0\"]\nthroughout = [\"eventually lost == 0 within 5s\"]",
    );
    assert_text("claims_in_wrong_lists", &told(&text));
    assert_text("claims_in_wrong_lists_zh", &told_in_chinese(&text));
}
