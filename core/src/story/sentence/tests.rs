use super::*;
use crate::fact::*;
use crate::story::fixture::{B1, B2, B3, BILLING, CONSUMER, LANE, PRODUCER, scenario};
use crate::story::vocabulary;
use std::collections::BTreeSet;
use std::fmt::Write;

const M: MessageId = MessageId(2);

/// At least one fact of every variant, and each of the words inside.
fn every_fact() -> Vec<Fact> {
    let (message, producer, lane, node) = (M, PRODUCER, LANE, B1);
    let (subscription, consumer, offset, epoch) = (BILLING, CONSUMER, 2, 1);
    let isr = NodeSet::of([B2, B3]);
    let mut facts = vec![
        Fact::Sent { message, producer },
        Fact::Attempted { message, producer, lane, attempt: 2 },
        Fact::Retried { message, producer, error: "NOT_LEADER_OR_FOLLOWER" },
        Fact::Acknowledged { message, producer, lane, offset: 2 },
        Fact::Acknowledged { message, producer, lane, offset: -1 },
        Fact::Refused { message, producer, error: "NOT_ENOUGH_REPLICAS" },
        Fact::Unknown { message, producer, error: "TimeoutException" },
        Fact::Blocked { producer },
        Fact::Unblocked { producer },
        Fact::Appended { message, lane, node, offset, epoch },
        Fact::Replicated { message, lane, node: B2, offset, epoch },
        Fact::Deduplicated { message, lane, node, offset },
        Fact::Committed { message, lane, node, offset },
        Fact::Rejected { message, lane, node, error: "NOT_ENOUGH_REPLICAS" },
        Fact::RolledBack { lane, node, from: 5, to: 3, loss: DiskLoss::PowerLoss },
        Fact::RolledBack { lane, node, from: 5, to: 3, loss: DiskLoss::TornBatch },
        Fact::RolledBack { lane, node, from: 5, to: 3, loss: DiskLoss::Corruption },
        Fact::Wiped { lane, node },
        Fact::Elected { lane, leader: None, epoch, kind: ElectionKind::Clean },
        Fact::TookOver { lane, node: B2, epoch, end: 3 },
        Fact::SteppedDown { lane, node, epoch },
        Fact::IsrShrunk { lane, isr, removed: NodeSet::of([B1]) },
        Fact::IsrExpanded { lane, isr: isr.with(B1), added: NodeSet::of([B1]) },
        Fact::UnderMinIsr { lane, isr: NodeSet::of([B2]) },
        Fact::Registered { node, epoch: 7 },
        Fact::Fenced { node },
        Fact::Unfenced { node },
        Fact::ControllerCandidate { node, epoch },
        Fact::ControllerElected { node, epoch },
        Fact::ControllerActive { node, epoch },
        Fact::ControllerResigned { node, epoch },
        Fact::MetadataTruncated { node, from: 9, to: 7 },
        Fact::TransactionBegun { producer },
        Fact::TransactionCommitted { producer },
        Fact::TransactionAborted { producer, why: "transaction.timeout.ms was over" },
        Fact::TransactionCompleted { producer },
        Fact::MarkerWritten { lane, node, offset, commit: true },
        Fact::MarkerWritten { lane, node, offset, commit: false },
        Fact::Aborted { message, lane, node, offset },
        Fact::Processed { message, subscription, consumer, lane, offset, transaction: 0 },
        Fact::ProducerFenced { producer, error: "PRODUCER_FENCED" },
        Fact::SessionExpired { node },
        Fact::RegistrationRefused { node },
        Fact::ControllerRefused { node, controller: B2, epoch },
        Fact::Started { node, boots: 1 },
        Fact::Started { node, boots: 2 },
        Fact::Paused { node },
        Fact::Resumed { node },
        Fact::Cut { from: B1, to: B2 },
        Fact::Healed { from: B1, to: B2 },
        Fact::Disconnected { from: B1, to: B2, why: "request timed out" },
        Fact::DiskState { node, state: "slow" },
        Fact::DiskState { node, state: "healthy" },
        Fact::StorageFailed { lane, node },
        Fact::Delivered { message, subscription, consumer, lane, offset },
        Fact::Handled { message, subscription, consumer, lane, offset },
        Fact::Failed { message, subscription, consumer, lane, offset, again: false },
        Fact::OffsetCommitted { subscription, lane, offset: 3 },
        Fact::CommitFailed { subscription, lane, consumer, error: "CommitFailedException" },
        Fact::Joined { subscription, consumer },
        Fact::MemberLeft { subscription, consumer, why: "max.poll.interval.ms exceeded" },
        Fact::Rebalancing { subscription, generation: 0, why: "a member joined" },
        Fact::Rebalancing { subscription, generation: 3, why: "a member left" },
        Fact::Rebalanced { subscription, generation: 3, members: 0 },
        Fact::Rebalanced { subscription, generation: 3, members: 1 },
        Fact::Rebalanced { subscription, generation: 3, members: 2 },
        Fact::Assigned { subscription, lane, consumer },
        Fact::Revoked { subscription, lane, consumer },
        Fact::PartitionsLost { subscription, lane, consumer },
        Fact::MemberFenced { subscription, consumer, error: "ILLEGAL_GENERATION" },
        Fact::DeadLettered { message, subscription },
        Fact::Dropped { message, lane, rule: "overflow", subscription: None },
        Fact::Dropped {
            message,
            lane,
            rule: "attempts exhausted",
            subscription: Some(subscription),
        },
        Fact::Dropped { message, lane, rule: "not retryable", subscription: Some(subscription) },
        Fact::Forwarding { message, subscription, consumer, lane },
        Fact::Forwarded { message, subscription, consumer, lane, offset: 3 },
        Fact::ForwardFailed { message, subscription, consumer, lane, error: "TIMEOUT" },
        Fact::Reassigned { lane, replicas: NodeSet::of([node]) },
        Fact::Compacted { message, lane, node, offset: 3 },
        Fact::OffsetExpired { subscription, lane },
        Fact::Unroutable { message, node },
        Fact::Returned { message, producer },
        Fact::Settled { message, lane, node, consumer, auto: false },
        Fact::Settled { message, lane, node, consumer, auto: true },
        Fact::Requeued { message, lane, node, offset: 3 },
        Fact::NotRecovered { message, lane, node, offset: 3, why: RecoveryLoss::Transient },
        Fact::Consuming { subscription, lane, consumer },
        Fact::ConsumerCancelled { subscription, lane, consumer, why: "queue deleted" },
        Fact::ChannelClosed { client: consumer, node, error: "PRECONDITION_FAILED" },
        Fact::ConnectionBlocked { client: producer, node, why: "low on memory" },
        Fact::ConnectionUnblocked { client: producer, node },
    ];
    for how in [Outage::Crash, Outage::PowerOff, Outage::Shutdown] {
        facts.push(Fact::Stopped { node, how });
    }
    for rule in [ExpiryRule::Time, ExpiryRule::Size, ExpiryRule::Leader] {
        facts.push(Fact::Expired { lane, node, below: 4, rule });
    }
    for rule in
        [TruncationRule::HighWatermark, TruncationRule::LeaderEpoch, TruncationRule::LeaderLogEnd]
    {
        facts.push(Fact::Truncated { lane, node, from: 5, to: 3, rule });
    }
    for kind in [
        ElectionKind::First,
        ElectionKind::Clean,
        ElectionKind::Eligible,
        ElectionKind::Unclean,
        ElectionKind::Preferred,
        ElectionKind::ControlledShutdown,
    ] {
        facts.push(Fact::Elected { lane, leader: Some(B2), epoch, kind });
    }
    for rule in
        [PositionRule::Committed, PositionRule::Reset, PositionRule::Truncated, PositionRule::Seek]
    {
        facts.push(Fact::Positioned { subscription, lane, consumer, offset: 3, rule });
    }
    facts
}

#[test]
fn every_fact_has_a_sentence_in_both_languages() {
    let scenario = scenario();
    let mut text = String::new();
    for fact in every_fact() {
        let en = sentence(&fact, &scenario.directory, Lang::En);
        let zh = sentence(&fact, &scenario.directory, Lang::Zh);
        assert!(!en.is_empty() && !zh.is_empty(), "{fact:?}");
        assert!(!en.ends_with('.') && !zh.ends_with('。'), "{fact:?}");
        let _ = writeln!(text, "{}\n  {en}\n  {zh}", fact.name());
    }
    insta::assert_snapshot!(text);
}

#[test]
fn the_vocabulary_explains_exactly_the_facts_there_are() {
    let stated: BTreeSet<&str> = every_fact().iter().map(Fact::name).collect();
    let explained: BTreeSet<&str> = vocabulary::FACTS.iter().map(|w| w.name).collect();
    assert_eq!(stated, explained);
}
