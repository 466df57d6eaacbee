//! One course of a run: a world at its start, the interventions done to it, and ways to be at any
//! place of it.
//!
//! `head` is the furthest place played so far; marks are noted there, once. `here` is where the
//! person is. Every other place is reached from the nearest snapshot by playing again.

use super::cursor::{Cursor, Limit};
use super::input::{Intervention, Target};
use super::snapshots::{COARSE_EVENTS, FINE_EVENTS, Snapshots, next_fine};
use super::watch::Watch;
use crate::cluster::{self, build_for_lab};
use crate::kernel::Time;
use crate::scenario::Scenario;
use crate::scenario::model::Action;
use std::sync::Arc;

/// See the module text. A copy shares snapshots and logs with the original.
#[derive(Clone)]
pub(super) struct Course {
    pub scenario: Arc<Scenario>,
    pub seed: u64,
    /// In the order in which they are done.
    pub inputs: Vec<Intervention>,
    snapshots: Snapshots,
    head: Cursor,
    watch: Watch,
    here: Cursor,
    /// Events between two coarse snapshots.
    every: u64,
    /// Questions at which the head stops, by their numbers.
    pub open: Vec<usize>,
}

impl Course {
    pub fn new(scenario: Arc<Scenario>, seed: u64) -> Course {
        let head = Cursor::new(build_for_lab(&scenario, seed));
        let watch = Watch::new(&scenario);
        let mut snapshots = Snapshots::default();
        snapshots.keep(&head, &watch);
        let here = head.clone();
        Course {
            scenario,
            seed,
            inputs: Vec::new(),
            snapshots,
            head,
            watch,
            here,
            every: COARSE_EVENTS,
            open: Vec::new(),
        }
    }

    /// Takes snapshots so many events apart from now on.
    pub fn space_snapshots(&mut self, events: u64) {
        self.every = events.max(1);
    }

    /// Keeps only so many facts of a run that has not been played yet.
    #[cfg(test)]
    pub fn keep_facts(&mut self, most: usize) {
        self.head.state.model.keep_facts(most);
        self.snapshots = Snapshots::default();
        self.snapshots.keep(&self.head, &self.watch);
        self.here = self.head.clone();
    }

    pub fn here(&self) -> &Cursor {
        &self.here
    }

    pub fn head(&self) -> &Cursor {
        &self.head
    }

    pub fn watch(&self) -> &Watch {
        &self.watch
    }

    pub fn snapshots(&self) -> &Snapshots {
        &self.snapshots
    }

    // ── going ────────────────────────────────────────────────────────────────────────────────

    /// Goes to a place; past the end it goes to the end.
    pub fn seek(&mut self, target: Target) {
        match target {
            Target::End => self.seek_forward(Limit { event: u64::MAX, time: None }),
            Target::Event(event) if event >= self.head.event() => {
                self.seek_forward(Limit { event, time: None });
            }
            Target::Event(event) => {
                let near = self.snapshots.nearest(event);
                let own =
                    (self.here.event() <= event && self.is_plain_here()).then_some(&self.here);
                let from = near.into_iter().chain(own).max_by_key(|c| c.event()).cloned();
                self.replay(from, Limit { event, time: None });
            }
            Target::Time(time) if time >= self.head.now() => {
                self.seek_forward(Limit { event: u64::MAX, time: Some(time) });
            }
            Target::Time(time) => {
                let near = self.snapshots.nearest_time(time);
                let own = (self.here.now() <= time).then_some(&self.here);
                let from = near.into_iter().chain(own).max_by_key(|c| c.event()).cloned();
                self.replay(from, Limit { event: u64::MAX, time: Some(time) });
            }
        }
    }

    /// Whether no time has passed here since the last event: only then is this the place that the
    /// event alone names.
    fn is_plain_here(&self) -> bool {
        let kernel = &self.here.state.kernel;
        let last = kernel.trace().get(kernel.event()).map_or(Time::ZERO, |traced| traced.time);
        last == kernel.now()
    }

    /// Lets time pass here, as far as nothing happens.
    pub fn idle(&mut self, until: Time) {
        self.here.idle(Some(until));
    }

    fn seek_forward(&mut self, limit: Limit) {
        self.explore(limit);
        self.here = self.head.clone();
        let held = self.held().and_then(|question| self.watch.asked.place(question));
        match (limit.time, held) {
            (Some(time), Some(held)) => self.here.idle(Some(time.min(held.time))),
            (None, Some(held)) => self.here.idle(Some(held.time)),
            (time, None) => self.here.idle(time),
        }
    }

    /// The question at which the head waits for an answer.
    pub fn held(&self) -> Option<usize> {
        let asked = |question: &usize| self.watch.asked.place(*question).is_some();
        self.open.iter().copied().find(asked)
    }

    /// Plays again from a snapshot, leaving fine snapshots on the way.
    fn replay(&mut self, from: Option<Cursor>, limit: Limit) {
        let Some(mut cursor) = from else { return };
        let snapshots = &mut self.snapshots;
        // Where only a moment is asked for, nobody knows at which event it will be.
        let next = |event| match limit.time {
            None => next_fine(event, limit.event),
            Some(_) => next_fine(event, u64::MAX),
        };
        cursor.play(&self.inputs, limit, next, |cursor| snapshots.keep_fine(cursor));
        self.here = cursor;
    }

    /// Plays the head on, noting what happens.
    pub fn explore(&mut self, limit: Limit) {
        let near = limit.event.saturating_sub(COARSE_EVENTS);
        while self.explore_once(limit) {
            let event = self.head.event();
            if limit.event != u64::MAX && event >= near && event.is_multiple_of(FINE_EVENTS) {
                self.snapshots.keep_fine(&self.head);
            }
        }
    }

    /// Plays the head to the end of the run, for as long as `go_on` says so; whether it came there.
    /// The person stays where they are. It is asked every so many events, with the number of the
    /// last one.
    pub fn finish_while(&mut self, go_on: &mut dyn FnMut(u64) -> bool) -> bool {
        const LOOK_EVENTS: u64 = 32_768;
        while self.head.ended().is_none() || self.head.waits(&self.inputs) {
            let event = self.head.event();
            if !go_on(event) {
                return false;
            }
            let limit = Limit { event: event.saturating_add(LOOK_EVENTS), time: None };
            while self.explore_once(limit) {}
            if self.head.event() == event {
                break;
            }
        }
        true
    }

    /// Handles the next event of the head, unless it is at the limit or at the end.
    pub fn explore_once(&mut self, limit: Limit) -> bool {
        self.head.do_due(&self.inputs, limit.time);
        self.watch.look(&self.head.state);
        if self.head.event() >= limit.event
            || self.head.waits(&self.inputs)
            || self.held().is_some()
        {
            return false;
        }
        let next = self.head.state.kernel.next_time();
        if limit.time.is_some_and(|until| next.is_none_or(|next| next > until)) {
            return false;
        }
        if self.head.ended().is_some() {
            return false;
        }
        // The head never idles: it stands at an event, where snapshots can be taken.
        let to = self.head.event() + 1;
        crate::cluster::run::play(&mut self.head.state, None, to);
        if self.head.event() < to {
            return false;
        }
        if to.is_multiple_of(self.every) {
            self.watch.look(&self.head.state);
            self.check();
            self.snapshots.keep(&self.head, &self.watch);
        }
        // Interventions at the limit belong to it, and so do their facts.
        if to >= limit.event {
            return self.explore_once(limit);
        }
        true
    }

    /// In debug builds: playing again from the last snapshot comes to the same world.
    fn check(&self) {
        if cfg!(debug_assertions)
            && let Some(before) = self.snapshots.coarse_at(self.head.event() - 1)
        {
            let mut again = before.cursor.clone();
            let limit = Limit { event: self.head.event() - 1, time: None };
            again.play(&self.inputs, limit, |_| u64::MAX, |_| ());
            crate::cluster::run::play(&mut again.state, None, self.head.event());
            debug_assert_eq!(
                again.state.kernel.digest(),
                self.head.state.kernel.digest(),
                "event {} is another one when it is played again",
                self.head.event(),
            );
        }
    }

    /// The world right after an event, with at least so many events played before it, if there were
    /// so many: the facts and causes of these are known. The person stays where they are.
    pub fn world_at(&self, event: u64, before: u64) -> Option<cluster::Lab> {
        let mut cursor = self.snapshots.nearest(event.saturating_sub(before))?.clone();
        cursor.play(&self.inputs, Limit { event, time: None }, |_| u64::MAX, |_| ());
        Some(cursor.state)
    }

    // ── changing ─────────────────────────────────────────────────────────────────────────────

    /// Does something here, after which the course goes on from here. All interventions of the
    /// course must lie behind; `Err` says why nothing happened, and then nothing has changed.
    pub fn inject(&mut self, action: Action) -> Result<Intervention, String> {
        let event = self.here.event();
        let time = self.here.time_of_intervention();
        self.rewind(event);
        let mut head = self.head.clone();
        head.intervene(&action, time)?;
        // Where time had to stand still for the events around, it is the world's time that counts.
        let time = head.now();
        head.inputs += 1;
        self.head = head;
        self.watch.look(&self.head.state);
        self.here = self.head.clone();
        let input = Intervention { event, time, action };
        self.inputs.push(input.clone());
        Ok(input)
    }

    /// Takes back the last intervention and goes to where it was done.
    pub fn retract(&mut self) -> Option<Intervention> {
        let input = self.inputs.pop()?;
        self.snapshots.forget_after(input.event);
        self.restart_head(input.event);
        self.here = self.head.clone();
        Some(input)
    }

    /// Does an intervention again that was taken back.
    pub fn repeat(&mut self, input: &Intervention) -> Result<Intervention, String> {
        self.seek(Target::Event(input.event));
        self.here.idle(Some(input.time));
        self.inject(input.action.clone())
    }

    /// A course that shares everything up to here with this one, and knows nothing of what this one
    /// does later.
    pub fn branch(&self) -> Course {
        let mut course = self.clone();
        course.inputs.truncate(self.here.inputs);
        course.rewind(self.here.event());
        course
    }

    /// The same for a place at which the person is not: after an event and so many interventions.
    pub fn branch_at(&self, event: u64, inputs: usize, time: Time) -> Course {
        let mut course = self.clone();
        course.inputs.truncate(inputs);
        course.snapshots.forget_after(event);
        course.restart_head(event);
        course.here = course.head.clone();
        course.here.idle(Some(time));
        course
    }

    /// Makes the head stand at the event where the person is, with the interventions done there.
    fn rewind(&mut self, event: u64) {
        let there = self.head.event() == event && self.head.inputs == self.here.inputs;
        self.snapshots.forget_after(event);
        if !there || self.inputs.len() > self.here.inputs {
            self.restart_head(event);
        }
    }

    fn restart_head(&mut self, event: u64) {
        if let Some(snapshot) = self.snapshots.coarse_at(event) {
            self.head = snapshot.cursor.clone();
            self.watch = snapshot.watch.clone();
        }
        self.explore(Limit { event, time: None });
    }
}
