//! The agenda against a heap of (time, sequence), and its promises about memory and looking ahead.

use super::*;
use proptest::prelude::*;
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};
use std::rc::Rc;

#[test]
fn equal_times_come_out_in_the_order_they_went_in() {
    let mut agenda = Agenda::new();
    for (n, time) in [70, 5, 70, 5, 4096, 70].into_iter().enumerate() {
        agenda.push(Time(time), n);
    }
    let order: Vec<_> = std::iter::from_fn(|| agenda.pop()).map(|(t, n)| (t.0, n)).collect();
    assert_eq!(order, [(5, 1), (5, 3), (70, 0), (70, 2), (70, 5), (4096, 4)]);
}

#[test]
fn looking_ahead_does_not_move_the_agenda() {
    let mut agenda = Agenda::new();
    agenda.push(Time(1_000_000), "later");
    assert_eq!(agenda.next_time(), Some(Time(1_000_000)));
    agenda.push(Time(10), "sooner");
    assert_eq!(agenda.pop(), Some((Time(10), "sooner")));
}

#[test]
fn an_agenda_of_cancelled_entries_is_empty_and_stays_in_the_present() {
    let mut agenda = Agenda::new();
    let far: Vec<_> = (0..3).map(|n| agenda.push(Time(500_000_000 + n), n)).collect();
    for ticket in far {
        assert!(agenda.cancel(ticket).is_some());
        assert!(agenda.cancel(ticket).is_none());
    }
    assert_eq!(agenda.next_time(), None);
    assert_eq!(agenda.pop(), None);
    agenda.push(Time(7), 7);
    assert_eq!(agenda.pop(), Some((Time(7), 7)));
}

#[test]
fn the_end_of_time_is_a_time_like_any_other() {
    let mut agenda = Agenda::new();
    agenda.push(Time::NEVER, "last");
    agenda.push(Time::NEVER, "very last");
    agenda.push(Time(u64::MAX - 1), "first");
    assert_eq!(agenda.pop(), Some((Time(u64::MAX - 1), "first")));
    assert_eq!(agenda.pop(), Some((Time::NEVER, "last")));
    assert_eq!(agenda.pop(), Some((Time::NEVER, "very last")));
    assert_eq!(agenda.pop(), None);
}

#[test]
fn a_ticket_does_not_cancel_the_next_tenant_of_its_place() {
    let mut agenda = Agenda::new();
    let old = agenda.push(Time(1), "old");
    assert_eq!(agenda.cancel(old), Some("old"));
    agenda.push(Time(2), "new");
    assert_eq!(agenda.cancel(old), None);
    let (_, happened) = agenda.pop().expect("the new one is still there");
    assert_eq!(happened, "new");
}

#[test]
fn cancelling_frees_the_payload_at_once() {
    let payload = Rc::new(());
    let mut agenda = Agenda::new();
    let tickets: Vec<_> =
        (0..1000).map(|n| agenda.push(Time(n * 977 % 5000), Rc::clone(&payload))).collect();
    assert_eq!(Rc::strong_count(&payload), 1001);
    for (n, ticket) in tickets.into_iter().enumerate() {
        agenda.cancel(ticket);
        assert_eq!(Rc::strong_count(&payload), 1000 - n);
    }
}

/// A thousand conversations, each of which sets a time-out of 500 ms and cancels it a millisecond
/// later: what every client with acknowledged sends does. Nearly all entries ever made are
/// cancelled ones.
#[test]
fn memory_is_bounded_under_timer_churn() {
    const CONVERSATIONS: u64 = 1000;
    const ROUNDS: u64 = 120_000;
    let mut agenda = Agenda::new();
    let mut timeouts = Vec::new();
    for n in 0..CONVERSATIONS {
        agenda.push(Time(1_000_000 + n * 1_000), (n, false));
        timeouts.push(agenda.push(Time(500_000_000), (n, true)));
    }
    let mut most = 0;
    for round in 0..ROUNDS {
        let (now, (n, timeout)) = agenda.pop().expect("every round schedules the next");
        assert!(!timeout, "a cancelled time-out fired");
        assert!(agenda.cancel(timeouts[n as usize]).is_some());
        timeouts[n as usize] = agenda.push(Time(now.0 + 500_000_000), (n, true));
        agenda.push(Time(now.0 + 500_000 + round * 7919 % 1_000_000), (n, false));
        most = most.max(agenda.footprint());
    }
    assert_eq!(agenda.len() as u64, 2 * CONVERSATIONS);
    assert!(most < 1_000_000, "{most} bytes for {} entries", agenda.len());
}

#[test]
fn a_burst_at_one_moment_does_not_keep_its_memory() {
    let mut agenda = Agenda::new();
    for moment in 1..200 {
        for n in 0..2_000 {
            agenda.push(Time(moment * 1_001), n);
        }
        while agenda.pop().is_some() {}
    }
    // What remains is the slab, which has one place for each entry of the largest burst.
    assert!(agenda.footprint() < 300_000, "{} bytes for nothing", agenda.footprint());
}

/// What may be done to an agenda. Spans and picks are drawn so that ties are common.
#[derive(Clone, Debug)]
enum Op {
    Push(u64),
    PushAtLast,
    PushFirst(u64),
    PushFirstAtLast,
    Pop,
    Cancel(usize),
    Look,
}

fn op() -> impl Strategy<Value = Op> {
    let span = prop_oneof![
        4 => 0..3u64,
        3 => 60..70u64,
        3 => (0..8u64).prop_map(|n| n * 64),
        3 => (0..4u64).prop_map(|n| n * 4096),
        2 => 0..2_000_000_000u64,
        2 => (0..64u32).prop_map(|n| 1u64 << n),
        1 => any::<u64>(),
    ];
    prop_oneof![
        6 => span.clone().prop_map(Op::Push),
        2 => Just(Op::PushAtLast),
        1 => span.prop_map(Op::PushFirst),
        1 => Just(Op::PushFirstAtLast),
        5 => Just(Op::Pop),
        2 => any::<usize>().prop_map(Op::Cancel),
        1 => Just(Op::Look),
    ]
}

/// The plain truth: a heap by (time, place among equals, number) and a list of what is still to
/// happen. What is put first gets a place below zero.
#[derive(Clone, Default)]
struct Oracle {
    heap: BinaryHeap<Reverse<(u64, i64, usize)>>,
    waiting: BTreeSet<usize>,
}

impl Oracle {
    fn skip_cancelled(&mut self) {
        while self.heap.peek().is_some_and(|Reverse((.., n))| !self.waiting.contains(n)) {
            self.heap.pop();
        }
    }

    fn next_time(&mut self) -> Option<Time> {
        self.skip_cancelled();
        self.heap.peek().map(|Reverse((time, ..))| Time(*time))
    }

    fn pop(&mut self) -> Option<(Time, usize)> {
        self.skip_cancelled();
        let Reverse((time, _, n)) = self.heap.pop()?;
        self.waiting.remove(&n);
        Some((Time(time), n))
    }
}

/// An agenda and its oracle, taking the same steps.
#[derive(Clone, Default)]
struct Pair {
    agenda: Agenda<usize>,
    oracle: Oracle,
    tickets: Vec<Ticket>,
    now: u64,
    last_pushed: u64,
}

impl Pair {
    fn push(&mut self, time: u64) {
        let n = self.tickets.len();
        self.tickets.push(self.agenda.push(Time(time), n));
        self.note(time, n as i64, n);
    }

    fn push_first(&mut self, time: u64) {
        let n = self.tickets.len();
        self.tickets.push(self.agenda.push_first(Time(time), n));
        self.note(time, -1 - n as i64, n);
    }

    fn note(&mut self, time: u64, place: i64, n: usize) {
        self.oracle.heap.push(Reverse((time, place, n)));
        self.oracle.waiting.insert(n);
        self.last_pushed = time;
    }

    fn pop(&mut self) -> Option<(Time, usize)> {
        let popped = self.agenda.pop();
        assert_eq!(popped, self.oracle.pop());
        self.now = popped.map_or(self.now, |(time, _)| time.0);
        popped
    }

    fn apply(&mut self, op: &Op) {
        match *op {
            Op::Push(span) => self.push(self.now.saturating_add(span)),
            Op::PushAtLast => self.push(self.last_pushed.max(self.now)),
            Op::PushFirst(span) => self.push_first(self.now.saturating_add(span)),
            Op::PushFirstAtLast => self.push_first(self.last_pushed.max(self.now)),
            Op::Pop => {
                self.pop();
            }
            Op::Cancel(_) if self.tickets.is_empty() => {}
            Op::Cancel(pick) => {
                let n = pick % self.tickets.len();
                let expected = self.oracle.waiting.remove(&n).then_some(n);
                assert_eq!(self.agenda.cancel(self.tickets[n]), expected);
            }
            Op::Look => assert_eq!(self.agenda.next_time(), self.oracle.next_time()),
        }
        assert_eq!(self.agenda.len(), self.oracle.waiting.len());
    }

    fn drain(&mut self) -> Vec<(Time, usize)> {
        std::iter::from_fn(|| self.pop()).collect()
    }
}

proptest! {
    #[test]
    fn order_is_that_of_a_heap_by_time_and_sequence(ops in prop::collection::vec(op(), 0..400)) {
        let mut pair = Pair::default();
        for op in &ops {
            pair.apply(op);
        }
        pair.drain();
        prop_assert!(pair.agenda.is_empty());
    }

    #[test]
    fn looking_before_every_step_changes_nothing(ops in prop::collection::vec(op(), 0..200)) {
        let mut looking = Pair::default();
        let mut blind = Pair::default();
        for op in &ops {
            assert_eq!(looking.agenda.next_time(), looking.oracle.next_time());
            looking.apply(op);
            if !matches!(op, Op::Look) {
                blind.apply(op);
            }
        }
        prop_assert_eq!(looking.drain(), blind.drain());
    }

    #[test]
    fn a_copy_goes_on_like_its_original(
        before in prop::collection::vec(op(), 0..200),
        after in prop::collection::vec(op(), 0..200),
    ) {
        let mut original = Pair::default();
        for op in &before {
            original.apply(op);
        }
        let mut copy = original.clone();
        // The original runs to its end first: nothing it does may reach the copy.
        for op in &after {
            original.apply(op);
        }
        let expected = original.drain();
        for op in &after {
            copy.apply(op);
        }
        prop_assert_eq!(&copy.tickets, &original.tickets);
        prop_assert_eq!(copy.drain(), expected);
    }
}

#[test]
fn looking_shows_what_will_be_popped() {
    let mut agenda = Agenda::new();
    let mut tickets = Vec::new();
    for n in 0..500u64 {
        let time = n.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (40 + n % 20);
        tickets.push(agenda.push(Time(time), n));
    }
    for ticket in tickets.iter().step_by(3) {
        agenda.cancel(*ticket);
    }
    for _ in 0..100 {
        agenda.pop();
    }
    let mut seen: Vec<(Time, u64)> = agenda.iter().map(|(time, n)| (time, *n)).collect();
    seen.sort_by_key(|(time, _)| *time);
    let popped: Vec<(Time, u64)> = std::iter::from_fn(|| agenda.pop()).collect();
    assert_eq!(seen, popped);
}
