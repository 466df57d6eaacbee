//! Virtual hosts: each has exchanges, queues and policies of its own.
//!
//! Source: `rabbit_vhost.erl`, `rabbit_vhost_limit.erl`.

use super::Topology;
use super::ids::{ExchangeId, QueueId};
use super::policy::{Applied, Policies};
use super::queue::QueueType;
use crate::brokers::rabbitmq::error::{AmqpError, ReplyCode};
use crate::brokers::rabbitmq::value::Name;
use crate::brokers::rabbitmq::version::RabbitVersion;
use std::sync::Arc;

/// A vhost.
#[derive(Clone, Debug)]
pub struct Vhost {
    /// Its name; `/` is there from the start.
    pub name: Name,
    /// The type of queues that are declared without one (3.11). `None`: classic.
    pub default_queue_type: Option<QueueType>,
    /// `max-queues` of its limits: the most queues it may have. `None`: no limit.
    pub max_queues: Option<u64>,
    /// `max-connections` of its limits: the most connections to it. `None`: no limit.
    pub max_connections: Option<u64>,
    pub(super) exchanges: imbl::OrdMap<Name, ExchangeId>,
    pub(super) queues: imbl::OrdMap<Name, QueueId>,
    pub(super) policies: Policies,
    pub(super) operator_policies: Policies,
}

impl Vhost {
    pub(super) fn policies_of_exchange(&self, name: &str) -> Applied {
        Applied {
            policy: self.policies.for_exchange(name),
            operator_policy: self.operator_policies.for_exchange(name),
        }
    }

    pub(super) fn policies_of_queue(
        &self,
        name: &str,
        kind: QueueType,
        version: RabbitVersion,
    ) -> Applied {
        Applied {
            policy: self.policies.for_queue(name, kind, version),
            operator_policy: self.operator_policies.for_queue(name, kind, version),
        }
    }
}

impl Topology {
    /// Adds a vhost with its predeclared exchanges. `false` if it was there.
    pub fn add_vhost(&mut self, name: &str) -> bool {
        if self.vhosts.contains_key(name) {
            return false;
        }
        let vhost = Vhost {
            name: name.into(),
            default_queue_type: None,
            max_queues: None,
            max_connections: None,
            exchanges: imbl::OrdMap::new(),
            queues: imbl::OrdMap::new(),
            policies: Policies::default(),
            operator_policies: Policies::default(),
        };
        self.vhosts.insert(name.into(), Arc::new(vhost));
        self.predeclare(name);
        true
    }

    /// A vhost.
    pub fn vhost(&self, name: &str) -> Option<&Arc<Vhost>> {
        self.vhosts.get(name)
    }

    /// All vhosts, by name.
    pub fn vhosts(&self) -> impl Iterator<Item = &Arc<Vhost>> {
        self.vhosts.values()
    }

    /// Changes what a vhost is set to. `false` if there is none of that name.
    pub fn configure_vhost(&mut self, name: &str, change: impl FnOnce(&mut Vhost)) -> bool {
        let Some(vhost) = self.vhosts.get_mut(name) else { return false };
        change(Arc::make_mut(vhost));
        true
    }

    /// `connection.open` of a vhost.
    ///
    /// Errors: 530 if it does not exist.
    pub fn vhost_or_refuse(&self, name: &str) -> Result<&Arc<Vhost>, AmqpError> {
        self.vhosts
            .get(name)
            .ok_or_else(|| AmqpError::new(ReplyCode::NotAllowed, format!("vhost {name} not found")))
    }
}
