//! Kafka: brokers, the controller and the client libraries as state machines.
//!
//! Source: apache/kafka trunk of October 2024 (4.0.0-SNAPSHOT) unless a comment names another
//! release.

pub mod settings;
