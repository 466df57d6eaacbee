//! What Kafka's nodes show of themselves.

use super::Decision;
use super::picture::{
    Cell, GroupView, LaneView, MemberView, NodeView, Options, PositionView, ReplicaView, Role,
    Standing,
};
use crate::brokers::kafka::broker::Partition;
use crate::brokers::kafka::client::consumer::{Doing, MemberState};
use crate::brokers::kafka::group::classic::{Group, GroupState};
use crate::brokers::kafka::log::{self, Log};
use crate::brokers::kafka::raft;
use crate::brokers::kafka::record::{Batch, Payload};
use crate::brokers::kafka::wire::{KafkaPacket, Request, Response};
use crate::cluster::{Node, World};
use crate::fact::{LaneId, MessageId, NodeId, NodeSet, SubscriptionId};
use crate::scenario::model;
use crate::substrate::FileId;
use std::collections::BTreeMap;

pub(super) fn nodes(world: &World) -> Vec<NodeView> {
    let count = world.substrate().node_count() as u16;
    let all = (0..count).map(NodeId).filter_map(|id| Some((id, world.node(id)?)));
    all.map(|(id, node)| node_view(world, id, node)).collect()
}

fn node_view(world: &World, id: NodeId, node: &Node) -> NodeView {
    let at = world.substrate().node(id);
    let (mut leads, mut doing, mut holds) = (0, "", 0);
    let role = match node {
        Node::Broker(broker) => {
            let lanes = (0..world.directory.lanes.len() as u16).map(LaneId);
            let leading = |l: &LaneId| broker.partition(*l).is_some_and(Partition::leads);
            // A process that has ended leads nothing, whatever it believed last.
            leads = if at.is_up() { lanes.filter(leading).count() } else { 0 };
            if at.is_up() && broker.zookeeper().is_some_and(|zk| zk.active().is_some()) {
                doing = "active";
            }
            Role::Broker
        }
        Node::Controller(controller) => {
            if at.is_up() && world.voters().len() > 1 {
                let raft = controller.raft();
                doing = match controller.active_epoch() {
                    Some(_) => "active",
                    None => raft.role().word(),
                };
                leads = usize::from(matches!(raft.role(), raft::Role::Leader(_)));
            }
            Role::Controller
        }
        Node::ZooKeeper(_) => Role::Metadata,
        Node::Producer(producer) => {
            holds = producer.unsettled();
            doing = match (producer.blocked().is_some(), producer.is_done()) {
                (true, _) => "blocked",
                (false, true) => "done",
                (false, false) => "sending",
            };
            Role::Producer
        }
        Node::Consumer(consumer) => {
            holds = (consumer.buffered() + consumer.in_hand().count()) as u64;
            doing = consumer.stopped().unwrap_or(match consumer.doing() {
                Doing::Polling => "polling",
                Doing::Handling => "handling",
                Doing::Committing => "committing",
                Doing::BackingOff => "backing off",
                Doing::Publishing => "publishing",
            });
            Role::Consumer
        }
    };
    let standing = match world.metadata().filter(|_| role == Role::Broker) {
        None => Standing::Unlisted,
        Some(image) => match image.broker(id) {
            broker if broker.is_active() => Standing::Active,
            broker if broker.in_controlled_shutdown => Standing::Leaving,
            _ => Standing::Fenced,
        },
    };
    let (power, disk, boots) = (at.power, at.disk.health(), at.boots);
    let leads = leads as u32;
    let quorum = super::quorum::epoch(world, id).filter(|_| world.voters().len() > 1);
    let side = node.broker().filter(|_| at.is_up()).and_then(|b| b.zookeeper());
    let office = side.and_then(|side| side.active()).map(|active| active.epoch);
    let epoch = quorum.or(office);
    NodeView { node: id, role, power, disk, boots, standing, epoch, leads, doing, holds }
}

/// Where the records are that consumers have in hand.
type Held = BTreeMap<(LaneId, u64), NodeId>;

fn held(world: &World) -> Held {
    let consumers = world.scenario().consumers.iter().map(|c| c.node);
    let hands = consumers.filter_map(|node| Some((node, world.node(node)?.consumer()?)));
    let at = hands.filter(|(node, _)| world.substrate().node(*node).is_up());
    at.flat_map(|(node, c)| c.in_hand().map(move |r| ((r.lane, r.offset), node))).collect()
}

pub(super) fn lanes(world: &World, options: &Options) -> Vec<LaneView> {
    let held = held(world);
    let own = world.scenario().directory.lanes.len();
    let shown = if options.internal { world.lane_count() } else { own };
    let groups = world.directory.subscriptions.len() as u16;
    (0..shown as u16)
        .map(LaneId)
        .map(|lane| {
            let state = world.metadata().and_then(|image| image.partition(lane));
            let isr = state.map_or(NodeSet::EMPTY, |s| s.isr);
            let assigned = state.map(|s| s.replicas.to_vec()).unwrap_or_default();
            let replicas = assigned.iter().filter_map(|&node| {
                let partition = world.node(node)?.broker()?.partition(lane)?;
                Some(replica(world, partition, node, isr, &held, options))
            });
            let groups = (0..groups).map(SubscriptionId);
            LaneView {
                lane,
                internal: lane.0 as usize >= own,
                leader: state.and_then(|s| s.leader),
                leader_epoch: state.map_or(0, |s| s.leader_epoch),
                isr,
                replicas: replicas.collect(),
                committed: groups.filter_map(|g| Some((g, committed(world, g, lane)?))).collect(),
            }
        })
        .chain(super::quorum::lane(world, options))
        .collect()
}

fn replica(
    world: &World,
    partition: &Partition,
    node: NodeId,
    isr: NodeSet,
    held: &Held,
    options: &Options,
) -> ReplicaView {
    let (lane, log) = (partition.lane(), &partition.log);
    let at = world.substrate().node(node);
    let file = at.disk.file(FileId(u32::from(lane.0)));
    // The log of a process that has ended is what its disk kept.
    let end = if at.is_up() { log.end_offset() } else { log.end_offset().min(file.written) };
    let (start, high_watermark) = (log.start_offset().min(end), log.high_watermark().min(end));
    let newest = end.saturating_sub(options.cells);
    let from = options.around.map_or(newest, |o| o.saturating_sub(options.cells / 2).min(newest));
    let from = from.max(start);
    let to = from.saturating_add(options.cells).min(end);
    let mut cells = Vec::new();
    for batch in log.range(from, to) {
        for (offset, record) in (batch.base_offset..).zip(batch.records.iter()) {
            let message = match record.payload {
                Payload::Message(message) | Payload::Forwarded { message, .. } => Some(message),
                Payload::Hole => continue,
                _ => None,
            };
            if (from..to).contains(&offset) {
                cells.push(Cell {
                    offset,
                    message,
                    epoch: batch.leader_epoch,
                    committed: offset < high_watermark,
                    transaction: decision(log, batch, offset),
                    durable: offset < file.synced,
                    held_by: held.get(&(lane, offset)).copied(),
                    fate: None,
                });
            }
        }
    }
    ReplicaView {
        node,
        leads: partition.leads() && at.is_up(),
        in_sync: isr.contains(node),
        start,
        end,
        high_watermark,
        stable: log.last_stable_offset().min(high_watermark),
        durable: file.synced.min(end),
        epoch: log.last_epoch(),
        cells,
    }
}

/// How the transaction of a record stands, if it is in one.
fn decision(log: &Log, batch: &Batch, offset: u64) -> Option<Decision> {
    let stamp = batch.producer.filter(|s| s.transactional && batch.marker().is_none())?;
    Some(match log.transactions()?.decision(stamp.id, offset) {
        log::Decision::Open => Decision::Open,
        log::Decision::Committed => Decision::Committed,
        log::Decision::Aborted => Decision::Aborted,
    })
}

/// The first message that a packet carries, and how many.
pub(super) fn cargo(packet: &KafkaPacket) -> (Option<MessageId>, u32) {
    let mut carried = (None, 0);
    let mut load = |batch: &Batch| {
        for record in batch.records.iter() {
            if let Payload::Message(message) | Payload::Forwarded { message, .. } = record.payload {
                carried = (carried.0.or(Some(message)), carried.1 + 1);
            }
        }
    };
    match packet {
        KafkaPacket::Request { request: Request::Produce { partitions, .. }, .. } => {
            partitions.iter().for_each(|partition| load(&partition.batch));
        }
        KafkaPacket::Response { response: Response::Fetch { partitions, .. }, .. } => {
            partitions.iter().flat_map(|partition| &partition.batches).for_each(load);
        }
        _ => {}
    }
    carried
}

/// What the coordinator of a group has stored.
fn committed(world: &World, group: SubscriptionId, lane: LaneId) -> Option<u64> {
    let coordinator = world.resolve_one(model::Role::Coordinator(group))?;
    world.node(coordinator)?.broker()?.committed_offset(group, lane)
}

pub(super) fn groups(world: &World) -> Vec<GroupView> {
    let consumers = &world.scenario().consumers;
    (0..world.directory.subscriptions.len() as u16)
        .map(SubscriptionId)
        .map(|subscription| {
            let members = consumers.iter().filter(|c| c.subscription == subscription);
            let positions = members.clone().flat_map(|member| {
                let consumer = world.node(member.node).and_then(Node::consumer);
                let assigned = consumer.into_iter().flat_map(|c| c.assigned());
                assigned.map(|at| PositionView {
                    consumer: member.node,
                    lane: at.lane,
                    position: at.position,
                    committed: committed(world, subscription, at.lane),
                })
            });
            let group = world.group(subscription);
            let member = |m: &model::Consumer| member_view(world, m.node, group);
            GroupView {
                subscription,
                coordinator: world.resolve_one(model::Role::Coordinator(subscription)),
                state: group.map_or("", |g| state_word(g.state())),
                generation: group.map_or(0, Group::generation),
                members: members.filter_map(member).collect(),
                positions: positions.collect(),
                lag: world.ledger.lag(subscription),
                handled: world.ledger.handled(subscription),
            }
        })
        .collect()
}

fn state_word(state: GroupState) -> &'static str {
    match state {
        GroupState::Empty => "Empty",
        GroupState::PreparingRebalance => "PreparingRebalance",
        GroupState::CompletingRebalance => "CompletingRebalance",
        GroupState::Stable => "Stable",
    }
}

fn member_view(world: &World, node: NodeId, group: Option<&Group>) -> Option<MemberView> {
    let consumer = world.node(node)?.consumer()?;
    let counts = |g: &Group| g.members().any(|(id, _)| id.client == node);
    let doing = consumer.membership().map_or("", |m| match m.state() {
        MemberState::Unjoined => "outside",
        MemberState::PreparingRebalance => "joining",
        MemberState::CompletingRebalance => "syncing",
        MemberState::Stable => "in the group",
    });
    Some(MemberView {
        consumer: node,
        counted: group.is_some_and(counts),
        leads: consumer.membership().is_some_and(|m| m.leads()),
        doing,
        lanes: consumer.assigned().map(|p| p.lane).collect(),
    })
}
