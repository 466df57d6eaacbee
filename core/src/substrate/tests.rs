//! Toy actors on the substrate: what TCP, disks and power owe to those who stand on them.

use super::*;
use crate::kernel::{Chooser, Engine, Kernel, Model, Span};

#[derive(Clone, Debug, PartialEq)]
struct Note(u64);

impl Packet for Note {
    fn kind(&self) -> &'static str {
        "Note request"
    }
    fn size(&self) -> u32 {
        1000
    }
    fn fingerprint(&self) -> u64 {
        self.0
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Tick;

impl TimerToken for Tick {
    fn kind(&self) -> &'static str {
        "tick"
    }
    fn fingerprint(&self) -> u64 {
        9
    }
}

const FILE: FileId = FileId(0);

/// Sends ten notes to its peer once connected, writes down what it hears and when.
#[derive(Clone, Default)]
struct Toy {
    caller: bool,
    conn: Option<ConnId>,
    heard: Vec<(Time, u64)>,
    broken: Vec<&'static str>,
    broken_conns: Vec<ConnId>,
    ticks: u32,
}

impl Actor for Toy {
    type Packet = Note;
    type Timer = Tick;

    fn on(&mut self, input: Input<Note, Tick>, fx: &mut Effects<'_, Note, Tick>) {
        match input {
            Input::Boot { .. } => {
                fx.timer(Span::millis(50), Tick);
                if self.caller {
                    fx.connect(NodeId(1), Channel(0));
                }
            }
            Input::Connected { conn, .. } => {
                self.conn = Some(conn);
                for n in 0..10 {
                    fx.send(conn, Note(n));
                }
            }
            Input::Packet { packet, .. } => {
                self.heard.push((fx.now(), packet.0));
                fx.append(FILE, self.heard.len() as u64).unwrap();
                if packet.0 == 4 {
                    fx.sync(FILE);
                }
            }
            Input::Disconnected { conn, why, .. } => {
                self.broken.push(why);
                self.broken_conns.push(conn);
            }
            Input::Timer(Tick) => self.ticks += 1,
            Input::Synced { .. } => {}
        }
    }
}

#[derive(Clone)]
struct World {
    toys: Vec<Toy>,
    substrate: Substrate<Note, Tick>,
}

impl Model for World {
    type Event = Event<Note, Tick>;

    fn handle(&mut self, event: Self::Event, kernel: &mut Kernel<Self::Event>) {
        self.substrate.dispatch(&mut self.toys, event, kernel);
    }
}

type Lab = Engine<World>;

fn lab() -> Lab {
    let names = ["caller".to_string(), "listener".to_string()];
    let latency = Latency { low: Span::millis(1), high: Span::millis(3) };
    let disk = DiskCost { append: Span::ZERO, sync: Span::millis(2) };
    let world = World {
        toys: vec![Toy { caller: true, ..Toy::default() }, Toy::default()],
        substrate: Substrate::new(&names, latency, disk),
    };
    let mut lab = Engine::new(world, Kernel::new(Chooser::new(3), 1024));
    boot(&mut lab, 1);
    boot(&mut lab, 0);
    lab
}

fn boot(lab: &mut Lab, node: u16) {
    let World { toys, substrate } = &mut lab.model;
    substrate.boot(toys, NodeId(node), &mut lab.kernel);
}

fn at(lab: &mut Lab, ms: u64) {
    lab.run_until(Time::ZERO + Span::millis(ms));
}

fn heard(lab: &Lab) -> Vec<u64> {
    lab.model.toys[1].heard.iter().map(|h| h.1).collect()
}

#[test]
fn packets_of_one_connection_never_overtake() {
    let mut lab = lab();
    at(&mut lab, 40);
    assert_eq!(heard(&lab), (0..10).collect::<Vec<_>>());
    assert!(lab.model.toys[1].heard.is_sorted());
}

#[test]
fn a_cut_holds_packets_up_and_a_heal_delivers_them_in_order() {
    let mut lab = lab();
    lab.model.substrate.cut(NodeId(0), NodeId(1), &mut lab.kernel);
    at(&mut lab, 20);
    assert!(heard(&lab).is_empty());
    lab.model.substrate.heal(&[(NodeId(0), NodeId(1))], &mut lab.kernel);
    at(&mut lab, 60);
    assert_eq!(heard(&lab), (0..10).collect::<Vec<_>>());
    assert!(lab.model.toys[0].broken.is_empty());
}

#[test]
fn a_reset_loses_what_is_in_flight_and_tells_both_ends() {
    let mut lab = lab();
    while lab.model.toys[0].conn.is_none() {
        lab.step();
    }
    lab.model.substrate.reset(NodeId(1), NodeId(0), &mut lab.kernel);
    at(&mut lab, 60);
    assert!(heard(&lab).is_empty());
    assert_eq!(lab.model.toys[0].broken, ["connection reset"]);
    assert_eq!(lab.model.toys[1].broken, ["connection reset"]);
    let known = lab.model.toys[0].conn.unwrap();
    assert_eq!(lab.model.toys[0].broken_conns, [known], "its owner must recognise it");
}

#[test]
fn a_doomed_packet_breaks_its_connection_and_what_was_before_it_is_lost_too() {
    let mut lab = lab();
    lab.model.substrate.network.doom(NodeId(0), NodeId(1), "note request", 1);
    at(&mut lab, 40);
    assert!(heard(&lab).is_empty());
    assert_eq!(lab.model.toys[0].broken_conns, [lab.model.toys[0].conn.unwrap()]);
}

#[test]
fn a_crashed_peer_resets_and_a_powerless_one_is_silent_until_it_returns() {
    let mut lab = lab();
    at(&mut lab, 20);
    let mut silent = lab.clone();
    lab.model.substrate.stop(NodeId(1), Outage::Crash, &mut lab.kernel);
    at(&mut lab, 40);
    assert_eq!(lab.model.toys[0].broken, ["connection reset"]);

    silent.model.substrate.stop(NodeId(1), Outage::PowerOff, &mut silent.kernel);
    at(&mut silent, 40);
    assert!(silent.model.toys[0].broken.is_empty());
    let conn = silent.model.toys[0].conn.unwrap();
    let World { substrate, .. } = &mut silent.model;
    Effects::new(NodeId(0), substrate, &mut silent.kernel).send(conn, Note(77));
    at(&mut silent, 80);
    assert!(silent.model.toys[0].broken.is_empty(), "nobody is there to refuse");
    boot(&mut silent, 1);
    at(&mut silent, 120);
    assert_eq!(silent.model.toys[0].broken, ["connection refused"]);
    assert!(!heard(&silent).contains(&77));
}

#[test]
fn a_power_loss_keeps_what_was_synced_and_a_crash_keeps_everything() {
    let mut lab = lab();
    at(&mut lab, 40);
    let mut crashed = lab.clone();
    let lost = lab.model.substrate.stop(NodeId(1), Outage::PowerOff, &mut lab.kernel);
    assert_eq!(lost, Some(vec![(FILE, 10, 5)]));
    assert_eq!(lab.model.substrate.node(NodeId(1)).disk.file(FILE).written, 5);
    let lost = crashed.model.substrate.stop(NodeId(1), Outage::Crash, &mut crashed.kernel);
    assert_eq!(lost, Some(vec![]));
    assert_eq!(crashed.model.substrate.node(NodeId(1)).disk.file(FILE).written, 10);
    assert_eq!(crashed.model.substrate.stop(NodeId(1), Outage::Crash, &mut crashed.kernel), None);
}

#[test]
fn timers_die_with_their_process_and_a_pause_delays_them() {
    let mut lab = lab();
    at(&mut lab, 10);
    lab.model.substrate.pause(NodeId(0), &mut lab.kernel);
    lab.model.substrate.stop(NodeId(1), Outage::Crash, &mut lab.kernel);
    boot(&mut lab, 1);
    at(&mut lab, 55);
    assert_eq!((lab.model.toys[0].ticks, lab.model.toys[1].ticks), (0, 0));
    lab.model.substrate.resume(NodeId(0), &mut lab.kernel);
    at(&mut lab, 70);
    assert_eq!((lab.model.toys[0].ticks, lab.model.toys[1].ticks), (1, 1));
}

#[test]
fn bandwidth_spaces_packets_out() {
    let mut lab = lab();
    lab.model.substrate.network.narrow(FaultId(1), NodeId(0), NodeId(1), 1_000_000);
    at(&mut lab, 40);
    let times: Vec<Time> = lab.model.toys[1].heard.iter().map(|h| h.0).collect();
    assert!(times[9].since(times[0]) >= Span::millis(7), "{times:?}");
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let digest = || {
        let mut lab = lab();
        at(&mut lab, 100);
        lab.kernel.digest()
    };
    assert_eq!(digest(), digest());
}

#[test]
fn what_a_cut_held_up_dies_with_its_sender() {
    let mut lab = lab();
    while lab.model.toys[0].conn.is_none() {
        lab.step();
    }
    lab.model.substrate.cut(NodeId(0), NodeId(1), &mut lab.kernel);
    at(&mut lab, 20);
    lab.model.substrate.stop(NodeId(0), Outage::Crash, &mut lab.kernel);
    lab.model.substrate.heal(&[(NodeId(0), NodeId(1))], &mut lab.kernel);
    at(&mut lab, 60);
    assert!(heard(&lab).is_empty());
}

/// Sends a note from the caller now.
fn say(lab: &mut Lab, note: u64) {
    let conn = lab.model.toys[0].conn.unwrap();
    Effects::new(NodeId(0), &mut lab.model.substrate, &mut lab.kernel).send(conn, Note(note));
}

#[test]
fn what_a_cut_held_up_comes_before_what_was_in_flight_when_it_healed() {
    let mut lab = lab();
    at(&mut lab, 20);
    lab.model.substrate.cut(NodeId(0), NodeId(1), &mut lab.kernel);
    say(&mut lab, 100);
    say(&mut lab, 101);
    at(&mut lab, 30);
    say(&mut lab, 102);
    lab.model.substrate.heal(&[(NodeId(0), NodeId(1))], &mut lab.kernel);
    say(&mut lab, 103);
    at(&mut lab, 60);
    assert_eq!(heard(&lab)[10..], [100, 101, 102, 103]);
}

#[test]
fn order_holds_for_what_arrives_at_the_moment_of_a_heal() {
    let mut lab = lab();
    let exactly = Latency { low: Span::millis(1), high: Span::millis(1) };
    at(&mut lab, 20);
    lab.model.substrate.network.slow(FaultId(1), NodeId(0), NodeId(1), exactly);
    lab.model.substrate.cut(NodeId(0), NodeId(1), &mut lab.kernel);
    say(&mut lab, 100);
    say(&mut lab, 101);
    at(&mut lab, 29);
    say(&mut lab, 102);
    lab.kernel.idle_until(Time::ZERO + Span::millis(30));
    lab.model.substrate.heal(&[(NodeId(0), NodeId(1))], &mut lab.kernel);
    say(&mut lab, 103);
    at(&mut lab, 60);
    assert_eq!(heard(&lab)[10..], [100, 101, 102, 103]);
}

/// Toys whose links take exactly a millisecond from now on.
fn exact(lab: &mut Lab) {
    let exactly = Latency { low: Span::millis(1), high: Span::millis(1) };
    for (from, to) in [(0, 1), (1, 0)] {
        lab.model.substrate.network.slow(FaultId(1), NodeId(from), NodeId(to), exactly);
    }
}

#[test]
fn what_reached_a_paused_process_comes_before_what_arrives_as_it_goes_on() {
    let mut lab = lab();
    at(&mut lab, 20);
    exact(&mut lab);
    lab.model.substrate.pause(NodeId(1), &mut lab.kernel);
    say(&mut lab, 100);
    at(&mut lab, 25);
    say(&mut lab, 101);
    at(&mut lab, 29);
    say(&mut lab, 102);
    // At the very nanosecond at which 102 arrives, and before it does.
    lab.kernel.idle_until(Time::ZERO + Span::millis(30));
    lab.model.substrate.resume(NodeId(1), &mut lab.kernel);
    at(&mut lab, 30);
    assert_eq!(heard(&lab)[10..], [100, 101, 102]);
}

#[test]
fn each_fault_of_a_link_ends_only_itself() {
    let mut lab = lab();
    at(&mut lab, 20);
    exact(&mut lab);
    let (from, to) = (NodeId(0), NodeId(1));
    let slow = |ms| Latency { low: Span::millis(ms), high: Span::millis(ms) };
    let took = |lab: &mut Lab, before: &dyn Fn(&mut Network<Note>)| {
        before(&mut lab.model.substrate.network);
        let sent = lab.kernel.now();
        say(lab, 7);
        let until = sent + Span::millis(100);
        lab.run_until(until);
        lab.model.toys[1].heard.last().unwrap().0.since(sent)
    };
    let ms = Span::millis;
    assert_eq!(took(&mut lab, &|n| n.slow(FaultId(2), from, to, slow(30))), ms(30));
    assert_eq!(took(&mut lab, &|n| n.slow(FaultId(3), from, to, slow(10))), ms(30));
    // A note has 1,000 bytes.
    assert_eq!(took(&mut lab, &|n| n.narrow(FaultId(4), from, to, 100_000)), ms(40));
    assert_eq!(took(&mut lab, &|n| n.narrow(FaultId(5), from, to, 50_000)), ms(50));
    assert_eq!(took(&mut lab, &|n| n.relieve(Some(FaultId(2)), from, to)), ms(30));
    assert_eq!(took(&mut lab, &|n| n.relieve(Some(FaultId(5)), from, to)), ms(20));
    assert_eq!(took(&mut lab, &|n| n.relieve(Some(FaultId(4)), from, to)), ms(10));
    let usual = took(&mut lab, &|n| n.relieve(None, from, to));
    assert!(usual <= ms(3), "{usual}");
}
