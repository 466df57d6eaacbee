//! Random consumer groups under random faults: who has what is settled by generations at any time,
//! and once every fault is over everybody is in, everything is read, and nothing is lost.
//!
//! The rules have the numbers of the Kafka reference, §12.3: I30 to I32.

use mqlab::brokers::kafka::group::classic::GroupState;
use mqlab::cluster::{Lab, World, build};
use mqlab::fact::{LaneId, NodeId, SubscriptionId};
use mqlab::ledger::{Fate, Subset};
use mqlab_tests::{Dice, checked};
use std::collections::BTreeMap;
use std::fmt::Write as _;

const GROUP: SubscriptionId = SubscriptionId(0);
/// Faults strike between 2 s and 50 s; at 70 s the last one is over.
const HEALED: u64 = 70_000;
const END: u64 = 260_000;

fn schedule(number: u64) -> String {
    let mut dice = Dice(number);
    let partitions = 1 + dice.roll(6);
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
[kafka]
brokers = 3
broker = {{ "offsets.topic.num.partitions" = 2, "group.initial.rebalance.delay.ms" = {delay} }}
[[topic]]
name = "orders"
partitions = {partitions}
replication-factor = 3
config = {{ "min.insync.replicas" = 2 }}
[[topic]]
name = "payments"
partitions = 2
replication-factor = 3
config = {{ "min.insync.replicas" = 2 }}
"#,
        latency = dice.of(&["\"1ms\"", "[\"0.2ms\", \"5ms\"]", "[\"1ms\", \"40ms\"]"]),
        delay = dice.of(&["0", "1000", "3000"]),
    );
    for (n, topic) in ["orders", "payments"].iter().enumerate() {
        let _ = write!(
            text,
            r#"
[[producer]]
name = "p{n}"
to = "{topic}"
config = {{ "delivery.timeout.ms" = 200000 }}
sends = {{ count = 80, every = "700ms" }}
"#
        );
    }
    let strategy = dice.of(&[
        "[\"range\", \"cooperative-sticky\"]",
        "\"roundrobin\"",
        "\"sticky\"",
        "\"cooperative-sticky\"",
        "\"cooperative-sticky\"",
    ]);
    let members = 1 + dice.roll(4);
    for n in 1..=members {
        let from = dice.of(&["[\"orders\"]", "[\"orders\", \"payments\"]"]);
        let from = if n == 1 { "[\"orders\", \"payments\"]" } else { from };
        let instance = match dice.roll(3) {
            0 => format!("\"group.instance.id\" = \"i{n}\", "),
            _ => String::new(),
        };
        let commit = dice.of(&["auto", "auto", "after", "each"]);
        // A batch that takes longer than max.poll.interval.ms goes round for ever, as it should.
        let (takes, records) = match dice.roll(4) {
            0 => ("300ms", dice.of(&["1", "10"])),
            1 => ("30ms", dice.of(&["1", "100"])),
            _ => (dice.of(&["0s", "1ms"]), dice.of(&["1", "10", "500"])),
        };
        let _ = write!(
            text,
            r#"
[[consumer]]
name = "c{n}"
group = "g"
from = {from}
config = {{ {instance}"auto.offset.reset" = "earliest", "partition.assignment.strategy" = {strategy}, "session.timeout.ms" = {session}, "heartbeat.interval.ms" = {beat}, "max.poll.interval.ms" = {poll}, "auto.commit.interval.ms" = 2000, "max.poll.records" = {records} }}
handles = {{ takes = "{takes}", commit = "{commit}" }}
start = "{start}"
"#,
            session = dice.of(&["6000", "10000", "45000"]),
            beat = dice.of(&["500", "3000"]),
            poll = dice.of(&["5000", "20000", "300000"]),
            start = dice.of(&["0s", "0s", "3s", "20s"]),
        );
    }
    let mut at = 2_000;
    for _ in 0..1 + dice.roll(10) {
        at = (at + dice.roll(9_000)).min(50_000);
        fault(&mut text, &mut dice, at, members);
    }
    let _ = writeln!(
        text,
        "[[step]]\nat = \"{HEALED}ms\"\ndo = \"heal\"\nlink = [\"everyone\", \"everyone\"]"
    );
    text.push_str("[expect]\nthis-run = [\"sent >= 0\"]\n");
    text
}

fn fault(text: &mut String, dice: &mut Dice, at: u64, members: u64) {
    let consumer = format!("c{}", 1 + dice.roll(members));
    let broker = dice.of(&["broker-1", "broker-2", "broker-3"]).to_string();
    let node = if dice.roll(3) == 0 { &broker } else { &consumer };
    let lasts = dice.of(&["200ms", "2s", "8s", "15s"]);
    let back = at + [50, 1_000, 4_000, 15_000][dice.roll(4) as usize];
    let mut step = |what: &str, more: &str, at: u64| {
        let _ = writeln!(text, "[[step]]\nat = \"{at}ms\"\ndo = \"{what}\"\n{more}");
    };
    let who = format!("node = \"{node}\"");
    match dice.roll(7) {
        0 => {
            step("crash", &who, at);
            step("restart", &who, back);
        }
        1 => {
            step("shutdown", &who, at);
            step("restart", &who, back + 2_000);
        }
        2 => step("pause", &format!("{who}\nfor = \"{lasts}\""), at),
        3 => step("cut", &format!("link = [\"{consumer}\", \"brokers\"]\nfor = \"{lasts}\""), at),
        4 => {
            let link = format!("link = [\"{consumer}\", \"coordinator(g)\"]\nfor = \"{lasts}\"");
            step("cut", &link, at);
        }
        5 => step("reset", &format!("link = [\"{consumer}\", \"brokers\"]"), at),
        _ => step("restart", "node = \"coordinator(g)\"", at),
    }
}

/// I30 at the coordinator and, for members of one generation, at the consumers.
fn one_owner_in_a_generation(world: &World) -> Result<(), String> {
    if let Some(group) = world.group(GROUP) {
        let mut owners = BTreeMap::new();
        for (id, member) in group.members() {
            for lane in member.assignment.iter() {
                if let Some(other) = owners.insert(*lane, id) {
                    return Err(format!("I30: {lane:?} is {other:?}'s and {id:?}'s"));
                }
            }
        }
    }
    let mut owners: BTreeMap<(u32, LaneId), NodeId> = BTreeMap::new();
    for n in 0.. {
        let Some(node) = world.node(NodeId(n)) else { break };
        let Some(consumer) = node.consumer().filter(|_| is_up(world, NodeId(n))) else { continue };
        let Some(generation) = consumer.membership().and_then(|m| m.generation()) else { continue };
        for partition in consumer.assigned() {
            if let Some(other) = owners.insert((generation, partition.lane), NodeId(n)) {
                let lane = partition.lane;
                return Err(format!("I30: {lane:?} in generation {generation}: {other:?} and {n}"));
            }
        }
    }
    Ok(())
}

fn is_up(world: &World, node: NodeId) -> bool {
    world.substrate().node(node).is_up()
}

/// Everybody alive is in, every partition has its reader, everything was read.
fn recovered(world: &World) -> Result<(), String> {
    let Some(group) = world.group(GROUP) else { return Err("nobody coordinates".into()) };
    let mut alive = 0;
    for n in 0.. {
        let Some(node) = world.node(NodeId(n)) else { break };
        let Some(consumer) = node.consumer().filter(|_| is_up(world, NodeId(n))) else { continue };
        if let Some(exception) = consumer.stopped() {
            return Err(format!("c{n} ended: {exception}"));
        }
        alive += 1;
        if !consumer.membership().is_some_and(|m| m.is_settled()) {
            return Err(format!("{n} is not settled: {:?}", consumer.membership()));
        }
        for p in consumer.partitions() {
            if world.owner(p.lane, GROUP).is_none() {
                return Err(format!("{:?} has no reader", p.lane));
            }
        }
        for p in consumer.assigned() {
            let leader = world.leader(p.lane).and_then(|n| world.node(n)?.broker());
            let end = leader.and_then(|b| b.partition(p.lane)).map(|l| l.log.high_watermark());
            if end != Some(p.position) {
                return Err(format!("{n} is at {} of {end:?} in {:?}", p.position, p.lane));
            }
        }
    }
    if alive > 0 && (group.state() != GroupState::Stable || group.members().count() != alive) {
        let members: Vec<_> = group.members().map(|(id, _)| id).collect();
        return Err(format!("{:?} with {members:?}, {alive} alive", group.state()));
    }
    Ok(())
}

fn play(number: u64) -> Result<(), String> {
    let text = schedule(number);
    let scenario = checked("random", &text);
    let mut lab: Lab = build(&scenario, number, false);
    let mut events = 0_u64;
    let fail = |lab: &Lab, why: String| {
        format!("schedule {number}, at {}: {why}\n{text}", lab.kernel.now())
    };
    let mut generation = 0;
    while !lab.model.is_over() && lab.step() {
        events += 1;
        if events > 3_000_000 {
            return Err(fail(&lab, "too many events".into()));
        }
        one_owner_in_a_generation(&lab.model).map_err(|why| fail(&lab, why))?;
        // I32: whoever coordinates has folded the same log.
        if let Some(group) = lab.model.group(GROUP)
            && group.state() == GroupState::Stable
        {
            if group.generation() < generation {
                let why = format!("I32: generation {} after {generation}", group.generation());
                return Err(fail(&lab, why));
            }
            generation = group.generation();
        }
    }
    recovered(&lab.model).map_err(|why| fail(&lab, why))?;
    let judgement = lab.model.ledger.judge(lab.kernel.now());
    for fate in [Fate::Lost, Fate::Pending, Fate::Stranded] {
        let count = judgement.count(fate, Subset::All);
        if count > 0 {
            return Err(fail(&lab, format!("{count} messages are {fate:?}")));
        }
    }
    Ok(())
}

#[test]
fn groups_recover_from_whatever_happens() {
    let seeds = std::env::var("GROUP_SEEDS").ok().and_then(|s| s.parse().ok());
    let first = std::env::var("GROUP_FIRST").ok().and_then(|s| s.parse().ok()).unwrap_or(0);
    let count: u64 = seeds.unwrap_or(24);
    let failures: Vec<String> = (first..first + count).filter_map(|n| play(n).err()).collect();
    for failure in &failures {
        println!("{}", failure.lines().next().unwrap_or_default());
    }
    assert!(failures.is_empty(), "{} of {count} fail; the first:\n{}", failures.len(), failures[0]);
}
