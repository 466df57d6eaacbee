//! The group coordinator, as far as committed offsets go (`GroupCoordinator`,
//! `OffsetMetadataManager`; reference §5.8).
//!
//! Simplified: groups have no members here; commits come from `assign()`ed consumers (generation
//! -1) and are always accepted. Offsets do not expire.

use super::produce::Delayed;
use super::{Broker, Fx};
use crate::brokers::kafka::error::Error;
use crate::brokers::kafka::plan::Mutant;
use crate::brokers::kafka::record::{Batch, Payload, Record};
use crate::brokers::kafka::wire::Response;
use crate::fact::{Fact, LaneId, SubscriptionId};
use std::collections::BTreeMap;

/// The offsets kept in one partition of `__consumer_offsets`, while its leader is this broker.
#[derive(Clone, Debug, Default)]
pub(super) struct GroupOffsets {
    committed: BTreeMap<(SubscriptionId, LaneId), (u64, Option<u32>)>,
}

/// Bytes of an offset-commit record's key and value, about.
const OFFSET_RECORD_BYTES: u32 = 60;

impl Broker {
    fn offsets_index(&self, lane: LaneId) -> Option<usize> {
        let topic = self.plan.topics.last()?;
        let index = lane.0.checked_sub(topic.first_lane.0)?;
        (index < topic.partitions).then_some(index as usize)
    }

    /// The committed offset of a group, if this broker coordinates it.
    pub fn committed_offset(&self, group: SubscriptionId, lane: LaneId) -> Option<u64> {
        let index = self.offsets_index(self.plan.offsets_lane(group)?)?;
        self.offsets[index].as_ref()?.committed.get(&(group, lane)).map(|c| c.0)
    }

    /// This broker leads a partition of the offsets topic: it reads the log into memory.
    pub(super) fn load_offsets(&mut self, lane: LaneId) {
        let Some(index) = self.offsets_index(lane) else { return };
        let mut loaded = GroupOffsets::default();
        if let Some(partition) = self.partition(lane) {
            for record in partition.log.batches().flat_map(|b| b.records.iter()) {
                if let Payload::OffsetCommit { group, lane, offset, leader_epoch } = record.payload
                {
                    loaded.committed.insert((group, lane), (offset, leader_epoch));
                }
            }
        }
        self.offsets[index] = Some(loaded);
    }

    pub(super) fn unload_offsets(&mut self, lane: LaneId) {
        if let Some(index) = self.offsets_index(lane) {
            self.offsets[index] = None;
        }
    }

    pub(super) fn find_coordinator(&mut self, group: SubscriptionId, fx: &mut Fx<'_>) -> Response {
        let lane = self.plan.offsets_lane(group);
        if lane.is_none_or(|lane| self.image.partition(lane).is_none()) {
            self.isr_changes.create_offsets_topic = true;
            self.send_isr_changes(fx);
        }
        let state = lane.and_then(|lane| self.image.partition(lane));
        let leader = state.and_then(|s| s.leader).filter(|&l| !self.image.broker(l).fenced);
        let error = if leader.is_some() { Error::None } else { Error::CoordinatorNotAvailable };
        Response::FindCoordinator { error, coordinator: leader }
    }

    /// The cache for a group, or why this broker cannot say.
    fn group_offsets(&self, group: SubscriptionId) -> Result<(LaneId, usize), Error> {
        let lane = self.plan.offsets_lane(group).ok_or(Error::CoordinatorNotAvailable)?;
        let index = self.offsets_index(lane).ok_or(Error::NotCoordinator)?;
        match &self.offsets[index] {
            Some(_) => Ok((lane, index)),
            None => Err(Error::NotCoordinator),
        }
    }

    pub(super) fn offset_fetch(&self, group: SubscriptionId, lanes: &[LaneId]) -> Response {
        match self.group_offsets(group) {
            Err(error) => Response::OffsetFetch { error, offsets: Vec::new() },
            Ok((_, index)) => {
                let known = self.offsets[index].as_ref();
                let offset = |&lane: &LaneId| {
                    (lane, known.and_then(|k| k.committed.get(&(group, lane)).copied()))
                };
                let offsets = lanes.iter().map(offset).collect();
                Response::OffsetFetch { error: Error::None, offsets }
            }
        }
    }

    /// Writes offsets to the log with acks=all semantics; the answer waits for the high watermark.
    pub(super) fn offset_commit(
        &mut self,
        slot: u32,
        correlation: u32,
        group: SubscriptionId,
        offsets: Vec<(LaneId, u64, Option<u32>)>,
        fx: &mut Fx<'_>,
    ) {
        let lane = match self.group_offsets(group) {
            Ok((lane, _)) => lane,
            Err(error) => {
                let results = offsets.iter().map(|o| (o.0, error)).collect();
                return self.respond(slot, correlation, Response::OffsetCommit { results }, fx);
            }
        };
        let timestamp = fx.clock().as_millis();
        let records = offsets
            .iter()
            .map(|&(lane, offset, leader_epoch)| Record {
                payload: Payload::OffsetCommit { group, lane, offset, leader_epoch },
                key: None,
                size: OFFSET_RECORD_BYTES,
                timestamp,
            })
            .collect();
        match self.append_as_leader(lane, Batch::new(records, None), true, fx) {
            Ok((_, required)) => {
                let timeout = self.plan.broker.offsets_commit_timeout_ms;
                let delayed = Delayed::OffsetCommit { group, lane, offsets };
                self.delay(slot, correlation, timeout, delayed, &[(lane, required)], fx);
            }
            Err(error) => {
                let response = self.offsets_stored(group, lane, offsets, error, fx);
                self.respond(slot, correlation, response, fx);
            }
        }
    }

    /// The write of offsets has ended one way or the other (`mapOffsetCommitError`).
    pub(super) fn offsets_stored(
        &mut self,
        group: SubscriptionId,
        home: LaneId,
        offsets: Vec<(LaneId, u64, Option<u32>)>,
        error: Error,
        fx: &mut Fx<'_>,
    ) -> Response {
        let error = match error {
            Error::None => Error::None,
            Error::UnknownTopicOrPartition
            | Error::NotEnoughReplicas
            | Error::NotEnoughReplicasAfterAppend
            | Error::RequestTimedOut => Error::CoordinatorNotAvailable,
            Error::NotLeaderOrFollower | Error::KafkaStorageError => Error::NotCoordinator,
            other => other,
        };
        let cache = self.offsets_index(home).and_then(|i| self.offsets[i].as_mut());
        let results = offsets.iter().map(|o| (o.0, error)).collect();
        if let (Error::None, Some(cache)) = (error, cache) {
            for (lane, mut offset, epoch) in offsets {
                if self.plan.is(Mutant::CommitsOneTooMany) {
                    offset += 1;
                }
                self.changed = true;
                cache.committed.insert((group, lane), (offset, epoch));
                fx.state(Fact::OffsetCommitted { subscription: group, lane, offset });
            }
        }
        Response::OffsetCommit { results }
    }
}
