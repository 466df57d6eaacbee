//! The fate of one message for one subscription, and the fact that decided it.
//!
//! The question is asked in this order. Was it handled? Was it set aside? Is it in the hands of a
//! living reader? Then, for every place at which a leader ever put it: can it still be read there
//! ([`Reach`]), and has the reader passed it ([`Skip`])? The best answer over all places counts.
//! Only then matters what the producer was told: a message that is out of reach is *lost* if it
//! was acknowledged and *lost unacknowledged* if not.

use super::lanes::Reach;
use super::messages::{MessageState, Placement, ProducerOutcome};
use super::subscriptions::{Skip, Subscription};
use super::{Fate, Ledger};
use crate::fact::{Fact, LaneId, MessageId, NodeId, Stated, SubscriptionId};

/// What is the same for all messages of a moment.
pub(super) struct Moment {
    /// Per lane, the authority if it is up.
    authorities: Vec<Option<NodeId>>,
}

/// What the places of a message come to.
#[derive(Default)]
struct Places {
    stranded: Option<Option<Stated>>,
    /// Deleted by a rule: by which fate, since which fact.
    by_rule: Option<(Fate, Option<Stated>)>,
    /// Out of reach, since the latest of these facts.
    gone: Option<Stated>,
    skipped: bool,
}

/// The later of two facts; the second where they are one event's.
fn later(a: Option<Stated>, b: Option<Stated>) -> Option<Stated> {
    match (a, b) {
        (Some(a), Some(b)) if (a.time, a.event) > (b.time, b.event) => Some(a),
        (a, b) => b.or(a),
    }
}

impl Ledger {
    pub(super) fn moment(&self) -> Moment {
        let lanes = 0..self.lanes.lanes.len();
        let authorities = lanes.map(|l| self.lanes.live_authority(LaneId(l as u16))).collect();
        Moment { authorities }
    }

    /// Whether the subscription is owed a fate for the message: it was sent, and to a lane the
    /// subscription reads (or, as long as no lane was chosen, may read).
    pub(super) fn owed(&self, message: MessageId, subscription: SubscriptionId) -> bool {
        let Some(state) = self.messages.get(message) else { return false };
        if state.outcome == ProducerOutcome::Unsent || self.plan.is_unread(subscription) {
            return false;
        }
        if self.plan.queues
            && let Some(targets) = self.plan.targets_of(message)
        {
            let mut placements = self.messages.placements(message).map(|p| LaneId(p.lane));
            return targets.iter().any(|l| self.plan.reads(subscription, *l))
                || placements.any(|l| self.plan.reads(subscription, l));
        }
        if let Some(lane) = self.messages.lane(message) {
            return self.plan.reads(subscription, lane)
                || self
                    .messages
                    .placements(message)
                    .any(|p| self.plan.reads(subscription, LaneId(p.lane)));
        }
        let block = self.plan.block_of(message).and_then(|b| self.plan.blocks.get(b));
        block.is_some_and(|b| b.lanes.iter().any(|l| self.plan.reads(subscription, *l)))
    }

    /// The fate of a message the subscription is owed, and the fact that decided it.
    #[inline]
    pub(super) fn fate(
        &self,
        message: MessageId,
        state: &MessageState,
        subscription: &Subscription,
        moment: &Moment,
    ) -> (Fate, Option<Stated>) {
        let decided = |pair: &super::subscriptions::Pair| pair.decided_by(message, subscription.id);
        if let Some(pair) = subscription.pair(message) {
            if pair.handlings > 0 {
                if state.outcome == ProducerOutcome::Refused {
                    return (Fate::Phantom, later(self.outcome(message), decided(pair)));
                }
                let fate = match (pair.handlings, pair.deliveries) {
                    (2.., _) => Fate::Duplicate,
                    (_, 2..) => Fate::Redelivered,
                    _ => Fate::Once,
                };
                return (fate, decided(pair));
            }
            if pair.dead_lettered() {
                return (Fate::DeadLettered, decided(pair));
            }
        }
        if let Some(stated) = subscription.drop_of(message) {
            return (Fate::Dropped, Some(stated));
        }
        if subscription.in_hand(message, &|n| self.lives(n)) {
            return (Fate::Pending, None);
        }
        if let Some(settled) = subscription.settled_unhandled(message) {
            let again = self.messages.placements(message).any(|p| {
                self.plan.reads(subscription.id, LaneId(p.lane)) && p.mark.time() > settled.time
            });
            if !again {
                let acknowledged = state.outcome == ProducerOutcome::Acknowledged;
                let fate = if acknowledged { Fate::Lost } else { Fate::LostUnacknowledged };
                return (fate, Some(settled));
            }
        }
        match self.places(message, subscription, moment) {
            None => (Fate::Pending, None),
            Some(places) => self.out_of_reach(message, state, subscription, places),
        }
    }

    fn outcome(&self, message: MessageId) -> Option<Stated> {
        self.messages.outcome_fact(message, self.plan.producer_of(message)?)
    }

    /// `None` if the message can still be read at some place.
    fn places(
        &self,
        message: MessageId,
        subscription: &Subscription,
        moment: &Moment,
    ) -> Option<Places> {
        let mut places = Places::default();
        for place in self.messages.placements(message) {
            let lane = LaneId(place.lane);
            if !self.plan.reads(subscription.id, lane) || self.drop_after(message, place).is_some()
            {
                continue;
            }
            let void = self.transactions.is_aborted(message, place);
            if void && self.plan.skips_aborted(subscription.id) {
                continue;
            }
            let authority = moment.authorities.get(place.lane as usize).copied().flatten();
            let mirror = authority.and_then(|n| self.lanes.get(lane)?.mirror(n));
            let here = mirror.is_some_and(|m| {
                matches!(m.presence(place.offset, message), super::mirror::Presence::Here(_))
            });
            let (reach, since) = match here {
                true => (Reach::Readable, None),
                false => self.lanes.reach(message, place),
            };
            let since = since.and_then(|at| self.lanes.entry(at));
            let end = mirror.map(super::mirror::Mirror::end);
            let skip = subscription.skips(message, lane, place.offset, &|n| self.lives(n), end);
            let skip = match skip {
                Skip::No => None,
                // Progress stored before the message was put there did not skip it yet.
                Skip::By(fact) => later(Some(place.fact(message)), Some(fact)),
                Skip::BehindTheReader => Some(place.fact(message)),
            };
            match (reach, skip) {
                (Reach::Readable, None) => return None,
                (Reach::Readable | Reach::Stranded, Some(fact)) => {
                    places.skipped = true;
                    places.gone = later(places.gone, Some(fact));
                }
                (Reach::Stranded, None) => places.stranded = Some(since),
                (Reach::Expired | Reach::Compacted, Some(skip))
                    if since.is_some_and(|s| (skip.time, skip.event) < (s.time, s.event)) =>
                {
                    places.skipped = true;
                    places.gone = later(places.gone, Some(skip));
                }
                (Reach::Expired, _) => {
                    let since = since.or_else(|| Some(place.fact(message)));
                    places.by_rule = Some((Fate::Expired, since));
                }
                (Reach::Compacted, _)
                    if since.is_some_and(|s| matches!(s.fact, Fact::NotRecovered { .. })) =>
                {
                    places.gone = later(places.gone, since);
                }
                (Reach::Compacted, _) => {
                    let since = since.or_else(|| Some(place.fact(message)));
                    places.by_rule = Some((Fate::Dropped, since));
                }
                (Reach::Gone, _) => {
                    let fact = since.unwrap_or_else(|| place.fact(message));
                    places.gone = later(places.gone, Some(fact));
                }
            }
        }
        Some(places)
    }

    fn out_of_reach(
        &self,
        message: MessageId,
        state: &MessageState,
        subscription: &Subscription,
        places: Places,
    ) -> (Fate, Option<Stated>) {
        let acknowledged = state.outcome == ProducerOutcome::Acknowledged;
        if let Some(since) = places.stranded {
            return match acknowledged {
                true => (Fate::Stranded, since),
                false => (Fate::Pending, None),
            };
        }
        if let Some(stated) = self.last_drop(message, subscription) {
            let fate = match stated.fact {
                Fact::Dropped { rule: "expired", .. } => Fate::Expired,
                _ => Fate::Dropped,
            };
            return (fate, Some(stated));
        }
        if let Some(stated) = self.unroutable.get(&message.0).filter(|_| places.gone.is_none()) {
            return (Fate::Unroutable, Some(*stated));
        }
        let producer = self.plan.producer_of(message).unwrap_or(NodeId(u16::MAX));
        let alive = self.lives(producer.0) == Some(state.life);
        let outstanding = state.outcome == ProducerOutcome::Outstanding;
        if outstanding && alive && !places.skipped {
            // Its producer still tries.
            return (Fate::Pending, None);
        }
        if let Some(by_rule) = places.by_rule {
            return by_rule;
        }
        if acknowledged {
            return match places.gone {
                Some(fact) => (Fate::Lost, Some(fact)),
                None => self.never_appended(message, producer, state),
            };
        }
        let given_up = match outstanding {
            true if alive => None,
            true => self.lanes.last_stop(producer),
            false => self.outcome(message),
        };
        (Fate::LostUnacknowledged, later(places.gone, given_up))
    }

    /// Acknowledged, but nobody ever appended it: the producer did not wait for the cluster. Its
    /// packet may be under way until something says that it is not.
    fn never_appended(
        &self,
        message: MessageId,
        producer: NodeId,
        state: &MessageState,
    ) -> (Fate, Option<Stated>) {
        let told = self.outcome(message);
        if let Some(rejected) = self.rejected.get(&message.0) {
            return (Fate::Lost, Some(*rejected));
        }
        if self.plan.queues {
            return (Fate::Lost, told);
        }
        let Some(Stated { fact: Fact::Acknowledged { lane, offset: -1, .. }, time, .. }) = told
        else {
            return (Fate::Lost, told);
        };
        let holds = |n: NodeId| self.lanes.get(lane).is_some_and(|l| l.mirror(n).is_some());
        let broke = self.breaks.iter().find(|s| {
            let Fact::Disconnected { from, to, .. } = s.fact else { return false };
            s.time >= time && ((from == producer && holds(to)) || (to == producer && holds(from)))
        });
        let receiver_died = self.lanes.authority_stopped(lane, time);
        let sender_died =
            if self.life(producer) == state.life { None } else { self.lanes.last_stop(producer) };
        let evidence = [broke.copied(), receiver_died, sender_died];
        match evidence.into_iter().flatten().min_by_key(|s| (s.time, s.event)) {
            Some(fact) => (Fate::Lost, Some(fact)),
            None => (Fate::Pending, None),
        }
    }

    /// The drop that took the message from this place, if one did.
    fn drop_after(&self, message: MessageId, place: &Placement) -> Option<&Stated> {
        self.dropped
            .get(&message.0)?
            .iter()
            .find(|s| s.fact.lane() == Some(LaneId(place.lane)) && s.time >= place.mark.time())
    }

    fn last_drop(&self, message: MessageId, subscription: &Subscription) -> Option<Stated> {
        let drops = self.dropped.get(&message.0)?;
        let concerns =
            |s: &&Stated| s.fact.lane().is_some_and(|lane| self.plan.reads(subscription.id, lane));
        drops.iter().rev().find(concerns).copied()
    }
}
