//! The micro-cases and truth tables of the real broker, and what must hold for any topology.

mod declarations;
mod lifecycle;
mod policies;
mod properties;
mod publishing;
mod routing;
mod tables;

use super::Topology;
use super::binding::Bind;
use super::exchange::{ExchangeDeclare, ExchangeType};
use super::ids::{ConnectionId, QueueId};
use super::queue::{Declarer, QueueDeclare, QueueDeclared};
use super::route::{Choice, Publish};
use crate::brokers::rabbitmq::error::AmqpError;
use crate::brokers::rabbitmq::message::Properties;
use crate::brokers::rabbitmq::value::{Name, Table, Value};
use crate::brokers::rabbitmq::version::RabbitVersion;
use crate::fact::NodeId;

/// The connection of most tests.
const MINE: ConnectionId = ConnectionId(1);
/// Somebody else's.
const OTHER: ConnectionId = ConnectionId(2);

const DECLARER: Declarer = Declarer { connection: MINE, node: NodeId(0), unique: 7 };

/// A message in parts, as tests write it.
#[derive(Clone, Default)]
struct Sent {
    key: &'static str,
    cc: Vec<Name>,
    bcc: Vec<Name>,
    properties: Properties,
}

fn key(key: &'static str) -> Sent {
    Sent { key, ..Sent::default() }
}

fn headers(headers: &[(&str, Value)]) -> Sent {
    let properties = Properties { headers: Some(table(headers)), ..Properties::default() };
    Sent { properties, ..Sent::default() }
}

fn table(fields: &[(&str, Value)]) -> Table {
    fields.iter().map(|(name, value)| ((*name).into(), value.clone())).collect()
}

fn int(n: i64) -> Value {
    Value::Integer(n)
}

fn text(t: &str) -> Value {
    Value::Text(t.into())
}

/// The number `n.0`, or with a fraction: unscaled digits and scale.
fn decimal(unscaled: i64, scale: u8) -> Value {
    Value::Decimal { unscaled, scale }
}

fn old() -> Topology {
    Topology::new(RabbitVersion::V3_10)
}

impl Topology {
    fn add_exchange(&mut self, name: &str, kind: ExchangeType) {
        self.declare_exchange("/", &ExchangeDeclare::durable(name, kind)).expect("it is new");
    }

    fn add_queue(&mut self, name: &str) -> QueueId {
        self.declare(&QueueDeclare::durable(name, Table::new())).expect("it is new")
    }

    fn declare(&mut self, declare: &QueueDeclare) -> Result<QueueId, AmqpError> {
        self.declare_by(declare, MINE)
    }

    fn declare_by(
        &mut self,
        declare: &QueueDeclare,
        connection: ConnectionId,
    ) -> Result<QueueId, AmqpError> {
        match self.declare_queue("/", declare, &Declarer { connection, ..DECLARER })? {
            QueueDeclared::Created(id) | QueueDeclared::Existing(id) => Ok(id),
            QueueDeclared::DirectReply(name) => panic!("{name} is no queue"),
        }
    }

    fn add_binding(&mut self, bind: Bind) {
        self.bind("/", &bind, MINE).expect("both ends are there");
    }

    /// A queue on a direct way from an exchange.
    fn bound(&mut self, exchange: &str, queue: &str, key: &str) {
        if self.queue_id("/", queue).is_none() {
            self.add_queue(queue);
        }
        self.add_binding(Bind::queue(exchange, queue, key));
    }

    /// The names of the queues that get a message; and explanation and index agree on them.
    fn sent(&self, exchange: &str, sent: &Sent) -> Vec<String> {
        let exchange = self.exchange_id("/", exchange).expect("the exchange is there");
        let routing_key: Name = sent.key.into();
        let publish = Publish {
            routing_key: &routing_key,
            cc: &sent.cc,
            bcc: &sent.bcc,
            properties: &sent.properties,
            node: NodeId(0),
        };
        let choose = |choice: Choice| choice.of - 1;
        let routed = self.route(exchange, &publish, choose);
        let mut by_number = routed.queues.to_vec();
        by_number.sort_unstable();
        assert_eq!(self.explain(exchange, &publish, choose).queues(), by_number);
        routed.queues.iter().map(|id| self.queue(*id).name.to_string()).collect()
    }
}

/// The text of an error as the client gets it.
fn refused<T: std::fmt::Debug>(result: Result<T, AmqpError>) -> String {
    let error = result.expect_err("the broker refuses this");
    format!("{} {error}", error.code.number())
}
