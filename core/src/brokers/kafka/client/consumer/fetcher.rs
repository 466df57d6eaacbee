//! Fetch requests, one in flight for each broker, and the records they brought
//! (`AbstractFetch`, `FetchCollector`, `CompletedFetch`, `FetchSessionHandler`; reference §5.3, §5.4).
//!
//! Simplified: an incremental request lists every partition that is wanted; a partition whose fetch
//! failed waits `retry.backoff.ms`, where the real client may ask again at once.

use super::subscription::FetchState;
use super::{Asked, Consumer};
use crate::brokers::kafka::Fx;
use crate::brokers::kafka::error::Error;
use crate::brokers::kafka::record::{Batch, Batches, Payload};
use crate::brokers::kafka::settings::IsolationLevel;
use crate::brokers::kafka::wire::{
    CLIENT_CHANNEL, FetchPartition, FetchRequest, FetchedPartition, Request,
};
use crate::fact::{LaneId, MessageId, NodeId};
use crate::kernel::{Span, Time};
use smallvec::SmallVec;
use std::collections::VecDeque;
use std::sync::Arc;

/// A record on its way through the application.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ConsumerRecord {
    /// The message it carries.
    pub message: MessageId,
    /// Its partition.
    pub lane: LaneId,
    /// Its offset.
    pub offset: u64,
    /// The epoch of the leader that appended it.
    pub leader_epoch: u32,
    /// Which delivery this is, counted over the topics a listener's failures travel through; 1
    /// unless the record was sent on.
    pub attempt: u16,
}

/// The fetch session with one broker (KIP-227).
#[derive(Clone, Debug)]
pub(super) struct FetchSession {
    pub(super) node: NodeId,
    pub(super) in_flight: bool,
    /// The next request must start a new session.
    full: bool,
    /// What the broker remembers of us.
    partitions: Vec<LaneId>,
    /// What the next request will ask for, as indices.
    wanted: Vec<u16>,
    /// The last request.
    last: Option<Arc<FetchRequest>>,
}

/// The records of one partition that one fetch brought.
#[derive(Clone, Debug)]
struct CompletedFetch {
    partition: u16,
    batches: Batches,
    /// Aborted transactions that are still to come or are being passed, by first offset.
    aborted: Aborted,
    /// The batch and record to go on with.
    batch: usize,
    record: usize,
}

/// The aborted transactions of a fetch (`CompletedFetch.consumeAbortedTransactionsUpTo`).
#[derive(Clone, Debug, Default)]
struct Aborted {
    /// Those that begin later: producer id and first offset, the first last.
    later: Vec<(u64, u64)>,
    /// Producers whose records are not handed out at the moment.
    producers: Vec<u64>,
}

impl Aborted {
    fn new(mut aborted: Vec<(u64, u64)>) -> Self {
        aborted.reverse();
        Aborted { later: aborted, producers: Vec::new() }
    }

    /// Whether the next batch belongs to an aborted transaction.
    #[inline]
    fn skips(&mut self, batch: &Batch) -> bool {
        if self.later.is_empty() && self.producers.is_empty() {
            return false;
        }
        while self.later.last().is_some_and(|(_, first)| *first < batch.end_offset()) {
            self.producers.extend(self.later.pop().map(|(producer, _)| producer));
        }
        let Some(stamp) = batch.producer.filter(|s| s.transactional) else { return false };
        if batch.marker().is_some_and(|(commit, _)| !commit) {
            self.producers.retain(|p| *p != stamp.id);
            return false;
        }
        self.producers.contains(&stamp.id)
    }
}

/// Sessions and fetched records.
#[derive(Clone, Debug, Default)]
pub(super) struct Fetcher {
    pub(super) sessions: Vec<FetchSession>,
    completed: VecDeque<CompletedFetch>,
}

impl Fetcher {
    /// A broker's connection broke: its memory of the session is gone.
    pub(super) fn broken(&mut self, node: NodeId) {
        for session in self.sessions.iter_mut().filter(|s| s.node == node) {
            (session.in_flight, session.full) = (false, true);
            session.partitions.clear();
        }
    }

    fn session(&mut self, node: NodeId) -> &mut FetchSession {
        let at = self.sessions.iter().position(|s| s.node == node).unwrap_or_else(|| {
            self.sessions.push(FetchSession {
                node,
                in_flight: false,
                full: true,
                partitions: Vec::new(),
                wanted: Vec::new(),
                last: None,
            });
            self.sessions.len() - 1
        });
        &mut self.sessions[at]
    }

    /// Drops what was fetched of a partition.
    pub(super) fn drop_buffered(&mut self, partition: usize) {
        self.completed.retain(|c| c.partition as usize != partition);
    }

    /// Records fetched and not handed over.
    pub(super) fn buffered(&self) -> usize {
        let rest = |c: &CompletedFetch| {
            let records: usize = c.batches[c.batch..].iter().map(|b| b.records.len()).sum();
            records - c.record.min(records)
        };
        self.completed.iter().map(rest).sum()
    }
}

impl Consumer {
    /// Sends a fetch to every broker that leads a partition whose records are wanted and that has
    /// none of our fetches in flight.
    pub(super) fn send_fetches(&mut self, fx: &mut Fx<'_>) {
        let now = fx.now();
        let mut any = false;
        for (n, partition) in self.partitions.iter().enumerate() {
            if partition.state != FetchState::Fetching || partition.buffered {
                continue;
            }
            if partition.not_before > now {
                self.alarm.set(partition.not_before, super::retry, fx);
                continue;
            }
            let Some(node) = partition.leader.leader else {
                self.metadata.request_update();
                continue;
            };
            let session = self.fetcher.session(node);
            if !session.in_flight {
                session.wanted.push(n as u16);
                any = true;
            }
        }
        if !any {
            return;
        }
        for at in 0..self.fetcher.sessions.len() {
            if self.fetcher.sessions[at].wanted.is_empty() {
                continue;
            }
            // The real client asks a broker for all positions in one request, so that its first
            // fetch is for all of them; here the first fetch waits for the last answer.
            let node = self.fetcher.sessions[at].node;
            let mut partitions = self.partitions.iter().enumerate();
            let asks = partitions
                .any(|(n, p)| p.asked.is_some() && self.metadata.leader(n).leader == Some(node));
            if !asks {
                self.send_fetch(at, fx);
            }
            self.fetcher.sessions[at].wanted.clear();
        }
    }

    fn send_fetch(&mut self, at: usize, fx: &mut Fx<'_>) {
        let session = &mut self.fetcher.sessions[at];
        let node = session.node;
        if !self.network.ready(node, CLIENT_CHANNEL, fx) {
            return;
        }
        let config = &self.plan.config;
        let max_bytes = u32::try_from(config.max_partition_fetch_bytes).unwrap_or(u32::MAX);
        let mut partitions = SmallVec::with_capacity(session.wanted.len());
        let mut positions = SmallVec::with_capacity(session.wanted.len());
        for &n in &session.wanted {
            let partition = &self.partitions[n as usize];
            positions.push((n, partition.position));
            partitions.push(FetchPartition {
                lane: partition.lane,
                current_leader_epoch: partition.leader.epoch,
                fetch_offset: partition.position,
                last_fetched_epoch: None,
                log_start_offset: 0,
                max_bytes,
            });
        }
        let is_wanted = |lane: &LaneId| partitions.iter().any(|p: &FetchPartition| p.lane == *lane);
        let forgotten = session.partitions.iter().copied().filter(|l| !is_wanted(l)).collect();
        session.partitions.clear();
        session.partitions.extend(partitions.iter().map(|p| p.lane));
        let request = FetchRequest {
            replica: None,
            max_wait: config.fetch_max_wait_ms,
            min_bytes: u32::try_from(config.fetch_min_bytes).unwrap_or(u32::MAX),
            max_bytes: u32::try_from(config.fetch_max_bytes).unwrap_or(u32::MAX),
            read_committed: config.isolation_level == IsolationLevel::ReadCommitted,
            full: session.full,
            partitions,
            forgotten,
        };
        // Nothing came and nothing is to be told: the same request again.
        let request = match session.last.take() {
            Some(last) if *last == request => last,
            _ => Arc::new(request),
        };
        session.last = Some(request.clone());
        let request = Request::Fetch(request);
        if let Some(correlation) = self.network.send(node, CLIENT_CHANNEL, request, true, fx) {
            (session.in_flight, session.full) = (true, false);
            self.asked.push((correlation, Asked::Fetch { node, positions }));
        }
    }

    /// `isolation.level` is `read_committed`.
    pub(super) fn reads_committed(&self) -> bool {
        self.plan.config.isolation_level == IsolationLevel::ReadCommitted
    }

    /// A fetch was answered.
    pub(super) fn fetched(
        &mut self,
        node: NodeId,
        positions: &[(u16, u64)],
        answers: Vec<FetchedPartition>,
        fx: &mut Fx<'_>,
    ) {
        self.fetcher.session(node).in_flight = false;
        for answer in answers {
            let asked =
                positions.iter().find(|(n, _)| self.partitions[*n as usize].lane == answer.lane);
            let Some(&(n, offset)) = asked else { continue };
            let partition = &mut self.partitions[n as usize];
            // The position moved meanwhile: the answer is about something nobody wants any more.
            if partition.state != FetchState::Fetching || partition.position != offset {
                continue;
            }
            if answer.error != Error::None {
                self.fetch_failed(n as usize, answer.error, fx);
                continue;
            }
            partition.high_watermark = Some(answer.high_watermark);
            if !answer.batches.is_empty() {
                partition.buffered = true;
                let batches = answer.batches;
                let aborted = answer.stable.map(|s| Aborted::new(s.aborted)).unwrap_or_default();
                let fetch = CompletedFetch { partition: n, batches, aborted, batch: 0, record: 0 };
                self.fetcher.completed.push_back(fetch);
            }
        }
    }

    /// `FetchCollector.handleInitializeErrors`
    fn fetch_failed(&mut self, n: usize, error: Error, fx: &mut Fx<'_>) {
        if error == Error::OffsetOutOfRange {
            self.request_reset(n, "OffsetOutOfRangeException");
            return;
        }
        if error != Error::UnknownLeaderEpoch {
            self.metadata.request_update();
        }
        let span = self.plan.config.retry_backoff_ms;
        self.partitions[n].not_before = fx.now() + span;
    }

    /// Takes up to `max.poll.records` fetched records; the position moves with them.
    pub(super) fn collect(&mut self, records: &mut Vec<ConsumerRecord>, fx: &Fx<'_>) {
        let (now, clock) = (fx.now(), fx.clock());
        let max = self.plan.config.max_poll_records as usize;
        while records.len() < max {
            let Some(fetch) = self.fetcher.completed.front_mut() else { return };
            let partition = &mut self.partitions[fetch.partition as usize];
            let Some(batch) = fetch.batches.get(fetch.batch) else {
                partition.buffered = false;
                partition.not_before = Time::ZERO;
                self.fetcher.completed.pop_front();
                continue;
            };
            if fetch.record == 0 && fetch.aborted.skips(batch) {
                fetch.record = batch.records.len();
            }
            let Some(record) = batch.records.get(fetch.record) else {
                partition.position = partition.position.max(batch.end_offset());
                (fetch.batch, fetch.record) = (fetch.batch + 1, 0);
                continue;
            };
            let offset = batch.base_offset + fetch.record as u64;
            if let Some(delay) = self.plan.delay
                && offset >= partition.position
            {
                let age = clock.as_millis().saturating_sub(record.timestamp);
                let early = delay - Span::millis(age);
                if early > Span::ZERO {
                    // Not due: the container seeks back to it and pauses the partition
                    // (`KafkaBackoffAwareMessageListenerAdapter`, `KafkaConsumerBackoffManager`).
                    let n = fetch.partition as usize;
                    partition.buffered = false;
                    partition.not_before = now + early;
                    partition.position = offset;
                    self.fetcher.drop_buffered(n);
                    continue;
                }
            }
            fetch.record += 1;
            // A batch may begin before the position.
            if offset < partition.position {
                continue;
            }
            partition.position = offset + 1;
            partition.position_epoch = Some(batch.leader_epoch);
            let (message, attempt) = match record.payload {
                Payload::Message(message) => (message, 1),
                Payload::Forwarded { message, attempt } => (message, attempt),
                _ => continue,
            };
            let (lane, leader_epoch) = (partition.lane, batch.leader_epoch);
            records.push(ConsumerRecord { message, lane, offset, leader_epoch, attempt });
        }
        // A fetch that is used up makes room for the next at once.
        if let Some(fetch) = self.fetcher.completed.front() {
            let last = fetch.batches.len().saturating_sub(1);
            let used_up = fetch.batch >= last
                && fetch.batches.get(last).is_none_or(|b| fetch.record >= b.records.len());
            if used_up {
                self.partitions[fetch.partition as usize].buffered = false;
                self.fetcher.completed.pop_front();
            }
        }
    }
}
