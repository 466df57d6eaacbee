//! This broker as a follower: fetching from leaders, appending, truncating
//! (`ReplicaFetcherThread`, `AbstractFetcherThread`; reference §1.4, §3.7).
//!
//! Simplified: one fetcher per leader (`num.replica.fetchers=1`).

use super::partition::partition_mut;
use super::{Broker, Fx};
use crate::brokers::kafka::error::Error;
use crate::brokers::kafka::log::SegmentLimits;
use crate::brokers::kafka::plan::{Mutant, Truncation};
use crate::brokers::kafka::timer::{BrokerTimer, KafkaTimer};
use crate::brokers::kafka::wire::{
    FetchPartition, FetchRequest, FetchedPartition, REPLICA_CHANNEL, Request, Response,
};
use crate::fact::{ExpiryRule, Fact, LaneId, NodeId, TruncationRule};
use crate::substrate::FileId;
use std::sync::Arc;

/// The partitions followed from one leader.
#[derive(Clone, Debug)]
pub(super) struct Fetcher {
    leader: NodeId,
    lanes: Vec<Followed>,
    /// Partitions whose fetch position the leader has not been told yet.
    untold: Vec<LaneId>,
    forgotten: Vec<LaneId>,
    /// The leader knows nothing of this session yet.
    full: bool,
    in_flight: bool,
    /// The request that says nothing new: all a fetcher sends while nothing is written.
    unchanged: Option<Arc<FetchRequest>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Followed {
    lane: LaneId,
    /// Not fetched for now: backing off, or failed until the next assignment.
    suspended: bool,
}

impl Fetcher {
    pub fn new(leader: NodeId) -> Self {
        Fetcher {
            leader,
            lanes: Vec::new(),
            untold: Vec::new(),
            forgotten: Vec::new(),
            full: true,
            in_flight: false,
            unchanged: None,
        }
    }

    /// Whether the next request repeats what the session knows.
    fn has_no_news(&self) -> bool {
        !self.full && self.untold.is_empty() && self.forgotten.is_empty()
    }

    /// Follows one more partition, in the first session.
    pub fn begin(&mut self, lane: LaneId) {
        self.lanes.push(Followed { lane, suspended: false });
    }

    fn tell(&mut self, lane: LaneId) {
        if !self.untold.contains(&lane) {
            self.untold.push(lane);
        }
    }
}

impl Broker {
    /// Begins to follow `leader` for a partition.
    pub(super) fn follow(&mut self, lane: LaneId, leader: NodeId, fx: &mut Fx<'_>) {
        self.unfollow(lane, Some(leader));
        let Some(fetcher) = self.fetchers.get_mut(leader.0 as usize) else { return };
        if fetcher.lanes.is_empty() {
            fetcher.lanes.reserve(self.plan.lanes.len());
            fetcher.untold.reserve(self.plan.lanes.len());
        }
        match fetcher.lanes.iter_mut().find(|f| f.lane == lane) {
            Some(followed) => followed.suspended = false,
            None => fetcher.lanes.push(Followed { lane, suspended: false }),
        }
        fetcher.forgotten.retain(|&l| l != lane);
        fetcher.tell(lane);
        self.send_fetch(leader, fx);
    }

    /// Stops following a partition from anyone but `except`.
    pub(super) fn unfollow(&mut self, lane: LaneId, except: Option<NodeId>) {
        for fetcher in &mut self.fetchers {
            if Some(fetcher.leader) == except {
                continue;
            }
            let before = fetcher.lanes.len();
            fetcher.lanes.retain(|f| f.lane != lane);
            if fetcher.lanes.len() < before {
                fetcher.untold.retain(|&l| l != lane);
                fetcher.forgotten.push(lane);
            }
        }
    }

    /// Sends the next fetch to a leader, unless one is under way or nothing is followed from it.
    #[inline]
    pub(super) fn send_fetch(&mut self, leader: NodeId, fx: &mut Fx<'_>) {
        let Some(fetcher) = self.fetchers.get_mut(leader.0 as usize) else { return };
        if fetcher.in_flight || fetcher.lanes.iter().all(|f| f.suspended) {
            return;
        }
        if !self.network.ready(leader, REPLICA_CHANNEL, fx) {
            return;
        }
        if fetcher.full {
            fetcher.forgotten.clear();
            fetcher.untold.clear();
            let followed = fetcher.lanes.iter().filter(|f| !f.suspended);
            fetcher.untold.extend(followed.map(|f| f.lane));
        }
        if let Some(request) = fetcher.unchanged.as_ref().filter(|_| fetcher.has_no_news()) {
            fetcher.in_flight = true;
            let request = Request::Fetch(request.clone());
            self.network.send(leader, REPLICA_CHANNEL, request, true, fx);
            return;
        }
        let config = &self.plan.broker;
        // Fetches of before KIP-903, when leaders wrote the ISR to ZooKeeper, carry no broker epoch.
        let broker_epoch = if self.plan.zookeeper.is_some() { u64::MAX } else { self.broker_epoch };
        let epochs = self.plan.truncation == Truncation::LeaderEpoch;
        let partitions = fetcher.untold.iter().filter_map(|&lane| {
            let partition = self.partitions.get(lane.0 as usize)?.as_deref()?;
            Some(FetchPartition {
                lane,
                current_leader_epoch: epochs.then_some(partition.state.leader_epoch),
                fetch_offset: partition.log.end_offset(),
                last_fetched_epoch: if epochs { partition.log.last_epoch() } else { None },
                log_start_offset: partition.log.start_offset(),
                max_bytes: config.replica_fetch_max_bytes as u32,
            })
        });
        let request = FetchRequest {
            read_committed: false,
            replica: Some((self.node, broker_epoch)),
            max_wait: config.replica_fetch_wait_max_ms,
            min_bytes: config.replica_fetch_min_bytes as u32,
            max_bytes: config.replica_fetch_response_max_bytes as u32,
            full: fetcher.full,
            partitions: partitions.collect(),
            forgotten: std::mem::take(&mut fetcher.forgotten),
        };
        let request = Arc::new(request);
        if fetcher.has_no_news() && request.forgotten.is_empty() {
            fetcher.unchanged = Some(request.clone());
        }
        fetcher.untold.clear();
        fetcher.full = false;
        fetcher.in_flight = true;
        self.network.send(leader, REPLICA_CHANNEL, Request::Fetch(request), true, fx);
    }

    /// The connection to a leader broke: its session is gone.
    pub(super) fn fetcher_disconnected(&mut self, leader: NodeId) {
        if let Some(fetcher) = self.fetchers.get_mut(leader.0 as usize) {
            fetcher.in_flight = false;
            fetcher.full = true;
        }
    }

    /// A leader answered a fetch.
    #[inline]
    pub(super) fn fetched(&mut self, leader: NodeId, response: Response, fx: &mut Fx<'_>) {
        let Response::Fetch { partitions } = response else { return };
        if let Some(fetcher) = self.fetchers.get_mut(leader.0 as usize) {
            fetcher.in_flight = false;
        }
        for fetched in partitions {
            let Some(fetcher) = self.fetchers.get(leader.0 as usize) else { return };
            if !fetcher.lanes.iter().any(|f| f.lane == fetched.lane && !f.suspended) {
                continue;
            }
            // The position or the epoch has changed since this was asked for (a new assignment, a
            // truncation): neither its records nor its error are about the present one.
            if fetcher.untold.contains(&fetched.lane) {
                continue;
            }
            self.fetched_partition(leader, fetched, fx);
        }
        self.send_fetch(leader, fx);
    }

    fn fetched_partition(&mut self, leader: NodeId, fetched: FetchedPartition, fx: &mut Fx<'_>) {
        let lane = fetched.lane;
        match fetched.error {
            Error::None => {}
            Error::OffsetOutOfRange => return self.out_of_range(leader, &fetched, fx),
            // The epoch this broker knows was used: it waits for a newer assignment.
            Error::FencedLeaderEpoch => return self.suspend(leader, lane),
            _ => return self.back_off(leader, lane, fx),
        }
        if let Some((epoch, end)) = fetched.diverging {
            self.truncate_to_divergence(lane, epoch, end, fx);
            self.tell_position(leader, lane);
            return;
        }
        let any = !fetched.batches.is_empty();
        self.append_as_follower(lane, fetched, fx);
        if any {
            self.tell_position(leader, lane);
        }
    }

    fn tell_position(&mut self, leader: NodeId, lane: LaneId) {
        if let Some(fetcher) = self.fetchers.get_mut(leader.0 as usize) {
            fetcher.tell(lane);
        }
    }

    /// Appends what a leader sent and takes over its high watermark, which may step back.
    fn append_as_follower(&mut self, lane: LaneId, fetched: FetchedPartition, fx: &mut Fx<'_>) {
        let limits = SegmentLimits::of(self.image.topic_config(&self.plan, lane));
        let internal = self.plan.lane(lane).internal;
        let node = self.node;
        let any = !fetched.batches.is_empty();
        // Most partitions of a cluster are idle; what does not change copies of the world share.
        let known = self.partition(lane).map(|p| p.log.high_watermark());
        if !any && known == Some(fetched.high_watermark) {
            return;
        }
        let Some(partition) = partition_mut(&mut self.partitions, lane) else { return };
        self.changed = true;
        let mut rolled = false;
        for batch in fetched.batches {
            match partition.log.append_as_follower(batch, limits) {
                Some(r) => rolled |= r,
                None => continue,
            }
            if let Some(batch) = partition.log.last_batch().filter(|_| !internal) {
                for (offset, message) in batch.messages() {
                    let epoch = batch.leader_epoch;
                    fx.state(Fact::Replicated { message, lane, node, offset, epoch });
                }
            }
        }
        partition.log.set_high_watermark(fetched.high_watermark);
        if partition.log.start_offset() < fetched.log_start_offset {
            self.adopt_log_start(lane, fetched.log_start_offset, fx);
        }
        if any && self.write(lane, fx).is_ok() {
            self.flush_if_due(lane, rolled, fx);
        }
    }

    // ── truncation ───────────────────────────────────────────────────────────────────────────

    /// Becoming a follower under the old rule: everything above the own high watermark goes,
    /// committed or not (A05).
    pub(super) fn truncate_to_high_watermark(&mut self, lane: LaneId, fx: &mut Fx<'_>) {
        let Some(Some(partition)) = self.partitions.get(lane.0 as usize) else { return };
        let to = partition.log.high_watermark();
        self.truncate(lane, to, TruncationRule::HighWatermark, fx);
    }

    /// The leader's log parts from ours where `epoch` ends, at `end` (`AbstractFetcherThread
    /// .getOffsetTruncationState`).
    fn truncate_to_divergence(
        &mut self,
        lane: LaneId,
        epoch: Option<u32>,
        end: Option<u64>,
        fx: &mut Fx<'_>,
    ) {
        let Some(Some(partition)) = self.partitions.get(lane.0 as usize) else { return };
        let log = &partition.log;
        let to = match (epoch, end) {
            (_, None) => log.high_watermark(),
            (None, Some(end)) => end.min(log.end_offset()),
            (Some(epoch), Some(end)) => match log.end_offset_for_epoch(Some(epoch)) {
                // No epoch at or below the leader's here.
                (_, None) => end.min(log.end_offset()),
                // Our largest epoch at or below is another one: cut there and ask again.
                (Some(own), Some(own_end)) if own != epoch => own_end.min(log.end_offset()),
                (_, Some(own_end)) => own_end.min(end).min(log.end_offset()),
            },
        };
        self.truncate(lane, to, TruncationRule::LeaderEpoch, fx);
    }

    fn truncate(&mut self, lane: LaneId, to: u64, rule: TruncationRule, fx: &mut Fx<'_>) {
        if self.plan.is(Mutant::NeverTruncates) {
            return;
        }
        let Some(Some(partition)) = self.partitions.get_mut(lane.0 as usize) else { return };
        let from = partition.log.end_offset();
        let to = partition.log.truncate_to(to);
        if to < from {
            self.changed = true;
            fx.truncate(FileId(u32::from(lane.0)), to);
            self.state_of(lane, Fact::Truncated { lane, node: self.node, from, to, rule }, fx);
        }
    }

    /// The leader has nothing at our position: its log ends before ours, or starts after it.
    fn out_of_range(&mut self, leader: NodeId, fetched: &FetchedPartition, fx: &mut Fx<'_>) {
        let lane = fetched.lane;
        let Some(Some(partition)) = self.partitions.get_mut(lane.0 as usize) else { return };
        let start = fetched.log_start_offset;
        if start > partition.log.end_offset() {
            self.changed = true;
            partition.log.restart_at(start);
            fx.truncate(FileId(u32::from(lane.0)), 0);
            let rule = ExpiryRule::Leader;
            self.state_of(lane, Fact::Expired { lane, node: self.node, below: start, rule }, fx);
        } else {
            let end = fetched.diverging.and_then(|d| d.1).unwrap_or(fetched.high_watermark);
            self.truncate(lane, end, TruncationRule::LeaderLogEnd, fx);
        }
        self.back_off(leader, lane, fx);
    }

    // ── suspended partitions ─────────────────────────────────────────────────────────────────

    fn suspend(&mut self, leader: NodeId, lane: LaneId) {
        let Some(fetcher) = self.fetchers.get_mut(leader.0 as usize) else { return };
        for followed in fetcher.lanes.iter_mut().filter(|f| f.lane == lane) {
            followed.suspended = true;
        }
        fetcher.untold.retain(|&l| l != lane);
        if !fetcher.forgotten.contains(&lane) {
            fetcher.forgotten.push(lane);
        }
    }

    /// Leaves a partition alone for `replica.fetch.backoff.ms`.
    fn back_off(&mut self, leader: NodeId, lane: LaneId, fx: &mut Fx<'_>) {
        self.suspend(leader, lane);
        let after = self.plan.broker.replica_fetch_backoff_ms;
        fx.timer(after, KafkaTimer::Broker(BrokerTimer::PartitionFetchBackoff { lane }));
    }

    pub(super) fn resume_fetching(&mut self, lane: LaneId, fx: &mut Fx<'_>) {
        let mut resumed = None;
        for fetcher in &mut self.fetchers {
            for followed in fetcher.lanes.iter_mut().filter(|f| f.lane == lane && f.suspended) {
                followed.suspended = false;
                resumed = Some(fetcher.leader);
            }
        }
        if let Some(leader) = resumed {
            if let Some(fetcher) = self.fetchers.get_mut(leader.0 as usize) {
                fetcher.forgotten.retain(|&l| l != lane);
                fetcher.tell(lane);
            }
            self.send_fetch(leader, fx);
        }
    }

    /// Forgets all fetchers, as a process that starts does.
    pub(super) fn reset_fetchers(&mut self) {
        for fetcher in &mut self.fetchers {
            *fetcher = Fetcher::new(fetcher.leader);
        }
    }
}
