//! Finding a valid position: the committed offset, `auto.offset.reset`, and the check for
//! truncation after a leader change (`OffsetFetcher`, `OffsetsForLeaderEpochClient`; KIP-320;
//! reference §5.6, §5.7).
//!
//! Simplified: one request a partition.

use super::subscription::FetchState;
use super::{Asked, Consumer};
use crate::brokers::kafka::Fx;
use crate::brokers::kafka::error::Error;
use crate::brokers::kafka::settings::AutoOffsetReset;
use crate::brokers::kafka::wire::{CLIENT_CHANNEL, ListPosition, Request};
use crate::fact::{Fact, PositionRule};

impl Consumer {
    /// There is no valid position: asks for one by `auto.offset.reset`, or lets `poll()` throw
    /// `exception` where that is `none`.
    pub(super) fn request_reset(&mut self, n: usize, exception: &'static str) {
        if self.plan.config.auto_offset_reset == AutoOffsetReset::None {
            self.exception = Some(exception);
            return;
        }
        self.fetcher.drop_buffered(n);
        let partition = &mut self.partitions[n];
        (partition.state, partition.buffered, partition.asked) =
            (FetchState::AwaitReset, false, None);
        self.unsettled = true;
    }

    /// The coordinator told the committed offset, or that there is none.
    pub(super) fn committed_offset(
        &mut self,
        n: usize,
        committed: Option<(u64, Option<u32>)>,
        fx: &mut Fx<'_>,
    ) {
        if self.partitions[n].state != FetchState::Initializing {
            return;
        }
        let leader = self.metadata.leader(n);
        match committed {
            Some((offset, epoch)) => {
                self.partitions[n].seek(offset, epoch, leader);
                // With an epoch it must be validated before anything is fetched.
                self.unsettled = true;
                self.positioned(n, PositionRule::Committed, fx);
                self.unsettled = true;
            }
            None => self.request_reset(n, "NoOffsetForPartitionException"),
        }
    }

    /// `seek(partition, offset)`: the application says where to go on. Such a position has no epoch
    /// and is not validated.
    pub(super) fn seek(&mut self, n: usize, offset: u64, fx: &mut Fx<'_>) {
        let leader = self.metadata.leader(n);
        self.fetcher.drop_buffered(n);
        self.partitions[n].seek(offset, None, leader);
        self.partitions[n].asked = None;
        self.positioned(n, PositionRule::Seek, fx);
    }

    fn positioned(&mut self, n: usize, rule: PositionRule, fx: &mut Fx<'_>) {
        let (subscription, consumer) = (self.plan.subscription, self.plan.node);
        let (lane, offset) = (self.partitions[n].lane, self.partitions[n].position);
        fx.state(Fact::Positioned { subscription, lane, consumer, offset, rule });
    }

    /// Takes over what the metadata says about leaders.
    pub(super) fn leaders_changed(&mut self) {
        for n in 0..self.partitions.len() {
            if self.partitions[n].leader_changed(self.metadata.leader(n)) {
                self.fetcher.drop_buffered(n);
            }
        }
        self.unsettled = true;
        self.watch_topics();
    }

    /// Asks whatever must be known before the partitions can be fetched.
    pub(super) fn settle_positions(&mut self, fx: &mut Fx<'_>) {
        let now = fx.now();
        self.unsettled = false;
        for n in 0..self.partitions.len() {
            let partition = &self.partitions[n];
            let (state, lane) = (partition.state, partition.lane);
            let settled = matches!(
                state,
                FetchState::Fetching | FetchState::Initializing | FetchState::Unassigned
            );
            if settled {
                continue;
            }
            self.unsettled = true;
            if partition.asked.is_some() {
                continue;
            }
            if partition.not_before > now {
                self.alarm.set(partition.not_before, super::retry, fx);
                continue;
            }
            let current_leader_epoch = self.metadata.leader(n).epoch;
            let Some(node) = self.metadata.leader(n).leader else {
                self.metadata.request_update();
                continue;
            };
            let position = match self.plan.config.auto_offset_reset {
                AutoOffsetReset::Earliest => ListPosition::Earliest,
                _ => ListPosition::Latest,
            };
            let (request, asked) = match (state, partition.position_epoch) {
                (FetchState::AwaitValidation, Some(leader_epoch)) => (
                    Request::OffsetsForLeaderEpoch { lane, current_leader_epoch, leader_epoch },
                    Asked::Validation { partition: n },
                ),
                _ => (
                    Request::ListOffsets {
                        lane,
                        current_leader_epoch,
                        position,
                        read_committed: self.reads_committed(),
                    },
                    Asked::Reset { partition: n },
                ),
            };
            if self.network.ready(node, CLIENT_CHANNEL, fx) {
                let sent = self.network.send(node, CLIENT_CHANNEL, request, true, fx);
                if let Some(correlation) = sent {
                    self.partitions[n].asked = Some(correlation);
                    self.asked.push((correlation, asked));
                }
            }
        }
    }

    /// A request about a position failed; it is tried again after a back-off.
    pub(super) fn position_request_failed(&mut self, n: usize, error: Error, fx: &mut Fx<'_>) {
        self.partitions[n].asked = None;
        self.partitions[n].not_before = fx.now() + self.plan.config.retry_backoff_ms;
        self.unsettled = true;
        if error != Error::UnknownLeaderEpoch {
            self.metadata.request_update();
        }
    }

    /// The answer to `ListOffsets`.
    pub(super) fn reset_answered(
        &mut self,
        n: usize,
        correlation: u32,
        error: Error,
        offset: u64,
        fx: &mut Fx<'_>,
    ) {
        if self.partitions[n].asked != Some(correlation) {
            return;
        }
        if error != Error::None {
            self.position_request_failed(n, error, fx);
            return;
        }
        self.partitions[n].asked = None;
        // Without an epoch the position needs no validation: it was read from this leader.
        let leader = self.metadata.leader(n);
        self.partitions[n].seek(offset, None, leader);
        self.positioned(n, PositionRule::Reset, fx);
    }

    /// The answer to `OffsetsForLeaderEpoch` (`maybeCompleteValidation`).
    pub(super) fn validation_answered(
        &mut self,
        n: usize,
        correlation: u32,
        error: Error,
        answer: Option<(u32, u64)>,
        fx: &mut Fx<'_>,
    ) {
        if self.partitions[n].asked != Some(correlation) {
            return;
        }
        if error != Error::None {
            self.position_request_failed(n, error, fx);
            return;
        }
        let resets = self.plan.config.auto_offset_reset != AutoOffsetReset::None;
        let leader = self.metadata.leader(n);
        let partition = &mut self.partitions[n];
        partition.asked = None;
        match answer {
            Some((epoch, end)) if end < partition.position => {
                if resets {
                    partition.seek(end, Some(epoch), leader);
                    partition.state = FetchState::Fetching;
                    self.positioned(n, PositionRule::Truncated, fx);
                } else {
                    self.exception = Some("LogTruncationException");
                }
            }
            Some(_) => partition.state = FetchState::Fetching,
            // The leader knows nothing of the epoch: nobody can say where the logs diverge.
            None => self.request_reset(n, "LogTruncationException"),
        }
    }
}
