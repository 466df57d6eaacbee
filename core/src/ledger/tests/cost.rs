//! What the ledger costs. Ignored by default: it measures, and needs a release build.

use super::*;

/// `cargo test --release -p mqlab ledger::tests::cost -- --ignored --nocapture`
#[test]
#[ignore = "a measurement, not a test"]
#[allow(clippy::disallowed_methods, clippy::disallowed_types)] // it measures real time
fn a_million_messages() {
    const MESSAGES: u32 = 1_000_000;
    let block = PlannedBlock {
        first: MessageId(0),
        count: MESSAGES,
        producer: PRODUCER,
        keys: vec![KeyId(0), KeyId(1)],
        lanes: vec![LANE],
        targets: Vec::new(),
    };
    let plan = Plan {
        blocks: vec![block],
        replicas: vec![NodeSet::of([0, 1, 2].map(NodeId))],
        subscriptions: vec![vec![LANE]],
        ..Plan::default()
    };
    let mut facts = Tale::begun();
    for m in 0..MESSAGES {
        let offset = u64::from(m);
        facts.sent(m).attempted(m, 1).appended(m, 0, offset, 0);
        facts.replicated(m, 1, offset, 0).replicated(m, 2, offset, 0);
        facts.committed(m, offset).acked(m, offset as i64).read(m, 4, offset);
    }
    let mut ledger = Ledger::new(plan);
    let begun = std::time::Instant::now();
    facts.facts.iter().for_each(|s| ledger.absorb(s));
    let took = begun.elapsed();
    println!("absorb: {} ns per message fact", took.as_nanos() / facts.facts.len() as u128);
    let begun = std::time::Instant::now();
    let resumed = Fact::Resumed { node: NodeId(0) };
    let dull = Stated { time: Time(1), event: 1, fact: resumed };
    (0..1_000_000).for_each(|_| ledger.absorb(std::hint::black_box(&dull)));
    println!("absorb: {} ns per other fact", begun.elapsed().as_nanos() / 1_000_000);
    let begun = std::time::Instant::now();
    let clones: Vec<Ledger> = (0..1000).map(|_| ledger.clone()).collect();
    println!("clone: {} ns", begun.elapsed().as_nanos() / 1000);
    let begun = std::time::Instant::now();
    let last = facts.facts.len() - 9;
    facts.facts[last..].iter().for_each(|s| ledger.absorb(s));
    println!("first nine facts after a clone: {} ns", begun.elapsed().as_nanos());
    let begun = std::time::Instant::now();
    let judgement = ledger.judge(Time(1));
    println!("judge: {} ms for {} fates", begun.elapsed().as_millis(), judgement.fates.len());
    drop(clones);
}
