//! The letters: egui's own for Latin, a subset of Noto Sans CJK SC for Chinese.
//!
//! The subset is part of the program, so Chinese reads the same on a machine without any font.

use egui::epaint::text::{FontInsert, FontPriority, InsertFontFamily};
use egui::{Context, FontData, FontFamily};

/// The subset, under the SIL Open Font License; see `assets/fonts/OFL.txt`.
pub static CHINESE: &[u8] = include_bytes!("../assets/fonts/noto-sans-cjk-sc-subset.otf");

/// Every character the subset was made for.
pub static CHARACTERS: &str = include_str!("../assets/fonts/characters.txt");

/// Gives a context its letters.
pub fn install(ctx: &Context) {
    let families = [FontFamily::Proportional, FontFamily::Monospace];
    let families = families.map(|family| InsertFontFamily {
        family,
        priority: FontPriority::Lowest,
    });
    ctx.add_font(FontInsert::new(
        "noto-sans-cjk-sc",
        FontData::from_static(CHINESE),
        families.into(),
    ));
}
