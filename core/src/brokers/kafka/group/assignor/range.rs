//! `org.apache.kafka.clients.consumer.RangeAssignor`: each topic by itself, contiguous ranges.
//! Topics of equal size are co-partitioned; what does not divide evenly goes to the first members,
//! topic after topic.

use super::{Assignment, GroupMember, TopicPartitions, by_instance_then_id, subscribes};

pub(super) fn assign(topics: &[TopicPartitions], members: &[GroupMember]) -> Assignment {
    let mut assignment = vec![Vec::new(); members.len()];
    let order = by_instance_then_id(members);
    for topic in topics {
        let subscribed = order.iter().filter(|&&m| subscribes(&members[m], topic.topic));
        let subscribed: Vec<usize> = subscribed.copied().collect();
        let count = subscribed.len() as u16;
        if count == 0 {
            continue;
        }
        let (quota, extra) = (topic.count / count, topic.count % count);
        let mut lanes = topic.lanes();
        for (n, &member) in subscribed.iter().enumerate() {
            let take = quota + u16::from((n as u16) < extra);
            assignment[member].extend(lanes.by_ref().take(take as usize));
        }
    }
    assignment
}
