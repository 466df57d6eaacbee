//! The program: which screen is shown, what lies over it, and what is done about what a person did.

mod acting;
mod docked;

use crate::act::Act;
use crate::catalogue;
use crate::desk::{Desk, Happened};
use crate::layout::{self, Pane};
use crate::panels::{self, Cx, Look, Wants, lessons, palette, top};
use crate::store::{Store, write_file};
use crate::text::{Phrase, Say};
use crate::theme::{self, Theme};
use crate::{keys, theme::Sizes};
use docked::Docked;
use egui::{CentralPanel, Context, Panel, RichText, Ui};
use egui_tiles::Tree;
use mqlab::lab::command::{Command, Screen, Situation};
use mqlab::lab::{Lab, Progress};
use mqlab::scenario::diagnostic::render;
use mqlab::story::Lang;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// How long a remark stays, in seconds.
const REMARK: f64 = 3.5;
/// Files remembered at most.
const RECENT: usize = 8;

/// What is kept with the window from one day to the next.
#[derive(Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    /// The language; `None`: nobody has chosen one.
    pub chinese: Option<bool>,
    /// Dark or light.
    pub theme: Theme,
    /// Large type.
    pub presenting: bool,
    /// Files opened last, the newest first.
    pub recent: Vec<String>,
    /// Where panels are docked.
    pub layout: Option<Tree<Pane>>,
}

impl Default for Kept {
    fn default() -> Self {
        Kept {
            chinese: None,
            theme: Theme::Dark,
            presenting: false,
            recent: Vec::new(),
            layout: None,
        }
    }
}

/// What lies over the screen.
enum Overlay {
    Palette(palette::Look),
    Help,
    GoTo(String),
    Bookmark(String),
    Aloud(String),
}

/// The program.
pub struct App {
    say: Say,
    theme: Theme,
    presenting: bool,
    applied: Option<(Theme, bool)>,
    recent: Vec<String>,
    tree: Tree<Pane>,
    desk: Option<Desk>,
    look: Look,
    lessons: lessons::Look,
    overlay: Option<Overlay>,
    problems: Vec<String>,
    remark: Option<(String, f64)>,
    save_as: String,
    /// Where a file without a folder of its own goes; empty: where the program was started.
    folder: PathBuf,
    store: Store,
    progress: Progress,
    inline: bool,
}

/// Whether the desktop lab carries a command out. What moves a cursor between cells, or belongs to a
/// terminal, has no meaning in a window.
pub fn has(command: Command) -> bool {
    use Command::*;
    !matches!(
        command,
        Up | Down
            | PageUp
            | PageDown
            | NextPanel
            | LastPanel
            | Suspend
            | NextHit
            | LastHit
            | Open
            | BySystem
            | ByTopic
            | ByLevel
            | ByProgress
    )
}

impl App {
    /// The program with what was kept. With `inline`, nothing is done on other threads.
    pub fn new(kept: Kept, store: Store, lang: Lang, inline: bool) -> App {
        let (progress, unreadable) = store.progress();
        let lang = match kept.chinese {
            Some(true) => Lang::Zh,
            Some(false) => Lang::En,
            None => lang,
        };
        App {
            say: Say { lang },
            theme: kept.theme,
            presenting: kept.presenting,
            applied: None,
            recent: kept.recent,
            tree: kept.layout.filter(layout::is_whole).unwrap_or_else(layout::at_first),
            desk: None,
            look: Look::default(),
            lessons: lessons::Look::default(),
            overlay: None,
            problems: unreadable.into_iter().collect(),
            remark: None,
            save_as: String::new(),
            folder: PathBuf::new(),
            store,
            progress,
            inline,
        }
    }

    /// What is to be kept.
    pub fn kept(&self) -> Kept {
        Kept {
            chinese: Some(self.say.lang == Lang::Zh),
            theme: self.theme,
            presenting: self.presenting,
            recent: self.recent.clone(),
            layout: Some(self.tree.clone()),
        }
    }

    /// The open scenario.
    pub fn desk(&self) -> Option<&Desk> {
        self.desk.as_ref()
    }

    /// The open scenario, to be changed from outside the window.
    pub fn desk_mut(&mut self) -> Option<&mut Desk> {
        self.desk.as_mut()
    }

    /// What went wrong and was not dismissed.
    pub fn problems(&self) -> &[String] {
        &self.problems
    }

    /// Chooses the theme.
    pub fn set_theme(&mut self, theme: Theme) {
        self.theme = theme;
    }

    /// Chooses the language.
    pub fn set_lang(&mut self, lang: Lang) {
        self.say = Say { lang };
    }

    /// Large type, or ordinary type.
    pub fn set_presenting(&mut self, on: bool) {
        self.presenting = on;
    }

    /// Brings a panel to the front.
    pub fn show_pane(&mut self, pane: Pane) {
        layout::show(&mut self.tree, pane);
    }

    /// Opens a scenario by name or path. What is wrong is shown and told.
    pub fn open(&mut self, asked: &str) -> bool {
        let source = match catalogue::find(asked, self.say) {
            Ok(source) => source,
            Err(problem) => {
                self.problems.push(problem);
                return false;
            }
        };
        if source.file {
            self.recent.retain(|path| *path != source.name);
            self.recent.insert(0, source.name.clone());
            self.recent.truncate(RECENT);
        }
        self.open_text(&source.name, &source.text, source.file)
    }

    /// Files that are written go into this folder, unless they name one of their own.
    pub fn write_into(&mut self, folder: PathBuf) {
        self.folder = folder;
    }

    /// Opens the text of a scenario.
    pub fn open_text(&mut self, name: &str, text: &str, file: bool) -> bool {
        let opened = match self.store.session(name) {
            Some(saved) => Lab::restore(name, text, &saved).map(|(lab, dropped)| {
                self.problems.extend(dropped.into_iter().map(|dropped| dropped.why));
                lab
            }),
            None => Lab::open(name, text),
        };
        match opened {
            Ok(lab) => {
                let progress = self.progress.lesson(name);
                self.desk = Some(Desk::new(lab, file, progress, self.inline));
                let stem = name.rsplit(['/', '\\']).next().unwrap_or(name);
                self.save_as = format!("{}-by-hand", stem.trim_end_matches(".toml"));
                self.look.timeline = panels::timeline::Look::default();
                self.look.comparison = panels::comparison::Look::default();
                self.keep();
                true
            }
            Err(diagnostics) => {
                let path = if file { name.to_string() } else { format!("scenarios/{name}.toml") };
                let rendered = diagnostics.iter().map(|d| render(d, text, &path, false));
                self.problems.extend(rendered);
                false
            }
        }
    }

    fn screen(&self) -> Screen {
        if self.desk.is_some() { Screen::Lab } else { Screen::Lessons }
    }

    fn situation(&self) -> Situation {
        self.desk.as_ref().map(Desk::situation).unwrap_or_default()
    }

    /// One frame.
    pub fn show(&mut self, ui: &mut Ui) {
        let ctx = ui.ctx().clone();
        if self.applied != Some((self.theme, self.presenting)) || ctx.cumulative_pass_nr() == 0 {
            theme::apply(&ctx, self.theme, self.presenting);
            self.applied = Some((self.theme, self.presenting));
        }
        self.pass_time(&ctx);
        let mut acts: Vec<Act> = Vec::new();
        self.dropped_files(&ctx);
        if self.overlay.is_none() {
            acts.extend(keys::commands(&ctx, self.screen()).into_iter().map(Act::Do));
        }
        let (t, sizes) = (self.theme.tokens(), theme::sizes(self.presenting));
        let frame = egui::Frame::new().fill(t.panel).inner_margin(egui::Margin::symmetric(10, 6));
        Panel::top("top").frame(frame).show(ui, |ui| {
            let mut bar = top::Top {
                desk: self.desk.as_ref(),
                say: self.say,
                t,
                theme: self.theme,
                presenting: self.presenting,
                save_as: &mut self.save_as,
                acts: &mut acts,
            };
            bar.show(ui);
        });
        self.problem_panel(ui, &mut acts);
        let mut wants = Wants::default();
        match self.desk.is_some() {
            true => self.lab(ui, sizes, &mut acts, &mut wants),
            false => {
                let frame = egui::Frame::new().fill(t.ground).inner_margin(12);
                CentralPanel::default_margins().frame(frame).show(ui, |ui| {
                    let mut list = lessons::Lessons {
                        look: &mut self.lessons,
                        progress: &self.progress,
                        recent: &self.recent,
                        say: self.say,
                        t,
                        sizes,
                        acts: &mut acts,
                    };
                    list.show(ui);
                });
            }
        }
        self.overlays(ui, &mut acts);
        self.remarks(ui);
        let acted = !acts.is_empty();
        for act in acts {
            self.carry_out(act, &ctx);
        }
        self.look_ahead(wants, acted, &ctx);
    }

    fn pass_time(&mut self, ctx: &Context) {
        let seconds = f64::from(ctx.input(|input| input.stable_dt));
        let happened = self.desk.as_mut().map(|desk| desk.advance(seconds)).unwrap_or_default();
        for happened in happened {
            match happened {
                Happened::Problem(text) => self.problems.push(self.say.lang.of(&text).to_string()),
                Happened::Asked => {
                    layout::show(&mut self.tree, Pane::Lesson);
                    self.remark(ctx, self.say.the(Phrase::YourPrediction));
                }
                Happened::Over => self.remark(ctx, self.say.the(Phrase::RunIsOver)),
                Happened::NoMore => {}
                Happened::Exported(path, text) => self.write(ctx, &path, text.as_bytes()),
                Happened::Compared => layout::show(&mut self.tree, Pane::Comparison),
                Happened::Changed => self.keep(),
            }
        }
        if let Some(desk) = &mut self.desk {
            desk.refresh();
        }
    }

    /// What panels need is asked for, and a frame follows only where something moves.
    fn look_ahead(&mut self, wants: Wants, acted: bool, ctx: &Context) {
        let lang = self.say.lang;
        let Some(desk) = &mut self.desk else { return };
        if let Some(cells) = wants.cells.filter(|cells| *cells != desk.cells) {
            desk.cells = cells;
            ctx.request_repaint();
        }
        if acted || desk.is_moving() {
            ctx.request_repaint();
        }
        if acted {
            // The new moment is shown in the frame that follows, with what is told of it.
            return;
        }
        if wants.beside && desk.want_beside() {
            ctx.request_repaint();
        }
        let before = desk.is_working();
        if wants.telling {
            desk.want_telling(lang, ctx);
        }
        if wants.life {
            desk.want_life(lang, ctx);
        }
        if self.inline && !before && desk.is_working() {
            ctx.request_repaint();
        }
    }

    fn lab(&mut self, ui: &mut Ui, sizes: Sizes, acts: &mut Vec<Act>, wants: &mut Wants) {
        let Some(desk) = &self.desk else { return };
        let (t, say) = (self.theme.tokens(), self.say);
        let mut cx = Cx { desk, look: &mut self.look, say, t, sizes, acts, wants };
        let frame = egui::Frame::new().fill(t.panel).inner_margin(egui::Margin::symmetric(10, 5));
        Panel::bottom("time")
            .frame(frame)
            .resizable(true)
            .default_size(130.0)
            .size_range(104.0..=320.0)
            .show(ui, |ui| {
                ui.horizontal(|ui| panels::transport::show(ui, &mut cx));
                panels::timeline::show(ui, &mut cx);
            });
        let frame = egui::Frame::new().fill(t.line);
        CentralPanel::default_margins().frame(frame).show(ui, |ui| {
            let mut docked = Docked { cx, problems: &mut self.problems };
            self.tree.ui(&mut docked, ui);
        });
    }

    fn problem_panel(&self, ui: &mut Ui, acts: &mut Vec<Act>) {
        if self.problems.is_empty() {
            return;
        }
        let t = self.theme.tokens();
        let frame = egui::Frame::new()
            .fill(t.raised)
            .stroke(egui::Stroke::new(1.0, t.bad))
            .inner_margin(egui::Margin::symmetric(10, 6));
        Panel::bottom("problems").frame(frame).max_size(260.0).resizable(true).show(ui, |ui| {
            egui::ScrollArea::vertical().show(ui, |ui| {
                for (number, problem) in self.problems.iter().enumerate() {
                    ui.horizontal_top(|ui| {
                        let dismiss = self.say.the(Phrase::Dismiss);
                        if ui.button(dismiss).clicked() {
                            acts.push(Act::Dismiss(number));
                        }
                        let text = RichText::new(problem).monospace().color(t.bad);
                        ui.add(egui::Label::new(text).wrap().selectable(true));
                    });
                }
            });
        });
    }

    fn overlays(&mut self, ui: &mut Ui, acts: &mut Vec<Act>) {
        let (say, t, screen) = (self.say, self.theme.tokens(), self.screen());
        let situation = self.situation();
        let Some(mut overlay) = self.overlay.take() else { return };
        let open = match &mut overlay {
            Overlay::Palette(look) => palette::show(ui, look, say, t, screen, &situation, acts),
            Overlay::Help => panels::help::show(ui, say, t, screen),
            Overlay::GoTo(text) => match panels::prompt::show(ui, say, Command::GoTo, text) {
                panels::prompt::Answer::Open => true,
                panels::prompt::Answer::Closed => false,
                panels::prompt::Answer::Given => {
                    let text = text.clone();
                    self.go_to(&text);
                    false
                }
            },
            Overlay::Bookmark(text) => match panels::prompt::show(ui, say, Command::Bookmark, text)
            {
                panels::prompt::Answer::Open => true,
                panels::prompt::Answer::Closed => false,
                panels::prompt::Answer::Given => {
                    if let Some(desk) = &mut self.desk {
                        desk.lab.bookmark(text);
                    }
                    self.keep();
                    false
                }
            },
            Overlay::Aloud(text) => panels::prompt::read(ui, say, text),
        };
        if open && self.overlay.is_none() {
            self.overlay = Some(overlay);
        }
    }

    fn remarks(&mut self, ui: &Ui) {
        let now = ui.input(|input| input.time);
        let Some((text, until)) = &self.remark else { return };
        if now >= *until {
            self.remark = None;
            return;
        }
        let t = self.theme.tokens();
        let left = std::time::Duration::from_secs_f64(until - now);
        ui.ctx().request_repaint_after(left);
        egui::Area::new(egui::Id::unique("remark"))
            .anchor(egui::Align2::CENTER_TOP, egui::vec2(0.0, 48.0))
            .interactable(false)
            .show(ui.ctx(), |ui| {
                egui::Frame::popup(ui.style()).stroke(egui::Stroke::new(1.0, t.here)).show(
                    ui,
                    |ui| {
                        ui.label(RichText::new(text).strong().color(t.here));
                    },
                );
            });
    }

    fn remark(&mut self, ctx: &Context, text: &str) {
        self.remark = Some((text.to_string(), ctx.input(|input| input.time) + REMARK));
    }

    fn dropped_files(&mut self, ctx: &Context) {
        let dropped = ctx.input(|input| input.raw.dropped_files.clone());
        for file in dropped {
            self.open(&file.path().display().to_string());
        }
    }

    /// Writes progress and session, so that a crash eats no work.
    fn keep(&mut self) {
        let Some(desk) = &self.desk else { return };
        self.progress.keep(&desk.name, desk.lesson.progress().clone());
        let kept = self.store.keep_progress(&self.progress);
        let kept = kept.and_then(|()| self.store.keep_session(&desk.lab));
        if let Err(error) = kept {
            let problem = self.say.not_written("mqlab", &error.to_string());
            if !self.problems.contains(&problem) {
                self.problems.push(problem);
            }
        }
    }

    fn write(&mut self, ctx: &Context, path: &str, bytes: &[u8]) {
        match write_file(&self.folder.join(path), bytes) {
            Ok(()) => self.remark(ctx, &self.say.written(path)),
            Err(error) => self.problems.push(self.say.not_written(path, &error.to_string())),
        }
    }
}
