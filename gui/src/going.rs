//! Going somewhere in portions: a frame never waits for a run to be played.

use mqlab::kernel::Time;
use mqlab::lab::{Lab, MarkKind, Stopped, Target};
use std::time::{Duration, Instant};

/// How long one frame may spend on going somewhere.
const SHARE: Duration = Duration::from_millis(8);
/// Events played without looking at the clock, at first.
const FEW: u64 = 256;

/// Forwards or backwards.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    Forth,
    Back,
}

/// Where to go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Goal {
    /// So many facts.
    Facts(Way, u64),
    /// So many events.
    Events(Way, u64),
    Mark(Way),
    Anomaly(Way),
    To(Target),
    /// On to the next question, or to the end.
    Question,
}

/// What came of going.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Arrived {
    /// There.
    There,
    /// There is no more of what was looked for.
    Edge,
    /// A question waits.
    Asked,
}

/// A journey under way.
#[derive(Clone, Debug)]
pub struct Going {
    goal: Goal,
    portion: u64,
}

impl Going {
    pub fn new(goal: Goal) -> Going {
        Going { goal, portion: FEW }
    }

    /// Goes on for about [`SHARE`]; `None` if there is more to go.
    pub fn on(&mut self, lab: &mut Lab) -> Option<Arrived> {
        let begun = Instant::now();
        loop {
            let arrived = self.portion(lab);
            if arrived.is_some() || begun.elapsed() > SHARE {
                if begun.elapsed() > SHARE * 2 {
                    self.portion = (self.portion / 2).max(FEW);
                }
                return arrived;
            }
            self.portion = self.portion.saturating_mul(2).min(1 << 20);
        }
    }

    fn portion(&mut self, lab: &mut Lab) -> Option<Arrived> {
        let most = self.portion;
        match &mut self.goal {
            Goal::Facts(_, 0) | Goal::Events(_, 0) => Some(Arrived::There),
            Goal::Facts(Way::Forth, left) => {
                let stopped = lab.next_fact(most);
                *left -= u64::from(stopped == Stopped::Found);
                if *left == 0 { Some(Arrived::There) } else { arrived(stopped, true) }
            }
            Goal::Facts(Way::Back, left) => {
                let stopped = lab.last_fact();
                *left -= 1;
                if *left == 0 { Some(Arrived::There) } else { arrived(stopped, true) }
            }
            Goal::Events(Way::Back, n) => {
                lab.play_back(*n);
                Some(Arrived::There)
            }
            Goal::Events(Way::Forth, n) => {
                let event = lab.position().event.saturating_add(*n);
                self.goal = Goal::To(Target::Event(event));
                None
            }
            Goal::Mark(Way::Forth) => arrived(lab.next_mark(most, |_| true), false),
            Goal::Mark(Way::Back) => arrived(lab.last_mark(|_| true), false),
            Goal::Anomaly(Way::Forth) => {
                arrived(lab.next_mark(most, |mark| is_anomaly(mark.kind)), false)
            }
            Goal::Anomaly(Way::Back) => arrived(lab.last_mark(|mark| is_anomaly(mark.kind)), false),
            Goal::Question => forth(lab, most, u64::MAX, None),
            Goal::To(target) => {
                let (target, furthest) = (*target, lab.furthest());
                match target {
                    Target::Event(event) if event > furthest.event => forth(lab, most, event, None),
                    Target::Time(time) if time > furthest.time => {
                        forth(lab, most, u64::MAX, Some(time))
                    }
                    Target::End => forth(lab, most, u64::MAX, None),
                    near => {
                        lab.seek(near);
                        Some(Arrived::There)
                    }
                }
            }
        }
    }
}

fn is_anomaly(kind: MarkKind) -> bool {
    matches!(kind, MarkKind::Anomaly(_))
}

fn arrived(stopped: Stopped, again: bool) -> Option<Arrived> {
    match stopped {
        Stopped::Found if again => None,
        Stopped::Found => Some(Arrived::There),
        Stopped::AtTheEdge => Some(Arrived::Edge),
        Stopped::Asked => Some(Arrived::Asked),
        Stopped::Paused => None,
    }
}

/// Plays `most` events on at most, towards an event, a time or the end.
pub fn forth(lab: &mut Lab, most: u64, event: u64, time: Option<Time>) -> Option<Arrived> {
    let from = lab.position();
    let here = match time {
        Some(time) => lab.play_towards(time, most),
        None => lab.seek(Target::Event(from.event.saturating_add(most).min(event))),
    };
    if here.event >= event || time.is_some_and(|time| here.time >= time) {
        return Some(Arrived::There);
    }
    if lab.ended().is_none() && here.event > from.event {
        return None;
    }
    if time.is_none() {
        // The rest is time in which nothing happens, if it is not a question that waits.
        lab.seek(Target::End);
    }
    Some(if lab.ended().is_some() { Arrived::Edge } else { Arrived::Asked })
}
