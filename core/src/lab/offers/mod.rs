//! What a person can do at this moment with what they have selected, as data for menus.
//!
//! Three menus and the branches: faults, what applications and administrators do, settings. Every
//! entry says in both languages what it is called and what it does; one that would do nothing now
//! says why instead of being left out, so that a menu does not change its shape under a hand and
//! nobody wonders where an entry went. Carrying out an entry is [`Lab::inject`],
//! [`Lab::fork_with_settings`] or [`Lab::fork_with`].
//!
//! | file | menu |
//! |---|---|
//! | `faults.rs` | processes, machines, links, disks, clocks |
//! | `applications.rs` | bursts, restarts of clients, elections by hand |
//! | `settings.rs` | settings with candidate values, and how each takes effect |
//! | `variants.rs` | what-ifs and seeds, each a branch |

mod applications;
mod faults;
mod settings;
#[cfg(test)]
mod tests;
mod variants;

pub(super) use settings::first_problem;
pub use settings::{Candidate, SettingOffer, Takes};
pub use variants::{Variant, VariantOffer};

use super::effect::without_effect;
use super::session::Lab;
use crate::cluster;
use crate::fact::{LaneId, MessageId, NodeId};
use crate::scenario::grammar::ACTIONS;
use crate::scenario::model::{Action, Text};

/// What is selected on the screen.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Selection {
    /// The cluster as a whole.
    #[default]
    Nothing,
    /// A broker, a controller, a producer or a consumer.
    Node(NodeId),
    /// Two nodes and what connects them.
    Link(NodeId, NodeId),
    /// A partition, a queue, a log.
    Lane(LaneId),
    /// One copy of a lane.
    Replica(LaneId, NodeId),
    /// A message, wherever it is.
    Message(MessageId),
}

/// Everything on offer.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Offers {
    /// What can be broken and mended.
    pub faults: Vec<Offer>,
    /// What applications and administrators can do.
    pub applications: Vec<Offer>,
    /// Settings of what is selected.
    pub settings: Vec<SettingOffer>,
    /// What-ifs and seeds of the scenario.
    pub variants: Vec<VariantOffer>,
}

/// Something that can be done now.
#[derive(Clone, PartialEq, Debug)]
pub struct Offer {
    /// The word of the scenario language, such as `power-off`.
    pub name: &'static str,
    /// What it is called in a menu: `Power off broker-1`.
    pub label: Text,
    /// What it does, in one line.
    pub does: Text,
    /// How it can be done; never empty, the most usual first. More than one where there is something
    /// to choose, such as how long it lasts.
    pub choices: Vec<Choice>,
}

/// One way to do it.
#[derive(Clone, PartialEq, Debug)]
pub struct Choice {
    /// What is chosen: `for 5 s`; empty where there is nothing to choose.
    pub label: Text,
    /// What is done.
    pub action: Action,
    /// Why it would do nothing at this moment, if it would.
    pub no_effect: Option<Text>,
}

impl Offer {
    /// Why none of its choices would do anything at this moment, if that is so.
    pub fn no_effect(&self) -> Option<&Text> {
        let idle = self.choices.iter().all(|choice| choice.no_effect.is_some());
        self.choices.first().filter(|_| idle)?.no_effect.as_ref()
    }
}

impl Lab {
    /// What can be done at the present moment with what is selected. Ids that do not exist offer
    /// nothing.
    pub fn offers(&self, selection: Selection) -> Offers {
        let selected = Selected { lab: self, state: self.state(), selection };
        if !selected.exists() {
            return Offers::default();
        }
        Offers {
            faults: faults::faults(&selected),
            applications: applications::applications(&selected),
            settings: settings::settings(&selected),
            variants: match selection {
                Selection::Nothing => variants::variants(self),
                _ => Vec::new(),
            },
        }
    }

    /// Why an action would do nothing at the present moment; `None` if it would do something.
    pub fn without_effect(&self, action: &Action) -> Option<Text> {
        if self.ended().is_some() {
            return Some(Text::new(
                "the run is over; go back to a moment at which something can still happen",
                "运行已经结束，请回到还会有事发生的时刻",
            ));
        }
        without_effect(self.state(), action)
    }
}

/// A selection in a world.
struct Selected<'a> {
    lab: &'a Lab,
    state: &'a cluster::Lab,
    selection: Selection,
}

impl Selected<'_> {
    fn exists(&self) -> bool {
        let directory = &self.state.model.directory;
        let node = |n: NodeId| usize::from(n.0) < directory.nodes.len();
        let lane = |l: LaneId| usize::from(l.0) < directory.lanes.len();
        match self.selection {
            Selection::Nothing => true,
            Selection::Node(n) => node(n),
            Selection::Link(a, b) => node(a) && node(b) && a != b,
            Selection::Lane(l) => lane(l),
            Selection::Replica(l, n) => lane(l) && node(n),
            Selection::Message(m) => m.0 < directory.message_count(),
        }
    }

    fn name(&self, node: NodeId) -> &str {
        self.state.model.directory.node(node)
    }

    fn lane_name(&self, lane: LaneId) -> &str {
        self.state.model.directory.lane(lane)
    }

    /// An offer with one way to do it.
    fn offer(&self, label: Text, action: Action) -> Offer {
        self.offer_of(label, vec![(Text::default(), action)])
    }

    /// An offer with several ways to do it.
    fn offer_of(&self, label: Text, choices: Vec<(Text, Action)>) -> Offer {
        let over = self.lab.ended().is_some();
        let name = choices.first().map_or("say", |(_, action)| action.name());
        let form = ACTIONS.iter().find(|form| form.name == name);
        Offer {
            name,
            label,
            does: form.map_or_else(Text::default, |form| Text::new(form.en, form.zh)),
            choices: choices
                .into_iter()
                .map(|(label, action)| {
                    let no_effect = match over {
                        true => self.lab.without_effect(&action),
                        false => without_effect(self.state, &action),
                    };
                    Choice { label, action, no_effect }
                })
                .collect(),
        }
    }

    /// The producer of a message, and the lane it was put into or will be put into, as far as known.
    fn route(&self, message: MessageId) -> (Option<NodeId>, Option<LaneId>) {
        let world = &self.state.model;
        let blocks = &world.directory.messages;
        let at = blocks.partition_point(|b| b.first <= message);
        let producer = at.checked_sub(1).and_then(|i| blocks.get(i)).map(|b| b.producer);
        let lane = world.ledger.lane_of(message).or_else(|| {
            let producers = world.scenario().producers.iter();
            let producer = producers.into_iter().find(|p| Some(p.node) == producer)?;
            let topic = world.scenario().topics.get(producer.topic)?;
            (topic.partitions == 1).then_some(topic.first_lane)
        });
        (producer, lane)
    }
}
