use mqlab::cluster::build_for_lab;
use mqlab::cluster::run::play;
use mqlab::lab::Lab;
use mqlab::fact::NodeId;
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use std::alloc::System;
#[global_allocator]
static MEMORY: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;
fn live() -> u64 { let s = MEMORY.stats(); (s.bytes_allocated - s.bytes_deallocated) as u64 }
fn main() {
    let text = std::fs::read_to_string(std::env::args().nth(1).unwrap()).unwrap();
    let lab = Lab::open("load", &text).unwrap();
    let scenario = lab.branches()[0].scenario().clone();
    let mut state = build_for_lab(&scenario, 3);
    play(&mut state, None, 1_000_000);
    let at = state.kernel.event();
    macro_rules! part { ($name:expr, $e:expr) => {{
        let a = live();
        let c = $e.clone();
        let b = live();
        let t = std::time::Instant::now();
        let c2 = $e.clone();
        let d = t.elapsed();
        drop(c2);
        let s = $name.to_string();
        (s, b - a, c, d)
    }}}
    let n = state.model.substrate().node_count() as u16;
    let mut rows: Vec<(String, u64, u64, std::time::Duration)> = vec![];
    let l = part!("ledger", state.model.ledger);
    let k = part!("kernel", state.kernel);
    let t = part!("trace", *state.kernel.trace());
    let s = part!("substrate", *state.model.substrate());
    let h = part!("history", *state.model.kept_facts().unwrap());
    let nodes: Vec<_> = (0..n).map(|i| part!(format!("node {i}"), *state.model.node(NodeId(i)).unwrap())).collect();
    play(&mut state, None, at + 20_000);
    macro_rules! gone { ($p:expr) => {{ let (n, b, c, d) = $p; let x = live(); drop(c); rows.push((n, b, x - live(), d)); }} }
    gone!(l); gone!(k); gone!(t); gone!(s); gone!(h);
    for p in nodes { gone!(p); }
    for (n, b, d, t) in &rows { println!("{n:<12} clone {b:>9} freed after 20k {d:>9} {t:?}"); }
    println!("total {} {}", rows.iter().map(|r| r.1).sum::<u64>(), rows.iter().map(|r| r.2).sum::<u64>());
    let t = std::time::Instant::now(); let c = state.clone(); println!("whole clone {:?}", t.elapsed()); drop(c);
}
