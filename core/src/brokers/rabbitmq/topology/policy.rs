//! Policies and operator policies: which are accepted, which apply to what, and how the two merge.
//!
//! Source: `rabbit_policy.erl`, `rabbit_policies.erl`, `rabbit_mirror_queue_misc.erl`,
//! `rabbit_queue_location_validator.erl`, `rabbit_runtime_parameters.erl`.

use super::Topology;
use super::arguments::max_age;
use super::exchange::alternate;
use super::ids::{ExchangeId, QueueId};
use super::queue::QueueType;
use super::term::term;
use crate::brokers::rabbitmq::value::{Name, Table, Value, field};
use crate::brokers::rabbitmq::version::RabbitVersion;
use fancy_regex::Regex;
use std::sync::Arc;

/// What a policy may apply to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum ApplyTo {
    /// Queues of every type and exchanges.
    #[default]
    All,
    /// Exchanges.
    Exchanges,
    /// Queues of every type.
    Queues,
    /// Classic queues (3.12).
    ClassicQueues,
    /// Quorum queues (3.12).
    QuorumQueues,
    /// Streams (3.12).
    Streams,
}

impl ApplyTo {
    /// All of them.
    pub const ALL: [ApplyTo; 6] = [
        ApplyTo::All,
        ApplyTo::Exchanges,
        ApplyTo::Queues,
        ApplyTo::ClassicQueues,
        ApplyTo::QuorumQueues,
        ApplyTo::Streams,
    ];

    /// The word of `apply-to`.
    pub fn word(self) -> &'static str {
        match self {
            ApplyTo::All => "all",
            ApplyTo::Exchanges => "exchanges",
            ApplyTo::Queues => "queues",
            ApplyTo::ClassicQueues => "classic_queues",
            ApplyTo::QuorumQueues => "quorum_queues",
            ApplyTo::Streams => "streams",
        }
    }

    /// What a word means in a release.
    ///
    /// Errors: the broker's text.
    pub fn from_word(word: &str, version: RabbitVersion) -> Result<ApplyTo, String> {
        let by_type = version >= RabbitVersion::V3_13;
        let usable = |a: &ApplyTo| by_type || *a <= ApplyTo::Queues;
        ApplyTo::ALL.into_iter().filter(usable).find(|a| a.word() == word).ok_or_else(|| {
            let expected = match by_type {
                false => "'queues', 'exchanges' or 'all'",
                true => {
                    "one of: 'queues', 'classic_queues',  'quorum_queues', 'streams', \
                     'exchanges', or 'all'"
                }
            };
            format!("apply-to '{word}' unrecognised; should be {expected}")
        })
    }

    fn queues_of(self, kind: QueueType) -> bool {
        match self {
            ApplyTo::All | ApplyTo::Queues => true,
            ApplyTo::Exchanges => false,
            ApplyTo::ClassicQueues => kind == QueueType::Classic,
            ApplyTo::QuorumQueues => kind == QueueType::Quorum,
            ApplyTo::Streams => kind == QueueType::Stream,
        }
    }
}

/// What an administrator writes: `set_policy`, `set_operator_policy`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PolicyDefinition {
    /// Its name, unique among those of its vhost.
    pub name: Name,
    /// A regular expression that is searched for in names, not anchored.
    pub pattern: Name,
    /// What it applies to.
    pub apply_to: ApplyTo,
    /// Of several that match, the one with the highest priority applies.
    pub priority: i64,
    /// Its settings.
    pub definition: Table,
}

/// A policy that was accepted.
#[derive(Clone, Debug)]
pub struct Policy {
    /// As it was written.
    pub written: PolicyDefinition,
    pattern: Regex,
}

impl PartialEq for Policy {
    fn eq(&self, other: &Self) -> bool {
        self.written == other.written
    }
}

impl Eq for Policy {}

impl Policy {
    fn new(
        written: PolicyDefinition,
        operator: bool,
        version: RabbitVersion,
    ) -> Result<Policy, String> {
        let pattern = Regex::new(&written.pattern).map_err(|error| {
            format!("pattern should be regular expression but is invalid: {error}")
        })?;
        check_definition(&written.definition, operator, version)?;
        Ok(Policy { written, pattern })
    }

    /// A search that gives up finds nothing, as in Erlang's `re`.
    fn matches(&self, name: &str) -> bool {
        self.pattern.is_match(name).unwrap_or(false)
    }

    fn rank(&self) -> (i64, &str) {
        (self.written.priority, &self.written.name)
    }
}

/// The policies of a vhost, by name.
#[derive(Clone, Debug, Default)]
pub(super) struct Policies(imbl::OrdMap<Name, Arc<Policy>>);

impl Policies {
    pub(super) fn for_exchange(&self, name: &str) -> Option<Arc<Policy>> {
        self.best(|p| {
            matches!(p.written.apply_to, ApplyTo::All | ApplyTo::Exchanges) && p.matches(name)
        })
    }

    /// A policy with a setting that the queue's type does not support is passed over as a whole.
    pub(super) fn for_queue(
        &self,
        name: &str,
        kind: QueueType,
        version: RabbitVersion,
    ) -> Option<Arc<Policy>> {
        self.best(|p| {
            let supported = |key: &str| supports(kind, key, version);
            p.written.apply_to.queues_of(kind)
                && p.written.definition.iter().all(|(key, _)| supported(key))
                && p.matches(name)
        })
    }

    /// The highest priority; among equals the broker does not say, here the greatest name.
    fn best(&self, applies: impl Fn(&Policy) -> bool) -> Option<Arc<Policy>> {
        self.0.values().filter(|p| applies(p)).max_by_key(|p| p.rank()).cloned()
    }
}

/// The policies that apply to an object: at most one of each kind.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Applied {
    /// The policy.
    pub policy: Option<Arc<Policy>>,
    /// The operator policy.
    pub operator_policy: Option<Arc<Policy>>,
}

impl Applied {
    /// The value of a setting, merged of both (`rabbit_policy:get/2`).
    pub fn get(&self, key: &str) -> Option<Value> {
        let of = |policy: &Option<Arc<Policy>>| {
            policy.as_ref().and_then(|p| field(&p.written.definition, key)).cloned()
        };
        match (of(&self.policy), of(&self.operator_policy)) {
            (Some(user), Some(operator)) => Some(merged(key, user, operator)),
            (user, operator) => user.or(operator),
        }
    }
}

/// `merge_policy_value/3`: the smaller number; what is no limit is the operator's.
fn merged(key: &str, user: Value, operator: Value) -> Value {
    match (key, &user, &operator) {
        ("overflow" | "queue-version", _, _) => operator,
        // A negative limit, allowed since 4.0, means none.
        ("delivery-limit", Value::Integer(u), Value::Integer(o)) if *u < 0 || *o < 0 => {
            Value::Integer(*u.max(o))
        }
        (_, Value::Integer(u), Value::Integer(o)) => Value::Integer(*u.min(o)),
        _ => operator,
    }
}

/// Which objects another set of policies applies to, after a policy was set or cleared.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PolicyChange {
    /// Queues: their effective arguments may have changed.
    pub queues: Vec<QueueId>,
    /// Exchanges.
    pub exchanges: Vec<ExchangeId>,
}

/// Which of the two kinds of policies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PolicyKind {
    /// What users set.
    User,
    /// What operators set; it can only restrict.
    Operator,
}

impl PolicyKind {
    /// The component's name, as in `parameters` of definitions.
    pub fn component(self) -> &'static str {
        match self {
            PolicyKind::User => "policy",
            PolicyKind::Operator => "operator_policy",
        }
    }
}

impl Topology {
    /// Sets a policy, in place of one of the same name, and applies it at once.
    ///
    /// Errors: the broker's text if the pattern is no regular expression, a setting is not known
    /// or a value not valid. Then nothing changes.
    pub fn set_policy(
        &mut self,
        vhost: &str,
        kind: PolicyKind,
        policy: PolicyDefinition,
    ) -> Result<PolicyChange, String> {
        let operator = kind == PolicyKind::Operator;
        let policy = Policy::new(policy, operator, self.version)?;
        self.change_policies(vhost, kind, |policies| {
            policies.0.insert(policy.written.name.clone(), Arc::new(policy));
        })
    }

    /// Removes a policy. What it set is gone at once.
    ///
    /// Errors: a text if the vhost or the policy does not exist.
    pub fn clear_policy(
        &mut self,
        vhost: &str,
        kind: PolicyKind,
        name: &str,
    ) -> Result<PolicyChange, String> {
        if !self.policies(vhost, kind).any(|p| &*p.written.name == name) {
            return Err(format!("no {} '{name}' in vhost '{vhost}'", kind.component()));
        }
        self.change_policies(vhost, kind, |policies| {
            policies.0.remove(name);
        })
    }

    /// The policies of a vhost, by name.
    pub fn policies(&self, vhost: &str, kind: PolicyKind) -> impl Iterator<Item = &Arc<Policy>> {
        let vhost = self.vhosts.get(vhost);
        let of = vhost.map(|v| match kind {
            PolicyKind::User => &v.policies,
            PolicyKind::Operator => &v.operator_policies,
        });
        of.into_iter().flat_map(|policies| policies.0.values())
    }

    fn change_policies(
        &mut self,
        vhost: &str,
        kind: PolicyKind,
        change: impl FnOnce(&mut Policies),
    ) -> Result<PolicyChange, String> {
        let entry =
            self.vhosts.get_mut(vhost).ok_or_else(|| format!("vhost '{vhost}' does not exist"))?;
        let entry = Arc::make_mut(entry);
        change(match kind {
            PolicyKind::User => &mut entry.policies,
            PolicyKind::Operator => &mut entry.operator_policies,
        });
        let vhost = entry.clone();
        let mut changed = PolicyChange::default();
        for id in vhost.queues.values() {
            let queue = self.queue(*id);
            let policies = vhost.policies_of_queue(&queue.name, queue.kind, self.version);
            if policies != queue.policies {
                Arc::make_mut(&mut self.queue_entry(*id).queue).policies = policies;
                changed.queues.push(*id);
            }
        }
        for id in vhost.exchanges.values() {
            let exchange = self.exchange(*id);
            let policies = vhost.policies_of_exchange(&exchange.name);
            if policies != exchange.policies {
                let entry = self.exchanges.get_mut(id).expect("it is listed");
                let exchange = Arc::make_mut(&mut Arc::make_mut(entry).exchange);
                exchange.alternate = alternate(&exchange.arguments, &policies);
                exchange.policies = policies;
                changed.exchanges.push(*id);
            }
        }
        Ok(changed)
    }
}

/// Whether a queue's type has a use for a setting (`unsupported_policies` of `capabilities/0`).
fn supports(kind: QueueType, key: &str, version: RabbitVersion) -> bool {
    let mirrors = is_of_mirroring(key) && key != "ha-sync-batch-size";
    match (kind, key) {
        (
            QueueType::Classic,
            "max-age" | "stream-max-segment-size-bytes" | "initial-cluster-size",
        ) => false,
        (QueueType::Classic, "delivery-limit" | "dead-letter-strategy") => false,
        (QueueType::Classic, "max-in-memory-length" | "max-in-memory-bytes") => {
            version < RabbitVersion::V3_13
        }
        (QueueType::Classic, "queue-leader-locator") => version >= RabbitVersion::V4,
        (QueueType::Classic, _) => true,
        (_, "queue-mode" | "queue-master-locator") => false,
        (_, _) if mirrors => false,
        (QueueType::Quorum, _) => {
            !matches!(key, "max-age" | "stream-max-segment-size-bytes" | "initial-cluster-size")
        }
        (QueueType::Stream, _) => !matches!(
            key,
            "expires"
                | "message-ttl"
                | "dead-letter-exchange"
                | "dead-letter-routing-key"
                | "dead-letter-strategy"
                | "max-length"
                | "max-in-memory-length"
                | "max-in-memory-bytes"
                | "overflow"
                | "delivery-limit"
        ),
    }
}

/// The settings of a release (`register/0` of the validators).
fn is_known(key: &str, operator: bool, version: RabbitVersion) -> bool {
    let of_operators = [
        "expires",
        "message-ttl",
        "max-length",
        "max-length-bytes",
        "max-in-memory-length",
        "max-in-memory-bytes",
        "delivery-limit",
    ];
    if of_operators.contains(&key) {
        return true;
    }
    match key {
        "overflow" | "queue-version" => !operator || version >= RabbitVersion::V3_13,
        _ if operator => false,
        "alternate-exchange"
        | "dead-letter-exchange"
        | "dead-letter-routing-key"
        | "dead-letter-strategy"
        | "queue-mode"
        | "max-age"
        | "stream-max-segment-size-bytes"
        | "queue-leader-locator"
        | "initial-cluster-size"
        | "queue-master-locator" => true,
        "consumer-timeout" => version >= RabbitVersion::V3_13,
        _ => key.starts_with("ha-") && is_of_mirroring(key) && version < RabbitVersion::V4,
    }
}

fn is_of_mirroring(key: &str) -> bool {
    matches!(
        key,
        "ha-mode"
            | "ha-params"
            | "ha-sync-mode"
            | "ha-sync-batch-size"
            | "ha-promote-on-shutdown"
            | "ha-promote-on-failure"
    )
}

/// `validation/3`.
fn check_definition(
    definition: &Table,
    operator: bool,
    version: RabbitVersion,
) -> Result<(), String> {
    if definition.is_empty() {
        return Err("no policy provided".into());
    }
    for (n, (key, _)) in definition.iter().enumerate() {
        if definition[..n].iter().any(|(earlier, _)| earlier == key) {
            return Err(format!("[<<\"{key}\">>] duplicate keys not allowed"));
        }
    }
    let unknown: Vec<String> = definition
        .iter()
        .filter(|(key, _)| !is_known(key, operator, version))
        .map(|(key, value)| format!("{{<<\"{key}\">>,{}}}", term(value)))
        .collect();
    if !unknown.is_empty() {
        return Err(format!("[{}] are not recognised policy settings", unknown.join(",")));
    }
    for (key, value) in definition {
        check_value(key, value, version)?;
    }
    check_mirroring(definition)
}

/// `rabbit_policies:validate_policy0/2`.
fn check_value(key: &str, value: &Value, version: RabbitVersion) -> Result<(), String> {
    let word = |words: &[&str]| matches!(value, Value::Text(w) if words.contains(&&**w));
    let text = matches!(value, Value::Text(_));
    let number =
        |low: i64, high: i64| matches!(value, Value::Integer(n) if (low..=high).contains(n));
    let lowest_delivery_limit = if version >= RabbitVersion::V4 { i64::MIN } else { 0 };
    let (valid, what) = match key {
        "alternate-exchange" => (text, "alternate exchange name"),
        "dead-letter-exchange" => (text, "dead letter exchange name"),
        "dead-letter-routing-key" => (text, "dead letter routing key"),
        "dead-letter-strategy" => {
            (word(&["at-most-once", "at-least-once"]), "dead letter strategy")
        }
        "message-ttl" => (number(0, i64::MAX), "message TTL"),
        "expires" => (number(1, i64::MAX), "queue expiry"),
        "max-length" => (number(0, i64::MAX), "maximum length"),
        "max-length-bytes" => (number(0, i64::MAX), "maximum length in bytes"),
        "max-in-memory-length" | "max-in-memory-bytes" => {
            (number(0, i64::MAX), "maximum memory in bytes")
        }
        "queue-mode" => (word(&["default", "lazy"]), "queue-mode value"),
        "queue-version" => (number(1, 2), "queue-version value"),
        "overflow" => {
            (word(&["drop-head", "reject-publish", "reject-publish-dlx"]), "overflow value")
        }
        "delivery-limit" => (number(lowest_delivery_limit, i64::MAX), "delivery limit"),
        "max-age" => (matches!(value, Value::Text(w) if max_age(w).is_some()), "max age"),
        "queue-leader-locator" => (
            word(&["client-local", "balanced", "random", "least-leaders"]),
            "queue leader locator value",
        ),
        "initial-cluster-size" => (number(0, i64::MAX), "cluster size"),
        "stream-max-segment-size-bytes" => {
            (number(0, super::arguments::MAX_STREAM_SEGMENT_SIZE), "segment size")
        }
        "consumer-timeout" => (number(0, i64::MAX), "consumer timeout"),
        "queue-master-locator" if word(&["client-local", "min-masters", "random"]) => return Ok(()),
        "queue-master-locator" => {
            return Err(format!("{} invalid queue-master-locator value", term(value)));
        }
        _ => return Ok(()),
    };
    match valid {
        true => Ok(()),
        false => Err(format!("{} is not a valid {what}", term(value))),
    }
}

/// `rabbit_mirror_queue_misc:validate_policy/1` and the modes' own.
fn check_mirroring(definition: &Table) -> Result<(), String> {
    if definition.iter().all(|(key, _)| !is_of_mirroring(key)) {
        return Ok(());
    }
    let Some(mode) = field(definition, "ha-mode") else {
        return Err("ha-mode must be specified to specify ha-params, ha-sync-mode or \
                    ha-promote-on-shutdown"
            .into());
    };
    let params = field(definition, "ha-params");
    let word = match mode {
        Value::Text(word) => &**word,
        _ => "",
    };
    let given = || params.map_or("none".into(), term);
    match (word, params) {
        ("all", None) => {}
        ("all", Some(_)) => return Err("ha-mode=\"all\" does not take parameters".into()),
        ("exactly", Some(Value::Integer(n))) if *n > 0 => {}
        ("exactly", _) => {
            return Err(format!("ha-mode=\"exactly\" takes an integer, {} given", given()));
        }
        ("nodes", Some(Value::Array(nodes))) if nodes.is_empty() => {
            return Err("ha-mode=\"nodes\" list must be non-empty".into());
        }
        ("nodes", Some(Value::Array(nodes))) => {
            let strange: Vec<String> =
                nodes.iter().filter(|n| !matches!(n, Value::Text(_))).map(term).collect();
            if !strange.is_empty() {
                let strange = strange.join(",");
                return Err(format!(
                    "ha-mode=\"nodes\" takes a list of strings, [{strange}] was not a string"
                ));
            }
        }
        ("nodes", _) => return Err(format!("ha-mode=\"nodes\" takes a list, {} given", given())),
        _ => return Err(format!("{} is not a valid ha-mode value", term(mode))),
    }
    if let Some(value) = field(definition, "ha-sync-batch-size")
        && !matches!(value, Value::Integer(n) if *n > 0)
    {
        let given = term(value);
        return Err(format!("ha-sync-batch-size takes an integer greater than 0, {given} given"));
    }
    for (key, words) in [
        ("ha-sync-mode", ["manual", "automatic"]),
        ("ha-promote-on-shutdown", ["always", "when-synced"]),
        ("ha-promote-on-failure", ["always", "when-synced"]),
    ] {
        if let Some(value) = field(definition, key)
            && !matches!(value, Value::Text(w) if words.contains(&&**w))
        {
            let [first, second] = words;
            let got = term(value);
            return Err(format!("{key} must be \"{first}\" or \"{second}\", got {got}"));
        }
    }
    Ok(())
}
