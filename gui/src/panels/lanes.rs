//! Lanes: every copy of every partition or queue as cells in a row, with markers between them.
//!
//! Cells of one offset stand below each other, so copies can be compared by eye. Only what can be
//! seen is asked for and drawn, so millions of messages scroll like a few.

use super::{Cx, menu};
use crate::act::Act;
use crate::text::Phrase;
use egui::{
    Align2, Color32, FontId, Rect, Response, ScrollArea, Sense, Stroke, StrokeKind, Ui, WidgetInfo,
    accesskit, pos2, vec2,
};
use mqlab::fact::MessageId;
use mqlab::lab::Selection;
use mqlab::view::View;
use mqlab::view::picture::{Cell, LaneView, ReplicaView};

/// Cells up to which each is a thing of its own for screen readers; of more, each copy is.
const FEW_CELLS: usize = 400;

/// A row of the panel.
enum Row<'a> {
    Lane(&'a LaneView),
    Copy(&'a LaneView, &'a ReplicaView),
    Markers(&'a LaneView),
}

pub fn show(ui: &mut Ui, cx: &mut Cx<'_>) {
    bar(ui, cx);
    let lanes = cx.desk.view.lanes.clone();
    let mut rows = Vec::new();
    for lane in &lanes {
        rows.push(Row::Lane(lane));
        rows.extend(lane.replicas.iter().map(|replica| Row::Copy(lane, replica)));
        rows.push(Row::Markers(lane));
    }
    let height = cx.sizes.cell.y + 6.0;
    let cells: usize = lanes.iter().flat_map(|l| &l.replicas).map(|r| r.cells.len()).sum();
    let single = cells <= FEW_CELLS;
    ScrollArea::vertical().auto_shrink(false).show_rows(
        ui,
        height - 6.0,
        rows.len(),
        |ui, seen| {
            for row in rows.get(seen).unwrap_or_default() {
                let (rect, _) = ui
                    .allocate_exact_size(vec2(ui.available_width(), height - 6.0), Sense::hover());
                match row {
                    Row::Lane(lane) => head(ui, cx, lane, rect),
                    Row::Copy(lane, replica) => copy(ui, cx, lane, replica, rect, single),
                    Row::Markers(lane) => committed(ui, cx, lane, rect),
                }
            }
        },
    );
}

fn name_width(cx: &Cx<'_>) -> f32 {
    cx.sizes.small * 8.5
}

/// The first offset that is shown of a lane.
fn first(cx: &Cx<'_>, lane: &LaneView) -> u64 {
    let end = lane.replicas.iter().map(|r| r.end).max().unwrap_or(0);
    let newest = end.saturating_sub(cx.desk.cells);
    cx.desk.around.map_or(newest, |around| around.saturating_sub(cx.desk.cells / 2).min(newest))
}

fn bar(ui: &mut Ui, cx: &mut Cx<'_>) {
    let ends = cx.desk.view.lanes.iter().flat_map(|l| &l.replicas).map(|r| r.end);
    let end = ends.max().unwrap_or(0);
    ui.horizontal(|ui| {
        let wide = ui.available_width() - name_width(cx);
        let fit = (wide / (cx.sizes.cell.x + 2.0)).floor().max(8.0) as u64;
        cx.wants.cells = Some(fit);
        let follows = cx.desk.around.is_none();
        if ui.selectable_label(follows, cx.the(Phrase::FollowEnd)).clicked() {
            let around = follows.then_some(end);
            cx.acts.push(Act::Around(around));
        }
        if end > cx.desk.cells {
            let half = cx.desk.cells / 2;
            let mut around = cx.desk.around.unwrap_or(end).clamp(half, end);
            let slider = egui::Slider::new(&mut around, half..=end).show_value(true);
            ui.spacing_mut().slider_width = (wide * 0.5).max(80.0);
            let slider = ui.add(slider).accessible_name(cx.the(Phrase::Scroll));
            if slider.changed() {
                cx.acts.push(Act::Around((around < end).then_some(around)));
            }
        }
        if ui.selectable_label(cx.desk.internal, cx.the(Phrase::Internal)).clicked() {
            cx.acts.push(Act::Do(mqlab::lab::command::Command::Internal));
        }
        ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
            legend(ui, cx);
        });
    });
}

fn legend(ui: &mut Ui, cx: &Cx<'_>) {
    let label = ui.label(egui::RichText::new(format!("? {}", cx.the(Phrase::Legend))).small());
    let (t, lang) = (cx.t, cx.say.lang);
    label.on_hover_ui(|ui| {
        for fate in mqlab::ledger::Fate::ALL {
            let (colour, glyph) = t.fate(Some(fate));
            ui.horizontal(|ui| {
                ui.label(egui::RichText::new(format!("■ {glyph}")).color(colour));
                ui.label(mqlab::story::words::fate(fate, lang));
            });
        }
        ui.separator();
        ui.label(format!("▢ {}", cx.the(Phrase::NotDurable)));
        ui.label("│ HW  high watermark    ▏LEO  log end offset");
    });
}

fn head(ui: &mut Ui, cx: &mut Cx<'_>, lane: &LaneView, rect: Rect) {
    let directory = cx.desk.lab.directory();
    let name = directory.lane(lane.lane);
    let leader = lane.leader.map_or(cx.say.pick("nobody", "无"), |node| directory.node(node));
    let isr = directory.node_set(lane.isr);
    let text = cx.say.lane(name, leader, lane.leader_epoch, &isr);
    let selection = Selection::Lane(lane.lane);
    let id = ui.scope_id().with(("lane", lane.lane.0));
    let response = ui.interact(rect, id, Sense::click());
    let described = text.clone();
    response.widget_info(|| WidgetInfo::labeled(accesskit::Role::Button, true, described.as_str()));
    let chosen = cx.desk.selected == selection;
    let colour = if chosen || response.hovered() { cx.t.wire } else { cx.t.strong };
    let font = FontId::proportional(cx.sizes.small + 1.0);
    ui.painter().text(rect.left_center(), Align2::LEFT_CENTER, text, font, colour);
    if response.clicked() {
        cx.acts.push(Act::Select(selection));
    }
    response.context_menu(|ui| menu::offers(ui, cx, selection));
}

fn copy(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    lane: &LaneView,
    replica: &ReplicaView,
    rect: Rect,
    single: bool,
) {
    let t = cx.t;
    let name = cx.desk.lab.directory().node(replica.node).to_string();
    let selection = Selection::Replica(lane.lane, replica.node);
    let label = Rect::from_min_size(rect.min, vec2(name_width(cx), rect.height()));
    let id = ui.scope_id().with(("copy", lane.lane.0, replica.node.0));
    let response = ui.interact(label, id, Sense::click());
    let described = told(cx, replica, &name);
    response.widget_info(|| WidgetInfo::labeled(accesskit::Role::Button, true, described.as_str()));
    let (glyph, colour) = match (replica.leads, replica.in_sync) {
        (true, _) => ("★", t.leader),
        (false, true) => ("◆", t.good),
        (false, false) => ("◇", t.odd),
    };
    let font = FontId::proportional(cx.sizes.small);
    let chosen = cx.desk.selected == selection;
    let letters = if chosen || response.hovered() { t.wire } else { t.text };
    ui.painter().text(label.left_center(), Align2::LEFT_CENTER, glyph, font.clone(), colour);
    let at = label.left_center() + vec2(cx.sizes.small * 1.3, 0.0);
    ui.painter().text(at, Align2::LEFT_CENTER, name.clone(), font, letters);
    if response.clicked() {
        cx.acts.push(Act::Select(selection));
    }
    let response = response.on_hover_text(described.clone());
    response.context_menu(|ui| menu::offers(ui, cx, selection));

    let strip = Rect::from_min_max(pos2(label.right(), rect.top()), rect.max);
    let (first, cell) = (first(cx, lane), cx.sizes.cell);
    let x = |offset: u64| strip.left() + (offset.saturating_sub(first)) as f32 * (cell.x + 2.0);
    let track = ui.interact(strip, id.with("cells"), Sense::click());
    if single {
        track.widget_info(|| WidgetInfo::new(accesskit::Role::GenericContainer));
    } else {
        track.widget_info(|| WidgetInfo::labeled(accesskit::Role::List, true, described.as_str()));
    }
    let painter = ui.painter().with_clip_rect(ui.clip_rect().intersect(strip));
    for shown in replica.cells.iter().filter(|c| c.offset >= first) {
        let at = Rect::from_min_size(
            pos2(x(shown.offset), strip.top() + 1.0),
            vec2(cell.x, strip.height() - 2.0),
        );
        paint_cell(&painter, cx, shown, at);
        if single && let Some(message) = shown.message {
            one_cell(ui, cx, shown, message, at, id, &name);
        }
    }
    if !single {
        pointed(cx, replica, &track, x, cell.x);
    }
    // The high watermark stands before the first cell it does not cover, the end after the last.
    let line = |at: u64, colour: Color32, text: &str, up: bool| {
        let x = x(at) - 1.0;
        if at < first || x > strip.right() {
            return;
        }
        painter.vline(x, strip.y_range(), Stroke::new(2.0, colour));
        let y = if up { strip.top() } else { strip.bottom() };
        let align = if up { Align2::LEFT_TOP } else { Align2::LEFT_BOTTOM };
        let font = FontId::proportional(cx.sizes.small - 3.0);
        painter.text(pos2(x + 3.0, y), align, text, font, colour);
    };
    if replica.end > 0 {
        let leo = if replica.end == replica.high_watermark { "LEO HW" } else { "LEO" };
        line(replica.end, t.faint, leo, true);
        if replica.high_watermark != replica.end {
            let x = x(replica.high_watermark) - 1.0;
            if replica.high_watermark >= first && x <= strip.right() {
                painter.vline(x, strip.y_range(), Stroke::new(3.0, t.change));
            }
            let text = "HW";
            let font = FontId::proportional(cx.sizes.small - 3.0);
            let end = strip.left().max(self::end_of(strip.left(), first, replica.end, cell.x));
            let at = pos2(end + 3.0, strip.bottom());
            let text = format!("{text} {}", replica.high_watermark);
            painter.text(at, Align2::LEFT_BOTTOM, text, font, t.change);
        }
    }
}

/// Where the cell after the last one would begin.
fn end_of(left: f32, first: u64, end: u64, cell: f32) -> f32 {
    left + end.saturating_sub(first) as f32 * (cell + 2.0)
}

/// A copy in words.
fn told(cx: &Cx<'_>, replica: &ReplicaView, name: &str) -> String {
    let role = match (replica.leads, replica.in_sync) {
        (true, _) => cx.say.pick("leads", "Leader"),
        (false, true) => cx.say.pick("in sync", "同步"),
        (false, false) => cx.say.pick("not in sync", "不同步"),
    };
    let durable = cx.say.pick("durable up to", "已刷盘到");
    let lso = match replica.stable < replica.high_watermark {
        true => format!(" · LSO {}", replica.stable),
        false => String::new(),
    };
    format!(
        "{name}: {role} · [{}..{}) · HW {}{lso} · {durable} {}",
        replica.start, replica.end, replica.high_watermark, replica.durable
    )
}

fn paint_cell(painter: &egui::Painter, cx: &Cx<'_>, cell: &Cell, rect: Rect) {
    let t = cx.t;
    let Some(message) = cell.message else {
        painter.rect_stroke(rect, 3.0, Stroke::new(1.0, t.line), StrokeKind::Inside);
        let font = FontId::proportional(cx.sizes.small - 2.0);
        painter.text(rect.center(), Align2::CENTER_CENTER, "·", font, t.faint);
        return;
    };
    let (colour, glyph) = t.fate(cell.fate);
    // What a power loss would not take is filled; what it would take is an outline.
    let (fill, letters) = match cell.durable {
        true => (colour, t.on_fill),
        false => (t.raised, colour),
    };
    let followed = cx.desk.message == Some(message);
    let edge = if followed { Stroke::new(2.5, t.here) } else { Stroke::new(1.2, colour) };
    painter.rect(rect, 3.0, fill, edge, StrokeKind::Inside);
    let name = cx.desk.lab.directory().message(message);
    let short = name.rsplit('.').next().unwrap_or(&name);
    let size = if short.len() > 4 { cx.sizes.small - 3.0 } else { cx.sizes.small - 1.0 };
    let at = rect.center() - vec2(if glyph.is_empty() { 0.0 } else { 4.0 }, 0.0);
    painter.text(at, Align2::CENTER_CENTER, short, FontId::proportional(size), letters);
    if !glyph.is_empty() {
        let font = FontId::proportional(cx.sizes.small - 4.0);
        let corner = rect.right_top() + vec2(-3.0, 1.0);
        painter.text(corner, Align2::RIGHT_TOP, glyph, font, letters);
    }
}

fn one_cell(
    ui: &mut Ui,
    cx: &mut Cx<'_>,
    cell: &Cell,
    message: MessageId,
    rect: Rect,
    copy: egui::Id,
    node: &str,
) {
    let rect = rect.intersect(ui.clip_rect());
    if !rect.is_positive() {
        return;
    }
    let response = ui.interact(rect, copy.with(cell.offset), Sense::click());
    let text = described(cx, cell, message);
    let named = format!("{text} · {node}");
    response.widget_info(|| WidgetInfo::labeled(accesskit::Role::Button, true, named.as_str()));
    if response.clicked() {
        cx.acts.push(Act::Message(Some(message)));
    }
    let response = response.on_hover_text(text);
    response.context_menu(|ui| menu::offers(ui, cx, Selection::Message(message)));
}

/// Follows the pointer over a row of many cells.
fn pointed(
    cx: &mut Cx<'_>,
    replica: &ReplicaView,
    track: &Response,
    x: impl Fn(u64) -> f32,
    width: f32,
) {
    let Some(pointer) = track.hover_pos() else { return };
    let under =
        replica.cells.iter().find(|c| (x(c.offset)..x(c.offset) + width).contains(&pointer.x));
    let Some((cell, message)) = under.and_then(|cell| Some((cell, cell.message?))) else { return };
    if track.clicked() {
        cx.acts.push(Act::Message(Some(message)));
    }
    track.clone().on_hover_text_at_pointer(described(cx, cell, message));
}

/// A cell in words.
fn described(cx: &Cx<'_>, cell: &Cell, message: MessageId) -> String {
    let name = cx.desk.lab.directory().message(message);
    let fate = cell.fate.map_or("—", |fate| mqlab::story::words::fate(fate, cx.say.lang));
    let mut text = format!("{name} · @{} · {fate}", cell.offset);
    if !cell.durable {
        text.push_str(" · ");
        text.push_str(cx.the(Phrase::NotDurable));
    }
    text
}

/// Below a lane: how far each subscription's progress is stored.
fn committed(ui: &Ui, cx: &Cx<'_>, lane: &LaneView, rect: Rect) {
    let (first, cell) = (first(cx, lane), cx.sizes.cell);
    let left = rect.left() + name_width(cx);
    let font = FontId::proportional(cx.sizes.small - 2.0);
    let painter = ui.painter().with_clip_rect(ui.clip_rect().intersect(rect));
    let mut taken = f32::NEG_INFINITY;
    for (group, offset) in &lane.committed {
        let x = left + offset.saturating_sub(first) as f32 * (cell.x + 2.0) - 1.0;
        let name = cx.desk.lab.directory().subscription(*group);
        let text = format!("▲ {name} {offset}");
        let x = x.max(taken + 8.0);
        let at = pos2(x - 4.0, rect.top());
        let drawn = painter.text(at, Align2::LEFT_TOP, text, font.clone(), cx.t.odd);
        taken = drawn.right();
    }
}

/// The lanes of two branches beside each other at one moment; cells that differ are lit.
pub fn beside(ui: &mut Ui, cx: &Cx<'_>, left: &View, right: &View) {
    let half = (ui.available_width() - 12.0) / 2.0;
    let cell = cx.sizes.cell;
    let fit = ((half - name_width(cx)) / (cell.x + 2.0)).max(1.0) as u64;
    let font = FontId::proportional(cx.sizes.small);
    for (a, b) in left.lanes.iter().zip(&right.lanes) {
        ui.add_space(4.0);
        let name = cx.desk.lab.directory().lane(a.lane);
        ui.label(egui::RichText::new(format!("{name} · {}", left.time)).strong());
        let ends = a.replicas.iter().chain(&b.replicas).map(|r| r.end);
        let first = ends.max().unwrap_or(0).saturating_sub(fit);
        for (x, y) in a.replicas.iter().zip(&b.replicas) {
            let size = vec2(ui.available_width(), cell.y);
            let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
            for (from, own, other) in [(0.0, x, y), (half + 12.0, y, x)] {
                let at = pos2(rect.left() + from, rect.top());
                let node = cx.desk.lab.directory().node(own.node);
                let (glyph, colour) = match own.leads {
                    true => ("★", cx.t.leader),
                    false => ("◆", if own.in_sync { cx.t.good } else { cx.t.odd }),
                };
                let middle = at + vec2(0.0, cell.y / 2.0);
                let painter = ui.painter();
                painter.text(middle, Align2::LEFT_CENTER, glyph, font.clone(), colour);
                let name = middle + vec2(cx.sizes.small * 1.3, 0.0);
                painter.text(name, Align2::LEFT_CENTER, node, font.clone(), cx.t.text);
                let strip = Rect::from_min_size(
                    at + vec2(name_width(cx), 0.0),
                    vec2(half - name_width(cx), cell.y),
                );
                one_side(ui, cx, own, other, strip, first);
            }
        }
    }
}

fn one_side(ui: &Ui, cx: &Cx<'_>, own: &ReplicaView, other: &ReplicaView, strip: Rect, first: u64) {
    let painter = ui.painter().with_clip_rect(ui.clip_rect().intersect(strip.expand(2.0)));
    let place = |offset: u64| {
        let x = strip.left() + offset.saturating_sub(first) as f32 * (cx.sizes.cell.x + 2.0);
        Rect::from_min_size(pos2(x, strip.top() + 1.0), cx.sizes.cell - vec2(0.0, 2.0))
    };
    for cell in own.cells.iter().filter(|cell| cell.offset >= first) {
        paint_cell(&painter, cx, cell, place(cell.offset));
        let twin = other.cells.iter().find(|twin| twin.offset == cell.offset);
        if twin.is_none_or(|twin| (twin.message, twin.fate) != (cell.message, cell.fate)) {
            let lit = Stroke::new(2.0, cx.t.here);
            painter.rect_stroke(place(cell.offset).expand(1.0), 4.0, lit, StrokeKind::Outside);
        }
    }
    // What only the other side has is a gap with an edge.
    for cell in other.cells.iter().filter(|cell| cell.offset >= first.max(own.end)) {
        let rect = place(cell.offset);
        let corners = [
            rect.left_top(),
            rect.right_top(),
            rect.right_bottom(),
            rect.left_bottom(),
            rect.left_top(),
        ];
        let stroke = Stroke::new(1.0, cx.t.here);
        painter.extend(egui::Shape::dashed_line(&corners, stroke, 3.0, 3.0));
    }
}
