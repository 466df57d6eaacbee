//! The limit: `std`'s heap with 32-byte payloads, pop and push, and nothing else. No actors, no
//! handlers, no network; what an engine costs beyond this is what it gives.

use crate::measure::{Done, Run, Workload, timed};
use crate::{DELAY_HIGH, DELAY_LOW, PAIRS, TIMER_ACTORS, TIMER_HIGH, TIMERS_EACH, Xorshift};
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// Events that wait at a time in W3.
const LOG_OUTSTANDING: u64 = 15;

/// A payload does not take part in the order.
#[derive(Clone, Copy)]
struct Payload([u64; 4]);

impl PartialEq for Payload {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Payload {}

impl PartialOrd for Payload {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Payload {
    fn cmp(&self, _: &Self) -> Ordering {
        Ordering::Equal
    }
}

/// `events` times the smallest out and another one in, with as many outstanding as the workload
/// has.
pub fn run(workload: Workload, events: u64) -> Run {
    let (outstanding, low, width) = match workload {
        Workload::PingPong => (PAIRS as u64, DELAY_LOW, DELAY_HIGH - DELAY_LOW),
        Workload::Timers => (TIMER_ACTORS as u64 * u64::from(TIMERS_EACH), 1, TIMER_HIGH),
        Workload::Log => (LOG_OUTSTANDING, DELAY_LOW, DELAY_HIGH - DELAY_LOW),
    };
    timed(
        || {
            let mut random = Xorshift::new(1);
            let entry = |n| Reverse((random.between(low, width), n, Payload([n; 4])));
            (0..outstanding).map(entry).collect::<BinaryHeap<_>>()
        },
        |heap| {
            let mut random = Xorshift::new(2);
            let mut checksum = 0u64;
            for n in 0..events {
                let Some(Reverse((time, sequence, payload))) = heap.pop() else { break };
                checksum = checksum.wrapping_add(payload.0[3] ^ sequence);
                let next = Payload([n, sequence, payload.0[0], time]);
                heap.push(Reverse((time + random.between(low, width), outstanding + n, next)));
            }
            Done { events, messages: 0, checksum }
        },
    )
}
