//! Elections and failover, driven by hand.

use super::fixture::{Quorum, Setup};
use super::*;
use crate::kernel::Time;

const A: NodeId = NodeId(0);
const B: NodeId = NodeId(1);
const C: NodeId = NodeId(2);

fn three() -> Quorum {
    let mut quorum = Quorum::new(Setup::of(3));
    quorum.run(Span::secs(1));
    quorum
}

fn intact(quorum: &Quorum) {
    assert_eq!(quorum.world().broken, None);
}

#[test]
fn a_formed_quorum_stays_as_it_is() {
    let mut quorum = three();
    quorum.run(Span::secs(30));
    assert_eq!(quorum.active(), [A]);
    assert_eq!(quorum.stated("controller-candidate"), 0);
    assert_eq!(quorum.raft(A).ballot().epoch, 1);
    // metadata.max.idle.interval.ms: two records a second.
    assert!((55..70).contains(&quorum.committed()), "{}", quorum.committed());
    intact(&quorum);
}

#[test]
fn a_follower_that_acknowledges_makes_a_record_committed() {
    let mut quorum = three();
    let before = quorum.raft(A).log().end_offset();
    quorum.append();
    assert_eq!(quorum.raft(A).log().end_offset(), before, "it lingers 25 ms");
    quorum.run(Span::millis(26));
    assert!(quorum.raft(A).log().end_offset() > before);
    assert!(quorum.raft(A).high_watermark() <= before, "on one disk is not on two");
    quorum.run(Span::millis(6));
    assert!(quorum.raft(A).high_watermark() > before);
    intact(&quorum);
}

/// A40: "KRaft ~2-4 s". The followers' fetch time-outs are not random and end almost together, so
/// the first election may be split.
#[test]
fn the_followers_elect_a_new_leader_two_to_six_seconds_after_the_old_one_died() {
    for seed in 0..20 {
        let mut quorum = Quorum::new(Setup { seed, ..Setup::of(3) });
        quorum.run(Span::secs(1));
        quorum.append();
        quorum.run(Span::millis(200));
        let died = quorum.now();
        let committed = quorum.committed();
        quorum.stop(A, Outage::Crash);
        quorum.run(Span::secs(8));
        let (active, _) = quorum.first("controller-active", died).expect("a successor");
        let took = active.since(died);
        assert!((Span::millis(1_400)..Span::secs(6)).contains(&took), "seed {seed}: {took}");
        assert_eq!(quorum.active().len(), 1);
        assert!(quorum.committed() > committed, "its LeaderChange at least");
        assert!(quorum.raft(quorum.active()[0]).ballot().epoch >= 2);
        intact(&quorum);
    }
}

#[test]
fn a_leader_cut_off_from_the_majority_resigns_and_commits_nothing_more() {
    let mut quorum = three();
    let cut = quorum.now();
    quorum.isolate(A);
    quorum.run(Span::millis(100));
    let known = quorum.raft(A).high_watermark();
    quorum.append();
    quorum.run(Span::secs(10));
    assert_eq!(quorum.raft(A).high_watermark(), known);
    let (resigned, fact) = quorum.first("controller-resigned", cut).expect("it resigns");
    assert_eq!(fact.node(), Some(A));
    // 1.5 times controller.quorum.fetch.timeout.ms after the last round of fetches.
    assert!(resigned.since(cut) <= Span::millis(3_000), "{}", resigned.since(cut));
    let active = quorum.active();
    assert!(active.len() == 1 && active[0] != A, "{active:?}");
    // What it wrote alone is cut when it comes back.
    quorum.heal_all();
    quorum.run(Span::secs(15));
    assert!(quorum.stated("metadata-truncated") > 0);
    assert_eq!(quorum.active().len(), 1);
    intact(&quorum);
}

#[test]
fn without_a_majority_nobody_leads_until_one_returns() {
    let mut quorum = three();
    quorum.stop(B, Outage::Crash);
    quorum.stop(C, Outage::PowerOff);
    quorum.run(Span::secs(20));
    assert!(quorum.active().is_empty());
    quorum.boot(B);
    quorum.run(Span::secs(15));
    assert_eq!(quorum.active().len(), 1);
    intact(&quorum);
}

#[test]
fn a_restarted_leader_does_not_lead_its_epoch_again() {
    let mut quorum = three();
    quorum.stop(A, Outage::Crash);
    quorum.boot(A);
    assert_eq!(quorum.raft(A).role().word(), "resigned");
    assert_eq!(quorum.raft(A).ballot().epoch, 1);
    quorum.run(Span::secs(8));
    assert_eq!(quorum.active().len(), 1);
    assert!(quorum.raft(quorum.active()[0]).ballot().epoch >= 2);
    intact(&quorum);
}

#[test]
fn a_leader_that_shuts_down_hands_over_at_once() {
    let mut quorum = three();
    let asked = quorum.now();
    quorum.shut_down(A);
    quorum.run(Span::secs(2));
    let (active, _) = quorum.first("controller-active", asked).expect("a successor");
    assert!(active.since(asked) < Span::millis(100), "{}", active.since(asked));
    assert!(!quorum.is_up(A), "it stops once somebody else leads");
    intact(&quorum);
}

#[test]
fn a_voter_that_comes_back_disturbs_the_leader_unless_it_asks_first() {
    let elections = |pre_vote| {
        let mut quorum = Quorum::new(Setup { pre_vote, ..Setup::of(3) });
        quorum.run(Span::secs(1));
        quorum.isolate(C);
        quorum.run(Span::secs(20));
        let epoch = quorum.raft(A).ballot().epoch;
        assert_eq!((quorum.active(), epoch), (vec![A], 1));
        quorum.heal_all();
        quorum.run(Span::secs(15));
        assert_eq!(quorum.active().len(), 1);
        intact(&quorum);
        quorum.stated("controller-elected")
    };
    assert!(elections(false) > 0, "its epoch is higher than the leader's");
    assert_eq!(elections(true), 0, "KIP-996");
}

#[test]
fn a_vote_is_still_given_after_a_power_loss() {
    let mut quorum = three();
    quorum.isolate(A);
    let at = quorum.now();
    while quorum.first("controller-elected", at).is_none() {
        quorum.run(Span::millis(1));
    }
    let (_, fact) = quorum.first("controller-elected", at).unwrap();
    let (leader, voter) = if fact.node() == Some(B) { (B, C) } else { (C, B) };
    let epoch = quorum.raft(leader).ballot().epoch;
    quorum.stop(voter, Outage::PowerOff);
    quorum.boot(voter);
    let ballot = quorum.raft(voter).ballot();
    assert_eq!(ballot.epoch, epoch);
    assert!(ballot.voted == Some(leader) || ballot.leader == Some(leader), "{ballot:?}");
    assert!(quorum.now() > Time::ZERO);
    intact(&quorum);
}

#[test]
fn a_leader_counts_nothing_that_its_own_disk_does_not_have() {
    let mut quorum = three();
    quorum.slow_disk(A, Span::millis(800));
    quorum.append();
    quorum.run(Span::millis(400));
    let end = quorum.raft(A).log().end_offset();
    assert_eq!(quorum.raft(B).log().end_offset(), end, "followers write while the leader does");
    assert!(quorum.raft(A).high_watermark() < end);
    intact(&quorum);
}
