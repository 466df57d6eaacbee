//! RabbitMQ's topic exchange: CPU time to route a message among 100,000 bindings, beside a scan
//! that asks every binding, in the same run and with the same answers.

use mqlab::brokers::rabbitmq::message::Properties;
use mqlab::brokers::rabbitmq::topology::Topology;
use mqlab::brokers::rabbitmq::topology::binding::Bind;
use mqlab::brokers::rabbitmq::topology::ids::ConnectionId;
use mqlab::brokers::rabbitmq::topology::queue::{Declarer, QueueDeclare};
use mqlab::brokers::rabbitmq::topology::route::Publish;
use mqlab::brokers::rabbitmq::value::{Name, Table};
use mqlab::brokers::rabbitmq::version::RabbitVersion;
use mqlab::fact::NodeId;
use mqlab_bench::Xorshift;
use mqlab_bench::measure::{Done, median, min, timed};

const BINDINGS: u64 = 100_000;
const QUEUES: u64 = 1_000;
const MESSAGES: usize = 200_000;
const SCANNED: usize = 100;
const ROUNDS: usize = 7;
const GOAL: f64 = 2_000.0;

/// Kinds of events and of places, for keys such as `order.paid.eu.shop-4711`.
const AREAS: [&str; 8] =
    ["order", "invoice", "stock", "customer", "payment", "parcel", "basket", "return"];
const EVENTS: [&str; 6] = ["created", "paid", "changed", "sent", "closed", "failed"];
const REGIONS: [&str; 5] = ["eu", "us", "cn", "in", "br"];

fn of(words: &[&'static str], random: &mut Xorshift) -> &'static str {
    words[random.between(0, words.len() as u64) as usize]
}

/// Of ten bindings four are without wildcards, four leave the event or the region open, two begin or
/// end with `#`.
fn binding(n: u64, random: &mut Xorshift) -> String {
    let (area, event) = (of(&AREAS, random), of(&EVENTS, random));
    let region = of(&REGIONS, random);
    let shop = n / 4;
    match n % 10 {
        0..=3 => format!("{area}.{event}.{region}.shop-{shop}"),
        4 | 5 => format!("{area}.*.{region}.shop-{shop}"),
        6 | 7 => format!("{area}.{event}.*.shop-{shop}"),
        8 => format!("#.shop-{shop}"),
        _ => format!("{area}.{event}.{region}.dock-{shop}.#"),
    }
}

fn message(random: &mut Xorshift) -> Name {
    let (area, event) = (of(&AREAS, random), of(&EVENTS, random));
    let shop = random.between(0, BINDINGS / 4);
    format!("{area}.{event}.{}.shop-{shop}", of(&REGIONS, random)).into()
}

/// The recursive definition.
fn matches(pattern: &[&str], key: &[&str]) -> bool {
    match (pattern, key) {
        ([], []) => true,
        (["#", rest @ ..], key) => {
            matches(rest, key) || matches!(key, [_, tail @ ..] if matches(pattern, tail))
        }
        (["*", rest @ ..], [_, tail @ ..]) => matches(rest, tail),
        ([literal, rest @ ..], [word, tail @ ..]) => literal == word && matches(rest, tail),
        _ => false,
    }
}

fn main() {
    let mut random = Xorshift::new(1);
    let mut topology = Topology::new(RabbitVersion::V4);
    let declarer = Declarer { connection: ConnectionId(0), node: NodeId(0), unique: 0 };
    for n in 0..QUEUES {
        let declare = QueueDeclare::durable(&format!("queue-{n:03}"), Table::new());
        topology.declare_queue("/", &declare, &declarer).expect("a new queue");
    }
    let mut bindings = Vec::new();
    for n in 0..BINDINGS {
        let (key, queue) = (binding(n, &mut random), format!("queue-{:03}", n % QUEUES));
        let bind = Bind::queue("amq.topic", &queue, &key);
        topology.bind("/", &bind, declarer.connection).expect("both ends exist");
        bindings.push((key, queue));
    }
    let exchange = topology.exchange_id("/", "amq.topic").expect("it is predeclared");
    let keys: Vec<Name> = (0..MESSAGES).map(|_| message(&mut random)).collect();
    let properties = Properties::default();
    let route = |key: &Name| {
        let publish = Publish {
            routing_key: key,
            cc: &[],
            bcc: &[],
            properties: &properties,
            node: NodeId(0),
        };
        topology.route(exchange, &publish, |_| 0)
    };

    let patterns: Vec<Vec<&str>> =
        bindings.iter().map(|(key, _)| key.split('.').collect()).collect();
    let scan = |key: &str| {
        let words: Vec<&str> = key.split('.').collect();
        let hits = patterns.iter().zip(&bindings).filter(|(pattern, _)| matches(pattern, &words));
        let mut queues: Vec<&str> = hits.map(|(_, (_, queue))| &**queue).collect();
        queues.sort_unstable();
        queues.dedup();
        queues
    };
    for key in &keys[..SCANNED] {
        let routed = route(key);
        let names: Vec<&str> = routed.queues.iter().map(|id| &*topology.queue(*id).name).collect();
        assert_eq!(names, scan(key), "trie and scan differ about {key}");
    }

    let (mut trie, mut naive) = (Vec::new(), Vec::new());
    let (mut copies, mut found) = (Vec::new(), 0);
    for _ in 0..ROUNDS {
        let run = timed(
            || (),
            |_| {
                let checksum = keys.iter().map(|key| route(key).queues.len() as u64).sum();
                Done { events: MESSAGES as u64, messages: MESSAGES as u64, checksum }
            },
        );
        found = run.done.checksum;
        trie.push(run.nanos_per_event());
        let run = timed(
            || (),
            |_| {
                let checksum = keys[..SCANNED].iter().map(|key| scan(key).len() as u64).sum();
                Done { events: SCANNED as u64, messages: SCANNED as u64, checksum }
            },
        );
        naive.push(run.nanos_per_event());
        let run = timed(Vec::new, |kept| {
            kept.extend((0..1_000).map(|_| topology.clone()));
            Done { events: 1_000, messages: 0, checksum: 0 }
        });
        copies.push(run.nanos_per_event());
    }
    println!(
        "A topic exchange with {BINDINGS} bindings of {QUEUES} queues, {:.2} queues a message; \
         CPU time, {ROUNDS} interleaved rounds",
        found as f64 / MESSAGES as f64
    );
    println!("{:<34}{:>12}{:>14}", "nanoseconds", "min", "median");
    for (what, series) in
        [("route a message", &trie), ("ask every binding", &naive), ("copy the topology", &copies)]
    {
        println!("{what:<34}{:>12.1}{:>14.1}", min(series), median(series));
    }
    let reached = if median(&trie) <= GOAL { "PASS " } else { "short" };
    println!("{reached} a message costs {:.0} ns; goal at most {GOAL:.0}", median(&trie));
    println!("{:.0} x a scan of all bindings", median(&naive) / median(&trie));
}
