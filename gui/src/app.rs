//! The program: which screen is shown, what lies over it, and what is done about what a person did.

use crate::act::Act;
use crate::catalogue;
use crate::desk::{Desk, Happened, SPEEDS};
use crate::going::{Goal, Way};
use crate::layout::{self, Pane};
use crate::panels::{self, Cx, Look, Wants, lessons, palette, top};
use crate::screenshot;
use crate::store::{Store, write_file};
use crate::svg;
use crate::text::{Phrase, Say};
use crate::theme::{self, Theme};
use crate::work::Ask;
use crate::{keys, theme::Sizes};
use egui::{CentralPanel, Context, Panel, RichText, Ui};
use egui_tiles::{Behavior, TileId, Tiles, Tree, UiResponse};
use mqlab::lab::command::{Command, Screen, Situation};
use mqlab::lab::{BranchId, Lab, Progress, Selection, Target, Variant};
use mqlab::scenario::diagnostic::render;
use mqlab::story::Lang;
use serde::{Deserialize, Serialize};

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
        match write_file(path, bytes) {
            Ok(()) => self.remark(ctx, &self.say.written(path)),
            Err(error) => self.problems.push(self.say.not_written(path, &error.to_string())),
        }
    }

    /// Goes to a place that was typed: a time, an event, a message, a node.
    pub fn go_to(&mut self, typed: &str) -> bool {
        let Some(desk) = &mut self.desk else { return false };
        let directory = desk.lab.directory();
        let typed = typed.trim();
        if let Some(event) = typed.strip_prefix('#').and_then(|event| event.parse().ok()) {
            desk.seek(Target::Event(event));
        } else if let Some(message) = directory.find_message(typed) {
            desk.follow(Some(message));
            layout::show(&mut self.tree, Pane::Story);
        } else if let Some(node) = directory.find_node(typed) {
            desk.selected = Selection::Node(node);
        } else if typed == "end" {
            desk.seek(Target::End);
        } else if let Some(time) = moment(typed) {
            desk.seek(Target::Time(time));
        } else {
            let en = format!("`{typed}` is no time (60ms), event (#310), message (m4) or node");
            let zh = format!("{typed} 不是时刻（60ms）、事件（#310）、消息（m4）或节点");
            self.problems.push(self.say.pick(&en, &zh).to_string());
            return false;
        }
        true
    }

    /// Branches with a what-if of the scenario and compares the two: for the command line.
    pub fn branch_with(&mut self, what_if: &str) -> bool {
        let Some(desk) = &mut self.desk else { return false };
        match desk.lab.fork_with(&Variant::WhatIf(what_if.into())) {
            Ok(branch) => {
                desk.ask(Ask::Compare(BranchId(0), branch), &Context::default());
                true
            }
            Err(why) => {
                self.problems.push(self.say.lang.of(&why.text()).to_string());
                false
            }
        }
    }

    /// Goes to a place at once, skipping the questions on the way: for the command line.
    pub fn jump(&mut self, typed: &str) -> bool {
        if let Some(desk) = &mut self.desk {
            desk.lesson.ask_nothing(&mut desk.lab);
        }
        if !self.go_to(typed) {
            return false;
        }
        if let Some(desk) = &mut self.desk {
            desk.arrive();
        }
        true
    }

    fn carry_out(&mut self, act: Act, ctx: &Context) {
        match act {
            Act::Do(command) => return self.command(command, ctx),
            Act::Open(name) => {
                self.open(&name);
                return;
            }
            Act::Show(pane) => return layout::show(&mut self.tree, pane),
            Act::ResetPanels => {
                self.tree = layout::at_first();
                return self.look.canvas.reset();
            }
            Act::Present => {
                self.presenting = !self.presenting;
                return;
            }
            Act::Dismiss(number) => {
                if number < self.problems.len() {
                    self.problems.remove(number);
                }
                return;
            }
            Act::Copy(text) => {
                ctx.copy_text(text);
                return self.remark(ctx, self.say.the(Phrase::Copied));
            }
            Act::SavePng(path) => return self.save_png(&path, ctx),
            Act::SaveSvg(path) => {
                let Some(desk) = &self.desk else { return };
                let tokens = self.theme.tokens();
                let drawn = svg::cluster(&desk.view, desk.lab.directory(), self.say, tokens);
                return self.write(ctx, &path, drawn.as_bytes());
            }
            _ => {}
        }
        self.at_desk(act, ctx);
    }

    fn save_png(&mut self, path: &str, ctx: &Context) {
        let (size, scale) = (ctx.content_rect().size(), ctx.pixels_per_point());
        let remark = self.remark.take();
        let picture = screenshot::picture(self, size.x, size.y, scale);
        self.applied = None;
        self.remark = remark;
        match screenshot::png(&picture) {
            Ok(bytes) => self.write(ctx, path, &bytes),
            Err(error) => self.problems.push(self.say.not_written(path, &error)),
        }
    }

    fn at_desk(&mut self, act: Act, ctx: &Context) {
        let Some(desk) = &mut self.desk else { return };
        // What is done while a branch is made would be lost when it is adopted.
        if desk.is_branching() && changes(&act) {
            return;
        }
        let mut problem = None;
        let mut changed = false;
        match act {
            Act::ToTime(time) => {
                desk.play(false);
                desk.seek(Target::Time(time));
            }
            Act::ToEvent(event) => {
                desk.play(false);
                desk.seek(Target::Event(event));
            }
            Act::Speed(speed) => desk.speed = speed.min(SPEEDS.len() - 1),
            Act::Loop(range) => desk.looping = range,
            Act::Select(selection) => desk.selected = selection,
            Act::Message(message) => {
                desk.follow(message);
                if message.is_some() && !layout::is_shown(&self.tree, Pane::Story) {
                    layout::show(&mut self.tree, Pane::Story);
                }
            }
            Act::Inject(action) => match desk.lab.inject(action) {
                Ok(_) => changed = true,
                Err(why) => problem = Some(why.text()),
            },
            Act::Set(changes) => desk.ask(Ask::Set(changes), ctx),
            Act::Typed { address, value } => match desk.lab.setting(&address, &value) {
                Ok(candidate) => desk.ask(Ask::Set(vec![candidate.set]), ctx),
                Err(why) => problem = Some(why.text()),
            },
            Act::Vary(variant) => desk.ask(Ask::Vary(variant), ctx),
            Act::Switch(to) => match desk.lab.switch(to) {
                Ok(_) => changed = true,
                Err(why) => problem = Some(why.text()),
            },
            Act::Compare(left, right) => desk.ask(Ask::Compare(left, right), ctx),
            Act::Visit(number) => drop(desk.lab.visit(number)),
            Act::Forget(number) => {
                desk.lab.forget_bookmark(number);
                changed = true;
            }
            Act::Answer(number, option) => {
                match desk.lesson.answer(&mut desk.lab, number, option) {
                    Ok(()) => desk.ask(Ask::Decide(number), ctx),
                    Err(why) => problem = Some(why.text()),
                }
                changed = true;
            }
            Act::Cure(message) => desk.ask(Ask::Cure(message), ctx),
            Act::ListFates => desk.list_many = true,
            Act::Sweep(seeds) => {
                desk.swept = None;
                desk.ask(Ask::Sweep(seeds), ctx);
            }
            Act::StopSweep => desk.stop(|ask| matches!(ask, Ask::Sweep(_))),
            Act::Around(around) => desk.around = around,
            Act::SaveScenario(path) => desk.ask(Ask::Export(path), ctx),
            _ => {}
        }
        if changed {
            desk.telling = None;
            desk.life = None;
            desk.cure = None;
            desk.judged = None;
        }
        self.problems.extend(problem.map(|text| self.say.lang.of(&text).to_string()));
        if changed {
            self.keep();
        }
    }

    fn command(&mut self, command: Command, ctx: &Context) {
        use Command::*;
        if let Err(why) = command.applies(&self.situation(), self.say.lang) {
            // The space bar that starts also stops, and it does so at the end, too.
            let stops = command == Play && self.desk.as_ref().is_some_and(|d| d.playing.is_some());
            if !stops {
                return self.remark(ctx, why);
            }
        }
        match command {
            Palette => self.overlay = Some(Overlay::Palette(palette::Look::default())),
            Help => self.overlay = Some(Overlay::Help),
            Language => {
                let lang = if self.say.lang == Lang::En { Lang::Zh } else { Lang::En };
                self.say = Say { lang };
            }
            Theme => self.theme = self.theme.other(),
            Leave | Back if self.desk.is_some() => {
                if command == Back && self.back() {
                    return;
                }
                self.keep();
                self.desk = None;
            }
            Leave => ctx.send_viewport_cmd(egui::ViewportCommand::Close),
            _ => self.desk_command(command, ctx),
        }
    }

    /// Escape leaves the innermost thing first; `false` if there is none.
    fn back(&mut self) -> bool {
        let Some(desk) = &mut self.desk else { return false };
        if desk.is_moving() || desk.is_working() {
            desk.play(false);
            desk.stop(|_| true);
        } else if desk.selected != Selection::Nothing || desk.message.is_some() {
            desk.selected = Selection::Nothing;
            desk.message = None;
        }
        // Escape alone does not throw a person out of a scenario.
        true
    }

    fn desk_command(&mut self, command: Command, ctx: &Context) {
        use Command::*;
        let Some(desk) = &mut self.desk else { return };
        let goal = match command {
            StepForward => Some(Goal::Facts(Way::Forth, 1)),
            StepBack => Some(Goal::Facts(Way::Back, 1)),
            TenForward => Some(Goal::Facts(Way::Forth, 10)),
            TenBack => Some(Goal::Facts(Way::Back, 10)),
            NextMark => Some(Goal::Mark(Way::Forth)),
            LastMark => Some(Goal::Mark(Way::Back)),
            NextAnomaly => Some(Goal::Anomaly(Way::Forth)),
            LastAnomaly => Some(Goal::Anomaly(Way::Back)),
            NextEvent => Some(Goal::Events(Way::Forth, 1)),
            LastEvent => Some(Goal::Events(Way::Back, 1)),
            ToQuestion => Some(Goal::Question),
            ToStart => Some(Goal::To(Target::Event(0))),
            ToEnd => Some(Goal::To(Target::End)),
            _ => None,
        };
        if let Some(goal) = goal {
            return desk.go(goal);
        }
        let pane = match command {
            Faults | Applications | Follow | Explain | TabMessage => Some(Pane::Story),
            Settings | TabSettings => Some(Pane::Settings),
            Branches | Bookmarks => Some(Pane::Branches),
            Compare => Some(Pane::Comparison),
            TabLesson | Answer | Notes | Judge => Some(Pane::Lesson),
            TabFacts | Search => Some(Pane::Facts),
            TabLedger => Some(Pane::Fates),
            _ => None,
        };
        if let Some(pane) = pane {
            layout::show(&mut self.tree, pane);
        }
        let mut changed = false;
        match command {
            Play => desk.play(desk.playing.is_none()),
            Faster => desk.speed = (desk.speed + 1).min(SPEEDS.len() - 1),
            Slower => desk.speed = desk.speed.saturating_sub(1),
            Undo => changed = desk.lab.undo().is_some(),
            Redo => changed = desk.lab.redo().is_some(),
            Branch => {
                desk.lab.fork();
                changed = true;
            }
            LastMessage => desk.follow(desk.message_beside(-1).or(desk.message)),
            NextMessage => desk.follow(desk.message_beside(1).or(desk.message)),
            Internal => desk.internal = !desk.internal,
            Stop => desk.stop(|_| true),
            Judge => desk.ask(Ask::Judge, ctx),
            Explain => {
                if let Some(message) = desk.message {
                    desk.ask(Ask::Cure(message), ctx);
                }
            }
            GoTo => self.overlay = Some(Overlay::GoTo(String::new())),
            Bookmark => {
                let text = self.say.here(desk.view.time, desk.view.event);
                self.overlay = Some(Overlay::Bookmark(text));
            }
            Aloud => {
                let text = desk.view.text(desk.lab.directory(), self.say.lang);
                self.overlay = Some(Overlay::Aloud(text));
            }
            Copy => {
                ctx.copy_text(desk.command());
                self.remark(ctx, self.say.the(Phrase::Copied));
            }
            Write => {
                let path = format!("{}.toml", self.save_as);
                desk.ask(Ask::Export(path), ctx);
            }
            _ => {}
        }
        if changed {
            self.keep();
        }
    }
}

/// Whether an act changes the lab, and not only where one is in it.
fn changes(act: &Act) -> bool {
    matches!(act, Act::Inject(_) | Act::Set(_) | Act::Typed { .. } | Act::Vary(_) | Act::Answer(..))
}

/// A time as people write it: `60ms`, `1.5s`.
fn moment(typed: &str) -> Option<mqlab::kernel::Time> {
    let span = mqlab::scenario::span_from_text(typed).ok()?;
    Some(mqlab::kernel::Time(span.0))
}

/// Draws the panels where they are docked.
struct Docked<'a> {
    cx: Cx<'a>,
    problems: &'a mut Vec<String>,
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
