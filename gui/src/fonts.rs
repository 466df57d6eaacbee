//! The letters: egui's own for Latin, a subset of Noto Sans CJK SC for Chinese.
//!
//! The subset is part of the program, so Chinese reads the same on a machine without any font.

use egui::{Context, FontData, FontDefinitions, FontFamily};
use std::sync::Arc;

/// The subset, under the SIL Open Font License; see `assets/fonts/OFL.txt`.
pub static CHINESE: &[u8] = include_bytes!("../assets/fonts/noto-sans-cjk-sc-subset.otf");

/// Every character the subset was made for.
pub static CHARACTERS: &str = include_str!("../assets/fonts/characters.txt");

/// Gives a context its letters. Chinese stands before the emoji, which have punctuation of their own.
pub fn install(ctx: &Context) {
    const NAME: &str = "noto-sans-cjk-sc";
    let mut fonts = FontDefinitions::default();
    fonts.font_data.insert(NAME.into(), Arc::new(FontData::from_static(CHINESE)));
    for family in [FontFamily::Proportional, FontFamily::Monospace] {
        let order = fonts.families.entry(family).or_default();
        let latin = order.len().min(1);
        order.insert(latin, NAME.into());
    }
    ctx.set_fonts(fonts);
}
