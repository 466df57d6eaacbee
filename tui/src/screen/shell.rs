//! The outside of the terminal lab: the terminal, the runtime, workers, files.

use super::app::{Action, App, Effect, Opened};
use super::lessons::Entry;
use super::store::Store;
use super::terminal::{Screen, WORKER};
use super::watched::Watched;
use super::work::{self, Told, Worker};
use super::{Look, draw, keys};
use crate::catalogue::{self, Source};
use crate::failure::Failure;
use crate::text::Say;
use crossterm::clipboard::CopyToClipboard;
use crossterm::event::{Event, EventStream, MouseButton, MouseEventKind};
use futures_util::StreamExt;
use mqlab::kernel::Time;
use mqlab::lab::{Lab, Target};
use std::collections::BTreeMap;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

/// What the program begins with.
pub struct Start {
    pub look: Look,
    /// The scenario to open; `None`: the list of lessons.
    pub open: Option<Opening>,
}

/// A scenario that was asked for.
pub struct Opening {
    pub source: Source,
    /// Its text with what was asked for on the command line.
    pub text: String,
    pub seed: Option<u64>,
    pub set: Vec<(String, String)>,
    pub what_if: Option<String>,
    pub at: Option<String>,
}

/// More input than this is not taken between two frames.
const MOST_AT_ONCE: usize = 64;
/// After something has happened to a file, whoever writes it is given so long to be done.
const SETTLES: Duration = Duration::from_millis(150);

/// Runs the terminal lab until the person leaves.
pub fn run(start: Start) -> Result<u8, Failure> {
    let say = Say { lang: start.look.lang };
    let store = Store::of_user();
    let (progress, unreadable) = store.progress();
    let sources = catalogue::embedded();
    let entries = sources.iter().map(|source| Entry::named(&source.name)).collect();
    let mut app = App::new(start.look, entries, progress);
    let opened = start.open.map(|opening| open(opening, &store, &app)).transpose();
    let opened = opened.map_err(Failure::new)?;
    app.has_list = opened.is_none();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let result = runtime.block_on(async {
        let (tell, hear) = unbounded_channel();
        let screen = Screen::take()?;
        let mut shell = Shell {
            screen,
            store,
            tell,
            hear,
            jobs: BTreeMap::new(),
            watched: None,
            look_at: None,
        };
        shell.live(&mut app, opened, unreadable).await
    });
    // Workers that were given up may still be at it.
    runtime.shutdown_background();
    result.map_err(|error| Failure::new(say.terminal_failed(&error.to_string())))?;
    Ok(0)
}

/// What comes from other threads.
enum Heard {
    Told(u64, Told),
    Catalogue(Vec<Entry>),
    /// Something happened beside the open file, or to it.
    Touched,
}

struct Shell {
    screen: Screen,
    store: Store,
    tell: UnboundedSender<Heard>,
    hear: UnboundedReceiver<Heard>,
    jobs: BTreeMap<u64, Arc<AtomicBool>>,
    watched: Option<Watched>,
    /// When to look at the file, because something has happened to it.
    look_at: Option<Instant>,
}

impl Shell {
    async fn live(
        &mut self,
        app: &mut App,
        opened: Option<Opened>,
        unreadable: Option<String>,
    ) -> std::io::Result<()> {
        let size = self.screen.terminal.size()?;
        self.act(app, Action::Resize { width: size.width, height: size.height })?;
        if let Some(opened) = opened {
            self.act(app, Action::Opened(Ok(Box::new(opened))))?;
        }
        if let Some(why) = unreadable {
            self.act(app, Action::NotSaved(why))?;
        }
        let mut input = EventStream::new();
        let mut signals = Signals::new()?;
        let mut ticks = interval(Duration::from_secs(1) / super::bench::TICKS);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        while !app.over {
            self.show(app)?;
            let playing = app.wants_ticks();
            tokio::select! {
                event = input.next() => match event {
                    Some(Ok(event)) => self.input(app, &event)?,
                    // The terminal is gone.
                    Some(Err(_)) | None => self.act(app, Action::End)?,
                },
                Some(heard) = self.hear.recv() => self.heard(app, heard)?,
                _ = ticks.tick(), if playing => self.act(app, Action::Tick)?,
                () = signals.next() => self.act(app, Action::End)?,
                () = sleep_until(self.look_at.unwrap_or_else(Instant::now)),
                    if self.look_at.is_some() => self.look_at_file(app)?,
            }
            self.watch(app);
            // What came meanwhile is taken before the next frame.
            for _ in 0..MOST_AT_ONCE {
                if app.over {
                    break;
                }
                tokio::select! {
                    biased;
                    Some(Ok(event)) = input.next() => self.input(app, &event)?,
                    Some(heard) = self.hear.recv() => self.heard(app, heard)?,
                    // Nothing did.
                    () = std::future::ready(()) => break,
                }
            }
        }
        Ok(())
    }

    fn show(&mut self, app: &App) -> std::io::Result<()> {
        self.screen.terminal.draw(|frame| {
            let area = frame.area();
            let cursor = draw::draw(app, area, frame.buffer_mut());
            if let Some(place) = cursor {
                frame.set_cursor_position(place);
            }
        })?;
        Ok(())
    }

    fn input(&mut self, app: &mut App, event: &Event) -> std::io::Result<()> {
        let action = match event {
            Event::Key(key) => {
                for key in keys::read(key) {
                    self.act(app, Action::Key(key))?;
                }
                None
            }
            Event::Paste(text) => Some(Action::Paste(text.clone())),
            Event::Resize(width, height) => Some(Action::Resize { width: *width, height: *height }),
            Event::Mouse(mouse) => {
                let (x, y) = (mouse.column, mouse.row);
                match mouse.kind {
                    MouseEventKind::Down(MouseButton::Left) => Some(Action::Click { x, y }),
                    MouseEventKind::ScrollDown => Some(Action::Wheel { x, y, down: true }),
                    MouseEventKind::ScrollUp => Some(Action::Wheel { x, y, down: false }),
                    _ => None,
                }
            }
            Event::FocusGained | Event::FocusLost => None,
        };
        if self.watched.as_ref().is_some_and(Watched::is_blind) {
            // Where nobody tells of changes, every key is an occasion to look.
            self.look_at.get_or_insert_with(|| Instant::now() + SETTLES);
        }
        match action {
            Some(action) => self.act(app, action),
            None => Ok(()),
        }
    }

    fn heard(&mut self, app: &mut App, heard: Heard) -> std::io::Result<()> {
        match heard {
            Heard::Told(id, told) => {
                if matches!(told, Told::Arrived(..) | Told::Answer(_) | Told::Broken(_)) {
                    self.jobs.remove(&id);
                }
                self.act(app, Action::Told(id, told))
            }
            Heard::Catalogue(entries) => self.act(app, Action::Catalogue(entries)),
            Heard::Touched => {
                self.look_at.get_or_insert_with(|| Instant::now() + SETTLES);
                Ok(())
            }
        }
    }

    /// Gives an action to the program and does what it asks for.
    fn act(&mut self, app: &mut App, action: Action) -> std::io::Result<()> {
        for effect in app.update(action) {
            if let Some(next) = self.does(app, effect)? {
                self.act(app, next)?;
            }
        }
        Ok(())
    }

    fn does(&mut self, app: &mut App, effect: Effect) -> std::io::Result<Option<Action>> {
        let say = app.say();
        match effect {
            Effect::Go(id, lab, what) => self.work(id, move |worker| work::go(*lab, &what, worker)),
            Effect::Look(id, lab, what) => {
                self.work(id, move |worker| work::look(*lab, &what, worker));
            }
            Effect::Cancel(id) => {
                if let Some(stop) = self.jobs.remove(&id) {
                    stop.store(true, Ordering::Relaxed);
                }
            }
            Effect::Clipboard(text) => {
                crossterm::execute!(std::io::stdout(), CopyToClipboard::to_clipboard_from(text))?;
            }
            Effect::Write { path, text } => {
                return Ok(Some(Action::Written(write_new(&path, &text, say))));
            }
            Effect::Keep(saved) => return Ok(not_saved(self.store.keep(&saved), say)),
            Effect::KeepProgress(progress) => {
                return Ok(not_saved(self.store.keep_progress(&progress), say));
            }
            Effect::Forget(name) => self.store.forget(&name),
            Effect::Open(name) => {
                let opened = find(&name, say).and_then(|source| {
                    let text = source.text.clone()?;
                    let opening =
                        Opening { source, text, seed: None, set: vec![], what_if: None, at: None };
                    open(opening, &self.store, app)
                });
                return Ok(Some(Action::Opened(opened.map(Box::new))));
            }
            Effect::ReadCatalogue => {
                let tell = self.tell.clone();
                std::thread::spawn(move || {
                    // If nobody listens any more, the program is ending.
                    let _ = tell.send(Heard::Catalogue(read_catalogue()));
                });
            }
            Effect::Suspend => self.screen.suspend()?,
        }
        Ok(None)
    }

    fn work(&mut self, id: u64, what: impl FnOnce(&mut Worker<'_>) + Send + 'static) {
        let stop = Arc::new(AtomicBool::new(false));
        self.jobs.insert(id, stop.clone());
        let tell = self.tell.clone();
        let begun = std::thread::Builder::new().name(WORKER.into()).spawn(move || {
            let mut say = |told| {
                let _ = tell.send(Heard::Told(id, told));
            };
            let stopped = || stop.load(Ordering::Relaxed);
            let done = catch_unwind(AssertUnwindSafe(|| {
                what(&mut Worker { tell: &mut say, stopped: &stopped });
            }));
            if let Err(panic) = done {
                let why = panic.downcast_ref::<String>().cloned();
                let why = why.or_else(|| panic.downcast_ref::<&str>().map(|s| s.to_string()));
                say(Told::Broken(why.unwrap_or_default()));
            }
        });
        if let Err(error) = begun {
            let _ = self.tell.send(Heard::Told(id, Told::Broken(error.to_string())));
        }
    }

    /// Watches the file of the scenario that is open, if it is one on the disk.
    fn watch(&mut self, app: &App) {
        let path = app.bench.as_ref().and_then(|bench| bench.path.as_deref());
        if self.watched.as_ref().map(|watched| watched.path.as_str()) == path {
            return;
        }
        self.look_at = None;
        self.watched = path.map(|path| {
            let tell = self.tell.clone();
            Watched::new(path, move || {
                let _ = tell.send(Heard::Touched);
            })
        });
    }

    /// Looks whether the file of the open scenario has changed.
    fn look_at_file(&mut self, app: &mut App) -> std::io::Result<()> {
        self.look_at = None;
        let text = self.watched.as_mut().and_then(Watched::changed);
        match text {
            Some(text) => self.act(app, Action::FileIs(text)),
            None => Ok(()),
        }
    }
}

fn not_saved(result: std::io::Result<()>, say: Say) -> Option<Action> {
    let error = result.err()?;
    Some(Action::NotSaved(say.not_saved(&error.to_string())))
}

fn find(name: &str, say: Say) -> Result<Source, String> {
    catalogue::find(name, say).map_err(|failure| failure.message().to_string())
}

/// Opens a scenario; the first mistake if it has any.
fn open(opening: Opening, store: &Store, app: &App) -> Result<Opened, String> {
    let Opening { source, text, seed, set, what_if, at } = opening;
    let mut lab = Lab::open(&source.name, &text).map_err(|mistakes| {
        let first = mistakes.into_iter().next();
        first.map(|d| format!("{}:{}: {}", source.path, d.line, d.message)).unwrap_or_default()
    })?;
    if let Some(seed) = seed {
        lab = lab.with_seed(seed);
    }
    // At time zero the cluster is found formed, its processes started.
    lab.seek(Target::Time(Time::ZERO));
    let path = Path::new(&source.name).is_file().then(|| source.name.clone());
    let saved = store.session(&source.name);
    Ok(Opened {
        progress: app.progress.lesson(&source.name),
        file: source.text.unwrap_or_default(),
        name: source.name,
        path,
        lab,
        set,
        what_if,
        at,
        saved,
    })
}

fn read_catalogue() -> Vec<Entry> {
    let sources = catalogue::embedded().into_iter();
    sources
        .map(|source| {
            let text = source.text.as_deref().unwrap_or_default();
            let parsed = mqlab::scenario::parse(&source.name, text);
            parsed.scenario.map_or_else(|| Entry::named(&source.name), |s| Entry::of(&s))
        })
        .collect()
}

/// Writes a scenario file where none is yet.
fn write_new(path: &str, text: &str, say: Say) -> Result<String, String> {
    let mut file = std::fs::File::create_new(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::AlreadyExists => say.exists(path),
        _ => say.cannot_write(path, &error.to_string()),
    })?;
    file.write_all(text.as_bytes()).map_err(|error| say.cannot_write(path, &error.to_string()))?;
    Ok(path.to_string())
}

/// Signals that ask the program to end.
#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Signals> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Signals {
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Signals> {
        Ok(Signals)
    }

    async fn next(&mut self) {
        std::future::pending::<()>().await;
    }
}
