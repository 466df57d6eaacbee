//! A lesson: a scenario that asks before it shows.
//!
//! The questions of the file (`[[predict]]`) stand at moments of the run. While a question is open,
//! nothing plays the run past its moment, so an answer always comes before the outcome; what is
//! right is decided by the run itself, played to its end on a copy, never by a label in the file.
//! A lesson adds no state to the run: [`Lesson`] holds what the person answered and reads everything
//! else from the [`Lab`] it is about.
//!
//! | file | about |
//! |---|---|
//! | `asked.rs` | at which event each question is asked in this run |
//! | `progress.rs` | what is kept from one day to the next |

mod asked;
mod progress;
#[cfg(test)]
mod tests;

pub(super) use asked::Asked;
pub use progress::{Answer, LessonProgress, Progress, UnreadableProgress};

use super::input::Target;
use super::session::{Lab, Refused};
use crate::cluster::run::Ended;
use crate::fact::{NodeId, Stated};
use crate::kernel::Time;
use crate::ledger::verdict::Verdict;
use crate::scenario::model::Text;

/// A question of the lesson and where it stands in this run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Question {
    /// Its number in the file, from 0.
    pub number: usize,
    /// What is asked.
    pub ask: Text,
    /// The answers on offer.
    pub options: Vec<Text>,
    /// Where it is asked; `None` while the run was not played so far.
    pub at: Option<Place>,
    /// What the person answered, if they did.
    pub answer: Option<Answer>,
}

/// A moment of the run.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place {
    /// After this event.
    pub event: u64,
    /// The simulated moment.
    pub time: Time,
    /// The fact that made it the moment, if it is one.
    pub stated: Option<Stated>,
}

/// What the run says of the answers to a question.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decision {
    /// Of each option: whether it holds at the end of the run.
    pub options: Vec<Verdict>,
    /// Why the run ended; after [`Ended::Budget`] nothing is decided.
    pub ended: Ended,
}

impl Decision {
    /// Whether an option is right; `None` if the run does not decide it.
    pub fn is_right(&self, option: usize) -> Option<bool> {
        match self.options.get(option)? {
            Verdict::Passed => Some(true),
            Verdict::Failed => Some(false),
            Verdict::Vacuous | Verdict::Inconclusive | Verdict::Error => None,
        }
    }

    /// The options that hold.
    pub fn right(&self) -> impl Iterator<Item = usize> {
        let held = self.options.iter().enumerate();
        held.filter(|(_, v)| **v == Verdict::Passed).map(|(option, _)| option)
    }
}

/// What the person is told after an answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Feedback {
    /// The question.
    pub number: usize,
    /// What was chosen; `None` if the question was skipped.
    pub chosen: Option<usize>,
    /// Whether it was right; `None` if it was skipped or the run does not decide it.
    pub right: Option<bool>,
    /// The options that hold in this run.
    pub holds: Vec<usize>,
    /// Why the right one is right.
    pub because: Text,
    /// The belief behind a wrong answer, if the file names it.
    pub belief: Option<Text>,
}

/// A sentence of the narrator, and the step it belongs to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Narrated {
    /// The step of the scenario, from 0.
    pub step: usize,
    /// The event at which it was carried out.
    pub event: u64,
    /// When.
    pub time: Time,
    /// What the narrator says; may be empty.
    pub say: Text,
    /// The action's name, such as `power-off`.
    pub action: &'static str,
    /// Whom it was done to, as far as it is somebody.
    pub nodes: Vec<NodeId>,
    /// Why it had no effect, if it had none.
    pub without_effect: Option<String>,
}

/// Why a question cannot be answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Unanswerable {
    /// The lesson has no such question or option.
    #[error("there is no such question or answer")]
    Unknown,
    /// The run has not come to it.
    #[error("the run has not come to this question yet")]
    NotYet,
}

impl Unanswerable {
    /// The same in both languages.
    pub fn text(self) -> Text {
        let zh = match self {
            Unanswerable::Unknown => "没有这道题或这个选项",
            Unanswerable::NotYet => "运行还没有到这道题",
        };
        Text::new(self.to_string(), zh)
    }
}

/// A person on their way through a lesson.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lesson {
    progress: LessonProgress,
}

impl Lesson {
    /// Begins or takes up a lesson: from now on `lab` stops at every question that `progress` has no
    /// answer to.
    pub fn begin(lab: &mut Lab, progress: LessonProgress) -> Lesson {
        let mut lesson = Lesson { progress };
        lesson.progress.forget_other_questions(lab);
        lesson.progress.seen = true;
        lab.hold_at(&lesson.open(lab));
        lesson
    }

    /// Forgets all answers and asks everything again; the lab goes to the start.
    pub fn again(&mut self, lab: &mut Lab) {
        self.progress.answers.clear();
        self.progress.finished = false;
        lab.hold_at(&self.open(lab));
        lab.seek(Target::Event(0));
    }

    /// Lets everything play without asking, as on a projector.
    pub fn ask_nothing(&self, lab: &mut Lab) {
        lab.hold_at(&[]);
    }

    fn open(&self, lab: &Lab) -> Vec<usize> {
        let questions = 0..lab.predictions().len();
        questions.filter(|n| self.progress.answer_to(lab, *n).is_none()).collect()
    }

    /// What is to be kept.
    pub fn progress(&self) -> &LessonProgress {
        &self.progress
    }

    /// All questions in file order, with their places as far as the current branch was played.
    pub fn questions(&self, lab: &Lab) -> Vec<Question> {
        let predictions = lab.predictions().iter().enumerate();
        let questions = predictions.map(|(number, prediction)| Question {
            number,
            ask: prediction.ask.clone(),
            options: prediction.options.iter().map(|o| o.text.clone()).collect(),
            at: lab.asked_at(number),
            answer: self.progress.answer_to(lab, number).cloned(),
        });
        questions.collect()
    }

    /// The question that waits for an answer here: the run does not go on before it is answered or
    /// skipped.
    pub fn waiting(&self, lab: &Lab) -> Option<usize> {
        lab.held()
    }

    /// Takes an answer; `None` skips the question. The run can go on then. Whether the answer is
    /// right, [`Lesson::decide`] says.
    pub fn answer(
        &mut self,
        lab: &mut Lab,
        number: usize,
        option: Option<usize>,
    ) -> Result<(), Unanswerable> {
        let prediction = lab.predictions().get(number).ok_or(Unanswerable::Unknown)?;
        if option.is_some_and(|o| o >= prediction.options.len()) {
            return Err(Unanswerable::Unknown);
        }
        let place = lab.asked_at(number);
        if option.is_some() && place.is_none() {
            return Err(Unanswerable::NotYet);
        }
        // Whoever has seen what comes after the question does not predict it.
        let predicted = place.is_some_and(|p| lab.furthest().event <= p.event);
        self.progress.note(lab, number, option, predicted);
        lab.hold_at(&self.open(lab));
        Ok(())
    }

    /// What the run says of the answers to a question: it is played to its end on a copy, so nothing
    /// is given away, and it may take as long as the run.
    pub fn decide(lab: &Lab, number: usize) -> Result<Decision, Refused> {
        let outcome = lab.clone().outcome(lab.current())?;
        let options = outcome.predictions.get(number).cloned().unwrap_or_default();
        Ok(Decision { options, ended: outcome.ended })
    }

    /// Notes what was decided and tells the person.
    pub fn learn(&mut self, lab: &Lab, number: usize, decision: &Decision) -> Option<Feedback> {
        let prediction = lab.predictions().get(number)?;
        let chosen = self.progress.answer_to(lab, number)?.option;
        let right = chosen.and_then(|option| decision.is_right(option));
        self.progress.decided(lab, number, right);
        let belief = chosen.and_then(|option| prediction.options.get(option));
        let belief = belief.filter(|_| right == Some(false)).map(|option| option.belief.clone());
        Some(Feedback {
            number,
            chosen,
            right,
            holds: decision.right().collect(),
            because: prediction.because.clone(),
            belief: belief.filter(|belief| *belief != Text::default()),
        })
    }

    /// The steps carried out up to where the person is, each with what the narrator says.
    pub fn narration(lab: &Lab) -> Vec<Narrated> {
        let world = &lab.state().model;
        let steps = &world.scenario().steps;
        let taken = world.steps_taken().iter().filter_map(|taken| {
            let step = steps.get(taken.step)?;
            Some(Narrated {
                step: taken.step,
                event: taken.event,
                time: taken.time,
                say: step.say.clone(),
                action: step.action.name(),
                nodes: taken.nodes.clone(),
                without_effect: taken.without_effect.clone(),
            })
        });
        taken.collect()
    }

    /// The moral, once the person has come to the end of the run.
    pub fn moral(&mut self, lab: &Lab) -> Option<Text> {
        lab.ended()?;
        self.progress.finished = true;
        let answer = &lab.state().model.scenario().answer;
        (*answer != Text::default()).then(|| answer.clone())
    }
}
