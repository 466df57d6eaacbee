//! The client libraries: the connection layer all Kafka processes share, the producer, the
//! consumer.
//!
//! Start with [`NetworkClient`]; producer and consumer stand on it.

mod network_client;

pub use network_client::{ConnectionConfig, NetworkClient, NetworkEvent};
