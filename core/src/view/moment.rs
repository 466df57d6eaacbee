//! What every family shows: power, disks, links, packets, timers, facts, fates.

use super::kafka;
use super::picture::{LaneView, LinkView, Options, PacketView, TimerView, View};
use crate::brokers::FamilyPacket;
use crate::cluster::{self, World};
use crate::fact::{MessageId, NodeId, Stated};
use crate::ledger::{AnomalyKind, Fate, Judgement, ProducerOutcome};
use crate::substrate::{Event, Segment, TimerToken};
use std::collections::{BTreeMap, BTreeSet};

impl View {
    /// The picture of a world at this moment.
    pub fn of(state: &cluster::Lab, options: &Options) -> View {
        let (world, kernel) = (&state.model, &state.kernel);
        let (packets, timers) = scheduled(state);
        let packets_in_all = packets.len();
        let mut lanes = kafka::lanes(world, options);
        fill_in_fates(state, &mut lanes);
        View {
            event: kernel.event(),
            time: kernel.now(),
            over: world.is_over(),
            nodes: kafka::nodes(world),
            lanes,
            links: links(world),
            packets: packets.into_iter().take(options.packets).collect(),
            packets_in_all,
            groups: kafka::groups(world),
            timers: timers.into_iter().take(options.timers).collect(),
            facts: facts(world, options.facts),
            fates: fates(state, options.judge),
            told: told(world),
            timeline: None,
        }
    }
}

fn scheduled(state: &cluster::Lab) -> (Vec<PacketView>, Vec<TimerView>) {
    let world = &state.model;
    let (mut packets, mut timers) = (Vec::new(), Vec::new());
    for (time, cause, event) in state.kernel.upcoming() {
        match event {
            Event::Arrive { from, to, departed, segment, .. } => {
                let (message, messages) = match segment {
                    Segment::Data(FamilyPacket::Kafka(packet)) => kafka::cargo(packet),
                    _ => (None, 0),
                };
                packets.push(PacketView {
                    from: *from,
                    to: *to,
                    kind: segment.kind(),
                    // A break that both ends are told of at once never departed.
                    departed: (*departed).min(time),
                    arrives: time,
                    cause,
                    message,
                    messages,
                });
            }
            Event::Timer { node, boots, timer } => {
                let at = world.substrate().node(*node);
                // Timers of a process that has ended since will not be heard.
                if at.is_up() && at.boots == *boots {
                    timers.push(TimerView { node: *node, kind: timer.kind(), due: time });
                }
            }
            Event::Synced { node, .. } => {
                timers.push(TimerView { node: *node, kind: "fsync", due: time });
            }
            Event::Script(_) => {}
        }
    }
    (packets, timers)
}

fn links(world: &World) -> Vec<LinkView> {
    let network = &world.substrate().network;
    let mut links: BTreeMap<(NodeId, NodeId), LinkView> = BTreeMap::new();
    let fresh = |a: NodeId, b: NodeId| LinkView {
        a,
        b,
        open: 0,
        half_open: 0,
        cut_forth: network.is_cut(a, b),
        cut_back: network.is_cut(b, a),
        waiting: 0,
    };
    for conn in network.connections() {
        let (a, b) = (conn.client.min(conn.server), conn.client.max(conn.server));
        let link = links.entry((a, b)).or_insert_with(|| fresh(a, b));
        link.open += u32::from(conn.open);
        link.half_open += u32::from(!conn.open);
        link.waiting += conn.waiting;
    }
    let count = world.substrate().node_count() as u16;
    for a in (0..count).map(NodeId) {
        for b in (a.0 + 1..count).map(NodeId) {
            if network.is_cut(a, b) || network.is_cut(b, a) {
                links.entry((a, b)).or_insert_with(|| fresh(a, b));
            }
        }
    }
    links.into_values().collect()
}

fn facts(world: &World, most: usize) -> Vec<Stated> {
    let newest = world.kept_facts().into_iter().flat_map(|history| history.iter().rev());
    let mut facts: Vec<Stated> = newest.take(most).copied().collect();
    facts.reverse();
    facts
}

fn told(world: &World) -> Vec<(ProducerOutcome, u64)> {
    let all = ProducerOutcome::ALL.into_iter().map(|told| (told, world.ledger.outcomes(told)));
    all.filter(|(_, count)| *count > 0).collect()
}

fn fates(state: &cluster::Lab, most: u32) -> Option<Vec<(Fate, u64)>> {
    let world = &state.model;
    if world.directory.message_count() > most {
        return None;
    }
    let judgement = world.ledger.judge(state.kernel.now());
    let mut counts = [0; Fate::ALL.len()];
    for settled in &judgement.fates {
        if let Some(at) = Fate::ALL.iter().position(|fate| *fate == settled.fate) {
            counts[at] += 1;
        }
    }
    let counted = Fate::ALL.into_iter().zip(counts);
    Some(counted.filter(|(_, count)| *count > 0).collect())
}

/// What has become of the messages whose cells are shown.
fn fill_in_fates(state: &cluster::Lab, lanes: &mut [LaneView]) {
    let cells = |lane: &LaneView| -> Vec<MessageId> {
        let cells = lane.replicas.iter().flat_map(|replica| &replica.cells);
        cells.filter_map(|cell| cell.message).collect()
    };
    let shown: BTreeSet<MessageId> = lanes.iter().flat_map(cells).collect();
    let judgement = state.model.ledger.judge_some(state.kernel.now(), shown);
    for replica in lanes.iter_mut().flat_map(|lane| &mut lane.replicas) {
        for cell in &mut replica.cells {
            cell.fate = cell.message.and_then(|message| worst(&judgement, message));
        }
    }
}

/// An anomaly before what is still open, and that before what is well.
fn worst(judgement: &Judgement, message: MessageId) -> Option<Fate> {
    let rank = |fate: &Fate| match fate {
        Fate::Once => 0,
        Fate::Pending => 2,
        Fate::Redelivered => 1,
        Fate::Lost => 5,
        fate if AnomalyKind::of(*fate).is_some() => 4,
        _ => 3,
    };
    judgement.fates_of(message).iter().map(|settled| settled.fate).max_by_key(rank)
}
