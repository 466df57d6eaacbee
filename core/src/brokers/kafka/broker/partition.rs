//! One partition on one broker: its role, its log and, on the leader, what it knows of followers
//! (`kafka.cluster.Partition`, `Replica`; reference §3).

use crate::brokers::kafka::image::MetadataImage;
use crate::brokers::kafka::log::Log;
use crate::brokers::kafka::plan::{ClusterPlan, Mutant};
use crate::brokers::kafka::wire::PartitionState;
use crate::fact::{LaneId, NodeId, NodeSet};
use crate::kernel::{Shared, Span, Time};
use smallvec::SmallVec;
use std::collections::VecDeque;

/// What a broker is to a partition.
#[derive(Clone, Debug)]
pub enum Role {
    /// It leads.
    Leader(Leadership),
    /// It copies from the leader, if there is one.
    Follower,
}

/// A change of the ISR that the controller has not answered yet (KIP-497). Until then the high
/// watermark heeds the larger of the two sets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PendingIsr {
    /// None under way.
    None,
    /// The replica is to join.
    Expand(NodeId),
    /// The replicas are to leave.
    Shrink(NodeSet),
}

/// What a leader keeps while it leads; all of it is volatile.
#[derive(Clone, Debug)]
pub struct Leadership {
    /// The end of the log when this leadership began.
    pub start_offset: u64,
    /// The other replicas, in assignment order.
    pub followers: SmallVec<[FollowerState; 2]>,
    /// The ISR change under way.
    pub pending: PendingIsr,
}

/// What a leader knows of a follower (`ReplicaState`).
#[derive(Clone, Copy, Debug)]
pub struct FollowerState {
    /// Which broker.
    pub node: NodeId,
    /// Its log end, once it has fetched: its last fetch offset.
    pub end_offset: Option<u64>,
    /// When it last fetched.
    pub last_fetch: Time,
    /// The leader's log end at that moment.
    pub last_fetch_leader_end: u64,
    /// When it was last known to have everything, if ever.
    pub last_caught_up: Option<Time>,
    /// The broker epoch of its last fetch (KIP-903).
    pub broker_epoch: Option<u64>,
}

impl FollowerState {
    /// A follower that has not fetched yet.
    fn unknown(node: NodeId) -> FollowerState {
        FollowerState {
            node,
            end_offset: None,
            last_fetch: Time::ZERO,
            last_fetch_leader_end: 0,
            last_caught_up: None,
            broker_epoch: None,
        }
    }
}

/// A produce request or offset commit that waits for the high watermark.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Waiter {
    /// The high watermark it needs.
    pub required: u64,
    /// Its number in the purgatory.
    pub request: u64,
}

/// A fetch session that wants this partition.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Watcher {
    /// The connection's slot.
    pub connection: u32,
    /// The partition's slot in the session.
    pub slot: u32,
    /// A follower reads up to the log end, a consumer up to the high watermark.
    pub follower: bool,
}

/// A partition as one broker holds it.
#[derive(Clone, Debug)]
pub struct Partition {
    /// The state as this broker knows it; on the leader, as the controller confirmed it.
    pub state: PartitionState,
    /// What this broker is to it.
    pub role: Role,
    /// Its copy of the log.
    pub log: Log,
    /// Produce requests waiting, by required offset.
    pub waiters: VecDeque<Waiter>,
    /// Records appended since the last sync, for `flush.messages` and `flush.ms`.
    pub flush_timer_set: bool,
}

/// A partition to change. Whether a copy of the world shares it is asked here, once, and not at
/// each change.
#[inline]
pub(super) fn partition_mut(
    partitions: &mut [Option<Shared<Partition>>],
    lane: LaneId,
) -> Option<&mut Partition> {
    partitions.get_mut(lane.0 as usize)?.as_deref_mut()
}

impl Partition {
    /// An empty replica.
    pub fn new(state: PartitionState) -> Self {
        Partition {
            state,
            role: Role::Follower,
            log: Log::default(),
            waiters: VecDeque::new(),
            flush_timer_set: false,
        }
    }

    /// Which partition.
    pub fn lane(&self) -> LaneId {
        self.state.lane
    }

    /// What the leader keeps, if this broker leads.
    #[inline]
    pub fn leadership(&self) -> Option<&Leadership> {
        match &self.role {
            Role::Leader(leadership) => Some(leadership),
            Role::Follower => None,
        }
    }

    /// Whether this broker leads.
    #[inline]
    pub fn leads(&self) -> bool {
        matches!(self.role, Role::Leader(_))
    }

    /// The in-sync replicas including one that is about to join; one that is about to leave is
    /// still among them.
    #[inline]
    pub fn maximal_isr(&self) -> NodeSet {
        match &self.role {
            Role::Leader(Leadership { pending: PendingIsr::Expand(node), .. }) => {
                self.state.isr.with(*node)
            }
            _ => self.state.isr,
        }
    }

    /// A request waits for the high watermark. Those who need more stand behind it.
    pub fn wait(&mut self, waiter: Waiter) {
        if self.waiters.back().is_none_or(|last| last.required <= waiter.required) {
            self.waiters.push_back(waiter);
        } else {
            let at = self.waiters.partition_point(|w| w.required <= waiter.required);
            self.waiters.insert(at, waiter);
        }
    }

    /// Becomes leader of `state.leader_epoch` (reference §3.8). All local records become part of
    /// the new history. A leader that is re-elected keeps what it knows of log ends.
    pub fn become_leader(&mut self, me: NodeId, state: PartitionState, now: Time) {
        let start_offset = self.log.end_offset();
        let known = match &self.role {
            Role::Leader(old) => old.followers.clone(),
            Role::Follower => SmallVec::new(),
        };
        let followers = state.replicas.iter().filter(|&&r| r != me).map(|&node| {
            let in_isr = state.isr.contains(node);
            let seen = if in_isr { now } else { Time::ZERO };
            let caught_up = in_isr.then_some(now);
            match known.iter().find(|f| f.node == node) {
                Some(old) => FollowerState {
                    last_fetch_leader_end: start_offset,
                    last_fetch: seen,
                    last_caught_up: caught_up,
                    ..*old
                },
                None => FollowerState { last_caught_up: caught_up, ..FollowerState::unknown(node) },
            }
        });
        self.role = Role::Leader(Leadership {
            start_offset,
            followers: followers.collect(),
            pending: PendingIsr::None,
        });
        self.log.epochs.assign(state.leader_epoch, start_offset);
        self.state = state;
    }

    /// Forgets how far replicas outside the ISR are: what they fetched before this leadership does
    /// not make them caught up in it (ZooKeeper mode, where nothing else tells that they are gone).
    pub fn forget_outsiders(&mut self) {
        let isr = self.state.isr;
        if let Role::Leader(leadership) = &mut self.role {
            for f in leadership.followers.iter_mut().filter(|f| !isr.contains(f.node)) {
                f.end_offset = None;
            }
        }
    }

    /// Adopts a newer state of the same leadership: the ISR the controller has committed.
    pub fn adopt(&mut self, state: PartitionState) {
        let me = self.state.leader;
        if let Role::Leader(leadership) = &mut self.role {
            leadership.pending = PendingIsr::None;
            if state.replicas != self.state.replicas {
                leadership.followers.retain(|f| state.replicas.contains(&f.node));
                let new = state.replicas.iter().copied().filter(|&n| Some(n) != me);
                for node in new {
                    if leadership.followers.iter().all(|f| f.node != node) {
                        leadership.followers.push(FollowerState::unknown(node));
                    }
                }
            }
        }
        self.state = state;
    }

    /// Notes a follower's fetch (`Replica.updateFetchStateOrThrow`): the fetch offset acknowledges
    /// everything below it. Returns whether its log end moved.
    #[inline]
    pub fn note_fetch(
        &mut self,
        follower: NodeId,
        offset: u64,
        broker_epoch: u64,
        now: Time,
    ) -> bool {
        let leader_end = self.log.end_offset();
        let Role::Leader(leadership) = &mut self.role else { return false };
        let Some(f) = leadership.followers.iter_mut().find(|f| f.node == follower) else {
            return false;
        };
        if offset >= leader_end {
            f.last_caught_up = f.last_caught_up.max(Some(now));
        } else if offset >= f.last_fetch_leader_end {
            f.last_caught_up = f.last_caught_up.max(Some(f.last_fetch));
        }
        let moved = f.end_offset != Some(offset);
        f.end_offset = Some(offset);
        f.last_fetch_leader_end = leader_end;
        f.last_fetch = now;
        f.broker_epoch = Some(broker_epoch);
        moved
    }

    /// Before an append: followers that stood at the log end were caught up at their last fetch,
    /// also if that fetch did not name this idle partition (it was part of the session).
    #[inline]
    pub fn note_idle_fetches(&mut self, last_fetch_of: &[Time]) {
        let end = self.log.end_offset();
        let Role::Leader(leadership) = &mut self.role else { return };
        for f in &mut leadership.followers {
            if f.end_offset == Some(end) {
                let seen = last_fetch_of.get(f.node.0 as usize).copied().unwrap_or_default();
                f.last_fetch = f.last_fetch.max(seen);
                f.last_caught_up = f.last_caught_up.max(Some(seen));
            }
        }
    }

    /// Whether a follower has everything, or had it not long ago (`Replica.isCaughtUp`).
    fn is_caught_up(&self, f: &FollowerState, now: Time, lag_max: Span) -> bool {
        f.end_offset == Some(self.log.end_offset())
            || f.last_caught_up.is_some_and(|at| now.since(at) <= lag_max)
    }

    /// ISR members that have fallen behind, to be removed; none while a change is under way.
    pub fn out_of_sync(&self, now: Time, lag_max: Span) -> NodeSet {
        let Role::Leader(leadership) = &self.role else { return NodeSet::EMPTY };
        if leadership.pending != PendingIsr::None {
            return NodeSet::EMPTY;
        }
        NodeSet::of(
            leadership
                .followers
                .iter()
                .filter(|f| self.state.isr.contains(f.node) && !self.is_caught_up(f, now, lag_max))
                .map(|f| f.node),
        )
    }

    /// Whether a follower may join the ISR now (reference §3.5).
    pub fn may_expand(&self, node: NodeId, plan: &ClusterPlan, image: &MetadataImage) -> bool {
        let Role::Leader(leadership) = &self.role else { return false };
        if leadership.pending != PendingIsr::None || self.state.isr.contains(node) {
            return false;
        }
        let Some(f) = leadership.followers.iter().find(|f| f.node == node) else { return false };
        let Some(end) = f.end_offset else { return false };
        end >= self.log.high_watermark()
            && end >= leadership.start_offset
            && is_isr_eligible(f, plan, image)
    }

    /// Lets the leader's high watermark follow the slowest replica that counts. Returns the old
    /// high watermark if it advanced.
    #[cfg(test)]
    pub fn advance_high_watermark(
        &mut self,
        plan: &ClusterPlan,
        image: &MetadataImage,
        now: Time,
    ) -> Option<u64> {
        let new = self.next_high_watermark(plan, image, now)?;
        let old = self.log.high_watermark();
        self.log.set_high_watermark(new);
        Some(old)
    }

    /// Where the leader's high watermark advances to, if it does: it follows the slowest replica
    /// that counts (reference §1.5).
    #[inline]
    pub fn next_high_watermark(
        &self,
        plan: &ClusterPlan,
        image: &MetadataImage,
        now: Time,
    ) -> Option<u64> {
        let Role::Leader(leadership) = &self.role else { return None };
        if plan.high_watermark_needs_min_isr
            && self.state.isr.len() < image.effective_min_isr(plan, self.state.lane)
        {
            return None;
        }
        let lag_max = plan.broker.replica_lag_time_max_ms;
        let maximal = self.maximal_isr();
        let mut offset = self.log.end_offset();
        let ignores = plan.is(Mutant::HighWatermarkIgnoresFollowers);
        for f in leadership.followers.iter().filter(|_| !ignores) {
            let counts = maximal.contains(f.node)
                || (self.is_caught_up(f, now, lag_max) && is_isr_eligible(f, plan, image));
            if counts {
                offset = offset.min(f.end_offset.unwrap_or(0));
            }
        }
        (offset > self.log.high_watermark()).then_some(offset)
    }
}

/// Whether the broker's own image lets the follower join an ISR (KIP-841, KIP-903). Leaders that
/// write the ISR to ZooKeeper themselves do not ask.
fn is_isr_eligible(f: &FollowerState, plan: &ClusterPlan, image: &MetadataImage) -> bool {
    if plan.zookeeper.is_some() {
        return true;
    }
    let broker = image.broker(f.node);
    broker.is_active() && f.broker_epoch.is_none_or(|epoch| epoch == broker.epoch)
}
