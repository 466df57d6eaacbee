//! A person's way through a lesson, by the names of things: what a screen reader would say.

mod window;

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::{AccessKitNode, Queryable};
use mqlab::lab::command::{Command, KeyCode, Screen};
use mqlab::ledger::Fate;
use mqlab::story::Lang;
use mqlab_desktop::app::{App, Kept, has};
use mqlab_desktop::store::Store;
use mqlab_desktop::theme::Theme;
use window::{at_lesson, click, click_like, sized, window, with};

#[test]
fn a_lesson_is_chosen_predicted_played_and_explained() {
    let mut window = window(Lang::En, Theme::Dark);
    window.run();
    click(&mut window, "acks=1: an acknowledged message dies with its leader");
    assert!(window.state().desk().is_some());

    // The run stops at the question and goes on only when it is answered.
    click(&mut window, "Play to the question");
    let asked_at = window.state().desk().expect("open").view.event;
    window.key_press(Key::End);
    window.run();
    assert_eq!(window.state().desk().expect("open").view.event, asked_at);
    click(&mut window, "all five");
    window.get_by_label("✖ Not so");
    window.get_by_label_contains("an acknowledgement means the message is safe");

    // To the end: two are lost, and the moral is told.
    window.key_press(Key::End);
    window.run();
    window.run();
    let desk = window.state().desk().expect("open");
    assert!(desk.lab.ended().is_some());
    assert!(desk.view.fates.as_ref().is_some_and(|fates| fates.contains(&(Fate::Lost, 2))));
    window.get_by_label("The answer");

    // A lost message, from its row in the table to its cause.
    click(&mut window, "m4 Fate");
    window.run();
    window.get_by_label_contains("Acknowledged, yet lost to billing");
    window.get_by_label("Allowed by");
    // It may be below the edge of the panel, where only a keyboard or a screen reader gets at it.
    window.get_by_label("What would have prevented it?").click_accesskit();
    window.run();
    window.get_by_label_contains("producer.checkout.acks=all");
}

#[test]
fn a_fault_is_dropped_on_a_node_by_its_menu_taken_back_and_done_again() {
    let mut window = at_lesson(Lang::En, Theme::Dark);
    window.state_mut().go_to("30ms");
    window.run();
    let menu = |window: &egui_kittest::Harness<'static, mqlab_desktop::App>| {
        let named = |node: &AccessKitNode<'_>| {
            node.label().is_some_and(|label| label.starts_with("broker-2: broker"))
        };
        window.get_all_by(named).next().expect("a node of the canvas").click_secondary();
    };
    menu(&window);
    window.run();
    click(&mut window, "Power off broker-2");
    let down = |window: &egui_kittest::Harness<'static, mqlab_desktop::App>| {
        let desk = window.state().desk().expect("open");
        desk.view.nodes[1].power == mqlab::substrate::Power::Off
    };
    window.run();
    assert!(down(&window));
    window.event(egui::Event::Text("u".into()));
    window.run();
    window.run();
    assert!(!down(&window));
    window.key_press_modifiers(Modifiers::COMMAND, Key::R);
    window.run();
    window.run();
    assert!(down(&window));
}

#[test]
fn a_setting_begins_a_branch_and_the_two_are_compared() {
    let mut window = at_lesson(Lang::En, Theme::Light);
    window.event(egui::Event::Text("c".into()));
    window.run();
    click(&mut window, "→ acks=all and min.insync.replicas=2");
    window.run();
    let desk = window.state().desk().expect("open");
    assert_eq!((desk.lab.branches().len(), desk.lab.current().0), (2, 1));
    window.event(egui::Event::Text("v".into()));
    window.run();
    window.get_all_by_label("Compare").last().expect("a button").click();
    window.run();
    window.run();
    let compared = window.state().desk().expect("open").compared.as_ref().expect("compared");
    assert_eq!(compared.found.fates.len(), 2, "m4 and m5 fare differently");
    window.get_by_label("They part here");
}

#[test]
fn the_palette_finds_a_command_by_a_few_letters() {
    let mut window = at_lesson(Lang::En, Theme::Dark);
    window.key_press_modifiers(Modifiers::COMMAND, Key::P);
    window.run();
    window.event(egui::Event::Text("to the end".into()));
    window.run();
    window.key_press(Key::Enter);
    window.run();
    // The question holds the run, so the end is not reached, but the run has gone on.
    assert!(window.state().desk().expect("open").view.event > 0);
}

#[test]
fn every_command_of_the_lab_can_be_given_by_its_key() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut window = at_lesson(Lang::En, Theme::Dark);
    window.state_mut().write_into(folder.path().into());
    for command in Command::ALL.iter().filter(|c| has(**c) && c.screen().shares(Screen::Lab)) {
        if window.state().desk().is_none() {
            window.state_mut().open(window::LESSON);
        }
        window.state_mut().jump("50ms");
        window.step();
        let typed = command.keys().iter().filter(|key| !key.ctrl).find_map(|key| match key.code {
            KeyCode::Char(c) => Some(c.to_string()),
            _ => None,
        });
        let Some(typed) = typed else { continue };
        window.event(egui::Event::Text(typed));
        window.run_steps(3);
        // What lies over the screen goes away; what plays stops.
        window.key_press(Key::Escape);
        window.run_steps(2);
        assert!(
            window.state().problems().is_empty(),
            "{command:?}: {:?}",
            window.state().problems()
        );
    }
}

#[test]
fn a_file_that_is_wrong_is_told_with_its_place_and_can_be_dismissed() {
    let mut window = window(Lang::En, Theme::Dark);
    assert!(!window.state_mut().open_text("mine.toml", "[scenario]\nnonsense = 1\n", true));
    window.run();
    assert!(window.state().problems()[0].contains("mine.toml"));
    for _ in 0..window.state().problems().len() {
        click_like(&mut window, "Dismiss");
    }
    assert!(window.state().problems().is_empty());
}

#[test]
fn both_languages_and_themes_and_small_windows_draw_every_panel() {
    for (lang, theme) in [(Lang::En, Theme::Light), (Lang::Zh, Theme::Dark)] {
        let mut window = sized(lang, theme, [1024.0, 640.0]);
        window.state_mut().open(window::LESSON);
        window.state_mut().jump("end");
        window.state_mut().go_to("m4");
        for pane in mqlab_desktop::layout::Pane::ALL {
            window.state_mut().show_pane(pane);
            window.run();
        }
        assert!(window.state().problems().is_empty());
    }
}

#[test]
fn playing_moves_time_and_a_paused_lab_asks_for_no_frames() {
    let mut window = at_lesson(Lang::En, Theme::Dark);
    window.event(egui::Event::Text(" ".into()));
    window.run_steps(30);
    let desk = window.state().desk().expect("open");
    assert!(desk.playing.is_some() && desk.view.time.0 > 0);
    // Nothing after the moment shown has been played, so the timeline gives nothing away.
    assert!(desk.lab.furthest().time <= desk.view.time);
    assert!(desk.waiting().is_none());
    window.event(egui::Event::Text(" ".into()));
    // `run` fails if the program wants frames for ever.
    window.run();
    assert!(window.state().desk().expect("open").playing.is_none());
}

#[test]
fn a_fault_is_dragged_from_the_strip_onto_a_node() {
    let mut window = at_lesson(Lang::En, Theme::Dark);
    window.state_mut().go_to("30ms");
    window.run();
    let broker = |node: &AccessKitNode<'_>| {
        node.label().is_some_and(|label| label.starts_with("broker-3: broker"))
    };
    let to = window.get_all_by(broker).next().expect("a node of the canvas").rect().center();
    let from = window.get_by_label("power-off").rect().center();
    window.drag_at(from);
    window.run();
    for step in 1..=4 {
        window.hover_at(from + (to - from) * (step as f32 / 4.0));
        window.run();
    }
    window.drop_at(to);
    window.run();
    window.run();
    let desk = window.state().desk().expect("open");
    assert_eq!(desk.view.nodes[2].power, mqlab::substrate::Power::Off);
}

#[test]
fn what_was_done_is_written_as_scenario_picture_and_drawing() {
    let folder = tempfile::tempdir().expect("a folder");
    let stem = folder.path().join("mine").display().to_string();
    let mut window = at_lesson(Lang::En, Theme::Light);
    for entry in ["Save as scenario", "Picture (PNG)", "Cluster as drawing (SVG)"] {
        click(&mut window, "Export");
        window.get_by_role_and_label(Role::TextInput, "File name").focus();
        window.run();
        window.key_press_modifiers(Modifiers::COMMAND, Key::A);
        window.event(egui::Event::Text(stem.clone()));
        window.run();
        window.get_by_label(entry).click_accesskit();
        window.run();
        window.run();
    }
    assert!(window.state().problems().is_empty(), "{:?}", window.state().problems());
    let read = |end: &str| std::fs::read(format!("{stem}.{end}")).expect("written");
    let scenario = String::from_utf8(read("toml")).expect("text");
    assert!(mqlab::scenario::parse("mine", &scenario).scenario.is_some());
    assert!(read("png").starts_with(b"\x89PNG"));
    let drawing = String::from_utf8(read("svg")).expect("text");
    assert!(drawing.starts_with("<svg") && drawing.contains("broker-1"));
}

#[test]
fn work_and_progress_outlive_the_program() {
    let folder = tempfile::tempdir().expect("a folder");
    let open = || {
        let store = Store::at(folder.path().into());
        let mut app = App::new(Kept::default(), store, Lang::En, true);
        assert!(app.open(window::LESSON));
        with(app)
    };
    let mut first = open();
    first.run();
    click(&mut first, "Play to the question");
    click(&mut first, "m1, m2 and m3");
    first.event(egui::Event::Text("b".into()));
    first.run();
    drop(first);
    let mut second = open();
    second.run();
    let desk = second.state().desk().expect("open");
    assert_eq!(desk.lab.branches().len(), 2);
    let progress = desk.lesson.progress();
    assert_eq!((progress.predicted(), progress.right()), (1, 1));
}

/// A file on the pointer.
#[derive(Debug)]
struct Dropped(std::path::PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &std::path::Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|error| error.to_string())
    }
}

#[test]
fn a_file_dropped_onto_the_window_is_opened_and_remembered() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mine.toml");
    let text = mqlab_catalogue::all().remove(0).text;
    std::fs::write(&path, text).expect("written");
    let mut window = window(Lang::En, Theme::Dark);
    window.input_mut().dropped_files.push(std::sync::Arc::new(Dropped(path.clone())));
    window.run();
    let shown = path.display().to_string();
    assert_eq!(window.state().desk().expect("open").name, shown);
    click(&mut window, "All lessons");
    window.get_by_label(&shown);
}

#[test]
fn many_seeds_are_played_and_their_outcomes_counted() {
    let mut window = at_lesson(Lang::En, Theme::Dark);
    click(&mut window, "Seeds");
    click(&mut window, "Run seeds");
    window.run();
    window.get_by_label("200 of 200 seeds");
    window.get_by_label_contains("✖ lost 2");
}

/// Pictures of a moment whose sentences are few, so that a sentence said better changes no picture.
/// Look at them, and accept them with `UPDATE_SNAPSHOTS=1`.
fn looks_as_it_did(lang: Lang, theme: Theme, name: &str) {
    let mut window = sized(lang, theme, [1280.0, 800.0]);
    window.state_mut().open(window::LESSON);
    window.state_mut().jump("40.4ms");
    window.state_mut().show_pane(mqlab_desktop::layout::Pane::Branches);
    window.run();
    window.run();
    window.snapshot(name);
}

#[test]
fn a_moment_looks_as_it_did_in_english_on_dark() {
    looks_as_it_did(Lang::En, Theme::Dark, "moment-en-dark");
}

#[test]
fn a_moment_looks_as_it_did_in_chinese_on_light() {
    looks_as_it_did(Lang::Zh, Theme::Light, "moment-zh-light");
}
