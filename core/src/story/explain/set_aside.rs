//! Why a subscription gave a message up: put it into a dead-letter topic, or logged and skipped it.

use super::account::Account;
use super::settings;
use crate::fact::{Fact, MessageId, SubscriptionId};

/// At most so many failures of one message are told; what lies between is counted.
const MOST_FAILURES: usize = 3;

pub(super) fn tell(account: &mut Account<'_>, message: MessageId, subscription: SubscriptionId) {
    let evidence = account.evidence;
    let of_group = |s: &SubscriptionId| *s == subscription;
    let mut failures = Vec::new();
    let mut end = None;
    for (place, stated) in evidence.about(message) {
        match &stated.fact {
            Fact::Failed { subscription: s, consumer, .. } if of_group(s) => {
                failures.push((place, *consumer));
            }
            Fact::Forwarding { subscription: s, .. }
            | Fact::Forwarded { subscription: s, .. }
            | Fact::ForwardFailed { subscription: s, .. }
                if of_group(s) =>
            {
                account.state(place);
            }
            Fact::DeadLettered { subscription: s, .. }
            | Fact::Dropped { subscription: Some(s), .. }
                if of_group(s) =>
            {
                account.state(place);
                end.get_or_insert(place);
            }
            _ => {}
        }
    }
    let shown = failures.len().min(MOST_FAILURES - 1);
    for (place, _) in failures[..shown].iter().chain(failures.last()) {
        account.state(*place);
    }
    let (Some((last, consumer)), Some(_)) = (failures.last().copied(), end) else { return };
    if failures.len() > MOST_FAILURES {
        let (name, count) = (account.message(message), failures.len());
        account.remark(
            last,
            "failures",
            format!("that was failure number {count} of {name}"),
            format!("这是 {name} 的第 {count} 次失败"),
        );
    }
    settings::set_aside(account, consumer, failures.len(), last);
}
