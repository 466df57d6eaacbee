//! A nemesis: faults that the seed draws, within a budget the file states.
//!
//! All draws are made when the nemesis begins, so what it does depends on the seed only, not on how
//! the run goes. Every drawn fault is kept as an ordinary action with its time: it can be written
//! down as a step, and a run with those steps in the place of the nemesis goes the same way.

use super::World;
use super::world::{ScriptItem, WorldEvent};
use crate::fact::NodeId;
use crate::kernel::{Kernel, Key, Span, Time};
use crate::scenario::model::{
    Action, DiskModel, LatencyModel, Nemesis, NemesisFault, Role, Survives, Until,
};
use crate::sites;

/// A fault that was drawn.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Drawn {
    /// When it strikes.
    pub time: Time,
    /// The event that carried it out; 0 if its time has not come.
    pub event: u64,
    /// What it does.
    pub action: Action,
    /// Why nothing happened, if nothing did.
    pub without_effect: Option<String>,
}

impl Drawn {
    /// The word of the action, and whom it strikes.
    pub fn names(&self) -> (&'static str, Vec<NodeId>) {
        let roles = match self.action {
            Action::Cut { from, to, .. } | Action::SlowLink { from, to, .. } => vec![from, to],
            ref other => other.target().into_iter().collect(),
        };
        let node = |role: Role| match role {
            Role::Node(node) => Some(node),
            _ => None,
        };
        (self.action.name(), roles.into_iter().filter_map(node).collect())
    }
}

/// How slow a link, a disk and a processor become.
const SLOW_LINK: LatencyModel = LatencyModel { low: Span::millis(20), high: Span::millis(200) };
const SLOW_DISK: DiskModel = DiskModel { append: Span::millis(5), sync: Span::millis(200) };
const SLOW_CPU: Span = Span::millis(2);
/// A clock jumps at most so far, either way.
const CLOCK_JUMP: Span = Span::secs(60);

/// The questions about one fault, in the ordinal of its draws.
const QUESTIONS: u64 = 8;

impl World {
    /// Draws everything a nemesis will do and puts it on the agenda.
    pub(super) fn unleash(&mut self, index: usize, kernel: &mut Kernel<WorldEvent>) {
        let Some(nemesis) = self.scenario.nemeses.get(index).cloned() else { return };
        let nodes = self.resolve(nemesis.nodes);
        if nodes.is_empty() {
            return;
        }
        for fault in 0..nemesis.faults {
            let draw = |question: u64, n: u64| {
                let ordinal = u64::from(fault) * QUESTIONS + question;
                kernel
                    .chooser
                    .choose(Key { site: sites::NEMESIS, subject: index as u64, ordinal }, n)
            };
            let kind = nemesis.kinds[draw(0, nemesis.kinds.len() as u64) as usize];
            let node = nodes[draw(1, nodes.len() as u64) as usize];
            let begins = between(nemesis.from, nemesis.until, |n| draw(2, n));
            let lasts = between(nemesis.lasts.low, nemesis.lasts.high, |n| draw(3, n));
            let others: Vec<NodeId> = nodes.iter().copied().filter(|&n| n != node).collect();
            let other = match others.len() {
                0 => None,
                n => Some(others[draw(4, n as u64) as usize]),
            };
            let jump = draw(5, 2 * CLOCK_JUMP.0 + 1) as i64 - CLOCK_JUMP.0 as i64;
            self.plan_fault(&nemesis, Draw { kind, node, other, begins, lasts, jump }, kernel);
        }
    }

    fn plan_fault(&mut self, nemesis: &Nemesis, draw: Draw, kernel: &mut Kernel<WorldEvent>) {
        let Draw { kind, node, other, begins, lasts, jump } = draw;
        let node = Role::Node(node);
        // A link to oneself is none: with one node in reach the whole node is cut off instead.
        let peer = other.map(Role::Node);
        let until = Until::For(lasts);
        let action = match (kind, peer) {
            (NemesisFault::Crash, _) => Action::Crash { node },
            // What was on its way to the disk is chance as well.
            (NemesisFault::PowerOff, _) => Action::PowerOff { node, survives: Survives::Prefix },
            (NemesisFault::Restart, _) => Action::Restart { node },
            (NemesisFault::Pause, _) => Action::Pause { node, until },
            (NemesisFault::Isolate, _) | (NemesisFault::Cut | NemesisFault::SlowLink, None) => {
                Action::Isolate { node, until }
            }
            (NemesisFault::Cut, Some(to)) => Action::Cut { from: node, to, one_way: false, until },
            (NemesisFault::SlowLink, Some(to)) => {
                Action::SlowLink { from: node, to, latency: SLOW_LINK, one_way: false, until }
            }
            (NemesisFault::SlowDisk, _) => Action::SlowDisk { node, disk: SLOW_DISK, until },
            (NemesisFault::SlowCpu, _) => Action::SlowCpu { node, takes: SLOW_CPU, until },
            (NemesisFault::ClockJump, _) => Action::ClockJump { node, by: jump },
        };
        let at = Time::ZERO + begins;
        self.plan_drawn(at, action, kernel);
        if matches!(kind, NemesisFault::Crash | NemesisFault::PowerOff) && nemesis.restarts {
            self.plan_drawn(at + lasts, Action::Restart { node }, kernel);
        }
    }

    fn plan_drawn(&mut self, time: Time, action: Action, kernel: &mut Kernel<WorldEvent>) {
        if self.last_fault != Time::NEVER {
            self.last_fault = self.last_fault.max(time);
        }
        let number = self.drawn.len();
        self.drawn.push(Drawn { time, event: 0, action, without_effect: None });
        self.script(time, ScriptItem::Drawn(number), kernel);
    }

    /// The time of a drawn fault has come.
    pub(super) fn strike(&mut self, number: usize, kernel: &mut Kernel<WorldEvent>) {
        let Some(drawn) = self.drawn.get(number) else { return };
        let action = drawn.action.clone();
        let without_effect = self.apply(&action, kernel).err();
        let event = kernel.event();
        if let Some(drawn) = self.drawn.get_mut(number) {
            (drawn.event, drawn.without_effect) = (event, without_effect);
        }
    }
}

struct Draw {
    kind: NemesisFault,
    node: NodeId,
    other: Option<NodeId>,
    begins: Span,
    lasts: Span,
    jump: i64,
}

fn between(low: Span, high: Span, draw: impl FnOnce(u64) -> u64) -> Span {
    Span(low.0 + draw((high.0 - low.0).saturating_add(1)))
}
