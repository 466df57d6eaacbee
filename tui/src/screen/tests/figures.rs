//! What a frame and a key cost in a large run. Not part of the ordinary tests:
//! `cargo test --release -p mqlab-tui --bin mqlab -- --ignored --nocapture figures`

use super::Driver;
use crate::screen::app::Action;
use crate::screen::work::{self, Move, Told, Worker};
use mqlab::lab::Target;
use mqlab::lab::command::{Key, KeyCode};
use mqlab::story::Lang;
use std::cell::Cell;
use std::time::{Duration, Instant};

/// Six brokers, a controller, three producers, two consumers; a million messages.
fn large() -> String {
    let mut text = String::from(
        "[scenario]\nsystem = \"kafka\"\ntitle.en = \"a large run\"\ntitle.zh = \"大规模运行\"\n\
         seed = 1\nends = \"400s\"\nmax-events = 100000000\n[kafka]\nbrokers = 6\n\
         [[topic]]\nname = \"orders\"\npartitions = 12\nreplication-factor = 3\n",
    );
    for producer in ["checkout", "web", "mobile"] {
        text.push_str(&format!(
            "[[producer]]\nname = \"{producer}\"\nto = \"orders\"\n\
             config = {{ acks = \"all\", \"linger.ms\" = 5 }}\n\
             sends = {{ count = 333334, every = \"1ms\" }}\n"
        ));
    }
    for consumer in ["billing", "search"] {
        text.push_str(&format!(
            "[[consumer]]\nname = \"{consumer}-1\"\ngroup = \"{consumer}\"\nfrom = [\"orders\"]\n\
             config = {{ \"auto.offset.reset\" = \"earliest\", \"enable.auto.commit\" = false }}\n\
             handles = {{ takes = \"100us\", commit = \"after\" }}\n"
        ));
    }
    text.push_str("[expect]\nthis-run = [\"lost == 0\"]\n");
    text
}

fn thread_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// The median of so many measurements.
fn median(mut measure: impl FnMut() -> Duration) -> Duration {
    let mut all: Vec<Duration> = (0..101).map(|_| measure()).collect();
    all.sort();
    all[50]
}

#[test]
#[ignore = "takes a minute; needs a release build"]
fn figures() {
    let mut driver = Driver::open_text("large", &large(), Lang::En, (200, 60));
    let bench = driver.app.bench.as_mut().expect("a scenario is open");
    assert_eq!(bench.view.nodes.len(), 12);
    let mut lab = bench.lab.clone();
    let since = Instant::now();
    lab.seek(Target::End);
    println!("played {} events in {:?}", lab.position().event, since.elapsed());
    bench.adopt(lab);
    for (what, keys) in
        [("lesson", "1"), ("facts", "2"), ("ledger", "3"), ("message", ". 4"), ("settings", "5")]
    {
        driver.press(keys);
        let frame = median(|| {
            let before = thread_time();
            driver.buffer();
            thread_time() - before
        });
        println!("a frame at 200×60, {what}: {frame:?}");
        assert!(cfg!(debug_assertions) || frame <= Duration::from_millis(2), "{what}: {frame:?}");
    }
    driver.press("1");
    let look = median(|| {
        let before = thread_time();
        driver.app.bench.as_mut().expect("a scenario is open").refresh();
        thread_time() - before
    });
    println!("looking at the lab again: {look:?}");
    let step = median(|| {
        let before = thread_time();
        driver.press("←");
        driver.buffer();
        thread_time() - before
    });
    println!("a step back with its frame: {step:?}");

    // A key during a long run, between two portions of it.
    let lab = driver.app.bench.as_ref().expect("a scenario is open").lab.clone();
    let worst = Cell::new(Duration::ZERO);
    let since = Cell::new(Instant::now());
    let portions = Cell::new(0);
    let mut tell = |_: Told| {
        worst.set(worst.get().max(since.get().elapsed()));
        since.set(Instant::now());
        portions.set(portions.get() + 1);
    };
    let stopped = || portions.get() > 100;
    let mut fresh = lab.clone();
    fresh.fork();
    fresh.seek(Target::Event(0));
    let back = fresh.fork();
    let _ = fresh.switch(back);
    work::go(fresh, &Move::To(Target::End), &mut Worker { tell: &mut tell, stopped: &stopped });
    println!("the longest portion of a long seek: {:?}", worst.get());
    let key = median(|| {
        let before = Instant::now();
        driver.act(Action::Key(Key::plain(KeyCode::Char('2'))));
        driver.buffer();
        before.elapsed()
    });
    println!("a key with its frame: {key:?}");
    assert!(cfg!(debug_assertions) || key < Duration::from_millis(16));
}
