//! `mqlab explain`: the life of one message, why it met its fate, and what would have prevented it.
//!
//! The run is played once, in a session of the lab that keeps snapshots: of a long run only what
//! concerns the message is told again from them. Cures are sought within a number of events.

use crate::chosen;
use crate::cli::{Explain, Format};
use crate::failure::Failure;
use crate::print::style::Ink;
use crate::print::{Page, account, cures, json, life as print_life};
use crate::variant;
use crate::waiting::{self, Waiting};
use mqlab::cluster::run::Outcome;
use mqlab::explore::{Report, Target, worst};
use mqlab::fact::MessageId;
use mqlab::lab;
use mqlab::scenario::Scenario;
use mqlab::story::Lang;
use mqlab::story::explain::life::{Life, life};
use mqlab::story::narration;
use serde_json::{Value, json};
use std::io::Write;
use std::sync::atomic::Ordering;

/// Explains one message; the status is 0 whatever its fate.
pub fn explain(asked: &Explain, page: &Page, out: &mut dyn Write) -> Result<u8, Failure> {
    let chosen = chosen::choose(&asked.which, page)?;
    let stop = waiting::stop_on_ctrl_c();
    let goes_on = || !stop.load(Ordering::Relaxed);
    let mut lab = chosen.lab(&asked.which);
    let mut waiting = Waiting::new();
    let whole = lab.fates_while(lab.current(), &mut |event| {
        waiting.tell(|| page.say.playing(event));
        goes_on()
    });
    let whole = whole.map_err(|why| Failure::new(page.say.lang.of(&why.text())))?;
    let (message, target) = chosen.message(asked.message.as_deref(), &whole, page)?;
    lab.seek(lab::Target::End);
    let account = lab.account_of(message);
    let report = match target {
        Some(target) => {
            let inquiry = chosen.inquiry(&asked.which, asked.seeds, asked.cure_events);
            let found = inquiry.report_while(&whole, target, &mut |progress| {
                waiting.tell(|| page.say.trying(progress));
                goes_on()
            });
            Some(found.map_err(|d| {
                Failure::new(d.first().map(|d| d.message.clone()).unwrap_or_default())
            })?)
        }
        None => None,
    };
    drop(waiting);
    let label = chosen.variant.label();
    let found = target.zip(report.as_ref());
    if asked.format == Format::Json {
        let told = life(&chosen.scenario, &account, message, Lang::En);
        let document = document(&chosen.scenario, &label, &whole, &told, found);
        return json::write(out, &document).map(|()| 0);
    }
    let told = life(&chosen.scenario, &account, message, page.say.lang);
    account::head(page, out, &chosen.scenario, &label)?;
    if asked.message.is_none() && target.is_none() {
        writeln!(out, "\n{}", page.say.nothing_wrong())?;
    }
    print_life::life(page, out, &chosen.scenario, &told)?;
    cures::print(page, out, &chosen.scenario, &told, found)?;
    if let Some(report) = report.filter(|report| !report.is_complete()) {
        let why = if goes_on() {
            page.say.too_long_to_try(&report, whole.events, asked.cure_events)
        } else {
            page.say.stopped_trying().to_string()
        };
        writeln!(out, "  {}", page.ink.paint(Ink::Odd, why))?;
    }
    choice(page, out, &chosen.scenario, &whole, message)?;
    let name = chosen.scenario.directory.message(message);
    let mut command = chosen.command("explain", &asked.which, &whole);
    command.push_str(&format!(" {}", variant::quoted(&name)));
    if asked.seeds > 0 {
        command.push_str(&format!(" --seeds {}", asked.seeds));
    }
    account::foot(page, out, &whole, &command)?;
    Ok(0)
}

/// The other messages that one may want explained.
fn choice(
    page: &Page,
    out: &mut dyn Write,
    scenario: &Scenario,
    outcome: &Outcome,
    told: MessageId,
) -> Result<(), Failure> {
    let mut ids: Vec<MessageId> =
        worst(&outcome.judgement).iter().map(|t| t.message).filter(|m| *m != told).collect();
    ids.sort_unstable();
    ids.dedup();
    if !ids.is_empty() {
        let names = narration::messages(&ids, &scenario.directory, page.say.lang);
        writeln!(out, "\n{}", page.say.others_to_choose(&names))?;
    }
    Ok(())
}

fn document(
    scenario: &Scenario,
    label: &str,
    outcome: &Outcome,
    told: &Life,
    found: Option<(Target, &Report)>,
) -> Value {
    let directory = &scenario.directory;
    let fates: serde_json::Map<String, Value> = told
        .fates
        .iter()
        .map(|(s, fate)| (directory.subscription(*s).to_string(), fate.name().into()))
        .collect();
    let moments: Vec<Value> = told
        .moments
        .iter()
        .map(|m| json!({ "time_ns": m.time.0, "event": m.event, "text": m.text, "own": m.own }))
        .collect();
    let chains: Vec<Value> = told
        .chains
        .iter()
        .map(|c| {
            let links = c.links.iter().map(|l| {
                json!({ "time_ns": l.time.0, "event": l.event, "events": l.events, "text": l.text })
            });
            json!({ "fact": c.title, "event": c.event, "links": links.collect::<Vec<_>>() })
        })
        .collect();
    let anomalies: Vec<Value> = worst(&outcome.judgement)
        .iter()
        .map(|t| {
            json!({
                "message": directory.message(t.message),
                "subscription": directory.subscription(t.subscription),
                "anomaly": t.kind.name(),
            })
        })
        .collect();
    json!({
        "format": json::EXPLAIN,
        "scenario": scenario.name,
        "variant": label,
        "title": json::text(&scenario.title),
        "seed": outcome.seed,
        "digest": json::digest(outcome.digest),
        "message": directory.message(told.message),
        "producer": told.told.name(),
        "fates": fates,
        "life": moments,
        "left_out": told.left_out,
        "explanations": json::explanations(scenario, &told.explanations),
        "causes": chains,
        "cures": found.map(|(target, report)| cures::json(scenario, target, report)),
        "anomalies": anomalies,
    })
}
