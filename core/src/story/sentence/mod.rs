//! One fact in one sentence, without the full stop, so that frontends can set it in a line.

mod en;
mod zh;

use crate::fact::{Directory, Fact, NodeSet};
use crate::story::Lang;

/// The fact as a sentence.
pub fn sentence(fact: &Fact, directory: &Directory, lang: Lang) -> String {
    tell(fact, &Words::of(fact, directory, lang), lang)
}

/// The names a sentence is built from. A story that tells a run of like facts once puts lists in
/// place of single names; the sentences are worded so that both read well.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    /// The message or messages.
    pub message: String,
    /// The node or nodes that did it.
    pub node: String,
    /// The node at the other end.
    pub other: String,
    /// The lane or lanes.
    pub lane: String,
    /// The subscription.
    pub subscription: String,
    /// The offset or range of offsets; empty where the fact has none.
    pub offset: String,
    /// The in-sync replicas after a change.
    pub isr: String,
    /// The replicas a change of the in-sync set was about.
    pub changed: String,
    /// Who joined the in-sync set in the same change in which others left it; mostly empty.
    pub joined: String,
    /// Whether a cut or its healing holds in both directions.
    pub both_ways: bool,
}

impl Words {
    /// The names in one fact.
    pub fn of(fact: &Fact, directory: &Directory, lang: Lang) -> Words {
        let set = |nodes: NodeSet| {
            let names: Vec<String> = nodes.iter().map(|n| directory.node(n).to_string()).collect();
            lang.list(&names)
        };
        let (isr, changed) = match *fact {
            Fact::IsrShrunk { isr, removed, .. } => (set(isr), set(removed)),
            Fact::IsrExpanded { isr, added, .. } => (set(isr), set(added)),
            Fact::UnderMinIsr { isr, .. } | Fact::Reassigned { replicas: isr, .. } => {
                (set(isr), String::new())
            }
            _ => Default::default(),
        };
        let other = match *fact {
            Fact::ControllerRefused { controller, .. } => directory.node(controller).into(),
            Fact::Settled { consumer, .. } => directory.node(consumer).into(),
            Fact::ChannelClosed { node, .. }
            | Fact::ConnectionBlocked { node, .. }
            | Fact::ConnectionUnblocked { node, .. } => directory.node(node).into(),
            Fact::Cut { to, .. } | Fact::Healed { to, .. } | Fact::Disconnected { to, .. } => {
                directory.node(to).to_string()
            }
            _ => String::new(),
        };
        Words {
            message: fact.message().map(|m| directory.message(m)).unwrap_or_default(),
            node: fact.node().map(|n| directory.node(n).to_string()).unwrap_or_default(),
            other,
            lane: fact.lane().map(|l| directory.lane(l).to_string()).unwrap_or_default(),
            subscription: fact
                .subscription()
                .map(|s| directory.subscription(s).to_string())
                .unwrap_or_default(),
            offset: offset_of(fact).map(|o| o.to_string()).unwrap_or_default(),
            isr,
            changed,
            joined: String::new(),
            both_ways: false,
        }
    }
}

/// The position in a lane that a fact speaks of, where it speaks of exactly one.
pub(super) fn offset_of(fact: &Fact) -> Option<u64> {
    match *fact {
        Fact::Acknowledged { offset, .. } => u64::try_from(offset).ok(),
        Fact::Appended { offset, .. }
        | Fact::Replicated { offset, .. }
        | Fact::Compacted { offset, .. }
        | Fact::Requeued { offset, .. }
        | Fact::NotRecovered { offset, .. }
        | Fact::Deduplicated { offset, .. }
        | Fact::Committed { offset, .. }
        | Fact::Delivered { offset, .. }
        | Fact::Handled { offset, .. }
        | Fact::Failed { offset, .. }
        | Fact::MarkerWritten { offset, .. }
        | Fact::Aborted { offset, .. }
        | Fact::Processed { offset, .. }
        | Fact::Positioned { offset, .. }
        | Fact::OffsetCommitted { offset, .. } => Some(offset),
        _ => None,
    }
}

/// The fact as a sentence over the given names.
pub(super) fn tell(fact: &Fact, words: &Words, lang: Lang) -> String {
    match lang {
        Lang::En => en::tell(fact, words),
        Lang::Zh => zh::tell(fact, words),
    }
}

#[cfg(test)]
mod tests;
