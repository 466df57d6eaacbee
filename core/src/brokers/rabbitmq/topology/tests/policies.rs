//! Policies, operator policies, and what is in force.

use super::*;
use crate::brokers::rabbitmq::topology::effective::{
    DeadLetterStrategy, EffectiveArguments, HaMode, Mirroring, Overflow,
};
use crate::brokers::rabbitmq::topology::policy::{
    ApplyTo, PolicyChange, PolicyDefinition, PolicyKind,
};

fn policy(name: &str, priority: i64, definition: &[(&str, Value)]) -> PolicyDefinition {
    PolicyDefinition {
        name: name.into(),
        pattern: "^q".into(),
        apply_to: ApplyTo::All,
        priority,
        definition: table(definition),
    }
}

impl Topology {
    fn user(&mut self, policy: PolicyDefinition) -> Result<PolicyChange, String> {
        self.set_policy("/", PolicyKind::User, policy)
    }

    fn operator(&mut self, policy: PolicyDefinition) -> Result<PolicyChange, String> {
        self.set_policy("/", PolicyKind::Operator, policy)
    }
}

/// What is in force for a queue `q` with these arguments, a policy and an operator policy.
fn in_force(
    version: RabbitVersion,
    kind: &str,
    arguments: &[(&str, Value)],
    user: &[(&str, Value)],
    operator: &[(&str, Value)],
) -> EffectiveArguments {
    let mut topology = Topology::new(version);
    if !user.is_empty() {
        topology.user(policy("u", 0, user)).unwrap();
    }
    if !operator.is_empty() {
        topology.operator(policy("o", 0, operator)).unwrap();
    }
    let mut arguments = table(arguments);
    arguments.push(("x-queue-type".into(), text(kind)));
    let id = topology.declare(&QueueDeclare::durable("q", arguments)).unwrap();
    topology.effective(id)
}

#[test]
fn m84_the_smaller_limit_holds() {
    for kind in ["classic", "quorum"] {
        for (argument, user, operator, expected) in
            [(1, 2, 9, 1), (5, 2, 9, 2), (5, 4, 3, 3), (1, 4, 3, 1)]
        {
            for key in ["max-length", "max-length-bytes", "message-ttl"] {
                let of = |n| [(key, int(n))];
                let effective = in_force(
                    RabbitVersion::V3_10,
                    kind,
                    &[(&*format!("x-{key}"), int(argument))],
                    &of(user),
                    &of(operator),
                );
                let found = match key {
                    "max-length" => effective.max_length,
                    "max-length-bytes" => effective.max_length_bytes,
                    _ => effective.message_ttl,
                };
                assert_eq!(found, Some(expected), "{kind} {key}");
            }
        }
    }
}

#[test]
fn m85_and_m86_one_policy_applies_and_who_decides() {
    let mut topology = old();
    let id = topology.add_queue("q");
    topology.user(policy("limit", 1, &[("max-length", int(2))])).unwrap();
    let change = topology.user(policy("ttl", 5, &[("message-ttl", int(5))])).unwrap();
    assert_eq!(change.queues, [id]);
    let effective = topology.effective(id);
    assert_eq!((effective.max_length, effective.message_ttl), (None, Some(5)));
    // The same priority: the greatest name.
    topology.user(policy("zz", 5, &[("max-length", int(7))])).unwrap();
    assert_eq!(topology.effective(id).max_length, Some(7));
    topology.clear_policy("/", PolicyKind::User, "zz").unwrap();
    topology.clear_policy("/", PolicyKind::User, "ttl").unwrap();
    assert_eq!(topology.effective(id).max_length, Some(2), "the next one applies again");
    let overflow = |kind| {
        in_force(
            RabbitVersion::V3_10,
            kind,
            &[("x-overflow", text("drop-head"))],
            &[("overflow", text("reject-publish"))],
            &[],
        )
        .overflow
    };
    assert_eq!(overflow("classic"), Overflow::DropHead, "the argument decides");
    assert_eq!(overflow("quorum"), Overflow::RejectPublish, "the policy decides");
}

#[test]
fn a_policy_with_an_unsupported_key_is_passed_over() {
    let mut topology = old();
    let quorum = table(&[("x-queue-type", text("quorum"))]);
    let classic = topology.add_queue("q");
    let raft = topology.declare(&QueueDeclare::durable("qq", quorum)).unwrap();
    let one = ("max-length", int(1));
    topology.user(policy("a", 9, &[("delivery-limit", int(3)), one.clone()])).unwrap();
    topology.user(policy("b", 8, &[("queue-mode", text("lazy")), one])).unwrap();
    topology.user(policy("c", 1, &[("max-length", int(2))])).unwrap();
    assert_eq!(topology.effective(classic).max_length, Some(1));
    assert!(topology.effective(classic).lazy);
    assert_eq!(topology.effective(raft).delivery_limit, Some(3));
    topology.clear_policy("/", PolicyKind::User, "a").unwrap();
    assert_eq!(topology.effective(raft).max_length, Some(2));
    topology.clear_policy("/", PolicyKind::User, "b").unwrap();
    assert_eq!(topology.effective(classic).max_length, Some(2));
}

#[test]
fn each_setting_is_combined_by_its_rule() {
    let expires = |version, kind| {
        let argument = [("x-expires", int(1))];
        in_force(version, kind, &argument, &[("expires", int(9))], &[]).expires
    };
    assert_eq!(expires(RabbitVersion::V3_10, "classic"), Some(1));
    assert_eq!(expires(RabbitVersion::V3_10, "quorum"), Some(9), "the policy decides");
    assert_eq!(expires(RabbitVersion::V4, "quorum"), Some(1));
    let limit = |version, argument: Option<i64>, user: Option<i64>| {
        let argument = argument.map(|n| ("x-delivery-limit", int(n)));
        let user = user.map(|n| ("delivery-limit", int(n)));
        in_force(version, "quorum", argument.as_slice(), user.as_slice(), &[]).delivery_limit
    };
    assert_eq!(limit(RabbitVersion::V3_13, None, None), None);
    assert_eq!(limit(RabbitVersion::V4, None, None), Some(20));
    assert_eq!(limit(RabbitVersion::V4, Some(-1), None), None, "negative: no limit");
    assert_eq!(limit(RabbitVersion::V4, Some(-1), Some(5)), Some(5));
    assert_eq!(limit(RabbitVersion::V3_10, Some(3), Some(5)), Some(3));
    let letters = in_force(
        RabbitVersion::V3_10,
        "classic",
        &[("x-dead-letter-exchange", text("of argument"))],
        &[("dead-letter-exchange", text("of policy")), ("dead-letter-routing-key", text("k"))],
        &[],
    );
    assert_eq!(letters.dead_letter_exchange.as_deref(), Some("of argument"));
    assert_eq!(letters.dead_letter_routing_key.as_deref(), Some("k"));
    assert_eq!(letters.queue_version, 1);
    assert_eq!(in_force(RabbitVersion::V4, "classic", &[], &[], &[]).queue_version, 2);
}

#[test]
fn at_least_once_needs_an_exchange_and_reject_publish() {
    let strategy = |arguments: &[(&str, Value)]| {
        let mut all = vec![("x-dead-letter-strategy", text("at-least-once"))];
        all.extend_from_slice(arguments);
        in_force(RabbitVersion::V4, "quorum", &all, &[], &[]).dead_letter_strategy
    };
    let dlx = ("x-dead-letter-exchange", text(""));
    let reject = ("x-overflow", text("reject-publish"));
    assert_eq!(strategy(&[dlx.clone(), reject.clone()]), DeadLetterStrategy::AtLeastOnce);
    assert_eq!(strategy(&[dlx]), DeadLetterStrategy::AtMostOnce);
    assert_eq!(strategy(&[reject]), DeadLetterStrategy::AtMostOnce);
}

#[test]
fn operators_may_restrict_only() {
    let mut topology = old();
    assert_eq!(
        topology.operator(policy("o", 0, &[("dead-letter-exchange", text("x"))])).unwrap_err(),
        "[{<<\"dead-letter-exchange\">>,<<\"x\">>}] are not recognised policy settings"
    );
    let overflow = policy("o", 0, &[("overflow", text("reject-publish"))]);
    assert!(topology.operator(overflow.clone()).is_err());
    let mut newer = Topology::new(RabbitVersion::V4);
    newer.operator(overflow).unwrap();
    newer.user(policy("u", 0, &[("overflow", text("drop-head"))])).unwrap();
    let id = newer.add_queue("q");
    assert_eq!(newer.effective(id).overflow, Overflow::RejectPublish, "the operator's");
}

#[test]
fn a_policy_that_is_refused_changes_nothing() {
    let mut topology = old();
    for (definition, why) in [
        (vec![], "no policy provided"),
        (
            vec![("max-length", int(1)), ("colour", int(2))],
            "[{<<\"colour\">>,2}] are not recognised policy settings",
        ),
        (vec![("message-ttl", int(-1))], "-1 is not a valid message TTL"),
        (vec![("overflow", text("no"))], "<<\"no\">> is not a valid overflow value"),
        (
            vec![("ha-sync-mode", text("manual"))],
            "ha-mode must be specified to specify ha-params, ha-sync-mode or ha-promote-on-shutdown",
        ),
        (vec![("ha-mode", text("exactly"))], "ha-mode=\"exactly\" takes an integer, none given"),
        (
            vec![("ha-mode", text("all")), ("ha-params", int(2))],
            "ha-mode=\"all\" does not take parameters",
        ),
        (
            vec![("consumer-timeout", int(5))],
            "[{<<\"consumer-timeout\">>,5}] are not recognised policy settings",
        ),
    ] {
        assert_eq!(topology.user(policy("p", 0, &definition)).unwrap_err(), why);
    }
    let unreadable =
        PolicyDefinition { pattern: "(".into(), ..policy("p", 0, &[("max-length", int(1))]) };
    let text = topology.user(unreadable).unwrap_err();
    assert!(text.starts_with("pattern should be regular expression but is invalid: "), "{text}");
    assert_eq!(topology.policies("/", PolicyKind::User).count(), 0);
}

#[test]
fn patterns_are_searched_for_and_may_look_around() {
    let mut topology = old();
    let id = topology.add_queue("my-q");
    let with = |pattern: &str| PolicyDefinition {
        pattern: pattern.into(),
        ..policy("p", 0, &[("max-length", int(1))])
    };
    for (pattern, applies) in
        [("q", true), ("^q", false), (".*", true), ("^(?!amq\\.).*", true), ("^(?!my-).*", false)]
    {
        topology.user(with(pattern)).unwrap();
        let found = topology.effective(id).max_length.is_some();
        assert_eq!(found, applies, "{pattern}");
    }
}

#[test]
fn policies_of_exchanges_and_of_one_type() {
    let mut topology = Topology::new(RabbitVersion::V4);
    topology.add_exchange("q-x", ExchangeType::Direct);
    topology.add_exchange("q-stray", ExchangeType::Fanout);
    topology.bound("q-stray", "q", "");
    let alternate = PolicyDefinition {
        apply_to: ApplyTo::Exchanges,
        pattern: "^q-x$".into(),
        ..policy("ae", 0, &[("alternate-exchange", text("q-stray"))])
    };
    assert_eq!(topology.user(alternate).unwrap().exchanges.len(), 1);
    assert_eq!(topology.sent("q-x", &key("k")), ["q"]);
    topology.clear_policy("/", PolicyKind::User, "ae").unwrap();
    assert!(topology.sent("q-x", &key("k")).is_empty());
    let raft_only = PolicyDefinition {
        apply_to: ApplyTo::QuorumQueues,
        ..policy("raft", 0, &[("max-length", int(1))])
    };
    assert!(topology.user(raft_only).unwrap().queues.is_empty());
    assert!(ApplyTo::from_word("quorum_queues", RabbitVersion::V3_10).is_err());
    assert!(ApplyTo::from_word("queues", RabbitVersion::V3_10).is_ok());
}

#[test]
fn mirrors_are_a_matter_of_policies_until_4() {
    let ha =
        [("ha-mode", text("exactly")), ("ha-params", int(2)), ("ha-sync-mode", text("automatic"))];
    let effective = in_force(RabbitVersion::V3_13, "classic", &[], &ha, &[]);
    let expected = Mirroring {
        mode: HaMode::Exactly(2),
        sync_automatically: true,
        sync_batch_size: 4096,
        promote_unsynced_on_shutdown: false,
        promote_unsynced_on_failure: true,
    };
    assert_eq!(effective.mirroring, Some(expected));
    let mut newer = Topology::new(RabbitVersion::V4);
    assert!(newer.user(policy("ha", 0, &ha)).is_err(), "removed in 4.0");
}
