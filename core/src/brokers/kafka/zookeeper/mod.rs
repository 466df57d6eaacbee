//! ZooKeeper mode: the cluster's metadata stands in the znodes of a ZooKeeper, and one of the
//! brokers is the controller (Kafka up to 2.6: before leaders asked the controller for ISR changes,
//! KIP-497; reference §3.6, §4.2-§4.5).
//!
//! [`Server`] is the ZooKeeper: sessions, a [`tree`] of znodes with versions, watches.
//! [`Session`] is a broker's side of its connection. [`Active`] is what a broker keeps while it is
//! the controller, and how that decides. What a broker does with all this is in
//! `broker/zookeeper.rs` and `broker/zookeeper_controller.rs`.
//!
//! It may use the substrate, the wire protocol and the metadata image; it knows no scenario.

pub mod active;
pub mod server;
pub mod session;
#[cfg(test)]
mod tests;
pub mod tree;
pub mod wire;

pub use active::Active;
pub use server::Server;
pub use session::Session;

use super::settings::BrokerConfig;
use crate::kernel::Span;

/// `tickTime` of the server.
pub const TICK: Span = Span::secs(2);

/// The session time-out that client and server agree on: what the broker asks for, within 2 and 20
/// ticks (`minSessionTimeout`, `maxSessionTimeout`).
pub fn session_timeout(config: &BrokerConfig) -> Span {
    config.zookeeper_session_timeout_ms.max(TICK.times(2)).min(TICK.times(20))
}
