//! `org.apache.kafka.clients.consumer.RoundRobinAssignor`: all partitions of all topics in order,
//! dealt out in turn; a member that does not subscribe to the topic is passed over.

use super::{Assignment, GroupMember, TopicPartitions, by_instance_then_id, subscribes};

pub(super) fn assign(topics: &[TopicPartitions], members: &[GroupMember]) -> Assignment {
    let mut assignment = vec![Vec::new(); members.len()];
    let order = by_instance_then_id(members);
    let mut turn = 0;
    for topic in topics {
        if !members.iter().any(|m| subscribes(m, topic.topic)) {
            continue;
        }
        for lane in topic.lanes() {
            while !subscribes(&members[order[turn % order.len()]], topic.topic) {
                turn += 1;
            }
            assignment[order[turn % order.len()]].push(lane);
            turn += 1;
        }
    }
    assignment
}
