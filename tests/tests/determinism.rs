//! The same scenario, seed and interventions give the same bytes.

use mqlab::cluster::run::{Options, Outcome, Prepared};
use mqlab::scenario::Scenario;
use mqlab_tests::{cases, catalogue, checked};
use std::sync::Arc;

fn play(scenario: &Arc<Scenario>, seed: u64) -> Outcome {
    let prepared = Prepared::new(scenario.clone(), true);
    prepared.run(Options { seed: Some(seed), ..Options::default() })
}

/// The first event in which two runs differ, in words.
fn first_difference(a: &Outcome, b: &Outcome) -> Option<String> {
    let pairs = a.happenings.iter().zip(&b.happenings).enumerate();
    for (n, (x, y)) in pairs {
        if x != y {
            return Some(format!("event {}: {x:?} against {y:?}", n + 1));
        }
    }
    let facts = a.facts.iter().zip(&b.facts).find(|(x, y)| x != y);
    facts.map(|(x, y)| format!("fact {x:?} against {y:?}"))
}

#[test]
fn every_case_of_the_catalogue_plays_the_same_twice() {
    for (name, text) in catalogue() {
        for (case, scenario) in cases(&checked(&name, &text)) {
            let (a, b) = (play(&scenario, scenario.seed), play(&scenario, scenario.seed));
            assert_eq!(first_difference(&a, &b), None, "{case}");
            assert_eq!((a.digest, a.events, a.time), (b.digest, b.events, b.time), "{case}");
        }
    }
}

/// Keeping the history, or playing another seed before, changes nothing.
#[test]
fn watching_a_run_does_not_change_it() {
    for (name, text) in catalogue().into_iter().take(8) {
        let scenario = checked(&name, &text);
        let watched = play(&scenario, scenario.seed);
        let prepared = Prepared::new(scenario.clone(), false);
        prepared.run(Options { seed: Some(scenario.seed + 1), ..Options::default() });
        let unwatched = prepared.run(Options::default());
        assert_eq!(watched.digest, unwatched.digest, "{name}");
        assert_eq!(watched.verdicts, unwatched.verdicts, "{name}");
    }
}

/// A draw more on one link changes no draw anywhere else: with one fault added late, everything
/// before it is as it was.
#[test]
fn a_run_is_a_prefix_of_itself_with_a_later_fault() {
    let (name, text) = catalogue()
        .into_iter()
        .find(|(name, _)| name == "kafka/acks-one-leader-power-off")
        .expect("the first lesson");
    let plain = play(&checked(&name, &text), 7);
    let at = "39s";
    let fault = format!(
        "[[step]]\nat = \"{at}\"\ndo = \"crash\"\nnode = \"broker-3\"\nsay.en = \"x\"\nsay.zh = \"x\"\n\n[expect]"
    );
    let disturbed = play(&checked(&name, &text.replacen("[expect]", &fault, 1)), 7);
    let before = plain.happenings.iter().take_while(|h| h.time.0 < 39_000_000_000);
    for (n, (x, y)) in before.zip(&disturbed.happenings).enumerate() {
        assert_eq!((x.time, &x.what), (y.time, &y.what), "event {}", n + 1);
    }
}
