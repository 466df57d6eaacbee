//! Sessions over real scenarios.

mod accounts;
mod again;
mod branches;
mod edits;
mod exports;
mod robust;
mod saves;
mod seeks;

use super::{Lab, Target};
use crate::cluster::run::{Ended, play};
use crate::cluster::{self, build_for_lab};
use crate::fact::{LaneId, NodeId};
use crate::kernel::Span;
use crate::scenario::model::{Action, Role, Survives, Until};
use std::sync::Arc;

macro_rules! lesson {
    ($name:literal) => {
        (
            concat!("kafka/", $name),
            include_str!(concat!("../../../../scenarios/kafka/", $name, ".toml")),
        )
    };
}
/// Lessons with anchors of every sort: `after`, `before`, `at`.
pub(super) const LESSONS: [(&str, &str); 5] = [
    lesson!("acks-one-leader-power-off"),
    lesson!("unclean-election-loses-acknowledged"),
    lesson!("leader-cut-off-with-its-producer"),
    lesson!("commit-after-handling-repeats-after-a-crash"),
    lesson!("rolling-restart-loses-nothing"),
];

/// A cluster of three under load, with no faults of its own.
fn load(messages: u32, every: &str) -> String {
    format!(
        r#"# A comment that stays.
[scenario]
system = "kafka"
title.en = "load"
title.zh = "load"
ends = "2000s"
seed = 3
max-events = 50_000_000
[kafka]
brokers = 3
[[topic]]
name = "orders"
partitions = 3
replication-factor = 3
config = {{ "min.insync.replicas" = 2 }}
[[producer]]
name = "checkout"
to = "orders"
config = {{ acks = "all" }}
sends = {{ count = {messages}, every = "{every}", key = "customer-{{n%7}}" }}
[[consumer]]
name = "billing-1"
group = "billing"
from = ["orders"]
config = {{ "auto.offset.reset" = "earliest", "enable.auto.commit" = false }}
handles = {{ takes = "1us", commit = "after" }}
[expect]
this-run = ["lost == 0"] # so far
"#
    )
}

pub(super) fn open(name: &str, text: &str) -> Lab {
    Lab::open(name, text).unwrap_or_else(|problems| panic!("{problems:?}"))
}

pub(super) fn first_lesson() -> Lab {
    let (name, text) = LESSONS[0];
    open(name, text)
}

pub(super) fn crash(node: u16) -> Action {
    Action::Crash { node: Role::Node(NodeId(node)) }
}

pub(super) fn crash_leader() -> Action {
    Action::PowerOff { node: Role::Leader(LaneId(0)), survives: Survives::Nothing }
}

/// The same run without a lab: played from the start to an event.
fn plainly(lab: &Lab, event: u64) -> cluster::Lab {
    let scenario: &Arc<_> = lab.branches()[0].scenario();
    let mut state = build_for_lab(scenario, lab.seed());
    while play(&mut state, None, event) == Ended::Budget && state.kernel.event() < event {}
    state
}

/// The last event of the current branch.
fn last_event(lab: &mut Lab) -> u64 {
    lab.seek(Target::End).event
}
