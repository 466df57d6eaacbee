//! The names of the Jepsen Kafka workload, by its own conditions.
//!
//! Jepsen sees only what clients saw. The version order of a lane is made of the offsets at which
//! messages were delivered or acknowledged, without gaps; a message's *index* is its place in that
//! order. A poll is what one event delivered to one consumer from one lane; the word "same process"
//! means a consumer between start and end.

use super::judgement::Judgement;
use super::messages::ProducerOutcome;
use super::{Ledger, Subset};
use crate::fact::{LaneId, MessageId, NodeId, Stated};
use crate::kernel::Chunked;
use std::collections::{BTreeMap, BTreeSet};

/// Anomalies of the workload that apply to messages without transactions.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum JepsenName {
    /// One offset of a lane was seen with two messages.
    InconsistentOffsets,
    /// One message was seen at two offsets of a lane.
    Duplicate,
    /// An acknowledged message was never delivered although one at its offset or later was.
    LostWrite,
    /// An acknowledged message was never delivered.
    Unseen,
    /// Between two polls of a consumer, messages known to exist were left out.
    PollSkip,
    /// A poll of a consumer began at or before the end of its last one.
    NonmonotonicPoll,
    /// Within one poll, messages known to exist were left out.
    IntPollSkip,
    /// Within one poll, an offset did not ascend.
    IntNonmonotonicPoll,
    /// A producer's later message stands at or before its earlier one.
    NonmonotonicSend,
    /// A message refused to its producer was delivered.
    AbortedRead,
}

impl JepsenName {
    /// All of them.
    pub const ALL: [JepsenName; 10] = [
        JepsenName::InconsistentOffsets,
        JepsenName::Duplicate,
        JepsenName::LostWrite,
        JepsenName::Unseen,
        JepsenName::PollSkip,
        JepsenName::NonmonotonicPoll,
        JepsenName::IntPollSkip,
        JepsenName::IntNonmonotonicPoll,
        JepsenName::NonmonotonicSend,
        JepsenName::AbortedRead,
    ];

    /// The name in published reports.
    pub fn name(self) -> &'static str {
        match self {
            JepsenName::InconsistentOffsets => "inconsistent-offsets",
            JepsenName::Duplicate => "duplicate",
            JepsenName::LostWrite => "lost-write",
            JepsenName::Unseen => "unseen",
            JepsenName::PollSkip => "poll-skip",
            JepsenName::NonmonotonicPoll => "nonmonotonic-poll",
            JepsenName::IntPollSkip => "int-poll-skip",
            JepsenName::IntNonmonotonicPoll => "int-nonmonotonic-poll",
            JepsenName::NonmonotonicSend => "nonmonotonic-send",
            JepsenName::AbortedRead => "G1a",
        }
    }

    /// Whether the workload lets it pass by default when consumers subscribe (as groups do):
    /// rebalances cause it.
    pub fn allowed_when_subscribed(self) -> bool {
        matches!(self, JepsenName::PollSkip | JepsenName::NonmonotonicPoll)
    }
}

/// One anomaly under its Jepsen name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct JepsenAnomaly {
    /// Which.
    pub name: JepsenName,
    /// Jepsen's "key".
    pub lane: LaneId,
    /// The messages concerned: those that share an offset, the one that is lost, those skipped,
    /// or the earlier and the later one.
    pub messages: Vec<MessageId>,
    /// The offsets concerned.
    pub offsets: Vec<u64>,
    /// The consumer or producer, if it is about one.
    pub node: Option<NodeId>,
    /// The fact that completed it, if it is about one.
    pub stated: Option<Stated>,
}

/// How far beyond the last seen offset a lane's table grows at once; what is farther out is kept
/// apart.
const STRIDE: usize = 65_536;

/// A consumer's read that did not continue where its last one ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Jump {
    lane: LaneId,
    consumer: NodeId,
    from: (u64, MessageId),
    to: (u64, MessageId),
    within_poll: bool,
    stated: Stated,
}

/// What clients have seen.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Observed {
    /// Per lane and offset: the first message seen there, plus one (0: none).
    values: Vec<Chunked<u32, 256>>,
    far: imbl::OrdMap<(u16, u64), u32>,
    /// Further messages seen at an offset.
    conflicts: imbl::OrdMap<(u16, u64), BTreeSet<u32>>,
    /// Per consumer and lane: offset, message and event of the last delivery.
    polls: Vec<Vec<Option<(u64, MessageId, u64)>>>,
    jumps: imbl::Vector<Jump>,
}

impl Observed {
    /// A client saw the message at this offset.
    #[inline]
    pub(super) fn value(&mut self, message: MessageId, lane: LaneId, offset: u64) {
        let lane_at = lane.0 as usize;
        let value = message.0 + 1;
        let known = self.values.get(lane_at).and_then(|v| v.get(usize::try_from(offset).ok()?));
        match known {
            Some(&known) if known == value => {}
            _ => self.new_value(message, lane, offset),
        }
    }

    /// The offset was not seen yet, or with another message.
    fn new_value(&mut self, message: MessageId, lane: LaneId, offset: u64) {
        let lane_at = lane.0 as usize;
        if lane_at >= self.values.len() {
            self.values.resize(lane_at + 1, Chunked::default());
        }
        let values = &mut self.values[lane_at];
        let value = message.0 + 1;
        if offset == values.len() as u64 {
            values.push(value);
            return;
        }
        let near = usize::try_from(offset).ok().filter(|o| *o < values.len() + STRIDE);
        let known = match near {
            Some(at) => {
                while values.len() <= at {
                    values.push(0);
                }
                let known = values.get(at).copied().unwrap_or(0);
                if known == 0
                    && let Some(entry) = values.get_mut(at)
                {
                    *entry = value;
                }
                known
            }
            None => match self.far.get(&(lane.0, offset)) {
                Some(known) => *known,
                None => {
                    self.far.insert((lane.0, offset), value);
                    0
                }
            },
        };
        if known != 0 && known != value {
            self.conflicts.entry((lane.0, offset)).or_default().extend([known - 1, message.0]);
        }
    }

    /// A consumer was handed the message.
    #[inline]
    pub(super) fn polled(
        &mut self,
        consumer: NodeId,
        lane: LaneId,
        offset: u64,
        message: MessageId,
        stated: &Stated,
    ) {
        let (node, at) = (consumer.0 as usize, lane.0 as usize);
        if node >= self.polls.len() {
            self.polls.resize(node + 1, Vec::new());
        }
        let lanes = &mut self.polls[node];
        if at >= lanes.len() {
            lanes.resize(at + 1, None);
        }
        let last = lanes[at].replace((offset, message, stated.event));
        if let Some((from, before, event)) = last.filter(|(from, ..)| from + 1 != offset) {
            self.jumps.push_back(Jump {
                lane,
                consumer,
                from: (from, before),
                to: (offset, message),
                within_poll: event == stated.event,
                stated: *stated,
            });
        }
    }

    /// The process ended; its successor is another process.
    pub(super) fn forget(&mut self, node: NodeId) {
        if let Some(lanes) = self.polls.get_mut(node.0 as usize) {
            lanes.clear();
        }
    }

    /// What was seen between two offsets, both exclusive.
    fn between(&self, lane: LaneId, from: u64, to: u64) -> Vec<(u64, MessageId)> {
        let near = self.values.get(lane.0 as usize);
        let length = near.map_or(0, |values| values.len() as u64);
        let dense = (from.saturating_add(1)..to.min(length)).filter_map(|offset| {
            let value = *near?.get(offset as usize)?;
            Some((offset, MessageId(value.checked_sub(1)?)))
        });
        let far = self
            .far
            .range((lane.0, from.saturating_add(1))..(lane.0, to.max(from.saturating_add(1))))
            .map(|((_, offset), value)| (*offset, MessageId(value - 1)));
        dense.chain(far).collect()
    }

    fn jump_anomalies(&self, found: &mut Vec<JepsenAnomaly>) {
        for jump in &self.jumps {
            let (from, to) = (jump.from.0, jump.to.0);
            let skipped = self.between(jump.lane, from, to);
            let forward = to > from;
            if forward && skipped.is_empty() {
                // Next to each other in the version order: a gap in the offsets is not a skip.
                continue;
            }
            let name = match (forward, jump.within_poll) {
                (true, false) => JepsenName::PollSkip,
                (true, true) => JepsenName::IntPollSkip,
                (false, false) => JepsenName::NonmonotonicPoll,
                (false, true) => JepsenName::IntNonmonotonicPoll,
            };
            let (offsets, messages) = match forward {
                true => skipped.into_iter().unzip(),
                false => (vec![from, to], vec![jump.from.1, jump.to.1]),
            };
            found.push(JepsenAnomaly {
                name,
                lane: jump.lane,
                messages,
                offsets,
                node: Some(jump.consumer),
                stated: Some(jump.stated),
            });
        }
    }
}

impl Ledger {
    fn delivered_to_anyone(&self, message: MessageId) -> bool {
        self.subscriptions.iter().any(|s| s.pair(message).is_some_and(|p| p.deliveries > 0))
    }

    /// The anomalies a Jepsen run over the same history would report, by name.
    pub fn jepsen(&self) -> Vec<JepsenAnomaly> {
        let mut found = Vec::new();
        for ((lane, offset), values) in &self.observed.conflicts {
            found.push(JepsenAnomaly {
                name: JepsenName::InconsistentOffsets,
                lane: LaneId(*lane),
                messages: values.iter().map(|m| MessageId(*m)).collect(),
                offsets: vec![*offset],
                node: None,
                stated: None,
            });
        }
        self.observed.jump_anomalies(&mut found);
        let bounds = self.read_bounds();
        for id in 0..self.messages.count() as u32 {
            self.message_anomalies(MessageId(id), &bounds, &mut found);
        }
        self.send_anomalies(&mut found);
        found.sort_by_key(|a| a.name);
        found
    }

    /// Per lane, the greatest first offset of a delivered message.
    fn read_bounds(&self) -> BTreeMap<LaneId, u64> {
        let mut bounds = BTreeMap::new();
        for id in 0..self.messages.count() as u32 {
            let message = MessageId(id);
            if !self.delivered_to_anyone(message) {
                continue;
            }
            let mut firsts = BTreeMap::new();
            for (lane, offset) in self.messages.seen_at(message) {
                firsts.entry(lane).or_insert(offset);
            }
            for (lane, first) in firsts {
                let bound = bounds.entry(lane).or_insert(first);
                *bound = first.max(*bound);
            }
        }
        bounds
    }

    fn message_anomalies(
        &self,
        message: MessageId,
        bounds: &BTreeMap<LaneId, u64>,
        found: &mut Vec<JepsenAnomaly>,
    ) {
        let Some(state) = self.messages.get(message) else { return };
        if state.outcome == ProducerOutcome::Unsent {
            return;
        }
        let mut places: BTreeMap<LaneId, Vec<u64>> = BTreeMap::new();
        for (lane, offset) in self.messages.seen_at(message) {
            places.entry(lane).or_default().push(offset);
        }
        let about = |name, lane: LaneId, offsets: Vec<u64>| JepsenAnomaly {
            name,
            lane,
            messages: vec![message],
            offsets,
            node: None,
            stated: None,
        };
        for (lane, offsets) in &places {
            if offsets.len() > 1 {
                found.push(about(JepsenName::Duplicate, *lane, offsets.clone()));
            }
        }
        let delivered = self.delivered_to_anyone(message);
        if state.outcome == ProducerOutcome::Refused && delivered {
            for (lane, offsets) in &places {
                found.push(about(JepsenName::AbortedRead, *lane, offsets.clone()));
            }
        }
        if state.outcome != ProducerOutcome::Acknowledged || delivered {
            return;
        }
        for (lane, offsets) in &places {
            let last = offsets.last().copied();
            if bounds.get(lane).is_some_and(|bound| last.is_some_and(|last| last <= *bound)) {
                found.push(about(JepsenName::LostWrite, *lane, offsets.clone()));
            }
        }
        // Nobody can see what nobody reads.
        if let Some(lane) = self.messages.lane(message)
            && self.readers.get(lane.0 as usize).is_some_and(|r| !r.is_empty())
        {
            let offsets = places.remove(&lane).unwrap_or_default();
            found.push(about(JepsenName::Unseen, lane, offsets));
        }
    }

    fn send_anomalies(&self, found: &mut Vec<JepsenAnomaly>) {
        let mut last: BTreeMap<(NodeId, LaneId), (u64, MessageId)> = BTreeMap::new();
        for block in &self.plan.blocks {
            for id in block.first.0..block.first.0 + block.count {
                let message = MessageId(id);
                let outcome = self.messages.get(message).map(|s| s.outcome);
                if !matches!(
                    outcome,
                    Some(ProducerOutcome::Acknowledged | ProducerOutcome::Unknown)
                ) {
                    continue;
                }
                let mut firsts = BTreeMap::new();
                for (lane, offset) in self.messages.seen_at(message) {
                    firsts.entry(lane).or_insert(offset);
                }
                for (lane, offset) in firsts {
                    let before = last.insert((block.producer, lane), (offset, message));
                    if let Some((at, earlier)) = before.filter(|(at, _)| offset <= *at) {
                        found.push(JepsenAnomaly {
                            name: JepsenName::NonmonotonicSend,
                            lane,
                            messages: vec![earlier, message],
                            offsets: vec![at, offset],
                            node: Some(block.producer),
                            stated: None,
                        });
                    }
                }
            }
        }
    }
}

impl Judgement {
    /// The anomalies a Jepsen run over the same history would report, by name.
    pub fn jepsen(&self) -> Vec<JepsenAnomaly> {
        self.ledger.jepsen()
    }

    /// How often a Jepsen anomaly occurred, by its published name.
    pub fn jepsen_count(&self, name: JepsenName, of: Subset) -> u64 {
        let concerns = |a: &JepsenAnomaly| match of {
            Subset::All => true,
            Subset::Lane(lane) => a.lane == lane,
            Subset::Node(node) => a.node == Some(node),
            Subset::Message(message) => a.messages.contains(&message),
            Subset::Subscription(_) | Subset::Key(_) => false,
        };
        self.jepsen().iter().filter(|a| a.name == name && concerns(a)).count() as u64
    }
}
