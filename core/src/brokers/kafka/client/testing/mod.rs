//! A world for testing clients by hand: two fake brokers that keep logs and offsets and do what a
//! script tells them, and one client.
//!
//! Simplified: the brokers do not replicate; a test says who leads what and what goes wrong.

mod fake_broker;

pub(super) use fake_broker::{FakeBroker, Reaction};

use super::consumer::Consumer;
use super::producer::Producer;
use crate::brokers::kafka::record::{Batch, Payload, Record};
use crate::brokers::kafka::wire::Request;
use crate::brokers::{FamilyPacket, FamilyTimer};
use crate::fact::{Fact, LaneId, MessageId, NodeId, Outage};
use crate::kernel::{Chooser, Engine, Kernel, Model, Span, Time};
use crate::substrate::{Actor, DiskCost, Effects, Event, Input, Latency, Substrate};

pub(super) const BROKER_1: NodeId = NodeId(0);
pub(super) const BROKER_2: NodeId = NodeId(1);
pub(super) const CLIENT: NodeId = NodeId(2);

/// Whoever lives on a node.
#[allow(clippy::large_enum_variant)] // three of them in a test
pub(super) enum Member {
    Broker(FakeBroker),
    Producer(Producer),
    Consumer(Consumer),
}

impl Actor for Member {
    type Packet = FamilyPacket;
    type Timer = FamilyTimer;

    fn on(
        &mut self,
        input: Input<FamilyPacket, FamilyTimer>,
        fx: &mut Effects<'_, FamilyPacket, FamilyTimer>,
    ) {
        let Some(input) = input.kafka() else { return };
        match self {
            Member::Broker(broker) => broker.on(input, fx),
            Member::Producer(producer) => producer.on(input, fx),
            Member::Consumer(consumer) => consumer.on(input, fx),
        }
    }
}

pub(super) struct World {
    members: Vec<Member>,
    substrate: Substrate<FamilyPacket, FamilyTimer>,
}

impl Model for World {
    type Event = Event<FamilyPacket, FamilyTimer>;

    fn handle(&mut self, event: Self::Event, kernel: &mut Kernel<Self::Event>) {
        self.substrate.dispatch(&mut self.members, event, kernel);
    }
}

/// The world and its time. A packet takes 1 ms.
pub(super) struct Lab(Engine<World>);

impl Lab {
    /// Boots the brokers, each leading nothing, and keeps the client switched off.
    pub(super) fn new(client: Member, lanes: &[LaneId], seed: u64) -> Lab {
        let names = ["broker-1", "broker-2", "client"].map(String::from);
        let latency = Latency { low: Span::millis(1), high: Span::millis(1) };
        let disk = DiskCost { append: Span::ZERO, sync: Span::ZERO };
        let broker = |node| Member::Broker(FakeBroker::new(node, lanes));
        let members = vec![broker(BROKER_1), broker(BROKER_2), client];
        let world = World { members, substrate: Substrate::new(&names, latency, disk) };
        let mut lab = Lab(Engine::new(world, Kernel::new(Chooser::new(seed), 16)));
        lab.boot(BROKER_1);
        lab.boot(BROKER_2);
        for &lane in lanes {
            lab.lead(lane, Some(BROKER_1), 0);
        }
        lab
    }

    pub(super) fn boot(&mut self, node: NodeId) {
        let World { members, substrate } = &mut self.0.model;
        substrate.boot(members, node, &mut self.0.kernel);
    }

    pub(super) fn crash(&mut self, node: NodeId) {
        self.0.model.substrate.stop(node, Outage::Crash, &mut self.0.kernel);
    }

    pub(super) fn cut(&mut self, a: NodeId, b: NodeId) {
        self.0.model.substrate.cut(a, b, &mut self.0.kernel);
        self.0.model.substrate.cut(b, a, &mut self.0.kernel);
    }

    pub(super) fn heal(&mut self, a: NodeId, b: NodeId) {
        self.0.model.substrate.heal(&[(a, b), (b, a)], &mut self.0.kernel);
    }

    /// Breaks the connections between two nodes.
    pub(super) fn reset(&mut self, a: NodeId, b: NodeId) {
        self.0.model.substrate.reset(a, b, &mut self.0.kernel);
    }

    pub(super) fn run_to(&mut self, ms: u64) {
        self.0.run_until(Time::ZERO + Span::millis(ms));
    }

    pub(super) fn now_ms(&self) -> u64 {
        self.0.kernel.now().as_millis()
    }

    pub(super) fn broker(&mut self, node: NodeId) -> &mut FakeBroker {
        match &mut self.0.model.members[node.0 as usize] {
            Member::Broker(broker) => broker,
            _ => panic!("no broker"),
        }
    }

    pub(super) fn producer(&self) -> &Producer {
        match &self.0.model.members[CLIENT.0 as usize] {
            Member::Producer(producer) => producer,
            _ => panic!("no producer"),
        }
    }

    pub(super) fn consumer(&self) -> &Consumer {
        match &self.0.model.members[CLIENT.0 as usize] {
            Member::Consumer(consumer) => consumer,
            _ => panic!("no consumer"),
        }
    }

    /// Lets the client do something outside of any input.
    pub(super) fn client(
        &mut self,
        act: impl FnOnce(&mut Member, &mut Effects<'_, FamilyPacket, FamilyTimer>),
    ) {
        let World { members, substrate } = &mut self.0.model;
        let mut fx = Effects::new(CLIENT, substrate, &mut self.0.kernel);
        act(&mut members[CLIENT.0 as usize], &mut fx);
    }

    /// Both brokers learn who leads.
    pub(super) fn lead(&mut self, lane: LaneId, leader: Option<NodeId>, epoch: u32) {
        for node in [BROKER_1, BROKER_2] {
            self.broker(node).lead(lane, leader, epoch);
        }
    }

    /// The next request of this kind to reach a broker is treated like this.
    pub(super) fn script(&mut self, node: NodeId, kind: &'static str, reaction: Reaction) {
        self.broker(node).script.push_back((kind, reaction));
    }

    /// Appends records of one message each to a broker's log.
    pub(super) fn append(&mut self, node: NodeId, lane: LaneId, messages: &[u32]) {
        for &message in messages {
            let record = Record {
                payload: Payload::Message(MessageId(message)),
                key: None,
                size: 10,
                is_tombstone: false,
                timestamp: 0,
            };
            self.broker(node).append(lane, Batch::new([record].into(), None));
        }
    }

    /// What the client stated, with the moment in milliseconds.
    pub(super) fn facts(&self) -> impl Iterator<Item = (u64, Fact)> + '_ {
        self.0.model.substrate.facts.iter().map(|s| (s.time.as_millis(), s.fact))
    }

    /// The messages of a broker's log.
    pub(super) fn log(&mut self, node: NodeId, lane: LaneId) -> Vec<u32> {
        let batches = &self.broker(node).log(lane).batches;
        batches.iter().flat_map(|b| b.messages().map(|(_, m)| m.0).collect::<Vec<_>>()).collect()
    }

    /// The requests of one kind a broker received, with the moment in milliseconds.
    pub(super) fn requests(&mut self, node: NodeId, kind: &str) -> Vec<(u64, Request)> {
        let of_kind = |r: &&(Time, Request)| r.1.kind() == kind;
        let received = self.broker(node).received.iter().filter(of_kind);
        received.map(|(t, r)| (t.as_millis(), r.clone())).collect()
    }
}
