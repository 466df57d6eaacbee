//! The agenda alone, popping the first entry and pushing another: the queue's own share of an
//! event, beside `std`'s heap with the same payload.

use mqlab::kernel::{Agenda, Time};
use mqlab_bench::measure::{Done, Run, Workload, median, min, timed};
use mqlab_bench::{DELAY_HIGH, DELAY_LOW, TIMER_HIGH, Xorshift, bare};

const EVENTS: u64 = 2_000_000;
const ROUNDS: usize = 7;

fn agenda(outstanding: u64, low: u64, width: u64) -> Run {
    timed(
        || {
            let mut random = Xorshift::new(1);
            let mut agenda = Agenda::new();
            for n in 0..outstanding {
                agenda.push(Time(random.between(low, width)), [n; 4]);
            }
            agenda
        },
        |agenda| {
            let mut random = Xorshift::new(2);
            let mut checksum = 0u64;
            for n in 0..EVENTS {
                let Some((time, payload)) = agenda.pop() else { break };
                checksum = checksum.wrapping_add(payload[3]);
                let next = [n, payload[1], payload[0], time.0];
                agenda.push(Time(time.0 + random.between(low, width)), next);
            }
            Done { events: EVENTS, messages: 0, checksum }
        },
    )
}

fn main() {
    println!(
        "{:<28}{:>12}{:>12}{:>14}",
        "ns per pop and push", "agenda", "BinaryHeap", "x (medians)"
    );
    for (name, workload, outstanding, low, width) in [
        ("15 outstanding", Workload::Log, 15, DELAY_LOW, DELAY_HIGH - DELAY_LOW),
        ("1,000", Workload::PingPong, 1_000, DELAY_LOW, DELAY_HIGH - DELAY_LOW),
        ("100,000, far apart", Workload::Timers, 100_000, 1, TIMER_HIGH),
    ] {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            ours.push(agenda(outstanding, low, width).nanos_per_event());
            theirs.push(bare::run(workload, EVENTS).nanos_per_event());
        }
        let ratio = median(&theirs) / median(&ours);
        println!("{name:<28}{:>12.1}{:>12.1}{ratio:>14.2}", min(&ours), min(&theirs));
    }
}
