//! What became of everything, as of a moment; what commands print and expectations ask.

use super::counts::Subset;
use super::messages::ProducerOutcome;
use super::mirror::Presence;
use super::order::OrderBreak;
use super::{Fate, Ledger};
use crate::fact::{KeyId, LaneId, MessageId, NodeId, Stated, SubscriptionId};
use crate::kernel::{Span, Time};

/// The fate of one message for one subscription.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Settled {
    /// The message.
    pub message: MessageId,
    /// The subscription that owes it a fate.
    pub subscription: SubscriptionId,
    /// What became of it; [`Judgement::decided_by`] says by which fact.
    pub fate: Fate,
}

/// A message physically present in a replica's log.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Copy {
    /// The lane.
    pub lane: LaneId,
    /// The node whose log it is.
    pub node: NodeId,
    /// Where in the log.
    pub offset: u64,
    /// The leader epoch it was written under.
    pub epoch: u32,
}

/// The producer's side of one message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MessageReport {
    /// The message.
    pub message: MessageId,
    /// Who sends it.
    pub producer: NodeId,
    /// Its business key.
    pub key: Option<KeyId>,
    /// The lane it was sent to, once known.
    pub lane: Option<LaneId>,
    /// What its producer was told last.
    pub outcome: ProducerOutcome,
    /// The fact that decided the outcome.
    pub decided_by: Option<Stated>,
    /// When the application handed it over.
    pub sent: Option<Time>,
    /// From handing over to the first acknowledgement.
    pub latency: Option<Span>,
    /// How often it was put on the wire.
    pub attempts: u64,
}

/// What became of all messages.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Judgement {
    /// The moment judged.
    pub at: Time,
    /// The fate of each sent message for each subscription that is owed one, by message, then by
    /// subscription.
    pub fates: Vec<Settled>,
    pub(super) ledger: Ledger,
}

impl Judgement {
    pub(super) fn of(ledger: &Ledger, at: Time) -> Judgement {
        Judgement::of_some(ledger, at, (0..ledger.messages.count() as u32).map(MessageId))
    }

    pub(super) fn of_some(
        ledger: &Ledger,
        at: Time,
        messages: impl Iterator<Item = MessageId>,
    ) -> Judgement {
        let moment = ledger.moment();
        let sent = ledger.messages.count() as u64 - ledger.messages.total(ProducerOutcome::Unsent);
        let mut fates = Vec::with_capacity(messages.size_hint().0.min(sent as usize));
        for message in messages {
            let Some(state) = ledger.messages.get(message) else { continue };
            for subscription in &ledger.subscriptions {
                if ledger.owed(message, subscription.id) {
                    let (fate, _) = ledger.fate(message, state, subscription, &moment);
                    fates.push(Settled { message, subscription: subscription.id, fate });
                }
            }
        }
        Judgement { at, fates, ledger: ledger.clone() }
    }

    /// The fact that decided a fate; `None` while nothing has (pending), or if it was so from the
    /// start.
    pub fn decided_by(&self, settled: &Settled) -> Option<Stated> {
        let ledger = &self.ledger;
        let state = ledger.messages.get(settled.message)?;
        let subscription = ledger.subscriptions.get(settled.subscription.0 as usize)?;
        ledger.fate(settled.message, state, subscription, &ledger.moment()).1
    }

    /// The ledger as it stood at the moment judged.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Whether a message (and, where given, what a subscription did with it) is in the subset.
    pub(super) fn includes(
        &self,
        of: Subset,
        message: MessageId,
        subscription: Option<SubscriptionId>,
    ) -> bool {
        let plan = self.ledger.plan();
        match of {
            Subset::All => true,
            Subset::Message(m) => m == message,
            Subset::Key(key) => plan.key_of(message) == Some(key),
            Subset::Lane(lane) => {
                self.ledger.messages.lane(message) == Some(lane)
                    || self.ledger.messages.placements(message).any(|p| p.lane == lane.0)
            }
            Subset::Subscription(s) => match subscription {
                Some(subscription) => subscription == s,
                None => self.ledger.owed(message, s),
            },
            Subset::Node(node) => {
                let holds = |s: SubscriptionId| {
                    let subscription = self.ledger.subscriptions.get(s.0 as usize);
                    subscription.and_then(|s| s.pair(message)).is_some_and(|p| p.holder == node.0)
                };
                plan.producer_of(message) == Some(node) || subscription.is_some_and(holds)
            }
        }
    }

    /// The (message, subscription) pairs in the subset.
    pub fn pairs(&self, of: Subset) -> impl Iterator<Item = &Settled> {
        self.fates.iter().filter(move |s| self.includes(of, s.message, Some(s.subscription)))
    }

    /// How many pairs in the subset met this fate.
    pub fn count(&self, fate: Fate, of: Subset) -> u64 {
        self.fates
            .iter()
            .filter(|s| s.fate == fate && self.includes(of, s.message, Some(s.subscription)))
            .count() as u64
    }

    /// The messages that met this fate, for one subscription or for any; ascending.
    pub fn messages_with(
        &self,
        fate: Fate,
        subscription: Option<SubscriptionId>,
    ) -> Vec<MessageId> {
        let wanted =
            |s: &&Settled| s.fate == fate && subscription.is_none_or(|id| s.subscription == id);
        let mut messages: Vec<_> = self.fates.iter().filter(wanted).map(|s| s.message).collect();
        messages.dedup();
        messages
    }

    /// The fates of one message, one for each subscription that is owed one.
    pub fn fates_of(&self, message: MessageId) -> &[Settled] {
        let from = self.fates.partition_point(|s| s.message < message);
        let to = self.fates.partition_point(|s| s.message <= message);
        &self.fates[from..to]
    }

    /// The fate of one message for one subscription.
    pub fn fate(&self, message: MessageId, subscription: SubscriptionId) -> Option<Fate> {
        self.fates_of(message).iter().find(|s| s.subscription == subscription).map(|s| s.fate)
    }

    /// Whether every message met the same fates in both; times and deciding facts may differ.
    pub fn same_fates(&self, other: &Judgement) -> bool {
        let fates = |j: &'_ Judgement| -> Vec<(MessageId, SubscriptionId, Fate)> {
            j.fates.iter().map(|s| (s.message, s.subscription, s.fate)).collect()
        };
        fates(self) == fates(other)
    }

    /// What the producer of the message was told.
    pub fn producer_outcome(&self, message: MessageId) -> ProducerOutcome {
        self.ledger.messages.get(message).map_or(ProducerOutcome::Unsent, |s| s.outcome)
    }

    /// How many messages in the subset have this outcome.
    pub fn outcomes(&self, outcome: ProducerOutcome, of: Subset) -> u64 {
        if of == Subset::All {
            return self.ledger.outcomes(outcome);
        }
        self.ids(of).filter(|m| self.producer_outcome(*m) == outcome).count() as u64
    }

    /// How many messages in the subset were handed over by their application.
    pub fn sent(&self, of: Subset) -> u64 {
        self.ids(of).filter(|m| self.producer_outcome(*m) != ProducerOutcome::Unsent).count() as u64
    }

    /// The planned messages in the subset, ascending.
    pub fn ids(&self, of: Subset) -> impl Iterator<Item = MessageId> {
        (0..self.ledger.messages.count() as u32)
            .map(MessageId)
            .filter(move |m| self.includes(of, *m, None))
    }

    /// The producer's side of a planned message.
    pub fn message(&self, message: MessageId) -> Option<MessageReport> {
        let ledger = &self.ledger;
        let state = ledger.messages.get(message)?;
        let producer = ledger.plan().producer_of(message)?;
        let attempts = ledger.counts.count("attempted", Subset::Message(message)).unwrap_or(0);
        let sent = state.outcome != ProducerOutcome::Unsent;
        Some(MessageReport {
            message,
            producer,
            key: ledger.plan().key_of(message),
            lane: ledger.messages.lane(message),
            outcome: state.outcome,
            decided_by: ledger.messages.outcome_fact(message, producer),
            sent: sent.then(|| state.sent_at()),
            latency: state.latency(),
            attempts,
        })
    }

    /// How often a subscription was handed the message, and how often it handled it.
    pub fn deliveries(&self, message: MessageId, subscription: SubscriptionId) -> (u16, u16) {
        self.pair(message, subscription).map_or((0, 0), |p| (p.deliveries, p.handlings))
    }

    /// When a subscription handled the message first.
    pub fn first_handled(&self, message: MessageId, subscription: SubscriptionId) -> Option<Time> {
        self.pair(message, subscription)?.first_handled()
    }

    pub(super) fn pair(
        &self,
        message: MessageId,
        subscription: SubscriptionId,
    ) -> Option<&super::subscriptions::Pair> {
        self.ledger.subscriptions.get(subscription.0 as usize)?.pair(message)
    }

    /// Where the message physically exists now, readable or not.
    pub fn copies(&self, message: MessageId) -> Vec<Copy> {
        self.ledger.copies(message)
    }

    /// Messages first handled (or, without a subscription, first appended) after a later message
    /// of their key.
    pub fn inversions(&self, of: Subset) -> impl Iterator<Item = &OrderBreak> {
        self.broken(&self.ledger.order.inversions, of)
    }

    /// Messages handled again after a later message of their key.
    pub fn regressions(&self, of: Subset) -> impl Iterator<Item = &OrderBreak> {
        self.broken(&self.ledger.order.regressions, of)
    }

    /// Messages that stand in their lane's log after a later message of their key.
    pub fn log_inversions(&self, of: Subset) -> impl Iterator<Item = &OrderBreak> {
        self.broken(&self.ledger.order.log_inversions, of)
    }

    fn broken<'a>(
        &'a self,
        breaks: &'a imbl::Vector<OrderBreak>,
        of: Subset,
    ) -> impl Iterator<Item = &'a OrderBreak> {
        breaks.iter().filter(move |b| match of {
            Subset::Lane(lane) => b.lane == lane,
            Subset::Node(node) if b.stated.fact.node() == Some(node) => true,
            _ => self.includes(of, b.message, b.subscription),
        })
    }

    /// The longest span without progress of the producers and subscriptions in the subset: a
    /// producer got nothing acknowledged though it asked, a subscription handled nothing though
    /// committed messages waited. `None`: the subset names neither.
    pub fn unavailable(&self, of: Subset) -> Option<Span> {
        let producer = |n: NodeId| self.ledger.producer_unavailable(n, self.at);
        let producers = || self.ledger.plan().blocks.iter().map(|b| producer(b.producer));
        let subscriptions = || self.ledger.subscriptions.iter().map(|s| s.longest_stall(self.at));
        match of {
            Subset::All => producers().chain(subscriptions()).max(),
            Subset::Node(node) => Some(producer(node)),
            Subset::Subscription(s) => {
                Some(self.ledger.subscriptions.get(s.0 as usize)?.longest_stall(self.at))
            }
            Subset::Lane(_) | Subset::Key(_) | Subset::Message(_) => None,
        }
    }

    /// Committed messages that wait, now or at most; for subscriptions, or for one lane summed
    /// over its subscriptions. `None`: the subset has no lag.
    pub fn lag(&self, largest: bool, of: Subset) -> Option<u64> {
        let subscriptions = &self.ledger.subscriptions;
        let whole = |s: &super::subscriptions::Subscription| match largest {
            true => s.largest,
            false => s.waiting(),
        };
        match of {
            Subset::All => Some(subscriptions.iter().map(whole).sum()),
            Subset::Subscription(s) => subscriptions.get(s.0 as usize).map(whole),
            Subset::Lane(lane) => {
                let cells = subscriptions.iter().flat_map(|s| &s.cells).filter(|c| c.lane == lane);
                let one = |c: &super::subscriptions::Cell| match largest {
                    true => c.largest(),
                    false => c.waiting(),
                };
                Some(cells.map(one).sum())
            }
            Subset::Node(_) | Subset::Key(_) | Subset::Message(_) => None,
        }
    }

    /// The progress a subscription has stored on a lane.
    pub fn committed_offset(&self, subscription: SubscriptionId, lane: LaneId) -> Option<u64> {
        self.ledger.subscriptions.get(subscription.0 as usize)?.cell(lane)?.committed()
    }

    /// The nearest-rank percentile (in thousandths) of the times from sending to acknowledgement.
    /// `None`: nothing in the subset was acknowledged.
    pub fn latency(&self, permille: u32, of: Subset) -> Option<Span> {
        let state = |m| self.ledger.messages.get(m);
        let mut spans: Vec<Span> =
            self.ids(of).filter_map(|m| state(m).and_then(|s| s.latency())).collect();
        let last = spans.len().checked_sub(1)?;
        let rank = (spans.len() as u64 * u64::from(permille.min(1000))).div_ceil(1000);
        let at = (rank.max(1) as usize - 1).min(last);
        Some(*spans.select_nth_unstable(at).1)
    }

    /// Messages a second, rounded down: of a subscription those handled, from the first call of
    /// `send()` to the last first handling; else those acknowledged, to the last acknowledgement.
    /// `None`: there are none, or all of it took no time.
    pub fn throughput(&self, of: Subset) -> Option<u64> {
        let state = |m| self.ledger.messages.get(m);
        let (mut count, mut first, mut last) = (0u64, Time::NEVER, Time::ZERO);
        for message in self.ids(of) {
            let Some(state) = state(message) else { continue };
            let ended = match of {
                Subset::Subscription(s) => {
                    self.pair(message, s).and_then(super::subscriptions::Pair::first_handled)
                }
                _ => state.latency().map(|took| state.sent_at() + took),
            };
            if state.outcome != ProducerOutcome::Unsent {
                first = first.min(state.sent_at());
            }
            if let Some(ended) = ended {
                count += 1;
                last = last.max(ended);
            }
        }
        let took = u128::from(last.since(first).0);
        let rate = (u128::from(count) * 1_000_000_000).checked_div(took)?;
        u64::try_from(rate).ok().filter(|_| count > 0)
    }

    /// How often a fact was stated; see [`super::FactCounts::count`].
    pub fn facts(&self, name: &str, of: Subset) -> Option<u64> {
        self.ledger.counts.count(name, of)
    }
}

impl Ledger {
    /// Where the message physically exists now, readable or not.
    pub fn copies(&self, message: MessageId) -> Vec<Copy> {
        let mut copies = Vec::new();
        for place in self.messages.placements(message) {
            let lane = LaneId(place.lane);
            for (node, mirror) in self.lanes.get(lane).into_iter().flat_map(|l| &l.copies) {
                if let Presence::Here(epoch) = mirror.presence(place.offset, message) {
                    copies.push(Copy { lane, node: *node, offset: place.offset, epoch });
                }
            }
        }
        copies.sort_unstable();
        copies.dedup();
        copies
    }

    /// The log of one replica as (offset, message, epoch), from its first readable offset.
    pub fn replica(
        &self,
        lane: LaneId,
        node: NodeId,
    ) -> impl Iterator<Item = (u64, MessageId, u32)> {
        let mirror = self.lanes.get(lane).and_then(|l| l.mirror(node));
        mirror
            .into_iter()
            .flat_map(|m| m.records())
            .map(|r| (r.offset, MessageId(r.message), r.epoch))
    }

    /// Where one replica's log begins and ends.
    pub fn replica_bounds(&self, lane: LaneId, node: NodeId) -> Option<(u64, u64)> {
        self.lanes.get(lane)?.mirror(node).map(|m| (m.start(), m.end()))
    }
}
