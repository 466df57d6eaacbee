//! What can be read off the sources: every character that can appear is in the letters that come
//! with the program, panels take their colours from the theme, and no broker family is named.

use mqlab::lab::command::Command;
use mqlab::ledger::Fate;
use mqlab::story::{Lang, words};
use mqlab_desktop::{fonts, text::Phrase};
use std::collections::BTreeSet;
use std::path::Path;

/// What is not on every keyboard.
fn signs(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| (0x80..0x1_0000).contains(&u32::from(*c)))
}

#[test]
fn lessons_and_texts_need_no_character_that_the_font_lacks() {
    let known: BTreeSet<char> = fonts::CHARACTERS.chars().collect();
    let mut missing = BTreeSet::new();
    let mut look = |text: &str| missing.extend(signs(text).filter(|c| !known.contains(c)));
    for mqlab_catalogue::Embedded { text, .. } in mqlab_catalogue::all() {
        look(text);
    }
    Phrase::ALL.iter().for_each(|phrase| look(phrase.text(Lang::Zh)));
    for command in Command::ALL {
        look(command.title(Lang::Zh));
        look(command.help(Lang::Zh));
    }
    Fate::ALL.iter().for_each(|fate| look(words::fate(*fate, Lang::Zh)));
    // Sentences and glyphs stand in the sources.
    for folder in ["../core/src", "src"] {
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut look);
    }
    assert!(missing.is_empty(), "run gui/assets/fonts/build.sh; missing: {missing:?}");
}

fn sources(folder: &Path, look: &mut impl FnMut(&str)) {
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, look);
        } else if path.extension().is_some_and(|e| e == "rs") {
            look(&std::fs::read_to_string(&path).expect("UTF-8"));
        }
    }
}

#[test]
fn the_font_has_a_glyph_for_each_of_its_characters() {
    let ctx = egui::Context::default();
    fonts::install(&ctx);
    let mut output = ctx.run_ui(egui::RawInput::default(), |ui| {
        let font = egui::FontId::proportional(14.0);
        let lacking: String = ui.fonts_mut(|fonts| {
            fonts::CHARACTERS.chars().filter(|c| !fonts.has_glyph(&font, *c)).collect()
        });
        assert_eq!(lacking, "");
    });
    output.textures_delta.clear();
}

#[test]
fn every_phrase_is_in_both_languages() {
    for phrase in Phrase::ALL {
        let (en, zh) = (phrase.text(Lang::En), phrase.text(Lang::Zh));
        assert!(!en.is_empty() && !zh.is_empty(), "{phrase:?}");
    }
}

#[test]
fn panels_take_colours_from_the_theme_and_name_no_broker_family() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    sources(&root.join("panels"), &mut |text| {
        for banned in ["from_rgb", "Color32::RED", "Color32::WHITE", "Color32::BLACK"] {
            assert!(!text.contains(banned), "{banned}: colours stand in theme.rs");
        }
    });
    sources(&root, &mut |text| {
        assert!(!text.contains("mqlab::brokers"), "the window draws the view of any family");
    });
}
