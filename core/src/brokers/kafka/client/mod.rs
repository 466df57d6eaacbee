//! The client libraries: the connection layer all Kafka processes share, the producer, the
//! consumer.
//!
//! Start with [`NetworkClient`]; producer and consumer stand on it.

mod alarm;
mod metadata;
mod network_client;
pub mod producer;

pub use metadata::{LeaderAndEpoch, Metadata};
pub use network_client::{ConnectionConfig, NetworkClient, NetworkEvent};
