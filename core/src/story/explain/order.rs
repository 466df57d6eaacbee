//! Why a message was first handled after a later message of its key.

use super::Case;
use super::account::Account;
use super::settings;
use crate::fact::{Fact, LaneId, MessageId, SubscriptionId};

pub(super) fn tell(account: &mut Account<'_>, case: &Case) {
    let Some(later) = case.later else { return };
    let earlier = first_handled(account, case.message, case.subscription);
    let overtaker = first_handled(account, later, case.subscription);
    let (Some((at, lane, offset)), Some((before, other_lane, other_offset))) = (earlier, overtaker)
    else {
        return;
    };
    account.state(before);
    account.state(at);
    first_append(account, case.message);
    first_append(account, later);
    let (name, other) = (account.message(case.message), account.message(later));
    if lane != other_lane && sent_on(account, case.message, case.subscription, lane) {
        account.remark(
            at,
            "sent on",
            format!(
                "{name} had left its partition, where {other} followed it: whoever sends a message \
                 on gives up its order"
            ),
            format!(
                "{name} 已离开原来的分区，{other} 原本排在它后面：转发一条消息，就放弃了它的顺序"
            ),
        );
        return;
    }
    if lane != other_lane {
        account.remark(
            at,
            "two lanes",
            format!("{name} and {other} went to different partitions, and between those there is no order"),
            format!("{name} 与 {other} 位于不同分区，分区之间没有顺序"),
        );
        return;
    }
    if offset < other_offset {
        account.remark(
            at,
            "in order in the log",
            format!("in the log {name} stands before {other}; the order was lost while reading"),
            format!("日志中 {name} 在 {other} 之前；顺序是在消费时打乱的"),
        );
        return;
    }
    account.remark(
        at,
        "out of order in the log",
        format!("the log itself holds {other} before {name}"),
        format!("日志中 {other} 本就排在 {name} 之前"),
    );
    overtaken_by_retry(account, case.message);
}

/// Where the message was first handled.
fn first_handled(
    account: &Account<'_>,
    message: MessageId,
    subscription: SubscriptionId,
) -> Option<(usize, LaneId, u64)> {
    account.evidence.about(message).find_map(|(place, stated)| match stated.fact {
        Fact::Handled { subscription: s, lane, offset, .. } if s == subscription => {
            Some((place, lane, offset))
        }
        _ => None,
    })
}

/// Whether the message came to the lane because the subscription's own error handler had sent it
/// on, and what it did.
fn sent_on(
    account: &mut Account<'_>,
    message: MessageId,
    subscription: SubscriptionId,
    to: LaneId,
) -> bool {
    let evidence = account.evidence;
    let mut reached = false;
    for (place, stated) in evidence.about(message) {
        match stated.fact {
            Fact::Forwarding { subscription: s, .. } if s == subscription => account.state(place),
            Fact::Forwarded { subscription: s, lane, .. } if s == subscription => {
                account.state(place);
                reached |= lane == to;
            }
            _ => {}
        }
    }
    reached
}

fn first_append(account: &mut Account<'_>, message: MessageId) {
    let evidence = account.evidence;
    if let Some((place, _)) =
        evidence.about(message).find(|(_, s)| matches!(s.fact, Fact::Appended { .. }))
    {
        account.state(place);
    }
}

/// The earlier message had to be sent again while later ones were already on their way.
fn overtaken_by_retry(account: &mut Account<'_>, message: MessageId) {
    let evidence = account.evidence;
    let mut retry = None;
    for (place, stated) in evidence.about(message) {
        match stated.fact {
            Fact::Retried { producer, .. } => {
                account.state(place);
                retry.get_or_insert((place, producer));
            }
            Fact::Unknown { .. } | Fact::Refused { .. } | Fact::Rejected { .. } => {
                account.state(place);
            }
            _ => {}
        }
    }
    let Some((place, producer)) = retry else { return };
    let Some(config) = settings::producer_config(account.scenario, producer) else { return };
    let in_flight = config.max_in_flight_requests_per_connection;
    if !config.enable_idempotence && in_flight > 1 {
        account.allowed(
            place,
            "max.in.flight.requests.per.connection",
            format!(
                "Allowed by max.in.flight.requests.per.connection = {in_flight} with \
                 enable.idempotence = false: later batches overtake one that is sent again"
            ),
            format!(
                "根源是 max.in.flight.requests.per.connection = {in_flight} 而 enable.idempotence = false：批次重试时会被后面的批次超过"
            ),
        );
    }
}
