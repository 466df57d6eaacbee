//! Whether the old rule of truncation, to a follower's own high watermark, is why a message is
//! gone: it cuts off what the follower has not yet heard is committed, and it leaves standing what
//! differs below.

use super::account::Account;
use super::lost::Usurper;
use crate::fact::{ElectionKind, Fact, LaneId, MessageId, TruncationRule};
use crate::scenario::model::Truncation;

/// Names the rule if it was the cause; whether it was.
pub(super) fn tell(
    account: &mut Account<'_>,
    message: MessageId,
    lane: LaneId,
    usurped: Option<Usurper>,
) -> bool {
    if let Some(place) = cut_although_committed(account, message) {
        account.allowed(
            place,
            "truncation",
            "Allowed by kafka.truncation = high-watermark (before 0.11): a follower cuts off what \
             it has not yet heard is committed; leader epochs say where logs really differ"
                .into(),
            "根源是 kafka.truncation = high-watermark（0.11 之前）：Follower 会截掉自己尚不知已提交的消息；\
             Leader epoch 才能指出日志真正的分叉点"
                .into(),
        );
        return true;
    }
    if let Some(place) = taken_back_unlike(account, lane, usurped) {
        account.allowed(
            place,
            "truncation left standing",
            "Allowed by kafka.truncation = high-watermark (before 0.11): a replica rejoins the ISR \
             by how much it has, not by what; leader epochs would have shown the difference"
                .into(),
            "根源是 kafka.truncation = high-watermark（0.11 之前）：副本重新加入 ISR 时只比数量、不比内容；\
             有 Leader epoch 就能发现日志不一致"
                .into(),
        );
        return true;
    }
    false
}

/// Where a committed copy of the message was cut off by the old rule, on a replica that was needed:
/// the first such place.
fn cut_although_committed(account: &Account<'_>, message: MessageId) -> Option<usize> {
    let evidence = account.evidence;
    let committed = evidence
        .about(message)
        .find_map(|(p, s)| matches!(s.fact, Fact::Committed { .. }).then_some(p))?;
    let by_rule = |p: usize| {
        matches!(evidence.at(p).fact, Fact::Truncated { rule: TruncationRule::HighWatermark, .. })
    };
    let removals = evidence.removals(message);
    // What a new leader without the message made its followers cut off was lost before.
    let first = removals.iter().map(|r| r.0).find(|&p| p > committed)?;
    by_rule(first).then_some(first)
}

/// Where a replica whose log holds other messages was taken back into the in-sync set, if it led
/// later by an election that only in-sync replicas win.
fn taken_back_unlike(
    account: &mut Account<'_>,
    lane: LaneId,
    usurped: Option<Usurper>,
) -> Option<usize> {
    let (elected, kind, leader) = usurped?;
    if account.scenario.kafka.truncation != Truncation::HighWatermark
        || kind == ElectionKind::Unclean
    {
        return None;
    }
    let evidence = account.evidence;
    let rejoined = |(p, s): (usize, &crate::fact::Stated)| match s.fact {
        Fact::IsrExpanded { added, .. } if added.contains(leader) => Some(p),
        _ => None,
    };
    let back =
        evidence.on_lane(lane).filter(|&(p, _)| p < elected).filter_map(rejoined).next_back()?;
    account.state(back);
    Some(back)
}
