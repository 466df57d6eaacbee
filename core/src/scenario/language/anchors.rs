//! Facts to wait for: `committed m3`, `isr-shrunk orders/0 to 1`, `offset-committed billing #2`.

use super::roles::{is_role, lane_of, role_in};
use super::tokens::{Token, Tokens};
use super::{Mistake, Parsed, Source};
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::grammar::{FACTS, FactForm, nearest};
use crate::scenario::model::{Anchor, Role};
use crate::scenario::names::{Names, suggestion};

/// Reads a text that is one pattern for facts.
pub fn anchor(source: &Source<'_>, names: &Names) -> Result<Anchor, Box<Diagnostic>> {
    read(source.text, names).map_err(|mistake| Box::new(source.diagnostic(mistake)))
}

/// The fact of that name.
pub(super) fn fact_form(word: &str) -> Option<&'static FactForm> {
    FACTS.iter().find(|f| f.name == word)
}

/// The fact of that name, if something can state it.
pub(super) fn stated_fact(word: &str, at: std::ops::Range<usize>) -> Parsed<&'static FactForm> {
    let form = fact_form(word).ok_or_else(|| no_fact(word, at.clone()))?;
    if form.not_yet {
        return Err(not_yet(word, at));
    }
    Ok(form)
}

/// Says that a word of the vocabulary means nothing yet: waiting for it would be waiting for ever.
pub(super) fn not_yet(word: &str, at: std::ops::Range<usize>) -> Mistake {
    let message = format!("`{word}` is part of the vocabulary, but not modelled yet");
    Mistake::new("not-modelled", at, message)
}

/// Says that a fact does not exist.
pub(super) fn no_fact(word: &str, at: std::ops::Range<usize>) -> Mistake {
    let mistake = Mistake::new("unknown-fact", at, format!("there is no fact `{word}`"));
    match nearest(word, FACTS.iter().filter(|f| !f.not_yet).map(|f| f.name)) {
        Some(near) => mistake.help(format!("did you mean `{near}`?")),
        None => mistake.help("the scenario reference lists all facts"),
    }
}

fn read(text: &str, names: &Names) -> Parsed<Anchor> {
    let mut tokens = Tokens::of(text)?;
    let (word, at) = tokens.want_name("the name of a fact")?;
    let form = stated_fact(word, at)?;
    let mut anchor = Anchor {
        fact: form.name.into(),
        message: None,
        lane: None,
        node: None,
        subscription: None,
        isr: None,
        nth: 1,
    };
    while tokens.peek() != Token::End {
        part(&mut tokens, form, &mut anchor, names)?;
    }
    Ok(anchor)
}

/// Says that a fact is about no such thing.
fn not_about(form: &FactForm, what: &str, at: std::ops::Range<usize>) -> Mistake {
    let about: Vec<&str> = [
        (form.message, "a message"),
        (form.lane, "a partition"),
        (form.node, "a node"),
        (form.subscription, "a consumer group"),
    ]
    .iter()
    .filter(|(is, _)| *is)
    .map(|(_, name)| *name)
    .collect();
    Mistake::new("wrong-fact", at, format!("`{}` is not about {what}", form.name))
        .help(format!("it can be narrowed down by {}", about.join(", ")))
}

/// Says that the same thing is given a second time.
fn twice(what: &str, at: std::ops::Range<usize>) -> Mistake {
    Mistake::new("sentence", at, format!("{what} is given twice"))
}

fn part(
    tokens: &mut Tokens<'_>,
    form: &FactForm,
    anchor: &mut Anchor,
    names: &Names,
) -> Parsed<()> {
    if tokens.take_sign("#") {
        let (number, at) = tokens.want_name("a number")?;
        anchor.nth = number.parse().ok().filter(|n| *n >= 1).ok_or_else(|| {
            Mistake::new("wrong-value", at, format!("`#{number}` counts nothing"))
                .help("count from 1: `#2` is the second")
        })?;
        return Ok(());
    }
    if tokens.take_word("to") {
        let (number, at) = tokens.want_name("a number of replicas")?;
        if !form.name.starts_with("isr-") {
            return Err(Mistake::new("wrong-fact", at, format!("`{}` has no size", form.name))
                .help("only `isr-shrunk` and `isr-expanded` take `to`"));
        }
        let size = number.parse().ok().filter(|n| (1..=60).contains(n));
        anchor.isr = Some(size.ok_or_else(|| {
            Mistake::new("wrong-value", at, format!("`{number}` is no number of replicas"))
        })?);
        return Ok(());
    }
    let explicit = tokens.take_word("on") || tokens.take_word("by");
    if explicit || is_role(tokens) {
        let at = tokens.here();
        let role = role_in(tokens, names)?;
        return node(role, form, anchor, at);
    }
    let (word, at) = tokens.want_name("a name")?;
    if let Some(message) = names.message(word) {
        if !form.message {
            return Err(not_about(form, "a message", at));
        }
        return match anchor.message.replace(message) {
            Some(_) => Err(twice("the message", at)),
            None => Ok(()),
        };
    }
    if let (Some(lane), true) = (lane_of(word, names), form.lane || names.lane(word).is_some()) {
        if !form.lane {
            return Err(not_about(form, "a partition", at));
        }
        return match anchor.lane.replace(lane) {
            Some(_) => Err(twice("the partition", at)),
            None => Ok(()),
        };
    }
    // A consumer's group is often called like the consumer; the fact tells which is meant.
    if let (Some(group), true) = (names.subscription(word), form.subscription) {
        return match anchor.subscription.replace(group) {
            Some(_) => Err(twice("the group", at)),
            None => Ok(()),
        };
    }
    if let Some(id) = names.node(word) {
        return node(Role::Node(id), form, anchor, at);
    }
    if names.subscription(word).is_some() {
        return Err(not_about(form, "a consumer group", at));
    }
    if form.message && names.looks_like_message(word) {
        return Err(Mistake::told("unknown-message", at, names.no_message(word)));
    }
    if word.contains('/') || names.topic(word).is_some() {
        return Err(Mistake::told("unknown-partition", at, names.no_lane(word)));
    }
    let d = &names.directory;
    let known = d.nodes.iter().chain(&d.lanes).chain(&d.subscriptions).map(String::as_str);
    let mut mistake = Mistake::new("unknown-name", at, format!("there is no `{word}` here"));
    mistake.help = suggestion(word, known);
    Err(mistake)
}

fn node(
    role: Role,
    form: &FactForm,
    anchor: &mut Anchor,
    at: std::ops::Range<usize>,
) -> Parsed<()> {
    if !form.node {
        return Err(not_about(form, "a node", at));
    }
    match anchor.node.replace(role) {
        Some(_) => Err(twice("the node", at)),
        None => Ok(()),
    }
}
