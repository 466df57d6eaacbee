//! What a lesson shows at some of its moments.

use super::picture::{Role, Standing};
use super::{Options, View};
use crate::fact::NodeId;
use crate::kernel::Time;
use crate::lab::{Lab, Target};
use crate::ledger::Fate;
use crate::story::Lang;
use crate::substrate::Power;

fn at(millis: u64) -> (Lab, View) {
    let text = include_str!("../../../scenarios/kafka/acks-one-leader-power-off.toml");
    let mut lab = Lab::open("lesson", text).unwrap_or_else(|problems| panic!("{problems:?}"));
    lab.seek(Target::Time(Time(millis * 1_000_000)));
    let view = lab.view(&Options::default());
    (lab, view)
}

#[test]
fn a_moment_shows_logs_with_their_markers() {
    let (lab, view) = at(84);
    let names: Vec<&str> = view.nodes.iter().map(|n| lab.directory().node(n.node)).collect();
    assert_eq!(names[..3], ["broker-1", "broker-2", "broker-3"]);
    assert!(view.nodes.iter().all(|n| n.power == Power::On));
    let roles = |role| view.nodes.iter().filter(|n| n.role == role).count();
    assert_eq!((roles(Role::Broker), roles(Role::Producer), roles(Role::Consumer)), (3, 1, 1));
    let lane = &view.lanes[0];
    let ends: Vec<(u64, u64)> = lane.replicas.iter().map(|r| (r.end, r.high_watermark)).collect();
    assert_eq!(ends, [(5, 3), (3, 2), (3, 2)]);
    let leader = lane.replicas.iter().find(|r| r.leads).expect("one leads");
    assert_eq!(leader.cells.len(), 5);
    assert!(leader.cells.iter().all(|c| !c.durable && c.message.is_some()));
    assert_eq!(lane.committed.len(), 1);
    assert!(view.links.iter().filter(|l| l.cut_forth && l.cut_back).count() == 2);
    assert!(view.links.iter().any(|l| l.waiting > 0));
    assert!(!view.timers.is_empty() && !view.facts.is_empty());
}

#[test]
fn what_is_in_flight_left_before_and_arrives_after() {
    let (_, view) = at(41);
    assert!(view.packets_in_all > 0);
    assert!(view.packets.iter().all(|p| p.departed <= p.arrives && p.arrives > view.time));
    assert!(view.packets.is_sorted_by_key(|p| p.arrives));
    assert!(view.timers.is_sorted_by_key(|t| t.due));
}

#[test]
fn the_end_shows_the_loss() {
    let (_, view) = at(69_000);
    let fates = view.fates.expect("few messages");
    assert_eq!(fates, [(Fate::Once, 3), (Fate::Lost, 2)]);
    assert_eq!(view.nodes[0].power, Power::Off);
    assert_eq!(view.nodes[0].standing, Standing::Fenced);
    assert_eq!(view.lanes[0].replicas[0].end, 0);
    let timeline = view.timeline.expect("a session has one");
    assert_eq!(timeline.series.buckets.iter().map(|b| b.sent).sum::<u32>(), 5);
    assert!(timeline.series.buckets.len() <= 256);
}

#[test]
fn the_text_tells_what_the_picture_shows_in_both_languages() {
    let (lab, view) = at(84);
    insta::assert_snapshot!("before_the_power_loss_en", view.text(lab.directory(), Lang::En));
    insta::assert_snapshot!("before_the_power_loss_zh", view.text(lab.directory(), Lang::Zh));
    let (lab, view) = at(69_000);
    insta::assert_snapshot!("after_the_loss_en", view.text(lab.directory(), Lang::En));
    insta::assert_snapshot!("after_the_loss_zh", view.text(lab.directory(), Lang::Zh));
}

#[test]
fn a_quorum_shows_its_parts_its_epoch_and_its_log() {
    let name = "quorum-lost-the-data-plane-lives.toml";
    let text =
        include_str!("../../../scenarios/kafka/controllers/quorum-lost-the-data-plane-lives.toml");
    let mut lab = Lab::open(name, text).unwrap_or_else(|problems| panic!("{problems:?}"));
    lab.seek(Target::Time(Time(2_000_000_000)));
    let view = lab.view(&Options::default());
    let parts = |view: &View| -> Vec<(&'static str, Option<u32>)> {
        let controllers = view.nodes.iter().filter(|n| n.role == Role::Controller);
        controllers.map(|n| (n.doing, n.epoch)).collect()
    };
    assert_eq!(parts(&view), [("active", Some(1)), ("voter", Some(1)), ("voter", Some(1))]);
    let log = view.lanes.last().expect("the metadata log");
    assert_eq!(lab.directory().lane(log.lane), "__cluster_metadata/0");
    assert_eq!((log.leader, log.leader_epoch), (Some(NodeId(3)), 1));
    assert_eq!(log.replicas.len(), 6, "three voters and three brokers that read");
    let leader = &log.replicas[0];
    assert!(leader.leads && leader.end == leader.durable && !leader.cells.is_empty());
    assert!(log.replicas[3..].iter().all(|broker| broker.high_watermark <= leader.end));
    // Two controllers crash at 5.2 s; the third gives up three seconds later.
    lab.seek(Target::Time(Time(9_000_000_000)));
    let view = lab.view(&Options::default());
    assert_eq!(parts(&view), [("resigned", Some(1)), ("", None), ("", None)]);
    assert_eq!(view.lanes.last().and_then(|log| log.leader), None);
    for lang in [Lang::En, Lang::Zh] {
        assert!(view.text(lab.directory(), lang).contains("__cluster_metadata/0"));
    }
}
