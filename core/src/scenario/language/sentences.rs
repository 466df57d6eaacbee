//! Sentences about the outcome; see [`crate::scenario::expression`] for what they mean.

use super::quantities::{Dimension, condition_word, measured};
use super::tokens::{Token, Tokens};
use super::{Mistake, Parsed, Source};
use crate::kernel::Span;
use crate::ledger::Fate;
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::expression::{Claim, Comparison, Condition, Expectation, Quantity};
use crate::scenario::grammar::{WORDS, WordKind, nearest};
use crate::scenario::names::{Names, suggestion};
use crate::scenario::units::share_from_text;
use std::ops::Range;

/// Reads a sentence and checks that it means something in this scenario.
pub fn sentence(source: &Source<'_>, names: &Names) -> Result<Expectation, Box<Diagnostic>> {
    let read = || {
        let mut tokens = Tokens::of(source.text)?;
        let claim = claim(&mut tokens, names)?;
        if let Token::Word(word) = tokens.peek()
            && ["never", "sometimes", "always", "eventually"].contains(&word)
        {
            let message = format!("`{word}` can only stand at the start of a sentence");
            return Err(Mistake::new("sentence", tokens.here(), message));
        }
        tokens.want_end()?;
        Ok(claim)
    };
    let claim = read().map_err(|mistake| Box::new(source.diagnostic(mistake)))?;
    Ok(Expectation { source: source.text.into(), at: source.at.clone(), claim })
}

fn claim(tokens: &mut Tokens<'_>, names: &Names) -> Parsed<Claim> {
    if tokens.peek() == Token::End {
        return Err(Mistake::new("sentence", tokens.here(), "the sentence is empty")
            .help("write a sentence such as `lost == 0`"));
    }
    if tokens.take_word("never") {
        return Ok(Claim::Never(condition(tokens, names, 0)?));
    }
    if tokens.take_word("sometimes") {
        return Ok(Claim::Sometimes(condition(tokens, names, 0)?));
    }
    if tokens.take_word("always") {
        return Ok(Claim::Always(condition(tokens, names, 0)?));
    }
    if tokens.take_word("eventually") {
        let condition = condition(tokens, names, 0)?;
        if !tokens.take_word("within") {
            return Err(Mistake::new("sentence", tokens.here(), "within which time?")
                .label("expected `within`")
                .help("end the sentence with `within 5s`"));
        }
        return Ok(Claim::Eventually { condition, within: time(tokens)? });
    }
    if tokens.peek() == Token::Word("share") && tokens.peek_second() == Token::Sign("(") {
        tokens.take();
        tokens.take();
        let condition = condition(tokens, names, 0)?;
        tokens.want_sign(")", "the condition")?;
        let comparison = comparison(tokens)?;
        let (text, at) = tokens.want_name("a share such as 95%")?;
        let share = share_from_text(text).map_err(|p| {
            let mut mistake = Mistake::new(p.code, at, p.message);
            mistake.help = p.help;
            mistake
        })?;
        return Ok(Claim::Share { condition, comparison, share });
    }
    if tokens.take_word("same") {
        let start = tokens.here();
        for word in ["fates", "as", "what-if"] {
            if !tokens.take_word(word) {
                return Err(Mistake::new("sentence", start, "this sentence is not complete")
                    .help("write `same fates as what-if NAME`"));
            }
        }
        let (name, at) = tokens.want_name("the name of a what-if")?;
        if !names.what_ifs.iter().any(|w| w == name) {
            let mut mistake =
                Mistake::new("unknown-what-if", at, format!("there is no what-if `{name}`"));
            mistake.help = suggestion(name, names.what_ifs.iter().map(String::as_str));
            return Err(mistake);
        }
        return Ok(Claim::SameFates { what_if: name.into() });
    }
    Ok(Claim::Holds(condition(tokens, names, 0)?))
}

/// Parentheses deeper than this are refused.
const DEEPEST: u32 = 20;

fn condition(tokens: &mut Tokens<'_>, names: &Names, depth: u32) -> Parsed<Condition> {
    let mut any = vec![conjunction(tokens, names, depth)?];
    loop {
        let at = tokens.here();
        if tokens.take_word("or") {
            any.push(conjunction(tokens, names, depth)?);
        } else if tokens.take_sign("||") {
            return Err(Mistake::new("sentence", at, "`||` is written `or`"));
        } else {
            break;
        }
    }
    Ok(if any.len() == 1 { any.remove(0) } else { Condition::Any(any) })
}

fn conjunction(tokens: &mut Tokens<'_>, names: &Names, depth: u32) -> Parsed<Condition> {
    let mut all = vec![atom(tokens, names, depth)?];
    loop {
        let at = tokens.here();
        if tokens.take_word("and") {
            all.push(atom(tokens, names, depth)?);
        } else if tokens.take_sign("&&") {
            return Err(Mistake::new("sentence", at, "`&&` is written `and`"));
        } else {
            break;
        }
    }
    Ok(if all.len() == 1 { all.remove(0) } else { Condition::All(all) })
}

fn atom(tokens: &mut Tokens<'_>, names: &Names, depth: u32) -> Parsed<Condition> {
    let at = tokens.here();
    if tokens.take_sign("(") {
        if depth >= DEEPEST {
            return Err(Mistake::new("sentence", at, "too many parentheses"));
        }
        let inner = condition(tokens, names, depth + 1)?;
        tokens.want_sign(")", "the condition")?;
        return Ok(inner);
    }
    if tokens.take_sign("!") || tokens.take_word("not") {
        return Err(Mistake::new("sentence", at, "there is no `not`")
            .help("turn the comparison round: `!=` for `==`"));
    }
    if tokens.peek() == Token::Word("fate") {
        return fate(tokens, names);
    }
    let left = measured(tokens, names, None)?;
    if tokens.peek() == Token::End || tokens.peek() == Token::Sign(")") {
        return Err(Mistake::new("sentence", tokens.here(), "compared with what?")
            .label("expected a comparison")
            .help(condition_word(&left.quantity)));
    }
    let comparison = comparison(tokens)?;
    let right = measured(tokens, names, Some(left.dimension))?;
    let range_at = tokens.here();
    let inclusive = tokens.take_sign("..=");
    if inclusive || tokens.take_sign("..") {
        if !inclusive {
            return Err(Mistake::new("sentence", range_at, "a range is written `1..=3`"));
        }
        let high = measured(tokens, names, Some(left.dimension))?;
        let at = right.at.start..high.at.end;
        let (Quantity::Number(low), Quantity::Number(high)) = (&right.quantity, &high.quantity)
        else {
            return Err(Mistake::new("sentence", at, "a range stands between two numbers"));
        };
        if comparison != Comparison::Equal {
            return Err(
                Mistake::new("sentence", at, "a range needs `==`").help("write `lost == 1..=3`")
            );
        }
        if low > high {
            return Err(Mistake::new("out-of-range", at, "this range is empty"));
        }
        return Ok(Condition::Within { quantity: left.quantity, low: *low, high: *high });
    }
    check_dimensions(&left, comparison, &right)?;
    Ok(Condition::Compare { left: left.quantity, comparison, right: right.quantity })
}

fn check_dimensions(
    left: &super::quantities::Measured,
    comparison: Comparison,
    right: &super::quantities::Measured,
) -> Parsed<()> {
    let at = left.at.start..right.at.end;
    if left.dimension == Dimension::Node || right.dimension == Dimension::Node {
        let equality = matches!(comparison, Comparison::Equal | Comparison::NotEqual);
        if left.dimension != right.dimension || !equality {
            return Err(Mistake::new("wrong-comparison", at, "a node is compared with a node")
                .help("write `leader(orders/0) == broker-2`"));
        }
        return Ok(());
    }
    if left.dimension != right.dimension {
        let bare = |m: &super::quantities::Measured| {
            m.dimension == Dimension::Count && matches!(m.quantity, Quantity::Number(_))
        };
        if bare(left) || bare(right) {
            let number = if bare(right) { &right.at } else { &left.at };
            return Err(Mistake::new("missing-unit", number.clone(), "a time needs a unit")
                .help("write `5s` or `250ms`"));
        }
        return Err(Mistake::new("wrong-comparison", at, "a time is compared with a count"));
    }
    let constant = |m: &super::quantities::Measured| matches!(m.quantity, Quantity::Number(_));
    if constant(left) && constant(right) {
        return Err(Mistake::new("wrong-comparison", at, "this says nothing about the run"));
    }
    Ok(())
}

fn fate(tokens: &mut Tokens<'_>, names: &Names) -> Parsed<Condition> {
    tokens.take();
    tokens.want_sign("(", "`fate`")?;
    let (name, at) = tokens.want_name("a message")?;
    let message = names
        .message(name)
        .ok_or_else(|| Mistake::told("unknown-message", at, names.no_message(name)))?;
    let subscription = if tokens.take_sign(",") {
        Some(super::roles::subscription_in(tokens, names)?)
    } else {
        None
    };
    tokens.want_sign(")", "the message")?;
    let at = tokens.here();
    let equal = match comparison(tokens)? {
        Comparison::Equal => true,
        Comparison::NotEqual => false,
        _ => return Err(Mistake::new("wrong-comparison", at, "a fate is or is not: `==`, `!=`")),
    };
    let (word, at) = tokens.want_name("a fate")?;
    let fate = fate_of(word).ok_or_else(|| no_fate(word, at))?;
    Ok(Condition::Fate { message, subscription, fate, equal })
}

fn fate_of(word: &str) -> Option<Fate> {
    WORDS.iter().filter(|w| w.name == word).find_map(|w| match w.kind {
        WordKind::Fate(fate) => Some(fate),
        _ => None,
    })
}

fn no_fate(word: &str, at: Range<usize>) -> Mistake {
    if WORDS.iter().any(|w| w.name == word && w.kind == WordKind::NotYet) {
        return super::anchors::not_yet(word, at);
    }
    let fates = WORDS.iter().filter(|w| matches!(w.kind, WordKind::Fate(_))).map(|w| w.name);
    let all: Vec<&str> = fates.collect();
    let mistake = Mistake::new("unknown-word", at, format!("`{word}` is not a fate"));
    match nearest(word, all.iter().copied()) {
        Some(near) => mistake.help(format!("did you mean `{near}`?")),
        None => mistake.help(format!("the fates are {}", all.join(", "))),
    }
}

fn comparison(tokens: &mut Tokens<'_>) -> Parsed<Comparison> {
    let (token, at) = tokens.take();
    Ok(match token {
        Token::Sign("==") => Comparison::Equal,
        Token::Sign("!=") => Comparison::NotEqual,
        Token::Sign("<") => Comparison::Less,
        Token::Sign("<=") => Comparison::LessOrEqual,
        Token::Sign(">") => Comparison::Greater,
        Token::Sign(">=") => Comparison::GreaterOrEqual,
        Token::Sign("=") => {
            return Err(
                Mistake::new("sentence", at, "equality is written `==`").label("expected `==`")
            );
        }
        _ => {
            return Err(Mistake::new("sentence", at, "a comparison is missing here")
                .label("expected ==, !=, <, <=, > or >="));
        }
    })
}

fn time(tokens: &mut Tokens<'_>) -> Parsed<Span> {
    let (text, at) = tokens.want_name("a time such as 5s")?;
    crate::brokers::kafka::settings::span_from_text(text).map_err(|p| {
        let mut mistake = Mistake::new(p.code, at, p.message);
        mistake.help = p.help;
        mistake
    })
}
