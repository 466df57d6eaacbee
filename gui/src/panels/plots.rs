//! Curves over the run: throughput, backlog, and numbers of the moment.

use super::timeline::Axis;
use super::{Cx, faint};
use crate::text::Phrase;
use egui::{RichText, ScrollArea, Ui};
use egui_plot::{GridMark, HoverPosition, Line, Plot, PlotPoints, VLine};
use mqlab::kernel::{Span, Time};
use mqlab::lab::Bucket;

pub fn show(ui: &mut Ui, cx: &mut Cx<'_>) {
    cx.wants.telling = true;
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        numbers(ui, cx);
        let axis = super::timeline::axis(cx).1;
        let height = ((ui.available_height() - 60.0) / 2.0).max(110.0);
        rates(ui, cx, &axis, height);
        backlog(ui, cx, &axis, height);
    });
}

fn numbers(ui: &mut Ui, cx: &Cx<'_>) {
    let span = |span: Option<Span>| span.map_or_else(|| "—".to_string(), |s| s.to_string());
    ui.horizontal_wrapped(|ui| {
        let mut number = |name: &str, value: String| {
            faint(ui, cx.t, name);
            ui.label(RichText::new(value).strong().color(cx.t.strong));
        };
        for group in &cx.desk.view.groups {
            let name = cx.desk.lab.directory().subscription(group.subscription);
            number(&format!("{} {name}", cx.say.the(Phrase::Lag)), group.lag.to_string());
        }
        if let Some(telling) = &cx.desk.telling {
            let measure = &telling.value.measure;
            number("p50", span(measure.p50));
            number("p99", span(measure.p99));
            number(cx.say.the(Phrase::Unavailable), span(measure.unavailable));
        }
    });
}

/// A curve: at the place of each moment on the axis, what `of` says of it.
fn points(cx: &Cx<'_>, axis: &Axis, of: impl Fn(&Bucket) -> f64) -> PlotPoints<'static> {
    let series = cx.desk.lab.series();
    let buckets = series.buckets.iter().enumerate();
    let place = |at: usize| f64::from(axis.place(Time(series.width.0 * at as u64)));
    // A bucket is a step as wide as its time.
    buckets
        .flat_map(|(at, bucket)| [[place(at), of(bucket)], [place(at + 1), of(bucket)]])
        .collect()
}

/// A plot on the axis of the timeline, so that a busy millisecond has room beside a long silence.
fn plot<'a>(cx: &Cx<'_>, name: &str, height: f32, axis: &Axis) -> Plot<'a> {
    let (ticks, cursor) = (axis.clone(), axis.clone());
    Plot::new(name.to_string())
        .height(height)
        .link_axis(egui::Id::unique("plots"), [true, false])
        .allow_scroll(false)
        .include_y(0.0)
        .include_y(1.0)
        .default_x_bounds(0.0, 1.0)
        .grid_color(cx.t.line)
        .x_grid_spacer(|_| {
            let eighths = (0..=8).map(|n| f64::from(n) / 8.0);
            eighths.map(|value| GridMark { value, step_size: 0.25 }).collect()
        })
        .x_axis_formatter(move |mark, _| rounded(ticks.time(mark.value as f32)).to_string())
        .label_formatter(move |at| {
            let [x, y] = match at {
                HoverPosition::NearDataPoint { position, .. } => [position.x, position.y],
                HoverPosition::Elsewhere { position } => [position.x, position.y],
            };
            Some(format!("{}\n{y:.0}", rounded(cursor.time(x as f32))))
        })
}

/// A moment with at most three digits of its largest unit.
fn rounded(time: Time) -> Time {
    let mut unit = 1;
    while time.0 / unit >= 1_000 {
        unit *= 10;
    }
    Time(time.0 / unit * unit)
}

fn rates(ui: &mut Ui, cx: &Cx<'_>, axis: &Axis, height: f32) {
    let per_second = 1e9 / cx.desk.lab.series().width.0.max(1) as f64;
    let here = f64::from(axis.place(cx.desk.view.time));
    let rate = |count: u32| f64::from(count) * per_second;
    let curves = [
        (Phrase::Sent, cx.t.wire, points(cx, axis, |b| rate(b.sent))),
        (Phrase::Acknowledged, cx.t.good, points(cx, axis, |b| rate(b.acknowledged))),
        (Phrase::Handled, cx.t.leader, points(cx, axis, |b| rate(b.handled))),
        (Phrase::Failed, cx.t.bad, points(cx, axis, |b| rate(b.failed))),
    ];
    let (say, t) = (cx.say, cx.t);
    ui.horizontal_wrapped(|ui| {
        faint(ui, t, say.the(Phrase::Throughput));
        for (phrase, colour, _) in &curves {
            ui.label(RichText::new(format!("■ {}", say.the(*phrase))).color(*colour));
        }
    });
    plot(cx, "throughput", height, axis).show(ui, move |plot| {
        for (phrase, colour, points) in curves {
            plot.line(Line::new(say.the(phrase), points).color(colour).width(1.8));
        }
        plot.vline(VLine::new("", here).color(t.here));
    });
}

fn backlog(ui: &mut Ui, cx: &Cx<'_>, axis: &Axis, height: f32) {
    let here = f64::from(axis.place(cx.desk.view.time));
    faint(ui, cx.t, cx.say.the(Phrase::WaitingMessages));
    let points = points(cx, axis, |b| b.backlog as f64);
    let (say, t) = (cx.say, cx.t);
    plot(cx, "backlog", height, axis).show(ui, move |plot| {
        let line = Line::new(say.the(Phrase::Backlog), points).color(t.odd).width(1.8).fill(0.0);
        plot.line(line);
        plot.vline(VLine::new("", here).color(t.here));
    });
}
