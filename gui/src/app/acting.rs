//! What is done about what a person did.

use super::{App, Overlay};
use crate::act::Act;
use crate::desk::SPEEDS;
use crate::going::{Goal, Way};
use crate::layout::{self, Pane};
use crate::panels::palette;
use crate::screenshot;
use crate::svg;
use crate::text::{Phrase, Say};
use crate::work::Ask;
use egui::Context;
use mqlab::lab::command::Command;
use mqlab::lab::{BranchId, Selection, Target, Variant};
use mqlab::story::Lang;

impl App {
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

    pub(super) fn carry_out(&mut self, act: Act, ctx: &Context) {
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
