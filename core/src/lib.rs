//! mqlab: a deterministic simulator and teaching laboratory for message queues.
//!
//! A run is a pure function of (scenario, seed, interventions). Layers, each of which may use the
//! ones below it and never one above; start reading where your question is:
//!
//! | layer | question it answers |
//! |---|---|
//! | [`lab`] | how does a person play, go back, break things and branch the past? |
//! | [`view`] | what does a screen show of a moment? |
//! | [`explore`] | what do many runs say that one cannot? |
//! | [`story`] | how is what happened told in English and Chinese? |
//! | [`scenario`] | what may a scenario file say, and is this one right? |
//! | [`cluster`] | how do brokers, clients and faults become one world? |
//! | [`ledger`] | what became of every message? |
//! | [`brokers`] | how does each system work? |
//! | [`raft`] | what do all quorums of voters have in common? |
//! | [`fact`] | in which words do all of them state what happened? |
//! | [`substrate`] | how do networks, disks, power and clocks behave? |
//! | [`kernel`] | what is time, order, chance and cause? |

pub mod brokers;
pub mod cluster;
pub mod explore;
pub mod fact;
pub mod kernel;
pub mod lab;
pub mod ledger;
pub mod raft;
pub mod scenario;
pub mod sites;
pub mod story;
pub mod substrate;
pub mod view;
