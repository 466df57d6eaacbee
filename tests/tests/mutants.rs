//! A broken cluster must be caught: for each deliberate mistake in the broker or the controller,
//! some expectation of some scenario fails.

use mqlab::brokers::kafka::plan::Mutant;
use mqlab::cluster::run::{Options, Prepared};
use mqlab::ledger::verdict::Verdict;
use mqlab_tests::{cases, catalogue, checked};

/// The first case of the catalogue that fails with this mistake.
fn caught_by(mutant: Mutant) -> Option<String> {
    let files = catalogue().into_iter();
    let mut all = files.flat_map(|(name, text)| cases(&checked(&name, &text)));
    all.find_map(|(case, scenario)| {
        let outcome = Prepared::with_mutant(scenario, mutant).run(Options::default());
        let failed = outcome.verdicts.iter().any(|v| v.verdict == Verdict::Failed);
        failed.then_some(case)
    })
}

#[test]
fn every_mutant_is_caught_by_a_scenario() {
    let mut escaped = Vec::new();
    // A vote given twice shows only if a controller restarts within the milliseconds between its vote
    // and the next message, which no lesson does: the sweep of `brokers::kafka::raft` finds it.
    for mutant in Mutant::ALL.into_iter().filter(|m| *m != Mutant::ForgetsItsVote) {
        match caught_by(mutant) {
            Some(case) => println!("{mutant:?} is caught by {case}"),
            None => escaped.push(mutant),
        }
    }
    assert!(escaped.is_empty(), "no scenario notices {escaped:?}");
}

#[test]
fn the_cluster_itself_is_caught_by_none() {
    for (name, text) in catalogue() {
        for (case, scenario) in cases(&checked(&name, &text)) {
            let outcome = Prepared::new(scenario, false).run(Options::default());
            let failed = outcome.verdicts.iter().find(|v| v.verdict != Verdict::Passed);
            assert_eq!(failed, None, "{case}");
        }
    }
}
