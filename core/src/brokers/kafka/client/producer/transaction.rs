//! The transactions of a producer: finding the coordinator, the epoch, what joins a transaction,
//! commit and abort, and what an error leaves possible (`TransactionManager`; KIP-98, KIP-360,
//! KIP-447, KIP-890; reference §7.10).
//!
//! One request to a coordinator is under way at a time. Batches wait until their partition is in
//! the transaction; commit waits until every batch has its answer.
//!
//! Simplified: `commitTransaction()` and `abortTransaction()` wait for as long as it takes, where
//! the real calls give up after `max.block.ms` and may be called again.

use super::{Producer, ProducerIdAndEpoch};
use crate::brokers::kafka::Fx;
use crate::brokers::kafka::error::Error;
use crate::brokers::kafka::group::GroupIdentity;
use crate::brokers::kafka::timer::{KafkaTimer, ProducerTimer};
use crate::brokers::kafka::transaction::wire::{
    AddPartitionsToTxn, InitProducerId, TransactionRequest, TransactionResponse,
};
use crate::brokers::kafka::transaction::{ProducerEpoch, TransactionalId};
use crate::brokers::kafka::wire::{CLIENT_CHANNEL, Request, TRANSACTION_CHANNEL};
use crate::fact::{Fact, LaneId, MessageId, NodeId, SubscriptionId};
use crate::kernel::{Span, Time};
use crate::substrate::Channel;
use std::collections::BTreeSet;

/// The first pause after `CONCURRENT_TRANSACTIONS` (`ADD_PARTITIONS_RETRY_BACKOFF_MS`).
const CONCURRENT_BACKOFF: Span = Span::millis(20);

/// What a client's transactions need to be known before it starts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TransactionPlan {
    /// `transactional.id`
    pub id: TransactionalId,
    /// The cluster has transactions V2 (KIP-890).
    pub v2: bool,
    /// How many messages the application puts into one transaction; `None` where whoever hands it
    /// messages also says when a transaction ends.
    pub messages: Option<u32>,
    /// The application aborts every so manieth transaction of its own will; 0: none.
    pub aborts_every: u32,
}

/// Where the client stands (`TransactionManager.State`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TransactionStage {
    /// `initTransactions()` has not returned.
    Initializing,
    /// No transaction is open.
    Ready,
    /// One is open.
    InTransaction,
    /// `commitTransaction()` has not returned.
    Committing,
    /// `abortTransaction()` has not returned.
    Aborting,
    /// Something failed: only an abort is possible.
    AbortableError,
    /// The producer is of no use any more.
    FatalError,
}

/// What was asked of a coordinator.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Asked {
    Coordinator,
    GroupCoordinator,
    Init,
    AddPartitions(Vec<u16>),
    AddOffsets,
    CommitOffsets,
    End,
}

/// Offsets that are to be committed with the transaction (`sendOffsetsToTransaction`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OffsetsToSend {
    /// Whose offsets.
    pub group: SubscriptionId,
    /// The member, so that the group can fence it (KIP-447).
    pub member: Option<GroupIdentity>,
    /// Partition, next offset to read, epoch of the record before it.
    pub offsets: Vec<(LaneId, u64, Option<u32>)>,
}

#[derive(Clone, Debug)]
struct Offsets {
    what: OffsetsToSend,
    added: bool,
    coordinator: Option<NodeId>,
}

/// The client's side of its transactions.
#[derive(Clone, Debug)]
pub(super) struct Transaction {
    plan: TransactionPlan,
    pub(super) stage: TransactionStage,
    coordinator: Option<NodeId>,
    /// The request under way: where it went is said by its kind.
    asked: Option<(u32, Asked)>,
    not_before: Time,
    failures: u32,
    /// Partitions that are in the transaction, as far as the coordinator has said.
    added: BTreeSet<u16>,
    /// Partitions that are to join it.
    wanted: BTreeSet<u16>,
    offsets: Option<Offsets>,
    /// Anything was added to the transaction at a coordinator.
    began: bool,
    /// What the application handed over in this transaction.
    messages: Vec<MessageId>,
    /// What brokers acknowledged of it.
    stored: Vec<(MessageId, LaneId, i64)>,
    /// The abort was the application's own wish.
    voluntary: bool,
    /// A new epoch is needed before the next transaction.
    bump: bool,
    /// `EndTxn` was sent and may have been carried out.
    end_sent: bool,
    /// Transactions that have ended, for [`TransactionPlan::aborts_every`].
    ended: u32,
    /// The last transaction was committed.
    pub(super) committed: bool,
}

impl Transaction {
    pub(super) fn new(plan: TransactionPlan) -> Self {
        Transaction {
            plan,
            stage: TransactionStage::Initializing,
            coordinator: None,
            asked: None,
            not_before: Time::ZERO,
            failures: 0,
            added: BTreeSet::new(),
            wanted: BTreeSet::new(),
            offsets: None,
            began: false,
            messages: Vec::new(),
            stored: Vec::new(),
            voluntary: false,
            bump: false,
            end_sent: false,
            ended: 0,
            committed: false,
        }
    }

    /// Whether batches of the partition must wait.
    #[inline]
    pub(super) fn holds(&self, partition: u16) -> bool {
        !self.plan.v2 && !self.added.contains(&partition)
            || matches!(self.stage, TransactionStage::Initializing | TransactionStage::FatalError)
    }

    /// Every waiting batch is to go, lingering or not.
    #[inline]
    pub(super) fn is_flushing(&self) -> bool {
        matches!(self.stage, TransactionStage::Committing | TransactionStage::Aborting)
    }

    /// The id, for produce requests.
    pub(super) fn id(&self) -> TransactionalId {
        self.plan.id
    }

    fn in_flight(&self) -> bool {
        self.asked.is_some()
    }
}

impl Producer {
    /// Where the producer's transactions stand, if it has any.
    pub fn transaction_stage(&self) -> Option<TransactionStage> {
        self.transaction.as_ref().map(|t| t.stage)
    }

    /// How many transactions of this process have ended.
    pub fn transactions_ended(&self) -> u32 {
        self.transaction.as_ref().map_or(0, |t| t.ended)
    }

    /// Whether the last transaction was committed.
    pub fn has_committed(&self) -> bool {
        self.transaction.as_ref().is_some_and(|t| t.committed)
    }

    // ── the application's calls ──────────────────────────────────────────────────────────────

    /// `beginTransaction()`: does nothing until the epoch is there.
    pub fn begin_transaction(&mut self) {
        if let Some(t) = &mut self.transaction
            && t.stage == TransactionStage::Ready
        {
            t.stage = TransactionStage::InTransaction;
        }
    }

    /// `sendOffsetsToTransaction()`.
    pub fn send_offsets(&mut self, what: OffsetsToSend) {
        if let Some(t) = &mut self.transaction
            && !what.offsets.is_empty()
        {
            t.offsets = Some(Offsets { what, added: false, coordinator: None });
        }
    }

    /// `commitTransaction()`; it has returned when the stage is another.
    pub fn commit_transaction(&mut self) {
        self.end_transaction(TransactionStage::Committing);
    }

    /// `abortTransaction()`; it has returned when the stage is another.
    pub fn abort_transaction(&mut self) {
        self.end_transaction(TransactionStage::Aborting);
    }

    fn end_transaction(&mut self, how: TransactionStage) {
        let Some(t) = &mut self.transaction else { return };
        let open = t.stage == TransactionStage::InTransaction;
        let abortable = t.stage == TransactionStage::AbortableError;
        if open || abortable && how == TransactionStage::Aborting {
            t.stage = how;
            t.voluntary = open;
            // Whatever was to happen in the transaction need not any more.
            if how == TransactionStage::Aborting {
                (t.offsets, t.wanted) = (None, BTreeSet::new());
                self.drop_undrained();
            }
            self.sender.mark_all();
        }
    }

    /// Batches nobody has seen on the wire are dropped (`abortUndrainedBatches`).
    fn drop_undrained(&mut self) {
        for partition in 0..self.accumulator.queues.len() {
            let queue = &self.accumulator.queues[partition];
            let fresh = |id: &u32| self.accumulator.batch(*id).stamp.is_none();
            let dropped: Vec<u32> = queue.batches.iter().copied().filter(fresh).collect();
            for id in dropped {
                self.accumulator.remove(partition, id);
                self.accumulator.release(id);
            }
        }
    }

    /// Whether the application may call `send()`; begins and ends transactions as its plan says.
    /// `pending` says whether it has something to send.
    pub(super) fn tend_transaction(&mut self, pending: bool) -> bool {
        let last = self.application.next >= self.plan.count;
        let Some(t) = &mut self.transaction else { return true };
        let Some(most) = t.plan.messages else {
            return t.stage == TransactionStage::InTransaction;
        };
        match t.stage {
            TransactionStage::Ready if pending => {
                t.stage = TransactionStage::InTransaction;
                true
            }
            TransactionStage::InTransaction => {
                let full = t.messages.len() as u64 >= u64::from(most);
                if !full && (pending || !last) {
                    return true;
                }
                let n = t.ended + 1;
                if t.plan.aborts_every > 0 && n.is_multiple_of(t.plan.aborts_every) {
                    self.abort_transaction();
                } else {
                    self.commit_transaction();
                }
                false
            }
            TransactionStage::AbortableError => {
                self.abort_transaction();
                false
            }
            _ => false,
        }
    }

    /// Whether the application has something to do about its transaction without any event.
    #[inline]
    pub(super) fn transaction_can_go_on(&self, pending: bool) -> bool {
        let last = self.application.next >= self.plan.count;
        let Some(t) = &self.transaction else { return pending };
        let Some(most) = t.plan.messages else {
            return pending && t.stage == TransactionStage::InTransaction;
        };
        match t.stage {
            TransactionStage::Ready => pending,
            TransactionStage::InTransaction => {
                pending || last || t.messages.len() as u64 >= u64::from(most)
            }
            TransactionStage::AbortableError => true,
            _ => false,
        }
    }

    /// Whether a transaction is open or something about it is not settled.
    pub(super) fn transaction_is_idle(&self) -> bool {
        let settled = |t: &Transaction| {
            matches!(t.stage, TransactionStage::Ready | TransactionStage::FatalError)
        };
        self.transaction.as_deref().is_none_or(settled)
    }

    /// A record for a partition was put into the accumulator.
    pub(super) fn joins_transaction(&mut self, partition: usize, message: MessageId) {
        let Some(t) = &mut self.transaction else { return };
        t.messages.push(message);
        let partition = partition as u16;
        if t.plan.v2 {
            // The partition's leader adds it when the first batch comes.
            t.began = true;
        } else if !t.added.contains(&partition) {
            t.wanted.insert(partition);
        }
    }

    // ── what became of batches ───────────────────────────────────────────────────────────────

    /// A broker has stored a message; what that is worth is known when the transaction ends.
    pub(super) fn stored_in_transaction(&mut self, message: MessageId, lane: LaneId, offset: i64) {
        if let Some(t) = &mut self.transaction {
            t.stored.push((message, lane, offset));
        }
    }

    /// A batch failed: the transaction can only be aborted.
    pub(super) fn batch_failed(&mut self) {
        let Some(t) = &mut self.transaction else { return };
        t.bump |= !t.plan.v2;
        if matches!(t.stage, TransactionStage::InTransaction | TransactionStage::Committing) {
            t.stage = TransactionStage::AbortableError;
        }
    }

    /// Whether every batch has an outcome the application could be told.
    fn all_batches_settled(&self) -> bool {
        let mut sent = self.sender.requests.iter().flat_map(|r| &r.batches);
        self.accumulator.queued() == 0 && sent.all(|&id| self.accumulator.batch(id).settled)
    }

    // ── requests to coordinators ─────────────────────────────────────────────────────────────

    /// Sends the next request, if one is due and none is under way.
    pub(super) fn run_transaction(&mut self, fx: &mut Fx<'_>) {
        let Some(t) = &self.transaction else { return };
        if t.in_flight() || t.stage == TransactionStage::FatalError {
            return;
        }
        let Some((asked, group)) = self.next_request() else { return };
        let Some(t) = &mut self.transaction else { return };
        if fx.now() < t.not_before {
            let token = |generation| KafkaTimer::Producer(ProducerTimer::Wakeup { generation });
            let at = t.not_before;
            self.sender.wakeup.set(at, token, fx);
            return;
        }
        if asked == Asked::End && !t.began {
            // Nothing was ever added: there is nothing to end.
            return self.transaction_ended(fx);
        }
        let node = match group {
            true => t.offsets.as_ref().and_then(|o| o.coordinator),
            false => t.coordinator,
        };
        let Some(node) = node else {
            return self.find_transaction_coordinator(group, fx);
        };
        let channel = TRANSACTION_CHANNEL;
        if !self.network.ready(node, channel, fx) {
            return;
        }
        let Some(request) = self.request_for(&asked) else { return };
        let ends = asked == Asked::End;
        let request = Request::Transaction(Box::new(request));
        let Some(correlation) = self.network.send(node, channel, request, true, fx) else { return };
        if let Some(t) = &mut self.transaction {
            t.asked = Some((correlation, asked));
            t.end_sent |= ends;
        }
    }

    /// What is to be asked next, and whether of the group's coordinator.
    fn next_request(&self) -> Option<(Asked, bool)> {
        let t = self.transaction.as_deref()?;
        let aborting = t.stage == TransactionStage::Aborting;
        match t.stage {
            TransactionStage::Initializing => return Some((Asked::Init, false)),
            TransactionStage::Ready
            | TransactionStage::AbortableError
            | TransactionStage::FatalError => return None,
            _ => {}
        }
        if !aborting && !t.wanted.is_empty() {
            return Some((Asked::AddPartitions(t.wanted.iter().copied().collect()), false));
        }
        if let Some(offsets) = t.offsets.as_ref().filter(|_| !aborting) {
            return Some(match offsets.added || t.plan.v2 {
                true => (Asked::CommitOffsets, true),
                false => (Asked::AddOffsets, false),
            });
        }
        (t.is_flushing() && self.all_batches_settled()).then_some((Asked::End, false))
    }

    fn producer_epoch(&self) -> Option<ProducerEpoch> {
        self.transactions.identity.map(|i| ProducerEpoch { id: i.id, epoch: i.epoch })
    }

    fn request_for(&self, asked: &Asked) -> Option<TransactionRequest> {
        let t = self.transaction.as_deref()?;
        let id = t.plan.id;
        if *asked == Asked::Init {
            return Some(TransactionRequest::InitProducerId(InitProducerId {
                id,
                timeout: self.plan.config.transaction_timeout_ms,
                expected: self.producer_epoch().filter(|_| t.bump),
                client: self.plan.node,
            }));
        }
        let producer = self.producer_epoch()?;
        let offsets = t.offsets.as_ref().map(|o| &o.what);
        Some(match asked {
            Asked::AddPartitions(partitions) => {
                let lanes = partitions.iter().map(|&p| self.plan.partitions[p as usize]).collect();
                TransactionRequest::AddPartitionsToTxn(AddPartitionsToTxn {
                    id,
                    producer,
                    lanes,
                    verify_only: false,
                })
            }
            Asked::AddOffsets => {
                TransactionRequest::AddOffsetsToTxn { id, producer, group: offsets?.group }
            }
            Asked::CommitOffsets => {
                let OffsetsToSend { group, member, offsets } = offsets?.clone();
                TransactionRequest::TxnOffsetCommit { id, producer, group, member, offsets }
            }
            Asked::End => {
                let commit = t.stage == TransactionStage::Committing;
                TransactionRequest::EndTxn { id, producer, commit }
            }
            Asked::Init | Asked::Coordinator | Asked::GroupCoordinator => return None,
        })
    }

    fn find_transaction_coordinator(&mut self, group: bool, fx: &mut Fx<'_>) {
        let Some(node) = self.metadata.least_loaded_node(&mut self.network, fx) else { return };
        let Some(t) = &mut self.transaction else { return };
        let (request, asked) = match t.offsets.as_ref().filter(|_| group) {
            Some(offsets) => {
                (Request::FindCoordinator { group: offsets.what.group }, Asked::GroupCoordinator)
            }
            None => {
                let request = TransactionRequest::FindCoordinator { id: t.plan.id };
                (Request::Transaction(Box::new(request)), Asked::Coordinator)
            }
        };
        let sent = self.network.send(node, CLIENT_CHANNEL, request, true, fx);
        t.asked = sent.map(|correlation| (correlation, asked));
    }

    /// The answer to `FindCoordinator` for the group.
    pub(super) fn group_coordinator_found(
        &mut self,
        correlation: u32,
        coordinator: Option<NodeId>,
        fx: &mut Fx<'_>,
    ) {
        let Some(t) = &mut self.transaction else { return };
        if t.asked != Some((correlation, Asked::GroupCoordinator)) {
            return;
        }
        t.asked = None;
        if let Some(offsets) = &mut t.offsets {
            offsets.coordinator = coordinator;
        }
        match coordinator {
            Some(_) => t.failures = 0,
            None => self.transaction_backs_off(Error::CoordinatorNotAvailable, fx),
        }
    }

    /// A request to a coordinator is lost with its connection.
    pub(super) fn transaction_request_lost(
        &mut self,
        peer: NodeId,
        channel: Channel,
        lost: &[u32],
        fx: &mut Fx<'_>,
    ) {
        let Some(t) = &mut self.transaction else { return };
        let asked = t.asked.take_if(|(c, _)| lost.contains(c)).is_some();
        let mut moved = false;
        if channel == TRANSACTION_CHANNEL {
            moved = t.coordinator.take_if(|c| *c == peer).is_some();
            if let Some(offsets) = &mut t.offsets {
                moved |= offsets.coordinator.take_if(|c| *c == peer).is_some();
            }
        }
        if asked || moved {
            self.transaction_backs_off(Error::NetworkException, fx);
        }
    }

    /// What the application has put into the open transaction.
    pub(super) fn in_transaction(&self) -> impl Iterator<Item = MessageId> + '_ {
        self.transaction.iter().flat_map(|t| t.messages.iter().copied())
    }

    fn coordinator_unknown(&mut self, asked: &Asked) {
        let Some(t) = &mut self.transaction else { return };
        match (asked, &mut t.offsets) {
            (Asked::CommitOffsets, Some(offsets)) => offsets.coordinator = None,
            _ => t.coordinator = None,
        }
    }

    fn transaction_backs_off(&mut self, error: Error, fx: &mut Fx<'_>) {
        let Some(t) = &self.transaction else { return };
        let first = error == Error::ConcurrentTransactions && t.failures == 0;
        let (failures, subject) = (t.failures, self.subject);
        let span = match first {
            true => CONCURRENT_BACKOFF,
            false => self.backoff.after(failures, subject, self.retries, fx),
        };
        self.retries += 1;
        let Some(t) = &mut self.transaction else { return };
        t.failures += 1;
        t.not_before = fx.now() + span;
        let token = |generation| KafkaTimer::Producer(ProducerTimer::Wakeup { generation });
        self.sender.wakeup.set(t.not_before, token, fx);
    }

    /// A coordinator has answered.
    pub(super) fn transaction_answered(
        &mut self,
        correlation: u32,
        response: TransactionResponse,
        fx: &mut Fx<'_>,
    ) {
        let Some(t) = &mut self.transaction else { return };
        let Some((_, asked)) = t.asked.take_if(|(c, _)| *c == correlation) else { return };
        let error = response.error();
        if error != Error::None {
            return self.transaction_refused(asked, error, fx);
        }
        t.failures = 0;
        t.not_before = Time::ZERO;
        match (asked, response) {
            (Asked::Coordinator, TransactionResponse::FindCoordinator { coordinator, .. }) => {
                t.coordinator = coordinator;
            }
            (Asked::Init, TransactionResponse::InitProducerId { producer, .. }) => {
                t.stage = TransactionStage::Ready;
                t.bump = false;
                self.identify(producer);
            }
            (Asked::AddPartitions(partitions), _) => {
                t.began = true;
                for partition in partitions {
                    t.wanted.remove(&partition);
                    t.added.insert(partition);
                }
                self.sender.mark_all();
            }
            (Asked::AddOffsets, _) => {
                t.began = true;
                if let Some(offsets) = &mut t.offsets {
                    offsets.added = true;
                }
            }
            (Asked::CommitOffsets, _) => {
                t.began = true;
                t.offsets = None;
            }
            (Asked::End, TransactionResponse::EndTxn { producer, .. }) => {
                if t.plan.v2 {
                    self.identify(producer);
                }
                self.transaction_ended(fx);
            }
            _ => {}
        }
    }

    fn identify(&mut self, producer: ProducerEpoch) {
        let identity = ProducerIdAndEpoch { id: producer.id, epoch: producer.epoch };
        self.transactions.initialized(identity, &mut self.accumulator);
        self.sender.mark_all();
    }

    fn transaction_refused(&mut self, asked: Asked, error: Error, fx: &mut Fx<'_>) {
        let moved = matches!(
            error,
            Error::NotCoordinator | Error::CoordinatorNotAvailable | Error::RequestTimedOut
        );
        if moved {
            self.coordinator_unknown(&asked);
        }
        let retriable = moved || error.is_retriable();
        if retriable {
            return self.transaction_backs_off(error, fx);
        }
        let abortable = match (&asked, error) {
            (_, Error::TransactionAbortable) => true,
            (
                Asked::CommitOffsets,
                Error::IllegalGeneration | Error::UnknownMemberId | Error::FencedInstanceId,
            ) => true,
            (Asked::Init | Asked::End, Error::InvalidProducerIdMapping) => false,
            (_, Error::InvalidProducerIdMapping) => true,
            _ => false,
        };
        let Some(t) = &mut self.transaction else { return };
        if abortable && t.stage != TransactionStage::Aborting {
            t.offsets = None;
            t.stage = TransactionStage::AbortableError;
            t.bump |= error == Error::InvalidProducerIdMapping;
            return;
        }
        self.transaction_is_over(error, fx);
    }

    /// Commit or abort has happened: now the application knows what became of its messages.
    fn transaction_ended(&mut self, fx: &mut Fx<'_>) {
        let Some(t) = &mut self.transaction else { return };
        let committed = t.stage == TransactionStage::Committing;
        let voluntary = t.voluntary;
        t.ended += 1;
        t.committed = committed;
        let (messages, stored) = self.close_books();
        let Some(t) = &mut self.transaction else { return };
        t.stage = match t.bump {
            true => TransactionStage::Initializing,
            false => TransactionStage::Ready,
        };
        let producer = self.plan.node;
        if committed {
            for (message, lane, offset) in stored {
                self.application.failed.remove(&message);
                fx.state(Fact::Acknowledged { message, producer, lane, offset });
            }
            return;
        }
        for message in messages {
            let error = Error::TransactionAborted.name();
            fx.state(Fact::Refused { message, producer, error });
            if !voluntary {
                self.after_failure(message);
            }
        }
    }

    /// Forgets the transaction and hands out what was in it.
    fn close_books(&mut self) -> (Vec<MessageId>, Vec<(MessageId, LaneId, i64)>) {
        let Some(t) = &mut self.transaction else { return Default::default() };
        t.added.clear();
        t.wanted.clear();
        (t.offsets, t.began, t.voluntary, t.end_sent) = (None, false, false, false);
        (std::mem::take(&mut t.messages), std::mem::take(&mut t.stored))
    }

    /// Nothing can be done with this producer any more (`FATAL_ERROR`).
    fn transaction_is_over(&mut self, error: Error, fx: &mut Fx<'_>) {
        let Some(t) = &mut self.transaction else { return };
        let open = t.end_sent && t.stage == TransactionStage::Committing;
        t.stage = TransactionStage::FatalError;
        t.committed = false;
        self.drop_undrained();
        let (messages, _) = self.close_books();
        let (producer, error) = (self.plan.node, error.name());
        fx.state(Fact::ProducerFenced { producer, error });
        for message in messages {
            // Whether a commit whose answer was lost took place nobody can say now.
            fx.state(match open {
                true => Fact::Unknown { message, producer, error },
                false => Fact::Refused { message, producer, error },
            });
        }
    }
}
