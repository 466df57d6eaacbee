//! What a condition comes to: whether it holds, whether what it speaks of happened, the numbers.

use super::Fate;
use super::counts::Subset;
use super::judgement::Judgement;
use super::messages::ProducerOutcome;
use super::verdict::{Evidence, Probe};
use crate::fact::{Directory, MessageId, SubscriptionId};
use crate::kernel::Span;
use crate::scenario::expression::{Condition, OrderCount, ProducerCount, Quantity, Scope, SpentOn};
use crate::scenario::model::Role;

/// Whether a condition holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Truth {
    /// It does.
    Holds,
    /// It does not.
    Fails,
    /// What it speaks of never happened.
    Vacuous,
    /// It has no value.
    Unknown,
}

/// A condition evaluated.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Evaluation {
    /// Whether it holds.
    pub truth: Truth,
    /// The numbers: `lost = 1 (m4)`.
    pub actual: String,
}

/// Whether a condition over the world's state holds, asking nothing but the probe: cheap enough to
/// do after every event. `None`: some quantity has no number.
pub fn check(condition: &Condition, probe: &dyn Probe) -> Option<bool> {
    let number = |quantity: &Quantity| match quantity {
        Quantity::Number(n) => Some(*n),
        other => probe.number(other),
    };
    match condition {
        Condition::Compare { left, comparison, right } => {
            Some(comparison.holds(number(left)?, number(right)?))
        }
        Condition::Within { quantity, low, high } => {
            Some((*low..=*high).contains(&number(quantity)?))
        }
        Condition::Fate { .. } => None,
        Condition::All(parts) => {
            let mut all = Some(true);
            for part in parts {
                match check(part, probe) {
                    Some(false) => return Some(false),
                    None => all = None,
                    Some(true) => {}
                }
            }
            all
        }
        Condition::Any(parts) => {
            let mut any = Some(false);
            for part in parts {
                match check(part, probe) {
                    Some(true) => return Some(true),
                    None => any = None,
                    Some(false) => {}
                }
            }
            any
        }
    }
}

/// Evaluates a condition at the end of a run.
pub fn evaluate(condition: &Condition, evidence: &Evidence<'_>) -> Evaluation {
    match condition {
        Condition::Compare { left, comparison, right } => {
            let (left, right) = (measure(left, evidence), measure(right, evidence));
            let holds = match (&left.value, &right.value) {
                (Value::Number(l), Value::Number(r)) => Some(comparison.holds(*l, *r)),
                _ => None,
            };
            joined(holds, &[left, right])
        }
        Condition::Within { quantity, low, high } => {
            let measure = measure(quantity, evidence);
            let holds = match &measure.value {
                Value::Number(n) => Some((*low..=*high).contains(n)),
                _ => None,
            };
            joined(holds, &[measure])
        }
        Condition::Fate { message, subscription, fate, equal } => {
            fate_of(*message, *subscription, *fate, *equal, evidence)
        }
        Condition::All(parts) => connected(parts, evidence, Truth::Fails, Truth::Holds),
        Condition::Any(parts) => connected(parts, evidence, Truth::Holds, Truth::Fails),
    }
}

/// `and`: one that fails settles it; `or`: one that holds does. Otherwise the least certain part
/// decides.
fn connected(
    parts: &[Condition],
    evidence: &Evidence<'_>,
    settles: Truth,
    otherwise: Truth,
) -> Evaluation {
    let parts: Vec<Evaluation> = parts.iter().map(|p| evaluate(p, evidence)).collect();
    let has = |truth| parts.iter().any(|p| p.truth == truth);
    let truth = [settles, Truth::Unknown, Truth::Vacuous]
        .into_iter()
        .find(|truth| has(*truth))
        .unwrap_or(otherwise);
    let actual: Vec<String> = parts.into_iter().map(|p| p.actual).collect();
    Evaluation { truth, actual: actual.join(", ") }
}

fn joined(holds: Option<bool>, measures: &[Measure]) -> Evaluation {
    let vacuous = measures.iter().any(|m| m.value == Value::Vacuous);
    let unknown = measures.iter().any(|m| m.value == Value::Unknown);
    let truth = match holds {
        _ if unknown => Truth::Unknown,
        _ if vacuous => Truth::Vacuous,
        Some(true) => Truth::Holds,
        Some(false) => Truth::Fails,
        None => Truth::Unknown,
    };
    let actual: Vec<&str> =
        measures.iter().map(|m| m.actual.as_str()).filter(|a| !a.is_empty()).collect();
    Evaluation { truth, actual: actual.join(", ") }
}

fn fate_of(
    message: MessageId,
    subscription: Option<SubscriptionId>,
    fate: Fate,
    equal: bool,
    evidence: &Evidence<'_>,
) -> Evaluation {
    let name = evidence.directory.message(message);
    let fates: Vec<_> = evidence
        .judgement
        .fates_of(message)
        .iter()
        .filter(|s| subscription.is_none_or(|id| id == s.subscription))
        .collect();
    if fates.is_empty() {
        let sent = evidence.judgement.producer_outcome(message) != ProducerOutcome::Unsent;
        let why = if sent { "read by no such subscription" } else { "never sent" };
        return Evaluation { truth: Truth::Vacuous, actual: format!("{name} was {why}") };
    }
    let holds = fates.iter().all(|s| (s.fate == fate) == equal);
    let one = fates.iter().all(|s| s.fate == fates[0].fate);
    let actual = if one {
        format!("fate({name}) = {}", fates[0].fate.name())
    } else {
        let each = fates.iter().map(|s| {
            format!("{} for {}", s.fate.name(), evidence.directory.subscription(s.subscription))
        });
        format!("fate({name}) = {}", each.collect::<Vec<_>>().join(", "))
    };
    Evaluation { truth: if holds { Truth::Holds } else { Truth::Fails }, actual }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Value {
    Number(i64),
    Vacuous,
    Unknown,
}

struct Measure {
    value: Value,
    actual: String,
}

fn clamp(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// A scope in the ledger's own terms; `None` if it cannot be told from facts.
fn subset(scope: &Scope, directory: &Directory) -> Option<Subset> {
    Some(match scope {
        Scope::All => Subset::All,
        Scope::Node(Role::Node(node)) => Subset::Node(*node),
        Scope::Node(_) => return None,
        Scope::Subscription(s) => Subset::Subscription(*s),
        Scope::Lane(lane) => Subset::Lane(*lane),
        Scope::Key(key) => {
            let at = directory.keys.iter().position(|k| k == key)?;
            Subset::Key(crate::fact::KeyId(at as u32))
        }
        Scope::Message(message) => Subset::Message(*message),
    })
}

/// A subset in words: `(billing)`.
fn in_words(of: Subset, directory: &Directory) -> String {
    match of {
        Subset::All => String::new(),
        Subset::Node(n) => format!("({})", directory.node(n)),
        Subset::Subscription(s) => format!("({})", directory.subscription(s)),
        Subset::Lane(l) => format!("({})", directory.lane(l)),
        Subset::Key(k) => format!("({})", directory.key(k)),
        Subset::Message(m) => format!("({})", directory.message(m)),
    }
}

/// At most eight names, then how many more there are.
fn listed(messages: &[MessageId], directory: &Directory) -> String {
    const SHOWN: usize = 8;
    let names: Vec<String> = messages.iter().take(SHOWN).map(|m| directory.message(*m)).collect();
    match messages.len() {
        0 => String::new(),
        n if n > SHOWN => format!(" ({}, … {} more)", names.join(", "), n - SHOWN),
        _ => format!(" ({})", names.join(", ")),
    }
}

fn measure(quantity: &Quantity, evidence: &Evidence<'_>) -> Measure {
    let scope = match quantity {
        Quantity::Number(n) => {
            return Measure { value: Value::Number(*n), actual: String::new() };
        }
        Quantity::Producer { of, .. }
        | Quantity::Fate { of, .. }
        | Quantity::Order { of, .. }
        | Quantity::Facts { of, .. }
        | Quantity::Unavailable { of }
        | Quantity::Lag { of, .. }
        | Quantity::Latency { of, .. }
        | Quantity::Throughput { of } => of,
        _ => return of_world(quantity, evidence),
    };
    let Some(of) = subset(scope, evidence.directory) else {
        return Measure {
            value: Value::Unknown,
            actual: "its scope is not something that facts tell".into(),
        };
    };
    of_ledger(quantity, of, evidence)
}

/// Whether a word counts anything at all in a run: if not, a sentence with it is vacuous.
fn occurred(fate: Fate, of: Subset, judgement: &Judgement) -> bool {
    let mut pairs = judgement.pairs(of);
    match fate {
        // Only what was acknowledged can be lost or stranded.
        Fate::Lost | Fate::Stranded => {
            pairs.any(|s| judgement.producer_outcome(s.message) == ProducerOutcome::Acknowledged)
        }
        // Only what was handled can be handled twice, or against a refusal.
        Fate::Duplicate | Fate::Redelivered | Fate::Phantom => {
            pairs.any(|s| judgement.deliveries(s.message, s.subscription).1 > 0)
        }
        // Only what was handed out can be set aside.
        Fate::DeadLettered => {
            pairs.any(|s| judgement.deliveries(s.message, s.subscription).0 > 0)
                || judgement.count(Fate::DeadLettered, of) > 0
        }
        Fate::Once
        | Fate::LostUnacknowledged
        | Fate::Expired
        | Fate::Dropped
        | Fate::Unroutable
        | Fate::Pending => pairs.next().is_some(),
    }
}

/// Whether two messages of one key were handled by one subscription: order needs two.
fn order_occurred(of: Subset, judgement: &Judgement) -> bool {
    let mut seen = std::collections::BTreeSet::new();
    judgement.pairs(of).any(|s| {
        let handled = judgement.deliveries(s.message, s.subscription).1;
        let again = handled > 1;
        handled > 0
            && judgement
                .ledger()
                .chain(s.message)
                .is_some_and(|chain| !seen.insert((s.subscription, chain)) || again)
    })
}

fn of_ledger(quantity: &Quantity, of: Subset, evidence: &Evidence<'_>) -> Measure {
    let (judgement, directory) = (evidence.judgement, evidence.directory);
    let scope = in_words(of, directory);
    let counted = |name: &str, n: u64, occurred: bool, messages: &[MessageId]| Measure {
        value: if occurred { Value::Number(clamp(n)) } else { Value::Vacuous },
        actual: format!("{name}{scope} = {n}{}", listed(messages, directory)),
    };
    let timed = |name: &str, span: Option<Span>, occurred: bool| Measure {
        value: match span {
            _ if !occurred => Value::Vacuous,
            Some(span) => Value::Number(clamp(span.0)),
            None => Value::Unknown,
        },
        actual: match span {
            Some(span) => format!("{name}{scope} = {span}"),
            None => format!("{name}{scope} has no value"),
        },
    };
    match quantity {
        Quantity::Producer { outcome, .. } => {
            let sent = judgement.sent(of);
            let (name, n) = match outcome {
                ProducerCount::Sent => ("sent", sent),
                ProducerCount::Acknowledged => {
                    ("acknowledged", judgement.outcomes(ProducerOutcome::Acknowledged, of))
                }
                ProducerCount::Refused => {
                    ("refused", judgement.outcomes(ProducerOutcome::Refused, of))
                }
                ProducerCount::Unknown => {
                    ("unknown", judgement.outcomes(ProducerOutcome::Unknown, of))
                }
                ProducerCount::Unsent => {
                    ("unsent", judgement.outcomes(ProducerOutcome::Unsent, of))
                }
            };
            let always = matches!(outcome, ProducerCount::Sent | ProducerCount::Unsent);
            counted(name, n, always || sent > 0, &[])
        }
        Quantity::Fate { fate, .. } => {
            let mut messages: Vec<MessageId> =
                judgement.pairs(of).filter(|s| s.fate == *fate).map(|s| s.message).collect();
            let n = messages.len() as u64;
            messages.dedup();
            counted(fate.name(), n, occurred(*fate, of, judgement), &messages)
        }
        Quantity::Order { kind, .. } => {
            let (name, broken): (_, Vec<MessageId>) = match kind {
                OrderCount::Inversions => {
                    ("inversions", judgement.inversions(of).map(|b| b.message).collect())
                }
                OrderCount::Regressions => {
                    ("regressions", judgement.regressions(of).map(|b| b.message).collect())
                }
            };
            let occurred = order_occurred(of, judgement);
            counted(name, broken.len() as u64, occurred, &broken)
        }
        Quantity::Facts { name, .. } => match judgement.facts(name, of) {
            Some(n) => counted(name, n, true, &[]),
            None => {
                Measure { value: Value::Unknown, actual: format!("{name} is not counted{scope}") }
            }
        },
        Quantity::Unavailable { .. } => {
            let occurred = judgement.sent(Subset::All) > 0;
            timed("unavailable", judgement.unavailable(of), occurred)
        }
        Quantity::Lag { largest, .. } => {
            let name = if *largest { "lag.max" } else { "lag" };
            let occurred = judgement.facts("committed", Subset::All) != Some(0);
            match judgement.lag(*largest, of) {
                Some(n) => counted(name, n, occurred, &[]),
                None => timed(name, None, true),
            }
        }
        Quantity::Latency { permille, .. } => {
            let name = match permille {
                1000 => "latency.max".to_string(),
                p if p % 10 == 0 => format!("latency.p{}", p / 10),
                p => format!("latency.p{}.{}", p / 10, p % 10),
            };
            let span = judgement.latency(*permille, of);
            timed(&name, span, span.is_some())
        }
        Quantity::Throughput { .. } => match judgement.throughput(of) {
            Some(n) => counted("throughput", n, true, &[]),
            None => timed("throughput", None, true),
        },
        _ => of_world(quantity, evidence),
    }
}

/// Whether the number is that of a node.
fn names_a_node(quantity: &Quantity) -> bool {
    matches!(
        quantity,
        Quantity::Leader { .. }
            | Quantity::Owner { .. }
            | Quantity::Coordinator { .. }
            | Quantity::Controller
    )
}

fn of_world(quantity: &Quantity, evidence: &Evidence<'_>) -> Measure {
    let directory = evidence.directory;
    let name = match quantity {
        Quantity::HighWatermark { lane, .. } => format!("hw({})", directory.lane(*lane)),
        Quantity::LogEnd { lane, .. } => format!("leo({})", directory.lane(*lane)),
        Quantity::LogStart { lane, .. } => format!("log-start({})", directory.lane(*lane)),
        Quantity::LeaderEpoch { lane } => format!("epoch({})", directory.lane(*lane)),
        Quantity::Isr { lane } => format!("isr({})", directory.lane(*lane)),
        Quantity::CommittedOffset { subscription, lane } => format!(
            "committed-offset({}, {})",
            directory.subscription(*subscription),
            directory.lane(*lane)
        ),
        Quantity::Messages { lane } => format!("messages({})", directory.lane(*lane)),
        Quantity::Leader { lane } => format!("leader({})", directory.lane(*lane)),
        Quantity::Controller => "controller".into(),
        Quantity::ControllerEpoch => "controller-epoch".into(),
        Quantity::Owner { lane, subscription } => {
            format!("owner({}, {})", directory.lane(*lane), directory.subscription(*subscription))
        }
        Quantity::Coordinator { subscription } => {
            format!("coordinator({})", directory.subscription(*subscription))
        }
        Quantity::Generation { subscription } => {
            format!("generation({})", directory.subscription(*subscription))
        }
        Quantity::Members { subscription } => {
            format!("members({})", directory.subscription(*subscription))
        }
        Quantity::Partitions { consumer: Role::Node(node) } => {
            format!("partitions({})", directory.node(*node))
        }
        Quantity::Spent { what, node: Role::Node(node) } => {
            format!("{}({})", what.word(), directory.node(*node))
        }
        Quantity::Spent { what, .. } => what.word().into(),
        // A node's number is the other side of a comparison with a leader; it says nothing.
        Quantity::Node { .. } => String::new(),
        _ => "quantity".into(),
    };
    let number = evidence.probe.number(quantity);
    let actual = match (number, quantity) {
        (_, Quantity::Node { .. }) => String::new(),
        (Some(-1), _) if names_a_node(quantity) => format!("{name} = none"),
        (Some(n), _) if names_a_node(quantity) => {
            let node = u16::try_from(n).map(crate::fact::NodeId);
            format!("{name} = {}", node.map_or("?", |node| directory.node(node)))
        }
        (Some(n), Quantity::Spent { what: SpentOn::Cpu, .. }) => {
            format!("{name} = {}", Span(u64::try_from(n).unwrap_or(0)))
        }
        (Some(n), _) => format!("{name} = {n}"),
        (None, _) => format!("{name} has no value"),
    };
    Measure { value: number.map_or(Value::Unknown, Value::Number), actual }
}
