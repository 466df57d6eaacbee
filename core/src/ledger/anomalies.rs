//! Anomalies: what an application would rather not have seen, with the facts that tell the story.

use super::judgement::{Judgement, Settled};
use super::order::OrderBreak;
use super::{Fate, Subset};
use crate::fact::{LaneId, MessageId, Stated, SubscriptionId};

/// Kinds of anomalies.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum AnomalyKind {
    /// Acknowledged, and out of reach.
    Lost,
    /// Not acknowledged, and out of reach.
    LostUnacknowledged,
    /// Handled more than once.
    Duplicate,
    /// Delivered more than once, handled once.
    Redelivered,
    /// Refused to its producer, yet handled.
    Phantom,
    /// Set aside.
    DeadLettered,
    /// Deleted by a time limit before it was handled.
    Expired,
    /// Discarded by a configured rule.
    Dropped,
    /// No destination accepted it.
    Unroutable,
    /// Acknowledged; its only copies are out of service.
    Stranded,
    /// First handled after a later message of its key.
    Inversion,
    /// Handled again after a later message of its key.
    Regression,
    /// Appended after a later message of its key.
    LogInversion,
}

impl AnomalyKind {
    /// All kinds.
    pub const ALL: [AnomalyKind; 13] = [
        AnomalyKind::Lost,
        AnomalyKind::LostUnacknowledged,
        AnomalyKind::Duplicate,
        AnomalyKind::Redelivered,
        AnomalyKind::Phantom,
        AnomalyKind::DeadLettered,
        AnomalyKind::Expired,
        AnomalyKind::Dropped,
        AnomalyKind::Unroutable,
        AnomalyKind::Stranded,
        AnomalyKind::Inversion,
        AnomalyKind::Regression,
        AnomalyKind::LogInversion,
    ];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            AnomalyKind::Lost => "lost",
            AnomalyKind::LostUnacknowledged => "lost-unacknowledged",
            AnomalyKind::Duplicate => "duplicate",
            AnomalyKind::Redelivered => "redelivered",
            AnomalyKind::Phantom => "phantom",
            AnomalyKind::DeadLettered => "dead-lettered",
            AnomalyKind::Expired => "expired",
            AnomalyKind::Dropped => "dropped",
            AnomalyKind::Unroutable => "unroutable",
            AnomalyKind::Stranded => "stranded",
            AnomalyKind::Inversion => "inversion",
            AnomalyKind::Regression => "regression",
            AnomalyKind::LogInversion => "log-inversion",
        }
    }

    /// The anomaly a fate is; being handled once and being pending are none.
    pub fn of(fate: Fate) -> Option<AnomalyKind> {
        Some(match fate {
            Fate::Once | Fate::Pending => return None,
            Fate::Duplicate => AnomalyKind::Duplicate,
            Fate::Redelivered => AnomalyKind::Redelivered,
            Fate::Lost => AnomalyKind::Lost,
            Fate::LostUnacknowledged => AnomalyKind::LostUnacknowledged,
            Fate::Phantom => AnomalyKind::Phantom,
            Fate::DeadLettered => AnomalyKind::DeadLettered,
            Fate::Expired => AnomalyKind::Expired,
            Fate::Dropped => AnomalyKind::Dropped,
            Fate::Unroutable => AnomalyKind::Unroutable,
            Fate::Stranded => AnomalyKind::Stranded,
        })
    }
}

/// One anomaly of one message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Anomaly {
    /// What it is.
    pub kind: AnomalyKind,
    /// The message it befell.
    pub message: MessageId,
    /// For whom; `None` for the order in a log.
    pub subscription: Option<SubscriptionId>,
    /// The fact that made it so.
    pub decided_by: Option<Stated>,
    /// The facts that tell its story, in order: handed over, appended, cut or overruled, told to
    /// the producer, handled, and the deciding one.
    pub related: Vec<Stated>,
}

impl Judgement {
    /// All anomalies: by fate in the order of [`Judgement::fates`], then order.
    pub fn anomalies(&self) -> Vec<Anomaly> {
        let fates = self.fates.iter().filter_map(|s| self.of_fate(s));
        let order = [
            (AnomalyKind::Inversion, self.inversions(Subset::All).collect::<Vec<_>>()),
            (AnomalyKind::Regression, self.regressions(Subset::All).collect()),
            (AnomalyKind::LogInversion, self.log_inversions(Subset::All).collect()),
        ];
        let breaks =
            order.iter().flat_map(|(kind, breaks)| breaks.iter().map(|b| self.of_order(*kind, b)));
        fates.chain(breaks).collect()
    }

    fn of_fate(&self, settled: &Settled) -> Option<Anomaly> {
        let kind = AnomalyKind::of(settled.fate)?;
        let mut related = self.story(settled.message);
        if let Some(handled) = self
            .pair(settled.message, settled.subscription)
            .and_then(|p| p.decided_by(settled.message, settled.subscription))
        {
            related.push(handled);
        }
        let decided_by = self.decided_by(settled);
        related.extend(decided_by);
        in_order(&mut related);
        Some(Anomaly {
            kind,
            message: settled.message,
            subscription: Some(settled.subscription),
            decided_by,
            related,
        })
    }

    fn of_order(&self, kind: AnomalyKind, broken: &OrderBreak) -> Anomaly {
        let mut related = Vec::new();
        for message in [broken.message, broken.behind] {
            related.extend(self.ledger.messages.placements(message).map(|p| p.fact(message)));
            let pair =
                broken.subscription.and_then(|s| self.pair(message, s)?.decided_by(message, s));
            related.extend(pair);
        }
        related.push(broken.stated);
        in_order(&mut related);
        Anomaly {
            kind,
            message: broken.message,
            subscription: broken.subscription,
            decided_by: Some(broken.stated),
            related,
        }
    }

    /// What is kept about one message: handed over, appended, taken from logs, told.
    fn story(&self, message: MessageId) -> Vec<Stated> {
        let ledger = &self.ledger;
        let mut story = Vec::new();
        if let Some(producer) = ledger.plan().producer_of(message) {
            story.extend(ledger.messages.sent_fact(message, producer));
            story.extend(ledger.messages.outcome_fact(message, producer));
        }
        for place in ledger.messages.placements(message) {
            story.push(place.fact(message));
            story.extend(ledger.lanes.losses(message, place.offset, LaneId(place.lane)));
            let (_, since) = ledger.lanes.reach(message, place);
            story.extend(since.and_then(|at| ledger.lanes.entry(at)));
        }
        story
    }
}

fn in_order(facts: &mut Vec<Stated>) {
    facts.sort_by_key(|s| (s.time, s.event));
    facts.dedup();
}
