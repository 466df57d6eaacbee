//! Every fate once, with the nearest history that must not give it.

use super::*;

#[test]
fn once_and_its_twin_that_only_was_delivered() {
    let mut tale = Tale::begun();
    tale.stored(0, 0).delivered(0, 4, 0);
    assert_eq!(tale.fate(0), (Fate::Pending, "-"));
    tale.handled(0, 4, 0);
    assert_eq!(tale.fate(0), (Fate::Once, "handled"));
}

#[test]
fn duplicate_needs_two_handlings_and_redelivered_two_deliveries() {
    let mut tale = Tale::begun();
    tale.stored(0, 0).read(0, 4, 0);
    assert_eq!(tale.fate(0), (Fate::Once, "handled"));
    tale.delivered(0, 5, 0);
    assert_eq!(tale.fate(0), (Fate::Redelivered, "delivered"));
    tale.handled(0, 5, 0);
    assert_eq!(tale.fate(0), (Fate::Duplicate, "handled"));
    let second = tale.facts.last().copied();
    assert_eq!(tale.decided(0), second);
    tale.handled(0, 5, 0);
    assert_eq!(tale.decided(0), second, "the second decided");
}

#[test]
fn redelivered_before_it_was_handled_is_decided_by_the_handling() {
    let mut tale = Tale::begun();
    tale.stored(0, 0).delivered(0, 4, 0).failed(0, 4, 0).delivered(0, 4, 0);
    assert_eq!(tale.fate(0), (Fate::Pending, "-"));
    tale.handled(0, 4, 0);
    assert_eq!(tale.fate(0), (Fate::Redelivered, "handled"));
}

#[test]
fn lost_with_its_leader_when_another_is_elected() {
    let mut tale = Tale::begun();
    tale.on_leader(0, 0);
    assert_eq!(tale.fate(0), (Fate::Pending, "-"), "readable on a live leader");
    tale.stopped(0, Outage::PowerOff);
    assert_eq!(tale.fate(0), (Fate::Stranded, "stopped"), "nobody has overruled it yet");
    let back = tale.but(|t| {
        t.started(0);
    });
    assert_eq!(back.fate(0), (Fate::Pending, "-"), "the same leader came back with it");
    tale.elected(Some(1), 1);
    assert_eq!(tale.fate(0), (Fate::Lost, "elected"));
    tale.started(0).truncated(0, 1, 0);
    assert_eq!(tale.fate(0), (Fate::Lost, "elected"), "the truncation only executes it");
}

#[test]
fn not_lost_when_the_new_leader_has_it() {
    let mut tale = Tale::begun();
    tale.sent(0).appended(0, 0, 0, 0).replicated(0, 1, 0, 0).acked(0, 0);
    tale.stopped(0, Outage::PowerOff);
    assert_eq!(tale.fate(0), (Fate::Pending, "-"), "an in-sync replica may take over with it");
    assert_eq!(
        tale.but(|t| {
            t.elected(Some(1), 1);
        })
        .fate(0),
        (Fate::Pending, "-")
    );
    assert_eq!(
        tale.but(|t| {
            t.elected(Some(2), 1);
        })
        .fate(0),
        (Fate::Lost, "elected")
    );
}

#[test]
fn lost_when_a_power_loss_takes_the_last_copy() {
    let mut tale = Tale::begun();
    tale.on_leader(0, 0).stopped(0, Outage::PowerOff).rolled_back(0, 1, 0);
    assert_eq!(tale.fate(0), (Fate::Lost, "rolled-back"));
    let kept = Tale::begun().but(|t| {
        t.on_leader(0, 0).stopped(0, Outage::PowerOff).rolled_back(0, 2, 1);
    });
    assert_eq!(kept.fate(0), (Fate::Stranded, "stopped"));
}

#[test]
fn the_last_replica_standing_loses_it_by_coming_back_empty() {
    // A07: everyone else is out of the in-sync set; the leader's own power loss decides.
    let mut tale = Tale::begun();
    tale.stored(0, 0).isr(&[0]).stopped(0, Outage::PowerOff).rolled_back(0, 1, 0);
    assert_eq!(tale.fate(0), (Fate::Stranded, "stopped"), "copies, but none may lead");
    let saved = tale.but(|t| {
        t.elected(Some(1), 1);
    });
    assert_eq!(saved.fate(0), (Fate::Pending, "-"), "an unclean election saves it");
    tale.started(0);
    assert_eq!(tale.fate(0), (Fate::Lost, "started"), "it leads again without it");
}

#[test]
fn a_leader_without_the_message_overrules_it_even_after_its_own_death() {
    let mut tale = Tale::begun();
    tale.on_leader(0, 0).stopped(0, Outage::Crash).elected(Some(1), 1).stopped(1, Outage::Crash);
    assert_eq!(tale.fate(0), (Fate::Lost, "elected"));
    tale.elected(None, 2).started(0);
    assert_eq!(tale.fate(0), (Fate::Lost, "elected"));
    tale.elected(Some(0), 3);
    assert_eq!(tale.fate(0), (Fate::Pending, "-"), "an unclean election brings it back");
}

#[test]
fn a_deposed_leader_appends_what_is_lost_from_the_start() {
    let mut tale = Tale::begun();
    tale.elected(Some(1), 1).on_leader(0, 0);
    assert_eq!(tale.fate(0), (Fate::Lost, "appended"));
    let twin = tale.but(|t| {
        t.replicated(0, 1, 0, 0);
    });
    assert_eq!(twin.fate(0), (Fate::Pending, "-"), "the new leader still fetched it");
}

#[test]
fn a_truncation_on_a_follower_loses_nothing() {
    let mut tale = Tale::begun();
    tale.stored(0, 0).truncated(1, 1, 0).truncated(2, 1, 0);
    assert_eq!(tale.fate(0), (Fate::Pending, "-"));
    tale.truncated(0, 1, 0);
    assert_eq!(tale.fate(0), (Fate::Lost, "truncated"));
}

#[test]
fn wiping_every_disk_loses_it_with_the_last() {
    let mut tale = Tale::begun();
    tale.stored(0, 0).elected(None, 1).wiped(0).wiped(1);
    assert_eq!(tale.fate(0), (Fate::Pending, "-"), "broker 2 is up, in sync, and has it");
    let down = tale.but(|t| {
        t.stopped(2, Outage::Crash);
    });
    assert_eq!(down.fate(0), (Fate::Stranded, "stopped"));
    tale.wiped(2);
    assert_eq!(tale.fate(0), (Fate::Lost, "wiped"));
}

#[test]
fn stranded_without_an_authority_and_pending_if_not_acknowledged() {
    let mut tale = Tale::begun();
    tale.on_leader(0, 0).isr(&[0]).stopped(0, Outage::Crash).elected(None, 1);
    assert_eq!(tale.fate(0).0, Fate::Stranded);
    let mut twin = Tale::begun();
    twin.sent(0).appended(0, 0, 0, 0).unknown(0);
    twin.isr(&[0]).stopped(0, Outage::Crash).elected(None, 1);
    assert_eq!(twin.fate(0), (Fate::Pending, "-"));
    let on_a_follower = tale.but(|t| {
        t.replicated(0, 1, 0, 0);
    });
    assert_eq!(on_a_follower.fate(0).0, Fate::Stranded, "a copy outside the in-sync set");
}

#[test]
fn a_fenced_or_failed_replica_may_not_lead() {
    let mut tale = Tale::begun();
    tale.stored(0, 0).isr(&[0, 1]).stopped(0, Outage::Crash).elected(None, 1);
    assert_eq!(tale.fate(0), (Fate::Pending, "-"));
    let fenced = tale.but(|t| {
        t.add(Fact::Fenced { node: NodeId(1) });
    });
    assert_eq!(fenced.fate(0), (Fate::Stranded, "fenced"));
    let again = fenced.but(|t| {
        t.add(Fact::Unfenced { node: NodeId(1) });
    });
    assert_eq!(again.fate(0), (Fate::Pending, "-"));
    let disk = tale.but(|t| {
        t.add(Fact::StorageFailed { lane: LANE, node: NodeId(1) });
    });
    assert_eq!(disk.fate(0), (Fate::Stranded, "storage-failed"));
}

#[test]
fn lost_unacknowledged_when_unknown_and_nowhere() {
    let mut tale = Tale::begun();
    tale.sent(0).attempted(0, 1);
    assert_eq!(tale.fate(0), (Fate::Pending, "-"), "its producer still tries");
    let died = tale.but(|t| {
        t.stopped(3, Outage::Crash);
    });
    assert_eq!(died.fate(0), (Fate::LostUnacknowledged, "stopped"));
    let refused = tale.but(|t| {
        t.refused(0);
    });
    assert_eq!(refused.fate(0), (Fate::LostUnacknowledged, "refused"));
    tale.unknown(0);
    assert_eq!(tale.fate(0), (Fate::LostUnacknowledged, "unknown"));
    let resent = tale.but(|t| {
        t.sent(0);
    });
    assert_eq!(resent.fate(0), (Fate::Pending, "-"), "the application sends it again");
    tale.appended(0, 0, 0, 0);
    assert_eq!(tale.fate(0), (Fate::Pending, "-"), "a timed-out write appears later (A24)");
    tale.elected(Some(1), 1);
    assert_eq!(tale.fate(0), (Fate::LostUnacknowledged, "elected"));
}

#[test]
fn phantom_is_refused_yet_handled() {
    let mut tale = Tale::begun();
    tale.sent(0).appended(0, 0, 0, 0).refused(0);
    assert_eq!(tale.fate(0), (Fate::Pending, "-"), "refused and present, not handled");
    tale.read(0, 4, 0);
    assert_eq!(tale.fate(0), (Fate::Phantom, "handled"));
    let late = Tale::begun().but(|t| {
        t.sent(0).appended(0, 0, 0, 0).read(0, 4, 0).refused(0);
    });
    assert_eq!(late.fate(0), (Fate::Phantom, "refused"));
    let unknown = Tale::begun().but(|t| {
        t.sent(0).appended(0, 0, 0, 0).unknown(0).read(0, 4, 0);
    });
    assert_eq!(unknown.fate(0), (Fate::Once, "handled"), "unknown promises nothing");
    let accepted = tale.but(|t| {
        t.sent(0).acked(0, 0);
    });
    assert_eq!(accepted.fate(0), (Fate::Once, "handled"), "sent again and acknowledged");
}

#[test]
fn dead_lettered_unless_it_was_handled() {
    let mut tale = Tale::begun();
    tale.stored(0, 0).delivered(0, 4, 0).failed(0, 4, 0);
    assert_eq!(tale.fate(0), (Fate::Pending, "-"));
    let handled = tale.but(|t| {
        t.handled(0, 4, 0).dead_lettered(0);
    });
    assert_eq!(handled.fate(0), (Fate::Once, "handled"));
    tale.dead_lettered(0).stored_progress(1);
    assert_eq!(tale.fate(0), (Fate::DeadLettered, "dead-lettered"));
}

#[test]
fn expired_below_the_authoritys_log_start() {
    let mut tale = Tale::begun();
    tale.stored(0, 0).stored(1, 1).expired(1, 1).expired(2, 1);
    assert_eq!(tale.fate(0), (Fate::Pending, "-"), "the leader still has it");
    tale.expired(0, 1);
    assert_eq!(tale.fate(0), (Fate::Expired, "expired"));
    assert_eq!(tale.fate(1), (Fate::Pending, "-"), "the log begins with it");
    tale.positioned(4, 1, PositionRule::Reset).stored_progress(1);
    assert_eq!(tale.fate(0), (Fate::Expired, "expired"), "the reset came after it was gone");
}

#[test]
fn compacted_is_dropped_and_not_lost() {
    let mut tale = Tale::begun();
    tale.stored(0, 0).stored(1, 1).compacted(0, 1, 0);
    assert_eq!(tale.fate(0), (Fate::Pending, "-"), "the leader still has it");
    tale.compacted(0, 0, 0).compacted(0, 2, 0);
    assert_eq!(tale.fate(0), (Fate::Dropped, "compacted"));
    assert_eq!(tale.fate(1), (Fate::Pending, "-"));
    tale.positioned(4, 1, PositionRule::Reset);
    assert_eq!(tale.fate(0), (Fate::Dropped, "compacted"));
}

#[test]
fn what_was_deleted_stays_so_when_the_log_is_cut_below_its_start() {
    let mut tale = Tale::begun();
    tale.stored(0, 0).stored(1, 1).stored(2, 2).expired(0, 2).truncated(0, 3, 1);
    tale.wiped(1).wiped(2);
    assert_eq!(tale.fate(0), (Fate::Expired, "expired"));
    assert_eq!(tale.fate(1), (Fate::Expired, "expired"));
}

#[test]
fn skipped_before_it_expired_is_lost() {
    let mut tale = Tale::begun();
    tale.stored(0, 0).positioned(4, 1, PositionRule::Seek).expired(0, 1);
    assert_eq!(tale.fate(0), (Fate::Lost, "positioned"));
}

#[test]
fn expiry_does_not_claim_what_was_overwritten() {
    // m0 was truncated away, another message took its offset, and that one expired.
    let mut tale = Tale::begun();
    tale.on_leader(0, 0).elected(Some(1), 1).truncated(0, 1, 0);
    tale.sent(1).appended(1, 1, 0, 1).acked(1, 0).expired(1, 1);
    assert_eq!(tale.fate(0), (Fate::Lost, "elected"));
    assert_eq!(tale.fate(1), (Fate::Expired, "expired"));
}

#[test]
fn dropped_and_unroutable_by_the_clusters_own_rule() {
    let mut tale = Tale::begun();
    tale.stored(0, 0);
    let dropped = tale.but(|t| {
        t.dropped(0, "overflow");
    });
    assert_eq!(dropped.fate(0), (Fate::Dropped, "dropped"));
    let expired = tale.but(|t| {
        t.dropped(0, "expired");
    });
    assert_eq!(expired.fate(0), (Fate::Expired, "dropped"));
    let mut unroutable = Tale::begun();
    unroutable.sent(0).add(Fact::Unroutable { message: MessageId(0), node: NodeId(0) });
    unroutable.acked(0, -1);
    assert_eq!(unroutable.fate(0), (Fate::Unroutable, "unroutable"));
    let again = dropped.but(|t| {
        t.appended(0, 0, 1, 0);
    });
    assert_eq!(again.fate(0), (Fate::Pending, "-"), "it was put in again");
    let handled = tale.but(|t| {
        t.read(0, 4, 0).dropped(0, "overflow");
    });
    assert_eq!(handled.fate(0), (Fate::Once, "handled"));
}

#[test]
fn acks_zero_is_lost_only_when_something_shows_it() {
    let mut tale = Tale::begun();
    tale.sent(0).attempted(0, 1).acked(0, -1);
    assert_eq!(tale.fate(0), (Fate::Pending, "-"), "the packet may be under way");
    let arrived = tale.but(|t| {
        t.appended(0, 0, 0, 0).disconnected(3, 0);
    });
    assert_eq!(arrived.fate(0), (Fate::Pending, "-"));
    let elsewhere = tale.but(|t| {
        t.disconnected(4, 0);
    });
    assert_eq!(elsewhere.fate(0), (Fate::Pending, "-"), "somebody else's connection");
    let broke = tale.but(|t| {
        t.disconnected(3, 0);
    });
    assert_eq!(broke.fate(0), (Fate::Lost, "disconnected"));
    let receiver = tale.but(|t| {
        t.stopped(0, Outage::PowerOff);
    });
    assert_eq!(receiver.fate(0), (Fate::Lost, "stopped"));
    let rejected = tale.but(|t| {
        let (message, node) = (MessageId(0), NodeId(0));
        t.add(Fact::Rejected { message, lane: LANE, node, error: "RECORD_TOO_LARGE" });
    });
    assert_eq!(rejected.fate(0), (Fate::Lost, "rejected"));
}

#[test]
fn an_unsent_message_has_no_fate() {
    let judgement = Tale::begun().judged();
    assert!(judgement.fates.is_empty());
    assert_eq!(judgement.producer_outcome(MessageId(0)), ProducerOutcome::Unsent);
}

#[test]
fn copies_follow_appends_cuts_and_retries() {
    let mut tale = Tale::begun();
    tale.stored(0, 0).appended(0, 0, 1, 0);
    let copy = |node, offset| Copy { lane: LANE, node: NodeId(node), offset, epoch: 0 };
    let copies = |tale: &Tale| tale.judged().copies(MessageId(0));
    assert_eq!(copies(&tale), [copy(0, 0), copy(0, 1), copy(1, 0), copy(2, 0)]);
    tale.truncated(0, 2, 1).expired(1, 1).wiped(2);
    assert_eq!(copies(&tale), [copy(0, 0)]);
}

#[test]
fn a_second_stay_at_the_same_offset_does_not_revive_the_first() {
    // Appended, cut off on a follower, cut off on the leader, appended again under a new leader.
    let mut tale = Tale::begun();
    tale.sent(0).appended(0, 0, 0, 0).replicated(0, 2, 0, 0).truncated(2, 1, 0);
    tale.elected(Some(1), 1).truncated(0, 1, 0).appended(0, 1, 0, 1).acked(0, 0);
    assert_eq!(tale.fate(0), (Fate::Pending, "-"));
    tale.stopped(1, Outage::PowerOff).rolled_back(1, 1, 0);
    assert_eq!(tale.fate(0), (Fate::Lost, "rolled-back"));
}
