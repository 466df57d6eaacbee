//! The golden traces of the reference (§13.2), played by the whole cluster.

use super::run::{Ended, Options, Outcome, run};
use crate::fact::{Fact, MessageId, NodeId, Outage, Stated};
use crate::kernel::{Span, Time};
use crate::ledger::verdict::Verdict;
use crate::scenario;

/// A cluster of three with one topic `orders` of one partition, one producer, no consumer; fixed
/// latency of one millisecond and disks at no cost, so that times can be counted.
fn scenario(producer: &str, sends: &str, topic: &str, broker: &str, rest: &str) -> String {
    format!(
        r#"
[scenario]
system = "kafka"
title.en = "golden"
title.zh = "golden"
ends = "60s"
seed = 1
[network]
latency = "1ms"
[disk]
append = "0ms"
sync = "0ms"
[kafka]
brokers = 3
broker = {{ {broker} }}
[[topic]]
name = "orders"
partitions = 1
replication-factor = 3
config = {{ {topic} }}
[[producer]]
name = "p"
to = "orders"
config = {{ {producer} }}
sends = {{ {sends} }}
{rest}
[expect]
this-run = ["sent >= 1"]
"#
    )
}

fn play(text: &str) -> Outcome {
    let parsed = scenario::parse("test", text);
    let problems: Vec<_> = parsed.diagnostics.iter().map(|d| &d.message).collect();
    let Some(scenario) = parsed.scenario else { panic!("{problems:?}") };
    run(&scenario, Options { keep_history: true, ..Options::default() })
}

fn when(outcome: &Outcome, fits: impl Fn(&Fact) -> bool) -> Vec<Time> {
    outcome.facts.iter().filter(|s| fits(&s.fact)).map(|s| s.time).collect()
}

fn first(outcome: &Outcome, fits: impl Fn(&Fact) -> bool) -> Stated {
    *outcome.facts.iter().find(|s| fits(&s.fact)).expect("the fact was stated")
}

fn ms(n: u64) -> Span {
    Span::millis(n)
}

const M1: MessageId = MessageId(0);
const M2: MessageId = MessageId(1);

fn is(message: MessageId, name: &'static str) -> impl Fn(&Fact) -> bool {
    move |fact| fact.message() == Some(message) && fact.name() == name
}

/// T1: with followers parked, acks=all takes four one-way delays: there, to the followers, their
/// next fetch, back.
#[test]
fn acks_all_takes_four_one_way_delays() {
    let text = scenario("acks = \"all\"", "count = 2, every = \"2s\", start = \"1s\"", "", "", "");
    let outcome = play(&text);
    let sent = first(&outcome, is(M2, "attempted")).time;
    let appended = first(&outcome, is(M2, "appended")).time;
    assert_eq!(appended.since(sent), ms(1));
    let replicated = when(&outcome, is(M2, "replicated"));
    assert_eq!(replicated, [sent + ms(2), sent + ms(2)]);
    assert_eq!(first(&outcome, is(M2, "committed")).time, sent + ms(3));
    assert_eq!(first(&outcome, is(M2, "acknowledged")).time, sent + ms(4));
}

/// T2, second half: a follower that crashes without a word is fenced after the session time-out and
/// the high watermark moves then. (The idempotent producer retries; nothing is written twice.)
#[test]
fn a_dead_follower_holds_acks_all_back_until_it_is_fenced() {
    let steps = r#"
[[step]]
at = "500ms"
do = "power-off"
node = "broker-3"
"#;
    let sends = "count = 1, every = \"1s\", start = \"1s\"";
    let outcome = play(&scenario("acks = \"all\"", sends, "", "", steps));
    let fenced = first(&outcome, |f| matches!(f, Fact::Fenced { .. })).time;
    let acknowledged = first(&outcome, is(M1, "acknowledged")).time;
    assert!((Time::ZERO + ms(8_000)..Time::ZERO + ms(10_000)).contains(&fenced), "{fenced}");
    assert!(acknowledged > fenced && acknowledged.since(fenced) < ms(10), "{acknowledged}");
    assert_eq!(when(&outcome, is(M1, "appended")).len(), 1);
}

/// T2, first half: a follower whose fetches do not arrive but whose heartbeats do stays in the ISR
/// for 1.0 to 1.5 times the lag limit after it was last caught up.
#[test]
fn a_stuck_follower_leaves_the_isr_after_the_lag_limit() {
    let steps = r#"
[[step]]
at = "500ms"
do = "cut"
link = ["broker-1", "broker-3"]
heal = "never"
"#;
    let sends = "count = 1, every = \"1s\", start = \"1s\"";
    let broker = "\"replica.lag.time.max.ms\" = 4000";
    let outcome = play(&scenario("acks = \"all\"", sends, "", broker, steps));
    let shrunk = first(&outcome, |f| matches!(f, Fact::IsrShrunk { .. })).time;
    let range = Time::ZERO + ms(4_000)..Time::ZERO + ms(7_000);
    assert!(range.contains(&shrunk), "{shrunk}");
    let acknowledged = first(&outcome, is(M1, "acknowledged")).time;
    assert!(acknowledged > shrunk && acknowledged.since(shrunk) < ms(10), "{acknowledged}");
}

/// T3 and T4: the leader crashes, a follower takes over within the session time-out; the old leader
/// returns, cuts off what only it had, and rejoins the ISR without a new election.
#[test]
fn an_old_leader_returns_truncates_and_rejoins() {
    let steps = r#"
[[step]]
after = "committed m1"
do = "cut"
link = ["broker-1", "followers(orders/0)"]
heal = "4s"
[[step]]
after = "acknowledged m2"
do = "crash"
node = "broker-1"
[[step]]
at = "20s"
do = "restart"
node = "broker-1"
"#;
    let sends = "count = 3, every = \"500ms\", start = \"1s\"";
    let outcome = play(&scenario("acks = 1", sends, "", "", steps));
    let elected = |f: &Fact| matches!(f, Fact::Elected { epoch: 1.., .. });
    assert_eq!(when(&outcome, elected).len(), 1);
    let truncated = first(&outcome, |f| matches!(f, Fact::Truncated { .. }));
    let Fact::Truncated { node, from, to, .. } = truncated.fact else { unreachable!() };
    assert_eq!((node, from, to), (NodeId(0), 2, 1));
    let rejoined = first(&outcome, |f| matches!(f, Fact::IsrExpanded { .. }));
    assert!(rejoined.time > truncated.time);
    let m2 = outcome.judgement.copies(M2);
    assert!(m2.is_empty(), "no log holds m2 any more: {m2:?}");
}

/// T9: below `min.insync.replicas`, acks=all is refused before the append, acks=1 is accepted but
/// nobody may read it.
#[test]
fn under_min_isr_acks_all_is_refused_and_acks_one_is_invisible() {
    let steps = r#"
[[step]]
at = "100ms"
do = "power-off"
node = "followers(orders/0)"
"#;
    let sends = "count = 1, every = \"1s\", start = \"12s\"";
    let topic = "\"min.insync.replicas\" = 2";
    let all = play(&scenario(
        "acks = \"all\", retries = 3, \"enable.idempotence\" = false",
        sends,
        topic,
        "",
        steps,
    ));
    let rejected = first(&all, is(M1, "rejected"));
    let Fact::Rejected { error, .. } = rejected.fact else { unreachable!() };
    assert_eq!(error, "NOT_ENOUGH_REPLICAS");
    assert!(when(&all, is(M1, "appended")).is_empty());
    assert_eq!(when(&all, is(M1, "refused")).len(), 1);

    let one = play(&scenario("acks = 1", sends, topic, "", steps));
    assert_eq!(when(&one, is(M1, "acknowledged")).len(), 1);
    assert!(when(&one, is(M1, "committed")).is_empty());
}

/// An orderly stop hands leadership over at once, and nothing is unavailable for long.
#[test]
fn a_controlled_shutdown_moves_leadership_before_the_broker_stops() {
    let steps = r#"
[[step]]
at = "2s"
do = "shutdown"
node = "leader(orders/0)"
"#;
    let sends = "count = 50, every = \"100ms\", start = \"1s\"";
    let outcome = play(&scenario("acks = \"all\"", sends, "", "", steps));
    let elected = first(&outcome, |f| matches!(f, Fact::Elected { epoch: 1.., .. }));
    let stopped = first(&outcome, |f| matches!(f, Fact::Stopped { .. }));
    assert!(elected.time < stopped.time);
    assert!(elected.time.since(Time::ZERO + ms(2_000)) < ms(10), "{}", elected.time);
    assert_eq!(when(&outcome, |f| f.name() == "acknowledged").len(), 50);
}

/// A step that must happen before a fact prevents exactly that fact.
#[test]
fn a_step_before_a_fact_comes_before_it_and_after_everything_else() {
    let steps = r#"
[[step]]
before = "acknowledged m2"
do = "crash"
node = "p"
"#;
    let sends = "count = 3, every = \"100ms\", start = \"1s\"";
    let outcome = play(&scenario("acks = \"all\"", sends, "", "", steps));
    assert_eq!(when(&outcome, is(M2, "committed")).len(), 1);
    assert!(when(&outcome, is(M2, "acknowledged")).is_empty());
    assert_eq!(outcome.steps.len(), 1);
    let crash = first(&outcome, |f| matches!(f, Fact::Stopped { .. }));
    assert_eq!(crash.time.since(first(&outcome, is(M2, "committed")).time), ms(1));
}

/// The same seed gives the same bytes; another seed another run with the same promises.
#[test]
fn a_run_is_a_function_of_scenario_and_seed() {
    let text = scenario("acks = \"all\"", "count = 20, every = \"3ms\"", "", "", "")
        .replace("latency = \"1ms\"", "latency = [\"0.2ms\", \"3ms\"]");
    let (a, b) = (play(&text), play(&text));
    assert_eq!((a.digest, a.events), (b.digest, b.events));
    assert_eq!(a.facts, b.facts);
    let other = play(&text.replace("seed = 1", "seed = 2"));
    assert_ne!(a.digest, other.digest);
    assert_eq!(other.ended, Ended::AtEnd);
    assert!(other.verdicts.iter().all(|v| v.verdict == Verdict::Passed));
}

/// A run that would go on for ever is stopped by its budget and proves nothing.
#[test]
fn a_budget_makes_every_sentence_inconclusive() {
    let text = scenario("acks = \"all\"", "count = 20, every = \"3ms\"", "", "", "");
    let parsed = scenario::parse("test", &text).scenario.expect("a valid scenario");
    let outcome = run(&parsed, Options { max_events: Some(50), ..Options::default() });
    assert_eq!(outcome.ended, Ended::Budget);
    assert!(outcome.verdicts.iter().all(|v| v.verdict == Verdict::Inconclusive));
}

/// An orderly stop of a consumer ends its process, and a new one reads on where it stopped.
#[test]
fn a_consumer_that_is_shut_down_ends_in_order_and_reads_on_when_started_again() {
    let rest = r#"
[[consumer]]
name = "c"
group = "g"
from = ["orders"]
config = { "auto.offset.reset" = "earliest" }
handles = { takes = "2ms", commit = "after" }
[[step]]
after = "handled m2"
do = "shutdown"
node = "c"
[[step]]
at = "5s"
do = "restart"
node = "c"
"#;
    let outcome = play(&scenario("acks = 1", "count = 6, every = \"20ms\"", "", "", rest));
    let stopped = first(&outcome, |f| matches!(f, Fact::Stopped { .. }));
    assert!(matches!(stopped.fact, Fact::Stopped { how: Outage::Shutdown, .. }));
    for message in (0..6).map(MessageId) {
        assert!(!when(&outcome, is(message, "handled")).is_empty(), "{message:?}");
    }
}

/// The broker whose write failed says so, does not claim the append, and halts.
#[test]
fn a_write_to_a_failed_disk_is_refused_and_not_stated_as_an_append() {
    let rest = r#"
[[step]]
before = "sent m3"
do = "fail-disk"
node = "leader(orders/0)"
"#;
    let outcome = play(&scenario("acks = 1", "count = 4, every = \"20ms\"", "", "", rest));
    let failed = first(&outcome, |f| matches!(f, Fact::StorageFailed { .. }));
    let refused = first(&outcome, is(MessageId(2), "rejected"));
    let appended = first(&outcome, is(MessageId(2), "appended"));
    assert_eq!(failed.event, refused.event);
    assert!(appended.time > failed.time, "only the next leader appends it");
}

/// A leader that was replaced before it appended anything must not ask for ever where its empty
/// epoch ended.
#[test]
fn a_follower_with_an_empty_epoch_comes_to_rest() {
    let rest = r#"
[[step]]
at = "2s"
do = "crash"
node = "broker-1"
[[step]]
at = "14s"
do = "restart"
node = "broker-1"
[[step]]
at = "30s"
do = "crash"
node = "broker-2"
[[step]]
at = "45s"
do = "restart"
node = "broker-2"
"#;
    let outcome = play(&scenario("acks = 1", "count = 1, every = \"1s\"", "", "", rest));
    assert!(outcome.events < 6_000, "{} events", outcome.events);
}

/// Nobody is there to change a topic's settings while the controller is down.
#[test]
fn a_topic_cannot_be_changed_while_the_controller_is_down() {
    let rest = r#"
[[step]]
at = "1s"
do = "crash"
node = "controller"
[[step]]
at = "2s"
do = "set"
topic = "orders"
config = { "min.insync.replicas" = 3 }
"#;
    let outcome = play(&scenario("acks = 1", "count = 1, every = \"1s\"", "", "", rest));
    assert!(outcome.steps[0].without_effect.is_none());
    assert!(outcome.steps[1].without_effect.is_some());
}

/// A disk that is slowed down twice at a time is as fast as before once both have ended.
#[test]
fn overlapping_slow_disks_end() {
    let rest = r#"
[[step]]
at = "1s"
do = "slow-disk"
node = "broker-1"
append = "300ms"
for = "5s"
[[step]]
at = "3s"
do = "slow-disk"
node = "broker-1"
append = "300ms"
for = "5s"
"#;
    let outcome = play(&scenario("acks = 1", "count = 2, every = \"20s\"", "", "", rest));
    let sent = first(&outcome, is(M2, "sent")).time;
    let acknowledged = first(&outcome, is(M2, "acknowledged")).time;
    assert!(acknowledged.since(sent) < ms(50), "{}", acknowledged);
}

/// A cut that a heal by hand has ended does not end a later cut of the same link when its own time
/// comes.
#[test]
fn each_cut_ends_only_itself() {
    let steps = r#"
[[step]]
at = "1s"
do = "cut"
link = ["broker-1", "broker-2"]
heal = "10s"
[[step]]
at = "3s"
do = "heal"
link = ["broker-1", "broker-2"]
[[step]]
at = "5s"
do = "cut"
link = ["broker-1", "broker-2"]
heal = "20s"
"#;
    let outcome = play(&scenario("acks = 1", "count = 1, every = \"1s\"", "", "", steps));
    let healed = when(&outcome, |f| matches!(f, Fact::Healed { from: NodeId(0), .. }));
    assert_eq!(healed, [Time::ZERO + ms(3_000), Time::ZERO + ms(20_000)]);
}

/// Sentences about fates are watched while the run goes on, like sentences about logs.
#[test]
fn fates_can_be_expected_throughout_and_eventually() {
    let rest = r#"
[[consumer]]
name = "c"
group = "g"
from = ["orders"]
config = { "auto.offset.reset" = "earliest" }
handles = { takes = "2ms", commit = "after" }
"#;
    let text = scenario("acks = 1", "count = 6, every = \"20ms\"", "", "", rest);
    let verdicts = |sentences: &str| {
        let outcome = play(&text.replace("this-run = [\"sent >= 1\"]", sentences));
        outcome.verdicts.iter().map(|v| v.verdict).collect::<Vec<_>>()
    };
    let right = "this-run = [\"eventually once == 6 within 5s\"]\nthroughout = [\"lost == 0\"]";
    assert_eq!(verdicts(right), [Verdict::Passed, Verdict::Passed]);
    let wrong = "this-run = [\"eventually once == 7 within 5s\"]\nthroughout = [\"once <= 3\"]";
    assert_eq!(verdicts(wrong), [Verdict::Failed, Verdict::Failed]);
}

const STEADY: &str = "count = 40, every = \"100ms\", key = \"k-{n%2}\"";

/// The faults of a nemesis, written down as steps in its place, make the same run.
#[test]
fn drawn_faults_can_be_written_down_as_steps() {
    let nemesis = r#"
[[nemesis]]
faults = 5
kinds = ["crash", "power-off", "pause", "isolate", "cut", "slow-disk", "slow-cpu", "slow-link", "clock-jump", "restart"]
until = "8s"
lasts = "500ms..4s"
"#;
    let text = scenario("acks = \"all\"", STEADY, "", "", nemesis);
    for seed in 1..=12 {
        let text = text.replace("seed = 1", &format!("seed = {seed}"));
        let drawn = play(&text);
        assert!(drawn.drawn.len() >= 5 && drawn.drawn.iter().all(|d| d.event > 0));
        let parsed = scenario::parse("test", &text).scenario.expect("it was played");
        let steps = crate::lab::drawn_steps(&drawn.drawn, &parsed);
        let written = play(&text.replace(nemesis, &format!("\n{steps}")));
        let told = |o: &Outcome| o.facts.iter().map(|s| (s.time, s.fact)).collect::<Vec<_>>();
        assert_eq!(told(&drawn), told(&written), "seed {seed}\n{steps}");
    }
}

#[test]
fn what_a_nemesis_draws_depends_on_the_seed_and_on_nothing_else() {
    let nemesis = "[[nemesis]]\nfaults = 3\nuntil = \"8s\"\n";
    let text = scenario("acks = \"all\"", STEADY, "", "", nemesis);
    let drawn = |text: &str| -> Vec<_> {
        play(text).drawn.into_iter().map(|d| (d.time, d.action)).collect()
    };
    let first = drawn(&text);
    assert_eq!(first, drawn(&text.replace("acks = \"all\"", "acks = 1")));
    assert_ne!(first, drawn(&text.replace("seed = 1", "seed = 2")));
}

/// With two milliseconds for every input, a request and its answers take their turn: nothing is
/// lost, everything is later, and after the fault all is as before.
#[test]
fn a_slow_processor_makes_everything_late_and_nothing_else() {
    let steps = r#"
[[step]]
at = "1s"
do = "slow-cpu"
node = "broker-1"
takes = "30ms"
for = "1s"
"#;
    let outcome = play(&scenario("acks = 1", STEADY, "", "", steps));
    let took = |m: u32| {
        let sent = first(&outcome, is(MessageId(m), "sent")).time;
        first(&outcome, is(MessageId(m), "acknowledged")).time.since(sent)
    };
    assert_eq!(took(5), ms(2));
    assert!(took(15) >= ms(30), "{}", took(15));
    assert_eq!(took(35), ms(2));
    assert_eq!(outcome.facts.iter().filter(|s| s.fact.name() == "acknowledged").count(), 40);
    let log: Vec<u64> = outcome
        .facts
        .iter()
        .filter_map(|s| match s.fact {
            Fact::Appended { offset, .. } => Some(offset),
            _ => None,
        })
        .collect();
    assert!(log.is_sorted(), "{log:?}");
}

#[test]
fn what_stands_still_does_nothing_that_is_asked_of_it() {
    let steps = r#"
[[step]]
at = "1s"
do = "pause"
node = "controller-1"
for = "2s"
[[step]]
at = "2s"
do = "elect-preferred"
partition = "orders/0"
[[step]]
at = "2s"
do = "set"
topic = "orders"
config = { "min.insync.replicas" = 2 }
[[step]]
at = "2s"
do = "pause"
node = "p"
for = "1s"
[[step]]
at = "2500ms"
do = "burst"
producer = "p"
count = 5
[[step]]
at = "2500ms"
do = "shutdown"
node = "p"
"#;
    let outcome = play(&scenario("acks = \"all\"", STEADY, "", "", steps));
    let reasons: Vec<Option<&str>> =
        outcome.steps.iter().map(|s| s.without_effect.as_deref()).collect();
    let (controller, producer) = (Some("controller-1 is not running"), Some("p is not running"));
    assert_eq!(reasons, [None, controller, controller, None, producer, producer]);
}

/// `BrokerServer.shutdown` waits five minutes for the controller and then stops all the same.
#[test]
fn a_controlled_shutdown_without_a_controller_ends_after_five_minutes() {
    let steps = r#"
[[step]]
at = "1s"
do = "crash"
node = "controller-1"
[[step]]
at = "2s"
do = "shutdown"
node = "broker-3"
"#;
    let text = scenario("acks = 1", "count = 1", "", "", steps).replace("60s", "400s");
    let outcome = play(&text);
    let stopped =
        first(&outcome, |f| matches!(f, Fact::Stopped { node: NodeId(2), how: Outage::Shutdown }));
    assert_eq!(stopped.time, Time::ZERO + Span::secs(302));
}

/// Of what was not synced a power loss leaves a prefix that the seed decides; where that ends within
/// a batch, recovery cuts the torn batch off as a whole (reference §1.12).
#[test]
fn a_power_loss_may_leave_a_prefix_and_recovery_cuts_a_torn_batch() {
    let steps = r#"
[[step]]
at = "2s"
do = "power-off"
node = "broker-1"
survives = "a prefix"
[[step]]
at = "5s"
do = "restart"
node = "broker-1"
"#;
    let producer = "acks = \"1\", \"linger.ms\" = 30, \"enable.idempotence\" = false";
    let text = scenario(producer, "count = 12, every = \"10ms\", start = \"1s\"", "", "", steps);
    let text = text.replace("brokers = 3", "brokers = 1").replace("factor = 3", "factor = 1");
    let parsed = scenario::parse("test", &text);
    let problems: Vec<_> = parsed.diagnostics.iter().map(|d| &d.message).collect();
    let Some(scenario) = parsed.scenario else { panic!("{problems:?}") };
    let (mut none, mut torn, mut ends) = (0, 0, std::collections::BTreeSet::new());
    for seed in 0..40 {
        let options = Options { seed: Some(seed), keep_history: true, ..Options::default() };
        let outcome = run(&scenario, options);
        let facts = || outcome.facts.iter();
        let appended = facts().filter_map(|s| match s.fact {
            Fact::Appended { offset, .. } => Some((offset, s.time)),
            _ => None,
        });
        let appended: Vec<(u64, Time)> = appended.collect();
        let begins_batch = |offset: u64| {
            let at = |o: u64| appended.iter().find(|(offset, _)| *offset == o).map(|a| a.1);
            offset == 0 || at(offset) != at(offset - 1)
        };
        let rolled = facts().filter_map(|s| match s.fact {
            Fact::RolledBack { from, to, .. } => Some((from, to)),
            _ => None,
        });
        let rolled: Vec<(u64, u64)> = rolled.collect();
        // Everything may have survived; otherwise what is left ends where a batch ends.
        let end = rolled.last().map_or(12, |(_, to)| *to);
        assert!(begins_batch(end), "seed {seed}: {rolled:?} of {appended:?}");
        match rolled[..] {
            [] => {}
            [(12, to)] => none += u32::from(to == 0),
            [(12, survived), (from, to)] => {
                torn += 1;
                assert!(from == survived && to < from && !begins_batch(survived));
            }
            _ => panic!("seed {seed}: {rolled:?}"),
        }
        ends.insert(end);
    }
    assert!(none > 0 && torn > 5 && ends.len() > 2, "{none} {torn} {ends:?}");
}

/// Of two full disks, slow links or narrow links the end of one leaves the other.
#[test]
fn overlapping_faults_of_links_and_disks_end_one_by_one() {
    let steps = r#"
[[step]]
at = "1s"
do = "slow-link"
link = ["p", "broker-1"]
latency = "300ms"
for = "4s"
[[step]]
at = "2s"
do = "slow-link"
link = ["p", "broker-1"]
latency = "100ms"
for = "8s"
"#;
    let sends = "count = 3, every = \"4s\", start = \"3s\"";
    let outcome = play(&scenario("acks = \"1\"", sends, "", "", steps));
    let took = |message| {
        let sent = first(&outcome, is(message, "attempted")).time;
        first(&outcome, is(message, "appended")).time.since(sent)
    };
    let delays = [M1, M2, MessageId(2)].map(took);
    assert_eq!(delays, [ms(300), ms(100), ms(1)], "the worst that still holds, then the other");
}

/// A broker tells lag by its wall clock (`Partition.isCaughtUp`): if that jumps just before it looks,
/// followers that are a few milliseconds behind seem to be so since an hour. They are taken back with
/// their next fetch.
#[test]
fn a_clock_that_jumps_makes_followers_seem_to_lag() {
    let sends = "count = 500, every = \"1ms\", start = \"14800ms\"";
    let quiet = play(&scenario("acks = \"1\"", sends, "", "", ""));
    let shrunk = |fact: &Fact| matches!(fact, Fact::IsrShrunk { .. });
    assert_eq!(when(&quiet, shrunk), []);
    let steps = r#"
[[step]]
at = "14999ms"
do = "clock-jump"
node = "broker-1"
by = "1h"
"#;
    let outcome = play(&scenario("acks = \"1\"", sends, "", "", steps));
    assert_eq!(when(&outcome, shrunk).len(), 1);
    let back = when(&outcome, |fact| matches!(fact, Fact::IsrExpanded { .. }));
    assert!(back.last().is_some_and(|t| *t < Time::ZERO + Span::secs(16)), "{back:?}");
}

/// Whether a producer is forgotten depends on the dates of its batches and the broker's wall clock,
/// looked at every `producer.id.expiration.check.interval.ms`.
#[test]
fn a_producer_is_forgotten_by_the_wall_clock() {
    let known_after = |broker: &str, steps: &str| {
        let sends = "count = 1, start = \"1s\"";
        let text = scenario("", sends, "", broker, steps).replace("\"60s\"", "\"650s\"");
        let parsed = scenario::parse("test", &text).scenario.expect("a valid file");
        let mut lab = super::build(&std::sync::Arc::new(parsed), 1, false);
        super::run::play(&mut lab, None, u64::MAX);
        let broker = lab.model.node(NodeId(0)).and_then(super::Node::broker).expect("a broker");
        let partition = broker.partition(crate::fact::LaneId(0)).expect("a replica");
        partition.log.producers.len()
    };
    let jump = |by: &str| {
        format!("[[step]]\nat = \"2s\"\ndo = \"clock-jump\"\nnode = \"broker-1\"\nby = \"{by}\"\n")
    };
    assert_eq!(known_after("", ""), 1);
    assert_eq!(known_after("", &jump("23h")), 1);
    assert_eq!(known_after("", &jump("24h")), 0);
    let later = "\"producer.id.expiration.check.interval.ms\" = 700000";
    assert_eq!(known_after(later, &jump("24h")), 1, "nobody has looked yet");
}

/// `KafkaScheduler` runs a task with a period of 0 once; it does not run it without end.
#[test]
fn a_periodic_task_with_an_interval_of_zero_runs_once() {
    let broker = "\"replica.high.watermark.checkpoint.interval.ms\" = 0";
    let outcome = play(&scenario("", "count = 2, every = \"1s\"", "", broker, ""));
    assert_eq!(outcome.ended, Ended::AtEnd);
    assert_eq!(
        outcome
            .judgement
            .outcomes(crate::ledger::ProducerOutcome::Acknowledged, crate::ledger::Subset::All,),
        2
    );
}
