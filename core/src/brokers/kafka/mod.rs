//! Kafka: brokers, the controller and the client libraries as state machines.
//!
//! Source: apache/kafka trunk of October 2024 (4.0.0-SNAPSHOT) unless a comment names another
//! release. It may use the substrate and the vocabulary of facts; it knows no scenario file, no
//! other family and no screen.

pub mod broker;
pub mod client;
pub mod codec;
pub mod controller;
pub mod cost;
pub mod error;
pub mod group;
pub mod image;
pub mod log;
pub mod plan;
mod producer_ids;
pub mod raft;
pub mod record;
pub mod settings;
pub mod timer;
pub mod transaction;
pub mod wire;
pub mod zookeeper;

/// What an actor of Kafka can do.
pub type Fx<'a> = crate::substrate::Effects<'a, super::FamilyPacket, super::FamilyTimer>;
