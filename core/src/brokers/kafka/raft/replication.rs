//! The metadata log: appending, fetching, truncating, and what is committed
//! (`KafkaRaftClient.handleFetchRequest`, `handleFetchResponse`, `LeaderState`).

use super::{
    Entry, FETCH_WAIT, Fx, METADATA_LOG, ParkedFetch, Raft, RaftAnswer, RaftResponse, Role,
};
use crate::brokers::kafka::error::Error;
use crate::brokers::kafka::plan::Mutant;
use crate::brokers::kafka::timer::{ControllerTimer, KafkaTimer};
use crate::brokers::kafka::wire::{KafkaPacket, Response};
use crate::fact::{Fact, NodeId, Outage};
use crate::kernel::Span;
use crate::raft::{LogEnd, committed};
use crate::substrate::ConnId;
use std::sync::Arc;

impl Raft {
    // ── the leader writes ────────────────────────────────────────────────────────────────────

    /// Takes records of the active controller. They are written together with what comes within
    /// `controller.quorum.append.linger.ms`.
    pub fn append(&mut self, entries: Vec<Entry>, fx: &mut Fx<'_>) {
        if self.is_alone() {
            for entry in entries {
                self.log.append(self.ballot.epoch, entry);
            }
            self.high_watermark = self.log.end_offset();
            self.flushed = self.log.end_offset();
            return self.answer_parked(fx);
        }
        self.accumulator.extend(entries);
        let linger = self.plan.broker.controller_quorum_append_linger_ms;
        if linger == Span::ZERO {
            self.drain(fx);
        } else if self.linger_timer.is_none() {
            let timer = KafkaTimer::Controller(ControllerTimer::AppendLinger);
            self.linger_timer = Some(fx.timer(linger, timer));
        }
    }

    pub(super) fn drain(&mut self, fx: &mut Fx<'_>) {
        if !matches!(self.role, Role::Leader(_)) {
            return;
        }
        let entries = std::mem::take(&mut self.accumulator);
        self.append_now(entries, fx);
    }

    /// Fetches that wait are answered before the flush: followers write while the leader does. What
    /// the leader itself has not flushed is not committed, see [`Raft::maybe_commit`].
    pub(super) fn append_now(&mut self, entries: Vec<Entry>, fx: &mut Fx<'_>) {
        if entries.is_empty() {
            return;
        }
        for entry in entries {
            self.log.append(self.ballot.epoch, entry);
        }
        self.write(fx);
        self.answer_parked(fx);
        fx.sync(METADATA_LOG);
    }

    // ── the leader is asked ──────────────────────────────────────────────────────────────────

    pub(super) fn fetch(
        &mut self,
        conn: ConnId,
        correlation: u32,
        replica: NodeId,
        epoch: u32,
        theirs: LogEnd,
        fx: &mut Fx<'_>,
    ) {
        let error = if epoch < self.ballot.epoch {
            Error::FencedLeaderEpoch
        } else if epoch > self.ballot.epoch {
            Error::UnknownLeaderEpoch
        } else if !matches!(self.role, Role::Leader(_)) {
            Error::NotLeaderOrFollower
        } else {
            Error::None
        };
        if error != Error::None {
            return self.send_fetched(conn, correlation, error, None, theirs.offset, fx);
        }
        self.count_fetch_of(replica, fx);
        let diverging = self.log.parts_from(theirs);
        if diverging.is_some() {
            let first = theirs.offset;
            return self.send_fetched(conn, correlation, Error::None, diverging, first, fx);
        }
        self.acknowledged(replica, theirs.offset);
        let slot = self.parked.get(replica.0 as usize);
        if theirs.offset < self.log.end_offset() || slot.is_none() {
            return self.send_fetched(conn, correlation, Error::None, None, theirs.offset, fx);
        }
        let wait = ControllerTimer::MetadataWait { node: replica };
        let timer = fx.timer(FETCH_WAIT, KafkaTimer::Controller(wait));
        let parked = ParkedFetch { conn, correlation, offset: theirs.offset, timer };
        if let Some(old) = self.parked[replica.0 as usize].replace(parked) {
            fx.cancel(old.timer);
        }
    }

    fn send_fetched(
        &mut self,
        conn: ConnId,
        correlation: u32,
        error: Error,
        diverging: Option<LogEnd>,
        first: u64,
        fx: &mut Fx<'_>,
    ) {
        let knows = match &self.role {
            Role::Leader(leading) => leading.knows_high_watermark || self.is_alone(),
            _ => false,
        };
        let reads = error == Error::None && diverging.is_none();
        let any = reads && first < self.log.end_offset();
        let high_watermark = knows.then_some(self.high_watermark);
        if any {
            let entries = self.log.range(first, u64::MAX).cloned().collect();
            let body = RaftAnswer::Fetch { high_watermark, diverging, first, entries };
            return self.respond(conn, correlation, error, body, fx);
        }
        let body = RaftAnswer::Fetch { high_watermark, diverging, first, entries: Arc::default() };
        let (epoch, leader) = (self.ballot.epoch, self.ballot.leader);
        let response = RaftResponse { error, epoch, leader, body };
        let response = match self.nothing_new.take() {
            Some(last) if *last == response => last,
            _ => Arc::new(response),
        };
        self.nothing_new = Some(response.clone());
        fx.send(conn, KafkaPacket::Response { correlation, response: Response::Raft(response) });
    }

    pub(super) fn fetch_waited(&mut self, replica: NodeId, fx: &mut Fx<'_>) {
        let slot = self.parked.get_mut(replica.0 as usize);
        if let Some(parked) = slot.and_then(Option::take) {
            let ParkedFetch { conn, correlation, offset, .. } = parked;
            self.send_fetched(conn, correlation, Error::None, None, offset, fx);
        }
    }

    fn answer_parked(&mut self, fx: &mut Fx<'_>) {
        self.answer_all(Error::None, fx);
    }

    /// This node leads no longer: everyone who waits is told who does, if that is known.
    pub(super) fn turn_away(&mut self, fx: &mut Fx<'_>) {
        self.answer_all(Error::NotLeaderOrFollower, fx);
    }

    fn answer_all(&mut self, error: Error, fx: &mut Fx<'_>) {
        for node in 0..self.parked.len() {
            if let Some(parked) = self.parked[node].take() {
                fx.cancel(parked.timer);
                let ParkedFetch { conn, correlation, offset, .. } = parked;
                self.send_fetched(conn, correlation, error, None, offset, fx);
            }
        }
    }

    /// A voter's fetch is a sign of life.
    fn count_fetch_of(&mut self, replica: NodeId, fx: &mut Fx<'_>) {
        let Role::Leader(leading) = &mut self.role else { return };
        let Some(voter) = leading.followers.iter_mut().find(|f| f.node == replica) else { return };
        voter.last_fetch = Some(fx.now());
        voter.needs_begin = false;
        self.count_fetch(replica, fx);
    }

    /// A voter's fetch says that it has everything before `end` on disk.
    fn acknowledged(&mut self, replica: NodeId, end: u64) {
        let Role::Leader(leading) = &mut self.role else { return };
        let Some(voter) = leading.followers.iter_mut().find(|f| f.node == replica) else { return };
        voter.end = end;
        self.maybe_commit();
    }

    /// Moves the high watermark to what a majority holds. The leader's thread handles no fetch
    /// while it flushes, so nothing beyond its own flush is ever counted.
    pub(super) fn maybe_commit(&mut self) {
        let own = self.log.end_offset();
        let alone = self.plan.is(Mutant::CommitsWithoutMajority);
        let Role::Leader(leading) = &mut self.role else { return };
        let mut ends: Vec<u64> = leading.followers.iter().map(|f| f.end).collect();
        if alone {
            ends.fill(own);
        }
        ends.push(own);
        let Some(end) = committed(&mut ends, leading.epoch_start) else { return };
        let end = end.min(self.flushed);
        if end > leading.epoch_start {
            leading.knows_high_watermark = true;
            self.high_watermark = self.high_watermark.max(end);
        }
    }

    // ── the follower reads ───────────────────────────────────────────────────────────────────

    pub(super) fn fetched(
        &mut self,
        high_watermark: Option<u64>,
        diverging: Option<LogEnd>,
        first: u64,
        entries: &[(u32, Entry)],
        fx: &mut Fx<'_>,
    ) {
        let Role::Follower { has_fetched } = &mut self.role else { return };
        *has_fetched = true;
        if let Some(theirs) = diverging {
            self.truncate(theirs, fx);
        } else if first == self.log.end_offset() && !entries.is_empty() {
            for (epoch, entry) in entries {
                self.log.append(*epoch, entry.clone());
            }
            self.write(fx);
            fx.sync(METADATA_LOG);
        }
        if let Some(high_watermark) = high_watermark {
            let known = high_watermark.min(self.log.end_offset());
            self.high_watermark = self.high_watermark.max(known);
        }
        self.await_leader(fx);
    }

    /// Cuts the log to where it parts from the leader's: to the end of the epoch the leader names,
    /// or of the latest one here before it.
    fn truncate(&mut self, theirs: LogEnd, fx: &mut Fx<'_>) {
        let own = self.log.parts_from(theirs).map_or(theirs.offset, |part| part.offset);
        let (from, to) = (self.log.end_offset(), own.min(theirs.offset));
        if to >= from {
            return;
        }
        if to < self.high_watermark {
            // "Attempted to truncate … below the high watermark": Kafka halts, and so must this.
            return fx.exit(Outage::Crash);
        }
        self.log.truncate(to);
        fx.truncate(METADATA_LOG, to);
        self.flushed = self.flushed.min(to);
        fx.state(Fact::MetadataTruncated { node: self.node, from, to });
    }
}
