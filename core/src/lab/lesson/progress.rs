//! What is kept of a learner from one day to the next: plain data, written down by somebody else.

use super::super::session::Lab;
use crate::kernel::Digest;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the form in which progress is written.
const VERSION: u32 = 1;

/// Progress in all lessons.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Progress {
    /// The version of this form.
    version: u32,
    /// By the catalogue name of the scenario.
    lessons: BTreeMap<String, LessonProgress>,
}

impl Default for Progress {
    fn default() -> Self {
        Progress { version: VERSION, lessons: BTreeMap::new() }
    }
}

/// Why written progress cannot be read. It should be set aside, not overwritten.
#[derive(Debug, thiserror::Error)]
pub enum UnreadableProgress {
    /// A newer program wrote it.
    #[error("the progress was written by a newer version of the program (form {0})")]
    Newer(u32),
    /// It is not progress.
    #[error("the progress cannot be read: {0}")]
    Damaged(#[from] serde_json::Error),
}

impl Progress {
    /// Reads what [`Progress::to_json`] wrote.
    pub fn from_json(text: &str) -> Result<Progress, UnreadableProgress> {
        #[derive(Deserialize)]
        struct Form {
            version: u32,
        }
        let form: Form = serde_json::from_str(text)?;
        if form.version > VERSION {
            return Err(UnreadableProgress::Newer(form.version));
        }
        Ok(serde_json::from_str(text)?)
    }

    /// All progress as text; equal progress gives equal text.
    pub fn to_json(&self) -> String {
        // Maps with text keys, numbers and flags can always be written.
        serde_json::to_string_pretty(self).unwrap_or_default()
    }

    /// Progress in one lesson.
    pub fn lesson(&self, name: &str) -> LessonProgress {
        self.lessons.get(name).cloned().unwrap_or_default()
    }

    /// Keeps the progress in one lesson.
    pub fn keep(&mut self, name: &str, progress: LessonProgress) {
        self.lessons.insert(name.into(), progress);
    }

    /// The lessons something is known of, by name.
    pub fn lessons(&self) -> impl Iterator<Item = (&str, &LessonProgress)> {
        self.lessons.iter().map(|(name, progress)| (name.as_str(), progress))
    }
}

/// Progress in one lesson.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct LessonProgress {
    /// It was opened.
    #[serde(default)]
    pub seen: bool,
    /// Its run was watched to the end.
    #[serde(default)]
    pub finished: bool,
    /// What was answered.
    #[serde(default)]
    pub(super) answers: Vec<Answer>,
}

/// An answer to a question.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Answer {
    /// A digest of the question and its options: a lesson that asks something else asks again.
    question: u64,
    /// The option chosen, from 0; `None` if the question was skipped.
    pub option: Option<usize>,
    /// Whether it was given before anything after the question had been seen.
    pub predicted: bool,
    /// Whether it was right; `None` while that is not decided.
    pub right: Option<bool>,
}

impl LessonProgress {
    /// How many questions were predicted: answered before the outcome was seen.
    pub fn predicted(&self) -> usize {
        self.answers.iter().filter(|a| a.predicted && a.option.is_some()).count()
    }

    /// How many of these predictions were right.
    pub fn right(&self) -> usize {
        self.answers.iter().filter(|a| a.predicted && a.right == Some(true)).count()
    }

    /// All answers, those to skip included, in the order in which they were given.
    pub fn answers(&self) -> &[Answer] {
        &self.answers
    }

    pub(super) fn answer_to(&self, lab: &Lab, number: usize) -> Option<&Answer> {
        let question = digest(lab, number);
        self.answers.iter().find(|answer| Some(answer.question) == question)
    }

    pub(super) fn note(
        &mut self,
        lab: &Lab,
        number: usize,
        option: Option<usize>,
        predicted: bool,
    ) {
        let Some(question) = digest(lab, number) else { return };
        self.answers.retain(|answer| answer.question != question);
        self.answers.push(Answer { question, option, predicted, right: None });
    }

    pub(super) fn decided(&mut self, lab: &Lab, number: usize, right: Option<bool>) {
        let question = digest(lab, number);
        let answer = self.answers.iter_mut().find(|a| Some(a.question) == question);
        if let Some(answer) = answer {
            answer.right = right;
        }
    }

    /// Drops answers to questions the lesson no longer asks.
    pub(super) fn forget_other_questions(&mut self, lab: &Lab) {
        let asked: Vec<Option<u64>> =
            (0..lab.predictions().len()).map(|number| digest(lab, number)).collect();
        self.answers.retain(|answer| asked.contains(&Some(answer.question)));
    }
}

/// What makes a question this one: its text and its options, in order.
fn digest(lab: &Lab, number: usize) -> Option<u64> {
    let prediction = lab.predictions().get(number)?;
    let mut digest = Digest::default();
    digest.absorb_value(&prediction.ask.en.as_str());
    for option in &prediction.options {
        digest.absorb_value(&option.text.en.as_str());
        digest.absorb_value(&option.holds.source.as_str());
    }
    Some(digest.value())
}
