//! What is in force for a queue: its arguments combined with the policies that apply to it.
//!
//! Source: `rabbit_amqqueue_process.erl` (`process_args_policy/1`), `rabbit_quorum_queue.erl`
//! (`ra_machine_config/1`, `dlh/5`), `rabbit_stream_queue.erl` (`make_stream_conf/1`),
//! `rabbit_mirror_queue_misc.erl`, `rabbit_queue_location.erl`.

use super::Topology;
use super::arguments::max_age;
use super::ids::QueueId;
use super::policy::Applied;
use super::queue::{Queue, QueueType};
use crate::brokers::rabbitmq::value::{Name, Value, field};
use crate::brokers::rabbitmq::version::RabbitVersion;

/// What a queue does at its limit.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Overflow {
    /// The oldest ready message goes.
    #[default]
    DropHead,
    /// The message that comes is refused.
    RejectPublish,
    /// The message that comes is refused and dead-lettered (classic queues).
    RejectPublishDlx,
}

/// How sure dead-lettering is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum DeadLetterStrategy {
    /// Removed, then published without confirms.
    #[default]
    AtMostOnce,
    /// Removed when every target has confirmed (quorum queues).
    AtLeastOnce,
}

/// Where a new queue's process or leader is placed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum LeaderLocator {
    /// On the node of the declaring connection.
    #[default]
    ClientLocal,
    /// On the node with the fewest; `min-masters` of `x-queue-master-locator`.
    Balanced,
    /// On any node: `random` of `x-queue-master-locator`.
    Random,
}

/// `ha-mode` with `ha-params`: which nodes a classic queue is mirrored to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum HaMode {
    /// All nodes.
    All,
    /// So many nodes, the master among them.
    Exactly(u64),
    /// These nodes.
    Nodes(Vec<Name>),
}

/// How classic queues are mirrored (until 3.13; policies only).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mirroring {
    /// To which nodes.
    pub mode: HaMode,
    /// `ha-sync-mode`: whether a new mirror is synchronised at once.
    pub sync_automatically: bool,
    /// `ha-sync-batch-size`: messages in one step of synchronising.
    pub sync_batch_size: u64,
    /// `ha-promote-on-shutdown`: whether a mirror that is not synchronised may be promoted when
    /// the master's node is stopped.
    pub promote_unsynced_on_shutdown: bool,
    /// `ha-promote-on-failure`: the same when it crashes.
    pub promote_unsynced_on_failure: bool,
}

/// What is in force for a queue. Times are milliseconds.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct EffectiveArguments {
    /// `message-ttl`
    pub message_ttl: Option<u64>,
    /// `expires`: how long the queue may be unused.
    pub expires: Option<u64>,
    /// `max-length`: the most ready messages.
    pub max_length: Option<u64>,
    /// `max-length-bytes`: the most bytes of bodies; of a stream, of segments.
    pub max_length_bytes: Option<u64>,
    /// `overflow`. A quorum queue takes `reject-publish-dlx` for `drop-head`.
    pub overflow: Overflow,
    /// `dead-letter-exchange`
    pub dead_letter_exchange: Option<Name>,
    /// `dead-letter-routing-key`
    pub dead_letter_routing_key: Option<Name>,
    /// `dead-letter-strategy`: at least once only with an exchange and `reject-publish`.
    pub dead_letter_strategy: DeadLetterStrategy,
    /// `delivery-limit`: how often a quorum queue's message may be returned. `None`: any number.
    pub delivery_limit: Option<u64>,
    /// `x-max-priority`: the highest level of a classic queue, 0 to 255. `None`: no levels.
    pub max_priority: Option<u8>,
    /// `x-single-active-consumer`
    pub single_active_consumer: bool,
    /// `queue-mode=lazy`: messages go to disk at once. Without effect since 3.12.
    pub lazy: bool,
    /// `queue-version`: the storage of a classic queue, 1 or 2.
    pub queue_version: u8,
    /// `consumer-timeout` (3.12). `None`: the broker's.
    pub consumer_timeout: Option<u64>,
    /// `queue-leader-locator`, of a classic queue until 3.13 `queue-master-locator`.
    pub leader_locator: LeaderLocator,
    /// `x-quorum-initial-group-size`, of a stream `initial-cluster-size`. `None`: the broker's.
    pub initial_group_size: Option<u64>,
    /// `max-age` of a stream.
    pub max_age: Option<u64>,
    /// `stream-max-segment-size-bytes`. `None`: 500 000 000.
    pub max_segment_size: Option<u64>,
    /// Mirrors of a classic queue.
    pub mirroring: Option<Mirroring>,
}

/// Who decides where a policy and an argument say different things.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Decides {
    Smaller,
    Argument,
    Policy,
}

/// Reads settings of one queue.
struct Settings<'q> {
    queue: &'q Queue,
    policies: &'q Applied,
}

impl Settings<'_> {
    fn argument(&self, key: &str) -> Option<Value> {
        field(&self.queue.arguments, &format!("x-{key}")).cloned()
    }

    /// `args_policy_lookup/3`.
    fn value(&self, key: &str, decides: Decides) -> Option<Value> {
        match (self.policies.get(key), self.argument(key)) {
            (Some(policy), Some(argument)) => Some(match decides {
                Decides::Argument => argument,
                Decides::Policy => policy,
                Decides::Smaller => match (&policy, &argument) {
                    (Value::Integer(p), Value::Integer(a)) => Value::Integer(*p.min(a)),
                    _ => argument,
                },
            }),
            (policy, argument) => policy.or(argument),
        }
    }

    fn number(&self, key: &str, decides: Decides) -> Option<u64> {
        match self.value(key, decides) {
            Some(Value::Integer(n)) => u64::try_from(n).ok(),
            _ => None,
        }
    }

    fn text(&self, key: &str, decides: Decides) -> Option<Name> {
        match self.value(key, decides) {
            Some(Value::Text(word)) => Some(word),
            _ => None,
        }
    }

    fn is(&self, key: &str, decides: Decides, word: &str) -> bool {
        self.text(key, decides).is_some_and(|text| &*text == word)
    }
}

impl Topology {
    /// What is in force for a queue now. To be asked anew after every
    /// [`PolicyChange`](super::policy::PolicyChange) that names it.
    pub fn effective(&self, id: QueueId) -> EffectiveArguments {
        EffectiveArguments::of(self.queue(id), self.version)
    }
}

impl EffectiveArguments {
    /// What is in force for a queue in a release.
    pub fn of(queue: &Queue, version: RabbitVersion) -> EffectiveArguments {
        let settings = Settings { queue, policies: &queue.policies };
        let of_all = EffectiveArguments {
            consumer_timeout: match version >= RabbitVersion::V3_13 {
                true => settings.number("consumer-timeout", Decides::Smaller),
                false => None,
            },
            single_active_consumer: settings.argument("single-active-consumer")
                == Some(Value::Boolean(true)),
            leader_locator: leader_locator(&settings, version),
            ..EffectiveArguments::default()
        };
        match queue.kind {
            QueueType::Classic => of_classic(&settings, version, of_all),
            QueueType::Quorum => of_quorum(&settings, version, of_all),
            QueueType::Stream => of_stream(&settings, of_all),
        }
    }
}

fn of_classic(
    settings: &Settings<'_>,
    version: RabbitVersion,
    of_all: EffectiveArguments,
) -> EffectiveArguments {
    let overflow = match settings.text("overflow", Decides::Argument).as_deref() {
        Some("reject-publish") => Overflow::RejectPublish,
        Some("reject-publish-dlx") => Overflow::RejectPublishDlx,
        _ => Overflow::DropHead,
    };
    EffectiveArguments {
        message_ttl: settings.number("message-ttl", Decides::Smaller),
        expires: settings.number("expires", Decides::Smaller),
        max_length: settings.number("max-length", Decides::Smaller),
        max_length_bytes: settings.number("max-length-bytes", Decides::Smaller),
        overflow,
        dead_letter_exchange: settings.text("dead-letter-exchange", Decides::Argument),
        dead_letter_routing_key: settings.text("dead-letter-routing-key", Decides::Argument),
        max_priority: match settings.argument("max-priority") {
            Some(Value::Integer(n)) => u8::try_from(n).ok(),
            _ => None,
        },
        lazy: version < RabbitVersion::V3_13
            && settings.is("queue-mode", Decides::Argument, "lazy"),
        queue_version: match settings.number("queue-version", Decides::Argument) {
            _ if version >= RabbitVersion::V4 => 2,
            Some(2) => 2,
            _ => 1,
        },
        mirroring: match version < RabbitVersion::V4 && settings.queue.exclusive_owner.is_none() {
            true => mirroring(settings.policies),
            false => None,
        },
        ..of_all
    }
}

fn of_quorum(
    settings: &Settings<'_>,
    version: RabbitVersion,
    of_all: EffectiveArguments,
) -> EffectiveArguments {
    let overflow = match settings.is("overflow", Decides::Policy, "reject-publish") {
        true => Overflow::RejectPublish,
        false => Overflow::DropHead,
    };
    let dead_letter_exchange = settings.text("dead-letter-exchange", Decides::Argument);
    let at_least_once = dead_letter_exchange.is_some()
        && overflow == Overflow::RejectPublish
        && settings.is("dead-letter-strategy", Decides::Argument, "at-least-once");
    let expires = match version >= RabbitVersion::V4 {
        true => Decides::Smaller,
        false => Decides::Policy,
    };
    EffectiveArguments {
        message_ttl: settings.number("message-ttl", Decides::Smaller),
        expires: settings.number("expires", expires),
        max_length: settings.number("max-length", Decides::Smaller),
        max_length_bytes: settings.number("max-length-bytes", Decides::Smaller),
        overflow,
        dead_letter_exchange,
        dead_letter_routing_key: settings.text("dead-letter-routing-key", Decides::Argument),
        dead_letter_strategy: match at_least_once {
            true => DeadLetterStrategy::AtLeastOnce,
            false => DeadLetterStrategy::AtMostOnce,
        },
        delivery_limit: delivery_limit(settings, version),
        initial_group_size: match settings.argument("quorum-initial-group-size") {
            Some(Value::Integer(n)) => u64::try_from(n).ok(),
            _ => None,
        },
        ..of_all
    }
}

/// The limit of a quorum queue; 20 since 4.0 if nothing says otherwise, and then a negative one
/// means none (`resolve_delivery_limit/2`).
fn delivery_limit(settings: &Settings<'_>, version: RabbitVersion) -> Option<u64> {
    let number = |value: Option<Value>| match value {
        Some(Value::Integer(n)) => Some(n),
        _ => None,
    };
    let policy = number(settings.policies.get("delivery-limit"));
    let argument = number(settings.argument("delivery-limit"));
    let negative_is_none = version >= RabbitVersion::V4;
    let limit = match (policy, argument) {
        (Some(p), Some(a)) if negative_is_none && (p < 0 || a < 0) => Some(p.max(a)),
        (Some(p), Some(a)) => Some(p.min(a)),
        (policy, argument) => policy.or(argument),
    };
    match limit {
        None if negative_is_none => Some(20),
        limit => u64::try_from(limit?).ok(),
    }
}

fn of_stream(settings: &Settings<'_>, of_all: EffectiveArguments) -> EffectiveArguments {
    EffectiveArguments {
        max_length_bytes: settings.number("max-length-bytes", Decides::Policy),
        max_age: settings.text("max-age", Decides::Policy).and_then(|word| max_age(&word)),
        max_segment_size: settings.number("stream-max-segment-size-bytes", Decides::Policy),
        initial_group_size: settings.number("initial-cluster-size", Decides::Policy),
        ..of_all
    }
}

fn leader_locator(settings: &Settings<'_>, version: RabbitVersion) -> LeaderLocator {
    let classic = settings.queue.kind == QueueType::Classic;
    let locator = match classic && version < RabbitVersion::V4 {
        true => settings.text("queue-master-locator", Decides::Argument),
        false => settings
            .text("queue-leader-locator", Decides::Argument)
            .or_else(|| settings.text("queue-master-locator", Decides::Argument)),
    };
    match locator.as_deref() {
        // Until 3.13 a classic queue may land on any node; the others' `random` is an old word
        // for `balanced`.
        Some("random") if classic && version < RabbitVersion::V4 => LeaderLocator::Random,
        Some("balanced" | "min-masters" | "least-leaders" | "random") => LeaderLocator::Balanced,
        _ => LeaderLocator::ClientLocal,
    }
}

fn mirroring(policies: &Applied) -> Option<Mirroring> {
    let word = |key: &str| match policies.get(key) {
        Some(Value::Text(word)) => Some(word),
        _ => None,
    };
    let mode = match (&*word("ha-mode")?, policies.get("ha-params")) {
        ("exactly", Some(Value::Integer(n))) => HaMode::Exactly(u64::try_from(n).ok()?),
        ("nodes", Some(Value::Array(nodes))) => HaMode::Nodes(
            nodes
                .into_iter()
                .filter_map(|n| match n {
                    Value::Text(node) => Some(node),
                    _ => None,
                })
                .collect(),
        ),
        ("all", _) => HaMode::All,
        _ => return None,
    };
    let is = |key: &str, expected: &str| word(key).is_some_and(|w| &*w == expected);
    Some(Mirroring {
        mode,
        sync_automatically: is("ha-sync-mode", "automatic"),
        sync_batch_size: match policies.get("ha-sync-batch-size") {
            Some(Value::Integer(n)) => u64::try_from(n).unwrap_or(4096),
            _ => 4096,
        },
        promote_unsynced_on_shutdown: is("ha-promote-on-shutdown", "always"),
        promote_unsynced_on_failure: !is("ha-promote-on-failure", "when-synced"),
    })
}
