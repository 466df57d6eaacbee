//! From a checked scenario to a world at time zero.

use super::groups;
use super::history::History;
use super::world::{ScriptItem, World, WorldEvent};
use super::{Lab, Node};
use crate::brokers::kafka::broker::Broker;
use crate::brokers::kafka::client::consumer::{
    CommitPolicy, Consumer, ConsumerPlan, ForwardingPlan, MessageShapes, OutputPlan, Route,
};
use crate::brokers::kafka::client::producer::{Producer, ProducerPlan, TransactionPlan, murmur2};
use crate::brokers::kafka::controller::Controller;
use crate::brokers::kafka::group::GroupRules;
use crate::brokers::kafka::plan::{
    ClusterPlan, LanePlan, Mutant, TopicPlan, Truncation, java_hash,
};
use crate::brokers::kafka::settings::{IsolationLevel, TopicConfig};
use crate::brokers::kafka::wire::CLIENT_CHANNEL;
use crate::brokers::kafka::zookeeper::Server;
use crate::fact::{Directory, LaneId, MessageId, NodeId, NodeSet, SubscriptionId};
use crate::kernel::{Chooser, Engine, Kernel, Span, TRACE_EVENTS, Time};
use crate::ledger::{CountedMessages, Ledger, Plan};
use crate::scenario::expression::{Quantity, Scope};
use crate::scenario::model::{self, Action, CommitMode, Ends, Scenario, Trigger};
use crate::substrate::{DiskCost, Latency, Load, Substrate};
use std::sync::Arc;

/// Events kept in the trace when the whole history is wanted for a story.
const STORY_EVENTS: usize = 4_000_000;

/// Facts kept by a lab: all of a lesson's; of a long run the last ones, in bounded memory.
const LAB_FACTS: usize = 1_000_000;
/// Size of a message that a consumer writes, key and value together.
const OUTPUT_BYTES: u32 = 100;
/// Of so many messages a lab still counts facts one by one.
const LAB_COUNTED: u32 = 100_000;

/// The world of a scenario, before anything has happened.
pub fn build(scenario: &Arc<Scenario>, seed: u64, keep_history: bool) -> Lab {
    build_with(scenario, seed, keep_history, None)
}

/// The same with a deliberate mistake in the cluster, if a test wants one.
pub(super) fn build_with(
    scenario: &Arc<Scenario>,
    seed: u64,
    keep_history: bool,
    mutant: Option<Mutant>,
) -> Lab {
    let plan = ClusterPlan { mutant, ..cluster_plan(scenario) };
    let counted = counted_messages(scenario, keep_history);
    let history = keep_history.then(|| History::new(usize::MAX));
    let trace = if keep_history { STORY_EVENTS } else { TRACE_EVENTS };
    assemble(scenario, plan, counted, history, Kernel::new(Chooser::new(seed), trace))
}

/// The same world for a lab: what it keeps of the past is bounded, so that copies stay cheap.
pub fn build_for_lab(scenario: &Arc<Scenario>, seed: u64) -> Lab {
    let plan = cluster_plan(scenario);
    let count_all = scenario.directory.message_count() <= LAB_COUNTED;
    let counted = counted_messages(scenario, count_all);
    let history = Some(History::new(LAB_FACTS));
    assemble(scenario, plan, counted, history, Kernel::new(Chooser::new(seed), TRACE_EVENTS))
}

fn assemble(
    scenario: &Arc<Scenario>,
    plan: ClusterPlan,
    counted: CountedMessages,
    history: Option<History>,
    kernel: Kernel<WorldEvent>,
) -> Lab {
    let plan = Arc::new(plan);
    let directory = Arc::new(directory(scenario, &plan));
    let nodes = nodes(scenario, &plan);
    let latency = Latency { low: scenario.latency.low, high: scenario.latency.high };
    let disk = DiskCost { append: scenario.disk.append, sync: scenario.disk.sync };
    let mut substrate = Substrate::new(&directory.nodes, latency, disk);
    if let Some(machine) = scenario.kafka.cost_model {
        let servers = scenario.kafka.brokers + scenario.kafka.controllers;
        substrate.load = Some(Box::new(Load::new(machine, servers, directory.nodes.len())));
    }
    let ledger = Ledger::new(Plan { counted, ..ledger_plan(scenario, &plan) });
    let world = World::new(scenario.clone(), plan, directory, nodes, substrate, ledger, history);
    let mut lab = Engine::new(world, kernel);
    lab.model.price_inputs();
    schedule(scenario, &mut lab);
    lab
}

/// Replicas of a partition: spread evenly, the first one preferred.
fn spread(start: usize, replicas: usize, brokers: u16) -> Arc<[NodeId]> {
    let brokers = brokers as usize;
    (0..replicas.min(brokers)).map(|r| NodeId(((start + r) % brokers) as u16)).collect()
}

fn cluster_plan(scenario: &Scenario) -> ClusterPlan {
    let kafka = &scenario.kafka;
    let brokers = kafka.brokers;
    let mut lanes = Vec::new();
    let mut topics = Vec::new();
    for (t, topic) in scenario.topics.iter().enumerate() {
        for p in 0..topic.partitions as usize {
            let replicas = match topic.assignment.get(p) {
                Some(given) => given.as_slice().into(),
                None => spread(t + p, topic.replication_factor as usize, brokers),
            };
            lanes.push(LanePlan { topic: t as u16, replicas, internal: false });
        }
        topics.push(TopicPlan {
            config: topic.config.clone(),
            first_lane: topic.first_lane,
            partitions: topic.partitions,
            created: true,
        });
    }
    let transaction_topic = (!scenario.transactional_ids.is_empty()).then_some(topics.len() as u16);
    if let Some(topic) = transaction_topic {
        let partitions = kafka.broker.transaction_state_log_num_partitions as u16;
        let factor = kafka.broker.transaction_state_log_replication_factor as usize;
        let first_lane = LaneId(lanes.len() as u16);
        for p in 0..partitions as usize {
            lanes.push(LanePlan { topic, replicas: spread(p, factor, brokers), internal: true });
        }
        topics.push(TopicPlan {
            config: TopicConfig {
                unclean_leader_election_enable: false,
                min_insync_replicas: kafka.broker.transaction_state_log_min_isr,
                ..TopicConfig::of_broker(&kafka.broker)
            },
            first_lane,
            partitions,
            created: factor <= brokers as usize,
        });
    }
    let partitions = kafka.broker.offsets_topic_num_partitions as u16;
    let factor = kafka.broker.offsets_topic_replication_factor as usize;
    let first_lane = LaneId(lanes.len() as u16);
    for p in 0..partitions as usize {
        let replicas = spread(p, factor, brokers);
        lanes.push(LanePlan { topic: topics.len() as u16, replicas, internal: true });
    }
    topics.push(TopicPlan {
        config: TopicConfig {
            unclean_leader_election_enable: false,
            ..TopicConfig::of_broker(&kafka.broker)
        },
        first_lane,
        partitions,
        created: factor <= brokers as usize,
    });
    let later_configs = scenario.steps.iter().filter_map(|s| match &s.action {
        Action::SetTopic { config, .. } => Some(config.clone()),
        _ => None,
    });
    ClusterPlan {
        brokers,
        controller: NodeId(brokers),
        controllers: kafka.controllers,
        zookeeper: kafka.zookeeper.then_some(NodeId(brokers)),
        quorum_pre_vote: kafka.version.quorum_pre_vote(),
        names: scenario.directory.nodes.clone(),
        lanes,
        topics,
        group_hashes: scenario.directory.subscriptions.iter().map(|g| java_hash(g)).collect(),
        transaction_topic,
        transaction_hashes: scenario.transactional_ids.iter().map(|t| java_hash(t)).collect(),
        broker: kafka.broker.clone(),
        groups: GroupRules::new(
            &kafka.broker,
            &scenario.directory.nodes,
            &groups::instances(scenario),
        ),
        founded: groups::found(scenario, &kafka.broker, &mut consumer_plans(scenario)),
        truncation: match kafka.truncation {
            model::Truncation::HighWatermark => Truncation::HighWatermark,
            model::Truncation::LeaderEpoch => Truncation::LeaderEpoch,
        },
        high_watermark_needs_min_isr: kafka.hw_needs_min_isr,
        eligible_leader_replicas: kafka.eligible_leader_replicas,
        later_configs: later_configs.collect(),
        mutant: None,
    }
}

/// The scenario's names and those of the offsets topic.
fn directory(scenario: &Scenario, plan: &ClusterPlan) -> Directory {
    let mut directory = scenario.directory.clone();
    for lane in directory.lanes.len()..plan.lanes.len() {
        let lane = LaneId(lane as u16);
        let topic = &plan.topics[plan.lane(lane).topic as usize];
        let name = match plan.keeps_transactions(lane) {
            true => "__transaction_state",
            false => "__consumer_offsets",
        };
        directory.lanes.push(format!("{name}/{}", lane.0 - topic.first_lane.0));
    }
    if plan.controllers > 1 {
        directory.lanes.push("__cluster_metadata/0".into());
    }
    directory
}

fn lanes_of(scenario: &Scenario, topic: usize) -> Vec<LaneId> {
    let topic = &scenario.topics[topic];
    (0..topic.partitions).map(|p| LaneId(topic.first_lane.0 + p)).collect()
}

fn nodes(scenario: &Scenario, plan: &Arc<ClusterPlan>) -> Vec<Node> {
    let brokers = plan.brokers;
    let bootstrap: Vec<NodeId> = (0..brokers).map(NodeId).collect();
    let mut nodes: Vec<Node> = (0..brokers)
        .map(|n| Node::Broker(Box::new(Broker::new(NodeId(n), plan.clone()))))
        .collect();
    for node in plan.voters() {
        nodes.push(Node::Controller(Box::new(Controller::new(node, plan.clone()))));
    }
    if plan.zookeeper.is_some() {
        nodes.push(Node::ZooKeeper(Box::new(Server::new(plan.clone()))));
    }
    for producer in &scenario.producers {
        let sends = &producer.sends;
        let hash = |k: &crate::fact::KeyId| (*k, murmur2(scenario.directory.key(*k).as_bytes()));
        nodes.push(Node::Producer(Box::new(Producer::new(ProducerPlan {
            name: producer.name.clone(),
            node: producer.node,
            bootstrap: bootstrap.clone(),
            partitions: lanes_of(scenario, producer.topic),
            config: producer.config.clone(),
            first: sends.first,
            count: sends.count,
            every: sends.every,
            start: sends.start,
            keys: sends.keys.iter().map(hash).collect(),
            partition: sends.partition,
            size: sends.size,
            tombstones: sends.tombstones.clone(),
            resend: sends.resend,
            resends_after_restart: sends.resends_after_restart,
            channel: CLIENT_CHANNEL,
            forwards: None,
            transaction: producer.transactions.map(|t| TransactionPlan {
                id: t.id,
                v2: plan.transactions_v2(),
                messages: Some(t.messages),
                aborts_every: t.aborts_every,
            }),
        }))));
    }
    let mut consumers = consumer_plans(scenario);
    groups::found(scenario, &scenario.kafka.broker, &mut consumers);
    if plan.is(Mutant::IgnoresPublishErrors) {
        for forwarding in consumers.iter_mut().filter_map(|c| c.forwarding.as_mut()) {
            Arc::make_mut(forwarding).ignores_errors = true;
        }
    }
    nodes.extend(consumers.into_iter().map(|c| Node::Consumer(Box::new(Consumer::new(c)))));
    nodes
}

/// What each consumer is to do, before it is a member of any group.
fn consumer_plans(scenario: &Scenario) -> Vec<ConsumerPlan> {
    let bootstrap: Vec<NodeId> = (0..scenario.kafka.brokers).map(NodeId).collect();
    let shapes = message_shapes(scenario);
    let plan = |(n, consumer): (usize, &model::Consumer)| {
        let lanes: Vec<LaneId> =
            consumer.topics.iter().flat_map(|&t| lanes_of(scenario, t)).collect();
        ConsumerPlan {
            name: consumer.name.clone(),
            node: consumer.node,
            bootstrap: bootstrap.clone(),
            subscription: consumer.subscription,
            lanes: lanes.into(),
            config: consumer.config.clone(),
            takes: consumer.handles.takes,
            commit: commit_policy(consumer.handles.commit),
            asynchronous: consumer.handles.asynchronous,
            habit: consumer.handles.habit.clone(),
            forwarding: consumer.forwarding.as_ref().map(|f| forwarding(scenario, f, &shapes)),
            delay: consumer.delay,
            told_as: told_as(scenario, consumer),
            idempotent: consumer.handles.idempotent,
            membership: groups::membership(scenario, n),
            output: consumer.writes.as_ref().map(|w| output_plan(scenario, consumer, w)),
        }
    };
    scenario.consumers.iter().enumerate().map(plan).collect()
}

/// The producer beside a consumer.
fn output_plan(
    scenario: &Scenario,
    consumer: &model::Consumer,
    writes: &model::Writes,
) -> OutputPlan {
    let block = &scenario.outputs[writes.block];
    let hash = |k: &crate::fact::KeyId| (*k, murmur2(scenario.directory.key(*k).as_bytes()));
    let v2 = scenario.kafka.broker.transaction_version >= 2;
    OutputPlan {
        producer: ProducerPlan {
            name: consumer.name.clone(),
            node: consumer.node,
            bootstrap: (0..scenario.kafka.brokers).map(NodeId).collect(),
            partitions: lanes_of(scenario, block.topic),
            config: writes.config.clone(),
            first: block.made_of.first().map_or(MessageId(0), |b| b.2),
            count: 0,
            every: Span::ZERO,
            start: Span::ZERO,
            keys: block.keys.iter().map(hash).collect(),
            partition: None,
            size: OUTPUT_BYTES,
            tombstones: Vec::new(),
            resend: 0,
            resends_after_restart: false,
            channel: CLIENT_CHANNEL,
            forwards: None,
            transaction: writes.transaction.map(|id| TransactionPlan {
                id,
                v2,
                messages: None,
                aborts_every: 0,
            }),
        },
        made_of: block.made_of.as_slice().into(),
        on_abort: writes.on_abort,
    }
}

/// The subscription for which a consumer works: its listener's.
fn told_as(scenario: &Scenario, consumer: &model::Consumer) -> SubscriptionId {
    let of = |listener| scenario.consumers.iter().find(|c| c.node == listener);
    consumer.listener.and_then(of).unwrap_or(consumer).subscription
}

fn forwarding(
    scenario: &Scenario,
    plan: &model::Forwarding,
    messages: &Arc<[MessageShapes]>,
) -> Arc<ForwardingPlan> {
    let route = |&(from, to): &(usize, usize)| {
        let (from, to) = (&scenario.topics[from], &scenario.topics[to]);
        Route {
            from: from.first_lane,
            from_count: from.partitions,
            to: to.first_lane,
            to_count: to.partitions,
        }
    };
    Arc::new(ForwardingPlan {
        config: plan.config.clone(),
        dead_letters: plan.dead_letters.iter().map(route).collect(),
        retries: plan.retries.iter().map(|(a, r)| (*a, r.iter().map(route).collect())).collect(),
        messages: messages.clone(),
        ignores_errors: false,
    })
}

fn message_shapes(scenario: &Scenario) -> Arc<[MessageShapes]> {
    let hash = |k: &crate::fact::KeyId| (*k, murmur2(scenario.directory.key(*k).as_bytes()));
    let shape = |p: &model::Producer| MessageShapes {
        first: p.sends.first,
        count: p.sends.count,
        size: p.sends.size,
        keys: p.sends.keys.iter().map(hash).collect(),
    };
    scenario.producers.iter().map(shape).collect()
}

fn commit_policy(mode: CommitMode) -> CommitPolicy {
    match mode {
        CommitMode::Before => CommitPolicy::Before,
        CommitMode::After => CommitPolicy::After,
        CommitMode::AfterEach => CommitPolicy::AfterEach,
        CommitMode::Auto => CommitPolicy::Auto,
        CommitMode::Never => CommitPolicy::Never,
        CommitMode::Transaction => CommitPolicy::Transaction,
    }
}

fn ledger_plan(scenario: &Scenario, plan: &ClusterPlan) -> Plan {
    let replicas = plan
        .lanes
        .iter()
        .filter(|l| !l.internal)
        .map(|l| NodeSet::of(l.replicas.iter().copied()))
        .collect();
    let mut subscriptions = vec![Vec::new(); scenario.directory.subscriptions.len()];
    let mut works_for: Vec<(SubscriptionId, SubscriptionId)> = Vec::new();
    for consumer in &scenario.consumers {
        let lanes = consumer.topics.iter().flat_map(|&t| lanes_of(scenario, t));
        let owner = told_as(scenario, consumer);
        let pair = (consumer.subscription, owner);
        if pair.0 != pair.1 && !works_for.contains(&pair) {
            works_for.push(pair);
        }
        let Some(reads) = subscriptions.get_mut(owner.0 as usize) else { continue };
        for lane in lanes {
            if !reads.contains(&lane) {
                reads.push(lane);
            }
        }
    }
    let committed_only = |s: usize| {
        let own = |c: &&model::Consumer| c.subscription.0 as usize == s;
        let mut members = scenario.consumers.iter().filter(own);
        members.all(|c| c.config.isolation_level == IsolationLevel::ReadCommitted)
    };
    let skips_aborted = (0..subscriptions.len()).map(committed_only).collect();
    let producers = &scenario.producers;
    let output = |i: usize| scenario.outputs.get(i.checked_sub(producers.len())?);
    let keys = |i: usize| match producers.get(i) {
        Some(producer) => producer.sends.keys.clone(),
        None => output(i).map(|o| o.keys.clone()).unwrap_or_default(),
    };
    let lanes = |i: usize| {
        let topic = producers.get(i).map(|p| p.topic).or_else(|| Some(output(i)?.topic));
        topic.map(|t| lanes_of(scenario, t)).unwrap_or_default()
    };
    let plan = Plan::of(&scenario.directory, keys, lanes, replicas, subscriptions);
    Plan { skips_aborted, works_for, ..plan }
}

/// Facts are counted message by message where a story may want it, or a sentence does.
fn counted_messages(scenario: &Scenario, keep_history: bool) -> CountedMessages {
    if keep_history {
        return CountedMessages::All;
    }
    let mut only = Vec::new();
    let expect = &scenario.expect;
    let sentences = expect.this_run.iter().chain(&expect.throughout).chain(&expect.over_seeds);
    let options = scenario.predictions.iter().flat_map(|p| &p.options).map(|o| &o.holds);
    for sentence in sentences.chain(options) {
        sentence.each_quantity(&mut |quantity| {
            if let Quantity::Facts { of: Scope::Message(message), .. } = quantity {
                only.push(*message);
            }
        });
    }
    only.sort_unstable();
    only.dedup();
    CountedMessages::Only(only)
}

/// Puts boots, timed steps and the end on the agenda. Controllers start first, then brokers, then
/// clients, all at time zero unless they say otherwise.
fn schedule(scenario: &Scenario, lab: &mut Lab) {
    let controllers = scenario.kafka.brokers..scenario.kafka.servers();
    let mut order: Vec<(Span, NodeId)> = controllers.map(|n| (Span::ZERO, NodeId(n))).collect();
    order.extend((0..scenario.kafka.brokers).map(|n| (Span::ZERO, NodeId(n))));
    order.extend(scenario.producers.iter().map(|p| (p.start, p.node)));
    order.extend(scenario.consumers.iter().map(|c| (c.start, c.node)));
    for (start, node) in order {
        lab.model.script(Time::ZERO + start, ScriptItem::Boot(node), &mut lab.kernel);
    }
    for (index, step) in scenario.steps.iter().enumerate() {
        if let Trigger::At(at) = step.trigger {
            lab.model.script(Time::ZERO + at, ScriptItem::Step(index), &mut lab.kernel);
        }
    }
    for (index, nemesis) in scenario.nemeses.iter().enumerate() {
        lab.model.script(Time::ZERO, ScriptItem::Nemesis(index), &mut lab.kernel);
        let last = Time::ZERO + nemesis.until + nemesis.lasts.high;
        lab.model.last_fault = lab.model.last_fault.max(last);
    }
    let end = match scenario.ends {
        Ends::At(end) => end,
        Ends::Quiet { limit } => limit,
    };
    lab.model.script(Time::ZERO + end, ScriptItem::End, &mut lab.kernel);
}
