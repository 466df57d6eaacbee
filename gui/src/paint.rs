//! Pixels without a graphics card: egui's triangles, rasterised one by one.
//!
//! It follows egui's own shaders: premultiplied colours, blending and filtering in gamma space. It is
//! slow beside a graphics card and gives the same bytes everywhere, which is what pictures and tests
//! need.

use egui::epaint::{ImageData, ImageDelta, Primitive, Vertex};
use egui::{ClippedPrimitive, Color32, Context, FullOutput, TextureId, TexturesDelta};
use std::collections::BTreeMap;

/// A texture: width, height, pixels.
type Texture = (usize, usize, Vec<Color32>);

/// Paints what a context gives out.
#[derive(Default)]
pub struct Painter {
    textures: BTreeMap<TextureId, Texture>,
}

impl Painter {
    /// Takes over changed textures.
    pub fn apply(&mut self, delta: &mut TexturesDelta) {
        for (id, images) in delta.set.drain() {
            for image in images {
                self.set(id, image);
            }
        }
        for id in delta.free.drain() {
            self.textures.remove(&id);
        }
    }

    fn set(&mut self, id: TextureId, delta: ImageDelta) {
        let ImageData::Color(image) = delta.image;
        let [width, height] = image.size;
        let Some([left, top]) = delta.pos else {
            self.textures.insert(id, (width, height, image.pixels.clone()));
            return;
        };
        let Some((whole, _, pixels)) = self.textures.get_mut(&id) else { return };
        for row in 0..height {
            let to = (top + row) * *whole + left;
            let from = row * width;
            pixels[to..to + width].copy_from_slice(&image.pixels[from..from + width]);
        }
    }

    /// Paints a frame. `scale` is pixels a point.
    pub fn paint(
        &self,
        width: u32,
        height: u32,
        scale: f32,
        primitives: &[ClippedPrimitive],
    ) -> image::RgbaImage {
        let mut frame = Frame { width, pixels: vec![[0.0; 4]; (width * height) as usize] };
        for primitive in primitives {
            let Primitive::Mesh(mesh) = &primitive.primitive else { continue };
            let Some(texture) = self.textures.get(&mesh.texture_id) else { continue };
            let clip = primitive.clip_rect;
            let pixel =
                |points: f32, most: u32| (points * scale).round().clamp(0.0, most as f32) as i32;
            let clip = [
                pixel(clip.min.x, width),
                pixel(clip.min.y, height),
                pixel(clip.max.x, width),
                pixel(clip.max.y, height),
            ];
            for corners in mesh.indices.as_chunks::<3>().0 {
                let corners = corners.map(|at| mesh.vertices[at as usize]);
                frame.triangle(corners, clip, scale, texture);
            }
        }
        image::RgbaImage::from_fn(width, height, |x, y| {
            let pixel = frame.pixels[(y * width + x) as usize];
            image::Rgba(pixel.map(|value| (value * 255.0 + 0.5).clamp(0.0, 255.0) as u8))
        })
    }

    /// Paints what one pass of a context gave out.
    pub fn output(&mut self, ctx: &Context, output: &FullOutput) -> image::RgbaImage {
        let scale = ctx.pixels_per_point();
        let size = ctx.content_rect().size() * scale;
        let primitives = ctx.tessellate(output.shapes.clone(), scale);
        self.paint(size.x.round() as u32, size.y.round() as u32, scale, &primitives)
    }
}

/// Bilinear, clamped to the edge.
fn sample((width, height, pixels): &Texture, uv: [f32; 2]) -> [f32; 4] {
    let (x, y) = (uv[0] * *width as f32 - 0.5, uv[1] * *height as f32 - 0.5);
    let (left, top) = (x.floor(), y.floor());
    let (right_share, low_share) = (x - left, y - top);
    let get = |x: f32, y: f32| {
        let x = x.clamp(0.0, *width as f32 - 1.0) as usize;
        let y = y.clamp(0.0, *height as f32 - 1.0) as usize;
        pixels[y * width + x].to_array().map(|value| f32::from(value) / 255.0)
    };
    let (a, b) = (get(left, top), get(left + 1.0, top));
    let (c, d) = (get(left, top + 1.0), get(left + 1.0, top + 1.0));
    std::array::from_fn(|i| {
        let upper = a[i] * (1.0 - right_share) + b[i] * right_share;
        let lower = c[i] * (1.0 - right_share) + d[i] * right_share;
        upper * (1.0 - low_share) + lower * low_share
    })
}

struct Frame {
    width: u32,
    pixels: Vec<[f32; 4]>,
}

impl Frame {
    fn triangle(&mut self, corners: [Vertex; 3], clip: [i32; 4], scale: f32, texture: &Texture) {
        let at = corners.map(|corner| [corner.pos.x * scale, corner.pos.y * scale]);
        let area = edge(at[0], at[1], at[2][0], at[2][1]);
        if area == 0.0 || !area.is_finite() {
            return;
        }
        let turned = area < 0.0;
        let order = if turned { [0, 2, 1] } else { [0, 1, 2] };
        let (corners, at, area) = (order.map(|i| corners[i]), order.map(|i| at[i]), area.abs());
        let low = |axis: usize| at.iter().map(|p| p[axis]).fold(f32::MAX, f32::min).floor() as i32;
        let high = |axis: usize| at.iter().map(|p| p[axis]).fold(f32::MIN, f32::max).ceil() as i32;
        let (left, right) = (low(0).max(clip[0]), high(0).min(clip[2]));
        let (top, bottom) = (low(1).max(clip[1]), high(1).min(clip[3]));
        let colours = corners.map(|c| c.color.to_array().map(|value| f32::from(value) / 255.0));
        // Most triangles are plain: one colour, one texel.
        let plain = corners.iter().all(|c| c.uv == corners[0].uv && c.color == corners[0].color);
        let plain: Option<[f32; 4]> = plain.then(|| {
            let texel: [f32; 4] = sample(texture, [corners[0].uv.x, corners[0].uv.y]);
            std::array::from_fn(|i| texel[i] * colours[0][i])
        });
        let sides = [[at[1], at[2]], [at[2], at[0]], [at[0], at[1]]];
        // A pixel on an edge that two triangles share is painted once.
        let owns = sides.map(|[a, b]| (a[1] == b[1] && b[0] > a[0]) || b[1] < a[1]);
        for y in top..bottom {
            for x in left..right {
                let (px, py) = (x as f32 + 0.5, y as f32 + 0.5);
                let inside = sides.map(|[a, b]| edge(a, b, px, py));
                if (0..3).any(|i| inside[i] < 0.0 || inside[i] == 0.0 && !owns[i]) {
                    continue;
                }
                let colour = plain.unwrap_or_else(|| {
                    let share = inside.map(|value| value / area);
                    let mix = |of: [f32; 3]| share[0] * of[0] + share[1] * of[1] + share[2] * of[2];
                    let uv = [mix(corners.map(|c| c.uv.x)), mix(corners.map(|c| c.uv.y))];
                    let texel = sample(texture, uv);
                    std::array::from_fn(|i| texel[i] * mix(colours.map(|colour| colour[i])))
                });
                let under = &mut self.pixels[(y as u32 * self.width + x as u32) as usize];
                for i in 0..4 {
                    under[i] = (colour[i] + under[i] * (1.0 - colour[3])).min(1.0);
                }
            }
        }
    }
}

fn edge(a: [f32; 2], b: [f32; 2], x: f32, y: f32) -> f32 {
    (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0])
}
