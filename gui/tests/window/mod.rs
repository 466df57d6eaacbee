//! The program in a window that exists only in memory.

use egui::accesskit::Role;
use egui::{Context, FullOutput, TexturesDelta};
use egui_kittest::kittest::{AccessKitNode, NodeT, Queryable};
use egui_kittest::{Harness, Node, TestRenderer};
use mqlab::story::Lang;
use mqlab_desktop::app::{App, Kept};
use mqlab_desktop::paint::Painter;
use mqlab_desktop::store::Store;
use mqlab_desktop::{fonts, theme::Theme};

/// The lesson of the README.
pub const LESSON: &str = "kafka/acks-one-leader-power-off";

/// Paints without a graphics card, the same bytes everywhere.
#[derive(Default)]
struct Pixels(Painter);

impl TestRenderer for Pixels {
    fn handle_delta(&mut self, delta: &mut TexturesDelta) {
        self.0.apply(delta);
    }

    fn render(&mut self, ctx: &Context, out: &FullOutput) -> Result<image::RgbaImage, String> {
        Ok(self.0.output(ctx, out))
    }
}

/// The program at the list of lessons.
pub fn window(lang: Lang, theme: Theme) -> Harness<'static, App> {
    sized(lang, theme, [1600.0, 1000.0])
}

/// The same in a window of another size.
pub fn sized(lang: Lang, theme: Theme, size: [f32; 2]) -> Harness<'static, App> {
    let kept = Kept { theme, ..Kept::default() };
    within(App::new(kept, Store::nowhere(), lang, true), size)
}

/// A program that was made elsewhere.
pub fn with(app: App) -> Harness<'static, App> {
    within(app, [1600.0, 1000.0])
}

fn within(app: App, size: [f32; 2]) -> Harness<'static, App> {
    Harness::builder()
        .with_size(size)
        .with_max_steps(40)
        .renderer(Pixels::default())
        .with_context_setup(fonts::install)
        .build_ui_state(|ui, app: &mut App| app.show(ui), app)
}

/// The program with the lesson of the README open.
pub fn at_lesson(lang: Lang, theme: Theme) -> Harness<'static, App> {
    let mut window = window(lang, theme);
    assert!(window.state_mut().open(LESSON));
    window.run();
    window
}

/// Clicks what has this name.
pub fn click(window: &mut Harness<'static, App>, label: &str) {
    let found: Vec<_> = window.get_all_by_label(label).collect();
    // What stands in a button has the button's name as well.
    let plain = |node: &&Node<'_>| node.accesskit_node().role() != Role::Label;
    found.iter().find(plain).or(found.first()).expect("at least one").click();
    window.run();
}

/// Clicks the first of those whose names begin so.
pub fn click_like(window: &mut Harness<'static, App>, begin: &str) {
    let text = begin.to_string();
    let named = move |node: &AccessKitNode<'_>| {
        node.role() == Role::Button && node.label().is_some_and(|label| label.starts_with(&text))
    };
    let first = window.get_all_by(named).next();
    first.unwrap_or_else(|| panic!("nothing is called {begin}…")).click();
    window.run();
}
