//! The screen without a terminal: actions in, cells out; work is done at once.

mod drawings;
mod figures;
mod flows;
mod pictures;
mod robustness;

use super::app::{Action, App, Effect, Opened};
use super::lessons::Entry;
use super::work::{self, Worker};
use super::{Glyphs, Look, Theme, draw};
use mqlab::kernel::Time;
use mqlab::lab::command::Key;
use mqlab::lab::{Lab, LessonProgress, Progress, Target};
use mqlab::story::Lang;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

/// The lesson the tests play.
const NAME: &str = "kafka/acks-one-leader-power-off";
const TEXT: &str = include_str!("../../../scenarios/kafka/acks-one-leader-power-off.toml");

/// A program whose effects are done at once, without files and threads.
pub struct Driver {
    pub app: App,
    pub clipboard: Vec<String>,
    pub written: Vec<(String, String)>,
    pub kept: usize,
}

fn look(lang: Lang) -> Look {
    Look { lang, theme: Theme::Plain, glyphs: Glyphs { ascii: false } }
}

impl Driver {
    /// At the list of a few lessons.
    pub fn at_list(lang: Lang, (width, height): (u16, u16)) -> Driver {
        let entries = crate::catalogue::embedded()
            .into_iter()
            .filter(|s| s.name.starts_with("kafka/acks"))
            .filter_map(|s| mqlab::scenario::parse(&s.name, &s.text.ok()?).scenario)
            .map(|scenario| Entry::of(&scenario))
            .collect();
        let app = App::new(look(lang), entries, Progress::default());
        let mut driver = Driver { app, clipboard: vec![], written: vec![], kept: 0 };
        driver.act(Action::Resize { width, height });
        driver
    }

    /// With the lesson open at its beginning.
    pub fn open(lang: Lang, size: (u16, u16)) -> Driver {
        Driver::open_text(NAME, TEXT, lang, size)
    }

    /// With another scenario open.
    pub fn open_text(name: &str, text: &str, lang: Lang, size: (u16, u16)) -> Driver {
        let mut driver = Driver::at_list(lang, size);
        let mut lab = Lab::open(name, text).expect("the scenario is right");
        lab.seek(Target::Time(Time::ZERO));
        driver.act(Action::Opened(Ok(Box::new(Opened {
            name: name.into(),
            path: None,
            file: text.into(),
            lab,
            set: Vec::new(),
            what_if: None,
            at: None,
            progress: LessonProgress::default(),
            saved: None,
        }))));
        driver
    }

    pub fn act(&mut self, action: Action) {
        let mut effects = self.app.update(action);
        while !effects.is_empty() {
            let mut more = Vec::new();
            for effect in effects {
                more.extend(self.does(effect));
            }
            effects = more;
        }
    }

    fn does(&mut self, effect: Effect) -> Vec<Effect> {
        let mut told = Vec::new();
        let mut tell = |what| told.push(what);
        let mut worker = Worker { tell: &mut tell, stopped: &|| false };
        let id = match effect {
            Effect::Go(id, lab, what) => {
                work::go(*lab, &what, &mut worker);
                id
            }
            Effect::Look(id, lab, what) => {
                work::look(*lab, &what, &mut worker);
                id
            }
            Effect::Clipboard(text) => {
                self.clipboard.push(text);
                return Vec::new();
            }
            Effect::Write { path, text } => {
                self.written.push((path.clone(), text));
                return self.app.update(Action::Written(Ok(path)));
            }
            Effect::Keep(_) => {
                self.kept += 1;
                return Vec::new();
            }
            _ => return Vec::new(),
        };
        told.into_iter().flat_map(|told| self.app.update(Action::Told(id, told))).collect()
    }

    /// Presses keys as people write them: `p 1 ] Ctrl+r Enter`.
    pub fn press(&mut self, keys: &str) {
        for key in keys.split(' ') {
            let key = Key::read(key).unwrap_or_else(|| panic!("{key} is a key"));
            self.act(Action::Key(key));
        }
    }

    /// Types text.
    pub fn types(&mut self, text: &str) {
        for c in text.chars() {
            let key = Key::plain(mqlab::lab::command::KeyCode::Char(c));
            self.act(Action::Key(key));
        }
    }

    pub fn buffer(&self) -> Buffer {
        let area = Rect::new(0, 0, self.app.width, self.app.height);
        let mut buffer = Buffer::empty(area);
        draw::draw(&self.app, area, &mut buffer);
        buffer
    }

    /// The screen as text. The cell behind a wide character is no blank.
    pub fn screen(&self) -> String {
        let buffer = self.buffer();
        let mut text = String::new();
        for y in 0..buffer.area.height {
            let mut line = String::new();
            let mut x = 0;
            while x < buffer.area.width {
                let symbol = buffer[(x, y)].symbol();
                line.push_str(symbol);
                x += symbol.width().max(1) as u16;
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    #[track_caller]
    pub fn sees(&self, text: &str) {
        let screen = self.screen();
        assert!(screen.contains(text), "{text:?} is not on the screen:\n{screen}");
    }

    #[track_caller]
    pub fn misses(&self, text: &str) {
        let screen = self.screen();
        assert!(!screen.contains(text), "{text:?} is on the screen:\n{screen}");
    }
}
