//! Runs and tests of scenarios through the built program.

mod program;

use program::{Program, disappointed, file, folder, steady};
use serde_json::Value;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

#[test]
fn a_run_is_told_from_title_to_reproduction() {
    let path = file("told", "steady.toml", &steady()).display().to_string();
    let told = Program::run(&["run", &path]);
    assert_eq!(told.status, 0, "{}{}", told.out, told.error);
    for part in [
        "Nothing goes wrong",
        "Does every message arrive once?",
        "What happened",
        "checkout sent m1 – m6",
        "What became of the messages",
        "m1 – m6",
        "Expectations",
        "✓ once == 6  passed",
        "--what-if one-broker",
        "digest ",
        &format!("mqlab run {path} --seed 7"),
    ] {
        assert!(told.out.contains(part), "no {part:?} in\n{}", told.out);
    }
    assert!(!told.out.contains("\nWhy\n"), "{}", told.out);
    let chinese = Program::run(&["run", &path, "--lang", "zh"]).out;
    for part in ["一切正常", "消息的结局", "恰好一次", "checkout 发送 m1 – m6", "通过"]
    {
        assert!(chinese.contains(part), "no {part:?} in\n{chinese}");
    }
}

#[test]
fn a_run_says_the_same_every_time() {
    let path = file("again", "steady.toml", &steady()).display().to_string();
    for more in [&[][..], &["--format", "json", "--facts"], &["--facts"], &["--seed", "11"]] {
        let arguments: Vec<&str> = ["run", &path].into_iter().chain(more.iter().copied()).collect();
        assert_eq!(Program::run(&arguments).out, Program::run(&arguments).out, "{more:?}");
    }
}

#[test]
fn the_json_of_a_run_keeps_its_shape() {
    let path = file("shape", "steady.toml", &steady()).display().to_string();
    let document = json(&Program::run(&["run", &path, "--format", "json"]).out);
    let keys: Vec<&str> =
        document.as_object().map(|o| o.keys().map(String::as_str).collect()).unwrap_or_default();
    let expected = [
        "format",
        "scenario",
        "variant",
        "title",
        "seed",
        "ended",
        "time_ns",
        "events",
        "digest",
        "fates",
        "explanations",
        "predictions",
        "expectations",
        "drawn",
        "steps_not_taken",
    ];
    assert_eq!(keys, expected);
    assert_eq!(document["format"], "mqlab-run/1");
    assert_eq!(document["fates"][5]["message"], "m6");
    assert_eq!(document["fates"][5]["producer"], "acknowledged");
    assert_eq!(document["fates"][5]["fates"]["billing"], "once");
    assert_eq!(document["expectations"][0]["verdict"], "passed");
}

#[test]
fn a_failure_shows_expected_actual_and_the_command_that_repeats_it() {
    let path = file("failure", "wrong.toml", &disappointed()).display().to_string();
    let told = Program::run(&["test", &path]);
    assert_eq!(told.status, 1, "{}{}", told.out, told.error);
    let command = format!("mqlab run {path} --seed 7");
    for part in ["expected   lost == 2", "actual     lost = 0", &command] {
        assert!(told.out.contains(part), "no {part:?} in\n{}", told.out);
    }
    let repeated: Vec<&str> = command.split(' ').skip(1).collect();
    assert_eq!(Program::run(&repeated).status, 1);
}

#[test]
fn an_expectation_about_nothing_has_not_passed() {
    let text = steady().replace("\"once == 6\"]", "\"once == 6\", \"latency.max(m6) < 0\"]");
    let unread = text.replace("\"latency.max(m6) < 0\"", "\"inversions == 0\"");
    let path = file("vacuous", "vacuous.toml", &unread).display().to_string();
    let told = Program::run(&["test", "--base-only", &path]);
    assert_eq!(told.status, 3, "{}{}", told.out, told.error);
    assert!(told.out.contains("vacuous"), "{}", told.out);
}

#[test]
fn settings_can_be_changed_from_the_command_line() {
    let path = file("set", "steady.toml", &steady()).display().to_string();
    let set = "producer.checkout.sends.count=3";
    let told = Program::run(&["run", &path, "--set", set, "--format", "json"]);
    let document = json(&told.out);
    assert_eq!(document["fates"].as_array().map(Vec::len), Some(3), "{}", told.error);
    let told = Program::run(&["run", &path, "--set", set]);
    assert!(told.out.contains(&format!("--seed 7 --set {set}")), "{}", told.out);
}

#[test]
fn the_result_does_not_depend_on_the_number_of_jobs() {
    for n in 0..6 {
        let text = if n == 3 { disappointed() } else { steady() };
        file("jobs", &format!("{n}.toml"), &text.replace("seed = 7", &format!("seed = {n}")));
    }
    let folder = folder("jobs").display().to_string();
    for format in ["text", "json", "github"] {
        let run = |jobs: &str| {
            Program::run(&["test", &folder, "--jobs", jobs, "--seeds", "20", "--format", format])
        };
        let (one, four) = (run("1"), run("4"));
        assert_eq!(one.out, four.out, "{format}");
        assert_eq!((one.status, four.status), (1, 1), "{format}: {}{}", one.out, one.error);
        assert!(one.error.is_empty(), "progress belongs on terminals: {}", one.error);
    }
}

#[test]
fn shards_are_parts_of_the_whole() {
    for n in 0..5 {
        file("shards", &format!("{n}.toml"), &steady());
    }
    let folder = folder("shards").display().to_string();
    let names = |shard: &str| -> Vec<String> {
        let told = Program::run(&["test", &folder, "--shard", shard, "--format", "json"]);
        let document = json(&told.out);
        let scenarios = document["scenarios"].as_array().cloned().unwrap_or_default();
        scenarios.iter().filter_map(|s| s["name"].as_str().map(str::to_string)).collect()
    };
    let mut parts: Vec<String> = ["1/2", "2/2"].into_iter().flat_map(names).collect();
    parts.sort();
    assert_eq!(parts, names("1/1"));
    assert_eq!(parts.len(), 5);
}

#[test]
fn a_junit_report_names_every_case() {
    let path = file("junit", "wrong.toml", &disappointed()).display().to_string();
    let report = folder("junit").join("report.xml");
    let told = Program::run(&["test", &path, "--junit", &report.display().to_string()]);
    assert_eq!(told.status, 1);
    let text = std::fs::read_to_string(&report).expect("the report was written");
    for part in
        ["testsuite name=", "as written", "what-if one-broker", "failures=\"1\"", "lost == 2"]
    {
        assert!(text.contains(part), "no {part:?} in\n{text}");
    }
}

#[test]
fn annotations_point_at_the_file() {
    let path = file("github", "wrong.toml", &disappointed()).display().to_string();
    let told = Program::run(&["test", &path, "--format", "github"]);
    assert!(told.out.contains(&format!("::error file={path},title=")), "{}", told.out);
    let broken = file("github", "broken.toml", "[scenario]\nsystem = 3\n").display().to_string();
    let told = Program::run(&["test", &broken, "--format", "github"]);
    assert_eq!(told.status, 2);
    assert!(told.out.contains(&format!("::error file={broken},line=")), "{}", told.out);
}

/// Ctrl-C stops a long test soon, with what it has, and does not count the rest as passed.
#[cfg(unix)]
#[test]
fn ctrl_c_stops_with_what_it_has() {
    let path = file("interrupt", "steady.toml", &steady()).display().to_string();
    let arguments = ["test", &path, "--seeds", "100000000", "--format", "json"];
    let told = Program::run_and_interrupt(&arguments);
    assert_eq!(told.status, 4, "{}{}", told.out, told.error);
    let document = json(&told.out);
    assert_eq!(document["interrupted"], true);
    assert_eq!(document["scenarios"][0]["verdict"], "inconclusive");
}

/// What was finished before Ctrl-C is reported as it came out, and a run of its own length is not
/// waited for: the second file here would take minutes.
#[cfg(unix)]
#[test]
fn ctrl_c_reports_what_was_finished_and_gives_up_a_long_run() {
    let short = file("interrupt", "short.toml", &disappointed()).display().to_string();
    let endless = steady()
        .replace("ends = \"20s\"", "ends = \"1000000h\"\nmax-events = 1000000000")
        .replace("seed = 7", "seed = 8");
    let long = file("interrupt", "long.toml", &endless).display().to_string();
    let began = std::time::Instant::now();
    let told = Program::run_and_interrupt(&["test", &short, &long]);
    let took = began.elapsed();
    assert!(took.as_secs() < 20, "{took:?}");
    assert_eq!(told.status, 1, "{}{}", told.out, told.error);
    let line = |path: &str| told.out.lines().find(|l| l.contains(path)).unwrap_or_default();
    assert!(line("short.toml").starts_with("✗ failed"), "{}", told.out);
    assert!(line("long.toml").starts_with("? inconclusive"), "{}", told.out);
    assert!(told.out.contains("actual     lost = 0"), "{}", told.out);
    assert!(told.out.contains("Ctrl-C"), "{}", told.out);
}
