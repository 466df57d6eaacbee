//! Why compaction removed a message before a subscription had handled it.

use super::account::Account;
use super::settings;
use crate::fact::{Fact, MessageId, SubscriptionId};

pub(super) fn tell(account: &mut Account<'_>, message: MessageId, subscription: SubscriptionId) {
    let evidence = account.evidence;
    let mut removed = None;
    for (place, stated) in evidence.about(message) {
        match stated.fact {
            Fact::Appended { .. } | Fact::Acknowledged { .. } => account.state(place),
            Fact::Compacted { lane, node, .. } => {
                let led = evidence.leader(lane, place).is_none_or(|leader| leader == node);
                if led && removed.is_none() {
                    removed = Some((place, lane));
                }
            }
            _ => {}
        }
    }
    let Some((place, lane)) = removed else { return };
    account.state(place);
    let name = account.message(message);
    let group = account.scenario.directory.subscription(subscription).to_string();
    account.remark(
        place,
        "not read in time",
        format!("{group} had not read {name} by then; its offset stays unused"),
        format!("此时 {group} 还没有读到 {name}；这个 offset 从此空着"),
    );
    let policy = settings::topic_config(account.scenario, lane).map(|c| c.cleanup_policy.word());
    let policy = policy.filter(|_| !settings::topic_may_change(account.scenario, lane));
    let value = policy.map_or_else(String::new, |word| format!(" = {word}"));
    account.allowed(
        place,
        "cleanup.policy",
        format!(
            "Allowed by cleanup.policy{value}: of each key only the newest record below the active \
             segment stays, and a tombstone only for delete.retention.ms"
        ),
        format!(
            "根源是 cleanup.policy{value}：活跃段之前每个 key 只留最新的一条，墓碑也只保留 delete.retention.ms"
        ),
    );
}
