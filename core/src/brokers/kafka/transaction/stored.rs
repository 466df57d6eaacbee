//! What `__transaction_state` keeps of a transactional id (`TransactionLog`).
//!
//! Simplified: one record of Kafka's is spread over several here, all in one batch.

use super::coordinator::TransactionMetadata;
use super::{ProducerEpoch, TransactionalId};
use crate::brokers::kafka::record::Payload;
use crate::fact::NodeId;
use crate::kernel::{Span, Time};
use std::collections::{BTreeMap, BTreeSet};

/// The records of a state, for one batch.
pub fn records(metadata: &TransactionMetadata) -> Vec<Payload> {
    let id = metadata.id;
    let mut records = vec![
        Payload::Transaction {
            id,
            state: metadata.state,
            epoch: metadata.producer.epoch,
            last_epoch: metadata.last_epoch,
            producer: metadata.producer.id,
        },
        Payload::TransactionTimes {
            id,
            client: metadata.client,
            timeout_ms: u32::try_from(metadata.timeout.0 / 1_000_000).unwrap_or(u32::MAX),
            started_ms: metadata.started.as_millis(),
        },
    ];
    records.extend(metadata.lanes.iter().map(|&lane| Payload::TransactionLane { id, lane }));
    records
}

/// Reads the log of a partition of `__transaction_state` into memory.
#[derive(Debug, Default)]
pub struct Loader {
    ids: BTreeMap<TransactionalId, TransactionMetadata>,
}

impl Loader {
    /// The next record.
    pub fn read(&mut self, record: &Payload) {
        match *record {
            Payload::Transaction { id, state, epoch, last_epoch, producer } => {
                let metadata = TransactionMetadata {
                    id,
                    producer: ProducerEpoch { id: producer, epoch },
                    last_epoch,
                    timeout: Span::ZERO,
                    state,
                    lanes: BTreeSet::new(),
                    started: Time::ZERO,
                    client: NodeId(u16::MAX),
                    pending: None,
                    writes: 0,
                };
                self.ids.insert(id, metadata);
            }
            Payload::TransactionTimes { id, client, timeout_ms, started_ms } => {
                if let Some(metadata) = self.ids.get_mut(&id) {
                    metadata.client = client;
                    metadata.timeout = Span::millis(timeout_ms.into());
                    metadata.started = Time::ZERO + Span::millis(started_ms);
                }
            }
            Payload::TransactionLane { id, lane } => {
                if let Some(metadata) = self.ids.get_mut(&id) {
                    metadata.lanes.insert(lane);
                }
            }
            _ => {}
        }
    }

    /// Everything read.
    pub fn finish(self) -> BTreeMap<TransactionalId, TransactionMetadata> {
        self.ids
    }
}
