//! Why a message went where it went: for a story, not for the hot path.
//!
//! Every binding is looked at by itself, by the definition of its exchange's type. So this is also
//! what the indexes of the hot path are held against.

use super::headers::HeadersMatch;
use super::topic::{pattern_matches, words};
use super::{Choice, Publish, delay};
use crate::brokers::rabbitmq::topology::Topology;
use crate::brokers::rabbitmq::topology::binding::Binding;
use crate::brokers::rabbitmq::topology::exchange::{Exchange, ExchangeType};
use crate::brokers::rabbitmq::topology::ids::{Destination, ExchangeId, QueueId};
use crate::brokers::rabbitmq::value::Name;
use std::sync::Arc;

/// Why a message passed from an exchange to a destination.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Why {
    /// This binding matched; if the type looks at keys, this key of the message did.
    Binding(Arc<Binding>, Option<Name>),
    /// The default exchange: this key is the queue's name.
    QueueName(Name),
    /// Nothing else matched at this exchange, and it has this alternate exchange.
    Alternate(Name),
}

/// A message passed from an exchange to a destination.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// From where.
    pub from: ExchangeId,
    /// To where.
    pub to: Destination,
    /// Why.
    pub why: Why,
}

/// All steps of a message through the exchanges, in the order in which exchanges were reached.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Explanation {
    /// The steps.
    pub steps: Vec<Step>,
}

impl Explanation {
    /// The queues that were reached, each once, ascending by number.
    pub fn queues(&self) -> Vec<QueueId> {
        let mut queues: Vec<QueueId> = self
            .steps
            .iter()
            .filter_map(|step| match step.to {
                Destination::Queue(id) => Some(id),
                Destination::Exchange(_) => None,
            })
            .collect();
        queues.sort_unstable();
        queues.dedup();
        queues
    }

    /// One shortest way to a queue, from the exchange that was published to. Empty if the queue
    /// was not reached.
    pub fn way_to(&self, queue: QueueId) -> Vec<&Step> {
        let mut way = Vec::new();
        let mut to = Destination::Queue(queue);
        // Steps stand in the order in which exchanges were reached, so the first step to an
        // exchange is on a shortest way, and no exchange is gone through twice.
        while let Some(step) = self.steps.iter().find(|step| step.to == to) {
            if way.contains(&step) {
                break;
            }
            way.push(step);
            if Some(step.from) == self.steps.first().map(|first| first.from) {
                break;
            }
            to = Destination::Exchange(step.from);
        }
        way.reverse();
        way
    }

    /// Every binding that led straight to a queue.
    pub fn last_steps_to(&self, queue: QueueId) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(move |step| step.to == Destination::Queue(queue))
    }
}

impl Topology {
    /// Why [`route`](Topology::route) answers what it does: to be asked with the same message and
    /// the same `choose`, before anything changes.
    pub fn explain(
        &self,
        exchange: ExchangeId,
        publish: &Publish<'_>,
        mut choose: impl FnMut(Choice) -> usize,
    ) -> Explanation {
        let mut explanation = Explanation::default();
        let mut seen = vec![exchange];
        let mut next = 0;
        while let Some(&id) = seen.get(next) {
            next += 1;
            let before = explanation.steps.len();
            self.steps_from(id, publish, &mut choose, &mut explanation.steps);
            let exchange = self.exchange(id);
            if explanation.steps.len() == before
                && let Some(alternate) = &exchange.alternate
                && let Some(to) = self.exchange_id(&exchange.vhost, alternate)
                && !seen.contains(&to)
            {
                explanation.steps.push(Step {
                    from: id,
                    to: Destination::Exchange(to),
                    why: Why::Alternate(alternate.clone()),
                });
            }
            for step in &explanation.steps[before..] {
                if let Destination::Exchange(to) = step.to
                    && !seen.contains(&to)
                {
                    seen.push(to);
                }
            }
        }
        explanation
    }

    fn steps_from(
        &self,
        id: ExchangeId,
        publish: &Publish<'_>,
        choose: &mut impl FnMut(Choice) -> usize,
        steps: &mut Vec<Step>,
    ) {
        let exchange = self.exchange(id);
        if exchange.is_default() {
            for key in publish.keys() {
                if let Some(queue) = self.queue_id(&exchange.vhost, key)
                    && self.is_reachable(queue)
                {
                    let to = Destination::Queue(queue);
                    steps.push(Step { from: id, to, why: Why::QueueName(key.clone()) });
                }
            }
            return;
        }
        let keeps = exchange.kind == ExchangeType::Delayed;
        if keeps && publish.headers().and_then(delay).is_some() {
            return;
        }
        let mut step = |binding: &Arc<Binding>, key: Option<&Name>| {
            let reachable = match binding.destination {
                Destination::Queue(queue) => self.is_reachable(queue),
                Destination::Exchange(_) => true,
            };
            if reachable {
                let why = Why::Binding(binding.clone(), key.cloned());
                steps.push(Step { from: id, to: binding.destination, why });
            }
        };
        match exchange.routes_as {
            ExchangeType::ConsistentHash => {
                let mut chosen = None;
                let entry = &self.exchanges[&id];
                entry.index.matches(self, exchange, publish, choose, &mut |to| chosen = Some(to));
                let binding = self.bindings_of(id).find(|b| Some(b.destination) == chosen);
                if let Some(binding) = binding {
                    step(binding, None);
                }
            }
            ExchangeType::Random | ExchangeType::LocalRandom | ExchangeType::ModulusHash => {
                if let Some(binding) = self.picked(id, publish, choose) {
                    step(&binding, None);
                }
            }
            _ => {
                for binding in self.bindings_of(id) {
                    match self.binding_matches(exchange, binding, publish) {
                        Matched::No => {}
                        Matched::Whatever => step(binding, None),
                        Matched::Key(key) => step(binding, Some(key)),
                    }
                }
            }
        }
    }

    /// Whether a binding by itself matches, by the definition of the type.
    fn binding_matches<'m>(
        &self,
        exchange: &Exchange,
        binding: &Binding,
        publish: &Publish<'m>,
    ) -> Matched<'m> {
        let by_key = |matches: &dyn Fn(&str) -> bool| {
            publish.keys().find(|key| matches(key)).map_or(Matched::No, Matched::Key)
        };
        match exchange.routes_as {
            ExchangeType::Direct => by_key(&|key| *key == *binding.key),
            ExchangeType::Topic => {
                let pattern: Vec<&str> = words(&binding.key).collect();
                by_key(&|key| pattern_matches(&pattern, &words(key).collect::<Vec<_>>()))
            }
            ExchangeType::Headers => {
                let compared = HeadersMatch::of(&binding.arguments);
                match compared.matches(publish.headers(), self.version) {
                    true => Matched::Whatever,
                    false => Matched::No,
                }
            }
            _ => Matched::Whatever,
        }
    }
}

/// Whether a binding matches, and by which key.
enum Matched<'m> {
    No,
    Whatever,
    Key(&'m Name),
}
