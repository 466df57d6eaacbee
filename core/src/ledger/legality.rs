//! Under which settings an anomaly is legal: not a defect of the cluster but what was asked for.
//!
//! The answers follow the invariants of the reference, §12.2: with acks=all, two in-sync replicas
//! required, no unclean election and fewer simultaneous power losses than that, an acknowledged
//! message stays; with idempotence a log holds it once and in order; and so on.

use super::AnomalyKind;

/// How many copies a producer waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Acks {
    /// None.
    None,
    /// The leader's.
    Leader,
    /// Those of all in-sync replicas.
    #[default]
    All,
}

/// When a reader stores its progress.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum StoresProgress {
    /// Before it handles: at most once.
    Before,
    /// After it has handled: at least once.
    #[default]
    After,
    /// By the clock, with what was handed out: neither.
    Periodically,
    /// Never.
    Never,
}

/// What a configuration promises, in neutral words.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Guarantees {
    /// How many copies the producer waits for.
    pub acks: Acks,
    /// Whether the broker recognises a retry.
    pub idempotent: bool,
    /// Whether the client sends again after an error.
    pub retries: bool,
    /// Whether the application sends again after the client gave up.
    pub application_resends: bool,
    /// How many requests may be under way at once.
    pub in_flight: u32,
    /// In-sync replicas required for a write.
    pub min_isr: u32,
    /// Copies of each message.
    pub replication_factor: u32,
    /// Whether a replica that lacks messages may be elected.
    pub unclean_election: bool,
    /// Whether a write is synced to disk before it is acknowledged.
    pub flush_each_message: bool,
    /// How many nodes lose power at the same time, at most.
    pub simultaneous_power_losses: u32,
    /// When the reader stores its progress.
    pub progress: StoresProgress,
    /// Whether the application finishes a batch on another thread than the one that polls.
    pub asynchronous: bool,
    /// Whether a reader without stored progress starts at the end.
    pub starts_at_end: bool,
    /// Whether messages are deleted by age or size.
    pub retention: bool,
    /// Whether a process of the application may die or be replaced while it works.
    pub readers_fail: bool,
    /// Whether the reader is handed messages of open and aborted transactions.
    pub reads_uncommitted: bool,
}

impl Default for Guarantees {
    /// The safe side of everything.
    fn default() -> Self {
        Guarantees {
            acks: Acks::All,
            idempotent: true,
            retries: true,
            application_resends: false,
            in_flight: 5,
            min_isr: 2,
            replication_factor: 3,
            unclean_election: false,
            flush_each_message: false,
            simultaneous_power_losses: 0,
            progress: StoresProgress::After,
            asynchronous: false,
            starts_at_end: false,
            retention: false,
            readers_fail: false,
            reads_uncommitted: false,
        }
    }
}

/// Why an anomaly is legal, or that nothing allows it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Reason {
    /// The producer does not wait for any copy.
    AcksNone,
    /// The producer waits for one copy only.
    AcksLeader,
    /// One in-sync replica is enough for a write.
    MinIsrOne,
    /// A replica that lacks messages may be elected.
    UncleanElection,
    /// As many nodes lost unsynced writes at once as hold each message.
    UnsyncedPowerLoss,
    /// Progress is stored before the message is handled: at most once.
    AtMostOnce,
    /// Progress is stored by the clock while messages are still being handled.
    ProgressBeforeHandling,
    /// Progress is stored after the message is handled: at least once.
    AtLeastOnce,
    /// Progress is not stored.
    ProgressNotStored,
    /// A retry is not recognised.
    NotIdempotent,
    /// The application sends again what may be stored already.
    ApplicationResends,
    /// Several requests are under way and retries are not put in order.
    RetriesOvertake,
    /// A reader without stored progress starts at the end.
    StartsAtEnd,
    /// Messages are deleted by age or size.
    Retention,
    /// Handling on other threads does not keep the order.
    AsynchronousHandling,
    /// The reader asked for messages of transactions that are not decided.
    ReadsUncommitted,
    /// A message that was never acknowledged is not promised.
    NotPromised,
    /// Setting aside is what the application asked for.
    Configured,
    /// Out of reach for now, and not given up.
    NotGivenUp,
    /// Nothing allows it: a defect.
    Nothing,
}

impl Reason {
    /// The reason in a half-sentence: "duplicate ×3: allowed, {phrase}".
    pub fn phrase(self) -> &'static str {
        match self {
            Reason::AcksNone => "the producer does not wait for any copy (acks=0)",
            Reason::AcksLeader => "the producer waits for the leader's copy only (acks=1)",
            Reason::MinIsrOne => "one in-sync replica is enough for an acknowledgement",
            Reason::UncleanElection => "a replica that lacks messages may be elected",
            Reason::UnsyncedPowerLoss => {
                "as many nodes lost unsynced writes at once as must hold a message"
            }
            Reason::AtMostOnce => "progress is stored before handling (at most once)",
            Reason::ProgressBeforeHandling => {
                "progress is stored while messages are still being handled"
            }
            Reason::AtLeastOnce => "progress is stored after handling (at least once)",
            Reason::ProgressNotStored => "progress is never stored",
            Reason::NotIdempotent => "retries are not recognised (no idempotence)",
            Reason::ApplicationResends => "the application sends again what may be stored already",
            Reason::RetriesOvertake => {
                "several requests are under way and a retry can be overtaken"
            }
            Reason::StartsAtEnd => "a reader without stored progress starts at the end",
            Reason::Retention => "messages are deleted by age or size",
            Reason::AsynchronousHandling => "handling on other threads does not keep the order",
            Reason::ReadsUncommitted => "the reader takes messages of undecided transactions",
            Reason::NotPromised => "what was never acknowledged is not promised",
            Reason::Configured => "the configuration asks for it",
            Reason::NotGivenUp => "the copies exist and may come back",
            Reason::Nothing => "no setting allows it",
        }
    }
}

/// Whether an anomaly is legal, and why.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Legality {
    /// Whether the configuration allows it.
    pub legal: bool,
    /// The setting that allows it, or [`Reason::Nothing`].
    pub because: Reason,
}

/// Whether `kind` is allowed under `settings`, and the first reason found.
pub fn legal_under(kind: AnomalyKind, settings: &Guarantees) -> Legality {
    let because = match kind {
        AnomalyKind::Lost => of_loss(settings),
        AnomalyKind::Duplicate => of_duplicate(settings),
        AnomalyKind::Redelivered => of_repetition(settings),
        AnomalyKind::Regression => of_repetition(settings).or_else(|| of_duplicate(settings)),
        AnomalyKind::Inversion => of_inversion(settings),
        AnomalyKind::LogInversion => of_log_inversion(settings),
        AnomalyKind::LostUnacknowledged => Some(Reason::NotPromised),
        AnomalyKind::DeadLettered | AnomalyKind::Dropped | AnomalyKind::Unroutable => {
            Some(Reason::Configured)
        }
        AnomalyKind::Expired => settings.retention.then_some(Reason::Retention),
        AnomalyKind::Stranded => Some(Reason::NotGivenUp),
        // A definite refusal is a promise that nothing was stored, or that it is void.
        AnomalyKind::Phantom => settings.reads_uncommitted.then_some(Reason::ReadsUncommitted),
    };
    Legality { legal: because.is_some(), because: because.unwrap_or(Reason::Nothing) }
}

fn of_loss(s: &Guarantees) -> Option<Reason> {
    match s.acks {
        Acks::None => return Some(Reason::AcksNone),
        Acks::Leader => return Some(Reason::AcksLeader),
        Acks::All => {}
    }
    if s.min_isr <= 1 || s.replication_factor <= 1 {
        return Some(Reason::MinIsrOne);
    }
    if s.unclean_election {
        return Some(Reason::UncleanElection);
    }
    // Up to min_isr - 1 simultaneous losses are survived: one in-sync copy remains.
    if !s.flush_each_message && s.simultaneous_power_losses >= s.min_isr {
        return Some(Reason::UnsyncedPowerLoss);
    }
    skipped(s)
}

/// The reader's own ways of passing a message.
fn skipped(s: &Guarantees) -> Option<Reason> {
    match s.progress {
        StoresProgress::Before if s.readers_fail => Some(Reason::AtMostOnce),
        StoresProgress::Periodically if s.asynchronous && s.readers_fail => {
            Some(Reason::ProgressBeforeHandling)
        }
        _ if s.starts_at_end => Some(Reason::StartsAtEnd),
        _ => None,
    }
}

fn of_duplicate(s: &Guarantees) -> Option<Reason> {
    if !s.idempotent && s.retries {
        return Some(Reason::NotIdempotent);
    }
    if s.application_resends {
        return Some(Reason::ApplicationResends);
    }
    of_repetition(s)
}

/// The reader's own ways of meeting a message again.
fn of_repetition(s: &Guarantees) -> Option<Reason> {
    if !s.readers_fail {
        return None;
    }
    match s.progress {
        StoresProgress::After | StoresProgress::Periodically => Some(Reason::AtLeastOnce),
        StoresProgress::Never => Some(Reason::ProgressNotStored),
        StoresProgress::Before => None,
    }
}

fn of_log_inversion(s: &Guarantees) -> Option<Reason> {
    if s.application_resends {
        return Some(Reason::ApplicationResends);
    }
    (!s.idempotent && s.retries && s.in_flight > 1).then_some(Reason::RetriesOvertake)
}

fn of_inversion(s: &Guarantees) -> Option<Reason> {
    if let Some(reason) = of_log_inversion(s) {
        return Some(reason);
    }
    s.asynchronous.then_some(Reason::AsynchronousHandling)
}
