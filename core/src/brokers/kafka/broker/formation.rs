//! How a broker is found at time zero: the cluster has been formed long ago, every preferred replica
//! leads, all replicas are in sync (`ClusterPlan::initial_records`).
//!
//! What follows from that alone is made with the broker, before its first boot, so that the many runs
//! of a sweep share it until they change it; the boot does what has effects.

use super::{Broker, Fx, Partition};
use crate::brokers::kafka::plan::Truncation;
use crate::brokers::kafka::wire::MetadataRecord;
use crate::fact::{Fact, LaneId};
use crate::kernel::{Shared, Time};

impl Broker {
    /// Learns the initial records and takes the roles they give this broker.
    pub(super) fn form(&mut self) {
        for record in self.plan.initial_records() {
            self.image.apply(&record);
            let MetadataRecord::Partition(state) = record else { continue };
            if state.replicas.contains(&self.node) {
                let lane = state.lane.0 as usize;
                self.partitions[lane] = Some(Shared::new(Partition::new(state)));
            }
        }
        self.found_groups();
        for partition in self.partitions.iter_mut().flatten() {
            let state = partition.state.clone();
            let (lane, leader) = (state.lane, state.leader);
            if leader == Some(self.node) {
                partition.become_leader(self.node, state, Time::ZERO);
            } else if let Some(fetcher) = leader.and_then(|l| self.fetchers.get_mut(l.0 as usize)) {
                fetcher.begin(lane);
            }
        }
        self.for_clients = self.image.for_clients(&self.plan);
    }

    /// The first boot: leaders take over, followers begin to fetch.
    pub(super) fn take_up_roles(&mut self, fx: &mut Fx<'_>) {
        self.write_founded_groups(fx);
        for leading in [true, false] {
            for lane in 0..self.partitions.len() {
                let lane = LaneId(lane as u16);
                let Some(partition) = self.partition(lane).filter(|p| p.leads() == leading) else {
                    continue;
                };
                let (node, epoch) = (self.node, partition.state.leader_epoch);
                let (leader, end) = (partition.state.leader, partition.log.end_offset());
                if leading {
                    self.state_of(lane, Fact::TookOver { lane, node, epoch, end }, fx);
                    self.load_offsets(lane, epoch, fx);
                } else if let Some(leader) = leader {
                    if self.plan.truncation == Truncation::HighWatermark {
                        self.truncate_to_high_watermark(lane, fx);
                    }
                    self.send_fetch(leader, fx);
                }
            }
        }
    }
}
