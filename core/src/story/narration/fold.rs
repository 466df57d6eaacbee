//! Like facts gathered into one line.

use super::ranges;
use super::{Line, Tone};
use crate::fact::{Directory, Fact, LaneId, MessageId, NodeId, NodeSet, Stated};
use crate::kernel::Time;
use crate::story::Lang;
use crate::story::sentence::{Words, offset_of, tell};
use std::collections::BTreeSet;

/// Facts of one kind by one actor, told in one sentence.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub first: Stated,
    pub tone: Tone,
    until: Time,
    messages: Vec<MessageId>,
    nodes: Vec<NodeId>,
    lanes: Vec<LaneId>,
    offsets: Vec<u64>,
    others: Vec<NodeId>,
    both_ways: bool,
    /// Who joined the in-sync set in the same change in which others left it.
    joined: NodeSet,
}

impl Group {
    pub fn new(stated: &Stated, tone: Tone) -> Group {
        let fact = &stated.fact;
        let others = match *fact {
            Fact::Cut { to, .. } | Fact::Healed { to, .. } => vec![to],
            _ => Vec::new(),
        };
        Group {
            first: *stated,
            tone,
            until: stated.time,
            messages: fact.message().into_iter().collect(),
            nodes: fact.node().into_iter().collect(),
            lanes: fact.lane().into_iter().collect(),
            offsets: offset_of(fact).into_iter().collect(),
            others,
            both_ways: false,
            joined: NodeSet::default(),
        }
    }

    /// When the last fact of the group happened.
    pub fn until(&self) -> Time {
        self.until
    }

    /// Whether `new` is the other half of the change told here: an unclean election replaces the
    /// in-sync set as a whole, which is stated as a shrinking and a growing. If so, it is taken.
    pub fn replaces(&mut self, new: &Group) -> bool {
        let (Fact::IsrShrunk { isr: after, .. }, Fact::IsrExpanded { isr, added, .. }) =
            (self.first.fact, new.first.fact)
        else {
            return false;
        };
        let same = self.first.event == new.first.event
            && after == isr
            && new.lanes.iter().all(|lane| self.lanes.contains(lane));
        if same {
            self.joined = added;
        }
        same
    }

    /// Whether a fact told here may have led to the fact of `new`: an earlier stage in the life of
    /// the same message, or what a subscription handled before it stored its progress.
    pub fn leads_to(&self, new: &Group) -> bool {
        let (Some(here), Some(there)) = (stage(&self.first.fact), stage(&new.first.fact)) else {
            return new.messages.iter().any(|message| self.messages.contains(message));
        };
        let progress = matches!(new.first.fact, Fact::OffsetCommitted { .. });
        let same = match progress {
            true => self.first.fact.subscription() == new.first.fact.subscription(),
            false => new.messages.iter().any(|message| self.messages.contains(message)),
        };
        same && here < there
    }

    /// Whether both tell the same thing about other messages, lanes or peers.
    pub fn takes(&self, new: &Group) -> bool {
        let (a, b) = (&self.first.fact, &new.first.fact);
        match (*a, *b) {
            // The pairs of one cut come from one event and are one fault.
            (Fact::Cut { .. }, Fact::Cut { .. }) | (Fact::Healed { .. }, Fact::Healed { .. }) => {
                self.first.event == new.first.event && (self.nodes == new.nodes)
            }
            (Fact::Acknowledged { offset: -1, .. }, Fact::Acknowledged { offset: 0.., .. })
            | (Fact::Acknowledged { offset: 0.., .. }, Fact::Acknowledged { offset: -1, .. }) => {
                false
            }
            _ => same_kind(a, b),
        }
    }

    /// Whether the facts of `new` continue the list: a line "m1 – m3 at offset 0–2" says that offsets
    /// rise with the messages and that nothing stands twice.
    pub fn continues(&self, new: &Group) -> bool {
        let rises = |last: Option<u64>, next: Option<u64>| match (last, next) {
            (Some(last), Some(next)) => next > last,
            _ => true,
        };
        let ids = |messages: &[MessageId], last: bool| {
            let id = if last { messages.last() } else { messages.first() };
            id.map(|m| u64::from(m.0))
        };
        let one_lane = self.lanes == new.lanes;
        let is_progress = matches!(self.first.fact, Fact::OffsetCommitted { .. });
        if is_progress {
            return self.offsets.last() <= new.offsets.first();
        }
        rises(ids(&self.messages, true), ids(&new.messages, false))
            && (!one_lane
                || self.messages.is_empty()
                || rises(self.offsets.last().copied(), new.offsets.first().copied()))
    }

    /// Takes the facts of `new` into this group.
    pub fn take(&mut self, new: Group) {
        self.until = self.until.max(new.until);
        for lane in new.lanes {
            if !self.lanes.contains(&lane) {
                self.lanes.push(lane);
            }
        }
        self.messages.extend(new.messages);
        self.offsets.extend(new.offsets);
        self.others.extend(new.others);
    }

    /// The group as a line of the story.
    pub fn line(&self, directory: &Directory, lang: Lang) -> Line {
        let mut words = Words::of(&self.first.fact, directory, lang);
        words.both_ways = self.both_ways;
        words.joined = lang
            .list(&self.joined.iter().map(|n| directory.node(n).to_string()).collect::<Vec<_>>());
        if self.joined.is_empty() {
            words.joined.clear();
        }
        let nodes = |ids: &[NodeId]| {
            let sorted: BTreeSet<NodeId> = ids.iter().copied().collect();
            let names: Vec<String> =
                sorted.into_iter().map(|n| directory.node(n).to_string()).collect();
            lang.list_at_most(&names, 4)
        };
        if !self.messages.is_empty() {
            words.message = ranges::messages(&self.messages, directory, lang);
        }
        if !self.nodes.is_empty() {
            words.node = nodes(&self.nodes);
        }
        if !self.others.is_empty() {
            words.other = nodes(&self.others);
        }
        if self.lanes.len() > 1 {
            let names: Vec<String> =
                self.lanes.iter().map(|&l| directory.lane(l).to_string()).collect();
            words.lane = lang.list_at_most(&names, 4);
        }
        if !self.offsets.is_empty() {
            words.offset = ranges::offsets(&self.offsets);
        }
        Line {
            time: self.first.time,
            until: self.until,
            event: self.first.event,
            tone: self.tone,
            text: tell(&self.first.fact, &words, lang),
        }
    }
}

/// How far a message has come with a fact of the ordinary course of things.
fn stage(fact: &Fact) -> Option<u8> {
    Some(match fact {
        Fact::Sent { .. } => 0,
        Fact::Appended { .. } => 1,
        Fact::Replicated { .. } => 2,
        Fact::Committed { .. } => 3,
        Fact::Acknowledged { .. } => 4,
        Fact::Delivered { .. } | Fact::Handled { .. } => 5,
        Fact::OffsetCommitted { .. } => 6,
        _ => return None,
    })
}

/// Whether two facts differ only in what a group lists.
fn same_kind(a: &Fact, b: &Fact) -> bool {
    // What may differ within a group is set to the same value; what is left must be equal.
    blank(a) == blank(b)
}

/// The fact with everything that a group lists removed.
fn blank(fact: &Fact) -> Fact {
    const M: MessageId = MessageId(0);
    const L: LaneId = LaneId(0);
    let mut fact = *fact;
    match &mut fact {
        Fact::Sent { message, .. }
        | Fact::Retried { message, .. }
        | Fact::Refused { message, .. }
        | Fact::Unknown { message, .. }
        | Fact::Rejected { message, .. }
        | Fact::DeadLettered { message, .. }
        | Fact::Forwarding { message, .. }
        | Fact::ForwardFailed { message, .. }
        | Fact::Unroutable { message, .. }
        | Fact::Returned { message, .. }
        | Fact::Settled { message, .. }
        | Fact::Dropped { message, .. } => *message = M,
        Fact::Acknowledged { message, offset, .. } | Fact::Forwarded { message, offset, .. } => {
            *message = M;
            *offset = 0;
        }
        Fact::Appended { message, offset, .. }
        | Fact::Compacted { message, offset, .. }
        | Fact::Requeued { message, offset, .. }
        | Fact::NotRecovered { message, offset, .. }
        | Fact::Deduplicated { message, offset, .. }
        | Fact::Committed { message, offset, .. }
        | Fact::Delivered { message, offset, .. }
        | Fact::Handled { message, offset, .. }
        | Fact::Failed { message, offset, .. } => {
            *message = M;
            *offset = 0;
        }
        Fact::Replicated { message, offset, epoch, .. } => {
            *message = M;
            *offset = 0;
            *epoch = 0;
        }
        Fact::OffsetCommitted { offset, .. } => *offset = 0,
        Fact::Elected { lane, .. }
        | Fact::TookOver { lane, .. }
        | Fact::SteppedDown { lane, .. }
        | Fact::IsrShrunk { lane, .. }
        | Fact::IsrExpanded { lane, .. }
        | Fact::UnderMinIsr { lane, .. }
        | Fact::StorageFailed { lane, .. }
        | Fact::Wiped { lane, .. }
        | Fact::Assigned { lane, .. }
        | Fact::Revoked { lane, .. }
        | Fact::PartitionsLost { lane, .. }
        | Fact::CommitFailed { lane, .. }
        | Fact::Positioned { lane, .. } => *lane = L,
        _ => {}
    }
    fact
}

/// Groups that tell the same of several nodes become one: "broker-2 and broker-3 replicated m1".
pub(super) fn unite_actors(groups: Vec<Group>) -> Vec<Group> {
    let mut united: Vec<Group> = Vec::new();
    for group in groups {
        let same = united.iter_mut().find(|g| match (&g.first.fact, &group.first.fact) {
            (Fact::Replicated { lane: a, .. }, Fact::Replicated { lane: b, .. }) => {
                a == b && g.messages == group.messages && g.offsets == group.offsets
            }
            (Fact::Cut { .. }, Fact::Cut { .. }) | (Fact::Healed { .. }, Fact::Healed { .. }) => {
                g.first.event == group.first.event && g.others == group.others
            }
            _ => false,
        });
        match same {
            Some(open) => {
                open.until = open.until.max(group.until);
                open.nodes.extend(group.nodes);
            }
            None => united.push(group),
        }
    }
    unite_directions(united)
}

/// "a to b" and "b to a" of one fault become "between a and b".
fn unite_directions(groups: Vec<Group>) -> Vec<Group> {
    let mut united: Vec<Group> = Vec::new();
    for group in groups {
        let pairs = matches!(group.first.fact, Fact::Cut { .. } | Fact::Healed { .. });
        let back = united.iter_mut().find(|g| {
            pairs
                && g.first.event == group.first.event
                && g.first.fact.name() == group.first.fact.name()
                && same_nodes(&g.nodes, &group.others)
                && same_nodes(&g.others, &group.nodes)
        });
        match back {
            Some(open) => open.both_ways = true,
            None => united.push(group),
        }
    }
    united
}

fn same_nodes(a: &[NodeId], b: &[NodeId]) -> bool {
    a.len() == b.len() && a.iter().all(|n| b.contains(n))
}
