use super::run::{Ended, Options, Outcome, run};
use crate::fact::{Fact, Outage};
use crate::scenario;

fn outcome(text: &str) -> Outcome {
    let parsed = scenario::parse("test", text);
    assert!(parsed.scenario.is_some(), "{:#?}", parsed.diagnostics);
    let scenario = parsed.scenario.unwrap();
    run(&scenario, Options { keep_history: true, ..Options::default() })
}

const QUIET: &str = r#"
[scenario]
system = "kafka"
title.en = "t"
title.zh = "t"
seed = 7
ends = "20s"

[kafka]
brokers = 3

[[topic]]
name = "orders"
partitions = 1
replication-factor = 3

[[producer]]
name = "checkout"
to = "orders"
sends = { count = 6, every = "20ms", key = "customer-{n%2}" }

[[consumer]]
name = "billing-1"
group = "billing"
from = ["orders"]
config = { "auto.offset.reset" = "earliest", "enable.auto.commit" = false }
handles = { takes = "2ms", commit = "after" }
"#;

#[test]
fn without_faults_every_message_is_handled_once() {
    let text = format!(
        "{QUIET}\n[expect]\nthis-run = [\"once == 6\", \"lost == 0\", \"elections == 0\"]\n"
    );
    let outcome = outcome(&text);
    for stated in &outcome.facts {
        println!("{} {} {:?}", stated.time, stated.event, stated.fact);
    }
    println!("{:#?} {} events", outcome.verdicts, outcome.events);
    assert_eq!(outcome.ended, Ended::AtEnd);
    assert!(outcome.verdicts.iter().all(|v| v.verdict == crate::ledger::verdict::Verdict::Passed));
}

#[test]
fn probe_flagship() {
    let o = outcome(include_str!("../../../scenarios/kafka/acks-one-leader-power-off.toml"));
    for s in &o.facts {
        println!("{} {} {:?}", s.time, s.event, s.fact);
    }
    println!("{:#?} {:?} {} events", o.verdicts, o.ended, o.events);
    println!("{:#?}", o.steps);
}

#[test]
fn a_consumer_that_is_shut_down_ends_in_order_and_reads_on_when_started_again() {
    let text = format!(
        "{QUIET}
[[step]]
after = \"handled m2\"
do = \"shutdown\"
node = \"billing-1\"

[[step]]
at = \"5s\"
do = \"restart\"
node = \"billing-1\"

[expect]
this-run = [\"facts.stopped(billing-1) == 1\", \"facts.started(billing-1) >= 1\", \"lag == 0\", \"lost == 0\"]
"
    );
    let outcome = outcome(&text);
    let stopped: Vec<Outage> = outcome
        .facts
        .iter()
        .filter_map(|s| match s.fact {
            Fact::Stopped { how, .. } => Some(how),
            _ => None,
        })
        .collect();
    assert_eq!(stopped, [Outage::Shutdown]);
    let passed = crate::ledger::verdict::Verdict::Passed;
    assert!(outcome.verdicts.iter().all(|v| v.verdict == passed), "{:#?}", outcome.verdicts);
}

#[test]
fn a_write_to_a_failed_disk_is_refused_and_not_stated_as_an_append() {
    let text = format!(
        "{QUIET}
[[step]]
before = \"sent m3\"
do = \"fail-disk\"
node = \"broker-1\"

[expect]
this-run = [\"facts.storage-failed(broker-1) >= 1\", \"facts.rejected(m3) == 1\", \"facts.appended(m3) == 1\", \"once == 6\"]
"
    );
    let outcome = outcome(&text);
    let passed = crate::ledger::verdict::Verdict::Passed;
    assert!(outcome.verdicts.iter().all(|v| v.verdict == passed), "{:#?}", outcome.verdicts);
}
