//! nexosim on one thread: a message with a delay is an event scheduled on oneself, then a send
//! through an output port.

use crate::measure::{Done, Run, Workload, timed};
use crate::replicated::{
    self, ACTORS, CONSUMER, Client, FETCH_WAIT, LEADER, Leader, Message, PRODUCER,
};
use crate::{PAIRS, TIMER_ACTORS, TIMER_HIGH, TIMERS_EACH, Xorshift};
use nexosim::model::{Context, Model, schedulable};
use nexosim::ports::{EventSource, Output};
use nexosim::simulation::{EventKey, Mailbox, SimInit, Simulation};
use nexosim::time::MonotonicTime;
use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

/// Models are out of reach while they run, so they count in statics; runs are one at a time.
static EVENTS: AtomicU64 = AtomicU64::new(0);
static FINISHED: AtomicU64 = AtomicU64::new(0);
static CHECKSUM: AtomicU64 = AtomicU64::new(0);

/// Runs a workload of `size` events (of W3: messages).
pub fn run(workload: Workload, size: u64) -> Run {
    for counter in [&EVENTS, &FINISHED, &CHECKSUM] {
        counter.store(0, Relaxed);
    }
    match workload {
        Workload::PingPong => timed(ping_pong, |simulation| steps(simulation, size)),
        Workload::Timers => timed(timers, |simulation| steps(simulation, size)),
        Workload::Log => timed(
            || log(size),
            |simulation| {
                while FINISHED.load(Relaxed) < 2 {
                    simulation.step().expect("a run has no end but its goal");
                }
                let (events, checksum) = (EVENTS.load(Relaxed), CHECKSUM.load(Relaxed));
                Done { events, messages: size, checksum }
            },
        ),
    }
}

fn steps(simulation: &mut Simulation, events: u64) -> Done {
    while EVENTS.load(Relaxed) < events {
        simulation.step().expect("a run has no end but its goal");
    }
    Done { events: EVENTS.load(Relaxed), messages: 0, checksum: 0 }
}

fn handled() {
    EVENTS.fetch_add(1, Relaxed);
}

#[derive(Serialize, Deserialize)]
struct Player {
    out: Output<u64>,
    random: Xorshift,
}

#[Model]
impl Player {
    fn ping(&mut self, count: u64, context: &Context<Self>) {
        handled();
        let delay = Duration::from_nanos(self.random.delay());
        context.schedule_event(delay, schedulable!(Self::send), count + 1).expect("in the future");
    }

    #[nexosim(schedulable)]
    async fn send(&mut self, count: u64) {
        self.out.send(count).await;
    }
}

fn ping_pong() -> Simulation {
    let mut bench = SimInit::with_num_threads(1);
    let mailboxes: Vec<Mailbox<Player>> = (0..2 * PAIRS).map(|_| Mailbox::new()).collect();
    let addresses: Vec<_> = mailboxes.iter().map(Mailbox::address).collect();
    let mut sources = Vec::new();
    for (n, mailbox) in mailboxes.into_iter().enumerate() {
        let mut player = Player { out: Output::new(), random: Xorshift::new(n as u64) };
        player.out.connect(Player::ping, &addresses[n ^ 1]);
        if n % 2 == 1 {
            let source = EventSource::new().connect(Player::ping, &addresses[n]);
            sources.push(source.register(&mut bench));
        }
        bench = bench.add_model(player, mailbox, "player");
    }
    let mut simulation = bench.init(MonotonicTime::EPOCH).expect("a bench that starts");
    for source in &sources {
        simulation.process_event(source, 0).expect("a first ball");
    }
    simulation
}

#[derive(Serialize, Deserialize)]
struct Ticker {
    random: Xorshift,
}

#[Model]
impl Ticker {
    fn begin(&mut self, timers: u32, context: &Context<Self>) {
        (0..timers).for_each(|timer| self.set(timer, context));
    }

    fn set(&mut self, timer: u32, context: &Context<Self>) {
        let span = Duration::from_nanos(self.random.between(1, TIMER_HIGH));
        context.schedule_event(span, schedulable!(Self::fire), timer).expect("in the future");
    }

    #[nexosim(schedulable)]
    fn fire(&mut self, timer: u32, context: &Context<Self>) {
        handled();
        self.set(timer, context);
    }
}

fn timers() -> Simulation {
    let mut bench = SimInit::with_num_threads(1);
    let mut sources = Vec::new();
    for n in 0..TIMER_ACTORS {
        let mailbox = Mailbox::new();
        sources.push(EventSource::new().connect(Ticker::begin, &mailbox).register(&mut bench));
        bench = bench.add_model(Ticker { random: Xorshift::new(n as u64) }, mailbox, "ticker");
    }
    let mut simulation = bench.init(MonotonicTime::EPOCH).expect("a bench that starts");
    for source in &sources {
        simulation.process_event(source, TIMERS_EACH).expect("first timers");
    }
    simulation
}

/// A message and the address it comes from or, before it is sent, goes to.
type Mail = (u16, Message);

struct Port<'a, M: Model> {
    random: &'a mut Xorshift,
    context: &'a Context<M>,
    deliver: fn(&Context<M>, Duration, Mail),
    time_out: fn(&Context<M>, usize) -> EventKey,
}

impl<M: Model> replicated::Port for Port<'_, M> {
    type Timer = EventKey;

    fn send(&mut self, to: u16, message: Message) {
        let delay = Duration::from_nanos(self.random.delay());
        (self.deliver)(self.context, delay, (to, message));
    }

    fn set_timeout(&mut self, fetcher: usize) -> EventKey {
        (self.time_out)(self.context, fetcher)
    }

    fn cancel(&mut self, timer: EventKey) {
        timer.cancel();
    }
}

#[derive(Serialize, Deserialize)]
struct LeaderModel {
    leader: Leader<EventKey>,
    /// By address, from 1 on.
    out: [Output<Mail>; 4],
    random: Xorshift,
}

#[Model]
impl LeaderModel {
    fn port<'a>(random: &'a mut Xorshift, context: &'a Context<Self>) -> Port<'a, Self> {
        Port {
            random,
            context,
            deliver: |context, delay, mail| {
                context
                    .schedule_event(delay, schedulable!(Self::send), mail)
                    .expect("in the future");
            },
            time_out: |context, fetcher| {
                let wait = Duration::from_nanos(FETCH_WAIT);
                let fetcher = fetcher as u64;
                context
                    .schedule_keyed_event(wait, schedulable!(Self::time_out), fetcher)
                    .expect("in the future")
            },
        }
    }

    fn receive(&mut self, (from, message): Mail, context: &Context<Self>) {
        handled();
        self.leader.receive(from, message, &mut Self::port(&mut self.random, context));
    }

    #[nexosim(schedulable)]
    fn time_out(&mut self, fetcher: u64, context: &Context<Self>) {
        handled();
        let mut port = Self::port(&mut self.random, context);
        self.leader.time_out(fetcher as usize, &mut port);
    }

    #[nexosim(schedulable)]
    async fn send(&mut self, (to, message): Mail) {
        self.out[usize::from(to) - 1].send((LEADER, message)).await;
    }
}

#[derive(Serialize, Deserialize)]
struct ClientModel {
    address: u16,
    total: u64,
    finished: bool,
    client: Client,
    out: Output<Mail>,
    random: Xorshift,
}

#[Model]
impl ClientModel {
    fn port<'a>(random: &'a mut Xorshift, context: &'a Context<Self>) -> Port<'a, Self> {
        Port {
            random,
            context,
            deliver: |context, delay, mail| {
                context
                    .schedule_event(delay, schedulable!(Self::send), mail)
                    .expect("in the future");
            },
            time_out: |_, _| unreachable!("clients set no time-outs"),
        }
    }

    fn start(&mut self, _: (), context: &Context<Self>) {
        handled();
        self.client.start(&mut Self::port(&mut self.random, context));
    }

    fn receive(&mut self, (_, message): Mail, context: &Context<Self>) {
        handled();
        self.client.receive(message, &mut Self::port(&mut self.random, context));
        let counts = self.address == PRODUCER || self.address == CONSUMER;
        if counts && !self.finished && self.client.is_done(self.total) {
            self.finished = true;
            FINISHED.fetch_add(1, Relaxed);
            CHECKSUM.fetch_add(self.client.checksum(), Relaxed);
        }
    }

    #[nexosim(schedulable)]
    async fn send(&mut self, (_, message): Mail) {
        self.out.send((self.address, message)).await;
    }
}

fn log(total: u64) -> Simulation {
    let mut bench = SimInit::with_num_threads(1);
    let at_leader = Mailbox::new();
    let mut leader = LeaderModel {
        leader: Leader::default(),
        out: Default::default(),
        random: Xorshift::new(LEADER.into()),
    };
    let mut sources = Vec::new();
    for address in 1..ACTORS {
        let mailbox = Mailbox::new();
        leader.out[usize::from(address) - 1].connect(ClientModel::receive, &mailbox);
        let mut client = ClientModel {
            address,
            total,
            finished: false,
            client: Client::at(address, total),
            out: Output::new(),
            random: Xorshift::new(address.into()),
        };
        client.out.connect(LeaderModel::receive, &at_leader);
        sources.push(EventSource::new().connect(ClientModel::start, &mailbox).register(&mut bench));
        bench = bench.add_model(client, mailbox, "client");
    }
    bench = bench.add_model(leader, at_leader, "leader");
    let mut simulation = bench.init(MonotonicTime::EPOCH).expect("a bench that starts");
    for source in &sources {
        simulation.process_event(source, ()).expect("a start");
    }
    simulation
}
