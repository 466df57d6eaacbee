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
    let pairs = a.happenings.iter().zip(b.happenings.iter()).enumerate();
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
    for (n, (x, y)) in before.zip(disturbed.happenings.iter()).enumerate() {
        assert_eq!((x.time, &x.what), (y.time, &y.what), "event {}", n + 1);
    }
}

/// The digests of all scenarios stand in a file: the same on every machine and in every build.
/// After a wanted change, `MQLAB_UPDATE_GOLDEN=1 cargo test -p mqlab-tests golden` writes it anew.
#[test]
fn golden_digests_are_the_same_here() {
    let mut now = String::new();
    for (name, text) in catalogue() {
        let scenario = checked(&name, &text);
        let outcome = Prepared::new(scenario, false).run(Options::default());
        now.push_str(&format!("{:016x} {:7} {name}\n", outcome.digest, outcome.events));
    }
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/digests.txt");
    if std::env::var_os("MQLAB_UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder to write to");
        std::fs::write(&path, &now).expect("a file to write");
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    for (expected, actual) in golden.lines().zip(now.lines()) {
        assert_eq!(expected, actual, "digest, events, scenario");
    }
    assert_eq!(golden.lines().count(), now.lines().count(), "a scenario is new or gone");
}
