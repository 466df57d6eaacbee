//! Consumer groups at time zero: who is a member already, with what.
//!
//! A group whose members start with the cluster is found stable, in its first generation, as a
//! cluster is found already formed. Members that start later join as any consumer does. Where the
//! real coordinator would not have formed such a group (a session time-out out of bounds, no common
//! assignor, no offsets topic, one instance id twice), nobody is a member, and all of them try.

use crate::brokers::kafka::client::consumer::{
    ConsumerPlan, FounderPlan, MembershipPlan, join_request,
};
use crate::brokers::kafka::group::classic::{Founder, Group};
use crate::brokers::kafka::group::{GroupMember, InstanceId, MemberId, TopicPartitions};
use crate::brokers::kafka::record::Payload;
use crate::brokers::kafka::settings::BrokerConfig;
use crate::fact::SubscriptionId;
use crate::kernel::Span;
use crate::scenario::model::Scenario;
use std::collections::BTreeSet;
use std::num::NonZeroU16;
use std::sync::Arc;

/// All instance ids of the file, in order.
pub(super) fn instances(scenario: &Scenario) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in scenario.consumers.iter().filter_map(|c| c.instance.as_ref()) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

/// How consumer number `index` takes part in its group, before anybody is a member.
pub(super) fn membership(scenario: &Scenario, index: usize) -> Option<MembershipPlan> {
    let consumer = &scenario.consumers[index];
    if consumer.assign {
        return None;
    }
    let mut topics: Vec<usize> = scenario
        .consumers
        .iter()
        .filter(|c| c.subscription == consumer.subscription && !c.assign)
        .flat_map(|c| c.topics.iter().copied())
        .collect::<BTreeSet<usize>>()
        .into_iter()
        .collect();
    topics.sort_by_key(|&t| &scenario.topics[t].name);
    let partitions = |&t: &usize| {
        let topic = &scenario.topics[t];
        TopicPartitions { topic: t as u16, first: topic.first_lane, count: topic.partitions }
    };
    let mut subscribed: Vec<u16> = consumer.topics.iter().map(|&t| t as u16).collect();
    subscribed.sort_unstable();
    let number = |name: &String| {
        let at = instances(scenario).iter().position(|i| i == name)?;
        Some(InstanceId(NonZeroU16::new(at as u16 + 1)?))
    };
    Some(MembershipPlan {
        instance: consumer.instance.as_ref().and_then(number),
        subscribed: subscribed.into(),
        topics: topics.iter().map(partitions).collect::<Vec<_>>().into(),
        founder: None,
    })
}

/// Makes members of those who start with the cluster, and returns what the offsets topic keeps of
/// their groups.
pub(super) fn found(
    scenario: &Scenario,
    config: &BrokerConfig,
    consumers: &mut [ConsumerPlan],
) -> Vec<(SubscriptionId, Vec<Payload>)> {
    let groups = (0..scenario.directory.subscriptions.len() as u16).map(SubscriptionId);
    let formed = |group| found_group(scenario, config, consumers, group);
    groups.filter_map(formed).collect()
}

fn found_group(
    scenario: &Scenario,
    config: &BrokerConfig,
    consumers: &mut [ConsumerPlan],
    group: SubscriptionId,
) -> Option<(SubscriptionId, Vec<Payload>)> {
    let starts = scenario.consumers.iter().map(|c| c.start);
    let founders: Vec<usize> = consumers
        .iter()
        .zip(starts)
        .enumerate()
        .filter(|(_, (plan, start))| {
            plan.subscription == group && plan.membership.is_some() && *start == Span::ZERO
        })
        .map(|(n, _)| n)
        .collect();
    let sessions = config.group_min_session_timeout_ms..=config.group_max_session_timeout_ms;
    let replicated = config.offsets_topic_replication_factor <= u32::from(scenario.kafka.brokers);
    let in_bounds =
        founders.iter().all(|&n| sessions.contains(&consumers[n].config.session_timeout_ms));
    let statics = || founders.iter().filter_map(|&n| consumers[n].membership.as_ref()?.instance);
    let distinct = statics().collect::<BTreeSet<_>>().len() == statics().count();
    let fits = founders.len() <= config.group_max_size as usize;
    if founders.is_empty() || !replicated || !in_bounds || !distinct || !fits {
        return None;
    }
    let requests: Vec<_> = founders
        .iter()
        .map(|&n| {
            let id = MemberId::first(consumers[n].node);
            (id, join_request(&consumers[n], Some(id), |_| ([].into(), None)))
        })
        .collect();
    let unassigned = requests.iter().map(|(id, request)| Founder::new(*id, request, &[]));
    let protocol = Group::chosen_by(unassigned.collect())?;
    let topics = consumers[founders[0]].membership.as_ref()?.topics.clone();
    let member = |(n, (id, request)): (&usize, &(MemberId, _))| {
        let request: &crate::brokers::kafka::wire::JoinGroup = request;
        let (_, subscription) = request.protocols.iter().find(|(a, _)| *a == protocol)?;
        let plan = &consumers[*n];
        let instance = scenario.consumers[*n].instance.as_deref().map(Arc::from);
        let client = plan.name.as_str().into();
        Some(GroupMember { id: *id, client, instance, subscription: subscription.clone() })
    };
    let members: Option<Vec<GroupMember>> = founders.iter().zip(&requests).map(member).collect();
    let assignment = protocol.assign(&topics, &members?);
    let assigned = requests.iter().zip(&assignment);
    let stable = assigned.map(|((id, request), lanes)| Founder::new(*id, request, lanes));
    let records = Group::founded(group, protocol, stable.collect()).records();
    for (n, lanes) in founders.iter().zip(assignment) {
        let leads = *n == founders[0];
        if let Some(membership) = &mut consumers[*n].membership {
            membership.founder = Some(FounderPlan { protocol, leads, assigned: lanes.into() });
        }
    }
    Some((group, records))
}
