//! Why a message that the log still serves never reaches a subscription: its position went past it.

use super::account::Account;
use super::settings;
use crate::fact::{Fact, LaneId, MessageId, NodeId, PositionRule, SubscriptionId};

/// Whether the log still serves the message and only the subscription went past it.
pub(super) fn tell(
    account: &mut Account<'_>,
    message: MessageId,
    subscription: SubscriptionId,
    lane: LaneId,
) -> bool {
    let evidence = account.evidence;
    let leader = evidence.leader(lane, evidence.end());
    let held = evidence.copies(message, evidence.end());
    let Some(copy) = held.iter().find(|r| r.lane == lane && Some(r.node) == leader) else {
        return false;
    };
    let mut passed = None;
    for (place, stated) in evidence.on_lane(lane) {
        match stated.fact {
            Fact::Positioned { subscription: s, offset, rule, .. }
                if s == subscription && offset > copy.offset =>
            {
                account.state(place);
                passed.get_or_insert((place, Some(rule)));
            }
            Fact::OffsetCommitted { subscription: s, offset, .. }
                if s == subscription && offset > copy.offset && passed.is_none() =>
            {
                account.state(place);
                passed = Some((place, None));
            }
            _ => {}
        }
    }
    let failed = last_failure(account, message, subscription);
    if let Some((place, consumer)) = failed {
        consumer_side(account, message, subscription);
        settings::gave_up(account, consumer, place);
        return true;
    }
    let Some((place, rule)) = passed else { return true };
    consumer_side(account, message, subscription);
    behind(account, message, subscription, copy.offset, lane);
    match rule {
        Some(PositionRule::Reset) => account.allowed(
            place,
            "auto.offset.reset",
            "Allowed by auto.offset.reset = latest: without a usable committed offset the group \
             starts behind what is already in the log"
                .into(),
            "根源是 auto.offset.reset = latest：没有可用的已提交位点时，消费组从日志末端开始，跳过已有消息".into(),
        ),
        None => settings::committed_early(account, subscription, place),
        Some(_) => {}
    }
    true
}

/// The last time the application failed on the message and did not mean to try it again.
fn last_failure(
    account: &Account<'_>,
    message: MessageId,
    subscription: SubscriptionId,
) -> Option<(usize, NodeId)> {
    let about = account.evidence.about(message);
    let failed = about.filter_map(|(place, stated)| match stated.fact {
        Fact::Failed { subscription: s, consumer, again: false, .. } if s == subscription => {
            Some((place, consumer))
        }
        _ => None,
    });
    failed.last()
}

/// Says that the last place from which the group went on reading lies behind the message.
fn behind(
    account: &mut Account<'_>,
    message: MessageId,
    subscription: SubscriptionId,
    at: u64,
    lane: LaneId,
) {
    let mut resumed = account.evidence.on_lane(lane).rev();
    let resumed = resumed.find_map(|(place, stated)| match stated.fact {
        Fact::Positioned { subscription: s, offset, .. } if s == subscription && offset > at => {
            Some(place)
        }
        _ => None,
    });
    let Some(place) = resumed else { return };
    let (name, group) = (
        account.message(message),
        account.scenario.directory.subscription(subscription).to_string(),
    );
    account.remark(
        place,
        "behind the position",
        format!("{name} stands at offset {at}, before that: {group} will not read it again"),
        format!("{name} 位于位点 {at}，在它之前：{group} 不会再读到它"),
    );
}

/// Deliveries of the message and deaths of the consumers that had it.
fn consumer_side(account: &mut Account<'_>, message: MessageId, subscription: SubscriptionId) {
    let evidence = account.evidence;
    let mut consumers = Vec::new();
    for (place, stated) in evidence.about(message) {
        match stated.fact {
            Fact::Delivered { subscription: s, consumer, .. } if s == subscription => {
                account.state(place);
                consumers.push((place, consumer));
            }
            Fact::Failed { subscription: s, .. } if s == subscription => account.state(place),
            _ => {}
        }
    }
    for (delivered, consumer) in consumers {
        let stopped = evidence.on_nodes().find(|&(p, s)| {
            p > delivered && matches!(s.fact, Fact::Stopped { node, .. } if node == consumer)
        });
        if let Some((place, _)) = stopped {
            account.state(place);
        }
    }
}
