//! Pictures of what the window would show, without a window.

use crate::app::App;
use crate::fonts;
use crate::paint::Painter;
use egui::{Context, Pos2, RawInput, Rect, ViewportId, vec2};
use std::io::Cursor;

/// Passes until sizes have settled.
const PASSES: usize = 4;

/// A picture of the program in a window of so many points, with so many pixels a point.
pub fn picture(app: &mut App, width: f32, height: f32, scale: f32) -> image::RgbaImage {
    let ctx = Context::default();
    fonts::install(&ctx);
    let mut painter = Painter::default();
    let mut picture = image::RgbaImage::new(1, 1);
    for pass in 0..PASSES {
        let mut input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, vec2(width, height))),
            time: Some(pass as f64 * 0.25),
            focused: true,
            ..RawInput::default()
        };
        input.viewports.entry(ViewportId::ROOT).or_default().native_pixels_per_point = Some(scale);
        let mut output = ctx.run_ui(input, |ui| app.show(ui));
        painter.apply(&mut output.textures_delta);
        if pass + 1 == PASSES {
            picture = painter.output(&ctx, &output);
        }
    }
    picture
}

/// A picture as the bytes of a PNG file.
pub fn png(picture: &image::RgbaImage) -> Result<Vec<u8>, String> {
    let mut bytes = Cursor::new(Vec::new());
    let written = picture.write_to(&mut bytes, image::ImageFormat::Png);
    written.map(|()| bytes.into_inner()).map_err(|error| error.to_string())
}
