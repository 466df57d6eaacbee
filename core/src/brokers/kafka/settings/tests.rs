//! Tests over all tables.

use super::*;
use crate::kernel::Span;

/// Checks a whole table: every setting has a field, a default in range, and keeps its values.
fn check<C: Values>() {
    for setting in C::table() {
        let mut config = C::default();
        assert_eq!(config.get(setting.name), Some(setting.default), "{}", setting.name);
        assert!((setting.low..=setting.high).contains(&setting.default), "{}", setting.name);
        assert!(config.set(setting.name, setting.low));
        assert_eq!(config.get(setting.name), Some(setting.low), "{}", setting.name);
        assert!(setting.en.ends_with('.') && setting.zh.ends_with('。'), "{}", setting.name);
        assert!(unmodelled(setting.scope, setting.name).is_none(), "{}", setting.name);
        round_trip(setting);
    }
}

/// A value that is shown can be read again.
fn round_trip(setting: &Setting) {
    for raw in [setting.low, setting.default, setting.low / 2 + setting.high / 2] {
        let shown = setting.shown(raw);
        let value = match setting.kind {
            Kind::Flag => Raw::Flag(raw != 0),
            Kind::Choice(_) | Kind::List(_) => Raw::Text(&shown),
            Kind::Name if raw == 0 => continue,
            Kind::Name => Raw::Text("name"),
            Kind::Ratio => Raw::Decimal(&shown),
            _ => Raw::Integer(raw),
        };
        assert_eq!(read(setting, value), Ok(raw), "{} = {shown}", setting.name);
    }
    let bounded = !matches!(
        setting.kind,
        Kind::Choice(_) | Kind::Flag | Kind::List(_) | Kind::Name | Kind::Ratio
    );
    if bounded && setting.low > i64::MIN {
        assert!(read(setting, Raw::Integer(setting.low - 1)).is_err(), "{}", setting.name);
    }
    assert!(read(setting, Raw::Other("a list")).is_err(), "{}", setting.name);
}

#[test]
fn every_setting_round_trips() {
    check::<ProducerConfig>();
    check::<ConsumerConfig>();
    check::<BrokerConfig>();
    check::<TopicConfig>();
}

/// The defaults as Kafka's documentation prints them, written down a second time by hand.
const DOCUMENTED: &[(Scope, &str, &str)] = {
    use Scope::{Broker, Consumer, Producer, Topic};
    &[
        (Producer, "acks", "all"),
        (Producer, "compression.type", "none"),
        (Producer, "batch.size", "16384"),
        (Producer, "buffer.memory", "33554432"),
        (Producer, "delivery.timeout.ms", "120000"),
        (Producer, "enable.idempotence", "true"),
        (Producer, "linger.ms", "0"),
        (Producer, "max.block.ms", "60000"),
        (Producer, "max.in.flight.requests.per.connection", "5"),
        (Producer, "max.request.size", "1048576"),
        (Producer, "metadata.max.age.ms", "300000"),
        (Producer, "partitioner.adaptive.partitioning.enable", "true"),
        (Producer, "partitioner.ignore.keys", "false"),
        (Producer, "reconnect.backoff.ms", "50"),
        (Producer, "reconnect.backoff.max.ms", "1000"),
        (Producer, "request.timeout.ms", "30000"),
        (Producer, "retries", "2147483647"),
        (Producer, "retry.backoff.ms", "100"),
        (Producer, "retry.backoff.max.ms", "1000"),
        (Producer, "transaction.timeout.ms", "60000"),
        (Producer, "transactional.id", "null"),
        (Consumer, "auto.commit.interval.ms", "5000"),
        (Consumer, "auto.offset.reset", "latest"),
        (Consumer, "default.api.timeout.ms", "60000"),
        (Consumer, "enable.auto.commit", "true"),
        (Consumer, "fetch.max.bytes", "52428800"),
        (Consumer, "fetch.max.wait.ms", "500"),
        (Consumer, "fetch.min.bytes", "1"),
        (Consumer, "group.instance.id", "null"),
        (Consumer, "group.protocol", "classic"),
        (Consumer, "heartbeat.interval.ms", "3000"),
        (Consumer, "isolation.level", "read_uncommitted"),
        (Consumer, "max.poll.interval.ms", "300000"),
        (Consumer, "max.partition.fetch.bytes", "1048576"),
        (Consumer, "max.poll.records", "500"),
        (Consumer, "metadata.max.age.ms", "300000"),
        (Consumer, "partition.assignment.strategy", "range, cooperative-sticky"),
        (Consumer, "session.timeout.ms", "45000"),
        (Consumer, "reconnect.backoff.ms", "50"),
        (Consumer, "reconnect.backoff.max.ms", "1000"),
        (Consumer, "request.timeout.ms", "30000"),
        (Consumer, "retry.backoff.ms", "100"),
        (Consumer, "retry.backoff.max.ms", "1000"),
        (Broker, "auto.leader.rebalance.enable", "true"),
        (Broker, "broker.heartbeat.interval.ms", "2000"),
        (Broker, "broker.session.timeout.ms", "9000"),
        (Broker, "controlled.shutdown.enable", "true"),
        (Broker, "default.replication.factor", "1"),
        (Broker, "fetch.max.bytes", "57671680"),
        (Broker, "group.initial.rebalance.delay.ms", "3000"),
        (Broker, "group.max.session.timeout.ms", "1800000"),
        (Broker, "group.max.size", "2147483647"),
        (Broker, "group.min.session.timeout.ms", "6000"),
        (Broker, "initial.broker.registration.timeout.ms", "60000"),
        (Broker, "leader.imbalance.check.interval.seconds", "300"),
        (Broker, "log.flush.interval.messages", "9223372036854775807"),
        (Broker, "log.flush.interval.ms", "9223372036854775807"),
        (Broker, "producer.id.expiration.check.interval.ms", "600000"),
        (Broker, "log.segment.bytes", "1073741824"),
        (Broker, "log.cleaner.backoff.ms", "15000"),
        (Broker, "log.cleaner.delete.retention.ms", "86400000"),
        (Broker, "log.cleaner.max.compaction.lag.ms", "9223372036854775807"),
        (Broker, "log.cleaner.min.cleanable.ratio", "0.5"),
        (Broker, "log.cleaner.min.compaction.lag.ms", "0"),
        (Broker, "log.cleanup.policy", "delete"),
        (Broker, "log.initial.task.delay.ms", "30000"),
        (Broker, "log.retention.bytes", "-1"),
        (Broker, "log.retention.check.interval.ms", "300000"),
        (Broker, "log.retention.ms", "604800000"),
        (Broker, "log.roll.ms", "604800000"),
        (Broker, "message.max.bytes", "1048588"),
        (Broker, "transaction.abort.timed.out.transaction.cleanup.interval.ms", "10000"),
        (Broker, "transaction.max.timeout.ms", "900000"),
        (Broker, "transaction.partition.verification.enable", "true"),
        (Broker, "transaction.state.log.min.isr", "2"),
        (Broker, "transaction.state.log.num.partitions", "50"),
        (Broker, "transaction.state.log.replication.factor", "3"),
        (Broker, "transaction.version", "0"),
        (Broker, "min.insync.replicas", "1"),
        (Broker, "num.partitions", "1"),
        (Broker, "offsets.commit.timeout.ms", "5000"),
        (Broker, "offsets.retention.check.interval.ms", "600000"),
        (Broker, "offsets.retention.minutes", "10080"),
        (Broker, "offsets.topic.num.partitions", "50"),
        (Broker, "controller.quorum.append.linger.ms", "25"),
        (Broker, "controller.quorum.election.backoff.max.ms", "1000"),
        (Broker, "controller.quorum.election.timeout.ms", "1000"),
        (Broker, "controller.quorum.fetch.timeout.ms", "2000"),
        (Broker, "controller.quorum.request.timeout.ms", "2000"),
        (Broker, "controller.quorum.retry.backoff.ms", "20"),
        (Broker, "compression.type", "producer"),
        (Broker, "metadata.max.idle.interval.ms", "500"),
        (Broker, "offsets.topic.replication.factor", "3"),
        (Broker, "producer.id.expiration.ms", "86400000"),
        (Broker, "replica.fetch.backoff.ms", "1000"),
        (Broker, "replica.fetch.max.bytes", "1048576"),
        (Broker, "replica.fetch.min.bytes", "1"),
        (Broker, "replica.fetch.response.max.bytes", "10485760"),
        (Broker, "replica.fetch.wait.max.ms", "500"),
        (Broker, "replica.high.watermark.checkpoint.interval.ms", "5000"),
        (Broker, "replica.lag.time.max.ms", "30000"),
        (Broker, "zookeeper.session.timeout.ms", "18000"),
        (Broker, "zookeeper.connection.timeout.ms", "18000"),
        (Broker, "replica.socket.timeout.ms", "30000"),
        (Broker, "unclean.leader.election.enable", "false"),
        (Broker, "unclean.leader.election.interval.ms", "300000"),
        (Topic, "compression.type", "producer"),
        (Topic, "cleanup.policy", "delete"),
        (Topic, "delete.retention.ms", "86400000"),
        (Topic, "max.compaction.lag.ms", "9223372036854775807"),
        (Topic, "min.cleanable.dirty.ratio", "0.5"),
        (Topic, "min.compaction.lag.ms", "0"),
        (Topic, "flush.messages", "9223372036854775807"),
        (Topic, "flush.ms", "9223372036854775807"),
        (Topic, "max.message.bytes", "1048588"),
        (Topic, "min.insync.replicas", "1"),
        (Topic, "retention.bytes", "-1"),
        (Topic, "retention.ms", "604800000"),
        (Topic, "segment.bytes", "1073741824"),
        (Topic, "segment.ms", "604800000"),
        (Topic, "unclean.leader.election.enable", "false"),
    ]
};

#[test]
fn defaults_are_the_documented_ones() {
    for (scope, name, default) in DOCUMENTED {
        let setting = find(*scope, name);
        assert_eq!(setting.map(|s| s.shown(s.default)).as_deref(), Some(*default), "{name}");
    }
    let modelled: usize = Scope::ALL.iter().map(|s| table(*s).len()).sum();
    assert_eq!(DOCUMENTED.len(), modelled, "every modelled setting is checked");
}

#[test]
fn releases_have_their_own_defaults() {
    let acks = |version| resolve_producer(&[], version).0;
    assert_eq!(acks(KafkaVersion::V2_8).acks, Acks::Leader);
    assert!(!acks(KafkaVersion::V2_8).enable_idempotence);
    assert_eq!(acks(KafkaVersion::V2_0).retries, 0);
    assert_eq!(acks(KafkaVersion::V3_0).acks, Acks::All);
    assert_eq!(acks(KafkaVersion::V3_9).linger_ms, Span::ZERO);
    assert_eq!(acks(KafkaVersion::V4_0).linger_ms, Span::millis(5));
    let broker = |version| resolve_broker(&[], version).0;
    assert_eq!(broker(KafkaVersion::V2_4).replica_lag_time_max_ms, Span::secs(10));
    assert_eq!(broker(KafkaVersion::V2_5).replica_lag_time_max_ms, Span::secs(30));
    assert!(broker(KafkaVersion::V0_10).unclean_leader_election_enable);
    assert!(!broker(KafkaVersion::V0_11).unclean_leader_election_enable);
    for default in VERSION_DEFAULTS {
        assert!(find(default.scope, default.name).is_some(), "{}", default.name);
    }
}

#[test]
fn releases_are_found_by_their_words() {
    for version in KafkaVersion::ALL {
        assert_eq!(KafkaVersion::from_word(version.word()), Some(*version));
    }
    assert_eq!(KafkaVersion::from_word("0.10.2"), Some(KafkaVersion::V0_10));
    assert_eq!(KafkaVersion::from_word("3.9.1"), Some(KafkaVersion::V3_9));
    for wrong in ["", "3", "3.", "3.9.", "3.95", "3.9-rc1", "v3.9"] {
        assert_eq!(KafkaVersion::from_word(wrong), None, "{wrong}");
    }
}

#[test]
fn implicit_idempotence_gives_way_and_explicit_does_not() {
    let version = KafkaVersion::V3_9;
    for conflict in [("acks", 1), ("retries", 0), ("max.in.flight.requests.per.connection", 6)] {
        let (config, refusals) = resolve_producer(&[conflict], version);
        assert!(!config.enable_idempotence && refusals.is_empty(), "{conflict:?}");
        let explicit = [conflict, ("enable.idempotence", 1)];
        assert_eq!(resolve_producer(&explicit, version).1.len(), 1, "{conflict:?}");
    }
    let six = [("max.in.flight.requests.per.connection", 6)];
    assert_eq!(resolve_producer(&six, KafkaVersion::V4_0).1.len(), 1, "an error since 4.0");
}

#[test]
fn before_3_0_idempotence_brings_its_own_defaults() {
    let (config, refusals) = resolve_producer(&[("enable.idempotence", 1)], KafkaVersion::V2_0);
    assert_eq!((config.acks, config.retries), (Acks::All, 2_147_483_647));
    assert!(config.enable_idempotence && refusals.is_empty());
}

#[test]
fn delivery_timeout_is_adjusted_unless_it_was_set() {
    let slow = [("request.timeout.ms", 200_000), ("linger.ms", 5)];
    let (config, refusals) = resolve_producer(&slow, KafkaVersion::V3_9);
    assert_eq!(config.delivery_timeout_ms, Span::millis(200_005));
    assert!(refusals.is_empty());
    let set = [("delivery.timeout.ms", 1_000)];
    assert_eq!(resolve_producer(&set, KafkaVersion::V3_9).1.len(), 1);
}

#[test]
fn a_topic_takes_what_it_does_not_set_from_the_broker() {
    let broker = [("min.insync.replicas", 2), ("log.segment.bytes", 1_000_000)];
    let (broker, _) = resolve_broker(&broker, KafkaVersion::V3_9);
    let (topic, _) = resolve_topic(&[("segment.bytes", 2_000)], &broker);
    assert_eq!((topic.min_insync_replicas, topic.segment_bytes), (2, 2_000));
    for (own, brokers) in topic::BROKER_NAMES {
        assert!(find(Scope::Topic, own).is_some() && find(Scope::Broker, brokers).is_some());
    }
    assert_eq!(topic::BROKER_NAMES.len(), TOPIC.len());
}

#[test]
fn times_and_sizes_are_exact() {
    assert_eq!(span_from_text("0.25ms"), Ok(Span::micros(250)));
    assert_eq!(span_from_text(" 1.5 s "), Ok(Span::millis(1_500)));
    assert_eq!(span_from_text("2m"), Ok(Span::secs(120)));
    assert_eq!(size_from_text("64KiB"), Ok(65_536));
    assert_eq!(size_from_text("1.5kB"), Ok(1_500));
    for wrong in
        ["", "ms", "5", "-5ms", "5 parsecs", "1.5ns", "1..5s", "1.s", ".5s", "99999999999d"]
    {
        assert!(span_from_text(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn names_written_in_other_styles_are_recognised() {
    for (scope, wrong, right) in [
        (Scope::Producer, "linger.sm", "linger.ms"),
        (
            Scope::Producer,
            "maxInFlightRequestsPerConnection",
            "max.in.flight.requests.per.connection",
        ),
        (Scope::Topic, "min-insync-replicas", "min.insync.replicas"),
        (Scope::Consumer, "auto_offset_reset", "auto.offset.reset"),
        (Scope::Topic, "retention.sm", "retention.ms"),
    ] {
        assert_eq!(nearest(scope, wrong), Some(right), "{wrong}");
    }
    assert_eq!(nearest(Scope::Producer, "colour"), None);
}

#[test]
fn unmodelled_settings_are_listed_once() {
    let mut names: Vec<(Scope, &str)> = UNMODELLED.iter().map(|u| (u.scope, u.name)).collect();
    let listed = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), listed);
}
