//! The core of DSLab: `f64` seconds, boxed payloads that handlers downcast.

use crate::measure::{Done, Run, Workload, timed};
use crate::replicated::{self, ACTORS, CONSUMER, Client, FETCH_WAIT, LEADER, Leader, PRODUCER};
use crate::{PAIRS, TIMER_ACTORS, TIMERS_EACH};
use serde::Serialize;
use simcore::{Event, EventHandler, EventId, Id, Simulation, SimulationContext, cast};
use std::cell::RefCell;
use std::rc::Rc;

/// Runs a workload of `size` events (of W3: messages).
pub fn run(workload: Workload, size: u64) -> Run {
    match workload {
        Workload::PingPong => timed(ping_pong, |simulation| steps(simulation, size)),
        Workload::Timers => timed(timers, |simulation| steps(simulation, size)),
        Workload::Log => timed(|| Log::new(size), |log| log.run(size)),
    }
}

fn steps(simulation: &mut Simulation, events: u64) -> Done {
    simulation.steps(events);
    Done { events, messages: 0, checksum: 0 }
}

fn delay(context: &SimulationContext) -> f64 {
    0.000_5 + context.rand() * 0.001
}

#[derive(Clone, Serialize)]
struct Ping {
    count: u64,
}

#[derive(Clone, Serialize)]
struct Fire {
    timer: u32,
}

#[derive(Clone, Serialize)]
struct Start {}

#[derive(Clone, Serialize)]
struct TimeOut {
    fetcher: usize,
}

#[derive(Clone, Serialize)]
struct Deliver {
    message: replicated::Message,
}

struct Player {
    context: SimulationContext,
    received: u64,
}

impl EventHandler for Player {
    fn on(&mut self, event: Event) {
        cast!(match event.data {
            Ping { count } => {
                self.received += 1;
                self.context.emit(Ping { count: count + 1 }, event.src, delay(&self.context));
            }
            Fire { timer } => {
                self.received += 1;
                self.context.emit_self(Fire { timer }, self.context.rand() * 2.0);
            }
        })
    }
}

fn players(simulation: &mut Simulation, count: usize) -> Vec<Rc<RefCell<Player>>> {
    let player = |n| {
        let name = format!("player-{n}");
        let context = simulation.create_context(&name);
        let player = Rc::new(RefCell::new(Player { context, received: 0 }));
        simulation.add_handler(name, player.clone());
        player
    };
    (0..count).map(player).collect()
}

fn ping_pong() -> Simulation {
    let mut simulation = Simulation::new(1);
    for pair in players(&mut simulation, 2 * PAIRS).chunks(2) {
        let (first, second) = (pair[0].borrow(), pair[1].borrow().context.id());
        first.context.emit(Ping { count: 0 }, second, delay(&first.context));
    }
    simulation
}

fn timers() -> Simulation {
    let mut simulation = Simulation::new(1);
    for actor in players(&mut simulation, TIMER_ACTORS) {
        let context = &actor.borrow().context;
        for timer in 0..TIMERS_EACH {
            context.emit_self(Fire { timer }, context.rand() * 2.0);
        }
    }
    simulation
}

struct Port<'a> {
    context: &'a SimulationContext,
    addresses: &'a [Id],
}

impl replicated::Port for Port<'_> {
    type Timer = EventId;

    fn send(&mut self, to: u16, message: replicated::Message) {
        let to = self.addresses[usize::from(to)];
        self.context.emit(Deliver { message }, to, delay(self.context));
    }

    fn set_timeout(&mut self, fetcher: usize) -> EventId {
        self.context.emit_self(TimeOut { fetcher }, FETCH_WAIT as f64 / 1e9)
    }

    fn cancel(&mut self, timer: EventId) {
        self.context.cancel_event(timer);
    }
}

struct LeaderActor {
    context: SimulationContext,
    addresses: Rc<[Id]>,
    leader: Leader<EventId>,
}

impl EventHandler for LeaderActor {
    fn on(&mut self, event: Event) {
        let mut port = Port { context: &self.context, addresses: &self.addresses };
        cast!(match event.data {
            Deliver { message } => {
                let from = self.addresses.iter().position(|&id| id == event.src);
                let from = from.expect("only actors of this run send") as u16;
                self.leader.receive(from, message, &mut port);
            }
            TimeOut { fetcher } => {
                self.leader.time_out(fetcher, &mut port);
            }
        })
    }
}

struct ClientActor {
    context: SimulationContext,
    addresses: Rc<[Id]>,
    client: Client,
}

impl EventHandler for ClientActor {
    fn on(&mut self, event: Event) {
        let mut port = Port { context: &self.context, addresses: &self.addresses };
        cast!(match event.data {
            Deliver { message } => {
                self.client.receive(message, &mut port);
            }
            Start {} => {
                self.client.start(&mut port);
            }
        })
    }
}

struct Log {
    simulation: Simulation,
    clients: Vec<Rc<RefCell<ClientActor>>>,
}

impl Log {
    fn new(total: u64) -> Self {
        let mut simulation = Simulation::new(1);
        let name = |n| format!("node-{n}");
        let contexts: Vec<_> = (0..ACTORS).map(|n| simulation.create_context(name(n))).collect();
        let addresses: Rc<[Id]> = contexts.iter().map(SimulationContext::id).collect();
        let mut contexts = contexts.into_iter();
        if let Some(context) = contexts.next() {
            let leader = Leader::default();
            let actor = LeaderActor { context, addresses: addresses.clone(), leader };
            simulation.add_handler(name(LEADER), Rc::new(RefCell::new(actor)));
        }
        let mut clients = Vec::new();
        for (n, context) in (1..).zip(contexts) {
            context.emit_self(Start {}, 0.0);
            let client = Client::at(n, total);
            let actor = ClientActor { context, addresses: addresses.clone(), client };
            let actor = Rc::new(RefCell::new(actor));
            simulation.add_handler(name(n), actor.clone());
            clients.push(actor);
        }
        Log { simulation, clients }
    }

    fn run(&mut self, total: u64) -> Done {
        let consumer = &self.clients[usize::from(CONSUMER) - 1];
        let producer = &self.clients[usize::from(PRODUCER) - 1];
        let done = |actor: &Rc<RefCell<ClientActor>>| actor.borrow().client.is_done(total);
        let mut events = 0;
        while !(done(consumer) && done(producer)) && self.simulation.step() {
            events += 1;
        }
        Done { events, messages: total, checksum: consumer.borrow().client.checksum() }
    }
}
