//! Why a message took effect more than once.
//!
//! Either it stands in the logs more than once (a retry or a second `send()` was appended again),
//! or one entry was handled again because the group's progress had not been stored.

use super::account::Account;
use super::settings;
use crate::fact::{Fact, LaneId, MessageId, NodeId, SubscriptionId};

/// A handling of the message.
#[derive(Clone, Copy)]
struct Handling {
    place: usize,
    consumer: NodeId,
    lane: LaneId,
    offset: u64,
}

pub(super) fn tell(account: &mut Account<'_>, message: MessageId, subscription: SubscriptionId) {
    let handlings: Vec<Handling> = account
        .evidence
        .about(message)
        .filter_map(|(place, stated)| match stated.fact {
            Fact::Handled { subscription: s, consumer, lane, offset, .. } if s == subscription => {
                Some(Handling { place, consumer, lane, offset })
            }
            _ => None,
        })
        .collect();
    for handling in &handlings {
        account.state(handling.place);
    }
    for pair in handlings.windows(2) {
        if (pair[0].lane, pair[0].offset) == (pair[1].lane, pair[1].offset) {
            read_again(account, subscription, pair[0], pair[1]);
        } else {
            stored_again(account, message, pair[1].place);
        }
    }
}

/// Two entries hold the same message.
fn stored_again(account: &mut Account<'_>, message: MessageId, handled: usize) {
    let evidence = account.evidence;
    let mut appends = Vec::new();
    let mut producer = None;
    let mut outcome_seen = false;
    let mut sent_again = false;
    for (place, stated) in evidence.about(message).take_while(|&(p, _)| p < handled) {
        match stated.fact {
            Fact::Appended { lane, offset, .. } => {
                account.state(place);
                appends.push((place, lane, offset));
            }
            Fact::Retried { producer: p, .. } => {
                account.state(place);
                producer = Some(p);
            }
            Fact::Unknown { producer: p, .. } | Fact::Refused { producer: p, .. } => {
                account.state(place);
                producer = Some(p);
                outcome_seen = true;
            }
            Fact::Sent { .. } if outcome_seen => {
                account.state(place);
                sent_again = true;
            }
            Fact::Attempted { attempt: 1, .. } if outcome_seen => sent_again = true,
            _ => {}
        }
    }
    let (Some(&(_, _, first)), Some(&(place, _, second))) = (appends.first(), appends.last())
    else {
        return;
    };
    if appends.len() < 2 {
        return;
    }
    let name = account.message(message);
    account.remark(
        place,
        "two entries",
        format!("{name} now stands in the log twice, at offsets {first} and {second}"),
        format!("此时日志中有两份 {name}，分别位于 offset {first} 和 {second}"),
    );
    let Some(producer) = producer else { return };
    let config = settings::producer_config(account.scenario, producer);
    if sent_again {
        account.allowed(
            place,
            "sent again by the application",
            "Allowed by the application calling send() again for the same message: to \
             enable.idempotence that is a new message, only the business key tells it apart"
                .into(),
            "根源是应用对同一条消息再次调用 send()：对 enable.idempotence 而言这是一条新消息，只有业务键能识别".into(),
        );
    } else if config.is_some_and(|c| !c.enable_idempotence) {
        account.allowed(
            place,
            "enable.idempotence",
            "Allowed by enable.idempotence = false: the broker cannot tell a retry from a new \
             message"
                .into(),
            "根源是 enable.idempotence = false：Broker 无法区分重试和新消息".into(),
        );
    }
}

/// One entry was handled twice.
fn read_again(
    account: &mut Account<'_>,
    subscription: SubscriptionId,
    first: Handling,
    second: Handling,
) {
    let evidence = account.evidence;
    let mut stored = None;
    let same_consumer = first.consumer == second.consumer;
    for (place, stated) in evidence.on_lane(first.lane).take_while(|&(p, _)| p < second.place) {
        match stated.fact {
            Fact::OffsetCommitted { subscription: s, offset, .. } if s == subscription => {
                stored = Some((place, offset));
            }
            Fact::CommitFailed { subscription: s, .. }
                if s == subscription && place > first.place =>
            {
                account.state(place);
            }
            Fact::Positioned { subscription: s, offset, .. }
                if s == subscription && place > first.place && offset <= first.offset =>
            {
                account.state(place);
                match stored {
                    Some((_, at)) if at <= first.offset => account.remark(
                        place,
                        "committed before",
                        format!(
                            "the last offset committed was {at}, which does not cover offset {}",
                            first.offset
                        ),
                        format!("此前最后提交的位点是 {at}，没有覆盖 offset {}", first.offset),
                    ),
                    Some(_) => {}
                    None => account.remark(
                        place,
                        "nothing committed",
                        "until then no offset had been committed".into(),
                        "在此之前没有提交过任何位点".into(),
                    ),
                }
            }
            Fact::Revoked { subscription: s, consumer, .. }
            | Fact::PartitionsLost { subscription: s, consumer, .. }
                if s == subscription && consumer == first.consumer && !same_consumer =>
            {
                account.state(place);
            }
            Fact::Assigned { subscription: s, consumer, .. }
                if s == subscription && consumer == second.consumer && !same_consumer =>
            {
                account.state(place);
            }
            _ => {}
        }
    }
    let stopped = evidence.on_nodes().find(|&(p, s)| {
        first.place < p
            && p < second.place
            && matches!(s.fact, Fact::Stopped { node, .. } if node == first.consumer)
    });
    if let Some((place, _)) = stopped {
        account.state(place);
    }
    let covered = stored.is_some_and(|(_, at)| at > first.offset);
    let works_on = stopped.is_none() && !same_consumer;
    if works_on && member_left(account, subscription, first, second) {
        return;
    }
    if !covered {
        settings::committed_late(account, first.consumer, second.place);
    }
}

/// The group had stopped counting on the first consumer, which went on working: `true` if that
/// explains the repetition.
fn member_left(
    account: &mut Account<'_>,
    subscription: SubscriptionId,
    first: Handling,
    second: Handling,
) -> bool {
    let evidence = account.evidence;
    let left = evidence.on_nodes().take_while(|&(p, _)| p < first.place.max(second.place));
    let left = left.filter_map(|(place, stated)| match stated.fact {
        Fact::MemberLeft { subscription: s, consumer, why }
            if s == subscription && [first.consumer, second.consumer].contains(&consumer) =>
        {
            Some((place, consumer, why))
        }
        _ => None,
    });
    let Some((place, consumer, why)) = left.last() else { return false };
    account.state(place);
    let standstill = evidence
        .on_nodes()
        .rev()
        .find(|&(p, s)| matches!(s.fact, Fact::Paused { node } if node == consumer && p < place));
    if let Some((place, _)) = standstill {
        account.state(place);
    }
    settings::left_behind(account, consumer, why, place)
}
