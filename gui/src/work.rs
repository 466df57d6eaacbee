//! What may take long: found out on a copy of the lab, on a thread of its own, and told as values.
//!
//! A copy of a lab shares everything with the original, so it costs microseconds. In tests and for
//! pictures the same work is done at once.

use mqlab::cluster::run::{Ended, Outcome, Prepared};
use mqlab::explore::{CURE_EVENTS, Measure};
use mqlab::fact::MessageId;
use mqlab::lab::{
    BranchId, Comparison, Cures, Decision, Export, Lab, Lesson, Position, Refused, Swept, Variant,
};
use mqlab::ledger::verdict::Judged;
use mqlab::story::explain::life::{Life, life};
use mqlab::story::fate_table::{Entry, entries};
use mqlab::story::{Lang, Line, narration};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::time::{Duration, Instant};

/// A question.
#[derive(Clone, PartialEq, Debug)]
pub enum Ask {
    /// What has become of every message up to here, and what happened.
    Tell(Lang),
    /// The life of a message up to here.
    Life(MessageId, Lang),
    /// What would have prevented what happened to a message.
    Cure(MessageId),
    /// Two branches beside each other.
    Compare(BranchId, BranchId),
    /// What the run says of a question's answers.
    Decide(usize),
    /// Whether what the file expects holds on the branch.
    Judge,
    /// The branch as a scenario file, to be written there.
    Export(String),
    /// A branch with settings.
    Set(Vec<(String, String)>),
    /// A branch with a what-if or a seed.
    Vary(Variant),
    /// The same story under so many seeds.
    Sweep(u64),
}

/// The story up to a moment.
#[derive(Clone, Debug)]
pub struct Telling {
    /// One entry a message.
    pub entries: Vec<Entry>,
    /// What happened, in order.
    pub lines: Vec<Line>,
    /// The numbers of the run so far.
    pub measure: Measure,
}

/// Where something in the lab stands: what was found out about another place is out of date.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Moment {
    branch: BranchId,
    position: Position,
}

impl Moment {
    /// Where a lab stands.
    pub fn of(lab: &Lab) -> Moment {
        Moment { branch: lab.current(), position: lab.position() }
    }
}

/// An answer with the moment, and the language, it was given for.
#[derive(Clone, Debug)]
pub struct At<T> {
    pub moment: Moment,
    pub lang: Lang,
    pub value: T,
}

impl<T> At<T> {
    fn of(lab: &Lab, lang: Lang, value: T) -> At<T> {
        At { moment: Moment::of(lab), lang, value }
    }

    /// Whether it is the answer for this place and language.
    pub fn is_for(&self, moment: Moment, lang: Lang) -> bool {
        self.moment == moment && self.lang == lang
    }
}

/// What was found out.
#[derive(Clone)]
pub enum Told {
    Tell(At<Box<Telling>>),
    Life(At<Box<Life>>),
    Cure(MessageId, Cures),
    Compared(BranchId, BranchId, Box<Comparison>),
    Decided(usize, Box<Decision>),
    Judged(BranchId, Vec<Judged>),
    Exported(String, Box<Export>),
    /// A lab with a new branch, to be adopted.
    Branched(Box<Lab>),
    Swept(Swept),
    Refused(Refused),
    Failed(String),
}

/// A question being answered.
struct Running {
    ask: Ask,
    news: Receiver<Told>,
    stop: Arc<AtomicBool>,
}

/// Questions being answered.
#[derive(Default)]
pub struct Works {
    running: Vec<Running>,
    /// Answers at once, on this thread.
    inline: bool,
}

impl Works {
    /// Answers at once instead of on a thread.
    pub fn inline() -> Works {
        Works { inline: true, running: Vec::new() }
    }

    /// Whether something of this kind is being found out.
    pub fn is(&self, like: impl Fn(&Ask) -> bool) -> bool {
        self.running.iter().any(|running| like(&running.ask))
    }

    /// Whether anything is.
    pub fn any(&self) -> bool {
        !self.running.is_empty()
    }

    /// Begins to answer a question about the lab as it is; `ctx` is woken when there is news.
    pub fn ask(&mut self, ask: Ask, lab: &Lab, ctx: &egui::Context) {
        let (tell, news) = channel();
        let stop = Arc::new(AtomicBool::new(false));
        let lab = lab.clone();
        if self.inline {
            answer(lab, &ask, &stop, &mut |told| drop(tell.send(told)));
        } else {
            let (ctx, ask, stopped) = (ctx.clone(), ask.clone(), stop.clone());
            let begun = std::thread::Builder::new().name("mqlab work".into()).spawn(move || {
                let mut say = |told| {
                    // Nobody listens any more once the scenario is closed.
                    drop(tell.send(told));
                    ctx.request_repaint();
                };
                // A question that fails is told like any other answer.
                let answered = catch_unwind(AssertUnwindSafe(|| {
                    answer(lab, &ask, &stopped, &mut say);
                }));
                if answered.is_err() {
                    say(Told::Failed(format!("an internal error, while asked for {ask:?}")));
                }
                drop(tell);
                ctx.request_repaint();
            });
            if begun.is_err() {
                return;
            }
        }
        self.running.push(Running { ask, news, stop });
    }

    /// Stops what is of this kind.
    pub fn stop(&mut self, like: impl Fn(&Ask) -> bool) {
        for running in self.running.iter().filter(|running| like(&running.ask)) {
            running.stop.store(true, Ordering::Relaxed);
        }
    }

    /// What has been found out since.
    pub fn news(&mut self) -> Vec<Told> {
        let mut news = Vec::new();
        self.running.retain(|running| {
            loop {
                match running.news.try_recv() {
                    Ok(told) => news.push(told),
                    Err(TryRecvError::Empty) => break true,
                    Err(TryRecvError::Disconnected) => break false,
                }
            }
        });
        news
    }
}

impl Drop for Works {
    fn drop(&mut self) {
        self.stop(|_| true);
    }
}

fn answer(mut lab: Lab, ask: &Ask, stop: &AtomicBool, tell: &mut dyn FnMut(Told)) {
    let going = || !stop.load(Ordering::Relaxed);
    let told = match ask {
        Ask::Tell(lang) => Told::Tell(At::of(&lab, *lang, Box::new(telling(&lab, *lang)))),
        Ask::Life(message, lang) => {
            let scenario = lab.state().model.scenario().clone();
            let life = life(&scenario, &lab.account_of(*message), *message, *lang);
            Told::Life(At::of(&lab, *lang, Box::new(life)))
        }
        Ask::Cure(message) => match lab.cures_while(*message, CURE_EVENTS, &mut |_| going()) {
            Ok(cures) => Told::Cure(*message, cures),
            Err(why) => Told::Refused(why),
        },
        Ask::Compare(left, right) => match lab.compare_while(*left, *right, &mut |_| going()) {
            Ok(found) => Told::Compared(*left, *right, Box::new(found)),
            Err(why) => Told::Refused(why),
        },
        Ask::Decide(number) => match Lesson::decide(&lab, *number) {
            Ok(decision) => Told::Decided(*number, Box::new(decision)),
            Err(why) => Told::Refused(why),
        },
        Ask::Judge => match lab.outcome_while(lab.current(), &mut |_| going()) {
            Ok(outcome) => Told::Judged(lab.current(), outcome.verdicts),
            Err(why) => Told::Refused(why),
        },
        Ask::Export(path) => match lab.export_while(lab.current(), &mut |_| going()) {
            Ok(export) => Told::Exported(path.clone(), Box::new(export)),
            Err(why) => Told::Refused(why),
        },
        Ask::Set(changes) => match lab.fork_with_settings(changes) {
            Ok(_) => Told::Branched(Box::new(lab)),
            Err(why) => Told::Refused(why),
        },
        Ask::Vary(variant) => match lab.fork_with(variant) {
            Ok(_) => Told::Branched(Box::new(lab)),
            Err(why) => Told::Refused(why),
        },
        Ask::Sweep(seeds) => return sweep(&lab, *seeds, stop, tell),
    };
    tell(told);
}

/// What has come of the run up to here.
fn so_far(lab: &Lab) -> Outcome {
    let scenario = lab.state().model.scenario().clone();
    let ended = lab.ended();
    let prepared = Prepared::new(scenario, false);
    let mut outcome = prepared.conclude(lab.state(), lab.seed(), ended.unwrap_or(Ended::Until));
    // A world that was come to from a snapshot knows few of its facts; the furthest one knows all.
    let upto = lab.position().event;
    let known = lab.played().model.history().copied();
    outcome.facts = known.take_while(|stated| stated.event <= upto).collect();
    if ended.is_none() {
        // What has not happened yet may still happen.
        outcome.steps_not_taken.clear();
    }
    outcome
}

fn telling(lab: &Lab, lang: Lang) -> Telling {
    let scenario = lab.state().model.scenario().clone();
    let outcome = so_far(lab);
    Telling {
        entries: entries(&scenario, &outcome),
        lines: narration::narrate(&scenario, &outcome, lang),
        measure: Measure::of(&outcome),
    }
}

/// How often a sweep tells how far it is.
const TELLS: Duration = Duration::from_millis(50);

fn sweep(lab: &Lab, seeds: u64, stop: &AtomicBool, tell: &mut dyn FnMut(Told)) {
    let mut told = Instant::now();
    let swept = lab.sweep_while(lab.current(), seeds, &mut |swept| {
        if told.elapsed() >= TELLS {
            told = Instant::now();
            tell(Told::Swept(swept.clone()));
        }
        !stop.load(Ordering::Relaxed)
    });
    tell(match swept {
        Ok(swept) => Told::Swept(swept),
        Err(why) => Told::Refused(why),
    });
}
