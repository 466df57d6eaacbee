use super::*;
use crate::fact::{ElectionKind, Fact, NodeSet, Outage, PositionRule, TruncationRule};
use crate::story::fixture::*;
use std::fmt::Write;

fn explained(facts: &[(u64, Fact)], fates: &[(u32, Fate)], lang: Lang) -> String {
    explained_in(&scenario(), facts, fates, lang)
}

fn explained_in(
    scenario: &Scenario,
    facts: &[(u64, Fact)],
    fates: &[(u32, Fate)],
    lang: Lang,
) -> String {
    let mut outcome = outcome(facts);
    outcome.judgement.fates = fates
        .iter()
        .map(|&(m, fate)| Settled { message: MessageId(m), subscription: BILLING, fate })
        .collect();
    let mut text = String::new();
    for e in explain(scenario, &outcome, lang) {
        let _ = writeln!(text, "{}", e.title);
        for clause in &e.clauses {
            let _ = writeln!(text, "  {} #{} {}", clause.time, clause.event, clause.text);
        }
        for clause in &e.allowed_by {
            let _ = writeln!(text, "  = #{} {}", clause.event, clause.text);
        }
    }
    text
}

#[test]
fn a_loss_by_acks_one_is_told_once_for_all_messages_of_the_same_chain() {
    let fates = [(0, Fate::Once), (1, Fate::Lost), (2, Fate::Lost)];
    insta::assert_snapshot!("acks_one_en", explained(&leader_loses_power(), &fates, Lang::En));
    insta::assert_snapshot!("acks_one_zh", explained(&leader_loses_power(), &fates, Lang::Zh));
}

#[test]
fn a_duplicate_by_retry_names_idempotence() {
    let again = |offset| {
        let (message, lane) = (MessageId(0), LANE);
        Fact::Appended { message, lane, node: B1, offset, epoch: 0 }
    };
    let retried =
        Fact::Retried { message: MessageId(0), producer: PRODUCER, error: "REQUEST_TIMED_OUT" };
    let facts = [
        sent(1, 0),
        (2, again(0)),
        (30, retried),
        (31, again(1)),
        acknowledged(32, 0),
        handled(40, 0, 0),
        handled(42, 0, 1),
    ];
    let text = explained(&facts, &[(0, Fate::Duplicate)], Lang::En);
    assert!(text.contains("now stands in the log twice, at offsets 0 and 1"), "{text}");
    assert!(text.contains("enable.idempotence = false"), "{text}");
    let mut idempotent = scenario();
    idempotent.producers[0].config.enable_idempotence = true;
    let text = explained_in(&idempotent, &facts, &[(0, Fate::Duplicate)], Lang::En);
    assert!(!text.contains("enable.idempotence = false"), "{text}");
}

#[test]
fn a_duplicate_by_reading_again_names_the_commit_habit() {
    let (lane, subscription, consumer) = (LANE, BILLING, CONSUMER);
    let rule = PositionRule::Committed;
    let facts = [
        sent(1, 0),
        appended(2, 0),
        handled(5, 0, 0),
        (6, Fact::Stopped { node: CONSUMER, how: Outage::Crash }),
        (9, Fact::Started { node: CONSUMER, boots: 2 }),
        (10, Fact::Positioned { subscription, lane, consumer, offset: 0, rule }),
        handled(12, 0, 0),
    ];
    let text = explained(&facts, &[(0, Fate::Duplicate)], Lang::En);
    insta::assert_snapshot!(text);
}

#[test]
fn a_stranded_message_names_who_still_holds_it() {
    let (lane, kind) = (LANE, ElectionKind::Clean);
    let facts = [
        sent(1, 0),
        appended(2, 0),
        (3, Fact::IsrShrunk { lane, isr: NodeSet::of([B1]), removed: NodeSet::of([B2, B3]) }),
        acknowledged(4, 0),
        (5, Fact::Stopped { node: B1, how: Outage::Crash }),
        (9, Fact::Elected { lane, leader: None, epoch: 1, kind }),
    ];
    let text = explained(&facts, &[(0, Fate::Stranded)], Lang::En);
    assert!(text.contains("m1 still exists on broker-1, where nobody can read it"), "{text}");
    assert!(text.contains("unclean.leader.election.enable = false"), "{text}");
}

#[test]
fn nothing_is_concluded_that_no_fact_shows() {
    let text = explained(&[sent(1, 0)], &[(0, Fate::Lost)], Lang::En);
    assert_eq!(text, "Acknowledged, yet lost to billing: m1\n");
}

#[test]
fn a_position_past_a_message_is_the_cause_when_the_log_still_has_it() {
    let (lane, subscription, consumer) = (LANE, BILLING, CONSUMER);
    let rule = PositionRule::Reset;
    let facts = [
        (0, Fact::Elected { lane, leader: Some(B1), epoch: 0, kind: ElectionKind::First }),
        sent(1, 0),
        appended(2, 0),
        acknowledged(3, 0),
        (10, Fact::Positioned { subscription, lane, consumer, offset: 1, rule }),
    ];
    let text = explained(&facts, &[(0, Fate::Lost)], Lang::En);
    assert!(text.contains("auto.offset.reset = latest"), "{text}");
    assert!(!text.contains("Allowed by acks"), "{text}");
    assert!(!text.contains("held m1"), "who held it is beside the point: {text}");
}

#[test]
fn a_committed_message_cut_off_by_the_old_rule_is_the_fault_of_the_rule() {
    let (lane, kind) = (LANE, ElectionKind::Clean);
    let rule = TruncationRule::HighWatermark;
    let facts = [
        (0, Fact::Elected { lane, leader: Some(B1), epoch: 0, kind: ElectionKind::First }),
        sent(1, 0),
        appended(2, 0),
        replicated(3, 0, B2),
        replicated(3, 0, B3),
        (4, Fact::Committed { message: MessageId(0), lane, node: B1, offset: 0 }),
        acknowledged(5, 0),
        (6, Fact::Stopped { node: B1, how: Outage::Crash }),
        (7, Fact::Elected { lane, leader: Some(B2), epoch: 1, kind }),
        (8, Fact::Truncated { lane, node: B3, from: 1, to: 0, rule }),
        (9, Fact::Stopped { node: B2, how: Outage::Crash }),
        (10, Fact::Elected { lane, leader: Some(B3), epoch: 2, kind }),
        (11, Fact::TookOver { lane, node: B3, epoch: 2, end: 0 }),
    ];
    let text = explained(&facts, &[(0, Fate::Lost)], Lang::En);
    assert!(text.contains("Allowed by kafka.truncation = high-watermark"), "{text}");
    assert!(!text.contains("Allowed by acks"), "{text}");
    assert!(!text.contains("Allowed by min.insync"), "{text}");
}

#[test]
fn a_leader_that_does_not_know_it_was_replaced_acknowledges_alone() {
    let (lane, kind) = (LANE, ElectionKind::Clean);
    let facts = [
        (0, Fact::Elected { lane, leader: Some(B1), epoch: 0, kind: ElectionKind::First }),
        (1, Fact::Elected { lane, leader: Some(B2), epoch: 1, kind }),
        sent(2, 0),
        appended(3, 0),
        acknowledged(4, 0),
        (9, Fact::Truncated { lane, node: B1, from: 1, to: 0, rule: TruncationRule::LeaderEpoch }),
    ];
    let text = explained(&facts, &[(0, Fate::Lost)], Lang::En);
    assert!(text.contains("Allowed by acks = 1"), "{text}");
    assert!(text.contains("broker-2 was elected leader"), "{text}");
}

#[test]
fn the_ledger_finds_what_the_explanation_explains() {
    let outcome = outcome(&leader_loses_power());
    let explanations = explain(&scenario(), &outcome, Lang::En);
    let found: Vec<_> = explanations.iter().map(|e| (e.anomaly, e.messages.clone())).collect();
    assert_eq!(found, [(Anomaly::Lost, vec![MessageId(1), MessageId(2)])]);
    let prose = explanations[0].paragraph(Lang::En);
    assert!(
        prose.starts_with("Acknowledged, yet lost to billing: m2 and m3. At 50ms, "),
        "{prose}"
    );
}

#[test]
fn an_inversion_by_retry_names_the_requests_in_flight() {
    let place = |ms, m, offset| {
        let (message, lane) = (MessageId(m), LANE);
        (ms, Fact::Appended { message, lane, node: B1, offset, epoch: 0 })
    };
    let retried =
        Fact::Retried { message: MessageId(0), producer: PRODUCER, error: "NETWORK_EXCEPTION" };
    let facts = [
        (0, Fact::Elected { lane: LANE, leader: Some(B1), epoch: 0, kind: ElectionKind::First }),
        sent(1, 0),
        sent(2, 1),
        (3, retried),
        place(4, 1, 0),
        place(5, 0, 1),
        acknowledged(6, 0),
        acknowledged(6, 1),
        handled(7, 1, 0),
        handled(8, 0, 1),
    ];
    let outcome = outcome(&facts);
    let explanations = explain(&scenario(), &outcome, Lang::En);
    assert_eq!(explanations.len(), 1, "{explanations:?}");
    assert_eq!(explanations[0].anomaly, Anomaly::Inverted);
    let allowed = &explanations[0].allowed_by;
    assert!(allowed[0].text.contains("max.in.flight.requests.per.connection = 5"), "{allowed:?}");
}

/// A damaged disk is not a power loss, and syncing would not have helped.
#[test]
fn records_that_a_disk_damaged_are_not_told_as_a_power_loss() {
    let text = r#"
[scenario]
system = "kafka"
title = "damage"
ends = "60s"
[kafka]
brokers = 1
broker = { "offsets.topic.replication.factor" = 1 }
[[topic]]
name = "orders"
[[producer]]
name = "p"
to = "orders"
sends = { count = 3, every = "10ms" }
[[consumer]]
name = "c"
from = ["orders"]
start = "30s"
config = { "auto.offset.reset" = "earliest" }
[[step]]
at = "2s"
do = "crash"
node = "broker-1"
[[step]]
at = "3s"
do = "corrupt-tail"
node = "broker-1"
partition = "orders/0"
records = 1
[[step]]
at = "4s"
do = "restart"
node = "broker-1"
[expect]
this-run = ["lost == 1"]
"#;
    let scenario = crate::scenario::parse("damage.toml", text).scenario.expect("a valid file");
    let options = crate::cluster::run::Options { keep_history: true, ..Default::default() };
    let outcome = crate::cluster::run::run(&scenario, options);
    let told = |lang| {
        let explanations = super::explain(&scenario, &outcome, lang);
        assert_eq!(explanations.len(), 1);
        explanations[0].paragraph(lang)
    };
    let en = told(Lang::En);
    assert!(en.contains("the disk damaged records") && !en.contains("power"), "{en}");
    assert!(en.contains("replication-factor = 1") && !en.contains("flush"), "{en}");
    let zh = told(Lang::Zh);
    assert!(zh.contains("磁盘损坏") && !zh.contains("断电"), "{zh}");
}
