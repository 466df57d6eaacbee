//! What a broker does for the transactional ids it coordinates (`TransactionCoordinator`,
//! `TransactionStateManager`; reference §7). The rules themselves are in
//! [`crate::brokers::kafka::transaction::coordinator`]; markers go out from [`super::markers`].
//!
//! Simplified: reading a partition of `__transaction_state` into memory takes 5 ms and 1 µs a
//! record, whatever the disk.

use super::markers::Markers;
use super::produce::Delayed;
use super::verification::Unverified;
use super::{Broker, Fx};
use crate::brokers::kafka::error::Error;
use crate::brokers::kafka::group::classic::Waiter;
use crate::brokers::kafka::producer_ids::ProducerIds;
use crate::brokers::kafka::record::{Batch, Payload, Record, Records};
use crate::brokers::kafka::timer::{BrokerTimer, KafkaTimer};
use crate::brokers::kafka::transaction::coordinator::AddedFor;
use crate::brokers::kafka::transaction::wire::{
    AddPartitionsToTxn, InitProducerId, TransactionRequest, TransactionResponse,
};
use crate::brokers::kafka::transaction::{
    Context, Loader, ProducerEpoch, TransactionEffect, TransactionMetadata, TransactionalId,
};
use crate::brokers::kafka::wire::Response;
use crate::fact::{LaneId, SubscriptionId};
use crate::kernel::{Span, Time};
use std::collections::BTreeMap;

/// Time to begin reading a partition of transactional ids.
const LOADING: Span = Span::millis(5);
/// Time to read one record of it.
const LOADING_A_RECORD: Span = Span::micros(1);
/// How long a write of the coordinator may take (`request.timeout.ms` of the broker).
pub(super) const WRITE_TIMEOUT: Span = Span::secs(30);
/// Whoever waits in the purgatory for a write that no connection is answered for.
pub(super) const NOBODY: u32 = u32::MAX;
/// A part of this broker that asked another part of it.
pub(super) const LOCAL: u32 = u32::MAX - 1;
/// Bytes of a record of `__transaction_state`, about.
const RECORD_BYTES: u32 = 60;

/// One partition of `__transaction_state`, in memory while its leader is this broker.
#[derive(Clone, Debug, Default)]
pub(super) struct Coordinated {
    pub(super) ids: BTreeMap<TransactionalId, TransactionMetadata>,
    /// The log is still being read.
    loading: bool,
    /// The high watermark when this broker began to lead: the coordinator before has told of every
    /// decision below it.
    told_below: u64,
    /// The leader epoch: the coordinator epoch of markers.
    pub(super) epoch: u32,
}

/// Everything a broker has to do with transactions; all of it is volatile.
#[derive(Clone, Debug, Default)]
pub(super) struct TransactionWork {
    /// By partition of `__transaction_state`.
    pub(super) coordinated: BTreeMap<LaneId, Coordinated>,
    pub(super) markers: Markers,
    /// Requests whose partitions the coordinator has not confirmed yet, by number.
    pub(super) unverified: BTreeMap<u32, Unverified>,
    pub(super) next_unverified: u32,
}

impl Broker {
    /// A transactional id, if this broker coordinates it.
    pub fn transaction(&self, id: TransactionalId) -> Option<&TransactionMetadata> {
        let lane = self.plan.transaction_lane(id)?;
        self.transactions.coordinated.get(&lane)?.ids.get(&id)
    }

    // ── loading and unloading ────────────────────────────────────────────────────────────────

    /// The process starts again and knows nothing.
    pub(super) fn forget_transactions(&mut self) {
        self.transactions = TransactionWork::default();
    }

    /// The process starts.
    pub(super) fn begin_transaction_scans(&self, fx: &mut Fx<'_>) {
        if self.plan.transaction_topic.is_some() {
            self.scan_later(fx);
        }
    }

    fn scan_later(&self, fx: &mut Fx<'_>) {
        let every = self.plan.broker.transaction_abort_timed_out_transaction_cleanup_interval_ms;
        fx.timer(every, KafkaTimer::Broker(BrokerTimer::TransactionScan));
    }

    /// This broker leads a partition of `__transaction_state`: it reads the log into memory.
    pub(super) fn load_transactions(&mut self, lane: LaneId, epoch: u32, fx: &mut Fx<'_>) {
        if !self.plan.keeps_transactions(lane) {
            return;
        }
        let told_below = self.partition(lane).map_or(0, |p| p.log.high_watermark());
        let ids = BTreeMap::new();
        let coordinated = Coordinated { ids, loading: true, told_below, epoch };
        self.transactions.coordinated.insert(lane, coordinated);
        if fx.now() == Time::ZERO {
            return self.transactions_loaded(lane, epoch, fx);
        }
        let end = self.partition(lane).map_or(0, |p| p.log.end_offset());
        let takes = LOADING + LOADING_A_RECORD.times(end);
        fx.timer(takes, KafkaTimer::Broker(BrokerTimer::TransactionsLoaded { lane, epoch }));
    }

    /// The log has been read. What is decided goes on from there.
    pub(super) fn transactions_loaded(&mut self, lane: LaneId, epoch: u32, fx: &mut Fx<'_>) {
        let coordinated = self.transactions.coordinated.get(&lane);
        if !coordinated.is_some_and(|c| c.loading && c.epoch == epoch) {
            return;
        }
        let mut loader = Loader::default();
        let mut written: BTreeMap<TransactionalId, u64> = BTreeMap::new();
        if let Some(partition) = self.partition(lane) {
            for batch in partition.log.batches() {
                for record in &batch.records {
                    loader.read(&record.payload);
                    if let Payload::Transaction { id, .. } = record.payload {
                        written.insert(id, batch.base_offset);
                    }
                }
            }
        }
        let ids = loader.finish();
        let all: Vec<TransactionalId> = ids.keys().copied().collect();
        self.transactions.markers.readmit(&all);
        let told_below = self.transactions.coordinated.get(&lane).map_or(0, |c| c.told_below);
        let coordinated = Coordinated { ids, loading: false, told_below, epoch };
        self.transactions.coordinated.insert(lane, coordinated);
        for id in all {
            let known = written.get(&id).is_some_and(|offset| *offset < told_below);
            self.with_transaction(id, fx, |t, cx| t.resume(known, cx));
        }
    }

    /// This broker leads a partition no longer.
    pub(super) fn unload_transactions(&mut self, lane: LaneId, fx: &mut Fx<'_>) {
        let Some(coordinated) = self.transactions.coordinated.remove(&lane) else { return };
        let mut effects = Vec::new();
        let mut unused = self.producer_ids;
        let mut cx = self.context(fx.clock(), &mut unused, &mut effects);
        for (_, mut metadata) in coordinated.ids {
            metadata.unload(&mut cx);
        }
        self.carry_out_transaction(None, effects, fx);
    }

    /// The connection in this slot is gone.
    pub(super) fn orphan_transactions(&mut self, slot: u32) {
        let all = self.transactions.coordinated.values_mut();
        for metadata in all.flat_map(|c| c.ids.values_mut()) {
            metadata.orphan(slot);
        }
        for unverified in self.transactions.unverified.values_mut() {
            unverified.orphan(slot);
        }
    }

    /// Looks for transactions that have been open for too long.
    pub(super) fn scan_transactions(&mut self, fx: &mut Fx<'_>) {
        let all = self.transactions.coordinated.values().filter(|c| !c.loading);
        let ids: Vec<TransactionalId> = all.flat_map(|c| c.ids.keys().copied()).collect();
        for id in ids {
            self.with_transaction(id, fx, |t, cx| t.expire(cx));
        }
        self.scan_later(fx);
    }

    // ── requests ─────────────────────────────────────────────────────────────────────────────

    /// Handles a request about a transaction.
    pub(super) fn handle_transaction(
        &mut self,
        slot: u32,
        correlation: u32,
        request: TransactionRequest,
        fx: &mut Fx<'_>,
    ) {
        let waiter = Waiter { slot, correlation };
        match request {
            TransactionRequest::FindCoordinator { id } => {
                let response = self.find_transaction_coordinator(id, fx);
                self.answer(waiter, response, fx);
            }
            TransactionRequest::InitProducerId(request) => self.init_producer(request, waiter, fx),
            TransactionRequest::AddPartitionsToTxn(request) => {
                self.add_partitions(&request, waiter, fx);
            }
            TransactionRequest::AddOffsetsToTxn { id, producer, group } => {
                self.add_offsets(id, producer, group, waiter, fx);
            }
            TransactionRequest::EndTxn { id, producer, commit } => {
                let refusal = |error| TransactionResponse::EndTxn { error, producer };
                self.ask_transaction(id, waiter, refusal, fx, |t, cx| {
                    t.end(producer, commit, waiter, cx)
                });
            }
            TransactionRequest::TxnOffsetCommit { id, producer, group, member, offsets } => {
                let commit = super::verification::OffsetsInTransaction { group, member, offsets };
                self.txn_offset_commit(id, producer, commit, waiter, fx);
            }
            TransactionRequest::WriteTxnMarkers { markers } => {
                self.write_markers(slot, correlation, &markers, fx);
            }
        }
    }

    /// Answers a connection, or the part of this broker that asked.
    pub(super) fn answer(
        &mut self,
        waiter: Waiter,
        response: TransactionResponse,
        fx: &mut Fx<'_>,
    ) {
        let Waiter { slot, correlation } = waiter;
        if slot == LOCAL {
            return self.verification_answered(correlation, &response, fx);
        }
        self.respond(slot, correlation, Response::Transaction(Box::new(response)), fx);
    }

    fn find_transaction_coordinator(
        &mut self,
        id: TransactionalId,
        fx: &mut Fx<'_>,
    ) -> TransactionResponse {
        let coordinator = self.transaction_leader(id);
        let missing =
            self.plan.transaction_lane(id).is_none_or(|l| self.image.partition(l).is_none());
        if missing {
            self.isr_changes.create_offsets_topic = true;
            self.send_isr_changes(fx);
        }
        let error = match coordinator {
            Some(_) => Error::None,
            None => Error::CoordinatorNotAvailable,
        };
        TransactionResponse::FindCoordinator { error, coordinator }
    }

    /// Who leads the partition that keeps the id, as far as this broker knows.
    pub(super) fn transaction_leader(&self, id: TransactionalId) -> Option<crate::fact::NodeId> {
        let state = self.image.partition(self.plan.transaction_lane(id)?)?;
        state.leader.filter(|&l| !self.image.broker(l).fenced)
    }

    fn init_producer(&mut self, request: InitProducerId, waiter: Waiter, fx: &mut Fx<'_>) {
        let refusal = |error| TransactionResponse::InitProducerId {
            error,
            producer: ProducerEpoch { id: 0, epoch: -1 },
        };
        let id = request.id;
        if self.coordinated(id).is_ok_and(|c| !c.ids.contains_key(&id)) {
            let (mut ids, mut effects) = (self.producer_ids, Vec::new());
            let metadata = {
                let mut cx = self.context(fx.clock(), &mut ids, &mut effects);
                TransactionMetadata::new(id, &mut cx)
            };
            self.producer_ids = ids;
            if let Ok(coordinated) = self.coordinated(id) {
                coordinated.ids.insert(id, metadata);
            }
        }
        self.ask_transaction(id, waiter, refusal, fx, |t, cx| t.init(&request, waiter, cx));
    }

    /// Partitions join a transaction, or a leader asks whether its own are in it.
    pub(super) fn add_partitions(
        &mut self,
        request: &AddPartitionsToTxn,
        waiter: Waiter,
        fx: &mut Fx<'_>,
    ) {
        let AddPartitionsToTxn { id, producer, ref lanes, verify_only } = *request;
        let refusal = |error| {
            let results = lanes.iter().map(|l| (*l, error)).collect();
            TransactionResponse::AddPartitionsToTxn { results }
        };
        self.ask_transaction(id, waiter, refusal, fx, |t, cx| match verify_only {
            true => {
                let response = t.verify(request);
                cx.effects.push(TransactionEffect::Respond(waiter, response));
            }
            false => t.add(producer, lanes, AddedFor::Partitions, waiter, cx),
        });
    }

    fn add_offsets(
        &mut self,
        id: TransactionalId,
        producer: ProducerEpoch,
        group: SubscriptionId,
        waiter: Waiter,
        fx: &mut Fx<'_>,
    ) {
        let refusal = |error| TransactionResponse::AddOffsetsToTxn { error };
        let Some(lane) = self.plan.offsets_lane(group) else {
            return self.answer(waiter, refusal(Error::CoordinatorNotAvailable), fx);
        };
        self.ask_transaction(id, waiter, refusal, fx, |t, cx| {
            t.add(producer, &[lane], AddedFor::Offsets, waiter, cx);
        });
    }

    // ── an id and what it wants ──────────────────────────────────────────────────────────────

    /// The loaded partition that keeps an id, or why there is none.
    fn coordinated(&mut self, id: TransactionalId) -> Result<&mut Coordinated, Error> {
        let lane = self.plan.transaction_lane(id).ok_or(Error::CoordinatorNotAvailable)?;
        match self.transactions.coordinated.get_mut(&lane) {
            Some(coordinated) if coordinated.loading => Err(Error::CoordinatorLoadInProgress),
            Some(coordinated) => Ok(coordinated),
            None => Err(Error::NotCoordinator),
        }
    }

    /// Lets the rules answer a request, or refuses it where the id is not kept here.
    fn ask_transaction(
        &mut self,
        id: TransactionalId,
        waiter: Waiter,
        refusal: impl FnOnce(Error) -> TransactionResponse,
        fx: &mut Fx<'_>,
        act: impl FnOnce(&mut TransactionMetadata, &mut Context<'_>),
    ) {
        let error = match self.coordinated(id) {
            Err(error) => error,
            Ok(coordinated) if coordinated.ids.contains_key(&id) => {
                self.with_transaction(id, fx, act);
                return;
            }
            Ok(_) => Error::InvalidProducerIdMapping,
        };
        self.answer(waiter, refusal(error), fx);
    }

    fn context<'a>(
        &self,
        now: Time,
        producer_ids: &'a mut ProducerIds,
        effects: &'a mut Vec<TransactionEffect>,
    ) -> Context<'a> {
        Context {
            now,
            v2: self.plan.transactions_v2(),
            max_timeout: self.plan.broker.transaction_max_timeout_ms,
            producer_ids,
            effects,
        }
    }

    /// Lets an id do something and carries out what it wants.
    pub(super) fn with_transaction(
        &mut self,
        id: TransactionalId,
        fx: &mut Fx<'_>,
        act: impl FnOnce(&mut TransactionMetadata, &mut Context<'_>),
    ) {
        let (mut ids, mut effects) = (self.producer_ids, Vec::new());
        let mut cx = self.context(fx.clock(), &mut ids, &mut effects);
        let Some(lane) = self.plan.transaction_lane(id) else { return };
        let coordinated = self.transactions.coordinated.get_mut(&lane);
        let Some(metadata) = coordinated.and_then(|c| c.ids.get_mut(&id)) else { return };
        act(metadata, &mut cx);
        self.changed = true;
        self.producer_ids = ids;
        self.carry_out_transaction(Some(id), effects, fx);
    }

    fn carry_out_transaction(
        &mut self,
        id: Option<TransactionalId>,
        effects: Vec<TransactionEffect>,
        fx: &mut Fx<'_>,
    ) {
        for effect in effects {
            match effect {
                TransactionEffect::Respond(waiter, response) => self.answer(waiter, response, fx),
                TransactionEffect::Store(number) => {
                    if let Some(id) = id {
                        self.store_transaction(id, number, fx);
                    }
                }
                TransactionEffect::SendMarkers => self.send_markers(fx),
                TransactionEffect::State(fact) => fx.state(fact),
            }
        }
    }

    /// Writes a change down with acks=all semantics; [`Broker::transaction_stored`] follows.
    fn store_transaction(&mut self, id: TransactionalId, number: u32, fx: &mut Fx<'_>) {
        let Some(lane) = self.plan.transaction_lane(id) else { return };
        let Some(records) = self.transaction(id).and_then(|t| t.records(number)) else { return };
        let timestamp = fx.clock().as_millis();
        let record = |payload| Record {
            payload,
            key: None,
            size: RECORD_BYTES,
            is_tombstone: false,
            timestamp,
        };
        let records: Records = records.into_iter().map(record).collect();
        match self.append_as_leader(lane, Batch::new(records, None), true, fx) {
            Ok((_, required)) => {
                let delayed = Delayed::Transaction { id, lane, number };
                self.delay(NOBODY, 0, WRITE_TIMEOUT, delayed, &[(lane, required)], fx);
            }
            Err(error) => self.transaction_stored(id, number, error, fx),
        }
    }

    /// The write of a change has ended one way or the other (`appendTransactionToLog`).
    pub(super) fn transaction_stored(
        &mut self,
        id: TransactionalId,
        number: u32,
        error: Error,
        fx: &mut Fx<'_>,
    ) {
        let error = super::coordinator::as_coordinator_says(error);
        self.with_transaction(id, fx, |t, cx| t.stored(number, error, cx));
        if error != Error::None {
            self.retry_markers(fx);
        }
    }
}
