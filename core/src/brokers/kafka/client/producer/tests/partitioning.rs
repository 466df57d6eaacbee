//! Which partition a message goes to.

use super::*;

const LANES: [LaneId; 3] = [LaneId(0), LaneId(1), LaneId(2)];

fn spread(plan: ProducerPlan) -> Vec<usize> {
    let mut lab = lab(plan);
    lab.run_to(10_000);
    LANES.iter().map(|&lane| lab.log(BROKER_1, lane).len()).collect()
}

fn three_partitions(count: u32) -> ProducerPlan {
    ProducerPlan { partitions: LANES.to_vec(), ..plan(count) }
}

#[test]
fn messages_of_a_key_stay_in_one_partition() {
    let keys = ["alice", "bob", "carol"].map(|k| murmur2(k.as_bytes()));
    let mut plan = three_partitions(30);
    plan.keys = keys.iter().enumerate().map(|(n, &h)| (KeyId(n as u32), h)).collect();
    let mut expected = vec![0; 3];
    for hash in keys {
        expected[partition_for_key(hash, 3)] += 10;
    }
    assert_eq!(spread(plan), expected);
}

#[test]
fn an_explicit_partition_wins_over_the_key() {
    let mut plan = three_partitions(30);
    plan.keys = vec![(KeyId(0), 0)];
    plan.partition = Some(2);
    assert_eq!(spread(plan), [0, 0, 30]);
}

#[test]
fn ignored_keys_are_spread() {
    let mut plan = three_partitions(300);
    plan.keys = vec![(KeyId(0), 0)];
    plan.config.partitioner_ignore_keys = true;
    let spread = spread(plan);
    assert!(spread.iter().all(|&n| n > 50), "{spread:?}");
}

/// How many of 600 messages go to a partition whose leader does not answer.
fn sent_to_a_slow_leader(adaptive: bool) -> usize {
    let mut plan = three_partitions(600);
    plan.config.partitioner_adaptive_partitioning_enable = adaptive;
    plan.config.buffer_memory = 1 << 30;
    let mut lab = lab(plan);
    lab.lead(LaneId(2), Some(BROKER_2), 1);
    lab.broker(BROKER_2).moods = vec![Reaction::Ignore];
    lab.run_to(750);
    assert!(lab.producer().next_message().is_none());
    let slow = lab.producer().partitions().nth(2);
    slow.map_or(0, |p| p.queued + p.in_flight as usize)
}

#[test]
fn adaptive_partitioning_avoids_long_queues() {
    let (uniform, adaptive) = (sent_to_a_slow_leader(false), sent_to_a_slow_leader(true));
    assert!((150..250).contains(&uniform), "{uniform}");
    assert!(adaptive < 50, "{adaptive}");
}

#[test]
fn a_partition_without_leader_gets_no_keyless_messages() {
    let mut lab = lab(three_partitions(90));
    lab.lead(LaneId(1), None, 1);
    lab.run_to(5_000);
    assert_eq!(messages(&lab, "acknowledged").len(), 90);
    assert_eq!(lab.log(BROKER_1, LaneId(1)), Vec::<u32>::new());
}
