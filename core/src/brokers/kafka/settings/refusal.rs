//! From the settings a person wrote to the settings a client or broker runs with, with the
//! combinations the real system refuses.
//!
//! Follows `ProducerConfig.postProcessAndValidateIdempotenceConfigs`,
//! `KafkaProducer.configureDeliveryTimeout` and `KafkaConfig.validateValues`.

use super::table::{Scope, Values};
use super::version::{RETRIES_WITH_IDEMPOTENCE, defaults};
use super::{Acks, BrokerConfig, ConsumerConfig, KafkaVersion, ProducerConfig, TopicConfig};
use crate::kernel::Span;

/// A combination of settings the real system does not start with, or starts with and warns.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// The setting to point at; the first that the person wrote of these is pointed at.
    pub settings: &'static [&'static str],
    /// The real system's reason.
    pub reason: String,
    /// What to write instead.
    pub remedy: &'static str,
    /// Whether the real system refuses to start; otherwise it only warns.
    pub fatal: bool,
}

type Set<'a> = &'a [(&'static str, i64)];

fn is_set(set: Set<'_>, name: &str) -> bool {
    set.iter().any(|(n, _)| *n == name)
}

fn apply<C: Values>(mut config: C, set: Set<'_>) -> C {
    for (name, raw) in set {
        config.set(name, *raw);
    }
    config
}

/// The most batches an idempotent producer may have in flight: as many as a broker remembers.
const IN_FLIGHT_FOR_IDEMPOTENCE: u32 = 5;

/// The settings a producer runs with. `set` holds what the person wrote, as raw values.
pub fn resolve_producer(set: Set<'_>, version: KafkaVersion) -> (ProducerConfig, Vec<Refusal>) {
    let mut config: ProducerConfig = apply(defaults(version, Scope::Producer), set);
    let mut refusals = Vec::new();
    let explicit = is_set(set, "enable.idempotence");
    if config.enable_idempotence {
        // Before 3.0 a producer that asked for idempotence got fitting defaults.
        if !is_set(set, "acks") {
            config.acks = Acks::All;
        }
        if !is_set(set, "retries") {
            config.set("retries", RETRIES_WITH_IDEMPOTENCE);
        }
        let mut refuse = |conflict: bool, always: bool, settings, reason: &str, remedy| {
            if conflict && (explicit || always) {
                refusals.push(Refusal { settings, reason: reason.into(), remedy, fatal: true });
            }
            conflict
        };
        let retries = refuse(
            config.retries == 0,
            false,
            &["retries", "enable.idempotence"],
            "Must set retries to non-zero when using the idempotent producer.",
            "leave `retries` out, or write \"enable.idempotence\" = false",
        );
        let acks = refuse(
            config.acks != Acks::All,
            false,
            &["acks", "enable.idempotence"],
            "Must set acks to all in order to use the idempotent producer. Otherwise we cannot \
             guarantee idempotence.",
            "write acks = \"all\", or \"enable.idempotence\" = false",
        );
        let in_flight = refuse(
            config.max_in_flight_requests_per_connection > IN_FLIGHT_FOR_IDEMPOTENCE,
            version >= KafkaVersion::V4_0 && !retries && !acks,
            &["max.in.flight.requests.per.connection", "enable.idempotence"],
            "Must set max.in.flight.requests.per.connection to at most 5 to use the idempotent \
             producer.",
            "write 5 or less, or \"enable.idempotence\" = false",
        );
        if retries || acks || in_flight {
            config.enable_idempotence = false;
        }
    }
    let needed = config.linger_ms + config.request_timeout_ms;
    if config.delivery_timeout_ms < needed {
        if is_set(set, "delivery.timeout.ms") {
            refusals.push(Refusal {
                settings: &["delivery.timeout.ms"],
                reason: "delivery.timeout.ms should be equal to or larger than linger.ms + \
                         request.timeout.ms"
                    .into(),
                remedy: "lengthen it, or shorten request.timeout.ms (30000 by default)",
                fatal: true,
            });
        } else {
            config.delivery_timeout_ms = needed.min(Span::millis(i32::MAX as u64));
        }
    }
    (config, refusals)
}

/// The settings a consumer runs with. `set` holds what the person wrote, as raw values.
pub fn resolve_consumer(set: Set<'_>, version: KafkaVersion) -> (ConsumerConfig, Vec<Refusal>) {
    let config: ConsumerConfig = apply(defaults(version, Scope::Consumer), set);
    let mut refusals = Vec::new();
    if config.heartbeat_interval_ms >= config.session_timeout_ms {
        refusals.push(Refusal {
            settings: &["heartbeat.interval.ms", "session.timeout.ms"],
            reason: "Heartbeat must be set lower than the session timeout".into(),
            remedy: "write a third of session.timeout.ms or less",
            fatal: true,
        });
    }
    (config, refusals)
}

/// The settings a broker runs with. `set` holds what the person wrote, as raw values.
pub fn resolve_broker(set: Set<'_>, version: KafkaVersion) -> (BrokerConfig, Vec<Refusal>) {
    let config: BrokerConfig = apply(defaults(version, Scope::Broker), set);
    let mut refusals = Vec::new();
    if config.replica_fetch_wait_max_ms > config.replica_socket_timeout_ms {
        refusals.push(Refusal {
            settings: &["replica.socket.timeout.ms", "replica.fetch.wait.max.ms"],
            reason: "replica.socket.timeout.ms should always be at least \
                     replica.fetch.wait.max.ms to prevent unnecessary socket timeouts"
                .into(),
            remedy: "lengthen replica.socket.timeout.ms (30000 by default), or shorten \
                     replica.fetch.wait.max.ms (500 by default)",
            fatal: true,
        });
    }
    if config.replica_fetch_wait_max_ms > config.replica_lag_time_max_ms {
        refusals.push(Refusal {
            settings: &["replica.lag.time.max.ms", "replica.fetch.wait.max.ms"],
            reason: "replica.fetch.wait.max.ms should always be less than or equal to \
                     replica.lag.time.max.ms to prevent frequent changes in ISR"
                .into(),
            remedy: "lengthen replica.lag.time.max.ms (30000 by default), or shorten \
                     replica.fetch.wait.max.ms (500 by default)",
            fatal: true,
        });
    }
    if config.broker_heartbeat_interval_ms.times(2) > config.broker_session_timeout_ms {
        refusals.push(Refusal {
            settings: &["broker.heartbeat.interval.ms", "broker.session.timeout.ms"],
            reason: "broker.heartbeat.interval.ms must be less than or equal to half of \
                     broker.session.timeout.ms"
                .into(),
            remedy: "lengthen broker.session.timeout.ms (9000 by default), or shorten \
                     broker.heartbeat.interval.ms (2000 by default)",
            fatal: false,
        });
    }
    (config, refusals)
}

/// The settings of a topic: its own over those of its brokers.
pub fn resolve_topic(set: Set<'_>, broker: &BrokerConfig) -> (TopicConfig, Vec<Refusal>) {
    (apply(TopicConfig::of_broker(broker), set), Vec::new())
}
