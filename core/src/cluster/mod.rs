//! The cluster: one world made of brokers, controllers, clients and the substrate under them.
//!
//! It may use everything but `scenario`'s parser, `story` and the frontends. Start with [`run`].

pub mod run;
