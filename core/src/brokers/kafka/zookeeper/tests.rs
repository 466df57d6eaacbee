//! The tree of znodes and the controller's decisions, by hand.

use super::active::{Active, Strategy};
use super::tree::{Change, Tree};
use super::wire::*;
use crate::brokers::kafka::plan::{ClusterPlan, LanePlan, TopicPlan, Truncation};
use crate::brokers::kafka::settings::{BrokerConfig, TopicConfig};
use crate::brokers::kafka::wire::PartitionState;
use crate::brokers::kafka::zookeeper::session::{Came, Session};
use crate::fact::{ElectionKind, LaneId, NodeId, NodeSet};
use crate::kernel::Span;
use smallvec::SmallVec;
use std::sync::Arc;

const LANE: LaneId = LaneId(0);
const A: NodeId = NodeId(0);
const B: NodeId = NodeId(1);
const C: NodeId = NodeId(2);
const ONE: SessionId = SessionId(1);
const TWO: SessionId = SessionId(2);

fn plan() -> ClusterPlan {
    let config = TopicConfig::default();
    ClusterPlan {
        brokers: 3,
        controller: NodeId(3),
        controllers: 0,
        zookeeper: Some(NodeId(3)),
        quorum_pre_vote: false,
        names: Vec::new(),
        lanes: vec![LanePlan { topic: 0, replicas: Arc::from([A, B, C]), internal: false }],
        topics: vec![TopicPlan { config, first_lane: LANE, partitions: 1, created: true }],
        group_hashes: Vec::new(),
        transaction_topic: None,
        transaction_hashes: Vec::new(),
        groups: Default::default(),
        founded: Vec::new(),
        broker: BrokerConfig::default(),
        truncation: Truncation::LeaderEpoch,
        high_watermark_needs_min_isr: false,
        eligible_leader_replicas: false,
        later_configs: Vec::new(),
        mutant: None,
    }
}

fn nodes(nodes: &[NodeId]) -> NodeSet {
    NodeSet::of(nodes.iter().copied())
}

fn claim(node: NodeId, version: u32) -> Transaction {
    let create = Op::Create { path: Path::Controller, data: Data::Node(node), ephemeral: true };
    let set = Op::SetData { path: Path::ControllerEpoch, data: Data::Epoch(2), version };
    Transaction { ops: SmallVec::from_vec(vec![create, set]), means: Vec::new() }
}

fn tree() -> Tree {
    let mut tree = Tree::at(10);
    tree.found(Path::Brokers, Data::Empty, None, 0);
    tree.found(Path::ControllerEpoch, Data::Epoch(1), None, 0);
    tree
}

#[test]
fn of_two_claims_the_first_wins_and_the_second_changes_nothing() {
    let mut tree = tree();
    let (won, changes) = tree.apply(&claim(A, 0), ONE);
    assert!(won.is_ok());
    assert_eq!(changes.len(), 2);
    let before = tree.zxid();
    let (lost, changes) = tree.apply(&claim(B, 0), TWO);
    assert_eq!(lost, Err((0, ZkError::NodeExists)));
    assert!(changes.is_empty());
    assert_eq!(tree.zxid(), before);
    assert_eq!(tree.get(Path::Controller).unwrap().data, Data::Node(A));
}

#[test]
fn a_transaction_that_fails_at_its_end_leaves_no_trace_of_its_beginning() {
    let mut tree = tree();
    let (refused, _) = tree.apply(&claim(A, 7), ONE);
    assert_eq!(refused, Err((1, ZkError::BadVersion)));
    assert!(tree.get(Path::Controller).is_none());
}

#[test]
fn ephemeral_znodes_end_with_their_session_and_no_other() {
    let mut tree = tree();
    for (node, session) in [(A, ONE), (B, TWO)] {
        let path = Path::Broker(node);
        let create = Op::Create { path, data: Data::Empty, ephemeral: true };
        assert!(tree.apply(&create.into(), session).0.is_ok());
    }
    let changes = tree.end_session(ONE);
    assert_eq!(changes.as_slice(), [Change::Deleted(Path::Broker(A))]);
    let left: Vec<Path> = tree.children(Path::Brokers).collect();
    assert_eq!(left, [Path::Broker(B)]);
    assert_eq!(tree.get(Path::Brokers).unwrap().pzxid, tree.zxid());
}

#[test]
fn a_write_over_an_old_version_is_refused() {
    let mut tree = tree();
    let set = |version| Op::SetData { path: Path::ControllerEpoch, data: Data::Epoch(5), version };
    assert!(tree.apply(&set(0).into(), ONE).0.is_ok());
    assert_eq!(tree.apply(&set(0).into(), TWO).0, Err((0, ZkError::BadVersion)));
    assert!(tree.apply(&set(1).into(), TWO).0.is_ok());
}

// ── sessions ─────────────────────────────────────────────────────────────────────────────────────

fn session() -> Session<u8> {
    let mut session = Session::new(A, Span::secs(18), None);
    session.connected();
    assert_eq!(session.received(ZkResponse::Connected { session: Some(ONE) }), Came::Opened);
    session
}

#[test]
fn what_was_under_way_when_the_connection_broke_is_asked_again_in_order() {
    let mut session = session();
    let read = || vec![Op::GetData { path: Path::Controller }.into()];
    session.ask(1, read());
    session.ask(2, read());
    assert!(session.next_request().is_some());
    session.disconnected();
    assert!(session.next_request().is_none(), "nothing is sent while away");
    assert_eq!(
        session.connected(),
        ZkRequest::Connect { client: A, session: Some(ONE), timeout: Span::secs(18) }
    );
    assert_eq!(session.received(ZkResponse::Connected { session: Some(ONE) }), Came::Resumed);
    session.next_request();
    session.next_request();
    let answer = || ZkResponse::Transactions { zxid: 1, answers: Vec::new() };
    let answered = |came| match came {
        Came::Answers { purpose, again, .. } => (purpose, again),
        other => panic!("{other:?}"),
    };
    assert_eq!(answered(session.received(answer())), (1, true));
    assert_eq!(answered(session.received(answer())), (2, false));
}

#[test]
fn a_watch_is_set_again_until_it_has_fired() {
    let mut session = session();
    let watch = Op::GetChildren { path: Path::Brokers, watch: true };
    session.ask(1, vec![watch.into()]);
    session.next_request();
    session.received(ZkResponse::Transactions { zxid: 4, answers: Vec::new() });
    let watches = vec![(WatchKind::Children, Path::Brokers)];
    assert_eq!(session.watches_again(), Some(ZkRequest::SetWatches { zxid: 4, watches }));
    let event = ZkResponse::Event { zxid: 5, kind: WatchKind::Children, path: Path::Brokers };
    assert_eq!(session.received(event), Came::Event(WatchKind::Children, Path::Brokers));
    assert_eq!(session.watches_again(), None);
}

#[test]
fn an_expired_session_takes_everything_asked_in_it_along() {
    let mut session = session();
    session.ask(1, vec![Op::GetData { path: Path::Controller }.into()]);
    session.disconnected();
    session.connected();
    assert_eq!(session.received(ZkResponse::Connected { session: None }), Came::Expired);
    assert_eq!(
        session.connected(),
        ZkRequest::Connect { client: A, session: None, timeout: Span::secs(18) }
    );
    session.received(ZkResponse::Connected { session: Some(TWO) });
    assert!(session.next_request().is_none());
}

// ── decisions of the controller ──────────────────────────────────────────────────────────────────

fn active(live: &[NodeId]) -> Active {
    let mut active = Active::new(&plan(), 3, 2);
    active.live = live.iter().map(|&n| (n, 1)).collect();
    active
}

fn partition(isr: &[NodeId], leader: Option<NodeId>) -> PartitionState {
    PartitionState {
        isr: nodes(isr),
        leader,
        leader_epoch: 4,
        partition_epoch: 9,
        ..plan().new_partition(LANE)
    }
}

#[test]
fn the_first_live_in_sync_replica_takes_over_and_the_dead_leave_the_isr() {
    let k = active(&[B, C]);
    let (next, kind) = k.decide(&partition(&[A, C], Some(A)), Strategy::Offline, false).unwrap();
    assert_eq!((next.leader, next.isr, next.leader_epoch), (Some(C), nodes(&[C]), 5));
    assert_eq!(kind, Some(ElectionKind::Clean));
    assert_eq!(next.partition_epoch, 9, "the version is ZooKeeper's to raise");
}

#[test]
fn a_dead_follower_leaves_the_isr_under_a_new_epoch_of_the_same_leader() {
    let k = active(&[A, B]);
    let (next, kind) = k.decide(&partition(&[A, B, C], Some(A)), Strategy::Offline, false).unwrap();
    assert_eq!((next.leader, next.isr, next.leader_epoch), (Some(A), nodes(&[A, B]), 5));
    assert_eq!(kind, None);
}

#[test]
fn with_nobody_in_sync_alive_there_is_no_leader_and_the_last_member_stays() {
    let k = active(&[C]);
    let (next, _) = k.decide(&partition(&[A, B], Some(A)), Strategy::Offline, false).unwrap();
    assert_eq!((next.leader, next.isr), (None, nodes(&[B])));
    assert_eq!(k.decide(&next, Strategy::Offline, false), None, "and so it stays");
    let (next, kind) = k.decide(&next, Strategy::Offline, true).unwrap();
    assert_eq!((next.leader, next.isr), (Some(C), nodes(&[C])));
    assert_eq!(kind, Some(ElectionKind::Unclean));
}

#[test]
fn a_broker_that_stops_hands_over_to_one_that_does_not() {
    let mut k = active(&[A, B, C]);
    k.shutting_down = nodes(&[A, B]);
    let strategy = Strategy::ControlledShutdown(A);
    let (next, kind) = k.decide(&partition(&[A, B, C], Some(A)), strategy, false).unwrap();
    assert_eq!((next.leader, next.isr), (Some(C), nodes(&[C])));
    assert_eq!(kind, Some(ElectionKind::ControlledShutdown));
    assert_eq!(k.decide(&partition(&[A, B], Some(A)), strategy, false), None, "nobody can");
}

#[test]
fn every_write_checks_the_controller_epoch_and_the_version_it_was_decided_on() {
    let k = active(&[B, C]);
    let state = partition(&[A, B, C], Some(A));
    let change = k.decide(&state, Strategy::Offline, false).unwrap();
    let plan = plan();
    let image = crate::brokers::kafka::image::MetadataImage::new(&plan);
    let write = k.write(&plan, &image, &change);
    assert_eq!(write.ops[0], Op::Check { path: Path::ControllerEpoch, version: 2 });
    assert!(matches!(write.ops[1], Op::SetData { path: Path::Partition(LANE), version: 9, .. }));
    // A controller that has been replaced, and one whose knowledge is old.
    let mut tree = Tree::at(10);
    tree.found(Path::ControllerEpoch, Data::Epoch(3), None, 0);
    tree.found(Path::Partition(LANE), Data::Partition(state, 3), None, 0);
    assert_eq!(tree.apply(&write, ONE).0, Err((0, ZkError::BadVersion)));
}
