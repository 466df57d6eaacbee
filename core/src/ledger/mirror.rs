//! A mirror of one replica's log, as the facts about it tell.
//!
//! It keeps what was cut off as well, so that it can be said afterwards which cut took a record.

use crate::fact::MessageId;
use crate::kernel::Chunked;
use std::sync::Arc;

/// One entry of a replica's log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Record {
    pub(super) offset: u64,
    pub(super) message: u32,
    pub(super) epoch: u32,
}

/// Entries in a chunk of what only ever grows at its end: every copy of a world copies half of one.
pub(super) const APPENDED: usize = 64;

/// The place of a cut that no fact stated, because a record was put where the log already reached.
const UNSTATED: u32 = u32::MAX;

/// Records that were cut off together.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Cut {
    /// Where the fact that cut them stands in the chronicle.
    by: u32,
    /// They had been deleted by rule before.
    expired: bool,
    /// Ascending by offset.
    records: Vec<Record>,
}

/// Whether a replica holds a message at an offset.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Presence {
    /// It does; with the record's epoch.
    Here(u32),
    /// It did until a configured rule deleted it: the place of that fact in the chronicle.
    Expired(u32),
    /// It did until compaction removed it: the place of that fact in the chronicle.
    Compacted(u32),
    /// It did until its log was cut: the place of that fact in the chronicle.
    Removed(u32),
    /// It never did.
    Never,
}

/// See the module text.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Mirror {
    /// Ascending by offset. Expired records stay, below `start`.
    log: Chunked<Record, APPENDED>,
    start: u64,
    /// One past the last offset that was ever written and not cut.
    end: u64,
    cuts: imbl::Vector<Arc<Cut>>,
    /// (below, place in the chronicle), ascending by `below`.
    expiries: imbl::Vector<(u64, u32)>,
    /// What compaction removed: the offset, and the place in the chronicle.
    compacted: imbl::OrdMap<u64, u32>,
}

impl Mirror {
    /// A record arrived. A log holds one record at an offset: should the facts put one where the
    /// log already reaches, the older ones from there on are gone.
    #[inline]
    pub(super) fn push(&mut self, offset: u64, message: MessageId, epoch: u32) {
        if self.end > offset && self.log.last().is_some_and(|last| last.offset >= offset) {
            self.cut(offset, UNSTATED);
        }
        self.log.push(Record { offset, message: message.0, epoch });
        self.end = offset + 1;
    }

    /// The log was cut back so that it ends at `to`; `by` is the fact's place in the chronicle.
    pub(super) fn cut(&mut self, to: u64, by: u32) {
        let at = self.log.partition_point(|r| r.offset < to);
        self.end = self.end.min(to);
        let mut records = self.log.split_off(at);
        if !self.compacted.is_empty() {
            records.retain(|r| !self.compacted.contains_key(&r.offset));
            self.compacted = self.compacted.split(&to).0;
        }
        if to < self.start {
            self.forget_start(to, &mut records);
        }
        if !records.is_empty() {
            self.cuts.push_back(Arc::new(Cut { by, expired: false, records }));
        }
    }

    /// The log was cut below its start, so that it begins there anew. What was deleted by rule
    /// before stays so.
    fn forget_start(&mut self, to: u64, records: &mut Vec<Record>) {
        for (below, by) in &self.expiries {
            let at = records.partition_point(|r| r.offset < *below);
            let expired: Vec<Record> = records.drain(..at).collect();
            if !expired.is_empty() {
                self.cuts.push_back(Arc::new(Cut { by: *by, expired: true, records: expired }));
            }
        }
        self.start = to;
        let kept = self.expiries.iter().take_while(|(below, _)| *below < to).count();
        let across = self.expiries.get(kept).map(|&(_, by)| (to, by));
        self.expiries.truncate(kept);
        self.expiries.extend(across);
    }

    /// Everything is gone.
    pub(super) fn wipe(&mut self, by: u32) {
        self.cut(0, by);
        self.start = 0;
        self.expiries.clear();
        self.compacted.clear();
    }

    /// Compaction removed the record at `offset`.
    pub(super) fn compact(&mut self, offset: u64, message: MessageId, by: u32) {
        if self.at(offset).is_some_and(|r| r.message == message.0) {
            self.compacted.insert(offset, by);
        }
    }

    /// Records below `below` were deleted by rule.
    pub(super) fn expire(&mut self, below: u64, by: u32) {
        if below > self.start {
            self.start = below;
            self.end = self.end.max(below);
            self.expiries.push_back((below, by));
        }
    }

    /// The offset after the last record.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// The first offset that can be read.
    pub(super) fn start(&self) -> u64 {
        self.start
    }

    /// The record at an offset, expired or not.
    fn at(&self, offset: u64) -> Option<&Record> {
        // Most logs have no gaps, so that the distance from the first record is the index.
        let first = self.log.get(0)?.offset;
        let guess = usize::try_from(offset.checked_sub(first)?).ok()?;
        if let Some(record) = self.log.get(guess).filter(|r| r.offset == offset) {
            return Some(record);
        }
        let at = self.log.partition_point(|r| r.offset < offset);
        self.log.get(at).filter(|r| r.offset == offset)
    }

    /// Whether this replica holds, or what took from it, `message` at `offset`.
    pub(super) fn presence(&self, offset: u64, message: MessageId) -> Presence {
        if let Some(record) = self.at(offset).filter(|r| r.message == message.0) {
            if offset >= self.start {
                return match self.compacted.get(&offset) {
                    Some(by) => Presence::Compacted(*by),
                    None => Presence::Here(record.epoch),
                };
            }
            let passed = self.expiries.iter().find(|(below, _)| *below > offset);
            return passed.map_or(Presence::Never, |(_, by)| Presence::Expired(*by));
        }
        for cut in self.cuts.iter().rev() {
            let found = cut.records.binary_search_by_key(&offset, |r| r.offset);
            if found.is_ok_and(|i| cut.records[i].message == message.0) {
                return match (cut.by, cut.expired) {
                    (UNSTATED, _) => Presence::Never,
                    (by, true) => Presence::Expired(by),
                    (by, false) => Presence::Removed(by),
                };
            }
        }
        Presence::Never
    }

    /// What can be read now, in order.
    pub(super) fn records(&self) -> impl Iterator<Item = &Record> {
        let kept = self.log.iter().skip_while(|r| r.offset < self.start);
        kept.filter(|r| !self.compacted.contains_key(&r.offset))
    }
}
