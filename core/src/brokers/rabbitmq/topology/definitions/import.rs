//! Importing definitions into a topology.

use super::{Defined, Definitions, DefinitionsError};
use crate::brokers::rabbitmq::error::AmqpError;
use crate::brokers::rabbitmq::topology::Topology;
use crate::brokers::rabbitmq::topology::binding::DestinationName;
use crate::brokers::rabbitmq::topology::ids::ConnectionId;
use crate::brokers::rabbitmq::topology::policy::{ApplyTo, PolicyDefinition};
use crate::brokers::rabbitmq::value::Name;
use crate::fact::NodeId;

/// Why a part was passed over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Skipped {
    /// Its name begins with `amq.`, or it is the default exchange.
    Reserved,
    /// An exchange or queue of that name is there, and is left as it is.
    Exists,
    /// A binding of an exchange or queue that does not exist.
    NoSuchEnd,
}

/// What an import did.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Imported {
    /// Queues that were created.
    pub queues: usize,
    /// Exchanges that were created.
    pub exchanges: usize,
    /// Bindings that were created.
    pub bindings: usize,
    /// Policies that were set.
    pub policies: usize,
    /// Places that were passed over.
    pub skipped: Vec<(String, Skipped)>,
}

impl Definitions {
    /// Imports all parts in the broker's order: vhosts, exchanges, policies, parameters, queues,
    /// bindings. Nothing is deleted. Queues and exchanges that are there stay as they are, policies
    /// are set anew. `into` is the vhost of what names none; new queues are at home on `node`.
    ///
    /// Errors: an unknown vhost, an exchange type, argument or policy that the broker refuses, more
    /// queues than a vhost may have. What was imported before stays.
    pub fn import(
        &self,
        topology: &mut Topology,
        into: &str,
        node: NodeId,
    ) -> Result<Imported, DefinitionsError> {
        let mut imported = Imported::default();
        for vhost in &self.vhosts {
            topology.add_vhost(&vhost.name);
            topology.configure_vhost(&vhost.name, |is| {
                is.default_queue_type = vhost.default_queue_type.or(is.default_queue_type);
                is.max_queues = vhost.limits.max_queues.or(is.max_queues);
                is.max_connections = vhost.limits.max_connections.or(is.max_connections);
            });
        }
        self.check_limits(topology, into)?;
        for exchange in &self.exchanges {
            let (vhost, declare) = (exchange.vhost(topology, into)?, &exchange.what);
            if declare.name.is_empty() || declare.name.starts_with("amq.") {
                imported.skip(&exchange.place, Skipped::Reserved);
            } else if topology.exchange_id(&vhost, &declare.name).is_some() {
                imported.skip(&exchange.place, Skipped::Exists);
            } else {
                topology.declare_exchange(&vhost, declare).map_err(|e| exchange.refused(&e))?;
                imported.exchanges += 1;
            }
        }
        for policy in &self.policies {
            let (vhost, written) = (policy.vhost(topology, into)?, &policy.what);
            let wrong = |text| DefinitionsError { place: policy.place.clone(), text };
            let apply_to =
                ApplyTo::from_word(&written.apply_to, topology.version()).map_err(wrong)?;
            let definition = PolicyDefinition {
                name: written.name.clone(),
                pattern: written.pattern.clone(),
                apply_to,
                priority: written.priority,
                definition: written.definition.clone(),
            };
            topology.set_policy(&vhost, written.kind, definition).map_err(wrong)?;
            imported.policies += 1;
        }
        for limits in &self.limits {
            let vhost = limits.vhost(topology, into)?;
            topology.configure_vhost(&vhost, |is| {
                is.max_queues = limits.what.max_queues;
                is.max_connections = limits.what.max_connections;
            });
        }
        for queue in &self.queues {
            let (vhost, what) = (queue.vhost(topology, into)?, &queue.what);
            if what.name.starts_with("amq.") {
                imported.skip(&queue.place, Skipped::Reserved);
            } else if topology.queue_id(&vhost, &what.name).is_some() {
                imported.skip(&queue.place, Skipped::Exists);
            } else {
                topology
                    .create_queue(
                        &vhost,
                        what.name.clone(),
                        what.durable,
                        what.auto_delete,
                        None,
                        what.arguments.clone(),
                        node,
                    )
                    .map_err(|e| queue.refused(&e))?;
                imported.queues += 1;
            }
        }
        for binding in &self.bindings {
            let (vhost, bind) = (binding.vhost(topology, into)?, &binding.what);
            let there = match &bind.destination {
                DestinationName::Queue(name) => topology.queue_id(&vhost, name).is_some(),
                DestinationName::Exchange(name) => topology.exchange_id(&vhost, name).is_some(),
            };
            if !there || topology.exchange_id(&vhost, &bind.source).is_none() {
                imported.skip(&binding.place, Skipped::NoSuchEnd);
                continue;
            }
            // An import binds for nobody: it owns no exclusive queue.
            let nobody = ConnectionId(u64::MAX);
            match topology.bind(&vhost, bind, nobody).map_err(|e| binding.refused(&e))? {
                true => imported.bindings += 1,
                false => imported.skip(&binding.place, Skipped::Exists),
            }
        }
        Ok(imported)
    }

    /// `validate_limits/1`: all new queues of a vhost fit, or nothing that follows is imported.
    fn check_limits(&self, topology: &Topology, into: &str) -> Result<(), DefinitionsError> {
        for vhost in topology.vhosts() {
            let Some(most) = vhost.max_queues else { continue };
            let new = self.queues.iter().filter(|queue| {
                let of = queue.vhost.as_deref().unwrap_or(into);
                *of == *vhost.name && topology.queue_id(of, &queue.what.name).is_none()
            });
            let (new, is) = (new.count() as u64, topology.queues(&vhost.name).count() as u64);
            if new > 0 && is + new > most {
                return Err(DefinitionsError {
                    place: "queues".into(),
                    text: format!(
                        "Adding {new} queue(s) to virtual host \"{}\" would exceed the limit of \
                         {most} queue(s). This virtual host currently has {is} queue(s) defined. \
                         Import aborted!",
                        vhost.name
                    ),
                });
            }
        }
        Ok(())
    }
}

impl<T> Defined<T> {
    fn vhost(&self, topology: &Topology, into: &str) -> Result<Name, DefinitionsError> {
        let name: Name = match &self.vhost {
            Some(name) => name.clone(),
            None => into.into(),
        };
        match topology.vhost(&name) {
            Some(_) => Ok(name),
            None => Err(DefinitionsError {
                place: format!("{}.vhost", self.place),
                text: format!("the virtual host \"{name}\" does not exist"),
            }),
        }
    }

    fn refused(&self, error: &AmqpError) -> DefinitionsError {
        DefinitionsError { place: self.place.clone(), text: error.text.clone() }
    }
}

impl Imported {
    fn skip(&mut self, place: &str, why: Skipped) {
        self.skipped.push((place.into(), why));
    }
}
