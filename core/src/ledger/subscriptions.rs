//! The reader's side: what each subscription was handed and finished with, and where it stands.

use super::messages::{Mark, NONE};
use super::mirror::APPENDED;
use super::per_message::{Blocks, PerMessage, Place};
use crate::fact::{Fact, LaneId, MessageId, NodeId, Stated, SubscriptionId};
use crate::kernel::Chunked;
use crate::kernel::{Span, Time};

const DEAD_LETTERED: u8 = 1;
const FAILED: u8 = 2;
const DECIDED_BY_DELIVERY: u8 = 4;

/// What one subscription did with one message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Pair {
    /// The fact that decided the fate so far: the first or second handling, the delivery that
    /// came on top, or the dead-lettering.
    decided: Mark,
    first_handled: u64,
    offset: u64,
    lane: u16,
    consumer: u16,
    pub(super) deliveries: u16,
    pub(super) handlings: u16,
    /// The consumer the message was handed to last, and which of its lives that was.
    pub(super) holder: u16,
    holder_life: u16,
    flags: u8,
}

impl Pair {
    const UNTOUCHED: Pair = Pair {
        decided: Mark::NONE,
        first_handled: 0,
        offset: 0,
        lane: NONE,
        consumer: NONE,
        deliveries: 0,
        handlings: 0,
        holder: NONE,
        holder_life: 0,
        flags: 0,
    };

    pub(super) fn dead_lettered(&self) -> bool {
        self.flags & DEAD_LETTERED != 0
    }

    /// Whether the last to be handed the message failed on it.
    pub(super) fn failed(&self) -> bool {
        self.flags & FAILED != 0
    }

    pub(super) fn first_handled(&self) -> Option<Time> {
        (self.handlings > 0).then_some(Time(self.first_handled))
    }

    /// The event that decided, if one has.
    pub(super) fn decided_at(&self) -> Option<u64> {
        (self.decided.event > 0).then_some(u64::from(self.decided.event))
    }

    fn decide(&mut self, stated: &Stated, consumer: NodeId, lane: LaneId, offset: u64) {
        self.decided = Mark::of(stated);
        self.consumer = consumer.0;
        self.lane = lane.0;
        self.offset = offset;
    }

    /// The fact that decided the fate, if the subscription decided it.
    pub(super) fn decided_by(
        &self,
        message: MessageId,
        subscription: SubscriptionId,
    ) -> Option<Stated> {
        let (consumer, lane, offset) = (NodeId(self.consumer), LaneId(self.lane), self.offset);
        let fact = if self.handlings == 0 {
            if !self.dead_lettered() {
                return None;
            }
            Fact::DeadLettered { message, subscription }
        } else if self.flags & DECIDED_BY_DELIVERY != 0 {
            Fact::Delivered { message, subscription, consumer, lane, offset }
        } else {
            Fact::Handled { message, subscription, consumer, lane, offset }
        };
        Some(self.decided.with(fact))
    }
}

/// Progress stored: everything below `upto`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Commit {
    upto: u64,
    mark: Mark,
}

/// One subscription on one lane.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Cell {
    pub(super) lane: LaneId,
    /// The consumer that reads, and which of its lives was placed here.
    owner: u16,
    owner_life: u16,
    /// Where the owner was placed, and what it reads next.
    base: u64,
    position: u64,
    /// Placements of the reader that still stand: ascending by offset.
    placed: imbl::Vector<(u64, Mark, Stated)>,
    /// Stored progress that still stands: ascending.
    commits: Chunked<Commit, APPENDED>,
    /// One past what was handled, skipped or stored last: what lies from here to the committed
    /// end waits.
    next: u64,
    waiting: u64,
    largest: u64,
}

impl Cell {
    fn new(lane: LaneId) -> Cell {
        Cell {
            lane,
            owner: NONE,
            owner_life: 0,
            base: 0,
            position: 0,
            placed: imbl::Vector::new(),
            commits: Chunked::default(),
            next: 0,
            waiting: 0,
            largest: 0,
        }
    }

    pub(super) fn committed(&self) -> Option<u64> {
        self.commits.last().map(|c| c.upto)
    }

    pub(super) fn waiting(&self) -> u64 {
        self.waiting
    }

    pub(super) fn largest(&self) -> u64 {
        self.largest
    }
}

/// One subscription.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Subscription {
    pub(super) id: SubscriptionId,
    /// Its lanes are queues.
    queues: bool,
    blocks: Blocks,
    pairs: PerMessage<Pair>,
    pub(super) cells: Vec<Cell>,
    /// The waiting messages of all lanes.
    waiting: u64,
    pub(super) largest: u64,
    /// Since when something waits and nothing was handled.
    stalled_since: Option<Time>,
    longest_stall: Span,
    pub(super) handled: u64,
    pub(super) duplicates: u64,
    /// The first time it gave a message up, by message.
    dropped: imbl::OrdMap<u32, Stated>,
    /// What its queue let go of before it was handled, because a consumer had it.
    settled: imbl::OrdMap<u32, Stated>,
}

/// Why the subscription will not read a placement any more.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Skip {
    /// It will, as far as can be said.
    No,
    /// The fact that moved the reader, or the stored progress, past it.
    By(Stated),
    /// It was put below where the reader already stood.
    BehindTheReader,
}

impl Subscription {
    pub(super) fn new(
        id: SubscriptionId,
        lanes: &[LaneId],
        blocks: &Blocks,
        queues: bool,
    ) -> Subscription {
        Subscription {
            id,
            queues,
            pairs: PerMessage::new(blocks, Pair::UNTOUCHED),
            blocks: blocks.clone(),
            cells: lanes.iter().map(|l| Cell::new(*l)).collect(),
            waiting: 0,
            largest: 0,
            stalled_since: None,
            longest_stall: Span::ZERO,
            handled: 0,
            duplicates: 0,
            dropped: imbl::OrdMap::new(),
            settled: imbl::OrdMap::new(),
        }
    }

    pub(super) fn pair(&self, message: MessageId) -> Option<&Pair> {
        Some(self.pairs.get(self.blocks.place(message)?))
    }

    pub(super) fn cell(&self, lane: LaneId) -> Option<&Cell> {
        self.cells.iter().find(|c| c.lane == lane)
    }

    #[inline]
    fn cell_index(&mut self, lane: LaneId) -> usize {
        match self.cells.iter().position(|c| c.lane == lane) {
            Some(at) => at,
            None => {
                self.cells.push(Cell::new(lane));
                self.cells.len() - 1
            }
        }
    }

    #[inline]
    pub(super) fn delivered(
        &mut self,
        place: Option<Place>,
        consumer: NodeId,
        life: u16,
        lane: LaneId,
        offset: u64,
        stated: &Stated,
    ) {
        if let Some(pair) = place.map(|place| self.pairs.get_mut(place)) {
            pair.deliveries = pair.deliveries.saturating_add(1);
            pair.holder = consumer.0;
            pair.holder_life = life;
            pair.flags &= !FAILED;
            if pair.handlings == 1 && pair.deliveries == 2 {
                pair.decide(stated, consumer, lane, offset);
                pair.flags |= DECIDED_BY_DELIVERY;
            }
        }
        let at = self.cell_index(lane);
        let cell = &mut self.cells[at];
        // A reader that was replaced may still hand out what it had fetched; that does not move
        // the one that replaced it.
        if cell.owner == consumer.0 || cell.owner == NONE {
            cell.position = offset + 1;
        }
    }

    /// Returns how often the message has been handled by now.
    #[inline]
    #[allow(clippy::too_many_arguments)] // the fields of one fact
    pub(super) fn handled(
        &mut self,
        message: MessageId,
        place: Place,
        consumer: NodeId,
        lane: LaneId,
        offset: u64,
        committed: u64,
        stated: &Stated,
    ) -> u16 {
        let pair = self.pairs.get_mut(place);
        pair.handlings = pair.handlings.saturating_add(1);
        pair.flags &= !FAILED;
        if pair.handlings <= 2 {
            pair.decide(stated, consumer, lane, offset);
            pair.flags &= !DECIDED_BY_DELIVERY;
        }
        let times = pair.handlings;
        if times == 1 {
            pair.first_handled = stated.time.0;
            self.handled += 1;
        } else if times == 2 {
            self.duplicates += 1;
        }
        if self.queues {
            self.settled.remove(&message.0);
            self.progressed(stated.time);
            return times;
        }
        let at = self.cell_index(lane);
        if self.cells[at].next <= offset {
            self.move_next(at, offset + 1, committed, stated.time);
        }
        self.progressed(stated.time);
        times
    }

    pub(super) fn failed(&mut self, place: Place) {
        self.pairs.get_mut(place).flags |= FAILED;
    }

    pub(super) fn dead_lettered(&mut self, place: Place, stated: &Stated) {
        let pair = self.pairs.get_mut(place);
        if !pair.dead_lettered() {
            pair.flags |= DEAD_LETTERED;
            if pair.handlings == 0 {
                pair.decided = Mark::of(stated);
            }
        }
    }

    /// The subscription gave a message up by a rule of its own.
    pub(super) fn dropped(&mut self, message: MessageId, stated: &Stated) {
        self.dropped.entry(message.0).or_insert(*stated);
    }

    /// The fact by which the subscription gave the message up, if it did.
    pub(super) fn drop_of(&self, message: MessageId) -> Option<Stated> {
        self.dropped.get(&message.0).copied()
    }

    pub(super) fn positioned(
        &mut self,
        lane: LaneId,
        consumer: NodeId,
        life: u16,
        offset: u64,
        committed: u64,
        stated: &Stated,
    ) {
        let at = self.cell_index(lane);
        let cell = &mut self.cells[at];
        cell.owner = consumer.0;
        cell.owner_life = life;
        cell.base = offset;
        cell.position = offset;
        while cell.placed.back().is_some_and(|(upto, ..)| *upto >= offset) {
            // What stood exactly here is kept: the first to reach a place is the one that did it.
            if cell.placed.back().is_some_and(|(upto, ..)| *upto == offset) {
                break;
            }
            cell.placed.pop_back();
        }
        if cell.placed.back().is_none_or(|(upto, ..)| *upto < offset) {
            cell.placed.push_back((offset, Mark::of(stated), *stated));
        }
        self.move_next(at, offset, committed, stated.time);
    }

    /// The consumer no longer has the lane. What it was handed it may still finish.
    pub(super) fn given_up(&mut self, lane: LaneId, consumer: NodeId) {
        let at = self.cell_index(lane);
        let cell = &mut self.cells[at];
        if cell.owner == consumer.0 {
            cell.owner = NONE;
        }
    }

    pub(super) fn offset_committed(
        &mut self,
        lane: LaneId,
        offset: u64,
        committed: u64,
        stated: &Stated,
    ) {
        let at = self.cell_index(lane);
        let cell = &mut self.cells[at];
        let standing = cell.commits.partition_point(|c| c.upto <= offset);
        cell.commits.split_off(standing);
        if cell.commits.last().is_none_or(|c| c.upto < offset) {
            cell.commits.push(Commit { upto: offset, mark: Mark::of(stated) });
        }
        if cell.next < offset {
            self.move_next(at, offset, committed, stated.time);
        }
    }

    /// The fact by which the queue let go of a message that was not handled.
    pub(super) fn settled_unhandled(&self, message: MessageId) -> Option<Stated> {
        self.settled.get(&message.0).copied()
    }

    /// The one lane it reads, if it is one.
    pub(super) fn only_lane(&self) -> Option<LaneId> {
        match self.cells.as_slice() {
            [cell] => Some(cell.lane),
            _ => None,
        }
    }

    /// A message entered a queue.
    #[inline]
    pub(super) fn entered_queue(&mut self, lane: LaneId, now: Time) {
        let at = self.cell_index(lane);
        let cell = &self.cells[at];
        self.move_next(at, cell.next, cell.next + cell.waiting + 1, now);
    }

    /// A queue let go of a message, whatever for.
    #[inline]
    pub(super) fn left_queue(
        &mut self,
        message: MessageId,
        place: Place,
        lane: LaneId,
        stated: &Stated,
    ) {
        let pair = self.pairs.get(place);
        match stated.fact {
            Fact::Settled { .. } if pair.handlings == 0 => {
                self.settled.insert(message.0, *stated);
            }
            Fact::Settled { .. } => {}
            _ if pair.holder != NONE => self.pairs.get_mut(place).holder = NONE,
            _ => {}
        }
        let at = self.cell_index(lane);
        let cell = &self.cells[at];
        self.move_next(at, cell.next, cell.next + cell.waiting.saturating_sub(1), stated.time);
    }

    /// A message that had been handed out is back in its queue.
    pub(super) fn requeued(&mut self, place: Place) {
        self.pairs.get_mut(place).holder = NONE;
    }

    /// The committed end of a lane moved.
    #[inline]
    pub(super) fn lane_committed(&mut self, lane: LaneId, committed: u64, now: Time) {
        if let Some(at) = self.cells.iter().position(|c| c.lane == lane) {
            let next = self.cells[at].next;
            self.move_next(at, next, committed, now);
        }
    }

    #[inline]
    fn move_next(&mut self, at: usize, next: u64, committed: u64, now: Time) {
        let cell = &mut self.cells[at];
        cell.next = next;
        let waiting = committed.saturating_sub(next);
        self.waiting = self.waiting - cell.waiting + waiting;
        cell.waiting = waiting;
        cell.largest = cell.largest.max(waiting);
        self.largest = self.largest.max(self.waiting);
        match self.stalled_since {
            None if self.waiting > 0 => self.stalled_since = Some(now),
            Some(since) if self.waiting == 0 => {
                self.longest_stall = longer(self.longest_stall, now.since(since));
                self.stalled_since = None;
            }
            _ => {}
        }
    }

    fn progressed(&mut self, now: Time) {
        if let Some(since) = self.stalled_since {
            self.longest_stall = longer(self.longest_stall, now.since(since));
            self.stalled_since = Some(now);
        }
    }

    /// The longest span in which something committed waited and nothing was handled.
    pub(super) fn longest_stall(&self, now: Time) -> Span {
        let open = self.stalled_since.map_or(Span::ZERO, |since| now.since(since));
        longer(self.longest_stall, open)
    }

    /// Messages that wait now.
    pub(super) fn waiting(&self) -> u64 {
        self.waiting
    }

    /// Whether the message is in the hands of a process that lives and has not failed on it.
    pub(super) fn in_hand(&self, message: MessageId, lives: &dyn Fn(u16) -> Option<u16>) -> bool {
        self.pair(message).is_some_and(|p| {
            p.holder != NONE && !p.failed() && lives(p.holder) == Some(p.holder_life)
        })
    }

    /// Whether the subscription has passed this place without handling `message` and will not come
    /// back. `lives` gives the current life of a node that is up; `end` is where the authority's
    /// log ends, if there is an authority.
    pub(super) fn skips(
        &self,
        message: MessageId,
        lane: LaneId,
        offset: u64,
        lives: &dyn Fn(u16) -> Option<u16>,
        end: Option<u64>,
    ) -> Skip {
        let Some(cell) = self.cell(lane) else { return Skip::No };
        if cell.owner == NONE || lives(cell.owner) != Some(cell.owner_life) {
            // Nobody reads: the next reader starts at the stored progress, if there is some and it
            // lies within the log (else a rule that has not spoken yet decides).
            let stands = cell.committed().is_some_and(|c| end.is_none_or(|end| c <= end));
            return match self.first_commit_past(cell, offset) {
                Some(commit) if stands => Skip::By(commit),
                _ => Skip::No,
            };
        }
        if offset >= cell.position {
            return Skip::No;
        }
        let by_commit = self.first_commit_past(cell, offset);
        let by_position = cell.placed.iter().find(|(upto, ..)| *upto > offset).map(|p| p.2);
        if offset < cell.base {
            return match (by_commit, by_position) {
                (Some(a), Some(b)) if a.time <= b.time => Skip::By(a),
                (_, Some(b)) => Skip::By(b),
                (Some(a), None) => Skip::By(a),
                (None, None) => Skip::BehindTheReader,
            };
        }
        let handed_to_owner = self
            .pair(message)
            .is_some_and(|p| p.holder == cell.owner && p.holder_life == cell.owner_life);
        match by_commit {
            Some(commit) => Skip::By(commit),
            // The owner failed on it; as long as that is not stored it may be asked again.
            None if handed_to_owner => Skip::No,
            None => Skip::BehindTheReader,
        }
    }

    fn first_commit_past(&self, cell: &Cell, offset: u64) -> Option<Stated> {
        let at = cell.commits.partition_point(|c| c.upto <= offset);
        let commit = cell.commits.get(at)?;
        Some(commit.mark.with(Fact::OffsetCommitted {
            subscription: self.id,
            lane: cell.lane,
            offset: commit.upto,
        }))
    }
}

fn longer(a: Span, b: Span) -> Span {
    if a.0 >= b.0 { a } else { b }
}
