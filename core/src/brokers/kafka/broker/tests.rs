//! The leader's bookkeeping, driven by hand.

use super::*;
use crate::brokers::kafka::image::MetadataImage;
use crate::brokers::kafka::log::SegmentLimits;
use crate::brokers::kafka::plan::{LanePlan, TopicPlan, Truncation};
use crate::brokers::kafka::record::{Batch, Payload, Record, Records};
use crate::brokers::kafka::settings::{BrokerConfig, TopicConfig};
use crate::brokers::kafka::wire::{MetadataRecord, PartitionState};
use crate::fact::MessageId;

const LANE: LaneId = LaneId(0);
const ME: NodeId = NodeId(0);
const B: NodeId = NodeId(1);
const C: NodeId = NodeId(2);

fn plan(min_isr: u32, needs_min_isr: bool) -> ClusterPlan {
    let config = TopicConfig { min_insync_replicas: min_isr, ..TopicConfig::default() };
    ClusterPlan {
        brokers: 3,
        controller: NodeId(3),
        controllers: 1,
        zookeeper: None,
        quorum_pre_vote: false,
        names: ["broker-1", "broker-2", "broker-3", "controller-1"].map(String::from).to_vec(),
        lanes: vec![LanePlan { topic: 0, replicas: Arc::from([ME, B, C]), internal: false }],
        topics: vec![TopicPlan { config, first_lane: LANE, partitions: 1, created: true }],
        group_hashes: Vec::new(),
        transaction_topic: None,
        transaction_hashes: Vec::new(),
        groups: Default::default(),
        founded: Vec::new(),
        broker: BrokerConfig::default(),
        truncation: Truncation::LeaderEpoch,
        high_watermark_needs_min_isr: needs_min_isr,
        eligible_leader_replicas: false,
        later_configs: Vec::new(),
        mutant: None,
    }
}

fn image(plan: &ClusterPlan) -> MetadataImage {
    let mut image = MetadataImage::new(plan);
    for record in plan.initial_records() {
        image.apply(&record);
    }
    image
}

fn leader(plan: &ClusterPlan) -> Partition {
    let state = plan.new_partition(LANE);
    let mut partition = Partition::new(state.clone());
    partition.become_leader(ME, state, Time::ZERO);
    partition
}

fn append(partition: &mut Partition, n: u32) {
    let record = Record {
        payload: Payload::Message(MessageId(n)),
        key: None,
        size: 10,
        is_tombstone: false,
        timestamp: 0,
    };
    let batch = Batch::new(Records::from([record]), None);
    let epoch = partition.state.leader_epoch;
    let limits = SegmentLimits { bytes: 1 << 30, age: Span::FOREVER };
    partition.log.append_as_leader(batch, epoch, limits).unwrap();
}

/// The broker epoch that the initial records give a broker.
fn epoch_of(node: NodeId) -> u64 {
    u64::from(node.0)
}

fn fetch(partition: &mut Partition, node: NodeId, offset: u64, at: Time) {
    partition.note_fetch(node, offset, epoch_of(node), at);
}

fn seconds(n: u64) -> Time {
    Time::ZERO + Span::secs(n)
}

#[test]
fn the_high_watermark_follows_the_slowest_member_of_the_isr() {
    let plan = plan(1, true);
    let image = image(&plan);
    let mut p = leader(&plan);
    append(&mut p, 0);
    append(&mut p, 1);
    assert_eq!(p.advance_high_watermark(&plan, &image, Time::ZERO), None);
    fetch(&mut p, B, 2, Time::ZERO);
    assert_eq!(p.advance_high_watermark(&plan, &image, Time::ZERO), None, "C has nothing yet");
    fetch(&mut p, C, 1, Time::ZERO);
    assert_eq!(p.advance_high_watermark(&plan, &image, Time::ZERO), Some(0));
    assert_eq!(p.log.high_watermark(), 1);
}

#[test]
fn a_joining_replica_holds_the_high_watermark_back_before_the_controller_has_agreed() {
    let plan = plan(1, true);
    let image = image(&plan);
    let mut p = leader(&plan);
    p.state.isr = NodeSet::of([ME, B]);
    append(&mut p, 0);
    fetch(&mut p, B, 1, seconds(100));
    fetch(&mut p, C, 0, seconds(1));
    assert!(p.may_expand(C, &plan, &image), "C stands at the high watermark");
    if let Role::Leader(leadership) = &mut p.role {
        leadership.pending = PendingIsr::Expand(C);
    }
    assert_eq!(p.advance_high_watermark(&plan, &image, seconds(100)), None);
    fetch(&mut p, C, 1, seconds(101));
    assert_eq!(p.advance_high_watermark(&plan, &image, seconds(101)), Some(0));
}

#[test]
fn a_leaving_replica_holds_the_high_watermark_back_until_the_controller_has_agreed() {
    let plan = plan(1, true);
    let image = image(&plan);
    let mut p = leader(&plan);
    append(&mut p, 0);
    fetch(&mut p, B, 1, seconds(60));
    let late = seconds(60);
    let out = p.out_of_sync(late, Span::secs(30));
    assert_eq!(out, NodeSet::of([C]));
    if let Role::Leader(leadership) = &mut p.role {
        leadership.pending = PendingIsr::Shrink(out);
    }
    assert!(p.out_of_sync(late, Span::secs(30)).is_empty(), "one change at a time");
    assert_eq!(p.advance_high_watermark(&plan, &image, late), None);
    let committed =
        PartitionState { isr: NodeSet::of([ME, B]), partition_epoch: 1, ..p.state.clone() };
    p.adopt(committed);
    assert_eq!(p.advance_high_watermark(&plan, &image, late), Some(0));
}

#[test]
fn below_min_isr_the_high_watermark_stands_still_since_3_7_and_moved_before() {
    for (needs_min_isr, moves) in [(true, false), (false, true)] {
        let plan = plan(2, needs_min_isr);
        let image = image(&plan);
        let mut p = leader(&plan);
        p.state.isr = NodeSet::of([ME]);
        append(&mut p, 0);
        let advanced = p.advance_high_watermark(&plan, &image, seconds(100));
        assert_eq!(advanced.is_some(), moves);
    }
}

#[test]
fn a_follower_that_always_fetches_but_never_catches_up_leaves_the_isr() {
    let plan = plan(1, true);
    let mut p = leader(&plan);
    for n in 0..100 {
        append(&mut p, n);
        append(&mut p, n);
        // C fetches every second, one record at a time: it never has what its previous fetch
        // could have given it. B has.
        let end = p.log.end_offset();
        fetch(&mut p, B, end, seconds(u64::from(n)));
        fetch(&mut p, C, u64::from(n), seconds(u64::from(n)));
    }
    append(&mut p, 100);
    assert_eq!(p.out_of_sync(seconds(100), Span::secs(30)), NodeSet::of([C]));
}

#[test]
fn an_idle_partition_keeps_its_followers_in_sync_whatever_the_time() {
    let plan = plan(1, true);
    let mut p = leader(&plan);
    append(&mut p, 0);
    fetch(&mut p, B, 1, seconds(1));
    fetch(&mut p, C, 1, seconds(1));
    assert!(p.out_of_sync(seconds(10_000), Span::secs(30)).is_empty());
    // The session went on fetching other partitions until 9,999 s: C was caught up then.
    p.note_idle_fetches(&[Time::ZERO, seconds(9_999), seconds(9_999)]);
    append(&mut p, 1);
    assert!(p.out_of_sync(seconds(10_000), Span::secs(30)).is_empty());
    assert_eq!(p.out_of_sync(seconds(10_030), Span::secs(30)).len(), 2);
}

#[test]
fn a_fenced_or_restarted_broker_may_not_join_the_isr() {
    let plan = plan(1, true);
    let mut image = image(&plan);
    let mut p = leader(&plan);
    p.state.isr = NodeSet::of([ME, B]);
    fetch(&mut p, C, 0, seconds(1));
    assert!(p.may_expand(C, &plan, &image));
    let fence = |fenced| MetadataRecord::BrokerRegistrationChange {
        node: C,
        fenced,
        in_controlled_shutdown: false,
    };
    image.apply(&fence(true));
    assert!(!p.may_expand(C, &plan, &image));
    image.apply(&MetadataRecord::RegisterBroker { node: C, broker_epoch: 77, incarnation: 2 });
    image.apply(&fence(false));
    assert!(
        !p.may_expand(C, &plan, &image),
        "the fetch came from the incarnation before (KIP-903)"
    );
    p.note_fetch(C, 0, 77, seconds(2));
    assert!(p.may_expand(C, &plan, &image));
}

#[test]
fn a_replica_behind_the_start_of_the_leaders_epoch_may_not_join_the_isr() {
    let plan = plan(1, true);
    let image = image(&plan);
    let mut p = Partition::new(plan.new_partition(LANE));
    append(&mut p, 0);
    append(&mut p, 1);
    let state =
        PartitionState { leader_epoch: 1, isr: NodeSet::of([ME]), ..plan.new_partition(LANE) };
    p.become_leader(ME, state, Time::ZERO);
    assert_eq!(p.log.epochs.entries(), [(0, 0), (1, 2)], "the epoch begins before any record");
    fetch(&mut p, B, 1, seconds(1));
    assert!(
        !p.may_expand(B, &plan, &image),
        "above the high watermark, but short of the epoch's start"
    );
    fetch(&mut p, B, 2, seconds(2));
    assert!(p.may_expand(B, &plan, &image));
}

#[test]
fn a_re_elected_leader_keeps_log_ends_but_lets_nobody_rejoin_without_a_fresh_fetch() {
    let plan = plan(1, true);
    let mut p = leader(&plan);
    append(&mut p, 0);
    fetch(&mut p, B, 1, seconds(1));
    let again =
        PartitionState { leader_epoch: 5, isr: NodeSet::of([ME, C]), ..plan.new_partition(LANE) };
    p.become_leader(ME, again, seconds(9));
    let followers = &p.leadership().unwrap().followers;
    assert_eq!(followers[0].end_offset, Some(1));
    assert_eq!(followers[0].last_caught_up, None, "B is not in the ISR");
    assert_eq!(followers[1].last_caught_up, Some(seconds(9)), "C is");
}
