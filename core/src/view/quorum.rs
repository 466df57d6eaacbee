//! The metadata log of several controllers as a lane: voters with their records, brokers as those
//! who only read.

use super::picture::{Cell, LaneView, Options, ReplicaView};
use crate::brokers::kafka::raft::{METADATA_LOG, Role};
use crate::cluster::{Node, World};
use crate::fact::{LaneId, NodeId, NodeSet};

/// The lane `__cluster_metadata/0`, if there is a quorum to show: the last of the directory.
pub(super) fn lane(world: &World, options: &Options) -> Option<LaneView> {
    let voters = world.voters();
    if voters.len() < 2 {
        return None;
    }
    let last = world.directory.lanes.len().checked_sub(1)?;
    let committed = world.metadata().map_or(0, |image| image.offset);
    let count = world.substrate().node_count() as u16;
    let copies = (0..count).map(NodeId).filter_map(|node| match world.node(node)? {
        Node::Controller(_) => voter(world, node, committed, options),
        Node::Broker(_) => observer(world, node, committed),
        _ => None,
    });
    // Voters first, as they decide.
    let (voting, reading): (Vec<_>, Vec<_>) = copies.partition(|c| voters.contains(&c.node));
    let leading = voting.iter().filter(|copy| copy.leads);
    let leader = leading.max_by_key(|copy| epoch(world, copy.node));
    Some(LaneView {
        lane: LaneId(last as u16),
        internal: true,
        leader: leader.map(|copy| copy.node),
        leader_epoch: voting.iter().filter_map(|copy| epoch(world, copy.node)).max().unwrap_or(0),
        isr: NodeSet::of(voting.iter().filter(|copy| copy.in_sync).map(|copy| copy.node)),
        replicas: voting.into_iter().chain(reading).collect(),
        committed: Vec::new(),
    })
}

/// The newest epoch a running controller knows.
pub(super) fn epoch(world: &World, node: NodeId) -> Option<u32> {
    let up = world.substrate().node(node).is_up();
    Some(world.node(node)?.controller().filter(|_| up)?.raft().ballot().epoch)
}

fn voter(world: &World, node: NodeId, committed: u64, options: &Options) -> Option<ReplicaView> {
    let raft = world.node(node)?.controller()?.raft();
    let at = world.substrate().node(node);
    let file = at.disk.file(METADATA_LOG);
    let log = raft.log();
    let end = if at.is_up() { log.end_offset() } else { log.end_offset().min(file.written) };
    let high_watermark = raft.high_watermark().min(end);
    let newest = end.saturating_sub(options.cells);
    let from = options.around.map_or(newest, |o| o.saturating_sub(options.cells / 2).min(newest));
    let records = log.range(from, from.saturating_add(options.cells).min(end));
    let cells = (from..).zip(records).map(|(offset, (epoch, _))| Cell {
        offset,
        message: None,
        transaction: None,
        epoch: *epoch,
        fate: None,
        held_by: None,
        committed: offset < high_watermark,
        durable: offset < file.synced,
    });
    Some(ReplicaView {
        node,
        leads: at.is_up() && matches!(raft.role(), Role::Leader(_)),
        in_sync: end >= committed,
        start: 0,
        end,
        high_watermark,
        stable: high_watermark,
        durable: file.synced.min(end),
        epoch: end.checked_sub(1).and_then(|last| log.epoch_at(last)),
        cells: cells.collect(),
    })
}

/// What a broker has applied is all that it shows of the log.
fn observer(world: &World, node: NodeId, committed: u64) -> Option<ReplicaView> {
    let broker = world.node(node)?.broker()?;
    let (applied, fetched) = broker.metadata_offsets();
    Some(ReplicaView {
        node,
        leads: false,
        in_sync: applied >= committed,
        start: 0,
        end: fetched,
        high_watermark: applied,
        stable: applied,
        durable: fetched,
        epoch: None,
        cells: Vec::new(),
    })
}
