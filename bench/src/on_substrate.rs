//! The workloads as mqlab's users run them: actors on nodes with power, clocks and disks, FIFO
//! connections with hooks for every fault, keyed delays, causes, trace ring and digest.

use crate::measure::{Done, Run, Workload, timed};
use crate::on_kernel::steps;
use crate::replicated::{self, ACTORS, CONSUMER, Client, FETCH_WAIT, LEADER, Message, PRODUCER};
use crate::{DELAY_HIGH, DELAY_LOW, PAIRS, TIMER_ACTORS, TIMER_HIGH, TIMERS_EACH};
use mqlab::fact::NodeId;
use mqlab::kernel::{
    Chooser, Engine, Kernel, Model, Site, Span, TRACE_EVENTS, Ticket, Time, subject,
};
use mqlab::substrate::{
    Actor, Channel, ConnId, DiskCost, Effects, Event, Input, Latency, Packet, Substrate, TimerToken,
};

const TIMER: Site = Site(60_000);
const CHANNEL: Channel = Channel(0);
/// The workloads write nothing.
const DISK: DiskCost = DiskCost { append: Span::ZERO, sync: Span::ZERO };

/// Runs a workload of `size` events (of W3: messages).
pub fn run(workload: Workload, size: u64) -> Run {
    match workload {
        Workload::PingPong => timed(ping_pong, |engine| steps(engine, size)),
        Workload::Timers => timed(timers, |engine| steps(engine, size)),
        Workload::Log => timed(
            || log(size),
            |engine| {
                while !is_done(&engine.model.actors, size) && engine.step() {}
                let Role::Client(Client::Consumer { received, checksum, .. }) =
                    &engine.model.actors[usize::from(CONSUMER)].role
                else {
                    unreachable!("the consumer is a consumer")
                };
                let (messages, checksum) = (*received, *checksum);
                Done { events: engine.kernel.event(), messages, checksum }
            },
        ),
    }
}

/// Actors and what they stand on.
#[derive(Clone)]
pub struct World<A: Actor> {
    actors: Vec<A>,
    substrate: Substrate<A::Packet, A::Timer>,
}

impl<A: Actor> Model for World<A> {
    type Event = Event<A::Packet, A::Timer>;

    #[inline]
    fn handle(&mut self, event: Self::Event, kernel: &mut Kernel<Self::Event>) {
        self.substrate.dispatch(&mut self.actors, event, kernel);
    }

    #[inline(always)]
    fn fetch_ahead(&self, event: &Self::Event) -> u64 {
        self.substrate.fetch_ahead(event)
    }
}

/// A world of which everyone is switched on, at time zero.
fn world<A: Actor>(mut actors: Vec<A>) -> Engine<World<A>> {
    let names: Vec<String> = (0..actors.len()).map(|n| format!("node-{n}")).collect();
    let latency = Latency { low: Span(DELAY_LOW), high: Span(DELAY_HIGH) };
    let mut substrate = Substrate::new(&names, latency, DISK);
    let mut kernel = Kernel::new(Chooser::new(1), TRACE_EVENTS);
    for node in 0..actors.len() {
        substrate.boot(&mut actors, NodeId(node as u16), &mut kernel);
    }
    substrate.facts.clear();
    Engine::new(World { actors, substrate }, kernel)
}

/// What a timer of these worlds means.
#[derive(Clone, Copy, Debug)]
pub struct Token(u32);

impl TimerToken for Token {
    fn kind(&self) -> &'static str {
        "timer"
    }

    fn fingerprint(&self) -> u64 {
        self.0.into()
    }
}

/// A message of W1.
#[derive(Clone, Debug)]
pub struct Ping(u64);

impl Packet for Ping {
    fn kind(&self) -> &'static str {
        "ping"
    }

    fn size(&self) -> u32 {
        8
    }

    fn fingerprint(&self) -> u64 {
        self.0
    }
}

/// A player of W1. Those with even numbers begin.
#[derive(Clone)]
pub struct Player {
    received: u64,
}

impl Actor for Player {
    type Packet = Ping;
    type Timer = Token;

    #[inline]
    fn on(&mut self, input: Input<Ping, Token>, fx: &mut Effects<'_, Ping, Token>) {
        match input {
            Input::Packet { conn, packet, .. } => {
                self.received += 1;
                fx.send(conn, Ping(packet.0 + 1));
            }
            Input::Boot { .. } if fx.node().0 % 2 == 0 => {
                fx.connect(NodeId(fx.node().0 + 1), CHANNEL);
            }
            Input::Connected { conn, .. } => fx.send(conn, Ping(0)),
            _ => {}
        }
    }
}

/// W1 with every ball in the air.
pub fn ping_pong() -> Engine<World<Player>> {
    let mut engine = world(vec![Player { received: 0 }; 2 * PAIRS]);
    engine.run_until(Time(2 * DELAY_HIGH));
    engine
}

/// An actor of W2.
#[derive(Clone)]
pub struct Ticker {
    subject: u64,
    set: u64,
}

impl Ticker {
    #[inline]
    fn set(&mut self, timer: Token, fx: &mut Effects<'_, Ping, Token>) {
        let span = fx.between(TIMER, self.subject, self.set, 1, TIMER_HIGH);
        self.set += 1;
        fx.timer(Span(span), timer);
    }
}

impl Actor for Ticker {
    type Packet = Ping;
    type Timer = Token;

    #[inline]
    fn on(&mut self, input: Input<Ping, Token>, fx: &mut Effects<'_, Ping, Token>) {
        match input {
            Input::Timer(timer) => self.set(timer, fx),
            Input::Boot { .. } => (0..TIMERS_EACH).for_each(|n| self.set(Token(n), fx)),
            _ => {}
        }
    }
}

/// W2 before the first timer fires.
pub fn timers() -> Engine<World<Ticker>> {
    let named = |n: usize| Ticker { subject: subject(["node", &n.to_string()]), set: 0 };
    world((0..TIMER_ACTORS).map(named).collect())
}

impl Packet for Message {
    fn kind(&self) -> &'static str {
        Message::kind(self)
    }

    fn size(&self) -> u32 {
        match self {
            Message::Records { records, .. } => 40 + 24 * records.len() as u32,
            _ => 40,
        }
    }

    #[inline]
    fn fingerprint(&self) -> u64 {
        Message::fingerprint(self)
    }
}

/// An actor of W3.
#[derive(Clone)]
pub struct Replica {
    role: Role,
    /// The connection to each address it talks to.
    conns: [ConnId; ACTORS as usize],
}

#[derive(Clone)]
enum Role {
    Leader(replicated::Leader<Ticket>),
    Client(Client),
}

struct Port<'a, 'b> {
    conns: &'a [ConnId; ACTORS as usize],
    fx: &'a mut Effects<'b, Message, Token>,
}

impl replicated::Port for Port<'_, '_> {
    type Timer = Ticket;

    #[inline]
    fn send(&mut self, to: u16, message: Message) {
        self.fx.send(self.conns[usize::from(to)], message);
    }

    #[inline]
    fn set_timeout(&mut self, fetcher: usize) -> Ticket {
        self.fx.timer(Span(FETCH_WAIT), Token(fetcher as u32))
    }

    #[inline]
    fn cancel(&mut self, timer: Ticket) {
        self.fx.cancel(timer);
    }
}

impl Actor for Replica {
    type Packet = Message;
    type Timer = Token;

    #[inline]
    fn on(&mut self, input: Input<Message, Token>, fx: &mut Effects<'_, Message, Token>) {
        let Replica { role, conns } = self;
        match input {
            Input::Packet { conn, peer, packet } => match role {
                Role::Leader(leader) => {
                    conns[usize::from(peer.0)] = conn;
                    leader.receive(peer.0, packet, &mut Port { conns, fx });
                }
                Role::Client(client) => client.receive(packet, &mut Port { conns, fx }),
            },
            Input::Timer(fetcher) => {
                if let Role::Leader(leader) = role {
                    leader.time_out(fetcher.0 as usize, &mut Port { conns, fx });
                }
            }
            Input::Boot { .. } => {
                if let Role::Client(_) = role {
                    conns[usize::from(LEADER)] = fx.connect(NodeId(LEADER), CHANNEL);
                }
            }
            Input::Connected { .. } => {
                if let Role::Client(client) = role {
                    client.start(&mut Port { conns, fx });
                }
            }
            _ => {}
        }
    }
}

fn is_done(actors: &[Replica], total: u64) -> bool {
    [CONSUMER, PRODUCER].iter().all(|&address| match &actors[usize::from(address)].role {
        Role::Client(client) => client.is_done(total),
        Role::Leader(_) => true,
    })
}

/// W3 before its first event.
pub fn log(total: u64) -> Engine<World<Replica>> {
    let role = |address| match address {
        LEADER => Role::Leader(replicated::Leader::default()),
        _ => Role::Client(Client::at(address, total)),
    };
    let actor = |address| Replica { role: role(address), conns: [ConnId::NONE; ACTORS as usize] };
    world((0..ACTORS).map(actor).collect())
}
