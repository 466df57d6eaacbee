//! Markers: how the decision of a coordinator reaches every partition of a transaction
//! (`TransactionMarkerChannelManager`, `KafkaApis.handleWriteTxnMarkersRequest`; reference §7.7).
//!
//! The coordinator asks each leader until it has said that the marker is replicated; the leader
//! appends it as a control batch, which ends the transaction in its log.

use super::produce::Delayed;
use super::transactions::{LOCAL, WRITE_TIMEOUT};
use super::{Broker, Fx};
use crate::brokers::kafka::error::Error;
use crate::brokers::kafka::plan::Mutant;
use crate::brokers::kafka::record::{Batch, NO_SEQUENCE, Payload, ProducerStamp, Record, Records};
use crate::brokers::kafka::timer::{BrokerTimer, KafkaTimer};
use crate::brokers::kafka::transaction::wire::{
    TransactionRequest, TransactionResponse, TxnMarker,
};
use crate::brokers::kafka::transaction::{TransactionState, TransactionalId};
use crate::brokers::kafka::wire::{MARKER_CHANNEL, Request, Response};
use crate::fact::{Fact, LaneId, NodeId};
use crate::kernel::Span;
use std::collections::{BTreeMap, BTreeSet};

/// The pause before markers are sent again that no leader took.
const RETRY: Span = Span::millis(100);
/// Bytes of the one record of a control batch.
const MARKER_BYTES: u32 = 10;

/// What a marker that was written came to: id, partition, producer id, commit, error.
pub(super) type Marked = (TransactionalId, LaneId, u64, bool, Error);

/// Markers on their way.
#[derive(Clone, Debug, Default)]
pub(super) struct Markers {
    /// What each broker has been asked and has not answered.
    in_flight: BTreeMap<NodeId, BTreeSet<(TransactionalId, LaneId)>>,
    /// Ids whose markers were refused for good.
    abandoned: BTreeSet<TransactionalId>,
    retrying: bool,
}

impl Markers {
    /// Ids that were read from the log: this coordinator has given none of them up.
    pub(super) fn readmit(&mut self, ids: &[TransactionalId]) {
        self.abandoned.retain(|id| !ids.contains(id));
    }
}

impl Broker {
    // ── at the coordinator ───────────────────────────────────────────────────────────────────

    /// Sends what is decided and not yet marked to every leader that owes no answer.
    pub(super) fn send_markers(&mut self, fx: &mut Fx<'_>) {
        if self.plan.is(Mutant::SkipsMarkers) {
            return;
        }
        let mut by_leader: BTreeMap<NodeId, Vec<TxnMarker>> = BTreeMap::new();
        let markers = &self.transactions.markers;
        let mut waiting = false;
        for coordinated in self.transactions.coordinated.values() {
            for metadata in coordinated.ids.values() {
                if !metadata.state.is_decided() || markers.abandoned.contains(&metadata.id) {
                    continue;
                }
                for &lane in &metadata.lanes {
                    let leader = self.image.partition(lane).and_then(|p| p.leader);
                    let asked = |l: &NodeId| !markers.in_flight.contains_key(l);
                    let Some(leader) = leader.filter(asked) else {
                        waiting = true;
                        continue;
                    };
                    let list = by_leader.entry(leader).or_default();
                    match list.last_mut().filter(|m| m.id == metadata.id) {
                        Some(marker) => marker.lanes.push(lane),
                        None => list.push(TxnMarker {
                            id: metadata.id,
                            producer: metadata.producer,
                            coordinator_epoch: coordinated.epoch,
                            commit: metadata.state == TransactionState::PrepareCommit,
                            lanes: vec![lane],
                        }),
                    }
                }
            }
        }
        for (leader, markers) in by_leader {
            let pairs = markers.iter().flat_map(|m| m.lanes.iter().map(|l| (m.id, *l))).collect();
            if leader == self.node {
                self.transactions.markers.in_flight.insert(leader, pairs);
                self.write_markers(LOCAL, 0, &markers, fx);
                continue;
            }
            if !self.network.ready(leader, MARKER_CHANNEL, fx) {
                waiting = true;
                continue;
            }
            let request = TransactionRequest::WriteTxnMarkers { markers };
            let request = Request::Transaction(Box::new(request));
            if self.network.send(leader, MARKER_CHANNEL, request, true, fx).is_some() {
                self.transactions.markers.in_flight.insert(leader, pairs);
            }
        }
        if waiting {
            self.retry_markers(fx);
        }
    }

    /// A leader has said what became of its markers.
    pub(super) fn markers_answered(
        &mut self,
        leader: NodeId,
        results: &[(TransactionalId, LaneId, Error)],
        fx: &mut Fx<'_>,
    ) {
        self.transactions.markers.in_flight.remove(&leader);
        let mut again = false;
        for &(id, lane, error) in results {
            match error {
                Error::None => self.with_transaction(id, fx, |t, cx| t.marked(lane, cx)),
                Error::InvalidProducerEpoch | Error::TransactionCoordinatorFenced => {
                    self.transactions.markers.abandoned.insert(id);
                }
                _ => again = true,
            }
        }
        if again {
            self.retry_markers(fx);
        } else {
            self.send_markers(fx);
        }
    }

    /// The connection to a leader broke: whether it wrote the markers is not known.
    pub(super) fn markers_lost(&mut self, leader: NodeId, fx: &mut Fx<'_>) {
        self.transactions.markers.in_flight.remove(&leader);
        self.retry_markers(fx);
    }

    pub(super) fn retry_markers(&mut self, fx: &mut Fx<'_>) {
        if !std::mem::replace(&mut self.transactions.markers.retrying, true) {
            fx.timer(RETRY, KafkaTimer::Broker(BrokerTimer::MarkerRetry));
        }
    }

    /// The pause is over. Ends that could not be written down are tried again, too.
    pub(super) fn markers_due(&mut self, fx: &mut Fx<'_>) {
        self.transactions.markers.retrying = false;
        let all = self.transactions.coordinated.values().flat_map(|c| c.ids.values());
        let stuck = |t: &&crate::brokers::kafka::transaction::TransactionMetadata| {
            t.state.is_decided() && t.lanes.is_empty()
        };
        let stuck: Vec<TransactionalId> = all.filter(stuck).map(|t| t.id).collect();
        for id in stuck {
            self.with_transaction(id, fx, |t, cx| t.complete(cx));
        }
        self.send_markers(fx);
    }

    // ── at the leader of a partition ─────────────────────────────────────────────────────────

    /// Appends markers with acks=all semantics and answers when they are replicated.
    pub(super) fn write_markers(
        &mut self,
        slot: u32,
        correlation: u32,
        markers: &[TxnMarker],
        fx: &mut Fx<'_>,
    ) {
        let mut results = Vec::new();
        let mut waits = Vec::new();
        for marker in markers {
            for &lane in &marker.lanes {
                let error = match self.append_marker(lane, marker, fx) {
                    Ok(required) => {
                        waits.push((lane, required));
                        Error::RequestTimedOut
                    }
                    Err(error) => error,
                };
                results.push((marker.id, lane, marker.producer.id, marker.commit, error));
            }
        }
        if waits.is_empty() {
            return self.markers_written(slot, correlation, &results, fx);
        }
        let delayed = Delayed::Markers { results };
        self.delay(slot, correlation, WRITE_TIMEOUT, delayed, &waits, fx);
    }

    /// Appends one marker; returns the high watermark at which it is replicated.
    fn append_marker(
        &mut self,
        lane: LaneId,
        marker: &TxnMarker,
        fx: &mut Fx<'_>,
    ) -> Result<u64, Error> {
        let TxnMarker { producer, coordinator_epoch, commit, .. } = *marker;
        let first = self.partition(lane).and_then(|p| p.log.first_of_transaction(producer.id));
        let stamp = ProducerStamp {
            id: producer.id,
            epoch: producer.epoch,
            base_sequence: NO_SEQUENCE,
            transactional: true,
        };
        let record = Record {
            payload: Payload::Marker { commit, coordinator_epoch },
            key: None,
            size: MARKER_BYTES,
            is_tombstone: false,
            timestamp: fx.clock().as_millis(),
        };
        let batch = Batch::new(Records::from_slice(&[record]), Some(stamp));
        let (offset, required) = self.append_as_leader(lane, batch, true, fx)?;
        if self.plan.lane(lane).internal {
            return Ok(required);
        }
        let node = self.node;
        fx.state(Fact::MarkerWritten { lane, node, offset, commit });
        if let (Some(first), false, Some(partition)) = (first, commit, self.partition(lane)) {
            let own = |batch: &&Batch| batch.producer.is_some_and(|s| s.id == producer.id);
            for batch in partition.log.range(first, offset).filter(own) {
                for (offset, message) in batch.messages() {
                    fx.state(Fact::Aborted { message, lane, node, offset });
                }
            }
        }
        Ok(required)
    }

    /// The markers of a request are replicated, or are not: offsets in transactions become visible
    /// or are dropped with them (`onEndTransactionMarkerWritten`).
    pub(super) fn markers_written(
        &mut self,
        slot: u32,
        correlation: u32,
        results: &[Marked],
        fx: &mut Fx<'_>,
    ) {
        for &(_, lane, producer, commit, error) in results {
            if error == Error::None {
                self.complete_offsets(lane, producer, commit, fx);
            }
        }
        let results: Vec<_> = results.iter().map(|r| (r.0, r.1, r.4)).collect();
        if slot == LOCAL {
            return self.markers_answered(self.node, &results, fx);
        }
        let response = TransactionResponse::WriteTxnMarkers { results };
        self.respond(slot, correlation, Response::Transaction(Box::new(response)), fx);
    }
}
