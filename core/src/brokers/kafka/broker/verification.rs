//! Whether a transaction that is about to begin in a partition is known to its coordinator
//! (`AddPartitionsToTxnManager`, `ReplicaManager.handleProduceAppend`; KIP-890; reference §7.6,
//! §7.9).
//!
//! Without the question a batch that was delayed until its transaction was over opens a
//! transaction nobody will ever end. The first part of KIP-890 (since 3.6) makes the leader ask;
//! with the second (`transaction.version=2`) the leader adds the partition itself, on behalf of the
//! client.

use super::coordinator::Committed;
use super::transactions::LOCAL;
use super::{Broker, Fx};
use crate::brokers::kafka::error::Error;
use crate::brokers::kafka::group::GroupIdentity;
use crate::brokers::kafka::group::classic::Waiter;
use crate::brokers::kafka::record::{Batch, NO_SEQUENCE, Payload, ProducerStamp, Record};
use crate::brokers::kafka::transaction::wire::{
    AddPartitionsToTxn, TransactionRequest, TransactionResponse,
};
use crate::brokers::kafka::transaction::{ProducerEpoch, TransactionalId};
use crate::brokers::kafka::wire::{ProducePartition, Request, VERIFICATION_CHANNEL};
use crate::fact::{Fact, LaneId, NodeId, SubscriptionId};
use crate::kernel::{Span, Time};
use smallvec::SmallVec;

/// Bytes of an offset-commit record's key and value, about.
const OFFSET_RECORD_BYTES: u32 = 60;

/// Offsets that become a group's with the transaction.
#[derive(Clone, Debug)]
pub(super) struct OffsetsInTransaction {
    pub(super) group: SubscriptionId,
    pub(super) member: Option<GroupIdentity>,
    pub(super) offsets: Vec<(LaneId, u64, Option<u32>)>,
}

/// What a client wants written.
#[derive(Clone, Debug)]
enum Wanted {
    Produce { acks: i16, timeout: Span, partitions: SmallVec<[ProducePartition; 1]> },
    Offsets(OffsetsInTransaction),
}

/// A request that waits for the coordinator's word.
#[derive(Clone, Debug)]
pub(super) struct Unverified {
    waiter: Waiter,
    question: AddPartitionsToTxn,
    wanted: Wanted,
    /// Whom it was asked of, and the number of the question; `None` until it is sent.
    asked: Option<(NodeId, u32)>,
}

impl Unverified {
    /// The connection in this slot is gone.
    pub(super) fn orphan(&mut self, slot: u32) {
        if self.waiter.slot == slot {
            self.waiter.slot = u32::MAX;
        }
    }
}

/// What a refusal of the coordinator is to a producer (`ReplicaManager.handleProduceAppend`).
fn as_producer_sees(error: Error, v2: bool) -> Error {
    match error {
        Error::ProducerFenced => Error::InvalidProducerEpoch,
        Error::ConcurrentTransactions if v2 => error,
        Error::None
        | Error::TransactionAbortable
        | Error::InvalidTxnState
        | Error::InvalidProducerIdMapping => error,
        // Whatever is wrong with the coordinator passes: the client is to try again.
        _ => Error::NotEnoughReplicas,
    }
}

impl Broker {
    /// Whether the first batch of a transaction needs the coordinator's word.
    pub(super) fn verifies_transactions(&self) -> bool {
        self.plan.transactions_v2() || self.plan.broker.transaction_partition_verification_enable
    }

    /// A produce request in a transaction: appended at once where the transaction is known here,
    /// otherwise after the coordinator was asked.
    pub(super) fn produce_in_transaction(
        &mut self,
        (slot, correlation): (u32, u32),
        id: TransactionalId,
        acks: i16,
        timeout: Span,
        partitions: SmallVec<[ProducePartition; 1]>,
        fx: &mut Fx<'_>,
    ) {
        let lanes = self.opened_by(&partitions);
        let stamp = partitions.first().and_then(|p| p.batch.producer);
        let (Some(stamp), false) = (stamp, lanes.is_empty()) else {
            return self.append_all(slot, correlation, (acks, timeout), partitions, &[], fx);
        };
        for &lane in &lanes {
            if let Some(Some(partition)) = self.partitions.get_mut(lane.0 as usize) {
                partition.log.transactions_mut().begin_verification(stamp.id);
            }
        }
        let producer = ProducerEpoch { id: stamp.id, epoch: stamp.epoch };
        let wanted = Wanted::Produce { acks, timeout, partitions };
        self.ask_coordinator(id, producer, lanes, wanted, Waiter { slot, correlation }, fx);
    }

    /// The partitions in which the request would open a transaction.
    fn opened_by(&self, partitions: &[ProducePartition]) -> Vec<LaneId> {
        if !self.verifies_transactions() {
            return Vec::new();
        }
        let opens = |p: &&ProducePartition| {
            let log = self.partition(p.lane).filter(|p| p.leads()).map(|p| &p.log);
            let stamp = p.batch.producer.filter(|s| s.transactional);
            let (Some(log), Some(stamp)) = (log, stamp) else { return false };
            // What is refused or known anyway needs no question.
            let fresh = matches!(log.check(&p.batch, u64::MAX), Ok(None));
            fresh && !log.transactions().is_some_and(|t| t.is_ongoing(stamp.id))
        };
        partitions.iter().filter(opens).map(|p| p.lane).collect()
    }

    fn ask_coordinator(
        &mut self,
        id: TransactionalId,
        producer: ProducerEpoch,
        lanes: Vec<LaneId>,
        wanted: Wanted,
        waiter: Waiter,
        fx: &mut Fx<'_>,
    ) {
        let verify_only = !self.plan.transactions_v2();
        let question = AddPartitionsToTxn { id, producer, lanes, verify_only };
        let number = self.transactions.next_unverified;
        self.transactions.next_unverified = number.wrapping_add(1);
        let unverified = Unverified { waiter, question, wanted, asked: None };
        self.transactions.unverified.insert(number, unverified);
        self.send_verifications(fx);
    }

    /// Sends the questions that could not be sent before.
    pub(super) fn send_verifications(&mut self, fx: &mut Fx<'_>) {
        let open = self.transactions.unverified.iter().filter(|(_, u)| u.asked.is_none());
        let open: Vec<(u32, AddPartitionsToTxn)> =
            open.map(|(number, u)| (*number, u.question.clone())).collect();
        for (number, question) in open {
            let Some(coordinator) = self.transaction_leader(question.id) else {
                self.verification_failed(number, fx);
                continue;
            };
            if coordinator == self.node {
                if let Some(unverified) = self.transactions.unverified.get_mut(&number) {
                    unverified.asked = Some((coordinator, number));
                }
                let waiter = Waiter { slot: LOCAL, correlation: number };
                self.add_partitions(&question, waiter, fx);
                continue;
            }
            if !self.network.ready(coordinator, VERIFICATION_CHANNEL, fx) {
                // A connection that is being made calls again; without one the client does.
                if !self.network.is_connecting(coordinator, VERIFICATION_CHANNEL) {
                    self.verification_failed(number, fx);
                }
                continue;
            }
            let request = TransactionRequest::AddPartitionsToTxn(question);
            let request = Request::Transaction(Box::new(request));
            let sent = self.network.send(coordinator, VERIFICATION_CHANNEL, request, true, fx);
            if let Some(unverified) = self.transactions.unverified.get_mut(&number) {
                unverified.asked = sent.map(|correlation| (coordinator, correlation));
            }
        }
    }

    /// A coordinator on another broker has answered.
    pub(super) fn coordinator_says(
        &mut self,
        peer: NodeId,
        correlation: u32,
        response: &TransactionResponse,
        fx: &mut Fx<'_>,
    ) {
        let mut all = self.transactions.unverified.iter();
        let asked = all.find(|(_, u)| u.asked == Some((peer, correlation)));
        if let Some((&number, _)) = asked {
            self.verification_answered(number, response, fx);
        }
    }

    /// The connection to a coordinator broke.
    pub(super) fn verifications_lost(&mut self, peer: NodeId, fx: &mut Fx<'_>) {
        let lost = |u: &Unverified| match u.asked {
            Some((asked, _)) => asked == peer,
            None => self.transaction_leader(u.question.id) == Some(peer),
        };
        let all = self.transactions.unverified.iter();
        let numbers: Vec<u32> = all.filter(|(_, u)| lost(u)).map(|(n, _)| *n).collect();
        for number in numbers {
            self.verification_failed(number, fx);
        }
    }

    fn verification_failed(&mut self, number: u32, fx: &mut Fx<'_>) {
        let Some(unverified) = self.transactions.unverified.get(&number) else { return };
        let lanes = &unverified.question.lanes;
        let results = lanes.iter().map(|l| (*l, Error::CoordinatorNotAvailable)).collect();
        let response = TransactionResponse::AddPartitionsToTxn { results };
        self.verification_answered(number, &response, fx);
    }

    /// The coordinator's word is there: what it confirms is appended.
    pub(super) fn verification_answered(
        &mut self,
        number: u32,
        response: &TransactionResponse,
        fx: &mut Fx<'_>,
    ) {
        let Some(unverified) = self.transactions.unverified.remove(&number) else { return };
        let Unverified { waiter, question, wanted, .. } = unverified;
        let v2 = self.plan.transactions_v2();
        let result = |lane: LaneId| match response {
            TransactionResponse::AddPartitionsToTxn { results } => {
                let own = results.iter().find(|r| r.0 == lane);
                own.map_or_else(|| response.error(), |r| r.1)
            }
            other => other.error(),
        };
        match wanted {
            Wanted::Produce { acks, timeout, partitions } => {
                let mut refused = Vec::new();
                for &lane in &question.lanes {
                    match as_producer_sees(result(lane), v2) {
                        Error::None => {
                            if let Some(Some(p)) = self.partitions.get_mut(lane.0 as usize) {
                                p.log.transactions_mut().verified(question.producer.id);
                            }
                        }
                        error => refused.push((lane, error)),
                    }
                }
                let Waiter { slot, correlation } = waiter;
                self.append_all(slot, correlation, (acks, timeout), partitions, &refused, fx);
            }
            Wanted::Offsets(commit) => {
                let error = question.lanes.first().map_or(Error::None, |l| result(*l));
                self.append_offsets(question.producer, commit, error, waiter, fx);
            }
        }
    }

    // ── offsets in transactions ──────────────────────────────────────────────────────────────

    /// `TxnOffsetCommit`: offsets that are the group's once the transaction commits (reference
    /// §7.5).
    pub(super) fn txn_offset_commit(
        &mut self,
        id: TransactionalId,
        producer: ProducerEpoch,
        commit: OffsetsInTransaction,
        waiter: Waiter,
        fx: &mut Fx<'_>,
    ) {
        let lane = match self.may_commit(commit.group, commit.member.as_ref(), fx) {
            Ok(lane) => lane,
            Err(error) => {
                let response = TransactionResponse::TxnOffsetCommit { error };
                return self.answer(waiter, response, fx);
            }
        };
        let known = self.partition(lane).and_then(|p| p.log.transactions());
        let ongoing = known.is_some_and(|t| t.is_ongoing(producer.id));
        if ongoing || !self.verifies_transactions() {
            return self.append_offsets(producer, commit, Error::None, waiter, fx);
        }
        if let Some(Some(partition)) = self.partitions.get_mut(lane.0 as usize) {
            partition.log.transactions_mut().begin_verification(producer.id);
        }
        self.ask_coordinator(id, producer, vec![lane], Wanted::Offsets(commit), waiter, fx);
    }

    fn append_offsets(
        &mut self,
        producer: ProducerEpoch,
        commit: OffsetsInTransaction,
        refusal: Error,
        waiter: Waiter,
        fx: &mut Fx<'_>,
    ) {
        let OffsetsInTransaction { group, member, offsets } = commit;
        // The group may have moved on while the coordinator was asked.
        let lane = match refusal {
            Error::None => self.may_commit(group, member.as_ref(), fx),
            Error::ProducerFenced => Err(Error::InvalidProducerEpoch),
            Error::NotCoordinator | Error::CoordinatorNotAvailable => {
                Err(Error::CoordinatorLoadInProgress)
            }
            error => Err(error),
        };
        let stored = lane.and_then(|lane| {
            if let Some(Some(partition)) = self.partitions.get_mut(lane.0 as usize) {
                partition.log.transactions_mut().verified(producer.id);
            }
            let timestamp = fx.clock().as_millis();
            let records = offsets.iter().map(|&(lane, offset, leader_epoch)| Record {
                payload: Payload::OffsetCommit { group, lane, offset, leader_epoch },
                key: None,
                size: OFFSET_RECORD_BYTES,
                is_tombstone: false,
                timestamp,
            });
            let stamp = ProducerStamp {
                id: producer.id,
                epoch: producer.epoch,
                base_sequence: NO_SEQUENCE,
                transactional: true,
            };
            let batch = Batch::new(records.collect(), Some(stamp));
            let (_, required) = self.append_as_leader(lane, batch, true, fx)?;
            Ok((lane, required))
        });
        match stored {
            Ok((lane, required)) => {
                self.pend_offsets(lane, producer.id, group, &offsets, fx.now());
                let timeout = self.plan.broker.offsets_commit_timeout_ms;
                let delayed = super::produce::Delayed::TxnOffsets { lane };
                let Waiter { slot, correlation } = waiter;
                self.delay(slot, correlation, timeout, delayed, &[(lane, required)], fx);
            }
            Err(error) => {
                let error = super::coordinator::as_coordinator_says(error);
                self.answer(waiter, TransactionResponse::TxnOffsetCommit { error }, fx);
            }
        }
    }

    /// Remembers offsets until the transaction has ended.
    fn pend_offsets(
        &mut self,
        home: LaneId,
        producer: u64,
        group: SubscriptionId,
        offsets: &[(LaneId, u64, Option<u32>)],
        at: Time,
    ) {
        let Some(kept) = self.offsets_index(home).and_then(|i| self.offsets[i].as_mut()) else {
            return;
        };
        let pending = kept.pending.entry(producer).or_default();
        for &(lane, offset, epoch) in offsets {
            pending.insert((group, lane), Committed { offset, leader_epoch: epoch, at });
        }
    }

    /// A marker ended the producer's transaction in a partition of the offsets topic.
    pub(super) fn complete_offsets(
        &mut self,
        home: LaneId,
        producer: u64,
        commit: bool,
        fx: &mut Fx<'_>,
    ) {
        let Some(kept) = self.offsets_index(home).and_then(|i| self.offsets[i].as_mut()) else {
            return;
        };
        let Some(pending) = kept.pending.remove(&producer) else { return };
        if !commit {
            return;
        }
        self.changed = true;
        for ((subscription, lane), committed) in pending {
            let offset = committed.offset;
            kept.committed.insert((subscription, lane), committed);
            fx.state(Fact::OffsetCommitted { subscription, lane, offset });
        }
    }
}
