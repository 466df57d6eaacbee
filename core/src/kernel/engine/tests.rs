//! The engine with toy models: ping-pong over keyed latencies, and a token ring with time-outs.

use super::*;
use crate::kernel::{Key, Site, Tape, subject};
use proptest::prelude::*;

const LATENCY: Site = Site(1);
const MEDDLING: Site = Site(2);

/// A ball that flies to and fro between the two players of a pair.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Ball {
    pair: u32,
    bounces: u32,
}

impl Event for Ball {
    type Label = Ball;

    fn label(&self) -> Ball {
        *self
    }

    fn fingerprint(&self) -> u64 {
        u64::from(self.pair) << 32 | u64::from(self.bounces)
    }
}

#[derive(Clone)]
struct Pair {
    subject: u64,
    flights: u64,
    arrivals: Vec<Time>,
}

/// Pairs of players, each with one ball in the air.
#[derive(Clone)]
struct PingPong {
    pairs: Vec<Pair>,
    /// The event while which somebody asks one question more than usual.
    meddled: u64,
}

impl PingPong {
    fn fly(&mut self, ball: Ball, kernel: &mut Kernel<Ball>) {
        let pair = &mut self.pairs[ball.pair as usize];
        let key = Key { site: LATENCY, subject: pair.subject, ordinal: pair.flights };
        pair.flights += 1;
        let latency = kernel.chooser.between(key, 500_000, 1_500_000);
        kernel.schedule_after(Span(latency), ball);
    }
}

impl Model for PingPong {
    type Event = Ball;

    fn handle(&mut self, ball: Ball, kernel: &mut Kernel<Ball>) {
        let pair = &mut self.pairs[ball.pair as usize];
        pair.arrivals.push(kernel.now());
        if kernel.event() == self.meddled {
            let key = Key { site: MEDDLING, subject: pair.subject, ordinal: 0 };
            kernel.chooser.choose(key, 100);
            // And one that is lost in the pair's own numbering.
            pair.flights += 1;
        }
        self.fly(Ball { bounces: ball.bounces + 1, ..ball }, kernel);
    }
}

fn ping_pong_with(pairs: u32, chooser: Chooser, trace: usize, meddled: u64) -> Engine<PingPong> {
    let named = |n: u32| Pair {
        subject: subject(["pair", &n.to_string()]),
        flights: 0,
        arrivals: Vec::new(),
    };
    let mut model = PingPong { pairs: (0..pairs).map(named).collect(), meddled };
    let mut kernel = Kernel::new(chooser, trace);
    for pair in 0..pairs {
        model.fly(Ball { pair, bounces: 0 }, &mut kernel);
    }
    Engine::new(model, kernel)
}

fn ping_pong(pairs: u32, seed: u64) -> Engine<PingPong> {
    ping_pong_with(pairs, Chooser::new(seed), TRACE_EVENTS, 0)
}

fn steps<M: Model>(engine: &mut Engine<M>, n: u64) {
    for _ in 0..n {
        assert!(engine.step());
    }
}

/// Stations that hand a token round. Each hand-over sets a time-out that the next one cancels.
#[derive(Clone)]
struct TokenRing {
    stations: u32,
    timeout: Option<Ticket>,
    rounds: u32,
    timeouts: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum RingEvent {
    Token { station: u32 },
    Timeout { station: u32 },
}

impl Event for RingEvent {
    type Label = RingEvent;

    fn label(&self) -> RingEvent {
        *self
    }

    fn fingerprint(&self) -> u64 {
        match *self {
            RingEvent::Token { station } => u64::from(station),
            RingEvent::Timeout { station } => 1 << 32 | u64::from(station),
        }
    }
}

impl Model for TokenRing {
    type Event = RingEvent;

    fn handle(&mut self, event: RingEvent, kernel: &mut Kernel<RingEvent>) {
        if let Some(timeout) = self.timeout.take() {
            kernel.cancel(timeout);
        }
        let station = match event {
            RingEvent::Token { station } => station,
            RingEvent::Timeout { station } => {
                self.timeouts += 1;
                station
            }
        };
        let next = (station + 1) % self.stations;
        self.rounds += u32::from(next == 0);
        self.timeout =
            Some(kernel.schedule_after(Span::millis(500), RingEvent::Timeout { station }));
        kernel.schedule_after(Span::millis(1), RingEvent::Token { station: next });
    }
}

fn token_ring() -> Engine<TokenRing> {
    let model = TokenRing { stations: 7, timeout: None, rounds: 0, timeouts: 0 };
    let mut kernel = Kernel::new(Chooser::new(0), 1000);
    kernel.schedule(Time::ZERO, RingEvent::Token { station: 0 });
    Engine::new(model, kernel)
}

#[test]
fn runs_of_one_seed_are_one_run() {
    let run = |seed| {
        let mut engine = ping_pong(10, seed);
        steps(&mut engine, 5_000);
        (engine.kernel.digest(), engine.kernel.now())
    };
    assert_eq!(run(1), run(1));
    assert_ne!(run(1), run(2));
}

/// These numbers may change only together with the meaning of a digest or of a choice: they say
/// that every platform and every build profile computes the same run.
#[test]
fn digests_are_golden_on_every_platform() {
    let mut pairs = ping_pong(10, 1);
    steps(&mut pairs, 5_000);
    let mut ring = token_ring();
    steps(&mut ring, 5_000);
    let digests = [pairs.kernel.digest(), ring.kernel.digest()];
    assert_eq!(digests, GOLDEN_DIGESTS, "{digests:#x?}");
}

const GOLDEN_DIGESTS: [u64; 2] = [0xd032_e01e_853a_094c, 0x2e99_86c0_567e_545f];

#[test]
fn time_outs_that_are_cancelled_in_time_never_fire() {
    let mut engine = token_ring();
    steps(&mut engine, 7 * 3_000);
    assert_eq!(engine.model.rounds, 3_000);
    assert_eq!(engine.model.timeouts, 0);
    assert_eq!(engine.kernel.scheduled(), 2);
    assert_eq!(engine.kernel.now(), Time(20_999_000_000));
}

#[test]
fn a_copy_of_a_world_goes_on_like_the_world() {
    let mut world = ping_pong(10, 3);
    steps(&mut world, 2_345);
    let mut copy = world.clone();
    steps(&mut world, 3_000);
    let digest_of_copy = copy.kernel.digest();
    assert_ne!(digest_of_copy, world.kernel.digest());
    steps(&mut copy, 3_000);
    assert_eq!(copy.kernel.digest(), world.kernel.digest());
    for event in 1..=copy.kernel.event() {
        assert_eq!(copy.kernel.trace().get(event), world.kernel.trace().get(event));
    }
}

#[test]
fn two_copies_do_not_see_each_other_in_the_trace() {
    let mut world = ping_pong(10, 3);
    steps(&mut world, 10);
    let mut other = world.clone();
    other.kernel.chooser = Chooser::new(4);
    steps(&mut world, 2_000);
    steps(&mut other, 2_000);
    let differs = |n| world.kernel.trace().get(n) != other.kernel.trace().get(n);
    assert!(!(1..=10).any(differs));
    assert!((11..=2_010).any(differs));
}

#[test]
fn causes_lead_from_the_last_event_back_to_the_beginning() {
    let mut engine = ping_pong(10, 1);
    steps(&mut engine, 10_000);
    let trace = engine.kernel.trace();
    for event in 1..=10_000 {
        let traced = trace.get(event).expect("the trace is long enough for the whole run");
        assert!(traced.cause < event);
    }
    let chain: Vec<_> = trace.causes(10_000).collect();
    assert_eq!(chain.last().expect("never empty").1.cause, 0);
    let pair = chain[0].1.label.pair;
    assert!(chain.iter().all(|(_, traced)| traced.label.pair == pair));
    assert_eq!(chain.len() as u32, chain[0].1.label.bounces + 1);
}

#[test]
fn a_held_back_event_keeps_its_cause() {
    let mut kernel = Kernel::new(Chooser::new(0), 10);
    kernel.schedule(Time(5), RingEvent::Token { station: 0 });
    kernel.next(Time::NEVER);
    let held_back = RingEvent::Token { station: 1 };
    kernel.schedule(Time(6), RingEvent::Token { station: 2 });
    kernel.next(Time::NEVER);
    let waiting = RingEvent::Token { station: 3 };
    kernel.schedule(Time(6), waiting);
    kernel.put_back(1, held_back);
    assert_eq!(kernel.next(Time::NEVER), Some(held_back), "it comes before what waits");
    assert_eq!((kernel.now(), kernel.cause(), kernel.event()), (Time(6), 1, 3));
    assert_eq!(kernel.next(Time::NEVER), Some(waiting));
}

#[test]
fn running_until_a_time_stops_there_and_lets_others_in() {
    let mut engine = ping_pong(10, 1);
    let stop = Time(20_000_000);
    engine.run_until(stop);
    assert_eq!(engine.kernel.now(), stop);
    assert!(engine.kernel.next_time().is_some_and(|next| next > stop));
    // An intervention at the very moment of the stop comes before everything that waits.
    let intervention = Ball { pair: 9, bounces: 77 };
    engine.kernel.schedule(stop, intervention);
    assert_eq!(engine.kernel.next(Time::NEVER), Some(intervention));
    assert_eq!(engine.kernel.now(), stop);
}

#[test]
fn an_idle_world_reaches_the_time_it_is_run_to() {
    let mut engine = token_ring();
    engine.kernel = Kernel::new(Chooser::new(0), 10);
    engine.run_until(Time(99));
    assert_eq!(engine.kernel.now(), Time(99));
    assert!(!engine.step());
    assert_eq!(engine.kernel.event(), 0);
}

/// One question more, in one pair, at event 5,000: with a shared generator every later latency of
/// every pair would change.
#[test]
fn one_more_question_disturbs_nobody_else() {
    const PAIRS: u32 = 1_000;
    let run = |meddled| {
        let mut engine = ping_pong_with(PAIRS, Chooser::new(1), 0, meddled);
        engine.run_until(Time(15_000_000));
        engine.model.pairs
    };
    let (plain, meddled) = (run(0), run(5_000));
    let disturbed =
        plain.iter().zip(&meddled).filter(|(plain, meddled)| plain.arrivals != meddled.arrivals);
    assert_eq!(disturbed.count(), 1);
}

#[test]
fn a_tape_reaches_only_what_follows_from_it() {
    let late = subject(["pair", "3"]);
    let tape = Tape::from([(Key { site: LATENCY, subject: late, ordinal: 4 }, 123_456)]);
    let mut plain = ping_pong_with(10, Chooser::new(1), 0, 0);
    let mut taped = ping_pong_with(10, Chooser::with_tape(1, tape), 0, 0);
    plain.run_until(Time::ZERO + Span::millis(50));
    taped.run_until(Time::ZERO + Span::millis(50));
    for (n, (plain, taped)) in plain.model.pairs.iter().zip(&taped.model.pairs).enumerate() {
        if n == 3 {
            assert_eq!(plain.arrivals[..4], taped.arrivals[..4]);
            assert_eq!(taped.arrivals[4].since(taped.arrivals[3]), Span(1_000_000 + 123_456));
        } else {
            assert_eq!(plain.arrivals, taped.arrivals);
        }
    }
}

#[test]
fn a_reseeded_run_is_the_same_until_then_and_another_one_after() {
    let run = |chooser| {
        let mut engine = ping_pong_with(10, chooser, TRACE_EVENTS, 0);
        steps(&mut engine, 2_000);
        engine
    };
    let before = run(Chooser::new(1));
    let after = run(Chooser::reseeded(1, Tape::new(), 1_000, 2));
    let differs = |n| before.kernel.trace().get(n) != after.kernel.trace().get(n);
    assert!(!(1..=1_000).any(differs));
    assert!((1_001..=2_000).any(differs));
}

proptest! {
    #[test]
    fn stopping_on_the_way_changes_nothing(mut stops in prop::collection::vec(0..9_000_000u64, 0..20)) {
        let end = Time(10_000_000);
        let mut straight = ping_pong(5, 9);
        straight.run_until(end);
        let mut halting = ping_pong(5, 9);
        stops.sort();
        for stop in stops {
            halting.run_until(Time(stop));
            halting = halting.clone();
        }
        halting.run_until(end);
        prop_assert_eq!(halting.kernel.digest(), straight.kernel.digest());
        prop_assert_eq!(halting.kernel.event(), straight.kernel.event());
        prop_assert_eq!(halting.kernel.now(), end);
    }
}
