//! A session written as a file does what the session did.

use super::*;
use crate::brokers::kafka::settings::Values;
use crate::kernel::{Span, Time};
use crate::lab::{Export, Faithful, action_text};
use crate::scenario::model::{DiskModel, LatencyModel, Survives, Until};

fn export(lab: &mut Lab) -> Export {
    lab.export(lab.current()).expect("a branch")
}

#[test]
fn sessions_by_hand_are_reproduced() {
    for (name, text) in LESSONS {
        let mut lab = open(name, text);
        let last = last_event(&mut lab);
        lab.seek(Target::Event(last / 3));
        lab.inject(crash_leader()).expect("it runs");
        lab.seek(Target::Event(last / 3 + 20));
        let cut = Action::Cut {
            from: Role::Node(NodeId(1)),
            to: Role::Brokers,
            one_way: true,
            until: Until::For(Span::millis(700)),
        };
        lab.inject(cut).expect("links");
        lab.inject(Action::Restart { node: Role::Node(NodeId(0)) }).expect("it starts");
        let export = export(&mut lab);
        assert_eq!(export.faithful, Faithful::Yes, "{name}\n{}", export.text);
    }
}

#[test]
fn comments_stay_and_the_outcome_is_filled_in() {
    let mut lab = open("load", &load(40, "5ms"));
    lab.seek(Target::Time(Time(61_234_567)));
    lab.inject(crash_leader()).expect("it runs");
    let export = export(&mut lab);
    assert_eq!(export.faithful, Faithful::Yes, "{}", export.text);
    assert!(export.text.starts_with("# A comment that stays."));
    assert!(export.text.contains("at = \"61234567ns\""), "{}", export.text);
    assert!(export.text.contains("\"once == 40\""), "{}", export.text);
}

#[test]
fn every_action_reads_back_as_itself() {
    let lab = first_lesson();
    let scenario = lab.branches()[0].scenario().clone();
    let (lane, node) = (LaneId(0), Role::Node(NodeId(1)));
    let (from, to) = (Role::AnyFollower(lane), Role::Leader(lane));
    let until = Until::For(Span(12_345));
    let mut config = scenario.topics[0].config.clone();
    config.min_insync_replicas = 2;
    for (name, raw) in
        [("cleanup.policy", 3), ("min.cleanable.dirty.ratio", 70), ("retention.ms", -1)]
    {
        assert!(config.set(name, raw), "{name}");
    }
    let latency = LatencyModel { low: Span(5), high: Span(1_007) };
    let group = crate::fact::SubscriptionId(0);
    let actions = [
        Action::Crash { node: Role::Coordinator(group) },
        Action::PowerOff { node: to, survives: Survives::Prefix },
        Action::Shutdown { node: Role::Controller },
        Action::Restart { node: Role::Followers(lane) },
        Action::Pause { node: Role::Clients, until: Until::Never },
        Action::Resume { node },
        Action::Cut { from, to, one_way: true, until: Until::At(Span(99)) },
        Action::Heal { from, to },
        Action::Isolate { node, until },
        Action::Reset { from, to },
        Action::SlowLink { from, to, latency, one_way: false, until },
        Action::Bandwidth { from, to, bytes_per_second: 12_345, until },
        Action::Lose { packet: "Produce response".into(), from, to, count: 3 },
        Action::SlowDisk { node, disk: DiskModel { append: Span(7), sync: Span(8) }, until },
        Action::FullDisk { node: Role::Brokers, until },
        Action::FailDisk { node: Role::Replica(lane, 2) },
        Action::WipeDisk { node },
        Action::CorruptTail { node, lane, records: 4 },
        Action::ClockJump { node, by: -17 },
        Action::ClockDrift { node: Role::Everyone, ppm: -30 },
        Action::ElectPreferred { lane },
        Action::ElectUnclean { lane },
        Action::Reassign { lane, to: vec![NodeId(2), NodeId(0)] },
        Action::SetTopic { topic: 0, config },
        Action::Burst { producer: scenario.producers[0].node, count: 2 },
        Action::Say,
    ];
    for action in actions {
        let lines = action_text(&action, &scenario);
        let read = super::super::action_text::read_action("test", LESSONS[0].1, &lines);
        assert_eq!(read.as_ref(), Ok(&action), "{lines}");
    }
}
