//! The group coordinator, as far as committed offsets go (`GroupCoordinator`,
//! `OffsetMetadataManager`; reference §5.8). Members are in [`super::groups`].
//!
//! Simplified: offsets of topics a group no longer subscribes to stay as long as it has members; a
//! group whose offsets have all expired is not removed itself.

use super::produce::Delayed;
use super::{Broker, Fx};
use crate::brokers::kafka::error::Error;
use crate::brokers::kafka::group::GroupIdentity;
use crate::brokers::kafka::group::classic::Group;
use crate::brokers::kafka::plan::Mutant;
use crate::brokers::kafka::record::{Batch, Payload, Record};
use crate::brokers::kafka::timer::{BrokerTimer, KafkaTimer};
use crate::brokers::kafka::wire::Response;
use crate::fact::{Fact, LaneId, SubscriptionId};
use crate::kernel::{Span, Time};
use std::collections::BTreeMap;

/// A committed offset.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Committed {
    /// The next offset to read.
    pub offset: u64,
    /// The leader epoch of the last record read, if known.
    pub leader_epoch: Option<u32>,
    /// When it was committed.
    pub at: Time,
}

/// What one partition of `__consumer_offsets` keeps, in memory while its leader is this broker.
#[derive(Clone, Debug, Default)]
pub(super) struct GroupOffsets {
    pub(super) committed: BTreeMap<(SubscriptionId, LaneId), Committed>,
    pub(super) groups: BTreeMap<SubscriptionId, Group>,
    /// The log is still being read; in which leader epoch that began.
    pub(super) loading: Option<u32>,
}

/// Bytes of an offset-commit record's key and value, about.
const OFFSET_RECORD_BYTES: u32 = 60;

impl Broker {
    pub(super) fn offsets_index(&self, lane: LaneId) -> Option<usize> {
        let topic = self.plan.topics.last()?;
        let index = lane.0.checked_sub(topic.first_lane.0)?;
        (index < topic.partitions).then_some(index as usize)
    }

    /// The committed offset of a group, if this broker coordinates it.
    pub fn committed_offset(&self, group: SubscriptionId, lane: LaneId) -> Option<u64> {
        let index = self.offsets_index(self.plan.offsets_lane(group)?)?;
        self.offsets[index].as_ref()?.committed.get(&(group, lane)).map(|c| c.offset)
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
    pub(super) fn group_offsets(&self, group: SubscriptionId) -> Result<(LaneId, usize), Error> {
        let lane = self.plan.offsets_lane(group).ok_or(Error::CoordinatorNotAvailable)?;
        let index = self.offsets_index(lane).ok_or(Error::NotCoordinator)?;
        match &self.offsets[index] {
            Some(kept) if kept.loading.is_some() => Err(Error::CoordinatorLoadInProgress),
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
                    let committed = known.and_then(|k| k.committed.get(&(group, lane)));
                    (lane, committed.map(|c| (c.offset, c.leader_epoch)))
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
        member: Option<GroupIdentity>,
        offsets: Vec<(LaneId, u64, Option<u32>)>,
        fx: &mut Fx<'_>,
    ) {
        let lane = match self.may_commit(group, member.as_ref(), fx) {
            Ok(lane) => lane,
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
                is_tombstone: false,
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

    /// Deletes committed offsets of groups that have had no member for `offsets.retention.minutes`,
    /// and comes back after `offsets.retention.check.interval.ms`.
    pub(super) fn expire_offsets(&mut self, fx: &mut Fx<'_>) {
        let minutes = u64::from(self.plan.broker.offsets_retention_minutes);
        let (now, retention) = (fx.now(), Span::secs(60).times(minutes));
        let home = self.plan.topics.last().map_or(0, |t| t.first_lane.0);
        for index in 0..self.offsets.len() {
            let Some(kept) = self.offsets[index].as_ref().filter(|k| k.loading.is_none()) else {
                continue;
            };
            let expired = |(id, committed): &(&(SubscriptionId, LaneId), &Committed)| {
                let since = match kept.groups.get(&id.0) {
                    Some(known) => known.empty_since(),
                    // Offsets of consumers that are in no group.
                    None => Some(committed.at),
                };
                since.is_some_and(|since| now.since(since.max(committed.at)) > retention)
            };
            let expired: Vec<_> = kept.committed.iter().filter(expired).map(|(k, _)| *k).collect();
            if !expired.is_empty() {
                self.delete_offsets(LaneId(home + index as u16), index, &expired, fx);
            }
        }
        let every = self.plan.broker.offsets_retention_check_interval_ms;
        fx.timer(every, KafkaTimer::Broker(BrokerTimer::OffsetExpiry));
    }

    fn delete_offsets(
        &mut self,
        home: LaneId,
        index: usize,
        expired: &[(SubscriptionId, LaneId)],
        fx: &mut Fx<'_>,
    ) {
        let timestamp = fx.clock().as_millis();
        let tombstones = expired.iter().map(|&(group, lane)| Record {
            payload: Payload::OffsetDeletion { group, lane },
            key: None,
            size: OFFSET_RECORD_BYTES,
            is_tombstone: true,
            timestamp,
        });
        let batch = Batch::new(tombstones.collect(), None);
        if self.append_as_leader(home, batch, false, fx).is_err() {
            return;
        }
        self.changed = true;
        for &(subscription, lane) in expired {
            if let Some(kept) = &mut self.offsets[index] {
                kept.committed.remove(&(subscription, lane));
            }
            fx.state(Fact::OffsetExpired { subscription, lane });
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
        let error = as_coordinator_says(error);
        let cache = self.offsets_index(home).and_then(|i| self.offsets[i].as_mut());
        let results = offsets.iter().map(|o| (o.0, error)).collect();
        if let (Error::None, Some(cache)) = (error, cache) {
            for (lane, mut offset, epoch) in offsets {
                if self.plan.is(Mutant::CommitsOneTooMany) {
                    offset += 1;
                }
                self.changed = true;
                let committed = Committed { offset, leader_epoch: epoch, at: fx.now() };
                cache.committed.insert((group, lane), committed);
                fx.state(Fact::OffsetCommitted { subscription: group, lane, offset });
            }
        }
        Response::OffsetCommit { results }
    }
}

/// A failed write of the offsets topic, as a coordinator tells it (`mapOffsetCommitError`).
pub(super) fn as_coordinator_says(error: Error) -> Error {
    match error {
        Error::UnknownTopicOrPartition
        | Error::NotEnoughReplicas
        | Error::NotEnoughReplicasAfterAppend
        | Error::RequestTimedOut => Error::CoordinatorNotAvailable,
        Error::NotLeaderOrFollower | Error::KafkaStorageError => Error::NotCoordinator,
        other => other,
    }
}
