//! Topic exchanges: bindings as a trie over the words of their keys.
//!
//! A message follows at most three edges from a node: its next word, `*`, `#`. So what it costs
//! depends on the length of its key and on the wildcards it meets, not on how many bindings there
//! are. Words are numbered in each trie: a message's words are looked up once, and a word that no
//! binding has cannot follow any edge but `*` and `#`.
//!
//! Source: `rabbit_exchange_type_topic.erl`.

use crate::brokers::rabbitmq::topology::ById;
use crate::brokers::rabbitmq::topology::ids::Destination;
use crate::brokers::rabbitmq::topology::small_map::SmallMap;
use crate::brokers::rabbitmq::value::Name;
use smallvec::SmallVec;
use std::sync::Arc;

/// The number of a word.
type Word = u32;

/// A word of a message that no binding has.
const UNKNOWN: Word = u32::MAX;

/// The words of a key: none in the empty one, otherwise what stands between the dots, which may be
/// empty words.
pub(super) fn words(key: &str) -> impl Iterator<Item = &str> {
    let split = (!key.is_empty()).then(|| key.split('.'));
    split.into_iter().flatten()
}

/// The bindings of a topic exchange.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Trie {
    words: ById<Name, KnownWord>,
    next: Word,
    root: Node,
}

#[derive(Clone, Debug)]
struct KnownWord {
    number: Word,
    /// How many edges carry it.
    edges: u32,
}

/// Copies share nodes until they change.
#[derive(Clone, Debug, Default)]
struct Node {
    children: SmallMap<Word, Arc<Node>>,
    /// The edge `*`.
    star: Option<Arc<Node>>,
    /// The edge `#`.
    hash: Option<Arc<Node>>,
    /// Destinations whose keys end here, with how many bindings each has: those may differ in
    /// their arguments.
    ends: SmallMap<Destination, u32>,
}

impl Node {
    fn is_empty(&self) -> bool {
        self.children.is_empty()
            && self.star.is_none()
            && self.hash.is_none()
            && self.ends.is_empty()
    }
}

impl Trie {
    pub(super) fn insert(&mut self, key: &str, destination: Destination) {
        let mut node = &mut self.root;
        for word in words(key) {
            let child = match word {
                "*" => node.star.get_or_insert_default(),
                "#" => node.hash.get_or_insert_default(),
                word => {
                    let (words, next) = (&mut self.words, &mut self.next);
                    let number = words.get(word).map_or(*next, |known| known.number);
                    if node.children.get(&number).is_none() {
                        match words.get_mut(word) {
                            Some(known) => known.edges += 1,
                            None => {
                                words.insert(word.into(), KnownWord { number, edges: 1 });
                                *next += 1;
                            }
                        }
                    }
                    node.children.entry(number)
                }
            };
            node = Arc::make_mut(child);
        }
        *node.ends.entry(destination) += 1;
    }

    /// Removes one binding of that key and destination, and the nodes that have no use any more.
    pub(super) fn remove(&mut self, key: &str, destination: Destination) {
        let path: SmallVec<[&str; 16]> = words(key).collect();
        remove_below(&mut self.root, &path, destination, &mut self.words);
    }

    /// All destinations whose bindings match a key; some more than once.
    pub(super) fn matches(&self, key: &str, found: &mut impl FnMut(Destination)) {
        let number = |word: &str| self.words.get(word).map_or(UNKNOWN, |known| known.number);
        let path: SmallVec<[Word; 16]> = words(key).map(number).collect();
        match_below(&self.root, &path, found);
    }
}

fn remove_below(
    node: &mut Node,
    path: &[&str],
    destination: Destination,
    words: &mut ById<Name, KnownWord>,
) {
    let Some((word, rest)) = path.split_first() else {
        if let Some(count) = node.ends.get_mut(&destination) {
            *count -= 1;
            if *count == 0 {
                node.ends.remove(&destination);
            }
        }
        return;
    };
    if let "*" | "#" = *word {
        let edge = if *word == "*" { &mut node.star } else { &mut node.hash };
        let Some(child) = edge else { return };
        let child = Arc::make_mut(child);
        remove_below(child, rest, destination, words);
        if child.is_empty() {
            *edge = None;
        }
        return;
    }
    let Some(number) = words.get(*word).map(|known| known.number) else { return };
    let Some(child) = node.children.get_mut(&number) else { return };
    let child = Arc::make_mut(child);
    remove_below(child, rest, destination, words);
    if child.is_empty() {
        node.children.remove(&number);
        let known = words.get_mut(*word).expect("its edge carried it");
        known.edges -= 1;
        if known.edges == 0 {
            words.remove(*word);
        }
    }
}

/// `trie_match/4`
fn match_below(node: &Node, path: &[Word], found: &mut impl FnMut(Destination)) {
    if let Some(child) = &node.hash {
        // `#` takes no word, one, or all that are left.
        for taken in 0..=path.len() {
            match_below(child, &path[taken..], found);
        }
    }
    let Some((word, rest)) = path.split_first() else {
        node.ends.for_each_key(|destination| found(*destination));
        return;
    };
    if *word != UNKNOWN
        && let Some(child) = node.children.get(word)
    {
        match_below(child, rest, found);
    }
    if let Some(child) = &node.star {
        match_below(child, rest, found);
    }
}

/// The recursive definition (§2.5.4): whether the words of a pattern match those of a key. The
/// trie is held against it; explanations ask it of each binding.
pub(super) fn pattern_matches(pattern: &[&str], key: &[&str]) -> bool {
    match (pattern.split_first(), key.split_first()) {
        (None, None) => true,
        (Some((&"#", rest)), _) => {
            pattern_matches(rest, key)
                || key.split_first().is_some_and(|(_, tail)| pattern_matches(pattern, tail))
        }
        (Some((&"*", rest)), Some((_, tail))) => pattern_matches(rest, tail),
        (Some((literal, rest)), Some((word, tail))) => {
            literal == word && pattern_matches(rest, tail)
        }
        _ => false,
    }
}
