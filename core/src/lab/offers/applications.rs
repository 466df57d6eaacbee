//! What applications and administrators can do with what is selected.

use super::{Offer, Selected, Selection};
use crate::brokers::kafka::client::consumer::ExceptionClass;
use crate::cluster::Node;
use crate::fact::{LaneId, NodeId};
use crate::kernel::Span;
use crate::scenario::model::{Action, HandlerFault, Role, Text, Until};

pub(super) fn applications(selected: &Selected<'_>) -> Vec<Offer> {
    let world = &selected.state.model;
    let mut offers = Vec::new();
    match selected.selection {
        Selection::Node(node) => offers.extend(of_node(selected, node)),
        Selection::Replica(lane, _) | Selection::Lane(lane) => {
            offers.extend(elections(selected, lane));
        }
        Selection::Message(message) => {
            let (producer, lane) = selected.route(message);
            offers.extend(producer.map(|node| burst(selected, node)));
            offers.extend(lane.map(|lane| elections(selected, lane)).unwrap_or_default());
        }
        Selection::Link(..) => {}
        Selection::Nothing => {
            let nodes = (0..world.substrate().node_count() as u16).map(NodeId);
            offers.extend(nodes.flat_map(|node| of_node(selected, node)));
            let lanes = 0..world.scenario().directory.lanes.len() as u16;
            // Of hundreds of partitions the person selects one.
            if lanes.len() <= 12 {
                offers.extend(lanes.flat_map(|lane| elections(selected, LaneId(lane))));
            }
        }
    }
    offers
}

fn of_node(selected: &Selected<'_>, node: NodeId) -> Vec<Offer> {
    let world = &selected.state.model;
    let role = Role::Node(node);
    match world.node(node) {
        Some(Node::Producer(_)) => {
            let mut offers = vec![burst(selected, node)];
            offers.extend(process(selected, node, role));
            offers
        }
        Some(Node::Consumer(_)) => {
            let mut offers = process(selected, node, role);
            offers.extend(handler(selected, node));
            offers
        }
        _ => Vec::new(),
    }
}

/// A deployment of the application: stop it in good order, start it again.
fn process(selected: &Selected<'_>, node: NodeId, role: Role) -> Vec<Offer> {
    let name = selected.name(node);
    let up = selected.state.model.substrate().node(node).is_up();
    let restart = match up {
        true => Text::new(
            format!("Kill {name} and start it again"),
            format!("强行结束 {name} 并重新启动"),
        ),
        false => Text::new(format!("Start {name}"), format!("启动 {name}")),
    };
    vec![
        selected.offer(
            Text::new(format!("Close {name} in good order"), format!("让 {name} 正常退出")),
            Action::Shutdown { node: role },
        ),
        selected.offer(restart, Action::Restart { node: role }),
    ]
}

/// What can go wrong in a consumer's handler.
fn handler(selected: &Selected<'_>, consumer: NodeId) -> [Offer; 2] {
    let name = selected.name(consumer);
    let plain = ExceptionClass::default();
    let with = |which: HandlerFault, exception, until| Action::FailHandler {
        consumer,
        which,
        exception,
        until,
    };
    let fails = |which: HandlerFault, until| with(which, plain, until);
    // A class an error handler treats in another way: the first of those it never retries.
    let consumers = &selected.state.model.scenario().consumers;
    let rules = consumers.iter().find(|c| c.node == consumer).map(|c| &c.handles.habit.rules);
    let fatal = rules.and_then(|r| r.not_retryable.last().copied()).map(|exception| {
        let name = selected.state.model.scenario().exception_class(exception);
        let what = Text::new(
            format!("the next call, with {name}, which is not retryable"),
            format!("接下来 1 次，抛出不可重试的 {name}"),
        );
        (what, with(HandlerFault::Next(1), exception, Until::Never))
    });
    let next = [1, 3, 10].map(|n| {
        let what = match n {
            1 => Text::new("the next call", "接下来 1 次"),
            n => Text::new(format!("the next {n} calls"), format!("接下来 {n} 次")),
        };
        (what, fails(HandlerFault::Next(n), Until::Never))
    });
    let spans = [Span::secs(5), Span::secs(60)];
    let shares = [(20_000, "20%"), (100_000, "100%")].into_iter().flat_map(|(share, shown)| {
        spans.map(|span| {
            let what = Text::new(
                format!("{shown} of the calls for {span}"),
                format!("{span} 之内 {shown} 的调用"),
            );
            (what, fails(HandlerFault::Share(share), Until::For(span)))
        })
    });
    let slower = [Span::millis(100), Span::secs(1)].into_iter().flat_map(|takes| {
        spans.map(|span| {
            let what = Text::new(
                format!("{takes} for each message, for {span}"),
                format!("每条消息 {takes}，持续 {span}"),
            );
            (what, Action::SlowHandler { consumer, takes, until: Until::For(span) })
        })
    });
    [
        selected.offer_of(
            Text::new(
                format!("Let the handler of {name} fail"),
                format!("让 {name} 的处理函数失败"),
            ),
            next.into_iter().chain(fatal).chain(shares).collect(),
        ),
        selected.offer_of(
            Text::new(format!("Slow the handler of {name} down"), format!("让 {name} 的处理变慢")),
            slower.collect(),
        ),
    ]
}

fn burst(selected: &Selected<'_>, producer: NodeId) -> Offer {
    let name = selected.name(producer);
    let label = Text::new(
        format!("Let {name} send its next messages at once"),
        format!("让 {name} 立刻发出接下来的消息"),
    );
    let choices = [1, 10, 100, 1_000].map(|count| {
        let what = match count {
            1 => Text::new("1 message", "1 条"),
            n => Text::new(format!("{n} messages"), format!("{n} 条")),
        };
        (what, Action::Burst { producer, count })
    });
    selected.offer_of(label, choices.into())
}

fn elections(selected: &Selected<'_>, lane: LaneId) -> Vec<Offer> {
    let name = selected.lane_name(lane);
    vec![
        selected.offer(
            Text::new(
                format!("Elect the preferred leader of {name}"),
                format!("为 {name} 选举首选 Leader"),
            ),
            Action::ElectPreferred { lane },
        ),
        selected.offer(
            Text::new(
                format!("Force an unclean election for {name}"),
                format!("强制对 {name} 做不干净选举"),
            ),
            Action::ElectUnclean { lane },
        ),
    ]
    .into_iter()
    .chain(moves(selected, lane))
    .collect()
}

/// Moving the last replica to a broker that has none, or taking it away.
fn moves(selected: &Selected<'_>, lane: LaneId) -> Option<Offer> {
    let world = &selected.state.model;
    let replicas = world.replicas(lane);
    let brokers = (0..world.scenario().kafka.brokers).map(NodeId);
    let (last, others) = replicas.split_last()?;
    let choices = brokers.filter(|b| !replicas.contains(b)).map(|broker| {
        let what = Text::new(
            format!("from {} to {}", selected.name(*last), selected.name(broker)),
            format!("从 {} 到 {}", selected.name(*last), selected.name(broker)),
        );
        let to = others.iter().copied().chain([broker]).collect();
        (what, Action::Reassign { lane, to })
    });
    let fewer = (!others.is_empty()).then(|| {
        let what = Text::new(
            format!("remove the one on {}", selected.name(*last)),
            format!("去掉 {} 上的那个", selected.name(*last)),
        );
        (what, Action::Reassign { lane, to: others.to_vec() })
    });
    let choices: Vec<(Text, Action)> = choices.take(MOST_MOVES).chain(fewer).collect();
    let name = selected.lane_name(lane);
    let label = Text::new(format!("Move a replica of {name}"), format!("迁移 {name} 的一个副本"));
    (!choices.is_empty()).then(|| selected.offer_of(label, choices))
}

/// Of many brokers a person names the one that is meant in a file.
const MOST_MOVES: usize = 8;
