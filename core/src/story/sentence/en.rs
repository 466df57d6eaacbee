//! The English sentences: past tense, active voice, so that one message or many fit alike.

use super::Words;
use crate::fact::{
    DiskLoss, ElectionKind, ExpiryRule, Fact, Outage, PositionRule, RecoveryLoss, TruncationRule,
};

pub(super) fn tell(fact: &Fact, words: &Words) -> String {
    match fact {
        Fact::Sent { .. }
        | Fact::Attempted { .. }
        | Fact::Retried { .. }
        | Fact::Acknowledged { .. }
        | Fact::Refused { .. }
        | Fact::Unknown { .. }
        | Fact::Blocked { .. }
        | Fact::Unblocked { .. } => producer(fact, words),
        Fact::Appended { .. }
        | Fact::Replicated { .. }
        | Fact::Deduplicated { .. }
        | Fact::Committed { .. }
        | Fact::Rejected { .. }
        | Fact::Truncated { .. }
        | Fact::RolledBack { .. }
        | Fact::Wiped { .. }
        | Fact::Expired { .. }
        | Fact::Compacted { .. }
        | Fact::Dropped { .. }
        | Fact::StorageFailed { .. } => log(fact, words),
        Fact::Elected { .. }
        | Fact::TookOver { .. }
        | Fact::SteppedDown { .. }
        | Fact::IsrShrunk { .. }
        | Fact::IsrExpanded { .. }
        | Fact::Reassigned { .. }
        | Fact::UnderMinIsr { .. } => leadership(fact, words),
        Fact::Delivered { .. }
        | Fact::Handled { .. }
        | Fact::Failed { .. }
        | Fact::Positioned { .. }
        | Fact::OffsetCommitted { .. }
        | Fact::OffsetExpired { .. }
        | Fact::CommitFailed { .. }
        | Fact::Forwarding { .. }
        | Fact::Forwarded { .. }
        | Fact::ForwardFailed { .. }
        | Fact::DeadLettered { .. } => subscription(fact, words),
        Fact::Joined { .. }
        | Fact::MemberLeft { .. }
        | Fact::Rebalancing { .. }
        | Fact::Rebalanced { .. }
        | Fact::Assigned { .. }
        | Fact::Revoked { .. }
        | Fact::PartitionsLost { .. }
        | Fact::MemberFenced { .. } => membership(fact, words),
        Fact::ControllerCandidate { .. }
        | Fact::ControllerElected { .. }
        | Fact::ControllerActive { .. }
        | Fact::ControllerResigned { .. }
        | Fact::MetadataTruncated { .. } => quorum(fact, words),
        Fact::TransactionBegun { .. }
        | Fact::TransactionCommitted { .. }
        | Fact::TransactionAborted { .. }
        | Fact::TransactionCompleted { .. }
        | Fact::MarkerWritten { .. }
        | Fact::Aborted { .. }
        | Fact::Processed { .. }
        | Fact::ProducerFenced { .. } => transaction(fact, words),
        Fact::Unroutable { .. }
        | Fact::Returned { .. }
        | Fact::Settled { .. }
        | Fact::Requeued { .. }
        | Fact::NotRecovered { .. }
        | Fact::Consuming { .. }
        | Fact::ConsumerCancelled { .. }
        | Fact::ChannelClosed { .. }
        | Fact::ConnectionBlocked { .. }
        | Fact::ConnectionUnblocked { .. } => queue(fact, words),
        Fact::SessionExpired { .. }
        | Fact::RegistrationRefused { .. }
        | Fact::ControllerRefused { .. } => zookeeper(fact, words),
        Fact::Registered { .. }
        | Fact::Fenced { .. }
        | Fact::Unfenced { .. }
        | Fact::Stopped { .. }
        | Fact::Started { .. }
        | Fact::Paused { .. }
        | Fact::Resumed { .. }
        | Fact::Cut { .. }
        | Fact::Healed { .. }
        | Fact::Disconnected { .. }
        | Fact::DiskState { .. } => machines(fact, words),
    }
}

fn producer(fact: &Fact, w: &Words) -> String {
    let Words { message, node, lane, offset, .. } = w;
    match fact {
        Fact::Sent { .. } => format!("{node} sent {message}"),
        Fact::Attempted { attempt, .. } => {
            format!("{node} put {message} on the wire to {lane}, attempt {attempt}")
        }
        Fact::Retried { error, .. } => format!("{node} met {error} and will send {message} again"),
        Fact::Acknowledged { .. } if offset.is_empty() => {
            format!("{node} counts {message} as acknowledged in {lane}, offset not reported")
        }
        Fact::Acknowledged { .. } => {
            format!("{node} got the acknowledgement of {message} in {lane} at offset {offset}")
        }
        Fact::Refused { error, .. } => format!("{node} was told that {message} failed: {error}"),
        Fact::Unknown { error, .. } => {
            format!("{node} cannot know what became of {message}: {error}")
        }
        Fact::Blocked { .. } => format!("{node} is out of buffer memory; its send() blocks"),
        Fact::Unblocked { .. } => format!("send() of {node} no longer blocks"),
        _ => String::new(),
    }
}

fn log(fact: &Fact, w: &Words) -> String {
    let Words { message, node, lane, offset, .. } = w;
    match fact {
        Fact::Appended { epoch, .. } => {
            format!("{node} appended {message} to {lane} at offset {offset}, leader epoch {epoch}")
        }
        Fact::Replicated { .. } => {
            format!("{node} replicated {message} of {lane} at offset {offset}")
        }
        Fact::Deduplicated { .. } => format!(
            "{node} recognised {message} as a retry of what stands in {lane} at offset {offset} \
             and appended nothing"
        ),
        Fact::Committed { .. } => {
            format!("the high watermark of {lane} on {node} passed {message} at offset {offset}")
        }
        Fact::Rejected { error, .. } => {
            format!("{node} refused to append {message} to {lane}: {error}")
        }
        Fact::Truncated { from, to, rule, .. } => {
            let why = match rule {
                TruncationRule::HighWatermark => "everything above its own high watermark",
                TruncationRule::LeaderEpoch => "everything after the leader epochs diverge",
                TruncationRule::LeaderLogEnd => "everything beyond the leader's log end",
            };
            format!("{node} truncated {lane} from log end {from} to {to}: {why}")
        }
        Fact::RolledBack { from, to, loss, .. } => {
            let what = match loss {
                DiskLoss::PowerLoss => "the power loss took unsynced records off",
                DiskLoss::TornBatch => "recovery cut an incomplete batch off",
                DiskLoss::Corruption => "the disk damaged records at the end of",
            };
            format!("{what} {lane} on {node}: log end {from} became {to}")
        }
        Fact::Wiped { .. } => format!("the copy of {lane} on {node} is gone"),
        Fact::Compacted { .. } => {
            format!("compaction removed {message} at offset {offset} from {lane} on {node}")
        }
        Fact::Expired { below, rule, .. } => {
            let why = match rule {
                ExpiryRule::Time => "older than retention.ms",
                ExpiryRule::Size => "more than retention.bytes",
                ExpiryRule::Leader => "the leader's log starts there",
            };
            format!("{node} deleted everything below offset {below} of {lane}: {why}")
        }
        Fact::Dropped { rule, subscription: Some(_), .. } => {
            let subscription = &w.subscription;
            format!("{subscription} logged {message} from {lane} and gave it up: {rule}")
        }
        Fact::Dropped { rule, .. } => format!("{lane} discarded {message} by the rule {rule}"),
        Fact::StorageFailed { .. } => {
            format!("the log directory of {lane} on {node} went offline (KAFKA_STORAGE_ERROR)")
        }
        _ => String::new(),
    }
}

fn queue(fact: &Fact, w: &Words) -> String {
    let Words { message, node, other, lane, subscription, offset, .. } = w;
    match fact {
        Fact::Unroutable { .. } => format!("{node} found no queue for {message}"),
        Fact::Returned { .. } => format!("{node} got {message} back: no queue matched"),
        Fact::Settled { auto: true, .. } => {
            format!("{lane} counted {message} as settled on delivery to {other} (auto-ack)")
        }
        Fact::Settled { .. } => format!("{other} acknowledged {message}; {lane} let go of it"),
        Fact::Requeued { .. } => format!("{message} went back into {lane} at position {offset}"),
        Fact::NotRecovered { why, .. } => {
            let why = match why {
                RecoveryLoss::Transient => "it was transient",
                RecoveryLoss::NotOnDisk => "it had not reached the disk",
                RecoveryLoss::QueueNotDurable => "the queue is not durable",
                RecoveryLoss::Discarded => "the node discarded its copy of the queue",
            };
            format!("{node} started without {message} of {lane}: {why}")
        }
        Fact::Consuming { .. } => format!("{node} consumes from {lane} for {subscription}"),
        Fact::ConsumerCancelled { why, .. } => {
            format!("{node} no longer consumes from {lane}: {why}")
        }
        Fact::ChannelClosed { error, .. } => {
            format!("{other} closed the channel of {node}: {error}")
        }
        Fact::ConnectionBlocked { why, .. } => {
            format!("{other} stopped reading what {node} publishes: {why}")
        }
        Fact::ConnectionUnblocked { .. } => format!("{other} reads from {node} again"),
        _ => String::new(),
    }
}

fn leadership(fact: &Fact, w: &Words) -> String {
    let Words { node, lane, isr, changed, .. } = w;
    match fact {
        Fact::Elected { leader: None, epoch, .. } => {
            format!("{lane} has no leader: no eligible replica is alive, leader epoch {epoch}")
        }
        Fact::Elected { epoch, kind, .. } => {
            let how = match kind {
                ElectionKind::First => "as the first leader",
                ElectionKind::Clean => "from the in-sync replicas",
                ElectionKind::Eligible => "from the eligible leader replicas (ELR)",
                ElectionKind::Unclean => {
                    "by an unclean election: it may lack acknowledged messages"
                }
                ElectionKind::Preferred => "as the preferred replica",
                ElectionKind::ControlledShutdown => "because the old leader is about to stop",
            };
            format!("{node} was elected leader of {lane} {how}, leader epoch {epoch}")
        }
        Fact::TookOver { epoch, end, .. } => {
            format!("{node} now leads {lane} with log end {end}, leader epoch {epoch}")
        }
        Fact::SteppedDown { epoch, .. } => {
            format!("{node} learned that it no longer leads {lane}, leader epoch {epoch}")
        }
        Fact::IsrShrunk { .. } if !w.joined.is_empty() => {
            let joined = &w.joined;
            format!("the ISR of {lane} is now {isr}: {changed} left it, {joined} joined it")
        }
        Fact::IsrShrunk { .. } => {
            format!("the ISR of {lane} shrank to {isr}; {changed} left it")
        }
        Fact::IsrExpanded { .. } => {
            format!("the ISR of {lane} grew to {isr}; {changed} joined it")
        }
        Fact::Reassigned { .. } => format!("{lane} has moved: its replicas are {isr}"),
        Fact::UnderMinIsr { .. } => format!(
            "the ISR of {lane} ({isr}) is below min.insync.replicas: acks=all writes are refused"
        ),
        _ => String::new(),
    }
}

fn subscription(fact: &Fact, w: &Words) -> String {
    let Words { message, node, lane, subscription, offset, .. } = w;
    match fact {
        Fact::Delivered { .. } => {
            format!("{node} of {subscription} received {message} from {lane} at offset {offset}")
        }
        Fact::Handled { .. } => {
            format!("{node} of {subscription} handled {message} from {lane} at offset {offset}")
        }
        Fact::Failed { .. } => format!(
            "the handler of {node} of {subscription} failed on {message} from {lane} at offset {offset}"
        ),
        Fact::OffsetExpired { .. } => format!(
            "the committed offset of {subscription} for {lane} expired: the group had no members for \
             offsets.retention.minutes"
        ),
        Fact::Positioned { rule, .. } => {
            let why = match rule {
                PositionRule::Committed => "the committed offset",
                PositionRule::Reset => {
                    "no committed offset could be used, auto.offset.reset decided"
                }
                PositionRule::Truncated => "the log was truncated below its position",
                PositionRule::Seek => "the application asked for it",
            };
            format!("{node} of {subscription} reads {lane} from offset {offset}: {why}")
        }
        Fact::OffsetCommitted { .. } => {
            format!("{subscription} committed offset {offset} of {lane}")
        }
        Fact::CommitFailed { error, .. } => {
            format!("{node} of {subscription} could not commit its offset of {lane}: {error}")
        }
        Fact::DeadLettered { .. } => format!("{subscription} set {message} aside as a dead letter"),
        Fact::Forwarding { .. } => {
            format!(
                "{node} of {subscription} publishes {message} to {lane}, because its handler failed"
            )
        }
        Fact::Forwarded { .. } => {
            format!("{node} of {subscription} was told that {message} stands in {lane}")
        }
        Fact::ForwardFailed { error, .. } => {
            format!("{node} of {subscription} could not publish {message} to {lane}: {error}")
        }
        _ => String::new(),
    }
}

fn membership(fact: &Fact, w: &Words) -> String {
    let Words { node, lane, subscription, .. } = w;
    match fact {
        Fact::Joined { .. } => format!("the coordinator took {node} into {subscription}"),
        Fact::MemberLeft { why, .. } => {
            format!("{node} is no longer a member of {subscription}: {why}")
        }
        Fact::Rebalancing { generation: 0, why, .. } => {
            format!("{subscription} begins its first rebalance: {why}")
        }
        Fact::Rebalancing { generation, why, .. } => {
            format!("{subscription} rebalances, generation {generation} ends: {why}")
        }
        Fact::Rebalanced { generation, members: 0, .. } => {
            format!("{subscription} is empty, generation {generation}")
        }
        Fact::Rebalanced { generation, members: 1, .. } => {
            format!("{subscription} is stable with 1 member, generation {generation}")
        }
        Fact::Rebalanced { generation, members, .. } => {
            format!("{subscription} is stable with {members} members, generation {generation}")
        }
        Fact::Assigned { .. } => format!("{node} of {subscription} got {lane}"),
        Fact::Revoked { .. } => format!("{node} of {subscription} gave up {lane}"),
        Fact::PartitionsLost { .. } => {
            format!("{node} of {subscription} learned that it has lost {lane}")
        }
        Fact::MemberFenced { error, .. } => {
            format!("{node} learned that {subscription} no longer counts on it: {error}")
        }
        _ => String::new(),
    }
}

fn quorum(fact: &Fact, w: &Words) -> String {
    let Words { node, .. } = w;
    match fact {
        Fact::ControllerCandidate { epoch, .. } => {
            format!("{node} stands for election as leader of the controllers, epoch {epoch}")
        }
        Fact::ControllerElected { epoch, .. } => {
            format!(
                "a majority of the controllers voted for {node}: it leads them in epoch {epoch}"
            )
        }
        Fact::ControllerActive { epoch, .. } => {
            format!("{node} is the active controller from now on, epoch {epoch}")
        }
        Fact::ControllerResigned { epoch, .. } => {
            format!("{node} gives up the office of controller; its epoch was {epoch}")
        }
        Fact::MetadataTruncated { from, to, .. } => format!(
            "{node} cut its metadata log from {from} back to {to}: those records were never \
             committed"
        ),
        _ => String::new(),
    }
}

fn transaction(fact: &Fact, w: &Words) -> String {
    let Words { message, node, lane, subscription, offset, .. } = w;
    match fact {
        Fact::TransactionBegun { .. } => {
            format!("the transaction coordinator noted a transaction of {node}")
        }
        Fact::TransactionCommitted { .. } => {
            format!(
                "the transaction of {node} is committed: the decision is in the coordinator's log"
            )
        }
        Fact::TransactionAborted { why, .. } => {
            format!("the transaction of {node} is aborted: {why}")
        }
        Fact::TransactionCompleted { .. } => {
            format!("every partition of the transaction of {node} has its marker")
        }
        Fact::MarkerWritten { commit, .. } => {
            let which = if *commit { "COMMIT" } else { "ABORT" };
            format!("{node} wrote the marker {which} into {lane} at offset {offset}")
        }
        Fact::Aborted { .. } => {
            format!("{message} in {lane} at offset {offset} is void: its transaction was aborted")
        }
        Fact::Processed { .. } => format!(
            "{node} of {subscription} processed {message} from {lane} at offset {offset} inside its \
             transaction"
        ),
        Fact::ProducerFenced { error, .. } => {
            format!("{node} learned that its transactional.id belongs to another by now: {error}")
        }
        _ => String::new(),
    }
}

fn zookeeper(fact: &Fact, w: &Words) -> String {
    let Words { node, other, .. } = w;
    match fact {
        Fact::SessionExpired { .. } => {
            format!("ZooKeeper ended the session of {node}: its ephemeral znodes are gone")
        }
        Fact::RegistrationRefused { .. } => format!(
            "{node} cannot register: the znode of its earlier session is still there, and it stops"
        ),
        Fact::ControllerRefused { epoch, .. } => format!(
            "{node} refused a request of {other}: a controller of epoch {epoch} has been replaced \
             (STALE_CONTROLLER_EPOCH)"
        ),
        _ => String::new(),
    }
}

fn machines(fact: &Fact, w: &Words) -> String {
    let Words { node, other, .. } = w;
    match fact {
        Fact::Registered { epoch, .. } => {
            format!("{node} is registered, broker epoch {epoch}")
        }
        Fact::Fenced { .. } => format!("the controller fenced {node}: it no longer counts on it"),
        Fact::Unfenced { .. } => format!("the controller counts on {node} again"),
        Fact::Stopped { how, .. } => match how {
            Outage::Crash => format!("{node} crashed: the process died, its machine lives on"),
            Outage::PowerOff => format!("{node} lost power, and with it everything not yet synced"),
            Outage::Shutdown => format!("{node} shut down in an orderly way"),
        },
        Fact::Started { boots: 0 | 1, .. } => format!("{node} started"),
        Fact::Started { boots, .. } => format!("{node} started again, boot {boots}"),
        Fact::Paused { .. } => format!("{node} stands still"),
        Fact::Resumed { .. } => format!("{node} goes on"),
        Fact::Cut { .. } if w.both_ways => {
            format!("packets from {node} to {other} and back no longer arrive")
        }
        Fact::Healed { .. } if w.both_ways => {
            format!("packets from {node} to {other} and back arrive again")
        }
        Fact::Cut { .. } => format!("packets from {node} to {other} no longer arrive"),
        Fact::Healed { .. } => format!("packets from {node} to {other} arrive again"),
        Fact::Disconnected { why, .. } => {
            format!("the connection from {node} to {other} broke: {why}")
        }
        Fact::DiskState { state, .. } => format!("the disk of {node} is now {state}"),
        _ => String::new(),
    }
}
