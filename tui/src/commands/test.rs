//! `mqlab test`: scenarios as regression tests.
//!
//! What is to be run is planned first ([`plan`]), carried out in parallel with the results handed
//! over in the order of the plan ([`pool`]), and reported ([`report`], [`junit`]). So the output is
//! the same for any number of jobs; only the progress bar knows about time.

mod junit;
mod plan;
mod pool;
mod report;
mod sweep;

use crate::catalogue;
use crate::cli::{Report, Test};
use crate::failure::Failure;
use crate::print::Page;
use crate::waiting;
use indicatif::ProgressBar;
use mqlab::ledger::verdict::Verdict;
use plan::Tested;
use std::io::Write;
use std::sync::atomic::Ordering;

/// Runs the tests; the status follows the worst verdict.
pub fn test(asked: &Test, page: &Page, out: &mut dyn Write) -> Result<u8, Failure> {
    let stop = waiting::stop_on_ctrl_c();
    let sources = catalogue::gather(&asked.paths, page.say)?;
    let sources: Vec<_> = match asked.shard {
        None => sources,
        Some(shard) => sources.into_iter().skip(shard.index).step_by(shard.of).collect(),
    };
    // An unwritable report is found before hours of work, not after.
    let junit = asked.junit.as_deref().map(|path| junit::create(path, page.say)).transpose()?;
    let plans = plan::read(&sources, asked, page);
    let mut works = Vec::new();
    let mut tested = Vec::new();
    for (index, plan) in plans.iter().enumerate() {
        let more = plan.works(index, asked.seeds);
        tested.push(Tested::new(plan, asked.seeds, more.len()));
        works.extend(more);
    }
    let bar = progress(works.len(), page);
    let mut failures = 0;
    let mut printed = 0;
    if asked.format != Report::Json {
        report::head(page, out, &plans)?;
    }
    let handle = |done: plan::Done| -> Result<(), Failure> {
        let Some(one) = tested.get_mut(done.plan) else { return Ok(()) };
        let bad = done.is_bad();
        one.take(done);
        if bad {
            failures += 1;
            bar.set_message(page.say.progress_failures(failures));
        }
        bar.inc(1);
        // Results come in the order of the plan, so whatever is complete can be printed.
        while let Some(one) = tested.get(printed).filter(|t| t.is_complete()) {
            if asked.format != Report::Json {
                bar.suspend(|| report::one(page, out, one, asked.format))?;
            }
            printed += 1;
        }
        Ok(())
    };
    pool::run(&plans, works, asked.jobs, &stop, page.say, handle)?;
    bar.finish_and_clear();
    let interrupted = stop.load(Ordering::SeqCst);
    for one in tested.iter().skip(printed) {
        if asked.format != Report::Json {
            report::one(page, out, one, asked.format)?;
        }
    }
    match asked.format {
        Report::Json => report::json(out, &tested, interrupted)?,
        Report::Text | Report::Github => report::summary(page, out, &tested, interrupted)?,
    }
    if let (Some(file), Some(path)) = (junit, &asked.junit) {
        junit::write(file, path, &tested, page.say)?;
    }
    Ok(status(&tested))
}

/// The exit status: 2 for files that cannot be read, else by the worst verdict.
fn status(tested: &[Tested]) -> u8 {
    let verdict = Verdict::worst(tested.iter().map(Tested::verdict));
    let unreadable = tested.iter().any(|t| t.plan.scenario.is_none());
    match verdict {
        _ if unreadable => crate::failure::UNREADABLE,
        // An empty part of the scenarios has nothing against it.
        _ if tested.is_empty() => 0,
        verdict => verdict.exit_status(),
    }
}

/// A bar on standard error; a single piece of work needs none.
fn progress(works: usize, page: &Page) -> ProgressBar {
    if works < 2 {
        return ProgressBar::hidden();
    }
    let bar = waiting::bar(works as u64, "{bar:30} {pos}/{len}  {per_sec}  {msg}  {eta}");
    bar.set_message(page.say.progress_failures(0));
    bar
}
