//! The lesson: what it asks, what the narrator says, predictions and what the run made of them.

use super::{Cx, badge, card, faint, heading};
use crate::act::Act;
use crate::text::Phrase;
use egui::{RichText, ScrollArea, Ui};
use mqlab::lab::command::Command;
use mqlab::lab::{Feedback, Lesson, Question};
use mqlab::ledger::verdict::Verdict;

pub fn show(ui: &mut Ui, cx: &mut Cx<'_>) {
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        let lang = cx.say.lang;
        let scenario = cx.desk.lab.state().model.scenario().clone();
        let title = RichText::new(lang.of(&scenario.title)).heading().color(cx.t.strong);
        ui.add(egui::Label::new(title).wrap());
        ui.add(egui::Label::new(lang.of(&scenario.ask)).wrap());
        let questions = cx.desk.lesson.questions(&cx.desk.lab);
        let waiting = cx.desk.waiting();
        if let Some(question) = waiting.and_then(|number| questions.get(number)) {
            ui.add_space(4.0);
            ask(ui, cx, question);
        }
        happened(ui, cx);
        for question in &questions {
            if Some(question.number) != waiting {
                answered(ui, cx, question);
            }
        }
        if let Some(moral) = &cx.desk.moral {
            ui.add_space(6.0);
            let moral = lang.of(moral).to_string();
            card(ui, cx.t, cx.t.good, |ui| {
                heading(ui, cx.t, cx.the(Phrase::Moral));
                ui.add(egui::Label::new(moral).wrap());
            });
        }
        expected(ui, cx);
        let notes = lang.of(cx.desk.notes());
        if !notes.is_empty() {
            ui.add_space(4.0);
            egui::CollapsingHeader::new(cx.the(Phrase::TeacherNotes)).show(ui, |ui| {
                ui.add(egui::Label::new(RichText::new(notes).color(cx.t.faint)).wrap());
            });
        }
    });
}

/// What the file expects of the run, once it is over.
fn expected(ui: &mut Ui, cx: &mut Cx<'_>) {
    let (t, lang) = (cx.t, cx.say.lang);
    let judged = cx.desk.judged.as_ref().filter(|(of, _)| *of == cx.desk.lab.current());
    let Some((_, verdicts)) = judged else {
        let over = cx.desk.lab.ended().is_some();
        if over && ui.button(cx.the(Phrase::Expectations)).clicked() {
            cx.acts.push(Act::Do(Command::Judge));
        }
        return;
    };
    heading(ui, t, cx.the(Phrase::Expectations));
    for judged in verdicts {
        let (colour, glyph) = match judged.verdict {
            Verdict::Passed => (t.good, "✔"),
            Verdict::Failed | Verdict::Error => (t.bad, "✖"),
            Verdict::Vacuous | Verdict::Inconclusive => (t.odd, "?"),
        };
        ui.horizontal_wrapped(|ui| {
            let word = mqlab::story::words::verdict(judged.verdict, lang);
            ui.label(RichText::new(format!("{glyph} {word}")).color(colour));
            ui.label(RichText::new(&judged.expectation).monospace());
            faint(ui, t, judged.actual.clone());
        });
    }
}

/// A question that waits: the run does not go on before it is answered or skipped.
fn ask(ui: &mut Ui, cx: &mut Cx<'_>, question: &Question) {
    let lang = cx.say.lang;
    card(ui, cx.t, cx.t.here, |ui| {
        let title = RichText::new(cx.the(Phrase::YourPrediction)).strong().color(cx.t.here);
        ui.label(title);
        ui.add(egui::Label::new(RichText::new(lang.of(&question.ask)).strong()).wrap());
        for (number, option) in question.options.iter().enumerate() {
            let button = egui::Button::new(lang.of(option))
                .wrap()
                .min_size(egui::vec2(ui.available_width(), cx.sizes.row + 4.0));
            if ui.add(button).clicked() {
                cx.acts.push(Act::Answer(question.number, Some(number)));
            }
        }
        if ui.button(RichText::new(cx.the(Phrase::Skip)).color(cx.t.faint)).clicked() {
            cx.acts.push(Act::Answer(question.number, None));
        }
    });
}

fn answered(ui: &mut Ui, cx: &mut Cx<'_>, question: &Question) {
    let lang = cx.say.lang;
    let passed = question.at.is_some_and(|at| at.event <= cx.desk.view.event);
    if passed && question.answer.is_none() {
        // It was not asked on the way; now it is no prediction, but still a question.
        ui.add_space(6.0);
        return ask(ui, cx, question);
    }
    let Some(answer) = &question.answer else {
        ui.add_space(4.0);
        ui.horizontal_wrapped(|ui| {
            faint(ui, cx.t, format!("? {}", cx.the(Phrase::NotAskedYet)));
            let situation = cx.desk.situation();
            let able = Command::ToQuestion.applies(&situation, lang).is_ok();
            let button = egui::Button::new(cx.the(Phrase::ToQuestion));
            if ui.add_enabled(able, button).clicked() {
                cx.acts.push(Act::Do(Command::ToQuestion));
            }
        });
        return;
    };
    ui.add_space(6.0);
    let feedback = cx.desk.feedback.get(&question.number).cloned();
    let edge = match feedback.as_ref().and_then(|f| f.right) {
        Some(true) => cx.t.good,
        Some(false) => cx.t.bad,
        None => cx.t.line,
    };
    card(ui, cx.t, edge, |ui| {
        ui.add(egui::Label::new(RichText::new(lang.of(&question.ask)).strong()).wrap());
        match feedback {
            Some(feedback) => told(ui, cx, question, &feedback),
            None => {
                let chosen = answer.option.and_then(|option| question.options.get(option));
                let chosen = chosen.map_or(cx.the(Phrase::Skipped), |option| lang.of(option));
                ui.label(format!("{}: {chosen}", cx.the(Phrase::YourPrediction)));
            }
        }
    });
}

fn told(ui: &mut Ui, cx: &Cx<'_>, question: &Question, feedback: &Feedback) {
    let (t, lang) = (cx.t, cx.say.lang);
    ui.horizontal_wrapped(|ui| match (feedback.chosen, feedback.right) {
        (None, _) => faint(ui, t, cx.the(Phrase::Skipped)),
        (_, Some(true)) => badge(ui, t, t.good, &format!("✔ {}", cx.the(Phrase::Right))),
        (_, Some(false)) => badge(ui, t, t.bad, &format!("✖ {}", cx.the(Phrase::Wrong))),
        (_, None) => faint(ui, t, cx.the(Phrase::Undecided)),
    });
    for (number, option) in question.options.iter().enumerate() {
        let holds = feedback.holds.contains(&number);
        let chosen = feedback.chosen == Some(number);
        let (glyph, colour) = match (holds, chosen) {
            (true, _) => ("✔", t.good),
            (false, true) => ("✖", t.bad),
            (false, false) => ("·", t.faint),
        };
        let text = RichText::new(format!("{glyph} {}", lang.of(option))).color(colour);
        ui.add(egui::Label::new(if chosen { text.underline() } else { text }).wrap());
    }
    if let Some(belief) = &feedback.belief {
        let text = format!(
            "{}{}{}",
            cx.the(Phrase::BeliefBehind),
            cx.say.pick(": ", "："),
            lang.of(belief)
        );
        ui.add(egui::Label::new(RichText::new(text).color(t.odd)).wrap());
    }
    ui.add(egui::Label::new(lang.of(&feedback.because)).wrap());
}

/// What the narrator has said so far.
fn happened(ui: &mut Ui, cx: &mut Cx<'_>) {
    let lang = cx.say.lang;
    let narration = Lesson::narration(&cx.desk.lab);
    heading(ui, cx.t, cx.the(Phrase::WhatHappened));
    if narration.is_empty() {
        if cx.desk.view.event == 0 {
            faint(ui, cx.t, cx.the(Phrase::NothingYet));
        }
        let history = cx.desk.lab.played().model.kept_facts();
        let last = history.and_then(|history| history.before(cx.desk.view.event + 1));
        let Some(stated) = last else { return };
        let text = mqlab::story::sentence(&stated.fact, cx.desk.lab.directory(), lang);
        ui.add(egui::Label::new(format!("{}  {text}", stated.time)).wrap());
        return;
    }
    for told in narration {
        let say = lang.of(&told.say);
        let text = match say.is_empty() {
            true => {
                let nodes: Vec<String> = told
                    .nodes
                    .iter()
                    .map(|node| cx.desk.lab.directory().node(*node).to_string())
                    .collect();
                format!("{} {}", told.action, nodes.join(", "))
            }
            false => say.to_string(),
        };
        ui.horizontal_top(|ui| {
            super::moment(ui, cx, told.time, told.event);
            ui.vertical(|ui| {
                ui.add(egui::Label::new(text).wrap());
                if let Some(why) = &told.without_effect {
                    faint(ui, cx.t, why.clone());
                }
            });
        });
    }
}
