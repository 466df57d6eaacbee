//! Who is meant: `broker-1`, `leader(orders/0)`, `any follower(orders/0)`.

use super::tokens::{Token, Tokens};
use super::{Mistake, Parsed, Source};
use crate::brokers::kafka::transaction::TransactionalId;
use crate::fact::{LaneId, SubscriptionId};
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::grammar::nearest;
use crate::scenario::model::Role;
use crate::scenario::names::Names;
use std::ops::Range;

/// The roles that take something in parentheses.
const FUNCTIONS: &[&str] = &[
    "leader",
    "followers",
    "any follower",
    "any-follower",
    "replica",
    "coordinator",
    "owner",
    "transaction-coordinator",
];
/// The roles that stand alone.
const GROUPS: &[(&str, Role)] = &[
    ("controller", Role::Controller),
    ("brokers", Role::Brokers),
    ("controllers", Role::Controllers),
    ("standby-controllers", Role::StandbyControllers),
    ("clients", Role::Clients),
    ("everyone", Role::Everyone),
];

/// Reads a text that is one role.
pub fn role(source: &Source<'_>, names: &Names) -> Result<Role, Box<Diagnostic>> {
    let read = || {
        let mut tokens = Tokens::of(source.text)?;
        let role = role_in(&mut tokens, names)?;
        tokens.want_end()?;
        Ok(role)
    };
    read().map_err(|mistake| Box::new(source.diagnostic(mistake)))
}

/// Whether the next tokens can be a role that is not a plain name.
pub(super) fn is_role(tokens: &Tokens<'_>) -> bool {
    match (tokens.peek(), tokens.peek_second()) {
        (Token::Word("any"), Token::Word(_)) => true,
        (Token::Word(w), Token::Sign("(")) => FUNCTIONS.contains(&w),
        (Token::Word(w), _) => GROUPS.iter().any(|(name, _)| *name == w),
        _ => false,
    }
}

/// Reads a role.
pub(super) fn role_in(tokens: &mut Tokens<'_>, names: &Names) -> Parsed<Role> {
    let (word, at) = tokens.want_name("a node")?;
    let (word, at) = match (word, tokens.peek()) {
        ("any", Token::Word("follower")) => {
            let (_, end) = tokens.take();
            ("any follower", at.start..end.end)
        }
        _ => (word, at),
    };
    if tokens.take_sign("(") {
        let role = function(word, &at, tokens, names)?;
        tokens.want_sign(")", &format!("`{word}(…`"))?;
        return Ok(role);
    }
    if let Some(node) = names.node(word) {
        return Ok(Role::Node(node));
    }
    if let Some((_, role)) = GROUPS.iter().find(|(name, _)| *name == word) {
        return Ok(*role);
    }
    if FUNCTIONS.contains(&word) {
        let what = match word {
            "coordinator" => "a group",
            "transaction-coordinator" => "a transactional.id",
            _ => "a partition",
        };
        return Err(Mistake::new("sentence", at, format!("`{word}` of which?"))
            .help(format!("write {what} in parentheses: `{word}({})`", example(word, names))));
    }
    let (message, mut help) = names.no_node(word);
    let words = GROUPS.iter().map(|(n, _)| *n).chain(FUNCTIONS.iter().copied());
    if let Some(near) = nearest(word, words)
        && !word.ends_with(|c: char| c.is_ascii_digit())
    {
        help = Some(format!("did you mean `{near}`?"));
    }
    Err(Mistake::told("unknown-node", at, (message, help)))
}

fn example(word: &str, names: &Names) -> String {
    let known = match word {
        "coordinator" => names.directory.subscriptions.first(),
        "transaction-coordinator" => names.transactional_ids.first(),
        _ => names.directory.lanes.first(),
    };
    known.cloned().unwrap_or_else(|| "orders/0".into())
}

fn function(word: &str, at: &Range<usize>, tokens: &mut Tokens<'_>, names: &Names) -> Parsed<Role> {
    Ok(match word {
        "leader" => Role::Leader(lane_in(tokens, names)?),
        "followers" => Role::Followers(lane_in(tokens, names)?),
        "any follower" | "any-follower" => Role::AnyFollower(lane_in(tokens, names)?),
        "coordinator" => Role::Coordinator(subscription_in(tokens, names)?),
        "transaction-coordinator" => {
            let (word, at) = tokens.want_name("a transactional.id")?;
            let known = names.transactional_ids.iter().position(|id| id == word);
            let Some(id) = known.and_then(|id| u16::try_from(id).ok()) else {
                let message = format!("no client has the transactional.id `{word}`");
                let known = names.transactional_ids.join(", ");
                let mistake = Mistake::new("unknown-name", at, message);
                return Err(match known.is_empty() {
                    true => mistake,
                    false => mistake.help(format!("there is {known}")),
                });
            };
            Role::TransactionCoordinator(TransactionalId(id))
        }
        "replica" => {
            let lane = lane_in(tokens, names)?;
            tokens.want_sign(",", "the partition")?;
            let (number, at) = tokens.want_name("the number of a replica")?;
            let replicas = names.replicas.get(usize::from(lane.0)).copied().unwrap_or(0);
            match number.parse::<u16>() {
                Ok(n) if (1..=replicas).contains(&n) => Role::Replica(lane, n),
                _ => {
                    let lane = names.directory.lane(lane);
                    let message = format!("{lane} has no replica number `{number}`");
                    return Err(Mistake::new("unknown-node", at, message)
                        .help(format!("its replicas are numbered 1 to {replicas}")));
                }
            }
        }
        "owner" => {
            let lane = lane_in(tokens, names)?;
            tokens.want_sign(",", "the partition")?;
            Role::Owner(lane, subscription_in(tokens, names)?)
        }
        _ => {
            let near = nearest(word, FUNCTIONS.iter().copied());
            let message = format!("`{word}(…)` is not a role");
            let mistake = Mistake::new("unknown-node", at.clone(), message);
            return Err(match near {
                Some(near) => mistake.help(format!("did you mean `{near}`?")),
                None => mistake.help(format!("the roles are {}", FUNCTIONS.join(", "))),
            });
        }
    })
}

/// Reads a partition. A topic with a single partition may be named without its number.
pub(super) fn lane_in(tokens: &mut Tokens<'_>, names: &Names) -> Parsed<LaneId> {
    let (word, at) = tokens.want_name("a partition")?;
    lane_of(word, names).ok_or_else(|| Mistake::told("unknown-partition", at, names.no_lane(word)))
}

/// The partition of that name, or the only one of the topic of that name.
pub(super) fn lane_of(word: &str, names: &Names) -> Option<LaneId> {
    names.lane(word).or_else(|| {
        let (_, first, partitions) = names.topics.get(names.topic(word)?)?;
        (*partitions == 1).then_some(*first)
    })
}

/// Reads a consumer group.
pub(super) fn subscription_in(tokens: &mut Tokens<'_>, names: &Names) -> Parsed<SubscriptionId> {
    let (word, at) = tokens.want_name("a consumer group")?;
    names
        .subscription(word)
        .ok_or_else(|| Mistake::told("unknown-group", at, names.no_subscription(word)))
}

/// Whether a role always means exactly one node.
pub(super) fn is_single(role: Role) -> bool {
    !matches!(
        role,
        Role::Followers(_)
            | Role::Brokers
            | Role::Controllers
            | Role::StandbyControllers
            | Role::Clients
            | Role::Everyone
    )
}
