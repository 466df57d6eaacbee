//! What the assignors promise: every partition to one subscriber, balance, few moves.

use super::*;
use crate::brokers::kafka::group::{MemberId, Subscription};
use crate::fact::NodeId;
use proptest::prelude::*;

fn topics(counts: &[u16]) -> Vec<TopicPartitions> {
    let mut first = 0;
    let topic = |(t, &count): (usize, &u16)| {
        let topic = TopicPartitions { topic: t as u16, first: LaneId(first), count };
        first += count;
        topic
    };
    counts.iter().enumerate().map(topic).collect()
}

fn member(n: u16, topics: &[u16]) -> GroupMember {
    GroupMember {
        id: MemberId::first(NodeId(n)),
        client: format!("c{n:03}").into(),
        instance: None,
        subscription: Subscription { topics: topics.into(), owned: [].into(), generation: None },
    }
}

/// The members as they join the next rebalance, having what they were assigned.
fn rejoin(members: &mut [GroupMember], assignment: &Assignment, generation: u32) {
    for (member, lanes) in members.iter_mut().zip(assignment) {
        member.subscription.owned = lanes.as_slice().into();
        member.subscription.generation = Some(generation);
    }
}

fn numbers(assignment: &Assignment) -> Vec<Vec<u16>> {
    assignment.iter().map(|lanes| lanes.iter().map(|l| l.0).collect()).collect()
}

#[test]
fn range_gives_the_rest_of_every_topic_to_the_first_members() {
    let members = [member(0, &[0, 1]), member(1, &[0, 1])];
    let assignment = Assignor::Range.assign(&topics(&[3, 3]), &members);
    assert_eq!(numbers(&assignment), [vec![0, 1, 3, 4], vec![2, 5]]);
}

#[test]
fn roundrobin_deals_over_all_topics() {
    let members = [member(0, &[0, 1]), member(1, &[0, 1])];
    let assignment = Assignor::RoundRobin.assign(&topics(&[3, 3]), &members);
    assert_eq!(numbers(&assignment), [vec![0, 2, 4], vec![1, 3, 5]]);
}

/// The example in the documentation of `RoundRobinAssignor`.
#[test]
fn roundrobin_with_different_subscriptions() {
    let members = [member(0, &[0]), member(1, &[0, 1]), member(2, &[0, 1, 2])];
    let assignment = Assignor::RoundRobin.assign(&topics(&[1, 2, 3]), &members);
    assert_eq!(numbers(&assignment), [vec![0], vec![1], vec![2, 3, 4, 5]]);
}

#[test]
fn static_members_come_first_and_sort_by_instance() {
    let mut members = [member(0, &[0]), member(1, &[0]), member(2, &[0])];
    members[1].instance = Some("z".into());
    members[2].instance = Some("a".into());
    let assignment = Assignor::Range.assign(&topics(&[3]), &members);
    assert_eq!(numbers(&assignment), [vec![2], vec![1], vec![0]]);
}

/// The situation in the documentation of `StickyAssignor`: three members, four topics of two
/// partitions; the second member leaves. What is free is dealt out in order.
#[test]
fn sticky_keeps_what_the_survivors_have() {
    let all = [0, 1, 2, 3];
    let topics = topics(&[2, 2, 2, 2]);
    let mut members = vec![member(0, &all), member(1, &all), member(2, &all)];
    let first = Assignor::Sticky.assign(&topics, &members);
    assert_eq!(numbers(&first), [vec![0, 3, 6], vec![1, 4, 7], vec![2, 5]]);
    rejoin(&mut members, &first, 1);
    members.remove(1);
    let second = Assignor::Sticky.assign(&topics, &members);
    assert_eq!(numbers(&second), [vec![0, 3, 6, 1], vec![2, 5, 4, 7]]);
}

/// The second example there: different subscriptions, and the member that owned one partition
/// leaves. Round-robin would move three partitions, sticky moves none.
#[test]
fn sticky_with_different_subscriptions_moves_only_what_is_free() {
    let topics = topics(&[1, 2, 3]);
    let mut members = vec![member(0, &[0]), member(1, &[0, 1]), member(2, &[0, 1, 2])];
    let first = Assignor::Sticky.assign(&topics, &members);
    assert_eq!(numbers(&first), [vec![0], vec![1, 2], vec![3, 4, 5]]);
    rejoin(&mut members, &first, 1);
    members.remove(0);
    let second = Assignor::Sticky.assign(&topics, &members);
    assert_eq!(numbers(&second), [vec![1, 2, 0], vec![3, 4, 5]]);
}

#[test]
fn a_newer_generation_wins_and_equal_ones_cancel() {
    let topics = topics(&[2]);
    let mut members = vec![member(0, &[0]), member(1, &[0])];
    for (member, generation) in members.iter_mut().zip([5, 4]) {
        member.subscription.owned = [LaneId(0)].into();
        member.subscription.generation = Some(generation);
    }
    let newer = Assignor::Sticky.assign(&topics, &members);
    assert_eq!(numbers(&newer), [vec![0], vec![1]]);
    members[1].subscription.generation = Some(5);
    let cooperative = Assignor::CooperativeSticky.assign(&topics, &members);
    // Both believe to own partition 0: nobody gets it before both have given it up.
    assert_eq!(numbers(&cooperative), [vec![], vec![1]]);
}

#[test]
fn cooperative_holds_back_what_somebody_still_owns() {
    let topics = topics(&[4]);
    let mut members = vec![member(0, &[0])];
    let alone = Assignor::CooperativeSticky.assign(&topics, &members);
    rejoin(&mut members, &alone, 1);
    members.push(member(1, &[0]));
    let first = Assignor::CooperativeSticky.assign(&topics, &members);
    assert_eq!(numbers(&first), [vec![0, 1], vec![]]);
    rejoin(&mut members, &first, 2);
    let second = Assignor::CooperativeSticky.assign(&topics, &members);
    assert_eq!(numbers(&second), [vec![0, 1], vec![2, 3]]);
}

/// Every partition somebody subscribes to has exactly one owner, who subscribes to it.
fn is_complete(
    topics: &[TopicPartitions],
    members: &[GroupMember],
    assignment: &Assignment,
) -> Result<(), TestCaseError> {
    let mut owners = std::collections::BTreeMap::new();
    for (m, lanes) in assignment.iter().enumerate() {
        for lane in lanes {
            prop_assert!(owners.insert(*lane, m).is_none(), "{lane:?} has two owners");
        }
    }
    for topic in topics {
        let wanted = members.iter().any(|m| subscribes(m, topic.topic));
        for lane in topic.lanes() {
            let owner = owners.get(&lane);
            prop_assert_eq!(owner.is_some(), wanted);
            prop_assert!(owner.is_none_or(|&m| subscribes(&members[m], topic.topic)));
        }
    }
    Ok(())
}

fn loads(assignment: &Assignment) -> (usize, usize) {
    let loads = || assignment.iter().map(Vec::len);
    (loads().min().unwrap_or(0), loads().max().unwrap_or(0))
}

/// No member could take a partition from one that has at least two more.
fn is_balanced(
    topics: &[TopicPartitions],
    members: &[GroupMember],
    assignment: &Assignment,
) -> bool {
    let topic_of =
        |lane: LaneId| topics.iter().find(|t| t.lanes().any(|l| l == lane)).map(|t| t.topic);
    members.iter().zip(assignment).all(|(member, lanes)| {
        assignment
            .iter()
            .filter(|other| other.len() > lanes.len() + 1)
            .all(|other| !other.iter().any(|&l| topic_of(l).is_some_and(|t| subscribes(member, t))))
    })
}

fn subscriptions(most: u16) -> impl Strategy<Value = Vec<Vec<u16>>> {
    let one = proptest::collection::btree_set(0..most, 1..=most as usize);
    proptest::collection::vec(one, 1..8)
        .prop_map(|all| all.into_iter().map(|s| s.into_iter().collect()).collect())
}

proptest! {
    #[test]
    fn every_assignor_covers_everything_once(
        counts in proptest::collection::vec(0u16..9, 4),
        subscribed in subscriptions(4),
    ) {
        let topics = topics(&counts);
        let members: Vec<GroupMember> =
            subscribed.iter().enumerate().map(|(n, s)| member(n as u16, s)).collect();
        for &assignor in Assignor::ALL {
            let assignment = assignor.assign(&topics, &members);
            is_complete(&topics, &members, &assignment)?;
        }
        let sticky = Assignor::Sticky.assign(&topics, &members);
        prop_assert!(is_balanced(&topics, &members, &sticky));
    }

    /// With equal subscriptions members differ by one at most, and nobody loses a partition while
    /// he has room for it.
    #[test]
    fn sticky_is_balanced_and_moves_as_little_as_possible(
        counts in proptest::collection::vec(0u16..9, 1..4),
        before in 1u16..9,
        stay in proptest::collection::vec(any::<bool>(), 9),
        join in 0u16..4,
    ) {
        let topics = topics(&counts);
        let all: Vec<u16> = (0..counts.len() as u16).collect();
        let mut members: Vec<GroupMember> = (0..before).map(|n| member(n, &all)).collect();
        let first = Assignor::Sticky.assign(&topics, &members);
        let (least, most) = loads(&first);
        prop_assert!(most - least <= 1);
        rejoin(&mut members, &first, 1);
        members = members.into_iter().zip(stay).filter(|(_, s)| *s).map(|(m, _)| m).collect();
        members.extend((0..join).map(|n| member(100 + n, &all)));
        prop_assume!(!members.is_empty());
        let second = Assignor::Sticky.assign(&topics, &members);
        is_complete(&topics, &members, &second)?;
        let (least, most) = loads(&second);
        prop_assert!(most - least <= 1);
        for (member, lanes) in members.iter().zip(&second) {
            let kept = member.subscription.owned.iter().filter(|l| lanes.contains(l)).count();
            let may_keep = member.subscription.owned.len().min(least);
            prop_assert!(kept >= may_keep, "{member:?} {lanes:?}");
        }
        // The same again changes nothing.
        rejoin(&mut members, &second, 2);
        let third = Assignor::Sticky.assign(&topics, &members);
        let sorted = |a: &Assignment| {
            a.iter().map(|l| l.iter().copied().collect::<std::collections::BTreeSet<_>>()).collect::<Vec<_>>()
        };
        prop_assert_eq!(sorted(&second), sorted(&third));
    }

    /// However members come and go: a partition is never in two hands, and when nobody comes or
    /// goes the group is complete and balanced after one more rebalance.
    #[test]
    fn cooperative_never_hands_out_what_somebody_owns(
        count in 1u16..20,
        before in 1u16..6,
        stay in proptest::collection::vec(any::<bool>(), 6),
        join in 0u16..4,
    ) {
        let topics = topics(&[count]);
        let mut members: Vec<GroupMember> = (0..before).map(|n| member(n, &[0])).collect();
        let first = Assignor::CooperativeSticky.assign(&topics, &members);
        rejoin(&mut members, &first, 1);
        members = members.into_iter().zip(stay).filter(|(_, s)| *s).map(|(m, _)| m).collect();
        members.extend((0..join).map(|n| member(100 + n, &[0])));
        prop_assume!(!members.is_empty());
        let second = Assignor::CooperativeSticky.assign(&topics, &members);
        for (m, lanes) in second.iter().enumerate() {
            for lane in lanes {
                let taken = members.iter().enumerate()
                    .any(|(o, other)| o != m && other.subscription.owned.contains(lane));
                prop_assert!(!taken, "{lane:?} is still owned");
            }
        }
        rejoin(&mut members, &second, 2);
        let third = Assignor::CooperativeSticky.assign(&topics, &members);
        is_complete(&topics, &members, &third)?;
        let (least, most) = loads(&third);
        prop_assert!(most - least <= 1);
    }
}
