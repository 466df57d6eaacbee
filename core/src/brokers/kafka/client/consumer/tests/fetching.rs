//! What is fetched, when, and how it reaches the application (reference §5.2-5.4).

use super::*;
use crate::brokers::kafka::record::{Batch, Payload, Record};
use crate::brokers::kafka::wire::FetchRequest;
use crate::fact::MessageId;

fn fetches(lab: &mut Lab, node: NodeId) -> Vec<(u64, FetchRequest)> {
    let requests = lab.requests(node, "Fetch request").into_iter();
    requests
        .filter_map(|(t, r)| match r {
            Request::Fetch(fetch) => Some((t, (*fetch).clone())),
            _ => None,
        })
        .collect()
}

fn batch(messages: &[u32]) -> Batch {
    let record = |&m: &u32| Record {
        payload: Payload::Message(MessageId(m)),
        key: None,
        size: 10,
        is_tombstone: false,
        timestamp: 0,
    };
    Batch::new(messages.iter().map(record).collect(), None)
}

#[test]
fn poll_hands_over_max_poll_records() {
    let mut plan = plan(CommitPolicy::After);
    plan.config.max_poll_records = 2;
    let mut lab = started(plan, 0..5);
    lab.run_to(1_000);
    assert_eq!(committed_offsets(&mut lab), [2, 4, 5]);
    let delivered: Vec<u64> = stated(&lab, "delivered").into_iter().map(|d| d.0).collect();
    assert_eq!(delivered[0], delivered[1]);
    assert!(delivered[2] >= delivered[1] + 20);
    // max.poll.records does not change what is fetched: one fetch brought all five.
    assert_eq!(fetches(&mut lab, BROKER_1)[0].1.partitions[0].fetch_offset, 0);
    assert_eq!(fetches(&mut lab, BROKER_1)[1].1.partitions[0].fetch_offset, 5);
}

#[test]
fn the_next_fetch_is_sent_before_the_records_are_handled() {
    let mut plan = plan(CommitPolicy::Never);
    plan.takes = Span::secs(1);
    let mut lab = started(plan, 0..2);
    lab.run_to(900);
    assert_eq!(messages(&lab, "handled"), Vec::<u32>::new());
    let offsets: Vec<u64> =
        fetches(&mut lab, BROKER_1).iter().map(|f| f.1.partitions[0].fetch_offset).collect();
    assert_eq!(offsets[..2], [0, 2]);
}

#[test]
fn one_fetch_is_in_flight_and_waits_at_the_broker() {
    let mut lab = started(plan(CommitPolicy::Never), 0..0);
    lab.run_to(5_000);
    let when: Vec<u64> = fetches(&mut lab, BROKER_1).iter().map(|f| f.0).collect();
    assert!(when.windows(2).all(|w| w[1] - w[0] == 502), "{when:?}");
}

#[test]
fn records_before_the_position_are_dropped() {
    let mut lab = lab(plan(CommitPolicy::Never));
    lab.broker(BROKER_1).append(LANE, batch(&[0, 1, 2, 3]));
    lab.broker(BROKER_1).commit(LANE, 2, None);
    lab.boot(CLIENT);
    lab.run_to(1_000);
    assert_eq!(messages(&lab, "delivered"), [2, 3]);
}

#[test]
fn a_session_is_full_once_for_each_connection() {
    let mut plan = plan(CommitPolicy::Never);
    plan.lanes = [LaneId(0), LaneId(1)].into();
    plan.config.max_poll_records = 1;
    let mut lab = lab(plan);
    lab.append(BROKER_1, LaneId(0), &[0, 1, 2, 3]);
    lab.boot(CLIENT);
    lab.run_to(2_000);
    lab.reset(CLIENT, BROKER_1);
    lab.run_to(4_000);
    let requests = fetches(&mut lab, BROKER_1);
    let full: Vec<bool> = requests.iter().map(|f| f.1.full).collect();
    assert_eq!(full.iter().filter(|f| **f).count(), 2);
    assert!(full[0]);
    // While records of partition 0 wait to be polled, it is forgotten and not fetched.
    let second = &requests[1].1;
    assert_eq!(second.forgotten, [LaneId(0)]);
    assert_eq!(second.partitions.iter().map(|p| p.lane).collect::<Vec<_>>(), [LaneId(1)]);
}

#[test]
fn a_new_leader_is_followed() {
    let mut lab = started(plan(CommitPolicy::Never), 0..3);
    lab.run_to(500);
    let log = lab.broker(BROKER_1).log(LANE).batches.clone();
    lab.broker(BROKER_2).log(LANE).batches = log;
    lab.lead(LANE, Some(BROKER_2), 1);
    lab.append(BROKER_2, LANE, &[3, 4]);
    lab.run_to(3_000);
    assert_eq!(messages(&lab, "delivered"), all(0..5));
}

#[test]
fn an_unknown_leader_epoch_is_asked_again_after_a_while() {
    let mut lab = lab(plan(CommitPolicy::Never));
    lab.append(BROKER_1, LANE, &[0]);
    lab.script(BROKER_1, "Fetch request", Reaction::Fail(Error::UnknownLeaderEpoch));
    lab.script(BROKER_1, "Fetch request", Reaction::Fail(Error::FencedLeaderEpoch));
    lab.boot(CLIENT);
    lab.run_to(1_000);
    assert_eq!(messages(&lab, "delivered"), [0]);
}

#[test]
fn a_crashed_broker_is_come_back_to() {
    let mut lab = started(plan(CommitPolicy::After), 0..3);
    lab.run_to(500);
    lab.crash(BROKER_1);
    lab.run_to(5_000);
    lab.boot(BROKER_1);
    lab.append(BROKER_1, LANE, &[3]);
    lab.run_to(9_000);
    assert_eq!(messages(&lab, "handled"), all(0..4));
    assert_eq!(lab.broker(BROKER_1).committed(LANE), Some(4));
}
