//! ZooKeeper mode under random faults: one leader an epoch, no broker that obeys an old controller,
//! nothing committed lost under safe settings, and leaders everywhere once every fault is over.

use mqlab::brokers::kafka::broker::Partition;
use mqlab::cluster::{World, build};
use mqlab::fact::{LaneId, NodeId};
use mqlab::ledger::{Fate, Subset};
use mqlab_tests::{Dice, checked};
use std::collections::HashMap;
use std::fmt::Write as _;

const BROKERS: u16 = 4;
/// The last fault is over by then.
const HEALED: u64 = 70_000;

fn schedule(number: u64) -> String {
    let mut dice = Dice(number);
    let version = dice.of(&["2.5", "2.4", "2.1"]);
    let session = dice.of(&["4000", "6000", "18000"]);
    let lag = dice.of(&["3000", "10000"]);
    let mut text = format!(
        r#"
[scenario]
system = "kafka"
title.en = "random"
title.zh = "random"
ends = "220s"
seed = {number}
[kafka]
brokers = {BROKERS}
coordination = "zookeeper"
version = "{version}"
broker = {{ "zookeeper.session.timeout.ms" = {session}, "replica.lag.time.max.ms" = {lag}, "offsets.topic.num.partitions" = 2 }}
[[topic]]
name = "orders"
partitions = 2
replication-factor = 3
config = {{ "min.insync.replicas" = 2 }}
[[producer]]
name = "p"
to = "orders"
config = {{ acks = "all", "enable.idempotence" = true }}
sends = {{ count = 120, every = "500ms" }}
[[consumer]]
name = "c"
group = "g"
from = ["orders"]
config = {{ "auto.offset.reset" = "earliest", "enable.auto.commit" = false }}
handles = {{ takes = "2ms", commit = "after" }}
"#
    );
    let mut at = 1_000;
    for _ in 0..1 + dice.roll(9) {
        at = (at + dice.roll(9_000)).min(45_000);
        let node = dice.of(&["broker-1", "broker-2", "broker-3", "broker-4", "zookeeper-1"]);
        let lasts = dice.of(&["300ms", "4s", "12s", "24s"]);
        let back = at + [500, 4_000, 20_000][dice.roll(3) as usize];
        let to = dice.of(&["zookeeper-1", "brokers", "controller", "leader(orders/0)"]);
        let to = if to == node { "brokers" } else { to };
        let latency = dice.of(&["[\"1ms\", \"900ms\"]", "[\"1s\", \"9s\"]"]);
        let mut step = |what: &str, more: &str, at: u64| {
            let _ = writeln!(text, "[[step]]\nat = \"{at}ms\"\ndo = \"{what}\"\n{more}");
        };
        let who = format!("node = \"{node}\"");
        match dice.roll(6) {
            0 => {
                step("crash", &who, at);
                step("restart", &who, back);
            }
            1 => {
                step("shutdown", &who, at);
                step("restart", &who, back);
            }
            2 | 3 => step("pause", &format!("{who}\nfor = \"{lasts}\""), at),
            4 => step("cut", &format!("link = [\"{node}\", \"{to}\"]\nfor = \"{lasts}\""), at),
            _ => step(
                "slow-link",
                &format!("link = [\"{node}\", \"{to}\"]\nfor = \"{lasts}\"\nlatency = {latency}"),
                at,
            ),
        }
    }
    let _ = writeln!(
        text,
        "[[step]]\nat = \"{HEALED}ms\"\ndo = \"heal\"\nlink = [\"everyone\", \"everyone\"]"
    );
    let nodes = ["zookeeper-1", "broker-1", "broker-2", "broker-3", "broker-4"];
    for (n, node) in nodes.iter().enumerate() {
        // Long enough apart that a broker's old session is over when it starts again.
        let at = HEALED + 1 + n as u64 * 25_000;
        let _ = writeln!(text, "[[step]]\nat = \"{HEALED}ms\"\ndo = \"resume\"\nnode = \"{node}\"");
        if n == 0 {
            let _ =
                writeln!(text, "[[step]]\nat = \"{at}ms\"\ndo = \"restart\"\nnode = \"{node}\"");
            continue;
        }
        let _ = writeln!(text, "[[step]]\nat = \"{at}ms\"\ndo = \"shutdown\"\nnode = \"{node}\"");
        let at = at + 22_000;
        let _ = writeln!(text, "[[step]]\nat = \"{at}ms\"\ndo = \"restart\"\nnode = \"{node}\"");
    }
    text.push_str("[expect]\nthis-run = [\"sent >= 0\"]\n");
    text
}

/// What was seen before the present event.
#[derive(Default)]
struct Watch {
    leaders: HashMap<(LaneId, u32), NodeId>,
    /// What each broker's metadata said, since which start of it.
    told: HashMap<(NodeId, LaneId), (u16, u32)>,
    controller_epoch: u32,
}

impl Watch {
    fn look(&mut self, world: &World) -> Result<(), String> {
        let epoch = world.controller_epoch();
        if epoch < self.controller_epoch {
            return Err(format!("controller epoch {epoch} after {}", self.controller_epoch));
        }
        self.controller_epoch = epoch;
        for node in (0..BROKERS).map(NodeId) {
            let at = world.substrate().node(node);
            let Some(broker) = world.node(node).and_then(|n| n.broker()) else { continue };
            if !at.is_up() {
                continue;
            }
            for lane in (0..world.lane_count() as u16).map(LaneId) {
                if let Some(partition) = broker.partition(lane).filter(|p| p.leads()) {
                    self.note_leader(node, partition)?;
                }
                let Some(known) = broker.image().partition(lane) else { continue };
                let before = self.told.insert((node, lane), (at.boots, known.leader_epoch));
                if let Some((boots, epoch)) = before
                    && boots == at.boots
                    && known.leader_epoch < epoch
                {
                    return Err(format!("{node:?} went back from epoch {epoch} of {lane:?}"));
                }
            }
        }
        Ok(())
    }

    fn note_leader(&mut self, node: NodeId, partition: &Partition) -> Result<(), String> {
        let epoch = partition.state.leader_epoch;
        let first = *self.leaders.entry((partition.lane(), epoch)).or_insert(node);
        if first == node {
            return Ok(());
        }
        Err(format!("{first:?} and {node:?} lead {:?} in epoch {epoch}", partition.lane()))
    }
}

fn play(number: u64) -> Result<(), String> {
    let text = schedule(number);
    let scenario = checked("random", &text);
    let mut lab = build(&scenario, number, false);
    let mut watch = Watch::default();
    while !lab.model.is_over() && lab.step() {
        let fail = |why| format!("schedule {number}, at {}: {why}\n{text}", lab.kernel.now());
        watch.look(&lab.model).map_err(fail)?;
    }
    let judgement = lab.model.ledger.judge(lab.kernel.now());
    if judgement.count(Fate::Lost, Subset::All) > 0 {
        return Err(format!("schedule {number}: lost\n{text}"));
    }
    let leaderless = lab.model.metadata().into_iter().flat_map(|m| m.partitions());
    let leaderless: Vec<_> = leaderless.filter(|p| p.leader.is_none()).map(|p| p.lane).collect();
    if !leaderless.is_empty() {
        return Err(format!("schedule {number}: nobody leads {leaderless:?}\n{text}"));
    }
    Ok(())
}

/// `ZOOKEEPER_SEEDS` asks for more.
#[test]
fn zookeeper_mode_keeps_its_promises_under_random_faults() {
    let seeds = std::env::var("ZOOKEEPER_SEEDS").ok().and_then(|s| s.parse().ok()).unwrap_or(60);
    let failed: Vec<String> = (0..seeds).filter_map(|n| play(n).err()).collect();
    assert!(failed.is_empty(), "{} of {seeds}; the first: {}", failed.len(), failed[0]);
}
