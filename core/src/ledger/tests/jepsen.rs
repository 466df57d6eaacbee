//! Every Jepsen name by its condition, with a twin that must not have it.

use super::*;

fn names(tale: &Tale) -> Vec<&'static str> {
    let mut names: Vec<_> = tale.judged().jepsen().iter().map(|a| a.name.name()).collect();
    names.dedup();
    names
}

#[test]
fn a_clean_history_has_none() {
    let mut tale = Tale::begun();
    tale.stored(0, 0).stored(1, 1).read(0, 4, 0).read(1, 4, 1);
    assert_eq!(names(&tale), [""; 0]);
}

#[test]
fn inconsistent_offsets_is_one_offset_with_two_messages() {
    let mut tale = Tale::begun();
    tale.on_leader(0, 0).read(0, 4, 0).elected(Some(1), 1);
    tale.sent(1).appended(1, 1, 0, 1);
    let unseen = tale.clone();
    assert_eq!(names(&unseen), [""; 0], "nobody outside has seen the second");
    tale.acked(1, 0);
    // The second stands where the first was read, and nobody has read it.
    let found = ["inconsistent-offsets", "lost-write", "unseen", "nonmonotonic-send"];
    assert_eq!(names(&tale), found);
}

#[test]
fn duplicate_is_one_message_at_two_offsets() {
    let mut tale = Tale::begun();
    tale.stored(0, 0).appended(0, 0, 1, 0).read(0, 4, 0);
    assert_eq!(names(&tale), [""; 0], "the second copy was not read");
    let reread = tale.but(|t| {
        t.stopped(4, Outage::Crash).read(0, 5, 0);
    });
    assert_eq!(names(&reread), [""; 0], "the same offset twice is no duplicate for Jepsen");
    tale.read(0, 4, 1);
    assert_eq!(names(&tale), ["duplicate"]);
}

#[test]
fn lost_write_needs_something_read_at_or_after_it() {
    let mut tale = Tale::begun();
    tale.on_leader(0, 0);
    assert_eq!(names(&tale), ["unseen"]);
    tale.elected(Some(1), 1).sent(1).appended(1, 1, 0, 1).acked(1, 0).read(1, 4, 0);
    let found = names(&tale);
    assert!(found.contains(&"lost-write"), "{found:?}");
    let seen = Tale::begun().but(|t| {
        t.stored(0, 0).stored(1, 1).read(0, 4, 0).read(1, 4, 1);
    });
    assert!(!names(&seen).contains(&"lost-write"));
    let unknown = Tale::begun().but(|t| {
        t.sent(0).appended(0, 0, 0, 0).unknown(0).stored(1, 1).read(1, 4, 1);
    });
    assert_eq!(names(&unknown), [""; 0], "never acknowledged: nothing was promised");
}

#[test]
fn poll_skip_needs_something_between_that_was_seen() {
    let mut tale = Tale::begun();
    tale.stored(0, 0).stored(1, 1).stored(2, 2).delivered(0, 4, 0).delivered(2, 4, 2);
    let found = names(&tale);
    assert!(found.contains(&"poll-skip"), "{found:?}");
    let marker = Tale::begun().but(|t| {
        t.stored(0, 0).stored(2, 2).delivered(0, 4, 0).delivered(2, 4, 2);
    });
    assert_eq!(names(&marker), [""; 0], "offset 1 holds nothing a client could see");
    let restarted = Tale::begun().but(|t| {
        t.stored(0, 0).stored(1, 1).stored(2, 2).delivered(0, 4, 0);
        t.stopped(4, Outage::Crash).started(4).delivered(2, 4, 2);
    });
    assert!(!names(&restarted).contains(&"poll-skip"), "another process");
    let within = Tale::begun().but(|t| {
        t.stored(0, 0).stored(1, 1).stored(2, 2).delivered(0, 4, 0).delivered(2, 4, 2);
        t.same_event();
    });
    let found = names(&within);
    assert!(found.contains(&"int-poll-skip") && !found.contains(&"poll-skip"), "{found:?}");
}

#[test]
fn nonmonotonic_poll_goes_back_or_stays() {
    let mut tale = Tale::begun();
    tale.stored(0, 0).stored(1, 1).delivered(0, 4, 0).delivered(1, 4, 1);
    assert_eq!(names(&tale), [""; 0]);
    assert_eq!(
        names(&tale.but(|t| {
            t.delivered(1, 4, 1);
        })),
        ["nonmonotonic-poll"]
    );
    assert_eq!(
        names(&tale.but(|t| {
            t.delivered(0, 5, 0);
        })),
        [""; 0],
        "another consumer"
    );
    let within = tale.but(|t| {
        t.delivered(0, 4, 0).same_event();
    });
    assert_eq!(names(&within), ["int-nonmonotonic-poll"]);
}

#[test]
fn nonmonotonic_send_is_about_where_messages_stand() {
    let mut tale = Tale::begun();
    tale.sent(0).sent(1).appended(1, 0, 0, 0).appended(0, 0, 1, 0).acked(0, 1).acked(1, 0);
    tale.read(1, 4, 0).read(0, 4, 1);
    assert_eq!(names(&tale), ["nonmonotonic-send"]);
    let twin = Tale::begun().but(|t| {
        t.sent(0).sent(1).appended(0, 0, 0, 0).appended(1, 0, 1, 0).acked(1, 1).acked(0, 0);
        t.read(0, 4, 0).read(1, 4, 1);
    });
    assert_eq!(names(&twin), [""; 0], "acknowledged in another order");
}

#[test]
fn aborted_read_is_a_refused_message_that_was_delivered() {
    let mut tale = Tale::begun();
    tale.sent(0).appended(0, 0, 0, 0).refused(0);
    assert_eq!(names(&tale), [""; 0]);
    tale.delivered(0, 4, 0);
    assert_eq!(names(&tale), ["G1a"]);
}
