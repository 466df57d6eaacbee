//! What a replica knows of the transactions in its log: which are open, which were aborted, and up
//! to where everything is decided (`ProducerStateManager`, `TransactionIndex`; reference §1.6,
//! §2.7, §7.6).
//!
//! A log without transactions has none of this.

use crate::brokers::kafka::error::Error;
use crate::brokers::kafka::record::{Batch, NO_SEQUENCE, ProducerStamp};

/// An aborted transaction, as the index keeps it (`AbortedTxn`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AbortedTransaction {
    /// Whose.
    pub producer: u64,
    /// Its first offset in this partition.
    pub first: u64,
    /// The offset of its marker.
    pub last: u64,
}

/// A transaction that has records here and no marker.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Ongoing {
    producer: u64,
    first: u64,
}

/// A transaction whose marker may not be replicated yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Ended {
    first: u64,
    marker: u64,
}

/// The transactions of one log.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Transactions {
    /// By first offset.
    ongoing: Vec<Ongoing>,
    /// By marker.
    ended: Vec<Ended>,
    /// By marker, as they were written.
    aborted: Vec<AbortedTransaction>,
    /// The newest coordinator epoch a producer's markers came with.
    coordinators: Vec<(u64, u32)>,
    /// Producers whose first batch the coordinator is asked about, and whether it has said yes
    /// (`VerificationStateEntry`). Volatile.
    verification: Vec<(u64, bool)>,
}

/// A transaction that just ended here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct EndedTransaction {
    /// Whose.
    pub producer: u64,
    /// The offset of its first record here; `None` if it had none.
    pub first: Option<u64>,
    /// The offset of the marker.
    pub marker: u64,
    /// Commit or abort.
    pub commit: bool,
}

impl Transactions {
    /// Whether the producer has an open transaction here.
    pub fn is_ongoing(&self, producer: u64) -> bool {
        self.ongoing.iter().any(|t| t.producer == producer)
    }

    /// The open transactions: producer id and first offset.
    pub fn ongoing(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.ongoing.iter().map(|t| (t.producer, t.first))
    }

    /// The aborted transactions, oldest marker first.
    pub fn aborted(&self) -> &[AbortedTransaction] {
        &self.aborted
    }

    /// The last stable offset below a high watermark: everything below it is decided.
    pub fn last_stable_offset(&self, high_watermark: u64) -> u64 {
        let ongoing = self.ongoing.first().map(|t| t.first);
        let unreplicated = self.ended.iter().filter(|t| t.marker >= high_watermark);
        let ended = unreplicated.map(|t| t.first).min();
        let unstable = ongoing.into_iter().chain(ended).min();
        unstable.map_or(high_watermark, |first| first.min(high_watermark))
    }

    /// The aborted transactions that overlap `from..to`.
    pub fn aborted_in(&self, from: u64, to: u64) -> Vec<(u64, u64)> {
        let overlaps = |t: &&AbortedTransaction| t.last >= from && t.first < to;
        let mut found: Vec<(u64, u64)> =
            self.aborted.iter().filter(overlaps).map(|t| (t.producer, t.first)).collect();
        found.sort_by_key(|t| t.1);
        found
    }

    /// What a transactional or, of the same producer, an ordinary batch must respect.
    pub(super) fn check(&self, stamp: ProducerStamp) -> Result<(), Error> {
        match stamp.transactional || !self.is_ongoing(stamp.id) {
            true => Ok(()),
            false => Err(Error::InvalidTxnState),
        }
    }

    /// Whether a marker of a coordinator with this epoch may be written.
    pub(super) fn check_marker(&self, producer: u64, coordinator_epoch: u32) -> Result<(), Error> {
        let known = self.coordinators.iter().find(|(id, _)| *id == producer);
        match known.is_some_and(|(_, epoch)| coordinator_epoch < *epoch) {
            true => Err(Error::TransactionCoordinatorFenced),
            false => Ok(()),
        }
    }

    /// Notes an appended transactional batch, on leaders, on followers and in replay.
    pub(super) fn record(&mut self, stamp: ProducerStamp, batch: &Batch, high_watermark: u64) {
        let Some((commit, coordinator_epoch)) = batch.marker() else {
            self.verification.retain(|(id, _)| *id != stamp.id);
            if !self.is_ongoing(stamp.id) {
                let ongoing = Ongoing { producer: stamp.id, first: batch.base_offset };
                self.ongoing.push(ongoing);
            }
            return;
        };
        self.ended.retain(|t| t.marker >= high_watermark);
        // Whatever is on its way for this producer is of a transaction that is over.
        self.verification.retain(|(id, _)| *id != stamp.id);
        match self.coordinators.iter_mut().find(|(id, _)| *id == stamp.id) {
            Some((_, epoch)) => *epoch = (*epoch).max(coordinator_epoch),
            None => self.coordinators.push((stamp.id, coordinator_epoch)),
        }
        let Some(at) = self.ongoing.iter().position(|t| t.producer == stamp.id) else { return };
        let Ongoing { producer, first } = self.ongoing.remove(at);
        let marker = batch.base_offset;
        self.ended.push(Ended { first, marker });
        if !commit {
            self.aborted.push(AbortedTransaction { producer, first, last: marker });
        }
    }

    /// The first offset of the producer's open transaction.
    pub(super) fn first_of(&self, producer: u64) -> Option<u64> {
        self.ongoing.iter().find(|t| t.producer == producer).map(|t| t.first)
    }

    // ── verification (KIP-890) ───────────────────────────────────────────────────────────────

    /// The coordinator is asked about the producer's next batch.
    pub fn begin_verification(&mut self, producer: u64) {
        if !self.verification.iter().any(|(id, _)| *id == producer) {
            self.verification.push((producer, false));
        }
    }

    /// The coordinator knows of the transaction. A marker that came meanwhile has ended the
    /// question.
    pub fn verified(&mut self, producer: u64) {
        for (_, yes) in self.verification.iter_mut().filter(|(id, _)| *id == producer) {
            *yes = true;
        }
    }

    /// Whether the producer's next batch may open a transaction.
    pub fn may_open(&self, producer: u64) -> bool {
        self.verification.contains(&(producer, true))
    }
}

/// Whether a batch has numbers that a retry can be recognised by.
pub(super) fn is_numbered(stamp: ProducerStamp) -> bool {
    stamp.base_sequence != NO_SEQUENCE
}
