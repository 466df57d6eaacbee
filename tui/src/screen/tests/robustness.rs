//! Any size, any key, no colour: nothing breaks.

use super::Driver;
use crate::screen::app::Action;
use mqlab::lab::command::{Command, Screen};
use mqlab::story::Lang;
use proptest::prelude::*;
use ratatui::style::Color;

/// States worth drawing, by the keys that lead there.
const STATES: [&str; 8] = ["", "p", "p 1 ]", "p 1 ] e", "c", "f", "?", "p 1 Home c 1 v 1"];

#[test]
fn every_size_can_be_drawn() {
    for lang in [Lang::En, Lang::Zh] {
        for keys in STATES {
            let mut driver = Driver::open(lang, (80, 24));
            if !keys.is_empty() {
                driver.press(keys);
            }
            let small = (1..=40).flat_map(|w| (1..=14).map(move |h| (w, h)));
            let border = (58..=64).flat_map(|w| (14..=20).map(move |h| (w, h)));
            let large = [(80, 24), (200, 16), (60, 80), (250, 80), (300, 120)];
            for (width, height) in small.chain(border).chain(large) {
                driver.app.width = width;
                driver.app.height = height;
                driver.buffer();
            }
        }
    }
}

#[test]
fn without_colour_every_cell_has_the_terminals_own() {
    for keys in STATES {
        let mut driver = Driver::open(Lang::En, (100, 30));
        if !keys.is_empty() {
            driver.press(keys);
        }
        let buffer = driver.buffer();
        for cell in buffer.content() {
            assert_eq!((cell.fg, cell.bg), (Color::Reset, Color::Reset), "{:?}", cell.symbol());
        }
    }
}

#[test]
fn every_command_is_reached_from_the_palette_and_says_why_if_it_does_nothing() {
    for command in Command::ALL.iter().filter(|c| c.screen().shares(Screen::Lab)) {
        let mut driver = Driver::open(Lang::En, (100, 30));
        let situation = driver.app.bench.as_ref().map(|b| b.situation());
        driver.press(":");
        driver.types(command.name());
        driver.press("Enter");
        let silent = driver.app.said.is_none() && driver.app.popups.is_empty();
        let moved = matches!(
            command,
            Command::Leave | Command::Stop | Command::Suspend | Command::Back | Command::Palette
        );
        if let Some(situation) = situation
            && command.applies(&situation, Lang::En).is_err()
            && !moved
        {
            assert!(!silent, "{command:?} did nothing and said nothing");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// Whatever somebody presses, clicks and resizes, the program goes on.
    #[test]
    fn any_keys_in_any_order(
        steps in prop::collection::vec((0usize..90, 0u16..120, 0u16..40), 1..60)
    ) {
        let keys: Vec<_> = Command::ALL.iter().flat_map(|c| c.keys()).copied().collect();
        let mut driver = Driver::open(Lang::Zh, (100, 30));
        for (choice, x, y) in steps {
            match choice {
                0..80 => driver.act(Action::Key(keys[choice % keys.len()])),
                80..85 => driver.act(Action::Click { x, y }),
                85..88 => driver.act(Action::Wheel { x, y, down: x % 2 == 0 }),
                _ => driver.act(Action::Resize { width: x.max(1), height: y.max(1) }),
            }
            driver.buffer();
            if driver.app.over {
                break;
            }
        }
    }
}
