//! Outcomes made by hand, to test the teller without a cluster.

use crate::brokers::kafka::settings::{
    Acks, BrokerConfig, ConsumerConfig, KafkaVersion, ProducerConfig, TopicConfig,
};
use crate::cluster::run::{Ended, Outcome};
use crate::fact::*;
use crate::kernel::{Span, Time};
use crate::ledger::{Ledger, Plan};
use crate::scenario::Scenario;
use crate::scenario::model::*;

pub(super) const B1: NodeId = NodeId(0);
pub(super) const B2: NodeId = NodeId(1);
pub(super) const B3: NodeId = NodeId(2);
pub(super) const PRODUCER: NodeId = NodeId(4);
pub(super) const CONSUMER: NodeId = NodeId(5);
pub(super) const LANE: LaneId = LaneId(0);
pub(super) const BILLING: SubscriptionId = SubscriptionId(0);

/// Three brokers, `orders/0`, `checkout` with acks=1 sending six messages, `billing-1` reading.
pub(super) fn scenario() -> Scenario {
    let producer_config =
        ProducerConfig { acks: Acks::Leader, enable_idempotence: false, ..Default::default() };
    Scenario {
        name: "kafka/by-hand".into(),
        title: Text { en: "By hand".into(), zh: "手工结果".into() },
        ask: Text::default(),
        answer: Text::default(),
        notes: Text::default(),
        teaches: Vec::new(),
        shows: Vec::new(),
        level: Level::Beginner,
        seed: 7,
        ends: Ends::At(Span::secs(20)),
        max_events: 1_000_000,
        latency: LatencyModel::default(),
        disk: DiskModel::default(),
        kafka: KafkaCluster {
            brokers: 3,
            controllers: 1,
            zookeeper: false,
            version: KafkaVersion::default(),
            broker: BrokerConfig::default(),
            truncation: Truncation::default(),
            hw_needs_min_isr: false,
            eligible_leader_replicas: false,
            cost_model: None,
        },
        topics: vec![Topic {
            name: "orders".into(),
            partitions: 2,
            first_lane: LANE,
            replication_factor: 3,
            assignment: Vec::new(),
            config: TopicConfig::default(),
        }],
        outputs: Vec::new(),
        transactional_ids: Vec::new(),
        producers: vec![Producer {
            start: Span::ZERO,
            transactions: None,
            name: "checkout".into(),
            node: PRODUCER,
            topic: 0,
            config: producer_config,
            sends: Sends {
                first: MessageId(0),
                count: 6,
                every: Span::millis(20),
                start: Span::ZERO,
                keys: Vec::new(),
                tombstones: Vec::new(),
                partition: Some(0),
                size: 100,
                resend: 0,
                resends_after_restart: false,
            },
        }],
        consumers: vec![Consumer {
            writes: None,
            name: "billing-1".into(),
            node: CONSUMER,
            subscription: BILLING,
            topics: vec![0],
            assign: false,
            instance: None,
            config: ConsumerConfig::default(),
            handles: Handles {
                takes: Span::millis(2),
                commit: CommitMode::After,
                asynchronous: false,
                habit: crate::brokers::kafka::client::consumer::FailureHabit::default(),
                idempotent: false,
            },
            start: Span::ZERO,
            forwarding: None,
            delay: None,
            listener: None,
        }],
        steps: vec![Step {
            trigger: Trigger::At(Span::millis(50)),
            action: Action::Say,
            say: Text {
                en: "The followers stop fetching; the leader goes on acknowledging.".into(),
                zh: "Follower 停止拉取，Leader 仍在确认。".into(),
            },
            label: None,
            line: 12,
        }],
        nemeses: Vec::new(),
        predictions: Vec::new(),
        expect: Expectations::default(),
        what_ifs: Vec::new(),
        matrix: None,
        exceptions: Vec::new(),
        directory: Directory {
            transactional_ids: Vec::new(),
            nodes: ["broker-1", "broker-2", "broker-3", "controller-1", "checkout", "billing-1"]
                .map(String::from)
                .into(),
            lanes: vec!["orders/0".into(), "orders/1".into()],
            subscriptions: vec!["billing".into()],
            keys: vec!["customer-1".into()],
            messages: vec![MessageBlock {
                first: MessageId(0),
                count: 6,
                prefix: "m".into(),
                producer: PRODUCER,
            }],
        },
    }
}

/// An outcome with these facts; the n-th (from 1) is stated by event n at its time in ms.
pub(super) fn outcome(facts: &[(u64, Fact)]) -> Outcome {
    let facts: Vec<Stated> = facts
        .iter()
        .enumerate()
        .map(|(n, &(ms, fact))| Stated { time: Time(ms * 1_000_000), event: n as u64 + 1, fact })
        .collect();
    let replicas = vec![NodeSet::of([B1, B2, B3]); 2];
    let lanes = vec![LANE, LaneId(1)];
    let directory = scenario().directory;
    let plan =
        Plan::of(&directory, |_| vec![KeyId(0)], |_| lanes.clone(), replicas, vec![lanes.clone()]);
    let mut ledger = Ledger::new(plan);
    for stated in &facts {
        ledger.absorb(stated);
    }
    let end = facts.last().map_or(Time::ZERO, |s| s.time);
    Outcome {
        seed: 7,
        ended: Ended::AtEnd,
        time: end,
        events: facts.len() as u64,
        digest: 0xfeed,
        facts,
        steps: Vec::new(),
        drawn: Vec::new(),
        steps_not_taken: Vec::new(),
        judgement: ledger.judge(end),
        verdicts: Vec::new(),
        over_seeds: Vec::new(),
        predictions: Vec::new(),
        happenings: Default::default(),
    }
}

/// m1 is replicated; m2 and m3 are acknowledged by a leader that then loses power.
pub(super) fn leader_loses_power() -> Vec<(u64, Fact)> {
    let mut facts = vec![
        (0, Fact::Elected { lane: LANE, leader: Some(B1), epoch: 0, kind: ElectionKind::First }),
        (0, Fact::TookOver { lane: LANE, node: B1, epoch: 0, end: 0 }),
        sent(10, 0),
        appended(11, 0),
        replicated(12, 0, B2),
        replicated(12, 0, B3),
        (13, Fact::Committed { message: MessageId(0), lane: LANE, node: B1, offset: 0 }),
        acknowledged(13, 0),
    ];
    for (from, to) in [(B1, B2), (B2, B1), (B1, B3), (B3, B1)] {
        facts.push((50, Fact::Cut { from, to }));
    }
    for m in [1, 2] {
        facts.extend([sent(60, m), appended(61, m), acknowledged(62, m)]);
    }
    facts.extend([
        (70, Fact::Stopped { node: B1, how: Outage::PowerOff }),
        (9_070, Fact::Fenced { node: B1 }),
        (
            9_070,
            Fact::IsrShrunk { lane: LANE, isr: NodeSet::of([B2, B3]), removed: NodeSet::of([B1]) },
        ),
        (
            9_070,
            Fact::Elected { lane: LANE, leader: Some(B2), epoch: 1, kind: ElectionKind::Clean },
        ),
        (9_071, Fact::TookOver { lane: LANE, node: B2, epoch: 1, end: 1 }),
        (
            12_000,
            Fact::RolledBack { lane: LANE, node: B1, from: 3, to: 1, loss: DiskLoss::PowerLoss },
        ),
        (12_000, Fact::Started { node: B1, boots: 2 }),
    ]);
    facts
}

pub(super) fn sent(ms: u64, m: u32) -> (u64, Fact) {
    (ms, Fact::Sent { message: MessageId(m), producer: PRODUCER })
}

pub(super) fn appended(ms: u64, m: u32) -> (u64, Fact) {
    let (message, offset) = (MessageId(m), u64::from(m));
    (ms, Fact::Appended { message, lane: LANE, node: B1, offset, epoch: 0 })
}

pub(super) fn replicated(ms: u64, m: u32, node: NodeId) -> (u64, Fact) {
    let (message, offset) = (MessageId(m), u64::from(m));
    (ms, Fact::Replicated { message, lane: LANE, node, offset, epoch: 0 })
}

pub(super) fn acknowledged(ms: u64, m: u32) -> (u64, Fact) {
    let (message, offset) = (MessageId(m), i64::from(m));
    (ms, Fact::Acknowledged { message, producer: PRODUCER, lane: LANE, offset })
}

pub(super) fn handled(ms: u64, m: u32, offset: u64) -> (u64, Fact) {
    let (message, lane) = (MessageId(m), LANE);
    (ms, Fact::Handled { message, subscription: BILLING, consumer: CONSUMER, lane, offset })
}
