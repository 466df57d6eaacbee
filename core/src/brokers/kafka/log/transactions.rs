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

/// How a record in a transaction stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Decision {
    /// No marker follows it yet.
    Open,
    /// Its transaction was committed.
    Committed,
    /// Its transaction was aborted.
    Aborted,
}

impl Transactions {
    /// Whether the producer has an open transaction here.
    pub fn is_ongoing(&self, producer: u64) -> bool {
        self.ongoing.iter().any(|t| t.producer == producer)
    }

    /// How the record of a producer's transaction at `offset` stands.
    pub fn decision(&self, producer: u64, offset: u64) -> Decision {
        let open = |t: &Ongoing| t.producer == producer && t.first <= offset;
        let void =
            |t: &AbortedTransaction| t.producer == producer && (t.first..t.last).contains(&offset);
        match (self.ongoing.iter().any(open), self.aborted.iter().any(void)) {
            (true, _) => Decision::Open,
            (_, true) => Decision::Aborted,
            _ => Decision::Committed,
        }
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

    /// What a snapshot of the producer state keeps of a log that has lost its records below `start`:
    /// the transactions that began there and had no marker there, all as if they were open.
    pub(super) fn begun_before(&self, start: u64) -> Transactions {
        let ongoing = self.ongoing.iter().copied();
        let aborted = self.aborted.iter().filter(|t| t.last >= start);
        let aborted = aborted.map(|t| Ongoing { producer: t.producer, first: t.first });
        let mut begun: Vec<Ongoing> = ongoing.chain(aborted).filter(|t| t.first < start).collect();
        begun.sort_by_key(|t| t.first);
        Transactions { ongoing: begun, ..Transactions::default() }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::brokers::kafka::record::{Payload, Record, Records};
    use crate::fact::MessageId;

    fn batch(producer: u64, offset: u64, payload: Payload) -> (ProducerStamp, Batch) {
        let record = Record { payload, key: None, size: 1, is_tombstone: false, timestamp: 0 };
        let stamp = ProducerStamp { id: producer, epoch: 0, base_sequence: 0, transactional: true };
        let mut batch = Batch::new(Records::from_slice(&[record]), Some(stamp));
        batch.place(offset, 0);
        (stamp, batch)
    }

    fn write(known: &mut Transactions, producer: u64, offset: u64, end: Option<bool>) {
        let payload = match end {
            None => Payload::Message(MessageId(offset as u32)),
            Some(commit) => Payload::Marker { commit, coordinator_epoch: 1 },
        };
        let (stamp, batch) = batch(producer, offset, payload);
        known.record(stamp, &batch, 0);
    }

    #[test]
    fn the_stable_end_stands_at_the_oldest_open_transaction_and_waits_for_its_marker() {
        let mut known = Transactions::default();
        write(&mut known, 1, 5, None);
        write(&mut known, 2, 6, None);
        assert_eq!(known.last_stable_offset(7), 5);
        assert_eq!(known.last_stable_offset(4), 4, "never above the high watermark");
        write(&mut known, 1, 7, Some(true));
        assert_eq!(known.last_stable_offset(7), 5, "the marker is not replicated yet");
        assert_eq!(known.last_stable_offset(8), 6, "the other is still open");
        write(&mut known, 2, 8, Some(false));
        assert_eq!(known.last_stable_offset(9), 9);
        assert_eq!(known.aborted_in(0, 9), [(2, 6)]);
        assert_eq!(known.decision(2, 6), Decision::Aborted);
        assert_eq!(known.decision(1, 5), Decision::Committed);
    }

    #[test]
    fn a_marker_ends_a_question_and_an_older_coordinator_is_fenced() {
        let mut known = Transactions::default();
        known.begin_verification(1);
        known.verified(1);
        assert!(known.may_open(1));
        write(&mut known, 1, 0, Some(false));
        assert!(!known.may_open(1), "the batch it was asked for is late");
        assert_eq!(known.check_marker(1, 0), Err(Error::TransactionCoordinatorFenced));
        assert_eq!(known.check_marker(1, 1), Ok(()));
        assert_eq!(known.last_stable_offset(1), 1, "a marker without a transaction is legal");
    }
}
