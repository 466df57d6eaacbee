//! Elections and ISR changes, by the rules of `PartitionChangeBuilder`.

use super::*;
use crate::brokers::kafka::plan::{LanePlan, TopicPlan, Truncation};
use crate::brokers::kafka::settings::{BrokerConfig, TopicConfig};
use crate::brokers::kafka::wire::PartitionState;
use crate::fact::NodeSet;

const LANE: LaneId = LaneId(0);
const A: NodeId = NodeId(0);
const B: NodeId = NodeId(1);
const C: NodeId = NodeId(2);

fn controller(unclean: bool) -> Controller {
    let config = TopicConfig { unclean_leader_election_enable: unclean, ..TopicConfig::default() };
    let plan = Arc::new(ClusterPlan {
        brokers: 3,
        controller: NodeId(3),
        controllers: 1,
        zookeeper: None,
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
        high_watermark_needs_min_isr: true,
        eligible_leader_replicas: false,
        later_configs: Vec::new(),
        mutant: None,
    });
    let mut controller = Controller::new(NodeId(3), plan.clone());
    for record in plan.initial_records() {
        controller.image.apply(&record);
    }
    controller
}

fn set_state(
    controller: &mut Controller,
    isr: &[NodeId],
    leader: Option<NodeId>,
) -> PartitionState {
    let state = PartitionState {
        isr: NodeSet::of(isr.iter().copied()),
        leader,
        leader_epoch: 4,
        partition_epoch: 9,
        ..controller.plan.new_partition(LANE)
    };
    controller.image.apply(&MetadataRecord::Partition(state.clone()));
    state
}

fn fence(controller: &mut Controller, node: NodeId) {
    let record = MetadataRecord::BrokerRegistrationChange {
        node,
        fenced: true,
        in_controlled_shutdown: false,
    };
    controller.image.apply(&record);
}

fn without(
    controller: &Controller,
    state: &PartitionState,
    node: NodeId,
) -> Option<(PartitionState, Option<ElectionKind>)> {
    let shunned = NodeSet::of([node]);
    controller.change(state, state.isr.without(node), shunned, ElectionKind::Clean)
}

#[test]
fn a_valid_leader_stays_and_its_epoch_with_it() {
    let mut k = controller(false);
    let state = set_state(&mut k, &[A, B, C], Some(A));
    let (next, elected) = without(&k, &state, C).unwrap();
    assert_eq!((next.leader, next.leader_epoch, elected), (Some(A), 4, None));
    assert_eq!((next.isr, next.partition_epoch), (NodeSet::of([A, B]), 10));
}

#[test]
fn the_first_live_isr_member_in_assignment_order_is_elected() {
    let mut k = controller(false);
    let state = set_state(&mut k, &[A, C], Some(A));
    let (next, elected) = without(&k, &state, A).unwrap();
    assert_eq!((next.leader, next.leader_epoch), (Some(C), 5));
    assert_eq!(elected, Some(ElectionKind::Clean));
    assert_eq!(next.isr, NodeSet::of([C]));
}

#[test]
fn the_last_member_of_an_isr_stays_in_it_though_it_is_gone() {
    let mut k = controller(false);
    let state = set_state(&mut k, &[A], Some(A));
    let (next, elected) = without(&k, &state, A).unwrap();
    assert_eq!((next.leader, next.isr), (None, NodeSet::of([A])));
    assert_eq!(elected, Some(ElectionKind::Clean));
    assert_eq!(next.leader_epoch, 5, "to no leader is an election too");
    k.image.apply(&MetadataRecord::Partition(next.clone()));
    fence(&mut k, A);
    let again = k.change(&next, next.isr, NodeSet::EMPTY, ElectionKind::Clean);
    assert!(again.is_none(), "B and C are alive but may lack what A acknowledged");
}

#[test]
fn an_unclean_election_takes_any_live_replica_and_forgets_the_isr() {
    let mut k = controller(true);
    let state = set_state(&mut k, &[A], Some(A));
    let (next, elected) = without(&k, &state, A).unwrap();
    assert_eq!(elected, Some(ElectionKind::Unclean));
    assert_eq!((next.leader, next.isr, next.recovering), (Some(B), NodeSet::of([B]), true));
}

#[test]
fn the_preferred_leader_must_be_in_sync_and_not_lead_already() {
    let mut k = controller(false);
    set_state(&mut k, &[A, B, C], Some(A));
    assert_eq!(k.preferred_election(LANE), Err(Error::ElectionNotNeeded));
    set_state(&mut k, &[B, C], Some(B));
    assert_eq!(k.preferred_election(LANE), Err(Error::PreferredLeaderNotAvailable));
    set_state(&mut k, &[A, B, C], Some(B));
    assert_eq!(k.preferred_election(LANE).map(|s| s.leader), Ok(Some(A)));
}

#[test]
fn alter_partition_is_refused_for_the_reasons_and_in_the_order_of_the_real_controller() {
    use crate::brokers::kafka::wire::AlterPartition;
    let mut k = controller(false);
    set_state(&mut k, &[A, B], Some(A));
    let ask = |leader_epoch, partition_epoch, isr: &[NodeId]| AlterPartition {
        lane: LANE,
        leader_epoch,
        partition_epoch,
        new_isr: isr.iter().map(|&n| (n, Some(u64::from(n.0)))).collect(),
    };
    let check = |k: &Controller, from, ask: AlterPartition| k.validate(from, &ask);
    assert_eq!(check(&k, A, ask(5, 9, &[A])), Err(Error::NotController));
    assert_eq!(check(&k, A, ask(4, 10, &[A])), Err(Error::NotController));
    assert_eq!(check(&k, A, ask(3, 9, &[A])), Err(Error::FencedLeaderEpoch));
    assert_eq!(check(&k, B, ask(4, 9, &[B])), Err(Error::InvalidRequest));
    assert_eq!(check(&k, A, ask(4, 8, &[A])), Err(Error::InvalidUpdateVersion));
    assert_eq!(check(&k, A, ask(4, 9, &[B])), Err(Error::InvalidRequest));
    fence(&mut k, C);
    assert_eq!(check(&k, A, ask(4, 9, &[A, B, C])), Err(Error::IneligibleReplica));
    let stale = AlterPartition { new_isr: vec![(A, Some(0)), (B, Some(99))], ..ask(4, 9, &[]) };
    assert_eq!(check(&k, A, stale), Err(Error::IneligibleReplica));
    assert_eq!(check(&k, A, ask(4, 9, &[A])).map(|s| s.isr), Ok(NodeSet::of([A])));
}

/// A controller that keeps eligible leader replicas, of a topic that wants two in sync.
fn with_elr() -> Controller {
    let mut k = controller(false);
    let plan = Arc::make_mut(&mut k.plan);
    plan.eligible_leader_replicas = true;
    plan.topics[0].config.min_insync_replicas = 2;
    k
}

fn nodes(nodes: &[NodeId]) -> NodeSet {
    NodeSet::of(nodes.iter().copied())
}

#[test]
fn who_leaves_an_isr_that_is_large_enough_is_not_eligible() {
    let mut k = with_elr();
    let state = set_state(&mut k, &[A, B, C], Some(A));
    let (next, _) = without(&k, &state, C).unwrap();
    assert_eq!((next.isr, next.elr), (nodes(&[A, B]), NodeSet::EMPTY));
}

#[test]
fn who_leaves_it_below_the_minimum_stays_eligible_until_it_has_grown_again() {
    let mut k = with_elr();
    let state = set_state(&mut k, &[A, B], Some(A));
    let (alone, _) = without(&k, &state, B).unwrap();
    assert_eq!((alone.isr, alone.elr, alone.leader), (nodes(&[A]), nodes(&[B]), Some(A)));
    let grown = k.change(&alone, nodes(&[A, B]), NodeSet::EMPTY, ElectionKind::Clean).unwrap().0;
    assert_eq!((grown.isr, grown.elr), (nodes(&[A, B]), NodeSet::EMPTY));
}

#[test]
fn the_last_in_sync_replica_gives_way_to_an_eligible_one() {
    let mut k = with_elr();
    let alone = PartitionState { elr: nodes(&[B]), ..set_state(&mut k, &[A], Some(A)) };
    let (next, elected) = without(&k, &alone, A).unwrap();
    assert_eq!((next.leader, elected), (Some(B), Some(ElectionKind::Eligible)));
    assert_eq!((next.isr, next.elr), (nodes(&[B]), nodes(&[A])));
}

#[test]
fn with_nobody_alive_the_isr_becomes_empty_and_remembers_its_leader() {
    let mut k = with_elr();
    let alone = PartitionState { elr: nodes(&[B]), ..set_state(&mut k, &[A], Some(A)) };
    fence(&mut k, B);
    let (next, _) = without(&k, &alone, A).unwrap();
    assert_eq!((next.leader, next.isr, next.elr), (None, NodeSet::EMPTY, nodes(&[A, B])));
    assert_eq!(next.last_known_leader, Some(A));
}

#[test]
fn a_replica_that_restarts_uncleanly_is_eligible_no_more() {
    let mut k = with_elr();
    let nobody = PartitionState {
        elr: nodes(&[A, B]),
        last_known_leader: Some(A),
        ..set_state(&mut k, &[], None)
    };
    k.image.apply(&MetadataRecord::Partition(nobody));
    fence(&mut k, B);
    let changes = k.after_unclean_shutdown(A);
    assert_eq!(changes.len(), 1);
    assert_eq!((changes[0].0.elr, changes[0].0.leader), (nodes(&[B]), None));
}

#[test]
fn when_both_lists_are_empty_only_the_last_known_leader_is_elected() {
    let mut k = with_elr();
    let nobody = PartitionState { last_known_leader: Some(C), ..set_state(&mut k, &[], None) };
    let (next, elected) =
        k.change(&nobody, NodeSet::EMPTY, NodeSet::EMPTY, ElectionKind::Clean).unwrap();
    assert_eq!((next.leader, elected), (Some(C), Some(ElectionKind::Unclean)));
    assert!(next.recovering);
    fence(&mut k, C);
    assert_eq!(k.change(&nobody, NodeSet::EMPTY, NodeSet::EMPTY, ElectionKind::Clean), None);
}
