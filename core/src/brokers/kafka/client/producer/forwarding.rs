//! A producer that sends on what others have sent: the one inside a consumer's process, with which
//! an error handler publishes to a dead-letter or a retry topic (spring-kafka's
//! `DeadLetterPublishingRecoverer` around a `KafkaTemplate`; reference §8.2).
//!
//! Batches, acknowledgements, retries and time-outs are those of any producer. What differs: a call
//! is one record, its result goes to the caller, and no fact tells of it, because the message's own
//! producer has nothing to do with it.

use super::{Producer, ProducerPlan, partition_for_key};
use crate::brokers::kafka::Fx;
use crate::brokers::kafka::error::Error;
use crate::fact::{KeyId, MessageId};
use std::sync::Arc;

/// A record to be sent on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Forward {
    /// Which message.
    pub message: MessageId,
    /// The delivery it will be, for the listener that reads the destination.
    pub attempt: u16,
    /// Its key, with the key's [`super::murmur2`] hash.
    pub key: Option<(KeyId, i32)>,
    /// Bytes of key and value.
    pub size: u32,
    /// The partition to put it into, as an index of the producer's partitions.
    pub partition: u16,
}

/// What became of a record that was sent on: its offset (-1 with `acks=0`), or the error.
pub type Published = Result<i64, Error>;

/// The partition of a record in a topic of `count` partitions: that of the original, if the topic
/// has one with that number (`verifyPartition`), else the one the key falls on. A record without a
/// key goes to the original's number modulo `count`.
pub fn destination_partition(original: u16, key: Option<(KeyId, i32)>, count: u16) -> u16 {
    match key {
        _ if original < count => original,
        Some((_, hash)) => partition_for_key(hash, usize::from(count)) as u16,
        None => original % count.max(1),
    }
}

impl Producer {
    /// Hands a record over. The result comes from [`Producer::take_published`], at once or after a
    /// later input; until then no other record may be handed over.
    pub fn forward(&mut self, record: Forward, fx: &mut Fx<'_>) {
        let Forward { message, attempt, key, size, partition } = record;
        let plan: &mut ProducerPlan = Arc::make_mut(&mut self.plan);
        (plan.first, plan.size, plan.partition) = (message, size, Some(partition));
        plan.keys.clear();
        plan.keys.extend(key);
        plan.forwards = Some(attempt);
        self.published = None;
        self.send(message, fx);
        self.turn(fx);
    }

    /// What became of the record that was handed over last, once that is known; told once.
    pub fn take_published(&mut self) -> Option<Published> {
        self.published.take()
    }
}
