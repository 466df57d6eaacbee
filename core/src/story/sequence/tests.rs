use super::*;
use crate::cluster::run::{Options, run};
use crate::ledger::Fate;

const TEXT: &str = include_str!("../../../../scenarios/kafka/acks-one-leader-power-off.toml");

fn played(text: &str) -> (Scenario, Outcome) {
    let scenario = crate::scenario::parse("acks-one", text).scenario.expect("the file is right");
    let outcome = run(&scenario, Options { keep_history: true, ..Options::default() });
    (scenario, outcome)
}

#[test]
fn a_diagram_shows_the_decisive_moments_and_is_bounded() {
    let (scenario, outcome) = played(TEXT);
    let message = outcome.judgement.messages_with(Fate::Lost, None)[0];
    let sequence = Sequence::of(&scenario, &outcome, message, Lang::En);
    assert_eq!(sequence.lifelines.first().map(String::as_str), Some("checkout"));
    let rows = sequence.rows.len();
    assert!((8..200).contains(&rows), "{rows}");
    let text = mermaid::text(&sequence);
    assert!(text.contains("Produce request"), "{text}");
    assert!(text.contains("lost power"), "{text}");
    assert!(sequence.rows.windows(2).all(|r| r[0].event <= r[1].event));
}

#[test]
fn texts_cannot_break_out_of_a_picture_or_a_page() {
    let nasty = "<script>alert(1)</script> & \\\" ' ; #";
    let text = TEXT.replace("An acknowledgement from the leader alone", nasty);
    let text = text.replacen("say.en = \"The links", &format!("say.en = \"{nasty} The links"), 1);
    let (scenario, outcome) = played(&text);
    let sequence = Sequence::of(&scenario, &outcome, MessageId(3), Lang::En);
    let picture = svg::picture(&sequence);
    let page = crate::story::report::html(&scenario, &outcome, MessageId(3), nasty);
    for (name, document) in [("picture", &picture), ("page", &page)] {
        assert!(document.contains("&lt;script&gt;"), "{name}");
        assert!(!document.contains("<script"), "{name}");
        assert!(
            !document.contains("http://") || name == "picture" || {
                // The name of the SVG vocabulary is no address that anything loads.
                document.matches("http://").count()
                    == document.matches("http://www.w3.org/2000/svg").count()
            }
        );
    }
    let mermaid = mermaid::text(&sequence);
    assert!(!mermaid.contains("<script"), "{mermaid}");
    assert!(mermaid.contains("#59;"), "{mermaid}");
}

#[test]
fn a_run_without_history_makes_an_empty_diagram() {
    let (scenario, _) = played(TEXT);
    let outcome = run(&scenario, Options::default());
    let sequence = Sequence::of(&scenario, &outcome, MessageId(0), Lang::Zh);
    assert!(sequence.rows.is_empty());
    assert!(svg::picture(&sequence).ends_with("</svg>\n"));
    assert!(mermaid::text(&sequence).starts_with("sequenceDiagram\n"));
}

#[test]
fn a_life_holds_every_fact_about_the_message_and_chains_lead_from_cause_to_effect() {
    let (scenario, outcome) = played(TEXT);
    let message = outcome.judgement.messages_with(Fate::Lost, None)[0];
    let life = crate::story::explain::life::life(&scenario, &outcome, message, Lang::En);
    let own = outcome.facts.iter().filter(|s| s.fact.message() == Some(message)).count();
    assert_eq!(life.moments.iter().filter(|m| m.own).count(), own);
    assert!(life.moments.windows(2).all(|m| m[0].time <= m[1].time));
    assert_eq!(life.chains.len(), 2, "what the producer was told, and what was lost");
    for chain in &life.chains {
        assert!(chain.links.windows(2).all(|l| l[0].event < l[1].event), "{chain:?}");
        assert_eq!(chain.links.last().map(|l| l.event), Some(chain.event));
    }
    let missing =
        crate::story::explain::causes::chain(&scenario, &outcome, u64::MAX, message, Lang::En);
    assert!(missing.is_empty(), "an event that never was has no causes");
}
