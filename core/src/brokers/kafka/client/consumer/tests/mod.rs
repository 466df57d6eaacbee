//! The consumer against fake brokers. Each test says what the brokers do and looks at what was
//! asked and what the application was handed.

mod commits;
mod failures;
mod fetching;
mod positions;
mod property;

use super::*;
use crate::brokers::kafka::client::testing::*;
use crate::brokers::kafka::settings::AutoOffsetReset;
use crate::brokers::kafka::wire::Request;
use crate::fact::{Fact, KeyId, PositionRule};

const LANE: LaneId = LaneId(0);

/// Reads one partition from the start; a record takes 10 ms.
fn plan(commit: CommitPolicy) -> ConsumerPlan {
    ConsumerPlan {
        name: "billing".into(),
        node: CLIENT,
        bootstrap: vec![BROKER_1, BROKER_2],
        subscription: SubscriptionId(0),
        lanes: [LANE].into(),
        config: ConsumerConfig {
            auto_offset_reset: AutoOffsetReset::Earliest,
            ..ConsumerConfig::default()
        },
        takes: Span::millis(10),
        commit,
        asynchronous: false,
        habit: FailureHabit::default(),
        forwarding: None,
        delay: None,
        told_as: SubscriptionId(0),
        idempotent: false,
        membership: None,
    }
}

/// A world in which the consumer has not started.
fn lab(plan: ConsumerPlan) -> Lab {
    let lanes = plan.lanes.clone();
    Lab::new(Member::Consumer(Consumer::new(plan)), &lanes, 5)
}

/// A consumer that starts with these messages in the log of broker 1.
fn started(plan: ConsumerPlan, messages: std::ops::Range<u32>) -> Lab {
    let mut lab = lab(plan);
    lab.append(BROKER_1, LANE, &messages.collect::<Vec<_>>());
    lab.boot(CLIENT);
    lab
}

/// When which message was the subject of such a fact.
fn stated(lab: &Lab, name: &str) -> Vec<(u64, u32)> {
    let of_name = lab.facts().filter(|(_, f)| f.name() == name);
    of_name.filter_map(|(t, f)| Some((t, f.message()?.0))).collect()
}

fn messages(lab: &Lab, name: &str) -> Vec<u32> {
    stated(lab, name).into_iter().map(|(_, m)| m).collect()
}

/// Where the consumer was placed, and why.
fn positioned(lab: &Lab) -> Vec<(u64, PositionRule)> {
    let position = |(_, fact): (u64, Fact)| match fact {
        Fact::Positioned { offset, rule, .. } => Some((offset, rule)),
        _ => None,
    };
    lab.facts().filter_map(position).collect()
}

/// What was committed for partition 0, and when the request came.
fn commits(lab: &mut Lab) -> Vec<(u64, u64)> {
    let offset = |request: Request| match request {
        Request::OffsetCommit { offsets, .. } => offsets.first().map_or(0, |o| o.1),
        _ => 0,
    };
    let requests = lab.requests(BROKER_1, "OffsetCommit request");
    requests.into_iter().map(|(t, r)| (t, offset(r))).collect()
}

fn committed_offsets(lab: &mut Lab) -> Vec<u64> {
    commits(lab).into_iter().map(|c| c.1).collect()
}

fn all(range: std::ops::Range<u32>) -> Vec<u32> {
    range.collect()
}
