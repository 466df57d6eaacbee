//! The main screens, as pictures.

use super::Driver;
use mqlab::story::Lang;

const SMALL: (u16, u16) = (80, 24);
const LARGE: (u16, u16) = (140, 45);

fn each(name: &str, keys: &str) {
    for (word, lang) in [("en", Lang::En), ("zh", Lang::Zh)] {
        for (size, wide) in [("small", SMALL), ("large", LARGE)] {
            let mut driver = Driver::open(lang, wide);
            if !keys.is_empty() {
                driver.press(keys);
            }
            insta::assert_snapshot!(format!("{name}-{word}-{size}"), driver.screen());
        }
    }
}

#[test]
fn the_list() {
    for (word, lang) in [("en", Lang::En), ("zh", Lang::Zh)] {
        let mut driver = Driver::at_list(lang, SMALL);
        driver.press("j j");
        insta::assert_snapshot!(format!("list-{word}"), driver.screen());
    }
}

#[test]
fn the_beginning() {
    each("beginning", "");
}

#[test]
fn the_question() {
    each("question", "p");
}

#[test]
fn the_loss() {
    each("loss", "p 1 ]");
}

#[test]
fn the_end_with_what_became_of_the_prediction() {
    each("end", "p 1 G");
}

#[test]
fn the_facts() {
    each("facts", "p 2 2");
}

#[test]
fn the_ledger() {
    each("ledger", "p 1 ] 3");
}

#[test]
fn a_message() {
    each("message", "p 1 ] 4");
}

#[test]
fn the_settings() {
    each("settings", "5");
}

#[test]
fn faults_for_a_node() {
    each("faults", "} j f");
}

#[test]
fn settings_to_change() {
    each("change", "c");
}

#[test]
fn an_explanation() {
    each("explained", "p 1 ] e");
}

#[test]
fn two_branches() {
    each("compared", "p 1 Home c 1 v 1");
}

#[test]
fn the_keys() {
    each("help", "?");
}

#[test]
fn ascii_only() {
    let mut driver = Driver::open(Lang::En, SMALL);
    driver.app.look.glyphs.ascii = true;
    driver.press("p 1 ]");
    let screen = driver.screen();
    assert!(screen.is_ascii(), "{screen}");
    insta::assert_snapshot!("ascii", screen);
}
