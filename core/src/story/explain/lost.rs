//! Why an acknowledged message can no longer reach a subscription.
//!
//! Either no log that may be read holds it any more, or the subscription's position went past it.

use super::account::Account;
use super::{settings, skipped, truncation};
use crate::brokers::kafka::settings::Acks;
use crate::fact::{DiskLoss, ElectionKind, Fact, LaneId, MessageId, NodeId, SubscriptionId};
use crate::scenario::model::Action;
use crate::story::evidence::Replica;
use std::collections::BTreeSet;

pub(super) fn tell(account: &mut Account<'_>, message: MessageId, subscription: SubscriptionId) {
    let evidence = account.evidence;
    let mut appended = None;
    let mut acknowledged = None;
    for (place, stated) in evidence.about(message) {
        match stated.fact {
            Fact::Appended { node, lane, .. } => {
                account.state(place);
                appended.get_or_insert((place, node, lane));
            }
            Fact::Acknowledged { producer, lane, .. } => {
                account.state(place);
                acknowledged.get_or_insert((place, producer, lane));
            }
            _ => {}
        }
    }
    let Some((acked_at, producer, lane)) = acknowledged else { return };
    let Some((appended_at, _, _)) = appended else {
        never_stored(account, message, acked_at, producer);
        return;
    };
    let at_ack = evidence.copies(message, acked_at);
    // Who held it says nothing where the log still serves it.
    if skipped::tell(account, message, subscription, lane) {
        return;
    }
    whose_word(account, message, acked_at, producer, &at_ack);
    why_no_copy(account, appended_at, acked_at, &at_ack, lane);
    how_the_copies_went(account, message, lane, appended_at, acked_at, producer);
}

/// acks=0: the acknowledgement was given by the client library alone.
fn never_stored(account: &mut Account<'_>, message: MessageId, place: usize, producer: NodeId) {
    let name = account.message(message);
    account.remark(
        place,
        "no append",
        format!("no broker ever appended {name}"),
        format!("没有任何 Broker 追加过 {name}"),
    );
    if settings::acks(account.scenario, producer) == Some(Acks::None) {
        account.allowed(
            place,
            "acks=0",
            "Allowed by acks = 0: the client counts a message as sent without hearing from a \
             broker"
                .into(),
            "根源是 acks = 0：客户端不等 Broker 的任何答复就当作发送成功".into(),
        );
    }
}

/// Who held the message when it was acknowledged.
fn whose_word(
    account: &mut Account<'_>,
    message: MessageId,
    place: usize,
    producer: NodeId,
    held: &BTreeSet<Replica>,
) {
    let name = account.message(message);
    let holders = account.nodes(held.iter().map(|r| r.node));
    let only = if held.len() == 1 { ("only ", "只有") } else { ("", "") };
    let (en, zh) = match settings::acks(account.scenario, producer) {
        Some(Acks::Leader) => {
            ("with acks = 1 the leader's own log was enough; ", "acks = 1 只看 Leader 自己的日志；")
        }
        Some(Acks::None) => ("with acks = 0 nobody was asked; ", "acks = 0 不等任何答复；"),
        Some(Acks::All) => (
            "with acks = all every in-sync replica had it; ",
            "acks = all 要求 ISR 中的副本都已写入；",
        ),
        None => ("", ""),
    };
    account.remark(
        place,
        if held.len() == 1 { "one holder" } else { "holders" },
        format!("{en}at that moment {}{holders} held {name}", only.0),
        format!("{zh}此刻{} {holders} 持有 {name}", only.1),
    );
}

/// What kept the followers from having it: cuts that were open, and the in-sync set.
pub(super) fn why_no_copy(
    account: &mut Account<'_>,
    appended_at: usize,
    acked_at: usize,
    held: &BTreeSet<Replica>,
    lane: LaneId,
) {
    let evidence = account.evidence;
    if held.len() > 1 {
        return;
    }
    let holders: BTreeSet<NodeId> = held.iter().map(|r| r.node).collect();
    let mut open: Vec<(NodeId, NodeId, usize)> = Vec::new();
    for (place, stated) in evidence.on_nodes().take_while(|&(p, _)| p < acked_at.max(appended_at)) {
        match stated.fact {
            Fact::Cut { from, to } if settings::both_brokers(account.scenario, from, to) => {
                open.push((from, to, place));
            }
            Fact::Healed { from, to } => open.retain(|&(f, t, _)| (f, t) != (from, to)),
            _ => {}
        }
    }
    // One direction is enough for the reader; a broken connection carries nothing either way.
    let mut peers = BTreeSet::new();
    for (from, to, place) in open {
        let peer = if holders.contains(&from) {
            to
        } else if holders.contains(&to) {
            from
        } else {
            continue;
        };
        if peers.insert(peer) {
            account.state(place);
        }
    }
    if let Some((place, isr)) = evidence.isr(lane, acked_at)
        && isr.len() == 1
    {
        account.state(place);
    }
}

/// What happened to the copies after the message was appended.
fn how_the_copies_went(
    account: &mut Account<'_>,
    message: MessageId,
    lane: LaneId,
    appended_at: usize,
    acked_at: usize,
    producer: NodeId,
) {
    let evidence = account.evidence;
    let removals = evidence.removals(message);
    let mut power_loss = None;
    let mut damage = None;
    for (place, _) in &removals {
        account.state(*place);
        match evidence.at(*place).fact {
            Fact::RolledBack { loss: DiskLoss::Corruption, .. } | Fact::Wiped { .. } => {
                damage.get_or_insert(*place);
            }
            Fact::RolledBack { .. } => {
                power_loss.get_or_insert(*place);
            }
            _ => {}
        }
    }
    let last = removals.last().map_or(evidence.end(), |r| r.0);
    holders_stopped(account, message, appended_at, last);
    let usurped = leader_without_it(account, message, lane, appended_at);
    let left = evidence.copies(message, evidence.end());
    if let (Some((place, _)), true) = (removals.last(), left.is_empty()) {
        let name = account.message(message);
        account.remark(
            *place,
            "no copy left",
            format!("from then on no log held {name}"),
            format!("从此再没有任何日志持有 {name}"),
        );
    }
    let told = Told { message, lane, acked_at, producer };
    name_settings(account, told, usurped, power_loss);
    if let Some(place) = damage {
        only_copy(account, lane, place);
    }
}

/// Names the setting by which a disk that is damaged or replaced had the only copy.
fn only_copy(account: &mut Account<'_>, lane: LaneId, place: usize) {
    let factor = settings::topic(account.scenario, lane).map(|t| t.replication_factor);
    if factor == Some(1) {
        account.allowed(
            place,
            "replication-factor",
            "Allowed by replication-factor = 1: no other disk had a copy".into(),
            "根源是 replication-factor = 1：别的磁盘上没有副本".into(),
        );
    }
}

fn holders_stopped(account: &mut Account<'_>, message: MessageId, from: usize, to: usize) {
    let evidence = account.evidence;
    for (place, stated) in evidence.on_nodes().filter(|&(p, _)| from < p && p <= to) {
        if let Fact::Stopped { node, .. } = stated.fact
            && evidence.copies(message, place).iter().any(|r| r.node == node)
        {
            account.state(place);
        }
    }
}

/// The first leader elected after the append whose log lacks the message.
fn leader_without_it(
    account: &mut Account<'_>,
    message: MessageId,
    lane: LaneId,
    appended_at: usize,
) -> Option<Usurper> {
    let evidence = account.evidence;
    let mut elected = None;
    for (place, stated) in evidence.on_lane(lane).filter(|&(p, _)| p > appended_at) {
        match stated.fact {
            Fact::Elected { leader: Some(node), kind, .. } => {
                let holds = evidence.copies(message, place).iter().any(|r| r.node == node);
                if !holds && elected.is_none() {
                    account.state(place);
                    elected = Some((place, kind, node));
                }
            }
            Fact::TookOver { node, end, .. } => {
                if let Some((election, kind, leader)) = elected
                    && leader == node
                {
                    account.state(place);
                    let name = account.message(message);
                    let node = account.nodes([node]);
                    account.remark(
                        place,
                        "leader without it",
                        format!("the log of {node} ends at {end} and does not hold {name}"),
                        format!("{node} 的日志到 {end} 为止，其中没有 {name}"),
                    );
                    return Some((election, kind, leader));
                }
            }
            _ => {}
        }
    }
    elected
}

/// The election of a leader without the message: where in the facts, of what kind, of whom.
pub(super) type Usurper = (usize, ElectionKind, NodeId);

/// An acknowledgement: of what, by whom, and where in the facts.
#[derive(Clone, Copy)]
struct Told {
    message: MessageId,
    lane: LaneId,
    acked_at: usize,
    producer: NodeId,
}

fn name_settings(
    account: &mut Account<'_>,
    Told { message, lane, acked_at, producer }: Told,
    usurped: Option<Usurper>,
    power_loss: Option<usize>,
) {
    let scenario = account.scenario;
    let by_rule = truncation::tell(account, message, lane, usurped);
    let alone = !by_rule && kept_by_one(account, message, acked_at, usurped);
    let acks = settings::acks(scenario, producer);
    // Waiting for followers would have helped only if the later leader lacked it at that moment.
    let at_ack = account.evidence.copies(message, acked_at);
    let lacked = match usurped {
        Some((_, _, node)) => at_ack.iter().all(|r| r.node != node),
        None => deposed(account, lane, acked_at, &at_ack),
    };
    if acks == Some(Acks::Leader) && lacked && alone {
        account.allowed(
            acked_at,
            "acks=1",
            "Allowed by acks = 1: the acknowledgement does not wait for any follower".into(),
            "根源是 acks = 1：确认不等待任何 Follower".into(),
        );
    }
    if acks == Some(Acks::All)
        && alone
        && let Some((_, isr)) = account.evidence.isr(lane, acked_at)
        && let Some(min) = settings::topic_config(scenario, lane).map(|c| c.min_insync_replicas)
        && !settings::topic_may_change(scenario, lane)
        && isr.len() == 1
        && min <= 1
    {
        account.allowed(
            acked_at,
            "min.insync.replicas",
            format!(
                "Allowed by min.insync.replicas = {min}: acks = all means the in-sync replicas, \
                 and the leader alone was enough of them"
            ),
            format!(
                "根源是 min.insync.replicas = {min}：acks = all 指 ISR 中的全部副本，而当时 ISR 只剩 Leader 自己"
            ),
        );
    }
    if let Some((place, ElectionKind::Unclean, _)) = usurped {
        unclean(account, lane, place);
    }
    let synced = settings::topic_config(scenario, lane).is_some_and(|c| c.flush_messages == 1);
    if let (Some(place), false) = (power_loss, synced) {
        account.allowed(
            place,
            "flush",
            "Kafka acknowledges before it syncs (flush.messages leaves that to the system): \
             safety lies in replicas that do not lose power together"
                .into(),
            "Kafka 先确认、后落盘（flush.messages 默认交给操作系统）：安全靠的是不会同时断电的多个副本"
                .into(),
        );
    }
}

/// Whether only one replica ever had the message until it was first taken away or overruled:
/// where it had been copied, how it was acknowledged is not why it is gone.
fn kept_by_one(
    account: &Account<'_>,
    message: MessageId,
    acked_at: usize,
    usurped: Option<Usurper>,
) -> bool {
    let evidence = account.evidence;
    let first_removal = evidence.removals(message).first().map(|r| r.0);
    let harm = first_removal.into_iter().chain(usurped.map(|u| u.0)).min();
    evidence.copies(message, harm.unwrap_or(evidence.end()).max(acked_at)).len() <= 1
}

/// Whether the message was taken in by a leader that had been replaced and did not know it.
fn deposed(
    account: &mut Account<'_>,
    lane: LaneId,
    acked_at: usize,
    held: &BTreeSet<Replica>,
) -> bool {
    let evidence = account.evidence;
    let election =
        evidence.on_lane(lane).rev().filter(|&(p, _)| p < acked_at).find_map(|(p, s)| {
            match s.fact {
                Fact::Elected { leader: Some(leader), .. } => Some((p, leader)),
                _ => None,
            }
        });
    match election {
        Some((place, leader)) if held.iter().all(|r| r.node != leader) => {
            account.state(place);
            true
        }
        _ => false,
    }
}

/// Who allowed a replica outside the in-sync set to lead: the topic's setting, or somebody during
/// the run.
/// Whether a step of the scenario asks for an unclean election of the lane.
fn asked_for(account: &Account<'_>, lane: LaneId) -> bool {
    let asks = |a: &Action| matches!(a, Action::ElectUnclean { lane: l } if *l == lane);
    account.scenario.steps.iter().any(|s| asks(&s.action))
}

fn unclean(account: &mut Account<'_>, lane: LaneId, place: usize) {
    let enabled = settings::topic_config(account.scenario, lane)
        .is_some_and(|c| c.unclean_leader_election_enable);
    let (kind, en, zh) = if enabled {
        (
            "unclean.leader.election.enable",
            "Allowed by unclean.leader.election.enable = true: a replica outside the ISR may lead",
            "根源是 unclean.leader.election.enable = true：ISR 之外的副本也可以当选",
        )
    } else if account.scenario.kafka.eligible_leader_replicas && !asked_for(account, lane) {
        (
            "last known leader",
            "Allowed by the election of the last known leader (KIP-966): nobody was in sync and \
             nobody eligible any more, so the last leader was taken back as it was",
            "根源是“最后已知 Leader”选举（KIP-966）：ISR 和 ELR 都已为空，只能请回最后一任 Leader，不管它的日志完不完整",
        )
    } else {
        (
            "unclean election by hand",
            "Allowed by an unclean election that was asked for during the run: \
             unclean.leader.election.enable = false alone would have waited",
            "根源是运行中人工发起的不干净选举：仅凭 unclean.leader.election.enable = false 会一直等待",
        )
    };
    account.allowed(place, kind, en.into(), zh.into());
}
