//! Steps: to the next or the last event, fact or mark.

use super::cursor::Limit;
use super::input::{Position, Target};
use super::{Lab, Mark};
use crate::cluster::History;
use crate::fact::Stated;
use crate::kernel::Time;

/// Where a search for something stopped.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stopped {
    /// At what was looked for.
    Found,
    /// At the beginning or the end of the run: there is no more of it.
    AtTheEdge,
    /// After as many events as were allowed; asking again goes on.
    Paused,
    /// At a question of the lesson that waits for an answer.
    Asked,
}

impl Lab {
    /// One event on.
    pub fn step(&mut self) -> Position {
        self.play(1)
    }

    /// Plays on towards a moment, `events` events at most. Nothing after the moment is played, so
    /// marks and questions there stay unknown.
    pub fn play_towards(&mut self, time: Time, events: u64) -> Position {
        let event = self.position().event.saturating_add(events);
        self.course_mut().explore(Limit { event, time: Some(time) });
        let far = self.course().head().event() >= event;
        self.seek(if far { Target::Event(event) } else { Target::Time(time) });
        if self.position().time > time {
            self.seek(Target::Time(time));
        }
        self.position()
    }

    /// One event back.
    pub fn step_back(&mut self) -> Position {
        self.play_back(1)
    }

    /// So many events back.
    pub fn play_back(&mut self, events: u64) -> Position {
        let event = self.position().event.saturating_sub(events);
        self.seek(Target::Event(event))
    }

    /// To the next event that states a fact, looking at `most` events at most.
    pub fn next_fact(&mut self, most: u64) -> Stopped {
        let here = self.position().event;
        let head = &self.course().head().state.model;
        let known = head.kept_facts().map_or(0, History::covers_from);
        if here < known.saturating_sub(1) {
            return self.next_old_fact(most);
        }
        self.search(here, most, |lab| {
            let history = lab.course().head().state.model.kept_facts()?;
            history.after(here).map(|stated| stated.event)
        })
    }

    /// The same where the facts that follow are no longer kept: they are stated again.
    fn next_old_fact(&mut self, most: u64) -> Stopped {
        let last = self.position().event.saturating_add(most);
        let stated = |lab: &Lab| lab.state().model.kept_facts().map_or(0, History::total);
        let before = stated(self);
        while stated(self) == before {
            let event = self.position().event;
            if event >= last {
                return Stopped::Paused;
            }
            if self.step().event == event {
                return Stopped::AtTheEdge;
            }
        }
        Stopped::Found
    }

    /// To the last event before this that stated a fact.
    pub fn last_fact(&mut self) -> Stopped {
        let here = self.position().event;
        let history = self.state().model.kept_facts();
        self.back_to(history.and_then(|history| history.before(here)).map(|stated| stated.event))
    }

    /// To the next mark that `wanted` accepts, looking at `most` events at most.
    pub fn next_mark(&mut self, most: u64, wanted: impl Fn(&Mark) -> bool) -> Stopped {
        let here = self.position().event;
        self.search(here, most, |lab| {
            let marks = &lab.course().watch().marks;
            // Marks are in the order of events, and the newest ones are asked for while playing on.
            let later = marks.iter().rev().take_while(|mark| mark.event > here);
            later.filter(|mark| wanted(mark)).last().map(|mark| mark.event)
        })
    }

    /// To the last mark before this that `wanted` accepts.
    pub fn last_mark(&mut self, wanted: impl Fn(&Mark) -> bool) -> Stopped {
        let here = self.position().event;
        let before = |mark: &&Mark| mark.event < here && wanted(mark);
        let event = self.marks().rev().find(before).map(|mark| mark.event);
        self.back_to(event)
    }

    /// The facts stated at this event, interventions included.
    pub fn facts_here(&self) -> impl Iterator<Item = &Stated> {
        let event = self.position().event;
        let history = self.state().model.kept_facts();
        let facts = history.into_iter().flat_map(|h| h.iter().rev());
        let mut facts: Vec<&Stated> = facts.take_while(|stated| stated.event >= event).collect();
        facts.reverse();
        facts.into_iter()
    }

    fn back_to(&mut self, event: Option<u64>) -> Stopped {
        self.seek(Target::Event(event.unwrap_or(0)));
        if event.is_some() { Stopped::Found } else { Stopped::AtTheEdge }
    }

    /// Goes to the event that `find` knows, playing on until it knows one.
    fn search(&mut self, here: u64, most: u64, find: impl Fn(&Lab) -> Option<u64>) -> Stopped {
        let last = here.saturating_add(most);
        loop {
            if let Some(event) = find(self) {
                if event > last {
                    self.seek(Target::Event(last));
                    return Stopped::Paused;
                }
                self.seek(Target::Event(event));
                return Stopped::Found;
            }
            let head = self.course().head().event();
            if head >= last {
                self.seek(Target::Event(last));
                return Stopped::Paused;
            }
            let limit = Limit { event: head + 1, time: None };
            self.course_mut().explore(limit);
            let head_again = self.course().head();
            if head_again.event() == head && self.held().is_some() {
                self.seek(Target::End);
                return Stopped::Asked;
            }
            if head_again.event() == head && head_again.ended().is_some() {
                self.seek(Target::End);
                return Stopped::AtTheEdge;
            }
        }
    }
}
