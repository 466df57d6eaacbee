//! The terminal lab end to end: the real binary in a pseudo-terminal.

#![cfg(unix)]

mod terminal;

use std::process::Command;
use terminal::{Folder, Terminal};

const LESSON: &str = "kafka/acks-one-leader-power-off";
const ESC: &str = "\x1b";
const ENTER: &str = "\r";

/// Everything a lesson asks for: predict, see the loss, go back, branch with another setting, run
/// on, compare, explain, and write what was done as a scenario that passes.
fn the_whole_lesson(size: (u16, u16), chinese: bool, name: &str) {
    let folder = Folder::new(name);
    let pick = |en: &'static str, zh: &'static str| if chinese { zh } else { en };
    let lang = pick("en", "zh");
    let mut lab = Terminal::start(&["--lang", lang, "open", LESSON], size, folder.path());
    lab.sees(pick("Nothing has happened yet", "还什么都没有发生"));

    // It plays up to the question and asks before the outcome.
    lab.press_and_see("p", pick("what do you expect", "你认为会怎样"));
    assert!(!lab.screen().contains(pick("no power", "已断电")), "the outcome was given away");
    lab.press_and_see("1", pick("the run decides", "由运行来决定"));

    // To the loss, and back to before the power-off.
    lab.press_and_see("]", pick("m4 is in trouble", "m4 在这里出了问题"));
    lab.sees(pick("no power", "已断电"));
    lab.press("\x1b[D");
    lab.no_longer_sees(pick("no power", "已断电"));

    // A branch in which the producer waits for all.
    lab.press_and_see("c", "producer.checkout.acks");
    lab.press_and_see("/acks-all", "acks=all");
    lab.press(ENTER);
    lab.sees(pick("Branch 1", "分支 1"));
    lab.press("G");
    lab.sees(pick("over", "已结束"));
    lab.sees("✓m5");

    // Both branches beside each other.
    lab.press_and_see("v", "0 ");
    lab.press("1");
    lab.sees(pick("Fates that differ", "不同的结局"));
    lab.sees("m4");
    lab.sees(pick("lost", "丢失"));
    lab.press(ESC);
    lab.no_longer_sees(pick("Fates that differ", "不同的结局"));

    // Why m4 was lost, on the branch where it was.
    lab.press_and_see("B", pick("as it is", "原样"));
    lab.press("1");
    lab.sees(pick("On branch 0", "当前分支：0"));
    lab.press("G");
    lab.sees(pick("over", "已结束"));
    lab.press_and_see("/", pick("Search", "搜索"));
    lab.press("m4\r");
    lab.press("e");
    lab.sees(pick("m4 explained", "m4 的解释"));
    lab.sees("acks=1");
    lab.press(ESC);
    lab.no_longer_sees(pick("m4 explained", "m4 的解释"));

    // Something done by hand, written as a scenario.
    lab.press("[");
    lab.sees(pick("m4 is in trouble", "m4 在这里出了问题"));
    lab.press("\x1b[D");
    lab.no_longer_sees(pick("no power", "已断电"));
    lab.press_and_see("/broker-3\r", "broker-3");
    lab.press_and_see("f", "broker-3");
    lab.press("1");
    lab.sees(pick("Done: crash broker-3", "已执行：crash broker-3"));
    lab.press_and_see("w", "acks-one-leader-power-off-by-hand.toml");
    lab.press(ENTER);
    lab.sees(pick("Written", "已写出"));
    lab.press("q");
    assert_eq!(lab.ends(), 0);
    assert!(
        !lab.is_taken_over() && !lab.holds_mouse_or_cursor(),
        "the terminal was not given back"
    );

    let file = "acks-one-leader-power-off-by-hand.toml";
    let text = std::fs::read_to_string(folder.path().join(file)).expect("the file was written");
    assert!(text.contains("do = \"crash\"") && text.contains("broker-3"), "{text}");
    let tested = Command::new(env!("CARGO_BIN_EXE_mqlab"))
        .args(["test", file])
        .current_dir(folder.path())
        .output()
        .expect("mqlab runs");
    assert!(tested.status.success(), "{}", String::from_utf8_lossy(&tested.stdout));
}

#[test]
fn a_lesson_from_the_question_to_a_scenario_of_ones_own() {
    the_whole_lesson((140, 45), false, "lesson");
}

#[test]
fn the_same_on_a_small_screen() {
    the_whole_lesson((80, 24), false, "lesson-small");
}

#[test]
fn the_same_in_chinese() {
    the_whole_lesson((80, 24), true, "lesson-zh");
}

#[test]
fn the_list_of_lessons_leads_in_and_out() {
    let folder = Folder::new("list");
    let mut lab = Terminal::start(&["--lang", "en"], (100, 30), folder.path());
    lab.sees("acks=1: an acknowledged message dies");
    lab.press_and_see("/page cache", "acks=1: an acknowledged message dies");
    lab.no_longer_sees("auto.offset.reset=latest");
    lab.press(ENTER);
    lab.no_longer_sees("Search lessons");
    lab.press_and_see(ESC, "auto.offset.reset=latest");
    lab.press_and_see("/acks=1: an acknowledged\r", " 1/");
    lab.press(ENTER);
    lab.sees("Nothing has happened yet");
    lab.press("q");
    lab.sees("begun");
    lab.press("q");
    assert_eq!(lab.ends(), 0);
}

#[test]
fn what_was_done_survives_a_kill() {
    let folder = Folder::new("kill");
    let mut lab = Terminal::start(&["--lang", "en", "open", LESSON], (100, 30), folder.path());
    lab.sees("Nothing has happened yet");
    lab.press("\x1b[C\x1b[C");
    lab.press_and_see("/broker-2\r", "broker-2");
    lab.press_and_see("f", "Crash broker-2");
    lab.press("1");
    lab.sees("Done: crash broker-2");
    let killed = Command::new("kill").args(["-9", &lab.pid().to_string()]).status();
    assert!(killed.expect("kill runs").success());
    lab.ends();

    let mut lab = Terminal::start(&["--lang", "en", "open", LESSON], (100, 30), folder.path());
    lab.sees("Take up where you were");
    lab.sees("1 thing done by hand");
    lab.press(ENTER);
    lab.sees("Done: everything fits.");
    lab.sees("down");
    lab.press("u");
    lab.sees("Taken back: crash broker-2");
    lab.press("q");
    assert_eq!(lab.ends(), 0);
}

#[test]
fn a_changed_file_is_offered_and_what_no_longer_fits_is_told() {
    let folder = Folder::new("changed");
    let source = include_str!("../../scenarios/kafka/acks-one-leader-power-off.toml");
    let file = folder.path().join("mine.toml");
    std::fs::write(&file, source).expect("the file is written");
    let mut lab = Terminal::start(&["--lang", "en", "open", "mine.toml"], (100, 30), folder.path());
    lab.sees("Nothing has happened yet");
    lab.press("\x1b[C\x1b[C");
    lab.press_and_see("/broker-3\r", "broker-3");
    lab.press_and_see("f", "Crash broker-3");
    lab.press("1");
    lab.sees("Done: crash broker-3");
    std::fs::write(
        &file,
        source
            .replace("brokers = 3", "brokers = 2")
            .replace("replication-factor = 3", "replication-factor = 2"),
    )
    .expect("the file is written");
    // Nobody presses a key.
    lab.sees("The file has changed on the disk");
    lab.press("1");
    lab.sees("Not everything still makes sense");
    lab.sees("broker-3");
    lab.press(ESC);
    lab.press("q");
    assert_eq!(lab.ends(), 0);
}

#[test]
fn a_signal_gives_the_terminal_back() {
    let folder = Folder::new("signal");
    for signal in ["-TERM", "-HUP"] {
        let mut lab = Terminal::start(&["--lang", "en", "open", LESSON], (100, 30), folder.path());
        lab.sees("Nothing has happened yet");
        assert!(lab.is_taken_over());
        let sent = Command::new("kill").args([signal, &lab.pid().to_string()]).status();
        assert!(sent.expect("kill runs").success());
        lab.ends();
        assert!(!lab.is_taken_over() && !lab.holds_mouse_or_cursor(), "{signal}");
    }
}

#[test]
fn a_small_terminal_is_told_and_a_larger_one_goes_on() {
    let folder = Folder::new("small");
    let mut lab = Terminal::start(&["--lang", "en", "open", LESSON], (40, 10), folder.path());
    lab.sees("too small");
    lab.resize(100, 30);
    lab.sees("Nothing has happened yet");
    lab.resize(250, 80);
    lab.sees(&"─".repeat(120));
    lab.press("q");
    assert_eq!(lab.ends(), 0);
}

#[test]
fn no_key_is_lost_that_comes_together_with_another_size() {
    let folder = Folder::new("resize");
    let mut lab = Terminal::start(&["--lang", "en", "open", LESSON], (100, 30), folder.path());
    lab.sees("Nothing has happened yet");
    let signal = |signal: &str, pid: u32| {
        let sent = Command::new("kill").args([signal, &pid.to_string()]).status();
        assert!(sent.expect("kill runs").success());
    };
    for round in 0..100 {
        for (key, help) in [("?", true), (ESC, false)] {
            // Stopped, so that both wait for it when it goes on; every other time as it comes.
            let stopped = round % 2 == 0;
            if stopped {
                signal("-STOP", lab.pid());
            }
            lab.resize(100 + u16::from(help), 30 + round % 3);
            lab.press(key);
            if stopped {
                signal("-CONT", lab.pid());
            }
            if help {
                lab.sees("Going through the run");
            } else {
                lab.no_longer_sees("Going through the run");
            }
        }
    }
    lab.press("q");
    assert_eq!(lab.ends(), 0);
}

#[test]
fn ctrl_z_gives_the_terminal_to_the_shell_and_fg_brings_the_screen_back() {
    let folder = Folder::new("suspend");
    let mut shell = Terminal::shell((100, 30), folder.path());
    shell.sees("shell>");
    shell.press(&format!("\"$MQLAB\" --lang en open {LESSON}\r"));
    shell.sees("Nothing has happened yet");
    for _ in 0..3 {
        shell.press("\x1a");
        shell.no_longer_sees("Nothing has happened yet");
        assert!(!shell.is_taken_over() && !shell.holds_mouse_or_cursor());
        // The shell has the terminal: it echoes, and runs what is typed.
        shell.press_and_see("echo ba''ck\r", "back");
        shell.press("fg\r");
        shell.sees("Nothing has happened yet");
        assert!(shell.is_taken_over());
    }
    // Keys still arrive, one by one.
    shell.press_and_see("?", "Going through the run");
    shell.press(ESC);
    shell.no_longer_sees("Going through the run");
    shell.press("q");
    shell.no_longer_sees("Nothing has happened yet");
    shell.press_and_see("echo sta''tus $?\r", "status 0");
}

#[test]
fn many_seeds_are_played_in_the_background_and_one_is_opened() {
    let folder = Folder::new("sweep");
    let mut lab = Terminal::start(&["--lang", "en", "open", LESSON], (120, 40), folder.path());
    lab.sees("Nothing has happened yet");
    lab.press_and_see("S", "with how many seeds");
    lab.press("\x15");
    lab.press_and_see("many\r", "a number of seeds");
    lab.press("\x15");
    lab.press("30\r");
    lab.sees("30 seeds played");
    lab.sees("lost 2");
    lab.sees("(seed ");
    lab.press(ESC);
    lab.no_longer_sees("30 seeds played");
    // A long one is stopped and shows what it has.
    lab.press_and_see("S", "with how many seeds");
    lab.press("\x15");
    lab.press("900000\r");
    lab.sees("of 900000 seeds played");
    lab.sees("lost 2");
    lab.press("jjjjjj");
    lab.press(ESC);
    lab.no_longer_sees("900000 seeds");
    lab.press_and_see("S", "with how many seeds");
    lab.press("\r");
    lab.sees("200 seeds played, from 1 to 200");
    // Down to the first outcome, and into it.
    for _ in 0..12 {
        lab.press("j");
    }
    lab.press(ENTER);
    lab.sees("Branch 1");
    lab.press("q");
    assert_eq!(lab.ends(), 0);
}

#[test]
fn the_moment_is_copied_as_a_command_that_opens_it() {
    let folder = Folder::new("copy");
    let mut lab = Terminal::start(&["--lang", "en", "open", LESSON], (120, 30), folder.path());
    lab.sees("Nothing has happened yet");
    lab.press("}");
    lab.no_longer_sees("#6 ");
    lab.press_and_see("y", "Copied: mqlab open kafka/acks-one-leader-power-off --seed 7 --at");
    assert!(lab.raw().contains("\x1b]52;c;"), "nothing was put on the clipboard");
    lab.press("q");
    assert_eq!(lab.ends(), 0);
}

#[test]
fn a_paused_lab_uses_no_cpu() {
    let folder = Folder::new("idle");
    let mut lab = Terminal::start(&["--lang", "en", "open", LESSON], (100, 30), folder.path());
    lab.sees("Nothing has happened yet");
    lab.press_and_see("}", "cut");
    // What the key began is done when nothing was computed for a while, on a busy machine late.
    let mut before = None;
    for _ in 0..100 {
        std::thread::sleep(std::time::Duration::from_millis(300));
        let now = ticks_of(lab.pid());
        if now == before {
            break;
        }
        before = now;
    }
    std::thread::sleep(std::time::Duration::from_secs(2));
    assert_eq!(ticks_of(lab.pid()), before, "something was computed while nothing happened");
    lab.press("q");
    assert_eq!(lab.ends(), 0);
}

/// User and system time of a process, in clock ticks.
#[cfg(target_os = "linux")]
fn ticks_of(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
    Some(fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?)
}

#[cfg(not(target_os = "linux"))]
fn ticks_of(_: u32) -> Option<u64> {
    None
}

#[test]
fn without_a_terminal_it_says_what_to_use() {
    let run = |arguments: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_mqlab")).args(arguments).output().expect("mqlab runs")
    };
    let opened = run(&["--lang", "en", "open", LESSON]);
    assert_eq!(opened.status.code(), Some(2));
    let told = String::from_utf8_lossy(&opened.stderr).into_owned();
    assert!(told.contains("needs a terminal") && told.contains("mqlab run kafka/"), "{told}");
    let bare = run(&["--lang", "en"]);
    assert!(bare.status.success());
    assert!(String::from_utf8_lossy(&bare.stdout).contains("mqlab run NAME"));
}
