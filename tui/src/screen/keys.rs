//! Keys as the terminal sends them.

use crossterm::event::{KeyCode as Sent, KeyEvent, KeyEventKind, KeyModifiers};
use mqlab::lab::command::{Key, KeyCode};

/// The keys that were pressed, as far as they can mean something. Escape and another key in quick
/// succession come as that key with Alt.
pub fn read(event: &KeyEvent) -> Vec<Key> {
    // Some terminals tell of releases as well.
    if event.kind == KeyEventKind::Release {
        return Vec::new();
    }
    let escape = event.modifiers.contains(KeyModifiers::ALT).then_some(Key::plain(KeyCode::Esc));
    escape.into_iter().chain(one(event)).collect()
}

fn one(event: &KeyEvent) -> Option<Key> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_and_a_key_in_quick_succession_are_both_heard() {
        let quick = KeyEvent::new(Sent::Char('q'), KeyModifiers::ALT);
        assert_eq!(read(&quick), [Key::plain(KeyCode::Esc), Key::plain(KeyCode::Char('q'))]);
        let slow = KeyEvent::new(Sent::Char('L'), KeyModifiers::SHIFT);
        assert_eq!(read(&slow), [Key::plain(KeyCode::Char('L'))]);
    }
}
