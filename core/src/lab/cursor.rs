//! A world at one place of a run, and how to play it on so that interventions come where they came.

use super::input::{Intervention, Position};
use crate::cluster;
use crate::cluster::run::{Ended, play};
use crate::kernel::{Kernel, Time};
use crate::scenario::model::Action;

/// Facts that a copy kept to go on from has of its past: more than a screen shows.
pub(super) const LAST_FACTS: usize = 64;

/// See the module text. A copy costs microseconds.
#[derive(Clone)]
pub(super) struct Cursor {
    pub state: cluster::Lab,
    /// How many interventions of the course have been done.
    pub inputs: usize,
}

/// How far to play: both bounds hold.
#[derive(Clone, Copy)]
pub(super) struct Limit {
    pub event: u64,
    pub time: Option<Time>,
}

impl Cursor {
    pub fn new(state: cluster::Lab) -> Cursor {
        Cursor { state, inputs: 0 }
    }

    /// A copy to go on from, without the past that is played again anyway.
    pub fn light(&self) -> Cursor {
        let mut copy = self.clone();
        copy.state.kernel.forget_trace();
        if copy.forgets_facts() {
            copy.state.model.forget_facts(LAST_FACTS);
        }
        copy
    }

    /// Whether the run has grown beyond the facts that are kept of it: then copies that hold on to
    /// old ones would together keep them all.
    pub fn forgets_facts(&self) -> bool {
        self.state.model.kept_facts().is_some_and(|history| history.gone() > 0)
    }

    pub fn event(&self) -> u64 {
        self.state.kernel.event()
    }

    pub fn now(&self) -> Time {
        self.state.kernel.now()
    }

    pub fn position(&self) -> Position {
        Position { event: self.event(), inputs: self.inputs, time: self.now() }
    }

    /// Why the run is over here, if it is.
    pub fn ended(&self) -> Option<Ended> {
        let world = &self.state.model;
        if world.is_over() {
            return Some(if world.is_quiet() { Ended::Quiet } else { Ended::AtEnd });
        }
        if self.event() >= world.scenario().max_events {
            return Some(Ended::Budget);
        }
        self.state.kernel.next_time().is_none().then_some(Ended::Quiet)
    }

    /// When something done by hand here happens. A step of a file that is to do the same can only
    /// come before everything else of its instant, so it is the next instant unless more happens in
    /// this one.
    pub fn time_of_intervention(&self) -> Time {
        let kernel = &self.state.kernel;
        let happened = match kernel.event() {
            0 => None,
            event => kernel.trace().get(event).map(|traced| traced.time),
        };
        let between = happened.is_none_or(|last| last < kernel.now());
        if between || kernel.next_time().is_some_and(|next| next <= kernel.now()) {
            return kernel.now();
        }
        Time(kernel.now().0.saturating_add(1))
    }

    /// Does something at `time`, or as near to it as the events around allow.
    pub fn intervene(&mut self, action: &Action, time: Time) -> Result<(), String> {
        idle(&mut self.state.kernel, time);
        self.state.model.intervene(action, &mut self.state.kernel)
    }

    /// Does the interventions that come after the event handled last.
    pub fn do_due(&mut self, inputs: &[Intervention], until: Option<Time>) {
        while let Some(input) = inputs.get(self.inputs) {
            if input.event > self.event() || until.is_some_and(|until| input.time > until) {
                break;
            }
            self.inputs += 1;
            // What had no effect when it was done has none now; see `Course::inject`.
            let _ = self.intervene(&input.action, input.time);
        }
    }

    /// Whether an intervention comes here, later than the moment played to.
    pub fn waits(&self, inputs: &[Intervention]) -> bool {
        inputs.get(self.inputs).is_some_and(|input| input.event <= self.event())
    }

    /// Plays to `limit`, calling `stop` at the events that `next` names, each time asked for the next
    /// after one, before interventions done there.
    pub fn play(
        &mut self,
        inputs: &[Intervention],
        limit: Limit,
        next: impl Fn(u64) -> u64,
        mut stop: impl FnMut(&Cursor),
    ) {
        let mut halt = next(self.event());
        loop {
            self.do_due(inputs, limit.time);
            if self.waits(inputs) {
                self.idle(limit.time);
                return;
            }
            if self.event() >= limit.event {
                // The moment asked for may be later than the event.
                return;
            }
            let event = self.event();
            let mut to = limit.event.min(halt);
            to = to.min(self.state.model.scenario().max_events);
            if let Some(input) = inputs.get(self.inputs) {
                to = to.min(input.event);
            }
            let ended = play(&mut self.state, limit.time, to);
            if self.event() > event && self.event() >= halt {
                stop(self);
                halt = next(self.event());
            }
            if ended != Ended::Budget || self.ended().is_some() {
                return;
            }
        }
    }

    /// Lets time pass to `until`, as far as nothing happens before.
    pub fn idle(&mut self, until: Option<Time>) {
        if let Some(until) = until {
            idle(&mut self.state.kernel, until);
        }
    }
}

fn idle<E: crate::kernel::Event>(kernel: &mut Kernel<E>, time: Time) {
    let next = kernel.next_time().unwrap_or(Time::NEVER);
    kernel.idle_until(time.min(next));
}
