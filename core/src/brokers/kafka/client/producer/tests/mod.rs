//! The producer against fake brokers. Each test says what the brokers do and looks at what was
//! sent and what the application was told.

mod batching;
mod idempotence;
mod outcomes;
mod partitioning;
mod property;
mod retries;

use super::*;
use crate::brokers::kafka::client::testing::*;
use crate::brokers::kafka::record::ProducerStamp;
use crate::brokers::kafka::settings::Acks;
use crate::brokers::kafka::wire::CLIENT_CHANNEL;
use crate::fact::Fact;

const LANE: LaneId = LaneId(0);
const PRODUCE: &str = "Produce request";

/// Messages 0, 1, 2, … every millisecond from 100 ms on, one record a batch, idempotence off.
fn plan(count: u32) -> ProducerPlan {
    ProducerPlan {
        name: "checkout".into(),
        node: CLIENT,
        bootstrap: vec![BROKER_1, BROKER_2],
        partitions: vec![LANE],
        config: ProducerConfig {
            batch_size: 1,
            enable_idempotence: false,
            ..ProducerConfig::default()
        },
        first: MessageId(0),
        count,
        every: Span::millis(1),
        start: Span::millis(100),
        keys: Vec::new(),
        partition: None,
        tombstones: Vec::new(),
        size: 10,
        resend: 0,
        resends_after_restart: false,
        channel: CLIENT_CHANNEL,
        forwards: None,
    }
}

fn idempotent(count: u32) -> ProducerPlan {
    let mut plan = plan(count);
    plan.config.enable_idempotence = true;
    plan
}

fn lab(plan: ProducerPlan) -> Lab {
    let lanes = plan.partitions.clone();
    let mut lab = Lab::new(Member::Producer(Producer::new(plan)), &lanes, 5);
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

/// What the application was told of a failure: name of the fact, message, error.
fn failures(lab: &Lab) -> Vec<(&'static str, u32, &'static str)> {
    let failure = |(_, fact): (u64, Fact)| match fact {
        Fact::Refused { message, error, .. } => Some(("refused", message.0, error)),
        Fact::Unknown { message, error, .. } => Some(("unknown", message.0, error)),
        _ => None,
    };
    lab.facts().filter_map(failure).collect()
}

/// The produce requests a broker got: when, and the number of records of each batch.
fn batches(lab: &mut Lab, node: NodeId) -> Vec<(u64, Vec<u64>)> {
    let sizes = |request: Request| match request {
        Request::Produce { partitions, .. } => partitions.iter().map(|p| p.batch.len()).collect(),
        _ => Vec::new(),
    };
    lab.requests(node, PRODUCE).into_iter().map(|(t, r)| (t, sizes(r))).collect()
}

/// The stamps of the batches a broker got: epoch and base sequence.
fn sequences(lab: &mut Lab, node: NodeId) -> Vec<(i16, i32)> {
    let stamps = |request: Request| match request {
        Request::Produce { partitions, .. } => partitions
            .iter()
            .filter_map(|p| p.batch.producer)
            .map(|ProducerStamp { epoch, base_sequence, .. }| (epoch, base_sequence))
            .collect(),
        _ => Vec::new(),
    };
    lab.requests(node, PRODUCE).into_iter().flat_map(|(_, r)| stamps(r)).collect()
}

fn all(range: std::ops::Range<u32>) -> Vec<u32> {
    range.collect()
}
