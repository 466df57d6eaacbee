//! What one frame costs: 12 nodes, a million messages, millions of events behind it. CPU of drawing
//! and tessellation at 1600×1000, and the same while the timeline is scrubbed.
//!
//! `cargo bench -p mqlab-desktop`; `MQLAB_EVENTS` sets how far the run is played.

use egui::{Context, Event, Modifiers, PointerButton, Pos2, RawInput, Rect, pos2, vec2};
use mqlab::lab::Target;
use mqlab::story::Lang;
use mqlab_desktop::app::{App, Kept};
use mqlab_desktop::fonts;
use mqlab_desktop::layout::Pane;
use mqlab_desktop::store::Store;
use std::time::{Duration, Instant};

/// Twelve machines and a million messages.
const SCENARIO: &str = r#"
[scenario]
system = "kafka"
title.en = "A million messages"
title.zh = "一百万条消息"
seed = 1
ends = "1h"
max-events = 100000000

[kafka]
brokers = 6

[[topic]]
name = "orders"
partitions = 12
replication-factor = 3

[[producer]]
name = "checkout"
to = "orders"
config = { acks = "all" }
sends = { count = 500000, every = "1ms", key = "customer-{n%64}" }

[[producer]]
name = "shop"
to = "orders"
config = { acks = "all" }
sends = { count = 500000, every = "1ms", key = "customer-{n%64}" }

[[consumer]]
name = "billing-1"
group = "billing"
from = ["orders"]
handles = { takes = "10us", commit = "after" }

[[consumer]]
name = "mail-1"
group = "mail"
from = ["orders"]
handles = { takes = "10us", commit = "after" }

[[consumer]]
name = "audit-1"
group = "audit"
from = ["orders"]
handles = { takes = "10us", commit = "after" }

[expect]
this-run = ["lost == 0"]
"#;

fn main() {
    let events = std::env::var("MQLAB_EVENTS").ok().and_then(|n| n.parse().ok());
    let events: u64 = events.unwrap_or(10_000_000);
    let mut app = App::new(Kept::default(), Store::nowhere(), Lang::En, false);
    assert!(app.open_text("bench", SCENARIO, false), "{:?}", app.problems());
    let began = Instant::now();
    let desk = app.desk_mut().expect("open");
    desk.lab.seek(Target::Event(events));
    let end = desk.lab.position();
    println!("played {} events, {} in {:.1?}", end.event, end.time, began.elapsed());
    let nodes = desk.lab.directory().nodes.len();
    println!("{nodes} nodes, {} messages", desk.lab.directory().message_count());

    let mut screen = Screen::new();
    for pane in [Pane::Facts, Pane::Fates, Pane::Plots] {
        app.show_pane(pane);
        for _ in 0..30 {
            screen.frame(&mut app, Vec::new());
        }
        measure(&format!("still, {pane:?}"), 300, |_| screen.frame(&mut app, Vec::new()));
    }
    // Drags the playhead back and forth over the whole run.
    let at = |n: u64| pos2(20.0 + (n * 37 % 1_560) as f32, 950.0);
    screen.frame(&mut app, vec![Event::PointerMoved(at(0)), press(at(0), true)]);
    measure("scrubbing, seek included", 300, |n| {
        screen.frame(&mut app, vec![Event::PointerMoved(at(n + 1))])
    });
    screen.frame(&mut app, vec![press(at(301), false)]);
}

fn press(pos: Pos2, pressed: bool) -> Event {
    Event::PointerButton {
        pos,
        button: PointerButton::Primary,
        pressed,
        modifiers: Modifiers::default(),
    }
}

struct Screen {
    ctx: Context,
    frames: u64,
}

impl Screen {
    fn new() -> Screen {
        let ctx = Context::default();
        fonts::install(&ctx);
        Screen { ctx, frames: 0 }
    }

    /// One frame, tessellated: the time it took.
    fn frame(&mut self, app: &mut App, events: Vec<Event>) -> Duration {
        self.frames += 1;
        let input = RawInput {
            screen_rect: Some(Rect::from_min_size(Pos2::ZERO, vec2(1600.0, 1000.0))),
            time: Some(self.frames as f64 / 60.0),
            focused: true,
            events,
            ..RawInput::default()
        };
        let began = Instant::now();
        let mut output = self.ctx.run_ui(input, |ui| app.show(ui));
        let primitives = self.ctx.tessellate(std::mem::take(&mut output.shapes), 1.0);
        let cost = began.elapsed();
        output.textures_delta.clear();
        std::hint::black_box(primitives);
        cost
    }
}

/// Processor time of this thread so far, in steps of some milliseconds; nothing on systems that do
/// not tell.
fn cpu() -> Option<Duration> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(Duration::from_nanos(told.split(' ').next()?.parse().ok()?))
}

/// Draws a series of frames and tells what one cost: processor time on average, and percentiles of
/// the time that passed, which counts what other programs took as well.
fn measure(what: &str, frames: u64, mut frame: impl FnMut(u64) -> Duration) {
    let before = cpu();
    let mut passed: Vec<Duration> = (0..frames).map(&mut frame).collect();
    let spent = cpu().zip(before).map(|(after, before)| (after - before) / frames as u32);
    let spent = spent.unwrap_or_default();
    passed.sort();
    let at = |permille: usize| passed[(passed.len() * permille / 1000).min(passed.len() - 1)];
    let (median, p99) = (at(500), at(990));
    println!("{what}: CPU {spent:.2?} a frame; passed: median {median:.2?}, p99 {p99:.2?}");
}
