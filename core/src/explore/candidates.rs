//! The settings that could have mattered for a message, each changed to its safer value.

use super::counterfactual::Target;
use crate::brokers::kafka::client::consumer::OnFailure;
use crate::brokers::kafka::settings::{Acks, AutoOffsetReset, IsolationLevel};
use crate::fact::LaneId;
use crate::kernel::Span;
use crate::ledger::AnomalyKind;
use crate::scenario::Scenario;
use crate::scenario::model::{CommitMode, Consumer, Producer, Topic, Truncation};

/// A change of settings that is tried: addresses and values as `--set` takes them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Candidate {
    /// The settings changed together; mostly one.
    pub set: Vec<(String, String)>,
    /// Whether it is tried only where no single setting helps.
    pub fallback: bool,
}

/// Candidates for what went wrong with a message, which was sent to `lane`, if to any.
pub fn candidates(scenario: &Scenario, target: Target, lane: Option<LaneId>) -> Vec<Candidate> {
    let Target { message, subscription, kind } = target;
    let mut list = List::default();
    let producer = scenario.producers.iter().find(|p| {
        let first = p.sends.first.0;
        (first..first.saturating_add(p.sends.count)).contains(&message.0)
    });
    let topic = match lane {
        Some(lane) => scenario
            .topics
            .iter()
            .find(|t| t.first_lane <= lane && lane.0 - t.first_lane.0 < t.partitions),
        None => producer.and_then(|p| scenario.topics.get(p.topic)),
    };
    if let Some(producer) = producer {
        of_producer(producer, kind, &mut list);
    }
    if let Some(topic) = topic {
        of_topic(topic, scenario, &mut list);
    }
    if scenario.kafka.truncation == Truncation::HighWatermark {
        list.one("kafka.truncation".into(), "leader-epoch");
    }
    for consumer in scenario.consumers.iter().filter(|c| c.subscription == subscription) {
        of_consumer(consumer, &mut list);
    }
    if let (Some(producer), false) = (producer, twice(kind)) {
        together(producer, topic, &mut list);
    }
    list.0
}

/// Whether it is about doing or ordering something again, which retries may cause, and not about
/// something that is gone.
fn twice(kind: AnomalyKind) -> bool {
    matches!(
        kind,
        AnomalyKind::Duplicate
            | AnomalyKind::Redelivered
            | AnomalyKind::Inversion
            | AnomalyKind::Regression
            | AnomalyKind::LogInversion
    )
}

/// What is recommended as one: waiting for replicas helps only a producer that tries again.
fn together(producer: &Producer, topic: Option<&Topic>, list: &mut List) {
    let mut set = Vec::new();
    if producer.config.acks != Acks::All {
        set.push((format!("producer.{}.acks", producer.name), "all"));
    }
    if producer.config.retries == 0 {
        set.push((format!("producer.{}.retries", producer.name), "2147483647"));
    }
    if set.len() > 1 {
        list.together(&set);
    }
    if let Some(topic) = topic
        && topic.config.min_insync_replicas < 2
        && topic.replication_factor > 1
        && !set.is_empty()
    {
        set.push((format!("topic.{}.min.insync.replicas", topic.name), "2"));
        list.together(&set);
    }
}

#[derive(Default)]
struct List(Vec<Candidate>);

impl List {
    fn one(&mut self, address: String, value: &str) {
        self.0.push(Candidate { set: vec![(address, value.into())], fallback: false });
    }

    fn pair(&mut self, set: &[(String, &str)]) {
        let set = set.iter().map(|(address, value)| (address.clone(), (*value).into())).collect();
        self.0.push(Candidate { set, fallback: false });
    }

    fn together(&mut self, set: &[(String, &str)]) {
        self.pair(set);
        if let Some(last) = self.0.last_mut() {
            last.fallback = true;
        }
    }
}

fn of_producer(producer: &Producer, kind: AnomalyKind, list: &mut List) {
    let at = |setting: &str| format!("producer.{}.{setting}", producer.name);
    let config = &producer.config;
    if config.acks != Acks::All && !twice(kind) {
        list.one(at("acks"), "all");
    }
    if config.acks == Acks::None && !twice(kind) {
        list.one(at("acks"), "1");
    }
    if !config.enable_idempotence && twice(kind) {
        // The real client refuses idempotence with less than acks=all or without retries.
        let mut set = vec![(at("enable.idempotence"), "true")];
        if config.acks != Acks::All {
            set.push((at("acks"), "all"));
        }
        if config.retries == 0 {
            set.push((at("retries"), "2147483647"));
        }
        if config.max_in_flight_requests_per_connection > 5 {
            set.push((at("max.in.flight.requests.per.connection"), "5"));
        }
        list.pair(&set);
        if config.max_in_flight_requests_per_connection > 1 {
            list.one(at("max.in.flight.requests.per.connection"), "1");
        }
    }
    if config.retries == 0 {
        list.one(at("retries"), "2147483647");
    } else if twice(kind) {
        list.one(at("retries"), "0");
    }
    if config.delivery_timeout_ms < Span::secs(120) {
        list.one(at("delivery.timeout.ms"), "120000");
    }
    if producer.sends.resend > 0 {
        list.one(at("sends.resend"), "0");
    }
}

fn of_topic(topic: &Topic, scenario: &Scenario, list: &mut List) {
    let at = |setting: &str| format!("topic.{}.{setting}", topic.name);
    let config = &topic.config;
    if config.min_insync_replicas < 2 && topic.replication_factor > 1 {
        list.one(at("min.insync.replicas"), "2");
    }
    if config.unclean_leader_election_enable {
        list.one(at("unclean.leader.election.enable"), "false");
    }
    if config.flush_messages != 1 {
        list.one(at("flush.messages"), "1");
    }
    if topic.assignment.is_empty() && topic.replication_factor < 3 && scenario.kafka.brokers >= 3 {
        list.one(at("replication-factor"), "3");
    }
}

fn of_consumer(consumer: &Consumer, list: &mut List) {
    let at = |setting: &str| format!("consumer.{}.{setting}", consumer.name);
    if consumer.config.auto_offset_reset == AutoOffsetReset::Latest {
        list.one(at("auto.offset.reset"), "earliest");
    }
    if consumer.handles.asynchronous {
        list.one(at("handles.asynchronous"), "false");
    }
    if consumer.handles.habit.on_failure == OnFailure::Skip {
        list.one(at("handles.on-failure"), "retry");
    }
    match consumer.handles.commit {
        CommitMode::Auto => {
            list.pair(&[(at("enable.auto.commit"), "false"), (at("handles.commit"), "after")]);
            if consumer.config.auto_commit_interval_ms > Span::millis(100) {
                list.one(at("auto.commit.interval.ms"), "100");
            }
        }
        CommitMode::Before | CommitMode::Never => list.one(at("handles.commit"), "after"),
        CommitMode::After => {
            list.one(at("handles.commit"), "each");
            list.one(at("handles.commit"), "before");
        }
        CommitMode::AfterEach => list.one(at("handles.commit"), "before"),
        CommitMode::Transaction => {
            if consumer.config.isolation_level == IsolationLevel::ReadUncommitted {
                list.one(at("isolation.level"), "read_committed");
            }
        }
    }
}
