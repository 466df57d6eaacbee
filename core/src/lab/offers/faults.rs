//! Faults for what is selected.

use super::{Offer, Selected, Selection};
use crate::brokers::kafka::wire::PACKET_KINDS;
use crate::cluster::Node;
use crate::fact::{LaneId, NodeId};
use crate::kernel::Span;
use crate::scenario::model::{Action, DiskModel, LatencyModel, Role, Survives, Text, Until};

pub(super) fn faults(selected: &Selected<'_>) -> Vec<Offer> {
    match selected.selection {
        Selection::Nothing => of_cluster(selected),
        Selection::Node(node) => of_node(selected, node, None),
        Selection::Replica(lane, node) => of_node(selected, node, Some(lane)),
        Selection::Link(a, b) => of_link(selected, a, b),
        Selection::Lane(lane) => of_lane(selected, lane),
        Selection::Message(message) => {
            let (producer, lane) = selected.route(message);
            let mut offers = lane.map(|lane| of_lane(selected, lane)).unwrap_or_default();
            if let (Some(producer), Some(lane)) = (producer, lane) {
                offers.extend(between(selected, producer, lane));
            }
            offers
        }
    }
}

/// Whom an action is about: the role and what it is called now.
#[derive(Clone)]
struct Whom {
    role: Role,
    en: String,
    zh: String,
}

impl Whom {
    fn node(selected: &Selected<'_>, node: NodeId) -> Whom {
        let name = selected.name(node).to_string();
        Whom { role: Role::Node(node), en: name.clone(), zh: name }
    }

    fn role(role: Role, en: impl Into<String>, zh: impl Into<String>) -> Whom {
        Whom { role, en: en.into(), zh: zh.into() }
    }

    /// `The {}` of a menu entry in both languages.
    fn says(&self, en: &str, zh: &str) -> Text {
        Text::new(en.replace("{}", &self.en), zh.replace("{}", &self.zh))
    }
}

/// How long something lasts, as a menu offers it.
fn lasting(spans: &[Span], make: impl Fn(Until) -> Action) -> Vec<(Text, Action)> {
    let limited = spans.iter().map(|&span| {
        let (en, zh) = (format!("for {span}"), format!("持续 {span}"));
        (Text::new(en, zh), make(Until::For(span)))
    });
    let stays = (Text::new("until it is ended by hand", "直到手动结束"), make(Until::Never));
    limited.chain([stays]).collect()
}

/// The same for what nothing in the language ends by hand.
fn for_a_time(spans: &[Span], make: impl Fn(Until) -> Action) -> Vec<(Text, Action)> {
    let mut choices = lasting(spans, make);
    if let Some((label, _)) = choices.last_mut() {
        *label = Text::new("for the rest of the run", "直到运行结束");
    }
    choices
}

fn of_node(selected: &Selected<'_>, node: NodeId, lane: Option<LaneId>) -> Vec<Offer> {
    let whom = Whom::node(selected, node);
    let mut offers = process(selected, &whom);
    offers.extend(alone(selected, &whom));
    if selected.state.model.node(node).is_some_and(|n| n.broker().is_some()) {
        offers.extend(disk(selected, &whom));
        offers.extend(torn(selected, node, lane));
    }
    offers.extend(clock(selected, &whom));
    offers
}

/// What happens to a process or its machine.
fn process(selected: &Selected<'_>, whom: &Whom) -> Vec<Offer> {
    let node = whom.role;
    let up = selected
        .state
        .model
        .resolve(node)
        .iter()
        .any(|n| selected.state.model.substrate().node(*n).is_up());
    let restart = match up {
        true => whom.says("Crash and restart {}", "让 {} 崩溃并重启"),
        false => whom.says("Start {}", "启动 {}"),
    };
    // Shorter and longer than the 9 s after which a silent broker is fenced.
    let pauses = [Span::secs(2), Span::secs(15), Span::secs(60)];
    vec![
        selected.offer(whom.says("Crash {}", "让 {} 崩溃"), Action::Crash { node }),
        selected.offer(
            whom.says("Power off {}", "让 {} 断电"),
            Action::PowerOff { node, survives: Survives::Nothing },
        ),
        selected.offer(
            whom.says(
                "Power off {}, with some of its page cache already on disk",
                "让 {} 断电，页缓存已有一部分落盘",
            ),
            Action::PowerOff { node, survives: Survives::Prefix },
        ),
        selected.offer(whom.says("Shut {} down", "正常停止 {}"), Action::Shutdown { node }),
        selected.offer(restart, Action::Restart { node }),
        selected.offer_of(
            whom.says("Pause {}", "让 {} 停顿"),
            lasting(&pauses, |until| Action::Pause { node, until }),
        ),
        selected.offer(whom.says("Resume {}", "恢复 {}"), Action::Resume { node }),
        selected.offer_of(
            whom.says("Slow the processor of {} down", "让 {} 的 CPU 变慢"),
            slow_processor(node),
        ),
    ]
}

/// What each input costs a slow processor, and for how long.
fn slow_processor(node: Role) -> Vec<(Text, Action)> {
    let costs = [Span::millis(2), Span::millis(20), Span::millis(500)];
    let spans = [Span::secs(10), Span::secs(60)];
    let choices = costs.iter().flat_map(|&takes| {
        let choices = for_a_time(&spans, |until| Action::SlowCpu { node, takes, until });
        choices.into_iter().map(move |(label, action)| {
            let en = format!("{takes} for each input, {}", label.en);
            (Text::new(en, format!("每个输入 {takes}，{}", label.zh)), action)
        })
    });
    choices.collect()
}

/// Off from everyone, and back.
fn alone(selected: &Selected<'_>, whom: &Whom) -> Vec<Offer> {
    let node = whom.role;
    let spans = [Span::secs(2), Span::secs(15), Span::secs(60)];
    vec![
        selected.offer_of(
            whom.says("Isolate {} from everyone", "隔离 {}，与所有节点断开"),
            lasting(&spans, |until| Action::Isolate { node, until }),
        ),
        selected.offer(
            whom.says("Heal all links of {}", "恢复 {} 的所有链路"),
            Action::Heal { from: node, to: Role::Everyone },
        ),
    ]
}

fn disk(selected: &Selected<'_>, whom: &Whom) -> Vec<Offer> {
    let node = whom.role;
    let scenario = selected.state.model.scenario();
    let slow = |factor: u64| DiskModel {
        append: Span(scenario.disk.append.0.saturating_mul(factor)),
        sync: Span(scenario.disk.sync.0.saturating_mul(factor)),
    };
    let spans = [Span::secs(10), Span::secs(60)];
    let slower = [10, 100].iter().flat_map(|&factor| {
        let choices =
            for_a_time(&spans, |until| Action::SlowDisk { node, disk: slow(factor), until });
        choices.into_iter().map(move |(label, action)| {
            let en = format!("{factor} times slower, {}", label.en);
            (Text::new(en, format!("慢 {factor} 倍，{}", label.zh)), action)
        })
    });
    vec![
        selected
            .offer_of(whom.says("Slow the disk of {} down", "让 {} 的磁盘变慢"), slower.collect()),
        selected.offer_of(
            whom.says("Fill the disk of {}", "写满 {} 的磁盘"),
            for_a_time(&spans, |until| Action::FullDisk { node, until }),
        ),
        selected.offer(
            whom.says("Let the disk of {} fail", "让 {} 的磁盘失效"),
            Action::FailDisk { node },
        ),
        selected.offer(
            whom.says("Give {} an empty disk", "给 {} 换一块空盘"),
            Action::WipeDisk { node },
        ),
    ]
}

/// The last records of logs on a node that is down.
fn torn(selected: &Selected<'_>, node: NodeId, lane: Option<LaneId>) -> Vec<Offer> {
    let world = &selected.state.model;
    let own = (0..world.scenario().directory.lanes.len() as u16).map(LaneId);
    let lanes = own.filter(|l| world.replicas(*l).contains(&node));
    let lanes: Vec<LaneId> = lanes.filter(|l| lane.is_none_or(|only| only == *l)).collect();
    // A node with hundreds of partitions is asked about one of them at a time.
    let lanes = lanes.iter().take(if lane.is_some() { 1 } else { 8 });
    lanes
        .map(|&lane| {
            let (name, log) = (selected.name(node), selected.lane_name(lane));
            let label = Text::new(
                format!("Corrupt the end of {log} on {name}"),
                format!("损坏 {name} 上 {log} 的末尾"),
            );
            let choices = [1, 10, 100].map(|records| {
                let what = match records {
                    1 => Text::new("the last record", "最后 1 条消息"),
                    n => Text::new(format!("the last {n} records"), format!("最后 {n} 条消息")),
                };
                (what, Action::CorruptTail { node: Role::Node(node), lane, records })
            });
            selected.offer_of(label, choices.into())
        })
        .collect()
}

fn clock(selected: &Selected<'_>, whom: &Whom) -> Vec<Offer> {
    let node = whom.role;
    let jumps = [("1 h forward", "往前拨 1 小时", 3_600), ("1 h back", "往回拨 1 小时", -3_600)];
    let jumps = jumps.map(|(en, zh, seconds): (_, _, i64)| {
        (Text::new(en, zh), Action::ClockJump { node, by: seconds * 1_000_000_000 })
    });
    let drifts = [
        ("10 % fast", "快 10%", 100_000),
        ("10 % slow", "慢 10%", -100_000),
        ("right again", "恢复正常", 0),
    ];
    let drifts = drifts.map(|(en, zh, ppm)| (Text::new(en, zh), Action::ClockDrift { node, ppm }));
    vec![
        selected.offer_of(whom.says("Move the clock of {}", "拨动 {} 的时钟"), jumps.into()),
        selected
            .offer_of(whom.says("Let the clock of {} drift", "让 {} 的时钟走偏"), drifts.into()),
    ]
}

fn of_link(selected: &Selected<'_>, a: NodeId, b: NodeId) -> Vec<Offer> {
    let (first, second) = (Whom::node(selected, a), Whom::node(selected, b));
    let mut offers = link(selected, &first, &second);
    let one_way = |from: &Whom, to: &Whom| {
        let label = Text::new(
            format!("Cut only {} → {}", from.en, to.en),
            format!("只中断 {} → {} 方向", from.zh, to.zh),
        );
        let (from, to) = (from.role, to.role);
        let spans = [Span::secs(2), Span::secs(15), Span::secs(60)];
        let cut = |until| Action::Cut { from, to, one_way: true, until };
        selected.offer_of(label, lasting(&spans, cut))
    };
    offers.insert(1, one_way(&first, &second));
    offers.insert(2, one_way(&second, &first));
    offers.extend(lose(selected, &first, &second, &kinds(selected, a, b)));
    offers.extend(lose(selected, &second, &first, &kinds(selected, b, a)));
    offers
}

/// What can happen between two.
fn link(selected: &Selected<'_>, one: &Whom, other: &Whom) -> Vec<Offer> {
    let (from, to) = (one.role, other.role);
    let says = |en: &str, zh: &str| {
        let text = one.says(en, zh);
        Text::new(text.en.replace("[]", &other.en), text.zh.replace("[]", &other.zh))
    };
    let spans = [Span::secs(2), Span::secs(15), Span::secs(60)];
    let slow = [Span::millis(20), Span::millis(200), Span::secs(2)].map(|delay| {
        let latency = LatencyModel { low: delay, high: delay };
        let label = Text::new(format!("{delay} each way"), format!("单向 {delay}"));
        (label, Action::SlowLink { from, to, latency, one_way: false, until: Until::Never })
    });
    let narrow = [(1 << 20, "1 MiB/s"), (64 << 10, "64 KiB/s"), (1 << 10, "1 KiB/s")];
    let narrow = narrow.map(|(bytes_per_second, label)| {
        let action = Action::Bandwidth { from, to, bytes_per_second, until: Until::Never };
        (Text::new(label, label), action)
    });
    vec![
        selected.offer_of(
            says("Cut {} ↔ []", "中断 {} ↔ []"),
            lasting(&spans, |until| Action::Cut { from, to, one_way: false, until }),
        ),
        selected.offer(says("Heal {} ↔ []", "恢复 {} ↔ []"), Action::Heal { from, to }),
        selected.offer(
            says("Break the connections {} ↔ []", "断开 {} ↔ [] 之间的连接"),
            Action::Reset { from, to },
        ),
        selected.offer_of(says("Slow {} ↔ [] down", "让 {} ↔ [] 变慢"), slow.into()),
        selected.offer_of(says("Narrow {} ↔ []", "限制 {} ↔ [] 的带宽"), narrow.into()),
    ]
}

/// The packets that one node sends to another, by what they are.
fn kinds(selected: &Selected<'_>, from: NodeId, to: NodeId) -> Vec<&'static str> {
    let world = &selected.state.model;
    let speaks = |client: &Node, server: &Node, request: &str| match (client, server) {
        (Node::Producer(_), Node::Broker(_)) => {
            ["Produce", "Metadata", "InitProducerId"].contains(&request)
        }
        (Node::Consumer(_), Node::Broker(_)) => [
            "Fetch",
            "OffsetCommit",
            "OffsetFetch",
            "FindCoordinator",
            "ListOffsets",
            "OffsetsForLeaderEpoch",
            "Metadata",
        ]
        .contains(&request),
        (Node::Broker(_), Node::Broker(_)) => request == "Fetch",
        (Node::Broker(_), Node::Controller(_)) => [
            "AlterPartition",
            "BrokerRegistration",
            "BrokerHeartbeat",
            "FetchMetadata",
            "CreateTopics",
        ]
        .contains(&request),
        _ => false,
    };
    let (Some(source), Some(target)) = (world.node(from), world.node(to)) else {
        return Vec::new();
    };
    let sent = PACKET_KINDS.iter().copied().filter(|kind| match kind.rsplit_once(' ') {
        Some((name, "request")) => speaks(source, target, name),
        Some((name, _)) => speaks(target, source, name),
        None => false,
    });
    sent.collect()
}

/// The next packet of a kind is lost with its connection.
fn lose(selected: &Selected<'_>, from: &Whom, to: &Whom, kinds: &[&'static str]) -> Vec<Offer> {
    if kinds.is_empty() {
        return Vec::new();
    }
    let label = Text::new(
        format!("Lose the next packet {} → {}", from.en, to.en),
        format!("丢掉 {} → {} 的下一个包", from.zh, to.zh),
    );
    let choices = kinds.iter().map(|kind| {
        let packet = (*kind).to_string();
        let action = Action::Lose { packet, from: from.role, to: to.role, count: 1 };
        (Text::new(*kind, *kind), action)
    });
    vec![selected.offer_of(label, choices.collect())]
}

fn of_lane(selected: &Selected<'_>, lane: LaneId) -> Vec<Offer> {
    let name = selected.lane_name(lane);
    let leader = selected.state.model.resolve_one(Role::Leader(lane));
    let called = |en: &str, zh: &str| match leader {
        Some(node) => {
            let node = selected.name(node);
            (format!("{node}, {en} of {name}"), format!("{name} 的 {zh}（{node}）"))
        }
        None => (format!("the {en} of {name}"), format!("{name} 的 {zh}")),
    };
    let (en, zh) = called("leader", "Leader");
    let lead = Whom::role(Role::Leader(lane), en, zh);
    let mut offers = process(selected, &lead);
    offers.extend(alone(selected, &lead));
    if selected.state.model.replicas(lane).len() > 1 {
        let followers = Whom::role(
            Role::Followers(lane),
            format!("the followers of {name}"),
            format!("{name} 的 Follower"),
        );
        let short = Whom::role(
            Role::Leader(lane),
            format!("the leader of {name}"),
            format!("{name} 的 Leader"),
        );
        let their = Whom::role(Role::Followers(lane), "its followers", "它的 Follower");
        offers.extend(link(selected, &short, &their));
        offers.extend(process(selected, &followers).into_iter().take(2));
    }
    offers.extend(disk(selected, &lead));
    offers
}

/// The packets of a message between its producer and the leader of its lane.
fn between(selected: &Selected<'_>, producer: NodeId, lane: LaneId) -> Vec<Offer> {
    let name = selected.lane_name(lane);
    let client = Whom::node(selected, producer);
    let leader = Whom::role(
        Role::Leader(lane),
        format!("the leader of {name}"),
        format!("{name} 的 Leader"),
    );
    let mut offers = lose(selected, &client, &leader, &["Produce request"]);
    offers.extend(lose(selected, &leader, &client, &["Produce response"]));
    offers.extend(link(selected, &client, &leader));
    offers
}

/// Faults of the cluster as a whole.
fn of_cluster(selected: &Selected<'_>) -> Vec<Offer> {
    let brokers = Whom::role(Role::Brokers, "all brokers", "所有 Broker");
    let clients = Whom::role(Role::Clients, "all clients", "所有客户端");
    let controller = Whom::role(Role::Controller, "the controller", "控制器");
    let mut offers = vec![selected.offer(
        Text::new("Heal every link", "恢复所有链路"),
        Action::Heal { from: Role::Everyone, to: Role::Everyone },
    )];
    offers.extend(process(selected, &brokers));
    offers.extend(link(selected, &brokers, &brokers_among(&brokers)).into_iter().take(2));
    offers.extend(link(selected, &clients, &brokers));
    offers.extend(process(selected, &controller));
    offers.extend(alone(selected, &controller));
    offers.extend(clock(selected, &brokers));
    offers
}

fn brokers_among(brokers: &Whom) -> Whom {
    Whom { en: "each other".into(), zh: "彼此".into(), ..brokers.clone() }
}
