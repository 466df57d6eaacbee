//! Messages whose producer was told one thing while the logs say another, and messages out of
//! reach.

use super::account::Account;
use super::{lost, settings};
use crate::fact::{Fact, LaneId, MessageId, NodeId, SubscriptionId};
use std::collections::BTreeSet;

/// Refused to its producer, yet handled.
pub(super) fn phantom(account: &mut Account<'_>, message: MessageId, subscription: SubscriptionId) {
    let evidence = account.evidence;
    let mut last_refusal = None;
    for (place, stated) in evidence.about(message) {
        match stated.fact {
            Fact::Appended { .. } | Fact::Retried { .. } | Fact::Rejected { .. } => {
                account.state(place);
            }
            Fact::Refused { .. } => {
                account.state(place);
                last_refusal = Some(place);
            }
            Fact::Handled { subscription: s, .. } if s == subscription => account.state(place),
            _ => {}
        }
    }
    if let Some(place) = last_refusal {
        let stored = evidence.copies(message, place);
        if !stored.is_empty() {
            let name = account.message(message);
            let holders = account.nodes(stored.iter().map(|r| r.node));
            account.remark(
                place,
                "refused though stored",
                format!("{holders} held {name} all the same"),
                format!("而 {holders} 上其实已经存有 {name}"),
            );
        }
    }
}

/// Acknowledged, its only copies where nobody may read them.
pub(super) fn stranded(account: &mut Account<'_>, message: MessageId) {
    let evidence = account.evidence;
    let mut lanes: BTreeSet<LaneId> = BTreeSet::new();
    let mut appended = None;
    for (place, stated) in evidence.about(message) {
        match stated.fact {
            Fact::Appended { lane, .. } => {
                account.state(place);
                lanes.insert(lane);
                appended.get_or_insert(place);
            }
            Fact::Acknowledged { lane, .. } => {
                account.state(place);
                let copies = evidence.copies(message, place);
                lost::why_no_copy(account, appended.unwrap_or(place), place, &copies, lane);
            }
            _ => {}
        }
    }
    let held = evidence.copies(message, evidence.end());
    let holders: BTreeSet<NodeId> = held.iter().map(|r| r.node).collect();
    for &node in &holders {
        if let Some(place) = evidence.down_since(node, evidence.end()) {
            account.state(place);
        }
    }
    for (place, _) in evidence.removals(message) {
        account.state(place);
    }
    for lane in lanes {
        leaderless(account, message, lane, &holders);
    }
}

fn leaderless(
    account: &mut Account<'_>,
    message: MessageId,
    lane: LaneId,
    holders: &BTreeSet<NodeId>,
) {
    let evidence = account.evidence;
    let last = evidence.on_lane(lane).rev().find(|(_, s)| matches!(s.fact, Fact::Elected { .. }));
    let Some((place, stated)) = last else { return };
    if !matches!(stated.fact, Fact::Elected { leader: None, .. }) {
        return;
    }
    account.state(place);
    let name = account.message(message);
    let nodes = account.nodes(holders.iter().copied());
    account.remark(
        place,
        "copies out of reach",
        format!("{name} still exists on {nodes}, where nobody can read it"),
        format!("{name} 仍存于 {nodes}，但没有人能读到"),
    );
    let unchanged = !settings::topic_may_change(account.scenario, lane);
    let clean_only = settings::topic_config(account.scenario, lane)
        .is_some_and(|c| !c.unclean_leader_election_enable);
    if unchanged && clean_only {
        account.allowed(
            place,
            "unclean.leader.election.enable",
            "unclean.leader.election.enable = false waits for a replica that has everything \
             instead of losing messages"
                .into(),
            "unclean.leader.election.enable = false：宁可等待拥有全部数据的副本，也不丢消息".into(),
        );
    }
}
