//! The two lines at the bottom: the last thing said, and what keys do here.

use crate::screen::app::{App, Popup, Weight};
use crate::screen::bench::{Bench, Region};
use crate::screen::pen::Pen;
use crate::screen::spot::Spot;
use crate::screen::theme::Ink;
use mqlab::lab::command::{Command, Screen, Situation};
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

/// Draws both lines.
pub fn draw(app: &App, area: Rect, pen: &mut Pen<'_, Spot>) {
    if area.is_empty() {
        return;
    }
    said(app, Rect { height: 1, ..area }, pen);
    if area.height > 1 {
        keys(app, Rect { y: area.y + 1, height: 1, ..area }, pen);
    }
}

fn said(app: &App, area: Rect, pen: &mut Pen<'_, Spot>) {
    if let Some(work) = app.bench.as_deref().and_then(|b| working(app, b)) {
        pen.text(area.x, area.y, area.width, &work, Ink::Here);
        return;
    }
    let Some((text, weight)) = &app.said else { return };
    let ink = match weight {
        Weight::Plain => Ink::Text,
        Weight::Good => Ink::Good,
        Weight::Warning => Ink::Odd,
    };
    let glyph = if *weight == Weight::Warning { "! " } else { "" };
    pen.text(area.x, area.y, area.width, &format!("{glyph}{text}"), ink);
}

/// What goes on in the background.
fn working(app: &App, bench: &Bench) -> Option<String> {
    use crate::screen::work::Look;
    let say = app.say();
    let stop = say.esc_stops();
    if let Some(moving) = bench.moving.as_ref().filter(|m| m.long && bench.playing.is_none()) {
        let far = moving.far.map(|far| format!(" {}.{}%", far / 10, far % 10)).unwrap_or_default();
        let event = bench.lab.position().event;
        return Some(format!("{}{far}  #{event}  {stop}", say.working()));
    }
    let what = match bench.looking.as_ref()?.what {
        Look::Explain(..) => say.seeking_cures(),
        Look::Compare(..) => say.comparing(),
        Look::Export(_) => say.writing(),
        // Its page says how far it is.
        Look::Sweep(..) => return None,
        // An answer is looked up without anybody waiting for it.
        Look::Decide(_) => return None,
        Look::Outcome(_) => say.working(),
    };
    Some(format!("{what}  {stop}"))
}

/// The commands worth showing, the most wanted first.
fn wanted(app: &App) -> &'static [Command] {
    use Command::*;
    match (app.screen(), app.bench.as_deref().map(|b| (b.region, b.situation()))) {
        (Screen::Lessons, _) | (_, None) => {
            &[Open, Filter, BySystem, ByTopic, ByLevel, ByProgress, Language, Help, Leave]
        }
        (_, Some((_, Situation { asked: true, .. }))) => {
            &[Answer, StepBack, LastMark, Explain, Help, Leave]
        }
        (_, Some((Region::Side, _))) => {
            &[Follow, Down, NextPanel, Play, StepForward, StepBack, Explain, Help, Leave]
        }
        (_, Some((Region::Cluster, _))) => &[
            Play,
            StepForward,
            StepBack,
            NextMark,
            ToQuestion,
            Faults,
            Settings,
            Branch,
            Explain,
            Compare,
            Undo,
            NextPanel,
            Search,
            Write,
            Help,
            Leave,
        ],
    }
}

fn keys(app: &App, area: Rect, pen: &mut Pen<'_, Spot>) {
    if !app.popups.is_empty() {
        let hint = match app.popups.last() {
            Some(Popup::Reader(_)) => app.say().enter_goes(),
            Some(Popup::Picker(picker)) if picker.palette => app.say().palette_hint(),
            Some(Popup::Picker(_)) => app.say().menu_hint(),
            Some(Popup::Prompt(_)) => app.say().prompt_hint(),
            Some(Popup::Question { .. }) => app.say().answer_hint(),
            None => "",
        };
        pen.text(area.x, area.y, area.width, hint, Ink::Faint);
        return;
    }
    let lang = pen.look.lang;
    let situation = app.bench.as_ref().map(|b| b.situation()).unwrap_or_default();
    let applies =
        |command: &&Command| app.bench.is_none() || command.applies(&situation, lang).is_ok();
    let wanted: Vec<Command> = wanted(app).iter().filter(applies).copied().collect();
    // Help and leaving always have their place.
    let (last, first): (Vec<Command>, Vec<Command>) =
        wanted.into_iter().partition(|c| matches!(c, Command::Help | Command::Leave));
    let text = |command: &Command| {
        let key = command.keys().first().map(|key| key.text()).unwrap_or_default();
        (key, command.title(lang))
    };
    let wide = |command: &Command| {
        let (key, title) = text(command);
        key.width() + 1 + title.width() + 2
    };
    let reserved: usize = last.iter().map(wide).sum();
    let mut room = (area.width as usize).saturating_sub(reserved);
    let mut x = area.x;
    let fits = first.into_iter().take_while(|command| {
        let fits = wide(command) <= room;
        room = room.saturating_sub(wide(command));
        fits
    });
    let shown: Vec<Command> = fits.chain(last).collect();
    for command in shown {
        let (key, title) = text(&command);
        let start = x;
        x = pen.text(x, area.y, area.right().saturating_sub(x), &key, Ink::Key);
        x = pen.text(x + 1, area.y, area.right().saturating_sub(x + 1), title, Ink::Faint);
        let place = Rect { x: start, width: x - start, ..area };
        pen.spot(place, Spot::Command(command));
        x += 2;
    }
}
