//! Random clusters under random faults: what Kafka promises always holds after every event, what it
//! promises under safe settings holds there, and once every fault is over everything recovers.
//!
//! The rules have the numbers of the Kafka reference, §12: I01-I08, I20-I22, L1, L2, L5, L6.

use mqlab::brokers::kafka::broker::{Broker, Partition};
use mqlab::brokers::kafka::record::Payload;
use mqlab::cluster::{Lab, World, build};
use mqlab::fact::{LaneId, NodeId};
use mqlab::ledger::{Fate, Subset};
use mqlab_tests::{Dice, checked};
use std::collections::HashMap;
use std::fmt::Write as _;

/// Whether a schedule keeps to the assumptions under which nothing acknowledged may be lost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Settings {
    /// acks=all, two of three in sync, no unclean election, no power loss.
    Safe,
    /// Anything goes.
    Any,
}

/// What deletes the oldest part of the logs of a schedule, if anything does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Cleanup {
    Nothing,
    Delete,
    Compact,
    Both,
}

impl Cleanup {
    fn of(number: u64) -> Cleanup {
        match number % 6 {
            1 => Cleanup::Delete,
            3 => Cleanup::Compact,
            5 => Cleanup::Both,
            _ => Cleanup::Nothing,
        }
    }

    /// Topic settings under which segments are small and old ones go soon.
    fn config(self, number: u64) -> String {
        // A sequence of its own: the schedule is the same whatever becomes of its logs.
        let mut dice = Dice(number + 1_000_000);
        let policy = match self {
            Cleanup::Nothing => return String::new(),
            Cleanup::Delete => "delete",
            Cleanup::Compact => "compact",
            Cleanup::Both => "compact, delete",
        };
        format!(
            r#", "cleanup.policy" = "{policy}", "segment.bytes" = {segment}, "retention.ms" = {age}, "retention.bytes" = {bytes}, "min.cleanable.dirty.ratio" = {ratio}, "delete.retention.ms" = 5000"#,
            segment = dice.of(&["300", "700", "3000"]),
            age = dice.of(&["2000", "8000", "-1"]),
            bytes = dice.of(&["1000", "-1"]),
            ratio = dice.of(&["0.01", "0.5"]),
        )
    }
}

/// Faults strike between 1 s and 40 s; at 60 s the last one is over.
const HEALED: u64 = 60_000;
const END: u64 = 200_000;

fn schedule(number: u64, settings: Settings, controllers: u64) -> String {
    let mut dice = Dice(number);
    let safe = settings == Settings::Safe;
    let replicas = if safe { 3 } else { 1 + dice.roll(3) };
    let partitions = 1 + dice.roll(3);
    let min_isr = if safe { 2 } else { 1 + dice.roll(replicas) };
    let unclean = !safe && dice.roll(3) == 0;
    let latency = dice.of(&["\"1ms\"", "[\"0.2ms\", \"5ms\"]", "[\"1ms\", \"40ms\"]"]);
    let cleanup = Cleanup::of(number).config(number);
    let mut text = format!(
        r#"
[scenario]
system = "kafka"
title.en = "random"
title.zh = "random"
ends = "{END}ms"
seed = {number}
[network]
latency = {latency}
[disk]
append = "0.01ms"
sync = "2ms"
[kafka]
brokers = 3
controllers = {controllers}
broker = {{ "log.retention.check.interval.ms" = 2000, "log.initial.task.delay.ms" = 1500, "log.cleaner.backoff.ms" = 3000, "replica.lag.time.max.ms" = {lag}, "offsets.topic.num.partitions" = {offsets} }}
[[topic]]
name = "orders"
partitions = {partitions}
replication-factor = {replicas}
config = {{ "min.insync.replicas" = {min_isr}, "unclean.leader.election.enable" = {unclean}{cleanup} }}
[[topic]]
name = "idle"
partitions = 2
replication-factor = {replicas}
config = {{ "min.insync.replicas" = {min_isr} }}
[[consumer]]
name = "c"
group = "g"
from = ["orders"]
config = {{ "auto.offset.reset" = "earliest", "enable.auto.commit" = false }}
handles = {{ takes = "2ms", commit = "after" }}
"#,
        lag = dice.of(&["3000", "10000", "30000"]),
        offsets = 1 + dice.roll(5),
    );
    for (n, topic) in ["orders", "orders", "idle"].iter().enumerate() {
        let acks = if safe { "\"all\"" } else { dice.of(&["0", "1", "\"all\""]) };
        let idempotent = acks == "\"all\"" && dice.roll(2) == 0;
        let (count, every) = if *topic == "idle" { (3, 25_000) } else { (60, 400) };
        let _ = write!(
            text,
            r#"
[[producer]]
name = "p{n}"
to = "{topic}"
config = {{ acks = {acks}, "enable.idempotence" = {idempotent}, "max.in.flight.requests.per.connection" = {in_flight}, "request.timeout.ms" = {request}, "delivery.timeout.ms" = 30000 }}
sends = {{ count = {count}, every = "{every}ms", start = "500ms"{key} }}
"#,
            in_flight = if safe { "5" } else { dice.of(&["1", "5"]) },
            request = dice.of(&["2000", "10000"]),
            key = if cleanup.is_empty() { "" } else { ", key = \"key-{n%7}\"" },
        );
    }
    let mut at = 1_000;
    let faults = 1 + dice.roll(12);
    for _ in 0..faults {
        at = (at + dice.roll(8_000)).min(40_000);
        // Round times make things happen at the same moment.
        let when = if dice.roll(2) == 0 { at } else { at / 100 * 100 };
        fault(&mut text, &mut dice, when, safe, controllers);
    }
    if number % 5 == 2 {
        moves(&mut text, number, min_isr);
    }
    let _ = writeln!(
        text,
        "[[step]]\nat = \"{HEALED}ms\"\ndo = \"heal\"\nlink = [\"everyone\", \"everyone\"]"
    );
    let controllers: Vec<String> = (1..=controllers).map(|n| format!("controller-{n}")).collect();
    let servers = ["broker-1", "broker-2", "broker-3", "p0", "p1", "p2", "c"];
    for node in controllers.iter().map(String::as_str).chain(servers) {
        let _ = writeln!(text, "[[step]]\nat = \"{HEALED}ms\"\ndo = \"resume\"\nnode = \"{node}\"");
    }
    // Every crash has its restart. Restarting everyone once more would wipe traces of what went
    // wrong before, so that is done in some schedules only.
    if dice.roll(4) == 0 {
        for (n, node) in
            ["controller-1", "broker-1", "broker-2", "broker-3", "p0", "c"].iter().enumerate()
        {
            let at = HEALED + 100 + n as u64 * 12_000;
            let _ =
                writeln!(text, "[[step]]\nat = \"{at}ms\"\ndo = \"restart\"\nnode = \"{node}\"");
        }
    }
    text.push_str("[expect]\nthis-run = [\"sent >= 0\"]\n");
    text
}

/// Reassigns a partition twice, to at least as many brokers as writes need.
fn moves(text: &mut String, number: u64, min_isr: u64) {
    let mut dice = Dice(number + 2_000_000);
    for at in [9_000 + dice.roll(4_000), 21_000 + dice.roll(9_000)] {
        let mut brokers = vec!["\"broker-1\"", "\"broker-2\"", "\"broker-3\""];
        brokers.rotate_left(dice.roll(3) as usize);
        brokers.truncate((min_isr + dice.roll(4 - min_isr)) as usize);
        let to = brokers.join(", ");
        let _ = writeln!(
            text,
            "[[step]]\nat = \"{at}ms\"\ndo = \"reassign\"\npartition = \"orders/0\"\nto = [{to}]"
        );
    }
}

fn fault(text: &mut String, dice: &mut Dice, at: u64, safe: bool, controllers: u64) {
    // A name, not a role: who is crashed must be the one who is restarted.
    let mut node = dice.of(&["broker-1", "broker-2", "broker-3", "controller-1", "c"]);
    if controllers > 1 && node == "controller-1" {
        node = dice.of(&["controller-1", "controller-2", "controller-3"]);
    }
    let lasts = dice.of(&["50ms", "700ms", "4s", "12s", "20s"]);
    let a = dice.of(&["broker-1", "broker-2", "broker-3", "leader(orders/0)"]);
    let b = dice.of(&["brokers", "controller", "followers(orders/0)", "clients", "everyone"]);
    let mut step = |what: &str, more: &str, at: u64| {
        let _ = writeln!(text, "[[step]]\nat = \"{at}ms\"\ndo = \"{what}\"\n{more}");
    };
    let who = format!("node = \"{node}\"");
    let back = at + [50, 1_000, 5_000, 15_000][dice.roll(4) as usize];
    match dice.roll(if safe { 9 } else { 11 }) {
        0 => {
            step("crash", &who, at);
            step("restart", &who, back);
        }
        1 if node != "c" && !node.starts_with("controller") => {
            step("shutdown", &who, at);
            step("restart", &who, back + 2_000);
        }
        1 | 2 => step("pause", &format!("{who}\nfor = \"{lasts}\""), at),
        3 => step("cut", &format!("link = [\"{a}\", \"{b}\"]\nfor = \"{lasts}\""), at),
        4 => step(
            "cut",
            &format!("link = [\"{a}\", \"{b}\"]\nfor = \"{lasts}\"\none-way = true"),
            at,
        ),
        5 => step("reset", &format!("link = [\"{a}\", \"{b}\"]"), at),
        6 => step(
            "slow-link",
            &format!(
                "link = [\"{a}\", \"{b}\"]\nfor = \"{lasts}\"\nlatency = [\"1ms\", \"900ms\"]"
            ),
            at,
        ),
        7 => step("restart", &who, at),
        8 => step("elect-preferred", "partition = \"orders/0\"", at),
        9 => {
            step("power-off", &who, at);
            step("restart", &who, back);
        }
        _ => {
            step("power-off", "node = \"brokers\"", at);
            step("restart", "node = \"brokers\"", back);
        }
    }
}

/// What was seen of a replica before the present event.
#[derive(Clone, Copy, Default)]
struct Seen {
    boots: u16,
    epoch: u32,
    led: bool,
    high_watermark: u64,
    end: u64,
}

#[derive(Default)]
struct Watch {
    replicas: HashMap<(NodeId, LaneId), Seen>,
    leaders: HashMap<(LaneId, u32), NodeId>,
    records: HashMap<(LaneId, u32, u64), Payload>,
    committed: HashMap<LaneId, (u32, u32)>,
    compacts: bool,
    keeps_all: bool,
}

fn lanes(world: &World) -> impl Iterator<Item = LaneId> {
    let metadata = world.metadata().expect("a controller");
    metadata.partitions().map(|p| p.lane).collect::<Vec<_>>().into_iter()
}

fn brokers(world: &World) -> impl Iterator<Item = (NodeId, &Broker)> {
    (0..3).map(NodeId).filter_map(|n| Some((n, world.node(n)?.broker()?)))
}

fn batch_before(partition: &Partition, offset: u64) -> Option<(u64, u32)> {
    let before = partition.log.range(offset.checked_sub(1)?, offset).last()?;
    Some((before.base_offset, before.leader_epoch))
}

impl Watch {
    fn look(&mut self, world: &World, settings: Settings) -> Result<(), String> {
        for lane in lanes(world) {
            self.committed_state(world, lane)?;
            for (node, broker) in brokers(world) {
                if let Some(partition) = broker.partition(lane) {
                    self.replica(world, node, lane, partition)?;
                    if settings == Settings::Safe && partition.leads() {
                        durable(world, lane, node, partition, self.keeps_all)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// I05, I06.
    fn committed_state(&mut self, world: &World, lane: LaneId) -> Result<(), String> {
        let Some(state) = world.metadata().and_then(|m| m.partition(lane)) else { return Ok(()) };
        let now = (state.leader_epoch, state.partition_epoch);
        let old = self.committed.insert(lane, now).unwrap_or(now);
        if now.0 < old.0 || now.1 < old.1 {
            return Err(format!("I05: epochs of {lane:?} went from {old:?} to {now:?}"));
        }
        let in_isr = state.leader.is_none_or(|l| state.isr.contains(l));
        let assigned = state.isr.iter().all(|n| state.replicas.contains(&n));
        if !in_isr || !assigned || state.isr.is_empty() {
            return Err(format!("I06: {state:?}"));
        }
        Ok(())
    }

    /// I01-I04, I08.
    fn replica(
        &mut self,
        world: &World,
        node: NodeId,
        lane: LaneId,
        partition: &Partition,
    ) -> Result<(), String> {
        let log = &partition.log;
        let (start, high, end) = (log.start_offset(), log.high_watermark(), log.end_offset());
        let place = format!("{lane:?} on {node:?}");
        if start > high || high > end || log.recovery_point > end {
            return Err(format!("I01: {place}: {start} <= {high} <= {end}"));
        }
        let epochs = log.epochs.entries();
        if !epochs.is_sorted_by(|a, b| a.0 < b.0 && a.1 < b.1) {
            return Err(format!("I02: {place}: epochs {epochs:?}"));
        }
        let up = world.substrate().node(node).is_up();
        let boots = world.substrate().node(node).boots;
        let epoch = partition.state.leader_epoch;
        if partition.leads() && up {
            let leader = *self.leaders.entry((lane, epoch)).or_insert(node);
            if leader != node {
                return Err(format!("I04: {leader:?} and {node:?} lead {lane:?} in epoch {epoch}"));
            }
        }
        let old = self.replicas.get(&(node, lane)).copied().unwrap_or_default();
        let same = (old.boots, old.epoch, old.led) == (boots, epoch, partition.leads());
        if same && partition.leads() && high < old.high_watermark {
            return Err(format!("I08: {place}: {} to {high} in epoch {epoch}", old.high_watermark));
        }
        if end != old.end || !same {
            self.contents(&place, lane, partition, old.end)?;
        }
        let led = partition.leads();
        self.replicas.insert((node, lane), Seen { boots, epoch, led, high_watermark: high, end });
        Ok(())
    }

    /// I02, I03: the newest records.
    fn contents(
        &mut self,
        place: &str,
        lane: LaneId,
        partition: &Partition,
        from: u64,
    ) -> Result<(), String> {
        let mut above: Option<(u64, u32)> = None;
        for batch in partition.log.batches().rev() {
            let (end, epoch) = (batch.end_offset(), batch.leader_epoch);
            // Only compaction leaves gaps.
            let fits = |base| if self.compacts { end <= base } else { end == base };
            if above.is_some_and(|(base, newer)| !fits(base) || epoch > newer) {
                return Err(format!("I02: {place}: {above:?} follows {end} of epoch {epoch}"));
            }
            above = Some((batch.base_offset, epoch));
            for (n, record) in batch.records.iter().enumerate() {
                let offset = batch.base_offset + n as u64;
                if record.payload == Payload::Hole {
                    continue;
                }
                let known = *self.records.entry((lane, epoch, offset)).or_insert(record.payload);
                if known != record.payload {
                    return Err(format!("I03: {place}: offset {offset} of epoch {epoch} differs"));
                }
            }
            if end + 8 < from.min(partition.log.end_offset()) {
                break;
            }
        }
        Ok(())
    }
}

/// I20: what a leader calls committed stands in the log of every member of the committed ISR.
fn durable(
    world: &World,
    lane: LaneId,
    node: NodeId,
    led: &Partition,
    keeps_all: bool,
) -> Result<(), String> {
    let Some(state) = world.metadata().and_then(|m| m.partition(lane)) else { return Ok(()) };
    let high = led.log.high_watermark();
    let last = batch_before(led, high);
    for (member, broker) in brokers(world).filter(|(n, _)| state.isr.contains(*n)) {
        let Some(partition) = broker.partition(lane) else { continue };
        // Replicas delete and compact by themselves: what one has let go of another may still have.
        let differs = keeps_all && batch_before(partition, high) != last;
        if partition.log.end_offset() < high || differs {
            let end = partition.log.end_offset();
            return Err(format!(
                "I20: {lane:?}: {node:?} committed up to {high}, {member:?} of the ISR ends at {end}"
            ));
        }
    }
    Ok(())
}

/// L1, L2, L5, L6, and what the consumer has read.
fn recovered(world: &World) -> Result<(), String> {
    for lane in lanes(world) {
        let state = world.metadata().and_then(|m| m.partition(lane)).expect("a partition");
        let Some(leader) = state.leader else { return Err(format!("L1: nobody leads {lane:?}")) };
        if state.isr.len() as usize != state.replicas.len() {
            return Err(format!("L6: {state:?}"));
        }
        let led = world.node(leader).and_then(|n| n.broker()).and_then(|b| b.partition(lane));
        let log = &led.expect("the leader's replica").log;
        let (high, end) = (log.high_watermark(), log.end_offset());
        if high != end {
            return Err(format!("L2: {lane:?} on {leader:?}: {high} of {end}"));
        }
        for (node, broker) in brokers(world).filter(|(n, _)| state.isr.contains(*n)) {
            let replica = &broker.partition(lane).expect("a replica").log;
            if replica.end_offset() != end || replica.high_watermark() != high {
                let (h, e) = (replica.high_watermark(), replica.end_offset());
                return Err(format!(
                    "L6: {lane:?}: {node:?} has {h} of {e}, the leader {high} of {end}"
                ));
            }
        }
        for n in 0.. {
            let Some(node) = world.node(NodeId(n)) else { break };
            let Some(consumer) = node.consumer() else { continue };
            let mut partitions = consumer.partitions().iter();
            if let Some(p) = partitions.find(|p| p.lane == lane && p.position != high) {
                return Err(format!("{lane:?}: the consumer is at {}, not at {high}", p.position));
            }
        }
    }
    for n in 0.. {
        let Some(node) = world.node(NodeId(n)) else { break };
        if node.producer().is_some_and(|p| !p.is_done()) {
            return Err(format!("L5: producer {n} is not done"));
        }
    }
    Ok(())
}

fn play(number: u64, settings: Settings, controllers: u64) -> Result<(), String> {
    let text = schedule(number, settings, controllers);
    let scenario = checked("random", &text);
    let mut lab: Lab = build(&scenario, number, false);
    let cleanup = Cleanup::of(number);
    let mut watch = Watch {
        compacts: matches!(cleanup, Cleanup::Compact | Cleanup::Both),
        keeps_all: cleanup == Cleanup::Nothing,
        ..Watch::default()
    };
    let mut events = 0_u64;
    let fail = |lab: &Lab, why: String| {
        format!("{settings:?} {number} with {controllers}, at {}: {why}\n{text}", lab.kernel.now())
    };
    while !lab.model.is_over() && lab.step() {
        events += 1;
        if events > 3_000_000 {
            return Err(fail(&lab, "too many events".into()));
        }
        watch.look(&lab.model, settings).map_err(|why| fail(&lab, why))?;
    }
    recovered(&lab.model).map_err(|why| fail(&lab, why))?;
    let judgement = lab.model.ledger.judge(lab.kernel.now());
    if settings == Settings::Safe && judgement.count(Fate::Lost, Subset::All) > 0 {
        return Err(fail(&lab, "I22: an acknowledged message is lost".into()));
    }
    Ok(())
}

fn play_all(settings: Settings, controllers: u64, default: u64) {
    let seeds = std::env::var("INVARIANT_SEEDS").ok().and_then(|s| s.parse().ok());
    let first = std::env::var("INVARIANT_FIRST").ok().and_then(|s| s.parse().ok()).unwrap_or(0);
    let count: u64 = seeds.unwrap_or(default);
    let failures: Vec<String> =
        (first..first + count).filter_map(|n| play(n, settings, controllers).err()).collect();
    for failure in &failures {
        println!("{}", failure.lines().next().unwrap_or_default());
    }
    assert!(failures.is_empty(), "{} of {count} fail; the first:\n{}", failures.len(), failures[0]);
}

#[test]
fn safe_settings_keep_every_promise_under_random_faults() {
    play_all(Settings::Safe, 1, 24);
}

#[test]
fn any_settings_keep_the_promises_that_always_hold() {
    play_all(Settings::Any, 1, 24);
}

#[test]
fn three_controllers_keep_every_promise_under_random_faults() {
    play_all(Settings::Safe, 3, 24);
}

#[test]
fn three_controllers_keep_the_promises_that_always_hold() {
    play_all(Settings::Any, 3, 24);
}

/// A broker that lost its log with its power and learns its own past slowly: it took up what it led
/// before it knew of its new registration, and wrote other records under the old leader epoch.
#[test]
fn a_broker_that_starts_takes_up_nothing_of_its_former_life() {
    if let Err(failure) = play(50, Settings::Any, 3) {
        panic!("{failure}");
    }
}
