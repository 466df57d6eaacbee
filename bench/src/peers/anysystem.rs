//! anysystem: messages are strings (here JSON), names are strings, everything is logged.

use crate::measure::{Done, Run, Workload, timed};
use crate::replicated::{
    self, ACTORS, CONSUMER, Client, FETCH_WAIT, FETCHERS, LEADER, Leader, PRODUCER,
};
use crate::{DELAY_HIGH, DELAY_LOW, PAIRS, TIMER_ACTORS, TIMERS_EACH};
use anysystem::{Context, Message, Process, System};

/// Local outboxes are looked at once in so many events: looking is not free.
const LOOK_EVERY: u64 = 64;

/// Runs a workload of `size` events (of W3: messages).
pub fn run(workload: Workload, size: u64) -> Run {
    match workload {
        Workload::PingPong => timed(ping_pong, |system| steps(system, size)),
        Workload::Timers => timed(timers, |system| steps(system, size)),
        Workload::Log => timed(|| log(size), |system| run_log(system, size)),
    }
}

fn steps(system: &mut System, events: u64) -> Done {
    system.steps(events);
    Done { events, messages: 0, checksum: 0 }
}

fn system() -> System {
    let system = System::new(1);
    system.network().set_delays(DELAY_LOW as f64 / 1e9, DELAY_HIGH as f64 / 1e9);
    system
}

fn add(system: &mut System, name: &str, process: Box<dyn Process>) {
    let node = format!("node-of-{name}");
    system.add_node(&node);
    system.add_process(name, process, &node);
}

type Outcome = Result<(), String>;

#[derive(Clone)]
struct Player;

impl Process for Player {
    fn on_message(&mut self, message: Message, from: String, context: &mut Context) -> Outcome {
        let count: u64 = message.data.parse().map_err(|e| format!("{e}"))?;
        context.send(Message::new("ping".to_string(), (count + 1).to_string()), from);
        Ok(())
    }

    fn on_local_message(&mut self, message: Message, context: &mut Context) -> Outcome {
        context.send(Message::new("ping", "0"), message.data);
        Ok(())
    }

    fn on_timer(&mut self, _: String, _: &mut Context) -> Outcome {
        Ok(())
    }
}

fn ping_pong() -> System {
    let mut system = system();
    for n in 0..2 * PAIRS {
        add(&mut system, &format!("player-{n}"), Box::new(Player));
    }
    for n in (0..2 * PAIRS).step_by(2) {
        let begin = Message::new("begin".to_string(), format!("player-{}", n + 1));
        system.send_local_message(&format!("player-{n}"), begin);
    }
    system
}

#[derive(Clone)]
struct Ticker;

impl Process for Ticker {
    fn on_message(&mut self, _: Message, _: String, _: &mut Context) -> Outcome {
        Ok(())
    }

    fn on_local_message(&mut self, _: Message, context: &mut Context) -> Outcome {
        for timer in 0..TIMERS_EACH {
            let span = context.rand() * 2.0;
            context.set_timer(&timer.to_string(), span);
        }
        Ok(())
    }

    fn on_timer(&mut self, timer: String, context: &mut Context) -> Outcome {
        let span = context.rand() * 2.0;
        context.set_timer(&timer, span);
        Ok(())
    }
}

fn timers() -> System {
    let mut system = system();
    for n in 0..TIMER_ACTORS {
        let name = format!("ticker-{n}");
        add(&mut system, &name, Box::new(Ticker));
        system.send_local_message(&name, Message::new("begin", ""));
    }
    system
}

const NAMES: [&str; ACTORS as usize] =
    ["leader", "follower-1", "follower-2", "producer", "consumer"];

fn address(name: &str) -> Result<u16, String> {
    let found = NAMES.iter().position(|n| *n == name);
    found.map(|n| n as u16).ok_or_else(|| format!("nobody is called {name}"))
}

struct Port<'a>(&'a mut Context);

impl replicated::Port for Port<'_> {
    type Timer = usize;

    fn send(&mut self, to: u16, message: replicated::Message) {
        let data = serde_json::to_string(&message).expect("messages are plain data");
        let message = Message::new(message.kind().to_string(), data);
        self.0.send(message, NAMES[usize::from(to)].to_string());
    }

    fn set_timeout(&mut self, fetcher: usize) -> usize {
        self.0.set_timer(NAMES[usize::from(FETCHERS[fetcher])], FETCH_WAIT as f64 / 1e9);
        fetcher
    }

    fn cancel(&mut self, fetcher: usize) {
        self.0.cancel_timer(NAMES[usize::from(FETCHERS[fetcher])]);
    }
}

fn parsed(message: &Message) -> Result<replicated::Message, String> {
    serde_json::from_str(&message.data).map_err(|e| e.to_string())
}

#[derive(Clone)]
struct LeaderProcess(Leader<usize>);

impl Process for LeaderProcess {
    fn on_message(&mut self, message: Message, from: String, context: &mut Context) -> Outcome {
        self.0.receive(address(&from)?, parsed(&message)?, &mut Port(context));
        Ok(())
    }

    fn on_local_message(&mut self, _: Message, _: &mut Context) -> Outcome {
        Ok(())
    }

    fn on_timer(&mut self, name: String, context: &mut Context) -> Outcome {
        let address = address(&name)?;
        let fetcher = FETCHERS.iter().position(|fetcher| *fetcher == address);
        self.0.time_out(fetcher.ok_or("a time-out of nobody's fetch")?, &mut Port(context));
        Ok(())
    }
}

#[derive(Clone)]
struct ClientProcess {
    client: Client,
    total: u64,
    counts: bool,
}

impl Process for ClientProcess {
    fn on_message(&mut self, message: Message, _: String, context: &mut Context) -> Outcome {
        let before = self.client.is_done(self.total);
        self.client.receive(parsed(&message)?, &mut Port(context));
        if self.counts && !before && self.client.is_done(self.total) {
            let sum = self.client.checksum().to_string();
            context.send_local(Message::new("done".to_string(), sum));
        }
        Ok(())
    }

    fn on_local_message(&mut self, _: Message, context: &mut Context) -> Outcome {
        self.client.start(&mut Port(context));
        Ok(())
    }

    fn on_timer(&mut self, _: String, _: &mut Context) -> Outcome {
        Ok(())
    }
}

fn log(total: u64) -> System {
    let mut system = system();
    add(&mut system, NAMES[usize::from(LEADER)], Box::new(LeaderProcess(Leader::default())));
    for address in 1..ACTORS {
        let counts = address == PRODUCER || address == CONSUMER;
        let process = ClientProcess { client: Client::at(address, total), total, counts };
        add(&mut system, NAMES[usize::from(address)], Box::new(process));
    }
    for address in 1..ACTORS {
        system.send_local_message(NAMES[usize::from(address)], Message::new("begin", ""));
    }
    system
}

fn run_log(system: &mut System, total: u64) -> Done {
    let outbox = |system: &System, address: u16| system.local_outbox(NAMES[usize::from(address)]);
    let mut events = 0;
    loop {
        if !system.step() {
            break;
        }
        events += 1;
        if events % LOOK_EVERY == 0
            && !outbox(system, PRODUCER).is_empty()
            && !outbox(system, CONSUMER).is_empty()
        {
            break;
        }
    }
    let sum = outbox(system, CONSUMER).first().and_then(|message| message.data.parse().ok());
    Done { events, messages: total, checksum: sum.unwrap_or(0) }
}
