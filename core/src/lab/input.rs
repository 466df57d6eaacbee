//! What a person did to a run: actions with the exact place at which they were done.

use crate::kernel::Time;
use crate::scenario::model::Action;

/// An action done by hand, an input of its branch. Inputs of one event keep their order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Intervention {
    /// It was done after this event and before the next.
    pub event: u64,
    /// The simulated moment at which it was done.
    pub time: Time,
    /// What was done.
    pub action: Action,
}

/// A place in a run: after an event and so many interventions.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Position {
    /// The last event handled; 0 before the first.
    pub event: u64,
    /// How many interventions of the branch have been done.
    pub inputs: usize,
    /// The simulated moment, which may lie between two events.
    pub time: Time,
}

/// Where to go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    /// Right after this event and the interventions done there.
    Event(u64),
    /// This moment: after everything that happens at it.
    Time(Time),
    /// The end of the run.
    End,
}
