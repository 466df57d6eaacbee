//! When old segments are looked for, and how a follower learns that its leader's log starts later
//! (`LogManager.cleanupLogs`, `ReplicaFetcherThread.processPartitionData`; reference §1.9).

use super::{Broker, Fx};
use crate::brokers::kafka::log::Retention;
use crate::brokers::kafka::plan::Mutant;
use crate::brokers::kafka::timer::{BrokerTimer, KafkaTimer};
use crate::fact::{ExpiryRule, Fact, LaneId};
use crate::kernel::Span;
use crate::substrate::FileId;

impl Broker {
    /// Deletes old segments of all replicas here, and comes back after
    /// `log.retention.check.interval.ms`.
    pub(super) fn check_retention(&mut self, fx: &mut Fx<'_>) {
        for lane in 0..self.partitions.len() {
            self.delete_old_segments(LaneId(lane as u16), fx);
        }
        let every = self.plan.broker.log_retention_check_interval_ms;
        fx.timer(every, KafkaTimer::Broker(BrokerTimer::RetentionCheck));
    }

    fn delete_old_segments(&mut self, lane: LaneId, fx: &mut Fx<'_>) {
        let Some(Some(partition)) = self.partitions.get(lane.0 as usize) else { return };
        // Committed offsets are kept until they are replaced or expire by their own rule.
        let config = self.image.topic_config(&self.plan, lane);
        let mut retention = match self.plan.lane(lane).internal || !config.cleanup_policy.deletes()
        {
            true => Retention::NONE,
            false => Retention::of(config),
        };
        if self.plan.is(Mutant::DeletesTooEarly) {
            retention.age = Span(retention.age.0 / 2);
        }
        // Most looks find nothing: what is not changed stays shared with other copies of the world.
        if !partition.log.may_delete(retention, fx.clock()) {
            return;
        }
        let Some(Some(partition)) = self.partitions.get_mut(lane.0 as usize) else { return };
        let deleted = partition.log.delete_old_segments(retention, fx.clock());
        if deleted.rolled {
            fx.sync(FileId(u32::from(lane.0)));
        }
        for &(below, rule) in &deleted.starts {
            self.log_start_moved(lane, below, rule, fx);
        }
    }

    /// The leader's log starts at `start`: so does the copy here.
    pub(super) fn adopt_log_start(&mut self, lane: LaneId, start: u64, fx: &mut Fx<'_>) {
        let Some(Some(partition)) = self.partitions.get_mut(lane.0 as usize) else { return };
        if partition.log.advance_start(start) {
            self.log_start_moved(lane, start, ExpiryRule::Leader, fx);
        }
    }

    fn log_start_moved(&mut self, lane: LaneId, below: u64, rule: ExpiryRule, fx: &mut Fx<'_>) {
        self.changed = true;
        self.state_of(lane, Fact::Expired { lane, node: self.node, below, rule }, fx);
        // Followers and consumers hear of it with the next answer they get.
        for watcher in &self.watchers[lane.0 as usize] {
            self.connections.mark(watcher, false);
        }
    }
}
