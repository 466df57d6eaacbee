//! The timeline: where in the run one is, what is marked, how much happened and waited when.
//!
//! Most runs are a few busy milliseconds and long silences, so time is not drawn to scale: the gap
//! between two moments at which something happened is as wide as the logarithm of its length.
//! Within a gap time is even. The labels say which moment is where.

use super::Cx;
use crate::act::Act;
use crate::text::Phrase;
use egui::{
    Align2, Color32, FontId, Key, Pos2, Rect, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2,
};
use mqlab::kernel::Time;
use mqlab::lab::{BranchId, Mark};
use mqlab::scenario::model::Ends;
use mqlab::view::MarkKind;

/// How the timeline is looked at.
#[derive(Default)]
pub struct Look {
    axis: Option<(AxisKey, Axis)>,
    /// The part that is shown, in shares of the whole; empty: all of it.
    zoom: Option<(f32, f32)>,
    /// Where a range began to be chosen.
    range: Option<Time>,
    columns: Option<(ColumnsKey, Vec<Column>)>,
}

/// What the axis depends on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct AxisKey {
    branch: BranchId,
    end: Time,
    marks: usize,
    /// Buckets of the series in which something happened, and how wide they are.
    busy: (usize, u64),
}

#[derive(Clone, PartialEq, Debug)]
struct ColumnsKey {
    axis: AxisKey,
    width: u32,
    zoom: Option<(f32, f32)>,
}

/// Marks that share a place.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Column {
    x: f32,
    mark: Mark,
    count: u32,
}

/// Which moment is where.
#[derive(Clone, PartialEq, Debug)]
pub struct Axis {
    /// Moments with their places, both ascending; the first is 0 and the last 1.
    knots: Vec<(Time, f32)>,
}

/// Knots at most: what happened between is too near to be told apart.
const MOST_KNOTS: usize = 600;

impl Axis {
    /// An axis on which these moments, which need not be in order, have room.
    pub fn of(mut moments: Vec<Time>, end: Time) -> Axis {
        moments.push(Time::ZERO);
        moments.push(Time(end.0.max(1)));
        moments.sort_unstable();
        moments.dedup();
        let every = moments.len().div_ceil(MOST_KNOTS);
        let last = moments.len() - 1;
        let moments = moments.iter().enumerate();
        let kept = moments.filter(|(at, _)| at % every == 0 || *at == last).map(|(_, t)| *t);
        let mut knots: Vec<(Time, f32)> = Vec::new();
        let mut place = 0.0_f32;
        for time in kept {
            if let Some((before, _)) = knots.last() {
                let millis = time.since(*before).0 as f32 / 1_000_000.0;
                place += 0.15 + (1.0 + millis).ln();
            }
            knots.push((time, place));
        }
        knots.iter_mut().for_each(|(_, at)| *at /= place.max(f32::MIN_POSITIVE));
        Axis { knots }
    }

    /// Where a moment is, in shares of the whole.
    pub fn place(&self, time: Time) -> f32 {
        let after = self.knots.partition_point(|(knot, _)| *knot <= time);
        match (after.checked_sub(1).and_then(|at| self.knots.get(at)), self.knots.get(after)) {
            (Some((from, low)), Some((to, high))) => {
                let share = time.since(*from).0 as f64 / to.since(*from).0.max(1) as f64;
                low + (high - low) * share as f32
            }
            (Some((_, place)), None) | (None, Some((_, place))) => *place,
            (None, None) => 0.0,
        }
    }

    /// Which moment is at a place.
    pub fn time(&self, place: f32) -> Time {
        let after = self.knots.partition_point(|(_, knot)| *knot <= place);
        match (after.checked_sub(1).and_then(|at| self.knots.get(at)), self.knots.get(after)) {
            (Some((from, low)), Some((to, high))) => {
                let share = f64::from((place - low) / (high - low).max(f32::MIN_POSITIVE));
                Time(from.0 + (to.since(*from).0 as f64 * share) as u64)
            }
            (Some((time, _)), None) | (None, Some((time, _))) => *time,
            (None, None) => Time::ZERO,
        }
    }
}

/// The axis of the run as far as it was played. It is made anew only where something has happened
/// that needs room.
pub(super) fn axis(cx: &mut Cx<'_>) -> (AxisKey, Axis) {
    let lab = &cx.desk.lab;
    let furthest = lab.furthest().time;
    let series = lab.series();
    let busy = || {
        let buckets = series.buckets.iter().enumerate();
        buckets.filter(|(_, b)| b.sent + b.acknowledged + b.failed + b.handled > 0)
    };
    let key = AxisKey {
        branch: lab.current(),
        end: match lab.state().model.scenario().ends {
            Ends::At(span) => furthest.max(Time(span.0)),
            Ends::Quiet { .. } => roomy(furthest),
        },
        marks: lab.marks().len(),
        busy: (busy().count(), series.width.0),
    };
    if let Some((kept, axis)) = &cx.look.timeline.axis
        && *kept == key
    {
        return (key, axis.clone());
    }
    let mut moments: Vec<Time> = lab.marks().map(|mark| mark.time).collect();
    moments.extend(busy().map(|(at, _)| Time(series.width.0 * at as u64)));
    let axis = Axis::of(moments, key.end);
    cx.look.timeline.axis = Some((key, axis.clone()));
    (key, axis)
}

/// A moment a little later, with two digits that count: it changes seldom while a run goes on.
fn roomy(time: Time) -> Time {
    let mut unit = 1_000_000;
    while time.0 / unit >= 100 {
        unit *= 10;
    }
    Time((time.0 / unit + 1) * unit)
}

pub fn show(ui: &mut Ui, cx: &mut Cx<'_>) {
    let (key, axis) = axis(cx);
    let (rect, response) = ui.allocate_exact_size(ui.available_size(), Sense::click_and_drag());
    let strip = Strip { rect: rect.shrink2(vec2(10.0, 2.0)), axis, zoom: cx.look.timeline.zoom };
    let here = cx.desk.view.time;
    let name = cx.say.the(Phrase::Timeline);
    response.widget_info(|| WidgetInfo::slider(true, here.0 as f64 / 1_000_000.0, name));
    strip.paint(ui, cx, key);
    act(ui, cx, &strip, &response);
}

struct Strip {
    rect: Rect,
    axis: Axis,
    zoom: Option<(f32, f32)>,
}

impl Strip {
    fn x(&self, time: Time) -> f32 {
        let (low, high) = self.zoom.unwrap_or((0.0, 1.0));
        let place = (self.axis.place(time) - low) / (high - low);
        self.rect.left() + place * self.rect.width()
    }

    fn time(&self, x: f32) -> Time {
        let (low, high) = self.zoom.unwrap_or((0.0, 1.0));
        let share = ((x - self.rect.left()) / self.rect.width()).clamp(0.0, 1.0);
        self.axis.time(low + share * (high - low))
    }

    fn paint(&self, ui: &Ui, cx: &mut Cx<'_>, key: AxisKey) {
        let t = cx.t;
        let painter = ui.painter().with_clip_rect(ui.clip_rect().intersect(self.rect.expand(8.0)));
        let track = Rect::from_min_max(
            pos2(self.rect.left(), self.rect.top() + 20.0),
            pos2(self.rect.right(), self.rect.bottom() - 15.0),
        );
        painter.rect_filled(track, 3.0, t.raised);
        let furthest = self.x(cx.desk.lab.furthest().time).min(track.right());
        let unplayed = Rect::from_min_max(pos2(furthest, track.top()), track.max);
        painter.rect_filled(unplayed, 0.0, t.ground);
        if let Some((from, to)) = cx.desk.looping {
            let range = Rect::from_x_y_ranges(self.x(from)..=self.x(to), track.y_range());
            painter.rect_filled(range, 0.0, t.chosen);
        }
        self.series(&painter, cx, track);
        self.labels(&painter, cx, track);
        self.marks(&painter, cx, key, track);
        for bookmark in cx.desk.lab.bookmarks() {
            if bookmark.branch != cx.desk.lab.current() {
                continue;
            }
            if let Some(mark) = time_of(cx, bookmark.event) {
                let at = pos2(self.x(mark), track.bottom() - 5.0);
                let font = FontId::proportional(11.0);
                painter.text(at, Align2::CENTER_CENTER, "♦", font, t.here);
            }
        }
        let branch = cx.desk.lab.branch(cx.desk.lab.current());
        if let Some(left) = branch.filter(|branch| branch.parent.is_some()) {
            let x = self.x(left.at.time);
            let dashes = [pos2(x, track.top()), pos2(x, track.bottom())];
            painter.extend(Shape::dashed_line(&dashes, Stroke::new(1.5, t.leader), 3.0, 3.0));
        }
        let x = self.x(cx.desk.view.time);
        let line = track.top() - 4.0..=track.bottom() + 4.0;
        painter.vline(x, line, Stroke::new(2.0, t.here));
        painter.add(Shape::convex_polygon(
            vec![
                pos2(x - 5.0, track.bottom() + 9.0),
                pos2(x + 5.0, track.bottom() + 9.0),
                pos2(x, track.bottom() + 2.0),
            ],
            t.here,
            Stroke::NONE,
        ));
    }

    /// What waits as an area, what failed below it, what was acknowledged as ticks of density.
    fn series(&self, painter: &egui::Painter, cx: &Cx<'_>, track: Rect) {
        let series = cx.desk.lab.series();
        let t = cx.t;
        let most = series.buckets.iter().map(|b| b.backlog).max().unwrap_or(0).max(1) as f32;
        let busy = series.buckets.iter().map(|b| b.sent + b.acknowledged + b.handled).max();
        let busy = busy.unwrap_or(0).max(1) as f32;
        for (at, bucket) in series.buckets.iter().enumerate() {
            let from = Time(series.width.0 * at as u64);
            let (left, right) = (self.x(from), self.x(from + series.width).max(self.x(from) + 1.5));
            if right < track.left() || left > track.right() {
                continue;
            }
            let span = left.max(track.left())..=right.min(track.right());
            let happened = (bucket.sent + bucket.acknowledged + bucket.handled) as f32;
            if happened > 0.0 {
                let top = track.bottom() - (0.12 + 0.5 * (happened / busy).sqrt()) * track.height();
                let bar = Rect::from_x_y_ranges(span.clone(), top..=track.bottom());
                painter.rect_filled(bar, 0.0, t.wire.gamma_multiply(0.35));
            }
            if bucket.backlog > 0 {
                let height = (0.1 + 0.5 * bucket.backlog as f32 / most) * track.height();
                let bar = Rect::from_x_y_ranges(span.clone(), track.top()..=track.top() + height);
                painter.rect_filled(bar, 0.0, t.odd.gamma_multiply(0.45));
            }
            if bucket.failed > 0 {
                let bar = Rect::from_x_y_ranges(span, track.bottom() - 4.0..=track.bottom());
                painter.rect_filled(bar, 0.0, t.bad);
            }
        }
    }

    fn labels(&self, painter: &egui::Painter, cx: &Cx<'_>, track: Rect) {
        let font = FontId::proportional(cx.sizes.small - 2.0);
        let mut free = track.left() - 40.0;
        let end = self.axis.knots.last().map_or(Time::ZERO, |(time, _)| *time);
        let last = painter.layout_no_wrap(end.to_string(), font.clone(), cx.t.faint);
        let edge = track.right() - last.size().x - 10.0;
        painter.galley(pos2(track.right() - last.size().x, track.bottom() + 2.0), last, cx.t.faint);
        let steps = (track.width() / 8.0) as usize;
        for step in 0..steps {
            let x = track.left() + step as f32 * 8.0;
            if x < free + 34.0 {
                continue;
            }
            let time = round(self.time(x), self.time(x + 16.0));
            let x = self.x(time);
            if x < free + 30.0 || x > edge - 30.0 {
                continue;
            }
            painter.vline(x, track.bottom()..=track.bottom() + 3.0, Stroke::new(1.0, cx.t.line));
            let at = pos2(x, track.bottom() + 2.0);
            let text = time.to_string();
            let drawn = painter.text(at, Align2::CENTER_TOP, text, font.clone(), cx.t.faint);
            free = drawn.right();
        }
    }

    fn marks(&self, painter: &egui::Painter, cx: &mut Cx<'_>, key: AxisKey, track: Rect) {
        let width = self.rect.width().to_bits();
        let wanted = ColumnsKey { axis: key, width, zoom: self.zoom };
        let kept = cx.look.timeline.columns.take().filter(|(key, _)| *key == wanted);
        let columns = kept.map(|(_, columns)| columns).unwrap_or_else(|| self.columns(cx));
        let t = cx.t;
        for column in &columns {
            let (colour, glyph) = t.mark(column.mark.kind);
            let x = self.rect.left() + column.x;
            painter.vline(x, track.y_range(), Stroke::new(1.0, colour.gamma_multiply(0.8)));
            let at = pos2(x, track.top() - 10.0);
            let font = FontId::proportional(12.0);
            painter.text(at, Align2::CENTER_CENTER, glyph, font, colour);
            if column.count > 1 {
                let font = FontId::proportional(8.5);
                let at = at + vec2(6.0, -6.0);
                painter.text(at, Align2::LEFT_CENTER, column.count.to_string(), font, t.faint);
            }
        }
        cx.look.timeline.columns = Some((wanted, columns));
    }

    /// Marks nearer than a glyph stand for each other; the worst of them is shown.
    fn columns(&self, cx: &Cx<'_>) -> Vec<Column> {
        let mut columns: Vec<Column> = Vec::new();
        for mark in cx.desk.lab.marks() {
            let x = self.x(mark.time) - self.rect.left();
            if !(-8.0..=self.rect.width() + 8.0).contains(&x) {
                continue;
            }
            match columns.last_mut() {
                Some(last) if x - last.x < 13.0 => {
                    last.count += 1;
                    if weight(mark.kind) > weight(last.mark.kind) {
                        last.mark = *mark;
                    }
                }
                _ => columns.push(Column { x, mark: *mark, count: 1 }),
            }
        }
        columns
    }
}

fn weight(kind: MarkKind) -> u32 {
    match kind {
        MarkKind::Anomaly(_) => 6,
        MarkKind::Fault => 5,
        MarkKind::Truncation => 4,
        MarkKind::Election => 3,
        MarkKind::Isr | MarkKind::Rebalance => 2,
        MarkKind::Repair => 1,
        MarkKind::Step(_) => 0,
    }
}

/// A moment with few digits between two others.
fn round(low: Time, high: Time) -> Time {
    let width = high.since(low).0.max(1);
    let mut unit = 1_u64;
    while unit.saturating_mul(10) <= width {
        unit = unit.saturating_mul(10);
    }
    for unit in [unit.saturating_mul(10), unit.saturating_mul(5), unit] {
        let rounded = Time(low.0.div_ceil(unit).saturating_mul(unit));
        if rounded <= high {
            return rounded;
        }
    }
    low
}

/// When an event of the branch happened, as far as its facts are kept.
fn time_of(cx: &Cx<'_>, event: u64) -> Option<Time> {
    if event == 0 {
        return Some(Time::ZERO);
    }
    let history = cx.desk.lab.played().model.kept_facts()?;
    history.before(event + 1).map(|stated| stated.time)
}

fn act(ui: &Ui, cx: &mut Cx<'_>, strip: &Strip, response: &egui::Response) {
    let pointer: Option<Pos2> = response.interact_pointer_pos();
    let shift = ui.input(|input| input.modifiers.shift);
    if let Some(pointer) = pointer {
        let time = strip.time(pointer.x);
        let pressed = response.drag_started() || response.is_pointer_button_down_on();
        if shift && pressed && cx.look.timeline.range.is_none() {
            cx.look.timeline.range = Some(time);
        }
        match cx.look.timeline.range {
            Some(from) if time > from => cx.acts.push(Act::Loop(Some((from, time)))),
            Some(_) => {}
            None if response.dragged() || response.clicked() => cx.acts.push(Act::ToTime(time)),
            None => {}
        }
    }
    if !response.is_pointer_button_down_on() {
        cx.look.timeline.range = None;
    }
    if let Some(pointer) = response.hover_pos() {
        let (zoom, pan) = ui.input(|input| {
            let wheel = input.smooth_scroll_delta();
            (input.zoom_delta() * (1.0 + wheel.y * 0.003), wheel.x)
        });
        zoom_by(&mut cx.look.timeline, strip, pointer.x, zoom, pan);
        tooltip(ui, cx, strip, pointer);
    }
    if response.double_clicked() || ui.input(|i| i.key_pressed(Key::Num0) && i.modifiers.command) {
        cx.look.timeline.zoom = None;
    }
}

fn zoom_by(look: &mut Look, strip: &Strip, x: f32, zoom: f32, pan: f32) {
    if zoom == 1.0 && pan == 0.0 {
        return;
    }
    let (low, high) = strip.zoom.unwrap_or((0.0, 1.0));
    let share = (x - strip.rect.left()) / strip.rect.width();
    let at = low + share * (high - low);
    let width = ((high - low) / zoom).clamp(0.000_5, 1.0);
    let shift = -pan / strip.rect.width() * width;
    let low = (at - share * width + shift).clamp(0.0, 1.0 - width);
    look.zoom = (width < 1.0).then_some((low, low + width));
}

fn tooltip(ui: &Ui, cx: &Cx<'_>, strip: &Strip, pointer: Pos2) {
    let columns = cx.look.timeline.columns.as_ref().map_or(&[][..], |(_, columns)| columns);
    let x = pointer.x - strip.rect.left();
    let near = columns.iter().find(|column| (column.x - x).abs() < 7.0);
    let time = near.map_or(strip.time(pointer.x), |column| column.mark.time);
    let mut lines = vec![(time.to_string(), cx.t.strong)];
    if let Some(column) = near {
        lines.push((told(cx, &column.mark), cx.t.mark(column.mark.kind).0));
        if column.count > 1 {
            lines.push((format!("+{}", column.count - 1), cx.t.faint));
        }
    }
    let id = ui.scope_id().with("timeline tip");
    egui::Tooltip::always_open(ui.ctx().clone(), ui.layer_id(), id, egui::PopupAnchor::Pointer)
        .show(|ui| {
            for (text, colour) in lines {
                ui.label(egui::RichText::new(text).color(colour as Color32));
            }
        });
}

/// A mark in words.
fn told(cx: &Cx<'_>, mark: &Mark) -> String {
    let directory = cx.desk.lab.directory();
    let word = cx.say.mark(mark.kind);
    let sentence =
        mark.stated.map(|stated| mqlab::story::sentence(&stated.fact, directory, cx.say.lang));
    let step = match mark.kind {
        MarkKind::Step(number) => cx.desk.lab.state().model.scenario().steps.get(number),
        _ => None,
    };
    let step = step.map(|step| {
        let say = cx.say.lang.of(&step.say);
        if say.is_empty() { step.action.name().to_string() } else { say.to_string() }
    });
    match sentence.or(step) {
        Some(text) => format!("{word}{}{text}", cx.say.pick(": ", "：")),
        None => word.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(n: u64) -> Time {
        Time(n * 1_000_000)
    }

    #[test]
    fn a_busy_beginning_has_room_beside_a_long_silence() {
        let axis = Axis::of(vec![ms(20), ms(40), ms(60), ms(80), ms(100)], ms(70_000));
        assert!(axis.place(ms(100)) > 0.5, "{axis:?}");
        assert_eq!((axis.place(Time::ZERO), axis.place(ms(70_000))), (0.0, 1.0));
    }

    #[test]
    fn every_place_leads_back_to_its_moment() {
        let axis = Axis::of((0..5_000).map(|n| ms(n * 7)).collect(), ms(90_000));
        for millis in [0, 3, 700, 34_000, 60_000, 89_999] {
            let back = axis.time(axis.place(ms(millis)));
            let off = back.0.abs_diff(ms(millis).0);
            assert!(off < 40_000_000, "{millis} ms came back as {back}");
        }
    }
}
