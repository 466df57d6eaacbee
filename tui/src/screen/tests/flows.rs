//! What a person does, and what they see of it.

use super::{Driver, NAME, TEXT};
use crate::screen::app::Action;
use crate::screen::bench::{Region, Tab};
use mqlab::lab::{BranchId, Selection};
use mqlab::story::Lang;

const SIZE: (u16, u16) = (120, 40);

fn event(driver: &Driver) -> u64 {
    driver.app.bench.as_ref().expect("a scenario is open").lab.position().event
}

#[test]
fn a_step_forth_and_a_step_back_come_to_the_same_place() {
    let mut driver = Driver::open(Lang::En, SIZE);
    driver.press("→ → →");
    let (there, screen) = (event(&driver), driver.screen());
    driver.press("→ ←");
    assert_eq!(event(&driver), there);
    // The timeline has grown; everything above it is the same.
    let upper = |s: &str| s.lines().take(30).map(str::to_string).collect::<Vec<_>>();
    assert_eq!(upper(&driver.screen()), upper(&screen));
    driver.press("l h");
    assert_eq!(event(&driver), there);
}

#[test]
fn the_question_comes_before_the_outcome_and_the_verdict_after_it() {
    let mut driver = Driver::open(Lang::En, SIZE);
    driver.press("G");
    driver.sees("Which messages can billing still read?");
    driver.misses("no power");
    driver.press("Esc →");
    driver.sees("Which messages can billing still read?");
    driver.press("1");
    driver.misses("an acknowledgement means");
    driver.press("G");
    driver.sees("an acknowledgement means");
    driver.sees("✓ m1, m2 and m3");
    driver.sees("Moral");
}

#[test]
fn playing_stops_at_the_question() {
    let mut driver = Driver::open(Lang::En, SIZE);
    driver.press("+ + + + Space");
    for _ in 0..200 {
        driver.act(Action::Tick);
    }
    driver.sees("Which messages can billing still read?");
    assert!(driver.app.bench.as_ref().is_some_and(|b| b.playing.is_none()));
}

#[test]
fn what_is_done_by_hand_can_be_taken_back_and_done_again() {
    let mut driver = Driver::open(Lang::En, SIZE);
    driver.press("} j f 1");
    driver.sees("Done: crash broker-1");
    driver.sees("down");
    assert!(driver.kept > 0, "it was not kept");
    driver.press("u");
    driver.sees("Taken back: crash broker-1");
    driver.press("Ctrl+r");
    driver.sees("Done: crash broker-1");
}

#[test]
fn a_fault_on_a_node_that_is_down_is_explained() {
    let mut driver = Driver::open(Lang::En, SIZE);
    driver.press("} j f 1 f");
    driver.press("1");
    // The entry is there and says why it does nothing.
    let said = driver.app.said.as_ref().map(|s| s.0.clone()).unwrap_or_default();
    assert!(said.contains("broker-1"), "{said}");
    assert!(!driver.app.popups.is_empty());
}

#[test]
fn a_change_in_the_past_begins_a_branch() {
    let mut driver = Driver::open(Lang::En, SIZE);
    driver.press("} j f 1 Home → → →");
    driver.press("j f 1");
    driver.sees("this is branch 1");
    driver.press("B");
    driver.sees("crash");
}

#[test]
fn a_branch_of_a_branch_a_hundred_deep_can_still_be_used() {
    let mut driver = Driver::open(Lang::En, SIZE);
    driver.press("→ → →");
    for _ in 0..100 {
        driver.press("b");
    }
    let bench = driver.app.bench.as_ref().expect("a scenario is open");
    assert_eq!(bench.lab.current(), BranchId(100));
    driver.press("B");
    driver.sees("100");
    driver.press("Esc v 1");
    driver.sees("Every message met the same fate");
}

#[test]
fn past_the_end_there_is_the_end() {
    let mut driver = Driver::open(Lang::En, SIZE);
    driver.press("p 1 g");
    driver.types("5000s");
    driver.press("Enter");
    driver.sees("over");
    driver.press("g");
    driver.types("#99999999");
    driver.press("Enter");
    driver.sees("over");
    driver.press("→");
    driver.sees("the run is over here");
}

#[test]
fn a_wrong_place_is_told_and_the_line_stays() {
    let mut driver = Driver::open(Lang::En, SIZE);
    driver.press("g");
    driver.types("nowhere");
    driver.press("Enter");
    driver.sees("`nowhere` is no place");
    driver.press("Esc");
    driver.misses("nowhere");
}

#[test]
fn a_search_finds_facts_and_goes_on() {
    let mut driver = Driver::open(Lang::En, SIZE);
    driver.press("p 1 /");
    driver.types("elected");
    driver.press("Enter");
    let found = event(&driver);
    let bench = driver.app.bench.as_ref().expect("a scenario is open");
    assert!(bench.lab.facts_here().any(|s| s.fact.name() == "elected"));
    driver.press("n");
    driver.sees("No fact further on");
    assert_eq!(event(&driver), found);
}

#[test]
fn a_setting_the_system_refuses_is_refused_with_its_reason() {
    let mut driver = Driver::open(Lang::En, SIZE);
    driver.press("c /");
    driver.types("enable.idempotence");
    driver.press("Enter");
    driver.sees("producer.checkout.enable.idempotence = false");
    driver.press("/");
    driver.types("true");
    driver.press("Enter");
    let said = driver.app.said.as_ref().map(|s| s.0.clone()).unwrap_or_default();
    assert!(said.contains("acks"), "{said}");
    let bench = driver.app.bench.as_ref().expect("a scenario is open");
    assert_eq!(bench.lab.branches().len(), 1);
}

#[test]
fn the_command_that_is_copied_names_what_was_changed() {
    let mut driver = Driver::open(Lang::En, SIZE);
    driver.press("} c 1 y");
    let copied = driver.clipboard.last().cloned().unwrap_or_default();
    assert!(copied.starts_with("mqlab open kafka/acks-one-leader-power-off --seed 7"), "{copied}");
    assert!(copied.contains("--what-if acks-all") && copied.contains("--at"), "{copied}");
}

#[test]
fn the_session_is_written_as_a_file_that_holds() {
    let mut driver = Driver::open(Lang::En, SIZE);
    driver.press("} j f 1 w Enter");
    driver.sees("Written: acks-one-leader-power-off-by-hand.toml");
    let (_, text) = driver.written.pop().expect("it was written");
    let parsed = mqlab::scenario::parse("mine", &text);
    let scenario = parsed.scenario.expect("it is right");
    let outcome = mqlab::cluster::run::run(&scenario, Default::default());
    let failed = outcome.verdicts.iter().filter(|v| v.verdict.name() == "failed").count();
    assert_eq!(failed, 0, "{text}");
}

#[test]
fn the_mouse_selects_opens_and_scrubs() {
    let mut driver = Driver::open(Lang::En, SIZE);
    driver.press("p 1");
    let place = |driver: &Driver, what: &str| -> (u16, u16) {
        let screen = driver.screen();
        let (y, line) =
            screen.lines().enumerate().find(|(_, l)| l.contains(what)).expect("it is on screen");
        let before = &line[..line.find(what).expect("it is in the line")];
        (unicode_width::UnicodeWidthStr::width(before) as u16, y as u16)
    };
    let (x, y) = place(&driver, "○m5");
    driver.act(Action::Click { x, y });
    let bench = driver.app.bench.as_ref().expect("a scenario is open");
    let name = bench.message.map(|m| bench.lab.directory().message(m));
    assert_eq!(name.as_deref(), Some("m5"));
    let (x, y) = place(&driver, "broker-2");
    driver.act(Action::Click { x, y });
    let bench = driver.app.bench.as_ref().expect("a scenario is open");
    assert!(matches!(bench.selected, Selection::Node(n) if n.0 == 1), "{:?}", bench.selected);
    let (x, y) = place(&driver, "Ledger");
    driver.act(Action::Click { x, y });
    let bench = driver.app.bench.as_ref().expect("a scenario is open");
    assert_eq!((bench.tab, bench.region), (Tab::Ledger, Region::Side));
    let (_, y) = place(&driver, "Timeline");
    let before = event(&driver);
    driver.act(Action::Click { x: 30, y: y + 1 });
    assert!(event(&driver) < before && event(&driver) > 6, "{}", event(&driver));
}

#[test]
fn the_wheel_moves_what_is_under_it() {
    let mut driver = Driver::open(Lang::En, SIZE);
    driver.press("?");
    let before = driver.screen();
    for _ in 0..12 {
        driver.act(Action::Wheel { x: 40, y: 12, down: true });
    }
    assert_ne!(driver.screen(), before);
}

#[test]
fn languages_switch_while_a_page_is_open() {
    let mut driver = Driver::open(Lang::En, SIZE);
    driver.press("p 1 ] e");
    driver.sees("What would have prevented it");
    driver.press("L");
    driver.sees("怎样才能避免");
    driver.misses("What would have prevented it");
    driver.press("Esc");
    driver.sees("课程");
}

#[test]
fn escape_goes_up_one_level_at_a_time() {
    let mut driver = Driver::open(Lang::En, SIZE);
    driver.press("} . Tab f Esc");
    let at = |driver: &Driver| {
        let bench = driver.app.bench.as_ref().expect("a scenario is open");
        (driver.app.popups.len(), bench.region, bench.message.is_some())
    };
    assert_eq!(at(&driver), (0, Region::Side, true));
    driver.press("Esc");
    assert_eq!(at(&driver), (0, Region::Cluster, true));
    driver.press("Esc");
    assert_eq!(at(&driver), (0, Region::Cluster, false));
    driver.press("Esc");
    assert!(driver.app.bench.is_some(), "Esc never leaves");
}

#[test]
fn a_changed_file_is_opened_anew_with_what_was_done() {
    let mut driver = Driver::open(Lang::En, SIZE);
    driver.press("} j f 1");
    let changed = TEXT.replace("count = 5", "count = 6");
    driver.act(Action::FileIs(changed));
    driver.sees("The file has changed on the disk");
    driver.press("1");
    driver.sees("everything fits");
    let bench = driver.app.bench.as_ref().expect("a scenario is open");
    assert_eq!(bench.lab.directory().message_count(), 6);
    assert_eq!(bench.lab.branch(BranchId(0)).map(|b| b.interventions().len()), Some(1));
}

#[test]
fn a_changed_file_with_a_mistake_changes_nothing() {
    let mut driver = Driver::open(Lang::En, SIZE);
    driver.act(Action::FileIs(TEXT.replace("acks = 1", "aks = 1")));
    driver.press("1");
    driver.sees("The changed file has a mistake");
    let bench = driver.app.bench.as_ref().expect("a scenario is open");
    assert_eq!(bench.name, NAME);
}

#[test]
fn going_back_to_the_list_keeps_progress() {
    let mut driver = Driver::open(Lang::En, SIZE);
    driver.press("p 2 G");
    driver.press("q");
    driver.sees("finished 1");
    let progress = driver.app.progress.lesson(NAME);
    assert!(progress.finished);
    assert_eq!((progress.predicted(), progress.right()), (1, 1));
}
