//! A message as brokers keep and pass it on.

use super::value::{Name, Table};
use crate::fact::{KeyId, MessageId};
use std::sync::Arc;

/// The content header of a message (AMQP 0-9-1 `basic` class). Fields no rule reads are left out.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Properties {
    /// `headers`, if the message has any table of them.
    pub headers: Option<Table>,
    /// `delivery-mode`: 1 transient, 2 persistent; absent means 1.
    pub delivery_mode: Option<u8>,
    /// `priority`
    pub priority: Option<u8>,
    /// `correlation-id`
    pub correlation_id: Option<Name>,
    /// `message-id`
    pub message_id: Option<Name>,
    /// `timestamp`: seconds since the epoch.
    pub timestamp: Option<i64>,
    /// `reply-to`
    pub reply_to: Option<Name>,
    /// `expiration`, as the client wrote it: milliseconds as a text.
    pub expiration: Option<Name>,
    /// `user-id`
    pub user_id: Option<Name>,
}

impl Properties {
    /// Whether the message asks to survive a restart of the broker.
    pub fn is_persistent(&self) -> bool {
        self.delivery_mode == Some(2)
    }
}

/// Where a message was published to, and its properties. Messages published alike share one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Envelope {
    /// The exchange it was published to.
    pub exchange: Name,
    /// The routing key it was published with.
    pub routing_key: Name,
    /// The texts of the `CC` header: further routing keys.
    pub cc: Vec<Name>,
    /// The texts of the `BCC` header, which itself is gone from the headers.
    pub bcc: Vec<Name>,
    /// Its properties.
    pub properties: Properties,
    /// How often and where it was dead-lettered, newest first (since 3.13 an annotation of the
    /// message, before that the header `x-death` itself).
    pub deaths: Vec<Death>,
}

/// One entry of `x-death`: a queue, a reason, and how often.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Death {
    /// The queue in which the message died.
    pub queue: Name,
    /// Why.
    pub reason: DeathReason,
    /// How often it died there for this reason.
    pub count: u64,
    /// Seconds of the node's clock at the first death of this entry.
    pub time: u64,
    /// The exchange it had been published to when it came into the queue.
    pub exchange: Name,
    /// Routing key and `CC` keys at that time.
    pub routing_keys: Vec<Name>,
    /// `expiration`, if it had one when it died.
    pub original_expiration: Option<Name>,
}

/// Why a message is dead-lettered.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum DeathReason {
    /// `basic.reject` or `basic.nack` without requeue.
    Rejected,
    /// Its time to live was over.
    Expired,
    /// The queue had reached its limit.
    Maxlen,
    /// A quorum queue had delivered it too often.
    DeliveryLimit,
}

impl DeathReason {
    /// The word in `x-death`.
    pub fn word(self) -> &'static str {
        match self {
            DeathReason::Rejected => "rejected",
            DeathReason::Expired => "expired",
            DeathReason::Maxlen => "maxlen",
            DeathReason::DeliveryLimit => "delivery_limit",
        }
    }
}

/// A message. Bodies are identities: what the application knows it by, its key, and its size.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    /// Who it is, whatever copies there are of it.
    pub id: MessageId,
    /// The business key, if it has one.
    pub key: Option<KeyId>,
    /// Bytes of the body.
    pub size: u32,
    /// All else.
    pub envelope: Arc<Envelope>,
}
