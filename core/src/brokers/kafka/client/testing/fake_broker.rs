//! A broker that keeps logs, recognises duplicates (reference §2.7) and follows a script.
//!
//! Simplified: no replication; everything appended is committed at once.

use crate::brokers::kafka::Fx;
use crate::brokers::kafka::error::Error;
use crate::brokers::kafka::record::{Batch, Batches, ProducerStamp};
use crate::brokers::kafka::timer::{BrokerTimer, KafkaTimer};
use crate::brokers::kafka::wire::*;
use crate::fact::{LaneId, NodeId, NodeSet};
use crate::kernel::Time;
use crate::substrate::{ConnId, Input};
use std::collections::VecDeque;

/// What a broker does with a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reaction {
    /// Answers with an error and does nothing.
    Fail(Error),
    /// Does it and answers with an error all the same.
    ApplyThenFail(Error),
    /// Does it and never answers.
    ApplySilently,
    /// Neither does it nor answers.
    Ignore,
    /// Closes the connection.
    Disconnect,
    /// Does it and closes the connection.
    ApplyThenDisconnect,
    /// Does it and answers.
    Apply,
}

/// One partition.
#[derive(Clone, Debug, Default)]
pub(crate) struct FakeLog {
    pub(crate) leader: Option<NodeId>,
    pub(crate) epoch: u32,
    pub(crate) start: u64,
    pub(crate) batches: Vec<Batch>,
    committed: Option<(u64, Option<u32>)>,
}

impl FakeLog {
    pub(crate) fn end(&self) -> u64 {
        self.batches.last().map_or(self.start, |b| b.end_offset())
    }
}

pub(crate) struct FakeBroker {
    node: NodeId,
    lanes: Vec<LaneId>,
    logs: Vec<FakeLog>,
    pub(crate) script: VecDeque<(&'static str, Reaction)>,
    /// What to do with requests without a script, by turns.
    pub(crate) moods: Vec<Reaction>,
    /// Which requests that concerns.
    pub(crate) moody: fn(&Request) -> bool,
    served: usize,
    pub(crate) received: Vec<(Time, Request)>,
    /// With `NOT_LEADER_OR_FOLLOWER` the leader is named (KIP-951).
    pub(crate) hints: bool,
    /// Batches larger than this are refused.
    pub(crate) max_message_bytes: u32,
    pub(crate) coordinator: NodeId,
    /// Fetches that wait for their time to be over.
    parked: Vec<(ConnId, u32, FetchRequest)>,
    next_producer_id: u64,
}

impl FakeBroker {
    pub(crate) fn new(node: NodeId, lanes: &[LaneId]) -> Self {
        FakeBroker {
            node,
            lanes: lanes.to_vec(),
            logs: vec![FakeLog::default(); lanes.len()],
            script: VecDeque::new(),
            moods: Vec::new(),
            moody: |request| matches!(request, Request::Produce { .. }),
            served: 0,
            received: Vec::new(),
            hints: false,
            max_message_bytes: u32::MAX,
            coordinator: NodeId(0),
            parked: Vec::new(),
            next_producer_id: 1000 * (u64::from(node.0) + 1),
        }
    }

    fn index(&self, lane: LaneId) -> usize {
        self.lanes.iter().position(|&l| l == lane).expect("a lane of the test")
    }

    pub(crate) fn log(&mut self, lane: LaneId) -> &mut FakeLog {
        let index = self.index(lane);
        &mut self.logs[index]
    }

    pub(crate) fn lead(&mut self, lane: LaneId, leader: Option<NodeId>, epoch: u32) {
        let log = self.log(lane);
        (log.leader, log.epoch) = (leader, epoch);
    }

    pub(crate) fn commit(&mut self, lane: LaneId, offset: u64, epoch: Option<u32>) {
        self.log(lane).committed = Some((offset, epoch));
    }

    pub(crate) fn committed(&mut self, lane: LaneId) -> Option<u64> {
        self.log(lane).committed.map(|c| c.0)
    }

    pub(crate) fn append(&mut self, lane: LaneId, mut batch: Batch) -> u64 {
        let log = self.log(lane);
        batch.place(log.end(), log.epoch);
        let base_offset = batch.base_offset;
        log.batches.push(batch);
        base_offset
    }

    /// Cuts a log.
    pub(crate) fn truncate(&mut self, lane: LaneId, end: u64) {
        self.log(lane).batches.retain(|b| b.end_offset() <= end);
    }

    pub(crate) fn on(&mut self, input: Input<KafkaPacket, KafkaTimer>, fx: &mut Fx<'_>) {
        match input {
            Input::Packet {
                conn, packet: KafkaPacket::Request { correlation, request }, ..
            } => {
                self.received.push((fx.now(), request.clone()));
                self.serve(conn, correlation, request, fx);
            }
            Input::Timer(KafkaTimer::Broker(BrokerTimer::FetchWait { conn, correlation })) => {
                let at = self.parked.iter().position(|p| (p.0, p.1) == (conn, correlation));
                let Some(at) = at else { return };
                let (.., fetch) = self.parked.remove(at);
                let response = Response::Fetch { partitions: self.fetch(&fetch, Error::None) };
                fx.send(conn, KafkaPacket::Response { correlation, response });
            }
            _ => {}
        }
    }

    fn reaction(&mut self, request: &Request) -> Reaction {
        let kind = request.kind();
        if let Some(at) = self.script.iter().position(|(k, _)| *k == kind) {
            return self.script.remove(at).map_or(Reaction::Apply, |(_, r)| r);
        }
        if self.moods.is_empty() || !(self.moody)(request) {
            return Reaction::Apply;
        }
        self.served += 1;
        self.moods[self.served % self.moods.len()]
    }

    fn serve(&mut self, conn: ConnId, correlation: u32, request: Request, fx: &mut Fx<'_>) {
        let (apply, error, answer, close) = match self.reaction(&request) {
            Reaction::Apply => (true, Error::None, true, false),
            Reaction::Fail(error) => (false, error, true, false),
            Reaction::ApplyThenFail(error) => (true, error, true, false),
            Reaction::ApplySilently => (true, Error::None, false, false),
            Reaction::Ignore => (false, Error::None, false, false),
            Reaction::Disconnect => (false, Error::None, false, true),
            Reaction::ApplyThenDisconnect => (true, Error::None, false, true),
        };
        let unanswered = matches!(request, Request::Produce { acks: 0, .. });
        let response = self.respond(conn, correlation, request, apply, error, fx);
        if close {
            fx.close(conn);
        } else if let Some(response) = response.filter(|_| answer && !unanswered) {
            fx.send(conn, KafkaPacket::Response { correlation, response });
        }
    }

    fn respond(
        &mut self,
        conn: ConnId,
        correlation: u32,
        request: Request,
        apply: bool,
        error: Error,
        fx: &mut Fx<'_>,
    ) -> Option<Response> {
        Some(match request {
            Request::Metadata => Response::Metadata {
                brokers: NodeSet::of([NodeId(0), NodeId(1)]),
                partitions: self.metadata().into(),
            },
            Request::InitProducerId => {
                self.next_producer_id += 1;
                Response::InitProducerId { error, producer_id: self.next_producer_id, epoch: 0 }
            }
            Request::Produce { partitions, .. } => {
                let serve = |p| self.produce(p, apply, error);
                Response::Produce { partitions: partitions.into_iter().map(serve).collect() }
            }
            Request::Fetch(fetch) => {
                let partitions = self.fetch(&fetch, error);
                if partitions.is_empty() {
                    let wait = BrokerTimer::FetchWait { conn, correlation };
                    fx.timer(fetch.max_wait, KafkaTimer::Broker(wait));
                    self.parked.push((conn, correlation, (*fetch).clone()));
                    return None;
                }
                Response::Fetch { partitions }
            }
            Request::FindCoordinator { .. } => {
                let coordinator = (error == Error::None).then_some(self.coordinator);
                Response::FindCoordinator { error, coordinator }
            }
            Request::OffsetFetch { lanes, .. } => {
                let offsets = lanes.iter().map(|&l| (l, self.log(l).committed)).collect();
                Response::OffsetFetch { error, offsets }
            }
            Request::OffsetCommit { offsets, .. } => {
                for &(lane, offset, epoch) in offsets.iter().filter(|_| apply) {
                    self.commit(lane, offset, epoch);
                }
                let results = offsets.iter().map(|o| (o.0, error)).collect();
                Response::OffsetCommit { results }
            }
            Request::ListOffsets { lane, position, .. } => {
                let error = self.leading(lane, error);
                let log = self.log(lane);
                let offset = match position {
                    ListPosition::Earliest => log.start,
                    ListPosition::Latest => log.end(),
                };
                Response::ListOffsets { lane, error, offset, leader_epoch: Some(log.epoch) }
            }
            Request::OffsetsForLeaderEpoch { lane, leader_epoch, .. } => {
                let error = self.leading(lane, error);
                let log = self.log(lane);
                let upto = log.batches.iter().rfind(|b| b.leader_epoch <= leader_epoch);
                let found = upto.map(|b| (b.leader_epoch, b.end_offset()));
                let (leader_epoch, end_offset) = (found.map(|f| f.0), found.map(|f| f.1));
                Response::OffsetsForLeaderEpoch { lane, error, leader_epoch, end_offset }
            }
            _ => return None,
        })
    }

    fn leading(&mut self, lane: LaneId, error: Error) -> Error {
        let node = self.node;
        match error {
            Error::None if self.log(lane).leader != Some(node) => Error::NotLeaderOrFollower,
            error => error,
        }
    }

    fn metadata(&self) -> Vec<PartitionMetadata> {
        let describe = |(log, &lane): (&FakeLog, &LaneId)| PartitionMetadata {
            lane,
            error: if log.leader.is_some() { Error::None } else { Error::LeaderNotAvailable },
            leader: log.leader,
            leader_epoch: log.epoch,
            isr: NodeSet::EMPTY,
        };
        self.logs.iter().zip(&self.lanes).map(describe).collect()
    }

    fn produce(&mut self, part: ProducePartition, apply: bool, error: Error) -> ProducedPartition {
        let lane = part.lane;
        let mut answer = ProducedPartition { lane, error, base_offset: -1, current_leader: None };
        let log = self.log(lane).clone();
        if log.leader != Some(self.node) {
            answer.error = Error::NotLeaderOrFollower;
            answer.current_leader = log.leader.filter(|_| self.hints).map(|l| (l, log.epoch));
        } else if part.batch.bytes > self.max_message_bytes {
            answer.error = Error::MessageTooLarge;
        } else if apply {
            match check_sequence(&log.batches, &part.batch) {
                Ok(Some(offset)) => answer.base_offset = offset as i64,
                Ok(None) => answer.base_offset = self.append(lane, part.batch) as i64,
                Err(refusal) => answer.error = refusal,
            }
        }
        answer
    }

    fn fetch(&mut self, fetch: &FetchRequest, error: Error) -> Vec<FetchedPartition> {
        let mut partitions = Vec::new();
        for wanted in &fetch.partitions {
            let error = self.leading(wanted.lane, error);
            let log = self.log(wanted.lane);
            let outside = wanted.fetch_offset > log.end() || wanted.fetch_offset < log.start;
            let error =
                if error == Error::None && outside { Error::OffsetOutOfRange } else { error };
            let from = |b: &&Batch| b.end_offset() > wanted.fetch_offset;
            let mut bytes = 0;
            let fits = |b: &&Batch| {
                bytes += b.bytes;
                bytes == b.bytes || bytes <= wanted.max_bytes
            };
            let batches: Batches =
                log.batches.iter().filter(from).take_while(fits).cloned().collect();
            if error != Error::None || !batches.is_empty() {
                partitions.push(FetchedPartition {
                    lane: wanted.lane,
                    error,
                    high_watermark: log.end(),
                    log_start_offset: log.start,
                    diverging: None,
                    batches: if error == Error::None { batches } else { Batches::new() },
                    stable: None,
                });
            }
        }
        partitions
    }
}

/// The broker's view of a producer's numbering: the offset of the original for a duplicate.
fn check_sequence(log: &[Batch], batch: &Batch) -> Result<Option<u64>, Error> {
    let Some(stamp) = batch.producer else { return Ok(None) };
    let ours = |b: &&Batch| b.producer.is_some_and(|p| p.id == stamp.id);
    let mine: Vec<&Batch> = log.iter().filter(ours).collect();
    let same = |b: &&&Batch| b.producer == Some(stamp) && b.len() == batch.len();
    if let Some(original) = mine.iter().rev().take(5).find(same) {
        return Ok(Some(original.base_offset));
    }
    let Some(last) = mine.last() else { return Ok(None) };
    let Some(ProducerStamp { epoch, .. }) = last.producer else { return Ok(None) };
    let next = match last.last_sequence() {
        Some(sequence) if stamp.epoch == epoch => sequence + 1,
        _ => 0,
    };
    match (stamp.epoch < epoch, stamp.base_sequence == next) {
        (true, _) => Err(Error::InvalidProducerEpoch),
        (_, true) => Ok(None),
        (_, false) => Err(Error::OutOfOrderSequenceNumber),
    }
}
