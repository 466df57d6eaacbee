//! Curves over the run: throughput, backlog, and numbers of the moment.

use super::{Cx, faint};
use crate::text::Phrase;
use egui::{RichText, ScrollArea, Ui};
use egui_plot::{Legend, Line, Plot, PlotPoints, VLine};
use mqlab::kernel::Span;
use mqlab::lab::Bucket;

pub fn show(ui: &mut Ui, cx: &mut Cx<'_>) {
    cx.wants.telling = true;
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        numbers(ui, cx);
        let height = ((ui.available_height() - 60.0) / 2.0).max(110.0);
        rates(ui, cx, height);
        backlog(ui, cx, height);
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

fn points(cx: &Cx<'_>, of: impl Fn(&Bucket) -> f64) -> PlotPoints<'static> {
    let series = cx.desk.lab.series();
    let width = series.width.0 as f64 / 1e9;
    let buckets = series.buckets.iter().enumerate();
    buckets.map(|(at, bucket)| [at as f64 * width, of(bucket)]).collect()
}

fn plot<'a>(cx: &Cx<'_>, name: &str, height: f32) -> Plot<'a> {
    Plot::new(name.to_string())
        .height(height)
        .legend(Legend::default())
        .link_axis(egui::Id::unique("plots"), [true, false])
        .allow_scroll(false)
        .include_y(0.0)
        .grid_color(cx.t.line)
        .x_axis_formatter(|mark, _| Span((mark.value.max(0.0) * 1e9) as u64).to_string())
}

fn rates(ui: &mut Ui, cx: &Cx<'_>, height: f32) {
    let per_second = 1e9 / cx.desk.lab.series().width.0.max(1) as f64;
    let here = cx.desk.view.time.0 as f64 / 1e9;
    faint(ui, cx.t, cx.say.the(Phrase::Throughput));
    let curves = [
        (Phrase::Sent, cx.t.wire, points(cx, |b| f64::from(b.sent) * per_second)),
        (Phrase::Acknowledged, cx.t.good, points(cx, |b| f64::from(b.acknowledged) * per_second)),
        (Phrase::Handled, cx.t.leader, points(cx, |b| f64::from(b.handled) * per_second)),
        (Phrase::Failed, cx.t.bad, points(cx, |b| f64::from(b.failed) * per_second)),
    ];
    let (say, t) = (cx.say, cx.t);
    plot(cx, "throughput", height).show(ui, move |plot| {
        for (phrase, colour, points) in curves {
            plot.line(Line::new(say.the(phrase), points).color(colour).width(1.8));
        }
        plot.vline(VLine::new("", here).color(t.here));
    });
}

fn backlog(ui: &mut Ui, cx: &Cx<'_>, height: f32) {
    let here = cx.desk.view.time.0 as f64 / 1e9;
    faint(ui, cx.t, cx.say.the(Phrase::WaitingMessages));
    let points = points(cx, |b| b.backlog as f64);
    let (say, t) = (cx.say, cx.t);
    plot(cx, "backlog", height).show(ui, move |plot| {
        let line = Line::new(say.the(Phrase::Backlog), points).color(t.odd).width(1.8).fill(0.0);
        plot.line(line);
        plot.vline(VLine::new("", here).color(t.here));
    });
}
