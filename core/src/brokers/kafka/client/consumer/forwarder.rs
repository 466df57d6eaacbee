//! The producer inside a consumer's process, with which its error handler publishes records to
//! dead-letter and retry topics (reference §8.2, §8.3).
//!
//! It has connections and a producer id of its own, as a `KafkaTemplate` has; the thread that polls
//! waits for its answer, while the heartbeat thread goes on.

use super::fetcher::ConsumerRecord;
use crate::brokers::kafka::Fx;
use crate::brokers::kafka::client::producer::{
    Forward, Producer, ProducerPlan, Published, destination_partition,
};
use crate::brokers::kafka::settings::ProducerConfig;
use crate::brokers::kafka::timer::{KafkaTimer, NetworkTimer};
use crate::brokers::kafka::wire::{FORWARD_CHANNEL, KafkaPacket};
use crate::fact::{KeyId, LaneId, MessageId, NodeId};
use crate::kernel::{Span, Time};
use crate::substrate::Input;
use std::sync::Arc;

/// Where records of one topic are sent on to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Route {
    /// The first partition of the topic they come from.
    pub from: LaneId,
    /// How many partitions that topic has.
    pub from_count: u16,
    /// The first partition of the topic they go to.
    pub to: LaneId,
    /// How many partitions that topic has.
    pub to_count: u16,
}

/// The size and the keys of one producer's messages: `first + i` has `keys[i % keys.len()]`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MessageShapes {
    /// The first message.
    pub first: MessageId,
    /// How many there are.
    pub count: u32,
    /// Bytes of key and value together.
    pub size: u32,
    /// The keys with their hashes, in turn; empty: they have none.
    pub keys: Vec<(KeyId, i32)>,
}

/// What the process needs to send records on.
#[derive(Clone, Debug)]
pub struct ForwardingPlan {
    /// The settings of its producer.
    pub config: ProducerConfig,
    /// To the dead-letter topic of each topic it reads.
    pub dead_letters: Vec<Route>,
    /// To the retry topic of each topic it reads, for records that fail in this delivery (from 1)
    /// or a later one; ascending, the last that applies counts.
    pub retries: Vec<(u16, Vec<Route>)>,
    /// What the messages look like.
    pub messages: Arc<[MessageShapes]>,
    /// A deliberate mistake: a failed publish counts as a success.
    pub ignores_errors: bool,
}

/// To which kind of topic a record goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Destination {
    /// The dead-letter topic.
    DeadLetter,
    /// The next retry topic.
    Retry,
}

/// The producer and what it is at.
#[derive(Clone, Debug)]
pub(super) struct Forwarder {
    plan: Arc<ForwardingPlan>,
    /// All partitions it publishes to, in the producer's order.
    lanes: Vec<LaneId>,
    producer: Producer,
}

impl Forwarder {
    pub(super) fn new(
        plan: &Arc<ForwardingPlan>,
        name: &str,
        node: NodeId,
        bootstrap: &[NodeId],
    ) -> Forwarder {
        let routes = plan.dead_letters.iter().chain(plan.retries.iter().flat_map(|r| &r.1));
        let mut lanes: Vec<LaneId> =
            routes.flat_map(|r| (0..r.to_count).map(|p| LaneId(r.to.0 + p))).collect();
        lanes.sort_unstable();
        lanes.dedup();
        let producer = Producer::new(ProducerPlan {
            name: format!("{name}/publisher"),
            node,
            bootstrap: bootstrap.to_vec(),
            partitions: lanes.clone(),
            config: plan.config.clone(),
            first: MessageId(0),
            count: 0,
            every: Span::ZERO,
            start: Time::NEVER.since(Time::ZERO),
            keys: Vec::new(),
            partition: None,
            size: 0,
            tombstones: Vec::new(),
            resend: 0,
            resends_after_restart: false,
            channel: FORWARD_CHANNEL,
            forwards: Some(1),
            transaction: None,
        });
        Forwarder { plan: plan.clone(), lanes, producer }
    }

    /// Whether the input is meant for this producer rather than for the consumer.
    pub(super) fn is_addressed(&self, input: &Input<KafkaPacket, KafkaTimer>) -> bool {
        match input {
            Input::Packet { conn, .. } => self.producer.has_connection(*conn),
            Input::Connected { channel, .. } | Input::Disconnected { channel, .. } => {
                *channel == FORWARD_CHANNEL
            }
            Input::Timer(KafkaTimer::Producer(_)) => true,
            Input::Timer(KafkaTimer::Network(timer)) => match timer {
                NetworkTimer::ConnectTimeout { conn }
                | NetworkTimer::RequestTimeout { conn, .. } => self.producer.has_connection(*conn),
                NetworkTimer::ReconnectBackoff { channel, .. } => *channel == FORWARD_CHANNEL.0,
            },
            _ => false,
        }
    }

    /// Receives an input; the result of a publish, if this was its end.
    pub(super) fn on(
        &mut self,
        input: Input<KafkaPacket, KafkaTimer>,
        fx: &mut Fx<'_>,
    ) -> Option<Published> {
        self.producer.on(input, fx);
        self.published()
    }

    fn published(&mut self) -> Option<Published> {
        match self.producer.take_published()? {
            Err(_) if self.plan.ignores_errors => Some(Ok(-1)),
            published => Some(published),
        }
    }

    /// The partition a record goes to.
    pub(super) fn destination(&self, record: ConsumerRecord, to: Destination) -> Option<LaneId> {
        let routes = match to {
            Destination::DeadLetter => &self.plan.dead_letters,
            Destination::Retry => {
                &self.plan.retries.iter().rfind(|(from, _)| *from <= record.attempt)?.1
            }
        };
        let partition = |r: &Route| record.lane.0.checked_sub(r.from.0);
        let route = routes.iter().find(|r| partition(r).is_some_and(|p| p < r.from_count))?;
        let (key, _) = self.shape(record.message);
        let partition = destination_partition(partition(route)?, key, route.to_count);
        Some(LaneId(route.to.0 + partition))
    }

    fn shape(&self, message: MessageId) -> (Option<(KeyId, i32)>, u32) {
        let of = |m: &&MessageShapes| message.0.wrapping_sub(m.first.0) < m.count;
        let Some(shape) = self.plan.messages.iter().find(of) else { return (None, 0) };
        let n = (message.0 - shape.first.0) as usize;
        (shape.keys.get(n % shape.keys.len().max(1)).copied(), shape.size)
    }

    /// Hands a record to the producer; the result, if it is known at once.
    pub(super) fn publish(
        &mut self,
        record: ConsumerRecord,
        lane: LaneId,
        fx: &mut Fx<'_>,
    ) -> Option<Published> {
        let partition = self.lanes.binary_search(&lane).ok()?;
        let (key, size) = self.shape(record.message);
        let attempt = record.attempt.saturating_add(1);
        let partition = partition as u16;
        let forward = Forward { message: record.message, attempt, key, size, partition };
        self.producer.forward(forward, fx);
        self.published()
    }
}
