//! Keys of the window as keys of the core's commands.

use egui::{Event, Key as Pressed, Modifiers};
use mqlab::lab::command::{Command, Key, KeyCode, Screen};

/// The commands that were asked for by keys in this frame. Nothing while a text is being written.
pub fn commands(ctx: &egui::Context, screen: Screen) -> Vec<Command> {
    if ctx.text_edit_focused() {
        return Vec::new();
    }
    let keys: Vec<Key> = ctx.input(|input| input.events.iter().filter_map(key).collect());
    keys.into_iter().filter_map(|key| command(key, screen)).collect()
}

/// Ctrl+P is what windows usually have for the palette.
fn command(key: Key, screen: Screen) -> Option<Command> {
    let palette = Key { code: KeyCode::Char('p'), shift: false, ctrl: true };
    if key == palette {
        return Some(Command::Palette);
    }
    Command::by_key(key, screen)
}

fn key(event: &Event) -> Option<Key> {
    match event {
        // Characters come as text, so that every keyboard layout has them.
        Event::Text(text) => {
            let mut chars = text.chars();
            let (first, rest) = (chars.next()?, chars.next());
            rest.is_none().then_some(Key::plain(KeyCode::Char(first)))
        }
        Event::Key { key, pressed: true, modifiers, .. } => named(*key, *modifiers),
        _ => None,
    }
}

fn named(key: Pressed, modifiers: Modifiers) -> Option<Key> {
    let code = match key {
        Pressed::ArrowLeft => KeyCode::Left,
        Pressed::ArrowRight => KeyCode::Right,
        Pressed::ArrowUp => KeyCode::Up,
        Pressed::ArrowDown => KeyCode::Down,
        Pressed::Home => KeyCode::Home,
        Pressed::End => KeyCode::End,
        Pressed::PageUp => KeyCode::PageUp,
        Pressed::PageDown => KeyCode::PageDown,
        Pressed::Escape => KeyCode::Esc,
        // Tab and Enter belong to the focus of the window.
        Pressed::R if modifiers.command => KeyCode::Char('r'),
        Pressed::P if modifiers.command => KeyCode::Char('p'),
        _ => return None,
    };
    let shift = modifiers.shift && !matches!(code, KeyCode::Char(_));
    Some(Key { code, shift, ctrl: modifiers.command })
}
