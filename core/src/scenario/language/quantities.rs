//! Things that have a number: `lost(billing)`, `hw(orders/0)`, `latency.p99`, `5s`.

use super::anchors::{fact_form, not_yet, stated_fact};
use super::roles::{is_role, is_single, lane_in, lane_of, role_in, subscription_in};
use super::tokens::{Token, Tokens};
use super::{Mistake, Parsed};
use crate::brokers::kafka::settings::span_from_text;
use crate::fact::LaneId;
use crate::scenario::expression::{Quantity, Scope, SpentOn};
use crate::scenario::grammar::{WORDS, WordKind, nearest};
use crate::scenario::model::Role;
use crate::scenario::names::{Names, NodeKind, suggestion};
use std::ops::Range;

/// What a number counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Dimension {
    /// Things, or offsets.
    Count,
    /// Nanoseconds.
    Time,
    /// A node.
    Node,
}

/// A quantity, what it counts, and where it stands.
pub struct Measured {
    /// The quantity.
    pub quantity: Quantity,
    /// What it counts.
    pub dimension: Dimension,
    /// Byte range in the text.
    pub at: Range<usize>,
}

/// Advice for a quantity that is compared with nothing.
pub fn condition_word(quantity: &Quantity) -> String {
    match quantity {
        Quantity::Controller => "write `controller == controller-2`",
        Quantity::Leader { .. }
        | Quantity::Owner { .. }
        | Quantity::Coordinator { .. }
        | Quantity::Node { .. } => "write `leader(orders/0) == broker-2`",
        Quantity::Unavailable { .. } | Quantity::Latency { .. } => "write a time, such as `<= 5s`",
        _ => "write a number, such as `== 0`",
    }
    .into()
}

/// Reads a quantity. `beside` is the dimension of the other side, which tells `none` and node
/// names apart from words.
pub fn measured(
    tokens: &mut Tokens<'_>,
    names: &Names,
    beside: Option<Dimension>,
) -> Parsed<Measured> {
    let at = tokens.here();
    let (quantity, dimension) = match tokens.peek() {
        Token::Number(text) => {
            tokens.take();
            number(text, &at)?
        }
        Token::Word("none") if beside == Some(Dimension::Node) => {
            tokens.take();
            (Quantity::Number(-1), Dimension::Node)
        }
        Token::Word(w)
            if beside == Some(Dimension::Node)
                && tokens.peek_second() != Token::Sign("(")
                && names.node(w).is_none()
                && !WORDS.iter().any(|known| known.name == w) =>
        {
            return Err(Mistake::told("unknown-node", at, names.no_node(w)));
        }
        Token::Word(_) | Token::Quoted(_) => word(tokens, names)?,
        _ => {
            return Err(Mistake::new("sentence", at, "a word or a number is missing here")
                .label("expected a quantity"));
        }
    };
    let end = tokens.last_end().max(at.end);
    Ok(Measured { quantity, dimension, at: at.start..end })
}

fn number(text: &str, at: &Range<usize>) -> Parsed<(Quantity, Dimension)> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if digits.bytes().all(|b| b.is_ascii_digit()) {
        return match text.parse() {
            Ok(n) => Ok((Quantity::Number(n), Dimension::Count)),
            Err(_) => Err(Mistake::new("out-of-range", at.clone(), "this number is too large")),
        };
    }
    if text.ends_with('%') {
        return Err(Mistake::new("wrong-comparison", at.clone(), "a share is no count")
            .help("shares are asked of many runs: `share(lost > 0) >= 95%`"));
    }
    match span_from_text(text) {
        Ok(span) => {
            let nanos = i64::try_from(span.0).unwrap_or(i64::MAX);
            Ok((Quantity::Number(nanos), Dimension::Time))
        }
        Err(p) => {
            let mut mistake = Mistake::new(p.code, at.clone(), p.message);
            mistake.help = p.help;
            Err(mistake)
        }
    }
}

fn word(tokens: &mut Tokens<'_>, names: &Names) -> Parsed<(Quantity, Dimension)> {
    let (word, at) = tokens.want_name("a word")?;
    if let Some(fact) = word.strip_prefix("facts.") {
        let form = stated_fact(fact, at.start + 6..at.end)?;
        let of = scope(tokens, names, preferred(form.name))?;
        return Ok((Quantity::Facts { name: form.name.into(), of }, Dimension::Count));
    }
    if let Some(found) = WORDS.iter().find(|w| w.name == word) {
        return meaning(found.kind, word, &at, tokens, names);
    }
    if let Some(node) = names.node(word) {
        return Ok((Quantity::Node { node: Role::Node(node) }, Dimension::Node));
    }
    if word == "node" && tokens.take_sign("(") {
        let node = role_in(tokens, names)?;
        tokens.want_sign(")", "the node")?;
        return Ok((Quantity::Node { node }, Dimension::Node));
    }
    if ["never", "sometimes", "always", "eventually"].contains(&word) {
        let message = format!("`{word}` can only stand at the start of a sentence");
        return Err(Mistake::new("sentence", at, message));
    }
    let mistake = Mistake::new("unknown-word", at, format!("`{word}` is not an outcome"));
    let known = WORDS.iter().map(|w| w.name);
    Err(match nearest(word, known) {
        Some(near) => mistake.help(format!("did you mean `{near}`?")),
        None if fact_form(word).is_some() => {
            mistake.help(format!("to count facts, write `facts.{word}`"))
        }
        None => match nearest(word, names.directory.nodes.iter().map(String::as_str)) {
            Some(near) => mistake.help(format!("did you mean the node `{near}`?")),
            None => mistake.help("the scenario reference lists all outcomes"),
        },
    })
}

/// A name that is both a consumer and a group means the consumer, unless the fact is about none.
fn preferred(fact: &str) -> Prefer {
    match fact_form(fact) {
        Some(form) if form.subscription && !form.node => Prefer::Group,
        _ => Prefer::Node,
    }
}

fn meaning(
    kind: WordKind,
    word: &str,
    at: &Range<usize>,
    tokens: &mut Tokens<'_>,
    names: &Names,
) -> Parsed<(Quantity, Dimension)> {
    let count = |quantity| Ok((quantity, Dimension::Count));
    let time = |quantity| Ok((quantity, Dimension::Time));
    match kind {
        WordKind::Producer(outcome) => {
            let place = tokens.here();
            let of = scope(tokens, names, Prefer::Node)?;
            if let Scope::Subscription(_) = of {
                return Err(Mistake::new(
                    "wrong-scope",
                    place.start..tokens.last_end(),
                    format!("`{word}` is what producers are told, and this is a consumer group"),
                ));
            }
            count(Quantity::Producer { outcome, of })
        }
        WordKind::Fate(fate) => {
            count(Quantity::Fate { fate, of: scope(tokens, names, Prefer::Group)? })
        }
        WordKind::Order(kind) => {
            count(Quantity::Order { kind, of: scope(tokens, names, Prefer::Group)? })
        }
        WordKind::Fact(name) => {
            let of = scope(tokens, names, preferred(name))?;
            count(Quantity::Facts { name: name.into(), of })
        }
        WordKind::Unavailable => {
            time(Quantity::Unavailable { of: scope(tokens, names, Prefer::Group)? })
        }
        WordKind::Lag { largest } => {
            count(Quantity::Lag { largest, of: scope(tokens, names, Prefer::Group)? })
        }
        WordKind::Latency(permille) => {
            time(Quantity::Latency { permille, of: scope(tokens, names, Prefer::Node)? })
        }
        WordKind::Throughput => {
            count(Quantity::Throughput { of: scope(tokens, names, Prefer::Group)? })
        }
        WordKind::Spent(what) => spent(what, at, tokens, names),
        WordKind::Place(place) => self::place(place, at, tokens, names),
        WordKind::Controller => Ok((Quantity::Controller, Dimension::Node)),
        WordKind::ControllerEpoch => count(Quantity::ControllerEpoch),
        WordKind::NotYet => Err(not_yet(word, at.clone())),
    }
}

fn place(
    word: &str,
    at: &Range<usize>,
    tokens: &mut Tokens<'_>,
    names: &Names,
) -> Parsed<(Quantity, Dimension)> {
    if !tokens.take_sign("(") {
        let lane = names.directory.lanes.first().map_or("orders/0", String::as_str);
        let group = names.directory.subscriptions.first().map_or("billing", String::as_str);
        let (what, example) = match word {
            "coordinator" | "generation" | "members" => ("group", group.to_owned()),
            "partitions" => ("consumer", group.to_owned()),
            "owner" => ("partition", format!("{lane}, {group}")),
            _ => ("partition", lane.to_owned()),
        };
        return Err(Mistake::new("sentence", at.clone(), format!("`{word}` of which {what}?"))
            .help(format!("write the {what} in parentheses: `{word}({example})`")));
    }
    let quantity = match word {
        "committed-offset" => {
            let subscription = subscription_in(tokens, names)?;
            tokens.want_sign(",", "the group")?;
            Quantity::CommittedOffset { subscription, lane: lane_in(tokens, names)? }
        }
        "hw" | "leo" | "log-start" => {
            let (lane, on) = lane_and_node(tokens, names)?;
            match word {
                "hw" => Quantity::HighWatermark { lane, on },
                "leo" => Quantity::LogEnd { lane, on: on.unwrap_or(Role::Leader(lane)) },
                _ => Quantity::LogStart { lane, on },
            }
        }
        "owner" => {
            let lane = lane_in(tokens, names)?;
            tokens.want_sign(",", "the partition")?;
            Quantity::Owner { lane, subscription: subscription_in(tokens, names)? }
        }
        "coordinator" => Quantity::Coordinator { subscription: subscription_in(tokens, names)? },
        "generation" => Quantity::Generation { subscription: subscription_in(tokens, names)? },
        "members" => Quantity::Members { subscription: subscription_in(tokens, names)? },
        "partitions" => {
            let at = tokens.here();
            let consumer = single_role(tokens, names)?;
            if let Role::Node(node) = consumer
                && names.kind(node) != Some(NodeKind::Consumer)
            {
                let message = format!("{} is no consumer", names.directory.node(node));
                return Err(Mistake::new("wrong-scope", at, message));
            }
            Quantity::Partitions { consumer }
        }
        "epoch" => Quantity::LeaderEpoch { lane: lane_in(tokens, names)? },
        "isr" => Quantity::Isr { lane: lane_in(tokens, names)? },
        "messages" => Quantity::Messages { lane: lane_in(tokens, names)? },
        _ => Quantity::Leader { lane: lane_in(tokens, names)? },
    };
    tokens.want_sign(")", "the partition")?;
    let node = matches!(
        quantity,
        Quantity::Leader { .. } | Quantity::Owner { .. } | Quantity::Coordinator { .. }
    );
    Ok((quantity, if node { Dimension::Node } else { Dimension::Count }))
}

/// `cpu(broker-1)`, `copied(leader(orders/0))`.
fn spent(
    what: SpentOn,
    at: &Range<usize>,
    tokens: &mut Tokens<'_>,
    names: &Names,
) -> Parsed<(Quantity, Dimension)> {
    let word = what.word();
    if !tokens.take_sign("(") {
        return Err(Mistake::new("sentence", at.clone(), format!("`{word}` of which node?"))
            .help(format!("write the node in parentheses: `{word}(broker-1)`")));
    }
    let node = single_role(tokens, names)?;
    tokens.want_sign(")", "the node")?;
    let dimension = if what == SpentOn::Cpu { Dimension::Time } else { Dimension::Count };
    Ok((Quantity::Spent { what, node }, dimension))
}

/// `orders/0`, `orders/0, broker-2`, or a role that names the partition: `leader(orders/0)`.
fn lane_and_node(tokens: &mut Tokens<'_>, names: &Names) -> Parsed<(LaneId, Option<Role>)> {
    let at = tokens.here();
    if is_role(tokens) {
        let role = single_role(tokens, names)?;
        return match role {
            Role::Leader(lane) | Role::AnyFollower(lane) | Role::Replica(lane, _) => {
                Ok((lane, Some(role)))
            }
            _ => Err(Mistake::new("sentence", at, "which partition?")
                .help("write the partition first: `leo(orders/0, broker-2)`")),
        };
    }
    let lane = match tokens.peek() {
        Token::Word(w) if names.node(w).is_some() && lane_of(w, names).is_none() => {
            return Err(Mistake::new("sentence", at, format!("which partition on `{w}`?"))
                .help(format!("write the partition first: `leo(orders/0, {w})`")));
        }
        _ => lane_in(tokens, names)?,
    };
    let on = if tokens.take_sign(",") {
        let at = tokens.here();
        let role = single_role(tokens, names)?;
        if let Role::Node(node) = role
            && names.kind(node) != Some(NodeKind::Broker)
        {
            let message = format!("{} is no broker and holds no log", names.directory.node(node));
            return Err(Mistake::new("wrong-scope", at, message));
        }
        Some(role)
    } else {
        None
    };
    Ok((lane, on))
}

fn single_role(tokens: &mut Tokens<'_>, names: &Names) -> Parsed<Role> {
    let at = tokens.here();
    let role = role_in(tokens, names)?;
    if is_single(role) {
        return Ok(role);
    }
    Err(Mistake::new("wrong-scope", at, "here stands one node, and this may be several"))
}

/// Which meaning of a name counts if it has two.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Prefer {
    Node,
    Group,
}

/// `(billing)`, `(orders/0)`, `(m3)`, `(leader(orders/0))`, `(key customer-1)`, or nothing.
fn scope(tokens: &mut Tokens<'_>, names: &Names, prefer: Prefer) -> Parsed<Scope> {
    if !tokens.take_sign("(") {
        return Ok(Scope::All);
    }
    let scope = scope_inside(tokens, names, prefer)?;
    tokens.want_sign(")", "the name")?;
    Ok(scope)
}

fn scope_inside(tokens: &mut Tokens<'_>, names: &Names, prefer: Prefer) -> Parsed<Scope> {
    if is_role(tokens) {
        return Ok(Scope::Node(role_in(tokens, names)?));
    }
    let (word, at) = tokens.want_name("a name")?;
    let by_kind = matches!(tokens.peek(), Token::Word(_) | Token::Quoted(_) | Token::Number(_));
    if word == "key" && by_kind {
        let (key, at) = tokens.want_name("a key")?;
        return match names.key(key) {
            Some(_) => Ok(Scope::Key(key.into())),
            None => {
                let message = format!("no message has the key `{key}`");
                let mut mistake = Mistake::new("unknown-key-of-message", at, message);
                mistake.help = suggestion(key, names.directory.keys.iter().map(String::as_str));
                Err(mistake)
            }
        };
    }
    let group = names.subscription(word).map(Scope::Subscription);
    let node = names.node(word).map(|n| Scope::Node(Role::Node(n)));
    let by_role = if prefer == Prefer::Group { group.or(node) } else { node.or(group) };
    let found = names
        .message(word)
        .map(Scope::Message)
        .or_else(|| names.lane(word).map(Scope::Lane))
        .or(by_role)
        .or_else(|| lane_of(word, names).map(Scope::Lane))
        .or_else(|| names.key(word).map(|_| Scope::Key(word.into())));
    if let Some(found) = found {
        return Ok(found);
    }
    if names.topic(word).is_some() {
        let message =
            format!("`{word}` has several partitions, and sums over a topic are not modelled yet");
        return Err(Mistake::new("not-modelled", at, message)
            .help(format!("name a partition, such as `{word}/0`")));
    }
    if names.looks_like_message(word) {
        return Err(Mistake::told("unknown-message", at, names.no_message(word)));
    }
    if word.contains('/') {
        return Err(Mistake::told("unknown-partition", at, names.no_lane(word)));
    }
    let d = &names.directory;
    let known =
        d.subscriptions.iter().chain(&d.nodes).chain(&d.lanes).chain(d.keys.iter().take(100));
    let mut mistake = Mistake::new("unknown-name", at, format!("there is no `{word}` here"));
    mistake.help = suggestion(word, known.map(String::as_str));
    Err(mistake)
}
