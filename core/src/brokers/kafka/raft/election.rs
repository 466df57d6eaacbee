//! Votes, time-outs, and who leads (`KafkaRaftClient.handleVoteRequest` and what surrounds it).

use super::{Fx, Leadership, Raft, RaftAnswer, Role};
use crate::brokers::kafka::error::Error;
use crate::brokers::kafka::timer::{ControllerTimer, KafkaTimer};
use crate::brokers::kafka::wire::MetadataRecord;
use crate::fact::{Fact, NodeId, NodeSet, Outage};
use crate::kernel::{Span, Time};
use crate::raft::{LogEnd, Tally, majority};
use crate::sites;

/// The unit of the back-off after a lost election (`RETRY_BACKOFF_BASE_MS`).
const BACKOFF_BASE: u64 = 20;

fn fetch_timeout(generation: u32) -> ControllerTimer {
    ControllerTimer::FetchTimeout { generation }
}

fn election_timeout(generation: u32) -> ControllerTimer {
    ControllerTimer::ElectionTimeout { generation }
}

fn election_backoff(generation: u32) -> ControllerTimer {
    ControllerTimer::ElectionBackoff { generation }
}

fn check_quorum(generation: u32) -> ControllerTimer {
    ControllerTimer::CheckQuorum { generation }
}

impl Raft {
    // ── timers ───────────────────────────────────────────────────────────────────────────────

    fn set_state_timer(&mut self, timer: fn(u32) -> ControllerTimer, span: Span, fx: &mut Fx<'_>) {
        self.generation = self.generation.wrapping_add(1);
        let ticket = fx.timer(span, KafkaTimer::Controller(timer(self.generation)));
        if let Some(old) = self.state_timer.replace(ticket) {
            fx.cancel(old);
        }
    }

    /// Stands for election after a random time of once to twice
    /// `controller.quorum.election.timeout.ms`.
    pub(super) fn await_election(&mut self, fx: &mut Fx<'_>) {
        let least = self.plan.broker.controller_quorum_election_timeout_ms.as_millis();
        let high = (2 * least).saturating_sub(1).max(least);
        let millis = fx.between(sites::ELECTION_TIMEOUT, self.subject, self.draws, least, high);
        self.draws += 1;
        self.election_deadline = fx.now() + Span::millis(millis);
        self.set_state_timer(election_timeout, Span::millis(millis), fx);
    }

    /// The election timer goes on from where it stands.
    fn keep_awaiting_election(&mut self, fx: &mut Fx<'_>) {
        let left = self.election_deadline.since(fx.now());
        self.set_state_timer(election_timeout, left, fx);
    }

    /// Stands for election when the leader has not answered a fetch for
    /// `controller.quorum.fetch.timeout.ms`. That time is not random.
    pub(super) fn await_leader(&mut self, fx: &mut Fx<'_>) {
        let timeout = self.plan.broker.controller_quorum_fetch_timeout_ms;
        self.set_state_timer(fetch_timeout, timeout, fx);
    }

    /// A leader counts who fetches, and repeats who leads to those that do not.
    pub(super) fn watch_quorum(&mut self, fx: &mut Fx<'_>) {
        self.count_fetches_anew(fx);
        let half = Span(self.plan.broker.controller_quorum_fetch_timeout_ms.0 / 2);
        let begin = KafkaTimer::Controller(ControllerTimer::BeginQuorumEpoch);
        self.begin_timer = Some(fx.timer(half, begin));
    }

    pub(super) fn count_fetches_anew(&mut self, fx: &mut Fx<'_>) {
        // CHECK_QUORUM_TIMEOUT_FACTOR = 1.5
        let timeout = self.plan.broker.controller_quorum_fetch_timeout_ms;
        let timeout = Span(timeout.0 + timeout.0 / 2);
        self.set_state_timer(check_quorum, timeout, fx);
    }

    pub(super) fn begin_again(&mut self, fx: &mut Fx<'_>) {
        self.begin_timer = None;
        let half = Span(self.plan.broker.controller_quorum_fetch_timeout_ms.0 / 2);
        let Role::Leader(leading) = &mut self.role else { return };
        for follower in &mut leading.followers {
            let silent = follower.last_fetch.is_none_or(|at: Time| fx.now().since(at) > half);
            follower.needs_begin |= silent;
        }
        let begin = KafkaTimer::Controller(ControllerTimer::BeginQuorumEpoch);
        self.begin_timer = Some(fx.timer(half, begin));
        self.drive_all(fx);
    }

    /// The time to be elected, or to hear of the leader, is over.
    pub(super) fn stand_or_wait(&mut self, fx: &mut Fx<'_>) {
        let pre_vote = self.plan.quorum_pre_vote;
        match self.role {
            Role::Candidate { backing_off: false, retries, .. } => self.back_off(retries, fx),
            Role::Prospective { .. } => self.give_up(fx),
            Role::Resigned { .. } if pre_vote => self.become_unattached(self.ballot.epoch + 1, fx),
            Role::Unattached | Role::Follower { .. } if pre_vote => self.become_prospective(fx),
            Role::Unattached | Role::Follower { .. } | Role::Resigned { .. } => self.stand(fx),
            Role::Candidate { .. } | Role::Leader(_) => {}
        }
    }

    // ── standing for election ────────────────────────────────────────────────────────────────

    fn become_prospective(&mut self, fx: &mut Fx<'_>) {
        let mut tally = Tally::default();
        tally.record(self.node, true);
        self.change_role(Role::Prospective { tally }, fx);
        self.await_election(fx);
        self.drive_all(fx);
    }

    /// Nobody would have elected it: back to its leader, or to waiting for one.
    fn give_up(&mut self, fx: &mut Fx<'_>) {
        if let Some(leader) = self.ballot.leader {
            self.change_role(Role::Follower { has_fetched: false }, fx);
            self.await_leader(fx);
            self.drive(leader, fx);
        } else {
            self.change_role(Role::Unattached, fx);
            self.await_election(fx);
        }
    }

    /// Becomes a candidate in the next epoch and votes for itself.
    pub(super) fn stand(&mut self, fx: &mut Fx<'_>) {
        let before = match self.role {
            Role::Candidate { retries, .. } => retries,
            _ => 0,
        };
        self.ballot.advance_to(self.ballot.epoch + 1);
        self.ballot.voted = Some(self.node);
        let mut tally = Tally::default();
        tally.record(self.node, true);
        let retries = before + 1;
        self.change_role(Role::Candidate { tally, retries, backing_off: false }, fx);
        self.persist(fx);
        fx.state(Fact::ControllerCandidate { node: self.node, epoch: self.ballot.epoch });
        self.await_election(fx);
        self.drive_all(fx);
    }

    /// Waits before it stands again: a random time that doubles with every lost election
    /// (`binaryExponentialElectionBackoffMs`).
    fn back_off(&mut self, retries: u32, fx: &mut Fx<'_>) {
        let most = self.plan.broker.controller_quorum_election_backoff_max_ms.as_millis();
        let bound = 2u64 << (retries.max(1) - 1).min(30);
        let units = fx.choose(sites::ELECTION_BACKOFF, self.subject, self.draws, bound);
        self.draws += 1;
        if let Role::Candidate { backing_off, .. } = &mut self.role {
            *backing_off = true;
        }
        let span = Span::millis((BACKOFF_BASE * units).min(most));
        self.set_state_timer(election_backoff, span, fx);
    }

    /// A voter has answered.
    pub(super) fn voted(&mut self, voter: NodeId, granted: bool, pre_vote: bool, fx: &mut Fx<'_>) {
        let voters = self.voter_count();
        match &mut self.role {
            Role::Prospective { tally } if pre_vote => {
                tally.record(voter, granted);
                if tally.is_won(voters) {
                    self.stand(fx);
                } else if tally.is_lost(voters) {
                    self.give_up(fx);
                }
            }
            Role::Candidate { tally, retries, backing_off } if !pre_vote => {
                tally.record(voter, granted);
                let (retries, waits) = (*retries, *backing_off);
                if tally.is_won(voters) {
                    self.become_leader(fx);
                } else if tally.is_lost(voters) && !waits {
                    self.back_off(retries, fx);
                }
            }
            _ => {}
        }
    }

    fn become_leader(&mut self, fx: &mut Fx<'_>) {
        self.ballot.leader = Some(self.node);
        let leading = Leadership::new(self.log.end_offset(), self.others(), None);
        self.change_role(Role::Leader(leading), fx);
        self.persist(fx);
        let (node, epoch) = (self.node, self.ballot.epoch);
        fx.state(Fact::ControllerElected { node, epoch });
        self.watch_quorum(fx);
        self.append_now(vec![MetadataRecord::LeaderChange { leader: node }.into()], fx);
        self.drive_all(fx);
    }

    // ── giving way ───────────────────────────────────────────────────────────────────────────

    /// Takes note of an epoch and its leader, as every message between voters carries them.
    pub(super) fn heed(&mut self, epoch: u32, leader: Option<NodeId>, fx: &mut Fx<'_>) {
        let news = epoch > self.ballot.epoch
            || epoch == self.ballot.epoch && self.ballot.leader.is_none() && leader.is_some();
        if !news {
            return;
        }
        match leader {
            Some(leader) if leader != self.node => self.become_follower(epoch, leader, fx),
            _ if epoch > self.ballot.epoch => self.become_unattached(epoch, fx),
            _ => {}
        }
    }

    pub(super) fn become_unattached(&mut self, epoch: u32, fx: &mut Fx<'_>) {
        let waited = matches!(
            self.role,
            Role::Unattached | Role::Candidate { .. } | Role::Prospective { .. }
        );
        self.ballot.advance_to(epoch);
        self.change_role(Role::Unattached, fx);
        self.persist(fx);
        if waited {
            self.keep_awaiting_election(fx);
        } else {
            self.await_election(fx);
        }
    }

    fn become_follower(&mut self, epoch: u32, leader: NodeId, fx: &mut Fx<'_>) {
        if epoch > self.ballot.epoch {
            self.ballot.advance_to(epoch);
        }
        self.ballot.leader = Some(leader);
        self.change_role(Role::Follower { has_fetched: false }, fx);
        self.persist(fx);
        self.await_leader(fx);
        if self.stopping {
            return fx.exit(Outage::Shutdown);
        }
        self.drive(leader, fx);
    }

    /// Every change of role goes through here: a leader that leads no longer answers those that
    /// wait for it and drops what it has not written.
    fn change_role(&mut self, role: Role, fx: &mut Fx<'_>) {
        let led = match &self.role {
            Role::Leader(leading) => Some(leading.epoch_start),
            _ => None,
        };
        self.role = role;
        let Some(start) = led else { return };
        for timer in [&mut self.begin_timer, &mut self.linger_timer] {
            if let Some(ticket) = timer.take() {
                fx.cancel(ticket);
            }
        }
        self.accumulator.clear();
        let epoch = self.log.epoch_at(start).unwrap_or(self.ballot.epoch);
        fx.state(Fact::ControllerResigned { node: self.node, epoch });
        self.turn_away(fx);
    }

    /// The leader has lost its majority, or is asked to stop.
    pub(super) fn resign(&mut self, fx: &mut Fx<'_>) {
        let Role::Leader(leading) = &self.role else { return };
        let mut followers = leading.followers.clone();
        followers.sort_by_key(|f| std::cmp::Reverse(f.end));
        let successors = followers.iter().map(|f| f.node).collect();
        self.change_role(Role::Resigned { successors, told: NodeSet::EMPTY }, fx);
        self.await_election(fx);
        self.drive_all(fx);
    }

    /// A voter has fetched: if a majority has, the leader keeps its office for another round.
    pub(super) fn count_fetch(&mut self, voter: NodeId, fx: &mut Fx<'_>) {
        let enough = majority(self.voter_count()) as u32 - 1;
        let Role::Leader(leading) = &mut self.role else { return };
        leading.fetched = leading.fetched.with(voter);
        if leading.fetched.len() >= enough {
            leading.fetched = NodeSet::EMPTY;
            self.count_fetches_anew(fx);
        }
    }

    // ── what others ask ──────────────────────────────────────────────────────────────────────

    pub(super) fn vote(
        &mut self,
        epoch: u32,
        candidate: NodeId,
        theirs: LogEnd,
        pre_vote: bool,
        fx: &mut Fx<'_>,
    ) -> (Error, RaftAnswer) {
        let answer = |granted| RaftAnswer::Vote { granted, pre_vote };
        if epoch < self.ballot.epoch {
            return (Error::FencedLeaderEpoch, answer(false));
        }
        if epoch > self.ballot.epoch {
            self.become_unattached(epoch, fx);
        }
        if pre_vote {
            let has_leader =
                matches!(self.role, Role::Leader(_) | Role::Follower { has_fetched: true });
            return (Error::None, answer(!has_leader && theirs >= self.log.end()));
        }
        let granted = self.ballot.may_vote_for(candidate, theirs, self.log.end());
        if granted && self.ballot.voted.is_none() {
            self.ballot.voted = Some(candidate);
            self.change_role(Role::Unattached, fx);
            self.persist(fx);
            // The candidate is as good as this one: it gets its time.
            self.await_election(fx);
        }
        (Error::None, answer(granted))
    }

    pub(super) fn begin_quorum_epoch(
        &mut self,
        epoch: u32,
        leader: NodeId,
        fx: &mut Fx<'_>,
    ) -> Error {
        if epoch < self.ballot.epoch {
            return Error::FencedLeaderEpoch;
        }
        self.heed(epoch, Some(leader), fx);
        Error::None
    }

    /// The leader resigns: the first of its successors stands at once, the others only if that one
    /// does not come through (`endEpochElectionBackoff`).
    pub(super) fn end_quorum_epoch(
        &mut self,
        epoch: u32,
        leader: NodeId,
        successors: &[NodeId],
        fx: &mut Fx<'_>,
    ) -> Error {
        if epoch < self.ballot.epoch {
            return Error::FencedLeaderEpoch;
        }
        self.heed(epoch, Some(leader), fx);
        let follows = matches!(self.role, Role::Follower { .. });
        if follows
            && self.ballot.leader == Some(leader)
            && let Some(position) = successors.iter().position(|&s| s == self.node)
        {
            let most = self.plan.broker.controller_quorum_election_backoff_max_ms.as_millis();
            let millis = match position.checked_sub(1) {
                None => 0,
                Some(behind) => {
                    let base = most >> (successors.len() - 1).min(63);
                    most.min(base << behind.min(63))
                }
            };
            self.set_state_timer(fetch_timeout, Span::millis(millis), fx);
        }
        Error::None
    }
}
