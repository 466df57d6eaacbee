//! When logs are compacted (`LogCleaner.CleanerThread`; reference §1.10).
//!
//! Simplified: `__consumer_offsets` is not compacted: its segments of 100 MiB are never full.

use super::{Broker, Fx};
use crate::brokers::kafka::log::{Cleanable, Compaction};
use crate::brokers::kafka::plan::Mutant;
use crate::brokers::kafka::timer::{BrokerTimer, KafkaTimer};
use crate::fact::{Fact, LaneId};
use crate::kernel::Span;

/// A cleaner that never sleeps would stop the clock.
const SHORTEST_SLEEP: Span = Span::millis(1);

impl Broker {
    /// The cleaner takes the dirtiest log as long as there is one that is dirty enough, then sleeps
    /// for `log.cleaner.backoff.ms`.
    pub(super) fn clean_logs(&mut self, fx: &mut Fx<'_>) {
        while let Some((lane, cleanable)) = self.dirtiest_log(fx) {
            self.clean(lane, cleanable.end, fx);
        }
        let every = self.plan.broker.log_cleaner_backoff_ms.max(SHORTEST_SLEEP);
        fx.timer(every, KafkaTimer::Broker(BrokerTimer::CleanerWakes));
    }

    fn compaction(&self, lane: LaneId) -> Option<Compaction> {
        if self.plan.lane(lane).internal {
            return None;
        }
        let mut rules = Compaction::of(self.image.topic_config(&self.plan, lane))?;
        rules.keeps_oldest = self.plan.is(Mutant::CompactsTheNewest);
        Some(rules)
    }

    fn dirtiest_log(&self, fx: &Fx<'_>) -> Option<(LaneId, Cleanable)> {
        let lanes = (0..self.partitions.len() as u16).map(LaneId);
        let cleanable = lanes.filter_map(|lane| {
            let log = &self.partition(lane)?.log;
            Some((lane, log.cleanable(self.compaction(lane)?, fx.clock())?))
        });
        cleanable.max_by_key(|(lane, c)| (c.dirty_permille, std::cmp::Reverse(lane.0)))
    }

    fn clean(&mut self, lane: LaneId, end: u64, fx: &mut Fx<'_>) {
        let Some(rules) = self.compaction(lane) else { return };
        let Some(Some(partition)) = self.partitions.get_mut(lane.0 as usize) else { return };
        self.changed = true;
        let node = self.node;
        for (offset, message) in partition.log.compact(end, rules, fx.clock()) {
            self.state_of(lane, Fact::Compacted { message, lane, node, offset }, fx);
        }
    }
}
