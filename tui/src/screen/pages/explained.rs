//! A message explained: its life, why, the chains of causes, and what would have prevented it.

use crate::screen::app::App;
use crate::screen::bench::Bench;
use crate::screen::lines::{Line, Link};
use crate::screen::pen::{Pieces, piece};
use crate::screen::theme::Ink;
use crate::screen::work::Look;
use mqlab::explore::counterfactual::Tried;
use mqlab::explore::{Change, Measure, Trial};
use mqlab::kernel::Time;
use mqlab::lab::Cures;
use mqlab::story::explain::Anomaly;
use mqlab::story::explain::life::Life;
use mqlab::story::words;

/// The page.
pub fn page(app: &App, bench: &Bench, life: &Life, cured: Option<&Cures>) -> (String, Vec<Line>) {
    let (say, lang, glyphs) = (app.say(), app.look.lang, app.look.glyphs);
    let directory = bench.lab.directory();
    let name = directory.message(life.message);
    let mut lines = Vec::new();
    lines.push(Line::text(words::told(life.told, lang), Ink::Title));
    for (subscription, fate) in &life.fates {
        let (glyph, ink) = glyphs.fate(Some(*fate));
        let text =
            format!("{}: {}", directory.subscription(*subscription), words::fate(*fate, lang));
        lines.push(Line::led(vec![piece(format!("{glyph} "), ink)], text, ink));
    }
    // A message handled too late was handled once all the same: its fate does not say it.
    for explanation in life.explanations.iter().filter(|e| e.anomaly == Anomaly::Inverted) {
        let lead = vec![piece(glyphs.pick("⇅ ", "! "), Ink::Bad)];
        lines.push(Line::led(lead, explanation.title.clone(), Ink::Bad));
    }
    let allowed: Vec<_> = life.explanations.iter().flat_map(|e| &e.allowed_by).collect();
    if !allowed.is_empty() {
        lines.push(Line::empty());
        lines.push(Line::heading(say.why()));
        for clause in allowed {
            let lead = vec![piece(format!("{} ", glyphs.arrow()), Ink::Odd)];
            let line = Line::led(lead, clause.text.clone(), Ink::Odd);
            lines.push(line.to(Link::Event(clause.event)));
        }
    }
    lines.push(Line::empty());
    lines.push(Line::heading(say.life()));
    let middle = life.moments.len() / 2;
    for (at, moment) in life.moments.iter().enumerate() {
        if at == middle && life.left_out > 0 {
            lines.push(Line::text(say.and_more(life.left_out), Ink::Faint));
        }
        let ink = if moment.own { Ink::Text } else { Ink::Change };
        let line = Line::led(place(moment.time, moment.event), moment.text.clone(), ink);
        lines.push(line.to(Link::Event(moment.event)));
    }
    lines.extend(cures(app, bench, life, cured));
    for chain in &life.chains {
        lines.push(Line::empty());
        lines.push(Line::heading(say.causes_of(&chain.title)));
        for link in &chain.links {
            let ink = if link.events > 1 { Ink::Faint } else { Ink::Text };
            let line = Line::led(place(link.time, link.event), link.text.clone(), ink);
            lines.push(line.to(Link::Event(link.event)));
        }
    }
    (say.explained_title(&name, bench.lab.position().time), lines)
}

fn place(time: Time, event: u64) -> Pieces {
    vec![
        piece(format!("{:>9} ", time.to_string()), Ink::Faint),
        piece(format!("{:<7}", format!("#{event}")), Ink::Faint),
    ]
}

fn cures(app: &App, bench: &Bench, life: &Life, cured: Option<&Cures>) -> Vec<Line> {
    let (say, lang) = (app.say(), app.look.lang);
    let mut lines = vec![Line::empty(), Line::heading(say.cures())];
    let report = match cured {
        None => {
            let seeks = bench.looking.as_ref().is_some_and(|l| matches!(l.what, Look::Explain(..)));
            let text = if seeks { say.seeking_cures() } else { say.cures_not_sought() };
            lines.push(Line::text(text, Ink::Faint));
            return lines;
        }
        Some(Cures::Nothing) => {
            lines.push(Line::text(say.nothing_to_prevent(), Ink::Faint));
            return lines;
        }
        Some(Cures::Passes(_)) => {
            lines.push(Line::text(say.passes_by_itself(), Ink::Good));
            return lines;
        }
        Some(Cures::Tried(_, report)) => report,
    };
    let base = say.price(&price(&report.base));
    lines.push(
        Line::led(vec![piece("  ", Ink::Text)], say.as_it_is(), Ink::Text)
            .and(vec![piece(format!("  {base}"), Ink::Faint)]),
    );
    let mut same = Vec::new();
    let mut refused = Vec::new();
    let mut found: Vec<(bool, Line)> = Vec::new();
    for trial in report.steps.iter().chain(&report.settings) {
        let what = described(bench, &trial.change, app);
        match &trial.result {
            Ok(tried) if tried.prevented => {
                found.push((!tried.is_cure(), tried_line(app, life, trial, tried, &what)));
            }
            Ok(_) => same.push(what),
            Err(why) => refused.push(format!("{what}{}{why}", lang.pick(": ", "："))),
        }
    }
    found.sort_by_key(|(worse, _)| *worse);
    lines.extend(found.into_iter().map(|(_, line)| line));
    let untried = report.untried.iter().map(|change| described(bench, change, app)).collect();
    let rest =
        [(say.no_difference(), same), (say.refused_changes(), refused), (say.not_tried(), untried)];
    for (title, list) in rest {
        if !list.is_empty() {
            let lead = vec![piece(format!("  {title}{}", lang.pick(": ", "：")), Ink::Faint)];
            lines.push(Line::led(lead, list.join(" · "), Ink::Faint));
        }
    }
    if !report.is_complete() {
        lines.push(Line::text(say.not_all_tried(report.events), Ink::Odd));
    }
    lines
}

fn tried_line(app: &App, life: &Life, trial: &Trial, tried: &Tried, what: &str) -> Line {
    let (say, lang, glyphs) = (app.say(), app.look.lang, app.look.glyphs);
    let (glyph, ink) = match tried.is_cure() {
        true => (glyphs.pick("✓ ", "+ "), Ink::Good),
        false => (glyphs.pick("≈ ", "~ "), Ink::Odd),
    };
    let fate = match tried.fate {
        Some(fate) => words::fate(fate, lang),
        None => words::told(tried.told, lang),
    };
    let _ = (life, trial);
    let mut text = format!("{what} {} {fate}", glyphs.arrow());
    text.push_str(&format!("  {}", say.price(&price(&tried.measure))));
    if !tried.others.is_empty() {
        text.push_str(&format!("  {}", say.others_differ(tried.others.len())));
    }
    Line::led(vec![piece(glyph, ink)], text, ink)
}

/// Latency and the longest outage.
fn price(measure: &Measure) -> [String; 2] {
    [measure.p99, measure.unavailable]
        .map(|span| span.map_or_else(|| "—".to_string(), |span| span.to_string()))
}

fn described(bench: &Bench, change: &Change, app: &App) -> String {
    match change {
        Change::Set(set) => crate::print::cures::settings(set),
        Change::Without(step) => {
            let scenario = bench.scenario();
            let steps = &scenario.steps;
            match steps.get(*step) {
                Some(step) => app.say().without_step(&step.action, bench.lab.directory()),
                // A step that was done by hand stands behind those of the file.
                None => {
                    let inputs = bench.lab.branch(bench.lab.current());
                    let inputs = inputs.map(|b| b.interventions()).unwrap_or_default();
                    let input = inputs.get(step - steps.len());
                    input.map_or_else(String::new, |input| {
                        app.say().without_step(&input.action, bench.lab.directory())
                    })
                }
            }
        }
    }
}
