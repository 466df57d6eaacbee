//! The ledger: from facts to the fate of every message.
//!
//! It is a pure fold: [`Ledger::new`] with a [`Plan`], [`Ledger::absorb`] for every fact, and at any
//! moment [`Ledger::judge`]. It may use [`crate::fact`], [`crate::kernel`]'s time and, for verdicts
//! only, the sentences of [`crate::scenario::expression`]; it knows no broker family, no setting and
//! no configuration language. Start with [`Fate`], then `fates.rs`, which decides it.
//!
//! | file | what it follows |
//! |---|---|
//! | `plan.rs` | what there will be: messages, lanes, subscriptions |
//! | `messages.rs` | what each producer knows of its messages, and where they were put |
//! | `per_message.rs` | tables by message |
//! | `lanes.rs`, `mirror.rs` | who holds which records, who rules, who may |
//! | `subscriptions.rs` | what was delivered, handled, stored as progress |
//! | `transactions.rs` | what hangs on the outcome of a transaction |
//! | `order.rs`, `availability.rs`, `counts.rs` | order, outages, how often each fact was stated |
//! | `fates.rs`, `judgement.rs` | the fate of each message, and the whole result |
//! | `jepsen.rs`, `legality.rs` | the Jepsen names; under which settings an anomaly is legal |
//! | `verdict.rs`, `evaluate.rs`, `tally.rs` | expectations against one run and against many |

mod anomalies;
mod availability;
mod counts;
mod evaluate;
mod fates;
mod jepsen;
mod json;
mod judgement;
mod lanes;
mod legality;
mod messages;
mod mirror;
mod order;
mod per_message;
mod plan;
mod subscriptions;
pub mod tally;
#[cfg(test)]
mod tests;
mod transactions;
pub mod verdict;

pub use anomalies::{Anomaly, AnomalyKind};
pub use counts::{FactCounts, Subset};
pub use jepsen::{JepsenAnomaly, JepsenName};
pub use judgement::{Copy, Judgement, MessageReport, Settled};
pub use legality::{Acks, Guarantees, Legality, Reason, StoresProgress, legal_under};
pub use messages::ProducerOutcome;
pub use order::OrderBreak;
pub use plan::{CountedMessages, Plan, PlannedBlock};

use crate::fact::{Fact, LaneId, MessageId, NodeId, Stated, SubscriptionId};
use crate::kernel::{Span, Time};
use availability::ProducerSpans;
use jepsen::Observed;
use lanes::Lanes;
use messages::{Mark, Messages, Placement};
use order::Order;
use per_message::{Blocks, Place};
use plan::Chains;
use subscriptions::Subscription;
use transactions::{Processed, Transactions};

/// What became of a message for one subscription.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Fate {
    /// Handled once, delivered once.
    Once,
    /// Its effect was applied more than once.
    Duplicate,
    /// Delivered more than once, effect applied once.
    Redelivered,
    /// Acknowledged, never handled here, and no longer able to reach this subscription.
    Lost,
    /// Never acknowledged, never handled: the producer knows or should assume so.
    LostUnacknowledged,
    /// Refused to its producer, yet handled.
    Phantom,
    /// Set aside for people to look at.
    DeadLettered,
    /// Deleted by a time limit.
    Expired,
    /// Discarded by a rule the cluster was configured with.
    Dropped,
    /// No destination accepted it.
    Unroutable,
    /// Acknowledged; its only copies are on nodes that are down or may not lead.
    Stranded,
    /// Still deliverable.
    Pending,
}

impl Fate {
    /// All fates, in the order of the vocabulary.
    pub const ALL: [Fate; 12] = [
        Fate::Once,
        Fate::Duplicate,
        Fate::Redelivered,
        Fate::Lost,
        Fate::LostUnacknowledged,
        Fate::Phantom,
        Fate::DeadLettered,
        Fate::Expired,
        Fate::Dropped,
        Fate::Unroutable,
        Fate::Stranded,
        Fate::Pending,
    ];

    /// The word of the outcome vocabulary.
    pub fn name(self) -> &'static str {
        match self {
            Fate::Once => "once",
            Fate::Duplicate => "duplicate",
            Fate::Redelivered => "redelivered",
            Fate::Lost => "lost",
            Fate::LostUnacknowledged => "lost-unacknowledged",
            Fate::Phantom => "phantom",
            Fate::DeadLettered => "dead-lettered",
            Fate::Expired => "expired",
            Fate::Dropped => "dropped",
            Fate::Unroutable => "unroutable",
            Fate::Stranded => "stranded",
            Fate::Pending => "pending",
        }
    }
}

/// A node as the ledger sees it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Process {
    down: bool,
    /// How often the process has ended.
    life: u16,
    spans: ProducerSpans,
}

/// The life a node is in; 0 if nothing was said about it.
#[inline]
fn life_of(nodes: &[Process], node: NodeId) -> u16 {
    nodes.get(node.0 as usize).map_or(0, |p| p.life)
}

/// See the module text. Cloning it costs microseconds, whatever it has absorbed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Ledger {
    plan: std::sync::Arc<Plan>,
    messages: Messages,
    lanes: Lanes,
    /// Per lane, the indices of the subscriptions that read it.
    readers: Vec<Vec<u16>>,
    subscriptions: Vec<Subscription>,
    nodes: Vec<Process>,
    order: Order,
    counts: FactCounts,
    observed: Observed,
    /// The last refusal by a broker, of messages that met one.
    rejected: imbl::OrdMap<u32, Stated>,
    /// Every drop of a message, in order.
    dropped: imbl::OrdMap<u32, Vec<Stated>>,
    /// The last time no queue matched a message.
    unroutable: imbl::OrdMap<u32, Stated>,
    /// What hangs on transactions.
    transactions: Transactions,
    /// Broken connections, in order.
    breaks: imbl::Vector<Stated>,
}

impl Ledger {
    /// A ledger that has seen nothing yet.
    pub fn new(plan: Plan) -> Ledger {
        let messages = plan.message_count();
        let blocks = Blocks::of(&plan);
        let id = |i: usize| SubscriptionId(i as u16);
        let subscriptions: Vec<Subscription> = plan
            .subscriptions
            .iter()
            .enumerate()
            .map(|(i, lanes)| Subscription::new(id(i), lanes, &blocks, plan.queues))
            .collect();
        let readers = (0..plan.replicas.len())
            .map(|lane| {
                let reads = |i: &usize| plan.reads(id(*i), LaneId(lane as u16));
                (0..subscriptions.len()).filter(reads).map(|i| i as u16).collect()
            })
            .collect();
        Ledger {
            messages: Messages::new(blocks),
            lanes: Lanes::new(&plan.replicas),
            readers,
            nodes: Vec::new(),
            order: Order::new(Chains::of(&plan), subscriptions.len()),
            counts: FactCounts::new(
                plan.replicas.len(),
                subscriptions.len(),
                messages,
                plan.counted.clone(),
            ),
            observed: Observed::default(),
            subscriptions,
            plan: std::sync::Arc::new(plan),
            ..Ledger::default()
        }
    }

    /// Takes in the next fact. Facts come in the order in which they were stated.
    #[inline]
    pub fn absorb(&mut self, stated: &Stated) {
        self.counts.absorb(&stated.fact);
        match stated.fact {
            Fact::Sent { message, producer } => {
                let Some(place) = self.messages.place(message) else { return };
                self.sent(place, producer, stated);
            }
            Fact::Attempted { message, producer, lane, .. } => {
                let Some(place) = self.messages.place(message) else { return };
                let life = self.life(producer);
                self.messages.attempted(place, lane, life, stated);
            }
            Fact::Acknowledged { message, producer, lane, offset } => {
                self.acknowledged(message, producer, lane, offset, stated);
            }
            Fact::Appended { message, lane, node, offset, epoch } => {
                self.appended(message, lane, node, offset, epoch, true, stated);
            }
            Fact::Replicated { message, lane, node, offset, epoch } => {
                self.appended(message, lane, node, offset, epoch, false, stated);
            }
            Fact::Committed { message, lane, offset, .. } => {
                self.committed(message, lane, offset, stated.time);
            }
            Fact::Delivered { message, subscription, consumer, lane, offset } => {
                self.delivered(message, subscription, consumer, lane, offset, stated);
            }
            Fact::Handled { message, subscription, consumer, lane, offset } => {
                self.finished(message, subscription, consumer, lane, offset, stated);
            }
            _ => self.absorb_other(stated),
        }
    }

    /// A fact that is not stated of every ordinary message.
    fn absorb_other(&mut self, stated: &Stated) {
        match stated.fact {
            Fact::Refused { message, producer, error } => {
                let Some(place) = self.messages.place(message) else { return };
                self.decided(place, producer, ProducerOutcome::Refused, Some(error), stated);
            }
            Fact::Unknown { message, producer, error } => {
                let Some(place) = self.messages.place(message) else { return };
                self.decided(place, producer, ProducerOutcome::Unknown, Some(error), stated);
            }
            Fact::Rejected { message, .. } => {
                self.rejected.insert(message.0, *stated);
            }
            Fact::Dropped { subscription: Some(_), .. } => self.read(stated),
            Fact::Dropped { message, lane, .. } => {
                self.dropped.entry(message.0).or_default().push(*stated);
                self.left_queue(message, lane, stated);
            }
            Fact::Unroutable { message, .. } => {
                self.unroutable.insert(message.0, *stated);
            }
            Fact::Settled { message, lane, .. } => {
                self.left_queue(message, lane, stated);
            }
            Fact::Requeued { message, lane, .. } => {
                let Some(place) = self.messages.place(message) else { return };
                for reader in self.readers.get(lane.0 as usize).into_iter().flatten() {
                    if let Some(subscription) = self.subscriptions.get_mut(*reader as usize) {
                        subscription.requeued(place);
                    }
                }
            }
            Fact::Processed { message, subscription, consumer, lane, offset, transaction } => {
                let within = (self.life(consumer), transaction);
                let processed = Processed { message, subscription, consumer, lane, offset, within };
                self.transactions.processed(processed);
            }
            Fact::TransactionCommitted { producer } => {
                for done in self.transactions.decided(producer) {
                    let Processed { message, subscription, consumer, lane, offset, .. } = done;
                    let stated = done.handled(stated);
                    self.finished(message, subscription, consumer, lane, offset, &stated);
                }
            }
            Fact::TransactionAborted { producer, .. } => {
                self.transactions.decided(producer);
            }
            Fact::Aborted { message, lane, offset, .. } => {
                self.transactions.aborted(message, lane, offset, stated.time);
            }
            Fact::Disconnected { .. } => self.breaks.push_back(*stated),
            Fact::Truncated { .. }
            | Fact::RolledBack { .. }
            | Fact::Wiped { .. }
            | Fact::Expired { .. }
            | Fact::Compacted { .. }
            | Fact::Elected { .. }
            | Fact::IsrShrunk { .. }
            | Fact::IsrExpanded { .. }
            | Fact::Fenced { .. }
            | Fact::Unfenced { .. }
            | Fact::StorageFailed { .. } => self.chronicle(stated),
            Fact::NotRecovered { message, lane, .. } => {
                self.chronicle(stated);
                self.left_queue(message, lane, stated);
            }
            Fact::Stopped { node, .. } => {
                self.chronicle(stated);
                let process = self.process(node);
                process.down = true;
                process.life = process.life.wrapping_add(1);
                process.spans.stopped(stated.time);
                self.observed.forget(node);
            }
            Fact::Started { node, .. } => {
                self.chronicle(stated);
                self.process(node).down = false;
            }
            Fact::Failed { .. }
            | Fact::DeadLettered { .. }
            | Fact::Positioned { .. }
            | Fact::Revoked { .. }
            | Fact::PartitionsLost { .. }
            | Fact::OffsetCommitted { .. } => self.read(stated),
            _ => {}
        }
    }

    #[inline]
    fn process(&mut self, node: NodeId) -> &mut Process {
        let at = node.0 as usize;
        if at >= self.nodes.len() {
            self.nodes.resize(at + 1, Process::default());
        }
        &mut self.nodes[at]
    }

    /// The life a node is in; 0 if nothing was said about it.
    #[inline]
    fn life(&self, node: NodeId) -> u16 {
        life_of(&self.nodes, node)
    }

    /// The life of a node that is up.
    fn lives(&self, node: u16) -> Option<u16> {
        match self.nodes.get(node as usize) {
            None => Some(0),
            Some(process) => (!process.down).then_some(process.life),
        }
    }

    #[inline]
    fn sent(&mut self, place: Place, producer: NodeId, stated: &Stated) {
        let life = self.life(producer);
        let (before, life_before) = self.messages.sent(place, life, stated);
        let counted = before == ProducerOutcome::Outstanding && life_before == life;
        if before != ProducerOutcome::Acknowledged && !counted {
            self.process(producer).spans.sent(stated.time);
        }
    }

    #[inline]
    fn decided(
        &mut self,
        place: Place,
        producer: NodeId,
        outcome: ProducerOutcome,
        error: Option<&'static str>,
        stated: &Stated,
    ) -> ProducerOutcome {
        let (before, life) = self.messages.decided(place, outcome, error, stated);
        let process = self.process(producer);
        let counted = before == ProducerOutcome::Outstanding && life == process.life;
        process.spans.told(outcome, counted, stated.time);
        before
    }

    #[inline]
    fn acknowledged(
        &mut self,
        message: MessageId,
        producer: NodeId,
        lane: LaneId,
        offset: i64,
        stated: &Stated,
    ) {
        if let Some(place) = self.messages.place(message) {
            let outcome = ProducerOutcome::Acknowledged;
            let before = self.decided(place, producer, outcome, None, stated);
            if before != ProducerOutcome::Acknowledged {
                self.messages.acknowledged_at(message, place, lane, offset);
            }
            if let Ok(offset) = u64::try_from(offset) {
                self.messages.seen(message, place, lane, offset);
            }
        }
        if let Ok(offset) = u64::try_from(offset) {
            self.observed.value(message, lane, offset);
        }
    }

    #[inline]
    #[allow(clippy::too_many_arguments)] // the fields of one fact
    fn appended(
        &mut self,
        message: MessageId,
        lane: LaneId,
        node: NodeId,
        offset: u64,
        epoch: u32,
        by_leader: bool,
        stated: &Stated,
    ) {
        let after = self.lanes.push(message, lane, node, offset, epoch, by_leader);
        let Some(place) = self.messages.place(message) else { return };
        let placement = || {
            let mark = Mark::of(stated);
            Placement { offset, mark, epoch, after, lane: lane.0, node: node.0 }
        };
        if self.messages.placed(message, place, (lane, offset, epoch), placement) {
            self.messages.must_have_been_sent(place, stated, || {
                self.plan.producer_of(message).map_or(0, |p| life_of(&self.nodes, p))
            });
            self.order.appended(message, place, lane, stated);
        }
        if self.plan.queues && by_leader {
            for reader in self.readers.get(lane.0 as usize).into_iter().flatten() {
                if let Some(subscription) = self.subscriptions.get_mut(*reader as usize) {
                    subscription.entered_queue(lane, stated.time);
                }
            }
        }
    }

    /// A queue let go of a message.
    fn left_queue(&mut self, message: MessageId, lane: LaneId, stated: &Stated) {
        if !self.plan.queues {
            return;
        }
        let Some(place) = self.messages.place(message) else { return };
        for reader in self.readers.get(lane.0 as usize).into_iter().flatten() {
            if let Some(subscription) = self.subscriptions.get_mut(*reader as usize) {
                subscription.left_queue(message, place, lane, stated);
            }
        }
    }

    #[inline]
    fn committed(&mut self, message: MessageId, lane: LaneId, offset: u64, now: Time) {
        if let Some(place) = self.messages.place(message) {
            self.messages.committed(place);
        }
        let state = self.lanes.get_mut(lane);
        if offset < state.committed {
            return;
        }
        state.committed = offset + 1;
        for reader in self.readers.get(lane.0 as usize).into_iter().flatten() {
            if let Some(subscription) = self.subscriptions.get_mut(*reader as usize) {
                subscription.lane_committed(lane, offset + 1, now);
            }
        }
    }

    fn chronicle(&mut self, stated: &Stated) {
        let Some(lane) = self.lanes.chronicle(stated) else { return };
        let committed = self.lanes.get(lane).map_or(0, |l| l.committed);
        for reader in self.readers.get(lane.0 as usize).into_iter().flatten() {
            if let Some(subscription) = self.subscriptions.get_mut(*reader as usize) {
                subscription.lane_committed(lane, committed, stated.time);
            }
        }
    }

    #[inline]
    fn delivered(
        &mut self,
        message: MessageId,
        subscription: SubscriptionId,
        consumer: NodeId,
        lane: LaneId,
        offset: u64,
        stated: &Stated,
    ) {
        let life = self.life(consumer);
        let place = self.messages.place(message);
        let Some(subscription) = self.subscriptions.get_mut(subscription.0 as usize) else {
            return;
        };
        subscription.delivered(place, consumer, life, lane, offset, stated);
        self.observed.value(message, lane, offset);
        self.observed.polled(consumer, lane, offset, message, stated);
        if let Some(place) = place {
            self.messages.seen(message, place, lane, offset);
        }
    }

    #[inline]
    fn finished(
        &mut self,
        message: MessageId,
        id: SubscriptionId,
        consumer: NodeId,
        lane: LaneId,
        offset: u64,
        stated: &Stated,
    ) {
        let committed = self.lanes.get(lane).map_or(0, |l| l.committed);
        let Some(place) = self.messages.place(message) else { return };
        let Some(subscription) = self.subscriptions.get_mut(id.0 as usize) else { return };
        let times = subscription.handled(message, place, consumer, lane, offset, committed, stated);
        self.order.handled(message, place, id, lane, times, stated);
    }

    /// A fact about a subscription that is not about an ordinary message.
    fn read(&mut self, stated: &Stated) {
        let fact = stated.fact;
        let committed =
            fact.lane().and_then(|lane| self.lanes.get(lane)).map_or(0, |l| l.committed);
        let life = fact.node().map_or(0, |n| self.life(n));
        let place = fact.message().and_then(|message| self.messages.place(message));
        let subscription = fact.subscription().map(|s| self.plan.told_as(s));
        let Some(subscription) =
            subscription.and_then(|s| self.subscriptions.get_mut(s.0 as usize))
        else {
            return;
        };
        match (fact, place) {
            (Fact::Failed { again: false, .. }, Some(place)) => subscription.failed(place),
            (Fact::DeadLettered { message, .. }, Some(place)) => {
                subscription.dead_lettered(place, stated);
                if self.plan.queues
                    && let Some(lane) = subscription.only_lane()
                {
                    subscription.left_queue(message, place, lane, stated);
                }
            }
            (Fact::Dropped { message, .. }, Some(_)) => subscription.dropped(message, stated),
            (Fact::Positioned { lane, consumer, offset, .. }, _) => {
                subscription.positioned(lane, consumer, life, offset, committed, stated);
            }
            (
                Fact::Revoked { lane, consumer, .. } | Fact::PartitionsLost { lane, consumer, .. },
                _,
            ) => subscription.given_up(lane, consumer),
            (Fact::OffsetCommitted { lane, offset, .. }, _) => {
                subscription.offset_committed(lane, offset, committed, stated);
            }
            _ => {}
        }
    }

    /// The chain of messages that must keep their order with this one; a message without a key is
    /// in none.
    fn chain(&self, message: MessageId) -> Option<usize> {
        self.order.chain(self.messages.place(message)?)
    }

    /// What became of every message, as of `now`.
    pub fn judge(&self, now: Time) -> Judgement {
        Judgement::of(self, now)
    }

    /// What became of some messages, given in ascending order, as of `now`. Whatever is asked of
    /// others of such a judgement counts them as not sent.
    pub fn judge_some(
        &self,
        now: Time,
        messages: impl IntoIterator<Item = MessageId>,
    ) -> Judgement {
        Judgement::of_some(self, now, messages.into_iter())
    }

    /// What the ledger was told before the run.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// How often facts were stated.
    pub fn counts(&self) -> &FactCounts {
        &self.counts
    }

    /// How many messages have this outcome to their producers now.
    pub fn outcomes(&self, outcome: ProducerOutcome) -> u64 {
        self.messages.total(outcome)
    }

    /// Events at which something happened to a message: handed over, appended, decided, handled or
    /// delivered for the decisive time. Others may lie between.
    pub fn events_of(&self, message: MessageId) -> Vec<u64> {
        let mut events = self.messages.events(message);
        let pairs = self.subscriptions.iter().filter_map(|s| s.pair(message));
        events.extend(pairs.filter_map(subscriptions::Pair::decided_at));
        events
    }

    /// The lane a message belongs to, as far as its producer has chosen one.
    pub fn lane_of(&self, message: MessageId) -> Option<LaneId> {
        self.messages.lane(message)
    }

    /// How many messages the subscription has handled at least once, and at least twice.
    pub fn handled(&self, subscription: SubscriptionId) -> (u64, u64) {
        self.subscriptions
            .get(subscription.0 as usize)
            .map_or((0, 0), |s| (s.handled, s.duplicates))
    }

    /// Committed messages that wait for the subscription now.
    pub fn lag(&self, subscription: SubscriptionId) -> u64 {
        self.subscriptions.get(subscription.0 as usize).map_or(0, Subscription::waiting)
    }

    /// How many breaks of order there have been, in subscriptions and in logs.
    pub fn order_breaks(&self) -> usize {
        let order = &self.order;
        order.inversions.len() + order.regressions.len() + order.log_inversions.len()
    }

    /// Longest span in which the producer got nothing acknowledged though it asked.
    fn producer_unavailable(&self, producer: NodeId, now: Time) -> Span {
        let process = self.nodes.get(producer.0 as usize);
        process.map_or(Span::ZERO, |p| p.spans.longest_until(now))
    }
}
