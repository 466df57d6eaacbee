//! What is written in transactions, and what consumers write for what they read.

use super::clients::{MOST_MESSAGES, topic};
use super::cluster::refused;
use crate::brokers::kafka::client::consumer::{OnAbort, OnFailure, Recoverer};
use crate::brokers::kafka::settings::{Scope, resolve_producer};
use crate::brokers::kafka::transaction::TransactionalId;
use crate::fact::{KeyId, MessageBlock, MessageId, NodeId, SubscriptionId};
use crate::scenario::diagnostic::{Diagnostic, Report};
use crate::scenario::model::{
    CommitMode, Handles, InTransactions, KafkaCluster, OutputBlock, Producer, Writes,
};
use crate::scenario::names::Names;
use crate::scenario::reader::{Given, Reader, pairs};

/// The `transactional.id` among a producer's settings.
fn transactional_id(given: &[Given], names: &mut Names) -> Option<TransactionalId> {
    let named = |g: &&Given| g.name == "transactional.id" && g.raw != 0;
    let text = given.iter().find(named)?.text.clone()?;
    Some(names.transactional_id(&text))
}

/// How a producer uses transactions.
pub(super) fn transactions(
    reader: &Reader<'_>,
    given: &[Given],
    names: &mut Names,
    report: &mut Report,
) -> Option<InTransactions> {
    let sends = reader.inner("sends", report)?;
    let whole = |key: &str, report: &mut Report| {
        sends.whole(key, report).and_then(|n| u32::try_from(n).ok())
    };
    let messages = whole("transaction", report);
    let aborts_every = whole("abort-every", report).unwrap_or(0);
    let Some(id) = transactional_id(given, names) else {
        for key in ["transaction", "abort-every"] {
            let Some(node) = sends.table.get(key) else { continue };
            let message = format!("`{key}` is about transactions, and this producer has none");
            let help = "give it a name: `config = { \"transactional.id\" = \"checkout\" }`";
            let said = Diagnostic::error("contradiction", node.at.clone(), message).help(help);
            report.add(said);
        }
        return None;
    };
    Some(InTransactions { id, messages: messages.unwrap_or(1), aborts_every })
}

/// A block of messages that may be read.
struct Readable {
    topic: usize,
    first: MessageId,
    count: u32,
    keys: Vec<KeyId>,
}

/// The messages that consumers write, as far as they are known.
pub(super) struct Outputs {
    readable: Vec<Readable>,
    pub(super) blocks: Vec<OutputBlock>,
}

impl Outputs {
    /// None yet: what there is to read is what producers send.
    pub(super) fn of(producers: &[Producer]) -> Outputs {
        let readable = producers.iter().map(|p| Readable {
            topic: p.topic,
            first: p.sends.first,
            count: p.sends.count,
            keys: p.sends.keys.clone(),
        });
        Outputs { readable: readable.collect(), blocks: Vec::new() }
    }

    /// What a consumer writes; `None` if it only reads.
    pub(super) fn writes(
        &mut self,
        reader: &Reader<'_>,
        cluster: &KafkaCluster,
        (subscription, node, reads): (SubscriptionId, NodeId, &[usize]),
        handles: &Handles,
        names: &mut Names,
        report: &mut Report,
    ) -> Option<Writes> {
        let transactional = handles.commit == CommitMode::Transaction;
        let handling = reader.inner("handles", report);
        let on_abort = handling.as_ref().and_then(|h| h.one_of("on-abort", report));
        let place = |key: &str| reader.table.get(key).map(|n| n.at.clone());
        if let Some(at) = handling.as_ref().and_then(|h| h.table.get("on-abort"))
            && !transactional
        {
            let message = "`on-abort` is about transactions, and this application has none";
            let said = Diagnostic::warning("without-effect", at.at.clone(), message);
            report.add(said.help("write commit = \"transaction\""));
        }
        if transactional && handles.habit.on_failure == OnFailure::SeekBack {
            for key in ["attempts", "recoverer", "not-retryable"] {
                let Some(node) = handling.as_ref().and_then(|h| h.table.get(key)) else { continue };
                let message = format!("`{key}` does nothing where a transaction is aborted");
                let said = Diagnostic::warning("without-effect", node.at.clone(), message);
                report.add(said.help("leave it out: what is aborted is read again every time"));
            }
        }
        let Some(to) = reader.table.get("to") else {
            if let Some(at) = place("producer") {
                let message = "settings of a producer, and nothing is written";
                let help = "say where to: `to = \"invoices\"`";
                report.add(Diagnostic::error("contradiction", at, message).help(help));
            }
            return None;
        };
        if to.as_text().is_none() {
            report.add(crate::scenario::reader::wrong_type(to, "to", "the name of a topic"));
            return None;
        }
        let topic = topic(to, names, report)?;
        let refuse = |message: &str, help: &str, report: &mut Report| {
            let said = Diagnostic::error("contradiction", to.at.clone(), message);
            report.add(said.help(help));
        };
        if reads.contains(&topic) {
            let message = "a consumer that writes to a topic it reads never comes to an end";
            refuse(message, "write to another topic", report);
            return None;
        }
        if handles.asynchronous || handles.commit == CommitMode::AfterEach {
            let message = "an application that writes commits once for all messages of a poll";
            refuse(
                message,
                "write commit = \"after\" or \"transaction\", without asynchronous",
                report,
            );
        }
        let habit = &handles.habit;
        if habit.recoverer == Recoverer::DeadLetter || habit.on_failure == OnFailure::RetryTopics {
            let message = "an application that writes cannot also send failed records on here";
            refuse(message, "leave out `to`, or write recoverer = \"log\"", report);
        }
        let given = reader.settings("producer", Scope::Producer, report);
        let (config, refusals) = resolve_producer(&pairs(&given), cluster.version);
        refused(refusals, &given, &reader.table.head, report);
        let transaction = transactional_id(&given, names);
        match (transactional, transaction) {
            (true, None) => {
                let message = "transactions need a `transactional.id`";
                let help = "add `producer = { \"transactional.id\" = \"billing-1\" }`";
                refuse(message, help, report);
            }
            (false, Some(_)) => {
                let message = "a producer with a `transactional.id` writes in transactions only";
                refuse(message, "write handles = { commit = \"transaction\" }", report);
            }
            _ => {}
        }
        let block = self.block(subscription, node, topic, reads, names, report)?;
        let on_abort = match on_abort {
            Some("go-on") => OnAbort::GoOn,
            _ => OnAbort::SeekBack,
        };
        Some(Writes { block, config, transaction, on_abort })
    }

    /// The messages that a group writes to a topic: one for each it may read.
    fn block(
        &mut self,
        subscription: SubscriptionId,
        node: NodeId,
        topic: usize,
        reads: &[usize],
        names: &mut Names,
        report: &mut Report,
    ) -> Option<usize> {
        let known = |b: &OutputBlock| (b.subscription, b.topic) == (subscription, topic);
        if let Some(at) = self.blocks.iter().position(known) {
            return Some(at);
        }
        let first = names.directory.message_count();
        let mut next = first;
        let mut made_of = Vec::new();
        let mut keys = Vec::new();
        let inputs: Vec<&Readable> =
            self.readable.iter().filter(|r| reads.contains(&r.topic)).collect();
        let keyed = inputs.iter().all(|r| !r.keys.is_empty());
        for input in &inputs {
            made_of.push((input.first, input.count, MessageId(next)));
            let Some(end) = next.checked_add(input.count).filter(|n| *n <= MOST_MESSAGES) else {
                let message =
                    format!("all producers together send at most {MOST_MESSAGES} messages");
                report.add(Diagnostic::error("too-large", 0..0, message));
                return None;
            };
            next = end;
            if keyed && inputs.len() > 1 {
                let cycle = input.keys.iter().cycle().copied();
                keys.extend(cycle.take(input.count as usize));
            } else if keyed {
                keys.clone_from(&input.keys);
            }
        }
        let count = next - first;
        let group = &names.directory.subscriptions[subscription.0 as usize];
        let taken = names.directory.messages.iter().any(|b| b.prefix == format!("{group}.m"));
        let prefix = match taken {
            true => format!("{group}.{}.m", names.topics[topic].0),
            false => format!("{group}.m"),
        };
        let first = MessageId(first);
        names.directory.messages.push(MessageBlock { first, count, prefix, producer: node });
        self.readable.push(Readable { topic, first, count, keys: keys.clone() });
        self.blocks.push(OutputBlock { subscription, topic, keys, made_of });
        Some(self.blocks.len() - 1)
    }
}
