//! What is known of a message in a session is what the whole run knows of it.

use super::*;
use crate::cluster::run::{Options, run};
use crate::fact::MessageId;
use crate::lab::Stopped;
use crate::scenario::parse;
use crate::story::Lang;
use crate::story::explain::life::life;

#[test]
fn a_message_of_a_lesson_is_explained_as_in_a_run_that_kept_everything() {
    for (name, text) in LESSONS {
        let scenario = parse(name, text).scenario.expect("a lesson");
        let whole = run(&scenario, Options { keep_history: true, ..Options::default() });
        let mut lab = open(name, text);
        last_event(&mut lab);
        for message in (0..scenario.directory.message_count()).map(MessageId) {
            let account = lab.account_of(message);
            let told = life(&scenario, &account, message, Lang::En);
            assert_eq!(told, life(&scenario, &whole, message, Lang::En), "{name} {message:?}");
        }
    }
}

#[test]
fn a_message_of_a_long_run_is_explained_from_its_stretch_of_the_run() {
    let (name, text) = ("load", load(3_000, "5ms"));
    let scenario = parse(name, &text).scenario.expect("a scenario");
    let whole = run(&scenario, Options { keep_history: true, ..Options::default() });
    let mut lab = open(name, &text);
    lab.course_mut().keep_facts(12_000);
    let mut bounded = lab.with_snapshots_every(2_000);
    bounded.seek(Target::Event(whole.events));
    let kept = bounded.state().model.kept_facts().expect("some");
    assert!(kept.gone() > 10_000, "{}", kept.gone());
    for message in [0, 5, 700, 2_999].map(MessageId) {
        let told = life(&scenario, &bounded.account_of(message), message, Lang::Zh);
        let known = life(&scenario, &whole, message, Lang::Zh);
        assert_eq!((told.told, told.moments), (known.told, known.moments), "{message:?}");
        assert_eq!(told.explanations, known.explanations);
        let ends = |chains: &[crate::story::explain::life::Chain]| -> Vec<_> {
            chains.iter().map(|c| (c.title.clone(), c.links.last().cloned())).collect()
        };
        assert_eq!(ends(&told.chains), ends(&known.chains));
    }
}

#[test]
fn facts_no_longer_kept_are_stated_again_in_both_directions() {
    let text = load(1_500, "5ms");
    let mut whole = open("load", &text);
    let mut few = open("load", &text);
    few.course_mut().keep_facts(1_000);
    let mut few = few.with_snapshots_every(1_000);
    let last = last_event(&mut whole).min(15_000);
    few.seek(Target::Event(last));
    for from in [0, 1_500, 7_777] {
        whole.seek(Target::Event(from));
        few.seek(Target::Event(from));
        for _ in 0..30 {
            assert_eq!(few.next_fact(10_000), Stopped::Found);
            assert_eq!(whole.next_fact(10_000), Stopped::Found);
            assert_eq!(few.position(), whole.position());
            assert!(few.facts_here().eq(whole.facts_here()));
        }
        for _ in 0..45 {
            assert_eq!(few.last_fact(), whole.last_fact());
            assert_eq!(few.position().event, whole.position().event);
        }
    }
}
