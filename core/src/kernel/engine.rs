//! The engine: takes events from the agenda one by one and lets a model handle them.

use super::{Agenda, Chooser, Digest, Span, Ticket, Time, Trace, Traced};

/// Something that happens to a model at a moment.
pub trait Event {
    /// What the trace keeps of an event: small and `Copy`.
    type Label: Copy;

    /// The event in a few words, for the trace.
    fn label(&self) -> Self::Label;

    /// A number that differs between different events, for the digest.
    fn fingerprint(&self) -> u64;
}

/// A world that changes only by handling events.
pub trait Model {
    /// What happens to it.
    type Event: Event;

    /// Handles one event; further events are scheduled through `kernel`.
    fn handle(&mut self, event: Self::Event, kernel: &mut Kernel<Self::Event>);

    /// Reads what handling this event will need first. It is likely to be the next: what has to be
    /// fetched from far memory is on its way while the present event is handled. A number that
    /// depends on all that was read, so that the compiler cannot leave the reading out.
    #[inline(always)]
    fn fetch_ahead(&self, _event: &Self::Event) -> u64 {
        0
    }
}

#[derive(Clone)]
struct Scheduled<E> {
    cause: u64,
    event: E,
}

/// Time, agenda, choices, causes and digest of a run: what a model may use while it handles an
/// event.
pub struct Kernel<E: Event> {
    now: Time,
    event: u64,
    agenda: Agenda<Scheduled<E>>,
    /// Answers every uncertain question.
    pub chooser: Chooser,
    digest: Digest,
    trace: Trace<E::Label>,
}

impl<E: Event + Clone> Clone for Kernel<E> {
    fn clone(&self) -> Self {
        Kernel {
            now: self.now,
            event: self.event,
            agenda: self.agenda.clone(),
            chooser: self.chooser.clone(),
            digest: self.digest,
            trace: self.trace.clone(),
        }
    }
}

/// How many events the trace keeps unless told otherwise.
pub const TRACE_EVENTS: usize = 64 * 1024;

impl<E: Event> Kernel<E> {
    /// An empty kernel at time zero that keeps `trace` events.
    pub fn new(chooser: Chooser, trace: usize) -> Self {
        Kernel {
            now: Time::ZERO,
            event: 0,
            agenda: Agenda::new(),
            chooser,
            digest: Digest::default(),
            trace: Trace::new(trace),
        }
    }

    /// The moment of the event being handled.
    #[inline]
    pub fn now(&self) -> Time {
        self.now
    }

    /// The number of the event being handled; the first is 1, before it 0.
    #[inline]
    pub fn event(&self) -> u64 {
        self.event
    }

    /// Schedules an event, caused by the one being handled.
    #[inline(always)]
    pub fn schedule(&mut self, time: Time, event: E) -> Ticket {
        let cause = self.event;
        self.agenda.push(time.max(self.now), Scheduled { cause, event })
    }

    /// Schedules an event after a span, caused by the one being handled.
    #[inline(always)]
    pub fn schedule_after(&mut self, span: Span, event: E) -> Ticket {
        self.schedule(self.now + span, event)
    }

    /// Schedules an event that was held back, with the cause it had: it happens now, before
    /// everything else that is still to happen now. Of several, the one put back last is first.
    pub fn put_back(&mut self, cause: u64, event: E) -> Ticket {
        self.agenda.push_first(self.now, Scheduled { cause, event })
    }

    /// Cancels a scheduled event; it is returned unless it has happened or was cancelled before.
    #[inline]
    pub fn cancel(&mut self, ticket: Ticket) -> Option<E> {
        self.agenda.cancel(ticket).map(|scheduled| scheduled.event)
    }

    /// The event that caused the event being handled.
    pub fn cause(&self) -> u64 {
        self.trace.get(self.event).map_or(0, |traced| traced.cause)
    }

    /// When the next event happens.
    pub fn next_time(&self) -> Option<Time> {
        self.agenda.next_time()
    }

    /// How many events are scheduled.
    pub fn scheduled(&self) -> usize {
        self.agenda.len()
    }

    /// Everything that is scheduled, in the order in which it will happen, each with its time and
    /// the event that caused it. For looking at a world, not for running one: it sorts.
    pub fn upcoming(&self) -> Vec<(Time, u64, &E)> {
        let entries = self.agenda.iter().map(|(time, entry)| (time, entry.cause, &entry.event));
        let mut upcoming: Vec<_> = entries.collect();
        upcoming.sort_by_key(|(time, ..)| *time);
        upcoming
    }

    /// The digest of the run so far; models absorb what they state.
    #[inline]
    pub fn digest_mut(&mut self) -> &mut Digest {
        &mut self.digest
    }

    /// The digest of the run so far.
    pub fn digest(&self) -> u64 {
        self.digest.value()
    }

    /// The last events and their causes.
    pub fn trace(&self) -> &Trace<E::Label> {
        &self.trace
    }

    /// Forgets all but the very last events, which changes nothing that happens: for copies that
    /// are kept to go on from, see [`Trace::forget`].
    pub fn forget_trace(&mut self) {
        self.trace.forget();
    }

    /// The next event if it happens at `limit` or before.
    #[inline]
    fn next(&mut self, limit: Time) -> Option<E> {
        let (time, Scheduled { cause, event }) = self.agenda.pop_until(limit)?;
        debug_assert!(time >= self.now);
        self.now = time;
        self.event += 1;
        self.chooser.set_event(self.event);
        self.digest.absorb(time.0 ^ cause.rotate_left(40));
        self.digest.absorb(event.fingerprint());
        self.trace.push(Traced { time, cause, label: event.label() });
        Some(event)
    }

    /// Advances an idle kernel to `time` without handling anything; used at the end of a run.
    pub fn idle_until(&mut self, time: Time) {
        debug_assert!(self.next_time().is_none_or(|next| next >= time));
        self.now = self.now.max(time);
    }
}

/// A model and the kernel that drives it.
pub struct Engine<M: Model> {
    /// The world.
    pub model: M,
    /// Its time, agenda and choices.
    pub kernel: Kernel<M::Event>,
}

impl<M: Model + Clone> Clone for Engine<M>
where
    M::Event: Clone,
{
    fn clone(&self) -> Self {
        Engine { model: self.model.clone(), kernel: self.kernel.clone() }
    }
}

impl<M: Model> Engine<M> {
    /// A model at time zero.
    pub fn new(model: M, kernel: Kernel<M::Event>) -> Self {
        Engine { model, kernel }
    }

    /// Handles the next event; `false` if there is none.
    #[inline]
    pub fn step(&mut self) -> bool {
        self.step_until(Time::NEVER)
    }

    /// Handles the next event if it happens at `limit` or before.
    #[inline]
    fn step_until(&mut self, limit: Time) -> bool {
        match self.kernel.next(limit) {
            Some(event) => {
                let ahead = self.kernel.agenda.glance();
                std::hint::black_box(ahead.map(|next| self.model.fetch_ahead(&next.event)));
                self.model.handle(event, &mut self.kernel);
                true
            }
            None => false,
        }
    }

    /// Handles every event up to and including `time`.
    pub fn run_until(&mut self, time: Time) {
        while self.step_until(time) {}
        self.kernel.idle_until(time);
    }
}

#[cfg(test)]
mod tests;
