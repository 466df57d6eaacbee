//! The rules of the transaction coordinator for one transactional id (`TransactionCoordinator`,
//! `TransactionMetadata`, `TransactionStateManager`; reference §7.2-7.9).
//!
//! A change is first written to the log and only then true: while the write is under way the id is
//! *pending* and every request about it is answered `CONCURRENT_TRANSACTIONS`.

use super::wire::{AddPartitionsToTxn, InitProducerId, TransactionResponse};
use super::{ProducerEpoch, TransactionState, TransactionalId};
use crate::brokers::kafka::error::Error;
use crate::brokers::kafka::group::classic::Waiter;
use crate::brokers::kafka::producer_ids::ProducerIds;
use crate::fact::{Fact, LaneId, NodeId};
use crate::kernel::{Span, Time};
use std::collections::BTreeSet;

/// The last epoch that is given out; after it the producer gets another id.
const LAST_EPOCH: i16 = i16::MAX - 1;
/// No earlier epoch can be asked for again.
pub const NO_EPOCH: i16 = -1;

/// What a coordinator keeps of one transactional id.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TransactionMetadata {
    /// Which.
    pub id: TransactionalId,
    /// The producer id and epoch that are in force.
    pub producer: ProducerEpoch,
    /// The epoch before, if it was left by the producer's own wish (KIP-360); otherwise
    /// [`NO_EPOCH`].
    pub last_epoch: i16,
    /// `transaction.timeout.ms` of the producer.
    pub timeout: Span,
    /// Where the newest transaction stands.
    pub state: TransactionState,
    /// The partitions of the open or decided transaction.
    pub lanes: BTreeSet<LaneId>,
    /// When the open transaction got its first partition, by the coordinator's clock.
    pub started: Time,
    /// The client that asked for the epoch in force.
    pub client: NodeId,
    /// The change that is being written.
    pub(super) pending: Option<Pending>,
    /// How many changes have been written so far.
    pub(super) writes: u32,
}

/// A change on its way to the log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Pending {
    number: u32,
    /// The metadata as it will be.
    next: Box<TransactionMetadata>,
    then: Then,
}

/// What follows when a change is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Then {
    /// The producer has its epoch.
    Initialized(Waiter),
    /// What an older instance left open is aborted; the new one is to ask again.
    Fenced(Waiter),
    /// Partitions are in the transaction.
    Added(Waiter, AddedFor),
    /// The transaction is decided.
    Ended(Waiter),
    /// An empty transaction of V2 ended by nothing but a new epoch.
    EndedEmpty(Waiter),
    /// Its time was up.
    TimedOut,
    /// Every partition has its marker.
    Completed,
}

/// For which request partitions were added.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AddedFor {
    /// AddPartitionsToTxn.
    Partitions,
    /// AddOffsetsToTxn.
    Offsets,
}

/// What a coordinator wants of its broker.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TransactionEffect {
    /// Answer a request.
    Respond(Waiter, TransactionResponse),
    /// Write [`TransactionMetadata::records`] down; [`TransactionMetadata::stored`] follows.
    Store(u32),
    /// Markers are to be sent.
    SendMarkers,
    /// State a fact.
    State(Fact),
}

/// What a coordinator may look at and do.
#[derive(Debug)]
pub struct Context<'a> {
    /// The time by the broker's clock.
    pub now: Time,
    /// Transactions V2 (KIP-890): every transaction has an epoch of its own.
    pub v2: bool,
    /// `transaction.max.timeout.ms`
    pub max_timeout: Span,
    /// The producer ids of this broker.
    pub producer_ids: &'a mut ProducerIds,
    /// What is to be done.
    pub effects: &'a mut Vec<TransactionEffect>,
}

impl Context<'_> {
    fn fresh_producer(&mut self) -> ProducerEpoch {
        ProducerEpoch { id: self.producer_ids.fresh(), epoch: 0 }
    }

    fn respond(&mut self, waiter: Waiter, response: TransactionResponse) {
        self.effects.push(TransactionEffect::Respond(waiter, response));
    }
}

impl TransactionMetadata {
    /// An id nobody has asked for yet.
    pub fn new(id: TransactionalId, cx: &mut Context<'_>) -> Self {
        let fresh = cx.fresh_producer();
        TransactionMetadata {
            id,
            producer: ProducerEpoch { epoch: NO_EPOCH, ..fresh },
            last_epoch: NO_EPOCH,
            timeout: Span::ZERO,
            state: TransactionState::Empty,
            lanes: BTreeSet::new(),
            started: Time::ZERO,
            client: NodeId(u16::MAX),
            pending: None,
            writes: 0,
        }
    }

    /// Whether a change is being written.
    pub fn is_pending(&self) -> bool {
        self.pending.is_some()
    }

    /// The records of the change with this number, if it is the one under way.
    pub fn records(&self, number: u32) -> Option<Vec<super::super::record::Payload>> {
        let pending = self.pending.as_ref().filter(|p| p.number == number)?;
        Some(super::stored::records(&pending.next))
    }

    fn change(&mut self, next: TransactionMetadata, then: Then, cx: &mut Context<'_>) {
        self.writes = self.writes.wrapping_add(1);
        let number = self.writes;
        let next = Box::new(TransactionMetadata { pending: None, writes: number, ..next });
        self.pending = Some(Pending { number, next, then });
        cx.effects.push(TransactionEffect::Store(number));
    }

    // ── requests ─────────────────────────────────────────────────────────────────────────────

    /// `initTransactions()`, or a producer that needs another epoch (reference §7.3).
    pub fn init(&mut self, request: &InitProducerId, waiter: Waiter, cx: &mut Context<'_>) {
        let refuse = |error, cx: &mut Context<'_>| {
            let producer = ProducerEpoch { id: 0, epoch: NO_EPOCH };
            cx.respond(waiter, TransactionResponse::InitProducerId { error, producer });
        };
        if request.timeout == Span::ZERO || request.timeout > cx.max_timeout {
            return refuse(Error::InvalidTransactionTimeout, cx);
        }
        if self.is_pending() || self.state.is_decided() {
            return refuse(Error::ConcurrentTransactions, cx);
        }
        let current = self.producer;
        if let Some(expected) = request.expected {
            let known = expected == current
                || expected.id == current.id && expected.epoch == self.last_epoch;
            if !known {
                return refuse(Error::ProducerFenced, cx);
            }
            if expected != current && self.state != TransactionState::Ongoing {
                // The answer to an earlier such request got lost.
                let response =
                    TransactionResponse::InitProducerId { error: Error::None, producer: current };
                return cx.respond(waiter, response);
            }
        }
        if self.state == TransactionState::Ongoing {
            // The epoch that fences is never given out; the producer asks again and gets the next.
            let next = self.aborting(current.epoch.saturating_add(1));
            return self.change(next, Then::Fenced(waiter), cx);
        }
        let exhausted = current.epoch >= LAST_EPOCH;
        let producer = match exhausted {
            true => cx.fresh_producer(),
            false => ProducerEpoch { epoch: current.epoch + 1, ..current },
        };
        let wished = request.expected.is_some() && !exhausted;
        let next = TransactionMetadata {
            producer,
            last_epoch: if wished { current.epoch } else { NO_EPOCH },
            timeout: request.timeout,
            client: request.client,
            state: TransactionState::Empty,
            lanes: BTreeSet::new(),
            ..self.clone()
        };
        self.change(next, Then::Initialized(waiter), cx);
    }

    fn aborting(&self, epoch: i16) -> TransactionMetadata {
        let producer = ProducerEpoch { epoch, ..self.producer };
        TransactionMetadata { producer, state: TransactionState::PrepareAbort, ..self.clone() }
    }

    fn add_refusal(&self, producer: ProducerEpoch) -> Error {
        if producer.id != self.producer.id {
            Error::InvalidProducerIdMapping
        } else if producer.epoch != self.producer.epoch {
            Error::ProducerFenced
        } else if self.is_pending() || self.state.is_decided() {
            Error::ConcurrentTransactions
        } else {
            Error::None
        }
    }

    /// Partitions join the transaction (reference §7.4).
    pub fn add(
        &mut self,
        producer: ProducerEpoch,
        lanes: &[LaneId],
        whom: AddedFor,
        waiter: Waiter,
        cx: &mut Context<'_>,
    ) {
        let error = self.add_refusal(producer);
        let ongoing = self.state == TransactionState::Ongoing;
        let known = ongoing && lanes.iter().all(|lane| self.lanes.contains(lane));
        if error != Error::None || known {
            return cx.respond(waiter, added(whom, lanes, error));
        }
        let mut all = if ongoing { self.lanes.clone() } else { BTreeSet::new() };
        all.extend(lanes);
        let next = TransactionMetadata {
            state: TransactionState::Ongoing,
            lanes: all,
            started: if ongoing { self.started } else { cx.now },
            ..self.clone()
        };
        self.change(next, Then::Added(waiter, whom), cx);
    }

    /// A partition leader asks whether its partitions are in the transaction (KIP-890). A change
    /// under way is not looked at: the leader looks again when it appends.
    pub fn verify(&self, request: &AddPartitionsToTxn) -> TransactionResponse {
        let refusal = if request.producer.id != self.producer.id {
            Error::InvalidProducerIdMapping
        } else if request.producer.epoch != self.producer.epoch {
            Error::ProducerFenced
        } else if self.state.is_decided() {
            Error::ConcurrentTransactions
        } else {
            Error::None
        };
        let ongoing = self.state == TransactionState::Ongoing;
        let result = |lane: &LaneId| match refusal {
            Error::None if !ongoing || !self.lanes.contains(lane) => Error::TransactionAbortable,
            other => other,
        };
        let results = request.lanes.iter().map(|lane| (*lane, result(lane))).collect();
        TransactionResponse::AddPartitionsToTxn { results }
    }

    /// Commit or abort (reference §7.7, §7.9).
    pub fn end(
        &mut self,
        producer: ProducerEpoch,
        commit: bool,
        waiter: Waiter,
        cx: &mut Context<'_>,
    ) {
        use TransactionState::{
            CompleteAbort, CompleteCommit, Empty, Ongoing, PrepareAbort, PrepareCommit,
        };
        let answer = |error, producer| TransactionResponse::EndTxn { error, producer };
        let retry = cx.v2
            && producer.epoch.checked_add(1) == Some(self.producer.epoch)
            && !matches!(self.state, Ongoing | Empty);
        let refusal = if producer.id != self.producer.id {
            Error::InvalidProducerIdMapping
        } else if producer.epoch != self.producer.epoch && !retry {
            Error::ProducerFenced
        } else if self.is_pending() {
            Error::ConcurrentTransactions
        } else {
            Error::None
        };
        if refusal != Error::None {
            return cx.respond(waiter, answer(refusal, producer));
        }
        // With V2 a producer that has nothing to abort gets its new epoch all the same.
        let nothing = matches!(self.state, Empty | CompleteAbort | CompleteCommit) && !retry;
        if cx.v2 && nothing && !commit {
            let producer = self.bumped();
            let next = TransactionMetadata { producer, state: CompleteAbort, ..self.clone() };
            return self.change(next, Then::EndedEmpty(waiter), cx);
        }
        let error = match (self.state, commit) {
            (Ongoing, _) => {
                let producer = if cx.v2 { self.bumped() } else { self.producer };
                let state = if commit { PrepareCommit } else { PrepareAbort };
                let next = TransactionMetadata { producer, state, ..self.clone() };
                return self.change(next, Then::Ended(waiter), cx);
            }
            (PrepareCommit, true) | (PrepareAbort, false) => Error::ConcurrentTransactions,
            (CompleteCommit, true) | (CompleteAbort, false) if retry || !cx.v2 => Error::None,
            _ => Error::InvalidTxnState,
        };
        cx.respond(waiter, answer(error, self.producer));
    }

    fn bumped(&self) -> ProducerEpoch {
        ProducerEpoch { epoch: self.producer.epoch.saturating_add(1), ..self.producer }
    }

    /// The scan for transactions that have been open for too long (reference §7.8). The time runs
    /// from the first partition, not from the last activity.
    pub fn expire(&mut self, cx: &mut Context<'_>) {
        let over = self.state == TransactionState::Ongoing
            && !self.is_pending()
            && cx.now > self.started + self.timeout;
        if over {
            let next = self.aborting(self.producer.epoch.saturating_add(1));
            self.change(next, Then::TimedOut, cx);
        }
    }

    /// The partition has its marker. When all have one, the transaction is complete.
    pub fn marked(&mut self, lane: LaneId, cx: &mut Context<'_>) {
        if !self.state.is_decided() {
            return;
        }
        self.lanes.remove(&lane);
        self.complete(cx);
    }

    /// Writes the end down if every partition has its marker. Asked again when the write failed.
    pub fn complete(&mut self, cx: &mut Context<'_>) {
        let state = match self.state {
            TransactionState::PrepareCommit => TransactionState::CompleteCommit,
            TransactionState::PrepareAbort => TransactionState::CompleteAbort,
            _ => return,
        };
        if !self.lanes.is_empty() || self.is_pending() {
            return;
        }
        let next = TransactionMetadata { state, ..self.clone() };
        self.change(next, Then::Completed, cx);
    }

    // ── writing ──────────────────────────────────────────────────────────────────────────────

    /// The write of a change has ended one way or the other.
    pub fn stored(&mut self, number: u32, error: Error, cx: &mut Context<'_>) {
        let Some(pending) = self.pending.take_if(|p| p.number == number) else { return };
        let Pending { next, then, .. } = pending;
        if error != Error::None {
            self.refuse(then, error, cx);
            return;
        }
        let (before, client) = (self.state, self.client);
        let lanes: Vec<LaneId> = next.lanes.difference(&self.lanes).copied().collect();
        *self = *next;
        let producer = self.producer;
        match then {
            Then::Initialized(waiter) => {
                let response = TransactionResponse::InitProducerId { error, producer };
                cx.respond(waiter, response);
            }
            Then::Added(waiter, whom) => {
                if before != TransactionState::Ongoing {
                    cx.effects.push(TransactionEffect::State(Fact::TransactionBegun {
                        producer: client,
                    }));
                }
                cx.respond(waiter, added(whom, &lanes, error));
            }
            Then::Ended(waiter) => {
                cx.respond(waiter, TransactionResponse::EndTxn { error, producer });
                self.decided("the application aborted it", cx);
            }
            Then::EndedEmpty(waiter) => {
                cx.respond(waiter, TransactionResponse::EndTxn { error, producer });
            }
            Then::Fenced(waiter) => {
                let error = Error::ConcurrentTransactions;
                cx.respond(waiter, TransactionResponse::InitProducerId { error, producer });
                self.decided("a new producer took its transactional.id over", cx);
            }
            Then::TimedOut => self.decided("transaction.timeout.ms was over", cx),
            Then::Completed => {
                cx.effects.push(TransactionEffect::State(Fact::TransactionCompleted {
                    producer: client,
                }));
            }
        }
    }

    /// The decision is in the log of the majority: this is the commit point.
    fn decided(&mut self, why: &'static str, cx: &mut Context<'_>) {
        let producer = self.client;
        let fact = match self.state {
            TransactionState::PrepareCommit => Fact::TransactionCommitted { producer },
            _ => Fact::TransactionAborted { producer, why },
        };
        cx.effects.push(TransactionEffect::State(fact));
        cx.effects.push(TransactionEffect::SendMarkers);
        self.complete(cx);
    }

    /// The decision was read from the log by a coordinator that did not make it: it goes on from
    /// there. `known` says that the decision was committed before, so that it has been told.
    pub fn resume(&mut self, known: bool, cx: &mut Context<'_>) {
        if !self.state.is_decided() {
            return;
        }
        if known {
            cx.effects.push(TransactionEffect::SendMarkers);
            self.complete(cx);
        } else {
            self.decided("a decision found in the log of the coordinator", cx);
        }
    }

    fn refuse(&self, then: Then, error: Error, cx: &mut Context<'_>) {
        let producer = self.producer;
        match then {
            Then::Initialized(waiter) | Then::Fenced(waiter) => {
                cx.respond(waiter, TransactionResponse::InitProducerId { error, producer });
            }
            Then::Added(waiter, AddedFor::Offsets) => {
                cx.respond(waiter, TransactionResponse::AddOffsetsToTxn { error });
            }
            Then::Added(waiter, AddedFor::Partitions) => {
                // The asker wanted all of them, so one error speaks for all.
                let results = vec![(LaneId(u16::MAX), error)];
                cx.respond(waiter, TransactionResponse::AddPartitionsToTxn { results });
            }
            Then::Ended(waiter) | Then::EndedEmpty(waiter) => {
                cx.respond(waiter, TransactionResponse::EndTxn { error, producer });
            }
            // The next scan, or the next attempt to complete, does it again.
            Then::TimedOut | Then::Completed => {}
        }
    }

    /// The connection in this slot is gone: whoever waited there is answered no more.
    pub fn orphan(&mut self, slot: u32) {
        let Some(pending) = &mut self.pending else { return };
        match &mut pending.then {
            Then::Initialized(waiter)
            | Then::Fenced(waiter)
            | Then::Added(waiter, _)
            | Then::Ended(waiter)
            | Then::EndedEmpty(waiter)
                if waiter.slot == slot =>
            {
                waiter.slot = u32::MAX;
            }
            _ => {}
        }
    }

    /// This broker coordinates the id no longer.
    pub fn unload(&mut self, cx: &mut Context<'_>) {
        if let Some(pending) = self.pending.take() {
            self.refuse(pending.then, Error::NotCoordinator, cx);
        }
    }
}

fn added(whom: AddedFor, lanes: &[LaneId], error: Error) -> TransactionResponse {
    match whom {
        AddedFor::Offsets => TransactionResponse::AddOffsetsToTxn { error },
        AddedFor::Partitions => {
            let results = lanes.iter().map(|lane| (*lane, error)).collect();
            TransactionResponse::AddPartitionsToTxn { results }
        }
    }
}
