//! RabbitMQ: nodes with their exchanges and queues, and the client library, as state machines.
//!
//! Source: rabbitmq/rabbitmq-server v3.10.8 unless a comment names another release; where releases
//! differ [`version::RabbitVersion`] decides. It may use the substrate, the rules of Raft and the
//! vocabulary of facts; it knows no scenario file, no other family and no screen.

pub mod error;
pub mod message;
pub mod topology;
pub mod value;
pub mod version;
