//! The client libraries: the connection layer all Kafka processes share, the producer, the
//! consumer.
//!
//! Start with [`NetworkClient`]; producer and consumer stand on it. They may use the wire protocol,
//! settings and the substrate; they know no broker and no scenario.
//!
//! Simplified: no transactions, no quotas.

mod alarm;
pub mod consumer;
mod metadata;
mod network_client;
pub mod producer;

pub use consumer::{CommitPolicy, Consumer, ConsumerPlan};
pub use metadata::{LeaderAndEpoch, Metadata};
pub use network_client::{ConnectionConfig, NetworkClient, NetworkEvent};
pub use producer::{Producer, ProducerPlan, murmur2};

#[cfg(test)]
mod testing;
