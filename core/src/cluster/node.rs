//! One node of the world, whatever it is.

use crate::brokers::kafka::broker::Broker;
use crate::brokers::kafka::client::consumer::Consumer;
use crate::brokers::kafka::client::producer::Producer;
use crate::brokers::kafka::controller::Controller;
use crate::brokers::kafka::zookeeper::Server;
use crate::brokers::{FamilyPacket, FamilyTimer};
use crate::substrate::{Actor, Effects, Input};

/// The actors of all families. Another family adds its arms here.
#[derive(Clone, Debug)]
pub enum Node {
    /// A Kafka broker.
    Broker(Box<Broker>),
    /// The Kafka controller.
    Controller(Box<Controller>),
    /// The ZooKeeper of a Kafka cluster.
    ZooKeeper(Box<Server>),
    /// A Kafka producer.
    Producer(Box<Producer>),
    /// A Kafka consumer.
    Consumer(Box<Consumer>),
}

impl Actor for Node {
    type Packet = FamilyPacket;
    type Timer = FamilyTimer;

    #[inline]
    fn on(
        &mut self,
        input: Input<FamilyPacket, FamilyTimer>,
        fx: &mut Effects<'_, FamilyPacket, FamilyTimer>,
    ) {
        let Some(input) = input.kafka() else { return };
        match self {
            Node::Broker(broker) => broker.on(input, fx),
            Node::Controller(controller) => controller.on(input, fx),
            Node::Producer(producer) => producer.on(input, fx),
            Node::Consumer(consumer) => consumer.on(input, fx),
            Node::ZooKeeper(server) => server.on(input, fx),
        }
    }
}

impl Node {
    /// The broker, if it is one.
    pub fn broker(&self) -> Option<&Broker> {
        match self {
            Node::Broker(broker) => Some(broker),
            _ => None,
        }
    }

    /// The controller, if it is one.
    pub fn controller(&self) -> Option<&Controller> {
        match self {
            Node::Controller(controller) => Some(controller),
            _ => None,
        }
    }

    /// The ZooKeeper, if it is it.
    pub fn zookeeper(&self) -> Option<&Server> {
        match self {
            Node::ZooKeeper(server) => Some(server),
            _ => None,
        }
    }

    /// The producer, if it is one.
    pub fn producer(&self) -> Option<&Producer> {
        match self {
            Node::Producer(producer) => Some(producer),
            _ => None,
        }
    }

    /// The consumer, if it is one.
    pub fn consumer(&self) -> Option<&Consumer> {
        match self {
            Node::Consumer(consumer) => Some(consumer),
            _ => None,
        }
    }
}
