//! The producer's side: what each message's producer knows, and where its message was put.

use super::per_message::{Blocks, PerMessage, Place};
use crate::fact::{Fact, LaneId, MessageId, NodeId, Stated};
use crate::kernel::{Span, Time};

/// What a message is to its producer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum ProducerOutcome {
    /// The application never handed it over.
    #[default]
    Unsent,
    /// Handed over, nothing is known yet.
    Outstanding,
    /// Reported as stored.
    Acknowledged,
    /// A definite error: certainly not stored.
    Refused,
    /// An error that leaves it open.
    Unknown,
}

impl ProducerOutcome {
    /// All outcomes, in order.
    pub const ALL: [ProducerOutcome; 5] = [
        ProducerOutcome::Unsent,
        ProducerOutcome::Outstanding,
        ProducerOutcome::Acknowledged,
        ProducerOutcome::Refused,
        ProducerOutcome::Unknown,
    ];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            ProducerOutcome::Unsent => "unsent",
            ProducerOutcome::Outstanding => "outstanding",
            ProducerOutcome::Acknowledged => "acknowledged",
            ProducerOutcome::Refused => "refused",
            ProducerOutcome::Unknown => "unknown",
        }
    }
}

/// No lane, no node, no error.
pub(super) const NONE: u16 = u16::MAX;

/// A fact's place in the run, packed into twelve bytes: three of them are kept of every message.
/// Events beyond 2^32 are shown as 2^32 - 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Mark {
    /// The time's lower and upper half.
    time: [u32; 2],
    pub(super) event: u32,
}

impl Mark {
    /// Nowhere yet.
    pub(super) const NONE: Mark = Mark { time: [0; 2], event: 0 };

    #[inline]
    pub(super) fn of(stated: &Stated) -> Mark {
        let time = stated.time.0;
        Mark {
            time: [time as u32, (time >> 32) as u32],
            event: u32::try_from(stated.event).unwrap_or(u32::MAX),
        }
    }

    pub(super) fn time(self) -> Time {
        Time(u64::from(self.time[1]) << 32 | u64::from(self.time[0]))
    }

    pub(super) fn with(self, fact: Fact) -> Stated {
        Stated { time: self.time(), event: u64::from(self.event), fact }
    }
}

/// An append of a message by a leader (or, where that was not stated, by a follower).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Placement {
    pub(super) offset: u64,
    pub(super) mark: Mark,
    pub(super) epoch: u32,
    /// How long the chronicle was: later entries happened after the append.
    pub(super) after: u32,
    pub(super) lane: u16,
    pub(super) node: u16,
}

impl Placement {
    const NOWHERE: Placement =
        Placement { offset: 0, mark: Mark::NONE, epoch: 0, after: 0, lane: NONE, node: NONE };

    /// The append as a fact.
    pub(super) fn fact(&self, message: MessageId) -> Stated {
        self.mark.with(Fact::Appended {
            message,
            lane: LaneId(self.lane),
            node: NodeId(self.node),
            offset: self.offset,
            epoch: self.epoch,
        })
    }
}

const ACK_WITHOUT_OFFSET: u8 = 1;
const COMMITTED: u8 = 2;
const SEEN_AT_FIRST: u8 = 4;
const EVER_UNKNOWN: u8 = 8;

/// What is kept of one message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct MessageState {
    sent: Mark,
    decided: Mark,
    first: Placement,
    /// The lane the producer chose.
    pub(super) lane: u16,
    /// How often the producer's process had ended when the message was handed over.
    pub(super) life: u16,
    /// Index of the error text.
    error: u16,
    pub(super) outcome: ProducerOutcome,
    flags: u8,
}

impl Default for MessageState {
    fn default() -> Self {
        MessageState::UNSENT
    }
}

impl MessageState {
    const UNSENT: MessageState = MessageState {
        sent: Mark::NONE,
        decided: Mark::NONE,
        first: Placement::NOWHERE,
        lane: NONE,
        life: 0,
        error: NONE,
        outcome: ProducerOutcome::Unsent,
        flags: 0,
    };

    pub(super) fn committed(&self) -> bool {
        self.flags & COMMITTED != 0
    }

    pub(super) fn sent_at(&self) -> Time {
        self.sent.time()
    }

    /// From handing over to the (first) acknowledgement.
    pub(super) fn latency(&self) -> Option<Span> {
        (self.outcome == ProducerOutcome::Acknowledged)
            .then(|| self.decided.time().since(self.sent_at()))
    }
}

/// All messages.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Messages {
    blocks: Blocks,
    states: PerMessage<MessageState>,
    /// Placements after the first, of the few messages that were appended again.
    again: imbl::OrdMap<u32, Vec<Placement>>,
    /// Acknowledged (lane, offset), where it is not that of the first placement.
    acknowledged_at: imbl::OrdMap<u32, (u16, i64)>,
    /// Observed (lane, offset), where it is not that of the first placement.
    seen_elsewhere: imbl::OrdMap<u32, Vec<(u16, u64)>>,
    errors: Vec<&'static str>,
    /// How many messages have each outcome.
    totals: [u64; 5],
}

impl Messages {
    pub(super) fn new(blocks: Blocks) -> Messages {
        Messages {
            states: PerMessage::new(&blocks, MessageState::UNSENT),
            totals: [blocks.messages() as u64, 0, 0, 0, 0],
            blocks,
            ..Messages::default()
        }
    }

    pub(super) fn count(&self) -> usize {
        self.blocks.messages()
    }

    /// Where a message stands in all tables; `None` if the plan does not have it.
    #[inline]
    pub(super) fn place(&self, message: MessageId) -> Option<Place> {
        self.blocks.place(message)
    }

    /// How many messages have this outcome now.
    pub(super) fn total(&self, outcome: ProducerOutcome) -> u64 {
        self.totals[outcome as usize]
    }

    #[inline]
    pub(super) fn get(&self, message: MessageId) -> Option<&MessageState> {
        Some(self.states.get(self.place(message)?))
    }

    #[inline]
    fn set_outcome(
        totals: &mut [u64; 5],
        state: &mut MessageState,
        outcome: ProducerOutcome,
    ) -> ProducerOutcome {
        let before = state.outcome;
        totals[before as usize] -= 1;
        totals[outcome as usize] += 1;
        state.outcome = outcome;
        before
    }

    /// Returns the outcome before, and the life the message was handed over in before.
    #[inline]
    pub(super) fn sent(
        &mut self,
        place: Place,
        life: u16,
        stated: &Stated,
    ) -> (ProducerOutcome, u16) {
        let state = self.states.get_mut(place);
        let before = (state.outcome, state.life);
        state.life = life;
        match state.outcome {
            // An acknowledgement stays; sending again does not take it back.
            ProducerOutcome::Acknowledged | ProducerOutcome::Outstanding => {}
            ProducerOutcome::Unsent => {
                state.sent = Mark::of(stated);
                Self::set_outcome(&mut self.totals, state, ProducerOutcome::Outstanding);
            }
            ProducerOutcome::Refused | ProducerOutcome::Unknown => {
                Self::set_outcome(&mut self.totals, state, ProducerOutcome::Outstanding);
            }
        }
        before
    }

    /// The message was put on the wire, so it was handed over, whether that was stated or not.
    #[inline]
    pub(super) fn attempted(&mut self, place: Place, lane: LaneId, life: u16, stated: &Stated) {
        // Read first: attempts after the first change nothing, and reading never copies a chunk.
        let state = self.states.get(place);
        if state.outcome != ProducerOutcome::Unsent && state.lane == lane.0 {
            return;
        }
        if state.outcome == ProducerOutcome::Unsent {
            self.sent(place, life, stated);
        }
        self.states.get_mut(place).lane = lane.0;
    }

    /// The message stands in a log, so it was handed over, whether that was stated or not. `life`
    /// is its producer's.
    #[inline]
    pub(super) fn must_have_been_sent(
        &mut self,
        place: Place,
        stated: &Stated,
        life: impl FnOnce() -> u16,
    ) {
        if self.states.get(place).outcome == ProducerOutcome::Unsent {
            self.sent(place, life(), stated);
        }
    }

    /// The producer was told something. Returns the outcome before and the message's life.
    #[inline]
    pub(super) fn decided(
        &mut self,
        place: Place,
        outcome: ProducerOutcome,
        error: Option<&'static str>,
        stated: &Stated,
    ) -> (ProducerOutcome, u16) {
        let error = error.map_or(NONE, |error| self.error_index(error));
        let state = self.states.get_mut(place);
        let before = (state.outcome, state.life);
        if state.outcome == ProducerOutcome::Acknowledged {
            return before;
        }
        if outcome == ProducerOutcome::Refused && state.flags & EVER_UNKNOWN != 0 {
            // A refusal speaks of the last attempt; what an earlier fact left open stays open.
            Self::set_outcome(&mut self.totals, state, ProducerOutcome::Unknown);
            return before;
        }
        if state.outcome == ProducerOutcome::Unsent {
            state.sent = Mark::of(stated);
        }
        if outcome == ProducerOutcome::Unknown {
            state.flags |= EVER_UNKNOWN;
        }
        state.decided = Mark::of(stated);
        state.error = error;
        Self::set_outcome(&mut self.totals, state, outcome);
        before
    }

    fn error_index(&mut self, error: &'static str) -> u16 {
        let at = self.errors.iter().position(|e| *e == error).unwrap_or_else(|| {
            self.errors.push(error);
            self.errors.len() - 1
        });
        u16::try_from(at).unwrap_or(NONE)
    }

    /// Remembers where the (first) acknowledgement said the message is.
    #[inline]
    pub(super) fn acknowledged_at(
        &mut self,
        message: MessageId,
        place: Place,
        lane: LaneId,
        offset: i64,
    ) {
        let state = self.states.get_mut(place);
        state.lane = lane.0;
        if offset >= 0 && state.first.lane == lane.0 && state.first.offset == offset as u64 {
            state.flags |= SEEN_AT_FIRST;
        } else if offset < 0 {
            state.flags |= ACK_WITHOUT_OFFSET;
        } else {
            self.acknowledged_at.insert(message.0, (lane.0, offset));
            if let Ok(offset) = u64::try_from(offset) {
                self.seen(message, place, lane, offset);
            }
        }
    }

    /// Somebody outside the cluster saw the message at this offset. Returns whether that was
    /// already known.
    #[inline]
    pub(super) fn seen(
        &mut self,
        message: MessageId,
        place: Place,
        lane: LaneId,
        offset: u64,
    ) -> bool {
        let state = self.states.get(place);
        if state.first.lane == lane.0 && state.first.offset == offset {
            let known = state.flags & SEEN_AT_FIRST != 0;
            if !known {
                self.states.get_mut(place).flags |= SEEN_AT_FIRST;
            }
            return known;
        }
        self.seen_elsewhere(message, lane, offset)
    }

    #[cold]
    fn seen_elsewhere(&mut self, message: MessageId, lane: LaneId, offset: u64) -> bool {
        let places = self.seen_elsewhere.entry(message.0).or_default();
        let known = places.contains(&(lane.0, offset));
        if !known {
            places.push((lane.0, offset));
        }
        known
    }

    /// Every (lane, offset) at which a client saw the message, ascending.
    pub(super) fn seen_at(&self, message: MessageId) -> Vec<(LaneId, u64)> {
        let mut places: Vec<(LaneId, u64)> = self
            .seen_elsewhere
            .get(&message.0)
            .into_iter()
            .flatten()
            .map(|(lane, offset)| (LaneId(*lane), *offset))
            .collect();
        if let Some(state) = self.get(message).filter(|s| s.flags & SEEN_AT_FIRST != 0) {
            places.push((LaneId(state.first.lane), state.first.offset));
        }
        places.sort_unstable();
        places.dedup();
        places
    }

    /// The message stands in a log. Returns whether this is the first placement of the message.
    #[inline]
    pub(super) fn placed(
        &mut self,
        message: MessageId,
        place: Place,
        (lane, offset, epoch): (LaneId, u64, u32),
        placement: impl FnOnce() -> Placement,
    ) -> bool {
        let state = self.states.get(place);
        let first = &state.first;
        if (first.lane, first.offset, first.epoch) == (lane.0, offset, epoch) {
            return false;
        }
        let placement = placement();
        if state.first.lane == NONE {
            let state = self.states.get_mut(place);
            state.first = placement;
            state.lane = placement.lane;
            return true;
        }
        self.placed_again(message, placement);
        false
    }

    #[cold]
    fn placed_again(&mut self, message: MessageId, placement: Placement) {
        let same = |p: &Placement| {
            (p.lane, p.offset, p.epoch) == (placement.lane, placement.offset, placement.epoch)
        };
        let again = self.again.entry(message.0).or_default();
        if !again.iter().any(same) {
            again.push(placement);
        }
    }

    /// Consumers may read the message.
    #[inline]
    pub(super) fn committed(&mut self, place: Place) {
        if !self.states.get(place).committed() {
            self.states.get_mut(place).flags |= COMMITTED;
        }
    }

    /// Every place a leader put the message, in order.
    pub(super) fn placements(&self, message: MessageId) -> impl Iterator<Item = &Placement> {
        let first = self.get(message).map(|s| &s.first).filter(|p| p.lane != NONE);
        first.into_iter().chain(self.again.get(&message.0).into_iter().flatten())
    }

    /// The fact by which the application handed the message over.
    pub(super) fn sent_fact(&self, message: MessageId, producer: NodeId) -> Option<Stated> {
        let state = self.get(message).filter(|s| s.outcome != ProducerOutcome::Unsent)?;
        Some(state.sent.with(Fact::Sent { message, producer }))
    }

    /// The fact that decided the outcome.
    pub(super) fn outcome_fact(&self, message: MessageId, producer: NodeId) -> Option<Stated> {
        let state = self.get(message)?;
        let error = self.errors.get(state.error as usize).copied().unwrap_or("");
        let fact = match state.outcome {
            ProducerOutcome::Unsent => return None,
            ProducerOutcome::Outstanding => return self.sent_fact(message, producer),
            ProducerOutcome::Acknowledged => {
                let (lane, offset) = match self.acknowledged_at.get(&message.0) {
                    _ if state.flags & ACK_WITHOUT_OFFSET != 0 => (state.lane, -1),
                    Some((lane, offset)) => (*lane, *offset),
                    None => (state.first.lane, state.first.offset as i64),
                };
                Fact::Acknowledged { message, producer, lane: LaneId(lane), offset }
            }
            ProducerOutcome::Refused => Fact::Refused { message, producer, error },
            ProducerOutcome::Unknown => Fact::Unknown { message, producer, error },
        };
        Some(state.decided.with(fact))
    }

    /// Events at which something happened to the message, as far as they are kept.
    pub(super) fn events(&self, message: MessageId) -> Vec<u64> {
        let Some(state) = self.get(message) else { return Vec::new() };
        let again = self.again.get(&message.0).map_or(&[][..], Vec::as_slice);
        let marks = [state.sent, state.decided, state.first.mark];
        let marks = marks.into_iter().chain(again.iter().map(|p| p.mark));
        marks.map(|mark| u64::from(mark.event)).filter(|event| *event > 0).collect()
    }

    /// The lane the message belongs to, if it is known.
    pub(super) fn lane(&self, message: MessageId) -> Option<LaneId> {
        self.get(message).map(|s| s.lane).filter(|l| *l != NONE).map(LaneId)
    }
}
