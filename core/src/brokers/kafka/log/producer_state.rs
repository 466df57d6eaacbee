//! What a replica knows of idempotent producers (`ProducerStateManager`, `ProducerAppendInfo`;
//! reference §2.7).
//!
//! Simplified: transactions are not modelled.

use crate::brokers::kafka::error::Error;
use crate::brokers::kafka::record::{Batch, ProducerStamp, sequence_after};
use crate::kernel::{Span, Time};

/// Batches remembered per producer (`ProducerStateEntry.NUM_BATCHES_TO_RETAIN`).
const BATCHES_RETAINED: usize = 5;

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Remembered {
    base_sequence: i32,
    last_sequence: i32,
    base_offset: u64,
    end_offset: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Entry {
    id: u64,
    epoch: i16,
    /// The date of its newest batch, by the producer's clock (`lastTimestamp`).
    last_written: Time,
    /// A ring of its newest batches; the first `known` are in use.
    batches: [Remembered; BATCHES_RETAINED],
    known: u8,
    /// Where in the ring the newest stands.
    newest: u8,
}

impl Entry {
    fn new(id: u64, epoch: i16, last_written: Time) -> Entry {
        Entry { id, epoch, last_written, batches: Default::default(), known: 0, newest: 0 }
    }

    /// The batches, in no order.
    fn batches(&self) -> &[Remembered] {
        &self.batches[..usize::from(self.known)]
    }

    fn newest(&self) -> Option<&Remembered> {
        self.batches().get(usize::from(self.newest))
    }

    #[inline]
    fn remember(&mut self, batch: Remembered) {
        let next = if self.known == 0 { 0 } else { self.newest + 1 };
        self.newest = if usize::from(next) == BATCHES_RETAINED { 0 } else { next };
        self.known = self.known.max(self.newest + 1);
        self.batches[usize::from(self.newest)] = batch;
    }
}

/// The state of all producers seen by one replica of one partition.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ProducerStates {
    /// Ascending by producer id.
    entries: Vec<Entry>,
}

/// What the sequence numbers say of a batch.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Sequenced {
    /// It is the next one.
    Next,
    /// It is already in the log, there.
    Duplicate { base_offset: u64, end_offset: u64 },
}

impl ProducerStates {
    /// How many producers are known.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether the batch is the newest of a producer that is still known.
    pub fn ends_with(&self, batch: &Batch) -> bool {
        let Some(stamp) = batch.producer else { return false };
        let at = self.entries.binary_search_by_key(&stamp.id, |e| e.id);
        let newest = at.ok().and_then(|at| self.entries[at].newest());
        newest.is_some_and(|newest| newest.end_offset == batch.end_offset())
    }

    /// Whether no producer is known.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Where a producer stands, or where it belongs.
    #[inline]
    fn find(&self, id: u64) -> Result<usize, usize> {
        // Few producers write to a partition: walking along them is quicker than halving.
        if self.entries.len() <= 16 {
            let at = self.entries.iter().take_while(|entry| entry.id < id).count();
            return if self.entries.get(at).is_some_and(|e| e.id == id) { Ok(at) } else { Err(at) };
        }
        self.entries.binary_search_by_key(&id, |entry| entry.id)
    }

    /// Checks a client's batch. The order of the rules is the reference's table.
    pub(super) fn check(&self, stamp: ProducerStamp, batch: &Batch) -> Result<Sequenced, Error> {
        // An unknown producer may start anywhere: its state may have expired.
        let Ok(at) = self.find(stamp.id) else { return Ok(Sequenced::Next) };
        let entry = &self.entries[at];
        let last_sequence = batch.last_sequence().unwrap_or(stamp.base_sequence);
        if stamp.epoch == entry.epoch {
            let known = entry.batches().iter().find(|r| {
                r.base_sequence == stamp.base_sequence && r.last_sequence == last_sequence
            });
            if let Some(known) = known {
                return Ok(Sequenced::Duplicate {
                    base_offset: known.base_offset,
                    end_offset: known.end_offset,
                });
            }
        }
        if stamp.epoch < entry.epoch {
            return Err(Error::InvalidProducerEpoch);
        }
        if stamp.epoch > entry.epoch {
            return match stamp.base_sequence {
                0 => Ok(Sequenced::Next),
                _ => Err(Error::OutOfOrderSequenceNumber),
            };
        }
        match entry.newest() {
            Some(last) if stamp.base_sequence != sequence_after(last.last_sequence, 1) => {
                Err(Error::OutOfOrderSequenceNumber)
            }
            _ => Ok(Sequenced::Next),
        }
    }

    /// Notes an appended batch; on followers and in replay nothing is rejected.
    pub(super) fn record(&mut self, stamp: ProducerStamp, batch: &Batch) {
        let written = batch.records.iter().map(|r| r.timestamp).max().unwrap_or(0);
        let written = Time::ZERO + Span::millis(written);
        let remembered = Remembered {
            base_sequence: stamp.base_sequence,
            last_sequence: batch.last_sequence().unwrap_or(stamp.base_sequence),
            base_offset: batch.base_offset,
            end_offset: batch.end_offset(),
        };
        let at = self.find(stamp.id).unwrap_or_else(|at| {
            self.entries.insert(at, Entry::new(stamp.id, stamp.epoch, written));
            at
        });
        let entry = &mut self.entries[at];
        if entry.epoch != stamp.epoch {
            *entry = Entry::new(stamp.id, stamp.epoch, written);
        }
        entry.remember(remembered);
        entry.last_written = written;
    }

    /// What a snapshot file keeps: only the newest batch of each producer.
    pub(super) fn snapshot(&self) -> ProducerStates {
        let mut copy = self.clone();
        for entry in &mut copy.entries {
            if let Some(&newest) = entry.newest() {
                *entry = Entry::new(entry.id, entry.epoch, entry.last_written);
                entry.remember(newest);
            }
        }
        copy
    }

    /// Whether some producer has not written for `producer.id.expiration.ms`.
    pub fn any_expired(&self, now: Time, after: Span) -> bool {
        self.entries.iter().any(|entry| now.since(entry.last_written) >= after)
    }

    /// Forgets producers that have not written for `producer.id.expiration.ms`.
    pub fn expire(&mut self, now: Time, after: Span) {
        self.entries.retain(|entry| now.since(entry.last_written) < after);
    }
}
