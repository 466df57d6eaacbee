//! Real settings that are not modelled yet. Using one is an error that says so: a setting that is
//! silently ignored would make a scenario lie.

use super::Scope;

/// A setting that exists in Kafka and has no effect here yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unmodelled {
    /// Who it belongs to.
    pub scope: Scope,
    /// Its real name.
    pub name: &'static str,
}

/// The unmodelled setting of that name.
pub fn unmodelled(scope: Scope, name: &str) -> Option<&'static Unmodelled> {
    UNMODELLED.iter().find(|u| u.scope == scope && u.name == name)
}

/// Lists the unmodelled settings by scope.
macro_rules! unmodelled {
    ($($scope:ident: [$($name:literal,)*])*) => {
        /// Real settings that are not modelled yet.
        pub const UNMODELLED: &[Unmodelled] =
            &[$($(Unmodelled { scope: Scope::$scope, name: $name },)*)*];
    };
}

unmodelled! {
    Producer: [
        "bootstrap.servers", "client.dns.lookup", "client.id", "compression.gzip.level",
        "compression.lz4.level", "compression.zstd.level",
        "connections.max.idle.ms", "enable.metrics.push", "interceptor.classes", "key.serializer",
        "metadata.max.idle.ms", "metadata.recovery.strategy",
        "metadata.recovery.rebootstrap.trigger.ms", "metric.reporters", "metrics.num.samples",
        "metrics.recording.level", "metrics.sample.window.ms",
        "partitioner.availability.timeout.ms", "partitioner.class", "receive.buffer.bytes",
        "sasl.jaas.config", "sasl.mechanism", "security.protocol", "send.buffer.bytes",
        "socket.connection.setup.timeout.max.ms", "socket.connection.setup.timeout.ms",
        "ssl.keystore.location", "ssl.truststore.location",
        "value.serializer",
    ]
    Consumer: [
        "allow.auto.create.topics", "bootstrap.servers", "check.crcs", "client.dns.lookup",
        "client.id", "client.rack", "connections.max.idle.ms", "enable.metrics.push",
        "exclude.internal.topics", "group.id",
        "group.remote.assignor", "interceptor.classes",
        "internal.leave.group.on.close", "key.deserializer",
        "metadata.recovery.strategy", "metadata.recovery.rebootstrap.trigger.ms",
        "metric.reporters", "metrics.num.samples", "metrics.recording.level",
        "metrics.sample.window.ms", "receive.buffer.bytes",
        "sasl.jaas.config", "sasl.mechanism", "security.protocol", "send.buffer.bytes",
        "socket.connection.setup.timeout.max.ms",
        "socket.connection.setup.timeout.ms", "ssl.keystore.location", "ssl.truststore.location",
        "value.deserializer",
    ]
    Broker: [
        "advertised.listeners", "auto.create.topics.enable", "background.threads", "broker.id",
        "broker.rack", "compression.gzip.level", "compression.lz4.level",
        "compression.zstd.level", "connections.max.idle.ms", "controlled.shutdown.max.retries",
        "controlled.shutdown.retry.backoff.ms", "controller.listener.names",
        "controller.quorum.bootstrap.servers",

        "controller.quorum.voters",
        "controller.socket.timeout.ms", "delete.topic.enable", "eligible.leader.replicas.version",
        "fetch.purgatory.purge.interval.requests", "group.consumer.assignors",
        "group.consumer.heartbeat.interval.ms", "group.consumer.max.size",
        "group.consumer.session.timeout.ms", "group.coordinator.append.linger.ms",
        "group.share.delivery.count.limit",
        "group.share.max.size", "group.share.partition.max.record.locks",
        "group.share.record.lock.duration.ms", "inter.broker.listener.name",
        "leader.imbalance.per.broker.percentage", "listeners",
        "log.cleaner.dedupe.buffer.size",
        "log.cleaner.enable",

        "log.cleaner.threads", "log.dir", "log.dirs",
        "log.flush.offset.checkpoint.interval.ms", "log.flush.scheduler.interval.ms", "log.flush.start.offset.checkpoint.interval.ms",
        "log.index.interval.bytes", "log.index.size.max.bytes",
        "log.message.downconversion.enable", "log.message.timestamp.after.max.ms",
        "log.message.timestamp.before.max.ms", "log.message.timestamp.type", "log.preallocate",
        "log.retention.hours", "log.retention.minutes",
        "log.roll.hours", "log.roll.jitter.hours", "log.roll.jitter.ms",
        "log.segment.delete.delay.ms", "max.connections",
        "max.connections.per.ip", "metadata.log.dir",
        "metadata.log.max.record.bytes.between.snapshots",
        "metadata.log.max.snapshot.interval.ms", "node.id",
        "num.io.threads", "num.network.threads", "num.recovery.threads.per.data.dir",
        "num.replica.alter.log.dirs.threads", "num.replica.fetchers",
        "offset.metadata.max.bytes", "offsets.load.buffer.size",

        "offsets.topic.compression.codec", "offsets.topic.segment.bytes", "process.roles",
        "producer.purgatory.purge.interval.requests", "queued.max.requests",
        "quota.window.num", "quota.window.size.seconds", "remote.log.storage.system.enable",
        "replica.lag.max.messages", "replica.selector.class", "request.timeout.ms",
        "replica.socket.receive.buffer.bytes", "socket.receive.buffer.bytes",
        "socket.request.max.bytes", "socket.send.buffer.bytes",
        "transaction.remove.expired.transaction.cleanup.interval.ms",
        "transaction.state.log.segment.bytes",
        "transactional.id.expiration.ms", "zookeeper.connect",
        "zookeeper.max.in.flight.requests", "zookeeper.set.acl",
    ]
    Topic: [
        "compression.gzip.level", "compression.lz4.level", "compression.zstd.level",
        "file.delete.delay.ms",
        "follower.replication.throttled.replicas", "index.interval.bytes",
        "leader.replication.throttled.replicas", "local.retention.bytes", "local.retention.ms",
        "message.downconversion.enable", "message.format.version",
        "message.timestamp.after.max.ms", "message.timestamp.before.max.ms",
        "message.timestamp.difference.max.ms", "message.timestamp.type",
        "preallocate", "remote.storage.enable",
        "segment.index.bytes", "segment.jitter.ms",
    ]
}
