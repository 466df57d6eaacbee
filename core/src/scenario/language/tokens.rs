//! Words, numbers and signs of a text.

use super::{Mistake, Parsed};
use std::ops::Range;

/// A word, a number or a sign.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Token<'a> {
    /// A name or a word of the vocabulary: `lost`, `orders/0`, `lag.max`.
    Word(&'a str),
    /// A name in single quotes, for names that are no words.
    Quoted(&'a str),
    /// A number, possibly with a unit: `3`, `-1`, `5s`, `95%`.
    Number(&'a str),
    /// A sign: `==`, `(`, `#`, …
    Sign(&'static str),
    /// The end of the text.
    End,
}

/// The tokens of a text, and how far they have been read.
pub struct Tokens<'a> {
    list: Vec<(Token<'a>, Range<usize>)>,
    next: usize,
    end: usize,
}

const SIGNS: &[&str] =
    &["..=", "==", "!=", "<=", ">=", "..", "<", ">", "(", ")", ",", "#", "=", "&&", "||", "!"];

/// The longest text that is read, in bytes.
const LONGEST: usize = 4_096;

fn in_word(c: char) -> bool {
    c.is_alphanumeric() || "_-./:%@$".contains(c)
}

impl<'a> Tokens<'a> {
    /// Splits a text.
    pub fn of(text: &'a str) -> Parsed<Tokens<'a>> {
        if text.len() > LONGEST {
            let message = format!("a sentence has at most {LONGEST} bytes");
            return Err(Mistake::new("too-large", 0..text.len(), message));
        }
        let mut list = Vec::new();
        let mut at = 0;
        while let Some(c) = text[at..].chars().next() {
            let rest = &text[at..];
            let negative = c == '-' && rest[1..].starts_with(|d: char| d.is_ascii_digit());
            let (token, length) = if c.is_whitespace() {
                at += c.len_utf8();
                continue;
            } else if c == '\'' {
                let Some(close) = rest[1..].find('\'') else {
                    return Err(Mistake::new(
                        "sentence",
                        at..text.len(),
                        "the quote is not closed",
                    ));
                };
                (Token::Quoted(&rest[1..=close]), close + 2)
            } else if c.is_alphanumeric() || c == '_' || negative {
                word_or_number(rest)
            } else if let Some(sign) = SIGNS.iter().find(|s| rest.starts_with(**s)) {
                (Token::Sign(sign), sign.len())
            } else {
                let message = format!("`{c}` means nothing here");
                return Err(Mistake::new("sentence", at..at + c.len_utf8(), message));
            };
            list.push((token, at..at + length));
            at += length;
        }
        Ok(Tokens { list, next: 0, end: text.len() })
    }

    /// The next token, without taking it.
    pub fn peek(&self) -> Token<'a> {
        self.list.get(self.next).map_or(Token::End, |(t, _)| *t)
    }

    /// The token after the next one, without taking it.
    pub fn peek_second(&self) -> Token<'a> {
        self.list.get(self.next + 1).map_or(Token::End, |(t, _)| *t)
    }

    /// The place of the next token.
    pub fn here(&self) -> Range<usize> {
        self.list.get(self.next).map_or(self.end..self.end, |(_, at)| at.clone())
    }

    /// The end of the token taken last.
    pub fn last_end(&self) -> usize {
        let last = self.next.min(self.list.len()).checked_sub(1);
        last.and_then(|i| self.list.get(i)).map_or(0, |(_, at)| at.end)
    }

    /// Takes the next token.
    pub fn take(&mut self) -> (Token<'a>, Range<usize>) {
        let taken = (self.peek(), self.here());
        self.next += 1;
        taken
    }

    /// Takes the next token if it is this sign.
    pub fn take_sign(&mut self, sign: &str) -> bool {
        let found = self.peek() == Token::Sign(SIGNS.iter().find(|s| **s == sign).unwrap_or(&""));
        if found {
            self.next += 1;
        }
        found
    }

    /// Takes the next token if it is this word.
    pub fn take_word(&mut self, word: &str) -> bool {
        let found = self.peek() == Token::Word(word);
        if found {
            self.next += 1;
        }
        found
    }

    /// Takes this sign or says that it is missing.
    pub fn want_sign(&mut self, sign: &'static str, after: &str) -> Parsed<()> {
        if self.take_sign(sign) {
            return Ok(());
        }
        Err(Mistake::new("sentence", self.here(), format!("`{sign}` is missing after {after}"))
            .label(format!("expected `{sign}`")))
    }

    /// Takes a name, or says what is wanted.
    pub fn want_name(&mut self, wanted: &str) -> Parsed<(&'a str, Range<usize>)> {
        let at = self.here();
        match self.peek() {
            Token::Word(w) | Token::Quoted(w) | Token::Number(w) => {
                self.next += 1;
                Ok((w, at))
            }
            _ => Err(Mistake::new("sentence", at, format!("{wanted} is missing"))
                .label(format!("expected {wanted}"))),
        }
    }

    /// Says that something is left over, if something is.
    pub fn want_end(&self) -> Parsed<()> {
        match self.peek() {
            Token::End => Ok(()),
            _ => Err(Mistake::new("sentence", self.here().start..self.end, "this is too much")
                .label("expected the end of the text")),
        }
    }
}

/// The longest word or number at the start of a text, and its length. `1..=3` is three tokens.
fn word_or_number(rest: &str) -> (Token<'_>, usize) {
    let mut length = 0;
    for (i, c) in rest.char_indices() {
        let range = c == '.' && rest[i..].starts_with("..");
        if range || !(in_word(c) || (i == 0 && c == '-')) {
            break;
        }
        length = i + c.len_utf8();
    }
    let word = &rest[..length];
    let digits = word.strip_prefix('-').unwrap_or(word);
    let unit = digits.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let short = unit.chars().count() <= 3 && unit.chars().all(|c| c.is_alphabetic() || c == '%');
    let is_number = digits.starts_with(|c: char| c.is_ascii_digit()) && short;
    (if is_number { Token::Number(word) } else { Token::Word(word) }, length)
}
