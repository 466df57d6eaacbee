//! The built program from outside: what it prints, what it refuses, how it ends.

mod program;

use program::{Program, file, folder, steady};
use serde_json::Value;

#[test]
fn without_arguments_there_is_an_overview() {
    let told = Program::run(&[]);
    assert_eq!(told.status, 0);
    assert!(told.out.contains("mqlab run NAME"), "{}", told.out);
    let told = Program::run(&["--lang", "zh"]);
    assert!(told.out.contains("每一条消息的结局"), "{}", told.out);
}

#[test]
fn the_language_follows_the_locale_and_the_argument_wins() {
    let chinese = [("LC_ALL", ""), ("LC_MESSAGES", ""), ("LANG", "zh_CN.UTF-8")];
    assert!(Program::run_in(&["--help"], &chinese).out.contains("用法"));
    assert!(Program::run_in(&["--help", "--lang", "en"], &chinese).out.contains("Usage"));
    let posix = [("LC_ALL", "C"), ("LANG", "zh_CN.UTF-8")];
    assert!(Program::run_in(&["--help"], &posix).out.contains("Usage"));
}

#[test]
fn every_command_has_help_with_examples() {
    let commands = [
        "run",
        "explain",
        "compare",
        "export",
        "test",
        "check",
        "list",
        "schema",
        "doc",
        "completions",
    ];
    for command in commands {
        let told = Program::run(&[command, "--help"]);
        assert_eq!(told.status, 0, "{command}");
        assert!(told.out.contains("Examples:"), "{command}: {}", told.out);
        let told = Program::run(&[command, "--help", "--lang", "zh"]);
        assert!(told.out.contains("示例"), "{command}: {}", told.out);
    }
}

#[test]
fn wrong_arguments_end_with_2_and_no_panic() {
    let folder = folder("wrong-arguments");
    let latin = folder.join("latin.toml");
    std::fs::write(&latin, b"title = \"caf\xe9\"").expect("can be written");
    let empty = file("wrong-arguments", "empty.toml", "");
    let (latin, empty) = (latin.display().to_string(), empty.display().to_string());
    let good = file("wrong-arguments", "good.toml", &steady()).display().to_string();
    let folder = folder.display().to_string();
    let cases: &[&[&str]] = &[
        &["run", "no-such-scenario"],
        &["run", "missing/file.toml"],
        &["run", &folder],
        &["run", &latin],
        &["run", &empty],
        &["run", &good, "--what-if", "nothing"],
        &["run", &good, "--cell", "1,2"],
        &["run", &good, "--set", "nonsense"],
        &["run", &good, "--set", "producer.checkout.ack=1"],
        &["run", &good, "--until", "tomorrow"],
        &["run", &good, "--seed", "-1"],
        &["run"],
        &["explain"],
        &["explain", &good, "m7"],
        &["explain", &good, "m1", "--seeds", "many"],
        &["explain", &good, "--what-if", "nothing"],
        &["explain", "no-such-scenario"],
        &["compare", &good, "--set", "nonsense"],
        &["compare", &good, "--set", ";"],
        &["compare", &good, "--set", "producer.checkout.ack=1"],
        &["compare", &good, "--what-if", "nothing"],
        &["export", &good],
        &["export", &good, "--as", "png"],
        &["export", &good, "--as", "svg", "--message", "x"],
        &["export", &good, "--as", "html", "-o", "/no/such/folder/report.html"],
        &["test", "no/such/folder"],
        &["test", &latin],
        &["test", &good, "--junit", "/no/such/folder/report.xml"],
        &["test", &good, "--shard", "3/2"],
        &["test", &good, "--jobs", "0"],
        &["check", &latin],
        &["doc", "lsot"],
        &["frobnicate"],
        &["list", "--format", "yaml"],
    ];
    for arguments in cases {
        let told = Program::run(arguments);
        assert_eq!(told.status, 2, "{arguments:?}: {}{}", told.out, told.error);
        let all = format!("{}{}", told.out, told.error);
        assert!(!all.contains("panicked"), "{arguments:?}: {all}");
        assert!(!all.trim().is_empty(), "{arguments:?}");
    }
}

/// What cannot be read as text is told with its place and what to do, in either language.
#[test]
fn a_file_that_is_no_text_is_told_where_and_what_to_do() {
    let latin = folder("no-text").join("latin.toml");
    std::fs::write(&latin, b"# one\n# two\ntitle = \"caf\xe9\"").expect("can be written");
    let huge = folder("no-text").join("huge.toml");
    let sparse = std::fs::File::create(&huge).expect("can be made");
    sparse.set_len(1 << 36).expect("a file without contents takes no room");
    let (latin, huge) = (latin.display().to_string(), huge.display().to_string());
    for (file, language, place, remedy) in [
        (&latin, "en", "latin.toml:3", "save the file with the encoding UTF-8"),
        (&latin, "zh", "latin.toml:3", "请以 UTF-8 编码保存文件"),
        (&huge, "en", "huge.toml", "is this the right file?"),
        (&huge, "zh", "huge.toml", "是不是选错了文件？"),
    ] {
        for command in ["check", "run", "test"] {
            let told = Program::run(&[command, file, "--lang", language]);
            let all = format!("{}{}", told.out, told.error);
            assert_eq!(told.status, 2, "{command} {file}: {all}");
            assert!(all.contains(place) && all.contains(remedy), "{command} {file}: {all}");
        }
    }
}

#[test]
fn a_closed_pipe_is_no_failure() {
    for arguments in [&["list"][..], &["doc", "acks"], &["completions", "bash"]] {
        let told = Program::run_into_closed_pipe(arguments);
        assert!(!told.error.contains("panicked"), "{arguments:?}: {}", told.error);
        assert_eq!(told.status, 0, "{arguments:?}: {}", told.error);
    }
}

#[test]
fn colours_are_written_only_where_they_are_wanted() {
    let escape = '\u{1b}';
    assert!(!Program::run(&["doc", "acks"]).out.contains(escape));
    assert!(Program::run(&["doc", "acks", "--color", "always"]).out.contains(escape));
    let told = Program::run_in(&["doc", "acks", "--color", "auto"], &[("NO_COLOR", "1")]);
    assert!(!told.out.contains(escape));
}

#[test]
fn doc_explains_settings_facts_and_outcomes() {
    let told = Program::run(&["doc", "min.insync.replicas"]);
    assert_eq!(told.status, 0);
    assert!(
        told.out.contains("(topic setting)") && told.out.contains("default: 1"),
        "{}",
        told.out
    );
    assert!(Program::run(&["doc", "isr-shrunk"]).out.contains("(fact)"));
    assert!(Program::run(&["doc", "lost"]).out.contains("(outcome)"));
    assert!(Program::run(&["doc", "bootstrap.servers"]).out.contains("not modelled"));
    assert!(Program::run(&["doc", "lsot"]).error.contains("lost"));
    assert!(Program::run(&["doc", "minInsyncReplicas"]).error.contains("min.insync.replicas"));
}

#[test]
fn completions_are_made_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let told = Program::run(&["completions", shell]);
        assert_eq!(told.status, 0, "{shell}");
        assert!(told.out.contains("mqlab"), "{shell}");
    }
}

#[test]
fn the_schema_and_the_catalogue_are_json() {
    let told = Program::run(&["schema"]);
    assert_eq!(told.status, 0);
    assert!(serde_json::from_str::<Value>(&told.out).is_ok_and(|v| v.is_object()));
    let told = Program::run(&["list", "--format", "json"]);
    assert!(serde_json::from_str::<Value>(&told.out).is_ok_and(|v| v.is_array()));
}

#[test]
fn check_prints_all_mistakes_of_all_files() {
    let good = file("check", "good.toml", &steady()).display().to_string();
    let told = Program::run(&["check", &good]);
    assert_eq!((told.status, told.out.trim()), (0, "1 file checked: 0 errors, 0 warnings"));
    let wrong = steady().replace("acks", "akcs").replace("brokers = 3", "brokres = 3");
    file("check", "wrong.toml", &wrong);
    let told = Program::run(&["check", &folder("check").display().to_string()]);
    assert_eq!(told.status, 2);
    assert!(told.out.contains("akcs") && told.out.contains("brokres"), "{}", told.out);
    assert!(told.out.contains("2 files checked"), "{}", told.out);
}
