//! The rules of Raft that do not depend on who sends what to whom: which of two logs is newer, when
//! a vote may be given, what a majority holds, where two logs part.
//!
//! Kafka's controllers pull (a follower fetches and thereby acknowledges), RabbitMQ's quorum queues
//! push (a leader sends entries and is answered). Messages, timers and roles therefore belong to a
//! family; what stands here is the part of the Raft paper (§5.2 to §5.4) that is the same for both.
//! Whoever uses it writes [`Ballot`] and log to the disk before it speaks of them.

mod log;

pub use log::ReplicatedLog;

use crate::fact::{NodeId, NodeSet};

/// Where a log ends: the epoch (Raft's *term*) of its last entry, and the offset after it.
///
/// The order is that of §5.4.1: the log with the later last epoch is newer, with the same epoch
/// the longer one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct LogEnd {
    /// The epoch of the last entry; 0 for an empty log.
    pub epoch: u32,
    /// The offset after the last entry.
    pub offset: u64,
}

/// What a voter must not forget: the newest epoch it has heard of, to whom it gave its vote in it,
/// and who leads it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Ballot {
    /// The newest epoch heard of.
    pub epoch: u32,
    /// The candidate that has this voter's vote in the epoch.
    pub voted: Option<NodeId>,
    /// The leader of the epoch, once known.
    pub leader: Option<NodeId>,
}

impl Ballot {
    /// Goes on to a later epoch, in which nobody has the vote and nobody is known to lead.
    pub fn advance_to(&mut self, epoch: u32) {
        debug_assert!(epoch > self.epoch);
        *self = Ballot { epoch, voted: None, leader: None };
    }

    /// Whether the vote of this epoch may go to `candidate`, whose log ends at `theirs`: nobody
    /// else has it, nobody leads, and no entry of `mine` would be lost (§5.2, §5.4.1).
    pub fn may_vote_for(&self, candidate: NodeId, theirs: LogEnd, mine: LogEnd) -> bool {
        self.leader.is_none() && self.voted.is_none_or(|v| v == candidate) && theirs >= mine
    }
}

/// The answers of an election.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    granted: NodeSet,
    refused: NodeSet,
}

impl Tally {
    /// A voter's answer; the first one counts.
    pub fn record(&mut self, voter: NodeId, granted: bool) {
        if self.has_answered(voter) {
            return;
        }
        let side = if granted { &mut self.granted } else { &mut self.refused };
        *side = side.with(voter);
    }

    /// Whether this voter has answered.
    pub fn has_answered(&self, voter: NodeId) -> bool {
        self.granted.contains(voter) || self.refused.contains(voter)
    }

    /// Who gave the vote.
    pub fn granted(&self) -> NodeSet {
        self.granted
    }

    /// A majority of `voters` gave its vote.
    pub fn is_won(&self, voters: usize) -> bool {
        self.granted.len() as usize >= majority(voters)
    }

    /// So many refused that a majority can no longer be had.
    pub fn is_lost(&self, voters: usize) -> bool {
        voters - (self.refused.len() as usize) < majority(voters)
    }
}

/// How many of `voters` are more than half.
pub fn majority(voters: usize) -> usize {
    voters / 2 + 1
}

/// The largest offset that a majority holds everything below; `ends` are the ends of all voters'
/// logs, in any order. 0 for no voters.
pub fn held_by_majority(ends: &mut [u64]) -> u64 {
    ends.sort_unstable_by(|a, b| b.cmp(a));
    majority(ends.len()).checked_sub(1).and_then(|i| ends.get(i)).copied().unwrap_or(0)
}

/// How far a leader may count entries as committed: as far as a majority holds them, and only if
/// that includes an entry of its own epoch, which begins at `epoch_start` (§5.4.2: an older entry
/// on a majority can still be overwritten). `None` if it may not count yet.
pub fn committed(ends: &mut [u64], epoch_start: u64) -> Option<u64> {
    Some(held_by_majority(ends)).filter(|&end| end > epoch_start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const A: NodeId = NodeId(0);
    const B: NodeId = NodeId(1);

    fn end(epoch: u32, offset: u64) -> LogEnd {
        LogEnd { epoch, offset }
    }

    #[test]
    fn the_later_epoch_beats_the_longer_log() {
        assert!(end(3, 5) > end(2, 900));
        assert!(end(2, 6) > end(2, 5));
    }

    #[test]
    fn a_vote_is_given_once_an_epoch_and_never_to_an_older_log() {
        let mine = end(2, 10);
        let mut ballot = Ballot { epoch: 5, ..Ballot::default() };
        assert!(ballot.may_vote_for(A, end(2, 10), mine));
        assert!(!ballot.may_vote_for(A, end(2, 9), mine));
        assert!(!ballot.may_vote_for(A, end(1, 99), mine));
        ballot.voted = Some(A);
        assert!(ballot.may_vote_for(A, mine, mine), "asked again, answered again");
        assert!(!ballot.may_vote_for(B, end(4, 99), mine));
        ballot.advance_to(6);
        assert!(ballot.may_vote_for(B, mine, mine));
        ballot.leader = Some(A);
        assert!(!ballot.may_vote_for(B, mine, mine), "the epoch has its leader");
    }

    #[test]
    fn an_entry_of_an_older_epoch_is_not_committed_by_being_everywhere() {
        // Figure 8 of the Raft paper: offset 3 is on two of three, but from before epoch_start.
        assert_eq!(committed(&mut [3, 3, 1], 3), None);
        assert_eq!(committed(&mut [4, 4, 1], 3), Some(4));
    }

    #[test]
    fn an_election_is_lost_once_a_majority_cannot_be_had() {
        let mut tally = Tally::default();
        tally.record(A, true);
        tally.record(A, false);
        assert!(!tally.is_won(3) && !tally.is_lost(3));
        tally.record(B, false);
        assert!(!tally.is_lost(3), "the third may still vote");
        tally.record(NodeId(2), false);
        assert!(tally.is_lost(3));
        assert!(Tally::default().is_lost(0), "nobody votes, nobody wins");
    }

    proptest! {
        #[test]
        fn a_majority_holds_what_is_called_held(ends in prop::collection::vec(0u64..20, 1..7)) {
            let held = held_by_majority(&mut ends.clone());
            let holders = |offset| ends.iter().filter(|&&e| e >= offset).count();
            prop_assert!(holders(held) >= majority(ends.len()));
            prop_assert!(holders(held + 1) < majority(ends.len()));
        }

        #[test]
        fn two_majorities_share_a_voter(voters in 1usize..10) {
            prop_assert!(2 * majority(voters) > voters);
            prop_assert!(majority(voters) <= voters);
        }
    }
}
