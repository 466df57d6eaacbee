//! The lesson: its question, what has happened so far, predictions, and the moral at the end.

use crate::screen::bench::Bench;
use crate::screen::lines::{Line, Link};
use crate::screen::pen::{Look, piece};
use crate::screen::theme::Ink;
use crate::text::Say;
use mqlab::lab::{Feedback, Lesson, Question};

/// The lines.
pub fn lines(bench: &Bench, look: Look) -> Vec<Line> {
    let say = Say { lang: look.lang };
    let lang = look.lang;
    let scenario = bench.scenario();
    let over = bench.lab.ended().is_some();
    let mut lines = vec![Line::heading(lang.of(&scenario.title))];
    let ask = lang.of(&scenario.ask);
    if !ask.is_empty() {
        lines.push(Line::text(ask, Ink::Change));
    }
    lines.push(Line::empty());
    lines.push(Line::heading(say.so_far()));
    let told = story(bench, look);
    if told.is_empty() {
        lines.push(Line::text(say.nothing_yet(), Ink::Faint));
        lines.push(Line::text(say.begin(), Ink::Faint));
    }
    lines.extend(told);
    let questions = bench.lesson.questions(&bench.lab);
    let known: Vec<&Question> = questions.iter().filter(|q| q.answer.is_some()).collect();
    if !known.is_empty() {
        lines.push(Line::empty());
        lines.push(Line::heading(say.your_predictions()));
        for question in known {
            lines.extend(predicted(bench, question, over, look));
        }
    }
    if bench.lesson.waiting(&bench.lab).is_some() {
        lines.push(Line::empty());
        lines.push(Line::text(say.question_waits(), Ink::Here).to(Link::Question));
    }
    if over {
        lines.extend(conclusion(bench, look));
    }
    lines
}

/// The steps carried out up to here, with what was done by hand between them.
fn story(bench: &Bench, look: Look) -> Vec<Line> {
    let say = Say { lang: look.lang };
    let lang = look.lang;
    let directory = bench.lab.directory();
    let here = bench.lab.position();
    let mut told: Vec<(u64, Line)> = Vec::new();
    for narrated in Lesson::narration(&bench.lab) {
        let glyph = look.glyphs.pick("▸", ">");
        let fresh = narrated.event == here.event;
        let lead = vec![piece(format!("{glyph} "), if fresh { Ink::Here } else { Ink::Faint })];
        let text = match lang.of(&narrated.say) {
            "" => {
                let names: Vec<String> =
                    narrated.nodes.iter().map(|n| directory.node(*n).to_string()).collect();
                format!("{} {}", narrated.action, names.join(", "))
            }
            text => text.to_string(),
        };
        let ink = if fresh { Ink::Title } else { Ink::Text };
        let mut tail = vec![piece(format!("  {}", narrated.time), Ink::Faint)];
        if let Some(why) = &narrated.without_effect {
            tail.push(piece(format!("  ({why})"), Ink::Odd));
        }
        let line = Line::led(lead, text, ink).and(tail).to(Link::Event(narrated.event));
        told.push((narrated.event, line));
    }
    let inputs = bench.lab.branch(bench.lab.current());
    let inputs = inputs.map(|b| b.interventions()).unwrap_or_default();
    for input in inputs.iter().take(here.inputs) {
        let lead = vec![piece(look.glyphs.pick("✎ ", "* "), Ink::Change)];
        let tail = vec![piece(format!("  {}", input.time), Ink::Faint)];
        let line = Line::led(lead, say.action(&input.action, directory), Ink::Change);
        told.push((input.event, line.and(tail).to(Link::Event(input.event))));
    }
    told.sort_by_key(|(event, _)| *event);
    told.into_iter().map(|(_, line)| line).collect()
}

/// A question that was answered; at the end of the run, with what the run says.
fn predicted(bench: &Bench, question: &Question, over: bool, look: Look) -> Vec<Line> {
    let say = Say { lang: look.lang };
    let lang = look.lang;
    let mut lines = vec![Line::text(lang.of(&question.ask), Ink::Text)];
    let chosen = question.answer.as_ref().and_then(|a| a.option);
    let here = bench.lab.current();
    let feedback = bench.feedback.get(&question.number);
    let feedback = feedback.filter(|(branch, _)| over && *branch == here).map(|(_, f)| f);
    match (chosen, feedback) {
        (None, None) => lines.push(Line::text(say.skipped(), Ink::Faint)),
        (Some(option), None) => {
            let option = question.options.get(option).map(|o| lang.of(o)).unwrap_or_default();
            let text = format!("{}{}{option}", say.you_said(), say.colon());
            lines.push(Line::text(text, Ink::Title));
            if !over {
                lines.push(Line::text(say.run_decides(), Ink::Faint));
            }
        }
        (_, Some(feedback)) => lines.extend(judged(question, feedback, look)),
    }
    lines
}

/// Which answers hold, which was chosen, and why.
pub fn judged(question: &Question, feedback: &Feedback, look: Look) -> Vec<Line> {
    let say = Say { lang: look.lang };
    let lang = look.lang;
    let mut lines = Vec::new();
    for (number, option) in question.options.iter().enumerate() {
        let holds = feedback.holds.contains(&number);
        let chosen = feedback.chosen == Some(number);
        let (glyph, ink) = match (holds, chosen) {
            (true, _) => (look.glyphs.pick("✓ ", "+ "), Ink::Good),
            (false, true) => (look.glyphs.pick("✗ ", "x "), Ink::Bad),
            (false, false) => ("  ", Ink::Faint),
        };
        let line = Line::led(vec![piece(glyph, ink)], lang.of(option), ink);
        let note = format!("  {}", look.glyphs.pick("◀ ", "< ").to_string() + say.you_said());
        lines.push(if chosen { line.and(vec![piece(note, Ink::Here)]) } else { line });
    }
    if let Some(belief) = &feedback.belief {
        let text = format!("{}{}{}", say.belief(), say.colon(), lang.of(belief));
        lines.push(Line::text(text, Ink::Odd));
    }
    if feedback.chosen.is_none() {
        lines.push(Line::text(say.skipped(), Ink::Faint));
    }
    let because = lang.of(&feedback.because);
    if !because.is_empty() {
        lines.push(Line::text(because, Ink::Text));
    }
    lines
}

/// The moral, and what one may do next.
fn conclusion(bench: &Bench, look: Look) -> Vec<Line> {
    let say = Say { lang: look.lang };
    let lang = look.lang;
    let mut lines = Vec::new();
    let answer = lang.of(&bench.scenario().answer);
    if !answer.is_empty() {
        lines.push(Line::empty());
        lines.push(Line::heading(say.moral()));
        lines.push(Line::text(answer, Ink::Good));
    }
    lines.push(Line::empty());
    lines.push(Line::heading(say.what_next()));
    let root = bench.lab.branches().first();
    let what_ifs = root.map(|b| b.scenario().what_ifs.as_slice()).unwrap_or_default();
    for what_if in what_ifs {
        let title = match lang.of(&what_if.title) {
            "" => what_if.name.as_str(),
            title => title,
        };
        let lead = vec![piece(look.glyphs.pick("→ ", "> "), Ink::Key)];
        let text = format!("{}{}{title}", say.what_ifs(), say.colon());
        lines.push(Line::led(lead, text, Ink::Text).to(Link::WhatIf(what_if.name.clone())));
    }
    lines.push(Line::text(say.next_compare(), Ink::Faint));
    lines
}
