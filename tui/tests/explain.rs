//! Explaining one message, comparing runs and exporting them, through the built program.

mod program;

use program::{Program, file, folder, steady};
use serde_json::Value;

const LOSS: &str = "kafka/acks-one-leader-power-off";

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

fn contains_all(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
}

#[test]
fn the_worst_message_is_explained_with_its_causes_and_cures() {
    let told = Program::run(&["explain", LOSS]);
    assert_eq!(told.status, 0, "{}{}", told.out, told.error);
    contains_all(
        &told.out,
        &[
            "m4: acknowledged · billing lost",
            "Its life",
            "only broker-1 held m4",
            "Allowed by acks = 1",
            "How it came to this: checkout got the acknowledgement of m4",
            "Produce request reached broker-1 from checkout",
            "as above, up to #",
            "What would have prevented it",
            "without the step in line",
            "(followers-lag)",
            "producer.checkout.acks=all; producer.checkout.retries=2147483647",
            "m5 lost → once",
            "No difference: ",
            "Also to be explained: m5",
            "mqlab explain kafka/acks-one-leader-power-off --seed 7 m4",
        ],
    );
    let chinese = Program::run(&["explain", LOSS, "m5", "--lang", "zh"]).out;
    contains_all(
        &chinese,
        &["m5：已确认", "丢失", "它的一生", "因果链", "怎样才能避免", "恰好一次"],
    );
}

#[test]
fn a_message_of_a_variant_is_explained_and_its_cures_are_tried_on_fresh_seeds() {
    let told = Program::run(&["explain", LOSS, "m4", "--seeds", "3"]);
    contains_all(&told.out, &["fresh seeds", "/3 → 0/3"]);
    let told = Program::run(&["explain", LOSS, "m4", "--what-if", "acks-all"]);
    contains_all(&told.out, &["m4: acknowledged · billing once", "nothing to prevent"]);
    // What the settings of the command line cure is not lost any more.
    let set = ["--set", "producer.checkout.acks=all", "--set", "producer.checkout.retries=9"];
    let told = Program::run(&[&["explain", LOSS, "m4"][..], &set].concat());
    contains_all(&told.out, &["billing once", "--set producer.checkout.acks=all"]);
}

#[test]
fn a_run_without_anomalies_still_has_a_life_to_tell() {
    let path = file("explain", "steady.toml", &steady()).display().to_string();
    let told = Program::run(&["explain", &path]);
    assert_eq!(told.status, 0, "{}{}", told.out, told.error);
    contains_all(&told.out, &["Nothing went wrong", "m1: acknowledged · billing once"]);
    let told = Program::run(&["explain", &path, "m7"]);
    contains_all(&told.error, &["sends no message `m7`", "m1 – m6"]);
}

#[test]
fn the_json_of_an_explanation_keeps_its_shape_in_every_language() {
    let told = Program::run(&["explain", LOSS, "m4", "--format", "json"]);
    let document = json(&told.out);
    assert_eq!(document["format"], "mqlab-explain/1");
    assert_eq!(document["fates"]["billing"], "lost");
    assert_eq!(document["cures"]["steps"][0]["label"], "followers-lag");
    assert_eq!(document["cures"]["steps"][0]["cure"], true);
    assert!(document["causes"][0]["links"].as_array().is_some_and(|l| l.len() > 2));
    assert!(document["cures"]["base"]["latency_p99_ns"].as_u64().is_some());
    let chinese = Program::run(&["explain", LOSS, "m4", "--format", "json", "--lang", "zh"]);
    assert_eq!(told.out, chinese.out);
}

#[test]
fn runs_stand_side_by_side_and_part_where_one_lacks_a_fact() {
    let set = "producer.checkout.acks=all; producer.checkout.retries=9";
    let told = Program::run(&["compare", LOSS, "--what-if", "acks-all", "--set", set]);
    assert_eq!(told.status, 0, "{}{}", told.out, told.error);
    contains_all(
        &told.out,
        &[
            "as it is",
            "acks-all",
            set,
            "longest outage",
            "m4",
            "Where the runs part",
            "only in: as it is",
        ],
    );
    // Without a choice, all what-ifs of the file.
    contains_all(
        &Program::run(&["compare", LOSS, "--lang", "zh"]).out,
        &["并排比较", "acks-all", "仅见于"],
    );
    let same = ["compare", LOSS, "--set", "producer.checkout.acks=1"];
    contains_all(&Program::run(&same).out, &["the same fate in all runs", "states the same facts"]);
}

#[test]
fn the_json_of_a_comparison_keeps_its_shape() {
    let document =
        json(&Program::run(&["compare", LOSS, "--what-if", "acks-all", "--format", "json"]).out);
    assert_eq!(document["format"], "mqlab-compare/1");
    assert_eq!(document["runs"][1]["name"], "acks-all");
    assert_eq!(document["runs"][0]["only_here"], Value::Null);
    assert!(document["runs"][1]["only_here"]["fact"].is_string());
    assert_eq!(document["fates"][0]["message"], "m4");
    assert_eq!(document["fates"][0]["fates"], serde_json::json!(["lost", "once"]));
}

#[test]
fn exports_are_whole_documents() {
    let facts = Program::run(&["export", LOSS, "--as", "facts"]).out;
    assert!(facts.lines().count() > 20);
    facts.lines().for_each(|line| assert!(json(line)["fact"].is_string(), "{line}"));
    let mermaid = Program::run(&["export", LOSS, "--as", "mermaid", "--message", "m4"]).out;
    contains_all(&mermaid, &["sequenceDiagram", "participant n0 as checkout", "Produce request"]);
    let svg = Program::run(&["export", LOSS, "--as", "svg", "--lang", "zh"]).out;
    assert!(svg.starts_with("<svg ") && svg.trim_end().ends_with("</svg>"), "{svg}");
    contains_all(&svg, &["关键时刻", "prefers-color-scheme:dark"]);
    let path = folder("export").join("report.html").display().to_string();
    let told = Program::run(&["export", LOSS, "--as", "html", "-o", &path]);
    assert_eq!((told.status, told.out.as_str()), (0, ""), "{}", told.error);
    let page = std::fs::read_to_string(&path).expect("the report was written");
    contains_all(&page, &["<main lang=\"en\">", "<main lang=\"zh\">", "<svg ", "消息的结局"]);
    for loaded in ["<script", "<link", "src=", "@import", "url("] {
        assert!(!page.contains(loaded), "{loaded}");
    }
    assert_eq!(
        Program::run(&["export", LOSS, "--as", "html"]).out,
        page,
        "a report is the same every time"
    );
}
