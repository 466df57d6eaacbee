//! What `handles` says about a handler that throws: tries, back-off, recoverer, and the topics
//! records are sent on to.

use super::cluster::refused;
use crate::brokers::kafka::client::consumer::{
    BackOff, CLASSES, ExceptionClass, FailureHabit, OnFailure, Recoverer, RetryRules,
};
use crate::brokers::kafka::settings::{KafkaVersion, Scope, resolve_producer};
use crate::fact::SubscriptionId;
use crate::kernel::Span;
use crate::scenario::diagnostic::{Diagnostic, Report};
use crate::scenario::model::{Consumer, Forwarding, Topic};
use crate::scenario::names::{Names, NodeKind};
use crate::scenario::reader::{Reader, pairs};

/// What `DefaultErrorHandler` does without being told otherwise (`SeekUtils.DEFAULT_MAX_FAILURES`).
const SEEK_BACK_ATTEMPTS: u32 = 10;
/// The same of `@RetryableTopic`.
const RETRY_TOPIC_ATTEMPTS: u32 = 3;
const RETRY_TOPIC_BACK_OFF: Span = Span::secs(1);
/// The most different retry topics of a listener.
const MOST_LEVELS: usize = 20;

/// Reads the habit.
pub fn habit(
    table: &Reader<'_>,
    asynchronous: bool,
    names: &mut Names,
    report: &mut Report,
) -> FailureHabit {
    let said = table.one_of("on-failure", report);
    let on_failure = match said {
        Some("skip") => OnFailure::Skip,
        Some("retry") => OnFailure::Retry,
        Some("seek-back") => OnFailure::SeekBack,
        Some("retry-topics") => OnFailure::RetryTopics,
        Some(_) => OnFailure::Stop,
        None if asynchronous => OnFailure::Skip,
        None => OnFailure::Stop,
    };
    let dead_letter = table.one_of("recoverer", report);
    let recoverer = match (dead_letter, on_failure) {
        (Some("dead-letter"), _) | (None, OnFailure::RetryTopics) => Recoverer::DeadLetter,
        _ => Recoverer::Log,
    };
    contradictions(table, asynchronous, on_failure, recoverer, report);
    let retries = on_failure == OnFailure::RetryTopics;
    let attempts = table.whole("attempts", report).and_then(|n| u32::try_from(n).ok());
    let usual = match on_failure {
        OnFailure::SeekBack => SEEK_BACK_ATTEMPTS,
        OnFailure::RetryTopics => RETRY_TOPIC_ATTEMPTS,
        _ => u32::MAX,
    };
    let pause = if retries { RETRY_TOPIC_BACK_OFF } else { Span::ZERO };
    let multiplier = table.whole("back-off-multiplier", report);
    let back_off = BackOff {
        initial: table.time("back-off", report).unwrap_or(pause),
        multiplier: multiplier.and_then(|n| u32::try_from(n).ok()).unwrap_or(1),
        max: table.time("back-off-max", report).unwrap_or(BackOff::NONE.max),
    };
    FailureHabit {
        on_failure,
        rules: RetryRules {
            back_off,
            attempts: attempts.unwrap_or(usual),
            not_retryable: match on_failure {
                OnFailure::Stop | OnFailure::Skip => [].into(),
                _ => not_retryable(table, names, report),
            },
        },
        recoverer,
    }
}

/// The classes never retried, ascending: spring-kafka's own and those of the file.
fn not_retryable(
    table: &Reader<'_>,
    names: &mut Names,
    report: &mut Report,
) -> std::sync::Arc<[ExceptionClass]> {
    let mut classes: Vec<ExceptionClass> =
        (1..CLASSES.len()).map(|n| ExceptionClass(n as u16)).collect();
    for node in table.texts("not-retryable", report) {
        classes.push(names.exception_class(node.as_text().unwrap_or_default()));
    }
    classes.sort_unstable();
    classes.dedup();
    classes.into()
}

fn contradictions(
    table: &Reader<'_>,
    asynchronous: bool,
    on_failure: OnFailure,
    recoverer: Recoverer,
    report: &mut Report,
) {
    let place = |key: &str| table.table.get(key).map_or(0..0, |n| n.at.clone());
    let polls_on = matches!(on_failure, OnFailure::Skip | OnFailure::Retry);
    if asynchronous && !polls_on {
        let message = "an exception on another thread does not reach the thread that polls";
        report.add(
            Diagnostic::error("contradiction", place("on-failure"), message)
                .help("write on-failure = \"skip\" or \"retry\", or leave out `asynchronous`"),
        );
    } else if asynchronous && recoverer == Recoverer::DeadLetter {
        let message = "a recoverer runs on the thread that polls, and the handler does not";
        report.add(
            Diagnostic::error("contradiction", place("recoverer"), message)
                .help("leave out `asynchronous` or `recoverer`"),
        );
    }
    let tries_again = !matches!(on_failure, OnFailure::Stop | OnFailure::Skip);
    let about_trying = ["back-off", "back-off-multiplier", "back-off-max", "attempts"];
    for key in about_trying.into_iter().chain(["recoverer", "not-retryable"]) {
        if !tries_again && table.table.get(key).is_some() {
            let message = format!("`{key}` is about trying again, and this application does not");
            report.add(
                Diagnostic::warning("without-effect", place(key), message)
                    .help("write on-failure = \"retry\" or \"seek-back\""),
            );
        }
    }
    let sends_on = recoverer == Recoverer::DeadLetter || on_failure == OnFailure::RetryTopics;
    for key in ["dead-letter-topic", "publisher"] {
        if !sends_on && table.table.get(key).is_some() {
            let message = format!("`{key}` is about records that are sent on, and none is");
            report.add(
                Diagnostic::warning("without-effect", place(key), message)
                    .help("write recoverer = \"dead-letter\""),
            );
        }
    }
}

/// Where a consumer's failed records go, and the further consumers that read its retry topics.
/// The topics must be there.
pub fn forwarding(
    handles: Option<&Reader<'_>>,
    consumer: &mut Consumer,
    version: KafkaVersion,
    topics: &[Topic],
    names: &mut Names,
    report: &mut Report,
) -> Vec<Consumer> {
    let habit = consumer.handles.habit.clone();
    let retries = habit.on_failure == OnFailure::RetryTopics;
    let dead = habit.recoverer == Recoverer::DeadLetter;
    let Some(table) = handles.filter(|_| dead || retries) else { return Vec::new() };
    let given = table.settings("publisher", Scope::Producer, report);
    let (config, refusals) = resolve_producer(&pairs(&given), version);
    refused(refusals, &given, &table.table.head, report);
    let mut wanted = Wanted { table, topics, names, report };
    let dead_letters = match dead {
        true => wanted.dead_letters(&consumer.topics),
        false => Vec::new(),
    };
    let levels = if retries { levels(&habit.rules) } else { Vec::new() };
    if levels.len() > MOST_LEVELS {
        wanted.too_many_levels(levels.len());
        return Vec::new();
    }
    let chain: Vec<Vec<usize>> =
        levels.iter().map(|level| wanted.retry_topics(&consumer.topics, &level.suffix)).collect();
    let complete = |found: &Vec<usize>| found.len() == consumer.topics.len();
    if !chain.iter().all(complete) || dead && !complete(&dead_letters) {
        return Vec::new();
    }
    let route = |sources: &[usize]| {
        let pair = |to: &[usize]| sources.iter().copied().zip(to.iter().copied()).collect();
        Forwarding {
            config: config.clone(),
            dead_letters: pair(&dead_letters),
            retries: levels.iter().zip(&chain).map(|(l, to)| (l.from, pair(to))).collect(),
        }
    };
    consumer.forwarding = Some(route(&consumer.topics));
    let mut readers = Vec::new();
    for (level, sources) in levels.iter().zip(&chain) {
        let reader = reader_of(consumer, &level.suffix, names);
        let Some((name, node, subscription)) = reader else {
            let message = format!("there are two nodes `{}{}`", consumer.name, level.suffix);
            report.add(Diagnostic::error("duplicate-name", table.table.head.clone(), message));
            continue;
        };
        readers.push(Consumer {
            name,
            node,
            subscription,
            topics: sources.clone(),
            instance: None,
            forwarding: Some(route(sources)),
            delay: Some(level.delay),
            listener: Some(consumer.node),
            ..consumer.clone()
        });
    }
    readers
}

/// Name, node and group of the container that reads a retry topic (`getGroupId`).
fn reader_of(
    consumer: &Consumer,
    suffix: &str,
    names: &mut Names,
) -> Option<(String, crate::fact::NodeId, SubscriptionId)> {
    let name = format!("{}{suffix}", consumer.name);
    let node = names.add_node(&name, NodeKind::Consumer)?;
    let group = names.directory.subscriptions.get(consumer.subscription.0 as usize)?;
    let group = format!("{group}{suffix}");
    Some((name, node, names.add_subscription(&group)))
}

/// A retry topic of the chain.
struct Level {
    /// What is put behind the main topic's name.
    suffix: String,
    /// How long a record waits in it.
    delay: Span,
    /// Records that fail in their `from`-th delivery or later go here, unless a later level has
    /// them.
    from: u16,
}

/// The chain of retry topics: one for each different pause (`SameIntervalTopicReuseStrategy`
/// SINGLE_TOPIC), named by the pause unless there is only one.
fn levels(rules: &RetryRules) -> Vec<Level> {
    let mut levels: Vec<Level> = Vec::new();
    for failures in 1..rules.attempts.min(10_000) {
        let delay = rules.back_off.after(failures);
        if levels.last().is_some_and(|l| l.delay == delay) {
            // Pauses only grow: the rest is the same, too.
            break;
        }
        let suffix = format!("-retry-{}", delay.as_millis());
        levels.push(Level { suffix, delay, from: failures as u16 });
        if levels.len() > MOST_LEVELS {
            break;
        }
    }
    if let [only] = &mut levels[..] {
        only.suffix = "-retry".into();
    }
    levels
}

/// Looks up topics and says which are missing.
struct Wanted<'a, 'r> {
    table: &'a Reader<'r>,
    topics: &'a [Topic],
    names: &'a Names,
    report: &'a mut Report,
}

impl Wanted<'_, '_> {
    fn dead_letters(&mut self, sources: &[usize]) -> Vec<usize> {
        let named = match self.table.table.get("dead-letter-topic") {
            Some(_) => match self.table.name("dead-letter-topic", self.report) {
                Some(name) => Some(name.to_owned()),
                None => return Vec::new(),
            },
            None => None,
        };
        let name = |source: &usize| match &named {
            Some(name) => name.clone(),
            None => format!("{}-dlt", self.topics[*source].name),
        };
        let all: Vec<String> = sources.iter().map(name).collect();
        all.iter().filter_map(|name| self.find(name, "dead-letter-topic")).collect()
    }

    fn retry_topics(&mut self, sources: &[usize], suffix: &str) -> Vec<usize> {
        let name = |source: &usize| format!("{}{suffix}", self.topics[*source].name);
        let all: Vec<String> = sources.iter().map(name).collect();
        all.iter().filter_map(|name| self.find(name, "on-failure")).collect()
    }

    fn find(&mut self, name: &str, key: &str) -> Option<usize> {
        let found = self.names.topic(name);
        if found.is_none() {
            let place = self.table.table.get(key).or_else(|| self.table.table.get("recoverer"));
            let at = place.map_or_else(|| self.table.table.head.clone(), |n| n.at.clone());
            let message = format!("failed records go to the topic `{name}`, and there is none");
            self.report.add(
                Diagnostic::error("unknown-topic", at, message)
                    .help(format!("add `[[topic]]` with name = \"{name}\"")),
            );
        }
        found
    }

    fn too_many_levels(&mut self, count: usize) {
        let node = self.table.table.get("attempts");
        let at = node.map_or_else(|| self.table.table.head.clone(), |n| n.at.clone());
        let message = format!("{count} or more retry topics are more than {MOST_LEVELS}");
        self.report.add(
            Diagnostic::error("too-large", at, message)
                .help("lower `attempts`, or set `back-off-max`: equal pauses share a topic"),
        );
    }
}
