//! Runs with all their expectations judged, also those that speak of another run.

use mqlab::cluster::run::{self as cluster, Options, Outcome, Prepared};
use mqlab::ledger::Judgement;
use mqlab::ledger::verdict::{Evidence, NoProbe, judge_expectation};
use mqlab::scenario::Scenario;
use mqlab::scenario::expression::{Claim, Expectation};
use std::sync::Arc;

/// Runs a variant of `base`. Where a variant says `same fates as what-if NAME`, it is judged here:
/// a variant by itself does not know the other variants.
pub fn run(scenario: &Scenario, base: &Scenario, options: Options) -> Outcome {
    judged(cluster::run(scenario, options), scenario, base, options)
}

/// The same, unless `wanted` says that nobody wants it any more.
pub fn run_while(
    scenario: &Scenario,
    base: &Scenario,
    options: Options,
    wanted: impl Fn() -> bool,
) -> Option<Outcome> {
    let prepared = Prepared::new(Arc::new(scenario.clone()), options.keep_history);
    let outcome = prepared.run_while(options, &mut |_| wanted())?;
    Some(judged(outcome, scenario, base, options))
}

fn judged(mut outcome: Outcome, scenario: &Scenario, base: &Scenario, options: Options) -> Outcome {
    for (index, expectation) in scenario.expect.this_run.iter().enumerate() {
        let judged = compare(expectation, scenario, base, &outcome.judgement, options);
        if let (Some(judged), Some(slot)) = (judged, outcome.verdicts.get_mut(index)) {
            *slot = judged;
        }
    }
    outcome
}

/// Judges a sentence that compares with a what-if; `None` for all others.
fn compare(
    expectation: &Expectation,
    scenario: &Scenario,
    base: &Scenario,
    judgement: &Judgement,
    options: Options,
) -> Option<mqlab::ledger::verdict::Judged> {
    let Claim::SameFates { what_if } = &expectation.claim else { return None };
    if scenario.what_ifs.iter().any(|w| w.name == *what_if) {
        return None;
    }
    let other = base.what_ifs.iter().find(|w| w.name == *what_if)?;
    let options = Options { keep_history: false, ..options };
    let other = cluster::run(&other.scenario, options);
    let what_ifs = [(what_if.clone(), &other.judgement)];
    let evidence = Evidence {
        what_ifs: &what_ifs,
        ..Evidence::of_run(judgement, &NoProbe, &scenario.directory, false)
    };
    Some(judge_expectation(expectation, &evidence))
}
