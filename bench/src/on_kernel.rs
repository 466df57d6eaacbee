//! The workloads on mqlab's kernel alone: events by value, keyed delays, causes, trace ring and
//! digest, but no connections, power or clocks.

use crate::measure::{Done, Run, Workload, timed};
use crate::replicated::{self, ACTORS, CONSUMER, Client, FETCH_WAIT, LEADER, Message, PRODUCER};
use crate::{DELAY_HIGH, DELAY_LOW, PAIRS, TIMER_ACTORS, TIMER_HIGH, TIMERS_EACH};
use mqlab::kernel::{
    Chooser, Engine, Event, Kernel, Key, Model, Site, Span, TRACE_EVENTS, Ticket, Time, subject,
};

const DELAY: Site = Site(1);
const TIMER: Site = Site(2);

/// Runs a workload of `size` events (of W3: messages).
pub fn run(workload: Workload, size: u64) -> Run {
    match workload {
        Workload::PingPong => timed(ping_pong, |engine| steps(engine, size)),
        Workload::Timers => timed(timers, |engine| steps(engine, size)),
        Workload::Log => timed(
            || log(size),
            |engine| {
                while !engine.model.is_done() && engine.step() {}
                let Client::Consumer { received, checksum, .. } = engine.model.client(CONSUMER)
                else {
                    unreachable!("the consumer is a consumer")
                };
                let (messages, checksum) = (*received, *checksum);
                Done { events: engine.kernel.event(), messages, checksum }
            },
        ),
    }
}

/// Handles `events` events.
pub fn steps<M: Model>(engine: &mut Engine<M>, events: u64) -> Done {
    for _ in 0..events {
        if !engine.step() {
            break;
        }
    }
    Done { events, messages: 0, checksum: engine.kernel.digest() }
}

fn kernel<E: Event>() -> Kernel<E> {
    Kernel::new(Chooser::new(1), TRACE_EVENTS)
}

/// The keyed delays of one direction.
#[derive(Clone, Debug)]
struct Link {
    subject: u64,
    sent: u64,
}

impl Link {
    fn new(from: usize, to: usize) -> Self {
        Link { subject: subject(["link", &from.to_string(), &to.to_string()]), sent: 0 }
    }

    #[inline]
    fn delay<E: Event>(&mut self, kernel: &Kernel<E>) -> Span {
        let key = Key { site: DELAY, subject: self.subject, ordinal: self.sent };
        self.sent += 1;
        Span(kernel.chooser.between(key, DELAY_LOW, DELAY_HIGH))
    }
}

/// A message of W1.
#[derive(Clone, Copy, Debug)]
pub struct Ping {
    from: u16,
    to: u16,
    count: u64,
}

impl Event for Ping {
    type Label = (&'static str, u16, u16);

    #[inline]
    fn label(&self) -> Self::Label {
        ("ping", self.from, self.to)
    }

    #[inline]
    fn fingerprint(&self) -> u64 {
        self.count ^ u64::from(self.to) << 48
    }
}

/// W1: by address, what each has received, and its link to its partner.
#[derive(Clone)]
pub struct PingPong(Vec<(u64, Link)>);

impl Model for PingPong {
    type Event = Ping;

    #[inline]
    fn handle(&mut self, ping: Ping, kernel: &mut Kernel<Ping>) {
        let (received, link) = &mut self.0[usize::from(ping.to)];
        *received += 1;
        let delay = link.delay(kernel);
        let answer = Ping { from: ping.to, to: ping.from, count: ping.count + 1 };
        kernel.schedule_after(delay, answer);
    }
}

/// W1 before its first delivery.
pub fn ping_pong() -> Engine<PingPong> {
    let mut players: Vec<_> = (0..2 * PAIRS).map(|n| (0, Link::new(n, n ^ 1))).collect();
    let mut kernel = kernel();
    for pair in 0..PAIRS {
        let delay = players[2 * pair].1.delay(&kernel);
        let (from, to) = (2 * pair as u16, 2 * pair as u16 + 1);
        kernel.schedule_after(delay, Ping { from, to, count: 0 });
    }
    Engine::new(PingPong(players), kernel)
}

/// A timer of W2.
#[derive(Clone, Copy, Debug)]
pub struct Fire {
    actor: u16,
    timer: u32,
}

impl Event for Fire {
    type Label = (&'static str, u16);

    #[inline]
    fn label(&self) -> Self::Label {
        ("timer", self.actor)
    }

    #[inline]
    fn fingerprint(&self) -> u64 {
        u64::from(self.actor) << 32 | u64::from(self.timer)
    }
}

/// W2: each actor's name and how many timers it has set.
#[derive(Clone)]
pub struct Timers(Vec<Link>);

impl Timers {
    #[inline]
    fn set(&mut self, fire: Fire, kernel: &mut Kernel<Fire>) {
        let actor = &mut self.0[usize::from(fire.actor)];
        let key = Key { site: TIMER, subject: actor.subject, ordinal: actor.sent };
        actor.sent += 1;
        let span = kernel.chooser.between(key, 1, TIMER_HIGH);
        kernel.schedule_after(Span(span), fire);
    }
}

impl Model for Timers {
    type Event = Fire;

    #[inline]
    fn handle(&mut self, fire: Fire, kernel: &mut Kernel<Fire>) {
        self.set(fire, kernel);
    }
}

/// W2 before the first timer fires.
pub fn timers() -> Engine<Timers> {
    timers_of(TIMER_ACTORS as u32 * TIMERS_EACH)
}

/// W2 with another number of timers.
pub fn timers_of(count: u32) -> Engine<Timers> {
    let mut model = Timers((0..TIMER_ACTORS).map(|n| Link::new(n, n)).collect());
    let mut kernel = kernel();
    for timer in 0..count {
        let actor = (timer % TIMER_ACTORS as u32) as u16;
        model.set(Fire { actor, timer }, &mut kernel);
    }
    Engine::new(model, kernel)
}

/// What happens in W3.
#[derive(Clone, Debug)]
pub enum LogEvent {
    /// A client begins.
    Start(u16),
    /// A message arrives.
    Deliver {
        /// Its sender.
        from: u16,
        /// Its receiver.
        to: u16,
        /// What it says.
        message: Message,
    },
    /// A parked fetch times out.
    TimeOut(u16),
}

impl Event for LogEvent {
    type Label = (&'static str, u16, u16);

    #[inline]
    fn label(&self) -> Self::Label {
        match self {
            LogEvent::Start(who) => ("start", *who, *who),
            LogEvent::Deliver { from, to, message } => (message.kind(), *from, *to),
            LogEvent::TimeOut(_) => ("time-out", LEADER, LEADER),
        }
    }

    #[inline]
    fn fingerprint(&self) -> u64 {
        match self {
            LogEvent::Start(who) => u64::from(*who),
            LogEvent::Deliver { to, message, .. } => message.fingerprint() ^ u64::from(*to) << 48,
            LogEvent::TimeOut(fetcher) => 7 << 56 | u64::from(*fetcher),
        }
    }
}

/// W3.
#[derive(Clone)]
pub struct Log {
    total: u64,
    leader: replicated::Leader<Ticket>,
    /// By address, from 1 on.
    clients: [Client; 4],
    /// From the leader and toward it, by the other's address.
    links: [[Link; 2]; ACTORS as usize],
}

struct Port<'a> {
    from: u16,
    links: &'a mut [[Link; 2]; ACTORS as usize],
    kernel: &'a mut Kernel<LogEvent>,
}

impl replicated::Port for Port<'_> {
    type Timer = Ticket;

    #[inline]
    fn send(&mut self, to: u16, message: Message) {
        let (other, toward) = if to == LEADER { (self.from, 1) } else { (to, 0) };
        let delay = self.links[usize::from(other)][toward].delay(self.kernel);
        self.kernel.schedule_after(delay, LogEvent::Deliver { from: self.from, to, message });
    }

    #[inline]
    fn set_timeout(&mut self, fetcher: usize) -> Ticket {
        self.kernel.schedule_after(Span(FETCH_WAIT), LogEvent::TimeOut(fetcher as u16))
    }

    #[inline]
    fn cancel(&mut self, timer: Ticket) {
        self.kernel.cancel(timer);
    }
}

impl Log {
    fn client(&self, address: u16) -> &Client {
        &self.clients[usize::from(address) - 1]
    }

    #[inline]
    fn is_done(&self) -> bool {
        self.client(CONSUMER).is_done(self.total) && self.client(PRODUCER).is_done(self.total)
    }
}

impl Model for Log {
    type Event = LogEvent;

    #[inline]
    fn handle(&mut self, event: LogEvent, kernel: &mut Kernel<LogEvent>) {
        let links = &mut self.links;
        match event {
            LogEvent::Deliver { from, to: LEADER, message } => {
                self.leader.receive(from, message, &mut Port { from: LEADER, links, kernel });
            }
            LogEvent::Deliver { to, message, .. } => {
                let client = &mut self.clients[usize::from(to) - 1];
                client.receive(message, &mut Port { from: to, links, kernel });
            }
            LogEvent::TimeOut(fetcher) => {
                let mut port = Port { from: LEADER, links, kernel };
                self.leader.time_out(fetcher.into(), &mut port);
            }
            LogEvent::Start(who) => {
                let client = &mut self.clients[usize::from(who) - 1];
                client.start(&mut Port { from: who, links, kernel });
            }
        }
    }
}

/// W3 before its first event.
pub fn log(total: u64) -> Engine<Log> {
    let mut kernel = kernel();
    for who in 1..ACTORS {
        kernel.schedule(Time::ZERO, LogEvent::Start(who));
    }
    let links = std::array::from_fn(|n| [Link::new(0, n), Link::new(n, 0)]);
    let clients = std::array::from_fn(|n| Client::at(n as u16 + 1, total));
    Engine::new(Log { total, leader: replicated::Leader::default(), clients, links }, kernel)
}
