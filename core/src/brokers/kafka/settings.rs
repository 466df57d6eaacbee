//! Kafka's settings by their real names, with the real defaults.
//!
//! Stub: being written.

use crate::kernel::Span;

/// The release whose rules and defaults hold.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum KafkaVersion {
    /// 3.9, the last line with ZooKeeper.
    #[default]
    V3_9,
    /// 4.0.
    V4_0,
}

/// The producer's `acks`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Acks {
    /// `0`: do not wait.
    None,
    /// `1`: the leader's log.
    Leader,
    /// `all` (`-1`): every in-sync replica.
    #[default]
    All,
}

/// Broker settings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BrokerConfig {
    /// `replica.lag.time.max.ms`
    pub replica_lag_time_max_ms: Span,
}

/// Topic settings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TopicConfig {
    /// `min.insync.replicas`
    pub min_insync_replicas: u32,
}

/// Producer settings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProducerConfig {
    /// `acks`
    pub acks: Acks,
}

/// Consumer settings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConsumerConfig {
    /// `auto.offset.reset`
    pub fetch_min_bytes: u64,
}
