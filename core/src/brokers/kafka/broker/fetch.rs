//! Fetch sessions and parked fetches (`FetchSession`, `ReplicaManager.fetchMessages`,
//! `DelayedFetch`; reference §1.13, §3.2).
//!
//! A session remembers its partitions; a request names only those whose wishes changed. The broker
//! looks only at partitions that were named or that changed since the last answer ("dirty"): the
//! others have nothing new by construction.
//!
//! Simplified: a session lives and dies with its connection.

use super::partition::Watcher;
use super::{Broker, Fx};
use crate::brokers::kafka::error::Error;
use crate::brokers::kafka::plan::Truncation;
use crate::brokers::kafka::record::Batches;
use crate::brokers::kafka::timer::{BrokerTimer, KafkaTimer};
use crate::brokers::kafka::wire::{
    FetchPartition, FetchRequest, FetchedPartition, ListPosition, Response,
};
use crate::fact::{LaneId, NodeId};
use crate::kernel::{Span, Ticket};
use crate::substrate::ConnId;

/// A partition of a session.
#[derive(Clone, Copy, Debug)]
pub(super) struct SessionPartition {
    wish: FetchPartition,
    dirty: bool,
    /// What the last answer said, to leave out what has not changed.
    told_high_watermark: Option<u64>,
    told_log_start: u64,
}

/// A fetch that waits for data.
#[derive(Clone, Copy, Debug)]
struct Parked {
    correlation: u32,
    timer: Ticket,
    min_bytes: u32,
    max_bytes: u32,
}

/// What the partitions of a session have to offer.
#[derive(Debug, Default)]
struct Read {
    partitions: Vec<FetchedPartition>,
    /// Bytes of all batches.
    bytes: u64,
    /// An error or a divergence, of which the fetcher must hear at once.
    urgent: bool,
}

/// What a connection fetches.
#[derive(Clone, Debug, Default)]
pub struct FetchSession {
    replica: Option<(NodeId, u64)>,
    pub(super) partitions: Vec<SessionPartition>,
    /// Slots of dirty partitions, in the order they became so.
    dirty: Vec<u32>,
    /// Slots whose records did not fit into the answer being made.
    left_out: Vec<u32>,
    parked: Option<Parked>,
}

impl FetchSession {
    /// Marks a partition as changed; `true` if there is such a slot.
    #[inline]
    pub(super) fn mark(&mut self, slot: u32) -> bool {
        let Some(partition) = self.partitions.get_mut(slot as usize) else { return false };
        if !partition.dirty {
            partition.dirty = true;
            self.dirty.push(slot);
        }
        true
    }

    pub(super) fn is_parked(&self) -> bool {
        self.parked.is_some()
    }

    pub(super) fn unpark(&mut self) -> Option<Ticket> {
        self.parked.take().map(|p| p.timer)
    }

    /// Where a partition stands in the session, and whether a follower asks.
    pub(super) fn slot_of(&self, lane: LaneId) -> Option<(u32, bool)> {
        let at = self.partitions.iter().position(|p| p.wish.lane == lane)?;
        Some((at as u32, self.replica.is_some()))
    }

    pub(super) fn lanes(&self) -> impl Iterator<Item = LaneId> + '_ {
        self.partitions.iter().map(|p| p.wish.lane)
    }
}

impl Broker {
    pub(super) fn fetch(
        &mut self,
        slot: u32,
        correlation: u32,
        request: &FetchRequest,
        fx: &mut Fx<'_>,
    ) {
        self.update_session(slot, request);
        let max_bytes = u64::from(request.max_bytes).min(self.plan.broker.fetch_max_bytes);
        // Read first, count the fetch afterwards: the high watermark in the answer is the one from
        // before this fetch (reference §1.5.5).
        let read = self.read_session(slot, max_bytes);
        if let Some((replica, broker_epoch)) = request.replica {
            self.count_fetch(slot, replica, broker_epoch, &request.partitions, fx);
        }
        if read.urgent
            || request.max_wait == Span::ZERO
            || read.bytes >= u64::from(request.min_bytes)
        {
            self.answer_fetch(slot, correlation, read.partitions, fx);
            return;
        }
        let Some(connection) = self.connections.get(slot) else { return };
        let wait = BrokerTimer::FetchWait { conn: connection.conn, correlation };
        connection.session.parked = Some(Parked {
            correlation,
            timer: fx.timer(request.max_wait, KafkaTimer::Broker(wait)),
            min_bytes: request.min_bytes,
            max_bytes: request.max_bytes,
        });
    }

    fn update_session(&mut self, slot: u32, request: &FetchRequest) {
        let Some(connection) = self.connections.get(slot) else { return };
        let session = &mut connection.session;
        session.replica = request.replica;
        if !request.full && request.partitions.is_empty() && request.forgotten.is_empty() {
            return;
        }
        let mut dropped: Vec<LaneId> = Vec::new();
        if request.full {
            dropped.extend(session.lanes());
            session.partitions.clear();
            session.dirty.clear();
        } else if !request.forgotten.is_empty() {
            dropped.extend(&request.forgotten);
            session.partitions.retain(|p| !request.forgotten.contains(&p.wish.lane));
        }
        let reindex = !dropped.is_empty();
        let mut added = false;
        if request.full {
            session.partitions.reserve(request.partitions.len());
            session.dirty.reserve(request.partitions.len());
        }
        for wish in &request.partitions {
            let known = session.partitions.iter().position(|p| p.wish.lane == wish.lane);
            let at = match known {
                Some(at) => {
                    let known = &mut session.partitions[at];
                    if known.wish.current_leader_epoch != wish.current_leader_epoch {
                        // The answer to the older epoch may have been ignored.
                        known.told_high_watermark = None;
                    }
                    known.wish = *wish;
                    at
                }
                None => {
                    session.partitions.push(SessionPartition {
                        wish: *wish,
                        dirty: false,
                        told_high_watermark: None,
                        told_log_start: 0,
                    });
                    added = true;
                    session.partitions.len() - 1
                }
            };
            session.mark(at as u32);
        }
        if reindex {
            session.dirty.clear();
            for (at, partition) in session.partitions.iter_mut().enumerate() {
                if partition.dirty {
                    session.dirty.push(at as u32);
                }
            }
        }
        if reindex || added {
            let lanes: Vec<LaneId> = session.lanes().collect();
            self.watch(slot, request.replica.is_some(), &dropped, &lanes);
        }
    }

    /// Notes of the partitions which sessions look at them.
    fn watch(&mut self, slot: u32, follower: bool, dropped: &[LaneId], lanes: &[LaneId]) {
        for lane in dropped.iter().chain(lanes) {
            if let Some(watchers) = self.watchers.get_mut(lane.0 as usize) {
                watchers.retain(|w| w.connection != slot);
            }
        }
        for (at, lane) in lanes.iter().enumerate() {
            if let Some(watchers) = self.watchers.get_mut(lane.0 as usize) {
                watchers.push(Watcher { connection: slot, slot: at as u32, follower });
            }
        }
    }

    /// This broker has just learnt of a partition that sessions may already have asked for.
    pub(super) fn watch_new(&mut self, lane: LaneId) {
        self.watchers[lane.0 as usize] = self.connections.watchers_of(lane);
        self.wake_watchers(lane);
    }

    /// What the dirty partitions of a session have to offer now, up to `max_bytes`. Partitions with
    /// nothing to say are left out.
    fn read_session(&mut self, slot: u32, max_bytes: u64) -> Read {
        let mut read = Read::default();
        let Some(connection) = self.connections.get(slot) else { return read };
        connection.session.left_out.clear();
        let replica = connection.session.replica;
        let answer = &mut read.partitions;
        let mut budget = max_bytes;
        for at in 0..connection.session.dirty.len() {
            let Some(connection) = self.connections.get(slot) else { break };
            let session = &connection.session;
            let Some(&SessionPartition { wish, told_high_watermark, told_log_start, .. }) =
                session.partitions.get(session.dirty[at] as usize)
            else {
                continue;
            };
            let mut fetched = self.read_partition(&wish, replica, budget, answer.is_empty());
            let bytes: u64 = fetched.batches.iter().map(|b| u64::from(b.bytes)).sum();
            let fits = bytes <= budget || answer.is_empty();
            if !fits || budget == 0 {
                fetched.batches.clear();
                if let Some(connection) = self.connections.get(slot) {
                    let left = connection.session.dirty[at];
                    connection.session.left_out.push(left);
                }
            }
            budget = budget.saturating_sub(bytes);
            let urgent = fetched.error != Error::None || fetched.diverging.is_some();
            let news = urgent
                || !fetched.batches.is_empty()
                || told_high_watermark != Some(fetched.high_watermark)
                || told_log_start != fetched.log_start_offset;
            if news {
                read.urgent |= urgent;
                if !fetched.batches.is_empty() {
                    read.bytes += bytes;
                }
                if answer.capacity() == 0 {
                    // Mostly it is the only partition with news.
                    answer.reserve_exact(1);
                }
                answer.push(fetched);
            }
        }
        read
    }

    /// One partition for one fetcher: fencing, divergence, then the records (reference §3.2).
    fn read_partition(
        &self,
        wish: &FetchPartition,
        replica: Option<(NodeId, u64)>,
        budget: u64,
        first: bool,
    ) -> FetchedPartition {
        let mut fetched = FetchedPartition {
            lane: wish.lane,
            error: Error::None,
            high_watermark: 0,
            log_start_offset: 0,
            diverging: None,
            batches: Batches::new(),
        };
        if let Err(error) = self.fence(wish.lane, wish.current_leader_epoch) {
            fetched.error = error;
            return fetched;
        }
        let Some(partition) = self.partition(wish.lane) else {
            fetched.error = Error::UnknownTopicOrPartition;
            return fetched;
        };
        let log = &partition.log;
        if let Some((node, epoch)) = replica
            && (!partition.state.replicas.contains(&node) || epoch < self.image.broker(node).epoch)
        {
            fetched.error = Error::NotLeaderOrFollower;
            return fetched;
        }
        fetched.high_watermark = log.high_watermark();
        fetched.log_start_offset = log.start_offset();
        if let Some(last_fetched_epoch) = wish.last_fetched_epoch {
            let (epoch, end) = log.end_offset_for_epoch(Some(last_fetched_epoch));
            let Some(end) = end else {
                fetched.error = Error::OffsetOutOfRange;
                return fetched;
            };
            if epoch.is_some_and(|e| e < last_fetched_epoch) || end < wish.fetch_offset {
                fetched.diverging = Some((epoch, Some(end)));
                return fetched;
            }
        }
        let limit = match replica {
            Some(_) => log.end_offset(),
            None => log.high_watermark(),
        };
        let max = u64::from(wish.max_bytes).min(budget);
        match log.read(wish.fetch_offset, limit, max) {
            Ok(batches) if first || max > 0 => fetched.batches = batches,
            Ok(_) => {}
            Err(error) => {
                fetched.error = error;
                // Stands for the ListOffsets a follower sends next to learn where the log ends.
                fetched.diverging = replica.map(|_| (None, Some(log.end_offset())));
            }
        }
        fetched
    }

    /// Whether this broker leads the partition in the epoch the asker knows (KIP-320).
    pub(super) fn fence(&self, lane: LaneId, epoch: Option<u32>) -> Result<(), Error> {
        let partition = match self.partition(lane) {
            Some(partition) => partition,
            None if self.image.partition(lane).is_some() => return Err(Error::NotLeaderOrFollower),
            None => return Err(Error::UnknownTopicOrPartition),
        };
        match epoch {
            Some(epoch) if epoch < partition.state.leader_epoch => Err(Error::FencedLeaderEpoch),
            Some(epoch) if epoch > partition.state.leader_epoch => Err(Error::UnknownLeaderEpoch),
            _ if !partition.leads() => Err(Error::NotLeaderOrFollower),
            _ => Ok(()),
        }
    }

    /// A follower's fetch offsets acknowledge what is below them: high watermarks may advance and
    /// the follower may join ISRs. Partitions whose answer is an error or a divergence do not count.
    fn count_fetch(
        &mut self,
        slot: u32,
        replica: NodeId,
        broker_epoch: u64,
        wishes: &[FetchPartition],
        fx: &mut Fx<'_>,
    ) {
        if let Some(last) = self.last_fetch_of.get_mut(replica.0 as usize) {
            *last = fx.clock();
        }
        for wish in wishes {
            if !self.counts(wish, replica, broker_epoch) {
                continue;
            }
            let Some(Some(partition)) = self.partitions.get_mut(wish.lane.0 as usize) else {
                continue;
            };
            let moved = partition.note_fetch(replica, wish.fetch_offset, broker_epoch, fx.clock());
            self.maybe_expand_isr(wish.lane, replica, fx);
            if moved {
                self.advance(wish.lane, fx);
            }
        }
        // The session's other partitions are fetched implicitly: a replica that could not join an
        // ISR the last time may do so now.
        if !self.missing_anywhere.contains(replica) {
            return;
        }
        for at in 0..self.under_replicated.len() {
            let (lane, missing) = self.under_replicated[at];
            if !missing.contains(replica) {
                continue;
            }
            let in_session =
                self.connections.get(slot).is_some_and(|c| c.session.lanes().any(|l| l == lane));
            if in_session {
                self.maybe_expand_isr(lane, replica, fx);
            }
        }
    }

    fn counts(&self, wish: &FetchPartition, replica: NodeId, broker_epoch: u64) -> bool {
        if self.fence(wish.lane, wish.current_leader_epoch).is_err() {
            return false;
        }
        let Some(partition) = self.partition(wish.lane) else { return false };
        let log = &partition.log;
        let in_range = (log.start_offset()..=log.end_offset()).contains(&wish.fetch_offset);
        let diverges = wish.last_fetched_epoch.is_some_and(|last| {
            let (epoch, end) = log.end_offset_for_epoch(Some(last));
            end.is_none_or(|end| end < wish.fetch_offset) || epoch.is_some_and(|e| e < last)
        });
        let known = partition.state.replicas.contains(&replica)
            && broker_epoch >= self.image.broker(replica).epoch;
        // Old replication knows no epochs: a follower ahead of its leader still counts up to the
        // leader's end once it has truncated, so out of range never counts.
        in_range && known && (!diverges || self.plan.truncation == Truncation::HighWatermark)
    }

    fn answer_fetch(
        &mut self,
        slot: u32,
        correlation: u32,
        partitions: Vec<FetchedPartition>,
        fx: &mut Fx<'_>,
    ) {
        let Some(connection) = self.connections.get(slot) else { return };
        let session = &mut connection.session;
        for at in session.dirty.drain(..) {
            let Some(partition) = session.partitions.get_mut(at as usize) else { continue };
            partition.dirty = false;
            if let Some(told) = partitions.iter().find(|p| p.lane == partition.wish.lane) {
                // Who is told of an error or a divergence does not take the high watermark over.
                let taken = told.error == Error::None && told.diverging.is_none();
                partition.told_high_watermark = taken.then_some(told.high_watermark);
                partition.told_log_start = told.log_start_offset;
            }
            // The fetch itself may have moved the high watermark after it was read for the answer.
            let lane = partition.wish.lane.0 as usize;
            let moved = partition.told_high_watermark.is_some_and(|told| {
                let here = self.partitions.get(lane).and_then(|p| p.as_ref());
                here.is_some_and(|p| p.log.high_watermark() != told)
            });
            if moved {
                session.left_out.push(at);
            }
        }
        if !session.left_out.is_empty() {
            for at in std::mem::take(&mut session.left_out) {
                session.mark(at);
            }
        }
        self.respond(slot, correlation, Response::Fetch { partitions }, fx);
    }

    /// A parked fetch may have become answerable: data up to its minimum, an error, a divergence.
    pub(super) fn try_complete_fetch(&mut self, slot: u32, fx: &mut Fx<'_>) {
        let Some(connection) = self.connections.get(slot) else { return };
        let Some(parked) = connection.session.parked else { return };
        let max_bytes = u64::from(parked.max_bytes).min(self.plan.broker.fetch_max_bytes);
        let read = self.read_session(slot, max_bytes);
        if read.urgent || read.bytes >= u64::from(parked.min_bytes.max(1)) {
            if let Some(connection) = self.connections.get(slot) {
                connection.session.parked = None;
            }
            fx.cancel(parked.timer);
            self.answer_fetch(slot, parked.correlation, read.partitions, fx);
        }
    }

    /// `fetch.max.wait.ms` or `replica.fetch.wait.max.ms` has passed: answer with what there is.
    pub(super) fn fetch_waited(&mut self, conn: ConnId, correlation: u32, fx: &mut Fx<'_>) {
        let Some(slot) = self.connections.find(conn) else { return };
        let Some(connection) = self.connections.get(slot) else { return };
        let Some(parked) = connection.session.parked.filter(|p| p.correlation == correlation)
        else {
            return;
        };
        connection.session.parked = None;
        let read = self.read_session(slot, u64::from(parked.max_bytes));
        self.answer_fetch(slot, correlation, read.partitions, fx);
    }

    /// Roles changed: every session of the partition must hear of it.
    pub(super) fn wake_watchers(&mut self, lane: LaneId) {
        for watcher in &self.watchers[lane.0 as usize] {
            self.connections.mark(watcher, true);
        }
    }

    pub(super) fn list_offsets(
        &self,
        lane: LaneId,
        epoch: Option<u32>,
        position: ListPosition,
    ) -> Response {
        let answer = |error, offset, leader_epoch| Response::ListOffsets {
            lane,
            error,
            offset,
            leader_epoch,
        };
        if let Err(error) = self.fence(lane, epoch) {
            return answer(error, 0, None);
        }
        let Some(partition) = self.partition(lane) else {
            return answer(Error::UnknownTopicOrPartition, 0, None);
        };
        let leader_epoch = Some(partition.state.leader_epoch);
        match position {
            ListPosition::Earliest => {
                answer(Error::None, partition.log.start_offset(), leader_epoch)
            }
            ListPosition::Latest => {
                let high_watermark = partition.log.high_watermark();
                let start = partition.leadership().map_or(0, |l| l.start_offset);
                if high_watermark < start {
                    return answer(Error::OffsetNotAvailable, 0, None);
                }
                answer(Error::None, high_watermark, leader_epoch)
            }
        }
    }

    pub(super) fn offsets_for_leader_epoch(
        &self,
        lane: LaneId,
        current: Option<u32>,
        epoch: u32,
    ) -> Response {
        let (error, leader_epoch, end_offset) = match self.fence(lane, current) {
            Err(error) => (error, None, None),
            Ok(()) => {
                let known = self.partition(lane).map(|p| p.log.end_offset_for_epoch(Some(epoch)));
                let (epoch, end) = known.unwrap_or((None, None));
                (Error::None, epoch, end)
            }
        };
        Response::OffsetsForLeaderEpoch { lane, error, leader_epoch, end_offset }
    }
}
