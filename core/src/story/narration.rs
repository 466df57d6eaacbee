//! The facts that matter merged with the narration of the steps, runs of like facts told once.
//!
//! Routine (sending, appending, replicating, acknowledging, handling) is gathered into one line per
//! actor until something notable happens: a step, a fault, an election, a change of the ISR, a
//! truncation. A notable fact closes what was gathered and stands in a line of its own, so that
//! the lines are in order although each routine line covers a stretch of time. A pause closes it
//! too, and so does a fact that would be told before the fact that led to it.

mod fold;
mod ranges;

pub use ranges::{messages, offsets};

use crate::cluster::nemesis::Drawn;
use crate::cluster::run::{Outcome, StepTaken};
use crate::fact::{
    Directory, ElectionKind, Fact, LaneId, MessageId, NodeId, PositionRule, SubscriptionId,
};
use crate::kernel::{Span, Time};
use crate::scenario::model::Trigger;
use crate::scenario::{Scenario, in_chinese};
use crate::story::Lang;
use fold::Group;
use std::collections::{BTreeMap, BTreeSet};

/// What kind of thing a line tells; frontends choose glyph and colour by it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Tone {
    /// The scenario's own narration.
    Step,
    /// The ordinary course of things.
    Routine,
    /// Something broke.
    Fault,
    /// Something works again.
    Recovery,
    /// Leadership or the in-sync set changed.
    Change,
    /// A client met an error, a retry or a second delivery.
    Trouble,
    /// Messages left a log or a subscription.
    Damage,
}

/// One line of the story.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// When it began.
    pub time: Time,
    /// When the last fact told by this line happened.
    pub until: Time,
    /// The event of its first fact.
    pub event: u64,
    /// What kind of thing it tells.
    pub tone: Tone,
    /// The sentence, without the full stop.
    pub text: String,
}

/// The lines of a run's story. A long run is told more coarsely: what lies further apart is put
/// into one line, as long as no effect comes before its cause.
pub fn narrate(scenario: &Scenario, outcome: &Outcome, lang: Lang) -> Vec<Line> {
    let mut lines = Vec::new();
    for pause in LONGEST_PAUSES {
        lines = told(scenario, outcome, lang, pause);
        if lines.len() <= MANY_LINES {
            break;
        }
    }
    lines
}

fn told(scenario: &Scenario, outcome: &Outcome, lang: Lang, longest_pause: Span) -> Vec<Line> {
    let mut narrator = Narrator {
        longest_pause,
        directory: &scenario.directory,
        lang,
        lines: Vec::new(),
        open: Vec::new(),
        notable: false,
        memory: Memory::default(),
    };
    let mut steps = outcome.steps.iter().peekable();
    let mut drawn: Vec<&Drawn> = outcome.drawn.iter().filter(|d| d.event > 0).collect();
    drawn.sort_by_key(|d| (d.time, d.event));
    let mut drawn = drawn.into_iter().peekable();
    for stated in &outcome.facts {
        // A step `before` a fact carries the number of the event handled last and a later time:
        // that event's own facts come first.
        while let Some(step) = steps.next_if(|s| s.event <= stated.event && s.time <= stated.time) {
            narrator.step(scenario, step);
        }
        while let Some(fault) = drawn.next_if(|d| d.event <= stated.event) {
            narrator.drawn(fault);
        }
        let Some(tone) = narrator.memory.tone(&stated.fact, stated.time) else { continue };
        narrator.add(Group::new(stated, tone));
    }
    for step in steps {
        narrator.step(scenario, step);
    }
    for fault in drawn {
        narrator.drawn(fault);
    }
    narrator.flush();
    for &step in &outcome.steps_not_taken {
        narrator.step_not_taken(scenario, step, outcome);
    }
    narrator.lines
}

/// Like facts with a longer pause between them are told in two lines; the next pause is tried where
/// that makes many lines.
const LONGEST_PAUSES: [Span; 4] =
    [Span::secs(1), Span::secs(5), Span::secs(30), Span::secs(100_000)];
/// A story of more lines is no longer read.
const MANY_LINES: usize = 40;

struct Narrator<'a> {
    longest_pause: Span,
    directory: &'a Directory,
    lang: Lang,
    lines: Vec<Line>,
    open: Vec<Group>,
    /// Whether the open groups are of a notable kind: one, or several of the same.
    notable: bool,
    memory: Memory,
}

impl Narrator<'_> {
    fn add(&mut self, group: Group) {
        let notable = matches!(group.tone, Tone::Fault | Tone::Recovery | Tone::Change)
            || matches!(group.first.fact, Fact::Truncated { .. } | Fact::RolledBack { .. });
        if notable != self.notable {
            self.flush();
            self.notable = notable;
        }
        // Only neighbours of a notable kind are told together: their order is the story. The pairs
        // of one cut are one fault, in whatever order they are stated.
        let pairs = matches!(group.first.fact, Fact::Cut { .. } | Fact::Healed { .. });
        let candidates = if notable && !pairs {
            let last = self.open.len().saturating_sub(1);
            &mut self.open[last..]
        } else {
            &mut self.open[..]
        };
        if candidates.last_mut().is_some_and(|g| g.replaces(&group)) {
            return;
        }
        let candidates_len = candidates.len();
        let taken_by = candidates.iter().rposition(|g| g.takes(&group));
        let first = self.open.len() - candidates_len;
        match taken_by.map(|at| first + at) {
            Some(at) if !notable && self.would_come_too_early(at, &group) => {
                self.flush();
                self.open.push(group);
            }
            Some(at) if self.open[at].continues(&group) => self.open[at].take(group),
            _ => self.open.push(group),
        }
    }

    /// Whether a reader would meet the fact of `group`, told with the group at `at`, long before
    /// it happened or before the line that tells what led to it.
    fn would_come_too_early(&self, at: usize, group: &Group) -> bool {
        let Some((open, later)) = self.open[at..].split_first() else { return false };
        group.first.time.since(open.until()) > self.longest_pause
            || later.iter().any(|l| l.leads_to(group))
    }

    fn flush(&mut self) {
        let groups = fold::unite_actors(std::mem::take(&mut self.open));
        for group in groups {
            self.lines.push(group.line(self.directory, self.lang));
        }
    }

    fn step(&mut self, scenario: &Scenario, taken: &StepTaken) {
        self.flush();
        let Some(step) = scenario.steps.get(taken.step) else { return };
        let mut text = self.lang.of(&step.say).to_string();
        if let Some(why) = &taken.without_effect {
            if text.is_empty() {
                text = match self.lang {
                    Lang::En => format!("the step in line {} was due", step.line),
                    Lang::Zh => format!("轮到第 {} 行的步骤", step.line),
                };
            }
            text.push_str(&self.without_effect(why));
        }
        if !text.is_empty() {
            let (time, event) = (taken.time, taken.event);
            self.lines.push(Line { time, until: time, event, tone: Tone::Step, text });
        }
    }

    /// Why a step did nothing, behind its text.
    fn without_effect(&self, why: &str) -> String {
        match self.lang {
            Lang::En => format!(" [without effect: {why}]"),
            Lang::Zh => {
                let why = in_chinese(why).unwrap_or_else(|| why.to_owned());
                format!("【没有效果：{why}】")
            }
        }
    }

    /// A fault the seed drew.
    fn drawn(&mut self, drawn: &Drawn) {
        self.flush();
        let (word, nodes) = drawn.names();
        let nodes: Vec<String> =
            nodes.iter().map(|n| self.directory.node(*n).to_string()).collect();
        let nodes = self.lang.list(&nodes);
        let mut text = match self.lang {
            Lang::En => format!("the seed draws: {word} {nodes}"),
            Lang::Zh => format!("随机种子选定：{word} {nodes}"),
        };
        if let Some(why) = &drawn.without_effect {
            text.push_str(&self.without_effect(why));
        }
        let (time, event) = (drawn.time, drawn.event);
        self.lines.push(Line { time, until: time, event, tone: Tone::Step, text });
    }

    fn step_not_taken(&mut self, scenario: &Scenario, index: usize, outcome: &Outcome) {
        let Some(step) = scenario.steps.get(index) else { return };
        let text = match (&step.trigger, self.lang) {
            (Trigger::At(at), Lang::En) => {
                format!("the step in line {} was due at {at}; the run ended before", step.line)
            }
            (Trigger::At(at), Lang::Zh) => {
                format!("第 {} 行的步骤定于 {at}，而运行已先结束", step.line)
            }
            (Trigger::After { anchor, .. } | Trigger::Before(anchor), lang) => match lang {
                Lang::En => format!(
                    "the step in line {} never happened: it waits for a fact `{}` that was not \
                     stated as described",
                    step.line, anchor.fact
                ),
                Lang::Zh => format!(
                    "第 {} 行的步骤从未发生：它等待的事实 `{}` 没有按所述条件出现",
                    step.line, anchor.fact
                ),
            },
        };
        let (time, event) = (outcome.time, outcome.events);
        self.lines.push(Line { time, until: time, event, tone: Tone::Trouble, text });
    }
}

/// What was told before, as far as it decides whether a fact is news.
#[derive(Default)]
struct Memory {
    delivered: BTreeSet<(MessageId, SubscriptionId)>,
    fenced: BTreeSet<NodeId>,
    last_election: BTreeMap<LaneId, ElectionKind>,
    /// Controllers that stand for election since somebody was elected last.
    candidates: BTreeSet<NodeId>,
}

impl Memory {
    /// The tone in which to tell a fact, or `None` to leave it out.
    fn tone(&mut self, fact: &Fact, time: Time) -> Option<Tone> {
        Some(match *fact {
            Fact::Attempted { .. } | Fact::Registered { .. } | Fact::Disconnected { .. } => {
                return None;
            }
            Fact::Started { boots: 0 | 1, .. } if time == Time::ZERO => return None,
            Fact::Delivered { message, subscription, .. } => {
                let first = self.delivered.insert((message, subscription));
                return (!first).then_some(Tone::Trouble);
            }
            Fact::Fenced { node } => {
                self.fenced.insert(node);
                Tone::Change
            }
            Fact::Unfenced { node } => return self.fenced.remove(&node).then_some(Tone::Recovery),
            Fact::Elected { lane, kind, .. } => {
                self.last_election.insert(lane, kind);
                if kind == ElectionKind::First { Tone::Routine } else { Tone::Change }
            }
            Fact::TookOver { lane, end: 0, .. }
                if self.last_election.get(&lane) == Some(&ElectionKind::First) =>
            {
                return None;
            }
            Fact::ControllerCandidate { node, .. } => {
                return self.candidates.insert(node).then_some(Tone::Change);
            }
            Fact::ControllerElected { .. } => {
                self.candidates.clear();
                Tone::Change
            }
            Fact::ControllerActive { .. } => Tone::Recovery,
            Fact::RegistrationRefused { .. } => Tone::Trouble,
            Fact::ControllerResigned { .. }
            | Fact::SessionExpired { .. }
            | Fact::ControllerRefused { .. }
            | Fact::MetadataTruncated { .. }
            | Fact::TookOver { .. }
            | Fact::SteppedDown { .. }
            | Fact::IsrShrunk { .. }
            | Fact::Joined { .. }
            | Fact::Rebalancing { .. }
            | Fact::Rebalanced { .. }
            | Fact::Assigned { .. }
            | Fact::Revoked { .. }
            | Fact::UnderMinIsr { .. } => Tone::Change,
            Fact::Stopped { .. }
            | Fact::Paused { .. }
            | Fact::Cut { .. }
            | Fact::StorageFailed { .. }
            | Fact::Wiped { .. } => Tone::Fault,
            Fact::DiskState { state: "healthy", .. }
            | Fact::Started { .. }
            | Fact::Resumed { .. }
            | Fact::Healed { .. }
            | Fact::Reassigned { .. }
            | Fact::IsrExpanded { .. } => Tone::Recovery,
            Fact::DiskState { .. } => Tone::Fault,
            Fact::Retried { .. }
            | Fact::Refused { .. }
            | Fact::Unknown { .. }
            | Fact::Blocked { .. }
            | Fact::Unblocked { .. }
            | Fact::Deduplicated { .. }
            | Fact::Rejected { .. }
            | Fact::Failed { .. }
            | Fact::Forwarding { .. }
            | Fact::ForwardFailed { .. }
            | Fact::CommitFailed { .. }
            | Fact::PartitionsLost { .. }
            | Fact::MemberFenced { .. }
            | Fact::MemberLeft { .. }
            | Fact::TransactionAborted { .. }
            | Fact::Aborted { .. }
            | Fact::ProducerFenced { .. }
            | Fact::Unroutable { .. }
            | Fact::Returned { .. }
            | Fact::Requeued { .. }
            | Fact::ConsumerCancelled { .. }
            | Fact::ChannelClosed { .. }
            | Fact::ConnectionBlocked { .. }
            | Fact::Positioned { rule: PositionRule::Truncated, .. } => Tone::Trouble,
            Fact::Truncated { .. }
            | Fact::RolledBack { .. }
            | Fact::Expired { .. }
            | Fact::OffsetExpired { .. }
            | Fact::NotRecovered { .. }
            | Fact::DeadLettered { .. }
            | Fact::Dropped { .. } => Tone::Damage,
            Fact::Sent { .. }
            | Fact::Acknowledged { .. }
            | Fact::Appended { .. }
            | Fact::Replicated { .. }
            | Fact::Committed { .. }
            | Fact::Handled { .. }
            | Fact::Positioned { .. }
            | Fact::Compacted { .. }
            | Fact::Forwarded { .. }
            | Fact::OffsetCommitted { .. }
            | Fact::TransactionBegun { .. }
            | Fact::TransactionCommitted { .. }
            | Fact::TransactionCompleted { .. }
            | Fact::MarkerWritten { .. }
            | Fact::Settled { .. }
            | Fact::Consuming { .. }
            | Fact::ConnectionUnblocked { .. }
            | Fact::Processed { .. } => Tone::Routine,
        })
    }
}

#[cfg(test)]
mod tests;
