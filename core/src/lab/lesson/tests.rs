//! Questions come before outcomes, and the run decides who was right.

use super::*;
use crate::lab::Stopped;
use crate::lab::tests::{LESSONS, crash, first_lesson, open};

fn begun() -> (Lab, Lesson) {
    let mut lab = first_lesson();
    let lesson = Lesson::begin(&mut lab, LessonProgress::default());
    (lab, lesson)
}

#[test]
fn nothing_plays_past_a_question_that_is_not_answered() {
    let (mut lab, mut lesson) = begun();
    assert_eq!(lesson.questions(&lab)[0].at, None);
    assert_eq!(lesson.answer(&mut lab, 0, Some(1)), Err(Unanswerable::NotYet));
    let there = lab.seek(Target::End).event;
    let place = lesson.questions(&lab)[0].at.expect("it has come");
    assert_eq!(there, place.event);
    assert_eq!(place.stated.expect("it waits for a fact").fact.name(), "acknowledged");
    assert_eq!(lesson.waiting(&lab), Some(0));
    for try_to in [Target::Event(u64::MAX), Target::Event(there + 1), Target::Time(Time::NEVER)] {
        assert_eq!(lab.seek(try_to).event, there);
    }
    assert_eq!(lab.step().event, there);
    assert_eq!(lab.next_mark(100_000, |_| true), Stopped::Asked);
    assert_eq!(lab.next_fact(100_000), Stopped::Asked);
    // Even asking what will come of it gives nothing away.
    let decided = Lesson::decide(&lab, 0).expect("a branch");
    lab.outcome(lab.current()).expect("a branch");
    assert_eq!((lab.furthest().event, lesson.waiting(&lab)), (there, Some(0)));
    assert_eq!(decided.right().collect::<Vec<_>>(), [1]);

    lesson.answer(&mut lab, 0, Some(1)).expect("an option");
    assert_eq!(lesson.waiting(&lab), None);
    assert!(lab.seek(Target::End).event > there);
}

#[test]
fn a_wrong_answer_names_the_belief_behind_it() {
    let (mut lab, mut lesson) = begun();
    lab.seek(Target::End);
    lesson.answer(&mut lab, 0, Some(0)).expect("an option");
    let decision = Lesson::decide(&lab, 0).expect("a branch");
    let feedback = lesson.learn(&lab, 0, &decision).expect("it was answered");
    assert_eq!((feedback.right, feedback.holds), (Some(false), vec![1]));
    assert_eq!(feedback.belief.expect("named").en, "an acknowledgement means the message is safe");
    assert!(feedback.because.zh.contains("页缓存"));
    let progress = lesson.progress();
    assert_eq!((progress.predicted(), progress.right(), progress.finished), (1, 0, false));
    assert_eq!(lesson.moral(&lab), None);
    lab.seek(Target::End);
    assert!(lesson.moral(&lab).expect("the run is over").en.starts_with("Yes."));
    assert!(lesson.progress().finished);
}

#[test]
fn the_run_decides_and_not_a_label() {
    let (mut lab, mut lesson) = begun();
    // A follower that is cut off from nobody has everything: break the story before it begins.
    let what_if = crate::lab::Variant::WhatIf("acks-all".into());
    lab.fork_with(&what_if).expect("a branch");
    lab.seek(Target::End);
    lesson.answer(&mut lab, 0, Some(0)).expect("an option");
    let decision = Lesson::decide(&lab, 0).expect("a branch");
    let feedback = lesson.learn(&lab, 0, &decision).expect("it was answered");
    assert_eq!((feedback.right, feedback.belief), (Some(true), None));
}

#[test]
fn whoever_has_seen_the_outcome_does_not_predict() {
    let mut lab = first_lesson();
    lab.seek(Target::End);
    lab.seek(Target::Event(0));
    let mut lesson = Lesson::begin(&mut lab, LessonProgress::default());
    assert_eq!(lesson.waiting(&lab), Some(0));
    lesson.answer(&mut lab, 0, Some(1)).expect("an option");
    let decision = Lesson::decide(&lab, 0).expect("a branch");
    lesson.learn(&lab, 0, &decision).expect("it was answered");
    let progress = lesson.progress();
    assert_eq!((progress.predicted(), progress.right(), progress.answers().len()), (0, 0, 1));
    assert_eq!(progress.answers()[0].right, Some(true));
}

#[test]
fn a_question_can_be_skipped_and_asked_again() {
    let (mut lab, mut lesson) = begun();
    lesson.answer(&mut lab, 0, None).expect("skipping needs no place");
    lab.seek(Target::End);
    assert!(lab.ended().is_some());
    assert_eq!((lesson.progress().predicted(), lesson.progress().answers().len()), (0, 1));
    lesson.again(&mut lab);
    assert_eq!(lab.position().event, 0);
    // The run is known by now; the question still comes first.
    assert_eq!(lesson.waiting(&lab), Some(0));
    assert_eq!(lesson.answer(&mut lab, 0, Some(9)), Err(Unanswerable::Unknown));
    assert_eq!(lesson.answer(&mut lab, 5, None), Err(Unanswerable::Unknown));
    lesson.ask_nothing(&mut lab);
    assert_eq!(lesson.waiting(&lab), None);
}

#[test]
fn progress_comes_back_and_other_questions_are_asked_anew() {
    let (mut lab, mut lesson) = begun();
    lab.seek(Target::End);
    lesson.answer(&mut lab, 0, Some(1)).expect("an option");
    let mut progress = Progress::default();
    progress.keep(lab.name(), lesson.progress().clone());
    let text = progress.to_json();
    let read = Progress::from_json(&text).expect("it was written by us");
    assert_eq!(read, progress);
    let mut again = first_lesson();
    let taken_up = Lesson::begin(&mut again, read.lesson(LESSONS[0].0));
    again.seek(Target::End);
    assert_eq!(taken_up.waiting(&again), None);
    assert!(again.ended().is_some());

    let (name, file) = LESSONS[0];
    let mut changed = open(name, &file.replace("all five", "every one"));
    let asked = Lesson::begin(&mut changed, read.lesson(name));
    changed.seek(Target::End);
    assert_eq!(asked.waiting(&changed), Some(0));
    assert_eq!(asked.progress().answers().len(), 0);

    let newer = text.replace("\"version\": 1", "\"version\": 7");
    assert!(matches!(Progress::from_json(&newer), Err(UnreadableProgress::Newer(7))));
    assert!(matches!(Progress::from_json("{"), Err(UnreadableProgress::Damaged(_))));
}

#[test]
fn the_narrator_speaks_at_the_events_of_the_steps() {
    let (mut lab, lesson) = begun();
    lesson.ask_nothing(&mut lab);
    assert_eq!(Lesson::narration(&lab), []);
    lab.seek(Target::End);
    let told = Lesson::narration(&lab);
    let actions: Vec<&str> = told.iter().map(|n| n.action).collect();
    assert_eq!(actions, ["cut", "power-off"]);
    assert_eq!(told[1].nodes.len(), 1);
    for narrated in told {
        assert!(!narrated.say.en.is_empty() && !narrated.say.zh.is_empty());
        lab.seek(Target::Event(narrated.event));
        assert_eq!(lab.state().kernel.now(), narrated.time);
        assert_eq!(Lesson::narration(&lab).last(), Some(&narrated));
    }
}

#[test]
fn a_question_about_a_moment_is_asked_when_everything_of_that_moment_has_happened() {
    let (name, text) = LESSONS[0];
    let timed = text.replace("at      = \"acknowledged m5\"", "at = \"300ms\"");
    let mut lab = open(name, &timed);
    let lesson = Lesson::begin(&mut lab, LessonProgress::default());
    let there = lab.seek(Target::End);
    assert_eq!(there.time, Time(300_000_000));
    assert!(lab.state().kernel.next_time().is_some_and(|next| next > there.time));
    let place = lesson.questions(&lab)[0].at.expect("it has come");
    assert_eq!((place.event, place.time), (there.event, there.time));
}

#[test]
fn what_was_done_by_hand_before_a_question_counts() {
    let (mut lab, mut lesson) = begun();
    lab.seek(Target::Event(30));
    for broker in [0, 1, 2] {
        lab.inject(crash(broker)).expect("it runs");
    }
    // Nobody acknowledges m5 any more: the question never comes, and the run goes to its end.
    lab.seek(Target::End);
    assert_eq!(lesson.waiting(&lab), None);
    assert!(lab.ended().is_some());
    assert_eq!(lesson.answer(&mut lab, 0, Some(0)), Err(Unanswerable::NotYet));
}
