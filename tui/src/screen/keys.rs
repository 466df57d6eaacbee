//! Keys as the terminal sends them.

use crossterm::event::{KeyCode as Sent, KeyEvent, KeyEventKind, KeyModifiers};
use mqlab::lab::command::{Key, KeyCode};

/// The key that was pressed, if it is one that can mean something.
pub fn read(event: &KeyEvent) -> Option<Key> {
    // Some terminals tell of releases as well.
    if event.kind == KeyEventKind::Release || event.modifiers.contains(KeyModifiers::ALT) {
        return None;
    }
    let ctrl = event.modifiers.contains(KeyModifiers::CONTROL);
    let shift = event.modifiers.contains(KeyModifiers::SHIFT);
    let code = match event.code {
        Sent::Char(c) => {
            // A character says by itself whether Shift was held.
            let c = if ctrl { c.to_ascii_lowercase() } else { c };
            return Some(Key { code: KeyCode::Char(c), shift: false, ctrl });
        }
        Sent::BackTab => return Some(Key { code: KeyCode::Tab, shift: true, ctrl: false }),
        Sent::Left => KeyCode::Left,
        Sent::Right => KeyCode::Right,
        Sent::Up => KeyCode::Up,
        Sent::Down => KeyCode::Down,
        Sent::Home => KeyCode::Home,
        Sent::End => KeyCode::End,
        Sent::PageUp => KeyCode::PageUp,
        Sent::PageDown => KeyCode::PageDown,
        Sent::Enter => KeyCode::Enter,
        Sent::Esc => KeyCode::Esc,
        Sent::Tab => KeyCode::Tab,
        Sent::Backspace => KeyCode::Backspace,
        _ => return None,
    };
    Some(Key { code, shift, ctrl })
}
