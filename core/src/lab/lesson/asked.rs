//! At which event of a run each question is asked.
//!
//! Found while the run is played for the first time, where the roles in an anchor mean who they
//! mean at that moment.

use super::Place;
use crate::cluster::World;
use crate::fact::Stated;
use crate::kernel::Time;
use crate::scenario::Scenario;
use crate::scenario::model::{Anchor, Trigger};

/// What is waited for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Awaited {
    /// So many more facts of the question's anchor.
    Facts(u32),
    /// A moment.
    Moment(Time),
    /// It has been asked.
    Asked(Place),
}

/// The questions of a scenario in one run, as far as it was played.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(in crate::lab) struct Asked {
    questions: Vec<Awaited>,
    /// How many of them wait for facts.
    waiting: usize,
}

impl Asked {
    pub fn new(scenario: &Scenario) -> Asked {
        let questions = scenario.predictions.iter().map(|prediction| match &prediction.at {
            Trigger::At(span) => Awaited::Moment(Time::ZERO + *span),
            Trigger::After { anchor, .. } | Trigger::Before(anchor) => {
                Awaited::Facts(anchor.nth.max(1))
            }
        });
        let questions: Vec<Awaited> = questions.collect();
        let waiting = questions.iter().filter(|q| matches!(q, Awaited::Facts(_))).count();
        Asked { questions, waiting }
    }

    /// Whether some question still waits for a fact.
    pub fn waits(&self) -> bool {
        self.waiting > 0
    }

    /// A fact was stated.
    pub fn hear(&mut self, stated: &Stated, world: &World) {
        let scenario = world.scenario();
        for (question, prediction) in self.questions.iter_mut().zip(&scenario.predictions) {
            let Awaited::Facts(left) = question else { continue };
            let Some(anchor) = anchor(&prediction.at) else { continue };
            if !world.matches(anchor, &stated.fact) {
                continue;
            }
            *left -= 1;
            if *left == 0 {
                let (event, time) = (stated.event, stated.time);
                *question = Awaited::Asked(Place { event, time, stated: Some(*stated) });
                self.waiting -= 1;
            }
        }
    }

    /// The run stands after `event`, and the next event, if there is one, happens at `next`:
    /// questions about a moment in between are asked here.
    pub fn pass(&mut self, event: u64, next: Option<Time>) {
        for question in &mut self.questions {
            if let Awaited::Moment(time) = *question
                && next.is_none_or(|next| next > time)
            {
                *question = Awaited::Asked(Place { event, time, stated: None });
            }
        }
    }

    /// Where a question is asked, if the run has come to it.
    pub fn place(&self, number: usize) -> Option<Place> {
        match self.questions.get(number)? {
            Awaited::Asked(place) => Some(*place),
            _ => None,
        }
    }
}

fn anchor(trigger: &Trigger) -> Option<&Anchor> {
    match trigger {
        Trigger::After { anchor, .. } | Trigger::Before(anchor) => Some(anchor),
        Trigger::At(_) => None,
    }
}
