//! The panels where they are docked.

use crate::layout::Pane;
use crate::panels::{self, Cx};
use egui::Ui;
use egui_tiles::{Behavior, TileId, Tiles, UiResponse};

/// Draws the panels where they are docked.
pub(super) struct Docked<'a> {
    pub cx: Cx<'a>,
    pub problems: &'a mut Vec<String>,
}

impl Behavior<Pane> for Docked<'_> {
    fn pane_ui(&mut self, ui: &mut Ui, _tile: TileId, pane: &mut Pane) -> UiResponse {
        let cx = &mut self.cx;
        let margin = if *pane == Pane::Cluster { 0 } else { 8 };
        let frame = egui::Frame::new().fill(cx.t.panel).inner_margin(margin);
        frame.show(ui, |ui| {
            ui.expand_to_include_rect(ui.max_rect());
            let drawn =
                std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| draw(ui, cx, *pane)));
            if drawn.is_err() {
                let text = cx.say.pick(
                    "This panel failed; the run and your work are untouched. Go to another moment.",
                    "这个面板出错了，运行和你的操作都不受影响。请换一个时刻再看。",
                );
                ui.colored_label(cx.t.bad, text);
                if !self.problems.iter().any(|problem| problem == text) {
                    self.problems.push(text.to_string());
                }
            }
        });
        UiResponse::None
    }

    fn tab_title_for_pane(&mut self, pane: &Pane) -> egui::WidgetText {
        pane.title(self.cx.say).into()
    }

    fn tab_bar_height(&self, _style: &egui::Style) -> f32 {
        self.cx.sizes.row + 6.0
    }

    fn gap_width(&self, _style: &egui::Style) -> f32 {
        3.0
    }

    fn min_size(&self) -> f32 {
        90.0
    }

    fn tab_bar_color(&self, _visuals: &egui::Visuals) -> egui::Color32 {
        self.cx.t.raised
    }

    fn tab_bg_color(
        &self,
        _visuals: &egui::Visuals,
        _tiles: &Tiles<Pane>,
        _tile: TileId,
        state: &egui_tiles::TabState,
    ) -> egui::Color32 {
        if state.active { self.cx.t.panel } else { self.cx.t.raised }
    }

    fn tab_text_color(
        &self,
        _visuals: &egui::Visuals,
        _tiles: &Tiles<Pane>,
        _tile: TileId,
        state: &egui_tiles::TabState,
    ) -> egui::Color32 {
        if state.active { self.cx.t.strong } else { self.cx.t.faint }
    }

    fn simplification_options(&self) -> egui_tiles::SimplificationOptions {
        egui_tiles::SimplificationOptions {
            all_panes_must_have_tabs: true,
            ..egui_tiles::SimplificationOptions::default()
        }
    }
}

fn draw(ui: &mut Ui, cx: &mut Cx<'_>, pane: Pane) {
    match pane {
        Pane::Cluster => panels::canvas::show(ui, cx),
        Pane::Lanes => panels::lanes::show(ui, cx),
        Pane::Lesson => panels::lesson::show(ui, cx),
        Pane::Facts => panels::facts::show(ui, cx),
        Pane::Fates => panels::fates::show(ui, cx),
        Pane::Story => panels::story::show(ui, cx),
        Pane::Settings => panels::settings::show(ui, cx),
        Pane::Branches => panels::branches::show(ui, cx),
        Pane::Comparison => panels::comparison::show(ui, cx),
        Pane::Plots => panels::plots::show(ui, cx),
        Pane::Sweep => panels::sweep::show(ui, cx),
    }
}
