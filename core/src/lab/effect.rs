//! Whether an action would do anything now, and if not, why: in words, before it is done.
//!
//! The world itself answers some of this when it is told to do something, in English and only
//! afterwards. A person at a menu is told beforehand, in their language, and is never offered
//! silence: what has no effect is explained.

use crate::cluster::{self, Node, World};
use crate::fact::{LaneId, NodeId};
use crate::scenario::model::{Action, Role, Text};
use crate::substrate::{DiskHealth, FileId, Power};

/// Why the action would do nothing at this moment; `None` if it would do something.
pub fn without_effect(state: &cluster::Lab, action: &Action) -> Option<Text> {
    let world = &state.model;
    let at = |n: NodeId| world.substrate().node(n);
    match action {
        Action::Crash { node } => every(world, *node, |n| ended(world, n)),
        Action::Shutdown { node } => {
            every(world, *node, |n| ended(world, n).or_else(|| stands_still(world, n)))
        }
        Action::PowerOff { node, .. } => every(world, *node, |n| {
            (at(n).power == Power::Off).then(|| off(world.directory.node(n)))
        }),
        Action::Restart { node } | Action::SlowCpu { node, .. } => every(world, *node, |_| None),
        Action::Pause { node, .. } => every(world, *node, |n| match at(n).power {
            Power::Paused => {
                let name = world.directory.node(n);
                Some(Text::new(
                    format!("{name} already stands still; resume it first"),
                    format!("{name} 已经处于停顿状态，请先恢复"),
                ))
            }
            _ => ended(world, n),
        }),
        Action::Resume { node } => every(world, *node, |n| {
            (at(n).power != Power::Paused).then(|| {
                let name = world.directory.node(n);
                Text::new(format!("{name} is not paused"), format!("{name} 并没有停顿"))
            })
        }),
        Action::SlowDisk { node, disk, .. } => every(world, *node, |n| {
            let cost = at(n).disk.cost();
            (cost.append == disk.append && cost.sync == disk.sync).then(|| {
                let name = world.directory.node(n);
                Text::new(
                    format!("the disk of {name} is exactly that slow already"),
                    format!("{name} 的磁盘本来就是这个速度"),
                )
            })
        }),
        Action::FullDisk { node, .. } => every(world, *node, |n| match at(n).disk.health() {
            DiskHealth::Healthy => None,
            health => Some(sick(world.directory.node(n), health)),
        }),
        Action::FailDisk { node } => every(world, *node, |n| {
            let health = at(n).disk.health();
            (health == DiskHealth::Failed).then(|| sick(world.directory.node(n), health))
        }),
        Action::WipeDisk { node } => every(world, *node, |n| running(world, n)),
        Action::CorruptTail { node, lane, .. } => {
            every(world, *node, |n| running(world, n).or_else(|| empty(world, n, *lane)))
        }
        Action::ClockJump { node, by } => every(world, *node, |_| {
            (*by == 0).then(|| Text::new("it moves the clock by nothing", "时钟没有任何变化"))
        }),
        Action::ClockDrift { node, ppm } => every(world, *node, |n| {
            (at(n).clock.ppm() == *ppm).then(|| {
                let name = world.directory.node(n);
                Text::new(
                    format!("the clock of {name} runs at that rate already"),
                    format!("{name} 的时钟本来就是这个快慢"),
                )
            })
        }),
        Action::ElectPreferred { lane } | Action::ElectUnclean { lane } => {
            election(world, *lane, matches!(action, Action::ElectUnclean { .. }))
        }
        Action::Reassign { lane, to } => controller_down(world).or_else(|| {
            (world.replicas(*lane) == to.as_slice()).then(|| {
                Text::new("its replicas are on these brokers already", "副本本来就在这些 Broker 上")
            })
        }),
        Action::SetTopic { topic, config } => controller_down(world).or_else(|| {
            let lane = world.scenario().topics.get(*topic)?.first_lane;
            (world.topic_config(lane)? == config).then(|| {
                Text::new("the topic is set like that already", "topic 的设置本来就是这样")
            })
        }),
        Action::Burst { producer, count } => burst(world, *producer, *count),
        Action::Say => None,
        _ => of_link(world, action),
    }
}

fn of_link(world: &World, action: &Action) -> Option<Text> {
    let network = &world.substrate().network;
    let (pairs, unchanged): (_, Option<Text>) = match action {
        Action::Cut { from, to, one_way, .. } => {
            let pairs = world.link_directions(*from, *to, *one_way);
            let cut = !pairs.is_empty() && pairs.iter().all(|&(a, b)| network.is_cut(a, b));
            (pairs, cut.then(already_cut))
        }
        Action::Isolate { node, .. } => {
            let pairs = world.link_directions(*node, Role::Everyone, false);
            let cut = !pairs.is_empty() && pairs.iter().all(|&(a, b)| network.is_cut(a, b));
            (pairs, cut.then(already_cut))
        }
        Action::Heal { from, to } => {
            let pairs = world.link_directions(*from, *to, false);
            let whole = pairs.iter().all(|&(a, b)| is_whole(world, a, b));
            (pairs, whole.then(|| Text::new("nothing is wrong with the link", "链路没有任何问题")))
        }
        Action::Reset { from, to } => {
            let pairs = world.link_directions(*from, *to, false);
            let joined = |a: NodeId, b: NodeId| {
                network.connections().any(|c| (c.client, c.server) == (a, b))
            };
            let none = !pairs.iter().any(|&(a, b)| joined(a, b) || joined(b, a));
            let why = || Text::new("there is no connection between them", "两者之间没有连接");
            (pairs, none.then(why))
        }
        Action::SlowLink { from, to, latency, one_way, .. } => {
            let pairs = world.link_directions(*from, *to, *one_way);
            let same = pairs.iter().all(|&(a, b)| {
                let is = network.latency(a, b);
                (is.low, is.high) == (latency.low, latency.high)
            });
            let why = || Text::new("the link is exactly that slow already", "链路本来就是这个时延");
            (pairs, same.then(why))
        }
        Action::Bandwidth { from, to, bytes_per_second, .. } => {
            let pairs = world.link_directions(*from, *to, false);
            let same = pairs
                .iter()
                .all(|&(a, b)| (1..=*bytes_per_second).contains(&network.bandwidth(a, b)));
            let why =
                || Text::new("the link is as narrow as that already", "链路的带宽本来就这么窄");
            (pairs, same.then(why))
        }
        Action::Lose { from, to, count, .. } => {
            let why = || Text::new("it loses no packet", "一个包也没有丢");
            (world.link_directions(*from, *to, true), (*count == 0).then(why))
        }
        _ => return None,
    };
    if pairs.is_empty() {
        return Some(Text::new(
            "no link is meant at this moment: it takes two different nodes",
            "此刻没有指向任何链路：需要两个不同的节点",
        ));
    }
    unchanged
}

/// The reason where it holds for every node a role means.
fn every(world: &World, role: Role, why: impl Fn(NodeId) -> Option<Text>) -> Option<Text> {
    let nodes = world.resolve(role);
    let mut first = None;
    for node in nodes {
        let reason = why(node)?;
        first.get_or_insert(reason);
    }
    let nobody = || Text::new("nobody is meant at this moment", "此刻没有指向任何节点");
    Some(first.unwrap_or_else(nobody))
}

fn off(name: &str) -> Text {
    Text::new(format!("{name} is without power already"), format!("{name} 已经断电"))
}

/// Why a process cannot be ended: it has ended.
fn ended(world: &World, node: NodeId) -> Option<Text> {
    let name = world.directory.node(node);
    match world.substrate().node(node).power {
        Power::On | Power::Paused => None,
        Power::Off => Some(off(name)),
        Power::Down => Some(Text::new(
            format!("{name} is down already: its process has ended"),
            format!("{name} 已经停机：进程早已结束"),
        )),
    }
}

/// Why a process cannot be asked for anything: it does nothing at all.
fn stands_still(world: &World, node: NodeId) -> Option<Text> {
    (world.substrate().node(node).power == Power::Paused).then(|| {
        let name = world.directory.node(node);
        Text::new(
            format!("{name} stands still; resume it first"),
            format!("{name} 处于停顿状态，请先恢复"),
        )
    })
}

/// Why the disk of a machine cannot be touched: its process uses it.
fn running(world: &World, node: NodeId) -> Option<Text> {
    let name = world.directory.node(node);
    world.substrate().node(node).is_up().then(|| {
        Text::new(
            format!("{name} is running; stop it first"),
            format!("{name} 还在运行，请先停掉它"),
        )
    })
}

fn empty(world: &World, node: NodeId, lane: LaneId) -> Option<Text> {
    let written = world.substrate().node(node).disk.file(FileId(u32::from(lane.0))).written;
    (written == 0).then(|| {
        let (name, lane) = (world.directory.node(node), world.directory.lane(lane));
        Text::new(
            format!("{name} has no records of {lane} on its disk"),
            format!("{name} 的磁盘上没有 {lane} 的消息"),
        )
    })
}

fn sick(name: &str, health: DiskHealth) -> Text {
    match health {
        DiskHealth::Full => Text::new(
            format!("the disk of {name} is full already"),
            format!("{name} 的磁盘已经写满"),
        ),
        _ => Text::new(
            format!("the disk of {name} has failed already"),
            format!("{name} 的磁盘已经失效"),
        ),
    }
}

fn already_cut() -> Text {
    Text::new(
        "nothing gets through there as it is; heal the link first to cut it for another time",
        "这里本来就不通；要换一种中断时长，请先恢复链路",
    )
}

fn controller_down(world: &World) -> Option<Text> {
    let controller = world.resolve_one(Role::Controller)?;
    if world.active_controller().is_none() {
        return Some(Text::new(
            "no controller is active, and only the active one can do this",
            "当前没有主控制器，而这件事只有主控制器能做",
        ));
    }
    if let Some(paused) = stands_still(world, controller) {
        return Some(paused);
    }
    let name = world.directory.node(controller);
    (!world.substrate().node(controller).is_up()).then(|| {
        Text::new(
            format!("{name} is down, and only the controller can do this"),
            format!("{name} 已停机，而这件事只有控制器能做"),
        )
    })
}

fn election(world: &World, lane: LaneId, unclean: bool) -> Option<Text> {
    if let Some(down) = controller_down(world) {
        return Some(down);
    }
    let answer = world.would_elect(lane, unclean);
    let name = world.directory.lane(lane);
    let led = world.leader(lane).map(|n| world.directory.node(n));
    let refusal = answer.err()?;
    let (en, zh) = match (unclean, led) {
        (true, Some(leader)) => (
            format!(
                "{leader} leads {name}, and an unclean election is only for partitions without a leader"
            ),
            format!("{name} 现由 {leader} 担任 Leader，不干净选举只用于没有 Leader 的分区"),
        ),
        (true, None) => (
            format!("no replica of {name} is running and registered"),
            format!("{name} 没有任何在运行且已注册的副本"),
        ),
        (false, led) => {
            let preferred = world.preferred_leader(lane).map(|n| world.directory.node(n));
            let preferred = preferred.unwrap_or("?");
            if led == Some(preferred) {
                (
                    format!("{preferred}, the preferred replica, leads {name} already"),
                    format!("{name} 的 Leader 已经是首选副本 {preferred}"),
                )
            } else {
                (
                    format!(
                        "{preferred}, the preferred replica of {name}, is down, fenced or not in sync"
                    ),
                    format!("{name} 的首选副本 {preferred} 已停机、被隔离或不在 ISR 中"),
                )
            }
        }
    };
    let code = refusal.name();
    Some(Text::new(format!("{en} ({code})"), format!("{zh}（{code}）")))
}

fn burst(world: &World, producer: NodeId, count: u32) -> Option<Text> {
    if let Some(why) = ended(world, producer).or_else(|| stands_still(world, producer)) {
        return Some(why);
    }
    let name = world.directory.node(producer);
    let done = world.node(producer).and_then(Node::producer)?.next_message().is_none();
    (done || count == 0).then(|| {
        Text::new(
            format!("{name} has handed over all messages it was to send"),
            format!("{name} 要发送的消息已全部交给客户端"),
        )
    })
}

fn is_whole(world: &World, from: NodeId, to: NodeId) -> bool {
    world.substrate().network.is_ordinary(from, to)
}
