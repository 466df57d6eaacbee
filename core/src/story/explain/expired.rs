//! Why retention deleted a message before a subscription had handled it.

use super::account::Account;
use super::settings;
use crate::fact::{ExpiryRule, Fact, LaneId, MessageId, PositionRule, SubscriptionId};

pub(super) fn tell(account: &mut Account<'_>, message: MessageId, subscription: SubscriptionId) {
    let evidence = account.evidence;
    for (place, stated) in evidence.about(message) {
        if let Fact::Appended { .. } | Fact::Acknowledged { .. } = stated.fact {
            account.state(place);
        }
    }
    let Some((place, lane, offset)) = deleted(account, message) else { return };
    account.state(place);
    how_far_the_group_was(account, subscription, lane, offset, place);
    let after = evidence.on_lane(lane).find(|&(p, stated)| {
        let reset = matches!(stated.fact, Fact::Positioned { subscription: s, offset: to, rule: PositionRule::Reset, .. }
            if s == subscription && to > offset);
        p > place && reset
    });
    if let Some((reset, _)) = after {
        account.state(reset);
        let name = account.message(message);
        let group = account.scenario.directory.subscription(subscription).to_string();
        account.remark(
            reset,
            "out of range",
            format!(
                "{group} had asked for an offset that no longer exists (OFFSET_OUT_OF_RANGE) and \
                 goes on behind {name}, without an error"
            ),
            format!("{group} 请求的 offset 已不存在（OFFSET_OUT_OF_RANGE），于是越过 {name} 继续，应用没有收到任何错误"),
        );
    }
    blame(account, lane, place);
}

/// The deletion that took the message from the log that is read: the leader's, or the last one.
fn deleted(account: &Account<'_>, message: MessageId) -> Option<(usize, LaneId, u64)> {
    let evidence = account.evidence;
    let mut found = None;
    for (place, removed) in evidence.removals(message) {
        let Fact::Expired { lane, node, .. } = evidence.at(place).fact else { continue };
        let offset = removed.iter().map(|r| r.offset).max()?;
        found = Some((place, lane, offset));
        if evidence.leader(lane, place).is_none_or(|leader| leader == node) {
            break;
        }
    }
    found
}

/// Says where the group's committed offset stood when the message was deleted.
fn how_far_the_group_was(
    account: &mut Account<'_>,
    subscription: SubscriptionId,
    lane: LaneId,
    offset: u64,
    place: usize,
) {
    let before = account.evidence.on_lane(lane).rev().filter(|&(p, _)| p < place);
    let committed = before.filter_map(|(_, stated)| match stated.fact {
        Fact::OffsetCommitted { subscription: s, offset, .. } if s == subscription => Some(offset),
        _ => None,
    });
    let committed = committed.max().unwrap_or(0);
    let group = account.scenario.directory.subscription(subscription).to_string();
    let lane = account.scenario.directory.lane(lane).to_string();
    account.remark(
        place,
        "behind retention",
        format!(
            "{group} had committed offset {committed} of {lane} by then, and the message stood at {offset}"
        ),
        format!("此时 {group} 在 {lane} 上只提交到 offset {committed}，而该消息在 {offset}"),
    );
}

fn blame(account: &mut Account<'_>, lane: LaneId, place: usize) {
    let Fact::Expired { rule, .. } = account.evidence.at(place).fact else { return };
    let Some(config) = settings::topic_config(account.scenario, lane) else { return };
    let changes = settings::topic_may_change(account.scenario, lane);
    let as_given = |value: String| if changes { String::new() } else { format!(" = {value}") };
    let (kind, en, zh) = match rule {
        ExpiryRule::Size => {
            let limit = as_given(config.retention_bytes.to_string());
            (
                "retention.bytes",
                format!(
                    "Allowed by retention.bytes{limit}: the oldest segments go when the partition \
                     is larger, whoever has still to read them"
                ),
                format!(
                    "根源是 retention.bytes{limit}：分区超过这个大小就删除最旧的段，不管谁还没读"
                ),
            )
        }
        ExpiryRule::Time | ExpiryRule::Leader => {
            let limit = as_given(config.retention_ms.to_string());
            (
                "retention.ms",
                format!(
                    "Allowed by retention.ms{limit}: a segment goes when its newest record is \
                     older, whoever has still to read it"
                ),
                format!(
                    "根源是 retention.ms{limit}：段中最新的消息超过这个时长就整段删除，不管谁还没读"
                ),
            )
        }
    };
    account.allowed(place, kind, en, zh);
}
