//! The bar at the top: which scenario, which branch, where in time, playing or not.

use crate::screen::app::App;
use crate::screen::bench::{Bench, SPEEDS};
use crate::screen::pen::{Pen, piece, shortened, width};
use crate::screen::spot::Spot;
use crate::screen::theme::Ink;
use mqlab::lab::command::Command;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

/// Draws the bar.
pub fn draw(app: &App, bench: &Bench, area: Rect, pen: &mut Pen<'_, Spot>) {
    let say = app.say();
    let glyphs = pen.look.glyphs;
    pen.wash(area, Ink::Bar);
    let position = bench.lab.position();
    let state = match (bench.playing, bench.lab.ended()) {
        (Some(_), _) => format!("{} {}/s", glyphs.pick("▶", ">"), SPEEDS[bench.speed]),
        (None, Some(_)) => format!("{} {}", glyphs.pick("■", "#"), say.ended_word()),
        (None, None) => format!("{} {}", glyphs.pick("‖", "="), say.paused()),
    };
    let mut right = vec![piece(format!("#{} {} ", position.event, position.time), Ink::Bar)];
    let state = format!("{state} ");
    let state_wide = state.width() as u16;
    right.push(piece(state, Ink::Bar));
    let right_wide = width(&right);
    let branch = match bench.lab.branches().len() {
        0 | 1 => String::new(),
        _ => format!(" {} {}", glyphs.pick("⎇", "Y"), app.branch_name(bench)),
    };
    let title = pen.look.lang.of(&bench.scenario().title);
    let title = if title.is_empty() { bench.name.as_str() } else { title };
    let room = (area.width as usize).saturating_sub(right_wide + 2);
    // The branch counts for more than the title, which the lesson tells as well.
    let branch = shortened(&branch, room * 3 / 5, glyphs);
    let title = shortened(title, room.saturating_sub(branch.width()), glyphs);
    let style = pen.style(Ink::Bar);
    let x = pen.styled(area.x + 1, area.y, area.width, &title, style);
    pen.styled(x, area.y, area.right().saturating_sub(x), &branch, style);
    let x = area.right().saturating_sub(right_wide as u16);
    let mut at = x;
    for piece in &right {
        at = pen.styled(at, area.y, area.right().saturating_sub(at), &piece.text, style);
    }
    let toggle = Rect { x: area.right().saturating_sub(state_wide), width: state_wide, ..area };
    pen.spot(toggle, Spot::Command(Command::Play));
}
