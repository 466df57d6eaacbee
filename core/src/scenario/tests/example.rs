//! The example of the scenario reference parses into what it says.

use super::read;
use crate::brokers::kafka::settings::Acks;
use crate::fact::{KeyId, LaneId, MessageId};
use crate::kernel::Span;
use crate::scenario::model::{Action, Ends, Role, Trigger, Until};
use crate::scenario::{parse, render};

pub const EXAMPLE: &str = include_str!("files/example.toml");

#[test]
fn the_published_example_has_no_mistakes() {
    let parsed = parse("example", EXAMPLE);
    let told: Vec<String> =
        parsed.diagnostics.iter().map(|d| render(d, EXAMPLE, "example.toml", false)).collect();
    assert!(told.is_empty(), "{}", told.join("\n\n"));
}

#[test]
fn the_published_example_means_what_it_says() {
    let s = read(EXAMPLE);
    assert_eq!((s.seed, s.ends), (7, Ends::At(Span::secs(20))));
    assert_eq!(s.kafka.broker.replica_lag_time_max_ms, Span::secs(10));
    assert_eq!(
        s.directory.nodes,
        ["broker-1", "broker-2", "broker-3", "controller-1", "checkout", "billing-1"]
    );
    let producer = &s.producers[0];
    assert_eq!((producer.config.acks, producer.config.retries), (Acks::Leader, 0));
    assert!(!producer.config.enable_idempotence, "switched off silently, as in 3.x");
    assert_eq!(producer.sends.keys, [KeyId(0), KeyId(1)]);
    assert_eq!(s.directory.keys, ["customer-1", "customer-0"], "m1 has key 1 % 2");
    let lane = LaneId(0);
    assert_eq!(
        s.steps[0].action,
        Action::Cut {
            from: Role::Leader(lane),
            to: Role::Followers(lane),
            one_way: false,
            until: Until::Never
        }
    );
    let Trigger::After { anchor, delay } = &s.steps[0].trigger else { panic!("a fact") };
    assert_eq!((anchor.message, *delay, anchor.nth), (Some(MessageId(2)), Span::ZERO, 1));
    assert_eq!(EXAMPLE.lines().nth(s.steps[0].line as usize - 1), Some("[[step]]"));
    assert_eq!(s.predictions[0].options.len(), 3);
    assert_eq!(s.expect.this_run.len(), 5);
    assert_eq!(s.expect.throughout.len(), 1);
    assert_eq!(s.expect.over_seeds.len(), 2);
    let what_if = &s.what_ifs[0];
    assert_eq!(what_if.set[0], ("producer.checkout.acks".into(), "all".into()));
    let changed = &what_if.scenario;
    assert_eq!(changed.producers[0].config.acks, Acks::All);
    assert_eq!(changed.topics[0].config.min_insync_replicas, 2);
    assert_eq!(changed.expect.this_run, what_if.expect);
    assert_eq!(changed.expect.throughout.len(), 1);
}

#[test]
fn an_expectation_knows_its_place() {
    let s = read(EXAMPLE);
    let fate = &s.expect.this_run[1];
    assert_eq!(&EXAMPLE[fate.at.clone()], "\"fate(m4) == lost\"");
}
