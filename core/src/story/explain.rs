//! Why a message was lost, duplicated, reordered, stranded, or handled although refused.
//!
//! An explanation is a chain of sentences, each resting on one fact of the run, followed by the
//! settings that allowed it, by their real names. Messages whose chains are the same but for the
//! message itself share one explanation. Nothing is concluded that the facts do not show: where
//! they do not show a cause, the chain ends without one.

mod account;
pub mod causes;
mod compacted;
mod duplicate;
mod expired;
pub mod life;
mod lost;
mod order;
mod set_aside;
mod settings;
mod skipped;
mod standing;
mod told;
mod truncation;

pub use account::Clause;

use crate::cluster::run::Outcome;
use crate::fact::{Fact, MessageId, SubscriptionId};
use crate::ledger::{Fate, OrderBreak, Settled, Subset};
use crate::scenario::Scenario;
use crate::story::evidence::Evidence;
use crate::story::{Lang, narration};
use account::Account;
use std::collections::BTreeSet;

/// At most this many messages of one anomaly are explained; the rest are named.
const MOST_EXPLAINED: usize = 500;

/// What went wrong with a message.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Anomaly {
    /// Acknowledged and gone.
    Lost,
    /// Its effect was applied more than once.
    Duplicate,
    /// First handled after a later message of its key.
    Inverted,
    /// Refused, yet handled.
    Phantom,
    /// Acknowledged, its copies out of reach.
    Stranded,
    /// Deleted by retention before it was handled.
    Expired,
    /// Removed by compaction before it was handled.
    Compacted,
    /// Put into a dead-letter topic by the subscription's own application.
    DeadLettered,
    /// Logged and skipped by the subscription's own application.
    Dropped,
}

impl Anomaly {
    /// The word for this anomaly in scenario files.
    pub fn word(self) -> &'static str {
        match self {
            Anomaly::Lost => "lost",
            Anomaly::Duplicate => "duplicate",
            Anomaly::Inverted => "inverted",
            Anomaly::Phantom => "phantom",
            Anomaly::Stranded => "stranded",
            Anomaly::Expired => "expired",
            Anomaly::Compacted => "compacted",
            Anomaly::DeadLettered => "dead-lettered",
            Anomaly::Dropped => "dropped",
        }
    }

    fn of(fate: Fate) -> Option<Anomaly> {
        Some(match fate {
            Fate::Lost => Anomaly::Lost,
            Fate::Duplicate => Anomaly::Duplicate,
            Fate::Phantom => Anomaly::Phantom,
            Fate::Stranded => Anomaly::Stranded,
            Fate::Expired => Anomaly::Expired,
            Fate::DeadLettered => Anomaly::DeadLettered,
            Fate::Dropped => Anomaly::Dropped,
            _ => return None,
        })
    }
}

/// Why the same thing went wrong with some messages.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Explanation {
    /// What went wrong.
    pub anomaly: Anomaly,
    /// The messages it happened to, ascending; the chain tells the first one's story.
    pub messages: Vec<MessageId>,
    /// The subscription for which it went wrong.
    pub subscription: SubscriptionId,
    /// For an inversion of a single message: the later message that was handled first.
    pub overtaken_by: Option<MessageId>,
    /// One line: "m4 – m5 were lost to billing".
    pub title: String,
    /// The chain of causes in order of time, each sentence resting on one event.
    pub clauses: Vec<Clause>,
    /// The settings that allowed it, each tied to the event at which it mattered.
    pub allowed_by: Vec<Clause>,
}

impl Explanation {
    /// The explanation as one paragraph.
    pub fn paragraph(&self, lang: Lang) -> String {
        let mut text = format!("{}{}", self.title, lang.pick(". ", "。"));
        for clause in &self.clauses {
            text.push_str(&match lang {
                Lang::En => format!("At {}, {}. ", clause.time, clause.text),
                Lang::Zh => format!("{} 时，{}。", clause.time, clause.text),
            });
        }
        for clause in &self.allowed_by {
            text.push_str(&match lang {
                Lang::En => format!("{}. ", clause.text),
                Lang::Zh => format!("{}。", clause.text),
            });
        }
        text.trim_end().to_string()
    }
}

/// Explains every anomaly of a run that kept its history.
pub fn explain(scenario: &Scenario, outcome: &Outcome, lang: Lang) -> Vec<Explanation> {
    let (cases, rest) = cases(outcome);
    let mut explanations = explain_cases(&cases, scenario, outcome, lang);
    for mut explanation in rest {
        explanation.title = title(&explanation, scenario, lang);
        explanation.title.push_str(lang.pick(" (not looked into one by one)", "（未逐条分析）"));
        explanations.push(explanation);
    }
    explanations
}

/// Explains what went wrong with one message of a run that kept its history.
pub fn explain_message(
    scenario: &Scenario,
    outcome: &Outcome,
    message: MessageId,
    lang: Lang,
) -> Vec<Explanation> {
    let mut cases = all_cases(outcome);
    cases.retain(|case| case.message == message);
    explain_cases(&cases, scenario, outcome, lang)
}

fn explain_cases(
    cases: &[Case],
    scenario: &Scenario,
    outcome: &Outcome,
    lang: Lang,
) -> Vec<Explanation> {
    let mut wanted: BTreeSet<MessageId> = cases.iter().map(|c| c.message).collect();
    wanted.extend(cases.iter().filter_map(|c| c.later));
    let evidence = Evidence::of(&outcome.facts, &wanted);
    let mut found: Vec<(Account<'_>, Explanation)> = Vec::new();
    for case in cases {
        let mut account = Account::new(scenario, &evidence, lang);
        match case.anomaly {
            Anomaly::Lost => lost::tell(&mut account, case.message, case.subscription),
            Anomaly::Duplicate => duplicate::tell(&mut account, case.message, case.subscription),
            Anomaly::Phantom => standing::phantom(&mut account, case.message, case.subscription),
            Anomaly::Stranded => standing::stranded(&mut account, case.message),
            Anomaly::Expired => expired::tell(&mut account, case.message, case.subscription),
            Anomaly::Compacted => compacted::tell(&mut account, case.message, case.subscription),
            Anomaly::Inverted => order::tell(&mut account, case),
            Anomaly::DeadLettered | Anomaly::Dropped => {
                set_aside::tell(&mut account, case.message, case.subscription);
            }
        }
        account.sort();
        let same = found.iter_mut().find(|(other, e)| {
            e.anomaly == case.anomaly
                && e.subscription == case.subscription
                && other.same_shape(&account)
        });
        match same {
            Some((_, explanation)) => {
                explanation.messages.push(case.message);
                explanation.overtaken_by = None;
            }
            None => {
                let explanation = Explanation {
                    anomaly: case.anomaly,
                    messages: vec![case.message],
                    subscription: case.subscription,
                    overtaken_by: case.later,
                    title: String::new(),
                    clauses: account.clauses(),
                    allowed_by: account.allowed_by(),
                };
                found.push((account, explanation));
            }
        }
    }
    let mut explanations: Vec<Explanation> = found.into_iter().map(|(_, e)| e).collect();
    for explanation in &mut explanations {
        explanation.title = title(explanation, scenario, lang);
    }
    explanations
}

/// A message and what went wrong with it.
#[derive(Clone, Copy, Debug)]
struct Case {
    anomaly: Anomaly,
    message: MessageId,
    subscription: SubscriptionId,
    /// For an inversion: the later message that was handled first.
    later: Option<MessageId>,
}

/// The anomalies of a run, by kind and message.
fn all_cases(outcome: &Outcome) -> Vec<Case> {
    let compacted: BTreeSet<MessageId> = outcome
        .facts
        .iter()
        .filter(|s| matches!(s.fact, Fact::Compacted { .. }))
        .filter_map(|s| s.fact.message())
        .collect();
    let given_up: BTreeSet<MessageId> = outcome
        .facts
        .iter()
        .filter(|s| matches!(s.fact, Fact::Dropped { .. }))
        .filter_map(|s| s.fact.message())
        .collect();
    let fates = outcome.judgement.fates.iter().filter_map(|settled| {
        let anomaly = match Anomaly::of(settled.fate)? {
            // A message that the application gave up on was read; what was compacted was not.
            Anomaly::Dropped
                if compacted.contains(&settled.message) && !given_up.contains(&settled.message) =>
            {
                Anomaly::Compacted
            }
            anomaly => anomaly,
        };
        let Settled { message, subscription, .. } = *settled;
        Some(Case { anomaly, message, subscription, later: None })
    });
    let inversions = outcome.judgement.inversions(Subset::All).filter_map(|broken| {
        let OrderBreak { message, behind, subscription, .. } = *broken;
        let (subscription, later) = (subscription?, Some(behind));
        Some(Case { anomaly: Anomaly::Inverted, message, subscription, later })
    });
    let mut cases: Vec<Case> = fates.chain(inversions).collect();
    cases.sort_by_key(|c| (c.anomaly, c.subscription, c.message));
    cases
}

/// The anomalies of a run, and those that are too many to be looked into.
fn cases(outcome: &Outcome) -> (Vec<Case>, Vec<Explanation>) {
    let cases = all_cases(outcome);
    let mut kept: Vec<Case> = Vec::new();
    let mut rest: Vec<Explanation> = Vec::new();
    let alike = |a: &Case, b: &Case| (a.anomaly, a.subscription) == (b.anomaly, b.subscription);
    for run in cases.chunk_by(alike) {
        let (first, more) = run.split_at(run.len().min(MOST_EXPLAINED));
        kept.extend(first);
        if let Some(Case { anomaly, subscription, .. }) = more.first().copied() {
            rest.push(Explanation {
                anomaly,
                messages: more.iter().map(|c| c.message).collect(),
                subscription,
                overtaken_by: None,
                title: String::new(),
                clauses: Vec::new(),
                allowed_by: Vec::new(),
            });
        }
    }
    (kept, rest)
}

fn title(explanation: &Explanation, scenario: &Scenario, lang: Lang) -> String {
    let messages = narration::messages(&explanation.messages, &scenario.directory, lang);
    let subscription = scenario.directory.subscription(explanation.subscription);
    if let Some(later) = explanation.overtaken_by {
        let later = scenario.directory.message(later);
        return match lang {
            Lang::En => {
                format!(
                    "{subscription} handled {messages} after {later}, a later message of its key"
                )
            }
            Lang::Zh => {
                format!("{subscription} 先处理了同键的后续消息 {later}，之后才处理 {messages}")
            }
        };
    }
    match (explanation.anomaly, lang) {
        (Anomaly::Lost, Lang::En) => {
            format!("Acknowledged, yet lost to {subscription}: {messages}")
        }
        (Anomaly::Lost, Lang::Zh) => format!("已确认，{subscription} 却再也读不到：{messages}"),
        (Anomaly::Duplicate, Lang::En) => {
            format!("Took effect more than once in {subscription}: {messages}")
        }
        (Anomaly::Duplicate, Lang::Zh) => format!("在 {subscription} 中重复生效：{messages}"),
        (Anomaly::Inverted, Lang::En) => {
            format!("Handled by {subscription} after a later message of the same key: {messages}")
        }
        (Anomaly::Inverted, Lang::Zh) => {
            format!("{subscription} 先处理了同一个键的后续消息，才处理：{messages}")
        }
        (Anomaly::Phantom, Lang::En) => {
            format!("Refused to the producer, yet handled by {subscription}: {messages}")
        }
        (Anomaly::Phantom, Lang::Zh) => {
            format!("生产者得知失败，{subscription} 却处理了：{messages}")
        }
        (Anomaly::DeadLettered, Lang::En) => {
            format!("Set aside by {subscription} as a dead letter: {messages}")
        }
        (Anomaly::DeadLettered, Lang::Zh) => format!("被 {subscription} 移入死信：{messages}"),
        (Anomaly::Dropped, Lang::En) => {
            format!("Given up by {subscription} after its handler failed: {messages}")
        }
        (Anomaly::Dropped, Lang::Zh) => format!("处理失败，被 {subscription} 放弃：{messages}"),
        (Anomaly::Stranded, Lang::En) => {
            format!("Acknowledged, but out of reach of {subscription}: {messages}")
        }
        (Anomaly::Stranded, Lang::Zh) => {
            format!("已确认，但 {subscription} 暂时无法读到：{messages}")
        }
        (Anomaly::Compacted, Lang::En) => {
            format!("Compacted away before {subscription} read them: {messages}")
        }
        (Anomaly::Compacted, Lang::Zh) => {
            format!("{subscription} 还没读到就被压缩掉：{messages}")
        }
        (Anomaly::Expired, Lang::En) => {
            format!("Deleted by retention before {subscription} handled them: {messages}")
        }
        (Anomaly::Expired, Lang::Zh) => {
            format!("{subscription} 还没处理就被保留策略删除：{messages}")
        }
    }
}

#[cfg(test)]
mod tests;
